//! Steps, and fields that show only when another one holds some value.

use super::FormView;
use crate::{
    definition::{form::Field, rule::Rule, suggest::did_you_mean},
    id::FieldId,
    placement::FieldKind,
    validate::shape::is_country,
};

pub(super) fn check(view: &FormView<'_, '_>) {
    let FormView { form, page, .. } = view;
    for (index, field) in form.fields.iter().enumerate() {
        let path = format!("field[{index}]");
        step(view, &path, field);
        condition(view, index, field);
    }
    for (index, step) in form.steps.iter().enumerate() {
        if !form.fields.iter().any(|field| field.step.as_ref() == Some(&step.id)) {
            let message = format!("no field stands on the step `{}`; say step = \"{0}\" at one, or remove it", step.id);
            page.value(&format!("step[{index}].id"), Rule::EmptyStep, message);
        }
    }
}

fn step(view: &FormView<'_, '_>, path: &str, field: &Field) {
    let FormView { form, page, .. } = view;
    match &field.step {
        Some(step) if !form.steps.iter().any(|own| own.id == *step) => {
            let hint = did_you_mean(step.as_str(), form.steps.iter().map(|step| step.id.as_str()));
            let message = format!("the form has no step `{step}`{hint}");
            page.value(&format!("{path}.step"), Rule::UnknownStep, message);
        }
        None if !form.steps.is_empty() && field.kind != FieldKind::Hidden => {
            let message = format!("the form has steps; say on which `{}` stands: step = \"…\"", field.id);
            page.value(&format!("{path}.id"), Rule::NoStep, message);
        }
        _ => {}
    }
}

/// Where the visitor meets a field: its step, then its place in the file.
fn order(view: &FormView<'_, '_>, index: usize) -> (usize, usize) {
    let form = view.form;
    let step = form.fields[index].step.as_ref();
    let step = step.and_then(|step| form.steps.iter().position(|own| own.id == *step));
    (step.unwrap_or(0), index)
}

fn condition(view: &FormView<'_, '_>, index: usize, field: &Field) {
    let FormView { form, page, .. } = view;
    let Some(condition) = &field.show_if else { return };
    let at = format!("field[{index}].show_if");
    let Some(decides) = form.fields.iter().position(|other| other.id == condition.field) else {
        let hint = did_you_mean(condition.field.as_str(), form.fields.iter().map(|field| field.id.as_str()));
        let message = format!("the form has no field `{}`{hint}", condition.field);
        page.value(&format!("{at}.field"), Rule::UnknownField, message);
        return;
    };
    if decides == index {
        let message = "a field cannot decide whether it is itself shown";
        page.value(&format!("{at}.field"), Rule::ConditionOrder, message);
    } else if goes_round(view, &field.id) {
        let message =
            format!("`{}` and `{}` wait for each other; remove one of the conditions", field.id, condition.field);
        page.value(&format!("{at}.field"), Rule::ConditionOrder, message);
    } else if order(view, decides) > order(view, index) {
        let message = format!("`{}` comes later in the form; ask it before `{}`", condition.field, field.id);
        page.value(&format!("{at}.field"), Rule::ConditionOrder, message);
    }
    let decides = &form.fields[decides];
    page.refuse_repeated(&condition.any_of, |entry| format!("{at}.any_of[{entry}]"));
    for (entry, value) in condition.any_of.iter().enumerate() {
        let (possible, hint) = match decides.kind {
            FieldKind::Select | FieldKind::Radio | FieldKind::Checkboxes => (
                decides.options.iter().any(|option| option.value == *value),
                did_you_mean(value, decides.options.iter().map(|option| option.value.as_str())),
            ),
            FieldKind::Country => (is_country(value), String::new()),
            _ => (!value.trim().is_empty(), String::new()),
        };
        if !possible {
            let message = format!("`{}` can never hold `{value}`{hint}", decides.id);
            page.value(&format!("{at}.any_of[{entry}]"), Rule::ConditionValue, message);
        }
    }
}

/// Whether following the conditions from `start` comes back to it.
fn goes_round(view: &FormView<'_, '_>, start: &FieldId) -> bool {
    let next = |id: &FieldId| {
        view.form.fields.iter().find(|field| field.id == *id)?.show_if.as_ref().map(|condition| &condition.field)
    };
    let mut here = next(start);
    for _ in 0..view.form.fields.len() {
        match here {
            Some(id) if id == start => return true,
            Some(id) => here = next(id),
            None => return false,
        }
    }
    false
}
