//! The banner in each layout and both directions: axe-core has nothing to complain about, it fits a small screen, and a person
//! can look at it under `target/screenshots/`.

use serde_json::json;

use super::Shop;
use crate::{
    access::{narrow, nothing_to_complain_about},
    engine::Engine,
    looks::take,
};

#[test]
fn every_layout_is_accessible_in_both_directions_and_on_a_small_screen() {
    let mut shop = Shop::open(Engine::Chromium);
    for layout in ["box", "bar", "corner"] {
        if layout != "box" {
            let old = if layout == "bar" { "box" } else { "bar" };
            shop.world.redefine("banner.toml", |text| {
                text.replace(&format!("layout = \"{old}\""), &format!("layout = \"{layout}\""))
            });
        }
        for language in ["en", "ar"] {
            let mut site = shop.site();
            site.language = language;
            site.gate = format!("{}?{layout}", site.gate);
            let path = format!("/{layout}-{language}");
            shop.place(&path, &site);
            for width in [1280, 320] {
                narrow(&shop.browser, width);
                shop.browser.run("try { localStorage.clear() } catch {}", &[]);
                let name = format!("banner-{layout}-{language}-{width}");
                let banner = shop.visit(&path);
                banner.wait_until_shown();
                let direction =
                    banner.form.script("getComputedStyle(root.querySelector('[data-part=banner]')).direction");
                assert_eq!(direction, json!(if language == "ar" { "rtl" } else { "ltr" }));
                let fits = "(r => r.left >= 0 && r.right <= innerWidth && r.bottom <= innerHeight + 1 && r.top >= 0)\
                            (root.querySelector('[data-part=banner]').getBoundingClientRect())";
                assert_eq!(banner.form.script(fits), json!(true), "{name} is within the screen");
                let wide = shop.browser.run("return document.documentElement.scrollWidth", &[]);
                assert!(wide.as_u64() <= Some(u64::from(width)), "{name}: {wide} wide");
                nothing_to_complain_about(&shop.browser, &name);
                take(&shop.browser, &name);
                banner.press("choose");
                banner.form.script("root.querySelectorAll('details').forEach(d => { d.open = true; })");
                assert_eq!(banner.form.script(fits), json!(true), "{name}, the switches, is within the screen");
                let sideways = "(b => [b, ...b.querySelectorAll('*')].every(e => e.scrollWidth <= e.clientWidth + 1 || getComputedStyle(e).display === 'inline' \
                                || e.clientWidth <= 1))(root.querySelector('[data-part=banner]'))";
                assert_eq!(banner.form.script(sideways), json!(true), "{name}: nothing scrolls sideways");
                nothing_to_complain_about(&shop.browser, &format!("{name}, the switches"));
                take(&shop.browser, &format!("{name}-switches"));
                banner.press("save").wait_until_gone();
                shop.browser.run("window.unticked.open()", &[]);
                banner.wait_until_shown();
                nothing_to_complain_about(&shop.browser, &format!("{name}, the settings"));
                banner.press("close").wait_until_gone();
                nothing_to_complain_about(&shop.browser, &format!("{name}, the placeholders"));
            }
        }
    }
}
