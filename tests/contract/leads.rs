use std::collections::BTreeSet;

use unticked_collector::{
    leads::{
        Filter, Leads, Walk,
        sql::{self, Page},
    },
    store::Store,
};
use uuid::Uuid;

/// After the submissions' own contract: it has kept "R-1" to "R-299" and "R-400", all received at the same time.
pub async fn pages_through_submissions_and_reads_what_belongs_to_one(store: &Store) {
    let mut connection = store.read().await.unwrap();
    let received = 1_795_435_200_000;
    let all = Page { before: (i64::MAX, Uuid::nil()), since: i64::MIN, form: "", state: "", limit: 200 };
    let first = sql::page(&mut connection, &all).await.unwrap();
    assert_eq!((first.len(), first[0].reference.as_str(), first[0].received_at), (200, "R-400", received));
    let last = first.last().unwrap();
    let next = Page { before: (last.received_at, last.submission_id), ..all };
    let rest = sql::page(&mut connection, &next).await.unwrap();
    assert_eq!((rest.len(), rest.last().unwrap().reference.as_str()), (100, "R-1"), "each once");
    for none in [
        Page { form: "event", ..all },
        Page { state: "accepted", ..all },
        Page { since: received + 1, ..all },
        Page { before: (received, Uuid::nil()), ..all },
    ] {
        assert!(sql::page(&mut connection, &none).await.unwrap().is_empty(), "{none:?}");
    }
    let some = Page { form: "contact", state: "quarantined", since: received, limit: 3, ..all };
    assert_eq!(sql::page(&mut connection, &some).await.unwrap().len(), 3);
    assert_eq!(sql::versions(&mut connection, &all).await.unwrap(), ["ab".repeat(32)]);

    // A walk has pages of its own, and each lead once; evidence that cannot be read hides none.
    let mut walk = Walk::new(Filter { form: Some("contact".to_owned()), ..Filter::default() });
    let mut seen = BTreeSet::new();
    loop {
        let page = Leads::next(store, &mut walk, 130).await.unwrap();
        if page.is_empty() {
            break;
        }
        for lead in page {
            assert!(lead.forgotten && lead.standing.is_empty(), "neither keys nor evidence are real here");
            assert!(seen.insert(lead.submission.reference));
        }
    }
    assert_eq!(seen.len(), 300);

    let one = sql::find(&mut connection, "R-7").await.unwrap().unwrap();
    assert_eq!((one.submission_id, one.language.as_str()), (Uuid::from_u128(7), "ar"));
    assert_eq!(sql::find(&mut connection, "R-0").await.unwrap(), None);
    let values = sql::values(&mut connection, one.submission_id).await.unwrap();
    let fields: Vec<_> = values.iter().map(|row| (row.field.as_str(), row.identifies.as_str())).collect();
    assert_eq!(fields, [("email", "direct"), ("postcode", "quasi"), ("topic", "no")]);
}

/// After the outbox's own contract: it has left three deliveries waiting, of submission 78.
pub async fn finds_the_deliveries_of_a_submission_and_what_did_not_arrive(store: &Store) {
    let mut connection = store.read().await.unwrap();
    let undelivered = sql::undelivered(&mut connection, Uuid::nil(), 2).await.unwrap();
    assert_eq!(undelivered.len(), 2);
    let rest = sql::undelivered(&mut connection, undelivered[1].delivery_id, 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert!(undelivered.iter().chain(&rest).all(|one| one.state == "waiting" && one.kind == "lead.submitted"));
    assert!(undelivered.iter().chain(&rest).all(|one| one.reference.as_deref() == Some("R-78")));
    let deliveries = sql::deliveries(&mut connection, Uuid::from_u128(78)).await.unwrap();
    let states: Vec<_> = deliveries.iter().map(|row| (row.destination.as_str(), row.state.as_str())).collect();
    assert_eq!(states, [("crm", "delivered"), ("mailer", "waiting"), ("crm", "waiting"), ("crm", "waiting")]);
    assert_eq!(deliveries[0].status, Some(204));
}
