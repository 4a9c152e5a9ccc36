//! `controller.toml`.

use super::{Lint, origin};
use crate::definition::{controller::Controller, read::CONTROLLER, rule::Rule};

pub(super) fn check(lint: &Lint<'_>) {
    if !lint.reading.documents.contains_key(CONTROLLER) {
        return;
    }
    let page = lint.page(CONTROLLER);
    let controllers = &lint.reading.definitions.controllers;
    let own = std::iter::once(("controller".to_owned(), &controllers.controller));
    let joint = controllers.joint.iter().enumerate().map(|(index, joint)| (format!("joint[{index}]"), joint));
    for (path, controller) in own.chain(joint) {
        let Controller { name, address, contact, .. } = controller;
        // A missing table or name has been reported by then.
        if name.is_empty() {
            continue;
        }
        if address.trim().is_empty() {
            let message = format!("say where `{name}` can be found: address = \"street, town, country\"");
            page.key(&path, Rule::NoControllerAddress, message);
        }
        if contact.trim().is_empty() {
            let message = format!("say how to reach `{name}`: contact = \"a mail address or telephone number\"");
            page.key(&path, Rule::NoControllerContact, message);
        }
    }
    for (language, url) in &controllers.policy_url.0 {
        if let Err(reason) = origin::web_address(url) {
            page.value(&format!("policy_url.{language}"), Rule::BadUrl, format!("`{url}` {reason}"));
        }
    }
}
