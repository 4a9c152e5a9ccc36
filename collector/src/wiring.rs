//! Who gets what, and the collector's life from start to end.

use std::{net::SocketAddr, ops::Deref, sync::Arc};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    assets::Assets,
    config::Settings,
    forms::Forms,
    metrics::Metrics,
    placements::{http::Rendered, tickets::TicketKeys},
    router::{RateLimits, router},
    store::{OpenError, Store},
    vault::{KeyRing, RingError, Vault, VaultError},
    world::{Clock, Random},
};

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
    /// What is shown, and was.
    pub forms: Forms,
    /// The keys that make and open tickets.
    pub tickets: TicketKeys,
    /// What pages load.
    pub assets: Assets,
    /// Placements ready to be sent.
    pub rendered: Rendered,
    /// How much one client and one form may send.
    pub limits: RateLimits,
    /// What Prometheus hears.
    pub metrics: Metrics,
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
        if self.store.read().await.is_err() {
            missing.push("the database does not answer");
        }
        if self.forms.catalogue().versions().next().is_none() {
            missing.push("no form is defined");
        }
        missing
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
    /// The key ring's file.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// The key ring does not belong to the key store.
    #[error(transparent)]
    Vault(#[from] VaultError),
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
}

impl Running {
    /// Stops accepting, finishes what was accepted, and returns when all is written.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        let grace = self.app.settings.server.timeout;
        if tokio::time::timeout(grace, self.server).await.is_err() {
            tracing::warn!("some connections did not end in time and were closed");
        }
        self.app.store.close().await;
    }
}

/// Starts the collector.
pub async fn serve(settings: Settings, overrides: Overrides) -> Result<Running, StartError> {
    let ring = KeyRing::open(&settings.key_ring, &overrides.random)?;
    let tickets = TicketKeys::from_ring(&ring);
    let store = Store::open(&settings.database).await?;
    let vault = Vault::new(ring, overrides.random.clone());
    // A ring that does not open what the key store holds would lock every person's data in for good.
    vault.check(&store).await?;
    let forms = Forms::open(store.clone(), &settings.definitions_dir, overrides.clock.clone()).await?;
    let address = settings.server.listen;
    let listener = TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address, cause })?;
    let addr = listener.local_addr().map_err(|cause| StartError::Listen { address, cause })?;
    let app = App(Arc::new(Parts {
        limits: RateLimits::new(settings.limits),
        assets: Assets::new(),
        rendered: Rendered::default(),
        metrics: Metrics::default(),
        tickets,
        vault,
        store,
        forms,
        clock: overrides.clock,
        random: overrides.random,
        settings,
    }));
    let (stop, mut stopped) = watch::channel(false);
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move {
        axum::serve(listener, service)
            .with_graceful_shutdown(async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            })
            .await
    });
    Ok(Running { addr, app, stop, server })
}
