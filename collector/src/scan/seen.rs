//! What a browser did while it visited a page.

use std::collections::BTreeMap;

use serde::Serialize;

use super::names;

/// Everything that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The address that was asked for.
    pub asked: String,
    /// Where it led, without query and fragment.
    pub page: String,
    /// The pages that were visited, the first included.
    pub pages: Vec<String>,
    /// The collector's host, where one was met.
    pub collector: Option<String>,
    /// Whether the page has Unticked's gate.
    pub gate: Gate,
    /// Other tools that ask for consent here; nothing of theirs was clicked.
    pub others: Vec<String>,
    /// What an owner should know of how it was seen.
    pub notes: Vec<String>,
    /// As a new visitor, before any decision.
    pub before: Visit,
    /// After everything was refused; absent where it could not be.
    pub refused: Option<Visit>,
    /// After everything was granted.
    pub granted: Option<Visit>,
}

/// Whether `window.unticked` governs the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// It answers.
    Live,
    /// Calls are queued and nobody takes them: the script did not come.
    Stub,
    /// There is none.
    #[default]
    Absent,
}

/// One visit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// Hosts that are neither the page's site nor the collector's, and what they were asked for.
    pub requests: Vec<Requested>,
    /// Every cookie that was there at the end.
    pub cookies: Vec<Cookie>,
    /// Every entry in a storage of the browser's.
    pub entries: Vec<Entry>,
}

/// A host of somebody else's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Requested {
    /// Its name.
    pub host: String,
    /// How often, by type: `script`, `image`, `frame`, `connection`, …
    pub types: BTreeMap<String, usize>,
    /// One of the addresses, without query and fragment.
    pub example: String,
}

/// A cookie.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// The host it is for; with a dot in front where hosts below it get it, too.
    pub domain: String,
    /// The path it is for.
    pub path: String,
    /// For how many seconds it stays; absent where it ends with the browser.
    pub lifetime: Option<i64>,
    /// Scripts cannot read it, so none can delete it either.
    pub http_only: bool,
    /// It is for another site than the page's.
    pub third_party: bool,
}

/// An entry in a storage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Entry {
    /// Its key, or the database's name.
    pub key: String,
    /// Which storage.
    pub kind: EntryKind,
    /// Whose, such as `https://shop.example`.
    pub origin: String,
    /// It is another site's than the page's.
    pub third_party: bool,
}

/// The browser's storages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// `localStorage`.
    Local,
    /// `sessionStorage`.
    Session,
    /// A database of `indexedDB`.
    Database,
    /// A cache of `caches`.
    Cache,
}

impl EntryKind {
    /// In words, for a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Local => "local storage",
            Self::Session => "session storage",
            Self::Database => "IndexedDB",
            Self::Cache => "cache storage",
        }
    }
}

/// One request, as the network log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The address.
    pub url: String,
    /// What for.
    pub kind: String,
    /// Milliseconds of Unix time.
    pub at: i64,
}

/// The hosts of others among `requests`, each once, by name.
pub fn by_host<'r>(requests: impl IntoIterator<Item = &'r Request>, own: &[&str]) -> Vec<Requested> {
    let mut hosts: BTreeMap<String, Requested> = BTreeMap::new();
    for request in requests {
        let Some(host) = names::host(&request.url) else { continue };
        if own.iter().any(|own| names::same_site(own, &host)) {
            continue;
        }
        let one = hosts.entry(host.clone()).or_default();
        *one.types.entry(request.kind.clone()).or_default() += 1;
        // What was fetched says more than that a connection was made.
        if one.example.is_empty()
            || (request.kind != CONNECTION && one.types.len() == 2 && one.types.contains_key(CONNECTION))
        {
            one.example = names::bare(&request.url);
        }
        one.host = host;
    }
    hosts.into_values().collect()
}

/// A connection opened ahead: nothing was asked for, and the other side has the visitor's address all the same.
pub const CONNECTION: &str = "connection";
