//! Leads and withdrawals on their way into Vtiger, and everything that it may answer.

use std::time::Duration;

use unticked_collector::outbox::sql::Troubled;
use unticked_tests::vtiger::{Manner, Record, Vtiger, Webform};

use crate::{
    house::{House, encode},
    visitor::Visitor,
};

const PUBLIC: &str = "0b6d70228937303c28f8d526dab8ef97";
const WITHDRAWALS: &str = "77aa70228937303c28f8d526dab8ef97";
const FIELDS: [&str; 9] =
    ["lastname", "email", "phone", "description", "cf_853", "cf_855", "cf_857", "cf_861", "cf_863"];

/// A collector whose only destination is this Vtiger, with `more` in its definition.
fn house(vtiger: &Vtiger, more: &str) -> House {
    vtiger.webform(Webform::new(PUBLIC, &FIELDS));
    vtiger.webform(Webform::new(WITHDRAWALS, &["lastname", "cf_853", "cf_855", "cf_861"]));
    let house = House::open_with(&["outbox.allow_hosts=127.0.0.1"]);
    define(&house, vtiger, more);
    house
}

fn define(house: &House, vtiger: &Vtiger, more: &str) {
    let url = vtiger.url();
    house.write(
        "destinations.toml",
        &format!(
            r#"[[destination]]
id = "crm"
kind = "vtiger"
url = "{url}"
public_id = "{PUBLIC}"
purposes = ["enquiry", "newsletter", "phone-offers", "event"]
{more}

[destination.fields]
lastname = ["name", "email"]
email = "email"
phone = "phone"
description = "message"

[destination.about]
cf_853 = "decisions"
cf_855 = "reference"
cf_857 = "evidence"

[destination.decided]
cf_861 = "newsletter"
cf_863 = "phone-offers"

[destination.withdrawal]
public_id = "{WITHDRAWALS}"

[destination.withdrawal.about]
lastname = "title"
cf_853 = "decisions"
cf_855 = "reference"

[destination.withdrawal.decided]
cf_861 = "phone-offers"
"#
        ),
    );
    house.reload().unwrap();
}

/// Someone writes; answers the reference that they were told.
fn write(house: &House) -> String {
    send(&Visitor::with_an_enquiry(house), house)
}

fn send(visitor: &Visitor, house: &House) -> String {
    let answer = visitor.sends(house).expect(200).json();
    answer["reference"].as_str().unwrap().to_owned()
}

/// The one delivery that did not succeed, as soon as it says why.
#[track_caller]
fn trouble(house: &House) -> Troubled {
    for _ in 0..2000 {
        match &house.troubled()[..] {
            [one] => return one.clone(),
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    panic!("nothing is in trouble: {:?}", house.troubled())
}

#[track_caller]
fn settled(house: &House) {
    for _ in 0..2000 {
        if house.waiting() == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("something waits: {:?}", house.troubled())
}

#[track_caller]
fn only(records: &[Record]) -> &Record {
    let [record] = records else { panic!("{records:#?}") };
    record
}

#[test]
fn a_lead_arrives_with_its_decisions_and_the_way_to_its_evidence() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    let visitor = Visitor::with_an_enquiry(&house)
        .types("name", "Ада \"Ann\" O'Neil <ada@example.org> C:\\tea")
        .types("message", "One\nTwo & three: online (in Sofia) &lt;b&gt; 🍵")
        .types("phone", "+359 2 777 8899")
        .ticks("newsletter");
    let reference = send(&visitor, &house);
    let records = vtiger.wait_for_records(1);
    let record = only(&records);
    assert_eq!((record.module.as_str(), record.public_id.as_str()), ("Leads", PUBLIC));
    assert_eq!(record.get("lastname"), "Ада \"Ann\" O'Neil ‹ada@example.org› C:\\tea");
    assert_eq!(record.get("email"), "ann.canary@example.org");
    assert_eq!(record.get("phone"), "+359 2 777 8899");
    assert_eq!(record.get("description"), "One\nTwo & three: online [in Sofia) & lt;b& gt; \u{fffd}");
    assert_eq!(record.get("cf_855"), reference);
    assert!(record.get("cf_857").starts_with("record 01"), "{record:?}");
    assert_eq!((record.get("cf_861"), record.get("cf_863")), ("granted_unconfirmed", "refused"));
    let decisions = record.get("cf_853");
    for words in ["granted_unconfirmed, do not use it yet", "refused, do not use it; 2026-11-23 12:00 UTC", &reference]
    {
        assert!(decisions.contains(words), "{words}: {decisions}");
    }
    settled(&house);
    assert_eq!(vtiger.records().len(), 1, "and it goes once");
}

#[test]
fn what_waits_for_its_confirmation_is_not_spoken_of_where_that_is_declared() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "unconfirmed = \"hold\"");
    send(&Visitor::with_an_enquiry(&house).ticks("newsletter").ticks("phone-offers"), &house);
    let records = vtiger.wait_for_records(1);
    let record = only(&records);
    assert_eq!((record.get("cf_861"), record.get("cf_863")), ("", "granted"));
    assert!(
        !record.get("cf_853").contains("newsletter") && record.get("cf_853").contains("phone-offers"),
        "{record:?}"
    );
}

#[test]
fn a_webform_that_answers_by_a_redirect_is_understood_both_ways() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    let mut webform = Webform::new(PUBLIC, &FIELDS);
    webform.return_url = format!("http://{}/elsewhere?lang=bg", vtiger.address());
    vtiger.webform(webform);
    write(&house);
    vtiger.wait_for_records(1);
    settled(&house);
    vtiger.prevents_duplicates_by(&["email"]);
    write(&house);
    let trouble = trouble(&house);
    assert_eq!((trouble.state.as_str(), vtiger.records().len()), ("failed", 1));
    assert!(trouble.reason.contains("duplicate prevention"));
    assert_eq!(vtiger.requests().len(), 2, "no redirect is followed");
}

#[test]
fn what_no_repetition_can_help_is_listed_at_once_and_says_what_to_do() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    let cases = [
        (Webform { enabled: false, ..Webform::new(PUBLIC, &FIELDS) }, "no enabled webform with this public id"),
        (Webform { captcha: true, ..Webform::new(PUBLIC, &FIELDS) }, "captcha"),
        (Webform::new(PUBLIC, &FIELDS[1..]), "mandatory"),
    ];
    for (count, (webform, hint)) in cases.into_iter().enumerate() {
        vtiger.webform(webform);
        write(&house);
        for _ in 0..2000 {
            if house.troubled().len() > count {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let troubled = house.troubled();
        let latest = troubled.iter().find(|one| one.reason.contains(hint));
        let latest = latest.unwrap_or_else(|| panic!("{hint}: {troubled:?}"));
        assert_eq!((latest.state.as_str(), latest.attempt), ("failed", 1), "{hint}");
    }
    assert_eq!(vtiger.records(), []);
}

#[test]
fn whatever_else_it_answers_the_lead_goes_again_and_arrives() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    let login = "<html><form><input type=\"password\" name=\"ann.canary@example.org\"></form></html>";
    let fatal = "<br />\n<b>Fatal error</b>: Uncaught Error: Ann Canary in /var/www/vtiger/x.php";
    let cases = [
        (Manner::Answers(200, login.to_owned()), "login page"),
        (Manner::Answers(200, fatal.to_owned()), "error of its PHP"),
        (Manner::Answers(200, String::new()), "without a word"),
        (Manner::Answers(500, "Ann Canary".to_owned()), "answered 500"),
        (Manner::Answers(503, String::new()), "answered 503"),
        (Manner::Redirects(302, "http://sso.example/login".to_owned()), "neither success nor error"),
        (Manner::Redirects(301, "http://sso.example/?success=ok".to_owned()), "another address"),
        (Manner::Quotes, "not repeated here"),
    ];
    let count = cases.len();
    write(&house);
    vtiger.wait_for_records(1);
    for (at, (manner, hint)) in cases.into_iter().enumerate() {
        vtiger.next(manner);
        write(&house);
        let trouble = trouble(&house);
        let reason = trouble.reason;
        assert!(reason.contains(hint), "{hint}: {reason}");
        assert!(!reason.contains("anary") && !reason.contains(PUBLIC), "{reason}");
        assert_eq!(trouble.state, "waiting");
        house.wait(10);
        vtiger.wait_for_records(at + 2);
        settled(&house);
    }
    assert_eq!(vtiger.records().len(), count + 1);
}

#[test]
fn a_php_that_warns_has_made_the_record_and_is_not_asked_twice() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    vtiger.next(Manner::Warns);
    write(&house);
    settled(&house);
    assert_eq!((vtiger.records().len(), vtiger.requests().len()), (1, 1));
}

#[test]
fn an_answer_that_is_lost_makes_two_records_of_one_reference() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    vtiger.next(Manner::MakesAndDies);
    let reference = write(&house);
    assert!(trouble(&house).reason.contains("connection"));
    house.wait(10);
    let records = vtiger.wait_for_records(2);
    settled(&house);
    assert!(records.iter().all(|record| record.get("cf_855") == reference), "{records:?}");
}

#[test]
fn where_vtiger_looks_at_the_reference_an_answer_that_is_lost_makes_one_record() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "duplicates = \"by-reference\"");
    vtiger.prevents_duplicates_by(&["cf_855"]);
    vtiger.next(Manner::MakesAndDies);
    write(&house);
    trouble(&house);
    house.wait(10);
    settled(&house);
    assert_eq!((vtiger.records().len(), house.troubled()), (1, vec![]));
    assert_eq!(vtiger.requests().len(), 2);
}

#[test]
fn a_collector_killed_between_sending_and_writing_down_sends_the_same_reference_again() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    vtiger.next(Manner::Slowly(Duration::from_secs(3)));
    let reference = write(&house);
    vtiger.wait_for_records(1);
    // The record is made, and nobody waits for the answer any more; the lease runs out.
    let house = house.dies(61, &["outbox.allow_hosts=127.0.0.1"]);
    let records = vtiger.wait_for_records(2);
    settled(&house);
    assert!(records.iter().all(|record| record.get("cf_855") == reference), "{records:?}");
    assert_eq!((records.len(), house.troubled()), (2, vec![]));
}

#[test]
fn who_takes_consent_back_is_heard_by_the_webform_for_withdrawals() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    let answer = Visitor::with_an_enquiry(&house).ticks("phone-offers").sends(&house).expect(200).json();
    let reference = answer["reference"].as_str().unwrap();
    assert_eq!(vtiger.wait_for_records(1)[0].get("cf_863"), "granted");
    let token = answer["preferences"].as_str().unwrap().split_once('#').unwrap().1;
    let body = encode(&[("token", token), ("withdraw", "phone-offers")]);
    let headers = [("origin", "null"), ("content-type", "application/x-www-form-urlencoded")];
    house.send("POST", "/preferences", &headers, body.as_bytes()).expect(200);
    let records = vtiger.wait_for_records(2);
    settled(&house);
    let told = &records[1];
    assert_eq!((told.public_id.as_str(), told.get("cf_855")), (WITHDRAWALS, reference));
    assert_eq!(told.get("lastname"), format!("Consent withdrawn: {reference}"));
    assert_eq!(told.get("cf_861"), "withdrawn");
    assert!(told.get("cf_853").contains("[phone-offers]: withdrawn, stop using it; "), "{told:?}");
    assert!(!format!("{told:?}").contains("anary"), "it holds no values: {told:?}");
    assert_eq!((records.len(), house.troubled()), (2, vec![]));
}

#[test]
fn an_old_database_keeps_the_whole_text_without_its_emoji() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    vtiger.database(false, true);
    let words = |house: &House| Visitor::with_an_enquiry(house).types("message", "Two 🍵, please, and a kettle");
    send(&words(&house), &house);
    assert_eq!(vtiger.wait_for_records(1)[0].get("description"), "Two \u{fffd}, please, and a kettle");
    vtiger.database(true, true);
    define(&house, &vtiger, "emoji = true");
    send(&words(&house), &house);
    assert_eq!(vtiger.wait_for_records(2)[1].get("description"), "Two 🍵, please, and a kettle");
}

#[test]
fn a_vtiger_that_thinks_for_long_is_waited_for() {
    let vtiger = Vtiger::start();
    let house = house(&vtiger, "");
    vtiger.next(Manner::Slowly(Duration::from_secs(17)));
    write(&house);
    settled(&house);
    assert_eq!((vtiger.records().len(), vtiger.requests().len()), (1, 1));
}
