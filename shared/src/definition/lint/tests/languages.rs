use super::{FORM, broken};

broken! {
    every_declared_language_has_every_text: [(FORM, "title = { en = \"Contact\", bg = \"Контакт\" }", "title = { en = \"Contact\" }")]
        => MissingText in FORM, "title", "title";
    an_empty_text_is_none: [("purposes/news.toml", "bg = \"Новини\"", "bg = \" \"")]
        => MissingText in "purposes/news.toml", "name", "\" \"";
    the_controllers_speak_every_language_of_every_form: [("controller.toml", ", bg = \"Няма такива.\"", "")]
        => MissingText in "controller.toml", "automated", "automated";
    a_language_says_about_as_much_as_the_default: [("purposes/reply.toml", "{controller} answers.", "{controller} answers your question by mail or by telephone within two working days.")]
        => ShorterText in "purposes/reply.toml", "statement", "\"{controller} отговаря.\"";
    a_text_that_nobody_reads_is_questioned: [(FORM, "title = { en = \"Contact\"", "title = { de = \"Kontakt\", en = \"Contact\"")]
        => UndeclaredLanguage in FORM, "title", "de";
    a_placeholder_is_one_that_is_filled_in: [("purposes/reply.toml", "{controller} answers.", "{controler} answers.")]
        => UnknownPlaceholder in "purposes/reply.toml", "statement", "\"{controler} answers.\"";
    what_is_left_to_do_goes_to_nobody: [("purposes/reply.toml", "{controller} answers.", "TODO: {controller} answers.")]
        => Unfinished in "purposes/reply.toml", "statement", "\"TODO: {controller} answers.\"";
    the_controller_is_filled_in_only_in_statements: [(FORM, "en = \"Send\"", "en = \"Send to {controller}\"")]
        => UnknownPlaceholder in FORM, "submit", "\"Send to {controller}\"";
}

#[test]
fn a_language_needs_the_product_s_own_words() {
    let mut files = super::edited(&[(FORM, "languages = [\"en\", \"bg\"]", "languages = [\"en\", \"bg\", \"de\"]")]);
    for file in ["banner.toml", "purposes/ads.toml", "purposes/counts.toml"] {
        files.remove(file);
    }
    for text in files.values_mut() {
        *text = text.replace("bg = \"", "de = \"Ein Text, der lang genug ist.\", bg = \"");
        *text = text.replace("{ de = \"Ein Text, der lang genug ist.\", bg = \"https", "{ de = \"https");
    }
    let policy = files.get_mut("controller.toml").unwrap();
    *policy = policy
        .replace("de = \"Ein Text, der lang genug ist.\", bg = \"https", "de = \"https://a.example\", bg = \"https");
    let news = files.get_mut("purposes/news.toml").unwrap();
    *news = news.replacen("may write.\", de = \"Ein Text", "may write.\", de = \"{controller}: ein Text", 1);
    let findings = crate::definition::check(&files).findings;
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0].rule, crate::definition::Rule::UnknownLanguage);
    assert_eq!(super::covered(&files, &findings[0]), "\"de\"");
    assert!(findings[0].message.contains("en, bg, ar"), "{}", findings[0].message);
}
