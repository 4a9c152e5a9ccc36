//! `crm-receiver --secret whsec_… [--listen 127.0.0.1:7412]`; both can come from `CRM_SECRET` and `CRM_LISTEN`.

use std::net::SocketAddr;

use anyhow::Context;
use clap::Parser;

/// Receives signed events and shows them.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; also `CRM_LISTEN`.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// The secret shared with the collector, `whsec_…`; better in `CRM_SECRET`, where other users do not see it.
    #[arg(long)]
    secret: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let listen = match (arguments.listen, std::env::var("CRM_LISTEN")) {
        (Some(listen), _) => listen,
        (None, Ok(text)) => text.parse().context("CRM_LISTEN is no address such as 127.0.0.1:7412")?,
        (None, Err(_)) => SocketAddr::from(([127, 0, 0, 1], 7412)),
    };
    let secret = arguments.secret.or_else(|| std::env::var("CRM_SECRET").ok());
    let secret = secret.context("a secret is needed: --secret or CRM_SECRET")?;
    let running = crm_receiver::start(&crm_receiver::Settings { listen, secret }).await?;
    println!("crm-receiver: http://{}", running.address);
    interrupted().await?;
    running.stop().await
}

/// Ctrl-C, or a service manager's `SIGTERM`.
async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
