//! What a receipt says, in words: the same for the page that checks one and for a terminal.

use serde::Serialize;

use super::{ReceiptError, Verified};
use crate::{
    canonical,
    decision::{Decision, LegalBasis},
    evidence::{Ended, Method, PurposeDecision},
    id::{Direction, Language},
    texts::{preferences::spoken_time, receipt::Says},
};

/// Everything that is to be said of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether it holds.
    pub holds: bool,
    /// A stable word: `holds`, or why not.
    pub outcome: &'static str,
    /// The heading.
    pub title: String,
    /// A sentence under it.
    pub text: String,
    /// Who, when, where, how.
    pub facts: Vec<Fact>,
    /// What was decided, on which words.
    pub decisions: Vec<Told>,
    /// The language of those words.
    pub language: String,
    /// The direction of their script.
    pub direction: &'static str,
    /// Whether an address can be compared.
    pub has_address: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is, for programs.
    pub name: &'static str,
    /// What it is, for people.
    pub label: String,
    /// What it says.
    pub value: String,
    /// Whether it is an address, an id or the like, which runs from left to right in any language.
    pub is_code: bool,
}

/// One purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Its id.
    pub purpose: String,
    /// `granted`, `granted_unconfirmed`, `refused`, `withdrawn`, or empty where nothing was asked.
    pub decision: &'static str,
    /// The same as a sentence.
    pub said: String,
    /// The words that were shown.
    pub statement: String,
}

impl Report {
    /// Of a file that holds. `words` gives each word in `language`.
    pub fn of(verified: &Verified, language: &Language, words: &dyn Fn(Says) -> String) -> Self {
        let part_a = &verified.part_a;
        let numbers = [("{index}", verified.index.to_string()), ("{size}", verified.size.to_string())];
        let text = words(Says::HoldsText).replace("{log}", &verified.log);
        let decisions = part_a.purposes.iter().map(|purpose| Told {
            purpose: purpose.id.to_string(),
            decision: purpose.decision.map_or("", Decision::as_str),
            said: said(purpose, words),
            statement: verified.texts.get(&purpose.id).cloned().unwrap_or_default(),
        });
        Self {
            holds: true,
            outcome: "holds",
            title: words(Says::Holds),
            text: numbers.iter().fold(text, |text, (name, value)| text.replace(name, value)),
            facts: facts(verified, language, words),
            decisions: decisions.collect(),
            language: part_a.language.to_string(),
            direction: part_a.language.direction().as_str(),
            has_address: verified.has_address(),
        }
    }

    /// Of a file that does not.
    pub fn refused(error: &ReceiptError, words: &dyn Fn(Says) -> String) -> Self {
        let title = if error.is_disproof() { Says::Fails } else { Says::Unchecked };
        Self::without_content(error.slug(), words(title), error.sentence(words))
    }

    /// Of a key that cannot be read.
    pub fn wrong_key(words: &dyn Fn(Says) -> String) -> Self {
        Self::without_content("wrong-key", words(Says::Unchecked), words(Says::WrongKey))
    }

    fn without_content(outcome: &'static str, title: String, text: String) -> Self {
        Self {
            holds: false,
            outcome,
            title,
            text,
            facts: Vec::new(),
            decisions: Vec::new(),
            language: String::new(),
            direction: "ltr",
            has_address: false,
        }
    }
}

fn facts(verified: &Verified, language: &Language, words: &dyn Fn(Says) -> String) -> Vec<Fact> {
    let (part_a, part_b) = (&verified.part_a, &verified.part_b);
    let mut facts = Vec::new();
    let mut add = |name, label, value: Option<String>, is_code| {
        facts.extend(value.map(|value| Fact { name, label: words(label), value, is_code }));
    };
    let time = |at: &String| match spoken_time(language, at) {
        spoken if spoken == *at => spoken,
        // Within a line that runs from right to left the bare time is set apart, or its parts would change places.
        spoken if language.direction() == Direction::Rtl => format!("{spoken} (\u{2066}{at}\u{2069})"),
        spoken => format!("{spoken} ({at})"),
    };
    add("subject", Says::Who, Some(part_b.subject.clone()), true);
    add("received_at", Says::When, Some(time(&part_b.received_at)), false);
    let submitted = part_b.submitted_at.as_ref().filter(|at| **at != part_b.received_at);
    add("submitted_at", Says::SentAt, submitted.map(time), false);
    add("form", Says::Form, Some(part_a.form.to_string()), true);
    let page = part_b.page.clone().filter(|page| !page.is_empty());
    add("page", Says::Page, page.or_else(|| part_b.origin.clone()), true);
    add("method", Says::How, Some(words(how(part_a.method))), false);
    add("language", Says::Shown, Some(part_a.language.to_string()), true);
    add("version", Says::Version, Some(part_a.version.clone()), true);
    add("record", Says::Record, Some(part_b.record_id.clone()), true);
    add("follows", Says::Follows, part_b.follows.clone(), true);
    add("gpc", Says::Gpc, part_b.gpc.map(|on| words(if on { Says::On } else { Says::Off })), false);
    add("client", Says::Client, part_b.client.clone(), true);
    let more = part_a.happened.as_ref().and_then(|happened| canonical::to_string(happened).ok());
    add("happened", Says::More, more, true);
    facts
}

/// What one purpose of a record says.
fn said(purpose: &PurposeDecision, words: &dyn Fn(Says) -> String) -> String {
    let decided = match purpose.decision {
        Some(decision) => words(decided(decision)),
        None => format!("{} {}", words(Says::NotAsked), words(basis(purpose.legal_basis))),
    };
    match purpose.ended {
        None => decided,
        Some(Ended::Retention) => format!("{decided} · {}", words(Says::EndedRetention)),
        Some(Ended::Unreleased) => format!("{decided} · {}", words(Says::EndedUnreleased)),
        Some(Ended::Erasure) => format!("{decided} · {}", words(Says::EndedErasure)),
    }
}

/// The word for a decision.
pub fn decided(decision: Decision) -> Says {
    match decision {
        Decision::Granted => Says::Granted,
        Decision::GrantedUnconfirmed => Says::Unconfirmed,
        Decision::Refused => Says::Refused,
        Decision::Withdrawn => Says::Withdrawn,
    }
}

/// The word for a legal basis.
pub fn basis(basis: LegalBasis) -> Says {
    match basis {
        LegalBasis::Consent => Says::Consent,
        LegalBasis::Contract => Says::Contract,
        LegalBasis::LegalObligation => Says::LegalObligation,
        LegalBasis::VitalInterests => Says::VitalInterests,
        LegalBasis::PublicTask => Says::PublicTask,
        LegalBasis::LegitimateInterests => Says::LegitimateInterests,
    }
}

fn how(method: Method) -> Says {
    match method {
        Method::Widget => Says::ByWidget,
        Method::Page => Says::ByPage,
        Method::MailLink => Says::ByMailLink,
        Method::Console => Says::ByConsole,
        Method::Api => Says::ByApi,
        Method::Oral => Says::ByOral,
        Method::Import => Says::ByImport,
        Method::Rule => Says::ByRule,
    }
}
