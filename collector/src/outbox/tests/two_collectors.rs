//! Two collectors on one database.

use super::*;

/// Sends `events` and lets two workers compete; each must arrive once.
async fn compete(house: &House, events: usize) {
    let mut sent = Vec::new();
    for _ in 0..events {
        sent.push(house.send(&["crm", "mailer"]).await.to_string());
    }
    sent.sort();
    let (mut left, mut right) = (house.worker(), house.worker());
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
    let Ok(url) = std::env::var("UNTICKED_TEST_POSTGRES") else { return };
    let settings = DatabaseSettings::parse(&url, None, std::path::Path::new("/")).unwrap();
    let store = Store::open(&settings).await.unwrap();
    let house = House::around(store, tempfile::tempdir().unwrap());
    compete(&house, 300).await;
}
