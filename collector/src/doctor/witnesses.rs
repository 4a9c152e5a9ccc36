//! Whether those outside who are asked to vouch for the ledger do.

use jiff::{SignedDuration, Timestamp};

use super::{Case, Finding};
use crate::{
    ledger::{
        standing,
        witness::sql::{self, OutsiderRow},
    },
    store::{
        Store, StoreError,
        values::{rfc3339, time},
    },
};

const CHECK: &str = "witnesses";
/// Who has not vouched for this long is missed.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// Each that the settings name, and any that refused.
pub async fn examine(case: &Case<'_>, store: &Store) -> Vec<Finding> {
    let ledger = &case.settings.ledger;
    let mut named: Vec<(String, String)> =
        ledger.witnesses.iter().map(|one| (one.key.to_string(), format!("`{}`", one.key.name()))).collect();
    named.extend(ledger.timestamp.iter().map(|one| (one.url.clone(), "the time-stamping authority".to_owned())));
    match look(store).await {
        Ok((published, outsiders)) => {
            let now = case.tools.clock.now();
            named
                .iter()
                .map(|(id, name)| judge(name, outsiders.iter().find(|one| one.outsider == *id), published, now))
                .collect()
        }
        Err(error) => vec![Finding::fail(CHECK, error, "`unticked ledger status` says more")],
    }
}

async fn look(store: &Store) -> Result<(i64, Vec<OutsiderRow>), String> {
    let standing = standing::look(store).await.map_err(|error| error.to_string())?;
    let Some(origin) = standing.origins.last() else { return Ok((0, Vec::new())) };
    let read = async { sql::outsiders(&mut store.read().await?, origin.number).await };
    let outsiders = read.await.map_err(|error: StoreError| error.to_string())?;
    Ok((standing.published.map_or(0, |published| published.size), outsiders))
}

fn judge(name: &str, outsider: Option<&OutsiderRow>, published: i64, now: Timestamp) -> Finding {
    let Some(outsider) = outsider else {
        return Finding::warn(CHECK, format!("{name} was never asked"), "let the collector run with these settings");
    };
    if let Some(since) = outsider.refused_at {
        let since = time(since).map_or_else(|_| "?".to_owned(), rfc3339);
        let problem = outsider.problem.as_deref().unwrap_or("it saw another one");
        let says = format!("{name} says since {since} that this is not the ledger it saw: {problem}");
        let advice = "stop the collector, keep copies of both databases as they are, say `unticked verify`; if a backup was put \
                      back, `unticked ledger new-origin` begins a new name";
        return Finding::fail(CHECK, says, advice);
    }
    let asked = time(outsider.asked_at).unwrap_or(Timestamp::UNIX_EPOCH);
    match &outsider.problem {
        Some(problem) => {
            let says = format!("{name} vouches for {} of {published} entries: {problem}", outsider.size);
            Finding::warn(CHECK, says, "see to the cause; it is asked again by itself, after ten minutes at the latest")
        }
        None if outsider.size < published && now.duration_since(asked) > PATIENCE => {
            let says = format!("{name} vouches for {} of {published} entries", outsider.size);
            Finding::warn(CHECK, says, "let the collector run; its log says what keeps it from asking")
        }
        None => Finding::ok(CHECK, format!("{name} vouches for {} entries", outsider.size)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_refusal_is_a_failure_whatever_else_it_answered_since() {
        let now = Timestamp::from_second(1_795_392_000).unwrap();
        let row = |size, asked, problem: Option<&str>, refused_at| OutsiderRow {
            outsider: "w".to_owned(),
            size,
            asked_at: asked,
            problem: problem.map(str::to_owned),
            refused_at,
        };
        let asked = now.as_millisecond();
        let state = |row: Option<&OutsiderRow>| judge("`w`", row, 9, now).state;
        assert_eq!(state(None), State::Warn);
        assert_eq!(state(Some(&row(9, asked, None, None))), State::Ok);
        assert_eq!(state(Some(&row(5, asked, None, None))), State::Ok, "asked a moment ago");
        assert_eq!(state(Some(&row(5, asked - 7_200_000, None, None))), State::Warn);
        assert_eq!(state(Some(&row(5, asked, Some("no answer"), None))), State::Warn);
        let refused = judge("`w`", Some(&row(5, asked, Some("no answer"), Some(asked))), 9, now);
        assert!(refused.state == State::Fail && refused.advice.unwrap().contains("unticked verify"));
    }
}
