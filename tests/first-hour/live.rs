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
    vtiger::{Vtiger, Webform},
};

const HOST: &str = "forms.shop.example";
/// On this machine, which `init` notices and allows by name.
const CRM_HOST: &str = "localhost";

/// Everything in place: the folder, the collector, the proxy.
struct Shop {
    runtime: Runtime,
    collector: Collector,
    proxy: Proxy,
    port: u16,
    ground: Ground,
}

impl Shop {
    /// With a CRM at that port behind the proxy, and what the owner says of it to `init`, once its address is known.
    fn open(
        runtime: Runtime,
        crm: u16,
        proxy: impl FnOnce(&Ground, &Site<'_>, &Site<'_>) -> Proxy,
        says: impl FnOnce(&str) -> Vec<String>,
    ) -> Self {
        let ground = Ground::new();
        let [port, crm_port, behind] = [(); 3].map(|()| free_port());
        let site = Site { host: HOST, port, behind };
        let proxy = proxy(&ground, &site, &Site { host: CRM_HOST, port: crm_port, behind: crm });
        let flags = says(&format!("https://{CRM_HOST}:{crm_port}"));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let (folder, _) = init(&ground, &format!("https://{HOST}:{port}"), &flags);
        let collector = Collector::serve(&ground, &folder, behind, Some(&proxy.authority));
        Self { runtime, collector, proxy, port, ground }
    }

    /// A visitor's browser, once the proxy answers.
    fn browser(&mut self) -> Browser<'_> {
        let browser = Browser::new(&self.runtime, &self.proxy.authority, HOST, self.port);
        self.proxy.process.until("the proxy answers", || browser.reaches("/healthz"));
        browser
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn a_webhook(address: &str) -> Vec<String> {
    vec!["--crm".to_owned(), format!("{address}/hook")]
}

/// A visitor finds the form, sends it, and is given a reference; nobody else gets anything that is not theirs.
fn a_visitor_sends(shop: &mut Shop) -> String {
    let browser = shop.browser();
    let loader = browser.get("/unticked.js", &[]);
    assert_eq!((loader.status, &loader.headers["access-control-allow-origin"]), (200, &"*".parse().unwrap()));
    assert!(loader.headers.contains_key("strict-transport-security"));

    // A visitor who makes up addresses in front of the proxy's word.
    let lies =
        [("x-forwarded-for", "192.0.2.1, 10.0.0.1"), ("forwarded", "for=192.0.2.2"), ("x-forwarded-proto", "http")];
    let answer = browser.sends_an_enquiry("ada@visitor.example", &lies).json();

    // Somebody whose browser runs no script has the same form as a page.
    let page = browser.get("/f/contact", &[]);
    assert_eq!(page.status, 200, "{}", page.text);
    let refused = browser.post("/v1/forms/contact/tickets", &[("origin", "https://elsewhere.example")], b"{}".to_vec());
    assert_eq!(refused.status, 403, "{}", refused.text);
    for inside in ["/metrics", "/readyz"] {
        assert_eq!(browser.get(inside, &[]).status, 404, "{inside}");
    }
    answer["reference"].as_str().unwrap().to_owned()
}

/// What the proxy brought agrees with the settings; the end is orderly, and nothing in the log is anybody's.
fn the_owner_stops(shop: &mut Shop) {
    assert_eq!(shop.collector.amiss(), [""; 0]);
    assert_eq!(shop.collector.process.stop(), Some(0), "{}", shop.collector.process.said());
    let log = shop.collector.process.said();
    assert!(!log.contains("ada@") && !log.contains("WARN") && !log.contains("ERROR"), "{log}");
    assert!(shop.ground.path("shop/unticked.db").is_file());
}

#[test]
fn from_an_empty_folder_to_a_lead_in_vtiger_over_https_behind_caddy() {
    let began = Instant::now();
    let vtiger = Vtiger::start();
    let id = "0123456789abcdef0123456789abcdef";
    // The fields that `definitions/destinations.toml` asks the owner to make.
    let fields = ["lastname", "email", "phone", "description", "cf_853", "cf_855", "cf_857"];
    vtiger.webform(Webform::new(id, &fields));
    let says =
        |address: &str| ["--crm=vtiger", "--crm-url", address, "--crm-public-id", id].map(str::to_owned).to_vec();
    let mut shop = Shop::open(runtime(), vtiger.address().port(), proxy::caddy, says);
    let reference = a_visitor_sends(&mut shop);

    let leads = vtiger.wait_for_records(1);
    let [lead] = leads.as_slice() else { panic!("one lead, once: {leads:?}") };
    assert_eq!((lead.module.as_str(), lead.get("lastname")), ("Leads", "Ada Visitor"));
    assert_eq!(lead.get("email"), "ada@visitor.example");
    assert!(lead.get("description").contains("nettle tea"), "{lead:?}");
    assert_eq!(lead.get("cf_855"), reference);
    assert!(lead.get("cf_853").to_lowercase().contains("newsletter"), "every decision comes along: {lead:?}");
    assert!(!lead.get("cf_857").is_empty());
    the_owner_stops(&mut shop);
    println!("the first hour took {:.1} s", began.elapsed().as_secs_f64());
}

#[test]
fn from_an_empty_folder_to_a_lead_at_a_webhook_over_https_behind_nginx() {
    let with_certificates = |ground: &Ground, site: &Site<'_>, crm: &Site<'_>| {
        let (own, crms) = (certificates::make(ground, HOST, None), certificates::make(ground, CRM_HOST, None));
        proxy::nginx(ground, site, &own, crm, &crms)
    };
    let runtime = runtime();
    let crm = Crm::start(&runtime);
    let mut shop = Shop::open(runtime, crm.port, with_certificates, a_webhook);
    let reference = a_visitor_sends(&mut shop);

    let posted = crm.hears();
    let secret = std::fs::read_to_string(shop.collector.folder.join("crm.secret")).unwrap();
    let referee = standardwebhooks::Webhook::new(secret.trim()).unwrap();
    referee.verify(&posted.body, &posted.headers).unwrap();
    let event: serde_json::Value = serde_json::from_slice(&posted.body).unwrap();
    assert_eq!((posted.path.as_str(), event["data"]["reference"].as_str()), ("/hook", Some(reference.as_str())));
    let values = event["data"]["values"].to_string();
    assert!(values.contains("ada@visitor.example") && values.contains("nettle tea"), "{event}");
    let newsletter = event["data"]["decisions"].as_array().unwrap().iter().find(|one| one["purpose"] == "newsletter");
    assert_eq!(newsletter.unwrap()["decision"], "granted");
    assert!(crm.is_silent(), "one lead, once");
    the_owner_stops(&mut shop);
}

#[test]
fn a_power_cut_after_the_answer_loses_no_lead_and_sends_it_once_more_at_most() {
    let runtime = runtime();
    let crm = Crm::start(&runtime);
    let mut shop = Shop::open(runtime, crm.port, proxy::caddy, a_webhook);
    let answer = shop.browser().sends_an_enquiry("cut@visitor.example", &[]).json();
    shop.collector.process.kill();
    let (folder, port) = (shop.collector.folder.clone(), shop.collector.address.port());
    shop.collector = Collector::serve(&shop.ground, &folder, port, Some(&shop.proxy.authority));
    let posted = crm.hears_after_a_lease();
    let event: serde_json::Value = serde_json::from_slice(&posted.body).unwrap();
    assert_eq!(event["data"]["reference"], answer["reference"]);
}

#[test]
fn a_proxy_that_says_nothing_is_named_in_the_log_with_what_to_change() {
    let ground = Ground::new();
    let runtime = runtime();
    let [port, crm_port, behind] = [(); 3].map(|()| free_port());
    // Somebody took the headers out, and the redirect to https too.
    let (folder, _) = init(&ground, &format!("https://{HOST}:{port}"), &["--crm", "none"]);
    let own = certificates::make(&ground, HOST, None);
    let spoilt = deployed("nginx.conf")
        .lines()
        .filter(|line| !line.contains("X-Forwarded-For"))
        .fold(String::new(), |text, line| text + line + "\n");
    let site = Site { host: HOST, port, behind };
    let crm = Site { host: CRM_HOST, port: crm_port, behind: 9 };
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
