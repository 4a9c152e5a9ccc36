//! `unticked keys list|rotate|retire`

use std::{io::IsTerminal as _, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};
use unticked_collector::{
    config::{Settings, Sources},
    rotation::{
        self, RotationError, Step, Tools,
        list::{Listed, list},
    },
    store::Store,
    vault::{Kind, Role},
    world::Clock,
};

use super::{Done, FAILED, failed, shown_time};

/// What to do with the keys of the ring.
#[derive(Subcommand)]
pub enum Keys {
    /// Lists the keys, what lies under each, and the collectors that know them; shows no secret
    List {
        /// For programs: one object
        #[arg(long)]
        json: bool,
    },
    /// Puts a new first key into the ring, seals anew what lies under the old one, and, with `--retire`, takes that out
    Rotate(Rotate),
    /// Takes older keys out of the ring under which nothing lies any more
    Retire {
        #[command(flatten)]
        which: Which,
    },
}

/// How to change them.
#[derive(Args)]
pub struct Rotate {
    #[command(flatten)]
    which: Which,
    /// Takes the old keys out at the end: copies of the key store from before open nothing any more without a copy of the
    /// ring from then
    #[arg(long)]
    retire: bool,
}

/// Which of them.
#[derive(Args)]
pub struct Which {
    /// Only keys of this kind; without it all three
    #[arg(long, value_enum)]
    kind: Option<OneKind>,
}

#[derive(Clone, Copy, ValueEnum)]
enum OneKind {
    /// Wraps the keys of persons
    Wrap,
    /// Seals values that identify nobody
    Value,
    /// Signs tickets
    Ticket,
}

impl Which {
    fn kinds(&self) -> Vec<Kind> {
        match self.kind {
            None => Kind::ALL.to_vec(),
            Some(OneKind::Wrap) => vec![Kind::Wrap],
            Some(OneKind::Value) => vec![Kind::Value],
            Some(OneKind::Ticket) => vec![Kind::Ticket],
        }
    }
}

/// Opens the databases and the ring, and does it.
pub fn run(sources: &Sources, what: &Keys) -> ExitCode {
    super::with_store(sources, async |settings, store| {
        let vault = super::vault(settings, store).await?;
        let tools = Tools::new(store.clone(), vault, Clock::system());
        match what {
            Keys::List { json } => show(settings, store, &tools, *json).await,
            Keys::Rotate(how) => {
                let kinds = how.which.kinds();
                rotation::rotate::rotate(&tools, &kinds, &mut said()).await.map_err(not_done)?;
                if how.retire {
                    return retire(&tools, &kinds).await;
                }
                println!(
                    "the old keys still open what they sealed, in old copies, too; `unticked keys retire` takes them out"
                );
                Ok(ExitCode::SUCCESS)
            }
            Keys::Retire { which } => retire(&tools, &which.kinds()).await,
        }
    })
}

async fn retire(tools: &Tools, kinds: &[Kind]) -> Done {
    let mut say = said();
    let mut retired = 0;
    let mut tell = |step: Step| {
        retired += u32::from(matches!(step, Step::Retired { .. }));
        say(step);
    };
    rotation::rotate::retire(tools, kinds, &mut tell).await.map_err(not_done)?;
    if retired == 0 {
        println!("no key was taken out");
    } else {
        println!(
            "a copy of the key store from before opens only with a copy of the ring from before: destroy those copies, and \
             make a backup now"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells each step; how far it is only where somebody watches.
fn said() -> impl FnMut(Step) {
    let watched = std::io::stderr().is_terminal();
    move |step| match step {
        Step::Progress { .. } if watched => eprint!("\r{step}   "),
        Step::Progress { .. } => {}
        step if watched => println!("\r{step}"),
        step => println!("{step}"),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn not_done(error: RotationError) -> ExitCode {
    failed("The keys were not all changed", &error);
    eprintln!("What was done stands; the same command goes on where it stopped.");
    ExitCode::from(FAILED)
}

async fn show(settings: &Settings, store: &Store, tools: &Tools, json: bool) -> Done {
    let ring = tools.vault.ring();
    let listing = list(store, &ring, tools.clock.now()).await;
    let listing = listing.map_err(|error| failed("The keys cannot be listed", &error))?;
    if json {
        let keys: Vec<_> = listing.keys.iter().map(as_json).collect();
        let users: Vec<_> = listing
            .users
            .iter()
            .map(|(user, same)| serde_json::json!({"place": user.place, "same_ring": same, "since": shown_time(user.since)}))
            .collect();
        let missing: Vec<_> = listing
            .missing
            .iter()
            .map(
                |(kind, one)| serde_json::json!({"kind": kind.as_str(), "id": one.id.to_string(), "sealed": one.count}),
            )
            .collect();
        let object = serde_json::json!({
            "ring": settings.key_ring, "fingerprint": ring.fingerprint(), "keys": keys, "missing": missing, "collectors": users,
        });
        println!("{object:#}");
    } else {
        println!("{} (fingerprint {})", settings.key_ring.display(), ring.fingerprint());
        for one in &listing.keys {
            println!("{}", as_line(one));
        }
        println!("index   (never changed: addresses, personal links and logs derive from it)");
        for (user, same) in &listing.users {
            let how = if *same { "works with this ring" } else { "works with another state of the ring" };
            println!("collector on {}: {how} since {}", user.place, shown_time(user.since));
        }
    }
    for (kind, one) in &listing.missing {
        eprintln!(
            "{} sealed under the `{kind}` key {}, which is not in the ring: they cannot be opened.",
            one.count, one.id
        );
    }
    if listing.missing.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(ExitCode::from(FAILED)) }
}

fn role(one: &Listed) -> &'static str {
    match (one.key.role, one.kind) {
        (Role::First, Kind::Ticket) => "signs",
        (Role::First, _) => "seals",
        (Role::Older, _) => "opens",
        (Role::Prepared, _) => "waits",
    }
}

fn as_line(one: &Listed) -> String {
    let sealed = one.sealed.map(|count| format!("  {count} sealed under it")).unwrap_or_default();
    let since = one.key.first_since.map(|since| format!("  first since {}", shown_time(since.as_millisecond())));
    format!("{:<7} {}  {}{}{sealed}", one.kind.as_str(), one.key.id, role(one), since.unwrap_or_default())
}

fn as_json(one: &Listed) -> serde_json::Value {
    serde_json::json!({
        "kind": one.kind.as_str(),
        "id": one.key.id.to_string(),
        "role": role(one),
        "sealed": one.sealed,
        "made_at": one.key.made_at.map(|at| shown_time(at.as_millisecond())),
        "first_since": one.key.first_since.map(|at| shown_time(at.as_millisecond())),
    })
}
