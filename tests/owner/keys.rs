use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::Value;

use crate::shop::{Shop, canary};

const WHY: [&str; 4] = ["--by", "Maria Petrova", "--reason", "answering the enquiry"];

fn email_of(shop: &Shop, reference: &str) -> String {
    let more = ["leads", "show", reference, "--reveal", "email"];
    shop.unticked(&more.into_iter().chain(WHY).collect::<Vec<_>>()).expect(0)
}

#[test]
fn keys_change_while_the_shop_is_open_and_an_old_copy_of_the_keys_opens_no_more() {
    let mut shop = Shop::open("");
    let reference = shop.lead(&[("choice.newsletter", "granted")]);
    let at = |name: &str| shop.folder.path().join(name).display().to_string();
    let (old_ring, old_data, old_keys) = (at("old-ring"), at("old/data"), at("old/keys"));
    fs::copy(at("unticked.keyring"), &old_ring).unwrap();
    let backup = ["backup", "--together", "--without-ring", "--to", &old_data, "--keys-to", &old_keys];
    shop.unticked(&backup).expect(0);

    let said = shop.unticked(&["keys", "rotate"]).expect(0);
    assert!(said.contains("wrap: sealed 1 anew") && said.contains("the old keys still open"), "{said}");
    let said = shop.unticked(&["keys", "retire", "--kind", "wrap"]).expect(0);
    assert!(said.contains("has left the ring") && said.contains("destroy those copies"), "{said}");
    let list = || -> Value { serde_json::from_str(&shop.unticked(&["keys", "list", "--json"]).expect(0)).unwrap() };
    let mut listed = list();
    // The collector looks at the file every second.
    for _ in 0..50 {
        if listed["collectors"][0]["same_ring"] == true {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
        listed = list();
    }
    assert_eq!(listed["collectors"][0]["same_ring"], true, "{listed}");
    let wraps = listed["keys"].as_array().unwrap().iter().filter(|key| key["kind"] == "wrap").collect::<Vec<_>>();
    assert_eq!((wraps.len(), &wraps[0]["sealed"], &wraps[0]["role"]), (1, &2.into(), &"seals".into()));
    let ring = fs::read_to_string(at("unticked.keyring")).unwrap();
    let plain = shop.unticked(&["keys", "list"]).expect(0);
    for secret in ring.lines().filter_map(|line| line.strip_prefix("key = ")) {
        assert!(!plain.contains(secret.trim_matches('"')), "no secret is shown");
    }
    assert_eq!(fs::metadata(at("unticked.keyring")).unwrap().permissions().mode() & 0o777, 0o600);

    // The lead of before opens, and the collector that ran all the while takes another one.
    assert!(email_of(&shop, &reference).contains("ann.canary@example.org"));
    let second = shop.lead(&[]);
    assert!(email_of(&shop, &second).contains("ann.canary@example.org"));
    assert!(shop.unticked(&["accesses", "--check"]).expect(0).starts_with("2 entries"), "the log's key is the same");

    shop.kill();
    let at = |name: &str| shop.folder.path().join(name).display().to_string();
    let restore = ["restore", "--check", "--from", &old_data, "--keys-from", &old_keys];
    let refused = shop.unticked(&restore);
    refused.expect(3);
    let complaint = refused.complaint();
    assert!(complaint.contains("unticked.keyring") && complaint.contains("a key left it"), "{complaint}");
    let old_ring = format!("keys.ring={old_ring}");
    let with_old = ["--set", &old_ring].into_iter().chain(restore).collect::<Vec<_>>();
    shop.unticked(&with_old).expect(0);
    // A copy from after the change comes back whole.
    let (data, keys) = (at("new/data"), at("new/keys"));
    shop.unticked(&["backup", "--together", "--to", &data, "--keys-to", &keys]).expect(0);
    shop.unticked(&["restore", "--replace", "--from", &data, "--keys-from", &keys]).expect(0);
    shop.start();
    assert!(email_of(&shop, &reference).contains("ann.canary@example.org"));
}

#[test]
fn a_ring_that_cannot_be_used_stops_the_start_with_its_path_and_the_reason() {
    let mut shop = Shop::open("");
    shop.lead(&[]);
    shop.kill();
    let other = Shop::open("");
    let ring = shop.folder.path().join("unticked.keyring");
    let whole = fs::read_to_string(&ring).unwrap();
    let foreign = fs::read_to_string(other.folder.path().join("unticked.keyring")).unwrap();
    drop(other);
    let stops = |what: &str| {
        for command in [["serve"].as_slice(), &["keys", "list"], &["keys", "rotate"]] {
            let said = shop.unticked(command);
            assert_eq!(said.expect(3), "", "{command:?}");
            let complaint = said.complaint();
            assert!(complaint.contains("unticked.keyring") && complaint.contains(what), "{command:?}: {complaint}");
            assert_eq!(canary(&complaint), None);
            for secret in whole.lines().chain(foreign.lines()).filter_map(|line| line.strip_prefix("key = ")) {
                assert!(!complaint.contains(secret.trim_matches('"')), "{complaint}");
            }
        }
    };
    fs::write(&ring, &whole[..whole.len() / 2]).unwrap();
    stops("is not as it should be");
    fs::write(&ring, "").unwrap();
    stops("it is empty");
    fs::write(&ring, foreign.clone()).unwrap();
    stops("lacks the key");
    fs::write(&ring, &whole).unwrap();
    fs::set_permissions(&ring, fs::Permissions::from_mode(0o644)).unwrap();
    stops("chmod 600");
    fs::remove_file(&ring).unwrap();
    fs::create_dir(&ring).unwrap();
    stops("it is no file");
    fs::remove_dir(&ring).unwrap();
    // It is made anew where none is; here that must be noticed and not go on.
    let lost = shop.unticked(&["serve"]);
    lost.expect(3);
    assert!(lost.complaint().contains("the one that was just made can go"), "{}", lost.complaint());
    fs::write(&ring, &whole).unwrap();
    fs::set_permissions(&ring, fs::Permissions::from_mode(0o600)).unwrap();
    shop.start();
}
