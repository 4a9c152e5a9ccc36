//! What the tests need beyond Rust: installed where it can be, named exactly where it cannot.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

use super::{postgres, referees};
use crate::house;

/// The crate that gives Firefox its driver, which Debian does not package.
const GECKODRIVER: &str = "0.37.1";

/// A program and the Debian package that brings it.
struct Need {
    package: &'static str,
    there: fn() -> bool,
}

fn program(name: &str) -> bool {
    house::find_program(name).is_some()
}

fn php_has(extension: &str) -> bool {
    program("php")
        && house::capture(Command::new("php").arg("-m")).is_ok_and(|all| all.lines().any(|one| one == extension))
}

const ALWAYS: &[Need] = &[
    // The documentation's examples speak to the collector as a reader would.
    Need { package: "curl", there: || program("curl") },
    Need { package: "postgresql-15", there: || postgres::programs().is_some() },
    // libFuzzer is written in it.
    Need { package: "g++", there: || program("c++") },
    // Certificates for the first hour, and what the book's examples sign.
    Need { package: "openssl", there: || program("openssl") },
    // rdflib and pyshacl, which read exports; and the referee of the signatures.
    Need { package: "python3-venv", there: || program("python3") },
];

const BROWSERS: &[Need] = &[
    Need { package: "chromium", there: || program("chromium") },
    Need { package: "chromium-driver", there: || program("chromedriver") },
    Need { package: "firefox-esr", there: || program("firefox-esr") },
    Need { package: "webkit2gtk-driver", there: || program("WebKitWebDriver") },
    Need { package: "xvfb", there: || program("Xvfb") },
    // The plugin's stage, and a site for it.
    Need { package: "php-cli", there: || program("php") },
    Need { package: "php-mysql", there: || php_has("mysqli") },
    Need { package: "mariadb-server", there: || program("mariadb-install-db") },
    Need { package: "wordpress", there: || Path::new("/usr/share/wordpress/wp-load.php").is_file() },
    Need {
        package: "wordpress-theme-twentytwentythree",
        there: || Path::new("/usr/share/wordpress/wp-content/themes/twentytwentythree").is_dir(),
    },
    // Arabic in the screenshots.
    Need {
        package: "fonts-dejavu-core",
        there: || Path::new("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf").is_file(),
    },
];

const REFEREES: &[Need] =
    &[Need { package: "nodejs", there: || program("node") }, Need { package: "npm", there: || program("npm") }];

/// Installs what is missing.
pub fn install(rust_only: bool) -> Result<()> {
    proxies()?;
    let rest: &[&[Need]] = if rust_only { &[] } else { &[BROWSERS, REFEREES] };
    debian(&[&[ALWAYS], rest].concat())?;
    if !rust_only {
        geckodriver()?;
        referees::install()?;
    }
    Ok(())
}

fn debian(needs: &[&[Need]]) -> Result<()> {
    let missing = || -> Vec<&str> {
        needs.iter().copied().flatten().filter(|need| !(need.there)()).map(|need| need.package).collect()
    };
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    let by_hand = format!("sudo apt-get install --no-install-recommends {}", packages.join(" "));
    if !program("apt-get") || house::capture(Command::new("id").arg("-u"))?.trim() != "0" {
        bail!(
            "the tests need programs that are not here. Install them:\n  {by_hand}\nor run `cargo xtask test --rust-only`, which needs PostgreSQL, openssl, Python, a C++ compiler, Caddy and nginx alone."
        );
    }
    let install = || {
        let mut command = Command::new("apt-get");
        command.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(&packages);
        house::run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    if install().is_err() {
        house::run(Command::new("apt-get").args(["update", "--quiet"]))?;
        install()?;
    }
    let still = missing();
    if !still.is_empty() {
        bail!("apt-get brought the packages {}, but not the programs expected in them", still.join(", "));
    }
    Ok(())
}

/// The proxies of the first hour. Taken out of their packages and not installed: an installed one would start as a
/// service and hold the machine's ports.
fn proxies() -> Result<()> {
    const PROXIES: [(&str, &str); 2] = [("caddy", "usr/bin/caddy"), ("nginx", "usr/sbin/nginx")];
    let missing = || PROXIES.iter().filter(|(name, _)| !program(name));
    if missing().next().is_none() {
        return Ok(());
    }
    let names: Vec<&str> = missing().map(|(name, _)| *name).collect();
    let by_hand = format!(
        "the first hour is told behind Caddy and nginx. Install them, and stop their services:\n  \
         sudo apt-get install --no-install-recommends {}",
        names.join(" ")
    );
    if !program("apt-get") {
        bail!(by_hand);
    }
    let folder = house::target().join("tools/packages");
    let bin = house::target().join("tools/bin");
    std::fs::create_dir_all(&folder)?;
    std::fs::create_dir_all(&bin)?;
    let download = || {
        let mut command = Command::new("apt-get");
        house::run(command.args(["download", "--quiet"]).args(&names).current_dir(&folder))
    };
    if download().is_err() {
        // Without root the lists are as they are.
        let _ = house::run(Command::new("apt-get").args(["update", "--quiet"]));
        download().context(by_hand.clone())?;
    }
    for (name, path) in PROXIES.iter().filter(|(name, _)| names.contains(name)) {
        let packages = std::fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path()));
        let package = packages
            .filter(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&format!("{name}_"))))
            .max();
        let package = package.with_context(|| format!("apt-get brought no package of {name}"))?;
        let out = folder.join(name);
        house::run(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&out))?;
        std::fs::copy(out.join(path), bin.join(name)).with_context(|| format!("{name} is not in its package"))?;
    }
    let _ = std::fs::remove_dir_all(&folder);
    let still: Vec<&str> = missing().map(|(name, _)| *name).collect();
    if still.is_empty() { Ok(()) } else { bail!(by_hand) }
}

fn geckodriver() -> Result<()> {
    if program("geckodriver") {
        return Ok(());
    }
    println!("building geckodriver, Firefox' driver (once, some minutes)");
    let tools = house::target().join("tools");
    let mut command = house::cargo();
    command.args(["install", "geckodriver", "--version", GECKODRIVER, "--locked", "--root"]).arg(&tools);
    command.arg("--target-dir").arg(tools.join("build"));
    house::run(&mut command)?;
    // Only the program is wanted; its build takes space that a cache would have to carry.
    let _ = std::fs::remove_dir_all(tools.join("build"));
    Ok(())
}
