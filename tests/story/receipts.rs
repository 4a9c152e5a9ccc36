//! Receipts: what a visitor is given, what it proves, and when there is none any more.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use unticked_shared::{
    decision::Decision,
    merkle::note::VerifierKey,
    receipt::{Altered, Receipt, ReceiptError, SameAddress, Verified, verify},
};

use crate::{
    house::{Answer, CONTACT, House, OURS, encode},
    visitor::Visitor,
};

/// The key as the page says it.
fn key(house: &House) -> VerifierKey {
    let page = house.get("/receipt", &[]).expect(200).text();
    let key = page.split("--key '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
    VerifierKey::parse(&key).unwrap()
}

fn file(answer: &Value) -> Vec<u8> {
    STANDARD.decode(answer["receipt"].as_str().unwrap_or_else(|| panic!("no receipt in {answer}"))).unwrap()
}

#[track_caller]
fn holds(house: &House, file: &[u8]) -> Verified {
    let receipt = Receipt::read(file).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(file)));
    verify(&receipt, &key(house)).unwrap()
}

/// The file behind the link of a page.
fn linked(page: &Answer) -> Vec<u8> {
    let html = page.text();
    let link = html.split('<').find(|tag| tag.contains("part=\"receipt\"")).unwrap_or_else(|| panic!("{html}"));
    assert!(link.contains("download=\"receipt-"), "{link}");
    let address = link.split("href=\"data:application/octet-stream;base64,").nth(1).unwrap();
    STANDARD.decode(address.split('"').next().unwrap()).unwrap()
}

fn token(answer: &Value) -> String {
    answer["preferences"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

fn asks(house: &House, path: &str, body: &Value) -> Answer {
    house.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
}

fn opens(house: &House, token: &str, withdraw: &str) -> Answer {
    let headers = [("origin", "null"), ("content-type", "application/x-www-form-urlencoded")];
    house.send("POST", "/preferences", &headers, encode(&[("token", token), ("withdraw", withdraw)]).as_bytes())
}

#[test]
fn the_answer_carries_a_receipt_that_convinces_whoever_has_the_log_s_key() {
    let house = House::open();
    let answer = Visitor::with_an_enquiry(&house).ticks("phone-offers").sends(&house).expect(200).json();
    let verified = holds(&house, &file(&answer));
    assert_eq!((verified.log.as_str(), verified.index, verified.size), ("forms.example/ledger", 0, 1));
    assert_eq!(verified.part_a.version, house.placement("contact", "en").version);
    let decided = |id: &str| verified.part_a.purposes.iter().find(|one| one.id.as_str() == id).unwrap().decision;
    assert_eq!(
        (decided("phone-offers"), decided("newsletter"), decided("enquiry")),
        (Some(Decision::Granted), Some(Decision::Refused), None)
    );
    assert!(verified.texts["phone-offers"].contains("at most four times a year"));
    assert_eq!(verified.is_address(" ANN.Canary@example.org "), SameAddress::Yes);
    assert_eq!(verified.is_address("bob@example.org"), SameAddress::No);
    let text = String::from_utf8(file(&answer)).unwrap();
    assert!(text.starts_with("{\"about\":\"A personal receipt") && text.contains("https://forms.example/receipt"));
    for typed in ["Ann Canary", "ann.canary@example.org", "Where is my parcel?"] {
        assert!(!text.contains(typed), "nothing that was typed stands in it: {typed}");
    }
}

#[test]
fn asked_for_again_it_is_made_again_and_proves_the_same_record() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let first = holds(&house, &file(&visitor.sends(&house).expect(200).json()));
    for _ in 0..3 {
        Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    }
    house.wait(3 * 24 * 3600);
    let again = holds(&house, &file(&visitor.sends(&house).expect(200).json()));
    assert_eq!((again.part_b.record_id, again.index), (first.part_b.record_id, first.index));
    assert_eq!((first.size, again.size), (1, 4), "the later one leads to a later head");
    // After a start, too.
    let house = house.restart();
    assert_eq!(holds(&house, &file(&visitor.sends(&house).expect(200).json())).index, first.index);
}

#[test]
fn many_at_once_each_have_their_own_and_all_hold() {
    let house = House::open_with(&["limits.per_client_per_minute=100000", "limits.per_form_per_minute=100000"]);
    let visitors: Vec<Visitor> = (0..40).map(|_| Visitor::with_an_enquiry(&house)).collect();
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let sending: Vec<_> =
            visitors.iter().map(|visitor| scope.spawn(|| visitor.sends(&house).expect(200).json())).collect();
        sending.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let key = key(&house);
    let mut places: Vec<u64> = answers
        .iter()
        .map(|answer| verify(&Receipt::read(&file(answer)).unwrap(), &key).unwrap())
        .map(|verified| verified.index)
        .collect();
    places.sort_unstable();
    assert_eq!(places, (0..40).collect::<Vec<u64>>());
}

#[test]
fn without_scripts_the_confirmation_offers_it_as_a_file() {
    let house = House::open();
    let page = house.get("/f/contact?lang=en", &[]).expect(200);
    let controls = [
        ("ticket", page.control("ticket")),
        ("version", page.control("version")),
        ("language", "en".to_owned()),
        ("value.name", "Ann Canary".to_owned()),
        ("value.email", "ann.canary@example.org".to_owned()),
        ("value.topic", "order".to_owned()),
        ("value.message", "Where is my parcel?".to_owned()),
    ];
    let controls: Vec<(&str, &str)> = controls.iter().map(|(name, value)| (*name, value.as_str())).collect();
    house.wait(10);
    let answer = house.post_form(OURS, CONTACT, &controls).expect(200);
    let verified = holds(&house, &linked(&answer));
    assert_eq!(verified.part_a.method, unticked_shared::evidence::Method::Page);
    assert!(answer.text().contains("Keep a receipt"));
}

#[test]
fn a_consent_taken_back_has_a_receipt_of_its_own() {
    let house = House::open();
    let answer = Visitor::with_an_enquiry(&house).ticks("phone-offers").sends(&house).expect(200).json();
    let (sent, token) = (holds(&house, &file(&answer)), token(&answer));
    // Whoever lost the file gets it from the personal page.
    assert_eq!(holds(&house, &linked(&opens(&house, &token, "").expect(200))).part_b.record_id, sent.part_b.record_id);
    let page = opens(&house, &token, "phone-offers").expect(200);
    assert!(page.text().contains("-withdrawal.json\""));
    let withdrawn = holds(&house, &linked(&page));
    assert_eq!(withdrawn.part_b.follows.as_ref(), Some(&sent.part_b.record_id));
    assert_eq!(withdrawn.part_a.purposes[0].decision, Some(Decision::Withdrawn));
    assert_eq!((withdrawn.part_a.purposes.len(), withdrawn.texts.len()), (1, 1));
    assert_eq!(withdrawn.part_b.subject, sent.part_b.subject);
    assert_eq!(withdrawn.is_address("ann.canary@example.org"), SameAddress::NoneGiven);
    assert!(withdrawn.index > sent.index);
    let later = asks(&house, "/v1/preferences/withdraw", &json!({ "token": token })).expect(200).json();
    assert_eq!(holds(&house, &file(&later)).part_b.record_id, withdrawn.part_b.record_id, "asked again, the same");
    let looked = asks(&house, "/v1/preferences", &json!({ "token": token })).expect(200).json();
    assert_eq!(holds(&house, &file(&looked)).part_b.record_id, sent.part_b.record_id);
}

#[test]
fn of_a_person_who_was_forgotten_there_is_none_any_more_and_one_that_was_kept_still_holds() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house);
    let kept = file(&visitor.sends(&house).expect(200).json());
    house.forget_everybody();
    let again = visitor.sends(&house).expect(200).json();
    assert_eq!(again.get("receipt"), None, "{again}");
    assert!(again["reference"].is_string());
    holds(&house, &kept);
}

#[test]
fn the_page_that_checks_them_lets_nothing_out_and_serves_its_own_wasm() {
    let house = House::open();
    for language in ["en", "bg", "ar"] {
        let page = house.get(&format!("/receipt?lang={language}"), &[]).expect(200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action 'none'") && policy.contains("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        let html = page.text();
        assert!(html.contains(&format!("<html lang=\"{language}\"")) && !html.contains(" style="));
        assert!(html.contains("unticked receipt verify") && html.contains("forms.example/ledger+"));
    }
}

#[test]
fn another_collector_s_key_and_another_s_record_are_told_apart() {
    let (house, other) = (House::open(), House::open());
    let ours = file(&Visitor::with_an_enquiry(&house).sends(&house).expect(200).json());
    let theirs = file(&Visitor::with_an_enquiry(&other).sends(&other).expect(200).json());
    let error = verify(&Receipt::read(&ours).unwrap(), &key(&other)).unwrap_err();
    assert_eq!(error, ReceiptError::OtherKey { log: "forms.example/ledger".to_owned() });
    // A record of one with the proof of the other, and a checksum that fits: what somebody would make up.
    let [mut ours, theirs] = [&ours, &theirs].map(|file| serde_json::from_slice::<Value>(file).unwrap());
    ours["proof"] = theirs["proof"].clone();
    ours.as_object_mut().unwrap().remove("checksum");
    let bytes = unticked_shared::canonical::to_vec(&ours).unwrap();
    let checksum = unticked_shared::signature::hex(&unticked_shared::signature::sha256(&[&bytes]));
    ours["checksum"] = json!(checksum);
    let made_up = Receipt::read(ours.to_string().as_bytes()).unwrap();
    assert_eq!(verify(&made_up, &key(&other)).unwrap_err(), ReceiptError::Altered(Altered::Record));
}
