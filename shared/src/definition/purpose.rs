//! `purposes/*.toml`: one use of data each; the file's name is the purpose's id.

use serde::{Deserialize, Serialize};

use super::Localized;
use crate::decision::LegalBasis;
pub use crate::decision::RetentionFrom;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "it mirrors the file")]
pub struct Purpose {
    /// Its name.
    pub name: Localized,
    /// What will happen; for consent, the words that are agreed to. `{controller}` stands for the controllers' names.
    #[serde(default)]
    pub statement: Localized,
    /// What kind of use it is; the lint and the signals go by it.
    pub kind: PurposeKind,
    /// The legal basis; absent is an error that the lint explains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<LegalBasis>,
    /// Of legitimate interests: which (Art. 13(1)(d)).
    #[serde(default, skip_serializing_if = "Localized::is_empty")]
    pub interest: Localized,
    /// Of legitimate interests: the recorded balancing test, or where it lies.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub balancing_test: String,
    /// How long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Who receives the data besides the controllers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<Localized>,
    /// Transfers out of the EU/EEA.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
    /// Where the purpose is to learn what becomes of what a person is sent: what is looked at. Links of such a kind count only
    /// while this very consent stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracks: Option<Tracked>,
    /// Whether a grant waits for a confirmation by mail (double opt-in). The collector sends no such mail yet and hears of no
    /// confirmation: such a grant is told as unconfirmed and used for nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm_by_mail: bool,
    /// The consent is explicit (Art. 9(2)(a)) and its words name the data.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub explicit: bool,
    /// Never obeyed: a form is accepted with every box empty (Art. 7(4)), and what was refused is not stored. Read so
    /// that the lint can say why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Never true: nothing is ticked for the visitor (Rec. 32). Read so that the refusal can say why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ticked: bool,
}

/// What kind of use a purpose is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PurposeKind {
    /// Answering, delivering, what the visitor came for.
    Service,
    /// Direct marketing.
    Marketing,
    /// Measuring use.
    Analytics,
    /// Advertising on other sites.
    Advertising,
    /// Selling data.
    Sale,
    /// Sharing data for others' own ends.
    Sharing,
    /// Evaluating personal aspects (Art. 4(4)).
    Profiling,
    /// What the law demands.
    Legal,
}

/// What a purpose may look at of what a person is sent (Art. 5(3) Directive 2002/58/EC: only after a yes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tracked {
    /// Whether a mail is opened.
    MailOpens,
    /// Whether a link in a mail is followed.
    MailClicks,
    /// Whether a document is looked at.
    DocumentViews,
}

impl Tracked {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MailOpens, Self::MailClicks, Self::DocumentViews];

    /// The word that definitions and answers have for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MailOpens => "mail-opens",
            Self::MailClicks => "mail-clicks",
            Self::DocumentViews => "document-views",
        }
    }

    /// Of such a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// Whether it needs a mail to look at.
    pub fn is_in_mail(self) -> bool {
        matches!(self, Self::MailOpens | Self::MailClicks)
    }
}

/// How long data are kept for a purpose (Art. 13(2)(a)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// ISO 8601 duration in years, months, weeks or days: `P2Y`, `P18M`, `P6W`, `P30D`.
    pub period: String,
    /// From when it counts.
    #[serde(default)]
    pub from: RetentionFrom,
    /// The same in words.
    pub text: Localized,
}

/// A transfer to a third country (Arts 44 to 49).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// To whom and why, in words; the country's and the safeguard's names are added.
    pub text: Localized,
    /// The safeguard; absent is an error that the lint explains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safeguard: Option<Safeguard>,
}

/// What protects a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Safeguard {
    /// Art. 45.
    AdequacyDecision,
    /// Art. 46(2)(c), (d).
    StandardContractualClauses,
    /// Art. 47.
    BindingCorporateRules,
    /// Art. 49(1)(a).
    ExplicitConsent,
}
