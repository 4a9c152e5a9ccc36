//! The personal page and what follows from it: Art. 7(3), from the first day.

use serde_json::{Value, json};

use crate::{
    destination::{Crm, decision, fields},
    house::{Answer, CONTACT, House, OURS, STRANGER, encode},
    visitor::Visitor,
};

/// A visitor who wants both: the newsletter, which asks for a confirmation, and calls.
fn ann(house: &House) -> Visitor {
    Visitor::with_an_enquiry(house).types("phone", "+359 2 777 8899").ticks("newsletter").ticks("phone-offers")
}

/// The personal link of an answer, and its token.
fn link(answer: &Answer) -> (String, String) {
    let link = answer.json()["preferences"].as_str().unwrap().to_owned();
    let token = link.strip_prefix("https://forms.example/preferences#").unwrap().to_owned();
    (link, token)
}

fn token_of(visitor: &Visitor, house: &House) -> String {
    link(&visitor.sends(house).expect(200)).1
}

/// Posts to the page as a browser does, which under `no-referrer` names no origin.
fn post(house: &House, controls: &[(&str, &str)]) -> Answer {
    let headers = [("origin", "null"), ("content-type", "application/x-www-form-urlencoded")];
    house.send("POST", "/preferences", &headers, encode(controls).as_bytes())
}

fn opens(house: &House, token: &str) -> Answer {
    post(house, &[("token", token)])
}

fn takes_back(house: &House, token: &str, which: &str) -> Answer {
    post(house, &[("token", token), ("withdraw", which)])
}

fn asks(house: &House, path: &str, body: &Value) -> Answer {
    house.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
}

/// How a purpose stands, as the page says it.
#[track_caller]
fn state(page: &Answer, purpose: &str) -> String {
    let html = page.text();
    let tag = html.split('<').find(|tag| tag.contains(&format!("data-purpose=\"{purpose}\"")));
    let tag = tag.unwrap_or_else(|| panic!("{purpose} is not on the page: {html}"));
    tag.split("data-state=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

/// The purposes that have a button.
fn buttons(page: &Answer) -> Vec<String> {
    let html = page.text();
    let tags = html.split('<').filter(|tag| tag.starts_with("button") && tag.contains("name=\"withdraw\""));
    tags.map(|tag| tag.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn the_answer_carries_a_personal_link_and_the_same_one_when_it_is_asked_for_again() {
    let house = House::open();
    let visitor = ann(&house);
    let (first, token) = link(&visitor.sends(&house).expect(200));
    assert_eq!(token.len(), 43);
    house.wait(3 * 24 * 3600);
    assert_eq!(link(&visitor.sends(&house).expect(200)).0, first);
    assert_ne!(link(&ann(&house).sends(&house).expect(200)).0, first, "another submission's");
}

#[test]
fn the_page_shows_what_was_decided_in_the_words_that_were_shown() {
    let house = House::open();
    let visitor = Visitor::with_an_enquiry(&house).ticks("phone-offers");
    let answer = visitor.sends(&house).expect(200);
    let reference = answer.json()["reference"].as_str().unwrap().to_owned();
    let (_, token) = link(&answer);
    // Other words today change nothing of what was said then.
    house.rewrite("purposes/phone-offers.toml", "at most four times a year", "every day");
    house.reload().unwrap();
    let page = opens(&house, &token).expect(200);
    let html = page.text();
    assert!(html.contains(&reference) && html.contains("at most four times a year") && !html.contains("every day"));
    assert!(html.contains("<html lang=\"en\" dir=\"ltr\""));
    assert!(
        html.contains("You said yes: ")
            && html.contains("You said no: ")
            && html.contains("23 November 2026, 12:00 UTC")
    );
    assert_eq!(
        (state(&page, "phone-offers"), state(&page, "newsletter")),
        ("granted".to_owned(), "refused".to_owned())
    );
    assert_eq!(
        (state(&page, "enquiry"), state(&page, "campaign")),
        ("other_basis".to_owned(), "other_basis".to_owned())
    );
    assert!(html.contains("mailto:") && html.contains("You may object"), "{html}");
    assert_eq!(buttons(&page), ["phone-offers"], "one consent, one button, and none for all");
    assert!(html.contains("a contract with you") && html.contains("Art. 7(3) GDPR"));
    for typed in ["Ann Canary", "ann.canary@example.org", "Where is my parcel?"] {
        assert!(!html.contains(typed), "the page shows decisions, not what was entered: {typed}");
    }
}

#[test]
fn the_page_keeps_to_itself() {
    let house = House::open();
    let token = token_of(&ann(&house), &house);
    for page in
        [house.get("/preferences", &[]).expect(200), opens(&house, &token).expect(200), opens(&house, "x").expect(422)]
    {
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("x-robots-tag"), Some("noindex, nofollow"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.contains("script-src 'self'")
                && policy.contains("frame-ancestors 'none'")
                && !policy.contains("unsafe")
        );
        let html = page.text();
        assert!(html.contains("noindex") && !html.contains(" style=") && !html.contains("<style"));
        assert_eq!(html.matches("<script").count(), 1, "its one small script, from a file");
        let script = html.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(house.get(script, &[]).expect(200).text().contains("replaceState"));
    }
}

#[test]
fn looking_changes_nothing() {
    let crm = Crm::open();
    let house = crm.house();
    let token = token_of(&ann(&house), &house);
    crm.waits_for(1);
    let before = house.rows();
    for path in ["/preferences".to_owned(), format!("/preferences?token={token}&withdraw=*")] {
        assert!(buttons(&house.get(&path, &[]).expect(200)).is_empty(), "an address opens nothing");
        house.send("HEAD", &path, &[], b"").expect(200);
    }
    house.get("/v1/preferences", &[]).expect_problem(405, "method-not-allowed");
    house.get("/v1/preferences/withdraw", &[]).expect_problem(405, "method-not-allowed");
    opens(&house, &token).expect(200);
    asks(&house, "/v1/preferences", &json!({ "token": token })).expect(200);
    assert_eq!(house.rows(), before);
    assert_eq!(crm.got().len(), 1);
}

#[test]
fn one_click_takes_it_back_and_the_crm_is_told_after_the_lead() {
    let crm = Crm::open();
    let house = crm.house();
    let answer = ann(&house).sends(&house).expect(200);
    let (_, token) = link(&answer);
    let lead = crm.waits_for(1).remove(0);
    assert_eq!(decision(&lead, "phone-offers"), "granted");
    house.wait(3600);
    let before = house.rows();

    let page = takes_back(&house, &token, "phone-offers").expect(200);
    assert_eq!(state(&page, "phone-offers"), "withdrawn");
    assert_eq!(buttons(&page), ["newsletter"], "no button any more, and none for all where one is left");
    let html = page.text();
    assert!(html.contains("role=\"status\"") && html.contains("Taken back: Offers by telephone"));
    assert!(html.contains("23 November 2026, 13:00 UTC"), "{html}");
    assert_eq!(house.rows().evidence, before.evidence + 1);

    let told = crm.waits_for(2).remove(1);
    assert_eq!(told["type"], "consent.withdrawn");
    assert_ne!(told["id"], lead["id"]);
    let data = &told["data"];
    for same in ["reference", "subject", "form", "version", "language"] {
        assert_eq!(data[same], lead["data"][same], "{same}");
    }
    assert_eq!(data["decisions"].as_array().unwrap().len(), 1, "what was taken back, and nothing else");
    assert_eq!(decision(&told, "phone-offers"), "withdrawn");
    assert_eq!(data["decisions"][0]["decided_at"], "2026-11-23T13:00:30Z");
    assert!(data["decisions"][0]["statement"].as_str().unwrap().contains("at most four times a year"));
    assert_ne!(data["evidence"], lead["data"]["evidence"], "a record of its own");
    assert!(data.get("values").is_none() && !told.to_string().contains("777 8899"), "{told}");
}

#[test]
fn a_double_click_and_a_second_tab_make_one_record_and_one_event() {
    let crm = Crm::open();
    let house = crm.house();
    let token = token_of(&ann(&house), &house);
    crm.waits_for(1);
    let before = house.rows();
    std::thread::scope(|scope| {
        let tabs: Vec<_> =
            (0..6).map(|_| scope.spawn(|| takes_back(&house, &token, "phone-offers").expect(200))).collect();
        for tab in tabs {
            assert_eq!(state(&tab.join().unwrap(), "phone-offers"), "withdrawn");
        }
    });
    let again = takes_back(&house, &token, "phone-offers").expect(200);
    assert!(!again.text().contains("role=\"status\""), "nothing happened just now");
    assert_eq!(house.rows().evidence, before.evidence + 1);
    crm.waits_for(2);
}

#[test]
fn all_of_it_can_be_taken_back_at_once() {
    let crm = Crm::open();
    let house = crm.house();
    let token = token_of(&ann(&house), &house);
    crm.waits_for(1);
    assert_eq!(buttons(&opens(&house, &token)), ["newsletter", "phone-offers", "*"]);
    let page = takes_back(&house, &token, "*").expect(200);
    assert_eq!(
        (state(&page, "newsletter"), state(&page, "phone-offers")),
        ("withdrawn".to_owned(), "withdrawn".to_owned())
    );
    assert!(buttons(&page).is_empty());
    let told = crm.waits_for(2).remove(1);
    assert_eq!(
        (decision(&told, "newsletter"), decision(&told, "phone-offers")),
        (&json!("withdrawn"), &json!("withdrawn"))
    );
    assert_eq!(
        (state(&page, "enquiry"), state(&page, "campaign")),
        ("other_basis".to_owned(), "other_basis".to_owned())
    );
}

#[test]
fn what_was_taken_back_before_it_was_sent_is_not_sent() {
    let crm = Crm::open();
    let house = crm.house();
    // A suspect waits for the owner; the person does not wait with it.
    let token = token_of(&ann(&house).with(|body| body["trap"] = json!("x")), &house);
    let reference = house.quarantined().remove(0);
    let page = takes_back(&house, &token, "phone-offers").expect(200);
    assert_eq!(state(&page, "phone-offers"), "withdrawn");
    assert!(house.release(&reference));
    let lead = crm.waits_for(1).remove(0);
    assert_eq!((&lead["type"], decision(&lead, "phone-offers")), (&json!("lead.submitted"), &json!("withdrawn")));
    let phone = lead["data"]["values"].as_array().unwrap().iter().find(|value| value["field"] == "phone").unwrap();
    assert_eq!(phone["purposes"], json!(["enquiry"]), "it answers the enquiry and serves nothing else");
    assert!(fields(&lead).contains(&"email"));
}

#[test]
fn a_lead_that_rests_on_nothing_any_more_is_settled_without_being_sent() {
    let crm = Crm::open();
    let house = crm.house();
    house.rewrite(
        "destinations.toml",
        "[\"enquiry\", \"newsletter\", \"phone-offers\", \"event\"]",
        "[\"phone-offers\"]",
    );
    house.reload().unwrap();
    let token = token_of(&ann(&house).with(|body| body["trap"] = json!("x")), &house);
    let reference = house.quarantined().remove(0);
    takes_back(&house, &token, "*").expect(200);
    assert!(house.release(&reference));
    house.until_settled();
    assert_eq!(house.delivery_states(), ["withheld"]);
    assert_eq!(
        crm.got(),
        Vec::<Value>::new(),
        "neither the lead nor word of a withdrawal: it never heard of the person"
    );
}

#[test]
fn a_crm_that_may_have_the_lead_gets_it_cut_and_then_the_withdrawal() {
    let crm = Crm::open();
    crm.answers(503);
    let house = crm.house();
    let token = token_of(&ann(&house), &house);
    assert_eq!(decision(&crm.waits_for(1)[0], "phone-offers"), "granted", "it may have kept it, whatever it answered");
    takes_back(&house, &token, "phone-offers").expect(200);
    // The lead is not waited for until its next turn; it goes at once, and fails once more.
    let events = crm.waits_for(2);
    assert_eq!(
        (&events[1]["type"], &events[1]["id"]),
        (&json!("lead.submitted"), &events[0]["id"]),
        "nothing overtakes it"
    );
    assert_eq!(decision(&events[1], "phone-offers"), "withdrawn");
    crm.answers(200);
    house.wait(600);
    let events = crm.waits_for(4);
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["lead.submitted", "lead.submitted", "lead.submitted", "consent.withdrawn"]);
    assert_eq!(house.delivery_states(), ["delivered", "delivered"]);
}

#[test]
fn a_withdrawal_survives_a_restart_before_it_was_told() {
    let crm = Crm::open();
    let house = crm.house();
    let token = token_of(&ann(&house), &house);
    crm.waits_for(1);
    crm.answers(500);
    takes_back(&house, &token, "phone-offers").expect(200);
    crm.waits_for(2);
    crm.answers(200);
    // Restarted without a way to the CRM: what is due waits, and the page knows all the same.
    let house = house.restart();
    assert_eq!(state(&opens(&house, &token).expect(200), "phone-offers"), "withdrawn");
    assert_eq!(house.delivery_states(), ["delivered", "waiting"]);
}

#[test]
fn a_wrong_token_says_nothing() {
    let house = House::open();
    let token = token_of(&ann(&house), &house);
    let other = House::open();
    let elsewhere = token_of(&ann(&other), &other);
    let mut altered = token.clone();
    altered.replace_range(..1, if token.starts_with('B') { "C" } else { "B" });
    let before = house.rows();
    let mut answers = Vec::new();
    for wrong in ["", "x", "'; drop table submission; --", &elsewhere, &altered, &token[..42], &"A".repeat(43)] {
        let page = takes_back(&house, wrong, "*").expect(422);
        assert!(page.text().contains("This link or code opens nothing"), "{wrong}");
        answers.push(page.text().replace(&wrong.replace('\'', "&#x27;"), "").replace(wrong, "").len());
        asks(&house, "/v1/preferences", &json!({ "token": wrong })).expect_problem(404, "not-found");
        asks(&house, "/v1/preferences/withdraw", &json!({ "token": wrong })).expect_problem(404, "not-found");
    }
    assert_eq!(house.rows(), before);
    let html = opens(&house, "\"><script>alert(1)</script>").expect(422).text();
    assert!(!html.contains("<script>alert"));
}

#[test]
fn the_whole_link_works_as_well_as_the_code() {
    let house = House::open();
    let (whole, token) = link(&ann(&house).sends(&house).expect(200));
    for pasted in [whole.clone(), format!("  {whole}\n"), token] {
        assert_eq!(state(&opens(&house, &pasted).expect(200), "phone-offers"), "granted", "{pasted}");
    }
}

#[test]
fn only_a_consent_of_theirs_can_be_taken_back() {
    let house = House::open();
    let token = token_of(&ann(&house), &house);
    let before = house.rows();
    for which in ["enquiry", "nothing", "Not An Id", "phone-offers2"] {
        let page = takes_back(&house, &token, which).expect(422);
        assert_eq!(state(&page, "phone-offers"), "granted", "{which}: the page as it stands");
        let body = json!({ "token": token, "purposes": ["phone-offers", which] });
        assert!((400..=422).contains(&asks(&house, "/v1/preferences/withdraw", &body).0.status), "{which}");
    }
    post(&house, &[("token", &token), ("withdraw", "newsletter"), ("withdraw", "phone-offers")]).expect(422);
    for bad in [json!({}), json!({ "token": 1 }), json!({ "token": token, "all": true }), json!([])] {
        asks(&house, "/v1/preferences/withdraw", &bad).expect_problem(400, "malformed");
    }
    post(&house, &[("token", &token), ("token", &token)]).expect(422);
    assert_eq!(house.rows(), before);
}

#[test]
fn programs_can_do_what_the_page_can() {
    let house = House::open();
    let token = token_of(&ann(&house), &house);
    let seen = asks(&house, "/v1/preferences", &json!({ "token": token })).expect(200);
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    let seen = seen.json();
    assert_eq!((&seen["kept"], &seen["form"], &seen["language"]), (&json!(true), &json!("contact"), &json!("en")));
    let purpose = |answer: &Value, id: &str| {
        answer["purposes"].as_array().unwrap().iter().find(|one| one["purpose"] == id).unwrap().clone()
    };
    assert_eq!(purpose(&seen, "newsletter")["state"], "granted_unconfirmed");
    assert_eq!(purpose(&seen, "enquiry")["can_be_withdrawn"], json!(false));
    let body = json!({ "token": token, "purposes": ["newsletter"] });
    let after = asks(&house, "/v1/preferences/withdraw", &body).expect(200).json();
    assert_eq!(
        (&purpose(&after, "newsletter")["state"], &purpose(&after, "phone-offers")["state"]),
        (&json!("withdrawn"), &json!("granted"))
    );
    let rows = house.rows();
    assert_eq!(
        asks(&house, "/v1/preferences/withdraw", &body).expect(200).json(),
        after,
        "asked again, the same answer"
    );
    assert_eq!(house.rows(), rows);
    let all = asks(&house, "/v1/preferences/withdraw", &json!({ "token": token })).expect(200).json();
    assert_eq!(purpose(&all, "phone-offers")["state"], "withdrawn");
    // No page elsewhere can read what a token opens.
    let headers = [("origin", STRANGER), ("content-type", "application/json")];
    let strange = house.send("POST", "/v1/preferences", &headers, json!({ "token": token }).to_string().as_bytes());
    assert_eq!(strange.header("access-control-allow-origin"), None);
}

#[test]
fn whoever_tries_codes_is_slowed_down() {
    let house = House::open_with(&["limits.per_client_per_minute=3"]);
    for _ in 0..3 {
        opens(&house, "guess").expect(422);
    }
    let page = opens(&house, "guess").expect(429);
    assert_eq!(page.header("retry-after"), Some("20"));
    assert!(page.text().contains("in 20 seconds"));
    asks(&house, "/v1/preferences", &json!({ "token": "guess" })).expect_problem(429, "rate-limited");
    house.get("/preferences", &[]).expect(200);
}

#[test]
fn the_page_speaks_the_language_of_the_form() {
    let house = House::open();
    let placement = house.placement(CONTACT, "ar");
    let ticket = house.ask_for_ticket(crate::house::SHOP, CONTACT, &placement.version, "ar").expect(200).json();
    house.wait(30);
    let controls = [
        ("ticket", ticket["ticket"].as_str().unwrap()),
        ("value.name", "مريم"),
        ("value.email", "maryam@example.org"),
        ("value.topic", "order"),
        ("value.message", "مرحبا"),
        ("choice.phone-offers", "granted"),
    ];
    let done = house.post_form(crate::house::SHOP, CONTACT, &controls).expect(200);
    let token = done.control("token");
    let page = post(&house, &[("token", &token)]).expect(200);
    let html = page.text();
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\"") && html.contains("ما قررته"), "{html}");
    assert!(html.contains("23 نوفمبر 2026، 12:00 UTC"));
    let empty = house.get("/preferences", &[("accept-language", "bg")]).expect(200).text();
    assert!(empty.contains("<html lang=\"bg\"") && empty.contains("Лична връзка или код"));
}

#[test]
fn the_hosted_confirmation_leads_there_without_script() {
    let house = House::open();
    let page = house.get("/f/contact?lang=en", &[]).expect(200);
    let ticket = page.control("ticket");
    house.wait(30);
    let controls = [
        ("ticket", ticket.as_str()),
        ("value.name", "Ann"),
        ("value.email", "ann@example.org"),
        ("value.topic", "order"),
        ("value.message", "Hello"),
        ("choice.phone-offers", "granted"),
    ];
    let done = house.post_form(OURS, CONTACT, &controls).expect(200);
    let token = done.control("token");
    assert!(done.text().contains(&format!("href=\"https://forms.example/preferences#{token}\"")));
    assert!(done.text().contains("action=\"/preferences\"") && done.text().contains("Open that page now"));
    assert_eq!(buttons(&opens(&house, &token).expect(200)), ["phone-offers"]);
}

#[test]
fn where_nothing_points_to_the_person_any_more_the_page_says_so_plainly() {
    let house = House::open();
    let token = token_of(&ann(&house), &house);
    house.forget_everybody();
    let page = opens(&house, &token).expect(200);
    assert!(page.text().contains("Nothing that points to you is kept here any more"));
    assert!(!page.text().contains("Newsletter") && buttons(&page).is_empty());
    assert!(takes_back(&house, &token, "*").expect(200).text().contains("Nothing that points to you"));
    assert_eq!(
        asks(&house, "/v1/preferences", &json!({ "token": token })).expect(200).json(),
        json!({ "kept": false })
    );
    assert_eq!(
        asks(&house, "/v1/preferences/withdraw", &json!({ "token": token })).expect(200).json(),
        json!({ "kept": false })
    );
}

#[test]
fn when_it_cannot_be_kept_nothing_is_said_to_be_done() {
    let house = House::open();
    let token = token_of(&ann(&house), &house);
    let before = house.rows();
    house.make_read_only();
    let page = takes_back(&house, &token, "phone-offers").expect(503);
    assert!(page.text().contains("nothing was changed"), "{}", page.text());
    assert_eq!(page.control("token"), token, "it need not be looked for again");
    asks(&house, "/v1/preferences/withdraw", &json!({ "token": token })).expect_problem(503, "unavailable");
    assert_eq!(state(&opens(&house, &token).expect(200), "phone-offers"), "granted", "reading goes on");
    assert_eq!(house.rows(), before);
}

#[test]
fn what_only_a_withdrawn_purpose_used_is_destroyed_at_once_and_the_crm_is_told_all_the_same() {
    let crm = Crm::open();
    let house = crm.house();
    // A form on which everything rests on one consent: without it there is no ground to keep anything.
    house.rewrite(
        "purposes/enquiry.toml",
        "kind = \"service\"\nlegal_basis = \"contract\"",
        "kind = \"service\"\nlegal_basis = \"consent\"",
    );
    house.rewrite(
        "forms/contact.toml",
        "purposes = [\"enquiry\", \"campaign\", \"newsletter\", \"phone-offers\"]",
        "purposes = [\"enquiry\", \"campaign\"]",
    );
    for (from, to) in
        [("[\"enquiry\", \"newsletter\"]", "[\"enquiry\"]"), ("[\"enquiry\", \"phone-offers\"]", "[\"enquiry\"]")]
    {
        house.rewrite("forms/contact.toml", from, to);
    }
    house.reload().unwrap();
    let token = token_of(&Visitor::with_an_enquiry(&house).ticks("enquiry"), &house);
    crm.waits_for(1);
    assert!(house.rows().values > 0);
    crm.answers(503);
    let page = takes_back(&house, &token, "enquiry").expect(200);
    assert_eq!(state(&page, "enquiry"), "withdrawn", "who pressed the button sees what it did");
    assert_eq!(house.rows().values, 0);
    crm.waits_for(2);
    let start = std::time::Instant::now();
    while !opens(&house, &token).expect(200).text().contains("Nothing that points to you") {
        assert!(start.elapsed() < std::time::Duration::from_secs(20), "the identity key is still there");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    crm.answers(200);
    house.wait(60);
    let told = crm.waits_for(3).remove(2);
    assert_eq!((&told["type"], decision(&told, "enquiry")), (&json!("consent.withdrawn"), &json!("withdrawn")));
}
