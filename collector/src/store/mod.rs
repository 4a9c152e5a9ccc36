//! The two databases: the main one, and the key store that makes forgetting possible.
//!
//! SQLite (one writer, several readers) or PostgreSQL, by the URL. One statement text serves both: ids are bound
//! as [`uuid::Uuid`], times as `i64` milliseconds UTC, bytes as blobs, parameters are `$1`, `$2`, …, each bound
//! exactly once in a call (checked when the code is compiled). The main database and the key store share no
//! transaction: keys are committed first, and a key without its subject is swept later.
//!
//! # A room's `sql.rs`
//!
//! Its functions take a [`Connection`] when they read and a [`Transaction`] when they write, so that the caller
//! decides what becomes true together. A `Transaction` can be handed to a reading function, too. The macros
//! [`execute`], [`fetch_all`], [`fetch_optional`] and [`insert_many`] pick the engine and answer a
//! [`StoreError`]; a row is any type with `#[derive(sqlx::FromRow)]`, or a tuple.
//!
//! ```
//! use unticked_collector::store::{Connection, StoreError, Transaction, execute, fetch_all, insert_many};
//! use uuid::Uuid;
//!
//! #[derive(sqlx::FromRow)]
//! pub struct Pending {
//!     pub delivery_id: Uuid,
//!     pub due_at: i64,
//! }
//!
//! /// Oldest first, so that a stuck destination cannot starve the rest.
//! pub async fn due(connection: &mut Connection, now: i64, limit: i64) -> Result<Vec<Pending>, StoreError> {
//!     fetch_all!(
//!         connection,
//!         Pending,
//!         "select delivery_id, due_at
//!          from delivery
//!          where due_at <= $1
//!          order by due_at, delivery_id
//!          limit $2",
//!         now,
//!         limit,
//!     )
//!     .await
//! }
//!
//! /// How many rows it touched: 0 when somebody else was faster.
//! pub async fn lease(tx: &mut Transaction, delivery: Uuid, until: i64) -> Result<u64, StoreError> {
//!     execute!(
//!         tx,
//!         // Where the engines need their own words, these stand side by side.
//!         {
//!             sqlite: "update delivery set leased_until = $2 where delivery_id = $1",
//!             postgres: "update delivery set leased_until = $2 where delivery_id = $1",
//!         },
//!         delivery,
//!         until,
//!     )
//!     .await
//! }
//!
//! pub async fn insert(tx: &mut Transaction, rows: &[Pending]) -> Result<u64, StoreError> {
//!     // "insert into … values ($1, $2), ($3, $4), …" in chunks of fixed sizes.
//!     insert_many!(tx, "delivery (delivery_id, due_at)", rows, |row| [row.delivery_id, row.due_at]).await
//! }
//! ```
//!
//! and the caller's side:
//!
//! ```
//! # use unticked_collector::store::{Store, StoreError};
//! # async fn example(store: &Store) -> Result<(), StoreError> {
//! let mut tx = store.begin().await?; // dropped without `commit`, it rolls back
//! // outbox::sql::lease(&mut tx, …).await?;
//! tx.commit().await?;
//! let mut connection = store.read().await?;
//! // outbox::sql::due(&mut connection, …).await?
//! # Ok(())
//! # }
//! ```
//!
//! Tables are made by `migrations/{sqlite,postgres}/{main,keys}/NNNN_name.sql`, numbered alike for both engines and
//! never edited once merged; SQLite's are `strict`, with ids as `blob`, times as `integer`; PostgreSQL's
//! counterparts are `uuid`, `bytea`, `bigint`.

mod connection;
mod error;
mod open;
mod standing;
mod statement;
pub mod values;

pub use connection::{CommitFate, Connection, DatabaseName, Engine, EngineKind, Place, Transaction, Watch};
pub use error::StoreError;
pub use open::{Database, OpenError, Store};
pub(crate) use open::{postgres_options, sqlite_options};
pub use standing::{Extent, Standing, known_migrations};
#[doc(hidden)]
pub use statement::{ManyTexts, assert_binds, assert_columns, chunk_size};

pub use crate::{execute, fetch_all, fetch_optional, insert_many};

#[cfg(test)]
mod tests;
