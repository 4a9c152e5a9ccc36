use std::{collections::BTreeSet, os::unix::fs::PermissionsExt, path::Path};

use unticked_shared::{definition, signature::SigningKey};

use super::{
    answers::{self, Receiver},
    ask::{converse, from_flags},
    *,
};
use crate::{
    config::{Settings, Sources},
    world::Random,
};

fn teas(crm: Crm, tongues: &[Tongue]) -> Answers {
    Answers {
        controller: "Teas & \"Herbs\" O'Hara \\ Co".to_owned(),
        address: "12 Shipka Street, 1504 Sofia, Bulgaria".to_owned(),
        contact: "privacy@teas.example".to_owned(),
        sites: vec!["https://teas.example".to_owned(), "https://www.teas.example".to_owned()],
        tongues: tongues.to_vec(),
        crm,
        public_url: "https://forms.teas.example".to_owned(),
    }
}

fn receivers() -> [Crm; 3] {
    let url = "https://crm.example/modules/Webforms/capture.php".to_owned();
    [
        Crm::None,
        Crm::Webhook { url: "https://crm.example/hook?token=1".to_owned() },
        Crm::Vtiger { url, public_id: "0123456789abcdef0123456789abcdef".to_owned() },
    ]
}

#[test]
fn whatever_is_answered_the_definitions_pass_without_a_finding() {
    use Tongue::{Arabic, Bulgarian, English};
    for crm in receivers() {
        for tongues in [&[English][..], &[Bulgarian], &[Arabic], &[Bulgarian, English], &[Arabic, English, Bulgarian]] {
            for contact in ["privacy@teas.example", "+359 2 444 12 12"] {
                for address in ["12 Shipka Street, 1504 Sofia, Bulgaria", "Main Street 1, 10115 Berlin"] {
                    let answers = Answers {
                        contact: contact.to_owned(),
                        address: address.to_owned(),
                        ..teas(crm.clone(), tongues)
                    };
                    let checked = definition::check(&definitions(&answers));
                    let said: Vec<String> = checked.findings.iter().map(ToString::to_string).collect();
                    assert_eq!(said, [""; 0], "{crm:?} {tongues:?}");
                    let definitions = checked.definitions.unwrap();
                    assert_eq!(definitions.controllers.controller.name, answers.controller);
                    assert_eq!(definitions.destinations.len(), usize::from(crm != Crm::None));
                    assert_eq!(definitions.forms.len(), 1);
                }
            }
        }
    }
}

#[test]
fn the_banner_that_waits_passes_without_a_finding_once_it_has_its_name() {
    use Tongue::{Arabic, Bulgarian, English};
    for tongues in [&[English][..], &[Bulgarian], &[Arabic], &[Bulgarian, English], &[Arabic, English, Bulgarian]] {
        let answers = teas(Crm::None, tongues);
        let mut files = definitions(&answers);
        for (name, text) in examples(&answers) {
            files.insert(name.strip_suffix(".example").unwrap().to_owned(), text);
        }
        let checked = definition::check(&files);
        let said: Vec<String> = checked.findings.iter().map(ToString::to_string).collect();
        assert_eq!(said, [""; 0], "{tongues:?}");
        let banner = checked.definitions.unwrap().banner.unwrap();
        assert_eq!((banner.sites.as_slice(), banner.services.len()), (answers.sites.as_slice(), 1));
    }
}

#[test]
fn the_authority_is_the_controllers_own_where_the_address_tells_its_country() {
    let controller = |address: &str| {
        let answers = Answers { address: address.to_owned(), ..teas(Crm::None, &[Tongue::English]) };
        definitions(&answers).remove("controller.toml").unwrap()
    };
    assert!(controller("12 Shipka Street, 1504 Sofia, Bulgaria").contains("https://cpdp.bg"));
    assert!(controller("ул. Шипка 12, 1504 София, България").contains("https://cpdp.bg"));
    assert!(controller("12 Shipka Street, Sofia").contains("where we are"));
}

#[test]
fn what_is_written_can_be_served_and_is_for_its_owner_alone() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a/new shop");
    let [_, webhook, _] = receivers();
    write(&folder, &teas(webhook, &[Tongue::English]), &Random::system()).unwrap();
    let mode = |name: &str| std::fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode(RING), mode(SECRET)), (0o700, 0o600, 0o600));
    let sources = Sources { folder: folder.clone(), ..Sources::default() };
    let settings = Settings::load(&sources).unwrap().settings;
    assert_eq!(settings.server.public_url, "https://forms.teas.example");
    assert_eq!(settings.key_ring, folder.join(RING));
    assert_eq!(settings.definitions_dir, folder.join(DEFINITIONS));
    assert_eq!(settings.server.trusted_proxies.len(), 2);
    assert!(SigningKey::from_secret(settings.secrets["crm"].reveal()).is_ok());
    crate::vault::KeyRing::open(&settings.key_ring, &Random::system()).unwrap();
}

#[test]
fn an_address_in_ones_own_network_is_allowed_by_name() {
    let allowed = |url: &str| {
        let answers = teas(Crm::Webhook { url: url.to_owned() }, &[Tongue::English]);
        let home = tempfile::tempdir().unwrap();
        write(&home.path().join("shop"), &answers, &Random::system()).unwrap();
        let sources = Sources { folder: home.path().join("shop"), ..Sources::default() };
        Settings::load(&sources).unwrap().settings.outbox.allow_hosts
    };
    assert_eq!(allowed("http://127.0.0.1:7412/hook"), ["127.0.0.1:7412"]);
    assert_eq!(allowed("https://192.168.1.9/hook"), ["192.168.1.9:443"]);
    assert_eq!(allowed("https://crm.example/hook"), [""; 0]);
}

#[test]
fn nothing_is_overwritten_and_a_failure_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let answers = teas(Crm::None, &[Tongue::English]);
    let taken = home.path().join("taken");
    std::fs::create_dir(&taken).unwrap();
    std::fs::write(taken.join(".htaccess"), "mine").unwrap();
    let said = write(&taken, &answers, &Random::system()).unwrap_err().to_string();
    assert!(said.contains(".htaccess") && said.contains("name another folder"), "{said}");
    assert_eq!(std::fs::read_dir(&taken).unwrap().count(), 1);

    let file = taken.join(".htaccess");
    assert!(matches!(write(&file, &answers, &Random::system()), Err(FolderError::NoFolder(_))));
    assert!(write(&file.join("deeper"), &answers, &Random::system()).is_err());

    // Definitions that do not pass are not written: the folder is not even made.
    let sites = vec!["https://teas.example/path".to_owned()];
    let unsound = Answers { sites, ..answers.clone() };
    let fresh = home.path().join("fresh");
    let said = write(&fresh, &unsound, &Random::system()).unwrap_err().to_string();
    assert!(said.contains("bad-origin"), "{said}");
    assert!(!fresh.exists());
}

#[test]
fn of_two_at_once_one_wins_and_its_folder_is_whole() {
    let home = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let folder = home.path().join(round.to_string());
        let [_, webhook, _] = receivers();
        let answers = teas(webhook, &[Tongue::English]);
        let won: Vec<bool> = std::thread::scope(|scope| {
            let both = [(); 2].map(|()| scope.spawn(|| write(&folder, &answers, &Random::system()).is_ok()));
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let wins = won.iter().filter(|won| **won).count();
        assert!(wins <= 1, "{won:?}");
        if wins == 1 {
            assert_eq!(names(&folder), ["crm.secret", "definitions", "unticked.keyring", "unticked.toml"]);
            let mut said = Vec::new();
            let format = crate::forms::check::Format::Human;
            crate::forms::check::run(&folder.join(DEFINITIONS), format, &mut said).unwrap();
            assert!(String::from_utf8(said).unwrap().ends_with("0 errors, 0 warnings\n"));
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.into_iter().collect()
}

#[test]
fn a_website_is_taken_as_it_is_typed_or_said_to_be_wrong_in_a_sentence() {
    let origins = |text: &str| answers::sites(text).unwrap().join(" ");
    assert_eq!(origins("https://shop.example"), "https://shop.example https://www.shop.example");
    assert_eq!(origins(" https://WWW.Shop.example/ "), "https://www.shop.example https://shop.example");
    assert_eq!(origins("https://tea.shop.example:8443"), "https://tea.shop.example:8443");
    assert_eq!(origins("http://localhost:7411"), "http://localhost:7411");
    assert_eq!(origins("https://müller.example").split(' ').next(), Some("https://xn--mller-kva.example"));
    assert_eq!(origins("https://a.b.example, https://c.d.example"), "https://a.b.example https://c.d.example");
    for (typed, meant, says) in [
        ("shop.example", "https://shop.example", "does not say https:// in front"),
        ("www.müller.example/kontakt", "https://www.xn--mller-kva.example", "https:// in front"),
        ("http://shop.example", "https://shop.example", "is not encrypted"),
        ("https://shop.example/contact?a#b", "https://shop.example", "`/contact?a#b`"),
        ("info@shop.example", "https://shop.example", "is a mail address"),
        ("localhost:7411", "http://localhost:7411", "http:// in front"),
        ("https://a.b.example,c.d.example", "https://a.b.example,https://c.d.example", "https:// in front"),
    ] {
        let wrong = answers::sites(typed).unwrap_err();
        assert!(wrong.sentence.contains(says), "{typed}: {wrong}");
        assert_eq!(wrong.meant.as_deref(), Some(meant), "{typed}");
        assert!(answers::sites(meant).is_ok(), "what was meant is accepted: {meant}");
    }
    for bad in ["", "shop", "ftp://shop.example", "https://*.shop.example", "https://u:p@shop.example", "https://"] {
        assert_eq!(answers::sites(bad).unwrap_err().meant, None, "{bad}");
    }
}

#[test]
fn a_contact_is_a_mail_address_or_a_number_and_its_mistake_is_named() {
    for good in ["privacy@shop.example", "büro@müller.example", "+359 2 444 12 12", " a@b.io "] {
        assert!(answers::contact(good).is_ok(), "{good}");
    }
    for (typed, says) in [
        ("privacy", "neither a mail address nor a telephone number"),
        ("privacy@shop", "an ending such as .com"),
        ("@shop.example", "one name stands before"),
        ("a@b@shop.example", "one name stands before"),
        ("privacy @shop.example", "has a space"),
        ("mailto:privacy@shop.example", "alone is enough"),
        ("{contact}@shop.example", "curly brackets"),
        ("", "nothing was said"),
    ] {
        let wrong = answers::contact(typed).unwrap_err();
        assert!(wrong.sentence.contains(says), "{typed}: {wrong}");
    }
}

#[test]
fn names_addresses_languages_and_receivers_are_judged_too() {
    assert!(answers::controller("Липа ЕООД").is_ok());
    assert!(answers::controller("info@shop.example").unwrap_err().sentence.contains("is a mail address"));
    assert!(answers::controller("a\u{7}b").unwrap_err().sentence.contains("cannot be seen"));
    assert!(answers::address("Sofia").unwrap_err().sentence.contains("brings no letter"));
    assert!(answers::address("info@shop.example").unwrap_err().sentence.contains("postal"));
    assert_eq!(answers::tongues("BG, english").unwrap(), [Tongue::Bulgarian, Tongue::English]);
    assert_eq!(answers::tongues("en-GB").unwrap_err().meant.as_deref(), Some("en"));
    assert!(answers::tongues("de").unwrap_err().sentence.contains("no words in `de` yet"));
    assert_eq!(answers::crm("Vtiger"), Ok(Receiver::Vtiger));
    assert_eq!(answers::crm("https://a.example/x"), Ok(Receiver::Webhook("https://a.example/x".to_owned())));
    assert_eq!(answers::crm("a.example/x").unwrap_err().meant.as_deref(), Some("https://a.example/x"));
    assert!(answers::crm("hubspot").unwrap_err().sentence.contains("not known here"));
    assert!(answers::crm("me@shop.example").unwrap_err().sentence.contains("do not travel by mail"));
}

#[test]
fn vtigers_address_is_completed_to_its_capture_script() {
    let script = "https://crm.example/modules/Webforms/capture.php";
    for typed in ["https://crm.example", "https://crm.example/", "https://crm.example/index.php", script] {
        assert_eq!(answers::vtiger_url(typed).as_deref(), Ok(script), "{typed}");
    }
    let below = "https://crm.example/vtiger/modules/Webforms/capture.php";
    assert_eq!(answers::vtiger_url("https://crm.example/vtiger").as_deref(), Ok(below));
    let pasted = "https://crm.example/index.php?module=Webforms&view=List";
    assert_eq!(answers::vtiger_url(pasted).unwrap_err().meant.as_deref(), Some("https://crm.example/index.php"));
    assert!(answers::public_id("0123456789abcdef0123456789abcdef").is_ok());
    for bad in ["", "contact", "a b c d e f g h i", "<input name=publicid>"] {
        assert!(answers::public_id(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_collectors_own_address_goes_by_the_sites() {
    let url = |site: &str| answers::public_url_for(site).ok();
    assert_eq!(url("https://www.shop.example").as_deref(), Some("https://forms.shop.example"));
    assert_eq!(url("http://localhost:7411").as_deref(), Some("http://127.0.0.1:8080"));
    assert_eq!(url("https://203.0.113.7"), None);
}

#[test]
fn a_conversation_asks_again_until_the_answer_will_do() {
    let typed = "Lipa Bilki EOOD\nSofia\n12 Shipka Street, 1504 Sofia\nprivacy\nprivacy@lipa.example\n\
                 lipa.example/contact\n\nde\nbg,en\nvtiger\ncrm.lipa.example\n\n0123456789abcdef\n";
    let mut shown = Vec::new();
    let answers = converse(&Given::default(), &mut typed.as_bytes(), &mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    assert_eq!(answers.address, "12 Shipka Street, 1504 Sofia");
    assert_eq!(answers.sites, ["https://lipa.example", "https://www.lipa.example"]);
    assert_eq!(answers.tongues, [Tongue::Bulgarian, Tongue::English]);
    assert_eq!(answers.public_url, "https://forms.lipa.example");
    let url = "https://crm.lipa.example/modules/Webforms/capture.php".to_owned();
    assert_eq!(answers.crm, Crm::Vtiger { url, public_id: "0123456789abcdef".to_owned() });
    for said in
        ["brings no letter to you", "neither a mail address", "[Enter: https://lipa.example]", "no words in `de`"]
    {
        assert!(shown.contains(said), "{said} missing in:\n{shown}");
    }
}

#[test]
fn what_a_flag_says_is_not_asked_and_an_end_of_input_writes_nothing() {
    let given = Given { controller: Some("Lipa".to_owned()), language: Some("xx".to_owned()), ..Given::default() };
    let mut shown = Vec::new();
    let typed = "1 Main Street, Sofia\n+359 2 444 12 12\nhttps://lipa.example\nen\n\n";
    let answers = converse(&given, &mut typed.as_bytes(), &mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    assert!(!shown.contains("1. Who"), "{shown}");
    assert!(shown.contains("There are no words in `xx` yet"), "a wrong flag is asked again: {shown}");
    assert_eq!(answers.crm, Crm::None, "Enter takes what stands in brackets");
    let cut = converse(&Given::default(), &mut &b"Lipa\n"[..], &mut Vec::new());
    assert!(matches!(cut, Err(Unanswered::Left)));
}

#[test]
fn without_a_terminal_everything_missing_or_wrong_is_said_at_once() {
    let given =
        Given { controller: Some("Lipa".to_owned()), site: Some("lipa.example".to_owned()), ..Given::default() };
    let said = from_flags(&given).unwrap_err().to_string();
    assert!(
        said.contains("--site: `lipa.example` does not say https:// in front; write https://lipa.example"),
        "{said}"
    );
    assert!(said.contains("missing: --address, --contact, --language, --crm"), "{said}");
    assert!(!said.contains("--crm-url") && !said.contains("--public-url"), "only what is asked for: {said}");
    let vtiger = Given { crm: Some("vtiger".to_owned()), ..given };
    assert!(from_flags(&vtiger).unwrap_err().to_string().contains("--crm-url, --crm-public-id"));
}

#[test]
fn the_snippet_names_the_form_and_the_collector() {
    let snippet = snippet(&teas(Crm::None, &[Tongue::Bulgarian]));
    assert!(snippet.contains("<script async src=\"https://forms.teas.example/unticked.js\"></script>"), "{snippet}");
    assert!(snippet.contains("<a href=\"https://forms.teas.example/f/contact\">Пишете ни</a>"), "{snippet}");
}
