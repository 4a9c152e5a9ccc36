//! The macros that run one statement text on either engine.

use std::sync::{Arc, OnceLock};

/// Checks, when the code is compiled, that `sql` uses each of `$1` to `$n` and nothing beyond: an unbound `$n` is a
/// silent NULL on SQLite.
pub const fn assert_binds(sql: &str, binds: usize) {
    let bytes = sql.as_bytes();
    let mut seen: u128 = 0;
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'$' {
            let mut number = 0;
            i += 1;
            while i < bytes.len() && bytes[i].is_ascii_digit() {
                number = number * 10 + (bytes[i] - b'0') as usize;
                i += 1;
            }
            assert!(number >= 1 && number <= binds && number <= 127, "a parameter of the statement is not bound");
            seen |= 1 << number;
        } else {
            assert!(bytes[i] != b'?', "parameters are written `$1`, `$2`, …");
            i += 1;
        }
    }
    assert!(seen.count_ones() as usize == binds, "a bound value is not used by the statement");
}

/// Checks, when the code is compiled, that `table (column, …)` names as many columns as a row binds values.
pub const fn assert_columns(into: &str, binds: usize) {
    let bytes = into.as_bytes();
    let (mut i, mut columns, mut inside) = (0, 0, false);
    while i < bytes.len() {
        match bytes[i] {
            b'(' => {
                inside = true;
                columns = 1;
            }
            b',' if inside => columns += 1,
            b')' => inside = false,
            b'$' | b'?' => panic!("`insert_many!` writes the parameters itself"),
            _ => {}
        }
        i += 1;
    }
    assert!(columns == binds && !inside, "the columns and the bound values differ in number");
}

// Few sizes, so that the prepared statements stay in the connection's cache; at 20 columns the greatest has 5,120
// parameters (SQLite allows 32,766, PostgreSQL 65,535).
const CHUNKS: [usize; 5] = [256, 64, 16, 4, 1];

/// How many of `rows` rows the next statement takes.
pub fn chunk_size(rows: usize) -> usize {
    CHUNKS.into_iter().find(|chunk| *chunk <= rows).unwrap_or(1)
}

/// The statements of one `insert_many!`, each made once for each engine.
pub struct ManyTexts {
    into: &'static str,
    then: &'static str,
    columns: usize,
    sqlite: [OnceLock<Arc<str>>; CHUNKS.len()],
    postgres: [OnceLock<Arc<str>>; CHUNKS.len()],
}

impl ManyTexts {
    /// `insert into {into} values (…), … {then}`.
    pub const fn new(into: &'static str, then: &'static str, columns: usize) -> Self {
        let sqlite = [const { OnceLock::new() }; CHUNKS.len()];
        let postgres = [const { OnceLock::new() }; CHUNKS.len()];
        Self { into, then, columns, sqlite, postgres }
    }

    /// SQLite's text for a [`chunk_size`]. Its parameters have no names: SQLite finds a named one by going through all of
    /// them, once for each that is bound, which took longer than the insert itself.
    pub fn sqlite(&self, rows: usize) -> sqlx::AssertSqlSafe<Arc<str>> {
        Self::text(&self.sqlite, rows, || self.write(rows, |_| "?".to_owned()))
    }

    /// PostgreSQL's text for a [`chunk_size`].
    pub fn postgres(&self, rows: usize) -> sqlx::AssertSqlSafe<Arc<str>> {
        Self::text(&self.postgres, rows, || self.write(rows, |parameter| format!("${parameter}")))
    }

    fn text(
        texts: &[OnceLock<Arc<str>>; CHUNKS.len()],
        rows: usize,
        write: impl FnOnce() -> Arc<str>,
    ) -> sqlx::AssertSqlSafe<Arc<str>> {
        let slot = CHUNKS.iter().position(|chunk| *chunk == rows).unwrap_or_else(|| unreachable!("a size of CHUNKS"));
        sqlx::AssertSqlSafe(Arc::clone(texts[slot].get_or_init(write)))
    }

    fn write(&self, rows: usize, parameter: impl Fn(usize) -> String) -> Arc<str> {
        let row = |row: usize| {
            let values: Vec<String> = (1..=self.columns).map(|column| parameter(row * self.columns + column)).collect();
            format!("({})", values.join(", "))
        };
        let values: Vec<String> = (0..rows).map(row).collect();
        format!("insert into {} values {} {}", self.into, values.join(", "), self.then).into()
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! place_of_statement {
    () => {
        $crate::store::Place { file: file!(), line: line!() }
    };
}

/// Runs a statement; answers how many rows it touched. See [`crate::store`].
#[macro_export]
macro_rules! execute {
    ($connection:expr, { sqlite: $sqlite:expr, postgres: $postgres:expr $(,)? } $(, $bind:expr)* $(,)?) => {{
        const SQLITE: &str = $sqlite;
        const POSTGRES: &str = $postgres;
        const BINDS: usize = <[&str]>::len(&[$(stringify!($bind)),*]);
        const PLACE: $crate::store::Place = $crate::place_of_statement!();
        const { $crate::store::assert_binds(SQLITE, BINDS) };
        const { $crate::store::assert_binds(POSTGRES, BINDS) };
        async {
            match $crate::store::Connection::engine(&mut *$connection, PLACE)? {
                $crate::store::Engine::Sqlite(engine) => ::sqlx::query(SQLITE)$(.bind($bind))*
                    .execute(engine).await.map(|done| done.rows_affected()),
                $crate::store::Engine::Postgres(engine) => ::sqlx::query(POSTGRES)$(.bind($bind))*
                    .execute(engine).await.map(|done| done.rows_affected()),
            }
            .map_err($crate::store::StoreError::from)
        }
    }};
    ($connection:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::execute!($connection, { sqlite: $sql, postgres: $sql } $(, $bind)*)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! fetch_with {
    ($method:ident, $connection:expr, $row:ty, { sqlite: $sqlite:expr, postgres: $postgres:expr $(,)? } $(, $bind:expr)* $(,)?) => {{
        const SQLITE: &str = $sqlite;
        const POSTGRES: &str = $postgres;
        const BINDS: usize = <[&str]>::len(&[$(stringify!($bind)),*]);
        const PLACE: $crate::store::Place = $crate::place_of_statement!();
        const { $crate::store::assert_binds(SQLITE, BINDS) };
        const { $crate::store::assert_binds(POSTGRES, BINDS) };
        async {
            match $crate::store::Connection::engine(&mut *$connection, PLACE)? {
                $crate::store::Engine::Sqlite(engine) => {
                    ::sqlx::query_as::<_, $row>(SQLITE)$(.bind($bind))*.$method(engine).await
                }
                $crate::store::Engine::Postgres(engine) => {
                    ::sqlx::query_as::<_, $row>(POSTGRES)$(.bind($bind))*.$method(engine).await
                }
            }
            .map_err($crate::store::StoreError::from)
        }
    }};
    ($method:ident, $connection:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::fetch_with!($method, $connection, $row, { sqlite: $sql, postgres: $sql } $(, $bind)*)
    };
}

/// Runs a query; answers every row. See [`crate::store`].
#[macro_export]
macro_rules! fetch_all {
    ($($argument:tt)+) => { $crate::fetch_with!(fetch_all, $($argument)+) };
}

/// Runs a query; answers its row, if there is one. See [`crate::store`].
#[macro_export]
macro_rules! fetch_optional {
    ($($argument:tt)+) => { $crate::fetch_with!(fetch_optional, $($argument)+) };
}

/// Inserts many rows with few statements; answers how many were inserted. See [`crate::store`].
#[macro_export]
macro_rules! insert_many {
    ($connection:expr, { into: $into:expr, then: $then:expr $(,)? }, $rows:expr, |$row:pat_param| [$($bind:expr),+ $(,)?] $(,)?) => {{
        const COLUMNS: usize = <[&str]>::len(&[$(stringify!($bind)),*]);
        static TEXTS: $crate::store::ManyTexts = $crate::store::ManyTexts::new($into, $then, COLUMNS);
        const PLACE: $crate::store::Place = $crate::place_of_statement!();
        const { $crate::store::assert_columns($into, COLUMNS) };
        async {
            let mut rest = &$rows[..];
            let mut inserted = 0u64;
            while !rest.is_empty() {
                let (chunk, tail) = rest.split_at($crate::store::chunk_size(rest.len()));
                rest = tail;
                inserted += match $crate::store::Connection::engine(&mut *$connection, PLACE)? {
                    $crate::store::Engine::Sqlite(engine) => {
                        let mut query = ::sqlx::query(TEXTS.sqlite(chunk.len()));
                        for $row in chunk {
                            query = query$(.bind($bind))+;
                        }
                        query.execute(engine).await.map(|done| done.rows_affected())
                    }
                    $crate::store::Engine::Postgres(engine) => {
                        let mut query = ::sqlx::query(TEXTS.postgres(chunk.len()));
                        for $row in chunk {
                            query = query$(.bind($bind))+;
                        }
                        query.execute(engine).await.map(|done| done.rows_affected())
                    }
                }
                .map_err($crate::store::StoreError::from)?;
            }
            Ok::<u64, $crate::store::StoreError>(inserted)
        }
    }};
    ($connection:expr, $into:expr, $rows:expr, |$row:pat_param| [$($bind:expr),+ $(,)?] $(,)?) => {
        $crate::insert_many!($connection, { into: $into, then: "" }, $rows, |$row| [$($bind),+])
    };
}
