//! A receipt from a stranger: read, and believed only where it is the one that the log vouches for.

use std::sync::LazyLock;

use serde_json::{Value, json};
use unticked_shared::{
    canonical, evidence,
    id::Language,
    merkle::{
        Checkpoint, Frontier, Hash, LogProof, leaf_hash,
        note::Signer,
        proof::{Nodes, inclusion},
    },
    receipt::{Draft, LARGEST, Receipt, Report, SameAddress, Verified, english, verify},
    signature::{hex, sha256},
};

const LOG: &str = "forms.example/ledger";
const STATEMENT: &str = "Harbour Books may write to me \"weekly\".\n";

fn signer() -> Signer {
    Signer::new(LOG, &[7; 32]).expect("a name")
}

/// A receipt that the log vouches for: entry 5 of 11. The first seed of the corpus.
pub fn good_receipt() -> String {
    let a = json!({
        "schema": "unticked evidence v1", "form": "contact", "version": "cd".repeat(32), "language": "en",
        "purposes": [
            {"id": "newsletter", "statement": evidence::statement_digest(STATEMENT), "legal_basis": "consent", "decision": "granted"},
        ],
        "method": "widget", "day": "2026-11-23",
    });
    let b = json!({
        "record_id": "019abfd2-0000-7000-8000-000000000001", "subject": "019abfd2-0000-7000-8000-000000000002",
        "values_digest": "ab".repeat(32), "contact_digest": evidence::salted_digest(&[3; 32], b"ann@example.org"),
        "origin": "https://shop.example", "page": "https://shop.example/contact",
        "submitted_at": "2026-11-23T12:00:00Z", "received_at": "2026-11-23T12:00:01Z", "gpc": true, "build": "widget-1",
    });
    let hash = |opening: u8, part: &Value| evidence::part_hash(&[opening; 32], part).expect("canonical");
    let commitment = evidence::commitment(&hash(1, &a), &hash(2, &b));
    let (mut edge, mut nodes) = (Frontier::default(), vec![Vec::new(); 8]);
    for number in 0..11_u8 {
        let leaf = if number == 5 { commitment } else { [number; 32] };
        edge.append(leaf_hash(&evidence::leaf(&leaf)), |level, _, hash| nodes[usize::from(level)].push(*hash));
    }
    struct Kept(Vec<Vec<Hash>>);
    impl Nodes for Kept {
        type Error = std::convert::Infallible;
        fn node(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error> {
            Ok(self.0[usize::from(level)][usize::try_from(index).expect("a small tree")])
        }
    }
    let hashes = inclusion(&mut Kept(nodes), 5, 11).unwrap().expect("it is in the tree");
    let head = Checkpoint { origin: LOG.to_owned(), size: 11, root: edge.root() };
    let checkpoint = signer().sign(&head.text()).expect("a text");
    let proof = LogProof { extra: None, index: 5, hashes, checkpoint }.text();
    let draft = Draft {
        about: "Personal.",
        part_a: &canonical::to_string(&a).expect("canonical"),
        part_b: &canonical::to_string(&b).expect("canonical"),
        opening_a: &[1; 32],
        opening_b: &[2; 32],
        contact: Some(&[3; 32]),
        texts: &[("newsletter", STATEMENT)].into(),
        proof: &proof,
    };
    draft.write().expect("canonical")
}

static GOOD: LazyLock<Verified> = LazyLock::new(|| check(good_receipt().as_bytes()).expect("we wrote it"));

fn check(bytes: &[u8]) -> Option<Verified> {
    let receipt = Receipt::read(bytes).ok()?;
    let _ = receipt.log();
    verify(&receipt, &signer().verifier()).ok()
}

/// As it came, and with a checksum that fits, as somebody makes it who alters one on purpose.
pub fn receipt(data: &[u8]) {
    if let Err(error) = Receipt::read(data) {
        let sentence = error.to_string();
        assert!(!sentence.is_empty() && !sentence.contains(['{', '\n']), "{sentence}");
    }
    assert!(data.len() <= LARGEST);
    believed(check(data));
    let Ok(Value::Object(mut members)) = serde_json::from_slice(data) else { return };
    members.remove("checksum");
    let Ok(content) = canonical::to_vec(&members) else { return };
    members.insert("checksum".to_owned(), json!(hex(&sha256(&[&content]))));
    let reissued = Value::Object(members).to_string();
    believed(check(reissued.as_bytes()));
}

/// Whatever is believed is what the log vouches for, word by word.
fn believed(verified: Option<Verified>) {
    let Some(verified) = verified else { return };
    let good = &*GOOD;
    assert_eq!((&verified.part_a, &verified.texts), (&good.part_a, &good.texts));
    assert_eq!(canonical::to_vec(&verified.part_b), canonical::to_vec(&good.part_b));
    assert_eq!((verified.index, verified.size, &verified.log), (good.index, good.size, &good.log));
    assert_ne!(verified.is_address("somebody.else@example.org"), SameAddress::Yes);
    let report = Report::of(&verified, &Language::parse("en").expect("a language"), &english);
    assert!(report.text.contains(LOG));
}
