//! The views as HTML, for placements and for the full page `/f/{form}`.

use std::sync::Arc;

use leptos::prelude::*;
use unticked_shared::{
    id::Language,
    placement::Content,
    submission::{Accepted, Choices, ProblemType, Values},
    texts::{Word, Words},
    validate::FieldError,
};

use crate::{
    state::{FormState, Phase, Trouble},
    view::{self, Frame, Ui},
};

/// The one stylesheet, for shadow roots and for the full page.
pub const STYLESHEET: &str = include_str!("../style/unticked.css");
/// The script that owners paste.
pub const LOADER: &str = include_str!("../loader/unticked.js");
/// What the loader brings where a page's own form is adopted.
pub const ADOPT: &str = include_str!("../loader/adopt.js");
/// What a page runs first: it holds back whatever waits for a yes. `"CONFIG"` stands for the owner's configuration.
pub const GATE: &str = include_str!("../loader/gate.js");
/// What the gate brings where there is something to ask, to show or to send.
pub const CONSENT: &str = include_str!("../loader/consent.js");

/// The state of the full page `/f/{form}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageState {
    /// The ticket that the page carries.
    pub ticket: Option<String>,
    /// The version that it shows.
    pub version: String,
    /// What was entered before, or filled in from the address for fields marked so.
    pub values: Values,
    /// What the visitor had ticked before the form came back. Empty on a fresh page: nothing is ticked for anybody.
    pub choices: Choices,
    /// What needs another look.
    pub errors: Vec<FieldError>,
    /// Why sending did not work, and how many seconds to wait. `validation-failed` without errors asks the visitor to
    /// look once more and send, as after a native post that carried no ticket.
    pub problem: Option<(ProblemType, Option<u64>)>,
    /// It has arrived: the page is the confirmation.
    pub accepted: Option<Accepted>,
    /// The address of the page that the form stands on, without query and fragment.
    pub page: String,
    /// The same page in the form's other languages; none where switching would lose what was typed.
    pub languages: Vec<LanguageLink>,
}

/// A link to the page in another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageLink {
    /// Where it leads.
    pub href: String,
    /// The language.
    pub language: Language,
    /// What the language calls itself.
    pub name: String,
}

/// The banner's own stylesheet.
pub const BANNER_STYLESHEET: &str = include_str!("../style/banner.css");

/// The html of a placement: nothing entered, nothing ticked, every step and every conditional field visible. Of a banner's
/// content, the banner.
pub fn render_form(content: &Content) -> String {
    if let Some(text) = &content.banner {
        let owner = Owner::new();
        return owner.with(|| view::banner::banner(content, text).to_html());
    }
    render(content, FormState::default(), Frame::default())
}

/// A whole HTML document that works without any script. `stylesheet_href` is the stylesheet's address.
pub fn render_page(content: &Content, state: &PageState, stylesheet_href: &str) -> String {
    // A version archived before there was a personal page, or a receipt, has no words for the link to it.
    let completed = (state.accepted.is_some() && content.words.get(Word::ReceiptLink).is_empty())
        .then(|| Content { words: Words::of_or_english(&content.language), ..content.clone() });
    let content = completed.as_ref().unwrap_or(content);
    let form = FormState {
        values: state.values.clone(),
        choices: state.choices.clone(),
        tried: !state.errors.is_empty(),
        errors: state.errors.clone(),
        // With errors the summary says it all.
        trouble: state
            .problem
            .filter(|(kind, _)| *kind != ProblemType::ValidationFailed || state.errors.is_empty())
            .map(|(kind, wait)| Trouble::Problem(kind, wait)),
        phase: state.accepted.clone().map_or(Phase::Filling, Phase::Done),
        ..FormState::default()
    };
    let frame = Frame {
        ticket: state.ticket.clone().unwrap_or_default(),
        version: state.version.clone(),
        page: state.page.clone(),
        whole_page: true,
    };
    // The title is the first thing a screen reader says of a page.
    let words = &content.words;
    let title = if form.has_summary() {
        format!("{}: {}", words.get(Word::ProblemTitle), content.title)
    } else if state.accepted.is_some() {
        words.get(Word::DoneTitle).to_owned()
    } else {
        content.title.clone()
    };
    let controller = content.controllers.first().map(|controller| controller.name.as_str()).unwrap_or_default();
    document(
        &content.language,
        &format!("{title} – {controller}"),
        &form_head(stylesheet_href),
        &format!(
            "{}<main>\n<h1>{}</h1>\n{}</main>",
            language_links(&state.languages),
            escaped(controller),
            render(content, form, frame)
        ),
    )
}

/// The page for an address that leads to no form, in a language that the product speaks.
pub fn render_missing(language: &Language, words: &Words, stylesheet_href: &str) -> String {
    let title = words.get(Word::MissingTitle);
    let main = format!(
        "<main><div class=\"unticked\"><h1>{}</h1><p>{}</p></div></main>",
        escaped(title),
        escaped(words.get(Word::MissingText))
    );
    document(language, title, &form_head(stylesheet_href), &main)
}

fn form_head(stylesheet_href: &str) -> Head<'_> {
    Head { stylesheets: vec![stylesheet_href], script: None }
}

/// What a document loads.
pub(crate) struct Head<'a> {
    /// The stylesheets' addresses.
    pub stylesheets: Vec<&'a str>,
    /// The script's.
    pub script: Option<&'a str>,
}

/// A whole document around `body`, which is HTML; `title` is text.
pub(crate) fn document(language: &Language, title: &str, head: &Head<'_>, body: &str) -> String {
    let sheet = |href: &&str| format!("\n<link rel=\"stylesheet\" href=\"{}\">", escaped(href));
    let script = |src: &str| format!("\n<script src=\"{}\" defer></script>", escaped(src));
    let loads: String = head.stylesheets.iter().map(sheet).chain(head.script.map(script)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\" dir=\"{dir}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>{loads}\n</head>\n\
         <body class=\"unticked-page\">\n{body}\n</body>\n</html>\n",
        lang = escaped(language.as_str()),
        dir = language.direction().as_str(),
        title = escaped(title),
    )
}

fn language_links(languages: &[LanguageLink]) -> String {
    if languages.is_empty() {
        return String::new();
    }
    let link = |link: &LanguageLink| {
        format!(
            "<a href=\"{href}\" lang=\"{tag}\" hreflang=\"{tag}\" dir=\"{dir}\">{name}</a>\n",
            href = escaped(&link.href),
            tag = escaped(link.language.as_str()),
            dir = link.language.direction().as_str(),
            name = escaped(&link.name),
        )
    };
    format!("<nav class=\"unticked-languages\">\n{}</nav>\n", languages.iter().map(link).collect::<String>())
}

fn render(content: &Content, state: FormState, frame: Frame) -> String {
    let owner = Owner::new();
    owner.with(|| view::form(&Ui::new(Arc::new(content.clone()), state, frame)).to_html())
}

/// A text for the inside of an element or of a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use unticked_shared::{decision::Choice, submission::Value, validate::Rule};

    fn id<T: TryFrom<String>>(text: &str) -> T {
        T::try_from(text.to_owned()).ok().unwrap()
    }

    #[test]
    fn a_placement_is_the_same_for_everyone_and_ticks_nothing() {
        let content = crate::sample::content();
        let html = render_form(&content);
        assert_eq!(html, render_form(&content));
        assert!(!html.contains("checked") && !html.contains("selected"));
        assert!(!html.contains("style=") && !html.contains("<script") && !html.contains("<style"));
        assert!(html.contains("Write to &lt;us&gt;"));
        assert!(html.contains(r#"name="choice.news""#) && !html.contains("choice.answer"), "no box without a choice");
    }

    #[test]
    fn every_step_and_every_condition_is_visible_until_script_governs_the_form() {
        let html = render_form(&crate::sample::content());
        assert_eq!(html.matches(r#"<div part="step" class="step">"#).count(), 2, "neither step is hidden");
        assert!(
            html.contains(r#"data-field="order" class="field"><div class="lead"><label"#),
            "nor is a conditional field"
        );
        assert!(html.contains(r#"<button type="submit" part="button submit" aria-disabled="false" class="main">"#));
    }

    #[test]
    fn the_full_page_keeps_what_was_sent_and_says_what_is_wrong() {
        let content = crate::sample::content();
        let state = PageState {
            ticket: Some("t.1".into()),
            version: "v1".into(),
            values: [(id("message"), Value::One("</textarea><script>\n&".into())), (id("way"), Value::One("b".into()))]
                .into(),
            choices: [(id("news"), Choice::Granted)].into(),
            errors: vec![FieldError {
                field: "email".into(),
                rule: Rule::Required,
                message: "The email: please".into(),
            }],
            problem: Some((ProblemType::ValidationFailed, None)),
            ..PageState::default()
        };
        let html = render_page(&content, &state, "/assets/a.css");
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\">"));
        assert!(html.contains("<title>There is a problem: Write to &lt;us&gt; – Harbour Books</title>"));
        assert!(html.contains(">\n&lt;/textarea&gt;&lt;script&gt;\n&amp;</textarea>"), "{html}");
        assert!(html.contains(r##"<a href="#f-email" data-focus="f-email">The email: please</a>"##));
        assert!(html.contains(r#"name="ticket" value="t.1""#) && html.contains(r#"name="version" value="v1""#));
        assert_eq!(html.matches(" checked").count(), 2, "the box and the option that the visitor had ticked");
        assert!(html.contains("autofocus"));
    }

    #[test]
    fn the_confirmation_names_every_decision() {
        let accepted = serde_json::from_value(serde_json::json!({"id": "1", "reference": "K7QD-93XF", "received_at": "2026-01-01T00:00:00Z",
            "decisions": [{"purpose": "news", "name": "Newsletter", "decision": "granted_unconfirmed"}, {"purpose": "calls", "name": "Calls", "decision": "refused"}],
            "preferences": "https://forms.example/preferences#TOKEN", "receipt": "e30K"})).unwrap();
        let state = PageState { accepted: Some(accepted), ..PageState::default() };
        let html = render_page(&crate::sample::content(), &state, "/a.css");
        assert!(html.contains("K7QD-93XF"));
        assert!(html.contains("<dt>Calls</dt><dd>No</dd>") && html.contains("Yes, once you confirm it by mail"));
        assert!(html.contains(r#"href="https://forms.example/preferences#TOKEN""#), "{html}");
        // Without script: a fragment never reaches a server, a control does.
        assert!(html.contains(r#"<input type="hidden" name="token" value="TOKEN">"#), "{html}");
        assert!(html.contains("Open that page now"));
        assert!(
            html.contains(r#"href="data:application/octet-stream;base64,e30K" download="receipt-K7QD-93XF.json""#),
            "{html}"
        );
        let mut old = crate::sample::content();
        old.words = Words::default();
        assert!(render_page(&old, &state, "/a.css").contains("See or take back what you decided</a>"));
    }
}
