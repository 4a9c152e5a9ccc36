//! The personal link: stateless, so that a repeated answer holds the same one and nothing of it lies in the database.
//!
//! A token is base64url(the submission's 16 bytes ‖ the first 16 bytes of their HMAC-SHA256), without padding: 43
//! characters, which a person can copy from paper. Its key comes from the ring's index key, which is never changed, so that
//! what was printed years ago still opens. It travels in the fragment of an address, which no server hears of, and is posted.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use unticked_shared::signature::SigningKey;
use uuid::Uuid;

use crate::vault::KeyRing;

/// Bytes of the submission's id, and as many of the tag.
const HALF: usize = 16;
/// What a person pastes may be a whole address with a page's text around it; what is longer is not looked at.
const LONGEST: usize = 1024;

/// Makes and opens personal links. Cloning is cheap enough.
#[derive(Debug, Clone)]
pub struct Links {
    key: SigningKey,
    /// Where they lead, without the fragment.
    page: String,
}

impl Links {
    /// Links of this ring, to the collector's public address.
    pub fn new(ring: &KeyRing, public_url: &str) -> Self {
        Self { key: ring.link_key(), page: format!("{public_url}/preferences") }
    }

    /// The token of a submission.
    pub fn token(&self, submission: Uuid) -> String {
        let tag = self.key.tag(submission.as_bytes());
        URL_SAFE_NO_PAD.encode([submission.as_bytes().as_slice(), &tag[..HALF]].concat())
    }

    /// The whole link.
    pub fn address(&self, submission: Uuid) -> String {
        format!("{}#{}", self.page, self.token(submission))
    }

    /// The page it leads to.
    pub fn page(&self) -> &str {
        &self.page
    }

    /// The collector's public address.
    pub fn site(&self) -> &str {
        self.page.strip_suffix("/preferences").unwrap_or(&self.page)
    }

    /// The submission that a token opens; nothing, where no key of ours made it. Takes a whole link, too, and forgives white
    /// space, since both are copied from paper. Whether the submission exists is not looked at.
    pub fn open(&self, text: &str) -> Option<Uuid> {
        if text.len() > LONGEST {
            return None;
        }
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let token = bare.rsplit('#').next()?;
        let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == 2 * HALF)?;
        let (id, tag) = bytes.split_at(HALF);
        if !self.key.tag_begins(id, tag) {
            return None;
        }
        Uuid::from_slice(id).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Random;

    fn links() -> (Links, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let ring = KeyRing::open(&folder.path().join("ring"), &Random::system()).unwrap();
        (Links::new(&ring, "https://forms.example"), folder)
    }

    #[test]
    fn a_link_opens_its_submission_alone_however_it_was_copied() {
        let (links, _folder) = links();
        let id = Uuid::from_u128(0x019a_bfd2_0000_7000_8000_0000_0000_0001);
        let token = links.token(id);
        assert_eq!((token.len(), token.as_str()), (43, links.token(id).as_str()), "the same each time");
        let address = links.address(id);
        assert_eq!(address, format!("https://forms.example/preferences#{token}"));
        let (start, end) = token.split_at(20);
        for copied in [token.clone(), address, format!("  {token}\n"), format!("https://x.example/#{start} \r\n{end}")]
        {
            assert_eq!(links.open(&copied), Some(id), "{copied}");
        }
        assert_ne!(links.token(Uuid::from_u128(2)), token);
    }

    #[test]
    fn what_was_altered_or_made_elsewhere_opens_nothing() {
        let ((links, _one), (others, _two)) = (links(), links());
        let token = links.token(Uuid::from_u128(7));
        assert_eq!(others.open(&token), None);
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert_ne!(links.open(&altered), Some(Uuid::from_u128(7)), "{altered}");
            assert!(altered == token || links.open(&altered).is_none(), "{altered}");
        }
        let long = format!("{token}{}", " ".repeat(2000));
        for bad in ["", "#", "A", &token[1..], &format!("{token}A"), &format!("{token}="), "ж#ж", &long] {
            assert_eq!(links.open(bad), None, "{bad}");
        }
    }
}
