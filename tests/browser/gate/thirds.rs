//! The third parties: origins of their own on this machine, each of which notes every request and sets a cookie.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use xtask::serve::{Answer, Request, Server, serve};

/// The third parties.
pub struct Thirds {
    seen: Arc<Mutex<Vec<Request>>>,
    server: Server,
}

impl Thirds {
    /// Starts them.
    pub fn start() -> Self {
        let seen = Arc::<Mutex<Vec<Request>>>::default();
        let noted = Arc::clone(&seen);
        let server = serve(0, move |request| {
            noted.lock().expect("whole").push(request.clone());
            answer(request)
        })
        .expect("a free port");
        Self { seen, server }
    }

    /// The origin of one: `statistics`, `ads`, `media`.
    pub fn origin(&self, party: &str) -> String {
        format!("http://{party}.localhost:{}", self.server.address().port())
    }

    /// A text with `STATISTICS`, `ADS` and `MEDIA` replaced by their origins, and `INTEGRITY` by that of tracker 10.
    pub fn put_into(&self, text: &str) -> String {
        let text = ["statistics", "ads", "media"]
            .into_iter()
            .fold(text.to_owned(), |text, party| text.replace(&party.to_uppercase(), &self.origin(party)));
        let hash = Sha256::digest(script("ads", 10).as_bytes());
        text.replace("INTEGRITY", &format!("sha256-{}", STANDARD.encode(hash)))
    }

    /// Every request so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.lock().expect("whole").clone()
    }

    /// Which trackers' files were asked for so far, each once, in their order.
    pub fn asked(&self) -> Vec<u32> {
        let mut trackers: Vec<u32> = self.requests().iter().filter_map(tracker).collect();
        trackers.sort_unstable();
        trackers.dedup();
        trackers
    }

    /// Forgets what was asked so far.
    pub fn forget(&self) {
        self.seen.lock().expect("whole").clear();
    }
}

/// The number that names the file, such as 4 of `/slow/4.js`.
fn tracker(request: &Request) -> Option<u32> {
    let name = request.path().rsplit('/').next()?;
    name.split('.').next()?.parse().ok()
}

/// What a tracker's script does: it says that it runs and leaves something on the page's own site.
fn script(party: &str, tracker: u32) -> String {
    let leaves = match party {
        "statistics" => {
            format!("document.cookie = '_pk_id.{tracker}=x; path=/'; localStorage.setItem('_pk_{tracker}', 'x');")
        }
        "ads" => "localStorage.setItem('ad_seen', 'x');".to_owned(),
        _ => String::new(),
    };
    format!("runs({tracker}); {leaves}\n")
}

fn answer(request: &Request) -> Answer {
    if request.path().starts_with("/slow/") {
        std::thread::sleep(Duration::from_millis(120));
    }
    let number = tracker(request).unwrap_or_default();
    let party = request.header("host").and_then(|host| host.split('.').next()).unwrap_or_default();
    let ending = request.path().rsplit('.').next().unwrap_or_default();
    let answer = match ending {
        "js" => Answer::ok("text/javascript", script(party, number)),
        "css" => Answer::ok("text/css", format!(":root {{ --tracker-{number}: loaded }}")),
        "svg" => Answer::ok(
            "image/svg+xml",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"><path d=\"M0 0h4v4z\"/></svg>",
        ),
        "html" => Answer::html("<!doctype html><html lang=\"en\"><title>A film</title><main><h1>A film</h1></main>"),
        "mp4" => Answer::ok("video/mp4", Vec::new()),
        _ => return Answer::not_found(),
    };
    answer
        .with("access-control-allow-origin", "*")
        .with("cache-control", "no-store")
        .with("set-cookie", &format!("third{number}=x; Path=/"))
}
