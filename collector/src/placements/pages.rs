//! The hosted page: the form as a page of its own, which needs neither script nor Wasm.
//!
//! It carries its own ticket. Whatever is wrong with a post, the answer is the form again with everything that was typed
//! in it; what was ticked stays ticked only when the visitor saw these very words and the post came from a page that may
//! carry the form, because nobody else may tick a box for them (Rec. 32).

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    routing::get,
};
use unticked_shared::{
    id::Language,
    placement::{Content, FieldKind},
    submission::{Choices, ProblemType, Value, Values},
    texts::Words,
    validate,
};
use unticked_widget::{LanguageLink, PageState, render_missing, render_page};

use super::{
    http::{Parameters, accept_language, origin, parameter},
    language,
    native::{Controls, Unreadable},
    tickets::Shown,
};
use crate::{
    forms::Version,
    problem::Refusal,
    router::{Client, TooLarge, allowed_origin},
    submissions,
    wiring::App,
};

/// The routes of the hosted page.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/f/{form}", get(show).post(receive))
}

/// Which words, in which language.
struct Face<'a> {
    version: &'a Arc<Version>,
    language: &'a Language,
}

impl Face<'_> {
    fn content(&self) -> &Content {
        &self.version.face(Some(self.language)).1.content
    }
}

async fn show(
    State(app): State<App>,
    Path(form): Path<String>,
    Query(parameters): Parameters,
    request: HeaderMap,
) -> Result<Response<Body>, Refusal> {
    let Some(version) = shown_as_a_page(&app, &form) else {
        return Ok(missing(&app, parameter(&parameters, "lang"), accept_language(&request)));
    };
    let language = language::choose(&version, parameter(&parameters, "lang"), accept_language(&request));
    let face = Face { version: &version, language };
    let state = PageState {
        values: prefilled(face.content(), &parameters),
        languages: other_languages(&face, &parameters),
        ..fresh(&app, &face)
    };
    let mut response = page(&app, &face, &state, StatusCode::OK);
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// A banner is no page of its own: without scripts nothing waits for it.
fn shown_as_a_page(app: &App, form: &str) -> Option<Arc<Version>> {
    app.forms.current(form).filter(|version| version.banner.is_none())
}

async fn receive(
    State(app): State<App>,
    Path(form): Path<String>,
    Extension(client): Extension<Client>,
    too_large: Option<Extension<TooLarge>>,
    request: HeaderMap,
    body: Bytes,
) -> Result<Response<Body>, Refusal> {
    let current = shown_as_a_page(&app, &form).ok_or(ProblemType::NotFound)?;
    let form_encoded = request
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded"));
    let controls = if form_encoded { Controls::parse(&body) } else { Err(Unreadable::Encoding) };
    let (controls, readable) = controls.map_or_else(|error| (Controls::default(), Err(error)), |good| (good, Ok(())));
    let Read { version, language, stated } = read(&app, &current, &controls, &request).await?;
    let seen = Face { version: &version, language: &language };
    let post = readable.and_then(|()| controls.read(seen.content()));
    let mut again = Again {
        app: &app,
        current: &current,
        seen: &seen,
        ticket: controls.single("ticket").unwrap_or_default().to_owned(),
        values: controls.salvage(seen.content()),
        choices: Choices::new(),
        page: controls.single("page").unwrap_or_default().to_owned(),
    };
    if too_large.is_some() {
        return Ok(again.answer(&Refusal::new(ProblemType::TooLarge)));
    }
    let Ok(post) = post else { return Ok(again.answer(&Refusal::new(ProblemType::Malformed))) };
    // A stranger's page can post here, too; its ticks are not the visitor's. Nor are ticks on words that nobody names.
    let from = origin(&request);
    if stated && from.is_some_and(|from| allowed_origin(&app, &current, from)) {
        again.choices.clone_from(&post.choices);
    }
    if let Err(refusal) = app.limits.take(client, &current.form, app.clock.now()) {
        return Ok(again.answer(&refusal));
    }
    if post.ticket.is_empty() {
        return Ok(again.answer(&Refusal::new(ProblemType::ValidationFailed)));
    }
    let post = submissions::NativePost { gpc: submissions::global_privacy_control(&request), ..post };
    match submissions::accept_native(&app, &current.form, from, client, post).await {
        Ok(accepted) => {
            let state = PageState { version: version.digest.clone(), accepted: Some(accepted), ..PageState::default() };
            Ok(page(&app, &seen, &state, StatusCode::OK))
        }
        Err(refusal) => Ok(again.answer(&refusal)),
    }
}

/// What the visitor read, as far as we know.
struct Read {
    version: Arc<Version>,
    language: Language,
    /// Whether ticket or controls name these very words; else they are a guess, which no tick rests on.
    stated: bool,
}

/// The version and language that the visitor saw: what the ticket states, else what the controls say, else what they
/// would see now. It decides how the post is read, not whether it is accepted.
async fn read(app: &App, current: &Arc<Version>, controls: &Controls, request: &HeaderMap) -> Result<Read, Refusal> {
    let control = |name| controls.single(name).ok().filter(|text| !text.is_empty());
    let claims = control("ticket").and_then(|ticket| app.tickets.open(ticket).ok()).map(|ticket| ticket.claims);
    let (digest, language) = match &claims {
        Some(claims) => (Some(claims.version.as_str()), Some(claims.language.as_str())),
        None => (control("version"), control("language")),
    };
    let known = match digest {
        Some(digest) => app.forms.version(digest).await?.filter(|version| version.form == current.form),
        None => None,
    };
    let version_stated = known.is_some();
    let version = known.unwrap_or_else(|| current.clone());
    let chosen = language::choose(&version, language, accept_language(request)).clone();
    let stated = version_stated && language == Some(chosen.as_str());
    Ok(Read { version, language: chosen, stated })
}

/// A form that comes back to its visitor.
struct Again<'a> {
    app: &'a App,
    current: &'a Arc<Version>,
    seen: &'a Face<'a>,
    ticket: String,
    values: Values,
    choices: Choices,
    page: String,
}

impl Again<'_> {
    /// The page that says why, with everything typed still in it.
    fn answer(self, refusal: &Refusal) -> Response<Body> {
        let look_again = refusal.kind() == ProblemType::ValidationFailed && refusal.errors().is_empty();
        let stale = look_again
            || matches!(
                refusal.kind(),
                ProblemType::TicketExpired
                    | ProblemType::TicketInvalid
                    | ProblemType::DefinitionChanged
                    | ProblemType::OriginNotAllowed
                    | ProblemType::SignatureInvalid
                    | ProblemType::AlreadySubmitted
                    | ProblemType::Malformed
            );
        if !stale {
            // The same ticket again: should the first attempt have arrived after all, it makes one lead.
            let unchanged = PageState {
                ticket: Some(self.ticket),
                version: self.seen.version.digest.clone(),
                values: self.values,
                choices: self.choices,
                errors: refusal.errors().to_vec(),
                problem: Some((refusal.kind(), refusal.retry_after())),
                page: self.page,
                ..PageState::default()
            };
            return page(self.app, self.seen, &unchanged, status(refusal));
        }
        let language = language::choose(self.current, Some(self.seen.language.as_str()), None);
        let face = Face { version: self.current, language };
        let changed = self.current.digest != self.seen.version.digest || self.seen.language != language;
        let kind = if changed { ProblemType::DefinitionChanged } else { refusal.kind() };
        let mut values = self.values;
        values.retain(|id, _| face.content().field(id.as_str()).is_some());
        let renewed = PageState {
            values,
            // Ticks belong to the words that were read.
            choices: if changed { Choices::new() } else { self.choices },
            problem: Some((kind, refusal.retry_after())),
            ..fresh(self.app, &face)
        };
        page(self.app, &face, &renewed, status(refusal))
    }
}

/// The refusal's own status; where the form needs but be sent again, 422, because a browser treats 401 as a question for
/// a password.
fn status(refusal: &Refusal) -> StatusCode {
    match StatusCode::from_u16(refusal.kind().status()) {
        Ok(status) if status != StatusCode::UNAUTHORIZED => status,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A page that nobody has touched, with its own ticket.
fn fresh(app: &App, face: &Face<'_>) -> PageState {
    let shown = Shown {
        form: face.version.form.clone(),
        version: face.version.digest.clone(),
        language: face.language.clone(),
        origin: app.settings.server.public_url.clone(),
    };
    let ticket = app.tickets.mint(shown, app.clock.now(), &app.random);
    app.metrics.ticket();
    PageState {
        ticket: Some(ticket.text),
        version: face.version.digest.clone(),
        page: format!("{}/f/{}", app.settings.server.public_url, face.version.form),
        ..PageState::default()
    }
}

fn page(app: &App, face: &Face<'_>, state: &PageState, status: StatusCode) -> Response<Body> {
    let mut response = html(render_page(face.content(), state, app.assets.stylesheet_path()), status);
    if let Some((_, Some(seconds))) = state.problem {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A person who followed a link deserves a sentence, not a problem document.
fn missing(app: &App, lang: Option<&str>, accept_language: Option<&str>) -> Response<Body> {
    let language = language::of_product(lang, accept_language);
    let words = Words::of_or_english(&language);
    html(render_missing(&language, &words, app.assets.stylesheet_path()), StatusCode::NOT_FOUND)
}

fn html(text: String, status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// What the address fills in, for the fields that the owner marked so; never a purpose.
fn prefilled(content: &Content, parameters: &[(String, String)]) -> Values {
    let mut values = Values::new();
    for field in content.fields() {
        let Some(text) = field.prefill.as_deref().and_then(|name| parameter(parameters, name)) else { continue };
        // Nothing is ever ticked by an address.
        if matches!(field.kind, FieldKind::Checkboxes | FieldKind::Radio) {
            continue;
        }
        let value = Value::One(text.to_owned());
        // What the visitor could not correct (an option that is not there, a hidden value of a megabyte) is left out.
        values.insert(field.id.clone(), value);
        validate::tidy(&mut values);
        if validate::one(content, &values, field).is_some() {
            values.remove(&field.id);
        }
    }
    values
}

fn other_languages(face: &Face<'_>, parameters: &[(String, String)]) -> Vec<LanguageLink> {
    let kept: String = parameters
        .iter()
        .filter(|(name, _)| face.content().fields().any(|field| field.prefill.as_deref() == Some(name)))
        .flat_map(|(name, value)| ["&".to_owned(), encoded(name), "=".to_owned(), encoded(value)])
        .collect();
    let others = face.version.definition.languages.iter().filter(|language| *language != face.language);
    others
        .map(|language| LanguageLink {
            href: format!("/f/{}?lang={language}{kept}", face.version.form),
            language: language.clone(),
            name: language::own_name(language).to_owned(),
        })
        .collect()
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
