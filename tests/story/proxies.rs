//! Behind proxies: who the visitor is, what a proxy that lies achieves, and what the owner is told about it.

use crate::house::{Answer, CONTACT, House, SHOP};

/// The sample collector's own host, as visitors name it.
const HOST: (&str, &str) = ("host", "forms.example");

fn ticket(house: &House, headers: &[(&str, &str)]) -> Answer {
    let version = house.placement(CONTACT, "en").version;
    let body = format!("{{\"version\":\"{version}\",\"language\":\"en\"}}");
    let headers = [&[("origin", SHOP), HOST], headers].concat();
    house.send("POST", "/v1/forms/contact/tickets", &headers, body.as_bytes())
}

/// How often each kind was counted, as `/metrics` tells it.
fn counted(house: &House) -> Vec<String> {
    let text = house.get("/metrics", &[]).expect(200).text();
    let lines = text.lines().filter_map(|line| line.strip_prefix("unticked_arrivals_amiss_total{kind=\""));
    let mut kinds: Vec<String> = lines.map(|line| line.replace("\"}", "")).collect();
    kinds.sort();
    kinds
}

#[test]
fn what_a_visitor_makes_up_in_front_of_the_proxys_word_changes_nothing() {
    let trusted = "server.trusted_proxies=127.0.0.1,173.245.48.0/20,2400:cb00::/32";
    let house = House::open_with(&[trusted, "limits.per_client_per_minute=1"]);
    ticket(&house, &[("x-forwarded-for", "1.1.1.1, 198.51.100.7, 173.245.48.9")]).expect(200);
    for made_up in ["2.2.2.2", "10.0.0.1", "173.245.48.1", "nonsense", "2.2.2.2, 3.3.3.3"] {
        let through = format!("{made_up}, 198.51.100.7, 2400:cb00::9");
        ticket(&house, &[("x-forwarded-for", &through)]).expect_problem(429, "rate-limited");
    }
    ticket(&house, &[("forwarded", "for=\"[2001:db8::7]:4711\";proto=https, for=173.245.48.9")]).expect(200);
    ticket(&house, &[("forwarded", "for=9.9.9.9, for=\"[2001:db8::8]\", for=173.245.48.9")])
        .expect_problem(429, "rate-limited");
}

#[test]
fn a_visitor_who_adds_the_header_that_the_proxy_does_not_write_gains_no_fresh_address() {
    let house = House::open_with(&["server.trusted_proxies=127.0.0.1", "limits.per_client_per_minute=1"]);
    let made_up = |address: &str| {
        ticket(&house, &[("x-forwarded-for", "198.51.100.7"), ("forwarded", &format!("for={address}"))])
    };
    made_up("192.0.2.1").expect(200);
    for other in ["192.0.2.2", "192.0.2.3", "192.0.2.4"] {
        made_up(other).expect_problem(429, "rate-limited");
    }
    assert!(counted(&house).iter().any(|line| line.starts_with("contradicted ")));
}

#[test]
fn each_disagreement_is_counted_by_its_kind() {
    let house = House::open_with(&["server.trusted_proxies=127.0.0.1"]);
    let good = [HOST, ("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https")];
    house.get("/f/contact", &good).expect(200);
    assert_eq!(counted(&house), [""; 0], "a good proxy, and a monitor that comes without one");
    house.get("/f/contact", &[HOST]).expect(200);
    house.get("/f/contact", &[("host", "old.example"), good[1]]).expect(200);
    house.get("/f/contact", &[HOST, good[1], ("x-forwarded-proto", "http")]).expect(200);
    house.get("/f/contact", &[HOST, good[1], ("x-forwarded-proto", "http")]).expect(200);
    // Whoever looks for doors that are not there says nothing about the settings.
    house.get("/wp-login.php", &[("host", "203.0.113.1")]).expect(404);
    assert_eq!(counted(&house), ["host 1", "scheme 2", "silent 1"]);
    let stranger = House::open_with(&[]);
    stranger.get("/f/contact", &good).expect(200);
    assert_eq!(counted(&stranger), ["unbelieved 1"]);
}
