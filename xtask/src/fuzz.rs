//! `cargo xtask fuzz`: the targets of `fuzz/`, each for a while, with the compiler that builds everything else.
//!
//! cargo-fuzz asks for a nightly compiler because of its sanitizers. What guides the search, coverage, is a pass that the
//! stable compiler has, too; and where unsafe code is forbidden an address sanitizer has little to find.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    thread,
};

use anyhow::{Context, Result, ensure};

use crate::{house, test::Tally};

/// What cargo-fuzz sets for coverage, and no sanitizer.
const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];
/// Bytes of an input; what is longer than any of these readers takes is not where they break.
const LONGEST: usize = 8192;
/// One input that takes longer, in seconds, or more memory, in MiB, counts as found.
const SLOWEST: usize = 10;
const LARGEST: usize = 1024;

/// What to run.
#[derive(Debug)]
pub struct Options {
    /// How long each target is searched.
    pub seconds: u32,
    /// Which; all where none is named.
    pub targets: Vec<String>,
}

/// Runs them, as many at once as there are processors, and counts those that broke as failed.
pub fn run(options: &Options) -> Result<Tally> {
    let all = targets()?;
    for name in &options.targets {
        ensure!(all.contains(name), "there is no fuzz target `{name}`; there are {}", all.join(", "));
    }
    let chosen = all.into_iter().filter(|name| options.targets.is_empty() || options.targets.contains(name));
    let programs = build()?;
    let waiting = Mutex::new(chosen.collect::<Vec<_>>());
    let outcomes = Mutex::new(Vec::new());
    let at_once = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("nobody panics").pop();
                    let Some(name) = next else { return };
                    let outcome = search(&programs, &name, options.seconds);
                    outcomes.lock().expect("nobody panics").push((name, outcome));
                }
            });
        }
    });
    let mut tally = Tally::default();
    for (name, outcome) in outcomes.into_inner().expect("nobody panics") {
        match outcome {
            Ok(figures) => {
                println!("ok {name}: {figures}");
                tally.passed += 1;
            }
            Err(error) => {
                println!("wrong {name}: {error:#}");
                tally.failed += 1;
            }
        }
    }
    Ok(tally)
}

fn folder() -> PathBuf {
    house::root().join("fuzz")
}

/// As their files name them.
fn targets() -> Result<Vec<String>> {
    let files = std::fs::read_dir(folder().join("fuzz_targets")).context("fuzz/fuzz_targets cannot be read")?;
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names)
}

fn build() -> Result<PathBuf> {
    let host = house::capture(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let host = host.trim();
    let target = house::target().join("fuzz");
    let mut command = house::cargo();
    // With a target named, the flags are not those of build scripts. Its lock file follows what `shared` needs.
    command.args(["build", "--quiet", "--release", "--target", host, "--target-dir"]).arg(&target);
    command.current_dir(folder()).env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    house::run(&mut command).context("the fuzz targets do not compile (libFuzzer needs a C++ compiler)")?;
    Ok(target.join(host).join("release"))
}

/// Searches one target: from the seeds in the repository and from what earlier searches on this machine found.
fn search(programs: &Path, name: &str, seconds: u32) -> Result<String> {
    let found = house::target().join("fuzz/corpus").join(name);
    let artifacts = folder().join("artifacts").join(name);
    std::fs::create_dir_all(&found)?;
    std::fs::create_dir_all(&artifacts)?;
    let mut command = Command::new(programs.join(name));
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={LONGEST}"));
    command.arg(format!("-timeout={SLOWEST}")).arg(format!("-rss_limit_mb={LARGEST}"));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.arg(&found).arg(folder().join("corpus").join(name)).stdin(Stdio::null());
    let output = command.output().with_context(|| format!("the target {name} does not start"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", last_lines(&text, 40));
    // `#1023639	DONE   cov: 1106 ft: 2066 corp: 411/42Kb lim: 4096 exec/s: 63977 rss: 28Mb`
    let done = text.lines().rev().find(|line| line.contains("\tDONE ")).context("libFuzzer says nothing")?;
    let figure = |label: &str| done.split(label).nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap_or("?");
    let runs = done.trim_start_matches('#').split_whitespace().next().unwrap_or("?");
    Ok(format!("{runs} inputs in {seconds} s, {} edges, {} inputs kept", figure("cov: "), figure("corp: ")))
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
