//! What `/metrics` tells Prometheus: counts and times, no personal data, no label that grows with visitors.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

/// The media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The collector's counters; a clone counts into the same ones.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
    submissions: Family<ResultLabels, Counter>,
    tickets: Counter,
    batches: Histogram,
    deliveries: Family<StateLabels, Gauge>,
    amiss: Family<KindLabels, Counter>,
    retention: Family<DoneLabels, Counter>,
    retention_due: Gauge,
    retention_clock_doubted: Gauge,
    erasures_pending: Gauge,
    erasure_journal_doubted: Gauge,
    engagements: Family<DoneLabels, Counter>,
    ledger: Family<StateLabels, Gauge>,
    witnessed: Family<WitnessLabels, Gauge>,
    witness_refuses: Family<WitnessLabels, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    method: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WitnessLabels {
    witness: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DoneLabels {
    result: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("unticked");
        let requests = Family::default();
        registry.register("http_requests", "HTTP requests by route, method and status", requests.clone());
        let seconds = Family::<RouteLabels, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.0005, 2.0, 15))
        });
        registry.register("http_request_seconds", "How long an answer took, by route", seconds.clone());
        let submissions = Family::default();
        registry.register("submissions", "Submissions by method and result", submissions.clone());
        let tickets = Counter::default();
        registry.register("tickets", "Tickets minted", tickets.clone());
        let batches = Histogram::new(exponential_buckets(1.0, 2.0, 10));
        registry.register("writer_batch_size", "Submissions in one transaction", batches.clone());
        let deliveries = Family::default();
        registry.register("outbox_deliveries", "Deliveries that are not done, by state", deliveries.clone());
        let amiss = Family::default();
        let what = "Requests that do not agree with the settings, by kind";
        registry.register("arrivals_amiss", what, amiss.clone());
        let retention = Family::default();
        registry.register("retention", "What the retention rules ended, by what became of it", retention.clone());
        let retention_due = Gauge::default();
        registry.register(
            "retention_due",
            "Submissions whose rules are due and not carried out",
            retention_due.clone(),
        );
        let retention_clock_doubted = Gauge::default();
        registry.register(
            "retention_clock_doubted",
            "1 while the clock is weeks ahead of where it was trusted last, so that nothing is destroyed by it",
            retention_clock_doubted.clone(),
        );
        let erasures_pending = Gauge::default();
        registry.register(
            "erasures_pending",
            "Persons whom a run could not forget wholly; each run tries again",
            erasures_pending.clone(),
        );
        let erasure_journal_doubted = Gauge::default();
        registry.register(
            "erasure_journal_doubted",
            "1 while the journal of the forgotten cannot be read, was altered or names too few",
            erasure_journal_doubted.clone(),
        );
        let engagements = Family::default();
        registry.register("engagements", "Engagements that destinations reported, by result", engagements.clone());
        let ledger = Family::default();
        registry.register("ledger_entries", "Entries of the ledger, by what became of its head", ledger.clone());
        let witnessed = Family::default();
        registry.register("ledger_witnessed", "Entries of the ledger that a witness vouches for", witnessed.clone());
        let witness_refuses = Family::default();
        registry.register(
            "ledger_witness_refuses",
            "1 while a witness says that this is not the ledger it saw",
            witness_refuses.clone(),
        );
        Self {
            registry: Arc::new(registry),
            requests,
            seconds,
            submissions,
            tickets,
            batches,
            deliveries,
            amiss,
            retention,
            retention_due,
            retention_clock_doubted,
            erasures_pending,
            erasure_journal_doubted,
            engagements,
            ledger,
            witnessed,
            witness_refuses,
        }
    }
}

impl Metrics {
    /// One answered request; `route` is the pattern (`/f/{form}`), never the address.
    pub fn request(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.seconds.get_or_create(&RouteLabels { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { route, method, status }).inc();
    }

    /// One submission: `method` is `widget` or `page`, `result` is `accepted`, `repeated`, `quarantined` or the slug of
    /// the refusal.
    pub fn submission(&self, method: &'static str, result: &'static str) {
        self.submissions.get_or_create(&ResultLabels { method, result }).inc();
    }

    /// One ticket was minted.
    pub fn ticket(&self) {
        self.tickets.inc();
    }

    /// One transaction of the writer held `size` submissions.
    pub fn batch(&self, size: usize) {
        self.batches.observe(f64::from(u32::try_from(size).unwrap_or(u32::MAX)));
    }

    /// How many deliveries are not done; `state` is `waiting`, `held` or `failed`.
    pub fn deliveries(&self, state: &'static str, count: i64) {
        self.deliveries.get_or_create(&StateLabels { state }).set(count);
    }

    /// One request did not agree with the settings; `kind` is one of [`crate::router::arrival::Amiss::kind`].
    pub fn amiss(&self, kind: &'static str) {
        self.amiss.get_or_create(&KindLabels { kind }).inc();
    }

    /// What a run of the retention rules did.
    pub fn retention(&self, done: &crate::retention::Done) {
        let counts = [
            ("purposes_ended", done.ended),
            ("values_destroyed", done.destroyed),
            ("persons_forgotten", done.forgotten),
            ("failed", done.failed),
        ];
        for (result, count) in counts {
            self.retention.get_or_create(&DoneLabels { result }).inc_by(count);
        }
    }

    /// How many submissions a run left although they were due.
    pub fn retention_due(&self, count: i64) {
        self.retention_due.set(count);
    }

    /// Whether the retention rules do not trust the clock.
    pub fn retention_clock_doubted(&self, doubted: bool) {
        self.retention_clock_doubted.set(i64::from(doubted));
    }

    /// How forgetting stands after a run.
    pub fn erasure(&self, standing: &crate::erasure::Standing) {
        self.erasures_pending.set(i64::try_from(standing.pending).unwrap_or(i64::MAX));
        self.erasure_journal_doubted.set(i64::from(standing.doubt.is_some()));
    }

    /// One engagement was reported; `result` is `pushed-on`, `unchanged`, `too-late`, `not-found` or `refused`.
    pub fn engagement(&self, result: &'static str) {
        self.engagements.get_or_create(&DoneLabels { result }).inc();
    }

    /// How many entries the ledger has; `state` is `signed` or `published`.
    pub fn ledger(&self, state: &'static str, entries: i64) {
        self.ledger.get_or_create(&StateLabels { state }).set(entries);
    }

    /// How far a witness vouches for the ledger, and whether it says that it saw another one.
    pub fn witness(&self, name: &str, entries: i64, refuses: bool) {
        let labels = WitnessLabels { witness: name.to_owned() };
        self.witness_refuses.get_or_create(&labels).set(i64::from(refuses));
        self.witnessed.get_or_create(&labels).set(entries);
    }

    /// Everything as `OpenMetrics` text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing into a String does not fail");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told() {
        let metrics = Metrics::default();
        metrics.request("/f/{form}", "GET", 200, Duration::from_millis(3));
        metrics.submission("widget", "accepted");
        metrics.submission("widget", "accepted");
        metrics.batch(17);
        let text = metrics.text();
        assert!(
            text.contains(r#"unticked_http_requests_total{route="/f/{form}",method="GET",status="200"} 1"#),
            "{text}"
        );
        assert!(text.contains(r#"unticked_submissions_total{method="widget",result="accepted"} 2"#), "{text}");
        assert!(text.contains("unticked_writer_batch_size_sum 17.0"), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
