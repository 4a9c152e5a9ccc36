//! `unticked ledger bundle`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use unticked_collector::{
    accesses,
    config::Sources,
    leads,
    submissions::reference::as_typed,
    verify::{
        Tools,
        bundle::{BundleError, write},
    },
    world::Clock,
};
use unticked_shared::bundle::Scope;

use super::{FOUND_WANTING, WRONG_SETTINGS, failed};

/// What goes into the file.
#[derive(Args)]
pub struct Bundle {
    /// Where to; nothing is overwritten
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only the records of one person: the reference of what they sent, or their pseudonym
    #[arg(long, value_name = "REFERENCE", conflicts_with = "form")]
    subject: Option<String>,
    /// Only the records of one form
    #[arg(long, value_name = "FORM")]
    form: Option<String>,
    /// No records: leaves, checkpoints and names alone
    #[arg(long, conflicts_with_all = ["subject", "form"])]
    without_records: bool,
    /// The hash of part B in its place: then nothing in the file points to a person
    #[arg(long, conflicts_with_all = ["by", "reason", "for_legal_claims"])]
    without_part_b: bool,
    /// Part B of those, too, whose identity was forgotten and whose evidence is kept for legal claims alone
    #[arg(long)]
    for_legal_claims: bool,
    /// Who hands part B over; kept in the access log
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Why; kept in the access log
    #[arg(long, value_name = "WHY")]
    reason: Option<String>,
}

/// Writes it.
pub fn run(sources: &Sources, what: &Bundle) -> ExitCode {
    let nameless = !what.without_part_b && !what.without_records && (what.by.is_none() || what.reason.is_none());
    if nameless {
        return refused(&BundleError::Nameless);
    }
    let reader = match (&what.by, &what.reason) {
        (Some(by), Some(reason)) => match accesses::Reader::new(by, reason) {
            Ok(reader) => Some(reader),
            Err(error) => {
                eprintln!("No bundle was made: {error}");
                return ExitCode::from(WRONG_SETTINGS);
            }
        },
        _ => None,
    };
    super::with_store(sources, async |settings, store| {
        let vault = super::vault(settings, store).await?;
        let scope = match (&what.subject, &what.form) {
            (Some(subject), _) => Scope::Subject(if let Ok(subject) = uuid::Uuid::parse_str(subject) {
                subject.to_string()
            } else {
                let found = leads::Leads::find(store, &as_typed(subject)).await.map_err(super::unreadable)?;
                let found = found.ok_or_else(|| refused(&BundleError::Nothing(format!("`{subject}`"))))?;
                found.submission.subject_id.to_string()
            }),
            (None, Some(form)) => Scope::Form(form.clone()),
            (None, None) if what.without_records => Scope::None,
            (None, None) => Scope::All,
        };
        let tools = Tools { store: store.clone(), vault, clock: Clock::system() };
        let wish = write::Wish {
            scope,
            reader: reader.filter(|_| !what.without_records),
            for_legal_claims: what.for_legal_claims,
        };
        let made = write::run(&tools, &what.file, &wish).await.map_err(|error| refused(&error))?;
        println!(
            "{}: {} leaves, {} records ({} with part B), {} versions",
            what.file.display(),
            made.leaves,
            made.records,
            made.with_part_b,
            made.versions
        );
        if made.restricted > 0 {
            println!(
                "{} records are of persons who were forgotten; without --for-legal-claims their part B stays here",
                made.restricted
            );
        }
        if made.with_part_b > 0 {
            println!("part B points to persons: hand the file to nobody who does not need it");
        }
        println!("what it reveals, and how it is checked by hand, stands in its README.txt");
        if made.damaged == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        for finding in &made.named {
            println!("{finding}");
        }
        println!(
            "{} records are damaged, and whoever checks the bundle will find them so; `unticked verify` says more",
            made.damaged
        );
        Err(ExitCode::from(FOUND_WANTING))
    })
}

fn refused(error: &BundleError) -> ExitCode {
    let code = failed("No bundle was made", error);
    match error {
        BundleError::Nothing(_) => ExitCode::from(FOUND_WANTING),
        BundleError::Nameless | BundleError::Occupied(_) => ExitCode::from(WRONG_SETTINGS),
        _ => code,
    }
}
