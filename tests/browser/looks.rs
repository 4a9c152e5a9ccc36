//! Screenshots of the main states, for a person to look at: `target/screenshots/*.png`.

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use xtask::house;

use crate::{
    engine::{Browser, Engine},
    form::Form,
    network::Fault,
    world::{Page, World, contact, place},
};

/// One way of looking at the form.
struct Look {
    language: &'static str,
    dark: bool,
    width: u32,
}

impl Look {
    fn name(&self, state: &str) -> String {
        let shade = if self.dark { "dark" } else { "light" };
        format!("{}-{shade}-{}-{state}", self.language, self.width)
    }
}

fn folder() -> PathBuf {
    let folder = house::target().join("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder for the pictures");
    folder
}

/// The whole page as PNG, not the visible part alone.
pub fn take(browser: &Browser, name: &str) {
    let picture =
        browser.chromium("Page.captureScreenshot", &json!({ "captureBeyondViewport": true, "format": "png" }));
    let bytes = STANDARD.decode(picture["data"].as_str().unwrap_or_default()).expect("base64");
    assert!(bytes.len() > 5_000, "{name} shows something");
    std::fs::write(folder().join(format!("{name}.png")), bytes).expect("it can be written");
}

fn take_the_main_states(world: &World, look: &Look) {
    let browser = Browser::start(Engine::Chromium);
    let metrics = json!({ "width": look.width, "height": 800, "deviceScaleFactor": 1, "mobile": look.width < 500 });
    browser.chromium("Emulation.setDeviceMetricsOverride", &metrics);
    let scheme = if look.dark { "dark" } else { "light" };
    browser.chromium(
        "Emulation.setEmulatedMedia",
        &json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
    );
    world.place("/", Page::new(contact()).in_language(look.language));
    browser.open_page(&world.url("/"));
    if look.dark {
        browser
            .run("document.documentElement.style.cssText = 'color-scheme: dark; background: #111; color: #eee'", &[]);
    }
    let form = Form::on(&browser);
    form.wait_until_live();
    take(&browser, &look.name("1-initial"));
    browser.click(&form.find("details summary"));
    take(&browser, &look.name("2-notice"));
    browser.click(&form.find("details summary"));
    form.send().wait_for_summary();
    take(&browser, &look.name("3-errors"));
    form.fill().tick_purpose("newsletter");
    world.network.always("/submissions", Fault::Held);
    form.send();
    form.wait("it is being sent", "root.querySelector('form').getAttribute('aria-busy') === 'true'");
    take(&browser, &look.name("4-sending"));
    world.network.let_through();
    form.wait_for_reference();
    take(&browser, &look.name("5-done"));
}

#[test]
fn the_main_states_can_be_looked_at_in_english() {
    let world = World::new();
    for (dark, width) in [(false, 360), (false, 1000), (true, 360)] {
        take_the_main_states(&world, &Look { language: "en", dark, width });
    }
}

#[test]
fn the_main_states_can_be_looked_at_in_arabic() {
    let world = World::new();
    for (dark, width) in [(false, 360), (true, 1000)] {
        take_the_main_states(&world, &Look { language: "ar", dark, width });
    }
}

#[test]
fn the_hosted_page_and_a_form_of_steps_can_be_looked_at() {
    let world = World::new();
    world.place("/steps", Page::new(place("order", "Order")));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.hosted("contact"));
    take(&browser, "hosted-1-initial");
    browser.click(&browser.find("button[type=submit]"));
    browser.find("#summary:not([hidden])");
    take(&browser, "hosted-2-errors");
    browser.open_page(&world.url("/steps"));
    let form = Form::on(&browser);
    form.wait_until_live();
    take(&browser, "steps-1");
    form.type_into("name", "Ann Example").select("country", "BG");
    browser.click(&form.find("[data-act=next]"));
    form.wait("the second step is there", "root.querySelector('[data-field=binding]').getClientRects().length > 0");
    form.choose("binding", "hard");
    take(&browser, "steps-2");
}
