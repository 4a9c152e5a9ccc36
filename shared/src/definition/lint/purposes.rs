//! One purpose by itself: basis, statement, retention, transfers.

use super::{Lint, Page, is_consent};
use crate::{
    decision::LegalBasis,
    definition::{
        Period, Purpose,
        purpose::{PurposeKind, Safeguard, Transfer},
        rule::Rule,
    },
    id::PurposeId,
    validate::shape::is_country,
};

pub(super) fn check(lint: &Lint<'_>, id: &PurposeId, purpose: &Purpose) {
    let page = lint.page(&format!("purposes/{id}.toml"));
    if purpose.ticked {
        page.key("ticked", Rule::PreTicked, "no box is ticked for the visitor; remove `ticked`");
    }
    basis(&page, purpose);
    statement(lint, &page, purpose);
    match &purpose.retention {
        None if held(&page, "retention") => {}
        None => page.key(
            "retention",
            Rule::NoRetention,
            "say how long the data are kept: [retention] period = \"P2Y\", text = { en = \"two years\" }",
        ),
        Some(retention) => {
            if !retention.period.is_empty() && Period::parse(&retention.period).is_none() {
                let message = format!(
                    "`{}` is no period; write years, months, weeks or days like P2Y, P18M, P6W or P30D",
                    retention.period
                );
                page.value("retention.period", Rule::BadDuration, message);
            }
        }
    }
    for (index, transfer) in purpose.transfers.iter().enumerate() {
        check_transfer(&page, &format!("transfers[{index}]"), purpose, transfer);
    }
    if lint.reading.broken.is_empty() && lint.asked_in(id).next().is_none() {
        let message =
            format!("neither a form nor the banner lists `{id}`; name it in its `purposes`, or remove the file");
        page.value("name", Rule::UnusedPurpose, message);
    }
}

/// Marketing in the wide sense: what nobody needs in order to get what they came for.
pub(super) fn promotes(kind: PurposeKind) -> bool {
    match kind {
        PurposeKind::Marketing
        | PurposeKind::Advertising
        | PurposeKind::Sale
        | PurposeKind::Sharing
        | PurposeKind::Profiling => true,
        PurposeKind::Service | PurposeKind::Analytics | PurposeKind::Legal => false,
    }
}

/// Whether something stands at the key, even if it could not be read.
fn held(page: &Page<'_>, path: &str) -> bool {
    page.document.is_some_and(|document| document.holds(path))
}

fn basis(page: &Page<'_>, purpose: &Purpose) {
    let Some(basis) = purpose.legal_basis else {
        if !held(page, "legal_basis") {
            page.key(
                "legal_basis",
                Rule::NoLegalBasis,
                "say what allows this use: legal_basis = \"consent\", \"contract\", \"legal-obligation\", \
                 \"vital-interests\", \"public-task\" or \"legitimate-interests\"",
            );
        }
        return;
    };
    if basis == LegalBasis::LegitimateInterests {
        if purpose.balancing_test.trim().is_empty() {
            page.value(
                "legal_basis",
                Rule::NoBalancingTest,
                "weigh your interest against the person's, write it down, and say here what came out or where it \
                 lies: balancing_test = \"…\"",
            );
        }
        if purpose.interest.is_empty() && !held(page, "interest") {
            page.value("legal_basis", Rule::NoInterest, "name the interest: interest = { en = \"…\" }");
        }
    }
    let no_choice = matches!(
        basis,
        LegalBasis::Contract | LegalBasis::LegalObligation | LegalBasis::VitalInterests | LegalBasis::PublicTask
    );
    if promotes(purpose.kind) && no_choice {
        let message = format!(
            "marketing is hardly ever necessary for {}; ask for consent, or weigh legitimate interests",
            match basis {
                LegalBasis::Contract => "a contract",
                LegalBasis::LegalObligation => "a legal obligation",
                LegalBasis::VitalInterests => "vital interests",
                _ => "a public task",
            }
        );
        page.value("legal_basis", Rule::ContractForMarketing, message);
    }
    if basis != LegalBasis::Consent {
        if purpose.required {
            let message = "nothing is asked where the basis is not consent, so nothing can be required; remove it";
            page.key("required", Rule::RequiredWithoutConsent, message);
        }
        if purpose.explicit {
            let message = "only a consent can be explicit; set legal_basis = \"consent\", or remove `explicit`";
            page.key("explicit", Rule::ExplicitWithoutConsent, message);
        }
        if purpose.confirm_by_mail {
            let message = "a mail confirms a consent, and this basis asks for none; remove `confirm_by_mail`";
            page.key("confirm_by_mail", Rule::ConfirmWithoutMail, message);
        }
    } else if purpose.required {
        if promotes(purpose.kind) {
            let message = "the form must not depend on a consent to marketing; remove `required`";
            page.key("required", Rule::RequiredMarketing, message);
        } else {
            let message = "a consent that must be given is rarely free, so the form is accepted without it all the \
                           same; if the service needs these data, its basis is the contract, else remove `required`";
            page.key("required", Rule::RequiredConsent, message);
        }
    }
}

fn statement(lint: &Lint<'_>, page: &Page<'_>, purpose: &Purpose) {
    if purpose.statement.is_empty() {
        if !held(page, "statement") {
            let message = if is_consent(purpose) {
                "write the words that are agreed to: statement = { en = \"{controller} may …\" }"
            } else {
                "say what will happen: statement = { en = \"{controller} uses …\" }"
            };
            page.key("statement", Rule::NoStatement, message);
        }
        return;
    }
    if !promotes(purpose.kind) {
        return;
    }
    let controllers = &lint.reading.definitions.controllers;
    let names: Vec<&str> =
        std::iter::once(&controllers.controller).chain(&controllers.joint).map(|own| own.name.as_str()).collect();
    for (language, text) in &purpose.statement.0 {
        let says_who =
            text.contains("{controller}") || names.iter().all(|name| !name.is_empty() && text.contains(name));
        if !says_who && !text.is_empty() {
            let message = "say who will do this: write {controller} where the names belong";
            page.value(&format!("statement.{language}"), Rule::UnnamedController, message);
        }
    }
}

fn check_transfer(page: &Page<'_>, path: &str, purpose: &Purpose, transfer: &Transfer) {
    let country = transfer.country.as_str();
    let at = format!("{path}.country");
    if !is_country(country) {
        if !country.is_empty() {
            let message = format!("`{country}` is no country code; write two capital letters, like US");
            page.value(&at, Rule::BadCountry, message);
        }
        return;
    }
    if INSIDE.contains(&country) {
        let message =
            format!("`{country}` lies in the EU/EEA, so nothing leaves it; name the receiver in `recipients`");
        page.value(&at, Rule::TransferInside, message);
        return;
    }
    match transfer.safeguard {
        None if held(page, &format!("{path}.safeguard")) => {}
        None => page.key(
            path,
            Rule::NoSafeguard,
            "say what protects the data there: safeguard = \"adequacy-decision\", \
             \"standard-contractual-clauses\", \"binding-corporate-rules\" or \"explicit-consent\"",
        ),
        Some(Safeguard::AdequacyDecision) if !ADEQUATE.contains(&country) => {
            let message = format!("we know of no adequacy decision for `{country}`; look it up, or use clauses");
            page.value(&format!("{path}.safeguard"), Rule::NoAdequacy, message);
        }
        Some(Safeguard::ExplicitConsent) if !(is_consent(purpose) && purpose.explicit) => {
            let message = "this holds only where the purpose itself rests on an explicit consent that names the \
                           transfer and its risks: legal_basis = \"consent\", explicit = true";
            page.value(&format!("{path}.safeguard"), Rule::NoSafeguard, message);
        }
        Some(_) => {}
    }
}

/// The EU's and EEA's members.
const INSIDE: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Countries and territories with an adequacy decision (Art. 45), some for part of their organisations only.
const ADEQUATE: [&str; 16] =
    ["AD", "AR", "BR", "CA", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "US", "UY"];
