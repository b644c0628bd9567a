//! Files as a verifier is handed them: a log, a package, a folder; by path, with `/` between parts.

/// Temporary names start with this; a crash leaves them, and nobody reads them.
pub const TEMPORARY: &str = ".tmp-";

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
