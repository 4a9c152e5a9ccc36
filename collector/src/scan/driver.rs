//! `chromedriver`, and a browser under it (W3C WebDriver, with Chromium's own additions).
//!
//! Whatever becomes of us, nothing stays: driver and browser are one process group, killed when [`Driver`] is dropped, and a
//! shell in that group waits for the end of a pipe that only we hold open. When we crash or are killed the pipe ends, and the
//! shell ends the group and removes its folder.

use std::{
    fs,
    io::{PipeWriter, Read as _},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::{fs::DirBuilderExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::world::Random;

/// A command that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long the driver may take to start.
const START: Duration = Duration::from_secs(20);
/// Where WebDriver puts the reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Ends the group when standard input ends: kindly, then not.
const WATCH: &str = r#"
folder=$1; shift
exec 3<&0
"$@" </dev/null >"$folder/driver.log" 2>&1 3<&- &
read -r _ <&3
trap '' TERM
kill -TERM 0
sleep 1
rm -rf -- "${folder:?}"
kill -KILL 0
"#;

/// Why there is no browser.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// No `chromedriver`.
    #[error(
        "there is no chromedriver {}. It drives the Chromium that looks at your page. Debian and Ubuntu: \
         `apt install chromium chromium-driver`; Fedora: `dnf install chromium chromedriver`; elsewhere: \
         https://googlechromelabs.github.io/chrome-for-testing/. Or say where it lies: --chromedriver FILE",
        .0.as_ref().map_or_else(|| "on the path".to_owned(), |path| format!("at {}", path.display()))
    )]
    Absent(Option<PathBuf>),
    /// It is there and does not start.
    #[error("{program} does not start: {why}")]
    Start {
        /// Which.
        program: String,
        /// Why, as far as is known.
        why: String,
    },
    /// It does not do what it is told.
    #[error("the browser does not answer: {0}")]
    Command(String),
}

/// A `chromedriver` that is there.
#[derive(Debug, Clone)]
pub struct Found(PathBuf);

/// The named one, or the first on the path.
pub fn find(named: Option<&Path>) -> Result<Found, DriverError> {
    match named {
        Some(path) if path.is_file() => Ok(Found(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))),
        Some(path) => Err(DriverError::Absent(Some(path.to_owned()))),
        None => {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let mut files = std::env::split_paths(&path).map(|folder| folder.join("chromedriver"));
            files.find(|file| file.is_file()).map(Found).ok_or(DriverError::Absent(None))
        }
    }
}

/// A driver with one browser, and a folder for what the two write down.
#[derive(Debug)]
pub struct Driver {
    watcher: Child,
    /// Ends with us, however we end.
    pipe: Option<PipeWriter>,
    folder: PathBuf,
    client: reqwest::Client,
    session: String,
}

impl Driver {
    /// Starts both; the profile is fresh.
    pub async fn start(found: &Found, random: &Random) -> Result<Self, DriverError> {
        let program = found.0.display().to_string();
        let not_started = |why: String| DriverError::Start { program: program.clone(), why };
        let folder = std::env::temp_dir().join(format!("unticked-scan-{:016x}", u64::from_le_bytes(random.bytes())));
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|cause| not_started(cause.to_string()))?;
        let (reader, pipe) = std::io::pipe().map_err(|cause| not_started(cause.to_string()))?;
        let address = free_address().map_err(|cause| not_started(cause.to_string()))?;
        let mut command = Command::new("sh");
        command.args(["-c", WATCH, "sh"]).arg(&folder).arg(&found.0).arg(format!("--port={}", address.port()));
        command.process_group(0).stdin(reader).stdout(Stdio::null()).stderr(Stdio::null());
        // What the browser writes beside its profile goes to the same folder.
        command.env("TMPDIR", &folder).env("XDG_CONFIG_HOME", &folder).env("XDG_CACHE_HOME", &folder);
        let watcher = command.spawn().map_err(|cause| {
            let _ = fs::remove_dir_all(&folder);
            not_started(cause.to_string())
        })?;
        // The command holds the other end of the pipe until here.
        drop(command);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
        let client = client.map_err(|cause| not_started(cause.to_string()))?;
        let mut driver = Self { watcher, pipe: Some(pipe), folder, client, session: format!("http://{address}") };
        driver.ready().await.map_err(not_started)?;
        driver.open().await.map_err(not_started)?;
        Ok(driver)
    }

    async fn ready(&self) -> Result<(), String> {
        let start = tokio::time::Instant::now();
        while self.get("/status").await.is_err() {
            if start.elapsed() > START {
                let said = fs::read_to_string(self.folder.join("driver.log")).unwrap_or_default();
                let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
                return Err(format!("it does not answer within {} s ({last})", START.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<(), String> {
        let folder = self.folder.display();
        let mut switches = vec![
            "--headless=new".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            // Its reporter of crashes leaves the process group, and would outlive a kill.
            "--disable-breakpad".to_owned(),
            "--window-size=1280,1024".to_owned(),
            format!("--user-data-dir={folder}/profile"),
            format!("--log-net-log={folder}/{NET_LOG}"),
        ];
        if rustix::process::geteuid().is_root() {
            // Root cannot enter Chromium's sandbox; everybody else does.
            switches.push("--no-sandbox".to_owned());
        }
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            // Pages that never end loading are waited for here, not there.
            "pageLoadStrategy": "none",
            "unhandledPromptBehavior": "dismiss",
            "timeouts": { "script": 10_000, "pageLoad": 30_000 },
            "goog:loggingPrefs": { "performance": "ALL" },
            "goog:chromeOptions": {
                "args": switches,
                // Nothing is downloaded.
                "prefs": { "download_restrictions": 3, "profile.default_content_setting_values.automatic_downloads": 2 },
            },
        } } });
        let answer = self.post("/session", &capabilities).await.map_err(|error| match error {
            DriverError::Command(why) => why,
            other => other.to_string(),
        })?;
        let id = answer["sessionId"].as_str().ok_or("it opens no session")?;
        self.session = format!("{}/session/{id}", self.session);
        Ok(())
    }

    /// Closes the browser in peace, so that it finishes what it writes; answers its network log.
    pub async fn finish(self) -> Option<String> {
        let _ = self.send(reqwest::Method::DELETE, "", None).await;
        let mut text = String::new();
        fs::File::open(self.folder.join(NET_LOG)).and_then(|mut file| file.read_to_string(&mut text)).ok()?;
        Some(text)
    }

    async fn send(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Result<Value, DriverError> {
        let mut request = self.client.request(method, format!("{}{path}", self.session));
        if let Some(body) = body {
            request = request.json(body);
        }
        let unreachable = |error: reqwest::Error| DriverError::Command(error.without_url().to_string());
        let answer = request.send().await.map_err(unreachable)?;
        let good = answer.status().is_success();
        let mut answer: Value = answer.json().await.map_err(unreachable)?;
        let value = answer["value"].take();
        if good {
            return Ok(value);
        }
        let message = value["message"].as_str().unwrap_or("no reason given");
        Err(DriverError::Command(message.lines().next().unwrap_or_default().to_owned()))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, DriverError> {
        self.send(reqwest::Method::POST, path, Some(body)).await
    }

    async fn get(&self, path: &str) -> Result<Value, DriverError> {
        self.send(reqwest::Method::GET, path, None).await
    }

    /// Goes to an address; does not wait for it.
    pub async fn go(&self, url: &str) -> Result<(), DriverError> {
        self.post("/url", &json!({ "url": url })).await.map(drop)
    }

    /// Runs the body of a function in the frame that was chosen last.
    pub async fn run(&self, script: &str) -> Result<Value, DriverError> {
        self.post("/execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Runs the body of an async function there and waits for its value; what it throws is an error.
    pub async fn run_async(&self, script: &str) -> Result<Value, DriverError> {
        let wrapped = format!(
            "const done = arguments[0]; (async () => {{ {script} }})().then(v => done({{ v }}), e => done({{ e: String(e) }}));"
        );
        let mut answer = self.post("/execute/async", &json!({ "script": wrapped, "args": [] })).await?;
        match answer["e"].as_str() {
            Some(error) => Err(DriverError::Command(error.to_owned())),
            None => Ok(answer["v"].take()),
        }
    }

    /// The frames of the frame that was chosen last.
    pub async fn frames(&self) -> Result<Vec<Value>, DriverError> {
        let found = self.post("/elements", &json!({ "using": "css selector", "value": "iframe, frame" })).await?;
        let all = found.as_array().cloned().unwrap_or_default();
        Ok(all.into_iter().filter(|frame| frame[ELEMENT].is_string()).collect())
    }

    /// Chooses one of [`Driver::frames`]; without one, the whole page.
    pub async fn enter(&self, frame: Option<&Value>) -> Result<(), DriverError> {
        self.post("/frame", &json!({ "id": frame })).await.map(drop)
    }

    /// Back to the frame around the chosen one.
    pub async fn leave(&self) -> Result<(), DriverError> {
        self.post("/frame/parent", &json!({})).await.map(drop)
    }

    /// A command of Chromium's own protocol.
    pub async fn chromium(&self, name: &str, parameters: &Value) -> Result<Value, DriverError> {
        self.post("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters })).await
    }

    /// What happened since this was asked last: each `{method, params}` of Chromium's protocol.
    pub async fn events(&self) -> Result<Vec<Value>, DriverError> {
        let log = self.post("/se/log", &json!({ "type": "performance" })).await?;
        let lines = log.as_array().into_iter().flatten().filter_map(|entry| entry["message"].as_str());
        Ok(lines.filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["message"].take())).collect())
    }
}

/// The network log's name in the driver's folder.
const NET_LOG: &str = "net.json";

impl Drop for Driver {
    fn drop(&mut self) {
        let group = i32::try_from(self.watcher.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(group) = group {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.watcher.wait();
        drop(self.pipe.take());
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
