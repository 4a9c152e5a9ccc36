//! What a submission costs beside a request that does nothing; `cargo xtask bench submit` runs it.
//!
//! One process serves: the collector as it ships, and a route that reads the body and answers, on a port of its own.
//! Another drives both in turn with the same requests over kept connections.

mod fill;
mod ledger;
mod load;
mod server;

use std::{env, path::Path};

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<usize>().with_context(|| format!("`{text}` is no number"));
    match words.as_slice() {
        ["serve", folder, definitions, database, count, fill] => {
            let (count, fill) = (number(count)?, number(fill)? as u64);
            server::run(Path::new(folder), Path::new(definitions), database, count, fill)
        }
        ["ledger", folder, definitions, database, whole, sizes @ ..] => {
            let sizes: Vec<u64> = sizes.iter().map(|size| Ok(number(size)? as u64)).collect::<Result<_>>()?;
            ledger::run(Path::new(folder), Path::new(definitions), database, &sizes, number(whole)? as u64)
        }
        ["drive", address, path, requests, seconds, connections, past] => {
            let plan = load::Plan {
                address: address.parse().context("no address")?,
                path: (*path).to_owned(),
                seconds: number(seconds)?,
                connections: number(connections)?,
                past: number(past)?,
            };
            load::run(&plan, Path::new(requests))
        }
        _ => bail!(
            "serve FOLDER DEFINITIONS DATABASE COUNT FILL | drive ADDRESS PATH REQUESTS SECONDS CONNECTIONS PAST | \
             ledger FOLDER DEFINITIONS DATABASE WHOLE SIZE..."
        ),
    }
}
