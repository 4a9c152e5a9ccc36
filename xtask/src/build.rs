//! `cargo xtask build`: the widget to Wasm, its assets, and the collector that carries them.
//!
//! wasm-bindgen runs here as a library of the same version as the lock file's, so that nobody has
//! to install a tool that fits. The assets are named by their content: `widget-<build>.js` and
//! `widget-<build>.wasm`, with their brotli and gzip twins, and a file `BUILD` with the name; likewise `receipt-…` and
//! `RECEIPT`, for the page that checks receipts.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    compress::{Effort, write_with_twins},
    house, shed,
};

/// The target that the widget is compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// How things are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Small and fast, as it ships.
    Release,
    /// Quick to build, for working on it.
    Dev,
}

impl Mode {
    fn wasm_profile(self) -> &'static str {
        match self {
            Self::Release => "wasm",
            Self::Dev => "dev",
        }
    }

    /// The folder that cargo gives the profile's output.
    fn wasm_folder(self) -> &'static str {
        match self {
            Self::Release => "wasm",
            Self::Dev => "debug",
        }
    }

    fn effort(self) -> Effort {
        match self {
            Self::Release => Effort::Best,
            Self::Dev => Effort::Quick,
        }
    }
}

/// Wasm and its JavaScript glue, as a browser takes them.
pub struct Bound {
    /// The glue: an ES module whose default export takes `{module_or_path}`.
    pub glue: String,
    /// The module.
    pub wasm: Vec<u8>,
}

/// Builds the widget and its assets; says where they lie.
pub fn widget(mode: Mode) -> Result<PathBuf> {
    let compiled = compile("unticked-widget", "unticked_widget", mode)?;
    let receipt = compile("unticked-receipt", "unticked_receipt", mode)?;
    let assets = house::assets();
    let digest = |file: &Path| -> Result<String> {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(hex(&Sha256::digest(&bytes)))
    };
    // What the assets were made from: the compiler's output (which names the binding library's version) and this recipe.
    let stamp = format!("{} {} {mode:?} recipe 3\n", digest(&compiled)?, digest(&receipt)?);
    let stamp_file = house::target().join("assets.stamp");
    if std::fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) && assets.join("BUILD").is_file() {
        return Ok(assets);
    }
    let parts = [
        ("widget", "BUILD", bind(&compiled, "unticked_widget")?),
        ("receipt", "RECEIPT", bind(&receipt, "unticked_receipt")?),
    ];
    let _ = std::fs::remove_file(&stamp_file);
    if assets.exists() {
        std::fs::remove_dir_all(&assets).context("cannot clear the assets")?;
    }
    std::fs::create_dir_all(&assets).context("cannot make the assets' folder")?;
    for (name, named_in, bound) in &parts {
        let digest = Sha256::new().chain_update(&bound.glue).chain_update(&bound.wasm).finalize();
        let build = &hex(&digest)[..16];
        write_with_twins(&assets, &format!("{name}-{build}.js"), bound.glue.as_bytes(), mode.effort())?;
        write_with_twins(&assets, &format!("{name}-{build}.wasm"), &bound.wasm, mode.effort())?;
        std::fs::write(assets.join(named_in), build).with_context(|| format!("cannot write {named_in}"))?;
    }
    std::fs::write(&stamp_file, stamp).context("cannot write the stamp")?;
    Ok(assets)
}

/// Builds the collector around the assets; returns the binary's path.
pub fn collector(mode: Mode, assets: &Path) -> Result<PathBuf> {
    let mut command = house::cargo();
    command.args(["build", "--package", "unticked-collector", "--bin", "unticked"]);
    command.env("UNTICKED_ASSETS", assets);
    let folder = match mode {
        Mode::Release => {
            command.arg("--release");
            "release"
        }
        Mode::Dev => "debug",
    };
    house::run(&mut command)?;
    Ok(house::target().join(folder).join(format!("unticked{}", std::env::consts::EXE_SUFFIX)))
}

/// Compiles a package's library to Wasm and returns the file.
pub fn compile(package: &str, library: &str, mode: Mode) -> Result<PathBuf> {
    ensure_target(WASM)?;
    let folder = house::target().join("wasm");
    let mut command = house::cargo();
    command.args(["build", "--package", package, "--lib", "--target", WASM, "--profile", mode.wasm_profile()]);
    command.arg("--target-dir").arg(&folder);
    house::run(&mut command)?;
    Ok(folder.join(WASM).join(mode.wasm_folder()).join(format!("{library}.wasm")))
}

/// Runs wasm-bindgen over a compiled library, for `<script type="module">` and no bundler.
pub fn bind(compiled: &Path, name: &str) -> Result<Bound> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).out_name(name).web(true)?.typescript(false);
    bindgen.remove_name_section(true).remove_producers_section(true).omit_default_module_path(true);
    let mut output = bindgen.generate_output().with_context(|| format!("wasm-bindgen refused {name}"))?;
    ensure!(
        output.snippets().values().all(Vec::is_empty)
            && output.local_modules().is_empty()
            && output.npm_dependencies().is_empty(),
        "a dependency of {name} brings JavaScript of its own, which the assets have no place for"
    );
    let module = output.wasm_mut();
    shed::module(module);
    let imported = shed::imports(module);
    let wasm = module.emit_wasm();
    Ok(Bound { glue: shed::glue(output.js(), &imported), wasm })
}

/// Fetches a compiler target where rustup can, and says plainly what to do where it cannot.
pub fn ensure_target(target: &str) -> Result<()> {
    if target_is_there(target)? {
        return Ok(());
    }
    println!("fetching the compiler's target (rustup target add {target})");
    let added = house::run(Command::new("rustup").args(["target", "add", target]).current_dir(house::root()));
    if added.is_err() || !target_is_there(target)? {
        bail!(
            "the compiler has no target {target}, and `rustup target add {target}` did not bring it.\n\
             With rustup: run that command where the network reaches static.rust-lang.org.\n\
             Without rustup: install your system's package of the Rust standard library for it."
        );
    }
    Ok(())
}

fn target_is_there(target: &str) -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--print", "target-libdir", "--target", target]).current_dir(house::root());
    let folder = PathBuf::from(house::capture(&mut command)?.trim());
    Ok(folder.is_dir())
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
