//! A log from outside: by what it serves, and nothing else (C2SP tlog-tiles).
//!
//! Every entry is fetched and the tree made anew from it; its root must be the one that the log has signed, every tile of
//! hashes must be the tree's, and a checkpoint that somebody kept from before must be the root of as many leaves.

use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use reqwest::{
    StatusCode, Url,
    header::{LOCATION, RETRY_AFTER},
    redirect,
};
use unticked_shared::{
    evidence,
    merkle::{
        Checkpoint, Hash, leaf_hash,
        note::{Note, VerifierKey},
        tile::{self, Tile, WIDTH},
    },
};

use super::{
    finding::{Finding, Hear, Place, Told},
    tree::{MadeTile, Tree},
};

/// Requests under way at once.
const AHEAD: usize = 4;
/// How often one is tried.
const TRIES: u32 = 5;
/// No answer is longer: 256 entries of at most 65,535 bytes would be 16 MiB, and ours are 96 bytes each.
const LONGEST: usize = 1 << 20;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a log cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// No address.
    #[error("`{0}` is not the address of a ledger; it looks like https://forms.example/ledger")]
    Address(String),
    /// Anybody on the way could answer in its place.
    #[error(
        "`{0}` is asked over plain HTTP, where anybody on the way can answer; only this machine itself is asked so"
    )]
    Insecure(String),
    /// The client.
    #[error("the client for it cannot be made: {0}")]
    Client(reqwest::Error),
    /// Nobody answers.
    #[error("{url} does not answer: {why}")]
    Silent {
        /// What was asked for.
        url: String,
        /// In a word.
        why: String,
    },
    /// It answers something else.
    #[error("{url} answers {status}{}", if *.status == 404 { ": is this the address of a ledger?" } else { "" })]
    Status {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
    },
    /// It sends us elsewhere.
    #[error(
        "{url} leads to {to}; only one step on the same host, below /ledger/, is followed. Ask there, if you trust it"
    )]
    Elsewhere {
        /// What was asked for.
        url: String,
        /// Where it leads.
        to: String,
    },
    /// More than there can be.
    #[error("{0} answers more than a ledger of ours can hold")]
    TooLong(String),
    /// What was kept from before is no checkpoint of this log.
    #[error("the checkpoint kept from before: {0}")]
    Since(String),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// What the log says now.
    pub checkpoint: Checkpoint,
    /// The same, signed.
    pub note: String,
    /// Where the log goes on, where it does so at another place than was asked.
    pub moved: Option<String>,
    /// Entries that were read.
    pub leaves: u64,
    /// Tiles of hashes that were compared.
    pub tiles: u64,
    /// How many leaves the checkpoint from before had.
    pub since: Option<u64>,
    /// The name that it bears, where that is not the name of today.
    pub since_name: Option<String>,
    /// What does not hold.
    pub findings: u64,
}

/// A log as it is reached.
#[derive(Clone)]
struct Log {
    client: reqwest::Client,
    base: Arc<str>,
}

/// Checks the log at `url` with its key, or those of its names; `since` is a checkpoint, a signed note, that was kept from
/// before.
pub async fn run(
    url: &str,
    keys: &[VerifierKey],
    since: Option<&str>,
    hear: &mut Hear<'_>,
) -> Result<Outside, OutsideError> {
    let since = since.map(|note| read_note(note, keys).map_err(OutsideError::Since)).transpose()?;
    let mut log = Log::new(url)?;
    let (note, moved) = log.checkpoint().await?;
    let mut audit = Audit { log: log.clone(), hear, findings: 0, tiles: 0 };
    let checkpoint = match read_note(&note, keys) {
        Ok(checkpoint) => checkpoint,
        Err(says) => {
            audit.finding(Finding::file("checkpoint", says));
            let empty = Checkpoint { origin: String::new(), size: 0, root: tile_root() };
            return Ok(Outside {
                checkpoint: empty,
                note,
                moved,
                leaves: 0,
                tiles: 0,
                since: None,
                since_name: None,
                findings: 1,
            });
        }
    };
    let mut expected: BTreeMap<u64, Vec<(&str, Hash)>> = BTreeMap::new();
    expected.entry(checkpoint.size).or_default().push(("checkpoint", checkpoint.root));
    let since_name = since.as_ref().map(|since| since.origin.clone()).filter(|name| *name != checkpoint.origin);
    // A log that goes on under a new name says itself that it may have lost entries: whether it has is what is asked here.
    let kept = match &since_name {
        Some(name) => format!("the checkpoint kept from before, under the name `{name}`"),
        None => "the checkpoint kept from before".to_owned(),
    };
    if let Some(since) = &since {
        if since.size > checkpoint.size {
            let says = match &since_name {
                Some(name) => format!(
                    "the log had {} leaves as `{name}`, and goes on with {} as `{}`: entries were lost, and its origins say why",
                    since.size, checkpoint.size, checkpoint.origin
                ),
                None => format!(
                    "the log had {} leaves before, and has {} now: it has gone back",
                    since.size, checkpoint.size
                ),
            };
            audit.finding(Finding::file("checkpoint", says));
        } else {
            expected.entry(since.size).or_default().push((kept.as_str(), since.root));
        }
    }
    let leaves = audit.read(checkpoint.size, expected).await?;
    let (findings, tiles) = (audit.findings, audit.tiles);
    let since = since.map(|since| since.size);
    Ok(Outside { checkpoint, note, moved, leaves, tiles, since, since_name, findings })
}

fn tile_root() -> Hash {
    unticked_shared::merkle::empty_root()
}

/// Reads a checkpoint that one of the keys signed.
pub fn read_note(note: &str, keys: &[VerifierKey]) -> Result<Checkpoint, String> {
    let parsed = Note::parse(note).map_err(|error| error.to_string())?;
    let text = parsed.verify(keys).map_err(|error| error.to_string())?;
    let checkpoint = Checkpoint::parse(text).map_err(|error| error.to_string())?;
    let own: Vec<VerifierKey> = keys.iter().filter(|key| key.name() == checkpoint.origin).cloned().collect();
    if own.is_empty() {
        return Err(format!("it is of the log `{}`, which none of the keys is for", checkpoint.origin));
    }
    // The key of one name says nothing of another: a former one may be in other hands.
    parsed.verify(&own).map_err(|error| error.to_string())?;
    Ok(checkpoint)
}

struct Audit<'a, 'h> {
    log: Log,
    hear: &'a mut Hear<'h>,
    findings: u64,
    tiles: u64,
}

impl Audit<'_, '_> {
    fn finding(&mut self, finding: Finding) {
        self.findings += 1;
        (self.hear)(Told::Finding(finding));
    }

    /// Reads every entry, and every tile as soon as the tree is as far; answers how many leaves there were.
    async fn read(&mut self, size: u64, mut expected: BTreeMap<u64, Vec<(&str, Hash)>>) -> Result<u64, OutsideError> {
        let mut tree = Tree::default();
        let mut ahead: VecDeque<_> = VecDeque::new();
        let mut bundles = (0..size.div_ceil(WIDTH)).map(|index| Tile {
            level: None,
            index,
            width: (size - index * WIDTH).min(WIDTH),
        });
        self.roots(&tree, &mut expected);
        loop {
            while ahead.len() < AHEAD
                && let Some(bundle) = bundles.next()
            {
                let log = self.log.clone();
                ahead.push_back(tokio::spawn(async move { (bundle, log.tile(bundle).await) }));
            }
            let Some(next) = ahead.pop_front() else { break };
            let (bundle, bytes) = next.await.map_err(|_| self.log.missing("entries"))?;
            let bytes = bytes?;
            let Some(entries) = tile::read_entries(&bytes).filter(|entries| entries.len() as u64 >= bundle.width)
            else {
                self.finding(Finding::file(
                    bundle.path(),
                    format!("it does not hold the {} entries that it must", bundle.width),
                ));
                return Ok(tree.size());
            };
            for entry in entries.into_iter().take(usize::try_from(bundle.width).unwrap_or(0)) {
                if !is_leaf(entry) {
                    let leaf = i64::try_from(tree.size()).unwrap_or(i64::MAX);
                    self.finding(Finding::leaf(leaf, "it is no entry of such a ledger"));
                }
                for made in tree.push(leaf_hash(entry)) {
                    self.tile(made).await?;
                }
                self.roots(&tree, &mut expected);
            }
            (self.hear)(Told::Progress { step: "entries", done: tree.size(), of: size });
        }
        let rest: Vec<MadeTile> = tree.rest().collect();
        for made in rest {
            self.tile(made).await?;
        }
        Ok(tree.size())
    }

    fn roots(&mut self, tree: &Tree, expected: &mut BTreeMap<u64, Vec<(&str, Hash)>>) {
        for (where_from, root) in expected.remove(&tree.size()).unwrap_or_default() {
            if root != tree.root() {
                let says = format!("its root is not that of the first {} entries that the log serves", tree.size());
                self.finding(Finding::file(where_from, says));
            }
        }
    }

    /// A tile of hashes against the one that the log serves.
    async fn tile(&mut self, made: MadeTile) -> Result<(), OutsideError> {
        let tile = Tile { level: Some(made.level), index: made.index, width: made.hashes.len() as u64 };
        let served = self.log.tile(tile).await?;
        self.tiles += 1;
        let expected = made.hashes.as_flattened();
        if served.get(..expected.len()) != Some(expected) {
            let place = Place::Tile { level: made.level.into(), index: i64::try_from(made.index).unwrap_or(i64::MAX) };
            self.finding(Finding::new(place, "what the log serves of it does not follow from its entries"));
        }
        Ok(())
    }
}

/// Whether an entry is a commitment and nothing else.
fn is_leaf(entry: &[u8]) -> bool {
    let hex = entry.strip_prefix(br#"{"commitment":""#).and_then(|rest| rest.get(..64));
    let commitment = hex.and_then(|hex| unticked_shared::signature::unhex32(std::str::from_utf8(hex).ok()?));
    commitment.is_some_and(|commitment| evidence::leaf(&commitment) == entry)
}

impl Log {
    fn new(text: &str) -> Result<Self, OutsideError> {
        let url: Url = text.parse().map_err(|_| OutsideError::Address(text.to_owned()))?;
        let host = url.host_str().ok_or_else(|| OutsideError::Address(text.to_owned()))?;
        let host = host.trim_matches(['[', ']']);
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match url.scheme() {
            "https" => {}
            "http" if here => {}
            "http" => return Err(OutsideError::Insecure(text.to_owned())),
            _ => return Err(OutsideError::Address(text.to_owned())),
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(OutsideError::Address(text.to_owned()));
        }
        // Fails only when a provider is there already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(10))
            .timeout(PATIENCE)
            .user_agent(concat!("Unticked-verify/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(OutsideError::Client)?;
        Ok(Self { client, base: url.as_str().trim_end_matches('/').into() })
    }

    fn missing(&self, path: &str) -> OutsideError {
        OutsideError::Status { url: format!("{}/{path}", self.base), status: 404 }
    }

    /// The bytes of a tile, or of the full one where a partial one is served no more.
    async fn tile(&self, tile: Tile) -> Result<Vec<u8>, OutsideError> {
        if let Some(bytes) = self.get(&tile.path()).await? {
            return Ok(bytes);
        }
        let full = Tile { width: WIDTH, ..tile };
        if tile.width < WIDTH
            && let Some(bytes) = self.get(&full.path()).await?
        {
            return Ok(bytes);
        }
        Err(self.missing(&tile.path()))
    }

    /// The checkpoint. A log that goes on under a new name has a place of its own for it, and leads there from where it was:
    /// that one step is followed, and everything else is asked for there. Answers where that is, too.
    async fn checkpoint(&mut self) -> Result<(String, Option<String>), OutsideError> {
        let mut moved = None;
        let bytes = match self.ask("checkpoint").await? {
            Answer::Bytes(bytes) => bytes,
            Answer::Nothing => return Err(self.missing("checkpoint")),
            Answer::Leads(to) => {
                let base = self.below(&to).ok_or_else(|| self.elsewhere("checkpoint", to))?;
                self.base = base.as_str().into();
                moved = Some(base);
                self.get("checkpoint").await?.ok_or_else(|| self.missing("checkpoint"))?
            }
        };
        Ok((String::from_utf8_lossy(&bytes).into_owned(), moved))
    }

    /// The place of a log whose checkpoint is at `to`, if that is on the same host and below /ledger/.
    fn below(&self, to: &str) -> Option<String> {
        let here: Url = self.base.parse().ok()?;
        let there = here.join(to).ok()?;
        let place = there.path().strip_suffix("/checkpoint")?;
        let well = there.origin() == here.origin()
            && place.starts_with("/ledger/")
            && there.query().is_none()
            && there.fragment().is_none()
            && there.username().is_empty()
            && there.password().is_none();
        well.then(|| format!("{}{place}", there.origin().ascii_serialization()))
    }

    fn elsewhere(&self, path: &str, to: String) -> OutsideError {
        OutsideError::Elsewhere { url: format!("{}/{path}", self.base), to }
    }

    /// What is served there; none where nothing is.
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, OutsideError> {
        match self.ask(path).await? {
            Answer::Bytes(bytes) => Ok(Some(bytes)),
            Answer::Nothing => Ok(None),
            Answer::Leads(to) => Err(self.elsewhere(path, to)),
        }
    }

    /// Asks for it. A log that is busy is asked again.
    async fn ask(&self, path: &str) -> Result<Answer, OutsideError> {
        let url = format!("{}/{path}", self.base);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let wait = match self.client.get(&url).send().await {
                Ok(answer) => match answer.status() {
                    StatusCode::OK => match body(answer).await {
                        Ok(Some(bytes)) => return Ok(Answer::Bytes(bytes)),
                        Ok(None) => return Err(OutsideError::TooLong(url)),
                        Err(error) if attempt >= TRIES => return Err(silent(url, &error)),
                        Err(_) => None,
                    },
                    StatusCode::NOT_FOUND => return Ok(Answer::Nothing),
                    status
                        if attempt < TRIES && (status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()) =>
                    {
                        let seconds =
                            answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
                        Some(seconds.unwrap_or(1u64).min(60))
                    }
                    status => {
                        let to = answer.headers().get(LOCATION).filter(|_| status.is_redirection());
                        return match to.and_then(|to| to.to_str().ok()) {
                            Some(to) => Ok(Answer::Leads(to.to_owned())),
                            None => Err(OutsideError::Status { url, status: status.as_u16() }),
                        };
                    }
                },
                Err(error) if attempt >= 2 || error.is_builder() => return Err(silent(url, &error)),
                Err(_) => None,
            };
            tokio::time::sleep(wait.map_or(Duration::from_millis(300 * u64::from(attempt)), Duration::from_secs)).await;
        }
    }
}

/// What is answered at a place.
enum Answer {
    Bytes(Vec<u8>),
    Nothing,
    /// A redirect, and its target.
    Leads(String),
}

/// A body that is not too long.
async fn body(mut answer: reqwest::Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LONGEST {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}

fn silent(url: String, error: &reqwest::Error) -> OutsideError {
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        why = next.to_string();
        cause = next.source();
    }
    OutsideError::Silent { url, why }
}

#[cfg(test)]
mod tests {
    use unticked_shared::merkle::note::Signer;

    use super::*;

    #[test]
    fn only_a_step_on_the_same_host_below_the_ledger_is_followed() {
        let log = Log::new("https://forms.example/ledger").unwrap();
        let at = "https://forms.example/ledger/20261123T120005Z";
        let (path, whole) = ("/ledger/20261123T120005Z/checkpoint", format!("{at}/checkpoint"));
        assert_eq!([log.below(path), log.below(&whole)], [Some(at.to_owned()), Some(at.to_owned())]);
        for elsewhere in [
            "https://other.example/ledger/2/checkpoint",
            "http://forms.example/ledger/2/checkpoint",
            "https://forms.example:8443/ledger/2/checkpoint",
            "https://ann@forms.example/ledger/2/checkpoint",
            "//other.example/ledger/2/checkpoint",
            "/ledger/../login/checkpoint",
            "/ledger/2/checkpoint?next=1",
            "/ledger/2/tile/0/000",
            "/login",
            "",
        ] {
            assert_eq!(log.below(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn the_key_of_a_former_name_vouches_for_no_head_of_the_name_of_today() {
        let text = Checkpoint { origin: "forms.example/ledger/2".to_owned(), size: 3, root: [7; 32] }.text();
        let [former, today] =
            ["forms.example/ledger", "forms.example/ledger/2"].map(|name| Signer::new(name, &[1; 32]).unwrap());
        let keys = [former.verifier(), today.verifier()];
        assert!(read_note(&today.sign(&text).unwrap(), &keys).is_ok());
        let forged = read_note(&former.sign(&text).unwrap(), &keys);
        assert!(forged.unwrap_err().contains("no key that is known here"));
    }
}
