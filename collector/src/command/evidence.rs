//! `unticked evidence export|shapes`

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use unticked_collector::{
    accesses::{Accesses, Reader},
    config::{Settings, Sources},
    exports::{self, ExportError, Exports, Frame, Which, jsonld, kantara, table},
    forms::Forms,
    leads::csv,
    ledger,
    store::Store,
    submissions::reference::as_typed,
    world::Clock,
};
use uuid::Uuid;

use super::{
    Done, FOUND_WANTING, WRONG_SETTINGS, failed, harmless,
    leads::{Moment, private},
    not_written, unreadable,
};

/// What to do with evidence.
#[derive(Subcommand)]
pub enum Evidence {
    /// Writes who decided what, when, seeing which text, in a standard's words; opens no value of a lead
    Export(Box<Exported>),
    /// Prints the SHACL shapes that every JSON-LD export conforms to
    Shapes,
}

/// Whose evidence, how, for whom and why.
#[derive(Args)]
pub struct Exported {
    #[command(flatten)]
    whose: Whose,
    /// Of a form: received on this day (2026-11-23) or at this time (2026-11-23T15:00:00Z) or later, UTC
    #[arg(long, value_name = "WHEN", requires = "form")]
    since: Option<Moment>,
    /// Of a form: received by the end of this day, or before this time
    #[arg(long, value_name = "WHEN", requires = "form")]
    until: Option<Moment>,
    /// JSON-LD (W3C DPV 2.3, ISO/IEC TS 27560), Kantara consent receipts 1.1 as JSON, or comma-separated values
    #[arg(long, value_enum)]
    format: Format,
    /// Under whose law: `EU`, or a country (ISO 3166-1, such as `BG`)
    #[arg(long, value_name = "CODE", default_value = "EU", value_parser = jurisdiction)]
    jurisdiction: String,
    /// Your name; it is written into the access log before anything is opened
    #[arg(long, alias = "who", value_name = "NAME")]
    by: String,
    /// Why you need it; written into the access log, too
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// A file that does not exist yet, readable by you alone; without it to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Whose.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// One person's, by pseudonym, as `leads show` and your CRM have it
    #[arg(long, value_name = "ID")]
    subject: Option<Uuid>,
    /// One submission's, by what the visitor was told, such as `K7QD-93XF`
    #[arg(long, value_name = "REFERENCE")]
    reference: Option<String>,
    /// Everybody's of one form
    #[arg(long, value_name = "FORM")]
    form: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// An object with `@context` and `@graph`
    JsonLd,
    /// An array of receipts
    Kantara,
    /// One line for each step of each purpose, a header first
    Csv,
}

fn jurisdiction(text: &str) -> Result<String, String> {
    let well = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if well {
        Ok(text.to_ascii_uppercase())
    } else {
        Err("write EU, or two letters of ISO 3166-1 such as BG".to_owned())
    }
}

/// Does it.
pub fn run(sources: &Sources, what: &Evidence) -> ExitCode {
    match what {
        Evidence::Export(what) => {
            super::with_store(sources, async |settings, store| export(settings, store, what).await)
        }
        Evidence::Shapes => match io::stdout().write_all(exports::SHAPES.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => not_written(error),
        },
    }
}

async fn export(settings: &Settings, store: &Store, what: &Exported) -> Done {
    let reader = Reader::new(&what.by, &what.reason).map_err(|error| {
        eprintln!("Nothing was opened: {error}.");
        ExitCode::from(WRONG_SETTINGS)
    })?;
    let now = Clock::system().now();
    let which = which(store, what).await?;
    let vault = super::vault(settings, store).await?;
    let room = Exports::new(store.clone(), vault.clone(), Accesses::new(store.clone(), &vault, Clock::system()));
    let first = room.next(&which, None).await.map_err(unreadable)?;
    if first.is_empty() {
        eprintln!("{}", nothing(&which));
        return Err(ExitCode::from(FOUND_WANTING));
    }
    let origins = async { ledger::sql::origins(&mut store.read().await?).await };
    let origins = origins.await.map_err(unreadable)?;
    let key = origins.last().and_then(|origin| ledger::verifier_of(&vault, &origin.origin));
    let ledger_key = key.map(|key| key.to_string());
    let frame = Frame {
        public_url: settings.server.public_url.clone(),
        jurisdiction: what.jurisdiction.clone(),
        ledger_key,
        now,
    };
    let to: Box<dyn Write> = match &what.out {
        None => Box::new(io::stdout().lock()),
        Some(path) => Box::new(private(path).map_err(|error| {
            failed(&format!("{} cannot be made (an export overwrites nothing)", path.display()), &error)
        })?),
    };
    let writer = Writer { to: BufWriter::new(to), format: what.format, frame, written: 0 };
    let (count, unsound) = write(&room, &reader, &which, first, writer).await.map_err(|error| {
        if what.out.is_some() {
            eprintln!("The export is not whole.");
        }
        match error {
            ExportError::Written(error) => not_written(error),
            error => failed("The evidence cannot be exported", &error),
        }
    })?;
    eprintln!("The evidence of {count} submissions; the access log says so (`unticked accesses`).");
    if unsound.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("These records are not what was committed to, and the export says so; `unticked verify` tells more:");
    for line in unsound {
        eprintln!("  {}", harmless(&line));
    }
    Err(ExitCode::from(FOUND_WANTING))
}

async fn which(store: &Store, what: &Exported) -> Result<Which, ExitCode> {
    if let Some(subject) = what.whose.subject {
        return Ok(Which::Subject(subject));
    }
    if let Some(reference) = &what.whose.reference {
        return Ok(Which::Reference(as_typed(reference)));
    }
    let form = what.whose.form.clone().unwrap_or_default();
    let mut forms: Vec<String> =
        Forms::list(store).await.map_err(unreadable)?.into_iter().map(|version| version.form).collect();
    forms.dedup();
    if !forms.contains(&form) {
        eprintln!("No form `{}` was ever shown. There are: {}.", harmless(&form), forms.join(", "));
        return Err(ExitCode::from(FOUND_WANTING));
    }
    Ok(Which::Form(form, what.since.map(Moment::start), what.until.map(Moment::end)))
}

fn nothing(which: &Which) -> String {
    match which {
        Which::Subject(subject) => {
            format!("There is no evidence of {subject}; `unticked leads show` says which pseudonym a lead has.")
        }
        Which::Reference(reference) => {
            format!("There is no lead {}; `unticked leads list` shows which there are.", harmless(reference))
        }
        Which::Form(form, ..) => format!("Nobody sent the form `{}` in that time.", harmless(form)),
    }
}

async fn write(
    room: &Exports,
    reader: &Reader,
    which: &Which,
    first: Vec<exports::sql::SubmissionRow>,
    mut writer: Writer,
) -> Result<(u64, Vec<String>), ExportError> {
    let mut versions = room.versions();
    let (mut page, mut unsound) = (first, Vec::new());
    writer.begin()?;
    while !page.is_empty() {
        let last = page.last().cloned();
        for case in room.open(reader, page, &mut versions).await? {
            unsound.extend(case.unsound().map(|record| format!("{} {}", case.submission.reference, record.id)));
            writer.case(&case)?;
        }
        page = room.next(which, last.as_ref()).await?;
    }
    Ok((writer.end()?, unsound))
}

/// Writes submission by submission; nothing is gathered in memory.
struct Writer {
    to: BufWriter<Box<dyn Write>>,
    format: Format,
    frame: Frame,
    written: u64,
}

impl Writer {
    fn begin(&mut self) -> Result<(), ExportError> {
        match self.format {
            Format::JsonLd => write!(self.to, "{{\"@context\": {},\n\"@graph\": [", jsonld::CONTEXT.trim_end())?,
            Format::Kantara => self.to.write_all(b"[")?,
            Format::Csv => csv::line(&mut self.to, table::HEADER)?,
        }
        Ok(())
    }

    fn case(&mut self, case: &exports::Case) -> Result<(), ExportError> {
        let json = match self.format {
            Format::JsonLd => jsonld::receipt(case, &self.frame),
            Format::Kantara => kantara::receipt(case, &self.frame),
            Format::Csv => {
                for line in table::lines(case) {
                    csv::line(&mut self.to, line.iter().map(String::as_str))?;
                }
                self.written += 1;
                return Ok(());
            }
        };
        self.to.write_all(if self.written == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer_pretty(&mut self.to, &json).map_err(io::Error::from)?;
        self.written += 1;
        Ok(())
    }

    fn end(mut self) -> Result<u64, ExportError> {
        match self.format {
            Format::JsonLd => self.to.write_all(b"\n]}\n")?,
            Format::Kantara => self.to.write_all(b"\n]\n")?,
            Format::Csv => {}
        }
        self.to.flush()?;
        Ok(self.written)
    }
}
