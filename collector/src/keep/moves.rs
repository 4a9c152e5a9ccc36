//! Files on their way to their places: copied beside them first, then renamed, the main database last.
//!
//! Between the first rename and the last there may be nothing under a name. A mark stands beside the main database for that
//! long ([`Presence`](super::Presence) looks for it): whoever started a collector there would begin a second ledger of the
//! same name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    KeepError,
    files::{at, copy_file, expect_room, files_below, make_folder, resolved, sync_folder, write_file},
};

/// How the name of every copy begins that waits for its own. No backup's draft is called so.
const DRAFT: &str = ".unticked-restoring-";

/// Files on their way to their places.
pub struct Moves<'a> {
    stamp: String,
    wanted: Vec<(&'static str, PathBuf, PathBuf)>,
    /// Stand in the way though nothing takes their name: a log left beside a database would be folded into the new one.
    strays: Vec<PathBuf>,
    placed: Vec<(&'static str, PathBuf)>,
    aside: Vec<PathBuf>,
    /// Asked before each step; a test stops there.
    each_step: EachStep<'a>,
}

/// What may stop a restore before a step of it.
pub type EachStep<'a> = &'a dyn Fn() -> Result<(), KeepError>;

/// Everything lies beside its place, and nothing has moved.
pub struct Laid {
    drafts: Drafts,
    occupied: Vec<PathBuf>,
}

impl<'a> Moves<'a> {
    pub fn new(now: Timestamp, each_step: EachStep<'a>) -> Self {
        Self {
            stamp: now.strftime("%Y%m%dT%H%M%SZ").to_string(),
            wanted: Vec::new(),
            strays: Vec::new(),
            placed: Vec::new(),
            aside: Vec::new(),
            each_step,
        }
    }

    /// A file; where the same stands already there is nothing to do.
    pub fn file(&mut self, what: &'static str, from: &Path, to: &Path) {
        let same = to.is_file() && matches!((fs::read(from), fs::read(to)), (Ok(one), Ok(other)) if one == other);
        if !same {
            self.wanted.push((what, from.to_owned(), to.to_owned()));
        }
    }

    /// A folder as a whole: what the copy does not have must not stay among it.
    pub fn folder(&mut self, what: &'static str, from: &Path, to: &Path) -> Result<(), KeepError> {
        let names = files_below(from)?;
        let empty = fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_none());
        let equal = |name: &String| matches!((fs::read(from.join(name)), fs::read(to.join(name))), (Ok(one), Ok(other)) if one == other);
        let same = to.is_dir() && !empty && files_below(to)? == names && names.iter().all(equal);
        if empty {
            fs::remove_dir(to).map_err(at(to))?;
        }
        if !same {
            self.wanted.push((what, from.to_owned(), to.to_owned()));
        }
        Ok(())
    }

    pub fn database(&mut self, what: &'static str, from: &Path, to: &Path) {
        self.wanted.push((what, from.to_owned(), to.to_owned()));
        self.strays.extend(["-wal", "-shm", "-journal"].map(|suffix| {
            let mut name = to.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        }));
    }

    /// Copies everything beside its place. Nothing that stands is touched.
    pub fn lay(&self, replace: bool) -> Result<Laid, KeepError> {
        let exists = |path: &&PathBuf| path.symlink_metadata().is_ok();
        let occupied: Vec<PathBuf> =
            self.wanted.iter().map(|(_, _, to)| to).chain(&self.strays).filter(exists).cloned().collect();
        if !occupied.is_empty() && !replace {
            return Err(KeepError::Occupied(occupied));
        }
        // Whole databases with their keys: who is forgotten later would stay in what a restore that died has left.
        let folders: BTreeSet<PathBuf> = self.wanted.iter().map(|(_, _, to)| parent(to)).collect();
        for folder in &folders {
            remove_left(folder);
        }
        let mut drafts = Drafts(Vec::new());
        for (_, from, to) in &self.wanted {
            let folder = parent(to);
            make_folder(&folder)?;
            expect_room(&folder, fs::metadata(from).map_err(at(from))?.len())?;
            let draft = folder.join(format!("{}{}-{}", DRAFT, self.stamp, drafts.0.len()));
            drafts.0.push(draft.clone());
            if from.is_dir() { copy_folder(from, &draft)? } else { copy_file(from, &draft).map(drop)? }
        }
        Ok(Laid { drafts, occupied })
    }

    /// The copy that will take this name.
    pub fn draft_of<'b>(&self, laid: &'b Laid, place: &Path) -> Option<&'b Path> {
        let at = self.wanted.iter().position(|(_, _, to)| to == place)?;
        laid.drafts.0.get(at).map(PathBuf::as_path)
    }

    /// Moves aside what stands there, and gives the copies their names. `mark` stands from before the first move until after
    /// the last one: in between there may be nothing at all under a name, and a collector that started would begin anew.
    pub fn take_names(&mut self, laid: &Laid, mark: Option<&Path>) -> Result<(), KeepError> {
        (self.each_step)()?;
        if let Some(mark) = mark {
            let _ = fs::remove_file(mark);
            write_file(mark, format!("A restore began at {} and has not ended.\n", self.stamp).as_bytes())?;
            sync_folder(&parent(mark))?;
        }
        let moved = self.move_all(laid);
        if moved.is_ok() || (self.aside.is_empty() && self.placed.is_empty()) {
            if moved.is_ok() {
                (self.each_step)()?;
            }
            if let Some(mark) = mark {
                fs::remove_file(mark).map_err(at(mark))?;
                sync_folder(&parent(mark))?;
            }
        }
        moved
    }

    fn move_all(&mut self, laid: &Laid) -> Result<(), KeepError> {
        // Databases first, so that nothing opens one with half of its log.
        for path in laid.occupied.iter().rev() {
            (self.each_step)()?;
            let mut name = path.as_os_str().to_owned();
            // `unticked.db-wal` must stay the log of what `unticked.db` is called now.
            let text = path.to_string_lossy();
            let log = ["-wal", "-shm", "-journal"].into_iter().find(|suffix| text.ends_with(suffix));
            if let Some(log) = log {
                name = text.strip_suffix(log).unwrap_or(&text).into();
            }
            name.push(format!(".before-restore-{}{}", self.stamp, log.unwrap_or_default()));
            let place = PathBuf::from(name);
            fs::rename(path, &place).map_err(at(&place))?;
            self.aside.push(place);
        }
        for ((what, _, to), draft) in self.wanted.iter().zip(&laid.drafts.0) {
            (self.each_step)()?;
            fs::rename(draft, to).map_err(at(to))?;
            sync_folder(&parent(to))?;
            self.placed.push((what, resolved(to)));
        }
        Ok(())
    }

    /// Where each thing lies now, and what was moved aside.
    pub fn done(self) -> (Vec<(&'static str, PathBuf)>, Vec<PathBuf>) {
        (self.placed, self.aside)
    }
}

/// Files that go again where they did not take their names.
struct Drafts(Vec<PathBuf>);

impl Drop for Drafts {
    fn drop(&mut self) {
        for draft in &self.0 {
            let _ = if draft.is_dir() { fs::remove_dir_all(draft) } else { fs::remove_file(draft) };
        }
    }
}

/// Only under the lock of the database.
fn remove_left(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            let left = entry.path();
            let _ = if left.is_dir() { fs::remove_dir_all(&left) } else { fs::remove_file(&left) };
        }
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), KeepError> {
    make_folder(to)?;
    for name in files_below(from)? {
        let place = to.join(&name);
        make_folder(&parent(&place))?;
        copy_file(&from.join(&name), &place)?;
    }
    sync_folder(to)
}

fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
