//! What pages say between `<!-- from the code: NAME -->` and `<!-- until here -->`: written from the types, the rules, the
//! settings and the program's own help, and stale as soon as these change. `cargo xtask docs` writes it anew.

mod definitions;
mod sample;
mod settings;
mod surface;
mod types;

use crate::book;

const FROM: &str = "<!-- from the code: ";
const UNTIL: &str = "<!-- until here -->";

/// What stands for a name; panics where nothing does, so that a page cannot name what is not there.
fn generated(name: &str) -> String {
    match name {
        "commands" => surface::commands(),
        "settings" => settings::table(),
        "problems" => surface::problems(),
        "arrivals" => surface::arrivals(),
        "looks" => surface::properties(),
        "parts" => surface::parts(),
        "rules" => definitions::rules(),
        name => definitions::file(name),
    }
}

/// The page with every generated part as it is now.
fn fresh(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(FROM) {
        let (name, after) = after.split_once(" -->").expect("the marker ends");
        let (_, after) = after.split_once(UNTIL).unwrap_or_else(|| panic!("nothing ends the part `{name}`"));
        out += &format!("{before}{FROM}{name} -->\n\n{}\n\n{UNTIL}", generated(name).trim());
        rest = after;
    }
    out + rest
}

#[test]
fn what_is_written_from_the_code_is_as_the_code_has_it() {
    let update = std::env::var_os("UNTICKED_UPDATE_DOCS").is_some();
    let mut stale = Vec::new();
    let mut names = Vec::new();
    for page in book::Book::read().pages {
        let fresh = fresh(&page.text);
        names.extend(page.text.split(FROM).skip(1).filter_map(|rest| rest.split(" -->").next()).map(str::to_owned));
        if fresh == page.text {
            continue;
        }
        if update {
            std::fs::write(book::docs().join(&page.name), fresh).unwrap();
        } else {
            stale.push(page.name);
        }
    }
    assert!(stale.is_empty(), "run `cargo xtask docs` to write {} anew", stale.join(", "));
    for name in
        ["commands", "settings", "problems", "arrivals", "looks", "parts", "rules"].iter().chain(&definitions::FILES)
    {
        assert!(names.iter().any(|own| own == name), "no page shows `{name}`");
    }
}

/// A cell of a table holds no line end and no bar.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
