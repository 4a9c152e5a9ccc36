//! (The core room's; what stands here is what the hosted page calls.)

use unticked_shared::{
    id::FormId,
    submission::{Accepted, Choices, ProblemType, Values},
};

use crate::{problem::Refusal, router::Client, wiring::App};

/// A native post of a form, read from its controls by [`crate::placements`]. The body is not signed: the ticket alone
/// speaks for it, and the evidence says so (`Method::Page`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NativePost {
    /// The ticket, as it came.
    pub ticket: String,
    /// What was entered, tidy; fields that did not apply are still in it, since the native form shows them all.
    pub values: Values,
    /// One for each purpose that was asked; a box that was not ticked is a refusal.
    pub choices: Choices,
    /// The page's address, as the control said it.
    pub page: String,
    /// What stands in the trap for robots.
    pub trap: String,
}

/// Takes a native post: `origin` is the `Origin` header as it came (`null` is accepted when the ticket's origin is).
/// Answers what was accepted, now or before with the same ticket, or why not.
#[expect(clippy::unused_async, reason = "it will commit")]
pub async fn accept_native(
    _app: &App,
    _form: &FormId,
    _origin: Option<&str>,
    _client: Client,
    _post: NativePost,
) -> Result<Accepted, Refusal> {
    Err(Refusal::new(ProblemType::Unavailable))
}
