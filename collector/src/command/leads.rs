//! `unticked leads list|show|export`

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    str::FromStr,
};

use clap::{Args, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use unticked_collector::{
    accesses::{Accesses, Reader},
    config::{Settings, Sources},
    forms::Forms,
    leads::{
        self, Columns, Filter, Lead, LeadsError, Manner, PAGE, Summary, Versions, Walk,
        decide::{Content, Use},
        export::{self, Export, Format},
    },
    store::Store,
    submissions::reference::as_typed,
    world::Clock,
};

use super::{Done, FOUND_WANTING, failed, harmless, not_written, shown_time, unreadable};

/// What to do with leads.
#[derive(Subcommand)]
pub enum Leads {
    /// Lists what arrived, the newest first: reference, time, form, state, decisions and deliveries, no values
    List(List),
    /// Opens one lead; what points to a person stays masked unless --reveal names it
    Show(Show),
    /// Opens every lead that fits, for a spreadsheet or a program
    Export(Exported),
}

/// Which leads.
#[derive(Args)]
struct Which {
    /// Only of this form; what visitors decided at a banner is left out unless this says `banner`
    #[arg(long)]
    form: Option<String>,
    /// Received on this day (2026-11-23) or at this time (2026-11-23T15:00:00Z) or later, UTC
    #[arg(long, value_name = "WHEN")]
    since: Option<Moment>,
    /// Received by the end of this day, or before this time
    #[arg(long, value_name = "WHEN")]
    until: Option<Moment>,
    /// Only those that were accepted, or that wait as suspected spam
    #[arg(long, value_enum)]
    state: Option<State>,
}

/// Who opens them, and why.
#[derive(Args)]
struct Why {
    /// Your name; it is written into the access log before anything is shown
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why you need to see it; written into the access log, too
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// A field to show in full, such as `email`; may be repeated
    #[arg(long, value_name = "FIELD")]
    reveal: Vec<String>,
}

/// What to list.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    which: Which,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    /// For programs: an array of objects
    #[arg(long)]
    json: bool,
}

/// What to open.
#[derive(Args)]
pub struct Show {
    /// Its reference, such as `K7QD-93XF`
    reference: String,
    #[command(flatten)]
    why: Why,
    /// For programs: one object
    #[arg(long)]
    json: bool,
}

/// What to export.
#[derive(Args)]
pub struct Exported {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    why: Why,
    /// Comma-separated values with a header
    #[arg(long, required_unless_present = "json", conflicts_with = "json")]
    csv: bool,
    /// An array of objects
    #[arg(long)]
    json: bool,
    /// A file that does not exist yet, readable by you alone; without it to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    Accepted,
    #[value(alias = "suspect")]
    Quarantined,
}

/// A day or a time, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// All of a day.
    Day(Timestamp),
    /// A time.
    Time(Timestamp),
}

impl Moment {
    /// Where it begins.
    pub fn start(self) -> Timestamp {
        match self {
            Self::Day(time) | Self::Time(time) => time,
        }
    }

    /// Where it is over.
    pub fn end(self) -> Timestamp {
        match self {
            Self::Day(time) => time.saturating_add(SignedDuration::from_hours(24)).unwrap_or(time),
            Self::Time(time) => time,
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self::Time(time));
        }
        format!("{text}T00:00:00Z")
            .parse()
            .map(Self::Day)
            .map_err(|_| "write a day such as 2026-11-23 or a time such as 2026-11-23T15:00:00Z".to_owned())
    }
}

impl Which {
    /// The filter; a form that was never shown is a slip of the pen.
    async fn filter(&self, store: &Store) -> Result<Filter, ExitCode> {
        if let Some(form) = &self.form {
            let mut forms: Vec<String> =
                Forms::list(store).await.map_err(unreadable)?.into_iter().map(|version| version.form).collect();
            forms.dedup();
            if !forms.contains(form) {
                eprintln!("No form `{}` was ever shown. There are: {}.", harmless(form), forms.join(", "));
                return Err(ExitCode::from(FOUND_WANTING));
            }
        }
        let state = self.state.map(|state| match state {
            State::Accepted => "accepted".to_owned(),
            State::Quarantined => "quarantined".to_owned(),
        });
        Ok(Filter {
            form: self.form.clone(),
            since: self.since.map(Moment::start),
            until: self.until.map(Moment::end),
            state,
        })
    }
}

impl Why {
    fn reader(&self) -> Result<Reader, ExitCode> {
        Reader::new(&self.by, &self.reason).map_err(|error| {
            eprintln!("Nothing was opened: {error}.");
            ExitCode::from(super::WRONG_SETTINGS)
        })
    }
}

/// Does it.
pub fn run(sources: &Sources, what: &Leads) -> ExitCode {
    super::with_store(sources, async |settings, store| match what {
        Leads::List(what) => list(store, what).await,
        Leads::Show(what) => show(settings, store, what).await,
        Leads::Export(what) => export(settings, store, what).await,
    })
}

async fn room(settings: &Settings, store: &Store) -> Result<leads::Leads, ExitCode> {
    let vault = super::vault(settings, store).await?;
    let accesses = Accesses::new(store.clone(), &vault, Clock::system());
    Ok(leads::Leads::new(store.clone(), vault, accesses))
}

async fn list(store: &Store, what: &List) -> Done {
    let mut walk = Walk::new(what.which.filter(store).await?);
    let mut left = what.limit.unwrap_or(usize::MAX);
    let mut out = BufWriter::new(io::stdout().lock());
    let mut shown = 0;
    while left > 0 {
        let page = leads::Leads::next(store, &mut walk, left.min(PAGE)).await.map_err(unreadable)?;
        if page.is_empty() {
            break;
        }
        left -= page.len();
        for lead in &page {
            let line = if what.json { listed_json(lead, shown) } else { Ok(listed(lead)) };
            line.map_err(io::Error::other).and_then(|line| out.write_all(line.as_bytes())).map_err(not_written)?;
            shown += 1;
        }
    }
    if what.json {
        out.write_all(if shown == 0 { b"[]\n" } else { b"\n]\n" }).map_err(not_written)?;
    }
    out.flush().map_err(not_written)?;
    if shown == 0 && !what.json {
        eprintln!("No lead fits.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Said in the place of decisions.
const NO_EVIDENCE: &str = "(the evidence cannot be read)";

fn listed_json(lead: &Summary, before: usize) -> serde_json::Result<String> {
    Ok(format!("{}{}", if before == 0 { "[\n" } else { ",\n" }, export::summary_json(lead)?))
}

fn listed(lead: &Summary) -> String {
    let row = &lead.submission;
    let mut parts = vec![row.reference.clone(), shown_time(row.received_at), row.form.clone()];
    if row.state == "quarantined" {
        parts.push("SUSPECT".to_owned());
    }
    if lead.forgotten {
        parts.push("FORGOTTEN".to_owned());
    }
    let decisions: Vec<_> =
        lead.standing.iter().map(|standing| format!("{} {}", standing.purpose, export::word(standing))).collect();
    parts.push(if decisions.is_empty() { NO_EVIDENCE.to_owned() } else { decisions.join(", ") });
    let deliveries: Vec<_> = lead.deliveries.iter().map(|row| format!("{} {}", row.destination, row.state)).collect();
    parts.push(if deliveries.is_empty() { "sent nowhere".to_owned() } else { deliveries.join(", ") });
    format!("{}\n", harmless(&parts.join("  ")))
}

async fn show(settings: &Settings, store: &Store, what: &Show) -> Done {
    let reader = what.why.reader()?;
    let reference = as_typed(&what.reference);
    let room = room(settings, store).await?;
    let Some(lead) = leads::Leads::find(store, &reference).await.map_err(unreadable)? else {
        eprintln!("There is no lead {reference}; `unticked leads list` shows which there are.");
        return Err(ExitCode::from(FOUND_WANTING));
    };
    let mut versions = Versions::new(store.clone());
    let fields = versions
        .find(&lead.submission.version)
        .await
        .map_err(unreadable)?
        .map(|version| version.definition.fields.iter().map(|field| field.id.to_string()).collect::<Vec<_>>());
    known(&what.why.reveal, &fields.unwrap_or_default())?;
    let manner = Manner { purpose: Use::Look, reveal: &what.why.reveal };
    let shown =
        room.open(&reader, "leads show", vec![lead], &mut versions, manner).await.map_err(|e| not_opened(&e))?;
    for lead in shown {
        let text = if what.json { export::lead_json(&lead).map_err(io::Error::other) } else { Ok(described(&lead)) };
        let text = text.map_err(not_written)?;
        writeln!(io::stdout(), "{}", text.trim_end()).map_err(not_written)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A name that no field has would uncover nothing, and stand in the access log as if it had.
fn known(reveal: &[String], fields: &[String]) -> Result<(), ExitCode> {
    match reveal.iter().find(|name| !fields.contains(name)) {
        None => Ok(()),
        Some(name) => {
            eprintln!("Nothing was opened: no field is called `{}`. There are: {}.", harmless(name), fields.join(", "));
            Err(ExitCode::from(FOUND_WANTING))
        }
    }
}

fn not_opened(error: &LeadsError) -> ExitCode {
    failed("Leads cannot be opened", error)
}

fn described(lead: &Lead) -> String {
    let row = &lead.summary.submission;
    let mut text = format!(
        "{}  received {} by {}, form {} in {}\n",
        row.reference,
        shown_time(row.received_at),
        row.method,
        row.form,
        row.language
    );
    let mut line = |line: &str| {
        text.push_str(&harmless(line));
        text.push('\n');
    };
    line(&format!("subject {}, version {}", row.subject_id, row.version));
    if row.state == "quarantined" {
        line("It looks like a robot's and went nowhere. To let it go:");
        line(&format!("  unticked quarantine release {}", row.reference));
    }
    if lead.summary.forgotten {
        line("The person was forgotten: their key is destroyed, and nobody can read what identified them.");
    }
    line("");
    line("What was entered");
    let mut masked = Vec::new();
    for value in &lead.values {
        let shown = match &value.content {
            Content::Plain(value) => value.to_line(),
            Content::Masked(mask) => {
                masked.push(value.field.as_str());
                mask.clone()
            }
            Content::Forgotten => "(forgotten)".to_owned(),
            Content::Destroyed => "(destroyed, if it was ever given: nothing allows to keep it any more)".to_owned(),
            Content::Ended => "(not shown: every purpose that uses it has ended or was withdrawn)".to_owned(),
            Content::Unconfirmed => "(not confirmed yet)".to_owned(),
            Content::Unreadable => "(does not open: it was altered, or sealed by another key ring)".to_owned(),
        };
        let mut lines = shown.lines();
        line(&format!("  {} ({}): {}", value.field, value.label, lines.next().unwrap_or_default()));
        for more in lines {
            line(&format!("    {more}"));
        }
    }
    line("");
    line("What was decided, as it stands now");
    for decided in &lead.decisions {
        let standing = &decided.standing;
        let since = shown_time(standing.since.as_millisecond());
        line(&format!("  {} ({}): {}, since {since}", standing.purpose, decided.name, export::word(standing)));
        line(&match &decided.statement {
            Some(statement) => format!("    \"{}\"", statement.split_whitespace().collect::<Vec<_>>().join(" ")),
            None => "    (the archive does not hold the words that were shown)".to_owned(),
        });
    }
    if lead.decisions.is_empty() {
        line(&format!("  {NO_EVIDENCE}"));
    }
    if !lead.views.is_empty() {
        line("");
        line("What was looked at, as they allow");
    }
    for view in &lead.views {
        line(&format!("  {} {} {}: {}", view.day(), view.kind, view.document, view.views));
    }
    line("");
    line("Where it went");
    for delivery in &lead.summary.deliveries {
        let more = match (&delivery.reason, delivery.settled_at) {
            (Some(reason), _) => format!(": {reason}"),
            (None, Some(at)) => format!(", {}", shown_time(at)),
            (None, None) => String::new(),
        };
        line(&format!("  {} {}: {}{more}", delivery.destination, delivery.kind, delivery.state));
    }
    if lead.summary.deliveries.is_empty() {
        line("  nowhere: no destination serves a purpose that rests on anything");
    }
    if !masked.is_empty() {
        line("");
        line(&format!("Masked: {}. Add --reveal FIELD for each that you need.", masked.join(", ")));
    }
    text
}

async fn export(settings: &Settings, store: &Store, what: &Exported) -> Done {
    let reader = what.why.reader()?;
    let room = room(settings, store).await?;
    let mut filter = what.which.filter(store).await?;
    // What arrives meanwhile would have columns of its own.
    filter.until.get_or_insert(Clock::system().now());
    let mut walk = Walk::new(filter);
    let mut versions = Versions::new(store.clone());
    let columns = versions.columns(&walk).await.map_err(unreadable)?;
    known(&what.why.reveal, &columns.fields)?;
    let format = if what.csv { Format::Csv } else { Format::Json };
    let to: Box<dyn Write> = match &what.out {
        None => Box::new(io::stdout().lock()),
        Some(path) => Box::new(private(path).map_err(|error| {
            failed(&format!("{} cannot be made (an export overwrites nothing)", path.display()), &error)
        })?),
    };
    let done = write(&room, &reader, &what.why.reveal, &mut walk, &mut versions, (to, format, columns)).await;
    let count = done.map_err(|error| {
        if what.out.is_some() {
            eprintln!("The export is not whole.");
        }
        not_opened(&error)
    })?;
    eprintln!("{count} leads; the access log says so (`unticked accesses`).");
    Ok(ExitCode::SUCCESS)
}

async fn write(
    room: &leads::Leads,
    reader: &Reader,
    reveal: &[String],
    walk: &mut Walk,
    versions: &mut Versions,
    (to, format, columns): (Box<dyn Write>, Format, Columns),
) -> Result<u64, LeadsError> {
    let mut export = Export::begin(BufWriter::new(to), format, columns)?;
    loop {
        let page = room.next_of(walk).await?;
        if page.is_empty() {
            return export.finish();
        }
        let manner = Manner { purpose: Use::Export, reveal };
        for lead in room.open(reader, "leads export", page, versions, manner).await? {
            export.lead(&lead)?;
        }
    }
}

/// A new file that nobody else can read.
pub(super) fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lasts_to_its_end_and_a_time_is_a_moment() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let day: Moment = "2026-11-23".parse().unwrap();
        assert_eq!((day.start(), day.end()), (time("2026-11-23T00:00:00Z"), time("2026-11-24T00:00:00Z")));
        let moment: Moment = "2026-11-23T15:00:00+02:00".parse().unwrap();
        assert_eq!((moment.start(), moment.end()), (time("2026-11-23T13:00:00Z"), time("2026-11-23T13:00:00Z")));
        assert!("yesterday".parse::<Moment>().is_err());
    }
}
