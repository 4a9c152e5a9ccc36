//! The public address, asked from here: its name, its certificate, who answers, and what arrives behind the proxy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::{Method, Url};

use super::{
    Case, Finding,
    clock::Reading,
    probe::{self, Challenge, Seen},
    reach::Answer,
};

const CHECK: &str = "public address";
const PROXY: &str = "proxy";
/// An address that is nobody's (RFC 5737): a proxy that hands it on would hand on any.
const MADE_UP: &str = "192.0.2.77";
/// Renewal happens a month before the end; two weeks before, something is wrong with it.
const SOON: i64 = 14;

/// What answers where the collector listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Here {
    /// This collector.
    Runs(SocketAddr),
    /// Nobody.
    Silent(SocketAddr),
    /// Somebody else.
    Other(SocketAddr),
}

impl Here {
    /// As a finding.
    pub fn finding(&self) -> Finding {
        match self {
            Self::Runs(address) => Finding::ok("collector", format!("it runs, at {address}")),
            Self::Silent(address) => Finding::warn(
                "collector",
                format!("nobody answers at {address}"),
                "start it (`systemctl start unticked`, or `unticked serve`) and look again: what needs it was left out",
            ),
            Self::Other(address) => Finding::fail(
                "collector",
                format!("another server answers at {address}, or a collector with another key ring or version"),
                "stop it, or set `server.listen` to an address that is free",
            ),
        }
    }
}

/// Asks where the settings say that it listens.
pub async fn here(case: &Case<'_>) -> Here {
    let listen = case.settings.server.listen;
    let address = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listen.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), listen.port()),
        _ => listen,
    };
    match ask(case, &format!("http://{address}"), &[]).await {
        Err(_) => Here::Silent(address),
        Ok((_, Some(_))) => Here::Runs(address),
        // Without the ring nobody can tell.
        Ok((answer, None)) if case.ring.is_none() && answer.body == "ok\n" => Here::Runs(address),
        Ok(_) => Here::Other(address),
    }
}

/// The public address, and what arrives by it.
pub async fn examine(case: &Case<'_>, here: &Here, clocks: &mut Vec<Reading>) -> Vec<Finding> {
    let public = &case.settings.server.public_url;
    let url: Url = match public.parse() {
        Ok(url) => url,
        Err(error) => return vec![Finding::fail(CHECK, format!("{public}: {error}"), "correct `server.public_url`")],
    };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let mut found = Vec::new();
    if local {
        let says = format!("{public} can be reached from this machine alone");
        found.push(Finding::warn(
            CHECK,
            says,
            "before visitors come, set `server.public_url` to the address they will use",
        ));
    } else if url.scheme() == "http" {
        let says = format!(
            "{public} is without TLS: everybody on the way can read what visitors send, and pages with https cannot use it"
        );
        found.push(Finding::fail(
            CHECK,
            says,
            "put Caddy or nginx before it (deploy/ has both) and write https:// in `server.public_url`",
        ));
    }
    if !matches!(here, Here::Runs(_)) {
        // Who answers there does not answer for us.
        return found;
    }
    let (answer, seen) = match ask(case, public, &[]).await {
        Ok(asked) => asked,
        Err(trouble) => {
            found.push(Finding::fail(CHECK, format!("{public} does not answer: {}", trouble.says), trouble.advice));
            return found;
        }
    };
    clocks
        .extend(answer.header("date").and_then(|date| Reading::new(&host, date, answer.at)).map(Reading::perhaps_ours));
    found.extend(certificate(&answer, &host));
    match seen {
        None if case.ring.is_none() => {}
        None => {
            found.push(Finding::fail(
                CHECK,
                format!("another server answers at {public}: {}", describe(&answer)),
                whose(&answer, here),
            ));
        }
        Some(seen) => {
            if found.is_empty() {
                found.push(Finding::ok(CHECK, format!("{public} answers, and it is this collector")));
            }
            if local {
                found.push(Finding::ok(PROXY, "none stands before it: a trial on this machine"));
                return found;
            }
            // Through the machine's own loopback the proxy hears one whom the settings trust, and may well believe them.
            let lied_to = if leads_back(&url).await {
                None
            } else {
                ask(case, public, &[("x-forwarded-for", MADE_UP)]).await.ok().and_then(|(_, seen)| seen)
            };
            found.extend(proxy(&seen, lied_to.as_ref(), url.scheme() == "https"));
        }
    }
    found
}

/// Whether the public name leads to the loopback from here, as a line in `/etc/hosts` may have it.
async fn leads_back(url: &Url) -> bool {
    let place = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
    tokio::net::lookup_host(place).await.is_ok_and(|mut found| found.any(|address| address.ip().is_loopback()))
}

/// What a request by the public address tells of what stands between.
fn proxy(seen: &Seen, lied_to: Option<&Seen>, tls: bool) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    if lied_to.is_some_and(|seen| seen.client.to_string() == MADE_UP) {
        found.push(Finding::fail(
            PROXY,
            "it hands on whatever a visitor says about where they come from, so that anybody can be anybody",
            "let it write X-Forwarded-For itself (nginx: proxy_set_header X-Forwarded-For $remote_addr; Caddy does by itself)",
        ));
    }
    // The collector speaks no TLS, so that somebody stands before it.
    if tls && seen.client == seen.peer {
        found.push(Finding::fail(
            PROXY,
            format!("every visitor counts as one, {}: the limits for one hold for all", seen.peer),
            format!("add \"{}\" to `server.trusted_proxies`, and let the proxy send X-Forwarded-For", seen.peer),
        ));
    } else {
        found.extend(
            seen.amiss.iter().map(|advice| Finding::warn(PROXY, "what arrives is not what the settings say", advice)),
        );
    }
    if found.is_empty() {
        found.push(Finding::ok(PROXY, "what arrives agrees with the settings"));
    }
    found
}

fn describe(answer: &Answer) -> String {
    let server = answer.header("server").map(|server| format!(" from {server}")).unwrap_or_default();
    format!("status {}{server}", answer.status)
}

fn whose(answer: &Answer, here: &Here) -> String {
    let Here::Runs(address) = here else { return String::new() };
    match answer.status {
        502..=504 => format!("the proxy cannot reach the collector: let it pass requests on to http://{address}"),
        300..=399 => format!(
            "it sends visitors on to {}: set `server.public_url` to where they end",
            answer.header("location").unwrap_or("another place")
        ),
        _ => format!(
            "see that the name leads to this machine, and that the proxy passes everything on to http://{address}, all headers included"
        ),
    }
}

fn certificate(answer: &Answer, host: &str) -> Option<Finding> {
    let until = answer.valid_until?;
    let days = until.duration_since(answer.at).as_hours() / 24;
    let says = format!("the certificate of {host} ends in {days} days ({until})");
    if days < SOON {
        let advice = "it should have been renewed by now: see in the log of the proxy (or of certbot) why it was not";
        return Some(Finding::warn("certificate", says, advice));
    }
    None
}

/// Asks `/healthz` at an origin; what the collector saw, where it is this one.
async fn ask(
    case: &Case<'_>,
    origin: &str,
    headers: &[(&str, &str)],
) -> Result<(Answer, Option<Seen>), super::reach::Trouble> {
    let challenge = Challenge::new(&case.tools.random);
    let header = case.ring.as_ref().map(|ring| challenge.header(ring)).unwrap_or_default();
    let mut all = headers.to_vec();
    all.push((probe::HEADER, &header));
    let answer = case.client.ask(Method::GET, &format!("{origin}/healthz"), &all).await?;
    let seen: Option<Seen> = serde_json::from_str(&answer.body).ok();
    let seen = seen.filter(|seen| case.ring.as_ref().is_some_and(|ring| challenge.is_answered_by(&seen.proof, ring)));
    Ok((answer, seen))
}

#[cfg(test)]
mod unit {
    use super::{super::State, *};

    fn seen(peer: &str, client: &str) -> Seen {
        Seen { proof: String::new(), peer: peer.parse().unwrap(), client: client.parse().unwrap(), amiss: Vec::new() }
    }

    #[test]
    fn a_proxy_that_nobody_trusts_makes_all_visitors_one() {
        let found = proxy(&seen("10.0.0.5", "10.0.0.5"), None, true);
        assert_eq!(found[0].state, State::Fail);
        assert!(found[0].advice.as_ref().unwrap().contains("\"10.0.0.5\""), "{found:?}");
        assert_eq!(proxy(&seen("10.0.0.5", "198.51.100.4"), None, true)[0].state, State::Ok);
        assert_eq!(proxy(&seen("127.0.0.1", "127.0.0.1"), None, false)[0].state, State::Ok);
    }

    #[test]
    fn a_proxy_that_hands_on_what_visitors_make_up_is_told_of() {
        let found = proxy(&seen("10.0.0.5", "198.51.100.4"), Some(&seen("10.0.0.5", MADE_UP)), true);
        assert!(found[0].state == State::Fail && found[0].says.contains("anybody"), "{found:?}");
        let honest = proxy(&seen("10.0.0.5", "198.51.100.4"), Some(&seen("10.0.0.5", "198.51.100.4")), true);
        assert_eq!(honest[0].state, State::Ok);
    }
}
