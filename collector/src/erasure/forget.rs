//! The first step: the identity goes, in one transaction that ends everything that needs it.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use tracing::info;
use unticked_shared::{
    canonical,
    event::{Event, EvidenceReference, PersonErased, Told},
    evidence::{Erasure, Ground, Happened, Method, Request},
    id::{DestinationId, FieldId, FormId, PurposeId},
    signature::hex,
    submission::Value,
};
use uuid::Uuid;

use super::{
    ErasureError, decide, finish,
    neighbours::{DAY, staying},
    sql::{self, Found, Row},
    suppression,
};
use crate::{
    documents,
    evidence::{self, EvidenceRow},
    mail,
    outbox::{
        self,
        sql::{NewDelivery, NewEvent},
        unseal::{body_cell, key_for},
    },
    preferences::decide::{Told as Receiver, receivers},
    retention::{self, Hands, Loaded, RetentionError, Tools, follow_up_on_request},
    store::{
        Transaction,
        values::{millis, rfc3339},
    },
    submissions::record::value_row,
    vault::{Cell, EmailAddress, Key, SubjectKeys},
};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// Why.
    pub ground: Ground,
    /// Who asked and who approved; nobody, where the journal tells what was done before.
    pub request: Option<Request>,
    /// What a law obliges the owner to keep goes, too.
    pub despite_obligation: bool,
    /// From when the deadline of the evidence counts; now, where nothing stands here.
    pub since: Option<Timestamp>,
}

/// What forgetting somebody would do.
#[derive(Debug, Clone)]
pub struct Look {
    /// Whom.
    pub found: Found,
    /// How far it has come already.
    pub known: Option<Row>,
    /// The form.
    pub form: String,
    /// The purposes that end.
    pub ends: Vec<PurposeId>,
    /// Those of them for which a law obliges the owner to go on.
    pub obligations: Vec<PurposeId>,
    /// What goes and why.
    pub erasure: Erasure,
    /// The fields whose values identify nobody and stay.
    pub stays: Vec<FieldId>,
    /// The destinations that have the lead, or may have it.
    pub receivers: Vec<String>,
    /// Other submissions with the same address.
    pub same_address: Vec<Found>,
}

/// What was done.
#[derive(Debug)]
pub struct Report {
    /// What it was about, as it was before.
    pub look: Look,
    /// It was done before, by a request or a rule.
    pub before: bool,
    /// The destinations that are told.
    pub told: Vec<String>,
    /// Addresses that shall not come back by an import.
    pub suppressed: usize,
    /// Until when the evidence stays.
    pub evidence_ends: Timestamp,
    /// What is still to be done, and is done by whoever starts next.
    pub unfinished: Option<ErasureError>,
}

/// The submissions of a subject, or the one of a reference.
pub async fn look_up(
    tools: &Tools,
    subject: Option<Uuid>,
    reference: Option<&str>,
) -> Result<Vec<Found>, ErasureError> {
    let mut connection = tools.store.read().await?;
    let mut found = Vec::new();
    if let Some(subject) = subject {
        found.extend(sql::of_subject(&mut connection, subject).await?);
    }
    if let Some(reference) = reference {
        found.extend(sql::of_reference(&mut connection, reference).await?);
    }
    Ok(found)
}

/// Says what [`forget`] would do, and changes nothing.
pub async fn look(tools: &Tools, found: &Found, ground: Ground) -> Result<Look, ErasureError> {
    let staying = staying(tools, found.submission_id).await?;
    let same_address = sql::of_same_address(&mut tools.store.read().await?, found.submission_id).await?;
    // In a transaction that is taken back: what is read in it fits together.
    let mut tx = tools.store.begin().await?;
    let known = sql::find(&mut tx, found.submission_id).await?;
    let loaded = load(&mut tx, found.submission_id).await?;
    let deliveries = outbox::sql::lead_deliveries(&mut tx, found.submission_id).await?;
    tx.rollback().await?;
    let verdict = decide::forget(&loaded.case.standing, &loaded.case.held, &staying, ground, tools.forgetting.k);
    Ok(Look {
        found: found.clone(),
        known,
        form: loaded.first().1.form.to_string(),
        ends: verdict.purposes.iter().map(|one| one.id.clone()).collect(),
        obligations: decide::obligations(&loaded.case.standing),
        erasure: verdict.erasure,
        stays: verdict.stays,
        receivers: receivers(&deliveries).into_iter().map(|one| one.destination).collect(),
        same_address,
    })
}

/// Forgets the person of a submission. When it answers, the main database has done its part for good; what is left then, it
/// says, and whoever starts next ends it. To ask again changes nothing and ends what was left.
pub async fn forget(
    tools: &Tools,
    found: &Found,
    order: &Order,
    now: Timestamp,
    patience: Duration,
) -> Result<Report, ErasureError> {
    let look = look(tools, found, order.ground).await?;
    let submission = found.submission_id;
    let staying: BTreeSet<FieldId> = look.stays.iter().cloned().collect();
    let keys = tools.vault.keys_of(&tools.store, found.subject_id).await?;
    let keys = keys.unwrap_or(SubjectKeys { identity: None, evidence: None });
    let mut tx = tools.store.begin().await?;
    let loaded = load(&mut tx, submission).await?;
    if let Some(known) = sql::find(&mut tx, submission).await? {
        tx.rollback().await?;
        let evidence_ends = ends(tools, known.forgotten_at, now);
        let unfinished = if known.state == "pending" { finish(tools, &[known], patience).await.err() } else { None };
        return Ok(Report { look, before: true, told: Vec::new(), suppressed: 0, evidence_ends, unfinished });
    }
    if let Some(obliged) = decide::obligations(&loaded.case.standing).first().filter(|_| !order.despite_obligation) {
        return Err(ErasureError::Obliged(obliged.to_string()));
    }
    let row = Row {
        submission_id: submission,
        subject_id: loaded.row.subject_id,
        ground: order.ground.as_str().to_owned(),
        forgotten_at: millis(order.since.unwrap_or(now)),
        step: 1,
        state: "pending".to_owned(),
    };
    let verdict = decide::forget(&loaded.case.standing, &loaded.case.held, &staying, order.ground, tools.forgetting.k);
    let method = if order.request.is_some() { Method::Console } else { Method::Rule };
    let happened = Happened::Erasure(verdict.erasure.clone());
    let hands = Hands { vault: &tools.vault, keys: &keys };
    let record = follow_up_on_request(&loaded, verdict.purposes, method, happened, order.request.clone(), hands, now)?;
    let suppressed = suppress(&mut tx, tools, submission, &keys, now).await?;
    withhold(&mut tx, submission, now).await?;
    let told = tell(&mut tx, tools, &loaded, &record, &keys, now).await?;
    for field in &verdict.erasure.destroyed {
        if retention::sql::destroy_value(&mut tx, submission, field.as_str()).await? != 1 {
            return Err(defect(format!("a value of the submission {submission} was gone already")));
        }
    }
    retention::sql::forget_address(&mut tx, row.subject_id).await?;
    mail::sql::forget(&mut tx, mail::sql::Kind::Submission, submission).await?;
    documents::forget(&mut tx, submission).await?;
    sql::blur(&mut tx, submission).await?;
    sql::begin(&mut tx, &row).await?;
    evidence::keep(&mut tx, &tools.ledger, &[&record]).await?;
    // After an error here nobody knows; whoever asks again finds the row, or does it anew.
    tx.commit().await?;
    tools.ledger.catch_up().await?;
    info!(%submission, ground = order.ground.as_str(), told = told.len(), "a person is forgotten");
    let evidence_ends = ends(tools, row.forgotten_at, now);
    let unfinished = finish(tools, &[row], patience).await.err();
    Ok(Report { look, before: false, told, suppressed, evidence_ends, unfinished })
}

async fn load(tx: &mut Transaction, submission: Uuid) -> Result<Loaded, ErasureError> {
    let row = retention::sql::lock(tx, submission).await?;
    let row = row.ok_or_else(|| defect(format!("the submission {submission} is not there")))?;
    Ok(retention::load(tx, row, None).await?)
}

fn ends(tools: &Tools, forgotten_at: i64, now: Timestamp) -> Timestamp {
    let since = Timestamp::from_millisecond(forgotten_at).unwrap_or(now);
    decide::evidence_ends(since, tools.forgetting.evidence_days)
}

fn day_of(millis: i64) -> i64 {
    millis - millis.rem_euclid(DAY)
}

/// Notes each address that was entered, whatever the field was called. Without their key nobody knows it any more.
async fn suppress(
    tx: &mut Transaction,
    tools: &Tools,
    submission: Uuid,
    keys: &SubjectKeys,
    now: Timestamp,
) -> Result<usize, ErasureError> {
    let Some(identity) = &keys.identity else { return Ok(0) };
    let mut suppressed = 0;
    for value in sql::values(tx, submission).await?.iter().filter(|value| value.identifies != "no") {
        if let Some(address) = address_in(submission, value, identity) {
            sql::suppress(tx, &suppression::entry(&tools.vault, &address), day_of(millis(now))).await?;
            suppressed += 1;
        }
    }
    Ok(suppressed)
}

fn address_in(submission: Uuid, value: &sql::ValueRow, identity: &Key) -> Option<EmailAddress> {
    let row = value_row(submission, &value.field);
    let plain = identity.open(&Cell { table: "value", row: &row, column: "content" }, &value.content).ok()?;
    match serde_json::from_slice(&plain).ok()? {
        Value::One(text) => EmailAddress::parse(&text),
        Value::Many(_) => None,
    }
}

/// Nothing of the lead lies in the outbox any more, and nothing of it leaves. An attempt that is under way has its own copy:
/// the row waits for its end, so that what follows does not overtake it.
async fn withhold(tx: &mut Transaction, submission: Uuid, now: Timestamp) -> Result<(), ErasureError> {
    // Held until the end of the transaction: no attempt begins meanwhile.
    outbox::sql::lead_deliveries(tx, submission).await?;
    for waiting in outbox::sql::lead_bodies(tx, submission).await? {
        let delivery = waiting.delivery_id;
        if outbox::sql::withhold(tx, delivery, "the person was forgotten", millis(now)).await? == 0 {
            outbox::sql::replace_body(tx, delivery, &[]).await?;
        } else {
            outbox::sql::let_follow(tx, delivery, millis(now)).await?;
        }
        mail::sql::forget(tx, mail::sql::Kind::Delivery, delivery).await?;
    }
    Ok(())
}

/// Tells every destination that has the lead, or may have it (Art. 19).
async fn tell(
    tx: &mut Transaction,
    tools: &Tools,
    loaded: &Loaded,
    record: &EvidenceRow,
    keys: &SubjectKeys,
    now: Timestamp,
) -> Result<Vec<String>, ErasureError> {
    let receivers = receivers(&outbox::sql::lead_deliveries(tx, loaded.row.submission_id).await?);
    let event = event(tools, loaded, record, now);
    let kind = event.told.kind();
    let Some(key) = key_for(kind.as_str(), keys).filter(|_| !receivers.is_empty()) else { return Ok(Vec::new()) };
    let body = canonical::to_vec(&event).map_err(|error| defect(format!("an event has no canonical form: {error}")))?;
    let told: Vec<String> = receivers.iter().map(|receiver| receiver.destination.clone()).collect();
    let random = tools.vault.random();
    let sealed = |receiver: Receiver| {
        let id = random.uuid(now);
        let destination = DestinationId::parse(&receiver.destination).ok()?;
        let body = key.seal(&body_cell(&id), &body, random);
        Some(NewDelivery { id, destination, body, after: receiver.after })
    };
    let event = NewEvent {
        id: Uuid::parse_str(&event.id).expect("it was made from a UUID"),
        submission: loaded.row.submission_id,
        subject: loaded.row.subject_id,
        kind,
        created_at: now,
        held: false,
        deliveries: receivers.into_iter().filter_map(sealed).collect(),
    };
    outbox::sql::insert(tx, &[event]).await?;
    Ok(told)
}

fn event(tools: &Tools, loaded: &Loaded, record: &EvidenceRow, now: Timestamp) -> Event {
    let form: FormId = loaded.first().1.form.clone();
    Event {
        id: tools.vault.random().uuid(now).to_string(),
        timestamp: rfc3339(now),
        told: Told::Erased(Box::new(PersonErased {
            reference: loaded.row.reference.clone(),
            subject: loaded.row.subject_id.to_string(),
            form,
            erased_at: rfc3339(now),
            evidence: EvidenceReference::new(record.record_id.to_string(), hex(&record.commitment)),
        })),
    }
}

fn defect(what: String) -> ErasureError {
    ErasureError::Rules(RetentionError::Defect(what))
}
