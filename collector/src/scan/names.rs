//! Hosts, and names that end in an id.

use reqwest::Url;

/// Endings under which everybody may register a name, one label longer than most. No complete list: the Public Suffix List
/// changes weekly, and what is missing here makes two neighbours look like one, never a site look like a stranger to itself.
const SHARED_ENDINGS: &[&str] = &[
    "co.uk",
    "org.uk",
    "ac.uk",
    "gov.uk",
    "me.uk",
    "com.au",
    "net.au",
    "org.au",
    "co.nz",
    "co.za",
    "com.br",
    "com.ar",
    "com.mx",
    "com.tr",
    "com.cn",
    "com.hk",
    "com.sg",
    "com.tw",
    "com.ua",
    "co.il",
    "co.in",
    "co.jp",
    "ne.jp",
    "or.jp",
    "co.kr",
    "co.at",
    "or.at",
    "com.pl",
    "com.pt",
    "com.es",
    "com.cy",
    "com.mt",
    "com.gr",
    "com.ro",
    "com.hr",
    "github.io",
    "gitlab.io",
    "netlify.app",
    "vercel.app",
    "pages.dev",
    "workers.dev",
    "web.app",
    "firebaseapp.com",
    "herokuapp.com",
    "azurewebsites.net",
    "myshopify.com",
    "wordpress.com",
    "blogspot.com",
    "wixsite.com",
    "cloudfront.net",
    "amazonaws.com",
    "appspot.com",
    "fly.dev",
    "onrender.com",
];

/// What somebody registered, or an address as it is: `shop.example` of `www.shop.example`.
pub fn site(host: &str) -> &str {
    if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        return host;
    }
    let shared =
        SHARED_ENDINGS.iter().any(|ending| host.strip_suffix(ending).is_some_and(|before| before.ends_with('.')));
    let labels = if shared { 3 } else { 2 };
    let start = host.rmatch_indices('.').nth(labels - 1).map_or(0, |(at, _)| at + 1);
    &host[start..]
}

/// Whether two hosts are the same somebody's, as far as their names say.
pub fn same_site(one: &str, other: &str) -> bool {
    site(one) == site(other)
}

/// A page's address as somebody types it; a name alone is asked by https. The error is a sentence.
pub fn address(text: &str) -> Result<Url, String> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&whole).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| format!("`{text}` is no page's address; it looks like https://shop.example/"))
}

/// The host of an address that leads over the network.
pub fn host(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https" | "ws" | "wss").then(|| url.host_str().map(str::to_owned))?
}

/// An address without what may hold an id: no user, no query, no fragment.
pub fn bare(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else { return String::new() };
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

/// Whether a pattern, in which `*` stands for any characters, fits the whole name.
pub fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether a declared host fits; `*.example` fits `example` itself, too.
pub fn fits_host(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_lowercase(), host.to_lowercase());
    fits(&pattern, &host) || pattern.strip_prefix("*.").is_some_and(|whole| whole == host)
}

/// A name whose last parts are an id, with `*` in their place: `visitor_8f3a19c2` is `visitor_*`. Others stay.
pub fn pattern(name: &str) -> String {
    let mut kept = name;
    while let Some((before, last)) = kept.rsplit_once(['_', '.', '-', ':']) {
        if before.trim_matches(['_', '.', '-', ':']).is_empty() || !is_id(last) {
            break;
        }
        kept = before;
    }
    if kept.len() == name.len() { name.to_owned() } else { format!("{}*", &name[..=kept.len()]) }
}

fn is_id(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric());
    let hex = text.chars().all(|c| c.is_ascii_hexdigit());
    plain
        && ((digits == text.len() && !text.is_empty())
            || (digits > 0 && hex && text.len() >= 4)
            || (digits > 1 && text.len() >= 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_under_a_shared_ending_are_strangers() {
        assert!(same_site("www.shop.example", "img.shop.example"));
        assert!(!same_site("shop.example", "stats.example"));
        assert!(!same_site("one.co.uk", "two.co.uk") && same_site("a.one.co.uk", "one.co.uk"));
        assert!(!same_site("ann.github.io", "bob.github.io"));
        assert!(!same_site("127.0.0.1", "127.0.0.2") && !same_site("localhost", "127.0.0.1"));
        assert_eq!((site("localhost"), site("[::1]"), site("co.uk")), ("localhost", "[::1]", "co.uk"));
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        assert!(fits("_pk_id.*", "_pk_id.1.1fff") && fits("*", "") && fits("a*b*c", "a1b2bc"));
        assert!(!fits("_pk_id.*", "_pk_ses.1.1fff") && !fits("_ga", "_ga_X") && !fits("a*b", "a"));
        assert!(!fits("ab*ba", "aba"), "the two ends do not overlap");
        assert!(
            fits_host("*.doubleclick.net", "ad.doubleclick.net") && fits_host("*.doubleclick.net", "doubleclick.net")
        );
        assert!(!fits_host("*.doubleclick.net", "notdoubleclick.net"));
    }

    #[test]
    fn an_address_may_be_typed_without_its_scheme() {
        assert_eq!(address("shop.example/a").unwrap().as_str(), "https://shop.example/a");
        assert_eq!(address("http://127.0.0.1:8000").unwrap().as_str(), "http://127.0.0.1:8000/");
        for wrong in ["", "file:///etc/passwd", "javascript://x", "http://", "two words"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_an_id_at_the_end_becomes_a_star() {
        assert_eq!(pattern("_pk_id.1.1fff"), "_pk_id.*");
        assert_eq!(pattern("visitor_8f3a19c2"), "visitor_*");
        assert_eq!(pattern("_hjSession_3456789"), "_hjSession_*");
        for whole in ["PHPSESSID", "_ga", "wp-settings", "cart_items", "_1234", "12345", "theme-dark", ""] {
            assert_eq!(pattern(whole), whole);
        }
    }

    #[test]
    fn an_address_that_is_shown_holds_no_query() {
        assert_eq!(bare("https://ann:x@t.example/p?cid=1#f"), "https://t.example/p");
        assert_eq!(host("data:text/plain,x"), None);
        assert_eq!(host("wss://t.example/"), Some("t.example".to_owned()));
    }
}
