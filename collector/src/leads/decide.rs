//! What of a value may be shown now. No database.

use unticked_shared::{decision::Decision, submission::Value};

use crate::evidence::Standing;

/// What somebody opens a lead for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// To look at this one, with a reason of its own.
    Look,
    /// To take values out of the house, where nobody cuts them down any more.
    Export,
}

/// What is shown of a value. `Debug` of [`Value`] hides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Plain(Value),
    /// Its mask.
    Masked(String),
    /// The person's key was destroyed; nobody can read it.
    Forgotten,
    /// It is not kept any more, since no purpose stands that it was kept for.
    Destroyed,
    /// It is still kept, and no purpose that uses it stands any more.
    Ended,
    /// Every purpose that uses it waits for a confirmation: kept, not used.
    Unconfirmed,
    /// Altered, moved, or sealed by another ring.
    Unreadable,
}

impl Content {
    /// The word for programs.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Plain(_) => "shown",
            Self::Masked(_) => "masked",
            Self::Forgotten => "forgotten",
            Self::Destroyed => "destroyed",
            Self::Ended => "ended",
            Self::Unconfirmed => "unconfirmed",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What may be done with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// None was ever kept, and there is nothing to say.
    Nothing,
    /// It stays closed; this is said in its place.
    Closed(Content),
    /// It may be opened.
    Open,
}

/// Judges a value by what `purposes`, all that use it, rest on now. `sealed` is `None` where none is kept, else whether
/// it lies under the person's own key, which `key` says is there.
pub fn judge(sealed: Option<bool>, key: bool, purposes: &[&Standing], use_: Use) -> Judged {
    let kept = purposes.iter().any(|standing| standing.may_be_kept());
    let Some(sealed) = sealed else {
        // Whether there was one is no longer known: only that it would be gone.
        let over = |standing: &&Standing| standing.ended.is_some() || standing.decision == Some(Decision::Withdrawn);
        let gone = !kept && purposes.iter().any(over);
        return if gone { Judged::Closed(Content::Destroyed) } else { Judged::Nothing };
    };
    if sealed && !key {
        Judged::Closed(Content::Forgotten)
    } else if !kept {
        Judged::Closed(Content::Ended)
    } else if use_ == Use::Export && !purposes.iter().any(|standing| standing.may_be_used()) {
        Judged::Closed(Content::Unconfirmed)
    } else {
        Judged::Open
    }
}

#[cfg(test)]
mod tests {
    use unticked_shared::{decision::LegalBasis, evidence::Ended, id::PurposeId};
    use uuid::Uuid;

    use super::*;

    fn consent(decision: Decision) -> Standing {
        Standing {
            purpose: PurposeId::parse("newsletter").unwrap(),
            statement: String::new(),
            legal_basis: LegalBasis::Consent,
            decision: Some(decision),
            ended: None,
            record: Uuid::nil(),
            since: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn enquiry() -> Standing {
        Standing { legal_basis: LegalBasis::Contract, decision: None, ..consent(Decision::Granted) }
    }

    fn word(sealed: Option<bool>, key: bool, purposes: &[&Standing], use_: Use) -> Option<&'static str> {
        match judge(sealed, key, purposes, use_) {
            Judged::Nothing => None,
            Judged::Closed(content) => Some(content.state()),
            Judged::Open => Some("shown"),
        }
    }

    #[test]
    fn a_value_may_be_opened_while_any_purpose_that_uses_it_stands() {
        let withdrawn = consent(Decision::Withdrawn);
        for use_ in [Use::Look, Use::Export] {
            assert_eq!(word(Some(true), true, &[&withdrawn, &enquiry()], use_), Some("shown"));
            assert_eq!(word(Some(true), true, &[&withdrawn], use_), Some("ended"));
            assert_eq!(word(Some(false), false, &[&enquiry()], use_), Some("shown"), "it identifies nobody");
            assert_eq!(word(Some(true), true, &[], use_), Some("ended"), "nothing allows it");
        }
    }

    #[test]
    fn what_waits_for_its_confirmation_may_be_looked_at_and_not_taken_away() {
        let waiting = consent(Decision::GrantedUnconfirmed);
        assert_eq!(word(Some(true), true, &[&waiting], Use::Look), Some("shown"));
        assert_eq!(word(Some(true), true, &[&waiting], Use::Export), Some("unconfirmed"));
    }

    #[test]
    fn who_was_forgotten_is_said_to_be_so_before_anything_else() {
        assert_eq!(word(Some(true), false, &[&consent(Decision::Withdrawn)], Use::Look), Some("forgotten"));
    }

    #[test]
    fn what_is_gone_says_so_only_where_something_ended() {
        let ended = Standing { ended: Some(Ended::Retention), ..enquiry() };
        assert_eq!(word(None, true, &[&ended], Use::Look), Some("destroyed"));
        assert_eq!(word(None, true, &[&consent(Decision::Withdrawn)], Use::Look), Some("destroyed"));
        assert_eq!(word(None, true, &[&ended, &enquiry()], Use::Look), None, "it was left empty");
        assert_eq!(word(None, true, &[&consent(Decision::Refused)], Use::Look), None, "it was never kept");
    }
}
