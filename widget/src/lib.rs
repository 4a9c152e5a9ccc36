//! The form a visitor sees: Leptos views, rendered on the server (feature `ssr`) and hydrated in the browser
//! (feature `hydrate`).
//!
//! [`state`] is what the visitor has typed and decided, plain and testable without a browser. [`view`] turns it into
//! elements and does nothing else: no view has an event handler, because the browser room listens once, at the form's
//! root. `browser` is the only place that fetches, signs or touches `window`.

#[cfg(feature = "hydrate")]
pub mod browser;
#[cfg(any(test, feature = "hydrate"))]
mod json;
#[cfg(any(test, feature = "hydrate"))]
mod lean;
#[cfg(feature = "ssr")]
mod personal;
#[cfg(feature = "ssr")]
mod receipt;
#[cfg(test)]
mod sample;
#[cfg(feature = "ssr")]
mod server;
pub mod state;
pub mod view;

#[cfg(feature = "ssr")]
pub use personal::{
    PREFERENCES_SCRIPT, PREFERENCES_STYLESHEET, PersonalFiles, PersonalPage, PersonalProblem, PersonalPurpose,
    render_gone, render_opening, render_personal,
};
#[cfg(feature = "ssr")]
pub use receipt::{RECEIPT_SCRIPT, RECEIPT_STYLESHEET, ReceiptPage, render_receipt};
#[cfg(feature = "ssr")]
pub use server::{
    ADOPT, BANNER_STYLESHEET, CONSENT, GATE, LOADER, LanguageLink, PageState, STYLESHEET, render_form, render_missing,
    render_page,
};
