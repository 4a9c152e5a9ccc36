//! Who gets what, and the collector's life from start to end.

use std::{collections::BTreeMap, net::SocketAddr, ops::Deref, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    assets::Assets,
    config::{Secret, Settings},
    documents::{self, Documents},
    engagements,
    erasure::{self, ErasureError},
    evidence,
    forms::Forms,
    gate::Gates,
    keep::{self, KeepError, Presence},
    ledger::{
        Ledger, LedgerError,
        publish::{self, Publisher},
        witness,
    },
    mail,
    metrics::Metrics,
    outbox::{
        self, Outbox,
        destinations::{ClientError, Network, Target, guard::Guard},
        sql::Backlog,
        unseal::Unseal,
        worker::{NoTarget, Targets},
    },
    placements::{http::Rendered, tickets::TicketKeys},
    preferences::{self, Links, Preferences},
    retention::{self, Retention},
    rotation,
    router::{RateLimits, arrival::Said, impatient, router},
    store::{OpenError, Store, StoreError},
    submissions::{
        Needs, Submissions, reached,
        sweep::{Swept, sweep},
    },
    vault::{Ring, RingError, Vault, VaultError},
    world::{Clock, Random},
};

/// How long the start waits for what fell due meanwhile.
const FIRST_RUN: Duration = Duration::from_secs(10);

/// What every handler can reach; a clone is the same one.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of [`App`].
pub struct Parts {
    /// What the owner configured.
    pub settings: Settings,
    /// The clock.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// The two databases.
    pub store: Store,
    /// What identifies people, sealed.
    pub vault: Vault,
    /// The tree of commitments to the evidence.
    pub ledger: Ledger,
    /// Shows the world how far it has come.
    pub publisher: Publisher,
    /// Asks others to vouch for it.
    pub vouching: witness::Tools,
    /// What is shown, and was.
    pub forms: Forms,
    /// The keys that make and open tickets.
    pub tickets: TicketKeys,
    /// Takes what visitors send.
    pub submissions: Submissions,
    /// Serves documents, and counts views that are allowed.
    pub documents: Documents,
    /// Shows each person what they decided, and takes it back.
    pub preferences: Preferences,
    /// Brings it to the destinations.
    pub outbox: Outbox,
    /// Ends what was promised to end.
    pub retention: Retention,
    /// What pages load.
    pub assets: Assets,
    /// The gate, ready to be sent.
    pub gates: Gates,
    /// Placements ready to be sent.
    pub rendered: Rendered,
    /// How much one client and one form may send.
    pub limits: RateLimits,
    /// What Prometheus hears.
    pub metrics: Metrics,
    /// Which disagreements with the settings were logged.
    pub said: Said,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// What is missing before work can be done; empty when ready.
    pub async fn not_ready(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.backlog().await.is_err() {
            missing.push("the database does not answer");
        }
        if !self.submissions.is_open() {
            missing.push("the writer takes nothing");
        }
        if self.forms.catalogue().versions().next().is_none() {
            missing.push("no form is defined");
        }
        missing
    }

    /// Brings the outbox's figures up to date; they stay as they were where the database does not answer.
    pub async fn count_deliveries(&self) {
        if let Ok(backlog) = self.backlog().await {
            self.metrics.deliveries("waiting", backlog.waiting);
            self.metrics.deliveries("held", backlog.held);
            self.metrics.deliveries("failed", backlog.failed);
        }
    }

    /// Brings the ledger's figure up to date.
    pub fn count_ledger(&self) {
        let size = self.ledger.last_signed().head.size;
        self.metrics.ledger("signed", i64::try_from(size).unwrap_or(i64::MAX));
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        outbox::sql::backlog(&mut self.store.read().await?).await
    }
}

/// What tests put in place of the outside world.
#[derive(Clone)]
pub struct Overrides {
    /// The clock.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
}

impl Default for Overrides {
    fn default() -> Self {
        Self { clock: Clock::system(), random: Random::system() }
    }
}

/// Why the collector does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The definitions.
    #[error(transparent)]
    Forms(#[from] crate::forms::FormsError),
    /// The databases.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// Their upgrade, or somebody who is at work on them.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// The key ring's file.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// People whom an older database brought back cannot be forgotten again.
    #[error("people who were forgotten cannot be forgotten again: {0}")]
    Erasure(#[from] ErasureError),
    /// The ledger is not the one whose head was signed last.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The key ring does not belong to the key store.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The client that speaks to the destinations.
    #[error("the client for deliveries cannot be made: {0}")]
    Deliveries(#[from] ClientError),
    /// The client that speaks to the owner's mail server.
    #[error("mails to the owner cannot be sent: {0}")]
    Mail(String),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
}

/// A collector at work.
pub struct Running {
    /// Where it listens; the port that the system chose when 0 was asked for.
    pub addr: SocketAddr,
    /// Its parts.
    pub app: App,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
    /// Deliveries and sweeps.
    workers: Vec<JoinHandle<()>>,
    /// While it runs, nobody replaces its files.
    presence: Presence,
}

impl Running {
    /// Stops accepting, finishes what was accepted, and returns when all is written.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        let grace = self.app.settings.server.timeout;
        let mut server = self.server;
        if tokio::time::timeout(grace, &mut server).await.is_err() {
            server.abort();
            tracing::warn!("some connections did not end in time and were closed");
        }
        self.app.submissions.close().await;
        for worker in self.workers {
            let _ = worker.await;
        }
        self.app.store.close().await;
        drop(self.presence);
    }
}

/// Starts the collector.
#[expect(clippy::too_many_lines, reason = "the order of a start is one story, read from top to bottom")]
pub async fn serve(settings: Settings, overrides: Overrides) -> Result<Running, StartError> {
    let ring = Ring::open(&settings.key_ring, &overrides.random)?;
    let tickets = TicketKeys::following(ring.clone());
    let ring_now = ring.current();
    let links = Links::new(&ring_now, &settings.server.public_url);
    open_store(&settings, &overrides).await?.close().await;
    let presence = Presence::shared(&settings.database.main)?;
    // Opened only now, when no restore can move the files any more: a lead would be kept in what it put aside.
    let store = Store::open_current(&settings.database).await?;
    let vault = Vault::with(ring.clone(), overrides.random.clone());
    // A ring that does not open what the key store holds would lock every person's data in for good.
    vault.check(&store).await?;
    // Whoever changes keys waits from now on until we know them.
    let process = overrides.random.uuid(overrides.clock.now());
    let user = rotation::users::AtWork::new(store.clone(), ring, overrides.clock.clone(), process);
    if let Err(error) = user.note().await {
        tracing::warn!(%error, "the key store does not take which keys are known");
    }
    // Before the first submission notes how far the main database is.
    reached::look(&store, overrides.clock.now()).await.map_err(OpenError::from)?;
    let ledger = Ledger::open(&store, &vault, &settings.server.public_url, &overrides.clock).await?;
    let older = evidence::sequence_older(&store, &ledger).await?;
    if older > 0 {
        tracing::info!(records = older, "put the records from before there was a ledger into it");
    }
    let forms = Forms::open(store.clone(), &settings.definitions_dir, overrides.clock.clone()).await?;
    let address = settings.server.listen;
    let listener = TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address, cause })?;
    let addr = listener.local_addr().map_err(|cause| StartError::Listen { address, cause })?;
    let metrics = Metrics::default();
    let outbox = Outbox::default();
    let (stop, mut stopped) = watch::channel(false);
    let submissions = Submissions::start(Needs {
        store: store.clone(),
        forms: forms.clone(),
        tickets: tickets.clone(),
        vault: vault.clone(),
        ledger: ledger.clone(),
        outbox: outbox.clone(),
        metrics: metrics.clone(),
        by_mail: settings.mail.is_some(),
        links: links.clone(),
        clock: overrides.clock.clone(),
    });
    let document_links = documents::Links::new(&ring_now, &settings.server.public_url);
    let documents = Documents::new(settings.documents.dir.clone(), document_links);
    let retention = Retention::default();
    let preferences = Preferences::new(preferences::Needs {
        store: store.clone(),
        forms: forms.clone(),
        vault: vault.clone(),
        ledger: ledger.clone(),
        outbox: outbox.clone(),
        retention: retention.clone(),
        links,
        clock: overrides.clock.clone(),
    });
    let network = Network::new(Guard::new(&settings.outbox.allow_hosts))?;
    let tools = outbox::Tools {
        store: store.clone(),
        opener: Arc::new(Unseal { store: store.clone(), vault: vault.clone(), clock: overrides.clock.clone() }),
        targets: targets(forms.clone(), settings.secrets.clone()),
        courier: Arc::new(network.clone()),
        clock: overrides.clock.clone(),
        random: overrides.random.clone(),
    };
    let suspects = settings.retention.suspects_days;
    let rules = retention::Tools::new(store.clone(), forms.clone(), vault.clone(), ledger.clone(), suspects)
        .forgetting(settings.erasure.clone());
    // Whoever an older database brought back is forgotten again, and whoever was half forgotten wholly, before anything is
    // sent or shown.
    match erasure::replay(&rules, overrides.clock.now(), FIRST_RUN).await? {
        0 => {}
        again => tracing::warn!(again, "people who had been forgotten were back, and are forgotten again"),
    }
    let begun = erasure::run_as_trusted(&rules, overrides.clock.now(), FIRST_RUN);
    if !matches!(tokio::time::timeout(FIRST_RUN * 2, begun).await, Ok(Ok(done)) if done.failed == 0) {
        tracing::warn!("somebody is not forgotten wholly yet; it goes on while the collector runs");
    }
    // What fell due while nobody was there ends before anything is sent; what takes longer goes on in the background.
    let first = retention::run::run_as_trusted(&rules, overrides.clock.now());
    if !matches!(tokio::time::timeout(FIRST_RUN, first).await, Ok(Ok(_))) {
        tracing::warn!("the retention rules are not all carried out yet; they are while the collector runs");
    }
    let publisher = Publisher::new(publish::Tools {
        store: store.clone(),
        ledger: ledger.clone(),
        every: settings.ledger.publish_every,
        clock: overrides.clock.clone(),
        metrics: metrics.clone(),
    });
    // Before anybody can ask: a ledger that is new, or has a new name, shows that it begins.
    if let Err(error) = publisher.publish().await {
        tracing::warn!(%error, "the head of the ledger is not published yet; it is tried again");
    }
    let mut workers = vec![
        tokio::spawn(publisher.clone().run(stopped_by(&stop))),
        retention.start(rules, overrides.clock.clone(), metrics.clone(), stopped_by(&stop)),
        outbox.start(tools, stopped_by(&stop)),
        tokio::spawn(user.follow(stopped_by(&stop))),
        tokio::spawn(sweep_hourly(store.clone(), overrides.clock.clone(), stopped_by(&stop))),
    ];
    let vouching = witness::Tools {
        store: store.clone(),
        ledger: ledger.clone(),
        network,
        clock: overrides.clock.clone(),
        random: overrides.random.clone(),
        metrics: metrics.clone(),
        bell: Arc::default(),
    };
    workers.extend(witness::start(&settings.ledger, &vouching, || stopped_by(&stop)));
    if let Some(mail) = &settings.mail {
        let postman = mail::smtp::Smtp::new(mail).map_err(StartError::Mail)?;
        let tools = mail::Tools {
            store: store.clone(),
            postman: Arc::new(postman),
            host: host_of(&settings.server.public_url),
            clock: overrides.clock.clone(),
            random: overrides.random.clone(),
        };
        workers.push(tokio::spawn(mail::Worker::new(tools).run(stopped_by(&stop))));
    }
    let app = App(Arc::new(Parts {
        limits: RateLimits::new(settings.limits),
        said: Said::default(),
        assets: Assets::new(),
        gates: Gates::default(),
        rendered: Rendered::default(),
        metrics,
        tickets,
        submissions,
        documents,
        preferences,
        outbox,
        retention,
        vault,
        ledger,
        publisher,
        vouching,
        store,
        forms,
        clock: overrides.clock,
        random: overrides.random,
        settings,
    }));
    // Longer than a body and its handling may take: who waits for an answer is not hung up on.
    let listener = impatient(listener, app.settings.server.timeout * 2 + Duration::from_secs(15));
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move {
        axum::serve(listener, service)
            .with_graceful_shutdown(async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            })
            .await
    });
    Ok(Running { addr, app, stop, server, workers, presence })
}

/// Opens the databases, up to date; what was done to them before is told.
async fn open_store(settings: &Settings, overrides: &Overrides) -> Result<Store, StartError> {
    let opened = keep::open(settings, overrides.clock.now(), &overrides.random).await.map_err(|error| match error {
        KeepError::Open(error) => StartError::Store(error),
        error => StartError::Keep(error),
    })?;
    match opened.from {
        None => {}
        Some(keep::Before::Copied(made)) => tracing::info!(
            data = %made.data.display(),
            keys = %made.keys.display(),
            "brought the databases up to date; what they were before was copied"
        ),
        Some(keep::Before::GoneOn(copy)) => {
            tracing::warn!(copy, "went on with an upgrade that had been interrupted; the copy made before it stands");
        }
        Some(keep::Before::WithoutCopy) => {
            tracing::warn!("brought the databases up to date without a copy (backup.before_upgrade)");
        }
    }
    Ok(opened.store)
}

/// The host of an origin, as mails name the collector.
fn host_of(origin: &str) -> String {
    origin.split_once("://").map_or(origin, |(_, host)| host).to_owned()
}

/// Ends when the collector stops.
fn stopped_by(stop: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut stopped = stop.subscribe();
    async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    }
}

/// Finds destinations as they are declared now.
fn targets(forms: Forms, secrets: BTreeMap<String, Secret>) -> Targets {
    Arc::new(move |name| {
        let destinations = forms.destinations();
        let destination = destinations.iter().find(|one| one.id.as_str() == name).ok_or(NoTarget::Undefined)?;
        let secret = |name: &str| secrets.get(&name.to_lowercase()).map(Secret::reveal);
        Target::new(destination, secret).map_err(|error| NoTarget::Unusable(error.to_string()))
    })
}

/// Sweeps keys that belong to nobody, now and every hour.
async fn sweep_hourly(store: Store, clock: Clock, stopped: impl Future<Output = ()>) {
    let mut stopped = std::pin::pin!(stopped);
    let mut hours = tokio::time::interval(Duration::from_hours(1));
    loop {
        tokio::select! {
            _ = hours.tick() => {}
            () = &mut stopped => return,
        }
        if let Err(error) = engagements::forget_taken(&store, clock.now()).await {
            tracing::warn!(%error, "old messages of destinations could not be forgotten; the next hour will");
        }
        match outbox::bring_forward(&store, clock.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "brought deliveries forward that a wrong clock had put off"),
            Err(error) => tracing::warn!(%error, "deliveries that a wrong clock put off were not looked for"),
        }
        match sweep(&store, clock.now()).await {
            Ok(Swept::Keys(0)) => {}
            Ok(Swept::MainIsBehind) => tracing::warn!(
                "the main database is older than its key store, so that no key is swept: put the newer one back, or say \
                 `unticked restore --settle` when there is none"
            ),
            Ok(Swept::Keys(keys)) => tracing::info!(keys, "swept keys that belong to nobody"),
            Err(error) => tracing::warn!(%error, "keys that belong to nobody could not be swept; the next hour will"),
        }
    }
}
