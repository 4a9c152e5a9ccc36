//! `cargo xtask demo`: everything at once, for eyes.
//!
//! Builds the widget and the collector, starts the collector on an embedded database, a sample shop on
//! another origin (so that CORS, shadow root and storage are real), a CRM that verifies what it gets, and the others whom the
//! shop would like to load from; says where they are, and ends them on Ctrl-C. Everything it writes lies under `target/demo`.

mod elsewhere;
mod ground;
mod process;
mod shop;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use self::{ground::Ground, process::Running};
use crate::{
    build::{self, Mode},
    fetch, house,
};

/// How long the collector may take to start.
const PATIENCE: Duration = Duration::from_secs(30);
const BREATH: Duration = Duration::from_millis(50);

/// What can be chosen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// As it ships: longer to build, smaller and faster to use.
    pub release: bool,
    /// Forget the leads and the keys of earlier runs.
    pub fresh: bool,
}

/// Runs until Ctrl-C.
pub fn run(options: Options) -> Result<()> {
    let mode = if options.release { Mode::Release } else { Mode::Dev };
    say("1 of 2  the widget, for the browser (WebAssembly)");
    let assets = build::widget(mode)?;
    say("2 of 2  the collector and the sample CRM");
    let [collector, crm] = build_programs(mode, &assets)?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Heard from here on: whoever presses Ctrl-C while things start finds nothing left running.
    let mut signals = runtime.block_on(async { Signals::new() })?;

    let folder = house::target().join("demo");
    // Before ports are looked for, and before the folder is cleared: they would hold both.
    process::end_leftovers(&folder);
    let ground = Ground::prepare(folder, options.fresh)?;
    let crm = Running::start("the CRM", &ground, ground.crm_command(&crm))?;
    let collector = Running::start("the collector", &ground, ground.collector_command(&collector))?;
    // In the order in which they are stopped: what the collector still delivers, the CRM still hears.
    let mut processes = [collector, crm];
    let shop = shop::serve(&ground)?;
    let elsewhere = elsewhere::serve(&ground)?;
    say("starting");
    let outcome = runtime.block_on(async {
        tokio::select! {
            ended = live(&ground, &mut processes) => ended,
            () = signals.heard() => Ok(()),
        }
    });
    println!();
    say("stopping");
    drop((shop, elsewhere));
    processes.iter_mut().for_each(Running::stop);
    process::forget(&ground.folder);
    if outcome.is_ok() {
        say("stopped; the leads stay under target/demo until `cargo xtask demo --fresh`");
    }
    outcome
}

/// One line of our own among the compiler's.
fn say(what: &str) {
    println!("\u{25aa} {what}");
}

/// Both in one go, so that what they share is compiled once.
fn build_programs(mode: Mode, assets: &Path) -> Result<[PathBuf; 2]> {
    let mut command = house::cargo();
    command.args(["build", "--package", "unticked-collector", "--package", "crm-receiver", "--bins"]);
    command.env("UNTICKED_ASSETS", assets);
    let folder = match mode {
        Mode::Release => {
            command.arg("--release");
            "release"
        }
        Mode::Dev => "debug",
    };
    house::run(&mut command)?;
    let folder = house::target().join(folder);
    Ok(["unticked", "crm-receiver"].map(|name| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))))
}

/// Waits until the collector is ready, says where everything is, and comes back when a process ends by itself.
async fn live(ground: &Ground, processes: &mut [Running]) -> Result<()> {
    let mut waited = Duration::ZERO;
    while !fetch::get(ground.collector, "/readyz", &[]).is_ok_and(|answer| answer.status == 200) {
        processes.iter_mut().try_for_each(Running::check)?;
        if waited > PATIENCE {
            bail!("the collector is not ready; its log is {}", ground.folder.join("unticked.log").display());
        }
        tokio::time::sleep(BREATH).await;
        waited += BREATH;
    }
    ground.announce();
    loop {
        processes.iter_mut().try_for_each(Running::check)?;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Ctrl-C and `kill`.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("signals cannot be heard");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn heard(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
