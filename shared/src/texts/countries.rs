//! Country names.

use crate::{id::Language, validate::shape::COUNTRIES};

/// The name of a country in `language`.
pub(crate) fn name(_language: &Language, code: &str) -> Option<&'static str> {
    let at = COUNTRIES.as_bytes().chunks_exact(2).position(|own| own == code.as_bytes())?;
    Some(&COUNTRIES[2 * at..2 * at + 2])
}

/// Every country's code and name, in the order of the language's alphabet.
pub(crate) fn sorted(language: &Language) -> Vec<(&'static str, &'static str)> {
    let code = |at: usize| &COUNTRIES[2 * at..2 * at + 2];
    (0..COUNTRIES.len() / 2).filter_map(|at| Some((code(at), name(language, code(at))?))).collect()
}
