//! The statements of the owner's view of leads. All of them read.

use uuid::Uuid;

use crate::store::{Connection, StoreError, fetch_all, fetch_optional};

/// A submission as far as it lies open; nothing in it is personal.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SubmissionRow {
    /// The ticket's id.
    pub submission_id: Uuid,
    /// The person.
    pub subject_id: Uuid,
    /// What a person can read out.
    pub reference: String,
    /// The form.
    pub form: String,
    /// The version, hexadecimal.
    pub version: String,
    /// The language.
    pub language: String,
    /// How it reached us.
    pub method: String,
    /// `accepted` or `quarantined`.
    pub state: String,
    /// Milliseconds UTC.
    pub received_at: i64,
}

/// A value, sealed.
#[derive(Clone, sqlx::FromRow)]
pub struct ValueRow {
    /// The field.
    pub field: String,
    /// `direct`, `quasi` or `no`: under which key it lies.
    pub identifies: String,
    /// Ciphertext.
    pub content: Vec<u8>,
}

/// One delivery of an event of a submission.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeliveryRow {
    /// The delivery.
    pub delivery_id: Uuid,
    /// Who receives it.
    pub destination: String,
    /// What the event says, such as `lead.submitted`.
    pub kind: String,
    /// Such as `waiting`, `held`, `delivered`, `failed`.
    pub state: String,
    /// Attempts begun.
    pub attempt: i64,
    /// While waiting: when it is tried.
    pub due_at: i64,
    /// What the receiver answered.
    pub status: Option<i64>,
    /// Why the last attempt did not succeed.
    pub reason: Option<String>,
    /// When it was delivered or given up.
    pub settled_at: Option<i64>,
}

/// What did not arrive yet, or never will by itself.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Undelivered {
    /// The delivery.
    pub delivery_id: Uuid,
    /// The lead; absent where its submission is gone.
    pub reference: Option<String>,
    /// Who should have it.
    pub destination: String,
    /// What the event says.
    pub kind: String,
    /// `waiting`, `behind` (the delivery that it must not overtake), `held` or `failed`.
    pub state: String,
    /// Attempts begun.
    pub attempt: i64,
    /// While waiting: when it is tried, or, under a lease, when the lease runs out.
    pub due_at: i64,
    /// Why the last attempt did not succeed; none where there was none.
    pub reason: Option<String>,
    /// When it was given up.
    pub settled_at: Option<i64>,
}

/// Where a page begins and what it leaves out.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Nothing received at this time or later but under a smaller id.
    pub before: (i64, Uuid),
    /// Nothing received earlier.
    pub since: i64,
    /// Only this form; any, where empty, but what was decided at a banner, which is no lead.
    pub form: &'a str,
    /// Only this state; any, where empty.
    pub state: &'a str,
    /// At most so many.
    pub limit: i64,
}

/// Submissions, the newest first.
pub async fn page(connection: &mut Connection, page: &Page<'_>) -> Result<Vec<SubmissionRow>, StoreError> {
    fetch_all!(
        connection,
        SubmissionRow,
        "select submission_id, subject_id, reference, form, version, language, method, state, received_at
         from submission
         where (received_at, submission_id) < ($1, $2)
           and received_at >= $3
           and (form = $4 or ($4 = '' and form <> 'banner'))
           and ($5 = '' or state = $5)
         order by received_at desc, submission_id desc
         limit $6",
        page.before.0,
        page.before.1,
        page.since,
        page.form,
        page.state,
        page.limit,
    )
    .await
}

/// The versions that such submissions were shown.
pub async fn versions(connection: &mut Connection, page: &Page<'_>) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = fetch_all!(
        connection,
        (String,),
        "select version
         from submission
         where (received_at, submission_id) < ($1, $2)
           and received_at >= $3
           and (form = $4 or ($4 = '' and form <> 'banner'))
           and ($5 = '' or state = $5)
         group by version
         order by max(received_at) desc, version",
        page.before.0,
        page.before.1,
        page.since,
        page.form,
        page.state,
    )
    .await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// The submission of a reference.
pub async fn find(connection: &mut Connection, reference: &str) -> Result<Option<SubmissionRow>, StoreError> {
    fetch_optional!(
        connection,
        SubmissionRow,
        "select submission_id, subject_id, reference, form, version, language, method, state, received_at
         from submission
         where reference = $1",
        reference,
    )
    .await
}

/// The values of a submission that are still kept.
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

/// Every delivery of a submission's events, the oldest event first.
pub async fn deliveries(connection: &mut Connection, submission: Uuid) -> Result<Vec<DeliveryRow>, StoreError> {
    fetch_all!(
        connection,
        DeliveryRow,
        "select delivery.delivery_id, delivery.destination, event.kind, delivery.state, delivery.attempt,
             delivery.due_at, delivery.status, delivery.reason, delivery.settled_at
         from event
         join delivery on delivery.event_id = event.event_id
         where event.submission_id = $1
         order by event.created_at, event.event_id, delivery.destination",
        submission,
    )
    .await
}

/// What waits, is held or was given up, after `past`, in the order of their ids; at most `limit`.
pub async fn undelivered(connection: &mut Connection, past: Uuid, limit: i64) -> Result<Vec<Undelivered>, StoreError> {
    fetch_all!(
        connection,
        Undelivered,
        "select delivery.delivery_id, submission.reference, delivery.destination, event.kind, delivery.state,
             delivery.attempt, delivery.due_at, delivery.reason, delivery.settled_at
         from delivery
         join event on event.event_id = delivery.event_id
         left join submission on submission.submission_id = event.submission_id
         where delivery.delivery_id > $1
           and delivery.state in ('waiting', 'behind', 'held', 'failed')
         order by delivery.delivery_id
         limit $2",
        past,
        limit,
    )
    .await
}
