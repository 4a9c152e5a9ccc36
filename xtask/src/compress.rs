//! Brotli and gzip at their best, done once so that the collector never compresses an asset.

use std::{io::Write as _, path::Path};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// What visitors fetch.
    Best,
    /// What a developer waits for.
    Quick,
}

/// Brotli: quality 11, or 3 in a hurry.
pub fn brotli(bytes: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let quality = if effort == Effort::Best { 11 } else { 3 };
    let params = BrotliEncoderParams { quality, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params).context("brotli failed")?;
    Ok(out)
}

/// Gzip at level 9, or 1 in a hurry, without a time stamp.
pub fn gzip(bytes: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let level = if effort == Effort::Best { Compression::best() } else { Compression::fast() };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes)?;
    encoder.finish().context("gzip failed")
}

/// Writes `name`, `name.br` and `name.gz` into `folder`.
pub fn write_with_twins(folder: &Path, name: &str, bytes: &[u8], effort: Effort) -> Result<()> {
    let write = |name: String, bytes: &[u8]| {
        std::fs::write(folder.join(&name), bytes).with_context(|| format!("cannot write {name}"))
    };
    write(name.to_owned(), bytes)?;
    write(format!("{name}.br"), &brotli(bytes, effort)?)?;
    write(format!("{name}.gz"), &gzip(bytes, effort)?)
}
