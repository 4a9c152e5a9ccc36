//! One field: label, what it is for, how to fill it in, what is wrong with it, and the control.

use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};
use unticked_shared::{
    placement::{Choosable, Field, FieldKind},
    submission::Value,
    texts::Word,
};

use super::{Reading, Ui, still};

/// The id of a field's control, or of the first of its controls.
pub fn control_id(field: &str) -> String {
    format!("f-{field}")
}

/// The field with everything that belongs to it. Only its being there and its error change; label and control are the
/// server's, and the control's content the visitor's.
pub(super) fn field(ui: &Ui, field: &Field) -> impl IntoView + use<> {
    let away = ui.follow({
        let field = field.clone();
        move |content, state| !state.shows(content, &field)
    });
    let id = field.id.to_string();
    let error_id = format!("e-{id}");
    let flawless = {
        let id = id.clone();
        ui.follow(move |_, state| state.error_at(&id).is_none())
    };
    let error = {
        let id = id.clone();
        ui.follow(move |_, state| state.error_at(&id).map(|error| error.message.clone()).unwrap_or_default())
    };
    view! {
        <div class="field" part="field" data-field=id hidden=away>
            <div class="lead">{still(|| lead(ui, field))}</div>
            <p class="error" part="error" id=error_id hidden=flawless>{error}</p>
            <div class="control">{still(|| control(ui, field))}</div>
        </div>
    }
}

fn lead(ui: &Ui, field: &Field) -> impl IntoView + use<> {
    let id = &field.id;
    let text = view! {
        {field.label.clone()}
        " "
        <span class="mark" part="mark">{ui.word(if field.required { Word::Required } else { Word::Optional })}</span>
    };
    let label = if matches!(field.kind, FieldKind::Radio | FieldKind::Checkboxes) {
        Either::Left(view! { <p class="label" part="label" id=format!("l-{id}")>{text}</p> })
    } else {
        Either::Right(view! { <label part="label" for=control_id(id.as_str())>{text}</label> })
    };
    let why = (!field.why.is_empty()).then(|| {
        let text = format!("{} {}", ui.content.words.get(Word::Why), field.why);
        view! { <p class="why" part="why" id=format!("w-{id}")>{text}</p> }
    });
    let help = (!field.help.is_empty())
        .then(|| view! { <p class="help" part="help" id=format!("h-{id}")>{field.help.clone()}</p> });
    view! { {label} {help} {why} }
}

/// What a screen reader says after the label: short texts only, never a notice.
fn described_by(field: &Field) -> String {
    let id = &field.id;
    let mut ids = format!("e-{id}");
    for (letter, text) in [("h", &field.help), ("w", &field.why)] {
        if !text.is_empty() {
            ids = format!("{ids} {letter}-{id}");
        }
    }
    ids
}

/// Where the views are hydrated the browser room sets the attribute, because controls are left alone.
fn invalid(ui: &Ui, field: &Field) -> Reading<Option<&'static str>> {
    let id = field.id.to_string();
    ui.follow(move |_, state| state.error_at(&id).map(|_| "true"))
}

/// What was entered before the page was rendered (a native post that came back); never so in a placement.
fn entered(ui: &Ui, field: &Field) -> Option<Value> {
    ui.state.with_untracked(|state| state.values.get(&field.id).cloned())
}

/// Whether the browser may call the field required: not where a condition may take it away.
fn always_required(field: &Field) -> bool {
    field.required && field.show_if.is_none()
}

fn control(ui: &Ui, field: &Field) -> impl IntoView + use<> {
    let options = matches!(field.kind, FieldKind::Radio | FieldKind::Checkboxes);
    if options { Either::Left(options_of(ui, field)) } else { Either::Right(one_control(ui, field)) }
}

fn one_control(ui: &Ui, field: &Field) -> impl IntoView + use<> {
    let id = control_id(field.id.as_str());
    let name = format!("value.{}", field.id);
    let described = described_by(field);
    let invalid = invalid(ui, field);
    let required = always_required(field);
    let autocomplete = field.autocomplete.clone();
    let entered = entered(ui, field);
    match field.kind {
        FieldKind::Textarea => {
            let area = view! {
                <textarea
                    part="control"
                    id=id
                    name=name
                    rows="5"
                    aria-describedby=described
                    aria-invalid=invalid
                    required=required
                    autocomplete=autocomplete
                ></textarea>
            };
            // Children would put Leptos' markers into the text, so the server writes it as the element's inside.
            #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
            let area = area.add_any_attr(leptos::tachys::html::property::prop(
                "value",
                entered.map(|value| value.to_line()).unwrap_or_default(),
            ));
            #[cfg(feature = "ssr")]
            let area = {
                use leptos::tachys::html::element::inner_html;
                let text = entered.map(|value| value.to_line()).unwrap_or_default();
                // A parser drops the first line break of a text area.
                area.add_any_attr(inner_html(format!("\n{}", crate::server::escaped(&text))))
            };
            EitherOf3::A(area)
        }
        FieldKind::Select | FieldKind::Country => {
            let choices: Vec<_> = field
                .options
                .iter()
                .map(|Choosable { value, label }| {
                    let selected = entered.as_ref().is_some_and(|entered| entered.holds(value));
                    view! { <option value=value.clone() selected=selected>{label.clone()}</option> }
                })
                .collect();
            EitherOf3::B(view! {
                <select
                    part="control"
                    id=id
                    name=name
                    aria-describedby=described
                    aria-invalid=invalid
                    required=required
                    autocomplete=autocomplete
                >
                    <option value="">{ui.word(Word::ChooseOne)}</option>
                    {choices}
                </select>
            })
        }
        kind => {
            let manner = Manner::of(kind);
            EitherOf3::C(view! {
                <input
                    part="control"
                    id=id
                    name=name
                    type=manner.kind
                    inputmode=manner.keyboard
                    dir=manner.direction
                    spellcheck=manner.spelling
                    autocapitalize=manner.capitals
                    min=field.min.clone().filter(|_| kind == FieldKind::Date)
                    max=field.max.clone().filter(|_| kind == FieldKind::Date)
                    aria-describedby=described
                    aria-invalid=invalid
                    required=required
                    autocomplete=autocomplete
                    value=entered.map(|value| value.to_line())
                />
            })
        }
    }
}

/// How an input behaves. Numbers are typed as text, because browsers swallow what their own number control cannot
/// read and count it up under a turning wheel.
#[derive(Default)]
struct Manner {
    kind: &'static str,
    keyboard: Option<&'static str>,
    direction: Option<&'static str>,
    spelling: Option<&'static str>,
    capitals: Option<&'static str>,
}

impl Manner {
    fn of(kind: FieldKind) -> Self {
        let technical = |kind| Self {
            kind,
            keyboard: None,
            direction: Some("ltr"),
            spelling: Some("false"),
            capitals: Some("none"),
        };
        match kind {
            FieldKind::Email => technical("email"),
            FieldKind::Tel => technical("tel"),
            FieldKind::Url => technical("url"),
            FieldKind::Number => Self { keyboard: Some("decimal"), ..technical("text") },
            FieldKind::Date => Self { kind: "date", ..Self::default() },
            _ => Self { kind: "text", ..Self::default() },
        }
    }
}

/// A group named by its label. A radio group can be called invalid; a group of checkboxes only says so in words.
fn options_of(ui: &Ui, field: &Field) -> impl IntoView + use<> {
    let one = field.kind == FieldKind::Radio;
    let entered = entered(ui, field);
    let options: Vec<_> = field
        .options
        .iter()
        .enumerate()
        .map(|(index, Choosable { value, label })| {
            let first = control_id(field.id.as_str());
            let id = if index == 0 { first } else { format!("{first}-{index}") };
            let checked = entered.as_ref().is_some_and(|entered| entered.holds(value));
            view! {
                <div class="check">
                    <input
                        part="control"
                        id=id.clone()
                        name=format!("value.{}", field.id)
                        type=if one { "radio" } else { "checkbox" }
                        value=value.clone()
                        checked=checked
                        required=one && always_required(field)
                        autocomplete="off"
                    />
                    <label for=id>{label.clone()}</label>
                </div>
            }
        })
        .collect();
    let invalid = one.then(|| invalid(ui, field));
    view! {
        <div
            class="options"
            role=if one { "radiogroup" } else { "group" }
            aria-labelledby=format!("l-{}", field.id)
            aria-describedby=described_by(field)
            aria-invalid=move || invalid.as_ref().and_then(|invalid| invalid())
        >
            {options}
        </div>
    }
}
