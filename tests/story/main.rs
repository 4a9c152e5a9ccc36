//! Stories over HTTP: a collector in this process, spoken to as visitors, strangers and monitors do.

mod assets;
mod every_answer;
mod house;
mod limits;
mod pages;
mod placements;
mod tickets;
mod versions;
