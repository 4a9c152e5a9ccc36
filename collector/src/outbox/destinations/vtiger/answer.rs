//! What Vtiger's answer means.
//!
//! `capture.php` writes `{"success":true,"result":"ok"}` or `{"success":false,"error":{"message":…}}` with status 200,
//! or, where the webform has a return URL, redirects (302) there with `?success=ok` or `?error=MESSAGE`, unescaped.
//! Anything else was not written by it, or not to its end. A message may quote what was sent (a database error does),
//! so it is read and never repeated: reasons are ours.

use serde::Deserialize;
use unticked_shared::definition::destination::Duplicates;

use crate::outbox::schedule::Outcome;

/// What came back.
pub(super) struct Answer {
    pub status: u16,
    pub retry_after: Option<u64>,
    /// Where it redirects.
    pub location: Option<String>,
    /// Nothing where it was too long or broke off.
    pub body: Option<Vec<u8>>,
}

/// Some versions add a code (`MANDATORY_FIELDS_MISSING`) beside the message.
#[derive(Deserialize)]
struct Said {
    success: bool,
    #[serde(default)]
    error: serde_json::Value,
}

impl Said {
    fn text(&self, key: &str) -> &str {
        self.error.get(key).and_then(|value| value.as_str()).unwrap_or_default()
    }

    fn message(&self) -> &str {
        self.error.as_str().unwrap_or_else(|| self.text("message"))
    }
}

impl Answer {
    pub(super) fn outcome(&self, duplicates: Duplicates) -> Outcome {
        match self.status {
            200..=299 => self.said(duplicates),
            302 | 303 => self.redirected(duplicates),
            301 | 307 | 308 => Outcome::Declined {
                status: self.status,
                reason: format!(
                    "answered {}: Vtiger lives at another address now (or wants https); write that address into `url`",
                    self.status
                ),
            },
            status => Outcome::Answered { status, retry_after: self.retry_after },
        }
    }

    /// Whether Vtiger's webforms answered, who were asked for one that there is not.
    pub(super) fn is_vtiger(&self) -> Result<(), String> {
        let text = String::from_utf8_lossy(self.body.as_deref().unwrap_or_default());
        if self.status == 200
            && last_word(&text).is_some_and(|said| !said.success && said.message().contains("not found"))
        {
            return Ok(());
        }
        match self.outcome(Duplicates::Refused) {
            Outcome::Taken { .. } => {
                Err("something answered that takes whatever it is sent, which Vtiger does not".to_owned())
            }
            Outcome::Answered { status, .. } => Err(format!("answered {status}; `url` must be that of capture.php")),
            Outcome::Declined { reason, .. }
            | Outcome::Impossible(reason)
            | Outcome::Unreachable(reason)
            | Outcome::Pointless(reason) => Err(reason),
        }
    }

    fn said(&self, duplicates: Duplicates) -> Outcome {
        let declined = |reason: &str| Outcome::Declined { status: self.status, reason: reason.to_owned() };
        let Some(body) = &self.body else {
            return declined(
                "Vtiger's answer broke off: the record may be there already; look for its reference before you merge",
            );
        };
        let text = String::from_utf8_lossy(body);
        match last_word(&text) {
            Some(said) if said.success => Outcome::Taken { status: self.status },
            Some(said) => complaint(said.text("code"), said.message(), self.status, duplicates),
            None => declined(no_answer(&text)),
        }
    }

    fn redirected(&self, duplicates: Duplicates) -> Outcome {
        let query = self.location.as_deref().and_then(|to| to.split_once('?')).map_or("", |(_, query)| query);
        // The return URL may have a query of its own; then Vtiger's part follows a second question mark.
        let pair = |name: &str| {
            query.split(['&', '?']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        if let Some(message) = pair("error") {
            return complaint("", &message.replace(['+', '_'], " ").replace("%20", " "), self.status, duplicates);
        }
        if pair("success").is_some_and(|said| !said.is_empty()) {
            return Outcome::Taken { status: self.status };
        }
        Outcome::Declined {
            status: self.status,
            reason: format!(
                "answered {} and said neither success nor error: a login or a maintenance page stands before Vtiger's \
                 webforms, or `url` is not that of capture.php",
                self.status
            ),
        }
    }
}

/// The answer at the end of a body. PHP that is set to show its warnings writes them before; the record was made
/// nevertheless, and to send it again would make another. A PHP that died writes nothing after it.
fn last_word(text: &str) -> Option<Said> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let start = text.rfind("{\"success\"").or_else(|| text.starts_with('{').then_some(0))?;
    if text[..start].contains("Fatal error") {
        return None;
    }
    serde_json::from_str(&text[start..]).ok()
}

/// What a 200 that is no answer probably is.
fn no_answer(text: &str) -> &'static str {
    let text = text.to_ascii_lowercase();
    if text.trim().is_empty() {
        "Vtiger answered without a word: its PHP probably failed; its error log says why"
    } else if text.contains("fatal error") || text.contains("parse error") || text.contains("<b>warning</b>") {
        "Vtiger answered with an error of its PHP; its error log says more"
    } else if text.contains("password") || text.contains("login") {
        "a login page answered instead of Vtiger's webforms; `url` must be that of capture.php, and open to the collector"
    } else {
        "a page answered instead of Vtiger's webforms; `url` must be that of capture.php"
    }
}

/// What a refusal means. Vtiger answers in its default language, so only what it hard-codes in English, and the
/// word for a duplicate in the languages it comes in, can be told apart.
fn complaint(code: &str, message: &str, status: u16, duplicates: Duplicates) -> Outcome {
    let message = message.to_lowercase();
    let upper = code.to_ascii_uppercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let impossible = |reason: &str| Outcome::Impossible(reason.to_owned());
    if says(&["webform not found"]) {
        return impossible(
            "Vtiger knows no enabled webform with this public id: compare `public_id` with what Vtiger shows under \
             Settings, Automation, Webforms, switch the webform on, and send this again",
        );
    }
    if says(&["webforms is not active"]) {
        return impossible(
            "Vtiger's module Webforms is switched off: switch it on under Settings, Modules, and send this again",
        );
    }
    if says(&["robot", "captcha"]) {
        return impossible(
            "Vtiger asks for a captcha, which is for people: switch Captcha off for this webform (Unticked has kept robots \
             out already), and send this again",
        );
    }
    if upper.contains("DUPLICATE") || says(&DUPLICATE) {
        return match duplicates {
            Duplicates::ByReference => Outcome::Taken { status },
            Duplicates::Refused => impossible(
                "Vtiger found a record like it and kept nothing: its duplicate prevention looks at more than the \
                 reference; see docs/crm-vtiger.md, and enter this lead by hand",
            ),
        };
    }
    if upper.contains("MANDATORY") || upper.contains("MANDFIELDS") || says(&["mandatory", "required fields"]) {
        return impossible(
            "a field that is mandatory in Vtiger was empty: fill it in with `fields` or `about`, or give it an override value in \
             the webform, and send this again",
        );
    }
    let code = if is_code(code) { format!(" ({code})") } else { String::new() };
    Outcome::Declined {
        status,
        reason: format!(
            "Vtiger refused it{code}; what it said is not repeated here, since it may quote what was sent; its own log says more"
        ),
    }
}

/// The stem of "duplicate" in the languages that Vtiger comes in.
const DUPLICATE: [&str; 8] = ["duplica", "dublett", "doublon", "duplik", "дублик", "дублир", "dupliceer", "重複"];

/// A code is a word of capitals; anything else might quote.
fn is_code(code: &str) -> bool {
    !code.is_empty()
        && code.len() <= 40
        && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
