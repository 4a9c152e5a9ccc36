//! `POST /v1/preferences` and `POST /v1/preferences/withdraw`: the same for programs, with the token in the body.

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::State as Shared,
    http::header,
    response::IntoResponse,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use unticked_shared::{
    decision::LegalBasis,
    evidence::Method,
    id::{FormId, Language, PurposeId},
    submission::ProblemType,
};

use super::{Asked, By, Personal, Refused, State, native};
use crate::{config::ClientAddress, problem::Refusal, router::Client, store::values::rfc3339, wiring::App};

/// The page and the interface.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/preferences", get(native::show).post(native::receive))
        .route("/v1/preferences", post(look))
        .route("/v1/preferences/withdraw", post(withdraw))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdraw {
    token: String,
    /// Which; all that stand, where it is absent.
    purposes: Option<Vec<PurposeId>>,
}

/// How everything stands.
#[derive(Serialize)]
struct Answer<'a> {
    /// Whether anything that points to the person is still kept; if not, the rest is absent.
    kept: bool,
    #[serde(flatten)]
    rest: Option<Rest<'a>>,
}

#[derive(Serialize)]
struct Rest<'a> {
    reference: &'a str,
    form: &'a FormId,
    version: &'a str,
    language: &'a Language,
    received_at: String,
    /// Of a banner: where it was decided, and is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_on: Option<&'a str>,
    purposes: Vec<Now<'a>>,
    /// Base64: of what was taken back just now, else of what was sent.
    #[serde(skip_serializing_if = "String::is_empty")]
    receipt: String,
}

#[derive(Serialize)]
struct Now<'a> {
    purpose: &'a PurposeId,
    name: &'a str,
    statement: &'a str,
    legal_basis: LegalBasis,
    /// `granted`, `granted_unconfirmed`, `refused`, `withdrawn`, `ended`, `other_basis` or `objected`.
    state: &'static str,
    since: String,
    can_be_withdrawn: bool,
}

async fn look(
    Shared(app): Shared<App>,
    Extension(client): Extension<Client>,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    app.limits.take_client(client, app.clock.now())?;
    let Look { token } = read(&body, "{\"token\": …}")?;
    let personal = app.preferences.look(&token).await;
    let receipt = match &personal {
        Ok(personal) => app.preferences.receipt(personal).await,
        Err(_) => String::new(),
    };
    answer(&personal, receipt)
}

async fn withdraw(
    Shared(app): Shared<App>,
    Extension(client): Extension<Client>,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    app.limits.take_client(client, app.clock.now())?;
    let Withdraw { token, purposes } = read(&body, "{\"token\": …, \"purposes\": […]}, or without `purposes` for all")?;
    let by = By { method: Method::Api, client: client_address(&app, client) };
    let asked = purposes.map_or(Asked::All, Asked::Purposes);
    let withdrawn = app.preferences.withdraw(&token, &asked, &by).await;
    let receipt = withdrawn.as_ref().map(|withdrawn| withdrawn.receipt.clone()).unwrap_or_default();
    answer(&withdrawn.map(|withdrawn| withdrawn.personal), receipt)
}

/// serde's own message may quote what was sent.
fn read<T: for<'de> Deserialize<'de>>(body: &Bytes, shape: &str) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|_| Refusal::new(ProblemType::Malformed).detail(&format!("the body must be {shape}")))
}

fn answer(result: &Result<Personal, Refused>, receipt: String) -> Result<impl IntoResponse + use<>, Refusal> {
    let json = match result {
        Ok(personal) => serde_json::to_value(Answer { kept: true, rest: Some(rest(personal, receipt)) }),
        Err(Refused::Gone) => serde_json::to_value(Answer { kept: false, rest: None }),
        Err(refused) => return Err(refused.into()),
    };
    let json = Json(json.map_err(|_| ProblemType::Internal)?);
    Ok(([(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")], json))
}

fn rest(personal: &Personal, receipt: String) -> Rest<'_> {
    let purposes = personal.purposes().map(|(text, now)| Now {
        purpose: &text.id,
        name: &text.name,
        statement: &text.statement,
        legal_basis: text.legal_basis,
        state: State::of(now).as_str(),
        since: rfc3339(now.since),
        can_be_withdrawn: personal.can_be_withdrawn(now),
    });
    Rest {
        reference: &personal.reference,
        form: &personal.version.form,
        version: &personal.version.digest,
        language: &personal.content().language,
        received_at: rfc3339(personal.received_at),
        decided_on: personal.decided_on.as_deref(),
        purposes: purposes.collect(),
        receipt,
    }
}

/// What evidence keeps of the client's address.
pub(super) fn client_address(app: &App, client: Client) -> Option<String> {
    match app.settings.evidence.client_address {
        ClientAddress::None => None,
        ClientAddress::Truncated => Some(client.truncated()),
    }
}

impl From<&Refused> for Refusal {
    fn from(refused: &Refused) -> Self {
        match refused {
            // The same for a token that was made up and one whose person never existed.
            Refused::WrongToken | Refused::Gone => Self::new(ProblemType::NotFound).detail("the token opens nothing"),
            Refused::NotAsked(_) => Self::new(ProblemType::ValidationFailed)
                .detail("`purposes` names one that this person was not asked about"),
            Refused::OnTheSite => Self::new(ProblemType::ValidationFailed)
                .detail("a banner's decision is changed on the site, in the browser that holds it"),
            Refused::Unavailable => ProblemType::Unavailable.into(),
            Refused::Internal => ProblemType::Internal.into(),
        }
    }
}
