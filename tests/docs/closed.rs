//! Lists that pages call closed: what is stored, what the script says, what it may tell.

use std::fs;

use crate::{book, check};

fn page(name: &str) -> String {
    fs::read_to_string(book::docs().join(name)).unwrap()
}

fn source(path: &str) -> String {
    fs::read_to_string(book::root().join(path)).unwrap()
}

#[test]
fn every_table_is_on_the_page_that_says_what_is_stored() {
    let storage = page("storage.md");
    let mut tables = 0;
    for engine in ["sqlite", "postgres"] {
        let migrations = check::sources(&book::root().join("collector/src/store/migrations").join(engine));
        for line in migrations.split("create table ").skip(1) {
            let name: String = line.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            // A table that is made anew under another name for a while.
            let name = name.trim_end_matches("_new");
            assert!(storage.contains(&format!("| `{name}` |")), "docs/storage.md does not name the table {name}");
            tables += 1;
        }
    }
    assert!(tables > 10, "the migrations cannot be read");
}

/// What governs the site's own loading, and so remembers what was decided about it.
const GATE: [&str; 2] = ["gate.js", "consent.js"];

#[test]
fn forms_store_nothing_on_a_visitors_device() {
    let mut code = check::sources(&book::root().join("widget/src"));
    for entry in fs::read_dir(book::root().join("widget/loader")).unwrap() {
        let path = entry.unwrap().path();
        if !GATE.iter().any(|gate| path.ends_with(gate)) {
            code += &fs::read_to_string(path).unwrap();
        }
    }
    for way in [
        "cookie",
        "localStorage",
        "sessionStorage",
        "local_storage",
        "session_storage",
        "indexedDB",
        "caches.",
        "serviceWorker",
        "navigator.storage",
    ] {
        assert!(!code.contains(way), "the widget mentions {way}; docs/storage.md says that nothing is stored");
    }
    let collector = check::sources(&book::root().join("collector/src")).to_ascii_lowercase();
    assert!(!collector.contains("set_cookie") && !collector.contains("set-cookie"), "the collector sets a cookie");
}

#[test]
fn the_gate_keeps_one_entry_and_the_page_names_everything_in_it() {
    let page = page("banner.md");
    let code: String = GATE.iter().map(|file| source(&format!("widget/loader/{file}"))).collect();
    assert_eq!(code.matches("setItem(").count(), 1, "an entry more than docs/banner.md names");
    assert!(code.contains("localStorage.setItem(K,") && code.contains("K = \"unticked\""));
    // A cookie is written only to be deleted.
    let written: Vec<&str> = code.lines().filter(|line| line.contains(".cookie = ")).collect();
    assert!(written.iter().all(|line| line.contains("\"=;max-age=0;")), "{written:?}");
    for way in ["indexedDB", "caches.", "serviceWorker", "cookieStore", "navigator.storage"] {
        assert!(!code.contains(way), "the gate mentions {way}; docs/banner.md says that there is one entry");
    }
    let gate = source("widget/loader/gate.js");
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut keys = 0;
    // `E` is the entry wherever it stands by itself, and `e` the one that is made.
    for (at, _) in gate.match_indices("E.") {
        if gate[..at].ends_with(|c: char| name(c) || c == '.') {
            continue;
        }
        let key: String = gate[at + 2..].chars().take_while(|c| name(*c)).collect();
        assert!(page.contains(&format!("| `{key}` |")), "docs/banner.md does not name `{key}` of the entry");
        keys += 1;
    }
    assert!(keys > 5, "the gate cannot be read");
    let made = gate.split("o = { t: L").nth(1).and_then(|rest| rest.split(" };").next()).expect("what is made");
    let made: Vec<&str> = made.split(", ").filter_map(|pair| pair.split_once(": ")).map(|(key, _)| key).collect();
    assert_eq!(made[1..], ["c", "g", "w", "u"], "docs/banner.md names what the gate makes");
}

#[test]
fn what_the_script_tells_the_owner_is_explained() {
    let page = plain(&page("troubleshooting.md"));
    let mut told = 0;
    for file in ["adopt.js", "unticked.js"] {
        for line in source(&format!("widget/loader/{file}")).lines() {
            let Some(at) = ["say(one,", "note(\"", "console."].iter().filter_map(|call| line.find(call)).min() else {
                continue;
            };
            // Every second piece between quotes is a text.
            for text in line[at..].replace("\\\"", "\u{1}").split('"').skip(1).step_by(2) {
                let text = text.replace('\u{1}', "\"").replace("Unticked: ", "");
                let text = text.trim_matches([' ', '“', '”', '(', ')', ',', '.', ':', ';']);
                if text.len() < 15 {
                    continue;
                }
                let known = page.contains(&plain(text));
                assert!(known, "docs/troubleshooting.md does not explain `{text}` of {file}");
                told += 1;
            }
        }
    }
    assert!(told > 5, "the script's sentences cannot be read");
}

/// Without what stands for a name.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| !"…“”`(),".contains(*c)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_package_has_the_very_types_that_the_loader_has() {
    assert_eq!(source("npm/unticked.d.ts"), source("widget/types/unticked.d.ts"), "copy the second over the first");
}

#[test]
fn every_problem_that_a_page_can_hear_of_is_explained() {
    let types = source("widget/types/unticked.d.ts");
    let problems =
        types.split("export type UntickedProblem =").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let page = page("troubleshooting.md");
    let lines: Vec<&str> = problems.lines().filter_map(|line| line.trim().strip_prefix("| \"")).collect();
    assert!(lines.len() > 10, "the type cannot be read");
    for problem in lines.iter().filter_map(|line| line.split('"').next()) {
        assert!(page.contains(&format!("| `{problem}` |")), "docs/troubleshooting.md does not explain {problem}");
    }
}
