//! What is due, what is destroyed, what comes next: functions of what was promised, what stands and `now`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use unticked_shared::{
    decision::{Decision, LegalBasis, RetentionFrom},
    definition::Period,
    evidence::{Ended, Ground, PurposeDecision, RetentionRule},
    id::{FieldId, PurposeId},
    placement::FieldKind,
};

use super::calendar;
use crate::{evidence::Standing, forms::Version};

/// What a version promised to whoever saw it: how long each purpose lasts, and which purposes use a field.
#[derive(Debug, Clone, Default)]
pub struct Promises {
    purposes: BTreeMap<PurposeId, Promise>,
    fields: BTreeMap<FieldId, Use>,
    /// It was shown at a banner.
    of_banner: bool,
}

#[derive(Debug, Clone)]
struct Promise {
    /// As declared; the lint lets no purpose without one be shown.
    declared: String,
    period: Option<Period>,
    from: RetentionFrom,
}

#[derive(Debug, Clone)]
struct Use {
    purposes: Vec<PurposeId>,
    is_address: bool,
}

impl Promises {
    /// Of an archived version. What the owner's folder says today does not matter: what was promised holds.
    pub fn of(version: &Version) -> Self {
        let promise = |purpose: &unticked_shared::definition::Purpose| {
            let retention = purpose.retention.as_ref()?;
            let period = Period::parse(&retention.period);
            Some(Promise { declared: retention.period.clone(), period, from: retention.from })
        };
        let purposes = version.purposes.iter().filter_map(|(id, purpose)| Some((id.clone(), promise(purpose)?)));
        let fields = version.definition.fields.iter().map(|field| {
            let is_address = field.kind == FieldKind::Email;
            (field.id.clone(), Use { purposes: field.purposes.clone(), is_address })
        });
        Self { purposes: purposes.collect(), fields: fields.collect(), of_banner: version.banner.is_some() }
    }

    /// The same, shown at a banner.
    #[cfg(test)]
    #[must_use]
    pub fn of_a_banner(self) -> Self {
        Self { of_banner: true, ..self }
    }

    /// Purposes with their periods, and fields with the purposes that use them; a field called `email` is an address.
    #[cfg(test)]
    pub fn new(purposes: &[(&str, &str, RetentionFrom)], fields: &[(&str, &[&str])]) -> Self {
        let id = |text: &&str| PurposeId::parse(text).expect("a name");
        let promise = |(purpose, period, from): &(&str, &str, RetentionFrom)| {
            let declared = (*period).to_owned();
            (id(purpose), Promise { period: Period::parse(&declared), declared, from: *from })
        };
        let used = |(field, purposes): &(&str, &[&str])| {
            let purposes = purposes.iter().map(id).collect();
            (FieldId::parse(field).expect("a name"), Use { purposes, is_address: *field == "email" })
        };
        let (purposes, fields) = (purposes.iter().map(promise).collect(), fields.iter().map(used).collect());
        Self { purposes, fields, of_banner: false }
    }

    /// Whether a purpose lasts until its period has passed since the person was last heard of.
    pub fn counts_from_engagement(&self, purpose: &PurposeId) -> bool {
        self.purposes.get(purpose).is_some_and(|promise| promise.from == RetentionFrom::LastEngagement)
    }
}

/// One submission as far as its rules go.
#[derive(Debug, Clone)]
pub struct Case {
    /// From when most periods count.
    pub received_at: Timestamp,
    /// Of one in quarantine: how long the owner has to let it go.
    pub released_until: Option<Timestamp>,
    /// What each purpose rests on now.
    pub standing: Vec<Standing>,
    /// When the person was last heard of, by purpose.
    pub engaged: BTreeMap<PurposeId, Timestamp>,
    /// The values that are there.
    pub held: Vec<Held>,
}

/// A value that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its field.
    pub field: FieldId,
    /// Whether it points to the person, alone or together with others.
    pub identifies: bool,
}

/// When a purpose ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// From when its period counts.
    pub counted_from: Timestamp,
    /// When it runs out.
    pub at: Timestamp,
}

/// A purpose that ends now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedNow {
    /// What it rested on.
    pub standing: Standing,
    /// Why.
    pub why: Ended,
    /// The period that ran out, where one did.
    pub rule: Option<RetentionRule>,
}

/// What becomes true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Purposes whose use stops.
    pub ended: Vec<EndedNow>,
    /// Fields whose values no purpose uses any more.
    pub destroyed: Vec<FieldId>,
    /// Purposes that still stand.
    pub kept: Vec<PurposeId>,
    /// No address is left by which the person could be found.
    pub unfindable: bool,
    /// No value that identifies is left.
    pub anonymous: bool,
    /// When the next purpose ends; none when none is left.
    pub next: Option<Timestamp>,
}

impl Verdict {
    /// Whether anything ends or is destroyed.
    pub fn changes_anything(&self) -> bool {
        !self.ended.is_empty() || !self.destroyed.is_empty()
    }

    /// What the record names as the reason.
    pub fn ground(&self, case: &Case) -> Ground {
        let ended = |ended: Ended| match ended {
            Ended::Retention => Ground::Retention,
            Ended::Unreleased => Ground::Unreleased,
            // Of one who was forgotten on request nothing is left that a rule could end.
            Ended::Erasure => Ground::NoLongerNecessary,
        };
        let withdrawn = case.standing.iter().any(|one| one.decision == Some(Decision::Withdrawn));
        let earlier = case.standing.iter().find_map(|one| one.ended);
        match self.ended.first() {
            Some(first) => ended(first.why),
            None if withdrawn => Ground::Withdrawal,
            None => earlier.map_or(Ground::Retention, ended),
        }
    }
}

/// When a purpose's period runs out; none where it never does.
pub fn end_of(promises: &Promises, case: &Case, purpose: &PurposeId) -> Option<End> {
    let promise = promises.purposes.get(purpose)?;
    let counted_from = match promise.from {
        RetentionFrom::Submission => case.received_at,
        RetentionFrom::LastEngagement => {
            case.engaged.get(purpose).copied().unwrap_or(case.received_at).max(case.received_at)
        }
    };
    Some(End { counted_from, at: calendar::end(counted_from, promise.period?)? })
}

/// Decides what of a submission has come to its end.
///
/// Use for a purpose stops when its period runs out (Art. 5(1)(e)), or when nobody has let a suspected robot's
/// submission go in time. A value goes with the last purpose that may keep it, withdrawn ones included.
pub fn decide(promises: &Promises, case: &Case, now: Timestamp) -> Verdict {
    let unreleased = case.released_until.is_some_and(|until| until <= now);
    let mut verdict = Verdict::default();
    let told = |standing: &Standing| promises.of_banner && standing.decision.is_none();
    for standing in case.standing.iter().filter(|standing| standing.may_be_kept() && !told(standing)) {
        let end = end_of(promises, case, &standing.purpose);
        match end {
            Some(end) if end.at <= now => verdict.ended.push(EndedNow {
                standing: standing.clone(),
                why: Ended::Retention,
                rule: rule(promises, &standing.purpose, end),
            }),
            _ if unreleased => {
                verdict.ended.push(EndedNow { standing: standing.clone(), why: Ended::Unreleased, rule: None });
            }
            _ => {
                verdict.kept.push(standing.purpose.clone());
                verdict.next = [verdict.next, end.map(|end| end.at)].into_iter().flatten().min();
            }
        }
    }
    if !verdict.kept.is_empty() {
        verdict.next = [verdict.next, case.released_until].into_iter().flatten().min();
    }
    let used = |field: &FieldId| {
        let uses = promises.fields.get(field).map_or(&[][..], |uses| &uses.purposes);
        uses.iter().any(|purpose| verdict.kept.contains(purpose))
    };
    let (left, destroyed): (Vec<&Held>, Vec<&Held>) = case.held.iter().partition(|held| used(&held.field));
    let is_address = |held: &&Held| promises.fields.get(&held.field).is_some_and(|uses| uses.is_address);
    verdict.unfindable = !left.iter().any(is_address);
    verdict.anonymous = !left.iter().any(|held| held.identifies);
    if let Some(until) = remembered_until(promises, case).filter(|until| *until > now) {
        verdict.anonymous = false;
        verdict.next = Some(verdict.next.map_or(until, |next| next.min(until)));
    }
    verdict.destroyed = destroyed.into_iter().map(|held| held.field.clone()).collect();
    verdict
}

/// What was decided at a banner is there to be remembered, and a refusal as long as a grant: until the last of the periods
/// that were promised is over, whatever was chosen. A form's submission is there for its values. Of what a banner only tells,
/// nothing is kept here that could end.
fn remembered_until(promises: &Promises, case: &Case) -> Option<Timestamp> {
    let asked = case.standing.iter().filter(|standing| promises.of_banner && standing.decision.is_some());
    asked.filter_map(|standing| end_of(promises, case, &standing.purpose)).map(|end| end.at).max()
}

fn rule(promises: &Promises, purpose: &PurposeId, end: End) -> Option<RetentionRule> {
    let promise = promises.purposes.get(purpose)?;
    Some(RetentionRule {
        purpose: purpose.clone(),
        period: promise.declared.clone(),
        from: promise.from,
        counted_from: calendar::day(end.counted_from),
        ran_out: calendar::day(end.at),
    })
}

/// When the first purpose of a new submission ends: what [`decide`] will say, from what is at hand when it is written.
pub fn first_end(version: &Version, decided: &[PurposeDecision], received_at: Timestamp) -> Option<Timestamp> {
    let is_banner = version.banner.is_some();
    let decided = || decided.iter().filter(|purpose| !is_banner || purpose.decision.is_some());
    let kept = decided().filter(|purpose| match purpose.legal_basis {
        LegalBasis::Consent => purpose.decision.is_some_and(Decision::allows_storing),
        _ => !matches!(purpose.decision, Some(Decision::Refused | Decision::Withdrawn)),
    });
    let end = |purpose: &PurposeDecision| {
        let retention = version.purposes.get(&purpose.id)?.retention.as_ref()?;
        calendar::end(received_at, Period::parse(&retention.period)?)
    };
    let remembered = || decided().filter_map(end).max().filter(|_| is_banner);
    kept.filter_map(end).min().or_else(remembered)
}

/// What falls due, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Falling {
    /// When.
    pub at: Timestamp,
    /// What then becomes true.
    pub verdict: Verdict,
}

/// Everything that comes to its end until `until`, if nothing else happens meanwhile; what is overdue first.
pub fn forecast(promises: &Promises, case: &Case, until: Timestamp) -> Vec<Falling> {
    let mut case = case.clone();
    let mut falling = Vec::new();
    // Before everything: what nobody has carried out yet although it needs no time to pass.
    let mut at = case.received_at;
    loop {
        let verdict = decide(promises, &case, at);
        for standing in &mut case.standing {
            if let Some(ended) = verdict.ended.iter().find(|ended| ended.standing.purpose == standing.purpose) {
                standing.ended = Some(ended.why);
            }
        }
        case.held.retain(|held| !verdict.destroyed.contains(&held.field));
        let next = verdict.next;
        if verdict.changes_anything() {
            falling.push(Falling { at, verdict });
        }
        match next {
            Some(next) if next <= until && next > at => at = next,
            _ => return falling,
        }
    }
}
