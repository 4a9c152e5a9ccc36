//! What is wrong, before the form, with links to each field. It takes focus when it appears; the links focus by
//! script, because fragments do not reach into a shadow root, and lead to the field without script on the full page.

use leptos::prelude::*;
use unticked_shared::texts::Word;

use super::{Ui, field::control_id, still};

/// Always there and hidden while there is nothing to say.
pub(super) fn summary(ui: &Ui) -> impl IntoView + use<> {
    let quiet = ui.follow(|_, state| !state.has_summary());
    let trouble = ui.follow(|content, state| {
        state.trouble.map(|trouble| trouble.message(&content.words)).map(|text| view! { <p part="problem">{text}</p> })
    });
    let links = ui.follow(|_, state| {
        let errors = if state.tried { state.errors.as_slice() } else { &[] };
        errors
            .iter()
            .filter(|error| !error.message.is_empty())
            .map(|error| {
                let id = control_id(&error.field);
                view! { <li><a href=format!("#{id}") data-focus=id>{error.message.clone()}</a></li> }
            })
            .collect::<Vec<_>>()
    });
    let title = ui.word(Word::ProblemTitle);
    view! {
        <div
            class="summary"
            part="summary"
            id="summary"
            role="group"
            tabindex="-1"
            aria-labelledby="problem"
            hidden=quiet
            autofocus=ui.frame.whole_page && ui.state.with_untracked(crate::state::FormState::has_summary)
        >
            <h2 id="problem" part="summary-title">{still(|| title)}</h2>
            {trouble}
            <ul>{links}</ul>
        </div>
    }
}
