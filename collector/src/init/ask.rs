//! The conversation: each question once, again where the answer will not do, and none that a flag has answered.

use std::io::{self, BufRead, Write};

use super::answers::{self, Answers, Crm, Receiver, Wrong};

/// What the flags said.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// `--controller`
    pub controller: Option<String>,
    /// `--address`
    pub address: Option<String>,
    /// `--contact`
    pub contact: Option<String>,
    /// `--site`
    pub site: Option<String>,
    /// `--language`
    pub language: Option<String>,
    /// `--crm`
    pub crm: Option<String>,
    /// `--crm-url`
    pub crm_url: Option<String>,
    /// `--crm-public-id`
    pub crm_public_id: Option<String>,
    /// `--public-url`
    pub public_url: Option<String>,
}

/// Why there are no answers.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Flags that are missing or wrong, each with a sentence.
    #[error("{}", .0.join("\n"))]
    Flags(Vec<String>),
    /// The input ended.
    #[error("the questions were left unanswered, so nothing was written")]
    Left,
    /// The terminal does not work.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
}

/// A question: which flag answers it, how it is put, and what is a likely answer.
struct Question {
    flag: &'static str,
    asks: &'static str,
    usual: Option<&'static str>,
}

const CONTROLLER: Question = Question {
    flag: "--controller",
    asks: "1. Who decides how the data are used? The name of your company or association:",
    usual: None,
};
const ADDRESS: Question =
    Question { flag: "--address", asks: "   Its postal address (street, town, country):", usual: None };
const CONTACT: Question = Question {
    flag: "--contact",
    asks: "2. Where can people reach you about their data? A mail address or telephone number:",
    usual: None,
};
const SITE: Question = Question {
    flag: "--site",
    asks: "3. On which website will the form stand? Such as https://shop.example:",
    usual: None,
};
const LANGUAGE: Question = Question {
    flag: "--language",
    asks: "4. In which language? en (English), bg (Bulgarian), ar (Arabic), or several, such as bg,en:",
    usual: Some("en"),
};
const CRM: Question = Question {
    flag: "--crm",
    asks: "5. Which CRM receives the leads? none, vtiger, or the address of its webhook:",
    usual: Some("none"),
};
const CRM_URL: Question =
    Question { flag: "--crm-url", asks: "   The address of your Vtiger, such as https://crm.example:", usual: None };
const CRM_PUBLIC_ID: Question = Question {
    flag: "--crm-public-id",
    asks: "   The public id of its web form (Settings, Webforms, your form; `publicid` in its HTML):",
    usual: None,
};
const PUBLIC_URL: Question = Question {
    flag: "--public-url",
    asks: "   At which address will this collector be reached? Such as https://forms.shop.example:",
    usual: None,
};

/// Where an answer comes from.
trait Source {
    fn answer<T>(
        &mut self,
        question: &Question,
        given: Option<&String>,
        read: fn(&str) -> Result<T, Wrong>,
    ) -> Result<T, Unanswered>;
}

/// Asks on a terminal what the flags have not said.
pub fn converse(given: &Given, input: &mut dyn BufRead, output: &mut dyn Write) -> Result<Answers, Unanswered> {
    gather(given, &mut Terminal { input, output })
}

/// Takes the flags alone; everything that is missing or wrong is said at once.
pub fn from_flags(given: &Given) -> Result<Answers, Unanswered> {
    let mut flags = Flags { wrong: Vec::new(), missing: Vec::new() };
    let answers = gather(given, &mut flags);
    if !flags.missing.is_empty() {
        let missing = flags.missing.join(", ");
        flags.wrong.push(format!("There is no terminal to ask on, and these are missing: {missing}"));
    }
    match answers {
        Ok(answers) if flags.wrong.is_empty() => Ok(answers),
        _ => Err(Unanswered::Flags(flags.wrong)),
    }
}

fn gather(given: &Given, source: &mut impl Source) -> Result<Answers, Unanswered> {
    // Each is asked even when one before it will not do, so that all flags are judged at once.
    let controller = source.answer(&CONTROLLER, given.controller.as_ref(), answers::controller);
    let controller = left(controller)?;
    let address = left(source.answer(&ADDRESS, given.address.as_ref(), answers::address))?;
    let contact = left(source.answer(&CONTACT, given.contact.as_ref(), answers::contact))?;
    let sites = left(source.answer(&SITE, given.site.as_ref(), answers::sites))?;
    let tongues = left(source.answer(&LANGUAGE, given.language.as_ref(), answers::tongues))?;
    let crm = match left(source.answer(&CRM, given.crm.as_ref(), answers::crm))? {
        Some(Receiver::None) => Some(Crm::None),
        Some(Receiver::Webhook(url)) => Some(Crm::Webhook { url }),
        Some(Receiver::Vtiger) => {
            let url = left(source.answer(&CRM_URL, given.crm_url.as_ref(), answers::vtiger_url))?;
            let id = left(source.answer(&CRM_PUBLIC_ID, given.crm_public_id.as_ref(), answers::public_id))?;
            url.zip(id).map(|(url, public_id)| Crm::Vtiger { url, public_id })
        }
        None => None,
    };
    let likely = sites.as_ref().and_then(|sites| answers::public_url_for(sites.first()?).ok());
    let public_url = match (&given.public_url, likely) {
        (None, Some(likely)) => Some(likely),
        // Without a site there is nothing to go by yet.
        (None, None) if sites.is_none() => None,
        (named, _) => left(source.answer(&PUBLIC_URL, named.as_ref(), answers::public_url))?,
    };
    let answers = (|| {
        Some(Answers {
            controller: controller?,
            address: address?,
            contact: contact?,
            sites: sites?,
            tongues: tongues?,
            crm: crm?,
            public_url: public_url?,
        })
    })();
    answers.ok_or(Unanswered::Flags(Vec::new()))
}

/// A flag that will not do is remembered by its source; everything else ends the conversation.
fn left<T>(answer: Result<T, Unanswered>) -> Result<Option<T>, Unanswered> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Unanswered::Flags(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

struct Flags {
    wrong: Vec<String>,
    missing: Vec<&'static str>,
}

impl Source for Flags {
    fn answer<T>(
        &mut self,
        question: &Question,
        given: Option<&String>,
        read: fn(&str) -> Result<T, Wrong>,
    ) -> Result<T, Unanswered> {
        let Some(text) = given else {
            self.missing.push(question.flag);
            return Err(Unanswered::Flags(Vec::new()));
        };
        read(text).map_err(|wrong| {
            self.wrong.push(format!("{}: {wrong}", question.flag));
            Unanswered::Flags(Vec::new())
        })
    }
}

struct Terminal<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
}

impl Source for Terminal<'_> {
    fn answer<T>(
        &mut self,
        question: &Question,
        given: Option<&String>,
        read: fn(&str) -> Result<T, Wrong>,
    ) -> Result<T, Unanswered> {
        let mut likely = question.usual.map(str::to_owned);
        let mut said = given.cloned();
        if said.is_none() {
            writeln!(self.output, "{}", question.asks)?;
        }
        loop {
            let text = match said.take() {
                Some(text) => text,
                None => self.line(likely.as_deref())?,
            };
            let wrong = match read(&text) {
                Ok(answer) => return Ok(answer),
                Err(wrong) => wrong,
            };
            let mut sentence = wrong.sentence.chars();
            let first = sentence.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            writeln!(self.output, "   {first}{}.", sentence.as_str())?;
            likely = wrong.meant.or_else(|| question.usual.map(str::to_owned));
        }
    }
}

impl Terminal<'_> {
    /// A line; an empty one is the likely answer, where there is one.
    fn line(&mut self, likely: Option<&str>) -> Result<String, Unanswered> {
        match likely {
            Some(likely) => write!(self.output, "   [Enter: {likely}] > ")?,
            None => write!(self.output, "   > ")?,
        }
        self.output.flush()?;
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            writeln!(self.output)?;
            return Err(Unanswered::Left);
        }
        let line = line.trim();
        Ok(if line.is_empty() { likely.unwrap_or_default() } else { line }.to_owned())
    }
}
