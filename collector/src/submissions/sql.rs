//! The statements of submissions.

use uuid::Uuid;

use super::record::Record;
use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional, insert_many};

/// An accepted submission as it is kept, as far as its answer needs it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Kept {
    /// The person.
    pub subject_id: Uuid,
    /// What was told to the visitor.
    pub reference: String,
    /// SHA-256 of what was sent; empty once the person is forgotten.
    pub body_digest: Vec<u8>,
    /// Milliseconds UTC.
    pub received_at: i64,
    /// Part A of its evidence: the decisions.
    pub part_a: Vec<u8>,
}

/// Keeps submissions with everything that belongs to them but keys, events and evidence; answers how many there were.
///
/// Fewer than `records`: an id or a reference stands already. Then roll back, since the rest of the rows does not
/// fit together.
pub async fn insert(tx: &mut Transaction, records: &[&Record]) -> Result<u64, StoreError> {
    insert_many!(
        tx,
        // The same record again, after a commit that happened late: its submission tells.
        { into: "subject (subject_id, contact_index, created_at)", then: "on conflict (subject_id) do nothing" },
        records,
        |record| [
            record.submission.subject_id,
            record.submission.contact_index.as_deref(),
            record.submission.received_at,
        ]
    )
    .await?;
    let inserted = insert_many!(
        tx,
        {
            into: "submission (submission_id, subject_id, reference, form, version, language, method, state,
                   body_digest, received_at, due_at)",
            then: "on conflict do nothing",
        },
        records,
        |record| [
            record.submission.submission_id,
            record.submission.subject_id,
            record.submission.reference.as_str(),
            record.submission.form.as_str(),
            record.submission.version.as_str(),
            record.submission.language.as_str(),
            record.submission.method,
            record.submission.state.as_str(),
            record.submission.body_digest.as_slice(),
            record.submission.received_at,
            record.submission.due_at,
        ]
    )
    .await?;
    if inserted < records.len() as u64 {
        return Ok(inserted);
    }
    let values: Vec<_> = records
        .iter()
        .flat_map(|record| record.values.iter().map(|value| (record.submission.submission_id, value)))
        .collect();
    insert_many!(tx, "value (submission_id, field, identifies, content)", values, |(submission, value)| [
        *submission,
        value.field.as_str(),
        value.identifies,
        value.content.as_slice(),
    ])
    .await?;
    Ok(inserted)
}

/// The submission that a ticket's id became, if it was accepted.
pub async fn find(connection: &mut Connection, submission: Uuid) -> Result<Option<Kept>, StoreError> {
    fetch_optional!(
        connection,
        Kept,
        "select submission.subject_id, reference, body_digest, received_at, part_a
         from submission
         join evidence on evidence.submission_id = submission.submission_id
         where submission.submission_id = $1
         order by evidence.record_id
         limit 1",
        submission,
    )
    .await
}

/// Whether a reference is somebody's.
pub async fn has_reference(connection: &mut Connection, reference: &str) -> Result<bool, StoreError> {
    let row: Option<(Uuid,)> =
        fetch_optional!(connection, (Uuid,), "select submission_id from submission where reference = $1", reference)
            .await?;
    Ok(row.is_some())
}

/// A submission that waits for the owner; nothing in it is personal.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Quarantined {
    /// What was told to the visitor.
    pub reference: String,
    /// The form.
    pub form: String,
    /// Milliseconds UTC.
    pub received_at: i64,
}

/// What waits for the owner, the oldest first.
pub async fn list_quarantined(connection: &mut Connection) -> Result<Vec<Quarantined>, StoreError> {
    fetch_all!(
        connection,
        Quarantined,
        "select reference, form, received_at
         from submission
         where state = 'quarantined'
           -- What nobody let go in time is over: nothing is left of it.
           and (due_at is null or due_at < 9223372036854775807)
         order by received_at, reference",
    )
    .await
}

/// Accepts what waited; answers how many rows it touched.
pub async fn accept_quarantined(tx: &mut Transaction, reference: &str) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update submission
         set state = 'accepted', due_at = null
         where reference = $1
           and state = 'quarantined'",
        reference,
    )
    .await
}

/// The events that tell of a submission.
pub async fn events_of(connection: &mut Connection, reference: &str) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(Uuid,)> = fetch_all!(
        connection,
        (Uuid,),
        "select event.event_id
         from submission
         join event on event.submission_id = submission.submission_id
         where submission.reference = $1",
        reference,
    )
    .await?;
    Ok(rows.into_iter().map(|(event,)| event).collect())
}

/// The persons from `first` to `last`, in order.
pub async fn subjects_between(connection: &mut Connection, first: Uuid, last: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(Uuid,)> = fetch_all!(
        connection,
        (Uuid,),
        "select subject_id
         from subject
         where subject_id >= $1 and subject_id <= $2
         order by subject_id",
        first,
        last,
    )
    .await?;
    Ok(rows.into_iter().map(|(subject,)| subject).collect())
}

/// The newest evidence record.
pub async fn newest_record(connection: &mut Connection) -> Result<Option<Uuid>, StoreError> {
    let row: Option<(Uuid,)> = fetch_optional!(
        connection,
        (Uuid,),
        "select record_id
         from evidence
         order by record_id desc
         limit 1",
    )
    .await?;
    Ok(row.map(|(record,)| record))
}

/// Whether that evidence record stands.
pub async fn has_record(connection: &mut Connection, record: Uuid) -> Result<bool, StoreError> {
    let row: Option<(Uuid,)> =
        fetch_optional!(connection, (Uuid,), "select record_id from evidence where record_id = $1", record).await?;
    Ok(row.is_some())
}
