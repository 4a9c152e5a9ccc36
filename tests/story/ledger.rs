//! The ledger as strangers see it: read with tools of others, and never differently from what was shown before.

use serde_json::Value;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{
    Checkpoint, HashReader, Tile, TileHashReader, TileReader, check_record, check_tree, prove_record, prove_tree,
    record_hash, stored_hash_index,
};
use unticked_collector::{
    keep::{self, LedgerAfter, Order, Wish},
    ledger::{LedgerError, mend},
    store::Store,
    vault::{KeyRing, Vault},
    verify::{Told, outside},
    wiring::{Overrides, StartError, serve},
    world::{Clock, Random},
};
use unticked_shared::merkle::note::VerifierKey;

use crate::{destination::Crm, house::House, visitor::Visitor};

/// A client that others wrote, over HTTP.
struct Stranger<'h> {
    house: &'h House,
    place: &'static str,
}

impl Stranger<'_> {
    fn key(&self) -> String {
        self.house.get(&format!("{}/key", self.place), &[]).expect(200).text().trim_end().to_owned()
    }

    fn checkpoint(&self, key: &str) -> Checkpoint {
        let note = self.house.get(&format!("{}/checkpoint", self.place), &[]).expect(200);
        checked(note.text().as_bytes(), key)
    }

    fn tile(&self, tile: &str) -> Vec<u8> {
        self.house.get(&format!("{}/{tile}", self.place), &[]).expect(200).0.body
    }
}

/// Its signature holds.
fn checked(note: &[u8], key: &str) -> Checkpoint {
    let note = Note::from_bytes(note).unwrap();
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(key).unwrap())]);
    assert_eq!(note.verify(&known).unwrap().0.len(), 1);
    let checkpoint = Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!(key.split('+').next(), Some(checkpoint.origin()));
    checkpoint
}

impl TileReader for Stranger<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|tile| self.tile(&tile.path().replacen("tile/8/", "tile/", 1))).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

#[test]
fn a_stranger_follows_the_ledger_with_a_tool_that_we_did_not_write() {
    let house = House::open();
    let stranger = Stranger { house: &house, place: "/ledger" };
    let key = stranger.key();
    assert!(key.starts_with("forms.example/ledger+"), "{key}");
    let mut before = stranger.checkpoint(&key);
    assert_eq!((before.size(), before.hash()), (0, &tlog_tiles::EMPTY_HASH));
    // Sizes at which tiles begin, fill up, and make others above them.
    for more in [1, 1, 68, 185, 1, 1, 343, 64_936, 300] {
        house.grow_ledger(more);
        house.publish();
        let now = stranger.checkpoint(&key);
        assert_eq!(now.size(), before.size() + more);
        let tree = TileHashReader::new(now.size(), *now.hash(), &stranger);
        if before.size() > 0 {
            let proof = prove_tree(now.size(), before.size(), &tree).unwrap();
            check_tree(&proof, now.size(), *now.hash(), before.size(), *before.hash()).unwrap();
        }
        for leaf in [0, before.size(), now.size() / 2, now.size() - 1] {
            let width = (now.size() - leaf / 256 * 256).min(256);
            let part = if width < 256 { format!(".p/{width}") } else { String::new() };
            let bundle = stranger.tile(&format!("tile/entries/{:03}{part}", leaf / 256));
            let entry = entries(&bundle)[usize::try_from(leaf % 256).unwrap()].clone();
            let [hash] = tree.read_hashes(&[stored_hash_index(0, leaf)]).unwrap()[..] else {
                panic!("one was asked for")
            };
            assert_eq!(record_hash(&entry), hash);
            let proof = prove_record(now.size(), leaf, &tree).unwrap();
            check_record(&proof, now.size(), *now.hash(), leaf, hash).unwrap();
            let read: Value = serde_json::from_slice(&entry).unwrap();
            let said: Vec<&String> = read.as_object().unwrap().keys().collect();
            assert_eq!(said, ["commitment", "v"], "an entry says nothing else");
        }
        before = now;
    }
    assert_eq!(before.size(), 65_836);
    assert_eq!(house.metric("unticked_ledger_entries{state=\"published\"}"), 65_836);
    assert_eq!(house.metric("unticked_ledger_entries{state=\"signed\"}"), 65_836);
}

/// Each with its length before it.
fn entries(bundle: &[u8]) -> Vec<Vec<u8>> {
    let (mut entries, mut rest) = (Vec::new(), bundle);
    while let [high, low, behind @ ..] = rest {
        let (entry, after) = behind.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        entries.push(entry.to_vec());
        rest = after;
    }
    entries
}

#[test]
fn a_form_that_is_sent_shows_in_the_ledger_when_a_minute_begins_and_not_before() {
    let house = House::open();
    let stranger = Stranger { house: &house, place: "/ledger" };
    let key = stranger.key();
    let start = stranger.checkpoint(&key).size();
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    house.publish();
    assert_eq!(stranger.checkpoint(&key).size(), start + 2);
    let wanted = format!("/ledger/tile/0/000.p/{}", start + 2);
    house.get(&wanted, &[]).expect(200);
    house.grow_ledger(1);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(stranger.checkpoint(&key).size(), start + 2, "the worker has looked, and it is not time");
    house.get(&format!("/ledger/tile/0/000.p/{}", start + 3), &[]).expect_problem(404, "not-found");
    house.publish();
    house.get(&format!("/ledger/tile/0/000.p/{}", start + 3), &[]).expect(200);
    house.get(&wanted, &[]).expect(200);
}

#[test]
fn tiles_are_kept_for_ever_and_heads_for_seconds_and_any_page_may_read_both() {
    let house = House::open();
    house.grow_ledger(300);
    house.publish();
    let kept = "public, max-age=31536000, immutable";
    for (path, kind, cache) in [
        ("/ledger/checkpoint", "text/plain; charset=utf-8", "public, max-age=5"),
        ("/ledger/tile/0/000", "application/octet-stream", kept),
        ("/ledger/tile/0/001.p/44", "application/octet-stream", kept),
        ("/ledger/tile/1/000.p/1", "application/octet-stream", kept),
        ("/ledger/tile/entries/000", "application/octet-stream", kept),
        ("/ledger/tile/entries/001.p/7", "application/octet-stream", kept),
        ("/ledger/key", "text/plain; charset=utf-8", "public, max-age=60"),
        ("/ledger/origins", "application/json", "public, max-age=60"),
        ("/ledger/", "text/html; charset=utf-8", "public, max-age=60"),
        ("/ledger", "text/html; charset=utf-8", "public, max-age=60"),
    ] {
        let answer = house.get(path, &[("origin", "https://stranger.example")]).expect(200);
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"), "{path}");
        let head = house.send("HEAD", path, &[], b"").expect(200);
        assert!(head.0.body.is_empty() && head.header("content-type") == Some(kind), "{path}");
    }
    let packed = house.get("/ledger/tile/entries/000", &[("accept-encoding", "gzip")]).expect(200);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    for path in [
        "/ledger/tile/0/001",
        "/ledger/tile/0/001.p/45",
        "/ledger/tile/0/001.p/0",
        "/ledger/tile/0/001.p/256",
        "/ledger/tile/0/1",
        "/ledger/tile/00/000",
        "/ledger/tile/0/x000/000",
        "/ledger/tile/64/000",
        "/ledger/tile/2/000.p/1",
        "/ledger/tile/data/000",
        "/ledger/tile/0/x999/x999/x999/x999/x999/x999/999",
        "/ledger/tile",
        "/ledger/nothing",
        "/ledger/2/checkpoint",
        "/ledger/checkpoint/",
        "/ledger//checkpoint",
        "/ledger/%ff/checkpoint",
    ] {
        let answer = house.get(path, &[]);
        if path.contains("%ff") {
            assert!(matches!(answer.0.status, 400 | 404), "{path}");
            continue;
        }
        let answer = answer.expect_problem(404, "not-found");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
    }
    house.send("POST", "/ledger/checkpoint", &[], b"").expect_problem(405, "method-not-allowed");
    let page = house.get("/ledger/", &[]).expect(200).text();
    let key = house.get("/ledger/key", &[]).expect(200).text();
    assert!(page.contains(key.trim()) && page.contains("300 entries, published"), "{page}");
    assert!(!page.contains("<script") && !page.contains("style="));
}

#[test]
fn a_crm_is_told_where_the_record_stands_and_the_head_that_it_stands_in() {
    let crm = Crm::open();
    let house = crm.house();
    house.grow_ledger(5);
    let key = house.get("/ledger/key", &[]).expect(200).text();
    Visitor::with_an_enquiry(&house).ticks("newsletter").sends(&house).expect(200);
    let evidence = crm.waits_for(1)[0]["data"]["evidence"].clone();
    assert_eq!(evidence["leaf"], 5, "{evidence}");
    let checkpoint = checked(evidence["checkpoint"].as_str().unwrap().as_bytes(), key.trim_end());
    assert!(checkpoint.size() > 5);
    // What it was told is what the world is shown.
    house.publish();
    let bundle = house.get("/ledger/tile/entries/000.p/6", &[]).expect(200).0.body;
    let entry: Value = serde_json::from_slice(&entries(&bundle)[5]).unwrap();
    assert_eq!(entry["commitment"], evidence["commitment"]);
}

fn run<T>(task: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(task)
}

#[test]
fn a_main_database_that_went_back_is_refused_and_a_new_name_tells_everybody() {
    let house = House::open();
    house.grow_ledger(10);
    let settings = house.settings();
    let folder = house.close();
    let (main, copy) = (folder.path().join("unticked.db"), folder.path().join("copy"));
    std::fs::copy(&main, &copy).unwrap();
    let house = House::open_folder(folder, &[]);
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    house.publish();
    let old_key = house.get("/ledger/key", &[]).expect(200).text();
    let seen = house.get("/ledger/checkpoint", &[]).expect(200).text();
    assert_eq!(checked(seen.as_bytes(), old_key.trim_end()).size(), 11);
    let folder = house.close();
    std::fs::copy(&copy, &main).unwrap();

    let refused = run(serve(settings.clone(), Overrides::default())).err().unwrap();
    assert!(matches!(refused, StartError::Ledger(LedgerError::Behind { found: 10, signed: 11 })), "{refused}");
    assert!(refused.to_string().contains("`unticked ledger new-origin --reason"), "{refused}");
    let begun = run(async {
        let store = Store::open_current(&settings.database).await.unwrap();
        let random = Random::system();
        let vault = Vault::new(KeyRing::open(&settings.key_ring, &random).unwrap(), random);
        let reason = "the disk died, <Monday> was put back";
        let begun = mend::begin(&store, &vault, Some("https://forms.example"), reason, Clock::system().now()).await;
        store.close().await;
        begun.unwrap()
    });
    let house = House::open_folder(folder, &[]);
    // Somebody else's form, at the place of the one that is lost.
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    house.publish();
    let place = begun.origin.strip_prefix("forms.example").unwrap();
    let key = house.get(&format!("{place}/key"), &[]).expect(200).text();
    assert_ne!(key, old_key);
    assert_eq!(
        house.get("/ledger/key", &[]).expect(200).text(),
        key,
        "at the place that everybody knows: the key of today"
    );
    let now = house.get(&format!("{place}/checkpoint"), &[]).expect(200).text();
    assert_eq!(checked(now.as_bytes(), key.trim_end()).size(), 11);
    house.get(&format!("{place}/tile/0/000.p/11"), &[]).expect(200);
    // Whoever comes to the old place does not get another history under the old addresses.
    for path in ["checkpoint", "tile/0/000.p/11", "tile/entries/000.p/11"] {
        let answer = house.get(&format!("/ledger/{path}"), &[]).expect(307);
        assert_eq!(answer.header("location"), Some(format!("{place}/{path}").as_str()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    whoever_kept_a_checkpoint_is_told_what_was_lost(&house, [&old_key, &key], &seen, &now);
    let page = house.get("/ledger/", &[]).expect(200).text();
    assert!(page.contains("the disk died, &lt;Monday&gt; was put back") && page.contains(old_key.trim_end()), "{page}");
    let origins = house.get("/ledger/origins", &[]).expect(200).json();
    assert_eq!(origins["origins"][0]["key"], old_key.trim_end());
    assert_eq!(origins["origins"][1]["previous"], seen, "the last head that was signed before");
}

/// `unticked verify --url`, asked at the place that everybody knows, which leads to the place of the new name.
fn whoever_kept_a_checkpoint_is_told_what_was_lost(house: &House, keys: [&str; 2], before: &str, now: &str) {
    let url = format!("http://{}/ledger", house.address());
    let keys = keys.map(|key| VerifierKey::parse(key.trim_end()).unwrap());
    let audit = |since: Option<&str>| {
        let mut findings = Vec::new();
        let outcome = run(outside::run(&url, &keys, since, &mut |told| {
            if let Told::Finding(finding) = told {
                findings.push(finding.to_string());
            }
        }));
        (outcome.unwrap(), findings)
    };
    let (outcome, findings) = audit(None);
    assert_eq!((outcome.leaves, findings, outcome.note.as_str()), (11, vec![], now));
    let place = outcome.checkpoint.origin.strip_prefix("forms.example").unwrap();
    assert_eq!(outcome.moved, Some(format!("http://{}{place}", house.address())), "and says where it went");
    // As many entries as somebody has seen under the old name, and one of them is another.
    let (outcome, findings) = audit(Some(before));
    assert_eq!((outcome.since, outcome.since_name.as_deref()), (Some(11), Some("forms.example/ledger")));
    let lost = "the checkpoint kept from before, under the name `forms.example/ledger`: its root is not that";
    assert!(findings.len() == 1 && findings[0].starts_with(lost), "{findings:?}");
    // Under the name of today it is judged as ever.
    assert_eq!(audit(Some(now)).1, Vec::<String>::new());
}

#[test]
fn a_restored_ledger_has_a_name_of_its_own_unless_nothing_ran_since_the_copy() {
    let house = House::open();
    house.grow_ledger(4);
    let settings = house.settings();
    let shelf = tempfile::tempdir().unwrap();
    let (data, keys) = (shelf.path().join("copies"), shelf.path().join("safe/keys"));
    let order = Order::from_settings(&settings, Some(data.clone()), Some(keys.clone())).unwrap();
    let wish = Wish { data, keys: Some(keys), replace: true, check_only: false, same_ledger: false };
    let restore = |wish: &Wish| run(keep::restore(&settings, wish, Clock::system().now(), &Random::system())).unwrap();
    let back_up = || run(keep::backup(&settings, &order, Clock::system().now(), &Random::system())).unwrap();
    back_up();
    house.grow_ledger(3);
    let folder = house.close();
    let before = checkpoint_in(&settings);

    // It ran since: the owner's word does not hold, and no collector starts on it.
    let wrong = restore(&Wish { same_ledger: true, ..wish.clone() }).ledger;
    assert!(matches!(&wrong, Some(LedgerAfter::DoesNotFit(why)) if why.contains("4 entries")), "{wrong:?}");
    // So a new name begins, with what is known to have been signed.
    let Some(LedgerAfter::Begun(first)) = restore(&wish).ledger else { panic!("a new name begins") };
    assert_eq!(first.size, 4);
    let house = House::open_folder(folder, &[]);
    let origins = house.get("/ledger/origins", &[]).expect(200).json();
    assert!(origins["origins"][1]["reason"].as_str().unwrap().contains("was restored"), "{origins}");
    assert!(before.starts_with("forms.example/ledger\n7\n"), "{before}");
    house.grow_ledger(2);
    let folder = house.close();

    // Stopped, copied, never run again: the same name goes on.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    back_up();
    let same = restore(&Wish { same_ledger: true, ..wish.clone() }).ledger;
    assert!(
        matches!(&same, Some(LedgerAfter::GoesOn { origin, size: 6 }) if *origin == first.origin),
        "{same:?} {}",
        first.origin
    );
    let house = House::open_folder(folder, &[]);
    Visitor::with_an_enquiry(&house).sends(&house).expect(200);
    drop(house);
}

/// The last signed head in the key store.
fn checkpoint_in(settings: &unticked_collector::config::Settings) -> String {
    run(async {
        let store = Store::open_current(&settings.database).await.unwrap();
        let signed = unticked_collector::ledger::sql::signed(&mut store.keys().read().await.unwrap()).await.unwrap();
        store.close().await;
        signed.unwrap().note
    })
}
