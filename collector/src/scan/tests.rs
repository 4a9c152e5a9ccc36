//! Judging and writing, without a browser.

use std::collections::BTreeMap;

use unticked_shared::definition;

use super::{
    declared::Declared,
    judge::{Finding, Weight, judge, remarks},
    report::Report,
    seen::{Cookie, Entry, EntryKind, Gate, Request, Seen, Visit, by_host},
    write,
};

const BANNER: &str = r#"
languages = ["en"]
purposes = ["statistics", "running"]
title.en = "May we?"
text.en = "Nothing has been loaded so far."

[[service]]
name = "Counter"
purpose = "statistics"
hosts = ["stats.example"]
[[service.cookie]]
name = "_cnt_*"
duration = { en = "a year" }
[[service.storage]]
key = "cnt"
kind = "local"

[[service]]
name = "Basket"
purpose = "running"
hosts = ["cdn.example"]
[[service.cookie]]
name = "SID"
duration = { en = "until the browser is closed" }
"#;

fn declared(banner: &str) -> Declared {
    let purpose = |basis: &str| {
        format!(
            "name.en = \"P\"\nkind = \"service\"\nlegal_basis = \"{basis}\"\nstatement.en = \"{{controller}} may.\"\n\
             retention = {{ period = \"P1Y\", text = {{ en = \"a year\" }} }}\n"
        )
    };
    Declared::read(&BTreeMap::from([
        ("banner.toml".to_owned(), banner.to_owned()),
        ("purposes/statistics.toml".to_owned(), purpose("consent")),
        ("purposes/running.toml".to_owned(), purpose("contract")),
    ]))
}

fn visit(requests: &[(&str, &str)], cookies: &[Cookie], entries: &[Entry]) -> Visit {
    let requests: Vec<Request> = requests
        .iter()
        .map(|(url, kind)| Request { url: (*url).to_owned(), kind: (*kind).to_owned(), at: 0 })
        .collect();
    Visit {
        requests: by_host(&requests, &["shop.example", "forms.example"]),
        cookies: cookies.to_vec(),
        entries: entries.to_vec(),
    }
}

fn cookie(name: &str, lifetime: Option<i64>) -> Cookie {
    Cookie {
        name: name.to_owned(),
        domain: "shop.example".to_owned(),
        path: "/".to_owned(),
        lifetime,
        ..Cookie::default()
    }
}

fn entry(key: &str, kind: EntryKind) -> Entry {
    Entry { key: key.to_owned(), kind, origin: "https://shop.example".to_owned(), third_party: false }
}

fn seen(before: Visit, refused: Visit, granted: Visit) -> Seen {
    Seen {
        asked: "https://shop.example/".to_owned(),
        page: "https://shop.example/".to_owned(),
        pages: vec!["https://shop.example/".to_owned()],
        gate: Gate::Live,
        before,
        refused: Some(refused),
        granted: Some(granted),
        ..Seen::default()
    }
}

fn of_weight(findings: &[Finding], weight: Weight) -> Vec<&str> {
    findings.iter().filter(|finding| finding.weight == weight).map(|finding| finding.about.as_str()).collect()
}

const SCRIPT: (&str, &str) = ("https://stats.example/a.js?v=1", "script");

#[test]
fn a_page_that_waits_and_says_all_has_nothing_to_find() {
    let quiet = || visit(&[("https://cdn.example/x.css", "stylesheet")], &[cookie("SID", None)], &[]);
    let decided = || Visit { entries: vec![entry("unticked", EntryKind::Local)], ..quiet() };
    let granted = visit(
        &[("https://cdn.example/x.css", "stylesheet"), SCRIPT, ("https://forms.example/consent.js", "script")],
        &[cookie("SID", None), cookie("_cnt_9", Some(86_400))],
        &[entry("cnt", EntryKind::Local), entry("unticked", EntryKind::Local)],
    );
    let seen = seen(quiet(), decided(), granted);
    assert_eq!(judge(&seen, &declared(BANNER)), []);
    assert!(!Report::new(seen, &declared(BANNER)).is_wanting());
}

#[test]
fn what_comes_before_a_decision_and_after_a_refusal_is_a_breach_and_said_once() {
    let early = || visit(&[SCRIPT, SCRIPT], &[cookie("_cnt_12345", Some(60))], &[]);
    // The id at the name's end differs between visits.
    let later = visit(&[SCRIPT], &[cookie("_cnt_67890", Some(60))], &[entry("late", EntryKind::Session)]);
    let findings = judge(&seen(early(), later, early()), &declared(BANNER));
    assert_eq!(of_weight(&findings, Weight::Breach), ["_cnt_*", "stats.example", "late"]);
    let host = findings.iter().find(|finding| finding.about == "stats.example").unwrap();
    assert_eq!(
        host.says,
        "stats.example was asked for 2 scripts (https://stats.example/a.js) before any decision and after a refusal"
    );
    assert!(
        host.advice.contains("declares it for `statistics`") && host.advice.contains("data-category=\"statistics\"")
    );
    let late = findings.iter().find(|finding| finding.about == "late").unwrap();
    assert_eq!(late.says, "late was in the session storage after a refusal");
    assert!(Report::new(seen(early(), early(), early()), &declared(BANNER)).is_wanting());
}

#[test]
fn our_own_entry_is_a_breach_only_while_nothing_was_decided() {
    let ours = || visit(&[], &[], &[entry("unticked", EntryKind::Local)]);
    let findings = judge(&seen(ours(), ours(), ours()), &declared(BANNER));
    assert_eq!(of_weight(&findings, Weight::Breach), ["unticked"]);
    assert!(findings[0].says.ends_with("before any decision"), "{}", findings[0].says);
    let findings = judge(&seen(Visit::default(), ours(), ours()), &declared(BANNER));
    assert_eq!(of_weight(&findings, Weight::Breach), [""; 0]);
}

#[test]
fn what_a_grant_brings_and_nobody_declared_is_named_and_what_is_declared_and_absent_is_a_hint() {
    let foreign = Cookie { third_party: true, domain: ".ads.example".to_owned(), ..cookie("uid", Some(60)) };
    let granted = visit(
        &[("https://www.google-analytics.com/g/collect", "beacon")],
        &[foreign, cookie("_cnt_1", Some(60))],
        &[entry("seen", EntryKind::Local), entry("db", EntryKind::Database)],
    );
    let findings = judge(&seen(Visit::default(), Visit::default(), granted), &declared(BANNER));
    assert_eq!(of_weight(&findings, Weight::Undeclared), ["uid of .ads.example", "www.google-analytics.com", "seen"]);
    assert!(findings.iter().any(|finding| finding.advice.contains("looks like Google Analytics")));
    let hints: Vec<&str> =
        findings.iter().filter(|one| one.weight == Weight::Hint).map(|one| one.says.as_str()).collect();
    assert_eq!(
        hints,
        [
            "db was in the IndexedDB after a grant, and banner.toml does not declare it",
            "of Counter, which is declared, this was not seen: stats.example, cnt",
            "Basket is declared, and nothing of it was seen",
        ]
    );
}

#[test]
fn a_declared_cookie_that_no_withdrawal_would_delete_is_a_hint() {
    let hidden = Cookie { http_only: true, ..cookie("_cnt_a", Some(60)) };
    let elsewhere = Cookie { path: "/shop".to_owned(), ..cookie("_cnt_b", Some(60)) };
    let granted = visit(&[SCRIPT], &[hidden, elsewhere], &[]);
    let findings = judge(&seen(Visit::default(), Visit::default(), granted), &declared(BANNER));
    let hints = of_weight(&findings, Weight::Hint);
    assert!(hints.contains(&"_cnt_a") && hints.contains(&"_cnt_b"), "{findings:?}");
    assert!(findings.iter().any(|finding| finding.advice.contains("path = \"/shop\"")));
}

#[test]
fn without_the_gate_the_first_visit_is_judged_and_it_is_said() {
    let mut seen = seen(visit(&[SCRIPT], &[], &[]), Visit::default(), Visit::default());
    (seen.gate, seen.refused, seen.granted) = (Gate::Absent, None, None);
    seen.others = vec!["Cookiebot".to_owned()];
    let nothing = Declared::default();
    assert_eq!(of_weight(&judge(&seen, &nothing), Weight::Breach), ["stats.example"]);
    let said = remarks(&seen, &nothing).join("\n");
    assert!(said.contains("does not have Unticked's gate") && said.contains("Cookiebot"), "{said}");
}

#[test]
fn definitions_with_errors_are_read_as_far_as_they_go() {
    let broken = declared(&format!("{BANNER}\nnonsense = 1\n"));
    assert!(broken.services.is_empty() && broken.trouble.as_ref().unwrap().contains("nothing counts as declared"));
    // Here only the controller is missing, and the purposes' bases are known.
    let known = declared(BANNER);
    assert!(known.trouble.is_some() && known.services.len() == 2);
    assert!(known.is_asked(&known.services[0]) && !known.is_asked(&known.services[1]));
}

/// The smallest sound folder, with what was written into it.
fn checked(files: &[(String, String)]) -> Vec<definition::Finding> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/definitions");
    let mut all = crate::forms::definition_files(&folder).unwrap();
    all.remove("banner.toml");
    all.extend(files.iter().cloned());
    definition::check(&all).findings
}

#[test]
fn what_is_written_has_nothing_wrong_but_what_is_left_to_do() {
    let foreign =
        Cookie { third_party: true, domain: ".doubleclick.net".to_owned(), ..cookie("IDE", Some(390 * 86_400)) };
    let odd =
        Cookie { path: "/a\"b".to_owned(), domain: ".shop.example".to_owned(), ..cookie("we\"ird_8f3a19c2", None) };
    let granted = visit(
        &[
            ("https://www.google-analytics.com/a.js", "script"),
            ("https://region1.google-analytics.com/g/collect", "beacon"),
            ("https://www.youtube-nocookie.com/embed/1", "frame"),
            ("https://px.strange.example/1", "image"),
        ],
        &[foreign, odd, cookie("_ga_A1B2C3", Some(400 * 86_400)), cookie("_ga_X", Some(100))],
        &[entry("yt-remote-1", EntryKind::Local), entry("tab", EntryKind::Session), entry("d\nb", EntryKind::Database)],
    );
    let seen = seen(Visit::default(), Visit::default(), granted);
    for languages in [&["en"][..], &["en", "bg"]] {
        let languages = languages.iter().map(|one| unticked_shared::id::Language::parse(one).unwrap()).collect();
        let declared = Declared { languages, ..Declared::default() };
        let text = write::banner(&seen, &declared);
        let mut files = vec![("banner.toml".to_owned(), text.clone())];
        files.extend(
            write::purposes(&seen, &declared).into_iter().map(|(name, text)| (format!("purposes/{name}.toml"), text)),
        );
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["banner.toml", "purposes/advertising.toml", "purposes/media.toml", "purposes/statistics.toml"]
        );
        let findings = checked(&files);
        let of_ours: Vec<String> = findings
            .iter()
            .filter(|one| files.iter().any(|(name, _)| *name == one.file))
            .map(ToString::to_string)
            .collect();
        let left = |line: &&String| line.contains("[unfinished]") || line.contains("purposes/todo.toml");
        assert_eq!(of_ours.iter().filter(|line| !left(line)).collect::<Vec<_>>(), [""; 0], "{text}");
        assert!(of_ours.iter().any(|line| line.contains("unknown-purpose")), "{of_ours:?}");
        let todos: usize = files.iter().map(|(_, text)| text.matches("\"TODO").count()).sum();
        assert_eq!(of_ours.iter().filter(|line| line.contains("[unfinished]")).count(), todos);
        for piece in [
            "\"*.google-analytics.com\"",
            "name = \"_ga_*\"",
            "duration = { en = \"13 months\"",
            "domain = \".doubleclick.net\"",
            "key = \"yt-*\"",
        ] {
            assert!(text.contains(piece), "{piece} is not in\n{text}");
        }
        // What is declared by it is everything that was seen.
        let files: BTreeMap<String, String> = files.into_iter().collect();
        let findings = judge(&seen, &Declared::read(&files));
        assert_eq!(of_weight(&findings, Weight::Undeclared), [""; 0], "{text}");
    }
}

#[test]
fn a_purpose_that_the_owner_has_is_used_and_not_begun_anew() {
    let granted = visit(&[("https://www.google-analytics.com/a.js", "script")], &[], &[]);
    let seen = seen(Visit::default(), Visit::default(), granted);
    let own = "name.en = \"P\"\nkind = \"analytics\"\nlegal_basis = \"consent\"\n";
    let declared = Declared::read(&BTreeMap::from([("purposes/counting.toml".to_owned(), own.to_owned())]));
    assert!(write::banner(&seen, &declared).contains("purpose = \"counting\""));
    assert!(write::purposes(&seen, &declared).is_empty());
}

#[test]
fn nothing_is_written_over_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let granted = visit(&[("https://www.google-analytics.com/a.js", "script")], &[], &[]);
    let seen = seen(Visit::default(), Visit::default(), granted);
    let out = folder.path().join("banner.toml");
    std::fs::create_dir(folder.path().join("purposes")).unwrap();
    std::fs::write(folder.path().join("purposes/statistics.toml"), "mine").unwrap();
    assert_eq!(write::write(&out, &seen, &Declared::default()).unwrap(), std::slice::from_ref(&out));
    assert_eq!(std::fs::read_to_string(folder.path().join("purposes/statistics.toml")).unwrap(), "mine");
    std::fs::write(&out, "mine, too").unwrap();
    assert!(write::write(&out, &seen, &Declared::default()).is_err());
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine, too");
}

#[test]
fn a_key_of_somebody_s_begins_no_line_of_the_report() {
    let early = || visit(&[], &[], &[entry("x\nBREACH  all is lost", EntryKind::Local)]);
    let text = Report::new(seen(early(), early(), early()), &declared(BANNER)).to_string();
    assert!(text.contains("x\u{fffd}BREACH") && !text.contains("\nBREACH  all"), "{text}");
}

#[test]
fn a_lifetime_is_said_as_people_say_it() {
    let days = |count: i64| write::lasting(count * 86_400);
    assert_eq!(
        [days(400), days(365), days(730), days(90), days(1), days(180)],
        ["13 months", "1 year", "2 years", "90 days", "24 hours", "6 months"]
    );
    assert_eq!(
        [write::lasting(1800), write::lasting(60), write::lasting(-5)],
        ["30 minutes", "60 seconds", "it is gone at once"]
    );
}
