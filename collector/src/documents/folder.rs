//! The owner's folder: which name is a file that may be served, and as what.

use std::{
    io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// Bytes of a name; more than any file system takes for a part of one.
const LONGEST: usize = 512;

/// A file's name under the folder, with `/` between its parts. None of them begins with a dot, so that it leads nowhere else
/// and names nothing hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Of a path as it stands in an address, decoded.
    pub fn parse(text: &str) -> Option<Self> {
        let part = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.contains(|c: char| c == '\\' || c == ':' || c.is_control())
        };
        (text.len() <= LONGEST && text.split('/').all(part)).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A file that may be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it lies, without links in between.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
    /// Changes when the file does (RFC 9110, section 8.8.3). Weak: on its way the file may be compressed.
    pub tag: String,
    /// What it is served as.
    pub kind: Kind,
}

/// What a file is served as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its media type.
    pub media: &'static str,
    /// It could run something in the collector's name, and is kept from that.
    pub active: bool,
    /// It is kept rather than shown.
    pub attachment: bool,
}

/// Why a name is not served.
#[derive(Debug, thiserror::Error)]
pub enum NotServed {
    /// No folder is set.
    #[error("`documents.dir` names no folder")]
    Closed,
    /// There is no such file in the folder.
    #[error("the folder has no such file")]
    Missing,
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
}

/// The file of a name. What a link leads out of the folder to is not in it.
pub(super) fn find(dir: &Path, name: &Name) -> Result<Found, NotServed> {
    let missing = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => NotServed::Missing,
        _ => NotServed::Unreadable(error),
    };
    // A folder that is not there is the owner's to hear of; see `doctor`.
    let dir = dir.canonicalize().map_err(NotServed::Unreadable)?;
    let path = dir.join(name.as_str()).canonicalize().map_err(missing)?;
    let data = path.metadata().map_err(missing)?;
    // Nothing but files: a pipe would be waited for, a folder is not listed.
    if !path.starts_with(&dir) || !data.is_file() {
        return Err(NotServed::Missing);
    }
    let changed = data.modified().unwrap_or(SystemTime::UNIX_EPOCH).duration_since(UNIX_EPOCH).unwrap_or_default();
    let tag = format!("W/\"{:x}-{:x}\"", data.len(), changed.as_nanos());
    Ok(Found { path, length: data.len(), tag, kind: kind(name) })
}

/// By the name's ending; what is unknown is kept and not shown.
fn kind(name: &Name) -> Kind {
    let ending =
        name.as_str().rsplit('/').next().and_then(|last| last.rsplit_once('.')).map_or("", |(_, ending)| ending);
    let shown = |media| Kind { media, active: false, attachment: false };
    let active = |media| Kind { media, active: true, attachment: false };
    let kept = |media| Kind { media, active: false, attachment: true };
    match ending.to_ascii_lowercase().as_str() {
        "pdf" => shown("application/pdf"),
        "png" => shown("image/png"),
        "jpg" | "jpeg" => shown("image/jpeg"),
        "gif" => shown("image/gif"),
        "webp" => shown("image/webp"),
        "avif" => shown("image/avif"),
        "txt" => shown("text/plain; charset=utf-8"),
        "mp3" => shown("audio/mpeg"),
        "mp4" => shown("video/mp4"),
        "webm" => shown("video/webm"),
        "svg" => active("image/svg+xml"),
        "html" | "htm" => active("text/html; charset=utf-8"),
        "csv" => kept("text/csv; charset=utf-8"),
        "ics" => kept("text/calendar; charset=utf-8"),
        "vcf" => kept("text/vcard; charset=utf-8"),
        "epub" => kept("application/epub+zip"),
        "zip" => kept("application/zip"),
        "docx" => kept("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        "xlsx" => kept("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "pptx" => kept("application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        "odt" => kept("application/vnd.oasis.opendocument.text"),
        "ods" => kept("application/vnd.oasis.opendocument.spreadsheet"),
        "odp" => kept("application/vnd.oasis.opendocument.presentation"),
        _ => kept("application/octet-stream"),
    }
}
