//! Takes due deliveries, makes the attempts, writes down how they went.
//!
//! One turn is one transaction: what has ended is settled and what is due is claimed in it. Between two
//! turns this process may die at any point: a claim without its outcome is a lease that runs out.

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::Notify,
    task::{Id, JoinError, JoinSet},
};
use unticked_shared::id::PurposeId;
use uuid::Uuid;

use super::{
    destinations::{ATTEMPT_TIMEOUT, Courier, Parcel, Target},
    schedule::{Outcome, Verdict, judge},
    sql::{self, Claimed},
};
use crate::{
    store::{Store, StoreError, Transaction, values::millis},
    world::{Clock, Random},
};

/// Attempts to one destination at the same time. One that hangs keeps these places and no others.
pub const PER_DESTINATION: usize = 8;
/// How long a claim holds: an attempt, and what may pass before it is written down.
pub const LEASE: Duration = Duration::from_mins(1);
/// How long the worker sleeps at most: other collectors on the same database do not wake it.
const POLL: Duration = Duration::from_secs(1);
/// How long it sleeps at least, when what is due is somebody else's or the database is away.
const BREATH: Duration = Duration::from_millis(50);
/// What passes between two turns at least. A turn takes SQLite's only writer and a commit of its own: while visitors wait
/// for the same writer, what ends within this time is written down together.
const REST: Duration = Duration::from_millis(20);
/// An attempt that its courier does not end is ended here, well within the lease.
const OVERDUE: Duration = ATTEMPT_TIMEOUT.saturating_add(Duration::from_secs(10));

/// Finds a destination by name, as it is defined now.
pub type Targets = Arc<dyn Fn(&str) -> Result<Target, NoTarget> + Send + Sync>;

/// Why a delivery has nowhere to go now. It is tried again: definitions change, and collectors are
/// brought up to date one after the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTarget {
    /// The definitions do not name it.
    #[error("no destination of this name is defined")]
    Undefined,
    /// Its secret is missing or cannot be read; the text says which.
    #[error("{0}")]
    Unusable(String),
}

/// Why a body does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// The subject's key was destroyed (Art. 17): there is nothing left that could be sent.
    #[error("the person was forgotten; nothing is left to send")]
    Forgotten,
    /// The key store cannot be read now, or the ring lacks the key.
    #[error("the body cannot be opened: {0}")]
    Locked(String),
    /// Everything in it was taken back or is over: whoever has not received it by now does not receive it.
    #[error("nothing in it may be used any more: taken back, or kept for long enough")]
    Groundless,
    /// A period is over and nobody has carried it out yet: what is left to send is not known.
    #[error("a retention period is over and is not carried out yet; it goes on after that")]
    Due,
    /// It opens to something that is no event.
    #[error("the body is no event that this version knows")]
    Unreadable,
}

/// The body of a delivery, opened.
pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, Unopened>> + Send + 'a>>;

/// Opens sealed bodies: the vault.
pub trait Opener: Send + Sync {
    /// The body as it may be sent at this moment, to a destination that serves these purposes.
    fn open<'a>(&'a self, claimed: &'a Claimed, served: &'a [PurposeId]) -> Opening<'a>;
}

/// What a worker works with.
#[derive(Clone)]
pub struct Tools {
    /// Where deliveries are kept.
    pub store: Store,
    /// Opens them.
    pub opener: Arc<dyn Opener>,
    /// Knows where they go.
    pub targets: Targets,
    /// Brings them there.
    pub courier: Arc<dyn Courier>,
    /// The clock.
    pub clock: Clock,
    /// For leases and jitter.
    pub random: Random,
}

/// An attempt that has ended and is not written down yet.
#[derive(Debug)]
struct Ended {
    flight: Flight,
    outcome: Outcome,
}

/// An attempt under way.
#[derive(Debug, Clone)]
struct Flight {
    delivery: Uuid,
    destination: String,
    attempt: u32,
    lease: Uuid,
}

/// The worker. [`Worker::run`] is its life; [`Worker::turn`] a step of it, for tests.
pub struct Worker {
    tools: Tools,
    bell: Arc<Notify>,
    attempts: JoinSet<Outcome>,
    flights: HashMap<Id, Flight>,
    ended: Vec<Ended>,
}

impl Worker {
    /// A worker that wakes when `bell` rings.
    pub fn new(tools: Tools, bell: Arc<Notify>) -> Self {
        Self { tools, bell, attempts: JoinSet::new(), flights: HashMap::new(), ended: Vec::new() }
    }

    /// Works until `shutdown`; then begins nothing more and waits for the attempts under way.
    pub async fn run(mut self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let pause = match self.turn().await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot work now; it tries again");
                    POLL
                }
            };
            tokio::select! {
                () = tokio::time::sleep(REST) => {}
                () = &mut shutdown => break,
            }
            tokio::select! {
                Some(end) = self.attempts.join_next_with_id() => self.note(end),
                () = self.bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
                () = &mut shutdown => break,
            }
        }
        self.finish().await;
        if let Err(error) = self.settle_alone().await {
            tracing::warn!(%error, "what was delivered last could not be written down; it goes again");
        }
    }

    /// Waits for every attempt under way, without writing down how they went.
    pub async fn finish(&mut self) {
        while let Some(end) = self.attempts.join_next_with_id().await {
            self.note(end);
        }
    }

    /// Whether no attempt is under way and none is waiting to be written down.
    pub fn is_idle(&self) -> bool {
        self.flights.is_empty() && self.ended.is_empty()
    }

    /// Settles what has ended, claims and begins what is due. Answers how long there is nothing to do unless
    /// an attempt ends or the bell rings.
    pub async fn turn(&mut self) -> Result<Duration, StoreError> {
        while let Some(end) = self.attempts.try_join_next_with_id() {
            self.note(end);
        }
        let now = self.tools.clock.now();
        let plan = self.look(now).await?;
        if self.ended.is_empty() && plan.due.is_empty() {
            return Ok(plan.pause);
        }
        let lease = self.tools.random.uuid(now);
        let mut tx = self.tools.store.begin().await?;
        let let_go = self.settle(&mut tx, now).await?;
        let until = millis(now.saturating_add(LEASE).unwrap_or(Timestamp::MAX));
        let mut claimed = Vec::new();
        for (destination, places) in plan.due {
            let rows = sql::claim(&mut tx, &destination, millis(now), places, lease, until).await?;
            claimed.extend(rows.into_iter().map(|row| (destination.clone(), row)));
        }
        // Only now does an attempt begin: a claim that was not committed is nobody's.
        tx.commit().await?;
        self.ended.clear();
        for (destination, row) in claimed {
            self.begin(destination, lease, row);
        }
        // What was let go became due after we had looked.
        Ok(if let_go { Duration::ZERO } else { plan.pause })
    }

    /// Which destinations have something due and places free, without taking SQLite's only writer for it.
    async fn look(&self, now: Timestamp) -> Result<Plan, StoreError> {
        let mut plan = Plan { due: Vec::new(), pause: POLL };
        let mut connection = self.tools.store.read().await?;
        let mut past = String::new();
        while let Some(destination) = sql::next_destination(&mut connection, &past).await? {
            let busy = self.flights.values().filter(|flight| flight.destination == destination).count();
            let places = PER_DESTINATION.saturating_sub(busy);
            if places > 0
                && let Some(due_at) = sql::next_due(&mut connection, &destination).await?
            {
                let wait = u64::try_from(due_at.saturating_sub(millis(now))).unwrap_or(0);
                plan.pause = plan.pause.min(Duration::from_millis(wait).max(BREATH));
                if wait == 0 {
                    plan.due.push((destination.clone(), i64::try_from(places).unwrap_or(1)));
                }
            }
            past = destination;
        }
        Ok(plan)
    }

    fn begin(&mut self, destination: String, lease: Uuid, claimed: Claimed) {
        let attempt = u32::try_from(claimed.attempt).unwrap_or(u32::MAX);
        // A clock that was put forward ends leases early. Our own attempt goes on under the new one: to begin a second
        // beside it would double the lead.
        if let Some(flight) = self.flights.values_mut().find(|flight| flight.delivery == claimed.delivery_id) {
            (flight.attempt, flight.lease) = (attempt, lease);
            return;
        }
        let flight = Flight { delivery: claimed.delivery_id, destination: destination.clone(), attempt, lease };
        let tools = self.tools.clone();
        let handle = self.attempts.spawn(async move {
            let attempt = attempt_once(&tools, &destination, &claimed);
            match tokio::time::timeout(OVERDUE, attempt).await {
                Ok(outcome) => outcome,
                Err(_) => Outcome::Unreachable("the attempt did not end in time".to_owned()),
            }
        });
        self.flights.insert(handle.id(), flight);
    }

    fn note(&mut self, end: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match end {
            Ok((id, outcome)) => (id, outcome),
            // A defect of ours; the hook has logged it. The delivery is kept all the same.
            Err(error) => (error.id(), Outcome::Unreachable("the attempt ended by a defect".to_owned())),
        };
        if let Some(flight) = self.flights.remove(&id) {
            self.ended.push(Ended { flight, outcome });
        }
    }

    async fn settle_alone(&mut self) -> Result<(), StoreError> {
        if self.ended.is_empty() {
            return Ok(());
        }
        let mut tx = self.tools.store.begin().await?;
        self.settle(&mut tx, self.tools.clock.now()).await?;
        tx.commit().await?;
        self.ended.clear();
        Ok(())
    }

    /// Writes down how attempts ended. They stay in `ended` until the commit: should it fail, they are
    /// settled again in the next turn, before anything more is claimed. Answers whether something waited behind them.
    async fn settle(&self, tx: &mut Transaction, now: Timestamp) -> Result<bool, StoreError> {
        let mut let_go = false;
        for Ended { flight, outcome } in &self.ended {
            let Flight { delivery, destination, attempt, lease } = flight;
            let verdict = judge(outcome, *attempt, now, u32::from_be_bytes(self.tools.random.bytes()));
            let rows = match &verdict {
                Verdict::Delivered { status } => sql::delivered(tx, *delivery, *status, millis(now)).await?,
                Verdict::Again { due_at, reason } => sql::again(tx, *delivery, *lease, millis(*due_at), reason).await?,
                Verdict::Failed { reason } => sql::failed(tx, *delivery, *lease, reason, millis(now)).await?,
                Verdict::Withheld { reason } => sql::withheld(tx, *delivery, *lease, reason, millis(now)).await?,
            };
            if rows > 0 && !matches!(verdict, Verdict::Again { .. }) {
                // Whatever became of it, nothing is left to overtake.
                let_go |= sql::let_follow(tx, *delivery, millis(now)).await? > 0;
            }
            match verdict {
                _ if rows == 0 => {
                    tracing::warn!(%delivery, destination, attempt, "an attempt outlived its lease; another one decides");
                }
                Verdict::Delivered { status } => {
                    tracing::debug!(%delivery, destination, attempt, status, "delivered an event");
                }
                Verdict::Again { due_at, reason } => {
                    tracing::warn!(%delivery, destination, attempt, reason, again = %due_at, "an event was not delivered");
                }
                Verdict::Failed { reason } => {
                    tracing::error!(%delivery, destination, attempt, reason, "gave an event up; it stays listed");
                }
                Verdict::Withheld { reason } => {
                    tracing::info!(%delivery, destination, attempt, reason, "an event was not sent");
                }
            }
        }
        Ok(let_go)
    }
}

struct Plan {
    due: Vec<(String, i64)>,
    pause: Duration,
}

async fn attempt_once(tools: &Tools, destination: &str, claimed: &Claimed) -> Outcome {
    let target = match (tools.targets)(destination) {
        Ok(target) => target,
        Err(nowhere) => return Outcome::Unreachable(nowhere.to_string()),
    };
    let body = match tools.opener.open(claimed, &target.purposes).await {
        Ok(body) => body,
        Err(unopened @ Unopened::Unreadable) => return Outcome::Impossible(unopened.to_string()),
        Err(unopened @ (Unopened::Forgotten | Unopened::Groundless)) => {
            return Outcome::Pointless(unopened.to_string());
        }
        Err(unopened @ (Unopened::Locked(_) | Unopened::Due)) => return Outcome::Unreachable(unopened.to_string()),
    };
    let parcel = Parcel { event: claimed.event_id.to_string(), sent_at: tools.clock.now().as_second(), body };
    tools.courier.deliver(&target, &parcel).await
}
