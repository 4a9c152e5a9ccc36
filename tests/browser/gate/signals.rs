//! What the browser says for its visitor, and what others' tags are told.

use serde_json::json;

use super::{
    Shop,
    banner::{allowed, decisions, entry, leave, ran, wait},
    in_every_engine,
    page::asking,
};
use crate::engine::{Engine, Wishes};

in_every_engine!(global_privacy_control_is_a_refusal, others_tags_are_told_before_any_of_them_runs);

/// Where an engine has the signal, its own; elsewhere the page is told as an extension tells it.
const SIGNAL: &str = r#"<script nonce="n0">Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { value: true, configurable: true });</script>"#;

fn global_privacy_control_is_a_refusal(engine: Engine) {
    let shop = Shop::open_with(engine, &Wishes { privacy_control: true, ..Wishes::default() });
    let mut site = shop.site();
    if engine != Engine::Firefox {
        SIGNAL.clone_into(&mut site.before);
    }
    shop.place("/", &site);
    let banner = shop.visit("/");
    banner.wait_until_shown();
    assert_eq!(shop.browser.run("return navigator.globalPrivacyControl", &[]), json!(true));
    shop.nothing_happened("before a decision, with the signal");
    assert_eq!(decisions(&shop.browser)["ads"], json!("refused"), "the signal is a refusal of what it is about");
    assert_eq!(decisions(&shop.browser)["statistics"], json!("undecided"));
    assert!(banner.form.sees("[data-part=signal]"), "the visitor is told");
    let told = banner.form.text("[data-part=signal]");
    assert!(told.contains("Advertising") && !told.contains("Statistics"), "{told}");

    // Accepting all leaves off what the signal refuses.
    banner.press("accept").wait_until_gone();
    wait(&shop.browser, "the rest has run", "[2, 8, 18].every(t => ran.includes(t))");
    shop.settle();
    assert!(asking("ads").iter().all(|tracker| !shop.thirds.asked().contains(tracker)), "{:?}", shop.thirds.asked());
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    let sent = |shop: &Shop| -> serde_json::Value {
        let sent = shop.world.network.last("POST", "/banner/submissions").expect("it was sent");
        serde_json::from_slice(&sent.body).expect("JSON")
    };
    let body = sent(&shop);
    assert_eq!((&body["gpc"], &body["choices"]["ads"]), (&json!(true), &json!("refused")), "{body}");
    assert_eq!(body["choices"]["statistics"], json!("granted"));

    // A switch of its own is an explicit choice, and is recorded with the signal.
    shop.browser.click(&shop.browser.find("#settings"));
    banner.wait_until_shown().switch("ads").press("save").wait_until_gone();
    wait(&shop.browser, "advertising runs", "ran.includes(9) && ran.includes(10)");
    assert_eq!(entry(&shop.browser)["g"], json!(["ads"]), "granted although the signal was on");
    wait(&shop.browser, "the collector has it", "told.filter(t => t.name === 'recorded').length >= 2");
    let body = sent(&shop);
    assert_eq!((&body["gpc"], &body["choices"]["ads"]), (&json!(true), &json!("granted")), "{body}");
    shop.visit("/");
    assert!(allowed(&shop.browser, "ads"), "and it is kept");

    // What was granted before the signal came on counts as taken back.
    let mut before = entry(&shop.browser);
    before.as_object_mut().expect("an entry").remove("g");
    leave(&shop.browser, &before);
    shop.thirds.forget();
    shop.visit("/");
    wait(&shop.browser, "the rest has run", "[2, 8, 18].every(t => ran.includes(t))");
    shop.settle();
    assert!(!allowed(&shop.browser, "ads") && allowed(&shop.browser, "statistics"));
    assert!(asking("ads").iter().all(|tracker| !shop.thirds.asked().contains(tracker)), "{:?}", shop.thirds.asked());
}

/// Notes what is in the three queues when the first tag of all runs, and when one that waited does.
const QUEUES: &str = r#"
<script nonce="n0">window.dataLayer = [];</script>"#;

const FIRST_TAG: &str = r#"
<script nonce="n0">
window.consent = () => JSON.parse(JSON.stringify((window.dataLayer || []).map(entry => [...Object.values(entry)]).filter(entry => entry[0] === "consent")));
window.others = () => JSON.parse(JSON.stringify({ uet: window.uetq || [], paq: window._paq || [] }));
window.first = { google: consent(), ...others() };
dataLayer.push({ event: "first tag" });
</script>"#;

fn others_tags_are_told_before_any_of_them_runs(engine: Engine) {
    let shop = Shop::open(engine);
    let mut site = shop.site();
    QUEUES.clone_into(&mut site.before);
    FIRST_TAG.clone_into(&mut site.after);
    shop.place("/", &site);
    let banner = shop.visit("/");
    banner.wait_until_shown();
    let first = shop.browser.run("return window.first", &[]);
    let denied = json!({"ad_storage": "denied", "ad_user_data": "denied", "ad_personalization": "denied", "analytics_storage": "denied"});
    let default = &first["google"];
    assert_eq!(default.as_array().map(Vec::len), Some(1), "the default, once: {first}");
    assert_eq!((&default[0][0], &default[0][1]), (&json!("consent"), &json!("default")), "{first}");
    for (name, value) in denied.as_object().expect("a map") {
        assert_eq!(&default[0][2][name], value, "{name}: {first}");
    }
    assert!(first["uet"].to_string().contains("denied"), "{first}");
    assert!(first["paq"].to_string().contains("requireConsent"), "Matomo waits: {first}");

    banner.grant(&["statistics"]);
    wait(&shop.browser, "it has run", "ran.includes(1)");
    let told = shop.browser.run("return { google: consent(), ...others() }", &[]);
    let google = told["google"].as_array().expect("a list");
    assert_eq!(google.len(), 2, "one update: {told}");
    assert_eq!(google[1][1], json!("update"));
    assert_eq!(
        (&google[1][2]["analytics_storage"], &google[1][2]["ad_storage"]),
        (&json!("granted"), &json!("denied"))
    );
    assert!(told["paq"].to_string().contains("onsentGiven"), "Matomo may: {told}");
    assert!(!told["uet"].to_string().contains("granted"), "advertising may not: {told}");

    // With a stored decision it is said before the first tag, too; and a default is never said twice.
    shop.visit("/");
    let first = shop.browser.run("return window.first.google", &[]);
    let kinds: Vec<&str> = first.as_array().expect("a list").iter().filter_map(|entry| entry[1].as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "default").count(), 1, "{first}");
    let last = first.as_array().and_then(|all| all.last()).expect("an entry");
    assert_eq!(last[2]["analytics_storage"], json!("granted"), "known before any tag asks: {first}");
    shop.browser.run("window.unticked.grant()", &[]);
    wait(&shop.browser, "all of it runs", "ran.includes(11)");
    let told = shop.browser.run("return { google: consent(), ...others() }", &[]);
    let last = told["google"].as_array().and_then(|all| all.last()).expect("an entry");
    assert_eq!((&last[1], &last[2]["ad_user_data"]), (&json!("update"), &json!("granted")), "{told}");
    assert!(told["uet"].to_string().contains("granted"), "{told}");
    assert_eq!(ran(&shop.browser).iter().filter(|tracker| **tracker == 1).count(), 1);
}
