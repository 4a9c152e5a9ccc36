//! What labels and names give away: data that sound more sensitive than they are declared.

use crate::definition::form::{Category, Field};

/// The category a field sounds like, where that is graver than the declared one.
pub(super) fn sounds_like(field: &Field) -> Option<Category> {
    let texts = std::iter::once(field.id.as_str().replace(['-', '_'], " "))
        .chain(field.label.0.values().map(|label| label.to_lowercase()));
    let texts: Vec<String> = texts.collect();
    let holds = |words: &[&str]| texts.iter().any(|text| words.iter().any(|word| starts_a_word(text, word)));
    let sounds = if holds(&CRIMINAL) {
        Category::Criminal
    } else if holds(&SPECIAL) {
        Category::Special
    } else if holds(&CONFIDENTIAL) {
        Category::Confidential
    } else {
        return None;
    };
    let gravity = |category: Category| category as u8;
    (gravity(field.category) < gravity(sounds)).then_some(sounds)
}

/// Whether a word of `text` starts with `start`, so that "raced" is not taken for "traced".
fn starts_a_word(text: &str, start: &str) -> bool {
    text.match_indices(start).any(|(at, _)| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
}

const CRIMINAL: [&str; 10] = [
    "criminal",
    "conviction",
    "police record",
    "съдимост",
    "присъди",
    "престъплени",
    "осъждан",
    "جنائي",
    "السجل الجنائي",
    "سوابق",
];

const SPECIAL: [&str; 33] = [
    "health",
    "medical",
    "diagnos",
    "allerg",
    "disabilit",
    "pregnan",
    "religio",
    "ethnic",
    "racial",
    "political",
    "trade union",
    "union member",
    "sexual",
    "biometric",
    "genetic",
    "здравослов",
    "здравен",
    "здравн",
    "медицинск",
    "диагноз",
    "алерги",
    "увреждан",
    "бременн",
    "религи",
    "вероизповед",
    "етническ",
    "политическ",
    "синдикал",
    "حساسية",
    "إعاقة",
    "الديانة",
    "الحالة الصحية",
    "العرق",
];

const CONFIDENTIAL: [&str; 15] = [
    "passport",
    "card number",
    "credit card",
    "identity card",
    "national id",
    "social security",
    "iban",
    "паспорт",
    "лична карта",
    "номер на карта",
    "егн",
    "جواز السفر",
    "رقم البطاقة",
    "بطاقة الهوية",
    "رقم الهوية",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_from_their_start() {
        assert!(starts_a_word("any allergies?", "allerg"));
        assert!(starts_a_word("вашата диагноза", "диагноз"));
        assert!(!starts_a_word("unallergic", "allerg"));
        assert!(!starts_a_word("здравейте", "здравен"));
    }
}
