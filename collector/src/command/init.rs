//! `unticked init DIR`

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use unticked_collector::{
    init::{self, Answers, Crm, FolderError, Given, Unanswered, ask, folder},
    world::Random,
};

use super::{FAILED, WRONG_SETTINGS};

/// Five questions; a flag answers one before it is asked. Without a terminal the flags must answer all.
#[derive(Args)]
pub struct Init {
    /// The folder to make, or an empty one
    dir: PathBuf,
    /// 1. The name of the company, association or person who decides how the data are used
    #[arg(long, value_name = "NAME")]
    controller: Option<String>,
    /// Its postal address
    #[arg(long)]
    address: Option<String>,
    /// 2. The mail address or telephone number for questions about data
    #[arg(long, value_name = "MAIL OR TELEPHONE")]
    contact: Option<String>,
    /// 3. The website on which the form will stand, such as `https://shop.example`; several with commas
    #[arg(long, value_name = "URL")]
    site: Option<String>,
    /// 4. `en`, `bg`, `ar`, or several with commas, the form's first one first
    #[arg(long, value_name = "CODES")]
    language: Option<String>,
    /// 5. `none`, `vtiger`, or the address of your CRM's webhook
    #[arg(long)]
    crm: Option<String>,
    /// Of Vtiger: its address
    #[arg(long, value_name = "URL")]
    crm_url: Option<String>,
    /// Of Vtiger: the public id of its web form
    #[arg(long, value_name = "ID")]
    crm_public_id: Option<String>,
    /// The collector's own address; otherwise `forms.` before the name of the site
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

/// Asks, writes, and says what comes next.
pub fn run(init: Init) -> ExitCode {
    let Init { dir, controller, address, contact, site, language, crm, crm_url, crm_public_id, public_url } = init;
    let given = Given { controller, address, contact, site, language, crm, crm_url, crm_public_id, public_url };
    // Nobody should answer five questions to hear that the folder is taken.
    if let Err(error) = folder::empty(&dir) {
        return refused(&error);
    }
    let answers = match ask::from_flags(&given) {
        Err(_) if std::io::stdin().is_terminal() => {
            println!(
                "Five questions, and you can send a form. Everything can be changed later, in {}.\n",
                dir.display()
            );
            ask::converse(&given, &mut std::io::stdin().lock(), &mut std::io::stdout().lock())
        }
        flags => flags,
    };
    let answers = match answers {
        Ok(answers) => answers,
        Err(error @ Unanswered::Flags(_)) => {
            eprintln!("{error}\n`unticked init --help` says what each is.");
            return ExitCode::from(WRONG_SETTINGS);
        }
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(FAILED);
        }
    };
    if let Err(error) = init::write(&dir, &answers, &Random::system()) {
        return refused(&error);
    }
    // A reader that has gone changes nothing about what was written.
    let _ = write!(std::io::stdout(), "{}", next_steps(&dir, &answers));
    ExitCode::SUCCESS
}

fn refused(error: &FolderError) -> ExitCode {
    eprintln!("{error}");
    match error {
        FolderError::NotEmpty { .. } | FolderError::NoFolder(_) | FolderError::Unsound(_) => {
            ExitCode::from(WRONG_SETTINGS)
        }
        FolderError::Io { .. } | FolderError::Ring(_) => ExitCode::from(FAILED),
    }
}

fn next_steps(dir: &Path, answers: &Answers) -> String {
    let Answers { public_url, crm, .. } = answers;
    let crm_line = match crm {
        Crm::None => "",
        Crm::Webhook { .. } => {
            "  crm.secret          what the webhook is signed with; give it to your CRM, and to nobody else\n"
        }
        Crm::Vtiger { .. } => {
            "\nIn Vtiger: make the fields that definitions/destinations.toml speaks of, and write their names there.\n"
        }
    };
    let snippet = init::snippet(answers)
        .lines()
        .fold(String::new(), |text, line| if line.is_empty() { text + "\n" } else { text + "  " + line + "\n" });
    let shown = dir.display().to_string();
    let folder = if shown.contains(|c: char| c.is_whitespace() || "'\"$&();\\*".contains(c)) {
        format!("'{}'", shown.replace('\'', "'\\''"))
    } else {
        shown.clone()
    };
    let local = public_url.starts_with("http://");
    let trial = if local {
        format!("  unticked serve      then open {public_url}/f/{form}", form = init::FORM)
    } else {
        format!(
            "  unticked serve --set server.public_url=http://127.0.0.1:8080\n\
             \x20                     a trial on this machine: open http://127.0.0.1:8080/f/{form}\n\
             \x20 unticked serve      for visitors, behind a proxy at {public_url} (docs/going-live.md)",
            form = init::FORM
        )
    };
    format!(
        "\
Written to {shown}, and `unticked check` finds nothing wrong with it:
  definitions/        who you are, what you use data for, your form: the comments say what to change
  unticked.toml       the settings
  unticked.keyring    the keys. Copy this file elsewhere today: without it nobody can read your leads, you neither
{crm_line}
For your page; the script once, the form where it should stand:

{snippet}
Next:
  cd {folder}
{trial}
  unticked doctor     says what is still missing before visitors come
"
    )
}
