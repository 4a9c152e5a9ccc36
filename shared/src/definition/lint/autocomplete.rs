//! HTML's autofill detail tokens (HTML Standard, section 4.10.18.7).

use crate::definition::suggest::did_you_mean;

/// Whether `text` is a list of tokens that HTML knows; if not, what is wrong with it.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut tokens: Vec<&str> = text.split_ascii_whitespace().collect();
    if tokens.is_empty() {
        return Err("name a token, such as given-name, or leave it out".to_owned());
    }
    if matches!(tokens.as_slice(), ["on" | "off"]) {
        return Ok(());
    }
    if tokens.last() == Some(&"webauthn") {
        tokens.pop();
    }
    let mut rest = tokens.as_slice();
    if let [section, more @ ..] = rest
        && section.starts_with("section-")
    {
        rest = more;
    }
    if let ["shipping" | "billing", more @ ..] = rest {
        rest = more;
    }
    let contact = if let ["home" | "work" | "mobile" | "fax" | "pager", more @ ..] = rest {
        rest = more;
        true
    } else {
        false
    };
    match rest {
        [token] if CONTACT.contains(token) => Ok(()),
        [token] if NAMES.contains(token) && contact => {
            Err(format!("`{token}` takes no home, work, mobile, fax or pager before it"))
        }
        [token] if NAMES.contains(token) => Ok(()),
        [token, ..] => {
            let hint = did_you_mean(token, NAMES.iter().chain(&CONTACT).copied());
            Err(format!("`{token}` is none of HTML's autofill tokens{hint}"))
        }
        [] => Err("the token itself is missing, such as tel or email".to_owned()),
    }
}

/// The token that says what the field holds.
pub(super) fn field_name(text: &str) -> Option<&str> {
    text.split_ascii_whitespace().rfind(|token| *token != "webauthn")
}

/// Tokens of what points to a person by itself.
pub(super) const DIRECT: [&str; 21] = [
    "name",
    "given-name",
    "additional-name",
    "family-name",
    "nickname",
    "username",
    "street-address",
    "address-line1",
    "address-line2",
    "address-line3",
    "cc-name",
    "cc-given-name",
    "cc-additional-name",
    "cc-family-name",
    "cc-number",
    "photo",
    "email",
    "impp",
    "tel",
    "tel-national",
    "tel-local",
];

/// Tokens of what points to a person together with more.
pub(super) const QUASI: [&str; 6] = ["postal-code", "bday", "bday-day", "bday-month", "bday-year", "sex"];

const NAMES: [&str; 42] = [
    "name",
    "honorific-prefix",
    "given-name",
    "additional-name",
    "family-name",
    "honorific-suffix",
    "nickname",
    "username",
    "new-password",
    "current-password",
    "one-time-code",
    "organization-title",
    "organization",
    "street-address",
    "address-line1",
    "address-line2",
    "address-line3",
    "address-level4",
    "address-level3",
    "address-level2",
    "address-level1",
    "country",
    "country-name",
    "postal-code",
    "cc-name",
    "cc-given-name",
    "cc-additional-name",
    "cc-family-name",
    "cc-number",
    "cc-exp",
    "cc-exp-month",
    "cc-exp-year",
    "cc-csc",
    "cc-type",
    "transaction-currency",
    "transaction-amount",
    "language",
    "bday",
    "bday-day",
    "bday-month",
    "bday-year",
    "sex",
];

const CONTACT: [&str; 12] = [
    "tel",
    "tel-country-code",
    "tel-national",
    "tel-area-code",
    "tel-local",
    "tel-local-prefix",
    "tel-local-suffix",
    "tel-extension",
    "email",
    "impp",
    "url",
    "photo",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_are_html_s() {
        for good in
            ["email", "given-name", "off", "shipping street-address", "section-a billing work tel", "home email"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert!(check("e-mail").unwrap_err().contains("did you mean `email`?"));
        assert!(check("firstname").is_err());
        for bad in ["", "work", "work given-name", "shipping", "off email", "email tel"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
