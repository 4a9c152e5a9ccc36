//! The widget gallery: every view in every state, without a collector, for eyes and for tests.
//!
//! The views are those of the widget, mounted in the browser instead of hydrated; the texts are the sample shop's. Each
//! state stands in a shadow root of its own, as on a customer's page. `?language=bg` and `?theme=dark` choose how.

mod states;

use std::sync::Arc;

use leptos::prelude::{document, window};
use unticked_shared::{id::Language, placement::Content};
use unticked_widget::view::{self, Frame, Ui};
use wasm_bindgen::prelude::*;
use web_sys::{CssStyleSheet, Element, HtmlElement, ShadowRootInit, ShadowRootMode, UrlSearchParams};

const STYLESHEET: &str = include_str!("../../style/unticked.css");
const BANNER_STYLESHEET: &str = include_str!("../../style/banner.css");
const LANGUAGES: [&str; 3] = ["en", "bg", "ar"];
const THEMES: [&str; 2] = ["light", "dark"];

/// Fills the page.
#[wasm_bindgen(start)]
pub fn start() -> Result<(), JsValue> {
    let query = UrlSearchParams::new_with_str(&window().location().search()?)?;
    let chosen = |name: &str, all: &[&'static str]| {
        let asked = query.get(name);
        all.iter().copied().find(|one| asked.as_deref() == Some(one)).unwrap_or(all[0])
    };
    let (language, theme) = (chosen("language", &LANGUAGES), chosen("theme", &THEMES));
    let body = document().body().ok_or("no body")?;
    body.set_attribute("data-theme", theme)?;
    let links = choice(language, theme)?;
    body.append_child(&links)?;
    let main = document().create_element("main")?;
    body.append_child(&main)?;
    let title = document().create_element("h1")?;
    title.set_text_content(Some("Every view in every state"));
    main.append_child(&title)?;

    let sheet = CssStyleSheet::new()?;
    sheet.replace_sync(STYLESHEET)?;
    let tag = Language::parse(language).map_err(|error| error.to_string())?;
    let shop = states::shop()?;
    for (content, states) in states::forms(&shop, &tag) {
        let content = Arc::new(content);
        for (name, state) in states {
            let heading = document().create_element("h2")?;
            let name = format!("{}: {name}", content.form);
            heading.set_text_content(Some(&name));
            main.append_child(&heading)?;
            let shown = framed(&content, state, theme, &name, &sheet)?;
            main.append_child(&shown)?;
        }
    }
    let sheet = CssStyleSheet::new()?;
    sheet.replace_sync(BANNER_STYLESHEET)?;
    let banners = states::banners(&shop, &tag);
    for content in &banners {
        for state in states::BANNER_STATES {
            banner(content, state, theme, &sheet, &main)?;
        }
    }
    if let Some(content) = banners.first() {
        let root = rooted("placeholder", theme, &sheet, &main)?;
        let shown = content.clone();
        leptos::mount::mount_to(root, move || view::banner::placeholder(&shown)).forget();
        let root = rooted("settings button", theme, &sheet, &main)?;
        let shown = content.clone();
        leptos::mount::mount_to(root, move || view::banner::settings(&shown)).forget();
    }
    body.set_attribute("data-ready", "")?;
    Ok(())
}

/// A heading, and under it an element for the banner's views, appended to `main`; what is to be filled in.
fn rooted(name: &str, theme: &str, sheet: &CssStyleSheet, main: &Element) -> Result<HtmlElement, JsValue> {
    let heading = document().create_element("h2")?;
    heading.set_text_content(Some(&format!("banner: {name}")));
    main.append_child(&heading)?;
    let host = document().create_element("unticked-banner")?;
    host.set_attribute("theme", theme)?;
    host.set_attribute("data-state", name)?;
    main.append_child(&host)?;
    let root = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open))?;
    root.adopted_style_sheets().push(sheet);
    let container: HtmlElement = document().create_element("div")?.unchecked_into();
    root.append_child(&container)?;
    Ok(container)
}

/// One banner, with what the script would have done to it.
fn banner(
    content: &Content,
    (name, parts, settings): (&str, &[&str], bool),
    theme: &str,
    sheet: &CssStyleSheet,
    main: &Element,
) -> Result<(), JsValue> {
    let Some(text) = content.banner.clone() else { return Ok(()) };
    let container = rooted(&format!("{}, {name}", text.layout.as_str()), theme, sheet, main)?;
    let shown = content.clone();
    leptos::mount::mount_to(container.clone(), move || view::banner::banner(&shown, &text)).forget();
    for part in parts {
        if let Some(part) = container.query_selector(&format!("[data-part={part}]"))? {
            part.remove_attribute("hidden")?;
        }
    }
    if let Some(root) = container.query_selector("[data-part=banner]")? {
        root.toggle_attribute_with_force("data-open", parts.contains(&"choices"))?;
        if settings {
            root.set_attribute("data-mode", "settings")?;
        }
    }
    Ok(())
}

fn framed(
    content: &Arc<Content>,
    state: unticked_widget::state::FormState,
    theme: &str,
    name: &str,
    sheet: &CssStyleSheet,
) -> Result<Element, JsValue> {
    let host = document().create_element("unticked-form")?;
    host.set_attribute("theme", theme)?;
    host.set_attribute("data-state", name)?;
    let root = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open))?;
    root.adopted_style_sheets().push(sheet);
    let container: HtmlElement = document().create_element("div")?.unchecked_into();
    root.append_child(&container)?;
    let ui = Ui::new(content.clone(), state, Frame::default());
    leptos::mount::mount_to(container, move || view::form(&ui)).forget();
    Ok(host)
}

/// Links to the other languages and the other theme.
fn choice(language: &str, theme: &str) -> Result<Element, JsValue> {
    let nav = document().create_element("nav")?;
    for (to_language, to_theme) in LANGUAGES.iter().flat_map(|one| THEMES.iter().map(move |theme| (*one, *theme))) {
        let link = document().create_element("a")?;
        link.set_attribute("href", &format!("?language={to_language}&theme={to_theme}"))?;
        link.set_text_content(Some(&format!("{to_language}, {to_theme}")));
        if (to_language, to_theme) == (language, theme) {
            link.set_attribute("aria-current", "page")?;
        }
        nav.append_child(&link)?;
        nav.append_child(&document().create_text_node(" "))?;
    }
    Ok(nav)
}
