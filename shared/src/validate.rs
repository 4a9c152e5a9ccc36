//! Field rules: the browser and the collector run the same function on the same content.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

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
    let hidden: BTreeSet<FieldId> =
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
            let distinct: BTreeSet<&String> = options.iter().collect();
            let known = options.iter().all(|option| field.options.iter().any(|o| o.value == *option));
            return (!known || distinct.len() != options.len()).then_some(Rule::Option);
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
    let text = words.fill(
        word,
        &[("field", &field.label), ("limit", &limit), ("length", &length.to_string()), ("help", &field.help)],
    );
    text.trim().to_owned()
}

/// A mail address as far as a form can tell (RFC 5321 lengths, a dot-atom local part, a domain with a dot;
/// letters of any script, RFC 6531). Only a mail that arrives proves more.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom = |c: char| c.is_alphanumeric() || !c.is_ascii() || "!#$%&'*+/=?^_`{|}~-".contains(c);
    let dot_atom = |part: &str| part.split('.').all(|piece| !piece.is_empty() && piece.chars().all(atom));
    let label = |piece: &str| {
        !piece.is_empty()
            && piece.len() <= 63
            && !piece.starts_with('-')
            && !piece.ends_with('-')
            && piece.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.len() <= 254
        && local.len() <= 64
        && dot_atom(local)
        && domain.contains('.')
        && domain.split('.').all(label)
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|top| top.chars().count() >= 2 && !top.chars().all(|c| c.is_ascii_digit()))
}

/// A telephone number: 4 to 15 digits (E.164), written with spaces, dots, dashes, slashes, brackets and a leading plus.
fn is_tel(text: &str) -> bool {
    let body = text.strip_prefix('+').unwrap_or(text);
    let digits = body.chars().filter(char::is_ascii_digit).count();
    (4..=15).contains(&digits) && body.chars().all(|c| c.is_ascii_digit() || " .-/()\u{a0}".contains(c))
}

/// An absolute http or https address with a host that has a dot, and no user name in it.
fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(
            host,
            |(name, port)| {
                if port.chars().all(|c| c.is_ascii_digit()) { name } else { "" }
            },
        );
        name.contains('.')
            && name.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
            && !text.chars().any(char::is_whitespace)
    })
}

/// A day of the Gregorian calendar, `YYYY-MM-DD`.
pub fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let well_written = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !well_written {
        return false;
    }
    let number = |range: std::ops::Range<usize>| bytes[range].iter().fold(0u32, |n, b| n * 10 + u32::from(b - b'0'));
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    year > 0 && (1..=days).contains(&day)
}

/// A decimal number of at most 15 digits, compared exactly: floats would round what a visitor typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(i128);

impl Decimal {
    /// Reads an optional minus, digits, and a fraction after a point or a comma.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, body) = text.strip_prefix('-').map_or((false, text), |body| (true, body));
        let (whole, fraction) = body.split_once(['.', ',']).map_or((body, None), |(w, f)| (w, Some(f)));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let fraction_text = fraction.unwrap_or("0");
        if !digits(whole) || !digits(fraction_text) || whole.len() + fraction_text.len() > 16 {
            return None;
        }
        let scaled = format!("{whole}{fraction_text:0<16}").parse::<i128>().ok()?;
        Some(Self(if negative { -scaled } else { scaled }))
    }
}

/// The country codes of ISO 3166-1 alpha-2, in order, without separators, and Kosovo's `XK`.
pub const COUNTRIES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// Whether `text` is one of [`COUNTRIES`].
pub fn is_country(text: &str) -> bool {
    text.len() == 2 && COUNTRIES.as_bytes().chunks_exact(2).any(|code| code == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_that_arrive_are_accepted_and_slips_are_not() {
        for good in ["ann@example.org", "o'brien+news@mail.example.co.uk", "иван@пример.бг", "a@b.io"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ann",
            "ann@",
            "@b.c",
            "ann@example",
            "a b@c.de",
            "a..b@c.de",
            "a@-c.de",
            "a@b.c",
            "a@1.2.3.4",
            "a@b,com",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn days_follow_the_calendar() {
        assert!(is_date("2024-02-29") && is_date("2000-02-29"));
        for bad in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-1-1",
            "0000-01-01",
            "2024-04-31",
            "2024/04/30",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn numbers_are_compared_exactly() {
        let number = |text| Decimal::parse(text).unwrap();
        assert!(number("0.1") < number("0,11"));
        assert!(number("-2") < number("1.5"));
        assert_eq!(number("1.50"), number("1.5"));
        for bad in ["", "1e5", "1.", ".5", "NaN", "12345678901234567", "1 000", "--1", "٣"] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn web_addresses_have_a_host_and_hide_no_user() {
        assert!(is_url("https://example.org/a?b#c") && is_url("http://пример.бг:8080"));
        for bad in [
            "example.org",
            "javascript:alert(1)",
            "https://",
            "https://user@example.org",
            "https://a b.c",
            "https://nodot",
        ] {
            assert!(!is_url(bad), "{bad}");
        }
    }

    #[test]
    fn the_country_list_is_sorted_and_whole() {
        let codes: Vec<&[u8]> = COUNTRIES.as_bytes().chunks_exact(2).collect();
        assert_eq!(codes.len(), 250);
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
    }

    proptest! {
        #[test]
        fn checking_never_panics(text in "\\PC{0,80}") {
            let _ = (is_email(&text), is_tel(&text), is_url(&text), is_date(&text), Decimal::parse(&text));
        }
    }
}
