//! What a stranger reads at `/ledger/`: the key, the present head, every name that the log has had. Plain, without a
//! stylesheet or script: it is read once, and copied from.

use std::fmt::Write as _;

use serde::Serialize;

use super::sql::CheckpointRow;
use crate::store::values::{rfc3339, time};

/// A name that the log has, or had, for everybody to read.
#[derive(Debug, Clone, Serialize)]
pub struct Named {
    /// Such as `forms.example/ledger`.
    pub origin: String,
    /// Where it is served.
    pub place: String,
    /// The verifier key.
    pub key: String,
    /// RFC 3339.
    pub began_at: String,
    /// How many entries the tree had then.
    pub began_at_size: i64,
    /// Why the one before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last head that was signed under the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// `{"origins": [the oldest first]}`.
pub fn json(names: &[Named]) -> String {
    serde_json::json!({ "origins": names }).to_string()
}

/// The page.
pub fn html(host: &str, names: &[Named], published: Option<&CheckpointRow>) -> String {
    let host = escaped(host);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>The ledger of {host}</title>\n</head>\n<body>\n<main>\n\
         <h1>The ledger of {host}</h1>\n\
         <p>{host} keeps a record of each decision that people make about their data. For every record an entry stands in \
         this ledger, which can be added to and not changed: whoever holds one of its signed heads notices when anything \
         before it was altered or taken away. An entry is a digest with random bytes in it; it says nothing of anybody.</p>\n"
    );
    if let Some(present) = names.last() {
        let place = escaped(&present.place);
        let _ = write!(
            page,
            "<h2>The key</h2>\n<pre>{}</pre>\n\
             <p>It checks what this ledger signs, and is all that a receipt needs to be checked. Compare it with one that \
             you have from elsewhere: whoever controls this page could show another.</p>\n\
             <h2>The ledger now</h2>\n{}\
             <ul>\n<li><a href=\"{place}/checkpoint\">{place}/checkpoint</a>: the signed head</li>\n\
             <li><code>{place}/tile/&lt;L&gt;/&lt;N&gt;</code>: the tree</li>\n\
             <li><code>{place}/tile/entries/&lt;N&gt;</code>: the entries</li>\n\
             <li><a href=\"/ledger/origins\">/ledger/origins</a>: this page for programs</li>\n</ul>\n\
             <p>The formats are those of <a href=\"https://c2sp.org/tlog-tiles\">C2SP tlog-tiles</a>, so that tools of \
             others check it.</p>\n",
            escaped(&present.key),
            published.map(head).unwrap_or_default(),
        );
    }
    if names.len() > 1 {
        page.push_str("<h2>Names of before</h2>\n");
        for (before, next) in names.iter().zip(&names[1..]) {
            let _ = write!(
                page,
                "<h3>{}</h3>\n<p>Ended on {}: {}. The ledger went on with the {} entries that were left. Its key was</p>\n\
                 <pre>{}</pre>\n",
                escaped(&before.origin),
                escaped(&next.began_at),
                escaped(next.reason.as_deref().unwrap_or("no reason was given")),
                next.began_at_size,
                escaped(&before.key),
            );
            if let Some(previous) = &next.previous {
                let _ = write!(
                    page,
                    "<p>and the last head that is known to have been signed with it:</p>\n<pre>{}</pre>\n",
                    escaped(previous)
                );
            }
        }
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn head(published: &CheckpointRow) -> String {
    let at = time(published.published_at).map(rfc3339).unwrap_or_default();
    format!("<p>{} entries, published {at}.</p>\n<pre>{}</pre>\n", published.size, escaped(&published.note))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(origin: &str, reason: Option<&str>) -> Named {
        Named {
            origin: origin.to_owned(),
            place: "/ledger".to_owned(),
            key: format!("{origin}+00000000+AA=="),
            began_at: "2026-11-23T12:00:00Z".to_owned(),
            began_at_size: 7,
            reason: reason.map(str::to_owned),
            previous: reason.map(|_| "old head".to_owned()),
        }
    }

    #[test]
    fn whoever_looks_reads_that_the_ledger_goes_on_under_another_name_and_why() {
        let one = [named("forms.example/ledger", None)];
        assert!(!html("forms.example", &one, None).contains("Names of before"));
        let two = [named("forms.example/ledger", None), named("forms.example/ledger/2", Some("a <b>disk</b> died"))];
        let page = html("forms.example", &two, None);
        assert!(page.contains("Names of before") && page.contains("a &lt;b&gt;disk&lt;/b&gt; died"), "{page}");
        assert!(page.contains("old head") && page.contains("forms.example/ledger+00000000"), "{page}");
        let read: serde_json::Value = serde_json::from_str(&json(&two)).unwrap();
        assert_eq!(read["origins"][1]["previous"], "old head");
        assert_eq!(read["origins"][0].get("reason"), None);
    }
}
