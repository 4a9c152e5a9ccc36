//! Whether the databases open, hold together and can be written, and whether keys and data belong together.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection as _};

use super::{Case, Finding};
use crate::{
    config::Database,
    keep::Presence,
    store::{DatabaseName, Standing, Store, StoreError, sqlite_options},
    vault::{self, Vault},
};

const CHECK: &str = "database";
/// A larger database is not read from end to end: that is for a quiet hour.
const LARGEST: u64 = 2_000_000_000;

/// The open databases, where they are up to date.
pub async fn examine(case: &Case<'_>) -> (Option<(Store, Presence)>, Vec<Finding>) {
    let settings = &case.settings.database;
    // Whoever replaces the files meanwhile would replace what we look at.
    let present = match Presence::of_guest(&settings.main) {
        Ok(present) => present,
        Err(error) => {
            let advice = "wait until it has ended, and look again";
            return (None, vec![Finding::fail(CHECK, error.to_string(), advice)]);
        }
    };
    let standing = match Standing::of(settings).await {
        Ok(standing) => standing,
        Err(error) => {
            let advice = "see that `database.url` names the right place, that its server runs and that we may open it";
            return (None, vec![Finding::fail(CHECK, format!("it does not open: {error}"), advice)]);
        }
    };
    if let Err(error) = standing.refuse_newer() {
        return (None, vec![Finding::fail(CHECK, "it is newer than this program", error.to_string())]);
    }
    if let Err(error) = standing.refuse_lost_keys(settings) {
        return (None, vec![Finding::fail(CHECK, "the key store is gone", error.to_string())]);
    }
    if !standing.main.exists() {
        let advice =
            "`unticked serve` makes it at its first start; if there was one, `database.url` names another place";
        return (None, vec![Finding::warn(CHECK, "there is none yet", advice)]);
    }
    let mut found = Vec::new();
    for (name, place) in [(DatabaseName::Main, &settings.main), (DatabaseName::Keys, &settings.keys)] {
        if let Database::Sqlite { file } = place {
            found.extend(sqlite(name, file).await);
        }
    }
    if standing.needs_upgrade() {
        let advice =
            "`unticked serve` brings it up to date when it starts, after a copy; `unticked upgrade` does it now";
        found.push(Finding::warn(CHECK, "it is of an older version", advice));
        return (None, found);
    }
    let store = match Store::open_current(settings).await {
        Ok(store) => store,
        Err(error) => {
            found.push(Finding::fail(CHECK, error.to_string(), "see that its server runs and that we may open it"));
            return (None, found);
        }
    };
    match together(case, &store).await {
        Ok(more) => found.extend(more),
        Err(error) => found.push(Finding::fail(CHECK, error.to_string(), "try again; if it stays, restore a backup")),
    }
    if found.is_empty() {
        let newest = standing.main.applied.last().copied().unwrap_or_default();
        found.push(Finding::ok(CHECK, format!("both databases open, are sound and up to date (migration {newest})")));
    }
    (Some((store, present)), found)
}

async fn sqlite(name: DatabaseName, file: &std::path::Path) -> Option<Finding> {
    let large = std::fs::metadata(file).is_ok_and(|file| file.len() > LARGEST);
    let options = sqlite_options(file).busy_timeout(Duration::from_secs(5));
    let looked = async {
        let mut connection = options.connect().await?;
        let sound = if large {
            "ok".to_owned()
        } else {
            sqlx::query_as::<_, (String,)>("pragma quick_check(1)").fetch_one(&mut connection).await?.0
        };
        // Takes the right to write and gives it back.
        sqlx::query("begin immediate").execute(&mut connection).await?;
        sqlx::query("rollback").execute(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(sound)
    };
    match looked.await.map_err(StoreError::from) {
        Ok(sound) if sound == "ok" => None,
        Ok(what) => Some(Finding::fail(
            CHECK,
            format!("the {name} {} is damaged: {what}", file.display()),
            "stop the collector, keep a copy of the files as they are, and restore the newest backup: `unticked restore --replace`",
        )),
        Err(error) => Some(Finding::fail(
            CHECK,
            format!("the {name} {} cannot be written: {error}", file.display()),
            "see that the disk is not full or read-only, and that the file and its folder are ours",
        )),
    }
}

/// Ring, key store and main database fit each other.
async fn together(case: &Case<'_>, store: &Store) -> Result<Vec<Finding>, StoreError> {
    let mut found = Vec::new();
    let mut keys = store.keys().read().await?;
    if let (Some(ring), Some(newest)) = (&case.ring, vault::sql::newest(&mut keys).await?) {
        let vault = Vault::new(ring.clone(), case.tools.random.clone());
        if !vault.opens(&newest) {
            let says = "the key ring is not the one that the key store was filled with: nothing in it can be read";
            found.push(Finding::fail(CHECK, says, "put the right file at `keys.ring`, from the keys of a backup"));
        }
    }
    if let Some(since) = vault::sql::reached(&mut keys).await?.and_then(|reached| reached.behind_since) {
        let since = crate::store::values::time(since).map(crate::store::values::rfc3339).unwrap_or_default();
        found.push(Finding::warn(
            CHECK,
            format!("the main database is older than its key store (seen at {since}); no key is swept"),
            "put the newer main database back; if there is none, say `unticked restore --settle`",
        ));
    }
    Ok(found)
}
