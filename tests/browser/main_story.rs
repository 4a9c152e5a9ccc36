//! The main story, in every engine.

use serde_json::json;

use crate::{
    engine::{Browser, Engine},
    form::Form,
    world::World,
};

fn a_lead_arrives_with_each_decision(engine: Engine) {
    let world = World::new();
    let browser = Browser::start(engine);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    assert!(
        form.text("[data-purpose=newsletter]").contains("Harbour Books Ltd may send me news"),
        "the disclosure is read"
    );
    form.fill().tick_purpose("newsletter").send();
    let reference = form.wait_for_reference();

    let lead = world.only_lead();
    assert_eq!(lead["type"], "lead.submitted");
    assert_eq!(lead["data"]["reference"], json!(reference));
    let decisions = lead["data"]["decisions"].as_array().expect("decisions");
    let decision = |id: &str| decisions.iter().find(|d| d["purpose"] == id).map(|d| d["decision"].clone());
    assert_eq!(decision("newsletter"), Some(json!("granted")));
    assert_eq!(decision("profiling"), Some(json!("refused")));
    assert_eq!(decision("answer"), Some(json!(null)), "nothing was asked where the basis is a contract");
}

#[test]
fn a_lead_arrives_with_each_decision_in_chromium() {
    a_lead_arrives_with_each_decision(Engine::Chromium);
}

#[test]
fn a_lead_arrives_with_each_decision_in_firefox() {
    a_lead_arrives_with_each_decision(Engine::Firefox);
}

#[test]
fn a_lead_arrives_with_each_decision_in_webkit() {
    a_lead_arrives_with_each_decision(Engine::WebKit);
}
