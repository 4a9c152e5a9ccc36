//! The whole form, from its heading to the confirmation.

use leptos::prelude::*;
use unticked_shared::{
    placement::{FieldKind, Step},
    submission::Value,
    texts::Word,
};

use super::{
    Ui, confirmation::confirmation, field::field, notice::responsible, purposes::purposes, still, summary::summary,
};
use crate::state::Phase;

/// The form of `ui.content` in the state of `ui.state`.
pub fn form(ui: &Ui) -> impl IntoView + use<> {
    let content = &ui.content;
    let done = ui.follow(|_, state| matches!(state.phase, Phase::Done(_)));
    let busy = ui.follow(|_, state| if state.phase == Phase::Sending { "true" } else { "false" });
    let steps: Vec<_> = content.steps.iter().enumerate().map(|(index, page)| step(ui, index, page)).collect();
    view! {
        <div class="unticked" part="form" lang=content.language.to_string() dir=content.direction.as_str()>
            <form
                method="post"
                action=format!("/f/{}", content.form)
                accept-charset="utf-8"
                novalidate=true
                aria-labelledby="title"
                aria-busy=busy
                hidden=done
            >
                {summary(ui)}
                <div class="head">{still(|| head(ui))}</div>
                {responsible(ui)}
                {progress(ui)}
                {steps}
                {purposes(ui)}
                <div class="trap" aria-hidden="true">{still(|| frame(ui))}</div>
                {actions(ui)}
            </form>
            {confirmation(ui)}
        </div>
    }
}

fn head(ui: &Ui) -> impl IntoView + use<> {
    let title = ui.content.title.clone();
    let heading = view! { <h2 id="title" part="title" tabindex="-1">{title}</h2> };
    let intro = ui.content.intro.clone();
    let intro = (!intro.is_empty()).then(|| view! { <p class="intro" part="intro">{intro}</p> });
    view! { {heading} {intro} }
}

fn step(ui: &Ui, index: usize, page: &Step) -> impl IntoView + use<> {
    let away = ui.follow(move |_, state| state.live && state.step != index);
    let title = (!page.title.is_empty()).then(|| {
        view! { <h3 part="step-title" tabindex="-1" id=format!("s-{index}")>{still(|| page.title.clone())}</h3> }
    });
    let fields: Vec<_> =
        page.fields.iter().filter(|one| one.kind != FieldKind::Hidden).map(|one| field(ui, one)).collect();
    view! { <div class="step" part="step" hidden=away>{title} {fields}</div> }
}

fn progress(ui: &Ui) -> Option<impl IntoView + use<>> {
    let steps = ui.content.steps.len();
    (steps > 1).then(|| {
        let hidden = ui.follow(|_, state| !state.live);
        let text = ui.follow(move |content, state| {
            let step = (state.step + 1).to_string();
            content.words.fill(Word::StepOf, &[("step", &step), ("steps", &steps.to_string())])
        });
        view! { <p class="progress" part="progress" hidden=hidden>{text}</p> }
    })
}

/// What travels with the native form besides the fields that are seen. The trap is for robots; people neither see nor
/// reach it, and a hit is held back for the owner, never dropped.
fn frame(ui: &Ui) -> impl IntoView + use<> {
    let content = &ui.content;
    let hidden: Vec<_> = content
        .fields()
        .filter(|field| field.kind == FieldKind::Hidden)
        .map(|field| {
            let entered = ui.state.with_untracked(|state| state.values.get(&field.id).map(Value::to_line));
            let value = entered.or_else(|| field.fixed.clone());
            view! { <input type="hidden" name=format!("value.{}", field.id) value=value /> }
        })
        .collect();
    let kept = |text: &String| (!text.is_empty()).then(|| text.clone());
    view! {
        <label for="trap">{ui.word(Word::TrapLabel)}</label>
        <input id="trap" name="trap" type="text" tabindex="-1" autocomplete="off" />
        <input type="hidden" name="ticket" value=kept(&ui.frame.ticket) />
        <input type="hidden" name="version" value=kept(&ui.frame.version) />
        <input type="hidden" name="page" value=kept(&ui.frame.page) />
        <input type="hidden" name="language" value=content.language.to_string() />
        {hidden}
    }
}

fn actions(ui: &Ui) -> impl IntoView + use<> {
    let not_last = ui.follow(|content, state| state.live && !state.is_last(content));
    let last = ui.follow(|content, state| !state.live || state.is_last(content));
    let first = ui.follow(|_, state| !state.live || state.step == 0);
    let sending = ui.follow(|_, state| if state.phase == Phase::Sending { "true" } else { "false" });
    let label = ui.follow(|content, state| match (&state.phase, state.trouble) {
        (Phase::Sending, _) => content.words.get(Word::Sending).to_owned(),
        (_, Some(trouble)) if trouble.is_passing() => content.words.get(Word::TryAgain).to_owned(),
        _ => content.submit.clone(),
    });
    let status = ui.follow(|content, state| match state.phase {
        Phase::Sending => content.words.get(Word::Sending).to_owned(),
        _ => String::new(),
    });
    let paged = (ui.content.steps.len() > 1).then(|| {
        let (back, next) = (ui.word(Word::Back), ui.word(Word::Next));
        view! {
            <button type="button" class="back" part="button back" data-act="back" hidden=first>{still(|| back)}</button>
            <button type="button" class="main" part="button next" data-act="next" hidden=last>{still(|| next)}</button>
        }
    });
    view! {
        <div class="actions" part="actions">
            {paged}
            <button type="submit" class="main" part="button submit" aria-disabled=sending hidden=not_last>{label}</button>
        </div>
        <p class="seen-not" role="status">{status}</p>
    }
}
