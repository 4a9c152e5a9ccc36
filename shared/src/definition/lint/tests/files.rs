use super::{FORM, broken, covered, edited, sound};
use crate::definition::{Rule, check};

broken! {
    a_typo_in_a_key_suggests_the_right_one: [(FORM, "max_length = 100", "max_lenght = 100")]
        => UnknownKey in FORM, "max_lenght", "max_lenght";
    a_key_that_must_be_there_is_asked_for: [(FORM, "submit = { en = \"Send\", bg = \"Изпрати\" }\n", "")]
        => MissingKey in FORM, "languages", "l";
    a_missing_key_of_a_table_is_asked_for_at_the_table: [(FORM, "value = \"vegan\"\n", "")]
        => MissingKey in FORM, "[[field.option]]", "[[field.option]]";
    a_value_has_the_right_type: [(FORM, "required = true", "required = \"yes\"")]
        => WrongType in FORM, "required", "\"yes\"";
    a_text_is_given_by_language: [(FORM, "title = { en = \"Contact\", bg = \"Контакт\" }", "title = \"Contact\"")]
        => WrongType in FORM, "title", "\"Contact\"";
    a_word_is_one_of_those_that_exist: [(FORM, "kind = \"textarea\"", "kind = \"textbox\"")]
        => UnknownValue in FORM, "textbox", "\"textbox\"";
    a_name_is_usable: [(FORM, "id = \"message\"", "id = \"Your message\"")]
        => BadName in FORM, "Your message", "\"Your message\"";
    a_language_tag_is_usable: [(FORM, "en = \"Send\",", "en = \"Send\", ENG = \"Send\",")]
        => BadName in FORM, "ENG", "ENG";
}

fn message(edits: &[(&str, &str, &str)]) -> String {
    let findings = check(&edited(edits)).findings;
    findings
        .into_iter()
        .find(|finding| finding.message.contains("did you mean") || finding.rule == Rule::UnknownKey)
        .unwrap()
        .message
}

#[test]
fn a_suggestion_names_the_key_the_word_or_the_purpose_that_was_meant() {
    assert!(message(&[(FORM, "max_length = 100", "max_lenght = 100")]).contains("did you mean `max_length`?"));
    assert!(message(&[(FORM, "kind = \"textarea\"", "kind = \"textaera\"")]).contains("did you mean `textarea`?"));
    assert!(
        message(&[(FORM, "\"reply\", \"news\", ", "\"reply\", \"nwes\", \"news\", ")]).contains("did you mean `news`?")
    );
    assert!(message(&[("controller.toml", "contact =", "contacts =")]).contains("did you mean `contact`?"));
    let nothing_near = message(&[(FORM, "max_length = 100", "zebra = 100")]);
    assert!(nothing_near.contains("possible here: ") && nothing_near.contains("max_length"), "{nothing_near}");
}

#[test]
fn a_syntax_error_is_pointed_at_and_nobody_is_blamed_for_what_the_file_declares() {
    let files = edited(&[("purposes/news.toml", "kind = \"marketing\"", "kind = \"marketing")]);
    let findings = check(&files).findings;
    assert!(!findings.is_empty());
    for finding in &findings {
        assert_eq!((finding.rule, finding.file.as_str()), (Rule::Syntax, "purposes/news.toml"), "{finding}");
        assert_eq!(finding.place.line, 2, "{finding}");
    }
}

#[test]
fn a_file_that_nothing_reads_is_not_passed_over() {
    for (file, meant) in [("destination.toml", "destinations.toml"), ("form/contact.toml", "forms"), ("a/b.toml", "")] {
        let mut files = sound();
        files.insert(file.to_owned(), String::new());
        let findings = check(&files).findings;
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!((findings[0].rule, findings[0].file.as_str()), (Rule::UnknownFile, file));
        assert!(findings[0].message.contains(meant), "{}", findings[0].message);
    }
}

#[test]
fn a_folder_needs_a_controller_and_a_form() {
    let findings = check(&std::collections::BTreeMap::new()).findings;
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [Rule::MissingFile, Rule::MissingFile]);
}

#[test]
fn a_file_s_name_is_the_name_of_what_it_declares() {
    let mut files = sound();
    let news = files.remove("purposes/news.toml").unwrap();
    files.insert("purposes/My News.toml".to_owned(), news);
    let findings = check(&files).findings;
    assert!(findings.iter().any(|f| f.rule == Rule::BadName && f.file == "purposes/My News.toml"), "{findings:?}");
}

#[test]
fn everything_that_is_wrong_is_found_at_once() {
    let files = edited(&[
        (FORM, "max_length = 100", "max_lenght = 100"),
        (FORM, "kind = \"textarea\"", "kind = \"textbox\""),
        (FORM, "purposes = [\"stats\"]\n", ""),
        ("purposes/news.toml", "legal_basis = \"consent\"\n", ""),
        ("controller.toml", "name = \"Stavri OOD\"\n", ""),
    ]);
    let found: Vec<(String, Rule)> = check(&files).findings.into_iter().map(|f| (f.file, f.rule)).collect();
    for expected in [
        ("controller.toml", Rule::MissingKey),
        (FORM, Rule::UnknownKey),
        (FORM, Rule::UnknownValue),
        (FORM, Rule::NoPurpose),
        ("purposes/news.toml", Rule::NoLegalBasis),
    ] {
        assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {found:?}");
    }
    assert!(check(&files).definitions.is_none());
}

#[test]
fn a_warning_stops_nobody() {
    let checked = check(&edited(&[(FORM, "https://shop.example", "http://shop.example")]));
    assert_eq!(checked.findings.len(), 1);
    assert!(checked.definitions.is_some());
}

#[test]
fn a_finding_reads_alone() {
    let files = edited(&[(FORM, "purposes = [\"reply\"]\nrequired", "required")]);
    let finding = &check(&files).findings[0];
    assert_eq!(
        finding.to_string(),
        "forms/contact.toml:18:6: error[no-purpose] no purpose uses `name`; say which in purposes = [\"…\"], \
         or do not ask for it (Art. 5(1)(c) GDPR)"
    );
    assert_eq!(covered(&files, finding), "\"name\"");
}
