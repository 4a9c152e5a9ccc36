//! `unticked scan` on sites of our own: several names of this machine, one server behind them.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use unticked_collector::{
    scan::{
        self, Declared, Limits, Report, ScanError,
        judge::Weight,
        seen::{EntryKind, Gate, Seen, Visit},
    },
    world::{Clock, Random},
};
use xtask::serve::{Answer, Request, Server, serve};

/// The gate as it is served; what fetches, and would send, is a stand-in that tries to send at once.
const GATE: &str = include_str!("../../widget/loader/gate.js");
const CONSENT: &str = r#"export default inner => ({ wake() {
  if (inner.entry() && inner.entry().u) for (const what of ["tickets", "submissions"])
    fetch(inner.C.h + "/v1/forms/banner/" + what, { method: "POST", keepalive: true, mode: "no-cors" }).catch(() => {});
}, open() {} });"#;

const BANNER: &str = r#"
languages = ["en"]
purposes = ["statistics"]
title.en = "May we?"
text.en = "Nothing has been loaded so far."
[[service]]
name = "Counter"
purpose = "statistics"
hosts = ["stats.localhost"]
[[service.cookie]]
name = "_cnt_*"
duration = { en = "a day" }
[[service.storage]]
key = "cnt"
kind = "local"
"#;

/// A site at `shop.localhost`, others at `*.localhost`, and what each was asked for.
struct Web {
    server: Server,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    fn open() -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = asked.clone();
        let server = serve(0, move |request| {
            let host = request.header("host").unwrap_or_default().to_owned();
            heard.lock().unwrap().push(format!("{} {host}{}", request.method, request.path()));
            answer(host.split(':').next().unwrap_or_default(), host.rsplit(':').next().unwrap_or_default(), request)
        });
        Self { server: server.unwrap(), asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://shop.localhost:{}{path}", self.server.address().port())
    }

    fn was_asked(&self, what: &str) -> bool {
        self.asked.lock().unwrap().iter().any(|line| line.contains(what))
    }
}

fn answer(host: &str, port: &str, request: &Request) -> Answer {
    let script = |text: String| Answer::ok("text/javascript", text).with("access-control-allow-origin", "*");
    let at = |name: &str, path: &str| format!("http://{name}.localhost:{port}{path}");
    let page = |body: String| Answer::html(format!("<!doctype html><title>x</title><link rel=icon href=data:,>{body}"));
    let gate = format!("<script src='{}'></script>", at("forms", "/gate.js"));
    let counter = at("stats", "/count.js");
    match (host.trim_end_matches(".localhost"), request.path()) {
        ("forms", "/gate.js") => script(GATE.replacen(
            "\"CONFIG\"",
            &format!(r#"{{"h":"{}","v":"x","d":15552000,"p":{{"statistics":{{"t":"00000000"}}}}}}"#, at("forms", "")),
            1,
        )),
        ("forms", "/consent.js") => script(CONSENT.to_owned()),
        ("stats", "/count.js") => script(
            "document.cookie = '_cnt_' + Math.floor(Math.random() * 1e9) + '=1; max-age=86400'; localStorage.cnt = 1"
                .to_owned(),
        ),
        ("shop", "/good") => page(format!(
            "{gate}<script type='text/plain' data-category='statistics' data-src='{counter}'></script><a href='/second#x'>2</a>\
             <a href='/out?do=1'>no</a><a href='/list.pdf'>no</a>"
        )),
        ("shop", "/second") => page(format!("{gate}<img src='{}'>", at("second", "/p.gif"))),
        ("shop", "/bad") => page(format!(
            "{gate}<link rel=preconnect href='{}'><script src='{counter}'></script><iframe src='{}'></iframe>\
             <script>new Worker('/worker.js'); sessionStorage.early = 1; indexedDB.open('base'); \
             navigator.sendBeacon('{}'); alert('stop'); setTimeout(() => alert('again'), 500)</script>",
            at("ahead", ""),
            at("video", "/frame"),
            at("beacon", "/b"),
        ))
        .with("set-cookie", "SID=1; HttpOnly"),
        ("shop", "/worker.js") => script(format!("fetch('{}', {{ mode: 'no-cors' }})", at("worker", "/w"))),
        ("video", "/frame") => page(format!(
            "<script>localStorage.theirs = 1; fetch('{}', {{ mode: 'no-cors' }})</script>",
            at("deep", "/d")
        )),
        ("shop", "/moved") => {
            Answer::Full { status: 302, headers: vec![("location".to_owned(), at("hop", "/on"))], body: Vec::new() }
        }
        ("hop", "/on") => {
            Answer::Full { status: 302, headers: vec![("location".to_owned(), at("shop", "/other"))], body: Vec::new() }
        }
        ("shop", "/other") => page(format!("<script>Cookiebot = {{}}</script><script src='{counter}'></script>")),
        ("shop", "/stub") => {
            page("<script>unticked = window.unticked || { q: [] }; unticked.q.push(['refuse'])</script>".to_owned())
        }
        ("shop", "/endless") => page(format!("<img src=/never><script src='{counter}'></script>")),
        ("shop", "/never") => {
            std::thread::sleep(Duration::from_secs(25));
            Answer::Nothing
        }
        ("shop", "/file") => {
            Answer::ok("application/octet-stream", "bytes").with("content-disposition", "attachment; filename=x.bin")
        }
        ("shop", "/data") => Answer::ok("application/json", "{}"),
        ("shop", "/gone") => Answer::not_found(),
        _ => Answer::ok("text/plain", "").with("access-control-allow-origin", "*"),
    }
}

/// The folder that a scan with this number works in.
fn folder(number: u8) -> PathBuf {
    std::env::temp_dir().join(format!("unticked-scan-{:016x}", u64::from_le_bytes([number; 8])))
}

/// Every process whose command line names the folder.
fn processes(folder: &std::path::Path) -> Vec<String> {
    let name = folder.display().to_string();
    let lines = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        Some(String::from_utf8_lossy(&std::fs::read(entry.path().join("cmdline")).ok()?).replace('\0', " "))
    });
    lines.filter(|line| line.contains(&name)).collect()
}

/// Whether nothing of a scan stays: what is killed needs a moment to go.
fn nothing_stays(number: u8) {
    let start = Instant::now();
    while folder(number).exists() || !processes(&folder(number)).is_empty() {
        assert!(start.elapsed() < Duration::from_secs(5), "{:?} stays behind", processes(&folder(number)));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn look(number: u8, url: &str, pages: usize, seconds: u64) -> Result<Seen, ScanError> {
    let limits = Limits { pages, loading: Duration::from_secs(seconds) };
    let random = Random::custom(move |bytes| bytes.fill(number));
    let (url, found) = (scan::address(url).unwrap(), scan::find(None).unwrap());
    let seen = runtime().block_on(scan::scan(&url, limits, &found, &Clock::system(), &random));
    nothing_stays(number);
    seen
}

fn declared(banner: &str) -> Declared {
    let purpose =
        "name.en = \"P\"\nkind = \"analytics\"\nlegal_basis = \"consent\"\nstatement.en = \"{controller} may.\"\n";
    Declared::read(&BTreeMap::from([
        ("banner.toml".to_owned(), banner.to_owned()),
        ("purposes/statistics.toml".to_owned(), purpose.to_owned()),
    ]))
}

fn hosts(visit: &Visit) -> Vec<&str> {
    visit.requests.iter().map(|request| request.host.trim_end_matches(".localhost")).collect()
}

fn of_weight(report: &Report, weight: Weight) -> Vec<&str> {
    report.findings.iter().filter(|finding| finding.weight == weight).map(|finding| finding.about.as_str()).collect()
}

#[test]
fn a_page_that_waits_for_a_yes_has_nothing_to_find_and_nobody_decides_by_it() {
    let web = Web::open();
    let seen = look(1, &web.url("/good"), 1, 20).unwrap();
    assert_eq!((seen.gate, seen.collector.as_deref()), (Gate::Live, Some("forms.localhost")));
    assert_eq!(seen.before, Visit::default());
    let refused = seen.refused.as_ref().unwrap();
    assert_eq!(
        (hosts(refused), refused.cookies.len(), refused.entries.len()),
        (vec![], 0, 1),
        "the decision alone: {refused:?}"
    );
    let granted = seen.granted.as_ref().unwrap();
    assert_eq!(hosts(granted), ["stats"]);
    assert!(granted.requests[0].types.contains_key("script"), "{granted:?}");
    let lifetime = granted.cookies[0].lifetime.unwrap();
    assert!((86_300..=86_401).contains(&lifetime), "{lifetime}");
    assert!(web.was_asked("GET forms.localhost") && web.was_asked("/consent.js"));
    assert!(!web.was_asked("/tickets") && !web.was_asked("/submissions"), "no evidence of a visitor who is none");

    let report = Report::new(seen.clone(), &declared(BANNER));
    assert!(report.findings.is_empty() && !report.is_wanting(), "{report}");
    let report = Report::new(seen, &declared(&BANNER.replace("_cnt_*", "other")));
    assert_eq!(of_weight(&report, Weight::Undeclared), ["_cnt_*"]);
    assert_eq!(of_weight(&report, Weight::Hint), ["Counter"]);
}

#[test]
fn whatever_comes_too_early_is_named_wherever_it_comes_from() {
    let web = Web::open();
    let seen = look(2, &web.url("/bad"), 1, 20).unwrap();
    let early = ["ahead", "beacon", "deep", "stats", "video", "worker"];
    assert_eq!(hosts(&seen.before), early, "{:?}", seen.before.requests);
    assert_eq!(hosts(seen.refused.as_ref().unwrap()), early, "a refusal changes nothing on a page that does not ask");
    let kinds = |host: &str| {
        let one = seen.before.requests.iter().find(|one| one.host.starts_with(host)).unwrap();
        one.types.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!([kinds("ahead"), kinds("beacon"), kinds("video")], [["connection"], ["beacon"], ["frame"]]);
    let sid = seen.before.cookies.iter().find(|cookie| cookie.name == "SID").unwrap();
    assert!(sid.http_only && sid.lifetime.is_none() && !sid.third_party);
    let kept =
        |key: &str| seen.before.entries.iter().find(|entry| entry.key == key).map(|one| (one.kind, one.third_party));
    assert_eq!(kept("early"), Some((EntryKind::Session, false)));
    assert_eq!(kept("base"), Some((EntryKind::Database, false)));
    assert_eq!(kept("theirs"), Some((EntryKind::Local, true)), "in a frame of another site: {:?}", seen.before.entries);
    let report = Report::new(seen, &declared(BANNER));
    assert_eq!(of_weight(&report, Weight::Breach).len(), early.len() + 6, "{report}");
    assert!(report.is_wanting());
    let text = report.to_string();
    assert!(
        text.contains("before any decision and after a refusal") && text.contains("declares it for `statistics`"),
        "{text}"
    );
}

#[test]
fn further_pages_are_those_that_the_first_links_to() {
    let web = Web::open();
    let seen = look(3, &web.url("/good"), 5, 20).unwrap();
    assert_eq!(seen.pages, [web.url("/good"), web.url("/second")], "no query, no file, no address twice");
    assert_eq!(hosts(&seen.before), ["second"]);
    assert!(!web.was_asked("/out") && !web.was_asked("/list.pdf"));
}

#[test]
fn a_page_without_the_gate_is_visited_once_and_nothing_is_clicked() {
    let web = Web::open();
    let seen = look(4, &web.url("/moved"), 1, 20).unwrap();
    assert_eq!((seen.page.as_str(), seen.gate), (web.url("/other").as_str(), Gate::Absent));
    assert_eq!(seen.others, ["Cookiebot"]);
    assert!(seen.refused.is_none() && seen.granted.is_none());
    assert_eq!(hosts(&seen.before), ["hop", "stats"], "who passes a visitor on has met them, too");
    let report = Report::new(seen, &Declared::default());
    let text = report.to_string();
    assert!(
        text.contains("does not have Unticked's gate") && text.contains("(Cookiebot); nothing in it was clicked"),
        "{text}"
    );
    assert!(text.starts_with(&format!("{}, which led to {}\n", web.url("/moved"), web.url("/other"))), "{text}");
    let seen = look(4, &web.url("/stub"), 1, 20).unwrap();
    assert_eq!((seen.gate, seen.refused), (Gate::Stub, None));
}

#[test]
fn a_page_that_never_ends_is_looked_at_all_the_same() {
    let web = Web::open();
    let seen = look(5, &web.url("/endless"), 1, 5).unwrap();
    assert_eq!(hosts(&seen.before), ["stats"]);
    assert!(seen.notes.iter().any(|note| note.contains("had not finished loading after 5 s")), "{:?}", seen.notes);
}

#[test]
fn what_is_no_page_is_called_what_it_is() {
    let web = Web::open();
    let said = |path: &str| look(6, &web.url(path), 1, 8).unwrap_err().to_string();
    assert!(said("/file").contains("downloaded"), "{}", said("/file"));
    assert!(said("/data").ends_with("is no page: it is application/json"), "{}", said("/data"));
    let nobody = look(6, "http://127.0.0.1:1/", 1, 8).unwrap_err().to_string();
    assert!(nobody.contains("nobody listens there") || nobody.contains("UNSAFE_PORT"), "{nobody}");
}

#[test]
fn a_scan_that_is_given_up_leaves_no_browser() {
    let web = Web::open();
    let random = Random::custom(|bytes| bytes.fill(7));
    let (url, found) = (scan::address(&web.url("/endless")).unwrap(), scan::find(None).unwrap());
    let limits = Limits { pages: 1, loading: Duration::from_mins(1) };
    runtime().block_on(async {
        let clock = Clock::system();
        let scanning = scan::scan(&url, limits, &found, &clock, &random);
        tokio::pin!(scanning);
        // Until the page is asked for: by then driver and browser run.
        while !web.was_asked("/never") {
            let waited = tokio::time::timeout(Duration::from_millis(100), &mut scanning).await;
            assert!(waited.is_err(), "it ended by itself");
        }
        assert!(processes(&folder(7)).len() > 2, "driver, browser and its children");
    });
    nothing_stays(7);
}
