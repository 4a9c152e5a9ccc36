//! The keys of the ring are changed while visitors send and owners read.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use unticked_collector::{
    rotation::{Step, Tools, list::sealed_under, rotate},
    store::Store,
    vault::{KeyRing, Kind, Ring, Vault},
    world::{Clock, Random},
};

use crate::{house::House, visitor::Visitor};

/// What `unticked keys rotate --retire` does in a process of its own: with a store and a ring of its own.
async fn rotates(house: &House) -> Vec<Step> {
    let settings = house.settings();
    let store = Store::open_current(&settings.database).await.unwrap();
    let ring = Ring::open_existing(&settings.key_ring).unwrap();
    let now = house.app().clock.now();
    let vault = Vault::with(ring, Random::system());
    let tools = Tools::new(store.clone(), vault, Clock::custom(move || now));
    let tools = Tools { under_way: Duration::from_secs(2), ..tools };
    let mut steps = Vec::new();
    rotate::rotate(&tools, &Kind::ALL, &mut |step| steps.push(step)).await.unwrap();
    rotate::retire(&tools, &Kind::ALL, &mut |step| steps.push(step)).await.unwrap();
    for kind in [Kind::Wrap, Kind::Value] {
        let under = sealed_under(&store, kind).await.unwrap();
        let first = tools.vault.ring().first(kind);
        assert!(under.iter().all(|one| one.id == first), "{kind}: {under:?}");
    }
    store.close().await;
    steps
}

/// Says that it is over when it goes.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Visitors send and everything is read, again and again, while the keys change twice; nothing fails.
fn keys_change_under_load(house: &House) {
    let ann = |house: &House| Visitor::with_an_enquiry(house).types("phone", "+359 2 777 8899").ticks("phone-offers");
    for _ in 0..40 {
        ann(house).sends(house).expect(200);
    }
    let before = KeyRing::open_existing(&house.settings().key_ring).unwrap();
    let (over, sent, read) = (AtomicBool::new(false), AtomicUsize::new(40), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    ann(house).sends(house).expect(200);
                    sent.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                read.fetch_add(house.opens_everything(), Ordering::SeqCst);
            }
        });
        // Whatever happens here, the others end.
        let _ends = Ends(&over);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let steps = [runtime.block_on(rotates(house)), runtime.block_on(rotates(house))].concat();
        let retired = steps.iter().filter(|step| matches!(step, Step::Retired { .. })).count();
        assert_eq!(retired, 4, "both of two, twice: {steps:?}");
        let behind = steps.iter().any(|step| matches!(step, Step::Behind { .. } | Step::Unreadable { .. }));
        assert!(!behind, "{steps:?}");
    });
    let (sent, read) = (sent.into_inner(), read.into_inner());
    println!("{sent} submissions and {read} reads while the keys changed twice");
    assert!(sent > 45 && read > 100, "there was load: {sent} sent, {read} read");
    assert_eq!(usize::try_from(house.rows().submissions).unwrap(), sent);
    house.opens_everything();
    let after = KeyRing::open_existing(&house.settings().key_ring).unwrap();
    for kind in [Kind::Wrap, Kind::Value] {
        assert_eq!(after.keys(kind).len(), 1);
        assert!(!after.has(kind, before.first(kind)));
    }
    assert!(after.has(Kind::Ticket, before.first(Kind::Ticket)), "tickets of today are good until tomorrow");
}

#[test]
fn no_read_and_no_submission_fails_while_keys_change_on_sqlite() {
    let house = House::open();
    keys_change_under_load(&house);
    // The next start finds its keys, too.
    house.restart().opens_everything();
}

#[test]
fn no_read_and_no_submission_fails_while_keys_change_on_postgresql() {
    let Ok(url) = std::env::var("UNTICKED_TEST_POSTGRES") else {
        eprintln!("left out: UNTICKED_TEST_POSTGRES names no server");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let name = format!("keys_{:016x}", u64::from_be_bytes(Random::system().bytes()));
    let mut server = runtime.block_on(PgConnection::connect(&url)).unwrap();
    runtime.block_on(server.execute(AssertSqlSafe(format!("create database {name}")))).unwrap();
    let host = url.split('/').nth(2).unwrap();
    let house = House::open_with(&[&format!("database.url=postgres://{host}/{name}")]);
    keys_change_under_load(&house);
    drop(house);
    runtime.block_on(server.execute(AssertSqlSafe(format!("drop database {name} with (force)")))).unwrap();
}

#[test]
fn a_ticket_of_before_is_taken_after_the_keys_have_changed() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(rotates(&house));
    visitor.sends(&house).expect(200);
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    house.opens_everything();
}
