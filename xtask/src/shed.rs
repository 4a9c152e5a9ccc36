//! What the widget's Wasm and glue shed before they ship: parts that no visitor's browser can ever reach.
//!
//! Leptos links `server_fn`, which links `wasm-streams`, whose classes wasm-bindgen exports whether anybody makes one or
//! not; they hold a good deal of code alive. Their exports go, then what only they used, then the functions in the glue
//! that the module no longer imports, and the comments.

use std::collections::BTreeSet;

use walrus::{ExportId, Module};

/// How the unreachable classes are called, in JavaScript; in the module the same in lower case.
const UNREACHABLE: &str = "IntoUnderlying";

/// Takes the unreachable exports out of the module, and everything that only they used.
pub fn module(module: &mut Module) {
    let unreachable = UNREACHABLE.to_lowercase();
    let exports: Vec<ExportId> =
        module.exports.iter().filter(|export| export.name.contains(&unreachable)).map(walrus::Export::id).collect();
    for export in exports {
        module.exports.delete(export);
    }
    walrus::passes::gc::run(module);
}

/// The names of what the module imports.
pub fn imports(module: &Module) -> BTreeSet<String> {
    module.imports.iter().map(|import| import.name.clone()).collect()
}

/// Takes out of the glue the same classes, the functions that are imported no more, comments and indentation.
///
/// The glue is wasm-bindgen's and its layout is no promise. What is not recognised stays: that costs bytes and breaks
/// nothing.
pub fn glue(text: &str, imported: &BTreeSet<String>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let function = line.split_once(": function").map(|(name, _)| name).filter(|name| name.starts_with("__wb"));
        if line.starts_with("/**") {
            skip_until(line, &mut lines, |line| line.contains("*/"));
        } else if line.starts_with(&format!("export class {UNREACHABLE}")) {
            skip_until(line, &mut lines, |line| line.starts_with("if (Symbol.dispose)"));
        } else if line.starts_with(&format!("const {UNREACHABLE}")) {
            skip_until(line, &mut lines, |line| line.ends_with(';'));
        } else if function.is_some_and(|name| !imported.contains(name)) {
            let mut depth = 0;
            skip_until(line, &mut lines, |line| {
                depth += line.matches('{').count();
                depth = depth.saturating_sub(line.matches('}').count());
                depth == 0
            });
        } else if !line.is_empty() {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Goes on to the end of what begins with `line`.
fn skip_until<'a>(line: &'a str, lines: &mut impl Iterator<Item = &'a str>, mut is_last: impl FnMut(&str) -> bool) {
    let mut line = Some(line);
    while line.is_some_and(|line| !is_last(line)) {
        line = lines.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_glue_keeps_what_is_imported_and_nothing_else() {
        let text = r"/**
 * Doc.
 */
export class Handle {
    free() { }
}
if (Symbol.dispose) Handle.prototype[Symbol.dispose] = Handle.prototype.free;
export class IntoUnderlyingSink {
    free() { }
}
if (Symbol.dispose) IntoUnderlyingSink.prototype[Symbol.dispose] = 1;
const import0 = {
    __wbg_a_1: function(x) {
        if (x) { y(); }
    },
    __wbg_b_2: function() { return handleError(function (x) {
        if (x) { y(); }
    }, arguments); },
    __wbg_c_3: function() {
        return 1;
    },
};
const IntoUnderlyingSinkFinalization = (x)
    ? { }
    : new FinalizationRegistry();
last();
";
        let imported = ["__wbg_a_1".to_owned(), "__wbg_c_3".to_owned()].into();
        let expected = "export class Handle {\nfree() { }\n}\n\
            if (Symbol.dispose) Handle.prototype[Symbol.dispose] = Handle.prototype.free;\n\
            const import0 = {\n__wbg_a_1: function(x) {\nif (x) { y(); }\n},\n__wbg_c_3: function() {\nreturn 1;\n},\n};\nlast();\n";
        assert_eq!(glue(text, &imported), expected);
    }
}
