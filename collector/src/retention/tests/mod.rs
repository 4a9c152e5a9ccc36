//! Time passes in the shop of [`crate::submissions`]' tests.

mod clock;
mod deciding;
mod failures;
mod flow;

use jiff::Timestamp;
use unticked_shared::{
    decision::Decision,
    evidence::{Happened, PartA},
    id::PurposeId,
};
use uuid::Uuid;

use super::{Done, Tools, run::run};
use crate::{
    evidence::{self, Standing},
    store::{fetch_all, fetch_optional},
    submissions::tests::{House, Visitor},
};

pub const DAY: i64 = 24 * 3600;
/// A year that holds no 29 February (from 23 November 2026 on), in seconds.
pub const YEAR: i64 = 365 * DAY;

pub fn tools(house: &House) -> Tools {
    let needs = &house.needs;
    Tools::new(needs.store.clone(), needs.forms.clone(), needs.vault.clone(), needs.ledger.clone(), 30)
}

/// One run at the house's hour; nothing fails.
pub async fn enforce(house: &House) -> Done {
    let done = run(&tools(house), house.hour.now()).await.unwrap();
    assert_eq!(done.failed, 0);
    done
}

/// Ann asks for calls and leaves her number: calls last two years, the enquiry one.
pub fn ann(house: &House) -> Visitor {
    house.visitor().enters("phone", "+353 1 234 5678").ticks("calls")
}

pub async fn fields(house: &House) -> Vec<String> {
    let mut connection = house.needs.store.read().await.unwrap();
    let rows: Vec<(String,)> =
        fetch_all!(&mut connection, (String,), "select field from value order by field").await.unwrap();
    rows.into_iter().map(|(field,)| field).collect()
}

#[derive(Debug, sqlx::FromRow)]
pub struct Kept {
    pub submission_id: Uuid,
    pub subject_id: Uuid,
    pub due_at: Option<i64>,
    pub contact_index: Option<Vec<u8>>,
}

/// The only submission.
pub async fn kept(house: &House) -> Kept {
    let mut connection = house.needs.store.read().await.unwrap();
    fetch_optional!(
        &mut connection,
        Kept,
        "select submission_id, submission.subject_id, due_at, contact_index
         from submission
         join subject on subject.subject_id = submission.subject_id",
    )
    .await
    .unwrap()
    .unwrap()
}

pub async fn records(house: &House) -> Vec<PartA> {
    let submission = kept(house).await.submission_id;
    let mut connection = house.needs.store.read().await.unwrap();
    let records = evidence::sql::of_submission(&mut connection, submission).await.unwrap();
    records.iter().map(|record| record.part_a().unwrap()).collect()
}

pub async fn standing(house: &House) -> Vec<Standing> {
    let submission = kept(house).await.submission_id;
    evidence::standing_of(&mut house.needs.store.read().await.unwrap(), submission).await.unwrap()
}

pub async fn identity_is_there(house: &House) -> bool {
    let keys = house.needs.vault.keys_of(&house.needs.store, kept(house).await.subject_id).await.unwrap().unwrap();
    assert!(keys.evidence.is_some(), "the evidence outlives the identity");
    keys.identity.is_some()
}

pub fn purpose(id: &str) -> PurposeId {
    PurposeId::parse(id).unwrap()
}

pub fn erasure(part: &PartA) -> &unticked_shared::evidence::Erasure {
    match &part.happened {
        Some(Happened::Erasure(erasure)) => erasure,
        other => panic!("no erasure but {other:?}"),
    }
}
