//! Documents in, one environment out. A bad document is a `Problem`, never a failure of the run.
//! Start at [`environment`]. No disk, no clock.
use crate::model::{Attestation, Document, Environment, Problem, Text, Timestamp, Waiver};

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The document that is the description, by path; `None` = the `spe.yaml` at the root of a scanned path.
    pub description: Option<Text>,
    /// Paths of scanned roots, relative like documents' paths: where a `spe.yaml` is looked for.
    pub roots: Vec<Text>,
    /// Terraform variable files, by document path, in order; given to every root module.
    pub var_files: Vec<Text>,
    /// The time of the run: entries of the description that have expired then are dropped.
    pub at: Timestamp,
}

/// Everything that the documents say.
#[derive(Clone, Debug, Default)]
pub struct Normalised {
    pub environment: Environment,
    pub waivers: Vec<Waiver>,
    pub attestations: Vec<Attestation>,
}

/// A wrong invocation, found while reading.
#[derive(Debug, thiserror::Error)]
pub enum NormaliseError {
    #[error("two descriptions: `{first}` and `{second}`")]
    TwoDescriptions { first: Text, second: Text },
}

/// Reads every document and puts all resources into one environment.
///
/// # Errors
/// [`NormaliseError`] where the invocation itself is ambiguous or wrong; bad documents are problems in the answer.
pub fn environment(
    _documents: &[Document],
    problems: Vec<Problem>,
    _options: &Options,
) -> Result<Normalised, NormaliseError> {
    let environment = Environment { problems, ..Environment::default() };
    Ok(Normalised { environment, ..Normalised::default() })
}
