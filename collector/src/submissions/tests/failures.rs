//! Each write failed, each commit lost, and what is left of it.

use std::sync::Mutex;

use super::*;
use crate::{
    store::{CommitFate, DatabaseName, EngineKind, Place, StoreError},
    submissions::{
        reached::{self, LastCommitted},
        record::{Record, record},
        sweep::Swept::{Keys, MainIsBehind},
        writer::{Tools, WriteError, Writer, Written, together_or_alone},
    },
};

/// Fails what it is told to.
#[derive(Default)]
struct Saboteur(Mutex<Plan>);

#[derive(Default)]
struct Plan {
    /// Statements until one fails.
    statement: Option<usize>,
    /// How many fail from there on.
    times: usize,
    /// As a defect, and not as a database that is away.
    defect: bool,
    /// The fate of the next commit of a database.
    commit: Option<(DatabaseName, CommitFate)>,
    /// Statements seen.
    seen: usize,
}

impl Saboteur {
    fn plan(&self, plan: Plan) {
        *self.0.lock().unwrap() = plan;
    }
}

impl Watch for Saboteur {
    fn statement(&self, _: EngineKind, _: DatabaseName, _: Place) -> Result<(), StoreError> {
        let mut plan = self.0.lock().unwrap();
        plan.seen += 1;
        match plan.statement {
            Some(0) if plan.times > 0 => {
                plan.times -= 1;
                let message = "sabotage".to_owned();
                Err(if plan.defect { StoreError::Defect(message) } else { StoreError::Unavailable(message) })
            }
            Some(0) | None => Ok(()),
            Some(left) => {
                plan.statement = Some(left - 1);
                Ok(())
            }
        }
    }

    fn commit(&self, _: EngineKind, name: DatabaseName) -> CommitFate {
        let mut plan = self.0.lock().unwrap();
        match plan.commit {
            Some((database, fate)) if database == name => {
                plan.commit = None;
                fate
            }
            _ => CommitFate::Happens,
        }
    }
}

async fn house() -> (House, Arc<Saboteur>) {
    let saboteur = Arc::new(Saboteur::default());
    let watch: Arc<dyn Watch> = saboteur.clone();
    (House::watched(watch).await, saboteur)
}

fn tools(house: &House) -> Tools {
    let Needs { store, ledger, outbox, metrics, .. } = house.needs.clone();
    Tools { store, ledger, outbox, metrics, reached: LastCommitted::default(), by_mail: false }
}

fn brief(outcomes: &[Result<Written, WriteError>]) -> Vec<Result<&'static str, WriteError>> {
    let word = |written: &Written| if matches!(written, Written::New(_)) { "new" } else { "known" };
    outcomes.iter().map(|outcome| outcome.as_ref().map(word).map_err(|error| *error)).collect()
}

fn records(house: &House, count: usize) -> Vec<Record> {
    (0..count)
        .map(|_| {
            let visitor = house.visitor();
            let decided = decide(visitor.signed(), &visitor.ticket, &house.version(), house.hour.now()).unwrap();
            record(&decided, &house.needs.vault, &house.needs.forms.destinations(), None).unwrap().0
        })
        .collect()
}

#[tokio::test]
async fn a_write_that_fails_at_any_step_leaves_nothing_half_written_and_can_be_tried_again() {
    let (house, saboteur) = house().await;
    // The second one notes what the first has committed.
    house.submissions.submit(house.visitor().signed()).await.unwrap();
    saboteur.plan(Plan::default());
    house.submissions.submit(house.visitor().signed()).await.unwrap();
    let steps = saboteur.0.lock().unwrap().seen;
    assert!(steps >= 8, "keys, note, subject, submission, values, evidence, event, delivery: {steps}");
    for step in 0..steps {
        for defect in [false, true] {
            let before = house.counts().await;
            let visitor = house.visitor();
            saboteur.plan(Plan { statement: Some(step), times: usize::MAX, defect, ..Plan::default() });
            let expected = if defect { Refused::Internal } else { Refused::Unavailable };
            assert_eq!(house.submissions.submit(visitor.signed()).await, Err(expected), "step {step}");
            saboteur.plan(Plan::default());
            // Where only the signature failed it stands, and nobody was told so.
            let stands = house.counts().await != before;
            assert!(!stands || step == steps - 1, "step {step}");
            let how = house.submissions.submit(visitor.signed()).await.unwrap().how;
            assert_eq!(how, if stands { How::Repeated } else { How::New }, "step {step}");
            assert_eq!(house.counts().await[0], before[0] + 1);
            let signed = house.needs.ledger.last_signed().head.size;
            assert_eq!(i64::try_from(signed).unwrap(), house.count("evidence").await, "step {step}");
        }
    }
}

#[tokio::test]
async fn a_commit_that_is_lost_leaves_nothing_and_can_be_tried_again() {
    for database in [DatabaseName::Keys, DatabaseName::Main] {
        let (house, saboteur) = house().await;
        let visitor = house.visitor();
        saboteur.plan(Plan { commit: Some((database, CommitFate::Fails)), ..Plan::default() });
        assert_eq!(house.submissions.submit(visitor.signed()).await, Err(Refused::Unavailable));
        assert_eq!(house.counts().await, [0; 6]);
        assert_eq!(house.submissions.submit(visitor.signed()).await.unwrap().how, How::New);
        assert_eq!(house.counts().await, [1, 1, 3, 1, 1, 1]);
    }
}

#[tokio::test]
async fn a_commit_that_happened_and_was_reported_lost_is_looked_up_and_answered() {
    let (house, saboteur) = house().await;
    let visitor = house.visitor();
    saboteur.plan(Plan { commit: Some((DatabaseName::Main, CommitFate::HappensUnreported)), ..Plan::default() });
    let first = house.submissions.submit(visitor.signed()).await.unwrap();
    assert_eq!(first.how, How::New);
    let again = house.submissions.submit(visitor.signed()).await.unwrap();
    assert_eq!((again.how, again.accepted), (How::Repeated, first.accepted));
    assert_eq!(house.counts().await, [1, 1, 3, 1, 1, 1]);
}

#[tokio::test]
async fn where_even_the_look_fails_the_visitor_tries_again_and_finds_the_result() {
    let (house, saboteur) = house().await;
    house.submissions.submit(house.visitor().signed()).await.unwrap();
    saboteur.plan(Plan::default());
    house.submissions.submit(house.visitor().signed()).await.unwrap();
    let steps = saboteur.0.lock().unwrap().seen;
    let visitor = house.visitor();
    saboteur.plan(Plan {
        // The last one keeps the signed head; the look comes before it.
        statement: Some(steps - 1),
        times: 1,
        commit: Some((DatabaseName::Main, CommitFate::HappensUnreported)),
        ..Plan::default()
    });
    assert_eq!(house.submissions.submit(visitor.signed()).await, Err(Refused::Unavailable));
    assert_eq!(house.submissions.submit(visitor.signed()).await.unwrap().how, How::Repeated);
    assert_eq!(house.counts().await[0], 3);
}

#[tokio::test]
async fn one_that_spoils_the_batch_spoils_only_itself() {
    let (house, saboteur) = house().await;
    let records = records(&house, 5);
    let all: Vec<&Record> = records.iter().collect();
    // The first statement of the batch, and that of the first one alone.
    saboteur.plan(Plan { statement: Some(0), times: 2, defect: true, ..Plan::default() });
    let outcomes = together_or_alone(&tools(&house), &all).await;
    let mut expected = [Ok("new"); 5];
    expected[0] = Err(WriteError::Defect);
    assert_eq!(brief(&outcomes), expected);
    assert_eq!(house.counts().await, [4, 4, 12, 4, 4, 4]);
}

/// Stops at the first commit of the main database, and fails the statement on the key store after it.
struct BetweenTwoBatches {
    there: std::sync::mpsc::Sender<()>,
    on: Mutex<std::sync::mpsc::Receiver<()>>,
    commits: AtomicI64,
    failed: AtomicI64,
}

impl Watch for BetweenTwoBatches {
    fn statement(&self, _: EngineKind, name: DatabaseName, _: Place) -> Result<(), StoreError> {
        let due = name == DatabaseName::Keys && self.commits.load(Ordering::SeqCst) == 1;
        if due && self.failed.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err(StoreError::Unavailable("sabotage".to_owned()));
        }
        Ok(())
    }

    fn commit(&self, _: EngineKind, name: DatabaseName) -> CommitFate {
        if name == DatabaseName::Main && self.commits.fetch_add(1, Ordering::SeqCst) == 0 {
            self.there.send(()).unwrap();
            self.on.lock().unwrap().recv().unwrap();
        }
        CommitFate::Happens
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn whoever_is_committed_is_answered_though_the_keys_of_those_behind_cannot_be_kept() {
    let ((there, reached), (go, on)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let on = Mutex::new(on);
    let watch = Arc::new(BetweenTwoBatches { there, on, commits: AtomicI64::new(i64::MIN), failed: AtomicI64::new(0) });
    let plain = House::new().await;
    let settings = DatabaseSettings::sqlite(plain.dir.path().join("main.db"));
    let store = Store::open_watched(&settings, Some(watch.clone())).await.unwrap();
    let needs = Needs { store, ..plain.needs.clone() };
    let ledger = Ledger::open(&needs.store, &needs.vault, "https://forms.example", &needs.clock).await.unwrap();
    let house = House { needs: Needs { ledger, ..needs }, ..plain };
    watch.commits.store(0, Ordering::SeqCst);
    let mut records = records(&house, 2).into_iter();
    let (writer, task) = Writer::start(tools(&house));
    let (first, second) = (records.next().unwrap(), records.next().unwrap());
    let again = second.clone();
    let first = tokio::spawn({
        let writer = writer.clone();
        async move { writer.write(first).await }
    });
    tokio::task::spawn_blocking(move || reached.recv().unwrap()).await.unwrap();
    // The first one is about to be committed; the second one waits before it is.
    let mut second = Box::pin(writer.write(second));
    assert!(tokio::time::timeout(std::time::Duration::ZERO, &mut second).await.is_err());
    go.send(()).unwrap();
    assert_eq!(brief(&[first.await.unwrap(), second.await]), [Ok("new"), Err(WriteError::Unavailable)]);
    assert_eq!(house.needs.ledger.last_signed().head.size, 1);
    assert_eq!(brief(&[writer.write(again).await]), [Ok("new")]);
    writer.stop();
    task.await.unwrap();
    assert_eq!((house.count("evidence").await, house.needs.ledger.last_signed().head.size), (2, 2));
}

#[tokio::test]
async fn a_database_that_is_away_is_asked_once_more_and_not_for_everybody() {
    let (house, saboteur) = house().await;
    let records = records(&house, 100);
    let all: Vec<&Record> = records.iter().collect();
    saboteur.plan(Plan { statement: Some(0), times: usize::MAX, ..Plan::default() });
    let outcomes = together_or_alone(&tools(&house), &all).await;
    assert_eq!(brief(&outcomes), [Err(WriteError::Unavailable); 100]);
    assert_eq!(saboteur.0.lock().unwrap().seen, 2);
}

#[tokio::test]
async fn those_that_stand_already_are_found_and_the_others_written() {
    let (house, _) = house().await;
    let records = records(&house, 6);
    let odd: Vec<&Record> = records.iter().step_by(2).collect();
    assert_eq!(brief(&together_or_alone(&tools(&house), &odd).await), [Ok("new"); 3]);
    let all: Vec<&Record> = records.iter().collect();
    let outcomes = together_or_alone(&tools(&house), &all).await;
    for (at, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(Written::Known(kept)) if at % 2 == 0 => {
                assert_eq!(kept.reference, records[at].submission.reference);
            }
            Ok(Written::New(_)) if at % 2 == 1 => {}
            other => panic!("{at}: {other:?}"),
        }
    }
    assert_eq!(house.counts().await[0], 6);
}

#[tokio::test]
async fn a_reference_that_is_taken_within_a_batch_costs_nobody_else() {
    let (house, _) = house().await;
    let mut records = records(&house, 4);
    records[2].submission.reference = records[1].submission.reference.clone();
    let all: Vec<&Record> = records.iter().collect();
    let outcomes = together_or_alone(&tools(&house), &all).await;
    assert_eq!(brief(&outcomes), [Ok("new"), Ok("new"), Err(WriteError::ReferenceTaken), Ok("new")]);
    assert_eq!(house.counts().await[0], 3);
}

#[tokio::test]
async fn keys_without_a_subject_are_swept_when_they_are_old_and_no_others() {
    let (house, saboteur) = house().await;
    let visitor = house.visitor();
    saboteur.plan(Plan { commit: Some((DatabaseName::Main, CommitFate::Fails)), ..Plan::default() });
    house.submissions.submit(visitor.signed()).await.unwrap_err();
    house.submissions.submit(visitor.signed()).await.unwrap();
    assert_eq!(house.count("subject_key").await, 2);
    let sweep = async |house: &House| sweep::sweep(&house.needs.store, house.hour.now()).await;
    assert_eq!(sweep(&house).await.unwrap(), Keys(0), "they may belong to a transaction under way");
    house.hour.pass(3601);
    assert_eq!(sweep(&house).await.unwrap(), Keys(1));
    assert_eq!(sweep(&house).await.unwrap(), Keys(0));
    assert_eq!(house.count("subject_key").await, 1);
    assert_eq!(house.submissions.submit(visitor.signed()).await.unwrap().how, How::Repeated);
}

#[tokio::test]
async fn beside_an_old_copy_of_the_main_database_no_key_is_swept_until_the_newer_one_is_back() {
    let house = House::new().await;
    let send = async || house.submissions.submit(house.visitor().signed()).await.unwrap();
    let copy = house.dir.path().join("copy.db");
    send().await;
    let mut tx = house.needs.store.begin().await.unwrap();
    let crate::store::Engine::Sqlite(engine) = tx.engine(Place { file: "tests", line: 0 }).unwrap() else { panic!() };
    // `vacuum` runs in no transaction.
    sqlx::query("rollback").execute(&mut *engine).await.unwrap();
    let text = copy.to_str().unwrap();
    sqlx::query("vacuum into $1").bind(text).execute(&mut *engine).await.unwrap();
    drop(tx);
    // Two batches, of which the second notes the first: the copy knows neither.
    send().await;
    send().await;
    let store = |main: &Path| DatabaseSettings {
        main: crate::config::Database::Sqlite { file: main.to_owned() },
        keys: crate::config::Database::Sqlite { file: house.dir.path().join("main-keys.db") },
    };
    let sweep = async |store: &Store| sweep::sweep(store, house.hour.now()).await.unwrap();
    house.hour.pass(4000);
    let old = Store::open(&store(&copy)).await.unwrap();
    assert_eq!(sweep(&old).await, MainIsBehind);
    // Nothing goes into it while the ledger was signed further, and what is tried does not lift the guard.
    let worker = Submissions::start(Needs { store: old.clone(), ..house.needs.clone() });
    for _ in 0..3 {
        assert_eq!(worker.submit(house.visitor().signed()).await, Err(Refused::Internal));
    }
    house.hour.pass(4000);
    assert_eq!(sweep(&old).await, MainIsBehind);
    assert_eq!(house.count("subject_key").await, 6);
    // The newer one knows itself again; the three of the copy are strangers to it.
    assert_eq!(sweep(&house.needs.store).await, Keys(3));
    // Whoever has no newer one says so.
    assert_eq!(sweep(&old).await, MainIsBehind);
    reached::settle(&old, house.hour.now()).await.unwrap();
    assert_eq!(sweep(&old).await, Keys(2));
}

/// Says something to the one connection that writes.
async fn tell_the_writer(house: &House, database: DatabaseName, pragma: &str) {
    let database = if database == DatabaseName::Main { house.needs.store.main() } else { house.needs.store.keys() };
    let mut tx = database.begin().await.unwrap();
    let place = Place { file: "tests", line: 0 };
    let crate::store::Engine::Sqlite(engine) = tx.engine(place).unwrap() else { unreachable!() };
    sqlx::query(sqlx::AssertSqlSafe(format!("pragma {pragma}"))).execute(engine).await.unwrap();
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn a_read_only_database_is_unavailable_and_nothing_is_written() {
    for database in [DatabaseName::Main, DatabaseName::Keys] {
        let house = House::new().await;
        let visitor = house.visitor();
        tell_the_writer(&house, database, "query_only = on").await;
        for _ in 0..3 {
            assert_eq!(house.submissions.submit(visitor.signed()).await, Err(Refused::Unavailable), "{database:?}");
        }
        let settings = DatabaseSettings::sqlite(house.dir.path().join("main.db"));
        let store = Store::open(&settings).await.unwrap();
        let clock = house.hour.clock();
        let ledger = Ledger::open(&store, &house.needs.vault, "https://forms.example", &clock).await.unwrap();
        let writable = Submissions::start(Needs { store, ledger, ..house.needs.clone() });
        assert_eq!(writable.submit(visitor.signed()).await.unwrap().how, How::New);
    }
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_nothing_is_half_written() {
    let house = House::new().await;
    // No page more than there are: SQLite answers SQLITE_FULL, as on a disk without room.
    tell_the_writer(&house, DatabaseName::Main, "max_page_count = 1").await;
    let mut written = 0;
    let refused = loop {
        let visitor = house.visitor().enters("message", &"long ".repeat(400));
        match house.submissions.submit(visitor.signed()).await {
            Ok(_) => written += 1,
            Err(refused) => break (visitor, refused),
        }
        assert!(written < 200, "the disk never filled");
    };
    assert_eq!(refused.1, Refused::Unavailable);
    assert_eq!(house.counts().await, [1, 1, 3, 1, 1, 1].map(|rows| rows * written));
    tell_the_writer(&house, DatabaseName::Main, "max_page_count = 1000000").await;
    assert_eq!(house.submissions.submit(refused.0.signed()).await.unwrap().how, How::New);
}
