//! Making a bundle: a page at a time, from the state of one moment.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use unticked_shared::{
    bundle::{About, CHECK, CheckpointLine, OriginLine, README, RecordLine, SCHEMA, Scope, names},
    canonical,
    evidence::{Happened, PartA, part_hash},
    merkle::{Checkpoint, Hash, note::Signer},
    signature::hex,
};
use uuid::Uuid;

use super::{
    super::{
        Tools,
        finding::{Finding, Place},
        sql,
    },
    BundleError,
    writing::Tar,
};
use crate::{
    accesses::{Accesses, Opened, Reader},
    evidence,
    ledger::{self, witness},
    store::{
        Connection,
        values::{millis, rfc3339, time},
    },
    vault::{SubjectKeys, VaultError},
};

/// Rows in one look.
const PAGE: i64 = 256;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Whose records.
    pub scope: Scope,
    /// Who hands part B over, and why; none where it is left out.
    pub reader: Option<Reader>,
    /// Part B of those who were forgotten, too: their evidence is kept for legal claims alone (Art. 17(3)(e)).
    pub for_legal_claims: bool,
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Leaves.
    pub leaves: u64,
    /// Records.
    pub records: u64,
    /// Of these, with their part B.
    pub with_part_b: u64,
    /// Of these, kept for legal claims alone, and handed over without part B.
    pub restricted: u64,
    /// Archived versions.
    pub versions: u64,
    /// Records that are damaged: in the bundle as far as they can be read.
    pub damaged: u64,
    /// The first of them, each with what is wrong.
    pub named: Vec<Finding>,
}

/// So many damaged records are named; `unticked verify` names them all.
const NAMED: usize = 1_000;

/// Makes it. What was half-written goes when it fails.
pub async fn run(tools: &Tools, path: &Path, wish: &Wish) -> Result<Made, BundleError> {
    if path.exists() {
        return Err(BundleError::Occupied(path.to_owned()));
    }
    let draft = draft_of(path);
    let made = make(tools, &draft, wish).await.and_then(|made| {
        let failed = |cause| BundleError::File { path: path.to_owned(), cause };
        // A link does not overwrite, as a renaming would.
        fs::hard_link(&draft, path).map_err(failed)?;
        Ok(made)
    });
    let _ = fs::remove_file(&draft);
    made
}

fn draft_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

async fn make(tools: &Tools, path: &Path, wish: &Wish) -> Result<Made, BundleError> {
    let signed = ledger::sql::signed(&mut tools.store.keys().read().await?).await?.ok_or(BundleError::Unsigned)?;
    let signed_head = signed.head()?;
    let mut snapshot = tools.store.main().snapshot().await?;
    let main: &mut Connection = &mut snapshot;
    let now = tools.clock.now();
    let mut out = Tar::create(path, millis(now).unsigned_abs() / 1000)?;
    out.file(names::README, README.as_bytes())?;
    out.file(names::CHECK, CHECK.as_bytes())?;
    out.file(names::CHECKPOINT, signed.note.as_bytes())?;
    origins(tools, main, &mut out).await?;
    checkpoints(main, signed_head.size, &mut out).await?;
    leaves(main, &signed_head_checkpoint(&signed.origin, signed_head.size, signed_head.root), &mut out).await?;
    let mut export = Export {
        tools,
        wish,
        size: signed_head.size,
        made: Made { leaves: signed_head.size, ..Made::default() },
        versions: BTreeSet::new(),
    };
    export.records(main, &mut out).await?;
    if export.made.records == 0 {
        match &wish.scope {
            Scope::Subject(subject) => return Err(BundleError::Nothing(format!("the person {subject}"))),
            Scope::Form(form) => return Err(BundleError::Nothing(format!("the form `{form}`"))),
            Scope::All | Scope::None => {}
        }
    }
    for digest in std::mem::take(&mut export.versions) {
        if let Some(row) = sql::version(main, digest.as_bytes()).await? {
            out.file(&format!("{}{digest}.json", names::VERSIONS), &row.bundle)?;
            export.made.versions += 1;
        }
    }
    let about = About {
        schema: SCHEMA.to_owned(),
        made_at: rfc3339(now),
        product: env!("CARGO_PKG_VERSION").to_owned(),
        origin: signed.origin.clone(),
        leaves: signed_head.size,
        scope: wish.scope.clone(),
        records: export.made.records,
        part_b: wish.reader.is_some(),
    };
    let mut text = serde_json::to_vec_pretty(&about).expect("it is plain text and numbers");
    text.push(b'\n');
    out.file(names::ABOUT, &text)?;
    out.end()?;
    snapshot.rollback().await?;
    Ok(export.made)
}

fn signed_head_checkpoint(origin: &str, size: u64, root: [u8; 32]) -> Checkpoint {
    Checkpoint { origin: origin.to_owned(), size, root }
}

async fn origins(tools: &Tools, main: &mut Connection, out: &mut Tar) -> Result<(), BundleError> {
    out.begin(names::ORIGINS)?;
    for origin in ledger::sql::origins(main).await? {
        let seed = tools.vault.ring().ledger_seed(&origin.origin);
        let signer = Signer::new(&origin.origin, &seed).map_err(|_| BundleError::Unsound)?;
        out.line(&OriginLine {
            number: origin.number,
            key: signer.verifier().to_string(),
            origin: origin.origin,
            began_at_size: origin.began_at_size,
            began_at: time(origin.began_at).map(rfc3339)?,
            reason: origin.reason,
            previous: origin.previous,
        })?;
    }
    out.finish(names::ORIGINS)
}

async fn checkpoints(main: &mut Connection, size: u64, out: &mut Tar) -> Result<(), BundleError> {
    out.begin(names::CHECKPOINTS)?;
    // Names of the log about which others were asked: what they signed goes along, under each head.
    let mut witnessed = BTreeMap::new();
    for origin in ledger::sql::origins(main).await? {
        if !witness::sql::outsiders(main, origin.number).await?.is_empty() {
            witnessed.insert(origin.origin, origin.number);
        }
    }
    let mut past = (i64::MIN, i64::MIN);
    loop {
        let page = sql::checkpoints(main, past, PAGE).await?;
        let Some(last) = page.last() else { break };
        past = (last.size, last.origin_number);
        for row in page.into_iter().filter(|row| row.size.unsigned_abs() <= size) {
            let mut note = String::from_utf8(row.note).map_err(|_| BundleError::Unsound)?;
            if let Some(origin) = note.lines().next().and_then(|origin| witnessed.get(origin)) {
                for line in witness::sql::cosignatures(main, *origin, row.size).await? {
                    note.push_str(&line.line);
                    note.push('\n');
                }
            }
            out.line(&CheckpointLine { published_at: time(row.published_at).map(rfc3339)?, note })?;
        }
    }
    out.finish(names::CHECKPOINTS)
}

async fn leaves(main: &mut Connection, head: &Checkpoint, out: &mut Tar) -> Result<(), BundleError> {
    out.begin(names::LEAVES)?;
    let mut next = 0u64;
    while next < head.size {
        let page = ledger::sql::leaves(main, next, (head.size - next).min(4096)).await?;
        if page.is_empty() {
            return Err(BundleError::Unsound);
        }
        for commitment in &page {
            out.bytes(hex(commitment).as_bytes())?;
            out.bytes(b"\n")?;
        }
        next += page.len() as u64;
    }
    out.finish(names::LEAVES)
}

struct Export<'a> {
    tools: &'a Tools,
    wish: &'a Wish,
    size: u64,
    made: Made,
    versions: BTreeSet<String>,
}

impl Export<'_> {
    async fn records(&mut self, main: &mut Connection, out: &mut Tar) -> Result<(), BundleError> {
        out.begin(names::RECORDS)?;
        if self.wish.scope != Scope::None {
            let ended = self.ended(main).await?;
            let mut past = -1;
            loop {
                let page = self.page(main, past).await?;
                let Some(last) = page.last() else { break };
                past = last.row.leaf_index.unwrap_or(i64::MAX);
                let page: Vec<_> = page.into_iter().filter(|one| self.wanted(one)).collect();
                let keys = self.keys(&page).await?;
                self.log(&page).await?;
                for one in page {
                    let keys = keys.get(&one.row.subject_id).and_then(Option::as_ref);
                    out.line(&self.line(&one, keys, &ended))?;
                }
            }
        }
        out.finish(names::RECORDS)
    }

    async fn page(&self, main: &mut Connection, past: i64) -> Result<Vec<sql::Exported>, BundleError> {
        let page = match &self.wish.scope {
            Scope::Subject(subject) => {
                let subject =
                    Uuid::parse_str(subject).map_err(|_| BundleError::Nothing(format!("the person {subject}")))?;
                let mut all = sql::exported_of(main, subject).await?;
                all.retain(|one| one.row.leaf_index.is_some_and(|leaf| leaf > past));
                all
            }
            _ => sql::exported(main, past, PAGE).await?,
        };
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        Ok(page.into_iter().filter(|one| one.row.leaf_index.is_some_and(|leaf| leaf < size)).collect())
    }

    fn wanted(&self, one: &sql::Exported) -> bool {
        match &self.wish.scope {
            Scope::Form(form) => part_a(one).is_some_and(|part| part.form.as_str() == form),
            Scope::None => false,
            Scope::All | Scope::Subject(_) => true,
        }
    }

    /// The leaves that an erasure in reach has ended, with that erasure's own.
    async fn ended(&self, main: &mut Connection) -> Result<HashMap<u64, u64>, BundleError> {
        let (mut ended, mut past) = (HashMap::new(), -1);
        loop {
            let page = self.page(main, past).await?;
            let Some(last) = page.last() else { return Ok(ended) };
            past = last.row.leaf_index.unwrap_or(i64::MAX);
            for one in &page {
                // Most records hold no such list, and need not be read for it.
                if one.row.part_a.windows(9).any(|bytes| bytes == b"\"leaves\":")
                    && let Some(Happened::Erasure(erasure)) = part_a(one).and_then(|part| part.happened)
                {
                    let by = one.row.leaf_index.unwrap_or_default().unsigned_abs();
                    ended.extend(erasure.leaves.into_iter().map(|leaf| (leaf, by)));
                }
            }
        }
    }

    async fn keys(&self, page: &[sql::Exported]) -> Result<HashMap<Uuid, Option<SubjectKeys>>, BundleError> {
        let mut keys = HashMap::new();
        for one in page.iter().filter(|one| one.row.part_b.len() > 32) {
            if let std::collections::hash_map::Entry::Vacant(place) = keys.entry(one.row.subject_id) {
                place.insert(match self.tools.vault.keys_of(&self.tools.store, one.row.subject_id).await {
                    Ok(keys) => keys,
                    // Theirs alone: each of their records will say so.
                    Err(VaultError::NotOpened(_)) => None,
                    Err(error) => return Err(error.into()),
                });
            }
        }
        Ok(keys)
    }

    /// Part B points to a person: whoever hands it over is written down first.
    async fn log(&self, page: &[sql::Exported]) -> Result<(), BundleError> {
        let Some(reader) = &self.wish.reader else { return Ok(()) };
        let opened: BTreeSet<(String, Uuid)> =
            page.iter().map(|one| (one.reference.clone(), one.row.subject_id)).collect();
        if opened.is_empty() {
            return Ok(());
        }
        let opened: Vec<Opened> =
            opened.into_iter().map(|(reference, subject)| Opened { reference, subject }).collect();
        let log = Accesses::new(self.tools.store.clone(), &self.tools.vault, self.tools.clock.clone());
        Ok(log.open(reader, "ledger bundle", &opened, &[]).await?)
    }

    /// A record as far as it can be read: one that is damaged is named, and costs nobody the others.
    fn line(&mut self, one: &sql::Exported, keys: Option<&SubjectKeys>, ended: &HashMap<u64, u64>) -> RecordLine {
        let row = &one.row;
        let leaf = row.leaf_index.unwrap_or_default().unsigned_abs();
        match part_a(one) {
            Some(part) => {
                self.versions.insert(part.version);
            }
            None => self.damaged(one, "its part A cannot be read"),
        }
        let mut line = RecordLine {
            leaf,
            commitment: hex(&row.commitment),
            part_a: String::from_utf8_lossy(&row.part_a).into_owned(),
            opening_a: hex(&row.opening_a),
            part_b: None,
            opening_b: None,
            hash_b: None,
            ended_by: None,
        };
        self.made.records += 1;
        if row.part_b.is_empty() || row.part_b.len() == 32 {
            line.hash_b = (!row.part_b.is_empty()).then(|| hex(&row.part_b));
            line.ended_by = ended.get(&leaf).copied();
            return line;
        }
        let Some(key) = keys.and_then(|keys| keys.evidence.as_ref()) else {
            self.damaged(
                one,
                "the key of its part B is not there, or does not open: neither part B nor its hash is in the bundle",
            );
            return line;
        };
        let opened = evidence::open(row, key).ok().and_then(|opened| {
            let text = canonical::to_string(&opened.part).ok()?;
            Some((text, part_hash(&opened.opening, &opened.part).ok()?, opened.opening))
        });
        let Some((text, hash, opening)) = opened else {
            self.damaged(one, "its part B does not open: neither it nor its hash is in the bundle");
            return line;
        };
        // Forgotten: the evidence is kept for legal claims, and for nothing else.
        let restricted = keys.is_none_or(|keys| keys.identity.is_none());
        if self.wish.reader.is_some() && (!restricted || self.wish.for_legal_claims) {
            self.made.with_part_b += 1;
            line.part_b = Some(text);
            line.opening_b = Some(hex(&opening));
        } else {
            self.made.restricted += u64::from(restricted && self.wish.reader.is_some());
            line.hash_b = Some(hex(&hash));
        }
        let says = match <&Hash>::try_from(row.commitment.as_slice()) {
            Ok(commitment) => line.check(commitment).err().map(|fault| fault.to_string()),
            Err(_) => Some("its commitment is cut off".to_owned()),
        };
        if let Some(says) = says {
            self.damaged(one, &says);
        }
        line
    }

    fn damaged(&mut self, one: &sql::Exported, says: &str) {
        self.made.damaged += 1;
        if self.made.named.len() < NAMED {
            let place = Place::Record { record: one.row.record_id, leaf: one.row.leaf_index };
            self.made.named.push(Finding::new(place, says));
        }
    }
}

fn part_a(one: &sql::Exported) -> Option<PartA> {
    serde_json::from_slice(&one.row.part_a).ok()
}
