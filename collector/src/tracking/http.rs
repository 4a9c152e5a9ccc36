//! `POST /v1/allowed`

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::{Deserialize, Serialize};
use unticked_shared::{definition::Tracked, id::DestinationId, submission::ProblemType};
use uuid::Uuid;

use super::{Answers, Asker, Permission, Person, Tools, allowed, permissions};
use crate::{
    callers,
    documents::{Name, NotServed},
    problem::Refusal,
    retention::RetentionError,
    submissions::reference::as_typed,
    vault::EmailAddress,
    wiring::App,
};

/// Persons in one message.
const MOST: usize = 100;
/// Bytes of what names a person; an address has at most 254.
const LONGEST: usize = 320;

/// The route. No CORS: no page has the secret.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/allowed", post(ask))
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
    email: Option<String>,
    #[serde(default)]
    people: Option<Vec<One>>,
    /// A file to which each is to be given a link.
    #[serde(default)]
    document: Option<String>,
    /// What the link is for.
    #[serde(default)]
    kind: Option<Tracked>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    #[serde(default)]
    subject: Option<Uuid>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

/// The answer for one person.
#[derive(Serialize)]
struct Told {
    /// For each thing that can be tracked.
    tracking: BTreeMap<&'static str, Permission>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// The answer for several, in the order of the question.
#[derive(Serialize)]
struct Results {
    results: Vec<Told>,
}

async fn ask(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let now = app.clock.now();
    let signed = callers::http::headers_of(&headers)?;
    // serde's own message may quote what was sent.
    let sent: Sent = serde_json::from_slice(&body).map_err(|_| {
        malformed(
            "the body is {\"destination\", \"subject\" or \"reference\" or \"email\"}, or {\"destination\", \
             \"people\": […]}; with \"document\" and \"kind\" where links are wanted",
        )
    })?;
    let caller = callers::http::caller(&app, &sent.destination, &signed, &body, now)?;
    let single = sent.people.is_none();
    let link = sent.document.as_deref().map(|document| file(&app, document)).transpose()?;
    let link = link.map(|name| (name, sent.kind.unwrap_or(Tracked::DocumentViews)));
    if link.is_none() && sent.kind.is_some() {
        return Err(malformed("`kind` says what the link to a `document` is for"));
    }
    let destination = sent.destination.clone();
    let asker = Asker { destination: destination.as_str(), served: &caller.purposes };
    let tools = Tools { store: app.store.clone(), forms: app.forms.clone(), vault: app.vault.clone() };
    let mut results = Vec::new();
    for person in people(sent)? {
        let answers = allowed(&tools, &person, Some(asker), now).await.map_err(|error| failed(&error))?;
        results.push(told(&app, &answers, link.as_ref()));
    }
    let body = if single { results.pop().map(|one| Json(one).into_response()) } else { None };
    let body = body.unwrap_or_else(|| Json(Results { results }).into_response());
    Ok(([(header::CACHE_CONTROL, "no-store")], body).into_response())
}

fn told(app: &App, answers: &Answers, link: Option<&(Name, Tracked)>) -> Told {
    let link = link.map(|(name, kind)| {
        let answer = answers.iter().find(|(tracked, _)| tracked == kind).and_then(|(_, answer)| answer.as_ref());
        let submission = answer.filter(|answer| answer.allowed).map(|answer| answer.submission);
        app.documents.link(submission, *kind, name)
    });
    Told { tracking: permissions(answers), link }
}

/// The file that links are wanted to; it must be there, or every link would lead nowhere.
fn file(app: &App, document: &str) -> Result<Name, Refusal> {
    let missing = || Refusal::new(ProblemType::NotFound).detail("`documents.dir` holds no file of the name `document`");
    let name = Name::parse(document).ok_or_else(missing)?;
    match app.documents.find(&name) {
        Ok(_) => Ok(name),
        Err(NotServed::Closed) => Err(malformed("no document is served: the setting `documents.dir` names no folder")),
        Err(_) => Err(missing()),
    }
}

fn people(sent: Sent) -> Result<Vec<Person>, Refusal> {
    let alone = One { subject: sent.subject, reference: sent.reference, email: sent.email };
    let list = match sent.people {
        Some(_) if alone.subject.is_some() || alone.reference.is_some() || alone.email.is_some() => {
            return Err(malformed("with `people`, each person is named within it"));
        }
        Some(list) if list.is_empty() || list.len() > MOST => {
            return Err(malformed("`people` holds 1 to 100 persons; ask for more in several messages"));
        }
        Some(list) => list,
        None => vec![alone],
    };
    let person = |one: One| match (one.subject, one.reference, one.email) {
        (Some(subject), None, None) => Ok(Person::Subject(subject)),
        (None, Some(reference), None) if reference.len() <= LONGEST => Ok(Person::Reference(as_typed(&reference))),
        (None, None, Some(email)) if email.len() <= LONGEST => Ok(Person::Address(EmailAddress::parse(&email))),
        _ => Err(malformed("each person is named by one of `subject`, `reference` and `email`")),
    };
    list.into_iter().map(person).collect()
}

fn malformed(text: &str) -> Refusal {
    Refusal::new(ProblemType::Malformed).detail(text)
}

fn failed(error: &RetentionError) -> Refusal {
    if error.is_unavailable() {
        return ProblemType::Unavailable.into();
    }
    tracing::error!(%error, "what may be tracked could not be answered");
    ProblemType::Internal.into()
}
