//! The serving side, and the requests that will be sent to it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use axum::{Router, body::Bytes, routing::post};
use jiff::SignedDuration;
use unticked_collector::{
    config::{Settings, Sources},
    forms::Version,
    placements::tickets::{Shown, Ticket},
    submissions::decide::{Acceptance, Arrival, Proof, decide},
    wiring::{self, App, Overrides, Running},
};
use unticked_shared::{
    canonical,
    decision::Choice,
    id::{FieldId, FormId, Language},
    signature::sha256,
    submission::{Submission, Value},
};

use crate::fill;

/// The sample's form, and the site it may be placed on.
const FORM: &str = "contact";
const SITE: &str = "http://localhost:7411";
/// How long ago the tickets were made: longer than anybody needs who types nothing.
const AGE: SignedDuration = SignedDuration::from_secs(60);

/// Serves until standard input ends, after filling the databases with `fill` submissions. Writes the requests to `requests`
/// in `folder` and one line to standard output: the collector's address, that of the route that does nothing, and the memory held at first.
pub fn run(folder: &Path, definitions: &Path, database: &str, count: usize, fill: u64) -> Result<()> {
    let settings = settings(folder, definitions, database)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let running = start(settings).await?;
        let at_start = memory()?;
        if fill > 0 {
            fill::fill(&running.app, &acceptance(&running.app)?, 0, fill).await?;
        }
        write_requests(&running.app, &folder.join("requests"), count)?;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{} {} {at_start}", running.addr, listener.local_addr()?);
        let nothing = Router::new().route("/noop", post(async |body: Bytes| body.len().to_string()));
        let server = tokio::spawn(async move { axum::serve(listener, nothing).await });
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
        server.abort();
        running.shutdown().await;
        Ok(())
    })
}

/// The collector.
pub async fn start(settings: Settings) -> Result<Running> {
    Ok(wiring::serve(settings, Overrides::default()).await?)
}

/// The memory that this process holds now, in KiB.
pub fn memory() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("only Linux says how much memory is held")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Every check is on; the limits are those of a busy site, whose clients are many.
pub fn settings(folder: &Path, definitions: &Path, database: &str) -> Result<Settings> {
    let flags = vec![
        "server.listen=127.0.0.1:0".to_owned(),
        "server.trusted_proxies=127.0.0.1/32".to_owned(),
        "limits.per_form_per_minute=100000000".to_owned(),
        format!("definitions.dir={}", definitions.display()),
        format!("database.url={database}"),
        // Deliveries are not what is measured: without the secret they are held, as an outage holds them.
        "log.level=error".to_owned(),
    ];
    let sources = Sources { file: None, environment: Vec::new(), flags, folder: PathBuf::from(folder) };
    let loaded = Settings::load(&sources).map_err(|errors| anyhow::anyhow!("{errors}"))?;
    Ok(loaded.settings)
}

/// What every visitor sees.
struct Sight {
    form: FormId,
    version: Arc<Version>,
    language: Language,
}

impl Sight {
    fn of(app: &App) -> Result<Self> {
        let form = FormId::parse(FORM).context("the form's id")?;
        let version = app.forms.current(FORM).context("the sample's contact form is not defined")?;
        Ok(Self { form, version, language: Language::parse("en").context("English")? })
    }

    /// The ticket of one visitor and what they send.
    fn visitor(&self, app: &App, n: usize) -> Result<(Ticket, Submission)> {
        let content = &self.version.faces.get(&self.language).context("the sample speaks English")?.content;
        let shown = Shown {
            form: self.form.clone(),
            version: self.version.digest.clone(),
            language: self.language.clone(),
            origin: SITE.to_owned(),
        };
        let ticket = app.tickets.mint(shown, app.clock.now() - AGE, &app.random);
        let one = |field: &str, text: String| Ok((FieldId::parse(field).context("a field")?, Value::One(text)));
        let values: Result<BTreeMap<_, _>> = [
            one("name", format!("Visitor {n}")),
            one("email", format!("visitor.{n}@example.org")),
            one("topic", "tea".to_owned()),
            one("message", format!("Is the linden tea of this year there already? I asked {n} times.")),
        ]
        .into_iter()
        .collect();
        let choice = |index: usize| if (n + index).is_multiple_of(2) { Choice::Granted } else { Choice::Refused };
        let choices = content.asked().enumerate().map(|(index, purpose)| (purpose.id.clone(), choice(index)));
        let submission = Submission {
            ticket: ticket.text.clone(),
            values: values?,
            choices: choices.collect(),
            page: format!("{SITE}/en/"),
            gpc: None,
            build: String::new(),
            visitor: None,
            trap: String::new(),
        };
        Ok((ticket, submission))
    }
}

/// What the collector decides about such a visitor.
pub fn acceptance(app: &App) -> Result<Acceptance> {
    let sight = Sight::of(app)?;
    let (ticket, submission) = sight.visitor(app, 0)?;
    let body_digest = sha256(&[&canonical::to_vec(&submission)?]);
    let arrival = Arrival {
        form: sight.form.clone(),
        origin: Some(SITE.to_owned()),
        client: None,
        submission,
        body_digest,
        proof: Proof::Ticket,
    };
    Ok(decide(arrival, &ticket, &sight.version, app.clock.now())?)
}

/// Writes `count` submissions, each of its own ticket, address and client, as frames: four bytes of length (big
/// endian), then headers and body.
fn write_requests(app: &App, file: &Path, count: usize) -> Result<()> {
    let sight = Sight::of(app)?;
    let mut out = BufWriter::new(File::create(file)?);
    for n in 0..count {
        let (ticket, submission) = sight.visitor(app, n)?;
        let body = canonical::to_vec(&submission)?;
        let timestamp = ticket.claims.issued_at + 30;
        let signature = ticket.submission_key().sign(&ticket.claims.id, timestamp, &body);
        let client = u32::try_from(n)?.to_be_bytes();
        let mut frame = format!(
            "host: localhost\r\norigin: {SITE}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             x-forwarded-for: 10.{}.{}.{}\r\nunticked-id: {}\r\nunticked-timestamp: {timestamp}\r\n\
             unticked-signature: {signature}\r\n\r\n",
            body.len(),
            client[1],
            client[2],
            client[3],
            ticket.claims.id,
        )
        .into_bytes();
        frame.extend(body);
        out.write_all(&u32::try_from(frame.len())?.to_be_bytes())?;
        out.write_all(&frame)?;
    }
    out.flush()?;
    ensure!(count > 0, "no request was made");
    Ok(())
}
