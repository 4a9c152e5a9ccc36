//! Whether the pages that carry the forms may use them: CORS as a browser asks for it, and where the pages really lie.

use std::collections::BTreeMap;

use reqwest::{Method, Url};

use super::{Case, Finding, public::Here};

const CHECK: &str = "sites";
/// A page may move a visitor on so often before we stop following.
const HOPS: usize = 5;

/// Each form for each of its sites; each site once.
pub async fn examine(case: &Case<'_>, here: &Here) -> Vec<Finding> {
    let Some(definitions) = &case.definitions else { return Vec::new() };
    let mut found = Vec::new();
    let mut homes: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for (id, form) in &definitions.forms {
        if form.sites.is_empty() {
            let says = format!("the form `{id}` may be placed on no site; it is a page of the collector's alone");
            found.push(Finding::ok(CHECK, says));
        }
        for site in &form.sites {
            if !homes.contains_key(site.as_str()) {
                let home = home(case, site).await;
                homes.insert(site, home);
            }
            let home = homes.get(site.as_str()).and_then(Option::as_deref);
            found.extend(moved(id.as_str(), site, home, &form.sites));
            if let Here::Runs(_) = here {
                found.extend(preflight(case, id.as_str(), site).await);
            }
        }
    }
    if !found.iter().any(|finding| finding.advice.is_some()) && !homes.is_empty() {
        let looked = if matches!(here, Here::Runs(_)) {
            "may use their forms"
        } else {
            "were not asked for: the collector does not run"
        };
        found.push(Finding::ok(CHECK, format!("{} sites {looked}", homes.len())));
    }
    found
}

/// Asks as a browser does before it sends from a page of `site` (Fetch standard, CORS-preflight).
async fn preflight(case: &Case<'_>, form: &str, site: &str) -> Option<Finding> {
    let public = &case.settings.server.public_url;
    let url = format!("{public}/v1/forms/{form}/submissions");
    let wanted = unticked_shared::signature::SUBMISSION_HEADERS.join(",");
    let headers = [
        ("origin", site),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", &format!("content-type,{wanted}")),
    ];
    // That the address does not answer at all is said elsewhere.
    let answer = case.client.ask(Method::OPTIONS, &url, &headers).await.ok()?;
    let allowed = answer.header("access-control-allow-origin");
    let advice = "let the proxy pass OPTIONS requests and all Access-Control headers through, and add none of its own";
    match allowed {
        Some(allowed) if allowed == site => None,
        Some(allowed) => Some(Finding::fail(
            CHECK,
            format!("browsers on {site} are told that {allowed} may send `{form}`, and refuse"),
            advice,
        )),
        None if answer.status >= 400 => Some(Finding::fail(
            CHECK,
            format!("browsers on {site} may not send `{form}`: {public} answers {}", answer.status),
            advice,
        )),
        None => {
            let advice = format!("{advice}; if the definitions were changed, send SIGHUP to the collector");
            Some(Finding::fail(CHECK, format!("browsers on {site} may not send `{form}`"), advice))
        }
    }
}

/// The origin on which a visitor of `site` ends; `None` where it does not answer.
async fn home(case: &Case<'_>, site: &str) -> Option<String> {
    let mut at: Url = site.parse().ok()?;
    for _ in 0..HOPS {
        let answer = case.client.ask(Method::GET, at.as_str(), &[]).await.ok()?;
        let next = answer.header("location").filter(|_| (300..400).contains(&answer.status));
        match next.and_then(|next| at.join(next).ok()) {
            Some(next) => at = next,
            None => break,
        }
    }
    Some(at.origin().ascii_serialization())
}

/// A site that moves its visitors on to an origin that the form does not name.
fn moved(form: &str, site: &str, home: Option<&str>, sites: &[String]) -> Option<Finding> {
    let home = home?;
    if home == site || sites.iter().any(|other| other == home) {
        return None;
    }
    let says =
        format!("{site} sends its visitors on to {home}, which `{form}` does not name: the form does not work there");
    let why = match (site.split_once("://"), home.split_once("://")) {
        (Some((_, one)), Some((_, other))) if one == other => "http and https are two sites to a browser",
        (Some((_, one)), Some((_, other))) if one.trim_start_matches("www.") == other.trim_start_matches("www.") => {
            "with and without www. are two sites to a browser"
        }
        _ => "a browser goes by where the page lies",
    };
    Some(Finding::warn(CHECK, says, format!("add \"{home}\" to `sites` in forms/{form}.toml; {why}")))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_site_that_lives_elsewhere_is_explained() {
        let sites = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let advice = |site, home| moved("contact", site, Some(home), &sites(&[site])).unwrap().advice.unwrap();
        assert!(advice("http://shop.example", "https://shop.example").contains("http and https"));
        assert!(advice("https://shop.example", "https://www.shop.example").contains("without www."));
        assert!(advice("https://shop.example", "https://shop.example.net").contains("where the page lies"));
        let both = sites(&["https://shop.example", "https://www.shop.example"]);
        assert_eq!(moved("contact", &both[0], Some(&both[1]), &both), None);
        assert_eq!(moved("contact", &both[0], None, &both), None);
    }
}
