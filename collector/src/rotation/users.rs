//! Collectors say in the key store which keys they know; whoever changes keys waits for them.

use std::{path::PathBuf, time::Duration};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::sql::{self, User};
use crate::{
    store::{Store, StoreError, values::millis},
    vault::{KeyId, Kind, Ring},
    world::Clock,
};

/// How often a collector looks at the file.
const LOOK: Duration = Duration::from_secs(1);
/// How often it says that it is there.
const BEAT: Duration = Duration::from_secs(30);
/// Who has not been heard of for so long has died.
pub const STALE: SignedDuration = SignedDuration::from_secs(75);
/// Until then it may be read who was there.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// A collector's place among the users of the ring.
pub struct AtWork {
    store: Store,
    ring: Ring,
    clock: Clock,
    collector: Uuid,
    place: String,
}

impl AtWork {
    /// Of this process.
    pub fn new(store: Store, ring: Ring, clock: Clock, collector: Uuid) -> Self {
        let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let place = format!("{machine}, process {}", std::process::id());
        Self { store, ring, clock, collector, place }
    }

    /// Says which keys it knows.
    pub async fn note(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.keys().begin().await?;
        sql::note_user(&mut tx, self.collector, &self.place, &self.ring.current().knows(), millis(now)).await?;
        let long_ago = now.saturating_sub(FORGOTTEN).unwrap_or(Timestamp::MIN);
        sql::forget_users(&mut tx, millis(long_ago)).await?;
        tx.commit().await
    }

    /// Follows the file until `stopped`, and says so whenever it has learnt something.
    pub async fn follow(self, stopped: impl Future<Output = ()>) {
        let mut stopped = std::pin::pin!(stopped);
        let mut complaint = String::new();
        let mut noted = self.ring.current().knows();
        let mut since_beat = Duration::ZERO;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = &mut stopped => break,
            }
            since_beat += LOOK;
            match self.ring.learn() {
                Ok(_) => complaint.clear(),
                Err(error) => {
                    let said = error.to_string();
                    if said != complaint {
                        tracing::error!(%error, "the key ring changed and cannot be used; the keys known before stay in use");
                    }
                    complaint = said;
                }
            }
            let knows = self.ring.current().knows();
            // Somebody who met a key that we did not know may have learnt it before us.
            if knows != noted {
                tracing::info!(keys = knows, "learnt the keys of the ring anew");
            }
            if knows != noted || since_beat >= BEAT {
                since_beat = Duration::ZERO;
                match self.note().await {
                    Ok(()) => noted = knows,
                    Err(error) => tracing::warn!(%error, "the key store does not take which keys are known"),
                }
            }
        }
        let Ok(mut tx) = self.store.keys().begin().await else { return };
        if sql::forget_user(&mut tx, self.collector).await.is_ok() {
            let _ = tx.commit().await;
        }
    }
}

/// What a user said it knows.
pub fn knows(text: &str, kind: Kind) -> Vec<KeyId> {
    let mut words = text.split(' ').skip_while(|word| *word != kind.as_str()).skip(1);
    std::iter::from_fn(|| words.next()).map_while(KeyId::parse).collect()
}

/// The users who are at work at `now`.
pub async fn at_work(store: &Store, now: Timestamp) -> Result<Vec<User>, StoreError> {
    let since = now.saturating_sub(STALE).unwrap_or(Timestamp::MIN);
    sql::users(&mut store.keys().read().await?, millis(since)).await
}

/// Where the users are to whom `fits` does not apply.
pub fn places(users: &[User], fits: impl Fn(&User) -> bool) -> Vec<String> {
    users.iter().filter(|user| !fits(user)).map(|user| user.place.clone()).collect()
}

/// The path of a ring, for messages.
pub fn path_of(ring: &Ring) -> PathBuf {
    ring.path().map(ToOwned::to_owned).unwrap_or_default()
}
