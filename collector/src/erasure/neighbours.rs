//! Who else entered the same on the same day.

use std::collections::{BTreeMap, BTreeSet};

use unticked_shared::id::FieldId;
use uuid::Uuid;

use super::{
    ErasureError,
    decide::{Neighbour, shared_by_enough},
    sql::{self, NeighbourRow},
};
use crate::{
    retention::Tools,
    submissions::record::value_row,
    vault::{Cell, Vault},
};

/// Submissions read at once.
const PAGE: i64 = 200;
/// The milliseconds of a day.
pub(super) const DAY: i64 = 24 * 3600 * 1000;

/// The fields of a submission that identify nobody and may stay when its person is forgotten: enough people who are there
/// still sent the same form in the same language on the same day (UTC) with the same values in them.
pub(super) async fn staying(tools: &Tools, submission: Uuid) -> Result<BTreeSet<FieldId>, ErasureError> {
    let mut connection = tools.store.read().await?;
    let values = sql::values(&mut connection, submission).await?;
    let own: BTreeMap<FieldId, Vec<u8>> = values
        .iter()
        .filter(|row| row.identifies == "no")
        .filter_map(|row| opened(&tools.vault, submission, &row.field, &row.content))
        .collect();
    let facts = sql::open_facts(&mut connection, submission).await?;
    let Some(facts) = facts.filter(|_| !own.is_empty()) else { return Ok(BTreeSet::new()) };
    let since = facts.received_at - facts.received_at.rem_euclid(DAY);
    let mut others: Vec<Neighbour> = Vec::new();
    let mut past = Uuid::nil();
    loop {
        let rows =
            sql::neighbours(&mut connection, &facts.form, &facts.language, since, since + DAY, past, PAGE).await?;
        let Some(last) = rows.last() else { break };
        past = last.submission_id;
        others.extend(gathered(&tools.vault, &rows, submission));
    }
    // The same address is the same person, who does not hide among themselves.
    others.retain(|other| facts.contact_index.as_ref() != Some(&other.person));
    Ok(shared_by_enough(&own, others, tools.forgetting.k))
}

fn gathered(vault: &Vault, rows: &[NeighbourRow], but: Uuid) -> Vec<Neighbour> {
    let chunks = rows.chunk_by(|one, other| one.submission_id == other.submission_id);
    let others = chunks.filter(|chunk| chunk[0].submission_id != but);
    others
        .map(|chunk| {
            let values = chunk
                .iter()
                .filter_map(|row| opened(vault, row.submission_id, row.field.as_deref()?, row.content.as_deref()?));
            let person = chunk[0].contact_index.clone().unwrap_or_else(|| chunk[0].subject_id.as_bytes().to_vec());
            Neighbour { person, values: values.collect() }
        })
        .collect()
}

/// A value that cannot be read is nobody's.
fn opened(vault: &Vault, submission: Uuid, field: &str, sealed: &[u8]) -> Option<(FieldId, Vec<u8>)> {
    let row = value_row(submission, field);
    let cell = Cell { table: "value", row: &row, column: "content" };
    let plain = vault.open_value(&cell, sealed).ok()?;
    Some((FieldId::parse(field).ok()?, plain.to_vec()))
}
