//! The banner: nothing that reaches the device without a question, and a question that can be answered freely.
//!
//! Purposes, sites and languages are held to what a form's are.

use super::{FormView, Lint, Page, is_consent, names, origin};
use crate::{
    definition::{
        Banner, Form, Period, Purpose,
        banner::{ID, Service, StorageKind},
        purpose::PurposeKind,
        read::BANNER,
        rule::Rule,
        suggest::did_you_mean,
    },
    id::{Language, PurposeId},
    texts::banner::Says,
};

/// Google's consent types: what `gtag("consent", …)` knows of.
const GOOGLE: [&str; 7] = [
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
];

/// Between about a month and a year: nobody is asked all the time, and nobody's answer is taken for ever.
const ASKED_AGAIN: std::ops::RangeInclusive<u64> = 28..=366;

/// The one entry that we leave on the device ourselves.
const OWN_ENTRY: &str = "unticked";

/// The banner's name belongs to it, whether the site has one or not.
pub(super) fn reserved(view: &FormView<'_, '_>, id: &str) {
    if id == ID {
        let message = "`banner` is what the banner of banner.toml is called everywhere; give this file another name";
        view.page.value("title", Rule::ReservedName, message);
    }
}

pub(super) fn check(lint: &Lint<'_>) {
    let Some(banner) = lint.banner() else { return };
    let page = lint.page(BANNER);
    let form: Form = banner.form();
    let view = FormView { lint, form: &form, page: lint.page(BANNER) };
    names::languages(&view);
    names::purposes(&view);
    names::sites(&view);
    if banner.sites.is_empty() {
        let message = "say on whose pages it stands, or no decision is accepted: sites = [\"https://shop.example\"]";
        page.key("sites", Rule::NoSite, message);
    }
    asked(lint, banner, &page);
    again(banner, &page);
    uses(lint, banner, &page);
    labels(banner, &page);
    let services: Vec<&str> = banner.services.iter().map(|service| service.name.as_str()).collect();
    page.refuse_repeated(&services, |index| format!("service[{index}].name"));
    for (index, one) in banner.services.iter().enumerate() {
        service(lint, banner, &page, &format!("service[{index}]"), one);
    }
}

/// Art. 5(3) asks for consent wherever something is stored on the device, or read from it, that the visitor did not ask for.
fn asked(lint: &Lint<'_>, banner: &Banner, page: &Page<'_>) {
    let mut excused = true;
    let mut asks = false;
    for (index, id) in banner.purposes.iter().enumerate() {
        let path = format!("purposes[{index}]");
        let Some(purpose) = lint.purpose(id) else {
            excused = false;
            continue;
        };
        asks |= is_consent(purpose);
        if tracks(purpose) && !is_consent(purpose) {
            excused = false;
            let message = format!(
                "`{id}` reads from the visitor's device or stores on it for more than what they came for, which only \
                 their consent allows: set its legal_basis to \"consent\""
            );
            page.value(&path, Rule::TrackingWithoutConsent, message);
        }
        if is_consent(purpose) && purpose.confirm_by_mail {
            let message = format!("`{id}` is confirmed by mail, but a banner asks for no address");
            page.value(&path, Rule::ConfirmWithoutMail, message);
        }
    }
    if excused && !asks && !banner.purposes.is_empty() {
        let message = "none of these rests on consent, so there is nothing to ask: a site without anything to ask \
                       needs no banner";
        page.value("purposes", Rule::NothingAsked, message);
    }
}

fn tracks(purpose: &Purpose) -> bool {
    matches!(
        purpose.kind,
        PurposeKind::Analytics
            | PurposeKind::Advertising
            | PurposeKind::Profiling
            | PurposeKind::Sale
            | PurposeKind::Sharing
    )
}

fn again(banner: &Banner, page: &Page<'_>) {
    let Some(period) = Period::parse(&banner.ask_again) else {
        let message =
            format!("`{}` is no period; write months, weeks or days like P6M, P26W or P180D", banner.ask_again);
        page.value("ask_again", Rule::BadDuration, message);
        return;
    };
    let days = period.about_days();
    if days < *ASKED_AGAIN.start() {
        let message = "who said no is asked again within a month, until they say yes; ask after six months: P6M";
        page.value("ask_again", Rule::AskAgain, message);
    } else if days > *ASKED_AGAIN.end() {
        let message = "after a year few remember what they agreed to; ask again after six months: P6M";
        page.value("ask_again", Rule::AskAgain, message);
    }
}

/// What names a purpose besides the list: the id on the device, the signals, the other names of categories.
fn uses(lint: &Lint<'_>, banner: &Banner, page: &Page<'_>) {
    for (path, id) in [("visitor_id", &banner.visitor_id), ("join_forms", &banner.join_forms)] {
        if let Some(id) = id {
            must_ask(lint, banner, page, path, id);
        }
    }
    if banner.join_forms.is_some() && banner.visitor_id.is_none() {
        let message = "there is no id that could be joined; name the purpose that needs one: visitor_id = \"…\"";
        page.key("join_forms", Rule::UnaskedUse, message);
    }
    for (kind, id) in &banner.signals.google {
        let path = format!("signals.google.{kind}");
        if !GOOGLE.contains(&kind.as_str()) {
            let hint = did_you_mean(kind, GOOGLE);
            let message = format!("Google's consent mode knows no `{kind}`{hint}; it knows {}", GOOGLE.join(", "));
            page.key(&path, Rule::UnknownValue, message);
        }
        must_ask(lint, banner, page, &path, id);
    }
    for (path, id) in [("signals.uet", &banner.signals.uet), ("signals.matomo", &banner.signals.matomo)] {
        if let Some(id) = id {
            must_ask(lint, banner, page, path, id);
        }
    }
    for (alias, id) in &banner.categories {
        let path = format!("categories.{alias}");
        if banner.purposes.iter().any(|purpose| purpose.as_str() == alias) {
            let message =
                format!("`{alias}` is a purpose itself, and tags marked with it wait for that; remove it here");
            page.key(&path, Rule::Duplicate, message);
        }
        must_list(lint, banner, page, &path, id);
    }
}

/// Whether the banner lists the purpose; if not, says so.
fn must_list(lint: &Lint<'_>, banner: &Banner, page: &Page<'_>, path: &str, id: &PurposeId) -> bool {
    if banner.purposes.contains(id) {
        return true;
    }
    if lint.purpose(id).is_some() || lint.may_exist(id) {
        let message = format!("the banner does not list `{id}`; add it to its `purposes`");
        page.value(path, Rule::UnlistedPurpose, message);
    } else {
        let hint = did_you_mean(id.as_str(), banner.purposes.iter().map(PurposeId::as_str));
        let message = format!("no file purposes/{id}.toml declares this purpose{hint}");
        page.value(path, Rule::UnknownPurpose, message);
    }
    false
}

fn must_ask(lint: &Lint<'_>, banner: &Banner, page: &Page<'_>, path: &str, id: &PurposeId) {
    let asks = lint.purpose(id).is_none_or(is_consent);
    if must_list(lint, banner, page, path, id) && !asks {
        let message = format!("`{id}` is not asked, so nobody could refuse this; name a purpose that rests on consent");
        page.value(path, Rule::UnaskedUse, message);
    }
}

/// A refusal takes no more reading than a consent (EDPB guidelines 03/2022). What shames, only a person can tell.
fn labels(banner: &Banner, page: &Page<'_>) {
    for language in &banner.languages {
        let length = |own: &str, says: Says| {
            let text = if own.is_empty() { says.text(language) } else { own };
            text.chars().filter(|c| !c.is_whitespace()).count()
        };
        let own = |text: &crate::definition::Localized, language: &Language| text.get(language).to_owned();
        let accept = length(&own(&banner.accept, language), Says::AcceptAll);
        let refuse = length(&own(&banner.refuse, language), Says::RefuseAll);
        if refuse > 2 * accept {
            let path = if banner.refuse.get(language).is_empty() { "accept" } else { "refuse" };
            let message = format!(
                "refusing takes more than twice as many letters as accepting ({refuse} against {accept}); say both as \
                 shortly"
            );
            page.value(&format!("{path}.{language}"), Rule::LongerRefusal, message);
        }
    }
}

fn service(lint: &Lint<'_>, banner: &Banner, page: &Page<'_>, path: &str, service: &Service) {
    must_list(lint, banner, page, &format!("{path}.purpose"), &service.purpose);
    if service.recipient.is_empty() && !page.document.is_some_and(|d| d.holds(&format!("{path}.recipient"))) {
        let message =
            "say who receives what it learns, and where, also if that is yourself: recipient = { en = \"…\" }";
        page.value(&format!("{path}.name"), Rule::NoRecipient, message);
    }
    page.refuse_repeated(&service.hosts, |index| format!("{path}.hosts[{index}]"));
    for (index, host) in service.hosts.iter().enumerate() {
        if let Err(reason) = origin::host_pattern(host) {
            page.value(&format!("{path}.hosts[{index}]"), Rule::BadHost, format!("`{host}` {reason}"));
        }
    }
    for (index, cookie) in service.cookies.iter().enumerate() {
        let at = |key: &str| format!("{path}.cookie[{index}].{key}");
        if let Err(reason) = cookie_name(&cookie.name) {
            page.value(&at("name"), Rule::BadStoredName, format!("`{}` {reason}", cookie.name));
        }
        if let Some(domain) = &cookie.domain
            && origin::host_pattern(domain.strip_prefix('.').unwrap_or(domain)).is_err()
        {
            let message =
                format!("`{domain}` is no domain that a cookie could be set for; write it like .shop.example");
            page.value(&at("domain"), Rule::BadHost, message);
        }
        if let Some(path) = &cookie.path
            && (!path.starts_with('/') || path.contains([';', ',', ' ']))
        {
            let message = format!("`{path}` is no path that a cookie could be set for; it begins with /");
            page.value(&at("path"), Rule::BadStoredName, message);
        }
    }
    for (index, stored) in service.storage.iter().enumerate() {
        let at = |key: &str| format!("{path}.storage[{index}].{key}");
        if let Err(reason) = pattern(&stored.key) {
            page.value(&at("key"), Rule::BadStoredName, format!("`{}` {reason}", stored.key));
        } else if stored.kind == StorageKind::Local && matches(&stored.key, OWN_ENTRY) {
            let message = format!("`{}` is, or matches, the entry that holds the visitor's own decision", stored.key);
            page.value(&at("key"), Rule::BadStoredName, message);
        }
        let silent = stored.duration.is_empty() && !page.document.is_some_and(|d| d.holds(&at("duration")));
        if stored.kind == StorageKind::Local && silent {
            let message = "local storage ends by itself at no time; say how long it stays: duration = { en = \"…\" }";
            page.value(&at("key"), Rule::NoDuration, message);
        }
    }
}

/// A cookie's name (RFC 6265, section 4.1.1), with `*` for any characters.
fn cookie_name(name: &str) -> Result<(), &'static str> {
    pattern(name)?;
    let token = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(c);
    if name.chars().all(token) {
        Ok(())
    } else {
        Err("is no name that a cookie could have; write it as the browser shows it")
    }
}

/// What deletes by pattern must not delete everything.
fn pattern(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        // Reading has said that it is needed.
        Ok(())
    } else if name.chars().all(|c| c == '*') {
        Err("would delete everything that the site keeps on the device; name what the service leaves")
    } else {
        Ok(())
    }
}

/// Whether `text` is what the pattern stands for.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|left| {
            left.char_indices().map(|(at, _)| at).chain([left.len()]).any(|at| matches(rest, &left[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_and_for_none() {
        for (pattern, text) in
            [("unticked", "unticked"), ("un*", "unticked"), ("*ed", "unticked"), ("u*t*d*", "unticked")]
        {
            assert!(matches(pattern, text), "{pattern}");
        }
        for (pattern, text) in
            [("untick", "unticked"), ("ticked*", "unticked"), ("u*x*d", "unticked"), ("", "unticked")]
        {
            assert!(!matches(pattern, text), "{pattern}");
        }
    }
}
