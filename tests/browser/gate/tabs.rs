//! Two tabs, and pages that come back as they were left.

use serde_json::{Value, json};

use super::{
    Shop,
    banner::{decisions, ran, wait},
    in_every_engine,
    page::asking,
};
use crate::engine::Engine;

in_every_engine!(two_tabs_are_of_one_mind, a_page_that_comes_back_obeys_what_was_decided_meanwhile);

fn two_tabs_are_of_one_mind(engine: Engine) {
    let shop = Shop::open(engine);
    shop.visit("/").wait_until_shown();
    let first = shop.browser.tab();
    let second = shop.browser.open_tab();
    shop.browser.switch_to(&second);
    shop.visit("/").wait_until_shown().press("refuse").wait_until_gone();
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    shop.browser.switch_to(&first);
    // What is decided in one is decided in both: no second question, and no second record.
    shop.banner().wait_until_gone();
    assert_eq!(decisions(&shop.browser)["statistics"], json!("refused"));
    shop.nothing_happened("after a refusal in the other tab");

    shop.browser.click(&shop.browser.find("#settings"));
    shop.banner().wait_until_shown().switch("statistics").press("save").wait_until_gone();
    wait(&shop.browser, "it runs here", "ran.includes(8)");
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    shop.browser.switch_to(&second);
    wait(&shop.browser, "the other tab knows", "window.unticked?.decisions().statistics === 'granted'");
    wait(&shop.browser, "it runs there", "ran.includes(8)");

    shop.browser.run("window.unticked.withdraw('statistics')", &[]);
    wait(&shop.browser, "it is taken back", "window.unticked?.decisions().statistics === 'refused'");
    shop.browser.switch_to(&first);
    wait(&shop.browser, "the first tab obeys", "window.unticked?.decisions().statistics === 'refused'");
    let sent = |shop: &Shop| shop.world.network.count("POST", "/banner/submissions");
    wait(&shop.browser, "all is recorded", "JSON.parse(localStorage.unticked).u === undefined");
    assert_eq!(sent(&shop), 3, "one record for each decision, whatever the number of tabs");
}

fn a_page_that_comes_back_obeys_what_was_decided_meanwhile(engine: Engine) {
    let shop = Shop::open(engine);
    shop.place("/other", &shop.site());
    let mut site = shop.site();
    site.main = site.main.replace("/away", "/other");
    shop.place("/", &site);
    shop.visit("/").wait_until_shown().press("accept").wait_until_gone();
    wait(&shop.browser, "all of it has run", "[2, 8, 11, 18].every(t => ran.includes(t))");
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    shop.browser.run("document.body.dataset.stayed = 'yes'", &[]);
    shop.browser.click(&shop.browser.find("#away"));
    wait(&shop.browser, "the other page is there", "location.pathname === '/other' && window.unticked");
    shop.browser.run("window.unticked.withdraw('statistics', 'ads', 'media')", &[]);
    wait(&shop.browser, "it is taken back", "window.unticked?.decisions().ads === 'refused'");
    // A withdrawal may load the page again; the page before is the one that matters.
    wait(
        &shop.browser,
        "nothing of it is left",
        "!document.cookie.includes('_pk') && !localStorage.ad_seen && window.unticked",
    );
    shop.settle();
    shop.thirds.forget();
    shop.browser.back();
    wait(
        &shop.browser,
        "the first page is back",
        "location.pathname === '/' && window.unticked?.decisions().ads === 'refused'",
    );
    wait(&shop.browser, "what ran here has been ended", "!ran.includes(11)");
    let stayed = shop.browser.run("return document.body.dataset.stayed ?? null", &[]);
    assert_eq!(stayed, Value::Null, "a page whose scripts ran is loaded again, from a cache or not");
    shop.settle();
    let asked = shop.thirds.asked();
    assert!(["statistics", "ads", "media"].iter().all(|p| asking(p).iter().all(|t| !asked.contains(t))), "{asked:?}");
    assert_eq!(ran(&shop.browser), [100]);
    assert!(!shop.banner().is_shown());
}
