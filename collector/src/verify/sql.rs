//! The statements of the check; each reads a page, in order. Text comes as bytes: what was altered may be no text any
//! more, and shall be named all the same.

use uuid::Uuid;

use crate::{
    evidence::EvidenceRow,
    store::{Connection, StoreError, fetch_all, fetch_optional},
    vault::WrappedKeys,
};

/// A page as far as it rises. In a damaged file a row may stand where it does not belong; whoever then asks for what lies behind
/// it is given the same rows for ever. What is left out is named as missing.
fn rising<T, K: PartialOrd>(page: Vec<T>, mut past: K, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut rises = |row: &T| {
        let before = std::mem::replace(&mut past, key(row));
        past > before
    };
    page.into_iter().take_while(|row| rises(row)).collect()
}

/// A row of `ledger_head`.
#[derive(Debug, sqlx::FromRow)]
pub struct HeadRow {
    /// How many leaves.
    pub size: i64,
    /// The roots of the complete subtrees.
    pub edge: Vec<u8>,
}

/// The head.
pub async fn head(connection: &mut Connection) -> Result<Option<HeadRow>, StoreError> {
    fetch_optional!(connection, HeadRow, "select size, edge from ledger_head where one = 1").await
}

/// A row of `ledger_leaf`, or of `evidence` as far as its leaf goes.
#[derive(Debug, sqlx::FromRow)]
pub struct LeafRow {
    /// The leaf.
    pub leaf_index: i64,
    /// What it commits to.
    pub commitment: Vec<u8>,
}

/// Leaves behind `past`.
pub async fn leaves(connection: &mut Connection, past: i64, limit: i64) -> Result<Vec<LeafRow>, StoreError> {
    let page = fetch_all!(
        connection,
        LeafRow,
        "select leaf_index, commitment
         from ledger_leaf
         where leaf_index > $1
         order by leaf_index
         limit $2",
        past,
        limit,
    )
    .await?;
    Ok(rising(page, past, |row| row.leaf_index))
}

/// A record as far as its leaf goes.
#[derive(Debug, sqlx::FromRow)]
pub struct PlacedRow {
    /// Its leaf.
    pub leaf_index: i64,
    /// Its id.
    pub record_id: Uuid,
    /// What it says that its leaf holds.
    pub commitment: Vec<u8>,
}

/// Records behind the leaf `past`.
pub async fn placed(connection: &mut Connection, past: i64, limit: i64) -> Result<Vec<PlacedRow>, StoreError> {
    let page = fetch_all!(
        connection,
        PlacedRow,
        "select leaf_index, record_id, commitment
         from evidence
         where leaf_index > $1
         order by leaf_index
         limit $2",
        past,
        limit,
    )
    .await?;
    Ok(rising(page, past, |row| row.leaf_index))
}

/// Records that have no leaf.
pub async fn unplaced(connection: &mut Connection, past: Uuid, limit: i64) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<(Uuid,)> = fetch_all!(
        connection,
        (Uuid,),
        "select record_id
         from evidence
         where leaf_index is null
           and record_id > $1
         order by record_id
         limit $2",
        past,
        limit,
    )
    .await?;
    Ok(rising(rows.into_iter().map(|(record,)| record).collect(), past, |record| *record))
}

/// The record of a leaf.
pub async fn record_of_leaf(connection: &mut Connection, leaf: i64) -> Result<Option<Uuid>, StoreError> {
    let row: Option<(Uuid,)> = fetch_optional!(
        connection,
        (Uuid,),
        "select record_id
         from evidence
         where leaf_index = $1",
        leaf,
    )
    .await?;
    Ok(row.map(|(record,)| record))
}

/// A row of `ledger_tile`.
#[derive(Debug, sqlx::FromRow)]
pub struct TileRow {
    /// Its level.
    pub level: i64,
    /// Its place within the level.
    pub tile_index: i64,
    /// 32 bytes each.
    pub hashes: Vec<u8>,
}

/// Tiles behind `past`, by level and place.
pub async fn tiles(connection: &mut Connection, past: (i64, i64), limit: i64) -> Result<Vec<TileRow>, StoreError> {
    let (level, index) = past;
    let page = fetch_all!(
        connection,
        TileRow,
        "select level, tile_index, hashes
         from ledger_tile
         where (level, tile_index) > ($1, $2)
         order by level, tile_index
         limit $3",
        level,
        index,
        limit,
    )
    .await?;
    Ok(rising(page, past, |row| (row.level, row.tile_index)))
}

/// A row of `ledger_checkpoint`.
#[derive(Debug, sqlx::FromRow)]
pub struct CheckpointRow {
    /// The name that it was signed under.
    pub origin_number: i64,
    /// How many leaves.
    pub size: i64,
    /// The root.
    pub root: Vec<u8>,
    /// A signed note.
    pub note: Vec<u8>,
    /// Milliseconds UTC.
    pub published_at: i64,
}

/// Published checkpoints behind `past`, by size and name.
pub async fn checkpoints(
    connection: &mut Connection,
    past: (i64, i64),
    limit: i64,
) -> Result<Vec<CheckpointRow>, StoreError> {
    let (size, origin) = past;
    let page = fetch_all!(
        connection,
        CheckpointRow,
        {
            sqlite: "select origin_number, size, root, cast(note as blob) as note, published_at
                     from ledger_checkpoint
                     where (size, origin_number) > ($1, $2)
                     order by size, origin_number
                     limit $3",
            postgres: "select origin_number, size, root, convert_to(note, 'UTF8') as note, published_at
                       from ledger_checkpoint
                       where (size, origin_number) > ($1, $2)
                       order by size, origin_number
                       limit $3",
        },
        size,
        origin,
        limit,
    )
    .await?;
    Ok(rising(page, past, |row| (row.size, row.origin_number)))
}

/// A row of `ledger_origin`.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OriginRow {
    /// 1, 2, 3, …
    pub number: i64,
    /// The name.
    pub origin: Vec<u8>,
    /// How many leaves the tree had when it began.
    pub began_at_size: i64,
    /// Milliseconds UTC.
    pub began_at: i64,
    /// Why the one before ended.
    pub reason: Option<Vec<u8>>,
    /// The last head that was signed under the one before.
    pub previous: Option<Vec<u8>>,
}

/// Every name that the ledger has had.
pub async fn origins(connection: &mut Connection) -> Result<Vec<OriginRow>, StoreError> {
    fetch_all!(
        connection,
        OriginRow,
        {
            sqlite: "select number, cast(origin as blob) as origin, began_at_size, began_at,
                         cast(reason as blob) as reason, cast(previous as blob) as previous
                     from ledger_origin
                     order by number",
            postgres: "select number, convert_to(origin, 'UTF8') as origin, began_at_size, began_at,
                           convert_to(reason, 'UTF8') as reason, convert_to(previous, 'UTF8') as previous
                       from ledger_origin
                       order by number",
        },
    )
    .await
}

/// A row of `ledger_signed`.
#[derive(Debug, sqlx::FromRow)]
pub struct SignedRow {
    /// The log.
    pub origin: Vec<u8>,
    /// How many leaves.
    pub size: i64,
    /// The root.
    pub root: Vec<u8>,
    /// A signed note.
    pub note: Vec<u8>,
}

/// The last signed head; of the key store.
pub async fn signed(keys: &mut Connection) -> Result<Option<SignedRow>, StoreError> {
    fetch_optional!(
        keys,
        SignedRow,
        {
            sqlite: "select cast(origin as blob) as origin, size, root, cast(note as blob) as note
                     from ledger_signed
                     where one = 1",
            postgres: "select convert_to(origin, 'UTF8') as origin, size, root, convert_to(note, 'UTF8') as note
                       from ledger_signed
                       where one = 1",
        },
    )
    .await
}

/// A row of `subject`.
#[derive(Debug, sqlx::FromRow)]
pub struct SubjectRow {
    /// The pseudonym.
    pub subject_id: Uuid,
    /// Keyed hash of the address.
    pub contact_index: Option<Vec<u8>>,
    /// Milliseconds UTC.
    pub created_at: i64,
}

/// Persons behind `past`.
pub async fn subjects(connection: &mut Connection, past: Uuid, limit: i64) -> Result<Vec<SubjectRow>, StoreError> {
    let page = fetch_all!(
        connection,
        SubjectRow,
        "select subject_id, contact_index, created_at
         from subject
         where subject_id > $1
         order by subject_id
         limit $2",
        past,
        limit,
    )
    .await?;
    Ok(rising(page, past, |row| row.subject_id))
}

/// The wrapped keys of the persons from `first` to `last`; of the key store.
pub async fn keys(keys: &mut Connection, first: Uuid, last: Uuid) -> Result<Vec<WrappedKeys>, StoreError> {
    fetch_all!(
        keys,
        WrappedKeys,
        "select subject_id, identity_key, evidence_key, created_at
         from subject_key
         where subject_id >= $1
           and subject_id <= $2
         order by subject_id",
        first,
        last,
    )
    .await
}

/// A row of `submission`.
#[derive(Debug, sqlx::FromRow)]
pub struct SubmissionRow {
    /// The ticket's id.
    pub submission_id: Uuid,
    /// The person.
    pub subject_id: Uuid,
    /// What the visitor was told.
    pub reference: Vec<u8>,
    /// The form.
    pub form: Vec<u8>,
    /// The version.
    pub version: Vec<u8>,
    /// The language.
    pub language: Vec<u8>,
    /// `widget` or `page`.
    pub method: Vec<u8>,
    /// SHA-256 of what was sent.
    pub body_digest: Vec<u8>,
    /// Milliseconds UTC.
    pub received_at: i64,
}

/// The submissions of the persons from `first` to `last`.
pub async fn submissions(
    connection: &mut Connection,
    first: Uuid,
    last: Uuid,
) -> Result<Vec<SubmissionRow>, StoreError> {
    fetch_all!(
        connection,
        SubmissionRow,
        {
            sqlite: "select submission_id, subject_id, cast(reference as blob) as reference,
                         cast(form as blob) as form, cast(version as blob) as version,
                         cast(language as blob) as language, cast(method as blob) as method, body_digest, received_at
                     from submission
                     where subject_id >= $1
                       and subject_id <= $2
                     order by subject_id, submission_id",
            postgres: "select submission_id, subject_id, convert_to(reference, 'UTF8') as reference,
                           convert_to(form, 'UTF8') as form, convert_to(version, 'UTF8') as version,
                           convert_to(language, 'UTF8') as language, convert_to(method, 'UTF8') as method,
                           body_digest, received_at
                       from submission
                       where subject_id >= $1
                         and subject_id <= $2
                       order by subject_id, submission_id",
        },
        first,
        last,
    )
    .await
}

/// A row of `value`.
#[derive(Debug, sqlx::FromRow)]
pub struct ValueRow {
    /// The submission.
    pub submission_id: Uuid,
    /// The field.
    pub field: Vec<u8>,
    /// `direct`, `quasi` or `no`.
    pub identifies: Vec<u8>,
    /// Sealed.
    pub content: Vec<u8>,
}

/// The values of the persons from `first` to `last`.
// PostgreSQL plans a range of parameters for a two-hundredth of the table and then reads all of `value` for each page:
// it is handed the submissions, here and below.
pub async fn values(connection: &mut Connection, first: Uuid, last: Uuid) -> Result<Vec<ValueRow>, StoreError> {
    fetch_all!(
        connection,
        ValueRow,
        {
            sqlite: "select value.submission_id, cast(field as blob) as field, cast(identifies as blob) as identifies,
                         content
                     from submission
                     join value on value.submission_id = submission.submission_id
                     where subject_id >= $1
                       and subject_id <= $2
                     order by value.submission_id, value.field",
            postgres: "select value.submission_id, convert_to(field, 'UTF8') as field,
                           convert_to(identifies, 'UTF8') as identifies, content
                       from value
                       where value.submission_id = any (array(
                           select submission_id
                           from submission
                           where subject_id >= $1
                             and subject_id <= $2
                       ))
                       order by value.submission_id, value.field",
        },
        first,
        last,
    )
    .await
}

/// The records of the persons from `first` to `last`.
pub async fn records(connection: &mut Connection, first: Uuid, last: Uuid) -> Result<Vec<EvidenceRow>, StoreError> {
    fetch_all!(
        connection,
        EvidenceRow,
        {
            sqlite: "select record_id, evidence.submission_id, evidence.subject_id, part_a, opening_a, part_b, commitment,
                         leaf_index
                     from submission
                     join evidence on evidence.submission_id = submission.submission_id
                     where submission.subject_id >= $1
                       and submission.subject_id <= $2
                     order by evidence.submission_id, record_id",
            postgres: "select record_id, submission_id, subject_id, part_a, opening_a, part_b, commitment, leaf_index
                       from evidence
                       where submission_id = any (array(
                           select submission_id
                           from submission
                           where subject_id >= $1
                             and subject_id <= $2
                       ))
                       order by submission_id, record_id",
        },
        first,
        last,
    )
    .await
}

/// A delivery with its event.
#[derive(Debug, sqlx::FromRow)]
pub struct DeliveryRow {
    /// The submission.
    pub submission_id: Uuid,
    /// Whom the event says that it is about.
    pub subject_id: Uuid,
    /// The event.
    pub event_id: Uuid,
    /// Its kind.
    pub kind: Vec<u8>,
    /// The delivery.
    pub delivery_id: Uuid,
    /// Sealed; gone once it is over.
    pub body: Option<Vec<u8>>,
}

/// The deliveries of the persons from `first` to `last`.
pub async fn deliveries(connection: &mut Connection, first: Uuid, last: Uuid) -> Result<Vec<DeliveryRow>, StoreError> {
    fetch_all!(
        connection,
        DeliveryRow,
        {
            sqlite: "select submission.submission_id, event.subject_id, event.event_id, cast(kind as blob) as kind,
                         delivery_id, body
                     from submission
                     join event on event.submission_id = submission.submission_id
                     join delivery on delivery.event_id = event.event_id
                     where submission.subject_id >= $1
                       and submission.subject_id <= $2
                     order by submission.submission_id, delivery_id",
            postgres: "select event.submission_id, event.subject_id, event.event_id,
                           convert_to(kind, 'UTF8') as kind, delivery_id, body
                       from event
                       join delivery on delivery.event_id = event.event_id
                       where event.submission_id = any (array(
                           select submission_id
                           from submission
                           where subject_id >= $1
                             and subject_id <= $2
                       ))
                       order by event.submission_id, delivery_id",
        },
        first,
        last,
    )
    .await
}

/// How many rows there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Totals {
    /// Submissions.
    pub submissions: i64,
    /// Values.
    pub sealed: i64,
    /// Records.
    pub records: i64,
    /// Deliveries.
    pub deliveries: i64,
}

/// Counts.
pub async fn totals(connection: &mut Connection) -> Result<Totals, StoreError> {
    let row: Option<Totals> = fetch_optional!(
        connection,
        Totals,
        "select (select count(*) from submission) as submissions,
             (select count(*) from value) as sealed,
             (select count(*) from evidence) as records,
             (select count(*) from delivery) as deliveries",
    )
    .await?;
    Ok(row.unwrap_or_default())
}

/// A row that belongs to nothing.
#[derive(Debug, sqlx::FromRow)]
pub struct Stray {
    /// Its table.
    pub kind: String,
    /// Its id, or that of the submission that it names.
    pub id: Uuid,
    /// Of a record: its leaf.
    pub leaf: Option<i64>,
}

/// Rows that belong to nobody: a submission without its person, a value, a record or a delivery without its submission.
pub async fn strays(connection: &mut Connection, limit: i64) -> Result<Vec<Stray>, StoreError> {
    fetch_all!(
        connection,
        Stray,
        "select 'submission' as kind, submission_id as id, cast(null as bigint) as leaf
         from submission
         where not exists (select 1 from subject where subject.subject_id = submission.subject_id)
         union all
         select 'value' as kind, submission_id as id, cast(null as bigint) as leaf
         from value
         where not exists (select 1 from submission where submission.submission_id = value.submission_id)
         union all
         select 'record' as kind, record_id as id, leaf_index as leaf
         from evidence
         where not exists (select 1 from submission where submission.submission_id = evidence.submission_id)
         union all
         select 'delivery' as kind, delivery_id as id, cast(null as bigint) as leaf
         from delivery
         where not exists (select 1
                           from event
                           join submission on submission.submission_id = event.submission_id
                           where event.event_id = delivery.event_id)
         limit $1",
        limit,
    )
    .await
}

/// How many of them there are.
pub async fn stray_count(connection: &mut Connection) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = fetch_optional!(
        connection,
        (i64,),
        "select (select count(*)
                 from submission
                 where not exists (select 1 from subject where subject.subject_id = submission.subject_id))
              + (select count(*)
                 from value
                 where not exists (select 1 from submission where submission.submission_id = value.submission_id))
              + (select count(*)
                 from evidence
                 where not exists (select 1 from submission where submission.submission_id = evidence.submission_id))
              + (select count(*)
                 from delivery
                 where not exists (select 1
                                   from event
                                   join submission on submission.submission_id = event.submission_id
                                   where event.event_id = delivery.event_id))",
    )
    .await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// An archived version.
#[derive(Debug, sqlx::FromRow)]
pub struct VersionRow {
    /// Its name.
    pub digest: Vec<u8>,
    /// Its form.
    pub form: Vec<u8>,
    /// Its bytes.
    pub bundle: Vec<u8>,
}

/// Archived versions, one by one, in the order of their names as text.
pub async fn versions(connection: &mut Connection) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = fetch_all!(
        connection,
        (Vec<u8>,),
        {
            sqlite: "select cast(digest as blob) from version order by 1",
            postgres: "select convert_to(digest, 'UTF8') from version order by 1",
        },
    )
    .await?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}

/// One of them.
pub async fn version(connection: &mut Connection, digest: &[u8]) -> Result<Option<VersionRow>, StoreError> {
    fetch_optional!(
        connection,
        VersionRow,
        {
            sqlite: "select cast(digest as blob) as digest, cast(form as blob) as form, bundle
                     from version
                     where cast(digest as blob) = $1",
            postgres: "select convert_to(digest, 'UTF8') as digest, convert_to(form, 'UTF8') as form, bundle
                       from version
                       where convert_to(digest, 'UTF8') = $1",
        },
        digest,
    )
    .await
}

/// What the engine finds wrong with its own file; PostgreSQL has no such question.
pub async fn integrity(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = fetch_all!(
        connection,
        (String,),
        {
            sqlite: "select integrity_check from pragma_integrity_check limit 20",
            postgres: "select 'ok'",
        },
    )
    .await?;
    Ok(rows.into_iter().map(|(says,)| says).filter(|says| says != "ok").collect())
}

/// The persons from `first` to `last`.
pub async fn subjects_between(
    connection: &mut Connection,
    first: Uuid,
    last: Uuid,
) -> Result<Vec<SubjectRow>, StoreError> {
    fetch_all!(
        connection,
        SubjectRow,
        "select subject_id, contact_index, created_at
         from subject
         where subject_id >= $1
           and subject_id <= $2
         order by subject_id",
        first,
        last,
    )
    .await
}

/// A record for a bundle.
#[derive(Debug, sqlx::FromRow)]
pub struct Exported {
    /// The record.
    #[sqlx(flatten)]
    pub row: EvidenceRow,
    /// What the visitor was told.
    pub reference: String,
}

/// Records behind the leaf `past`, for a bundle.
pub async fn exported(connection: &mut Connection, past: i64, limit: i64) -> Result<Vec<Exported>, StoreError> {
    fetch_all!(
        connection,
        Exported,
        "select record_id, evidence.submission_id, evidence.subject_id, part_a, opening_a, part_b, commitment,
             leaf_index, reference
         from evidence
         join submission on submission.submission_id = evidence.submission_id
         where leaf_index > $1
         order by leaf_index
         limit $2",
        past,
        limit,
    )
    .await
}

/// The records of one person, for a bundle.
pub async fn exported_of(connection: &mut Connection, subject: Uuid) -> Result<Vec<Exported>, StoreError> {
    fetch_all!(
        connection,
        Exported,
        "select record_id, evidence.submission_id, evidence.subject_id, part_a, opening_a, part_b, commitment,
             leaf_index, reference
         from submission
         join evidence on evidence.submission_id = submission.submission_id
         where submission.subject_id = $1
         order by leaf_index",
        subject,
    )
    .await
}
