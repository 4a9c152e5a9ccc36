use std::{fs, sync::Mutex};

use jiff::Timestamp;
use unticked_shared::{canonical, id::Language, placement::Content};

use super::*;
use crate::{config::DatabaseSettings, store::fetch_optional};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/shop/definitions");

/// A copy of the sample folder beside a database.
struct House {
    dir: tempfile::TempDir,
    store: Store,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in load::folder(Path::new(SAMPLE)).unwrap() {
            let path = dir.path().join("definitions").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let store = Store::open(&DatabaseSettings::sqlite(dir.path().join("main.db"))).await.unwrap();
        Self { dir, store }
    }

    async fn open(&self) -> Forms {
        self.open_with(Views::of_the_product()).await
    }

    async fn open_with(&self, views: Views) -> Forms {
        let clock = Clock::custom(|| Timestamp::from_second(1_795_000_000).unwrap());
        Forms::open_with(self.store.clone(), &self.definitions(), clock, views).await.unwrap()
    }

    fn definitions(&self) -> PathBuf {
        self.dir.path().join("definitions")
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.definitions().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} holds no {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }
}

fn contact(forms: &Forms) -> Arc<Version> {
    forms.current("contact").unwrap()
}

fn language(tag: &str) -> Language {
    Language::parse(tag).unwrap()
}

#[tokio::test]
async fn the_same_definitions_words_and_views_make_the_same_version() {
    let (one, other) = (House::new().await, House::new().await);
    let (one, other) = (contact(&one.open().await), contact(&other.open().await));
    assert_eq!(one.digest, other.digest);
    assert_eq!(one.bundle, other.bundle);
    assert_eq!(one.faces.keys().map(Language::as_str).collect::<Vec<_>>(), ["ar", "bg", "en"]);
    assert_eq!(one.default_language(), &language("en"));
}

#[tokio::test]
async fn what_is_shown_is_what_the_definition_says() {
    let house = House::new().await;
    let version = contact(&house.open().await);
    let definitions = definition::check(&load::folder(&house.definitions()).unwrap()).definitions.unwrap();
    for (language, face) in &version.faces {
        let form = &definitions.forms["contact"];
        let content =
            definition::content(&version.form, form, &definitions.purposes, &definitions.controllers, language);
        assert_eq!(face.content, content, "{language}");
        assert_eq!(face.html, unticked_widget::render_form(&content), "{language}");
    }
}

#[tokio::test]
async fn the_bundle_is_canonical_and_named_by_its_digest() {
    let house = House::new().await;
    let version = contact(&house.open().await);
    let json: serde_json::Value = serde_json::from_slice(&version.bundle).unwrap();
    assert_eq!(canonical::to_vec(&json).unwrap(), &*version.bundle);
    let digest = unticked_shared::signature::hex(&unticked_shared::signature::sha256(&[&version.bundle]));
    assert_eq!(version.digest, digest);
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["controllers", "definition", "faces", "form", "purposes", "schema", "stylesheet"]);
    assert_eq!(json["faces"]["bg"]["words"]["Close"], "Затваряне");
}

#[tokio::test]
async fn a_changed_file_is_another_version_and_the_old_one_stays_byte_for_byte() {
    let house = House::new().await;
    let forms = house.open().await;
    let (old, event) = (contact(&forms), forms.current("event").unwrap());
    house.replace("forms/contact.toml", "Write to us", "Talk to us");
    forms.reload().await.unwrap();
    let new = contact(&forms);
    assert_ne!(new.digest, old.digest);
    assert_eq!(new.faces[&language("en")].content.title, "Talk to us");
    assert_eq!(forms.current("event").unwrap().digest, event.digest, "the other form has not changed");
    // Another process, with an empty cache, finds it in the archive.
    let archived = house.open().await.version(&old.digest).await.unwrap().unwrap();
    assert_eq!(archived.bundle, old.bundle);
    for (language, face) in &old.faces {
        assert_eq!(archived.faces[language].html, face.html);
        assert_eq!(archived.faces[language].content, face.content);
    }
    assert_eq!(archived.stylesheet, old.stylesheet);
    assert!(!archived.withdrawn);
}

#[tokio::test]
async fn changed_views_make_another_version_of_the_same_files() {
    let house = House::new().await;
    let before = contact(&house.open().await);
    let html: fn(&Content) -> String = |content| format!("<p>{}</p>", content.title);
    let rendered = contact(&house.open_with(Views { render: html, ..Views::of_the_product() }).await);
    let restyled = contact(&house.open_with(Views { stylesheet: "p{}", ..Views::of_the_product() }).await);
    assert_ne!(before.digest, rendered.digest);
    assert_ne!(before.digest, restyled.digest);
    assert_eq!(rendered.faces[&language("bg")].html, "<p>Пишете ни</p>");
    let back = contact(&house.open().await);
    assert_eq!(back.digest, before.digest, "and back again it is the old one");
}

#[tokio::test]
async fn a_purpose_that_changes_makes_another_version_of_the_forms_that_use_it() {
    let house = House::new().await;
    let forms = house.open().await;
    let (contact_before, event) = (contact(&forms), forms.current("event").unwrap());
    house.replace("purposes/phone-offers.toml", "four times", "five times");
    forms.reload().await.unwrap();
    assert_ne!(contact(&forms).digest, contact_before.digest);
    assert_eq!(forms.current("event").unwrap().digest, event.digest);
}

#[tokio::test]
async fn an_error_in_the_definitions_leaves_everything_as_it_was() {
    let house = House::new().await;
    let forms = house.open().await;
    let before = contact(&forms);
    house.replace("forms/contact.toml", "Write to us", "Talk to us");
    house.replace("purposes/newsletter.toml", "legal_basis", "legal_bassis");
    let Err(FormsError::Unsound(findings)) = forms.reload().await else { panic!("the error went unnoticed") };
    assert!(findings.iter().any(|finding| finding.message.contains("did you mean `legal_basis`?")), "{findings:?}");
    assert_eq!(contact(&forms).digest, before.digest);
    let clock = Clock::custom(|| Timestamp::UNIX_EPOCH);
    let refused = Forms::open(house.store.clone(), &house.definitions(), clock).await;
    assert!(matches!(refused, Err(FormsError::Unsound(_))), "`serve` refuses to start");
}

#[tokio::test]
async fn a_withdrawn_version_is_kept_and_marked_also_for_those_who_hold_the_cache() {
    let house = House::new().await;
    let forms = house.open().await;
    let old = contact(&forms);
    assert!(matches!(forms.withdraw(&old.digest).await, Err(FormsError::Current(..))));
    house.replace("forms/contact.toml", "Write to us", "Talk to us");
    forms.reload().await.unwrap();
    assert!(!forms.version(&old.digest).await.unwrap().unwrap().withdrawn);
    forms.withdraw(&old.digest).await.unwrap();
    let withdrawn = forms.version(&old.digest).await.unwrap().unwrap();
    assert!(withdrawn.withdrawn);
    assert_eq!(withdrawn.bundle, old.bundle);
    forms.withdraw(&old.digest).await.unwrap();
    assert!(house.open().await.version(&old.digest).await.unwrap().unwrap().withdrawn, "another process sees it");
    let unknown = "0".repeat(64);
    assert!(matches!(forms.withdraw(&unknown).await, Err(FormsError::Unknown(_))));
    // The owner puts the old text back: it is shown, so it is in use again.
    house.replace("forms/contact.toml", "Talk to us", "Write to us");
    forms.reload().await.unwrap();
    assert_eq!(contact(&forms).digest, old.digest);
    assert!(!house.open().await.version(&old.digest).await.unwrap().unwrap().withdrawn);
}

#[tokio::test]
async fn what_was_never_shown_is_not_found() {
    let house = House::new().await;
    let forms = house.open().await;
    for digest in ["", "contact", &"f".repeat(64), &contact(&forms).digest.to_uppercase(), "../../etc/passwd"] {
        assert!(forms.version(digest).await.unwrap().is_none(), "{digest}");
    }
    assert!(forms.current("nothing").is_none());
}

#[tokio::test]
async fn an_altered_archive_is_noticed() {
    let house = House::new().await;
    let forms = house.open().await;
    let old = contact(&forms);
    house.replace("forms/contact.toml", "Write to us", "Talk to us");
    let mut tx = house.store.begin().await.unwrap();
    let altered = String::from_utf8(old.bundle.to_vec()).unwrap().replace("Write to us", "Wrote to us");
    crate::store::execute!(
        &mut tx,
        "update version set bundle = $2 where digest = $1",
        old.digest.as_str(),
        altered.into_bytes(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let outcome = house.open().await.version(&old.digest).await;
    assert!(matches!(outcome, Err(FormsError::Bundle(BundleError::Altered { .. }))), "{outcome:?}");
}

#[tokio::test]
async fn a_version_is_archived_once_with_the_time_it_was_first_shown() {
    static NOW: Mutex<i64> = Mutex::new(1_000);
    let house = House::new().await;
    let clock = Clock::custom(|| Timestamp::from_millisecond(*NOW.lock().unwrap()).unwrap());
    let forms = Forms::open(house.store.clone(), &house.definitions(), clock).await.unwrap();
    *NOW.lock().unwrap() = 2_000;
    forms.reload().await.unwrap();
    let mut connection = house.store.read().await.unwrap();
    let digest = contact(&forms).digest.clone();
    let row: Option<(i64, Option<i64>)> = fetch_optional!(
        &mut connection,
        (i64, Option<i64>),
        "select first_at, withdrawn_at from version where digest = $1",
        digest.as_str(),
    )
    .await
    .unwrap();
    assert_eq!(row, Some((1_000, None)));
}

#[tokio::test]
async fn the_sample_form_fits_its_budget_in_every_language() {
    let house = House::new().await;
    let version = contact(&house.open().await);
    for (language, face) in &version.faces {
        let placement = unticked_shared::placement::Placement {
            version: version.digest.clone(),
            build: "0123456789abcdef".to_owned(),
            stylesheet: "/assets/unticked-0123456789abcdef.css".to_owned(),
            html: face.html.clone(),
            content: face.content.clone(),
            agreed: std::collections::BTreeMap::new(),
        };
        let json = canonical::to_vec(&placement).unwrap();
        let mut packed = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
        brotli::BrotliCompress(&mut json.as_slice(), &mut packed, &parameters).unwrap();
        assert!(packed.len() <= 6 * 1024, "{language}: {} bytes", packed.len());
        eprintln!("{language}: {} raw, {} brotli", json.len(), packed.len());
    }
}

#[tokio::test]
async fn the_destinations_are_those_of_the_folder() {
    let house = House::new().await;
    let forms = house.open().await;
    let ids: Vec<String> = forms.destinations().iter().map(|destination| destination.id.to_string()).collect();
    assert_eq!(ids, ["crm"]);
    house.replace("destinations.toml", "7412/webhook", "7412/hook");
    forms.reload().await.unwrap();
    assert_eq!(forms.destinations()[0].url, "http://127.0.0.1:7412/hook");
}

#[tokio::test]
async fn the_bytes_of_a_schema_that_nobody_reads_any_more_are_still_given_out() {
    let house = House::new().await;
    let forms = house.open().await;
    let bundle = br#"{"schema":"unticked version v0"}"#.to_vec();
    let digest = hex(&sha256(&[&bundle]));
    let mut tx = house.store.begin().await.unwrap();
    sql::keep(&mut tx, &digest, "contact", &bundle, 0).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(forms.bundle(&digest).await.unwrap().as_deref(), Some(&bundle[..]));
    assert!(matches!(forms.version(&digest).await, Err(FormsError::Bundle(_))));
    let current = contact(&forms);
    assert_eq!(forms.bundle(&current.digest).await.unwrap(), Some(Arc::clone(&current.bundle)));
    assert_eq!(forms.bundle(&"0".repeat(64)).await.unwrap(), None);
}
