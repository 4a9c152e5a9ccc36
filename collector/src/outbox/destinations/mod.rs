//! Who is posted to, and how: one file per kind of destination, and the guard that all of them pass.

pub mod guard;
pub mod network;
pub mod trial;
pub mod vtiger;
pub mod webhook;

use std::{future::Future, pin::Pin, time::Duration};

use unticked_shared::{
    definition::destination::{Destination, DestinationKind},
    id::{DestinationId, PurposeId},
    signature::{SecretError, SigningKey},
};

pub use network::{Answer, ClientError, Network};

use super::schedule::Outcome;

/// An attempt is over after this long, whatever the kind of destination and whatever the receiver does.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(40);

/// A destination with its secrets, as the worker needs it. `Debug` shows its name alone.
#[derive(Clone)]
pub struct Target {
    /// Its name.
    pub id: DestinationId,
    /// Where. Addresses of webhooks often hold a token.
    pub url: String,
    /// The purposes that it serves; nothing leaves for any other.
    pub purposes: Vec<PurposeId>,
    /// How it is spoken to.
    pub speech: Speech,
}

/// How a destination is spoken to, with what its secrets hold.
#[derive(Clone)]
pub enum Speech {
    /// Each of them signs; two, while a secret is being rotated.
    Webhook(Vec<SigningKey>),
    /// Public ids of its webforms.
    Vtiger(Box<vtiger::Webforms>),
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a destination cannot be spoken to: names the setting, never what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The settings hold no such secret.
    #[error("the secret `secrets.{0}` is not set")]
    Missing(String),
    /// What the secret holds cannot be used.
    #[error("the secret `secrets.{0}` cannot be used: {1}")]
    Unusable(String, SecretError),
    /// A public id that is none.
    #[error("the secret `secrets.{0}` holds no public id of a webform, which is letters and digits")]
    PublicId(String),
}

impl Target {
    /// Joins a definition with what `secret` finds under the names in it.
    ///
    /// The secret of a webhook is one `whsec_…`, or several separated by white space while it is rotated.
    pub fn new<'s>(destination: &Destination, secret: impl Fn(&str) -> Option<&'s str>) -> Result<Self, TargetError> {
        let speech = match &destination.kind {
            DestinationKind::Webhook => Speech::Webhook(signing_keys(&destination.secret, secret)?),
            DestinationKind::Vtiger(settings) => Speech::Vtiger(Box::new(vtiger::Webforms::new(settings, secret)?)),
        };
        Ok(Self {
            id: destination.id.clone(),
            url: destination.url.clone(),
            purposes: destination.purposes.clone(),
            speech,
        })
    }
}

/// The keys in the secret of that name.
pub fn signing_keys<'s>(name: &str, secret: impl Fn(&str) -> Option<&'s str>) -> Result<Vec<SigningKey>, TargetError> {
    let text = secret(name).ok_or_else(|| TargetError::Missing(name.to_owned()))?;
    let unusable = |error| TargetError::Unusable(name.to_owned(), error);
    let keys = text.split_whitespace().map(SigningKey::from_secret).collect::<Result<Vec<_>, _>>().map_err(unusable)?;
    if keys.is_empty() { Err(unusable(SecretError::Prefix)) } else { Ok(keys) }
}

/// What is posted. `Debug` hides the body.
#[derive(Clone)]
pub struct Parcel {
    /// The event's id, the same on every attempt.
    pub event: String,
    /// When this attempt is made, Unix seconds.
    pub sent_at: i64,
    /// The event as canonical JSON.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Parcel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parcel").field("event", &self.event).finish_non_exhaustive()
    }
}

/// An attempt under way.
pub type Attempt<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Carries parcels to targets: the network, or a test's stand-in for it.
///
/// An attempt ends within [`ATTEMPT_TIMEOUT`]: leases are as long as that and a margin.
pub trait Courier: Send + Sync {
    /// Makes one attempt.
    fn deliver<'a>(&'a self, target: &'a Target, parcel: &'a Parcel) -> Attempt<'a>;
}

#[cfg(test)]
mod tests;
