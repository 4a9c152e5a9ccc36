//! A collector in this process, with the sample shop's definitions, a clock that stands still until it is moved, and a
//! folder that goes with it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use unticked_collector::{
    config::{Settings, Sources},
    execute, fetch_all, fetch_optional,
    outbox::sql::{Troubled, backlog, list_troubled},
    retention,
    submissions::{quarantine, record::value_cell},
    wiring::{App, Overrides, Running, serve},
    world::{Clock, Random},
};
use unticked_shared::{
    placement::Placement,
    submission::{TicketAnswer, TicketRequest},
};
use uuid::Uuid;
use xtask::fetch::{self, Fetched};

/// One of the sample forms' sites.
pub const SHOP: &str = "http://localhost:7411";
/// A site that has nothing to do with us.
pub const STRANGER: &str = "https://stranger.example";
/// The collector's own origin, as visitors see it.
pub const OURS: &str = "https://forms.example";
/// The sample form with one page.
pub const CONTACT: &str = "contact";
/// The sample form with steps and conditions.
pub const EVENT: &str = "event";

/// How many rows of each kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    pub submissions: i64,
    pub subjects: i64,
    pub values: i64,
    pub evidence: i64,
    pub deliveries: i64,
    /// Deliveries that wait for the owner.
    pub held: i64,
}

/// A running collector.
pub struct House {
    running: Option<Running>,
    address: SocketAddr,
    runtime: tokio::runtime::Runtime,
    clock: Arc<AtomicI64>,
    folder: TempDir,
}

impl House {
    /// With the defaults and generous limits.
    pub fn open() -> Self {
        Self::open_with(&[])
    }

    /// With more settings, as `section.key=value`.
    pub fn open_with(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&definitions_of_the_shop(), &folder.path().join("definitions"));
        Self::open_in(folder, settings)
    }

    fn open_in(folder: TempDir, settings: &[&str]) -> Self {
        let noon: jiff::Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        Self::open_at(folder, settings, noon.as_millisecond())
    }

    fn open_at(folder: TempDir, settings: &[&str], millis: i64) -> Self {
        let mut flags: Vec<String> = [
            "server.listen=127.0.0.1:0",
            "server.public_url=https://forms.example",
            "limits.per_client_per_minute=0",
            "limits.per_form_per_minute=0",
            "limits.banner_per_client_per_minute=0",
        ]
        .map(str::to_owned)
        .to_vec();
        flags.extend(settings.iter().map(|&setting| setting.to_owned()));
        let sources = Sources { flags, folder: folder.path().to_owned(), ..Sources::default() };
        let settings = Settings::load(&sources).unwrap().settings;
        let clock = Arc::new(AtomicI64::new(millis));
        let reading = clock.clone();
        let overrides = Overrides {
            clock: Clock::custom(move || jiff::Timestamp::from_millisecond(reading.load(Ordering::SeqCst)).unwrap()),
            random: Random::system(),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let running = runtime.block_on(serve(settings, overrides)).unwrap();
        Self { address: running.addr, running: Some(running), runtime, clock, folder }
    }

    /// Stops, and starts again on what was kept.
    pub fn restart(mut self) -> Self {
        self.stop();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::open_in(folder, &[])
    }

    /// Stops, and starts again when so many seconds have passed.
    pub fn sleep_through(mut self, seconds: i64, settings: &[&str]) -> Self {
        self.wait(seconds);
        let now = self.clock.load(Ordering::SeqCst);
        self.stop();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::open_at(folder, settings, now)
    }

    /// The same, and nobody says that the clock is right when it starts again.
    pub fn sleep_until_a_wrong_hour(mut self, seconds: i64, settings: &[&str]) -> Self {
        self.stop();
        let now = self.clock.fetch_add(seconds * 1000, Ordering::SeqCst) + seconds * 1000;
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::open_at(folder, settings, now)
    }

    /// Dies where it stands, as by `kill -9`, and starts again on what was kept when so many seconds have passed.
    pub fn dies(mut self, seconds: i64, settings: &[&str]) -> Self {
        self.wait(seconds);
        let now = self.clock.load(Ordering::SeqCst);
        let aside = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // Every task ends at the point where it waits; nothing is written down any more.
        std::mem::replace(&mut self.runtime, aside).shutdown_timeout(Duration::from_millis(200));
        drop(self.running.take());
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::open_at(folder, settings, now)
    }

    /// What it thinks the time is, in seconds.
    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst) / 1000
    }

    /// Tells its workers to look again; answers once `is_so`, and fails when that takes longer than patience does.
    #[track_caller]
    pub fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..500 {
            self.wakes_everybody();
            if is_so(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it never came to be that {what}");
    }

    /// Workers look at once and not when their time has come.
    pub fn wakes_everybody(&self) {
        self.app().outbox.wake();
        self.app().retention.wake();
        self.app().vouching.wake();
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.shutdown());
        }
    }

    /// On what lies in a folder of the caller's.
    pub fn open_folder(folder: TempDir, settings: &[&str]) -> Self {
        Self::open_in(folder, settings)
    }

    /// The settings it runs with, read again.
    pub fn settings(&self) -> Settings {
        self.app().settings.clone()
    }

    /// Stops; what it kept stays.
    pub fn close(mut self) -> TempDir {
        self.stop();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    /// What is kept, counted.
    pub fn rows(&self) -> Rows {
        let store = self.app().store.clone();
        self.runtime.block_on(async {
            let connection = &mut store.read().await.unwrap();
            let counted = fetch_optional!(
                connection,
                (i64, i64, i64, i64, i64, i64),
                "select
                     (select count(*) from submission),
                     (select count(*) from subject),
                     (select count(*) from value),
                     (select count(*) from evidence),
                     (select count(*) from delivery),
                     (select count(*) from delivery where state = 'held')",
            );
            let (submissions, subjects, values, evidence, deliveries, held) = counted.await.unwrap().unwrap();
            Rows { submissions, subjects, values, evidence, deliveries, held }
        })
    }

    /// The states of all deliveries, in the order in which they were made.
    pub fn delivery_states(&self) -> Vec<String> {
        let store = self.app().store.clone();
        self.runtime.block_on(async {
            let rows = fetch_all!(
                &mut store.read().await.unwrap(),
                (String,),
                "select state from delivery join event on event.event_id = delivery.event_id order by created_at, delivery_id"
            );
            rows.await.unwrap().into_iter().map(|(state,)| state).collect()
        })
    }

    /// Waits until no delivery is on its way.
    pub fn until_settled(&self) {
        let start = std::time::Instant::now();
        while self.delivery_states().iter().any(|state| matches!(state.as_str(), "waiting" | "behind")) {
            assert!(start.elapsed() < Duration::from_secs(20), "{:?}", self.delivery_states());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Destroys everybody's identity key, as the end of the last promised period does.
    pub fn forget_everybody(&self) {
        let store = self.app().store.clone();
        self.runtime.block_on(async {
            let mut tx = store.keys().begin().await.unwrap();
            execute!(&mut tx, "update subject_key set identity_key = null").await.unwrap();
            tx.commit().await.unwrap();
        });
    }

    /// From now on SQLite refuses every write to the main database as read-only, until a restart.
    pub fn make_read_only(&self) {
        let store = self.app().store.clone();
        self.runtime.block_on(async {
            // The writer is one connection, so what is set on it stays.
            let mut tx = store.begin().await.unwrap();
            execute!(&mut tx, "pragma query_only = on").await.unwrap();
            tx.commit().await.unwrap();
        });
    }

    /// From now on the main database may not grow: a full disk, as SQLite sees it.
    pub fn fill_the_disk(&self) {
        let store = self.app().store.clone();
        self.runtime.block_on(async {
            let mut tx = store.begin().await.unwrap();
            execute!(&mut tx, "pragma max_page_count = 1").await.unwrap();
            tx.commit().await.unwrap();
        });
    }

    /// What `unticked quarantine list` names.
    pub fn quarantined(&self) -> Vec<String> {
        let waiting = self.runtime.block_on(quarantine::list(&self.app().store)).unwrap();
        waiting.into_iter().map(|one| one.reference).collect()
    }

    /// What `unticked quarantine release` does.
    pub fn release(&self, reference: &str) -> bool {
        let app = self.app();
        self.runtime.block_on(quarantine::release(&app.store, reference, app.clock.now())).unwrap()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens every value and every key with the collector's own vault, a submission at a time; answers how many values
    /// there were.
    pub fn opens_everything(&self) -> usize {
        let (store, vault) = (self.app().store.clone(), self.app().vault.clone());
        self.runtime.block_on(async {
            let mut connection = store.read().await.unwrap();
            let submissions: Vec<(Uuid, Uuid)> =
                fetch_all!(&mut connection, (Uuid, Uuid), "select submission_id, subject_id from submission")
                    .await
                    .unwrap();
            drop(connection);
            let mut opened = 0;
            for (submission, subject) in submissions {
                let keys = vault.keys_of(&store, subject).await.unwrap().unwrap();
                let mut connection = store.read().await.unwrap();
                let values: Vec<(String, String, Vec<u8>)> = fetch_all!(
                    &mut connection,
                    (String, String, Vec<u8>),
                    "select field, identifies, content from value where submission_id = $1",
                    submission,
                )
                .await
                .unwrap();
                drop(connection);
                for (field, identifies, content) in &values {
                    let open = value_cell(submission, field, |cell| match identifies.as_str() {
                        "no" => vault.open_value(cell, content).map(drop),
                        _ => keys.identity.as_ref().unwrap().open(cell, content).map(drop),
                    });
                    open.unwrap_or_else(|error| panic!("{field} ({identifies}): {error}"));
                }
                opened += values.len();
            }
            opened
        })
    }

    pub fn app(&self) -> &App {
        &self.running.as_ref().unwrap().app
    }

    /// So many entries more in the ledger, as records bring them.
    pub fn grow_ledger(&self, entries: u64) {
        let app = self.app();
        self.runtime.block_on(async {
            let commitments: Vec<[u8; 32]> = (0..entries).map(|_| Random::system().bytes()).collect();
            let mut tx = app.store.begin().await.unwrap();
            let appended = unticked_collector::ledger::append(&mut tx, &commitments).await.unwrap();
            tx.commit().await.unwrap();
            app.ledger.sign(&appended.head()).await.unwrap();
        });
    }

    /// Asks the main database something.
    pub fn with_store<T>(&self, ask: impl AsyncFnOnce(&unticked_collector::store::Store) -> T) -> T {
        let app = self.app();
        self.runtime.block_on(ask(&app.store))
    }

    /// How it stands with those who are asked to vouch for the ledger.
    pub fn rows_of_outsiders(&self) -> Vec<unticked_collector::ledger::witness::sql::OutsiderRow> {
        self.with_store(async |store| {
            let connection = &mut store.read().await.unwrap();
            unticked_collector::ledger::witness::sql::outsiders(connection, 1).await.unwrap()
        })
    }

    /// A minute begins, at which the head of the ledger is published.
    pub fn publish(&self) {
        self.wait(60);
        self.runtime.block_on(self.app().publisher.publish()).unwrap();
    }

    /// A figure of `/metrics`; 0 where nothing was counted.
    pub fn metric(&self, name: &str) -> i64 {
        let text = self.get("/metrics", &[]).expect(200).text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |figure| figure.parse().unwrap())
    }

    /// Moves the collector's clock.
    ///
    /// Somebody names the date where the clock went on by weeks, as the owner of a collector that was off would; see
    /// [`House::jumps`].
    pub fn wait(&self, seconds: i64) {
        self.jumps(seconds);
        self.confirms_the_clock();
    }

    /// Its clock goes on, and nobody says that it is right.
    pub fn jumps(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// What `unticked retention confirm-clock` does.
    pub fn confirms_the_clock(&self) {
        let (store, now) = (self.app().store.clone(), self.app().clock.now());
        // A store that is read-only or gone has nothing to confirm.
        let _ = self.runtime.block_on(retention::clock::confirm(&store, now));
    }

    /// What the retention rules do not trust the clock for, where they do not.
    pub fn doubts_the_clock(&self) -> bool {
        let (store, now) = (self.app().store.clone(), self.app().clock.now());
        self.runtime.block_on(retention::clock::doubt(&store, now)).unwrap().is_some()
    }

    /// Where its owner writes.
    pub fn definitions(&self) -> PathBuf {
        self.folder.path().join("definitions")
    }

    /// Replaces a text in one of the definitions, which must hold it.
    pub fn rewrite(&self, file: &str, from: &str, to: &str) {
        let path = self.definitions().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} holds no `{from}`");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Replaces one of the definitions as a whole.
    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.definitions().join(file), text).unwrap();
    }

    /// Deliveries that did not succeed, as they are listed for the owner.
    pub fn troubled(&self) -> Vec<Troubled> {
        let store = self.app().store.clone();
        self.runtime.block_on(async { list_troubled(&mut store.read().await.unwrap(), 100).await.unwrap() })
    }

    /// How many deliveries are on their way.
    pub fn waiting(&self) -> i64 {
        let store = self.app().store.clone();
        self.runtime.block_on(async { backlog(&mut store.read().await.unwrap()).await.unwrap().waiting })
    }

    /// What SIGHUP does.
    pub fn reload(&self) -> Result<(), String> {
        let forms = self.app().forms.clone();
        self.runtime.block_on(forms.reload()).map_err(|error| error.to_string())
    }

    /// What `unticked versions withdraw` does.
    pub fn withdraw(&self, version: &str) {
        let forms = self.app().forms.clone();
        self.runtime.block_on(forms.withdraw(version)).unwrap();
    }

    /// A request without a body.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, b"")
    }

    /// Any request.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        Answer(fetch::send(self.address, method, path, headers, body, Duration::from_secs(30)).unwrap())
    }

    /// A post from a page of `origin`.
    pub fn post_json(&self, origin: &str, path: &str, body: &[u8]) -> Answer {
        self.send("POST", path, &[("origin", origin), ("content-type", "application/json")], body)
    }

    /// A native post from a page of `origin`, as a browser makes it.
    pub fn post_form(&self, origin: &str, form: &str, controls: &[(&str, &str)]) -> Answer {
        self.post_encoded(origin, form, encode(controls).as_bytes())
    }

    /// The same with a body of the caller's making.
    pub fn post_encoded(&self, origin: &str, form: &str, body: &[u8]) -> Answer {
        let headers = [("origin", origin), ("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", &format!("/f/{form}"), &headers, body)
    }

    /// What a visitor of the shop is shown.
    pub fn placement(&self, form: &str, language: &str) -> Placement {
        let answer = self.get(&format!("/v1/forms/{form}/placement?lang={language}"), &[("origin", SHOP)]);
        serde_json::from_slice(&answer.expect(200).0.body).unwrap()
    }

    /// Asks for a ticket.
    pub fn ask_for_ticket(&self, origin: &str, form: &str, version: &str, language: &str) -> Answer {
        let asked = TicketRequest { version: version.to_owned(), language: language.to_owned().try_into().unwrap() };
        self.post_json(origin, &format!("/v1/forms/{form}/tickets"), &serde_json::to_vec(&asked).unwrap())
    }

    /// A ticket for what the shop shows now.
    pub fn ticket(&self, form: &str) -> TicketAnswer {
        let version = self.placement(form, "en").version;
        let answer = self.ask_for_ticket(SHOP, form, &version, "en");
        serde_json::from_slice(&answer.expect(200).0.body).unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer(pub Fetched);

impl Answer {
    /// It must have that status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.0.status, status, "{}", self.text().chars().take(500).collect::<String>());
        self
    }

    /// It must be a problem of that kind, well-formed in every part.
    #[track_caller]
    pub fn expect_problem(self, status: u16, kind: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let problem = answer.json();
        assert_eq!(problem["type"], kind, "{problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
        answer
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    /// Every value of a header that may stand several times, in one list, lower case.
    pub fn list(&self, name: &str) -> Vec<String> {
        let lines = self.0.headers.iter().filter(|(header, _)| header == name);
        lines.flat_map(|(_, value)| value.split(',')).map(|item| item.trim().to_ascii_lowercase()).collect()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        self.0.text()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.0.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The value of a hidden control of the page.
    #[track_caller]
    pub fn control(&self, name: &str) -> String {
        let html = self.text();
        let tag = html
            .split('<')
            .find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")))
            .unwrap_or_else(|| panic!("the page has no control {name}"));
        let value = tag.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }

    /// Whether the box with that name is ticked on the page.
    #[track_caller]
    pub fn is_ticked(&self, name: &str) -> bool {
        let html = self.text();
        let tag = html.split('<').find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")));
        tag.unwrap_or_else(|| panic!("the page has no box {name}")).contains(" checked")
    }
}

/// `application/x-www-form-urlencoded`.
pub fn encode(controls: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => char::from(byte).to_string(),
                b' ' => "+".to_owned(),
                byte => format!("%{byte:02X}"),
            })
            .collect()
    };
    controls.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

fn definitions_of_the_shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/definitions")
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
