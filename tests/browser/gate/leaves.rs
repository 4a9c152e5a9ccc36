//! What a refusal or a withdrawal leaves on the page and on the device: nothing of what was declared.

use serde_json::{Value, json};

use super::{
    Shop,
    banner::{device, wait},
    in_every_engine,
};
use crate::engine::Engine;

in_every_engine!(
    what_only_shows_something_is_closed_in_place,
    cookies_of_other_paths_and_of_the_domain_above_are_deleted,
    after_a_yes_to_some_the_others_have_left_nothing,
);

/// Everything that can be marked and runs nothing on the page itself.
const PASSIVE: &str = r#"
<img id="img" data-category="media" data-src="MEDIA/21.svg" alt="A map" width="4" height="4">
<iframe id="frame" data-category="media" data-src="MEDIA/22.html" title="A film" width="300" height="150"></iframe>
<video id="video" width="200" height="100" title="A film"><source id="source" data-category="media" data-src="MEDIA/23.mp4"></video>
<img id="sizes" data-category="media" data-srcset="MEDIA/24.svg 1x" alt="A map" width="4" height="4">
<picture><source id="picture" data-category="media" data-srcset="MEDIA/25.svg"><img alt="A map" width="4" height="4"></picture>
<link id="sheet" rel="stylesheet" data-category="media" data-href="MEDIA/26.css">
"#;

/// What is open of it, by id.
const OPEN: &str = "return [...document.querySelectorAll('[data-category=media]')].filter(e => e.hasAttribute('src') || e.hasAttribute('srcset') || e.hasAttribute('href')).map(e => e.id)";

fn what_only_shows_something_is_closed_in_place(engine: Engine) {
    let shop = Shop::open(engine);
    let mut site = shop.site();
    PASSIVE.clone_into(&mut site.main);
    shop.place("/passive", &site);
    shop.visit("/passive").wait_until_shown().press("refuse").wait_until_gone();
    shop.settle();
    assert_eq!(shop.thirds.asked(), [0; 0], "after a refusal");
    let expected = [21, 22, 23, 24, 25, 26];
    let sheet = "getComputedStyle(document.documentElement).getPropertyValue('--tracker-26').trim() === 'loaded'";
    shop.browser.run("window.stayed = true", &[]);
    for round in 0..2 {
        shop.thirds.forget();
        shop.browser.run("unticked.grant('media')", &[]);
        // A film that was there a moment ago some engines have kept.
        if round == 0 {
            assert_eq!(shop.asked(&expected), expected, "each is loaded");
        }
        wait(&shop.browser, "the sheet holds", sheet);
        assert_eq!(shop.browser.run(OPEN, &[]).as_array().map(Vec::len), Some(6));

        shop.browser.run("unticked.withdraw('media')", &[]);
        wait(&shop.browser, "the sheet has gone", &format!("!({sheet})"));
        assert_eq!(shop.browser.run(OPEN, &[]), json!([]), "each is closed");
        wait(
            &shop.browser,
            "the frame is empty",
            "document.querySelector('#frame').contentDocument?.URL === 'about:blank'",
        );
        wait(&shop.browser, "its place is taken", "document.querySelector('unticked-placeholder + #frame')");
        assert_eq!(shop.browser.run("return window.stayed ?? null", &[]), json!(true), "the page was not loaded again");
        shop.thirds.forget();
        shop.settle();
        assert_eq!(shop.thirds.asked(), [0; 0], "nothing is asked for any more");
    }
}

fn cookies_of_other_paths_and_of_the_domain_above_are_deleted(engine: Engine) {
    let shop = Shop::open(engine);
    let mut site = shop.site();
    // Nothing that runs: what is deleted is deleted at once.
    PASSIVE.clone_into(&mut site.main);
    shop.place("/", &site);
    shop.place("/deep/page", &site);
    // A host of the shop's with a domain above it, as `www.` has.
    let open = |path: &str| {
        shop.browser.open_page(&shop.world.url(path).replace("//localhost", "//www.books.localhost"));
        wait(&shop.browser, "the gate is there", "window.unticked?.decisions");
    };
    let cookies = || {
        let found = device(&shop.browser)["cookies"].as_str().unwrap_or_default().to_owned();
        let mut names: Vec<String> = found.split("; ").filter(|one| !one.is_empty()).map(str::to_owned).collect();
        names.sort();
        names
    };
    open("/deep/page");
    shop.browser.run("unticked.grant('statistics', 'media')", &[]);
    shop.browser.run(
        "for (const one of ['_pk_id.host=x; path=/', '_pk_id.above=x; path=/; domain=books.localhost', '_pk_deep=x; path=/deep', \
         'cart=3; path=/; domain=books.localhost', '_pk=ours; path=/']) document.cookie = one",
        &[],
    );
    let all = ["_pk=ours", "_pk_deep=x", "_pk_id.above=x", "_pk_id.host=x", "cart=3"];
    assert_eq!(cookies(), all, "the engine takes each of them");
    // From a page that does not see the deeper one.
    open("/");
    assert_eq!(cookies(), ["_pk=ours", "_pk_id.above=x", "_pk_id.host=x", "cart=3"]);
    shop.browser.run("unticked.withdraw('statistics')", &[]);
    wait(&shop.browser, "what was declared has gone", "!document.cookie.includes('_pk_id')");
    assert_eq!(cookies(), ["_pk=ours", "cart=3"], "and nothing else");
    open("/deep/page");
    assert_eq!(cookies(), ["_pk=ours", "cart=3"], "the deeper one, too");
}

fn after_a_yes_to_some_the_others_have_left_nothing(engine: Engine) {
    let shop = Shop::open(engine);
    // Left by what the shop had before it had a gate.
    shop.visit("/away");
    shop.browser.run("localStorage.setItem('ad_seen', 'old'); localStorage.setItem('cart', '3')", &[]);
    shop.visit("/").grant(&["statistics"]);
    wait(&shop.browser, "all of it has run", "[1, 2, 3, 4, 5, 6, 7, 8].every(t => ran.includes(t))");
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    shop.settle();
    let left = device(&shop.browser);
    let cookies = left["cookies"].as_str().unwrap_or_default();
    assert!(cookies.split("; ").all(|one| one.starts_with("_pk_id.")), "only what statistics leave: {cookies}");
    assert_eq!(left["session"], json!({"_pk_session": "x"}));
    let keys: Vec<&String> = left["local"].as_object().expect("a map").keys().collect();
    assert!(keys.contains(&&"cart".to_owned()) && keys.contains(&&"_pk_1".to_owned()), "{keys:?}");
    let strange = keys.iter().filter(|key| !key.starts_with("_pk_") && !["cart", "unticked"].contains(&key.as_str()));
    assert_eq!(strange.count(), 0, "what was refused has left nothing, of before neither: {keys:?}");
    assert_eq!(left["local"]["ad_seen"], Value::Null);
}
