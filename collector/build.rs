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
        None => "pub(super) const BUILD: &str = \"\";\npub(super) static FILES: &[Embedded] = &[];\n".to_owned(),
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
    let build = build.trim();
    let mut code = format!("pub(super) const BUILD: &str = {build:?};\npub(super) static FILES: &[Embedded] = &[\n");
    // Only this build's files: an older one may still lie in the folder.
    for name in [format!("widget-{build}.js"), format!("widget-{build}.wasm")] {
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
