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

#[test]
fn nothing_is_stored_on_a_visitors_device() {
    let mut code = check::sources(&book::root().join("widget/loader"));
    code += &check::sources(&book::root().join("widget/src"));
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
