//! Bundles: made, checked by us and by Python, and altered in every way.

use std::path::{Path, PathBuf};

use unticked_shared::{
    bundle::{Scope, names, tar},
    merkle::note::{Signer, VerifierKey},
};

use super::{Dice, town::Town};
use crate::{
    accesses::{Accesses, Reader},
    verify::{
        Finding, Told,
        bundle::{BundleError, check, write},
    },
};

fn wish(scope: Scope, part_b: bool) -> write::Wish {
    let reader = part_b.then(|| Reader::new("Ann Ivanova", "the authority asks").unwrap());
    write::Wish { scope, reader, for_legal_claims: false }
}

async fn made(town: &Town, name: &str, wish: &write::Wish) -> (PathBuf, write::Made) {
    let path = town.house.dir.path().join(name);
    let made = write::run(&town.tools(), &path, wish).await.unwrap();
    (path, made)
}

fn checked(path: &Path, key: VerifierKey) -> (Result<check::Checked, BundleError>, Vec<String>) {
    let mut findings = Vec::new();
    let outcome = check::run(path, &[key], &mut |told| {
        if let Told::Finding(finding) = told {
            findings.push(Finding::to_string(&finding));
        }
    });
    (outcome, findings)
}

fn key(town: &Town) -> VerifierKey {
    town.house.needs.ledger.verifier()
}

#[tokio::test]
async fn a_bundle_holds_the_ledger_and_as_much_of_the_records_as_was_asked_for() {
    let town = Town::build(40).await;
    let leaves = town.house.needs.ledger.last_signed().head.size;
    let log = Accesses::new(town.house.needs.store.clone(), &town.house.needs.vault, town.house.hour.clock());
    let (path, all) = made(&town, "all.tar", &wish(Scope::All, true)).await;
    assert_eq!((all.leaves, all.records, all.versions), (leaves, leaves, 1));
    assert!(all.with_part_b > 0 && log.check().await.unwrap().entries > 0, "who opened it is written down");
    let (outcome, findings) = checked(&path, key(&town));
    let outcome = outcome.unwrap();
    assert_eq!((findings, outcome.leaves, outcome.records), (vec![], leaves, leaves));
    assert_eq!(outcome.with_part_b, all.with_part_b);

    let entries = log.check().await.unwrap().entries;
    let (path, without) = made(&town, "without.tar", &wish(Scope::Form("contact".to_owned()), false)).await;
    assert_eq!((without.with_part_b, without.records), (0, leaves));
    assert_eq!(checked(&path, key(&town)).1, Vec::<String>::new());
    let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
    assert!(!text.contains("\"part_b\":\"") && !text.contains("received_at"), "nothing in it points to a person");
    assert_eq!(log.check().await.unwrap().entries, entries, "nothing was opened for it");

    let newest = town.sent.last().unwrap();
    let lead = crate::leads::Leads::find(&town.house.needs.store, newest).await.unwrap().unwrap();
    let one = Scope::Subject(lead.submission.subject_id.to_string());
    let (path, one) = made(&town, "one.tar", &wish(one, true)).await;
    assert!(one.records >= 1 && one.records < 4 && one.with_part_b == one.records, "{one:?}");
    assert_eq!(checked(&path, key(&town)).1, Vec::<String>::new());
    let (path, none) = made(&town, "none.tar", &wish(Scope::None, false)).await;
    assert_eq!((none.records, none.versions), (0, 0));
    assert_eq!(checked(&path, key(&town)).1, Vec::<String>::new());

    let again = write::run(&town.tools(), &path, &wish(Scope::None, false)).await.unwrap_err();
    assert!(again.to_string().contains("is there already"), "{again}");
    let nobody = Scope::Form("nothing".to_owned());
    let nobody = write::run(&town.tools(), &path.with_file_name("x.tar"), &wish(nobody, false)).await.unwrap_err();
    assert!(nobody.to_string().contains("there is no record of"), "{nobody}");
    let left: Vec<_> = std::fs::read_dir(town.house.dir.path())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter(|name| name.starts_with('.') || name == "x.tar")
        .collect();
    assert_eq!(left, Vec::<String>::new(), "nothing half-written is left");
}

#[tokio::test]
async fn python_comes_to_the_same_root_and_the_same_commitments() {
    let python = std::process::Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        eprintln!("left out: there is no python3");
        return;
    }
    let town = Town::build(30).await;
    let (path, _) = made(&town, "all.tar", &wish(Scope::All, true)).await;
    let folder = town.house.dir.path().join("unpacked");
    std::fs::create_dir(&folder).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(program).args(arguments).current_dir(&folder).output().unwrap();
        (
            output.status.success(),
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        )
    };
    assert_eq!(run("tar", &["xmf", path.to_str().unwrap()]), (true, String::new()));
    let (well, says) = run("python3", &["check.py"]);
    let root = town.house.needs.ledger.last_signed().head.root;
    assert!(well && says.contains(&unticked_shared::base64::encode(&root)), "{says}");
    for file in ["leaves.txt", "records.jsonl", "checkpoint"] {
        let sound = std::fs::read(folder.join(file)).unwrap();
        let mut altered = sound.clone();
        // The first letter of the root, a digit of the first hash.
        let lines = altered.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let at = match file {
            "checkpoint" => lines.take(2).last().unwrap(),
            "leaves.txt" => 0,
            _ => altered.windows(14).position(|bytes| bytes == b"\"commitment\":\"").unwrap() + 14,
        };
        altered[at] = if altered[at] == b'7' { b'8' } else { b'7' };
        std::fs::write(folder.join(file), altered).unwrap();
        let (well, says) = run("python3", &["check.py"]);
        assert!(!well, "{file}: {says}");
        std::fs::write(folder.join(file), sound).unwrap();
    }
}

/// Where each file lies.
fn places(bytes: &[u8]) -> Vec<(String, std::ops::Range<usize>)> {
    let (mut at, mut places) = (0, Vec::new());
    while let Some(entry) = tar::read_header(bytes[at..at + tar::BLOCK].try_into().unwrap()).unwrap() {
        let begin = at + tar::BLOCK;
        let end = begin + usize::try_from(entry.size).unwrap();
        places.push((entry.name, begin..end));
        at = end + usize::try_from(tar::padding(entry.size)).unwrap();
    }
    places
}

#[tokio::test]
async fn an_altered_a_cut_and_a_foreign_bundle_are_each_refused_in_a_sentence() {
    let mut dice = Dice::new("bundles", 20_261_127);
    let town = Town::build(12).await;
    let (path, _) = made(&town, "all.tar", &wish(Scope::All, true)).await;
    let sound = std::fs::read(&path).unwrap();
    let other = path.with_file_name("other.tar");
    let places = places(&sound);
    let told = |bytes: &[u8]| {
        std::fs::write(&other, bytes).unwrap();
        let (outcome, findings) = checked(&other, key(&town));
        outcome.map(|_| findings).map_err(|error| error.to_string())
    };
    assert_eq!(told(&sound), Ok(Vec::new()));
    for _ in 0..400 {
        let (name, range) = dice.one_of(&places).clone();
        // Texts for people, and what only says when and by what it was made.
        if [names::README, names::CHECK, names::ABOUT, names::ORIGINS].contains(&name.as_str()) || range.is_empty() {
            continue;
        }
        let mut altered = sound.clone();
        let at = range.start + dice.below(range.len());
        altered[at] ^= 1 << dice.below(8);
        // When something was published is its owner's word.
        let published = name == names::CHECKPOINTS;
        match told(&altered) {
            Ok(findings) => assert!(!findings.is_empty() || published, "{name}, byte {}", at - range.start),
            Err(says) => assert!(says.len() < 500 && !says.contains('\n'), "{says}"),
        }
    }
    for _ in 0..200 {
        let bit = dice.below(sound.len() * 8);
        let mut altered = sound.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let _ = told(&altered);
    }
    for _ in 0..100 {
        let length = dice.below(sound.len() - 1024);
        let says = told(&sound[..length]).unwrap_err();
        assert!(says.contains("is cut off") || says.contains("is no bundle"), "{length}: {says}");
    }
    assert!(told(b"").unwrap_err().contains("is no bundle"));
    assert!(told(&[0; 2048]).unwrap_err().contains("is no bundle"));
    assert!(told(&vec![b'x'; 4096]).unwrap_err().contains("is no bundle"));
    let mut altered = sound.clone();
    let about = places.iter().find(|(name, _)| name == names::ABOUT).unwrap().1.clone();
    let at = about.start + sound[about.clone()].windows(18).position(|w| w == b"unticked bundle v1").unwrap() + 17;
    altered[at] = b'9';
    assert!(told(&altered).unwrap_err().contains("another version of Unticked (`unticked bundle v9`)"));
    let (outcome, findings) = checked(&path, Signer::new("forms.example/ledger", &[1; 32]).unwrap().verifier());
    assert!(outcome.is_ok() && findings.iter().any(|says| says.starts_with("checkpoint: ")), "{findings:?}");
    assert!(matches!(checked(Path::new("/no/such/file"), key(&town)).0, Err(BundleError::File { .. })));
}
