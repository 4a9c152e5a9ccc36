//! Leads as JSON and as CSV. Both have the same shape whatever is masked, destroyed or forgotten.

use std::io::Write;

use serde::Serialize;
use unticked_shared::submission::Value;

use super::{Columns, Lead, LeadsError, ShownValue, Summary, csv, decide::Content, sql::DeliveryRow};
use crate::{
    evidence::Standing,
    store::values::{rfc3339, time},
};

/// A lead as JSON.
#[derive(Serialize)]
struct LeadJson<'a> {
    #[serde(flatten)]
    summary: SummaryJson<'a>,
    values: Vec<ValueJson<'a>>,
    views: Vec<ViewJson<'a>>,
}

#[derive(Serialize)]
struct ViewJson<'a> {
    day: String,
    kind: &'a str,
    document: &'a str,
    views: i64,
}

#[derive(Serialize)]
struct SummaryJson<'a> {
    reference: &'a str,
    subject: String,
    received_at: String,
    form: &'a str,
    version: &'a str,
    language: &'a str,
    method: &'a str,
    state: &'a str,
    forgotten: bool,
    decisions: Vec<DecisionJson<'a>>,
    deliveries: Vec<DeliveryJson<'a>>,
}

#[derive(Serialize)]
struct ValueJson<'a> {
    field: &'a str,
    label: &'a str,
    state: &'static str,
    /// The value or its mask; null in every other state.
    value: Option<&'a Value>,
}

#[derive(Serialize)]
struct DecisionJson<'a> {
    purpose: &'a str,
    name: Option<&'a str>,
    statement: Option<&'a str>,
    legal_basis: &'static str,
    decision: Option<&'static str>,
    ended: bool,
    decided_at: String,
}

#[derive(Serialize)]
struct DeliveryJson<'a> {
    destination: &'a str,
    event: &'a str,
    state: &'a str,
    attempts: i64,
    status: Option<i64>,
    reason: Option<&'a str>,
    settled_at: Option<String>,
}

/// A time as it leaves the house.
fn shown(millis: i64) -> String {
    time(millis).map_or_else(|_| "?".to_owned(), rfc3339)
}

fn decision(standing: &Standing) -> DecisionJson<'_> {
    DecisionJson {
        purpose: standing.purpose.as_str(),
        name: None,
        statement: None,
        legal_basis: standing.legal_basis.as_str(),
        decision: standing.decision.map(unticked_shared::decision::Decision::as_str),
        ended: standing.ended.is_some(),
        decided_at: rfc3339(standing.since),
    }
}

fn delivery(row: &DeliveryRow) -> DeliveryJson<'_> {
    DeliveryJson {
        destination: &row.destination,
        event: &row.kind,
        state: &row.state,
        attempts: row.attempt,
        status: row.status,
        reason: row.reason.as_deref(),
        settled_at: row.settled_at.map(shown),
    }
}

fn summary(summary: &Summary) -> SummaryJson<'_> {
    let row = &summary.submission;
    SummaryJson {
        reference: &row.reference,
        subject: row.subject_id.to_string(),
        received_at: shown(row.received_at),
        form: &row.form,
        version: &row.version,
        language: &row.language,
        method: &row.method,
        state: &row.state,
        forgotten: summary.forgotten,
        decisions: summary.standing.iter().map(decision).collect(),
        deliveries: summary.deliveries.iter().map(delivery).collect(),
    }
}

/// A closed lead as one JSON object.
pub fn summary_json(lead: &Summary) -> serde_json::Result<String> {
    serde_json::to_string(&summary(lead))
}

/// An opened lead as one JSON object.
pub fn lead_json(lead: &Lead) -> serde_json::Result<String> {
    // Masks are texts; they are put in the place of the values.
    let masks: Vec<Option<Value>> = lead
        .values
        .iter()
        .map(|value| match &value.content {
            Content::Masked(mask) => Some(Value::One(mask.clone())),
            _ => None,
        })
        .collect();
    let values = lead.values.iter().zip(&masks).map(|(value, mask)| ValueJson {
        field: &value.field,
        label: &value.label,
        state: value.content.state(),
        value: match &value.content {
            Content::Plain(value) => Some(value),
            _ => mask.as_ref(),
        },
    });
    let decisions = lead.decisions.iter().map(|decided| DecisionJson {
        name: Some(&decided.name),
        statement: decided.statement.as_deref(),
        ..decision(&decided.standing)
    });
    let views = lead.views.iter().map(|view| ViewJson {
        day: view.day(),
        kind: &view.kind,
        document: &view.document,
        views: view.views,
    });
    let json = LeadJson {
        values: values.collect(),
        views: views.collect(),
        summary: SummaryJson { decisions: decisions.collect(), ..summary(&lead.summary) },
    };
    serde_json::to_string(&json)
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line for each lead, a header first.
    Csv,
    /// An array of objects.
    Json,
}

/// Writes an export lead by lead; nothing is gathered in memory.
pub struct Export<W> {
    to: W,
    format: Format,
    columns: Columns,
    written: u64,
}

impl<W: Write> Export<W> {
    /// Writes what comes before the first lead.
    pub fn begin(mut to: W, format: Format, columns: Columns) -> Result<Self, LeadsError> {
        match format {
            Format::Json => to.write_all(b"[")?,
            Format::Csv => {
                let fixed = ["reference", "received_at", "form", "language", "method", "state", "forgotten"];
                let mut header: Vec<String> = fixed.map(str::to_owned).to_vec();
                header.extend(columns.fields.iter().map(|field| format!("field.{field}")));
                for purpose in &columns.purposes {
                    let parts = ["decision", "decided_at", "statement"];
                    header.extend(parts.map(|part| format!("{part}.{purpose}")));
                }
                header.push("deliveries".to_owned());
                csv::line(&mut to, header.iter().map(String::as_str))?;
            }
        }
        Ok(Self { to, format, columns, written: 0 })
    }

    /// Writes one lead.
    pub fn lead(&mut self, lead: &Lead) -> Result<(), LeadsError> {
        match self.format {
            Format::Json => {
                self.to.write_all(if self.written == 0 { b"\n" } else { b",\n" })?;
                self.to.write_all(lead_json(lead).map_err(std::io::Error::other)?.as_bytes())?;
            }
            Format::Csv => {
                let cells = cells(lead, &self.columns);
                csv::line(&mut self.to, cells.iter().map(String::as_str))?;
            }
        }
        self.written += 1;
        Ok(())
    }

    /// Writes what comes after the last lead; answers how many there were.
    pub fn finish(mut self) -> Result<u64, LeadsError> {
        if self.format == Format::Json {
            self.to.write_all(if self.written == 0 { b"]\n" } else { b"\n]\n" })?;
        }
        self.to.flush()?;
        Ok(self.written)
    }
}

fn cells(lead: &Lead, columns: &Columns) -> Vec<String> {
    let row = &lead.summary.submission;
    let forgotten = if lead.summary.forgotten { "yes" } else { "no" };
    let mut cells = vec![
        row.reference.clone(),
        shown(row.received_at),
        row.form.clone(),
        row.language.clone(),
        row.method.clone(),
        row.state.clone(),
        forgotten.to_owned(),
    ];
    let field = |field: &String| lead.values.iter().find(|value| value.field == *field).map(cell).unwrap_or_default();
    cells.extend(columns.fields.iter().map(field));
    for purpose in &columns.purposes {
        let decided = lead.decisions.iter().find(|decided| decided.standing.purpose.as_str() == purpose);
        cells.extend(match decided {
            None => [String::new(), String::new(), String::new()],
            Some(decided) => [
                word(&decided.standing).to_owned(),
                rfc3339(decided.standing.since),
                decided.statement.clone().unwrap_or_default(),
            ],
        });
    }
    let deliveries =
        lead.summary.deliveries.iter().map(|row| format!("{} {} {}", row.destination, row.kind, row.state));
    cells.push(deliveries.collect::<Vec<_>>().join("; "));
    cells
}

fn cell(value: &ShownValue) -> String {
    match &value.content {
        Content::Plain(value) => value.to_line(),
        Content::Masked(mask) => mask.clone(),
        other => format!("({})", other.state()),
    }
}

/// What a purpose rests on, in a word.
pub fn word(standing: &Standing) -> &'static str {
    match (standing.ended, standing.decision) {
        (Some(_), _) => "ended",
        (None, Some(decision)) => decision.as_str(),
        // Its basis asks for no decision.
        (None, None) => standing.legal_basis.as_str(),
    }
}
