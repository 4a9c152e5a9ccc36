//! The link of one submission to one file: stateless, as the link to the personal page is (`preferences/token.rs`).
//!
//! A token is base64url(a byte for what is tracked ‖ the submission's 16 bytes ‖ the first 16 bytes of an HMAC-SHA256 over
//! both and the file's name), 44 characters. It opens that file and no other. Its key comes from the ring's index key, which is
//! never changed: a link in a mail of years ago still leads to the file. It opens nothing but the file: whoever a mail is
//! handed on to reads no decision and no value with it.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use unticked_shared::{definition::Tracked, signature::SigningKey};
use uuid::Uuid;

use super::Name;
use crate::vault::KeyRing;

/// Bytes of a submission's id, and as many of the tag.
const HALF: usize = 16;
/// Characters of a token.
const LENGTH: usize = 44;

/// Makes and opens links to files. Cloning is cheap enough.
#[derive(Debug, Clone)]
pub struct Links {
    key: SigningKey,
    /// Where they lead, without a name.
    place: String,
}

/// Whose link it is, and what it was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The submission.
    pub submission: Uuid,
    /// What a view of it is.
    pub tracked: Tracked,
}

impl Links {
    /// Links of this ring, to the collector's public address.
    pub fn new(ring: &KeyRing, public_url: &str) -> Self {
        Self { key: ring.derived_key("document link"), place: format!("{public_url}/d") }
    }

    /// The link that is the same for everyone.
    pub fn plain(&self, name: &Name) -> String {
        format!("{}/{}", self.place, encoded(name))
    }

    /// The link of a submission's own.
    pub fn personal(&self, submission: Uuid, tracked: Tracked, name: &Name) -> String {
        format!("{}/{}/{}", self.place, self.token(submission, tracked, name), encoded(name))
    }

    fn token(&self, submission: Uuid, tracked: Tracked, name: &Name) -> String {
        let head = [&[byte(tracked)], submission.as_bytes().as_slice()].concat();
        let tag = self.key.tag(&content(&head, name));
        URL_SAFE_NO_PAD.encode([head.as_slice(), &tag[..HALF]].concat())
    }

    /// Whose link to this file a token is; nothing, where no key of ours made it for this file. Whether the submission exists
    /// is not looked at.
    pub fn open(&self, token: &str, name: &Name) -> Option<Opened> {
        let bytes = Some(token).filter(|token| token.len() == LENGTH)?;
        let bytes = URL_SAFE_NO_PAD.decode(bytes).ok().filter(|bytes| bytes.len() == 1 + 2 * HALF)?;
        let (head, tag) = bytes.split_at(1 + HALF);
        if !self.key.tag_begins(&content(head, name), tag) {
            return None;
        }
        let tracked = Tracked::ALL.into_iter().find(|tracked| byte(*tracked) == head[0])?;
        Some(Opened { submission: Uuid::from_slice(&head[1..]).ok()?, tracked })
    }
}

/// Never changed: links hold it.
fn byte(tracked: Tracked) -> u8 {
    match tracked {
        Tracked::MailOpens => 1,
        Tracked::MailClicks => 2,
        Tracked::DocumentViews => 3,
    }
}

/// The head has one length, so that nothing of it can be taken for the name's.
fn content(head: &[u8], name: &Name) -> Vec<u8> {
    [head, name.as_str().as_bytes()].concat()
}

/// A name as a path of an address (RFC 3986).
fn encoded(name: &Name) -> String {
    let mut path = String::new();
    for byte in name.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => path.push(char::from(byte)),
            byte => write!(path, "%{byte:02X}").expect("a text takes what is written"),
        }
    }
    path
}
