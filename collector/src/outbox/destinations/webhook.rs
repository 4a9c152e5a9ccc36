//! A signed POST as the Standard Webhooks specification lays it out.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use unticked_shared::signature::{EVENT_HEADERS, SigningKey};

use super::{
    super::schedule::Outcome,
    Parcel,
    network::{Failure, Network, read, retry_after},
};

/// How long a receiver may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of an answer that are read, so that its connection can be used again. Nothing in them is of interest.
const ANSWER_LIMIT: usize = 16 * 1024;

/// Posts the event as it is.
pub(super) async fn post(
    network: &Network,
    url: &str,
    keys: &[SigningKey],
    parcel: &Parcel,
) -> Result<Outcome, Failure> {
    let signatures: Vec<String> =
        keys.iter().map(|key| key.sign(&parcel.event, parcel.sent_at, &parcel.body)).collect();
    let [id, timestamp, signature] = EVENT_HEADERS;
    let answer = network
        .post(url, PATIENCE)?
        .header(CONTENT_TYPE, "application/json")
        .header(id, &parcel.event)
        .header(timestamp, parcel.sent_at)
        .header(signature, signatures.join(" "))
        .body(parcel.body.clone())
        .send()
        .await?;
    let outcome = Outcome::Answered { status: answer.status().as_u16(), retry_after: retry_after(&answer) };
    // Either way the status stands.
    let _ = read(answer, ANSWER_LIMIT).await;
    Ok(outcome)
}
