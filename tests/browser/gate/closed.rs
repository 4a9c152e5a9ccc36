//! What is broken, forged or in the way never opens anything.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha384};

use super::{
    Shop,
    banner::{decisions, entry, ran, wait},
    in_every_engine,
};
use crate::{engine::Engine, world::Page};

in_every_engine!(
    an_entry_that_nobody_can_read_is_no_decision,
    a_storage_that_has_become_full_keeps_no_older_yes,
    a_marked_script_without_the_page_s_nonce_stays_closed,
    a_gate_of_the_site_s_own_runs_only_if_it_is_the_one_that_integrity_names,
    elements_that_are_called_as_something_of_ours_grant_nothing,
);

fn an_entry_that_nobody_can_read_is_no_decision(engine: Engine) {
    let shop = Shop::open(engine);
    let entries = [
        "{nonsense",
        "null",
        "[]",
        "7",
        "\"statistics\"",
        "{\"t\":\"now\",\"c\":null}",
        "{\"__proto__\":{\"c\":{\"ads\":\"1\"}},\"c\":\"1\"}",
    ];
    for text in entries {
        shop.visit("/away");
        shop.browser.run("localStorage.setItem('unticked', arguments[0])", &[json!(text)]);
        let banner = shop.visit("/");
        banner.wait_until_shown();
        shop.nothing_happened(text);
        assert_eq!(decisions(&shop.browser)["statistics"], json!("undecided"), "{text}");
    }
    shop.banner().press("refuse").wait_until_gone();
    assert!(
        entry(&shop.browser)["c"]["ads"].as_str().is_some_and(|choice| choice.starts_with('0')),
        "it is written anew"
    );
}

fn a_storage_that_has_become_full_keeps_no_older_yes(engine: Engine) {
    let shop = Shop::open(engine);
    let mut site = shop.site();
    "<script nonce=\"n0\">Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };</script>"
        .clone_into(&mut site.after);
    // Nothing that runs: a page loaded again would hide what the decision left.
    "<img data-category=\"media\" data-src=\"MEDIA/17.svg\" alt=\"A map\" width=\"4\" height=\"4\">"
        .clone_into(&mut site.main);
    shop.place("/full", &site);
    shop.visit("/").wait_until_shown();
    shop.browser.run("unticked.grant('media')", &[]);
    assert!(entry(&shop.browser)["c"]["media"].as_str().is_some_and(|choice| choice.starts_with('1')));
    shop.visit("/full");
    wait(&shop.browser, "it is open", "document.querySelector('img[src]')");
    shop.browser.run("unticked.refuse()", &[]);
    wait(&shop.browser, "it is closed", "!document.querySelector('img[src]')");
    assert_eq!(entry(&shop.browser), Value::Null, "the older yes has gone, if nothing else could be kept");
    shop.thirds.forget();
    shop.visit("/").wait_until_shown();
    shop.settle();
    assert_eq!((shop.thirds.asked(), decisions(&shop.browser)["media"].clone()), (vec![], json!("undecided")));
}

fn a_marked_script_without_the_page_s_nonce_stays_closed(engine: Engine) {
    let shop = Shop::open(engine);
    let mut site = shop.site();
    site.main = format!(
        "<script type=\"text/plain\" data-category=\"statistics\">runs(50);</script>\
         <script type=\"text/plain\" data-category=\"statistics\" nonce=\"other\">runs(51);</script>\
         <script type=\"text/plain\" data-category=\"statistics\" src=\"STATISTICS/52.js\"></script>{}",
        site.main
    );
    shop.place("/", &site);
    shop.visit("/").grant(&["statistics"]);
    wait(&shop.browser, "those with it run", "[1, 2, 3, 7, 8].every(t => ran.includes(t))");
    shop.browser.run(
        "const s = document.createElement('script'); s.type = 'text/plain'; s.dataset.category = 'statistics'; s.text = 'runs(53)'; document.body.append(s)",
        &[],
    );
    shop.settle();
    let strange: Vec<u64> = ran(&shop.browser).into_iter().filter(|tracker| (50..60).contains(tracker)).collect();
    assert_eq!((strange, shop.thirds.asked().contains(&52)), (vec![], false), "what the policy would keep out");
}

fn a_gate_of_the_site_s_own_runs_only_if_it_is_the_one_that_integrity_names(engine: Engine) {
    let shop = Shop::open(engine);
    let text = shop.hosts_the_gate_itself();
    let digest = STANDARD.encode(Sha384::digest(text.as_bytes()));
    let mut site = shop.site();
    site.gate = format!("/own-gate.js\" integrity=\"sha384-{digest}");
    shop.place("/own", &site);
    shop.visit("/own").grant(&["statistics"]);
    wait(&shop.browser, "what was allowed runs", "[1, 2, 3, 7, 8].every(t => ran.includes(t))");

    // Another text under that name: nothing of it runs, and nothing of what waits.
    let forged = format!("window.forged = true; {text}");
    shop.world.place("/own-gate.js", Page::file("text/javascript; charset=utf-8", forged));
    shop.thirds.forget();
    shop.visit("/own");
    shop.settle();
    let found = shop.browser.run("return [window.forged ?? null, window.unticked ?? null]", &[]);
    assert_eq!(found, json!([null, null]), "the browser did not run it");
    assert_eq!(
        (ran(&shop.browser), shop.thirds.asked()),
        (vec![], vec![]),
        "and everything that is marked stays closed"
    );
}

/// Elements whose names become properties of the window, in front of the gate.
const NAMED: &str = r#"<form id="unticked"><input name="allowed"><input name="q"><input name="push"></form>
<img name="unticked" alt=""><a id="dataLayer"></a><a id="_paq"></a><img name="uetq" alt=""><a id="CONFIG"></a>
<form id="localStorage"></form><form id="trustedTypes"></form>"#;
/// And of the document, behind it.
const OVERRIDING: &str = r#"<img name="documentElement" alt=""><img name="querySelectorAll" alt=""><img name="createElement" alt="">
<img name="readyState" alt=""><form name="dispatchEvent"></form>"#;

fn elements_that_are_called_as_something_of_ours_grant_nothing(engine: Engine) {
    let shop = Shop::open(engine);
    let mut site = shop.site();
    NAMED.clone_into(&mut site.before);
    shop.place("/named", &site);
    shop.visit("/named").wait_until_shown();
    shop.nothing_happened("beside elements of those names");
    assert_eq!(decisions(&shop.browser)["statistics"], json!("undecided"));
    shop.banner().press("refuse").wait_until_gone();
    shop.nothing_happened("after a refusal beside them");
    shop.browser.run("unticked.grant('statistics')", &[]);
    wait(&shop.browser, "a yes counts all the same", "[1, 2, 3, 7, 8].every(t => ran.includes(t))");

    shop.browser.run("localStorage.clear(); sessionStorage.clear(); for (const one of document.cookie.split('; ')) document.cookie = one + ';path=/;max-age=0'", &[]);
    let mut site = shop.site();
    site.main.insert_str(0, OVERRIDING);
    shop.place("/overriding", &site);
    shop.thirds.forget();
    shop.visit("/overriding");
    shop.settle();
    assert_eq!(shop.thirds.asked(), [0; 0], "whatever stands in its way");
    let strange: Vec<u64> = ran(&shop.browser).into_iter().filter(|tracker| *tracker != 100).collect();
    assert_eq!(strange, [0; 0]);
    assert_eq!(shop.browser.run("return unticked.allowed('statistics')", &[]), json!(false));
}
