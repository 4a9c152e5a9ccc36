use super::{FORM, broken};

const NEWS: &str = "purposes/news.toml";

broken! {
    consent_is_not_asked_for_what_the_contract_needs: [
        ("purposes/diet.toml", "explicit = true\n", ""),
        (FORM, "category = \"special\"\n", ""),
    ] => NeedlessConsent in FORM, "purposes = [\"reply\"", "\"diet\"";
    one_box_does_not_stand_for_two_purposes: [(FORM, "\"news\", \"stats\"", "[\"news\", \"reply\"], \"news\", \"stats\"")]
        => BundledPurposes in FORM, "purposes = [\"reply\"", "[\"news\", \"reply\"]";
    two_purposes_joined_in_one_name_are_one_box_for_two: [(FORM, "\"news\", \"stats\"", "\"news + stats\", \"news\", \"stats\"")]
        => BundledPurposes in FORM, "purposes = [\"reply\"", "\"news + stats\"";
    a_ticked_option_is_refused: [(FORM, "value = \"vegan\"", "value = \"vegan\"\nticked = true")]
        => PreTicked in FORM, "ticked", "ticked";
    a_consent_in_an_ordinary_field_is_questioned: [(FORM, "en = \"Vegan\"", "en = \"I agree to receive news\"")]
        => ConsentInField in FORM, "I agree", "{ en = \"I agree to receive news\", bg = \"Веган\" }";
    what_may_be_refused_is_not_required: [(FORM, "category = \"special\"", "category = \"special\"\nrequired = true")]
        => RequiredForConsent in FORM, "required", "required";
    a_mail_confirmation_needs_a_mail_address: [
        (FORM, "\"reply\", \"news\"]\nautocomplete", "\"reply\"]\nautocomplete"),
        (FORM, "[[field]]\nid = \"order\"\nkind = \"text\"\nstep = \"first\"\nlabel = { en = \"Order\", bg = \"Поръчка\" }\nhelp = { en = \"four digits\", bg = \"четири цифри\" }\npurposes = [\"reply\"]", "[[field]]\nid = \"order\"\nkind = \"text\"\nstep = \"first\"\nlabel = { en = \"Order\", bg = \"Поръчка\" }\nhelp = { en = \"four digits\", bg = \"четири цифри\" }\npurposes = [\"news\"]"),
    ] => ConfirmWithoutMail in FORM, "purposes = [\"reply\", \"news\"", "\"news\"";
    an_explicit_consent_is_for_data_that_need_one: [(FORM, "category = \"special\"\n", "")]
        => ExplicitWithoutSpecial in FORM, "purposes = [\"reply\"", "\"diet\"";
}

#[test]
fn a_form_for_nothing_but_a_newsletter_may_require_the_address() {
    let form = r#"languages = ["en", "bg"]
purposes = ["news"]
title = { en = "News", bg = "Новини" }
submit = { en = "Yes", bg = "Да" }
required_note = { en = "The address.", bg = "Адресът." }

[[field]]
id = "email"
kind = "email"
label = { en = "Mail", bg = "Имейл" }
purposes = ["news"]
autocomplete = "email"
required = true
"#;
    let mut files = super::sound();
    files.insert("forms/news.toml".to_owned(), form.to_owned());
    assert_eq!(crate::definition::check(&files).findings, []);
}

#[test]
fn every_controller_who_relies_on_a_consent_is_named() {
    let joint = "[[joint]]\nname = \"Petko AD\"\naddress = \"2 Vitosha\"\ncontact = \"p@shop.example\"\n";
    let named = |statement: &str| {
        let mut files = super::edited(&[(NEWS, "{controller} may write.", statement)]);
        files.get_mut("controller.toml").unwrap().push_str(joint);
        crate::definition::check(&files).findings.len()
    };
    assert_eq!(named("{controller} may write."), 0);
    assert_eq!(named("Stavri OOD and Petko AD may write."), 0);
    assert_eq!(named("Stavri OOD may write."), 1, "the joint controller relies on it, too");
}
