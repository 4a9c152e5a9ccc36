//! What pages load: the loader, what adopts a page's own forms, the stylesheet, and the widget's Wasm with its glue.
//!
//! Everything but the loader is named by its content and never changes under its name; `unticked.js` keeps its name,
//! because owners paste it, and is asked for again with its tag. So does `consent.js`, which a gate of before may name. A loader from a cache may name an `adopt-….js` of before;
//! it finds the present one under `adopt.js`. All of it is compressed beforehand.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, Response},
    response::IntoResponse,
    routing::get,
};
use unticked_shared::{submission::ProblemType, texts::Word};

use crate::{
    forms::Version,
    precompressed::{Effort, Precompressed},
    problem::Refusal,
    router::open_to_all,
    wiring::App,
};

/// A file of the widget's build.
struct Embedded {
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

mod embedded {
    use super::Embedded;
    include!(concat!(env!("OUT_DIR"), "/assets.rs"));
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const STYLESHEET: &str = "text/css; charset=utf-8";

/// A year, and never asked for again.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// A fix of the loader reaches every site within ten minutes.
pub(crate) const LOADER_CACHE: &str = "public, max-age=600, stale-while-revalidate=86400";

/// The name under which the loader's source asks for what adopts forms; it is served with the hashed one in its place.
const ADOPT: &str = "/assets/adopt.js";

/// The files in memory.
pub struct Assets {
    loader: Precompressed,
    named: BTreeMap<String, Precompressed>,
    stylesheet: String,
    banner_stylesheet: String,
    consent: Precompressed,
    personal: PersonalFiles,
    receipt: ReceiptFiles,
}

/// What the page that checks receipts loads besides, by path.
pub struct ReceiptFiles {
    /// Its own stylesheet.
    pub stylesheet: String,
    /// Its script; empty where the collector carries no Wasm.
    pub script: String,
    /// The Wasm's glue.
    pub glue: String,
    /// The Wasm.
    pub wasm: String,
}

/// What the personal page loads besides the stylesheet, by path.
pub struct PersonalFiles {
    /// Its own stylesheet.
    pub stylesheet: String,
    /// The script that takes the token out of the address.
    pub script: String,
}

impl Assets {
    /// Compresses what is not compressed yet.
    pub fn new() -> Self {
        let adopt = adopt();
        let loader = Precompressed::new(loader(&adopt), JAVASCRIPT, Effort::Best);
        let stylesheet = Precompressed::new(stylesheet(), STYLESHEET, Effort::Best);
        let stylesheet_name = format!("unticked-{}.css", stylesheet.hash());
        let mut named: BTreeMap<String, Precompressed> = embedded::FILES
            .iter()
            .map(|file| {
                let is_wasm = std::path::Path::new(file.name).extension().is_some_and(|extension| extension == "wasm");
                let media_type = if is_wasm { "application/wasm" } else { JAVASCRIPT };
                let body = Precompressed::from_parts(file.plain, Some(file.brotli), Some(file.gzip), media_type);
                (file.name.to_owned(), body)
            })
            .collect();
        named.insert(stylesheet_name.clone(), stylesheet);
        for name in [adopt_path(&adopt).as_str(), ADOPT].map(|path| path.trim_start_matches("/assets/").to_owned()) {
            named.insert(name, adopt.clone());
        }
        let mut add = |page: &str, text: String, kind: &str, media_type| {
            let body = Precompressed::new(text, media_type, Effort::Best);
            let name = format!("{page}-{}.{kind}", body.hash());
            let path = format!("/assets/{name}");
            named.insert(name, body);
            path
        };
        let personal = PersonalFiles {
            stylesheet: add(
                "preferences",
                strip_stylesheet(unticked_widget::PREFERENCES_STYLESHEET),
                "css",
                STYLESHEET,
            ),
            script: add("preferences", strip_script(unticked_widget::PREFERENCES_SCRIPT), "js", JAVASCRIPT),
        };
        let banner_stylesheet = add("banner", banner_stylesheet().to_owned(), "css", STYLESHEET);
        let receipt = ReceiptFiles {
            stylesheet: add("receipt-page", strip_stylesheet(unticked_widget::RECEIPT_STYLESHEET), "css", STYLESHEET),
            script: match embedded::RECEIPT {
                "" => String::new(),
                _ => add("receipt-page", strip_script(unticked_widget::RECEIPT_SCRIPT), "js", JAVASCRIPT),
            },
            glue: format!("/assets/receipt-{}.js", embedded::RECEIPT),
            wasm: format!("/assets/receipt-{}.wasm", embedded::RECEIPT),
        };
        let stylesheet = format!("/assets/{stylesheet_name}");
        let consent = Precompressed::new(strip_script(unticked_widget::CONSENT), JAVASCRIPT, Effort::Best);
        Self { loader, named, stylesheet, banner_stylesheet, consent, personal, receipt }
    }

    /// The stylesheet's path, such as `/assets/unticked-1a2b3c4d5e6f7a8b.css`.
    pub fn stylesheet_path(&self) -> &str {
        &self.stylesheet
    }

    /// The path of the stylesheet of what `version` shows.
    pub fn stylesheet_of(&self, version: &Version) -> &str {
        if version.banner.is_some() { &self.banner_stylesheet } else { &self.stylesheet }
    }

    /// What shows the banner and sends what was decided.
    pub fn consent(&self) -> &Precompressed {
        &self.consent
    }

    /// What the personal page loads.
    pub fn personal(&self) -> &PersonalFiles {
        &self.personal
    }

    /// What the page that checks receipts loads.
    pub fn receipt(&self) -> &ReceiptFiles {
        &self.receipt
    }

    /// The widget build that is embedded; empty without one.
    pub fn build() -> &'static str {
        embedded::BUILD
    }
}

impl Default for Assets {
    fn default() -> Self {
        Self::new()
    }
}

/// The routes of this room.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/unticked.js", get(answer_loader)).route("/assets/{name}", get(answer_named))
}

async fn answer_loader(State(app): State<App>, request: HeaderMap) -> Response<Body> {
    let mut response = app.assets.loader.respond(&request, LOADER_CACHE);
    open_to_all(response.headers_mut());
    response
}

async fn answer_named(State(app): State<App>, Path(name): Path<String>, request: HeaderMap) -> Response<Body> {
    let mut response = match app.assets.named.get(&name) {
        Some(asset) if ADOPT.ends_with(&format!("/{name}")) => asset.respond(&request, LOADER_CACHE),
        Some(asset) => asset.respond(&request, IMMUTABLE),
        None => Refusal::new(ProblemType::NotFound).into_response(),
    };
    // The loader must be able to read the refusal, too.
    open_to_all(response.headers_mut());
    response
}

/// The loader as it is served: without comment lines and indentation, and naming the file that adopts forms.
fn loader(adopt: &Precompressed) -> String {
    strip_script(unticked_widget::LOADER).replace(&format!("\"{ADOPT}\""), &format!("\"{}\"", adopt_path(adopt)))
}

/// What adopts forms, as it is served. It names the product's words (`"W:Sending"`) and gets their places in the list in
/// which they travel.
fn adopt() -> Precompressed {
    let named = strip_script(unticked_widget::ADOPT);
    let placed = Word::ALL
        .iter()
        .enumerate()
        .fold(named, |text, (place, word)| text.replace(&format!("\"W:{word:?}\""), &place.to_string()));
    Precompressed::new(placed, JAVASCRIPT, Effort::Best)
}

fn adopt_path(adopt: &Precompressed) -> String {
    format!("/assets/adopt-{}.js", adopt.hash())
}

/// The stylesheet as it is served: without comments and indentation.
pub fn stylesheet() -> &'static str {
    static STRIPPED: LazyLock<String> = LazyLock::new(|| strip_stylesheet(unticked_widget::STYLESHEET));
    &STRIPPED
}

/// The banner's stylesheet as it is served.
pub fn banner_stylesheet() -> &'static str {
    static STRIPPED: LazyLock<String> = LazyLock::new(|| strip_stylesheet(unticked_widget::BANNER_STYLESHEET));
    &STRIPPED
}

/// Drops lines that are a comment, and indentation, outside template literals. What stands in a line stays: telling a
/// comment from a regular expression takes a parser.
pub(crate) fn strip_script(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_template, mut in_comment) = (false, false);
    for line in text.lines() {
        let trimmed = line.trim();
        if !in_template {
            if in_comment {
                in_comment = !trimmed.ends_with("*/");
                continue;
            }
            if trimmed.is_empty() || trimmed.starts_with("//") {
                continue;
            }
            if trimmed.starts_with("/*") && (trimmed.ends_with("*/") || !trimmed.contains("*/")) {
                in_comment = !trimmed.ends_with("*/");
                continue;
            }
        }
        let starts_in_template = in_template;
        let mut escaped = false;
        for c in line.chars() {
            in_template ^= c == '`' && !escaped;
            escaped = c == '\\' && !escaped;
        }
        let start = if starts_in_template { line } else { line.trim_start() };
        out.push_str(if in_template { start } else { start.trim_end() });
        out.push('\n');
    }
    out
}

/// Drops comments, indentation and empty lines; texts in quotes stay.
fn strip_stylesheet(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    let mut quote = None;
    while let Some(c) = rest.chars().next() {
        if quote.is_none() && rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
            continue;
        }
        if c == '\\' {
            let end = rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at);
            bare.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
        bare.push(c);
        rest = &rest[c.len_utf8()..];
    }
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comment_lines_and_indentation_go_and_templates_stay() {
        let script =
            "// a\n/* b */\n/*\n * c\n */\n  const x = 1; // kept\n  const y = `\n    // text\n  `;\n\n  f()\n";
        assert_eq!(strip_script(script), "const x = 1; // kept\nconst y = `\n    // text\n  `;\nf()\n");
    }

    #[test]
    fn stylesheet_comments_go_and_quoted_text_stays() {
        let css = "/* a */\n.b {\n  content: \"/* \\\" no */\"; /* c */\n}\n\n/* d\n e */";
        assert_eq!(strip_stylesheet(css), ".b {\ncontent: \"/* \\\" no */\";\n}\n");
    }

    #[test]
    fn the_loader_names_the_very_file_that_adopts_forms() {
        let (assets, adopt) = (Assets::new(), adopt());
        let loader = loader(&adopt);
        let path = adopt_path(&adopt);
        assert_eq!(loader.matches(&format!("\"{path}\"")).count(), 1);
        assert!(
            assets.named.contains_key(path.strip_prefix("/assets/").unwrap()) && assets.named.contains_key("adopt.js")
        );
    }

    #[test]
    fn what_adopts_forms_knows_where_every_word_stands() {
        let served = adopt();
        let response = served.respond(&HeaderMap::new(), IMMUTABLE);
        let body = axum::body::to_bytes(response.into_body(), 1 << 20);
        let body = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(body).unwrap();
        let text = std::str::from_utf8(&body).unwrap();
        assert!(!text.contains("W:"), "a word that the product does not have");
        let sending = Word::ALL.iter().position(|word| *word == Word::Sending).unwrap();
        assert!(text.contains(&format!("word({sending})")));
    }

    #[test]
    fn the_stylesheet_is_named_by_its_content() {
        let assets = Assets::new();
        let name = assets.stylesheet_path().strip_prefix("/assets/").unwrap();
        assert_eq!(name, format!("unticked-{}.css", assets.named[name].hash()));
    }
}
