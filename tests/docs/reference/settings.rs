//! Every setting: the keys of `config/read.rs` with their defaults, and the comment above each.

use super::cell;
use crate::book;

pub fn table() -> String {
    let source = std::fs::read_to_string(book::root().join("collector/src/config/read.rs")).unwrap();
    let keys =
        source.split("const KEYS:").nth(1).and_then(|rest| rest.split("\n];").next()).expect("the table of keys");
    let mut out = String::new();
    let (mut meaning, mut section, mut told) = (String::new(), String::new(), 0);
    for line in keys.lines().skip(1).map(str::trim) {
        if let Some(text) = line.strip_prefix("//") {
            meaning.push_str(text);
            continue;
        }
        let mut texts = line.split('"').skip(1).step_by(2);
        let (Some(key), Some(default)) = (texts.next(), texts.next()) else { continue };
        assert!(!meaning.is_empty(), "say in a comment above it what `{key}` in config/read.rs means");
        let (own, name) = key.split_once('.').expect("a section and a key");
        if own != section {
            own.clone_into(&mut section);
            out += &format!("\n### `[{own}]`\n\n| key | default | meaning |\n| --- | --- | --- |\n");
        }
        let default = if default.is_empty() { "none".to_owned() } else { format!("`{default}`") };
        out += &format!("| `{name}` | {} | {} |\n", cell(&default), cell(meaning.trim()));
        meaning.clear();
        told += 1;
    }
    assert!(told > 10, "the table of settings cannot be read");
    out
}
