//! A folder with the sample shop in it, a collector that runs there, and the commands that its owner types.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use sqlx::{Connection as _, SqliteConnection};

use crate::http;

/// What a visitor types; none of it may show where it should not.
pub const CANARIES: [&str; 4] = ["Canary", "ann.c", "777 88", "parcel"];

pub struct Shop {
    pub folder: tempfile::TempDir,
    pub port: u16,
    collector: Option<Child>,
}

impl Shop {
    /// The sample shop; `settings` are further lines of `unticked.toml`.
    pub fn open(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/definitions");
        copy(&examples, &folder.path().join("definitions"));
        let port = http::free_port();
        let own = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\n\
             [limits]\nper_client_per_minute = 0\nper_form_per_minute = 0\nbanner_per_client_per_minute = 0\n{settings}"
        );
        std::fs::write(folder.path().join("unticked.toml"), own).unwrap();
        let mut shop = Self { folder, port, collector: None };
        shop.start();
        shop
    }

    /// Starts the collector and waits until it answers.
    pub fn start(&mut self) {
        let mut command = self.command(&["serve"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.collector = Some(command.spawn().unwrap());
        let start = Instant::now();
        while !http::get(self.port, "/healthz", &[]).is_ok_and(|answer| answer.status == 200) {
            assert!(start.elapsed() < Duration::from_mins(1), "the collector does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut collector) = self.collector.take() {
            collector.kill().unwrap();
            collector.wait().unwrap();
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unticked"));
        command.args(arguments).current_dir(self.folder.path());
        command
    }

    /// Types a command.
    pub fn unticked(&self, arguments: &[&str]) -> Said {
        Said(self.command(arguments).output().unwrap())
    }

    /// A visitor sends the contact form as a browser without scripts does; answers the reference.
    pub fn lead(&self, more: &[(&str, &str)]) -> String {
        let answer = self.confirmation(more);
        reference(&answer.body).unwrap_or_else(|| panic!("it was not accepted ({})", answer.status))
    }

    /// The same; answers the page that the visitor gets.
    pub fn confirmation(&self, more: &[(&str, &str)]) -> http::Answer {
        let page = http::get(self.port, "/f/contact?lang=en", &[]).unwrap().body;
        let hidden = |name: &str| {
            let tag = page.split('<').find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")));
            let value = tag.unwrap().split("value=\"").nth(1).unwrap().split('"').next().unwrap();
            value.replace("&amp;", "&")
        };
        let mut controls = vec![
            ("value.name".to_owned(), "Ann Canary".to_owned()),
            ("value.email".to_owned(), "ann.canary@example.org".to_owned()),
            ("value.phone".to_owned(), "+359 2 777 8899".to_owned()),
            ("value.topic".to_owned(), "order".to_owned()),
            ("value.message".to_owned(), "Where is my parcel?\nAnn".to_owned()),
        ];
        controls.extend(["ticket", "version", "language", "page"].map(|name| (name.to_owned(), hidden(name))));
        controls.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
        controls.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let body: Vec<String> = controls.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let origin = format!("http://127.0.0.1:{}", self.port);
        let headers = [("Origin", origin.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        http::send(self.port, "POST", "/f/contact", &headers, &body.join("&")).unwrap()
    }

    /// What somebody does who has the database's file and no scruples.
    pub fn tampers(&self, file: &str, statements: &[&'static str]) {
        let path: PathBuf = self.folder.path().join(file);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
            for statement in statements {
                sqlx::query(*statement).execute(&mut connection).await.unwrap();
            }
        });
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a command said.
#[derive(Debug)]
pub struct Said(Output);

impl Said {
    /// It must have ended so; what it said on standard output.
    #[track_caller]
    pub fn expect(&self, code: i32) -> String {
        let out = String::from_utf8(self.0.stdout.clone()).unwrap();
        assert_eq!(self.0.status.code(), Some(code), "{out}{}", self.complaint());
        out
    }

    /// What it said on standard output, however it ended.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// What it said on standard error.
    pub fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}

/// Which of a visitor's words a text holds.
pub fn canary(text: &str) -> Option<&'static str> {
    CANARIES.into_iter().find(|canary| text.contains(canary))
}

/// `XXXX-XXXX` on a page.
pub fn reference(html: &str) -> Option<String> {
    let sound = |word: &&str| {
        let shape = |(at, byte): (usize, u8)| {
            if at == 4 { byte == b'-' } else { byte.is_ascii_uppercase() || byte.is_ascii_digit() }
        };
        word.len() == 9 && word.bytes().enumerate().all(shape)
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

/// Copies definitions; nobody waits here for a robot's two seconds to pass.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let text = if text.contains("\nminimum_seconds = ") {
            text.replace("\nminimum_seconds = ", "\nminimum_seconds = 0 # instead of ")
        } else if text.contains("required_note") {
            text.replacen("\n\n[[", "\n\n[robots]\nminimum_seconds = 0\n\n[[", 1)
        } else {
            text
        };
        std::fs::write(target, text).unwrap();
    }
}
