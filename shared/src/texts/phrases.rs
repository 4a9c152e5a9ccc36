//! Product phrases that go into a definition's texts when a version is made, and so never travel by themselves.

use crate::{definition::purpose::Safeguard, id::Language};

/// `A`, `A and B`, `A, B and C`.
pub(crate) fn list(language: &Language, items: &[&str]) -> String {
    let (comma, and) = match language.primary() {
        "bg" => (", ", " и "),
        // The Arabic "and" is written together with the word that follows.
        "ar" => ("، ", " و"),
        _ => (", ", " and "),
    };
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{}{and}{last}", first.join(comma)),
    }
}

/// The name of a safeguard, with its article.
pub(crate) fn safeguard(language: &Language, safeguard: Safeguard) -> &'static str {
    let (en, bg, ar) = match safeguard {
        Safeguard::AdequacyDecision => (
            "adequacy decision of the European Commission, Art. 45 GDPR",
            "решение на Европейската комисия относно адекватното ниво на защита, чл. 45 от ОРЗД",
            "قرار كفاية صادر عن المفوضية الأوروبية، المادة 45 من اللائحة العامة لحماية البيانات",
        ),
        Safeguard::StandardContractualClauses => (
            "standard contractual clauses, Art. 46(2)(c) GDPR",
            "стандартни договорни клаузи, чл. 46, параграф 2, буква в) от ОРЗД",
            "بنود تعاقدية قياسية، المادة 46(2)(ج) من اللائحة العامة لحماية البيانات",
        ),
        Safeguard::BindingCorporateRules => (
            "binding corporate rules, Art. 47 GDPR",
            "задължителни фирмени правила, чл. 47 от ОРЗД",
            "قواعد مؤسسية ملزمة، المادة 47 من اللائحة العامة لحماية البيانات",
        ),
        Safeguard::ExplicitConsent => (
            "your explicit consent, Art. 49(1)(a) GDPR",
            "Вашето изрично съгласие, чл. 49, параграф 1, буква а) от ОРЗД",
            "موافقتك الصريحة، المادة 49(1)(أ) من اللائحة العامة لحماية البيانات",
        ),
    };
    match language.primary() {
        "bg" => bg,
        "ar" => ar,
        _ => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_as_the_language_joins_them() {
        let join = |tag: &str, items: &[&str]| list(&Language::parse(tag).unwrap(), items);
        assert_eq!(join("en", &["A"]), "A");
        assert_eq!(join("en", &["A", "B", "C"]), "A, B and C");
        assert_eq!(join("bg", &["А", "Б"]), "А и Б");
        assert_eq!(join("ar", &["ألف", "باء"]), "ألف وباء");
        assert_eq!(join("en", &[]), "");
    }
}
