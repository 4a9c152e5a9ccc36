//! The whole way, once behind each proxy.

use std::time::Instant;

use tokio::runtime::Runtime;

use crate::{
    certificates,
    collector::Collector,
    crm::Crm,
    ground::{Ground, free_port},
    proxy::{self, Proxy, Site, deployed},
    start::init,
    visitor::Browser,
};

const HOST: &str = "forms.shop.example";
const NO_CRM: &str = "localhost";

/// Everything in place: the folder, the CRM, the collector, the proxy.
struct Shop {
    runtime: Runtime,
    crm: Crm,
    collector: Collector,
    proxy: Proxy,
    port: u16,
    ground: Ground,
}

impl Shop {
    fn open(proxy: impl FnOnce(&Ground, &Site<'_>, &Site<'_>) -> Proxy, crm_path: &str) -> Self {
        let ground = Ground::new();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let crm = Crm::start(&runtime);
        let [port, crm_port, behind] = [(); 3].map(|()| free_port());
        let site = Site { host: HOST, port, behind };
        let proxy = proxy(&ground, &site, &Site { host: NO_CRM, port: crm_port, behind: crm.port });
        let url = format!("https://localhost:{crm_port}{crm_path}");
        let (folder, _) = init(&ground, &format!("https://{HOST}:{port}"), &["--crm", &url]);
        let collector = Collector::serve(&ground, &folder, behind, Some(&proxy.authority));
        Self { runtime, crm, collector, proxy, port, ground }
    }

    /// A visitor's browser, once the proxy answers.
    fn browser(&mut self) -> Browser<'_> {
        let browser = Browser::new(&self.runtime, &self.proxy.authority, HOST, self.port);
        self.proxy.process.until("the proxy answers", || browser.reaches("/healthz"));
        browser
    }
}

/// From the page to the CRM, and what nobody outside may see.
fn a_lead_arrives(shop: &mut Shop) {
    let browser = shop.browser();
    let origin = browser.origin().to_owned();
    let loader = browser.get("/unticked.js", &[]);
    assert_eq!((loader.status, &loader.headers["access-control-allow-origin"]), (200, &"*".parse().unwrap()));
    assert!(loader.headers.contains_key("strict-transport-security"));

    // A visitor who makes up addresses in front of the proxy's word.
    let lies =
        [("x-forwarded-for", "192.0.2.1, 10.0.0.1"), ("forwarded", "for=192.0.2.2"), ("x-forwarded-proto", "http")];
    let answer = browser.sends_an_enquiry("ada@visitor.example", &lies).json();
    let reference = answer["reference"].as_str().unwrap().to_owned();

    // Somebody whose browser runs no script sends the same form as a page.
    let page = browser.get("/f/contact", &[]);
    assert_eq!(page.status, 200, "{}", page.text);
    let refused = browser.post("/v1/forms/contact/tickets", &[("origin", "https://elsewhere.example")], b"{}".to_vec());
    assert_eq!(refused.status, 403, "{}", refused.text);
    for inside in ["/metrics", "/readyz"] {
        assert_eq!(browser.get(inside, &[]).status, 404, "{inside}");
    }
    drop(browser);

    let posted = shop.crm.hears();
    let secret = std::fs::read_to_string(shop.collector.folder.join("crm.secret")).unwrap();
    let referee = standardwebhooks::Webhook::new(secret.trim()).unwrap();
    referee.verify(&posted.body, &posted.headers).unwrap();
    let event: serde_json::Value = serde_json::from_slice(&posted.body).unwrap();
    assert_eq!((posted.path.as_str(), event["data"]["reference"].as_str()), ("/hook", Some(reference.as_str())));
    let values = event["data"]["values"].to_string();
    assert!(values.contains("ada@visitor.example") && values.contains("nettle tea"), "{event}");
    let newsletter = event["data"]["decisions"].as_array().unwrap().iter().find(|one| one["purpose"] == "newsletter");
    assert_eq!(newsletter.unwrap()["decision"], "granted");
    assert!(shop.crm.is_silent(), "one lead, once");

    assert_eq!(shop.collector.amiss(), [""; 0], "what the proxy brings agrees with the settings of {origin}");
    assert_eq!(shop.collector.process.stop(), Some(0), "{}", shop.collector.process.said());
    let log = shop.collector.process.said();
    assert!(!log.contains("ada@") && !log.contains("WARN") && !log.contains("ERROR"), "{log}");
}

#[test]
fn from_an_empty_folder_to_a_lead_in_the_crm_behind_caddy() {
    let began = Instant::now();
    let mut shop = Shop::open(proxy::caddy, "/hook");
    a_lead_arrives(&mut shop);
    assert!(shop.ground.path("shop/unticked.db").is_file());
    println!("the first hour took {:.1} s", began.elapsed().as_secs_f64());
}

#[test]
fn from_an_empty_folder_to_a_lead_in_the_crm_behind_nginx() {
    let with_certificates = |ground: &Ground, site: &Site<'_>, crm: &Site<'_>| {
        let (own, crms) = (certificates::make(ground, HOST, None), certificates::make(ground, NO_CRM, None));
        proxy::nginx(ground, site, &own, crm, &crms)
    };
    a_lead_arrives(&mut Shop::open(with_certificates, "/hook"));
}

#[test]
fn a_power_cut_after_the_answer_loses_no_lead_and_sends_it_once_more_at_most() {
    let mut shop = Shop::open(proxy::caddy, "/hook");
    let answer = shop.browser().sends_an_enquiry("cut@visitor.example", &[]).json();
    shop.collector.process.kill();
    let (folder, port) = (shop.collector.folder.clone(), shop.collector.address.port());
    shop.collector = Collector::serve(&shop.ground, &folder, port, Some(&shop.proxy.authority));
    let posted = shop.crm.hears_after_a_lease();
    let event: serde_json::Value = serde_json::from_slice(&posted.body).unwrap();
    assert_eq!(event["data"]["reference"], answer["reference"]);
}

#[test]
fn a_proxy_that_says_nothing_is_named_in_the_log_with_what_to_change() {
    let ground = Ground::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let [port, crm_port, behind] = [(); 3].map(|()| free_port());
    // Somebody took the headers out, and the redirect to https too.
    let (folder, _) = init(&ground, &format!("https://{HOST}:{port}"), &["--crm", "none"]);
    let own = certificates::make(&ground, HOST, None);
    let spoilt = deployed("nginx.conf")
        .lines()
        .filter(|line| !line.contains("X-Forwarded-For"))
        .fold(String::new(), |text, line| text + line + "\n");
    let site = Site { host: HOST, port, behind };
    let crm = Site { host: NO_CRM, port: crm_port, behind: 9 };
    let mut nginx = proxy::nginx_with(&ground, &spoilt, &site, &own, &crm, &own);
    let collector = Collector::serve(&ground, &folder, behind, None);
    let browser = Browser::new(&runtime, &nginx.authority, HOST, port);
    nginx.process.until("the proxy answers", || browser.reaches("/healthz"));
    for _ in 0..3 {
        assert_eq!(browser.get("/f/contact", &[]).status, 200);
    }
    let log = collector.process.said();
    assert_eq!(log.matches("does not say on whose behalf it asks").count(), 1, "{log}");
    assert!(log.contains("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for"), "{log}");
    assert_eq!(collector.amiss(), ["unticked_arrivals_amiss_total{kind=\"silent\"} 3"]);
}
