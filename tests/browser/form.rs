//! A form on a page, as a visitor deals with it: helpers named by intent.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{engine::Browser, webdriver::Element};

/// How long a visitor waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a form's controls are: its shadow root, or the document of a hosted page.
const ROOT: &str = "const host = document.querySelector(arguments[0]); \
                    const root = host ? (host.shadowRoot || document) : document;";

/// The form said so; where the page's policy keeps out the script that listens, hydration hides what does not apply.
const LIVE: &str = "window.told ? told.some(t => t.name === 'ready' && t.host === host) \
                    : root.querySelector('[data-field][hidden], .step[hidden]')";

/// One form on the page that is open.
pub struct Form<'a> {
    browser: &'a Browser,
    /// The selector of its element; one that finds nothing means the hosted page itself.
    host: String,
}

impl<'a> Form<'a> {
    /// The only form of the page.
    pub fn on(browser: &'a Browser) -> Self {
        Self::at(browser, "unticked-form")
    }

    /// The form whose element the selector finds.
    pub fn at(browser: &'a Browser, host: &str) -> Self {
        Self { browser, host: host.to_owned() }
    }

    /// Waits until the form can be read and used, Wasm or not.
    pub fn wait_until_shown(&self) -> &Self {
        self.wait("the form is shown", "root.querySelector('form') && root.querySelector('form').offsetHeight > 0");
        self
    }

    /// Waits until script governs the form: what does not apply is hidden from then on.
    pub fn wait_until_live(&self) -> &Self {
        self.wait_until_shown();
        self.wait("the form is live", LIVE);
        self
    }

    /// Whether script governs the form.
    pub fn is_live(&self) -> bool {
        self.script(&format!("!!({LIVE})")) == Value::Bool(true)
    }

    /// The page's own scripts were told this, such as `ready`; the detail of the last one.
    pub fn told(&self, name: &str) -> Option<Value> {
        let told =
            self.script_with("window.told.filter(t => t.name === arguments[1]).pop()?.detail ?? null", &[json!(name)]);
        (!told.is_null()).then_some(told)
    }

    /// Runs a script that sees `host` and `root`, and further arguments from `arguments[1]` on.
    pub fn script(&self, script: &str) -> Value {
        self.script_with(script, &[])
    }

    fn script_with(&self, expression: &str, more: &[Value]) -> Value {
        let mut arguments = vec![json!(self.host)];
        arguments.extend_from_slice(more);
        self.browser.run(&format!("{ROOT} return {expression};"), &arguments)
    }

    /// Waits until an expression that sees `host` and `root` is true.
    pub fn wait(&self, what: &str, condition: &str) {
        let start = Instant::now();
        while self.script(&format!("!!({condition})")) != Value::Bool(true) {
            if start.elapsed() > PATIENCE {
                let shown =
                    self.script("root.querySelector('.unticked, form, body')?.innerText ?? document.body.innerHTML");
                panic!("waited in vain until {what}; the page says:\n{}", shown.as_str().unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// The element that a selector finds within the form, scrolled to where a visitor would have it.
    pub fn find(&self, selector: &str) -> Element {
        let find = "(e => { e?.scrollIntoView({ block: 'center', behavior: 'instant' }); return e; })(root.querySelector(arguments[1]))";
        let found = self.script_with(find, &[json!(selector)]);
        Element::read(&found).unwrap_or_else(|| panic!("nothing in the form is `{selector}`"))
    }

    /// How many elements a selector finds.
    pub fn count(&self, selector: &str) -> u64 {
        self.script_with("root.querySelectorAll(arguments[1]).length", &[json!(selector)]).as_u64().unwrap_or(0)
    }

    /// Whether a selector finds something that is visible.
    pub fn sees(&self, selector: &str) -> bool {
        let visible = "[...root.querySelectorAll(arguments[1])].some(e => e.getClientRects().length > 0)";
        self.script_with(visible, &[json!(selector)]) == Value::Bool(true)
    }

    /// The visible text of the element that a selector finds.
    pub fn text(&self, selector: &str) -> String {
        let text = self.script_with("root.querySelector(arguments[1])?.innerText ?? null", &[json!(selector)]);
        text.as_str().unwrap_or_else(|| panic!("nothing in the form is `{selector}`")).trim().to_owned()
    }

    /// Types into the field.
    pub fn type_into(&self, field: &str, text: &str) -> &Self {
        self.browser.type_into(&self.find(&format!("[name='value.{field}']")), text);
        self
    }

    /// Chooses an option of a list.
    pub fn select(&self, field: &str, option: &str) -> &Self {
        let select = "(s => { s.focus(); s.value = arguments[2]; for (const t of ['input', 'change']) \
                      s.dispatchEvent(new Event(t, {bubbles: true, composed: true})); return s.value; })(root.querySelector(arguments[1]))";
        let chosen = self.script_with(select, &[json!(format!("select[name='value.{field}']")), json!(option)]);
        assert_eq!(chosen, json!(option), "the list offers it");
        self
    }

    /// Chooses a radio button, or ticks a box of a group.
    pub fn choose(&self, field: &str, option: &str) -> &Self {
        self.browser.click(&self.find(&format!("[name='value.{field}'][value='{option}']")));
        self
    }

    /// Ticks, or unticks, the purpose's box.
    pub fn tick_purpose(&self, purpose: &str) -> &Self {
        self.browser.click(&self.find(&format!("[name='choice.{purpose}']")));
        self
    }

    /// Whether the purpose's box is ticked.
    pub fn is_ticked(&self, purpose: &str) -> bool {
        let ticked = "root.querySelector(arguments[1]).checked";
        self.script_with(ticked, &[json!(format!("[name='choice.{purpose}']"))]) == Value::Bool(true)
    }

    /// Every box that is ticked, by name.
    pub fn ticked(&self) -> Vec<String> {
        let names = self.script("[...root.querySelectorAll('input:checked')].map(b => b.name)");
        names.as_array().expect("a list").iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// What the field holds.
    pub fn value(&self, field: &str) -> String {
        let value =
            self.script_with("root.querySelector(arguments[1]).value", &[json!(format!("[name='value.{field}']"))]);
        value.as_str().unwrap_or_default().to_owned()
    }

    /// The name of the control that has focus, or its id where it has no name.
    pub fn focused(&self) -> String {
        let active = "(a => a ? (a.name || a.id || a.dataset.act || a.tagName) : '')(root.activeElement)";
        self.script(active).as_str().unwrap_or_default().to_owned()
    }

    /// Fills the required fields of the contact form.
    pub fn fill(&self) -> &Self {
        self.type_into("name", "Ann Example").type_into("email", "ann@example.org");
        self.type_into("message", "Do you have Moby-Dick?")
    }

    /// Presses the button that sends.
    pub fn send(&self) -> &Self {
        self.browser.click(&self.find("button[type=submit]"));
        self
    }

    /// Waits for the confirmation and returns its reference.
    pub fn wait_for_reference(&self) -> String {
        self.wait("it has arrived", "root.querySelector('.reference')?.innerText");
        self.text(".reference")
    }

    /// Waits for the summary of what is wrong and returns its text.
    pub fn wait_for_summary(&self) -> String {
        self.wait("the summary is shown", "root.querySelector('#summary')?.getClientRects().length > 0");
        self.text("#summary")
    }
}
