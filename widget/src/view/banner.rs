//! The banner, and the settings that it becomes: what the site would like to do, and one layer on which accepting, refusing
//! and choosing stand alike. Rendered on the server only; `widget/loader/consent.js` governs it in the browser.

use leptos::prelude::*;
use unticked_shared::placement::{BannerText, Content};

/// The banner of `content`, every switch off.
pub fn banner(content: &Content, text: &BannerText) -> impl IntoView + use<> {
    let layout = format!("unticked-banner {}", text.layout.as_str());
    view! {
        <section class=layout part="banner" lang=content.language.to_string() dir=content.direction.as_str()>
            <h2 id="title" part="title" tabindex="-1">{content.title.clone()}</h2>
            <p part="intro">{content.intro.clone()}</p>
        </section>
    }
}
