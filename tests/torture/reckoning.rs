//! What visitors were told and what the receiver was sent, held against what the collector has.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use unticked_collector::{execute, fetch_all, fetch_optional};

use crate::{
    book::Entry,
    collector::Shop,
    crm::Crm,
    dice::Dice,
    visitors::{World, look, send_again},
};

/// How long the outbox may take to be empty.
const PATIENCE: Duration = Duration::from_mins(2);

/// Everything that was answered, asked for once more of running collectors.
pub fn everything_answered_stands(world: &World, dice: &mut Dice) {
    let entries = world.book.entries();
    thread::scope(|scope| {
        for part in entries.chunks(entries.len().div_ceil(4).max(1)) {
            let mut dice = dice.fork();
            scope.spawn(move || {
                for entry in part {
                    send_again(world, entry, &mut dice);
                    look(world, entry, &mut dice);
                }
            });
        }
    });
    world.book.must_be_right();
}

/// Deliveries whose collector died meanwhile wait for their lease to run out, refused ones for their next attempt. That
/// time has come, now; nothing runs.
pub fn leases_run_out(shop: &Shop, world: &World) {
    let (runtime, store) = shop.store(world.collectors[0].port());
    runtime.block_on(async {
        let mut tx = store.begin().await.unwrap();
        let forward = execute!(&mut tx, "update delivery set due_at = 0 where state = 'waiting'");
        forward.await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
    });
}

/// Waits until nothing is on its way to the receiver any more.
pub fn everything_is_sent(world: &World) {
    let begun = Instant::now();
    loop {
        let metrics = world.collectors[0].asks("GET", "/metrics", &[], b"").unwrap().text();
        let waiting =
            metrics.lines().find_map(|line| line.strip_prefix("unticked_outbox_deliveries{state=\"waiting\"} "));
        if waiting == Some("0") {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{waiting:?} deliveries are still on their way");
        thread::sleep(Duration::from_millis(100));
    }
}

/// The receiver knows each lead, once, and of each withdrawal of what it was told was granted.
pub fn the_receiver_was_told(world: &World, crm: &Crm) {
    crm.look(|inbox| assert!(inbox.forged.is_empty(), "{:?}", inbox.forged));
    let events: BTreeMap<String, Vec<Value>> = crm.look(|inbox| {
        let read = |bodies: &BTreeSet<String>| bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
        inbox.events.iter().map(|(id, bodies)| (id.clone(), read(bodies))).collect()
    });
    let mut leads: BTreeMap<&str, (&str, &Vec<Value>)> = BTreeMap::new();
    let mut withdrawals: BTreeSet<&str> = BTreeSet::new();
    for (id, bodies) in &events {
        let reference = bodies[0]["data"]["reference"].as_str().unwrap();
        assert!(bodies.iter().all(|body| body["data"]["reference"] == reference), "{id} tells of several");
        match bodies[0]["type"].as_str() {
            Some("lead.submitted") => {
                let known = leads.insert(reference, (id, bodies));
                assert!(known.is_none(), "{reference} came as {id} and as {}", known.unwrap().0);
            }
            Some("consent.withdrawn") => assert!(withdrawals.insert(reference), "{reference} was withdrawn twice"),
            other => panic!("{id} is {other:?}"),
        }
    }
    let entries = world.book.entries();
    let told: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (entry.reference(), entry)).collect();
    assert_eq!(told.len(), entries.len(), "two leads share a reference");
    for (reference, entry) in &told {
        let (_, bodies) = leads.get(reference).unwrap_or_else(|| panic!("the receiver never heard of {reference}"));
        let granted = bodies.iter().any(|body| {
            let mut decisions = body["data"]["decisions"].as_array().unwrap().iter();
            decisions.any(|one| matches!(one["decision"].as_str(), Some("granted" | "granted_unconfirmed")))
        });
        if granted && entry.withdrawn {
            assert!(withdrawals.contains(reference), "the receiver was not told that {reference} was taken back");
        }
        if !entry.withdrawn {
            assert!(!withdrawals.contains(reference), "{reference} was never taken back");
        }
    }
    let unknown: Vec<_> = leads.keys().filter(|reference| !told.contains_key(*reference)).collect();
    assert!(unknown.is_empty(), "nobody was told of {unknown:?}");
}

/// What is kept: a lead for each answer and none besides, a record for each decision. Nothing runs.
pub fn nothing_is_lost_or_doubled(shop: &Shop, world: &World) {
    let entries = world.book.entries();
    let (runtime, store) = shop.store(world.collectors[0].port());
    runtime.block_on(async {
        let mut connection = store.read().await.unwrap();
        let rows = fetch_optional!(
            &mut connection,
            (i64, i64, i64),
            "select
                 (select count(*) from submission),
                 (select count(*) from subject),
                 (select count(distinct submission_id) from evidence)",
        );
        let (submissions, subjects, recorded) = rows.await.unwrap().unwrap();
        let count = i64::try_from(entries.len()).unwrap();
        assert_eq!((submissions, subjects, recorded), (count, count, count), "leads, persons, leads with a record");
        let records = fetch_all!(&mut connection, (Vec<u8>,), "select part_a from evidence").await.unwrap();
        let says = |part: &[u8], word: &str| std::str::from_utf8(part).unwrap().contains(word);
        let taken_back = records.iter().filter(|(part,)| says(part, "\"decision\":\"withdrawn\"")).count();
        let withdrawn = entries.iter().filter(|entry| entry.withdrawn && !entry.granted.is_empty()).count();
        assert_eq!(taken_back, withdrawn, "records of a withdrawal");
        let first = records.iter().filter(|(part,)| says(part, "\"method\":\"widget\"")).count();
        assert_eq!(first, entries.len(), "records of a submission");
        let references = fetch_all!(&mut connection, (String,), "select reference from submission").await.unwrap();
        let kept: BTreeSet<String> = references.into_iter().map(|(reference,)| reference).collect();
        let told: BTreeSet<String> = entries.iter().map(|entry| entry.reference().to_owned()).collect();
        assert_eq!(kept, told);
        // A pool is closed when everything is back.
        drop(connection);
        store.close().await;
    });
}
