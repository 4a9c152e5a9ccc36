//! `unticked scan` at the command line, without a browser; what it sees is told in `tests/browser`.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

fn unticked(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unticked"));
    command.args(arguments).current_dir(folder).env("TMPDIR", folder).stdin(Stdio::null());
    command
}

#[test]
fn what_is_missing_is_said_before_anything_begins() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.toml"), "mine").unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["scan", "http://127.0.0.1:1/"], "apt install chromium chromium-driver"),
        (&["scan", "http://127.0.0.1:1/", "--chromedriver", "/nowhere"], "no chromedriver at /nowhere"),
        (&["scan", "file:///etc/passwd"], "no page's address"),
        (&["scan", "http://127.0.0.1:1/", "--out", "mine.toml"], "nothing is written over it"),
        (&["scan", "http://127.0.0.1:1/", "--definitions", "/nowhere"], "definitions cannot be read"),
    ];
    for (arguments, expected) in cases {
        let ended = unticked(arguments, folder.path()).env("PATH", "/nowhere").output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!((ended.status.code(), said.contains(expected)), (Some(2), true), "{arguments:?}: {said}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("mine.toml")).unwrap(), "mine");
}

#[test]
fn killed_it_leaves_neither_driver_nor_browser_nor_their_files() {
    let folder = tempfile::tempdir().unwrap();
    // A driver that starts a browser and never answers.
    let driver = folder.path().join("driver");
    std::fs::write(&driver, "#!/bin/sh\nsleep 300 &\necho $$ $! >\"$PIDS.new\"\nmv \"$PIDS.new\" \"$PIDS\"\nwait\n")
        .unwrap();
    std::fs::set_permissions(&driver, std::fs::Permissions::from_mode(0o755)).unwrap();
    let pids = folder.path().join("pids");
    let mut command = unticked(&["scan", "http://127.0.0.1:1/", "--chromedriver"], folder.path());
    let mut scan = command.arg(&driver).env("PIDS", &pids).stderr(Stdio::null()).spawn().unwrap();
    let patience = |what: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !what() {
            assert!(start.elapsed() < Duration::from_secs(20), "it takes too long");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    patience(&|| pids.exists());
    let pids: Vec<u32> =
        std::fs::read_to_string(&pids).unwrap().split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(pids.len(), 2);
    scan.kill().unwrap();
    scan.wait().unwrap();
    let runs = |pid: &u32| {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    };
    let files = || {
        std::fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .any(|one| one.file_name().to_string_lossy().starts_with("unticked-scan"))
    };
    patience(&|| !pids.iter().any(runs) && !files());
}
