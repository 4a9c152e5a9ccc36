//! The second step: after the owner's deadline nobody can open the evidence of a forgotten person any more.

use jiff::Timestamp;
use unticked_shared::evidence::{Erasure, Ground, Happened, Method, PartA, PartB, Request, SCHEMA, part_hash};

use super::{
    ErasureError, decide,
    sql::{self, Row},
};
use crate::{
    evidence::{self, Draft},
    outbox,
    retention::{self, RetentionError, Tools, calendar, id_after},
    store::values::{millis, rfc3339, time},
    vault::{self, Key, WrappedKeys},
};

/// Destroys what opens the evidence of a submission, in the main database; the key goes when it is finished. Answers
/// whether there was something to do.
///
/// The record of it cannot lie under the key that goes: it has a pseudonym and a key of its own, made before, which open
/// who approved and nothing about the person.
pub(super) async fn end_evidence(tools: &Tools, row: &Row, now: Timestamp) -> Result<bool, ErasureError> {
    let closing = tools.vault.random().uuid(now);
    let own = tools.vault.new_subject(closing, millis(now));
    let mut tx = tools.store.keys().begin().await?;
    vault::sql::insert(&mut tx, &[&WrappedKeys { identity_key: None, ..own.wrapped }]).await?;
    tx.commit().await?;
    let approved_by = approved_by(tools, row).await?;
    let spent = Key::random(tools.vault.random());
    let keys = tools.vault.keys_of(&tools.store, row.subject_id).await?;
    let key = keys.and_then(|keys| keys.evidence).unwrap_or(spent);

    let mut tx = tools.store.begin().await?;
    let Some(submission) = retention::sql::lock(&mut tx, row.submission_id).await? else { return Ok(false) };
    // Somebody else was here since, or something of it is used again.
    if sql::begin_second(&mut tx, row.submission_id).await? == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    let loaded = retention::load(&mut tx, submission, None).await?;
    let leaves = evidence::sql::leaves_of(&mut tx, row.submission_id, row.subject_id).await?;
    let leaves: Option<Vec<u64>> =
        leaves.into_iter().map(|leaf| leaf.and_then(|leaf| u64::try_from(leaf).ok())).collect();
    let leaves = leaves.ok_or(ErasureError::Unsequenced(row.submission_id))?;
    let erasure = Erasure {
        leaves,
        deadline: Some(decide::deadline(time(row.forgotten_at)?, tools.forgetting.evidence_days)),
        ..Erasure::on(Ground::parse(&row.ground).unwrap_or(Ground::Retention))
    };
    let (first_id, first) = loaded.first();
    let record_id = id_after(&loaded.records, tools.vault.random(), now);
    let draft = Draft {
        record_id,
        submission_id: row.submission_id,
        subject_id: closing,
        part_a: PartA {
            schema: SCHEMA.to_owned(),
            form: first.form.clone(),
            version: first.version.clone(),
            language: first.language.clone(),
            purposes: Vec::new(),
            method: Method::Rule,
            day: calendar::day(now),
            happened: Some(Happened::Erasure(erasure)),
        },
        part_b: PartB {
            record_id: record_id.to_string(),
            subject: closing.to_string(),
            follows: Some(first_id.to_string()),
            received_at: rfc3339(now),
            request: approved_by.map(|approved_by| Request { requested_by: None, approved_by }),
            ..PartB::default()
        },
        values_salt: None,
        contact_salt: None,
    };
    let record = evidence::seal(&draft, &own.evidence, tools.vault.random())
        .map_err(|error| RetentionError::Defect(format!("a record has no canonical form: {error}")))?;
    sql::insert_subject(&mut tx, closing, millis(now)).await?;
    for own in evidence::sql::rows_of_submission(&mut tx, row.submission_id).await? {
        if own.subject_id == row.subject_id {
            // Without its key nobody knows the hash; then nothing stays.
            let opened = evidence::open(&own, &key).ok();
            let hash = opened.and_then(|opened| part_hash(&opened.opening, &opened.part).ok());
            let hash = hash.as_ref().map_or(&[][..], |hash| hash.as_slice());
            evidence::sql::destroy_part_b(&mut tx, own.record_id, hash).await?;
        }
    }
    // A word that never arrived lies under the key that goes.
    outbox::sql::withhold_all(&mut tx, row.submission_id, "the evidence of the person has ended", millis(now)).await?;
    evidence::keep(&mut tx, &tools.ledger, &[&record]).await?;
    tx.commit().await?;
    tools.ledger.catch_up().await?;
    Ok(true)
}

/// Who approved the first step; of a rule nobody did.
async fn approved_by(tools: &Tools, row: &Row) -> Result<Option<String>, ErasureError> {
    let Some(key) = tools.vault.keys_of(&tools.store, row.subject_id).await?.and_then(|keys| keys.evidence) else {
        return Ok(None);
    };
    let records = evidence::sql::rows_of_submission(&mut tools.store.read().await?, row.submission_id).await?;
    let requests = records.iter().filter_map(|record| evidence::open(record, &key).ok()?.part.request);
    Ok(requests.map(|request| request.approved_by).next_back())
}
