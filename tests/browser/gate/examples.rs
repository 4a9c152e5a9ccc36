//! The pages of `examples/gate`, as an owner copies them: each with the shop's banner and somebody elsewhere who notes what is
//! asked of them.

use std::{
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use xtask::{
    house,
    serve::{Answer, Server, serve},
};

use super::banner::{Banner, allowed, decisions, wait};
use crate::{
    engine::{Browser, Engine},
    world::{Page, World},
};

/// The examples on the shop's origin, and what they would load from elsewhere.
struct Examples {
    world: World,
    browser: Browser,
    asked: Arc<Mutex<Vec<String>>>,
    elsewhere: Server,
}

impl Examples {
    fn open() -> Self {
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&asked);
        let elsewhere = serve(0, move |request| {
            noted.lock().expect("whole").push(request.path().to_owned());
            match request.path() {
                "/statistics.js" => Answer::ok("text/javascript", "window.counted = (window.counted || 0) + 1;"),
                _ => Answer::html("<!doctype html><html lang=\"en\"><title>A film</title><p>A film.</p>"),
            }
        });
        let elsewhere = elsewhere.expect("a free port");
        let examples =
            Self { world: World::of_the_shop(), browser: Browser::start(Engine::Chromium), asked, elsewhere };
        for (path, media_type) in [
            ("gate.css", "text/css"),
            ("spa.js", "text/javascript"),
            ("index.html", HTML),
            ("csp.html", HTML),
            ("spa.html", HTML),
            ("tag-manager.html", HTML),
            ("react/index.html", HTML),
        ] {
            examples.put(&format!("examples/gate/{path}"), media_type);
        }
        for path in ["npm/index.js", "npm/bridge.js"] {
            examples.put(path, "text/javascript");
        }
        examples.world.place("/icon.svg", Page::file("image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"));
        examples
    }

    /// A file of the repository under its own path, with the two origins put in as the demo does.
    fn put(&self, path: &str, media_type: &'static str) {
        let text = std::fs::read_to_string(house::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        self.place(&format!("/{path}"), media_type, &text);
    }

    fn place(&self, path: &str, media_type: &'static str, text: &str) {
        let elsewhere = format!("http://{}", self.elsewhere.address());
        let text = text.replace("{{collector}}", &self.world.network.origin()).replace("{{elsewhere}}", &elsewhere);
        self.world.place(path, Page::file(media_type, text));
    }

    fn visit(&self, path: &str) -> Banner<'_> {
        self.browser.open_page(&self.world.url(path));
        Banner::on(&self.browser)
    }

    /// Nobody elsewhere has heard of the visitor.
    fn nothing_is_asked(&self, when: &str) {
        let pause = "await new Promise(r => setTimeout(r, 150)); return true;";
        self.browser.run_async(pause, &[]);
        assert_eq!(*self.asked.lock().expect("whole"), [""; 0], "{when}");
    }

    fn wait_until_asked(&self, path: &str) {
        let start = Instant::now();
        while !self.asked.lock().expect("whole").iter().any(|one| one == path) {
            assert!(start.elapsed() < Duration::from_secs(15), "{path} is never asked for");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn text(&self, selector: &str) -> String {
        self.browser.text(&self.browser.find(selector))
    }
}

const HTML: &str = "text/html; charset=utf-8";

#[test]
fn the_plain_page_loads_nothing_before_a_yes_and_its_own_buttons_decide() {
    let examples = Examples::open();
    let banner = examples.visit("/examples/gate/index.html");
    banner.wait_until_shown();
    examples.nothing_is_asked("before a decision");
    banner.press("refuse").wait_until_gone();
    examples.nothing_is_asked("after a refusal");
    let statistics = "return document.documentElement.dataset.statistics ?? null";
    assert_eq!(examples.browser.run(statistics, &[]), Value::Null);
    examples.browser.click(&examples.browser.find("[data-unticked=accept]"));
    wait(
        &examples.browser,
        "both marks are understood",
        "document.documentElement.dataset.statistics && window.counted",
    );
    examples.wait_until_asked("/film");
    examples.browser.click(&examples.browser.find("[data-unticked=refuse]"));
    wait(&examples.browser, "it is taken back", "window.unticked?.decisions().media === 'refused' && !window.counted");
    examples.browser.click(&examples.browser.find("[data-unticked=settings]"));
    banner.wait_until_shown();
}

#[test]
fn the_strict_page_s_policy_lets_the_gate_in_and_what_it_brings() {
    let examples = Examples::open();
    let banner = examples.visit("/examples/gate/csp.html");
    examples.browser.run(
        "window.kept = []; document.addEventListener('securitypolicyviolation', e => kept.push(e.effectiveDirective + ' ' + e.blockedURI))",
        &[],
    );
    banner.wait_until_shown();
    let position = "getComputedStyle(root.querySelector('[data-part=banner]')).position";
    assert_eq!(banner.form.script(position), json!("fixed"), "the sheet is adopted");
    examples.nothing_is_asked("before a decision");
    banner.press("accept").wait_until_gone();
    wait(&examples.browser, "the script with the nonce runs", "window.counted === 1");
    examples.wait_until_asked("/film");
    assert_eq!(examples.browser.run("return kept", &[]), json!([]), "the policy kept nothing out");
}

#[test]
fn the_single_page_app_obeys_in_each_of_its_views() {
    let examples = Examples::open();
    let banner = examples.visit("/examples/gate/spa.html#/film");
    banner.wait_until_shown();
    wait(&examples.browser, "the film's place is taken", "document.querySelector('unticked-placeholder')");
    examples.nothing_is_asked("before a decision");
    banner.press("accept").wait_until_gone();
    examples.wait_until_asked("/film");
    examples.browser.run("location.hash = '#/'", &[]);
    wait(&examples.browser, "the other view", "document.querySelector('main').innerText.includes('This view counts.')");
    assert!(examples.text("pre").contains("\"media\": \"granted\""), "{}", examples.text("pre"));
    examples.browser.run("unticked.withdraw('statistics')", &[]);
    wait(&examples.browser, "the view obeys", "document.querySelector('main').innerText.includes('does not count')");
}

#[test]
fn the_tag_manager_s_page_tells_the_default_first_and_loads_the_container_after_a_yes() {
    let examples = Examples::open();
    let banner = examples.visit("/examples/gate/tag-manager.html");
    banner.wait_until_shown();
    examples.nothing_is_asked("before a decision");
    let told = examples.text("#told");
    assert!(told.starts_with("[\"consent\",\"default\",{") && !told.contains("granted"), "{told}");
    banner.press("accept").wait_until_gone();
    examples.wait_until_asked("/statistics.js");
    wait(&examples.browser, "the container runs", "window.counted === 1");
    let told = examples.text("#told");
    assert!(told.contains("[\"consent\",\"update\",{") && told.contains("\"unticked_decided\""), "{told}");
}

/// Builds the app by the very line that its package names, with what the referees' folder holds.
fn build_react() -> String {
    let folder = house::root().join("examples/gate/react");
    let package = std::fs::read_to_string(folder.join("package.json")).expect("a package");
    let package: Value = serde_json::from_str(&package).expect("JSON");
    let line = package["scripts"]["build"].as_str().expect("a line");
    let modules = house::target().join("referees/node_modules");
    for (name, version) in ["dependencies", "devDependencies"].iter().filter_map(|of| package[of].as_object()).flatten()
    {
        if name == "unticked" {
            continue;
        }
        let manifest = std::fs::read_to_string(modules.join(name).join("package.json"));
        let manifest = manifest.unwrap_or_else(|_| panic!("{name} is not here; `cargo xtask test` brings it"));
        let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
        assert_eq!(&manifest["version"], version, "{name}: what is tried is what the example names");
    }
    let out = tempfile::tempdir().expect("a folder");
    let file = out.path().join("main.js");
    let mut arguments = line.split(' ');
    assert_eq!(arguments.next(), Some("esbuild"));
    let mut command = Command::new("node");
    command.arg(modules.join("esbuild/bin/esbuild")).args(arguments.filter(|one| !one.starts_with("--outfile=")));
    command.arg(format!("--alias:unticked={}", house::root().join("npm/index.js").display()));
    command.arg(format!("--outfile={}", file.display()));
    let output = command.env("NODE_PATH", &modules).current_dir(&folder).output().expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(file).expect("a bundle")
}

#[test]
fn the_app_in_react_draws_what_is_allowed_and_lets_the_gate_hold_its_frames() {
    let examples = Examples::open();
    examples.place("/examples/gate/react/dist/main.js", "text/javascript", &build_react());
    let banner = examples.visit("/examples/gate/react/index.html#/film");
    banner.wait_until_shown();
    let page = &examples.browser;
    wait(page, "the film's place is taken", "document.querySelector('#root unticked-placeholder')");
    assert!(examples.text("main").contains("This app does not count."));
    examples.nothing_is_asked("before a decision");

    // React takes away a view in which the gate has put something, and puts it in again.
    page.run("location.hash = '#/'", &[]);
    wait(
        page,
        "the other view",
        "!document.querySelector('iframe') && document.querySelector('h1').textContent === 'An app in React'",
    );
    wait(page, "nothing stays behind", "!document.querySelector('#root unticked-placeholder')");
    page.run("location.hash = '#/film'", &[]);
    wait(page, "the film's place is taken again", "document.querySelector('#root unticked-placeholder')");
    examples.nothing_is_asked("after changes of the view");

    banner.press("accept").wait_until_gone();
    wait(page, "it is drawn anew", "document.querySelector('main').innerText.includes('This app counts.')");
    wait(page, "what it loads itself has run", "window.counted === 1");
    examples.wait_until_asked("/film");
    page.run("window.stayed = true; unticked.withdraw('statistics', 'media')", &[]);
    wait(page, "it is drawn anew", "document.querySelector('main').innerText.includes('This app does not count.')");
    wait(page, "the frame is closed", "document.querySelector('#root unticked-placeholder')");
    assert_eq!(page.run("return window.stayed", &[]), json!(true), "no script of the gate's ran: the page stays");

    page.click(&page.find("#root > button"));
    banner.wait_until_shown();
    banner.press("close").wait_until_gone();
    assert!(!allowed(page, "media"), "{}", decisions(page));
}
