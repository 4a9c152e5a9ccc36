//! Copies of PostgreSQL databases, by PostgreSQL's own tools.

use std::{
    path::Path,
    process::{Command, Output},
};

use reqwest::Url;
use sqlx::{ConnectOptions, Connection as _, PgConnection, postgres::PgConnectOptions};

use super::{
    KeepError,
    files::{Room, make_file, room, write_file},
    ledger::Word,
    sqlite::Facts,
};
use crate::{
    ledger::sql::SignedRow,
    store::{OpenError, StoreError, postgres_options},
};

/// One of the two databases on a server.
pub struct Place<'a> {
    /// Its address; holds the password.
    pub url: &'a str,
    /// The schema of the key store; the server's default for the main database.
    pub schema: Option<&'a str>,
}

/// What is counted in the main database.
pub const SUBMISSIONS: &str = "select count(*), max(received_at) from submission";
/// What is counted in the key store.
pub const PERSONS: &str = "select count(*), max(created_at) from subject_key";

/// Dumps the schema as it stands at one moment, and says what they hold at that moment.
pub async fn dump(place: &Place<'_>, to: &Path, rows: &'static str) -> Result<Facts, KeepError> {
    // Made before, so that it is for its owner alone.
    drop(make_file(to)?);
    let mut connection = place.connect().await?;
    let dumped = dump_in(&mut connection, place, to, rows).await;
    let _ = connection.close().await;
    dumped
}

async fn dump_in(
    connection: &mut PgConnection,
    place: &Place<'_>,
    to: &Path,
    rows: &'static str,
) -> Result<Facts, KeepError> {
    let seen = async {
        sqlx::query("begin isolation level repeatable read read only").execute(&mut *connection).await?;
        let (snapshot, schema): (String, Option<String>) =
            sqlx::query_as("select pg_export_snapshot(), current_schema()::text").fetch_one(&mut *connection).await?;
        let migrations: Vec<(i64,)> =
            sqlx::query_as("select version from _sqlx_migrations where success order by version")
                .fetch_all(&mut *connection)
                .await?;
        let (rows, newest_at): (i64, Option<i64>) = sqlx::query_as(rows).fetch_one(&mut *connection).await?;
        let facts = Facts {
            migrations: migrations.into_iter().map(|(version,)| version).collect(),
            rows: u64::try_from(rows).unwrap_or_default(),
            newest_at,
        };
        Ok::<_, StoreError>((snapshot, schema.unwrap_or_default(), facts))
    };
    let (snapshot, schema, facts) = seen.await?;
    let mut command = place.tool("pg_dump")?;
    command.args(["--format=custom", "--no-owner", "--no-privileges"]);
    command.arg(format!("--snapshot={snapshot}")).arg(format!("--schema=\"{}\"", schema.replace('"', "\"\"")));
    command.arg("--file").arg(to);
    run("pg_dump", &mut command, to)?;
    Ok(facts)
}

/// Brings a dump into a database that holds nothing of ours.
pub async fn load(place: &Place<'_>, from: &Path) -> Result<(), KeepError> {
    if let Some(schema) = place.schema {
        let mut connection = place.connect().await?;
        // The name is a constant of ours.
        let statement = sqlx::AssertSqlSafe(format!("create schema if not exists {schema}"));
        let made = sqlx::query(statement).execute(&mut connection).await;
        let _ = connection.close().await;
        made.map_err(StoreError::from)?;
    }
    let database = place.options()?.get_database().unwrap_or("postgres").to_owned();
    // The schema is there; whatever is in it comes from the copy, functions of triggers included.
    let listed = run("pg_restore", place.tool("pg_restore")?.arg("--list").arg(from), from)?;
    let wanted: Vec<&str> = listed.lines().filter(|line| !line.contains(" SCHEMA - ")).collect();
    let list = std::env::temp_dir().join(format!(
        "unticked-restore-{}-{}",
        std::process::id(),
        place.schema.unwrap_or("main")
    ));
    write_file(&list, wanted.join("\n").as_bytes())?;
    let mut command = place.tool("pg_restore")?;
    command.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]);
    command.arg("--use-list").arg(&list).arg(format!("--dbname={database}")).arg(from);
    let restored = run("pg_restore", &mut command, from);
    let _ = std::fs::remove_file(list);
    restored.map(drop)
}

/// Makes a key store forget how far its main database was: the one beside it is the one that counts.
pub async fn forget_reached(place: &Place<'_>) -> Result<(), KeepError> {
    let mut connection = place.connect().await?;
    let forgotten = async {
        let table: (Option<String>,) =
            sqlx::query_as("select to_regclass('main_reached')::text").fetch_one(&mut connection).await?;
        if table.0.is_some() {
            sqlx::query("delete from main_reached").execute(&mut connection).await?;
        }
        Ok::<_, StoreError>(())
    }
    .await;
    let _ = connection.close().await;
    Ok(forgotten?)
}

/// Lays what the owner's word makes of the last signed head into a key store that nobody uses yet; answers whether its ledger
/// may not go on.
pub async fn keep_word(place: &Place<'_>, word: &Word) -> Result<bool, KeepError> {
    let mut connection = place.connect().await?;
    let kept = async {
        let table: (Option<String>,) =
            sqlx::query_as("select to_regclass('ledger_signed')::text").fetch_one(&mut connection).await?;
        if table.0.is_none() {
            return Ok(false);
        }
        let row = "select origin, size, root, note, signed_at from ledger_signed where one = 1";
        let Some(copied) = sqlx::query_as::<_, SignedRow>(row).fetch_optional(&mut connection).await? else {
            return Ok(false);
        };
        let (row, marked) = word.on(copied);
        sqlx::query("update ledger_signed set origin = $1, size = $2, root = $3, note = $4, signed_at = $5")
            .bind(row.origin)
            .bind(row.size)
            .bind(row.root)
            .bind(row.note)
            .bind(row.signed_at)
            .execute(&mut connection)
            .await?;
        Ok::<_, StoreError>(marked)
    }
    .await;
    let _ = connection.close().await;
    Ok(kept?)
}

impl Place<'_> {
    fn options(&self) -> Result<PgConnectOptions, OpenError> {
        let options = postgres_options(self.url)?;
        Ok(match self.schema {
            Some(schema) => options.options([("search_path", schema)]),
            None => options,
        })
    }

    async fn connect(&self) -> Result<PgConnection, KeepError> {
        Ok(self.options()?.connect().await.map_err(StoreError::from)?)
    }

    /// A program that speaks to this database. What it needs stands in its environment: its arguments are for all to see.
    fn tool(&self, program: &'static str) -> Result<Command, KeepError> {
        let options = self.options()?;
        let mut command = Command::new(program);
        let host =
            options.get_socket().map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string());
        command.env("PGHOST", host).env("PGPORT", options.get_port().to_string());
        command.env("PGUSER", options.get_username()).env("PGAPPNAME", "unticked");
        command.env("PGDATABASE", options.get_database().unwrap_or(options.get_username()));
        let url = Url::parse(self.url).map_err(|_| OpenError::Url("it is no address".to_owned()))?;
        if let Some(password) = url.password() {
            command.env("PGPASSWORD", percent_decoded(password));
        }
        for (name, value) in url.query_pairs() {
            let variable = match name.as_ref() {
                "password" => "PGPASSWORD",
                "sslmode" | "ssl-mode" => "PGSSLMODE",
                "sslrootcert" | "ssl-root-cert" | "ssl-ca" => "PGSSLROOTCERT",
                "sslcert" | "ssl-cert" => "PGSSLCERT",
                "sslkey" | "ssl-key" => "PGSSLKEY",
                _ => continue,
            };
            command.env(variable, value.as_ref());
        }
        Ok(command)
    }
}

/// What it printed.
fn run(program: &'static str, command: &mut Command, file: &Path) -> Result<String, KeepError> {
    let Output { status, stdout, stderr } = command.output().map_err(|_| KeepError::NoTool(program))?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    if room(file).is_some_and(Room::is_spent) {
        return Err(KeepError::Full(file.parent().unwrap_or(file).to_owned()));
    }
    let said = String::from_utf8_lossy(&stderr);
    // The command that failed follows the error, and may be long.
    let told = said.lines().find(|line| line.contains("error:")).or_else(|| said.lines().last()).unwrap_or_default();
    Err(KeepError::Tool { program, said: told.trim().to_owned() })
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_password_is_told_to_the_program_and_to_nobody_who_lists_processes() {
        let place = Place { url: "postgres://ann:p%40ss%2Fw@db.example:5433/shop?sslmode=require", schema: None };
        let command = place.tool("pg_dump").unwrap();
        let variables: Vec<_> = command
            .get_envs()
            .map(|(name, value)| (name.to_str().unwrap(), value.unwrap().to_str().unwrap()))
            .collect();
        for expected in [
            ("PGHOST", "db.example"),
            ("PGPORT", "5433"),
            ("PGUSER", "ann"),
            ("PGDATABASE", "shop"),
            ("PGPASSWORD", "p@ss/w"),
            ("PGSSLMODE", "require"),
        ] {
            assert!(variables.contains(&expected), "{expected:?} of {variables:?}");
        }
        assert_eq!(command.get_args().count(), 0);
    }
}
