//! Whether a submission is accepted, and what then becomes true. No database, no clock: a function of values.

use std::sync::Arc;

use jiff::Timestamp;
use unticked_shared::{
    base64,
    decision::{Choice, Decision, LegalBasis},
    definition::form::Identifies,
    evidence::{Method, PurposeDecision, statement_digest},
    id::{FieldId, FormId, Language, PurposeId},
    placement::{Content, PurposeText},
    submission::{Choices, Submission, Value, Values},
    validate::{self, FieldError},
};
use uuid::Uuid;

use crate::{forms::Version, placements::tickets::Ticket, vault::EmailAddress};

/// How far a submission's own timestamp may lie outside its ticket's life, in seconds: rounding and a slow line.
const TOLERANCE: i64 = 60;
/// The longest page address that is kept, in bytes.
const LONGEST_PAGE: usize = 2048;
/// The longest name of a widget build, in bytes.
const LONGEST_BUILD: usize = 64;

/// What arrived, as far as it could be read. `Debug` hides what was sent.
#[derive(Clone)]
pub struct Arrival {
    /// The form that the address names.
    pub form: FormId,
    /// The `Origin` header.
    pub origin: Option<String>,
    /// The client's truncated address, where the owner wants it in the evidence.
    pub client: Option<String>,
    /// What was sent.
    pub submission: Submission,
    /// SHA-256 of it, to tell a repetition from another submission.
    pub body_digest: [u8; 32],
    /// What vouches for it.
    pub proof: Proof,
}

/// What vouches for a submission.
#[derive(Clone)]
pub enum Proof {
    /// The widget's signature over the exact body.
    Signed(Signed),
    /// A native post: the ticket alone.
    Ticket,
    /// A banner's script without WebCrypto: the ticket alone, and browsers name the origin of every such post.
    TicketByScript,
}

/// A signature with what it signs.
#[derive(Clone)]
pub struct Signed {
    /// `unticked-id`.
    pub id: String,
    /// `unticked-timestamp`, Unix seconds.
    pub timestamp: i64,
    /// `unticked-signature`.
    pub signature: String,
    /// The exact bytes.
    pub body: bytes::Bytes,
}

impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arrival").field("form", &self.form).finish_non_exhaustive()
    }
}

/// Why a submission is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The ticket is not ours, or another form's.
    #[error("the ticket is not ours, or another form's")]
    TicketInvalid,
    /// The ticket's life is over.
    #[error("the ticket has expired")]
    TicketExpired,
    /// The owner has withdrawn the version.
    #[error("the version was withdrawn")]
    DefinitionChanged,
    /// It comes from another origin than the ticket went to.
    #[error("it comes from another origin than the ticket went to")]
    OriginNotAllowed,
    /// The signature does not answer the ticket, or the timestamp lies outside its life.
    #[error("the signature does not answer the ticket")]
    SignatureInvalid,
    /// A part of it that no visitor fills in is out of bounds.
    #[error("{0}")]
    Malformed(&'static str),
    /// Some fields need another look.
    #[error("{} fields need another look", .0.len())]
    Invalid(Vec<FieldError>),
}

/// Whether a submission goes on its way or waits for the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It goes to the destinations.
    Accepted,
    /// A trap for robots was hit: it is kept, and waits for the owner's release. The visitor is told nothing false.
    Quarantined,
}

impl State {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Quarantined => "quarantined",
        }
    }
}

/// A value that may be stored. `Debug` hides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptValue {
    /// The field.
    pub field: FieldId,
    /// Its label as the visitor saw it.
    pub label: String,
    /// What was entered.
    pub value: Value,
    /// Whether it points to a person, which decides the key that seals it.
    pub identifies: Identifies,
    /// The purposes that allow storing it (Art. 5(1)(b)); never empty.
    pub purposes: Vec<PurposeId>,
}

/// What becomes true.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// The ticket's id, by which a repetition is known.
    pub submission: Uuid,
    /// The ticket's id as it travels.
    pub ticket_id: String,
    /// The version that was shown.
    pub version: Arc<Version>,
    /// The language it was shown in.
    pub language: Language,
    /// How it came.
    pub method: Method,
    /// Whether it waits for the owner.
    pub state: State,
    /// SHA-256 of what was sent.
    pub body_digest: [u8; 32],
    /// What may be stored, in the form's order.
    pub values: Vec<KeptValue>,
    /// What was chosen.
    pub choices: Choices,
    /// Every purpose of the form, in its order; of a banner those that it tells and those that were decided.
    pub purposes: Vec<PurposeDecision>,
    /// The address by which the person can be found, where one may be stored.
    pub contact: Option<EmailAddress>,
    /// The site.
    pub origin: String,
    /// The page without query and fragment; empty where it is not known.
    pub page: String,
    /// When the ticket was made.
    pub ticket_issued_at: Timestamp,
    /// The submission's own time, never later than its receipt; that of receipt, where it was not signed.
    pub submitted_at: Timestamp,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The Global Privacy Control signal.
    pub gpc: Option<bool>,
    /// The widget build; `page` for a native post.
    pub build: String,
    /// The client's truncated address, where configured.
    pub client: Option<String>,
    /// Of a banner: the random id on the device, where the purpose that needs it was granted.
    pub visitor: Option<String>,
}

impl Acceptance {
    /// What the visitor saw.
    pub fn content(&self) -> &Content {
        &self.version.face(Some(&self.language)).1.content
    }
}

/// Decides on what arrived with `ticket`, which is ours, for the `version` that it names.
///
/// Expiry and withdrawal are found after everything that shows who sent it, so that whoever repeats an accepted
/// submission can be answered with its result, whatever its age: look an id up before passing on
/// [`Refusal::TicketExpired`] or [`Refusal::DefinitionChanged`].
pub fn decide(
    arrival: Arrival,
    ticket: &Ticket,
    version: &Arc<Version>,
    now: Timestamp,
) -> Result<Acceptance, Refusal> {
    let claims = &ticket.claims;
    let submission = ticket.submission_id().ok_or(Refusal::TicketInvalid)?;
    let face = version.faces.get(&claims.language).ok_or(Refusal::TicketInvalid)?;
    if claims.form != arrival.form || claims.form != version.form || claims.version != version.digest {
        return Err(Refusal::TicketInvalid);
    }
    let is_banner = version.banner.is_some();
    if matches!(arrival.proof, Proof::TicketByScript) && !is_banner {
        return Err(Refusal::SignatureInvalid);
    }
    let submitted_at = check_proof(&arrival, ticket, now)?;
    check_origin(&arrival, &claims.origin)?;
    // Whoever refused or took back is heard however late the news comes: it was obeyed on the device at once, and here
    // nothing is done on the strength of it that an old ticket should not allow.
    let takes_nothing = is_banner && arrival.submission.choices.values().all(|choice| *choice != Choice::Granted);
    if ticket.expired(now) && !takes_nothing {
        return Err(Refusal::TicketExpired);
    }
    if version.withdrawn && !takes_nothing {
        return Err(Refusal::DefinitionChanged);
    }
    let Arrival { submission: sent, proof, body_digest, client, .. } = arrival;
    if is_banner && !sent.values.is_empty() {
        return Err(Refusal::Malformed("a banner asks for decisions alone; `values` must be empty"));
    }
    let content = &face.content;
    let method = if matches!(proof, Proof::Signed(_)) { Method::Widget } else { Method::Page };
    let page = page_address(&sent.page, &claims.origin)?;
    let visitor = visitor(version, &sent)?;
    let build = match proof {
        Proof::Ticket => "page".to_owned(),
        _ if is_build(&sent.build) => sent.build,
        _ => return Err(Refusal::Malformed("`build` is no name of a build")),
    };
    if !is_banner && sent.choices.values().any(|choice| *choice == Choice::Withdrawn) {
        return Err(Refusal::Malformed("a form grants or refuses; what stands is taken back on the personal page"));
    }
    let native = matches!(proof, Proof::Ticket);
    let (values, choices) = checked(content, native, sent.values, sent.choices)?;
    let purposes = decided(content, &choices);
    let values = kept(version, content, values, &purposes);
    let contact = values.iter().find_map(|kept| email(content, kept));
    let ticket_issued_at = Timestamp::from_second(claims.issued_at).map_err(|_| Refusal::TicketInvalid)?;
    let robots = version.definition.robots;
    let trapped = robots.honeypot && !sent.trap.is_empty();
    let hurried = now.as_second() - claims.issued_at < i64::from(robots.minimum_seconds);
    Ok(Acceptance {
        submission,
        ticket_id: claims.id.clone(),
        version: Arc::clone(version),
        language: claims.language.clone(),
        method,
        state: if trapped || hurried { State::Quarantined } else { State::Accepted },
        body_digest,
        values,
        choices,
        purposes,
        contact,
        origin: claims.origin.clone(),
        page,
        ticket_issued_at,
        submitted_at,
        received_at: now,
        gpc: sent.gpc,
        build,
        // A device that refused is not known by its network either.
        client: client.filter(|_| !is_banner),
        visitor,
    })
}

/// The id on the device: nobody who has not granted what needs it has one, and no form hears of it.
fn visitor(version: &Version, sent: &Submission) -> Result<Option<String>, Refusal> {
    let Some(id) = &sent.visitor else { return Ok(None) };
    let needs_it = version.banner.as_ref().and_then(|banner| banner.visitor_id.as_ref());
    if needs_it.is_none_or(|purpose| sent.choices.get(purpose) != Some(&Choice::Granted)) {
        return Err(Refusal::Malformed("`visitor` is sent only with a grant of the purpose that needs it"));
    }
    if base64::decode_url(id).is_none_or(|bytes| bytes.len() != 16) {
        return Err(Refusal::Malformed("`visitor` is 16 random bytes as base64url"));
    }
    Ok(Some(id.clone()))
}

/// Checks the signature; answers when it was sent.
fn check_proof(arrival: &Arrival, ticket: &Ticket, now: Timestamp) -> Result<Timestamp, Refusal> {
    let Proof::Signed(signed) = &arrival.proof else { return Ok(now) };
    let claims = &ticket.claims;
    let early = signed.timestamp < claims.issued_at - TOLERANCE;
    // Once the ticket's life is over that is the answer, or the first result is: whoever tries again the day after
    // signs again, and may well have been heard the first time.
    let late = signed.timestamp > claims.expires_at + TOLERANCE && !ticket.expired(now);
    if signed.id != claims.id || early || late {
        return Err(Refusal::SignatureInvalid);
    }
    ticket
        .submission_key()
        .verify(&signed.id, signed.timestamp, &signed.body, &signed.signature)
        .map_err(|_| Refusal::SignatureInvalid)?;
    let sent = Timestamp::from_second(signed.timestamp).map_err(|_| Refusal::SignatureInvalid)?;
    // Nothing is decided after it has arrived. A decision of tomorrow would outrank the withdrawal of tonight.
    Ok(sent.min(now))
}

/// A signed body comes by script, and browsers name the origin of every such post. A native post may come from a
/// page whose referrer policy hides it (`null`); the ticket went to its origin all the same.
fn check_origin(arrival: &Arrival, expected: &str) -> Result<(), Refusal> {
    match (&arrival.proof, arrival.origin.as_deref()) {
        (_, Some(origin)) if origin == expected => Ok(()),
        (Proof::Ticket, None | Some("null")) => Ok(()),
        _ => Err(Refusal::OriginNotAllowed),
    }
}

/// The page without query and fragment, as long as it lies on the origin that the ticket went to.
fn page_address(page: &str, origin: &str) -> Result<String, Refusal> {
    let page = page.split(['?', '#']).next().unwrap_or_default();
    if page.len() > LONGEST_PAGE || page.chars().any(char::is_control) {
        return Err(Refusal::Malformed("`page` is no address of a page"));
    }
    let lies_there = page.strip_prefix(origin).is_some_and(|path| path.is_empty() || path.starts_with('/'));
    Ok(if lies_there { page.to_owned() } else { String::new() })
}

fn is_build(text: &str) -> bool {
    text.len() <= LONGEST_BUILD && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Holds what was sent against what was shown.
fn checked(
    content: &Content,
    native: bool,
    mut values: Values,
    mut choices: Choices,
) -> Result<(Values, Choices), Refusal> {
    if native {
        // The native form shows every field, and a box that stays empty is not sent.
        values.retain(|id, _| content.field(id.as_str()).is_some());
        validate::tidy(&mut values);
        validate::drop_hidden(content, &mut values);
        for purpose in content.asked() {
            choices.entry(purpose.id.clone()).or_insert(Choice::Refused);
        }
    } else {
        validate::tidy(&mut values);
    }
    let mut errors = validate::values(content, &values);
    let mut unfit = validate::choices(content, &choices);
    if content.banner.is_some() && !choices.is_empty() {
        // Allowing one embedded film decides about films alone; what was left open is no decision, and is asked again.
        unfit.retain(|error| choices.contains_key(error.field.as_str()));
    }
    errors.extend(unfit);
    if errors.is_empty() { Ok((values, choices)) } else { Err(Refusal::Invalid(errors)) }
}

/// One line for each purpose of the form: a refusal is recorded as carefully as a grant. None for what was left open at a
/// banner.
fn decided(content: &Content, choices: &Choices) -> Vec<PurposeDecision> {
    let left_open = |purpose: &PurposeText| {
        content.banner.is_some() && purpose.legal_basis == LegalBasis::Consent && !choices.contains_key(&purpose.id)
    };
    content
        .purposes
        .iter()
        .filter(|purpose| !left_open(purpose))
        .map(|purpose| {
            let decision = (purpose.legal_basis == LegalBasis::Consent).then(|| match choices.get(&purpose.id) {
                Some(Choice::Granted) if purpose.confirm_by_mail => Decision::GrantedUnconfirmed,
                Some(Choice::Granted) => Decision::Granted,
                Some(Choice::Withdrawn) => Decision::Withdrawn,
                _ => Decision::Refused,
            });
            PurposeDecision {
                id: purpose.id.clone(),
                statement: statement_digest(&purpose.statement),
                legal_basis: purpose.legal_basis,
                decision,
                ended: None,
            }
        })
        .collect()
}

/// Keeps each value that a purpose may store: one that was granted, or whose basis is not consent.
fn kept(version: &Version, content: &Content, mut values: Values, purposes: &[PurposeDecision]) -> Vec<KeptValue> {
    let may_store = |id: &PurposeId| {
        purposes
            .iter()
            .find(|purpose| purpose.id == *id)
            .is_some_and(|purpose| purpose.decision.is_none_or(Decision::allows_storing))
    };
    let identifies = |id: &FieldId| {
        version.definition.fields.iter().find(|field| field.id == *id).map_or(Identifies::Direct, |f| f.identifies)
    };
    content
        .fields()
        .filter_map(|field| {
            let value = values.remove(&field.id)?;
            let purposes: Vec<PurposeId> = field.purposes.iter().filter(|id| may_store(id)).cloned().collect();
            (!purposes.is_empty()).then(|| KeptValue {
                field: field.id.clone(),
                label: field.label.clone(),
                value,
                identifies: identifies(&field.id),
                purposes,
            })
        })
        .collect()
}

/// The address in an e-mail field.
fn email(content: &Content, kept: &KeptValue) -> Option<EmailAddress> {
    let field = content.field(kept.field.as_str())?;
    match &kept.value {
        Value::One(text) if field.kind == unticked_shared::placement::FieldKind::Email => EmailAddress::parse(text),
        _ => None,
    }
}
