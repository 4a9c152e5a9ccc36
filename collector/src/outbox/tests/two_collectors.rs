//! Two collectors on one database.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::*;

/// Sends `events` and lets two workers compete; each must arrive once.
async fn compete(house: &House, events: usize) {
    let mut sent = Vec::new();
    for _ in 0..events {
        sent.push(house.send(&["crm", "mailer"]).await.to_string());
    }
    sent.sort();
    let (mut left, mut right) = (house.worker(), house.second_worker());
    tokio::join!(work(&mut left), work(&mut right));
    // One may have rested while the other held the rest.
    work(&mut left).await;
    for destination in ["crm", "mailer"] {
        let mut got = house.outside.got(destination);
        got.sort();
        assert_eq!(got, sent, "{destination}");
    }
    assert_eq!(house.backlog().await, sql::Backlog::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn share_the_work_on_sqlite() {
    compete(&House::new().await, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn share_the_work_on_postgresql() {
    let Ok(url) = std::env::var("UNTICKED_TEST_POSTGRES") else {
        eprintln!("left out: UNTICKED_TEST_POSTGRES names no server");
        return;
    };
    // A database of its own on the server: others test there at the same time.
    let name = format!("outbox_{:016x}", u64::from_be_bytes(Random::system().bytes()));
    let mut server = PgConnection::connect(&url).await.unwrap();
    server.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    let host = url.split('/').nth(2).unwrap();
    let own = format!("postgres://{host}/{name}");
    let settings = DatabaseSettings::parse(&own, None, std::path::Path::new("/")).unwrap();
    // Each with connections of its own, as two processes have.
    let [left, right] = [Store::open(&settings).await.unwrap(), Store::open(&settings).await.unwrap()];
    let mut house = House::around(left.clone(), tempfile::tempdir().unwrap());
    house.second = Some(right.clone());
    compete(&house, 300).await;
    left.close().await;
    right.close().await;
    server.execute(AssertSqlSafe(format!("drop database {name} with (force)"))).await.unwrap();
}
