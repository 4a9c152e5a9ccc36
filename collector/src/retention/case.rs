//! From the rows of a submission to what the rules need.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use unticked_shared::{
    evidence::{Happened, PartA},
    id::{FieldId, PurposeId},
};
use uuid::Uuid;

use super::{
    RetentionError, calendar,
    decide::{Case, Held},
    sql::{self, Row},
};
use crate::{
    evidence,
    store::{Connection, values::time},
};

/// A submission as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// Its row.
    pub row: Row,
    /// Its records, the oldest first; never empty.
    pub records: Vec<(Uuid, PartA)>,
    /// What the rules go by.
    pub case: Case,
}

impl Loaded {
    /// The submission's own record.
    pub fn first(&self) -> &(Uuid, PartA) {
        &self.records[0]
    }

    /// Whether a record says that the identity was destroyed.
    pub fn identity_is_recorded_as_gone(&self) -> bool {
        self.records
            .iter()
            .any(|(_, part)| matches!(&part.happened, Some(Happened::Erasure(erasure)) if erasure.identity))
    }
}

/// Reads what belongs to a submission. In the transaction that acts on it, after locking the row: what was read before
/// may have been withdrawn meanwhile.
pub(crate) async fn load(
    connection: &mut Connection,
    row: Row,
    unreleased_after: Option<SignedDuration>,
) -> Result<Loaded, RetentionError> {
    let kept = evidence::sql::of_submission(connection, row.submission_id).await?;
    let records: Vec<(Uuid, PartA)> =
        kept.iter().map(|record| Ok((record.record_id, record.part_a()?))).collect::<Result<_, RetentionError>>()?;
    if records.is_empty() {
        return Err(RetentionError::Defect(format!("the submission {} has no evidence", row.submission_id)));
    }
    let received_at = time(row.received_at)?;
    let held = sql::held(connection, row.submission_id).await?.into_iter().map(|(field, identifies)| {
        let field = FieldId::parse(&field).map_err(|_| {
            RetentionError::Defect(format!("the submission {} holds an unnamed value", row.submission_id))
        })?;
        Ok(Held { field, identifies: identifies != "no" })
    });
    let quarantined = row.state == "quarantined";
    let released_until = unreleased_after
        .filter(|_| quarantined)
        .map(|after| received_at.saturating_add(after).unwrap_or(Timestamp::MAX));
    let case = Case {
        received_at,
        released_until,
        standing: evidence::standing(records.iter().map(|(record, part)| (*record, part))),
        engaged: engaged(&records),
        held: held.collect::<Result<_, RetentionError>>()?,
    };
    Ok(Loaded { row, records, case })
}

/// When the person was last heard of, by purpose: from the beginning of the day that the record names, which is never
/// later than it was.
fn engaged(records: &[(Uuid, PartA)]) -> BTreeMap<PurposeId, Timestamp> {
    let mut last: BTreeMap<PurposeId, Timestamp> = BTreeMap::new();
    for (_, part) in records {
        let Some(Happened::Engagement(engagement)) = &part.happened else { continue };
        let Some(at) = calendar::day_start(&engagement.day) else { continue };
        for purpose in &engagement.purposes {
            let known = last.entry(purpose.clone()).or_insert(at);
            *known = at.max(*known);
        }
    }
    last
}
