use unticked_collector::{
    documents::{self, sql, sql::View},
    execute, outbox,
    store::Store,
    tracking,
};
use uuid::Uuid;

use crate::outbox::event;

pub async fn finds_whose_tracking_may_be_asked_for(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let (submission, subject) = (Uuid::from_u128(5), Uuid::from_u128(1_000_005));
    let row = tracking::sql::find(&mut tx, submission).await.unwrap().unwrap();
    assert_eq!((row.subject_id, row.reference.as_str()), (subject, "R-5"));
    assert_eq!(tracking::sql::find(&mut tx, Uuid::from_u128(9_999)).await.unwrap(), None);
    let rows = [row];
    assert_eq!(tracking::sql::of_person(&mut tx, Some(subject), None).await.unwrap(), rows);
    assert_eq!(tracking::sql::of_person(&mut tx, None, Some("R-5")).await.unwrap(), rows);
    assert_eq!(tracking::sql::of_person(&mut tx, None, None).await.unwrap(), []);
    let contact = [7u8; 16];
    execute!(&mut tx, "update subject set contact_index = $2 where subject_id = $1", subject, contact.as_slice())
        .await
        .unwrap();
    let received = tracking::sql::received_of_person(&mut tx, None, Some("R-5"), "tools").await.unwrap();
    assert_eq!(received, [], "nothing was sent yet");
    assert_eq!(tracking::sql::received_of_address(&mut tx, &contact, "tools").await.unwrap(), []);
    let lead = outbox::sql::NewEvent { submission, ..event(800, false, &["tools"]) };
    outbox::sql::insert(&mut tx, &[lead]).await.unwrap();
    outbox::sql::claim(&mut tx, "tools", 1_000, 8, Uuid::from_u128(9), 61_000).await.unwrap();
    let received = tracking::sql::received_of_person(&mut tx, Some(subject), None, "tools").await.unwrap();
    assert_eq!(received, rows);
    assert_eq!(tracking::sql::received_of_address(&mut tx, &contact, "tools").await.unwrap(), rows);
    assert_eq!(tracking::sql::received_of_address(&mut tx, &contact, "others").await.unwrap(), []);
    assert_eq!(tracking::sql::received_of_address(&mut tx, &[8; 16], "tools").await.unwrap(), []);
    tx.rollback().await.unwrap();
}

pub async fn counts_views_by_the_day_and_deletes_them(store: &Store) {
    const DAY: i64 = 1_795_392_000_000;
    let mut tx = store.begin().await.unwrap();
    let submission = Uuid::from_u128(5);
    for (kind, document, day, purpose) in [
        ("document-views", "list.pdf", DAY, "looks"),
        ("document-views", "list.pdf", DAY, "looks"),
        ("document-views", "list.pdf", DAY + 86_400_000, "looks"),
        ("mail-opens", "dot.png", DAY, "opens"),
    ] {
        assert_eq!(sql::count(&mut tx, submission, kind, document, day, purpose).await.unwrap(), 1);
    }
    let view = |kind: &str, document: &str, day, views, purpose: &str| View {
        kind: kind.to_owned(),
        document: document.to_owned(),
        day,
        views,
        purpose: purpose.to_owned(),
    };
    assert_eq!(
        sql::of_submission(&mut tx, submission).await.unwrap(),
        [
            view("document-views", "list.pdf", DAY, 2, "looks"),
            view("mail-opens", "dot.png", DAY, 1, "opens"),
            view("document-views", "list.pdf", DAY + 86_400_000, 1, "looks"),
        ]
    );
    assert_eq!(sql::purposes(&mut tx, submission).await.unwrap(), ["looks", "opens"]);
    assert_eq!(sql::forget_purpose(&mut tx, submission, "other").await.unwrap(), 0);
    let kept = documents::keep_allowed(&mut tx, submission, |purpose| purpose.as_str() == "opens").await.unwrap();
    assert_eq!(kept, 2, "so many rows went");
    assert_eq!(sql::purposes(&mut tx, submission).await.unwrap(), ["opens"]);
    assert_eq!(documents::forget(&mut tx, submission).await.unwrap(), 1);
    assert_eq!(sql::of_submission(&mut tx, submission).await.unwrap(), []);
    tx.rollback().await.unwrap();
}
