//! A machine in a folder, and a server with a certificate of its own.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivatePkcs8KeyDer};

use super::*;
use crate::{keep, wiring::App};

/// A server with a certificate for `names` that ends in that year; answers `answers` requests with the time.
struct Server {
    port: u16,
    root: reqwest::Certificate,
}

impl Server {
    fn start(names: &[&str], ends: i32, answer: &'static str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut leaf = CertificateParams::new(names).unwrap();
        leaf.not_before = rcgen::date_time_ymd(2020, 1, 1);
        leaf.not_after = rcgen::date_time_ymd(ends, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = leaf.signed_by(&key, &authority).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .unwrap();
        let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream.unwrap());
                let mut request = [0; 4096];
                if stream.read(&mut request).is_ok() {
                    let _ = stream.write_all(answer.as_bytes());
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            }
        });
        Self { port, root: reqwest::Certificate::from_der(authority.as_ref().der()).unwrap() }
    }

    fn tools(&self) -> Tools {
        Tools { roots: vec![self.root.clone()], ..Tools::default() }
    }

    async fn asked(&self, host: &str) -> Result<reach::Answer, reach::Trouble> {
        let client = reach::Client::new(&self.tools()).unwrap();
        client.ask(reqwest::Method::GET, &format!("https://{host}:{}/", self.port), &[]).await
    }
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nserver: another\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";

#[tokio::test]
async fn an_expired_certificate_is_called_that_and_a_good_one_says_until_when() {
    let expired = Server::start(&["localhost"], 2025, ANSWER).asked("localhost").await.unwrap_err();
    assert!(expired.says.contains("certificate of localhost has expired"), "{expired:?}");
    assert!(expired.says.contains("2025-01-01") && expired.advice.contains("renew"), "{expired:?}");
    let good = Server::start(&["localhost"], 2099, ANSWER).asked("localhost").await.unwrap();
    assert_eq!((good.status, good.body.as_str()), (200, "hi"));
    assert_eq!(good.valid_until, Some("2099-01-01T00:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn whatever_else_is_wrong_with_a_certificate_is_said_in_a_sentence() {
    let other_name = Server::start(&["elsewhere.example"], 2099, ANSWER).asked("localhost").await.unwrap_err();
    assert!(other_name.says.contains("another name's"), "{other_name:?}");
    let server = Server::start(&["localhost"], 2099, ANSWER);
    let client = reach::Client::new(&Tools::default()).unwrap();
    let url = format!("https://localhost:{}/", server.port);
    let unknown = client.ask(reqwest::Method::GET, &url, &[]).await.unwrap_err();
    assert!(unknown.says.contains("nobody whom this machine trusts"), "{unknown:?}");
}

#[tokio::test]
async fn who_cannot_be_reached_is_said_with_what_to_do() {
    let client = reach::Client::new(&Tools::default()).unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = client.ask(reqwest::Method::GET, &format!("http://{closed}/"), &[]).await.unwrap_err();
    assert!(refused.says.contains("refuses the connection"), "{refused:?}");
    let nameless = client.ask(reqwest::Method::GET, "https://no-such-host.invalid/", &[]).await.unwrap_err();
    assert!(nameless.says.contains("no-such-host.invalid has no address"), "{nameless:?}");
}

/// A machine on which nothing runs yet.
struct Machine {
    folder: tempfile::TempDir,
    flags: Vec<String>,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let definitions = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/submissions/tests/shop");
        let flags = vec![
            format!("server.listen={free}"),
            format!("server.public_url=http://{free}"),
            format!("definitions.dir={}", definitions.display()),
        ];
        Self { folder, flags }
    }

    fn with(mut self, flag: String) -> Self {
        self.flags.push(flag);
        self
    }

    fn sources(&self) -> Sources {
        Sources { flags: self.flags.clone(), folder: self.folder.path().to_owned(), ..Sources::default() }
    }

    fn settings(&self) -> Settings {
        Settings::load(&self.sources()).unwrap().settings
    }

    async fn serve(&self) -> crate::wiring::Running {
        crate::wiring::serve(self.settings(), crate::wiring::Overrides::default()).await.unwrap()
    }

    async fn examined(&self, tools: &Tools) -> Report {
        examine(&self.sources(), tools).await
    }
}

impl Report {
    #[track_caller]
    fn of(&self, check: &str) -> &Finding {
        let found = self.findings.iter().filter(|finding| finding.check == check).max_by_key(|finding| finding.state);
        found.unwrap_or_else(|| panic!("nothing was said of {check}: {self:#?}"))
    }
}

#[tokio::test]
async fn a_machine_on_which_nothing_has_started_is_told_so_and_left_as_it_is() {
    let machine = Machine::new();
    let report = machine.examined(&Tools::default()).await;
    assert_eq!(report.of("collector").state, State::Warn);
    assert_eq!(report.of("database").state, State::Warn);
    assert_eq!(report.of("key ring").state, State::Warn);
    assert_eq!(report.of("definitions").state, State::Ok);
    assert_eq!(fs::read_dir(machine.folder.path()).unwrap().count(), 0, "the doctor makes nothing");
    for finding in &report.findings {
        assert_eq!(finding.advice.is_some(), finding.state != State::Ok, "{finding}");
    }
}

#[tokio::test]
async fn a_running_collector_is_known_by_its_key_ring_and_nobody_else_is_taken_for_it() {
    let machine = Machine::new();
    let running = machine.serve().await;
    let report = machine.examined(&Tools::default()).await;
    assert_eq!(report.of("collector").state, State::Ok, "{}", report.of("collector"));
    assert_eq!(report.of("proxy").state, State::Ok, "{}", report.of("proxy"));
    assert_eq!(report.of("database").state, State::Ok, "{}", report.of("database"));
    assert_eq!(report.of("files").state, State::Ok, "{}", report.of("files"));
    assert_eq!(report.of("sites").state, State::Ok, "{}", report.of("sites"));
    // The secrets of the destinations are not set, and their hosts do not exist.
    assert_eq!(report.of("destinations").state, State::Fail);
    assert_eq!(report.exit_code(), 2);

    // The public address leads to another collector.
    let other = Machine::new();
    let stranger = other.serve().await;
    let wrong = Machine { folder: machine.folder, flags: machine.flags.clone() }
        .with(format!("server.public_url=http://{}", stranger.addr));
    let report = wrong.examined(&Tools::default()).await;
    assert!(report.of("public address").says.contains("another server answers"), "{}", report.of("public address"));
    assert_eq!(report.of("public address").state, State::Fail);
    let _: &App = &running.app;
    running.shutdown().await;
    stranger.shutdown().await;
}

#[tokio::test]
async fn a_clock_that_is_an_hour_off_fails() {
    let machine = Machine::new();
    let running = machine.serve().await;
    for hours in [1, -1] {
        let clock = Clock::custom(move || Clock::system().now() + SignedDuration::from_hours(hours));
        let report = machine.examined(&Tools { clock, ..Tools::default() }).await;
        let clock = report.of("clock");
        let which = if hours == 1 { "ahead of" } else { "behind" };
        assert!(clock.state == State::Fail && clock.says.contains(which), "{clock}");
    }
    running.shutdown().await;
}

#[tokio::test]
async fn files_that_others_can_read_or_exchange_are_named_with_the_command_that_closes_them() {
    let machine = Machine::new();
    machine.serve().await.shutdown().await;
    let chmod = |name: &str, mode| {
        fs::set_permissions(machine.folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for (name, mode, check) in
        [("unticked.keyring", 0o640, "key ring"), ("unticked.db", 0o644, "files"), ("unticked-keys.db", 0o604, "files")]
    {
        chmod(name, mode);
        let report = machine.examined(&Tools::default()).await;
        let found = report.of(check);
        assert_eq!(found.state, State::Fail, "{found}");
        assert!(found.advice.as_ref().unwrap().contains("chmod 600") && found.says.contains(name), "{found}");
        chmod(name, 0o600);
    }
    chmod("", 0o777);
    let report = machine.examined(&Tools::default()).await;
    assert!(report.of("files").advice.as_ref().unwrap().contains("chmod go-w"), "{}", report.of("files"));
    chmod("", 0o700);
    let settings = machine.folder.path().join("unticked.toml");
    fs::write(&settings, "[secrets]\ncrm = \"whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\"\n").unwrap();
    chmod("unticked.toml", 0o644);
    let report = machine.examined(&Tools::default()).await;
    assert!(report.of("files").says.contains("unticked.toml"), "{}", report.of("files"));
    chmod("unticked.toml", 0o600);
    assert_eq!(machine.examined(&Tools::default()).await.of("files").state, State::Ok);
}

#[tokio::test]
async fn a_lost_ring_a_lost_key_store_and_a_damaged_database_fail() {
    let machine = Machine::new();
    let running = machine.serve().await;
    let place = |name: &str| machine.folder.path().join(name);
    // One person, so that there is a key to open.
    let subject = running.app.random.uuid(Clock::system().now());
    let keys = running.app.vault.new_subject(subject, 1);
    let mut tx = running.app.store.keys().begin().await.unwrap();
    crate::vault::sql::insert(&mut tx, &[&keys.wrapped]).await.unwrap();
    tx.commit().await.unwrap();
    running.shutdown().await;
    assert_eq!(machine.examined(&Tools::default()).await.of("database").state, State::Ok);

    fs::rename(place("unticked.keyring"), place("kept")).unwrap();
    KeyRing::open(&place("unticked.keyring"), &Random::system()).unwrap();
    let report = machine.examined(&Tools::default()).await;
    assert!(report.of("database").says.contains("nothing in it can be read"), "{}", report.of("database"));
    fs::rename(place("kept"), place("unticked.keyring")).unwrap();

    let mut bytes = fs::read(place("unticked.db")).unwrap();
    let whole = bytes.clone();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xaa);
    fs::write(place("unticked.db"), &bytes).unwrap();
    let report = machine.examined(&Tools::default()).await;
    assert_eq!(report.of("database").state, State::Fail, "{}", report.of("database"));
    fs::write(place("unticked.db"), whole).unwrap();

    fs::remove_file(place("unticked-keys.db")).unwrap();
    let report = machine.examined(&Tools::default()).await;
    assert!(report.of("database").advice.as_ref().unwrap().contains("unticked restore"), "{}", report.of("database"));
}

#[tokio::test]
async fn a_backup_is_seen_where_the_settings_say_and_missed_when_it_gets_old() {
    let machine = Machine::new().with("backup.dir=copies".to_owned()).with("backup.keys_dir=elsewhere/keys".to_owned());
    machine.serve().await.shutdown().await;
    assert_eq!(machine.examined(&Tools::default()).await.of("backup").state, State::Warn);
    let settings = machine.settings();
    let order = keep::Order::from_settings(&settings, None, None).unwrap();
    keep::backup(&settings, &order, Clock::system().now(), &Random::system()).await.unwrap();
    assert_eq!(machine.examined(&Tools::default()).await.of("backup").state, State::Ok);
    let later: Timestamp = Clock::system().now() + SignedDuration::from_hours(24 * 5);
    let tools = Tools { clock: Clock::custom(move || later), ..Tools::default() };
    assert_eq!(machine.examined(&tools).await.of("backup").state, State::Warn);
}

#[tokio::test]
async fn settings_that_are_wrong_are_the_one_finding() {
    let machine = Machine::new().with("server.lisen=x".to_owned());
    let report = machine.examined(&Tools::default()).await;
    assert_eq!((report.findings.len(), report.exit_code()), (1, 2));
    assert!(report.findings[0].says.contains("server.listen"), "{}", report.findings[0]);
}
