//! All pages: which there are, in which order, and whether what they point to is there.

use std::path::{Path, PathBuf};

use crate::page::Page;

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

pub fn docs() -> PathBuf {
    root().join("docs")
}

/// Everything that is read.
pub struct Book {
    /// README.md and `docs/*.md` without the summary.
    pub pages: Vec<Page>,
    summary: Page,
}

impl Book {
    pub fn read() -> Self {
        let read = |name: &str, path: &Path| Page::parse(name, &std::fs::read_to_string(path).unwrap());
        let mut pages = vec![read("README.md", &root().join("README.md"))];
        let mut names: Vec<String> = std::fs::read_dir(docs())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.rsplit_once('.').is_some_and(|(_, end)| end == "md") && name != "SUMMARY.md")
            .collect();
        names.sort();
        pages.extend(names.iter().map(|name| read(name, &docs().join(name))));
        Self { pages, summary: read("SUMMARY.md", &docs().join("SUMMARY.md")) }
    }

    /// Everything that leads nowhere, and every page that nothing leads to.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.shape_of_the_summary();
        let listed: Vec<&str> = self.summary.links.iter().map(|(target, _)| target.as_str()).collect();
        for page in self.pages.iter().filter(|page| page.name != "README.md") {
            if listed.iter().filter(|target| **target == page.name).count() != 1 {
                faults.push(format!("{} must be in docs/SUMMARY.md, once", page.name));
            }
        }
        for page in self.pages.iter().chain([&self.summary]) {
            faults.extend(page.faults.iter().cloned());
            for (target, line) in &page.links {
                if let Err(why) = self.follow(page, target) {
                    faults.push(format!("{}:{line}: `{target}` {why}", page.name));
                }
            }
        }
        faults
    }

    /// mdBook takes headings, and list items that are one link each.
    fn shape_of_the_summary(&self) -> Vec<String> {
        let odd = |line: &&str| {
            let inner = line.trim_start();
            let link = inner.strip_prefix("- ").unwrap_or(inner);
            let is_link = link.starts_with('[') && link.ends_with(".md)") && link.matches("](").count() == 1;
            !(inner.is_empty() || inner.starts_with("# ") || is_link)
        };
        self.summary.text.lines().filter(odd).map(|line| format!("SUMMARY.md: mdBook does not read `{line}`")).collect()
    }

    fn follow(&self, page: &Page, target: &str) -> Result<(), &'static str> {
        if target.starts_with("https://") || target.starts_with("mailto:") {
            return Ok(());
        }
        if target.contains("://") {
            return Err("is not encrypted");
        }
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let folder = if page.name == "README.md" { root() } else { docs() };
        let file = folder.join(path);
        if !path.is_empty() && !file.exists() {
            return Err("leads to nothing");
        }
        if anchor.is_empty() {
            return Ok(());
        }
        let name = if path.is_empty() { page.name.as_str() } else { path.strip_prefix("docs/").unwrap_or(path) };
        let other = self.pages.iter().find(|other| other.name == name).ok_or("has an anchor, but is no page")?;
        if other.anchors.iter().any(|own| own == anchor) { Ok(()) } else { Err("has no such heading") }
    }
}
