//! What is missing or damaged in a bundle, or belongs to nobody in the databases, is named; nothing is passed over.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use unticked_shared::{
    bundle::{Scope, names, tar},
    canonical,
    signature::{hex, sha256},
};

use super::{
    check,
    town::{Town, does},
};
use crate::{
    accesses::Reader,
    verify::{
        Finding, Told,
        bundle::{check as of_bundle, write},
    },
};

async fn made(town: &Town, name: &str) -> (PathBuf, write::Made) {
    let path = town.house.dir.path().join(name);
    let reader = Some(Reader::new("Ann Ivanova", "the authority asks").unwrap());
    let wish = write::Wish { scope: Scope::All, reader, for_legal_claims: false };
    let made = write::run(&town.tools(), &path, &wish).await.unwrap();
    (path, made)
}

/// What our own check finds.
fn found(town: &Town, path: &Path) -> Vec<String> {
    let mut findings = Vec::new();
    of_bundle::run(path, &[town.house.needs.ledger.verifier()], &mut |told| {
        if let Told::Finding(finding) = told {
            findings.push(Finding::to_string(&finding));
        }
    })
    .unwrap();
    findings
}

/// What Python finds; none where there is no Python.
fn python_finds(town: &Town, path: &Path) -> Option<Vec<String>> {
    let folder = tempfile::tempdir_in(town.house.dir.path()).unwrap();
    assert!(Command::new("tar").arg("xmf").arg(path).arg("-C").arg(folder.path()).status().unwrap().success());
    let output = Command::new("python3").arg("check.py").current_dir(folder.path()).output().ok()?;
    let says = String::from_utf8(output.stdout).unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let says = says.lines().map(str::to_owned).collect();
    Some(if output.status.success() { Vec::new() } else { says })
}

/// The bundle with its files changed, so far as `change` answers something for them.
fn altered(path: &Path, change: impl Fn(&str, &str) -> Option<(String, String)>) -> PathBuf {
    let (sound, to) = (std::fs::read(path).unwrap(), path.with_extension("altered.tar"));
    let mut out = std::fs::File::create(&to).unwrap();
    let mut at = 0;
    while let Some(entry) = tar::read_header(sound[at..at + tar::BLOCK].try_into().unwrap()).unwrap() {
        let begin = at + tar::BLOCK;
        let text = &sound[begin..begin + usize::try_from(entry.size).unwrap()];
        at = begin + text.len() + usize::try_from(tar::padding(entry.size)).unwrap();
        let text = std::str::from_utf8(text).unwrap();
        let (name, text) = change(&entry.name, text).unwrap_or_else(|| (entry.name.clone(), text.to_owned()));
        let size = text.len() as u64;
        out.write_all(&tar::header(&tar::Entry { name, size }, 0).unwrap()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
        out.write_all(&[0; tar::BLOCK][..usize::try_from(tar::padding(size)).unwrap()]).unwrap();
    }
    out.write_all(&[0; 2 * tar::BLOCK]).unwrap();
    to
}

#[tokio::test]
async fn a_bundle_of_everything_that_hides_a_record_is_found_out_whatever_it_says_of_itself() {
    let town = Town::build(12).await;
    let (path, made) = made(&town, "all.tar").await;
    assert_eq!((found(&town, &path), python_finds(&town, &path).unwrap_or_default()), (vec![], vec![]));
    let hidden = altered(&path, |name, text| match name {
        names::RECORDS => {
            let hides = [0, 4, text.lines().count() - 1];
            let left = text.split_inclusive('\n').enumerate().filter(|(at, _)| !hides.contains(at));
            Some((name.to_owned(), left.map(|(_, line)| line).collect()))
        }
        names::ABOUT => {
            let (now, then) = (made.records, made.records - 3);
            let less = text.replace(&format!("\"records\": {now}"), &format!("\"records\": {then}"));
            assert_ne!(less, text);
            Some((name.to_owned(), less))
        }
        _ => None,
    });
    let last = made.leaves - 1;
    let expected = [0, 4, last]
        .map(|leaf| format!("leaf {leaf}: no record of it is in the bundle, which says that it has them all"));
    assert_eq!(found(&town, &hidden), expected);
    if let Some(says) = python_finds(&town, &hidden) {
        assert_eq!(says, expected);
    }
}

#[tokio::test]
async fn a_bundle_whose_versions_are_not_what_the_records_speak_of_is_found_out() {
    let town = Town::build(12).await;
    let (path, _) = made(&town, "all.tar").await;
    // Rightly named, and other words: as if an owner had archived a version anew.
    let words = altered(&path, |name, text| {
        name.strip_prefix(names::VERSIONS)?;
        let mut version: Value = serde_json::from_str(text).unwrap();
        let face = version["faces"]["en"]["content"]["purposes"][0].as_object_mut().unwrap();
        face.insert("statement".to_owned(), Value::from("We sell it to everybody."));
        let text = canonical::to_string(&version).unwrap();
        Some((format!("{}{}.json", names::VERSIONS, hex(&sha256(&[text.as_bytes()]))), text))
    });
    let renamed = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        let mut at = 0;
        let mut version = None;
        while let Some(entry) = tar::read_header(bytes[at..at + tar::BLOCK].try_into().unwrap()).unwrap() {
            at += tar::BLOCK + usize::try_from(entry.size + tar::padding(entry.size)).unwrap();
            version = entry.name.strip_prefix(names::VERSIONS).map(str::to_owned).or(version);
        }
        version.unwrap().trim_end_matches(".json").to_owned()
    };
    // The records name the new one: what they commit to does not fit any more, and neither do the words.
    let (old, new) = (renamed(&path), renamed(&words));
    let both =
        altered(&words, |name, text| (name == names::RECORDS).then(|| (name.to_owned(), text.replace(&old, &new))));
    let judged = |says: &[String]| {
        assert!(says.iter().any(|says| says.contains("the statement of")), "{says:?}");
        assert!(says.iter().all(|says| !says.contains("is not in the bundle")), "{says:?}");
    };
    judged(&found(&town, &both));
    if let Some(says) = python_finds(&town, &both) {
        judged(&says);
    }
    let missing = found(&town, &words);
    assert!(missing.iter().all(|says| says.contains("is not in the bundle")) && !missing.is_empty(), "{missing:?}");
    let foreign = altered(&both, |name, text| {
        let swap = |text: &str| text.replace("\\\"language\\\":\\\"en\\\"", "\\\"language\\\":\\\"mt\\\"");
        (name == names::RECORDS).then(|| (name.to_owned(), swap(text)))
    });
    let never = "its version was never shown in the language";
    assert!(found(&town, &foreign).iter().any(|says| says.contains(never)));
    if let Some(says) = python_finds(&town, &foreign) {
        assert!(says.iter().any(|says| says.contains(never)), "{says:?}");
    }
}

#[tokio::test]
async fn a_damaged_record_costs_nobody_the_bundle_and_is_named() {
    let town = Town::build(12).await;
    let mut main = town.connect("main").await;
    let mut keys = town.connect("keys").await;
    let last = town.house.needs.ledger.last_signed().head.size - 1;
    let scrambled = format!(
        "update evidence set part_b = randomblob(length(part_b)) where leaf_index = {last} and length(part_b) > 32"
    );
    assert_eq!(does(&mut main, scrambled).await, Some(1));
    let (path, made) = made(&town, "torn.tar").await;
    assert_eq!((made.records, made.damaged), (made.leaves, 1));
    let says = made.named[0].to_string();
    assert!(says.contains(&format!("leaf {last}")) && says.contains("its part B does not open"), "{says}");
    let findings = found(&town, &path);
    assert!(findings.len() == 1 && findings[0].starts_with(&format!("leaf {last}: its record:")), "{findings:?}");
    // A person's wrapped keys are gone bad: all of theirs, and nobody else's.
    let bad = "update subject_key
               set identity_key = randomblob(length(identity_key)), evidence_key = randomblob(length(evidence_key))
               where subject_id = (select max(subject_id) from subject_key where evidence_key is not null)";
    assert_eq!(does(&mut keys, bad.to_owned()).await, Some(1));
    let reader = Some(Reader::new("Ann Ivanova", "the authority asks").unwrap());
    let wish = write::Wish { scope: Scope::All, reader, for_legal_claims: false };
    let more = write::run(&town.tools(), &path.with_file_name("keys.tar"), &wish).await.unwrap();
    assert!(more.damaged >= 1 && more.damaged < 5 && more.records == more.leaves, "{more:?}");
    assert!(more.named.iter().any(|finding| finding.says.contains("the key of its part B")), "{:?}", more.named);
}

#[tokio::test]
async fn rows_that_belong_to_nobody_are_named_beyond_the_first_hundred() {
    let town = Town::build(12).await;
    let mut main = town.connect("main").await;
    let many = "with recursive n(n) as (select 1 union all select n + 1 from n where n < 150)
                insert into delivery (delivery_id, event_id, destination, state, attempt, due_at)
                select randomblob(16), randomblob(16), 'crm', 'delivered', 0, 0 from n";
    assert_eq!(does(&mut main, many.to_owned()).await, Some(150));
    let (_, findings) = check(&town).await;
    let named = findings.iter().filter(|one| one.says.contains("the submission that it tells of is not there"));
    assert_eq!(named.count(), 150);
}
