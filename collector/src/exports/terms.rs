//! Our words in those of the Data Privacy Vocabulary, version 2.3. Only terms that it has: `vocabulary.txt` lists them
//! with the file of the vocabulary that each stands in, and a test holds every export against the list.

use unticked_shared::{
    decision::LegalBasis,
    definition::{form::Category, purpose::PurposeKind},
    placement::FieldKind,
};

use super::history::State;

/// The status of a consent.
///
/// `Waiting` is `ConsentRequested`: until the mail is answered nobody knows that the address belongs to whoever typed it,
/// so that the request still awaits the person's decision, and nothing may be used.
pub fn consent_status(state: State) -> &'static str {
    match state {
        State::Given => "dpv:ConsentGiven",
        State::Waiting => "dpv:ConsentRequested",
        State::Doubtful | State::Informed => "dpv:ConsentUnknown",
        State::Refused => "dpv:ConsentRefused",
        State::Withdrawn => "dpv:ConsentWithdrawn",
        State::Expired => "dpv:ConsentExpired",
        // By the controller, not by the person; a withdrawal is a step of its own.
        State::Dropped | State::Forgotten => "dpv:ConsentRevoked",
    }
}

/// The status of another basis; none where the vocabulary has no word for it.
pub fn other_status(basis: LegalBasis, state: State) -> Option<&'static str> {
    let over = matches!(state, State::Expired | State::Dropped | State::Forgotten);
    let objected = matches!(state, State::Withdrawn | State::Refused);
    Some(match (basis, objected, over) {
        (LegalBasis::LegitimateInterests, true, _) => "dpv:LegitimateInterestObjected",
        (LegalBasis::LegitimateInterests, false, false) => "dpv:LegitimateInterestInformed",
        (LegalBasis::LegalObligation, _, true) => "dpv:LegalObligationCompleted",
        (LegalBasis::LegalObligation, _, false) => "dpv:LegalObligationOngoing",
        (LegalBasis::PublicTask, true, _) => "dpv:PublicInterestObjected",
        (LegalBasis::PublicTask, false, true) => "dpv:PublicInterestCompleted",
        (LegalBasis::PublicTask, false, false) => "dpv:PublicInterestOngoing",
        (LegalBasis::VitalInterests, true, _) => "dpv:VitalInterestObjected",
        (LegalBasis::VitalInterests, false, true) => "dpv:VitalInterestCompleted",
        (LegalBasis::VitalInterests, false, false) => "dpv:VitalInterestOngoing",
        // Whether there is a contract, and how it fares, no form knows.
        (LegalBasis::Contract | LegalBasis::Consent, ..) | (LegalBasis::LegitimateInterests, false, true) => {
            return None;
        }
    })
}

/// The basis in the vocabulary's own words and in the regulation's letters.
pub fn legal_basis(basis: LegalBasis, explicit: bool) -> &'static [&'static str] {
    match (basis, explicit) {
        (LegalBasis::Consent, true) => &["dpv:ExplicitlyExpressedConsent", "eu-gdpr:A9-2-a"],
        (LegalBasis::Consent, false) => &["dpv:ExpressedConsent", "eu-gdpr:A6-1-a"],
        (LegalBasis::Contract, _) => &["dpv:Contract", "eu-gdpr:A6-1-b"],
        (LegalBasis::LegalObligation, _) => &["dpv:LegalObligation", "eu-gdpr:A6-1-c"],
        (LegalBasis::VitalInterests, _) => &["dpv:VitalInterest", "eu-gdpr:A6-1-d"],
        (LegalBasis::PublicTask, _) => &["dpv:PublicInterest", "eu-gdpr:A6-1-e"],
        (LegalBasis::LegitimateInterests, _) => &["dpv:LegitimateInterest", "eu-gdpr:A6-1-f"],
    }
}

/// The category of a purpose; none where the vocabulary has none that fits.
pub fn purpose(kind: PurposeKind) -> Option<&'static str> {
    match kind {
        PurposeKind::Service => Some("dpv:ServiceProvision"),
        PurposeKind::Marketing => Some("dpv:Marketing"),
        PurposeKind::Analytics => Some("dpv:ServiceMonitoring"),
        PurposeKind::Advertising => Some("dpv:Advertising"),
        // "Purposes associated with selling or sharing data or information to third parties".
        PurposeKind::Sale | PurposeKind::Sharing => Some("dpv:SellDataToThirdParties"),
        PurposeKind::Legal => Some("dpv:FulfilmentOfObligation"),
        // The vocabulary has it as processing.
        PurposeKind::Profiling => None,
    }
}

/// What kind of data a field is.
pub fn data(category: Category) -> &'static str {
    match category {
        Category::Ordinary => "dpv:PersonalData",
        Category::Confidential => "dpv:SensitivePersonalData",
        Category::Special | Category::Criminal => "dpv:SpecialCategoryPersonalData",
    }
}

/// Which data a field is, where that is certain.
pub fn data_category(kind: FieldKind, autocomplete: Option<&str>) -> Option<&'static str> {
    match (kind, autocomplete) {
        (FieldKind::Email, _) => Some("pd:EmailAddress"),
        (_, Some("name" | "given-name" | "family-name" | "additional-name")) => Some("pd:Name"),
        _ => None,
    }
}
