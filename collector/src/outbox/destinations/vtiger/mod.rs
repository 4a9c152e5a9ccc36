//! A webform of Vtiger CRM: one form-encoded POST to `modules/Webforms/capture.php`, whose answer decides.
//!
//! What is sent is in [`words`], what the answer means in [`answer`]. Both rest on how Vtiger 6 to 8 behave (read in
//! the published sources of `modules/Webforms/capture.php`, `modules/Webforms/model/WebformsModel.php` and
//! `include/utils/VtlibUtils.php` of Vtiger and its forks F-RevoCRM, defalto and corebos; no code was taken):
//!
//! - `publicid` finds the webform, if it is enabled. Neither `__vtrftk` nor a session nor a referrer is asked for.
//! - Only fields that were added to the webform are kept. A field is looked for under its own name (`lastname`,
//!   `cf_853`) and under the name in the webform's HTML (`label:Your_order`); with `urlencodeenable=1` names are
//!   percent-decoded once more. A field with an override value never takes what is sent.
//! - Nothing is idempotent: each accepted POST makes a record. So an answer that is lost makes two, which the
//!   reference in a mapped field tells from two leads.
//! - The owner may ask for a captcha (7.x and later check it on the server), which no collector can solve.

mod answer;
#[cfg(test)]
mod tests;
mod words;

use std::time::Duration;

use reqwest::{
    Response,
    header::{ACCEPT, CONTENT_TYPE, LOCATION},
};
use unticked_shared::{
    definition::destination::Vtiger,
    event::{Event, Told},
    id::FieldId,
    signature::EVENT_HEADERS,
};

use self::{answer::Answer, words::encode};
use super::{
    super::schedule::Outcome,
    Parcel, TargetError,
    network::{Failure, Network, read, retry_after},
};

/// How long Vtiger may take: it runs workflows and sends mails before it answers, and to give up early is to make
/// the same lead twice.
pub(super) const PATIENCE: Duration = super::ATTEMPT_TIMEOUT;
/// How much of an answer is read. What counts stands at its end; a PHP that warns of much says more before.
const ANSWER_LIMIT: usize = 256 * 1024;

/// The webforms of a destination with their public ids.
#[derive(Clone)]
pub struct Webforms {
    settings: Vtiger,
    public_id: String,
    /// Looked for when a withdrawal goes out: until then leads do without.
    withdrawal_id: Result<Option<String>, TargetError>,
}

impl Webforms {
    /// Finds public ids that stand among the secrets.
    pub(super) fn new<'s>(settings: &Vtiger, secret: impl Fn(&str) -> Option<&'s str>) -> Result<Self, TargetError> {
        let resolve = |id: &str| match id.strip_prefix("secrets.") {
            None => Ok(id.to_owned()),
            Some(name) => {
                let id = secret(name).ok_or_else(|| TargetError::Missing(name.to_owned()))?.trim();
                let usable = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                usable.then(|| id.to_owned()).ok_or_else(|| TargetError::PublicId(name.to_owned()))
            }
        };
        let withdrawal_id = settings.withdrawal.as_ref().map(|webform| resolve(&webform.public_id)).transpose();
        Ok(Self { public_id: resolve(&settings.public_id)?, withdrawal_id, settings: settings.clone() })
    }

    /// Vtiger's fields that a form's fields go into, each with the first of these.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &FieldId)> {
        self.settings.fields.iter().filter_map(|(key, fields)| Some((key.as_str(), fields.first()?)))
    }

    /// Whether a webform for withdrawals is declared.
    pub(super) fn hears_withdrawals(&self) -> bool {
        self.settings.withdrawal.is_some()
    }

    /// The pairs to send for an event, or why there are none.
    fn pairs(&self, event: &Event) -> Result<Vec<(String, String)>, Outcome> {
        match &event.told {
            Told::Lead(lead) => Ok(words::lead(&self.settings, &self.public_id, event, lead)),
            Told::Withdrawal(withdrawal) => {
                let id = self.withdrawal_id.as_ref().map_err(|error| Outcome::Unreachable(error.to_string()))?;
                match (&self.settings.withdrawal, id) {
                    (Some(webform), Some(id)) => {
                        Ok(words::withdrawal(webform, id, self.settings.emoji, event, withdrawal))
                    }
                    _ => Err(Outcome::Impossible(format!(
                        "Vtiger was not told that consent was taken back ({}): the destination has no \
                         [destination.withdrawal]; note it in Vtiger by hand, or add it and send this again",
                        withdrawal.reference
                    ))),
                }
            }
            Told::Erased(erased) => {
                let id = self.withdrawal_id.as_ref().map_err(|error| Outcome::Unreachable(error.to_string()))?;
                match (&self.settings.withdrawal, id) {
                    (Some(webform), Some(id)) => Ok(words::erased(webform, id, self.settings.emoji, event, erased)),
                    _ => Err(Outcome::Impossible(format!(
                        "Vtiger was not told that the person of {} is to be forgotten: the destination has no \
                         [destination.withdrawal]; delete them in Vtiger by hand (Art. 19), or add it and send this again",
                        erased.reference
                    ))),
                }
            }
        }
    }
}

/// Makes one attempt.
pub(super) async fn post(
    network: &Network,
    url: &str,
    webforms: &Webforms,
    parcel: &Parcel,
) -> Result<Outcome, Failure> {
    // serde's own message may quote what is in it.
    let Ok(event) = serde_json::from_slice::<Event>(&parcel.body) else {
        return Ok(Outcome::Impossible("the body is no event that this version knows".to_owned()));
    };
    let pairs = match webforms.pairs(&event) {
        Ok(pairs) => pairs,
        Err(outcome) => return Ok(outcome),
    };
    let response = network
        .post(url, PATIENCE)?
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
        .header(ACCEPT, "application/json")
        // Vtiger does not read it; a proxy before it may, to keep a repeated attempt out.
        .header(EVENT_HEADERS[0], &parcel.event)
        .body(encode(&pairs))
        .send()
        .await?;
    let answer = heard(response).await;
    Ok(answer.outcome(webforms.settings.duplicates))
}

/// Asks for a webform that there is not, which makes no record: who says that there is none is Vtiger.
pub(super) async fn knock(network: &Network, url: &str) -> Result<(), String> {
    let pairs = ["publicid", "urlencodeenable"].map(|key| (key.to_owned(), String::new()));
    let asked = async {
        let request = network.post(url, PATIENCE)?.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        Ok::<_, Failure>(heard(request.header(ACCEPT, "application/json").body(encode(&pairs)).send().await?).await)
    };
    asked.await.map_err(|failure| failure.reason(network.patience(PATIENCE)))?.is_vtiger()
}

async fn heard(response: Response) -> Answer {
    let header =
        |name| response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Answer {
        status: response.status().as_u16(),
        retry_after: retry_after(&response),
        location: header(LOCATION),
        body: read(response, ANSWER_LIMIT).await,
    }
}
