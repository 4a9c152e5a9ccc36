//! The first definitions: who, two purposes, one form, and the CRM where there is one.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    FORM, SECRET,
    answers::{Answers, Crm, Tongue},
    authorities,
    words::{Words, of},
};

/// Everything, by file name.
pub(super) fn all(answers: &Answers) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([
        ("controller.toml".to_owned(), controller(answers)),
        ("purposes/enquiry.toml".to_owned(), enquiry(answers)),
        ("purposes/newsletter.toml".to_owned(), newsletter(answers)),
        (format!("forms/{FORM}.toml"), form(answers)),
    ]);
    if let Some(text) = destinations(&answers.crm) {
        files.insert("destinations.toml".to_owned(), text);
    }
    files
}

/// What a site needs that loads more than itself, under names that nothing reads until the owner takes `.example` away.
pub(super) fn examples(answers: &Answers) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("banner.toml.example".to_owned(), banner(answers)),
        ("purposes/statistics.toml.example".to_owned(), statistics(answers)),
    ])
}

/// A text as TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// `key.en = "…"`, a line for each language.
fn localized(answers: &Answers, key: &str, text: impl Fn(Tongue, &Words) -> String) -> String {
    answers.tongues.iter().fold(String::new(), |mut lines, tongue| {
        let _ = writeln!(lines, "{key}.{} = {}", tongue.code(), quoted(&text(*tongue, of(*tongue))));
        lines
    })
}

/// `{ en = "…", bg = "…" }`
fn inline(answers: &Answers, text: impl Fn(&Words) -> &str) -> String {
    let pairs = answers.tongues.iter().map(|tongue| format!("{} = {}", tongue.code(), quoted(text(of(*tongue)))));
    format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
}

fn controller(answers: &Answers) -> String {
    let Answers { controller, address, contact, sites, .. } = answers;
    let site = sites.first().map_or("", |site| site.split("://").nth(1).unwrap_or(site));
    let withdraw = localized(answers, "withdraw", |_, words| {
        let text = if contact.contains('@') { words.withdraw_by_mail } else { words.withdraw_by_phone };
        text.replace("{contact}", contact)
    });
    let automated = localized(answers, "automated", |_, words| words.automated.to_owned());
    let authority = localized(answers, "authority", |_, words| {
        let text = match authorities::of_address(address) {
            Some(own) => words.own_authority.replace("{own}", own),
            None => words.authority.to_owned(),
        };
        text.replace("{list}", authorities::LIST)
    });
    let role = localized(answers, "role", |_, words| words.role.replace("{site}", site));
    format!(
        "\
# Who is responsible, and what is true of every form. After a change say `unticked check` and send the collector
# SIGHUP (`systemctl reload unticked`): what was shown before stays in the archive.

# How a consent is taken back (Art. 7(3) GDPR); visitors read it before they give one. Name only ways that work.
{withdraw}
# Whether a machine decides anything about people (Art. 22). Change it if that is not so.
{automated}
# Where people may complain (Art. 13(2)(d)).
{authority}
# Your privacy policy, where you have one; a line for each language of your forms.
# policy_url.{first} = \"{privacy}/privacy\"

# Your data protection officer's contact, where you have one.
# dpo.{first} = \"…\"

[controller]
name = {name}
address = {address}
contact = {contact}
# What you do, in a sentence.
{role}",
        first = answers.tongues.first().map_or("en", |tongue| tongue.code()),
        privacy = sites.first().map_or("https://shop.example", String::as_str),
        name = quoted(controller),
        address = quoted(address),
        contact = quoted(contact),
    )
}

fn recipients(answers: &Answers) -> String {
    let hint = "\
# Who else gets to see the data (Art. 13(1)(e)): your host, your mailing service, … A table like this for each.
";
    if answers.crm == Crm::None {
        return format!("{hint}# [[recipients]]\n# en = \"the host of our website, on our instructions only\"\n");
    }
    let lines = answers.tongues.iter().fold(String::new(), |mut lines, tongue| {
        let _ = writeln!(lines, "{} = {}", tongue.code(), quoted(of(*tongue).recipient));
        lines
    });
    format!(
        "{hint}# If you run the CRM yourself, remove it. If it lies outside the EU/EEA, add a [[transfers]] table.\n[[recipients]]\n{lines}"
    )
}

fn enquiry(answers: &Answers) -> String {
    format!(
        "\
# What the visitor came for. No box is shown for it: answering needs no consent (Art. 6(1)(b)), and asking for one
# would mislead.
kind = \"service\"
legal_basis = \"contract\"

{name}
# What happens with the data, in plain words. {{controller}} stands for your name.
{statement}
{recipients}
# How long you keep it (Art. 13(2)(a)): the period for the collector, the text for people. Say what you will do.
[retention]
period = \"P1Y\"
{kept}",
        name = localized(answers, "name", |_, words| words.enquiry.to_owned()),
        statement = localized(answers, "statement", |_, words| words.enquiry_statement.to_owned()),
        recipients = recipients(answers),
        kept = localized(answers, "text", |_, words| words.enquiry_kept.to_owned()),
    )
}

fn newsletter(answers: &Answers) -> String {
    format!(
        "\
# A box of its own, never ticked beforehand, and the form is sent without it all the same. If you send no newsletter,
# remove this file and the word newsletter from {form} and destinations.toml.
kind = \"marketing\"
legal_basis = \"consent\"
# With this line a tick counts only once it was confirmed by mail (double opt-in). Until you send such a mail, from
# your CRM for instance, nobody would ever be subscribed.
# confirm_by_mail = true

{name}
# The words that people agree to. Say what you will send and how often, and keep to it.
{statement}
{recipients}
[retention]
period = \"P2Y\"
{kept}",
        form = format_args!("forms/{FORM}.toml"),
        name = localized(answers, "name", |_, words| words.newsletter.to_owned()),
        statement = localized(answers, "statement", |_, words| words.newsletter_statement.to_owned()),
        recipients = recipients(answers),
        kept = localized(answers, "text", |_, words| words.newsletter_kept.to_owned()),
    )
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ")
}

fn codes(answers: &Answers) -> Vec<String> {
    answers.tongues.iter().map(|tongue| tongue.code().to_owned()).collect()
}

fn form(answers: &Answers) -> String {
    let destinations = match answers.crm {
        Crm::None => "# destinations = [\"crm\"]\n".to_owned(),
        _ => "destinations = [\"crm\"]\n".to_owned(),
    };
    let field = |id: &str, kind: &str, label: fn(&Words) -> &str, rest: &str| {
        format!("[[field]]\nid = \"{id}\"\nkind = \"{kind}\"\nlabel = {}\n{rest}", inline(answers, label))
    };
    let why = |why: fn(&Words) -> &str| format!("why = {}\n", inline(answers, why));
    format!(
        "\
# The form. Its name is the file's: {FORM}.

# The first language is the one that is shown where the page's own is not among them.
languages = [{languages}]
# Where it may stand, as browsers write it: without path, without a slash at the end. Nobody can send it from elsewhere.
sites = [{sites}]
# What the data are used for (purposes/*.toml), in the order shown.
purposes = [\"enquiry\", \"newsletter\"]
# Who receives the leads (destinations.toml); without one they wait in the collector.
{destinations}
{title}
{intro}
{submit}
# Whether people must give the data, and what happens otherwise (Art. 13(2)(e)).
{required_note}
# Ask for no more than you use: each field names the purposes that use it, and a value none of whose purposes was
# granted is not kept.
{name}
{email}
# Nobody has to give it: it is not `required`.
{phone}
{message}",
        languages = list(&codes(answers)),
        sites = list(&answers.sites),
        title = localized(answers, "title", |_, words| words.title.to_owned()),
        intro = localized(answers, "intro", |_, words| words.intro.to_owned()),
        submit = localized(answers, "submit", |_, words| words.submit.to_owned()),
        required_note = localized(answers, "required_note", |_, words| words.required_note.to_owned()),
        name = field(
            "name",
            "text",
            |words| words.name,
            "purposes = [\"enquiry\"]\nrequired = true\nmax_length = 100\nautocomplete = \"name\"\n"
        ),
        email = field(
            "email",
            "email",
            |words| words.email,
            &format!(
                "{}purposes = [\"enquiry\", \"newsletter\"]\nrequired = true\nmax_length = 254\nautocomplete = \"email\"\n",
                why(|words| words.email_why)
            )
        ),
        phone = field(
            "phone",
            "tel",
            |words| words.phone,
            &format!("{}purposes = [\"enquiry\"]\nautocomplete = \"tel\"\n", why(|words| words.phone_why))
        ),
        message = field(
            "message",
            "textarea",
            |words| words.message,
            "purposes = [\"enquiry\"]\nrequired = true\nmax_length = 2000\n"
        ),
    )
}

fn banner(answers: &Answers) -> String {
    format!(
        "\
# Does your site count its visitors, show videos or maps of others, or advertise? Then it must ask first (Art. 5(3)
# Directive 2002/58/EC), and this is what asks: take \".example\" away from the names of this file and of
# purposes/statistics.toml.example, say what is true of your site, and put this before everything else in <head>:
#
#   <script src=\"{public_url}/gate.js\"></script>
#
# What waits for a yes is marked: <script type=\"text/plain\" data-category=\"statistics\" src=\"…\"></script>. A site that
# loads nothing but itself needs no banner: leave this file as it is. docs/banner.md has the rest.

languages = [{languages}]
sites = [{sites}]
# The files in purposes/. Those that rest on consent have a switch each, off; others are told.
purposes = [\"statistics\"]
# Along the lower edge (bar), in the middle above it (box), or in the corner.
layout = \"box\"
# How long a decision holds, a refusal as long as a consent.
ask_again = \"P6M\"

{title}
{text}
# Each service that loads, with what it leaves on the device; what is declared here is deleted when a consent is taken back.
[[service]]
name = \"Matomo\"
purpose = \"statistics\"
recipient = {recipient}
hosts = [\"stats.shop.example\"]

[[service.cookie]]
name = \"_pk_id.*\"
duration = {duration}
why = {why}
",
        public_url = answers.public_url,
        languages = list(&codes(answers)),
        sites = list(&answers.sites),
        title = localized(answers, "title", |_, words| words.banner_title.to_owned()),
        text = localized(answers, "text", |_, words| words.banner_text.to_owned()),
        recipient = inline(answers, |words| words.counter_recipient),
        duration = inline(answers, |words| words.counter_kept),
        why = inline(answers, |words| words.counter_why),
    )
}

fn statistics(answers: &Answers) -> String {
    format!(
        "\
# For banner.toml: one switch of its own, off.
kind = \"analytics\"
legal_basis = \"consent\"

{name}
# The words that people agree to.
{statement}
[retention]
period = \"P6M\"
{kept}",
        name = localized(answers, "name", |_, words| words.statistics.to_owned()),
        statement = localized(answers, "statement", |_, words| words.statistics_statement.to_owned()),
        kept = localized(answers, "text", |_, words| words.statistics_kept.to_owned()),
    )
}

fn destinations(crm: &Crm) -> Option<String> {
    const HEAD: &str = "\
# Who receives the leads. A value that none of a destination's purposes uses is not sent there, nor one whose purpose
# was refused.

[[destination]]
id = \"crm\"
";
    let rest = match crm {
        Crm::None => return None,
        Crm::Webhook { url } => format!(
            "\
# A signed POST (https://www.standardwebhooks.com). Give your CRM the secret in {SECRET}, so that it can check it.
kind = \"webhook\"
url = {}
# The name of the secret in unticked.toml, never the secret itself.
secret = \"crm\"
",
            quoted(url)
        ),
        Crm::Vtiger { url, public_id } => vtiger(url, public_id),
    };
    Some(format!("{HEAD}{rest}# What it may hold data for.\npurposes = [\"enquiry\", \"newsletter\"]\n"))
}

fn vtiger(url: &str, public_id: &str) -> String {
    format!(
        "\
# A web form of Vtiger (Settings, Automation, Webforms). The names on the left are Vtiger's, from name=\"…\" in the HTML
# that it shows for the web form; only fields that the web form has are kept there. docs/crm-vtiger.md has every step.
kind = \"vtiger\"
url = {url}
public_id = {public_id}
fields = {{ lastname = [\"name\"], email = [\"email\"], phone = [\"phone\"], description = [\"message\"] }}
# What we say about the lead. Make three fields of your own in Vtiger, a text area and two texts, add them to the web
# form, and write their names here in place of cf_853, cf_855 and cf_857.
about = {{ cf_853 = \"decisions\", cf_855 = \"reference\", cf_857 = \"evidence\" }}
# A second web form with the same fields hears when somebody takes a consent back. Its public id stands in
# unticked.toml, as secrets.vtiger_withdrawal; until it does, each withdrawal waits and is listed for you.
withdrawal = {{ public_id = \"secrets.vtiger_withdrawal\", about = {{ lastname = \"title\", cf_855 = \"reference\" }} }}
",
        url = quoted(url),
        public_id = quoted(public_id),
    )
}
