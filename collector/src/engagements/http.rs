//! `POST /v1/engagements`

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::post,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use unticked_shared::{id::DestinationId, signature::sha256, submission::ProblemType};
use uuid::Uuid;

use super::{
    Outcome, Report, Tools,
    decide::{PushResult, Pushed, too_late},
    push::{Engaged, Person},
};
use crate::{
    callers::{self, TOLERANCE},
    problem::Refusal,
    retention::RetentionError,
    wiring::App,
};

/// Persons in one message.
pub const MOST: usize = 100;

/// The route. No CORS: no page has the secret.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/engagements", post(engage))
}

/// What is sent: one person, or up to [`MOST`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    destination: DestinationId,
    #[serde(default)]
    subject: Option<Uuid>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    engagements: Option<Vec<One>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    #[serde(default)]
    subject: Option<Uuid>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    at: Option<String>,
}

/// The answer for one person.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    person: Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    purposes: Vec<Pushed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeated: Option<bool>,
}

/// The answer for several.
#[derive(Serialize)]
struct Answers {
    repeated: bool,
    results: Vec<Answer>,
}

async fn engage(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let answer = answer(&app, &headers, &body).await;
    if answer.is_err() {
        app.metrics.engagement("refused");
    }
    answer
}

async fn answer(app: &App, headers: &HeaderMap, body: &Bytes) -> Result<Response, Refusal> {
    let now = app.clock.now();
    let signed = callers::http::headers_of(headers)?;
    // serde's own message may quote what was sent.
    let sent: Sent = serde_json::from_slice(body).map_err(|_| {
        Refusal::new(ProblemType::Malformed).detail(
            "the body is {\"destination\", \"subject\" or \"reference\", \"at\" (RFC 3339, optional)}, \
             or {\"destination\", \"engagements\": […]}",
        )
    })?;
    let caller = callers::http::caller(app, &sent.destination, &signed, body, now)?;
    let single = sent.engagements.is_none();
    let report = Report {
        destination: sent.destination.clone(),
        served: caller.purposes,
        message: signed.id.to_owned(),
        digest: sha256(&[body]),
        engaged: engaged(sent, caller.signed_at.min(now), now)?,
    };
    let tools = Tools {
        store: app.store.clone(),
        forms: app.forms.clone(),
        vault: app.vault.clone(),
        ledger: app.ledger.clone(),
    };
    match super::report(&tools, &report, now).await.map_err(|error| failed(&error))? {
        Outcome::OtherBody => Err(Refusal::new(ProblemType::AlreadySubmitted)
            .detail("a message with this `webhook-id` was taken before, with another body; use a new id")),
        Outcome::Taken { repeated, results } => {
            let mut answers: Vec<Answer> = report
                .engaged
                .into_iter()
                .zip(results)
                .map(|(engaged, result)| of(app, engaged.person, result))
                .collect();
            if !single {
                return Ok(no_store(Json(Answers { repeated, results: answers })));
            }
            let mut one = answers.pop().ok_or(ProblemType::Internal)?;
            match one.status.take() {
                Some("not-found") => {
                    Err(Refusal::new(ProblemType::NotFound)
                        .detail("this destination was sent nothing of such a person"))
                }
                // A repetition is answered as the first attempt was, however late it comes.
                Some("too-late") if !repeated => Err(Refusal::new(ProblemType::TooLate).detail(
                    "every purpose of this destination has ended for this person or was withdrawn; \
                     do not use the data any more",
                )),
                _ => {
                    one.repeated = Some(repeated);
                    Ok(no_store(Json(one)))
                }
            }
        }
    }
}

fn of(app: &App, person: Person, result: Option<Vec<Pushed>>) -> Answer {
    let status = match &result {
        None => "not-found",
        Some(purposes) if purposes.iter().any(|one| one.result == PushResult::PushedOn) => "pushed-on",
        Some(purposes) if too_late(purposes) => "too-late",
        Some(_) => "unchanged",
    };
    app.metrics.engagement(status);
    Answer { person, status: Some(status), purposes: result.unwrap_or_default(), repeated: None }
}

fn engaged(sent: Sent, signed_at: Timestamp, now: Timestamp) -> Result<Vec<Engaged>, Refusal> {
    let shape = |text: &str| Refusal::new(ProblemType::Malformed).detail(text);
    let alone = sent.subject.is_some() || sent.reference.is_some() || sent.at.is_some();
    let list = match sent.engagements {
        Some(_) if alone => return Err(shape("with `engagements`, everything else stands within each of them")),
        Some(list) if list.is_empty() || list.len() > MOST => {
            return Err(shape("`engagements` holds 1 to 100 persons; send more in several messages"));
        }
        Some(list) => list,
        None => vec![One { subject: sent.subject, reference: sent.reference, at: sent.at }],
    };
    list.into_iter()
        .map(|one| {
            let person = match (one.subject, one.reference) {
                (Some(subject), None) => Person::Subject(subject),
                (None, Some(reference)) if reference.len() <= 64 => {
                    Person::Reference(reference.trim().to_ascii_uppercase())
                }
                _ => return Err(shape("each person is named by `subject` or by `reference`, as the event had it")),
            };
            let at = one.at.map_or(Ok(signed_at), |at| at.parse::<Timestamp>());
            let at = at.map_err(|_| shape("`at` is a time such as `2026-11-23T15:04:05Z`"))?;
            if at.duration_since(now) > TOLERANCE {
                return Err(shape("`at` lies in the future"));
            }
            Ok(Engaged { person, at: at.min(now) })
        })
        .collect()
}

fn failed(error: &RetentionError) -> Refusal {
    if error.is_unavailable() {
        return ProblemType::Unavailable.into();
    }
    tracing::error!(%error, "an engagement could not be taken");
    ProblemType::Internal.into()
}

fn no_store(body: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], body).into_response()
}
