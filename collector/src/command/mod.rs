//! One file per subcommand.

pub mod accesses;
pub mod backup;
pub mod bundle;
pub mod check;
pub mod config;
pub mod deliveries;
pub mod destinations;
pub mod doctor;
pub mod erase;
pub mod evidence;
pub mod gate;
pub mod init;
pub mod keys;
pub mod leads;
pub mod ledger;
pub mod links;
pub mod quarantine;
pub mod ready;
pub mod receipt;
pub mod restore;
pub mod retention;
pub mod scan;
pub mod serve;
pub mod upgrade;
pub mod verify;
pub mod versions;
pub mod witnesses;

use std::process::ExitCode;

use unticked_collector::{
    config::{Loaded, Settings, Sources},
    keep::{KeepError, Presence},
    ledger::Ledger,
    store::{Store, StoreError, values},
    vault::{Ring, Vault},
    world::{Clock, Random},
};

/// The definitions have errors, or what was asked for does not exist.
pub const FOUND_WANTING: u8 = 1;
/// The settings are wrong.
pub const WRONG_SETTINGS: u8 = 2;
/// The collector could not do its work.
pub const FAILED: u8 = 3;

/// How a subcommand ended; an error was said already.
pub type Done = Result<ExitCode, ExitCode>;

/// Reads the settings, or says everything that is wrong with them.
pub fn settings(sources: &Sources) -> Result<Loaded, ExitCode> {
    Settings::load(sources).map_err(|errors| {
        eprintln!("The settings are wrong:");
        for error in errors.0 {
            eprintln!("  {error}");
        }
        eprintln!("`unticked config` prints every setting there is, once these are corrected.");
        ExitCode::from(WRONG_SETTINGS)
    })
}

/// Runs a task to its end, on this thread.
pub fn block_on(task: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(task),
        Err(error) => failed("The command does not start", &error),
    }
}

/// Opens the databases that the settings name, does the task, and closes them; nobody moves them aside meanwhile, or what
/// is written (who opened a lead, say) would be written into what was put aside.
pub fn with_store(sources: &Sources, task: impl AsyncFnOnce(&Settings, &Store) -> Done) -> ExitCode {
    let settings = match settings(sources) {
        Ok(loaded) => loaded.settings,
        Err(code) => return code,
    };
    block_on(async {
        let present = match Presence::of_guest(&settings.database.main) {
            Ok(present) => present,
            Err(error) => return not_kept("The database does not open", &error),
        };
        let store = match store(&settings).await {
            Ok(store) => store,
            Err(code) => return code,
        };
        let done = task(&settings, &store).await;
        store.close().await;
        drop(present);
        done.unwrap_or_else(|code| code)
    })
}

/// Opens the databases that the settings name. Only `serve` and `upgrade` make them or bring them up to date.
pub async fn store(settings: &Settings) -> Result<Store, ExitCode> {
    Store::open_current(&settings.database).await.map_err(|error| failed("The database does not open", &error))
}

/// The vault of these databases, with the ring that the settings name. A command makes no ring.
pub async fn vault(settings: &Settings, store: &Store) -> Result<Vault, ExitCode> {
    if !settings.key_ring.exists() {
        eprintln!(
            "There is no key ring at {}; without it nothing can be read. Put the file back, or name it in `keys.ring`.",
            settings.key_ring.display()
        );
        return Err(ExitCode::from(FAILED));
    }
    let random = Random::system();
    let ring = Ring::open_existing(&settings.key_ring).map_err(|error| failed("The keys cannot be read", &error))?;
    let vault = Vault::with(ring, random);
    vault.check(store).await.map_err(|error| failed("The keys cannot be used", &error))?;
    Ok(vault)
}

/// The ledger of these databases; refused where it is not the one whose head was signed last.
pub async fn ledger(settings: &Settings, store: &Store, vault: &Vault) -> Result<Ledger, ExitCode> {
    Ledger::open(store, vault, &settings.server.public_url, &Clock::system())
        .await
        .map_err(|error| failed("The ledger cannot be used", &error))
}

/// A time for people: UTC, to the second.
pub fn shown_time(millis: i64) -> String {
    values::time(millis).map_or_else(|_| "?".to_owned(), values::rfc3339)
}

/// Says why nothing was kept or brought back.
pub fn not_kept(what: &str, error: &KeepError) -> ExitCode {
    failed(what, error);
    ExitCode::from(if error.is_of_the_wish() { WRONG_SETTINGS } else { FAILED })
}

/// Text of others for a terminal: what could move the cursor, colour the screen or turn the line round is replaced.
pub fn harmless(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

/// Says that the databases failed.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub fn unreadable(error: StoreError) -> ExitCode {
    failed("The database cannot be read", &error)
}

/// Says that nothing can be written. Whoever reads only the beginning, as `head` does, has what they wanted.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub fn not_written(error: std::io::Error) -> ExitCode {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return ExitCode::SUCCESS;
    }
    failed("The list cannot be written", &error)
}

/// Says why something failed, with every cause.
pub fn failed(what: &str, error: &dyn std::error::Error) -> ExitCode {
    eprint!("{what}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
    ExitCode::from(FAILED)
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_of_others_moves_no_cursor_and_turns_no_line() {
        assert_eq!(super::harmless("a\x1b[2J\u{9b}1m\rb\u{202e}c\u{7}"), "a�[2J�1m�b�c�");
        assert_eq!(super::harmless("Мария, مرحبا, 東京"), "Мария, مرحبا, 東京");
    }
}
