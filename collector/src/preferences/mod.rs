//! The personal page: what a person decided, and one button each to take it back (Art. 7(3) GDPR).
//!
//! Whoever holds the link from the confirmation ([`token`]) sees the words of then and what stands now, a fold of the
//! evidence. To take something back is one post: [`decide`] says what it changes, and one transaction keeps the record of
//! it together with the event for each destination that has the lead or may have it ([`withdraw`]). There is no second copy
//! of the truth: the outbox asks the same evidence before it sends anything, and a form's archived version says the words.
//! Values that no purpose uses any more go in the same transaction (`retention`, Art. 17(1)(b)).
//!
//! What was decided at a banner is shown here and not taken back: the site goes by the entry in the visitor's browser, which
//! nothing of ours reaches, and a record of a withdrawal that nobody obeys would be false. The page leads to the site instead.

pub mod decide;
pub mod http;
mod native;
pub mod sql;
pub mod token;
mod withdraw;

use std::sync::Arc;

use unticked_shared::{
    decision::{Decision, LegalBasis},
    placement::{Content, PurposeText},
};
use uuid::Uuid;

pub use self::{
    decide::Asked,
    token::Links,
    withdraw::{By, Withdrawn},
};
use crate::{
    evidence::{self, Standing},
    forms::{Forms, FormsError, Version},
    ledger::Ledger,
    outbox::Outbox,
    receipts::Receipts,
    retention::{Retention, RetentionError},
    store::{Store, StoreError, values::time},
    vault::{SubjectKeys, Vault, VaultError},
    world::Clock,
};

/// What the room works with.
#[derive(Clone)]
pub struct Needs {
    /// Both databases.
    pub store: Store,
    /// The words of then.
    pub forms: Forms,
    /// Seals the record and the events.
    pub vault: Vault,
    /// Where the record goes.
    pub ledger: Ledger,
    /// Woken after a withdrawal.
    pub outbox: Outbox,
    /// Woken after a withdrawal: of some persons nothing is left then.
    pub retention: Retention,
    /// Makes and opens personal links.
    pub links: Links,
    /// The clock.
    pub clock: Clock,
}

/// The room at work. Cloning is cheap.
#[derive(Clone)]
pub struct Preferences(Arc<Needs>);

/// What one person decided on one form, as it stands now.
#[derive(Debug, Clone)]
pub struct Personal {
    /// Its submission.
    pub submission: Uuid,
    /// The person.
    pub subject: Uuid,
    /// What the person can read out.
    pub reference: String,
    /// When the form was sent.
    pub received_at: jiff::Timestamp,
    /// The version that was shown, and in which language.
    pub version: Arc<Version>,
    language: unticked_shared::id::Language,
    /// Of a banner: the address of the page on which it was decided, where it is known.
    pub decided_on: Option<String>,
    /// What stands now, purpose by purpose.
    pub standing: Vec<Standing>,
}

/// How one purpose stands, as the page and the interface say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Consent was given and stands.
    Granted,
    /// Consent was given and waits for its confirmation by mail.
    Unconfirmed,
    /// Consent was refused.
    Refused,
    /// Consent was taken back.
    Withdrawn,
    /// Its time is over.
    Ended,
    /// It rests on another basis, and goes on.
    OtherBasis,
    /// It rested on another basis, and was objected to.
    Objected,
}

/// Why nothing is shown or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No key of ours made the token. Whether anything exists is not said.
    #[error("the token opens nothing")]
    WrongToken,
    /// The token is ours, and nothing that points to the person is kept any more.
    #[error("nothing that points to this person is kept any more")]
    Gone,
    /// What should be taken back is no consent of theirs.
    #[error(transparent)]
    NotAsked(#[from] decide::NotAsked),
    /// It was decided at a banner, and is changed on the site: here it would change nothing but the record.
    #[error("a banner's decision is changed on the site itself")]
    OnTheSite,
    /// The database does not answer; nothing was changed.
    #[error("the database does not answer now")]
    Unavailable,
    /// A defect; it was logged.
    #[error("a defect of the collector")]
    Internal,
}

impl Personal {
    /// What was shown.
    pub fn content(&self) -> &Content {
        &self.version.face(Some(&self.language)).1.content
    }

    /// Whether it was decided at the banner, and so is changed on the site.
    pub fn is_of_a_banner(&self) -> bool {
        self.content().banner.is_some()
    }

    /// Whether this page can take a consent back.
    pub fn can_be_withdrawn(&self, now: &Standing) -> bool {
        !self.is_of_a_banner() && decide::can_be_withdrawn(now)
    }

    /// Each purpose in the form's order, with what stands now.
    pub fn purposes(&self) -> impl Iterator<Item = (&PurposeText, &Standing)> {
        self.content().purposes.iter().filter_map(|text| {
            let standing = self.standing.iter().find(|standing| standing.purpose == text.id)?;
            Some((text, standing))
        })
    }
}

impl State {
    /// Of what stands.
    pub fn of(now: &Standing) -> Self {
        let objected = matches!(now.decision, Some(Decision::Refused | Decision::Withdrawn));
        match now.decision {
            _ if now.ended.is_some() => Self::Ended,
            _ if now.legal_basis != LegalBasis::Consent && objected => Self::Objected,
            _ if now.legal_basis != LegalBasis::Consent => Self::OtherBasis,
            Some(Decision::Granted) => Self::Granted,
            Some(Decision::GrantedUnconfirmed) => Self::Unconfirmed,
            Some(Decision::Withdrawn) => Self::Withdrawn,
            // No decision is no consent.
            Some(Decision::Refused) | None => Self::Refused,
        }
    }

    /// The word that goes over the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Unconfirmed => "granted_unconfirmed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Ended => "ended",
            Self::OtherBasis => "other_basis",
            Self::Objected => "objected",
        }
    }
}

impl Preferences {
    /// Opens the room.
    pub fn new(needs: Needs) -> Self {
        Self(Arc::new(needs))
    }

    /// The personal link of a submission.
    pub fn links(&self) -> &Links {
        &self.0.links
    }

    /// The receipt of what the person sent, base64; empty where none can be given any more.
    pub async fn receipt(&self, personal: &Personal) -> String {
        self.receipts().again(personal.submission, None, personal.content()).await
    }

    fn receipts(&self) -> Receipts {
        let Needs { store, vault, ledger, links, .. } = &*self.0;
        Receipts::new(store.clone(), vault.clone(), ledger.clone(), links.site())
    }

    /// What whoever holds this token decided. Changes nothing.
    pub async fn look(&self, token: &str) -> Result<Personal, Refused> {
        let submission = self.0.links.open(token).ok_or(Refused::WrongToken)?;
        let (keys, personal) = self.keys_and_kept(submission).await?;
        let decided_on = if personal.is_of_a_banner() { self.page_of(submission, &keys).await? } else { None };
        Ok(Personal { decided_on, ..personal })
    }

    /// The page on which it was decided, as the first record has it; without it the page still says what to do.
    async fn page_of(&self, submission: Uuid, keys: &SubjectKeys) -> Result<Option<String>, Refused> {
        let Some(key) = &keys.evidence else { return Ok(None) };
        let mut connection = self.0.store.read().await?;
        let rows = evidence::sql::rows_of_submission(&mut connection, submission).await?;
        let part = rows.first().and_then(|first| evidence::open(first, key).ok()).map(|opened| opened.part);
        Ok(part.and_then(|part| part.page.filter(|page| !page.is_empty()).or(part.origin)))
    }

    /// The person's keys, and what stands. Without an identity key nothing points to anybody any more.
    async fn keys_and_kept(&self, submission: Uuid) -> Result<(SubjectKeys, Personal), Refused> {
        let needs = &self.0;
        let mut connection = needs.store.read().await?;
        let kept = sql::find(&mut connection, submission).await?.ok_or(Refused::Gone)?;
        let standing = evidence::standing_of(&mut connection, submission).await?;
        drop(connection);
        let keys = needs.vault.keys_of(&needs.store, kept.subject_id).await?;
        let keys = keys.filter(|keys| keys.identity.is_some()).ok_or(Refused::Gone)?;
        Ok((keys, self.personal(submission, kept, standing).await?))
    }

    async fn personal(&self, submission: Uuid, kept: sql::Kept, standing: Vec<Standing>) -> Result<Personal, Refused> {
        let version = self.0.forms.version(&kept.version).await?.ok_or_else(|| defect(submission, "its version"))?;
        let language = kept.language.try_into().map_err(|_| defect(submission, "its language"))?;
        let received_at = time(kept.received_at)?;
        let (subject, reference) = (kept.subject_id, kept.reference);
        Ok(Personal { submission, subject, reference, received_at, version, language, decided_on: None, standing })
    }
}

fn defect(submission: Uuid, what: &'static str) -> Refused {
    tracing::error!(%submission, what, "a kept submission cannot be read");
    Refused::Internal
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if error.is_unavailable() {
            tracing::warn!(%error, "a personal page could not be answered");
            return Self::Unavailable;
        }
        tracing::error!(%error, "a personal page could not be answered; this is a defect of the collector");
        Self::Internal
    }
}

impl From<VaultError> for Refused {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            error => {
                tracing::error!(%error, "a person's keys cannot be opened");
                Self::Internal
            }
        }
    }
}

impl From<RetentionError> for Refused {
    fn from(error: RetentionError) -> Self {
        if error.is_unavailable() {
            tracing::warn!(%error, "what a withdrawal left without use could not be destroyed; nothing was changed");
            return Self::Unavailable;
        }
        tracing::error!(%error, "what a withdrawal left without use could not be destroyed; this is a defect of the collector");
        Self::Internal
    }
}

impl From<FormsError> for Refused {
    fn from(error: FormsError) -> Self {
        match error {
            FormsError::Store(error) => error.into(),
            error => {
                tracing::error!(%error, "a version cannot be read");
                Self::Internal
            }
        }
    }
}
