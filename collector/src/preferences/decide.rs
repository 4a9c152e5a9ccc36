//! What a withdrawal changes. No database, no clock: functions of values.

use jiff::{SignedDuration, Timestamp};
use unticked_shared::{
    decision::{Decision, LegalBasis},
    evidence::PurposeDecision,
    id::PurposeId,
};
use uuid::Uuid;

use crate::{evidence::Standing, outbox::sql::LeadDelivery};

/// What a person asks to take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// These purposes.
    Purposes(Vec<PurposeId>),
    /// Every consent that stands.
    All,
}

/// What is asked for is no consent of this submission: there is nothing of that name to take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a purpose that was named is not one that this person was asked about")]
pub struct NotAsked;

/// Whether a consent stands that can be taken back: given, confirmed or not, and in use.
pub fn can_be_withdrawn(now: &Standing) -> bool {
    now.legal_basis == LegalBasis::Consent
        && now.ended.is_none()
        && matches!(now.decision, Some(Decision::Granted | Decision::GrantedUnconfirmed))
}

/// The decisions that a withdrawal puts in the place of those that stand; none, where all of it was taken back before,
/// was refused or is over: to ask twice is no mistake.
pub fn withdraw(standing: &[Standing], asked: &Asked) -> Result<Vec<PurposeDecision>, NotAsked> {
    if let Asked::Purposes(purposes) = asked {
        let known = |id: &PurposeId| standing.iter().any(|s| s.purpose == *id && s.legal_basis == LegalBasis::Consent);
        if !purposes.iter().all(known) {
            return Err(NotAsked);
        }
    }
    let is_asked = |now: &&Standing| match asked {
        Asked::All => true,
        Asked::Purposes(purposes) => purposes.contains(&now.purpose),
    };
    let changes = standing.iter().filter(|now| can_be_withdrawn(now)).filter(is_asked);
    Ok(changes
        .map(|now| PurposeDecision {
            id: now.purpose.clone(),
            statement: now.statement.clone(),
            legal_basis: now.legal_basis,
            decision: Some(Decision::Withdrawn),
            ended: None,
        })
        .collect())
}

/// The newest record by which what is asked for was taken back before.
pub fn taken_back_by(standing: &[Standing], asked: &Asked) -> Option<Uuid> {
    let taken_back = standing.iter().filter(|now| now.decision == Some(Decision::Withdrawn));
    let is_asked = |now: &&Standing| match asked {
        Asked::All => true,
        Asked::Purposes(purposes) => purposes.contains(&now.purpose),
    };
    taken_back.filter(is_asked).map(|now| now.record).max()
}

/// When the withdrawal is recorded: now, and after everything that it changes. What stands is told by the order of the
/// records, and a clock that was set back must not let an old grant outrank it.
pub fn recorded_at(standing: &[Standing], now: Timestamp) -> Timestamp {
    let after = |since: Timestamp| since.saturating_add(SignedDuration::from_millis(1)).unwrap_or(since);
    standing.iter().map(|standing| after(standing.since)).fold(now, Timestamp::max)
}

/// Who is told, and behind what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The destination.
    pub destination: String,
    /// The lead's delivery, where it is still on its way.
    pub after: Option<uuid::Uuid>,
}

/// The destinations that have the lead or may have it. To one at which no attempt was ever begun there is nothing to say:
/// what waits for it is cut down before it leaves.
pub fn receivers(deliveries: &[LeadDelivery]) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for delivery in deliveries.iter().filter(|delivery| delivery.begun || delivery.state == "delivered") {
        let after = (delivery.state == "waiting").then_some(delivery.delivery_id);
        match told.iter_mut().find(|one| one.destination == delivery.destination) {
            Some(one) => one.after = after.or(one.after),
            None => told.push(Told { destination: delivery.destination.clone(), after }),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use unticked_shared::evidence::Ended;
    use uuid::Uuid;

    use super::*;

    fn purpose(id: &str) -> PurposeId {
        PurposeId::parse(id).unwrap()
    }

    fn stands(id: &str, legal_basis: LegalBasis, decision: Option<Decision>, ended: Option<Ended>) -> Standing {
        Standing {
            purpose: purpose(id),
            statement: "ab".repeat(32),
            legal_basis,
            decision,
            ended,
            record: Uuid::nil(),
            since: "2026-11-23T12:00:00Z".parse().unwrap(),
        }
    }

    fn standing() -> Vec<Standing> {
        use Decision::{Granted, GrantedUnconfirmed, Refused, Withdrawn};
        let consent = |id, decision, ended| stands(id, LegalBasis::Consent, Some(decision), ended);
        vec![
            stands("enquiry", LegalBasis::Contract, None, None),
            stands("stats", LegalBasis::LegitimateInterests, None, None),
            consent("news", Granted, None),
            consent("mail", GrantedUnconfirmed, None),
            consent("calls", Refused, None),
            consent("visits", Withdrawn, None),
            consent("post", Granted, Some(Ended::Retention)),
        ]
    }

    fn taken(asked: &Asked) -> Result<Vec<String>, NotAsked> {
        let changes = withdraw(&standing(), asked)?;
        assert!(changes.iter().all(|c| c.decision == Some(Decision::Withdrawn) && c.statement == "ab".repeat(32)));
        Ok(changes.into_iter().map(|change| change.id.to_string()).collect())
    }

    fn one(id: &str) -> Asked {
        Asked::Purposes(vec![purpose(id)])
    }

    #[test]
    fn what_was_granted_is_taken_back_confirmed_or_not() {
        assert_eq!(taken(&one("news")).unwrap(), ["news"]);
        assert_eq!(taken(&one("mail")).unwrap(), ["mail"]);
        assert_eq!(taken(&Asked::All).unwrap(), ["news", "mail"]);
        assert_eq!(taken(&Asked::Purposes(vec![purpose("mail"), purpose("news"), purpose("news")])).unwrap().len(), 2);
    }

    #[test]
    fn to_ask_again_or_for_what_was_never_given_changes_nothing() {
        for id in ["calls", "visits", "post"] {
            assert_eq!(taken(&one(id)).unwrap(), [""; 0], "{id}");
        }
        assert_eq!(taken(&Asked::Purposes(vec![])).unwrap(), [""; 0]);
    }

    #[test]
    fn what_rests_on_no_consent_cannot_be_withdrawn() {
        for id in ["enquiry", "stats", "nothing-of-ours"] {
            assert_eq!(taken(&one(id)), Err(NotAsked), "{id}");
        }
        assert_eq!(taken(&Asked::Purposes(vec![purpose("news"), purpose("enquiry")])), Err(NotAsked), "all or nothing");
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_put_the_withdrawal_before_the_grant() {
        let noon: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let later = noon + SignedDuration::from_hours(1);
        assert_eq!(recorded_at(&standing(), later), later);
        assert_eq!(recorded_at(&standing(), noon), noon + SignedDuration::from_millis(1));
        assert!(recorded_at(&standing(), noon - SignedDuration::from_hours(1)) > noon);
    }

    #[test]
    fn whoever_has_the_lead_or_may_have_it_is_told_and_after_it() {
        let delivery = |number, to: &str, state: &str, begun| LeadDelivery {
            delivery_id: Uuid::from_u128(number),
            destination: to.to_owned(),
            state: state.to_owned(),
            begun,
        };
        let told = receivers(&[
            delivery(1, "has-it", "delivered", true),
            delivery(2, "may-have-it", "waiting", true),
            delivery(3, "gave-up", "failed", true),
            delivery(4, "was-cut", "withheld", true),
            delivery(5, "never-tried", "waiting", false),
            delivery(6, "suspected", "held", false),
            delivery(7, "never-sent", "withheld", false),
            delivery(8, "has-it", "waiting", true),
        ]);
        let told: Vec<_> =
            told.iter().map(|one| (one.destination.as_str(), one.after.map(|after| after.as_u128()))).collect();
        assert_eq!(told, [("has-it", Some(8)), ("may-have-it", Some(2)), ("gave-up", None), ("was-cut", None)]);
    }
}
