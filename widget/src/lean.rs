//! The part of a placement's content that a live form needs. The rest has been rendered and is read by nobody again;
//! leaving it unread spares the browser the code that would.

use serde::Deserialize;
use unticked_shared::{
    decision::LegalBasis,
    id::{Direction, FormId, Language, PurposeId},
    placement::{Content, NoticeText, PurposeText, Step},
    texts::Words,
};

use crate::json::{self, Unreadable};

#[derive(Deserialize)]
struct Lean {
    form: FormId,
    language: Language,
    direction: Direction,
    steps: Vec<Step>,
    purposes: Vec<Purpose>,
    notice: Notice,
    submit: String,
    #[serde(default)]
    minimum_seconds: u32,
    words: Words,
}

#[derive(Deserialize)]
struct Purpose {
    id: PurposeId,
    legal_basis: LegalBasis,
}

#[derive(Deserialize)]
struct Notice {
    withdraw: String,
}

/// Reads it; texts that only the server renders are empty.
pub fn read(text: &str) -> Result<Content, Unreadable> {
    let Lean { form, language, direction, steps, purposes, notice, submit, minimum_seconds, words } = json::read(text)?;
    let purpose = |Purpose { id, legal_basis }| PurposeText {
        id,
        legal_basis,
        name: String::new(),
        statement: String::new(),
        confirm_by_mail: false,
        explicit: false,
        retention: String::new(),
        retention_period: String::new(),
        recipients: Vec::new(),
        transfers: Vec::new(),
        interest: String::new(),
    };
    Ok(Content {
        form,
        language,
        direction,
        title: String::new(),
        intro: String::new(),
        controllers: Vec::new(),
        steps,
        purposes: purposes.into_iter().map(purpose).collect(),
        notice: NoticeText {
            withdraw: notice.withdraw,
            dpo: String::new(),
            authority: String::new(),
            required: String::new(),
            automated: String::new(),
            policy_url: String::new(),
            hidden: Vec::new(),
        },
        submit,
        minimum_seconds,
        banner: None,
        words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_live_form_reads_is_there() {
        let whole = crate::sample::content();
        let lean = read(&serde_json::to_string(&whole).unwrap()).unwrap();
        assert_eq!((&lean.steps, &lean.words, &lean.submit), (&whole.steps, &whole.words, &whole.submit));
        assert_eq!(lean.notice.withdraw, whole.notice.withdraw);
        let asked = |content: &Content| content.asked().map(|purpose| purpose.id.clone()).collect::<Vec<_>>();
        assert_eq!(asked(&lean), asked(&whole));
    }
}
