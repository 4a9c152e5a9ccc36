//! What a visitor has typed and decided so far: plain values and the rules between them, testable without a browser.

use unticked_shared::{
    decision::Choice,
    id::{FieldId, PurposeId},
    placement::{Content, Field, PurposeText},
    submission::{Accepted, Choices, ProblemType, Value, Values},
    texts::{Word, Words},
    validate::{self, FieldError, Rule},
};

/// Where the form stands between reading and sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Phase {
    /// It is being filled in.
    #[default]
    Filling,
    /// An answer is awaited; pressing again changes nothing.
    Sending,
    /// It has arrived.
    Done(Accepted),
}

/// Why sending did not work, when no field is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The collector said so; seconds to wait, where it named them.
    Problem(ProblemType, Option<u64>),
    /// No answer came: it may have arrived or not.
    NoAnswer,
}

impl Trouble {
    /// Whether the same may well succeed when it is tried again.
    pub fn is_passing(self) -> bool {
        use ProblemType::{Internal, RateLimited, Unavailable};
        matches!(self, Self::NoAnswer | Self::Problem(Unavailable | RateLimited | Internal, _))
    }

    /// The sentence for the visitor.
    ///
    /// `validation-failed` without errors asks for another look: it is what a native post without a ticket gets.
    pub fn message(self, words: &Words) -> String {
        let word = match self {
            Self::NoAnswer => Word::ProblemOffline,
            Self::Problem(kind, retry_after) => match kind {
                ProblemType::RateLimited => {
                    let seconds = retry_after.unwrap_or(60).to_string();
                    return words.fill(Word::ProblemRateLimited, &[("seconds", &seconds)]);
                }
                ProblemType::TicketExpired | ProblemType::TicketInvalid | ProblemType::SignatureInvalid => {
                    Word::ProblemTicket
                }
                ProblemType::DefinitionChanged => Word::ProblemChanged,
                ProblemType::OriginNotAllowed => Word::ProblemOrigin,
                ProblemType::AlreadySubmitted => Word::ProblemAlreadySubmitted,
                ProblemType::ValidationFailed => Word::ProblemSendAgain,
                ProblemType::TooLarge => Word::ProblemTooLarge,
                ProblemType::Unavailable => Word::ProblemUnavailable,
                ProblemType::NotFound
                | ProblemType::Malformed
                | ProblemType::MethodNotAllowed
                | ProblemType::TooLate
                | ProblemType::Internal => Word::ProblemInternal,
            },
        };
        words.get(word).to_owned()
    }
}

/// The state of one form on one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormState {
    /// Whether script governs the form. Before that every step and every conditional field is visible.
    pub live: bool,
    /// What was typed, as typed.
    pub values: Values,
    /// What was decided; a purpose that is missing is refused.
    pub choices: Choices,
    /// The page of the form that is visible, from 0.
    pub step: usize,
    /// What needs another look, in the order of the form.
    pub errors: Vec<FieldError>,
    /// Whether the visitor tried to go on, so that the summary lists the errors.
    pub tried: bool,
    /// Why sending did not work.
    pub trouble: Option<Trouble>,
    /// Where it stands.
    pub phase: Phase,
}

impl FormState {
    /// Takes what a control now holds. An error at that field goes as soon as it is put right.
    pub fn enter(&mut self, content: &Content, field: &FieldId, value: Value) {
        self.values.insert(field.clone(), value);
        if self.error_at(field.as_str()).is_some() {
            self.check_field(content, field);
        }
        // Another field's condition may rest on this one.
        let values = self.tidied(content);
        self.errors
            .retain(|error| content.field(&error.field).is_none_or(|field| validate::shown(content, &values, field)));
        self.settle();
    }

    /// The visitor leaves a field: what was typed is checked, an empty field is not complained about yet.
    pub fn leave(&mut self, content: &Content, field: &FieldId) {
        if self.values.get(field).is_some_and(|value| !value.is_empty()) {
            self.check_field(content, field);
        }
    }

    /// Takes the state of a purpose's box.
    pub fn decide(&mut self, purpose: &PurposeId, granted: bool) {
        self.choices.insert(purpose.clone(), if granted { Choice::Granted } else { Choice::Refused });
    }

    /// Goes to the next page if this one is in order; says whether it did.
    pub fn go_on(&mut self, content: &Content) -> bool {
        let Some(step) = content.steps.get(self.step) else { return false };
        let values = self.tidied(content);
        self.trouble = None;
        self.errors = step.fields.iter().filter_map(|field| validate::one(content, &values, field)).collect();
        self.tried = !self.errors.is_empty();
        if self.tried || self.is_last(content) {
            return false;
        }
        self.step += 1;
        true
    }

    /// Goes to the page before. Nothing is checked and nothing is lost.
    pub fn go_back(&mut self) {
        self.step = self.step.saturating_sub(1);
        self.errors.clear();
        self.trouble = None;
        self.settle();
    }

    /// Whether the visible page is the last one.
    pub fn is_last(&self, content: &Content) -> bool {
        self.step + 1 >= content.steps.len()
    }

    /// Checks everything and says whether it may be sent. Otherwise the first page with an error is shown.
    pub fn may_send(&mut self, content: &Content) -> bool {
        self.trouble = None;
        let errors = validate::values(content, &self.tidied(content));
        self.refuse(content, errors);
        !self.tried
    }

    /// Takes errors, the browser's own or the collector's, and shows the page where the first stands.
    pub fn refuse(&mut self, content: &Content, errors: Vec<FieldError>) {
        self.phase = Phase::Filling;
        self.errors = errors;
        self.tried = !self.errors.is_empty();
        let at = |field: &str| content.steps.iter().position(|step| step.fields.iter().any(|f| f.id.as_str() == field));
        if let Some(step) = self.errors.iter().find_map(|error| at(&error.field)) {
            self.step = step;
        }
    }

    /// Sending did not work; what was typed stays.
    pub fn fail(&mut self, trouble: Trouble) {
        self.phase = Phase::Filling;
        self.trouble = Some(trouble);
    }

    /// It has arrived: what was typed is forgotten.
    pub fn finish(&mut self, accepted: Accepted) {
        *self = Self { live: self.live, phase: Phase::Done(accepted), ..Self::default() };
    }

    /// The values that are sent: without those of fields that do not apply, without empty ones, trimmed.
    pub fn tidied(&self, content: &Content) -> Values {
        let mut values = self.values.clone();
        validate::tidy(&mut values);
        validate::drop_hidden(content, &mut values);
        values
    }

    /// One choice for each purpose that is asked; what was not ticked is refused.
    pub fn decided(&self, content: &Content) -> Choices {
        let mut decided = Choices::new();
        for PurposeText { id, .. } in content.asked() {
            decided.insert(id.clone(), self.choices.get(id).copied().unwrap_or(Choice::Refused));
        }
        decided
    }

    /// Whether the field is visible: always before script governs the form.
    pub fn shows(&self, content: &Content, field: &Field) -> bool {
        !self.live || field.show_if.is_none() || {
            let mut values = self.values.clone();
            validate::tidy(&mut values);
            validate::shown(content, &values, field)
        }
    }

    /// What is wrong with the field.
    pub fn error_at(&self, field: &str) -> Option<&FieldError> {
        self.errors.iter().find(|error| error.field == field)
    }

    /// Whether the visitor must be told something before the form.
    pub fn has_summary(&self) -> bool {
        self.tried || self.trouble.is_some()
    }

    fn check_field(&mut self, content: &Content, id: &FieldId) {
        let Some(field) = content.field(id.as_str()) else { return };
        let found = validate::one(content, &self.tidied(content), field).filter(|error| error.rule != Rule::NotShown);
        // In the order of the form; sorting would cost the browser more.
        let before = std::mem::take(&mut self.errors);
        for field in content.fields() {
            let known = before.iter().find(|error| error.field == field.id.as_str());
            self.errors.extend(if field.id == *id { found.clone() } else { known.cloned() });
        }
        self.settle();
    }

    /// The summary leaves with the last error.
    fn settle(&mut self) {
        self.tried = self.tried && !self.errors.is_empty();
    }
}

#[cfg(test)]
mod tests;
