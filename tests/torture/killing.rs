//! The rounds: start, load, `kill -9` at a moment that nobody chose.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    book::Book,
    collector::{Collector, Shop},
    crm::Crm,
    dice::Dice,
    ledger::every_receipt_still_proves,
    reckoning::{
        everything_answered_stands, everything_is_sent, leases_run_out, nothing_is_lost_or_doubled,
        the_receiver_was_told,
    },
    visitors::{SITE, World, live},
};

/// Visitors at the same time.
const VISITORS: usize = 6;
/// The longest load before a kill, in milliseconds.
const LOAD: usize = 300;
/// Rounds between two looks at everything.
const REST: usize = 50;

fn rounds(default: usize) -> usize {
    std::env::var("UNTICKED_TORTURE_ROUNDS").map_or(default, |rounds| rounds.parse().expect("a number of rounds"))
}

#[test]
fn killed_at_any_moment_it_has_what_it_answered_and_nothing_twice() {
    let postgres = std::env::var("UNTICKED_TORTURE_POSTGRES").ok();
    torture(1, rounds(200), postgres.as_deref());
}

#[test]
fn two_collectors_on_one_database_die_in_turn_and_keep_one_truth() {
    let Ok(postgres) = std::env::var("UNTICKED_TEST_POSTGRES") else {
        eprintln!("left out: UNTICKED_TEST_POSTGRES names no server");
        return;
    };
    torture(2, rounds(40), Some(&postgres));
}

/// Rounds with so many collectors; then the reckoning.
fn torture(collectors: usize, rounds: usize, postgres: Option<&str>) {
    let seed = Dice::seed();
    println!("{rounds} rounds, seed {seed} (UNTICKED_TORTURE_SEED={seed} makes the same choices)");
    let mut dice = Dice::new(seed);
    let crm = Crm::open();
    let mut shop = Shop::open(&crm.address(), postgres);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut all: Vec<Collector> = Vec::new();
        for _ in 0..collectors {
            let public = all.first().map(Collector::port);
            all.push(Collector::of(&shop, &crm.address(), public));
        }
        live_through(&shop, &crm, all, rounds, &mut dice);
    }));
    if let Err(cause) = outcome {
        println!("seed {seed}; the data stay in {}", shop.keep().display());
        std::panic::resume_unwind(cause);
    }
}

/// Started, and what visitors know of them.
pub fn opened(collectors: Vec<Collector>) -> World {
    for one in &collectors {
        one.start();
        one.until_ready();
    }
    let placement = collectors[0].asks("GET", "/v1/forms/contact/placement?lang=en", &[("origin", SITE)], b"").unwrap();
    let placement: serde_json::Value = serde_json::from_slice(&placement.body).unwrap();
    let version = placement["version"].as_str().unwrap().to_owned();
    World { collectors, book: Book::default(), version, stop: AtomicBool::new(false) }
}

fn live_through(shop: &Shop, crm: &Crm, collectors: Vec<Collector>, rounds: usize, dice: &mut Dice) {
    let mut world = Arc::new(opened(collectors));
    let begun = Instant::now();
    let mut starts = Vec::new();
    let mut left = rounds;
    while left > 0 {
        let now = left.min(REST);
        left -= now;
        let visitors: Vec<_> = (0..VISITORS)
            .map(|_| {
                let (world, mut dice) = (Arc::clone(&world), dice.fork());
                thread::spawn(move || live(&world, &mut dice))
            })
            .collect();
        for _ in 0..now {
            starts.extend(round(&world, dice));
            world.book.must_be_right();
        }
        world.stop.store(true, Ordering::SeqCst);
        for visitor in visitors {
            visitor.join().unwrap();
        }
        reckon(shop, crm, &world, left == 0, dice);
        Arc::get_mut(&mut world).unwrap().stop = AtomicBool::new(false);
    }
    starts.sort_unstable();
    println!(
        "{rounds} kills in {:.0} s: {} submissions answered, {} requests without an answer, {} told to wait, {} deliveries; \
         ready after {} ms (median), {} ms at most",
        begun.elapsed().as_secs_f64(),
        world.book.len(),
        world.book.unanswered.load(Ordering::Relaxed),
        world.book.asked_for_patience.load(Ordering::Relaxed),
        crm.look(|inbox| inbox.deliveries),
        starts[starts.len() / 2].as_millis(),
        starts[starts.len() - 1].as_millis(),
    );
    assert!(world.book.len() >= rounds / 4, "there was no load");
}

/// Kills one at a random moment and starts it again; how long the starts took.
fn round(world: &World, dice: &mut Dice) -> Vec<Duration> {
    thread::sleep(Duration::from_millis(dice.below(LOAD) as u64));
    let victim = &world.collectors[dice.below(world.collectors.len())];
    // With several, now and then all of them at once, as when the machine goes.
    if dice.once_in(4) {
        world.collectors.iter().for_each(Collector::kill);
    } else {
        victim.kill();
    }
    let dead = world.collectors.iter().filter(|one| !one.is_up());
    dead.map(|one| {
        // A start may die, too.
        while dice.once_in(5) {
            one.start();
            thread::sleep(Duration::from_millis(dice.below(500) as u64));
            one.kill();
        }
        one.forget_log();
        one.start();
        one.until_ready()
    })
    .collect()
}

/// Looks at everything; more closely, and at the receiver, at the very end.
pub fn reckon(shop: &Shop, crm: &Crm, world: &World, end: bool, dice: &mut Dice) {
    if end {
        everything_answered_stands(world, dice);
        world.collectors.iter().for_each(Collector::kill);
        crm.look(|inbox| inbox.kind = true);
        leases_run_out(shop, world);
        world.collectors[0].start();
        world.collectors[0].until_ready();
        everything_is_sent(world);
        the_receiver_was_told(world, crm);
    }
    world.collectors.iter().for_each(Collector::kill);
    nothing_is_lost_or_doubled(shop, world);
    if end {
        every_receipt_still_proves(shop, world);
    }
    let said = world.collectors[0].unticked(&["verify"]);
    assert!(
        said.status.success(),
        "unticked verify: {}",
        String::from_utf8_lossy(&[said.stdout, said.stderr].concat())
    );
    if !end {
        for one in &world.collectors {
            one.start();
            one.until_ready();
        }
    }
}
