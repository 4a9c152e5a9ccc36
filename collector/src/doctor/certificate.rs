//! Until when a certificate is valid, read from its DER (RFC 5280, section 4.1).

use jiff::Timestamp;

/// The end of its validity.
pub fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = element(der, 0x30)?;
    let (signed, _) = element(certificate, 0x30)?;
    // The version is optional; serial number, algorithm and issuer follow.
    let rest = element(signed, 0xa0).map_or(signed, |(_, rest)| rest);
    let (_, rest) = element(rest, 0x02)?;
    let (_, rest) = element(rest, 0x30)?;
    let (_, rest) = element(rest, 0x30)?;
    let (validity, _) = element(rest, 0x30)?;
    let (_, _, after) = any(validity)?;
    let (tag, time, _) = any(after)?;
    let text = std::str::from_utf8(time).ok()?;
    let text = match tag {
        // UTCTime: two digits of the year, of which 50 is 1950.
        0x17 if text.get(..2)? < "50" => format!("20{text}"),
        0x17 => format!("19{text}"),
        0x18 => text.to_owned(),
        _ => return None,
    };
    let digits =
        text.strip_suffix('Z').filter(|digits| digits.len() == 14 && digits.bytes().all(|b| b.is_ascii_digit()))?;
    let at = |from: usize, to: usize| &digits[from..to];
    format!("{}-{}-{}T{}:{}:{}Z", at(0, 4), at(4, 6), at(6, 8), at(8, 10), at(10, 12), at(12, 14)).parse().ok()
}

/// The content of the first element, which must be of that tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    any(bytes).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// Tag, content and rest.
fn any(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = bytes else { return None };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn the_end_is_read_in_both_spellings_and_no_bytes_break_it() {
        for (year, month) in [(2027, 1), (2055, 12)] {
            let mut parameters = rcgen::CertificateParams::new(vec!["forms.example".to_owned()]).unwrap();
            parameters.not_after = rcgen::date_time_ymd(year, month, 3);
            let key = rcgen::KeyPair::generate().unwrap();
            let der = parameters.self_signed(&key).unwrap().der().to_vec();
            let expected: Timestamp = format!("{year}-{month:02}-03T00:00:00Z").parse().unwrap();
            assert_eq!(not_after(&der), Some(expected));
            for end in 0..der.len() {
                assert!(not_after(&der[..end]).is_none());
            }
        }
    }
}
