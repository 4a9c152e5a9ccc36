use unticked_collector::{
    mail::sql::{self, Kind, Look},
    store::Store,
};
use uuid::Uuid;

/// After the other rooms' contracts: there are submissions to tell of.
pub async fn gathers_claims_and_settles_mails(store: &Store) {
    let [mail, lease, stranger] = [900, 901, 902].map(Uuid::from_u128);
    let mut tx = store.begin().await.unwrap();
    sql::lock(&mut tx).await.unwrap();
    // What the outbox's contract gave up was told of in passing.
    assert_eq!(sql::look(&mut tx).await.unwrap().made, None);
    let some: Vec<_> = (1..=3).map(Uuid::from_u128).collect();
    sql::note(&mut tx, Kind::Submission, &some, 500).await.unwrap();
    sql::note(&mut tx, Kind::Submission, &some, 400).await.unwrap();
    sql::note(&mut tx, Kind::Delivery, &[Uuid::from_u128(10)], 600).await.unwrap();
    assert_eq!(sql::look(&mut tx).await.unwrap().untold, Some(400));
    assert_eq!(sql::insert(&mut tx, mail, 1_000).await.unwrap(), 1);
    assert_eq!(sql::claim(&mut tx, 999, lease, 9_000).await.unwrap(), None, "it is not due");
    let claimed = sql::claim(&mut tx, 1_000, lease, 9_000).await.unwrap().unwrap();
    assert_eq!((claimed.mail_id, claimed.attempt), (mail, 1));
    assert_eq!(sql::claim(&mut tx, 8_999, stranger, 9_999).await.unwrap(), None, "it is ours");
    assert!(sql::attach(&mut tx, mail).await.unwrap() >= 4);
    assert_eq!(sql::look(&mut tx).await.unwrap(), Look { untold: None, made: Some(1_000), due: Some(9_000) });
    let arrived = sql::arrived(&mut tx, mail, 10).await.unwrap();
    let references: Vec<_> = arrived.iter().map(|one| one.reference.as_str()).collect();
    assert_eq!(references, ["R-1", "R-2", "R-3"]);
    assert!(sql::given_up(&mut tx, mail, 10).await.unwrap().is_empty(), "it was sent again since");

    assert_eq!(sql::again(&mut tx, mail, stranger, 5_000, "late").await.unwrap(), 0);
    assert_eq!(sql::again(&mut tx, mail, lease, 5_000, "no answer").await.unwrap(), 1);
    let unsent = sql::unsent(&mut tx, 10).await.unwrap();
    assert_eq!((unsent[0].state.as_str(), unsent[0].reason.as_deref()), ("waiting", Some("no answer")));
    assert!(unsent[0].items >= 4);
    sql::claim(&mut tx, 5_000, lease, 9_000).await.unwrap().unwrap();
    assert_eq!(sql::failed(&mut tx, mail, lease, "gave up", 6_000).await.unwrap(), 1);
    assert_eq!(sql::unsent(&mut tx, 10).await.unwrap()[0].state, "failed");
    assert_eq!(sql::send_again(&mut tx, 7_000).await.unwrap(), 1);
    assert_eq!(sql::claim(&mut tx, 7_000, lease, 9_000).await.unwrap().unwrap().attempt, 1);
    sql::sent(&mut tx, mail, 7_500).await.unwrap();
    assert!(sql::unsent(&mut tx, 10).await.unwrap().is_empty());
    assert!(sql::arrived(&mut tx, mail, 10).await.unwrap().is_empty(), "what was told is not told again");
    assert_eq!(sql::sweep(&mut tx, 1_000).await.unwrap(), 0);
    assert_eq!(sql::sweep(&mut tx, 1_001).await.unwrap(), 1);
    tx.commit().await.unwrap();
}
