use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use serde_json::{Value, json};
use unticked_collector::{
    exports::{self, Case, Frame, Record, jsonld, sql::SubmissionRow},
    forms::Version,
};
use unticked_shared::{
    decision::{Decision, LegalBasis},
    evidence::{Ended, Erasure, Ground, Happened, Method, PartA, PurposeDecision, SCHEMA, statement_digest},
    id::{FieldId, FormId, Language, PurposeId},
};
use uuid::Uuid;

use crate::{
    http,
    shop::{Shop, canary},
};

const WHY: [&str; 4] = ["--by", "Maria Petrova", "--reason", "the authority asks"];

fn export<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ["evidence", "export"].iter().chain(&WHY).chain(more).copied().collect()
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Two submissions: one refuses everything, one grants by telephone and takes it back.
fn decided(shop: &Shop) -> (String, String) {
    let refused = shop.lead(&[]);
    let sent = shop.confirmation(&[("choice.phone-offers", "granted"), ("choice.newsletter", "granted")]).body;
    let reference = crate::shop::reference(&sent).unwrap();
    let token = sent.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let body = format!("token={token}&withdraw=phone-offers");
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(http::send(shop.port, "POST", "/preferences", &kind, &body).unwrap().status, 200);
    (refused, reference)
}

/// rdflib and pyshacl in a virtual environment of their own, made once.
fn python() -> PathBuf {
    const PACKAGES: [&str; 2] = ["rdflib==7.6.0", "pyshacl==0.40.1"];
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rdf-python");
    let python = folder.join("bin/python");
    let stamp = folder.join(PACKAGES.join("-"));
    if !stamp.is_file() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
        assert!(made.is_ok_and(|status| status.success()), "python3 with its venv is needed (Debian: python3-venv)");
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
        assert!(pip.status().unwrap().success(), "pip could not bring {PACKAGES:?}");
        std::fs::write(stamp, "").unwrap();
    }
    python
}

/// What the referees say of these files; every judgement must be good.
fn referees(shapes: &Path, files: &[PathBuf]) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(python());
    command.arg(here.join("../tests/owner/exports.py")).arg(shapes).arg(here.join("src/exports/vocabulary.txt"));
    let output = command.args(files).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.lines().filter(|line| line.starts_with("ok ")).count() > 20, "{said}");
    said
}

#[test]
fn strangers_read_an_export_and_reject_one_with_a_member_missing() {
    let shop = Shop::open("");
    decided(&shop);
    let shapes = shop.folder.path().join("shapes.ttl");
    std::fs::write(&shapes, shop.unticked(&["evidence", "shapes"]).expect(0)).unwrap();
    shop.unticked(&export(&["--form", "contact", "--format", "json-ld", "--out", "contact.jsonld"])).expect(0);

    // What no hand can bring about within a test: periods that ran out, suspects, other bases, a lost archive.
    let listed = shop.unticked(&["versions", "list"]).expect(0);
    let digest = listed.lines().find(|line| line.ends_with("contact")).unwrap().split_whitespace().next().unwrap();
    let bundle = http::get(shop.port, &format!("/v1/versions/{digest}"), &[]).unwrap().body;
    let version = Arc::new(Version::from_bundle(bundle.into_bytes(), false).unwrap());
    let frame = Frame {
        public_url: "https://forms.example".to_owned(),
        jurisdiction: "BG".to_owned(),
        ledger_key: None,
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
    };
    let mut nodes = Vec::new();
    for (state, archived) in [("accepted", true), ("quarantined", true), ("accepted", false)] {
        nodes.push(jsonld::receipt(&made_up(&version, state, archived), &frame));
    }
    let context: Value = serde_json::from_str(jsonld::CONTEXT).unwrap();
    let made_up = shop.folder.path().join("made-up.jsonld");
    std::fs::write(&made_up, json!({"@context": context, "@graph": nodes}).to_string()).unwrap();

    let said = referees(&shapes, &[shop.folder.path().join("contact.jsonld"), made_up]);
    for state in ["Given", "Requested", "Unknown", "Refused", "Withdrawn", "Expired", "Revoked"] {
        assert!(said.contains(&format!("state https://w3id.org/dpv#Consent{state}\n")), "{state}: {said}");
    }
}

/// A submission that nobody sent: each basis, and consents that ended in each way.
fn made_up(version: &Arc<Version>, state: &str, archived: bool) -> Case {
    let known = |id: &str| {
        let purpose = version.purposes.get(&PurposeId::parse(id).unwrap())?;
        purpose.legal_basis.map(|_| ())
    };
    known("phone-offers").expect("the sample shop has it");
    let content = &version.face(Some(&Language::parse("en").unwrap())).1.content;
    let purpose = |id: &str, legal_basis, decision, ended| PurposeDecision {
        id: PurposeId::parse(id).unwrap(),
        statement: content
            .purposes
            .iter()
            .find(|text| text.id.as_str() == id)
            .map_or_else(|| "ab".repeat(32), |text| statement_digest(&text.statement)),
        legal_basis,
        decision,
        ended,
    };
    let bases = [
        ("enquiry", LegalBasis::Contract),
        ("campaign", LegalBasis::LegitimateInterests),
        ("books", LegalBasis::LegalObligation),
        ("rescue", LegalBasis::VitalInterests),
        ("office", LegalBasis::PublicTask),
    ];
    let asked = |id, decision, ended| purpose(id, LegalBasis::Consent, Some(decision), ended);
    let mut first: Vec<_> = bases.iter().map(|(id, basis)| purpose(id, *basis, None, None)).collect();
    first.push(asked("phone-offers", Decision::Granted, None));
    first.push(asked("newsletter", Decision::Granted, None));
    first.push(asked("survey", Decision::Refused, None));
    let mut last: Vec<_> = bases.iter().map(|(id, basis)| purpose(id, *basis, None, Some(Ended::Retention))).collect();
    last.push(asked("phone-offers", Decision::Granted, Some(Ended::Retention)));
    last.push(asked("newsletter", Decision::Granted, Some(Ended::Unreleased)));
    last.push(asked("survey", Decision::Refused, Some(Ended::Retention)));
    let part = |purposes, method, happened| PartA {
        schema: SCHEMA.to_owned(),
        form: FormId::parse("contact").unwrap(),
        version: version.digest.clone(),
        language: Language::parse("en").unwrap(),
        purposes,
        method,
        day: "2026-11-23".to_owned(),
        happened,
    };
    let erasure =
        Erasure { destroyed: vec![FieldId::parse("email").unwrap()], identity: true, ..Erasure::on(Ground::Retention) };
    // Their part B is gone: the day is all that is known.
    let record = |part_a| Record {
        id: Uuid::now_v7(),
        part_a,
        part_b: None,
        commitment: "cd".repeat(32),
        leaf: Some(7),
        holds: true,
    };
    Case {
        submission: SubmissionRow {
            submission_id: Uuid::now_v7(),
            subject_id: Uuid::now_v7(),
            reference: "K7QD-93XF".to_owned(),
            form: "contact".to_owned(),
            version: version.digest.clone(),
            language: "en".to_owned(),
            state: state.to_owned(),
            received_at: 0,
        },
        records: vec![
            record(part(first, Method::Widget, None)),
            record(part(last, Method::Rule, Some(Happened::Erasure(erasure)))),
        ],
        version: archived.then(|| Arc::clone(version)),
    }
}

#[test]
fn evidence_opens_for_a_name_and_a_reason_and_shows_no_value() {
    let shop = Shop::open("");
    let (refused, withdrawn) = decided(&shop);
    let nameless = shop.unticked(&["evidence", "export", "--reference", &refused, "--format", "csv"]);
    assert_eq!(nameless.expect(2), "");
    let idle = shop.unticked(&[
        "evidence",
        "export",
        "--reference",
        &refused,
        "--format",
        "csv",
        "--by",
        "Ann",
        "--reason",
        " ",
    ]);
    assert_eq!(idle.expect(2), "");
    assert_eq!(shop.unticked(&export(&["--format", "csv"])).expect(2), "", "whose?");
    assert_eq!(shop.unticked(&export(&["--format", "csv", "--reference", "AAAA-AAAA"])).expect(1), "");
    assert_eq!(shop.unticked(&export(&["--format", "csv", "--form", "contcat"])).expect(1), "");
    assert_eq!(
        shop.unticked(&export(&["--format", "csv", "--form", "contact", "--jurisdiction", "Mars"])).expect(2),
        ""
    );
    let nobody = "0197a000-0000-7000-8000-000000000000";
    assert_eq!(shop.unticked(&export(&["--format", "csv", "--subject", nobody])).expect(1), "");
    assert_eq!(read(&shop.unticked(&["accesses", "--json"]).expect(0)), json!([]), "nothing was opened");

    for format in ["json-ld", "kantara", "csv"] {
        let all = shop.unticked(&export(&["--form", "contact", "--format", format])).expect(0);
        assert_eq!(canary(&all), None, "{all}");
        assert!(all.contains(&refused) && all.contains(&withdrawn), "{all}");
    }
    let log = read(&shop.unticked(&["accesses", "--json"]).expect(0));
    assert_eq!(log.as_array().unwrap().len(), 3);
    assert_eq!((&log[0]["command"], &log[0]["reason"]), (&json!("evidence export"), &json!("the authority asks")));
    assert_eq!(log[0]["submissions"].as_array().unwrap().len(), 2);

    // One person's, by the pseudonym that the export itself names.
    let one =
        read(&shop.unticked(&export(&["--reference", &withdrawn.to_lowercase(), "--format", "json-ld"])).expect(0));
    let records = one["@graph"][0]["dpv:hasRecordOfActivity"].as_array().unwrap();
    let subject = records[0]["dpv:hasDataSubject"]["dct:identifier"].as_str().unwrap();
    let again = read(&shop.unticked(&export(&["--subject", subject, "--format", "json-ld"])).expect(0));
    assert_eq!(again["@graph"][0]["@id"], one["@graph"][0]["@id"]);
    let offers = records.iter().find(|one| one["@id"].as_str().unwrap().ends_with("#phone-offers")).unwrap();
    let states: Vec<_> =
        offers["dpv:hasConsentStatus"].as_array().unwrap().iter().map(|status| &status["@type"][0]).collect();
    assert_eq!(states, ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]);
    let purpose = &offers["dpv:hasProcess"]["dpv:hasPurpose"];
    assert!(purpose["dct:description"].as_str().unwrap().contains("may call me"), "the very words: {purpose}");
    assert_eq!(
        purpose["unticked:statementDigest"],
        format!("sha256:{}", statement_digest(purpose["dct:description"].as_str().unwrap()))
    );
    assert_eq!(offers["dpv:hasConsentStatus"][0]["dct:source"]["unticked:commitment"].as_str().unwrap().len(), 64);
}

#[test]
fn a_kantara_receipt_has_every_member_that_must_be_there() {
    let shop = Shop::open("");
    let (refused, withdrawn) = decided(&shop);
    let all = read(&shop.unticked(&export(&["--form", "contact", "--format", "kantara"])).expect(0));
    for receipt in all.as_array().unwrap() {
        assert_eq!(receipt["version"], "KI-CR-v1.1.0");
        for text in ["jurisdiction", "collectionMethod", "consentReceiptID", "language", "piiPrincipalId", "policyUrl"]
        {
            assert!(receipt[text].as_str().is_some_and(|text| !text.is_empty()), "{text}: {receipt}");
        }
        assert!(receipt["consentTimestamp"].as_i64().unwrap() > 1_700_000_000);
        assert!(receipt["sensitive"].is_boolean() && receipt["spiCat"].is_array());
        for controller in receipt["piiControllers"].as_array().unwrap() {
            for text in ["piiController", "contact", "email", "phone"] {
                assert!(controller[text].as_str().is_some_and(|text| !text.is_empty()), "{text}: {controller}");
            }
            assert!(controller["address"].is_object());
        }
        for purpose in receipt["services"][0]["purposes"].as_array().unwrap() {
            for text in ["purpose", "consentType", "termination"] {
                assert!(purpose[text].as_str().is_some_and(|text| !text.is_empty()), "{text}: {purpose}");
            }
            assert!(purpose["purposeCategory"].is_array() && purpose["piiCategory"].is_array());
            assert!(purpose["primaryPurpose"].is_boolean());
            assert_eq!(purpose["thirdPartyDisclosure"], purpose["thirdPartyName"].is_string());
        }
    }
    // Nothing that was refused, taken back or waits stands among what was agreed to.
    for (reference, consents) in [(&refused, 0), (&withdrawn, 0)] {
        let receipt = all.as_array().unwrap().iter().find(|one| one["reference"] == **reference).unwrap();
        let purposes = receipt["services"][0]["purposes"].as_array().unwrap();
        assert_eq!(purposes.iter().filter(|one| one["consentType"] == "EXPLICIT").count(), consents, "{receipt}");
        assert_eq!(receipt["decisions"].as_array().unwrap().len(), 4);
    }
    let states = |reference: &str| {
        let receipt = all.as_array().unwrap().iter().find(|one| one["reference"] == reference).unwrap();
        let decisions = receipt["decisions"].as_array().unwrap();
        decisions.iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&refused), ["informed", "informed", "refused", "refused"]);
    assert_eq!(states(&withdrawn), ["informed", "informed", "granted_unconfirmed", "withdrawn"]);
}

#[test]
fn a_record_that_was_altered_is_exported_and_named() {
    let shop = Shop::open("");
    let (refused, _) = decided(&shop);
    shop.tampers(
        "unticked.db",
        &["update evidence set part_a = cast(replace(cast(part_a as text), 'refused', 'granted') as blob)
           where cast(part_a as text) like '%refused%refused%'"],
    );
    let said = shop.unticked(&export(&["--form", "contact", "--format", "csv", "--out", "all.csv"]));
    said.expect(1);
    assert!(said.complaint().contains(&refused) && said.complaint().contains("not what was committed to"));
    let csv = std::fs::read_to_string(shop.folder.path().join("all.csv")).unwrap();
    let header: Vec<_> = csv.lines().next().unwrap().split(',').collect();
    assert_eq!(header, exports::table::HEADER);
    assert!(csv.contains(",no,") && csv.contains(",yes,"), "{csv}");
}
