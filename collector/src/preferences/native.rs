//! `/preferences`: the page. GET and HEAD show an empty field and change nothing; the one POST opens the page or takes
//! something back, by a token in its body. It needs no origin check: whoever lacks the token can do nothing with the post,
//! and under `no-referrer` browsers name no origin.

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Query, State as Shared},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use unticked_shared::{
    evidence::Method,
    id::{Language, PurposeId},
    submission::ProblemType,
    texts::preferences::Says,
};
use unticked_widget::{
    PersonalFiles, PersonalPage, PersonalProblem, PersonalPurpose, render_gone, render_opening, render_personal,
};

use super::{Asked, By, Refused, State, Withdrawn, http::client_address};
use crate::{
    placements::{
        http::{Parameters, accept_language, parameter},
        language,
        native::Controls,
    },
    router::Client,
    store::values::rfc3339,
    wiring::App,
};

/// What this page needs and no other: its script. It must not be framed, or a stranger's page could lay its button under
/// somebody's click.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

pub(super) async fn show(
    Shared(app): Shared<App>,
    Query(parameters): Parameters,
    request: HeaderMap,
) -> Response<Body> {
    let language = language::of_product(parameter(&parameters, "lang"), accept_language(&request));
    let mut response = page(StatusCode::OK, render_opening(&language, None, "", files(&app)));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

pub(super) async fn receive(
    Shared(app): Shared<App>,
    Query(parameters): Parameters,
    Extension(client): Extension<Client>,
    request: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let language = language::of_product(parameter(&parameters, "lang"), accept_language(&request));
    let controls = Controls::parse(&body).unwrap_or_default();
    let token = controls.single("token").unwrap_or_default();
    if let Err(refusal) = app.limits.take_client(client, app.clock.now()) {
        let seconds = refusal.retry_after().unwrap_or(1);
        let problem = Some(PersonalProblem::TooMany(seconds));
        let mut response = page(StatusCode::TOO_MANY_REQUESTS, render_opening(&language, problem, token, files(&app)));
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        return response;
    }
    let result = match controls.single("withdraw") {
        Ok("") => app.preferences.look(token).await.map(|personal| Withdrawn {
            personal,
            purposes: Vec::new(),
            receipt: String::new(),
        }),
        Ok(which) => match asked(which) {
            Some(asked) => {
                let by = By { method: Method::Page, client: client_address(&app, client) };
                app.preferences.withdraw(token, &asked, &by).await
            }
            None => Err(Refused::NotAsked(super::decide::NotAsked)),
        },
        Err(_) => Err(Refused::NotAsked(super::decide::NotAsked)),
    };
    match result {
        Ok(withdrawn) => page(StatusCode::OK, rendered(&app, withdrawn).await),
        // No button of ours sends it; whoever made it up sees how things stand, and where they are changed.
        Err(Refused::NotAsked(_) | Refused::OnTheSite) => match app.preferences.look(token).await {
            Ok(personal) => {
                let nothing = Withdrawn { personal, purposes: Vec::new(), receipt: String::new() };
                page(StatusCode::UNPROCESSABLE_ENTITY, rendered(&app, nothing).await)
            }
            Err(refused) => refuse(&app, &language, &refused, token),
        },
        Err(refused) => refuse(&app, &language, &refused, token),
    }
}

fn refuse(app: &App, language: &Language, refused: &Refused, token: &str) -> Response<Body> {
    let again = |status, problem| page(status, render_opening(language, Some(problem), token, files(app)));
    match refused {
        Refused::Gone => page(StatusCode::OK, render_gone(language, files(app))),
        Refused::WrongToken => again(StatusCode::UNPROCESSABLE_ENTITY, PersonalProblem::WrongCode),
        Refused::Unavailable => again(StatusCode::SERVICE_UNAVAILABLE, PersonalProblem::Later),
        Refused::NotAsked(_) | Refused::OnTheSite | Refused::Internal => {
            let status = StatusCode::from_u16(ProblemType::Internal.status()).unwrap_or_default();
            again(status, PersonalProblem::Later)
        }
    }
}

/// What a button says: a purpose, or `*` for every consent.
fn asked(which: &str) -> Option<Asked> {
    match which {
        "*" => Some(Asked::All),
        purpose => PurposeId::parse(purpose).ok().map(|purpose| Asked::Purposes(vec![purpose])),
    }
}

async fn rendered(app: &App, withdrawn: Withdrawn) -> String {
    let Withdrawn { personal, purposes: withdrawn, receipt } = withdrawn;
    let (receipt, of_withdrawal) = match receipt.as_str() {
        "" => (app.preferences.receipt(&personal).await, false),
        _ => (receipt, true),
    };
    let purposes = personal.purposes().map(|(text, now)| {
        let state = State::of(now);
        PersonalPurpose {
            text,
            state: state.as_str(),
            says: if personal.is_of_a_banner() { says_of_a_banner(state) } else { says(state) },
            since: rfc3339(now.since),
            can_be_withdrawn: personal.can_be_withdrawn(now),
        }
    });
    let content = personal.content();
    let just_withdrawn = content.purposes.iter().filter(|text| withdrawn.iter().any(|one| one.id == text.id));
    let page = PersonalPage {
        content,
        reference: personal.reference.clone(),
        sent_at: rfc3339(personal.received_at),
        token: app.preferences.links().token(personal.submission),
        purposes: purposes.collect(),
        just_withdrawn: just_withdrawn.map(|text| text.name.clone()).collect(),
        receipt,
        of_withdrawal,
        decided_on: personal.decided_on.clone(),
    };
    render_personal(&page, files(app))
}

fn says(state: State) -> Option<Says> {
    match state {
        State::Granted => Some(Says::Granted),
        State::Unconfirmed => Some(Says::Unconfirmed),
        State::Refused => Some(Says::Refused),
        State::Withdrawn => Some(Says::Withdrawn),
        State::Ended => Some(Says::Ended),
        State::Objected => Some(Says::Objected),
        State::OtherBasis => None,
    }
}

/// Of a banner: what was said then, and nothing of what follows from it, since later decisions may have followed.
fn says_of_a_banner(state: State) -> Option<Says> {
    match state {
        State::Refused => Some(Says::RefusedThen),
        State::Withdrawn => Some(Says::WithdrawnThen),
        other => says(other),
    }
}

fn files(app: &App) -> PersonalFiles<'_> {
    let own = app.assets.personal();
    PersonalFiles { stylesheet: app.assets.stylesheet_path(), own: &own.stylesheet, script: &own.script }
}

/// Personal, and not for caches, search engines or whoever is linked from here.
fn page(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
    response
}
