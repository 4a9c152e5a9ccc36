//! Field rules: the browser and the collector run the same function on the same content.

pub mod shape;

use serde::{Deserialize, Serialize};
use shape::{Decimal, is_country, is_date, is_email, is_tel, is_url};

use crate::{
    id::FieldId,
    pattern::Pattern,
    placement::{Condition, Content, Field, FieldKind},
    submission::{Choices, Value, Values},
    texts::{Word, Words},
};

/// Texts without a declared length: one line.
pub const LINE_LIMIT: u32 = 500;
/// Texts without a declared length: several lines.
pub const TEXTAREA_LIMIT: u32 = 10_000;

/// What a value does not satisfy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// It is empty.
    Required,
    /// It is no mail address.
    Email,
    /// It is no telephone number.
    Tel,
    /// It is no http or https address.
    Url,
    /// It is no decimal number.
    Number,
    /// It is no day of the calendar.
    Date,
    /// It has another shape.
    Pattern,
    /// It is too short.
    MinLength,
    /// It is too long.
    MaxLength,
    /// It is too small or too early.
    Min,
    /// It is too great or too late.
    Max,
    /// It is none of the options.
    Option,
    /// It holds control characters, or a line break where one line is asked for.
    Characters,
    /// The field does not exist, or could not be seen when the form was sent.
    NotShown,
}

/// One field that needs another look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// What is wrong.
    pub rule: Rule,
    /// The same in the visitor's language.
    pub message: String,
}

/// Whether the visitor could see the field, given what else was entered. A condition on a field that is itself
/// not shown is false.
pub fn shown(content: &Content, values: &Values, field: &Field) -> bool {
    let mut condition = field.show_if.as_ref();
    // The lint refuses circles; the bound holds even so.
    for _ in 0..content.fields().count() {
        let Some(Condition { field, any_of }) = condition else { return true };
        let holds = values.get(field).is_some_and(|value| {
            !value.is_empty() && (any_of.is_empty() || any_of.iter().any(|option| value.holds(option)))
        });
        if !holds {
            return false;
        }
        condition = content.field(field.as_str()).and_then(|field| field.show_if.as_ref());
    }
    condition.is_none()
}

/// Drops the values of fields that could not be seen: the native form shows them all.
pub fn drop_hidden(content: &Content, values: &mut Values) {
    let hidden: Vec<FieldId> =
        content.fields().filter(|field| !shown(content, values, field)).map(|field| field.id.clone()).collect();
    values.retain(|id, _| !hidden.contains(id));
}

/// Drops empty values and the white space around texts, so that both sides sign and keep the same.
pub fn tidy(values: &mut Values) {
    values.retain(|_, value| {
        if let Value::One(text) = value {
            *text = text.trim().replace("\r\n", "\n");
        }
        !value.is_empty()
    });
}

/// Checks every value of a form, in the form's order; `values` are [`tidy`].
pub fn values(content: &Content, values: &Values) -> Vec<FieldError> {
    let mut errors: Vec<FieldError> = content.fields().filter_map(|field| one(content, values, field)).collect();
    for id in values.keys() {
        if content.field(id.as_str()).is_none() {
            errors.push(FieldError { field: id.to_string(), rule: Rule::NotShown, message: String::new() });
        }
    }
    errors
}

/// Checks one field.
pub fn one(content: &Content, values: &Values, field: &Field) -> Option<FieldError> {
    let value = values.get(&field.id).filter(|value| !value.is_empty());
    let rule = if shown(content, values, field) {
        match value {
            None if field.required => Some(Rule::Required),
            None => None,
            Some(value) => broken_rule(field, value),
        }
    } else {
        value.map(|_| Rule::NotShown)
    }?;
    let length = value.map_or(0, |value| value.to_line().chars().count());
    Some(FieldError { field: field.id.to_string(), rule, message: message(&content.words, field, rule, length) })
}

/// The purposes whose choice is missing, and those that were not asked.
pub fn choices(content: &Content, choices: &Choices) -> Vec<FieldError> {
    let error = |id: &str| FieldError { field: id.to_owned(), rule: Rule::Option, message: String::new() };
    let missing = content.asked().filter(|purpose| !choices.contains_key(&purpose.id)).map(|p| error(p.id.as_str()));
    let unknown = choices.keys().filter(|id| !content.asked().any(|p| p.id == **id)).map(|id| error(id.as_str()));
    missing.chain(unknown).collect()
}

fn broken_rule(field: &Field, value: &Value) -> Option<Rule> {
    let text = match (value, field.kind) {
        (Value::Many(options), FieldKind::Checkboxes) => {
            // A list longer than the options repeats one, and is not looked through.
            let known = |option: &String| field.options.iter().any(|o| o.value == *option);
            let fits = options.len() <= field.options.len()
                && options.iter().enumerate().all(|(at, option)| known(option) && !options[..at].contains(option));
            return (!fits).then_some(Rule::Option);
        }
        (Value::One(text), kind) if kind != FieldKind::Checkboxes => text.as_str(),
        _ => return Some(Rule::Option),
    };
    let unprintable = |c: char| c.is_control() && !(field.kind == FieldKind::Textarea && matches!(c, '\n' | '\t'));
    if text.chars().any(unprintable) {
        return Some(Rule::Characters);
    }
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let limit = if field.kind == FieldKind::Textarea { TEXTAREA_LIMIT } else { LINE_LIMIT };
    if length > field.max_length.unwrap_or(limit) {
        return Some(Rule::MaxLength);
    }
    if field.min_length.is_some_and(|least| length < least) {
        return Some(Rule::MinLength);
    }
    match field.kind {
        FieldKind::Email if !is_email(text) => return Some(Rule::Email),
        FieldKind::Tel if !is_tel(text) => return Some(Rule::Tel),
        FieldKind::Url if !is_url(text) => return Some(Rule::Url),
        FieldKind::Number => {
            let Some(number) = Decimal::parse(text) else { return Some(Rule::Number) };
            let bound = |text: &Option<String>| text.as_deref().and_then(Decimal::parse);
            if bound(&field.min).is_some_and(|least| number < least) {
                return Some(Rule::Min);
            }
            if bound(&field.max).is_some_and(|most| number > most) {
                return Some(Rule::Max);
            }
        }
        FieldKind::Date => {
            if !is_date(text) {
                return Some(Rule::Date);
            }
            // Days written YYYY-MM-DD sort as text.
            if field.min.as_deref().is_some_and(|least| text < least) {
                return Some(Rule::Min);
            }
            if field.max.as_deref().is_some_and(|most| text > most) {
                return Some(Rule::Max);
            }
        }
        FieldKind::Select | FieldKind::Radio if !field.options.iter().any(|option| option.value == text) => {
            return Some(Rule::Option);
        }
        FieldKind::Country if !is_country(text) => return Some(Rule::Option),
        FieldKind::Hidden if field.fixed.as_deref().is_some_and(|fixed| fixed != text) => return Some(Rule::Option),
        _ => {}
    }
    let shape = field.pattern.as_deref().and_then(|pattern| Pattern::parse(pattern).ok());
    if shape.is_some_and(|shape| !shape.matches(text)) {
        return Some(Rule::Pattern);
    }
    None
}

/// The rule's sentence about the field.
fn message(words: &Words, field: &Field, rule: Rule, length: usize) -> String {
    let limit = match rule {
        Rule::MinLength => field.min_length.map(|n| n.to_string()),
        Rule::MaxLength => Some(
            field
                .max_length
                .unwrap_or(if field.kind == FieldKind::Textarea { TEXTAREA_LIMIT } else { LINE_LIMIT })
                .to_string(),
        ),
        Rule::Min => field.min.clone(),
        Rule::Max => field.max.clone(),
        _ => None,
    }
    .unwrap_or_default();
    let chosen =
        matches!(field.kind, FieldKind::Select | FieldKind::Radio | FieldKind::Checkboxes | FieldKind::Country);
    let word = match rule {
        Rule::Required if chosen => Word::ErrorChoose,
        Rule::Required => Word::ErrorRequired,
        Rule::Email => Word::ErrorEmail,
        Rule::Tel => Word::ErrorTel,
        Rule::Url => Word::ErrorUrl,
        Rule::Number => Word::ErrorNumber,
        Rule::Date => Word::ErrorDate,
        Rule::Pattern => Word::ErrorPattern,
        Rule::MinLength => Word::ErrorMinLength,
        Rule::MaxLength => Word::ErrorMaxLength,
        Rule::Min => Word::ErrorMin,
        Rule::Max => Word::ErrorMax,
        Rule::Option | Rule::NotShown => Word::ErrorOption,
        Rule::Characters => Word::ErrorCharacters,
    };
    // The sentence goes on after the label.
    let label = field.label.trim_end_matches(['?', ':', '؟']);
    let text = words
        .fill(word, &[("field", label), ("limit", &limit), ("length", &length.to_string()), ("help", &field.help)]);
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form with every rule that needs another field, and one purpose of each sort.
    fn content() -> Content {
        let field = |id: &str, kind: &str, more: serde_json::Value| {
            let mut field = serde_json::json!({ "id": id, "kind": kind, "label": id, "purposes": ["enquiry"] });
            field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            field
        };
        let purpose = |id: &str, basis: &str| serde_json::json!({ "id": id, "name": id, "statement": id, "legal_basis": basis, "retention": "a year", "retention_period": "P1Y" });
        serde_json::from_value(serde_json::json!({
            "form": "contact", "language": "en", "direction": "ltr", "title": "Contact", "controllers": [],
            "steps": [{ "fields": [
                field("name", "text", serde_json::json!({ "required": true, "max_length": 5 })),
                field("topic", "select", serde_json::json!({ "options": [{ "value": "a", "label": "A" }, { "value": "b", "label": "B" }] })),
                field("order", "text", serde_json::json!({ "required": true, "show_if": { "field": "topic", "any_of": ["a"] } })),
                field("detail", "textarea", serde_json::json!({ "show_if": { "field": "order" } })),
                field("days", "checkboxes", serde_json::json!({ "options": [{ "value": "mo", "label": "Mo" }, { "value": "tu", "label": "Tu" }] })),
                field("age", "number", serde_json::json!({ "min": "18", "max": "99.5" })),
                field("land", "country", serde_json::json!({})),
                field("source", "hidden", serde_json::json!({ "fixed": "shop" })),
            ] }],
            "purposes": [purpose("enquiry", "contract"), purpose("news", "consent")],
            "notice": { "required": "", "automated": "", "withdraw": "" }, "submit": "Send", "words": [],
        }))
        .unwrap()
    }

    fn given(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(id, text)| (FieldId::parse(id).unwrap(), Value::One((*text).to_owned()))).collect()
    }

    fn rules(pairs: &[(&str, &str)]) -> Vec<(String, Rule)> {
        values(&content(), &given(pairs)).into_iter().map(|error| (error.field, error.rule)).collect()
    }

    #[test]
    fn a_field_that_does_not_apply_is_neither_required_nor_allowed() {
        assert_eq!(rules(&[("name", "Ann")]), vec![]);
        assert_eq!(
            rules(&[("name", "Ann"), ("topic", "b"), ("order", "7")]),
            vec![("order".to_owned(), Rule::NotShown)]
        );
        assert_eq!(rules(&[("name", "Ann"), ("topic", "a")]), vec![("order".to_owned(), Rule::Required)]);
        assert_eq!(rules(&[("name", "Ann"), ("topic", "a"), ("order", "7"), ("detail", "x")]), vec![]);
    }

    #[test]
    fn what_hangs_on_a_field_that_is_not_shown_is_not_shown_either() {
        let mut sent = given(&[("name", "Ann"), ("topic", "b"), ("order", "7"), ("detail", "x")]);
        drop_hidden(&content(), &mut sent);
        assert_eq!(sent.keys().map(FieldId::as_str).collect::<Vec<_>>(), ["name", "topic"]);
    }

    #[test]
    fn each_kind_refuses_what_is_not_its_own() {
        let broken = |id: &str, text: &str| rules(&[("name", "Ann"), (id, text)]);
        assert_eq!(broken("topic", "c"), vec![("topic".to_owned(), Rule::Option)]);
        assert_eq!(broken("age", "17.9"), vec![("age".to_owned(), Rule::Min)]);
        assert_eq!(broken("age", "99.51"), vec![("age".to_owned(), Rule::Max)]);
        assert_eq!(broken("age", "old"), vec![("age".to_owned(), Rule::Number)]);
        assert_eq!(broken("land", "XX"), vec![("land".to_owned(), Rule::Option)]);
        assert_eq!(broken("land", "BG"), vec![]);
        assert_eq!(broken("source", "elsewhere"), vec![("source".to_owned(), Rule::Option)]);
        assert_eq!(broken("days", "mo"), vec![("days".to_owned(), Rule::Option)]);
        assert_eq!(broken("nowhere", "x"), vec![("nowhere".to_owned(), Rule::NotShown)]);
        assert_eq!(rules(&[("name", "Bernard")]), vec![("name".to_owned(), Rule::MaxLength)]);
        assert_eq!(rules(&[("name", "A\nB")]), vec![("name".to_owned(), Rule::Characters)]);
    }

    #[test]
    fn a_group_takes_each_of_its_options_once() {
        let with = |options: &[&str]| {
            let mut sent = given(&[("name", "Ann")]);
            sent.insert(FieldId::parse("days").unwrap(), Value::Many(options.iter().map(|&o| o.to_owned()).collect()));
            values(&content(), &sent).len()
        };
        assert_eq!((with(&["mo", "tu"]), with(&["mo", "mo"]), with(&["su"])), (0, 1, 1));
    }

    #[test]
    fn every_purpose_that_was_asked_needs_a_choice_and_no_other_takes_one() {
        use crate::decision::Choice;
        let made = |ids: &[&str]| {
            let made = ids.iter().map(|id| (crate::id::PurposeId::parse(id).unwrap(), Choice::Refused)).collect();
            choices(&content(), &made).into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        assert_eq!(made(&["news"]), Vec::<String>::new());
        assert_eq!(made(&[]), ["news"]);
        assert_eq!(made(&["news", "enquiry"]), ["enquiry"], "a purpose that rests on a contract asks for nothing");
    }

    #[test]
    fn white_space_around_a_value_is_nobody_s_name() {
        let mut sent = given(&[("name", "  Ann \r\n"), ("order", " \t ")]);
        tidy(&mut sent);
        assert_eq!(sent, given(&[("name", "Ann")]));
    }
}
