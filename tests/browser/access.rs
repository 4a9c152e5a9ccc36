//! WCAG 2.2 AA: by keyboard, by screen reader, in both directions, on a narrow screen; axe-core is the referee.

use serde_json::{Value, json};
use xtask::house;

use crate::{
    engine::{Browser, Engine},
    form::Form,
    network::Fault,
    webdriver::Key,
    world::{Page, World, contact, place},
};

/// Has axe-core look at the whole page, shadow roots included, and fails on any violation.
pub fn nothing_to_complain_about(browser: &Browser, state: &str) {
    let file = house::target().join("referees/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} is there", file.display()));
    browser.run(&axe, &[]);
    let check = "const results = await axe.run(document, { resultTypes: ['violations', 'incomplete'], \
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }); \
        return { passes: results.passes.length, violations: results.violations.map(v => v.id + ': ' + v.help + '\\n    ' + \
        v.nodes.map(n => JSON.stringify(n.target) + ' ' + n.failureSummary).join('\\n    ')) };";
    let results = browser.run_async(check, &[]);
    let violations: Vec<&str> =
        results["violations"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(violations.is_empty(), "{state}: axe-core complains:\n{}", violations.join("\n"));
    assert!(results["passes"].as_u64().unwrap_or(0) > 10, "{state}: axe-core saw the form");
}

/// Every state of the contact form, as a visitor goes through them.
fn every_state_is_accessible(name: &str, world: &World, browser: &Browser) {
    let check = |state: &str| nothing_to_complain_about(browser, &format!("{name}, {state}"));
    let form = Form::on(browser);
    form.wait_until_live();
    check("initial");
    browser.click(&form.find("details summary"));
    check("the complete notice open");
    browser.click(&form.find("details summary"));
    form.send().wait_for_summary();
    check("errors");
    form.fill().select("topic", "order").tick_purpose("newsletter");
    check("filled in");
    world.network.always("/submissions", Fault::Held);
    form.send();
    form.wait("it is being sent", "root.querySelector('form').getAttribute('aria-busy') === 'true'");
    check("sending");
    world.network.let_through();
    form.wait_for_reference();
    check("done");
}

#[test]
fn every_state_is_accessible_on_a_desktop() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    every_state_is_accessible("desktop", &world, &browser);
}

#[test]
fn every_state_is_accessible_from_right_to_left_in_the_dark() {
    let world = World::new();
    world.place("/", Page::new(contact()).in_language("ar"));
    let browser = Browser::start(Engine::Chromium);
    browser.chromium(
        "Emulation.setEmulatedMedia",
        &json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] }),
    );
    browser.open_page(&world.url("/"));
    let dark = "document.documentElement.style.colorScheme = 'dark'; document.documentElement.style.background = '#111'; \
                document.documentElement.style.color = '#eee';";
    browser.run(dark, &[]);
    assert_eq!(Form::on(&browser).wait_until_shown().script("root.querySelector('.unticked').dir"), json!("rtl"));
    every_state_is_accessible("rtl, dark", &world, &browser);
}

#[test]
fn every_state_is_accessible_at_320_pixels_and_nothing_scrolls_sideways() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    narrow(&browser, 320);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.script("root.querySelectorAll('details').forEach(d => { d.open = true; })");
    let width = browser.run("return document.documentElement.scrollWidth", &[]);
    assert_eq!(width, json!(320), "wider than the screen");
    form.script("root.querySelectorAll('details').forEach(d => { d.open = false; })");
    every_state_is_accessible("320 px", &world, &browser);
}

#[test]
fn the_hosted_page_and_a_form_of_steps_are_accessible() {
    let world = World::new();
    world.place("/steps", Page::new(place("order", "Order")));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.hosted("contact"));
    nothing_to_complain_about(&browser, "hosted page");
    browser.click(&browser.find("button[type=submit]"));
    nothing_to_complain_about(&browser, "hosted page with errors");
    browser.open_page(&world.url("/steps"));
    let form = Form::on(&browser);
    form.wait_until_live();
    nothing_to_complain_about(&browser, "first step");
    form.type_into("name", "Ann Example").select("country", "BG");
    browser.click(&form.find("[data-act=next]"));
    form.wait("the second step is there", "root.querySelector('[data-field=binding]').getClientRects().length > 0");
    nothing_to_complain_about(&browser, "second step");
}

/// Gives the page a screen of that width, as a telephone has.
pub fn narrow(browser: &Browser, width: u32) {
    let metrics = json!({ "width": width, "height": 780, "deviceScaleFactor": 1, "mobile": false });
    browser.chromium("Emulation.setDeviceMetricsOverride", &metrics);
}

/// Presses Tab until that control has focus; every stop on the way is visible and shows its focus.
fn tab_to(browser: &Browser, form: &Form, name: &str) {
    for _ in 0..40 {
        if form.focused() == name {
            return;
        }
        browser.press(None, &[Key::Tab]);
        if form.focused().is_empty() {
            continue;
        }
        // The page may still be scrolling to it.
        let shows = "(a => { const s = getComputedStyle(a), b = a.getBoundingClientRect(); \
            return b.width > 0 && b.height > 0 && b.top >= 0 && Math.min(b.bottom, b.top + 24) <= innerHeight && \
            (s.outlineStyle !== 'none' || s.boxShadow !== 'none'); })(root.activeElement)";
        form.wait(&format!("the focus at `{}` can be seen", form.focused()), shows);
    }
    panic!("Tab does not reach `{name}`; the focus is at `{}`", form.focused());
}

#[test]
fn the_keyboard_alone_is_enough_in_document_order() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    for (field, text) in [("name", "Ann Example"), ("email", "ann@example.org"), ("message", "Hello")] {
        tab_to(&browser, &form, &format!("value.{field}"));
        browser.type_text(text);
    }
    tab_to(&browser, &form, "choice.newsletter");
    browser.press(None, &[Key::Space]);
    assert_eq!(form.ticked(), ["choice.newsletter"]);
    tab_to(&browser, &form, "BUTTON");
    browser.press(None, &[Key::Enter]);
    form.wait_for_reference();
    assert_eq!(form.focused(), "done", "the confirmation has focus, so that it is read out");
    world.only_lead();
}

#[test]
fn the_complete_notice_opens_by_keyboard_and_needs_no_way_out() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    tab_to(&browser, &form, "SUMMARY");
    browser.press(None, &[Key::Enter]);
    form.wait("the notice is open", "root.querySelector('details').open");
    let notice = form.text("details");
    for needed in ["1 Quay Street", "privacy@shop.example", "Mira Dimova", "Commission for Personal Data Protection"] {
        assert!(notice.contains(needed), "{needed} in:\n{notice}");
    }
    tab_to(&browser, &form, "value.name");
    browser.press(Some(Key::Shift), &[Key::Tab]);
    assert_ne!(form.focused(), "value.name", "no trap");
}

#[test]
fn the_error_summary_takes_focus_and_its_links_focus_the_fields() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.type_into("email", "ann@nowhere").send();
    let summary = form.wait_for_summary();
    assert!(summary.starts_with("There is a problem"), "{summary}");
    form.wait("the summary has focus", "root.activeElement?.id === 'summary'");
    let links = form.script("[...root.querySelectorAll('#summary a')].map(a => a.innerText)");
    assert_eq!(links.as_array().map(Vec::len), Some(3), "{links}");
    for (nth, field) in ["name", "email", "message"].into_iter().enumerate() {
        browser.click(&form.find(&format!("#summary li:nth-child({}) a", nth + 1)));
        form.wait("the field has focus", &format!("root.activeElement?.name === 'value.{field}'"));
        let told = form.script(
            "(a => [a.getAttribute('aria-invalid'), a.getAttribute('aria-describedby').split(' ').map(id => root.getElementById(id)?.innerText).join(' ')])(root.activeElement)",
        );
        assert_eq!(told[0], "true");
        let sentence = links[nth].as_str().expect("a sentence");
        assert!(told[1].as_str().expect("a text").contains(sentence), "the same words at the field: {told}");
    }
    // Put right, the error goes at once; the rest stays.
    form.type_into("message", "Hello");
    form.wait("the error has gone", "root.getElementById('f-message').getAttribute('aria-invalid') !== 'true'");
    assert_eq!(form.script("root.querySelector('#f-name').getAttribute('aria-invalid')"), json!("true"));
}
