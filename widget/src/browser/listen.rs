//! One listener at the form's root, instead of handlers in every view.

use std::rc::Rc;

use unticked_shared::{
    id::{FieldId, PurposeId},
    placement::FieldKind,
    submission::Value,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event};

use super::{
    App,
    controls::{self, Control},
    events, submit,
};
use crate::state::Phase;

const TYPES: [&str; 5] = ["input", "change", "focusout", "click", "submit"];

/// Listens until it is dropped.
pub struct Listener {
    app: Rc<App>,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Begins to listen.
    pub fn new(app: &Rc<App>) -> Self {
        let heard = app.clone();
        let closure = Closure::<dyn FnMut(Event)>::new(move |event: Event| hear(&heard, &event));
        for name in TYPES {
            let _ = app.container.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        }
        Self { app: app.clone(), closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for name in TYPES {
            let _ = self.app.container.remove_event_listener_with_callback(name, self.closure.as_ref().unchecked_ref());
        }
    }
}

fn hear(app: &Rc<App>, event: &Event) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    match event.type_().as_str() {
        "submit" => {
            event.prevent_default();
            press(app);
        }
        "click" => click(app, event, &target),
        "focusout" => {
            if let Some(field) = field_of(&target) {
                leave_soon(app.clone(), field);
            }
        }
        _ => entered(app, target.unchecked_ref()),
    }
}

/// Checks a field that was left, once the press that took the focus away is over: a message that appears between press
/// and release would move what is being pressed from under the pointer, and the click would be lost.
fn leave_soon(app: Rc<App>, field: FieldId) {
    let leave = move || {
        if !app.gone.get() {
            app.change(&mut |state| state.leave(&app.content, &field));
        }
    };
    leptos::prelude::set_timeout(leave, std::time::Duration::from_millis(300));
}

fn field_of(element: &Element) -> Option<FieldId> {
    FieldId::parse(&controls::field_of(element)?).ok()
}

fn entered(app: &App, control: &Control) {
    let Some(name) = control.name() else { return };
    if let Some(purpose) = name.strip_prefix("choice.").and_then(|id| PurposeId::parse(id).ok()) {
        let granted = control.checked();
        app.change(&mut |state| state.decide(&purpose, granted));
        return;
    }
    let Some(field) = name.strip_prefix("value.").and_then(|id| app.content.field(id)) else { return };
    let value = if field.kind == FieldKind::Checkboxes {
        // The group's order is the definition's, whatever the order of the clicks.
        let snapshot = controls::read(&app.container, &app.content);
        snapshot.values.get(&field.id).cloned().unwrap_or(Value::Many(Vec::new()))
    } else {
        Value::One(control.text())
    };
    app.change(&mut |state| state.enter(&app.content, &field.id, value.clone()));
}

fn click(app: &Rc<App>, event: &Event, target: &Element) {
    let Ok(Some(actor)) = target.closest("[data-act],[data-focus]") else { return };
    event.prevent_default();
    if let Some(id) = actor.get_attribute("data-focus") {
        app.focus_soon(id);
        return;
    }
    if actor.get_attribute("data-act").as_deref() == Some("back") {
        app.change(&mut crate::state::FormState::go_back);
        turned(app);
    } else {
        press(app);
    }
}

/// The main button, or Enter in a field: on to the next page, or send.
fn press(app: &Rc<App>) {
    let (filling, last) = {
        let state = app.now();
        (state.phase == Phase::Filling, state.is_last(&app.content))
    };
    if !filling {
        return;
    }
    if last {
        leptos::task::spawn_local(submit::send(app.clone()));
        return;
    }
    let mut read = controls::read(&app.container, &app.content);
    let mut gone_on = false;
    app.change(&mut |state| {
        state.values = std::mem::take(&mut read.values);
        gone_on = state.go_on(&app.content);
    });
    if gone_on {
        turned(app);
    } else {
        submit::tell_errors(app);
    }
}

fn turned(app: &Rc<App>) {
    let step = app.now().step;
    let titled = app.content.steps.get(step).is_some_and(|step| !step.title.is_empty());
    app.focus_soon(if titled { format!("s-{step}") } else { "title".to_owned() });
    events::step(app, step);
}
