//! Stories over HTTP: a collector in this process, spoken to as visitors, strangers and monitors do.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod assets;
mod bad_input;
mod banner;
mod crm;
mod destination;
mod documents;
mod engagements;
mod every_answer;
mod house;
mod keep;
mod keys;
mod ledger;
mod life;
mod limits;
mod pages;
mod placements;
mod preferences;
mod proxies;
mod receipts;
mod retention;
mod submissions;
mod tickets;
mod versions;
mod visitor;
mod vtiger;
mod witnesses;
