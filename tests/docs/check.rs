//! Blocks that are not run: held against the code, or given to the program that they are written for.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::{book, http};

/// None: nothing wrong. Some: the program that is not here.
pub type Checked = Result<Option<&'static str>, String>;

/// Every line was printed, in this order: as the page has it, or `here` with this run's addresses.
pub fn output(expected: &str, here: &str, printed: &str) -> Result<(), String> {
    let mut rest = printed.lines();
    for (line, here) in expected.lines().zip(here.lines()).filter(|(line, _)| !line.trim().is_empty()) {
        if !rest.by_ref().any(|printed| fits(here, printed) || fits(line, printed)) {
            return Err(format!("nothing printed looks like `{line}`\n--- it printed:\n{printed}"));
        }
    }
    Ok(())
}

/// Whether `line` fits the pattern, in which `…` stands for anything and spaces are all alike.
fn fits(pattern: &str, line: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (pattern, line) = (plain(pattern), plain(line));
    let mut pieces = pattern.split('…');
    let Some(mut rest) = pieces.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// Bash can read it, and what it calls of ours exists.
pub fn script(body: &str) -> Result<(), String> {
    let read = Command::new("bash").args(["-n", "-c", body]).output().map_err(|error| error.to_string())?;
    if !read.status.success() {
        return Err(format!("bash cannot read it: {}", String::from_utf8_lossy(&read.stderr)));
    }
    for words in commands(body) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [program, arguments @ ..] if *program == "unticked" || program.ends_with("/unticked") => {
                exists(arguments)?;
            }
            ["cargo", "xtask", command, ..] => {
                let main = fs::read_to_string(book::root().join("xtask/src/main.rs")).unwrap();
                let commands = main.split("enum Command {").nth(1).and_then(|rest| rest.split("\n}").next());
                let known = commands.unwrap_or_default().lines().any(|line| {
                    let name: String = line.trim().chars().take_while(char::is_ascii_alphanumeric).collect();
                    name.eq_ignore_ascii_case(command)
                });
                if !known && *command != "help" {
                    return Err(format!("there is no `cargo xtask {command}`"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Asking for help after the arguments makes clap read them and do nothing.
fn exists(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unticked"));
    let ended = command.args(arguments).arg("--help").stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
    if ended.status.success() {
        return Ok(());
    }
    Err(format!("`unticked {}`: {}", arguments.join(" "), String::from_utf8_lossy(&ended.stderr)))
}

/// The verbs of `systemctl VERB unticked`.
pub fn systemctl(body: &str) -> Vec<String> {
    let verb = |words: Vec<String>| match words.as_slice() {
        [program, verb, unit] if program == "systemctl" && unit.trim_end_matches(".service") == "unticked" => {
            Some(verb.clone())
        }
        [program, verb, now, unit]
            if program == "systemctl" && verb == "enable" && now == "--now" && unit.starts_with("unticked") =>
        {
            Some("start".to_owned())
        }
        _ => None,
    };
    commands(body).into_iter().filter_map(verb).collect()
}

/// The simple commands of a script as words, without what only says as whom.
fn commands(body: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for mut words in simple_commands(&body.replace("\\\n", " ")) {
        if let Some(at) = words.iter().position(|word| word.starts_with(['>', '<']) || word.starts_with("2>")) {
            words.truncate(at);
        }
        while let Some(first) = words.first() {
            let skip = match first.as_str() {
                "sudo" | "runuser" | "exec" | "env" | "--" | "if" | "then" | "!" => 1,
                "-u" | "-g" => 2,
                assigned if assigned.contains('=') && !assigned.starts_with('-') => 1,
                _ => break,
            };
            words.drain(..skip.min(words.len()));
        }
        if !words.is_empty() {
            found.push(words);
        }
    }
    found
}

/// Words between the ends of commands; quotes hold words together, and what stands behind `#` is for people.
fn simple_commands(script: &str) -> Vec<Vec<String>> {
    let (mut all, mut words, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let mut quote = None;
    let mut letters = script.chars().chain(['\n']).peekable();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => while letters.next_if(|c| *c != '\n').is_some() {},
            (None, '\n' | '|' | ';' | '&' | '(' | ')' | '`') => {
                words.extend(word.take());
                all.push(std::mem::take(&mut words));
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            // Anything at all between quotes.
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    all
}

/// Every form of a snippet shows, on a site of its own.
pub fn html(html: &str, port: u16) -> Result<(), String> {
    const ATTRIBUTES: [&str; 7] = ["form", "lang", "theme", "class", "id", "hidden", "style"];
    let get = |path: &str| {
        http::get(port, path, &[("Origin", "http://localhost:7411")]).map_err(|error| format!("{path}: {error}"))
    };
    let mut forms = Vec::new();
    for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        for (attribute, value) in read_attributes(attributes) {
            match (name, attribute) {
                ("unticked-form", "form") | (_, "data-unticked-form" | "data-unticked-adopt") => {
                    forms.push(value.to_owned());
                }
                ("unticked-form", other) if !ATTRIBUTES.contains(&other) => {
                    return Err(format!("nothing reads the attribute `{other}`"));
                }
                (_, "src" | "href" | "action") => {
                    if let Some(path) = value.strip_prefix("https://forms.example")
                        && get(path)?.status != 200
                    {
                        return Err(format!("{path} answers {}", get(path)?.status));
                    }
                }
                _ => {}
            }
        }
    }
    if forms.is_empty() && !html.contains("/unticked.js\"") && !html.contains("/gate.js\"") {
        return Err("has neither form nor script".to_owned());
    }
    for form in forms {
        let answer = get(&format!("/v1/forms/{form}/placement"))?;
        if answer.status != 200 || !answer.head.contains("access-control-allow-origin") {
            return Err(format!("the form `{form}` has no placement for a site ({})", answer.status));
        }
    }
    Ok(())
}

fn read_attributes(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once("=\"") {
        let Some((value, after)) = after.split_once('"') else { break };
        found.push((name.split_whitespace().last().unwrap_or_default(), value));
        rest = after;
    }
    found
}

/// Each custom property is read by a stylesheet, each part is one of the views'.
pub fn css(body: &str) -> Result<(), String> {
    let style = sources(&book::root().join("widget/style"));
    let views = sources(&book::root().join("widget/src"));
    for property in words_after(body, "--unticked-") {
        if !style.contains(&format!("var(--unticked-{property},")) {
            return Err(format!("the stylesheet does not read --unticked-{property}"));
        }
    }
    for part in words_after(body, "::part(") {
        let named = |text: &str| {
            text.split("part=\"")
                .skip(1)
                .any(|rest| rest.split('"').next().unwrap_or_default().split(' ').any(|own| own == part))
        };
        if !named(&views) {
            return Err(format!("no view has a part `{part}`"));
        }
    }
    if body.matches('{').count() == body.matches('}').count() { Ok(()) } else { Err("braces do not match".to_owned()) }
}

fn words_after<'t>(text: &'t str, prefix: &str) -> Vec<&'t str> {
    let word = |rest: &'t str| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        &rest[..end]
    };
    text.split(prefix).skip(1).map(word).collect()
}

/// Each event is one that is told.
pub fn js(body: &str) -> Result<(), String> {
    let loader = sources(&book::root().join("widget/loader"));
    let widget = sources(&book::root().join("widget/src/browser"));
    for event in words_after(body, "\"unticked:") {
        let told = [format!("tell(\"{event}\""), format!("\"unticked:{event}\""), format!("\"{event}\"")];
        if !told.iter().any(|text| loader.contains(text) || widget.contains(text)) {
            return Err(format!("no event unticked:{event} is ever told"));
        }
    }
    Ok(())
}

pub fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

pub fn json(body: &str) -> Result<(), String> {
    serde_json::from_str::<serde_json::Value>(body).map(drop).map_err(|error| format!("is no JSON: {error}"))
}

/// The policy of the example that browsers are tested with, as far as it speaks of the collector.
pub fn csp(body: &str) -> Result<(), String> {
    let example = fs::read_to_string(book::root().join("examples/csp-strict/index.html")).unwrap();
    let tested = example.split("<!--").nth(1).and_then(|rest| rest.split("-->").next()).unwrap_or_default();
    let tested = tested.replace("HOST", "https://forms.example");
    for directive in body.split(';').map(str::trim).filter(|directive| !directive.is_empty()) {
        let (name, sources) = directive.split_once(' ').unwrap_or((directive, ""));
        let own = tested
            .split(';')
            .flat_map(str::lines)
            .find_map(|line| line.trim().strip_prefix(name).filter(|rest| rest.starts_with(' ')));
        let own = own.ok_or_else(|| format!("examples/csp-strict has no `{name}`"))?;
        if let Some(source) = sources.split(' ').find(|source| !own.split_whitespace().any(|tried| tried == *source)) {
            return Err(format!("`{source}` in `{name}` is not what examples/csp-strict is tested with"));
        }
    }
    Ok(())
}

/// Runs a checker over a file.
fn checker(program: &'static str, arguments: &[&str]) -> Checked {
    let Some(found) = xtask::house::find_program(program) else { return Ok(Some(program)) };
    match Command::new(found).args(arguments).stdin(Stdio::null()).output() {
        Ok(ended) if ended.status.success() => Ok(None),
        Ok(ended) => {
            let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
            Err(format!("{program} says:\n{said}"))
        }
        Err(error) => Err(format!("{program}: {error}")),
    }
}

pub fn caddy(folder: &Path, body: &str) -> Checked {
    let file = folder.join(".Caddyfile");
    fs::write(&file, body).unwrap();
    checker("caddy", &["adapt", "--adapter", "caddyfile", "--config", &file.display().to_string()])
}

/// A server block as nginx reads it inside `http`, with a certificate of our own.
pub fn nginx(folder: &Path, body: &str) -> Checked {
    let at = |name: &str| folder.join(name).display().to_string();
    let (key, certificate) = (at(".nginx.key"), at(".nginx.crt"));
    let made = checker(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=forms.example",
            "-keyout",
            &key,
            "-out",
            &certificate,
        ],
    )?;
    if made.is_some() {
        return Ok(made);
    }
    let line = |line: &str| {
        let indent = &line[..line.len() - line.trim_start().len()];
        match line.split_whitespace().next() {
            Some("ssl_certificate") => format!("{indent}ssl_certificate {certificate};"),
            Some("ssl_certificate_key") => format!("{indent}ssl_certificate_key {key};"),
            _ => line.to_owned(),
        }
    };
    let body: Vec<String> = body.lines().map(line).collect();
    let (pid, log) = (at(".nginx.pid"), at(".nginx.log"));
    // Out of its package, not installed, it has none of the folders that it was built for.
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};\n", at(&format!(".nginx-{kind}"))))
        .concat();
    let whole = format!(
        "pid {pid};\nerror_log {log};\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{}\n}}\n",
        body.join("\n")
    );
    let file = folder.join(".nginx.conf");
    fs::write(&file, whole).unwrap();
    checker("nginx", &["-t", "-q", "-e", &log, "-c", &file.display().to_string()])
}

/// The unit as `systemd-analyze verify` reads it, with this build's program.
pub fn systemd(folder: &Path, body: &str) -> Checked {
    let body = body.replace("/usr/local/bin/unticked", env!("CARGO_BIN_EXE_unticked"));
    let file = folder.join("unticked.service");
    fs::write(&file, body).unwrap();
    checker("systemd-analyze", &["verify", "--man=no", &file.display().to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_compared_in_order_and_the_ellipsis_stands_for_anything() {
        let output = |expected: &str, printed: &str| output(expected, expected, printed);
        assert!(output("a … c\nd\n", "x\na bbb   c\n\nd\n").is_ok());
        assert!(output("d\na\n", "a\nd\n").is_err(), "order counts");
        assert!(output("a … c\n", "a b c d\n").is_err(), "the end counts");
        assert!(output("…\n", "\n").is_ok());
    }

    #[test]
    fn commands_are_found_behind_sudo_and_pipes() {
        let script = "# sudo x\nsudo -u unticked unticked config | grep x\nA=b unticked check definitions && systemctl restart unticked\n";
        let found = commands(script);
        assert_eq!(found[0], ["unticked", "config"]);
        assert_eq!(found[2], ["unticked", "check", "definitions"]);
        assert_eq!(systemctl(script), ["restart"]);
        assert_eq!(commands("a \"b c\" 'd' # e\nf $(g h)")[0], ["a", "b c", "d"]);
        assert!(super::script("unticked check --no-such definitions\n").is_err());
        assert!(super::script("sudo unticked chek definitions\n").is_err());
        assert!(super::script("unticked check definitions --format json >out\n").is_ok());
        assert!(super::script("cargo xtask demo\n").is_ok());
        assert!(super::script("cargo xtask dmo\n").is_err());
        assert!(super::script("if then\n").is_err());
    }

    #[test]
    fn looks_events_and_policies_are_held_against_the_code() {
        assert_eq!(
            css("unticked-form { --unticked-accent: red; }\nunticked-form::part(submit) { color: red }"),
            Ok(())
        );
        assert!(css("x { --unticked-colour: red; }").is_err());
        assert!(css("x::part(nothing) { }").is_err());
        assert_eq!(js("x.addEventListener(\"unticked:submitted\", f)"), Ok(()));
        assert!(js("x.addEventListener(\"unticked:sent\", f)").is_err());
        assert_eq!(
            csp("script-src https://forms.example 'wasm-unsafe-eval'; form-action https://forms.example"),
            Ok(())
        );
        assert!(csp("script-src 'unsafe-inline'").is_err());
        assert!(csp("img-src https://forms.example").is_err());
    }
}
