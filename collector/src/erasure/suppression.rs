//! Who shall not come back: keyed hashes of addresses, which only the key ring makes.
//!
//! An entry says of no one who they are; whoever holds the ring can ask whether a certain address is there, and that is
//! what it is for (Art. 21(3), 17(3)(b)). It stops imports and lists, not the person: a form that they send themselves is
//! a decision of its own.

use jiff::Timestamp;

use super::{ErasureError, sql};
use crate::{
    store::{Store, values::time},
    vault::{EmailAddress, Vault},
};

/// What stands for an address.
pub fn entry(vault: &Vault, address: &EmailAddress) -> Vec<u8> {
    vault.ring().index_key("suppression", "entry").tag(address.as_str().as_bytes()).to_vec()
}

/// The day since which an address shall not come back by an import; none where it may.
pub async fn suppressed_since(
    store: &Store,
    vault: &Vault,
    address: &EmailAddress,
) -> Result<Option<Timestamp>, ErasureError> {
    let noted = sql::suppressed(&mut store.read().await?, &entry(vault, address)).await?;
    Ok(noted.map(time).transpose()?)
}
