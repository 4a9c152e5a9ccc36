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
    house.get("/f/nothing", &[]).expect_problem(404, "not-found");
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
    let typed = [
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
