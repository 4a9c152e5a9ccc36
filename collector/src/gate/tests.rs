use std::path::Path;

use serde_json::{Value, json};
use unticked_shared::definition;

use super::{TOKEN, integrity, script};
use crate::{
    assets::strip_script,
    forms::{Catalogue, Version, Views, definition_files},
};

const HOST: &str = "https://forms.example";

const BANNER: &str = r#"
title.en = "May we?"
title.bg = "Може ли?"
text.en = "Nothing has been loaded yet."
text.bg = "Още нищо не е заредено."
languages = ["en", "bg"]
sites = ["https://shop.example"]
purposes = ["basket", "measure", "ads"]
visitor_id = "measure"
do_not_track = true

[categories]
analytics = "measure"

[signals]
uet = "ads"

[signals.google]
ad_storage = "ads"
analytics_storage = "measure"

[[service]]
name = "Matomo"
purpose = "measure"
hosts = ["matomo.example"]

[[service.cookie]]
name = "_pk_id.*"
duration.en = "13 months"
duration.bg = "13 месеца"

[[service.cookie]]
name = "_pk_ses.*"
domain = ".shop.example"
path = "/tea"
duration.en = "30 minutes"
duration.bg = "30 минути"

[[service.storage]]
key = "matomo*"
kind = "local"
duration.en = "a year"
duration.bg = "година"
"#;

fn purpose(kind: &str, basis: &str, statement: &str) -> String {
    format!(
        "name.en = \"Use\"\nname.bg = \"Употреба\"\nkind = \"{kind}\"\nlegal_basis = \"{basis}\"\n\
         statement.en = \"{statement}\"\nstatement.bg = \"{{controller}} мери колко се чете.\"\n\
         [retention]\nperiod = \"P1Y\"\ntext.en = \"a year\"\ntext.bg = \"година\"\n"
    )
}

/// The sample banner in the sample shop, with other texts in place of some.
fn version(changed: &[(&str, &str)]) -> Version {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/definitions");
    let mut files = definition_files(&shop).unwrap();
    let own = [
        ("banner.toml", BANNER.to_owned()),
        ("purposes/basket.toml", purpose("service", "contract", "{controller} remembers what is in the basket.")),
        ("purposes/measure.toml", purpose("analytics", "consent", "{controller} may count what I read.")),
        ("purposes/ads.toml", purpose("advertising", "consent", "{controller} may show me ads elsewhere.")),
    ]
    .map(|(name, text)| (name.to_owned(), text));
    files.extend(own);
    for (from, to) in changed {
        assert!(files.values().any(|text| text.contains(from)), "{from}");
        for text in files.values_mut() {
            *text = text.replace(from, to);
        }
    }
    let checked = definition::check(&files);
    let definitions = checked.definitions.unwrap_or_else(|| panic!("{:#?}", checked.findings));
    let catalogue = Catalogue::new(&definitions, Views::of_the_product()).unwrap();
    Version::clone(catalogue.version("banner").unwrap())
}

fn configured(version: &Version) -> Value {
    serde_json::from_str(&super::configuration::of(HOST, version).unwrap()).unwrap()
}

#[test]
fn the_gate_has_one_place_for_its_configuration_and_nothing_is_left_of_the_token() {
    assert_eq!(strip_script(unticked_widget::GATE).matches(TOKEN).count(), 1);
    let script = script(HOST, &version(&[])).unwrap();
    assert!(!script.contains("CONFIG"));
    assert!(script.contains("{\"h\":\"https://forms.example\""));
}

#[test]
fn the_configuration_is_what_the_owner_wrote() {
    let version = version(&[]);
    let mut configured = configured(&version);
    let texts = configured["p"].as_object_mut().unwrap();
    for asked in texts.values_mut() {
        let text = asked["t"].take();
        assert!(text.as_str().is_some_and(|text| text.len() == 8), "{text}");
    }
    assert_eq!(
        configured,
        json!({
            "h": HOST,
            "d": 183 * 86_400,
            "p": {"measure": {"t": null}, "ads": {"t": null, "g": 1}},
            "n": ["basket"],
            "a": {"analytics": "measure"},
            "w": {"measure": [
                ["c", "_pk_id.*", "", "/"],
                ["c", "_pk_ses.*", ".shop.example", "/tea"],
                ["l", "matomo*"],
            ]},
            "s": {
                "google": {
                    "ad_personalization": "",
                    "ad_storage": "ads",
                    "ad_user_data": "",
                    "analytics_storage": "measure",
                },
                "uet": "ads",
            },
            "i": "measure",
            "b": 1,
            "k": 1,
        })
    );
}

#[test]
fn a_text_that_changes_in_any_language_is_asked_for_again_and_no_other_purpose_is() {
    let before = configured(&version(&[]));
    for change in
        [("may count what I read", "may count what I click"), ("languages = [\"en\", \"bg\"]", "languages = [\"en\"]")]
    {
        assert_ne!(configured(&version(&[change]))["p"]["measure"], before["p"]["measure"], "{change:?}");
    }
    let after = configured(&version(&[("may count what I read", "may count what I click")]));
    assert_eq!(after["p"]["ads"], before["p"]["ads"]);
    let renamed = configured(&version(&[("May we?", "Is this all right?")]));
    assert_eq!(renamed, before, "the heading is nothing that anybody agrees to");
}

#[test]
fn nobody_is_asked_before_the_period_is_over() {
    for (period, days) in [("P6M", 183), ("P1Y", 366), ("P30D", 30), ("P2W", 14), ("P1Y6M", 366 + 183)] {
        let changed = format!("do_not_track = true\nask_again = \"{period}\"");
        let configured = configured(&version(&[("do_not_track = true", &changed)]));
        assert_eq!(configured["d"], days * 86_400, "{period}");
    }
}

#[test]
fn what_an_owner_writes_cannot_leave_its_literal() {
    let nasty = "\"</script>\u{2028}";
    let mut version = version(&[]);
    // The lint refuses it in every place where an owner could write it; the literal does not rest on that.
    version.banner.as_mut().unwrap().services[0].cookies[0].name = nasty.to_owned();
    let text = super::configuration::of(HOST, &version).unwrap();
    assert!(!text.contains('<') && !text.contains('\u{2028}'));
    assert_eq!(configured(&version)["w"]["measure"][0][1], nasty);
}

#[test]
fn the_integrity_value_is_the_one_that_browsers_compute() {
    // `printf 'alert(1)' | openssl dgst -sha384 -binary | openssl base64 -A`
    assert_eq!(integrity("alert(1)"), EXPECTED);
}

const EXPECTED: &str = "sha384-HT2E9NfWiuQ/w1PRai+hTyqW16NIoCGA/m8VQDUopfAtcz6YQjtsMmQd5uRbVDpW";
