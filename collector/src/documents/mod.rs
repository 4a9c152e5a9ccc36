//! Documents and images of the owner's, which tell how often somebody looked only where that somebody said yes.
//!
//! `/d/FILE` is a file of the folder `documents.dir`, the same for everyone, and counts nothing. `/d/TOKEN/FILE` is the same
//! bytes under a link of one submission's own ([`token`]), made for one thing that a purpose `tracks`. Whoever follows it gets
//! the file, always; a view is counted only if at that moment the person's yes to just that stands ([`crate::tracking`]), by the
//! day, with no address, browser or time ([`count()`]). The counts go with the consent, and with the person ([`keep_allowed`],
//! [`forget`]). It is the one GET of the house that changes something; a HEAD, a prefetch and half a file never do
//! ([`http`]).

mod count;
mod folder;
pub mod http;
pub mod sql;
pub mod token;

use std::{path::PathBuf, sync::Arc};

use unticked_shared::{definition::Tracked, id::PurposeId};
use uuid::Uuid;

pub use self::{
    count::count,
    folder::{Found, Name, NotServed},
    sql::View,
    token::{Links, Opened},
};
use crate::store::{StoreError, Transaction};

/// The room at work. Cloning is cheap.
#[derive(Clone)]
pub struct Documents(Arc<Inner>);

struct Inner {
    dir: Option<PathBuf>,
    links: Links,
}

impl Documents {
    /// Serves the files of `dir`; nothing without one.
    pub fn new(dir: Option<PathBuf>, links: Links) -> Self {
        Self(Arc::new(Inner { dir, links }))
    }

    /// A file that may be served.
    pub fn find(&self, name: &Name) -> Result<Found, NotServed> {
        folder::find(self.0.dir.as_deref().ok_or(NotServed::Closed)?, name)
    }

    /// Makes and opens links.
    pub fn links(&self) -> &Links {
        &self.0.links
    }

    /// The link to a file for a person: one of their own where their yes to `tracked` stands, else the plain one.
    pub fn link(&self, submission: Option<Uuid>, tracked: Tracked, name: &Name) -> String {
        match submission {
            Some(submission) => self.0.links.personal(submission, tracked, name),
            None => self.0.links.plain(name),
        }
    }
}

/// Deletes what was counted for a purpose that is not among `allowed`. In the transaction in which it ends.
pub async fn keep_allowed(
    tx: &mut Transaction,
    submission: Uuid,
    allowed: impl Fn(&PurposeId) -> bool,
) -> Result<u64, StoreError> {
    let mut gone = 0;
    for purpose in sql::purposes(tx, submission).await? {
        if !PurposeId::parse(&purpose).is_ok_and(|purpose| allowed(&purpose)) {
            gone += sql::forget_purpose(tx, submission, &purpose).await?;
        }
    }
    Ok(gone)
}

/// Deletes whatever was counted of a submission.
pub async fn forget(tx: &mut Transaction, submission: Uuid) -> Result<u64, StoreError> {
    keep_allowed(tx, submission, |_| false).await
}

#[cfg(test)]
mod tests;
