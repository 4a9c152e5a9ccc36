//! Whether the clock may be trusted with what cannot be brought back.
//!
//! A machine that boots with a flat battery, or in the hands of a virtual one's host, may believe that it is years later,
//! and everything that was promised to end by then would be destroyed. So each run notes where the clock stood. Where it
//! is weeks away from that, use stops as the clock says (nothing is sent that is over by it), but nothing ends and nothing
//! is destroyed beyond the day that was trusted last, until the owner names today's date
//! (`unticked retention confirm-clock`), the clock is set right, or it has gone on evenly for weeks. A collector that was
//! off for two months looks the same from here, and is asked the same question.

use jiff::{SignedDuration, Timestamp};

use super::sql;
use crate::store::{
    Connection, Store, StoreError, Transaction,
    values::{millis, time},
};

/// How far the clock may be from where it was trusted last. A collector that runs notes it every hour.
pub const PLAUSIBLE: SignedDuration = SignedDuration::from_hours(24 * 28);
/// A clock that has gone on evenly for so long, under the owner's eyes, is right: a wrong one breaks TLS, signatures and mails.
pub const PROOF: SignedDuration = SignedDuration::from_hours(24 * 28);
/// What one look adds to it at most; a running collector looks every hour, and what passes while it is off proves nothing.
const STEP: SignedDuration = SignedDuration::from_hours(1);
/// Nearer looks need not be noted again.
const NOTABLE: SignedDuration = SignedDuration::from_mins(1);
/// Before this program was written: 2026-11-01.
const WRITTEN: Timestamp = Timestamp::constant(1_793_491_200, 0);

/// What is known of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Where it stood when it was trusted last.
    pub trusted_at: Timestamp,
    /// Where it stood last, while it is away from that.
    pub heard_at: Option<Timestamp>,
    /// For how long it has gone on evenly there.
    pub steady: SignedDuration,
}

/// The present, as far as it may be acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// What the clock says.
    pub now: Timestamp,
    /// What is due by then may end: `now`, unless that is in doubt.
    pub until: Timestamp,
}

/// The clock has jumped ahead, and nobody has confirmed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// Where it was trusted last.
    pub trusted_at: Timestamp,
    /// When it is trusted by itself, if it goes on and nobody says anything.
    pub proven_at: Timestamp,
}

impl Present {
    /// A clock that is right.
    pub fn certain(now: Timestamp) -> Self {
        Self { now, until: now }
    }

    /// Whether the clock is not trusted.
    pub fn is_doubted(&self) -> bool {
        self.until < self.now
    }
}

impl Mark {
    /// The clock is right at `now`.
    pub fn trusting(now: Timestamp) -> Self {
        Self { trusted_at: now, heard_at: None, steady: SignedDuration::ZERO }
    }

    /// What to act on at `now`. A clock that is behind ends nothing too early and is let be.
    pub fn present(&self, now: Timestamp) -> Present {
        let ahead = now.duration_since(self.trusted_at) > PLAUSIBLE;
        Present { now, until: if ahead { self.trusted_at } else { now } }
    }
}

/// What is known of the clock after a look at `now`; none where it cannot be right.
pub fn look(known: Option<&Mark>, now: Timestamp) -> Option<Mark> {
    let Some(known) = known else { return (now >= WRITTEN).then(|| Mark::trusting(now)) };
    if now.duration_since(known.trusted_at).abs() <= PLAUSIBLE {
        return Some(Mark::trusting(now));
    }
    // Somewhere else again: what it did before proves nothing.
    let before = known.heard_at.filter(|before| now.duration_since(*before).abs() <= PLAUSIBLE);
    let steady = before.map_or(SignedDuration::ZERO, |before| {
        known.steady + now.duration_since(before).clamp(SignedDuration::ZERO, STEP)
    });
    if steady >= PROOF {
        return Some(Mark::trusting(now));
    }
    Some(Mark { heard_at: Some(now), steady, ..*known })
}

/// Whether the difference is worth a write.
fn is_notable(known: Option<&Mark>, looked: &Mark) -> bool {
    let Some(known) = known else { return true };
    let place = |mark: &Mark| mark.heard_at.unwrap_or(mark.trusted_at);
    known.heard_at.is_some() != looked.heard_at.is_some() || place(looked).duration_since(place(known)).abs() >= NOTABLE
}

/// Looks at the clock before a run, and notes it.
pub async fn note(store: &Store, now: Timestamp) -> Result<Present, StoreError> {
    // Somebody may confirm it between the look and the note: then once more.
    for _ in 0..3 {
        let known = mark(&mut store.read().await?).await?;
        let Some(looked) = look(known.as_ref(), now) else { return Ok(Present::certain(now)) };
        let instead_of = known.map_or(Timestamp::UNIX_EPOCH, |known| known.trusted_at);
        if !is_notable(known.as_ref(), &looked) || set(store, &looked, Some(instead_of)).await? {
            return Ok(looked.present(now));
        }
    }
    present(&mut store.read().await?, now).await
}

/// What to act on at `now`, in a transaction of the caller's; nothing is noted.
pub async fn present(connection: &mut Connection, now: Timestamp) -> Result<Present, StoreError> {
    Ok(mark(connection).await?.map_or(Present::certain(now), |mark| mark.present(now)))
}

/// Why the clock is not trusted at `now`, where it is not.
pub async fn doubt(store: &Store, now: Timestamp) -> Result<Option<Doubt>, StoreError> {
    let Some(mark) = mark(&mut store.read().await?).await? else { return Ok(None) };
    Ok(mark.present(now).is_doubted().then(|| Doubt {
        trusted_at: mark.trusted_at,
        proven_at: now.saturating_add(PROOF - mark.steady).unwrap_or(Timestamp::MAX),
    }))
}

/// The owner says that the clock is right.
pub async fn confirm(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    set(store, &Mark::trusting(now), None).await.map(drop)
}

async fn mark(connection: &mut Connection) -> Result<Option<Mark>, StoreError> {
    let Some(row) = sql::clock(connection).await? else { return Ok(None) };
    let (trusted_at, heard_at, steady) = row;
    Ok(Some(Mark {
        trusted_at: time(trusted_at)?,
        heard_at: heard_at.map(time).transpose()?,
        steady: SignedDuration::from_millis(steady),
    }))
}

async fn set(store: &Store, mark: &Mark, instead_of: Option<Timestamp>) -> Result<bool, StoreError> {
    let steady = i64::try_from(mark.steady.as_millis()).unwrap_or(i64::MAX);
    let (trusted_at, heard_at) = (millis(mark.trusted_at), mark.heard_at.map(millis));
    let mut tx: Transaction = store.begin().await?;
    let noted = sql::note_clock(&mut tx, trusted_at, heard_at, steady, instead_of.map(millis)).await?;
    tx.commit().await?;
    Ok(noted > 0)
}
