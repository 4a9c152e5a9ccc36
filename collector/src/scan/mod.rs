//! `unticked scan`: what a page loads and stores before a decision, after a refusal and after a grant.
//!
//! [`driver`] starts a headless Chromium through WebDriver, a fresh one for each visit, and leaves nothing of it behind.
//! [`visit`] leads the visitor: opens the page, waits until it is still, decides through `window.unticked`, looks again;
//! [`netlog`] reads what the browser wrote down of its own network, so that what frames and workers fetch is seen, too. What was
//! seen ([`seen`]) is a plain value. [`judge`] holds it against what `banner.toml` declares ([`declared`]) and says in
//! sentences what to do; [`write`](mod@write) makes a first `banner.toml` of it, with the help of what is [`known`].

pub mod declared;
pub mod driver;
pub mod judge;
pub mod known;
pub mod names;
pub mod netlog;
pub mod report;
pub mod seen;
#[cfg(test)]
mod tests;
pub mod visit;
pub mod write;

pub use declared::Declared;
pub use driver::{DriverError, Found, find};
pub use names::address;
pub use report::Report;
pub use visit::{Limits, ScanError, scan};
