//! What waits for the owner: deliveries in trouble, suspected robots.

use jiff::Timestamp;

use super::{Case, Finding};
use crate::{
    erasure::{self, journal::Journal},
    outbox, retention,
    store::{Store, StoreError, values},
    submissions::quarantine,
    vault::Vault,
};

/// Somebody who waits longer than this may be a customer who is lost.
const PATIENCE_DAYS: i64 = 2;

/// Looks into the database.
pub async fn examine(case: &Case<'_>, store: &Store) -> Vec<Finding> {
    let now = case.tools.clock.now();
    let mut found = Vec::new();
    let forgetting = forgetting(case, store).await;
    for looked in [deliveries(store).await, suspects(store, now).await, overdue(store, now).await, forgetting] {
        found.push(looked.unwrap_or_else(|error| {
            Finding::fail("database", error.to_string(), "try again; if it stays, restore a backup")
        }));
    }
    found
}

async fn deliveries(store: &Store) -> Result<Finding, StoreError> {
    let check = "deliveries";
    let mut connection = store.read().await?;
    let backlog = outbox::sql::backlog(&mut connection).await?;
    let troubled = outbox::sql::list_troubled(&mut connection, 1000).await?;
    let advice = "`unticked deliveries list` names each with its reason; `unticked deliveries retry` sends it again when you have seen to it";
    let reason =
        troubled.first().map(|one| format!(", last to `{}`: {}", one.destination, one.reason)).unwrap_or_default();
    if backlog.failed > 0 {
        return Ok(Finding::warn(check, format!("{} were given up{reason}", backlog.failed), advice));
    }
    if !troubled.is_empty() {
        let says = format!("{} did not arrive at the first attempt and are tried again{reason}", troubled.len());
        return Ok(Finding::warn(check, says, advice));
    }
    Ok(Finding::ok(check, format!("{} on their way, none in trouble", backlog.waiting)))
}

async fn overdue(store: &Store, now: Timestamp) -> Result<Finding, StoreError> {
    let check = "retention";
    let overdue = retention::due::overdue(store, now).await?;
    if let Some(doubt) = retention::clock::doubt(store, now).await? {
        let says = format!(
            "the clock says {} and stood at {} when the collector last trusted it: {}",
            values::rfc3339(now),
            values::rfc3339(doubt.trusted_at),
            match overdue.submissions {
                0 => "nothing that falls due is destroyed meanwhile".to_owned(),
                some => format!("{some} submissions are due by it, and nothing of them is destroyed"),
            }
        );
        let advice = format!(
            "if that is today's date, and the collector was off for so long, say `unticked retention confirm-clock --today \
             DATE`; if not, set the clock right. A clock that goes on evenly is trusted by itself, from {} on",
            values::rfc3339(doubt.proven_at)
        );
        return Ok(if overdue.submissions > 0 {
            Finding::fail(check, says, advice)
        } else {
            Finding::warn(check, says, advice)
        });
    }
    if overdue.submissions == 0 {
        return Ok(Finding::ok(check, "what has fallen due was ended"));
    }
    let since = overdue.since.map(|since| format!(", the first since {since}")).unwrap_or_default();
    let says = format!("{} submissions are kept longer than was promised{since}", overdue.submissions);
    let advice = "let the collector run, which ends them by itself; its log says what keeps it from it";
    Ok(Finding::fail(check, says, advice))
}

async fn forgetting(case: &Case<'_>, store: &Store) -> Result<Finding, StoreError> {
    let check = "forgetting";
    let Some(ring) = &case.ring else {
        let advice = "see to the key ring first";
        return Ok(Finding::warn(check, "without the key ring the journal of the forgotten cannot be read", advice));
    };
    let vault = Vault::new(ring.clone(), case.tools.random.clone());
    let standing = erasure::standing(store, &Journal::new(&case.settings.erasure.journal, &vault)).await?;
    if let Some(doubt) = standing.doubt {
        let advice = "put the right file where `erasure.journal` names it, before any backup is restored; several collectors share one";
        return Ok(Finding::fail(check, doubt.to_string(), advice));
    }
    if standing.pending > 0 {
        let says =
            format!("{} who asked for it, or whose time had come, are not forgotten wholly yet", standing.pending);
        let advice = "let the collector run, which ends it by itself; its log says what keeps it from it";
        return Ok(Finding::warn(check, says, advice));
    }
    Ok(Finding::ok(check, format!("nothing is left to do; the journal names {}", standing.named)))
}

async fn suspects(store: &Store, now: Timestamp) -> Result<Finding, StoreError> {
    let check = "suspects";
    let waiting = quarantine::list(store).await?;
    let Some(oldest) = waiting.first() else { return Ok(Finding::ok(check, "nobody waits to be let go")) };
    let days = values::time(oldest.received_at)?.until(now).map_or(0, |waited| waited.get_hours() / 24);
    let days = i64::from(days);
    let says = format!("{} look like a robot's and wait, the oldest for {days} days", waiting.len());
    Ok(if days > PATIENCE_DAYS {
        let advice = "`unticked quarantine list` names them; release whoever is a person";
        Finding::warn(check, says, advice)
    } else {
        Finding::ok(check, says)
    })
}
