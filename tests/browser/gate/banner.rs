//! The banner as a visitor deals with it, and the device as it is left: helpers named by intent.

use serde_json::{Value, json};

use crate::{engine::Browser, form::Form};

/// The banner of the page that is open.
pub struct Banner<'a> {
    /// Its controls are reached as a form's are.
    pub form: Form<'a>,
    /// The page.
    pub browser: &'a Browser,
}

impl<'a> Banner<'a> {
    /// Of the page.
    pub fn on(browser: &'a Browser) -> Self {
        Self { form: Form::at(browser, "unticked-banner"), browser }
    }

    /// Waits until it can be read.
    pub fn wait_until_shown(&self) -> &Self {
        self.form.wait("the banner is shown", SHOWN);
        self
    }

    /// Waits until it has gone.
    pub fn wait_until_gone(&self) -> &Self {
        self.form.wait("the banner has gone", &format!("!({SHOWN})"));
        self
    }

    /// Whether it can be seen.
    pub fn is_shown(&self) -> bool {
        self.form.script(&format!("!!({SHOWN})")) == Value::Bool(true)
    }

    /// Presses a button: `accept`, `refuse`, `choose`, `save` or `close`.
    pub fn press(&self, act: &str) -> &Self {
        let selector = format!("[data-part=banner] [data-act={act}]");
        let button = self.form.find(&selector);
        // Under WebKit's driver nothing in a box that scrolls can be clicked; whether a visitor could is asked of the page.
        if self.browser.run("return /Chrome|Firefox/.test(navigator.userAgent)", &[]) == Value::Bool(true) {
            self.browser.click(&button);
        } else {
            let press = "(b => { const r = b.getBoundingClientRect(), top = root.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2); \
                         if (top !== b && !b.contains(top)) return `under ${top?.localName}, at ${r.top}..${r.bottom} of ${innerHeight}, box ${JSON.stringify(b.closest('[data-part=banner]').getBoundingClientRect())}`; b.click(); return 'pressed'; })";
            let done = self.form.script(&format!("{press}(root.querySelector(\"{selector}\"))"));
            assert_eq!(done, json!("pressed"), "nothing lies over the button {act}");
        }
        self
    }

    /// Turns a purpose's switch over.
    pub fn switch(&self, purpose: &str) -> &Self {
        self.form.wait("the switches are shown", "!root.querySelector('[data-part=choices]').hidden");
        // As a label or a key does it: WebKit's driver finds no place to click in a box that scrolls.
        self.form.script(&format!("root.querySelector(\"[name='choice.{purpose}']\").click()"));
        self
    }

    /// Opens the switches, turns these on and saves.
    pub fn grant(&self, purposes: &[&str]) {
        self.wait_until_shown().press("choose");
        for purpose in purposes {
            self.switch(purpose);
        }
        self.press("save").wait_until_gone();
    }

    /// The purposes whose switches are on.
    pub fn on_now(&self) -> Vec<String> {
        self.form.ticked().iter().map(|name| name.trim_start_matches("choice.").to_owned()).collect()
    }
}

const SHOWN: &str =
    "root !== document && [...root.querySelectorAll('[data-part=banner]')].some(e => e.getClientRects().length > 0)";

/// What lies on the device for the page's site: its cookies, and what the two storages hold.
pub fn device(browser: &Browser) -> Value {
    browser.run("return { cookies: document.cookie, local: { ...localStorage }, session: { ...sessionStorage } }", &[])
}

/// The one entry of ours, parsed; null where there is none.
pub fn entry(browser: &Browser) -> Value {
    browser.run("return JSON.parse(localStorage.getItem('unticked'))", &[])
}

/// Puts an entry on the device, as an earlier visit would have left it, without telling the page.
pub fn leave(browser: &Browser, entry: &Value) {
    browser.run("localStorage.setItem('unticked', arguments[0])", &[json!(entry.to_string())]);
}

/// What ran, in its order.
pub fn ran(browser: &Browser) -> Vec<u64> {
    let ran = browser.run("return window.ran", &[]);
    ran.as_array().expect("a list").iter().filter_map(Value::as_u64).collect()
}

/// What the page says of a purpose.
pub fn allowed(browser: &Browser, purpose: &str) -> bool {
    browser.run("return window.unticked.allowed(arguments[0])", &[json!(purpose)]) == Value::Bool(true)
}

/// Every purpose with its decision, as the page is told.
pub fn decisions(browser: &Browser) -> Value {
    browser.run("return window.unticked.decisions()", &[])
}

/// Waits until an expression is true in the page.
pub fn wait(browser: &Browser, what: &str, condition: &str) {
    Form::at(browser, "body").wait(what, condition);
}
