//! Chromium's own log of its network (`--log-net-log`): whoever asked, a page, a frame in another process or a worker.
//!
//! A request that a page caused names an initiator; what the browser does for itself (looking for updates) does not, but for
//! the page itself. Requests that never left (a policy forbade them, or we did) are not in it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::seen::Request;

/// Every request that a page caused, in their order; `types` knows some by their address. None where this is no such log.
pub fn read(log: &str, types: &BTreeMap<String, String>) -> Option<Vec<Request>> {
    // Each event has a line of its own; a browser that did not end in peace leaves the log without its end.
    let mut lines = log.lines();
    let head: Value = serde_json::from_str(&format!("{}}}", lines.next()?.trim_end().trim_end_matches(','))).ok()?;
    let constants = &head["constants"];
    let offset = number(&constants["timeTickOffset"])?;
    let started = constants["logEventTypes"]["URL_REQUEST_START_JOB"].as_i64()?;
    let mut requests = Vec::new();
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
        if let Some(kind) = caused(&event["params"]) {
            let kind = types.get(url).map_or(kind, String::as_str).to_owned();
            let at = number(&event["time"]).map_or(0, |ticks| ticks + offset);
            requests.push(Request { url: url.to_owned(), kind, at });
        }
    }
    Some(requests)
}

/// What a page asked for, or none where the browser asked for itself.
fn caused(params: &Value) -> Option<&'static str> {
    let initiator = params["initiator"].as_str()?;
    match params["request_type"].as_str() {
        Some("main frame") => Some("page"),
        _ if initiator == "not an origin" => None,
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
        format!("{{\"params\":{{{params}}},\"phase\":1,\"source\":{{\"id\":1}},\"time\":\"{time}\",\"type\":{kind}}}")
    }

    fn seen(log: &str) -> Vec<(String, String, i64)> {
        let types = BTreeMap::from([("https://t.example/a.js".to_owned(), "script".to_owned())]);
        let read = read(log, &types).unwrap();
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
    fn a_log_that_breaks_off_is_read_as_far_as_it_goes() {
        let one =
            event(7, "1", r#""initiator":"https://a.example","request_type":"other","url":"https://t.example/x""#);
        let log = format!("{HEAD}\n\"events\": [\n{one},\n{}", &one[..40]);
        assert_eq!(seen(&log).len(), 1);
        assert_eq!(read("", &BTreeMap::new()), None);
        assert_eq!(read("not a log\n", &BTreeMap::new()), None);
    }
}
