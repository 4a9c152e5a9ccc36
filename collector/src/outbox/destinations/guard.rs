//! Keeps outgoing requests from reaching into the owner's own network (SSRF, OWASP ASVS 5).
//!
//! A name is resolved once, every address it has is judged, and the connection goes to exactly those
//! addresses: a name that answers differently the second time gains nothing.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// Why nothing was sent. The words reach the owner; they name hosts and addresses, never people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The address of the destination cannot be read.
    #[error("the destination's address is no http or https address with a host")]
    Address,
    /// Plain http to a host that is not allowed by name.
    #[error("http is for hosts named in outbox.allow_hosts; use https for {0}")]
    Plain(String),
    /// The host has an address that is not on the public internet.
    #[error(
        "{host} is {address}, no address on the public internet; name the host in outbox.allow_hosts if it is meant"
    )]
    Private {
        /// The host.
        host: String,
        /// The first such address.
        address: IpAddr,
    },
    /// The host has no address.
    #[error("{0} has no address")]
    NoAddress(String),
}

/// The addresses of a name, or why they cannot be had.
pub type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Asks for the addresses of a name.
pub type Lookup = Arc<dyn Fn(String) -> Found + Send + Sync>;

/// Where a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To addresses on the public internet.
    Public,
    /// Anywhere: the owner named the host.
    Anywhere,
}

/// The guard of one collector. Cloning is cheap.
#[derive(Clone)]
pub struct Guard {
    allowed: Arc<[String]>,
    lookup: Lookup,
}

impl Guard {
    /// Lets `allowed` hosts (`host` or `host:port`, names or addresses, as written in the destination's URL) be
    /// wherever they are.
    pub fn new(allowed: &[String]) -> Self {
        Self::with_lookup(allowed, Arc::new(|host| Box::pin(system_lookup(host))))
    }

    /// The same with a name service of the caller's, for tests.
    pub fn with_lookup(allowed: &[String], lookup: Lookup) -> Self {
        Self { allowed: allowed.iter().map(|host| plain(host)).collect(), lookup }
    }

    /// Judges what can be judged before resolving. An address in figures is never resolved, so it is judged here.
    pub fn check(&self, url: &Url) -> Result<Reach, Refusal> {
        let host = plain(url.host_str().ok_or(Refusal::Address)?);
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Address);
        }
        if self.allows(&host, url.port_or_known_default()) {
            return Ok(Reach::Anywhere);
        }
        if url.scheme() == "http" {
            return Err(Refusal::Plain(host));
        }
        match host.parse::<IpAddr>() {
            Ok(address) if !is_public(address) => Err(Refusal::Private { host, address }),
            _ => Ok(Reach::Public),
        }
    }

    fn allows(&self, host: &str, port: Option<u16>) -> bool {
        let with_port =
            |port: u16| if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let with_port = port.map(with_port).unwrap_or_default();
        self.allowed.iter().any(|allowed| *allowed == host || *allowed == plain(&with_port))
    }

    /// The name service for requests of that reach. Each has its own client, so that a name which is allowed at one
    /// port opens nothing at another.
    pub fn resolver(&self, reach: Reach) -> Resolver {
        Resolver { lookup: Arc::clone(&self.lookup), reach }
    }
}

/// Resolves names and judges every address they have.
pub struct Resolver {
    lookup: Lookup,
    reach: Reach,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = plain(name.as_str());
        let found = (self.lookup)(host.clone());
        let reach = self.reach;
        Box::pin(async move {
            let addresses = judge(&host, found.await?, reach)?;
            // Port 0: the connector puts the URL's own there.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// One address that is not public spoils the name: which of several is taken would be chance.
fn judge(host: &str, addresses: Vec<IpAddr>, reach: Reach) -> Result<Vec<IpAddr>, Refusal> {
    if addresses.is_empty() {
        return Err(Refusal::NoAddress(host.to_owned()));
    }
    match addresses.iter().find(|address| !is_public(**address)) {
        Some(address) if reach == Reach::Public => Err(Refusal::Private { host: host.to_owned(), address: *address }),
        _ => Ok(addresses),
    }
}

async fn system_lookup(host: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
}

/// Lower case, without the brackets of a bare IPv6 address and the final dot of a full name.
fn plain(host: &str) -> String {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether an address is one that any machine on the internet would reach (IANA special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || a >= 224 // multicast, reserved, broadcast
        || (a == 100 && (64..128).contains(&b)) // shared by carriers, RFC 6598
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 198 && (b == 18 || b == 19))) // benchmarks
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let s = address.segments();
    if let Some(inner) = address.octets().strip_prefix(&[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) {
        // NAT64: the last 32 bits are the IPv4 address that is reached.
        return <[u8; 4]>::try_from(inner).is_ok_and(|inner| is_public_v4(inner.into()));
    }
    // Global unicast is 2000::/3; loopback, link-local, unique-local and multicast lie outside.
    s[0] & 0xe000 == 0x2000
        && !(s[0] == 0x2001 && s[1] < 0x0200) // protocol assignments, Teredo
        && !(s[0] == 0x2001 && s[1] == 0x0db8) // documentation
        && s[0] != 0x2002 // 6to4 carries any IPv4 address
        && !(s[0] == 0x3fff && s[1] < 0x1000) // documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, allowed: &[&str]) -> Result<Reach, Refusal> {
        let allowed: Vec<_> = allowed.iter().map(|&h| h.to_owned()).collect();
        Guard::new(&allowed).check(&Url::parse(url).unwrap())
    }

    #[test]
    fn addresses_inside_the_house_are_not_public() {
        for inside in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    #[test]
    fn addresses_on_the_internet_are_public() {
        for outside in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn figures_are_judged_however_they_are_written() {
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert!(matches!(check(url, &[]), Err(Refusal::Private { .. })), "{url}");
        }
        assert_eq!(check("https://1.1.1.1/", &[]), Ok(Reach::Public));
    }

    #[test]
    fn http_is_for_allowed_hosts_alone() {
        assert_eq!(check("http://crm.example/", &[]), Err(Refusal::Plain("crm.example".into())));
        assert_eq!(check("http://crm.example:8080/", &["crm.example"]), Ok(Reach::Anywhere));
        assert_eq!(check("http://CRM.example./", &["Crm.Example"]), Ok(Reach::Anywhere));
        assert_eq!(check("http://127.0.0.1:7412/", &["127.0.0.1"]), Ok(Reach::Anywhere));
        assert_eq!(check("http://[::1]:7412/", &["::1"]), Ok(Reach::Anywhere));
        assert_eq!(check("ftp://crm.example/", &["crm.example"]), Err(Refusal::Address));
        assert_eq!(check("data:text/plain,x", &[]), Err(Refusal::Address));
    }

    #[test]
    fn an_allowed_name_does_not_allow_its_neighbours() {
        assert!(check("http://evil-crm.example/", &["crm.example"]).is_err());
        assert!(check("http://crm.example.evil.test/", &["crm.example"]).is_err());
        assert!(check("http://crm.example@127.0.0.1/", &["crm.example"]).is_err());
    }

    #[test]
    fn a_name_allowed_at_one_port_opens_no_other() {
        assert_eq!(check("http://crm.example:8080/", &["crm.example:8080"]), Ok(Reach::Anywhere));
        assert_eq!(check("http://crm.example/", &["crm.example:80"]), Ok(Reach::Anywhere));
        assert_eq!(check("http://[::1]:7412/", &["[::1]:7412"]), Ok(Reach::Anywhere));
        assert!(check("http://crm.example:9090/", &["crm.example:8080"]).is_err());
        assert!(check("https://127.0.0.1:9090/", &["127.0.0.1:8080"]).is_err());
        // The name may still be public at the other port; what it resolves to decides.
        assert_eq!(check("https://crm.example:9090/", &["crm.example:8080"]), Ok(Reach::Public));
    }

    #[test]
    fn one_private_address_among_several_spoils_the_name() {
        let addresses: Vec<IpAddr> = ["1.1.1.1", "10.0.0.7"].iter().map(|a| a.parse().unwrap()).collect();
        let refusal = judge("crm.example", addresses.clone(), Reach::Public).unwrap_err();
        assert!(refusal.to_string().contains("crm.example is 10.0.0.7"));
        assert!(judge("crm.example", addresses, Reach::Anywhere).is_ok());
        assert_eq!(judge("crm.example", vec![], Reach::Anywhere), Err(Refusal::NoAddress("crm.example".into())));
    }
}
