//! A WebDriver session (W3C WebDriver), as much of it as the stories need.
//!
//! Synchronous and small, so that a story reads from top to bottom and its session ends with it. What fails here fails
//! the story, with the driver's own words.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use xtask::fetch;

/// The key under which the protocol hides a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// A driver that takes longer than this for one command hangs.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a page may take until what it must show is there.
const FINDING: Duration = Duration::from_secs(20);

/// A key that is no character (W3C WebDriver 17.4.2).
#[derive(Debug, Clone, Copy)]
pub enum Key {
    Tab,
    Enter,
    Space,
    Shift,
    Escape,
}

impl Key {
    fn code(self) -> char {
        match self {
            Self::Tab => '\u{e004}',
            Self::Enter => '\u{e007}',
            Self::Space => ' ',
            Self::Shift => '\u{e008}',
            Self::Escape => '\u{e00c}',
        }
    }
}

/// An element of the page, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element(String);

impl Element {
    /// The reference in a script's answer.
    pub fn read(value: &Value) -> Option<Self> {
        value[ELEMENT].as_str().map(|id| Self(id.to_owned()))
    }
}

/// A session; the browser is the driver's affair.
#[derive(Debug)]
pub struct Session {
    driver: SocketAddr,
    path: String,
}

impl Session {
    /// Opens a browser.
    pub fn open(driver: SocketAddr, capabilities: &Value) -> Result<Self, String> {
        let body = json!({"capabilities": {"alwaysMatch": capabilities}});
        let answer = command(driver, "POST", "/session", &body)?;
        let id = answer["sessionId"].as_str().ok_or_else(|| format!("no session in {answer}"))?;
        Ok(Self { driver, path: format!("/session/{id}") })
    }

    /// Closes the browser.
    pub fn close(&self) -> Result<(), String> {
        command(self.driver, "DELETE", &self.path, &Value::Null).map(drop)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        command(self.driver, "POST", &format!("{}{path}", self.path), body)
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn get(&self, path: &str) -> Value {
        command(self.driver, "GET", &format!("{}{path}", self.path), &Value::Null)
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Opens an address and waits until the page has loaded.
    pub fn open_page(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Back in the history.
    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// The tab that commands go to.
    pub fn tab(&self) -> String {
        self.get("/window").as_str().unwrap_or_default().to_owned()
    }

    /// Opens another tab and returns its name; commands still go to this one.
    pub fn open_tab(&self) -> String {
        let tab = self.post("/window/new", &json!({ "type": "tab" }));
        tab["handle"].as_str().expect("the tab has a name").to_owned()
    }

    /// Brings a tab to the front; commands go to it from then on.
    pub fn switch_to(&self, tab: &str) {
        self.post("/window", &json!({ "handle": tab }));
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// The page's address.
    pub fn address(&self) -> String {
        self.get("/url").as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the address ends so: some engines answer a click before they leave the page.
    pub fn wait_until_at(&self, end: &str) {
        let start = Instant::now();
        while !self.address().ends_with(end) {
            assert!(start.elapsed() < PATIENCE, "waited in vain for {end}; the address is {}", self.address());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Runs the body of a function in the page and returns what it returns.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Runs the body of an async function in the page and waits for its value.
    pub fn run_async(&self, script: &str, arguments: &[Value]) -> Value {
        // The protocol's own promises differ between drivers; its callback does not.
        let wrapped = format!(
            "const args = [...arguments]; const done = args.pop(); \
             (async function () {{ {script} }}).apply(null, args).then(v => done({{v}}), e => done({{e: String(e)}}));"
        );
        let answer = self.post("/execute/async", &json!({ "script": wrapped, "args": arguments }));
        assert!(answer["e"].is_null(), "the script failed: {}", answer["e"]);
        answer["v"].clone()
    }

    /// How long `run_async` may take.
    pub fn set_script_timeout(&self, time: Duration) {
        self.post("/timeouts", &json!({ "script": u64::try_from(time.as_millis()).unwrap_or(u64::MAX) }));
    }

    /// The element that a selector finds in the document, without a script: for pages where scripts are off. Waits for it,
    /// since some engines answer a click before the next page has come, or with half of it there.
    pub fn find(&self, selector: &str) -> Element {
        let body = json!({ "using": "css selector", "value": selector });
        let start = Instant::now();
        loop {
            let found = command(self.driver, "POST", &format!("{}/element", self.path), &body);
            if let Some(element) = found.ok().and_then(|found| Element::read(&found)) {
                return element;
            }
            if start.elapsed() > FINDING {
                let body = self.get("/source");
                panic!("nothing on {} is `{selector}`:\n{}", self.address(), body.as_str().unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// An element's visible text.
    pub fn text(&self, element: &Element) -> String {
        self.get(&format!("/element/{}/text", element.0)).as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the middle of an element, scrolling to it first.
    pub fn click(&self, element: &Element) {
        self.post(&format!("/element/{}/click", element.0), &json!({}));
    }

    /// Types into an element, giving it focus.
    pub fn type_into(&self, element: &Element, text: &str) {
        self.post(&format!("/element/{}/value", element.0), &json!({ "text": text }));
    }

    /// Empties a field.
    pub fn clear(&self, element: &Element) {
        self.post(&format!("/element/{}/clear", element.0), &json!({}));
    }

    /// Presses and releases keys wherever the focus is, holding `held` meanwhile.
    pub fn press(&self, held: Option<Key>, keys: &[Key]) {
        let mut actions = Vec::new();
        let mut act = |kind: &str, key: Key| actions.push(json!({ "type": kind, "value": key.code().to_string() }));
        if let Some(key) = held {
            act("keyDown", key);
        }
        for key in keys {
            act("keyDown", *key);
            act("keyUp", *key);
        }
        if let Some(key) = held {
            act("keyUp", key);
        }
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }));
    }

    /// Types text wherever the focus is.
    pub fn type_text(&self, text: &str) {
        let presses =
            text.chars().flat_map(|c| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": c.to_string() })));
        let actions: Vec<Value> = presses.collect();
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }));
    }

    /// The visible part of the page as PNG.
    pub fn screenshot(&self) -> Vec<u8> {
        let picture = self.get("/screenshot");
        STANDARD.decode(picture.as_str().unwrap_or_default()).expect("a picture in base64")
    }

    /// A command of Chromium's own protocol, for what WebDriver cannot say.
    pub fn chromium(&self, name: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }
}

fn command(driver: SocketAddr, method: &str, path: &str, body: &Value) -> Result<Value, String> {
    let body = if method == "POST" { body.to_string() } else { String::new() };
    let headers = [("content-type", "application/json; charset=utf-8")];
    let answer = fetch::send(driver, method, path, &headers, body.as_bytes(), PATIENCE)
        .map_err(|error| format!("the driver does not answer: {error}"))?;
    let parsed: Value = serde_json::from_slice(&answer.body).map_err(|error| format!("{error}: {}", answer.text()))?;
    let value = parsed["value"].clone();
    if answer.status == 200 {
        return Ok(value);
    }
    Err(format!("{}: {}", value["error"].as_str().unwrap_or("?"), value["message"].as_str().unwrap_or("?")))
}
