//! What falls due, for the owner's eyes: nothing is changed here.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use unticked_shared::{
    evidence::Ended,
    id::{FieldId, FormId, PurposeId},
};
use uuid::Uuid;

use super::{
    RetentionError, Tools,
    decide::{Promises, forecast},
    load,
    sql::{self, Row},
};
use crate::store::{
    Store, StoreError,
    values::{millis, rfc3339},
};

/// Submissions in one look.
const PAGE: i64 = 256;
/// The worker looks every hour: what was due a day ago, nobody has carried out.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// What becomes of one submission at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FallsDue {
    /// RFC 3339.
    pub at: String,
    /// Its form.
    pub form: FormId,
    /// What was told to the visitor.
    pub reference: String,
    /// Whose use stops.
    pub purposes: Vec<Stops>,
    /// The fields whose values are destroyed.
    pub destroys: Vec<FieldId>,
    /// Nothing that identifies is left: the person's key is destroyed.
    pub forgets: bool,
}

/// A purpose whose use stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stops {
    /// The purpose.
    pub purpose: PurposeId,
    /// `retention` or `unreleased`.
    pub why: Ended,
    /// The period that was promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
}

/// Tells `each` what falls due until `until`, what is due first first, as far as it is known; then what nobody has
/// looked at yet. Answers how many submissions could not be read.
pub async fn falls_due(tools: &Tools, until: Timestamp, mut each: impl FnMut(FallsDue)) -> Result<u64, RetentionError> {
    let mut look = Look { tools, until, promises: HashMap::new(), unreadable: 0 };
    let (mut past_due, mut past) = (i64::MIN, Uuid::nil());
    loop {
        let page = sql::due(&mut tools.store.read().await?, millis(until), past_due, past, PAGE).await?;
        let Some(last) = page.last() else { break };
        (past_due, past) = (last.due_at.unwrap_or(i64::MIN), last.submission_id);
        look.page(page, &mut each).await?;
    }
    let mut past = Uuid::nil();
    loop {
        let page = sql::unseen(&mut tools.store.read().await?, past, PAGE).await?;
        let Some(last) = page.last() else { break };
        past = last.submission_id;
        look.page(page, &mut each).await?;
    }
    Ok(look.unreadable)
}

struct Look<'a> {
    tools: &'a Tools,
    until: Timestamp,
    promises: HashMap<String, Option<Promises>>,
    unreadable: u64,
}

impl Look<'_> {
    async fn page(&mut self, page: Vec<Row>, each: &mut impl FnMut(FallsDue)) -> Result<(), RetentionError> {
        for row in page {
            let reference = row.reference.clone();
            match self.one(row).await {
                Ok(falling) => falling.into_iter().for_each(&mut *each),
                Err(error) if error.is_unavailable() => return Err(error),
                Err(error) => {
                    tracing::error!(reference, %error, "what falls due cannot be read");
                    self.unreadable += 1;
                }
            }
        }
        Ok(())
    }

    async fn one(&mut self, row: Row) -> Result<Vec<FallsDue>, RetentionError> {
        let tools = self.tools;
        if !self.promises.contains_key(&row.version) {
            let version = tools.forms.version(&row.version).await?;
            self.promises.insert(row.version.clone(), version.map(|version| Promises::of(&version)));
        }
        let promises = self.promises.get(&row.version).and_then(Option::as_ref);
        let promises = promises.ok_or_else(|| RetentionError::UnknownVersion(row.version.clone()))?;
        let loaded = load(&mut tools.store.read().await?, row, Some(tools.unreleased_after)).await?;
        let mut forgotten = loaded.identity_is_recorded_as_gone();
        let falling = forecast(promises, &loaded.case, self.until).into_iter().map(|falling| {
            let verdict = falling.verdict;
            let forgets = verdict.anonymous && !forgotten;
            forgotten |= forgets;
            FallsDue {
                at: rfc3339(falling.at),
                form: loaded.first().1.form.clone(),
                reference: loaded.row.reference.clone(),
                purposes: verdict
                    .ended
                    .into_iter()
                    .map(|ended| Stops {
                        purpose: ended.standing.purpose,
                        why: ended.why,
                        period: ended.rule.map(|rule| rule.period),
                    })
                    .collect(),
                destroys: verdict.destroyed,
                forgets,
            }
        });
        Ok(falling.collect())
    }
}

/// What is due and was not carried out, for whoever looks after the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// Submissions.
    pub submissions: i64,
    /// Since when the longest has been.
    pub since: Option<Timestamp>,
}

/// What was due a day ago and still is: the collector does not run, or the log says why it cannot.
pub async fn overdue(store: &Store, now: Timestamp) -> Result<Overdue, StoreError> {
    let before = millis(now.saturating_sub(LATE).unwrap_or(Timestamp::MIN));
    let (submissions, since) = sql::overdue(&mut store.read().await?, before).await?;
    Ok(Overdue { submissions, since: since.and_then(|since| Timestamp::from_millisecond(since).ok()) })
}
