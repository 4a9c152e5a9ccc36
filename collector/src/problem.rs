//! Refusals as `application/problem+json` (RFC 9457).
//!
//! What a stranger reads here never says whether an address is known, holds nothing that was sent, and is the same
//! whatever lies in the database.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use unticked_shared::{
    submission::{Problem, ProblemType},
    validate::FieldError,
};

use crate::{forms::FormsError, store::StoreError};

/// The media type of every refusal.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    problem: Problem,
    retry_after: Option<u64>,
}

impl Refusal {
    /// A refusal of this kind, with its own status and title.
    pub fn new(kind: ProblemType) -> Self {
        let problem =
            Problem { kind, title: title(kind).to_owned(), status: kind.status(), detail: None, errors: Vec::new() };
        // Whoever is told to come back is told when.
        let retry_after = (kind == ProblemType::Unavailable).then_some(5);
        Self { problem, retry_after }
    }

    /// The body did not arrive in time (408): the visitor's connection, not the form, is at fault.
    pub fn slow_body() -> Self {
        let mut refusal = Self::new(ProblemType::Unavailable).detail("the body did not arrive in time");
        refusal.problem.status = StatusCode::REQUEST_TIMEOUT.as_u16();
        "The request took too long".clone_into(&mut refusal.problem.title);
        refusal
    }

    /// `rate-limited`, with the seconds to wait.
    pub fn rate_limited(seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..Self::new(ProblemType::RateLimited) }
    }

    /// `validation-failed`, with each field in the order of the form.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let mut refusal = Self::new(ProblemType::ValidationFailed);
        refusal.problem.errors = errors;
        refusal
    }

    /// What a developer reading it should know; never personal data, and nothing that was sent.
    #[must_use]
    pub fn detail(mut self, text: &str) -> Self {
        self.problem.detail = Some(text.to_owned());
        self
    }

    /// What kind it is.
    pub fn kind(&self) -> ProblemType {
        self.problem.kind
    }

    /// The seconds to wait, where it says so.
    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// The fields that need another look.
    pub fn errors(&self) -> &[FieldError] {
        &self.problem.errors
    }
}

impl From<ProblemType> for Refusal {
    fn from(kind: ProblemType) -> Self {
        Self::new(kind)
    }
}

impl From<FormsError> for Refusal {
    fn from(error: FormsError) -> Self {
        let unavailable = matches!(&error, FormsError::Store(error) if error.is_unavailable());
        tracing::error!(%error, "a version could not be read");
        Self::new(if unavailable { ProblemType::Unavailable } else { ProblemType::Internal })
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database did not answer as it should");
        Self::new(if error.is_unavailable() { ProblemType::Unavailable } else { ProblemType::Internal })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.problem).expect("a problem is plain text and numbers");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self.problem.kind);
        response
    }
}

/// The fixed answer to a panic; the process's hook has logged where it was.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response<Body> {
    Refusal::new(ProblemType::Internal).into_response()
}

/// Turns what lower layers refuse in plain text (a wrong method, an unreadable request) into a problem.
pub(crate) fn translate(response: Response<Body>) -> Response<Body> {
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    let plain =
        response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !refused || !plain {
        return response;
    }
    let kind = match status {
        StatusCode::NOT_FOUND => ProblemType::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ProblemType::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemType::TooLarge,
        StatusCode::TOO_MANY_REQUESTS => ProblemType::RateLimited,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => {
            ProblemType::Unavailable
        }
        status if status.is_client_error() => ProblemType::Malformed,
        _ => ProblemType::Internal,
    };
    let mut refusal = Refusal::new(kind).into_response();
    // `Allow` belongs to a 405 (RFC 9110, section 15.5.6).
    if let Some(allow) = response.headers().get(header::ALLOW) {
        refusal.headers_mut().insert(header::ALLOW, allow.clone());
    }
    refusal
}

fn title(kind: ProblemType) -> &'static str {
    match kind {
        ProblemType::TicketExpired => "The ticket has expired",
        ProblemType::TicketInvalid => "The ticket does not hold here",
        ProblemType::DefinitionChanged => "The form has changed",
        ProblemType::OriginNotAllowed => "This site may not send this form",
        ProblemType::SignatureInvalid => "The signature does not fit",
        ProblemType::AlreadySubmitted => "This form was already submitted, with other content",
        ProblemType::TooLate => "It is too late for that",
        ProblemType::ValidationFailed => "Some fields need another look",
        ProblemType::RateLimited => "Too many requests",
        ProblemType::TooLarge => "The request is too large",
        ProblemType::NotFound => "Not found",
        ProblemType::Malformed => "The request cannot be read",
        ProblemType::MethodNotAllowed => "This address does not take that method",
        ProblemType::Unavailable => "Nothing can be stored now",
        ProblemType::Internal => "A defect of the collector",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_answers_with_its_own_status_and_says_when_to_come_back() {
        let response = Refusal::rate_limited(0).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        assert!(Refusal::new(ProblemType::Unavailable).into_response().headers().contains_key(header::RETRY_AFTER));
        assert_eq!(Refusal::slow_body().into_response().status(), 408);
    }

    #[test]
    fn plain_refusals_of_lower_layers_become_problems_and_ours_stay_as_they_are() {
        let plain = |status: u16| {
            let mut response = Response::new(Body::from("no"));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
            translate(response)
        };
        assert_eq!(plain(413).headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        assert_eq!(plain(415).status(), 400);
        assert_eq!(plain(200).headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
        let ours = translate(Refusal::rate_limited(7).into_response());
        assert_eq!(ours.headers()[header::RETRY_AFTER], "7");
        let mut page = Response::new(Body::from("<p>"));
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        page.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        assert_eq!(translate(page).status(), 422);
    }
}
