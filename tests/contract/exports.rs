use unticked_collector::{exports::sql, store::Store};
use uuid::Uuid;

/// After the submissions' own contract: it has kept "R-1" to "R-299" and "R-400" of `contact`, received at the same time.
pub async fn finds_submissions_by_reference_person_and_form(store: &Store) {
    let mut connection = store.read().await.unwrap();
    let received = 1_795_435_200_000;
    let one = sql::of_reference(&mut connection, "R-7").await.unwrap().unwrap();
    assert_eq!((one.reference.as_str(), one.form.as_str()), ("R-7", "contact"));
    assert_eq!(sql::of_reference(&mut connection, "R-0").await.unwrap(), None);
    let theirs = sql::of_subject(&mut connection, one.subject_id, Uuid::nil(), 9).await.unwrap();
    assert!(theirs.contains(&one));
    let last = theirs.last().unwrap().submission_id;
    assert!(sql::of_subject(&mut connection, one.subject_id, last, 9).await.unwrap().is_empty());
    assert!(sql::of_subject(&mut connection, Uuid::nil(), Uuid::nil(), 9).await.unwrap().is_empty());

    let (mut after, mut seen) = ((i64::MIN, Uuid::nil()), 0);
    loop {
        let page = sql::of_form(&mut connection, "contact", after, i64::MAX, 130).await.unwrap();
        let Some(last) = page.last() else { break };
        after = (last.received_at, last.submission_id);
        seen += page.len();
    }
    assert_eq!(seen, 300, "each once");
    let none = [("event", (i64::MIN, Uuid::nil()), i64::MAX), ("contact", (received + 1, Uuid::nil()), i64::MAX)];
    for (form, after, until) in none.into_iter().chain([("contact", (i64::MIN, Uuid::nil()), received)]) {
        assert!(
            sql::of_form(&mut connection, form, after, until, 9).await.unwrap().is_empty(),
            "{form} {after:?} {until}"
        );
    }
}
