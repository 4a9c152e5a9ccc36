//! The product's own words, per language. They travel with the placement as a list in the order of
//! [`Word`], so that the Wasm holds no language at all.

/// A page's words, each in every language of the product: English, Bulgarian, Arabic.
#[cfg(any(feature = "definitions", feature = "ledger"))]
macro_rules! says {
    ($($(#[$doc:meta])* $word:ident: $en:literal, $bg:literal, $ar:literal;)*) => {
        /// One of a page's words. `{…}` in the text is filled in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Says {
            $($(#[$doc])* $word),*
        }

        impl Says {
            /// Every word.
            pub const ALL: &'static [Says] = &[$(Says::$word),*];

            /// The word in `language`, or its primary subtag; in English where the product does not speak it.
            pub fn text(self, language: &Language) -> &'static str {
                let (en, bg, ar) = match self {
                    $(Says::$word => ($en, $bg, $ar)),*
                };
                match language.primary() {
                    "bg" => bg,
                    "ar" => ar,
                    _ => en,
                }
            }
        }
    };
}

#[cfg(feature = "definitions")]
mod ar;
#[cfg(feature = "definitions")]
pub mod banner;
#[cfg(feature = "definitions")]
mod bg;
#[cfg(feature = "definitions")]
pub(crate) mod countries;
#[cfg(feature = "definitions")]
mod en;
#[cfg(feature = "definitions")]
pub(crate) mod phrases;
#[cfg(any(feature = "definitions", feature = "ledger"))]
pub mod preferences;
#[cfg(any(feature = "definitions", feature = "ledger"))]
pub mod receipt;

use serde::{Deserialize, Serialize};

/// The code of a country (ISO 3166-1 alpha-2) by its name in one of the product's languages, whatever its capitals.
#[cfg(feature = "definitions")]
pub fn country_code(name: &str) -> Option<&'static str> {
    countries::code(name)
}

/// `A`, `A and B`, `A, B and C`, as the language joins them.
#[cfg(feature = "definitions")]
pub fn list(language: &crate::id::Language, items: &[&str]) -> String {
    phrases::list(language, items)
}

macro_rules! words {
    ($($(#[$doc:meta])* $word:ident),* $(,)?) => {
        /// One of the product's own words. `{…}` in the text is filled in by [`Words::fill`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word {
            $($(#[$doc])* $word),*
        }

        impl Word {
            /// Every word, in the order in which they travel.
            pub const ALL: &'static [Word] = &[$(Word::$word),*];
        }
    };
}

words! {
    /// Before the controllers' names: who is responsible.
    Responsible,
    /// The link that opens the complete notice.
    NoticeOpen,
    /// The heading of the complete notice.
    NoticeTitle,
    /// The button that closes it.
    Close,
    /// Beside a label: may be left empty.
    Optional,
    /// Beside a label: must be filled in.
    Required,
    /// Before what a field is for.
    Why,
    /// The first entry of a list where nothing is chosen yet.
    ChooseOne,
    /// The heading over the purposes that are asked about.
    PurposesTitle,
    /// Under it: that every box may stay empty and the form is sent all the same.
    PurposesHint,
    /// The heading over the purposes that need no consent.
    OtherPurposesTitle,
    /// The summary that opens a purpose's details.
    Details,
    /// Before a purpose's legal basis.
    BasisLabel,
    /// Art. 6(1)(a).
    BasisConsent,
    /// Art. 6(1)(b).
    BasisContract,
    /// Art. 6(1)(c).
    BasisLegalObligation,
    /// Art. 6(1)(d).
    BasisVitalInterests,
    /// Art. 6(1)(e).
    BasisPublicTask,
    /// Art. 6(1)(f).
    BasisLegitimateInterests,
    /// Before the interest that is pursued.
    InterestLabel,
    /// Before how long.
    RetentionLabel,
    /// Before who receives the data.
    RecipientsLabel,
    /// Nobody besides the controllers.
    RecipientsNone,
    /// Before whether data leave the EU/EEA.
    TransfersLabel,
    /// They do not.
    TransfersNone,
    /// Before the fields that a purpose uses.
    UsesLabel,
    /// At a purpose that waits for a confirmation by mail.
    ConfirmByMail,
    /// At a purpose with data of a special category.
    ExplicitConsent,
    /// The right to take a consent back and how, stated before it is given.
    WithdrawHint,
    /// Before a controller's address.
    AddressLabel,
    /// Before a contact.
    ContactLabel,
    /// Before the data protection officer.
    DpoLabel,
    /// The heading over the rights.
    RightsTitle,
    /// The rights of Arts 15 to 22 in a few sentences.
    RightsText,
    /// The right to complain (Art. 77); `{authority}`.
    ComplainText,
    /// Heading: is giving the data required.
    RequiredTitle,
    /// Heading: automated decisions.
    AutomatedTitle,
    /// Heading: values that travel unseen.
    HiddenTitle,
    /// A campaign parameter that travels; `{name}`.
    HiddenCampaign,
    /// A fixed value that travels; `{label}`, `{value}`.
    HiddenFixed,
    /// The link to the owner's policy.
    PolicyLink,
    /// To the next page of the form.
    Next,
    /// To the page before.
    Back,
    /// `{step}` of `{steps}`.
    StepOf,
    /// While sending.
    Sending,
    /// After an interruption.
    TryAgain,
    /// The heading of the error summary.
    ProblemTitle,
    /// The heading of the confirmation.
    DoneTitle,
    /// Under it: `{reference}`.
    DoneText,
    /// Before the list of decisions.
    DoneDecisions,
    /// The link to the personal page.
    PreferencesLink,
    /// Beside it: that it is to be kept, and by its owner alone.
    PreferencesHint,
    /// The link that saves the receipt as a file.
    ReceiptLink,
    /// Beside it: what it is good for, and that it is personal.
    ReceiptHint,
    /// A grant.
    Granted,
    /// A grant that waits for the mail.
    GrantedUnconfirmed,
    /// A refusal.
    Refused,
    /// A withdrawal.
    Withdrawn,
    /// Rule: must be filled in; `{field}`.
    ErrorRequired,
    /// Rule: choose; `{field}`.
    ErrorChoose,
    /// Rule: mail address.
    ErrorEmail,
    /// Rule: telephone number.
    ErrorTel,
    /// Rule: web address.
    ErrorUrl,
    /// Rule: number.
    ErrorNumber,
    /// Rule: day.
    ErrorDate,
    /// Rule: shape; `{field}`, `{help}`.
    ErrorPattern,
    /// Rule: too short; `{field}`, `{limit}`.
    ErrorMinLength,
    /// Rule: too long; `{field}`, `{limit}`, `{length}`.
    ErrorMaxLength,
    /// Rule: too small or too early; `{field}`, `{limit}`.
    ErrorMin,
    /// Rule: too great or too late; `{field}`, `{limit}`.
    ErrorMax,
    /// Rule: not one of the options; `{field}`.
    ErrorOption,
    /// Rule: unreadable characters; `{field}`.
    ErrorCharacters,
    /// Problem: no connection; nothing typed was lost.
    ProblemOffline,
    /// Problem: the collector cannot store now.
    ProblemUnavailable,
    /// Problem: too many; `{seconds}`.
    ProblemRateLimited,
    /// Problem: too large.
    ProblemTooLarge,
    /// Problem: the text has changed; read it again.
    ProblemChanged,
    /// Problem: this form does not belong on this site.
    ProblemOrigin,
    /// Problem: sent already with other values.
    ProblemAlreadySubmitted,
    /// Problem: the page was open too long, or the ticket does not hold; send again.
    ProblemTicket,
    /// Problem: anything else.
    ProblemInternal,
    /// On the native page: please look at the form and send it again.
    ProblemSendAgain,
    /// The heading of the page for an address that leads to no form.
    MissingTitle,
    /// Under it.
    MissingText,
    /// The label of the trap for robots, for those whose reader shows it: leave it empty.
    TrapLabel,
}

/// The words of one language, in the order of [`Word::ALL`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words(Vec<String>);

/// The languages that the product's own words speak.
#[cfg(feature = "definitions")]
pub const LANGUAGES: [&str; 3] = ["en", "bg", "ar"];

impl Words {
    /// The words of `language`, or of its primary subtag, where the product speaks it.
    #[cfg(feature = "definitions")]
    pub fn of(language: &crate::id::Language) -> Option<Self> {
        let text: fn(Word) -> &'static str = match language.primary() {
            "en" => en::text,
            "bg" => bg::text,
            "ar" => ar::text,
            _ => return None,
        };
        Some(Self(Word::ALL.iter().map(|word| text(*word).to_owned()).collect()))
    }

    /// The words of `language`, else the English ones.
    #[cfg(feature = "definitions")]
    pub fn of_or_english(language: &crate::id::Language) -> Self {
        Self::of(language).unwrap_or_else(|| Self(Word::ALL.iter().map(|word| en::text(*word).to_owned()).collect()))
    }

    /// The words by name, as an archive keeps them: it outlives the order in which they travel today.
    #[cfg(feature = "definitions")]
    pub fn by_name(&self) -> std::collections::BTreeMap<String, String> {
        Word::ALL.iter().map(|word| (format!("{word:?}"), self.get(*word).to_owned())).collect()
    }

    /// The words of an archive; one that it does not have is empty.
    #[cfg(feature = "definitions")]
    pub fn from_names(names: &std::collections::BTreeMap<String, String>) -> Self {
        Self(Word::ALL.iter().map(|word| names.get(&format!("{word:?}")).cloned().unwrap_or_default()).collect())
    }

    /// The word; empty where the list is shorter than it should be.
    pub fn get(&self, word: Word) -> &str {
        self.0.get(word as usize).map_or("", String::as_str)
    }

    /// The word with each `{name}` replaced.
    pub fn fill(&self, word: Word, parts: &[(&str, &str)]) -> String {
        let mut text = self.get(word).to_owned();
        for (name, value) in parts {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

#[cfg(all(test, feature = "definitions"))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The `{…}` of a text.
    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_says_every_word_and_fills_in_the_same() {
        for word in Word::ALL {
            let english = en::text(*word);
            for (tag, text) in [("bg", bg::text(*word)), ("ar", ar::text(*word))] {
                assert!(!text.trim().is_empty(), "{word:?} in {tag}");
                assert_eq!(placeholders(text), placeholders(english), "{word:?} in {tag}");
            }
        }
    }

    #[test]
    fn a_translation_is_written_in_its_own_script() {
        for word in Word::ALL.iter().filter(|word| !matches!(word, Word::HiddenFixed)) {
            assert!(bg::text(*word).chars().any(|c| ('а'..='я').contains(&c)), "{word:?}");
            assert!(ar::text(*word).chars().any(|c| ('ء'..='ي').contains(&c)), "{word:?}");
        }
    }

    #[test]
    fn an_archive_gives_the_words_back_by_name() {
        let words = Words::of(&crate::id::Language::parse("bg").unwrap()).unwrap();
        let mut names = words.by_name();
        assert_eq!(Words::from_names(&names), words);
        names.remove("Close");
        names.insert("AWordOfLater".to_owned(), "…".to_owned());
        assert_eq!(Words::from_names(&names).get(Word::Close), "");
        assert_eq!(Words::from_names(&names).get(Word::Details), "Подробности");
    }
}
