//! What an answer of a witness means. No database.

use unticked_shared::merkle::cosignature::{CosignatureError, Cosigned, WitnessKey};

use crate::outbox::destinations::Answer;

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It cosigned.
    Cosigned(Cosigned),
    /// It saw this size last: the proof must begin there.
    Again(u64),
    /// Nothing yet, for this reason.
    Waits(String),
    /// It saw something that this ledger does not continue.
    Refuses(String),
}

/// Judges the answer to a checkpoint of `size` entries with a proof from `old` on, while the ledger has `head` entries.
pub fn judge(answer: &Answer, key: &WitnessKey, checkpoint: &str, old: u64, size: u64, head: u64) -> Verdict {
    match answer.status {
        200 => match std::str::from_utf8(&answer.body).map_err(|_| CosignatureError::UnknownKey) {
            Ok(lines) => {
                key.verify(checkpoint, lines).map_or_else(|error| Verdict::Waits(error.to_string()), Verdict::Cosigned)
            }
            Err(error) => Verdict::Waits(error.to_string()),
        },
        409 => conflict(seen(answer), old, size, head),
        // It has looked whether `old` is what it saw last: so this is about the hashes.
        422 if old > 0 => {
            Verdict::Refuses(format!("the tree of {old} entries that it saw does not lead to that of {size}"))
        }
        403 => Verdict::Waits(
            "it does not accept the ledger's key; give its operator what `unticked ledger key` prints".to_owned(),
        ),
        404 => {
            Verdict::Waits("it does not know this log; give its operator what `unticked ledger key` prints".to_owned())
        }
        status => Verdict::Waits(format!("it answered {status}")),
    }
}

/// The size that it saw last, where it says so.
fn seen(answer: &Answer) -> Option<u64> {
    let kind = answer.kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("text/x.tlog.size") {
        return None;
    }
    let text = std::str::from_utf8(&answer.body).ok()?.strip_suffix('\n')?;
    let decimal = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    text.parse().ok().filter(|_| decimal)
}

fn conflict(seen: Option<u64>, old: u64, size: u64, head: u64) -> Verdict {
    match seen {
        Some(seen) if seen > head => Verdict::Refuses(format!(
            "it saw {seen} entries, and this ledger has {head}: the database has gone back, or somebody else signs with its key"
        )),
        // Another collector of the same name was faster; the next head goes on from there.
        Some(seen) if seen > size => Verdict::Waits(format!("it saw a later head already, of {seen} entries")),
        Some(seen) if seen != old => Verdict::Again(seen),
        // Sizes agree, and there is a conflict all the same: it is about the root.
        _ if old == size => Verdict::Refuses(format!("it saw another tree of {size} entries")),
        _ => Verdict::Waits("it answered 409 without the size that it saw".to_owned()),
    }
}
