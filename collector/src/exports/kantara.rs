//! Evidence as Kantara consent receipts, version 1.1. No database.
//!
//! The specification knows what was agreed to and nothing else. So `services` names what stands or stood by the person's
//! yes or on another basis; everything that was decided, refusals and withdrawals included, stands beside it in
//! `decisions`, which is ours (the specification lets receipts hold more).

use serde_json::{Value, json};
use unticked_shared::{
    decision::LegalBasis,
    definition::{
        form::{Category, Identifies},
        purpose::PurposeKind,
    },
    placement::{ControllerText, FieldKind},
};

use super::{
    Case, Frame,
    history::{Course, courses, method},
    jsonld::title,
};

/// What this version of the specification asks for in `version`.
const VERSION: &str = "KI-CR-v1.1.0";

/// Said where a member must stand and nobody has declared it.
const UNDECLARED: &str = "not declared";

/// The receipt of one submission.
pub fn receipt(case: &Case, frame: &Frame) -> Value {
    let courses = courses(case);
    let content = case.content();
    let first = &case.records[0];
    let notice = content.map(|content| &content.notice);
    let address = format!("{}/v1/versions/{}", frame.public_url, case.submission.version);
    let policy = notice.map(|notice| notice.policy_url.as_str()).filter(|url| !url.is_empty());
    let standing: Vec<&Course<'_>> = courses.iter().filter(|course| course.state().stands()).collect();
    let special = special(case, &standing);
    let contact = notice.map(|notice| notice.dpo.as_str()).filter(|dpo| !dpo.is_empty());
    let mut receipt = json!({
        "version": VERSION,
        "jurisdiction": frame.jurisdiction,
        "consentTimestamp": first.at().seconds().unwrap_or_default(),
        "collectionMethod": method(first.part_a.method),
        "consentReceiptID": case.submission.submission_id.to_string(),
        "language": case.submission.language,
        "piiPrincipalId": case.submission.subject_id.to_string(),
        "piiControllers": match content {
            Some(content) => content.controllers.iter().map(|one| controller(one, contact)).collect(),
            None => vec![controller(&unknown(), contact)],
        },
        "policyUrl": policy.unwrap_or(&address),
        "services": [{
            "service": title(content, &case.submission.form),
            "purposes": standing.iter().map(|course| purpose(case, course)).collect::<Vec<_>>(),
        }],
        "sensitive": !special.is_empty(),
        "spiCat": special,
        "notice": {"address": address, "sha256": case.submission.version},
        "reference": case.submission.reference,
        "decisions": courses.iter().map(decision).collect::<Vec<_>>(),
    });
    if let (Some(key), Value::Object(members)) = (&frame.ledger_key, &mut receipt) {
        members.insert("publicKey".to_owned(), json!(key));
    }
    receipt
}

fn unknown() -> ControllerText {
    let undeclared = || UNDECLARED.to_owned();
    ControllerText { name: undeclared(), role: String::new(), address: undeclared(), contact: undeclared() }
}

fn controller(one: &ControllerText, officer: Option<&str>) -> Value {
    let declared = |text: &str| if text.is_empty() { UNDECLARED.to_owned() } else { text.to_owned() };
    let mail = one.contact.contains('@');
    json!({
        "piiController": one.name,
        // The officer's, where there is one: whom to ask.
        "contact": officer.map_or_else(|| declared(&one.contact), str::to_owned),
        "address": {"streetAddress": declared(&one.address)},
        "email": if mail { one.contact.as_str() } else { UNDECLARED },
        "phone": if mail || one.contact.is_empty() { UNDECLARED } else { one.contact.as_str() },
        "onBehalf": false,
    })
}

fn purpose(case: &Case, course: &Course<'_>) -> Value {
    let declared = case.version.as_ref().and_then(|version| version.purposes.get(course.purpose));
    let text = course.text;
    let recipients = text.map(|text| text.recipients.join("; ")).unwrap_or_default();
    let mut node = json!({
        "purpose": course.words.or(text.map(|text| text.name.as_str())).unwrap_or(course.purpose.as_str()),
        "purposeCategory": [category(declared.map(|purpose| purpose.kind), course.basis)],
        // No box is ticked for anybody; on another basis nobody is asked.
        "consentType": if course.basis == LegalBasis::Consent { "EXPLICIT" } else { "NOT CONSENT" },
        "piiCategory": categories(case, course),
        "primaryPurpose": declared.is_some_and(|purpose| purpose.kind == PurposeKind::Service),
        "termination": text.map(|text| text.retention.as_str()).filter(|text| !text.is_empty()).unwrap_or(UNDECLARED),
        "thirdPartyDisclosure": !recipients.is_empty(),
        "legalBasis": course.basis.as_str(),
    });
    if let (false, Value::Object(members)) = (recipients.is_empty(), &mut node) {
        members.insert("thirdPartyName".to_owned(), json!(recipients));
    }
    node
}

/// In the words of the specification's appendix.
fn category(kind: Option<PurposeKind>, basis: LegalBasis) -> &'static str {
    match (kind, basis) {
        (Some(PurposeKind::Service), LegalBasis::Contract) => "2 - Contracted Service",
        (Some(PurposeKind::Service) | None, _) => "1 - Core Function",
        (Some(PurposeKind::Marketing), _) => "6 - Marketing",
        (Some(PurposeKind::Advertising), _) => "7 - Marketing Third Parties",
        (Some(PurposeKind::Sale | PurposeKind::Sharing), _) => "9 - Sharing for Marketing",
        (Some(PurposeKind::Profiling), _) => "5 - Personalized Experience",
        (Some(PurposeKind::Analytics), _) => "16 - Improve Performance",
        (Some(PurposeKind::Legal), _) => "12 - Legally Required Data Retention",
    }
}

fn categories(case: &Case, course: &Course<'_>) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    let fields = case.version.iter().flat_map(|version| &version.definition.fields);
    for field in fields.filter(|field| field.purposes.contains(course.purpose)) {
        let category = match (field.category, field.kind, field.identifies) {
            (Category::Special, ..) => "6 - Health",
            (Category::Confidential, ..) => "8 - Official/Government Identifiers",
            (_, FieldKind::Email | FieldKind::Tel | FieldKind::Url, _) => "2 - Contact",
            (_, _, Identifies::Direct | Identifies::Quasi) => "1 - Biographical",
            (_, _, Identifies::No) => "4 - Communications/Social",
        };
        if !all.contains(&category) {
            all.push(category);
        }
    }
    all
}

/// The sensitive fields that a standing purpose uses, by the names that the visitor saw.
fn special(case: &Case, standing: &[&Course<'_>]) -> Vec<String> {
    let content = case.content();
    let fields = case.version.iter().flat_map(|version| &version.definition.fields);
    fields
        .filter(|field| field.category != Category::Ordinary)
        .filter(|field| standing.iter().any(|course| field.purposes.contains(course.purpose)))
        .map(|field| {
            let shown = content.and_then(|content| content.field(field.id.as_str()));
            shown.map_or_else(|| field.id.to_string(), |shown| shown.label.clone())
        })
        .collect()
}

fn decision(course: &Course<'_>) -> Value {
    let steps = course.steps.iter().map(|step| {
        let mut node = json!({
            "state": step.state.as_str(),
            "at": step.record.at().text(),
            "method": method(step.record.part_a.method),
            "record": step.record.id.to_string(),
            "commitment": step.record.commitment,
        });
        if let Value::Object(members) = &mut node {
            if let Some(leaf) = step.record.leaf {
                members.insert("leaf".to_owned(), json!(leaf));
            }
            if !step.record.holds {
                members.insert("holds".to_owned(), json!(false));
            }
        }
        node
    });
    json!({
        "purpose": course.purpose.as_str(),
        "legalBasis": course.basis.as_str(),
        "statement": course.words,
        "statementSha256": course.statement,
        "state": course.state().as_str(),
        "steps": steps.collect::<Vec<_>>(),
    })
}
