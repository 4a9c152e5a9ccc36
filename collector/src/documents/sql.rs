//! The room's statements.

use uuid::Uuid;

use crate::{
    retention::calendar,
    store::{Connection, StoreError, Transaction, execute, fetch_all, values::time},
};

/// How often something was looked at on one day.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct View {
    /// `mail-opens`, `mail-clicks` or `document-views`.
    pub kind: String,
    /// The file's name.
    pub document: String,
    /// Its first moment, milliseconds UTC.
    pub day: i64,
    /// How often.
    pub views: i64,
    /// The purpose that allowed it.
    pub purpose: String,
}

impl View {
    /// The day as people write it.
    pub fn day(&self) -> String {
        time(self.day).map_or_else(|_| "?".to_owned(), calendar::day)
    }
}

/// Counts one view.
///
/// With the submission's row locked, and in the transaction that saw the consent stand: a withdrawal that comes between the
/// two would leave a count that nothing allows.
pub async fn count(
    tx: &mut Transaction,
    submission: Uuid,
    kind: &str,
    document: &str,
    day: i64,
    purpose: &str,
) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into document_view (submission_id, kind, document, day, views, purpose)
         values ($1, $2, $3, $4, 1, $5)
         on conflict (submission_id, kind, document, day) do update
         set views = document_view.views + 1, purpose = excluded.purpose",
        submission,
        kind,
        document,
        day,
        purpose,
    )
    .await
}

/// What was counted of a submission, the oldest first.
pub async fn of_submission(connection: &mut Connection, submission: Uuid) -> Result<Vec<View>, StoreError> {
    fetch_all!(
        connection,
        View,
        "select kind, document, day, views, purpose
         from document_view
         where submission_id = $1
         order by day, kind, document",
        submission,
    )
    .await
}

/// The purposes for which something was counted.
pub async fn purposes(connection: &mut Connection, submission: Uuid) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = fetch_all!(
        connection,
        (String,),
        "select distinct purpose
         from document_view
         where submission_id = $1
         order by purpose",
        submission,
    )
    .await?;
    Ok(rows.into_iter().map(|(purpose,)| purpose).collect())
}

/// Deletes what was counted for a purpose; answers how many rows went.
pub async fn forget_purpose(tx: &mut Transaction, submission: Uuid, purpose: &str) -> Result<u64, StoreError> {
    execute!(
        tx,
        "delete from document_view
         where submission_id = $1
           and purpose = $2",
        submission,
        purpose,
    )
    .await
}
