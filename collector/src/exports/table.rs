//! Evidence as a table: one line for each step of each purpose. No database.

use super::{
    Case,
    history::{courses, method},
};

/// The names of the columns.
pub const HEADER: [&str; 21] = [
    "reference",
    "submission",
    "subject",
    "form",
    "language",
    "version",
    "state",
    "purpose",
    "purpose_name",
    "legal_basis",
    "decision",
    "at",
    "method",
    "statement_sha256",
    "statement",
    "record",
    "commitment",
    "leaf",
    "holds",
    "origin",
    "page",
];

/// The lines of one submission.
pub fn lines(case: &Case) -> Vec<[String; 21]> {
    let row = &case.submission;
    let mut lines = Vec::new();
    for course in courses(case) {
        for step in &course.steps {
            let record = step.record;
            let part = record.part_b.as_ref();
            let or_empty = |text: Option<&String>| text.cloned().unwrap_or_default();
            lines.push([
                row.reference.clone(),
                row.submission_id.to_string(),
                row.subject_id.to_string(),
                row.form.clone(),
                row.language.clone(),
                row.version.clone(),
                row.state.clone(),
                course.purpose.to_string(),
                course.text.map(|text| text.name.clone()).unwrap_or_default(),
                course.basis.as_str().to_owned(),
                step.state.as_str().to_owned(),
                record.at().text().to_owned(),
                method(record.part_a.method).to_owned(),
                course.statement.to_owned(),
                course.words.unwrap_or_default().to_owned(),
                record.id.to_string(),
                record.commitment.clone(),
                record.leaf.map(|leaf| leaf.to_string()).unwrap_or_default(),
                if record.holds { "yes" } else { "no" }.to_owned(),
                or_empty(part.and_then(|part| part.origin.as_ref())),
                or_empty(part.and_then(|part| part.page.as_ref())),
            ]);
        }
    }
    lines
}
