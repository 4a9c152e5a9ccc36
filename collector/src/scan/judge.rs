//! What was seen against what is declared: each difference a sentence, and another that says what to do.

use std::collections::BTreeMap;

use serde::Serialize;
use unticked_shared::definition::banner::{self, Service, StorageKind};

use super::{
    declared::Declared,
    known, names,
    seen::{CONNECTION, Cookie, Entry, EntryKind, Gate, Requested, Seen, Visit},
};

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Loaded or stored before a decision, or after a refusal (§ 25 TDDDG, Art. 5(3) of Directive 2002/58/EC).
    Breach,
    /// Granted, and nobody was told of it: such a grant was not informed (Art. 4(11) GDPR).
    Undeclared,
    /// Worth a look.
    Hint,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub weight: Weight,
    /// The host, cookie, entry or service.
    pub about: String,
    /// What is.
    pub says: String,
    /// What to do.
    pub advice: String,
}

/// Our own entry, kept from a decision on.
const OURS: &str = "unticked";

/// Everything that the owner needs to know, the gravest first.
pub fn judge(seen: &Seen, declared: &Declared) -> Vec<Finding> {
    let judge = Judge { seen, declared };
    let mut findings = Vec::new();
    let too_early = judge.breaches();
    if let Some(granted) = &seen.granted {
        findings.extend(judge.undeclared(granted, &too_early));
        findings.extend(judge.not_deleted(granted));
        findings.extend(judge.never_seen(granted));
    }
    findings.extend(too_early.into_values());
    findings.sort_by_key(|finding| finding.weight);
    findings
}

/// What a thing is called among others: its class and its name.
type Name = (&'static str, String);

struct Judge<'s> {
    seen: &'s Seen,
    declared: &'s Declared,
}

impl Judge<'_> {
    /// What came before a decision or after a refusal, and did not rest on another basis.
    fn breaches(&self) -> BTreeMap<Name, Finding> {
        let mut found: BTreeMap<Name, (Vec<&'static str>, Thing<'_>)> = BTreeMap::new();
        let visits =
            [("before any decision", Some(&self.seen.before)), ("after a refusal", self.seen.refused.as_ref())];
        for (when, visit) in visits {
            for thing in visit.into_iter().flat_map(things) {
                let decided = when != "before any decision";
                if thing.is_ours(&self.seen.page, decided)
                    || self.services(thing).any(|one| !self.declared.is_asked(one))
                {
                    continue;
                }
                let times = &mut found.entry(thing.name()).or_insert_with(|| (Vec::new(), thing)).0;
                if times.last() != Some(&when) {
                    times.push(when);
                }
            }
        }
        let finding = |(name, (times, thing)): (Name, (Vec<&'static str>, Thing<'_>))| {
            let says = format!("{} {}", thing.says(), times.join(" and "));
            let about = name.1.clone();
            (name, Finding { weight: Weight::Breach, about, says, advice: self.how_to_stop(thing) })
        };
        found.into_iter().map(finding).collect()
    }

    fn how_to_stop(&self, thing: Thing<'_>) -> String {
        let mark = |purpose: &str| match thing {
            Thing::Request(_) => format!("give its tag type=\"text/plain\" and data-category=\"{purpose}\""),
            _ => format!(
                "find the tag that leaves it, and give that type=\"text/plain\" and data-category=\"{purpose}\""
            ),
        };
        if let Some(service) = self.services(thing).next() {
            let purpose = service.purpose.as_str();
            return format!("banner.toml declares it for `{purpose}`, which is asked for: {}", mark(purpose));
        }
        match thing.known() {
            Some(known) => {
                let purpose = known.used_for.purpose();
                format!(
                    "It looks like {}, usually for {purpose}: declare it in banner.toml, and {}",
                    known.name,
                    mark(purpose)
                )
            }
            None if matches!(thing, Thing::Request(_)) => {
                "Find the tag that loads it, mark it with the purpose that it serves, and declare it in banner.toml"
                    .to_owned()
            }
            None => "Find what leaves it, mark that with the purpose that it serves, and declare it in banner.toml"
                .to_owned(),
        }
    }

    /// What came with a grant and is not declared.
    fn undeclared(&self, granted: &Visit, too_early: &BTreeMap<Name, Finding>) -> Vec<Finding> {
        let mut found = BTreeMap::new();
        for thing in things(granted) {
            let name = thing.name();
            if thing.is_ours(&self.seen.page, true)
                || too_early.contains_key(&name)
                || self.services(thing).next().is_some()
            {
                continue;
            }
            let advice = match (thing, thing.known()) {
                (Thing::Entry(Entry { kind: EntryKind::Database | EntryKind::Cache, .. }), _) => {
                    "banner.toml declares cookies, local and session storage alone: say it in the service's recipient or the purpose's \
                     statement, and delete it in a listener of `unticked.on(\"decided\", …)`"
                        .to_owned()
                }
                (_, Some(known)) => format!("It looks like {}: add it to the service in banner.toml", known.name),
                (_, None) => "Add it to the service that it belongs to in banner.toml, or take it off the page".to_owned(),
            };
            let says = format!("{} after a grant, and banner.toml does not declare it", thing.says());
            let weight =
                if advice.starts_with("banner.toml declares cookies") { Weight::Hint } else { Weight::Undeclared };
            let about = name.1.clone();
            found.entry(name).or_insert(Finding { weight, about, says, advice });
        }
        found.into_values().collect()
    }

    /// Declared cookies that a withdrawal would leave.
    fn not_deleted(&self, granted: &Visit) -> Vec<Finding> {
        let page = names::host(&self.seen.page).unwrap_or_default();
        let mut findings = Vec::new();
        for cookie in granted.cookies.iter().filter(|cookie| !cookie.third_party) {
            let asked = self.services(Thing::Cookie(cookie)).find(|one| self.declared.is_asked(one));
            let Some(declared) = asked.and_then(|one| one.cookies.iter().find(|one| declares(one, cookie, &[], &page)))
            else {
                continue;
            };
            let hint = |says: String, advice: String| Finding {
                weight: Weight::Hint,
                about: cookie.name.clone(),
                says,
                advice,
            };
            if cookie.http_only {
                findings.push(hint(
                    format!(
                        "the cookie {} is HttpOnly, so no script deletes it when its purpose is taken back",
                        cookie.name
                    ),
                    "Let your server delete it, or set it without HttpOnly".to_owned(),
                ));
            } else if declared.path.as_deref().unwrap_or("/") != cookie.path {
                findings.push(hint(
                    format!(
                        "the cookie {} is set for the path {}, and banner.toml says another",
                        cookie.name, cookie.path
                    ),
                    format!(
                        "Add path = \"{}\" to it: otherwise it is not deleted when its purpose is taken back",
                        cookie.path
                    ),
                ));
            }
        }
        findings
    }

    /// What is declared and did not come, even with a grant.
    fn never_seen(&self, granted: &Visit) -> Vec<Finding> {
        let page = names::host(&self.seen.page).unwrap_or_default();
        let visits: Vec<&Visit> =
            [Some(&self.seen.before), self.seen.refused.as_ref(), Some(granted)].into_iter().flatten().collect();
        let mut findings = Vec::new();
        for service in &self.declared.services {
            let host = |pattern: &&String| {
                visits.iter().flat_map(|visit| &visit.requests).any(|one| names::fits_host(pattern, &one.host))
                    || names::fits_host(pattern, &page)
            };
            let cookie = |one: &&banner::Cookie| {
                visits
                    .iter()
                    .flat_map(|visit| &visit.cookies)
                    .any(|cookie| declares(one, cookie, &service.hosts, &page))
            };
            let stored =
                |one: &&banner::Stored| visits.iter().flat_map(|visit| &visit.entries).any(|entry| stored(one, entry));
            let missing: Vec<&str> = (service.hosts.iter().filter(|one| !host(one)).map(String::as_str))
                .chain(service.cookies.iter().filter(|one| !cookie(one)).map(|one| one.name.as_str()))
                .chain(service.storage.iter().filter(|one| !stored(one)).map(|one| one.key.as_str()))
                .collect();
            let all = service.hosts.len() + service.cookies.len() + service.storage.len();
            if missing.is_empty() {
                continue;
            }
            let says = if missing.len() == all {
                format!("{} is declared, and nothing of it was seen", service.name)
            } else {
                format!("of {}, which is declared, this was not seen: {}", service.name, missing.join(", "))
            };
            let advice = "Other pages may have it (--pages 5 looks at more), or it comes with a click; otherwise take it out of banner.toml";
            findings.push(Finding {
                weight: Weight::Hint,
                about: service.name.clone(),
                says,
                advice: advice.to_owned(),
            });
        }
        findings
    }

    /// The services that declare a thing.
    fn services<'j>(&'j self, thing: Thing<'j>) -> impl Iterator<Item = &'j Service> {
        let page = names::host(&self.seen.page).unwrap_or_default();
        self.declared.services.iter().filter(move |service| match thing {
            Thing::Request(request) => service.hosts.iter().any(|pattern| names::fits_host(pattern, &request.host)),
            Thing::Cookie(cookie) => service.cookies.iter().any(|one| declares(one, cookie, &service.hosts, &page)),
            Thing::Entry(entry) => service.storage.iter().any(|one| stored(one, entry)),
        })
    }
}

/// Something that was seen.
#[derive(Debug, Clone, Copy)]
enum Thing<'s> {
    Request(&'s Requested),
    Cookie(&'s Cookie),
    Entry(&'s Entry),
}

fn things(visit: &Visit) -> impl Iterator<Item = Thing<'_>> {
    (visit.requests.iter().map(Thing::Request))
        .chain(visit.cookies.iter().map(Thing::Cookie))
        .chain(visit.entries.iter().map(Thing::Entry))
}

impl Thing<'_> {
    /// Ids at the end of a name differ from visit to visit, and are no difference.
    fn name(self) -> Name {
        match self {
            Self::Request(request) => ("host", request.host.clone()),
            Self::Cookie(cookie) => {
                let name = known::of_cookie(&cookie.name)
                    .map_or_else(|| names::pattern(&cookie.name), |(_, one)| one.to_owned());
                ("cookie", if cookie.third_party { format!("{name} of {}", cookie.domain) } else { name })
            }
            Self::Entry(entry) => {
                let key =
                    known::of_entry(&entry.key).map_or_else(|| names::pattern(&entry.key), |(_, one)| one.to_owned());
                (entry.kind.words(), if entry.third_party { format!("{key} of {}", entry.origin) } else { key })
            }
        }
    }

    /// The decision itself, kept from the decision on.
    fn is_ours(self, page: &str, decided: bool) -> bool {
        let Self::Entry(entry) = self else { return false };
        let own = names::host(&entry.origin) == names::host(page);
        decided && own && entry.kind == EntryKind::Local && entry.key == OURS
    }

    fn known(self) -> Option<&'static known::Known> {
        match self {
            Self::Request(request) => known::of_host(&request.host),
            Self::Cookie(cookie) => known::of_cookie(&cookie.name)
                .map(|(one, _)| one)
                .or_else(|| cookie.third_party.then(|| known::of_host(cookie.domain.trim_start_matches('.')))?),
            Self::Entry(entry) => known::of_entry(&entry.key)
                .map(|(one, _)| one)
                .or_else(|| entry.third_party.then(|| known::of_host(&names::host(&entry.origin)?))?),
        }
    }

    /// `t.example was asked for a script`, up to when.
    fn says(self) -> String {
        match self {
            Self::Request(request) if request.types.keys().all(|kind| kind == CONNECTION) => {
                format!("a connection to {} was opened, which tells it the visitor's address,", request.host)
            }
            Self::Request(request) => {
                format!("{} was asked for {} ({})", request.host, counted(&request.types), request.example)
            }
            Self::Cookie(cookie) => {
                let whose = if cookie.third_party { format!(" of {}", cookie.domain) } else { String::new() };
                format!("the cookie {}{whose} was there", cookie.name)
            }
            Self::Entry(entry) => {
                let whose = if entry.third_party { format!(" of {}", entry.origin) } else { String::new() };
                format!("{} was in the {}{whose}", entry.key, entry.kind.words())
            }
        }
    }
}

/// `2 scripts and an image`.
pub fn counted(types: &BTreeMap<String, usize>) -> String {
    let mut parts: Vec<String> = types.iter().map(|(kind, count)| number(kind, *count)).collect();
    let last = parts.pop().unwrap_or_default();
    if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) }
}

fn number(kind: &str, count: usize) -> String {
    let (one, many) = match kind {
        "media" => ("a recording", "recordings"),
        "fetch" => ("a call of a script", "calls of scripts"),
        "page" => ("a page on the way", "pages on the way"),
        "image" => ("an image", "images"),
        "request" => ("something", "things"),
        other if count == 1 => return format!("a {other}"),
        other => return format!("{count} {other}s"),
    };
    if count == 1 { one.to_owned() } else { format!("{count} {many}") }
}

/// Whether a declared cookie is this one. Without a domain the page's own is meant, or one of the service's own hosts.
fn declares(one: &banner::Cookie, cookie: &Cookie, hosts: &[String], page: &str) -> bool {
    let domain = cookie.domain.trim_start_matches('.');
    let there = match &one.domain {
        Some(declared) => names::fits_host(declared.trim_start_matches('.'), domain),
        None => {
            names::same_site(domain, page)
                || hosts.iter().any(|host| {
                    names::fits_host(host, domain)
                        || (cookie.domain.starts_with('.') && host.ends_with(cookie.domain.as_str()))
                })
        }
    };
    there && names::fits(&one.name, &cookie.name)
}

fn stored(one: &banner::Stored, entry: &Entry) -> bool {
    let kind = match one.kind {
        StorageKind::Local => EntryKind::Local,
        StorageKind::Session => EntryKind::Session,
    };
    kind == entry.kind && names::fits(&one.key, &entry.key)
}

/// What an owner must know before the rest: on which footing it was seen.
pub fn remarks(seen: &Seen, declared: &Declared) -> Vec<String> {
    let mut remarks = Vec::new();
    match seen.gate {
        Gate::Live => {}
        Gate::Stub => remarks.push(
            "The page has a `window.unticked` that queues calls, and nothing took them: gate.js did not load, or stands behind it. \
             Nothing could be decided; this is the first visit alone."
                .to_owned(),
        ),
        Gate::Absent => remarks.push(
            "The page does not have Unticked's gate, so nothing could be refused or granted: this is the first visit alone.".to_owned(),
        ),
    }
    if !seen.others.is_empty() {
        remarks.push(format!(
            "Another tool asks for consent here ({}); nothing in it was clicked.",
            seen.others.join(", ")
        ));
    }
    if seen.gate == Gate::Live && !declared.banner {
        remarks.push("There is no banner.toml in the definitions, so nothing counts as declared.".to_owned());
    }
    remarks.extend(declared.trouble.iter().map(|trouble| format!("Note: {trouble}.")));
    remarks.extend(seen.notes.iter().map(|note| format!("Note: {note}.")));
    remarks
}
