//! Reading JSON, small: the general crate costs the browser 25 KB over the wire, mostly for telling people what is
//! wrong with a text that no person has written. It is the referee in the tests.

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The text is no JSON, or not of the expected shape. It says no more, because nobody could act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unreadable JSON")
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Objects and lists within each other, at most.
const DEPTH: u32 = 32;

/// Reads a value of `T`. Numbers must be whole, from 0 to 2^53 - 1: no message of the collector holds others.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let mut reader = Reader { text: text.as_bytes(), at: 0, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    if reader.peek() == 0 { Ok(value) } else { Err(Unreadable) }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
}

impl Reader<'_> {
    /// The next byte that is no white space; 0 at the end.
    fn peek(&mut self) -> u8 {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return *byte;
            }
            self.at += 1;
        }
        0
    }

    fn expect(&mut self, byte: u8) -> Result<(), Unreadable> {
        if self.peek() == byte {
            self.at += 1;
            Ok(())
        } else {
            Err(Unreadable)
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Unreadable> {
        let fits = self.text[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        if fits { Ok(()) } else { Err(Unreadable) }
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0u64;
        let start = self.at;
        while let Some(digit) = self.text.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            number = number * 10 + u64::from(digit - b'0');
            if number >= 1 << 53 {
                return Err(Unreadable);
            }
            self.at += 1;
        }
        let more = self.text.get(self.at).is_some_and(|byte| matches!(byte, b'.' | b'e' | b'E'));
        if start == self.at || more { Err(Unreadable) } else { Ok(number) }
    }

    fn string(&mut self) -> Result<String, Unreadable> {
        self.expect(b'"')?;
        let mut bytes = Vec::new();
        loop {
            let byte = self.next()?;
            match byte {
                b'"' => return String::from_utf8(bytes).map_err(|_| Unreadable),
                b'\\' => {
                    let c = self.escape()?;
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..=31 => return Err(Unreadable),
                _ => bytes.push(byte),
            }
        }
    }

    fn next(&mut self) -> Result<u8, Unreadable> {
        self.at += 1;
        self.text.get(self.at - 1).copied().ok_or(Unreadable)
    }

    fn escape(&mut self) -> Result<char, Unreadable> {
        Ok(match self.next()? {
            b'b' => '\u{8}',
            b't' => '\t',
            b'n' => '\n',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'u' => {
                let mut code = self.unit()?;
                // The first half of a pair (RFC 8259 section 7).
                if code & 0xfc00 == 0xd800 {
                    self.word("\\u")?;
                    let low = self.unit()?;
                    if low & 0xfc00 != 0xdc00 {
                        return Err(Unreadable);
                    }
                    code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
                }
                return char::from_u32(code).ok_or(Unreadable);
            }
            same @ (b'"' | b'\\' | b'/') => same as char,
            _ => return Err(Unreadable),
        })
    }

    fn unit(&mut self) -> Result<u32, Unreadable> {
        let mut code = 0;
        for _ in 0..4 {
            code = code * 16 + char::from(self.next()?).to_digit(16).ok_or(Unreadable)?;
        }
        Ok(code)
    }

    fn enter(&mut self) -> Result<(), Unreadable> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH { Err(Unreadable) } else { Ok(()) }
    }

    /// Whether another member or element follows; takes the comma before it, or the bracket after the last.
    fn more(&mut self, first: &mut bool, close: u8) -> Result<bool, Unreadable> {
        if self.peek() == close {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        Ok(true)
    }
}

struct Inside<'r, 'a> {
    reader: &'r mut Reader<'a>,
    first: bool,
}

impl<'de> MapAccess<'de> for Inside<'_, '_> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unreadable> {
        if !self.reader.more(&mut self.first, b'}')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unreadable> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> SeqAccess<'de> for Inside<'_, '_> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unreadable> {
        if !self.reader.more(&mut self.first, b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

macro_rules! of_its_own_kind {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            self.deserialize_any(visitor)
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.visit_string(self.string()?)
        }
    )*};
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            self.peek();
            visitor.visit_u64(self.number()?)
        }
    )*};
}

// Each kind that is asked for by name has a way of its own, so that the compiler leaves out the others.
impl<'de> Deserializer<'de> for &mut Reader<'_> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.peek() {
            b'"' => self.deserialize_string(visitor),
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => self.deserialize_option(visitor),
            _ => self.deserialize_u64(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let truth = self.peek() == b't';
        self.word(if truth { "true" } else { "false" })?;
        visitor.visit_bool(truth)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.peek() == b'n' {
            self.word("null")?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.peek() != b'{' {
            return Err(Unreadable);
        }
        self.enter()?;
        visitor.visit_map(Inside { reader: self, first: true })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.peek() != b'[' {
            return Err(Unreadable);
        }
        self.enter()?;
        visitor.visit_seq(Inside { reader: self, first: true })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    /// Only enums without content travel.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_enum(serde::de::value::StringDeserializer::<Unreadable>::new(self.string()?))
    }

    texts!(deserialize_str deserialize_string deserialize_identifier deserialize_char);
    numbers!(deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    of_its_own_kind!(deserialize_f32 deserialize_f64 deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_ignored_any);

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use unticked_shared::{
        placement::Content,
        submission::{Accepted, Problem},
    };

    #[test]
    fn it_reads_what_the_general_crate_writes() {
        let content = crate::sample::content();
        for text in [serde_json::to_string(&content).unwrap(), serde_json::to_string_pretty(&content).unwrap()] {
            assert_eq!(read::<Content>(&text).unwrap(), content);
        }
        let problem = json!({"type": "validation-failed", "title": "t", "status": 422, "more": [{"x": [1, null, true]}], "detail": null,
            "errors": [{"field": "email", "rule": "min-length", "message": "\u{1f600} \" \\ \u{8}\u{1}"}]});
        assert_eq!(read::<Problem>(&problem.to_string()).unwrap(), serde_json::from_value::<Problem>(problem).unwrap());
    }

    #[test]
    fn escapes_are_read_as_the_general_crate_reads_them() {
        for text in
            [r#""A😀\/\n\"\\é""#, r#""\ud83d""#, r#""\ude00""#, r#""\ud83dA""#, r#""\x""#, "\"\n\"", r#"""#, "\"é", ""]
        {
            assert_eq!(read::<String>(text).ok(), serde_json::from_str::<String>(text).ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "{",
            "{]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "tru",
            "nul",
            "1.5",
            "-1",
            "1e3",
            "[] []",
            "9007199254740992",
        ] {
            assert!(read::<Value>(text).is_err(), "{text}");
        }
        assert!(read::<Value>(&"[".repeat(100_000)).is_err());
        assert!(read::<Accepted>("{}").is_err());
    }
}
