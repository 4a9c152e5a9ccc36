//! A witness (C2SP tlog-witness) with a memory that can be told what to remember. It judges logs by crates that are not
//! ours.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, EMPTY_HASH, Hash, check_tree};
use unticked_shared::merkle::cosignature::{Cosigner, WitnessKey};

/// A witness at work; it ends with the process.
pub struct Witness {
    /// Where it listens.
    pub address: SocketAddr,
    signer: Cosigner,
    memory: Arc<Mutex<Memory>>,
}

/// What it has in mind.
#[derive(Default)]
struct Memory {
    /// The key of the only log that it knows.
    log: Option<String>,
    /// The head that it saw last.
    size: u64,
    root: Option<Hash>,
    /// It answers nothing of use.
    away: bool,
    /// Heads that it cosigned.
    cosigned: Vec<u64>,
    asked: usize,
}

impl Witness {
    /// Starts one that knows no log.
    pub fn start(name: &str) -> Self {
        let signer = Cosigner::new(name, &[7; 32]);
        let memory = Arc::new(Mutex::new(Memory::default()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let routes =
            Router::new().route("/w/add-checkpoint", post(add_checkpoint)).with_state((signer.clone(), memory.clone()));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                axum::serve(listener, routes).await.expect("a server");
            });
        });
        Self { address, signer, memory }
    }

    /// Its key.
    pub fn key(&self) -> WitnessKey {
        self.signer.key()
    }

    /// As a collector's settings name it.
    pub fn setting(&self) -> String {
        format!("ledger.witnesses={} http://{}/w/", self.key(), self.address)
    }

    /// From now on it knows this log.
    pub fn trust(&self, key: &str) {
        self.memory().log = Some(key.to_owned());
    }

    /// It is away, or back.
    pub fn be_away(&self, away: bool) {
        self.memory().away = away;
    }

    /// It remembers to have seen this head.
    pub fn remember(&self, size: u64, root: [u8; 32]) {
        let mut memory = self.memory();
        (memory.size, memory.root) = (size, Some(Hash(root)));
    }

    /// The heads that it cosigned.
    pub fn cosigned(&self) -> Vec<u64> {
        self.memory().cosigned.clone()
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.memory().asked
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no panic under this lock")
    }
}

type Shared = (Cosigner, Arc<Mutex<Memory>>);

async fn add_checkpoint(State((signer, memory)): State<Shared>, body: Bytes) -> Response {
    let mut memory = memory.lock().expect("no panic under this lock");
    memory.asked += 1;
    if memory.away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match judge(&mut memory, &body) {
        Ok(checkpoint) => {
            let time = 1_795_435_200;
            format!("{}\n", signer.sign(&checkpoint, time).expect("it is a note")).into_response()
        }
        Err(Refused::With(status)) => status.into_response(),
        Err(Refused::Saw(size)) => {
            (StatusCode::CONFLICT, [(header::CONTENT_TYPE, "text/x.tlog.size")], format!("{size}\n")).into_response()
        }
    }
}

enum Refused {
    With(StatusCode),
    Saw(u64),
}

/// As the specification has it, in its order.
fn judge(memory: &mut Memory, body: &[u8]) -> Result<String, Refused> {
    let bad = || Refused::With(StatusCode::BAD_REQUEST);
    let text = std::str::from_utf8(body).map_err(|_| bad())?;
    let (head, checkpoint) = text.split_once("\n\n").ok_or_else(bad)?;
    let mut lines = head.lines();
    let old: u64 = lines.next().and_then(|line| line.strip_prefix("old ")?.parse().ok()).ok_or_else(bad)?;
    let proof: Vec<Hash> = lines
        .map(|line| STANDARD.decode(line).ok()?.try_into().ok().map(Hash))
        .collect::<Option<_>>()
        .filter(|proof: &Vec<Hash>| proof.len() <= 63)
        .ok_or_else(bad)?;
    let Some(key) = memory.log.clone() else { return Err(Refused::With(StatusCode::NOT_FOUND)) };
    let note = Note::from_bytes(checkpoint.as_bytes()).map_err(|_| bad())?;
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&key).expect("a key"))]);
    if note.verify(&known).is_err() {
        return Err(Refused::With(StatusCode::FORBIDDEN));
    }
    let seen = Checkpoint::from_bytes(note.text()).map_err(|_| bad())?;
    if key.split('+').next() != Some(seen.origin()) {
        return Err(Refused::With(StatusCode::NOT_FOUND));
    }
    if old > seen.size() {
        return Err(bad());
    }
    if old != memory.size {
        return Err(Refused::Saw(memory.size));
    }
    let root = memory.root.unwrap_or(EMPTY_HASH);
    if old == seen.size() {
        if old > 0 && root != *seen.hash() {
            return Err(Refused::Saw(memory.size));
        }
    } else if old == 0 {
        if !proof.is_empty() {
            return Err(Refused::With(StatusCode::UNPROCESSABLE_ENTITY));
        }
    } else if check_tree(&proof, seen.size(), *seen.hash(), old, root).is_err() {
        return Err(Refused::With(StatusCode::UNPROCESSABLE_ENTITY));
    }
    (memory.size, memory.root) = (seen.size(), Some(*seen.hash()));
    memory.cosigned.push(seen.size());
    Ok(checkpoint.to_owned())
}
