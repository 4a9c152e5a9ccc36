//! Chromium's own log of its network (`--log-net-log`): whoever asked, a page, a frame in another process or a worker.
//!
//! A request that a page caused names an initiator. What the browser does for itself does not (looking for updates, opening its
//! start page), and neither does the page that we sent it to; that is known by its address. Requests that never left (a policy forbade them, or we did) are not in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::seen::Request;

/// Every request that a page caused, in their order. `sent_to` are the pages that the browser was sent to; `types` knows some
/// requests by their address. None where this is no such log.
pub fn read(log: &str, sent_to: &[String], types: &BTreeMap<String, String>) -> Option<Vec<Request>> {
    // Each event has a line of its own; a browser that did not end in peace leaves the log without its end.
    let mut lines = log.lines();
    let head: Value = serde_json::from_str(&format!("{}}}", lines.next()?.trim_end().trim_end_matches(','))).ok()?;
    let constants = &head["constants"];
    let offset = number(&constants["timeTickOffset"])?;
    let started = constants["logEventTypes"]["URL_REQUEST_START_JOB"].as_i64()?;
    let mut requests = Vec::new();
    // Redirects go on under the number of what was redirected.
    let mut sent = BTreeSet::new();
    for line in lines {
        let line = line.trim_end_matches([',', ']', ' ', '\r']);
        if !line.contains("\"url\"") {
            continue;
        }
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        let Some(url) = event["params"]["url"].as_str() else { continue };
        if event["type"].as_i64() != Some(started) {
            continue;
        }
        let number_of = event["source"]["id"].as_i64();
        let kind = match caused(&event["params"]) {
            None if sent_to.iter().any(|page| page.split('#').next() == Some(url)) || sent.contains(&number_of) => {
                sent.insert(number_of);
                Some("page")
            }
            kind => kind,
        };
        if let Some(kind) = kind {
            let kind = types.get(url).map_or(kind, String::as_str).to_owned();
            let at = number(&event["time"]).map_or(0, |ticks| ticks + offset);
            requests.push(Request { url: url.to_owned(), kind, at });
        }
    }
    Some(requests)
}

/// What a page asked for, or none where the browser asked for itself.
fn caused(params: &Value) -> Option<&'static str> {
    params["initiator"].as_str().filter(|initiator| *initiator != "not an origin")?;
    match params["request_type"].as_str() {
        Some("main frame") => Some("page"),
        Some("subframe") => Some("frame"),
        _ => Some("request"),
    }
}

/// Times are texts in it.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        r#"{"constants":{"logEventTypes":{"URL_REQUEST_START_JOB":7,"CORS_REQUEST":3},"timeTickOffset":1000},"#;

    fn event(kind: u8, time: &str, params: &str) -> String {
        format!(
            "{{\"params\":{{{params}}},\"phase\":1,\"source\":{{\"id\":{time}}},\"time\":\"{time}\",\"type\":{kind}}}"
        )
    }

    fn seen(log: &str) -> Vec<(String, String, i64)> {
        let types = BTreeMap::from([("https://t.example/a.js".to_owned(), "script".to_owned())]);
        let read = read(log, &["https://shop.example/#top".to_owned()], &types).unwrap();
        read.into_iter().map(|request| (request.url, request.kind, request.at)).collect()
    }

    #[test]
    fn what_pages_frames_and_workers_ask_for_is_read_and_what_the_browser_asks_for_is_not() {
        let page = r#""initiator":"not an origin","request_type":"main frame","url":"https://shop.example/""#;
        let update = r#""initiator":"not an origin","request_type":"other","url":"https://update.example/""#;
        let script = r#""initiator":"https://shop.example","request_type":"other","url":"https://t.example/a.js""#;
        let frame = r#""initiator":"https://shop.example","request_type":"subframe","url":"https://v.example/]}""#;
        let log = format!(
            "{HEAD}\n\"events\": [\n{},\n{},\n{},\n{},\n{},\n{}],\n\"polledData\": []\n}}\n",
            event(7, "1", page),
            event(7, "2", update),
            event(3, "3", script),
            event(7, "4", script),
            event(7, "4", r#""net_error":-105"#),
            event(7, "5", frame),
        );
        let all = [
            ("https://shop.example/", "page", 1001),
            ("https://t.example/a.js", "script", 1004),
            ("https://v.example/]}", "frame", 1005),
        ];
        assert_eq!(seen(&log), all.map(|(url, kind, at)| (url.to_owned(), kind.to_owned(), at)));
    }

    #[test]
    fn who_redirects_a_page_is_met_and_the_browser_s_start_page_is_not() {
        let main =
            |url: &str| format!("\"initiator\":\"not an origin\",\"request_type\":\"main frame\",\"url\":\"{url}\"");
        let start = event(7, "1", &main("https://start.example/"));
        let (asked, hop) =
            (event(7, "2", &main("https://shop.example/")), event(7, "2", &main("https://hop.example/")));
        let log = format!("{HEAD}\n\"events\": [\n{start},\n{asked},\n{hop}],\n");
        let urls: Vec<String> = seen(&log).into_iter().map(|one| one.0).collect();
        assert_eq!(urls, ["https://shop.example/", "https://hop.example/"]);
    }

    #[test]
    fn a_log_that_breaks_off_is_read_as_far_as_it_goes() {
        let one =
            event(7, "1", r#""initiator":"https://a.example","request_type":"other","url":"https://t.example/x""#);
        let log = format!("{HEAD}\n\"events\": [\n{one},\n{}", &one[..40]);
        assert_eq!(seen(&log).len(), 1);
        assert_eq!(read("", &[], &BTreeMap::new()), None);
        assert_eq!(read("not a log\n", &[], &BTreeMap::new()), None);
    }
}
