use super::{FORM, broken};

const DESTINATIONS: &str = "destinations.toml";
const CONTROLLER: &str = "controller.toml";

broken! {
    a_controller_has_an_address: [(CONTROLLER, "address = \"1 Shipka Street, Sofia\"\n", "")]
        => NoControllerAddress in CONTROLLER, "[controller]", "controller";
    a_controller_can_be_reached: [(CONTROLLER, "\"data@shop.example\"", "\"\"")]
        => NoControllerContact in CONTROLLER, "[controller]", "controller";
    a_policy_has_a_web_address: [(CONTROLLER, "\"https://shop.example/bg\"", "\"/bg\"")]
        => BadUrl in CONTROLLER, "policy_url", "\"/bg\"";
    a_form_names_purposes_that_exist: [(FORM, "\"reply\", \"news\", \"stats\"", "\"reply\", \"news\", \"statistics\", \"stats\"")]
        => UnknownPurpose in FORM, "purposes = [\"reply\"", "\"statistics\"";
    a_field_names_purposes_that_exist: [(FORM, "purposes = [\"reply\"]\nrequired", "purposes = [\"reply\", \"repply\"]\nrequired")]
        => UnknownPurpose in FORM, "repply", "\"repply\"";
    a_purpose_of_the_form_has_a_field: [(FORM, "purposes = [\"stats\"]", "purposes = [\"reply\"]")]
        => PurposeWithoutField in FORM, "purposes = [\"reply\"", "\"stats\"";
    nothing_is_listed_twice: [(FORM, "[\"reply\", \"news\", \"stats\", \"diet\"]", "[\"reply\", \"news\", \"stats\", \"diet\", \"news\"]")]
        => Duplicate in FORM, "purposes = [\"reply\"", "\"news\"";
    fields_have_names_of_their_own: [(FORM, "id = \"people\"", "id = \"day\"")]
        => Duplicate in FORM, "id = \"day\"", "\"day\"";
    a_site_is_what_browsers_send: [(FORM, "https://shop.example", "https://shop.example/contact")]
        => BadOrigin in FORM, "sites", "\"https://shop.example/contact\"";
    a_site_is_encrypted: [(FORM, "https://shop.example", "http://shop.example")]
        => InsecureOrigin in FORM, "sites", "\"http://shop.example\"";
    nobody_is_called_a_robot_for_reading_slowly: [(FORM, "[[step]]", "[robots]\nminimum_seconds = 600\n\n[[step]]")]
        => BadLimit in FORM, "minimum_seconds", "600";
    a_form_for_minors_says_how_a_guardian_authorises: [(FORM, "[[step]]", "addresses_minors = true\n\n[[step]]")]
        => NoGuardian in FORM, "addresses_minors", "addresses_minors";
    a_form_sends_to_destinations_that_exist: [(FORM, "destinations = [\"crm\"]", "destinations = [\"crm\", \"cmr\"]")]
        => UnknownDestination in FORM, "destinations", "\"cmr\"";
    a_destination_holds_data_for_purposes_that_exist: [(DESTINATIONS, "[\"reply\", \"news\"]", "[\"reply\", \"newz\"]")]
        => UnknownPurpose in DESTINATIONS, "purposes", "\"newz\"";
    a_destination_that_nobody_sends_to_is_questioned: [(FORM, "destinations = [\"crm\"]\n", "")]
        => UnusedDestination in DESTINATIONS, "id", "\"crm\"";
    a_destination_that_would_receive_nothing_is_questioned: [(DESTINATIONS, "[\"reply\", \"news\"]", "[]")]
        => UnusedDestination in FORM, "destinations", "\"crm\"";
    a_destination_has_a_web_address: [(DESTINATIONS, "https://crm.example/hook", "crm.example")]
        => BadUrl in DESTINATIONS, "url", "\"crm.example\"";
    a_secret_never_stands_in_the_definitions: [(DESTINATIONS, "secret = \"crm\"", "secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"")]
        => BadSecret in DESTINATIONS, "secret", "\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"";
    a_secret_has_a_usable_name: [(DESTINATIONS, "secret = \"crm\"", "secret = \"my secret\"")]
        => BadSecret in DESTINATIONS, "secret", "\"my secret\"";
}

#[test]
fn a_form_asks_something() {
    let mut files = super::sound();
    let form = files.get_mut(FORM).unwrap();
    form.truncate(form.find("[[step]]").unwrap());
    let findings = crate::definition::check(&files).findings;
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [crate::definition::Rule::NoFields]);
}

#[test]
fn a_field_names_purposes_of_its_form() {
    let files = super::edited(&[(FORM, "\"stats\", \"diet\"]", "\"diet\"]")]);
    let findings = crate::definition::check(&files).findings;
    let unlisted = findings.iter().find(|f| f.rule == crate::definition::Rule::UnlistedPurpose).unwrap();
    assert_eq!(super::covered(&files, unlisted), "\"stats\"");
    assert_eq!(findings.len(), 2, "and the purpose is not used by any form: {findings:?}");
}
