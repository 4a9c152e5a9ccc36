//! What keeps a copy from being made or brought back, and what to do about it.

use std::{io, path::PathBuf};

use crate::{
    ledger::LedgerError,
    store::{OpenError, StoreError},
    vault::RingError,
};

/// Why it was not done. Nothing half-made is left under a final name.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The journal of the forgotten.
    #[error(transparent)]
    Journal(#[from] crate::erasure::journal::JournalError),
    /// Whoever was forgotten since the backup is back in the database, and could not be forgotten again.
    #[error(
        "the backup stands in its place, but people who had been forgotten could not be forgotten again ({0}); `unticked \
         serve` tries again before anything else"
    )]
    ForgetAgain(#[from] crate::erasure::ErasureError),
    /// Nobody said where.
    #[error("say where the {part} go: `{flag} FOLDER`, or `{setting}` in the settings")]
    NoPlace {
        /// "data" or "keys".
        part: &'static str,
        /// The flag.
        flag: &'static str,
        /// The setting.
        setting: &'static str,
    },
    /// The keys would lie with what they open.
    #[error(
        "the keys would lie {how} the data ({keys} and {data}): whoever gets hold of one gets hold of both, and can read \
         everything. Name a folder on another disk or machine; or say `--together`, if that is what you want"
    )]
    Together {
        /// "inside", "beside" or "around".
        how: &'static str,
        /// Where the data would go.
        data: PathBuf,
        /// Where the keys would go.
        keys: PathBuf,
    },
    /// Another one is at it.
    #[error("another backup or upgrade is at work in {0}; try again when it has ended")]
    Busy(PathBuf),
    /// A collector works on the files.
    #[error("a collector (or another command) is at work on {0}; stop it first")]
    Running(PathBuf),
    /// A restore or an upgrade works on the files.
    #[error("a restore or an upgrade is at work on {0}; try again when it has ended")]
    Changing(PathBuf),
    /// A restore was stopped between its first move and its last one.
    #[error(
        "a restore was interrupted here before everything had its place ({0}): say `unticked restore … --replace` again. Or \
         put back what lies beside it as `….before-restore-…`, and remove that file"
    )]
    HalfRestored(PathBuf),
    /// There is no room for a copy.
    #[error("{path} has {free} free and the copy needs about {needed}: make room, or name a folder on another disk")]
    NoRoom {
        /// Where the copy would go.
        path: PathBuf,
        /// In words.
        free: String,
        /// In words.
        needed: String,
    },
    /// The disk filled up on the way.
    #[error(
        "the disk of {0} is full; nothing half-written was left there. Make room, or name a folder on another disk"
    )]
    Full(PathBuf),
    /// The system refuses.
    #[error("{path}: {cause}")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What it says.
        cause: io::Error,
    },
    /// The key ring is not where the settings say.
    #[error(
        "the key ring {0} is not there; a backup without it opens nothing. Correct `keys.ring`, or say `--without-ring`"
    )]
    NoRing(PathBuf),
    /// The ring has the right index key and not the key that wrapped these.
    #[error(
        "the key ring {0} does not open the keys of this backup: a key left it after the backup was made (`unticked keys \
         retire`). Put the copy of the ring from then at `keys.ring`, or take a newer backup"
    )]
    KeyLeft(PathBuf),
    /// A key left the ring between the copies of the data and of the ring.
    #[error("a key left the key ring while the copy was made, which would not open all of itself; make it again")]
    KeysRetired,
    /// The key ring cannot be read.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// A database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger of what was restored cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is no backup.
    #[error(
        "{0} holds no backup: name a folder that `unticked backup` made (`unticked-data-…`, `unticked-keys-…`), or one that holds such folders"
    )]
    NoBackup(PathBuf),
    /// What was named is the other half.
    #[error(
        "{path} holds the {found} of a backup, where its {wanted} are asked for; exchange `--from` and `--keys-from`"
    )]
    WrongPart {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        found: &'static str,
        /// What is needed.
        wanted: &'static str,
    },
    /// The backup is not as it was made.
    #[error("the backup is damaged and cannot be trusted: {path} {reason}. Take an older one")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The backup is of a newer build.
    #[error(
        "the backup was made by Unticked {product}, which is newer than this one (migration {migration}); restore it with that version"
    )]
    Newer {
        /// Its version.
        product: String,
        /// The first migration that this build does not know.
        migration: i64,
    },
    /// The backup is of the other engine.
    #[error("the backup is of {backup} and `database.url` names {here}; set it to where the copy shall go")]
    Engine {
        /// Of the backup.
        backup: &'static str,
        /// Of the settings.
        here: &'static str,
    },
    /// Something is there already.
    #[error("there is something already, and nothing was changed: {}. Say `--replace` to move it aside first", listed(.0))]
    Occupied(Vec<PathBuf>),
    /// PostgreSQL is not emptied by us.
    #[error(
        "the database that `database.url` names is not empty, and nothing was changed: make an empty one and name that"
    )]
    PostgresOccupied,
    /// The ring is not the one.
    #[error(
        "the key ring {path} is not the one that this backup needs ({needed}): put the right file at `keys.ring`, or take the keys of the same backup"
    )]
    WrongRing {
        /// The ring that was looked at.
        path: PathBuf,
        /// The fingerprint of the right one.
        needed: String,
    },
    /// There are no keys, neither in a backup nor here.
    #[error("there is no key store at {0}; name the keys of the backup with `--keys-from FOLDER`")]
    NoKeys(String),
    /// A program is missing.
    #[error("`{0}` is not installed; PostgreSQL's own tools copy it (Debian: `apt-get install postgresql-client`)")]
    NoTool(&'static str),
    /// A program failed.
    #[error("`{program}` failed: {said}")]
    Tool {
        /// Which.
        program: &'static str,
        /// The end of what it said.
        said: String,
    },
    /// No copy can be made before the upgrade.
    #[error(
        "the database must be brought up to date, and no copy could be made before: {0}. To go on without one, say `--set backup.before_upgrade=false`"
    )]
    BeforeUpgrade(Box<Self>),
}

impl KeepError {
    /// Whether the command line or the settings must be changed, in contrast to the world.
    pub fn is_of_the_wish(&self) -> bool {
        matches!(self, Self::NoPlace { .. } | Self::Together { .. } | Self::WrongPart { .. } | Self::Engine { .. })
    }
}

fn listed(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
