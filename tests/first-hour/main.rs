//! The first hour of a new owner, from an empty folder to a lead in the CRM, with the program as it is run, over HTTPS,
//! behind Debian's own Caddy and nginx with the configurations that `deploy/` holds.
//!
//! `unticked init`, `check`, `serve`; the proxy in front; a visitor who reads, types, ticks and sends; the CRM that
//! hears of it through TLS. Then what goes wrong in a first hour: keys that others may read, a folder that is not one's
//! own, a certificate that has expired, a proxy that says nothing or lies.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod certificates;
mod collector;
mod crm;
mod ground;
mod live;
mod proxy;
mod start;
mod trouble;
mod visitor;
#[path = "../src/vtiger.rs"]
#[expect(dead_code, reason = "it can do more than a first hour needs")]
mod vtiger;
