//! Bodies under the subject's key.

use super::*;
use crate::{
    outbox::unseal::{Unseal, body_cell},
    vault::{self, KeyRing, Vault},
};

#[tokio::test]
async fn a_sealed_body_opens_for_its_own_delivery_until_the_person_is_forgotten() {
    let house = House::new().await;
    let ring = KeyRing::open(&house.folder.path().join("ring"), &house.random).unwrap();
    let vault = Vault::new(ring, house.random.clone());
    let subject = house.random.uuid(house.hour.now());
    let person = vault.new_subject(subject, 0);
    let mut keys = house.store.keys().begin().await.unwrap();
    vault::sql::insert(&mut keys, &[&person.wrapped]).await.unwrap();
    keys.commit().await.unwrap();

    let [delivery, other] = [(); 2].map(|()| house.random.uuid(house.hour.now()));
    let lead = EventKind::LeadSubmitted.as_str();
    // A body that tells of nothing personal: whether it opens is what is asked here.
    let plain = serde_json::json!({
        "id": "1", "type": "consent.withdrawn", "timestamp": "2026-11-24T08:00:00Z",
        "data": {"reference": "K7QD-93XF", "subject": "s", "form": "contact", "version": "v", "language": "en",
                 "decisions": [], "evidence": {"record": "r", "commitment": "c"}}
    });
    let plain = unticked_shared::canonical::to_vec(&plain).unwrap();
    let unseal = Unseal { store: house.store.clone(), vault, clock: house.hour.clock() };
    let claimed = |delivery_id, kind: &str, body: &[u8]| Claimed {
        delivery_id,
        event_id: delivery,
        kind: kind.to_owned(),
        submission_id: Some(other),
        subject_id: subject,
        body: body.to_vec(),
        attempt: 1,
    };
    let body = person.identity.seal(&body_cell(&delivery), &plain, &house.random);
    assert_eq!(unseal.open(&claimed(delivery, lead, &body), &[]).await, Ok(plain.clone()));
    let moved = unseal.open(&claimed(other, lead, &body), &[]).await;
    assert!(matches!(moved, Err(Unopened::Locked(_))), "moved to another row");
    let no_event = person.identity.seal(&body_cell(&delivery), b"{}", &house.random);
    assert_eq!(unseal.open(&claimed(delivery, lead, &no_event), &[]).await, Err(Unopened::Unreadable));

    // The identity is destroyed, the evidence stays: the lead can go no more, the word of the withdrawal can.
    let withdrawal = EventKind::ConsentWithdrawn.as_str();
    let told = person.evidence.seal(&body_cell(&delivery), &plain, &house.random);
    let mut keys = house.store.keys().begin().await.unwrap();
    crate::store::execute!(&mut keys, "update subject_key set identity_key = null where subject_id = $1", subject)
        .await
        .unwrap();
    keys.commit().await.unwrap();
    assert_eq!(unseal.open(&claimed(delivery, lead, &body), &[]).await, Err(Unopened::Forgotten));
    assert_eq!(unseal.open(&claimed(delivery, withdrawal, &told), &[]).await, Ok(plain));

    let mut keys = house.store.keys().begin().await.unwrap();
    vault::sql::destroy(&mut keys, subject).await.unwrap();
    keys.commit().await.unwrap();
    assert_eq!(unseal.open(&claimed(delivery, withdrawal, &told), &[]).await, Err(Unopened::Forgotten));
}
