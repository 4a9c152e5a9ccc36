//! `unticked ready`

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use unticked_collector::config::Sources;

use super::{FAILED, failed};

/// A health check that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks the collector that runs with these settings; nothing else is looked at.
pub fn run(sources: &Sources) -> ExitCode {
    let settings = match super::settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    let address = here(settings.server.listen);
    match ask(address) {
        Ok(answer) if answer.starts_with("HTTP/1.1 200") => {
            println!("ready");
            ExitCode::SUCCESS
        }
        Ok(answer) => {
            let said = answer.split("\r\n\r\n").nth(1).filter(|body| !body.trim().is_empty()).unwrap_or("no reason");
            eprintln!("the collector at {address} is not ready: {}", said.trim());
            ExitCode::from(FAILED)
        }
        Err(error) => failed(&format!("The collector does not answer at {address}"), &error),
    }
}

/// Where a listener on every address is reached from this machine.
fn here(listen: SocketAddr) -> SocketAddr {
    let address = match listen.ip() {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    SocketAddr::new(address, listen.port())
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    write!(connection, "GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    connection.take(64 * 1024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
