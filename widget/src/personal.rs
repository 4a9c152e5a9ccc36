//! The personal page as HTML. It works without script; the one small script it has takes the token out of the address.

use leptos::prelude::*;
use unticked_shared::{
    id::Language,
    placement::{Content, PurposeText},
    texts::preferences::Says,
};

use crate::{
    server::{Head, document, escaped},
    view::preferences,
};

/// The page's own stylesheet, beside the form's.
pub const PREFERENCES_STYLESHEET: &str = include_str!("../style/preferences.css");
/// The script that takes the token out of the address.
pub const PREFERENCES_SCRIPT: &str = include_str!("../loader/preferences.js");

/// Where the page's files lie.
#[derive(Debug, Clone, Copy)]
pub struct PersonalFiles<'a> {
    /// The form's stylesheet.
    pub stylesheet: &'a str,
    /// The page's own.
    pub own: &'a str,
    /// The script.
    pub script: &'a str,
}

/// What one person decided on one form.
#[derive(Debug, Clone)]
pub struct PersonalPage<'a> {
    /// The words of then.
    pub content: &'a Content,
    /// What the person can read out.
    pub reference: String,
    /// When the form was sent, RFC 3339.
    pub sent_at: String,
    /// What opens the page again, and posts.
    pub token: String,
    /// Each purpose, in the form's order.
    pub purposes: Vec<PersonalPurpose<'a>>,
    /// The names of what was taken back just now.
    pub just_withdrawn: Vec<String>,
    /// A receipt, base64; empty where none can be given.
    pub receipt: String,
    /// It is the receipt of what was taken back just now, and not of what was sent.
    pub of_withdrawal: bool,
    /// Of a banner: the address of the page on which it was decided, where it is known.
    pub decided_on: Option<String>,
}

/// One purpose, and how it stands.
#[derive(Debug, Clone)]
pub struct PersonalPurpose<'a> {
    /// The words of then.
    pub text: &'a PurposeText,
    /// How it stands, such as `granted`.
    pub state: &'static str,
    /// The sentence for it; `{date}` in it is filled in. None for a purpose that goes on without consent.
    pub says: Option<Says>,
    /// Since when, RFC 3339.
    pub since: String,
    /// Whether there is consent to take back.
    pub can_be_withdrawn: bool,
}

/// What is wrong, on the page that asks for the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalProblem {
    /// What was put in opens nothing.
    WrongCode,
    /// It cannot be done now.
    Later,
    /// Too many attempts; seconds to wait.
    TooMany(u64),
}

/// The personal page.
pub fn render_personal(page: &PersonalPage<'_>, files: PersonalFiles<'_>) -> String {
    let language = &page.content.language;
    let controller = page.content.controllers.first().map(|controller| controller.name.as_str()).unwrap_or_default();
    let title = preferences::news(page).unwrap_or_else(|| Says::Title.text(language).to_owned());
    let owner = Owner::new();
    let body = owner.with(|| preferences::personal(page).to_html());
    let body = format!("<main>\n<h1>{}</h1>\n{body}</main>", escaped(controller));
    document(language, &format!("{title} – {controller}"), &head(files), &body)
}

/// The page that asks for the link, in a language that the product speaks. `token` stands in the field: what did not open
/// anything, or what could not be opened now.
pub fn render_opening(
    language: &Language,
    problem: Option<PersonalProblem>,
    token: &str,
    files: PersonalFiles<'_>,
) -> String {
    let owner = Owner::new();
    let main = owner.with(|| preferences::opening(language, problem, token).to_html());
    document(language, Says::OpenTitle.text(language), &head(files), &format!("<main>{main}</main>"))
}

/// The page for a link whose person is forgotten.
pub fn render_gone(language: &Language, files: PersonalFiles<'_>) -> String {
    let title = Says::GoneTitle.text(language);
    let main = format!(
        "<main><div class=\"unticked personal\"><h1>{}</h1><p>{}</p></div></main>",
        escaped(title),
        escaped(Says::GoneText.text(language))
    );
    document(language, title, &head(files), &main)
}

fn head(files: PersonalFiles<'_>) -> Head<'_> {
    Head { stylesheets: vec![files.stylesheet, files.own], script: Some(files.script) }
}
