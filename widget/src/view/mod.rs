//! What a visitor sees, as a function of content and state.
//!
//! Views have no handlers and know no browser. Their structure never changes while the form is filled in (what does
//! not apply is hidden), so that typing rebuilds no control and hydration finds what the server rendered. What never
//! changes at all ([`still`]), the controls among it, is not hydrated: the Wasm does not hold its views, and hydration
//! cannot touch what was typed. Elements that
//! first appear after hydration must hold something dynamic: Leptos builds wholly static ones through `innerHTML`,
//! which Trusted Types forbid.

#[cfg(feature = "banner")]
pub mod banner;
mod confirmation;
mod field;
mod form;
mod notice;
#[cfg(feature = "ssr")]
pub(crate) mod preferences;
mod purposes;
#[cfg(feature = "ssr")]
pub(crate) mod receipt;
mod summary;

use std::sync::Arc;

use leptos::prelude::*;
use unticked_shared::{placement::Content, texts::Word};

pub use form::form;
#[cfg(feature = "ssr")]
use purposes::basis_word;

use crate::state::FormState;

/// What every view is given.
#[derive(Clone)]
pub struct Ui {
    /// What the form says and asks.
    pub content: Arc<Content>,
    /// What the visitor has entered.
    pub state: RwSignal<FormState>,
    /// What the server writes into the form around it.
    pub frame: Frame,
}

/// The hidden controls of the native form. In a placement they are empty and the loader fills them in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The ticket.
    pub ticket: String,
    /// The version that is shown.
    pub version: String,
    /// The address of the page the form stands on, without query and fragment.
    pub page: String,
    /// The form stands on a page of its own: the summary takes focus on loading.
    pub whole_page: bool,
}

impl Ui {
    /// A view's context with `state` as its beginning.
    pub fn new(content: Arc<Content>, state: FormState, frame: Frame) -> Self {
        Self { content, state: RwSignal::new(state), frame }
    }

    fn word(&self, word: Word) -> String {
        self.content.words.get(word).to_owned()
    }

    fn fill(&self, word: Word, parts: &[(&str, &str)]) -> String {
        self.content.words.fill(word, parts)
    }

    /// A reading of the state that follows its changes. One type for all of one kind, so that the Wasm holds the
    /// machinery around it once.
    fn follow<T: 'static>(&self, read: impl Fn(&Content, &FormState) -> T + Send + Sync + 'static) -> Reading<T> {
        fn following<T: 'static>(content: Arc<Content>, state: RwSignal<FormState>, read: Box<Look<T>>) -> Reading<T> {
            Box::new(move || read(&content, &state.read()))
        }
        following(self.content.clone(), self.state, Box::new(read))
    }
}

/// What never changes, as the only child of its element: the server renders it and the browser leaves it alone.
#[cfg(not(feature = "hydrate"))]
fn still<V>(view: impl FnOnce() -> V) -> V {
    view()
}

/// See above: in the browser it is there already, and an element without children is hydrated without them.
#[cfg(feature = "hydrate")]
fn still<V>(_: impl FnOnce() -> V) {}

type Look<T> = dyn Fn(&Content, &FormState) -> T + Send + Sync;

/// A function of the state that Leptos calls again when the state has changed.
type Reading<T> = Box<dyn Fn() -> T + Send + Sync>;
