//! What a mail to the owner says. No database, and nothing personal.

use std::fmt::Write;

use super::sql::{Arrived, GivenUp};
use crate::store::values::{rfc3339, time};

/// How many of each kind are named; the rest is counted.
const NAMED: usize = 20;
/// How many of each kind are read and counted; beyond it is "more than".
pub const COUNTED: i64 = 500;

/// Subject and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// Writes the mail; none where nothing is left to tell. `host` names the collector, `checkpoint` is the last signed head of
/// its ledger.
pub fn write(arrived: &[Arrived], given_up: &[GivenUp], checkpoint: Option<&str>, host: &str) -> Option<Letter> {
    let (suspects, leads): (Vec<&Arrived>, Vec<&Arrived>) = arrived.iter().partition(|one| one.state == "quarantined");
    let mut subjects = Vec::new();
    let mut body = String::new();
    if let [first, ..] = leads[..] {
        subjects.push(match leads.len() {
            1 => format!("new lead {} ({})", first.reference, first.form),
            _ => format!("{} new leads", counted(leads.len())),
        });
        section(
            &mut body,
            &match leads.len() {
                1 => "A lead has arrived:".to_owned(),
                _ => format!("{} leads have arrived:", counted(leads.len())),
            },
        );
        for one in leads.iter().take(NAMED) {
            line(&mut body, &format!("{}  {}  {}", one.reference, one.form, shown(one.received_at)));
        }
        rest(&mut body, leads.len());
        let reference = if leads.len() == 1 { &first.reference } else { "REFERENCE" };
        command(
            &mut body,
            "To read it",
            &format!("unticked leads show {reference} --by \"YOUR NAME\" --reason \"WHY\""),
        );
        if leads.len() > 1 {
            command(&mut body, "To see which there are", "unticked leads list");
        }
    }
    if !suspects.is_empty() {
        subjects.push(format!("{} waiting as suspected spam", counted(suspects.len())));
        section(
            &mut body,
            &match suspects.len() {
                1 => "One looks like a robot's. It went nowhere and waits for you:".to_owned(),
                _ => format!("{} look like a robot's. They went nowhere and wait for you:", counted(suspects.len())),
            },
        );
        for one in suspects.iter().take(NAMED) {
            line(&mut body, &format!("{}  {}  {}", one.reference, one.form, shown(one.received_at)));
        }
        rest(&mut body, suspects.len());
        command(&mut body, "To let one go to its destinations", "unticked quarantine release REFERENCE");
    }
    if !given_up.is_empty() {
        let noun = if given_up.len() == 1 { "delivery" } else { "deliveries" };
        subjects.push(format!("{} {noun} given up", counted(given_up.len())));
        section(&mut body, &format!("{} {noun} did not arrive and will not be tried again:", counted(given_up.len())));
        for one in given_up.iter().take(NAMED) {
            let reference = one.reference.as_deref().unwrap_or("(removed)");
            let reason = one.reason.as_deref().unwrap_or("no reason is known");
            line(&mut body, &format!("{reference}  to {}: {reason}", one.destination));
        }
        rest(&mut body, given_up.len());
        command(&mut body, "When the cause is mended", "unticked deliveries retry --all");
    }
    if subjects.is_empty() {
        return None;
    }
    if let Some(checkpoint) = checkpoint {
        section(
            &mut body,
            "Keep this mail: below stands the signed head of the ledger of all evidence. With it anybody can show\n\
             later that nothing recorded before now was changed or taken away (`unticked verify`, or any C2SP tool):",
        );
        // To the byte, or the signature would not hold.
        body.push_str(checkpoint);
    }
    let _ = write!(
        body,
        "\nRun the commands on the machine of {host}. This mail holds no personal data on purpose; it is sent at most\n\
         once a minute, and counts what has gathered.\n"
    );
    let mut subject = subjects.join(", ");
    if let Some(first) = subject.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Some(Letter { subject: format!("{subject} - {host}"), body })
}

fn counted(count: usize) -> String {
    if i64::try_from(count).is_ok_and(|count| count >= COUNTED) {
        format!("{COUNTED} or more")
    } else {
        count.to_string()
    }
}

fn section(body: &mut String, text: &str) {
    if !body.is_empty() {
        body.push('\n');
    }
    let _ = writeln!(body, "{text}\n");
}

fn line(body: &mut String, text: &str) {
    // Reasons quote what a server answered.
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(body, "  {text}");
}

fn rest(body: &mut String, count: usize) {
    if count > NAMED {
        line(body, &format!("and {} more", counted(count - NAMED)));
    }
}

fn command(body: &mut String, what: &str, command: &str) {
    let _ = writeln!(body, "\n{what}:\n\n  {command}");
}

fn shown(millis: i64) -> String {
    time(millis).map_or_else(|_| "?".to_owned(), rfc3339)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrived(number: usize, state: &str) -> Arrived {
        Arrived {
            reference: format!("AAAA-{number:04}"),
            form: "contact".to_owned(),
            state: state.to_owned(),
            received_at: 1_795_435_200_000,
        }
    }

    #[test]
    fn one_lead_is_named_with_the_command_that_reads_it() {
        let letter = write(&[arrived(1, "accepted")], &[], None, "forms.example").unwrap();
        assert_eq!(letter.subject, "New lead AAAA-0001 (contact) - forms.example");
        assert!(letter.body.contains("unticked leads show AAAA-0001 --by"), "{}", letter.body);
    }

    #[test]
    fn many_are_counted_and_the_first_of_them_named() {
        let many: Vec<_> = (0..23).map(|number| arrived(number, "accepted")).collect();
        let letter = write(&many, &[], None, "forms.example").unwrap();
        assert_eq!(letter.subject, "23 new leads - forms.example");
        assert!(letter.body.contains("AAAA-0019") && !letter.body.contains("AAAA-0020"));
        assert!(letter.body.contains("and 3 more"), "{}", letter.body);
    }

    #[test]
    fn suspects_and_what_was_given_up_have_sections_of_their_own() {
        let lost = GivenUp {
            destination: "crm".to_owned(),
            reference: Some("BBBB-0001".to_owned()),
            reason: Some("gave up after 10 attempts: answered 503\r\nBcc: x".to_owned()),
        };
        let all = [arrived(1, "accepted"), arrived(2, "quarantined")];
        let letter = write(&all, &[lost], None, "forms.example").unwrap();
        assert!(letter.subject.contains("1 waiting as suspected spam, 1 delivery given up"), "{}", letter.subject);
        assert!(letter.body.contains("BBBB-0001  to crm: gave up after 10 attempts: answered 503  Bcc"));
        assert!(letter.body.contains("unticked quarantine release"));
    }

    #[test]
    fn nothing_to_tell_makes_no_mail() {
        assert_eq!(write(&[], &[], None, "forms.example"), None);
    }

    #[test]
    fn the_head_of_the_ledger_leaves_with_each_mail_as_it_was_signed() {
        let note = "forms.example/ledger\n17\nqqo=\n\n\u{2014} forms.example/ledger AAAA\n";
        let letter = write(&[arrived(1, "accepted")], &[], Some(note), "forms.example").unwrap();
        assert!(letter.body.contains(&format!("\n\n{note}\nRun the commands")), "{}", letter.body);
        assert_eq!(write(&[], &[], Some(note), "forms.example"), None, "it makes no mail by itself");
    }
}
