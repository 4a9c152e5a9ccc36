//! Programs from npm and PyPI that we did not write, as referees, and what the example in React is built of. They live under
//! `target/referees` and are never committed; nothing that ships needs them.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};

use super::Tally;
use crate::house;

const NPM: &[(&str, &str)] = &[
    ("axe-core", "4.14.1"),
    ("standardwebhooks", "1.1.1"),
    // As examples/gate/react/package.json has them.
    ("react", "19.3.1"),
    ("react-dom", "19.3.1"),
    ("esbuild", "0.28.2"),
];
const PYPI: (&str, &str) = ("standardwebhooks", "1.1.0");

/// Where they live.
pub fn folder() -> PathBuf {
    house::target().join("referees")
}

fn python() -> PathBuf {
    folder().join("python/bin/python")
}

/// Installs them, once.
pub fn install() -> Result<()> {
    let folder = folder();
    std::fs::create_dir_all(&folder)?;
    let installed = |name: &str, version: &str| {
        let manifest = folder.join("node_modules").join(name).join("package.json");
        let text = std::fs::read_to_string(manifest).unwrap_or_default();
        serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|manifest| manifest["version"] == version)
    };
    if !NPM.iter().all(|(name, version)| installed(name, version)) {
        let mut command = Command::new("npm");
        command.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder);
        command.args(NPM.iter().map(|(name, version)| format!("{name}@{version}"))).current_dir(&folder);
        house::run(&mut command).context("npm could not bring the referees")?;
    }
    let stamp = folder.join(format!("python/{}-{}", PYPI.0, PYPI.1));
    if !stamp.is_file() {
        house::run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("python")))?;
        let mut command = Command::new(python());
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        house::run(command.arg(format!("{}=={}", PYPI.0, PYPI.1))).context("pip could not bring the referee")?;
        std::fs::write(stamp, "")?;
    }
    Ok(())
}

/// The signature vectors, read by the npm package.
pub fn npm() -> Result<Tally> {
    let mut command = Command::new("node");
    command.arg(house::root().join("tests/vectors/verify.mjs"));
    referee(command.env("REFEREES", folder()))
}

/// The signature vectors, read by the PyPI package.
pub fn pypi() -> Result<Tally> {
    referee(Command::new(python()).arg(house::root().join("tests/vectors/verify.py")))
}

/// The plugin for `WordPress`, read by PHP and loaded with stand-ins for what it is given there.
pub fn wordpress() -> Result<Tally> {
    let plugin = house::root().join("examples/wordpress/unticked.php");
    house::run(Command::new("php").arg("-l").arg(&plugin))?;
    let mut command = Command::new("php");
    command.arg(house::root().join("tests/wordpress/harness.php"));
    // What is wrong is in what it prints, whatever it ends with.
    let output = command.output().context("cannot start php")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let tally = judged(&text);
    print!("{text}{}", String::from_utf8_lossy(&output.stderr));
    anyhow::ensure!(output.status.success() == (tally.failed == 0), "the harness ended with {}", output.status);
    anyhow::ensure!(tally.passed + tally.failed > 0, "the harness judged nothing");
    Ok(tally)
}

/// Each line a referee prints on standard output is `ok …` or `wrong …`.
fn referee(command: &mut Command) -> Result<Tally> {
    let text = house::capture(command)?;
    print!("{text}");
    let tally = judged(&text);
    anyhow::ensure!(tally.passed + tally.failed > 0, "the referee judged nothing");
    Ok(tally)
}

fn judged(text: &str) -> Tally {
    let lines = |word| text.lines().filter(|line| line.starts_with(word)).count();
    Tally { passed: lines("ok "), failed: lines("wrong ") }
}
