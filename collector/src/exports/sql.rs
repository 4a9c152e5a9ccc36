//! The statements of exports. All of them read.

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
    /// `accepted` or `quarantined`.
    pub state: String,
    /// Milliseconds UTC.
    pub received_at: i64,
}

/// The submission of a reference.
pub async fn of_reference(connection: &mut Connection, reference: &str) -> Result<Option<SubmissionRow>, StoreError> {
    fetch_optional!(
        connection,
        SubmissionRow,
        "select submission_id, subject_id, reference, form, version, language, state, received_at
         from submission
         where reference = $1",
        reference,
    )
    .await
}

/// A person's submissions after `past`, in the order of their ids.
pub async fn of_subject(
    connection: &mut Connection,
    subject: Uuid,
    past: Uuid,
    limit: i64,
) -> Result<Vec<SubmissionRow>, StoreError> {
    fetch_all!(
        connection,
        SubmissionRow,
        "select submission_id, subject_id, reference, form, version, language, state, received_at
         from submission
         where subject_id = $1
           and submission_id > $2
         order by submission_id
         limit $3",
        subject,
        past,
        limit,
    )
    .await
}

/// The submissions of a form after `after` and before `until`, the oldest first.
pub async fn of_form(
    connection: &mut Connection,
    form: &str,
    after: (i64, Uuid),
    until: i64,
    limit: i64,
) -> Result<Vec<SubmissionRow>, StoreError> {
    fetch_all!(
        connection,
        SubmissionRow,
        "select submission_id, subject_id, reference, form, version, language, state, received_at
         from submission
         where (received_at, submission_id) > ($1, $2)
           and received_at < $3
           and form = $4
         order by received_at, submission_id
         limit $5",
        after.0,
        after.1,
        until,
        form,
        limit,
    )
    .await
}
