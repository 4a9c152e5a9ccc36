//! The page: each lead with what may be done with it, a withdrawal beside the lead that it belongs to.

use std::fmt::Write as _;

use serde_json::Value;

use crate::inbox::{Contents, ERASED, Entry};

/// The whole document.
pub fn whole(contents: &Contents) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Leads · sample CRM</title><link rel=\"stylesheet\" href=\"/page.css\">\
         <script src=\"/page.js\" defer></script></head>\
         <body><header class=\"top\"><div><strong>Sample CRM</strong><span>a stand-in that receives signed events</span></div>\
         <a href=\"/events.json\">events.json</a></header>\
         <main id=\"part\" aria-live=\"polite\">{}</main></body></html>\n",
        part(contents)
    )
}

/// What changes: the leads and the refusals. The script replaces it when it is another one.
pub fn part(contents: &Contents) -> String {
    let mut html = String::new();
    let (erased, others): (Vec<&Entry>, Vec<&Entry>) =
        contents.entries.iter().partition(|entry| entry.event["type"] == ERASED);
    let (withdrawals, leads): (Vec<&Entry>, Vec<&Entry>) =
        others.into_iter().partition(|entry| entry.event["type"] == WITHDRAWN);
    let count = leads.len();
    let _ = write!(html, "<h1>{count} {}</h1>", if count == 1 { "lead" } else { "leads" });
    if contents.entries.is_empty() {
        html.push_str(
            "<p class=\"empty\">Nothing yet. Send the form on the sample shop, and the lead appears here by itself, \
             with each decision beside it.</p>",
        );
    }
    for entry in &leads {
        let of_it: Vec<&Entry> = withdrawals.iter().copied().filter(|one| belongs(one, entry)).collect();
        lead(&mut html, entry, &of_it);
    }
    // A real CRM looks the person up by subject or reference; here older leads may have made room.
    for alone in withdrawals.iter().filter(|one| !leads.iter().any(|lead| belongs(one, lead))) {
        let _ = write!(
            html,
            "<article><header><h2>{}</h2><p>consent taken back · its lead is not here any more</p></header></article>",
            text(&alone.event["data"], "reference"),
        );
    }
    for gone in &erased {
        let _ = write!(
            html,
            "<article><header><h2>{}</h2><p>the person was forgotten · deleted here, too</p></header></article>",
            text(&gone.event["data"], "reference"),
        );
    }
    if !contents.refused.is_empty() {
        html.push_str("<section class=\"refused\"><h2>Refused</h2><p>Requests that were no genuine event; nothing of them was kept.</p><ul>");
        for refused in &contents.refused {
            let _ = write!(html, "<li>{} <small>× {}</small></li>", escape(&refused.reason), refused.times);
        }
        html.push_str("</ul></section>");
    }
    html
}

/// The type of an event that takes consent back.
const WITHDRAWN: &str = "consent.withdrawn";

fn belongs(withdrawal: &Entry, lead: &Entry) -> bool {
    let of = |entry: &Entry, key: &str| entry.event["data"][key].as_str().map(str::to_owned);
    of(withdrawal, "reference").is_some() && of(withdrawal, "reference") == of(lead, "reference")
}

/// When a purpose was taken back, if it was.
fn taken_back<'a>(withdrawals: &[&'a Entry], purpose: &Value) -> Option<&'a Value> {
    let decisions = withdrawals.iter().flat_map(|entry| list(&entry.event["data"], "decisions"));
    decisions.into_iter().find(|decision| &decision["purpose"] == purpose).map(|decision| &decision["decided_at"])
}

fn lead(html: &mut String, entry: &Entry, withdrawals: &[&Entry]) {
    let data = &entry.event["data"];
    let _ = write!(
        html,
        "<article><header><h2>{reference}</h2><p>form <b>{form}</b> · <span lang=\"en\">{language}</span> · <time>{time}</time>",
        reference = text(data, "reference"),
        form = text(data, "form"),
        language = text(data, "language"),
        time = text(&entry.event, "timestamp"),
    );
    if entry.deliveries > 1 {
        let _ = write!(html, " · <span class=\"mark\">delivered {} times, kept once</span>", entry.deliveries);
    }
    html.push_str("</p><span class=\"verified\">signature verified</span></header>");

    html.push_str("<div class=\"columns\"><section><h3>What was entered</h3>");
    let values = list(data, "values");
    if values.is_empty() {
        html.push_str("<p class=\"empty\">Nothing that this CRM may hold.</p>");
    } else {
        html.push_str("<dl>");
        for value in values {
            let purposes = list(value, "purposes");
            if !purposes.is_empty() && purposes.iter().all(|purpose| taken_back(withdrawals, purpose).is_some()) {
                // What a CRM should do with it: let it go.
                let _ = write!(
                    html,
                    "<div><dt dir=\"auto\">{}</dt><dd>not used any more</dd><dd class=\"for\">taken back</dd></div>",
                    text(value, "label"),
                );
                continue;
            }
            let _ = write!(
                html,
                "<div><dt dir=\"auto\">{}</dt><dd dir=\"auto\">{}</dd><dd class=\"for\">for {}</dd></div>",
                text(value, "label"),
                entered(&value["value"]),
                purposes
                    .iter()
                    .filter(|purpose| taken_back(withdrawals, purpose).is_none())
                    .map(plain)
                    .collect::<Vec<_>>()
                    .join(", "),
            );
        }
        html.push_str("</dl>");
    }
    html.push_str("</section><section><h3>What was decided</h3><ul class=\"decisions\">");
    for decision in list(data, "decisions") {
        let back = taken_back(withdrawals, &decision["purpose"]);
        let (class, word) = if back.is_some() { ("no", "withdrawn") } else { verdict(decision) };
        let back = back.map(|at| format!(" · taken back {}", plain(at))).unwrap_or_default();
        let _ = write!(
            html,
            "<li class=\"{class}\"><p class=\"name\"><b dir=\"auto\">{name}</b> <span class=\"badge\">{word}</span></p>\
             <blockquote dir=\"auto\">{statement}</blockquote>\
             <p class=\"fine\">{basis} · kept {retention} · decided {at}{back}</p></li>",
            name = text(decision, "name"),
            statement = text(decision, "statement"),
            basis = text(decision, "legal_basis"),
            retention = text(decision, "retention"),
            at = text(decision, "decided_at"),
        );
    }
    let _ = write!(
        html,
        "</ul></section></div><footer><p class=\"fine\">Evidence <code>{}</code><br>commitment <code>{}</code><br>\
         version <code>{}</code><br>page <span dir=\"ltr\">{}</span></p>\
         <details id=\"raw-{id}\"><summary>Raw event</summary><pre dir=\"ltr\">{}</pre></details></footer></article>",
        text(&data["evidence"], "record"),
        text(&data["evidence"], "commitment"),
        text(data, "version"),
        text(data, "page"),
        escape(&serde_json::to_string_pretty(&entry.event).unwrap_or_default()),
        id = escape(&entry.id),
    );
}

/// A class and a word for a decision; without one, the basis asks for none.
fn verdict(decision: &Value) -> (&'static str, &'static str) {
    match decision["decision"].as_str() {
        Some("granted") => ("yes", "granted"),
        Some("granted_unconfirmed") => ("wait", "granted, not confirmed: do not use"),
        Some("refused") => ("no", "refused"),
        Some("withdrawn") => ("no", "withdrawn"),
        Some(_) => ("no", "unknown: treat as refused"),
        None if decision["legal_basis"] == "consent" => ("no", "no decision: treat as refused"),
        None => ("basis", "no consent needed"),
    }
}

fn entered(value: &Value) -> String {
    match value {
        Value::Array(options) => options.iter().map(plain).collect::<Vec<_>>().join(", "),
        one => plain(one),
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> String {
    plain(&value[key])
}

fn plain(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
