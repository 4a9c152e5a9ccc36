//! What an attempt's outcome means, and when to try again.

use jiff::{SignedDuration, Timestamp};

/// How long after each attempt the next one follows; the list of the Standard Webhooks specification.
/// After the last the delivery is given up and listed.
const WAITS: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];

/// The longest that a receiver's `Retry-After` can put us off, in seconds.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The seconds of its `Retry-After`, where it sent one.
        retry_after: Option<u64>,
    },
    /// The receiver's answer says that it has it, whatever its status.
    Taken {
        /// The HTTP status.
        status: u16,
    },
    /// The receiver's answer says that it does not have it, whatever its status; the text says why, without personal data.
    Declined {
        /// The HTTP status.
        status: u16,
        /// Why, for the owner.
        reason: String,
    },
    /// Nothing came back, or nothing could be sent; the text says why, without personal data.
    Unreachable(String),
    /// Sending cannot succeed, however often; the text says why, without personal data.
    Impossible(String),
    /// Nothing in it may be sent any more; the text says why, without personal data.
    Pointless(String),
}

/// What becomes of the delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered {
        /// The HTTP status it said so with.
        status: u16,
    },
    /// It goes again.
    Again {
        /// When.
        due_at: Timestamp,
        /// Why it did not succeed.
        reason: String,
    },
    /// It is given up, and listed until somebody sends it again.
    Failed {
        /// Why.
        reason: String,
    },
    /// It is over without having been sent: what it told of rests on nothing any more.
    Withheld {
        /// Why.
        reason: String,
    },
}

/// Judges the outcome of attempt number `attempt` (the first is 1).
///
/// `jitter` (any value) spreads the next attempts by a fifth to either side, so that all that failed
/// together does not return together.
pub fn judge(outcome: &Outcome, attempt: u32, now: Timestamp, jitter: u32) -> Verdict {
    let (reason, retry_after) = match outcome {
        Outcome::Answered { status, .. } if (200..300).contains(status) => {
            return Verdict::Delivered { status: *status };
        }
        Outcome::Taken { status } => return Verdict::Delivered { status: *status },
        // Standard Webhooks: the receiver no longer wants these.
        Outcome::Answered { status: 410, .. } => {
            return Verdict::Failed { reason: "answered 410: the receiver says that this address is gone".to_owned() };
        }
        Outcome::Impossible(reason) => return Verdict::Failed { reason: reason.clone() },
        Outcome::Pointless(reason) => return Verdict::Withheld { reason: reason.clone() },
        Outcome::Answered { status, .. } if (300..400).contains(status) => {
            (format!("answered {status}: redirects are not followed"), None)
        }
        Outcome::Answered { status, retry_after } => (format!("answered {status}"), *retry_after),
        Outcome::Declined { reason, .. } | Outcome::Unreachable(reason) => (reason.clone(), None),
    };
    let Some(wait) = attempt.checked_sub(1).and_then(|past| WAITS.get(usize::try_from(past).ok()?)) else {
        return Verdict::Failed { reason: format!("gave up after {attempt} attempts: {reason}") };
    };
    let asked = retry_after.unwrap_or(0).min(LONGEST_WAIT);
    let wait = spread(*wait, jitter).max(SignedDuration::from_secs(asked.cast_signed()));
    Verdict::Again { due_at: now.saturating_add(wait).unwrap_or(now), reason }
}

/// 80% to 120% of `wait`.
fn spread(wait: SignedDuration, jitter: u32) -> SignedDuration {
    let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 1000);
    let per_mille = 800 + i64::from(jitter % 401);
    SignedDuration::from_millis(millis / 1000 * per_mille + millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T15:00:00Z".parse().unwrap()
    }

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, retry_after: None }
    }

    fn wait(verdict: &Verdict) -> SignedDuration {
        match verdict {
            Verdict::Again { due_at, .. } => due_at.duration_since(now()),
            other => panic!("{other:?} is no retry"),
        }
    }

    #[test]
    fn any_2xx_is_delivered() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(judge(&answered(status), 1, now(), 0), Verdict::Delivered { status });
        }
    }

    #[test]
    fn everything_else_goes_again() {
        for status in [100, 301, 302, 307, 400, 401, 403, 404, 408, 429, 500, 502, 503, 599] {
            assert!(matches!(judge(&answered(status), 1, now(), 0), Verdict::Again { .. }), "{status}");
        }
        assert!(matches!(judge(&Outcome::Unreachable("timed out".into()), 1, now(), 0), Verdict::Again { .. }));
    }

    #[test]
    fn gone_is_final_and_says_so() {
        let Verdict::Failed { reason } = judge(&answered(410), 1, now(), 0) else { panic!("410 is final") };
        assert!(reason.contains("410"));
        assert_eq!(
            judge(&Outcome::Impossible("no key".into()), 1, now(), 0),
            Verdict::Failed { reason: "no key".into() }
        );
    }

    #[test]
    fn what_may_not_be_sent_any_more_is_neither_a_failure_nor_tried_again() {
        for attempt in [1, 5, 100] {
            let verdict = judge(&Outcome::Pointless("withdrawn".into()), attempt, now(), 0);
            assert_eq!(verdict, Verdict::Withheld { reason: "withdrawn".into() });
        }
    }

    #[test]
    fn where_the_answer_decides_the_status_does_not() {
        let taken = Outcome::Taken { status: 302 };
        assert_eq!(judge(&taken, 3, now(), 0), Verdict::Delivered { status: 302 });
        let declined = Outcome::Declined { status: 200, reason: "said no".into() };
        let Verdict::Again { reason, .. } = judge(&declined, 1, now(), 0) else { panic!("a no goes again") };
        assert_eq!(reason, "said no");
        assert!(matches!(judge(&declined, 10, now(), 0), Verdict::Failed { .. }));
    }

    #[test]
    fn a_redirect_is_named_as_one() {
        let Verdict::Again { reason, .. } = judge(&answered(302), 1, now(), 0) else { panic!("302 goes again") };
        assert!(reason.contains("redirects are not followed"));
    }

    #[test]
    fn waits_grow_and_end_in_a_failure_that_keeps_the_last_reason() {
        let waits: Vec<_> = (1..=9).map(|attempt| wait(&judge(&answered(500), attempt, now(), 200))).collect();
        assert_eq!(waits, WAITS);
        assert!(waits.is_sorted());
        let Verdict::Failed { reason } = judge(&answered(503), 10, now(), 0) else { panic!("ten are enough") };
        assert_eq!(reason, "gave up after 10 attempts: answered 503");
        assert!(matches!(judge(&answered(503), u32::MAX, now(), 0), Verdict::Failed { .. }));
        assert!(matches!(judge(&answered(503), 0, now(), 0), Verdict::Failed { .. }));
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        for jitter in [0, 1, 200, 400, 401, 1_000_003, u32::MAX] {
            let waited = wait(&judge(&answered(500), 2, now(), jitter)).as_secs();
            assert!((240..=360).contains(&waited), "{jitter}: {waited}");
        }
        assert_ne!(judge(&answered(500), 2, now(), 0), judge(&answered(500), 2, now(), 400));
    }

    #[test]
    fn retry_after_is_honoured_up_to_a_day() {
        let asked = |seconds| Outcome::Answered { status: 429, retry_after: Some(seconds) };
        assert_eq!(wait(&judge(&asked(90), 1, now(), 0)), SignedDuration::from_secs(90));
        assert_eq!(wait(&judge(&asked(u64::MAX), 1, now(), 0)), SignedDuration::from_hours(24));
        assert!(wait(&judge(&asked(1), 4, now(), 0)) > SignedDuration::from_hours(1));
    }
}
