//! Whether somebody's yes to being tracked holds now. No database, no clock: functions of values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use unticked_shared::{
    decision::{Decision, LegalBasis},
    definition::{Purpose, Tracked},
    id::PurposeId,
};
use uuid::Uuid;

use crate::retention::decide::{Case, Promises, end_of};

/// What one submission says of one thing that can be tracked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The submission.
    pub submission: Uuid,
    /// The purpose that asked.
    pub purpose: PurposeId,
    /// Whether the person said yes and that holds now.
    pub allowed: bool,
    /// The period that was promised is over, or somebody was forgotten: nobody decided that, and it outranks no decision.
    pub over: bool,
    /// Since when it is so.
    pub since: Timestamp,
}

/// What the person of a submission answered about `tracked`; nothing where its version did not ask. `purposes` are those of
/// the version that was shown: what the folder says today was not agreed to.
///
/// A grant that waits for its confirmation allows nothing: whoever typed the address may be somebody else.
pub fn answer(
    tracked: Tracked,
    submission: Uuid,
    purposes: &BTreeMap<PurposeId, Purpose>,
    promises: &Promises,
    case: &Case,
    now: Timestamp,
) -> Option<Answer> {
    let asks = |purpose: &PurposeId| purposes.get(purpose).is_some_and(|purpose| purpose.tracks == Some(tracked));
    let answers = case.standing.iter().filter(|standing| asks(&standing.purpose)).map(|standing| {
        let ran_out = end_of(promises, case, &standing.purpose).is_some_and(|end| end.at <= now);
        let over = standing.ended.is_some() || ran_out;
        let granted = standing.legal_basis == LegalBasis::Consent && standing.decision == Some(Decision::Granted);
        Answer { submission, purpose: standing.purpose.clone(), allowed: granted && !over, over, since: standing.since }
    });
    // The lint lets a version ask once. Of two the stricter holds.
    answers.min_by_key(|answer| answer.allowed)
}

/// What holds for a person who answered more than once: what they said last. Of two at one time the stricter.
pub fn latest(answers: Vec<Answer>) -> Option<Answer> {
    answers.into_iter().max_by_key(|answer| (!answer.over, answer.since, !answer.allowed))
}

#[cfg(test)]
mod tests {
    use unticked_shared::{decision::RetentionFrom, evidence::Ended};

    use super::*;
    use crate::evidence::Standing;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn id(text: &str) -> PurposeId {
        PurposeId::parse(text).unwrap()
    }

    fn purposes(all: &[(&str, Option<Tracked>)]) -> BTreeMap<PurposeId, Purpose> {
        let purpose = |tracks: &Option<Tracked>| -> Purpose {
            let word = tracks.map_or(serde_json::Value::Null, |tracked| tracked.as_str().into());
            serde_json::from_value(serde_json::json!({"name": {}, "kind": "analytics", "tracks": word})).unwrap()
        };
        all.iter().map(|(name, tracks)| (id(name), purpose(tracks))).collect()
    }

    fn case(standing: &[(&str, LegalBasis, Option<Decision>, Option<Ended>)]) -> Case {
        let received_at = time("2026-11-23T12:00:00Z");
        let standing = standing.iter().map(|(purpose, legal_basis, decision, ended)| Standing {
            purpose: id(purpose),
            statement: String::new(),
            legal_basis: *legal_basis,
            decision: *decision,
            ended: *ended,
            record: Uuid::nil(),
            since: received_at,
        });
        let standing = standing.collect();
        Case { received_at, released_until: None, standing, engaged: BTreeMap::new(), held: Vec::new() }
    }

    fn ask(case: &Case, now: &str) -> Option<bool> {
        let purposes = purposes(&[("looks", Some(Tracked::DocumentViews)), ("news", None)]);
        let promises = Promises::new(&[("looks", "P1Y", RetentionFrom::Submission)], &[]);
        answer(Tracked::DocumentViews, Uuid::nil(), &purposes, &promises, case, time(now)).map(|answer| answer.allowed)
    }

    const NOW: &str = "2026-12-01T00:00:00Z";

    #[test]
    fn only_a_confirmed_yes_to_just_that_allows_it() {
        use Decision::{Granted, GrantedUnconfirmed, Refused, Withdrawn};
        let decided = |decision| case(&[("looks", LegalBasis::Consent, decision, None)]);
        for (decision, allowed) in [
            (Some(Granted), true),
            (Some(GrantedUnconfirmed), false),
            (Some(Refused), false),
            (Some(Withdrawn), false),
            (None, false),
        ] {
            assert_eq!(ask(&decided(decision), NOW), Some(allowed), "{decision:?}");
        }
        assert_eq!(ask(&case(&[("looks", LegalBasis::LegitimateInterests, None, None)]), NOW), Some(false));
        assert_eq!(ask(&case(&[("news", LegalBasis::Consent, Some(Granted), None)]), NOW), None, "another yes");
    }

    #[test]
    fn what_is_over_is_over_whether_a_record_says_so_or_not() {
        let granted = Some(Decision::Granted);
        let stands = case(&[("looks", LegalBasis::Consent, granted, None)]);
        assert_eq!(ask(&stands, "2027-11-23T11:59:59Z"), Some(true));
        assert_eq!(ask(&stands, "2027-11-23T12:00:00Z"), Some(false));
        let ended = case(&[("looks", LegalBasis::Consent, granted, Some(Ended::Erasure))]);
        assert_eq!(ask(&ended, NOW), Some(false));
    }

    #[test]
    fn of_several_answers_the_last_holds_and_of_two_at_once_the_no() {
        let said = |number, allowed, over, since: &str| Answer {
            submission: Uuid::from_u128(number),
            purpose: id("looks"),
            allowed,
            over,
            since: time(since),
        };
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
        let holds = |answers: &[Answer]| latest(answers.to_vec()).map(|answer| answer.submission.as_u128());
        assert_eq!(holds(&[said(1, true, false, early), said(2, false, false, late)]), Some(2), "a later no");
        assert_eq!(holds(&[said(1, false, false, early), said(2, true, false, late)]), Some(2), "a later yes");
        assert_eq!(holds(&[said(1, true, false, late), said(2, false, false, late)]), Some(2));
        assert_eq!(holds(&[said(1, true, false, early), said(2, false, true, late)]), Some(1), "nobody decided that");
        assert_eq!(holds(&[said(2, false, true, late)]), Some(2));
        assert_eq!(holds(&[]), None);
    }
}
