//! Who is posted to, and how: one file per kind of destination, and the guard that all of them pass.

pub mod guard;
pub mod webhook;

use std::{future::Future, pin::Pin, time::Duration};

use unticked_shared::{
    definition::destination::{Destination, DestinationKind},
    id::{DestinationId, PurposeId},
    signature::{SecretError, SigningKey},
};

use super::schedule::Outcome;

/// An attempt is over after this long, whatever the receiver does.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// A destination with its secrets, as the worker needs it. `Debug` shows its name alone.
#[derive(Clone)]
pub struct Target {
    /// Its name.
    pub id: DestinationId,
    /// How it is spoken to.
    pub kind: DestinationKind,
    /// Where. Addresses of webhooks often hold a token.
    pub url: String,
    /// Each of them signs; two, while a secret is being rotated.
    pub keys: Vec<SigningKey>,
    /// The purposes that it serves; nothing leaves for any other.
    pub purposes: Vec<PurposeId>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Target {
    /// Joins a definition with its secret: one `whsec_…`, or several separated by white space while it is rotated.
    pub fn new(destination: &Destination, secret: &str) -> Result<Self, SecretError> {
        let keys = secret.split_whitespace().map(SigningKey::from_secret).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(SecretError::Prefix);
        }
        Ok(Self {
            id: destination.id.clone(),
            kind: destination.kind,
            url: destination.url.clone(),
            keys,
            purposes: destination.purposes.clone(),
        })
    }
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
