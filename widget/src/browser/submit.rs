//! Sending: canonical bytes, signed with the ticket's key, posted; and what to do about each answer.
//!
//! The ticket's id is the idempotency key. It is kept until an answer says that it is used or of no use, so that
//! pressing again after a lost connection sends the same id and, if nothing was changed, the same bytes.

use std::rc::Rc;

use gloo_net::http::Request;
use js_sys::Reflect;
use leptos::prelude::*;
use unticked_shared::{
    canonical,
    signature::{SUBMISSION_HEADERS, SigningKey},
    submission::{Accepted, Problem, ProblemType, Submission, submissions_path},
};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::{
    App,
    bridge::{Failure, Ticket, problem_of},
    controls, events,
};
use crate::{
    json,
    state::{Phase, Trouble},
};

/// Milliseconds beyond the form's `minimum_seconds`, since the collector counts whole seconds and the line takes time.
const MARGIN: f64 = 200.0;
/// Milliseconds after which an answer is no longer waited for.
const PATIENCE: u32 = 30_000;

/// What became of one attempt.
enum Answer {
    Accepted(Accepted),
    Refused(Problem, Option<u64>),
    /// Nothing came, or nothing that can be read: it may have arrived or not.
    None,
}

/// Checks and sends. Whatever goes wrong, what was typed stays.
pub(super) async fn send(app: Rc<App>) {
    let mut read = controls::read(&app.container, &app.content);
    let trap = std::mem::take(&mut read.trap);
    let mut ready = false;
    app.change(&mut |state| {
        state.values = std::mem::take(&mut read.values);
        state.choices = std::mem::take(&mut read.choices);
        ready = state.may_send(&app.content);
        if ready {
            state.phase = Phase::Sending;
        }
    });
    if !ready {
        tell_errors(&app);
        return;
    }
    let mut renewed = false;
    loop {
        let ticket = match app.bridge.ticket().await {
            Ok(ticket) => ticket.unchecked_into::<Ticket>(),
            Err(failure) => return refused_ticket(&app, &failure).await,
        };
        wait_until_ripe(&ticket, app.content.minimum_seconds).await;
        // From here on it may have arrived, even if this page sleeps before it hears of it or a later attempt is refused.
        app.bridge.set_unsure(true);
        let answer = attempt(&app, &ticket, &trap).await;
        if app.gone.get() {
            return;
        }
        match answer {
            Answer::Accepted(accepted) => return arrived(&app, &accepted),
            Answer::None => return fail(&app, Trouble::NoAnswer),
            Answer::Refused(problem, wait) => match problem.kind {
                // An id that was accepted answers 200 whatever its age, so these mean that nothing has arrived.
                ProblemType::TicketExpired | ProblemType::TicketInvalid | ProblemType::SignatureInvalid if !renewed => {
                    renewed = true;
                    if let Err(failure) = app.bridge.renew().await {
                        return refused_ticket(&app, &failure).await;
                    }
                }
                ProblemType::DefinitionChanged => return reload(&app).await,
                ProblemType::ValidationFailed if problem.errors.iter().any(|error| !error.message.is_empty()) => {
                    app.change(&mut |state| state.refuse(&app.content, problem.errors.clone()));
                    return tell_errors(&app);
                }
                ProblemType::AlreadySubmitted => {
                    // The id is used up; who presses again after having been told sends a second message.
                    let _ = app.bridge.renew().await;
                    return fail(&app, Trouble::Problem(problem.kind, wait));
                }
                kind => return fail(&app, Trouble::Problem(kind, wait)),
            },
        }
    }
}

/// Shows the summary, moves focus to it and tells the page.
pub(super) fn tell_errors(app: &Rc<App>) {
    let fields: Vec<String> = {
        let state = app.now();
        if !state.has_summary() {
            return;
        }
        state.errors.iter().map(|error| error.field.clone()).collect()
    };
    app.focus_soon("summary".to_owned());
    events::error(app, ProblemType::ValidationFailed.slug(), &fields);
}

/// A ticket that was renewed, or fetched late, or a form that autofill filled in at once, must not look like a robot's.
async fn wait_until_ripe(ticket: &Ticket, minimum_seconds: u32) {
    let missing = f64::from(minimum_seconds) * 1000.0 + MARGIN - (monotonic() - ticket.at());
    if missing > 0.0 {
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            #[expect(clippy::cast_possible_truncation, reason = "at most a minute")]
            let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, missing as i32);
        });
        let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
    }
}

async fn attempt(app: &App, ticket: &Ticket, trap: &str) -> Answer {
    let (values, choices) = {
        let state = app.now();
        (state.tidied(&app.content), state.decided(&app.content))
    };
    let submission = Submission {
        ticket: ticket.ticket(),
        values,
        choices,
        page: page(),
        gpc: privacy_signal(),
        build: app.bridge.build(),
        trap: trap.to_owned(),
        // Only where the gallery's needs bring the field in.
        #[cfg(feature = "banner")]
        visitor: None,
    };
    let (Ok(body), Ok(key)) = (canonical::to_string(&submission), SigningKey::from_base64(&ticket.key())) else {
        return Answer::None;
    };
    // The collector's clock plus what has passed here since: the visitor's own clock has no say.
    #[expect(clippy::cast_possible_truncation, reason = "seconds")]
    let timestamp = (ticket.issued_at() + (monotonic() - ticket.at()).max(0.0) / 1000.0) as i64;
    let id = ticket.id();
    let signature = key.sign(&id, timestamp, body.as_bytes());
    let [id_header, time_header, signature_header] = SUBMISSION_HEADERS;
    let request = Request::post(&format!("{}{}", app.bridge.origin(), submissions_path(&app.content.form)))
        .abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)))
        .header("content-type", "application/json")
        .header(id_header, &id)
        .header(time_header, &timestamp.to_string())
        .header(signature_header, &signature)
        .body(body);
    let Ok(request) = request else { return Answer::None };
    let Ok(response) = request.send().await else { return Answer::None };
    let wait = response.headers().get("retry-after").and_then(|text| text.parse().ok());
    let Ok(text) = response.text().await else { return Answer::None };
    if response.ok() {
        json::read(&text).map_or(Answer::None, Answer::Accepted)
    } else {
        // A gateway in between answers in its own words; nothing tells how far the message came.
        json::read(&text).map_or(Answer::None, |problem| Answer::Refused(problem, wait))
    }
}

fn arrived(app: &Rc<App>, accepted: &Accepted) {
    events::submitted(app, accepted);
    controls::forget(&app.container);
    app.change(&mut |state| state.finish(accepted.clone()));
    app.focus_soon("done".to_owned());
}

fn fail(app: &Rc<App>, trouble: Trouble) {
    let slug = match trouble {
        Trouble::Problem(kind, _) => kind.slug(),
        Trouble::NoAnswer => "no-answer",
    };
    app.change(&mut |state| state.fail(trouble));
    app.focus_soon("summary".to_owned());
    events::error(app, slug, &[]);
}

async fn refused_ticket(app: &Rc<App>, failure: &JsValue) {
    if app.gone.get() {
        return;
    }
    let failure = failure.unchecked_ref::<Failure>();
    match failure.problem().as_deref().and_then(problem_of) {
        // The version is gone; what is there now must be read before it is agreed to.
        Some(ProblemType::DefinitionChanged | ProblemType::NotFound) => reload(app).await,
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds, not negative")]
        Some(kind) => fail(app, Trouble::Problem(kind, failure.wait().map(|seconds| seconds as u64))),
        // Without a ticket nothing was sent.
        None => fail(app, Trouble::NoAnswer),
    }
}

/// Shows the form's present text with everything typed still in it. On success this form is gone and the loader has
/// mounted the next.
async fn reload(app: &Rc<App>) {
    if app.bridge.reload(ProblemType::DefinitionChanged.slug()).await.is_err() && !app.gone.get() {
        fail(app, Trouble::Problem(ProblemType::Unavailable, None));
    }
}

fn monotonic() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// The page's address without query and fragment.
fn page() -> String {
    let location = window().location();
    format!("{}{}", location.origin().unwrap_or_default(), location.pathname().unwrap_or_default())
}

fn privacy_signal() -> Option<bool> {
    Reflect::get(&window().navigator(), &"globalPrivacyControl".into()).ok()?.as_bool()
}
