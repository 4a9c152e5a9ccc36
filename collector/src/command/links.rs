//! `unticked links`, `unticked links allowed`, `unticked links views`

use std::{io::Write as _, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use unticked_collector::{
    config::{Settings, Sources},
    documents::{self, Documents, Name, NotServed},
    forms::Forms,
    store::{Store, values::rfc3339},
    submissions::reference::as_typed,
    tracking::{self, Answer, Person, Tools},
    vault::Vault,
    world::Clock,
};
use unticked_shared::definition::Tracked;
use uuid::Uuid;

use super::{Done, FOUND_WANTING, WRONG_SETTINGS, failed, harmless, not_written, unreadable};

/// A link to a document, for one person.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Links {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    whom: Option<Whom>,
    /// A file of the folder `documents.dir`, such as `price-list.pdf`
    #[arg(long, value_name = "FILE", required = true)]
    document: Option<String>,
    /// What following the link is: looking at a document, opening a mail (the file is an image in it), following a link in it
    #[arg(long, value_enum, default_value_t = Kind::DocumentViews)]
    kind: Kind,
}

/// What else there is to know.
#[derive(Subcommand)]
enum What {
    /// Says what may be tracked of a person now
    Allowed(Asked),
    /// Lists how often a person looked, by the day, as far as they allowed that to be counted
    Views(Asked),
}

/// About whom.
#[derive(Args)]
struct Asked {
    #[command(flatten)]
    whom: Whom,
    /// For programs
    #[arg(long)]
    json: bool,
}

/// Whom.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// The person's reference, such as `K7QD-93XF`
    #[arg(long)]
    reference: Option<String>,
    /// The person's `subject`, as events have it
    #[arg(long, value_name = "ID")]
    subject: Option<Uuid>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    MailOpens,
    MailClicks,
    DocumentViews,
}

impl Kind {
    fn tracked(self) -> Tracked {
        match self {
            Self::MailOpens => Tracked::MailOpens,
            Self::MailClicks => Tracked::MailClicks,
            Self::DocumentViews => Tracked::DocumentViews,
        }
    }
}

impl Whom {
    fn person(&self) -> Person {
        match (&self.reference, self.subject) {
            (Some(reference), _) => Person::Reference(as_typed(reference)),
            (None, subject) => Person::Subject(subject.unwrap_or_default()),
        }
    }

    /// The submissions; a person of whom there is none was mistyped.
    async fn submissions(&self, store: &Store) -> Result<Vec<Uuid>, ExitCode> {
        let (subject, reference) = match self.person() {
            Person::Subject(subject) => (Some(subject), None),
            Person::Reference(reference) => (None, Some(reference)),
            Person::Address(_) => (None, None),
        };
        let connection = &mut store.read().await.map_err(unreadable)?;
        let rows = tracking::sql::of_person(connection, subject, reference.as_deref()).await.map_err(unreadable)?;
        if rows.is_empty() {
            let named = reference.unwrap_or_else(|| subject.unwrap_or_default().to_string());
            eprintln!("There is no lead {}; `unticked leads list` shows which there are.", harmless(&named));
            return Err(ExitCode::from(FOUND_WANTING));
        }
        Ok(rows.into_iter().map(|row| row.submission_id).collect())
    }
}

/// Does it.
pub fn run(sources: &Sources, links: &Links) -> ExitCode {
    super::with_store(sources, async |settings, store| match (&links.what, &links.whom, &links.document) {
        (Some(What::Allowed(asked)), ..) => allowed(settings, store, asked).await,
        (Some(What::Views(asked)), ..) => views(store, asked).await,
        (None, Some(whom), Some(document)) => link(settings, store, whom, document, links.kind.tracked()).await,
        // The command line asks for both.
        (None, ..) => Err(ExitCode::from(WRONG_SETTINGS)),
    })
}

async fn answers(vault: Vault, store: &Store, whom: &Whom) -> Result<tracking::Answers, ExitCode> {
    whom.submissions(store).await?;
    let tools = Tools { store: store.clone(), forms: Forms::archive(store.clone(), Clock::system()), vault };
    let now = Clock::system().now();
    let answers = tracking::allowed(&tools, &whom.person(), None, now).await;
    answers.map_err(|error| failed("What may be tracked cannot be said", &error))
}

async fn link(settings: &Settings, store: &Store, whom: &Whom, document: &str, tracked: Tracked) -> Done {
    let vault = super::vault(settings, store).await?;
    let links = documents::Links::new(&vault.ring(), &settings.server.public_url);
    let documents = Documents::new(settings.documents.dir.clone(), links);
    let name = file(&documents, document)?;
    let answers = answers(vault, store, whom).await?;
    let answer = answers.into_iter().find(|(one, _)| *one == tracked).and_then(|(_, answer)| answer);
    let granted = answer.as_ref().filter(|answer| answer.allowed);
    let link = documents.link(granted.map(|answer| answer.submission), tracked, &name);
    writeln!(std::io::stdout(), "{link}").map_err(not_written)?;
    match granted {
        Some(answer) => eprintln!(
            "A link of their own: `{}` was granted, {}. It counts while that stands, and leads to the file afterwards, too.",
            answer.purpose,
            rfc3339(answer.since)
        ),
        None => eprintln!(
            "The plain link, which counts nothing and is the same for everyone: {} may not be tracked ({}).",
            tracked.as_str().replace('-', " "),
            why(answer.as_ref())
        ),
    }
    Ok(ExitCode::SUCCESS)
}

fn file(documents: &Documents, document: &str) -> Result<Name, ExitCode> {
    let missing = |why: &str| {
        eprintln!("`{}` is no file that is served: {why}.", harmless(document));
        ExitCode::from(FOUND_WANTING)
    };
    let name = Name::parse(document)
        .ok_or_else(|| missing("write its name within `documents.dir`, without dots at the beginning of a part"))?;
    match documents.find(&name) {
        Ok(_) => Ok(name),
        Err(NotServed::Closed) => {
            eprintln!("No document is served: name their folder in the setting `documents.dir`.");
            Err(ExitCode::from(WRONG_SETTINGS))
        }
        Err(error) => Err(missing(&error.to_string())),
    }
}

fn why(answer: Option<&Answer>) -> String {
    match answer {
        None => "they were never asked".to_owned(),
        Some(answer) if answer.over => format!("`{}` is over", answer.purpose),
        Some(answer) => format!("`{}` was not granted, is not confirmed, or was taken back", answer.purpose),
    }
}

async fn allowed(settings: &Settings, store: &Store, asked: &Asked) -> Done {
    let vault = super::vault(settings, store).await?;
    let answers = answers(vault, store, &asked.whom).await?;
    let mut out = std::io::stdout();
    if asked.json {
        let json = json!({"tracking": tracking::permissions(&answers)});
        writeln!(out, "{json}").map_err(not_written)?;
        return Ok(ExitCode::SUCCESS);
    }
    for (tracked, answer) in &answers {
        let (word, more) = match answer {
            Some(answer) if answer.allowed => ("yes", format!("{}, since {}", answer.purpose, rfc3339(answer.since))),
            answer => ("no", why(answer.as_ref())),
        };
        writeln!(out, "{:<14}  {word:<3}  {more}", tracked.as_str()).map_err(not_written)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn views(store: &Store, asked: &Asked) -> Done {
    let mut all = Vec::new();
    for submission in asked.whom.submissions(store).await? {
        let connection = &mut store.read().await.map_err(unreadable)?;
        all.extend(documents::sql::of_submission(connection, submission).await.map_err(unreadable)?);
    }
    let mut out = std::io::stdout();
    if asked.json {
        let views: Vec<_> = all
            .iter()
            .map(|view| {
                json!({"day": view.day(), "kind": view.kind, "document": view.document, "views": view.views,
                       "purpose": view.purpose})
            })
            .collect();
        writeln!(out, "{}", json!(views)).map_err(not_written)?;
        return Ok(ExitCode::SUCCESS);
    }
    for view in &all {
        let document = harmless(&view.document);
        writeln!(out, "{}  {:<14}  {document}  {}", view.day(), view.kind, view.views).map_err(not_written)?;
    }
    if all.is_empty() {
        eprintln!("Nothing was counted of them.");
    }
    Ok(ExitCode::SUCCESS)
}
