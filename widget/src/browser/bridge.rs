//! The loader's side, as it looks from here.

use unticked_shared::submission::ProblemType;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What the loader hands over; see `loader/unticked.js`.
    pub type Bridge;

    /// The collector's origin.
    #[wasm_bindgen(method, getter)]
    pub fn origin(this: &Bridge) -> String;
    /// The version of the placement.
    #[wasm_bindgen(method, getter)]
    pub fn version(this: &Bridge) -> String;
    /// The build of this Wasm.
    #[wasm_bindgen(method, getter)]
    pub fn build(this: &Bridge) -> String;
    /// A problem to begin with: `definition-changed` after a reload.
    #[wasm_bindgen(method, getter)]
    pub fn said(this: &Bridge) -> Option<String>;
    /// Tells the loader that a submission may have gone out: the ticket must stay the same.
    #[wasm_bindgen(method, setter)]
    pub fn set_unsure(this: &Bridge, unsure: bool);
    /// The ticket, fetched at the first touch.
    #[wasm_bindgen(method, catch)]
    pub async fn ticket(this: &Bridge) -> Result<JsValue, JsValue>;
    /// Another ticket for the same version.
    #[wasm_bindgen(method, catch)]
    pub async fn renew(this: &Bridge) -> Result<JsValue, JsValue>;
    /// Fetches the placement past the cache, unmounts this form and mounts the new one with what was typed.
    #[wasm_bindgen(method, catch)]
    pub async fn reload(this: &Bridge, said: &str) -> Result<JsValue, JsValue>;

    /// `TicketAnswer` and `at`, the monotonic time of its arrival.
    pub type Ticket;
    #[wasm_bindgen(method, getter)]
    pub fn id(this: &Ticket) -> String;
    #[wasm_bindgen(method, getter)]
    pub fn ticket(this: &Ticket) -> String;
    #[wasm_bindgen(method, getter)]
    pub fn key(this: &Ticket) -> String;
    #[wasm_bindgen(method, getter)]
    pub fn issued_at(this: &Ticket) -> f64;
    #[wasm_bindgen(method, getter)]
    pub fn at(this: &Ticket) -> f64;

    /// Why the loader's fetch failed: `problem` is a slug where the collector answered.
    pub type Failure;
    #[wasm_bindgen(method, getter)]
    pub fn problem(this: &Failure) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub fn wait(this: &Failure) -> Option<f64>;
}

/// The problem of that slug.
pub fn problem_of(slug: &str) -> Option<ProblemType> {
    use ProblemType as P;
    [
        P::TicketExpired,
        P::TicketInvalid,
        P::DefinitionChanged,
        P::OriginNotAllowed,
        P::SignatureInvalid,
        P::AlreadySubmitted,
        P::ValidationFailed,
        P::RateLimited,
        P::TooLarge,
        P::NotFound,
        P::Malformed,
        P::MethodNotAllowed,
        P::Unavailable,
        P::Internal,
    ]
    .into_iter()
    .find(|kind| kind.slug() == slug)
}
