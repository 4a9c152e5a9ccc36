//! What a verdict makes true, in one transaction: the record of it, values gone, bodies cut, when to look again.

use jiff::{SignedDuration, Timestamp};
use unticked_shared::{
    canonical,
    event::Event,
    evidence::{Erasure, Happened, Method, PartA, PartB, PurposeDecision, Request, SCHEMA},
    id::PurposeId,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    Loaded, RetentionError, calendar,
    clock::{self, Present},
    decide::{Promises, Verdict, decide},
    load,
    sql::{self, NEVER},
};
use crate::{
    documents, erasure,
    evidence::{self, Draft, EvidenceRow, Standing},
    forms::Version,
    ledger::Ledger,
    outbox::{self, decide::as_it_stands, unseal::body_cell},
    store::{
        Transaction,
        values::{millis, rfc3339},
    },
    vault::{Key, SubjectKeys, Vault},
    world::Random,
};

/// An attempt that is under way is over by then.
const SOON: SignedDuration = SignedDuration::from_mins(5);

/// What opens and seals.
#[derive(Clone, Copy)]
pub(crate) struct Hands<'a> {
    /// The ring and randomness.
    pub vault: &'a Vault,
    /// The person's keys.
    pub keys: &'a SubjectKeys,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CarriedOut {
    /// Purposes ended.
    pub ended: usize,
    /// Values destroyed.
    pub destroyed: usize,
    /// The identity key goes as soon as this is committed.
    pub forget: bool,
    /// When to look again; while the key has not gone, now.
    pub due_at: i64,
    /// When to look again once the key has gone.
    pub then_due_at: i64,
}

/// Destroys the values of a submission that no purpose uses any more, and ends what is due of it.
///
/// Call it in the transaction that withdraws something, after its record is inserted; after the commit,
/// [`Retention::wake`](super::run::Retention::wake): the identity key of a person of whom nothing is left goes then.
/// Answers how many values went.
pub async fn destroy_unused(
    tx: &mut Transaction,
    submission: Uuid,
    version: &Version,
    vault: &Vault,
    ledger: &Ledger,
    keys: &SubjectKeys,
    now: Timestamp,
) -> Result<usize, RetentionError> {
    let Some(row) = sql::lock(tx, submission).await? else { return Ok(0) };
    let loaded = load(tx, row, None).await?;
    // What was withdrawn goes whatever the clock says; what else would end by it, only as far as it is trusted.
    let present = clock::present(tx, now).await?;
    let verdict = decide(&Promises::of(version), &loaded.case, present.until);
    let done = carry_out(tx, ledger, &loaded, &verdict, Hands { vault, keys }, present).await?;
    // The next run finds out for itself, and ends what needs the key store.
    sql::set_due(tx, submission, None).await?;
    Ok(done.destroyed)
}

/// Makes a verdict true. What identifies is destroyed here; the key goes after the commit, and until then the
/// submission stays due, so that a crash in between is made good by the next run.
pub(crate) async fn carry_out(
    tx: &mut Transaction,
    ledger: &Ledger,
    loaded: &Loaded,
    verdict: &Verdict,
    hands: Hands<'_>,
    present: Present,
) -> Result<CarriedOut, RetentionError> {
    let Present { now, until } = present;
    let (submission, subject) = (loaded.row.submission_id, loaded.row.subject_id);
    let standing = standing_after(loaded, verdict);
    // Where nothing ends and nothing is forgotten no body is looked at: what waits is none of our business.
    let touches = verdict.changes_anything() || verdict.anonymous;
    // What was counted under a consent goes with it.
    documents::keep_allowed(tx, submission, |purpose| {
        standing.iter().any(|standing| standing.purpose == *purpose && standing.may_be_used())
    })
    .await?;
    let left = if touches { cut_bodies(tx, submission, &standing, hands, now).await? } else { 0 };
    let known = hands.keys.identity.is_some();
    let forget = verdict.anonymous && known && left == 0;
    if verdict.changes_anything() || (forget && !loaded.identity_is_recorded_as_gone()) {
        let row = record(loaded, verdict, forget, hands, now)?;
        evidence::keep(tx, ledger, &[&row]).await?;
    }
    for field in &verdict.destroyed {
        if sql::destroy_value(tx, submission, field.as_str()).await? != 1 {
            return Err(RetentionError::Defect(format!("a value of the submission {submission} was gone already")));
        }
    }
    if verdict.unfindable {
        sql::forget_address(tx, subject).await?;
    }
    if forget {
        documents::forget(tx, submission).await?;
        // From here on the deadline of the evidence counts.
        erasure::sql::begin(
            tx,
            &erasure::sql::Row {
                submission_id: submission,
                subject_id: subject,
                ground: verdict.ground(&loaded.case).as_str().to_owned(),
                forgotten_at: millis(now),
                step: 1,
                state: "pending".to_owned(),
            },
        )
        .await?;
        erasure::sql::drop_body_digest(tx, submission).await?;
    }
    let next = verdict.next.map_or(NEVER, millis);
    let due_at = if forget {
        millis(until)
    } else if verdict.anonymous && known {
        next.min(millis(until.saturating_add(SOON).unwrap_or(Timestamp::MAX)))
    } else {
        next
    };
    if loaded.row.due_at != Some(due_at) {
        sql::set_due(tx, submission, Some(due_at)).await?;
    }
    Ok(CarriedOut { ended: verdict.ended.len(), destroyed: verdict.destroyed.len(), forget, due_at, then_due_at: next })
}

fn standing_after(loaded: &Loaded, verdict: &Verdict) -> Vec<Standing> {
    let mut standing = loaded.case.standing.clone();
    for one in &mut standing {
        if let Some(ended) = verdict.ended.iter().find(|ended| ended.standing.purpose == one.purpose) {
            one.ended = Some(ended.why);
        }
    }
    standing
}

/// Cuts what waits in the outbox down to what still stands, and withholds what rests on nothing any more. Answers how
/// many bodies are left.
///
/// At sending they are cut once more; here it is about what lies in the database.
async fn cut_bodies(
    tx: &mut Transaction,
    submission: Uuid,
    standing: &[Standing],
    hands: Hands<'_>,
    now: Timestamp,
) -> Result<usize, RetentionError> {
    let mut left = 0;
    let all: Vec<PurposeId> = standing.iter().map(|one| one.purpose.clone()).collect();
    for waiting in outbox::sql::lead_bodies(tx, submission).await? {
        let cell = body_cell(&waiting.delivery_id);
        let plain = hands.keys.identity.as_ref().and_then(|key| key.open(&cell, &waiting.body).ok());
        let event = plain.as_ref().and_then(|plain| serde_json::from_slice::<Event>(plain).ok());
        if event.is_none() && hands.keys.identity.is_some() && standing.iter().any(Standing::may_be_kept) {
            // Altered, perhaps, or of a version to come: not ours to throw away while something stands.
            tracing::warn!(delivery = %waiting.delivery_id, "a body in the outbox cannot be read and stays as it is");
            left += 1;
            continue;
        }
        let cut = event.and_then(|event| as_it_stands(event, &all, standing));
        let Some(cut) = cut else {
            let reason = "nothing in it may be used any more: taken back, or kept for long enough";
            match outbox::sql::withhold(tx, waiting.delivery_id, reason, millis(now)).await? {
                0 => left += 1,
                _ => drop(outbox::sql::let_follow(tx, waiting.delivery_id, millis(now)).await?),
            }
            continue;
        };
        left += 1;
        let cut = Zeroizing::new(canonical::to_vec(&cut).map_err(defect)?);
        if plain.is_some_and(|plain| plain != cut)
            && let Some(key) = &hands.keys.identity
        {
            let body = key.seal(&cell, &cut, hands.vault.random());
            outbox::sql::replace_body(tx, waiting.delivery_id, &body).await?;
        }
    }
    Ok(left)
}

/// The record of what a rule does.
fn record(
    loaded: &Loaded,
    verdict: &Verdict,
    forget: bool,
    hands: Hands<'_>,
    now: Timestamp,
) -> Result<EvidenceRow, RetentionError> {
    let ended = verdict.ended.iter().map(|ended| PurposeDecision {
        id: ended.standing.purpose.clone(),
        statement: ended.standing.statement.clone(),
        legal_basis: ended.standing.legal_basis,
        decision: ended.standing.decision,
        ended: Some(ended.why),
    });
    let erasure = Erasure {
        rules: verdict.ended.iter().filter_map(|ended| ended.rule.clone()).collect(),
        destroyed: verdict.destroyed.clone(),
        identity: forget,
        ..Erasure::on(verdict.ground(&loaded.case))
    };
    follow_up(loaded, ended.collect(), Method::Rule, Happened::Erasure(erasure), hands, now)
}

/// A record that follows a submission's own, made by the collector and not by the person.
pub(crate) fn follow_up(
    loaded: &Loaded,
    purposes: Vec<PurposeDecision>,
    method: Method,
    happened: Happened,
    hands: Hands<'_>,
    now: Timestamp,
) -> Result<EvidenceRow, RetentionError> {
    follow_up_on_request(loaded, purposes, method, happened, None, hands, now)
}

/// The same, of something that somebody asked for.
pub(crate) fn follow_up_on_request(
    loaded: &Loaded,
    purposes: Vec<PurposeDecision>,
    method: Method,
    happened: Happened,
    request: Option<Request>,
    hands: Hands<'_>,
    now: Timestamp,
) -> Result<EvidenceRow, RetentionError> {
    let random = hands.vault.random();
    let (first_id, first) = loaded.first();
    let record_id = id_after(&loaded.records, random, now);
    let draft = Draft {
        record_id,
        submission_id: loaded.row.submission_id,
        subject_id: loaded.row.subject_id,
        part_a: PartA {
            schema: SCHEMA.to_owned(),
            form: first.form.clone(),
            version: first.version.clone(),
            language: first.language.clone(),
            purposes,
            method,
            day: calendar::day(now),
            happened: Some(happened),
        },
        part_b: PartB {
            record_id: record_id.to_string(),
            subject: loaded.row.subject_id.to_string(),
            follows: Some(first_id.to_string()),
            values_digest: None,
            contact_digest: None,
            origin: None,
            page: None,
            ticket_issued_at: None,
            submitted_at: None,
            received_at: rfc3339(now),
            gpc: None,
            build: None,
            client: None,
            visitor: None,
            request,
        },
        values_salt: None,
        contact_salt: None,
    };
    // Where the evidence key has gone part B of nothing opens any more; of this record neither.
    let spent = Key::random(random);
    let key = hands.keys.evidence.as_ref().unwrap_or(&spent);
    evidence::seal(&draft, key, random).map_err(defect)
}

/// A fresh id that sorts behind every record there is: what stands is a fold in the order of ids, and neither a clock
/// that was set back nor two records within a millisecond may turn it round.
pub(crate) fn id_after(records: &[(Uuid, PartA)], random: &Random, now: Timestamp) -> Uuid {
    let last = records.iter().map(|(record, _)| *record).max().unwrap_or_default();
    let id = random.uuid(now);
    if id > last {
        return id;
    }
    let millis = last.get_timestamp().map_or(0, |time| {
        let (seconds, nanoseconds) = time.to_unix();
        seconds.cast_signed() * 1000 + i64::from(nanoseconds / 1_000_000)
    });
    random.uuid(Timestamp::from_millisecond(millis + 1).unwrap_or(now))
}

fn defect(error: impl std::fmt::Display) -> RetentionError {
    RetentionError::Defect(format!("a record or event has no canonical form: {error}"))
}
