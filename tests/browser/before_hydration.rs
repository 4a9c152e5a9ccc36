//! Whatever a visitor does before the Wasm arrives survives its arrival. Leptos alone would lose it.

use serde_json::json;

use crate::{
    engine::{Browser, Engine},
    form::Form,
    network::Fault,
    world::World,
};

fn what_was_entered_before_hydration_survives_it(engine: Engine) {
    let world = World::new();
    world.network.always(".wasm", Fault::Held);
    let browser = Browser::start(engine);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_shown();

    form.type_into("name", "Ann Example")
        .tick_purpose("newsletter")
        .tick_purpose("profiling")
        .tick_purpose("profiling");
    form.select("topic", "order").type_into("order", "A-17");
    // An autofill that tells nobody.
    form.script("root.querySelector(\"[name='value.email']\").value = 'ann@example.org'");
    form.type_into("message", "Where is it?");
    form.script("root.querySelector('textarea').setSelectionRange(2, 5)");
    assert!(!form.is_live(), "all of this happens before the Wasm is there");

    world.network.let_through();
    form.wait_until_live();
    assert_eq!(form.value("name"), "Ann Example");
    assert_eq!(form.value("email"), "ann@example.org");
    assert_eq!(form.value("topic"), "order");
    assert_eq!(form.value("order"), "A-17");
    assert_eq!(form.value("message"), "Where is it?");
    assert_eq!(form.ticked(), ["choice.newsletter"]);
    assert_eq!(form.focused(), "value.message");
    let selection = "(t => [t.selectionStart, t.selectionEnd])(root.querySelector('textarea'))";
    assert_eq!(form.script(selection), json!([2, 5]));
    assert!(form.sees("[data-field=order]"), "the condition sees what was chosen before");

    form.send().wait_for_reference();
    let lead = world.only_lead();
    let values = lead["data"]["values"].as_array().expect("values");
    let value = |id: &str| values.iter().find(|v| v["field"] == id).map(|v| v["value"].clone());
    assert_eq!(value("email"), Some(json!("ann@example.org")), "the silent autofill is sent too");
    assert_eq!(value("order"), Some(json!("A-17")));
    let decisions = lead["data"]["decisions"].as_array().expect("decisions");
    let decision = |id: &str| decisions.iter().find(|d| d["purpose"] == id).map(|d| d["decision"].clone());
    assert_eq!((decision("newsletter"), decision("profiling")), (Some(json!("granted")), Some(json!("refused"))));
}

#[test]
fn what_was_entered_before_hydration_survives_it_in_chromium() {
    what_was_entered_before_hydration_survives_it(Engine::Chromium);
}

#[test]
fn what_was_entered_before_hydration_survives_it_in_firefox() {
    what_was_entered_before_hydration_survives_it(Engine::Firefox);
}

#[test]
fn what_was_entered_before_hydration_survives_it_in_webkit() {
    what_was_entered_before_hydration_survives_it(Engine::WebKit);
}

#[test]
fn typing_goes_on_while_the_form_becomes_live() {
    let world = World::new();
    world.network.always(".wasm", Fault::Held);
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_shown();
    form.type_into("message", "one ");
    world.network.let_through();
    // No pause: some of these keys meet the form before, some while and some after it becomes live.
    for word in ["two ", "three ", "four ", "five ", "six ", "seven"] {
        browser.type_text(word);
    }
    form.wait_until_live();
    assert_eq!(form.value("message"), "one two three four five six seven");
}
