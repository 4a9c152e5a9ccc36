use super::{FORM, broken};

const DAY: &str = "[[field]]\nid = \"day\"\nkind = \"date\"\nstep = \"last\"\nlabel = { en = \"Day\", bg = \"Ден\" }\npurposes = [\"reply\"]\nidentifies = \"no\"";
const PEOPLE: &str = "label = { en = \"People\", bg = \"Хора\" }\npurposes = [\"reply\"]\nidentifies = \"no\"";

broken! {
    a_field_is_used_for_something: [(FORM, "purposes = [\"reply\"]\nrequired", "required")]
        => NoPurpose in FORM, "id = \"name\"", "\"name\"";
    a_field_with_an_empty_list_of_purposes_is_used_for_nothing: [(FORM, "[\"reply\"]\nrequired", "[]\nrequired")]
        => NoPurpose in FORM, "id = \"name\"", "\"name\"";
    special_data_need_an_explicit_consent: [(FORM, "purposes = [\"diet\"]", "purposes = [\"diet\", \"reply\"]")]
        => NoExplicitConsent in FORM, "category", "\"special\"";
    convictions_cannot_be_asked_for: [(FORM, "max_length = 100", "category = \"criminal\"")]
        => CriminalData in FORM, "category", "\"criminal\"";
    a_field_that_sounds_like_health_is_questioned: [(FORM, "bg = \"Съобщение\"", "bg = \"Вашите алергии\"")]
        => LooksSensitive in FORM, "id = \"message\"", "\"message\"";
    a_mail_address_points_to_a_person: [(FORM, "autocomplete = \"email\"", "autocomplete = \"email\"\nidentifies = \"no\"")]
        => WrongIdentifies in FORM, "identifies", "\"no\"";
    a_birth_date_points_to_a_person_together_with_more: [(FORM, "min = \"2027-05-01\"", "autocomplete = \"bday\"\nmin = \"1927-05-01\"")]
        => WrongIdentifies in FORM, "identifies", "\"no\"";
    free_text_may_hold_anything: [(FORM, "bg = \"Съобщение\" }\n", "bg = \"Съобщение\" }\nidentifies = \"no\"\n")]
        => FreeTextIdentifies in FORM, "identifies", "\"no\"";
    special_values_do_not_stand_in_addresses: [(FORM, "kind = \"textarea\"\nstep = \"last\"\nlabel = { en = \"Message\", bg = \"Съобщение\" }\n", "kind = \"textarea\"\nstep = \"last\"\nlabel = { en = \"Message\", bg = \"Съобщение\" }\ncategory = \"confidential\"\nprefill = \"m\"\n")]
        => SensitivePrefill in FORM, "prefill", "\"m\"";
    a_link_ticks_nothing: [(FORM, "id = \"food\"\nkind = \"checkboxes\"\n", "id = \"food\"\nkind = \"checkboxes\"\nprefill = \"food\"\n"), (FORM, "category = \"special\"\n", ""), ("purposes/diet.toml", "kind = \"service\"", "kind = \"analytics\""), ("purposes/diet.toml", "explicit = true\n", "")]
        => BadPrefill in FORM, "prefill", "\"food\"";
    a_query_parameter_has_a_usable_name: [(FORM, "\"utm_source\"", "\"utm source\"")]
        => BadPrefill in FORM, "prefill", "\"utm source\"";
    a_click_identifier_needs_a_grant: [(FORM, "\"utm_source\"", "\"gclid\"")]
        => ClickIdentifier in FORM, "prefill", "\"gclid\"";
    quasi_identifiers_together_are_questioned: [(FORM, DAY, "[[field]]\nid = \"day\"\nkind = \"date\"\nstep = \"last\"\nlabel = { en = \"Day\", bg = \"Ден\" }\npurposes = [\"reply\"]\nidentifies = \"quasi\""), (FORM, PEOPLE, "label = { en = \"People\", bg = \"Хора\" }\npurposes = [\"reply\", \"news\"]\nidentifies = \"quasi\"")]
        => QuasiIdentifiers in FORM, "identifies", "\"quasi\"";
    a_hidden_field_carries_something: [(FORM, "prefill = \"utm_source\"", "")]
        => HiddenSource in FORM, "id = \"source\"", "\"source\"";
    a_hidden_field_has_one_source: [(FORM, "prefill = \"utm_source\"", "prefill = \"utm_source\"\nfixed = \"x\"")]
        => HiddenSource in FORM, "id = \"source\"", "\"source\"";
    a_key_fits_its_kind: [(FORM, "max_length = 100", "max_length = 100\nmin = 3")]
        => WrongKind in FORM, "min = 3", "min";
    a_hidden_field_is_not_required: [(FORM, "prefill = \"utm_source\"", "prefill = \"utm_source\"\nrequired = true")]
        => WrongKind in FORM, "required", "required";
    a_list_offers_a_choice: [(FORM, "[[field.option]]\nvalue = \"no\"\nlabel = { en = \"No\", bg = \"Не\" }\n", "")]
        => NoOptions in FORM, "id = \"lunch\"", "\"lunch\"";
    an_option_can_be_sent: [(FORM, "value = \"vegan\"", "value = \"vegan \"")]
        => BadOption in FORM, "value", "\"vegan \"";
    options_differ: [(FORM, "value = \"no\"", "value = \"yes\"")]
        => Duplicate in FORM, "value = \"yes\"", "\"yes\"";
    a_pattern_can_be_read: [(FORM, "\"####\"", "\"#{4\"")]
        => BadPattern in FORM, "pattern", "\"#{4\"";
    a_pattern_is_explained: [(FORM, "help = { en = \"four digits\", bg = \"четири цифри\" }\n", "")]
        => PatternWithoutHelp in FORM, "pattern", "\"####\"";
    a_bound_of_a_date_is_a_day: [(FORM, "\"2027-05-31\"", "\"31.05.2027\"")]
        => BadLimit in FORM, "max", "\"31.05.2027\"";
    bounds_do_not_cross: [(FORM, "max = 6", "max = 0")]
        => BadLimit in FORM, "min", "1";
    lengths_do_not_cross: [(FORM, "max_length = 100", "max_length = 100\nmin_length = 101")]
        => BadLimit in FORM, "min_length", "101";
    a_token_is_one_of_html_s: [(FORM, "autocomplete = \"email\"", "autocomplete = \"e-mail\"")]
        => BadAutocomplete in FORM, "autocomplete", "\"e-mail\"";
    the_browser_can_fill_in_a_mail_address: [(FORM, "autocomplete = \"email\"\n", "")]
        => NoAutocomplete in FORM, "id = \"email\"", "\"email\"";
}

#[test]
fn quasi_identifiers_that_are_kept_for_less_time_than_the_rest_are_in_order() {
    let short = |text: &str| text.replace("[\"reply\"]\nidentifies = \"no\"", "[\"stats\"]\nidentifies = \"quasi\"");
    let files = super::edited(&[(FORM, DAY, &short(DAY)), (FORM, PEOPLE, &short(PEOPLE))]);
    assert_eq!(crate::definition::check(&files).findings, []);
}

#[test]
fn bounds_may_be_written_with_or_without_quotes() {
    let files = super::edited(&[(FORM, "\"2027-05-01\"", "2027-05-01"), (FORM, "min = 1", "min = \"1\"")]);
    let definitions = crate::definition::check(&files).definitions.unwrap();
    assert_eq!(definitions, crate::definition::check(&super::sound()).definitions.unwrap());
}
