//! What the ring holds, what lies under each key, and who knows it.

use jiff::Timestamp;

use super::{RotationError, sql, sql::User, users};
use crate::{
    store::{Store, StoreError},
    vault::{KeyId, KeyInfo, KeyRing, Kind},
};

/// How much lies under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The key.
    pub id: KeyId,
    /// Rows.
    pub count: i64,
}

/// What lies under which key of a kind; of tickets nothing is kept.
pub async fn sealed_under(store: &Store, kind: Kind) -> Result<Vec<Count>, StoreError> {
    let rows = match kind {
        Kind::Wrap => sql::wrapped_under(&mut store.keys().read().await?).await?,
        Kind::Value => sql::values_under(&mut store.read().await?).await?,
        Kind::Ticket => Vec::new(),
    };
    Ok(rows.into_iter().filter_map(|(id, count)| Some(Count { id: KeyId::of(&id)?, count })).collect())
}

/// One key, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Of what kind.
    pub kind: Kind,
    /// The key.
    pub key: KeyInfo,
    /// How much lies under it; not known of tickets.
    pub sealed: Option<i64>,
}

/// The whole ring.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Each key, in the file's order.
    pub keys: Vec<Listed>,
    /// Keys that are not in the ring and that something lies under.
    pub missing: Vec<(Kind, Count)>,
    /// Collectors at work, and whether each of them works with this very ring.
    pub users: Vec<(User, bool)>,
}

/// Looks at everything.
pub async fn list(store: &Store, ring: &KeyRing, now: Timestamp) -> Result<Listing, RotationError> {
    let (mut keys, mut missing) = (Vec::new(), Vec::new());
    for kind in Kind::ALL {
        let counts = sealed_under(store, kind).await?;
        let under = |id| counts.iter().find(|one| one.id == id).map_or(0, |one| one.count);
        keys.extend(ring.keys(kind).into_iter().map(|key| {
            let sealed = (kind != Kind::Ticket).then(|| under(key.id));
            Listed { kind, key, sealed }
        }));
        missing.extend(counts.iter().filter(|one| !ring.has(kind, one.id)).map(|one| (kind, *one)));
    }
    let users = users::at_work(store, now).await?;
    let users = users.into_iter().map(|user| {
        let same = user.knows == ring.knows();
        (user, same)
    });
    Ok(Listing { keys, missing, users: users.collect() })
}
