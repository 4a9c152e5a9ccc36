//! What Vtiger is sent: pairs of its field and a text, as it arrives whole on the other side.
//!
//! `capture.php` puts every text through HTML Purifier and a filter against scripts, decodes entities, and strips
//! backslashes. What looks like a tag is lost there, and so is `online (in Sofia)`, which looks like a handler; what
//! looks like an entity comes out as a tag. [`plain`] writes such things so that a person reads the same and nothing
//! is taken for markup. The original stays in the collector.

use std::{collections::BTreeMap, fmt::Write as _};

use unticked_shared::{
    decision::{Decision, LegalBasis},
    definition::{
        destination::{About, Vtiger, VtigerWithdrawal},
        duration::Period,
    },
    event::{Event, EvidenceReference, Lead, LeadDecision, PersonErased, Withdrawal},
    id::{FieldId, PurposeId},
    submission::Value,
};

type Pairs = Vec<(String, String)>;

/// How many characters Vtiger's own columns of leads and contacts hold. A strict database refuses what is longer,
/// another cuts it in silence.
const LENGTHS: [(&str, usize); 12] = [
    ("lastname", 80),
    ("firstname", 40),
    ("company", 100),
    ("designation", 50),
    ("title", 50),
    ("phone", 50),
    ("mobile", 50),
    ("fax", 50),
    ("lane", 250),
    ("city", 30),
    ("code", 30),
    ("state", 30),
];
/// A mail address that was cut is somebody else's, so a longer one is left out.
const LONGEST_ADDRESS: usize = 100;

/// What both kinds of event have to say about themselves.
struct Story<'e> {
    title: String,
    reference: &'e str,
    subject: &'e str,
    form: &'e str,
    version: &'e str,
    language: &'e str,
    page: Option<&'e str>,
    time: &'e str,
    decisions: &'e [LeadDecision],
    evidence: &'e EvidenceReference,
}

pub(super) fn lead(settings: &Vtiger, public_id: &str, event: &Event, lead: &Lead) -> Pairs {
    let story = Story {
        title: format!("Lead {} from the form {}", lead.reference, lead.form),
        reference: &lead.reference,
        subject: &lead.subject,
        form: lead.form.as_str(),
        version: &lead.version,
        language: lead.language.as_str(),
        page: Some(&lead.page),
        time: &event.timestamp,
        decisions: &lead.decisions,
        evidence: &lead.evidence,
    };
    let mut pairs = head(public_id, &settings.name);
    for (key, fields) in &settings.fields {
        let of = |field: &FieldId| lead.values.iter().find(|value| value.field == *field).map(|value| &value.value);
        if let Some(value) = fields.iter().filter_map(of).find(|value| !is_empty(value)) {
            push(&mut pairs, key, value, settings.emoji);
        }
    }
    tell(&mut pairs, &settings.about, &story, settings.emoji);
    decide(&mut pairs, &settings.decided, &story);
    // A lead without a name is a lead all the same; Vtiger would refuse it.
    if settings.needs_last_name() && !pairs.iter().any(|(key, text)| key == "lastname" && !text.is_empty()) {
        pairs.push(("lastname".to_owned(), story.reference.to_owned()));
    }
    pairs
}

pub(super) fn withdrawal(
    settings: &VtigerWithdrawal,
    public_id: &str,
    emoji: bool,
    event: &Event,
    withdrawal: &Withdrawal,
) -> Pairs {
    let story = Story {
        title: format!("Consent withdrawn: {}", withdrawal.reference),
        reference: &withdrawal.reference,
        subject: &withdrawal.subject,
        form: withdrawal.form.as_str(),
        version: &withdrawal.version,
        language: withdrawal.language.as_str(),
        page: None,
        time: &event.timestamp,
        decisions: &withdrawal.decisions,
        evidence: &withdrawal.evidence,
    };
    let mut pairs = head(public_id, &settings.name);
    tell(&mut pairs, &settings.about, &story, emoji);
    decide(&mut pairs, &settings.decided, &story);
    pairs
}

/// That a person is to be forgotten, through the webform that takes withdrawals: Vtiger deletes nothing by a webform, so
/// that somebody has to read it.
pub(super) fn erased(
    settings: &VtigerWithdrawal,
    public_id: &str,
    emoji: bool,
    event: &Event,
    erased: &PersonErased,
) -> Pairs {
    let story = Story {
        title: format!("Delete this person: {}", erased.reference),
        reference: &erased.reference,
        subject: &erased.subject,
        form: erased.form.as_str(),
        version: "",
        language: "",
        page: None,
        time: &event.timestamp,
        decisions: &[],
        evidence: &erased.evidence,
    };
    let mut pairs = head(public_id, &settings.name);
    let (said, about): (BTreeMap<_, _>, BTreeMap<_, _>) =
        settings.about.clone().into_iter().partition(|(_, what)| *what == About::Decisions);
    let about = about.into_iter().filter(|(_, what)| !matches!(what, About::Version | About::Language)).collect();
    tell(&mut pairs, &about, &story, emoji);
    for key in said.into_keys() {
        let text = format!(
            "The person of {} is forgotten since {}. Delete whatever you hold of them (Art. 17, 19 GDPR).",
            erased.reference,
            minute(&erased.erased_at)
        );
        pairs.push((key, escape(&plain(&text, emoji))));
    }
    pairs
}

fn head(public_id: &str, name: &str) -> Pairs {
    let mut pairs = vec![("publicid".to_owned(), public_id.to_owned()), ("urlencodeenable".to_owned(), "1".to_owned())];
    if !name.is_empty() {
        pairs.push(("name".to_owned(), name.to_owned()));
    }
    pairs
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::One(text) => text.trim().is_empty(),
        Value::Many(texts) => texts.is_empty(),
    }
}

/// Several choices go into a multi-select (`cf_855[]`) each by itself, which Vtiger joins with ` |##| `, and into
/// any other field as one text.
fn push(pairs: &mut Pairs, key: &str, value: &Value, emoji: bool) {
    let texts: Vec<String> = match value {
        Value::One(text) => vec![text.clone()],
        Value::Many(texts) if key.ends_with("[]") => texts.clone(),
        Value::Many(texts) => vec![texts.join(", ")],
    };
    for text in texts {
        let text = plain(&text, emoji);
        if key == "email" && text.chars().count() > LONGEST_ADDRESS {
            continue;
        }
        let limit = LENGTHS.iter().find(|(name, _)| *name == key).map_or(usize::MAX, |(_, limit)| *limit);
        pairs.push((key.to_owned(), escape(&cut(&text, limit))));
    }
}

fn tell(pairs: &mut Pairs, about: &BTreeMap<String, About>, story: &Story<'_>, emoji: bool) {
    for (key, what) in about {
        let text = match what {
            About::Decisions => Some(decisions(story)),
            About::Evidence => {
                let EvidenceReference { record, commitment, leaf, checkpoint } = story.evidence;
                let mut text = format!("record {record}, commitment {commitment}");
                // The whole note would not fit into a field of 255; size and root are what it says.
                let mut head = checkpoint.iter().flat_map(|note| note.lines()).skip(1);
                if let (Some(leaf), Some(size), Some(root)) = (leaf, head.next(), head.next()) {
                    let _ = write!(text, ", leaf {leaf}, ledger {size} {root}");
                }
                Some(text)
            }
            About::Reference => Some(story.reference.to_owned()),
            About::Subject => Some(story.subject.to_owned()),
            About::Form => Some(story.form.to_owned()),
            About::Version => Some(story.version.to_owned()),
            About::Language => Some(story.language.to_owned()),
            About::Page => story.page.map(str::to_owned),
            About::Time => Some(minute(story.time)),
            About::Title => Some(story.title.clone()),
        };
        if let Some(text) = text {
            pairs.push((key.clone(), escape(&plain(&text, emoji))));
        }
    }
}

/// One word for each purpose, which a workflow or a filter can compare: the decision, or the basis that asks for none.
fn decide(pairs: &mut Pairs, decided: &BTreeMap<String, PurposeId>, story: &Story<'_>) {
    for (key, purpose) in decided {
        if let Some(one) = story.decisions.iter().find(|one| one.purpose == *purpose) {
            let word = one.decision.map_or(one.legal_basis.as_str(), Decision::as_str);
            pairs.push((key.clone(), word.to_owned()));
        }
    }
}

/// Every decision for the eyes of whoever picks up the phone.
fn decisions(story: &Story<'_>) -> String {
    let mut text = String::new();
    for one in story.decisions {
        let LeadDecision { purpose, name, statement, decided_at, retention, .. } = one;
        let (word, meaning) = match one.decision {
            Some(Decision::Granted) => ("granted", String::new()),
            Some(Decision::GrantedUnconfirmed) => {
                ("granted_unconfirmed", ", do not use it yet: the confirmation by mail is awaited".to_owned())
            }
            Some(Decision::Refused) => ("refused", ", do not use it".to_owned()),
            Some(Decision::Withdrawn) => ("withdrawn", ", stop using it".to_owned()),
            None => ("not asked", format!(", the basis is {}", basis(one.legal_basis))),
        };
        let kept = period(retention);
        let _ = writeln!(text, "{name} [{purpose}]: {word}{meaning}; {}; kept for {kept}", minute(decided_at));
        if !statement.is_empty() {
            let _ = writeln!(text, "    \"{}\"", statement.replace('\n', " "));
        }
    }
    let _ = write!(
        text,
        "Reference {}, form {}, language {}, version {}",
        story.reference, story.form, story.language, story.version
    );
    text
}

fn basis(basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::Consent => "consent, and none was given",
        LegalBasis::Contract => "a contract",
        LegalBasis::LegalObligation => "a legal obligation",
        LegalBasis::VitalInterests => "vital interests",
        LegalBasis::PublicTask => "a public task",
        LegalBasis::LegitimateInterests => "legitimate interests",
    }
}

/// `1 year and 6 months` of `P1Y6M`.
fn period(text: &str) -> String {
    let Some(Period { years, months, weeks, days }) = Period::parse(text) else { return text.to_owned() };
    let parts = [(years, "year"), (months, "month"), (weeks, "week"), (days, "day")];
    let said = parts.into_iter().filter(|(number, _)| *number > 0);
    let said = said.map(|(number, unit)| format!("{number} {unit}{}", if number == 1 { "" } else { "s" }));
    said.collect::<Vec<_>>().join(" and ")
}

/// `2026-11-23 15:04 UTC` of `2026-11-23T15:04:05Z`.
fn minute(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => time.to_owned(),
    }
}

/// The text as Vtiger lets it through; see the head of this file.
pub(super) fn plain(text: &str, emoji: bool) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '<' => out.push('‹'),
            '>' => out.push('›'),
            // `&lt;` typed would arrive as a tag.
            '&' if begins_entity(rest.as_str()) => out.push_str("& "),
            '(' if handler_before(out.trim_end(), true) => out.push('['),
            '=' if handler_before(&out, false) => out.push_str(" ="),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            // A database in MySQL's older `utf8` refuses such a text or cuts it off right here.
            c if !emoji && u32::from(c) > 0xffff => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Whether what follows an `&` makes an entity of it, with a semicolon or as browsers read it without.
fn begins_entity(rest: &str) -> bool {
    let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    let lower = name.to_ascii_lowercase();
    rest.starts_with('#')
        || (!name.is_empty() && rest[name.len()..].starts_with(';'))
        || ["lt", "gt", "amp", "quot"].iter().any(|one| lower.starts_with(one))
}

/// Whether the text ends in what the filter against scripts takes for `onclick` or `alert`.
fn handler_before(text: &str, call: bool) -> bool {
    let start = text
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let word = &text[start..];
    if call {
        word == "alert" || (word.starts_with("on") && word.len() > 2)
    } else {
        word.find("on").is_some_and(|at| at + 2 < word.len())
    }
}

/// Vtiger strips backslashes.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
}

fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}

/// `application/x-www-form-urlencoded`, in UTF-8.
pub(super) fn encode(pairs: &[(String, String)]) -> String {
    let mut out = String::new();
    for (key, text) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        escape_into(&mut out, key);
        out.push('=');
        escape_into(&mut out, &text.replace('\n', "\r\n"));
    }
    out
}

fn escape_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}
