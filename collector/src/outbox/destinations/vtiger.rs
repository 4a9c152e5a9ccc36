//! A webform of Vtiger CRM.

use std::time::Duration;

use unticked_shared::definition::destination::Vtiger;

use super::{
    super::schedule::Outcome,
    Parcel, TargetError,
    network::{Failure, Network},
};

/// How long Vtiger may take: it runs workflows and sends mails before it answers, and to give up early is to make
/// the same lead twice.
pub(super) const PATIENCE: Duration = super::ATTEMPT_TIMEOUT;

/// The webforms of a destination with their public ids.
#[derive(Clone)]
pub struct Webforms {
    settings: Vtiger,
    public_id: String,
    /// Looked for when a withdrawal goes out: until then leads do without.
    withdrawal_id: Result<Option<String>, TargetError>,
}

impl Webforms {
    /// Finds public ids that stand among the secrets.
    pub(super) fn new<'s>(settings: &Vtiger, secret: impl Fn(&str) -> Option<&'s str>) -> Result<Self, TargetError> {
        let resolve = |id: &str| match id.strip_prefix("secrets.") {
            None => Ok(id.to_owned()),
            Some(name) => {
                let id = secret(name).ok_or_else(|| TargetError::Missing(name.to_owned()))?.trim();
                let usable = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                usable.then(|| id.to_owned()).ok_or_else(|| TargetError::PublicId(name.to_owned()))
            }
        };
        let withdrawal_id = settings.withdrawal.as_ref().map(|webform| resolve(&webform.public_id)).transpose();
        Ok(Self { public_id: resolve(&settings.public_id)?, withdrawal_id, settings: settings.clone() })
    }
}

pub(super) async fn post(
    network: &Network,
    url: &str,
    webforms: &Webforms,
    parcel: &Parcel,
) -> Result<Outcome, Failure> {
    let _ = (network, url, &webforms.settings, &webforms.public_id, &webforms.withdrawal_id, parcel);
    Ok(Outcome::Impossible("not there yet".to_owned()))
}
