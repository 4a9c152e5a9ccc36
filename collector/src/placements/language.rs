//! Which language a visitor is shown.

use unticked_shared::{id::Language, texts::LANGUAGES};

use crate::forms::Version;

/// The language that `lang` asks for, else the first that the browser prefers and the form speaks, else the form's
/// default. What was asked for and is not there falls back in the same way.
pub fn choose<'a>(version: &'a Version, lang: Option<&str>, accept_language: Option<&str>) -> &'a Language {
    let mut asked = lang.into_iter().chain(preferred(accept_language.unwrap_or_default()));
    asked.find_map(|tag| spoken(version, tag)).unwrap_or_else(|| version.default_language())
}

/// The language of the product's own words that `lang` or the browser asks for; English where it speaks none of them.
pub fn of_product(lang: Option<&str>, accept_language: Option<&str>) -> Language {
    let mut asked = lang.into_iter().chain(preferred(accept_language.unwrap_or_default()));
    let spoken = |tag: &str| {
        let primary = tag.split('-').next().unwrap_or(tag);
        LANGUAGES.iter().find(|own| own.eq_ignore_ascii_case(primary))
    };
    let tag = asked.find_map(spoken).unwrap_or(&LANGUAGES[0]);
    Language::parse(tag).expect("the product's languages are language tags")
}

/// The form's language for a tag: the very one, else one of the same primary language. Tags compare without case
/// (RFC 5646, section 2.1.1).
fn spoken<'a>(version: &'a Version, tag: &str) -> Option<&'a Language> {
    let languages = || version.faces.keys();
    let primary = tag.split('-').next().unwrap_or(tag);
    languages()
        .find(|own| own.as_str().eq_ignore_ascii_case(tag))
        .or_else(|| languages().find(|own| own.primary().eq_ignore_ascii_case(primary)))
}

/// The tags of `Accept-Language`, best first; `*` says nothing.
fn preferred(header: &str) -> Vec<&str> {
    let mut tags: Vec<(&str, f32)> = header
        .split(',')
        .filter_map(|offer| {
            let mut parts = offer.split(';').map(str::trim);
            let tag = parts.next().filter(|tag| !tag.is_empty() && *tag != "*")?;
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
            (weight > 0.0).then_some((tag, weight))
        })
        .collect();
    // Stable, so that equals keep their order.
    tags.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    tags.into_iter().map(|(tag, _)| tag).collect()
}

/// What a language calls itself, for the links that switch to it; the tag where we do not know.
pub fn own_name(language: &Language) -> &str {
    match language.primary() {
        "ar" => "العربية",
        "bg" => "Български",
        "cs" => "Čeština",
        "da" => "Dansk",
        "de" => "Deutsch",
        "el" => "Ελληνικά",
        "en" => "English",
        "es" => "Español",
        "et" => "Eesti",
        "fa" => "فارسی",
        "fi" => "Suomi",
        "fr" => "Français",
        "ga" => "Gaeilge",
        "he" => "עברית",
        "hr" => "Hrvatski",
        "hu" => "Magyar",
        "it" => "Italiano",
        "lt" => "Lietuvių",
        "lv" => "Latviešu",
        "mt" => "Malti",
        "nl" => "Nederlands",
        "pl" => "Polski",
        "pt" => "Português",
        "ro" => "Română",
        "sk" => "Slovenčina",
        "sl" => "Slovenščina",
        "sv" => "Svenska",
        "tr" => "Türkçe",
        "uk" => "Українська",
        _ => language.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_wishes_are_read_by_weight_and_nonsense_is_passed_over() {
        assert_eq!(preferred("en;q=0.5, bg, ar;q=0.9, *;q=0.1, de;q=0, fr;q=x"), ["bg", "ar", "en"]);
        assert!(preferred("").is_empty());
    }
}
