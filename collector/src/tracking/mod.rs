//! What an owner's tools may look at: whether somebody opens a mail, follows a link in it, looks at a document.
//!
//! Each of these needs a yes of its own (Art. 5(3) Directive 2002/58/EC), asked by a purpose that says what it `tracks`. A tool
//! asks before it puts a pixel into a mail or a token into a link (`POST /v1/allowed`, signed by a destination: [`http`];
//! `unticked links allowed`), and the answer is a fold of the evidence at that moment ([`decide`]): there is no copy of it
//! that could be late. Whoever was never asked, has not confirmed, took it back or was forgotten is answered no, and a
//! destination learns of nobody whose data it did not receive: they are answered as one who was never asked.

pub mod decide;
pub mod http;
pub mod sql;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use unticked_shared::{definition::Tracked, id::PurposeId};
use uuid::Uuid;

pub use self::decide::Answer;
use crate::{
    erasure,
    forms::Forms,
    retention::{self, RetentionError, decide::Promises, sql::Row},
    store::{Connection, Store, values::rfc3339},
    vault::{EmailAddress, Vault},
};

/// What the room works with.
#[derive(Clone)]
pub struct Tools {
    /// The databases.
    pub store: Store,
    /// Every version ever shown.
    pub forms: Forms,
    /// Knows what stands for an address.
    pub vault: Vault,
}

/// Whom a question is about.
#[derive(Debug, Clone)]
pub enum Person {
    /// `subject` of an event.
    Subject(Uuid),
    /// What the person was told.
    Reference(String),
    /// Whoever gave this address; nobody, where it is none.
    Address(Option<EmailAddress>),
}

/// Who asks, where it is not the owner.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The destination.
    pub destination: &'a str,
    /// The purposes that it serves: of the others it is told nothing.
    pub served: &'a [PurposeId],
}

/// What holds for each thing that can be tracked; nothing where nobody was asked.
pub type Answers = Vec<(Tracked, Option<Answer>)>;

/// Whether one thing may be tracked, as tools are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// Only a yes that stands allows it.
    pub allowed: bool,
    /// The purpose that asked; absent where nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<PurposeId>,
    /// Since when it is so (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// By the word for what is tracked; each of them is there.
pub fn permissions(answers: &Answers) -> BTreeMap<&'static str, Permission> {
    let permission = |answer: &Option<Answer>| Permission {
        allowed: answer.as_ref().is_some_and(|answer| answer.allowed),
        purpose: answer.as_ref().map(|answer| answer.purpose.clone()),
        since: answer.as_ref().map(|answer| rfc3339(answer.since)),
    };
    answers.iter().map(|(tracked, answer)| (tracked.as_str(), permission(answer))).collect()
}

/// What may be tracked of a person now.
pub async fn allowed(
    tools: &Tools,
    person: &Person,
    asker: Option<Asker<'_>>,
    now: Timestamp,
) -> Result<Answers, RetentionError> {
    let mut connection = tools.store.read().await?;
    let rows = rows(&mut connection, tools, person, asker).await?;
    let mut found: Vec<(Tracked, Vec<Answer>)> = Tracked::ALL.map(|tracked| (tracked, Vec::new())).into();
    for row in rows {
        for (tracked, answers) in &mut found {
            let answer = of_row(&mut connection, &tools.forms, &row, *tracked, now).await?;
            let served = |answer: &Answer| asker.is_none_or(|asker| asker.served.contains(&answer.purpose));
            answers.extend(answer.filter(served));
        }
    }
    Ok(found.into_iter().map(|(tracked, answers)| (tracked, decide::latest(answers))).collect())
}

async fn rows(
    connection: &mut Connection,
    tools: &Tools,
    person: &Person,
    asker: Option<Asker<'_>>,
) -> Result<Vec<Row>, RetentionError> {
    let (subject, reference) = match person {
        Person::Subject(subject) => (Some(*subject), None),
        Person::Reference(reference) => (None, Some(reference.as_str())),
        Person::Address(address) => {
            // Nobody but a destination asks by address, and an owner who has one looks at the lead.
            let (Some(address), Some(asker)) = (address, asker) else { return Ok(Vec::new()) };
            let contact = tools.vault.contact_index(address);
            return Ok(sql::received_of_address(connection, &contact, asker.destination).await?);
        }
    };
    Ok(match asker {
        Some(asker) => sql::received_of_person(connection, subject, reference, asker.destination).await?,
        None => sql::of_person(connection, subject, reference).await?,
    })
}

/// What the person of a submission answered about `tracked`, and whether it holds now. Read in the transaction that acts
/// on it, with the row locked, nobody takes it back meanwhile.
pub(crate) async fn of_row(
    connection: &mut Connection,
    forms: &Forms,
    row: &Row,
    tracked: Tracked,
    now: Timestamp,
) -> Result<Option<Answer>, RetentionError> {
    // What was taken for a robot's was answered by nobody.
    if row.state != "accepted" {
        return Ok(None);
    }
    let version = forms.version(&row.version).await?;
    let version = version.ok_or_else(|| RetentionError::UnknownVersion(row.version.clone()))?;
    if version.purposes.values().all(|purpose| purpose.tracks != Some(tracked)) {
        return Ok(None);
    }
    let loaded = retention::load(connection, row.clone(), None).await?;
    let promises = Promises::of(&version);
    let answer = decide::answer(tracked, row.submission_id, &version.purposes, &promises, &loaded.case, now);
    // Whose identity is gone cannot take it back any more, and nobody is left to have said yes.
    let forgotten = erasure::sql::find(connection, row.submission_id).await?.is_some();
    Ok(answer.map(|answer| Answer { allowed: answer.allowed && !forgotten, over: answer.over || forgotten, ..answer }))
}
