//! The files one by one: what each key is, and what it means that it is missing.
//!
//! A key whose absence breaks a law is left to the lint, which names the article.

use super::table::Table;
use crate::{
    definition::{
        banner::{Banner, Cookie, Service, Signals, StorageKind, Stored},
        controller::{Controller, Controllers},
        destination::{Destination, DestinationKind, KindWord, Vtiger, VtigerWithdrawal},
        form::{Choosable, Field, Form, Robots, Step},
        localized::Localized,
        purpose::{Purpose, PurposeKind, Retention, Transfer},
    },
    id::{DestinationId, FieldId},
    placement::{Condition, FieldKind},
};

impl Table<'_, '_> {
    fn need<T: Default>(&self, key: &str, value: Option<T>, why: &str) -> T {
        value.unwrap_or_else(|| {
            // A value of the wrong type has been reported already.
            if !self.holds(key) {
                self.missing(key, why);
            }
            T::default()
        })
    }

    fn need_localized(&mut self, key: &'static str, why: &str) -> Localized {
        let value = self.localized(key);
        self.need(key, value, why)
    }
}

pub(super) fn controllers(t: &mut Table<'_, '_>) -> Controllers {
    let own = t.table("controller", controller);
    if own.is_none() && !t.holds("controller") {
        t.missing("controller", "name who is responsible under [controller] (Art. 13(1)(a) GDPR)");
    }
    Controllers {
        controller: own.unwrap_or_default(),
        joint: t.tables("joint", controller).unwrap_or_default(),
        dpo: t.localized("dpo").unwrap_or_default(),
        authority: t.need_localized("authority", "name the supervisory authority (Art. 13(2)(d) GDPR)"),
        policy_url: t.localized("policy_url").unwrap_or_default(),
        withdraw: t.need_localized("withdraw", "say how a consent is taken back (Art. 7(3) GDPR)"),
        automated: t
            .need_localized("automated", "say which decisions are automated, or that none are (Art. 13(2)(f) GDPR)"),
    }
}

fn controller(t: &mut Table<'_, '_>) -> Controller {
    let name = t.text("name");
    Controller {
        name: t.need("name", name, "the organisation's name (Art. 13(1)(a) GDPR)"),
        role: t.localized("role").unwrap_or_default(),
        address: t.text("address").unwrap_or_default(),
        contact: t.text("contact").unwrap_or_default(),
    }
}

pub(super) fn purpose(t: &mut Table<'_, '_>) -> Purpose {
    Purpose {
        name: t.need_localized("name", "what this use of data is called"),
        statement: t.localized("statement").unwrap_or_default(),
        kind: t.one_word("kind", "a purpose is of one kind; make a purpose, with its own box, of each").unwrap_or_else(
            || {
                t.missing_word("kind", "service, marketing, analytics, advertising, sale, sharing, profiling or legal");
                // A kind that no rule is about, so that one slip is one finding.
                PurposeKind::Analytics
            },
        ),
        legal_basis: t
            .one_word("legal_basis", "a purpose has one legal basis; what rests on another is a purpose of its own"),
        interest: t.localized("interest").unwrap_or_default(),
        balancing_test: t.text("balancing_test").unwrap_or_default(),
        retention: t.table("retention", retention),
        recipients: t.localized_list("recipients").unwrap_or_default(),
        transfers: t.tables("transfers", transfer).unwrap_or_default(),
        tracks: t.one_word("tracks", "one box is for one thing; make a purpose, with its own box, of each"),
        confirm_by_mail: t.flag("confirm_by_mail").unwrap_or_default(),
        explicit: t.flag("explicit").unwrap_or_default(),
        required: t.flag("required").unwrap_or_default(),
        ticked: t.flag("ticked").unwrap_or_default(),
    }
}

fn retention(t: &mut Table<'_, '_>) -> Retention {
    let period = t.text("period");
    Retention {
        period: t.need("period", period, "how long, such as \"P2Y\" (Art. 13(2)(a) GDPR)"),
        from: t.word("from").unwrap_or_default(),
        text: t.need_localized("text", "the period in words (Art. 13(2)(a) GDPR)"),
    }
}

fn transfer(t: &mut Table<'_, '_>) -> Transfer {
    let country = t.text("country");
    Transfer {
        country: t.need("country", country, "the country's code, such as \"US\" (Art. 13(1)(f) GDPR)"),
        text: t.need_localized("text", "to whom and why (Art. 13(1)(f) GDPR)"),
        safeguard: t.word("safeguard"),
    }
}

pub(super) fn form(t: &mut Table<'_, '_>) -> Form {
    let languages = t.languages("languages");
    let purposes = t.purposes();
    Form {
        title: t.need_localized("title", "the form's heading"),
        intro: t.localized("intro").unwrap_or_default(),
        submit: t.need_localized("submit", "the label of the button that sends"),
        languages: t.need("languages", languages, "the languages it is shown in, the default first, as in [\"en\"]"),
        sites: t.texts("sites").unwrap_or_default(),
        purposes: t.need("purposes", purposes, "what the data are used for (Art. 5(1)(b) GDPR)"),
        destinations: t.names("destinations").unwrap_or_default(),
        required_note: t.need_localized(
            "required_note",
            "say whether giving the data is required and what happens otherwise (Art. 13(2)(e) GDPR)",
        ),
        steps: t.tables("step", step).unwrap_or_default(),
        fields: t.tables("field", field).unwrap_or_default(),
        robots: t.table("robots", robots).unwrap_or_default(),
        addresses_minors: t.flag("addresses_minors").unwrap_or_default(),
        guardian: t.localized("guardian").unwrap_or_default(),
    }
}

pub(super) fn banner(t: &mut Table<'_, '_>) -> Banner {
    let languages = t.languages("languages");
    let purposes = t.purposes();
    Banner {
        title: t.need_localized("title", "the banner's heading"),
        text: t.need_localized("text", "a sentence or two that say what the site would like to do"),
        languages: t.need("languages", languages, "the languages it is shown in, the default first, as in [\"en\"]"),
        sites: t.texts("sites").unwrap_or_default(),
        purposes: t.need("purposes", purposes, "what the site would do (Art. 5(1)(b) GDPR)"),
        layout: t.word("layout").unwrap_or_default(),
        ask_again: t.text("ask_again").unwrap_or_else(|| "P6M".to_owned()),
        accept: t.localized("accept").unwrap_or_default(),
        refuse: t.localized("refuse").unwrap_or_default(),
        choose: t.localized("choose").unwrap_or_default(),
        save: t.localized("save").unwrap_or_default(),
        settings_button: t.flag("settings_button").unwrap_or(true),
        do_not_track: t.flag("do_not_track").unwrap_or_default(),
        visitor_id: t.name("visitor_id"),
        join_forms: t.name("join_forms"),
        categories: t.keyed_name("categories").unwrap_or_default(),
        signals: t.table("signals", signals).unwrap_or_default(),
        services: t.tables("service", service).unwrap_or_default(),
    }
}

fn signals(t: &mut Table<'_, '_>) -> Signals {
    Signals { google: t.keyed_name("google").unwrap_or_default(), uet: t.name("uet"), matomo: t.name("matomo") }
}

fn service(t: &mut Table<'_, '_>) -> Service {
    let name = t.text("name");
    Service {
        name: t.need("name", name, "what the service is called"),
        purpose: t.name("purpose").unwrap_or_else(|| {
            t.missing_word("purpose", "the purpose that it serves");
            crate::id::PurposeId::parse("unnamed").expect("a usable name")
        }),
        recipient: t.localized("recipient").unwrap_or_default(),
        hosts: t.texts("hosts").unwrap_or_default(),
        cookies: t.tables("cookie", cookie).unwrap_or_default(),
        storage: t.tables("storage", stored).unwrap_or_default(),
    }
}

fn cookie(t: &mut Table<'_, '_>) -> Cookie {
    let name = t.text("name");
    Cookie {
        name: t.need("name", name, "the cookie's name, with * for any characters"),
        domain: t.text("domain"),
        path: t.text("path"),
        duration: t.need_localized("duration", "how long it stays, in words (Art. 13(2)(a) GDPR)"),
        why: t.localized("why").unwrap_or_default(),
    }
}

fn stored(t: &mut Table<'_, '_>) -> Stored {
    let key = t.text("key");
    Stored {
        key: t.need("key", key, "the entry's key, with * for any characters"),
        kind: t.word("kind").unwrap_or_else(|| {
            t.missing_word("kind", "local or session");
            StorageKind::Local
        }),
        duration: t.localized("duration").unwrap_or_default(),
    }
}

fn step(t: &mut Table<'_, '_>) -> Step {
    Step { id: field_id(t), title: t.need_localized("title", "the step's heading") }
}

fn robots(t: &mut Table<'_, '_>) -> Robots {
    let default = Robots::default();
    Robots {
        honeypot: t.flag("honeypot").unwrap_or(default.honeypot),
        minimum_seconds: t.number("minimum_seconds").unwrap_or(default.minimum_seconds),
    }
}

fn field_id(t: &mut Table<'_, '_>) -> FieldId {
    t.name("id").unwrap_or_else(|| {
        t.missing_word("id", "a name of its own within the form");
        FieldId::parse("unnamed").expect("a usable name")
    })
}

fn field(t: &mut Table<'_, '_>) -> Field {
    Field {
        id: field_id(t),
        kind: t.word("kind").unwrap_or_else(|| {
            t.missing_word("kind", "text, email, tel, url, number, date, textarea, select, radio, checkboxes, …");
            FieldKind::Text
        }),
        label: t.need_localized("label", "what the visitor reads; of a hidden field, what the notice calls it"),
        help: t.localized("help").unwrap_or_default(),
        why: t.localized("why").unwrap_or_default(),
        purposes: t.purposes().unwrap_or_default(),
        identifies: t.word("identifies").unwrap_or_default(),
        category: t.word("category").unwrap_or_default(),
        step: t.name("step"),
        required: t.flag("required").unwrap_or_default(),
        pattern: t.text("pattern"),
        min_length: t.number("min_length"),
        max_length: t.number("max_length"),
        min: t.plain("min"),
        max: t.plain("max"),
        options: t.tables("option", option).unwrap_or_default(),
        autocomplete: t.text("autocomplete"),
        prefill: t.text("prefill"),
        fixed: t.text("fixed"),
        show_if: t.table("show_if", condition),
    }
}

fn option(t: &mut Table<'_, '_>) -> Choosable {
    let value = t.text("value");
    Choosable {
        value: t.need("value", value, "what is sent"),
        label: t.need_localized("label", "what the visitor reads"),
        ticked: t.flag("ticked").unwrap_or_default(),
    }
}

fn condition(t: &mut Table<'_, '_>) -> Condition {
    Condition {
        field: t.name("field").unwrap_or_else(|| {
            t.missing_word("field", "the earlier field that decides");
            FieldId::parse("unnamed").expect("a usable name")
        }),
        any_of: t.texts("any_of").unwrap_or_default(),
    }
}

pub(super) fn destination(t: &mut Table<'_, '_>) -> Destination {
    let id = t.name("id").unwrap_or_else(|| {
        t.missing_word("id", "the destination's name");
        DestinationId::parse("unnamed").expect("a usable name")
    });
    let kind = t.word("kind").unwrap_or_else(|| {
        t.missing_word("kind", "how it is spoken to: webhook or vtiger");
        KindWord::Webhook
    });
    let url = t.text("url");
    let secret = t.text("secret");
    let purposes = t.names("purposes");
    Destination {
        id,
        url: t.need("url", url, "where events are posted"),
        secret: match kind {
            KindWord::Webhook => t.need("secret", secret, "the name of the signing secret in the collector's settings"),
            KindWord::Vtiger => secret.unwrap_or_default(),
        },
        purposes: t.need("purposes", purposes, "what it may hold data for; a value that none of them uses is not sent"),
        unconfirmed: t.word("unconfirmed").unwrap_or_default(),
        kind: match kind {
            KindWord::Webhook => DestinationKind::Webhook,
            KindWord::Vtiger => DestinationKind::Vtiger(Box::new(vtiger(t))),
        },
    }
}

fn vtiger(t: &mut Table<'_, '_>) -> Vtiger {
    let public_id = t.text("public_id");
    Vtiger {
        public_id: t.need("public_id", public_id, "the webform's public id, as Vtiger shows it, or secrets.NAME"),
        name: t.text("name").unwrap_or_default(),
        module: t.text("module").unwrap_or_else(|| "Leads".to_owned()),
        fields: t.keyed_names("fields").unwrap_or_default(),
        about: t.keyed_words("about").unwrap_or_default(),
        decided: t.keyed_name("decided").unwrap_or_default(),
        emoji: t.flag("emoji").unwrap_or_default(),
        duplicates: t.word("duplicates").unwrap_or_default(),
        withdrawal: t.table("withdrawal", vtiger_withdrawal),
    }
}

fn vtiger_withdrawal(t: &mut Table<'_, '_>) -> VtigerWithdrawal {
    let public_id = t.text("public_id");
    VtigerWithdrawal {
        public_id: t.need("public_id", public_id, "the public id of the webform that hears of withdrawals"),
        name: t.text("name").unwrap_or_default(),
        about: t.keyed_words("about").unwrap_or_default(),
        decided: t.keyed_name("decided").unwrap_or_default(),
    }
}
