//! References that meet one another.

use std::sync::atomic::AtomicUsize;

use super::*;

/// Randomness whose first `same` references are all the same one.
fn repeating(same: usize) -> Random {
    let (system, drawn) = (Random::system(), AtomicUsize::new(0));
    Random::custom(move |bytes| {
        let is_reference = bytes.len() == 4;
        if is_reference && drawn.fetch_add(1, Ordering::SeqCst) < same {
            bytes.fill(7);
        } else {
            for byte in bytes {
                [*byte] = system.bytes();
            }
        }
    })
}

#[tokio::test]
async fn a_reference_that_is_taken_is_drawn_again() {
    let house = House::with(None, repeating(3)).await;
    let first = house.submissions.submit(house.visitor().signed()).await.unwrap();
    let second = house.submissions.submit(house.visitor().signed()).await.unwrap();
    assert_eq!(first.accepted.reference, "9C0W-3GE1");
    assert_ne!(second.accepted.reference, first.accepted.reference);
    assert_eq!(house.counts().await, [2, 2, 6, 2, 2, 2]);
}

#[tokio::test]
async fn randomness_that_only_repeats_itself_ends_in_an_error_and_writes_nothing() {
    let house = House::with(None, repeating(usize::MAX)).await;
    house.submissions.submit(house.visitor().signed()).await.unwrap();
    assert_eq!(house.submissions.submit(house.visitor().signed()).await, Err(Refused::Internal));
    assert_eq!(house.counts().await, [1, 1, 3, 1, 1, 1]);
}
