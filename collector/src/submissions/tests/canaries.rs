//! Nothing that was typed lies in plain text anywhere: not in a database file, not in its log, not in ours.

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

use super::*;

const CANARIES: [&str; 6] = [
    "Zebedee@canary.example",
    "zebedee@canary.example",
    "canary.example",
    "Quokkaberry",
    "+353 1 987 6543",
    "5-canary-page",
];

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

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn nothing_typed_lies_in_plain_text_in_any_file_or_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    // With a single subscriber tracing asks the thread that comes first to a line whether anybody listens there, and
    // another test's thread would say no for good.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    // The room's tasks run on this thread.
    let _guard = tracing::subscriber::set_default(subscriber);
    let house = House::new().await;
    let visitor = || {
        let mut visitor = house
            .visitor()
            .enters("email", "Zebedee@canary.example")
            .enters("phone", "+353 1 987 6543")
            .enters("topic", "other")
            .enters("details", "Quokkaberry")
            .enters("message", "Have you got Quokkaberry tea?")
            .ticks("newsletter")
            .ticks("calls");
        visitor.submission.page = format!("{SITE}/5-canary-page/zebedee@canary.example");
        visitor
    };
    let kept = visitor();
    house.submissions.submit(kept.signed()).await.unwrap();
    house.submissions.submit(kept.signed()).await.unwrap();
    let native = visitor();
    house.submissions.submit(native.native()).await.unwrap();
    let refused = visitor().enters("details", &format!("Quokkaberry{}", "x".repeat(600)));
    house.submissions.submit(refused.signed()).await.unwrap_err();
    tracing::info!("the log is kept");

    let mut files = 0;
    let mut all = Vec::new();
    for entry in std::fs::read_dir(house.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for canary in CANARIES {
            assert!(!holds(&bytes, canary), "{canary} stands in {}", path.display());
        }
        files += 1;
        all.extend(bytes);
    }
    assert!(files >= 5, "both databases with their logs, and the ring");
    assert!(holds(&all, "quasi") || holds(&all, "direct"), "the rows are in the files that were read");
    let log = log.0.lock().unwrap().clone();
    assert!(holds(&log, "the log is kept") && holds(&log, "accepted a submission"));
    for canary in CANARIES {
        assert!(!holds(&log, canary), "{canary} stands in the log");
    }
    assert!(!holds(&log, &kept.ticket.text), "a ticket stands in the log");
}
