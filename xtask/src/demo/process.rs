//! The demo's child processes: started with a log, ended by their ids and by nothing broader.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::ground::Ground;
use crate::house;

/// Ids and programs of a run, one a line, for the run after one that was killed.
const REGISTER: &str = "running";
/// A process that does not end by itself within this time is ended.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process of ours; it ends with this value.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts it; what it says goes to a log of its own.
    pub fn start(name: &'static str, ground: &Ground, mut command: Command) -> Result<Self> {
        let program = PathBuf::from(command.get_program());
        let log = ground.folder.join(program.file_stem().unwrap_or_default()).with_extension("log");
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("cannot start {}", house::describe(&command)))?;
        note(&ground.folder, child.id(), &program)?;
        Ok(Self { name, child, log })
    }

    /// Fails when it has ended by itself, with the last it said.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(20)..].join("\n  ");
            bail!("{} ended with {status}; the last it said:\n  {last}", self.name);
        }
        Ok(())
    }

    /// Asks it to end and waits until it has; then makes it.
    pub fn stop(&mut self) {
        // A terminal's Ctrl-C has reached it already; asking twice does no harm.
        terminate(self.child.id());
        let asked = Instant::now();
        while self.child.try_wait().is_ok_and(|status| status.is_none()) && asked.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.stop();
        }
    }
}

/// Ends what a run that was killed has left behind: it would hold the ports and the database.
///
/// An id alone proves nothing, since ids are given out again: the process must run the very program that was noted.
pub fn end_leftovers(folder: &Path) {
    let register = std::fs::read_to_string(folder.join(REGISTER)).unwrap_or_default();
    for (id, program) in register.lines().filter_map(|line| line.split_once(' ')) {
        let Ok(id) = id.parse::<u32>() else { continue };
        if runs(id, program) {
            super::say("ending what an earlier demo left running");
            terminate(id);
            let asked = Instant::now();
            while runs(id, program) && asked.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
    forget(folder);
}

/// Nothing runs any more.
pub fn forget(folder: &Path) {
    let _ = std::fs::remove_file(folder.join(REGISTER));
}

fn note(folder: &Path, id: u32, program: &Path) -> Result<()> {
    let file = folder.join(REGISTER);
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    std::fs::write(&file, format!("{before}{id} {}\n", program.display())).context("cannot note what runs")
}

fn runs(id: u32, program: &str) -> bool {
    let mut ps = Command::new("ps");
    ps.args(["-o", "args=", "-p", &id.to_string()]).stderr(Stdio::null());
    ps.output().is_ok_and(|output| is_program(&String::from_utf8_lossy(&output.stdout), program))
}

fn is_program(arguments: &str, program: &str) -> bool {
    arguments.trim_end().strip_prefix(program).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// `kill ID`: asks, and is heard by the process's own handler.
fn terminate(id: u32) {
    let _ = Command::new("kill").arg(id.to_string()).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_program_and_not_by_its_id_alone() {
        assert!(is_program("/t/debug/unticked serve --config x\n", "/t/debug/unticked"));
        assert!(!is_program("/t/debug/unticked-else serve\n", "/t/debug/unticked"));
        assert!(!is_program("/usr/bin/vi /t/debug/unticked\n", "/t/debug/unticked"));
        assert!(!is_program("", "/t/debug/unticked"));
    }

    #[test]
    fn what_was_left_running_is_ended_and_strangers_are_not() {
        let folder = std::env::temp_dir().join(format!("unticked-leftovers-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut left = Command::new("/bin/sleep").arg("600").spawn().unwrap();
        let mut stranger = Command::new("/bin/sleep").arg("601").spawn().unwrap();
        note(&folder, left.id(), Path::new("/bin/sleep")).unwrap();
        note(&folder, stranger.id(), Path::new("/bin/cat")).unwrap();
        // Ours to reap, as init would be for a true leftover.
        let reaper = std::thread::spawn(move || left.wait().unwrap());
        end_leftovers(&folder);
        assert!(!reaper.join().unwrap().success());
        assert_eq!(stranger.try_wait().unwrap(), None);
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        assert!(!folder.join(REGISTER).exists());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
