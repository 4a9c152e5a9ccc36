//! The databases' addresses as the owner writes them.

use std::path::Path;

use crate::store::DatabaseSettings;

/// Why a database address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DatabaseError {
    /// Neither engine.
    #[error("must start with `sqlite:` or `postgres://`")]
    Scheme,
    /// A database that forgets everything at the end helps nobody.
    #[error("names no file; write `sqlite:unticked.db`")]
    NoFile,
    /// One store on each engine.
    #[error("must be of the same engine as the other database")]
    Mixed,
    /// Both stores in one: forgetting a person would leave the key beside what it seals.
    #[error("must be another database than `database.url`")]
    Same,
}

/// Reads both addresses; a relative file is taken from the folder beside it.
pub(super) fn settings(url: (&str, &Path), keys: Option<(&str, &Path)>) -> Result<DatabaseSettings, DatabaseError> {
    let main = resolve(url.0, url.1)?;
    let keys = keys.map(|(url, base)| resolve(url, base)).transpose()?;
    if let Some(keys) = &keys {
        if keys.starts_with("sqlite:") != main.starts_with("sqlite:") {
            return Err(DatabaseError::Mixed);
        }
        if *keys == main {
            return Err(DatabaseError::Same);
        }
    }
    Ok(DatabaseSettings { url: main, keys_url: keys })
}

fn resolve(url: &str, base: &Path) -> Result<String, DatabaseError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(url.to_owned());
    }
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).ok_or(DatabaseError::Scheme)?;
    let (file, parameters) = path.split_once('?').map_or((path, None), |(file, rest)| (file, Some(rest)));
    if file.is_empty() || file.starts_with(':') || parameters.is_some_and(|all| all.contains("mode=memory")) {
        return Err(DatabaseError::NoFile);
    }
    // The folder is ours to write into an address, so what means something there is escaped.
    let base = base.to_string_lossy().replace('%', "%25").replace('?', "%3f");
    let file = Path::new(&base).join(file);
    let parameters = parameters.map(|all| format!("?{all}")).unwrap_or_default();
    Ok(format!("sqlite:{}{parameters}", file.display()))
}

/// The address with its password hidden, as `unticked config` shows it.
pub(super) fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_once('/').map_or((rest, ""), |(authority, path)| (authority, path));
    // A password may stand in the query too (`?password=`), so the whole query goes.
    let path = path.split('?').next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((user, host)) => format!("{scheme}://{}:…@{host}/{path}", user.split(':').next().unwrap_or_default()),
        None => format!("{scheme}://{authority}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(url: &str) -> Result<DatabaseSettings, DatabaseError> {
        settings((url, Path::new("/srv")), None)
    }

    #[test]
    fn a_relative_file_is_taken_from_the_folder_beside_the_setting() {
        assert_eq!(one("sqlite:unticked.db").unwrap().url, "sqlite:/srv/unticked.db");
        assert_eq!(one("sqlite:///var/u.db").unwrap().url, "sqlite:/var/u.db");
        assert_eq!(settings(("sqlite:u.db", Path::new("/a?b%")), None).unwrap().url, "sqlite:/a%3fb%25/u.db");
        assert_eq!(one("postgres://u:p@h/d").unwrap().url, "postgres://u:p@h/d");
    }

    #[test]
    fn an_address_that_cannot_hold_data_is_refused() {
        for (url, error) in [
            ("mysql://x", DatabaseError::Scheme),
            ("sqlite:", DatabaseError::NoFile),
            ("sqlite::memory:", DatabaseError::NoFile),
            ("sqlite:x?mode=memory", DatabaseError::NoFile),
        ] {
            assert_eq!(one(url), Err(error));
        }
    }

    #[test]
    fn the_keys_lie_in_another_database_of_the_same_engine() {
        let both = |url, keys| settings((url, Path::new("/srv")), Some((keys, Path::new("/srv"))));
        assert_eq!(both("postgres://h/d", "sqlite:k.db"), Err(DatabaseError::Mixed));
        assert_eq!(both("sqlite:k.db", "sqlite:/srv/k.db"), Err(DatabaseError::Same));
        assert_eq!(both("sqlite:u.db", "sqlite:k.db").unwrap().keys_url.as_deref(), Some("sqlite:/srv/k.db"));
    }

    #[test]
    fn passwords_are_shown_nowhere() {
        assert_eq!(shown("postgres://ann:p@ss@db:5432/u?password=x"), "postgres://ann:…@db:5432/u");
        assert_eq!(shown("sqlite:unticked.db"), "sqlite:unticked.db");
    }
}
