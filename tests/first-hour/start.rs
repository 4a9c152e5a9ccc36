//! `init` and what it leaves behind.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use crate::{
    collector::Collector,
    ground::{Ground, Said, free_port, run},
};

/// The folder's name.
pub const SHOP: &str = "shop";

/// `unticked init` with every flag.
pub fn init(ground: &Ground, public_url: &str, crm: &[&str]) -> (PathBuf, Said) {
    let flags = [
        "init",
        SHOP,
        "--controller=Lipa Bilki EOOD",
        "--address=12 Shipka Street, 1504 Sofia, Bulgaria",
        "--contact=privacy@shop.example",
        "--site=https://shop.example",
        "--language=en,bg",
        "--public-url",
        public_url,
    ];
    let said = run(&mut ground.unticked(&[&flags, crm].concat())).well();
    (ground.path(SHOP), said)
}

#[test]
fn init_without_a_terminal_says_what_is_missing_and_makes_nothing() {
    let ground = Ground::new();
    let said = run(&mut ground.unticked(&["init", SHOP, "--controller", "Lipa"]));
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("--address, --contact, --site, --language, --crm"), "{}", said.err);
    assert!(!ground.path(SHOP).exists());
}

#[test]
fn what_init_made_passes_check_and_a_second_init_leaves_it_alone() {
    let ground = Ground::new();
    let (folder, said) = init(&ground, "https://forms.shop.example", &["--crm=https://crm.example/hook"]);
    let snippet = "<script async src=\"https://forms.shop.example/unticked.js\"></script>";
    for part in [snippet, "unticked serve", "unticked doctor", "unticked.keyring"] {
        assert!(said.out.contains(part), "{part} missing in:\n{}", said.out);
    }
    let checked = run(&mut ground.unticked(&["check", "shop/definitions"])).well();
    assert_eq!(checked.out, "shop/definitions: 0 errors, 0 warnings\n");
    for (name, mode) in [("", 0o700), ("unticked.keyring", 0o600), ("crm.secret", 0o600)] {
        let found = std::fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
    let secret = std::fs::read_to_string(folder.join("crm.secret")).unwrap();
    assert!(!said.out.contains(secret.trim()), "a secret does not go over the screen");
    let ring = std::fs::read(folder.join("unticked.keyring")).unwrap();
    let again = run(&mut ground.unticked(&["init", SHOP, "--controller", "Other"]));
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("shop is not empty"), "{}", again.err);
    assert_eq!(std::fs::read(folder.join("unticked.keyring")).unwrap(), ring);
}

#[test]
fn a_health_check_needs_nothing_but_the_program() {
    let ground = Ground::new();
    let (folder, _) = init(&ground, "https://forms.shop.example", &["--crm=none"]);
    let port = free_port();
    let listen = format!("server.listen=0.0.0.0:{port}");
    let ready = || run(ground.unticked(&["ready", "--set", &listen]).current_dir(&folder));
    let nobody = ready();
    assert_eq!(nobody.code, Some(3));
    assert!(nobody.err.contains(&format!("does not answer at 127.0.0.1:{port}")), "{}", nobody.err);
    let mut collector = Collector::serve(&ground, &folder, port, None);
    assert_eq!(ready().well().out, "ready\n");
    assert_eq!(collector.process.stop(), Some(0));
}
