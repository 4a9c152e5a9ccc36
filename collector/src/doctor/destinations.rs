//! Whether each receiver can be reached as the outbox would reach it, without sending it anything.

use reqwest::{Method, Url};

use super::{Case, Finding, clock::Reading};
use crate::{
    config::Secret,
    outbox::destinations::{Target, guard::Guard},
};

const CHECK: &str = "destinations";

/// Each of them: its secret, and the machine it lies on.
pub async fn examine(case: &Case<'_>, clocks: &mut Vec<Reading>) -> Vec<Finding> {
    let Some(definitions) = &case.definitions else { return Vec::new() };
    let guard = Guard::new(&case.settings.outbox.allow_hosts);
    let mut found = Vec::new();
    for destination in &definitions.destinations {
        let id = &destination.id;
        let secret = |name: &str| case.settings.secrets.get(&name.to_lowercase()).map(Secret::reveal);
        if let Err(error) = Target::new(destination, secret) {
            let advice = "set it in the settings (`[secrets]`) or in the environment; until then nothing is sent there";
            found.push(Finding::fail(CHECK, format!("`{id}`: {error}"), advice));
        }
        // The machine and no more: its webhook might take any request for a lead, and its address may hold a token.
        let Some(root) = root(&destination.url) else { continue };
        match case.client.ask_guarded(&guard, Method::HEAD, &root).await {
            Ok(answer) => {
                let host = Url::parse(&root).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
                clocks.extend(answer.header("date").and_then(|date| Reading::new(&host, date, answer.at)));
            }
            Err(trouble) => {
                let says = format!("`{id}` cannot be reached: {}", trouble.says);
                found.push(Finding::fail(
                    CHECK,
                    says,
                    format!("{}. What is due is kept and tried again for about three days", trouble.advice),
                ));
            }
        }
    }
    if found.is_empty() {
        found.push(match definitions.destinations.len() {
            0 => Finding::ok(CHECK, "none is declared: leads stay here"),
            1 => Finding::ok(CHECK, "the one there is has its secret and can be reached"),
            number => Finding::ok(CHECK, format!("all {number} have their secrets and can be reached")),
        });
    }
    found
}

/// Scheme, host and port of an address.
fn root(url: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(url.into())
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_receiver_is_asked_at_its_root_where_no_token_is_told() {
        let asked = root("https://ann:pw@crm.example:8443/hooks/secret-token?key=1#x");
        assert_eq!(asked.as_deref(), Some("https://crm.example:8443/"));
    }
}
