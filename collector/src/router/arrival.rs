//! Whether what arrives is what the settings say: the address that visitors use, and who speaks for them.
//!
//! A wrong `public_url` refuses what visitors send from our own pages, and a proxy that nobody trusts makes all of them
//! one. Neither shows until somebody complains; so each kind of disagreement is logged once, in a sentence that says
//! what to change, and counted, where `unticked doctor` looks.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
};

use axum::http::{HeaderMap, header};

use super::client::{Chain, Client, is_private};
use crate::config::ServerSettings;

/// What does not agree with the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amiss {
    /// Requests come for another host than that of `server.public_url`.
    Host,
    /// Visitors come by http, and `server.public_url` says https, or the other way round.
    Scheme,
    /// Somebody who is not trusted says for whom it asks.
    Unbelieved,
    /// A trusted proxy does not say for whom it asks.
    Silent,
    /// A trusted proxy says it twice, and differently.
    Contradicted,
}

impl Amiss {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Host, Self::Scheme, Self::Unbelieved, Self::Silent, Self::Contradicted];

    /// Its name in the metric `unticked_arrivals_amiss_total{kind="…"}`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Scheme => "scheme",
            Self::Unbelieved => "unbelieved",
            Self::Silent => "silent",
            Self::Contradicted => "contradicted",
        }
    }

    /// What it means and what to change, for the owner.
    pub fn advice(self, server: &ServerSettings) -> String {
        let public = &server.public_url;
        match self {
            Self::Host => format!(
                "requests arrive for another host than {public}. If visitors are meant to come there, set \
                 server.public_url to the address they use; if a proxy changes the host on the way, let it pass it on \
                 (nginx: proxy_set_header Host $http_host)"
            ),
            Self::Scheme if public.starts_with("https://") => format!(
                "the proxy hands on requests that reached it without TLS, and server.public_url is {public}. Let it \
                 send them on to https, and let it set X-Forwarded-Proto itself"
            ),
            Self::Scheme => format!(
                "visitors come by https, and server.public_url is {public}. Write https:// there, or what they send \
                 from the collector's own pages is refused"
            ),
            Self::Unbelieved => "requests say on whose behalf they are made (X-Forwarded-For, Forwarded), from \
                                 addresses that server.trusted_proxies does not name. They were not believed: if that \
                                 is your proxy or CDN, everybody behind it counts as one visitor until you add its \
                                 network there; if not, somebody makes it up, and nothing is to be done"
                .to_owned(),
            Self::Silent => "a trusted proxy does not say on whose behalf it asks, so that everybody behind it counts \
                             as one visitor. Let it send X-Forwarded-For (nginx: proxy_set_header X-Forwarded-For \
                             $proxy_add_x_forwarded_for; Caddy behind a CDN: trusted_proxies in reverse_proxy)"
                .to_owned(),
            Self::Contradicted => "a trusted proxy hands on X-Forwarded-For and Forwarded, and they name different \
                                   visitors, so neither was believed. One of them is the visitor's own: let the proxy \
                                   remove the one that it does not write (nginx: proxy_set_header Forwarded \"\"; \
                                   Caddy: header_up -Forwarded)"
                .to_owned(),
        }
    }
}

/// What does not agree in one request; `peer` is who connected to us, `chain` what was made of the headers.
///
/// Only what visitors ask for should be judged: monitors come by other addresses.
pub fn amiss(
    peer: IpAddr,
    headers: &HeaderMap,
    chain: Chain,
    server: &ServerSettings,
) -> impl Iterator<Item = Amiss> + use<> {
    let trusted = !matches!(chain, Chain::Direct | Chain::Unbelieved);
    let public: http::Uri = server.public_url.parse().unwrap_or_default();
    let home = public.host().is_some_and(is_this_machine);
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let own = server.public_url.split("://").nth(1).unwrap_or_default();
    let is_own = |host: &str| without_usual_port(host).eq_ignore_ascii_case(own);
    let forwarded = || text("x-forwarded-host").and_then(|hosts| hosts.split(',').next()).map(str::trim);
    let host =
        text(header::HOST.as_str()).is_some_and(|host| !is_own(host)) && !(trusted && forwarded().is_some_and(is_own));
    // Several, where several proxies each added theirs: the first is what the visitor used.
    let scheme = text("x-forwarded-proto").filter(|_| trusted).and_then(|schemes| schemes.split(',').next());
    let scheme = scheme
        .is_some_and(|scheme| matches!(scheme.trim(), "http" | "https") && Some(scheme.trim()) != public.scheme_str());
    // Who tries it out on this machine asks without a proxy, and rightly.
    let silent = chain == Chain::Silent && !(peer.is_loopback() && (home || host));
    let found = [
        (host, Amiss::Host),
        (scheme, Amiss::Scheme),
        (chain == Chain::Unbelieved, Amiss::Unbelieved),
        (silent, Amiss::Silent),
        (chain == Chain::Contradicted, Amiss::Contradicted),
    ];
    found.into_iter().filter(|(is, _)| *is).map(|(_, kind)| kind)
}

/// The port that goes without saying is left out, as browsers do; which of the two does not matter here.
fn without_usual_port(host: &str) -> &str {
    host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host)
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Which kinds have been logged since the start.
#[derive(Debug, Default)]
pub struct Said([AtomicBool; Amiss::ALL.len()]);

impl Said {
    /// Logs a kind the first time it is met.
    pub(super) fn once(&self, kind: Amiss, peer: Client, server: &ServerSettings) {
        let at = Amiss::ALL.iter().position(|one| *one == kind).unwrap_or_default();
        if !self.0[at].swap(true, Ordering::Relaxed) {
            // A proxy's address helps; a visitor's does not belong into a log, so its network must do.
            let from = if is_private(peer.0.to_canonical()) { peer.0.to_string() } else { peer.truncated() };
            tracing::warn!(kind = kind.kind(), from, "{}", kind.advice(server));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use ipnet::IpNet;

    use super::{super::client::behind, *};

    fn server(public_url: &str, trusted: &[&str]) -> ServerSettings {
        let flags =
            vec![format!("server.public_url={public_url}"), format!("server.trusted_proxies={}", trusted.join(","))];
        let sources = crate::config::Sources { flags, ..crate::config::Sources::default() };
        crate::config::Settings::load(&sources).unwrap().settings.server
    }

    fn judged(server: &ServerSettings, peer: &str, lines: &[(&str, &str)]) -> Vec<Amiss> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let peer = peer.parse().unwrap();
        let trusted: &[IpNet] = &server.trusted_proxies;
        let (_, chain) = behind(peer, &headers, trusted);
        amiss(peer, &headers, chain, server).collect()
    }

    const FORMS: (&str, &str) = ("host", "forms.example");
    const FOR: (&str, &str) = ("x-forwarded-for", "198.51.100.7");

    #[test]
    fn what_a_good_proxy_brings_agrees() {
        let server = server("https://forms.example", &["127.0.0.1", "::1", "10.0.0.0/8"]);
        let https = ("x-forwarded-proto", "https");
        assert_eq!(judged(&server, "127.0.0.1", &[FORMS, FOR, https]), []);
        assert_eq!(
            judged(&server, "::1", &[("host", "Forms.Example:443"), FOR, ("x-forwarded-proto", "https,http")]),
            []
        );
        let renamed = [("host", "127.0.0.1:8080"), ("x-forwarded-host", "forms.example"), FOR, https];
        assert_eq!(judged(&server, "127.0.0.1", &renamed), []);
        assert_eq!(judged(&server, "10.0.0.1", &[FORMS, ("forwarded", "for=198.51.100.7;proto=https")]), []);
    }

    #[test]
    fn each_way_of_being_wrong_is_told_apart() {
        let server = server("https://forms.example", &["127.0.0.1", "173.245.48.0/20"]);
        let judge = |peer: &str, lines: &[(&str, &str)]| judged(&server, peer, lines);
        assert_eq!(judge("127.0.0.1", &[("host", "other.example"), FOR]), [Amiss::Host]);
        assert_eq!(judge("127.0.0.1", &[FORMS, FOR, ("x-forwarded-proto", "http")]), [Amiss::Scheme]);
        assert_eq!(judge("127.0.0.1", &[FORMS]), [Amiss::Silent]);
        assert_eq!(judge("10.0.0.1", &[FORMS, FOR]), [Amiss::Unbelieved]);
        assert_eq!(judge("198.51.100.9", &[FORMS, ("forwarded", "for=192.0.2.1")]), [Amiss::Unbelieved]);
        let both = [FORMS, FOR, ("forwarded", "for=192.0.2.1")];
        assert_eq!(judge("127.0.0.1", &both), [Amiss::Contradicted]);
        // The proxy beside us names the CDN and not whom the CDN heard.
        let cdn = ("x-forwarded-for", "173.245.48.9");
        assert_eq!(judge("127.0.0.1", &[FORMS, cdn]), [Amiss::Silent]);
        let plain = super::tests::server("http://forms.example", &["127.0.0.1"]);
        assert_eq!(judged(&plain, "127.0.0.1", &[FORMS, FOR, ("x-forwarded-proto", "https")]), [Amiss::Scheme]);
    }

    #[test]
    fn a_stranger_cannot_make_the_settings_look_wrong_by_headers_that_are_not_believed() {
        let server = server("https://forms.example", &["127.0.0.1"]);
        let made_up = [FORMS, ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")];
        assert_eq!(judged(&server, "198.51.100.7", &made_up), []);
        assert_eq!(judged(&server, "127.0.0.1", &[FORMS, FOR, ("x-forwarded-host", "evil.example")]), []);
    }

    #[test]
    fn who_tries_it_out_without_a_proxy_is_left_alone() {
        let trial = server("http://127.0.0.1:8080", &["127.0.0.1"]);
        assert_eq!(judged(&trial, "127.0.0.1", &[("host", "127.0.0.1:8080")]), []);
        // With the address of the real one the pages would refuse what they send: that is worth a word, and one only.
        let real = server("https://forms.example", &["127.0.0.1"]);
        assert_eq!(judged(&real, "127.0.0.1", &[("host", "127.0.0.1:8080")]), [Amiss::Host]);
    }

    #[test]
    fn every_advice_names_what_to_change() {
        for server in [server("https://forms.example", &[]), server("http://forms.example", &[])] {
            for kind in Amiss::ALL {
                let advice = kind.advice(&server);
                let named = ["server.public_url", "server.trusted_proxies", "proxy_set_header"];
                assert!(named.iter().any(|name| advice.contains(name)), "{advice}");
                assert!(!advice.ends_with('.') && !advice.contains("  "), "{advice}");
            }
        }
    }
}
