//! The shape of a field's text, in a small declared grammar instead of a regular expression (which would
//! cost the browser 18 to 184 KB, and the collector an attack surface).
//!
//! | in the pattern | stands for |
//! | --- | --- |
//! | `#` | one digit 0-9 |
//! | `@` | one letter of any script |
//! | `*` | one letter or digit |
//! | `~` | any one character |
//! | `{n}` `{m,n}` | after one of these or a literal: repeated n times, or m to n times |
//! | `?` | after one of these or a literal: may be absent |
//! | `\x` | the character x itself |
//! | anything else | itself |
//!
//! The pattern must cover the whole text: `BG#{9,10}` is a Bulgarian VAT number.

/// Why a pattern cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `{`, `}` or `?` where nothing precedes it, or a repetition that is not closed.
    #[error("a repetition must follow what it repeats, as in `#{{2,4}}`")]
    Repetition,
    /// A repetition of more than 100, or one whose second number is below its first.
    #[error("a repetition counts from 0 to 100, the smaller number first")]
    Count,
    /// A backslash at the very end.
    #[error("a backslash must be followed by the character it stands for")]
    Backslash,
    /// More than 100 parts.
    #[error("a pattern has at most 100 parts")]
    Long,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit,
    Letter,
    Alphanumeric,
    Any,
    Literal(char),
}

impl Kind {
    fn fits(self, c: char) -> bool {
        match self {
            Self::Digit => c.is_ascii_digit(),
            Self::Letter => c.is_alphabetic(),
            Self::Alphanumeric => c.is_alphabetic() || c.is_ascii_digit(),
            Self::Any => true,
            Self::Literal(own) => own == c,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    kind: Kind,
    least: u32,
    most: u32,
}

/// A pattern that has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

impl Pattern {
    /// Reads the grammar above.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut parts: Vec<Part> = Vec::new();
        let mut chars = text.chars();
        let mut repeatable = false;
        while let Some(c) = chars.next() {
            let kind = match c {
                '{' | '?' => {
                    let last = parts.last_mut().filter(|_| repeatable).ok_or(PatternError::Repetition)?;
                    (last.least, last.most) = if c == '?' { (0, 1) } else { repetition(&mut chars)? };
                    repeatable = false;
                    continue;
                }
                '}' => return Err(PatternError::Repetition),
                '#' => Kind::Digit,
                '@' => Kind::Letter,
                '*' => Kind::Alphanumeric,
                '~' => Kind::Any,
                '\\' => Kind::Literal(chars.next().ok_or(PatternError::Backslash)?),
                other => Kind::Literal(other),
            };
            parts.push(Part { kind, least: 1, most: 1 });
            if parts.len() > 100 {
                return Err(PatternError::Long);
            }
            repeatable = true;
        }
        Ok(Self(parts))
    }

    /// Whether the whole of `text` has this shape. Takes time in proportion to text times pattern, whatever the text.
    pub fn matches(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        // reach[i]: the parts so far can end before character i.
        let mut reach = vec![false; chars.len() + 1];
        reach[0] = true;
        for part in &self.0 {
            let mut next = vec![false; chars.len() + 1];
            for start in (0..=chars.len()).filter(|&start| reach[start]) {
                let mut count = 0;
                loop {
                    if count >= part.least {
                        next[start + count as usize] = true;
                    }
                    let here = start + count as usize;
                    if count == part.most || here == chars.len() || !part.kind.fits(chars[here]) {
                        break;
                    }
                    count += 1;
                }
            }
            reach = next;
        }
        reach[chars.len()]
    }
}

fn repetition(chars: &mut std::str::Chars<'_>) -> Result<(u32, u32), PatternError> {
    let (inside, rest) = chars.as_str().split_once('}').ok_or(PatternError::Repetition)?;
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|&n| n <= 100).ok_or(PatternError::Count);
    let (least, most) = match inside.split_once(',') {
        Some((least, most)) => (number(least)?, number(most)?),
        None => (number(inside)?, number(inside)?),
    };
    if least > most || most == 0 {
        return Err(PatternError::Count);
    }
    *chars = rest.chars();
    Ok((least, most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(text)
    }

    #[test]
    fn a_pattern_covers_the_whole_text() {
        assert!(fits("BG#{9,10}", "BG123456789"));
        assert!(!fits("BG#{9,10}", "BG12345678"));
        assert!(!fits("BG#{9,10}", "BG12345678901"));
        assert!(!fits("BG#{9,10}", "xBG123456789"));
        assert!(fits("##-?##", "1234") && fits("##-?##", "12-34"));
        assert!(fits("@{1,3}#", "яж1") && !fits("@{1,3}#", "1"));
        assert!(fits(r"\#\{#\}", "#{7}"));
        assert!(fits("", "") && !fits("", "x"));
    }

    #[test]
    fn a_part_gives_back_what_the_next_one_needs() {
        assert!(fits("*{1,5}##", "ab12"));
        assert!(fits("~{0,50}x", "aaax"));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        assert_eq!(Pattern::parse("{2}"), Err(PatternError::Repetition));
        assert_eq!(Pattern::parse("a{2"), Err(PatternError::Repetition));
        assert_eq!(Pattern::parse("a{2}{3}"), Err(PatternError::Repetition));
        assert_eq!(Pattern::parse("a{3,2}"), Err(PatternError::Count));
        assert_eq!(Pattern::parse("a{1000}"), Err(PatternError::Count));
        assert_eq!(Pattern::parse("a\\"), Err(PatternError::Backslash));
    }

    proptest! {
        #[test]
        fn reading_and_matching_never_panic(pattern in "\\PC{0,30}", text in "\\PC{0,60}") {
            if let Ok(pattern) = Pattern::parse(&pattern) {
                let _ = pattern.matches(&text);
            }
        }

        #[test]
        fn an_escaped_text_matches_itself_and_nothing_longer(text in "\\PC{0,40}") {
            let escaped: String = text.chars().flat_map(|c| ['\\', c]).collect();
            prop_assert!(fits(&escaped, &text));
            let longer = format!("{text}x");
            prop_assert!(!fits(&escaped, &longer));
        }
    }
}
