//! The gate, for sites that serve it themselves.

use std::path::Path;

use crate::{
    http,
    shop::{Shop, copy},
};

#[test]
fn the_file_for_the_site_is_the_one_that_the_collector_serves() {
    let mut shop = Shop::open("");
    shop.kill();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/banner"), &shop.folder.path().join("definitions"));
    shop.start();
    let served = http::get(shop.port, "/gate.js", &[]).unwrap();
    assert_eq!(served.status, 200);

    let said = shop.unticked(&["gate", "--out", "gate.js"]).expect(0);
    let written = std::fs::read_to_string(shop.folder.path().join("gate.js")).unwrap();
    assert_eq!(written, served.body);
    let tag = said.lines().find(|line| line.contains("<script")).unwrap();
    let integrity = tag.split('"').find(|part| part.starts_with("sha384-")).unwrap();
    assert_eq!(integrity.len(), "sha384-".len() + 64);
    assert!(!tag.contains("async") && !tag.contains("defer"), "{tag}");

    assert_eq!(
        shop.unticked(&["gate"]).expect(0),
        written,
        "without a file to standard output, and nothing else there"
    );
    let beside: Vec<_> =
        std::fs::read_dir(shop.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name == "gate.js.new"), "{beside:?}");
}

#[test]
fn a_shop_without_a_banner_is_told_what_is_missing() {
    let mut shop = Shop::open("");
    shop.kill();
    let _ = std::fs::remove_file(shop.folder.path().join("definitions/banner.toml"));
    let said = shop.unticked(&["gate", "--out", "gate.js"]);
    said.expect(1);
    assert!(said.complaint().contains("banner.toml"));
    assert!(!shop.folder.path().join("gate.js").exists());
}
