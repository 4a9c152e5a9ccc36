//! What did not arrive: listed with its reason, and sent again when the owner says so.

use jiff::Timestamp;
use uuid::Uuid;

use super::sql::{self, Undelivered};
use crate::{
    mail, outbox,
    store::{Store, StoreError, values::millis},
};

/// How many are read, or sent again in one transaction.
const PAGE: i64 = 200;
/// More mails than ever wait.
const MAILS: i64 = 1000;

/// A way through everything that did not arrive, a page at a time, the oldest first.
#[derive(Debug, Default)]
pub struct Walk(Uuid);

impl Walk {
    /// The next ones; none at the end.
    pub async fn next(&mut self, store: &Store) -> Result<Vec<Undelivered>, StoreError> {
        let page = sql::undelivered(&mut store.read().await?, self.0, PAGE).await?;
        if let Some(last) = page.last() {
            self.0 = last.delivery_id;
        }
        Ok(page)
    }
}

/// Mails to the owner that were not sent yet or were given up, the newest first.
pub async fn mails(store: &Store) -> Result<Vec<mail::sql::Unsent>, StoreError> {
    mail::sql::unsent(&mut store.read().await?, MAILS).await
}

/// Makes due now what waits for another attempt or was given up, of one lead or of all, to one destination or to all;
/// answers how many. A running collector takes them up within a second.
pub async fn retry(
    store: &Store,
    reference: Option<&str>,
    destination: Option<&str>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut walk = Walk::default();
    let mut again = 0;
    loop {
        let page = walk.next(store).await?;
        if page.is_empty() {
            return Ok(again);
        }
        let fits = |one: &&Undelivered| {
            reference.is_none_or(|reference| one.reference.as_deref() == Some(reference))
                && destination.is_none_or(|destination| one.destination == destination)
        };
        let fitting: Vec<&Undelivered> =
            page.iter().filter(fits).filter(|one| matches!(one.state.as_str(), "waiting" | "failed")).collect();
        if fitting.is_empty() {
            continue;
        }
        let mut tx = store.begin().await?;
        for one in fitting {
            again += match one.state.as_str() {
                "failed" => outbox::sql::send_again(&mut tx, one.delivery_id, millis(now)).await?,
                _ => outbox::sql::hurry(&mut tx, one.delivery_id, millis(now)).await?,
            };
        }
        tx.commit().await?;
    }
}

/// The same with mails to the owner.
pub async fn retry_mails(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let again = mail::sql::send_again(&mut tx, millis(now)).await?;
    tx.commit().await?;
    Ok(again)
}
