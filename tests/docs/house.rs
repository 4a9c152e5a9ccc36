//! What a page may ask for: a collector with the sample shop's definitions, a lead in it, and one that waits.

use std::path::Path;

use crate::{
    book, http,
    shell::Shell,
    vtiger::{Vtiger, Webform},
};

/// The references that pages write; the real ones take their place.
pub const LEAD: &str = "K7QD-93XF";
pub const SUSPECT: &str = "M3XP-77TA";
/// The code of the lead's personal link.
pub const CODE: &str = "AZqyNL2rcAGAAAAAAAAAAdkq8s0Y3lqU1cYQ0rT6b4E";

/// The sample shop, as its CRM and site are reached here.
pub fn definitions(folder: &Path, crm: u16) {
    copy(&book::root().join("examples/shop/definitions"), &folder.join("definitions"), &|text| {
        let text = text.replace("127.0.0.1:7412", &format!("127.0.0.1:{crm}"));
        // Nobody waits here for a robot's two seconds to pass.
        if text.contains("\nminimum_seconds = ") {
            text.replace("\nminimum_seconds = ", "\nminimum_seconds = 0 # instead of ")
        } else if text.contains("required_note") {
            text.replacen("\n\n[[", "\n\n[robots]\nminimum_seconds = 0\n\n[[", 1)
        } else {
            text
        }
    });
    let settings = "[server]\npublic_url = \"https://forms.example\"\n\n[secrets]\ncrm = \"whsec_dW50aWNrZWQtZG9jdW1lbnRhdGlvbiEhdW50aWM=\"\n";
    std::fs::write(folder.join("unticked.toml"), settings).unwrap();
}

/// `vtiger.example`: the two webforms that pages speak of.
pub fn vtiger() -> Vtiger {
    let vtiger = Vtiger::start();
    let fields = ["lastname", "email", "phone", "description", "cf_853", "cf_855", "cf_857", "cf_859"];
    for public_id in ["0b6d70228937303c28f8d526dab8ef97", "77aa70228937303c28f8d526dab8ef97"] {
        vtiger.webform(Webform::new(public_id, &fields));
    }
    vtiger
}

/// Sends the contact form as a browser without our script does; returns the reference and the code of the personal link.
pub fn send_lead(shell: &Shell, who: &str, trapped: bool) -> Result<(String, String), String> {
    let ask = |answer: std::io::Result<http::Answer>| answer.map_err(|error| format!("the form: {error}"));
    let page = ask(http::get(shell.port, "/f/contact?lang=en", &[]))?;
    let mut controls = vec![
        ("value.name", who.to_owned()),
        ("value.email", format!("{}@example.org", who.split(' ').next().unwrap_or("ada").to_lowercase())),
        ("value.topic", "order".to_owned()),
        ("value.message", "Where is my parcel?".to_owned()),
        ("choice.newsletter", "granted".to_owned()),
    ];
    for name in ["ticket", "version", "language", "page"] {
        controls.push((name, control(&page.body, name).ok_or_else(|| format!("the form has no control {name}"))?));
    }
    if trapped {
        let trap = trap(&page.body).ok_or("the form has no trap for robots")?;
        controls.push((Box::leak(trap.into_boxed_str()), "https://spam.example".to_owned()));
    }
    let body: Vec<String> = controls.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    let origin = public_origin(&page.body).unwrap_or_else(|| format!("http://127.0.0.1:{}", shell.port));
    let headers = [("Origin", origin.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let answer = ask(http::send(shell.port, "POST", "/f/contact", &headers, &body.join("&")))?;
    let both = reference(&answer.body).zip(control(&answer.body, "token"));
    both.ok_or_else(|| format!("the lead was not accepted ({}):\n{}", answer.status, answer.body))
}

/// The value of a hidden control.
fn control(html: &str, name: &str) -> Option<String> {
    let tag = html.split('<').find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")))?;
    let value = tag.split("value=\"").nth(1)?.split('"').next()?;
    Some(value.replace("&amp;", "&"))
}

/// The control that people do not see.
fn trap(html: &str) -> Option<String> {
    let inside = html.split("class=\"trap\"").nth(1)?;
    Some(inside.split("name=\"").nth(1)?.split('"').next()?.to_owned())
}

/// What the collector calls itself: the page's own address without its path.
fn public_origin(html: &str) -> Option<String> {
    let page = control(html, "page")?;
    page.strip_suffix("/f/contact").map(str::to_owned)
}

/// `XXXX-XXXX` somewhere in the confirmation.
fn reference(html: &str) -> Option<String> {
    let sound = |word: &&str| {
        word.len() == 9
            && word
                .bytes()
                .enumerate()
                .all(|(at, b)| if at == 4 { b == b'-' } else { b.is_ascii_uppercase() || b.is_ascii_digit() })
    };
    html.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).find(sound).map(str::to_owned)
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn copy(from: &Path, to: &Path, change: &dyn Fn(String) -> String) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target, change);
        } else {
            std::fs::write(target, change(std::fs::read_to_string(entry.path()).unwrap())).unwrap();
        }
    }
}
