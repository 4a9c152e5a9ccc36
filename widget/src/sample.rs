//! A form with a field of every kind, for tests.

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
