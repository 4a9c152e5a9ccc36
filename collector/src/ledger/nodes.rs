//! Nodes of the tree from what is stored.
//!
//! Proofs are pure functions that ask for nodes one by one, and a database answers a few large questions better than
//! many small ones: the function runs once to hear what it asks for, that is fetched, and it runs again.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use unticked_shared::{
    evidence,
    merkle::{
        Hash, leaf_hash,
        proof::Nodes,
        tile::{self, WIDTH},
    },
};

use super::sql;
use crate::store::{Connection, StoreError};

/// A node that is not to be had: the tree is smaller, or what is stored has a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the node {index} of level {level} is not stored")]
pub struct Missing {
    level: u8,
    index: u64,
}

/// Hears what is asked for.
#[derive(Default)]
struct Asked(BTreeSet<(u8, u64)>);

impl Nodes for Asked {
    type Error = Missing;
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Missing> {
        self.0.insert((level, index));
        Ok([0; 32])
    }
}

struct Fetched(HashMap<(u8, u64), Hash>);

impl Nodes for Fetched {
    type Error = Missing;
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Missing> {
        self.0.get(&(level, index)).copied().ok_or(Missing { level, index })
    }
}

/// Runs `make`, a function of `shared::merkle::proof`, over the stored tree.
pub async fn with_nodes<T>(
    connection: &mut Connection,
    make: impl Fn(&mut (dyn Nodes<Error = Missing> + Send)) -> Result<T, Missing>,
) -> Result<T, StoreError> {
    let mut asked = Asked::default();
    make(&mut asked).map_err(hole)?;
    let mut tiles: HashMap<(u8, u64), Vec<Hash>> = HashMap::new();
    let mut fetched = HashMap::with_capacity(asked.0.len());
    for (level, index) in asked.0 {
        let (tiles_level, tile_index, range) = tile::place(level, index);
        let key = (tiles_level, tile_index);
        let hashes = match tiles.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(stored(connection, tiles_level, tile_index).await?),
        };
        if let Some(hash) = hashes.get(range).and_then(tile::fold) {
            fetched.insert((level, index), hash);
        }
    }
    make(&mut Fetched(fetched)).map_err(hole)
}

fn hole(missing: Missing) -> StoreError {
    StoreError::Defect(format!("the ledger has a hole: {missing}; `unticked ledger rebuild` makes its tiles anew"))
}

/// The hashes of a tile as far as the tree has come.
pub async fn stored(connection: &mut Connection, level: u8, index: u64) -> Result<Vec<Hash>, StoreError> {
    match sql::tile(connection, level, index).await? {
        Some(bytes) => match bytes.as_chunks::<32>() {
            (hashes, []) => Ok(hashes.to_vec()),
            _ => Err(StoreError::Defect(format!("the tile {index} of level {level} holds no whole hashes"))),
        },
        // The last one of level 0 is not kept before it is full.
        None if level == 0 => {
            let commitments = sql::leaves(connection, index * WIDTH, WIDTH).await?;
            Ok(commitments.iter().map(|commitment| leaf_hash(&evidence::leaf(commitment))).collect())
        }
        None => Ok(Vec::new()),
    }
}
