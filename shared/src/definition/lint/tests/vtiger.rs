//! A Vtiger destination in which all is well, and what can be wrong with it.

use super::{covered, sound};
use crate::{
    definition::{
        Finding, Rule, check,
        destination::{About, DestinationKind, Unconfirmed},
    },
    id::FieldId,
};

const FILE: &str = "destinations.toml";

const SOUND: &str = r#"[[destination]]
id = "crm"
kind = "vtiger"
url = "https://crm.example/modules/Webforms/capture.php"
public_id = "0b6d70228937303c28f8d526dab8ef97"
purposes = ["reply", "news"]
unconfirmed = "hold"

[destination.fields]
lastname = ["name", "email"]
email = "email"
"label:Your_order" = "order"

[destination.about]
cf_853 = "decisions"
cf_855 = "reference"

[destination.decided]
cf_857 = "news"

[destination.withdrawal]
public_id = "secrets.vtiger_withdrawal"

[destination.withdrawal.about]
lastname = "title"
cf_855 = "reference"

[destination.withdrawal.decided]
cf_857 = "news"
"#;

/// What is found in [`SOUND`] after replacing one text by another.
fn found(from: &str, to: &str) -> (std::collections::BTreeMap<String, String>, Vec<Finding>) {
    assert!(SOUND.contains(from), "{from}");
    let mut files = sound();
    files.insert(FILE.to_owned(), SOUND.replacen(from, to, 1));
    let findings = check(&files).findings;
    (files, findings)
}

/// Asserts that the edit breaks that rule alone, at the text `at` of that line.
#[track_caller]
fn breaks(from: &str, to: &str, rule: Rule, line: u32, at: &str) {
    let (files, findings) = found(from, to);
    let shown: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert_eq!(findings.len(), 1, "{shown:#?}");
    assert_eq!((findings[0].rule, findings[0].file.as_str(), findings[0].place.line), (rule, FILE, line), "{shown:#?}");
    assert_eq!(covered(&files, &findings[0]), at, "{shown:#?}");
}

#[test]
fn what_is_written_is_what_is_read() {
    let mut files = sound();
    files.insert(FILE.to_owned(), SOUND.to_owned());
    let checked = check(&files);
    assert_eq!(checked.findings, []);
    let destination = &checked.definitions.unwrap().destinations[0];
    assert_eq!((destination.unconfirmed, destination.secret.as_str()), (Unconfirmed::Hold, ""));
    let DestinationKind::Vtiger(vtiger) = &destination.kind else { panic!("{:?}", destination.kind) };
    assert_eq!(vtiger.fields["lastname"].iter().map(FieldId::as_str).collect::<Vec<_>>(), ["name", "email"]);
    assert_eq!(vtiger.about["cf_853"], About::Decisions);
    assert_eq!(vtiger.decided["cf_857"].as_str(), "news");
    assert!(vtiger.needs_last_name() && !vtiger.emoji);
    assert_eq!(vtiger.withdrawal.as_ref().unwrap().about["lastname"], About::Title);
    // What was read can be written and read again: it goes into archives.
    let json = serde_json::to_value(destination).unwrap();
    assert_eq!((json["kind"].as_str(), json["unconfirmed"].as_str()), (Some("vtiger"), Some("hold")));
    assert_eq!(serde_json::from_value::<crate::definition::Destination>(json).unwrap(), *destination);
}

#[test]
fn a_field_that_no_form_has_is_pointed_at() {
    breaks("email = \"email\"", "email = \"emial\"", Rule::UnknownField, 11, "\"emial\"");
    breaks("[\"name\", \"email\"]", "[\"name\", \"emial\"]", Rule::UnknownField, 10, "\"emial\"");
}

#[test]
fn a_field_that_is_used_for_nothing_there_is_questioned() {
    breaks("= \"order\"", "= \"source\"", Rule::UnusedMapping, 12, "\"source\"");
}

#[test]
fn no_field_of_vtiger_is_filled_in_twice() {
    breaks("cf_857 = \"news\"", "cf_853 = \"news\"", Rule::Duplicate, 19, "cf_853");
    breaks("\"label:Your_order\" =", "\"cf_853[]\" =", Rule::Duplicate, 15, "cf_853");
}

#[test]
fn what_vtiger_reads_for_itself_is_no_field() {
    for name in ["publicid", "name", "callback", "urlencodeenable", "__vtrftk"] {
        breaks("\"label:Your_order\" =", &format!("{name} ="), Rule::ReservedField, 12, name);
    }
}

#[test]
fn leads_have_a_last_name() {
    breaks("lastname = [\"name\", \"email\"]\n", "", Rule::NoLastName, 9, "fields");
    let (_, findings) = found("lastname = [\"name\", \"email\"]", "firstname = \"name\"");
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [Rule::NoLastName]);
    // Tickets need none.
    let tickets = SOUND.replacen("lastname = [\"name\", \"email\"]\n", "", 1).replacen(
        "unconfirmed",
        "module = \"HelpDesk\"\nunconfirmed",
        1,
    );
    let mut files = sound();
    files.insert(FILE.to_owned(), tickets);
    assert_eq!(check(&files).findings, []);
}

#[test]
fn each_form_that_sends_there_fills_in_a_last_name() {
    let mut files = sound();
    files.insert(FILE.to_owned(), SOUND.replacen("lastname = [\"name\", \"email\"]", "lastname = \"name\"", 1));
    let other = files["forms/contact.toml"].replace("id = \"name\"", "id = \"full-name\"");
    files.insert("forms/other.toml".to_owned(), other);
    let findings = check(&files).findings;
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(finding.rule, Rule::NoLastName);
    assert!(finding.message.contains("the form `other`"), "{finding}");
}

#[test]
fn data_do_not_go_without_what_was_decided_about_them() {
    breaks("cf_853 = \"decisions\"\n", "", Rule::NoDecisions, 14, "about");
    breaks("cf_855 = \"reference\"\n", "", Rule::NoEvidence, 14, "about");
}

#[test]
fn duplicates_are_told_by_a_reference_that_is_sent() {
    let by = |text: &str| text.replacen("unconfirmed", "duplicates = \"by-reference\"\nunconfirmed", 1);
    let mut files = sound();
    files.insert(FILE.to_owned(), by(SOUND));
    assert_eq!(check(&files).findings, []);
    files.insert(FILE.to_owned(), by(&SOUND.replacen("cf_855 = \"reference\"", "cf_855 = \"evidence\"", 1)));
    let findings = check(&files).findings;
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!((finding.rule, covered(&files, finding).as_str()), (Rule::NoReference, "\"by-reference\""));
}

#[test]
fn a_word_or_a_purpose_that_does_not_exist_is_pointed_at() {
    breaks(
        "cf_855 = \"reference\"",
        "cf_855 = \"referense\"\ncf_859 = \"evidence\"",
        Rule::UnknownValue,
        16,
        "\"referense\"",
    );
    breaks("cf_857 = \"news\"", "cf_857 = \"newz\"", Rule::UnknownPurpose, 19, "\"newz\"");
    breaks("public_id = \"0b6d", "publicid = \"x\"\npublic_id = \"0b6d", Rule::UnknownKey, 5, "publicid");
    breaks("unconfirmed = \"hold\"", "unconfirmed = \"wait\"", Rule::UnknownValue, 7, "\"wait\"");
    breaks("email = \"email\"", "email = 7", Rule::WrongType, 11, "7");
}

#[test]
fn a_public_id_is_letters_and_digits() {
    let id = "\"0b6d70228937303c28f8d526dab8ef97\"";
    for bad in ["\"\"", "\"sid:161c,17\"", "\"secrets.\"", "\"a b\""] {
        breaks(id, bad, Rule::BadSecret, 5, bad);
    }
    let (_, findings) = found("public_id = \"0b6d70228937303c28f8d526dab8ef97\"\n", "");
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [Rule::MissingKey]);
}

#[test]
fn the_address_is_that_of_the_webforms_and_encrypted() {
    let url = "\"https://crm.example/modules/Webforms/capture.php\"";
    breaks(url, "\"https://crm.example/\"", Rule::BadUrl, 4, "\"https://crm.example/\"");
    let plain = "\"http://crm.example/modules/Webforms/capture.php\"";
    breaks(url, plain, Rule::BadUrl, 4, plain);
}

#[test]
fn a_crm_that_hears_of_no_withdrawal_is_questioned() {
    let withdrawal = SOUND.find("[destination.withdrawal]").unwrap();
    let mut files = sound();
    files.insert(FILE.to_owned(), SOUND[..withdrawal].to_owned());
    let findings = check(&files).findings;
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!((finding.rule, finding.place.line), (Rule::NoWithdrawal, 3));
    assert!(!finding.is_error() && finding.message.contains("`news`"), "{finding}");
    // Nobody can take back what rests on no consent.
    files.insert(FILE.to_owned(), SOUND[..withdrawal].replace("[\"reply\", \"news\"]", "[\"reply\"]"));
    assert_eq!(check(&files).findings, []);
}

#[test]
fn a_withdrawal_says_whose_it_is() {
    let about = "lastname = \"title\"\ncf_855 = \"reference\"";
    breaks(about, "lastname = \"form\"", Rule::NamelessWithdrawal, 21, "withdrawal");
}
