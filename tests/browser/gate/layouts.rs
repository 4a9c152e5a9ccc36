//! What holds in each layout, in both directions, by day and by night and on a small screen: the choices are alike, Tab goes
//! through them in their order, and nothing lies over what has focus.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Shop, banner::Banner, in_every_engine};
use crate::{
    access::{narrow, nothing_to_complain_about},
    engine::{Browser, Engine},
    webdriver::Key,
};

/// What has focus, by what it does or is called.
pub fn focused(browser: &Browser) -> String {
    let active = "let a = document.activeElement; while (a?.shadowRoot?.activeElement) a = a.shadowRoot.activeElement; \
                  return a?.dataset?.act || a?.name || a?.id || a?.localName || ''";
    browser.run(active, &[]).as_str().unwrap_or_default().to_owned()
}

/// Whether what has focus can be seen where it is: nothing lies over its middle.
pub fn nothing_covers_the_focus(browser: &Browser) {
    let covered = "let root = document, a = document.activeElement; \
        while (a?.shadowRoot?.activeElement) { root = a.shadowRoot; a = root.activeElement; } \
        if (!a || a === document.body) return null; const r = a.getBoundingClientRect(); \
        const top = root.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2); \
        return top === a || a.contains(top) || (top && top.labels === undefined && top.contains(a)) ? null : \
        `${a.localName}#${a.id} lies under ${top?.localName}.${top?.className} at ${r.top}..${r.bottom} of ${innerHeight}`";
    let found = browser.run(covered, &[]);
    assert_eq!(found, Value::Null, "what has focus is covered");
}

/// Every stop of Tab through the page: these in their order, none of them covered, each visible, and out again.
pub fn no_trap_and_in_order(banner: &Banner<'_>, expected: &[&str]) -> Vec<String> {
    let browser = banner.browser;
    let mut stops = vec![focused(browser)];
    stops.retain(|stop| stop != "body");
    // Once round, or out of the page at its end.
    while stops.last().is_none_or(|stop| stop != "body") && stops.iter().filter(|stop| *stop == "settings").count() < 2
    {
        browser.press(None, &[Key::Tab]);
        std::thread::sleep(Duration::from_millis(60));
        nothing_covers_the_focus(browser);
        let focus = focused(browser);
        if ["accept", "refuse", "choose", "save"].contains(&focus.as_str()) {
            let outline = banner.form.script(
                "(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')(getComputedStyle(root.activeElement))",
            );
            assert_eq!(outline, json!(true), "the focus is visible at {focus}, after {stops:?}");
        }
        stops.push(focus);
        assert!(stops.len() < 60, "round and round: {stops:?}");
    }
    let at = |name: &str| stops.iter().position(|stop| stop == name).unwrap_or_else(|| panic!("{name} in {stops:?}"));
    let places: Vec<usize> = expected.iter().map(|name| at(name)).collect();
    assert!(places.is_sorted(), "{expected:?} in {stops:?}");
    stops
}

/// These buttons have the same size, font, weight and contrast, on the same layer, none before the others in sight.
pub fn the_buttons_are_alike(banner: &Banner<'_>, acts: &[&str]) {
    let look = banner.form.script(&format!(
        "{}.map(act => {{ const b = root.querySelector(`[data-part=banner] [data-act=${{act}}]`), \
         s = getComputedStyle(b), r = b.getBoundingClientRect(); \
         return {{ tag: b.localName, width: Math.round(r.width), height: Math.round(r.height), shown: r.top >= 0 && r.bottom <= innerHeight, \
         style: ['color', 'backgroundColor', 'fontFamily', 'fontSize', 'fontWeight', 'fontStyle', 'textDecorationLine', 'textTransform', \
         'borderTopColor', 'borderTopWidth', 'borderTopStyle', 'opacity', 'boxShadow', 'filter', 'visibility', 'cursor', 'outlineStyle', \
         'backgroundImage', 'letterSpacing', 'paddingTop', 'borderTopLeftRadius'].map(name => s[name]).join(' | ') }}; }})",
        json!(acts)
    ));
    let [first, others @ ..] = look.as_array().map(Vec::as_slice).unwrap_or_default() else {
        panic!("{acts:?}: {look}")
    };
    for (act, other) in acts[1..].iter().zip(others) {
        assert_eq!((first, first["tag"].as_str()), (other, Some("button")), "{act} looks as {} does", acts[0]);
    }
    assert!(first["height"].as_u64() >= Some(24) && first["shown"] == json!(true), "{first}");
}

fn the_first_layer_holds(banner: &Banner<'_>) {
    the_buttons_are_alike(banner, &["accept", "refuse", "choose"]);
    no_trap_and_in_order(banner, &["accept", "refuse", "choose"]);
}

fn the_switches_hold(banner: &Banner<'_>) {
    // Not by the pointer: it would lie over what takes the button's place.
    banner.form.script("root.querySelector('[data-act=choose]').click()");
    the_buttons_are_alike(banner, &["accept", "refuse", "save"]);
    let order = ["choice.statistics", "choice.ads", "choice.media", "accept", "refuse", "save"];
    no_trap_and_in_order(banner, &order);
}

fn in_layout(shop: &mut Shop, layout: &str, language: &'static str) -> String {
    shop.world.redefine("banner.toml", |text| {
        let rest = text.split_once("layout = \"").expect("a layout").1.split_once('"').expect("its end").0.to_owned();
        // What changes changes, even where it is the same again.
        text.replace(&format!("layout = \"{rest}\""), &format!("layout = \"{layout}\" # {language}"))
    });
    let mut site = shop.site();
    site.language = language;
    site.gate = format!("{}?{layout}-{language}", site.gate);
    let path = format!("/{layout}-{language}");
    shop.place(&path, &site);
    path
}

fn by(browser: &Browser, scheme: &str) {
    let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    browser.chromium("Emulation.setEmulatedMedia", &features);
    // The page does as a page does that has a night of its own.
    let page = if scheme == "dark" { "color-scheme: dark; background: #111; color: #eee" } else { "" };
    browser.run("document.documentElement.style.cssText = arguments[0]", &[json!(page)]);
}

#[test]
fn in_each_layout_and_direction_the_choices_are_alike_and_nothing_covers_the_focus() {
    let mut shop = Shop::open(Engine::Chromium);
    for layout in ["bar", "box", "corner"] {
        for language in ["en", "ar"] {
            let path = in_layout(&mut shop, layout, language);
            for (width, scheme) in [(1280, "dark"), (320, "light")] {
                narrow(&shop.browser, width);
                let banner = shop.visit(&path);
                banner.wait_until_shown();
                println!("{layout}, {language}, {width}, {scheme}");
                let ground =
                    || banner.form.script("getComputedStyle(root.querySelector('[data-part=banner]')).backgroundColor");
                by(&shop.browser, "light");
                let day = ground();
                by(&shop.browser, scheme);
                assert_eq!(ground() == day, scheme == "light", "by night it looks otherwise: {day}");
                the_first_layer_holds(&banner);
                // Whoever went through to the end is out of the page.
                shop.visit(&path).wait_until_shown();
                by(&shop.browser, scheme);
                the_switches_hold(&banner);
                nothing_to_complain_about(
                    &shop.browser,
                    &format!("{layout}, {language}, {width}, {scheme}, the switches"),
                );
            }
        }
    }
}

// A browser each: in some engines whoever went through to the end is out of the window, and no script brings them back.
in_every_engine!(
    a_bar_from_right_to_left_is_walked_through_in_order,
    its_switches_from_right_to_left_are_walked_through_in_order,
);

fn a_bar_from_right_to_left_is_walked_through_in_order(engine: Engine) {
    let mut shop = Shop::open(engine);
    let path = in_layout(&mut shop, "bar", "ar");
    the_first_layer_holds(shop.visit(&path).wait_until_shown());
}

fn its_switches_from_right_to_left_are_walked_through_in_order(engine: Engine) {
    let mut shop = Shop::open(engine);
    let path = in_layout(&mut shop, "bar", "ar");
    the_switches_hold(shop.visit(&path).wait_until_shown());
}
