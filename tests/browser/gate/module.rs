//! The package in `npm/`: verbs before there is a gate, and decisions mirrored to a CMP that obeys, or does not.

use serde_json::{Value, json};
use xtask::house;

use super::{
    Shop,
    banner::{decisions, wait},
    in_every_engine,
};
use crate::{engine::Engine, world::Page};

in_every_engine!(what_the_module_is_told_before_the_gate_is_there_waits_for_it);

/// A shop whose pages can import the package.
fn shop(engine: Engine) -> Shop {
    let shop = Shop::open(engine);
    for name in ["index.js", "bridge.js"] {
        let text = std::fs::read_to_string(house::root().join("npm").join(name)).expect("the package");
        shop.world.place(&format!("/npm/{name}"), Page::file("text/javascript", text));
    }
    shop
}

fn page(head: &str, module: &str) -> Page {
    Page::file(
        "text/html; charset=utf-8",
        format!(
            "<!doctype html><html lang=\"en\"><head>{head}<title>A module</title><link rel=\"icon\" href=\"data:,\"></head>\
             <body><script type=\"text/plain\" data-category=\"statistics\">window.ran = true;</script>\
             <script type=\"module\">{module}</script></body></html>"
        ),
    )
}

fn what_the_module_is_told_before_the_gate_is_there_waits_for_it(engine: Engine) {
    let shop = shop(engine);
    let module = "import * as unticked from '/npm/index.js'; window.heard = []; window.module = unticked; \
        window.before = [unticked.allowed('statistics'), unticked.decisions()]; \
        unticked.on('decided', ({ changed }) => heard.push(changed)); \
        unticked.grant('statistics', 'ads'); unticked.withdraw('ads'); unticked.ready.then(gate => { window.gate = gate; });";
    // An element of that name, which the page has by chance, is no gate and no queue.
    shop.world.place(
        "/late",
        page("", &format!("document.body.insertAdjacentHTML('beforeend', '<p id=unticked></p>'); {module}")),
    );
    shop.browser.open_page(&shop.world.url("/late"));
    wait(&shop.browser, "the module has run", "window.before");
    assert_eq!(shop.browser.run("return before", &[]), json!([false, {}]), "what nobody knows is a no");
    assert_eq!(shop.browser.run("return [window.gate ?? null, window.ran ?? null]", &[]), json!([null, null]));

    let late = "const s = document.createElement('script'); s.src = arguments[0]; document.head.append(s);";
    shop.browser.run(late, &[json!(format!("{}/gate.js", shop.world.network.origin()))]);
    wait(&shop.browser, "the gate is there and was told", "window.gate && window.ran");
    let expected = json!({"statistics": "granted", "ads": "refused", "media": "undecided"});
    assert_eq!(decisions(&shop.browser), expected, "in the order in which it was said");
    let heard = "return [gate === window.unticked, module.allowed('statistics'), module.decisions(), heard.flat().includes('statistics')]";
    assert_eq!(shop.browser.run(heard, &[]), json!([true, true, expected, true]));
    shop.browser.run("module.grant('media')", &[]);
    assert_eq!(decisions(&shop.browser)["media"], json!("granted"), "and what comes later goes through at once");
}

/// A CMP of somebody's, with both interfaces; `cmp.obeys` says whether it does as it is told, and `cmp.answers` whether it
/// answers at all.
const CMP: &str = "<script>window.cmp = { obeys: true, answers: true, tcf: {}, gpp: {}, told: [] }; \
    window.__tcfapi = (command, version, callback) => cmp.answers && callback({ purpose: { consents: { ...cmp.tcf } } }, true); \
    window.__gpp = (command, callback, field) => cmp.answers && callback(cmp.gpp[field] ?? null, true);</script>";

/// The owner's own functions for it.
const MIRROR: &str = "import { mirror } from '/npm/bridge.js'; window.differences = []; \
    const yes = (decisions) => decisions.ads === 'granted'; \
    window.off = mirror({ \
      tcf: { tell: (d) => { cmp.told.push(d.ads); if (cmp.obeys) cmp.tcf = { 1: yes(d), 3: yes(d) }; }, purposes: { 1: 'ads', 3: 'ads' } }, \
      gpp: { tell: (d) => { if (cmp.obeys) cmp.gpp = { 'usnat.SaleOptOut': yes(d) ? 2 : 1 }; }, fields: { 'usnat.SaleOptOut': { purpose: 'ads', granted: [2] } } }, \
      differs: (list) => differences.push(...list.map(one => ({ ...one, error: one.error?.message }))), \
    });";

#[test]
fn a_cmp_that_obeys_holds_what_was_decided_and_one_that_does_not_is_reported_and_believed_in_nothing() {
    let shop = shop(Engine::Chromium);
    let gate = format!("<script src=\"{}/gate.js\"></script>{CMP}", shop.world.network.origin());
    shop.world.place("/cmp", page(&gate, MIRROR));
    shop.browser.open_page(&shop.world.url("/cmp"));
    let holds = || shop.browser.run("return [cmp.tcf, cmp.gpp, differences]", &[]);
    wait(&shop.browser, "it is told at once", "cmp.told.length === 1");
    shop.banner().wait_until_shown();
    wait(&shop.browser, "nothing is granted", "cmp.gpp['usnat.SaleOptOut'] === 1");
    shop.banner().press("accept").wait_until_gone();
    wait(&shop.browser, "it was told of the yes", "cmp.gpp['usnat.SaleOptOut'] === 2");
    assert_eq!(
        holds(),
        json!([{"1": true, "3": true}, {"usnat.SaleOptOut": 2}, []]),
        "and holds it, without a difference"
    );
    shop.browser.run("unticked.refuse('ads')", &[]);
    wait(&shop.browser, "it was told of the no", "cmp.gpp['usnat.SaleOptOut'] === 1");
    assert_eq!(holds(), json!([{"1": false, "3": false}, {"usnat.SaleOptOut": 1}, []]));

    // It says yes by itself, and goes on saying so.
    shop.browser.run(
        "cmp.obeys = false; cmp.tcf = { 1: true }; cmp.gpp = { 'usnat.SaleOptOut': 2 }; unticked.withdraw('media')",
        &[],
    );
    wait(&shop.browser, "the differences are reported", "differences.length === 2");
    let difference =
        |api: &str, at: &str| json!({"api": api, "at": at, "purpose": "ads", "ours": false, "theirs": true});
    assert_eq!(
        shop.browser.run("return differences.map(({ error, ...one }) => one)", &[]),
        json!([difference("tcf", "1"), difference("gpp", "usnat.SaleOptOut")]),
        "each where it is"
    );
    assert_eq!(decisions(&shop.browser)["ads"], json!("refused"), "what it says grants nothing");

    // One that says nothing at all is reported, too, and holds up nobody.
    shop.browser.run("cmp.answers = false; differences.length = 0; unticked.grant('media')", &[]);
    wait(&shop.browser, "its silence is reported", "differences.length === 2");
    let errors = shop.browser.run("return differences.map(one => one.error)", &[]);
    assert_eq!(errors, json!(["__tcfapi does not answer", "__gpp does not answer"]));

    shop.browser.run("cmp.told.length = 0; off(); unticked.withdraw('media')", &[]);
    wait(&shop.browser, "it is taken back", "unticked.decisions().media === 'refused'");
    assert_eq!(shop.browser.run("return cmp.told", &[]), json!([]), "what has ended is told nothing");
    let names: Value = shop.browser.run("return Object.keys(window).filter(name => /tcf|gpp/.test(name))", &[]);
    assert_eq!(names, json!(["__tcfapi", "__gpp"]), "and nothing of ours has such a name");
}
