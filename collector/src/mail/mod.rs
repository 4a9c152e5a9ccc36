//! Tells the owner by mail that something waits for them.
//!
//! A new lead, a suspect, a delivery that was given up: each is noted in the transaction that makes it true
//! ([`sql::note`]), as an id and nothing else. The worker ([`worker`]) puts what gathered into one mail, at most one a
//! minute, and sends it by SMTP ([`smtp`]) under a lease, with the outbox's schedule. What a mail says is written when
//! it is sent ([`letter`]): references, forms and numbers, and the command that reads them; no personal data. A mail
//! that is given up stays listed (`unticked deliveries list`) until somebody sends it again.

pub mod letter;
pub mod smtp;
pub mod sql;
#[cfg(test)]
mod tests;
pub mod worker;

pub use smtp::{CheckError, check};
pub use worker::{Tools, Worker};
