//! Whatever was ever shown can be produced again.

use unticked_shared::signature::{hex, sha256};

use crate::house::{CONTACT, House};

#[test]
fn a_version_is_served_byte_for_byte_for_good() {
    let house = House::open();
    let old = house.placement(CONTACT, "en").version;
    let archived = house.get(&format!("/v1/versions/{old}"), &[]).expect(200);
    assert_eq!(hex(&sha256(&[&archived.0.body])), old, "a version is named by its bytes");
    house.rewrite("forms/contact.toml", "Write to us", "Send us a line");
    house.reload().unwrap();
    assert_ne!(house.placement(CONTACT, "en").version, old);
    house.withdraw(&old);
    let house = house.restart();
    let again = house.get(&format!("/v1/versions/{old}"), &[]).expect(200);
    assert_eq!(again.0.body, archived.0.body);
}

#[test]
fn what_was_never_shown_is_not_found() {
    let house = House::open();
    let old = house.placement(CONTACT, "en").version;
    for digest in [&"0".repeat(64), "x", &old.to_uppercase(), &old[..63], "%00"] {
        house.get(&format!("/v1/versions/{digest}"), &[]).expect_problem(404, "not-found");
    }
}

#[test]
fn definitions_with_an_error_change_nothing() {
    let house = House::open();
    let before = house.placement(CONTACT, "en").version;
    house.rewrite("forms/contact.toml", "submit.bg", "submitt.bg");
    let complaint = house.reload().unwrap_err();
    assert!(complaint.contains("forms/contact.toml"), "{complaint}");
    assert_eq!(house.placement(CONTACT, "en").version, before);
    house.get("/readyz", &[]).expect(200);
}
