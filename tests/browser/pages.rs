//! What pages do with forms: several of them, later ones, moved and removed ones.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    engine::{Browser, Engine},
    form::Form,
    world::{Page, World, contact, place},
};

#[test]
fn several_forms_on_one_page_do_not_meddle_with_each_other() {
    let world = World::new();
    let twice = contact().replace("<unticked-form", "<unticked-form id=\"second\"");
    let body = format!(
        "{}{twice}{}",
        contact(),
        place("order", "Order").replace("<unticked-form", "<unticked-form id=\"order\"")
    );
    world.place("/", Page::new(body));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let (first, second, order) = (Form::on(&browser), Form::at(&browser, "#second"), Form::at(&browser, "#order"));
    for form in [&first, &second, &order] {
        form.wait_until_live();
    }
    assert_eq!(world.network.count("GET", ".wasm"), 1, "one Wasm for all");
    first.type_into("name", "First").tick_purpose("newsletter");
    second.fill();
    assert_eq!((first.value("name").as_str(), second.value("name").as_str()), ("First", "Ann Example"));
    assert!(first.is_ticked("newsletter") && !second.is_ticked("newsletter") && !order.is_ticked("newsletter"));
    second.send().wait_for_reference();
    assert_eq!(first.value("name"), "First", "the other one is as it was");
    let lead = world.only_lead();
    assert_eq!(lead["data"]["form"], "contact");
}

#[test]
fn a_form_added_by_script_later_works() {
    let world = World::new();
    world.place("/", Page::new("<div id=\"place\"></div>"));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    browser.run(
        "const form = document.createElement('unticked-form'); form.setAttribute('form', 'contact'); \
         document.querySelector('#place').append(form);",
        &[],
    );
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().send().wait_for_reference();
    world.only_lead();
}

#[test]
fn a_form_that_is_removed_leaves_nothing_behind() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    Form::on(&browser).wait_until_live();
    browser.chromium("Performance.enable", &json!({}));
    // What one form leaves once (the Wasm, the sheet) is for all; what each leaves would grow.
    let cycle = || {
        browser.run("window.gone = document.querySelector('unticked-form'); gone.remove();", &[]);
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert_eq!(browser.run("return gone.shadowRoot.childElementCount", &[]), json!(0));
        browser.run(
            "window.gone = null; const form = document.createElement('unticked-form'); \
             form.setAttribute('form', 'contact'); document.querySelector('main').append(form);",
            &[],
        );
        Form::on(&browser).wait_until_live();
    };
    let count = || {
        browser.chromium("HeapProfiler.enable", &json!({}));
        browser.chromium("HeapProfiler.collectGarbage", &json!({}));
        let metrics = browser.chromium("Performance.getMetrics", &json!({}));
        let metric = |name: &str| {
            let all = metrics["metrics"].as_array().expect("metrics");
            all.iter().find(|m| m["name"] == name).and_then(|m| m["value"].as_f64()).expect("a number")
        };
        (metric("Nodes"), metric("JSEventListeners"))
    };
    cycle();
    cycle();
    let (nodes, listeners) = count();
    for _ in 0..5 {
        cycle();
    }
    let (more_nodes, more_listeners) = count();
    // A form has some 150 nodes and a dozen listeners: five left behind would show.
    assert!(more_nodes - nodes < 150.0, "{nodes} nodes became {more_nodes}");
    assert!(more_listeners - listeners < 10.0, "{listeners} listeners became {more_listeners}");
}

#[test]
fn a_form_that_is_moved_keeps_its_state() {
    let world = World::new();
    world.place("/", Page::new(format!("{}<aside id=\"elsewhere\"></aside>", contact())));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().select("topic", "order").type_into("order", "A-17").tick_purpose("newsletter");
    browser.run("document.querySelector('#elsewhere').append(document.querySelector('unticked-form'))", &[]);
    let elsewhere = Form::at(&browser, "#elsewhere unticked-form");
    assert_eq!(elsewhere.value("order"), "A-17");
    assert_eq!(elsewhere.ticked(), ["choice.newsletter"]);
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(elsewhere.is_live());
    elsewhere.send().wait_for_reference();
    let lead = world.only_lead();
    assert!(lead["data"]["values"].as_array().expect("values").iter().any(|v| v["value"] == "A-17"));
}

#[test]
fn the_pages_scripts_are_told_what_happens_and_nothing_that_was_typed() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    assert_eq!(form.told("ready").expect("told")["form"], "contact");
    form.send().wait_for_summary();
    let error = form.told("error").expect("told");
    assert_eq!(error["fields"], json!(["name", "email", "message"]));
    form.fill().tick_purpose("newsletter").send().wait_for_reference();
    let submitted = form.told("submitted").expect("told");
    assert_eq!(submitted["decisions"], json!({"newsletter": "granted", "profiling": "refused"}));
    let told = browser.run("return JSON.stringify(window.told)", &[]);
    let told = told.as_str().unwrap_or_default();
    for secret in ["Ann", "ann@example.org", "Moby"] {
        assert!(!told.contains(secret), "{secret}");
    }
    // Nor is anything left on the device.
    let stored = "return localStorage.length + sessionStorage.length + document.cookie.length";
    assert_eq!(browser.run(stored, &[]), json!(0));
    assert_ne!(told, "[]");
}

#[test]
fn steps_and_conditions_lead_through_a_longer_form() {
    let world = World::new();
    world.place("/", Page::new(place("order", "Order")));
    let browser = Browser::start(Engine::Chromium);
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    let next = "[data-act=next]";
    assert!(
        form.sees("[data-field=name]")
            && !form.sees("[data-field=binding]")
            && !form.sees("[name='choice.newsletter']")
    );
    browser.click(&form.find(next));
    let summary = form.wait_for_summary();
    assert!(summary.contains("Your name") && summary.contains("Country") && !summary.contains("Binding"), "{summary}");
    form.type_into("name", "Ann Example").select("country", "BG");
    browser.click(&form.find(next));
    form.wait("the second step is there", "root.querySelector('[data-field=binding]').getClientRects().length > 0");
    assert!(!form.sees("[data-field=name]") && form.sees("[name='choice.newsletter']"));
    assert!(!form.sees("[data-field=engraving]"));
    form.choose("binding", "hard");
    form.wait("the condition holds", "root.querySelector('[data-field=engraving]').getClientRects().length > 0");
    form.type_into("engraving", "To Eve");
    // Back and forth loses nothing.
    browser.click(&form.find("[data-act=back]"));
    assert_eq!(form.value("name"), "Ann Example");
    browser.click(&form.find(next));
    form.wait("the second step is there", "root.querySelector('[data-field=binding]').getClientRects().length > 0");
    form.type_into("copies", "9").choose("topics", "cities").choose("topics", "sea").send();
    let summary = form.wait_for_summary();
    assert!(summary.contains("How many copies"), "{summary}");
    form.script("root.querySelector(\"[name='value.copies']\").value = ''");
    form.type_into("copies", "2").choose("binding", "soft").send().wait_for_reference();
    let lead = world.only_lead();
    let values = lead["data"]["values"].as_array().expect("values");
    let value = |id: &str| values.iter().find(|v| v["field"] == id).map_or(Value::Null, |v| v["value"].clone());
    assert_eq!(value("engraving"), Value::Null, "its condition no longer holds");
    assert_eq!(value("topics"), json!(["sea", "cities"]), "in the form's order");
    assert_eq!((value("copies"), value("country")), (json!("2"), json!("BG")));
}

#[test]
fn the_published_crate_accepts_what_the_wasm_signed() {
    let world = World::new();
    let browser = Browser::start(Engine::Chromium);
    let listen = "const real = window.fetch; window.fetch = async (...asked) => { const answer = await real(...asked); \
                  if (String(asked[0]).endsWith('/tickets')) { answer.clone().json().then(t => { window.key = t.key; }); } \
                  return answer; };";
    browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": listen }));
    browser.open_page(&world.url("/"));
    let form = Form::on(&browser);
    form.wait_until_live();
    form.fill().type_into("message", " Здравейте, \"свят\" \\ – مرحبا ");
    // Some versions of the driver type nothing beyond the basic plane.
    browser.chromium("Input.insertText", &json!({ "text": "👋" }));
    form.tick_purpose("newsletter");
    form.send().wait_for_reference();
    let sent = world.network.last("POST", "/submissions").expect("it was sent");
    let header = |name: &str| sent.header(name).expect("the header is there");
    let key = browser.run("return window.key", &[]);
    let key = STANDARD.decode(key.as_str().expect("the ticket's key")).expect("base64");
    let referee = standardwebhooks::Webhook::from_bytes(key).expect("a key");
    let timestamp = header("unticked-timestamp").parse().expect("seconds");
    let signed = referee.sign(header("unticked-id"), timestamp, &sent.body).expect("it signs");
    assert_eq!(signed, header("unticked-signature"));
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert!(body["values"]["message"].as_str().expect("the message").ends_with(" مرحبا 👋"), "{body}");
    let canonical = unticked_shared::canonical::to_vec(&body).expect("it has a canonical form");
    assert_eq!(sent.body, canonical, "the browser writes canonical JSON");
    world.only_lead();
}
