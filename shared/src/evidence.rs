//! An evidence record: who decided what, when, how, seeing which version.
//!
//! Two parts with an opening each. Part A identifies nobody and stays provable when the person is
//! forgotten; part B holds what points to the person, and its opening is destroyed then. Fields follow
//! ISO/IEC TS 27560 through the W3C DPV 2.3 guide.

use serde::{Deserialize, Serialize};

use crate::{
    canonical::{self, CanonicalError},
    decision::{Decision, LegalBasis, RetentionFrom},
    id::{DestinationId, FieldId, FormId, Language, PurposeId},
    signature::{hex, sha256},
};

/// The `schema` of the records this build writes.
pub const SCHEMA: &str = "unticked evidence v1";

/// How the decision reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The widget, with a signed body.
    Widget,
    /// A native post of the form; the ticket alone, the body unsigned.
    Page,
    /// A link in a mail.
    MailLink,
    /// The staff's console.
    Console,
    /// An interface for programs: signed, or with the person's own token.
    Api,
    /// Said to a member of staff.
    Oral,
    /// Brought from another system.
    Import,
    /// Nobody's decision: a rule that the owner declared, carried out by the collector.
    Rule,
}

/// What was decided for one purpose, and on which words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurposeDecision {
    /// The purpose.
    pub id: PurposeId,
    /// SHA-256 of the statement that was shown, hexadecimal.
    pub statement: String,
    /// The legal basis that was named.
    pub legal_basis: LegalBasis,
    /// The decision; absent where the basis asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Why the data are used for it no longer, whatever was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// Why use for a purpose ended without the person's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// The period that was promised is over (Art. 5(1)(e)).
    Retention,
    /// It looked like a robot's, and nobody let it go in time.
    Unreleased,
    /// Somebody asked that the person be forgotten (Art. 17).
    Erasure,
}

/// What a record tells of besides decisions. It names no person either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happened {
    /// Values were destroyed, or use ended and none had to be.
    Erasure(Erasure),
    /// The person was heard of again, which moves the end of some periods.
    Engagement(Engagement),
}

/// What was destroyed, and by which rule (Art. 5(1)(e), 17(1)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Why.
    pub ground: Ground,
    /// The periods that ran out; `purposes` of the record names the same ones as ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RetentionRule>,
    /// The fields whose values were destroyed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destroyed: Vec<FieldId>,
    /// Nothing that identifies was left, and the key to the person's identity was destroyed: the first step of
    /// forgetting. The records stay, restricted to legal claims.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub identity: bool,
    /// What identifies nobody by itself, and was held by too few to stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub singled_out: Option<SingledOut>,
    /// The second step: the leaves of the ledger, in rising order, of whose records part B and its opening were destroyed.
    /// From then on part A and hash B are all that is left of them; no leaf stands in two such lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<u64>,
    /// Of the second step: the period for which the records were kept for legal claims (Art. 17(3)(e)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
}

impl Erasure {
    /// An erasure on this ground that has ended nothing yet.
    pub fn on(ground: Ground) -> Self {
        Self {
            ground,
            rules: Vec::new(),
            destroyed: Vec::new(),
            identity: false,
            singled_out: None,
            leaves: Vec::new(),
            deadline: None,
        }
    }
}

/// Values that identify nobody by themselves, but that only a few share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SingledOut {
    /// So many persons must hold the same combination for it to stay.
    pub k: u32,
    /// The fields whose values were destroyed for it; `destroyed` names them, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<FieldId>,
    /// The fields whose values were made coarser for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generalised: Vec<FieldId>,
}

/// How long the records of a forgotten person were kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// As the owner had set it.
    pub days: u32,
    /// The day (UTC) on which the identity was destroyed, `YYYY-MM-DD`.
    pub counted_from: String,
    /// The day (UTC) on which it ran out.
    pub ran_out: String,
}

/// Why something was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// A period ran out: no longer necessary (Art. 17(1)(a)).
    Retention,
    /// It looked like a robot's, and nobody let it go in time (Art. 17(1)(a)).
    Unreleased,
    /// No purpose that still stands uses it, since others were withdrawn (Art. 17(1)(b)).
    Withdrawal,
    /// Asked for: not necessary any more for what it was collected for (Art. 17(1)(a)).
    #[serde(rename = "art-17-1-a")]
    NoLongerNecessary,
    /// Asked for: consent is taken back, and nothing else carries it (Art. 17(1)(b)).
    #[serde(rename = "art-17-1-b")]
    ConsentWithdrawn,
    /// Asked for: the person objects, and nothing overrides that (Art. 17(1)(c), 21).
    #[serde(rename = "art-17-1-c")]
    Objection,
    /// It should never have been processed (Art. 17(1)(d)).
    #[serde(rename = "art-17-1-d")]
    Unlawful,
    /// A law orders it (Art. 17(1)(e)).
    #[serde(rename = "art-17-1-e")]
    LegalObligation,
    /// Asked for: it was collected from a child by a service offered to children (Art. 17(1)(f), 8(1)).
    #[serde(rename = "art-17-1-f")]
    OfferedToChild,
}

impl Ground {
    /// The ground of a letter of Art. 17(1): `a` to `f`.
    pub fn of_letter(letter: char) -> Option<Self> {
        Some(match letter {
            'a' => Self::NoLongerNecessary,
            'b' => Self::ConsentWithdrawn,
            'c' => Self::Objection,
            'd' => Self::Unlawful,
            'e' => Self::LegalObligation,
            'f' => Self::OfferedToChild,
            _ => return None,
        })
    }

    /// The word in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::Unreleased => "unreleased",
            Self::Withdrawal => "withdrawal",
            Self::NoLongerNecessary => "art-17-1-a",
            Self::ConsentWithdrawn => "art-17-1-b",
            Self::Objection => "art-17-1-c",
            Self::Unlawful => "art-17-1-d",
            Self::LegalObligation => "art-17-1-e",
            Self::OfferedToChild => "art-17-1-f",
        }
    }

    /// The ground of such a word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Retention, Self::Unreleased, Self::Withdrawal];
        let letters = ('a'..='f').filter_map(Self::of_letter);
        all.into_iter().chain(letters).find(|ground| ground.as_str() == word)
    }
}

/// A retention rule as it was promised in the version that was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRule {
    /// The purpose.
    pub purpose: PurposeId,
    /// ISO 8601 duration.
    pub period: String,
    /// From when it counts.
    pub from: RetentionFrom,
    /// The day (UTC) from which it was counted, `YYYY-MM-DD`.
    pub counted_from: String,
    /// The day (UTC) on which it ran out.
    pub ran_out: String,
}

/// A sign of life that somebody reported (`POST /v1/engagements`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engagement {
    /// Who reported it, with its signature.
    pub destination: DestinationId,
    /// The day (UTC) of it, `YYYY-MM-DD`.
    pub day: String,
    /// The purposes whose periods count from it now.
    pub purposes: Vec<PurposeId>,
}

/// The part that identifies nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartA {
    /// [`SCHEMA`].
    pub schema: String,
    /// The form.
    pub form: FormId,
    /// The version that was shown, hexadecimal SHA-256 of its bundle.
    pub version: String,
    /// The language it was shown in.
    pub language: Language,
    /// Of a submission every purpose of the form, in its order; of a later record those that it changes.
    pub purposes: Vec<PurposeDecision>,
    /// How.
    pub method: Method,
    /// The day (UTC) it was received, `YYYY-MM-DD`.
    pub day: String,
    /// What happened besides; absent in a record of decisions alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<Happened>,
}

/// The part that points to a person. `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartB {
    /// The record's id (UUID version 7: it tells the time of the decision to the millisecond).
    pub record_id: String,
    /// The subject's pseudonym (UUID).
    pub subject: String,
    /// Of a later record: the id of the submission's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// Of a submission: hexadecimal SHA-256 of 32 random bytes and what was kept of it as canonical JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_digest: Option<String>,
    /// Likewise of the normalised address alone, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_digest: Option<String>,
    /// The site; absent where a rule of the collector's own decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The page, without query and fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// RFC 3339, UTC, to the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_issued_at: Option<String>,
    /// RFC 3339: the submission's own timestamp; the time of receipt where the body was not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<String>,
    /// RFC 3339.
    pub received_at: String,
    /// The Global Privacy Control signal, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpc: Option<bool>,
    /// The widget build; `page` for a native post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// The client's truncated address, only where the owner configured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Of a decision at a banner: the random id on the device, where the purpose that needs it was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
    /// Of an erasure that somebody asked for: who asked, and who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
}

/// Who wanted a person forgotten, and who answers for it. `Debug` hides both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The name that was given; absent once the person's evidence has gone, since it may be theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// The name that was given.
    pub approved_by: String,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Request(…)")
    }
}

impl std::fmt::Debug for PartB {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartB").field("record_id", &self.record_id).finish_non_exhaustive()
    }
}

/// 32 random bytes that blind a hash until they are shown.
pub type Opening = [u8; 32];

/// SHA-256(opening ‖ part), the part as canonical JSON.
pub fn part_hash<T: Serialize>(opening: &Opening, part: &T) -> Result<[u8; 32], CanonicalError> {
    Ok(sha256(&[opening, &canonical::to_vec(part)?]))
}

/// The commitment that a ledger leaf carries: SHA-256("unticked evidence v1\0" ‖ hash A ‖ hash B).
pub fn commitment(hash_a: &[u8; 32], hash_b: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"unticked evidence v1\0", hash_a, hash_b])
}

/// The entry of the ledger for a record: canonical JSON, and nothing in it but the commitment.
pub fn leaf(commitment: &[u8; 32]) -> Vec<u8> {
    format!(r#"{{"commitment":"{}","v":1}}"#, hex(commitment)).into_bytes()
}

/// The digest of a statement as it was shown, hexadecimal.
pub fn statement_digest(statement: &str) -> String {
    hex(&sha256(&[statement.as_bytes()]))
}

/// A digest that only the holder of the salt can repeat: SHA-256(salt ‖ bytes), hexadecimal.
pub fn salted_digest(salt: &Opening, bytes: &[u8]) -> String {
    hex(&sha256(&[salt, bytes]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commitment_is_bound_to_both_parts_and_to_their_order() {
        let (a, b) = ([1; 32], [2; 32]);
        assert_ne!(commitment(&a, &b), commitment(&b, &a));
        let part = serde_json::json!({"b": 1, "a": 2});
        assert_eq!(part_hash(&a, &part).unwrap(), sha256(&[&a, br#"{"a":2,"b":1}"#]));
    }

    #[test]
    fn an_entry_of_the_ledger_is_canonical_and_holds_the_commitment_alone() {
        let entry: serde_json::Value = serde_json::from_slice(&leaf(&[0xab; 32])).unwrap();
        assert_eq!(entry, serde_json::json!({"v": 1, "commitment": "ab".repeat(32)}));
        assert_eq!(canonical::to_vec(&entry).unwrap(), leaf(&[0xab; 32]));
    }

    #[test]
    fn a_record_of_decisions_alone_has_the_bytes_that_it_always_had() {
        let bytes = r#"{"day":"2026-11-23","form":"contact","language":"en","method":"widget","purposes":[{"decision":"granted","id":"news","legal_basis":"consent","statement":"ab"}],"schema":"unticked evidence v1","version":"cd"}"#;
        let part: PartA = serde_json::from_str(bytes).unwrap();
        assert_eq!(part.happened, None);
        assert_eq!(canonical::to_vec(&part).unwrap(), bytes.as_bytes());
    }

    #[test]
    fn what_a_rule_did_stands_in_the_record_in_words() {
        let rule = RetentionRule {
            purpose: PurposeId::parse("news").unwrap(),
            period: "P2Y".to_owned(),
            from: RetentionFrom::LastEngagement,
            counted_from: "2026-11-23".to_owned(),
            ran_out: "2028-11-23".to_owned(),
        };
        let erasure = Happened::Erasure(Erasure {
            rules: vec![rule],
            destroyed: vec![FieldId::parse("email").unwrap()],
            identity: true,
            ..Erasure::on(Ground::Retention)
        });
        let bytes = canonical::to_vec(&erasure).unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            r#"{"erasure":{"destroyed":["email"],"ground":"retention","identity":true,"rules":[{"counted_from":"2026-11-23","from":"last-engagement","period":"P2Y","purpose":"news","ran_out":"2028-11-23"}]}}"#
        );
        assert_eq!(serde_json::from_slice::<Happened>(&bytes).unwrap(), erasure);
    }

    #[test]
    fn every_ground_is_written_as_its_word_and_found_by_it() {
        let letters: Vec<Ground> = ('a'..='f').map(|letter| Ground::of_letter(letter).unwrap()).collect();
        let all = [Ground::Retention, Ground::Unreleased, Ground::Withdrawal].into_iter().chain(letters);
        for ground in all {
            assert_eq!(serde_json::to_value(ground).unwrap(), ground.as_str());
            assert_eq!(Ground::parse(ground.as_str()), Some(ground));
        }
        for none in ["", "g", "art-17-1-g", "Retention"] {
            assert_eq!(Ground::parse(none), None, "{none}");
        }
        assert_eq!(Ground::of_letter('g'), None);
    }

    #[test]
    fn the_end_of_the_evidence_names_its_leaves_and_the_period_that_ran_out() {
        let erasure = Happened::Erasure(Erasure {
            leaves: vec![3, 17, 18],
            deadline: Some(Deadline {
                days: 1096,
                counted_from: "2026-11-23".to_owned(),
                ran_out: "2029-11-23".to_owned(),
            }),
            singled_out: Some(SingledOut {
                k: 5,
                dropped: vec![FieldId::parse("topic").unwrap()],
                generalised: Vec::new(),
            }),
            ..Erasure::on(Ground::ConsentWithdrawn)
        });
        let bytes = canonical::to_vec(&erasure).unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            r#"{"erasure":{"deadline":{"counted_from":"2026-11-23","days":1096,"ran_out":"2029-11-23"},"ground":"art-17-1-b","leaves":[3,17,18],"singled_out":{"dropped":["topic"],"k":5}}}"#
        );
        assert_eq!(serde_json::from_slice::<Happened>(&bytes).unwrap(), erasure);
    }

    #[test]
    fn part_b_of_a_record_without_a_request_has_the_bytes_that_it_always_had() {
        let bytes = r#"{"received_at":"2026-11-23T12:00:00Z","record_id":"r","subject":"s"}"#;
        let part: PartB = serde_json::from_str(bytes).unwrap();
        assert_eq!(part.request, None);
        assert_eq!(canonical::to_vec(&part).unwrap(), bytes.as_bytes());
    }
}
