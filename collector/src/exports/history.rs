//! What became of each purpose of a submission, step by step. No database.

use unticked_shared::{
    decision::{Decision, LegalBasis},
    evidence::{Ended, Happened, Method, PurposeDecision, statement_digest},
    id::PurposeId,
    placement::PurposeText,
};

use super::{Case, Record};

/// One purpose of a submission.
#[derive(Debug)]
pub struct Course<'a> {
    /// The purpose.
    pub purpose: &'a PurposeId,
    /// The legal basis that was named.
    pub basis: LegalBasis,
    /// SHA-256 of the statement that was shown, hexadecimal.
    pub statement: &'a str,
    /// The words beside its box; none where the archive does not hold them.
    pub text: Option<&'a PurposeText>,
    /// The statement itself; none where the archive does not hold just these words.
    pub words: Option<&'a str>,
    /// The oldest first; there is at least one.
    pub steps: Vec<Step<'a>>,
}

/// One thing that was decided or happened.
#[derive(Debug)]
pub struct Step<'a> {
    /// The record that says so.
    pub record: &'a Record,
    /// What is so from then on.
    pub state: State,
}

/// What is so of a purpose. Of another basis than consent `Informed` is where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Consent was given.
    Given,
    /// It was given, and waits for the confirmation by mail.
    Waiting,
    /// It looked like a robot's and was not let go: whether a person consented is not known.
    Doubtful,
    /// It was asked for and not given.
    Refused,
    /// The person took it back; on another basis, objected.
    Withdrawn,
    /// The period that was promised is over.
    Expired,
    /// It looked like a robot's, nobody let it go in time, and the controller makes no use of it.
    Dropped,
    /// Somebody asked that the person be forgotten, and use ended with that.
    Forgotten,
    /// Another basis than consent: the person was told.
    Informed,
}

impl State {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "granted",
            Self::Waiting => "granted_unconfirmed",
            Self::Doubtful => "granted_suspected_robot",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Dropped => "unreleased",
            Self::Forgotten => "forgotten",
            Self::Informed => "informed",
        }
    }

    /// Whether data may be used in this state.
    pub fn stands(self) -> bool {
        matches!(self, Self::Given | Self::Informed)
    }

    /// Whether nothing follows from a period's end any more.
    fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Withdrawn | Self::Expired | Self::Dropped | Self::Forgotten)
    }

    fn of(decided: &PurposeDecision, before: Option<Self>, quarantined: bool) -> Self {
        match (decided.ended, before) {
            (Some(_), Some(before)) if before.is_over() => return before,
            (Some(Ended::Retention), _) => return Self::Expired,
            (Some(Ended::Unreleased), _) => return Self::Dropped,
            (Some(Ended::Erasure), _) => return Self::Forgotten,
            (None, _) => {}
        }
        match decided.decision {
            Some(Decision::Granted | Decision::GrantedUnconfirmed) if quarantined => Self::Doubtful,
            Some(Decision::Granted) => Self::Given,
            Some(Decision::GrantedUnconfirmed) => Self::Waiting,
            Some(Decision::Refused) => Self::Refused,
            Some(Decision::Withdrawn) => Self::Withdrawn,
            None => Self::Informed,
        }
    }
}

impl Course<'_> {
    /// What is so now.
    pub fn state(&self) -> State {
        self.steps.last().map_or(State::Refused, |step| step.state)
    }

    /// Fields that a rule destroyed because this purpose ended, with the day.
    pub fn destroyed(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.steps.iter().filter_map(|step| match &step.record.part_a.happened {
            Some(Happened::Erasure(erasure)) if !erasure.destroyed.is_empty() => {
                let fields = erasure.destroyed.iter().map(unticked_shared::id::FieldId::as_str).collect();
                Some((step.record.part_a.day.as_str(), fields))
            }
            _ => None,
        })
    }
}

/// The courses of a submission's purposes, in the order in which they were shown.
pub fn courses(case: &Case) -> Vec<Course<'_>> {
    let mut courses: Vec<Course<'_>> = Vec::new();
    let quarantined = case.submission.state == "quarantined";
    let content = case.content();
    for record in &case.records {
        for decided in &record.part_a.purposes {
            let at = courses.iter().position(|course| course.purpose == &decided.id);
            let before = at.map(|at| courses[at].state());
            let state = State::of(decided, before, quarantined);
            // A record that changes nothing for this purpose (a period's end of what was refused) is no step of it.
            if before == Some(state) {
                continue;
            }
            let step = Step { record, state };
            if let Some(at) = at {
                courses[at].steps.push(step);
                continue;
            }
            let text = content.and_then(|content| content.purposes.iter().find(|text| text.id == decided.id));
            let words = text.map(|text| text.statement.as_str());
            courses.push(Course {
                purpose: &decided.id,
                basis: decided.legal_basis,
                statement: &decided.statement,
                text,
                words: words.filter(|words| statement_digest(words) == decided.statement),
                steps: vec![step],
            });
        }
    }
    courses
}

/// How a decision reached us, in words for a stranger.
pub fn method(method: Method) -> &'static str {
    match method {
        Method::Widget => {
            "form in the browser, one unticked box for each purpose, sent with a signature over the whole"
        }
        Method::Page => "form as a plain page, one unticked box for each purpose, sent without a signature",
        Method::MailLink => "link in a mail",
        Method::Console => "entered by a member of staff",
        Method::Api => "the person's own page of preferences, or an interface for programs",
        Method::Oral => "said to a member of staff",
        Method::Import => "brought from another system",
        Method::Rule => "rule that was promised in the notice, carried out by the collector",
    }
}
