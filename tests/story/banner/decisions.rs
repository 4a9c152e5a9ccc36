//! What a banner sends, and what is kept of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use unticked_collector::{
    leads::{Filter, Leads, Walk},
    vault, verify,
};
use unticked_shared::{
    base64::decode_url,
    canonical,
    decision::Decision,
    evidence::Method,
    merkle::note::VerifierKey,
    receipt::{Receipt, Verified},
};
use uuid::Uuid;

use super::BANNER;
use crate::{
    house::{Answer, House, SHOP, STRANGER, encode},
    visitor::Visitor,
};

const DAY: i64 = 24 * 3600;

/// Somebody before the banner who has not decided yet.
fn visitor(house: &House) -> Visitor {
    Visitor::arrives(house, BANNER).with(|body| body["build"] = json!("gate-1"))
}

fn takes_back(visitor: Visitor, purpose: &str) -> Visitor {
    visitor.with(|body| body["choices"][purpose] = json!("withdrawn"))
}

/// The submission's id, which is the ticket's.
fn id(visitor: &Visitor) -> Uuid {
    Uuid::from_slice(&decode_url(&visitor.ticket.id).unwrap()).unwrap()
}

/// As it comes without WebCrypto.
fn unsigned(house: &House, visitor: &Visitor, headers: &[(&str, &str)]) -> Answer {
    let body = canonical::to_vec(&visitor.body).unwrap();
    let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
    house.send("POST", &format!("/v1/forms/{}/submissions", visitor.form), &headers, &body)
}

/// What the receipt in an answer proves.
#[track_caller]
fn proved(house: &House, answer: &Value) -> Verified {
    let page = house.get("/receipt", &[]).expect(200).text();
    let key = page.split("--key '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
    let file = STANDARD.decode(answer["receipt"].as_str().unwrap_or_else(|| panic!("no receipt in {answer}"))).unwrap();
    unticked_shared::receipt::verify(&Receipt::read(&file).unwrap(), &VerifierKey::parse(&key).unwrap()).unwrap()
}

fn decided(proved: &Verified) -> Vec<(&str, Option<Decision>)> {
    proved.part_a.purposes.iter().map(|purpose| (purpose.id.as_str(), purpose.decision)).collect()
}

/// What `unticked verify` finds wrong.
#[track_caller]
fn everything_holds(house: &House) {
    let app = house.app();
    let tools = verify::Tools { store: app.store.clone(), vault: app.vault.clone(), clock: app.clock.clone() };
    let mut findings = Vec::new();
    house.with_store(async |_| {
        let mut hear = |told| {
            if let verify::Told::Finding(finding) = told {
                findings.push(format!("{finding:?}"));
            }
        };
        verify::run(&tools, &mut hear).await.unwrap()
    });
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_refusal_is_kept_with_the_words_that_were_shown_and_proved_by_its_receipt() {
    let house = House::with_a_banner(&["evidence.client_address=truncated"]);
    let somebody = visitor(&house);
    let answer = somebody.sends(&house).expect(200).json();
    let proved = proved(&house, &answer);
    let no = Some(Decision::Refused);
    assert_eq!(decided(&proved), [("basket", None), ("measure", no), ("ads", no), ("joining", no)]);
    assert_eq!((proved.part_a.form.as_str(), proved.part_a.method), (BANNER, Method::Widget));
    assert_eq!(proved.part_a.version, house.placement(BANNER, "en").version);
    assert!(proved.texts["ads"].contains("advertisements on other sites"), "{:?}", proved.texts);
    assert_eq!(proved.part_b.subject, id(&somebody).to_string(), "the one-off id and no other");
    assert_eq!(proved.part_b.client, None, "of whoever somebody no address is kept, whatever the setting");
    assert_eq!(proved.part_b.build.as_deref(), Some("gate-1"));
    everything_holds(&house);
    let house = house.restart();
    house.get(&format!("/v1/versions/{}", proved.part_a.version), &[]).expect(200);
    everything_holds(&house);
}

#[test]
fn the_browser_s_signal_is_recorded_with_a_grant_that_overrides_it() {
    let house = House::with_a_banner(&[]);
    let grants = visitor(&house).ticks("ads").with(|body| body["gpc"] = json!(true));
    assert_eq!(proved(&house, &grants.sends(&house).expect(200).json()).part_b.gpc, Some(true));
    let hidden = visitor(&house);
    let headers = [("origin", SHOP), ("sec-gpc", "1")];
    let answer = unsigned(&house, &hidden, &headers).expect(200).json();
    assert_eq!(proved(&house, &answer).part_b.gpc, Some(true), "some browsers send the header alone");
}

#[test]
fn a_decision_is_no_lead_and_tells_nobody() {
    let house = House::with_a_banner(&[]);
    visitor(&house).ticks("ads").sends(&house).expect(200);
    let lead = Visitor::with_an_enquiry(&house).sends(&house).expect(200).json();
    let rows = house.rows();
    assert_eq!((rows.submissions, rows.subjects, rows.evidence, rows.held), (2, 2, 2, 0));
    let told: Vec<String> = house.with_store(async |store| {
        let connection = &mut store.read().await.unwrap();
        let kinds = unticked_collector::fetch_all!(connection, (String,), "select kind from event");
        kinds.await.unwrap().into_iter().map(|(kind,)| kind).collect()
    });
    assert_eq!(told.len(), 1, "of the enquiry alone");
    let listed = |form: Option<&str>| -> Vec<(String, String)> {
        let mut walk = Walk::new(Filter { form: form.map(str::to_owned), ..Filter::default() });
        let leads = house.with_store(async |store| Leads::next(store, &mut walk, 10).await.unwrap());
        leads.into_iter().map(|lead| (lead.submission.form, lead.submission.reference)).collect()
    };
    assert_eq!(listed(None), [("contact".to_owned(), lead["reference"].as_str().unwrap().to_owned())]);
    let decisions = listed(Some(BANNER));
    assert_eq!(decisions.len(), 1, "whoever asks for them is shown them");
    assert!(house.get("/metrics", &[]).expect(200).text().contains(r#"method="banner",result="accepted"} 1"#));
}

#[test]
fn only_the_sites_of_the_banner_may_read_it_or_send_to_it() {
    let house = House::with_a_banner(&[]);
    let path = "/v1/forms/banner/submissions";
    let wanted = "content-type,unticked-id,unticked-timestamp,unticked-signature";
    let preflight = |origin: &str| {
        let headers =
            [("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", wanted)];
        house.send("OPTIONS", path, &headers, b"").header("access-control-allow-origin").map(str::to_owned)
    };
    assert_eq!((preflight(SHOP).as_deref(), preflight(STRANGER)), (Some(SHOP), None));
    let version = house.placement(BANNER, "en").version;
    house.ask_for_ticket(STRANGER, BANNER, &version, "en").expect_problem(403, "origin-not-allowed");
    let elsewhere = Visitor { origin: STRANGER.to_owned(), ..visitor(&house) };
    elsewhere.sends(&house).expect_problem(403, "origin-not-allowed");
    assert_eq!(house.rows().submissions, 0);
}

#[test]
fn the_same_again_is_the_same_answer_and_another_under_its_id_is_refused() {
    let house = House::with_a_banner(&[]);
    let refuses = visitor(&house);
    let first = refuses.sends(&house).expect(200).json();
    let again = refuses.sends(&house).expect(200).json();
    assert_eq!(again["reference"], first["reference"]);
    assert_eq!(proved(&house, &again).part_b.record_id, proved(&house, &first).part_b.record_id);
    let grants = refuses.clone().ticks("ads");
    grants.sends(&house).expect_problem(409, "already-submitted");
    house.wait(300 * DAY);
    assert_eq!(refuses.sends(&house).expect(200).json()["reference"], first["reference"]);
    assert_eq!(house.rows().submissions, 1);
    everything_holds(&house);
}

#[test]
fn many_tabs_that_send_the_same_at_once_leave_one_record_that_opens() {
    let house = House::with_a_banner(&[]);
    let visitors: Vec<Visitor> = (0..8).map(|_| visitor(&house)).collect();
    std::thread::scope(|scope| {
        for visitor in visitors.iter().flat_map(|visitor| [visitor; 4]) {
            scope.spawn(|| {
                // Whoever comes in between may be asked to try again.
                for _ in 0..5 {
                    if visitor.sends(&house).0.status == 200 {
                        return;
                    }
                }
                panic!("it was never taken");
            });
        }
    });
    assert_eq!(house.rows().submissions, 8);
    for visitor in &visitors {
        proved(&house, &visitor.sends(&house).expect(200).json());
    }
    everything_holds(&house);
}

#[test]
fn keys_that_an_attempt_left_under_the_same_id_seal_the_next_one() {
    let house = House::with_a_banner(&[]);
    let refuses = visitor(&house);
    let app = house.app();
    let left = app.vault.new_subject(id(&refuses), app.clock.now().as_millisecond());
    house.with_store(async |store| {
        let mut tx = store.keys().begin().await.unwrap();
        assert!(vault::sql::insert(&mut tx, &[&left.wrapped]).await.unwrap().is_empty());
        tx.commit().await.unwrap();
    });
    refuses.sends(&house).expect(200);
    proved(&house, &refuses.sends(&house).expect(200).json());
    everything_holds(&house);
}

#[test]
fn a_refusal_or_a_withdrawal_comes_however_late_and_a_grant_does_not() {
    let house = House::with_a_banner(&[]);
    let (refuses, back) = (visitor(&house), takes_back(visitor(&house), "ads"));
    let (grants, forged) = (visitor(&house).ticks("ads"), visitor(&house));
    house.wait(90 * DAY);
    let answer = refuses.sends(&house).expect(200).json();
    assert_eq!(decided(&proved(&house, &answer))[2], ("ads", Some(Decision::Refused)));
    let sent_now = Visitor { elapsed: 90 * DAY + 30, ..back };
    let proved = proved(&house, &sent_now.sends(&house).expect(200).json());
    assert_eq!(decided(&proved)[2], ("ads", Some(Decision::Withdrawn)));
    grants.sends(&house).expect_problem(401, "ticket-expired");
    let body = canonical::to_vec(&forged.body).unwrap();
    let timestamp = forged.ticket.issued_at.to_string();
    let other = visitor(&house).key().sign(&forged.ticket.id, forged.ticket.issued_at, &body);
    forged.posts(&house, &forged.ticket.id, &timestamp, &other, &body).expect_problem(401, "signature-invalid");
    unsigned(&house, &forged, &[("origin", SHOP)]).expect(200);
    everything_holds(&house);
}

#[test]
fn a_version_that_the_owner_withdrew_still_takes_a_refusal() {
    let house = House::with_a_banner(&[]);
    let (refuses, grants) = (visitor(&house), visitor(&house).ticks("measure"));
    let old = house.placement(BANNER, "en").version;
    house.rewrite("banner.toml", "May we?", "Is this all right?");
    house.reload().unwrap();
    house.withdraw(&old);
    grants.sends(&house).expect_problem(409, "definition-changed");
    assert_eq!(proved(&house, &refuses.sends(&house).expect(200).json()).part_a.version, old);
    everything_holds(&house);
}

#[test]
fn without_webcrypto_the_ticket_speaks_alone_where_the_browser_names_the_origin() {
    let house = House::with_a_banner(&[]);
    let grants = visitor(&house).ticks("measure");
    unsigned(&house, &grants, &[]).expect_problem(403, "origin-not-allowed");
    unsigned(&house, &grants, &[("origin", "null")]).expect_problem(403, "origin-not-allowed");
    unsigned(&house, &grants, &[("origin", STRANGER)]).expect_problem(403, "origin-not-allowed");
    let proved = proved(&house, &unsigned(&house, &grants, &[("origin", SHOP)]).expect(200).json());
    assert_eq!(proved.part_a.method, Method::Page, "the evidence says that nobody signed it");
    assert_eq!(decided(&proved)[1], ("measure", Some(Decision::Granted)));
    everything_holds(&house);

    let form = Visitor::with_an_enquiry(&house);
    unsigned(&house, &form, &[("origin", SHOP)]).expect_problem(401, "signature-invalid");
}

#[test]
fn a_banner_takes_decisions_alone_and_each_of_them() {
    let house = House::with_a_banner(&[]);
    visitor(&house).types("email", "ann@example.org").sends(&house).expect_problem(400, "malformed");
    let none = visitor(&house).with(|body| body["choices"] = json!({}));
    none.sends(&house).expect_problem(422, "validation-failed");
    let told = visitor(&house).with(|body| body["choices"]["basket"] = json!("granted"));
    told.sends(&house).expect_problem(422, "validation-failed");
    let wrong = Visitor { form: "contact".to_owned(), ..visitor(&house) };
    wrong.sends(&house).expect_problem(401, "ticket-invalid");
    let back = Visitor::with_an_enquiry(&house).with(|body| body["choices"]["newsletter"] = json!("withdrawn"));
    back.sends(&house).expect_problem(400, "malformed");
    assert_eq!(house.rows().submissions, 0);
}

#[test]
fn what_was_left_open_is_no_decision() {
    let house = House::with_a_banner(&[]);
    let one = visitor(&house).with(|body| body["choices"] = json!({"measure": "granted"}));
    let answer = one.sends(&house).expect(200).json();
    assert_eq!(answer["decisions"].as_array().unwrap().len(), 1);
    assert_eq!(decided(&proved(&house, &answer)), [("basket", None), ("measure", Some(Decision::Granted))]);
    everything_holds(&house);
}

#[test]
fn an_id_comes_with_the_grant_that_needs_it_and_lies_sealed() {
    let house = House::with_a_banner(&[]);
    let with = |visitor: Visitor, id: &str| visitor.with(|body| body["visitor"] = json!(id));
    let own = "AAECAwQFBgcICQoLDA0ODw";
    with(visitor(&house), own).sends(&house).expect_problem(400, "malformed");
    with(visitor(&house).ticks("ads"), own).sends(&house).expect_problem(400, "malformed");
    with(takes_back(visitor(&house), "measure"), own).sends(&house).expect_problem(400, "malformed");
    for bad in ["", "AAECAwQFBgcICQoLDA0O", "AAECAwQFBgcICQoLDA0ODw==", "ann@example.org"] {
        with(visitor(&house).ticks("measure"), bad).sends(&house).expect_problem(400, "malformed");
    }
    with(Visitor::with_an_enquiry(&house), own).sends(&house).expect_problem(400, "malformed");
    assert_eq!(house.rows().submissions, 0);
    let answer = with(visitor(&house).ticks("measure"), own).sends(&house).expect(200).json();
    assert_eq!(proved(&house, &answer).part_b.visitor.as_deref(), Some(own));
    everything_holds(&house);
    let folder = house.close();
    for file in
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
    {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(own.len()).any(|window| window == own.as_bytes()), "{}", file.display());
    }
}

#[test]
fn the_personal_page_promises_no_withdrawal_that_the_site_would_not_hear_of() {
    let house = House::with_a_banner(&[]);
    let answer = visitor(&house).ticks("ads").sends(&house).expect(200).json();
    let token = answer["preferences"].as_str().unwrap().split_once('#').unwrap().1;
    let asks = |path: &str, body: Value| {
        house.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    };
    let stands = asks("/v1/preferences", json!({ "token": token })).expect(200).json();
    assert_eq!(stands["decided_on"], json!(format!("{SHOP}/en/contact")), "{stands}");
    let ads = &stands["purposes"][2];
    assert_eq!((&ads["state"], &ads["can_be_withdrawn"]), (&json!("granted"), &json!(false)), "{stands}");

    let posts = |controls: &[(&str, &str)]| {
        let headers = [("origin", "null"), ("content-type", "application/x-www-form-urlencoded")];
        house.send("POST", "/preferences", &headers, encode(controls).as_bytes())
    };
    let page = posts(&[("token", token)]).expect(200).text();
    assert!(!page.contains("name=\"withdraw\""), "no button: {page}");
    assert!(page.contains("data-purpose=\"ads\" data-state=\"granted\""), "what was decided: {page}");
    assert!(
        page.contains(&format!("href=\"{SHOP}/en/contact\"")) && page.contains("press “Privacy settings”"),
        "{page}"
    );
    assert!(page.contains("You said no: ") && !page.contains("Nothing is done with your data"), "{page}");

    // Nor where somebody posts what no button sends.
    for which in ["ads", "*"] {
        let page = posts(&[("token", token), ("withdraw", which)]).expect(422).text();
        assert!(page.contains("press “Privacy settings”"), "{which}: it says what to do");
    }
    for body in [json!({ "token": token, "purposes": ["ads"] }), json!({ "token": token })] {
        asks("/v1/preferences/withdraw", body).expect_problem(422, "validation-failed");
    }
    assert_eq!(house.rows().evidence, 1, "the ledger says nothing that nobody obeys");
    everything_holds(&house);
}

#[test]
fn a_refusal_is_remembered_as_long_as_a_grant_and_then_forgotten() {
    let house = House::with_a_banner(&[]);
    let (refuses, grants) = (visitor(&house), visitor(&house).ticks("ads"));
    refuses.sends(&house).expect(200);
    grants.sends(&house).expect(200);
    let identities = || -> i64 {
        house.with_store(async |store| {
            let connection = &mut store.keys().read().await.unwrap();
            let counted = unticked_collector::fetch_optional!(
                connection,
                (i64,),
                "select count(*) from subject_key where identity_key is not null"
            );
            counted.await.unwrap().unwrap().0
        })
    };
    let due = |house: &House| -> i64 {
        let now = house.now() * 1000;
        house.with_store(async |store| {
            let connection = &mut store.read().await.unwrap();
            let counted = unticked_collector::fetch_optional!(
                connection,
                (i64,),
                "select count(*) from submission where due_at is null or due_at <= $1",
                now,
            );
            counted.await.unwrap().unwrap().0
        })
    };
    // What the basket needs was told and not decided, and its thirty days end nothing here.
    for days in [0, 40, 130] {
        house.wait(days * DAY);
        assert_eq!((due(&house), identities(), house.rows().evidence), (0, 2, 2), "after {days} days more");
    }
    house.wait(15 * DAY);
    house.until("both are forgotten", |_| identities() == 0);
    everything_holds(&house);
}
