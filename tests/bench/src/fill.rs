//! Many submissions at once, past HTTP, so that there is something to grow on.
//!
//! Each is recorded and sealed as ever, with an address of its own, spread over the past three years, and was delivered
//! long ago. They go into the databases by the same statements as visitors' do, more of them in one transaction.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::SignedDuration;
use unticked_collector::{
    evidence,
    outbox::{self, sql::NewEvent},
    store::values::millis,
    submissions::{
        decide::Acceptance,
        record::{Record, record},
        sql,
    },
    vault::{self, EmailAddress},
    wiring::App,
};

/// Submissions in one transaction.
const BATCH: u64 = 1024;
/// How long ago the first of them came.
const AGO: SignedDuration = SignedDuration::from_hours(24 * 365 * 3);

/// Fills the databases with submissions like `like`: those from number `from` up to `to`, of `to`.
pub async fn fill(app: &App, like: &Acceptance, from: u64, to: u64) -> Result<()> {
    let mut at = from;
    let mut next = make(app, like, at, to);
    loop {
        let records = next.await??;
        if records.is_empty() {
            return Ok(());
        }
        let from = at;
        at += records.len() as u64;
        // The next ones are sealed on another core while these are written.
        next = make(app, like, at, to);
        let mut kept = keep(app, &records).await?;
        while !kept {
            kept = keep(app, &make(app, like, from, at).await??).await?;
        }
    }
}

fn make(app: &App, like: &Acceptance, from: u64, to: u64) -> tokio::task::JoinHandle<Result<Vec<Record>>> {
    let (app, like) = (app.clone(), like.clone());
    tokio::task::spawn_blocking(move || {
        let start = app.clock.now() - AGO;
        let destinations = app.forms.destinations();
        (from..to.min(from + BATCH))
            .map(|n| {
                let mut one = like.clone();
                let millis = AGO.as_millis() * i128::from(n) / i128::from(to);
                one.received_at = start + SignedDuration::from_millis(i64::try_from(millis)?);
                one.ticket_issued_at = one.received_at;
                one.submitted_at = one.received_at;
                one.submission = app.random.uuid(one.received_at);
                one.contact = EmailAddress::parse(&format!("customer.{n}@example.org"));
                let (mut record, _) = record(&one, &app.vault, &destinations, None)?;
                // What is over would not be there any more; none of it ends while this runs.
                record.submission.due_at = Some(i64::MAX);
                Ok(record)
            })
            .collect()
    })
}

/// Writes them; false where two drew the same reference, which among a million happens every other time.
async fn keep(app: &App, records: &[Record]) -> Result<bool> {
    let keys: Vec<_> = records.iter().map(|record| &record.keys).collect();
    let mut tx = app.store.keys().begin().await?;
    vault::sql::insert(&mut tx, &keys).await?;
    tx.commit().await?;
    let all: Vec<_> = records.iter().collect();
    let mut tx = app.store.begin().await?;
    if sql::insert(&mut tx, &all).await? != all.len() as u64 {
        return Ok(false);
    }
    let events: Vec<NewEvent> = records.iter().map(|record| record.event.clone()).collect();
    outbox::sql::insert(&mut tx, &events).await?;
    for delivery in events.iter().flat_map(|event| &event.deliveries) {
        outbox::sql::delivered(&mut tx, delivery.id, 200, millis(app.clock.now())).await?;
    }
    let evidence: Vec<_> = records.iter().map(|record| &record.evidence).collect();
    let appended = evidence::keep(&mut tx, &app.ledger, &evidence).await?;
    tx.commit().await?;
    app.ledger.sign(&appended.head()).await.context("the head cannot be signed")?;
    Ok(true)
}

/// Adds so many submissions; answers how long their records took: the rows, the leaves, the commit, and the signed head in
/// the key store. What else belongs to a submission is there before.
pub async fn append_whole(app: &App, like: &Acceptance, count: u64) -> Result<Duration> {
    let records = make(app, like, 0, count).await??;
    let all: Vec<_> = records.iter().collect();
    let keys: Vec<_> = records.iter().map(|record| &record.keys).collect();
    let mut tx = app.store.keys().begin().await?;
    vault::sql::insert(&mut tx, &keys).await?;
    tx.commit().await?;
    let mut tx = app.store.begin().await?;
    ensure!(sql::insert(&mut tx, &all).await? == all.len() as u64, "two submissions drew the same reference");
    tx.commit().await?;
    let evidence: Vec<_> = records.iter().map(|record| &record.evidence).collect();
    let start = Instant::now();
    let mut tx = app.store.begin().await?;
    let appended = evidence::keep(&mut tx, &app.ledger, &evidence).await?;
    tx.commit().await?;
    app.ledger.sign(&appended.head()).await?;
    Ok(start.elapsed())
}
