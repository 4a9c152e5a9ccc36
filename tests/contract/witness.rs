//! The statements of what others vouch for.

use unticked_collector::{
    ledger::witness::sql::{self, CosignatureRow, OutsiderRow, StampRow},
    store::Store,
};

pub async fn keeps_what_others_vouch_for(store: &Store) {
    let row = |size, problem: Option<&str>, refused_at| OutsiderRow {
        outsider: "witness.example+1a2b3c4d+BAbc".to_owned(),
        size,
        asked_at: 1_795_435_200_000,
        problem: problem.map(str::to_owned),
        refused_at,
    };
    let mut tx = store.begin().await.unwrap();
    let name = &row(0, None, None).outsider;
    assert_eq!(sql::outsider(&mut tx, 1, name).await.unwrap(), None);
    for one in [row(7, None, None), row(0, Some("no answer"), Some(5))] {
        assert_eq!(sql::put_outsider(&mut tx, 1, &one).await.unwrap(), 1);
    }
    // What it vouched for it vouches for still.
    let now = row(7, Some("no answer"), Some(5));
    assert_eq!(sql::outsider(&mut tx, 1, name).await.unwrap(), Some(now.clone()));
    assert_eq!(sql::outsider(&mut tx, 2, name).await.unwrap(), None);
    assert_eq!(sql::outsiders(&mut tx, 1).await.unwrap(), [now]);

    let line = |line: &str| CosignatureRow {
        origin_number: 1,
        size: 7,
        witness: name.clone(),
        line: line.to_owned(),
        signed_at: 1_795_435_200,
    };
    assert_eq!(sql::insert_cosignature(&mut tx, &line("first")).await.unwrap(), 1);
    assert_eq!(sql::insert_cosignature(&mut tx, &line("second")).await.unwrap(), 0);
    assert_eq!(sql::cosignatures(&mut tx, 1, 7).await.unwrap(), [line("first")]);
    assert!(sql::cosignatures(&mut tx, 1, 8).await.unwrap().is_empty());

    let stamp = |size, stamped_at: &str| StampRow {
        origin_number: 1,
        size,
        authority: "https://tsa.example".to_owned(),
        note: "note".to_owned(),
        response: vec![0x30, 0],
        stamped_at: stamped_at.to_owned(),
        kept_at: 1_795_435_200_000,
    };
    for (one, kept) in [(stamp(7, "a"), 1), (stamp(9, "b"), 1), (stamp(7, "c"), 0)] {
        assert_eq!(sql::insert_stamp(&mut tx, &one).await.unwrap(), kept);
    }
    let last = sql::last_stamp(&mut tx, 1, "https://tsa.example").await.unwrap();
    assert_eq!(last, Some(stamp(9, "b")));
    assert_eq!(sql::last_stamp(&mut tx, 1, "https://other.example").await.unwrap(), None);
    assert_eq!(sql::stamps(&mut tx, 1).await.unwrap(), [stamp(9, "b")]);
    assert_eq!(sql::stamps(&mut tx, 9).await.unwrap().len(), 2);
    tx.rollback().await.unwrap();
}
