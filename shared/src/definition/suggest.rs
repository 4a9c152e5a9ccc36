//! What an owner probably meant.

/// `; did you mean `x`?` where one of `known` is close to `text`, else nothing.
pub(super) fn did_you_mean<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    closest(text, known).map_or_else(String::new, |best| format!("; did you mean `{best}`?"))
}

/// The closest of `known`, if it is close enough to be a slip of the fingers.
pub(super) fn closest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&text, &known.replace('-', "_")), known))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// The nearest usable name: lower case, `a-z 0-9 - _`, a letter first, at most 64 characters.
pub(super) fn slug(text: &str) -> String {
    let tidy: String = text
        .trim()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .collect();
    let tidy = tidy.trim_matches('-').trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let tidy: String = tidy.chars().take(64).collect();
    if tidy.is_empty() { "unnamed".to_owned() } else { tidy }
}
