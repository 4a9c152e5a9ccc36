//! Pages that come back, change, or are read in an order of their own; and a signal that comes on later.

use std::io::Write as _;

use serde_json::{Value, json};

use super::{
    Shop,
    banner::{allowed, decisions, ran, wait},
    in_every_engine,
};
use crate::engine::Engine;

in_every_engine!(
    a_page_kept_as_it_was_closes_what_was_taken_back_meanwhile,
    a_view_transition_brings_nothing_that_was_not_allowed,
    deferred_scripts_and_modules_run_after_the_page_is_read_in_their_order,
    a_signal_that_comes_on_later_takes_back_and_the_ledger_knows,
);

/// A picture and a frame: nothing that runs, so that no page need be loaded again.
const FRAME: &str = r#"<iframe id="frame" data-category="media" data-src="MEDIA/22.html" title="A film" width="300" height="150"></iframe>
<img data-category="media" data-src="MEDIA/21.svg" alt="A map" width="4" height="4"><p><a id="away" href="/other">Away</a></p>"#;

fn a_page_kept_as_it_was_closes_what_was_taken_back_meanwhile(engine: Engine) {
    let shop = Shop::open(engine);
    let mut site = shop.site();
    FRAME.clone_into(&mut site.main);
    "<script nonce=\"n0\">addEventListener('pageshow', (e) => { window.shown = e.persisted; });</script>"
        .clone_into(&mut site.after);
    shop.place("/kept", &site);
    shop.place("/other", &site);
    shop.visit("/kept").grant(&["media"]);
    assert_eq!(shop.asked(&[21, 22]), [21, 22]);
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    shop.browser.run("window.stayed = true", &[]);
    shop.browser.click(&shop.browser.find("#away"));
    wait(
        &shop.browser,
        "the other page is there",
        "location.pathname === '/other' && window.unticked?.allowed('media')",
    );
    shop.browser.run("unticked.withdraw('media')", &[]);
    wait(&shop.browser, "it is recorded", "JSON.parse(localStorage.unticked).u === undefined");
    shop.thirds.forget();
    shop.browser.back();
    wait(&shop.browser, "the first page is back", "location.pathname === '/kept' && window.shown !== undefined");
    let persisted = shop.browser.run("return window.shown", &[]);
    let closed =
        "window.unticked?.decisions().media === 'refused' && !document.querySelector('[src*=\"2\"][data-category]')";
    wait(&shop.browser, "it obeys", closed);
    wait(
        &shop.browser,
        "the frame is empty",
        "document.querySelector('#frame').contentDocument?.URL === 'about:blank'",
    );
    shop.settle();
    assert_eq!(shop.thirds.asked(), [0; 0], "nothing is loaded on the way");
    let stayed = shop.browser.run("return window.stayed ?? null", &[]);
    if persisted == json!(true) {
        assert_eq!(stayed, json!(true), "the very page that was left");
    } else {
        assert_eq!(stayed, Value::Null, "a page loaded anew");
        let line = format!("{engine:?} kept no page for the way back; the story was told of one loaded anew");
        // Past the harness, which keeps what a story prints that held.
        writeln!(std::io::stdout(), "{line}").expect("standard output");
    }
}

fn a_view_transition_brings_nothing_that_was_not_allowed(engine: Engine) {
    let shop = Shop::open(engine);
    shop.visit("/").wait_until_shown().press("refuse").wait_until_gone();
    let change = "const [media, statistics] = arguments; const change = () => { history.pushState(null, '', '/second'); \
        document.querySelector('main').innerHTML = `<h2>Second</h2><iframe id=\"next\" title=\"A film\" data-category=\"media\" data-src=\"${media}/20.html\"></iframe>`; \
        const s = document.createElement('script'); s.type = 'text/plain'; s.nonce = 'n0'; s.dataset.category = 'statistics'; s.src = statistics + '/19.js'; \
        document.querySelector('main').append(s); }; \
        if (!document.startViewTransition) { change(); return 'none here'; } \
        const transition = document.startViewTransition(change); \
        for (const late of [transition.ready, transition.finished]) late.catch(() => {}); return 'begun';";
    let origins = [json!(shop.thirds.origin("media")), json!(shop.thirds.origin("statistics"))];
    if engine == Engine::WebKit {
        // Without a screen its page ends with the first of them.
        shop.browser.run("document.startViewTransition = undefined", &[]);
    }
    if shop.browser.run(change, &origins) == json!("none here") {
        let line = format!("no view transition in {engine:?} here; the story was told of a page that changes");
        writeln!(std::io::stdout(), "{line}").expect("standard output");
    }
    wait(&shop.browser, "the page has changed", "location.pathname === '/second'");
    wait(&shop.browser, "the frame's place is taken", "document.querySelector('unticked-placeholder + #next')");
    shop.nothing_happened("after a view transition");
    shop.browser.run("unticked.grant('statistics', 'media')", &[]);
    assert_eq!(shop.asked(&[19, 20]), [19, 20], "what has gone with the old view is not loaded");
    wait(&shop.browser, "it runs", "ran.includes(19)");
}

/// Those that wait for the page to be read stand before those that do not.
const ORDER: &str = r#"
<script nonce="n0" type="text/plain" data-category="statistics" defer src="STATISTICS/slow/2.js"></script>
<script nonce="n0" type="text/plain" data-category="statistics" data-type="module">runs(3); window.state = document.readyState;</script>
<script nonce="n0" type="text/plain" data-category="statistics" data-type="module" src="STATISTICS/5.js"></script>
<script nonce="n0" type="text/plain" data-category="statistics">runs(1);</script>
<script nonce="n0" type="text/plain" data-category="statistics" src="STATISTICS/slow/4.js"></script>
<script nonce="n0" type="text/plain" data-category="statistics">runs(7);</script>
<script nonce="n0" type="text/plain" data-category="statistics" defer src="STATISTICS/8.js"></script>
"#;

fn deferred_scripts_and_modules_run_after_the_page_is_read_in_their_order(engine: Engine) {
    let shop = Shop::open(engine);
    shop.visit("/").wait_until_shown();
    shop.browser.run("unticked.grant('statistics')", &[]);
    let mut site = shop.site();
    ORDER.clone_into(&mut site.main);
    shop.place("/order", &site);
    shop.visit("/order");
    wait(&shop.browser, "all of it has run", "[1, 2, 3, 4, 5, 7, 8].every(t => ran.includes(t))");
    let order = ran(&shop.browser);
    assert_eq!(order.len(), 7, "each once: {order:?}");
    let at = |tracker| order.iter().position(|ran| *ran == tracker).expect("it ran");
    assert!(at(1) < at(4) && at(4) < at(7), "those that do not wait, in their order: {order:?}");
    assert!([2, 3, 5, 8].iter().all(|one| at(*one) > at(1)), "those that wait, after the page: {order:?}");
    assert!(at(2) < at(8), "deferred ones in their order: {order:?}");
    assert_ne!(shop.browser.run("return window.state", &[]), json!("loading"), "a module finds the page read");
}

const SIGNAL: &str = r#"<script nonce="n0">Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { value: true, configurable: true });</script>"#;

fn a_signal_that_comes_on_later_takes_back_and_the_ledger_knows(engine: Engine) {
    let shop = Shop::open(engine);
    shop.visit("/").wait_until_shown().press("accept").wait_until_gone();
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    assert!(allowed(&shop.browser, "ads"));
    let mut site = shop.site();
    SIGNAL.clone_into(&mut site.before);
    shop.place("/signal", &site);
    shop.visit("/signal");
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    assert_eq!(decisions(&shop.browser), json!({"statistics": "granted", "ads": "refused", "media": "granted"}));
    let sent = shop.world.network.last("POST", "/banner/submissions").expect("it was sent");
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!((&body["gpc"], &body["choices"]["ads"]), (&json!(true), &json!("withdrawn")), "{body}");
    let evidence = shop.world.evidence("banner");
    let taken =
        |purpose: &str| evidence.iter().filter(|l| l["purpose"] == purpose && l["decision"] == "withdrawn").count();
    assert_eq!((taken("ads"), taken("statistics")), (1, 0), "that one, once: {evidence:?}");

    // It stays taken back when the signal goes off again, and nothing is recorded twice.
    shop.visit("/signal");
    shop.visit("/").wait_until_gone();
    shop.settle();
    assert!(!allowed(&shop.browser, "ads"));
    assert_eq!(shop.world.network.count("POST", "/banner/submissions"), 2);
}
