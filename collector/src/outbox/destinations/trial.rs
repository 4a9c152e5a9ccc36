//! Tries a destination out for its owner, past the same guard and with the same words as a lead goes.
//!
//! A webhook gets a signed event of a kind of its own, `unticked.test`, which no receiver takes for a lead. Vtiger's webforms
//! know nothing but records, so a record is made only where the owner says so; it names itself a test.

use jiff::Timestamp;
use serde_json::json;
use unticked_shared::{
    canonical,
    decision::{Decision, LegalBasis},
    event::{Event, EvidenceReference, Lead, LeadDecision, LeadValue, Told, Withdrawal},
    id::{FormId, Language},
    submission::Value,
};

use super::{
    super::schedule::{Verdict, judge},
    Courier, Network, Parcel, Speech, Target, vtiger,
};
use crate::{store::values::rfc3339, world::Random};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What, for the owner.
    pub what: String,
    /// What came of it; `Ok` where it is as it should be.
    pub came: Result<(), String>,
}

/// Tries the destination; `record` lets Vtiger make records that say that they are a test.
pub async fn try_out(network: &Network, target: &Target, record: bool, now: Timestamp, random: &Random) -> Vec<Step> {
    let trial = Trial { network, target, now, id: random.uuid(now).to_string() };
    match &target.speech {
        Speech::Webhook(_) => {
            let event = json!({
                "id": trial.id,
                "type": "unticked.test",
                "timestamp": rfc3339(now),
                "data": { "destination": target.id.as_str(), "note": "A test. Nobody is behind it." },
            });
            vec![trial.sends("a signed event of the type unticked.test", canonical::to_vec(&event)).await]
        }
        Speech::Vtiger(webforms) => {
            let answers = vtiger::knock(network, &target.url).await;
            let mut steps = vec![Step { what: "Vtiger's webforms answer at this address".to_owned(), came: answers }];
            if !record || steps[0].came.is_err() {
                return steps;
            }
            let reference = trial.reference();
            let lead = trial.event(Told::Lead(Box::new(trial.lead(webforms))));
            let what = format!("the webform makes a record; delete it in Vtiger, its reference is {reference}");
            steps.push(trial.sends(&what, canonical::to_vec(&lead)).await);
            if webforms.hears_withdrawals() {
                let withdrawal = trial.event(Told::Withdrawal(Box::new(trial.withdrawal())));
                let what =
                    format!("the webform for withdrawals makes a record; delete it, too, its reference is {reference}");
                steps.push(trial.sends(&what, canonical::to_vec(&withdrawal)).await);
            }
            steps
        }
    }
}

struct Trial<'t> {
    network: &'t Network,
    target: &'t Target,
    now: Timestamp,
    id: String,
}

impl Trial<'_> {
    async fn sends(&self, what: &str, body: Result<Vec<u8>, canonical::CanonicalError>) -> Step {
        let came = match body {
            Err(error) => Err(error.to_string()),
            Ok(body) => {
                let parcel = Parcel { event: self.id.clone(), sent_at: self.now.as_second(), body };
                match judge(&self.network.deliver(self.target, &parcel).await, 1, self.now, 0) {
                    Verdict::Delivered { .. } => Ok(()),
                    Verdict::Again { reason, .. } | Verdict::Failed { reason } | Verdict::Withheld { reason } => {
                        Err(reason)
                    }
                }
            }
        };
        Step { what: what.to_owned(), came }
    }

    /// Another one each time, lest Vtiger's duplicate check should object to the second test.
    fn reference(&self) -> String {
        format!("TEST-{}", self.id[self.id.len() - 4..].to_uppercase())
    }

    fn event(&self, told: Told) -> Event {
        Event { id: self.id.clone(), timestamp: rfc3339(self.now), told }
    }

    fn decisions(&self, decision: Decision) -> Vec<LeadDecision> {
        let decided = |purpose: &unticked_shared::id::PurposeId| LeadDecision {
            purpose: purpose.clone(),
            name: "Test".to_owned(),
            statement: "A test of Unticked. Nobody is behind it.".to_owned(),
            legal_basis: LegalBasis::Consent,
            decision: Some(decision),
            decided_at: rfc3339(self.now),
            retention: "P1D".to_owned(),
        };
        self.target.purposes.iter().map(decided).collect()
    }

    fn lead(&self, webforms: &vtiger::Webforms) -> Lead {
        // What is mandatory in the modules that webforms are usually made for.
        let values = webforms.fields().filter_map(|(key, field)| {
            let text = match key {
                "lastname" | "company" | "ticket_title" | "subject" => "Unticked test",
                "email" => "test@unticked.invalid",
                _ => return None,
            };
            let value = Value::One(text.to_owned());
            Some(LeadValue { field: field.clone(), label: text.to_owned(), value, purposes: Vec::new() })
        });
        Lead {
            reference: self.reference(),
            subject: self.id.clone(),
            form: form(),
            version: "0".repeat(64),
            language: english(),
            page: self.target.url.split('?').next().unwrap_or_default().to_owned(),
            values: values.collect(),
            decisions: self.decisions(Decision::Refused),
            evidence: no_evidence(),
        }
    }

    fn withdrawal(&self) -> Withdrawal {
        Withdrawal {
            reference: self.reference(),
            subject: self.id.clone(),
            form: form(),
            version: "0".repeat(64),
            language: english(),
            decisions: self.decisions(Decision::Withdrawn),
            evidence: no_evidence(),
        }
    }
}

fn form() -> FormId {
    FormId::parse("test").expect("a usable name")
}

fn english() -> Language {
    Language::parse("en").expect("a language")
}

fn no_evidence() -> EvidenceReference {
    EvidenceReference::new("none, it is a test".to_owned(), "none".to_owned())
}
