//! The gate: the script that a page runs first, and that holds back whatever waits for a yes.
//!
//! `widget/loader/gate.js` is one script for every site; here the owner's [`configuration`] takes the place of its one
//! token, so that it decides without asking anybody. `GET /gate.js` serves it for the banner that is shown now, and
//! `unticked gate` writes the very same bytes for whoever serves them from the site itself, with their integrity value.
//! What the gate cannot do alone (showing the banner, sending what was decided) is `/consent.js`, which it fetches only then.

mod configuration;
pub(crate) mod http;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use self::configuration::all_agreed;
use sha2::{Digest, Sha384};
use unticked_shared::base64;

use crate::{
    assets::strip_script,
    forms::Version,
    precompressed::{Effort, Precompressed},
};

/// What stands in the script where the configuration goes.
const TOKEN: &str = "\"CONFIG\"";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The gate for a banner, as it is served and as it is written; none for the version of a form.
pub fn script(host: &str, version: &Version) -> Option<String> {
    let configuration = configuration::of(host, version)?;
    Some(strip_script(unticked_widget::GATE).replacen(TOKEN, &configuration, 1))
}

/// What browsers compare a script with before they run it (Subresource Integrity, section 3.1).
pub fn integrity(script: &str) -> String {
    format!("sha384-{}", base64::encode(&Sha384::digest(script.as_bytes())))
}

/// The script for the banner that is shown now, compressed once for each version.
#[derive(Default)]
pub struct Gates(Mutex<Option<(String, Arc<Precompressed>)>>);

impl Gates {
    fn of(&self, host: &str, version: &Version) -> Option<Arc<Precompressed>> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lock().as_ref().filter(|(digest, _)| *digest == version.digest) {
            return Some(known.clone());
        }
        // Not under the lock: two who come at once do the same work twice, at worst.
        let made = Arc::new(Precompressed::new(script(host, version)?, JAVASCRIPT, Effort::Best));
        *lock() = Some((version.digest.clone(), made.clone()));
        Some(made)
    }
}
