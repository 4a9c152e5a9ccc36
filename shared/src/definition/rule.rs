//! The rules that definitions are read against: name, gravity and source of each, in one table.

use super::finding::Severity;

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident $slug:literal $severity:ident $article:literal;)*) => {
        /// A rule of the definitions lint.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])* $rule),*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$rule),*];

            /// Its stable name, such as `no-purpose`.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$rule => $slug),* }
            }

            /// How grave it is when broken.
            pub fn severity(self) -> Severity {
                match self { $(Self::$rule => Severity::$severity),* }
            }

            /// The article, recital or standard behind it; empty where the file's shape alone is.
            pub fn article(self) -> &'static str {
                match self { $(Self::$rule => $article),* }
            }
        }
    };
}

rules! {
    // The files' shape.
    /// The file is no TOML.
    Syntax "syntax" Error "";
    /// A file that nothing reads.
    UnknownFile "unknown-file" Error "";
    /// A file that must be there.
    MissingFile "missing-file" Error "";
    /// A key that nothing reads.
    UnknownKey "unknown-key" Error "";
    /// A key that must be there.
    MissingKey "missing-key" Error "";
    /// A value of another type.
    WrongType "wrong-type" Error "";
    /// A word that is none of the possible ones.
    UnknownValue "unknown-value" Error "";
    /// A text that is no usable name.
    BadName "bad-name" Error "";
    /// The same name twice.
    Duplicate "duplicate" Error "";
    /// A purpose that no file declares.
    UnknownPurpose "unknown-purpose" Error "";
    /// A destination that `destinations.toml` does not declare.
    UnknownDestination "unknown-destination" Error "";
    /// A field that the form does not have.
    UnknownField "unknown-field" Error "";
    /// A step that the form does not have.
    UnknownStep "unknown-step" Error "";
    /// A field of a form with steps that stands on none.
    NoStep "no-step" Error "";
    /// A step without a field.
    EmptyStep "empty-step" Error "";
    /// A form without a field.
    NoFields "no-fields" Error "";
    /// A form without a purpose, or a field's purpose that the form does not list.
    UnlistedPurpose "unlisted-purpose" Error "Art. 5(1)(b) GDPR";
    /// A condition on itself or on a later field.
    ConditionOrder "condition-order" Error "";
    /// A condition on a value that cannot be chosen.
    ConditionValue "condition-value" Error "";
    /// A pattern that cannot be read.
    BadPattern "bad-pattern" Error "";
    /// A pattern whose error message could not say what is expected.
    PatternWithoutHelp "pattern-without-help" Warning "WCAG 2.2, 3.3.3";
    /// Limits that cannot be met or read.
    BadLimit "bad-limit" Error "";
    /// A key that does not fit the field's kind.
    WrongKind "wrong-kind" Error "";
    /// A list without options.
    NoOptions "no-options" Error "";
    /// An option that could not be sent.
    BadOption "bad-option" Error "";
    /// Not one of HTML's autofill tokens.
    BadAutocomplete "bad-autocomplete" Error "WCAG 2.2, 1.3.5";
    /// A personal field that the browser cannot fill in.
    NoAutocomplete "no-autocomplete" Warning "WCAG 2.2, 1.3.5";
    /// A query parameter that may not or cannot fill in this field.
    BadPrefill "bad-prefill" Error "";
    /// A hidden field without a source, or with two.
    HiddenSource "hidden-source" Error "";
    /// A site that is no origin.
    BadOrigin "bad-origin" Error "";
    /// A site without encryption.
    InsecureOrigin "insecure-origin" Warning "Art. 32(1)(a) GDPR";
    /// No ISO 8601 duration.
    BadDuration "bad-duration" Error "Art. 13(2)(a) GDPR";
    /// No country code.
    BadCountry "bad-country" Error "";
    /// No web address.
    BadUrl "bad-url" Error "";
    /// A placeholder that nothing fills in.
    UnknownPlaceholder "unknown-placeholder" Error "";
    /// A text that waits for the owner's words.
    Unfinished "unfinished" Error "";
    /// A purpose that no form uses.
    UnusedPurpose "unused-purpose" Warning "";
    /// A purpose for which its form asks nothing.
    PurposeWithoutField "purpose-without-field" Warning "Art. 5(1)(b) GDPR";

    // Languages.
    /// A language the product has no words in.
    UnknownLanguage "unknown-language" Error "Art. 12(1) GDPR";
    /// A declared language without a text.
    MissingText "missing-text" Error "Art. 12(1) GDPR";
    /// A text in a language that no form declares.
    UndeclaredLanguage "undeclared-language" Warning "";
    /// A language in which less is said.
    ShorterText "shorter-text" Warning "Arts 5(1)(a), 12(1) GDPR";

    // Controller.
    /// A controller without an address.
    NoControllerAddress "no-controller-address" Error "Art. 13(1)(a) GDPR";
    /// A controller without a contact.
    NoControllerContact "no-controller-contact" Error "Art. 13(1)(a) GDPR";

    // Purposes.
    /// Something ticked for the visitor.
    PreTicked "pre-ticked" Error "Art. 4(11), recital 32 GDPR";
    /// A purpose without a legal basis.
    NoLegalBasis "no-legal-basis" Error "Arts 6(1), 13(1)(c) GDPR";
    /// A purpose without a retention period.
    NoRetention "no-retention" Error "Arts 5(1)(e), 13(2)(a) GDPR";
    /// A purpose that does not say what will happen.
    NoStatement "no-statement" Error "Art. 13(1)(c) GDPR";
    /// Marketing in nobody's name.
    UnnamedController "unnamed-controller" Error "Art. 4(11), recital 42 GDPR";
    /// Marketing as the price of the form.
    RequiredMarketing "required-marketing-consent" Error "Art. 7(4) GDPR";
    /// A consent that cannot be refused.
    RequiredConsent "required-consent" Warning "Art. 7(4) GDPR";
    /// `required` where nothing is asked.
    RequiredWithoutConsent "required-without-consent" Error "";
    /// Data that must be given for something that may be refused.
    RequiredForConsent "required-for-consent" Warning "Art. 7(4) GDPR";
    /// Consent asked for what needs none.
    NeedlessConsent "needless-consent" Warning "Art. 6(1)(b), (c) GDPR";
    /// One box for two purposes.
    BundledPurposes "bundled-purposes" Error "Art. 7(2), recitals 32, 43 GDPR";
    /// A consent taken in an ordinary field.
    ConsentInField "consent-in-field" Warning "Art. 7(1), (2) GDPR";
    /// Legitimate interests without a recorded balancing test.
    NoBalancingTest "no-balancing-test" Error "Arts 5(2), 6(1)(f) GDPR";
    /// Legitimate interests that are not named.
    NoInterest "no-interest" Error "Art. 13(1)(d) GDPR";
    /// Marketing said to be part of a contract or duty.
    ContractForMarketing "contract-for-marketing" Warning "Art. 6(1)(b) GDPR; EDPB guidelines 2/2019";
    /// A transfer without a safeguard.
    NoSafeguard "no-safeguard" Error "Arts 13(1)(f), 44 to 49 GDPR";
    /// A transfer that is none.
    TransferInside "transfer-inside-eea" Warning "Art. 44 GDPR";
    /// An adequacy decision that we do not know of.
    NoAdequacy "no-adequacy-decision" Warning "Art. 45 GDPR";
    /// An explicit consent that is no consent.
    ExplicitWithoutConsent "explicit-without-consent" Error "Art. 9(2)(a) GDPR";
    /// An explicit consent without data that need one.
    ExplicitWithoutSpecial "explicit-without-special" Warning "Art. 9(2)(a) GDPR";
    /// Looking at what becomes of a mail or a document without asking.
    TracksWithoutConsent "tracks-without-consent" Error "Art. 5(3) Directive 2002/58/EC";
    /// Two boxes for one thing.
    TrackedTwice "tracked-twice" Error "Art. 7(2) GDPR";
    /// Looking at what becomes of mails that nobody can be sent.
    TracksNobody "tracks-nobody" Warning "Art. 5(1)(c) GDPR";
    /// A mail confirmation that nobody can receive, or that confirms no consent.
    ConfirmWithoutMail "confirm-without-mail" Error "Art. 7(1) GDPR";

    // Fields.
    /// A field that no purpose uses.
    NoPurpose "no-purpose" Error "Art. 5(1)(c) GDPR";
    /// Special categories without explicit consent.
    NoExplicitConsent "no-explicit-consent" Error "Art. 9(2)(a) GDPR";
    /// Convictions and offences.
    CriminalData "criminal-data" Error "Art. 10 GDPR";
    /// A field that sounds more sensitive than it is declared.
    LooksSensitive "looks-sensitive" Warning "Arts 9, 10 GDPR";
    /// A person's address said to point to nobody.
    WrongIdentifies "wrong-identifies" Error "Art. 4(1), recital 26 GDPR";
    /// Free text said to point to nobody.
    FreeTextIdentifies "free-text-identifies" Warning "Art. 4(1) GDPR";
    /// Sensitive values in addresses.
    SensitivePrefill "sensitive-prefill" Error "Art. 32 GDPR";
    /// A click identifier without a consent.
    ClickIdentifier "click-identifier" Error "Art. 5(3) Directive 2002/58/EC";
    /// Postcode, gender, birth date and the like together, kept as long as the rest.
    QuasiIdentifiers "quasi-identifiers" Warning "Art. 5(1)(c), (e), recital 26 GDPR";

    // Children.
    /// A form for children that no guardian authorises.
    NoGuardian "no-guardian" Error "Art. 8(1), (2) GDPR";

    // The banner.
    /// A form that is called as the banner is.
    ReservedName "reserved-name" Error "";
    /// A banner that no site may show.
    NoSite "no-site" Warning "";
    /// A banner without a purpose that rests on consent.
    NothingAsked "nothing-asked" Error "Art. 5(3) Directive 2002/58/EC";
    /// Analytics, advertising, profiling, sale or sharing on another basis than consent.
    TrackingWithoutConsent "tracking-without-consent" Error "Art. 5(3) Directive 2002/58/EC";
    /// An identifier or a signal that hangs on a purpose which is not asked.
    UnaskedUse "unasked-use" Error "Art. 5(3) Directive 2002/58/EC; Art. 7(1) GDPR";
    /// Asked again sooner than after a month, or later than after a year.
    AskAgain "ask-again" Warning "Art. 7(3) GDPR; EDPB guidelines 05/2020, 03/2022";
    /// A refusal that takes much more reading than a consent.
    LongerRefusal "longer-refusal" Warning "Art. 7(3) GDPR; EDPB guidelines 03/2022";
    /// A service that does not say who receives what it learns.
    NoRecipient "no-recipient" Warning "Art. 13(1)(e) GDPR";
    /// Something left on the device without a word on how long.
    NoDuration "no-duration" Error "Art. 13(2)(a) GDPR; CJEU C-673/17";
    /// No host.
    BadHost "bad-host" Error "";
    /// A cookie or key that could not be, or a pattern that would delete what it must not.
    BadStoredName "bad-stored-name" Error "";

    // Destinations.
    /// A secret's name that settings could not hold, or the secret itself.
    BadSecret "bad-secret" Error "Art. 32 GDPR";
    /// A name that Vtiger keeps for itself.
    ReservedField "reserved-field" Error "";
    /// A field of Vtiger that nothing would ever fill in.
    UnusedMapping "unused-mapping" Warning "Art. 5(1)(c) GDPR";
    /// Leads that Vtiger would refuse.
    NoLastName "no-last-name" Error "";
    /// Data in the CRM without what was decided about them.
    NoDecisions "no-decisions" Warning "Arts 5(2), 7(1) GDPR";
    /// Leads in the CRM that lead to no evidence.
    NoEvidence "no-evidence" Warning "Arts 5(2), 7(1) GDPR";
    /// A duplicate check by a reference that is not sent.
    NoReference "no-reference" Error "";
    /// A CRM that would go on using what was withdrawn.
    NoWithdrawal "no-withdrawal" Warning "Arts 7(3), 19 GDPR";
    /// A withdrawal that nobody could find the lead of.
    NamelessWithdrawal "nameless-withdrawal" Error "Art. 7(3) GDPR";
    /// A destination that no form sends to.
    UnusedDestination "unused-destination" Warning "";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        let mut slugs: Vec<&str> = Rule::ALL.iter().map(|rule| rule.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Rule::ALL.len());
    }
}
