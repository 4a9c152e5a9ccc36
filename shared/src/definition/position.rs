//! Where things stand in the owner's files, so that a finding can point at them.

use std::{collections::BTreeMap, ops::Range};

use toml::de::{DeTable, DeValue};

/// One file as it was read, and where each of its keys and values stands.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its name under the definitions folder, such as `forms/contact.toml`.
    pub file: String,
    text: String,
    anchors: BTreeMap<String, Anchor>,
}

#[derive(Debug, Clone)]
struct Anchor {
    key: Option<Range<usize>>,
    value: Range<usize>,
    is_table: bool,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// How many characters of that line are meant, at least 1.
    pub width: u32,
}

impl Document {
    pub(super) fn new(file: &str, text: &str, table: &DeTable<'_>) -> Self {
        let mut anchors = BTreeMap::new();
        walk(table, "", &mut anchors);
        Self { file: file.to_owned(), text: text.to_owned(), anchors }
    }

    /// The place of the value at `path` (`field[2].purposes[0]`), else of what holds it, else the file's start.
    pub fn value(&self, path: &str) -> Place {
        self.find(path, |anchor| anchor.value.clone())
    }

    /// The place of the key at `path`, else as [`Document::value`].
    pub fn key(&self, path: &str) -> Place {
        self.find(path, |anchor| anchor.key.clone().unwrap_or_else(|| anchor.value.clone()))
    }

    /// Whether a table stands at `path`.
    pub fn holds_table(&self, path: &str) -> bool {
        self.anchors.get(path).is_some_and(|anchor| anchor.is_table)
    }

    /// Whether something stands at `path`.
    pub fn holds(&self, path: &str) -> bool {
        self.anchors.contains_key(path)
    }

    /// The place of a range of bytes.
    pub fn place(&self, range: Range<usize>) -> Place {
        place(&self.text, range)
    }

    fn find(&self, path: &str, part: impl Fn(&Anchor) -> Range<usize>) -> Place {
        let mut path = path;
        loop {
            if let Some(anchor) = self.anchors.get(path) {
                return self.place(part(anchor));
            }
            match path.rfind(['.', '[']) {
                Some(at) => path = &path[..at],
                None => return Place { line: 1, column: 1, width: 1 },
            }
        }
    }
}

/// The place of a range of bytes in `text`; a range that ends on another line is cut at its first.
pub fn place(text: &str, range: Range<usize>) -> Place {
    let start = floor(text, range.start);
    let end = floor(text, range.end.max(start));
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let meant = text[start..end].lines().next().unwrap_or_default();
    let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let lines = before.bytes().filter(|&byte| byte == b'\n').count();
    Place {
        line: u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1),
        column: count(&text[line_start..start]).saturating_add(1),
        width: count(meant).max(1),
    }
}

/// The start of the character that `at` lies in.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn walk(table: &DeTable<'_>, prefix: &str, anchors: &mut BTreeMap<String, Anchor>) {
    for (key, value) in table {
        let path = join(prefix, key.get_ref());
        let is_table = value.get_ref().is_table();
        anchors.insert(path.clone(), Anchor { key: Some(key.span()), value: value.span(), is_table });
        walk_value(value.get_ref(), &path, anchors);
    }
}

fn walk_value(value: &DeValue<'_>, path: &str, anchors: &mut BTreeMap<String, Anchor>) {
    match value {
        DeValue::Table(table) => walk(table, path, anchors),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                anchors.insert(
                    path.clone(),
                    Anchor { key: None, value: item.span(), is_table: item.get_ref().is_table() },
                );
                walk_value(item.get_ref(), &path, anchors);
            }
        }
        _ => {}
    }
}

/// `prefix.key`, or `key` at the top.
pub(super) fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let text = "a = 1\r\nиме = \"Ж\"\n";
        let at = text.find("\"Ж\"").unwrap();
        assert_eq!(place(text, at..at + 4), Place { line: 2, column: 7, width: 3 });
        assert_eq!(place(text, 0..0), Place { line: 1, column: 1, width: 1 });
        assert_eq!(place(text, text.len()..text.len() + 9), Place { line: 3, column: 1, width: 1 });
    }

    #[test]
    fn a_range_inside_a_character_or_over_several_lines_is_cut() {
        let text = "Ж\nab\ncd";
        assert_eq!(place(text, 1..2), Place { line: 1, column: 1, width: 1 });
        let at = text.find("ab").unwrap();
        assert_eq!(place(text, at..text.len()), Place { line: 2, column: 1, width: 2 });
    }

    #[test]
    fn what_is_not_there_is_sought_in_what_would_hold_it() {
        let text = "[a]\nb = [1, 2]\n";
        let document = Document::new("x.toml", text, DeTable::parse(text).unwrap().get_ref());
        assert_eq!(document.value("a.b[1]"), Place { line: 2, column: 9, width: 1 });
        assert_eq!(document.value("a.b[7]"), document.value("a.b"));
        assert_eq!(document.key("a.c.d"), document.key("a"));
        assert_eq!(document.value("z"), Place { line: 1, column: 1, width: 1 });
    }
}
