//! Lines of CSV (RFC 4180) that no spreadsheet takes for formulas. No database.

use std::io::{self, Write};

/// Writes one line: cells with commas between, quoted where they must be, CR LF at the end.
pub fn line<'a>(to: &mut impl Write, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            to.write_all(b",")?;
        }
        let cell = harmless(cell);
        if cell.contains([',', '"', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ') {
            write!(to, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            to.write_all(cell.as_bytes())?;
        }
    }
    to.write_all(b"\r\n")
}

/// A cell that begins with what starts a formula gets an apostrophe before it, which spreadsheets read as "this is
/// text" (OWASP, CSV injection). Some skip white space first; some know the full-width signs, too. NUL ends a line for
/// some readers, so none stays.
///
/// Where a decimal comma is used, spreadsheets take the semicolon for the separator and our quotes for text. What follows
/// a semicolon, a tab or the end of a line begins a cell there, and gets the same.
fn harmless(cell: &str) -> String {
    let cell = cell.replace('\0', "\u{fffd}");
    let mut out = String::with_capacity(cell.len() + 1);
    if bare(&cell).starts_with(['\t', '\r', '\u{fffd}']) || begins_formula(&cell) {
        out.push('\'');
    }
    for (at, part) in cell.split_inclusive([';', '\t', '\r', '\n']).enumerate() {
        if at > 0 && begins_formula(part.trim_start_matches([' ', '"'])) {
            out.push('\'');
        }
        out.push_str(part);
    }
    out
}

fn begins_formula(text: &str) -> bool {
    bare(text).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

fn bare(text: &str) -> &str {
    text.trim_start_matches([' ', '\n', '\u{a0}', '\u{feff}', '\u{200b}', '\u{3000}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[&str]) -> String {
        let mut bytes = Vec::new();
        line(&mut bytes, cells.iter().copied()).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(written(&["a", "b c", ""]), "a,b c,\r\n");
        assert_eq!(
            written(&["a,b", "say \"hi\"", "two\nlines", " edge"]),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\" edge\"\r\n"
        );
    }

    #[test]
    fn no_cell_begins_a_formula() {
        for cell in ["=1+1", "+359 2 777", "-1", "@cmd", "\tx", "\rx", "\0=x", "  =1", "\n=1", "\u{feff}=1", "＝1"] {
            let line = written(&[cell]);
            let first = line.trim_start_matches('"').chars().next();
            assert_eq!(first, Some('\''), "{cell:?} gave {line:?}");
            assert!(!line.contains('\0'));
        }
        assert_eq!(written(&["a=b", "5 - 3", "ann@example.org"]), "a=b,5 - 3,ann@example.org\r\n");
    }

    #[test]
    fn no_cell_begins_a_formula_where_the_semicolon_separates() {
        for (cell, written_as) in [
            ("x;=1+1", "x;'=1+1"),
            ("x; =1", "x;' =1"),
            ("x;\"=1\"", "\"x;'\"\"=1\"\"\""),
            ("a\n=1;@b\r\n-c", "\"a\n'=1;'@b\r\n'-c\""),
            ("x\t=1", "x\t'=1"),
            ("x;y=1; 2-3", "x;y=1; 2-3"),
            ("Hello,\r\n\r\nAnn", "\"Hello,\r\n\r\nAnn\""),
        ] {
            assert_eq!(written(&[cell]), format!("{written_as}\r\n"), "{cell:?}");
        }
        // As such a spreadsheet splits it, quotes in the middle of a cell being text.
        for cell in written(&["A", "x,y;=1+1", "\";=2", "\n;+3"]).split(['\n', ';', '\t']) {
            assert!(!begins_formula(cell), "{cell:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back_by_the_rules_of_rfc_4180() {
        let cells = ["plain", "a \"b\", c\r\nd", "", ",", "\"", "\n"];
        let line = written(&cells);
        assert_eq!(parse(&line), cells);
    }

    /// A reader of one record, written from the grammar.
    fn parse(text: &str) -> Vec<String> {
        let body = text.strip_suffix("\r\n").unwrap();
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let mut rest = body.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '"' if quoted && rest.peek() == Some(&'"') => {
                    rest.next();
                    cell.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                other => cell.push(other),
            }
        }
        cells.push(cell);
        cells
    }
}
