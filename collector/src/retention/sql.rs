//! The room's statements.

use uuid::Uuid;

use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional};

/// `due_at` of a submission in which nothing is left that could end.
pub const NEVER: i64 = i64::MAX;

/// A submission as far as its rules need it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// The submission.
    pub submission_id: Uuid,
    /// The person.
    pub subject_id: Uuid,
    /// What was told to the visitor.
    pub reference: String,
    /// The version that was shown.
    pub version: String,
    /// `accepted` or `quarantined`.
    pub state: String,
    /// Milliseconds UTC.
    pub received_at: i64,
    /// When to look again, milliseconds UTC; none where nobody has looked yet.
    pub due_at: Option<i64>,
}

/// Submissions that are due, the longest first, after `(past_due, past)`.
pub async fn due(
    connection: &mut Connection,
    until: i64,
    past_due: i64,
    past: Uuid,
    limit: i64,
) -> Result<Vec<Row>, StoreError> {
    fetch_all!(
        connection,
        Row,
        "select submission_id, subject_id, reference, version, state, received_at, due_at
         from submission
         where due_at <= $1
           and (due_at, submission_id) > ($2, $3)
         order by due_at, submission_id
         limit $4",
        until,
        past_due,
        past,
        limit,
    )
    .await
}

/// Submissions at which nobody has looked yet (from before there were rules, or released just now), after `past`.
pub async fn unseen(connection: &mut Connection, past: Uuid, limit: i64) -> Result<Vec<Row>, StoreError> {
    fetch_all!(
        connection,
        Row,
        "select submission_id, subject_id, reference, version, state, received_at, due_at
         from submission
         where due_at is null
           and submission_id > $1
         order by submission_id
         limit $2",
        past,
        limit,
    )
    .await
}

/// A submission, held until the transaction ends; none where another collector holds it, or it is gone.
pub async fn lock_if_free(tx: &mut Transaction, submission: Uuid) -> Result<Option<Row>, StoreError> {
    fetch_optional!(
        tx,
        Row,
        {
            // SQLite has one writer at a time: nobody else is in here.
            sqlite: "select submission_id, subject_id, reference, version, state, received_at, due_at
                     from submission
                     where submission_id = $1",
            postgres: "select submission_id, subject_id, reference, version, state, received_at, due_at
                       from submission
                       where submission_id = $1
                       for update skip locked",
        },
        submission,
    )
    .await
}

/// A submission, held until the transaction ends; whoever holds it now is waited for.
pub async fn lock(tx: &mut Transaction, submission: Uuid) -> Result<Option<Row>, StoreError> {
    fetch_optional!(
        tx,
        Row,
        {
            sqlite: "select submission_id, subject_id, reference, version, state, received_at, due_at
                     from submission
                     where submission_id = $1",
            postgres: "select submission_id, subject_id, reference, version, state, received_at, due_at
                       from submission
                       where submission_id = $1
                       for update",
        },
        submission,
    )
    .await
}

/// The fields of which a submission holds values, and what each points to.
pub async fn held(connection: &mut Connection, submission: Uuid) -> Result<Vec<(String, String)>, StoreError> {
    fetch_all!(
        connection,
        (String, String),
        "select field, identifies
         from value
         where submission_id = $1
         order by field",
        submission,
    )
    .await
}

/// Destroys one value; answers how many rows went. `secure_delete` overwrites it on SQLite.
pub async fn destroy_value(tx: &mut Transaction, submission: Uuid, field: &str) -> Result<u64, StoreError> {
    execute!(
        tx,
        "delete from value
         where submission_id = $1
           and field = $2",
        submission,
        field,
    )
    .await
}

/// Forgets by which address a person was found.
pub async fn forget_address(tx: &mut Transaction, subject: Uuid) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update subject
         set contact_index = null
         where subject_id = $1
           and contact_index is not null",
        subject,
    )
    .await
}

/// Says when to look again; `None`: as soon as somebody can.
pub async fn set_due(tx: &mut Transaction, submission: Uuid, due_at: Option<i64>) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update submission
         set due_at = $2
         where submission_id = $1",
        submission,
        due_at,
    )
    .await
}

/// Says when to look again, unless somebody else has said so meanwhile.
pub async fn move_due(tx: &mut Transaction, submission: Uuid, from: i64, to: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update submission
         set due_at = $3
         where submission_id = $1
           and due_at = $2",
        submission,
        from,
        to,
    )
    .await
}

/// When the next submission after `now` is due.
pub async fn next_due(connection: &mut Connection, now: i64) -> Result<Option<i64>, StoreError> {
    let row: Option<(i64,)> = fetch_optional!(
        connection,
        (i64,),
        "select due_at
         from submission
         where due_at > $1
         order by due_at
         limit 1",
        now,
    )
    .await?;
    Ok(row.map(|(due_at,)| due_at).filter(|due_at| *due_at != NEVER))
}

/// How many submissions were due at `before`, and since when the longest is.
pub async fn overdue(connection: &mut Connection, before: i64) -> Result<(i64, Option<i64>), StoreError> {
    let row: Option<(i64, Option<i64>)> = fetch_optional!(
        connection,
        (i64, Option<i64>),
        "select count(*), min(due_at)
         from submission
         where due_at <= $1",
        before,
    )
    .await?;
    Ok(row.unwrap_or_default())
}

/// Where the clock stood when it was trusted last, where it stood last while it is not, and for how long it has gone on
/// evenly there; all in milliseconds.
pub async fn clock(connection: &mut Connection) -> Result<Option<(i64, Option<i64>, i64)>, StoreError> {
    fetch_optional!(
        connection,
        (i64, Option<i64>, i64),
        "select trusted_at, heard_at, steady
         from retention_clock
         where one = 1",
    )
    .await
}

/// Notes what is known of the clock; where `instead_of` is given, only while the clock was trusted then for the last time:
/// a look that is under way does not take back what somebody has confirmed meanwhile.
pub async fn note_clock(
    tx: &mut Transaction,
    trusted_at: i64,
    heard_at: Option<i64>,
    steady: i64,
    instead_of: Option<i64>,
) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into retention_clock (one, trusted_at, heard_at, steady)
         values (1, $1, $2, $3)
         on conflict (one) do update
         set trusted_at = excluded.trusted_at, heard_at = excluded.heard_at, steady = excluded.steady
         where $4 is null or retention_clock.trusted_at = $4",
        trusted_at,
        heard_at,
        steady,
        instead_of,
    )
    .await
}
