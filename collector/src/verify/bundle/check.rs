//! Checking a bundle: with a key that came from elsewhere, and nothing else. Leaves and records are read side by side, so
//! that the memory it takes does not depend on how many there are.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Read,
    path::Path,
};

use unticked_shared::{
    bundle::{About, CheckpointLine, LEAF_LINE, OriginLine, RecordLine, Scope, names, read_leaf},
    canonical,
    evidence::{self, Happened, PartA, PartB},
    merkle::{Checkpoint, Hash, leaf_hash, note::Note, note::NoteError, note::VerifierKey},
};

use super::{
    super::{
        archive::Archive as Shown,
        finding::{Finding, Hear, Told},
        outside::read_note,
        tree::Tree,
    },
    BundleError,
    reading::{Archive, Lines},
};

/// No ledger has had more names.
const MOST_NAMES: usize = 1_000;
/// What is said where a former name's key is not there.
const OF_FORMER: &str =
    "a checkpoint of a former name was compared, and not its signature: its key was not named (--key)";

/// What a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What it says of itself.
    pub about: About,
    /// Its head.
    pub checkpoint: Option<Checkpoint>,
    /// Leaves that were read.
    pub leaves: u64,
    /// Records that were read.
    pub records: u64,
    /// Of these, with their part B.
    pub with_part_b: u64,
    /// Of these, ended by a lawful erasure.
    pub ended: u64,
    /// Archived versions.
    pub versions: u64,
    /// What whoever reads it should know.
    pub notes: Vec<String>,
    /// What does not hold.
    pub findings: u64,
}

/// Roots that were stated, by size: where, which, and whether under a name that the log has no more.
type Stated = BTreeMap<u64, Vec<(String, Hash, bool)>>;

/// Checks the bundle at `path`.
pub fn run(path: &Path, keys: &[VerifierKey], hear: &mut Hear<'_>) -> Result<Checked, BundleError> {
    let archive = Archive::open(path)?;
    let about = archive.about()?;
    let mut check = Check { archive: &archive, keys, hear, findings: 0, notes: Vec::new() };
    let note = archive.text(names::CHECKPOINT)?;
    let checkpoint = match read_note(&note, keys) {
        Ok(checkpoint) => {
            if checkpoint.origin != about.origin || checkpoint.size != about.leaves {
                check.file(names::ABOUT, "it does not say of the ledger what its checkpoint says");
            }
            Some(checkpoint)
        }
        Err(says) => {
            check.file(names::CHECKPOINT, says);
            None
        }
    };
    let mut stated: Stated = BTreeMap::new();
    if let Some(checkpoint) = &checkpoint {
        stated.entry(checkpoint.size).or_default().push((names::CHECKPOINT.to_owned(), checkpoint.root, false));
    }
    let former = check.origins(&about, &mut stated)?;
    let versions = check.versions()?;
    let counts = check.leaves_and_records(&about, stated, &former, &versions)?;
    let expected = checkpoint.as_ref().map_or(about.leaves, |checkpoint| checkpoint.size);
    if counts.leaves != expected {
        check.file(names::LEAVES, format!("it has {} leaves, and the checkpoint {expected}", counts.leaves));
    }
    if counts.records != about.records {
        check.file(names::RECORDS, format!("it has {} records, and about.json says {}", counts.records, about.records));
    }
    let (findings, notes) = (check.findings, check.notes);
    Ok(Checked {
        about,
        checkpoint,
        leaves: counts.leaves,
        records: counts.records,
        with_part_b: counts.with_part_b,
        ended: counts.ended,
        versions: versions.count(),
        notes,
        findings,
    })
}

#[derive(Default)]
struct Counts {
    leaves: u64,
    records: u64,
    with_part_b: u64,
    ended: u64,
}

struct Check<'a, 'h> {
    archive: &'a Archive,
    keys: &'a [VerifierKey],
    hear: &'a mut Hear<'h>,
    findings: u64,
    notes: Vec<String>,
}

impl Check<'_, '_> {
    fn finding(&mut self, finding: Finding) {
        self.findings += 1;
        (self.hear)(Told::Finding(finding));
    }

    fn file(&mut self, name: &str, says: impl Into<String>) {
        self.finding(Finding::file(name, says));
    }

    /// A root that does not hold; under a former name that is what the new one says.
    fn root(&mut self, what: &str, says: &str, of_former: bool) {
        if of_former {
            self.notes.push(format!("{what}: {says}. A ledger that goes on under a new name may have lost leaves"));
        } else {
            self.file(what, says);
        }
    }

    /// The names that the log has had; answers those before the last.
    fn origins(&mut self, about: &About, stated: &mut Stated) -> Result<BTreeSet<String>, BundleError> {
        let mut lines: Lines<OriginLine> = self.archive.lines(names::ORIGINS)?;
        let mut all: Vec<OriginLine> = Vec::new();
        while let Some(line) = lines.next()? {
            all.push(line);
            if all.len() > MOST_NAMES {
                let reason = format!("`{}` has more names than a ledger can have", names::ORIGINS);
                return Err(BundleError::NoBundle { path: self.archive.path.clone(), reason });
            }
        }
        if all.last().is_none_or(|last| last.origin != about.origin) || all.iter().zip(1..).any(|(o, n)| o.number != n)
        {
            self.file(names::ORIGINS, "it does not lead to the name that the checkpoint bears");
        }
        for pair in all.windows(2) {
            let [before, origin] = pair else { continue };
            let Some(previous) = &origin.previous else {
                self.file(names::ORIGINS, format!("it does not say how the ledger ended under `{}`", before.origin));
                continue;
            };
            self.notes.push(format!(
                "the ledger has gone on as `{}` since leaf {}{}; what it held before under `{}` is only vouched for by what \
                 others kept of it",
                origin.origin,
                origin.began_at_size,
                origin.reason.as_ref().map_or(String::new(), |why| format!(" ({why})")),
                before.origin
            ));
            if let Some(checkpoint) = self.note(names::ORIGINS, previous, true) {
                let says = format!("the last checkpoint under the name `{}`", before.origin);
                stated.entry(checkpoint.size).or_default().push((says, checkpoint.root, true));
            }
        }
        Ok(all.iter().rev().skip(1).map(|origin| origin.origin.clone()).collect())
    }

    /// Reads a note; one of a former name may be of a key that nobody named.
    fn note(&mut self, name: &str, note: &str, former: bool) -> Option<Checkpoint> {
        match read_note(note, self.keys) {
            Ok(checkpoint) => Some(checkpoint),
            Err(says) => {
                let unknown = Note::parse(note).is_ok_and(|note| note.verify(self.keys) == Err(NoteError::UnknownKey));
                if unknown && former {
                    // Once: a hostile bundle has as many of them as it likes.
                    if !self.notes.iter().any(|note| note == OF_FORMER) {
                        self.notes.push(OF_FORMER.to_owned());
                    }
                    return Checkpoint::parse(note.get(..=note.rfind("\n\n")?)?).ok();
                }
                self.file(name, says);
                None
            }
        }
    }

    /// The archived versions, each against its name.
    fn versions(&mut self) -> Result<Shown, BundleError> {
        let mut versions = Shown::default();
        for file in self.archive.files.keys().filter(|name| name.starts_with(names::VERSIONS)) {
            let name = file.trim_start_matches(names::VERSIONS).trim_end_matches(".json");
            for says in versions.take_file(name, self.archive.bytes(file)?) {
                self.findings += 1;
                (self.hear)(Told::Finding(Finding::file(file.clone(), says)));
            }
        }
        Ok(versions)
    }

    fn leaves_and_records(
        &mut self,
        about: &About,
        mut stated: Stated,
        former: &BTreeSet<String>,
        versions: &Shown,
    ) -> Result<Counts, BundleError> {
        let mut counts = Counts::default();
        let mut tree = Tree::default();
        let mut leaves = self.archive.reader(names::LEAVES)?;
        let (_, size) = self.archive.place(names::LEAVES)?;
        let of_line = LEAF_LINE as u64;
        let mut records: Lines<RecordLine> = self.archive.lines(names::RECORDS)?;
        let mut checkpoints: Lines<CheckpointLine> = self.archive.lines(names::CHECKPOINTS)?;
        let mut record = records.next()?;
        let mut published = self.published(&mut checkpoints, former)?;
        // Whom an erasure in the bundle ends, and whom a line says to be ended.
        let mut ends: HashMap<u64, u64> = HashMap::new();
        let mut claims: HashMap<u64, u64> = HashMap::new();
        let mut line = [0u8; LEAF_LINE];
        loop {
            let here = tree.size();
            while let Some((checkpoint, of_former)) = published.as_ref().filter(|(one, _)| one.size <= here) {
                let says = format!("the published checkpoint of {} leaves", checkpoint.size);
                if checkpoint.size == here {
                    stated.entry(here).or_default().push((says, checkpoint.root, *of_former));
                } else {
                    self.file(names::CHECKPOINTS, format!("{says} is out of its order"));
                }
                published = self.published(&mut checkpoints, former)?;
            }
            for (what, root, of_former) in stated.remove(&here).unwrap_or_default() {
                if root != tree.root() {
                    self.root(&what, &format!("its root is not that of the first {here} leaves"), of_former);
                }
            }
            if here * of_line >= size {
                break;
            }
            if size - here * of_line < of_line {
                self.file(names::LEAVES, "its last line is cut off");
                break;
            }
            leaves.read_exact(&mut line).map_err(|_| self.archive.cut_off(names::LEAVES))?;
            let leaf = read_leaf(&line[..64]).filter(|_| line[64] == b'\n');
            let Some(leaf) = leaf else {
                self.file(names::LEAVES, format!("line {} is no commitment", here + 1));
                break;
            };
            let mut stands = false;
            while let Some(line) = record.take_if(|record| record.leaf <= here) {
                counts.records += 1;
                stands |= line.leaf == here;
                if line.leaf < here {
                    self.file(
                        names::RECORDS,
                        format!("the record of leaf {} is out of its order, or doubled", line.leaf),
                    );
                } else {
                    self.record(&line, &leaf, about, versions, &mut counts, &mut ends, &mut claims);
                }
                record = records.next()?;
            }
            // Erasure leaves part A and a hash: lawfully, too, no record goes altogether.
            if !stands && about.scope == Scope::All {
                let place = i64::try_from(here).unwrap_or(i64::MAX);
                self.finding(Finding::leaf(place, "no record of it is in the bundle, which says that it has them all"));
            }
            tree.push(leaf_hash(&evidence::leaf(&leaf)));
            if tree.size() % 65_536 == 0 {
                (self.hear)(Told::Progress { step: "leaves", done: tree.size(), of: size / of_line });
            }
        }
        counts.leaves = tree.size();
        while let Some(line) = record {
            counts.records += 1;
            self.file(names::RECORDS, format!("it has a record of leaf {}, and there is no such leaf", line.leaf));
            record = records.next()?;
        }
        for (what, _, of_former) in stated.into_values().flatten() {
            self.root(&what, "the bundle has fewer leaves", of_former);
        }
        if published.is_some() {
            self.file(names::CHECKPOINTS, "it goes on behind the leaves");
        }
        self.endings(&ends, &claims);
        counts.ended = claims.len() as u64;
        Ok(counts)
    }

    fn published(
        &mut self,
        lines: &mut Lines<CheckpointLine>,
        former: &BTreeSet<String>,
    ) -> Result<Option<(Checkpoint, bool)>, BundleError> {
        while let Some(line) = lines.next()? {
            let of_former = former.iter().any(|name| line.note.starts_with(&format!("{name}\n")));
            if let Some(checkpoint) = self.note(names::CHECKPOINTS, &line.note, of_former) {
                return Ok(Some((checkpoint, of_former)));
            }
        }
        Ok(None)
    }

    #[expect(clippy::too_many_arguments, reason = "what one record is held against, and what is gathered of it")]
    fn record(
        &mut self,
        line: &RecordLine,
        leaf: &Hash,
        about: &About,
        versions: &Shown,
        counts: &mut Counts,
        ends: &mut HashMap<u64, u64>,
        claims: &mut HashMap<u64, u64>,
    ) {
        let place = i64::try_from(line.leaf).unwrap_or(i64::MAX);
        let mut says: Vec<String> = Vec::new();
        if let Err(fault) = line.check(leaf) {
            says.push(fault.to_string());
        }
        if let Some(by) = line.ended_by {
            claims.insert(line.leaf, by);
        }
        match serde_json::from_str::<PartA>(&line.part_a) {
            Ok(part) if canonical::to_string(&part).is_ok_and(|text| text == line.part_a) => {
                if versions.holds(&part.version) {
                    says.extend(versions.judge(&part));
                } else {
                    says.push(format!("the version {} that it names is not in the bundle", part.version));
                }
                if let Some(Happened::Erasure(erasure)) = &part.happened {
                    for ended in &erasure.leaves {
                        if ends.insert(*ended, line.leaf).is_some() {
                            says.push(format!("it ends the leaf {ended}, which another erasure ended, too"));
                        }
                    }
                }
            }
            _ => says.push("its part A is not as this version writes and reads it".to_owned()),
        }
        if let Some(part_b) = &line.part_b {
            counts.with_part_b += 1;
            if !about.part_b {
                says.push("it holds a part B, and about.json says that there is none".to_owned());
            }
            if serde_json::from_str::<PartB>(part_b).is_err() {
                says.push("its part B cannot be read".to_owned());
            }
        }
        for says in says {
            self.finding(Finding::leaf(place, format!("its record: {says}")));
        }
    }

    /// An ended record and its erasure: both are named, or neither.
    fn endings(&mut self, ends: &HashMap<u64, u64>, claims: &HashMap<u64, u64>) {
        for (leaf, by) in claims {
            if ends.get(leaf) != Some(by) {
                let place = i64::try_from(*leaf).unwrap_or(i64::MAX);
                let says = format!(
                    "its record is said to be ended by the erasure at leaf {by}, which is not in the bundle or does not name it"
                );
                self.finding(Finding::leaf(place, says));
            }
        }
    }
}
