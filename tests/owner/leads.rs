use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::shop::{Shop, canary};

const WHY: [&str; 4] = ["--by", "Maria Petrova", "--reason", "answering the enquiry"];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn with<'a>(command: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    command.iter().chain(&WHY).chain(more).copied().collect()
}

#[test]
fn a_lead_is_listed_closed_shown_masked_and_opened_field_by_field_and_the_log_says_so() {
    let shop = Shop::open("");
    let reference = shop.lead(&[("choice.newsletter", "granted")]);
    let listed = shop.unticked(&["leads", "list"]).expect(0);
    assert!(listed.contains(&reference) && listed.contains("newsletter granted"), "{listed}");
    assert_eq!(canary(&listed), None, "{listed}");

    // Nobody reads without a name and a reason.
    for missing in [vec!["leads", "show", &reference], vec!["leads", "show", &reference, "--by", "Maria"]] {
        assert_eq!(shop.unticked(&missing).expect(2), "");
    }
    let nameless = shop.unticked(&["leads", "show", &reference, "--by", " ", "--reason", "curious"]);
    assert_eq!(nameless.expect(2), "");
    let slip = shop.unticked(&with(&["leads", "show", &reference], &["--reveal", "mail"]));
    assert_eq!(slip.expect(1), "");
    assert!(slip.complaint().contains("no field is called `mail`") && slip.complaint().contains("email"));
    assert_eq!(json(&shop.unticked(&["accesses", "--json"]).expect(0)), json("[]"), "nothing was opened");

    // As it was read out on the telephone.
    let typed = reference.to_lowercase().replace('-', " ");
    let shown = shop.unticked(&with(&["leads", "show", &typed], &[])).expect(0);
    assert_eq!(canary(&shown), None, "{shown}");
    for part in ["a…@example.org", "topic (What is it about?): order", "…8899", "newsletter", "since 20"] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    let revealed = shop.unticked(&with(&["leads", "show", &reference], &["--reveal", "email"])).expect(0);
    assert!(revealed.contains("ann.canary@example.org") && !revealed.contains("Ann Canary"), "{revealed}");

    let log = shop.unticked(&["accesses", "--json"]).expect(0);
    assert_eq!(canary(&log), None, "{log}");
    let log = json(&log);
    let revealed: Vec<_> = log.as_array().unwrap().iter().map(|entry| entry["revealed"].clone()).collect();
    assert_eq!(revealed, [json("[]"), json("[\"email\"]")]);
    assert_eq!((&log[1]["who"], &log[1]["reason"]), (&json("\"Maria Petrova\""), &json("\"answering the enquiry\"")));
    assert_eq!(log[1]["submissions"][0]["reference"], reference.as_str());
    let lines = shop.unticked(&["accesses", "--reference", &reference, "--by", "maria"]).expect(0);
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert_eq!(shop.unticked(&["accesses", "--by", "somebody else"]).expect(0), "");
    assert!(shop.unticked(&["accesses", "--check"]).expect(0).starts_with("2 entries"));
}

#[test]
fn an_export_is_masked_harmless_private_and_written_down() {
    let shop = Shop::open("");
    let first = shop.lead(&[("value.message", "=HYPERLINK(\"https://evil.example\")")]);
    let second = shop.lead(&[("choice.newsletter", "granted")]);
    assert_eq!(shop.unticked(&["leads", "export", "--csv"]).expect(2), "");
    assert_eq!(shop.unticked(&with(&["leads", "export"], &[])).expect(2), "", "one format or the other");

    let out = with(&["leads", "export", "--csv"], &["--out", "leads.csv", "--reveal", "message", "--reveal", "phone"]);
    shop.unticked(&out).expect(0);
    let path = shop.folder.path().join("leads.csv");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let csv = std::fs::read_to_string(&path).unwrap();
    let header: Vec<_> = csv.lines().next().unwrap().split(',').collect();
    assert_eq!(header[..2], ["reference", "received_at"]);
    assert!(header.contains(&"field.email") && header.contains(&"decision.newsletter"), "{header:?}");
    assert!(csv.contains(&first) && csv.contains(&second));
    assert!(csv.contains("a…@example.org") && !csv.contains("Canary"), "{csv}");
    assert!(csv.contains(",'+359 2 777 8899,") && csv.contains("\"'=HYPERLINK(\"\"https"), "{csv}");
    assert!(shop.unticked(&out).complaint().contains("an export overwrites nothing"));

    let all = json(&shop.unticked(&with(&["leads", "export", "--json"], &[])).expect(0));
    let leads = all.as_array().unwrap();
    assert_eq!(leads.len(), 2);
    let email = leads[0]["values"].as_array().unwrap().iter().find(|value| value["field"] == "email").unwrap();
    assert_eq!((email["state"].as_str(), email["value"].as_str()), (Some("masked"), Some("a…@example.org")));
    for (filter, count) in [
        (vec!["--form", "contact"], 2),
        (vec!["--state", "quarantined"], 0),
        (vec!["--since", "2020-01-01", "--until", "2020-12-31"], 0),
        (vec!["--since", "2020-01-01T00:00:00Z"], 2),
    ] {
        let some = json(&shop.unticked(&with(&["leads", "export", "--json"], &filter)).expect(0));
        assert_eq!(some.as_array().unwrap().len(), count, "{filter:?}");
        let mut list = vec!["leads", "list", "--json"];
        list.extend(&filter);
        assert_eq!(json(&shop.unticked(&list).expect(0)).as_array().unwrap().len(), count, "{filter:?}");
    }
    let unknown = shop.unticked(&["leads", "list", "--form", "contcat"]);
    assert_eq!(unknown.expect(1), "");
    assert!(unknown.complaint().contains("contact"));
    let log = json(&shop.unticked(&["accesses", "--json"]).expect(0));
    // An export that found nothing opened nothing.
    assert_eq!(log.as_array().unwrap().len(), 4);
    assert_eq!(log[0]["submissions"].as_array().unwrap().len(), 2);
}

#[test]
fn where_the_log_cannot_be_written_nothing_is_shown() {
    let shop = Shop::open("");
    let reference = shop.lead(&[]);
    shop.tampers("unticked.db", &["alter table access rename to elsewhere"]);
    for command in [vec!["leads", "show", &reference], vec!["leads", "export", "--csv"]] {
        let said = shop.unticked(&with(&command, &["--reveal", "email"]));
        let out = said.expect(3);
        // The header of an export may stand there.
        assert_eq!(canary(&out), None, "{out}");
        assert!(!out.contains("example.org"), "{out}");
    }
    shop.tampers("unticked.db", &["alter table elsewhere rename to access"]);
    shop.tampers("unticked-keys.db", &["alter table access_head rename to elsewhere"]);
    let said = shop.unticked(&with(&["leads", "show", &reference], &["--reveal", "email"]));
    assert_eq!(said.expect(3), "");
}

#[test]
fn whoever_edits_the_log_behind_our_back_is_found_out() {
    let shop = Shop::open("");
    let reference = shop.lead(&[]);
    for _ in 0..3 {
        shop.unticked(&with(&["leads", "show", &reference], &["--reveal", "email"])).expect(0);
    }
    shop.tampers(
        "unticked.db",
        &[
            "drop trigger access_is_not_changed",
            "drop trigger access_is_not_removed",
            "update access set who = 'Somebody Else' where number = 1",
            "delete from access where number = 3",
        ],
    );
    let check = shop.unticked(&["accesses", "--check"]);
    let found = check.expect(1);
    assert!(found.contains("entry 1 was changed") && found.contains("entries 3 to 3 are missing"), "{found}");
}

#[test]
fn a_suspect_is_marked_shown_and_let_go() {
    let shop = Shop::open("[secrets]\ncrm = \"whsec_dW50aWNrZWQtc3RvcmllcyEhdW50aWNrZWQtc3Rvcnk=\"\n");
    let page = crate::http::get(shop.port, "/f/contact?lang=en", &[]).unwrap().body;
    let trap = page.split("class=\"trap\"").nth(1).unwrap().split("name=\"").nth(1).unwrap();
    let trap = trap.split('"').next().unwrap();
    let reference = shop.lead(&[(trap, "https://spam.example")]);
    let listed = shop.unticked(&["leads", "list", "--state", "suspect"]).expect(0);
    assert!(listed.contains(&reference) && listed.contains("SUSPECT"), "{listed}");
    let shown = shop.unticked(&with(&["leads", "show", &reference], &[])).expect(0);
    assert!(shown.contains("looks like a robot's") && shown.contains("a…@example.org"), "{shown}");
    let held = shop.unticked(&["deliveries", "list"]).expect(0);
    assert!(held.contains(&reference) && held.contains("held"), "{held}");
    shop.unticked(&["quarantine", "release", &reference.to_lowercase()]).expect(0);
    let listed = shop.unticked(&["leads", "list"]).expect(0);
    assert!(listed.contains(&reference) && !listed.contains("SUSPECT"), "{listed}");
}

#[test]
fn what_does_not_arrive_is_listed_with_its_reason_and_sent_again_when_asked() {
    let shop = Shop::open("");
    assert_eq!(shop.unticked(&["deliveries", "retry", "--all"]).expect(1), "");
    let reference = shop.lead(&[]);
    // Its secret is not set, so it waits; the worker looks once a second.
    let start = std::time::Instant::now();
    let listed = loop {
        let listed = shop.unticked(&["deliveries", "list"]).expect(0);
        if listed.contains("secrets.crm") || start.elapsed() > std::time::Duration::from_secs(30) {
            break listed;
        }
    };
    assert!(listed.contains(&reference) && listed.contains("`secrets.crm` is not set"), "{listed}");
    let as_json = json(&shop.unticked(&["deliveries", "list", "--json"]).expect(0));
    assert_eq!(as_json[0]["destination"], "crm");
    shop.unticked(&["deliveries", "retry", "ZZZZ-ZZZZ"]).expect(1);
    shop.unticked(&["deliveries", "retry", &reference, "--destination", "nobody"]).expect(1);
    shop.tampers("unticked.db", &["update delivery set state = 'failed', lease = null"]);
    assert!(shop.unticked(&["deliveries", "list"]).expect(0).contains("given up"));
    assert!(shop.unticked(&["deliveries", "retry", &reference]).expect(0).contains("1 deliveries go again"));
    assert!(shop.unticked(&["deliveries", "list"]).expect(0).contains("waiting"));
}

#[test]
fn who_was_forgotten_is_said_to_be_so_and_what_identifies_nobody_remains() {
    let shop = Shop::open("");
    let reference = shop.lead(&[]);
    shop.tampers("unticked-keys.db", &["update subject_key set identity_key = null"]);
    let shown = shop.unticked(&with(&["leads", "show", &reference], &["--reveal", "email"])).expect(0);
    assert!(
        shown.contains("The person was forgotten") && shown.contains("email (Mail address): (forgotten)"),
        "{shown}"
    );
    assert!(shown.contains("topic (What is it about?): order"), "{shown}");
    assert!(shop.unticked(&["leads", "list"]).expect(0).contains("FORGOTTEN"));
    let csv = shop.unticked(&with(&["leads", "export", "--csv"], &["--reveal", "email"])).expect(0);
    assert!(csv.contains(",(forgotten),"), "{csv}");
    // A value that was destroyed says so as well.
    shop.tampers("unticked.db", &["delete from value where field = 'message'"]);
    let shown = shop.unticked(&with(&["leads", "show", &reference], &[])).expect(0);
    assert!(!shown.contains("message ("), "nothing ended: it may have been left empty\n{shown}");
}

#[test]
fn a_command_in_the_wrong_folder_makes_no_empty_database_and_no_new_keys() {
    let shop = Shop::open("");
    let nowhere = tempfile::tempdir().unwrap();
    let file = nowhere.path().join("other.toml");
    std::fs::write(&file, "").unwrap();
    let other = file.to_str().unwrap();
    let said = shop.unticked(&["leads", "list", "--config", other]);
    said.expect(3);
    assert!(said.complaint().contains("database"), "{}", said.complaint());
    let said = shop.unticked(&with(&["leads", "show", "AAAA-AAAA", "--set", "keys.ring=elsewhere"], &[]));
    said.expect(3);
    assert!(said.complaint().contains("There is no key ring"), "{}", said.complaint());
    assert_eq!(std::fs::read_dir(nowhere.path()).unwrap().count(), 1);
    assert!(!shop.folder.path().join("elsewhere").exists());
}

#[test]
fn a_consent_that_was_taken_back_is_shown_as_it_stands_now() {
    let shop = Shop::open("");
    let sent = shop.confirmation(&[("choice.phone-offers", "granted")]).body;
    let reference = crate::shop::reference(&sent).unwrap();
    assert!(shop.unticked(&["leads", "list"]).expect(0).contains("phone-offers granted"));
    let token = sent.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let body = format!("token={token}&withdraw=phone-offers");
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(crate::http::send(shop.port, "POST", "/preferences", &kind, &body).unwrap().status, 200);
    assert!(shop.unticked(&["leads", "list"]).expect(0).contains("phone-offers withdrawn"));
    let shown = shop.unticked(&with(&["leads", "show", &reference], &["--reveal", "phone"])).expect(0);
    assert!(shown.contains("phone-offers (Offers by telephone): withdrawn, since 20"), "{shown}");
    // The enquiry uses the number, too.
    assert!(shown.contains("+359 2 777 8899"), "{shown}");
}

#[test]
fn nothing_is_opened_while_somebody_replaces_the_databases() {
    let mut shop = Shop::open("");
    let reference = shop.lead(&[]);
    shop.kill();
    let lock = std::fs::File::open(shop.folder.path().join("unticked.db.lock")).unwrap();
    // What `restore --replace` holds while it moves the files.
    lock.lock().unwrap();
    let commands: [&[&str]; 6] = [
        &with(&["leads", "show", &reference], &[]),
        &["leads", "list"],
        &["accesses"],
        &["retention", "run"],
        &["deliveries", "retry", "--all"],
        &["restore", "--settle"],
    ];
    for command in commands {
        let said = shop.unticked(command);
        assert_eq!(said.expect(3), "", "{command:?}");
        assert!(said.complaint().contains("a restore or an upgrade is at work on"), "{command:?}: {said:?}");
    }
    let seen = shop.unticked(&["doctor", "--json"]);
    assert!(json(&seen.expect(2))["findings"].to_string().contains("a restore or an upgrade is at work"), "{seen:?}");
    drop(lock);
    let shown = shop.unticked(&with(&["leads", "show", &reference], &[]));
    assert!(shown.expect(0).contains(&reference));
}

#[test]
fn a_date_that_the_machine_does_not_know_confirms_nothing() {
    let shop = Shop::open("");
    shop.tampers("unticked.db", &["update retention_clock set trusted_at = trusted_at - 3000000000"]);
    let seen = shop.unticked(&["doctor", "--json"]);
    let seen = json(&seen.said());
    let clock = seen["findings"].as_array().unwrap().iter().find(|one| one["check"] == "retention").unwrap();
    assert!(clock["state"] == "warn" && clock["advice"].to_string().contains("confirm-clock"), "{clock}");
    let run = shop.unticked(&["retention", "run"]);
    run.expect(3);
    assert!(run.complaint().contains("confirm-clock"), "{run:?}");
    let wrong = shop.unticked(&["retention", "confirm-clock", "--today", "2019-01-31"]);
    wrong.expect(1);
    assert!(wrong.complaint().contains("Nothing was confirmed"), "{wrong:?}");
    let today = unticked_collector::world::Clock::system().now().to_string();
    let right = shop.unticked(&["retention", "confirm-clock", "--today", &today[..10]]).expect(0);
    assert!(right.starts_with("confirmed: it is 20"), "{right}");
    shop.unticked(&["retention", "run"]).expect(0);
}
