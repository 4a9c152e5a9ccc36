//! Back to the settings: by keyboard, in order, without a trap, over nothing that has focus; and the owner's own buttons.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Shop,
    banner::{Banner, decisions, entry, wait},
    in_every_engine,
};
use crate::{
    engine::{Browser, Engine},
    network::Fault,
    webdriver::Key,
};

in_every_engine!(settings_open_again_and_give_the_focus_back, what_the_owner_calls_early_is_kept_and_honoured);

fn focused(browser: &Browser) -> String {
    let active = "let a = document.activeElement; while (a?.shadowRoot?.activeElement) a = a.shadowRoot.activeElement; \
                  return a?.dataset?.act || a?.name || a?.id || a?.localName || ''";
    browser.run(active, &[]).as_str().unwrap_or_default().to_owned()
}

/// Whether what has focus can be seen where it is: nothing lies over its middle.
fn nothing_covers_the_focus(browser: &Browser) {
    let covered = "let root = document, a = document.activeElement; \
        while (a?.shadowRoot?.activeElement) { root = a.shadowRoot; a = root.activeElement; } \
        if (!a || a === document.body) return null; const r = a.getBoundingClientRect(); \
        const top = root.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2); \
        return top === a || a.contains(top) || (top && top.labels === undefined && top.contains(a)) ? null : \
        `${a.localName}#${a.id} lies under ${top?.localName}.${top?.className} at ${r.top}..${r.bottom} of ${innerHeight}`";
    let found = browser.run(covered, &[]);
    assert_eq!(found, Value::Null, "what has focus is covered");
}

fn settings_open_again_and_give_the_focus_back(engine: Engine) {
    let shop = Shop::open(engine);
    let banner = shop.visit("/");
    banner.wait_until_shown();
    assert_eq!(focused(&shop.browser), "body", "the banner takes no focus by itself");
    no_trap_and_in_order(&shop, &banner);
    banner.press("refuse").wait_until_gone();
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");

    // From the page's own link, by keyboard.
    shop.browser.run("document.querySelector('#settings').focus()", &[]);
    shop.browser.press(None, &[Key::Enter]);
    banner.wait_until_shown();
    banner.form.wait("the focus is in it", "root.activeElement");
    assert_eq!(banner.on_now(), [""; 0], "all refused");
    assert!(shop.browser.address().ends_with('/'), "the link leads nowhere: {}", shop.browser.address());
    nothing_covers_the_focus(&shop.browser);
    let before = entry(&shop.browser);
    banner.switch("media");
    shop.browser.press(None, &[Key::Escape]);
    banner.wait_until_gone();
    assert_eq!(focused(&shop.browser), "settings", "the focus goes back to where it came from");
    assert_eq!(entry(&shop.browser), before, "closing changes nothing");
    assert_eq!(decisions(&shop.browser)["media"], json!("refused"));

    // Again, with another answer; then closed by its button.
    shop.browser.click(&shop.browser.find("#settings"));
    banner.wait_until_shown();
    assert_eq!(banner.on_now(), [""; 0], "what was not saved was not kept");
    banner.switch("media").press("save").wait_until_gone();
    assert_eq!(focused(&shop.browser), "settings");
    assert_eq!(decisions(&shop.browser)["media"], json!("granted"));
    shop.browser.run("window.unticked.open()", &[]);
    banner.wait_until_shown();
    assert_eq!(banner.on_now(), ["media"]);
    banner.press("close").wait_until_gone();
    assert_eq!(decisions(&shop.browser)["media"], json!("granted"));
    let shown = shop.browser.run("return told.filter(t => t.name === 'banner').map(t => t.detail.shown)", &[]);
    assert_eq!(shown, json!([true, false, true, false, true, false, true, false]), "the page is told");
}

/// Every stop of Tab through the page: the banner's in their order, the page's not covered, and out again.
fn no_trap_and_in_order(shop: &Shop, banner: &Banner<'_>) {
    let mut stops: Vec<String> = Vec::new();
    // Once round, or out of the page at its end.
    while stops.last().is_none_or(|stop| stop != "body") && stops.iter().filter(|stop| *stop == "settings").count() < 2
    {
        shop.browser.press(None, &[Key::Tab]);
        std::thread::sleep(Duration::from_millis(60));
        nothing_covers_the_focus(&shop.browser);
        let focus = focused(&shop.browser);
        if ["accept", "refuse", "choose"].contains(&focus.as_str()) {
            let outline = banner.form.script(
                "(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')(getComputedStyle(root.activeElement))",
            );
            assert_eq!(outline, json!(true), "the focus is visible at {focus}");
        }
        stops.push(focus);
        assert!(stops.len() < 40, "round and round: {stops:?}");
    }
    let at = |name: &str| stops.iter().position(|stop| stop == name).unwrap_or_else(|| panic!("{name} in {stops:?}"));
    assert!(at("accept") < at("refuse") && at("refuse") < at("choose"), "{stops:?}");
    at("last");
}

fn what_the_owner_calls_early_is_kept_and_honoured(engine: Engine) {
    let shop = Shop::open(engine);
    let mut site = shop.site();
    // The stub, before the gate; and buttons of the owner's own, before anything of the banner is there.
    "<script nonce=\"n0\">window.unticked = window.unticked || { q: [] }; unticked.q.push(['on', 'decided', () => runs(200)]);</script>"
        .clone_into(&mut site.before);
    site.main.insert_str(0, "<button id=\"yes\" onclick=\"unticked.grant('statistics')\">Count me</button> <button id=\"no\" onclick=\"unticked.refuse()\">No</button>");
    shop.place("/", &site);
    shop.world.network.always("/consent", Fault::Lost);
    shop.visit("/");
    shop.browser.click(&shop.browser.find("#yes"));
    wait(&shop.browser, "it runs at once", "[1, 2, 8].every(t => ran.includes(t))");
    assert!(shop.browser.run("return ran.includes(200)", &[]) == json!(true), "the queued listener heard");
    assert_eq!(decisions(&shop.browser)["statistics"], json!("granted"));
    assert_eq!(entry(&shop.browser)["u"], json!(1));
    shop.world.network.let_through();
    shop.browser.run("dispatchEvent(new Event('online'))", &[]);
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    // What is left undecided may be asked; the rest is not.
    shop.browser.click(&shop.browser.find("#no"));
    shop.banner().wait_until_gone();
    assert_eq!(decisions(&shop.browser)["ads"], json!("refused"));
    assert_eq!(decisions(&shop.browser)["statistics"], json!("refused"), "refusing all is all");
    wait(&shop.browser, "the collector has it", "JSON.parse(localStorage.unticked).u === undefined");
    let evidence = shop.world.evidence("banner");
    assert!(
        evidence.iter().any(|line| line["purpose"] == "statistics" && line["decision"] == "withdrawn"),
        "{evidence:?}"
    );
}
