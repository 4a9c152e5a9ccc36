//! `cargo xtask gallery`: every view in every state, without a collector and without Trunk.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{
    build::{self, Mode},
    house, serve,
};

/// Builds the gallery's page and returns its folder.
pub fn build(mode: Mode) -> Result<PathBuf> {
    let compiled = build::compile("unticked-gallery", "unticked_gallery", mode)?;
    let bound = build::bind(&compiled, "gallery")?;
    let folder = house::target().join("gallery");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("gallery.js"), bound.glue)?;
    std::fs::write(folder.join("gallery.wasm"), bound.wasm)?;
    std::fs::copy(house::root().join("widget/style/unticked.css"), folder.join("unticked.css"))?;
    std::fs::write(folder.join("start.js"), START)?;
    std::fs::write(folder.join("index.html"), PAGE)?;
    Ok(folder)
}

/// Builds it and serves it until Ctrl-C.
pub fn run(port: u16, mode: Mode) -> Result<()> {
    let folder = build(mode)?;
    let server = serve::serve_folder(&folder, port, &[("cache-control", "no-store")])
        .with_context(|| format!("cannot listen on 127.0.0.1:{port}"))?;
    println!("the gallery is at http://{}/ (Ctrl-C stops it)", server.address());
    server.wait();
    Ok(())
}

const START: &str = "import start from \"./gallery.js\";\nawait start({ module_or_path: \"./gallery.wasm\" });\n";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Unticked: the widget gallery</title>
  <link rel="stylesheet" href="unticked.css">
  <script type="module" src="start.js"></script>
</html>
"#;
