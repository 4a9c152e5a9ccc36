//! A stand-in for Vtiger's `modules/Webforms/capture.php`, faithful to what its published sources do (see
//! `collector/src/outbox/destinations/vtiger`): PHP's reading of a form, HTML Purifier's losses, entities, backslashes,
//! override values, mandatory fields, the duplicate check, a database of three-byte characters, both ways of
//! answering. It is told how to misbehave, and shows what it holds.
#![expect(clippy::unwrap_used, reason = "a stand-in that cannot start has failed")]

use std::{
    collections::{BTreeMap, VecDeque},
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
    routing::any,
};
use tokio::sync::oneshot;

/// The path of the webforms.
pub const CAPTURE: &str = "/modules/Webforms/capture.php";

/// A webform, as somebody made it under Settings, Automation, Webforms.
#[derive(Debug, Clone)]
pub struct Webform {
    /// Its public id.
    pub public_id: String,
    /// Whether its status is on.
    pub enabled: bool,
    /// The module that it makes records of.
    pub module: String,
    /// The fields that were added to it: Vtiger's own name, and the name in the webform's HTML.
    pub fields: Vec<(String, String)>,
    /// Fields whose value the webform overrides.
    pub overrides: BTreeMap<String, String>,
    /// Where visitors are sent afterwards; empty for an answer in JSON.
    pub return_url: String,
    /// Whether it asks for a captcha.
    pub captcha: bool,
}

impl Webform {
    /// A webform for leads with these fields; `label:…` for a field of the owner's under the name in the HTML.
    pub fn new(public_id: &str, fields: &[&str]) -> Self {
        let field = |name: &&str| ((*name).to_owned(), (*name).to_owned());
        Self {
            public_id: public_id.to_owned(),
            enabled: true,
            module: "Leads".to_owned(),
            fields: fields.iter().map(field).collect(),
            overrides: BTreeMap::new(),
            return_url: String::new(),
            captcha: false,
        }
    }
}

/// A record that Vtiger made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Of which module.
    pub module: String,
    /// Through which webform.
    pub public_id: String,
    /// Its fields by Vtiger's own names.
    pub fields: BTreeMap<String, String>,
}

impl Record {
    /// A field's text, empty where it has none.
    pub fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }
}

/// One thing that Vtiger does with one request; see [`Vtiger::next`].
#[derive(Debug, Clone)]
pub enum Manner {
    /// Answers with this status and text, and makes nothing.
    Answers(u16, String),
    /// Redirects there, and makes nothing.
    Redirects(u16, String),
    /// Makes the record, and writes a PHP warning before its answer.
    Warns,
    /// Makes the record, and dies before it answers: the connection ends.
    MakesAndDies,
    /// Makes the record, and answers after so long.
    Slowly(Duration),
    /// Answers with a database error that quotes what was sent, and makes nothing.
    Quotes,
}

#[derive(Default)]
struct Inside {
    webforms: Vec<Webform>,
    records: Vec<Record>,
    requests: Vec<BTreeMap<String, Vec<String>>>,
    next: VecDeque<Manner>,
    /// Fields that Vtiger looks at to prevent duplicates.
    unique: Vec<String>,
    /// `utf8mb4`; otherwise the older `utf8`.
    four_bytes: bool,
    /// The database's strict mode.
    strict: bool,
}

/// A running stand-in; it ends when it is dropped.
pub struct Vtiger {
    address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Vtiger {
    /// On a free port of this machine.
    pub fn start() -> Self {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// On an address of the caller's.
    pub fn start_on(address: SocketAddr) -> Self {
        let inside: Arc<Mutex<Inside>> = Arc::default();
        let app = Router::new().route(CAPTURE, any(capture)).with_state(Arc::clone(&inside));
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = axum::serve(listener, app) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { address, inside, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens, without TLS.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of its webforms.
    pub fn url(&self) -> String {
        format!("http://{}{CAPTURE}", self.address)
    }

    /// Makes a webform, or replaces the one of that public id.
    pub fn webform(&self, webform: Webform) -> &Self {
        let mut inside = self.inside.lock().unwrap();
        inside.webforms.retain(|one| one.public_id != webform.public_id);
        inside.webforms.push(webform);
        drop(inside);
        self
    }

    /// What it does with the next request; called several times, with those that follow.
    pub fn next(&self, manner: Manner) -> &Self {
        self.inside.lock().unwrap().next.push_back(manner);
        self
    }

    /// Prevents duplicates by these fields.
    pub fn prevents_duplicates_by(&self, fields: &[&str]) -> &Self {
        self.inside.lock().unwrap().unique = fields.iter().map(|&field| field.to_owned()).collect();
        self
    }

    /// Whether its database keeps characters of four bytes, and whether it is strict.
    pub fn database(&self, four_bytes: bool, strict: bool) -> &Self {
        let mut inside = self.inside.lock().unwrap();
        (inside.four_bytes, inside.strict) = (four_bytes, strict);
        drop(inside);
        self
    }

    /// Every record that it made, in order.
    pub fn records(&self) -> Vec<Record> {
        self.inside.lock().unwrap().records.clone()
    }

    /// Every request that it got, as PHP reads it.
    pub fn requests(&self) -> Vec<BTreeMap<String, Vec<String>>> {
        self.inside.lock().unwrap().requests.clone()
    }

    /// Waits until it holds so many records, or panics after twenty seconds.
    #[track_caller]
    pub fn wait_for_records(&self, count: usize) -> Vec<Record> {
        self.wait(&format!("{count} records"), || self.records().len() >= count);
        self.records()
    }

    /// Waits until it got so many requests, or panics after twenty seconds.
    #[track_caller]
    pub fn wait_for_requests(&self, count: usize) {
        self.wait(&format!("{count} requests"), || self.requests().len() >= count);
    }

    #[track_caller]
    fn wait(&self, what: &str, done: impl Fn() -> bool) {
        for _ in 0..2000 {
            if done() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("Vtiger never had {what}: {:?}", self.records());
    }
}

impl Drop for Vtiger {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

type Request = BTreeMap<String, Vec<String>>;

async fn capture(State(inside): State<Arc<Mutex<Inside>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    // `$_REQUEST`: the query, then the body of a form.
    let mut request = Request::new();
    read_form(&mut request, uri.query().unwrap_or_default());
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        read_form(&mut request, &String::from_utf8_lossy(&body));
    }
    let manner = {
        let mut inside = inside.lock().unwrap();
        inside.requests.push(request.clone());
        inside.next.pop_front()
    };
    match manner {
        Some(Manner::Answers(status, text)) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Some(Manner::Redirects(status, to)) => {
            (StatusCode::from_u16(status).unwrap(), [(LOCATION, to)], "").into_response()
        }
        Some(Manner::Quotes) => {
            let sent: Vec<&str> = request.values().flatten().map(String::as_str).collect();
            failure("", &format!("Database error while performing required operation: {}", sent.join(", ")))
        }
        Some(Manner::Warns) => {
            let answer = process(&inside, &request);
            let said = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            let said = String::from_utf8_lossy(&said).into_owned();
            format!("<br />\n<b>Warning</b>:  Undefined array key \"cf_1\" in <b>capture.php</b> on line <b>31</b><br />\n{said}")
                .into_response()
        }
        Some(Manner::MakesAndDies) => {
            process(&inside, &request);
            panic!("the stand-in's PHP dies here, and its connection with it");
        }
        Some(Manner::Slowly(time)) => {
            let answer = process(&inside, &request);
            tokio::time::sleep(time).await;
            answer
        }
        None => process(&inside, &request),
    }
}

/// What `capture.php` does.
fn process(inside: &Mutex<Inside>, request: &Request) -> Response {
    let mut inside = inside.lock().unwrap();
    let first = |key: &str| request.get(key).and_then(|texts| texts.first()).map(String::as_str).unwrap_or_default();
    let Some(webform) = inside.webforms.iter().find(|one| one.public_id == first("publicid") && one.enabled).cloned()
    else {
        return failure("", "Webform not found.");
    };
    if webform.captcha {
        return failure("", "Please verify you are not a robot.");
    }
    let decoded: Request = if first("urlencodeenable") == "1" {
        request.iter().map(|(key, texts)| (percent_decoded(key).replace(' ', "_"), texts.clone())).collect()
    } else {
        request.clone()
    };
    let mut fields = BTreeMap::new();
    for (own, shown) in &webform.fields {
        if let Some(fixed) = webform.overrides.get(own) {
            fields.insert(own.clone(), fixed.clone());
            continue;
        }
        let name = if decoded.contains_key(own) { own } else { shown };
        let texts: Vec<String> = decoded.get(name).into_iter().flatten().map(|text| purified(text)).collect();
        let many = request.contains_key(&format!("{own}[]")) || texts.len() > 1;
        let text = if many { texts.join(" |##| ") } else { entities_decoded(&texts.join("")) };
        fields.insert(own.clone(), stripslashes(&text));
    }
    if matches!(webform.module.as_str(), "Leads" | "Contacts") && fields.get("lastname").is_none_or(String::is_empty) {
        return answer(&webform, Err(("MANDATORY_FIELDS_MISSING", "Missing mandatory input values. lastname")));
    }
    for text in fields.values_mut() {
        if !inside.four_bytes && text.chars().any(|c| u32::from(c) > 0xffff) {
            if inside.strict {
                let message = format!("Incorrect string value: '{text}' for column 'lastname' at row 1");
                return answer(&webform, Err(("DATABASE_QUERY_ERROR", &message)));
            }
            *text = text.chars().take_while(|c| u32::from(*c) <= 0xffff).collect();
        }
    }
    let same = |record: &Record| {
        inside.unique.iter().any(|field| !record.get(field).is_empty() && fields.get(field) == record.fields.get(field))
    };
    if inside.records.iter().filter(|record| record.module == webform.module).any(same) {
        return answer(&webform, Err(("", "Duplicates detected")));
    }
    inside.records.push(Record { module: webform.module.clone(), public_id: webform.public_id.clone(), fields });
    answer(&webform, Ok(()))
}

fn answer(webform: &Webform, done: Result<(), (&str, &str)>) -> Response {
    if webform.return_url.is_empty() {
        return match done {
            Ok(()) => r#"{"success":true,"result":"ok"}"#.into_response(),
            Err((code, message)) => failure(code, message),
        };
    }
    let said = match done {
        Ok(()) => "success=ok".to_owned(),
        // As PHP has it: nothing is escaped but what no header can carry.
        Err((_, message)) => format!("error={}", message.replace(|c: char| !c.is_ascii() || c.is_control(), "?")),
    };
    let to = format!("{}?{said}", webform.return_url);
    (StatusCode::FOUND, [(LOCATION, to)], "").into_response()
}

fn failure(code: &str, message: &str) -> Response {
    let mut error = serde_json::json!({ "message": message });
    if !code.is_empty() {
        error["code"] = code.into();
    }
    serde_json::json!({ "success": false, "error": error }).to_string().into_response()
}

/// PHP's reading of `application/x-www-form-urlencoded`: the last of a name counts, unless it ends in `[]`.
fn read_form(into: &mut Request, text: &str) {
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (percent_decoded(key), percent_decoded(value));
        let (name, many) = key.strip_suffix("[]").map_or((key.as_str(), false), |name| (name, true));
        let name = name.replace(['.', ' '], "_");
        if many {
            into.entry(name).or_default().push(value);
        } else {
            into.insert(name, vec![value]);
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, pair.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// HTML Purifier and what follows it: tags go, and calls and attributes that look like handlers.
fn purified(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let tag = rest[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match (tag, rest[at..].find('>')) {
            (true, Some(end)) => rest = &rest[at + end + 1..],
            (true, None) => rest = "",
            (false, _) => {
                out.push_str("&lt;");
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    without_handlers(&out.replace("\r\n", "\n").replace("&amp;", "&"))
}

/// `onsomething(…)`, `alert(…)` and `onsomething=…` are cut out.
fn without_handlers(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['(', '=']) {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let call = rest[at..].starts_with('(');
        let word_end = if call { before.trim_end() } else { before };
        let start = word_end
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(0, |at| at + word_end[at..].chars().next().map_or(1, char::len_utf8));
        let word = &word_end[start..];
        let end = if call { after.find(')').map(|end| end + 1) } else { Some(after.find(' ').unwrap_or(after.len())) };
        let handler = (word.starts_with("on") && word.len() > 2) || (call && word == "alert");
        match end {
            Some(end) if handler => {
                out.push_str(&before[..start]);
                rest = &after[end..];
            }
            _ => {
                out.push_str(&rest[..=at]);
                rest = after;
            }
        }
    }
    out + rest
}

fn entities_decoded(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#039;", "'").replace("&amp;", "&")
}

fn stripslashes(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' { out.extend(chars.next()) } else { out.push(c) }
    }
    out
}
