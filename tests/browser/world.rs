//! One small world per story: a collector, the network before it, a shop on another origin, and a CRM.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::SignedDuration;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use unticked_collector::{
    accesses::{Accesses, Reader},
    config::{Settings, Sources},
    exports::{Exports, Which, table},
    wiring::{self, Overrides, Running},
    world::Clock,
};
use xtask::{
    fetch,
    serve::{Answer, Server, serve},
};

use crate::network::Network;

/// Shared by the collector and the CRM of every story; it guards nothing.
const SECRET: &str = "whsec_dW50aWNrZWQtc3RvcmllcyEhdW50aWNrZWQtc3Rvcnk=";

/// A page of the shop.
#[derive(Debug, Clone)]
pub struct Page {
    /// What stands in `<body>`; the script tag is added.
    pub body: String,
    /// Headers besides the type.
    pub headers: Vec<(String, String)>,
    /// Whether the page carries the script tag.
    pub script: bool,
    /// The page's language.
    pub language: &'static str,
    /// The body is a whole document; `{{collector}}` in it becomes the collector's origin.
    whole: bool,
    /// The body is a file of this type, sent as it is.
    media_type: Option<&'static str>,
}

impl Page {
    /// A page with these elements.
    pub fn new(body: impl Into<String>) -> Self {
        let body = body.into();
        Self { body, headers: Vec::new(), script: true, language: "en", whole: false, media_type: None }
    }

    /// A file, sent as it is.
    pub fn file(media_type: &'static str, body: impl Into<String>) -> Self {
        Self { media_type: Some(media_type), ..Self::new(body) }
    }

    /// A page of `examples/`, as it is.
    pub fn example(path: &str) -> Self {
        let file = xtask::house::root().join("examples").join(path);
        let html = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self { whole: true, ..Self::new(html) }
    }

    /// Changed as the story needs it; what is replaced must be there.
    #[must_use]
    pub fn replacing(mut self, what: &str, by: &str) -> Self {
        assert!(self.body.contains(what), "the page holds {what}");
        self.body = self.body.replace(what, by);
        self
    }

    /// With the content security policy.
    #[must_use]
    pub fn policy(mut self, policy: &str) -> Self {
        self.headers.push(("content-security-policy".to_owned(), policy.to_owned()));
        self
    }

    /// Without the script tag.
    #[must_use]
    pub fn without_script(mut self) -> Self {
        self.script = false;
        self
    }

    /// In another language.
    #[must_use]
    pub fn in_language(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }
}

/// The world; it ends when it is dropped.
pub struct World {
    /// What lies between visitor and collector.
    pub network: Network,
    runtime: Runtime,
    collector: Option<Running>,
    settings: Settings,
    behind: Arc<Mutex<Option<SocketAddr>>>,
    crm: Option<crm_receiver::Running>,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    reports: Arc<Mutex<Vec<String>>>,
    posts: Arc<Mutex<Vec<String>>>,
    shop: Server,
    folder: TempDir,
    /// Seconds that the collector's clock is ahead of the machine's.
    ahead: Arc<AtomicI64>,
}

impl World {
    /// A world with the stories' own definitions.
    pub fn new() -> Self {
        Self::with_definitions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/definitions"))
    }

    /// A world with the sample shop's definitions.
    pub fn of_the_shop() -> Self {
        Self::with_definitions(&xtask::house::root().join("examples/shop/definitions"))
    }

    /// A world with other definitions; `SITE` and `HOOK` in them become the shop's origin and the CRM's address.
    pub fn with_definitions(definitions: &Path) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let crm = crm_receiver::Settings { listen: ([127, 0, 0, 1], 0).into(), secret: SECRET.to_owned() };
        let crm = runtime.block_on(crm_receiver::start(&crm)).expect("the CRM starts");
        let behind = Arc::new(Mutex::new(None));
        let network = Network::new(Arc::clone(&behind));
        let pages = Arc::new(Mutex::new(BTreeMap::new()));
        let reports = Arc::new(Mutex::new(Vec::new()));
        let posts = Arc::new(Mutex::new(Vec::new()));
        let shop = shop(Arc::clone(&pages), Arc::clone(&reports), Arc::clone(&posts), network.origin());

        let site = format!("http://localhost:{}", shop.address().port());
        copy_definitions(definitions, &folder.path().join("definitions"), &site, &crm.hook());
        let settings = settings(folder.path(), &network.origin(), crm.address);
        let ahead = Arc::new(AtomicI64::new(0));
        let crm = Some(crm);
        let mut world = Self {
            network,
            runtime,
            collector: None,
            settings,
            behind,
            crm,
            pages,
            reports,
            posts,
            shop,
            folder,
            ahead,
        };
        world.start_collector();
        world.place("/", Page::new(contact()));
        world
    }

    /// Starts the collector, again after [`World::stop_collector`].
    pub fn start_collector(&mut self) {
        let ahead = Arc::clone(&self.ahead);
        let system = Clock::system();
        let clock = Clock::custom(move || system.now() + SignedDuration::from_secs(ahead.load(Ordering::SeqCst)));
        let overrides = Overrides { clock, ..Overrides::default() };
        let starting = wiring::serve(self.settings.clone(), overrides);
        let running = self.runtime.block_on(starting).unwrap_or_else(|error| panic!("the collector: {error}"));
        *self.behind.lock().expect("whole") = Some(running.addr);
        self.collector = Some(running);
    }

    /// Stops the collector as SIGTERM does.
    pub fn stop_collector(&mut self) {
        *self.behind.lock().expect("whole") = None;
        if let Some(collector) = self.collector.take() {
            self.runtime.block_on(collector.shutdown());
        }
    }

    /// Sets the collector's clock, in seconds ahead of the machine's.
    pub fn set_clock(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::SeqCst);
    }

    /// What browsers reported to `report-uri /report` so far.
    pub fn reports(&self) -> Vec<String> {
        self.reports.lock().expect("whole").clone()
    }

    /// What was posted to the shop itself so far, to `/report` aside: paths with their bodies.
    pub fn posts(&self) -> Vec<String> {
        self.posts.lock().expect("whole").clone()
    }

    /// Changes a definition file's text and has the collector read it again.
    pub fn redefine(&mut self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.folder.path().join("definitions").join(file);
        let text = std::fs::read_to_string(&path).expect("the definition is there");
        let changed = change(text.clone());
        assert_ne!(text, changed, "the change changes something");
        std::fs::write(&path, changed).expect("it can be written");
        let forms = &self.collector.as_ref().expect("the collector runs").app.forms;
        self.runtime.block_on(forms.reload()).unwrap_or_else(|error| panic!("the definitions: {error}"));
    }

    /// The evidence of everything that was sent under a form's name, as `unticked evidence export --format csv` has it: a
    /// line for each step of each purpose, its columns by name.
    pub fn evidence(&self, form: &str) -> Vec<BTreeMap<&'static str, String>> {
        let app = &self.collector.as_ref().expect("the collector runs").app;
        let accesses = Accesses::new(app.store.clone(), &app.vault, app.clock.clone());
        let exports = Exports::new(app.store.clone(), app.vault.clone(), accesses);
        let reader = Reader::new("A story", "to see what is kept").expect("a name and a reason");
        self.runtime.block_on(async {
            let which = Which::Form(form.to_owned(), None, None);
            let page = exports.next(&which, None).await.expect("the database answers");
            let cases = exports.open(&reader, page, &mut exports.versions()).await.expect("the evidence opens");
            assert!(cases.iter().all(|case| case.unsound().next().is_none()), "each is what was committed to");
            let line = |line: [String; 21]| table::HEADER.iter().copied().zip(line).collect();
            cases.iter().flat_map(table::lines).map(line).collect()
        })
    }

    /// A text of the collector's, past the network.
    pub fn fetch(&self, path: &str) -> String {
        let address = self.collector.as_ref().expect("the collector runs").addr;
        let answer = fetch::get(address, path, &[("accept-encoding", "identity")]).expect("the collector answers");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// Puts a page into the shop.
    pub fn place(&self, path: &str, page: Page) {
        self.pages.lock().expect("whole").insert(path.to_owned(), page);
    }

    /// The address of the shop's page.
    pub fn url(&self, path: &str) -> String {
        // Another host name than the collector's: another site, not only another origin.
        format!("http://localhost:{}{path}", self.shop.address().port())
    }

    /// The hosted page of a form.
    pub fn hosted(&self, form: &str) -> String {
        format!("{}/f/{form}", self.network.origin())
    }

    /// The events that the CRM has, the latest first.
    pub fn leads(&self) -> Vec<Value> {
        let contents = self.crm.as_ref().expect("the CRM runs").inbox().to_json();
        assert_eq!(contents["refused"], serde_json::json!([]), "the CRM refused something");
        contents["events"].as_array().expect("a list").iter().map(|entry| entry["event"].clone()).collect()
    }

    /// Waits until the CRM has a lead, and checks that it stays the only one.
    pub fn only_lead(&self) -> Value {
        let start = Instant::now();
        while self.leads().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(20), "no lead arrives");
            std::thread::sleep(Duration::from_millis(50));
        }
        let leads = self.leads();
        assert_eq!(leads.len(), 1, "one submission makes one lead");
        leads[0].clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.network.let_through();
        self.stop_collector();
        if let Some(crm) = self.crm.take() {
            let _ = self.runtime.block_on(crm.stop());
        }
    }
}

/// The contact form as an owner pastes it. `HOST` becomes the collector's origin.
pub fn contact() -> String {
    place("contact", "Contact us")
}

/// Any form as an owner pastes it.
pub fn place(form: &str, link: &str) -> String {
    format!(r#"<unticked-form form="{form}"><a href="HOST/f/{form}">{link}</a></unticked-form>"#)
}

/// Notes what the page's own scripts are told, for [`crate::form::Form::told`].
const EVENTS: &str = r#"
window.told = [];
for (const name of ["shown", "ready", "step", "submitted", "error"]) {
  document.addEventListener("unticked:" + name, (event) => told.push({ name, detail: event.detail, host: event.target }));
}
"#;

fn shop(
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    reports: Arc<Mutex<Vec<String>>>,
    posts: Arc<Mutex<Vec<String>>>,
    collector: String,
) -> Server {
    serve(0, move |request| {
        if request.method != "GET" && request.path() != "/report" {
            let body = String::from_utf8_lossy(&request.body);
            posts.lock().expect("whole").push(format!("{} {body}", request.target));
        }
        match request.path() {
            "/report" => {
                reports.lock().expect("whole").push(String::from_utf8_lossy(&request.body).into_owned());
                return Answer::html("");
            }
            "/events.js" => return Answer::ok("text/javascript", EVENTS),
            _ => {}
        }
        let page = pages.lock().expect("whole").get(request.path()).cloned();
        let Some(page) = page else { return Answer::not_found() };
        if let Some(media_type) = page.media_type {
            let answer = Answer::ok(media_type, page.body);
            return page.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value));
        }
        if page.whole {
            let html = page.body.replace("{{collector}}", &collector);
            let html = html.replace("<head>", "<head>\n<script src=\"/events.js\"></script>");
            return page.headers.iter().fold(Answer::html(html), |answer, (name, value)| {
                answer.with(name, &value.replace("HOST", &collector))
            });
        }
        let script = if page.script { "<script async src=\"HOST/unticked.js\"></script>" } else { "" };
        let html = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Harbour Books</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<script src=\"/events.js\"></script>\n{script}\n<body>\n<main>\n<h1>Harbour Books</h1>\n{}\n</main>\n</body>\n</html>\n",
            page.language, page.body
        );
        let answer = Answer::html(html.replace("HOST", &collector));
        page.headers
            .iter()
            .fold(answer, |answer, (name, value)| answer.with(name, &value.replace("HOST", &collector)))
    })
    .expect("a free port")
}

fn copy_definitions(from: &Path, to: &Path, site: &str, hook: &str) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("definitions").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_definitions(&path, &target, site, hook);
        } else {
            let text = std::fs::read_to_string(&path).expect("a text");
            // The sample shop's own addresses are the demo's.
            let text = text.replace("\"http://localhost:7411\", \"http://127.0.0.1:7411\"", "\"SITE\"");
            let text = text.replace("http://127.0.0.1:7412/webhook", "HOOK");
            std::fs::write(target, text.replace("SITE", site).replace("HOOK", hook)).expect("it can be written");
        }
    }
}

fn settings(folder: &Path, public: &str, crm: SocketAddr) -> Settings {
    let flags = [
        "server.listen=127.0.0.1:0".to_owned(),
        format!("server.public_url={public}"),
        "definitions.dir=definitions".to_owned(),
        "database.url=sqlite:unticked.db".to_owned(),
        "limits.per_client_per_minute=0".to_owned(),
        "limits.per_form_per_minute=0".to_owned(),
        format!("outbox.allow_hosts={crm}"),
        format!("secrets.crm={SECRET}"),
    ];
    let sources = Sources { file: None, environment: Vec::new(), flags: flags.into(), folder: PathBuf::from(folder) };
    Settings::load(&sources).unwrap_or_else(|errors| panic!("{errors}")).settings
}
