//! Consent within a form: free, separate, provable.

use super::{FormView, is_consent, listed};
use crate::{
    definition::{
        form::{Category, Field},
        purpose::{PurposeKind, Safeguard},
        rule::Rule,
    },
    placement::FieldKind,
};

pub(super) fn check(view: &FormView<'_, '_>) {
    let FormView { lint, form, page } = view;
    if form.fields.is_empty() {
        return;
    }
    let uses = |field: &&Field, id| field.purposes.contains(id);
    for (index, id, purpose) in view.purposes() {
        let path = format!("purposes[{index}]");
        let special = form.fields.iter().any(|field| uses(&field, id) && field.category == Category::Special);
        let abroad = purpose.transfers.iter().any(|t| t.safeguard == Some(Safeguard::ExplicitConsent));
        let plain = matches!(purpose.kind, PurposeKind::Service | PurposeKind::Legal);
        if is_consent(purpose) && plain && !special && !abroad && !purpose.explicit {
            let message = format!(
                "`{id}` is what the visitor comes for or what the law demands, which needs no consent: set its \
                 legal_basis to \"contract\" or \"legal-obligation\", or its kind to what it is"
            );
            page.value(&path, Rule::NeedlessConsent, message);
        }
        if is_consent(purpose) && purpose.explicit && !special && !abroad {
            let message = format!(
                "`{id}` asks for explicit consent, but no field with category = \"special\" is used for it here"
            );
            page.value(&path, Rule::ExplicitWithoutSpecial, message);
        }
        let can_confirm = || form.fields.iter().any(|field| uses(&field, id) && field.kind == FieldKind::Email);
        if is_consent(purpose) && purpose.confirm_by_mail && !can_confirm() {
            let message = format!("`{id}` is confirmed by mail, but no field of kind \"email\" is used for it here");
            page.value(&path, Rule::ConfirmWithoutMail, message);
        }
    }
    // A form for nothing but one consent, such as a newsletter's, may well require the address.
    let beyond_consent = view.purposes().any(|(_, _, purpose)| !is_consent(purpose));
    for (index, field) in form.fields.iter().enumerate() {
        let mut uses = field.purposes.iter().filter_map(|id| lint.purpose(id)).peekable();
        let asked = uses.peek().is_some() && uses.all(is_consent);
        if beyond_consent && field.required && asked {
            let message = format!(
                "`{}` must be filled in, but is used only for {}, which may be refused; remove `required`",
                field.id,
                listed(&field.purposes)
            );
            page.key(&format!("field[{index}].required"), Rule::RequiredForConsent, message);
        }
        for (entry, option) in field.options.iter().enumerate() {
            let path = format!("field[{index}].option[{entry}]");
            if option.ticked {
                page.key(
                    &format!("{path}.ticked"),
                    Rule::PreTicked,
                    "nothing is chosen for the visitor; remove `ticked`",
                );
            }
            if field.kind == FieldKind::Checkboxes && option.label.0.values().any(|label| sounds_like_consent(label)) {
                let message = "this reads like a consent, but a field keeps no evidence of one and cannot be \
                               withdrawn; make it a purpose";
                page.value(&format!("{path}.label"), Rule::ConsentInField, message);
            }
        }
    }
}

fn sounds_like_consent(label: &str) -> bool {
    const WORDS: [&str; 12] = [
        "i agree",
        "i accept",
        "i consent",
        "i want to receive",
        "sign me up",
        "subscribe",
        "съглас",
        "приемам",
        "абонира",
        "أوافق",
        "أقبل",
        "اشترك",
    ];
    let label = label.to_lowercase();
    WORDS.iter().any(|word| label.contains(word))
}
