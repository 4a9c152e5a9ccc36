//! Nothing before a yes, nothing after a no, exactly that after a yes to some, and all of it gone when that is taken back.

use serde_json::{Value, json};

use super::{
    Shop,
    banner::{allowed, decisions, device, entry, ran, wait},
    in_every_engine,
    layouts::the_buttons_are_alike,
    page::asking,
};
use crate::engine::Engine;

in_every_engine!(
    nothing_happens_before_a_decision_nor_after_a_refusal,
    a_yes_to_some_loads_exactly_those_in_their_order,
    what_is_taken_back_is_deleted,
);

/// The parts of a day's first second: what is kept says no more than the day.
const DAY: u64 = 86_400;

fn nothing_happens_before_a_decision_nor_after_a_refusal(engine: Engine) {
    let shop = Shop::open(engine);
    let banner = shop.visit("/");
    banner.wait_until_shown();
    shop.goes_on_without_loading();
    shop.nothing_happened("before a decision");
    assert_eq!(entry(&shop.browser), Value::Null, "nothing is stored");
    assert_eq!(shop.world.network.count("POST", ""), 0, "not even a ticket is asked for");
    assert_eq!(decisions(&shop.browser)["statistics"], json!("undecided"));
    assert!(allowed(&shop.browser, "cart") && !allowed(&shop.browser, "statistics"));

    // Scrolling, waiting and leaving say nothing.
    shop.browser.run("scrollTo(0, 500); document.body.click()", &[]);
    shop.visit("/away");
    let banner = shop.visit("/");
    banner.wait_until_shown();
    assert_eq!(banner.on_now(), [""; 0], "no switch is on");
    assert_eq!(entry(&shop.browser), Value::Null, "silence is no decision");
    the_buttons_are_alike(&banner, &["accept", "refuse", "choose"]);

    banner.press("refuse").wait_until_gone();
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    shop.goes_on_without_loading();
    shop.nothing_happened("after a refusal");
    let kept = entry(&shop.browser);
    // The purposes that were granted in spite of the browser's signal: none.
    let keys = kept.as_object().expect("an entry").keys().filter(|key| *key != "g" || kept["g"] != json!([]));
    assert_eq!(keys.collect::<Vec<_>>(), ["c", "t"], "choice and date, no identifier: {kept}");
    assert_eq!(kept["t"].as_u64().expect("seconds") % DAY, 0, "the day, no more");
    for purpose in ["statistics", "ads", "media"] {
        let choice = kept["c"][purpose].as_str().expect("a choice");
        assert!(choice.len() == 9 && choice.starts_with('0'), "refused, and which text: {choice}");
    }
    assert_eq!(kept["c"].as_object().map(serde_json::Map::len), Some(3), "what needs no consent is not decided");

    // A refusal is kept as carefully as a grant: signed, recorded, and nobody is asked again.
    let sent = shop.world.network.last("POST", "/banner/submissions").expect("it was sent");
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(body["choices"], json!({"statistics": "refused", "ads": "refused", "media": "refused"}));
    assert!(sent.header("unticked-signature").is_some(), "signed");
    assert!(body.get("visitor").is_none(), "no identifier: {body}");
    let mut evidence = shop.world.evidence("banner");
    evidence.retain(|line| line["legal_basis"] == "consent");
    assert_eq!(evidence.len(), 3, "a line for each purpose: {evidence:?}");
    assert!(
        evidence.iter().all(|line| line["decision"] == "refused" && line["method"].contains("with a signature")),
        "{evidence:?}"
    );
    let banner = shop.visit("/");
    shop.nothing_happened("on the next page");
    assert!(!banner.is_shown(), "nobody is asked again");
    assert_eq!(decisions(&shop.browser)["ads"], json!("refused"));
    let again = shop.world.network.count("POST", "/banner/");
    assert_eq!(again, 2, "a ticket and a submission, once");
}

fn a_yes_to_some_loads_exactly_those_in_their_order(engine: Engine) {
    let shop = Shop::open(engine);
    shop.visit("/").grant(&["statistics"]);
    wait(&shop.browser, "all of it has run", "ran.length >= 9");
    shop.goes_on_without_loading();
    wait(&shop.browser, "the later one has run", "ran.includes(19)");
    assert_eq!(shop.asked(&asking("statistics")), asking("statistics"), "exactly those");
    let order = ran(&shop.browser);
    let mut all = order.clone();
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3, 4, 5, 6, 7, 8, 19, 100], "each once");
    let at = |tracker| order.iter().position(|ran| *ran == tracker).expect("it ran");
    assert!(
        at(1) < at(2) && at(2) < at(3) && at(3) < at(7) && at(7) < at(8),
        "the page's order, slow ones too: {order:?}"
    );
    assert_eq!(entry(&shop.browser)["id"], Value::Null, "statistics need no identifier");

    // On the next page the same, without a question and before anything is fetched from the collector but the gate.
    shop.thirds.forget();
    let banner = shop.visit("/");
    wait(&shop.browser, "all of it has run", "ran.length >= 9");
    shop.settle();
    assert!(!banner.is_shown());
    let expected: Vec<u32> = asking("statistics").into_iter().filter(|tracker| *tracker != 19).collect();
    assert_eq!(shop.asked(&expected), expected);
    let order = ran(&shop.browser);
    let at = |tracker| order.iter().position(|ran| *ran == tracker).expect("it ran");
    assert!(at(1) < at(2) && at(2) < at(3) && at(3) < at(7) && at(7) < at(8), "in the page's order: {order:?}");

    // One purpose more, by the page's own script: nonce and integrity go along, and what needs an identifier gets one.
    shop.browser.run("window.unticked.grant('marketing')", &[]);
    wait(&shop.browser, "advertising runs", "ran.includes(9) && ran.includes(10) && ran.includes(11)");
    let expected = [&expected[..], &asking("ads")[..]].concat();
    assert_eq!(shop.asked(&expected), expected, "and films still wait");
    let carried = shop.browser.run(
        "const s = [...document.scripts].find(s => s.src.endsWith('/10.js')); return [s.nonce, s.integrity, s.crossOrigin]",
        &[],
    );
    assert_eq!((&carried[0], &carried[2]), (&json!("n0"), &json!("anonymous")));
    assert!(carried[1].as_str().is_some_and(|integrity| integrity.starts_with("sha256-")), "{carried}");
    let order = ran(&shop.browser);
    assert_eq!(order.iter().filter(|ran| **ran == 1).count(), 1, "nothing runs twice: {order:?}");
    let id = entry(&shop.browser)["id"].as_str().expect("an identifier").to_owned();
    assert_eq!(id.len(), 22, "sixteen random bytes: {id}");
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    let sent = shop.world.network.last("POST", "/banner/submissions").expect("it was sent");
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!((&body["visitor"], &body["choices"]["ads"]), (&json!(id), &json!("granted")), "{body}");
    let evidence = shop.world.evidence("banner");
    let granted = evidence.iter().filter(|line| line["purpose"] == "ads" && line["decision"] == "granted").count();
    assert_eq!(granted, 1, "{evidence:?}");
}

fn what_is_taken_back_is_deleted(engine: Engine) {
    let shop = Shop::open(engine);
    shop.visit("/").wait_until_shown().press("accept").wait_until_gone();
    wait(&shop.browser, "all of it has run", "[2, 8, 9, 10, 11, 18].every(t => ran.includes(t))");
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    let expected: Vec<u32> = (2..=18).filter(|t| ![3, 6, 11].contains(t)).collect();
    assert_eq!(shop.asked(&expected), expected, "all, and each that asks somebody");
    // What the shop itself keeps is none of this.
    shop.browser.run("document.cookie = 'cart=3; path=/'; localStorage.setItem('cart', '3')", &[]);
    assert!(device(&shop.browser)["cookies"].as_str().is_some_and(|cookies| cookies.contains("_pk_id.1=x")));
    let id = entry(&shop.browser)["id"].clone();
    assert!(id.is_string());

    shop.browser.run("window.stayed = true", &[]);
    shop.browser.click(&shop.browser.find("#settings"));
    let banner = shop.banner();
    banner.wait_until_shown();
    let mut on = banner.on_now();
    on.sort();
    assert_eq!(on, ["ads", "media", "statistics"], "as the visitor left them");
    shop.thirds.forget();
    banner.switch("statistics").press("save");
    // Its scripts ran: only another load ends them.
    wait(&shop.browser, "the page was loaded again", "!window.stayed && ran.includes(18) && ran.includes(11)");
    shop.settle();
    let left = device(&shop.browser);
    assert_eq!(
        (&left["cookies"], &left["session"]),
        (&json!("cart=3"), &json!({})),
        "what was declared has gone: {left}"
    );
    let keys: Vec<&String> = left["local"].as_object().expect("a map").keys().collect();
    assert_eq!(keys, ["ad_seen", "cart", "unticked"]);
    let expected: Vec<u32> = (9..=18).filter(|t| *t != 11).collect();
    assert_eq!(shop.asked(&expected), expected, "statistics are over, the rest goes on");
    wait(&shop.browser, "the collector has it", "JSON.parse(localStorage.unticked).u === undefined");
    let sent = shop.world.network.last("POST", "/banner/submissions").expect("it was sent");
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(body["choices"], json!({"statistics": "withdrawn", "ads": "granted", "media": "granted"}));

    // The identifier goes with the purpose that needed it.
    shop.browser.run("window.unticked.withdraw('ads')", &[]);
    wait(&shop.browser, "it is taken back", "JSON.parse(localStorage.unticked).c.ads[0] === '0'");
    assert_eq!(entry(&shop.browser)["id"], Value::Null);
    wait(&shop.browser, "what it left has gone", "localStorage.getItem('ad_seen') === null");
    let evidence = shop.world.evidence("banner");
    assert!(
        evidence.iter().any(|line| line["purpose"] == "statistics" && line["decision"] == "withdrawn"),
        "{evidence:?}"
    );
}
