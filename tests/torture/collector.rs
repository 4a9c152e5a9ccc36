//! The program on one folder of data, started again and again, and its visitors' way to it.

use std::{
    fs::{File, OpenOptions},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use unticked_collector::{
    config::{Settings, Sources},
    store::Store,
    world::Random,
};
use xtask::fetch::{self, Fetched};

/// How long a start may take: two cores may be shared by eight.
const PATIENCE: Duration = Duration::from_mins(2);

/// A port that nobody listens on, for now.
fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The sample shop, and where what it keeps lies.
pub struct Shop {
    folder: PathBuf,
    /// Goes with us.
    own: Option<TempDir>,
    database: String,
    /// The server and the database on it that goes with us.
    server: Option<(String, String)>,
}

impl Shop {
    /// On SQLite, or in a new database of this PostgreSQL server.
    pub fn open(crm: &str, postgres: Option<&str>) -> Self {
        let own = tempfile::tempdir().unwrap();
        let mut shop = Self::open_in(own.path(), crm);
        shop.own = Some(own);
        if let Some(url) = postgres {
            shop.database = create_database(url);
            shop.server = Some((url.to_owned(), shop.database.clone()));
        }
        shop
    }

    /// On SQLite, in a folder of the caller's.
    pub fn open_in(folder: &Path, crm: &str) -> Self {
        let definitions = folder.join("definitions");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/definitions"), &definitions);
        edit(&definitions.join("destinations.toml"), |text| text.replace("127.0.0.1:7412", crm));
        // Nobody is taken for a robot: what waits for the owner would not reach the receiver.
        edit(&definitions.join("forms/contact.toml"), |text| text + "\n[robots]\nminimum_seconds = 0\n");
        Self { folder: folder.to_owned(), own: None, database: "sqlite:unticked.db".to_owned(), server: None }
    }

    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The folder stays: something is wrong in it.
    pub fn keep(&mut self) -> PathBuf {
        self.own.take().map_or_else(|| self.folder.clone(), TempDir::keep)
    }

    fn settings(&self, crm: &str, address: SocketAddr, public: u16) {
        let text = format!(
            "[server]\nlisten = \"{address}\"\npublic_url = \"http://127.0.0.1:{public}\"\n\
             [database]\nurl = \"{}\"\n[outbox]\nallow_hosts = [\"{crm}\"]\n[secrets]\ncrm = \"{}\"\n\
             [limits]\nper_client_per_minute = 0\nper_form_per_minute = 0\n[log]\nlevel = \"warn\"\n",
            self.database,
            crate::crm::SECRET,
        );
        std::fs::write(self.path().join(format!("{}.toml", address.port())), text).unwrap();
    }

    /// Both databases, while no collector runs.
    pub fn store(&self, port: u16) -> (tokio::runtime::Runtime, Store) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let store = runtime.block_on(Store::open_current(&self.settings_of(port).database)).unwrap();
        (runtime, store)
    }

    /// The settings of one of its collectors.
    pub fn settings_of(&self, port: u16) -> Settings {
        let file = Some(self.path().join(format!("{port}.toml")));
        let sources = Sources { file, folder: self.path().to_owned(), ..Sources::default() };
        Settings::load(&sources).unwrap().settings
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let (Some((url, own)), false) = (&self.server, std::thread::panicking()) {
            let name = own.rsplit('/').next().unwrap();
            execute(url, &format!("drop database {name} with (force)"));
        }
    }
}

fn create_database(url: &str) -> String {
    let name = format!("torture_{:016x}", u64::from_be_bytes(Random::system().bytes()));
    execute(url, &format!("create database {name}"));
    let (server, _) = url.rsplit_once('/').expect("the address names a database");
    format!("{server}/{name}")
}

fn execute(url: &str, statement: &str) {
    use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut server = PgConnection::connect(url).await.unwrap();
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut server).await.unwrap();
    });
}

fn edit(file: &Path, change: impl FnOnce(String) -> String) {
    let before = std::fs::read_to_string(file).unwrap();
    let after = change(before.clone());
    assert_ne!(before, after, "{} holds nothing to change", file.display());
    std::fs::write(file, after).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// One collector of the shop.
pub struct Collector {
    folder: PathBuf,
    address: SocketAddr,
    child: std::sync::Mutex<Option<Child>>,
    up: AtomicBool,
}

impl Collector {
    /// `public` is the port that all collectors of the shop are known by; its own, where there is none yet.
    pub fn of(shop: &Shop, crm: &str, public: Option<u16>) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        shop.settings(crm, address, public.unwrap_or(address.port()));
        let folder = shop.path().to_owned();
        Self { folder, address, child: std::sync::Mutex::new(None), up: AtomicBool::new(false) }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unticked"));
        command.arg("--config").arg(format!("{}.toml", self.port())).args(arguments);
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// A command of the owner's, to its end.
    pub fn unticked(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.port()))
    }

    /// Starts it; whether it is ready another one asks.
    pub fn start(&self) {
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = self.command(&["serve"]);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        *self.child.lock().unwrap() = Some(command.spawn().unwrap());
    }

    /// Waits until it takes submissions; how long that took.
    #[track_caller]
    pub fn until_ready(&self) -> Duration {
        let begun = Instant::now();
        while !self.asks("GET", "/readyz", &[], b"").is_ok_and(|answer| answer.status == 200) {
            let ended = self.child.lock().unwrap().as_mut().map(|child| child.try_wait().unwrap());
            assert_eq!(ended, Some(None), "the collector did not start:\n{}", self.said());
            assert!(begun.elapsed() < PATIENCE, "the collector is not ready:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
        self.up.store(true, Ordering::SeqCst);
        begun.elapsed()
    }

    pub fn is_up(&self) -> bool {
        self.up.load(Ordering::SeqCst)
    }

    /// `kill -9`.
    pub fn kill(&self) {
        self.up.store(false, Ordering::SeqCst);
        if let Some(mut child) = self.child.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// What it logged, the end of it.
    pub fn said(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Begins its log anew.
    pub fn forget_log(&self) {
        let _ = File::create(self.log());
    }

    pub fn asks(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<Fetched> {
        fetch::send(self.address, method, path, headers, body, Duration::from_secs(30))
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.kill();
    }
}
