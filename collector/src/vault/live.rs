//! The key ring at work: it learns what its file says now, so that keys can be changed while collectors run.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::{
    ring::{KeyRing, RingError},
    ring_file::{Stamp, stamp},
};
use crate::world::Random;

/// A key ring that follows its file. A clone is the same one; `Debug` hides the keys.
#[derive(Clone)]
pub struct Ring(Arc<Inner>);

struct Inner {
    path: Option<PathBuf>,
    now: RwLock<Arc<KeyRing>>,
    /// Of the file when it was read last.
    seen: Mutex<Option<Stamp>>,
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ring(…)")
    }
}

impl Ring {
    /// A ring that does not change.
    pub fn fixed(ring: KeyRing) -> Self {
        Self(Arc::new(Inner { path: None, now: RwLock::new(Arc::new(ring)), seen: Mutex::default() }))
    }

    /// The ring of a file; makes it when it does not exist.
    pub fn open(path: &Path, random: &Random) -> Result<Self, RingError> {
        // Before it is read: what changes in between is seen as a change.
        let seen = stamp(&path.to_owned());
        let ring = KeyRing::open(path, random)?;
        let seen = if ring.made_now() { stamp(&path.to_owned()) } else { seen };
        Ok(Self::following(ring, path, seen))
    }

    /// The ring of a file, which is not made.
    pub fn open_existing(path: &Path) -> Result<Self, RingError> {
        let seen = stamp(&path.to_owned());
        Ok(Self::following(KeyRing::open_existing(path)?, path, seen))
    }

    fn following(ring: KeyRing, path: &Path, seen: Option<Stamp>) -> Self {
        let inner = Inner { path: Some(path.to_owned()), now: RwLock::new(Arc::new(ring)), seen: Mutex::new(seen) };
        Self(Arc::new(inner))
    }

    /// The keys as they are known now.
    pub fn current(&self) -> Arc<KeyRing> {
        Arc::clone(&self.0.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its file.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// Looks whether the file says something else now, and learns it; answers whether it did. What cannot be read, and
    /// the ring of another collector, is refused, and the known keys stay in use.
    pub fn learn(&self) -> Result<bool, RingError> {
        let Some(path) = &self.0.path else { return Ok(false) };
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(path);
        if stamp.is_some() && stamp == *seen {
            return Ok(false);
        }
        let ring = KeyRing::open_existing(path)?;
        let known = self.current();
        if ring.fingerprint() != known.fingerprint() {
            let reason =
                "it is another ring than the one that the collector was started with; put the right one back, or \
                          restart the collector"
                    .to_owned();
            return Err(RingError::Content { path: path.clone(), reason });
        }
        *seen = stamp;
        let changed = ring.knows() != known.knows();
        *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        Ok(changed)
    }
}
