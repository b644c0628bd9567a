//! Where a log's objects lie: a local directory, or an object store (feature `s3`). Objects are created once and never
//! changed; only `checkpoint` is replaced, and it is a hint.
use super::{
    disk::{Disk, RealDisk},
    files::{Files, TEMPORARY, is_temporary},
};
use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// What became of a create-only put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is ours, and durable.
    Created,
    /// Something stands there already; equal or not, the caller reads it.
    Exists,
}

/// Why a store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the log cannot be {did} at `{path}`: {cause}")]
    Io { did: &'static str, path: String, cause: String },
    #[error("`{0}` is a file, and a log is a folder: name the folder, or make a log with `speguard evidence init`")]
    NotAFolder(String),
    /// The object may stand there or not; it is not the same as [`StoreError::Io`], after which it does not.
    #[error("no clear answer came for `{path}`: {cause}")]
    Unclear { path: String, cause: String },
    #[error(
        "the log was not synced to disk once, so nothing more is written: what was lost shows when the program starts anew"
    )]
    Unsynced,
}

/// Objects by path (`/` between parts).
pub trait Store: Send + Sync {
    /// The object, or `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Creates an object that is not there yet. `Created` means that it survives the loss of process and machine, as far
    /// as the store does.
    ///
    /// # Errors
    /// [`StoreError::Unclear`]: whether it was created is not known; putting the same bytes again is harmless. Any other:
    /// it was not.
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Put, StoreError>;

    /// Replaces an object; only for `checkpoint`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// Paths of all objects below a folder, in order.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError>;

    /// As [`Store::list`], with what a crash or a lost race has left under temporary names: a verifier lists those too.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    fn everything(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        self.list(folder)
    }

    /// Makes the names in a folder durable that a crash may have left unsynced. A writer does so before it reads a chain
    /// to its end; a reader never does.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    fn settle(&self, _folder: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// Takes an object away: erasure and pruning only.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&self, path: &str) -> Result<(), StoreError>;
}

/// A log in a local directory.
///
/// An object is written under a temporary name, synced, given its name by a hard link (which fails where the name is
/// taken), and the folder is synced. After one failed sync nothing more is written: pages that did not reach the disk
/// read back as if they had, so trying again would prove nothing.
pub struct Directory<D = RealDisk> {
    root: PathBuf,
    disk: D,
    /// Tells the temporary files of this process from those of others.
    process: String,
    count: AtomicU64,
    unsynced: AtomicBool,
}

impl<D> fmt::Debug for Directory<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("root", &self.root).finish_non_exhaustive()
    }
}

impl<D: Disk> Directory<D> {
    /// A directory that need not exist yet. `process` is a name that no other writer has at the same time.
    ///
    /// # Errors
    /// [`StoreError::NotAFolder`].
    pub fn new(root: &Path, disk: D, process: &str) -> Result<Self, StoreError> {
        if root.is_file() {
            return Err(StoreError::NotAFolder(root.display().to_string()));
        }
        let (count, unsynced) = (AtomicU64::new(0), AtomicBool::new(false));
        Ok(Self { root: root.to_owned(), disk, process: process.to_owned(), count, unsynced })
    }

    fn whole(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn failed_sync(&self, did: &'static str, path: &Path, error: &io::Error) -> StoreError {
        self.unsynced.store(true, Ordering::SeqCst);
        failed(did, path, error)
    }

    /// Writes and syncs under a temporary name.
    fn stage(&self, path: &Path, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        if self.unsynced.load(Ordering::SeqCst) {
            return Err(StoreError::Unsynced);
        }
        let folder = path.parent().unwrap_or(&self.root);
        self.disk.make_folder(folder).map_err(|error| failed("written", folder, &error))?;
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let staged = folder.join(format!("{TEMPORARY}{}-{number}", self.process));
        let written = self.disk.write_new(&staged, bytes).map_err(|error| failed("written", path, &error));
        let synced = written
            .and_then(|()| self.disk.sync_file(&staged).map_err(|error| self.failed_sync("synced", path, &error)));
        if synced.is_err() {
            // The temporary file is of no use to anyone; that it cannot be removed changes nothing.
            drop(self.disk.remove(&staged));
        }
        synced.map(|()| staged)
    }
}

fn failed(did: &'static str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::Io { did, path: path.display().to_string(), cause: error.to_string() }
}

impl<D: Disk> Store for Directory<D> {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let whole = self.whole(path);
        match self.disk.read(&whole) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &whole, &error)),
        }
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<Put, StoreError> {
        let whole = self.whole(path);
        let staged = self.stage(&whole, bytes)?;
        let linked = self.disk.link(&staged, &whole);
        let put = match linked {
            Ok(()) => Ok(Put::Created),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Put::Exists),
            Err(error) => Err(failed("written", &whole, &error)),
        };
        drop(self.disk.remove(&staged));
        // Also where another has put it: what we then build on must not be lost either.
        let folder = whole.parent().unwrap_or(&self.root);
        let synced = self.disk.sync_folder(folder).map_err(|error| self.failed_sync("synced", folder, &error));
        match (put, synced) {
            (Ok(Put::Created), Err(error)) => {
                Err(StoreError::Unclear { path: whole.display().to_string(), cause: error.to_string() })
            }
            (put, synced) => synced.and(put),
        }
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let whole = self.whole(path);
        let staged = self.stage(&whole, bytes)?;
        self.disk.rename(&staged, &whole).map_err(|error| failed("written", &whole, &error))?;
        let folder = whole.parent().unwrap_or(&self.root);
        self.disk.sync_folder(folder).map_err(|error| self.failed_sync("synced", folder, &error))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let mut names = self.everything(folder)?;
        names.retain(|name| !is_temporary(name));
        Ok(names)
    }

    fn everything(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let whole = self.whole(folder);
        let files = self.disk.files(&whole).map_err(|error| failed("read", &whole, &error))?;
        // A name that is not UTF-8 is none of ours; it must be seen all the same.
        let named =
            files.iter().filter_map(|file| Some(file.strip_prefix(&self.root).ok()?.to_string_lossy().into_owned()));
        Ok(named.collect())
    }

    fn settle(&self, folder: &str) -> Result<(), StoreError> {
        let whole = self.whole(folder);
        match self.disk.sync_folder(&whole) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.failed_sync("synced", &whole, &error)),
            Ok(()) => Ok(()),
        }
    }

    fn delete(&self, path: &str) -> Result<(), StoreError> {
        let whole = self.whole(path);
        match self.disk.remove(&whole) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("deleted", &whole, &error)),
        }
        let folder = whole.parent().unwrap_or(&self.root);
        self.disk.sync_folder(folder).map_err(|error| self.failed_sync("synced", folder, &error))
    }
}

/// A store as a verifier reads it.
pub struct Stored<'s>(pub &'s dyn Store);

impl Files for Stored<'_> {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        self.0.get(path).map_err(|error| error.to_string())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        self.0.everything(folder).map_err(|error| error.to_string())
    }
}
