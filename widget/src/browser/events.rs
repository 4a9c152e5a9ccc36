//! What the page's own scripts are told: custom events on the element, bubbling and composed, typed in
//! `types/unticked.d.ts`. No detail holds anything that a visitor typed, nor the reference.

use js_sys::{Array, Object, Reflect};
use unticked_shared::submission::Accepted;
use wasm_bindgen::JsValue;
use web_sys::{CustomEvent, CustomEventInit};

use super::App;

fn tell(app: &App, name: &str, more: &[(&str, JsValue)]) {
    let detail = Object::new();
    let set = |key: &str, value: &JsValue| {
        // Setting a plain object's own property cannot fail.
        let _ = Reflect::set(&detail, &key.into(), value);
    };
    set("form", &app.content.form.as_str().into());
    set("version", &app.bridge.version().into());
    set("language", &app.content.language.as_str().into());
    for (key, value) in more {
        set(key, value);
    }
    let init = CustomEventInit::new();
    init.set_bubbles(true);
    init.set_composed(true);
    init.set_detail(&detail);
    if let Ok(event) = CustomEvent::new_with_event_init_dict(name, &init) {
        let _ = app.host.dispatch_event(&event);
    }
}

/// The form is live.
pub fn ready(app: &App) {
    tell(app, "unticked:ready", &[]);
}

/// Another page of the form is visible; counted from 1.
pub fn step(app: &App, step: usize) {
    let number = |n: usize| JsValue::from(u32::try_from(n).unwrap_or(u32::MAX));
    tell(app, "unticked:step", &[("step", number(step + 1)), ("steps", number(app.content.steps.len()))]);
}

/// It has arrived.
pub fn submitted(app: &App, accepted: &Accepted) {
    let decisions = Object::new();
    for taken in &accepted.decisions {
        let _ = Reflect::set(&decisions, &taken.purpose.as_str().into(), &taken.decision.as_str().into());
    }
    tell(app, "unticked:submitted", &[("decisions", decisions.into())]);
}

/// It was not sent, or not accepted: a problem's slug or `no-answer`, and the fields concerned.
pub fn error(app: &App, problem: &str, concerned: &[String]) {
    let fields = Array::new();
    for field in concerned {
        fields.push(&field.as_str().into());
    }
    tell(app, "unticked:error", &[("problem", problem.into()), ("fields", fields.into())]);
}
