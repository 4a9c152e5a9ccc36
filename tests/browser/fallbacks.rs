//! Whatever is missing, the next simpler thing works: the live form, the native form, the link.

use serde_json::{Value, json};

use crate::{
    engine::{Browser, Engine, Wishes},
    form::Form,
    world::{Page, World, contact},
};

/// What an owner needs to allow, and nothing else.
const DOCUMENTED: &str = "default-src 'none'; script-src HOST 'wasm-unsafe-eval'; connect-src HOST; form-action HOST; \
                          img-src data:; report-uri /report";

fn decision(lead: &Value, id: &str) -> Option<Value> {
    let decisions = lead["data"]["decisions"].as_array().expect("decisions");
    decisions.iter().find(|d| d["purpose"] == id).map(|d| d["decision"].clone())
}

/// The link is visible and leads to the form as a full page, which works.
fn the_link_leads_to_a_form_that_works(world: &World, browser: &Browser) {
    browser.click(&browser.find("unticked-form a"));
    browser.wait_until_at(&world.hosted("contact"));
    the_hosted_page_works(world, browser);
}

/// Only what needs no script in the page.
fn the_hosted_page_works(world: &World, browser: &Browser) {
    for (name, text) in [("name", "Ann Example"), ("email", "ann@example.org"), ("message", "Moby-Dick?")] {
        browser.type_into(&browser.find(&format!("[name='value.{name}']")), text);
    }
    browser.click(&browser.find("[name='choice.newsletter']"));
    browser.click(&browser.find("button[type=submit]"));
    let reference = browser.text(&browser.find(".reference"));
    let lead = world.only_lead();
    assert_eq!(lead["data"]["reference"], json!(reference));
    assert_eq!(decision(&lead, "newsletter"), Some(json!("granted")));
    assert_eq!(decision(&lead, "profiling"), Some(json!("refused")));
}

#[test]
fn without_scripts_the_link_leads_to_a_page_that_works() {
    let world = World::new();
    let browser = Browser::with(Engine::Firefox, &Wishes { no_scripts: true, ..Wishes::default() });
    browser.open_page(&world.url("/"));
    the_link_leads_to_a_form_that_works(&world, &browser);
}

#[test]
fn the_hosted_page_gives_back_what_was_sent_with_its_errors() {
    let world = World::new();
    let browser = Browser::with(Engine::Firefox, &Wishes { no_scripts: true, ..Wishes::default() });
    browser.open_page(&world.hosted("contact"));
    browser.type_into(&browser.find("[name='value.name']"), "Ann Example");
    browser.type_into(&browser.find("[name='value.email']"), "ann@nowhere");
    browser.click(&browser.find("[name='choice.newsletter']"));
    browser.click(&browser.find("button[type=submit]"));
    let summary = browser.text(&browser.find("#summary"));
    assert!(summary.contains("There is a problem"), "{summary}");
    // It is filled in as it was sent; the errors put right, it goes.
    browser.clear(&browser.find("[name='value.email']"));
    browser.type_into(&browser.find("[name='value.email']"), "ann@nowhere.example");
    browser.type_into(&browser.find("[name='value.message']"), "Hello");
    browser.click(&browser.find("button[type=submit]"));
    browser.text(&browser.find(".reference"));
    let lead = world.only_lead();
    assert_eq!(decision(&lead, "newsletter"), Some(json!("granted")), "the visitor's own tick stayed");
    let values = lead["data"]["values"].as_array().expect("values");
    for sent in ["Ann Example", "ann@nowhere.example", "Hello"] {
        assert!(values.iter().any(|v| v["value"] == sent), "{sent}");
    }
}

#[test]
fn the_documented_policy_is_enough_and_nothing_is_reported() {
    let world = World::new();
    // The stories' own recorder comes from the shop itself.
    let policy = DOCUMENTED.replace("script-src HOST", "script-src HOST 'self'");
    world.place("/", Page::new(contact()).policy(&policy));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().select("topic", "order").tick_purpose("newsletter").send();
    // Errors, their summary and the confirmation are part of it.
    form.wait_for_reference();
    world.only_lead();
    assert_eq!(world.reports(), [""; 0]);
    let styled = form.script("getComputedStyle(root.querySelector('form button[type=submit]')).cursor");
    assert_eq!(
        form.count("style") + form.count("[style]") + form.count("link"),
        0,
        "one adopted sheet and nothing else"
    );
    assert_eq!(form.script("root.adoptedStyleSheets.length"), json!(1), "{styled}");
}

#[test]
fn a_policy_without_wasm_leaves_the_native_form() {
    let world = World::new();
    world.place("/", Page::new(contact()).policy(&DOCUMENTED.replace(" 'wasm-unsafe-eval'", "")));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_shown();
    form.fill().tick_purpose("newsletter");
    form.wait("the ticket is there", "root.querySelector('[name=ticket]').value");
    assert!(!form.is_live());
    form.send();
    let page = Form::at(&browser, "nothing");
    let reference = page.wait_for_reference();
    assert_eq!(browser.address(), world.hosted("contact"));
    let lead = world.only_lead();
    assert_eq!(lead["data"]["reference"], json!(reference));
    assert_eq!(decision(&lead, "newsletter"), Some(json!("granted")));
    assert_eq!(decision(&lead, "profiling"), Some(json!("refused")));
}

#[test]
fn a_policy_without_the_script_leaves_the_link() {
    let world = World::new();
    world.place("/", Page::new(contact()).policy("default-src 'none'; connect-src HOST; form-action HOST"));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    the_link_leads_to_a_form_that_works(&world, &browser);
}

#[test]
fn a_policy_without_connections_leaves_the_link() {
    let world = World::new();
    world.place("/", Page::new(contact()).policy(&DOCUMENTED.replace(" connect-src HOST;", "")));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    the_link_leads_to_a_form_that_works(&world, &browser);
}

#[test]
fn a_policy_without_form_action_leaves_the_live_form_working() {
    let world = World::new();
    world.place("/", Page::new(contact()).policy(&DOCUMENTED.replace("form-action HOST", "form-action 'none'")));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().send().wait_for_reference();
    world.only_lead();
}

#[test]
fn a_policy_without_form_action_and_wasm_shows_the_link() {
    let world = World::new();
    let policy = DOCUMENTED.replace("form-action HOST", "form-action 'none'").replace(" 'wasm-unsafe-eval'", "");
    world.place("/", Page::new(contact()).policy(&policy));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_shown();
    form.fill().send();
    form.wait("the link shows again", "host.querySelector('a').getClientRects().length > 0");
    assert_eq!(form.value("message"), "Do you have Moby-Dick?", "nothing typed is lost by it");
    the_link_leads_to_a_form_that_works(&world, &browser);
}

#[test]
fn trusted_types_with_our_policy_change_nothing() {
    let world = World::new();
    let policy = format!("{DOCUMENTED}; require-trusted-types-for 'script'; trusted-types unticked");
    let policy = policy.replace("script-src HOST", "script-src HOST 'self'");
    world.place("/", Page::new(contact()).policy(&policy));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.send().wait_for_summary();
    form.fill().send().wait_for_reference();
    world.only_lead();
    assert_eq!(world.reports(), [""; 0]);
}

#[test]
fn trusted_types_without_our_policy_leave_the_link() {
    let world = World::new();
    let policy = format!("{DOCUMENTED}; require-trusted-types-for 'script'; trusted-types 'none'");
    world.place("/", Page::new(contact()).policy(&policy));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    the_link_leads_to_a_form_that_works(&world, &browser);
}

#[test]
fn a_link_alone_becomes_the_form() {
    let world = World::new();
    world.place("/", Page::new(r#"<a href="HOST/f/contact" data-unticked-form="contact">Contact us</a>"#));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().send().wait_for_reference();
    world.only_lead();
}

#[test]
fn an_image_that_takes_the_scripts_name_does_not_say_where_code_comes_from() {
    let world = World::new();
    let comment = "<img name=\"currentScript\" src=\"https://stranger.example/unticked.js\" alt=\"\">";
    world.place("/", Page::new(format!("{comment}{}", contact())));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    Form::on(&browser).wait_until_shown();
}
