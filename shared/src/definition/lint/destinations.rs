//! `destinations.toml`: who receives leads.

use super::{Lint, listed, origin, vtiger};
use crate::definition::{
    destination::{Destination, DestinationKind},
    read::DESTINATIONS,
    rule::Rule,
    suggest::did_you_mean,
};

pub(super) fn check(lint: &Lint<'_>) {
    let page = lint.page(DESTINATIONS);
    let destinations = &lint.reading.definitions.destinations;
    let ids: Vec<_> = destinations.iter().map(|destination| &destination.id).collect();
    page.refuse_repeated(&ids, |index| format!("destination[{index}].id"));
    let known = || lint.reading.definitions.purposes.keys().map(crate::id::PurposeId::as_str);
    for (index, destination) in destinations.iter().enumerate() {
        let Destination { id, kind, url, secret, purposes, .. } = destination;
        let at = |key: &str| format!("destination[{index}].{key}");
        if let Err(reason) = origin::web_address(url)
            && !url.is_empty()
        {
            page.value(&at("url"), Rule::BadUrl, format!("`{url}` {reason}"));
        }
        if secret.starts_with("whsec_") {
            let message = "this is the secret itself; move it to the collector's settings, as secrets.NAME, \
                 write the NAME here, and make a new secret, for this one has been seen";
            page.value(&at("secret"), Rule::BadSecret, message);
        } else if !secret.is_empty() && !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            let message = format!("`{secret}` names no setting; use letters, digits, `-` and `_`");
            page.value(&at("secret"), Rule::BadSecret, message);
        }
        page.refuse_repeated(purposes, |entry| format!("{}[{entry}]", at("purposes")));
        for (entry, purpose) in purposes.iter().enumerate() {
            if lint.purpose(purpose).is_none() && !lint.may_exist(purpose) {
                let hint = did_you_mean(purpose.as_str(), known());
                let message = format!("no file purposes/{purpose}.toml declares this purpose{hint}");
                page.value(&format!("{}[{entry}]", at("purposes")), Rule::UnknownPurpose, message);
            }
        }
        let sends = |form: &&crate::definition::Form| form.destinations.contains(id);
        if lint.reading.broken.is_empty() && lint.forms().all(|(_, form)| !sends(&form)) {
            let message = format!("no form sends to `{id}`; name it in a form's `destinations`, or remove it");
            page.value(&at("id"), Rule::UnusedDestination, message);
        }
        if let DestinationKind::Vtiger(settings) = kind {
            vtiger::check(lint, &page, index, destination, settings);
        }
    }
    for (form_id, form) in lint.forms() {
        let page = lint.page(&format!("forms/{form_id}.toml"));
        for (index, id) in form.destinations.iter().enumerate() {
            let path = format!("destinations[{index}]");
            match destinations.iter().find(|destination| destination.id == *id) {
                None if lint.reading.broken.contains(DESTINATIONS) => {}
                None => {
                    let hint = did_you_mean(id.as_str(), ids.iter().map(|id| id.as_str()));
                    let message = format!("destinations.toml declares no `{id}`{hint}");
                    page.value(&path, Rule::UnknownDestination, message);
                }
                Some(destination) if destination.purposes.iter().all(|own| !form.purposes.contains(own)) => {
                    let message = format!(
                        "`{id}` may hold data for {} only, none of which this form has: it would receive nothing",
                        listed(&destination.purposes)
                    );
                    page.value(&path, Rule::UnusedDestination, message);
                }
                Some(_) => {}
            }
        }
    }
}
