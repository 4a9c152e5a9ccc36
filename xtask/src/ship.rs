//! What goes onto a server: one file, with its size and digest; static where that is asked for.
//!
//! A static binary runs on any Linux of its architecture, whatever libraries that one has. It still reads what is the
//! machine's own: the name service (`/etc/resolv.conf`) and the root certificates (`/etc/ssl/certs`, or what
//! `SSL_CERT_FILE` names).

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::{
    build::{self, Mode, hex},
    house,
};

/// Builds the static collector around the assets; returns where it lies, in a folder of its own.
pub fn standalone(mode: Mode, assets: &Path) -> Result<PathBuf> {
    ensure!(std::env::consts::OS == "linux", "a static build is made on Linux, for Linux");
    let arch = std::env::consts::ARCH;
    let target = format!("{arch}-unknown-linux-musl");
    let compiler = [format!("{arch}-linux-musl-gcc"), "musl-gcc".to_owned()];
    let Some(compiler) = compiler.iter().find_map(|name| house::find_program(name)) else {
        bail!("SQLite is C, and a static build needs musl's compiler for it (Debian: apt-get install musl-tools)");
    };
    build::ensure_target(&target)?;
    let mut command = house::cargo();
    command.args(["build", "--package", "unticked-collector", "--bin", "unticked", "--target", &target]);
    command.env("UNTICKED_ASSETS", assets).env(format!("CC_{}", target.replace('-', "_")), &compiler);
    let folder = match mode {
        Mode::Release => {
            command.arg("--release");
            "release"
        }
        Mode::Dev => "debug",
    };
    house::run(&mut command)?;
    let built = house::target().join(&target).join(folder).join("unticked");
    let shelf = house::target().join("static");
    std::fs::create_dir_all(&shelf)?;
    let binary = shelf.join("unticked");
    // One that runs cannot be written over, and need not be.
    let _ = std::fs::remove_file(&binary);
    std::fs::copy(&built, &binary).with_context(|| format!("cannot copy {}", built.display()))?;
    ensure!(is_static(&std::fs::read(&binary)?), "{} asks for a loader: it is not static", binary.display());
    Ok(binary)
}

/// Says where the binary is, how large, and by which digest it can be known again.
pub fn describe(binary: &Path) -> Result<String> {
    let bytes = std::fs::read(binary).with_context(|| format!("cannot read {}", binary.display()))?;
    let digest = hex(&Sha256::digest(&bytes));
    let size = bytes.len();
    // What it says of itself, with nothing in its environment: it must not need anything there.
    let mut command = Command::new(binary);
    let version = house::capture(command.arg("--version").env_clear().current_dir("/"))?;
    let linked = if is_static(&bytes) { "static" } else { "needs this machine's C library" };
    Ok(format!(
        "{}\n  {}, {}.{} MB, {linked}\n  sha256 {digest}",
        binary.display(),
        version.trim(),
        size / 1_000_000,
        size / 100_000 % 10
    ))
}

/// Whether a 64-bit ELF file names no loader (a program header of type `PT_INTERP`).
fn is_static(bytes: &[u8]) -> bool {
    const INTERP: u32 = 3;
    let number = |at: usize, size: usize| -> Option<u64> {
        let field = bytes.get(at..at.checked_add(size)?)?;
        Some(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let headers = || {
        let (start, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        (0..count).map(|at| number(usize::try_from(start + at * size).ok()?, 4)).collect::<Option<Vec<u64>>>()
    };
    // 64 bits, the lowest byte first, as every machine that we build for has it.
    bytes.starts_with(b"\x7fELF\x02\x01")
        && headers().is_some_and(|kinds| !kinds.is_empty() && !kinds.contains(&u64::from(INTERP)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(kinds: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(64 + kinds.len() * 56, 0);
        (bytes[32], bytes[54], bytes[56]) = (64, 56, u8::try_from(kinds.len()).unwrap());
        for (at, kind) in kinds.iter().enumerate() {
            bytes[64 + at * 56] = *kind;
        }
        bytes
    }

    #[test]
    fn a_program_is_static_when_it_asks_for_no_loader() {
        assert!(is_static(&elf(&[1, 2, 6])));
        assert!(!is_static(&elf(&[1, 3, 2])));
        assert!(!is_static(&elf(&[])));
        assert!(!is_static(b"#!/bin/sh\n"));
        assert!(!is_static(&elf(&[1, 2])[..100]), "a file that was cut off is not called static");
        assert!(!is_static(&std::fs::read("/bin/sh").unwrap()));
    }
}
