//! Forms of the page's own, adopted: what plugins write, with what their scripts do, and nothing of it happens any more.

mod states;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    access::{narrow, nothing_to_complain_about},
    engine::{Browser, Engine},
    looks::take,
    webdriver::{Element, Key},
    world::{Page, World},
};

/// What every script here sees: the form, the shadow roots of what was added, and a finder through them.
const SEEING: &str = "const form = document.querySelector('form[data-unticked-adopt], form'); \
    const parts = [...document.querySelectorAll('unticked-part')].map(part => part.shadowRoot); \
    const part = selector => parts.map(root => root.querySelector(selector)).find(Boolean) ?? null;";

/// An adopted form, as a visitor deals with it.
pub struct Adopted<'a> {
    browser: &'a Browser,
}

impl<'a> Adopted<'a> {
    /// The form of the page that is open, once it is adopted.
    fn on(browser: &'a Browser) -> Self {
        let adopted = Self { browser };
        adopted.wait("the form is adopted", "window.told.some(t => t.name === 'ready')");
        adopted
    }

    /// The form of a page that does not note what it is told.
    pub fn of_a_stranger(browser: &'a Browser) -> Self {
        let adopted = Self { browser };
        adopted.wait("the form is adopted", "parts.length === 2 && part('.responsible')?.getClientRects().length > 0");
        adopted
    }

    fn script(&self, expression: &str) -> Value {
        self.browser.run(&format!("{SEEING} return {expression};"), &[])
    }

    fn wait(&self, what: &str, condition: &str) {
        let start = Instant::now();
        while self.script(&format!("!!({condition})")) != Value::Bool(true) {
            let page = || self.script("document.body.innerText + parts.map(p => p.textContent).join('|')");
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "waited in vain until {what}; the page says:\n{}",
                page()
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// An element of the page, or of what was added.
    fn find(&self, selector: &str) -> Element {
        let quoted = json!(selector);
        let found = self.script(&format!(
            "(e => {{ e?.scrollIntoView({{ block: 'center', behavior: 'instant' }}); return e; }})(document.querySelector({quoted}) ?? part({quoted}))"
        ));
        Element::read(&found).unwrap_or_else(|| panic!("nothing is `{selector}`"))
    }

    /// Types into what the selector finds.
    pub fn type_into(&self, selector: &str, text: &str) -> &Self {
        self.browser.type_into(&self.find(selector), text);
        self
    }

    /// Clicks what the selector finds.
    pub fn click(&self, selector: &str) -> &Self {
        self.browser.click(&self.find(selector));
        self
    }

    /// Chooses an option, with the events that a visitor's choice brings.
    fn select(&self, selector: &str, value: &str) -> &Self {
        let script = "const s = document.querySelector(arguments[0]) ?? [...document.querySelectorAll('unticked-part')] \
            .map(p => p.shadowRoot.querySelector(arguments[0])).find(Boolean); s.value = arguments[1]; \
            for (const t of ['input', 'change']) s.dispatchEvent(new Event(t, { bubbles: true, composed: true })); return s.value;";
        assert_eq!(self.browser.run(script, &[json!(selector), json!(value)]), json!(value), "the list offers it");
        self
    }

    fn wait_for_summary(&self) -> String {
        self.wait("the summary is shown", "part('#summary')?.getClientRects().length > 0");
        self.script("part('#summary').innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Waits for the confirmation and returns its reference.
    pub fn wait_for_reference(&self) -> String {
        self.wait("it has arrived", "part('.reference')?.innerText && form.getClientRects().length === 0");
        self.script("part('.reference').innerText").as_str().unwrap_or_default().to_owned()
    }

    /// The console's warnings of ours, by what they name.
    fn warnings(&self) -> Vec<String> {
        let warned = self.browser.run("return window.warned ?? []", &[]);
        warned.as_array().expect("a list").iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    }
}

/// Keeps what the owner is told in the console.
const LISTENING: &str = "<head>\n<script>window.warned = []; const warn = console.warn; \
    console.warn = (...all) => { warned.push(String(all[0])); warn(...all); };</script>";

fn example(name: &str) -> Page {
    Page::example(&format!("adopt/{name}.html")).replacing("<head>", LISTENING)
}

/// The values of a lead, by field.
fn values(lead: &Value) -> Value {
    let values = lead["data"]["values"].as_array().expect("values");
    values.iter().map(|one| (one["field"].as_str().unwrap_or_default().to_owned(), one["value"].clone())).collect()
}

fn decision(lead: &Value, purpose: &str) -> Value {
    let decisions = lead["data"]["decisions"].as_array().expect("decisions");
    decisions.iter().find(|d| d["purpose"] == purpose).map_or(Value::Null, |d| d["decision"].clone())
}

/// The page's own way was not gone: no script of its sent anything, and its server got nothing.
fn the_page_sent_nothing(world: &World, browser: &Browser) {
    assert_eq!(browser.run("return window.sentByThePage ?? null", &[]), Value::Null, "a script of the page's ran");
    assert_eq!(world.posts(), [""; 0], "the page's own server heard something");
}

/// The computed looks of the page's own fields and button.
fn looks(browser: &Browser) -> Value {
    browser.run(
        "return [...document.querySelectorAll('form :is(input, select, textarea, button)')] \
         .filter(e => e.getClientRects().length && e.type !== 'checkbox' && e.type !== 'file' && !/field_77c/.test(e.name)).map(e => { const s = getComputedStyle(e), \
         b = e.getBoundingClientRect(); return [e.name, s.font, s.color, s.backgroundColor, s.border, s.borderRadius, s.padding, \
         Math.round(b.width), Math.round(b.height)].join(' | '); })",
        &[],
    )
}

/// Opens the page as it is without us, then with us: its fields look the same.
fn opened_with_its_look_kept<'a>(world: &World, browser: &'a Browser, page: &Page) -> Adopted<'a> {
    let mut bare = page.clone();
    bare.body = bare.body.replace("{{collector}}/unticked.js", "data:text/javascript,");
    world.place("/bare", bare);
    world.place("/", page.clone());
    browser.open_page(&world.url("/bare"));
    let before = looks(browser);
    assert!(before.as_array().is_some_and(|all| all.len() > 2), "{before}");
    browser.open_page(&world.url("/"));
    let form = Adopted::on(browser);
    let enabled = |looks: Value| looks.to_string();
    assert_eq!(enabled(looks(browser)), enabled(before), "the page's own fields look as before");
    assert_eq!(form.script("[...document.querySelectorAll('form input:checked'), ...parts.flatMap(p => [...p.querySelectorAll('input:checked')])].filter(e => e.type === 'checkbox').length"), json!(0), "nothing is ticked");
    form
}

fn contact_form_7(engine: Engine) {
    let world = World::of_the_shop();
    let browser = Browser::start(engine);
    let form = opened_with_its_look_kept(&world, &browser, &example("contact-form-7"));
    assert_eq!(form.script("document.querySelector('[name=acceptance-55]').getClientRects().length"), json!(0));
    form.type_into("[name=your-name]", "Ann Example").type_into("[name=your-email]", "ann@example.org");
    form.type_into("[name=tel-392]", "+359 2 123 4567").select("[name=menu-11]", "An order");
    form.type_into("[name=your-message]", "Two words").click("[name='choice.newsletter']").click(".wpcf7-submit");
    let reference = form.wait_for_reference();
    let lead = world.only_lead();
    assert_eq!(lead["data"]["reference"], json!(reference));
    assert_eq!(
        values(&lead),
        json!({ "name": "Ann Example", "email": "ann@example.org", "phone": "+359 2 123 4567", "topic": "order", "message": "Two words" })
    );
    assert_eq!(decision(&lead, "newsletter"), json!("granted_unconfirmed"));
    assert_eq!(decision(&lead, "phone-offers"), json!("refused"));
    assert_eq!(form.warnings(), [""; 0], "every control found its place");
    let told =
        browser.run("return told.filter(t => t.name === 'submitted').map(t => t.detail.decisions.newsletter)", &[]);
    assert_eq!(told, json!(["granted_unconfirmed"]));
    // The personal link leads to where the consent can be taken back.
    let link = form.script("part('[part=preferences]').href");
    assert!(
        link.as_str().is_some_and(|link| link.starts_with(&format!("{}/preferences#", world.network.origin()))),
        "{link}"
    );
    assert!(form.script("part('[part=preferences]').innerText.length > 10") == json!(true), "in words");
    let receipt = form.script("part('[part=receipt]').href").as_str().unwrap_or_default().to_owned();
    assert!(receipt.starts_with("data:application/octet-stream;base64,eyJhYm91dCI6"), "a receipt to keep: {receipt}");
    let name = form.script("part('[part=receipt]').download");
    assert_eq!(name, json!(format!("receipt-{reference}.json")));
    the_page_sent_nothing(&world, &browser);
}

#[test]
fn contact_form_7_sends_through_us_in_chromium() {
    contact_form_7(Engine::Chromium);
}

#[test]
fn contact_form_7_sends_through_us_in_firefox() {
    contact_form_7(Engine::Firefox);
}

#[test]
fn contact_form_7_sends_through_us_in_webkit() {
    contact_form_7(Engine::WebKit);
}

#[test]
fn an_elementor_form_sends_through_us_and_what_no_field_is_does_not_travel() {
    let world = World::of_the_shop();
    let browser = Browser::start(Engine::Chromium);
    let form = opened_with_its_look_kept(&world, &browser, &example("elementor"));
    let warned = form.warnings().join("\n");
    assert!(warned.contains("“Your budget” (form_fields[field_77c]) is no field of the form “contact”"), "{warned}");
    assert!(warned.contains("“A picture” (form_fields[field_5d0]) takes a file"), "{warned}");
    for gone in ["field_77c", "field_5d0", "field_0c2", "field_h"] {
        let seen =
            form.script(&format!("document.querySelector('[name=\"form_fields[{gone}]\"]').getClientRects().length"));
        assert_eq!(seen, json!(0), "{gone} asks nobody for what would be thrown away");
    }
    browser.run("document.querySelector('[name=\"form_fields[field_h]\"]').value = 'a robot'", &[]);
    form.type_into("#form-field-name", "Ann").type_into("#form-field-email", "ann@example.org");
    form.select("#form-field-field_9a1", "Something else").type_into("#form-field-message", "Hello");
    // Enter in a field presses the button, too.
    form.click("#form-field-name");
    browser.press(None, &[Key::Enter]);
    form.wait_for_reference();
    let lead = world.only_lead();
    assert_eq!(
        values(&lead),
        json!({ "name": "Ann", "email": "ann@example.org", "topic": "other", "message": "Hello" })
    );
    assert_eq!(decision(&lead, "newsletter"), json!("refused"), "“I agree to all” agrees to nothing");
    the_page_sent_nothing(&world, &browser);
}

#[test]
fn a_form_like_gravitys_sends_parts_groups_and_days() {
    let world = World::of_the_shop();
    let browser = Browser::start(Engine::Chromium);
    let form = opened_with_its_look_kept(&world, &browser, &example("gravity"));
    form.type_into("#input_1_1_3", "Ann")
        .type_into("#input_1_1_6", "Example")
        .type_into("#input_1_2", "ann@example.org");
    form.type_into("#input_1_3", "2").type_into("#input_1_4", "5/16/2027").click("#choice_1_5_0");
    form.click("#choice_1_6_1").click("#choice_1_6_3").click("[name='choice.dietary']").click("#gform_submit_button_1");
    form.wait_for_reference();
    let lead = world.only_lead();
    let values = values(&lead);
    assert_eq!(values["name"], json!("Ann Example"));
    assert_eq!(values["day"], json!("2027-05-16"));
    assert_eq!((&values["session"], &values["guests"]), (&json!("morning"), &json!("2")));
    let record = world.network.last("POST", "/submissions").expect("it was posted");
    let sent: Value = serde_json::from_slice(&record.body).expect("JSON");
    assert_eq!(sent["values"]["diet"], json!(["vegetarian", "halal"]));
    assert_eq!(sent["values"]["phone"], Value::Null, "the trap's label is no bait for us");
    assert_eq!(sent["choices"], json!({ "dietary": "granted", "newsletter": "refused", "survey": "refused" }));
    assert!(sent["build"].as_str().is_some_and(|build| build.starts_with("adopt-")), "{}", sent["build"]);
    let canonical = unticked_shared::canonical::to_vec(&sent).expect("canonical");
    assert_eq!(record.body, canonical, "the bytes are canonical");
    the_page_sent_nothing(&world, &browser);
}

fn plain(engine: Engine) {
    let world = World::of_the_shop();
    let browser = Browser::start(engine);
    let form = opened_with_its_look_kept(&world, &browser, &example("plain"));
    let warned = form.warnings().join("\n");
    assert!(warned.contains("requires “What is it about?” (topic)"), "{warned}");
    form.type_into("#n", "Ann").type_into("#e", "ann@nowhere").click("button");
    let summary = form.wait_for_summary();
    assert!(summary.starts_with("There is a problem"), "{summary}");
    form.wait("the summary has focus", "parts[0].activeElement?.id === 'summary'");
    // The same words stand at the page's own field, and at the one that was added.
    let told = form.script(
        "[...form.querySelectorAll('input, textarea')].map(e => [e.getAttribute('aria-invalid'), document.getElementById(e.getAttribute('aria-describedby') ?? '')?.innerText ?? ''].join(' '))",
    );
    assert_eq!(told[0], json!(" "));
    assert!(told[1].as_str().is_some_and(|t| t.starts_with("true ") && t.contains("like name@example.com")), "{told}");
    assert_eq!(form.script("part('[data-field=topic] .error').innerText"), json!("What is it about: please choose"));
    form.click("#summary li:first-child a");
    assert_eq!(form.script("document.activeElement.id"), json!("e"));
    form.click("#summary li:nth-child(2) a");
    assert_eq!(form.script("part('select').getRootNode().activeElement?.name"), json!("value.topic"));
    browser.clear(&form.find("#e"));
    form.type_into("#e", "ann@example.org").type_into("#m", "Hello").select("[name='value.topic']", "tea");
    assert_eq!(form.script("document.querySelector('#e').getAttribute('aria-describedby')"), Value::Null);
    form.click("button");
    form.wait_for_reference();
    form.wait("the confirmation has focus", "parts.some(p => p.activeElement?.id === 'done')");
    assert_eq!(
        values(&world.only_lead()),
        json!({ "name": "Ann", "email": "ann@example.org", "topic": "tea", "message": "Hello" })
    );
    the_page_sent_nothing(&world, &browser);
}

#[test]
fn a_plain_form_shows_errors_at_its_own_fields_in_chromium() {
    plain(Engine::Chromium);
}

#[test]
fn a_plain_form_shows_errors_at_its_own_fields_in_firefox() {
    plain(Engine::Firefox);
}

#[test]
fn a_plain_form_shows_errors_at_its_own_fields_in_webkit() {
    plain(Engine::WebKit);
}

#[test]
fn a_form_in_a_dialog_is_adopted_each_time_it_is_made_anew() {
    let world = World::of_the_shop();
    world.place("/", example("modal"));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    browser.click(&browser.find("#open"));
    let form = Adopted::on(&browser);
    form.type_into("[name=fname]", "gone");
    browser.run("document.querySelector('dialog').close(); told.length = 0", &[]);
    browser.click(&browser.find("#open"));
    let form = Adopted::on(&browser);
    form.type_into("[name=fname]", "Ann").type_into("[name=lname]", "Example");
    form.type_into("[name=contact_email]", "ann@example.org").select("[name=subject]", "order");
    form.type_into("[name=comments]", "Hello").click("#lead .btn");
    form.wait_for_reference();
    let lead = world.only_lead();
    assert_eq!(
        values(&lead),
        json!({ "name": "Ann Example", "email": "ann@example.org", "topic": "order", "message": "Hello" })
    );
    assert_eq!(decision(&lead, "newsletter"), json!("refused"), "a box ticked beforehand decides nothing");
    the_page_sent_nothing(&world, &browser);
}

#[test]
fn every_form_is_accessible_before_with_errors_and_after() {
    let world = World::of_the_shop();
    let browser = Browser::start(Engine::Chromium);
    for name in ["contact-form-7", "elementor", "gravity", "plain", "modal", "rtl"] {
        let page = if name == "rtl" {
            example("plain").replacing("<html lang=\"en\">", "<html lang=\"ar\" dir=\"rtl\">")
        } else {
            example(name)
        };
        world.place("/", page);
        browser.open_page(&world.url("/"));
        if name == "modal" {
            browser.click(&browser.find("#open"));
        }
        let form = Adopted::on(&browser);
        let check = |state: &str| nothing_to_complain_about(&browser, &format!("{name}, {state}"));
        check("as it is");
        form.click("details.more summary");
        check("the notice open");
        form.click("[type=submit], form > button, #lead .btn");
        form.wait_for_summary();
        check("errors");
        if name == "rtl" {
            assert_eq!(form.script("parts.map(p => p.querySelector('.unticked').dir)"), json!(["rtl", "rtl"]));
            form.type_into("#n", "آن").type_into("#e", "ann@example.org").type_into("#m", "مرحبا");
            form.select("[name='value.topic']", "tea").click("button");
            form.wait_for_reference();
            check("done");
            assert_eq!(world.only_lead()["data"]["language"], json!("ar"));
        }
    }
}

#[test]
fn adopted_forms_can_be_looked_at() {
    let world = World::of_the_shop();
    let browser = Browser::start(Engine::Chromium);
    for name in ["contact-form-7", "elementor", "gravity", "plain", "modal"] {
        world.place("/", example(name));
        for width in [360, 1100] {
            narrow(&browser, width);
            browser.open_page(&world.url("/"));
            if name == "modal" {
                browser.click(&browser.find("#open"));
            }
            let form = Adopted::on(&browser);
            assert_eq!(
                browser.run("return document.documentElement.scrollWidth", &[]),
                json!(width),
                "{name}: too wide"
            );
            take(&browser, &format!("adopt-{name}-{width}-1"));
            form.click("[type=submit], form > button, #lead .btn");
            form.wait_for_summary();
            take(&browser, &format!("adopt-{name}-{width}-2-errors"));
        }
    }
}
