//! The texts of a first form, in each language that we have words in.

mod ar;
mod bg;
mod en;

use super::answers::Tongue;

/// What a first set of definitions says. `{contact}` and `{site}` are filled in when it is written.
pub struct Words {
    /// `withdraw`, where the contact is a mail address.
    pub withdraw_by_mail: &'static str,
    /// `withdraw`, where it is a telephone number.
    pub withdraw_by_phone: &'static str,
    /// `automated`
    pub automated: &'static str,
    /// `authority`; `{list}` is where all of them are listed.
    pub authority: &'static str,
    /// `authority`, where the controller's own is known: `{own}`.
    pub own_authority: &'static str,
    /// `controller.role`
    pub role: &'static str,
    /// The form's `title`.
    pub title: &'static str,
    /// Its `intro`.
    pub intro: &'static str,
    /// Its `submit`.
    pub submit: &'static str,
    /// Its `required_note`.
    pub required_note: &'static str,
    /// The label of `name`.
    pub name: &'static str,
    /// The label of `email`.
    pub email: &'static str,
    /// Why it is asked.
    pub email_why: &'static str,
    /// The label of `phone`.
    pub phone: &'static str,
    /// Why it is asked.
    pub phone_why: &'static str,
    /// The label of `message`.
    pub message: &'static str,
    /// The purpose `enquiry`.
    pub enquiry: &'static str,
    /// Its statement.
    pub enquiry_statement: &'static str,
    /// How long.
    pub enquiry_kept: &'static str,
    /// The purpose `newsletter`.
    pub newsletter: &'static str,
    /// Its statement.
    pub newsletter_statement: &'static str,
    /// How long.
    pub newsletter_kept: &'static str,
    /// Who receives the data, where there is a CRM.
    pub recipient: &'static str,
    /// The `title` of a banner to begin with.
    pub banner_title: &'static str,
    /// Its `text`.
    pub banner_text: &'static str,
    /// The purpose `statistics`.
    pub statistics: &'static str,
    /// Its statement.
    pub statistics_statement: &'static str,
    /// How long.
    pub statistics_kept: &'static str,
    /// Who receives what its service learns.
    pub counter_recipient: &'static str,
    /// How long its cookie stays.
    pub counter_kept: &'static str,
    /// What the cookie is for.
    pub counter_why: &'static str,
}

/// The words of a language.
pub fn of(tongue: Tongue) -> &'static Words {
    match tongue {
        Tongue::English => &en::WORDS,
        Tongue::Bulgarian => &bg::WORDS,
        Tongue::Arabic => &ar::WORDS,
    }
}
