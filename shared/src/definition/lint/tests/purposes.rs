use super::{FORM, broken};

const REPLY: &str = "purposes/reply.toml";
const NEWS: &str = "purposes/news.toml";
const STATS: &str = "purposes/stats.toml";
const NEWS_BASIS: &str = "legal_basis = \"consent\"\nconfirm_by_mail = true";

broken! {
    a_purpose_needs_a_legal_basis: [(REPLY, "legal_basis = \"contract\"\n", "")]
        => NoLegalBasis in REPLY, "name = ", "n";
    a_purpose_says_how_long: [(NEWS, "retention = { period = \"P2Y\", text = { en = \"two years\", bg = \"две години\" } }\n", "")]
        => NoRetention in NEWS, "name = ", "n";
    a_purpose_says_what_will_happen: [(NEWS, "statement = { en = \"{controller} may write.\", bg = \"{controller} може да пише.\" }\n", "")]
        => NoStatement in NEWS, "name = ", "n";
    marketing_is_done_in_somebody_s_name: [(NEWS, "{controller} може да пише.", "Може да пишем.")]
        => UnnamedController in NEWS, "statement", "\"Може да пишем.\"";
    a_ticked_purpose_is_refused: [(NEWS, "confirm_by_mail", "ticked = true\nconfirm_by_mail")]
        => PreTicked in NEWS, "ticked = true", "ticked";
    a_preselected_purpose_is_refused_by_any_other_name: [(NEWS, "confirm_by_mail", "checked = true\nconfirm_by_mail")]
        => PreTicked in NEWS, "checked = true", "checked";
    marketing_is_not_the_price_of_the_form: [(NEWS, "confirm_by_mail", "required = true\nconfirm_by_mail")]
        => RequiredMarketing in NEWS, "required = true", "required";
    a_consent_that_must_be_given_is_questioned: [("purposes/diet.toml", "explicit", "required = true\nexplicit")]
        => RequiredConsent in "purposes/diet.toml", "required = true", "required";
    where_nothing_is_asked_nothing_is_required: [(REPLY, "statement", "required = true\nstatement")]
        => RequiredWithoutConsent in REPLY, "required = true", "required";
    legitimate_interests_are_weighed_and_the_weighing_kept: [(STATS, "balancing_test = \"file 7\"\n", "")]
        => NoBalancingTest in STATS, "legal_basis", "\"legitimate-interests\"";
    an_empty_balancing_test_is_none: [(STATS, "\"file 7\"", "\" \"")]
        => NoBalancingTest in STATS, "legal_basis", "\"legitimate-interests\"";
    legitimate_interests_are_named: [(STATS, "interest = { en = \"to know\", bg = \"да знаем\" }\n", "")]
        => NoInterest in STATS, "legal_basis", "\"legitimate-interests\"";
    marketing_is_no_part_of_a_contract: [(NEWS, NEWS_BASIS, "legal_basis = \"contract\"")]
        => ContractForMarketing in NEWS, "legal_basis", "\"contract\"";
    a_transfer_names_its_safeguard: [(STATS, "safeguard = \"adequacy-decision\"\n", "")]
        => NoSafeguard in STATS, "[[transfers]]", "[[transfers]]";
    an_explicit_consent_to_a_transfer_is_asked_for: [(STATS, "adequacy-decision", "explicit-consent")]
        => NoSafeguard in STATS, "safeguard", "\"explicit-consent\"";
    an_adequacy_decision_must_exist: [(STATS, "\"CH\"", "\"IN\"")]
        => NoAdequacy in STATS, "safeguard", "\"adequacy-decision\"";
    what_stays_inside_is_no_transfer: [(STATS, "\"CH\"", "\"NO\"")]
        => TransferInside in STATS, "country", "\"NO\"";
    a_transfer_goes_to_a_country: [(STATS, "\"CH\"", "\"Switzerland\"")]
        => BadCountry in STATS, "country", "\"Switzerland\"";
    a_period_is_an_iso_8601_duration: [(REPLY, "P1Y", "1 year")]
        => BadDuration in REPLY, "period", "\"1 year\"";
    only_a_consent_is_explicit: [(REPLY, "statement", "explicit = true\nstatement")]
        => ExplicitWithoutConsent in REPLY, "explicit", "explicit";
    only_a_consent_is_confirmed: [(REPLY, "statement", "confirm_by_mail = true\nstatement")]
        => ConfirmWithoutMail in REPLY, "confirm_by_mail", "confirm_by_mail";
    a_purpose_has_one_kind: [(NEWS, "\"marketing\"", "[\"marketing\", \"profiling\"]")]
        => BundledPurposes in NEWS, "kind", "[\"marketing\", \"profiling\"]";
    a_purpose_has_one_basis: [(REPLY, "\"contract\"", "[\"contract\", \"consent\"]")]
        => BundledPurposes in REPLY, "legal_basis", "[\"contract\", \"consent\"]";
    a_purpose_that_no_form_lists_is_questioned: [
        (FORM, "\"stats\", \"diet\"]", "\"diet\"]"),
        (FORM, "purposes = [\"stats\"]", "purposes = [\"reply\"]"),
    ] => UnusedPurpose in STATS, "name", "{ en = \"Statistics\", bg = \"Статистика\" }";
}
