//! A database of each engine that nobody has used before.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use unticked_collector::{
    config::DatabaseSettings,
    store::{DatabaseName, EngineKind, Place, Store, StoreError, Watch},
    world::Random,
};

/// Remembers which statements ran.
#[derive(Default)]
pub struct Seen(Mutex<BTreeSet<(String, u32)>>);

impl Seen {
    pub fn places(&self) -> BTreeSet<(String, u32)> {
        self.0.lock().unwrap().clone()
    }
}

impl Watch for Seen {
    fn statement(&self, _: EngineKind, _: DatabaseName, place: Place) -> Result<(), StoreError> {
        self.0.lock().unwrap().insert((place.file.to_owned(), place.line));
        Ok(())
    }
}

/// A fresh database.
pub struct Fresh {
    settings: DatabaseSettings,
    // Removed with it.
    _folder: tempfile::TempDir,
    /// The server's own address and the database on it.
    server: Option<(String, String)>,
}

impl Fresh {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = DatabaseSettings::sqlite(folder.path().join("contract.db"));
        Self { settings, _folder: folder, server: None }
    }

    /// A new database on the server that the environment names; `None` without one.
    pub async fn postgres() -> Option<Self> {
        let url = std::env::var("UNTICKED_TEST_POSTGRES").ok()?;
        let name = format!("contract_{:016x}", u64::from_be_bytes(Random::system().bytes()));
        let mut server = PgConnection::connect(&url).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut server).await.unwrap();
        let (base, query) = url.split_once('?').map_or((url.as_str(), None), |(base, query)| (base, Some(query)));
        let base = match base.splitn(4, '/').collect::<Vec<_>>()[..] {
            [scheme, "", host, _] | [scheme, "", host] => format!("{scheme}//{host}/{name}"),
            _ => panic!("UNTICKED_TEST_POSTGRES is no address"),
        };
        let own = query.map_or(base.clone(), |query| format!("{base}?{query}"));
        let settings = DatabaseSettings::parse(&own, None, Path::new("/")).unwrap();
        Some(Self { settings, _folder: tempfile::tempdir().unwrap(), server: Some((url, name)) })
    }

    pub fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }

    pub async fn open(&self, watch: Option<Arc<Seen>>) -> Store {
        Store::open_watched(&self.settings, watch.map(|seen| seen as Arc<dyn Watch>)).await.unwrap()
    }

    pub async fn remove(self) {
        if let Some((url, name)) = self.server {
            let mut server = PgConnection::connect(&url).await.unwrap();
            let drop = AssertSqlSafe(format!("drop database {name} with (force)"));
            sqlx::query(drop).execute(&mut server).await.unwrap();
        }
    }
}
