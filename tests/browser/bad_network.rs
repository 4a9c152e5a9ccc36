//! Bad networks, slow ones, and time that passes while somebody types.

use std::time::Duration;

use serde_json::json;
use xtask::serve::Answer;

use crate::{
    engine::{Browser, Engine},
    form::Form,
    network::Fault,
    world::World,
};

fn a_lost_connection_then_a_retry_makes_one_lead(fault: &Fault) {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().tick_purpose("newsletter");
    world.network.times(1, "/submissions", fault.clone());
    form.send().wait_for_summary();
    assert_eq!(form.value("message"), "Do you have Moby-Dick?", "what was typed stays");
    assert_eq!(form.ticked(), ["choice.newsletter"]);
    assert_eq!(form.text("button[type=submit]"), "Try again");
    form.send();
    let reference = form.wait_for_reference();
    assert_eq!(world.network.count("POST", "/submissions"), 2);
    assert_eq!(world.network.count("POST", "/tickets"), 1, "the same id was sent again");
    assert_eq!(world.only_lead()["data"]["reference"], json!(reference));
}

#[test]
fn a_submission_lost_on_its_way_and_sent_again_makes_one_lead() {
    a_lost_connection_then_a_retry_makes_one_lead(&Fault::Lost);
}

#[test]
fn a_submission_whose_answer_was_lost_and_sent_again_makes_one_lead() {
    a_lost_connection_then_a_retry_makes_one_lead(&Fault::AnswerLost);
}

#[test]
fn a_collector_that_cannot_store_now_is_tried_again_later() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill();
    let problem = json!({"type": "unavailable", "title": "unavailable", "status": 503}).to_string();
    let answer = Answer::Full {
        status: 503,
        headers: vec![
            ("content-type".to_owned(), "application/problem+json".to_owned()),
            ("access-control-allow-origin".to_owned(), world.url("")),
        ],
        body: problem.into_bytes(),
    };
    world.network.times(1, "/submissions", Fault::Answered(answer));
    form.send().wait_for_summary();
    assert_eq!(form.value("message"), "Do you have Moby-Dick?");
    assert_eq!(form.told("error").expect("it is told")["problem"], "unavailable");
    form.send().wait_for_reference();
    world.only_lead();
}

#[test]
fn pressing_twice_while_it_is_being_sent_sends_once() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill();
    world.network.always("/submissions", Fault::Held);
    form.send();
    form.wait("it says that it is sending", "root.querySelector('form').ariaBusy === 'true' || root.querySelector('form').getAttribute('aria-busy') === 'true'");
    form.send().send();
    world.network.let_through();
    form.wait_for_reference();
    assert_eq!(world.network.count("POST", "/submissions"), 1);
    world.only_lead();
}

#[test]
fn a_ticket_that_expired_meanwhile_is_renewed_without_a_word() {
    let world = World::new();
    // The visitor began yesterday; only the collector's clock counts.
    world.set_clock(-25 * 3600);
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().tick_purpose("newsletter");
    form.wait("the ticket is there", "root.querySelector('[name=ticket]').value");
    world.set_clock(0);
    form.send().wait_for_reference();
    assert_eq!(world.network.count("POST", "/tickets"), 2);
    assert_eq!(world.network.count("POST", "/submissions"), 2);
    world.only_lead();
}

#[test]
fn a_wrong_clock_on_the_visitors_machine_changes_nothing() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    let wrong = "Date.now = (now => () => now() + 86400000)(Date.now.bind(Date));";
    browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": wrong }));
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().send().wait_for_reference();
    world.only_lead();
}

#[test]
fn a_text_that_changes_while_somebody_types_is_not_put_in_their_mouth() {
    let mut world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().tick_purpose("newsletter");
    world.redefine("purposes/newsletter.toml", |text| text.replace("once a month at most", "every day"));
    form.send().wait_for_reference();
    let lead = world.only_lead();
    let decisions = lead["data"]["decisions"].as_array().expect("decisions");
    let newsletter = decisions.iter().find(|d| d["purpose"] == "newsletter").expect("the newsletter");
    assert_eq!(newsletter["decision"], "granted");
    let statement = newsletter["statement"].as_str().expect("a statement");
    assert!(statement.contains("once a month"), "what was agreed to is what was read: {statement}");
}

#[test]
fn a_withdrawn_version_is_shown_anew_with_everything_typed_and_asked_again() {
    let mut world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().tick_purpose("newsletter").tick_purpose("profiling");
    world.redefine("purposes/newsletter.toml", |text| text.replace("once a month at most", "every day"));
    world.network.times(1, "/submissions", Fault::Answered(refusal(&world, 409, "definition-changed")));
    form.send();
    form.wait(
        "the new text is shown",
        "root.querySelector('[data-purpose=newsletter]')?.innerText.includes('every day')",
    );
    form.wait_until_live();
    form.wait_for_summary();
    assert_eq!(form.value("message"), "Do you have Moby-Dick?");
    assert_eq!(form.ticked(), ["choice.profiling"], "what is asked in new words is asked anew");
    form.send().wait_for_reference();
    world.only_lead();
}

#[test]
fn a_page_that_sleeps_after_an_uncertain_attempt_and_a_refused_one_makes_one_lead() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill();
    world.network.times(1, "/submissions", Fault::AnswerLost);
    form.send().wait_for_summary();
    world.network.times(1, "/submissions", Fault::Answered(refusal(&world, 503, "unavailable")));
    form.send();
    form.wait("the refusal is told", "root.querySelector('#summary').innerText.includes('cannot be stored')");
    browser.run("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))", &[]);
    form.send().wait_for_reference();
    assert_eq!(world.network.count("POST", "/tickets"), 1, "the first attempt has arrived under this one");
    world.only_lead();
}

/// A refusal in the collector's own words, made up on the way.
fn refusal(world: &World, status: u16, kind: &str) -> Answer {
    let headers = [("content-type", "application/problem+json"), ("access-control-allow-origin", &world.url(""))];
    Answer::Full {
        status,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: json!({ "type": kind, "title": kind, "status": status }).to_string().into_bytes(),
    }
}

#[test]
fn a_slow_network_shows_the_form_first_and_loses_nothing() {
    let world = World::new();
    world.network.always("/", Fault::Slow(Duration::from_millis(700)));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_shown();
    form.fill().tick_purpose("newsletter");
    form.wait_until_live();
    assert_eq!((form.value("name").as_str(), form.ticked()), ("Ann Example", vec!["choice.newsletter".to_owned()]));
    form.send().wait_for_reference();
    world.only_lead();
}

#[test]
fn a_collector_that_is_away_leaves_the_link_and_the_form_comes_when_it_is_back() {
    let mut world = World::new();
    let browser = Browser::start(Engine::Chromium);
    world.network.always("/v1/", Fault::Lost);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait("the link shows", "host.querySelector('a').getClientRects().length > 0");
    world.network.let_through();
    world.stop_collector();
    world.start_collector();
    browser.run("window.dispatchEvent(new Event('online'))", &[]);
    form.wait_until_live();
    form.fill().send().wait_for_reference();
    world.only_lead();
}
