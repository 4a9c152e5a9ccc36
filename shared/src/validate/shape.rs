//! What a text must look like to be a mail address, a day, a number, a country.

/// A mail address as far as a form can tell (RFC 5321 lengths, a dot-atom local part, a domain with a dot;
/// letters of any script, RFC 6531). Only a mail that arrives proves more.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom = |c: char| c.is_alphanumeric() || !c.is_ascii() || "!#$%&'*+/=?^_`{|}~-".contains(c);
    let dot_atom = |part: &str| part.split('.').all(|piece| !piece.is_empty() && piece.chars().all(atom));
    let label = |piece: &str| {
        !piece.is_empty()
            && piece.len() <= 63
            && !piece.starts_with('-')
            && !piece.ends_with('-')
            && piece.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.len() <= 254
        && local.len() <= 64
        && dot_atom(local)
        && domain.contains('.')
        && domain.split('.').all(label)
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|top| top.chars().count() >= 2 && !top.chars().all(|c| c.is_ascii_digit()))
}

/// A telephone number: 4 to 15 digits (E.164), written with spaces, dots, dashes, slashes, brackets and a leading plus.
pub fn is_tel(text: &str) -> bool {
    let body = text.strip_prefix('+').unwrap_or(text);
    let digits = body.chars().filter(char::is_ascii_digit).count();
    (4..=15).contains(&digits) && body.chars().all(|c| c.is_ascii_digit() || " .-/()\u{a0}".contains(c))
}

/// An absolute http or https address with a host that has a dot, and no user name in it.
pub fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(
            host,
            |(name, port)| {
                if port.chars().all(|c| c.is_ascii_digit()) { name } else { "" }
            },
        );
        name.contains('.')
            && name.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
            && !text.chars().any(char::is_whitespace)
    })
}

/// A day of the Gregorian calendar, `YYYY-MM-DD`.
pub fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let well_written = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !well_written {
        return false;
    }
    let number = |range: std::ops::Range<usize>| bytes[range].iter().fold(0u32, |n, b| n * 10 + u32::from(b - b'0'));
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    year > 0 && (1..=days).contains(&day)
}

/// A decimal number of at most 15 digits, compared exactly: floats would round what a visitor typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(i128);

impl Decimal {
    /// Reads an optional minus, digits, and a fraction after a point or a comma.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, body) = text.strip_prefix('-').map_or((false, text), |body| (true, body));
        let (whole, fraction) = body.split_once(['.', ',']).map_or((body, None), |(w, f)| (w, Some(f)));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let fraction_text = fraction.unwrap_or("0");
        if !digits(whole) || !digits(fraction_text) || whole.len() + fraction_text.len() > 16 {
            return None;
        }
        let scaled = format!("{whole}{fraction_text:0<16}").parse::<i128>().ok()?;
        Some(Self(if negative { -scaled } else { scaled }))
    }
}

/// The country codes of ISO 3166-1 alpha-2, in order, without separators, and Kosovo's `XK`.
pub const COUNTRIES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// Whether `text` is one of [`COUNTRIES`].
pub fn is_country(text: &str) -> bool {
    text.len() == 2 && COUNTRIES.as_bytes().chunks_exact(2).any(|code| code == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_that_arrive_are_accepted_and_slips_are_not() {
        for good in ["ann@example.org", "o'brien+news@mail.example.co.uk", "иван@пример.бг", "a@b.io"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ann",
            "ann@",
            "@b.c",
            "ann@example",
            "a b@c.de",
            "a..b@c.de",
            "a@-c.de",
            "a@b.c",
            "a@1.2.3.4",
            "a@b,com",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn days_follow_the_calendar() {
        assert!(is_date("2024-02-29") && is_date("2000-02-29"));
        for bad in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-1-1",
            "0000-01-01",
            "2024-04-31",
            "2024/04/30",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn numbers_are_compared_exactly() {
        let number = |text| Decimal::parse(text).unwrap();
        assert!(number("0.1") < number("0,11"));
        assert!(number("-2") < number("1.5"));
        assert_eq!(number("1.50"), number("1.5"));
        for bad in ["", "1e5", "1.", ".5", "NaN", "12345678901234567", "1 000", "--1", "٣"] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn web_addresses_have_a_host_and_hide_no_user() {
        assert!(is_url("https://example.org/a?b#c") && is_url("http://пример.бг:8080"));
        for bad in [
            "example.org",
            "javascript:alert(1)",
            "https://",
            "https://user@example.org",
            "https://a b.c",
            "https://nodot",
        ] {
            assert!(!is_url(bad), "{bad}");
        }
    }

    #[test]
    fn the_country_list_is_sorted_and_whole() {
        let codes: Vec<&[u8]> = COUNTRIES.as_bytes().chunks_exact(2).collect();
        assert_eq!(codes.len(), 250);
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
    }

    proptest! {
        #[test]
        fn checking_never_panics(text in "\\PC{0,80}") {
            let _ = (is_email(&text), is_tel(&text), is_url(&text), is_date(&text), Decimal::parse(&text));
        }
    }
}
