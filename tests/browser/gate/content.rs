//! What stands where a film would: who it is, what it needs, and a button for this once and for always.

use serde_json::json;

use super::{
    Shop,
    banner::{allowed, entry, wait},
    in_every_engine,
    page::asking,
};
use crate::{access::nothing_to_complain_about, engine::Engine, form::Form};

in_every_engine!(a_film_says_what_it_would_load_and_can_be_allowed_once_or_always);

/// What stands before the film, in its place.
const FILM: &str = "unticked-placeholder:has(+ iframe[data-src$='/14.html'])";

fn a_film_says_what_it_would_load_and_can_be_allowed_once_or_always(engine: Engine) {
    let shop = Shop::open(engine);
    shop.visit("/").wait_until_shown().press("refuse").wait_until_gone();
    let film = Form::at(&shop.browser, FILM);
    film.wait(
        "the placeholder is there",
        "host && host.getClientRects().length > 0 && root.querySelector('[data-act=once]')",
    );
    let text = film.script("[...root.children].map(e => e.innerText ?? '').join(' ')");
    let text = text.as_str().unwrap_or_default();
    assert!(text.contains("Filmhaus") && text.contains("media.localhost"), "what would load, and from whom: {text}");
    assert!(text.contains("Embedded films and maps"), "what it belongs to: {text}");
    if engine == Engine::Chromium {
        nothing_to_complain_about(&shop.browser, "placeholders");
    }
    shop.browser.click(&film.find("[data-act=once]"));
    wait(&shop.browser, "the film is there", "document.querySelector('iframe[src$=\"/14.html\"]')");
    assert_eq!(shop.asked(&[14]), [14], "this one alone");
    assert!(!allowed(&shop.browser, "media"), "once is no consent");
    assert!(entry(&shop.browser)["c"]["media"].as_str().is_some_and(|choice| choice.starts_with('0')));
    let focus = shop.browser.run("return document.activeElement.localName", &[]);
    assert_eq!(focus, json!("iframe"), "the focus goes to what was asked for");

    // On the next page it waits again; always means always, and is recorded.
    shop.thirds.forget();
    shop.visit("/");
    film.wait("the placeholder is there", "host && root.querySelector('[data-act=always]')");
    shop.settle();
    assert!(shop.thirds.asked().is_empty());
    shop.browser.click(&film.find("[data-act=always]"));
    wait(&shop.browser, "all of the purpose is loaded", "ran.includes(18)");
    let expected: Vec<u32> = asking("media").into_iter().filter(|t| *t != 20).collect();
    assert_eq!(shop.asked(&expected), expected);
    let left = shop.browser.run("return document.querySelectorAll('unticked-placeholder').length", &[]);
    assert_eq!(left, json!(1), "the advertisement's alone");
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    // Added later, it needs no placeholder any more.
    shop.goes_on_without_loading();
    wait(&shop.browser, "the later one is there", "document.querySelector('iframe[src$=\"/20.html\"]')");
}
