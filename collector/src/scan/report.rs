//! What is said of a scan: for people line by line, for programs as JSON.

use std::fmt;

use serde::Serialize;

use super::{
    declared::Declared,
    judge::{self, Finding, Weight},
    names,
    seen::{Seen, Visit},
    write::lasting,
};

/// Everything: what was seen, and what is to be done about it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What was seen.
    pub seen: Seen,
    /// On which footing.
    pub remarks: Vec<String>,
    /// What to do, the gravest first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Holds what was seen against what is declared.
    pub fn new(seen: Seen, declared: &Declared) -> Self {
        Self { remarks: judge::remarks(&seen, declared), findings: judge::judge(&seen, declared), seen }
    }

    /// Whether something is loaded, stored or undeclared that must not be.
    pub fn is_wanting(&self) -> bool {
        self.findings.iter().any(|finding| finding.weight != Weight::Hint)
    }

    fn count(&self, weight: Weight) -> usize {
        self.findings.iter().filter(|finding| finding.weight == weight).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = &self.seen;
        write!(f, "{}", names::bare(&seen.asked))?;
        if names::bare(&seen.asked) != seen.page {
            write!(f, ", which led to {}", seen.page)?;
        }
        writeln!(f)?;
        for page in seen.pages.iter().skip(1) {
            writeln!(f, "and {}", names::bare(page))?;
        }
        if let Some(collector) = &seen.collector {
            writeln!(f, "The collector is {collector}; what it is asked for is left out.")?;
        }
        for remark in &self.remarks {
            writeln!(f, "{remark}")?;
        }
        let visits = [
            ("Before any decision", Some(&seen.before)),
            ("After refusing everything", seen.refused.as_ref()),
            ("After granting everything", seen.granted.as_ref()),
        ];
        for (when, visit) in visits {
            if let Some(visit) = visit {
                writeln!(f, "\n{when}")?;
                show(visit, f)?;
            }
        }
        writeln!(f)?;
        for finding in &self.findings {
            let word = match finding.weight {
                Weight::Breach => "BREACH    ",
                Weight::Undeclared => "UNDECLARED",
                Weight::Hint => "hint      ",
            };
            writeln!(f, "{word}  {}.\n            > {}", flat(&finding.says), flat(&finding.advice))?;
        }
        if self.count(Weight::Breach) > 0 {
            writeln!(
                f,
                "Whatever the page needs for what the visitor came for may be there from the start: declare it in banner.toml for \
                 a purpose that rests on another basis than consent.\n"
            )?;
        }
        let (breaches, undeclared) = (self.count(Weight::Breach), self.count(Weight::Undeclared));
        writeln!(
            f,
            "{} loaded or stored without consent, {} not declared, {}",
            breaches,
            undeclared,
            if self.count(Weight::Hint) == 1 {
                "1 hint".to_owned()
            } else {
                format!("{} hints", self.count(Weight::Hint))
            }
        )
    }
}

fn show(visit: &Visit, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if visit.requests.is_empty() && visit.cookies.is_empty() && visit.entries.is_empty() {
        return writeln!(f, "  nothing of others, no cookie, no entry in a storage");
    }
    for request in &visit.requests {
        writeln!(f, "  asked     {}: {}", request.host, judge::counted(&request.types))?;
    }
    for cookie in &visit.cookies {
        let stays = cookie.lifetime.map_or_else(|| "until the browser is closed".to_owned(), lasting);
        let party = if cookie.third_party { ", third party" } else { "" };
        let hidden = if cookie.http_only { ", HttpOnly" } else { "" };
        writeln!(f, "  cookie    {}  {}  {}  {stays}{hidden}{party}", cookie.name, cookie.domain, cookie.path)?;
    }
    for entry in &visit.entries {
        let party = if entry.third_party { ", third party" } else { "" };
        writeln!(f, "  stored    {}  {}  {}{party}", flat(&entry.key), entry.origin, entry.kind.words())?;
    }
    Ok(())
}

/// A name that others gave begins no line of ours.
fn flat(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
