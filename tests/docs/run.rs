//! One page from its first block to its last.

use std::{
    fmt,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    block::{Block, Kind, Manner, Setup},
    check, house, http,
    page::Page,
    shell::Shell,
    standin::StandIn,
    vtiger::Vtiger,
};

/// Folders of the machine that pages speak of; here they lie below the page's own.
const SYSTEM: [&str; 4] = ["/etc/unticked", "/var/lib/unticked", "/var/backups/unticked", "/srv/unticked"];

/// What came of a page.
#[derive(Debug, Default)]
pub struct Outcome {
    ran: usize,
    /// Checked by a program or against the code.
    checked: usize,
    /// Shown, such as output.
    shown: usize,
    /// What could not be checked, and why.
    left_out: Vec<String>,
    pub failures: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ran, checked, shown, left_out, failures } = self;
        write!(f, "{ran:>3} run {checked:>3} checked {shown:>3} shown")?;
        if !failures.is_empty() {
            write!(f, "  {} FAILED", failures.len())?;
        }
        if left_out.is_empty() { Ok(()) } else { write!(f, "  left out: {}", left_out.join("; ")) }
    }
}

/// Runs a page; it ends at the first block that fails, because the next ones stand on it.
pub fn page(page: &Page) -> Outcome {
    let mut outcome = Outcome { failures: page.faults.clone(), ..Outcome::default() };
    let mut ground = Ground::new();
    for block in &page.blocks {
        if let Err(why) = ground.block(block, &mut outcome) {
            let mut said = ground.shell.background_said();
            if !said.is_empty() {
                said = format!("\n--- the background said:\n{said}");
            }
            let failure = format!("{}: {why}\n--- the block:\n{}{said}", block.place(), block.body);
            outcome.failures.push(failure);
            break;
        }
    }
    if let Err(why) = ground.shell.close() {
        outcome.failures.push(format!("{}: {why}", page.name));
    }
    outcome
}

/// What a page stands on.
struct Ground {
    shell: Shell,
    crm: StandIn,
    _vtiger: Vtiger,
    setup: Option<Setup>,
    /// Words of the page, and what stands for them here.
    words: Vec<(String, String)>,
    printed: String,
    folder: PathBuf,
    _whole: TempDir,
}

impl Ground {
    fn new() -> Self {
        let whole = tempfile::tempdir().unwrap();
        let [folder, state, programs] = ["page", "state", "programs"].map(|name| {
            let folder = whole.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            folder
        });
        let (port, crm) = (http::free_port(), StandIn::start());
        let vtiger = house::vtiger();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_unticked"), programs.join("unticked")).unwrap();
        write_program(&programs.join("curl"), &curl(port));
        let path = std::env::var("PATH").unwrap_or_default();
        let text = |name: &str, value: String| (name.to_owned(), value);
        let environment = vec![
            text("PATH", format!("{}:{path}", programs.display())),
            text("HOME", folder.display().to_string()),
            text("LC_ALL", "C.UTF-8".to_owned()),
            text("NO_COLOR", "1".to_owned()),
            text("UNTICKED_SERVER__LISTEN", format!("127.0.0.1:{port}")),
            text("UNTICKED_OUTBOX__ALLOW_HOSTS", format!("127.0.0.1:{},{}", crm.port, vtiger.address())),
        ];
        let mut words = Vec::new();
        for here in ["127.0.0.1:8080", "localhost:8080", "0.0.0.0:8080", "[::]:8080"] {
            words.push((here.to_owned(), format!("127.0.0.1:{port}")));
        }
        words.push(("https://crm.example".to_owned(), format!("http://127.0.0.1:{}", crm.port)));
        words.push(("https://vtiger.example".to_owned(), format!("http://{}", vtiger.address())));
        for system in SYSTEM {
            words.push((system.to_owned(), format!("{}{system}", folder.display())));
        }
        let shell = Shell::new(&folder, &state, port, environment);
        Self { shell, crm, _vtiger: vtiger, setup: None, words, printed: String::new(), folder, _whole: whole }
    }

    /// The block's text as it holds here.
    fn here(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, here)| text.replace(word, here))
    }

    fn block(&mut self, block: &Block, outcome: &mut Outcome) -> Result<(), String> {
        let body = self.here(&block.body);
        let checked = match &block.kind {
            Kind::Shell { needs: Some(program), .. } if xtask::house::find_program(program).is_none() => {
                outcome.left_out.push(format!("{} ({program})", block.place()));
                return Ok(());
            }
            Kind::Shell { manner, setup, .. } => {
                if let Some(setup) = setup {
                    self.prepare(*setup)?;
                }
                let body = self.here(&block.body);
                return self.shell_block(*manner, &body, outcome);
            }
            Kind::File { path, append } => {
                self.write(&self.here(path), &body, *append)?;
                outcome.ran += 1;
                return Ok(());
            }
            Kind::Text => {
                outcome.shown += 1;
                return Ok(());
            }
            Kind::Output => check::output(&block.body, &body, &self.printed).map(|()| None),
            Kind::Page => self.html_page(&block.body).map(|()| None),
            Kind::Css => check::css(&block.body).map(|()| None),
            Kind::Js => check::js(&block.body).map(|()| None),
            Kind::Json => check::json(&block.body).map(|()| None),
            Kind::Csp => check::csp(&block.body).map(|()| None),
            Kind::Caddy => check::caddy(&self.folder, &block.body),
            Kind::Nginx => check::nginx(&self.folder, &block.body),
            Kind::Systemd => check::systemd(&self.folder, &block.body),
        };
        match checked? {
            None => outcome.checked += 1,
            Some(missing) => outcome.left_out.push(format!("{} ({missing})", block.place())),
        }
        Ok(())
    }

    fn shell_block(&mut self, manner: Manner, body: &str, outcome: &mut Outcome) -> Result<(), String> {
        match manner {
            Manner::Background => self.shell.start(body)?,
            Manner::AsRoot | Manner::Cargo => {
                check::script(body)?;
                outcome.checked += 1;
                // What it would do to the service happens to the one in the background.
                for verb in check::systemctl(body) {
                    self.shell.systemctl(&verb)?;
                }
                return Ok(());
            }
            Manner::Runs | Manner::Fails => {
                let ran = self.shell.run(body)?;
                self.printed = ran.printed;
                let sound = match (manner, ran.code) {
                    (Manner::Fails, 0) => Err("was to fail, and worked".to_owned()),
                    (Manner::Fails, 126 | 127) => Err("failed because a command was not found".to_owned()),
                    (Manner::Fails, _) | (_, 0) => Ok(()),
                    (_, code) => Err(format!("ended with {code}")),
                };
                sound.map_err(|why| format!("{why}\n--- it printed:\n{}", self.printed))?;
            }
        }
        outcome.ran += 1;
        Ok(())
    }

    fn write(&self, path: &str, body: &str, append: bool) -> Result<(), String> {
        let file = self.folder.join(path);
        if !file.starts_with(&self.folder) {
            return Err(format!("`{path}` lies outside the page's folder"));
        }
        std::fs::create_dir_all(file.parent().unwrap()).map_err(|error| error.to_string())?;
        let before = if append { std::fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
        let text = before + body;
        if path.rsplit_once('.').is_some_and(|(_, end)| end == "toml") {
            toml::from_str::<toml::Table>(&text).map_err(|error| format!("is no TOML: {error}"))?;
        }
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Brings the page's collector and its leads about, each once.
    fn prepare(&mut self, wanted: Setup) -> Result<(), String> {
        if self.setup.is_none() {
            house::definitions(&self.folder, self.crm.port);
            self.shell.start("unticked serve")?;
            self.setup = Some(Setup::Collector);
        }
        for (step, who, word) in
            [(Setup::Lead, "Ada Lovelace", house::LEAD), (Setup::Suspect, "Robot Rossum", house::SUSPECT)]
        {
            if self.setup < Some(step) && wanted >= step {
                let (reference, code) = house::send_lead(&self.shell, who, step == Setup::Suspect)?;
                self.words.push((word.to_owned(), reference));
                if step == Setup::Lead {
                    self.words.push((house::CODE.to_owned(), code));
                }
                self.setup = Some(step);
            }
        }
        Ok(())
    }

    /// Holds a snippet against a collector: the page's own, or one that is here for this alone.
    fn html_page(&mut self, html: &str) -> Result<(), String> {
        if self.shell.is_ready() {
            return check::html(html, self.shell.port);
        }
        let mut other = Ground::new();
        other.prepare(Setup::Collector)?;
        check::html(html, other.shell.port)
    }
}

/// What is written as `https://forms.example` is here; nothing else is reached but this machine.
fn curl(port: u16) -> String {
    let real = xtask::house::find_program("curl").expect("the pages ask for things with curl; install it");
    let real = real.display();
    format!(
        r#"#!/usr/bin/env bash
arguments=() ours=()
for one in "$@"; do
  case $one in
    https://forms.example|https://forms.example/*)
      ours=(-H 'Host: forms.example' -H 'X-Forwarded-Proto: https')
      one="http://127.0.0.1:{port}${{one#https://forms.example}}" ;;
    http://127.0.0.1:*|http://localhost:*) ;;
    http://*|https://*) echo "tests/docs: nothing is fetched from $one" >&2; exit 98 ;;
  esac
  arguments+=("$one")
done
exec {real} --silent --show-error "${{ours[@]}}" "${{arguments[@]}}"
"#
    )
}

fn write_program(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(text: &str) -> Vec<String> {
        page(&Page::parse("x.md", text)).failures
    }

    #[test]
    fn a_page_asks_for_a_lead_and_a_suspect_and_finds_them_by_the_references_it_writes() {
        let text = "```sh,setup=suspect\nunticked quarantine list\n```\n\n```text,output\nM3XP-77TA  …  contact\n```\n\n\
                    ```sh,fails\nunticked quarantine release K7QD-93XF\n```\n\n\
                    ```sh\nunticked quarantine release M3XP-77TA\n```\n";
        // The reference is the collector's own, so the output names another than the page.
        let fitting = text.replace("M3XP-77TA  …", "…");
        assert_eq!(failures(&fitting), Vec::<String>::new());
        assert_eq!(failures(text), Vec::<String>::new(), "outputs are read with this run's references, too");
    }

    #[test]
    fn what_a_block_leaves_is_there_for_the_next_and_a_wrong_ending_is_a_failure() {
        let last = "```sh\nmkdir shop\ncd shop\nexport NAME=Ada\n```\n\n```toml,file=shop/a.toml\nb = 1\n```\n\n\
                    ```sh\ngrep -q 'b = 1' a.toml\necho \"$NAME\"\n```\n\n```text,output\nAda\n```\n";
        assert_eq!(failures(last), Vec::<String>::new());
        for wrong in [
            "```sh\nfalse\n```\n",
            "```sh,fails\ntrue\n```\n",
            "```sh,fails\nno-such-program\n```\n",
            "```sh\necho a\n```\n```text,output\nb\n```\n",
            "```toml,file=x.toml\na = \n```\n",
            "```toml,file=/tmp/elsewhere.toml\na = 1\n```\n",
            "```html,page\n<unticked-form form=\"nothing\"></unticked-form>\n```\n",
            "```sh\ncurl https://elsewhere.example/\n```\n",
        ] {
            assert_eq!(failures(wrong).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn the_collector_of_a_page_is_stopped_and_started_by_what_the_page_says_of_the_service() {
        let text = "```sh,setup=collector\ncurl --fail https://forms.example/healthz\n```\n\n\
                    ```sh,as-root\nsystemctl stop unticked\n```\n\n```sh,fails\ncurl --fail https://forms.example/healthz\n```\n\n\
                    ```sh,as-root\nsystemctl start unticked\n```\n\n```sh\ncurl --fail http://127.0.0.1:8080/readyz\n```\n";
        assert_eq!(failures(text), Vec::<String>::new());
    }

    #[test]
    fn what_other_programs_read_is_given_to_them() {
        let kinds = [
            ("caddy", "forms.example {\n\treverse_proxy 127.0.0.1:8080\n}\n", "forms.example {\n\treverse_prxy x\n}\n"),
            ("nginx", "server { listen 80; return 301 https://$host$request_uri; }\n", "server { lisen 80; }\n"),
            ("systemd", "[Service]\nExecStart=/usr/local/bin/unticked serve\n", "[Service]\nExecStart=serve\n"),
        ];
        for (kind, good, bad) in kinds {
            let page = |body: &str| page(&Page::parse("x.md", &format!("```{kind}\n{body}```\n")));
            let outcome = page(good);
            assert_eq!(outcome.failures, Vec::<String>::new());
            if outcome.left_out.is_empty() {
                assert_eq!(page(bad).failures.len(), 1, "{kind}");
            }
        }
    }
}
