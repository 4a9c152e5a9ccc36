//! Evidence as JSON-LD, after DPV's guide to ISO/IEC TS 27560. No database.
//!
//! A submission is a receipt with one record for each purpose: a `dpv:ConsentRecord` where consent was asked for, whatever
//! the answer, and a `dpv:DataProcessingRecord` where another basis was named. Each step of a purpose is a status with its
//! time, its author, its method, and the record of the ledger that says so.

use serde_json::{Map, Value, json};
use unticked_shared::{
    decision::{LegalBasis, RetentionFrom},
    definition::{self, Period, purpose::PurposeKind},
    evidence::Method,
    placement::{Content, PurposeText},
};

use super::{
    Case, Frame, When,
    history::{Course, State, Step, courses, method},
    terms,
};
use crate::store::values::rfc3339;

/// What the terms mean; it stands in every export, so that none needs the network to be read.
pub const CONTEXT: &str = include_str!("context.json");

/// The schemas of the guide that records and receipts conform to.
const RECORD: &str = "https://w3id.org/dpv/schema/dpv-27560#record";
const RECEIPT: &str = "https://w3id.org/dpv/schema/dpv-27560#receipt";

/// One submission's node of the graph.
pub fn receipt(case: &Case, frame: &Frame) -> Value {
    let courses = courses(case);
    let asked = courses.iter().any(|course| course.basis == LegalBasis::Consent);
    let mut node = object(json!({
        "@id": format!("urn:uuid:{}", case.submission.submission_id),
        "@type": if asked { "dpv:ConsentReceipt" } else { "dpv:RecordsOfActivities" },
        "dpv:hasIdentifier": case.submission.submission_id.to_string(),
        "dct:identifier": case.submission.reference,
        "dct:created": rfc3339(frame.now),
        "dpv:hasRecordOfActivity": courses.iter().map(|course| record(case, course, frame)).collect::<Vec<_>>(),
    }));
    if asked {
        node.insert("dct:conformsTo".to_owned(), json!(RECEIPT));
    }
    Value::Object(node)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn subject(case: &Case) -> String {
    format!("urn:uuid:{}", case.submission.subject_id)
}

/// Where the version was, and is, shown.
fn notice_address(case: &Case, frame: &Frame) -> String {
    format!("{}/v1/versions/{}", frame.public_url, case.submission.version)
}

fn controller(case: &Case, frame: &Frame, at: usize) -> String {
    format!("{}#controller-{}", notice_address(case, frame), at + 1)
}

fn record(case: &Case, course: &Course<'_>, frame: &Frame) -> Value {
    let consent = course.basis == LegalBasis::Consent;
    let id = format!("{}/{}", case.submission.submission_id, course.purpose);
    let preferences = format!("{}/preferences", frame.public_url);
    let mut node = object(json!({
        "@id": format!("urn:uuid:{}#{}", case.submission.submission_id, course.purpose),
        "@type": if consent { "dpv:ConsentRecord" } else { "dpv:DataProcessingRecord" },
        "dct:identifier": id,
        "dpv:hasDataSubject": {
            "@id": subject(case),
            "@type": "dpv:DataSubject",
            "dct:identifier": case.submission.subject_id.to_string(),
        },
        "dpv:hasDataController": controllers(case, frame),
        "dpv:hasJurisdiction": format!("loc:{}", frame.jurisdiction),
        "dpv:hasNotice": notice(case, consent, frame),
        "dpv:hasProcess": process(case, course, frame),
    }));
    let statuses: Vec<Value> = course.steps.iter().map(|step| status(case, course, step, frame)).collect();
    node.insert(if consent { "dpv:hasConsentStatus" } else { "dpv:hasStatus" }.to_owned(), json!(statuses));
    let notice = case.content().map(|content| &content.notice);
    if consent {
        let mut control = object(json!({"@type": "dpv:WithdrawConsent", "dpv:isExercisedAt": preferences}));
        if let Some(notice) = notice.filter(|notice| !notice.withdraw.is_empty()) {
            control.insert("dct:description".to_owned(), json!(notice.withdraw));
        }
        node.insert("dct:conformsTo".to_owned(), json!(RECORD));
        node.insert("dpv:hasConsentControl".to_owned(), Value::Object(control));
        node.insert(
            "dpv:hasRight".to_owned(),
            json!({
                "@type": ["dpv:DataSubjectRight", "eu-gdpr:A7-3"],
                "dct:title": "Right to withdraw consent",
                "dpv:isExercisedAt": preferences,
            }),
        );
    }
    if let Some(notice) = notice {
        if !notice.authority.is_empty() {
            let authority = json!({"@type": "dpv:DataProtectionAuthority", "dpv:hasName": notice.authority});
            node.insert("dpv:hasAuthority".to_owned(), authority);
        }
        if !notice.dpo.is_empty() {
            let officer = json!({"@type": "dpv:DataProtectionOfficer", "dpv:hasContact": notice.dpo});
            node.insert("dpv:hasDataProtectionOfficer".to_owned(), officer);
        }
    }
    Value::Object(node)
}

fn controllers(case: &Case, frame: &Frame) -> Vec<Value> {
    let Some(content) = case.content() else {
        // The archive does not hold the version: its address is all that is known.
        return vec![json!({"@id": controller(case, frame, 0), "@type": "dpv:DataController"})];
    };
    let one = |(at, text): (usize, &unticked_shared::placement::ControllerText)| {
        let id = controller(case, frame, at);
        let mut node = object(json!({
            "@id": id,
            "@type": "dpv:DataController",
            "dpv:hasIdentifier": id,
            "dpv:hasName": text.name,
        }));
        let more =
            [("dpv:hasAddress", &text.address), ("dpv:hasContact", &text.contact), ("dct:description", &text.role)];
        for (term, value) in more {
            if !value.is_empty() {
                node.insert(term.to_owned(), json!(value));
            }
        }
        Value::Object(node)
    };
    content.controllers.iter().enumerate().map(one).collect()
}

fn notice(case: &Case, consent: bool, frame: &Frame) -> Value {
    let mut node = object(json!({
        // One version, several languages: each is a notice of its own.
        "@id": format!("{}#{}", notice_address(case, frame), case.submission.language),
        "@type": if consent { "dpv:ConsentNotice" } else { "dpv:PrivacyNotice" },
        "dct:identifier": format!("sha256:{}", case.submission.version),
        "dct:language": case.submission.language,
        "dct:source": notice_address(case, frame),
    }));
    if let Some(content) = case.content() {
        node.insert("dct:title".to_owned(), json!(content.title));
    }
    Value::Object(node)
}

fn process(case: &Case, course: &Course<'_>, frame: &Frame) -> Value {
    let declared = case.version.as_ref().and_then(|version| version.purposes.get(course.purpose));
    let explicit = course.text.is_some_and(|text| text.explicit);
    let controllers = case.content().map_or(1, |content| content.controllers.len().max(1));
    let mut recipients: Vec<Value> = (0..controllers).map(|at| json!({"@id": controller(case, frame, at)})).collect();
    for name in course.text.map(|text| &text.recipients[..]).unwrap_or_default() {
        recipients.push(json!({"@type": "dpv:Recipient", "dpv:hasName": name}));
    }
    let mut node = object(json!({
        "@type": "dpv:Process",
        "dpv:hasPurpose": purpose(course, declared),
        "dpv:hasLegalBasis": terms::legal_basis(course.basis, explicit),
        "dpv:hasPersonalData": data(case, course),
        "dpv:hasDataSource": "dpv:DataSubjectDataSource",
        "dpv:hasRecipient": recipients,
        "dpv:hasStorageCondition": storage(course, declared),
        "dpv:hasService": {
            "@type": "dpv:Service",
            "dct:identifier": case.submission.form,
            "dct:title": case.content().map_or(case.submission.form.as_str(), |content| content.title.as_str()),
        },
    }));
    if declared.is_some_and(|purpose| purpose.kind == PurposeKind::Profiling) {
        node.insert("dpv:hasProcessing".to_owned(), json!("dpv:Profiling"));
    }
    let transfers = declared.map(|purpose| &purpose.transfers[..]).unwrap_or_default();
    if !transfers.is_empty() {
        let words = course.text.map(|text| &text.transfers[..]).unwrap_or_default();
        let one = |(at, transfer): (usize, &definition::purpose::Transfer)| {
            let mut node = object(json!({
                "@type": "dpv:Process",
                "dpv:hasProcessing": "dpv:Transfer",
                "dpv:hasThirdCountry": format!("loc:{}", transfer.country),
            }));
            if let Some(words) = words.get(at) {
                node.insert("dct:description".to_owned(), json!(words));
            }
            Value::Object(node)
        };
        node.insert("dpv:hasProcess".to_owned(), json!(transfers.iter().enumerate().map(one).collect::<Vec<_>>()));
    }
    Value::Object(node)
}

fn purpose(course: &Course<'_>, declared: Option<&definition::Purpose>) -> Value {
    let mut node = object(json!({
        "@type": "dpv:Purpose",
        "dct:identifier": course.purpose.as_str(),
        "dct:title": course.text.map_or(course.purpose.as_str(), |text| text.name.as_str()),
        "unticked:statementDigest": format!("sha256:{}", course.statement),
    }));
    // The very words; where the archive does not hold them, none.
    if let Some(words) = course.words {
        node.insert("dct:description".to_owned(), json!(words));
    }
    if let Some(category) = declared.and_then(|purpose| terms::purpose(purpose.kind)) {
        node.insert("skos:broader".to_owned(), json!(category));
    }
    Value::Object(node)
}

/// What kinds of data the purpose uses. Never a value.
fn data(case: &Case, course: &Course<'_>) -> Value {
    let content = case.content();
    let fields = case.version.iter().flat_map(|version| &version.definition.fields);
    let used: Vec<Value> = fields
        .filter(|field| field.purposes.contains(course.purpose))
        .map(|field| {
            let shown = content.and_then(|content| content.field(field.id.as_str()));
            let mut node = object(json!({
                "@type": terms::data(field.category),
                "dct:identifier": field.id.as_str(),
                "dct:title": shown.map_or(field.id.as_str(), |shown| shown.label.as_str()),
                "dpv:hasNecessity": if field.required { "dpv:Required" } else { "dpv:Optional" },
            }));
            if let Some(category) = terms::data_category(field.kind, field.autocomplete.as_deref()) {
                node.insert("skos:broader".to_owned(), json!(category));
            }
            Value::Object(node)
        })
        .collect();
    // A purpose that uses no field of its own, or of a version that the archive lost.
    if used.is_empty() { json!("dpv:PersonalData") } else { json!(used) }
}

fn storage(course: &Course<'_>, declared: Option<&definition::Purpose>) -> Value {
    let mut conditions = vec![Value::Object({
        let mut node =
            object(json!({"@type": "dpv:StorageDuration", "dpv:hasDuration": period(course.text, declared)}));
        if let Some(text) = course.text.filter(|text| !text.retention.is_empty()) {
            node.insert("dct:description".to_owned(), json!(text.retention));
        }
        node
    })];
    conditions.extend(course.destroyed().map(|(day, fields)| {
        json!({
            "@type": "dpv:StorageDeletion",
            "dct:date": {"@value": day, "@type": "xsd:date"},
            "dct:description": format!("destroyed: {}", fields.join(", ")),
        })
    }));
    json!(conditions)
}

/// How long, from the consent or from the last engagement on.
fn period(text: Option<&PurposeText>, declared: Option<&definition::Purpose>) -> Value {
    let Some(text) = text else { return json!({"@type": "dpv:IndeterminateDuration"}) };
    let from =
        declared.and_then(|purpose| purpose.retention.as_ref()).map_or(RetentionFrom::Submission, |one| one.from);
    match (Period::parse(&text.retention_period), from) {
        (Some(period), RetentionFrom::Submission) => json!({
            "@type": "dpv:TemporalDuration",
            "rdf:value": {"@value": xsd_duration(period), "@type": "xsd:duration"},
        }),
        (Some(period), RetentionFrom::LastEngagement) => json!({
            "@type": "dpv:UntilEventDuration",
            "rdf:value": format!("{} after the last engagement", xsd_duration(period)),
        }),
        (None, _) => json!({"@type": "dpv:IndeterminateDuration"}),
    }
}

/// As XML Schema writes it, which knows no weeks.
pub(super) fn xsd_duration(period: Period) -> String {
    let days = u64::from(period.weeks) * 7 + u64::from(period.days);
    let parts = [(u64::from(period.years), 'Y'), (u64::from(period.months), 'M'), (days, 'D')];
    let parts = parts.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}"));
    format!("P{}", parts.collect::<String>())
}

fn status(case: &Case, course: &Course<'_>, step: &Step<'_>, frame: &Frame) -> Value {
    let consent = course.basis == LegalBasis::Consent;
    let record = step.record;
    let mut types = Vec::new();
    if consent {
        types.push(terms::consent_status(step.state));
        if step.state == State::Given {
            types.push(terms::legal_basis(course.basis, course.text.is_some_and(|text| text.explicit))[0]);
        }
    } else {
        types.push(terms::other_status(course.basis, step.state).unwrap_or("dpv:Status"));
    }
    let at = match record.at() {
        When::Time(time) => json!({"@value": time, "@type": "xsd:dateTime"}),
        When::Day(day) => json!({"@value": day, "@type": "xsd:date"}),
    };
    // What was told on another basis, and what a rule did, came from the controller.
    let by_controller = record.part_a.method == Method::Rule || step.state == State::Informed;
    let by = if by_controller { controller(case, frame, 0) } else { subject(case) };
    let declared = case.version.as_ref().and_then(|version| version.purposes.get(course.purpose));
    let duration = match step.state {
        State::Given | State::Informed => period(course.text, declared),
        _ => json!({"@type": "dpv:UntilEventDuration", "rdf:value": "until another decision"}),
    };
    let mut source = object(json!({
        "@id": format!("urn:uuid:{}", record.id),
        "dct:identifier": record.id.to_string(),
        "unticked:commitment": record.commitment,
    }));
    if let Some(leaf) = record.leaf {
        source.insert("unticked:leaf".to_owned(), json!(leaf));
    }
    if !record.holds {
        source.insert("unticked:holds".to_owned(), json!(false));
    }
    if let Some(part) = &record.part_b {
        for (term, value) in [("unticked:origin", &part.origin), ("unticked:page", &part.page)] {
            if let Some(value) = value {
                source.insert(term.to_owned(), json!(value));
            }
        }
        if let Some(gpc) = part.gpc {
            source.insert("unticked:globalPrivacyControl".to_owned(), json!(gpc));
        }
    }
    json!({
        "@type": types,
        "dpv:isIndicatedAtTime": at,
        "dpv:isIndicatedBy": by,
        "dpv:hasIndicationMethod": method(record.part_a.method),
        "dpv:hasDuration": duration,
        "dct:source": source,
        "unticked:state": step.state.as_str(),
    })
}

/// The title that the visitor saw, where the archive still has it.
pub(super) fn title<'a>(content: Option<&'a Content>, form: &'a str) -> &'a str {
    content.map_or(form, |content| content.title.as_str())
}
