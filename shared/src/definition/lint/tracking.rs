//! Learning what becomes of mails and documents: only after a yes to just that.

use super::{FormView, Lint, is_consent};
use crate::{
    definition::{Purpose, read::BANNER, rule::Rule},
    id::PurposeId,
    placement::FieldKind,
};

/// What a purpose says of itself.
pub(super) fn check_purpose(lint: &Lint<'_>, id: &PurposeId, purpose: &Purpose) {
    let Some(tracked) = purpose.tracks else { return };
    // Without a basis that is the finding.
    if purpose.legal_basis.is_some() && !is_consent(purpose) {
        let message = format!(
            "nothing but a consent allows {}; set legal_basis = \"consent\", or remove `tracks`",
            tracked.as_str().replace('-', " ")
        );
        lint.page(&format!("purposes/{id}.toml")).value("tracks", Rule::TracksWithoutConsent, message);
    }
}

/// What a form asks.
pub(super) fn check(view: &FormView<'_, '_>) {
    let FormView { form, page, .. } = view;
    let can_be_written_to = form.fields.iter().any(|field| field.kind == FieldKind::Email);
    let mut seen = Vec::new();
    for (index, id, purpose) in view.purposes() {
        let Some(tracked) = purpose.tracks else { continue };
        let path = format!("purposes[{index}]");
        if let Some((_, other)) = seen.iter().find(|(one, _)| *one == tracked) {
            let message =
                format!("`{other}` asks for `{}` already; ask once, or the two may disagree", tracked.as_str());
            page.value(&path, Rule::TrackedTwice, message);
        }
        seen.push((tracked, id));
        if tracked.is_in_mail() && !can_be_written_to && !form.fields.is_empty() {
            let message =
                format!("`{id}` is about mails, and this form has no field of kind \"email\" to send them to");
            page.value(&path, Rule::TracksNobody, message);
        }
    }
}

/// What the banner asks: its visitors are nobody to whom a mail or a link of their own could be sent.
pub(super) fn check_banner(lint: &Lint<'_>) {
    let Some(banner) = &lint.reading.definitions.banner else { return };
    let page = lint.page(BANNER);
    for (index, id) in banner.purposes.iter().enumerate() {
        if lint.purpose(id).is_some_and(|purpose| purpose.tracks.is_some()) {
            let message = format!(
                "`{id}` is about what people are sent, and nobody knows whom a banner asks; ask in a form that has a \
                 field of kind \"email\""
            );
            page.value(&format!("purposes[{index}]"), Rule::TracksNobody, message);
        }
    }
}
