//! How a lead leaves the house.
//!
//! The transaction that keeps a submission also writes its event and one delivery per destination, each
//! cut down to what that destination may hold ([`decide`]) and sealed under the subject's key. A
//! worker ([`worker`]) takes due deliveries under a lease, opens, signs and posts them
//! ([`destinations`]), and writes down how it went. Whatever dies in between, the lease runs out and the
//! same event goes again under the same id: at least once, and once for a receiver that looks at ids.
//! What is given up stays listed with its reason until somebody sends it again.

pub mod decide;
pub mod destinations;
pub mod schedule;
