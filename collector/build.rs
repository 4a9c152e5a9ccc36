//! Embeds the widget that `cargo xtask build` made: the folder named by `UNTICKED_ASSETS`, an absolute path.
//!
//! Without it the collector has no Wasm; forms still work, natively.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=UNTICKED_ASSETS");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = env::var_os("UNTICKED_ASSETS").filter(|value| !value.is_empty()).map(PathBuf::from);
    let code = match &folder {
        Some(folder) => embed(folder)
            .map_err(|error| format!("UNTICKED_ASSETS={}: {error}; run `cargo xtask build`", folder.display()))?,
        None => "pub(super) const BUILD: &str = \"\";\npub(super) const RECEIPT: &str = \"\";\n\
                 pub(super) static FILES: &[Embedded] = &[];\n"
            .to_owned(),
    };
    fs::write(Path::new(&env::var("OUT_DIR")?).join("assets.rs"), code)?;
    Ok(())
}

fn embed(folder: &Path) -> Result<String, Box<dyn Error>> {
    if !folder.is_absolute() {
        return Err("must be an absolute path".into());
    }
    println!("cargo::rerun-if-changed={}", folder.display());
    let build = fs::read_to_string(folder.join("BUILD"))?;
    // Assets of before had none: the page says then what to do without.
    let receipt = fs::read_to_string(folder.join("RECEIPT")).unwrap_or_default();
    let (build, receipt) = (build.trim(), receipt.trim());
    let mut code = format!(
        "pub(super) const BUILD: &str = {build:?};\npub(super) const RECEIPT: &str = {receipt:?};\n\
         pub(super) static FILES: &[Embedded] = &[\n"
    );
    // Only this build's files: an older one may still lie in the folder.
    let files = |name: &str, build: &str| [format!("{name}-{build}.js"), format!("{name}-{build}.wasm")];
    let receipts = if receipt.is_empty() { Vec::new() } else { files("receipt", receipt).to_vec() };
    for name in files("widget", build).into_iter().chain(receipts) {
        let file = |suffix: &str| -> Result<String, Box<dyn Error>> {
            let path = folder.join(format!("{name}{suffix}"));
            println!("cargo::rerun-if-changed={}", path.display());
            let path = path.to_str().ok_or("a path that is no text")?;
            fs::metadata(path).map_err(|error| format!("{path}: {error}"))?;
            Ok(format!("include_bytes!({path:?})"))
        };
        let (plain, brotli, gzip) = (file("")?, file(".br")?, file(".gz")?);
        writeln!(code, "    Embedded {{ name: {name:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},")?;
    }
    code.push_str("];\n");
    Ok(code)
}
