//! The page that checks a receipt, as HTML. Without its script it says what to do instead.

use leptos::prelude::*;
use unticked_shared::{id::Language, texts::receipt::Says};

use crate::{
    server::{Head, document},
    view::receipt,
};

/// The page's own stylesheet, beside the form's and the personal page's.
pub const RECEIPT_STYLESHEET: &str = include_str!("../style/receipt.css");
/// The script that takes the file and shows what the Wasm says of it.
pub const RECEIPT_SCRIPT: &str = include_str!("../loader/receipt.js");

/// What the page is made of.
#[derive(Debug, Clone)]
pub struct ReceiptPage<'a> {
    /// The key of the collector's own log.
    pub key: &'a str,
    /// The page's words, a JSON list in the order of [`Says::ALL`].
    pub words: String,
    /// The stylesheets' addresses.
    pub stylesheets: Vec<&'a str>,
    /// The script's; empty where the collector carries no Wasm.
    pub script: &'a str,
    /// The Wasm's glue.
    pub glue: &'a str,
    /// The Wasm.
    pub wasm: &'a str,
}

/// The page, in a language that the product speaks.
pub fn render_receipt(language: &Language, page: &ReceiptPage<'_>) -> String {
    let owner = Owner::new();
    let main = owner.with(|| receipt::receipt(language, page).to_html());
    let head = Head { stylesheets: page.stylesheets.clone(), script: Some(page.script).filter(|src| !src.is_empty()) };
    document(language, Says::Title.text(language), &head, &format!("<main>{main}</main>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_its_script_the_page_says_what_to_do() {
        let page = ReceiptPage {
            key: "forms.example/ledger+0a0b0c0d+Af/==",
            words: "[\"<\\\"\"]".to_owned(),
            stylesheets: vec!["/a.css", "/b.css"],
            script: "",
            glue: "",
            wasm: "",
        };
        for tag in ["en", "bg", "ar"] {
            let language = Language::parse(tag).unwrap();
            let html = render_receipt(&language, &page);
            assert!(html.contains("--key 'forms.example/ledger+0a0b0c0d+Af/=='"), "{html}");
            assert!(html.contains(Says::WithoutScript.text(&language)) && html.contains("<form id=\"check\" hidden>"));
            assert!(!html.contains("<script") && !html.contains("style=") && html.contains("href=\"/b.css\""));
            assert!(
                html.contains("data-words=\"[&quot;&lt;\\&quot;&quot;]\"")
                    || html.contains("data-words=\"[&quot;<\\&quot;&quot;]\""),
                "{html}"
            );
        }
    }
}
