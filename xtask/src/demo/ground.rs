//! Ports, folder, settings and definitions of one run.

use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::collector;

/// The ports that the sample definitions are written for.
const COLLECTOR: u16 = 7410;
const SHOP: u16 = 7411;
const CRM: u16 = 7412;
const ELSEWHERE: u16 = 7413;

/// The hosts in the sample's banner that the demo plays.
const PLAYED: [&str; 2] = ["stats.lipa.example", "www.youtube-nocookie.com"];

/// What a run stands on.
#[derive(Debug)]
pub struct Ground {
    /// `target/demo`.
    pub folder: PathBuf,
    /// The collector's address.
    pub collector: SocketAddr,
    /// The shop's address. Browsers are sent to `localhost`, another site than the collector's `127.0.0.1`.
    pub shop: SocketAddr,
    /// The CRM's address.
    pub crm: SocketAddr,
    /// Where the shop's statistics and its film come from.
    pub elsewhere: SocketAddr,
}

impl Ground {
    /// Finds free ports and writes settings and definitions for them.
    pub fn prepare(folder: PathBuf, fresh: bool) -> Result<Self> {
        if fresh && folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut taken = Vec::new();
        let [collector, shop, crm, elsewhere] =
            [COLLECTOR, SHOP, CRM, ELSEWHERE].map(|port| free_port(port, &mut taken));
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let ground =
            Self { folder, collector: at(collector?), shop: at(shop?), crm: at(crm?), elsewhere: at(elsewhere?) };
        ground.write_secret()?;
        ground.write_definitions()?;
        ground.write_settings()?;
        Ok(ground)
    }

    /// Where the shop is for a browser.
    pub fn shop_origin(&self) -> String {
        format!("http://localhost:{}", self.shop.port())
    }

    /// Where the collector is for a browser.
    pub fn collector_origin(&self) -> String {
        format!("http://{}", self.collector)
    }

    /// Says where everything is.
    pub fn announce(&self) {
        let (shop, collector, crm, elsewhere) = (self.shop_origin(), self.collector_origin(), self.crm, self.elsewhere);
        println!(
            "
  The shop        {shop}/          send its form
                  {shop}/examples/ plain HTML, a strict CSP, a single-page app
  The CRM         http://{crm}/          the lead arrives here, with each decision
  Others          http://{elsewhere}/          what they saw of visitors: nothing before a yes
  The collector   {collector}/f/contact  the same form as a page of its own

  Logs            {}
  Ctrl-C ends it.",
            self.folder.join("unticked.log").display()
        );
    }

    /// How the collector is started.
    pub fn collector_command(&self, binary: &Path) -> Command {
        let mut command = Command::new(binary);
        command.arg("serve").arg("--config").arg(self.folder.join("unticked.toml")).current_dir(&self.folder);
        // The run stands on the file alone, whatever the shell has set.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("UNTICKED_")) {
            command.env_remove(name);
        }
        // It goes to a file.
        command.env("NO_COLOR", "1");
        command
    }

    /// How the CRM is started. The secret goes by the environment: arguments can be read by every user.
    pub fn crm_command(&self, binary: &Path) -> Command {
        let mut command = Command::new(binary);
        command.arg("--listen").arg(self.crm.to_string()).current_dir(&self.folder);
        command.env("CRM_SECRET", std::fs::read_to_string(self.secret_file()).unwrap_or_default());
        command
    }

    fn secret_file(&self) -> PathBuf {
        self.folder.join("crm-secret")
    }

    fn write_secret(&self) -> Result<()> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
        let file = self.secret_file();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&file).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(write!(file, "whsec_{}", STANDARD.encode(bytes))?)
    }

    /// The sample definitions with this run's ports in place of the usual ones.
    fn write_definitions(&self) -> Result<()> {
        let to = self.folder.join("definitions");
        if to.exists() {
            std::fs::remove_dir_all(&to)?;
        }
        copy_definitions(&collector::sample(), &to, &|text| {
            // The CRM first: the shop may have been given the CRM's usual port.
            let text = PLAYED.iter().fold(text.to_owned(), |text, host| text.replace(host, "127.0.0.1"));
            text.replace(&format!("127.0.0.1:{CRM}"), &self.crm.to_string())
                .replace(&format!("localhost:{SHOP}"), &format!("localhost:{}", self.shop.port()))
                .replace(&format!("127.0.0.1:{SHOP}"), &self.shop.to_string())
        })
        .context("cannot copy the sample definitions")
    }

    fn write_settings(&self) -> Result<()> {
        let path = |name: &str| format!("{:?}", self.folder.join(name).display().to_string());
        let database = format!("{:?}", format!("sqlite:{}", self.folder.join("unticked.db").display()));
        let settings = format!(
            "# Written by `cargo xtask demo` at each start.\n\
             [server]\nlisten = \"{collector}\"\npublic_url = \"http://{collector}\"\n\n\
             [definitions]\ndir = {definitions}\n\n\
             [database]\nurl = {database}\n\n\
             [keys]\nring = {ring}\n\n\
             [outbox]\n# The CRM is on this machine, which is refused unless it is named.\nallow_hosts = [\"{crm}\"]\n\n\
             [secrets]\ncrm = {{ file = {secret} }}\n",
            collector = self.collector,
            definitions = path("definitions"),
            ring = path("unticked.keyring"),
            crm = self.crm,
            secret = path("crm-secret"),
        );
        std::fs::write(self.folder.join("unticked.toml"), settings).context("cannot write the settings")
    }
}

/// The first free port from `wanted` upwards that this run has not given away yet.
fn free_port(wanted: u16, taken: &mut Vec<u16>) -> Result<u16> {
    let port = (wanted..wanted.saturating_add(100))
        .find(|port| !taken.contains(port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .with_context(|| format!("no free port from {wanted} on"))?;
    taken.push(port);
    Ok(port)
}

fn copy_definitions(from: &Path, to: &Path, change: &dyn Fn(&str) -> String) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_definitions(&entry.path(), &target, change)?;
        } else {
            std::fs::write(target, change(&std::fs::read_to_string(entry.path())?))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_gives_way_to_the_next_that_nobody_has() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = held.local_addr().unwrap().port();
        let mut taken = Vec::new();
        let next = free_port(port, &mut taken).unwrap();
        assert!(next > port);
        assert!(free_port(port, &mut taken).unwrap() > next, "and is not given away twice");
    }

    #[test]
    fn definitions_are_copied_whole_with_this_runs_ports() {
        let folder = std::env::temp_dir().join(format!("unticked-demo-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        std::fs::create_dir_all(from.join("forms")).unwrap();
        std::fs::write(from.join("forms/contact.toml"), "sites = [\"http://localhost:7411\"]").unwrap();
        copy_definitions(&from, &to, &|text| text.replace("7411", "7500")).unwrap();
        assert_eq!(
            std::fs::read_to_string(to.join("forms/contact.toml")).unwrap(),
            "sites = [\"http://localhost:7500\"]"
        );
        std::fs::remove_dir_all(folder).unwrap();
    }
}
