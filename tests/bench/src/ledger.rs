//! The ledger alone: appends through the real store, proofs from what is stored, leaves to root, and everything read again.
#![expect(clippy::cast_precision_loss, reason = "figures for people: nobody reads their sixteenth digit")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use unticked_collector::{ledger, submissions::decide::Acceptance, verify, wiring::App};
use unticked_shared::{
    evidence::leaf,
    merkle::{Frontier, Hash, leaf_hash, proof::verify_inclusion},
};

use crate::{fill, server};

/// Leaves in one commit, as many as the writer takes at most.
const BATCH: usize = 256;
/// Commits that are timed at each size.
const COMMITS: usize = 32;
/// Proofs that are timed at each size.
const PROOFS: u64 = 500;
/// Leaves that lie in memory at once while they are hashed.
const CHUNK: u64 = 1 << 16;

/// One line of the table.
struct Line {
    size: u64,
    appends: f64,
    commit_p50: Duration,
    proof_p50: Duration,
    proof_p99: Duration,
    hashes: f64,
    /// How long it takes to read everything again; nothing beyond what whole submissions were made for.
    verify: Option<Duration>,
    rss: u64,
}

/// Measures at each of `sizes`, in this order, and prints a line for each. Up to `whole` leaves each is of a whole
/// submission, beyond that of nothing: only the tree grows on.
pub fn run(folder: &Path, definitions: &Path, database: &str, sizes: &[u64], whole: u64) -> Result<()> {
    let settings = server::settings(folder, definitions, database)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let running = server::start(settings).await?;
        let app = running.app.clone();
        let like = server::acceptance(&app)?;
        let mut first: Option<Line> = None;
        head();
        for &size in sizes {
            let measured = measure(&app, &like, size, whole).await?;
            print(&measured, first.as_ref().unwrap_or(&measured));
            first.get_or_insert(measured);
        }
        running.shutdown().await;
        Ok(())
    })
}

/// The head of the table.
fn head() {
    println!(
        "{:>10} {:>11} {:>6} {:>12} {:>12} {:>12} {:>6} {:>14} {:>6} {:>10} {:>10} {:>9}",
        "leaves",
        "appends/s",
        "ratio",
        "commit p50",
        "proof p50",
        "proof p99",
        "ratio",
        "hashed/s·core",
        "ratio",
        "verify",
        "verified/s",
        "RSS"
    );
}

fn print(line: &Line, first: &Line) {
    let ratio = |now: f64, then: f64| format!("{:.2}", now / then);
    println!(
        "{:>10} {:>11.0} {:>6} {:>9.2} ms {:>9.0} µs {:>9.0} µs {:>6} {:>14.0} {:>6} {:>10} {:>10} {:>6} MB",
        line.size,
        line.appends,
        ratio(line.appends, first.appends),
        line.commit_p50.as_secs_f64() * 1e3,
        line.proof_p50.as_secs_f64() * 1e6,
        line.proof_p99.as_secs_f64() * 1e6,
        ratio(line.proof_p50.as_secs_f64(), first.proof_p50.as_secs_f64()),
        line.hashes,
        ratio(line.hashes, first.hashes),
        line.verify.map_or("-".to_owned(), |took| format!("{:.1} s", took.as_secs_f64())),
        line.verify.map_or("-".to_owned(), |took| format!("{:.0}", line.size as f64 / took.as_secs_f64())),
        line.rss / 1024,
    );
}

async fn measure(app: &App, like: &Acceptance, size: u64, whole: u64) -> Result<Line> {
    let timed = (COMMITS * BATCH) as u64;
    let there = app.ledger.last_signed().head.size;
    ensure!(there + timed <= size, "{size} leaves are too few beside the {there} before");
    let mut took = Vec::with_capacity(COMMITS);
    if size <= whole {
        fill::fill(app, like, there, size - timed).await?;
        for _ in 0..COMMITS {
            took.push(fill::append_whole(app, like, BATCH as u64).await?);
        }
    } else {
        grow(app, size - timed - there).await?;
        for _ in 0..COMMITS {
            let commitments = commitments(app, BATCH as u64);
            let start = Instant::now();
            append(app, &commitments).await?;
            took.push(start.elapsed());
        }
    }
    ensure!(app.ledger.last_signed().head.size == size, "the ledger has not the size that is measured");
    let all: Duration = took.iter().sum();
    let proofs = prove(app, size).await?;
    Ok(Line {
        size,
        appends: took.len() as f64 * BATCH as f64 / all.as_secs_f64(),
        commit_p50: percentile(&mut took, 50),
        proof_p50: percentile(&mut proofs.clone(), 50),
        proof_p99: percentile(&mut proofs.clone(), 99),
        hashes: hash(app, size),
        verify: if size <= whole { Some(read_again(app).await?) } else { None },
        rss: server::memory()?,
    })
}

/// Lets the tree alone grow by so many leaves.
async fn grow(app: &App, count: u64) -> Result<()> {
    let mut left = count;
    while left > 0 {
        let now = left.min(1 << 14);
        append(app, &commitments(app, now)).await?;
        left -= now;
    }
    Ok(())
}

/// Leaves of no record, made durable and signed.
async fn append(app: &App, commitments: &[Hash]) -> Result<()> {
    let mut tx = app.store.begin().await?;
    app.ledger.newest().await?;
    let appended = ledger::append(&mut tx, commitments).await?;
    app.ledger.continues(&mut tx, &appended).await?;
    tx.commit().await?;
    app.ledger.sign(&appended.head()).await?;
    Ok(())
}

fn commitments(app: &App, count: u64) -> Vec<Hash> {
    (0..count).map(|_| app.random.bytes()).collect()
}

/// How long proofs of leaves all over the tree take, each from the database and each checked (which is not timed).
async fn prove(app: &App, size: u64) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for n in 0..PROOFS {
        let index = u64::from_be_bytes(app.random.bytes()) % size;
        let start = Instant::now();
        let proof = app.ledger.prove(index).await?.context("a leaf of the tree has no proof")?;
        times.push(start.elapsed());
        if n == 0 {
            let mut connection = app.store.read().await?;
            let commitments = ledger::sql::leaves(&mut connection, index, 1).await?;
            let leaf = leaf_hash(&leaf(&commitments[0]));
            let head = app.ledger.last_signed().head;
            verify_inclusion(&leaf, index, size, &proof.hashes, &head.root)?;
        }
    }
    Ok(times)
}

/// How long `unticked verify` takes over everything; what it finds wrong ends the run.
async fn read_again(app: &App) -> Result<Duration> {
    let tools = verify::Tools { store: app.store.clone(), vault: app.vault.clone(), clock: app.clock.clone() };
    let start = Instant::now();
    let summary = verify::run(&tools, &mut |_| {}).await?;
    ensure!(summary.holds(), "what was kept does not hold");
    Ok(start.elapsed())
}

/// How many leaves a second one core hashes to a root, from their bytes: no database, no JSON.
fn hash(app: &App, size: u64) -> f64 {
    let (mut tree, mut spent, mut left) = (Frontier::default(), Duration::ZERO, size);
    while left > 0 {
        let now = left.min(CHUNK);
        let leaves: Vec<Vec<u8>> = commitments(app, now).iter().map(leaf).collect();
        let start = Instant::now();
        for leaf in &leaves {
            tree.append(leaf_hash(leaf), |_, _, _| {});
        }
        spent += start.elapsed();
        left -= now;
    }
    let start = Instant::now();
    std::hint::black_box(tree.root());
    size as f64 / (spent + start.elapsed()).as_secs_f64()
}

fn percentile(times: &mut [Duration], hundredth: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * hundredth / 100]
}
