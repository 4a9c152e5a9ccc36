//! `unticked ledger witnesses|timestamps`

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use serde_json::json;
use unticked_collector::{
    config::Settings,
    ledger::{
        standing,
        witness::sql::{self, OutsiderRow, StampRow},
    },
    store::Store,
};

use super::{Done, FAILED, FOUND_WANTING, failed, harmless, shown_time, unreadable};

/// What to show of those who vouch.
#[derive(Args)]
pub struct Witnesses {
    /// For programs: an array of objects
    #[arg(long)]
    json: bool,
}

/// Which time-stamps, and where to.
#[derive(Args)]
pub struct Timestamps {
    /// At most so many, the newest first
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: u32,
    /// A folder for each stamped head and its stamp, as `openssl ts -verify` reads them; overwrites nothing
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Who vouches for how much.
pub async fn witnesses(settings: &Settings, store: &Store, what: &Witnesses) -> Done {
    let standing = standing::look(store).await.map_err(|error| failed("The ledger cannot be used", &error))?;
    let published = standing.published.as_ref().map_or(0, |published| published.size);
    let mut rows = match standing.origins.last() {
        Some(origin) => {
            sql::outsiders(&mut store.read().await.map_err(unreadable)?, origin.number).await.map_err(unreadable)?
        }
        None => Vec::new(),
    };
    let witnesses = settings.ledger.witnesses.iter().map(|one| one.key.to_string());
    let named: Vec<String> = witnesses.chain(settings.ledger.timestamp.iter().map(|one| one.url.clone())).collect();
    for outsider in &named {
        if rows.iter().all(|row| row.outsider != *outsider) {
            let problem = Some("never asked yet".to_owned());
            rows.push(OutsiderRow { outsider: outsider.clone(), size: 0, asked_at: 0, problem, refused_at: None });
        }
    }
    let refused = rows.iter().any(|row| row.refused_at.is_some());
    if what.json {
        let rows: Vec<_> = rows.iter().map(|row| for_programs(row, &named, published)).collect();
        println!("{}", json!(rows));
    } else if rows.is_empty() {
        println!("Nobody outside vouches for the ledger: name witnesses in `ledger.witnesses`.");
    } else {
        for row in &rows {
            println!("{}", harmless(&in_words(row, &named, published)));
        }
    }
    if refused {
        eprintln!(
            "A witness says that this is not the ledger it saw. Stop the collector, keep copies, say `unticked verify`."
        );
        return Err(ExitCode::from(FOUND_WANTING));
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(row: &OutsiderRow, named: &[String], published: i64) -> String {
    let name = row.outsider.split('+').next().unwrap_or_default();
    let past = if named.contains(&row.outsider) { "" } else { " (not in the settings any more)" };
    let asked = if row.asked_at > 0 { format!(", asked {}", shown_time(row.asked_at)) } else { String::new() };
    let refuses = row.refused_at.map(|since| format!(", REFUSES since {}", shown_time(since))).unwrap_or_default();
    let problem = row.problem.as_ref().map(|problem| format!(": {problem}")).unwrap_or_default();
    format!("{name}{past}: vouches for {} of {published} entries{asked}{refuses}{problem}", row.size)
}

fn for_programs(row: &OutsiderRow, named: &[String], published: i64) -> serde_json::Value {
    json!({
        "outsider": row.outsider,
        "configured": named.contains(&row.outsider),
        "entries": row.size,
        "published": published,
        "asked_at": (row.asked_at > 0).then(|| shown_time(row.asked_at)),
        "problem": row.problem,
        "refused_since": row.refused_at.map(shown_time),
    })
}

/// Lists time-stamps, or writes them for `openssl`.
pub async fn timestamps(store: &Store, what: &Timestamps) -> Done {
    let mut connection = store.read().await.map_err(unreadable)?;
    let stamps = sql::stamps(&mut connection, i64::from(what.limit)).await.map_err(unreadable)?;
    if stamps.is_empty() {
        println!("There are no time-stamps: name an authority in `ledger.timestamp_url`.");
        return Ok(ExitCode::SUCCESS);
    }
    for stamp in &stamps {
        println!("{}  {} entries  {}", harmless(&stamp.stamped_at), stamp.size, harmless(&stamp.authority));
        if let Some(folder) = &what.out {
            let name = format!("{}-{}", stamp.origin_number, stamp.size);
            write(folder, &name, stamp).map_err(|error| {
                failed(&format!("{} cannot be written (nothing is overwritten)", folder.join(&name).display()), &error);
                ExitCode::from(FAILED)
            })?;
            println!("  openssl ts -verify -data {name}.checkpoint -in {name}.tsr -CAfile CERTIFICATES.pem");
        }
    }
    if what.out.is_some() {
        println!(
            "CERTIFICATES.pem is the authority's own, from its operator; this program does not check its signature."
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn write(folder: &Path, name: &str, stamp: &StampRow) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (ending, bytes) in [("checkpoint", stamp.note.as_bytes()), ("tsr", &stamp.response)] {
        let mut file =
            fs::File::options().write(true).create_new(true).open(folder.join(format!("{name}.{ending}")))?;
        io::Write::write_all(&mut file, bytes)?;
    }
    Ok(())
}
