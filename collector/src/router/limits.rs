//! Rate limits: a bucket of tokens per client and per form, in bounded memory.

use std::{collections::HashMap, hash::Hash, net::IpAddr, sync::Mutex};

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use unticked_shared::{definition::banner, id::FormId};
use uuid::Uuid;

use super::client::Client;
use crate::{config::Limits, problem::Refusal, wiring::App};

/// How many clients are remembered in one generation; two generations are kept.
const GENERATION: usize = 65_536;

/// Views of one submission's links that are counted in a minute.
const VIEWS: u32 = 30;

/// All limits.
pub struct RateLimits {
    clients: Mutex<Buckets<IpAddr>>,
    forms: Mutex<Buckets<FormId>>,
    /// Everybody who comes decides something: whoever did shall still be able to send a form, and a crowd shuts nothing.
    deciding: Mutex<Buckets<IpAddr>>,
    views: Mutex<Buckets<Uuid>>,
}

impl RateLimits {
    /// Limits as configured; 0 turns one off.
    pub fn new(limits: Limits) -> Self {
        Self {
            clients: Mutex::new(Buckets::new(limits.per_client_per_minute)),
            forms: Mutex::new(Buckets::new(limits.per_form_per_minute)),
            deciding: Mutex::new(Buckets::new(limits.banner_per_client_per_minute)),
            views: Mutex::new(Buckets::new(VIEWS)),
        }
    }

    /// Takes one token of the client and one of the form. A client who has none left costs the form nothing, or one
    /// client could shut a form for everybody. At the banner the client alone is counted.
    pub fn take(&self, client: Client, form: &FormId, now: Timestamp) -> Result<(), Refusal> {
        if banner::is_banner(form) {
            return take(&self.deciding, client.group(), now);
        }
        self.take_client(client, now)?;
        take(&self.forms, form.clone(), now)
    }

    /// Whether one more view of what a submission was sent is counted: whoever has a link keeps nobody from the writer.
    pub fn take_view(&self, submission: Uuid, now: Timestamp) -> bool {
        take(&self.views, submission, now).is_ok()
    }

    /// Takes one token of the client, where no form is concerned.
    pub fn take_client(&self, client: Client, now: Timestamp) -> Result<(), Refusal> {
        take(&self.clients, client.group(), now)
    }
}

/// Refuses what is too much of `/v1/forms/{form}/…`. Reading is free: placements come from memory.
pub(super) async fn enforce(
    State(app): State<App>,
    Path(form): Path<String>,
    Extension(client): Extension<Client>,
    request: Request,
    next: Next,
) -> Response {
    // A form that does not exist has no bucket: made-up names would fill the memory.
    if *request.method() == Method::POST
        && let Some(version) = app.forms.current(&form)
        && let Err(refusal) = app.limits.take(client, &version.form, app.clock.now())
    {
        return refusal.into_response();
    }
    next.run(request).await
}

fn take<K: Hash + Eq>(buckets: &Mutex<Buckets<K>>, key: K, now: Timestamp) -> Result<(), Refusal> {
    let mut buckets = buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    buckets.take(key, now.as_millisecond()).map_err(|wait| Refusal::rate_limited(wait.div_ceil(1000)))
}

/// Buckets by key. What was not used for a generation is forgotten: by then it is full again, or so many clients came
/// that memory matters more.
struct Buckets<K> {
    per_minute: u64,
    young: HashMap<K, Bucket>,
    old: HashMap<K, Bucket>,
    size: usize,
}

/// Tokens in thousandths of a minute's share, so that no fraction is lost: one token is 60 000.
#[derive(Clone, Copy)]
struct Bucket {
    level: u64,
    at: i64,
}

const TOKEN: u64 = 60_000;

impl<K: Hash + Eq> Buckets<K> {
    fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.into(), young: HashMap::new(), old: HashMap::new(), size: GENERATION }
    }

    /// Takes a token at `now` (milliseconds), or says how many milliseconds to wait for one.
    fn take(&mut self, key: K, now: i64) -> Result<(), u64> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let full = self.per_minute * TOKEN;
        let known = self.young.get(&key).or_else(|| self.old.get(&key));
        let mut bucket = known.copied().unwrap_or(Bucket { level: full, at: now });
        // A clock set back gives nothing and takes nothing.
        let elapsed = u64::try_from(now.saturating_sub(bucket.at)).unwrap_or(0);
        bucket.level = full.min(bucket.level.saturating_add(elapsed.saturating_mul(self.per_minute)));
        bucket.at = now;
        let taken = bucket.level >= TOKEN;
        let answer = if taken { Ok(()) } else { Err((TOKEN - bucket.level).div_ceil(self.per_minute)) };
        bucket.level -= if taken { TOKEN } else { 0 };
        self.remember(key, bucket);
        answer
    }

    fn remember(&mut self, key: K, bucket: Bucket) {
        if self.young.len() >= self.size && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, bucket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_share_may_go_at_once_and_comes_back_evenly() {
        let mut buckets = Buckets::new(60);
        for _ in 0..60 {
            assert_eq!(buckets.take("ann", 0), Ok(()));
        }
        assert_eq!(buckets.take("ann", 0), Err(1000));
        assert_eq!(buckets.take("ann", 400), Err(600));
        assert_eq!(buckets.take("bob", 400), Ok(()), "nobody pays for somebody else");
        assert_eq!(buckets.take("ann", 1000), Ok(()));
        assert_eq!(buckets.take("ann", 1000), Err(1000));
    }

    #[test]
    fn refused_requests_do_not_push_the_wait_further_away() {
        let mut buckets = Buckets::new(1);
        assert_eq!(buckets.take("ann", 0), Ok(()));
        for now in (0..60_000).step_by(1000) {
            assert!(buckets.take("ann", now).is_err());
        }
        assert_eq!(buckets.take("ann", 60_000), Ok(()));
    }

    #[test]
    fn a_clock_set_back_neither_gives_nor_takes() {
        let mut buckets = Buckets::new(1);
        assert_eq!(buckets.take("ann", 100_000), Ok(()));
        assert_eq!(buckets.take("ann", 0), Err(60_000));
        assert_eq!(buckets.take("ann", 60_000), Ok(()));
    }

    #[test]
    fn memory_is_bounded_however_many_clients_come() {
        let mut buckets = Buckets::new(1);
        buckets.size = 10;
        for client in 0..1000 {
            let _ = buckets.take(client, 0);
        }
        assert!(buckets.young.len() + buckets.old.len() <= 20);
        assert!(buckets.take(999, 0).is_err(), "the latest are remembered");
    }

    #[test]
    fn zero_turns_a_limit_off() {
        let mut buckets = Buckets::new(0);
        assert!((0..10_000).all(|_| buckets.take("ann", 0).is_ok()));
        assert!(buckets.young.is_empty());
    }

    fn limits(per_client_per_minute: u32, per_form_per_minute: u32, banner_per_client_per_minute: u32) -> RateLimits {
        RateLimits::new(Limits { per_client_per_minute, per_form_per_minute, banner_per_client_per_minute })
    }

    #[test]
    fn a_decision_at_the_banner_costs_no_form_and_a_crowd_shuts_no_banner() {
        let limits = limits(1, 1, 2);
        let (form, banner, now) = (FormId::parse("contact").unwrap(), banner::Banner::id(), Timestamp::UNIX_EPOCH);
        for client in 0..100 {
            let client = Client(std::net::Ipv4Addr::new(192, 0, 2, client).into());
            assert!((0..2).all(|_| limits.take(client, &banner, now).is_ok()));
            assert_eq!(limits.take(client, &banner, now).unwrap_err().retry_after(), Some(30));
        }
        assert!(limits.take(Client("192.0.2.1".parse().unwrap()), &form, now).is_ok());
    }

    #[test]
    fn a_client_without_tokens_costs_the_form_nothing() {
        let limits = limits(1, 2, 0);
        let form = FormId::parse("contact").unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let client = |text: &str| Client(text.parse().unwrap());
        assert!(limits.take(client("192.0.2.1"), &form, now).is_ok());
        for _ in 0..10 {
            assert_eq!(limits.take(client("192.0.2.1"), &form, now).unwrap_err().retry_after(), Some(60));
        }
        assert!(limits.take(client("192.0.2.2"), &form, now).is_ok());
        assert!(limits.take(client("192.0.2.3"), &form, now).is_err(), "the form's share is used up");
    }
}
