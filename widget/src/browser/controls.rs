//! Reading the native form's controls, and putting back what hydration must not lose.

use unticked_shared::{
    decision::Choice,
    id::{FieldId, PurposeId},
    placement::{Content, FieldKind},
    submission::{Choices, Value, Values},
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, ShadowRoot};

use crate::state::FormState;

#[wasm_bindgen]
extern "C" {
    /// An input, select or text area: the members they share.
    #[wasm_bindgen(extends = HtmlElement)]
    pub type Control;
    #[wasm_bindgen(method, getter)]
    pub fn name(this: &Control) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = type)]
    pub fn kind(this: &Control) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub fn value(this: &Control) -> String;
    #[wasm_bindgen(method, setter)]
    pub fn set_value(this: &Control, value: &str);
    #[wasm_bindgen(method, getter)]
    pub fn checked(this: &Control) -> bool;
    #[wasm_bindgen(method, setter)]
    pub fn set_checked(this: &Control, checked: bool);
    #[wasm_bindgen(method, getter)]
    fn validity(this: &Control) -> Validity;

    type Validity;
    #[wasm_bindgen(method, getter, js_name = badInput)]
    fn bad_input(this: &Validity) -> bool;

    /// The form element.
    type Form;
    #[wasm_bindgen(method, getter)]
    fn elements(this: &Form) -> js_sys::Array;
    #[wasm_bindgen(method)]
    fn reset(this: &Form);
}

impl Control {
    fn is_box(&self) -> bool {
        matches!(self.kind().as_deref(), Some("checkbox" | "radio"))
    }

    /// The text of the control. A date that the browser cannot read looks empty from outside; it becomes a text that
    /// is no date, so that the visitor is told instead of losing it.
    pub fn text(&self) -> String {
        let text = self.value();
        if text.is_empty() && self.kind().as_deref() == Some("date") && self.validity().bad_input() {
            "?".to_owned()
        } else {
            text
        }
    }
}

/// What every control held at one moment.
#[derive(Default)]
pub struct Snapshot {
    /// By field.
    pub values: Values,
    /// By purpose: what was ticked.
    pub choices: Choices,
    /// What the trap for robots holds.
    pub trap: String,
    held: Vec<(Control, String, bool)>,
}

impl Snapshot {
    /// Puts back what has changed since. Untouched controls are not written to: writing would end a composition.
    pub fn put_back(&self) {
        for (control, value, checked) in &self.held {
            if control.is_box() {
                if control.checked() != *checked {
                    control.set_checked(*checked);
                }
            } else if control.value() != *value {
                control.set_value(value);
            }
        }
    }
}

fn controls(container: &HtmlElement) -> Vec<Control> {
    let Ok(Some(form)) = container.query_selector("form") else { return Vec::new() };
    // HTMLFormControlsCollection is array-like.
    js_sys::Array::from(&form.unchecked_into::<Form>().elements()).iter().map(JsCast::unchecked_into).collect()
}

/// Reads every control.
pub fn read(container: &HtmlElement, content: &Content) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for control in controls(container) {
        let Some(name) = control.name() else { continue };
        if let Some(id) = name.strip_prefix("value.") {
            if let Some(field) = content.field(id) {
                let value = value_of(&snapshot, &control, &field.id, field.kind);
                snapshot.values.extend(value.map(|value| (field.id.clone(), value)));
            }
        } else if let Some(id) = name.strip_prefix("choice.") {
            if let (true, Ok(id)) = (control.checked(), PurposeId::parse(id)) {
                snapshot.choices.insert(id, Choice::Granted);
            }
        } else if name == "trap" {
            snapshot.trap = control.value();
        } else {
            continue;
        }
        let (value, checked) = (control.value(), control.checked());
        snapshot.held.push((control, value, checked));
    }
    snapshot
}

fn value_of(so_far: &Snapshot, control: &Control, id: &FieldId, kind: FieldKind) -> Option<Value> {
    match kind {
        FieldKind::Checkboxes => {
            let mut options = match so_far.values.get(id) {
                Some(Value::Many(options)) => options.clone(),
                _ => Vec::new(),
            };
            options.extend(control.checked().then(|| control.value()));
            Some(Value::Many(options))
        }
        FieldKind::Radio => control.checked().then(|| Value::One(control.value())),
        _ => Some(Value::One(control.text())),
    }
}

/// Tells which controls are wrong, for assistive technology: controls are not hydrated, so no view does it.
pub fn mark_invalid(container: &HtmlElement, state: &FormState) {
    let Ok(marked) = container.query_selector_all("[data-field] :is(input, select, textarea, [role=radiogroup])")
    else {
        return;
    };
    for element in (0..marked.length()).filter_map(|index| marked.item(index)) {
        let element: Element = element.unchecked_into();
        let wrong = field_of(&element).is_some_and(|field| state.error_at(&field).is_some());
        // Options are called invalid as a group.
        let option = element.unchecked_ref::<Control>().is_box();
        let _ = if wrong && !option {
            element.set_attribute("aria-invalid", "true")
        } else {
            element.remove_attribute("aria-invalid")
        };
    }
}

/// The name of the field that an element belongs to.
pub fn field_of(element: &Element) -> Option<String> {
    element.closest("[data-field]").ok().flatten()?.get_attribute("data-field")
}

/// Empties the form after it has arrived.
pub fn forget(container: &HtmlElement) {
    if let Ok(Some(form)) = container.query_selector("form") {
        form.unchecked_into::<Form>().reset();
    }
}

/// The element that has focus within the form.
pub fn focused(container: &HtmlElement) -> Option<Element> {
    let root = container.get_root_node();
    let active = match root.dyn_ref::<ShadowRoot>() {
        Some(shadow) => shadow.active_element(),
        None => container.owner_document().and_then(|document| document.active_element()),
    };
    active.filter(|element| container.contains(Some(element)))
}

/// Gives focus back if hydration took it. Where it did not, selection and composition are left alone.
pub fn keep_focus(container: &HtmlElement, element: &Element) {
    if focused(container).as_ref() != Some(element) {
        let _ = element.unchecked_ref::<HtmlElement>().focus();
    }
}
