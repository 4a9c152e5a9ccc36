//! Whatever an owner writes: no panic, and the same again for the same.

use proptest::prelude::*;

use crate::{
    definition::{Definitions, check, content},
    id::Language,
};

/// The sound files with some of their lines changed, dropped, doubled or swapped.
fn mangled() -> impl Strategy<Value = std::collections::BTreeMap<String, String>> {
    let edit = (0..7usize, 0..90usize, 0..6u8, "\\PC{0,12}");
    prop::collection::vec(edit, 0..12).prop_map(|edits| {
        let mut files = super::sound();
        for (file, line, what, text) in edits {
            let file = files.values_mut().nth(file).unwrap();
            let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
            if lines.is_empty() {
                continue;
            }
            let at = line % lines.len();
            match what {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => lines[at] = lines[at].replace('"', ""),
                3 => lines[at] = lines[at].replacen("= ", &format!("= {text}"), 1),
                4 => lines[at] = lines[at].replacen('"', &format!("\"{}", text.replace(['"', '\\'], "")), 1),
                _ => lines.insert(at, text.clone()),
            }
            *file = lines.join("\n");
        }
        files
    })
}

fn every_content(definitions: &Definitions) -> Vec<crate::placement::Content> {
    let mut contents = Vec::new();
    for (id, form) in &definitions.forms {
        for tag in ["en", "bg", "ar", "de"] {
            let language = Language::parse(tag).unwrap();
            contents.push(content(id, form, &definitions.purposes, &definitions.controllers, &language));
        }
    }
    contents
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_is_answered_with_places_that_exist(files in mangled()) {
        let checked = check(&files);
        for finding in &checked.findings {
            let Some(text) = files.get(&finding.file) else { continue };
            let line = text.lines().nth(finding.place.line as usize - 1).unwrap_or_default();
            prop_assert!(finding.place.line as usize <= text.lines().count() + 1, "{finding}");
            prop_assert!(finding.place.column as usize <= line.chars().count() + 1, "{finding}");
        }
        prop_assert_eq!(checked.definitions.is_some(), !checked.findings.iter().any(super::Finding::is_error));
    }

    #[test]
    fn the_same_definitions_give_the_same_content(files in mangled()) {
        // Also of what the lint refuses: `content` is total.
        let read = || crate::definition::read::read(&files).definitions;
        let (one, other) = (every_content(&read()), every_content(&read()));
        let bytes = |contents: &[crate::placement::Content]| crate::canonical::to_vec(contents).unwrap();
        prop_assert_eq!(bytes(&one), bytes(&other));
    }

    #[test]
    fn any_text_at_all_can_be_read(text in "\\PC{0,200}") {
        for file in super::sound().into_keys() {
            let mut files = super::sound();
            files.insert(file, text.clone());
            let _ = check(&files);
        }
    }
}
