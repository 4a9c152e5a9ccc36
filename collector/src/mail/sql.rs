//! The statements of the mail room.

use uuid::Uuid;

use crate::store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional, insert_many};

/// What the owner is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A submission that arrived, or waits as a suspect.
    Submission,
    /// A delivery that was given up.
    Delivery,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Delivery => "delivery",
        }
    }
}

/// A mail under a lease of ours.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Claimed {
    /// The mail.
    pub mail_id: Uuid,
    /// Which attempt this is; the first is 1.
    pub attempt: i64,
}

/// A submission that a mail tells of. Nothing in it is personal.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Arrived {
    /// What the visitor was told.
    pub reference: String,
    /// The form.
    pub form: String,
    /// `accepted` or `quarantined`, as it is now.
    pub state: String,
    /// Milliseconds UTC.
    pub received_at: i64,
}

/// A delivery that a mail tells of.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct GivenUp {
    /// Who should have it.
    pub destination: String,
    /// The lead.
    pub reference: Option<String>,
    /// Why the last attempt did not succeed.
    pub reason: Option<String>,
}

/// A mail that was not sent yet or was given up.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Unsent {
    /// The mail.
    pub mail_id: Uuid,
    /// Milliseconds UTC.
    pub created_at: i64,
    /// `waiting` or `failed`.
    pub state: String,
    /// Attempts begun.
    pub attempt: i64,
    /// While waiting: when it is tried.
    pub due_at: i64,
    /// Why the last attempt did not succeed; none where there was none.
    pub reason: Option<String>,
    /// How many things it tells of.
    pub items: i64,
}

/// What the worker looks at before it takes anybody's time.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Look {
    /// Since when something waits to be told.
    pub untold: Option<i64>,
    /// When the last mail was made.
    pub made: Option<i64>,
    /// When the next attempt is due.
    pub due: Option<i64>,
}

/// Something to tell the owner of; told anew where it was told before.
///
/// Call it in the transaction that makes it true: then no crash loses it, and nothing is told that never happened.
pub async fn note(tx: &mut Transaction, kind: Kind, ids: &[Uuid], now: i64) -> Result<(), StoreError> {
    insert_many!(
        tx,
        {
            into: "mail_item (kind, item_id, noted_at)",
            then: "on conflict (kind, item_id) do update set noted_at = excluded.noted_at, mail_id = null",
        },
        ids,
        |id| [kind.as_str(), *id, now]
    )
    .await?;
    Ok(())
}

/// What there is to do.
pub async fn look(connection: &mut Connection) -> Result<Look, StoreError> {
    let look = fetch_optional!(
        connection,
        Look,
        "select
             (select min(noted_at) from mail_item where mail_id is null) as untold,
             (select max(created_at) from mail) as made,
             (select min(due_at) from mail where state = 'waiting') as due",
    )
    .await?;
    Ok(look.unwrap_or_default())
}

/// No other collector makes or takes a mail until the transaction ends.
pub async fn lock(tx: &mut Transaction) -> Result<(), StoreError> {
    execute!(
        tx,
        {
            // A transaction on SQLite holds the only write lock from its beginning.
            sqlite: "select 1",
            postgres: "lock table mail in share row exclusive mode",
        },
    )
    .await?;
    Ok(())
}

/// A new mail, due now.
pub async fn insert(tx: &mut Transaction, mail: Uuid, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "insert into mail (mail_id, created_at, state, attempt, due_at)
         values ($1, $2, 'waiting', 0, $2)",
        mail,
        now,
    )
    .await
}

/// Takes a due mail under `lease`, which holds until `until`.
pub async fn claim(tx: &mut Transaction, now: i64, lease: Uuid, until: i64) -> Result<Option<Claimed>, StoreError> {
    fetch_optional!(
        tx,
        Claimed,
        "update mail
         set lease = $2, due_at = $3, attempt = attempt + 1
         where mail_id = (
             select mail_id
             from mail
             where state = 'waiting' and due_at <= $1
             order by due_at, mail_id
             limit 1
         )
         returning mail_id, attempt",
        now,
        lease,
        until,
    )
    .await
}

/// Puts everything that is untold into a mail; answers how much there was.
pub async fn attach(tx: &mut Transaction, mail: Uuid) -> Result<u64, StoreError> {
    execute!(tx, "update mail_item set mail_id = $1 where mail_id is null", mail).await
}

/// The submissions that a mail tells of, the oldest first; at most `limit`.
pub async fn arrived(connection: &mut Connection, mail: Uuid, limit: i64) -> Result<Vec<Arrived>, StoreError> {
    fetch_all!(
        connection,
        Arrived,
        "select submission.reference, submission.form, submission.state, submission.received_at
         from mail_item
         join submission on submission.submission_id = mail_item.item_id
         where mail_item.mail_id = $1 and mail_item.kind = 'submission'
         order by submission.received_at, submission.reference
         limit $2",
        mail,
        limit,
    )
    .await
}

/// The deliveries that a mail tells of and that are still given up, the oldest first; at most `limit`.
pub async fn given_up(connection: &mut Connection, mail: Uuid, limit: i64) -> Result<Vec<GivenUp>, StoreError> {
    fetch_all!(
        connection,
        GivenUp,
        "select delivery.destination, submission.reference, delivery.reason
         from mail_item
         join delivery on delivery.delivery_id = mail_item.item_id
         join event on event.event_id = delivery.event_id
         left join submission on submission.submission_id = event.submission_id
         where mail_item.mail_id = $1 and mail_item.kind = 'delivery' and delivery.state = 'failed'
         order by delivery.delivery_id
         limit $2",
        mail,
        limit,
    )
    .await
}

/// Writes down that the server has it; what it told of is told.
pub async fn sent(tx: &mut Transaction, mail: Uuid, now: i64) -> Result<(), StoreError> {
    execute!(
        tx,
        "update mail
         set state = 'sent', lease = null, reason = null, settled_at = $2
         where mail_id = $1",
        mail,
        now,
    )
    .await?;
    execute!(tx, "delete from mail_item where mail_id = $1", mail).await?;
    Ok(())
}

/// Puts a mail back until `due_at`. 0 rows: the lease was no longer ours.
pub async fn again(
    tx: &mut Transaction,
    mail: Uuid,
    lease: Uuid,
    due_at: i64,
    reason: &str,
) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update mail
         set lease = null, due_at = $3, reason = $4
         where mail_id = $1 and lease = $2 and state = 'waiting'",
        mail,
        lease,
        due_at,
        reason,
    )
    .await
}

/// Gives a mail up; it is listed from now on. 0 rows: the lease was no longer ours.
pub async fn failed(tx: &mut Transaction, mail: Uuid, lease: Uuid, reason: &str, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update mail
         set state = 'failed', lease = null, reason = $3, settled_at = $4
         where mail_id = $1 and lease = $2 and state = 'waiting'",
        mail,
        lease,
        reason,
        now,
    )
    .await
}

/// What was not sent yet or was given up, the newest first.
pub async fn unsent(connection: &mut Connection, limit: i64) -> Result<Vec<Unsent>, StoreError> {
    fetch_all!(
        connection,
        Unsent,
        "select mail_id, created_at, state, attempt, due_at, reason,
             (select count(*) from mail_item where mail_item.mail_id = mail.mail_id) as items
         from mail
         where state in ('waiting', 'failed')
         order by created_at desc, mail_id
         limit $1",
        limit,
    )
    .await
}

/// Begins anew with what waits for another attempt or was given up; answers how many there were.
pub async fn send_again(tx: &mut Transaction, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update mail
         set state = 'waiting', attempt = 0, due_at = $1, settled_at = null
         where state = 'failed' or (state = 'waiting' and lease is null)",
        now,
    )
    .await
}

/// Forgets mails that were sent before `before`.
pub async fn sweep(tx: &mut Transaction, before: i64) -> Result<u64, StoreError> {
    execute!(tx, "delete from mail where state = 'sent' and created_at < $1", before).await
}

/// Leaves out of every mail what is not to be told any more; mails say what there is to say when they are sent.
pub async fn forget(tx: &mut Transaction, kind: Kind, id: Uuid) -> Result<u64, StoreError> {
    execute!(tx, "delete from mail_item where kind = $1 and item_id = $2", kind.as_str(), id).await
}
