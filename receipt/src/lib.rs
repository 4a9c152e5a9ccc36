//! The page `/receipt` in the browser: the same functions by which the collector writes receipts and the command line
//! checks them, behind two calls. It fetches nothing and stores nothing; `widget/loader/receipt.js` shows what it answers.
//! Its Wasm is its own, so that no form's visitor pays for it.

use unticked_shared::{
    id::Language,
    merkle::note::VerifierKey,
    receipt::{Receipt, Report, SameAddress, Verified, english, verify},
    texts::receipt::Says,
};
use wasm_bindgen::prelude::*;

/// A file that was looked at.
#[wasm_bindgen]
pub struct Checked {
    report: Report,
    verified: Option<Verified>,
    words: Words,
}

/// The page's words, in the order of [`Says::ALL`].
struct Words(Vec<String>);

impl Words {
    fn say(&self, word: Says) -> String {
        self.0.get(word as usize).cloned().unwrap_or_else(|| english(word))
    }
}

/// Checks a file with a key. `words` is the JSON list of the page's words in `language`.
#[wasm_bindgen]
pub fn check(file: &[u8], key: &str, language: &str, words: &str) -> Checked {
    let words = Words(serde_json::from_str(words).unwrap_or_default());
    let say = |word| words.say(word);
    let language = Language::parse(language).or_else(|_| Language::parse("en")).expect("a language tag");
    let outcome = match VerifierKey::parse(key.trim()) {
        Ok(key) => Receipt::read(file).and_then(|receipt| verify(&receipt, &key)).map_err(Some),
        Err(_) => Err(None),
    };
    let report = match &outcome {
        Ok(verified) => Report::of(verified, &language, &say),
        Err(Some(error)) => Report::refused(error, &say),
        Err(None) => Report::wrong_key(&say),
    };
    Checked { report, verified: outcome.ok(), words }
}

#[wasm_bindgen]
impl Checked {
    /// What it says, as JSON: see [`Report`].
    pub fn report(&self) -> String {
        serde_json::to_string(&self.report).unwrap_or_default()
    }

    /// Whether an address is the one that was given: `yes`, `no` or `wrong`, a space, and a sentence.
    pub fn address(&self, text: &str) -> String {
        let same = self.verified.as_ref().map_or(SameAddress::NoneGiven, |verified| verified.is_address(text));
        let (state, word) = match same {
            SameAddress::Yes => ("yes", Says::AddressIs),
            SameAddress::No => ("no", Says::AddressIsNot),
            SameAddress::NoneGiven => ("no", Says::AddressNone),
            SameAddress::NotAnAddress => ("wrong", Says::AddressWrong),
        };
        format!("{state} {}", self.words.say(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_in_the_words_of_the_page() {
        let bulgarian = Language::parse("bg").unwrap();
        let words: Vec<&str> = Says::ALL.iter().map(|word| word.text(&bulgarian)).collect();
        let words = serde_json::to_string(&words).unwrap();
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let checked = check(b"[]", key, "bg", &words);
        let report: serde_json::Value = serde_json::from_str(&checked.report()).unwrap();
        assert_eq!(report["text"], Says::NoReceipt.text(&bulgarian));
        assert_eq!((&report["holds"], &report["outcome"]), (&false.into(), &"no-receipt".into()));
        assert!(checked.address("ann@example.org").starts_with("no "));
        let report: serde_json::Value = serde_json::from_str(&check(b"{}", "key", "xx", "").report()).unwrap();
        assert_eq!(
            (&report["outcome"], &report["text"]),
            (&"wrong-key".into(), &Says::WrongKey.text(&Language::parse("en").unwrap()).into())
        );
    }
}
