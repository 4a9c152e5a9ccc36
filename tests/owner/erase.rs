//! A person asks to be forgotten, and a backup does not bring them back.

use std::path::{Path, PathBuf};

use crate::shop::{Shop, canary};

const ASKED: [&str; 6] = ["--ground", "b", "--requested-by", "the person", "--approved-by", "Dana Officer"];

fn erase<'a>(reference: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    ["erase", "--reference", reference].iter().chain(&ASKED).chain(more).copied().collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).collect()
}

#[test]
fn a_person_is_forgotten_beside_a_collector_that_runs_and_comes_back_with_no_backup() {
    let mut shop = Shop::open("");
    let stays = shop.lead(&[("value.email", "ben@example.org")]);
    let reference = shop.lead(&[]);
    let twin = shop.lead(&[]);
    let folder = shop.folder.path().to_owned();
    shop.unticked(&["backup", "--to", "copies/data", "--keys-to", "copies/keys", "--together"]).expect(0);

    // Bad input changes nothing and says what to do.
    for (wrong, code) in [
        (vec!["erase", "--reference", &reference], 2),
        (vec!["erase", "--ground", "b", "--requested-by", "x y", "--approved-by", "Dana"], 2),
        (erase("0000-0000", &["--yes"]), 1),
        (erase(&reference, &[]), 2),
        (vec!["erase", "--reference", &reference, "--ground", "g", "--requested-by", "me", "--approved-by", "me"], 2),
        (vec!["erase", "--reference", &reference, "--ground", "a", "--requested-by", " ", "--approved-by", "me"], 2),
    ] {
        let said = shop.unticked(&wrong);
        said.expect(code);
        assert!(!said.complaint().is_empty(), "{wrong:?}");
    }
    let would = shop.unticked(&erase(&reference, &["--dry-run"])).expect(0);
    assert!(would.contains("destroyed: email") && would.contains("Nothing was changed.") && would.contains(&twin));
    assert!(!folder.join("unticked.forgotten").exists());
    assert_eq!(shop.unticked(&["erase", "suppressed", "ann.canary@example.org"]).expect(1), "not suppressed\n");

    // As it was read out on the telephone.
    let typed = reference.to_lowercase().replace('-', " ");
    let done = shop.unticked(&erase(&typed, &["--yes"]));
    let said = done.expect(0);
    assert!(said.contains("forgotten, the person") && said.contains("The same address was given in 1 more"), "{said}");
    assert_eq!(canary(&said), None, "{said}");
    assert!(shop.unticked(&erase(&reference, &["--yes"])).expect(0).contains("had been forgotten before"));
    let suppressed = shop.unticked(&["erase", "suppressed", "Ann.Canary@example.org"]).expect(0);
    assert!(suppressed.starts_with("suppressed since "), "{suppressed}");
    assert_eq!(shop.unticked(&["erase", "suppressed", "nobody"]).expect(2), "");
    let why = ["--by", "Maria Petrova", "--reason", "looking", "--reveal", "email"];
    let shown = shop.unticked(&[&["leads", "show", &reference][..], &why].concat()).expect(0);
    assert_eq!(canary(&shown), None, "{shown}");
    let journal = std::fs::read_to_string(folder.join("unticked.forgotten")).unwrap();
    assert_eq!((journal.lines().count(), canary(&journal)), (1, None));
    assert!(!journal.contains("Dana") && !journal.contains("the person"));

    // Whoever checks the ledger finds nothing wrong with it.
    shop.unticked(&["verify"]).expect(0);

    // The power fails, and an old copy is put back.
    shop.kill();
    let restored =
        shop.unticked(&["restore", "--from", "copies/data", "--keys-from", "copies/keys", "--replace"]).expect(0);
    assert!(restored.contains("1 person, who had been forgotten since then: forgotten again"), "{restored}");
    shop.start();
    let shown = shop.unticked(&[&["leads", "show", &reference][..], &why].concat()).expect(0);
    assert_eq!(canary(&shown), None, "{shown}");
    let other = shop.unticked(&[&["leads", "show", &stays][..], &why].concat()).expect(0);
    assert!(other.contains("ben@example.org"), "nobody else is forgotten: {other}");
    assert!(shop.unticked(&["erase", "suppressed", "ann.canary@example.org"]).expect(0).starts_with("suppressed"));
    shop.unticked(&erase(&twin, &["--yes"])).expect(0);

    // The deadline is over.
    let ended = shop.unticked(&["--set", "erasure.evidence_days=0", "retention", "run"]).expect(0);
    assert!(ended.contains("ended the evidence of 2 submissions"), "{ended}");
    let verified = shop.unticked(&["verify"]);
    verified.expect(0);
    for path in files(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        for word in ["ann.c", "Ann Canary", "777 88", "parcel", "Dana Officer"] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} stands in {}", path.display());
        }
    }
}

#[test]
fn a_journal_that_was_altered_stops_a_restore_before_anything_is_touched() {
    let mut shop = Shop::open("");
    let reference = shop.lead(&[]);
    shop.unticked(&["backup", "--to", "copies/data", "--keys-to", "copies/keys", "--together"]).expect(0);
    shop.unticked(&erase(&reference, &["--yes"])).expect(0);
    shop.kill();
    let journal = shop.folder.path().join("unticked.forgotten");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replace("art-17-1-b", "art-17-1-c")).unwrap();
    let main = shop.folder.path().join("unticked.db");
    let before = std::fs::read(&main).unwrap();
    let said = shop.unticked(&["restore", "--from", "copies/data", "--keys-from", "copies/keys", "--replace"]);
    said.expect(3);
    assert!(said.complaint().contains("unticked.forgotten was altered") && said.complaint().contains("line 1"));
    assert_eq!(std::fs::read(&main).unwrap(), before);
}
