//! The address by which a person is found, and by which a receipt can be shown to be theirs.

use crate::validate::shape::is_email;

/// An e-mail address, normalised for look-up and for digests. `Debug` prints only its first letter and domain.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Without white space around it and in lower case; `None` where it is no address. Dots and `+tags` stay: they
    /// make another mailbox at most providers.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        is_email(text).then(|| Self(text.to_lowercase()))
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or_default();
        write!(f, "EmailAddress({}…@{domain})", local.chars().next().unwrap_or('…'))
    }
}
