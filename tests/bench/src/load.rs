//! The driving side: so many connections, each with one request under way, for so long.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// What to do.
pub struct Plan {
    /// The server.
    pub address: SocketAddr,
    /// Where the requests go.
    pub path: String,
    /// For how long.
    pub seconds: usize,
    /// Requests under way at the same time.
    pub connections: usize,
    /// How many of the file's requests were sent before.
    pub past: usize,
}

/// Sends each request of the file once, until the time is over or the file ends, and prints one line: how many, in how
/// many seconds, and the median and 99th percentile of their times in microseconds.
pub fn run(plan: &Plan, requests: &Path) -> Result<()> {
    let frames = Arc::new(read_frames(requests, &plan.path)?);
    let next = Arc::new(AtomicUsize::new(plan.past));
    // One thread: the other processor is the server's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let start = Instant::now();
    let deadline = start + Duration::from_secs(plan.seconds as u64);
    let mut times = runtime.block_on(async {
        let mut tasks = Vec::new();
        for _ in 0..plan.connections {
            let connection = TcpStream::connect(plan.address).await?;
            connection.set_nodelay(true)?;
            tasks.push(tokio::spawn(converse(connection, Arc::clone(&frames), Arc::clone(&next), deadline)));
        }
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await??);
        }
        anyhow::Ok(times)
    })?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(!times.is_empty(), "no request was answered");
    times.sort_unstable();
    let percentile = |hundredth: usize| times[(times.len() - 1) * hundredth / 100];
    println!("{} {seconds:.3} {} {}", times.len(), percentile(50), percentile(99));
    Ok(())
}

async fn converse(
    connection: TcpStream,
    frames: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
    deadline: Instant,
) -> Result<Vec<u64>> {
    let mut connection = BufReader::new(connection);
    let mut times = Vec::new();
    while Instant::now() < deadline {
        let Some(frame) = frames.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
        let sent = Instant::now();
        connection.get_mut().write_all(frame).await?;
        read_answer(&mut connection).await?;
        times.push(u64::try_from(sent.elapsed().as_micros())?);
    }
    Ok(times)
}

/// Reads an answer whole. Anything but 200 ends the run: a refusal is quick, and would make the figure a lie.
async fn read_answer(connection: &mut BufReader<TcpStream>) -> Result<()> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        ensure!(connection.read_line(&mut head).await? > 0, "the server hung up");
    }
    let length = head.lines().filter_map(|line| line.split_once(':'));
    let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map(|(_, value)| value.trim().parse()).next().context("no length")??;
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    if !head.starts_with("HTTP/1.1 200") {
        bail!("{}{}", head, String::from_utf8_lossy(&body));
    }
    Ok(())
}

fn read_frames(file: &Path, path: &str) -> Result<Vec<Vec<u8>>> {
    let bytes = std::fs::read(file).context("the requests cannot be read")?;
    let line = format!("POST {path} HTTP/1.1\r\n");
    let mut frames = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length))?;
        let (frame, after) = after.split_at_checked(length).context("the file of requests ends early")?;
        frames.push([line.as_bytes(), frame].concat());
        rest = after;
    }
    Ok(frames)
}
