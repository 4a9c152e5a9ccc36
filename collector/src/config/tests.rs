use super::*;

fn sources(file: Option<&str>, environment: &[(&str, &str)], flags: &[&str]) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    if let Some(text) = file {
        std::fs::write(folder.path().join("unticked.toml"), text).unwrap();
    }
    let sources = Sources {
        file: None,
        environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        folder: folder.path().to_owned(),
    };
    (folder, sources)
}

fn load(file: Option<&str>, environment: &[(&str, &str)], flags: &[&str]) -> Result<Loaded, ConfigErrors> {
    let (_folder, sources) = sources(file, environment, flags);
    Settings::load(&sources)
}

fn complaints(file: Option<&str>, environment: &[(&str, &str)], flags: &[&str]) -> String {
    load(file, environment, flags).unwrap_err().to_string()
}

#[test]
fn without_anything_the_defaults_hold_and_nothing_listens_to_the_world() {
    let settings = load(None, &[], &[]).unwrap().settings;
    assert!(settings.server.listen.ip().is_loopback());
    assert_eq!(settings.server.body_limit, 65536);
    assert!(settings.server.trusted_proxies.is_empty());
    assert_eq!(settings.evidence.client_address, ClientAddress::None);
}

#[test]
fn a_flag_outdoes_the_environment_the_environment_the_file_and_the_file_the_default() {
    let file = Some("[server]\nlisten = \"127.0.0.1:1\"\nbody_limit = 2_000\ntimeout_seconds = 5\n");
    let environment = [("UNTICKED_SERVER__LISTEN", "127.0.0.1:2"), ("UNTICKED_SERVER__BODY_LIMIT", "3000")];
    let loaded = load(file, &environment, &["server.listen=127.0.0.1:3"]).unwrap();
    assert_eq!(loaded.settings.server.listen.port(), 3);
    assert_eq!(loaded.settings.server.body_limit, 3000);
    assert_eq!(loaded.settings.server.timeout.as_secs(), 5);
    let origin = |key: &str| loaded.effective.iter().find(|line| line.key == key).unwrap().origin.to_string();
    assert_eq!(origin("server.listen"), "--set");
    assert_eq!(origin("server.body_limit"), "environment UNTICKED_SERVER__BODY_LIMIT");
    assert!(origin("server.timeout_seconds").ends_with("unticked.toml:4"));
    assert_eq!(origin("log.level"), "default");
}

#[test]
fn an_unknown_key_says_where_it_stands_and_what_was_meant() {
    let file = complaints(Some("[server]\n\nlisen = \"x\"\n"), &[], &[]);
    assert!(file.contains("unticked.toml:3") && file.contains("`server.lisen`"), "{file}");
    assert!(file.contains("did you mean `server.listen`?"), "{file}");
    let environment = complaints(None, &[("UNTICKED_SERVER__LISTN", "x")], &[]);
    assert!(environment.contains("did you mean `UNTICKED_SERVER__LISTEN`?"), "{environment}");
    let single = complaints(None, &[("UNTICKED_SERVER_LISTEN", "x")], &[]);
    assert!(single.contains("did you mean `UNTICKED_SERVER__LISTEN`?"), "{single}");
    let flag = complaints(None, &[], &["sever.listen=x", "colour=blue"]);
    assert!(flag.contains("--set: there is no setting `sever.listen`; did you mean `server.listen`?"), "{flag}");
    assert!(flag.contains("there is no setting `colour`"), "{flag}");
}

#[test]
fn every_mistake_is_reported_at_once() {
    let text = complaints(
        Some(
            "[server]\npublic_url = \"forms.example/x\"\ntrusted_proxies = [\"10.0.0.0/8\", \"home\"]\nbody_limit = 5\n",
        ),
        &[("UNTICKED_DATABASE__URL", "mysql://x"), ("UNTICKED_LOG__FORMAT", "xml")],
        &["limits.per_client_per_minute=many", "nonsense"],
    );
    let complained = [
        "`server.public_url` must be an origin",
        "`home`, which is no network",
        "`server.body_limit` must be a whole number from 1024",
        "`database.url` must start with `sqlite:` or `postgres://`",
        "`log.format` must be `human` or `json`",
        "`limits.per_client_per_minute` must be a whole number",
        "--set nonsense: write",
    ];
    for part in complained {
        assert!(text.contains(part), "{part} missing in:\n{text}");
    }
}

#[test]
fn broken_toml_names_its_line_and_a_named_file_must_be_there() {
    assert!(complaints(Some("[server]\nlisten = \n"), &[], &[]).contains("unticked.toml:2:"));
    let (_folder, mut named) = sources(None, &[], &[]);
    named.file = Some("elsewhere.toml".into());
    assert!(Settings::load(&named).unwrap_err().to_string().contains("elsewhere.toml"));
}

#[test]
fn the_public_address_is_kept_as_a_browser_writes_its_origin() {
    let url =
        |text: &str| load(None, &[], &[&format!("server.public_url={text}")]).map(|l| l.settings.server.public_url);
    assert_eq!(url("https://Forms.Example:443").unwrap(), "https://forms.example");
    assert_eq!(url("http://[::1]:8080").unwrap(), "http://[::1]:8080");
    for bad in ["https://forms.example/", "https://a@b.c", "ftp://a.b", "https://a.b/?x", "*", "null", ""] {
        assert!(url(bad).is_err(), "{bad}");
    }
}

#[test]
fn secrets_come_by_value_file_or_environment_and_show_nowhere() {
    let (folder, sources) = sources(
        Some("[secrets]\ncrm = \"whsec_plain\"\nmail = { file = \"mail.secret\" }\nshop = { env = \"SHOP_SECRET\" }\n"),
        &[("SHOP_SECRET", "whsec_shop"), ("UNTICKED_SECRETS__CRM__ENV", "SHOP_SECRET")],
        &[],
    );
    std::fs::write(folder.path().join("mail.secret"), "whsec_mail\n").unwrap();
    let loaded = Settings::load(&sources).unwrap();
    let secret = |name: &str| loaded.settings.secrets[name].reveal().to_owned();
    assert_eq!(secret("mail"), "whsec_mail");
    assert_eq!(secret("shop"), "whsec_shop");
    assert_eq!(secret("crm"), "whsec_shop", "the environment outdoes the file, whichever way each gives it");
    let shown = format!("{loaded:?}");
    assert!(!shown.contains("whsec_"), "{shown}");
}

#[test]
fn a_secret_that_cannot_be_had_says_where_it_was_looked_for() {
    let text =
        complaints(Some("[secrets]\na = { file = \"nowhere\" }\nb = { env = \"NOT_SET\" }\nc = \"\"\n"), &[], &[]);
    for part in ["`secrets.a.file` names the file `nowhere`", "`NOT_SET`, which is not set", "`secrets.c` is empty"] {
        assert!(text.contains(part), "{part} missing in:\n{text}");
    }
}

#[test]
fn a_database_password_is_not_printed() {
    let loaded = load(None, &[], &["database.url=postgres://ann:hunter2@db/unticked"]).unwrap();
    let shown = format!("{loaded:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("postgres://ann:…@db/unticked"), "{shown}");
}

#[test]
fn the_networks_of_a_cdn_come_from_a_file_with_one_a_line() {
    let (folder, sources) = sources(Some("[server]\ntrusted_proxies = [\"127.0.0.1\", \"file:cdn.txt\"]\n"), &[], &[]);
    let file = folder.path().join("cdn.txt");
    std::fs::write(&file, "# as published\n173.245.48.0/20\r\n\n2400:cb00::/32 # v6\n").unwrap();
    let settings = Settings::load(&sources).unwrap().settings;
    assert_eq!(settings.server.trusted_proxies.len(), 3);
    std::fs::write(&file, "173.245.48.0/20\n<html>\n").unwrap();
    let said = Settings::load(&sources).unwrap_err().to_string();
    assert!(said.contains("names `cdn.txt`, line 2 of which is `<html>`"), "{said}");
    std::fs::write(&file, "\n").unwrap();
    assert!(Settings::load(&sources).unwrap_err().to_string().contains("holds no network"));
    std::fs::remove_file(&file).unwrap();
    assert!(Settings::load(&sources).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn relative_paths_of_the_file_and_the_defaults_start_at_the_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("etc")).unwrap();
    std::fs::write(folder.path().join("etc/u.toml"), "[definitions]\ndir = \"defs\"\n").unwrap();
    let sources = Sources { file: Some("etc/u.toml".into()), folder: folder.path().to_owned(), ..Sources::default() };
    let settings = Settings::load(&sources).unwrap().settings;
    assert_eq!(settings.definitions_dir, folder.path().join("etc/defs"));
    assert_eq!(settings.key_ring, folder.path().join("etc/unticked.keyring"));
}

#[test]
fn a_time_is_a_number_and_its_unit() {
    let every = |text: &str| load(None, &[], &[&format!("ledger.publish_every={text}")]);
    for (text, seconds) in [("1s", 1), ("90s", 90), ("5m", 300), ("1h", 3600), ("1d", 86_400), ("24h", 86_400)] {
        assert_eq!(every(text).unwrap().settings.ledger.publish_every.as_secs(), seconds, "{text}");
    }
    for text in ["", "5", "m", "0s", "2d", "25h", "-1s", "+1s", "1.5m", "1 m", "1M", "99999999999999999999s", "1é"] {
        let said = every(text).unwrap_err().to_string();
        assert!(said.contains("`ledger.publish_every` must be a time such as `30s`") && said.contains("from 1s to 1d"));
    }
}
