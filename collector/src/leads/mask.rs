//! What of a value is shown to somebody who has not said that they need it. No database.
//!
//! As little as still helps to tell one lead from another. The dots stand for any number of characters: the length of
//! a password or a card number is nobody's business either.

use unticked_shared::{
    definition::form::{Category, Identifies},
    placement::FieldKind,
    submission::Value,
};

/// What stands for the part that is hidden.
const HIDDEN: &str = "…";

/// What a field is, as far as its mask depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nature {
    /// What kind of control.
    pub kind: FieldKind,
    /// Whether it points to a person.
    pub identifies: Identifies,
    /// How sensitive it is.
    pub category: Category,
}

impl Nature {
    /// Of a field that no version names: the most careful one.
    pub const UNKNOWN: Self =
        Self { kind: FieldKind::Select, identifies: Identifies::Direct, category: Category::Special };

    /// Whether its values stay masked.
    pub fn is_sensitive(self) -> bool {
        self.identifies != Identifies::No || self.category != Category::Ordinary
    }

    /// Whether any part of a value would tell the whole, or what it says of the person: one of a list, a day, a
    /// postcode, anything of a special category.
    fn tells_by_a_part(self) -> bool {
        let listed = matches!(
            self.kind,
            FieldKind::Select | FieldKind::Radio | FieldKind::Checkboxes | FieldKind::Country | FieldKind::Date
        );
        listed
            || self.identifies == Identifies::Quasi
            || matches!(self.category, Category::Special | Category::Criminal)
    }
}

/// The mask of a sensitive value.
pub fn mask(nature: Nature, value: &Value) -> String {
    let Value::One(text) = value else { return HIDDEN.to_owned() };
    let text = text.trim();
    if nature.tells_by_a_part() {
        return HIDDEN.to_owned();
    }
    if nature.kind == FieldKind::Email
        && let Some(masked) = address(text)
    {
        return masked;
    }
    tail(text)
}

/// `a…@example.org`: the domain tells the customer of one firm from that of another. A name of one or two letters is
/// hidden wholly.
fn address(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && domain.contains('.'))?;
    let first = if local.chars().count() > 2 { local.chars().next() } else { None };
    Some(format!("{}{HIDDEN}@{domain}", first.map(String::from).unwrap_or_default()))
}

/// The last four characters of twelve or more, the last two of eight or more, and nothing of what is shorter.
fn tail(text: &str) -> String {
    let count = text.chars().count();
    let shown = match count {
        0..8 => 0,
        8..12 => 2,
        _ => 4,
    };
    let end: String = text.chars().skip(count - shown).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    format!("{HIDDEN}{}", end.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Nature = Nature { kind: FieldKind::Text, identifies: Identifies::Direct, category: Category::Ordinary };

    fn one(nature: Nature, text: &str) -> String {
        mask(nature, &Value::One(text.to_owned()))
    }

    #[test]
    fn short_values_are_hidden_wholly_and_long_ones_but_for_their_end() {
        for text in ["", "A", "Ann", "Ann Lee"] {
            assert_eq!(one(NAME, text), "…", "{text}");
        }
        assert_eq!(one(NAME, "Ann Canary"), "…ry");
        assert_eq!(one(NAME, "+359 2 777 8899"), "…8899");
        assert_eq!(one(NAME, "Мария Иванова-Петрова"), "…рова");
        assert_eq!(one(NAME, "call me after  5\n"), "…r  5");
    }

    #[test]
    fn never_more_than_four_characters_nor_a_third_of_the_value_is_shown() {
        for length in 0..60 {
            let text: String = ('a'..='z').cycle().take(length).collect();
            let shown = one(NAME, &text).chars().count() - 1;
            assert!(shown <= 4 && shown * 3 <= length, "{length}: {shown}");
        }
    }

    #[test]
    fn an_address_keeps_its_domain() {
        let mail = Nature { kind: FieldKind::Email, ..NAME };
        assert_eq!(one(mail, "ann.canary@example.org"), "a…@example.org");
        assert_eq!(one(mail, "al@example.org"), "…@example.org");
        assert_eq!(one(mail, " Ann@Example.org "), "A…@Example.org");
        assert_eq!(one(mail, "no address at all"), "…all", "what is no address is masked as any text");
    }

    #[test]
    fn what_a_part_would_tell_is_hidden_wholly() {
        let listed = Nature { kind: FieldKind::Select, ..NAME };
        assert_eq!(one(listed, "vegetarian or vegan"), "…");
        let born = Nature { kind: FieldKind::Date, ..NAME };
        assert_eq!(one(born, "1990-05-17"), "…");
        let postcode = Nature { identifies: Identifies::Quasi, ..NAME };
        assert_eq!(one(postcode, "SW1A 1AA, London"), "…");
        let health = Nature { identifies: Identifies::No, category: Category::Special, ..NAME };
        assert_eq!(one(health, "an allergy to peanuts"), "…");
        let card = Nature { category: Category::Confidential, ..NAME };
        assert_eq!(one(card, "4111 1111 1111 1234"), "…1234");
        let boxes = Nature { kind: FieldKind::Checkboxes, ..NAME };
        assert_eq!(mask(boxes, &Value::Many(vec!["gluten".to_owned(), "nuts".to_owned()])), "…");
    }

    #[test]
    fn what_identifies_nobody_and_is_ordinary_is_not_sensitive() {
        assert!(!Nature { identifies: Identifies::No, ..NAME }.is_sensitive());
        assert!(Nature { identifies: Identifies::No, category: Category::Confidential, ..NAME }.is_sensitive());
        assert!(Nature { identifies: Identifies::Quasi, ..NAME }.is_sensitive());
        assert!(Nature::UNKNOWN.is_sensitive());
    }
}
