//! The ledger against itself and against the records: leaves, head, tiles, checkpoints, names, the last signed head.

use std::collections::{BTreeMap, VecDeque};

use unticked_shared::{
    evidence,
    merkle::{
        Checkpoint, Frontier, Hash, leaf_hash,
        note::{Note, Signer, VerifierKey},
        tile::WIDTH,
    },
};
use uuid::Uuid;

use super::{
    finding::{Finding, Hear, Place, Told},
    sql::{self, CheckpointRow, LeafRow, OriginRow, PlacedRow, SignedRow},
    tree::{MadeTile, Tree, peaks},
};
use crate::{
    ledger::{LedgerError, sql::RESTORED},
    store::{Connection, StoreError},
    vault::Vault,
};

/// Rows in one look.
const PAGE: i64 = 1024;
/// Records without a leaf that are named: more than that is one cause, and no list.
const UNPLACED: usize = 10_000;
/// Tiles in one look: 8 KiB each.
const TILES: i64 = 32;
/// Checkpoints that are named one by one; the rest is counted.
const NAMED: u64 = 3;

/// What the ledger came to.
#[derive(Debug, Default)]
pub struct Log {
    /// Leaves.
    pub leaves: u64,
    /// Published checkpoints.
    pub checkpoints: u64,
    /// Its root, where every leaf was there.
    pub root: Option<Hash>,
    /// The log's name now.
    pub origin: Option<String>,
    /// What the owner should know and nobody did wrong.
    pub notes: Vec<String>,
}

/// A name of the log, with the key that signs under it.
struct Named {
    number: i64,
    name: String,
    key: VerifierKey,
}

/// A root that somebody has stated.
struct Stated {
    root: Hash,
    place: Place,
    /// Of a name that the log has no more: then it may be lawful that it does not hold.
    former: Option<i64>,
}

/// Goes through it. `signed` was read from the key store before the snapshot that `main` reads was taken.
pub async fn check(
    main: &mut Connection,
    signed: Option<SignedRow>,
    vault: &Vault,
    hear: &mut Hear<'_>,
) -> Result<Log, StoreError> {
    let mut log = Log::default();
    let origins = sql::origins(main).await?;
    let names = names(&origins, vault, hear);
    log.origin = names.last().map(|named| named.name.clone());
    let mut stated: BTreeMap<u64, Vec<Stated>> = BTreeMap::new();
    previous_heads(&origins, &names, &mut stated, &mut log, hear);
    let signed = signed_head(signed.as_ref(), &names, &origins, hear);
    let stored = sql::head(main).await?;
    let head_size = stored.as_ref().and_then(|row| u64::try_from(row.size).ok());
    let edge = stored.as_ref().zip(head_size).and_then(|(row, size)| Frontier::from_bytes(size, &row.edge).ok());
    if edge.is_none() {
        let says = match &stored {
            None => "there is none".to_owned(),
            Some(row) => format!("{} leaves do not have an edge of {} bytes", row.size, row.edge.len()),
        };
        hear(Told::Finding(Finding::new(Place::Head, says)));
    }
    match (&signed, head_size) {
        (Some(signed), Some(size)) if signed.size > size => hear(Told::Finding(Finding::new(
            Place::SignedHead,
            format!(
                "{} leaves were signed and the ledger has {size}: the main database is older than its key store, or was \
                 cut off",
                signed.size
            ),
        ))),
        (Some(signed), _) => stated.entry(signed.size).or_default().push(Stated {
            root: signed.root,
            place: Place::SignedHead,
            former: None,
        }),
        (None, _) => {}
    }
    let mut walk = Walk::new(head_size.unwrap_or(0), stated, names);
    walk.go(main, hear).await?;
    for record in unplaced(main).await? {
        let says = "it is in no ledger; `unticked serve` puts older records there when it starts";
        hear(Told::Finding(Finding::new(Place::Record { record, leaf: None }, says)));
    }
    walk.head(head_size, edge.as_ref(), signed.as_ref(), hear);
    walk.upper_tiles(main, hear).await?;
    log.leaves = walk.leaves;
    log.checkpoints = walk.checkpoints;
    log.root = walk.broken.is_none().then(|| walk.tree.root());
    log.notes.append(&mut walk.notes);
    Ok(log)
}

/// The names that the log has had, as far as they can be names.
fn names(origins: &[OriginRow], vault: &Vault, hear: &mut Hear<'_>) -> Vec<Named> {
    let mut names = Vec::new();
    for (expected, row) in (1..).zip(origins) {
        let mut says = |says: &str| hear(Told::Finding(Finding::new(Place::Origin { number: row.number }, says)));
        if row.number != expected {
            says(&format!("the name no. {expected} is missing before it"));
        }
        let wrong_beginning = if expected == 1 {
            row.began_at_size != 0 || row.reason.is_some() || row.previous.is_some()
        } else {
            row.began_at_size < 0 || row.previous.is_none()
        };
        if wrong_beginning {
            says("its beginning is not what that of such a name must be");
        }
        let name = std::str::from_utf8(&row.origin).ok();
        let key = name.and_then(|name| Signer::new(name, &vault.ring().ledger_seed(name)).ok());
        match name.zip(key) {
            Some((name, signer)) => {
                names.push(Named { number: row.number, name: name.to_owned(), key: signer.verifier() });
            }
            None => says("it cannot be the name of a ledger"),
        }
    }
    names
}

/// Reads a note that one of these names signed.
fn read_note(note: &[u8], names: &[Named]) -> Result<(Checkpoint, i64), String> {
    let text = std::str::from_utf8(note).map_err(|_| "its note is no text".to_owned())?;
    let note = Note::parse(text).map_err(|error| format!("its note does not hold: {error}"))?;
    let keys: Vec<VerifierKey> = names.iter().map(|named| named.key.clone()).collect();
    let text = note.verify(&keys).map_err(|error| format!("its note does not hold: {error}"))?;
    let checkpoint = Checkpoint::parse(text).map_err(|error| format!("its note does not hold: {error}"))?;
    let found = names.iter().find(|one| one.name == checkpoint.origin);
    let number = found.ok_or("its note is of another ledger")?.number;
    Ok((checkpoint, number))
}

/// The heads with which earlier names ended.
fn previous_heads(
    origins: &[OriginRow],
    names: &[Named],
    stated: &mut BTreeMap<u64, Vec<Stated>>,
    log: &mut Log,
    hear: &mut Hear<'_>,
) {
    for pair in origins.windows(2) {
        let [before, row] = pair else { continue };
        let Some(previous) = &row.previous else { continue };
        let place = || Place::Origin { number: row.number };
        match read_note(previous, names) {
            Err(says) => hear(Told::Finding(Finding::new(place(), format!("the head before it: {says}")))),
            Ok((checkpoint, _)) if checkpoint.origin.as_bytes() != before.origin => {
                let says = "the head before it is not of the name before it";
                hear(Told::Finding(Finding::new(place(), says)));
                hear(Told::Finding(Finding::new(
                    Place::Origin { number: before.number },
                    "its last head bears another name",
                )));
            }
            Ok((checkpoint, number)) => {
                log.notes.push(format!(
                    "the ledger has gone on as `{}` since leaf {}; under `{}` it had {} leaves at the end{}",
                    String::from_utf8_lossy(&row.origin),
                    row.began_at_size,
                    checkpoint.origin,
                    checkpoint.size,
                    row.reason.as_ref().map_or(String::new(), |why| format!(" ({})", String::from_utf8_lossy(why))),
                ));
                let root = checkpoint.root;
                stated.entry(checkpoint.size).or_default().push(Stated { root, place: place(), former: Some(number) });
            }
        }
    }
}

/// The last signed head, held against its own columns and the log's name.
fn signed_head(
    row: Option<&SignedRow>,
    names: &[Named],
    origins: &[OriginRow],
    hear: &mut Hear<'_>,
) -> Option<Checkpoint> {
    let mut says = |says: String| hear(Told::Finding(Finding::new(Place::SignedHead, says)));
    let Some(row) = row else {
        if !origins.is_empty() {
            says("there is none: the key store is older than the main database, or another one".to_owned());
        }
        return None;
    };
    let (checkpoint, number) = match read_note(&row.note, names) {
        Ok(read) => read,
        Err(error) => {
            says(error);
            // Signed under a name that the main database does not know: then the name is what was altered, or the note.
            if origins.last().is_some_and(|last| last.origin != row.origin) {
                let number = origins.last().map_or(0, |last| last.number);
                let finding = Finding::new(Place::Origin { number }, "the last signed head bears another name");
                hear(Told::Finding(finding));
            }
            return None;
        }
    };
    let origin = row.origin.strip_suffix(RESTORED.as_bytes());
    if origin.is_some() {
        says(LedgerError::Restored.to_string());
    }
    let same = origin.unwrap_or(&row.origin) == checkpoint.origin.as_bytes()
        && u64::try_from(row.size) == Ok(checkpoint.size)
        && row.root == checkpoint.root;
    if !same {
        says("what stands beside its note is not what was signed".to_owned());
    }
    let last = origins.last();
    // A new name was begun, and nothing signed under it yet.
    let just_begun = last.is_some_and(|last| last.previous.as_ref() == Some(&row.note));
    if last.is_some_and(|last| last.number != number) && !just_begun {
        says("it is of a name that the ledger has no more".to_owned());
        hear(Told::Finding(Finding::new(
            Place::Origin { number: last.map_or(0, |last| last.number) },
            "the last signed head bears another name",
        )));
    }
    Some(checkpoint)
}

async fn unplaced(main: &mut Connection) -> Result<Vec<Uuid>, StoreError> {
    let mut all = Vec::new();
    loop {
        let past = all.last().copied().unwrap_or(Uuid::nil());
        let page = sql::unplaced(main, past, PAGE).await?;
        if page.is_empty() || all.len() > UNPLACED {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The walk from the first leaf to the last.
struct Walk {
    tree: Tree,
    head_size: u64,
    stated: BTreeMap<u64, Vec<Stated>>,
    names: Vec<Named>,
    /// The first leaf of which nothing is known: from there on no tree can be made.
    broken: Option<u64>,
    leaves: u64,
    checkpoints: u64,
    /// Of upper levels, as they must be.
    upper: BTreeMap<(i64, i64), Vec<Hash>>,
    /// Of level 0, as stored.
    tiles: Queue<(i64, Vec<u8>)>,
    stored_tile: Option<(i64, Vec<u8>)>,
    published: Queue<CheckpointRow>,
    published_past: (i64, i64),
    /// Roots that do not follow, behind the first few.
    unnamed: u64,
    named: u64,
    last_wrong: i64,
    former_wrong: u64,
    notes: Vec<String>,
}

/// Rows that come a page at a time.
struct Queue<T> {
    rows: VecDeque<T>,
    past: i64,
    ended: bool,
}

impl<T> Queue<T> {
    fn from(past: i64) -> Self {
        Self { rows: VecDeque::new(), past, ended: false }
    }

    fn fill(&mut self, page: Vec<T>, key: impl Fn(&T) -> i64) {
        match page.last() {
            None => self.ended = true,
            Some(last) => self.past = key(last),
        }
        self.rows.extend(page);
    }

    fn wants(&self) -> bool {
        self.rows.is_empty() && !self.ended
    }
}

fn hash_of(commitment: &[u8]) -> Option<Hash> {
    let commitment: Hash = commitment.try_into().ok()?;
    Some(leaf_hash(&evidence::leaf(&commitment)))
}

impl Walk {
    fn new(head_size: u64, stated: BTreeMap<u64, Vec<Stated>>, names: Vec<Named>) -> Self {
        Self {
            tree: Tree::default(),
            head_size,
            stated,
            names,
            broken: None,
            leaves: 0,
            checkpoints: 0,
            upper: BTreeMap::new(),
            tiles: Queue::from(-1),
            stored_tile: None,
            published: Queue::from(i64::MIN),
            published_past: (i64::MIN, i64::MIN),
            unnamed: 0,
            named: 0,
            last_wrong: 0,
            former_wrong: 0,
            notes: Vec::new(),
        }
    }

    async fn go(&mut self, main: &mut Connection, hear: &mut Hear<'_>) -> Result<(), StoreError> {
        let mut leaves: Queue<LeafRow> = Queue::from(i64::MIN);
        let mut placed: Queue<PlacedRow> = Queue::from(i64::MIN);
        self.compare_roots(main, hear).await?;
        loop {
            if leaves.wants() {
                leaves.fill(sql::leaves(main, leaves.past, PAGE).await?, |row| row.leaf_index);
                hear(Told::Progress { step: "leaves", done: self.leaves, of: self.head_size });
            }
            if placed.wants() {
                placed.fill(sql::placed(main, placed.past, PAGE).await?, |row| row.leaf_index);
            }
            let next = [leaves.rows.front().map(|row| row.leaf_index), placed.rows.front().map(|row| row.leaf_index)];
            let Some(index) = next.into_iter().flatten().min() else { break };
            let leaf = if next[0] == Some(index) { leaves.rows.pop_front() } else { None };
            let record = if next[1] == Some(index) { placed.rows.pop_front() } else { None };
            self.leaves += u64::from(leaf.is_some());
            self.step(main, index, leaf.as_ref(), record.as_ref(), hear).await?;
        }
        if self.tree.size() < self.head_size && self.broken.is_none() {
            self.gap(main, self.head_size, hear).await?;
        }
        self.end_of_roots(main, hear).await
    }

    /// One leaf, its record, or both.
    async fn step(
        &mut self,
        main: &mut Connection,
        index: i64,
        leaf: Option<&LeafRow>,
        record: Option<&PlacedRow>,
        hear: &mut Hear<'_>,
    ) -> Result<(), StoreError> {
        let mut says = |says: String| {
            hear(Told::Finding(match record {
                Some(row) => Finding::new(Place::Record { record: row.record_id, leaf: Some(index) }, says),
                None => Finding::leaf(index, says),
            }));
        };
        let place = u64::try_from(index).ok().filter(|place| *place < self.head_size);
        let Some(place) = place else {
            says(format!("it lies outside the ledger, whose head counts {} leaves", self.head_size));
            if record.is_some() && leaf.is_some() {
                hear(Told::Finding(Finding::leaf(index, "it lies outside the ledger")));
            }
            return Ok(());
        };
        match (leaf, record) {
            (Some(leaf), _) if leaf.commitment.len() != 32 => {
                hear(Told::Finding(Finding::leaf(index, format!("it has {} bytes, not 32", leaf.commitment.len()))));
            }
            (Some(_), None) => says("no record stands for it: the record has vanished, or was never there".to_owned()),
            (None, Some(_)) => {
                says("its leaf is missing in the ledger".to_owned());
                hear(Told::Finding(Finding::leaf(index, "it is missing")));
            }
            (Some(leaf), Some(row)) if leaf.commitment != row.commitment => {
                says("its commitment is not the one in its leaf".to_owned());
                hear(Told::Finding(Finding::leaf(
                    index,
                    format!("it is not the commitment of record {}", row.record_id),
                )));
            }
            _ => {}
        }
        if self.broken.is_none() && place > self.tree.size() {
            self.gap(main, place, hear).await?;
        }
        if self.broken.is_some() || place < self.tree.size() {
            return Ok(());
        }
        let candidates = [leaf.map(|leaf| &leaf.commitment), record.map(|row| &row.commitment)];
        let candidates: Vec<Hash> = candidates.into_iter().flatten().filter_map(|one| hash_of(one)).collect();
        // Leaf and record differ: the tile says which of them was there.
        let stored = if candidates.len() == 2 && candidates[0] == candidates[1] {
            None
        } else {
            self.stored(main, place).await?
        };
        let chosen = stored.filter(|stored| candidates.contains(stored)).or(candidates.first().copied()).or(stored);
        if let Some(hash) = chosen {
            return self.push(main, hash, hear).await;
        }
        self.breaks(place, hear);
        Ok(())
    }

    /// Neither leaves nor records from where the tree ends to before `until`.
    async fn gap(&mut self, main: &mut Connection, until: u64, hear: &mut Hear<'_>) -> Result<(), StoreError> {
        let first = self.tree.size();
        let says = "missing, and so is what stood for it: leaf and record have vanished";
        hear(Told::Finding(Finding::new(Place::Leaves { first, last: until - 1 }, says)));
        while self.tree.size() < until {
            let Some(hash) = self.stored(main, self.tree.size()).await? else {
                self.breaks(self.tree.size(), hear);
                return Ok(());
            };
            self.push(main, hash, hear).await?;
        }
        Ok(())
    }

    fn breaks(&mut self, at: u64, hear: &mut Hear<'_>) {
        self.broken = Some(at);
        let says = format!("no tree can be made from leaf {at} on; roots and tiles beyond it were not compared");
        hear(Told::Finding(Finding::new(Place::Head, says)));
    }

    /// The hash that the stored tile has for a leaf.
    async fn stored(&mut self, main: &mut Connection, leaf: u64) -> Result<Option<Hash>, StoreError> {
        let index = i64::try_from(leaf / WIDTH).unwrap_or(i64::MAX);
        self.bring_tile(main, index).await?;
        let at = usize::try_from(leaf % WIDTH).unwrap_or(0) * 32;
        let tile = self.stored_tile.as_ref().filter(|(stored, _)| *stored == index);
        Ok(tile.and_then(|(_, hashes)| hashes.get(at..at + 32)).and_then(|hash| hash.try_into().ok()))
    }

    /// Brings the stored tile of level 0 with this index to the front, or the first behind it.
    async fn bring_tile(&mut self, main: &mut Connection, index: i64) -> Result<(), StoreError> {
        while self.stored_tile.as_ref().is_none_or(|(stored, _)| *stored < index) {
            if self.tiles.wants() {
                let past = (0, self.tiles.past);
                let page = sql::tiles(main, past, TILES).await?;
                let page: Vec<_> =
                    page.into_iter().filter(|t| t.level == 0).map(|t| (t.tile_index, t.hashes)).collect();
                self.tiles.fill(page, |(index, _)| *index);
            }
            match self.tiles.rows.pop_front() {
                Some(tile) => self.stored_tile = Some(tile),
                None => return Ok(()),
            }
        }
        Ok(())
    }

    async fn push(&mut self, main: &mut Connection, hash: Hash, hear: &mut Hear<'_>) -> Result<(), StoreError> {
        for tile in self.tree.push(hash) {
            let index = i64::try_from(tile.index).unwrap_or(i64::MAX);
            if tile.level > 0 {
                self.upper.insert((tile.level.into(), index), tile.hashes);
                continue;
            }
            self.bring_tile(main, index).await?;
            let stored = self.stored_tile.as_ref().filter(|(stored, _)| *stored == index);
            compare_tile(&tile, stored.map(|(_, hashes)| hashes.as_slice()), hear);
        }
        self.compare_roots(main, hear).await
    }

    /// The roots that were stated for the tree as it is now.
    async fn compare_roots(&mut self, main: &mut Connection, hear: &mut Hear<'_>) -> Result<(), StoreError> {
        let size = self.tree.size();
        loop {
            if self.published.wants() {
                let page = sql::checkpoints(main, self.published_past, PAGE).await?;
                self.published_past = page.last().map_or(self.published_past, |row| (row.size, row.origin_number));
                self.published.fill(page, |row| row.size);
            }
            let due = |row: &CheckpointRow| u64::try_from(row.size).is_ok_and(|of| of > size);
            if self.published.rows.front().is_none_or(due) {
                break;
            }
            let Some(row) = self.published.rows.pop_front() else { break };
            self.published_holds(&row, hear);
        }
        let root = self.tree.root();
        for stated in self.stated.remove(&size).unwrap_or_default() {
            self.root_holds(&stated, &root, hear);
        }
        Ok(())
    }

    /// A published checkpoint, whose turn it is.
    fn published_holds(&mut self, row: &CheckpointRow, hear: &mut Hear<'_>) {
        self.checkpoints += 1;
        let place = Place::Checkpoint { size: row.size };
        let (checkpoint, number) = match read_note(&row.note, &self.names) {
            Ok(read) => read,
            Err(says) => return hear(Told::Finding(Finding::new(place, says))),
        };
        if u64::try_from(row.size) != Ok(checkpoint.size) || row.root != checkpoint.root || row.origin_number != number
        {
            return hear(Told::Finding(Finding::new(place, "what stands beside its note is not what was signed")));
        }
        let former = self.names.last().map(|last| last.number).filter(|last| *last != number).map(|_| number);
        let stated = Stated { root: checkpoint.root, place, former };
        if checkpoint.size == self.tree.size() && self.broken.is_none() {
            let root = self.tree.root();
            self.root_holds(&stated, &root, hear);
        } else if checkpoint.size > self.head_size {
            self.wrong(&stated, "the ledger has fewer leaves", hear);
        }
    }

    fn root_holds(&mut self, stated: &Stated, root: &Hash, hear: &mut Hear<'_>) {
        if stated.root != *root {
            self.wrong(stated, "its root is not that of the leaves", hear);
        }
    }

    fn wrong(&mut self, stated: &Stated, says: &str, hear: &mut Hear<'_>) {
        if stated.former.is_some() {
            self.former_wrong += 1;
            return;
        }
        if let Place::Checkpoint { size } = stated.place {
            self.last_wrong = size;
            self.named += 1;
            if self.named > NAMED {
                self.unnamed += 1;
                return;
            }
        }
        hear(Told::Finding(Finding::new(stated.place.clone(), says)));
    }

    /// What was stated for more leaves than there are.
    async fn end_of_roots(&mut self, main: &mut Connection, hear: &mut Hear<'_>) -> Result<(), StoreError> {
        loop {
            if self.published.wants() {
                let page = sql::checkpoints(main, self.published_past, PAGE).await?;
                self.published_past = page.last().map_or(self.published_past, |row| (row.size, row.origin_number));
                self.published.fill(page, |row| row.size);
            }
            let Some(row) = self.published.rows.pop_front() else { break };
            self.published_holds(&row, hear);
        }
        if self.broken.is_none() {
            for stated in std::mem::take(&mut self.stated).into_values().flatten() {
                self.wrong(&stated, "the ledger has fewer leaves", hear);
            }
        }
        if self.unnamed > 0 {
            let says = format!("so is it with {} more published checkpoints, up to this one", self.unnamed);
            hear(Told::Finding(Finding::new(Place::Checkpoint { size: self.last_wrong }, says)));
        }
        if self.former_wrong > 0 {
            self.notes.push(format!(
                "{} checkpoints under former names do not hold for what is there: that is what the new name says",
                self.former_wrong
            ));
        }
        Ok(())
    }

    /// The head against the tree, peak by peak.
    fn head(&self, size: Option<u64>, edge: Option<&Frontier>, signed: Option<&Checkpoint>, hear: &mut Hear<'_>) {
        let (Some(size), Some(edge)) = (size, edge) else { return };
        if self.broken.is_some() || self.tree.size() != size {
            return;
        }
        let root = self.tree.root();
        let signed = signed.filter(|signed| signed.size == size).map(|signed| signed.root);
        if edge.to_bytes() == self.tree.edge().to_bytes() {
            // The leaves, the head and whoever changed both against what was signed.
            if signed.is_some_and(|signed| signed != root) {
                hear(Told::Finding(Finding::new(
                    Place::Head,
                    "it is not the one that was signed, although the leaves fit it",
                )));
            }
            return;
        }
        if signed != Some(edge.root()) {
            hear(Told::Finding(Finding::new(Place::Head, "its edge is not that of the leaves")));
        }
        if signed != Some(root) {
            let (stored, made) = (edge.to_bytes(), self.tree.edge().to_bytes());
            for ((first, last), _) in
                peaks(size).into_iter().zip(stored.chunks(32).zip(made.chunks(32))).filter(|(_, (a, b))| a != b)
            {
                let says = "changed or put in another's place: together they are not what the head says";
                hear(Told::Finding(Finding::new(Place::Leaves { first, last }, says)));
            }
        }
    }

    /// The tiles above the leaves, and those that should not be there.
    async fn upper_tiles(&mut self, main: &mut Connection, hear: &mut Hear<'_>) -> Result<(), StoreError> {
        if self.broken.is_some() {
            return Ok(());
        }
        let full = i64::try_from(self.tree.size() / WIDTH).unwrap_or(i64::MAX);
        for tile in self.tree.rest().filter(|tile| tile.level > 0) {
            let index = i64::try_from(tile.index).unwrap_or(i64::MAX);
            self.upper.insert((tile.level.into(), index), tile.hashes);
        }
        let mut past = (i64::MIN, i64::MIN);
        loop {
            let page = sql::tiles(main, past, TILES).await?;
            if page.is_empty() {
                break;
            }
            for row in page {
                past = (row.level, row.tile_index);
                if row.level == 0 && (0..full).contains(&row.tile_index) {
                    // Compared on the way, as all of its kind.
                    past = (0, full - 1);
                    break;
                }
                let place = Place::Tile { level: row.level, index: row.tile_index };
                match self.upper.remove(&past) {
                    None => hear(Told::Finding(Finding::new(place, "a tree of this size has no such tile"))),
                    Some(hashes) => {
                        let made = MadeTile {
                            level: u8::try_from(row.level).unwrap_or(u8::MAX),
                            index: row.tile_index.unsigned_abs(),
                            hashes,
                        };
                        compare_tile(&made, Some(&row.hashes), hear);
                    }
                }
            }
        }
        for (level, index) in std::mem::take(&mut self.upper).into_keys() {
            hear(Told::Finding(Finding::new(Place::Tile { level, index }, MISSING_TILE)));
        }
        Ok(())
    }
}

const MISSING_TILE: &str = "it is missing; `unticked ledger rebuild` makes it anew from the leaves";

fn compare_tile(made: &MadeTile, stored: Option<&[u8]>, hear: &mut Hear<'_>) {
    let place = || Place::Tile { level: made.level.into(), index: i64::try_from(made.index).unwrap_or(i64::MAX) };
    let Some(stored) = stored else { return hear(Told::Finding(Finding::new(place(), MISSING_TILE))) };
    let expected = made.hashes.as_flattened();
    if stored == expected {
        return;
    }
    if stored.len() != expected.len() {
        let says = format!("it has {} bytes where the leaves give {}", stored.len(), expected.len());
        return hear(Told::Finding(Finding::new(place(), says)));
    }
    let wrong = (0u64..).zip(stored.chunks(32).zip(expected.chunks(32))).filter(|(_, (a, b))| a != b);
    let wrong: Vec<String> = wrong.map(|(at, _)| (made.index * WIDTH + at).to_string()).take(5).collect();
    let many = if wrong.len() == 5 { " and others" } else { "" };
    let what = if made.level == 0 { "leaf" } else { "node" };
    let says = format!("it does not follow from the leaves: {what} {}{many}", wrong.join(", "));
    hear(Told::Finding(Finding::new(place(), says)));
}
