//! What is sent and what is understood, without a network; the stories with a stand-in Vtiger are in `tests/story`.

use unticked_shared::{
    decision::{Decision, LegalBasis},
    definition::destination::{Duplicates, Vtiger},
    event::{EvidenceReference, Lead, LeadDecision, LeadValue, Told, Withdrawal},
    id::{FieldId, FormId, Language, PurposeId},
    submission::Value,
};

use super::{answer::Answer, words::plain, *};

fn settings(more: &str) -> Vtiger {
    let text = format!(
        r#"{{"public_id": "0b6d", "fields": {{"lastname": ["name", "email"], "email": ["email"], "cf_851": ["topics"],
            "cf_852[]": ["topics"], "description": ["message"]}},
            "about": {{"cf_853": "decisions", "cf_855": "reference", "cf_857": "evidence", "cf_859": "page"}},
            "decided": {{"cf_861": "news", "cf_863": "answer"}}{more}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

const WITHDRAWAL: &str = r#", "withdrawal": {"public_id": "secrets.gone", "about": {"lastname": "title", "cf_853": "decisions",
    "cf_855": "reference", "cf_859": "page"}, "decided": {"cf_861": "news", "cf_863": "answer"}}"#;

fn webforms(settings: &Vtiger) -> Webforms {
    Webforms::new(settings, |name| (name == "gone").then_some(" 77aa\n")).unwrap()
}

fn value(field: &str, value: Value) -> LeadValue {
    LeadValue { field: FieldId::parse(field).unwrap(), label: field.to_owned(), value, purposes: Vec::new() }
}

fn one(text: &str) -> Value {
    Value::One(text.to_owned())
}

fn decided(id: &str, legal_basis: LegalBasis, decision: Option<Decision>) -> LeadDecision {
    LeadDecision {
        purpose: PurposeId::parse(id).unwrap(),
        name: id.to_uppercase(),
        statement: format!("We use it for {id}."),
        legal_basis,
        decision,
        decided_at: "2026-11-23T15:04:05Z".to_owned(),
        retention: "P2Y".to_owned(),
    }
}

fn evidence() -> EvidenceReference {
    EvidenceReference::new("019a-record".to_owned(), "9b1e".to_owned())
}

fn event(told: Told) -> Event {
    Event { id: "019a".to_owned(), timestamp: "2026-11-23T15:04:05Z".to_owned(), told }
}

fn lead(values: Vec<LeadValue>, news: Decision) -> Event {
    event(Told::Lead(Box::new(Lead {
        reference: "K7QD-93XF".to_owned(),
        subject: "019a-subject".to_owned(),
        form: FormId::parse("contact").unwrap(),
        version: "5f3c".to_owned(),
        language: Language::parse("bg").unwrap(),
        page: "https://shop.example/contact?a=1&b=2".to_owned(),
        values,
        decisions: vec![
            decided("answer", LegalBasis::Contract, None),
            decided("news", LegalBasis::Consent, Some(news)),
        ],
        evidence: evidence(),
    })))
}

fn withdrawn() -> Event {
    event(Told::Withdrawal(Box::new(Withdrawal {
        reference: "K7QD-93XF".to_owned(),
        subject: "019a-subject".to_owned(),
        form: FormId::parse("contact").unwrap(),
        version: "5f3c".to_owned(),
        language: Language::parse("bg").unwrap(),
        decisions: vec![decided("news", LegalBasis::Consent, Some(Decision::Withdrawn))],
        evidence: evidence(),
    })))
}

fn of<'p>(pairs: &'p [(String, String)], key: &str) -> Vec<&'p str> {
    pairs.iter().filter(|(name, _)| name == key).map(|(_, text)| text.as_str()).collect()
}

#[test]
fn a_lead_goes_with_its_decisions_and_the_way_to_its_evidence() {
    let values = vec![
        value("name", one("Ада Кирилова")),
        value("email", one("ada@example.org")),
        value("topics", Value::Many(vec!["green".to_owned(), "black, smoked".to_owned()])),
        value("message", one("One\r\nTwo")),
    ];
    let pairs = webforms(&settings("")).pairs(&lead(values, Decision::Granted)).unwrap();
    assert_eq!(pairs[0], ("publicid".to_owned(), "0b6d".to_owned()));
    assert_eq!(pairs[1], ("urlencodeenable".to_owned(), "1".to_owned()));
    assert_eq!(of(&pairs, "lastname"), ["Ада Кирилова"]);
    assert_eq!(of(&pairs, "cf_851"), ["green, black, smoked"]);
    assert_eq!(of(&pairs, "cf_852[]"), ["green", "black, smoked"]);
    assert_eq!(of(&pairs, "description"), ["One\nTwo"]);
    assert_eq!(of(&pairs, "cf_855"), ["K7QD-93XF"]);
    assert_eq!(of(&pairs, "cf_857"), ["record 019a-record, commitment 9b1e"]);
    assert_eq!(of(&pairs, "cf_859"), ["https://shop.example/contact?a=1&b=2"]);
    assert_eq!((of(&pairs, "cf_861"), of(&pairs, "cf_863")), (vec!["granted"], vec!["contract"]));
    assert_eq!(
        of(&pairs, "cf_853"),
        ["ANSWER [answer]: not asked, the basis is a contract; 2026-11-23 15:04 UTC; kept for 2 years\n    \
          \"We use it for answer.\"\nNEWS [news]: granted; 2026-11-23 15:04 UTC; kept for 2 years\n    \
          \"We use it for news.\"\nReference K7QD-93XF, form contact, language bg, version 5f3c"]
    );
    assert!(encode(&pairs).contains("description=One%0D%0ATwo"));
    assert!(encode(&pairs).contains("cf_852%5B%5D=green&cf_852%5B%5D=black%2C+smoked"));
}

#[test]
fn each_decision_is_said_in_words_that_a_workflow_and_a_person_can_read() {
    for (decision, words) in [
        (Decision::Granted, "granted; "),
        (Decision::GrantedUnconfirmed, "granted_unconfirmed, do not use it yet"),
        (Decision::Refused, "refused, do not use it; "),
        (Decision::Withdrawn, "withdrawn, stop using it; "),
    ] {
        let pairs = webforms(&settings("")).pairs(&lead(Vec::new(), decision)).unwrap();
        assert_eq!(of(&pairs, "cf_861"), [decision.as_str()]);
        assert!(of(&pairs, "cf_853")[0].contains(&format!("NEWS [news]: {words}")), "{pairs:?}");
    }
}

#[test]
fn a_lead_without_a_name_has_its_reference_for_one() {
    let named = |values| {
        let pairs = webforms(&settings("")).pairs(&lead(values, Decision::Refused)).unwrap();
        of(&pairs, "lastname").join("|")
    };
    assert_eq!(named(vec![]), "K7QD-93XF");
    assert_eq!(named(vec![value("name", one("  ")), value("email", one("a@b.example"))]), "a@b.example");
    let tickets = webforms(&settings(r#", "module": "HelpDesk""#)).pairs(&lead(vec![], Decision::Refused)).unwrap();
    assert_eq!(of(&tickets, "lastname"), Vec::<&str>::new());
}

#[test]
fn a_withdrawal_goes_to_its_own_webform_and_says_whose_it_is() {
    let pairs = webforms(&settings(WITHDRAWAL)).pairs(&withdrawn()).unwrap();
    assert_eq!(of(&pairs, "publicid"), ["77aa"]);
    assert_eq!(of(&pairs, "lastname"), ["Consent withdrawn: K7QD-93XF"]);
    assert_eq!(of(&pairs, "cf_855"), ["K7QD-93XF"]);
    assert_eq!(
        (of(&pairs, "cf_861"), of(&pairs, "cf_863").len(), of(&pairs, "cf_859").len()),
        (vec!["withdrawn"], 0, 0)
    );
    assert!(of(&pairs, "cf_853")[0].starts_with("NEWS [news]: withdrawn, stop using it; "));
}

#[test]
fn a_withdrawal_that_vtiger_cannot_hear_is_listed_and_one_whose_id_is_awaited_is_tried_again() {
    let Err(Outcome::Impossible(reason)) = webforms(&settings("")).pairs(&withdrawn()) else { panic!("it has no ear") };
    assert!(reason.contains("K7QD-93XF") && reason.contains("by hand"), "{reason}");
    let settings = settings(WITHDRAWAL);
    let early = Webforms::new(&settings, |_| None).unwrap();
    assert!(early.pairs(&lead(vec![], Decision::Refused)).is_ok(), "leads go");
    let Err(Outcome::Unreachable(reason)) = early.pairs(&withdrawn()) else { panic!("it is awaited") };
    assert_eq!(reason, "the secret `secrets.gone` is not set");
}

#[test]
fn nothing_that_was_typed_is_taken_for_markup_or_lost() {
    for (typed, sent) in [
        ("Ada <ada@example.org>", "Ada ‹ada@example.org›"),
        ("<script>alert(1)</script>", "‹script›alert[1)‹/script›"),
        ("&lt;b&gt; &#60; &ltimg", "& lt;b& gt; & #60; & ltimg"),
        ("R&D, AT&T & Co", "R&D, AT&T & Co"),
        ("I saw it online (in Sofia)", "I saw it online [in Sofia)"),
        ("on (time)", "on (time)"),
        ("onclick=x, conduct=y, on=z", "onclick =x, conduct =y, on=z"),
        ("a\u{0}b\u{7}\u{85}c\td", "abc\td"),
        ("1\r\n2\r3\n4", "1\n2\n3\n4"),
        ("чай 茶 ﷺ", "чай 茶 ﷺ"),
        ("tea 🍵, 𠮷田", "tea \u{fffd}, \u{fffd}田"),
        ("", ""),
    ] {
        assert_eq!(plain(typed, false), sent);
    }
    assert_eq!(plain("tea 🍵", true), "tea 🍵");
    let pairs =
        webforms(&settings("")).pairs(&lead(vec![value("message", one(r"C:\tea"))], Decision::Refused)).unwrap();
    assert_eq!(of(&pairs, "description"), [r"C:\\tea"], "Vtiger strips one");
}

#[test]
fn what_vtiger_has_no_room_for_is_cut_where_that_does_no_harm() {
    let values =
        vec![value("name", one(&"Я".repeat(200))), value("email", one(&format!("{}@example.org", "a".repeat(120))))];
    let pairs = webforms(&settings("")).pairs(&lead(values, Decision::Refused)).unwrap();
    assert_eq!(of(&pairs, "lastname"), [format!("{}…", "Я".repeat(79))]);
    assert_eq!(of(&pairs, "email"), Vec::<&str>::new(), "an address that was cut is somebody else's");
}

#[test]
fn a_public_id_among_the_secrets_must_be_one() {
    let mut settings = settings("");
    settings.public_id = "secrets.vtiger".to_owned();
    let new = |text: Option<&'static str>| Webforms::new(&settings, |_| text).map(|webforms| webforms.public_id);
    assert_eq!(new(Some("0b6d\n")).ok().as_deref(), Some("0b6d"));
    assert_eq!(new(None).err().unwrap().to_string(), "the secret `secrets.vtiger` is not set");
    for bad in ["", " ", "a b", "<input>"] {
        assert!(matches!(new(Some(bad)), Err(TargetError::PublicId(_))), "{bad}");
    }
}

fn heard(status: u16, body: &str) -> Outcome {
    let answer = Answer { status, retry_after: None, location: None, body: Some(body.as_bytes().to_vec()) };
    answer.outcome(Duplicates::Refused)
}

fn sent_to(location: &str) -> Outcome {
    let answer = Answer { status: 302, retry_after: None, location: Some(location.to_owned()), body: Some(Vec::new()) };
    answer.outcome(Duplicates::Refused)
}

#[test]
fn a_success_in_words_is_one() {
    for body in [
        r#"{"success":true,"result":"ok"}"#,
        "\u{feff} {\"success\": true}\n",
        "<br />\n<b>Warning</b>: Undefined array key \"x\" in capture.php on line 30<br />\n{\"success\":true,\"result\":\"ok\"}",
    ] {
        assert_eq!(heard(200, body), Outcome::Taken { status: 200 }, "{body}");
    }
    assert_eq!(sent_to("https://shop.example/thanks?success=ok"), Outcome::Taken { status: 302 });
    assert_eq!(sent_to("http://shop.example/thanks?lang=bg?success=ok"), Outcome::Taken { status: 302 });
}

#[test]
fn a_200_that_is_no_success_goes_again_and_says_what_it_looks_like() {
    for (body, hint) in [
        ("", "without a word"),
        ("<b>Fatal error</b>: Uncaught Error ann@example.org in x.php", "error of its PHP"),
        ("Fatal error {\"success\":true,\"result\":\"ok\"}", "error of its PHP"),
        ("<html><input type=password name=user>", "login page"),
        ("<html><h1>It works!</h1>", "a page answered"),
        (r#"{"success":"true"}"#, "a page answered"),
        (r#"{"success":true,"result":"o"#, "a page answered"),
        (r#"{"success":true} ann@example.org"#, "a page answered"),
        (r#"{"success":false,"error":{"message":"Incorrect string value for ann@example.org"}}"#, "refused it;"),
        (
            r#"{"success":false,"error":{"code":"ACCESS_DENIED","message":"ann@example.org"}}"#,
            "refused it (ACCESS_DENIED);",
        ),
        (r#"{"success":false,"error":{"code":"ann@example.org"}}"#, "refused it;"),
        (r#"{"success":false,"error":"ann@example.org"}"#, "refused it;"),
        (r#"{"success":false}"#, "refused it;"),
    ] {
        let Outcome::Declined { status: 200, reason } = heard(200, body) else {
            panic!("{body}: {:?}", heard(200, body))
        };
        assert!(reason.contains(hint), "{body}: {reason}");
        assert!(!reason.contains("ann@"), "{reason}");
    }
    let broken = Answer { status: 200, retry_after: None, location: None, body: None };
    assert!(matches!(broken.outcome(Duplicates::Refused), Outcome::Declined { .. }));
}

#[test]
fn what_no_repetition_can_help_is_given_up_and_says_what_to_do() {
    for (message, hint) in [
        ("Webform not found.", "public id"),
        ("webforms is not active", "switched off"),
        ("Please verify you are not a robot.", "captcha"),
        ("Required fields not filled", "mandatory"),
        ("Duplicates detected. ann@example.org", "duplicate prevention"),
        ("Се откри дублиран запис", "duplicate prevention"),
    ] {
        let json = format!(r#"{{"success":false,"error":{{"message":"{message}"}}}}"#);
        for outcome in [heard(200, &json), sent_to(&format!("https://shop.example/?error={message}"))] {
            let Outcome::Impossible(reason) = outcome else { panic!("{message}: {outcome:?}") };
            assert!(reason.contains(hint) && !reason.contains("ann@"), "{message}: {reason}");
        }
    }
}

#[test]
fn a_record_that_is_there_already_has_arrived_where_the_reference_decides() {
    let body = br#"{"success":false,"error":{"code":"DUPLICATE_RECORD_FOUND"}}"#;
    let answer = Answer { status: 200, retry_after: None, location: None, body: Some(body.to_vec()) };
    assert_eq!(answer.outcome(Duplicates::ByReference), Outcome::Taken { status: 200 });
    assert!(matches!(answer.outcome(Duplicates::Refused), Outcome::Impossible(_)));
}

#[test]
fn a_redirect_that_says_nothing_and_one_to_another_address_are_no_success() {
    for to in ["https://crm.example/index.php", "https://sso.example/login?to=x&success=", "/", ""] {
        let Outcome::Declined { reason, .. } = sent_to(to) else { panic!("{to}") };
        assert!(reason.contains("neither success nor error"), "{reason}");
    }
    for status in [301, 307, 308] {
        let location = Some("https://crm.example/?success=ok".to_owned());
        let moved = Answer { status, retry_after: None, location, body: Some(Vec::new()) };
        assert!(matches!(moved.outcome(Duplicates::Refused), Outcome::Declined { .. }), "{status}");
    }
    assert_eq!(heard(500, r#"{"success":true}"#), Outcome::Answered { status: 500, retry_after: None });
    assert_eq!(heard(404, ""), Outcome::Answered { status: 404, retry_after: None });
}
