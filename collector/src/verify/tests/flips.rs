//! One bit, one row: whatever is altered in what the check vouches for is named.
//!
//! Each alteration is made in the real database, and the whole check runs over it. Several are made at once where each is
//! of another person or another part of the ledger, so that none can hide behind another: every one of them must be named
//! for itself. What alters everything (the head, a name) is made alone.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    Dice, Finding, Name, all_names, check,
    town::{Town, column, does},
};

/// What the check vouches for: database, table, its key, and the columns. What is missing here nothing vouches for, and
/// docs/verify.md says so.
const VOUCHED: &[(&str, &str, &[&str], &[&str])] = &[
    (
        "main",
        "evidence",
        &["record_id"],
        &["record_id", "submission_id", "subject_id", "part_a", "opening_a", "part_b", "commitment", "leaf_index"],
    ),
    ("main", "ledger_leaf", &["leaf_index"], &["leaf_index", "commitment"]),
    ("main", "ledger_tile", &["level", "tile_index"], &["level", "tile_index", "hashes"]),
    ("main", "ledger_head", &["one"], &["size", "edge"]),
    ("main", "ledger_checkpoint", &["size"], &["origin_number", "size", "root", "note"]),
    ("main", "ledger_origin", &["number"], &["number", "origin", "began_at_size"]),
    ("main", "version", &["digest"], &["digest", "form", "bundle"]),
    (
        "main",
        "submission",
        &["submission_id"],
        &["submission_id", "subject_id", "form", "version", "language", "method", "received_at"],
    ),
    ("main", "subject", &["subject_id"], &["subject_id", "contact_index", "created_at"]),
    ("main", "value", &["submission_id", "field"], &["submission_id", "field", "identifies", "content"]),
    ("main", "event", &["event_id"], &["event_id", "submission_id", "subject_id", "kind"]),
    ("main", "delivery", &["delivery_id"], &["delivery_id", "event_id", "body"]),
    ("keys", "subject_key", &["subject_id"], &["subject_id", "identity_key", "evidence_key"]),
    ("keys", "ledger_signed", &["one"], &["origin", "size", "root", "note"]),
];

/// A value that is kept: where it lies, and who must be named when it is altered.
#[derive(Debug, Clone)]
struct Stored {
    database: &'static str,
    table: &'static str,
    column: &'static str,
    /// A condition that finds its row.
    row: String,
    /// As a literal.
    literal: String,
    /// Whoever shares it may hide it; none: it is altered alone.
    unit: Option<String>,
    names: BTreeSet<Name>,
}

/// A town, and hands in both of its files.
struct Hands {
    town: Town,
    main: SqliteConnection,
    keys: SqliteConnection,
}

impl Hands {
    async fn in_town(visitors: usize) -> Self {
        let town = Town::build(visitors).await;
        let (mut main, mut keys) = (town.connect("main").await, town.connect("keys").await);
        for (hand, name) in [(&mut main, "main"), (&mut keys, "keys")] {
            let copy = town.house.dir.path().join(format!("sound-{name}.db"));
            does(hand, format!("vacuum into '{}'", copy.display())).await.unwrap();
            does(hand, format!("attach '{}' as sound", copy.display())).await.unwrap();
        }
        Self { town, main, keys }
    }

    fn of(&mut self, database: &str) -> &mut SqliteConnection {
        if database == "main" { &mut self.main } else { &mut self.keys }
    }

    /// Everything is as it was.
    async fn put_back(&mut self, tables: &BTreeSet<(&'static str, &'static str)>) {
        for (database, table) in tables {
            let hand = self.of(database);
            does(hand, format!("delete from main.{table}")).await.unwrap();
            does(hand, format!("insert into main.{table} select * from sound.{table}")).await.unwrap();
        }
    }

    /// Every value that is vouched for.
    async fn stored(&mut self) -> Vec<Stored> {
        let persons = self.persons().await;
        let mut all = Vec::new();
        for (database, table, key, columns) in VOUCHED {
            let literal = |of: &str| format!("quote({of})");
            let row =
                key.iter().map(|of| format!("'{of} = ' || quote({of})")).collect::<Vec<_>>().join(" || ' and ' || ");
            for of in *columns {
                // What is delivered has no seal any more, and nothing vouches for its id.
                let only = match (*table, *of) {
                    ("delivery", "delivery_id") => "body is not null",
                    _ => "1 = 1",
                };
                let hand = self.of(database);
                let sql = format!(
                    "select {row} || char(10) || {} || char(10) || {} from {table} where {of} is not null and {only}",
                    literal(key[0]),
                    // Last: a note has lines of its own.
                    literal(of)
                );
                for line in column(hand, sql).await {
                    let mut parts = line.splitn(3, '\n');
                    let (row, key, literal) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
                    let (unit, names) = whose(table, key, &persons);
                    all.push(Stored {
                        database,
                        table,
                        column: of,
                        row: row.to_owned(),
                        literal: literal.to_owned(),
                        unit,
                        names,
                    });
                }
            }
        }
        all
    }

    /// Of each row of a person: the person, and all names by which they may be named.
    async fn persons(&mut self) -> BTreeMap<String, (String, BTreeSet<Name>)> {
        let sql = "select hex(submission.subject_id) || ' ' || hex(submission.submission_id) || ' ' ||
                       coalesce(group_concat(hex(record_id) || ' ' || leaf_index, ' '), '')
                   from submission join evidence on evidence.submission_id = submission.submission_id
                   group by submission.submission_id";
        let mut persons = BTreeMap::new();
        for line in column(&mut self.main, sql.to_owned()).await {
            let words: Vec<&str> = line.split(' ').collect();
            let unit = words[0].to_owned();
            let mut names: BTreeSet<Name> = [id(words[0]), id(words[1])].into();
            for pair in words[2..].chunks(2) {
                names.insert(id(pair[0]));
                names.insert(Name::Leaf(pair[1].parse().unwrap()));
            }
            for pair in words[2..].chunks(2) {
                // The record itself, and not only whoever it belongs to.
                let own: BTreeSet<Name> = [id(pair[0]), Name::Leaf(pair[1].parse().unwrap())].into();
                persons.insert(pair[0].to_owned(), (unit.clone(), own.clone()));
                persons.insert(pair[1].to_owned(), (unit.clone(), own));
            }
            for word in [words[0], words[1]] {
                persons.insert(word.to_owned(), (unit.clone(), names.clone()));
            }
        }
        let sql = "select hex(submission_id) || ' ' || hex(event.event_id) || ' ' || hex(delivery_id)
                   from event join delivery on delivery.event_id = event.event_id";
        for line in column(&mut self.main, sql.to_owned()).await {
            let words: Vec<&str> = line.split(' ').collect();
            let (unit, _) = persons[words[0]].clone();
            for word in [words[1], words[2]] {
                let entry = persons.entry(word.to_owned()).or_insert_with(|| (unit.clone(), BTreeSet::new()));
                entry.1.insert(id(words[2]));
            }
        }
        persons
    }
}

fn id(hex: &str) -> Name {
    Name::Id(Uuid::parse_str(hex).unwrap())
}

/// Whom a row of a table belongs to, and who must be named for it.
fn whose(
    table: &str,
    key: &str,
    persons: &BTreeMap<String, (String, BTreeSet<Name>)>,
) -> (Option<String>, BTreeSet<Name>) {
    let hex = key.trim_start_matches("X'").trim_end_matches('\'');
    match table {
        "ledger_leaf" => (Some(persons[key].0.clone()), [Name::Leaf(key.parse().unwrap())].into()),
        "ledger_tile" => (Some(format!("tile {key}")), [Name::Tile].into()),
        "ledger_checkpoint" => (Some(format!("checkpoint {key}")), [Name::Checkpoint(key.parse().unwrap())].into()),
        "ledger_head" => (None, [Name::Head].into()),
        "ledger_origin" => (None, [Name::Origin].into()),
        "ledger_signed" => (None, [Name::Signed].into()),
        "version" => (None, [Name::Version].into()),
        _ => {
            let (unit, names) = &persons[hex];
            (Some(unit.clone()), names.clone())
        }
    }
}

/// A literal with one bit turned over.
fn flipped(literal: &str, dice: &mut Dice) -> Option<(String, Option<Name>)> {
    if let Some(hex) = literal.strip_prefix("X'") {
        let mut bytes: Vec<u8> =
            (0..(hex.len() - 1) / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
        if bytes.is_empty() {
            return None;
        }
        turn(&mut bytes, dice);
        let name = Uuid::from_slice(&bytes).ok().map(Name::Id);
        return Some((format!("X'{}'", unticked_shared::signature::hex(&bytes)), name));
    }
    if let Some(text) = literal.strip_prefix('\'') {
        let mut bytes = text.strip_suffix('\'').unwrap().replace("''", "'").into_bytes();
        turn(&mut bytes, dice);
        return Some((format!("cast(X'{}' as text)", unticked_shared::signature::hex(&bytes)), None));
    }
    let number = literal.parse::<i64>().ok()? ^ (1 << dice.below(63));
    Some((number.to_string(), None))
}

fn turn(bytes: &mut [u8], dice: &mut Dice) {
    let bit = dice.below(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// Makes one of them at once for each unit, checks, and puts everything back; answers how many were made.
async fn round(
    hands: &mut Hands,
    made: Vec<(Change, BTreeSet<Name>)>,
    tables: &BTreeSet<(&'static str, &'static str)>,
) -> usize {
    let (_, findings) = check(&hands.town).await;
    let named = all_names(&findings);
    for (change, names) in &made {
        assert!(
            names.iter().any(|name| named.contains(name)),
            "nobody named {names:?} after\n  {change}\nbut\n{}",
            listed(&findings)
        );
    }
    hands.put_back(tables).await;
    made.len()
}

type Change = String;

fn listed(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("  {finding}\n")).take(60).collect()
}

/// A tile, the persons of its leaves: whatever may speak for another.
const AT_ONCE: usize = 40;

#[tokio::test]
async fn ten_thousand_bits_that_were_turned_over_are_each_named() {
    let mut dice = Dice::new("flips", 20_261_123);
    let mut hands = Hands::in_town(210).await;
    assert_eq!(check(&hands.town).await.1, []);
    let stored = hands.stored().await;
    let alone: Vec<&Stored> = stored.iter().filter(|one| one.unit.is_none()).collect();
    let many: Vec<&Stored> = stored.iter().filter(|one| one.unit.is_some()).collect();
    eprintln!("flips: {} stored values are vouched for", stored.len());
    let (mut done, mut rounds) = (0, 0);
    while done < 10_000 {
        rounds += 1;
        let mut units = BTreeSet::new();
        let (mut made, mut tables) = (Vec::new(), BTreeSet::new());
        let wanted = if rounds % 3 == 0 { 1 } else { AT_ONCE };
        for _ in 0..wanted {
            let one = *dice.one_of(if wanted == 1 { &alone } else { &many });
            if !units.insert(one.unit.clone()) {
                continue;
            }
            let Some((literal, renamed)) = flipped(&one.literal, &mut dice) else { continue };
            let sql = format!("update main.{} set {} = {literal} where {}", one.table, one.column, one.row);
            // Where the database refuses it, because such a row is there already, nothing was altered.
            if does(hands.of(one.database), sql.clone()).await == Some(1) {
                let mut names = one.names.clone();
                // A key that was altered may be named as it is now.
                names.extend(renamed.filter(|_| one.column.ends_with("_id")));
                if let (true, Ok(number)) = (["size", "leaf_index"].contains(&one.column), literal.parse()) {
                    names.insert(if one.column == "size" { Name::Checkpoint(number) } else { Name::Leaf(number) });
                }
                tables.insert((one.database, one.table));
                made.push((sql, names));
            }
        }
        done += round(&mut hands, made, &tables).await;
    }
    eprintln!("flips: {done} in {rounds} checks");
    assert_eq!(check(&hands.town).await.1, [], "everything was put back");
}

#[tokio::test]
async fn a_thousand_rows_that_were_deleted_inserted_or_exchanged_are_each_named() {
    let mut dice = Dice::new("rows", 20_261_124);
    let mut hands = Hands::in_town(120).await;
    let stored = hands.stored().await;
    // One entry for each row.
    let mut rows: BTreeMap<(&str, String), Stored> = BTreeMap::new();
    for one in &stored {
        rows.entry((one.table, one.row.clone())).or_insert_with(|| one.clone());
    }
    // What is no more published, and what has left, is nobody's to miss; a value is missed while its digest can be made.
    let missed: Vec<&Stored> =
        rows.values().filter(|one| !["ledger_checkpoint", "event", "delivery", "value"].contains(&one.table)).collect();
    let of = |table: &str| rows.values().filter(|one| one.table == table).cloned().collect::<Vec<_>>();
    let (records, leaves, values, keys) = (of("evidence"), of("ledger_leaf"), of("value"), of("subject_key"));
    let mut done = 0;
    while done < 1_000 {
        let mut units = BTreeSet::new();
        let (mut made, mut tables) = (Vec::new(), BTreeSet::new());
        for _ in 0..8 {
            let (pair, table, sql): (Vec<&Stored>, _, Vec<String>) = match dice.below(8) {
                0..=2 => {
                    let one = *dice.one_of(&missed);
                    (
                        vec![one],
                        (one.database, one.table),
                        vec![format!("delete from main.{} where {}", one.table, one.row)],
                    )
                }
                3 => {
                    // A record that nobody made, copied from another.
                    let one = dice.one_of(&records);
                    let new = Uuid::from_u128(u128::from(dice.next()) << 64 | u128::from(dice.next()));
                    let leaf =
                        if dice.below(2) == 0 { "null".to_owned() } else { (5_000 + dice.below(5_000)).to_string() };
                    let sql = format!(
                        "insert into main.evidence select X'{}', submission_id, subject_id, part_a, opening_a, part_b,
                             commitment, {leaf}
                         from sound.evidence where {}",
                        new.simple(),
                        one.row
                    );
                    made.push((sql.clone(), [Name::Id(new)].into()));
                    (vec![one], ("main", "evidence"), vec![sql])
                }
                4 => {
                    let (one, number) = (dice.one_of(&leaves), 20_000 + dice.below(5_000));
                    let sql = format!(
                        "insert into main.ledger_leaf select {number}, commitment from sound.ledger_leaf where {}",
                        one.row
                    );
                    made.push((sql.clone(), [Name::Leaf(i64::try_from(number).unwrap())].into()));
                    (vec![one], ("main", "ledger_leaf"), vec![sql])
                }
                5 => exchange("main", "ledger_leaf", "commitment", &leaves, &mut dice),
                6 => {
                    let column = *dice.one_of(&["part_a", "part_b", "opening_a", "commitment"]);
                    exchange("main", "evidence", column, &records, &mut dice)
                }
                _ if dice.below(2) == 0 => exchange("main", "value", "content", &values, &mut dice),
                _ => exchange("keys", "subject_key", "evidence_key", &keys, &mut dice),
            };
            let new_units: BTreeSet<_> = pair.iter().map(|one| one.unit.clone()).collect();
            let inserted = sql[0].starts_with("insert");
            let alone = new_units.contains(&None);
            if (alone && !made.is_empty()) || new_units.len() < pair.len() || !units.is_disjoint(&new_units) {
                if inserted {
                    made.pop();
                }
                continue;
            }
            units.extend(new_units);
            let mut changed = 0;
            for sql in &sql {
                changed += does(hands.of(table.0), sql.clone()).await.unwrap_or(0);
            }
            tables.insert(table);
            if changed == 0 {
                // Two that held the same: nothing was exchanged.
                assert!(sql[0].starts_with("update"), "{sql:?}");
                continue;
            }
            if !inserted {
                for one in pair {
                    made.push((sql.join("; "), one.names.clone()));
                }
            }
            if alone {
                break;
            }
        }
        done += round(&mut hands, made, &tables).await;
    }
    eprintln!("rows: {done}");
    assert_eq!(check(&hands.town).await.1, [], "everything was put back");
}

/// Two rows of a table exchange what one column holds.
fn exchange<'a>(
    database: &'static str,
    table: &'static str,
    column: &str,
    rows: &'a [Stored],
    dice: &mut Dice,
) -> (Vec<&'a Stored>, (&'static str, &'static str), Vec<String>) {
    let (one, other) = (dice.one_of(rows), dice.one_of(rows));
    let put = |to: &Stored, from: &Stored| {
        let other = format!("(select {column} from sound.{table} where {})", from.row);
        format!("update main.{table} set {column} = {other} where {} and {column} is not {other}", to.row)
    };
    (vec![one, other], (database, table), vec![put(one, other), put(other, one)])
}

#[tokio::test]
async fn records_that_exchange_their_leaves_are_named_although_each_fits_its_own() {
    let mut dice = Dice::new("order", 20_261_125);
    let mut hands = Hands::in_town(210).await;
    let size = hands.town.house.needs.ledger.last_signed().head.size;
    let tables = BTreeSet::from([("main", "evidence"), ("main", "ledger_leaf")]);
    for _ in 0..40 {
        let (a, b) = (dice.below(usize::try_from(size).unwrap()), dice.below(usize::try_from(size).unwrap()));
        if a == b {
            continue;
        }
        for (to, from) in [(a, b), (b, a)] {
            let leaf = format!(
                "update main.ledger_leaf set commitment = (select commitment from sound.ledger_leaf where leaf_index = {from})
                 where leaf_index = {to}"
            );
            does(&mut hands.main, leaf).await.unwrap();
        }
        for (from, to) in [(a, 1_000_000), (b, a), (1_000_000, b)] {
            let sql = format!("update main.evidence set leaf_index = {to} where leaf_index = {from}");
            does(&mut hands.main, sql).await.unwrap();
        }
        let (_, findings) = check(&hands.town).await;
        let named = all_names(&findings);
        let leaf = |at: usize| Name::Leaf(i64::try_from(at).unwrap());
        assert!(
            named.contains(&Name::Tile) || (named.contains(&leaf(a)) && named.contains(&leaf(b))),
            "{a} and {b}:\n{}",
            listed(&findings)
        );
        hands.put_back(&tables).await;
    }
}

#[tokio::test]
async fn a_value_that_was_taken_away_or_added_is_missed_while_its_record_can_say_so() {
    let mut hands = Hands::in_town(12).await;
    // The newest are as they were sent.
    let sql = "select hex(submission_id) from submission order by received_at desc limit 4";
    for submission in column(&mut hands.main, sql.to_owned()).await {
        let destroyed = format!("select count(*) || '' from evidence where submission_id = X'{submission}'");
        if column(&mut hands.main, destroyed).await != ["1"] {
            continue;
        }
        does(
            &mut hands.main,
            format!("delete from main.value where submission_id = X'{submission}' and field = 'topic'"),
        )
        .await
        .unwrap();
        let (_, findings) = check(&hands.town).await;
        assert!(all_names(&findings).contains(&id(&submission)), "{}", listed(&findings));
        hands.put_back(&BTreeSet::from([("main", "value")])).await;
    }
}

#[tokio::test]
async fn hashes_that_are_not_32_bytes_are_refused() {
    let mut hands = Hands::in_town(12).await;
    for (table, column, row) in [
        ("evidence", "commitment", "leaf_index = 3"),
        ("evidence", "opening_a", "leaf_index = 3"),
        ("ledger_leaf", "commitment", "leaf_index = 3"),
        ("ledger_checkpoint", "root", "size > 0"),
        ("ledger_head", "edge", "one = 1"),
    ] {
        for to in [format!("substr({column}, 1, length({column}) - 1)"), format!("{column} || X'00'"), "X''".to_owned()]
        {
            does(&mut hands.main, format!("update main.{table} set {column} = cast({to} as blob) where {row}"))
                .await
                .unwrap();
            let (_, findings) = check(&hands.town).await;
            let named = all_names(&findings);
            let expected = |name: &Name| match table {
                "ledger_head" => *name == Name::Head,
                "ledger_checkpoint" => matches!(name, Name::Checkpoint(_)),
                _ => *name == Name::Leaf(3),
            };
            assert!(named.iter().any(expected), "{table}.{column} = {to}:\n{}", listed(&findings));
            hands.put_back(&BTreeSet::from([("main", table)])).await;
        }
    }
}
