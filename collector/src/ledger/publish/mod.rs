//! What strangers see of the ledger, and how often.
//!
//! The last signed head is shown to the world when an interval of the clock begins (`ledger.publish_every`), never at the
//! moment at which somebody sent a form: the pace of heads tells outsiders of the traffic. Several collectors on one
//! PostgreSQL publish in turns, under a lock, and only what continues what was published before ([`Publisher::publish`]).
//! [`http`] serves what a published head covers, and nothing else, as C2SP tlog-tiles.

pub(crate) mod http;
mod page;
pub mod sql;

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, Semaphore};
use unticked_shared::{
    evidence,
    merkle::{
        Hash, proof,
        tile::{self, Tile},
    },
};

use self::sql::CheckpointRow;
use super::{Ledger, nodes, sql as ledger_sql};
use crate::{
    metrics::Metrics,
    store::{Connection, Store, StoreError, values::millis},
    world::Clock,
};

/// How often the clock is looked at; nothing but a test wakes the worker.
const POLL: Duration = Duration::from_secs(1);
/// How long it rests after a failure.
const REST: Duration = Duration::from_secs(20);
/// Strangers who read at the same time. The rest of the connections is left to visitors.
const READERS: usize = 2;

/// Shows the world how far the ledger has come. A clone is the same one.
#[derive(Clone)]
pub struct Publisher {
    tools: Arc<Tools>,
    bell: Arc<Notify>,
    readers: Arc<Semaphore>,
}

/// What it works with.
pub struct Tools {
    /// Both databases.
    pub store: Store,
    /// Whose heads they are.
    pub ledger: Ledger,
    /// The time between two published heads.
    pub every: Duration,
    /// The clock.
    pub clock: Clock,
    /// Told of each published head.
    pub metrics: Metrics,
}

impl Publisher {
    /// With these tools.
    pub fn new(tools: Tools) -> Self {
        Self { tools: Arc::new(tools), bell: Arc::default(), readers: Arc::new(Semaphore::new(READERS)) }
    }

    /// Looks at the clock now; for tests, whose clock moves by itself.
    pub fn wake(&self) {
        self.bell.notify_one();
    }

    /// Works until `shutdown`. What was signed before the start, and never shown, is shown at once.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut tried = None;
        loop {
            let now = self.interval(millis(self.tools.clock.now()));
            let mut pause = POLL;
            if tried != Some(now) {
                match self.publish().await {
                    Ok(_) => tried = Some(now),
                    Err(error) => {
                        tracing::error!(%error, "the head of the ledger cannot be published; it is tried again");
                        pause = REST;
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.bell.notified() => {}
                () = &mut shutdown => return,
            }
        }
    }

    /// Publishes the last signed head, where it is time and there is more than was published; answers what was published
    /// by this call.
    pub async fn publish(&self) -> Result<Option<CheckpointRow>, StoreError> {
        let Tools { store, ledger, clock, metrics, .. } = &*self.tools;
        let now = millis(clock.now());
        let Some(signed) = ledger_sql::signed(&mut store.keys().read().await?).await? else { return Ok(None) };
        if signed.origin != ledger.origin() {
            return Err(StoreError::Defect(format!(
                "the ledger goes on under another name, {}; stop this collector and start it again",
                signed.origin
            )));
        }
        let size = ledger_sql::number(signed.size)?;
        metrics.ledger("signed", signed.size);
        // A look without SQLite's only writer, which visitors need.
        let last = self.newest().await?;
        metrics.ledger("published", last.as_ref().map_or(0, |last| last.size));
        if !self.is_due(last.as_ref(), signed.size, now) {
            return Ok(None);
        }
        let mut tx = store.begin().await?;
        sql::lock(&mut tx).await?;
        let Some(origin) = current_origin(&mut tx, &signed.origin).await? else { return Ok(None) };
        let last = sql::newest(&mut tx, origin).await?;
        if !self.is_due(last.as_ref(), signed.size, now) {
            return Ok(None);
        }
        // Whoever has seen the one before must be able to follow: neither is shown where the tree does not lead to both.
        if let Some(last) = &last {
            follows(&mut tx, ledger_sql::number(last.size)?, &last.root).await?;
        }
        follows(&mut tx, size, &signed.root).await?;
        let row = CheckpointRow {
            origin_number: origin,
            size: signed.size,
            root: signed.root,
            note: signed.note,
            published_at: now,
        };
        sql::insert(&mut tx, &row).await?;
        tx.commit().await?;
        metrics.ledger("published", row.size);
        tracing::debug!(size, "published the head of the ledger");
        Ok(Some(row))
    }

    fn is_due(&self, last: Option<&CheckpointRow>, size: i64, now: i64) -> bool {
        // A clock that was set back is in another interval, too.
        last.is_none_or(|last| last.size < size && self.interval(last.published_at) != self.interval(now))
    }

    /// Which interval since 1970 a time lies in.
    fn interval(&self, millis: i64) -> i64 {
        millis.div_euclid(i64::try_from(self.tools.every.as_millis()).unwrap_or(i64::MAX).max(1))
    }

    /// The last published head.
    pub async fn newest(&self) -> Result<Option<CheckpointRow>, StoreError> {
        let mut connection = self.tools.store.read().await?;
        match current_origin(&mut connection, self.tools.ledger.origin()).await? {
            Some(origin) => sql::newest(&mut connection, origin).await,
            None => Ok(None),
        }
    }
}

/// The number of a name that the log has, or had.
async fn current_origin(connection: &mut Connection, origin: &str) -> Result<Option<i64>, StoreError> {
    let origins = ledger_sql::origins(connection).await?;
    Ok(origins.into_iter().find(|one| one.origin == origin).map(|one| one.number))
}

/// The tree has this head.
async fn follows(connection: &mut Connection, size: u64, root: &[u8]) -> Result<(), StoreError> {
    let edge = ledger_sql::head(connection).await?;
    let has = edge.size() >= size
        && nodes::with_nodes(connection, |nodes| proof::root(nodes, size)).await?.as_slice() == root;
    if has {
        return Ok(());
    }
    Err(StoreError::Defect(format!(
        "the ledger does not lead to its head of {size} entries: the main database has gone back, or was altered, under a \
         running collector. Stop it and say `unticked ledger status`"
    )))
}

/// The bytes of a tile, as they are served; none where no published head covers it.
async fn bytes_of(connection: &mut Connection, tile: &Tile, published: u64) -> Result<Option<Vec<u8>>, StoreError> {
    if !tile.exists_in(published) {
        return Ok(None);
    }
    let width = usize::try_from(tile.width).unwrap_or(usize::MAX);
    let Some(level) = tile.level else {
        let commitments = ledger_sql::leaves(connection, tile.begin(), tile.width).await?;
        if commitments.len() < width {
            return Err(hole(tile));
        }
        let entries: Vec<Vec<u8>> = commitments.iter().map(evidence::leaf).collect();
        return tile::write_entries(entries.iter().map(Vec::as_slice)).ok_or_else(|| hole(tile)).map(Some);
    };
    // It may have grown since: what was a part of it once is served to whoever still knows that head.
    let hashes: Vec<Hash> = nodes::stored(connection, level, tile.index).await?;
    match hashes.get(..width) {
        Some(hashes) => Ok(Some(hashes.as_flattened().to_vec())),
        None => Err(hole(tile)),
    }
}

fn hole(tile: &Tile) -> StoreError {
    StoreError::Defect(format!("{tile} of the ledger is not stored; `unticked ledger rebuild` makes the tiles anew"))
}

#[cfg(test)]
mod tests;
