//! Opens the bodies of deliveries with the vault.

use uuid::Uuid;

use super::{
    sql::Claimed,
    worker::{Opener, Opening, Unopened},
};
use crate::{
    store::Store,
    vault::{Cell, Vault},
};

/// The place that a delivery's body is sealed for, under the subject's identity key.
pub fn body_cell(delivery: &Uuid) -> Cell<'_> {
    Cell { table: "delivery", row: delivery.as_bytes(), column: "body" }
}

/// The vault as the worker needs it.
pub struct Unseal {
    /// Where the wrapped keys lie.
    pub store: Store,
    /// What unwraps them.
    pub vault: Vault,
}

impl Opener for Unseal {
    fn open<'a>(&'a self, claimed: &'a Claimed) -> Opening<'a> {
        Box::pin(async move {
            let locked = |error: &dyn std::fmt::Display| Unopened::Locked(error.to_string());
            let keys = self.vault.keys_of(&self.store, claimed.subject_id).await.map_err(|error| locked(&error))?;
            let key = keys.and_then(|keys| keys.identity).ok_or(Unopened::Forgotten)?;
            let body = key.open(&body_cell(&claimed.delivery_id), &claimed.body).map_err(|error| locked(&error))?;
            Ok(body.to_vec())
        })
    }
}
