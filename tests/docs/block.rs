//! What the first line of a fenced block says about it.
//!
//! | it says | what happens |
//! | --- | --- |
//! | `sh` | run by `bash -euo pipefail` in the page's folder, `unticked` on the path; folder and variables last to the next |
//! | `sh,fails` | run, and must end with another code than 0 |
//! | `sh,background` | started, waited for until it is ready, ended with the page |
//! | `sh,as-root` | not run; bash must read it, and each `unticked …` in it must be a command that exists |
//! | `sh,cargo` | not run; each `cargo xtask …` in it must exist |
//! | `sh,needs=PROGRAM` | left out, and the count says so, where there is no such program |
//! | `sh,setup=collector`, `=lead`, `=suspect` | before it a collector runs here, with one lead, with a second one that waits |
//! | `LANGUAGE,file=PATH`, `,append=PATH` | written to that file |
//! | `text` | not run |
//! | `text,output` | what the block before printed, line by line, in this order; `…` stands for anything |
//! | `html,page` | each form in it must find its placement |
//! | `css` | each property and part in it exists |
//! | `js` | each event in it exists |
//! | `json` | is JSON |
//! | `csp` | is the policy under which the strict example is tested in browsers |
//! | `caddy`, `nginx`, `systemd` | the program itself finds nothing wrong, where it is installed |

/// One block.
#[derive(Debug, Clone)]
pub struct Block {
    pub kind: Kind,
    pub body: String,
    pub page: String,
    pub line: usize,
}

impl Block {
    pub fn place(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }
}

/// What happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Shell { manner: Manner, setup: Option<Setup>, needs: Option<String> },
    File { path: String, append: bool },
    Text,
    Output,
    Page,
    Css,
    Js,
    Json,
    Csp,
    Caddy,
    Nginx,
    Systemd,
}

/// How a shell block is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Runs,
    Fails,
    Background,
    AsRoot,
    Cargo,
}

/// What must be there before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setup {
    Collector,
    Lead,
    Suspect,
}

impl Kind {
    pub fn parse(info: &str) -> Result<Self, String> {
        let mut words = info.split(',').map(str::trim);
        let language = words.next().unwrap_or_default();
        let words: Vec<&str> = words.collect();
        if language.is_empty() {
            return Err("a block without a language; `text` is one".to_owned());
        }
        if let [word] = words.as_slice()
            && let Some((how, path)) = word.split_once('=')
            && matches!(how, "file" | "append")
        {
            let sound = !path.is_empty() && !path.split('/').any(|part| part == "..");
            let file = Self::File { path: path.to_owned(), append: how == "append" };
            return if sound { Ok(file) } else { Err(format!("`{path}` is no path below the page's folder")) };
        }
        match (language, words.as_slice()) {
            ("sh", words) => shell(words),
            ("text", []) => Ok(Self::Text),
            ("text", ["output"]) => Ok(Self::Output),
            ("html", ["page"]) => Ok(Self::Page),
            ("css", []) => Ok(Self::Css),
            ("js", []) => Ok(Self::Js),
            ("json", []) => Ok(Self::Json),
            ("csp", []) => Ok(Self::Csp),
            ("caddy", []) => Ok(Self::Caddy),
            ("nginx", []) => Ok(Self::Nginx),
            ("systemd", []) => Ok(Self::Systemd),
            _ => Err(format!("nobody knows what to do with `{info}`; tests/docs/block.rs lists what there is")),
        }
    }
}

fn shell(words: &[&str]) -> Result<Kind, String> {
    let (mut manner, mut setup, mut needs) = (Manner::Runs, None, None);
    for word in words {
        match *word {
            "fails" => manner = Manner::Fails,
            "background" => manner = Manner::Background,
            "as-root" => manner = Manner::AsRoot,
            "cargo" => manner = Manner::Cargo,
            "setup=collector" => setup = Some(Setup::Collector),
            "setup=lead" => setup = Some(Setup::Lead),
            "setup=suspect" => setup = Some(Setup::Suspect),
            word if word.starts_with("needs=") => needs = word.strip_prefix("needs=").map(str::to_owned),
            _ => return Err(format!("nobody knows what `{word}` means behind `sh`")),
        }
    }
    Ok(Kind::Shell { manner, setup, needs })
}
