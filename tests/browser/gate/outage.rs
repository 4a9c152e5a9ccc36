//! Storage that is closed, a collector that is down, decisions that are old: never a yes that nobody said.

use serde_json::{Value, json};

use super::{
    Shop,
    banner::{allowed, decisions, entry, leave, ran, wait},
    in_every_engine,
    page::asking,
};
use crate::{engine::Engine, network::Fault};

in_every_engine!(
    without_storage_the_site_works_and_the_answer_is_no,
    an_outage_of_the_collector_grants_nothing_and_forgets_nothing,
    what_is_old_or_has_changed_is_asked_again,
);

fn without_storage_the_site_works_and_the_answer_is_no(engine: Engine) {
    let shop = Shop::open(engine);
    // As a browser does that blocks it, as a full one does, and as one that only reads.
    let ways = [
        (
            "closed",
            "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });",
        ),
        ("full", "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"),
        ("absent", "Object.defineProperty(window, 'localStorage', { value: null });"),
    ];
    for (name, script) in ways {
        let mut site = shop.site();
        site.before = format!("<script nonce=\"n0\">{script}</script>");
        // The trackers' own attempts to store are theirs to fail at.
        site.main = site
            .main
            .replace("localStorage.setItem(\"_pk_1\", \"x\"); sessionStorage.setItem(\"_pk_session\", \"x\");", "");
        let path = format!("/{name}");
        shop.place(&path, &site);
        let banner = shop.visit(&path);
        banner.wait_until_shown();
        shop.settle();
        assert_eq!(ran(&shop.browser), [100], "{name}: the site works, the answer is no");
        banner.press("refuse").wait_until_gone();
        shop.settle();
        assert!(shop.thirds.asked().is_empty(), "{name}");
        assert_eq!(decisions(&shop.browser)["ads"], json!("refused"), "{name}: for this page");

        // A yes holds for the page, and for that page alone.
        let banner = shop.visit(&path);
        banner.wait_until_shown();
        assert!(!allowed(&shop.browser, "statistics"), "{name}: nothing is remembered");
        banner.grant(&["media"]);
        wait(&shop.browser, "what was allowed is loaded", "ran.includes(18)");
        let expected: Vec<u32> = asking("media").into_iter().filter(|t| *t != 20).collect();
        assert_eq!(shop.asked(&expected), expected, "{name}");
        shop.thirds.forget();
        let banner = shop.visit(&path);
        banner.wait_until_shown();
        shop.settle();
        assert!(shop.thirds.asked().is_empty(), "{name}: the next page asks anew");
    }
}

fn an_outage_of_the_collector_grants_nothing_and_forgets_nothing(engine: Engine) {
    let mut shop = Shop::open(engine);
    shop.hosts_the_gate_itself();
    let mut site = shop.site();
    "/own-gate.js".clone_into(&mut site.gate);
    shop.place("/", &site);
    shop.world.stop_collector();

    // No banner can come; nothing is allowed, and the site works.
    shop.visit("/");
    shop.goes_on_without_loading();
    shop.nothing_happened("with the collector down");
    assert!(!shop.banner().is_shown());
    // The owner's own buttons work all the same, and what they say is kept until it can be sent.
    shop.browser.run("window.unticked.refuse()", &[]);
    let kept = entry(&shop.browser);
    assert_eq!((&kept["u"], kept["c"]["ads"].as_str().map(|c| &c[..1])), (&json!(1), Some("0")), "{kept}");
    shop.visit("/");
    shop.nothing_happened("after a refusal, with the collector down");
    assert_eq!(decisions(&shop.browser)["ads"], json!("refused"), "a stored refusal stays one");
    shop.browser.run("window.unticked.grant('statistics')", &[]);
    wait(&shop.browser, "it runs", "[2, 7, 8].every(t => ran.includes(t))");
    shop.thirds.forget();
    shop.visit("/");
    wait(&shop.browser, "a stored grant stays one", "[2, 7, 8].every(t => ran.includes(t))");
    let expected: Vec<u32> = asking("statistics").into_iter().filter(|t| *t != 19).collect();
    assert_eq!(shop.asked(&expected), expected);
    assert_eq!(entry(&shop.browser)["u"], json!(1), "still unsent");

    // It ends when it ends, outage or not.
    let mut old = entry(&shop.browser);
    old["t"] = json!(old["t"].as_u64().expect("seconds") - 200 * 86_400);
    let recent = entry(&shop.browser);
    leave(&shop.browser, &old);
    shop.thirds.forget();
    shop.visit("/");
    shop.settle();
    assert!(shop.thirds.asked().is_empty() && !allowed(&shop.browser, "statistics"), "an outage prolongs nothing");
    leave(&shop.browser, &recent);

    // It is back: what was decided is sent, once, on the next page, without a question.
    shop.world.start_collector();
    let banner = shop.visit("/");
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    assert!(!banner.is_shown());
    assert_eq!(entry(&shop.browser).get("u"), None);
    let sent = shop.world.network.last("POST", "/banner/submissions").expect("it was sent");
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(body["choices"], json!({"statistics": "granted", "ads": "refused", "media": "refused"}));
    let evidence = shop.world.evidence("banner");
    let found = |purpose: &str, decision: &str| {
        evidence.iter().any(|line| line["purpose"] == purpose && line["decision"] == decision)
    };
    assert!(found("statistics", "granted") && found("ads", "refused") && found("media", "refused"), "{evidence:?}");

    // Offline in the middle: it is tried again when the network says that it is back.
    shop.world.network.always("/v1/forms/banner/", Fault::Lost);
    shop.browser.run("told.length = 0; window.unticked.grant('media')", &[]);
    wait(&shop.browser, "what was allowed is loaded", "ran.includes(18)");
    wait(&shop.browser, "it waits to be sent", "JSON.parse(localStorage.unticked).u === 1");
    shop.world.network.let_through();
    shop.browser.run("dispatchEvent(new Event('online'))", &[]);
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    wait(&shop.browser, "nothing waits", "JSON.parse(localStorage.unticked).u === undefined");
}

fn what_is_old_or_has_changed_is_asked_again(engine: Engine) {
    let mut shop = Shop::open(engine);
    shop.visit("/").grant(&["statistics", "ads"]);
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    let now = entry(&shop.browser);

    // Of six months less a week: still good. A week more: asked again, and until then nothing.
    let mut aged = now.clone();
    for (days, good) in [(170, true), (190, false)] {
        aged["t"] = json!(now["t"].as_u64().expect("seconds") - days * 86_400);
        leave(&shop.browser, &aged);
        shop.thirds.forget();
        let banner = shop.visit("/");
        if good {
            wait(&shop.browser, "it runs", "ran.includes(8)");
            assert!(!banner.is_shown());
        } else {
            banner.wait_until_shown();
            shop.settle();
            assert!(shop.thirds.asked().is_empty(), "{days} days");
            assert_eq!(banner.on_now(), [""; 0], "nothing is ticked for the visitor");
        }
    }

    // One purpose says something else now: that one is asked again, the others stand.
    leave(&shop.browser, &now);
    shop.world.redefine("purposes/ads.toml", |text| text.replace("on other sites", "on other sites and in mails"));
    shop.place("/changed", &{
        let mut site = shop.site();
        site.gate.push_str("?changed");
        site
    });
    shop.thirds.forget();
    let banner = shop.visit("/changed");
    banner.wait_until_shown();
    wait(&shop.browser, "statistics run", "[2, 7, 8].every(t => ran.includes(t))");
    let expected: Vec<u32> = asking("statistics").into_iter().filter(|t| *t != 19).collect();
    assert_eq!(shop.asked(&expected), expected, "the changed purpose waits, the other does not");
    assert_eq!(decisions(&shop.browser), json!({"statistics": "granted", "ads": "undecided", "media": "refused"}));
    banner.press("choose");
    assert!(banner.form.sees("[data-part=changed]"), "the visitor is told which one changed");
    let marked = banner
        .form
        .script("[...root.querySelectorAll('[data-part=changed]')].filter(e => e.getClientRects().length).length");
    assert_eq!(marked, json!(1));
    banner.press("refuse").wait_until_gone();
    assert_eq!(decisions(&shop.browser)["ads"], json!("refused"));
}
