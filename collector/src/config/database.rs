//! Where the two stores lie: the main database, and the subject keys in a store of their own.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// The PostgreSQL schema of the key store, where nothing else is said.
const KEYS_SCHEMA: &str = "unticked_keys";

/// Both stores; always of the same engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// Everything but the subject keys.
    pub main: Database,
    /// The wrapped subject keys. Forgetting a person destroys one row here.
    pub keys: Database,
}

/// One database. `Debug` hides the PostgreSQL address: it holds a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file; made when it does not exist.
    Sqlite {
        /// Its path.
        file: PathBuf,
    },
    /// A server.
    Postgres {
        /// `postgres://user:password@host/database?…`.
        url: String,
        /// The schema that holds the tables, made when it does not exist; the server's default where absent.
        schema: Option<String>,
    },
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { file } => f.debug_struct("Sqlite").field("file", file).finish(),
            Self::Postgres { schema, .. } => f.debug_struct("Postgres").field("schema", schema).finish_non_exhaustive(),
        }
    }
}

/// Why a database address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// Neither engine.
    #[error("must start with `sqlite:` or `postgres://`")]
    Scheme,
    /// SQLite without a file: two stores that forget everything at the end help nobody.
    #[error("names no file; write `sqlite:unticked.db`")]
    NoFile,
    /// One store on each engine.
    #[error("`database.url` and `database.keys_url` must be of the same engine")]
    Mixed,
    /// Both stores in one file: forgetting a person would leave the key in the same file as what it seals.
    #[error("`database.keys_url` must be another file than `database.url`")]
    Same,
}

impl DatabaseSettings {
    /// Reads `database.url` and, where given, `database.keys_url`; relative files are taken from `base`.
    pub fn parse(url: &str, keys_url: Option<&str>, base: &Path) -> Result<Self, DatabaseError> {
        let main = Database::parse(url, base)?;
        let keys = match keys_url {
            Some(keys) => Database::parse(keys, base)?.into_key_store(),
            None => main.sibling(),
        };
        match (&main, &keys) {
            (Database::Sqlite { file }, Database::Sqlite { file: keys }) if file == keys => Err(DatabaseError::Same),
            (Database::Sqlite { .. }, Database::Sqlite { .. })
            | (Database::Postgres { .. }, Database::Postgres { .. }) => Ok(Self { main, keys }),
            _ => Err(DatabaseError::Mixed),
        }
    }

    /// SQLite in `file`, the keys beside it.
    pub fn sqlite(file: impl Into<PathBuf>) -> Self {
        let main = Database::Sqlite { file: file.into() };
        Self { keys: main.sibling(), main }
    }
}

impl Database {
    fn parse(url: &str, base: &Path) -> Result<Self, DatabaseError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres { url: url.to_owned(), schema: None });
        }
        let path =
            url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).ok_or(DatabaseError::Scheme)?;
        if path.is_empty() || path.starts_with(':') || path.contains('?') {
            return Err(DatabaseError::NoFile);
        }
        Ok(Self::Sqlite { file: base.join(path) })
    }

    /// `unticked.db` has its keys in `unticked-keys.db`; a PostgreSQL database in a schema of its own.
    fn sibling(&self) -> Self {
        match self {
            Self::Sqlite { file } => {
                let mut name = file.file_stem().unwrap_or_default().to_os_string();
                name.push("-keys");
                if let Some(extension) = file.extension() {
                    name.push(".");
                    name.push(extension);
                }
                Self::Sqlite { file: file.with_file_name(name) }
            }
            Self::Postgres { .. } => self.clone().into_key_store(),
        }
    }

    fn into_key_store(self) -> Self {
        match self {
            Self::Postgres { url, .. } => Self::Postgres { url, schema: Some(KEYS_SCHEMA.to_owned()) },
            sqlite @ Self::Sqlite { .. } => sqlite,
        }
    }

    /// The address with its password hidden, as `unticked config` shows it.
    pub fn shown(url: &str) -> String {
        let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
        let (authority, path) = rest.split_once('/').map_or((rest, ""), |(authority, path)| (authority, path));
        // A password may stand in the query too (`?password=`), so the whole query goes.
        let path = path.split('?').next().unwrap_or_default();
        match authority.rsplit_once('@') {
            Some((user, host)) => {
                format!("{scheme}://{}:…@{host}/{path}", user.split(':').next().unwrap_or_default())
            }
            None => format!("{scheme}://{authority}/{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_lie_beside_the_database_and_never_in_it() {
        let settings = DatabaseSettings::parse("sqlite:unticked.db", None, Path::new("/srv")).unwrap();
        assert_eq!(settings.main, Database::Sqlite { file: "/srv/unticked.db".into() });
        assert_eq!(settings.keys, Database::Sqlite { file: "/srv/unticked-keys.db".into() });
        let same = DatabaseSettings::parse("sqlite:a.db", Some("sqlite:a.db"), Path::new("/srv"));
        assert_eq!(same, Err(DatabaseError::Same));
        let postgres = DatabaseSettings::parse("postgres://u:p@h/d", None, Path::new("/")).unwrap();
        assert_eq!(
            postgres.keys,
            Database::Postgres { url: "postgres://u:p@h/d".to_owned(), schema: Some("unticked_keys".to_owned()) }
        );
    }

    #[test]
    fn an_address_that_cannot_hold_data_is_refused() {
        for (url, error) in [
            ("mysql://x", DatabaseError::Scheme),
            ("sqlite:", DatabaseError::NoFile),
            ("sqlite::memory:", DatabaseError::NoFile),
        ] {
            assert_eq!(DatabaseSettings::parse(url, None, Path::new("/")), Err(error));
        }
        let mixed = DatabaseSettings::parse("postgres://h/d", Some("sqlite:k.db"), Path::new("/"));
        assert_eq!(mixed, Err(DatabaseError::Mixed));
    }

    #[test]
    fn passwords_are_shown_nowhere() {
        assert_eq!(Database::shown("postgres://ann:p@ss@db:5432/u?password=x"), "postgres://ann:…@db:5432/u");
        assert_eq!(Database::shown("sqlite:unticked.db"), "sqlite:unticked.db");
        let settings = DatabaseSettings::parse("postgres://ann:hunter2@h/d", None, Path::new("/")).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
