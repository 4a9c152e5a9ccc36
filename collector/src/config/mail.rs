//! The owner's mail server, as it is written in the settings.

use std::{fmt, net::IpAddr};

use lettre::message::Mailbox;

use super::secret::Secret;

/// How the mail room works; there is none where `mail.smtp` is empty.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// The server.
    pub smtp: SmtpServer,
    /// The password, where the server is given a user (`secrets.smtp`).
    pub password: Option<Secret>,
    /// Who sends.
    pub from: Mailbox,
    /// Who is told.
    pub notify: Vec<Mailbox>,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub security: Security,
    /// Who signs in.
    pub user: Option<String>,
}

/// How a connection to a mail server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// STARTTLS, and nothing without it (RFC 3207).
    StartTls,
    /// Not at all: within this machine, or to a host that is allowed by name.
    Plain,
}

impl fmt::Display for SmtpServer {
    /// Without the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.security {
            Security::Tls => "smtps",
            Security::StartTls => "smtp",
            Security::Plain => "smtp+plain",
        };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

impl SmtpServer {
    /// Reads `smtps://user@host:465`, `smtp://host:587` (STARTTLS required; plain to this machine itself) or
    /// `smtp+plain://host:25`, which is for `allowed` hosts. A user may hold an `@`, as most do.
    pub fn parse(text: &str, allowed: &[String]) -> Result<Self, String> {
        let shape = || {
            "must be a mail server such as `smtps://user@mail.example:465` or `smtp://user@mail.example:587`".to_owned()
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(shape)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err("holds a password; put it into `secrets.smtp` and leave only the user's name here".to_owned());
        }
        let user = user.map(decoded).filter(|user| !user.is_empty());
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or_else(shape)?;
                (host, port.strip_prefix(':'))
            }
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let named = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if host.is_empty() || !(named || host.parse::<IpAddr>().is_ok()) {
            return Err(shape());
        }
        let host = host.to_ascii_lowercase();
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let security = match scheme {
            "smtps" => Security::Tls,
            "smtp" if here => Security::Plain,
            "smtp" => Security::StartTls,
            "smtp+plain" => Security::Plain,
            _ => return Err(shape()),
        };
        let usual = match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::Plain => 25,
        };
        let port = match port {
            None => usual,
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(shape)?,
        };
        let with_port = format!("{host}:{port}");
        let is_allowed =
            allowed.iter().any(|one| one.eq_ignore_ascii_case(&host) || one.eq_ignore_ascii_case(&with_port));
        if security == Security::Plain && !here && !is_allowed {
            return Err(format!(
                "would send mail to {host} for everybody on the way to read; use `smtps://` or `smtp://`, or name the \
                 host in `outbox.allow_hosts` if the way is your own"
            ));
        }
        Ok(Self { host, port, security, user })
    }
}

/// `%40` and the like.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = (*first == b'%').then(|| tail.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        let (byte, after) = code.map_or((*first, tail), |byte| (byte, &tail[2..]));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SmtpServer, String> {
        SmtpServer::parse(text, &["mail.lan".to_owned(), "10.0.0.9:2525".to_owned()])
    }

    fn told(text: &str) -> (Security, String, u16, Option<String>) {
        let server = parse(text).unwrap();
        (server.security, server.host, server.port, server.user)
    }

    #[test]
    fn servers_are_read_as_owners_write_them() {
        let of =
            |security, host: &str, port, user: Option<&str>| (security, host.to_owned(), port, user.map(str::to_owned));
        assert_eq!(told("smtps://mail.example"), of(Security::Tls, "mail.example", 465, None));
        assert_eq!(told("smtp://ann@Mail.Example:2587/"), of(Security::StartTls, "mail.example", 2587, Some("ann")));
        let signed_in = of(Security::Tls, "mail.example", 465, Some("ann@shop.example"));
        assert_eq!(told("smtps://ann@shop.example@mail.example"), signed_in);
        assert_eq!(told("smtps://ann%40shop.example@mail.example:465"), signed_in);
        assert_eq!(told("smtp://localhost:1025"), of(Security::Plain, "localhost", 1025, None));
        assert_eq!(told("smtp://[::1]"), of(Security::Plain, "::1", 25, None));
        assert_eq!(told("smtp+plain://mail.lan"), of(Security::Plain, "mail.lan", 25, None));
        assert_eq!(told("smtp://mail.lan"), of(Security::StartTls, "mail.lan", 587, None));
        assert_eq!(told("smtp+plain://10.0.0.9:2525"), of(Security::Plain, "10.0.0.9", 2525, None));
    }

    #[test]
    fn a_password_in_the_address_is_refused_without_repeating_it() {
        let error = parse("smtps://ann:hunter2@mail.example").unwrap_err();
        assert!(error.contains("secrets.smtp") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn nothing_goes_in_the_open_to_hosts_that_nobody_named() {
        assert!(parse("smtp+plain://mail.example").unwrap_err().contains("outbox.allow_hosts"));
        assert!(parse("smtp+plain://10.0.0.9:25").is_err(), "another port");
        assert!(parse("smtp+plain://mail.lan.evil.example").is_err());
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for text in [
            "mail.example",
            "https://mail.example",
            "smtps://",
            "smtps://a b",
            "smtps://x:99999",
            "smtps://x:0",
            "smtps://[::1",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
