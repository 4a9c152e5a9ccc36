//! `cargo xtask gallery`: every view in every state, without a collector and without Trunk.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::{
    build::{self, Mode},
    house, serve,
};

/// Builds the gallery's page and returns its folder.
pub fn build(mode: Mode) -> Result<PathBuf> {
    let compiled = build::compile("unticked-gallery", "unticked_gallery", mode)?;
    let bound = build::bind(&compiled, "gallery")?;
    let folder = house::target().join("gallery");
    let source = house::root().join("widget/gallery");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("gallery.js"), bound.glue)?;
    std::fs::write(folder.join("gallery.wasm"), bound.wasm)?;
    std::fs::write(folder.join("start.js"), START)?;
    std::fs::copy(source.join("gallery.css"), folder.join("gallery.css")).context("cannot copy gallery.css")?;
    let page = std::fs::read_to_string(source.join("index.html")).context("cannot read the gallery's page")?;
    std::fs::write(folder.join("index.html"), without_trunk(&page)?)?;
    Ok(folder)
}

/// Trunk's page with what Trunk would put in place of its two links.
fn without_trunk(page: &str) -> Result<String> {
    let (mut script, mut style) = (false, false);
    let lines: Vec<&str> = page
        .lines()
        .map(|line| match line {
            line if line.contains("data-trunk rel=\"rust\"") => {
                script = true;
                "    <script type=\"module\" src=\"start.js\"></script>"
            }
            line if line.contains("data-trunk rel=\"css\"") => {
                style = true;
                "    <link rel=\"stylesheet\" href=\"gallery.css\">"
            }
            line => line,
        })
        .collect();
    ensure!(script && style, "the gallery's page names neither Wasm nor stylesheet as Trunk reads them");
    Ok(lines.join("\n") + "\n")
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
