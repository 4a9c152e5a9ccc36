//! How each setting is understood; everything that is wrong is gathered, not the first thing alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    time::Duration,
};

use ipnet::IpNet;
use unticked_shared::merkle::cosignature::WitnessKey;

use super::{
    database::{Database, DatabaseSettings},
    layers::{Entry, Layer, Raw, Sources, variable},
    mail::{MailSettings, SmtpServer},
    secret::Secret,
    settings::{
        BackupSettings, ClientAddress, ConfigError, ConfigErrors, DocumentsSettings, Effective, EvidenceSettings,
        LedgerSettings, Limits, Loaded, LogFormat, LogSettings, Origin, OutboxSettings, RetentionSettings,
        ServerSettings, Settings, TimestampSettings, WitnessSettings,
    },
};
use crate::erasure;

/// Every key but the secrets, with its default, in the order in which `unticked config` prints them. The comment above each
/// is what docs/settings.md says of it (`cargo xtask docs`).
const KEYS: &[(&str, &str)] = &[
    // Address and port that it listens on. On this machine alone, behind a proxy that speaks TLS, is the usual way.
    ("server.listen", "127.0.0.1:8080"),
    // Its own address as visitors see it: `https://` and the host, nothing behind. Links, tickets and the check of
    // where a post comes from stand on it.
    ("server.public_url", "http://127.0.0.1:8080"),
    // Networks whose word counts on who the visitor is (`X-Forwarded-For`, `Forwarded`): your proxy, your CDN; `file:NAME`
    // for those in a file, one a line. Nobody else is believed.
    ("server.trusted_proxies", ""),
    // The largest body in bytes, from 1024 to 16777216; a plain form's may be three times as long, because of its
    // encoding.
    ("server.body_limit", "65536"),
    // How long a request may take, from 1 to 600, and how long a stop waits for those under way.
    ("server.timeout_seconds", "30"),
    // The folder with your definitions.
    ("definitions.dir", "definitions"),
    // A folder of documents and images that `/d/` serves to whoever has a link; see docs/documents.md. Nothing is served
    // without one.
    ("documents.dir", ""),
    // `sqlite:FILE`, or `postgres://…` where several collectors share one name.
    ("database.url", "sqlite:unticked.db"),
    // Where the keys of persons lie, of the same kind as `url`; else a file beside the database (`unticked-keys.db`)
    // or a schema of its own.
    ("database.keys_url", ""),
    // The file of the key ring, made at the first start. Without it nothing can be read: keep a copy elsewhere.
    ("keys.ring", "unticked.keyring"),
    // Where `unticked backup` puts the data, unless it is told otherwise.
    ("backup.dir", ""),
    // Where it puts the keys; never in the same place.
    ("backup.keys_dir", ""),
    // Whether a new version makes a copy before it changes the databases.
    ("backup.before_upgrade", "true"),
    // How many posts one client (an IPv6 /64) may make in a minute; 0 turns the limit off.
    ("limits.per_client_per_minute", "60"),
    // How many posts one form takes in a minute; 0 turns the limit off.
    ("limits.per_form_per_minute", "6000"),
    // The same for what one client decides at the banner, where each decision is two posts; it costs the forms nothing, and all
    // clients together have no limit. 0 turns it off.
    ("limits.banner_per_client_per_minute", "120"),
    // What the evidence keeps of the client's address: `none`, or `truncated` (the network: IPv4 /24, IPv6 /48).
    ("evidence.client_address", "none"),
    // How often the ledger of the evidence shows the world how far it has come: `10s`, `5m`, `1h`, up to `1d`. The longer, the
    // less a stranger learns of how much your forms are used.
    ("ledger.publish_every", "1m"),
    // Witnesses that cosign each published head, `KEY URL` each: the key as its operator gives it, and its address (C2SP
    // tlog-witness). A host in a private network must be named in `outbox.allow_hosts`, too.
    ("ledger.witnesses", ""),
    // A time-stamping authority (RFC 3161) that stamps published heads, such as `https://tsa.example/tsr`.
    ("ledger.timestamp_url", ""),
    // How often at most it is asked, from `10s` to `7d`.
    ("ledger.timestamp_every", "1h"),
    // Hosts, or `host:port`, of destinations that may lie in a private network or be spoken to without TLS; all
    // others are refused there.
    ("outbox.allow_hosts", ""),
    // Days after which what was taken for a robot's, and was never released, is destroyed.
    ("retention.suspects_days", "30"),
    // Days for which the evidence of a person who was forgotten is kept, for legal claims alone (Art. 17(3)(e)), from 0 to
    // 36500; after that nobody can open it any more. Three years by default.
    ("erasure.evidence_days", "1096"),
    // What remains of a forgotten person stays only where so many persons share it, from 2 to 1000.
    ("erasure.k", "5"),
    // The journal of the forgotten, by which a backup that is brought back is told whom to forget again; else a file beside
    // the key ring (`unticked.forgotten`). Several collectors that share a database share it, too.
    ("erasure.journal", ""),
    // The mail server and its user, such as `smtps://forms@shop.example@mail.shop.example:465`; the password is the secret
    // `smtp`. Without it no mail is sent.
    ("mail.smtp", ""),
    // The address that mails come from.
    ("mail.from", ""),
    // Who is told of new leads and of what failed. No personal data stands in these mails.
    ("mail.notify", ""),
    // `human`, or `json` for machines.
    ("log.format", "human"),
    // `error`, `warn`, `info`, `debug`, or directives such as `info,sqlx=warn`.
    ("log.level", "info"),
];

impl Settings {
    /// Reads the sources. All errors are gathered.
    pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
        let mut errors = Vec::new();
        let layer = sources.merge(&mut errors);
        refuse_unknown(&layer, &mut errors);
        let mut reader = Reader { layer: &layer, sources, errors, effective: Vec::new() };
        let settings = reader.settings();
        match settings {
            Some(settings) if reader.errors.is_empty() => Ok(Loaded { settings, effective: reader.effective }),
            _ => Err(ConfigErrors(reader.errors)),
        }
    }
}

/// The key that someone who wrote single underscores meant: `SERVER_LISTEN`.
pub(super) fn key_with_single_underscores(rest: &str) -> Option<&'static str> {
    let rest = rest.to_ascii_lowercase();
    KEYS.iter().map(|(key, _)| *key).find(|key| key.replace('.', "_") == rest)
}

fn refuse_unknown(layer: &Layer, errors: &mut Vec<ConfigError>) {
    let known: BTreeSet<&str> = KEYS.iter().map(|(key, _)| *key).collect();
    for (key, entry) in &layer.0 {
        if known.contains(key.as_str()) || secret_name(key).is_some() {
            continue;
        }
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        let likeness = |candidate: &str| {
            strsim::jaro_winkler(candidate, key).max(strsim::jaro_winkler(&last(candidate), &last(key)) - 0.05)
        };
        let suggestion = KEYS
            .iter()
            .map(|(candidate, _)| (likeness(candidate), *candidate))
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .filter(|(likeness, _)| *likeness > 0.8)
            .map(|(_, candidate)| candidate);
        let in_environment = matches!(entry.origin, Origin::Environment(_));
        errors.push(ConfigError::Unknown {
            key: if in_environment { variable(key) } else { key.clone() },
            origin: entry.origin.clone(),
            suggestion: suggestion.map(|key| if in_environment { variable(key) } else { key.to_owned() }),
        });
    }
}

/// The name in `secrets.NAME`, `secrets.NAME.file` or `secrets.NAME.env`.
fn secret_name(key: &str) -> Option<(&str, &str)> {
    let rest = key.strip_prefix("secrets.")?;
    let (name, way) = rest.split_once('.').unwrap_or((rest, ""));
    let well = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (well && matches!(way, "" | "file" | "env")).then_some((name, way))
}

/// Understands values one by one and gathers what is wrong.
struct Reader<'a> {
    layer: &'a Layer,
    sources: &'a Sources,
    errors: Vec<ConfigError>,
    effective: Vec<Effective>,
}

impl Reader<'_> {
    fn settings(&mut self) -> Option<Settings> {
        let server = self.server();
        let definitions_dir = self.path("definitions.dir");
        let documents = DocumentsSettings { dir: self.path_if_any("documents.dir") };
        let database = self.database();
        let key_ring = self.path("keys.ring");
        let backup = BackupSettings {
            dir: self.path_if_any("backup.dir"),
            keys_dir: self.path_if_any("backup.keys_dir"),
            before_upgrade: self.one_of("backup.before_upgrade", &[("true", true), ("false", false)]).unwrap_or(true),
        };
        let limits = Limits {
            per_client_per_minute: self.number("limits.per_client_per_minute", 0, 1_000_000).unwrap_or_default(),
            per_form_per_minute: self.number("limits.per_form_per_minute", 0, 100_000_000).unwrap_or_default(),
            banner_per_client_per_minute: self
                .number("limits.banner_per_client_per_minute", 0, 1_000_000)
                .unwrap_or_default(),
        };
        let client_address = self.one_of(
            "evidence.client_address",
            &[("none", ClientAddress::None), ("truncated", ClientAddress::Truncated)],
        );
        let publish_every = self.span("ledger.publish_every", Duration::from_secs(1), Duration::from_hours(24));
        let witnesses = self.witnesses();
        let timestamp = self.timestamp();
        let allow_hosts = self.list("outbox.allow_hosts");
        let suspects_days = self.number("retention.suspects_days", 1, 3650);
        let evidence_days = self.number("erasure.evidence_days", 0, 36_500);
        let k = self.number("erasure.k", 2, 1000);
        let journal = self.path_if_any("erasure.journal");
        let format = self.one_of("log.format", &[("human", LogFormat::Human), ("json", LogFormat::Json)]);
        let level = self.read("log.level", |text, _| {
            tracing_subscriber::EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|_| {
                "must be a level such as `info` or `debug`, or directives such as `info,sqlx=warn`".to_owned()
            })
        });
        let secrets = self.secrets();
        let mail = self.mail(&allow_hosts, secrets.get("smtp"));
        let journal = journal.or_else(|| Some(key_ring.as_ref()?.with_extension("forgotten")));
        Some(Settings {
            server: server?,
            definitions_dir: definitions_dir?,
            documents,
            database: database?,
            key_ring: key_ring?,
            backup,
            limits,
            evidence: EvidenceSettings { client_address: client_address? },
            ledger: LedgerSettings { publish_every: publish_every?, witnesses, timestamp },
            outbox: OutboxSettings { allow_hosts },
            retention: RetentionSettings { suspects_days: suspects_days? },
            erasure: erasure::Rules { evidence_days: evidence_days?, k: k?, journal: journal? },
            mail,
            secrets,
            log: LogSettings { format: format?, level: level? },
        })
    }

    fn witnesses(&mut self) -> Vec<WitnessSettings> {
        const KEY: &str = "ledger.witnesses";
        let (items, origin) = (self.list(KEY), self.value(KEY).origin);
        let mut witnesses: Vec<WitnessSettings> = Vec::new();
        for item in items {
            let read = item.split_once(' ').and_then(|(key, url)| {
                let url = http_address(url.trim())?;
                Some(WitnessSettings { key: WitnessKey::parse(key).ok()?, url: url.trim_end_matches('/').to_owned() })
            });
            match read {
                None => self.wrong(
                    KEY,
                    &origin,
                    &format!("holds `{item}`, which is no key of a witness and its address, such as `witness.example+1a2b3c4d+BAbc… https://witness.example`"),
                ),
                Some(one) if witnesses.iter().any(|other| other.key == one.key) => {
                    self.wrong(KEY, &origin, &format!("names the witness `{}` twice", one.key.name()));
                }
                Some(one) => witnesses.push(one),
            }
        }
        witnesses
    }

    fn timestamp(&mut self) -> Option<TimestampSettings> {
        let every = self.span("ledger.timestamp_every", Duration::from_secs(10), Duration::from_hours(7 * 24));
        let url = self.read("ledger.timestamp_url", |text, _| match text {
            "" => Ok(None),
            text => http_address(text)
                .map(|url| Some(url.to_owned()))
                .ok_or_else(|| "must be an http or https address, such as `https://tsa.example/tsr`".to_owned()),
        });
        Some(TimestampSettings { url: url??, every: every? })
    }

    fn server(&mut self) -> Option<ServerSettings> {
        let listen = self.read("server.listen", |text, _| {
            text.parse()
                .map_err(|_| "must be an address and a port, such as `127.0.0.1:8080` or `[::]:8080`".to_owned())
        });
        let public_url = self.read("server.public_url", |text, _| origin(text));
        let proxies = self.list("server.trusted_proxies");
        let trusted_proxies = proxies.iter().flat_map(|text| self.networks(text)).collect();
        let body_limit = self.number("server.body_limit", 1024, 16 * 1024 * 1024);
        let timeout = self.number("server.timeout_seconds", 1, 600);
        Some(ServerSettings {
            listen: listen?,
            public_url: public_url?,
            trusted_proxies,
            body_limit: body_limit?,
            timeout: Duration::from_secs(timeout?),
        })
    }

    fn database(&mut self) -> Option<DatabaseSettings> {
        let keys = self.value("database.keys_url");
        let keys_url = Some(text_of(&keys.raw)).filter(|url| !url.is_empty());
        let url = self.value("database.url");
        let (text, origin) = (text_of(&url.raw), url.origin.clone());
        self.show("database.url", &quoted(&Database::shown(&text)), &origin);
        let shown_keys = keys_url.as_deref().map(Database::shown).unwrap_or_default();
        self.show("database.keys_url", &quoted(&shown_keys), &keys.origin);
        match DatabaseSettings::parse(&text, keys_url.as_deref(), &url.base) {
            Ok(settings) => Some(settings),
            Err(error) => {
                self.wrong("database.url", &origin, &error.to_string());
                None
            }
        }
    }

    /// All of it, or nothing: a mail room without a sender or a reader would be silent when it is needed.
    fn mail(&mut self, allow_hosts: &[String], password: Option<&Secret>) -> Option<MailSettings> {
        let mailbox = "must be a mail address such as `forms@shop.example` or `The shop <forms@shop.example>`";
        let smtp = self.read("mail.smtp", |text, _| {
            if text.is_empty() { Ok(None) } else { SmtpServer::parse(text, allow_hosts).map(Some) }
        })?;
        let from = self.read("mail.from", |text, _| {
            if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| mailbox.to_owned()) }
        })?;
        let listed = self.list("mail.notify");
        let notify: Vec<_> = listed.iter().filter_map(|text| text.parse().ok()).collect();
        let origin = |reader: &Self, key: &str| reader.value(key).origin;
        if notify.len() < listed.len() {
            self.wrong("mail.notify", &origin(self, "mail.notify"), "must be a list of mail addresses");
            return None;
        }
        let missing = |key: &str, other: &str| format!("is missing; `{key}` is of no use without `{other}`");
        match (smtp, from) {
            (None, None) if notify.is_empty() => None,
            (None, _) => {
                let other = if notify.is_empty() { "mail.from" } else { "mail.notify" };
                self.wrong("mail.smtp", &origin(self, other), &missing(other, "mail.smtp"));
                None
            }
            (Some(_), None) => {
                self.wrong("mail.from", &origin(self, "mail.smtp"), &missing("mail.smtp", "mail.from"));
                None
            }
            (Some(_), Some(_)) if notify.is_empty() => {
                self.wrong("mail.notify", &origin(self, "mail.smtp"), &missing("mail.smtp", "mail.notify"));
                None
            }
            (Some(smtp), Some(_)) if smtp.user.is_some() && password.is_none() => {
                self.wrong(
                    "mail.smtp",
                    &origin(self, "mail.smtp"),
                    "names a user, whose password must stand in `secrets.smtp`",
                );
                None
            }
            (Some(smtp), Some(from)) => Some(MailSettings { smtp, password: password.cloned(), from, notify }),
        }
    }

    fn secrets(&mut self) -> BTreeMap<String, Secret> {
        let mut secrets = BTreeMap::new();
        let entries: Vec<(String, Entry)> =
            self.layer.0.range("secrets.".to_owned()..).map(|(key, entry)| (key.clone(), entry.clone())).collect();
        for (key, entry) in entries {
            let Some((name, way)) = secret_name(&key) else { continue };
            self.show(&key, if way.is_empty() { "\"…\"" } else { "" }, &entry.origin);
            let text = text_of(&entry.raw);
            if !way.is_empty()
                && let Some(line) = self.effective.last_mut()
            {
                line.shown = quoted(&text);
            }
            let found = match way {
                "file" => std::fs::read_to_string(entry.base.join(&text))
                    .map_err(|cause| format!("names the file `{text}`, which cannot be read: {cause}")),
                "env" => self
                    .sources
                    .environment
                    .iter()
                    .find(|(variable, _)| *variable == text)
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| format!("names the environment variable `{text}`, which is not set")),
                _ => Ok(text),
            };
            match found.map(|text| text.trim().to_owned()) {
                Ok(text) if text.is_empty() => self.wrong(&key, &entry.origin, "is empty"),
                Ok(text) => {
                    if secrets.insert(name.to_ascii_lowercase(), Secret::new(text)).is_some() {
                        self.wrong(&key, &entry.origin, "is given twice in the same place");
                    }
                }
                Err(message) => self.wrong(&key, &entry.origin, &message),
            }
        }
        secrets
    }

    /// The effective value of a key.
    fn value(&self, key: &str) -> Entry {
        self.layer.0.get(key).cloned().unwrap_or_else(|| {
            let default = KEYS.iter().find(|(known, _)| *known == key).map_or("", |(_, default)| default);
            Entry { raw: Raw::Text(default.to_owned()), origin: Origin::Default, base: self.sources.home() }
        })
    }

    fn show(&mut self, key: &str, shown: &str, origin: &Origin) {
        self.effective.push(Effective { key: key.to_owned(), shown: shown.to_owned(), origin: origin.clone() });
    }

    fn wrong(&mut self, key: &str, origin: &Origin, message: &str) {
        self.errors.push(ConfigError::Value {
            key: key.to_owned(),
            origin: origin.clone(),
            message: message.to_owned(),
        });
    }

    fn read<T>(&mut self, key: &str, understand: impl Fn(&str, &Entry) -> Result<T, String>) -> Option<T> {
        let entry = self.value(key);
        let text = text_of(&entry.raw);
        self.show(key, &quoted(&text), &entry.origin);
        understand(text.trim(), &entry).map_err(|message| self.wrong(key, &entry.origin, &message)).ok()
    }

    fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.read(
            key,
            |text, entry| {
                if text.is_empty() { Err("must name a path".to_owned()) } else { Ok(entry.base.join(text)) }
            },
        )
    }

    /// A path, or nothing where nothing is said.
    fn path_if_any(&mut self, key: &str) -> Option<PathBuf> {
        self.read(key, |text, entry| Ok((!text.is_empty()).then(|| entry.base.join(text)))).flatten()
    }

    fn number<T: std::str::FromStr + PartialOrd + fmt::Display + Copy>(
        &mut self,
        key: &str,
        least: T,
        most: T,
    ) -> Option<T> {
        let read = self.read(key, |text, _| {
            text.parse::<T>()
                .ok()
                .filter(|number| *number >= least && *number <= most)
                .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
        });
        if let (Some(number), Some(line)) = (read, self.effective.last_mut()) {
            line.shown = number.to_string();
        }
        read
    }

    /// A number of seconds, minutes, hours or days: `30s`, `5m`, `1h`, `1d`.
    fn span(&mut self, key: &str, least: Duration, most: Duration) -> Option<Duration> {
        self.read(key, |text, _| {
            span(text).filter(|span| *span >= least && *span <= most).ok_or_else(|| {
                let (least, most) = (shown_span(least), shown_span(most));
                format!("must be a time such as `30s`, `5m`, `1h` or `1d`, from {least} to {most}")
            })
        })
    }

    fn one_of<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        self.read(key, |text, _| {
            words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
                let known: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
                format!("must be {}", known.join(" or "))
            })
        })
    }

    /// A TOML array, or text with commas between.
    fn list(&mut self, key: &str) -> Vec<String> {
        let entry = self.value(key);
        let items: Vec<String> = match entry.raw {
            Raw::List(items) => items,
            Raw::Text(text) => {
                text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
            }
        };
        let shown: Vec<String> = items.iter().map(|item| quoted(item)).collect();
        self.show(key, &format!("[{}]", shown.join(", ")), &entry.origin);
        items
    }

    /// A network, or those in the file that `file:PATH` names: one a line, as CDNs publish theirs.
    fn networks(&mut self, text: &str) -> Vec<IpNet> {
        const KEY: &str = "server.trusted_proxies";
        let Some(name) = text.strip_prefix("file:") else { return self.network(text, "holds").into_iter().collect() };
        let entry = self.value(KEY);
        match std::fs::read_to_string(entry.base.join(name)) {
            Ok(lines) => {
                let lines = lines.lines().enumerate().map(|(at, line)| (at + 1, line.split('#').next().unwrap_or("")));
                let lines: Vec<_> = lines.filter(|(_, line)| !line.trim().is_empty()).collect();
                if lines.is_empty() {
                    self.wrong(KEY, &entry.origin, &format!("names the file `{name}`, which holds no network"));
                }
                let mut network = |(at, line): (usize, &str)| {
                    self.network(line.trim(), &format!("names `{name}`, line {at} of which is"))
                };
                lines.into_iter().filter_map(&mut network).collect()
            }
            Err(cause) => {
                let message = format!("names the file `{name}`, which cannot be read: {cause}");
                self.wrong(KEY, &entry.origin, &message);
                Vec::new()
            }
        }
    }

    fn network(&mut self, text: &str, place: &str) -> Option<IpNet> {
        let single = text.parse::<std::net::IpAddr>().map(IpNet::from);
        let network = text.parse::<IpNet>().or(single).ok();
        if network.is_none() {
            let origin = self.value("server.trusted_proxies").origin;
            let message = format!("{place} `{text}`, which is no network such as `10.0.0.0/8` or `::1`");
            self.wrong("server.trusted_proxies", &origin, &message);
        }
        network
    }
}

/// What each letter behind a number makes of it, in seconds; the longest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// `30s`, `5m`, `1h`, `1d`.
/// An http or https address with a host, and no white space in it.
fn http_address(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let well =
        !rest.is_empty() && !rest.starts_with('/') && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    well.then_some(text)
}

fn span(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let (_, seconds) = UNITS.into_iter().find(|(letter, _)| *letter == unit)?;
    let number = text.strip_suffix(unit).filter(|number| number.bytes().all(|digit| digit.is_ascii_digit()))?;
    number.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}

fn shown_span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (unit, size) = UNITS.into_iter().find(|(_, size)| seconds.is_multiple_of(*size)).unwrap_or(('s', 1));
    format!("{}{unit}", seconds / size)
}

fn text_of(raw: &Raw) -> String {
    match raw {
        Raw::Text(text) => text.clone(),
        Raw::List(items) => items.join(","),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Checks that `text` is an origin: scheme and host, a port perhaps, and nothing behind.
fn origin(text: &str) -> Result<String, String> {
    let wrong = || "must be an origin such as `https://forms.example`, without path or slash at the end".to_owned();
    let uri: http::Uri = text.parse().map_err(|_| wrong())?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or_else(wrong)?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
    // A browser writes its Origin in lower case and without the scheme's own port; so must we, to compare them.
    let host = authority.host().to_ascii_lowercase();
    let own = if scheme == "https" { 443 } else { 80 };
    let normal = match authority.port_u16().filter(|port| *port != own) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    };
    if text.trim_end_matches('/') == text && uri.path().trim_matches('/').is_empty() && uri.query().is_none() {
        Ok(normal)
    } else {
        Err(wrong())
    }
}
