//! One page's shell: blocks run one after another as if somebody pasted them, and what they leave running is ended.

use std::{
    fs::File,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::http;

/// A block that takes longer hangs.
const PATIENCE: Duration = Duration::from_mins(1);
const BREATH: Duration = Duration::from_millis(25);

/// What a block printed, and how it ended.
pub struct Ran {
    pub code: i32,
    pub printed: String,
}

/// A shell in a folder.
pub struct Shell {
    /// Where the page works.
    pub folder: PathBuf,
    /// Where `unticked serve` listens.
    pub port: u16,
    /// Where variables, the working folder and outputs are kept between blocks.
    state: PathBuf,
    environment: Vec<(String, String)>,
    background: Vec<Background>,
}

struct Background {
    script: String,
    /// None while it is stopped.
    process: Option<Child>,
    printed: PathBuf,
}

impl Shell {
    /// `programs` comes first on the path.
    pub fn new(folder: &Path, state: &Path, port: u16, environment: Vec<(String, String)>) -> Self {
        std::fs::write(state.join("folder"), folder.display().to_string()).unwrap();
        std::fs::write(state.join("variables"), "").unwrap();
        Self { folder: folder.to_owned(), port, state: state.to_owned(), environment, background: Vec::new() }
    }

    fn bash(&self, script: &str, printed: &Path) -> Command {
        let out = File::create(printed).unwrap();
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", script]).current_dir(&self.folder);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        // A group of its own, so that nothing outlives it.
        command.process_group(0).stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
        command
    }

    fn enter(&self) -> String {
        let state = self.state.display();
        format!("source {state}/variables\ncd \"$(cat {state}/folder)\"\nset -a\n")
    }

    /// Runs a block to its end.
    pub fn run(&mut self, body: &str) -> Result<Ran, String> {
        let state = self.state.display();
        let keep = format!("trap 'pwd >{state}/folder; export -p >{state}/variables' EXIT\n");
        let printed = self.state.join("printed");
        let script = format!("{}{keep}{body}", self.enter());
        let mut child = self.bash(&script, &printed).spawn().map_err(|error| format!("bash: {error}"))?;
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
                break status;
            }
            if started.elapsed() > PATIENCE {
                end(&mut child, "KILL");
                let seconds = PATIENCE.as_secs();
                let said = std::fs::read_to_string(&printed).unwrap_or_default();
                return Err(format!("did not end within {seconds} s; a server is tagged `sh,background`\n{said}"));
            }
            std::thread::sleep(BREATH);
        };
        let printed = String::from_utf8_lossy(&std::fs::read(&printed).unwrap_or_default()).into_owned();
        Ok(Ran { code: status.code().unwrap_or(-1), printed })
    }

    /// Starts a block, and waits until a collector in it is ready.
    pub fn start(&mut self, body: &str) -> Result<(), String> {
        let printed = self.state.join(format!("background-{}", self.background.len()));
        let script = format!("{}{body}", self.enter());
        self.background.push(Background { script, process: None, printed });
        self.begin(self.background.len() - 1)
    }

    fn begin(&mut self, index: usize) -> Result<(), String> {
        let one = &self.background[index];
        let child = self.bash(&one.script, &one.printed).spawn().map_err(|error| format!("bash: {error}"))?;
        let serves = one.script.contains("unticked serve");
        self.background[index].process = Some(child);
        let started = Instant::now();
        while serves && !self.is_ready() {
            let one = &mut self.background[index];
            let ended = one.process.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if ended.is_some() || started.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(&one.printed).unwrap_or_default();
                return Err(format!("the collector is not ready ({ended:?}):\n{said}"));
            }
            std::thread::sleep(BREATH);
        }
        Ok(())
    }

    /// Whether the page's collector answers.
    pub fn is_ready(&self) -> bool {
        http::get(self.port, "/readyz", &[]).is_ok_and(|answer| answer.status == 200)
    }

    /// What `systemctl stop|start|restart|reload unticked` does to what runs in the background.
    pub fn systemctl(&mut self, verb: &str) -> Result<(), String> {
        for index in 0..self.background.len() {
            let one = &mut self.background[index];
            match (verb, one.process.as_mut()) {
                ("reload", Some(child)) => signal(child, "HUP"),
                ("stop" | "restart", Some(child)) => {
                    end(child, "TERM");
                    one.process = None;
                }
                _ => {}
            }
            let stopped = self.background[index].process.is_none();
            if stopped && matches!(verb, "start" | "restart") {
                self.begin(index)?;
            }
        }
        Ok(())
    }

    /// Ends everything. What ended badly before is an error.
    pub fn close(&mut self) -> Result<(), String> {
        let mut fault = Ok(());
        for one in &mut self.background {
            let Some(child) = one.process.as_mut() else { continue };
            let early = child.try_wait().ok().flatten();
            end(child, "TERM");
            one.process = None;
            if let Some(status) = early.filter(|status| !status.success()) {
                let said = std::fs::read_to_string(&one.printed).unwrap_or_default();
                fault = Err(format!("what ran in the background ended with {status}:\n{said}"));
            }
        }
        fault
    }

    /// What the background printed so far.
    pub fn background_said(&self) -> String {
        let read = |one: &Background| std::fs::read_to_string(&one.printed).unwrap_or_default();
        self.background.iter().map(read).collect()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// Signals a child's whole group.
fn signal(child: &Child, name: &str) {
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
}

/// Ends a child and its group, kindly at first.
fn end(child: &mut Child, kindly: &str) {
    let asked = Instant::now();
    signal(child, kindly);
    while child.try_wait().is_ok_and(|status| status.is_none()) && asked.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(BREATH);
    }
    signal(child, "KILL");
    let _ = child.wait();
}
