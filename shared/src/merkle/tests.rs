//! The referees are `tlog_tiles` and `signed_note`, written by others from the same specifications.

use std::{collections::HashMap, convert::Infallible, sync::LazyLock};

use proptest::prelude::*;
use tlog_tiles::{Hash as TheirHash, HashReader};

use super::{
    Checkpoint, CheckpointError, Frontier, Hash, LogProof, LogProofError, empty_root, leaf_hash, node_hash,
    proof::{self, Nodes, ProofError},
    tile::{self, Tile, WIDTH},
};

/// A tree grown leaf by leaf, with every complete node, and what the referee stores of the same leaves.
#[derive(Default)]
struct Grown {
    edge: Frontier,
    roots: Vec<Hash>,
    nodes: HashMap<(u8, u64), Hash>,
    theirs: Vec<TheirHash>,
}

impl Nodes for &Grown {
    type Error = Infallible;
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.nodes[&(level, index)])
    }
}

impl HashReader for Grown {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<TheirHash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.theirs[usize::try_from(*index).unwrap()]).collect())
    }
}

fn entry(number: u64) -> Vec<u8> {
    format!("{{\"commitment\":\"{number}\",\"v\":1}}").into_bytes()
}

fn grown(size: u64) -> Grown {
    let mut tree = Grown { roots: vec![empty_root()], ..Grown::default() };
    for number in 0..size {
        let entry = entry(number);
        let nodes = &mut tree.nodes;
        let index = tree.edge.append(leaf_hash(&entry), |level, index, hash| {
            assert_eq!(nodes.insert((level, index), *hash), None, "a node is completed once");
        });
        assert_eq!(index, number);
        tree.roots.push(tree.edge.root());
        let theirs = tlog_tiles::stored_hashes(number, &entry, &tree).unwrap();
        tree.theirs.extend(theirs);
    }
    tree
}

fn theirs(hashes: &[Hash]) -> Vec<TheirHash> {
    hashes.iter().map(|hash| TheirHash(*hash)).collect()
}

const MOST: u64 = 1_025;

/// The greatest tree that is tried; every smaller one is in it.
static TREE: LazyLock<Grown> = LazyLock::new(|| grown(MOST));

fn root_at(size: u64) -> Hash {
    TREE.roots[usize::try_from(size).unwrap()]
}

#[test]
fn at_every_size_the_root_and_each_leaf_s_proof_are_the_referee_s() {
    let tree = &*TREE;
    for size in 0..=MOST {
        let root = root_at(size);
        assert_eq!(tlog_tiles::tree_hash(size, tree).unwrap().0, root);
        assert_eq!(proof::root(&mut &*TREE, size).unwrap(), root);
        assert_eq!(proof::inclusion(&mut &*TREE, size, size).unwrap(), None);
        for index in 0..size {
            let hashes = proof::inclusion(&mut &*TREE, index, size).unwrap().unwrap();
            assert_eq!(tlog_tiles::prove_record(size, index, tree).unwrap(), theirs(&hashes), "{index} of {size}");
            let leaf = tree.nodes[&(0, index)];
            assert_eq!(proof::verify_inclusion(&leaf, index, size, &hashes, &root), Ok(()), "{index} of {size}");
        }
    }
}

#[test]
fn between_every_two_sizes_the_proof_is_the_referee_s() {
    let tree = &*TREE;
    for new in 0..=MOST {
        assert_eq!(proof::consistency(&mut &*TREE, new + 1, new).unwrap(), None);
        for old in 0..=new {
            let hashes = proof::consistency(&mut &*TREE, old, new).unwrap().unwrap();
            if old > 0 {
                assert_eq!(tlog_tiles::prove_tree(new, old, tree).unwrap(), theirs(&hashes), "{old} to {new}");
            }
            assert_eq!(
                proof::verify_consistency(old, &root_at(old), new, &root_at(new), &hashes),
                Ok(()),
                "{old} to {new}"
            );
        }
    }
}

proptest! {
    #[test]
    fn an_altered_proof_proves_nothing_and_the_referee_agrees(
        size in 1..MOST, at in any::<u64>(), place in any::<usize>(), bit in 0..256_usize, what in 0..6_u8,
    ) {
        let root = root_at(size);
        let (mut index, mut claimed) = (at % size, size);
        let mut leaf = TREE.nodes[&(0, index)];
        let mut hashes = proof::inclusion(&mut &*TREE, index, size).unwrap().unwrap();
        match what {
            0 => leaf[bit / 8] ^= 1 << (bit % 8),
            1 if !hashes.is_empty() => {
                let place = place % hashes.len();
                hashes[place][bit / 8] ^= 1 << (bit % 8);
            }
            2 => { hashes.pop(); }
            3 => hashes.push(leaf),
            4 => index = (index + 1) % (size + 1),
            5 => claimed += 1 + at % 7,
            _ => return Ok(()),
        }
        let ours = proof::verify_inclusion(&leaf, index, claimed, &hashes, &root).is_ok();
        let their_view = tlog_tiles::check_record(&theirs(&hashes), claimed, TheirHash(root), index, TheirHash(leaf));
        prop_assert_eq!(ours, their_view.is_ok());
        // A wrong size alone can leave a path as it is; whoever holds the checkpoint holds the size, too.
        prop_assert!(!ours || what == 5 || (what == 2 && size == 1) || (what == 4 && size == 1));
    }

    #[test]
    fn a_tree_that_changed_its_past_is_not_consistent(old in 1..400_u64, more in 0..200_u64, at in any::<u64>()) {
        let mut forged = Grown { roots: vec![empty_root()], ..Grown::default() };
        let changed = at % old;
        for number in 0..old + more {
            let leaf = if number == changed { leaf_hash(b"another") } else { leaf_hash(&entry(number)) };
            let nodes = &mut forged.nodes;
            forged.edge.append(leaf, |level, index, hash| { nodes.insert((level, index), *hash); });
        }
        let honest = root_at(old);
        let hashes = proof::consistency(&mut &forged, old, old + more).unwrap().unwrap();
        let verdict = proof::verify_consistency(old, &honest, old + more, &forged.edge.root(), &hashes);
        prop_assert_eq!(verdict, Err(ProofError::Root));
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,200}", number in any::<u64>()) {
        let _ = Checkpoint::parse(&text);
        let _ = LogProof::parse(&format!("c2sp.org/tlog-proof@v1\n{text}"));
        let _ = Tile::parse(&format!("tile/{text}"));
        let _ = tile::read_entries(text.as_bytes());
        let _ = Frontier::from_bytes(number, text.as_bytes());
    }

    #[test]
    fn a_tile_has_one_path_and_it_is_the_referee_s(level in 0..64_u8, index in any::<u64>(), width in 1..=WIDTH) {
        let ours = Tile { level: Some(level), index, width };
        prop_assert_eq!(Tile::parse(&ours.path()), Some(ours));
        // Theirs names the height of tiles, which tlog-tiles fixes at 8.
        let theirs = tlog_tiles::Tile::new(8, level, index, u32::try_from(width).unwrap(), false).path();
        prop_assert_eq!(ours.path(), theirs.replacen("tile/8/", "tile/", 1));
        let entries = Tile { level: None, ..ours };
        prop_assert_eq!(Tile::parse(&entries.path()), Some(entries));
    }
}

#[test]
fn a_tree_of_one_leaf_is_its_hash_and_of_two_their_node() {
    let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
    let mut edge = Frontier::default();
    edge.append(a, |_, _, _| {});
    assert_eq!(edge.root(), a);
    edge.append(b, |_, _, _| {});
    assert_eq!(edge.root(), node_hash(&a, &b));
    assert_ne!(node_hash(&a, &b), leaf_hash(&[a, b].concat()), "no leaf passes for a node");
}

#[test]
fn an_edge_is_read_back_as_it_was_written_and_never_of_another_size() {
    let tree = grown(11);
    let bytes = tree.edge.to_bytes();
    assert_eq!(Frontier::from_bytes(11, &bytes).unwrap(), tree.edge);
    assert!(Frontier::from_bytes(12, &bytes).is_err() && Frontier::from_bytes(11, &bytes[1..]).is_err());
    assert_eq!(Frontier::from_bytes(0, &[]).unwrap().root(), empty_root());
}

/// Nodes from what tiles hold.
struct FromTiles<'a>(&'a HashMap<(u8, u64), Hash>);
impl Nodes for FromTiles<'_> {
    type Error = Infallible;
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        let (tiles, tile, range) = tile::place(level, index);
        let hashes: Vec<Hash> = range.map(|at| self.0[&(tiles, tile * WIDTH + at as u64)]).collect();
        Ok(tile::fold(&hashes).unwrap())
    }
}

#[test]
fn every_node_can_be_made_from_tiles_and_tiles_are_the_referee_s() {
    let size = 70_000;
    let mut edge = Frontier::default();
    let mut stored: HashMap<(u8, u64), Hash> = HashMap::new();
    for number in 0..size {
        edge.append(leaf_hash(&entry(number)), |level, index, hash| {
            if level.is_multiple_of(tile::HEIGHT) {
                stored.insert((level / tile::HEIGHT, index), *hash);
            }
        });
    }
    let all: Vec<Tile> = tile::tiles(size).collect();
    let their_tiles = tlog_tiles::Tile::new_tiles(8, 0, size);
    let mut their_paths: Vec<String> = their_tiles.iter().map(|t| t.path().replacen("tile/8/", "tile/", 1)).collect();
    let mut our_paths: Vec<String> = all.iter().map(Tile::path).collect();
    our_paths.sort();
    their_paths.sort();
    assert_eq!(our_paths, their_paths);
    // The example of the specification.
    assert_eq!(all.iter().filter(|tile| tile.level == Some(0)).count(), 274);
    assert!(all.contains(&Tile { level: Some(0), index: 273, width: 112 }));
    assert!(all.contains(&Tile { level: Some(2), index: 0, width: 1 }));

    let nodes = &mut FromTiles(&stored);
    assert_eq!(proof::root(nodes, size).unwrap(), edge.root());
    for index in [0, 1, 255, 256, 65_535, 65_536, 69_999] {
        let hashes = proof::inclusion(nodes, index, size).unwrap().unwrap();
        let leaf = leaf_hash(&entry(index));
        assert_eq!(proof::verify_inclusion(&leaf, index, size, &hashes, &edge.root()), Ok(()));
    }
}

#[test]
fn a_tree_has_the_tiles_that_its_size_makes_and_no_wider_ones() {
    let tile = |path: &str| Tile::parse(path).unwrap();
    assert!(tile("tile/0/000.p/5").exists_in(5) && tile("tile/0/000.p/4").exists_in(5));
    assert!(!tile("tile/0/000.p/6").exists_in(5) && !tile("tile/0/000").exists_in(255));
    assert!(tile("tile/0/000").exists_in(256) && tile("tile/1/000.p/1").exists_in(256));
    assert!(!tile("tile/1/000.p/1").exists_in(255) && !tile("tile/63/000").exists_in(u64::MAX));
    assert!(tile("tile/entries/x001/234.p/7").exists_in(1234 * 256 + 7));
    assert!(!tile("tile/0/x018/x446/x744/x073/x709/x551/615").exists_in(u64::MAX));
}

#[test]
fn a_path_that_is_written_otherwise_names_nothing() {
    let wrong = [
        "tile/0/0",
        "tile/00/000",
        "tile/+0/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/05",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/x１00/000",
        "tile/data/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ];
    for path in wrong {
        assert_eq!(Tile::parse(path), None, "{path}");
    }
}

#[test]
fn entries_are_bundled_with_their_lengths() {
    let bundle = tile::write_entries([&b"one"[..], b"", b"three"]).unwrap();
    assert_eq!(bundle, b"\0\x03one\0\0\0\x05three");
    assert_eq!(tile::read_entries(&bundle).unwrap(), [&b"one"[..], b"", b"three"]);
    assert_eq!(tile::read_entries(&bundle[..bundle.len() - 1]), None);
    assert_eq!(tile::read_entries(&[0]), None);
    assert_eq!(tile::write_entries([&vec![0; 65_536][..]]), None);
}

#[test]
fn a_checkpoint_is_three_lines_as_the_referee_writes_them() {
    let ours = Checkpoint { origin: "forms.example/ledger".to_owned(), size: 7, root: leaf_hash(b"root") };
    let theirs = tlog_tiles::Checkpoint::new(&ours.origin, ours.size, TheirHash(ours.root), "").unwrap();
    assert_eq!(ours.text().into_bytes(), theirs.to_bytes());
    assert_eq!(Checkpoint::parse(&ours.text()), Ok(ours.clone()));
    let text = ours.text();
    for (wrong, error) in [
        (text.trim_end().to_owned(), CheckpointError::Lines),
        (format!("{text}extension\n"), CheckpointError::Lines),
        (text.replacen("forms.example/ledger", "", 1), CheckpointError::Lines),
        (text.replacen("\n7\n", "\n07\n", 1), CheckpointError::Size),
        (text.replacen("\n7\n", "\n-7\n", 1), CheckpointError::Size),
        (text.replacen("\n7\n", "\n18446744073709551616\n", 1), CheckpointError::Size),
        ("o\n7\nAAAA\n".to_owned(), CheckpointError::Root),
        (format!("o\n7\n{}\n", crate::base64::encode(&[0; 33])), CheckpointError::Root),
    ] {
        assert_eq!(Checkpoint::parse(&wrong), Err(error), "{wrong:?}");
    }
}

#[test]
fn a_proof_is_written_and_read_as_tlog_proof_says() {
    let (one, two) = (leaf_hash(b"1"), leaf_hash(b"2"));
    let checkpoint = "forms.example\n3\nroot\n\n\u{2014} forms.example sig\n".to_owned();
    let whole = LogProof { extra: Some(b"why".to_vec()), index: 2, hashes: vec![one, two], checkpoint };
    let [first, second] = [one, two].map(|hash| crate::base64::encode(&hash));
    let expected = format!(
        "c2sp.org/tlog-proof@v1\nextra d2h5\nindex 2\n{first}\n{second}\n\nforms.example\n3\nroot\n\n\u{2014} forms.example sig\n"
    );
    assert_eq!(whole.text(), expected);
    assert_eq!(LogProof::parse(&expected), Ok(whole.clone()));
    let bare = LogProof { extra: None, hashes: Vec::new(), ..whole };
    assert_eq!(LogProof::parse(&bare.text()), Ok(bare.clone()));
    for (wrong, error) in [
        (expected.replacen("v1", "v2", 1), LogProofError::Version),
        (expected.replacen("d2h5", "d2h5=", 1), LogProofError::Extra),
        (expected.replacen("index 2", "index 02", 1), LogProofError::Index),
        (expected.replacen("index 2\n", "", 1), LogProofError::Index),
        (expected.replacen(&first, &first[1..], 1), LogProofError::Hash),
        (expected.replacen(&first, &crate::base64::encode(&one[1..]), 1), LogProofError::Hash),
        ("c2sp.org/tlog-proof@v1\nindex 2\n".to_owned(), LogProofError::Checkpoint),
    ] {
        assert_eq!(LogProof::parse(&wrong), Err(error), "{wrong:?}");
    }
    let long = LogProof { hashes: vec![one; 65], ..bare };
    assert_eq!(LogProof::parse(&long.text()), Err(LogProofError::Hash));
}

#[cfg(feature = "ledger")]
mod notes {
    use signed_note::{StandardVerifier, VerifierList};

    use super::super::note::{KeyError, Note, NoteError, Signer, VerifierKey};

    const NAME: &str = "forms.example/ledger";
    const TEXT: &str = "forms.example/ledger\n3\nroot\n";

    fn signer(seed: u8) -> Signer {
        Signer::new(NAME, &[seed; 32]).unwrap()
    }

    #[test]
    fn a_note_of_ours_convinces_the_referee_and_one_of_theirs_us() {
        let (ours, note) = (signer(1), signer(1).sign(TEXT).unwrap());
        let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&ours.verifier().to_string()).unwrap())]);
        let read = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
        assert_eq!(read.verify(&known).unwrap().0.len(), 1);
        assert_eq!(read.text(), TEXT.as_bytes());

        let key = [&[1][..], &[9; 32]].concat();
        let verifier = signer(9).verifier().to_string();
        let id = verifier.split('+').nth(1).unwrap();
        let theirs = format!("PRIVATE+KEY+{NAME}+{id}+{}", crate::base64::encode(&key));
        let theirs = signed_note::StandardSigner::new(&theirs).unwrap();
        let mut note = signed_note::Note::new(TEXT.as_bytes(), &[]).unwrap();
        note.add_sigs(&[&theirs]).unwrap();
        let note = Note::parse(std::str::from_utf8(&note.to_bytes()).unwrap()).unwrap();
        assert_eq!(note.verify(&[signer(9).verifier()]), Ok(TEXT));
    }

    #[test]
    fn a_note_says_nothing_without_a_key_that_signed_it() {
        let note = signer(1).sign(TEXT).unwrap();
        let keys = [signer(1).verifier()];
        assert_eq!(Note::parse(&note).unwrap().verify(&keys), Ok(TEXT));
        assert_eq!(Note::parse(&note).unwrap().verify(&[signer(2).verifier()]), Err(NoteError::UnknownKey));
        assert_eq!(Note::parse(&note).unwrap().verify(&[]), Err(NoteError::UnknownKey));
        let altered = note.replacen("\n3\n", "\n4\n", 1);
        assert_eq!(Note::parse(&altered).unwrap().verify(&keys), Err(NoteError::BadSignature));
        // A stranger's line beside ours changes nothing; a bad line in our name spoils the note.
        let stranger = signer(2).sign(TEXT).unwrap();
        let stranger = stranger.rsplit_once("\n\n").unwrap().1;
        assert_eq!(Note::parse(&format!("{note}{stranger}")).unwrap().verify(&keys), Ok(TEXT));
        let last = &note[note.rfind('\u{2014}').unwrap()..];
        let other = signer(1).sign("another\n").unwrap();
        let spoiled = format!("{TEXT}\n{last}{}", other.rsplit_once("\n\n").unwrap().1);
        assert_eq!(Note::parse(&spoiled).unwrap().verify(&keys), Err(NoteError::BadSignature));
    }

    #[test]
    fn a_text_that_holds_blank_lines_ends_at_the_last_one() {
        let text = "one\n\n\u{2014} not a signature\n\ntwo\n";
        let note = Note::parse(&signer(1).sign(text).unwrap()).unwrap();
        assert_eq!(note.verify(&[signer(1).verifier()]), Ok(text));
    }

    #[test]
    fn what_is_no_note_or_no_key_is_refused() {
        let note = signer(1).sign(TEXT).unwrap();
        let cut = |to: usize| note.chars().take(to).collect::<String>();
        for wrong in [
            String::new(),
            TEXT.to_owned(),
            cut(40),
            note.trim_end().to_owned(),
            note.replace('3', "\t"),
            note.replace('\u{2014}', "-"),
        ] {
            assert_eq!(Note::parse(&wrong).err(), Some(NoteError::Malformed), "{wrong:?}");
        }
        assert_eq!(signer(1).sign("no end").err(), Some(NoteError::Malformed));
        assert_eq!(signer(1).sign("tab\there\n").err(), Some(NoteError::Malformed));
        let line = note.lines().last().unwrap();
        let many = format!("{TEXT}\n{}", format!("{line}\n").repeat(65));
        assert_eq!(Note::parse(&many).err(), Some(NoteError::Malformed));

        let key = signer(1).verifier().to_string();
        assert_eq!(VerifierKey::parse(&key).unwrap().to_string(), key);
        for wrong in ["", "name", "name+00000000", &key.replacen(NAME, "another", 1), &key[..key.len() - 1]] {
            assert_eq!(VerifierKey::parse(wrong), Err(KeyError::Text), "{wrong}");
        }
        assert_eq!(Signer::new("two words", &[0; 32]).err(), Some(KeyError::Name));
        assert_eq!(Signer::new("a+b", &[0; 32]).err(), Some(KeyError::Name));
        assert!(!format!("{:?}", signer(7)).contains('7'));
    }
}
