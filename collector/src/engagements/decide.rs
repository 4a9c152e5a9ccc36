//! What a destination's message pushes on.

use jiff::Timestamp;
use serde::Serialize;
use unticked_shared::{decision::Decision, id::PurposeId};

use crate::{
    retention::{
        calendar,
        decide::{Case, Promises, end_of},
    },
    store::values::rfc3339,
};

/// What an engagement does to one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// The purpose.
    pub purpose: PurposeId,
    /// What became of it.
    pub result: PushResult,
    /// Until when the data may be used for it now (RFC 3339); absent where that is over, or never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What an engagement does to a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PushResult {
    /// The period counts from it.
    PushedOn,
    /// A later one is known.
    Unchanged,
    /// The grant waits for its confirmation: until then nobody uses the data, and nobody is engaged.
    Unconfirmed,
    /// The period was over.
    Ended,
    /// The person took consent back, or objected.
    Withdrawn,
}

/// What an engagement `at` does to the purposes that `served` names: those whose periods count from engagements, and that
/// rested on something once.
pub fn push(promises: &Promises, case: &Case, served: &[PurposeId], at: Timestamp, now: Timestamp) -> Vec<Pushed> {
    let from = first_moment(at.min(now));
    let counted = case
        .standing
        .iter()
        .filter(|one| served.contains(&one.purpose) && promises.counts_from_engagement(&one.purpose));
    counted
        .filter(|one| one.decision != Some(Decision::Refused))
        .map(|one| {
            let end = end_of(promises, case, &one.purpose);
            let over = one.ended.is_some() || end.is_some_and(|end| end.at <= now);
            let result = match one.decision {
                Some(Decision::Withdrawn) => PushResult::Withdrawn,
                _ if over => PushResult::Ended,
                _ if !one.may_be_used() => PushResult::Unconfirmed,
                _ if end.is_some_and(|end| from > end.counted_from) => PushResult::PushedOn,
                _ => PushResult::Unchanged,
            };
            let until = match result {
                PushResult::PushedOn => {
                    let mut pushed = case.clone();
                    pushed.engaged.insert(one.purpose.clone(), from);
                    end_of(promises, &pushed, &one.purpose)
                }
                PushResult::Unchanged | PushResult::Unconfirmed => end,
                PushResult::Ended | PushResult::Withdrawn => None,
            };
            Pushed { purpose: one.purpose.clone(), result, until: until.map(|end| rfc3339(end.at)) }
        })
        .collect()
}

/// Engagements count by the day: the record of one, which anybody may see, tells no more.
pub fn first_moment(at: Timestamp) -> Timestamp {
    calendar::day_start(&calendar::day(at)).unwrap_or(at)
}

/// Whether nothing is left of what the destination holds: it is too late to push anything on.
pub fn too_late(pushed: &[Pushed]) -> bool {
    !pushed.is_empty() && pushed.iter().all(|one| matches!(one.result, PushResult::Ended | PushResult::Withdrawn))
}
