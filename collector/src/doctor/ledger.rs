//! Whether the ledger is the one whose head was signed last, and whether the world is shown how far it has come.

use jiff::{SignedDuration, Timestamp};

use super::{Case, Finding};
use crate::{
    ledger::standing::{self, Standing},
    store::{
        Store,
        values::{rfc3339, time},
    },
};

const CHECK: &str = "ledger";
/// How much later than promised a head may be shown.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Looks into the database.
pub async fn examine(case: &Case<'_>, store: &Store) -> Finding {
    let every = SignedDuration::try_from(case.settings.ledger.publish_every).unwrap_or(SignedDuration::ZERO);
    match standing::look(store).await {
        Ok(standing) => judge(&standing, every, case.tools.clock.now()),
        Err(error) => {
            Finding::fail(CHECK, error.to_string(), "`unticked ledger status` and `unticked verify` say more")
        }
    }
}

fn judge(standing: &Standing, every: SignedDuration, now: Timestamp) -> Finding {
    let Some(origin) = standing.origins.last() else {
        return Finding::warn(CHECK, "there is none yet", "`unticked serve` begins it at its first start");
    };
    if let Some(trouble) = &standing.trouble {
        let advice = "`unticked ledger status` says how far it is; nothing is lost by looking";
        return Finding::fail(CHECK, format!("no collector starts on it: {trouble}"), advice);
    }
    let size = standing.head.size;
    let (shown, at) = standing.published.as_ref().map_or((0, 0), |published| (published.size, published.published_at));
    // Who was stopped before it could sign has not answered anybody; the next start signs.
    let signed = standing.signed.as_ref().map_or(0, |signed| signed.size);
    let since = time(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let late = shown < signed && now.duration_since(since) > every + PATIENCE;
    if late && at > 0 {
        let says = format!("{signed} entries are signed, and the world was last shown {shown}, at {}", rfc3339(since));
        let advice = "let the collector run, which publishes by itself; its log says what keeps it from it";
        return Finding::warn(CHECK, says, advice);
    }
    Finding::ok(CHECK, format!("{} has {size} entries; {signed} are signed, {shown} published", origin.origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{
        Head, LedgerError,
        publish::sql::CheckpointRow,
        sql::{Origin, SignedRow},
    };

    fn standing(signed: i64, published: i64, published_at: &str) -> Standing {
        let at = published_at.parse::<Timestamp>().unwrap().as_millisecond();
        Standing {
            origins: vec![Origin {
                number: 1,
                origin: "forms.example/ledger".to_owned(),
                began_at_size: 0,
                began_at: 0,
                reason: None,
                previous: None,
            }],
            head: Head { size: signed.unsigned_abs(), root: [0; 32] },
            signed: Some(SignedRow {
                origin: "forms.example/ledger".to_owned(),
                size: signed,
                root: vec![0; 32],
                note: String::new(),
                signed_at: at,
            }),
            published: Some(CheckpointRow {
                origin_number: 1,
                size: published,
                root: vec![0; 32],
                note: String::new(),
                published_at: at,
            }),
            trouble: None,
        }
    }

    #[test]
    fn heads_that_nobody_is_shown_any_more_and_a_ledger_that_went_back_are_told_of() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let judged = |standing: &Standing| judge(standing, SignedDuration::from_mins(1), now);
        assert_eq!(judged(&standing(9, 9, "2026-11-20T12:00:00Z")).state, super::super::State::Ok);
        assert_eq!(judged(&standing(9, 7, "2026-11-23T11:59:10Z")).state, super::super::State::Ok);
        let late = judged(&standing(9, 7, "2026-11-23T11:40:00Z"));
        assert_eq!(late.state, super::super::State::Warn);
        assert!(late.says.contains("9 entries") && late.says.contains("shown 7, at 2026-11-23T11:40:00Z"), "{late}");
        let trouble = Some(LedgerError::Behind { found: 5, signed: 9 });
        let back = judged(&Standing { trouble, ..standing(9, 7, "2026-11-23T11:59:10Z") });
        assert_eq!(back.state, super::super::State::Fail);
        assert!(back.says.contains("new-origin"), "{back}");
        let none = judged(&Standing { origins: Vec::new(), ..standing(0, 0, "2026-11-23T11:59:10Z") });
        assert_eq!(none.state, super::super::State::Warn);
    }
}
