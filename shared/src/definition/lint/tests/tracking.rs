use super::{FORM, broken, edited, sound};
use crate::definition::{Rule, Tracked, check};

const NEWS: &str = "purposes/news.toml";
const STATS: &str = "purposes/stats.toml";
const DIET: &str = "purposes/diet.toml";

broken! {
    without_a_consent_nothing_is_tracked: [(STATS, "balancing_test", "tracks = \"document-views\"\nbalancing_test")]
        => TracksWithoutConsent in STATS, "tracks", "\"document-views\"";
    a_box_is_for_one_thing_that_is_tracked: [(NEWS, "confirm_by_mail", "tracks = [\"mail-opens\", \"mail-clicks\"]\nconfirm_by_mail")]
        => BundledPurposes in NEWS, "tracks", "[\"mail-opens\", \"mail-clicks\"]";
    one_thing_is_asked_for_once: [
        (NEWS, "confirm_by_mail", "tracks = \"document-views\"\nconfirm_by_mail"),
        (DIET, "explicit", "tracks = \"document-views\"\nexplicit"),
    ] => TrackedTwice in FORM, "purposes", "\"diet\"";
    mails_are_tracked_of_those_who_get_some: [
        (NEWS, "confirm_by_mail = true", "tracks = \"mail-opens\""),
        (FORM, "kind = \"email\"", "kind = \"text\""),
        (FORM, "autocomplete = \"email\"\n", "autocomplete = \"off\"\n"),
    ] => TracksNobody in FORM, "purposes", "\"news\"";
    a_word_for_what_is_tracked_exists: [(NEWS, "confirm_by_mail", "tracks = \"mail-open\"\nconfirm_by_mail")]
        => UnknownValue in NEWS, "tracks", "\"mail-open\"";
}

#[test]
fn each_kind_can_be_asked_for_by_a_purpose_that_no_field_is_used_for() {
    for tracked in Tracked::ALL {
        let mut files = edited(&[(FORM, "\"stats\", \"diet\"]", "\"stats\", \"diet\", \"looks\"]")]);
        let looks =
            format!("{}tracks = \"{}\"\n", sound()[NEWS].replace("confirm_by_mail = true\n", ""), tracked.as_str());
        files.insert("purposes/looks.toml".to_owned(), looks);
        let checked = check(&files);
        assert_eq!(checked.findings, []);
        let definitions = checked.definitions.unwrap();
        assert_eq!(definitions.purposes.values().filter_map(|purpose| purpose.tracks).collect::<Vec<_>>(), [tracked]);
        assert_eq!(Tracked::parse(tracked.as_str()), Some(tracked));
    }
}

#[test]
fn a_banner_knows_nobody_whose_mails_could_be_tracked() {
    let mut files = edited(&[(NEWS, "confirm_by_mail", "tracks = \"document-views\"\nconfirm_by_mail")]);
    let banner = "languages = [\"en\", \"bg\"]\npurposes = [\"news\"]\ntitle = { en = \"T\", bg = \"Т\" }\n\
                  text = { en = \"W\", bg = \"В\" }\n";
    files.insert("banner.toml".to_owned(), banner.to_owned());
    let findings = check(&files).findings;
    let found =
        findings.iter().find(|finding| finding.rule == Rule::TracksNobody).unwrap_or_else(|| panic!("{findings:#?}"));
    assert_eq!((found.file.as_str(), found.place.line), ("banner.toml", 2));
}
