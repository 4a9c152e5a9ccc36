//! The serving side, and the requests that will be sent to it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use axum::{Router, body::Bytes, routing::post};
use jiff::SignedDuration;
use unticked_collector::{
    config::{Settings, Sources},
    placements::tickets::Shown,
    wiring::{self, App, Overrides},
};
use unticked_shared::{
    canonical,
    decision::Choice,
    id::{FieldId, FormId, Language},
    submission::{Submission, Value},
};

/// The sample's form, and the site it may be placed on.
const FORM: &str = "contact";
const SITE: &str = "http://localhost:7411";
/// How long ago the tickets were made: longer than anybody needs who types nothing.
const AGE: SignedDuration = SignedDuration::from_secs(60);

/// Serves until standard input ends. Writes the requests to `requests` in `folder` and one line to standard output:
/// the collector's address and that of the route that does nothing.
pub fn run(folder: &Path, definitions: &Path, database: &str, count: usize) -> Result<()> {
    let settings = settings(folder, definitions, database)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let running = wiring::serve(settings, Overrides::default()).await?;
        write_requests(&running.app, &folder.join("requests"), count)?;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{} {}", running.addr, listener.local_addr()?);
        let nothing = Router::new().route("/noop", post(async |body: Bytes| body.len().to_string()));
        let server = tokio::spawn(async move { axum::serve(listener, nothing).await });
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
        server.abort();
        running.shutdown().await;
        Ok(())
    })
}

/// Every check is on; the limits are those of a busy site, whose clients are many.
fn settings(folder: &Path, definitions: &Path, database: &str) -> Result<Settings> {
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

/// Writes `count` submissions, each of its own ticket, address and client, as frames: four bytes of length (big
/// endian), then headers and body.
fn write_requests(app: &App, file: &Path, count: usize) -> Result<()> {
    let form = FormId::parse(FORM).context("the form's id")?;
    let version = app.forms.current(FORM).context("the sample's contact form is not defined")?;
    let language = Language::parse("en").context("English")?;
    let content = &version.faces.get(&language).context("the sample speaks English")?.content;
    let issued = app.clock.now() - AGE;
    let mut out = BufWriter::new(File::create(file)?);
    for n in 0..count {
        let shown = Shown {
            form: form.clone(),
            version: version.digest.clone(),
            language: language.clone(),
            origin: SITE.to_owned(),
        };
        let ticket = app.tickets.mint(shown, issued, &app.random);
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
            trap: String::new(),
        };
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
