//! What the gate knows of the owner's banner, under names of one letter: every byte of it is loaded on every page, before
//! anything else.

use std::collections::BTreeMap;

use serde::Serialize;
use unticked_shared::{
    canonical,
    decision::LegalBasis,
    definition::{
        Banner, Localized, Period, Purpose,
        banner::{Service, StorageKind},
        content::refused_by_signal,
    },
    id::{Language, PurposeId},
    signature::{hex, sha256},
};

use crate::forms::Version;

const DAY: u64 = 24 * 60 * 60;

#[derive(Serialize)]
struct Configuration<'a> {
    /// The collector.
    h: &'a str,
    /// Seconds until it is asked again.
    d: u64,
    /// What is asked.
    p: BTreeMap<&'a PurposeId, Asked>,
    /// What rests on another basis, and is always allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    n: Vec<&'a PurposeId>,
    /// Other names of purposes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    a: &'a BTreeMap<String, PurposeId>,
    /// What is wiped off the device when a purpose is taken back.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    w: BTreeMap<&'a PurposeId, Vec<Vec<&'a str>>>,
    /// What others' tags are told.
    #[serde(skip_serializing_if = "Signals::is_empty")]
    s: Signals<'a>,
    /// The purpose that needs a random id.
    #[serde(skip_serializing_if = "Option::is_none")]
    i: Option<&'a PurposeId>,
    /// 1: a button of ours opens the settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<u8>,
    /// 1: `navigator.doNotTrack` counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<u8>,
}

/// As the owner mapped them, and of Google's four types each: one that nobody mapped is denied and not left to a default.
#[derive(Serialize)]
struct Signals<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    google: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uet: Option<&'a PurposeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matomo: Option<&'a PurposeId>,
}

impl Signals<'_> {
    fn is_empty(&self) -> bool {
        self.google.is_empty() && self.uet.is_none() && self.matomo.is_none()
    }
}

/// Google Consent Mode v2.
const GOOGLE: [&str; 4] = ["ad_personalization", "ad_storage", "ad_user_data", "analytics_storage"];

fn signals(banner: &Banner) -> Signals<'_> {
    let mapped = &banner.signals.google;
    let denied = GOOGLE.iter().filter(|_| !mapped.is_empty()).map(|kind| (*kind, ""));
    let google = denied.chain(mapped.iter().map(|(kind, purpose)| (kind.as_str(), purpose.as_str()))).collect();
    Signals { google, uet: banner.signals.uet.as_ref(), matomo: banner.signals.matomo.as_ref() }
}

#[derive(Serialize)]
struct Asked {
    /// What is agreed to, shortened to a name.
    t: String,
    /// 1: Global Privacy Control refuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    g: Option<u8>,
}

/// The configuration as a literal of JavaScript; none for the version of a form.
pub(super) fn of(host: &str, version: &Version) -> Option<String> {
    let banner = version.banner.as_ref()?;
    let known = || banner.purposes.iter().filter_map(|id| version.purposes.get_key_value(id));
    let is_asked = |purpose: &Purpose| purpose.legal_basis == Some(LegalBasis::Consent);
    let asked = known().filter(|(_, purpose)| is_asked(purpose)).map(|(id, purpose)| {
        let g = flag(refused_by_signal(purpose.kind));
        (id, Asked { t: agreed(version, banner, id, purpose), g })
    });
    let configuration = Configuration {
        h: host,
        d: seconds(&banner.ask_again),
        p: asked.collect(),
        n: known().filter(|(_, purpose)| !is_asked(purpose)).map(|(id, _)| id).collect(),
        a: &banner.categories,
        w: left_behind(banner),
        s: signals(banner),
        i: banner.visitor_id.as_ref(),
        b: flag(banner.settings_button),
        k: flag(banner.do_not_track),
    };
    Some(literal(&configuration))
}

/// JSON is a literal of JavaScript; what ends a line or a script in old parsers stands escaped, which it may only in texts.
fn literal(configuration: &Configuration<'_>) -> String {
    let json = serde_json::to_string(configuration).expect("texts and numbers");
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn flag(on: bool) -> Option<u8> {
    on.then_some(1)
}

/// The name of what somebody agrees to: another statement (the controllers' names are in it), recipient, transfer or service
/// in any language has another name, and is asked for again.
fn agreed(version: &Version, banner: &Banner, id: &PurposeId, purpose: &Purpose) -> String {
    #[derive(Serialize)]
    struct Agreed<'a> {
        statement: Vec<(&'a str, &'a str)>,
        recipients: &'a [Localized],
        transfers: Vec<(&'a str, &'a Localized)>,
        services: Vec<(&'a str, &'a Localized)>,
    }
    let shown = |language: &Language| {
        let content = &version.faces.get(language)?.content;
        content.purposes.iter().find(|text| text.id == *id).map(|text| text.statement.as_str())
    };
    let agreed = Agreed {
        statement: banner.languages.iter().map(|one| (one.as_str(), shown(one).unwrap_or_default())).collect(),
        recipients: &purpose.recipients,
        transfers: purpose.transfers.iter().map(|transfer| (transfer.country.as_str(), &transfer.text)).collect(),
        services: banner
            .services
            .iter()
            .filter(|service| service.purpose == *id)
            .map(|service| (service.name.as_str(), &service.recipient))
            .collect(),
    };
    let bytes = canonical::to_vec(&agreed).expect("texts alone");
    hex(&sha256(&[&bytes])[..4])
}

/// [`agreed`] of each purpose that is asked, by its id: what the placement carries, so that no script sends a yes to one
/// text under the ticket of another.
pub(crate) fn all_agreed(version: &Version) -> BTreeMap<PurposeId, String> {
    let Some(banner) = &version.banner else { return BTreeMap::new() };
    let asked = version.purposes.iter().filter(|(_, purpose)| purpose.legal_basis == Some(LegalBasis::Consent));
    asked.map(|(id, purpose)| (id.clone(), agreed(version, banner, id, purpose))).collect()
}

/// The period in seconds, as the device counts it: it has no calendar. A month is a twelfth of a year, rounded up to days, so
/// that nobody is asked before the time that was said.
fn seconds(period: &str) -> u64 {
    // The lint lets no banner be shown whose period cannot be read; six months is what the definition says where it is absent.
    let period = Period::parse(period).unwrap_or(Period { months: 6, ..Period::default() });
    let months = (u64::from(period.months) * 1461).div_ceil(48);
    let days = u64::from(period.years) * 1461;
    (days.div_ceil(4) + months + u64::from(period.weeks) * 7 + u64::from(period.days)) * DAY
}

/// What each purpose's services leave, each as `["c", name, domain, path]`, `["l", key]` or `["s", key]`.
fn left_behind(banner: &Banner) -> BTreeMap<&PurposeId, Vec<Vec<&str>>> {
    let mut left: BTreeMap<&PurposeId, Vec<Vec<&str>>> = BTreeMap::new();
    for service in &banner.services {
        let entries = left.entry(&service.purpose).or_default();
        for entry in of_service(service) {
            // Two services may name the same cookie.
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
    }
    left.retain(|_, entries| !entries.is_empty());
    left
}

fn of_service(service: &Service) -> impl Iterator<Item = Vec<&str>> {
    let cookies = service.cookies.iter().map(|cookie| {
        let path = cookie.path.as_deref().unwrap_or("/");
        vec!["c", cookie.name.as_str(), cookie.domain.as_deref().unwrap_or_default(), path]
    });
    let storage = service.storage.iter().map(|stored| {
        let kind = match stored.kind {
            StorageKind::Local => "l",
            StorageKind::Session => "s",
        };
        vec![kind, stored.key.as_str()]
    });
    cookies.chain(storage)
}
