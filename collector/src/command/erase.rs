//! `unticked erase --subject ID|--reference REF …`, `unticked erase suppressed ADDRESS`

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use unticked_collector::{
    config::{Settings, Sources},
    erasure::{self, ErasureError, Look, Order, Report, look, look_up},
    forms::Forms,
    retention::Tools,
    store::{Store, values::rfc3339},
    submissions::reference::as_typed,
    vault::EmailAddress,
    world::Clock,
};
use unticked_shared::{
    evidence::{Ground, Request},
    id::{FieldId, PurposeId},
};
use uuid::Uuid;

use super::{Done, FAILED, FOUND_WANTING, WRONG_SETTINGS, failed, harmless, shown_time};

/// How long a reader of the database is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest name.
const LONGEST: usize = 200;

/// Whom to forget, and why.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    group(ArgGroup::new("person").required(true).args(["subject", "reference"]))
)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of the command line")]
pub struct Erase {
    /// The person, by the id that events and `unticked leads show` name
    #[arg(long, value_name = "ID")]
    subject: Option<Uuid>,
    /// The person, by the reference that they were told, such as `K7QD-93XF`
    #[arg(long, value_name = "REFERENCE")]
    reference: Option<String>,
    /// Why, by the letter of Art. 17(1): a no longer necessary, b consent taken back, c objection, d unlawful, e a law
    /// orders it, f collected from a child
    #[arg(long, value_enum, required = true)]
    ground: Option<Letter>,
    /// Who asked: `the person`, or who asked for them; kept sealed, with the evidence, and gone with it
    #[arg(long, value_name = "NAME", required = true)]
    requested_by: Option<String>,
    /// Who decided that the request is granted
    #[arg(long, value_name = "NAME", required = true)]
    approved_by: Option<String>,
    /// Everything that was sent with the same address goes, too, whoever typed it
    #[arg(long)]
    with_same_address: bool,
    /// What a law obliges you to keep goes, too (Art. 17(3)(b))
    #[arg(long)]
    despite_legal_obligation: bool,
    /// Says what would happen and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// Asks no more
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    #[command(subcommand)]
    ask: Option<Ask>,
}

/// What else there is to ask.
#[derive(Subcommand)]
enum Ask {
    /// Says whether an address is one that shall not come back by an import; exit code 1 where it is not
    Suppressed {
        /// The address
        address: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Letter {
    A,
    B,
    C,
    D,
    E,
    F,
}

impl Letter {
    fn ground(self) -> Ground {
        match self {
            Self::A => Ground::NoLongerNecessary,
            Self::B => Ground::ConsentWithdrawn,
            Self::C => Ground::Objection,
            Self::D => Ground::Unlawful,
            Self::E => Ground::LegalObligation,
            Self::F => Ground::OfferedToChild,
        }
    }
}

/// Opens the databases and does it.
pub fn run(sources: &Sources, erase: &Erase) -> ExitCode {
    super::with_store(sources, async |settings, store| {
        if let Some(Ask::Suppressed { address }) = &erase.ask {
            return suppressed(settings, store, address).await;
        }
        let order = order(erase)?;
        let vault = super::vault(settings, store).await?;
        let ledger = super::ledger(settings, store, &vault).await?;
        let forms = Forms::archive(store.clone(), Clock::system());
        let tools = Tools::new(store.clone(), forms, vault, ledger, settings.retention.suspects_days)
            .forgetting(settings.erasure.clone());
        carry_out(&tools, erase, &order).await
    })
}

async fn suppressed(settings: &Settings, store: &Store, address: &str) -> Done {
    let Some(address) = EmailAddress::parse(address) else {
        eprintln!("That is no mail address.");
        return Err(ExitCode::from(WRONG_SETTINGS));
    };
    let vault = super::vault(settings, store).await?;
    let since = erasure::suppressed_since(store, &vault, &address).await;
    let since = since.map_err(|error| failed("The list cannot be read", &error))?;
    let Some(since) = since else {
        println!("not suppressed");
        return Err(ExitCode::from(FOUND_WANTING));
    };
    println!(
        "suppressed since {}: somebody with this address was forgotten; do not import it, and write to it only after a \
         new decision of theirs",
        since.strftime("%F")
    );
    Ok(ExitCode::SUCCESS)
}

fn order(erase: &Erase) -> Result<Order, ExitCode> {
    let name = |given: &Option<String>, flag: &str| {
        let name = given.as_deref().unwrap_or_default().trim();
        let letters = name.chars().filter(|c| c.is_alphanumeric()).count();
        if letters < 2 || name.chars().count() > LONGEST || name.chars().any(char::is_control) {
            eprintln!("`{flag}` must be a name of two letters or more, in one line of at most {LONGEST} characters.");
            return Err(ExitCode::from(WRONG_SETTINGS));
        }
        Ok(name.to_owned())
    };
    let requested_by = Some(name(&erase.requested_by, "--requested-by")?);
    let approved_by = name(&erase.approved_by, "--approved-by")?;
    let Some(letter) = erase.ground else { return Err(ExitCode::from(WRONG_SETTINGS)) };
    Ok(Order {
        ground: letter.ground(),
        request: Some(Request { requested_by, approved_by }),
        despite_obligation: erase.despite_legal_obligation,
        since: None,
    })
}

async fn carry_out(tools: &Tools, erase: &Erase, order: &Order) -> Done {
    let reference = erase.reference.as_deref().map(as_typed);
    let found = look_up(tools, erase.subject, reference.as_deref()).await.map_err(|error| not_erased(&error))?;
    if found.is_empty() {
        eprintln!("There is no such person here; nothing was changed.");
        return Err(ExitCode::from(FOUND_WANTING));
    }
    let mut looks: Vec<Look> = Vec::new();
    for one in &found {
        looks.push(look(tools, one, order.ground).await.map_err(|error| not_erased(&error))?);
    }
    let same: Vec<_> = looks.iter().flat_map(|look| look.same_address.clone()).collect();
    if erase.with_same_address {
        for one in same {
            if !looks.iter().any(|look| look.found.submission_id == one.submission_id) {
                looks.push(look(tools, &one, order.ground).await.map_err(|error| not_erased(&error))?);
            }
        }
    }
    let obliged = looks.iter().filter(|look| look.known.is_none()).find_map(|look| look.obligations.first());
    if let Some(purpose) = obliged.filter(|_| !order.despite_obligation) {
        return Err(not_erased(&ErasureError::Obliged(purpose.to_string())));
    }
    if erase.dry_run {
        for look in &looks {
            say_what_would(tools, look);
        }
        say_same_address(&looks);
        println!("Nothing was changed.");
        return Ok(ExitCode::SUCCESS);
    }
    if !erase.yes {
        for look in &looks {
            say_what_would(tools, look);
        }
        say_same_address(&looks);
        ask(&looks)?;
    }
    let mut unfinished = false;
    for look in &looks {
        let now = Clock::system().now();
        let report = erasure::forget(tools, &look.found, order, now, PATIENCE).await;
        let report = report.map_err(|error| not_erased(&error))?;
        unfinished |= report.unfinished.is_some();
        say(&report);
    }
    if erase.yes {
        say_same_address(&looks);
    }
    Ok(ExitCode::from(if unfinished { FAILED } else { 0 }))
}

/// Asks for the reference, which nobody types by mistake.
fn ask(looks: &[Look]) -> Result<(), ExitCode> {
    let Some(first) = looks.first() else { return Ok(()) };
    if !std::io::stdin().is_terminal() {
        eprintln!("Nothing was changed: say `--yes`, or answer on a terminal.");
        return Err(ExitCode::from(WRONG_SETTINGS));
    }
    print!("This cannot be undone. To go on, type {}: ", first.found.reference);
    let _ = std::io::stdout().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_err() || as_typed(answer.trim()) != first.found.reference {
        eprintln!("Nothing was changed.");
        return Err(ExitCode::from(FOUND_WANTING));
    }
    Ok(())
}

fn say_what_would(tools: &Tools, look: &Look) {
    let reference = &look.found.reference;
    if let Some(known) = &look.known {
        println!("{reference} ({}): was forgotten on {}.", look.form, shown_time(known.forgotten_at));
        return;
    }
    println!("{reference} ({}), the person {}:", look.form, look.found.subject_id);
    say_what_goes(look);
    if look.receivers.is_empty() {
        println!("  told: nobody, since nobody has it");
    } else {
        println!("  told (Art. 19): {}", listed(&look.receivers));
    }
    println!("  evidence: restricted to legal claims for {} days, then destroyed", tools.forgetting.evidence_days);
    if !look.obligations.is_empty() {
        println!("  a law obliges you to go on with: {} (Art. 17(3)(b))", purposes(&look.obligations));
    }
}

fn say_what_goes(look: &Look) {
    if !look.ends.is_empty() {
        println!("  ends: {}", purposes(&look.ends));
    }
    if !look.erasure.destroyed.is_empty() {
        println!("  destroyed: {}", fields(&look.erasure.destroyed));
    }
    if let Some(singled_out) = &look.erasure.singled_out {
        println!(
            "  among them, since fewer than {} persons share them on that day: {}",
            singled_out.k,
            fields(&singled_out.dropped)
        );
    }
    if !look.stays.is_empty() {
        println!("  stays, since it identifies nobody: {}", fields(&look.stays));
    }
}

fn say(report: &Report) {
    let look = &report.look;
    let reference = &look.found.reference;
    if report.before {
        println!("{reference} ({}): had been forgotten before.", look.form);
    } else {
        println!("{reference} ({}): forgotten, the person {}.", look.form, look.found.subject_id);
        say_what_goes(look);
        if report.told.is_empty() {
            println!("  told: nobody, since nobody has it");
        } else {
            println!(
                "  told (Art. 19): {}; `unticked deliveries list` names whoever does not answer",
                listed(&report.told)
            );
        }
        if report.suppressed > 0 {
            println!("  the address shall not come back by an import (`unticked erase suppressed ADDRESS`)");
        }
    }
    println!("  evidence: restricted to legal claims until {}", rfc3339(report.evidence_ends));
    if let Some(error) = &report.unfinished {
        eprintln!("  not wholly done yet: {error}");
        eprintln!("  A running collector goes on by itself; without one, give the same command again.");
    }
}

fn say_same_address(looks: &[Look]) {
    let others: Vec<String> = looks
        .iter()
        .flat_map(|look| &look.same_address)
        .filter(|one| !looks.iter().any(|look| look.found.submission_id == one.submission_id))
        .map(|one| one.reference.clone())
        .collect();
    if !others.is_empty() {
        println!(
            "The same address was given in {} more: {}. Nobody has confirmed that one person sent them; to forget them, \
             too, say `--with-same-address`, or name each.",
            others.len(),
            listed(&others)
        );
    }
}

fn listed(words: &[String]) -> String {
    let mut words: Vec<String> = words.iter().map(|word| harmless(word)).collect();
    words.sort();
    words.dedup();
    words.join(", ")
}

fn fields(fields: &[FieldId]) -> String {
    listed(&fields.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn purposes(purposes: &[PurposeId]) -> String {
    listed(&purposes.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn not_erased(error: &ErasureError) -> ExitCode {
    let code = failed("Nothing was erased", error);
    if matches!(error, ErasureError::Obliged(_)) { ExitCode::from(FOUND_WANTING) } else { code }
}
