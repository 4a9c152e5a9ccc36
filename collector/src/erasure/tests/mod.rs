//! People are forgotten in the shop of [`crate::submissions`]' tests.

mod canaries;
mod deciding;
mod failures;
mod flow;
mod keeping;

use std::time::Duration;

use unticked_shared::evidence::{Ground, Request};

use super::{Order, Report, Rules, forget, look_up, sql::Found};
use crate::{
    retention::{Tools, tests as retention_tests},
    submissions::tests::{House, Visitor},
};

pub const DAY: i64 = 24 * 3600;

pub fn tools(house: &House) -> Tools {
    let rules = Rules { evidence_days: 1096, k: 5, journal: house.dir.path().join("keys.forgotten") };
    retention_tests::tools(house).forgetting(rules)
}

pub fn order(ground: Ground) -> Order {
    Order {
        ground,
        request: Some(Request { requested_by: Some("Zarathustra".to_owned()), approved_by: "Dana Officer".to_owned() }),
        despite_obligation: false,
        since: None,
    }
}

/// Ann grants calls and leaves her number.
pub fn ann(house: &House) -> Visitor {
    house.visitor().enters("phone", "+353 1 234 5678").ticks("calls")
}

/// The submission of a reference.
pub async fn found(house: &House, reference: &str) -> Found {
    look_up(&tools(house), None, Some(reference)).await.unwrap().pop().unwrap()
}

/// Forgets whoever sent this; nobody reads meanwhile.
pub async fn erase(house: &House, reference: &str) -> Report {
    let found = found(house, reference).await;
    let order = order(Ground::ConsentWithdrawn);
    forget(&tools(house), &found, &order, house.hour.now(), Duration::ZERO).await.unwrap()
}

/// How many files of the house hold these bytes (of a long one its middle, which no page boundary need cut).
pub fn files_with(house: &House, bytes: &[u8]) -> usize {
    let middle = if bytes.len() > 40 { &bytes[bytes.len() / 3..bytes.len() / 3 + 12] } else { bytes };
    let files = std::fs::read_dir(house.dir.path()).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.filter(|file| file.windows(middle.len()).any(|window| window == middle)).count()
}
