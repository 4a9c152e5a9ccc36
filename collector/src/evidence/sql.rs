//! The statements of evidence. None of them changes a record.

use unticked_shared::evidence::PartA;
use uuid::Uuid;

use super::seal::EvidenceRow;
use crate::store::{Connection, StoreError, Transaction, fetch_all, insert_many};

/// A record as far as it lies open.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptRecord {
    /// Its id.
    pub record_id: Uuid,
    /// Part A as canonical JSON.
    pub part_a: Vec<u8>,
}

impl KeptRecord {
    /// Part A, read.
    pub fn part_a(&self) -> Result<PartA, StoreError> {
        serde_json::from_slice(&self.part_a)
            .map_err(|_| StoreError::Defect(format!("part A of the evidence record {} cannot be read", self.record_id)))
    }
}

/// Keeps records.
///
/// Call it in the transaction that makes true what they say: a record of something that never happened is false
/// evidence, and something without its record cannot be shown.
pub async fn insert(tx: &mut Transaction, rows: &[&EvidenceRow]) -> Result<u64, StoreError> {
    insert_many!(
        tx,
        "evidence (record_id, submission_id, subject_id, part_a, opening_a, part_b, commitment)",
        rows,
        |row| [
            row.record_id,
            row.submission_id,
            row.subject_id,
            row.part_a.as_slice(),
            row.opening_a.as_slice(),
            row.part_b.as_slice(),
            row.commitment.as_slice(),
        ]
    )
    .await
}

/// The records of a submission, the oldest first.
pub async fn of_submission(connection: &mut Connection, submission: Uuid) -> Result<Vec<KeptRecord>, StoreError> {
    fetch_all!(
        connection,
        KeptRecord,
        "select record_id, part_a
         from evidence
         where submission_id = $1
         order by record_id",
        submission,
    )
    .await
}

/// The records of a submission whole, the oldest first.
pub async fn rows_of_submission(connection: &mut Connection, submission: Uuid) -> Result<Vec<EvidenceRow>, StoreError> {
    fetch_all!(
        connection,
        EvidenceRow,
        "select record_id, submission_id, subject_id, part_a, opening_a, part_b, commitment
         from evidence
         where submission_id = $1
         order by record_id",
        submission,
    )
    .await
}
