//! A form with a field of every kind, and a banner, for tests.

use serde_json::{Value, json};
use unticked_shared::{id::Language, placement::Content, texts::Words};

/// The form in English.
pub fn content() -> Content {
    let words = Words::of(&Language::parse("en").unwrap()).unwrap();
    let field = |id: &str, kind: &str, more: Value| {
        let mut field = json!({"id": id, "kind": kind, "label": format!("The {id}"), "why": "to answer you", "purposes": ["answer"]});
        field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        field
    };
    let options = json!([{"value": "a", "label": "First"}, {"value": "b", "label": "Second"}]);
    serde_json::from_value(json!({
        "form": "sample", "language": "en", "direction": "ltr", "title": "Write to <us>", "intro": "We answer within a day.",
        "controllers": [{"name": "Harbour Books", "role": "sells books", "address": "1 Quay, Varna", "contact": "privacy@harbour.example"}],
        "steps": [
            {"title": "You", "fields": [
                field("name", "text", json!({"required": true, "autocomplete": "name"})),
                field("email", "email", json!({"required": true, "help": "Like name@example.com"})),
                field("phone", "tel", json!({})),
                field("site", "url", json!({})),
                field("source", "hidden", json!({"prefill": "utm_source"})),
                field("fixed", "hidden", json!({"fixed": "shop"})),
            ]},
            {"title": "Your question", "fields": [
                field("amount", "number", json!({"min": "1"})),
                field("day", "date", json!({"min": "2020-01-01"})),
                field("topic", "select", json!({"options": options})),
                field("way", "radio", json!({"options": options, "required": true})),
                field("extras", "checkboxes", json!({"options": options})),
                field("country", "country", json!({"options": [{"value": "BG", "label": "Bulgaria"}]})),
                field("order", "text", json!({"required": true, "show_if": {"field": "topic", "any_of": ["b"]}})),
                field("message", "textarea", json!({"max_length": 20})),
            ]},
        ],
        "purposes": [
            {"id": "answer", "name": "Answering", "statement": "We read and answer.", "legal_basis": "contract", "retention": "one year", "retention_period": "P1Y"},
            {"id": "news", "name": "Newsletter", "statement": "Harbour Books may write to me.", "legal_basis": "consent", "confirm_by_mail": true,
             "retention": "two years", "retention_period": "P2Y", "recipients": ["Mailer Ltd"], "transfers": ["USA, under standard contractual clauses"]},
            {"id": "calls", "name": "Calls", "statement": "Harbour Books may call me.", "legal_basis": "consent", "explicit": true, "retention": "two years", "retention_period": "P2Y"},
        ],
        "notice": {"required": "The fields marked so.", "automated": "None.", "withdraw": "Write to privacy@harbour.example.", "authority": "CPDP"},
        "submit": "Send", "words": words,
    }))
    .unwrap()
}

/// A banner in English: a purpose that is asked, one that the browser's signal refuses, and one that needs no consent.
#[cfg(feature = "banner")]
pub fn banner() -> Content {
    let words = Words::of(&Language::parse("en").unwrap()).unwrap();
    serde_json::from_value(json!({
        "form": "banner", "language": "en", "direction": "ltr", "title": "May we load <more>?", "intro": "Nothing is loaded so far.",
        "controllers": [
            {"name": "Harbour Books", "role": "sells books", "address": "1 Quay, Varna", "contact": "privacy@harbour.example"},
            {"name": "Quay Press", "role": "", "address": "2 Quay, Varna", "contact": "privacy@quay.example"},
        ],
        "steps": [],
        "purposes": [
            {"id": "statistics", "name": "Statistics", "statement": "Harbour Books may count.", "legal_basis": "consent", "retention": "13 months",
             "retention_period": "P13M"},
            {"id": "cart", "name": "Shopping basket", "statement": "We remember your basket.", "legal_basis": "contract", "retention": "a day",
             "retention_period": "P1D"},
            {"id": "ads", "name": "Advertising", "statement": "Harbour Books may tell Adnet.", "legal_basis": "consent", "retention": "90 days",
             "retention_period": "P90D", "recipients": ["Adnet Inc."], "transfers": ["United States: Adnet Inc."]},
        ],
        "notice": {"required": "No.", "automated": "None.", "withdraw": "Under “Privacy settings”.", "authority": "CPDP"},
        "submit": "", "words": words,
        "banner": {
            "layout": "corner", "accept": "Accept all", "refuse": "Refuse all", "choose": "Choose", "save": "Save my choice",
            "withdraw": "You can change this at any time under “Privacy settings”.", "signalled": ["ads"],
            "services": [
                {"name": "Adnet", "purpose": "ads", "recipient": "Adnet Inc., Oregon", "hosts": ["*.adnet.example", "t.adnet.example"],
                 "leaves": [{"name": "_an_*", "duration": "90 days", "why": "knows you again"}, {"name": "an-queue", "duration": ""}]},
                {"name": "Basket", "purpose": "cart", "leaves": [{"name": "basket", "duration": "a day"}]},
            ],
        },
    }))
    .unwrap()
}
