//! Tickets: minted and opened without a database, because nothing is kept of a visitor who sends nothing.
//!
//! How one travels stands in [`unticked_shared::ticket`]. All collectors of one name share the ticket keys; the first key
//! signs, any key opens.

use jiff::Timestamp;
use unticked_shared::{
    base64, canonical,
    id::{FormId, Language},
    signature::SigningKey,
    submission::TicketAnswer,
    ticket::{Claims, Sealed},
};
use uuid::Uuid;

use crate::{
    vault::{KeyRing, Ring},
    world::Random,
};

/// Slow readers are not punished: a day.
pub const LIFE_SECONDS: i64 = 24 * 60 * 60;

/// What a ticket is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The form.
    pub form: FormId,
    /// The version on the page.
    pub version: String,
    /// Its language.
    pub language: Language,
    /// The page's origin.
    pub origin: String,
}

/// One named ticket key.
#[derive(Debug, Clone)]
pub struct TicketKey {
    /// Its name, which every ticket carries.
    pub name: String,
    /// The key itself.
    pub key: SigningKey,
}

/// The keys that make and open tickets.
#[derive(Debug, Clone)]
pub struct TicketKeys(Source);

#[derive(Debug, Clone)]
enum Source {
    /// The first key and the older ones.
    Fixed(TicketKey, Vec<TicketKey>),
    /// As the ring has them now.
    Ring(Ring),
}

/// A ticket that is ours, freshly minted or opened; it may have expired.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// What it states.
    pub claims: Claims,
    /// As it travels.
    pub text: String,
    key: SigningKey,
}

/// The text is no ticket that one of our keys signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ticket was altered, or made by another collector")]
pub struct NotOurs;

impl TicketKeys {
    /// `first` signs, it and `older` open.
    pub fn new(first: TicketKey, older: Vec<TicketKey>) -> Self {
        Self(Source::Fixed(first, older))
    }

    /// The ring's ticket keys.
    pub fn from_ring(ring: &KeyRing) -> Self {
        let (first, older) = keys_of(ring);
        Self::new(first, older)
    }

    /// The ticket keys of a ring that follows its file.
    pub fn following(ring: Ring) -> Self {
        Self(Source::Ring(ring))
    }

    fn current(&self) -> (TicketKey, Vec<TicketKey>) {
        match &self.0 {
            Source::Fixed(first, older) => (first.clone(), older.clone()),
            Source::Ring(ring) => keys_of(&ring.current()),
        }
    }

    /// Makes a ticket for what is shown, from `now` on.
    pub fn mint(&self, shown: Shown, now: Timestamp, random: &Random) -> Ticket {
        let (first, _) = self.current();
        let claims = Claims {
            id: base64::encode_url(random.uuid(now).as_bytes()),
            key: first.name.clone(),
            form: shown.form,
            version: shown.version,
            language: shown.language,
            origin: shown.origin,
            issued_at: now.as_second(),
            expires_at: now.as_second() + LIFE_SECONDS,
        };
        let body = canonical::to_vec(&claims).expect("claims are texts and seconds of this era");
        let tag = first.key.tag(&body).to_vec();
        let text = Sealed { claims: body, tag }.text();
        Ticket { claims, text, key: first.key }
    }

    /// Reads a ticket and checks its signature; whether it has expired the caller asks, since an accepted id answers
    /// whatever its age.
    pub fn open(&self, text: &str) -> Result<Ticket, NotOurs> {
        let Sealed { claims: body, tag } = Sealed::parse(text).ok_or(NotOurs)?;
        let signer = || {
            let (first, older) = self.current();
            std::iter::once(first).chain(older).find(|candidate| candidate.key.tag_matches(&body, &tag))
        };
        let signer = match (signer(), &self.0) {
            // Another collector may know a key that we have not learnt yet.
            (None, Source::Ring(ring)) if ring.learn().unwrap_or(false) => signer(),
            (found, _) => found,
        };
        let signer = signer.ok_or(NotOurs)?;
        let claims: Claims = serde_json::from_slice(&body).map_err(|_| NotOurs)?;
        if claims.key != signer.name {
            return Err(NotOurs);
        }
        Ok(Ticket { claims, text: text.to_owned(), key: signer.key })
    }
}

fn keys_of(ring: &KeyRing) -> (TicketKey, Vec<TicketKey>) {
    let mut keys = ring.ticket_keys().map(|(name, key)| TicketKey { name, key });
    let first = keys.next().expect("a key ring has a first key");
    (first, keys.collect())
}

impl Ticket {
    /// Its id as a submission's; `None` where it is none of ours.
    pub fn submission_id(&self) -> Option<Uuid> {
        self.claims.id_bytes().map(Uuid::from_bytes)
    }

    /// Whether its life is over.
    pub fn expired(&self, now: Timestamp) -> bool {
        now.as_second() >= self.claims.expires_at
    }

    /// The key with which the widget signs the submission.
    pub fn submission_key(&self) -> SigningKey {
        self.key.for_submission(&self.claims.id)
    }

    /// The answer to who asked for it.
    pub fn answer(&self) -> TicketAnswer {
        TicketAnswer {
            id: self.claims.id.clone(),
            ticket: self.text.clone(),
            key: self.submission_key().to_base64(),
            issued_at: self.claims.issued_at,
            expires_at: self.claims.expires_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, byte: u8) -> TicketKey {
        TicketKey { name: name.to_owned(), key: SigningKey::new([byte; 32]) }
    }

    fn shown() -> Shown {
        Shown {
            form: FormId::parse("contact").unwrap(),
            version: "ab".repeat(32),
            language: Language::parse("en").unwrap(),
            origin: "https://shop.example".to_owned(),
        }
    }

    fn noon() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_ticket_states_what_was_shown_and_opens_under_the_key_that_made_it() {
        let keys = TicketKeys::new(key("a", 1), vec![]);
        let ticket = keys.mint(shown(), noon(), &Random::system());
        let opened = keys.open(&ticket.text).unwrap();
        assert_eq!(opened.claims, ticket.claims);
        assert_eq!(opened.submission_id().unwrap().get_version_num(), 7);
        assert_eq!(opened.submission_key(), ticket.submission_key());
        assert_eq!(ticket.claims.form.as_str(), "contact");
        assert!(!ticket.claims.id.contains('.'));
        assert!(!ticket.expired("2026-11-24T11:59:59Z".parse().unwrap()));
        assert!(ticket.expired("2026-11-24T12:00:00Z".parse().unwrap()));
    }

    #[test]
    fn two_tickets_never_share_an_id_nor_a_submission_key() {
        let keys = TicketKeys::new(key("a", 1), vec![]);
        let (one, two) = (keys.mint(shown(), noon(), &Random::system()), keys.mint(shown(), noon(), &Random::system()));
        assert_ne!(one.claims.id, two.claims.id);
        assert_ne!(one.answer().key, two.answer().key);
    }

    #[test]
    fn every_changed_character_and_every_stranger_is_refused() {
        let keys = TicketKeys::new(key("a", 1), vec![]);
        let text = keys.mint(shown(), noon(), &Random::system()).text;
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(keys.open(std::str::from_utf8(&changed).unwrap()).is_err(), "at {at}");
        }
        for bad in ["", ".", "a.b", "é.é", &text[..text.len() - 1], &format!("{text}A"), &format!("{text}=")] {
            assert!(keys.open(bad).is_err(), "{bad}");
        }
        assert!(keys.open(&"A".repeat(1 << 20)).is_err());
        assert!(TicketKeys::new(key("a", 2), vec![]).open(&text).is_err());
    }

    #[test]
    fn an_older_key_still_opens_what_it_signed_while_the_first_one_signs() {
        let before = TicketKeys::new(key("old", 1), vec![]);
        let text = before.mint(shown(), noon(), &Random::system()).text;
        let after = TicketKeys::new(key("new", 2), vec![key("old", 1)]);
        assert_eq!(after.open(&text).unwrap().claims.key, "old");
        assert_eq!(after.mint(shown(), noon(), &Random::system()).claims.key, "new");
    }
}
