//! Web addresses, and the origins that browsers send (RFC 6454, RFC 9110).

/// What is not as it should be with an origin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OriginFault {
    /// No browser sends it.
    Never(String),
    /// Browsers send it, and anybody on the way can read and change what passes.
    Insecure,
}

/// Whether a browser could send `text` as its `Origin`, byte for byte.
pub(super) fn check(text: &str) -> Result<(), OriginFault> {
    let never = |reason: &str| Err(OriginFault::Never(reason.to_owned()));
    let Some((scheme, authority)) = text.split_once("://") else {
        return never("is no origin; write it like https://shop.example");
    };
    if scheme != "https" && scheme != "http" {
        return never("must start with https://");
    }
    if let Some(at) = authority.find(['/', '?', '#']) {
        return Err(OriginFault::Never(format!("must end after the host; write {scheme}://{}", &authority[..at])));
    }
    if authority.contains('@') {
        return never("must not hold a user name");
    }
    if !authority.is_ascii() {
        return never("must be written in ASCII, as browsers send it (xn--…)");
    }
    if authority.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(OriginFault::Never(format!("must be in lower case: {}", text.to_ascii_lowercase())));
    }
    if authority.contains('*') {
        return never("names no site; list each one");
    }
    let (host, port) = split_port(authority);
    let usual = if scheme == "https" { "443" } else { "80" };
    match port {
        Some(port) if port == usual => {
            return Err(OriginFault::Never(format!("must leave out the usual port; write {scheme}://{host}")));
        }
        Some(port) if port.starts_with('0') || port.parse::<u16>().is_err() => return never("has no usable port"),
        _ => {}
    }
    let named = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'[' | b']' | b':' | b'_');
    if host.is_empty() || !host.bytes().all(named) {
        return never("has no usable host");
    }
    if scheme == "http" && !is_this_machine(host) { Err(OriginFault::Insecure) } else { Ok(()) }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // A colon inside brackets belongs to an IPv6 address.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || host.starts_with("127.")
}

/// Whether `text` is a host as addresses hold it, or `*.` before one; if not, what to do.
pub(super) fn host_pattern(text: &str) -> Result<(), &'static str> {
    let host = text.strip_prefix("*.").unwrap_or(text);
    if text.contains(['/', ':', '?', '#', '@']) {
        return Err("is more than a host; write only that, like stats.shop.example");
    }
    if host.contains('*') {
        return Err("has its * in another place than the beginning; write it like *.shop.example");
    }
    if !host.is_ascii() || host.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err("must be written in lower case and ASCII, as browsers do (xn--…)");
    }
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if host.len() > 253 || !host.split('.').all(label) {
        return Err("is no host; write it like stats.shop.example");
    }
    if text != host && !host.contains('.') {
        return Err("would stand for a whole top-level domain; name the service's own");
    }
    Ok(())
}

/// Whether `text` is an absolute web address, encrypted unless it stays on this machine; if not, what to do.
pub(super) fn web_address(text: &str) -> Result<(), &'static str> {
    let wrong = "is no web address; write it like https://shop.example/privacy";
    let Some((scheme, rest)) = text.split_once("://") else { return Err(wrong) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = split_port(authority);
    let usable = !host.is_empty()
        && host.chars().all(|c| c.is_alphanumeric() || "-.[]:_".contains(c))
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    match scheme {
        "https" if usable => Ok(()),
        "http" if usable && is_this_machine(host) => Ok(()),
        "http" if usable => Err("is not encrypted; write https://"),
        _ => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends_byte_for_byte() {
        for good in ["https://shop.example", "https://shop.example:8443", "http://localhost:7411", "http://[::1]:80801"]
        {
            let usable = check(good);
            assert_eq!(usable.is_ok(), !good.contains("80801"), "{good}: {usable:?}");
        }
        assert_eq!(check("http://shop.example"), Err(OriginFault::Insecure));
        for bad in [
            "shop.example",
            "ftp://shop.example",
            "https://shop.example/",
            "https://shop.example/a",
            "https://Shop.example",
            "https://shop.example:443",
            "https://магазин.бг",
            "https://*.shop.example",
            "https://",
            "https://u@shop.example",
            "https://shop.example:0443",
            "null",
            "*",
        ] {
            assert!(matches!(check(bad), Err(OriginFault::Never(_))), "{bad}");
        }
    }

    #[test]
    fn a_host_is_no_address_and_a_star_stands_first() {
        for good in ["stats.shop.example", "*.doubleclick.net", "localhost", "127.0.0.1", "xn--80aswg.xn--90ae"] {
            assert_eq!(host_pattern(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "https://a.example",
            "a.example/b",
            "a.example:443",
            "a.*.example",
            "*",
            "*.com",
            "Ads.example",
            "сайт.бг",
            "a..b",
        ] {
            assert!(host_pattern(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_web_address_is_absolute_and_encrypted() {
        for good in ["https://shop.example/a?b#c", "http://127.0.0.1:7412/webhook", "https://магазин.бг/"] {
            assert_eq!(web_address(good), Ok(()), "{good}");
        }
        for bad in ["http://shop.example", "shop.example", "javascript:alert(1)", "https://", "https://a b/"] {
            assert!(web_address(bad).is_err(), "{bad}");
        }
    }
}
