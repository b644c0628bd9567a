//! Bytes in, and where they came from. Start at [`files`].
mod name;

pub use name::shown;

use crate::model::{Document, Problem};
use std::{collections::BTreeMap, path::PathBuf};

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders; `-` = standard input.
    pub paths: Vec<PathBuf>,
    /// Values files for every chart, in order.
    pub helm_values: Vec<PathBuf>,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// In order of path; rendered documents after the plain ones.
    pub documents: Vec<Document>,
    pub problems: Vec<Problem>,
    /// Versions of the programs that rendered something: `helm`, `kubectl`.
    pub tools: BTreeMap<String, String>,
}

/// A wrong invocation: a path that does not exist.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    #[error("no such file or folder: `{}`", path.display())]
    Missing { path: PathBuf },
}

/// Reads files and folders; renders charts and overlays on the way.
///
/// # Errors
/// [`CollectError::Missing`] for a path that does not exist. All else that cannot be read is a `Problem`.
pub fn files(_request: &Request) -> Result<Collected, CollectError> {
    Ok(Collected::default())
}
