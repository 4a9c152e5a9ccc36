//! What vouches for a visitor: the ticket and the signature header.

use unticked_shared::{
    canonical,
    signature::SigningKey,
    ticket::{Claims, LONGEST, Sealed},
};

use crate::text;

fn key() -> SigningKey {
    SigningKey::new([7; 32])
}

/// A ticket as it comes back: text to claims, none of them believed without its tag.
pub fn ticket(data: &[u8]) {
    let Some(sealed) = text(data).and_then(Sealed::parse) else { return };
    assert_eq!(sealed.text().as_bytes(), data, "a ticket has one text");
    assert!(data.len() <= LONGEST);
    assert!(!key().tag_matches(&sealed.claims, &sealed.tag), "nobody has that key");
    let Ok(claims) = serde_json::from_slice::<Claims>(&sealed.claims) else { return };
    if let Some(id) = claims.id_bytes() {
        assert_eq!(unticked_shared::base64::encode_url(&id), claims.id);
    }
    // What this build would sign is read as what it was. Only numbers that no writer writes stay out.
    let Ok(bytes) = canonical::to_vec(&claims) else { return };
    let tag = key().tag(&bytes).to_vec();
    let ours = Sealed { claims: bytes, tag };
    if ours.text().len() > LONGEST {
        return;
    }
    let opened = Sealed::parse(&ours.text()).expect("we wrote it");
    assert!(key().tag_matches(&opened.claims, &opened.tag));
    assert_eq!(serde_json::from_slice::<Claims>(&opened.claims).expect("we wrote it"), claims);
}

/// A header with signatures, and a secret: the first line, and the one after it.
pub fn signature(data: &[u8]) {
    let Some((header, rest)) = text(data).and_then(|text| text.split_once('\n')) else { return };
    if let Ok(secret) = SigningKey::from_secret(rest) {
        let again = SigningKey::from_secret(&format!("whsec_{}", secret.to_base64())).expect("it was one");
        assert_eq!(secret, again);
    }
    if let Ok(key) = SigningKey::from_base64(rest) {
        assert_eq!(key.to_base64(), rest, "a key has one text");
    }
    let (id, timestamp) = ("019abfd2", i64::try_from(rest.len()).unwrap_or_default());
    assert!(key().verify(id, timestamp, rest.as_bytes(), header).is_err(), "nobody has that key");
    let good = key().sign(id, timestamp, rest.as_bytes());
    // Whatever else stands in the header, the right one is found, and found for this id, time and body alone.
    let among = format!("{header} {good}");
    assert!(key().verify(id, timestamp, rest.as_bytes(), &among).is_ok());
    assert!(key().verify(id, timestamp.wrapping_add(1), rest.as_bytes(), &among).is_err());
    assert!(key().verify(&format!("{id}.1"), timestamp, rest.as_bytes(), &among).is_err());
    assert!(key().verify(id, timestamp, header.as_bytes(), &among).is_err() || header == rest);
}
