//! The statements of the outbox.

use std::borrow::Borrow;

use jiff::Timestamp;
use unticked_shared::{event::EventKind, id::DestinationId};
use uuid::Uuid;

use crate::{
    mail,
    store::{Connection, StoreError, Transaction, execute, fetch_all, fetch_optional, insert_many, values::millis},
};

/// An event to keep, with what each destination will be sent.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The event's id, the `id` within every sealed body.
    pub id: Uuid,
    /// The submission that it tells of.
    pub submission: Uuid,
    /// Whose key the bodies are sealed under.
    pub subject: Uuid,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub created_at: Timestamp,
    /// Of a quarantined submission: nothing leaves before [`release`].
    pub held: bool,
    /// One for each destination that may hold anything (`decide::outgoing`).
    pub deliveries: Vec<NewDelivery>,
}

/// One destination's share of an event.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// A fresh id; the body is sealed for its [`body_cell`](super::unseal::body_cell).
    pub id: Uuid,
    /// Who receives it.
    pub destination: DestinationId,
    /// The sealed body.
    pub body: Vec<u8>,
    /// The delivery that it must not overtake: it waits `behind` until that one is over ([`let_follow`]).
    pub after: Option<Uuid>,
}

/// A delivery under a lease of ours.
#[derive(Clone, sqlx::FromRow)]
pub struct Claimed {
    /// The delivery.
    pub delivery_id: Uuid,
    /// Its event.
    pub event_id: Uuid,
    /// The event's kind, such as `lead.submitted`; it says which key opens the body.
    pub kind: String,
    /// The submission that it tells of.
    pub submission_id: Option<Uuid>,
    /// Whose key opens the body.
    pub subject_id: Uuid,
    /// The sealed body.
    pub body: Vec<u8>,
    /// Which attempt this is; the first is 1.
    pub attempt: i64,
}

/// A lead's delivery, as whoever sends something after it needs to know.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LeadDelivery {
    /// The delivery.
    pub delivery_id: Uuid,
    /// Who receives it.
    pub destination: String,
    /// `held`, `waiting`, `delivered`, `failed` or `withheld`.
    pub state: String,
    /// Whether an attempt was ever begun: then the destination has it, or may have it, whatever the state says.
    pub begun: bool,
}

/// A delivery that did not succeed yet or was given up, for the owner's eyes.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Troubled {
    /// The delivery.
    pub delivery_id: Uuid,
    /// Its event.
    pub event_id: Uuid,
    /// Who should have it.
    pub destination: String,
    /// `waiting` (for another attempt) or `failed` (given up).
    pub state: String,
    /// Attempts begun.
    pub attempt: i64,
    /// Why the last one did not succeed.
    pub reason: String,
    /// Milliseconds UTC: while waiting, when it is tried again.
    pub due_at: i64,
}

/// How many deliveries there are, by what they wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Backlog {
    /// On their way: under a lease, not yet due, or behind another one.
    pub waiting: i64,
    /// For the owner's release.
    pub held: i64,
    /// Given up.
    pub failed: i64,
}

/// Keeps events and their deliveries.
///
/// Call it in the transaction of the submissions they tell of: an event without its submission is a lie to the
/// CRM, a submission without its event is a lost lead. After the commit, `Outbox::wake`.
pub async fn insert(tx: &mut Transaction, events: &[impl Borrow<NewEvent> + Sync]) -> Result<(), StoreError> {
    let events = || events.iter().map(Borrow::borrow);
    let rows: Vec<&NewEvent> = events().filter(|event| !event.deliveries.is_empty()).collect();
    insert_many!(tx, "event (event_id, submission_id, subject_id, kind, created_at)", rows, |event| [
        event.id,
        event.submission,
        event.subject,
        event.kind.as_str(),
        millis(event.created_at),
    ])
    .await?;
    let rows: Vec<_> =
        events().flat_map(|event| event.deliveries.iter().map(move |delivery| (event, delivery))).collect();
    insert_many!(
        tx,
        "delivery (delivery_id, event_id, destination, body, state, attempt, due_at, after_id)",
        rows,
        |(event, delivery)| [
            delivery.id,
            event.id,
            delivery.destination.as_str(),
            delivery.body.as_slice(),
            first_state(event, delivery),
            0i64,
            millis(event.created_at),
            delivery.after,
        ]
    )
    .await?;
    Ok(())
}

fn first_state(event: &NewEvent, delivery: &NewDelivery) -> &'static str {
    match delivery.after {
        _ if event.held => "held",
        Some(_) => "behind",
        None => "waiting",
    }
}

/// The destination after `past` in the alphabet for which anything waits, due or not.
pub async fn next_destination(connection: &mut Connection, past: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = fetch_optional!(
        connection,
        (String,),
        "select destination
         from delivery
         where state = 'waiting' and destination > $1
         order by destination
         limit 1",
        past,
    )
    .await?;
    Ok(row.map(|(destination,)| destination))
}

/// When the next delivery to a destination is due, or a lease on one runs out.
pub async fn next_due(connection: &mut Connection, destination: &str) -> Result<Option<i64>, StoreError> {
    let row: Option<(i64,)> = fetch_optional!(
        connection,
        (i64,),
        "select due_at
         from delivery
         where state = 'waiting' and destination = $1
         order by due_at, delivery_id
         limit 1",
        destination,
    )
    .await?;
    Ok(row.map(|(due_at,)| due_at))
}

/// Takes up to `limit` due deliveries to one destination under `lease`, which holds until `until`.
///
/// Per destination, so that one that hangs cannot fill every place; oldest first, so that one delivery that fails
/// cannot starve the rest. The attempt is counted when it begins: one that kills the process is not made forever.
pub async fn claim(
    tx: &mut Transaction,
    destination: &str,
    now: i64,
    limit: i64,
    lease: Uuid,
    until: i64,
) -> Result<Vec<Claimed>, StoreError> {
    fetch_all!(
        tx,
        Claimed,
        {
            // SQLite has one writer at a time: nobody else is in here.
            sqlite: "with due as materialized (
                         select delivery_id as id
                         from delivery
                         where state = 'waiting' and destination = $1 and due_at <= $2
                         order by due_at, delivery_id
                         limit $3
                     )
                     update delivery
                     set lease = $4, due_at = $5, attempt = attempt + 1, begun_at = coalesce(begun_at, $2)
                     from due
                     where delivery_id = due.id
                     returning delivery_id, event_id, body, attempt,
                         (select kind from event where event.event_id = delivery.event_id) as kind,
                         (select submission_id from event where event.event_id = delivery.event_id) as submission_id,
                         (select subject_id from event where event.event_id = delivery.event_id) as subject_id",
            // Another collector's rows are passed over, not waited for.
            postgres: "with due as materialized (
                         select delivery_id as id
                         from delivery
                         where state = 'waiting' and destination = $1 and due_at <= $2
                         order by due_at, delivery_id
                         limit $3
                         for update skip locked
                     )
                     update delivery
                     set lease = $4, due_at = $5, attempt = attempt + 1, begun_at = coalesce(begun_at, $2)
                     from due
                     where delivery_id = due.id
                     returning delivery_id, event_id, body, attempt,
                         (select kind from event where event.event_id = delivery.event_id) as kind,
                         (select submission_id from event where event.event_id = delivery.event_id) as submission_id,
                         (select subject_id from event where event.event_id = delivery.event_id) as subject_id",
        },
        destination,
        now,
        limit,
        lease,
        until,
    )
    .await
}

/// Writes down that the receiver has it, and drops the body: the values live on in the vault alone.
///
/// Whoever holds the lease by now: what was received was received, and to send it again would double it.
pub async fn delivered(tx: &mut Transaction, delivery: Uuid, status: u16, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set state = 'delivered', body = null, lease = null, status = $2, reason = null, settled_at = $3
         where delivery_id = $1 and state in ('waiting', 'failed')",
        delivery,
        i64::from(status),
        now,
    )
    .await
}

/// Puts a delivery back until `due_at`. 0 rows: the lease was no longer ours, and whoever has it decides.
pub async fn again(
    tx: &mut Transaction,
    delivery: Uuid,
    lease: Uuid,
    due_at: i64,
    reason: &str,
) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set lease = null, due_at = $3, reason = $4
         where delivery_id = $1 and lease = $2 and state = 'waiting'",
        delivery,
        lease,
        due_at,
        reason,
    )
    .await
}

/// Gives a delivery up; it is listed from now on, and the owner's next mail tells of it. 0 rows: the lease was no longer
/// ours.
pub async fn failed(
    tx: &mut Transaction,
    delivery: Uuid,
    lease: Uuid,
    reason: &str,
    now: i64,
) -> Result<u64, StoreError> {
    let rows = execute!(
        tx,
        "update delivery
         set state = 'failed', lease = null, reason = $3, settled_at = $4
         where delivery_id = $1 and lease = $2 and state = 'waiting'",
        delivery,
        lease,
        reason,
        now,
    )
    .await?;
    if rows > 0 {
        mail::sql::note(tx, mail::sql::Kind::Delivery, &[delivery], now).await?;
    }
    Ok(rows)
}

/// Writes down that it is over without having been sent, and drops the body. 0 rows: the lease was no longer ours.
pub async fn withheld(
    tx: &mut Transaction,
    delivery: Uuid,
    lease: Uuid,
    reason: &str,
    now: i64,
) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set state = 'withheld', body = null, lease = null, reason = $3, settled_at = $4
         where delivery_id = $1 and lease = $2 and state = 'waiting'",
        delivery,
        lease,
        reason,
        now,
    )
    .await
}

/// Lets what waits behind a delivery go, now that it is over. Call it whenever one is settled.
pub async fn let_follow(tx: &mut Transaction, delivery: Uuid, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set state = 'waiting', due_at = $2
         where after_id = $1 and state = 'behind'",
        delivery,
        now,
    )
    .await
}

/// The deliveries of a submission's lead, each locked until the transaction ends: none begins meanwhile, and what is
/// said about it stays true.
pub async fn lead_deliveries(tx: &mut Transaction, submission: Uuid) -> Result<Vec<LeadDelivery>, StoreError> {
    fetch_all!(
        tx,
        LeadDelivery,
        {
            sqlite: "select delivery_id, destination, state, begun_at is not null as begun
                     from event
                     join delivery on delivery.event_id = event.event_id
                     where event.submission_id = $1 and event.kind = 'lead.submitted'
                     order by delivery_id",
            // All of them, and looked at only then: a claim that is under way is waited for and seen.
            postgres: "select delivery_id, destination, state, begun_at is not null as begun
                       from event
                       join delivery on delivery.event_id = event.event_id
                       where event.submission_id = $1 and event.kind = 'lead.submitted'
                       order by delivery_id
                       for update of delivery",
        },
        submission,
    )
    .await
}

/// Makes a waiting delivery due at once, unless an attempt is under way: something waits behind it.
pub async fn hurry(tx: &mut Transaction, delivery: Uuid, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set due_at = $2
         where delivery_id = $1 and state = 'waiting' and lease is null and due_at > $2",
        delivery,
        now,
    )
    .await
}

/// Lets the deliveries of a quarantined submission go; answers how many. After the commit, `Outbox::wake`.
pub async fn release(tx: &mut Transaction, event: Uuid, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set state = 'waiting', due_at = $2
         where event_id = $1 and state = 'held'",
        event,
        now,
    )
    .await
}

/// Begins anew with a delivery that was given up; answers whether there was such. After the commit, `Outbox::wake`.
pub async fn send_again(tx: &mut Transaction, delivery: Uuid, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set state = 'waiting', attempt = 0, due_at = $2, settled_at = null
         where delivery_id = $1 and state = 'failed'",
        delivery,
        now,
    )
    .await
}

/// What did not succeed yet or was given up, each with its reason, the newest first.
pub async fn list_troubled(connection: &mut Connection, limit: i64) -> Result<Vec<Troubled>, StoreError> {
    fetch_all!(
        connection,
        Troubled,
        "select delivery_id, event_id, destination, state, attempt, reason, due_at
         from delivery
         where reason is not null and state in ('waiting', 'failed')
         order by delivery_id desc
         limit $1",
        limit,
    )
    .await
}

/// Counts what is not delivered.
pub async fn backlog(connection: &mut Connection) -> Result<Backlog, StoreError> {
    let counts = fetch_optional!(
        connection,
        Backlog,
        "select
             (select count(*) from delivery where state = 'waiting')
                 + (select count(*) from delivery where state = 'behind') as waiting,
             (select count(*) from delivery where state = 'held') as held,
             (select count(*) from delivery where state = 'failed') as failed",
    )
    .await?;
    Ok(counts.unwrap_or_default())
}

/// What of a lead lies in the outbox, sealed under the identity key.
#[derive(Clone, sqlx::FromRow)]
pub struct LeadBody {
    /// The delivery.
    pub delivery_id: Uuid,
    /// Sealed.
    pub body: Vec<u8>,
}

/// The bodies of a submission's lead that were not delivered and may not stay as they are.
pub async fn lead_bodies(tx: &mut Transaction, submission: Uuid) -> Result<Vec<LeadBody>, StoreError> {
    fetch_all!(
        tx,
        LeadBody,
        "select delivery_id, body
         from event
         join delivery on delivery.event_id = event.event_id
         where event.submission_id = $1
           and event.kind = 'lead.submitted'
           and body is not null
         order by delivery_id",
        submission,
    )
    .await
}

/// Puts a smaller body in the place of one; an attempt that is under way has its own copy.
pub async fn replace_body(tx: &mut Transaction, delivery: Uuid, body: &[u8]) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set body = $2
         where delivery_id = $1
           and body is not null",
        delivery,
        body,
    )
    .await
}

/// Ends a delivery that may not be sent any more, in whatever state it is, and drops the body. 0 rows: an attempt is
/// under way, or it is over.
pub async fn withhold(tx: &mut Transaction, delivery: Uuid, reason: &str, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set state = 'withheld', body = null, lease = null, reason = $2, settled_at = $3
         where delivery_id = $1
           and body is not null
           and (lease is null or due_at <= $3)",
        delivery,
        reason,
        now,
    )
    .await
}

/// Whether the rules of a submission have to be looked at before anything more of it is sent.
pub async fn is_due(connection: &mut Connection, submission: Uuid, now: i64) -> Result<bool, StoreError> {
    let row: Option<(i64,)> = fetch_optional!(
        connection,
        (i64,),
        "select due_at
         from submission
         where submission_id = $1
           and due_at <= $2",
        submission,
        now,
    )
    .await?;
    Ok(row.is_some())
}

/// Brings forward what waits for a time that the schedule never gives: the clock was ahead when it was put off, and has
/// been set right since. Whatever was under way by that clock is over at `due_at`.
pub async fn bring_forward(tx: &mut Transaction, beyond: i64, due_at: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set due_at = $2
         where state = 'waiting'
           and due_at > $1",
        beyond,
        due_at,
    )
    .await
}

/// Ends every delivery of a submission that still holds a body and is not under way. Answers how many.
pub async fn withhold_all(tx: &mut Transaction, submission: Uuid, reason: &str, now: i64) -> Result<u64, StoreError> {
    execute!(
        tx,
        "update delivery
         set state = 'withheld', body = null, lease = null, reason = $2, settled_at = $3
         where event_id in (select event_id from event where submission_id = $1)
           and body is not null
           and (lease is null or due_at <= $3)",
        submission,
        reason,
        now,
    )
    .await
}
