//! Back to the settings: by keyboard, in order, without a trap, over nothing that has focus; and the owner's own buttons.

use serde_json::json;

use super::{
    Shop,
    banner::{decisions, entry, wait},
    in_every_engine,
    layouts::{focused, no_trap_and_in_order, nothing_covers_the_focus},
};
use crate::{engine::Engine, network::Fault, webdriver::Key};

in_every_engine!(settings_open_again_and_give_the_focus_back, what_the_owner_calls_early_is_kept_and_honoured);

fn settings_open_again_and_give_the_focus_back(engine: Engine) {
    let shop = Shop::open(engine);
    let banner = shop.visit("/");
    banner.wait_until_shown();
    assert_eq!(focused(&shop.browser), "body", "the banner takes no focus by itself");
    let stops = no_trap_and_in_order(&banner, &["accept", "refuse", "choose"]);
    assert!(stops.iter().any(|stop| stop == "last"), "the page's end is reached: {stops:?}");
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
