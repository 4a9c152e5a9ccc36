//! The owner's day at the command line: the program itself, beside a collector that runs.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod erase;
mod exports;
mod gate;
#[expect(dead_code, reason = "the documentation's tests read more of an answer")]
#[path = "../docs/http.rs"]
mod http;
mod keys;
mod leads;
mod mail;
mod scan;
#[expect(dead_code, reason = "the mail room's own tests ask it more")]
#[path = "../../collector/src/mail/tests/server.rs"]
mod server;
mod shop;
