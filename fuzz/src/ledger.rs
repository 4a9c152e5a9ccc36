//! What proves a record: proofs, notes, checkpoints, tiles. The referees are `tlog_tiles` and `signed_note`.

use std::{convert::Infallible, sync::LazyLock};

use tlog_tiles::Hash as TheirHash;
use unticked_shared::merkle::{
    Checkpoint, Frontier, Hash, LogProof, leaf_hash,
    note::{Note, Signer, VerifierKey},
    proof::{self as ours, Nodes},
    tile::{self as tiles, Tile},
};

use crate::text;

const NAME: &str = "forms.example/ledger";
/// Leaves of the tree that proofs are taken from.
const MOST: u64 = 300;

/// Every complete node, by level and index, and the root at each size.
struct Tree {
    nodes: Vec<Vec<Hash>>,
    roots: Vec<Hash>,
}

static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let (mut edge, mut nodes) = (Frontier::default(), vec![Vec::new(); 16]);
    let mut roots = vec![edge.root()];
    for number in 0..MOST {
        edge.append(leaf_hash(&number.to_be_bytes()), |level, _, hash| nodes[usize::from(level)].push(*hash));
        roots.push(edge.root());
    }
    Tree { nodes, roots }
});

impl Nodes for &Tree {
    type Error = Infallible;
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.nodes[usize::from(level)][usize::try_from(index).expect("a small tree")])
    }
}

fn theirs(hashes: &[Hash]) -> Vec<TheirHash> {
    hashes.iter().map(|hash| TheirHash(*hash)).collect()
}

/// Takes numbers and hashes from the data, as long as there are some.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn number(&mut self) -> u64 {
        self.take().map(u64::from_be_bytes).unwrap_or_default()
    }
}

/// A proof of anything in any tree, and a good one with a few changes: our verdict is the referee's.
pub fn proof(data: &[u8]) {
    let mut source = Source(data);
    let Some([what]) = source.take() else { return };
    let (a, b) = (source.number(), source.number());
    if what & 1 == 0 {
        let (leaf, root) = (source.take().unwrap_or([1; 32]), source.take().unwrap_or([2; 32]));
        let hashes: Vec<Hash> = std::iter::from_fn(|| source.take()).collect();
        same_inclusion(&leaf, a, b, &hashes, &root);
        same_consistency(a, &leaf, b, &root, &hashes);
        return;
    }
    let size = b % MOST + 1;
    let small = |number: u64| usize::try_from(number).expect("a small tree");
    let (index, old) = (a % size, a % (size + 1));
    let mut hashes = if what & 2 == 0 {
        ours::inclusion(&mut &*TREE, index, size).unwrap().expect("it is in the tree")
    } else {
        ours::consistency(&mut &*TREE, old, size).unwrap().expect("it is not greater")
    };
    let honest = hashes.clone();
    while let Some([kind, place, bit]) = source.take() {
        let at = usize::from(place).checked_rem(hashes.len());
        match (kind % 4, at) {
            (0, Some(at)) => hashes[at][usize::from(bit) % 32] ^= bit.max(1),
            (1, Some(at)) => drop(hashes.remove(at)),
            (2, Some(at)) => hashes.insert(at, [bit; 32]),
            (_, Some(at)) => hashes.swap(0, at),
            (_, None) => hashes.push([bit; 32]),
        }
    }
    let root = TREE.roots[small(size)];
    let good = if what & 2 == 0 {
        same_inclusion(&TREE.nodes[0][small(index)], index, size, &hashes, &root)
    } else {
        same_consistency(old, &TREE.roots[small(old)], size, &root, &hashes)
    };
    assert_eq!(good, hashes == honest, "one proof proves it, and no other");
}

fn same_inclusion(leaf: &Hash, index: u64, size: u64, hashes: &[Hash], root: &Hash) -> bool {
    let verdict = ours::verify_inclusion(leaf, index, size, hashes, root).is_ok();
    // The referee panics at sizes beyond what fits its signed arithmetic.
    if size <= 1 << 62 && index < 1 << 62 {
        let their = tlog_tiles::check_record(&theirs(hashes), size, TheirHash(*root), index, TheirHash(*leaf));
        assert_eq!(verdict, their.is_ok());
    }
    verdict
}

fn same_consistency(old: u64, old_root: &Hash, new: u64, root: &Hash, hashes: &[Hash]) -> bool {
    let verdict = ours::verify_consistency(old, old_root, new, root, hashes).is_ok();
    // The referee knows no empty tree.
    if (1..=new).contains(&old) && new <= 1 << 62 {
        let their = tlog_tiles::check_tree(&theirs(hashes), new, TheirHash(*root), old, TheirHash(*old_root));
        assert_eq!(verdict, their.is_ok());
    }
    verdict
}

/// A tlog-proof: one text for one proof.
pub fn log_proof(data: &[u8]) {
    let Some(Ok(proof)) = text(data).map(LogProof::parse) else { return };
    assert_eq!(proof.text().as_bytes(), data);
    assert!(proof.hashes.len() <= 64 && !proof.checkpoint.is_empty());
    let _ = Note::parse(&proof.checkpoint);
    let _ = ours::root_from_inclusion(&[0; 32], proof.index, proof.index.saturating_add(1), &proof.hashes);
}

/// A signed note and the key it is checked with.
pub fn note(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text, "a key has one text");
        assert!(signed_note::StandardVerifier::new(text).is_ok(), "the referee reads it, too");
    }
    let signer = Signer::new(NAME, &[1; 32]).expect("a name");
    if let Ok(note) = Note::parse(text) {
        assert!(note.verify(&[signer.verifier()]).is_err(), "nobody has that key");
        assert!(signed_note::Note::from_bytes(data).is_ok(), "the referee reads it, too");
    }
    if let Ok(signed) = signer.sign(text) {
        let note = Note::parse(&signed).expect("we signed it");
        assert_eq!(note.verify(&[signer.verifier()]), Ok(text));
        let read = signed_note::Note::from_bytes(signed.as_bytes()).expect("the referee reads what we sign");
        assert_eq!(read.text(), data);
    }
}

/// A checkpoint: one text for one head.
pub fn checkpoint(data: &[u8]) {
    let Some(Ok(head)) = text(data).map(Checkpoint::parse) else { return };
    assert_eq!(head.text().as_bytes(), data);
    // Theirs holds the size as a signed number.
    if i64::try_from(head.size).is_ok() {
        let their = tlog_tiles::Checkpoint::from_bytes(data).expect("the referee reads it, too");
        assert_eq!((their.origin(), their.size(), their.hash().0), (head.origin.as_str(), head.size, head.root));
    }
}

/// The path of a tile, a bundle of entries, a stored edge.
pub fn tile(data: &[u8]) {
    if let Some(tile) = text(data).and_then(Tile::parse) {
        assert_eq!(tile.path().as_bytes(), data, "a tile has one path");
        assert!((1..=tiles::WIDTH).contains(&tile.width));
        for size in [0, 1, 255, 256, 65_537, u64::MAX] {
            if tile.exists_in(size) {
                assert!(tile.begin() < size);
            }
        }
        if let Some(level) = tile.level {
            let their = tlog_tiles::Tile::new(8, level, tile.index, u32::try_from(tile.width).unwrap(), false).path();
            assert_eq!(their.replacen("tile/8/", "tile/", 1), tile.path());
        }
    }
    if let Some(entries) = tiles::read_entries(data) {
        assert_eq!(tiles::write_entries(entries).as_deref(), Some(data));
    }
    let hashes = data.len() / 32;
    if let Ok(edge) = Frontier::from_bytes((1 << hashes.min(63)) - 1, data) {
        assert_eq!(edge.to_bytes(), data);
        let _ = edge.root();
    }
    let (hashes, _) = data.as_chunks::<32>();
    assert_eq!(tiles::fold(hashes).is_some(), hashes.len().is_power_of_two());
}
