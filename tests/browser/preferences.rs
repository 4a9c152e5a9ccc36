//! From the confirmation to the personal page, and consent taken back with one click.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    access::{narrow, nothing_to_complain_about},
    engine::{Browser, Engine, Wishes},
    form::Form,
    looks::take,
    webdriver::Key,
    world::{Page, World, contact},
};

/// Grants both consents in the page's own form.
fn grants_both<'a>(browser: &'a Browser, world: &World) -> Form<'a> {
    browser.open_page(&world.url("/"));
    let form = Form::on(browser);
    form.wait_until_live();
    form.fill().tick_purpose("newsletter").tick_purpose("profiling").send().wait_for_reference();
    form
}

/// Waits until the condition holds in the page, which may be another one by then.
fn wait(browser: &Browser, what: &str, condition: &str) {
    let start = Instant::now();
    let holds = format!("return document.readyState === 'complete' && !!({condition})");
    while browser.run(&holds, &[]) != json!(true) {
        let text = browser.run("return document.body?.innerText ?? ''", &[]);
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}; the page says:\n{text}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn wait_for_the_page(browser: &Browser) {
    wait(browser, "the personal page is there", "document.querySelector('[data-purpose]')");
}

fn state(browser: &Browser, purpose: &str) -> Value {
    browser.run("return document.querySelector(`[data-purpose='${arguments[0]}']`)?.dataset.state", &[json!(purpose)])
}

fn press_the_button_of(browser: &Browser, purpose: &str) {
    browser.click(&browser.find(&format!("button[name=withdraw][value='{purpose}']")));
    wait(browser, "it is taken back", "document.querySelector('.news')");
}

/// The link that the confirmation shows.
fn link(form: &Form<'_>) -> String {
    let link = form.script("root.querySelector('[part=preferences]').href");
    link.as_str().expect("an address").to_owned()
}

/// The event that tells of a withdrawal, once it has come.
fn withdrawal(world: &World) -> Value {
    let start = Instant::now();
    loop {
        let events = world.leads();
        if let Some(event) = events.iter().find(|event| event["type"] == "consent.withdrawn") {
            assert_eq!(events.len(), 2, "one lead, one withdrawal");
            return event.clone();
        }
        assert!(start.elapsed() < Duration::from_secs(20), "no withdrawal arrives: {events:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn confirmation_link_page_click_withdrawn(engine: Engine) {
    let world = World::new();
    let browser = Browser::start(engine);
    let form = grants_both(&browser, &world);
    let link = link(&form);
    assert!(link.starts_with(&format!("{}/preferences#", world.network.origin())), "{link}");
    browser.click(&form.find("[part=preferences]"));
    wait_for_the_page(&browser);
    assert_eq!(browser.address(), format!("{}/preferences", world.network.origin()), "the code has left the address");
    let code = link.split('#').nth(1).expect("a code");
    let requests = world.network.last("GET", "/preferences").expect("it was asked for");
    assert!(!format!("{requests:?}").contains(code), "no server sees the code in an address");
    assert_eq!((state(&browser, "newsletter"), state(&browser, "profiling")), (json!("granted"), json!("granted")));
    assert_eq!(state(&browser, "answer"), json!("other_basis"));

    press_the_button_of(&browser, "newsletter");
    assert_eq!((state(&browser, "newsletter"), state(&browser, "profiling")), (json!("withdrawn"), json!("granted")));
    let news = browser.text(&browser.find(".news"));
    assert!(news.contains("Newsletter"), "{news}");
    let focus = browser.run("return document.activeElement.className", &[]);
    assert_eq!(focus, json!("news"), "what happened is read out first");
    let told = withdrawal(&world);
    assert_eq!(told["data"]["decisions"][0]["purpose"], "newsletter");
    // Later, from paper: the same link shows how it stands.
    browser.open_page("about:blank");
    browser.open_page(&link);
    wait_for_the_page(&browser);
    assert_eq!(state(&browser, "newsletter"), json!("withdrawn"));
    assert_eq!(browser.run("return document.querySelectorAll('button[name=withdraw]').length", &[]), json!(1));
}

#[test]
fn confirmation_link_page_click_withdrawn_in_chromium() {
    confirmation_link_page_click_withdrawn(Engine::Chromium);
}

#[test]
fn confirmation_link_page_click_withdrawn_in_firefox() {
    confirmation_link_page_click_withdrawn(Engine::Firefox);
}

#[test]
fn without_scripts_a_button_leads_there_and_a_code_from_paper_too() {
    let world = World::new();
    let browser = Browser::with(Engine::Firefox, &Wishes { no_scripts: true, ..Wishes::default() });
    browser.open_page(&world.hosted("contact"));
    for (name, text) in [("name", "Ann Example"), ("email", "ann@example.org"), ("message", "Moby-Dick?")] {
        browser.type_into(&browser.find(&format!("[name='value.{name}']")), text);
    }
    browser.click(&browser.find("[name='choice.newsletter']"));
    browser.click(&browser.find("form[aria-labelledby] button[type=submit]"));
    browser.text(&browser.find(".reference"));
    let link = browser.run("return document.querySelector('[part=preferences]').href", &[]);
    let link = link.as_str().expect("an address").to_owned();
    browser.click(&browser.find(".open-now button"));
    browser.click(&browser.find("button[name=withdraw][value=newsletter]"));
    assert!(browser.text(&browser.find(".news")).contains("Newsletter"));
    assert_eq!(withdrawal(&world)["data"]["decisions"][0]["purpose"], "newsletter");

    // The link alone shows the field; what was printed is typed into it.
    browser.open_page("about:blank");
    browser.open_page(&link);
    browser.type_into(&browser.find("#token"), &link);
    browser.click(&browser.find("button.main"));
    assert!(browser.text(&browser.find("[data-purpose=newsletter]")).contains("You took this back"));
}

#[test]
fn back_and_forth_shows_the_code_to_nobody() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    let form = grants_both(&browser, &world);
    let link = link(&form);
    browser.open_page(&link);
    wait_for_the_page(&browser);
    browser.back();
    wait(&browser, "the field is there", "document.querySelector('#token') || document.querySelector('unticked-form')");
    assert!(!browser.address().contains('#'), "{}", browser.address());
    // Pasted into a page that is open already, the link works as well.
    browser.open_page(&format!("{}/preferences", world.network.origin()));
    browser.run("location.hash = arguments[0]", &[json!(link.split('#').nth(1))]);
    wait_for_the_page(&browser);
    assert!(!browser.address().contains('#'));
    // On a personal page, too: somebody else's link opens somebody else's page.
    browser.run(
        "document.querySelector('[data-purpose]').remove(); location.hash = arguments[0]",
        &[json!(link.split('#').nth(1))],
    );
    wait(
        &browser,
        "it is opened again",
        "document.querySelector('[data-purpose=answer]') && !location.hash && document.querySelectorAll('[data-purpose]').length === 3",
    );
}

#[test]
fn the_keyboard_alone_takes_a_consent_back() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    let form = grants_both(&browser, &world);
    browser.open_page(&link(&form));
    wait_for_the_page(&browser);
    let focused = "const a = document.activeElement; return a.name === 'withdraw' ? a.value : a.tagName";
    for _ in 0..20 {
        browser.press(None, &[Key::Tab]);
        if browser.run(focused, &[]) == json!("profiling") {
            let outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle", &[]);
            assert_ne!(outline, json!("none"), "the focus can be seen");
            browser.press(None, &[Key::Enter]);
            wait(&browser, "it is taken back", "document.querySelector('.news')");
            assert_eq!(
                (state(&browser, "profiling"), state(&browser, "newsletter")),
                (json!("withdrawn"), json!("granted"))
            );
            return;
        }
    }
    panic!("Tab does not reach the button");
}

/// Every state of the page: axe has nothing to say, nothing scrolls sideways, and a picture of it is kept.
fn every_state(language: &'static str, width: u32, dark: bool) {
    let world = World::new();
    world.place("/", Page::new(contact()).in_language(language));
    let browser = Browser::start(Engine::Chromium);
    narrow(&browser, width);
    let scheme = if dark { "dark" } else { "light" };
    let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    browser.chromium("Emulation.setEmulatedMedia", &media);
    let look = |name: &str| {
        nothing_to_complain_about(&browser, &format!("{language}, {width} px, {name}"));
        let wide = browser.run("return document.documentElement.scrollWidth", &[]);
        assert_eq!(wide, json!(width), "{name} is wider than the screen");
        take(&browser, &format!("preferences-{language}-{scheme}-{width}-{name}"));
    };
    let link = link(&grants_both(&browser, &world));
    browser.open_page(&format!("{}/preferences?lang={language}", world.network.origin()));
    look("1-empty");
    browser.type_into(&browser.find("#token"), "made-up");
    browser.click(&browser.find("button.main"));
    wait(&browser, "it is refused", "document.querySelector('.wrong')");
    look("2-wrong");
    browser.open_page("about:blank");
    browser.open_page(&link);
    wait_for_the_page(&browser);
    let direction = browser.run("return document.documentElement.dir", &[]);
    assert_eq!(direction, json!(if language == "ar" { "rtl" } else { "ltr" }));
    look("3-granted");
    press_the_button_of(&browser, "newsletter");
    look("4-one-withdrawn");
    press_the_button_of(&browser, "profiling");
    look("5-all-withdrawn");
}

#[test]
fn every_state_is_accessible_on_a_desktop() {
    every_state("en", 1000, false);
}

#[test]
fn every_state_is_accessible_on_a_narrow_screen() {
    every_state("en", 320, false);
}

#[test]
fn every_state_is_accessible_from_right_to_left_in_the_dark() {
    every_state("ar", 360, true);
}

#[test]
fn printed_the_confirmation_shows_the_whole_address() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    let form = grants_both(&browser, &world);
    let printed = "getComputedStyle(root.querySelector('[part=preferences]'), '::after').content";
    assert_eq!(form.script(printed), json!("none"));
    browser.chromium("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    assert_eq!(form.script(printed), json!(format!("\"{}\"", link(&form))));
    take(&browser, "preferences-printed-confirmation");
}
