//! The room's statements.

use uuid::Uuid;

use crate::{
    retention::sql::Row,
    store::{Connection, StoreError, fetch_all, fetch_optional},
};

/// A submission.
pub async fn find(connection: &mut Connection, submission: Uuid) -> Result<Option<Row>, StoreError> {
    fetch_optional!(
        connection,
        Row,
        "select submission_id, subject_id, reference, version, state, received_at, due_at
         from submission
         where submission_id = $1",
        submission,
    )
    .await
}

/// The submissions of a person, or the one with that reference. Name one of the two.
pub async fn of_person(
    connection: &mut Connection,
    subject: Option<Uuid>,
    reference: Option<&str>,
) -> Result<Vec<Row>, StoreError> {
    fetch_all!(
        connection,
        Row,
        "select submission_id, subject_id, reference, version, state, received_at, due_at
         from submission
         where subject_id = $1 or reference = $2
         order by submission_id",
        subject,
        reference,
    )
    .await
}

/// The same, only what a destination has received, or may have received: an attempt was begun.
pub async fn received_of_person(
    connection: &mut Connection,
    subject: Option<Uuid>,
    reference: Option<&str>,
    destination: &str,
) -> Result<Vec<Row>, StoreError> {
    fetch_all!(
        connection,
        Row,
        "select submission_id, subject_id, reference, version, state, received_at, due_at
         from submission
         where (subject_id = $1 or reference = $2)
           and exists (
               select 1
               from event
               join delivery on delivery.event_id = event.event_id
               where event.submission_id = submission.submission_id
                 and delivery.destination = $3
                 and delivery.begun_at is not null
           )
         order by submission_id",
        subject,
        reference,
        destination,
    )
    .await
}

/// The same, of everybody who gave the address that this keyed hash stands for.
pub async fn received_of_address(
    connection: &mut Connection,
    contact: &[u8],
    destination: &str,
) -> Result<Vec<Row>, StoreError> {
    fetch_all!(
        connection,
        Row,
        "select submission_id, submission.subject_id, reference, version, state, received_at, due_at
         from subject
         join submission on submission.subject_id = subject.subject_id
         where subject.contact_index = $1
           and exists (
               select 1
               from event
               join delivery on delivery.event_id = event.event_id
               where event.submission_id = submission.submission_id
                 and delivery.destination = $2
                 and delivery.begun_at is not null
           )
         order by submission_id",
        contact,
        destination,
    )
    .await
}
