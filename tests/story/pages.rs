//! The hosted page, and what a browser without our script sends.

use crate::house::{CONTACT, EVENT, House, OURS, SHOP, STRANGER};

#[test]
fn the_page_carries_its_own_ticket_and_offers_its_other_languages() {
    let house = House::open();
    let page = house.get("/f/contact?lang=ar&utm_source=leaflet", &[]).expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let html = page.text();
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\""));
    assert!(html.contains("href=\"/f/contact?lang=bg&amp;utm_source=leaflet\""), "{html}");
    assert!(html.contains("Български"));
    assert!(!html.contains("<script") && !html.contains(" style="));
    assert!(page.control("ticket").contains('.'));
    assert_eq!(page.control("version"), house.placement(CONTACT, "ar").version);
    assert_eq!(page.control("page"), "https://forms.example/f/contact");
}

#[test]
fn a_link_that_leads_to_no_form_says_so_in_the_visitor_s_language() {
    let house = House::open();
    let page = house.get("/f/nothing", &[("accept-language", "tlh, bg-BG;q=0.8, en;q=0.5")]).expect(404);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("<html lang=\"bg\" dir=\"ltr\"") && page.text().contains("няма формуляр"));
    assert!(house.get("/f/nothing?lang=ar", &[]).expect(404).text().contains("dir=\"rtl\""));
    assert!(house.get("/f/nothing", &[("accept-language", "tlh")]).expect(404).text().contains("There is no form"));
}

#[test]
fn an_address_fills_in_what_the_owner_marked_and_never_a_purpose() {
    let house = House::open();
    let query =
        "voucher=LIPA-2027&utm_campaign=leaflet&name=Ann&choice.newsletter=granted&newsletter=granted&dietary=granted";
    let page = house.get(&format!("/f/event?{query}"), &[]).expect(200);
    assert_eq!(page.control("value.voucher"), "LIPA-2027");
    assert_eq!(page.control("value.utm_campaign"), "leaflet");
    assert_eq!(page.control("value.name"), "", "not marked");
    assert!(!page.text().contains(" checked"));
    let wrong = house.get(&format!("/f/event?voucher={}", "x".repeat(600)), &[]).expect(200);
    assert_eq!(wrong.control("value.voucher"), "", "what does not fit is left out");
    let html = house.get("/f/event?utm_campaign=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", &[]).expect(200).text();
    assert!(!html.contains("<script"));
}

#[test]
fn a_post_without_a_ticket_comes_back_with_one_and_with_all_that_was_typed() {
    let house = House::open();
    let seen = house.placement(CONTACT, "en").version;
    let typed = [
        ("version", seen.as_str()),
        ("language", "en"),
        ("value.name", "Ann \"A\" <b>"),
        ("value.email", "not an address"),
        ("value.topic", "order"),
        ("choice.newsletter", "granted"),
        ("ticket", ""),
    ];
    let page = house.post_form(SHOP, CONTACT, &typed).expect(422);
    assert_eq!(page.control("value.name"), "Ann \"A\" <b>");
    assert_eq!(page.control("value.email"), "not an address");
    assert!(page.control("ticket").contains('.'));
    assert!(page.is_ticked("choice.newsletter"), "the visitor ticked it, on these very words");
    assert!(!page.is_ticked("choice.phone-offers"));
}

#[test]
fn no_page_elsewhere_can_tick_a_box_for_a_visitor() {
    let house = House::open();
    let forged = [("value.name", "Ann"), ("choice.newsletter", "granted"), ("choice.phone-offers", "granted")];
    for origin in [STRANGER, "null"] {
        let page = house.post_form(origin, CONTACT, &forged).expect(422);
        assert!(!page.is_ticked("choice.newsletter") && !page.is_ticked("choice.phone-offers"), "{origin}");
    }
}

#[test]
fn a_tick_on_words_that_the_post_does_not_name_is_asked_for_again() {
    let house = House::open();
    let seen = house.placement(CONTACT, "en").version;
    let unknown = "0".repeat(64);
    for (version, language) in [("", "en"), (unknown.as_str(), "en"), (seen.as_str(), ""), (seen.as_str(), "fr")] {
        let typed = [("choice.newsletter", "granted"), ("version", version), ("language", language)];
        let page = house.post_form(SHOP, CONTACT, &typed).expect(422);
        assert!(!page.is_ticked("choice.newsletter"), "{version} {language}");
    }
}

#[test]
fn an_address_chooses_no_option_of_a_group() {
    let house = House::open();
    house.rewrite("forms/event.toml", "kind = \"radio\"", "kind = \"radio\"\nprefill = \"session\"");
    house.reload().unwrap();
    assert!(!house.get("/f/event?session=morning", &[]).expect(200).text().contains(" checked"));
}

#[test]
fn when_the_words_have_changed_the_ticks_are_asked_for_again() {
    let house = House::open();
    let old = house.placement(CONTACT, "en").version;
    house.rewrite("purposes/newsletter.toml", "at most twice a month", "at most once a day");
    house.reload().unwrap();
    let typed =
        [("value.name", "Ann"), ("choice.newsletter", "granted"), ("version", old.as_str()), ("language", "en")];
    let page = house.post_form(OURS, CONTACT, &typed).expect(422);
    assert!(!page.is_ticked("choice.newsletter"), "it was another question");
    assert_eq!(page.control("value.name"), "Ann");
    assert_ne!(page.control("version"), old);
    assert!(page.text().contains("once a day"));
}

#[test]
fn an_altered_or_foreign_ticket_gets_the_form_again_and_an_honest_one() {
    let house = House::open();
    let good = house.ticket(CONTACT).ticket;
    let other_form = house.ticket(EVENT).ticket;
    let elsewhere = House::open().ticket(CONTACT).ticket;
    for ticket in [format!("{good}A"), "nonsense".to_owned(), "a.b".to_owned(), other_form, elsewhere] {
        let page = house.post_form(SHOP, CONTACT, &[("ticket", &ticket), ("value.name", "Ann")]).expect(422);
        assert_ne!(page.control("ticket"), ticket);
        assert_eq!(page.control("value.name"), "Ann");
    }
}

#[test]
fn what_is_no_post_of_this_form_is_answered_with_the_form() {
    let house = House::open();
    let bodies: [&[u8]; 8] = [
        b"value.name=%FF%FE&value.message=kept",
        b"value.name=\xff&value.message=kept",
        b"value.name=%zz",
        b"ticket=a&ticket=b",
        b"value.nothing=x",
        b"choice.nothing=granted",
        b"choice.newsletter=yes",
        b"choice.enquiry=granted",
    ];
    for body in bodies {
        let page = house.post_encoded(SHOP, CONTACT, body).expect(400);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(page.control("ticket").contains('.'));
    }
    let json = house.post_json(SHOP, "/f/contact", b"{}").expect(400);
    assert_eq!(json.header("content-type"), Some("text/html; charset=utf-8"));
    let flood = "x=1&".repeat(4000);
    house.post_encoded(SHOP, CONTACT, flood.as_bytes()).expect(400);
}

#[test]
fn a_native_post_that_is_too_large_is_answered_with_a_page() {
    let house = House::open();
    let huge = format!("value.message={}", "x".repeat(10 * 1024 * 1024));
    let page = house.post_encoded(SHOP, CONTACT, huge.as_bytes()).expect(413);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    // As long as the form allows, in a script whose letters take six bytes each on the way.
    let long = "я".repeat(2000);
    let page = house.post_form(SHOP, CONTACT, &[("value.message", &long)]).expect(422);
    assert!(page.text().contains(&long));
}

/// An enquiry as the page's own controls send it.
fn enquiry<'a>(ticket: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut controls = vec![
        ("value.name", "Ann Canary"),
        ("value.email", "ann.canary@example.org"),
        ("value.phone", ""),
        ("value.topic", "order"),
        ("value.message", "Where is\r\nmy parcel?"),
        ("value.utm_source", ""),
        ("trap", ""),
        ("language", "en"),
        ("page", "https://forms.example/f/contact"),
        ("ticket", ticket),
    ];
    controls.extend(more);
    controls
}

#[test]
fn a_visitor_without_script_sends_the_page_and_reads_what_was_recorded() {
    let house = House::open();
    let ticket = house.get("/f/contact?lang=en", &[]).expect(200).control("ticket");
    house.wait(30);
    let controls = enquiry(&ticket, &[("choice.phone-offers", "granted")]);
    let done = house.post_form(OURS, CONTACT, &controls).expect(200).text();
    assert!(done.contains("Thank you, it has arrived"), "{done}");
    assert_eq!(done, house.post_form(OURS, CONTACT, &controls).expect(200).text(), "a reload shows the same");
    let rows = house.rows();
    assert_eq!((rows.submissions, rows.deliveries, rows.held), (1, 1, 0));
}

#[test]
fn the_loaders_ticket_lets_a_page_of_the_shop_post_natively_and_so_does_one_that_hides_its_origin() {
    let house = House::open();
    for origin in [SHOP, "null"] {
        let ticket = house.ticket(CONTACT).ticket;
        house.wait(30);
        house.post_form(origin, CONTACT, &enquiry(&ticket, &[])).expect(200);
    }
    let ticket = house.ticket(CONTACT).ticket;
    let page = house.post_form(STRANGER, CONTACT, &enquiry(&ticket, &[])).expect(403);
    assert_eq!(page.control("value.name"), "Ann Canary");
    assert_eq!(house.rows().submissions, 2);
}

#[test]
fn mistakes_come_back_with_the_summary_and_everything_that_was_entered() {
    let house = House::open();
    let ticket = house.get("/f/contact", &[]).expect(200).control("ticket");
    let mut controls = enquiry(&ticket, &[("choice.newsletter", "granted")]);
    controls.retain(|(name, _)| *name != "value.email" && *name != "value.topic");
    controls.push(("value.email", "ann.canary"));
    let page = house.post_form(OURS, CONTACT, &controls).expect(422);
    let html = page.text();
    assert!(html.contains("There is a problem"));
    assert!(html.contains("enter a mail address like"), "{html}");
    assert!(html.contains("What is it about: please choose"), "{html}");
    assert_eq!(page.control("ticket"), ticket);
    assert_eq!(page.control("value.email"), "ann.canary");
    assert!(page.is_ticked("choice.newsletter") && !page.is_ticked("choice.phone-offers"));
    assert_eq!(house.rows().submissions, 0);
}

#[test]
fn fields_that_did_not_apply_are_dropped_natively_and_groups_repeat_their_name() {
    let house = House::open();
    let ticket = house.get("/f/event", &[]).expect(200).control("ticket");
    house.wait(30);
    let guest = |session: &'static str| {
        vec![
            ("value.name", "Ann"),
            ("value.email", "ann@example.org"),
            ("value.day", "2027-05-15"),
            ("value.session", session),
            ("value.guests", "2"),
            ("value.diet", "vegetarian"),
            ("value.diet", "allergy"),
            ("value.allergies", "nuts"),
            ("choice.dietary", "granted"),
        ]
    };
    let mut afternoon = guest("afternoon");
    afternoon.push(("ticket", &ticket));
    house.post_form(OURS, EVENT, &afternoon).expect(200);
    let without_lunch = house.rows().values;
    let ticket = house.get("/f/event", &[]).expect(200).control("ticket");
    house.wait(30);
    let mut morning = guest("morning");
    morning.push(("ticket", &ticket));
    house.post_form(OURS, EVENT, &morning).expect(200);
    assert_eq!(house.rows().values, 2 * without_lunch + 2, "diet and allergies are kept for the lunch alone");
}

#[test]
fn a_page_that_was_open_too_long_comes_back_with_a_fresh_ticket() {
    let house = House::open();
    let ticket = house.get("/f/contact", &[]).expect(200).control("ticket");
    house.wait(25 * 60 * 60);
    let page = house.post_form(OURS, CONTACT, &enquiry(&ticket, &[("choice.newsletter", "granted")])).expect(422);
    let fresh = page.control("ticket");
    assert_ne!(fresh, ticket);
    assert!(page.is_ticked("choice.newsletter"), "the words are the same");
    house.wait(30);
    house.post_form(OURS, CONTACT, &enquiry(&fresh, &[("choice.newsletter", "granted")])).expect(200);
}

#[test]
fn the_same_ticket_with_another_text_says_that_the_first_has_arrived() {
    let house = House::open();
    let ticket = house.get("/f/contact", &[]).expect(200).control("ticket");
    house.post_form(OURS, CONTACT, &enquiry(&ticket, &[])).expect(200);
    let page = house.post_form(OURS, CONTACT, &enquiry(&ticket, &[("choice.newsletter", "granted")]));
    let page = page.expect(409);
    assert!(page.text().contains("sent before, with other content"));
    assert_eq!(house.rows().submissions, 1);
}
