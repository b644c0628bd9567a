//! Files as a verifier is handed them: a log, a package, a folder; by path, with `/` between parts.
use std::cell::RefCell;

/// Temporary names start with this; a crash leaves them, and nobody reads them.
pub const TEMPORARY: &str = ".tmp-";

/// Whether a path is that of a file which was never given its name.
#[must_use]
pub fn is_temporary(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(TEMPORARY))
}

/// What a verifier reads. Nothing here writes.
pub trait Files {
    /// A file's content; `None` where there is none.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String>;

    /// Paths of all files below a folder (`""` for all), in order.
    ///
    /// # Errors
    /// Why they cannot be listed.
    fn list(&self, folder: &str) -> Result<Vec<String>, String>;
}

/// Files of which those that cannot be read are remembered: where one cannot, nothing is said of the log.
pub struct Watched<'f> {
    files: &'f dyn Files,
    unreadable: RefCell<Vec<(String, String)>>,
}

impl<'f> Watched<'f> {
    #[must_use]
    pub const fn new(files: &'f dyn Files) -> Self {
        Self { files, unreadable: RefCell::new(Vec::new()) }
    }

    /// Paths and causes, in the order in which they were asked for.
    #[must_use]
    pub fn unreadable(self) -> Vec<(String, String)> {
        self.unreadable.into_inner()
    }

    fn note<T>(&self, path: &str, read: Result<T, String>) -> Result<T, String> {
        if let Err(cause) = &read {
            self.unreadable.borrow_mut().push((path.to_owned(), cause.clone()));
        }
        read
    }
}

impl Files for Watched<'_> {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        self.note(path, self.files.get(path))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        self.note(folder, self.files.list(folder))
    }
}
