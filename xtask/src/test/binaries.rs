//! Compiling the test binaries and running them one by one, so that each has its time and its count.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::Tally;
use crate::house;

/// Every native package. The widget is tested as the collector uses it (`ssr`); as Wasm it meets the
/// browser stories. Never `--all-features`: `hydrate` needs a browser, and beside `ssr` it is neither.
const PACKAGES: &[&str] = &[
    "--package=unticked-shared",
    "--package=unticked-widget",
    "--package=unticked-collector",
    "--package=unticked-tests",
    "--package=crm-receiver",
    "--package=xtask",
    "--no-default-features",
    "--features=unticked-widget/ssr,unticked-shared/ledger",
];

/// One test binary.
#[derive(Debug)]
pub struct Binary {
    /// Package and target, such as `unticked-tests browser`.
    pub name: String,
    file: PathBuf,
    /// The package's folder, where cargo would run it.
    folder: PathBuf,
}

/// Compiles them all.
pub fn compile(assets: &Path) -> Result<Vec<Binary>> {
    let mut command = house::cargo();
    command.args(["test", "--no-run", "--message-format=json-render-diagnostics"]).args(PACKAGES);
    command.env("UNTICKED_ASSETS", assets).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot start cargo")?;
    let stdout = child.stdout.take().context("cargo has no output")?;
    let mut binaries = Vec::new();
    for line in BufReader::new(stdout).lines() {
        if let Some(binary) = read_artifact(&serde_json::from_str(&line?)?) {
            binaries.push(binary);
        }
    }
    ensure!(child.wait()?.success(), "the tests do not compile");
    ensure!(!binaries.is_empty(), "cargo named no test binary");
    binaries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(binaries)
}

fn read_artifact(message: &Value) -> Option<Binary> {
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    let file = PathBuf::from(message["executable"].as_str()?);
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?.to_path_buf();
    let package = message["package_id"].as_str()?.rsplit(['/', '#']).find(|part| !part.is_empty())?;
    let package = package.split('@').next()?;
    // `path+file:///…/unticked/shared#unticked-shared@0.1.0` and `…/xtask#0.1.0` both occur.
    let package = if package.starts_with(|c: char| c.is_ascii_digit()) {
        folder.file_name()?.to_str()?.to_owned()
    } else {
        package.to_owned()
    };
    let target = message["target"]["name"].as_str()?;
    let kind = message["target"]["kind"][0].as_str()?;
    let name = match kind {
        "test" => format!("{package} {target}"),
        "bin" => format!("{package} (binary)"),
        _ => package,
    };
    Some(Binary { name, file, folder })
}

impl Binary {
    /// Whether it drives browsers.
    pub fn needs_browser(&self) -> bool {
        self.name == "unticked-tests browser"
    }

    /// Runs it and counts.
    pub fn run(&self, environment: &[(&str, String)], filters: &[String]) -> Result<Tally> {
        let mut command = Command::new(&self.file);
        command.args(filters).current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        command.envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
        count(&mut command)
    }
}

/// The examples in the documentation, which only cargo can run.
pub fn documentation(assets: &Path) -> Result<Tally> {
    let mut command = house::cargo();
    command.args(["test", "--doc"]).args(PACKAGES).env("UNTICKED_ASSETS", assets);
    count(&mut command)
}

/// Runs a command that prints libtest's `test result:` lines, shows what it prints, and adds them up.
fn count(command: &mut Command) -> Result<Tally> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", house::describe(command)))?;
    let stdout = child.stdout.take().context("no output")?;
    let mut tally = Tally::default();
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        if let Some(result) = line.strip_prefix("test result: ") {
            tally.add(read_result(result).with_context(|| format!("cannot read `{line}`"))?);
        }
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        bail!("{} ended with {status} without naming a failed test", house::describe(command));
    }
    Ok(tally)
}

/// Reads `ok. 12 passed; 0 failed; 1 ignored; …`.
fn read_result(text: &str) -> Option<Tally> {
    let number = |word: &str| {
        let before = text.split(word).next()?;
        before.trim_end().rsplit(' ').next()?.parse().ok()
    };
    Some(Tally { passed: number("passed")?, failed: number("failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_line_is_read_and_anything_else_is_not_taken_for_zero() {
        let line = "FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 9 filtered out; finished in 0.10s";
        assert_eq!(read_result(line), Some(Tally { passed: 12, failed: 3 }));
        assert_eq!(read_result("ok."), None);
    }

    #[test]
    fn artifacts_are_named_by_package_and_target() {
        let message = |id: &str, kind: &str, target: &str| {
            serde_json::json!({
                "reason": "compiler-artifact", "profile": {"test": true}, "executable": "/t/x",
                "manifest_path": "/w/xtask/Cargo.toml", "package_id": id,
                "target": {"name": target, "kind": [kind]},
            })
        };
        let name = |id, kind, target| read_artifact(&message(id, kind, target)).unwrap().name;
        assert_eq!(name("path+file:///w/shared#unticked-shared@0.1.0", "lib", "unticked_shared"), "unticked-shared");
        assert_eq!(name("path+file:///w/xtask#0.1.0", "bin", "xtask"), "xtask (binary)");
        assert_eq!(name("path+file:///w/tests#unticked-tests@0.1.0", "test", "browser"), "unticked-tests browser");
    }
}
