//! No box is ever ticked before the visitor ticks it (Rec. 32, Art. 4(11) GDPR).

use serde_json::Value;

use crate::{
    engine::{Browser, Engine},
    form::Form,
    world::{Page, World, contact},
};

fn nothing_is_ticked_on_a_fresh_load_or_a_reload(engine: Engine) {
    let world = World::new();
    let browser = Browser::start(engine);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    assert_eq!(form.ticked(), [""; 0]);
    form.fill().tick_purpose("newsletter");
    assert_eq!(form.ticked(), ["choice.newsletter"]);
    browser.reload();
    form.wait_until_live();
    assert_eq!(form.ticked(), [""; 0]);
}

#[test]
fn nothing_is_ticked_on_a_fresh_load_or_a_reload_in_chromium() {
    nothing_is_ticked_on_a_fresh_load_or_a_reload(Engine::Chromium);
}

#[test]
fn nothing_is_ticked_on_a_fresh_load_or_a_reload_in_firefox() {
    nothing_is_ticked_on_a_fresh_load_or_a_reload(Engine::Firefox);
}

#[test]
fn nothing_is_ticked_on_a_fresh_load_or_a_reload_in_webkit() {
    nothing_is_ticked_on_a_fresh_load_or_a_reload(Engine::WebKit);
}

#[test]
fn the_hosted_page_has_nothing_ticked_whatever_its_address_says() {
    let world = World::new();
    let browser = Browser::start(Engine::Firefox);
    let address = format!("{}?choice.newsletter=granted&newsletter=on", world.hosted("contact"));
    browser.open_page(&address);
    let form = Form::at(&browser, "nothing");
    assert_eq!(form.ticked(), [""; 0]);
    form.tick_purpose("newsletter");
    browser.reload();
    // Firefox restores controls on a reload; `autocomplete="off"` keeps it from these.
    assert_eq!(form.ticked(), [""; 0]);
}

#[test]
fn an_address_may_fill_in_a_field_marked_so_and_ticks_nothing() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    let query =
        "/?email=ann%40example.org&name=Eve&choice.newsletter=granted&newsletter=granted&value.newsletter=granted";
    browser.open_page(&world.url(query));
    let form = Form::on(&browser);
    form.wait_until_live();
    assert_eq!(form.value("email"), "ann@example.org", "marked with prefill");
    assert_eq!(form.value("name"), "", "not marked");
    assert_eq!(form.ticked(), [""; 0]);
}

fn coming_back_finds_what_was_left(engine: Engine) {
    let world = World::new();
    world.place("/other", Page::new("<p>Opening hours</p>").without_script());
    world.place("/", Page::new(format!("{}<p><a id=\"away\" href=\"/other\">Hours</a></p>", contact())));
    let browser = Browser::start(engine);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.type_into("name", "Ann Example").tick_purpose("newsletter");
    browser.run("document.body.dataset.stayed = 'yes'", &[]);
    browser.click(&browser.find("#away"));
    browser.wait_until_at("/other");
    browser.back();
    form.wait_until_live();
    if browser.run("return document.body.dataset.stayed === 'yes'", &[]) == Value::Bool(true) {
        // From the back/forward cache: as the visitor left it.
        assert_eq!((form.value("name").as_str(), form.ticked()), ("Ann Example", vec!["choice.newsletter".to_owned()]));
    } else {
        assert_eq!(form.ticked(), [""; 0], "a fresh load has no tick, whatever the browser restores");
        assert_ne!(
            engine,
            Engine::Chromium,
            "under WebDriver the others load anew; Chromium keeps this page in its cache"
        );
        form.script("root.querySelector(\"[name='value.name']\").value = ''");
        form.type_into("name", "Ann Example");
    }
    // The ticket is a new one, and the form still works.
    form.type_into("email", "ann@example.org").type_into("message", "Hello").send().wait_for_reference();
    world.only_lead();
}

#[test]
fn coming_back_finds_what_was_left_in_chromium() {
    coming_back_finds_what_was_left(Engine::Chromium);
}

#[test]
fn coming_back_finds_what_was_left_in_firefox() {
    coming_back_finds_what_was_left(Engine::Firefox);
}

#[test]
fn coming_back_finds_what_was_left_in_webkit() {
    coming_back_finds_what_was_left(Engine::WebKit);
}
