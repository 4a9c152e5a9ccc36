//! The others, whom the shop's pages would like to load from: statistics that set a cookie, and a film. They write down who asks
//! them for what, and show it, so that anybody can see that nobody asks before a visitor has said yes.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};

use super::ground::Ground;
use crate::serve::{self, Answer, Request, Server};

/// So many are shown.
const MOST: usize = 200;

/// What a tracker does: it sets a cookie of the shop's, and tells its own server that somebody is there.
const STATISTICS: &str = r#"(() => {
  const id = (/_pk_id\.demo=([^;]+)/.exec(document.cookie) || [])[1] || Math.random().toString(36).slice(2);
  document.cookie = "_pk_id.demo=" + id + ";path=/;max-age=34128000;samesite=lax";
  const self = document.querySelector('script[src$="/statistics.js"]');
  new Image().src = new URL("/seen?visitor=" + id + "&page=" + encodeURIComponent(location.pathname), self.src);
})();
"#;

const FILM: &str = r#"<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A film from elsewhere</title>
<style>body{margin:0;min-height:100vh;display:grid;place-items:center;background:#1b2118;color:#f0f2e9;font:1.1rem/1.5 Georgia,serif;text-align:center}</style>
<p>The linden avenue in flower.<br>This came from another host, because you allowed it.</p>
"#;

/// Serves them, on the address that is not the shop's.
pub fn serve(ground: &Ground) -> Result<Server> {
    let port = ground.elsewhere.port();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    serve::serve(port, move |request| answer(&seen, request))
        .with_context(|| format!("cannot serve what lies elsewhere on port {port}"))
}

fn answer(seen: &Mutex<Vec<String>>, request: &Request) -> Answer {
    let note = || {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MOST {
            seen.push(format!("{} {}", request.method, request.target));
        }
    };
    match request.path() {
        "/statistics.js" => {
            note();
            Answer::ok("text/javascript; charset=utf-8", STATISTICS).with("cache-control", "no-store")
        }
        "/film" => {
            note();
            Answer::html(FILM).with("cache-control", "no-store")
        }
        "/seen" => {
            note();
            Answer::ok("image/svg+xml", r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>"#)
        }
        "/" => Answer::html(page(&seen.lock().unwrap_or_else(PoisonError::into_inner))),
        _ => Answer::not_found(),
    }
}

fn page(seen: &[String]) -> String {
    let escaped = |text: &String| text.replace('&', "&amp;").replace('<', "&lt;");
    let list: Vec<String> = seen.iter().map(|line| format!("<li><code>{}</code></li>", escaped(line))).collect();
    let list = list.concat();
    let list = if list.is_empty() {
        "<p>Nothing yet: nobody has said yes.</p>".to_owned()
    } else {
        format!("<ol>{list}</ol>")
    };
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>What others saw</title><style>body{{font:1.05rem/1.6 system-ui;margin:2rem auto;max-width:42rem;padding:0 1rem}}\
         code{{overflow-wrap:anywhere}}</style><h1>What others saw of the shop's visitors</h1>\
         <p>Every request that reached this host since the demo began. Load the page again after you have decided.</p>{list}</html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_shown_and_cannot_write_the_page() {
        let seen = Mutex::default();
        let ask = |target: &str| {
            let request =
                Request { method: "GET".into(), target: target.into(), headers: Vec::new(), body: Vec::new() };
            match answer(&seen, &request) {
                Answer::Full { status, body, .. } => (status, String::from_utf8(body).unwrap()),
                _ => unreachable!("it answers in full"),
            }
        };
        assert!(ask("/").1.contains("Nothing yet"));
        assert_eq!(ask("/seen?page=<script>").0, 200);
        assert_eq!(ask("/elsewhere").0, 404);
        let page = ask("/").1;
        assert!(page.contains("GET /seen?page=&lt;script>") && !page.contains("<script>"), "{page}");
    }
}
