//! The harness itself, on a page without the product: when this fails, no story says anything.

use serde_json::json;
use xtask::serve::{Answer, serve};

use crate::{
    engine::{Browser, Engine},
    form::Form,
    webdriver::Key,
};

const PAGE: &str = r#"<!doctype html><title>harness</title><link rel="icon" href="data:,"><x-host></x-host><script>
document.querySelector("x-host").attachShadow({mode: "open"}).innerHTML =
  "<form><input name='value.name'><input type='checkbox' name='choice.news'></form>";
</script>"#;

fn controls_in_a_shadow_root_are_reached(engine: Engine) {
    let server = serve(0, |_| Answer::html(PAGE)).expect("a free port");
    let browser = Browser::start(engine);
    browser.open_page(&format!("http://{}/", server.address()));
    let form = Form::at(&browser, "x-host");
    form.type_into("name", "Ann é");
    assert_eq!((form.value("name"), form.focused()), ("Ann é".to_owned(), "value.name".to_owned()));
    assert!(!form.is_ticked("news"));
    form.tick_purpose("news");
    assert!(form.is_ticked("news"));
    browser.press(None, &[Key::Space]);
    assert!(!form.is_ticked("news"), "{engine:?} takes keys");
    browser.press(Some(Key::Shift), &[Key::Tab]);
    assert_eq!(form.focused(), "value.name");
    assert_eq!(browser.run_async("return await Promise.resolve(args[0] + 1)", &[json!(1)]), json!(2));
    if engine != Engine::WebKit {
        // Its driver waits for a compositor that a machine without a screen does not have.
        assert!(browser.screenshot().starts_with(b"\x89PNG"));
    }
}

#[test]
fn controls_in_a_shadow_root_are_reached_in_chromium() {
    controls_in_a_shadow_root_are_reached(Engine::Chromium);
}

#[test]
fn controls_in_a_shadow_root_are_reached_in_firefox() {
    controls_in_a_shadow_root_are_reached(Engine::Firefox);
}

#[test]
fn controls_in_a_shadow_root_are_reached_in_webkit() {
    controls_in_a_shadow_root_are_reached(Engine::WebKit);
}
