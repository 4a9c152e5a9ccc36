//! What the site itself loads: twenty trackers of every kind that can be marked, and a visitor who decides about them.
//!
//! The third parties are origins of their own that note each request. A story is told in all three engines where an engine's
//! ways with scripts, storage or the history could break it; each has one world and one browser for all that belongs together.

mod banner;
mod page;
mod thirds;

mod budget;
mod closed;
mod content;
mod decide;
mod examples;
mod later;
mod layouts;
mod leaves;
mod looks;
mod module;
mod outage;
mod policy;
mod settings;
mod signals;
mod tabs;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use self::{
    banner::{Banner, device},
    page::{ADDED, Site},
    thirds::Thirds,
};
use crate::{
    engine::{Browser, Engine, Wishes},
    world::{Page, World},
};

/// Tells the stories named in each engine: `in_every_engine!(a, b)` makes the tests `a::chromium`, `a::firefox`, ….
macro_rules! in_every_engine {
    ($($story:ident),+ $(,)?) => {
        mod chromium { $(#[test] fn $story() { super::$story(crate::engine::Engine::Chromium); })+ }
        mod firefox { $(#[test] fn $story() { super::$story(crate::engine::Engine::Firefox); })+ }
        mod webkit { $(#[test] fn $story() { super::$story(crate::engine::Engine::WebKit); })+ }
    };
}
pub(crate) use in_every_engine;

/// A shop with trackers, those whom they report to, and a visitor.
struct Shop {
    world: World,
    thirds: Thirds,
    browser: Browser,
}

impl Shop {
    /// Opens it; its first page is `/`, with the collector's gate.
    fn open(engine: Engine) -> Self {
        Self::open_with(engine, &Wishes::default())
    }

    fn open_with(engine: Engine, wishes: &Wishes) -> Self {
        let shop = Self { world: World::new(), thirds: Thirds::start(), browser: Browser::with(engine, wishes) };
        shop.place("/", &shop.site());
        let away = "<!doctype html><html lang=\"en\"><title>Hours</title><p>Nine to five.</p>";
        shop.world.place("/away", Page::file("text/html", away));
        shop
    }

    /// The plainest page with the trackers.
    fn site(&self) -> Site {
        Site::new(format!("{}/gate.js", self.world.network.origin()))
    }

    fn place(&self, path: &str, site: &Site) {
        self.world.place(path, Page::file("text/html; charset=utf-8", site.html(&self.thirds)));
    }

    fn visit(&self, path: &str) -> Banner<'_> {
        self.browser.open_page(&self.world.url(path));
        self.banner()
    }

    fn banner(&self) -> Banner<'_> {
        Banner::on(&self.browser)
    }

    /// Puts a copy of the gate on the shop's own origin, as an owner does with `unticked gate --out`, and returns its text.
    fn hosts_the_gate_itself(&self) -> String {
        let script = self.world.fetch("/gate.js");
        self.world.place("/own-gate.js", Page::file("text/javascript; charset=utf-8", script.clone()));
        script
    }

    /// A script adds a tracker, and the page changes to another without loading.
    fn goes_on_without_loading(&self) {
        let origins = [self.thirds.origin("statistics"), self.thirds.origin("media")];
        self.browser.run(ADDED, &origins.map(Value::String));
    }

    /// Waits until whatever the page has asked for so far has arrived: a request of the story's own came after it.
    fn settle(&self) {
        // Each a name of its own: a page that has an image asks nobody for it again.
        static CONTROLS: AtomicUsize = AtomicUsize::new(0);
        let number = CONTROLS.fetch_add(1, Ordering::Relaxed);
        let control = format!("{}/control.svg?{number}", self.thirds.origin("statistics"));
        let after = "for (let frame = 0; frame < 3; frame++) await new Promise(r => setTimeout(r, 30)); \
                     const image = new Image(); image.src = args[0]; await image.decode(); return true;";
        self.browser.run_async(after, &[json!(control)]);
        let seen = self.thirds.requests().iter().any(|request| control.ends_with(&request.target));
        assert!(seen, "the third parties see what is asked");
    }

    /// Which trackers' files were asked for, once it is these and whatever else the page asked for has arrived, too.
    fn asked(&self, expected: &[u32]) -> Vec<u32> {
        let start = Instant::now();
        while self.thirds.asked() != expected && start.elapsed() < Duration::from_secs(15) {
            std::thread::sleep(Duration::from_millis(30));
        }
        self.settle();
        self.thirds.asked()
    }

    /// No third party has heard of the visitor, and nothing lies on the device but what is named.
    fn nothing_happened(&self, when: &str) {
        self.settle();
        let asked: Vec<String> = self.thirds.requests().into_iter().map(|request| request.target).collect();
        let strange: Vec<&String> = asked.iter().filter(|target| !target.starts_with("/control")).collect();
        assert!(strange.is_empty(), "{when}: third parties were asked for {strange:?}");
        let device = device(&self.browser);
        assert_eq!(device["cookies"], json!(""), "{when}");
        assert_eq!(device["session"], json!({}), "{when}");
        let entries: Vec<&String> = device["local"].as_object().expect("a map").keys().collect();
        assert!(entries.is_empty() || entries == ["unticked"], "{when}: {entries:?}");
        let ran = banner::ran(&self.browser);
        assert!(ran == [100], "{when}: what needs no consent ran, and nothing else: {ran:?}");
    }
}
