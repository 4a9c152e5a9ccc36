//! A PostgreSQL server for the tests alone: its own folder, port and user, gone when it is dropped.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::house;

/// The running server.
#[derive(Debug)]
pub struct Postgres {
    server: Child,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Starts it and waits until it answers.
    ///
    /// It is as durable as the server's defaults are: the benchmark measures real commits.
    pub fn start() -> Result<Self> {
        let programs = programs().context("PostgreSQL is not installed (Debian: apt-get install postgresql-15)")?;
        let folder = std::env::temp_dir().join(format!("unticked-postgres-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).context("cannot make the server's folder")?;
        if is_root()? {
            // The server refuses to run as root; Debian's package made this user.
            house::run(Command::new("chown").arg("postgres:").arg(&folder))?;
        }
        let data = folder.join("data");
        let mut initdb = as_server_user(&programs.join("initdb"))?;
        initdb.arg("--pgdata").arg(&data);
        initdb.args(["--username=unticked", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        house::capture(&mut initdb)?;

        let port = free_port()?;
        let mut command = as_server_user(&programs.join("postgres"))?;
        command.arg("-D").arg(&data).arg("-k").arg(&folder).args(["-p", &port.to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "log_min_messages=fatal"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = command.spawn().context("cannot start the PostgreSQL server")?;
        let mut postgres = Self { server, folder, port };
        postgres.wait_until_ready(&programs)?;
        Ok(postgres)
    }

    /// The address of its database, with the right to make others.
    pub fn url(&self) -> String {
        format!("postgres://unticked@127.0.0.1:{}/postgres", self.port)
    }

    /// The address of another database of its own, made now.
    pub fn database(&self, name: &str) -> Result<String> {
        let programs = programs().context("PostgreSQL is not installed")?;
        let mut create = Command::new(programs.join("createdb"));
        create.args(["--host=127.0.0.1", "--username=unticked", &format!("--port={}", self.port), name]);
        house::capture(&mut create)?;
        Ok(format!("postgres://unticked@127.0.0.1:{}/{name}", self.port))
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result<()> {
        let start = Instant::now();
        loop {
            let mut ready = Command::new(programs.join("pg_isready"));
            ready.args(["--quiet", "--host=127.0.0.1", "--username=unticked", &format!("--port={}", self.port)]);
            if ready.status().is_ok_and(|status| status.success()) {
                return Ok(());
            }
            if let Some(status) = self.server.try_wait()? {
                bail!("the PostgreSQL server ended with {status}");
            }
            ensure!(start.elapsed() < Duration::from_mins(1), "the PostgreSQL server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is the server's fast shutdown; it takes its own children with it.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The newest installed server's programs.
pub fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// `program` as the user who may run the server. `setpriv` becomes the program, so that its process id is ours to end,
/// and ends it when we are killed.
fn as_server_user(program: &Path) -> Result<Command> {
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", "--"]).arg(program);
    command.current_dir("/");
    Ok(command)
}

fn is_root() -> Result<bool> {
    Ok(house::capture(Command::new("id").arg("-u"))?.trim() == "0")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
