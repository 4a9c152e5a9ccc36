//! The room's statements.

use uuid::Uuid;

use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional};

/// A submission that a destination may speak of.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Known {
    /// The submission.
    pub submission_id: Uuid,
    /// The person.
    pub subject_id: Uuid,
    /// The version that was shown.
    pub version: String,
}

/// The submissions of a person, or the one with that reference, that a destination has received, or may have received: an
/// attempt was begun. Name one of the two.
pub async fn of_person(
    connection: &mut Connection,
    subject: Option<Uuid>,
    reference: Option<&str>,
    destination: &str,
) -> Result<Vec<Known>, StoreError> {
    fetch_all!(
        connection,
        Known,
        "select submission.submission_id, submission.subject_id, submission.version
         from submission
         where (submission.subject_id = $1 or submission.reference = $2)
           and exists (
               select 1
               from event
               join delivery on delivery.event_id = event.event_id
               where event.submission_id = submission.submission_id
                 and delivery.destination = $3
                 and delivery.begun_at is not null
           )
         order by submission.submission_id",
        subject,
        reference,
        destination,
    )
    .await
}

/// The digest of the message that came with this id, if one was taken.
pub async fn taken(
    connection: &mut Connection,
    destination: &str,
    message: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row: Option<(Vec<u8>,)> = fetch_optional!(
        connection,
        (Vec<u8>,),
        "select body_digest
         from engagement_message
         where destination = $1
           and message = $2",
        destination,
        message,
    )
    .await?;
    Ok(row.map(|(digest,)| digest))
}

/// Takes a message; 0 rows: one with this id was taken before.
pub async fn take(
    tx: &mut Transaction,
    destination: &str,
    message: &str,
    digest: &[u8],
    now: i64,
) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into engagement_message (destination, message, body_digest, received_at)
         values ($1, $2, $3, $4)
         on conflict (destination, message) do nothing",
        destination,
        message,
        digest,
        now,
    )
    .await
}

/// Forgets messages that nobody sends again; answers how many.
pub async fn forget_taken(tx: &mut Transaction, before: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "delete from engagement_message
         where received_at < $1",
        before,
    )
    .await
}
