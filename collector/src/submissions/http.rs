//! `POST /v1/forms/{form}/submissions`, and what the hosted page calls with a native post.

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::IntoResponse,
    routing::post,
};
use unticked_shared::{
    canonical,
    definition::banner,
    id::FormId,
    signature::{SUBMISSION_HEADERS, sha256},
    submission::{Accepted, Choices, ProblemType, Submission, Values},
};

use super::{
    Refused,
    decide::{Arrival, Proof, Refusal as Decided, Signed},
};
use crate::{config::ClientAddress, problem::Refusal, router::Client, wiring::App};

/// The route; CORS and rate limits are the router's.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/forms/{form}/submissions", post(submit))
}

async fn submit(
    State(app): State<App>,
    Path(form): Path<String>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let form = FormId::parse(&form).map_err(|_| ProblemType::NotFound)?;
    let channel = if banner::is_banner(&form) { "banner" } else { "widget" };
    let arrival = read(form, client_address(&app, client), &headers, &body)?;
    let result = app.submissions.submit(arrival).await;
    app.metrics.submission(channel, super::result_name(&result));
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(result?.accepted)))
}

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
    /// The browser's signal, see [`global_privacy_control`].
    pub gpc: Option<bool>,
}

/// The Global Privacy Control signal of a request: true where `Sec-GPC: 1` came, absent where nothing was said.
pub fn global_privacy_control(headers: &HeaderMap) -> Option<bool> {
    (text(headers, "sec-gpc")?.trim() == "1").then_some(true)
}

/// Takes a native post: `origin` is the `Origin` header as it came (`null` is accepted when the ticket's origin is).
/// Answers what was accepted, now or before with the same ticket, or why not.
pub async fn accept_native(
    app: &App,
    form: &FormId,
    origin: Option<&str>,
    client: Client,
    post: NativePost,
) -> Result<Accepted, Refusal> {
    let NativePost { ticket, values, choices, page, trap, gpc } = post;
    let build = "page".to_owned();
    let submission = Submission { ticket, values, choices, page, gpc, build, visitor: None, trap };
    let body = canonical::to_vec(&submission).map_err(|_| ProblemType::Internal)?;
    let arrival = Arrival {
        form: form.clone(),
        origin: origin.map(str::to_owned),
        client: client_address(app, client),
        submission,
        body_digest: sha256(&[&body]),
        proof: Proof::Ticket,
    };
    let result = app.submissions.submit(arrival).await;
    app.metrics.submission("page", super::result_name(&result));
    Ok(result?.accepted)
}

/// What evidence keeps of the client's address.
fn client_address(app: &App, client: Client) -> Option<String> {
    match app.settings.evidence.client_address {
        ClientAddress::None => None,
        ClientAddress::Truncated => Some(client.truncated()),
    }
}

fn read(form: FormId, client: Option<String>, headers: &HeaderMap, body: &Bytes) -> Result<Arrival, Refusal> {
    let [id, timestamp, signature] = SUBMISSION_HEADERS.map(|name| text(headers, name));
    let proof = if banner::is_banner(&form) && !headers.contains_key(SUBMISSION_HEADERS[2]) {
        Proof::TicketByScript
    } else {
        Proof::Signed(Signed {
            id: id.ok_or(ProblemType::SignatureInvalid)?.to_owned(),
            timestamp: timestamp.and_then(|text| text.parse().ok()).ok_or(ProblemType::SignatureInvalid)?,
            signature: signature.ok_or(ProblemType::SignatureInvalid)?.to_owned(),
            body: body.clone(),
        })
    };
    // serde's own message may quote what was sent.
    let mut submission: Submission = serde_json::from_slice(body)
        .map_err(|_| Refusal::new(ProblemType::Malformed).detail("the body is no submission"))?;
    // Some browsers send the header and hide the property from scripts.
    submission.gpc = global_privacy_control(headers).or(submission.gpc);
    Ok(Arrival {
        form,
        origin: text(headers, header::ORIGIN.as_str()).map(str::to_owned),
        client,
        submission,
        body_digest: sha256(&[body]),
        proof,
    })
}

/// A header that stands once and is text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Decided(Decided::TicketInvalid) => ProblemType::TicketInvalid.into(),
            Refused::Decided(Decided::TicketExpired) => ProblemType::TicketExpired.into(),
            Refused::Decided(Decided::DefinitionChanged) => ProblemType::DefinitionChanged.into(),
            Refused::Decided(Decided::OriginNotAllowed) => ProblemType::OriginNotAllowed.into(),
            Refused::Decided(Decided::SignatureInvalid) => ProblemType::SignatureInvalid.into(),
            Refused::Decided(Decided::Malformed(detail)) => Self::new(ProblemType::Malformed).detail(detail),
            Refused::Decided(Decided::Invalid(errors)) => Self::invalid(errors),
            Refused::AlreadySubmitted => ProblemType::AlreadySubmitted.into(),
            Refused::Unavailable => ProblemType::Unavailable.into(),
            Refused::Internal => ProblemType::Internal.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_privacy_signal_is_what_the_browser_says_and_nothing_else() {
        let signal = |value: Option<&'static str>| {
            let headers = value.map(|value| (header::HeaderName::from_static("sec-gpc"), value.parse().unwrap()));
            global_privacy_control(&headers.into_iter().collect())
        };
        assert_eq!(signal(Some("1")), Some(true));
        for silence in [None, Some("0"), Some("true"), Some("")] {
            assert_eq!(signal(silence), None, "{silence:?}");
        }
    }
}
