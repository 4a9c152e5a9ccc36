use super::{FORM, broken, covered, edited, sound};
use crate::definition::{Rule, check};

const BANNER: &str = "banner.toml";

broken! {
    the_banner_names_purposes_that_exist: [(BANNER, "\"reply\", \"counts\"", "\"reply\", \"count\", \"counts\"")]
        => UnknownPurpose in BANNER, "purposes", "\"count\"";
    the_banner_lists_nothing_twice: [(BANNER, "\"counts\", \"ads\"]", "\"counts\", \"ads\", \"ads\"]")]
        => Duplicate in BANNER, "purposes", "\"ads\"";
    tracking_rests_on_consent_and_on_nothing_else: [("purposes/ads.toml", "legal_basis = \"consent\"", "legal_basis = \"legitimate-interests\"\ninterest = { en = \"to sell\", bg = \"да продаваме\" }\nbalancing_test = \"file 8\""), (BANNER, "join_forms = \"ads\"\n", ""), (BANNER, "uet = \"ads\"\n", ""), (BANNER, "ad_storage = \"ads\"\n", "")]
        => TrackingWithoutConsent in BANNER, "purposes", "\"ads\"";
    a_mail_cannot_confirm_what_a_banner_asks: [("purposes/counts.toml", "legal_basis", "confirm_by_mail = true\nlegal_basis")]
        => ConfirmWithoutMail in BANNER, "purposes", "\"counts\"";
    a_banner_stands_on_somebody_s_pages: [(BANNER, "sites = [\"https://shop.example\"]", "sites = []")]
        => NoSite in BANNER, "sites", "sites";
    a_banner_s_site_is_what_browsers_send: [(BANNER, "https://shop.example", "https://shop.example/")]
        => BadOrigin in BANNER, "sites", "\"https://shop.example/\"";
    a_period_is_read: [(BANNER, "ask_again = \"P6M\"", "ask_again = \"6 months\"")]
        => BadDuration in BANNER, "ask_again", "\"6 months\"";
    who_refused_is_left_in_peace: [(BANNER, "ask_again = \"P6M\"", "ask_again = \"P1W\"")]
        => AskAgain in BANNER, "ask_again", "\"P1W\"";
    no_answer_holds_for_ever: [(BANNER, "ask_again = \"P6M\"", "ask_again = \"P2Y\"")]
        => AskAgain in BANNER, "ask_again", "\"P2Y\"";
    an_identifier_hangs_on_a_purpose_that_is_asked: [(BANNER, "visitor_id = \"counts\"", "visitor_id = \"reply\"")]
        => UnaskedUse in BANNER, "visitor_id", "\"reply\"";
    an_identifier_hangs_on_a_purpose_of_the_banner: [(BANNER, "join_forms = \"ads\"", "join_forms = \"news\"")]
        => UnlistedPurpose in BANNER, "join_forms", "\"news\"";
    what_does_not_exist_cannot_be_joined: [(BANNER, "visitor_id = \"counts\"\n", "")]
        => UnaskedUse in BANNER, "join_forms", "join_forms";
    a_signal_says_what_somebody_decided: [(BANNER, "matomo = \"counts\"", "matomo = \"reply\"")]
        => UnaskedUse in BANNER, "matomo", "\"reply\"";
    google_is_told_only_what_it_knows: [(BANNER, "ad_storage = \"ads\"", "ads_storage = \"ads\"")]
        => UnknownValue in BANNER, "ads_storage", "ads_storage";
    a_purpose_has_no_second_meaning: [(BANNER, "analytics = \"counts\"", "ads = \"counts\"")]
        => Duplicate in BANNER, "ads = \"counts\"", "ads";
    another_name_stands_for_a_purpose_that_exists: [(BANNER, "analytics = \"counts\"", "analytics = \"cuonts\"")]
        => UnknownPurpose in BANNER, "analytics", "\"cuonts\"";
    refusing_takes_no_more_words: [(BANNER, "en = \"Refuse\"", "en = \"Continue without any of this\"")]
        => LongerRefusal in BANNER, "refuse", "\"Continue without any of this\"";
    accepting_is_not_made_short_against_the_usual_refusal: [(BANNER, "accept = { en = \"Accept\"", "accept = { en = \"OK\""), (BANNER, "refuse = { en = \"Refuse\", bg = \"Отказвам\" }\n", "")]
        => LongerRefusal in BANNER, "accept", "\"OK\"";
    a_service_serves_a_purpose_of_the_banner: [(BANNER, "name = \"Matomo\"\npurpose = \"counts\"", "name = \"Matomo\"\npurpose = \"stats\"")]
        => UnlistedPurpose in BANNER, "purpose = \"stats\"", "\"stats\"";
    services_have_names_of_their_own: [(BANNER, "name = \"Basket\"", "name = \"Matomo\"")]
        => Duplicate in BANNER, "name = \"Matomo\"", "\"Matomo\"";
    a_service_says_who_receives: [(BANNER, "purpose = \"reply\"\nrecipient = { en = \"ourselves\", bg = \"самите ние\" }\n", "purpose = \"reply\"\n")]
        => NoRecipient in BANNER, "name = \"Basket\"", "\"Basket\"";
    a_host_is_a_host: [(BANNER, "\"stats.shop.example\"", "\"https://stats.shop.example/matomo.js\"")]
        => BadHost in BANNER, "hosts", "\"https://stats.shop.example/matomo.js\"";
    a_cookie_s_domain_is_one: [(BANNER, "domain = \".shop.example\"", "domain = \"https://shop.example\"")]
        => BadHost in BANNER, "domain", "\"https://shop.example\"";
    a_cookie_s_path_is_one: [(BANNER, "path = \"/shop\"", "path = \"shop\"")]
        => BadStoredName in BANNER, "path", "\"shop\"";
    a_cookie_has_a_name_that_browsers_take: [(BANNER, "name = \"_pk_id.*\"", "name = \"_pk id\"")]
        => BadStoredName in BANNER, "_pk id", "\"_pk id\"";
    not_everything_is_deleted: [(BANNER, "name = \"_pk_id.*\"", "name = \"*\"")]
        => BadStoredName in BANNER, "name = \"*\"", "\"*\"";
    the_decision_itself_is_not_deleted: [(BANNER, "key = \"counter-*\"", "key = \"un*\"")]
        => BadStoredName in BANNER, "un*", "\"un*\"";
    a_cookie_says_how_long_it_stays: [(BANNER, "duration = { en = \"13 months\", bg = \"13 месеца\" }\n", "")]
        => MissingKey in BANNER, "[[service.cookie]]", "[[service.cookie]]";
    what_stays_by_itself_says_how_long: [(BANNER, "duration = { en = \"a day\", bg = \"един ден\" }\n", "")]
        => NoDuration in BANNER, "counter-", "\"counter-*\"";
    a_banner_speaks_every_language_it_declares: [(BANNER, "{ en = \"May we?\", bg = \"Може ли?\" }", "{ en = \"May we?\" }")]
        => MissingText in BANNER, "title", "title";
    a_service_speaks_them_too: [(BANNER, "why = { en = \"knows a browser again\", bg = \"познава браузъра\" }", "why = { en = \"knows a browser again\" }")]
        => MissingText in BANNER, "why", "why";
    a_purpose_speaks_the_banner_s_languages: [("purposes/counts.toml", "{ en = \"Counting\", bg = \"Броене\" }", "{ en = \"Counting\" }")]
        => MissingText in "purposes/counts.toml", "name", "name";
    a_text_of_the_banner_in_no_language_of_its_own_is_questioned: [(BANNER, "title = { en", "title = { de = \"Dürfen wir?\", en")]
        => UndeclaredLanguage in BANNER, "title", "de";
}

#[test]
fn a_purpose_that_only_the_banner_lists_is_used() {
    let mut files = sound();
    files.remove(BANNER);
    let findings = check(&files).findings;
    let rules: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.file.as_str())).collect();
    assert_eq!(rules, [(Rule::UnusedPurpose, "purposes/ads.toml"), (Rule::UnusedPurpose, "purposes/counts.toml")]);
}

#[test]
fn a_form_leaves_the_banner_s_name_alone() {
    let mut files = sound();
    let form = files[FORM].clone();
    files.insert("forms/banner.toml".to_owned(), form);
    let findings = check(&files).findings;
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!((findings[0].rule, findings[0].file.as_str()), (Rule::ReservedName, "forms/banner.toml"));
}

#[test]
fn a_banner_asks_something() {
    let files = edited(&[(BANNER, "\"reply\", \"counts\", \"ads\"", "\"reply\"")]);
    let findings = check(&files).findings;
    let nothing = findings.iter().find(|finding| finding.rule == Rule::NothingAsked).unwrap();
    assert_eq!((nothing.file.as_str(), covered(&files, nothing)), (BANNER, "[\"reply\"]".to_owned()));
}

#[test]
fn a_finding_names_file_line_and_article() {
    let files = edited(&[("purposes/ads.toml", "legal_basis = \"consent\"", "legal_basis = \"contract\"")]);
    let findings = check(&files).findings;
    let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let tracking = shown.iter().find(|line| line.contains("tracking-without-consent")).unwrap();
    assert!(tracking.starts_with("banner.toml:5:32: error[tracking-without-consent] `ads` "), "{tracking}");
    assert!(tracking.ends_with("(Art. 5(3) Directive 2002/58/EC)"), "{tracking}");
}

#[test]
fn a_site_may_ask_before_it_loads_without_having_a_form() {
    let mut files = sound();
    for file in [FORM, "destinations.toml", "purposes/diet.toml", "purposes/news.toml", "purposes/stats.toml"] {
        files.remove(file);
    }
    let checked = check(&files);
    assert_eq!(checked.findings, []);
    assert!(checked.definitions.unwrap().forms.is_empty());
    files.remove(BANNER);
    let missing = check(&files).findings;
    assert!(missing.iter().any(|finding| finding.rule == Rule::MissingFile && finding.file == "forms"), "{missing:#?}");
}
