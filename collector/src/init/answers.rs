//! Understands what people type. Each function answers a value, or a sentence and what was probably meant.

use std::net::IpAddr;

use reqwest::Url;
use unticked_shared::validate::shape::{is_email, is_tel};

/// What the owner said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The controller's name.
    pub controller: String,
    /// Its postal address.
    pub address: String,
    /// Its mail address or telephone number.
    pub contact: String,
    /// The origins that the form may stand on, as browsers write them; the first is the one that was named.
    pub sites: Vec<String>,
    /// The form's languages; the first is its default.
    pub tongues: Vec<Tongue>,
    /// Who receives the leads.
    pub crm: Crm,
    /// The collector's own address, as visitors will see it.
    pub public_url: String,
}

/// A language that we have words in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// `en`
    English,
    /// `bg`
    Bulgarian,
    /// `ar`
    Arabic,
}

impl Tongue {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Bulgarian => "bg",
            Self::Arabic => "ar",
        }
    }
}

/// Who receives the leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Crm {
    /// Nobody yet; they wait in the collector.
    None,
    /// A signed POST.
    Webhook {
        /// Where to.
        url: String,
    },
    /// Vtiger's web forms.
    Vtiger {
        /// The address of its capture script.
        url: String,
        /// The web form's public id.
        public_id: String,
    },
}

impl Crm {
    /// The address that is posted to.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Webhook { url } | Self::Vtiger { url, .. } => Some(url),
        }
    }
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// In a sentence, without a full stop.
    pub sentence: String,
    /// What was probably meant.
    pub meant: Option<String>,
}

impl Wrong {
    fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), meant: None }
    }

    fn meant(sentence: impl Into<String>, meant: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), meant: Some(meant.into()) }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)?;
        self.meant.as_ref().map_or(Ok(()), |meant| write!(f, "; write {meant}"))
    }
}

/// A line of text without what would not show.
fn line(text: &str, wanted: &str) -> Result<String, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Wrong::new(format!("nothing was said; {wanted}")));
    }
    if text.chars().any(char::is_control) {
        return Err(Wrong::new(format!("this holds characters that cannot be seen; {wanted}")));
    }
    if text.chars().count() > 300 {
        return Err(Wrong::new(format!("this is longer than 300 characters; {wanted}")));
    }
    if text.contains(['{', '}']) {
        return Err(Wrong::new(format!("curly brackets cannot stand here; {wanted}")));
    }
    Ok(text.to_owned())
}

/// The controller's name.
pub fn controller(text: &str) -> Result<String, Wrong> {
    const WANTED: &str = "write the name of the company, association or person who decides how the data are used";
    let name = line(text, WANTED)?;
    if is_email(&name) {
        return Err(Wrong::new(format!("`{name}` is a mail address; {WANTED}")));
    }
    if !name.chars().any(char::is_alphabetic) {
        return Err(Wrong::new(format!("`{name}` is no name; {WANTED}")));
    }
    Ok(name)
}

/// The postal address (Art. 13(1)(a)).
pub fn address(text: &str) -> Result<String, Wrong> {
    const WANTED: &str = "write street, town and country, such as 12 Shipka Street, 1504 Sofia, Bulgaria";
    let address = line(text, WANTED)?;
    if address.contains('@') {
        return Err(Wrong::new(format!("`{address}` is a mail address, and a postal one is wanted; {WANTED}")));
    }
    if address.contains("://") {
        return Err(Wrong::new(format!("`{address}` is a web address, and a postal one is wanted; {WANTED}")));
    }
    if !address.contains([' ', ',']) {
        return Err(Wrong::new(format!("`{address}` alone brings no letter to you; {WANTED}")));
    }
    Ok(address)
}

/// A mail address or a telephone number.
pub fn contact(text: &str) -> Result<String, Wrong> {
    const WANTED: &str = "write a mail address such as privacy@shop.example, or a telephone number";
    let contact = line(text, WANTED)?;
    if let Some(bare) = contact.strip_prefix("mailto:").or_else(|| contact.strip_prefix("tel:")) {
        return Err(Wrong::meant("the address alone is enough", bare));
    }
    if is_email(&contact) || is_tel(&contact) {
        return Ok(contact);
    }
    let Some((local, domain)) = contact.rsplit_once('@') else {
        return Err(Wrong::new(format!("`{contact}` is neither a mail address nor a telephone number; {WANTED}")));
    };
    let squeezed: String = contact.chars().filter(|c| !c.is_whitespace()).collect();
    Err(if squeezed != contact && is_email(&squeezed) {
        Wrong::meant(format!("`{contact}` has a space in it"), squeezed)
    } else if local.is_empty() || local.contains('@') {
        Wrong::new(format!("`{contact}` is no mail address: one name stands before one @; {WANTED}"))
    } else if !domain.contains('.') {
        let message = format!("`{contact}` is no mail address: behind the @ an ending such as .com is missing");
        Wrong::new(format!("{message}; {WANTED}"))
    } else {
        Wrong::new(format!("`{contact}` is no mail address; {WANTED}"))
    })
}

/// Languages with commas or spaces between; the first is the form's default.
pub fn tongues(text: &str) -> Result<Vec<Tongue>, Wrong> {
    const WANTED: &str = "write en (English), bg (Bulgarian) or ar (Arabic), or several, the form's first: bg,en";
    let mut tongues = Vec::new();
    for word in text.split([',', ' ', ';']).filter(|word| !word.is_empty()) {
        let tongue = match word.to_lowercase().as_str() {
            "en" | "english" => Tongue::English,
            "bg" | "bulgarian" | "български" => Tongue::Bulgarian,
            "ar" | "arabic" | "العربية" | "عربي" => Tongue::Arabic,
            other => {
                let primary = other.split(['-', '_']).next().filter(|primary| *primary != other);
                let known = primary.filter(|primary| matches!(*primary, "en" | "bg" | "ar"));
                let sentence = format!("there are no words in `{word}` yet");
                return Err(match known {
                    Some(known) => Wrong::meant(sentence, known),
                    None => Wrong::new(format!("{sentence}; {WANTED}")),
                });
            }
        };
        if !tongues.contains(&tongue) {
            tongues.push(tongue);
        }
    }
    if tongues.is_empty() { Err(Wrong::new(format!("nothing was said; {WANTED}"))) } else { Ok(tongues) }
}

/// One or several websites, with commas or spaces between, as the origins that browsers send. A site named with or
/// without `www.` gets its twin, because visitors type both.
pub fn sites(text: &str) -> Result<Vec<String>, Wrong> {
    let mut origins: Vec<String> = Vec::new();
    let words: Vec<&str> = text.split([',', ' ']).filter(|word| !word.is_empty()).collect();
    for (at, word) in words.iter().enumerate() {
        let url = website(word).map_err(|wrong| Wrong {
            // The other sites stay as they were typed.
            meant: wrong.meant.map(|meant| {
                let with = |(other, old): (usize, &&str)| if other == at { meant.clone() } else { (*old).to_owned() };
                words.iter().enumerate().map(with).collect::<Vec<_>>().join(",")
            }),
            ..wrong
        })?;
        for origin in std::iter::once(url.origin().ascii_serialization()).chain(twin(&url)) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
    }
    if origins.is_empty() {
        return Err(Wrong::new("nothing was said; write where the form will stand, such as https://shop.example"));
    }
    Ok(origins)
}

/// The same site with or without `www.`.
fn twin(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let other = match host.strip_prefix("www.") {
        Some(bare) if bare.contains('.') => bare.to_owned(),
        None if host.matches('.').count() == 1 && !is_this_machine(host) => format!("www.{host}"),
        _ => return None,
    };
    let mut url = url.clone();
    url.set_host(Some(&other)).ok()?;
    Some(url.origin().ascii_serialization())
}

fn website(text: &str) -> Result<Url, Wrong> {
    const WANTED: &str = "write the address of the website, such as https://shop.example";
    if is_email(text) {
        let domain = text.rsplit('@').next().unwrap_or_default();
        return Err(Wrong::meant(format!("`{text}` is a mail address"), format!("https://{domain}")));
    }
    let (url, amiss) = web_address(text, WANTED)?;
    let origin = || url.origin().ascii_serialization();
    if let Some(amiss) = amiss {
        return Err(Wrong::meant(amiss, origin()));
    }
    let path = &text[text.find("://").map_or(0, |at| at + 3)..];
    let behind = path.find(['/', '?', '#']).map(|at| &path[at..]).filter(|rest| *rest != "/");
    if let Some(behind) = behind {
        let sentence =
            format!("the form may stand on every page of the site, so what is behind the host (`{behind}`) goes");
        return Err(Wrong::meant(sentence, origin()));
    }
    Ok(url)
}

/// An address that leads are posted to.
pub fn endpoint(text: &str) -> Result<String, Wrong> {
    const WANTED: &str = "write the whole address, such as https://crm.example/webhooks/unticked";
    let text = line(text, WANTED)?;
    match web_address(&text, WANTED)? {
        (_, None) => Ok(text),
        (url, Some(amiss)) => Err(Wrong::meant(amiss, url.as_str())),
    }
}

/// Reads a web address as kindly as it can: what is amiss stands beside it.
fn web_address(text: &str, wanted: &str) -> Result<(Url, Option<String>), Wrong> {
    let no_address = || Wrong::new(format!("`{text}` is no web address; {wanted}"));
    if text.contains(char::is_whitespace) || text.contains('*') {
        return Err(no_address());
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => (String::new(), text.trim_start_matches('/')),
    };
    let host_typed = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let local = is_this_machine(host_typed);
    let (right, amiss) = match scheme.as_str() {
        "https" => ("https", None),
        "http" if local => ("http", None),
        "http" => ("https", Some(format!("`{text}` is not encrypted: what visitors write could be read on the way"))),
        "" if local => ("http", Some(format!("`{text}` does not say http:// in front"))),
        "" => ("https", Some(format!("`{text}` does not say https:// in front"))),
        other => return Err(Wrong::new(format!("`{other}://` is not what websites begin with; {wanted}"))),
    };
    let url = Url::parse(&format!("{right}://{rest}")).map_err(|_| no_address())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(no_address)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new(format!("`{text}` holds a user name; {wanted}")));
    }
    if !host.contains('.') && !local && !host.starts_with('[') {
        return Err(Wrong::new(format!("`{host}` has no ending such as .com; {wanted}")));
    }
    Ok((url, amiss))
}

/// `none`, `vtiger`, or the address of a webhook. Vtiger's own address and form are asked for next.
pub fn crm(text: &str) -> Result<Receiver, Wrong> {
    const WANTED: &str = "write none, vtiger, or the address of your CRM's webhook";
    match text.trim().to_lowercase().as_str() {
        "" => Err(Wrong::new(format!("nothing was said; {WANTED}"))),
        "none" | "no" | "-" => Ok(Receiver::None),
        "vtiger" => Ok(Receiver::Vtiger),
        word if is_email(word) => Err(Wrong::meant(
            "leads do not travel by mail, which anybody on the way could read; you can read them with `unticked leads`",
            "none",
        )),
        word if !word.contains(['.', '/', ':']) => Err(Wrong::new(format!("`{word}` is not known here; {WANTED}"))),
        _ => Ok(Receiver::Webhook(endpoint(text)?)),
    }
}

/// What kind of CRM it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// None yet.
    None,
    /// A webhook at that address.
    Webhook(String),
    /// Vtiger.
    Vtiger,
}

/// Vtiger's capture script: from its own address, or the one that its form's HTML posts to.
pub fn vtiger_url(text: &str) -> Result<String, Wrong> {
    const SCRIPT: &str = "modules/Webforms/capture.php";
    let url = endpoint(text)?;
    if url.contains(['?', '#']) {
        let bare = url.split(['?', '#']).next().unwrap_or_default();
        return Err(Wrong::meant("the public id is asked for by itself, so what is behind the `?` goes", bare));
    }
    if url.ends_with(SCRIPT) {
        return Ok(url);
    }
    let base = url.strip_suffix("index.php").unwrap_or(&url).trim_end_matches('/');
    if std::path::Path::new(base).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("php")) {
        let sentence = format!("`{url}` is a page of Vtiger; its own address is wanted, such as https://crm.example");
        return Err(Wrong::new(sentence));
    }
    Ok(format!("{base}/{SCRIPT}"))
}

/// The public id of a Vtiger web form: what its HTML calls `publicid`.
pub fn public_id(text: &str) -> Result<String, Wrong> {
    const WANTED: &str = "in Vtiger open Settings, Webforms, your form, and copy what `publicid` says in its HTML";
    let id = line(text, WANTED)?;
    if (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Ok(id);
    }
    Err(Wrong::new(format!("`{id}` is no public id, which is some 32 letters and digits; {WANTED}")))
}

/// The collector's own address, where one is named.
pub fn public_url(text: &str) -> Result<String, Wrong> {
    website(text.trim()).map(|url| url.origin().ascii_serialization())
}

/// The address that a collector for that site will have: `forms.` before the site's name.
pub fn public_url_for(site: &str) -> Result<String, Wrong> {
    let host = Url::parse(site).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if is_this_machine(&host) {
        return Ok("http://127.0.0.1:8080".to_owned());
    }
    if bare(&host).parse::<IpAddr>().is_ok() {
        return Err(Wrong::new(format!("{site} has no name, so say where the collector will be: --public-url")));
    }
    Ok(format!("https://forms.{}", host.strip_prefix("www.").unwrap_or(&host)))
}

/// Whether the collector's guard would refuse the address unless it is allowed by name. What a name resolves to is
/// found out when something is sent.
pub fn needs_allowing(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    let inside = match bare(host).parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        Ok(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        Err(_) => is_this_machine(host),
    };
    let port = url.port_or_known_default()?;
    inside.then(|| format!("{host}:{port}"))
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || host == "[" || host.starts_with("127.")
}
