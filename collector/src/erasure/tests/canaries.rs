//! No byte of a forgotten person is found in any file or log, sealed or not.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use super::*;
use crate::{store::fetch_all, submissions::tests::SITE};

const CANARIES: [&str; 6] = ["Zebedee", "zebedee", "canary.example", "Quokkaberry", "+353 1 987 6543", "Dana Officer"];

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything sealed of somebody: values, bodies, the blind index, the wrapped key.
async fn sealed(house: &House, one: &Found) -> Vec<Vec<u8>> {
    let mut connection = house.needs.store.read().await.unwrap();
    let mut all: Vec<(Vec<u8>,)> = fetch_all!(
        &mut connection,
        (Vec<u8>,),
        // What identifies nobody stays, since so many share it.
        "select content from value where submission_id = $1 and identifies <> 'no'",
        one.submission_id
    )
    .await
    .unwrap();
    let bodies: Vec<(Vec<u8>,)> = fetch_all!(
        &mut connection,
        (Vec<u8>,),
        "select body from delivery join event on event.event_id = delivery.event_id
         where event.submission_id = $1 and body is not null",
        one.submission_id
    )
    .await
    .unwrap();
    let index: Vec<(Vec<u8>,)> = fetch_all!(
        &mut connection,
        (Vec<u8>,),
        "select contact_index from subject where subject_id = $1 and contact_index is not null",
        one.subject_id
    )
    .await
    .unwrap();
    let digest: Vec<(Vec<u8>,)> = fetch_all!(
        &mut connection,
        (Vec<u8>,),
        "select body_digest from submission where submission_id = $1",
        one.submission_id
    )
    .await
    .unwrap();
    let mut keys = house.needs.store.keys().read().await.unwrap();
    let keys: Vec<(Vec<u8>,)> = fetch_all!(
        &mut keys,
        (Vec<u8>,),
        "select identity_key from subject_key where subject_id = $1 and identity_key is not null",
        one.subject_id
    )
    .await
    .unwrap();
    all.extend(bodies.into_iter().chain(index).chain(digest).chain(keys));
    all.into_iter().map(|(bytes,)| bytes).collect()
}

#[tokio::test]
async fn no_byte_of_the_forgotten_is_found_in_any_file_or_log_among_many_others() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    // With a single subscriber tracing asks the thread that comes first to a line whether anybody listens there.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    let house = House::new().await;
    let mut sent = Vec::new();
    for number in 0..120 {
        let message = format!("Have you got Quokkaberry tea? {}", "x".repeat(number * 31));
        let mut visitor = house
            .visitor()
            .enters("email", &format!("Zebedee{number}@canary.example"))
            .enters("phone", "+353 1 987 6543")
            .enters("topic", "other")
            .enters("details", &format!("Quokkaberry {number}"))
            .enters("message", &message)
            .ticks("calls");
        visitor.submission.page = format!("{SITE}/5-canary-page/zebedee@canary.example");
        sent.push(house.submissions.submit(visitor.signed()).await.unwrap().accepted.reference);
    }
    let mut gone = Vec::new();
    // Every third, so that pages are emptied, merged and filled again among those who stay.
    for reference in sent.iter().step_by(3) {
        let one = found(&house, reference).await;
        let all = sealed(&house, &one).await;
        assert!(all.len() >= 7, "values, a body, the index, the digest, the key: {}", all.len());
        assert!(all.iter().all(|bytes| files_with(&house, bytes) > 0), "they are where they are looked for");
        gone.extend(all);
        assert!(erase(&house, reference).await.unfinished.is_none());
    }
    house.submissions.submit(ann(&house).signed()).await.unwrap();
    house.needs.store.fold_logs().await.unwrap();
    let files: Vec<(std::path::PathBuf, Vec<u8>)> = std::fs::read_dir(house.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    assert!(files.len() >= 6, "both databases with their logs, the ring and the journal");
    for (path, bytes) in &files {
        for canary in CANARIES {
            assert!(!holds(bytes, canary.as_bytes()), "{canary} stands in {}", path.display());
        }
        for (at, one) in gone.iter().enumerate() {
            let middle = if one.len() > 40 { &one[one.len() / 3..one.len() / 3 + 16] } else { one };
            assert!(!holds(bytes, middle), "sealed bytes {at} ({} of them) are in {}", one.len(), path.display());
        }
    }
    let log = log.0.lock().unwrap().clone();
    assert!(holds(&log, b"a person is forgotten"));
    for canary in CANARIES {
        assert!(!holds(&log, canary.as_bytes()), "{canary} stands in the log");
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
