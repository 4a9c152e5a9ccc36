//! What becomes of an adopted form on a bad network, under a policy, in a hurry.

use serde_json::json;

use super::{Adopted, decision, example, the_page_sent_nothing, values};
use crate::{
    engine::{Browser, Engine},
    form::Form,
    network::Fault,
    world::{Page, World},
};

/// A policy for the page's own inline code and nothing of ours but what is documented.
const POLICY: &str = "default-src 'none'; script-src 'self' 'unsafe-inline' HOST; style-src 'unsafe-inline'; connect-src 'self' HOST; \
                      form-action 'self' HOST; img-src data:; report-uri /report";

fn fill(form: &Adopted) {
    form.type_into("#n", "Ann").type_into("#e", "ann@example.org").type_into("#m", "Hello");
}

#[test]
fn a_form_sent_before_we_are_there_is_held_and_nothing_of_it_is_lost() {
    let world = World::of_the_shop();
    world.place("/", example("contact-form-7"));
    world.network.always("/placement", Fault::Held);
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted { browser: &browser };
    form.wait("the loader is there", "document.querySelector('[data-unticked-adopt]')");
    form.type_into("[name=your-name]", "Ann").type_into("[name=your-email]", "ann@example.org");
    form.select("[name=menu-11]", "An order").type_into("[name=your-message]", "Hello");
    browser.run("document.querySelector('.wpcf7-submit').disabled = false", &[]);
    form.click(".wpcf7-submit");
    browser.run("document.querySelector('.wpcf7-form').submit()", &[]);
    browser.run("document.querySelector('.wpcf7-form').requestSubmit()", &[]);
    the_page_sent_nothing(&world, &browser);
    world.network.let_through();
    // It has not been read yet: what is asked for is another press, and nothing but that.
    let summary = form.wait_for_summary();
    assert!(summary.contains("Please look at the form once more and send it"), "{summary}");
    form.click(".wpcf7-submit");
    form.wait_for_reference();
    assert_eq!(values(&world.only_lead())["name"], json!("Ann"));
    the_page_sent_nothing(&world, &browser);
}

#[test]
fn scripts_that_send_the_form_themselves_send_through_us_and_twice_makes_one_lead() {
    let world = World::of_the_shop();
    // Names that stand before the form's own.
    let names = "<input type=\"hidden\" name=\"submit\"><input type=\"hidden\" name=\"style\"><input type=\"hidden\" name=\"action\"><button>";
    world.place("/", example("plain").replacing("value.message", "msg_text").replacing("<button>", names));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    fill(&form);
    form.select("[name='value.topic']", "tea");
    world.network.always("/submissions", Fault::Held);
    browser.run("const f = document.querySelector('form'), { submit } = HTMLFormElement.prototype; submit.call(f); f.requestSubmit(); submit.call(f);", &[]);
    form.wait("it is being sent", "form.getAttribute('aria-busy') === 'true'");
    form.click("button");
    world.network.let_through();
    form.wait_for_reference();
    world.only_lead();
    assert_eq!(world.network.count("POST", "/submissions"), 1);
    the_page_sent_nothing(&world, &browser);
}

#[test]
fn an_answer_that_is_lost_is_asked_for_again_and_makes_one_lead() {
    let world = World::of_the_shop();
    world.place("/", example("plain"));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    fill(&form);
    form.select("[name='value.topic']", "tea");
    world.network.times(1, "/submissions", Fault::AnswerLost);
    form.click("button");
    let summary = form.wait_for_summary();
    assert!(summary.contains("it will not be sent twice"), "{summary}");
    assert_eq!(form.script("document.querySelector('#m').value"), json!("Hello"), "what was typed stays");
    form.click("button");
    form.wait_for_reference();
    world.only_lead();
}

#[test]
fn an_expired_ticket_is_renewed_and_sent_with() {
    let world = World::of_the_shop();
    // The visitor began yesterday.
    world.set_clock(-25 * 3600);
    world.place("/", example("plain"));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    fill(&form);
    form.select("[name='value.topic']", "tea");
    form.wait("the ticket is there", "performance.getEntriesByName([...performance.getEntries()].find(e => /tickets/.test(e.name))?.name ?? '').length");
    world.set_clock(0);
    form.click("button");
    form.wait_for_reference();
    world.only_lead();
    assert_eq!(world.network.count("POST", "/tickets"), 2);
}

#[test]
fn a_text_that_has_changed_is_shown_and_asked_about_again() {
    let mut world = World::of_the_shop();
    world.place("/", example("plain"));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    form.type_into("#n", "Ann");
    form.click("[name='choice.newsletter']").click("[name='choice.phone-offers']");
    let problem = r#"{"type":"definition-changed","title":"changed","status":409}"#;
    let changed = xtask::serve::Answer::Full {
        status: 409,
        headers: vec![
            ("content-type".to_owned(), "application/problem+json".to_owned()),
            ("access-control-allow-origin".to_owned(), "*".to_owned()),
        ],
        body: problem.as_bytes().to_vec(),
    };
    world.redefine("purposes/newsletter.toml", |text| text.replace("{controller} may", "{controller} may now"));
    world.network.times(1, "/submissions", Fault::Answered(changed));
    form.type_into("#e", "ann@example.org")
        .type_into("#m", "Hello")
        .select("[name='value.topic']", "tea")
        .click("button");
    let summary = form.wait_for_summary();
    assert!(summary.contains("The text of this form has changed"), "{summary}");
    assert_eq!(form.script("parts.length"), json!(2), "the old text is gone");
    assert_eq!(form.script("part(\"[name='choice.newsletter']\").checked"), json!(false), "asked again");
    assert_eq!(form.script("part(\"[name='choice.phone-offers']\").checked"), json!(true), "as it was left");
    assert_eq!(form.script("part(\"[name='value.topic']\").value"), json!("tea"));
    form.click("button");
    form.wait_for_reference();
    let lead = world.only_lead();
    assert_eq!((decision(&lead, "newsletter"), decision(&lead, "phone-offers")), (json!("refused"), json!("granted")));
}

#[test]
fn without_webcrypto_the_form_is_posted_with_its_ticket() {
    let world = World::of_the_shop();
    let without = "<head>\n<script>Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })</script>";
    world.place("/", example("plain").replacing("<head>", without));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    fill(&form);
    form.select("[name='value.topic']", "tea").click("[name='choice.newsletter']").click("button");
    Form::at(&browser, "nothing").wait_for_reference();
    assert_eq!(browser.address(), world.hosted("contact"));
    let lead = world.only_lead();
    assert_eq!(values(&lead), json!({ "name": "Ann", "email": "ann@example.org", "topic": "tea", "message": "Hello" }));
    assert_eq!(decision(&lead, "newsletter"), json!("granted_unconfirmed"));
    assert_eq!(world.posts(), [""; 0]);
}

#[test]
fn the_documented_policy_with_trusted_types_is_enough() {
    let world = World::of_the_shop();
    let policy = format!("{POLICY}; require-trusted-types-for 'script'; trusted-types unticked");
    world.place("/", example("plain").policy(&policy));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    fill(&form);
    form.click("button").wait_for_summary();
    form.select("[name='value.topic']", "tea").click("button");
    form.wait_for_reference();
    world.only_lead();
    assert_eq!(world.reports(), [""; 0]);
}

fn a_link_is_left(page: Page) {
    let world = World::of_the_shop();
    world.place("/", page);
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted { browser: &browser };
    form.wait("the loader is there", "form.hasAttribute('data-unticked-adopt')");
    fill(&form);
    form.click("button");
    form.wait("the link is there", "document.activeElement === document.querySelector('[data-unticked-link]')");
    assert_eq!(form.script("document.querySelector('#m').value"), json!("Hello"));
    form.click("[data-unticked-link]");
    browser.wait_until_at(&world.hosted("contact"));
    assert_eq!(world.posts(), [""; 0]);
}

#[test]
fn where_nothing_can_be_fetched_a_link_leads_to_the_form() {
    a_link_is_left(example("plain").policy(&POLICY.replace("connect-src 'self' HOST", "connect-src 'self'")));
}

#[test]
fn where_nothing_can_be_posted_either_a_link_leads_to_the_form() {
    let without = "<head>\n<script>Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })</script>";
    let page = example("plain").replacing("<head>", without).replacing("value.message", "message");
    let world = World::of_the_shop();
    world.place("/", page.policy(&POLICY.replace("form-action 'self' HOST", "form-action 'self'")));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    fill(&form);
    form.select("[name='value.topic']", "tea").click("button");
    form.wait("the link is there", "document.activeElement === document.querySelector('[data-unticked-link]')");
    assert_eq!(world.posts(), [""; 0]);
}

#[test]
fn two_forms_and_a_copy_of_one_do_not_meddle_with_each_other() {
    let world = World::of_the_shop();
    world.place("/", example("plain"));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    form.type_into("#n", "First").click("[name='choice.newsletter']");
    browser.run(
        "told.length = 0; const form = document.querySelector('form'); const copy = form.cloneNode(true); copy.id = 'copy'; form.after(copy);",
        &[],
    );
    form.wait("the copy is adopted", "told.some(t => t.name === 'ready')");
    assert_eq!(form.script("document.querySelectorAll('#copy unticked-part').length"), json!(2));
    assert_eq!(form.script("parts.length"), json!(4));
    let ticked = form.script("parts.map(p => p.querySelectorAll('input:checked').length).reduce((a, b) => a + b)");
    assert_eq!(ticked, json!(1), "a tick belongs to its own form");
    browser.run("document.querySelector('form').remove()", &[]);
    let form = Adopted { browser: &browser };
    for (selector, text) in [("#copy #n", "Second"), ("#copy #e", "second@example.org"), ("#copy #m", "Hello")] {
        browser.clear(&form.find(selector));
        form.type_into(selector, text);
    }
    form.select("[name='value.topic']", "tea").click("#copy button");
    form.wait_for_reference();
    let lead = world.only_lead();
    assert_eq!(values(&lead)["name"], json!("Second"));
    assert_eq!(decision(&lead, "newsletter"), json!("refused"));
}

#[test]
fn what_a_page_throws_out_of_its_form_comes_back() {
    let world = World::of_the_shop();
    world.place("/", example("plain"));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    form.click("[name='choice.newsletter']");
    browser.run("document.querySelectorAll('unticked-part').forEach(part => part.remove())", &[]);
    form.wait("both parts are back", "parts.length === 2");
    assert_eq!(form.script("part(\"[name='choice.newsletter']\").checked"), json!(true), "as the visitor left it");
}

/// What jQuery does with its own listeners: `trigger` calls them without an event that the window hears, then the form's
/// own `submit()`.
const LIKE_JQUERY: &str = "<head>\n<script>(() => { const kept = new Map(); \
    window.jQuery = (el) => ({ \
      off() { kept.delete(el); return this; }, \
      on(type, call) { kept.set(el, [...(kept.get(el) ?? []), call]); return this; }, \
      trigger() { let prevented = false, stopped = false; \
        const event = { preventDefault() { prevented = true; }, stopImmediatePropagation() { stopped = true; } }; \
        for (const call of kept.get(el) ?? []) { if (!stopped) call(event); } if (!prevented) el.submit(); return this; } }); \
    jQuery.fn = { off: true }; \
    addEventListener('DOMContentLoaded', () => jQuery(document.querySelector('form')).on('submit', (event) => { \
      event.preventDefault(); window.sentByThePage = true; fetch('/wp-admin/admin-ajax.php', { method: 'POST' }); })); })()</script>";

#[test]
fn listeners_of_jquerys_that_no_event_reaches_are_silenced() {
    let world = World::of_the_shop();
    world.place("/", example("plain").replacing("<head>", LIKE_JQUERY));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    fill(&form);
    form.select("[name='value.topic']", "tea");
    browser.run("jQuery(document.querySelector('form')).trigger('submit')", &[]);
    form.wait_for_reference();
    world.only_lead();
    the_page_sent_nothing(&world, &browser);
}

#[test]
fn what_does_not_apply_is_not_sent_and_a_day_that_says_no_order_is_asked_again() {
    let world = World::of_the_shop();
    let page = example("gravity").replacing("datepicker mdy datepicker", "datepicker").replacing("mm/dd/yyyy", "");
    world.place("/", page);
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    form.type_into("#input_1_1_3", "Ann").type_into("#input_1_2", "ann@example.org").type_into("#input_1_3", "2");
    form.type_into("#input_1_4", "5/6/2027")
        .click("#choice_1_5_1")
        .click("#choice_1_6_1")
        .click("#gform_submit_button_1");
    let summary = form.wait_for_summary();
    assert!(summary.contains("enter a day that exists"), "{summary}");
    browser.clear(&form.find("#input_1_4"));
    form.type_into("#input_1_4", "16.5.2027").click("#gform_submit_button_1");
    form.wait_for_reference();
    let values = values(&world.only_lead());
    assert_eq!((&values["day"], &values["session"]), (&json!("2027-05-16"), &json!("afternoon")));
    let sent = world.network.last("POST", "/submissions").expect("it was posted");
    let sent: serde_json::Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(sent["values"]["diet"], serde_json::Value::Null, "lunch is in the morning only");
}

#[test]
fn coming_back_finds_an_adopted_form_as_it_was_left() {
    let world = World::of_the_shop();
    world.place("/", example("plain").replacing("</main>", "<a id=\"away\" href=\"/other\">away</a></main>"));
    world.place("/other", Page::new("<p>Elsewhere</p>").without_script());
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    form.type_into("#n", "Ann").click("[name='choice.newsletter']");
    browser.run("document.body.dataset.stayed = 'yes'", &[]);
    form.click("#away");
    browser.wait_until_at("/other");
    browser.back();
    let form = Adopted::on(&browser);
    assert_eq!(browser.run("return document.body.dataset.stayed", &[]), json!("yes"), "Chromium keeps the page");
    assert_eq!(form.script("part(\"[name='choice.newsletter']\").checked"), json!(true));
    form.type_into("#e", "ann@example.org")
        .type_into("#m", "Hello")
        .select("[name='value.topic']", "tea")
        .click("button");
    form.wait_for_reference();
    assert_eq!(values(&world.only_lead())["name"], json!("Ann"));
}

#[test]
fn controls_find_their_fields_by_whatever_a_page_calls_them() {
    let world = World::of_the_shop();
    world.place(
        "/",
        Page::new(
            r#"<form class="wpforms-form" data-unticked-adopt="contact" action="/sink" method="post">
            <fieldset><legend>Name <span class="required">*</span></legend>
              <input name="wpforms[fields][0][first]" id="w0" autocomplete="chrome-off"><label for="w0">First</label>
              <input name="wpforms[fields][0][last]" id="w1" autocomplete="chrome-off"><label for="w1">Last</label></fieldset>
            <label for="w2">E-mail</label><input name="wpforms[fields][1]" id="w2">
            <label for="w3">E-mail, again</label><input name="wpforms[fields][1b]" id="w3" type="email">
            <label for="w4">What is it about? (required)</label>
              <select name="wpforms[fields][3]" id="w4"><option>A delivery</option><option>A complaint</option></select>
            <label for="w5">Comment</label><textarea name="wpforms[fields][2]" id="w5"></textarea>
            <label for="w6">Mobile</label><input name="wpforms[fields][4]" id="w6">
            <ul><li><input type="checkbox" name="wpforms[fields][5][]" id="w7" value="yes" required><label for="w7">GDPR agreement</label></li></ul>
            <input name="coupon" id="w8" aria-label="Coupon" data-unticked-field="none">
            <div style="position:absolute;left:-9999px"><label for="w9">Email</label><input name="wpforms[hp]" id="w9" tabindex="-1"></div>
            <input type="button" value="Send" id="send"></form>"#,
        ),
    );
    let browser = Browser::start(Engine::Chromium);
    let listen =
        "window.warned = []; const warn = console.warn; console.warn = (...all) => { warned.push(String(all[0])); };";
    browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": listen }));
    browser.open_page(&world.url("/"));
    let form = Adopted::on(&browser);
    form.type_into("#w0", "Ann").type_into("#w1", "Example").type_into("#w2", "ann@example.org");
    form.type_into("#w5", "Hello").type_into("#w6", "0888 123 456").type_into("#w8", "SPRING");
    browser.run("document.querySelector('#w9').value = 'robot@example.org'", &[]);
    let seen = |id: &str| form.script(&format!("document.querySelector('#{id}').getClientRects().length > 0"));
    assert_eq!((seen("w3"), seen("w7"), seen("w8")), (json!(false), json!(false), json!(true)));
    form.click("#send");
    form.wait_for_reference();
    assert_eq!(
        values(&world.only_lead()),
        json!({ "name": "Ann Example", "email": "ann@example.org", "topic": "delivery", "message": "Hello", "phone": "0888 123 456" })
    );
    let warned = form.warnings().join("\n");
    assert!(warned.contains("offers “A complaint”") && warned.contains("“E-mail, again”"), "{warned}");
    assert_eq!(form.warnings().len(), 2, "{warned}");
    assert_eq!(world.posts(), [""; 0]);
}
