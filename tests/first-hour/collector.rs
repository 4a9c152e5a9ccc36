//! The collector as its owner runs it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use xtask::fetch::{self, Fetched};

use crate::ground::{Background, Ground};

/// `unticked serve` in the folder that `init` made.
pub struct Collector {
    pub process: Background,
    pub address: SocketAddr,
    pub folder: PathBuf,
}

impl Collector {
    /// Starts it behind nothing but the settings of the folder, a port, and the authorities that it may believe.
    pub fn serve(ground: &Ground, folder: &Path, port: u16, authorities: Option<&Path>) -> Self {
        let mut command = ground.unticked(&["serve", "--set", &format!("server.listen=127.0.0.1:{port}")]);
        command.current_dir(folder);
        if let Some(file) = authorities {
            command.env("SSL_CERT_FILE", file);
        }
        let process = Background::start(command, &ground.path("unticked.log"));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut collector = Self { process, address, folder: folder.to_owned() };
        collector.process.until("the collector is ready", || {
            fetch::get(address, "/readyz", &[]).is_ok_and(|answer| answer.status == 200)
        });
        collector
    }

    /// Past the proxy, as a monitor on the machine does.
    pub fn get(&self, path: &str) -> Fetched {
        fetch::get(self.address, path, &[]).unwrap()
    }

    /// What it counted that does not agree with its settings.
    pub fn amiss(&self) -> Vec<String> {
        let text = self.get("/metrics").text();
        text.lines().filter(|line| line.starts_with("unticked_arrivals_amiss_total")).map(str::to_owned).collect()
    }
}
