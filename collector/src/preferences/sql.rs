//! The statements of the personal page. What was decided stands in the evidence.

use uuid::Uuid;

use crate::store::{Connection, StoreError, Transaction, fetch_optional};

/// A submission, as far as its personal page needs it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Kept {
    /// The person.
    pub subject_id: Uuid,
    /// What was told to the visitor.
    pub reference: String,
    /// The version that was shown.
    pub version: String,
    /// The language it was shown in.
    pub language: String,
    /// Milliseconds UTC.
    pub received_at: i64,
}

/// The submission, if it is still there.
pub async fn find(connection: &mut Connection, submission: Uuid) -> Result<Option<Kept>, StoreError> {
    fetch_optional!(
        connection,
        Kept,
        "select subject_id, reference, version, language, received_at
         from submission
         where submission_id = $1",
        submission,
    )
    .await
}

/// The same, and nobody else withdraws anything of it until the transaction ends.
pub async fn lock(tx: &mut Transaction, submission: Uuid) -> Result<Option<Kept>, StoreError> {
    fetch_optional!(
        tx,
        Kept,
        {
            // SQLite has one writer at a time: nobody else is in here.
            sqlite: "select subject_id, reference, version, language, received_at
                     from submission
                     where submission_id = $1",
            postgres: "select subject_id, reference, version, language, received_at
                       from submission
                       where submission_id = $1
                       for update",
        },
        submission,
    )
    .await
}
