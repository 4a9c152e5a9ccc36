//! Others vouch for the ledger: a witness that judges with crates of others, and `openssl ts`.

use unticked_collector::{
    ledger::{
        self, Ledger,
        witness::sql::{self, StampRow},
    },
    store::Store,
};
use unticked_shared::merkle::note::{Note, VerifierKey};
use unticked_tests::{stamper::Stamper, witness::Witness};

use crate::house::House;

fn open(witness: &Witness) -> House {
    let allowed = format!("outbox.allow_hosts={}", witness.address);
    House::open_with(&[&witness.setting(), &allowed, "ledger.publish_every=10s"])
}

fn checkpoint(house: &House) -> String {
    house.get("/ledger/checkpoint", &[]).expect(200).text()
}

const REFUSES: &str = "unticked_ledger_witness_refuses{witness=\"witness.example\"}";

fn figure(house: &House, name: &str) -> i64 {
    let text = house.get("/metrics", &[]).expect(200).text();
    let line = text.lines().find(|line| line.contains(name.trim_start_matches("unticked_")));
    line.and_then(|line| line.rsplit(' ').next()).map_or(-1, |figure| figure.parse().unwrap())
}

#[test]
fn a_witness_cosigns_each_published_head_and_its_line_is_served_with_it() {
    let witness = Witness::start("witness.example");
    let house = open(&witness);
    let key = house.get("/ledger/key", &[]).expect(200).text();
    let log = VerifierKey::parse(key.trim_end()).unwrap();
    // It does not know this log yet: publishing goes on all the same, and it is asked again.
    house.grow_ledger(3);
    house.publish();
    house.until("it was asked", |_| witness.asked() > 0);
    let alone = checkpoint(&house);
    assert!(alone.contains("\n3\n") && !alone.contains("witness.example"), "{alone}");
    witness.trust(key.trim_end());
    for (more, size) in [(0, 3), (70, 73), (300, 373)] {
        if more > 0 {
            house.grow_ledger(more);
            house.publish();
        }
        house.until("it cosigned", |_| witness.cosigned().last() == Some(&size));
        house.until("its line is served", |house| checkpoint(house).contains("witness.example"));
        let note = checkpoint(&house);
        assert!(note.contains(&format!("\n{size}\n")), "{note}");
        assert!(Note::parse(&note).unwrap().verify(std::slice::from_ref(&log)).is_ok());
        assert_eq!(witness.key().verify(&note, &note).unwrap().time, 1_795_435_200);
    }
    assert_eq!(witness.cosigned(), [3, 73, 373], "each head once");
    assert_eq!(figure(&house, REFUSES), 0);
}

#[test]
fn a_witness_that_is_away_delays_nothing_and_is_asked_again() {
    let witness = Witness::start("witness.example");
    let house = open(&witness);
    witness.trust(house.get("/ledger/key", &[]).expect(200).text().trim_end());
    witness.be_away(true);
    for size in [5, 10] {
        house.grow_ledger(5);
        house.publish();
        assert!(checkpoint(&house).contains(&format!("\n{size}\n")));
    }
    house.until("it was asked", |_| witness.asked() > 0);
    witness.be_away(false);
    // One head for both: what it saw last is what counts.
    house.until("it cosigned", |_| witness.cosigned() == [10]);
    house.until("its line is served", |house| checkpoint(house).contains("witness.example"));
}

#[test]
fn a_witness_that_saw_another_tree_is_an_alarm() {
    let witness = Witness::start("witness.example");
    let house = open(&witness);
    witness.trust(house.get("/ledger/key", &[]).expect(200).text().trim_end());
    // A tree of two entries that this ledger never had.
    witness.remember(2, [9; 32]);
    house.grow_ledger(5);
    house.publish();
    house.until("it is an alarm", |house| figure(house, REFUSES) == 1);
    assert!(witness.cosigned().is_empty());
    assert!(!checkpoint(&house).contains("witness.example"));
    let store = house.rows_of_outsiders();
    assert!(store[0].refused_at.is_some() && store[0].problem.as_ref().unwrap().contains("does not lead"), "{store:?}");
}

#[test]
fn a_witness_that_saw_more_than_there_is_is_an_alarm() {
    let witness = Witness::start("witness.example");
    let house = open(&witness);
    witness.trust(house.get("/ledger/key", &[]).expect(200).text().trim_end());
    witness.remember(50, [9; 32]);
    house.grow_ledger(5);
    house.publish();
    house.until("it is an alarm", |house| figure(house, REFUSES) == 1);
    assert!(house.rows_of_outsiders()[0].problem.as_ref().unwrap().contains("50 entries"));
}

#[test]
fn a_witness_that_saw_what_another_collector_signed_is_no_alarm() {
    let witness = Witness::start("witness.example");
    let house = open(&witness);
    witness.trust(house.get("/ledger/key", &[]).expect(200).text().trim_end());
    witness.be_away(true);
    house.grow_ledger(5);
    house.publish();
    let app = house.app();
    assert_eq!(app.ledger.last_signed().head.size, 5);
    // The other one of the same name is faster.
    let head = house.with_store(async |store| {
        let other = Ledger::open(store, &app.vault, "https://forms.example", &app.clock).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let appended = ledger::append(&mut tx, &[[8; 32]; 3]).await.unwrap();
        tx.commit().await.unwrap();
        other.sign(&appended.head()).await.unwrap().head
    });
    witness.remember(head.size, head.root);
    witness.be_away(false);
    house.until("it says what it saw", |house| {
        let problem = house.rows_of_outsiders().pop().and_then(|row| row.problem);
        problem.is_some_and(|problem| problem.contains("it saw a later head already, of 8 entries"))
    });
    assert_eq!(figure(&house, REFUSES), 0);
    house.publish();
    house.until("it cosigned", |_| witness.cosigned() == [8]);
}

#[test]
fn heads_are_stamped_with_the_time_as_openssl_can_check() {
    let stamper = Stamper::start();
    let allowed = format!("outbox.allow_hosts={}", stamper.address);
    let house =
        House::open_with(&[&stamper.setting(), &allowed, "ledger.timestamp_every=1h", "ledger.publish_every=10s"]);
    // The empty ledger's head is stamped, too; within the hour no other is.
    house.until("a head is stamped", |house| !stamps(house).is_empty());
    house.grow_ledger(4);
    house.publish();
    house.wait(3600);
    house.until("the next is stamped", |house| stamps(house).len() == 2);
    let stamps = stamps(&house);
    assert_eq!((stamps[0].size, stamps[1].size), (4, 0));
    assert_eq!(stamps[0].note, checkpoint(&house));
    for stamp in &stamps {
        assert!(stamper.vouches(stamp.note.as_bytes(), &stamp.response), "{} entries", stamp.size);
        assert!(!stamper.vouches(b"another note", &stamp.response));
        // Its own clock is the system's.
        assert!(stamp.stamped_at.starts_with("20") && stamp.stamped_at.ends_with('Z'), "{}", stamp.stamped_at);
    }
}

fn stamps(house: &House) -> Vec<StampRow> {
    house.with_store(async |store: &Store| sql::stamps(&mut store.read().await.unwrap(), 9).await.unwrap())
}

#[test]
fn nobody_in_a_private_network_is_asked_who_was_not_named() {
    let witness = Witness::start("witness.example");
    let house = House::open_with(&[&witness.setting(), "ledger.publish_every=10s"]);
    house.grow_ledger(2);
    house.publish();
    house.until("it is said why", |house| {
        house
            .rows_of_outsiders()
            .first()
            .is_some_and(|row| row.problem.as_ref().unwrap().contains("outbox.allow_hosts"))
    });
    assert_eq!(witness.asked(), 0);
}
