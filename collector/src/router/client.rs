//! Whose request it is: the address behind the proxies that the owner trusts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::HeaderMap,
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;

use super::arrival::amiss;
use crate::wiring::App;

/// The address a request came from. `Debug` hides it: it is personal data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Client(pub IpAddr);

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client(…)")
    }
}

impl Client {
    /// What counts as one client: an IPv4 address, or an IPv6 /64, which one household or server holds as a whole.
    pub fn group(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
            v4 @ IpAddr::V4(_) => v4,
        }
    }

    /// The network alone, IPv4 /24 or IPv6 /48, for evidence where the owner asks for it.
    pub fn truncated(self) -> String {
        match self.0.to_canonical() {
            IpAddr::V4(address) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8))),
            IpAddr::V6(address) => format!("{}/48", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80))),
        }
    }
}

/// Finds the client's address and hands it on as an extension.
pub(super) async fn identify(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let server = &app.settings.server;
    let (client, chain) = behind(peer.ip(), request.headers(), &server.trusted_proxies);
    // Monitors come by other addresses, and rightly; who looks for doors that are not there comes by any.
    let judged = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if judged.is_some_and(|path| !matches!(path, "/healthz" | "/readyz" | "/metrics")) {
        for kind in amiss(peer.ip(), request.headers(), chain, server) {
            app.metrics.amiss(kind.kind());
            app.said.once(kind, Client(peer.ip()), server);
        }
    }
    request.extensions_mut().insert(client);
    next.run(request).await
}

/// What was made of the headers that say for whom a proxy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// There are none, and nobody whose word would count.
    Direct,
    /// There are some, from somebody who is not trusted.
    Unbelieved,
    /// They lead to a visitor.
    Followed,
    /// A trusted proxy sent none, or they lead to another proxy on the internet and no further.
    Silent,
    /// They lead to two different visitors.
    Contradicted,
}

/// The client behind trusted proxies. Each proxy adds on the right whom it heard, so we read from the right and stop
/// at the first one that nobody vouches for; everything left of it may be made up.
pub(super) fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> (Client, Chain) {
    let peer = peer.to_canonical();
    let vouched = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !vouched(peer) {
        let speaks = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
        return (Client(peer), if speaks { Chain::Unbelieved } else { Chain::Direct });
    }
    // None where nobody is named who can be read.
    let walk = |hops: Vec<Option<IpAddr>>| {
        let mut client = None;
        for hop in hops.into_iter().rev() {
            let Some(address) = hop else { break };
            client = Some(address);
            if !vouched(address) {
                break;
            }
        }
        client
    };
    let followed = |client: Option<IpAddr>| match client {
        // Somebody in a trusted network of one's own may be a visitor; a CDN's machine is none.
        Some(client) if is_private(client) || !vouched(client) => (Client(client), Chain::Followed),
        other => (Client(other.unwrap_or(peer)), Chain::Silent),
    };
    let forwarded_for = hops(headers, "x-forwarded-for", address);
    let forwarded = hops(headers, "forwarded", |element| {
        element.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))?
        })
    });
    match (forwarded_for, forwarded) {
        (Some(hops), None) | (None, Some(hops)) => followed(walk(hops)),
        // A proxy that writes one header may pass the other through as the visitor made it up: where they differ,
        // neither is believed.
        (Some(one), Some(other)) => {
            let (one, other) = (walk(one), walk(other));
            if one == other { followed(one) } else { (Client(peer), Chain::Contradicted) }
        }
        (None, None) => (Client(peer), Chain::Silent),
    }
}

/// Whether an address belongs to a network of one's own, where proxies are.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// The elements of a list header in order, over all its lines; `None` where there is no such header.
fn hops(headers: &HeaderMap, name: &str, read: impl Fn(&str) -> Option<IpAddr>) -> Option<Vec<Option<IpAddr>>> {
    let mut found = None;
    for line in headers.get_all(name) {
        let elements: &mut Vec<Option<IpAddr>> = found.get_or_insert_default();
        match line.to_str() {
            Ok(text) => elements.extend(text.split(',').map(|element| read(element.trim()))),
            Err(_) => elements.push(None),
        }
    }
    found
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, lines: &[(&str, &str)], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(
                axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                axum::http::HeaderValue::from_str(value).unwrap(),
            );
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        behind(peer.parse().unwrap(), &headers, &trusted).0.0.to_string()
    }

    #[test]
    fn nobody_is_believed_unless_trusted() {
        assert_eq!(seen("198.51.100.7", &[("x-forwarded-for", "192.0.2.1")], &[]), "198.51.100.7");
        assert_eq!(seen("198.51.100.7", &[("x-forwarded-for", "192.0.2.1")], &["10.0.0.0/8"]), "198.51.100.7");
    }

    #[test]
    fn the_chain_is_read_from_the_right_and_what_the_visitor_made_up_on_the_left_does_not_count() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(seen("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, 192.0.2.9, 10.0.0.2")], &trusted), "192.0.2.9");
        let lines = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.9:4711")];
        assert_eq!(seen("10.0.0.1", &lines, &trusted), "192.0.2.9");
        assert_eq!(seen("::ffff:10.0.0.1", &[("x-forwarded-for", "192.0.2.9")], &trusted), "192.0.2.9");
        assert_eq!(seen("10.0.0.1", &[("x-forwarded-for", "10.0.0.3, 10.0.0.2")], &trusted), "10.0.0.3");
    }

    #[test]
    fn what_cannot_be_read_ends_the_chain_at_the_last_one_who_can() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(seen("10.0.0.1", &[("x-forwarded-for", "192.0.2.9, nonsense, 10.0.0.2")], &trusted), "10.0.0.2");
        assert_eq!(seen("10.0.0.1", &[("x-forwarded-for", "")], &trusted), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[("forwarded", "for=unknown")], &trusted), "10.0.0.1");
    }

    #[test]
    fn the_standard_header_is_read_too_but_neither_when_they_disagree() {
        let trusted = ["10.0.0.0/8"];
        let standard = ("forwarded", "for=1.1.1.1, For=\"[2001:db8::7]:4711\";proto=https");
        assert_eq!(seen("10.0.0.1", &[standard], &trusted), "2001:db8::7");
        assert_eq!(seen("10.0.0.1", &[standard, ("x-forwarded-for", "2001:db8::7")], &trusted), "2001:db8::7");
        assert_eq!(seen("10.0.0.1", &[standard, ("x-forwarded-for", "192.0.2.9")], &trusted), "10.0.0.1");
    }

    #[test]
    fn behind_a_cdn_and_a_proxy_the_visitor_is_whom_the_cdn_heard() {
        let trusted = ["127.0.0.1/32", "::1/128", "173.245.48.0/20", "2400:cb00::/32"];
        // The visitor made up the first entry, the CDN added whom it heard, the proxy added the CDN.
        let through = ("x-forwarded-for", "1.1.1.1, 198.51.100.7, 173.245.48.9");
        assert_eq!(seen("127.0.0.1", &[through], &trusted), "198.51.100.7");
        let six = ("x-forwarded-for", "6.6.6.6, 2001:db8::7, [2400:cb00::1]:443");
        assert_eq!(seen("::1", &[six], &trusted), "2001:db8::7");
        // Who reaches the proxy past the CDN and pretends to be it is taken for who they are.
        let past = ("x-forwarded-for", "198.51.100.7, 203.0.113.66");
        assert_eq!(seen("127.0.0.1", &[past], &trusted), "203.0.113.66");
    }

    #[test]
    fn a_household_is_one_client_and_evidence_holds_the_network_alone() {
        let client = |text: &str| Client(text.parse().unwrap());
        assert_eq!(client("2001:db8:1:2:aaaa::1").group(), client("2001:db8:1:2:bbbb::2").group());
        assert_ne!(client("2001:db8:1:2::1").group(), client("2001:db8:1:3::1").group());
        assert_ne!(client("192.0.2.1").group(), client("192.0.2.2").group());
        assert_eq!(client("::ffff:192.0.2.1").group(), client("192.0.2.1").group());
        assert_eq!(client("192.0.2.199").truncated(), "192.0.2.0/24");
        assert_eq!(client("2001:db8:1:2::1").truncated(), "2001:db8:1::/48");
    }
}
