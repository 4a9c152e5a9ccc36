use unticked_shared::merkle::{cosignature::Cosigner, note::Signer};

use super::{
    LONGEST_PAUSE, ask,
    decide::{Verdict, judge},
    pause_after,
    stamp::{REPLY, Request, StampError},
};
use crate::outbox::destinations::Answer;

fn checkpoint() -> String {
    let signer = Signer::new("forms.example/ledger", &[1; 32]).unwrap();
    signer.sign("forms.example/ledger\n20\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap()
}

fn answer(status: u16, kind: &str, body: &str) -> Answer {
    Answer { status, kind: kind.to_owned(), body: body.as_bytes().to_vec() }
}

#[test]
fn a_question_has_the_layout_of_the_specification() {
    let body = String::from_utf8(ask::body(12, &[[0; 32], [255; 32]], &checkpoint())).unwrap();
    let lines: Vec<&str> = body.lines().collect();
    assert_eq!(
        lines[..4],
        ["old 12", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "//////////////////////////////////////////8=", ""]
    );
    assert!(body.ends_with(&checkpoint()));
    assert!(ask::body(0, &[], "x\n").starts_with(b"old 0\n\nx\n"), "no proof from nothing");
}

#[test]
fn what_a_witness_answers_is_taken_for_what_it_is() {
    let witness = Cosigner::new("witness.example", &[2; 32]);
    let (note, key) = (checkpoint(), witness.key());
    let judge = |answer: &Answer, old, size| judge(answer, &key, &note, old, size, 25);
    let size = "text/x.tlog.size";
    let line = witness.sign(&note, 9).unwrap();
    assert!(matches!(judge(&answer(200, "", &format!("{line}\n")), 5, 20), Verdict::Cosigned(one) if one.time == 9));
    let stranger = Cosigner::new("witness.example", &[3; 32]).sign(&note, 9).unwrap();
    for nothing in ["", "hello", &stranger, &line.replace('A', "B")] {
        assert!(matches!(judge(&answer(200, "", nothing), 5, 20), Verdict::Waits(_)), "{nothing}");
    }
    assert_eq!(judge(&answer(409, size, "12\n"), 5, 20), Verdict::Again(12));
    assert_eq!(judge(&answer(409, "Text/X.Tlog.Size; charset=utf-8", "0\n"), 5, 20), Verdict::Again(0));
    assert_eq!(judge(&answer(409, size, "20\n"), 5, 20), Verdict::Again(20));
    // A later head of the same log, from another collector; and one that this log does not have.
    assert!(matches!(judge(&answer(409, size, "24\n"), 5, 20), Verdict::Waits(_)));
    assert!(matches!(judge(&answer(409, size, "26\n"), 5, 20), Verdict::Refuses(_)));
    // The sizes agree, and it is a conflict all the same.
    assert!(matches!(judge(&answer(409, size, "20\n"), 20, 20), Verdict::Refuses(_)));
    assert!(matches!(judge(&answer(409, "", ""), 20, 20), Verdict::Refuses(_)));
    assert!(matches!(judge(&answer(422, "", ""), 5, 20), Verdict::Refuses(_)));
    // A proof from nothing cannot be wrong about what it saw.
    assert!(matches!(judge(&answer(422, "", ""), 0, 20), Verdict::Waits(_)));
    for (kind, body) in
        [(size, "012\n"), (size, "12"), (size, "-1\n"), (size, "+5\n"), (size, ""), ("text/plain", "12\n")]
    {
        assert!(matches!(judge(&answer(409, kind, body), 5, 20), Verdict::Waits(_)), "{kind} {body:?}");
    }
    for status in [301, 400, 403, 404, 500] {
        assert!(matches!(judge(&answer(status, "", ""), 5, 20), Verdict::Waits(_)), "{status}");
    }
}

#[test]
fn pauses_grow_to_ten_minutes() {
    assert_eq!([1, 2, 3].map(|failures| pause_after(failures).as_secs()), [5, 10, 20]);
    assert_eq!(pause_after(40), LONGEST_PAUSE);
}

/// What `openssl ts -reply` gave for `hello` and the nonce 0x0102030405060708 would hold its certificates, too; this is the
/// same by hand, as far as it is read.
fn response(digest: &[u8; 32], nonce: &[u8], status: u8) -> Vec<u8> {
    let der =
        |tag: u8, value: &[u8]| [&[tag, 0x82], &u16::try_from(value.len()).unwrap().to_be_bytes()[..], value].concat();
    let oid = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
    let imprint = der(0x30, &[der(0x30, &[der(0x06, &oid), vec![5, 0]].concat()), der(0x04, digest)].concat());
    let info = [
        der(0x02, &[1]),
        der(0x06, &[42, 3]),
        imprint,
        der(0x02, &[1]),
        der(0x18, b"20261123120000.25Z"),
        der(0x30, &der(0x02, &[1])),
        der(0x02, nonce),
        der(0xa0, &[]),
    ];
    let tst = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
    let content = [der(0x06, &tst), der(0xa0, &der(0x04, &der(0x30, &info.concat())))].concat();
    let signed = [der(0x02, &[3]), der(0x31, &[]), der(0x30, &content), der(0x31, &[])].concat();
    let data = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    let token = [der(0x06, &data), der(0xa0, &der(0x30, &signed))].concat();
    der(0x30, &[der(0x30, &der(0x02, &[status])), der(0x30, &token)].concat())
}

#[test]
fn a_stamp_must_be_over_what_was_sent_and_answer_this_question() {
    let nonce = [1, 2, 3, 4, 5, 6, 7, 8];
    let request = Request::new(b"hello", nonce);
    let digest = unticked_shared::signature::sha256(&[b"hello"]);
    let good = response(&digest, &nonce, 0);
    assert_eq!(request.check(200, REPLY, &good).unwrap(), "2026-11-23T12:00:00Z");
    assert_eq!(request.check(200, REPLY, &response(&digest, &nonce, 1)).unwrap(), "2026-11-23T12:00:00Z");
    assert_eq!(request.check(500, REPLY, &good), Err(StampError::Http(500)));
    assert_eq!(request.check(200, "text/html", &good), Err(StampError::Http(200)));
    assert_eq!(request.check(200, REPLY, &response(&digest, &nonce, 2)), Err(StampError::Refused(2)));
    assert_eq!(request.check(200, REPLY, &response(&[0; 32], &nonce, 0)), Err(StampError::Imprint));
    assert_eq!(request.check(200, REPLY, &response(&digest, &[9; 8], 0)), Err(StampError::Nonce));
    for cut in 0..good.len() {
        assert!(request.check(200, REPLY, &good[..cut]).is_err(), "{cut} bytes");
    }
    // No byte of it may make the reader stumble.
    for at in 0..good.len() {
        for change in [1, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= change;
            let _ = request.check(200, REPLY, &bad);
        }
    }
}

#[test]
fn nonces_are_numbers_in_their_shortest_form() {
    for (nonce, value) in [
        ([0, 0, 0, 0, 0, 0, 0, 0], &[0][..]),
        ([0, 0, 0, 0, 0, 0, 0, 0x7f], &[0x7f]),
        ([0, 0, 0, 0, 0, 0, 0, 0x80], &[0, 0x80]),
        ([0xff, 0, 0, 0, 0, 0, 0, 1], &[0, 0xff, 0, 0, 0, 0, 0, 0, 1]),
    ] {
        let request = Request::new(b"x", nonce).to_der();
        let tail = [&[0x02, u8::try_from(value.len()).unwrap()][..], value, &[0x01, 0x01, 0xff]].concat();
        assert!(request.ends_with(&tail), "{nonce:?}");
        let digest = unticked_shared::signature::sha256(&[b"x"]);
        assert!(Request::new(b"x", nonce).check(200, REPLY, &response(&digest, value, 0)).is_ok(), "{nonce:?}");
    }
}
