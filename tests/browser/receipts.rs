//! A receipt from the confirmation to the page that checks it, which sends it nowhere.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    access::{narrow, nothing_to_complain_about},
    engine::{Browser, Engine, Wishes},
    form::Form,
    looks::take,
    webdriver::Key,
    world::{Page, World, contact},
};

/// Sends the form of the page and answers the confirmation's form.
fn sends<'a>(browser: &'a Browser, world: &World) -> Form<'a> {
    browser.open_page(&world.url("/"));
    let form = Form::on(browser);
    form.wait_until_live();
    form.fill().tick_purpose("newsletter").send().wait_for_reference();
    form
}

/// The file behind the link of the confirmation.
fn file_of(form: &Form<'_>) -> Vec<u8> {
    let link = form.script("root.querySelector('[part=receipt]').href");
    let base64 = link.as_str().and_then(|link| link.strip_prefix("data:application/octet-stream;base64,"));
    STANDARD.decode(base64.expect("a file in the link")).expect("base64")
}

fn kept(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, bytes).expect("it can be written");
    file
}

fn opens_the_page(browser: &Browser, world: &World, language: &str) {
    browser.open_page(&format!("{}/receipt?lang={language}", world.network.origin()));
    wait(browser, "the page is ready", "!document.getElementById('check').hidden");
}

fn wait(browser: &Browser, what: &str, condition: &str) {
    let start = Instant::now();
    while browser.run(&format!("return !!({condition})"), &[]) != json!(true) {
        let text = browser.run("return document.body?.innerText ?? ''", &[]);
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}; the page says:\n{text}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// Waits for what the page says of a file.
fn outcome(browser: &Browser, expected: &str) -> String {
    wait(
        browser,
        &format!("it says {expected}"),
        &format!("document.getElementById('result').dataset.outcome === '{expected}'"),
    );
    browser.text(&browser.find("#result"))
}

fn chooses(browser: &Browser, file: &Path) {
    browser.run("document.getElementById('result').dataset.outcome = ''", &[]);
    browser.type_into(&browser.find("#file"), file.to_str().expect("a path that is text"));
}

/// Puts a text into the field, as pasting does.
fn pastes(browser: &Browser, text: &str) {
    browser.run(
        "document.getElementById('result').dataset.outcome = ''; document.getElementById('paste').value = arguments[0]",
        &[json!(text)],
    );
    browser.click(&browser.find("#check .main"));
}

fn from_the_confirmation_to_the_page(engine: Engine) {
    let world = World::new();
    let browser = Browser::start(engine);
    let folder = tempfile::tempdir().expect("a folder");
    let form = sends(&browser, &world);
    let name = form.script("root.querySelector('[part=receipt]').download");
    let name = name.as_str().expect("a name").to_owned();
    let mut bytes = file_of(&form);
    if engine == Engine::Chromium {
        // The click itself, and what lies on the disk then.
        let behaviour = json!({ "behavior": "allow", "downloadPath": folder.path() });
        browser.chromium("Browser.setDownloadBehavior", &behaviour);
        browser.click(&form.find("[part=receipt]"));
        let start = Instant::now();
        let file = folder.path().join(&name);
        while !file.is_file() {
            assert!(start.elapsed() < Duration::from_secs(20), "no {name} arrives");
            std::thread::sleep(Duration::from_millis(50));
        }
        let saved = std::fs::read(&file).expect("it can be read");
        assert_eq!(saved, bytes);
        bytes = saved;
    }
    let file = kept(folder.path(), &name, &bytes);

    opens_the_page(&browser, &world, "en");
    let asked = "return performance.getEntriesByType('resource').length";
    let before = browser.run(asked, &[]);
    chooses(&browser, &file);
    let said = outcome(&browser, "holds");
    for part in ["This receipt holds", "/ledger, as entry 0 of 1", "Yes: consent was given", "newsletter"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let receipt: Value = serde_json::from_slice(&bytes).expect("JSON");
    let subject = receipt["record"]["b"]["subject"].as_str().expect("a pseudonym");
    assert!(said.contains(subject), "{said}");
    let shown = browser.run("return document.querySelector('[data-purpose=newsletter] blockquote').textContent", &[]);
    assert_eq!(shown, receipt["texts"]["newsletter"], "the very words");
    assert_eq!(browser.run("return document.activeElement.id", &[]), json!("result"), "it is read out");

    for (address, same) in [("bob@example.org", "no"), (" Ann@Example.org ", "yes"), ("ann", "wrong")] {
        browser.clear(&browser.find("#address"));
        browser.type_into(&browser.find("#address"), address);
        browser.click(&browser.find("#compare button"));
        let condition = format!("document.getElementById('same').dataset.same === '{same}'");
        wait(&browser, &format!("{address} is {same}"), &condition);
    }

    // Somebody made a yes of a no, and somebody's disk forgot the end.
    let text = String::from_utf8(bytes.clone()).expect("text");
    let altered = kept(folder.path(), "altered.json", text.replace("\"granted\"", "\"refused\"").as_bytes());
    chooses(&browser, &altered);
    assert!(outcome(&browser, "altered").contains("The file was altered or damaged"));
    pastes(&browser, &text[..text.len() / 2]);
    assert!(outcome(&browser, "cut-off").contains("The file is cut off"));
    pastes(&browser, &text);
    outcome(&browser, "holds");
    assert_eq!(browser.run(asked, &[]), before, "nothing was asked of anybody");
    assert_eq!(world.network.count("POST", "/receipt"), 0);
}

#[test]
fn a_receipt_is_kept_and_checked_in_chromium() {
    from_the_confirmation_to_the_page(Engine::Chromium);
}

#[test]
fn a_receipt_is_kept_and_checked_in_firefox() {
    from_the_confirmation_to_the_page(Engine::Firefox);
}

#[test]
fn a_receipt_is_kept_and_checked_in_webkit() {
    from_the_confirmation_to_the_page(Engine::WebKit);
}

#[test]
fn a_dropped_receipt_is_checked_and_one_of_another_log_asks_for_its_key() {
    let (world, other) = (World::new(), World::new());
    let browser = Browser::start(Engine::Chromium);
    let bytes = file_of(&sends(&browser, &other));
    opens_the_page(&browser, &other, "en");
    let key = browser.run("return document.getElementById('key').value", &[]);
    opens_the_page(&browser, &world, "en");
    let drop = "const files = new DataTransfer(); files.items.add(new File([arguments[0]], 'receipt.json')); \
                for (const type of ['dragover', 'drop']) document.querySelector('main').dispatchEvent( \
                new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files }));";
    let text = String::from_utf8(bytes).expect("text");
    browser.run(drop, &[json!(text)]);
    wait(
        &browser,
        "another log's key is asked for",
        "/^(foreign|other-key)$/.test(document.getElementById('result').dataset.outcome)",
    );
    assert_eq!(browser.run("return document.querySelector('#check details').open", &[]), json!(true));
    browser.clear(&browser.find("#key"));
    browser.type_into(&browser.find("#key"), key.as_str().expect("a key"));
    browser.click(&browser.find("#check .main"));
    outcome(&browser, "holds");
    browser.clear(&browser.find("#key"));
    browser.type_into(&browser.find("#key"), "no key");
    browser.click(&browser.find("#check .main"));
    outcome(&browser, "wrong-key");
}

#[test]
fn the_keyboard_alone_checks_a_receipt() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    let text = String::from_utf8(file_of(&sends(&browser, &world))).expect("text");
    opens_the_page(&browser, &world, "en");
    browser.run("document.getElementById('paste').value = arguments[0]", &[json!(text)]);
    let mut stops = Vec::new();
    while stops.last() != Some(&json!("main")) {
        browser.press(None, &[Key::Tab]);
        let here = "const a = document.activeElement, s = getComputedStyle(a); \
                    if (a !== document.body && s.outlineStyle === 'none' && s.boxShadow === 'none') return 'unseen ' + a.id; \
                    return a.id || a.className || a.tagName";
        stops.push(browser.run(here, &[]));
        assert!(stops.len() < 12, "Tab does not reach the button: {stops:?}");
    }
    assert_eq!(stops, [json!("file"), json!("paste"), json!("main")], "in the order of the page, and seen");
    browser.press(None, &[Key::Enter]);
    outcome(&browser, "holds");
}

#[test]
fn without_scripts_the_page_says_what_to_do() {
    let world = World::new();
    let browser = Browser::with(Engine::Firefox, &Wishes { no_scripts: true, ..Wishes::default() });
    browser.open_page(&format!("{}/receipt?lang=en", world.network.origin()));
    let said = browser.text(&browser.find("main"));
    assert!(said.contains("unticked receipt verify receipt.json --key '"), "{said}");
    assert!(!said.contains("Or paste its text"), "what does nothing is not shown: {said}");
}

#[test]
fn a_withdrawal_is_kept_and_checked_too() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    let form = sends(&browser, &world);
    browser.click(&form.find("[part=preferences]"));
    wait(&browser, "the personal page is there", "document.querySelector('[data-purpose]')");
    browser.click(&browser.find("button[name=withdraw][value=newsletter]"));
    wait(&browser, "it is taken back", "document.querySelector('.news')");
    nothing_to_complain_about(&browser, "the personal page with a receipt");
    let link = browser.run("return document.querySelector('[part=receipt]').href", &[]);
    let base64 =
        link.as_str().and_then(|link| link.strip_prefix("data:application/octet-stream;base64,")).expect("a file");
    let text = String::from_utf8(STANDARD.decode(base64).expect("base64")).expect("text");
    opens_the_page(&browser, &world, "en");
    pastes(&browser, &text);
    let said = outcome(&browser, "holds");
    assert!(said.contains("Consent was taken back") && said.contains("Belongs to record"), "{said}");
    assert!(said.contains("No mail address belongs to this record"), "{said}");
}

/// Every state of the page: axe has nothing to say, nothing scrolls sideways, and a picture of it is kept.
fn every_state(language: &'static str, width: u32, dark: bool) {
    let world = World::new();
    world.place("/", Page::new(contact()).in_language(language));
    let browser = Browser::start(Engine::Chromium);
    narrow(&browser, width);
    let scheme = if dark { "dark" } else { "light" };
    let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    browser.chromium("Emulation.setEmulatedMedia", &media);
    let look = |name: &str| {
        nothing_to_complain_about(&browser, &format!("{language}, {width} px, {name}"));
        let wide = browser.run("return document.documentElement.scrollWidth", &[]);
        let beyond = "return [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth \
                      || e.getBoundingClientRect().left < 0).map(e => e.tagName + '#' + e.id + ' ' + e.textContent.slice(0, 60))";
        assert_eq!(wide, json!(width), "{name} is wider than the screen: {}", browser.run(beyond, &[]));
        take(&browser, &format!("receipt-{language}-{scheme}-{width}-{name}"));
    };
    let form = sends(&browser, &world);
    look("0-confirmation");
    let text = String::from_utf8(file_of(&form)).expect("text");
    opens_the_page(&browser, &world, language);
    // As it is where no script runs.
    let without = "for (const id of ['without', 'check']) document.getElementById(id).toggleAttribute('hidden')";
    browser.run(without, &[]);
    look("1-without-script");
    opens_the_page(&browser, &world, language);
    look("2-empty");
    pastes(&browser, &text);
    outcome(&browser, "holds");
    browser.type_into(&browser.find("#address"), "ann@example.org");
    browser.click(&browser.find("#compare button"));
    browser.run("document.querySelector('#check details').open = true", &[]);
    look("3-holds");
    pastes(&browser, &text.replace("\"granted\"", "\"refused\""));
    outcome(&browser, "altered");
    look("4-altered");
}

#[test]
fn every_state_is_accessible_on_a_desktop() {
    every_state("en", 1000, false);
}

#[test]
fn every_state_is_accessible_on_a_telephone() {
    every_state("bg", 390, false);
}

#[test]
fn every_state_is_accessible_at_320_pixels() {
    every_state("en", 320, true);
}

#[test]
fn every_state_is_accessible_from_right_to_left_in_the_dark() {
    every_state("ar", 390, true);
}
