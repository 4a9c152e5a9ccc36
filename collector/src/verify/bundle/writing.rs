//! The archive of a bundle under way: files of a length that is known only at their end.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;
use unticked_shared::{bundle::tar, canonical};

use super::BundleError;

/// An archive under way. The header of a file is written when its size is known.
pub struct Tar {
    path: PathBuf,
    file: BufWriter<File>,
    modified: u64,
    began: u64,
    written: u64,
}

impl Tar {
    /// Begins one, which its owner alone can read.
    pub fn create(path: &Path, modified: u64) -> Result<Self, BundleError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|cause| BundleError::File { path: path.to_owned(), cause })?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), modified, began: 0, written: 0 })
    }

    fn failed(&self) -> impl FnOnce(std::io::Error) -> BundleError + use<> {
        let path = self.path.clone();
        move |cause| BundleError::File { path, cause }
    }

    /// Leaves room for a header.
    pub fn begin(&mut self, _: &'static str) -> Result<(), BundleError> {
        self.began = self.file.stream_position().map_err(self.failed())?;
        self.written = 0;
        self.file.write_all(&[0; tar::BLOCK]).map_err(self.failed())
    }

    /// Adds to the file under way.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        self.written += bytes.len() as u64;
        self.file.write_all(bytes).map_err(self.failed())
    }

    /// Adds an object, and the end of its line.
    pub fn line<T: Serialize>(&mut self, line: &T) -> Result<(), BundleError> {
        let text = canonical::to_string(line).map_err(|_| BundleError::Unsound)?;
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Writes the header that [`Tar::begin`] left room for.
    pub fn finish(&mut self, name: &'static str) -> Result<(), BundleError> {
        let padding = usize::try_from(tar::padding(self.written)).unwrap_or(0);
        self.file.write_all(&[0; tar::BLOCK][..padding]).map_err(self.failed())?;
        let end = self.file.stream_position().map_err(self.failed())?;
        let entry = tar::Entry { name: name.to_owned(), size: self.written };
        let header = tar::header(&entry, self.modified).ok_or(BundleError::TooLarge(name))?;
        self.file.seek(SeekFrom::Start(self.began)).map_err(self.failed())?;
        self.file.write_all(&header).map_err(self.failed())?;
        self.file.seek(SeekFrom::Start(end)).map_err(self.failed())?;
        Ok(())
    }

    /// A small file at once.
    pub fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), BundleError> {
        let entry = tar::Entry { name: name.to_owned(), size: bytes.len() as u64 };
        let header = tar::header(&entry, self.modified).ok_or(BundleError::TooLarge("a version"))?;
        self.file.write_all(&header).map_err(self.failed())?;
        self.file.write_all(bytes).map_err(self.failed())?;
        let padding = usize::try_from(tar::padding(entry.size)).unwrap_or(0);
        self.file.write_all(&[0; tar::BLOCK][..padding]).map_err(self.failed())
    }

    /// Ends it, and makes it durable.
    pub fn end(mut self) -> Result<(), BundleError> {
        self.file.write_all(&[0; 2 * tar::BLOCK]).map_err(self.failed())?;
        self.file.flush().map_err(self.failed())?;
        self.file.get_ref().sync_all().map_err(self.failed())
    }
}
