//! What the tests need beyond Rust: installed where it can be, named exactly where it cannot.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

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

const DATABASE: &[Need] = &[Need { package: "postgresql-15", there: || postgres::programs().is_some() }];

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

const REFEREES: &[Need] = &[
    Need { package: "nodejs", there: || program("node") },
    Need { package: "npm", there: || program("npm") },
    Need { package: "python3-venv", there: || program("python3") },
];

/// Installs what is missing.
pub fn install(rust_only: bool) -> Result<()> {
    let rest: &[&[Need]] = if rust_only { &[] } else { &[BROWSERS, REFEREES] };
    debian(&[&[DATABASE], rest].concat())?;
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
            "the tests need programs that are not here. Install them:\n  {by_hand}\nor run `cargo xtask test --rust-only`, which needs PostgreSQL alone."
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
