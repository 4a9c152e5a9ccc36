//! A `banner.toml` to start from: services by host, with what they left, and a `TODO` wherever only the owner knows.
//!
//! Every text that begins with `TODO` is an error of `unticked check`, and so is the purpose `todo`: what is written here cannot
//! go to visitors unread. Purposes that are named and missing are begun beside it. Nothing is ever written over a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use unticked_shared::{decision::LegalBasis, definition::purpose::PurposeKind, id::Language};

use super::{
    declared::Declared,
    known::{self, Use},
    names,
    seen::{Cookie, EntryKind, Seen, Visit},
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// The purpose of whatever nobody but the owner can place. No file declares it.
const UNPLACED: &str = "todo";

/// What could not be written, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", .path.display())]
pub struct WriteError {
    path: PathBuf,
    cause: io::Error,
}

/// Writes `out`, and the purposes that it names and nobody has declared; answers what was written.
pub fn write(out: &Path, seen: &Seen, declared: &Declared) -> Result<Vec<PathBuf>, WriteError> {
    let folder = out.parent().unwrap_or(Path::new(""));
    let mut written = vec![out.to_owned()];
    put(out, &banner(seen, declared))?;
    for (name, text) in purposes(seen, declared) {
        let file = folder.join("purposes").join(format!("{name}.toml"));
        if !file.exists() {
            put(&file, &text)?;
            written.push(file);
        }
    }
    Ok(written)
}

fn put(file: &Path, text: &str) -> Result<(), WriteError> {
    let written = fs::create_dir_all(file.parent().unwrap_or(Path::new("")))
        .and_then(|()| OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes()));
    written.map_err(|cause| WriteError { path: file.to_owned(), cause })
}

/// A service as it will stand in the file.
#[derive(Default)]
struct Draft {
    recipient: &'static str,
    used_for: Option<Use>,
    hosts: BTreeSet<String>,
    cookies: BTreeMap<(String, Option<String>, Option<String>), Option<i64>>,
    entries: BTreeSet<(String, &'static str)>,
    others: BTreeSet<String>,
}

/// What was seen in any visit, by service.
fn drafts(seen: &Seen) -> BTreeMap<String, Draft> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let page = names::host(&seen.page).unwrap_or_default();
    let visits: Vec<&Visit> =
        [Some(&seen.before), seen.refused.as_ref(), seen.granted.as_ref()].into_iter().flatten().collect();
    for request in visits.iter().flat_map(|visit| &visit.requests) {
        let known = known::of_host(&request.host);
        let draft = of(&mut drafts, known, names::site(&request.host));
        let pattern = known.and_then(|known| {
            known.hosts.iter().find(|pattern| {
                names::fits_host(pattern, &request.host) && !pattern.trim_start_matches("*.").contains('*')
            })
        });
        draft.hosts.insert(pattern.map_or_else(|| request.host.clone(), |pattern| (*pattern).to_owned()));
    }
    for cookie in visits.iter().flat_map(|visit| &visit.cookies) {
        let domain = cookie.domain.trim_start_matches('.');
        let by_name = known::of_cookie(&cookie.name);
        let known = by_name.map(|(known, _)| known).or_else(|| cookie.third_party.then(|| known::of_host(domain))?);
        let name = by_name.map_or_else(|| cookie_name(&cookie.name), |(_, pattern)| pattern.to_owned());
        let draft = of(&mut drafts, known, names::site(domain));
        let stays = draft.cookies.entry((name, domain_of(cookie, &page), path_of(cookie))).or_default();
        *stays = (*stays).max(cookie.lifetime);
    }
    for entry in visits.iter().flat_map(|visit| &visit.entries) {
        let host = names::host(&entry.origin).unwrap_or_default();
        if !entry.third_party && entry.kind == EntryKind::Local && entry.key == "unticked" {
            continue;
        }
        let by_key = known::of_entry(&entry.key);
        let known = by_key.map(|(known, _)| known).or_else(|| entry.third_party.then(|| known::of_host(&host))?);
        let key = by_key.map_or_else(|| names::pattern(&entry.key), |(_, pattern)| pattern.to_owned());
        let draft = of(&mut drafts, known, names::site(&host));
        match entry.kind {
            EntryKind::Local => draft.entries.insert((key, "local")),
            EntryKind::Session => draft.entries.insert((key, "session")),
            kind => draft.others.insert(format!("{key} ({})", kind.words())),
        };
    }
    drafts
}

fn of<'d>(drafts: &'d mut BTreeMap<String, Draft>, known: Option<&'static known::Known>, site: &str) -> &'d mut Draft {
    let draft = drafts.entry(known.map_or_else(|| site.to_owned(), |known| known.name.to_owned())).or_default();
    if let Some(known) = known {
        draft.recipient = known.recipient;
        draft.used_for = Some(known.used_for);
    }
    draft
}

/// The domain to declare: where it is not the page's host alone.
fn domain_of(cookie: &Cookie, page: &str) -> Option<String> {
    (cookie.domain != page).then(|| cookie.domain.clone())
}

/// A name to declare a cookie by: what no name should hold, and browsers take all the same, may be anything.
fn cookie_name(name: &str) -> String {
    let token = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(c);
    names::pattern(name).chars().map(|c| if token(c) { c } else { '*' }).collect()
}

fn path_of(cookie: &Cookie) -> Option<String> {
    (cookie.path != "/").then(|| cookie.path.clone())
}

/// The owner's purpose for a use: one of that name, else one of that kind that is asked for, else the usual name.
fn purpose_for(used_for: Use, declared: &Declared) -> String {
    let kind = match used_for {
        Use::Statistics => Some(PurposeKind::Analytics),
        Use::Advertising => Some(PurposeKind::Advertising),
        Use::Media => None,
    };
    let usual = used_for.purpose();
    if declared.purposes.keys().any(|id| id.as_str() == usual) {
        return usual.to_owned();
    }
    let fits = |(_, purpose): &(_, &unticked_shared::definition::Purpose)| {
        Some(purpose.kind) == kind && purpose.legal_basis == Some(LegalBasis::Consent)
    };
    declared.purposes.iter().find(fits).map_or_else(|| usual.to_owned(), |(id, _)| id.as_str().to_owned())
}

fn languages(declared: &Declared) -> Vec<Language> {
    if declared.languages.is_empty() {
        return vec![Language::parse("en").expect("a language")];
    }
    declared.languages.clone()
}

/// The file's text.
pub fn banner(seen: &Seen, declared: &Declared) -> String {
    let languages = languages(declared);
    let drafts = drafts(seen);
    let used: BTreeSet<String> =
        drafts.values().filter_map(|draft| Some(purpose_for(draft.used_for?, declared))).collect();
    let unplaced = drafts.values().any(|draft| draft.used_for.is_none());
    let mut purposes: Vec<&str> = used.iter().map(String::as_str).collect();
    if unplaced || purposes.is_empty() {
        purposes.push(UNPLACED);
    }
    let origin = reqwest::Url::parse(&seen.page).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let quote = |texts: &mut dyn Iterator<Item = &str>| texts.map(quoted).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "\
# A first draft, from what `unticked scan` saw at {}. What a service is for, only you know: look at each. Replace every TODO, and
# the purpose `todo` by one of yours (a file in purposes/); `unticked check` names what is left.

languages = [{}]
sites = [{}]
purposes = [{}]

",
        seen.page,
        quote(&mut languages.iter().map(Language::as_str)),
        quoted(&origin),
        quote(&mut purposes.into_iter()),
    );
    each(&mut text, "title", &languages, "TODO: May we load more than the site itself?");
    each(
        &mut text,
        "text",
        &languages,
        "TODO: Nothing beyond the site has been loaded so far, and it works without. The rest is up to you.",
    );
    for (name, draft) in &drafts {
        service(&mut text, name, draft, declared, &languages);
    }
    text
}

fn service(text: &mut String, name: &str, draft: &Draft, declared: &Declared, languages: &[Language]) {
    let purpose = draft.used_for.map_or_else(|| UNPLACED.to_owned(), |used_for| purpose_for(used_for, declared));
    let _ = write!(text, "\n[[service]]\nname = {}\npurpose = {}\n", quoted(name), quoted(&purpose));
    let recipient = if draft.recipient.is_empty() { "TODO: who receives it, and where" } else { draft.recipient };
    let _ = writeln!(text, "recipient = {}", inline(languages, |_| recipient.to_owned()));
    if !draft.hosts.is_empty() {
        let hosts: Vec<String> = draft.hosts.iter().map(|host| quoted(host)).collect();
        let _ = writeln!(text, "hosts = [{}]", hosts.join(", "));
    }
    for other in &draft.others {
        let _ = writeln!(text, "# It also keeps {}, which a withdrawal does not delete.", comment(other));
    }
    for ((cookie, domain, path), stays) in &draft.cookies {
        let _ = write!(text, "\n[[service.cookie]]\nname = {}\n", quoted(cookie));
        for (key, value) in [("domain", domain), ("path", path)] {
            if let Some(value) = value {
                let _ = writeln!(text, "{key} = {}", quoted(value));
            }
        }
        let english = stays.map_or_else(|| "until the browser is closed".to_owned(), lasting);
        let _ = writeln!(text, "duration = {}", inline(languages, |language| translated(language, &english)));
        let _ = writeln!(text, "why = {}", inline(languages, |_| "TODO: what it is for".to_owned()));
    }
    for (key, kind) in &draft.entries {
        let _ = write!(text, "\n[[service.storage]]\nkey = {}\nkind = \"{kind}\"\n", quoted(key));
        let english = if *kind == "session" { "until the tab is closed" } else { "until it is deleted" };
        let _ = writeln!(text, "duration = {}", inline(languages, |language| translated(language, english)));
    }
}

/// The purposes that the draft names and nobody has declared, by name.
pub fn purposes(seen: &Seen, declared: &Declared) -> BTreeMap<String, String> {
    let languages = languages(declared);
    let uses: BTreeSet<Use> = drafts(seen).values().filter_map(|draft| draft.used_for).collect();
    let missing = uses.into_iter().filter_map(|used_for| {
        let name = purpose_for(used_for, declared);
        let known = declared.purposes.keys().any(|id| id.as_str() == name);
        (!known).then(|| (name, purpose(used_for, &languages)))
    });
    missing.collect()
}

fn purpose(used_for: Use, languages: &[Language]) -> String {
    let (kind, name, statement) = match used_for {
        Use::Statistics => {
            ("analytics", "Statistics", "{controller} may count which of its pages I read, in order to …")
        }
        Use::Advertising => (
            "advertising",
            "Advertising",
            "{controller} and … may show me advertisements elsewhere that follow from what I look at here.",
        ),
        Use::Media => (
            "service",
            "Videos and maps",
            "{controller} may show me … in its pages. Then … learns my address on the internet and which page I am on.",
        ),
    };
    let mut text = format!("kind = \"{kind}\"\nlegal_basis = \"consent\"\n\n");
    each(&mut text, "name", languages, &format!("TODO: {name}"));
    each(&mut text, "statement", languages, &format!("TODO: {statement}"));
    text.push_str("\n[retention]\nperiod = \"P13M\"\n");
    each(&mut text, "text", languages, "TODO: how long what is learnt this way is kept");
    text
}

/// `key.en = "…"`, a line for each language.
fn each(text: &mut String, key: &str, languages: &[Language], value: &str) {
    for language in languages {
        let _ = writeln!(text, "{key}.{language} = {}", quoted(value));
    }
}

/// `{ en = "…", bg = "…" }`
fn inline(languages: &[Language], value: impl Fn(&Language) -> String) -> String {
    let pairs = languages.iter().map(|language| format!("{language} = {}", quoted(&value(language))));
    format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
}

/// In other languages than English the owner's own words are wanted.
fn translated(language: &Language, english: &str) -> String {
    if language.as_str() == "en" { english.to_owned() } else { format!("TODO: {english}") }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A text of others in a comment: it ends no line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A lifetime in words, rounded as people say it: `13 months`, `30 minutes`.
pub fn lasting(seconds: i64) -> String {
    let count = |unit: i64| (seconds + unit / 2) / unit;
    let said = |number: i64, unit: &str| if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") };
    let months = (seconds * 12 + YEAR / 2) / YEAR;
    match seconds {
        ..=0 => "it is gone at once".to_owned(),
        _ if seconds < 90 => said(seconds, "second"),
        _ if seconds < 90 * MINUTE => said(count(MINUTE), "minute"),
        _ if seconds < 36 * HOUR => said(count(HOUR), "hour"),
        _ if seconds < 100 * DAY => said(count(DAY), "day"),
        _ if months < 24 && months != 12 => said(months, "month"),
        _ => said(count(YEAR), "year"),
    }
}
