//! The steps of a rotation, in an order in which none may do harm when it is the last.

use std::{fmt, path::PathBuf, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    RotationError, anew,
    list::{Count, sealed_under},
    sql::{self, User},
    users::{at_work, knows, path_of, places},
};
use crate::{
    placements::tickets::LIFE_SECONDS,
    store::{
        Store,
        values::{millis, rfc3339},
    },
    vault::{self, KeyId, Kind, Ring, Role, Vault, ring_file},
    world::Clock,
};

/// Tickets live for a day; clocks differ.
const TICKETS: SignedDuration = SignedDuration::from_secs(LIFE_SECONDS + 3600);

/// What the room works with.
#[derive(Clone)]
pub struct Tools {
    /// Both databases.
    pub store: Store,
    /// Its ring follows the file.
    pub vault: Vault,
    /// The clock.
    pub clock: Clock,
    /// How long collectors are waited for; longer than a dead one is remembered.
    pub patience: Duration,
    /// How long a submission may be under way after the key store has taken its keys: the writer gives it up after 20 s.
    pub under_way: Duration,
}

impl Tools {
    /// As the command works.
    pub fn new(store: Store, vault: Vault, clock: Clock) -> Self {
        Self { store, vault, clock, patience: Duration::from_secs(100), under_way: Duration::from_secs(25) }
    }

    fn ring(&self) -> &Ring {
        self.vault.ring_at_work()
    }

    fn path(&self) -> PathBuf {
        path_of(self.ring())
    }
}

/// What is being done, for the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "kind, id, count and places say what they are")]
pub enum Step {
    /// An earlier rotation was broken off.
    GoesOn { kind: Kind, left: i64 },
    /// Collectors are waited for.
    Waits { places: Vec<String> },
    /// A new key seals from now on.
    First { kind: Kind, id: KeyId },
    /// So many rows were sealed anew.
    Progress { kind: Kind, done: u64 },
    /// All of a kind is done.
    Sealed { kind: Kind, count: u64 },
    /// Rows that cannot be opened.
    Unreadable { kind: Kind, count: u64 },
    /// These collectors still seal with the old key.
    Behind { places: Vec<String> },
    /// A key has left the ring.
    Retired { kind: Kind, id: KeyId },
    /// A key stays for now.
    Kept { kind: Kind, id: KeyId, why: Kept },
}

/// Why a key stays in the ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Something lies under it.
    Sealed(i64),
    /// Tickets that it signed may still come.
    Tickets(Timestamp),
    /// These collectors still seal with it.
    Used(Vec<String>),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoesOn { kind, left } => {
                write!(f, "{kind}: an earlier rotation was broken off and goes on; {left} are left")
            }
            Self::Waits { places } => write!(f, "waiting until this collector knows the keys: {}", places.join("; ")),
            Self::First { kind, id } => write!(f, "{kind}: {id} is the first key now"),
            Self::Progress { kind, done } => write!(f, "{kind}: sealed {done} anew so far"),
            Self::Sealed { kind, count } => write!(f, "{kind}: sealed {count} anew"),
            Self::Unreadable { kind, count } => {
                write!(f, "{kind}: {count} cannot be opened and stay as they are, and so does the key that sealed them")
            }
            Self::Behind { places } => write!(
                f,
                "these collectors still seal with an older key, since their copy of the ring says so; bring them the file \
                 once more, then say the same command again: {}",
                places.join("; ")
            ),
            Self::Retired { kind, id } => write!(f, "{kind}: {id} has left the ring"),
            Self::Kept { kind, id, why } => match why {
                Kept::Sealed(count) => write!(f, "{kind}: {id} stays, {count} are sealed under it"),
                Kept::Tickets(until) => {
                    write!(
                        f,
                        "{kind}: {id} stays until {}, when the last ticket that it signed has expired",
                        rfc3339(*until)
                    )
                }
                Kept::Used(places) => write!(f, "{kind}: {id} stays, since it still seals at {}", places.join("; ")),
            },
        }
    }
}

/// Puts a new first key of each kind into the ring and seals anew what lies under older ones. Where an earlier rotation of
/// a kind was broken off that one goes on, and no further key is made.
pub async fn rotate(tools: &Tools, kinds: &[Kind], tell: &mut dyn FnMut(Step)) -> Result<(), RotationError> {
    tools.ring().learn()?;
    let mut fresh = Vec::new();
    for kind in kinds {
        let first = tools.vault.ring().first(*kind);
        let counts = sealed_under(&tools.store, *kind).await?;
        refuse_missing(tools, *kind, &counts)?;
        match counts.iter().filter(|one| one.id != first).map(|one| one.count).sum() {
            0 => fresh.push(*kind),
            left => tell(Step::GoesOn { kind: *kind, left }),
        }
    }
    let (path, random) = (tools.path(), tools.vault.random());
    if !fresh.is_empty() {
        ring_file::prepare(&path, &fresh, random, tools.clock.now())?;
        tools.ring().learn()?;
    }
    // Nobody seals under the new key yet: whoever does not know it now would meet what they cannot open.
    all_know(tools, tell).await?;
    if !fresh.is_empty() {
        ring_file::promote(&path, &fresh, random, tools.clock.now())?;
        tools.ring().learn()?;
        for kind in &fresh {
            tell(Step::First { kind: *kind, id: tools.vault.ring().first(*kind) });
        }
    }
    let behind = all_seal(tools, tell).await?;
    if !behind.is_empty() {
        tell(Step::Behind { places: behind });
    }
    settle(tools, Duration::from_secs(1)).await?;
    for kind in kinds.iter().filter(|kind| **kind != Kind::Ticket) {
        let count = anew::seal_anew(tools, *kind, tell).await?;
        tell(Step::Sealed { kind: *kind, count });
    }
    clean_up(tools, kinds).await
}

/// Takes older keys out of the ring under which nothing lies any more. From the moment at which one is noted as retired
/// the key store takes nothing that was sealed under it.
pub async fn retire(tools: &Tools, kinds: &[Kind], tell: &mut dyn FnMut(Step)) -> Result<(), RotationError> {
    tools.ring().learn()?;
    let behind = all_seal(tools, tell).await?;
    let kinds_left: Vec<Kind> = kinds.iter().copied().filter(|kind| !older(tools, *kind).is_empty()).collect();
    if behind.is_empty() && kinds_left.iter().any(|kind| *kind != Kind::Ticket) {
        // What was sealed just before a collector learnt the new key is on its way into the databases.
        settle(tools, Duration::from_secs(5)).await?;
        for kind in &kinds_left {
            anew::seal_anew(tools, *kind, tell).await?;
        }
    }
    let mut gone = Vec::new();
    let mut waited = false;
    for kind in &kinds_left {
        for id in older(tools, *kind) {
            match keeps(tools, *kind, id, &behind, &mut waited, tell).await? {
                Some(why) => tell(Step::Kept { kind: *kind, id, why }),
                None => gone.push((*kind, id)),
            }
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    // Whoever read a row before it was sealed anew has opened it by then.
    if !waited {
        settle(tools, Duration::from_secs(2)).await?;
    }
    ring_file::remove(&tools.path(), &gone, tools.vault.random())?;
    tools.ring().learn()?;
    for (kind, id) in gone {
        tell(Step::Retired { kind, id });
    }
    Ok(())
}

/// Waits a while where collectors are at work.
async fn settle(tools: &Tools, while_: Duration) -> Result<(), RotationError> {
    if !at_work(&tools.store, tools.clock.now()).await?.is_empty() {
        tokio::time::sleep(while_.min(tools.under_way)).await;
    }
    Ok(())
}

fn older(tools: &Tools, kind: Kind) -> Vec<KeyId> {
    let keys = tools.vault.ring().keys(kind);
    keys.into_iter().filter(|key| key.role == Role::Older).map(|key| key.id).collect()
}

/// Why a key must stay; none where it is retired now.
async fn keeps(
    tools: &Tools,
    kind: Kind,
    id: KeyId,
    behind: &[String],
    waited: &mut bool,
    tell: &mut dyn FnMut(Step),
) -> Result<Option<Kept>, RotationError> {
    if kind == Kind::Ticket {
        // It signed until the one before it in the ring became the first.
        let keys = tools.vault.ring().keys(kind);
        let newer = keys.windows(2).find(|pair| pair[1].id == id).and_then(|pair| pair[0].first_since);
        let until = newer.and_then(|since| since.checked_add(TICKETS).ok()).unwrap_or(Timestamp::MIN);
        return Ok((until > tools.clock.now()).then_some(Kept::Tickets(until)));
    }
    if !behind.is_empty() {
        return Ok(Some(Kept::Used(behind.to_vec())));
    }
    if let Some(count) = count_under(tools, kind, id).await? {
        return Ok(Some(Kept::Sealed(count)));
    }
    let now = millis(tools.clock.now());
    // Together with a last look, while nobody can write: what comes after it is refused, what came before it is seen.
    let mut tx = tools.store.keys().begin().await?;
    sql::hold_wrapped(&mut tx).await?;
    sql::retire(&mut tx, kind.as_str(), &id.0, now).await?;
    if kind == Kind::Wrap {
        let counts = sql::wrapped_under(&mut tx).await?;
        if let Some((_, count)) = counts.into_iter().find(|(under, _)| under[..] == id.0) {
            tx.rollback().await?;
            return Ok(Some(Kept::Sealed(count)));
        }
        tx.commit().await?;
        return Ok(None);
    }
    tx.commit().await?;
    // A submission that was let through just before may not be committed in the main database yet.
    if !*waited && !at_work(&tools.store, tools.clock.now()).await?.is_empty() {
        tell(Step::Waits { places: vec!["what was under way is waited for, half a minute".to_owned()] });
        tokio::time::sleep(tools.under_way).await;
        *waited = true;
    }
    anew::seal_anew(tools, kind, tell).await?;
    let mut tx = tools.store.begin().await?;
    sql::hold_values(&mut tx).await?;
    let counts = sql::values_under(&mut tx).await?;
    tx.rollback().await?;
    Ok(counts.into_iter().find(|(under, _)| under[..] == id.0).map(|(_, count)| Kept::Sealed(count)))
}

async fn count_under(tools: &Tools, kind: Kind, id: KeyId) -> Result<Option<i64>, RotationError> {
    let counts = sealed_under(&tools.store, kind).await?;
    Ok(counts.into_iter().find(|one| one.id == id).map(|one| one.count))
}

fn refuse_missing(tools: &Tools, kind: Kind, counts: &[Count]) -> Result<(), RotationError> {
    match counts.iter().find(|one| !tools.vault.ring().has(kind, one.id)) {
        Some(one) => Err(RotationError::Missing { kind, id: one.id.to_string(), count: one.count, path: tools.path() }),
        None => Ok(()),
    }
}

/// Waits until every collector at work knows every key of the ring.
async fn all_know(tools: &Tools, tell: &mut dyn FnMut(Step)) -> Result<(), RotationError> {
    let ring = tools.vault.ring();
    let knows_all = |user: &User| {
        Kind::ALL.into_iter().all(|kind| {
            let known = knows(&user.knows, kind);
            ring.keys(kind).iter().all(|key| known.contains(&key.id))
        })
    };
    let places = wait_for(tools, knows_all, tell).await?;
    if places.is_empty() { Ok(()) } else { Err(RotationError::NotLearnt { places, path: tools.path() }) }
}

/// Waits until every collector at work seals with our first keys; answers where the others are.
async fn all_seal(tools: &Tools, tell: &mut dyn FnMut(Step)) -> Result<Vec<String>, RotationError> {
    let ring = tools.vault.ring();
    let seals =
        |user: &User| Kind::ALL.into_iter().all(|kind| knows(&user.knows, kind).first() == Some(&ring.first(kind)));
    wait_for(tools, seals, tell).await
}

async fn wait_for(
    tools: &Tools,
    fits: impl Fn(&User) -> bool,
    tell: &mut dyn FnMut(Step),
) -> Result<Vec<String>, RotationError> {
    const PAUSE: Duration = Duration::from_millis(100);
    let mut waited = Duration::ZERO;
    let mut said = false;
    loop {
        let places = places(&at_work(&tools.store, tools.clock.now()).await?, &fits);
        if places.is_empty() || waited >= tools.patience {
            return Ok(places);
        }
        if !said && waited >= Duration::from_secs(3) {
            said = true;
            tell(Step::Waits { places });
        }
        tokio::time::sleep(PAUSE).await;
        waited += PAUSE;
    }
}

/// What was overwritten leaves the files, too.
async fn clean_up(tools: &Tools, kinds: &[Kind]) -> Result<(), RotationError> {
    if kinds.contains(&Kind::Wrap) {
        tools.store.keys().vacuum("subject_key").await?;
    }
    if kinds.contains(&Kind::Value) {
        tools.store.main().vacuum("value").await?;
    }
    for _ in 0..20 {
        if tools.store.fold_logs().await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tracing::warn!(
        "SQLite's logs still hold what was sealed before: somebody reads all the time; the next run folds them"
    );
    Ok(())
}

/// Whether anything among `sealed` lies under a retired key.
pub fn any_retired<'a>(retired: &[vault::sql::Retired], mut sealed: impl Iterator<Item = (Kind, &'a [u8])>) -> bool {
    !retired.is_empty()
        && sealed.any(|(kind, sealed)| {
            retired.iter().any(|one| one.kind == kind.as_str() && sealed.starts_with(&one.key_id))
        })
}
