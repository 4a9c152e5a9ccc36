//! The owner's view of leads, before any console exists.
//!
//! What identifies nobody (reference, time, form, state, decisions, deliveries) can be listed by whoever may read the
//! databases. Whatever opens a sealed value goes through the access log first: who, why, which submissions, which
//! fields ([`crate::accesses`]). What points to a person or is sensitive stays masked ([`mask`]) unless its field is
//! named. A value that no purpose allows to be kept any more is not shown, and one that was destroyed says so.

pub mod csv;
pub mod decide;
pub mod deliveries;
pub mod export;
pub mod mask;
pub mod sql;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;
use unticked_shared::{definition::form::Identifies, evidence::statement_digest, id::Language, submission::Value};
use uuid::Uuid;

use self::{
    decide::{Content, Judged, Use, judge},
    mask::{Nature, mask},
    sql::{DeliveryRow, Page, SubmissionRow},
};
use crate::{
    accesses::{Accesses, Opened, Reader},
    documents::{self, View},
    evidence::{self, Standing},
    forms::{Forms, Version},
    store::{Connection, Store, StoreError, values::millis},
    submissions::record::value_row,
    vault::{self, Cell, Key, Vault, VaultError},
};

/// How many submissions are read, and written into one entry of the access log, at once.
pub const PAGE: usize = 200;

/// Why leads cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum LeadsError {
    /// The databases. Of the access log, too: then nothing was opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The list cannot be written where it should go.
    #[error("the export cannot be written: {0}")]
    Written(#[from] std::io::Error),
}

/// Which leads.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this form; without it of every one but the banner, whose decisions are no leads.
    pub form: Option<String>,
    /// Received then or later.
    pub since: Option<Timestamp>,
    /// Received before.
    pub until: Option<Timestamp>,
    /// `accepted` or `quarantined`.
    pub state: Option<String>,
}

/// A way through the leads that fit, a page at a time, the newest first.
#[derive(Debug, Clone)]
pub struct Walk {
    filter: Filter,
    before: (i64, Uuid),
}

impl Walk {
    /// From the newest on.
    pub fn new(filter: Filter) -> Self {
        let before = (filter.until.map_or(i64::MAX, millis), Uuid::nil());
        Self { filter, before }
    }

    fn page(&self, limit: usize) -> Page<'_> {
        Page {
            before: self.before,
            since: self.filter.since.map_or(i64::MIN, millis),
            form: self.filter.form.as_deref().unwrap_or_default(),
            state: self.filter.state.as_deref().unwrap_or_default(),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        }
    }
}

/// A lead without any value: what identifies nobody.
#[derive(Debug, Clone)]
pub struct Summary {
    /// What lies open.
    pub submission: SubmissionRow,
    /// What each purpose rests on now; empty where the evidence cannot be read.
    pub standing: Vec<Standing>,
    /// Where it went.
    pub deliveries: Vec<DeliveryRow>,
    /// The person's key was destroyed.
    pub forgotten: bool,
}

/// A lead as it is shown.
#[derive(Debug, Clone)]
pub struct Lead {
    /// What identifies nobody.
    pub summary: Summary,
    /// What was entered, in the form's order.
    pub values: Vec<ShownValue>,
    /// What each purpose rests on now, with the words that the person saw.
    pub decisions: Vec<Decided>,
    /// How often they looked at what they were sent, as far as they allow that to be counted.
    pub views: Vec<View>,
}

/// One field of a lead.
#[derive(Debug, Clone)]
pub struct ShownValue {
    /// The field.
    pub field: String,
    /// Its label as the visitor saw it.
    pub label: String,
    /// What is shown of it.
    pub content: Content,
}

/// One purpose of a lead.
#[derive(Debug, Clone)]
pub struct Decided {
    /// What stands.
    pub standing: Standing,
    /// Its name as the visitor saw it.
    pub name: String,
    /// The words that the visitor saw; absent where the archive does not hold just these.
    pub statement: Option<String>,
}

/// How a lead is to be opened.
#[derive(Debug, Clone, Copy)]
pub struct Manner<'a> {
    /// What for.
    pub purpose: Use,
    /// The fields to uncover.
    pub reveal: &'a [String],
}

/// The room at work. Cloning is cheap.
#[derive(Clone)]
pub struct Leads {
    store: Store,
    vault: Vault,
    accesses: Accesses,
}

impl Leads {
    /// The leads in these databases.
    pub fn new(store: Store, vault: Vault, accesses: Accesses) -> Self {
        Self { store, vault, accesses }
    }

    /// The lead of a reference, closed.
    pub async fn find(store: &Store, reference: &str) -> Result<Option<Summary>, StoreError> {
        let connection = &mut store.read().await?;
        let Some(submission) = sql::find(connection, reference).await? else { return Ok(None) };
        summary(store, connection, submission).await.map(Some)
    }

    /// The next leads of a walk, closed; at most `limit`, none at its end.
    pub async fn next(store: &Store, walk: &mut Walk, limit: usize) -> Result<Vec<Summary>, StoreError> {
        let connection = &mut store.read().await?;
        let rows = sql::page(connection, &walk.page(limit.min(PAGE))).await?;
        if let Some(last) = rows.last() {
            walk.before = (last.received_at, last.submission_id);
        }
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            page.push(summary(store, connection, row).await?);
        }
        Ok(page)
    }

    /// The next page of a walk, closed; empty at its end.
    pub async fn next_of(&self, walk: &mut Walk) -> Result<Vec<Summary>, StoreError> {
        Self::next(&self.store, walk, PAGE).await
    }

    /// Opens leads for `reader`, once that is written down; opens none where it cannot be.
    pub async fn open(
        &self,
        reader: &Reader,
        command: &str,
        leads: Vec<Summary>,
        versions: &mut Versions,
        manner: Manner<'_>,
    ) -> Result<Vec<Lead>, LeadsError> {
        if leads.is_empty() {
            return Ok(Vec::new());
        }
        let opened: Vec<Opened> = leads
            .iter()
            .map(|lead| Opened { reference: lead.submission.reference.clone(), subject: lead.submission.subject_id })
            .collect();
        self.accesses.open(reader, command, &opened, manner.reveal).await?;
        let mut shown = Vec::with_capacity(leads.len());
        for lead in leads {
            let version = versions.find(&lead.submission.version).await?;
            shown.push(self.open_one(lead, version.as_deref(), manner).await?);
        }
        Ok(shown)
    }

    async fn open_one(&self, lead: Summary, version: Option<&Version>, manner: Manner<'_>) -> Result<Lead, LeadsError> {
        let submission = lead.submission.submission_id;
        let rows = sql::values(&mut self.store.read().await?, submission).await?;
        let keys = self.vault.keys_of(&self.store, lead.submission.subject_id).await?;
        let identity = keys.and_then(|keys| keys.identity);
        let face = version.map(|version| version.face(Language::parse(&lead.submission.language).ok().as_ref()).1);
        let mut fields: Vec<&str> = version
            .map(|version| version.definition.fields.iter().map(|field| field.id.as_str()).collect())
            .unwrap_or_default();
        fields.extend(rows.iter().map(|row| row.field.as_str()).filter(|field| !has_field(version, field)));
        let mut values = Vec::new();
        for field in fields {
            let declared = version.and_then(|v| v.definition.fields.iter().find(|one| one.id.as_str() == field));
            let row = rows.iter().find(|row| row.field == field);
            let used_by: Vec<&Standing> = lead
                .standing
                .iter()
                .filter(|standing| declared.is_none_or(|field| field.purposes.contains(&standing.purpose)))
                .collect();
            let nature = declared.map_or(Nature::UNKNOWN, |field| Nature {
                kind: field.kind,
                identifies: field.identifies,
                category: field.category,
            });
            let open = || {
                let row = row?;
                let cell_row = value_row(submission, field);
                let cell = Cell { table: "value", row: &cell_row, column: "content" };
                open_value(self, &cell, &row.identifies, &row.content, identity.as_ref())
            };
            let sealed = row.map(|row| Identifies::No != identifies(&row.identifies));
            let content = match judge(sealed, identity.is_some(), &used_by, manner.purpose) {
                Judged::Open => match open() {
                    None => Content::Unreadable,
                    Some(value) if nature.is_sensitive() && !manner.reveal.iter().any(|one| one == field) => {
                        Content::Masked(mask(nature, &value))
                    }
                    Some(value) => Content::Plain(value),
                },
                Judged::Closed(content) => content,
                Judged::Nothing => continue,
            };
            let label = face.and_then(|face| face.content.field(field)).map_or(field, |field| field.label.as_str());
            values.push(ShownValue { field: field.to_owned(), label: label.to_owned(), content });
        }
        let decisions = lead.standing.iter().map(|standing| decided(standing, version, &lead.submission.language));
        let decisions = decisions.collect();
        let views = documents::sql::of_submission(&mut self.store.read().await?, submission).await?;
        Ok(Lead { summary: lead, values, decisions, views })
    }
}

fn has_field(version: Option<&Version>, field: &str) -> bool {
    version.is_some_and(|version| version.definition.fields.iter().any(|one| one.id.as_str() == field))
}

fn identifies(word: &str) -> Identifies {
    match word {
        "no" => Identifies::No,
        "quasi" => Identifies::Quasi,
        _ => Identifies::Direct,
    }
}

fn open_value(leads: &Leads, cell: &Cell<'_>, kind: &str, sealed: &[u8], identity: Option<&Key>) -> Option<Value> {
    let plain = match identifies(kind) {
        Identifies::No => leads.vault.open_value(cell, sealed).ok()?,
        _ => identity?.open(cell, sealed).ok()?,
    };
    serde_json::from_slice(&plain).ok()
}

/// The words that the person saw, held against the digest in the evidence.
fn decided(standing: &Standing, version: Option<&Version>, language: &str) -> Decided {
    let language = Language::parse(language).ok();
    let text = version.and_then(|version| {
        let content = &version.face(language.as_ref()).1.content;
        content.purposes.iter().find(|text| text.id == standing.purpose)
    });
    Decided {
        standing: standing.clone(),
        name: text.map_or_else(|| standing.purpose.to_string(), |text| text.name.clone()),
        statement: text
            .filter(|text| statement_digest(&text.statement) == standing.statement)
            .map(|text| text.statement.clone()),
    }
}

async fn summary(store: &Store, connection: &mut Connection, submission: SubmissionRow) -> Result<Summary, StoreError> {
    // One record that this build cannot read hides no other lead; without a standing nothing of this one opens.
    let standing = match evidence::standing_of(connection, submission.submission_id).await {
        Err(StoreError::Defect(_)) => Vec::new(),
        standing => standing?,
    };
    let deliveries = sql::deliveries(connection, submission.submission_id).await?;
    let keys = vault::sql::find(&mut store.keys().read().await?, submission.subject_id).await?;
    let forgotten = keys.is_none_or(|keys| keys.identity_key.is_none());
    Ok(Summary { submission, standing, deliveries, forgotten })
}

/// The versions that leads were shown, read once each.
pub struct Versions {
    store: Store,
    read: HashMap<String, Option<Arc<Version>>>,
}

impl Versions {
    /// None is read yet.
    pub fn new(store: Store) -> Self {
        Self { store, read: HashMap::new() }
    }

    /// A version; none where the archive does not hold it, or not as it was shown. Then nothing is known of its
    /// fields, and all of them are treated as the most sensitive ones.
    pub async fn find(&mut self, digest: &str) -> Result<Option<Arc<Version>>, StoreError> {
        if let Some(version) = self.read.get(digest) {
            return Ok(version.clone());
        }
        let bytes = Forms::archived_bytes(&self.store, digest).await?;
        let version = bytes.and_then(|bytes| Version::from_bundle(bytes, false).ok());
        let version = version.filter(|version| version.digest == digest).map(Arc::new);
        self.read.insert(digest.to_owned(), version.clone());
        Ok(version)
    }

    /// Every field and every purpose of the leads of a walk, each once, in the order of the newest version that has it.
    pub async fn columns(&mut self, walk: &Walk) -> Result<Columns, StoreError> {
        let digests = sql::versions(&mut self.store.read().await?, &walk.page(PAGE)).await?;
        let mut columns = Columns::default();
        let (mut fields, mut purposes) = (BTreeSet::new(), BTreeSet::new());
        for digest in digests {
            let Some(version) = self.find(&digest).await? else { continue };
            let new = version.definition.fields.iter().map(|field| field.id.to_string());
            columns.fields.extend(new.filter(|field| fields.insert(field.clone())));
            let new = version.definition.purposes.iter().map(ToString::to_string);
            columns.purposes.extend(new.filter(|purpose| purposes.insert(purpose.clone())));
        }
        Ok(columns)
    }
}

/// What the leads of a walk have between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Fields by id.
    pub fields: Vec<String>,
    /// Purposes by id.
    pub purposes: Vec<String>,
}
