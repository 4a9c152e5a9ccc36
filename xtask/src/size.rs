//! `cargo xtask size`: what a visitor pays, in bytes over the wire, against the budget.
//!
//! The files are fetched from a running collector, so that what is measured is what is sent.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    build::{self, Mode},
    collector::Collector,
    fetch,
};

/// What may cross the wire, brotli, in bytes (1 KB = 1000 bytes).
const BUDGETS: &[(&str, usize)] =
    &[("loader", 4_000), ("stylesheet", 5_000), ("placement", 6_000), ("widget (Wasm and glue)", 100_000)];

/// What checks receipts, on a page of its own: Wasm and glue.
const RECEIPT_BUDGET: usize = 120_000;

/// What adopts a page's own form: it comes only where such a form is, and instead of the Wasm.
const ADOPT_BUDGET: usize = 11_000;

/// The banner's stylesheet. It comes only where something is asked, or the settings are opened.
const BANNER_STYLESHEET_BUDGET: usize = 3_000;

/// What governs a page: on every page and before every other script, with the sample shop's configuration.
const GATE_BUDGET: usize = 3_000;

/// What shows the banner and sends what was decided: only where there is something to show or to send.
const CONSENT_BUDGET: usize = 6_000;

/// One file's bytes as they are sent.
struct Sizes {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Sizes {
    fn plus(&self, other: &Self) -> Self {
        Self { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

/// Prints every shipped file and says whether all are within their budgets.
pub fn check() -> Result<bool> {
    let assets = build::widget(Mode::Release)?;
    let binary = build::collector(Mode::Dev, &assets)?;
    let collector = Collector::start(&binary, &crate::collector::sample())?;
    let address = collector.address();

    let placement_path = "/v1/forms/contact/placement?lang=en";
    let placement: Value = serde_json::from_slice(&get(address, placement_path, "identity")?)?;
    let stylesheet = placement["stylesheet"].as_str().context("the placement names no stylesheet")?;
    let build = placement["build"].as_str().filter(|build| !build.is_empty());
    let build = build.context("the collector carries no Wasm: was it built without UNTICKED_ASSETS?")?;

    println!("{:<28} {:>9} {:>9} {:>9} {:>9}", "bytes over the wire", "raw", "gzip", "brotli", "budget");
    let glue = sizes(address, &format!("/assets/widget-{build}.js"))?;
    let wasm = sizes(address, &format!("/assets/widget-{build}.wasm"))?;
    line("  widget.js (glue)", &glue, None);
    line("  widget.wasm", &wasm, None);
    let measured = [
        sizes(address, "/unticked.js")?,
        sizes(address, stylesheet)?,
        sizes(address, placement_path)?,
        glue.plus(&wasm),
    ];
    let mut within = true;
    for ((name, budget), sizes) in BUDGETS.iter().zip(&measured) {
        line(name, sizes, Some(*budget));
        within &= sizes.brotli <= *budget;
    }
    let loader = String::from_utf8(get(address, "/unticked.js", "identity")?).context("the loader is no text")?;
    let adopt =
        loader.split('"').find(|text| text.starts_with("/assets/adopt-")).context("the loader names no adopt.js")?;
    let adopt = sizes(address, adopt)?;
    line("adopt.js", &adopt, Some(ADOPT_BUDGET));
    within &= adopt.brotli <= ADOPT_BUDGET;
    let banner_path = "/v1/forms/banner/placement?lang=en";
    let banner: Value = serde_json::from_slice(&get(address, banner_path, "identity")?)?;
    let banner = sizes(address, banner["stylesheet"].as_str().context("the banner names no stylesheet")?)?;
    line("banner: stylesheet", &banner, Some(BANNER_STYLESHEET_BUDGET));
    within &= banner.brotli <= BANNER_STYLESHEET_BUDGET;
    line("banner: placement", &sizes(address, banner_path)?, None);
    for (name, path, budget) in [("gate.js", "/gate.js", GATE_BUDGET), ("consent.js", "/consent.js", CONSENT_BUDGET)] {
        let script = sizes(address, path)?;
        line(name, &script, Some(budget));
        within &= script.brotli <= budget;
    }
    let page = String::from_utf8(get(address, "/receipt", "identity")?).context("the page for receipts is no text")?;
    let named = |attribute: &str| {
        let (_, rest) = page.split_once(&format!("{attribute}=\"")).context("the page for receipts names no Wasm")?;
        rest.split('"').next().context("the page for receipts is cut off")
    };
    let receipt = sizes(address, named("data-glue")?)?.plus(&sizes(address, named("data-wasm")?)?);
    line("/receipt (Wasm and glue)", &receipt, Some(RECEIPT_BUDGET));
    within &= receipt.brotli <= RECEIPT_BUDGET;
    let first = measured[0].plus(&measured[1]).plus(&measured[2]);
    line("until the form can be used", &first, None);
    line("all", &first.plus(&measured[3]), None);
    line("all, of an adopted form", &first.plus(&adopt), None);
    Ok(within)
}

fn line(name: &str, sizes: &Sizes, budget: Option<usize>) {
    let budget = match budget {
        None => String::new(),
        Some(budget) if sizes.brotli > budget => format!("{budget:>9}  OVER BUDGET"),
        Some(budget) => format!("{budget:>9}"),
    };
    println!("{name:<28} {:>9} {:>9} {:>9} {budget}", sizes.raw, sizes.gzip, sizes.brotli);
}

fn sizes(address: SocketAddr, path: &str) -> Result<Sizes> {
    let length = |encoding| Ok::<_, anyhow::Error>(get(address, path, encoding)?.len());
    Ok(Sizes { raw: length("identity")?, gzip: length("gzip")?, brotli: length("br")? })
}

/// The body in exactly that encoding; an answer in another one is a defect of the collector.
fn get(address: SocketAddr, path: &str, encoding: &str) -> Result<Vec<u8>> {
    let answer = fetch::get(address, path, &[("accept-encoding", encoding)]).with_context(|| format!("GET {path}"))?;
    ensure!(answer.status == 200, "GET {path} answered {}: {}", answer.status, answer.text());
    let sent = answer.header("content-encoding").unwrap_or("identity");
    ensure!(sent == encoding, "GET {path} asked for {encoding} and got {sent}");
    Ok(answer.body)
}
