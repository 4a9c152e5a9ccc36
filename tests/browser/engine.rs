//! The three engines and their drivers, one process of each per story, ended with it.

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    ops::Deref,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{fetch, house};

use crate::webdriver::Session;

/// Who shows the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Chromium,
    Firefox,
    WebKit,
}

/// A browser under control. Its session and every process it started end with it.
#[derive(Debug)]
pub struct Browser {
    session: Session,
    _driver: Process,
    _display: Option<Process>,
    _profile: TempDir,
}

/// What a story asks of its browser.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// JavaScript is off.
    pub no_scripts: bool,
    /// Global Privacy Control is on, where the engine has it: Firefox.
    pub privacy_control: bool,
    /// Chromium's additional switches.
    pub switches: Vec<&'static str>,
}

impl Browser {
    /// Starts one.
    pub fn start(engine: Engine) -> Self {
        Self::with(engine, &Wishes::default())
    }

    /// Starts one with wishes.
    pub fn with(engine: Engine, wishes: &Wishes) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let display = (engine == Engine::WebKit).then(Process::display);
        let address = free_address();
        let port = address.port().to_string();
        let mut command = match engine {
            Engine::Chromium => program("chromedriver", &[&format!("--port={port}"), "--log-level=OFF"]),
            Engine::Firefox => program("geckodriver", &["--port", &port, "--websocket-port", "0", "--log", "fatal"]),
            Engine::WebKit => program("WebKitWebDriver", &[&format!("--port={port}"), "--host=127.0.0.1"]),
        };
        if let Some((_, name)) = &display {
            command.env("DISPLAY", name);
            // No graphics card, no sound, no session bus: what WebKitGTK looks for in vain takes it seconds.
            command.env("LIBGL_ALWAYS_SOFTWARE", "1").env("WEBKIT_DISABLE_COMPOSITING_MODE", "1");
            command.env("NO_AT_BRIDGE", "1").env("GIO_USE_PROXY_RESOLVER", "dummy");
        }
        command.env("HOME", profile.path()).env("XDG_RUNTIME_DIR", profile.path());
        let driver = Process::start(command);
        wait_for_driver(address);
        let capabilities = capabilities(engine, profile.path(), wishes);
        let session = Session::open(address, &capabilities).unwrap_or_else(|error| panic!("{engine:?}: {error}"));
        session.set_script_timeout(Duration::from_secs(30));
        Self { session, _driver: driver, _display: display.map(|(process, _)| process), _profile: profile }
    }
}

impl Deref for Browser {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // What does not close politely is killed with the driver's process group.
        let _ = self.session.close();
    }
}

fn capabilities(engine: Engine, profile: &Path, wishes: &Wishes) -> Value {
    match engine {
        Engine::Chromium => {
            let mut switches: Vec<String> = [
                "--headless=new",
                // As root Chromium refuses its own sandbox; the pages are ours.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--force-device-scale-factor=1",
                "--hide-scrollbars",
                "--window-size=1280,900",
            ]
            .map(str::to_owned)
            .into();
            switches.push(format!("--user-data-dir={}", profile.join("chromium").display()));
            switches.extend(wishes.switches.iter().map(|&switch| switch.to_owned()));
            let mut options = json!({ "args": switches });
            if wishes.no_scripts {
                options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
            }
            json!({ "goog:chromeOptions": options })
        }
        Engine::Firefox => {
            let mut preferences = json!({
                "app.update.disabledForTesting": true,
                "browser.safebrowsing.update.enabled": false,
                "network.captive-portal-service.enabled": false,
                "network.connectivity-service.enabled": false,
            });
            if wishes.no_scripts {
                preferences["javascript.enabled"] = json!(false);
            }
            if wishes.privacy_control {
                preferences["privacy.globalprivacycontrol.enabled"] = json!(true);
                preferences["privacy.globalprivacycontrol.functionality.enabled"] = json!(true);
            }
            json!({ "moz:firefoxOptions": { "args": ["-headless"], "prefs": preferences } })
        }
        Engine::WebKit => {
            let browser = minibrowser().expect("MiniBrowser (Debian: webkit2gtk-driver) is installed");
            json!({ "webkitgtk:browserOptions": { "binary": browser, "args": ["--automation"] } })
        }
    }
}

/// A process of ours, with all that it starts: a group of its own, killed when it is dropped, and the process itself
/// when the tests die.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts it, silent.
    pub fn start(mut command: Command) -> Self {
        command.process_group(0).stdin(Stdio::null()).stderr(Stdio::null());
        let described = house::describe(&command);
        Self(command.spawn().unwrap_or_else(|error| panic!("cannot start {described}: {error}")))
    }

    /// An X server without a screen, and the name of its display.
    fn display() -> (Self, String) {
        let mut command = program("Xvfb", &["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
        command.stdout(Stdio::piped());
        let mut process = Self::start(command);
        let output = process.0.stdout.take().expect("its output is piped");
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number).expect("Xvfb names its display");
        (process, format!(":{}", number.trim()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

fn program(name: &str, arguments: &[&str]) -> Command {
    let file =
        house::find_program(name).unwrap_or_else(|| panic!("{name} is not here; `cargo xtask test` installs it"));
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig=KILL", "--"]).arg(file).args(arguments).stdout(Stdio::null());
    command
}

fn minibrowser() -> Option<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib").ok()?.flatten();
    libraries
        .flat_map(|folder| ["webkit2gtk-4.1", "webkit2gtk-4.0", "webkitgtk-6.0"].map(|v| folder.path().join(v)))
        .map(|folder| folder.join("MiniBrowser"))
        .find(|file| file.is_file())
}

/// An address that nobody listens on.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}

fn wait_for_driver(address: SocketAddr) {
    let start = Instant::now();
    while fetch::get(address, "/status", &[]).is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "the driver does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
}
