//! Who calls, from headers and body.

use axum::{body::Bytes, http::HeaderMap};
use jiff::Timestamp;
use unticked_shared::{
    id::{DestinationId, PurposeId},
    signature::{EVENT_HEADERS, SigningKey},
    submission::ProblemType,
};

use super::{Signed, Unsigned, verify};
use crate::{problem::Refusal, wiring::App};

/// A destination that is who it says.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The purposes that it serves now.
    pub purposes: Vec<PurposeId>,
    /// When it signed.
    pub signed_at: Timestamp,
}

/// The headers of a signed message: each once, as text.
pub(crate) fn headers_of(headers: &HeaderMap) -> Result<Signed<'_>, Refusal> {
    let once = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    };
    let [id, timestamp, signature] = EVENT_HEADERS.map(once);
    match (id, timestamp, signature) {
        (Some(id), Some(timestamp), Some(signature)) => Ok(Signed { id, timestamp, signature }),
        _ => Err(unsigned(Unsigned::Headers)),
    }
}

/// The destination that says it is `named`, where the message is its own. One that does not exist has no key, and is refused
/// as one that does.
pub(crate) fn caller(
    app: &App,
    named: &DestinationId,
    signed: &Signed<'_>,
    body: &Bytes,
    now: Timestamp,
) -> Result<Caller, Refusal> {
    let destinations = app.forms.destinations();
    let destination = destinations.iter().find(|one| one.id == *named);
    let secret = destination.and_then(|one| app.settings.secrets.get(&one.secret.to_lowercase()));
    let keys: Vec<SigningKey> = secret
        .map(|secret| secret.reveal().split_whitespace().filter_map(|one| SigningKey::from_secret(one).ok()).collect())
        .unwrap_or_default();
    let signed_at = verify(signed, body, &keys, now).map_err(unsigned)?;
    Ok(Caller { purposes: destination.map(|one| one.purposes.clone()).unwrap_or_default(), signed_at })
}

fn unsigned(why: Unsigned) -> Refusal {
    Refusal::new(ProblemType::SignatureInvalid).detail(&why.to_string())
}
