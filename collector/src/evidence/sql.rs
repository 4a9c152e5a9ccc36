//! The statements of evidence. None of them changes what a record says.

use unticked_shared::evidence::PartA;
use uuid::Uuid;

use super::seal::EvidenceRow;
use crate::{
    ledger::{self, Appended},
    store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional, insert_many},
};

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

/// Keeps records and puts each into the ledger, in their order.
///
/// Call it in the transaction that makes true what they say: a record of something that never happened is false
/// evidence, and something without its record cannot be shown. Call it as late in it as possible, since nobody else
/// appends from here until the commit; after the commit, and before anybody is answered, comes
/// [`Ledger::sign`](crate::ledger::Ledger::sign).
pub async fn insert(tx: &mut Transaction, rows: &[&EvidenceRow]) -> Result<Appended, StoreError> {
    let commitments: Vec<_> = rows.iter().map(|row| row.commitment()).collect::<Result<_, _>>()?;
    let appended = ledger::append(tx, &commitments).await?;
    let rows: Vec<(i64, &EvidenceRow)> = (ledger::sql::count(appended.first())?..).zip(rows.iter().copied()).collect();
    insert_many!(
        tx,
        "evidence (record_id, submission_id, subject_id, part_a, opening_a, part_b, commitment, leaf_index)",
        rows,
        |(leaf, row)| [
            row.record_id,
            row.submission_id,
            row.subject_id,
            row.part_a.as_slice(),
            row.opening_a.as_slice(),
            row.part_b.as_slice(),
            row.commitment.as_slice(),
            *leaf,
        ]
    )
    .await?;
    Ok(appended)
}

/// A record that is in no ledger yet.
#[derive(Debug, sqlx::FromRow)]
struct Unsequenced {
    record_id: Uuid,
    commitment: Vec<u8>,
}

/// Puts records from before there was a ledger into it, the oldest first, at most `limit` of them; answers how many.
pub async fn sequence_older(tx: &mut Transaction, limit: i64) -> Result<usize, StoreError> {
    let rows: Vec<Unsequenced> = fetch_all!(
        tx,
        Unsequenced,
        {
            sqlite: "select record_id, commitment
                     from evidence
                     where leaf_index is null
                     order by record_id
                     limit $1",
            postgres: "select record_id, commitment
                       from evidence
                       where leaf_index is null
                       order by record_id
                       limit $1
                       for update",
        },
        limit,
    )
    .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let commitments: Vec<[u8; 32]> = rows
        .iter()
        .map(|row| {
            row.commitment.as_slice().try_into().map_err(|_| {
                StoreError::Defect(format!("the commitment of the evidence record {} is cut off", row.record_id))
            })
        })
        .collect::<Result<_, _>>()?;
    let appended = ledger::append(tx, &commitments).await?;
    for (leaf, row) in (ledger::sql::count(appended.first())?..).zip(&rows) {
        execute!(tx, "update evidence set leaf_index = $1 where record_id = $2", leaf, row.record_id).await?;
    }
    Ok(rows.len())
}

/// The place of a record in the ledger.
pub async fn leaf_of(connection: &mut Connection, record: Uuid) -> Result<Option<i64>, StoreError> {
    let row: Option<(Option<i64>,)> =
        fetch_optional!(connection, (Option<i64>,), "select leaf_index from evidence where record_id = $1", record)
            .await?;
    Ok(row.and_then(|(leaf,)| leaf))
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
        "select record_id, submission_id, subject_id, part_a, opening_a, part_b, commitment, leaf_index
         from evidence
         where submission_id = $1
         order by record_id",
        submission,
    )
    .await
}

/// The places in the ledger of the records that lie under a person's key; none for a record that has no place yet.
pub async fn leaves_of(
    connection: &mut Connection,
    submission: Uuid,
    subject: Uuid,
) -> Result<Vec<Option<i64>>, StoreError> {
    let rows: Vec<(Option<i64>,)> = fetch_all!(
        connection,
        (Option<i64>,),
        "select leaf_index
         from evidence
         where submission_id = $1
           and subject_id = $2
         order by leaf_index",
        submission,
        subject,
    )
    .await?;
    Ok(rows.into_iter().map(|(leaf,)| leaf).collect())
}

/// Destroys part B of a record: the one way in which a record is ever touched. What is left in its place is its hash, so
/// that part A can still be proved, or nothing where not even that is known. Call it in the transaction that keeps the
/// record which names its leaf.
pub async fn destroy_part_b(tx: &mut Transaction, record: Uuid, hash: &[u8]) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update evidence
         set part_b = $2
         where record_id = $1",
        record,
        hash,
    )
    .await
}
