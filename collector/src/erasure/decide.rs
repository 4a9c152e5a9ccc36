//! What is forgotten, what stays, and when the evidence ends: functions of values.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use unticked_shared::{
    decision::{Decision, LegalBasis},
    evidence::{Deadline, Ended, Erasure, Ground, PurposeDecision, SingledOut},
    id::{FieldId, PurposeId},
};

use crate::{
    evidence::Standing,
    retention::{calendar, decide::Held},
};

/// The purposes for which a law obliges the owner to go on (Art. 17(3)(b)).
pub fn obligations(standing: &[Standing]) -> Vec<PurposeId> {
    let obliges = |one: &&Standing| one.legal_basis == LegalBasis::LegalObligation && one.may_be_kept();
    standing.iter().filter(obliges).map(|one| one.purpose.clone()).collect()
}

/// What forgetting somebody makes true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The purposes that end with it: every one for which something could still be kept.
    pub purposes: Vec<PurposeDecision>,
    /// What the record says.
    pub erasure: Erasure,
    /// The fields whose values stay.
    pub stays: Vec<FieldId>,
}

/// Decides what goes when a person is forgotten on `ground`. `staying`: the fields that identify nobody and whose
/// combination enough people share ([`shared_by_enough`]).
pub fn forget(standing: &[Standing], held: &[Held], staying: &BTreeSet<FieldId>, ground: Ground, k: u32) -> Verdict {
    let ends = standing.iter().filter(|one| one.may_be_kept()).map(|one| PurposeDecision {
        id: one.purpose.clone(),
        statement: one.statement.clone(),
        legal_basis: one.legal_basis,
        // Whoever asks on this ground takes consent back; on another one it is over, and was not taken back.
        decision: match one.decision {
            Some(Decision::Granted | Decision::GrantedUnconfirmed) if ground == Ground::ConsentWithdrawn => {
                Some(Decision::Withdrawn)
            }
            decision => decision,
        },
        ended: Some(Ended::Erasure),
    });
    let stays = |one: &&Held| !one.identifies && staying.contains(&one.field);
    let dropped = rare(held, staying);
    Verdict {
        purposes: ends.collect(),
        erasure: Erasure {
            destroyed: held.iter().filter(|one| !stays(one)).map(|one| one.field.clone()).collect(),
            identity: true,
            singled_out: singled_out(dropped, k),
            ..Erasure::on(ground)
        },
        stays: held.iter().filter(stays).map(|one| one.field.clone()).collect(),
    }
}

/// The fields that identify nobody by themselves and cannot stay.
pub fn rare(held: &[Held], staying: &BTreeSet<FieldId>) -> Vec<FieldId> {
    let goes = |one: &&Held| !one.identifies && !staying.contains(&one.field);
    held.iter().filter(goes).map(|one| one.field.clone()).collect()
}

/// What a record says of them; nothing where there are none.
pub fn singled_out(dropped: Vec<FieldId>, k: u32) -> Option<SingledOut> {
    (!dropped.is_empty()).then(|| SingledOut { k, dropped, generalised: Vec::new() })
}

/// A person who may hold the same values, with those of one submission: by its field, the value as it was kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbour {
    /// Tells one person from another.
    pub person: Vec<u8>,
    /// What they entered that identifies nobody.
    pub values: BTreeMap<FieldId, Vec<u8>>,
}

/// Of what one person entered, the fields that may stay: together their values are held by at least `k` persons, this one
/// among them, and so is each combination of some of them. `others` are persons who share what lies open of the
/// submission (its form, language and day).
///
/// Where too few share all of it, the value goes whose absence leaves the most; then the next.
pub fn shared_by_enough(
    own: &BTreeMap<FieldId, Vec<u8>>,
    others: impl IntoIterator<Item = Neighbour>,
    k: u32,
) -> BTreeSet<FieldId> {
    let fields: Vec<(&FieldId, &Vec<u8>)> = own.iter().collect();
    // By which of our values they hold: who does. More of one kind than `k` are never needed.
    let mut holders: HashMap<Vec<bool>, HashSet<Vec<u8>>> = HashMap::new();
    let k = k as usize;
    for other in others {
        let same: Vec<bool> = fields.iter().map(|(field, value)| other.values.get(*field) == Some(*value)).collect();
        let persons = holders.entry(same).or_default();
        if persons.len() < k {
            persons.insert(other.person);
        }
    }
    // With the person that it is about.
    let count = |kept: &[bool]| {
        let sharing = holders.iter().filter(|(same, _)| kept.iter().zip(*same).all(|(kept, same)| *same || !kept));
        1 + sharing.flat_map(|(_, persons)| persons).collect::<HashSet<_>>().len()
    };
    let mut kept = vec![true; fields.len()];
    while kept.contains(&true) && count(&kept) < k {
        let without = |at: usize| {
            let mut fewer = kept.clone();
            fewer[at] = false;
            fewer
        };
        let candidates = (0..kept.len()).filter(|at| kept[*at]);
        let Some(best) = candidates.max_by_key(|at| (count(&without(*at)), std::cmp::Reverse(*at))) else { break };
        kept[best] = false;
    }
    fields.iter().zip(kept).filter(|(_, kept)| *kept).map(|((field, _), _)| (*field).clone()).collect()
}

/// When the evidence of somebody who was forgotten then is destroyed.
pub fn evidence_ends(forgotten_at: Timestamp, days: u32) -> Timestamp {
    forgotten_at.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// What the record of that says.
pub fn deadline(forgotten_at: Timestamp, days: u32) -> Deadline {
    Deadline {
        days,
        counted_from: calendar::day(forgotten_at),
        ran_out: calendar::day(evidence_ends(forgotten_at, days)),
    }
}
