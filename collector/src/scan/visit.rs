//! Visits a page: as a new visitor, as one who refuses everything, as one who grants everything.
//!
//! Each visit has a browser of its own. A decision made here is nobody's, so the two requests by which it would become evidence
//! are blocked: the page is told as it would be, the collector is not.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use reqwest::Url;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    driver::{Driver, DriverError, Found},
    names, netlog,
    seen::{self, CONNECTION, Cookie, Entry, EntryKind, Gate, Request, Seen, Visit},
};
use crate::world::{Clock, Random};

/// What nobody shall receive from a visitor who is none.
const EVIDENCE: [&str; 2] = ["*/v1/forms/banner/tickets*", "*/v1/forms/banner/submissions*"];
/// What tells that a host is the collector, on a page with our gate.
/// The gate itself comes last: it may be served by the site.
const COLLECTORS: [&str; 3] = ["/consent.js", "/v1/forms/banner/placement", "/gate.js"];
/// How often the browser is asked how far it is.
const BREATH: Duration = Duration::from_millis(200);
/// A page on which nothing happened for so long is still.
const STILL: Duration = Duration::from_millis(1500);
/// A page that has loaded and never rests is looked at after this.
const RESTLESS: Duration = Duration::from_secs(8);
/// Frames in frames in frames.
const DEPTH: usize = 3;
/// No page needs more frames to be understood.
const FRAMES: usize = 40;

/// How far a scan goes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Pages, the first included.
    pub pages: usize,
    /// How long one page may load.
    pub loading: Duration,
}

/// Why nothing can be said of a page.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// No browser.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The page does not come.
    #[error("{url} does not load: {why}")]
    NotLoaded {
        /// Which.
        url: String,
        /// In the browser's words, as a sentence where we know one.
        why: String,
    },
    /// What comes is no page.
    #[error("{url} is no page: {what}")]
    NoPage {
        /// Which.
        url: String,
        /// What it is.
        what: String,
    },
}

/// Who visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visitor {
    New,
    Refuses,
    Grants,
}

/// Visits the page as each of them.
pub async fn scan(url: &Url, limits: Limits, found: &Found, clock: &Clock, random: &Random) -> Result<Seen, ScanError> {
    let mut seen = Seen { asked: url.to_string(), ..Seen::default() };
    let scan = Scan { limits, found, clock, random };
    let first = scan.visit(url, Visitor::New, &[], &mut seen).await?;
    let pages = seen.pages.clone();
    seen.before = first;
    if seen.gate == Gate::Live {
        seen.refused = Some(scan.visit(url, Visitor::Refuses, &pages, &mut seen).await?);
        seen.granted = Some(scan.visit(url, Visitor::Grants, &pages, &mut seen).await?);
    }
    seen.notes.dedup();
    Ok(seen)
}

struct Scan<'s> {
    limits: Limits,
    found: &'s Found,
    clock: &'s Clock,
    random: &'s Random,
}

/// What is gathered while a browser is open.
#[derive(Default)]
struct Gathered {
    types: BTreeMap<String, String>,
    /// The pages that the browser was sent to.
    sent_to: Vec<String>,
    /// What the page's own events told; used where there is no network log.
    requests: Vec<Request>,
    entries: BTreeSet<(String, EntryKind, String)>,
    hints: Vec<Request>,
    /// Of the page that loads: its status, or why it failed.
    status: Option<i64>,
    failure: Option<String>,
    document: Option<String>,
}

impl Scan<'_> {
    async fn visit(&self, url: &Url, who: Visitor, pages: &[String], seen: &mut Seen) -> Result<Visit, ScanError> {
        let driver = Driver::start(self.found, self.random).await?;
        driver.chromium("Network.setBlockedURLs", &json!({ "urls": EVIDENCE })).await?;
        let mut gathered = Gathered::default();
        let top = self.open(&driver, url.as_str(), &mut gathered, seen).await?;
        let since = if who == Visitor::New {
            note_page(&top, url, self.limits.pages, seen);
            0
        } else {
            self.decide(&driver, who, &mut gathered, seen).await?
        };
        look(&driver, &mut gathered, self.now()).await?;
        // The first page once more after a decision: what a visitor meets who comes back.
        let rest = if who == Visitor::New { seen.pages.get(1..).unwrap_or_default().to_vec() } else { pages.to_vec() };
        for page in rest {
            match self.open(&driver, &page, &mut gathered, seen).await {
                Ok(_) => look(&driver, &mut gathered, self.now()).await?,
                Err(ScanError::Driver(error)) => return Err(error.into()),
                Err(error) => seen.notes.push(format!("left out: {error}")),
            }
        }
        let cookies = driver.chromium("Network.getAllCookies", &json!({})).await?;
        let now = self.now();
        let log = driver.finish().await;
        let requests = if let Some(requests) =
            log.and_then(|log| netlog::read(&log, &gathered.sent_to, &gathered.types))
        {
            requests
        } else {
            note(
                seen,
                "the browser wrote no log of its network: what frames of others and workers asked for may be missing",
            );
            std::mem::take(&mut gathered.requests)
        };
        if seen.gate == Gate::Live && seen.collector.is_none() {
            seen.collector = collector(&requests);
        }
        let page = names::host(&seen.page).unwrap_or_default();
        let mut own = vec![page.as_str(), url.host_str().unwrap_or_default()];
        own.extend(seen.collector.as_deref());
        let asked: Vec<&Request> =
            requests.iter().chain(&gathered.hints).filter(|request| request.at >= since).collect();
        Ok(Visit {
            requests: seen::by_host(connections_last(&asked), &own),
            cookies: read_cookies(&cookies, &page, now),
            entries: gathered
                .entries
                .into_iter()
                .map(|(key, kind, origin)| Entry {
                    third_party: names::host(&origin).is_some_and(|host| !names::same_site(&host, &page)),
                    key,
                    kind,
                    origin,
                })
                .collect(),
        })
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Opens a page, waits until it is still, goes to its end as a reader would, and waits again.
    async fn open(
        &self,
        driver: &Driver,
        url: &str,
        gathered: &mut Gathered,
        seen: &mut Seen,
    ) -> Result<Value, ScanError> {
        driver.enter(None).await?;
        let earlier = driver.events().await?;
        gathered.hear(&earlier);
        gathered.status = None;
        gathered.failure = None;
        gathered.document = None;
        gathered.sent_to.push(url.to_owned());
        let gone = driver.go(url).await;
        if let Err(error) = gone {
            let text = error.to_string();
            return Err(not_loaded(url, text.split("net::").nth(1).unwrap_or(&text)));
        }
        let loaded = self.settle(driver, gathered).await?;
        if let Some(failure) = &gathered.failure {
            return Err(not_loaded(url, failure));
        }
        if !loaded && gathered.status.is_none() {
            return Err(not_loaded(url, &format!("nothing comes within {} s", self.limits.loading.as_secs())));
        }
        if !loaded {
            let seconds = self.limits.loading.as_secs();
            note(
                seen,
                &format!(
                    "{} had not finished loading after {seconds} s; what came until then counts",
                    names::bare(url)
                ),
            );
        }
        let _ = driver.run("scrollTo(0, document.documentElement.scrollHeight)").await;
        self.settle(driver, gathered).await?;
        let top = driver.run(include_str!("top.js")).await.unwrap_or_default();
        let kind = top["kind"].as_str().unwrap_or_default();
        let address = top["address"].as_str().unwrap_or_default();
        if address.is_empty() {
            return Err(not_loaded(url, "the page keeps the browser so busy that it does not answer"));
        }
        if names::host(address).is_none() {
            let what = "nothing is shown (a file that is downloaded, perhaps)".to_owned();
            return Err(ScanError::NoPage { url: url.to_owned(), what });
        }
        if !matches!(kind, "text/html" | "application/xhtml+xml") {
            return Err(ScanError::NoPage { url: url.to_owned(), what: format!("it is {kind}") });
        }
        if let Some(status) = gathered.status.filter(|status| *status >= 400) {
            note(
                seen,
                &format!("{} answers {status}: what is said of it is said of its page for errors", names::bare(url)),
            );
        }
        Ok(top)
    }

    /// Waits until the page has loaded and nothing happens any more; whether it has loaded in time.
    async fn settle(&self, driver: &Driver, gathered: &mut Gathered) -> Result<bool, ScanError> {
        let start = Instant::now();
        let (mut last, mut loaded) = (start, None);
        loop {
            tokio::time::sleep(BREATH).await;
            let events = driver.events().await?;
            if gathered.hear(&events) {
                last = Instant::now();
            }
            if gathered.failure.is_some() {
                return Ok(false);
            }
            // A page that is busy, or on its way to the next, does not answer.
            let ready = driver.run("return document.readyState").await.is_ok_and(|state| state == "complete");
            if !ready {
                loaded = None;
            } else if loaded.is_none() {
                loaded = Some(Instant::now());
            }
            if let Some(since) = loaded
                && (last.elapsed() >= STILL || since.elapsed() >= RESTLESS)
            {
                return Ok(true);
            }
            if start.elapsed() >= self.limits.loading {
                return Ok(ready);
            }
        }
    }

    /// Refuses or grants everything; answers when.
    async fn decide(
        &self,
        driver: &Driver,
        who: Visitor,
        gathered: &mut Gathered,
        seen: &mut Seen,
    ) -> Result<i64, ScanError> {
        let (verb, word) = if who == Visitor::Refuses { ("refuse", "refused") } else { ("grant", "granted") };
        let at = self.now();
        let script = format!(
            "await Promise.race([unticked.ready, new Promise(r => setTimeout(r, 5000))]); await unticked.{verb}(); \
             return unticked.decisions();"
        );
        match driver.run_async(&script).await {
            Ok(decisions) => {
                let others: Vec<&String> = decisions
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(_, decision)| decision.as_str() != Some(word))
                    .map(|(purpose, _)| purpose)
                    .collect();
                for purpose in others {
                    note(seen, &format!("`unticked.{verb}()` was called, and `{purpose}` is not {word}"));
                }
            }
            // A page may load itself anew once it is decided.
            Err(error) => note(seen, &format!("`unticked.{verb}()` did not answer: {error}")),
        }
        self.settle(driver, gathered).await?;
        Ok(at)
    }
}

impl Gathered {
    /// Notes what the browser's events tell; whether anything happened.
    fn hear(&mut self, events: &[Value]) -> bool {
        let mut happened = false;
        for event in events {
            let params = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    happened = true;
                    self.hear_request(params);
                }
                "Network.webSocketCreated" => {
                    let url = params["url"].as_str().unwrap_or_default().to_owned();
                    self.types.insert(url, "websocket".to_owned());
                }
                "Network.responseReceived" if params["requestId"].as_str() == self.document.as_deref() => {
                    self.status = params["response"]["status"].as_i64();
                }
                // A download ends so, too, and says so by its canceling.
                "Network.loadingFailed"
                    if params["requestId"].as_str() == self.document.as_deref()
                        && self.status.is_none()
                        && params["canceled"] != true =>
                {
                    self.failure = params["errorText"].as_str().map(str::to_owned);
                }
                "Network.loadingFinished" | "Network.loadingFailed" | "Page.frameNavigated" | "Page.frameAttached" => {
                    happened = true;
                }
                _ => {}
            }
        }
        happened
    }

    fn hear_request(&mut self, params: &Value) {
        let url = params["request"]["url"].as_str().unwrap_or_default();
        // WebDriver's own first page, and what is no request at all.
        if names::host(url).is_none() {
            return;
        }
        let id = params["requestId"].as_str();
        // The page that the browser was sent to, and where it was led from there; not its start page, and no frame.
        let begins =
            self.document.is_none() && self.sent_to.last().and_then(|page| page.split('#').next()) == Some(url);
        let top = params["type"] == "Document" && (begins || (id.is_some() && id == self.document.as_deref()));
        if top {
            self.document = id.map(str::to_owned);
        }
        let kind = match params["type"].as_str().unwrap_or_default() {
            "Document" if top => "page",
            "Document" => "frame",
            "Script" => "script",
            "Stylesheet" => "stylesheet",
            "Image" => "image",
            "Media" => "media",
            "Font" => "font",
            "XHR" | "Fetch" | "EventSource" => "fetch",
            "Ping" => "beacon",
            "WebSocket" => "websocket",
            "Prefetch" => "prefetch",
            _ => "request",
        };
        if kind != "page" {
            self.types.insert(url.to_owned(), kind.to_owned());
        }
        let at = params["wallTime"].as_f64().unwrap_or_default() * 1000.0;
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of Unix time")]
        self.requests.push(Request { url: url.to_owned(), kind: kind.to_owned(), at: at as i64 });
    }
}

/// Looks into the page and its frames.
async fn look(driver: &Driver, gathered: &mut Gathered, now: i64) -> Result<(), ScanError> {
    // Frames still to be looked at: the way to each, from the page on.
    let mut ways: Vec<Vec<usize>> = vec![Vec::new()];
    let mut looked = 0;
    while let Some(way) = ways.pop() {
        looked += 1;
        if looked > FRAMES || !enter(driver, &way).await? {
            continue;
        }
        let Ok(found) = driver.run_async(include_str!("look.js")).await else { continue };
        let origin = found["origin"].as_str().unwrap_or_default().to_owned();
        let kinds = [
            ("local", EntryKind::Local),
            ("session", EntryKind::Session),
            ("database", EntryKind::Database),
            ("cache", EntryKind::Cache),
        ];
        for (name, kind) in kinds {
            let keys = found[name].as_array().into_iter().flatten().filter_map(Value::as_str);
            gathered.entries.extend(keys.map(|key| (key.to_owned(), kind, origin.clone())));
        }
        let hints = found["connections"].as_array().into_iter().flatten().filter_map(Value::as_str);
        gathered.hints.extend(hints.map(|url| Request { url: url.to_owned(), kind: CONNECTION.to_owned(), at: now }));
        if way.len() < DEPTH {
            let frames = driver.frames().await.map_or(0, |frames| frames.len());
            ways.extend((0..frames).map(|index| [way.as_slice(), &[index]].concat()));
        }
    }
    driver.enter(None).await?;
    Ok(())
}

/// Into a frame, by the way there; no when one of them is gone.
async fn enter(driver: &Driver, way: &[usize]) -> Result<bool, ScanError> {
    driver.enter(None).await?;
    for index in way {
        let frames = driver.frames().await.unwrap_or_default();
        let Some(frame) = frames.get(*index) else { return Ok(false) };
        if driver.enter(Some(frame)).await.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the first page says of itself, and the pages to go on to.
fn note_page(top: &Value, url: &Url, pages: usize, seen: &mut Seen) {
    let address = top["address"].as_str().unwrap_or(url.as_str());
    seen.page = names::bare(address);
    seen.gate = match top["gate"].as_str() {
        Some("live") => Gate::Live,
        Some("stub") => Gate::Stub,
        _ => Gate::Absent,
    };
    let others = top["others"].as_array().into_iter().flatten().filter_map(Value::as_str);
    seen.others = others.map(str::to_owned).collect();
    seen.pages = vec![url.to_string()];
    let links = top["links"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let own = Url::parse(address).map(|url| url.origin()).ok();
    for link in links {
        if seen.pages.len() >= pages {
            break;
        }
        let Ok(mut link) = Url::parse(link) else { continue };
        link.set_fragment(None);
        // A query may do something (put into a cart, sign out); a file is no page.
        let file =
            link.path().rsplit('/').next().unwrap_or_default().rsplit_once('.').map(|(_, end)| end.to_lowercase());
        let page = file.is_none_or(|end| matches!(end.as_str(), "html" | "htm" | "php" | "aspx" | "jsp"));
        let known = seen.pages.iter().any(|one| one == link.as_str()) || names::bare(link.as_str()) == seen.page;
        if Some(link.origin()) == own && link.query().is_none() && page && !known {
            seen.pages.push(link.to_string());
        }
    }
}

/// The collector, by what it alone is asked for.
fn collector(requests: &[Request]) -> Option<String> {
    let urls: Vec<Url> = requests.iter().filter_map(|request| Url::parse(&request.url).ok()).collect();
    let ours = COLLECTORS.iter().find_map(|path| urls.iter().find(|url| url.path() == *path));
    ours.and_then(|url| url.host_str().map(str::to_owned))
}

/// A connection says something only where no request to the same host follows.
fn connections_last<'r>(requests: &[&'r Request]) -> Vec<&'r Request> {
    let fetched: BTreeSet<String> =
        requests.iter().filter(|one| one.kind != CONNECTION).filter_map(|one| names::host(&one.url)).collect();
    let tells =
        |one: &&&Request| one.kind != CONNECTION || names::host(&one.url).is_some_and(|host| !fetched.contains(&host));
    requests.iter().filter(tells).copied().collect()
}

fn read_cookies(answer: &Value, page: &str, now: i64) -> Vec<Cookie> {
    let mut cookies: Vec<Cookie> = answer["cookies"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|cookie| {
            let text = |key: &str| cookie[key].as_str().unwrap_or_default().to_owned();
            let domain = text("domain");
            #[expect(clippy::cast_possible_truncation, reason = "seconds")]
            let lifetime = cookie["expires"].as_f64().filter(|at| *at > 0.0).map(|at| at.round() as i64 - now / 1000);
            Cookie {
                third_party: !names::same_site(domain.trim_start_matches('.'), page),
                name: text("name"),
                path: text("path"),
                lifetime,
                http_only: cookie["httpOnly"] == true,
                domain,
            }
        })
        .collect();
    cookies.sort_by(|a, b| (&a.name, &a.domain, &a.path).cmp(&(&b.name, &b.domain, &b.path)));
    cookies
}

fn note(seen: &mut Seen, text: &str) {
    if !seen.notes.iter().any(|one| one == text) {
        seen.notes.push(text.to_owned());
    }
}

fn not_loaded(url: &str, error: &str) -> ScanError {
    let error = error.trim_start_matches("net::");
    let why = match error {
        "ERR_NAME_NOT_RESOLVED" => "nobody knows this name".to_owned(),
        "ERR_CONNECTION_REFUSED" => "nobody listens there".to_owned(),
        "ERR_CONNECTION_TIMED_OUT" | "ERR_TIMED_OUT" => "it does not answer in time".to_owned(),
        "ERR_TOO_MANY_REDIRECTS" => "it redirects in circles".to_owned(),
        "ERR_INTERNET_DISCONNECTED" | "ERR_ADDRESS_UNREACHABLE" => "there is no way there from here".to_owned(),
        "ERR_ABORTED" => "nothing is shown (a file that is downloaded, perhaps)".to_owned(),
        _ if error.starts_with("ERR_CERT_") => {
            format!("its certificate is not to be trusted ({error}); use an address whose certificate is good")
        }
        other => other.to_owned(),
    };
    ScanError::NotLoaded { url: url.to_owned(), why }
}
