//! A collector of our own, as a child process on a free port with a database that goes with it.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{fetch, house};

/// The running collector; dropping it ends it.
#[derive(Debug)]
pub struct Collector {
    process: Child,
    folder: PathBuf,
    address: SocketAddr,
}

/// The sample definitions, which the demo shows and the size check measures.
pub fn sample() -> PathBuf {
    house::root().join("examples/shop/definitions")
}

impl Collector {
    /// Starts it with those definitions and waits until it is ready.
    pub fn start(binary: &Path, definitions: &Path) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let folder = std::env::temp_dir().join(format!("unticked-collector-{}-{}", std::process::id(), address.port()));
        std::fs::create_dir_all(&folder)?;
        let mut command = Command::new(binary);
        command.arg("serve").current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null());
        command.env("UNTICKED_SERVER__LISTEN", address.to_string());
        command.env("UNTICKED_SERVER__PUBLIC_URL", format!("http://{address}"));
        command.env("UNTICKED_DEFINITIONS__DIR", definitions);
        command.env("UNTICKED_DATABASE__URL", format!("sqlite:{}", folder.join("unticked.db").display()));
        command.env("UNTICKED_SECRETS__CRM", "whsec_dW50aWNrZWQtc2l6ZS1jaGVjayEhdW50aWNrZWQ=");
        command.env("UNTICKED_OUTBOX__ALLOW_HOSTS", "127.0.0.1:7412");
        command.env("UNTICKED_LOG__LEVEL", "warn");
        command.env("UNTICKED_KEYS__RING", folder.join("keys.toml"));
        let process = command.spawn().with_context(|| format!("cannot start {}", house::describe(&command)))?;
        let mut collector = Self { process, folder, address };
        collector.wait_until_ready()?;
        Ok(collector)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while !fetch::get(self.address, "/readyz", &[]).is_ok_and(|answer| answer.status == 200) {
            if let Some(status) = self.process.try_wait()? {
                bail!("the collector ended with {status}");
            }
            if start.elapsed() > Duration::from_secs(30) {
                bail!("the collector is not ready after 30 seconds");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // SIGTERM first: it finishes what it accepted.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let start = Instant::now();
        while self.process.try_wait().is_ok_and(|status| status.is_none()) && start.elapsed() < Duration::from_secs(10)
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
