//! The first settings.

use super::{
    DEFINITIONS, RING, SECRET,
    answers::{Answers, Crm, needs_allowing},
    definitions::quoted,
};

/// The text of `unticked.toml`.
pub(super) fn text(answers: &Answers) -> String {
    let secrets = match answers.crm {
        Crm::Webhook { .. } => format!(
            "\
[secrets]
# The secret that the CRM's webhook is signed with. Two in the file, separated by a space, while you change it.
crm = {{ file = \"{SECRET}\" }}

"
        ),
        Crm::Vtiger { .. } => "\
[secrets]
# The public id of the web form in Vtiger that hears of withdrawals; see definitions/destinations.toml.
# vtiger_withdrawal = \"…\"

"
        .to_owned(),
        Crm::None => String::new(),
    };
    let allowed = answers.crm.url().and_then(needs_allowing);
    let outbox = match &allowed {
        Some(host) => format!(
            "# The CRM is in your own network, which is refused unless it is named.\nallow_hosts = [{}]\n",
            quoted(host)
        ),
        None => "\
# Leads go to addresses on the public internet alone. A CRM in your own network is named here, such as
# \"crm.internal:443\".
allow_hosts = []
"
        .to_owned(),
    };
    format!(
        "\
# The collector's settings. `unticked config` prints all there are, and where each comes from. The environment
# (UNTICKED_SERVER__LISTEN=…) and --set server.listen=… stand above this file. After a change start the collector anew.

[server]
# Where it listens: on this machine alone. A proxy in front of it speaks TLS (Caddy, nginx; see docs/going-live.md).
listen = \"127.0.0.1:8080\"
# Its address as visitors see it. Point this name at your server.
public_url = {public_url}
# Whose word counts on who the visitor is: the proxy on this machine. Behind a CDN add its networks, such as
# \"173.245.48.0/20\"; otherwise all visitors look like one, and one robot uses up everybody's share.
trusted_proxies = [\"127.0.0.1\", \"::1\"]

[definitions]
dir = \"{DEFINITIONS}\"

[database]
# Everything that visitors sent, sealed. postgres://… where several collectors share one name.
url = \"sqlite:unticked.db\"

[keys]
# Whoever has this file and the database can read everything; without it nobody can. Keep a copy elsewhere.
ring = \"{RING}\"

[evidence]
# What is kept of a visitor's address: none, or truncated (the network alone).
client_address = \"none\"

[outbox]
{outbox}
{secrets}[log]
# human, or json for machines. No personal data either way.
format = \"human\"
level = \"info\"
",
        public_url = quoted(&answers.public_url),
    )
}
