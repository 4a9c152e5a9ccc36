//! Reads a native post: `application/x-www-form-urlencoded`, the controls named as the widget renders them.
//!
//! `value.{field}` (repeated by a group of boxes), `choice.{purpose}` = `granted`, `ticket`, `language`, `version`, `trap`,
//! `page`. Other names are passed over: a browser's extension may have added them.

use unticked_shared::{
    decision::Choice,
    id::{FieldId, PurposeId},
    placement::{Content, FieldKind},
    submission::{Choices, Value, Values},
    validate,
};

use crate::submissions::NativePost;

/// More controls than any form has; what goes beyond is no form of ours.
const MOST_CONTROLS: usize = 2000;

/// A post before its form is known: names and values, decoded.
#[derive(Debug, Default)]
pub struct Controls(Vec<(String, String)>);

/// Why a post cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Bytes that are no UTF-8, or a `%` without two digits after it.
    #[error("the body is not UTF-8 in the form's encoding")]
    Encoding,
    /// Too many controls.
    #[error("the body holds more controls than a form has")]
    TooMany,
    /// A control that stands once, twice.
    #[error("the control `{0}` stands twice")]
    Twice(&'static str),
    /// A field or purpose that the form does not have.
    #[error("the body names a field or purpose that the form does not have")]
    Unknown,
    /// A choice that is neither `granted` nor absent.
    #[error("a choice is `granted` or absent")]
    Choice,
}

impl Controls {
    /// Decodes the body (WHATWG URL, section 5.1), strictly: what is no UTF-8 is refused, not replaced.
    pub fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let mut controls = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if controls.len() == MOST_CONTROLS {
                return Err(Unreadable::TooMany);
            }
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = (&pair[..at], pair.get(at + 1..).unwrap_or_default());
            controls.push((decode(name)?, decode(value)?));
        }
        Ok(Self(controls))
    }

    /// The value of a control that stands once; empty where it is absent.
    pub fn single(&self, name: &'static str) -> Result<&str, Unreadable> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        let value = found.next().map_or("", |(_, value)| value.as_str());
        if found.next().is_some() { Err(Unreadable::Twice(name)) } else { Ok(value) }
    }

    /// The post, against the content that the visitor saw.
    pub fn read(&self, content: &Content) -> Result<NativePost, Unreadable> {
        Ok(NativePost {
            ticket: self.single("ticket")?.to_owned(),
            values: self.values(content)?,
            choices: self.choices(content)?,
            page: self.single("page")?.to_owned(),
            trap: self.single("trap")?.to_owned(),
            gpc: None,
        })
    }

    /// What can be kept of a post that cannot be read whole: texts for the fields that exist.
    pub fn salvage(&self, content: &Content) -> Values {
        let known = |name: &str| name.strip_prefix("value.").is_some_and(|field| content.field(field).is_some());
        let kept = self.0.iter().filter(|(name, _)| known(name)).cloned().collect();
        Self(kept).values(content).unwrap_or_default()
    }

    fn values(&self, content: &Content) -> Result<Values, Unreadable> {
        let mut values = Values::new();
        for (name, text) in &self.0 {
            let Some(id) = name.strip_prefix("value.") else { continue };
            let field = content.field(id).ok_or(Unreadable::Unknown)?;
            let id = FieldId::parse(id).map_err(|_| Unreadable::Unknown)?;
            let text = text.clone();
            match values.get_mut(&id) {
                None if field.kind == FieldKind::Checkboxes => drop(values.insert(id, Value::Many(vec![text]))),
                None => drop(values.insert(id, Value::One(text))),
                Some(Value::Many(all)) => all.push(text),
                // A field of one text that stands twice becomes a list, which the field's rules refuse by name.
                Some(one) => *one = Value::Many(vec![one.to_line(), text]),
            }
        }
        validate::tidy(&mut values);
        Ok(values)
    }

    fn choices(&self, content: &Content) -> Result<Choices, Unreadable> {
        // Silence is a refusal (Art. 4(11), Rec. 32).
        let mut choices: Choices = content.asked().map(|purpose| (purpose.id.clone(), Choice::Refused)).collect();
        for (name, value) in &self.0 {
            let Some(id) = name.strip_prefix("choice.") else { continue };
            let id = PurposeId::parse(id).map_err(|_| Unreadable::Unknown)?;
            let choice = choices.get_mut(&id).ok_or(Unreadable::Unknown)?;
            if value != "granted" {
                return Err(Unreadable::Choice);
            }
            *choice = Choice::Granted;
        }
        Ok(choices)
    }
}

fn decode(text: &[u8]) -> Result<String, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(*digit).to_digit(16));
                let (high, low) = (digit().ok_or(Unreadable::Encoding)?, digit().ok_or(Unreadable::Encoding)?);
                u8::try_from(high * 16 + low).map_err(|_| Unreadable::Encoding)?
            }
            plain => *plain,
        });
    }
    String::from_utf8(bytes).map_err(|_| Unreadable::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded_strictly() {
        let controls = Controls::parse("a=1+2&b=%D0%BF%d0%b0&&c&=d".as_bytes()).unwrap();
        assert_eq!(controls.single("a"), Ok("1 2"));
        assert_eq!(controls.single("b"), Ok("па"));
        assert_eq!(controls.single("c"), Ok(""));
        assert_eq!(controls.single("absent"), Ok(""));
        for bad in ["a=%FF", "a=%", "a=%4", "a=%zz", "%C3=x"] {
            assert_eq!(Controls::parse(bad.as_bytes()).unwrap_err(), Unreadable::Encoding, "{bad}");
        }
        assert_eq!(Controls::parse(b"a=\xff").unwrap_err(), Unreadable::Encoding);
    }

    #[test]
    fn a_control_that_stands_twice_is_no_control_of_ours() {
        let controls = Controls::parse(b"ticket=a&ticket=b").unwrap();
        assert_eq!(controls.single("ticket"), Err(Unreadable::Twice("ticket")));
        assert_eq!(Controls::parse(&b"a=1&".repeat(3000)).unwrap_err(), Unreadable::TooMany);
    }
}
