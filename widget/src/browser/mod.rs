//! The only place that fetches, stores, signs or touches `window`.
//!
//! The loader has put the server's html into a shadow root; [`mount`] makes it live. Nothing that the visitor typed,
//! ticked or focused before may be lost, so the controls are read before hydration, which knows only the server's
//! initial state, and put back after it, in one task. The controls remain the truth about texts: views never write to
//! them, and sending reads them once more, because not every autofill tells.

mod bridge;
mod controls;
mod events;
mod listen;
mod submit;

use std::{cell::Cell, rc::Rc, sync::Arc};

use leptos::prelude::*;
use unticked_shared::placement::Content;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

pub use bridge::Bridge;

use crate::{
    state::{FormState, Trouble},
    view::{self, Frame, Ui},
};

/// One live form.
struct App {
    content: Arc<Content>,
    state: RwSignal<FormState>,
    host: HtmlElement,
    container: HtmlElement,
    bridge: Bridge,
    /// Set when the form has left the page: an answer that comes later changes nothing any more.
    gone: Cell<bool>,
}

impl App {
    /// The element of that id within this form; ids are unique within a shadow root only.
    fn element(&self, id: &str) -> Option<HtmlElement> {
        self.container.query_selector(&format!("#{id}")).ok().flatten().map(JsCast::unchecked_into)
    }

    /// Moves focus once the views have caught up with the state.
    fn focus_soon(self: &Rc<Self>, id: String) {
        let app = self.clone();
        set_timeout(
            move || {
                if let Some(element) = app.element(&id) {
                    // Focusing scrolls too; what is hidden by now stays where it is.
                    let _ = element.focus();
                }
            },
            std::time::Duration::ZERO,
        );
    }

    /// The state as it is. Not to be held across a change or an `await`.
    fn now(&self) -> impl std::ops::Deref<Target = FormState> {
        self.state.read_untracked()
    }

    /// Changes the state and lets the views follow. Behind one type of closure, because each would cost a copy of the
    /// machinery around it.
    fn change(&self, change: &mut dyn FnMut(&mut FormState)) {
        self.state.update(change);
    }
}

/// A mounted form, for the loader to end.
#[wasm_bindgen]
pub struct Handle {
    app: Rc<App>,
    // Dropped in this order: no event may meet a view that is gone.
    _listener: listen::Listener,
    _view: Box<dyn std::any::Any>,
}

#[wasm_bindgen]
impl Handle {
    /// Ends the form: listeners, views and state go, and nothing stays behind.
    pub fn unmount(self) {
        self.app.gone.set(true);
    }
}

/// Makes the server's html in `container` live.
///
/// `host` is the `<unticked-form>`, on which events are told; `content` is the placement's, as JSON; `bridge` is the
/// loader's side. Fails, and leaves the native form as it is, when the content cannot be read.
#[wasm_bindgen]
pub fn mount(host: HtmlElement, container: HtmlElement, content: &str, bridge: Bridge) -> Result<Handle, JsError> {
    let content: Arc<Content> = Arc::new(crate::lean::read(content)?);
    let mut before = controls::read(&container, &content);
    let focused = controls::focused(&container);

    let ui = Ui::new(content.clone(), FormState::default(), Frame::default());
    let state = ui.state;
    let view = leptos::mount::hydrate_from(container.clone(), move || view::form(&ui));

    before.put_back();
    let marked = container.clone();
    let invalid = RenderEffect::new(move |_| controls::mark_invalid(&marked, &state.read()));
    let app = Rc::new(App { content, state, host, container, bridge, gone: Cell::new(false) });
    let trouble = app.bridge.said().and_then(|slug| bridge::problem_of(&slug));
    app.change(&mut |state| {
        state.live = true;
        state.step = focused.as_ref().and_then(|element| step_of(&app.content, element)).unwrap_or(0);
        state.values = std::mem::take(&mut before.values);
        state.choices = std::mem::take(&mut before.choices);
        state.trouble = trouble.map(|kind| Trouble::Problem(kind, None));
    });
    let listener = listen::Listener::new(&app);
    if trouble.is_some() {
        app.focus_soon("summary".to_owned());
    } else if let Some(element) = focused {
        controls::keep_focus(&app.container, &element);
    }
    events::ready(&app);
    Ok(Handle { app, _listener: listener, _view: Box::new((invalid, view)) })
}

/// The page of the form on which an element stands; the purposes stand on the last.
fn step_of(content: &Content, element: &Element) -> Option<usize> {
    match controls::field_of(element) {
        Some(field) => content.steps.iter().position(|step| step.fields.iter().any(|one| one.id.as_str() == field)),
        None => element.closest(".purposes").ok().flatten().map(|_| content.steps.len().saturating_sub(1)),
    }
}
