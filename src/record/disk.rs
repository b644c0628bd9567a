//! The few steps on a local disk that durability rests on, each by itself, so that a test can stop between any two.
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// The largest object of a log: a full entry bundle of 256 entries of 16 KiB is 4 MiB, a result set is bounded by
/// [`super::blob`]; what is larger was not written by us.
pub const OBJECT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Steps on a disk. Paths are whole.
pub trait Disk: Send + Sync {
    /// Writes a new file; not yet durable. Refuses one that exists.
    ///
    /// # Errors
    /// What the system says.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Makes a file's content durable.
    ///
    /// # Errors
    /// What the system says; the content may then be lost, and asking again proves nothing.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Gives a file a second name; refuses a name that is taken (`AlreadyExists`).
    ///
    /// # Errors
    /// What the system says.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Puts a file in another's place, in one step.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the system says.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Takes a name away.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes a folder, and those above it, and makes each new name durable.
    ///
    /// # Errors
    /// What the system says.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// A file's content, bounded by [`OBJECT_BYTES_MAX`].
    ///
    /// # Errors
    /// What the system says; a file that is too large, or none at all.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The files below a folder, at any depth, in order; none where the folder is absent. Links are not followed.
    ///
    /// # Errors
    /// What the system says.
    fn files(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        if let Some(above) = path.parent() {
            self.make_folder(above)?;
        }
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        path.parent()
            .map_or(Ok(()), |above| self.sync_folder(if above == Path::new("") { Path::new(".") } else { above }))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = File::open(path)?;
        let kind = file.metadata()?;
        if !kind.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        if kind.len() > OBJECT_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than any object of a log"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(kind.len()).unwrap_or(0));
        file.take(OBJECT_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn files(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut waiting = vec![path.to_owned()];
        while let Some(folder) = waiting.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() { waiting.push(entry.path()) } else { found.push(entry.path()) }
            }
        }
        found.sort();
        Ok(found)
    }
}
