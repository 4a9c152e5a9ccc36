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
    let body = person.identity.seal(&body_cell(&delivery), b"{}", &house.random);
    let unseal = Unseal { store: house.store.clone(), vault };
    let claimed =
        |delivery_id| Claimed { delivery_id, event_id: delivery, subject_id: subject, body: body.clone(), attempt: 1 };
    assert_eq!(unseal.open(&claimed(delivery)).await, Ok(b"{}".to_vec()));
    assert!(matches!(unseal.open(&claimed(other)).await, Err(Unopened::Locked(_))), "moved to another row");

    let mut keys = house.store.keys().begin().await.unwrap();
    vault::sql::destroy(&mut keys, subject).await.unwrap();
    keys.commit().await.unwrap();
    assert_eq!(unseal.open(&claimed(delivery)).await, Err(Unopened::Forgotten));
}
