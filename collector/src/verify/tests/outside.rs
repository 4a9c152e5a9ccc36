//! A log behind a small server, altered in every way that a dishonest one can think of.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State, http::StatusCode};
use unticked_shared::{
    evidence,
    merkle::{
        Checkpoint, Hash, leaf_hash,
        note::{Signer, VerifierKey},
        tile::{Tile, WIDTH, write_entries},
    },
};

use super::super::{
    Finding, Told,
    outside::{Outside, OutsideError, run},
    tree::Tree,
};

type Paths = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

struct Served {
    paths: Paths,
    url: String,
    signer: Signer,
}

fn commitment(number: u64) -> Hash {
    leaf_hash(&number.to_be_bytes())
}

impl Served {
    async fn start() -> Self {
        let paths = Paths::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ledger", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&paths));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { paths, url, signer: Signer::new("forms.example/ledger", &[7; 32]).unwrap() }
    }

    fn key(&self) -> VerifierKey {
        self.signer.verifier()
    }

    /// Serves a tree of these commitments; answers its checkpoint.
    fn serve(&self, commitments: &[Hash]) -> String {
        let mut paths = BTreeMap::new();
        let mut tree = Tree::default();
        let entries: Vec<Vec<u8>> = commitments.iter().map(evidence::leaf).collect();
        let mut tiles = Vec::new();
        for entry in &entries {
            tiles.extend(tree.push(leaf_hash(entry)));
        }
        tiles.extend(tree.rest());
        for tile in tiles {
            let path = Tile { level: Some(tile.level), index: tile.index, width: tile.hashes.len() as u64 }.path();
            paths.insert(path, tile.hashes.concat());
        }
        for (index, chunk) in (0..).zip(entries.chunks(usize::try_from(WIDTH).unwrap())) {
            let path = Tile { level: None, index, width: chunk.len() as u64 }.path();
            paths.insert(path, write_entries(chunk.iter().map(Vec::as_slice)).unwrap());
        }
        let head = Checkpoint { origin: self.signer.name().to_owned(), size: tree.size(), root: tree.root() };
        let note = self.signer.sign(&head.text()).unwrap();
        paths.insert("checkpoint".to_owned(), note.clone().into_bytes());
        *self.paths.lock().unwrap() = paths;
        note
    }

    fn alter(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(self.paths.lock().unwrap().get_mut(path).unwrap());
    }

    async fn audit(&self, since: Option<&str>) -> (Result<Outside, OutsideError>, Vec<Finding>) {
        let mut findings = Vec::new();
        let outcome = run(&self.url, &[self.key()], since, &mut |told| {
            if let Told::Finding(finding) = told {
                findings.push(finding);
            }
        })
        .await;
        (outcome, findings)
    }

    async fn says(&self, since: Option<&str>) -> String {
        let (outcome, findings) = self.audit(since).await;
        assert_eq!(outcome.unwrap().findings, findings.len() as u64);
        findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("\n")
    }
}

async fn answer(State(paths): State<Paths>, uri: axum::http::Uri) -> Result<Vec<u8>, StatusCode> {
    let path = uri.path().strip_prefix("/ledger/").ok_or(StatusCode::NOT_FOUND)?;
    paths.lock().unwrap().get(path).cloned().ok_or(StatusCode::NOT_FOUND)
}

#[tokio::test]
async fn an_honest_log_is_read_to_its_end_and_only_grows() {
    let log = Served::start().await;
    let all: Vec<Hash> = (0..700).map(commitment).collect();
    let empty = log.serve(&[]);
    assert_eq!(log.says(None).await, "");
    let mut since = empty;
    for size in [1, 255, 256, 257, 512, 700] {
        let note = log.serve(&all[..size]);
        let (outcome, findings) = log.audit(Some(&since)).await;
        let outcome = outcome.unwrap();
        assert_eq!((findings, outcome.leaves, outcome.note == note), (vec![], size as u64, true));
        since = note;
    }
    // A log may serve the full tile alone once there is one.
    log.serve(&all[..512]);
    let full = log.paths.lock().unwrap().clone();
    log.serve(&all[..300]);
    let mut paths = log.paths.lock().unwrap().clone();
    paths.retain(|path, _| !path.contains(".p/"));
    paths.extend(full.into_iter().filter(|(path, _)| path != "checkpoint" && !path.contains(".p/")));
    let partial = Tile { level: Some(1), index: 0, width: 1 }.path();
    let first = log.paths.lock().unwrap()[&partial].clone();
    paths.insert(partial, first);
    *log.paths.lock().unwrap() = paths;
    assert_eq!(log.says(None).await, "");
}

#[tokio::test]
async fn whatever_a_dishonest_log_serves_is_named() {
    let log = Served::start().await;
    let all: Vec<Hash> = (0..700).map(commitment).collect();
    let since = log.serve(&all[..500]);
    let mut rewritten = all.clone();
    rewritten[3] = commitment(9_999);
    log.serve(&rewritten);
    let says = log.says(Some(&since)).await;
    assert!(says.contains("the checkpoint kept from before: its root is not that of the first 500 entries"), "{says}");
    log.serve(&all[..400]);
    assert!(log.says(Some(&since)).await.contains("it has gone back"));

    log.serve(&all);
    log.alter("tile/entries/000", |bytes| bytes[30] ^= 1);
    let says = log.says(None).await;
    assert!(says.contains("tile 0 of level 0") && says.contains("checkpoint: its root"), "{says}");
    log.serve(&all);
    log.alter("tile/0/001", |bytes| bytes[77] ^= 1);
    assert_eq!(log.says(None).await, "tile 1 of level 0: what the log serves of it does not follow from its entries");
    log.serve(&all);
    log.alter("tile/1/000.p/2", |bytes| bytes[3] ^= 1);
    assert_eq!(log.says(None).await, "tile 0 of level 1: what the log serves of it does not follow from its entries");
    log.serve(&all);
    log.alter("tile/entries/001", |bytes| bytes.truncate(bytes.len() - 5));
    assert!(log.says(None).await.contains("tile/entries/001: it does not hold the 256 entries"));
    log.serve(&all);
    log.alter("checkpoint", |bytes| bytes[24] ^= 1);
    assert!(log.says(None).await.contains("checkpoint: "));
    log.serve(&all);
    log.alter("tile/entries/000", |bytes| {
        let other = write_entries([&br#"{"v":1,"commitment":"who"}"#[..]]).unwrap();
        bytes.splice(..2 + evidence::leaf(&commitment(0)).len(), other);
    });
    assert!(log.says(None).await.contains("leaf 0: it is no entry of such a ledger"));
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_in_a_sentence() {
    let log = Served::start().await;
    let keys = [log.key()];
    let ask = async |url: &str| run(url, &keys, None, &mut |_| {}).await.unwrap_err().to_string();
    assert!(ask("http://forms.example/ledger").await.contains("plain HTTP"));
    for wrong in ["forms.example", "ftp://forms.example/", "https://a:b@forms.example/", "https://forms.example/?a"] {
        assert!(ask(wrong).await.contains("is not the address of a ledger"), "{wrong}");
    }
    assert!(ask(&log.url).await.contains("answers 404: is this the address of a ledger?"));
    assert!(ask("http://127.0.0.1:1/ledger").await.contains("does not answer"));
    log.serve(&[commitment(1)]);
    let other = Signer::new("other.example/ledger", &[8; 32]).unwrap().verifier();
    let mut says = Vec::new();
    let outcome = run(&log.url, &[other], None, &mut |told| {
        if let Told::Finding(finding) = told {
            says.push(finding.to_string());
        }
    })
    .await;
    assert_eq!((outcome.unwrap().findings, says.len()), (1, 1));
    assert!(says[0].contains("no key that is known here signed"), "{says:?}");
    let wrong = run(&log.url, &keys, Some("no note"), &mut |_| {}).await.unwrap_err();
    assert!(wrong.to_string().contains("kept from before"), "{wrong}");
}
