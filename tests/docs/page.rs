//! A page of markdown: its blocks, headings and links, each with its line.

use crate::block::{Block, Kind};

/// One page.
#[derive(Debug)]
pub struct Page {
    /// Its name below `docs/`, or `README.md`.
    pub name: String,
    /// The whole text.
    pub text: String,
    pub blocks: Vec<Block>,
    /// What could not be understood.
    pub faults: Vec<String>,
    /// The anchors of its headings, as mdBook and the forges name them.
    pub anchors: Vec<String>,
    /// Target and line.
    pub links: Vec<(String, usize)>,
}

impl Page {
    pub fn parse(name: &str, text: &str) -> Self {
        let mut page = Self {
            name: name.to_owned(),
            text: text.to_owned(),
            blocks: Vec::new(),
            faults: Vec::new(),
            anchors: Vec::new(),
            links: Vec::new(),
        };
        let mut lines = text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let at = index + 1;
            let inner = line.trim_start();
            if let Some(info) = inner.strip_prefix("```") {
                let indent = line.len() - inner.len();
                let mut body = String::new();
                let mut closed = false;
                for (_, line) in lines.by_ref() {
                    if line.trim() == "```" {
                        closed = true;
                        break;
                    }
                    let cut = line.char_indices().take_while(|(at, c)| *at < indent && *c == ' ').count();
                    body.push_str(&line[cut..]);
                    body.push('\n');
                }
                if !closed {
                    page.faults.push(format!("{name}:{at}: the block never ends"));
                }
                match Kind::parse(info.trim()) {
                    Ok(kind) => page.blocks.push(Block { kind, body, page: name.to_owned(), line: at }),
                    Err(why) => page.faults.push(format!("{name}:{at}: {why}")),
                }
                continue;
            }
            if let Some(title) = heading(inner) {
                let anchor = page.unused(&slug(title));
                page.anchors.push(anchor);
            }
            let named = line.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
            page.anchors.extend(named.map(str::to_owned));
            page.links.extend(links(line).into_iter().map(|target| (target, at)));
        }
        page
    }

    /// A second heading of the same words is numbered.
    fn unused(&self, slug: &str) -> String {
        let taken = self.anchors.iter().filter(|anchor| {
            let rest = anchor.strip_prefix(slug);
            rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok()))
        });
        match taken.count() {
            0 => slug.to_owned(),
            n => format!("{slug}-{n}"),
        }
    }
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    (rest.len() < line.len()).then(|| rest.strip_prefix(' ')).flatten().map(str::trim)
}

/// `What is where?` to `what-is-where`.
pub fn slug(title: &str) -> String {
    let plain = title.replace(['`', '*'], "").to_lowercase();
    plain
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

/// The targets of `[text](target)` and `![text](target)`, code left out.
fn links(line: &str) -> Vec<String> {
    // Every second piece between backticks is code.
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let targets = prose.split("](").skip(1);
    targets.filter_map(|rest| rest.split([')', ' ']).next()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart() {
        let text = "# What is `where`?\n\nSee [there](other.md#a-b) and `[not](this)`.\n\n- item\n  ```sh\n  ls\n  ```\n\n## What is where\n";
        let page = Page::parse("x.md", text);
        assert_eq!(page.faults, Vec::<String>::new());
        assert_eq!(page.anchors, ["what-is-where", "what-is-where-1"]);
        assert_eq!(page.links, [("other.md#a-b".to_owned(), 3)]);
        assert_eq!((page.blocks[0].body.as_str(), page.blocks[0].line), ("ls\n", 6));
    }

    #[test]
    fn a_block_that_says_nothing_or_something_unknown_is_a_fault() {
        for info in ["", "sh,perhaps", "brainfuck", "toml", "toml,file=", "html"] {
            let page = Page::parse("x.md", &format!("```{info}\nls\n```\n"));
            assert_eq!(page.faults.len(), 1, "{info}: {:?}", page.faults);
        }
        assert_eq!(Page::parse("x.md", "```sh\nls\n").faults.len(), 1, "never ends");
    }
}
