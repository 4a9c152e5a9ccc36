//! What stands now.

use jiff::Timestamp;
use unticked_shared::{
    decision::{Decision, LegalBasis},
    evidence::{Ended, PartA},
    id::PurposeId,
};
use uuid::Uuid;

use super::sql::{self, KeptRecord};
use crate::store::{Connection, StoreError};

/// What one purpose of a submission rests on now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The purpose.
    pub purpose: PurposeId,
    /// SHA-256 of the statement that the person saw, hexadecimal.
    pub statement: String,
    /// The legal basis that was named.
    pub legal_basis: LegalBasis,
    /// The decision; absent where the basis asks for none.
    pub decision: Option<Decision>,
    /// Why use ended without the person's doing.
    pub ended: Option<Ended>,
    /// The record that says so.
    pub record: Uuid,
    /// When it was made.
    pub since: Timestamp,
}

impl Standing {
    /// Whether data may be used for the purpose now. An unconfirmed grant is stored and reported, never used: until the
    /// mail is answered nobody knows that the address belongs to whoever typed it.
    pub fn may_be_used(&self) -> bool {
        self.ended.is_none()
            && match self.legal_basis {
                LegalBasis::Consent => self.decision == Some(Decision::Granted),
                // Another basis asks for no consent, but an objection ends it (Art. 21).
                _ => !matches!(self.decision, Some(Decision::Refused | Decision::Withdrawn)),
            }
    }

    /// Whether data may be kept for the purpose now: it may be used, or waits for its confirmation.
    pub fn may_be_kept(&self) -> bool {
        self.may_be_used() || (self.ended.is_none() && self.decision == Some(Decision::GrantedUnconfirmed))
    }
}

/// Folds a submission's records, the oldest first: a later one replaces the purposes that it names, in the first one's
/// order. A purpose that an earlier record ended stays ended.
pub fn standing<'a>(records: impl IntoIterator<Item = (Uuid, &'a PartA)>) -> Vec<Standing> {
    let mut now: Vec<Standing> = Vec::new();
    for (record, part) in records {
        for purpose in &part.purposes {
            let next = Standing {
                purpose: purpose.id.clone(),
                statement: purpose.statement.clone(),
                legal_basis: purpose.legal_basis,
                decision: purpose.decision,
                ended: purpose.ended,
                record,
                since: made_at(record),
            };
            match now.iter_mut().find(|standing| standing.purpose == purpose.id) {
                Some(standing) => *standing = Standing { ended: standing.ended.or(next.ended), ..next },
                None => now.push(next),
            }
        }
    }
    now
}

/// What stands now for a submission; empty where there is none.
pub async fn standing_of(connection: &mut Connection, submission: Uuid) -> Result<Vec<Standing>, StoreError> {
    let records = sql::of_submission(connection, submission).await?;
    let parts = records.iter().map(KeptRecord::part_a).collect::<Result<Vec<_>, _>>()?;
    Ok(standing(records.iter().map(|record| record.record_id).zip(&parts)))
}

/// The time in a UUID version 7.
fn made_at(record: Uuid) -> Timestamp {
    let (seconds, nanoseconds) = record.get_timestamp().map_or((0, 0), |time| time.to_unix());
    Timestamp::new(seconds.cast_signed(), nanoseconds.cast_signed()).unwrap_or(Timestamp::UNIX_EPOCH)
}
