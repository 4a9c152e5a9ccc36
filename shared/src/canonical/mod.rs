//! The bytes that are signed and hashed: canonical JSON (RFC 8785) without floating-point numbers.
//!
//! A small writer of our own, because the general crate costs the browser 28 KB; that crate is the
//! referee in the tests.

mod key;

use std::{borrow::Cow, fmt::Write as _};

use key::KeyText;
use serde::{Serialize, ser};

/// The largest integer that every JSON reader holds exactly (2^53 - 1), RFC 8785 section 3.2.2.3.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// Why a value has no canonical form here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A floating-point number; money and measures travel as text.
    #[error("a floating-point number has no canonical form here")]
    Float,
    /// An integer beyond ±(2^53 - 1).
    #[error("an integer beyond 2^53 - 1 has no canonical form")]
    Integer,
    /// A map key that is no text.
    #[error("a key must be text")]
    Key,
    /// The same key twice in one object.
    #[error("the key `{0}` stands twice")]
    Twice(String),
    /// What the value itself complains about.
    #[error("{0}")]
    Custom(String),
}

impl ser::Error for CanonicalError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

/// Writes `value` as canonical JSON: keys sorted by UTF-16 code units, no white space, shortest escapes.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, CanonicalError> {
    value.serialize(Writer)
}

/// [`to_string`] as bytes.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    to_string(value).map(String::into_bytes)
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    // What needs no escape is copied at a stretch. Bytes beyond ASCII belong to characters that need none.
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(plain..at).unwrap_or_default());
        plain = at + 1;
        let escape = match byte {
            8 => 'b',
            b'\t' => 't',
            b'\n' => 'n',
            12 => 'f',
            b'\r' => 'r',
            b'"' | b'\\' => char::from(byte),
            _ => {
                let _ = write!(out, "\\u{byte:04x}");
                continue;
            }
        };
        out.push('\\');
        out.push(escape);
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out.push('"');
}

/// Gives each value as a text of its own; objects gather their members in order.
struct Writer;

/// An array under way.
struct List {
    out: String,
    /// What closes it: `]`, or `]}` inside an enum variant.
    close: &'static str,
}

/// An object under way.
struct Object {
    members: Vec<(Cow<'static, str>, String)>,
    key: Option<String>,
    open: String,
    close: &'static str,
}

impl List {
    fn new(open: String, close: &'static str) -> Self {
        Self { out: open, close }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        if !self.out.ends_with('[') {
            self.out.push(',');
        }
        self.out.push_str(&value.serialize(Writer)?);
        Ok(())
    }

    fn finish(mut self) -> String {
        self.out.push_str(self.close);
        self.out
    }
}

impl Object {
    fn new(open: String, close: &'static str) -> Self {
        Self { members: Vec::new(), key: None, open, close }
    }

    fn push<T: Serialize + ?Sized>(&mut self, key: Cow<'static, str>, value: &T) -> Result<(), CanonicalError> {
        let value = value.serialize(Writer)?;
        // Kept in order by binary search: the standard library's sort costs the browser several kilobytes.
        let place = self.members.partition_point(|(known, _)| known.encode_utf16().le(key.encode_utf16()));
        self.members.insert(place, (key, value));
        Ok(())
    }

    fn finish(self) -> Result<String, CanonicalError> {
        if let Some(pair) = self.members.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(CanonicalError::Twice(pair[0].0.to_string()));
        }
        let mut out = self.open;
        // Two quotes, a colon and a comma for each; escapes are rare.
        out.reserve(self.members.iter().map(|(key, value)| key.len() + value.len() + 4).sum::<usize>() + 4);
        out.push('{');
        for (index, (key, value)) in self.members.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_text(&mut out, key);
            out.push(':');
            out.push_str(value);
        }
        out.push_str(self.close);
        Ok(out)
    }
}

fn variant_open(variant: &str) -> String {
    let mut open = String::from("{");
    write_text(&mut open, variant);
    open.push(':');
    open
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<String, CanonicalError> {
            let value = i64::try_from(value).map_err(|_| CanonicalError::Integer)?;
            if (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&value) {
                Ok(value.to_string())
            } else {
                Err(CanonicalError::Integer)
            }
        }
    )*};
}

impl ser::Serializer for Writer {
    type Ok = String;
    type Error = CanonicalError;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Object;
    type SerializeStruct = Object;
    type SerializeStructVariant = Object;

    integers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    );

    fn serialize_bool(self, value: bool) -> Result<String, CanonicalError> {
        Ok(if value { "true" } else { "false" }.to_owned())
    }

    fn serialize_f32(self, _: f32) -> Result<String, CanonicalError> {
        Err(CanonicalError::Float)
    }

    fn serialize_f64(self, _: f64) -> Result<String, CanonicalError> {
        Err(CanonicalError::Float)
    }

    fn serialize_char(self, value: char) -> Result<String, CanonicalError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<String, CanonicalError> {
        let mut out = String::with_capacity(value.len() + 2);
        write_text(&mut out, value);
        Ok(out)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<String, CanonicalError> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<String, CanonicalError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, CanonicalError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<String, CanonicalError> {
        Ok("null".to_owned())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<String, CanonicalError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<String, CanonicalError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<String, CanonicalError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<String, CanonicalError> {
        let mut out = variant_open(variant);
        out.push_str(&value.serialize(Writer)?);
        out.push('}');
        Ok(out)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, CanonicalError> {
        Ok(List::new("[".to_owned(), "]"))
    }

    fn serialize_tuple(self, len: usize) -> Result<List, CanonicalError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<List, CanonicalError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List, CanonicalError> {
        Ok(List::new(variant_open(variant) + "[", "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object, CanonicalError> {
        Ok(Object::new(String::new(), "}"))
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Object, CanonicalError> {
        self.serialize_map(Some(len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object, CanonicalError> {
        Ok(Object::new(variant_open(variant), "}}"))
    }
}

macro_rules! list_impl {
    ($($trait:ident: $method:ident),*) => {$(
        impl ser::$trait for List {
            type Ok = String;
            type Error = CanonicalError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
                self.push(value)
            }
            fn end(self) -> Result<String, CanonicalError> {
                Ok(self.finish())
            }
        }
    )*};
}

list_impl!(
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
);

impl ser::SerializeMap for Object {
    type Ok = String;
    type Error = CanonicalError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CanonicalError> {
        self.key = Some(key.serialize(KeyText)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        let key = self.key.take().ok_or(CanonicalError::Key)?;
        self.push(key.into(), value)
    }

    fn end(self) -> Result<String, CanonicalError> {
        self.finish()
    }
}

macro_rules! object_impl {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Object {
            type Ok = String;
            type Error = CanonicalError;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), CanonicalError> {
                self.push(key.into(), value)
            }
            fn end(self) -> Result<String, CanonicalError> {
                self.finish()
            }
        }
    )*};
}

object_impl!(SerializeStruct, SerializeStructVariant);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).prop_map(|n| json!(n)),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(5, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
                prop::collection::hash_map(any::<String>(), inner, 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_general_crate_writes_the_same_bytes(value in any_json()) {
            prop_assert_eq!(to_string(&value).unwrap(), serde_json_canonicalizer::to_string(&value).unwrap());
        }
    }

    #[test]
    fn keys_are_sorted_by_utf_16_code_units() {
        // U+1F600 sorts before U+FB33 in UTF-16 and after it in UTF-8: the example of RFC 8785.
        let value = json!({"\u{fb33}": 1, "\u{1f600}": 2, "\r": 3, "1": 4});
        assert_eq!(to_string(&value).unwrap(), "{\"\\r\":3,\"1\":4,\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }

    #[test]
    fn numbers_that_readers_would_round_are_refused() {
        assert_eq!(to_string(&1.5f64), Err(CanonicalError::Float));
        assert_eq!(to_string(&(MAX_SAFE_INTEGER + 1)), Err(CanonicalError::Integer));
        assert_eq!(to_string(&u64::MAX), Err(CanonicalError::Integer));
        assert_eq!(to_string(&i64::MIN), Err(CanonicalError::Integer));
    }

    #[test]
    fn enums_and_tuples_take_serde_s_usual_shape() {
        #[derive(Serialize)]
        enum Shape {
            Unit,
            One(i32),
            Two(i32, i32),
            Named { b: i32, a: i32 },
        }
        let shapes = [Shape::Unit, Shape::One(1), Shape::Two(1, 2), Shape::Named { b: 1, a: 2 }];
        assert_eq!(to_string(&shapes).unwrap(), r#"["Unit",{"One":1},{"Two":[1,2]},{"Named":{"a":2,"b":1}}]"#);
    }
}
