//! Whether the owner's mail server takes mails, without sending one.

use super::Finding;
use crate::{config::Settings, mail};

const CHECK: &str = "mail";

/// Connects, greets, secures and signs in.
pub async fn examine(settings: &Settings) -> Finding {
    let Some(server) = &settings.mail else {
        return Finding::ok(CHECK, "none is set up; nobody is told of new leads by mail");
    };
    match mail::smtp::check(server).await {
        Ok(()) => Finding::ok(CHECK, format!("{} takes mails", server.smtp)),
        Err(error) => Finding::fail(
            CHECK,
            format!("no mail can be sent: {error}"),
            "correct `mail.smtp` and `secrets.smtp`; what is to be told is kept meanwhile",
        ),
    }
}
