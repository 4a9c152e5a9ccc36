//! The room's statements.

use uuid::Uuid;

use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional};

/// What stands where something was destroyed.
const NOTHING: &[u8] = &[];

/// How far forgetting somebody has come.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// The submission.
    pub submission_id: Uuid,
    /// The person.
    pub subject_id: Uuid,
    /// A word of `Ground`.
    pub ground: String,
    /// From when the deadline of the evidence counts.
    pub forgotten_at: i64,
    /// 1: the identity; 2: the opening of the evidence.
    pub step: i64,
    /// `pending` or `done`.
    pub state: String,
}

/// Notes that the main database has done its part of the first step; 0 rows where it was noted before.
pub async fn begin(tx: &mut Transaction, row: &Row) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into erasure (submission_id, subject_id, ground, forgotten_at, step, state)
         values ($1, $2, $3, $4, 1, 'pending')
         on conflict (submission_id) do nothing",
        row.submission_id,
        row.subject_id,
        row.ground.as_str(),
        row.forgotten_at,
    )
    .await
}

/// How far it has come with one submission.
pub async fn find(connection: &mut Connection, submission: Uuid) -> Result<Option<Row>, StoreError> {
    fetch_optional!(
        connection,
        Row,
        "select submission_id, subject_id, ground, forgotten_at, step, state
         from erasure
         where submission_id = $1",
        submission,
    )
    .await
}

/// What was begun and not ended, after `past`.
pub async fn pending(connection: &mut Connection, past: Uuid, limit: i64) -> Result<Vec<Row>, StoreError> {
    fetch_all!(
        connection,
        Row,
        "select submission_id, subject_id, ground, forgotten_at, step, state
         from erasure
         where state = 'pending'
           and submission_id > $1
         order by submission_id
         limit $2",
        past,
        limit,
    )
    .await
}

/// How many were begun and not ended, and how many were forgotten at somebody's request: each of these is in the journal.
pub async fn tally(connection: &mut Connection) -> Result<(i64, i64), StoreError> {
    let tally: Option<(i64, i64)> = fetch_optional!(
        connection,
        (i64, i64),
        "select
             (select count(*)
              from erasure
              where state = 'pending'),
             (select count(*)
              from erasure
              where (state = 'done' or step = 2)
                and ground not in ('retention', 'unreleased', 'withdrawal'))",
    )
    .await?;
    Ok(tally.unwrap_or_default())
}

/// Whose identity went at `until` or before, and of whom nothing is left that a rule could still end; after
/// `(past_at, past)`.
pub async fn past_deadline(
    connection: &mut Connection,
    until: i64,
    past_at: i64,
    past: Uuid,
    limit: i64,
) -> Result<Vec<Row>, StoreError> {
    fetch_all!(
        connection,
        Row,
        "select erasure.submission_id, erasure.subject_id, ground, forgotten_at, step, erasure.state
         from erasure
         join submission on submission.submission_id = erasure.submission_id
         where erasure.step = 1
           and erasure.state = 'done'
           and erasure.forgotten_at <= $1
           and (erasure.forgotten_at, erasure.submission_id) > ($2, $3)
           and submission.due_at = 9223372036854775807
         order by erasure.forgotten_at, erasure.submission_id
         limit $4",
        until,
        past_at,
        past,
        limit,
    )
    .await
}

/// Notes that the main database has done its part of the second step.
pub async fn begin_second(tx: &mut Transaction, submission: Uuid) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update erasure
         set step = 2, state = 'pending'
         where submission_id = $1
           and step = 1
           and state = 'done'",
        submission,
    )
    .await
}

/// Notes that a step is over.
pub async fn done(tx: &mut Transaction, submission: Uuid, step: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update erasure
         set state = 'done'
         where submission_id = $1
           and step = $2
           and state = 'pending'",
        submission,
        step,
    )
    .await
}

/// A submission of somebody who shall be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Found {
    /// The submission.
    pub submission_id: Uuid,
    /// The person.
    pub subject_id: Uuid,
    /// What the person was told.
    pub reference: String,
}

/// A person's submissions.
pub async fn of_subject(connection: &mut Connection, subject: Uuid) -> Result<Vec<Found>, StoreError> {
    fetch_all!(
        connection,
        Found,
        "select submission_id, subject_id, reference
         from submission
         where subject_id = $1
         order by submission_id",
        subject,
    )
    .await
}

/// The submission of a reference.
pub async fn of_reference(connection: &mut Connection, reference: &str) -> Result<Option<Found>, StoreError> {
    fetch_optional!(
        connection,
        Found,
        "select submission_id, subject_id, reference
         from submission
         where reference = $1",
        reference,
    )
    .await
}

/// Every other submission that was sent with the same address, confirmed or not.
pub async fn of_same_address(connection: &mut Connection, submission: Uuid) -> Result<Vec<Found>, StoreError> {
    fetch_all!(
        connection,
        Found,
        "select submission.submission_id, submission.subject_id, submission.reference
         from submission as own
         join subject as known on known.subject_id = own.subject_id
         join subject as same on same.contact_index = known.contact_index
         join submission on submission.subject_id = same.subject_id
         where own.submission_id = $1
           and submission.submission_id <> own.submission_id
         order by submission.submission_id",
        submission,
    )
    .await
}

/// What lies open of a submission, and its address.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenFacts {
    /// The form.
    pub form: String,
    /// The language it was shown in.
    pub language: String,
    /// Milliseconds UTC.
    pub received_at: i64,
    /// The keyed hash of the address.
    pub contact_index: Option<Vec<u8>>,
}

/// What lies open of a submission.
pub async fn open_facts(connection: &mut Connection, submission: Uuid) -> Result<Option<OpenFacts>, StoreError> {
    fetch_optional!(
        connection,
        OpenFacts,
        "select form, language, received_at, contact_index
         from submission
         join subject on subject.subject_id = submission.subject_id
         where submission_id = $1",
        submission,
    )
    .await
}

/// A value, sealed.
#[derive(Clone, sqlx::FromRow)]
pub struct ValueRow {
    /// The field.
    pub field: String,
    /// `direct`, `quasi` or `no`.
    pub identifies: String,
    /// Ciphertext.
    pub content: Vec<u8>,
}

/// The values of a submission.
pub async fn values(connection: &mut Connection, submission: Uuid) -> Result<Vec<ValueRow>, StoreError> {
    fetch_all!(
        connection,
        ValueRow,
        "select field, identifies, content
         from value
         where submission_id = $1
         order by field",
        submission,
    )
    .await
}

/// A value of somebody who is there still, which identifies nobody by itself.
#[derive(Clone, sqlx::FromRow)]
pub struct NeighbourRow {
    /// Their submission.
    pub submission_id: Uuid,
    /// They.
    pub subject_id: Uuid,
    /// The keyed hash of their address, where they gave one.
    pub contact_index: Option<Vec<u8>>,
    /// The field; none where nothing of the kind was entered.
    pub field: Option<String>,
    /// Ciphertext.
    pub content: Option<Vec<u8>>,
}

/// Submissions of a form, in a language, from `since` on and before `until`, after `past`, whose people are not
/// forgotten; each with what identifies nobody. At most `limit` submissions.
pub async fn neighbours(
    connection: &mut Connection,
    form: &str,
    language: &str,
    since: i64,
    until: i64,
    past: Uuid,
    limit: i64,
) -> Result<Vec<NeighbourRow>, StoreError> {
    fetch_all!(
        connection,
        NeighbourRow,
        "select near.submission_id, near.subject_id, contact_index, field, content
         from (
             select submission.submission_id, submission.subject_id
             from submission
             left join erasure on erasure.submission_id = submission.submission_id
             where submission.received_at >= $3
               and submission.received_at < $4
               and submission.form = $1
               and submission.language = $2
               and submission.state = 'accepted'
               and submission.submission_id > $5
               and erasure.submission_id is null
             order by submission.submission_id
             limit $6
         ) as near
         join subject on subject.subject_id = near.subject_id
         left join value on value.submission_id = near.submission_id
             and value.identifies = 'no'
         order by near.submission_id, field",
        form,
        language,
        since,
        until,
        past,
        limit,
    )
    .await
}

/// What was sent cannot be told from another body any more, and no rule looks at it again.
pub async fn blur(tx: &mut Transaction, submission: Uuid) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update submission
         set body_digest = $2, due_at = 9223372036854775807
         where submission_id = $1",
        submission,
        NOTHING,
    )
    .await
}

/// Makes it impossible to tell from what is kept whether a body that somebody guesses is the one that was sent.
pub async fn drop_body_digest(tx: &mut Transaction, submission: Uuid) -> Result<u64, StoreError> {
    execute!(tx, "update submission set body_digest = $2 where submission_id = $1", submission, NOTHING).await
}

/// Keeps the pseudonym under which a closing record lies.
pub async fn insert_subject(tx: &mut Transaction, subject: Uuid, now: i64) -> Result<u64, StoreError> {
    execute!(tx, "insert into subject (subject_id, created_at) values ($1, $2)", subject, now).await
}

/// Notes an address that shall not come back by an import.
pub async fn suppress(tx: &mut Transaction, entry: &[u8], day: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into suppression (entry, noted_at)
         values ($1, $2)
         on conflict (entry) do nothing",
        entry,
        day,
    )
    .await
}

/// Since when an address is not to come back.
pub async fn suppressed(connection: &mut Connection, entry: &[u8]) -> Result<Option<i64>, StoreError> {
    let row: Option<(i64,)> =
        fetch_optional!(connection, (i64,), "select noted_at from suppression where entry = $1", entry).await?;
    Ok(row.map(|(noted_at,)| noted_at))
}
