//! The strictest policies: scripts by nonce alone, no inline style, Trusted Types.

use serde_json::json;

use super::{
    Shop,
    banner::{ran, wait},
    in_every_engine,
    page::asking,
};
use crate::engine::Engine;

in_every_engine!(a_strict_policy_is_obeyed_and_carried_on);

fn a_strict_policy_is_obeyed_and_carried_on(engine: Engine) {
    let shop = Shop::open(engine);
    shop.hosts_the_gate_itself();
    let mut site = shop.site();
    "/own-gate.js".clone_into(&mut site.gate);
    // The policy's scripts come by nonce, those that wait included; what they bring in turn by `strict-dynamic`.
    let host = shop.world.network.origin();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-n0' 'strict-dynamic'; style-src {media}; connect-src {host}; img-src * data:; \
         media-src {media}; frame-src {media} {ads}; require-trusted-types-for 'script'; trusted-types unticked-gate; report-uri /report",
        media = shop.thirds.origin("media"),
        ads = shop.thirds.origin("ads"),
    );
    let page = crate::world::Page::file(
        "text/html; charset=utf-8",
        site.html(&shop.thirds).replace(" style=\"height: 120vh\"", ""),
    );
    shop.world.place("/strict", page.policy(&policy));
    let banner = shop.visit("/strict");
    banner.wait_until_shown();
    shop.nothing_happened("before a decision, under a strict policy");
    let styled = banner.form.script("getComputedStyle(root.querySelector('[data-part=banner]')).position");
    assert_eq!(styled, json!("fixed"), "the stylesheet is adopted");
    banner.press("accept").wait_until_gone();
    wait(&shop.browser, "all of it runs", "[1, 2, 3, 6, 8, 9, 10, 11, 18].every(t => ran.includes(t))");
    let expected: Vec<u32> = (2..=18).filter(|t| ![3, 6, 11].contains(t)).collect();
    assert_eq!(shop.asked(&expected), expected);
    assert!(asking("media").contains(&16));
    wait(&shop.browser, "the collector has it", "told.some(t => t.name === 'recorded')");
    let reports = shop.world.reports();
    assert!(reports.is_empty(), "the policy kept nothing out: {reports:?}");
    assert_eq!(ran(&shop.browser).iter().filter(|tracker| **tracker == 1).count(), 1);
}
