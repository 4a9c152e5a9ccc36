use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    base64,
    merkle::{Frontier, Hash, note::Signer},
};

const ADDRESS: &str = "ann@example.org";
const STATEMENTS: [(&str, &str); 2] = [
    ("enquiry", "We read what you write and answer it."),
    ("newsletter", "Harbour Books may write to me \"weekly\".\n"),
];

fn signer() -> Signer {
    Signer::new("forms.example/ledger", &[7; 32]).unwrap()
}

fn part_a() -> Value {
    json!({
        "schema": "unticked evidence v1", "form": "contact", "version": "cd".repeat(32), "language": "en",
        "purposes": [
            {"id": "enquiry", "statement": evidence::statement_digest(STATEMENTS[0].1), "legal_basis": "contract"},
            {"id": "newsletter", "statement": evidence::statement_digest(STATEMENTS[1].1), "legal_basis": "consent", "decision": "granted"},
        ],
        "method": "widget", "day": "2026-11-23",
    })
}

fn part_b() -> Value {
    json!({
        "record_id": "019abfd2-0000-7000-8000-000000000001", "subject": "019abfd2-0000-7000-8000-000000000002",
        "values_digest": "ab".repeat(32), "contact_digest": evidence::salted_digest(&[3; 32], ADDRESS.as_bytes()),
        "origin": "https://shop.example", "page": "https://shop.example/contact", "submitted_at": "2026-11-23T12:00:00Z",
        "received_at": "2026-11-23T12:00:01Z", "gpc": true, "build": "widget-1",
    })
}

struct Kept(BTreeMap<(u8, u64), Hash>);
impl crate::merkle::proof::Nodes for Kept {
    type Error = ();
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, ()> {
        self.0.get(&(level, index)).copied().ok_or(())
    }
}

/// A log of 11 in which the record is number 5.
fn proof_of(a: &Value, b: &Value) -> LogProof {
    let hash = |opening: u8, part: &Value| evidence::part_hash(&[opening; 32], part).unwrap();
    let commitment = evidence::commitment(&hash(1, a), &hash(2, b));
    let leaves: Vec<Hash> =
        (0..11u8).map(|n| leaf_hash(&evidence::leaf(&if n == 5 { commitment } else { [n; 32] }))).collect();
    let mut frontier = Frontier::default();
    let mut nodes: BTreeMap<(u8, u64), Hash> = BTreeMap::new();
    for leaf in leaves {
        frontier.append(leaf, |level, index, hash| {
            nodes.insert((level, index), *hash);
        });
    }
    let hashes = crate::merkle::proof::inclusion(&mut Kept(nodes), 5, 11).unwrap().unwrap();
    let head = Checkpoint { origin: "forms.example/ledger".to_owned(), size: 11, root: frontier.root() };
    LogProof { extra: None, index: 5, hashes, checkpoint: signer().sign(&head.text()).unwrap() }
}

fn written_of(a: &Value, b: &Value, proof: &str, contact: Option<&Opening>) -> String {
    let draft = Draft {
        about: "Personal. Показвайте само на хора, на които се доверявате.",
        part_a: &canonical::to_string(a).unwrap(),
        part_b: &canonical::to_string(b).unwrap(),
        opening_a: &[1; 32],
        opening_b: &[2; 32],
        contact,
        texts: &STATEMENTS.into(),
        proof,
    };
    draft.write().unwrap()
}

fn written() -> String {
    let (a, b) = (part_a(), part_b());
    written_of(&a, &b, &proof_of(&a, &b).text(), Some(&[3; 32]))
}

fn checked(bytes: &[u8]) -> Result<Verified, ReceiptError> {
    verify(&Receipt::read(bytes)?, &signer().verifier())
}

/// The receipt with a change of its members, and a checksum that fits again: what somebody does on purpose.
fn forged(change: impl FnOnce(&mut Value)) -> Result<Verified, ReceiptError> {
    let mut value: Value = serde_json::from_str(&written()).unwrap();
    change(&mut value);
    checked(reissued(value).as_bytes())
}

fn reissued(mut value: Value) -> String {
    value.as_object_mut().unwrap().remove("checksum");
    let checksum = hex(&sha256(&[&canonical::to_vec(&value).unwrap()]));
    value["checksum"] = json!(checksum);
    value.to_string()
}

#[test]
fn it_says_who_decided_what_when_and_on_which_words() {
    let verified = checked(written().as_bytes()).unwrap();
    assert_eq!((verified.index, verified.size, verified.log.as_str()), (5, 11, "forms.example/ledger"));
    let report = Report::of(&verified, &Language::parse("en").unwrap(), &english);
    let fact = |name: &str| report.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str());
    assert_eq!(fact("subject"), Some("019abfd2-0000-7000-8000-000000000002"));
    assert_eq!(fact("received_at"), Some("23 November 2026, 12:00 UTC (2026-11-23T12:00:01Z)"));
    assert_eq!(fact("page"), Some("https://shop.example/contact"));
    assert_eq!(fact("client"), None);
    let told: Vec<_> = report.decisions.iter().map(|told| (told.said.as_str(), told.statement.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                "Not asked for consent; it rests on: a contract, or steps before one (Art. 6(1)(b) GDPR)",
                STATEMENTS[0].1
            ),
            ("Yes: consent was given", STATEMENTS[1].1)
        ]
    );
    assert!(report.text.contains("forms.example/ledger, as entry 5 of 11"), "{}", report.text);
}

#[test]
fn the_file_is_canonical_json_whose_first_words_say_what_it_is() {
    let text = written();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text, canonical::to_string(&value).unwrap() + "\n");
    assert!(text.starts_with("{\"about\":\"Personal."));
    let with_layout = serde_json::to_string_pretty(&value).unwrap();
    assert!(checked(with_layout.as_bytes()).is_ok(), "an editor may lay it out");
    assert!(checked(format!("\u{feff}\n {text}\r\n").as_bytes()).is_ok(), "and mark its beginning");
}

#[test]
fn an_address_is_the_one_however_it_is_written() {
    let verified = checked(written().as_bytes()).unwrap();
    for same in [ADDRESS, " Ann@Example.ORG\n"] {
        assert_eq!(verified.is_address(same), SameAddress::Yes, "{same}");
    }
    assert_eq!(verified.is_address("anne@example.org"), SameAddress::No);
    assert_eq!(verified.is_address("ann"), SameAddress::NotAnAddress);
    let (a, mut b) = (part_a(), part_b());
    b.as_object_mut().unwrap().remove("contact_digest");
    let without = written_of(&a, &b, &proof_of(&a, &b).text(), None);
    assert_eq!(checked(without.as_bytes()).unwrap().is_address(ADDRESS), SameAddress::NoneGiven);
}

#[test]
fn every_single_bit_that_flips_is_noticed() {
    let bytes = written().into_bytes();
    let end = bytes.len() - 1;
    for at in 0..end {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            // Damage never says that another log's key is missing: that would send the reader on a wrong errand.
            match checked(&flipped) {
                Err(ReceiptError::Foreign { .. } | ReceiptError::OtherKey { .. }) | Ok(_) => {
                    panic!("byte {at}, bit {bit}: {:?}", bytes[at] as char)
                }
                Err(_) => {}
            }
        }
    }
}

#[test]
fn wherever_it_is_cut_off_it_says_so() {
    let text = written();
    let bytes = text.trim_end().as_bytes();
    for end in 1..bytes.len() {
        let error = checked(&bytes[..end]).unwrap_err();
        // Cut off right after a bracket, it may be taken for damage.
        let damaged = bytes[end - 1] == b'}' && error == ReceiptError::Altered(Altered::Checksum);
        assert!(error == ReceiptError::CutOff || damaged, "{end}: {error:?}");
    }
    assert_eq!(checked(b"").unwrap_err(), ReceiptError::NoReceipt);
    assert_eq!(checked(&vec![b' '; LARGEST + 1]).unwrap_err(), ReceiptError::TooLarge);
}

#[test]
fn each_member_that_somebody_changes_on_purpose_is_noticed() {
    use Altered::{Record, Shape, Signature, Text};
    let altered = |change: fn(&mut Value)| match forged(change) {
        Err(ReceiptError::Altered(what)) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(altered(|file| file["record"]["a"]["purposes"][1]["decision"] = json!("refused")), Record);
    assert_eq!(altered(|file| file["record"]["a"]["day"] = json!("2026-11-22")), Record);
    assert_eq!(altered(|file| file["record"]["b"]["received_at"] = json!("2026-11-23T12:00:02Z")), Record);
    assert_eq!(altered(|file| file["record"]["b"]["extra"] = json!(1)), Record);
    assert_eq!(altered(|file| file["openings"]["a"] = json!("00".repeat(32))), Record);
    assert_eq!(altered(|file| file["openings"]["a"] = json!("0A".repeat(32))), Shape);
    assert_eq!(altered(|file| file["openings"]["values"] = json!("00".repeat(32))), Shape);
    assert_eq!(altered(|file| drop(file["openings"].as_object_mut().unwrap().remove("contact"))), Shape);
    assert_eq!(altered(|file| file["texts"]["newsletter"] = json!("Harbour Books may do anything.")), Text);
    assert_eq!(altered(|file| file["texts"]["more"] = json!("More.")), Text);
    assert_eq!(altered(|file| drop(file["texts"].as_object_mut().unwrap().remove("enquiry"))), Text);
    assert_eq!(altered(|file| file["more"] = json!(true)), Shape);
    assert_eq!(altered(|file| drop(file.as_object_mut().unwrap().remove("record"))), Shape);
    let proof = |change: fn(String) -> String| {
        forged(|file| file["proof"] = json!(change(file["proof"].as_str().unwrap().to_owned()))).unwrap_err()
    };
    assert_eq!(proof(|text| text.replace("index 5", "index 4")), Record.into());
    assert_eq!(proof(|text| text.replace("\n11\n", "\n12\n")), Signature.into());
    assert_eq!(proof(|text| text.replace("index 5", "extra AAAA\nindex 5")), Shape.into());
    assert_eq!(proof(|text| text.replace("\n11\n", "\n11\nmore\n")), Signature.into());
    assert_eq!(proof(|_| String::new()), Shape.into());
}

#[test]
fn a_receipt_of_another_log_names_it_and_one_of_another_version_says_so() {
    let receipt = Receipt::read(written().as_bytes()).unwrap();
    let other = Signer::new("elsewhere.example/ledger", &[7; 32]).unwrap().verifier();
    let error = verify(&receipt, &other).unwrap_err();
    assert_eq!(
        error,
        ReceiptError::Foreign { log: "forms.example/ledger".into(), known: "elsewhere.example/ledger".into() }
    );
    assert!(!error.is_disproof() && error.to_string().starts_with("This receipt names the log forms.example/ledger, "));
    let impostor = Signer::new("forms.example/ledger", &[8; 32]).unwrap().verifier();
    assert_eq!(verify(&receipt, &impostor).unwrap_err(), ReceiptError::OtherKey { log: "forms.example/ledger".into() });

    assert_eq!(forged(|file| file["schema"] = json!("unticked receipt v2")).unwrap_err(), ReceiptError::Newer);
    assert_eq!(forged(|file| file["schema"] = json!("unticked receipt v0")).unwrap_err(), ReceiptError::Older);
    assert_eq!(checked(b"{}").unwrap_err(), ReceiptError::NoReceipt);
    assert_eq!(checked(b"{\"schema\":\"unticked version v1\"}").unwrap_err(), ReceiptError::NoReceipt);
    assert_eq!(checked(b"[1]").unwrap_err(), ReceiptError::NoReceipt);
    assert_eq!(checked(&[&b"{"[..], &b"[".repeat(100_000)].concat()).unwrap_err(), ReceiptError::NoReceipt);
}

#[test]
fn a_record_that_says_more_than_this_build_knows_still_holds() {
    let (mut a, b) = (part_a(), part_b());
    a["of_later"] = json!({"x": [1, "y"]});
    assert!(checked(written_of(&a, &b, &proof_of(&a, &b).text(), Some(&[3; 32])).as_bytes()).is_ok());
    a["method"] = json!("telepathy");
    let unknown = written_of(&a, &b, &proof_of(&a, &b).text(), Some(&[3; 32]));
    assert_eq!(checked(unknown.as_bytes()).unwrap_err(), ReceiptError::Newer);
}

#[test]
fn a_witness_may_have_signed_as_well() {
    let (a, b) = (part_a(), part_b());
    let proof = proof_of(&a, &b).text() + &format!("\u{2014} witness.example {}\n", base64::encode(&[9; 76]));
    assert!(checked(written_of(&a, &b, &proof, Some(&[3; 32])).as_bytes()).is_ok());
}

/// Somewhere in the value, another value.
fn changed_somewhere(value: &mut Value, mut place: usize, by: &Value) -> bool {
    fn walk(value: &mut Value, place: &mut usize, by: &Value) -> bool {
        if *place == 0 {
            let differs = value != by;
            *value = by.clone();
            return differs;
        }
        *place -= 1;
        match value {
            Value::Array(all) => all.iter_mut().any(|one| walk(one, place, by)),
            Value::Object(all) => all.values_mut().any(|one| walk(one, place, by)),
            _ => false,
        }
    }
    walk(value, &mut place, by)
}

proptest! {
    #[test]
    fn any_text_at_all_is_answered_with_a_sentence(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(!checked(&bytes).unwrap_err().to_string().is_empty());
    }

    #[test]
    fn any_member_replaced_by_anything_is_noticed_even_with_a_fitting_checksum(
        place in 1usize..45,
        by in prop_oneof![Just(json!(null)), Just(json!(1)), Just(json!([])), Just(json!({})), ".{0,40}".prop_map(|text| json!(text))],
    ) {
        let mut file: Value = serde_json::from_str(&written()).unwrap();
        let before = file.clone();
        prop_assume!(changed_somewhere(&mut file, place, &by));
        // Nobody vouches for what it says of itself, and the checksum is made anew; a salt that was changed lets no
        // address look like the one that was given.
        let vouched = |file: &Value| {
            let mut file = file.clone();
            file["about"] = json!("");
            file["checksum"] = json!("");
            file
        };
        prop_assume!(vouched(&file) != vouched(&before) && file.is_object());
        let salted = file["openings"]["contact"] != before["openings"]["contact"];
        match checked(reissued(file).as_bytes()) {
            Ok(verified) => prop_assert!(salted && verified.is_address(ADDRESS) == SameAddress::No),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
