//! The documentation, taken at its word: every fenced block of `docs/*.md` and of README.md is run or checked, every
//! link leads somewhere, and what is generated from the code is as the code has it.
//!
//! The first line of a block says what happens to it (`block.rs`); a block that says nothing is a failure, so that
//! nothing is passed over in silence. Each page has a fresh folder, ports of its own, and stand-ins for `crm.example`
//! and `vtiger.example`; nothing speaks to the internet. `UNTICKED_DOCS_PAGE=backup` runs one page alone, and
//! `UNTICKED_UPDATE_DOCS=1` writes the generated pages anew.
#![expect(clippy::unwrap_used, reason = "a page that cannot be read has failed")]
#![expect(clippy::format_push_string, reason = "pages are short, and a `write!` reads worse")]

mod block;
mod book;
mod check;
mod closed;
mod house;
mod http;
mod page;
mod reference;
mod run;
mod shell;
mod standin;
#[path = "../src/vtiger.rs"]
#[expect(dead_code, reason = "pages need less of it than stories")]
mod vtiger;

use std::{
    io::Write as _,
    sync::{Mutex, atomic::AtomicUsize, atomic::Ordering},
};

use crate::{book::Book, run::Outcome};

/// Pages run at the same time: most of the time of each is waiting.
const AT_ONCE: usize = 4;

#[test]
fn every_block_of_every_page_does_what_it_says() {
    let book = Book::read();
    let wanted = std::env::var("UNTICKED_DOCS_PAGE").unwrap_or_default();
    let pages: Vec<_> = book.pages.iter().filter(|page| wanted.is_empty() || page.name.contains(&wanted)).collect();
    assert!(!pages.is_empty(), "no page is called {wanted}");
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<(String, Outcome)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(pages.len()) {
            scope.spawn(|| {
                while let Some(page) = pages.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome = run::page(page);
                    outcomes.lock().unwrap().push((page.name.clone(), outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_by(|a, b| a.0.cmp(&b.0));
    // Past libtest's capture: the count is part of what this test says.
    let mut out = std::io::stderr().lock();
    for (name, outcome) in &outcomes {
        writeln!(out, "{name:<24} {outcome}").unwrap();
    }
    drop(out);
    let failures: Vec<String> = outcomes.iter().flat_map(|(_, outcome)| outcome.failures.clone()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_page_is_in_the_summary_and_every_link_leads_somewhere() {
    let faults = Book::read().faults();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
