//! Puts the files down: into an empty folder, for its owner's eyes, all of them or none.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use unticked_shared::definition;
use zeroize::Zeroizing;

use super::{Answers, Crm, DEFINITIONS, RING, SECRET, SETTINGS};
use crate::{
    forms::check::annotated,
    vault::{KeyRing, RingError},
    world::Random,
};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder holds something.
    #[error(
        "{folder} is not empty: it holds {found}. Nothing is overwritten here: name another folder, or move what is \
         in this one away"
    )]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
        /// One of the things in it.
        found: String,
    },
    /// It is a file, or something else.
    #[error("{0} is no folder; name one that is empty or does not exist yet")]
    NoFolder(PathBuf),
    /// The system refuses.
    #[error("{path} cannot be written: {cause}")]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The key ring.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// The answers make definitions that do not pass.
    #[error("these answers make definitions that `unticked check` objects to, so nothing was written:\n{0}")]
    Unsound(String),
}

/// Writes everything under `folder`, which is made where it does not exist.
///
/// Whatever fails, what was written until then is taken away again; what others have put there meanwhile stays.
pub fn write(folder: &Path, answers: &Answers, random: &Random) -> Result<(), FolderError> {
    let definitions = super::definitions(answers);
    let findings = definition::check(&definitions).findings;
    if !findings.is_empty() {
        return Err(FolderError::Unsound(annotated(&findings, &definitions)));
    }
    empty(folder)?;
    let mut made = Made::default();
    made.folder(folder)?;
    // For its owner alone, also where the folder was there already.
    let private = fs::Permissions::from_mode(0o700);
    fs::set_permissions(folder, private).map_err(|cause| FolderError::Io { path: folder.to_owned(), cause })?;
    for part in ["", "purposes", "forms"] {
        made.folder(&folder.join(DEFINITIONS).join(part))?;
    }
    for (name, text) in definitions.iter().chain(&super::examples(answers)) {
        made.file(&folder.join(DEFINITIONS).join(name), text.as_bytes(), 0o644)?;
    }
    if matches!(answers.crm, Crm::Webhook { .. }) {
        let secret = Zeroizing::new(random.bytes::<32>());
        let text = Zeroizing::new(format!("whsec_{}\n", STANDARD.encode(secret.as_slice())));
        made.file(&folder.join(SECRET), text.as_bytes(), 0o600)?;
    }
    let ring = folder.join(RING);
    if KeyRing::open(&ring, random)?.made_now() {
        made.paths.push(ring);
    } else {
        return Err(FolderError::NotEmpty { folder: folder.to_owned(), found: RING.to_owned() });
    }
    // Last: a folder with settings is a whole one.
    made.file(&folder.join(SETTINGS), super::settings(answers).as_bytes(), 0o644)?;
    made.paths.clear();
    Ok(())
}

/// Fails unless the folder is empty or not there.
pub fn empty(folder: &Path) -> Result<(), FolderError> {
    let io = |cause| FolderError::Io { path: folder.to_owned(), cause };
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(entry) => {
                let found = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
                Err(FolderError::NotEmpty { folder: folder.to_owned(), found })
            }
        },
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::NotADirectory => Err(FolderError::NoFolder(folder.to_owned())),
        Err(cause) => Err(io(cause)),
    }
}

/// What was written so far; taken away again when dropped before the end.
#[derive(Default)]
struct Made {
    paths: Vec<PathBuf>,
}

impl Made {
    fn folder(&mut self, path: &Path) -> Result<(), FolderError> {
        let io = |path: &Path, cause| FolderError::Io { path: path.to_owned(), cause };
        // Each missing part by itself, so that exactly those can be taken away again.
        let missing: Vec<&Path> =
            path.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists()).collect();
        for part in missing.into_iter().rev() {
            match fs::DirBuilder::new().mode(0o700).create(part) {
                Ok(()) => self.paths.push(part.to_owned()),
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
                Err(cause) => return Err(io(part, cause)),
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, content: &[u8], mode: u32) -> Result<(), FolderError> {
        let io = |cause| FolderError::Io { path: path.to_owned(), cause };
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(io)?;
        self.paths.push(path.to_owned());
        file.write_all(content).and_then(|()| file.sync_all()).map_err(io)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in self.paths.iter().rev() {
            // A folder into which somebody else has put something stays, as it should.
            let _ = if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
        }
    }
}
