//! A page of the shop with twenty trackers, of every kind that can be marked.

use super::thirds::Thirds;

/// How a page with the gate differs from the plainest.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where the gate's script is: the collector's, or a copy on the shop's own origin.
    pub gate: String,
    /// What stands before the gate in `<head>`.
    pub before: String,
    /// What stands after it, as the last thing in `<head>`.
    pub after: String,
    /// The language, and with it the direction.
    pub language: &'static str,
    /// The nonce that every script of the page's own carries.
    pub nonce: &'static str,
    /// What stands in `<main>`.
    pub main: String,
}

impl Site {
    /// With the trackers, the gate from there.
    pub fn new(gate: impl Into<String>) -> Self {
        let main = format!("{}{FURNITURE}", trackers());
        Self { gate: gate.into(), before: String::new(), after: String::new(), language: "en", nonce: "n0", main }
    }

    /// Whether scripts say at once that they ran, what stands in the page is the same: the page as it is sent.
    pub fn html(&self, thirds: &Thirds) -> String {
        let Self { gate, before, after, language, nonce, main } = self;
        let direction = if *language == "ar" { "rtl" } else { "ltr" };
        thirds.put_into(&format!(
            r#"<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Harbour Books</title>
<link rel="icon" href="data:,">
<script nonce="{nonce}">{NOTES}</script>
{before}
<script nonce="{nonce}" src="{gate}"></script>
{after}
</head>
<body>
<main>
<h1>Harbour Books</h1>
{main}
</main>
</body>
</html>
"#
        ))
    }
}

/// What runs says so; what the page is told is kept; the decision's cookie-less control runs whatever is decided.
const NOTES: &str = r#"
window.ran = []; window.told = [];
function runs(tracker) { window.ran.push(tracker); }
for (const name of ["decided", "recorded", "banner"]) {
  document.addEventListener("unticked:" + name, (event) => told.push({ name, detail: event.detail }));
}"#;

/// What a shop's page has besides: a control that needs no consent, the way back to the settings, the way to another page,
/// and enough text to scroll.
const FURNITURE: &str = r##"
<script nonce="n0" type="text/plain" data-category="cart">runs(100);</script>
<p><a href="#settings" data-unticked="settings" id="settings">Privacy settings</a> <a id="away" href="/away">Opening hours</a></p>
<p style="height: 120vh">Shelves.</p>
<p><a id="last" href="#top">To the top</a></p>
"##;

/// Those that stand in the page as it is sent: 1 to 18. Of [`ADDED`] there are two more.
pub fn trackers() -> &'static str {
    r#"
<script nonce="n0" type="text/plain" data-category="statistics">runs(1);
document.cookie = "_pk_id.1=x; path=/"; localStorage.setItem("_pk_1", "x"); sessionStorage.setItem("_pk_session", "x");</script>
<script nonce="n0" type="text/plain" data-category="statistics" src="STATISTICS/slow/2.js"></script>
<script nonce="n0" type="text/plain" data-category="statistics">runs(3);</script>
<script nonce="n0" type="text/plain" data-category="statistics" data-src="STATISTICS/4.js" async></script>
<script nonce="n0" type="text/plain" data-category="statistics" data-type="module" src="STATISTICS/5.js"></script>
<script nonce="n0" type="text/plain" data-category="statistics" data-type="module">runs(6);</script>
<script nonce="n0" type="text/plain" data-cookiecategory="analytics" src="STATISTICS/7.js"></script>
<script nonce="n0" type="text/plain" data-name="matomo" data-type="application/javascript" data-src="STATISTICS/8.js"></script>
<script nonce="n0" type="text/plain" data-c15t-category="marketing" src="ADS/9.js"></script>
<script nonce="n0" type="text/plain" data-category="ads" src="ADS/10.js" integrity="INTEGRITY" crossorigin="anonymous"></script>
<script nonce="n0" type="text/plain" data-category="ads">runs(11); localStorage.setItem("ad_seen", "x");</script>
<iframe data-category="ads" data-src="ADS/12.html" title="An advertisement" width="300" height="200"></iframe>
<img data-category="ads" data-src="ADS/13.svg" alt="An advertisement" width="4" height="4">
<iframe data-category="media" data-src="MEDIA/14.html" title="A film" width="400" height="250"></iframe>
<video data-category="media" data-src="MEDIA/15.mp4" width="200" height="100" title="A film"></video>
<link rel="stylesheet" data-category="media" data-src="MEDIA/16.css">
<img data-category="media" data-src="MEDIA/17.svg" alt="A map" width="4" height="4">
<script nonce="n0" type="text/plain" data-category="media" src="MEDIA/18.js"></script>
"#
}

/// Adds tracker 19 as a script does that comes later, and 20 as a page does that changes without loading.
pub const ADDED: &str = r#"
const late = document.createElement("script");
late.type = "text/plain"; late.nonce = "n0"; late.dataset.category = "statistics"; late.src = arguments[0] + "/19.js";
document.head.append(late);
history.pushState(null, "", "/second");
const view = document.createElement("section");
view.innerHTML = '<h2>Second page</h2><iframe title="A film" data-category="media" data-src="' + arguments[1] + '/20.html"></iframe>';
document.querySelector("main").append(view);
"#;

/// The trackers of one purpose that ask a third party for a file.
pub fn asking(purpose: &str) -> Vec<u32> {
    match purpose {
        "statistics" => vec![2, 4, 5, 7, 8, 19],
        "ads" => vec![9, 10, 12, 13],
        "media" => vec![14, 15, 16, 17, 18, 20],
        _ => panic!("{purpose} is no purpose of the page"),
    }
}
