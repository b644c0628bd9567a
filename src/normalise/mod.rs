//! Documents in, one environment out. A bad document is a `Problem`, never a failure of the run.
//! Start at [`environment`]. No disk, no clock.
use crate::model::{Attestation, Document, Environment, Problem, Resource, Text, Timestamp, Waiver};

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

/// What one reader made of what it was given.
#[derive(Debug, Default)]
struct Partial {
    resources: Vec<Resource>,
    problems: Vec<Problem>,
}

impl Partial {
    fn add(&mut self, other: Self) {
        self.resources.extend(other.resources);
        self.problems.extend(other.problems);
    }
}

/// Reads every document and puts all resources into one environment.
///
/// # Errors
/// [`NormaliseError`] where the invocation itself is ambiguous or wrong; bad documents are problems in the answer.
pub fn environment(
    documents: &[Document],
    problems: Vec<Problem>,
    options: &Options,
) -> Result<Normalised, NormaliseError> {
    let mut all = Partial { resources: Vec::new(), problems };
    all.add(read(documents, options));
    let mut environment = Environment { problems: all.problems, ..Environment::default() };
    for resource in all.resources {
        environment.resources.entry(resource.id.clone()).or_default().push(resource);
    }
    Ok(Normalised { environment, ..Normalised::default() })
}

/// Gives every document to the reader of its format.
fn read(documents: &[Document], _options: &Options) -> Partial {
    let mut all = Partial::default();
    let (terraform, _others): (Vec<&Document>, Vec<&Document>) =
        documents.iter().partition(|document| is_terraform(document.origin.path()));
    for document in terraform {
        all.problems.push(Problem::new(document.origin.clone(), "terraform code is not read yet"));
    }
    all
}

/// Files that belong to a Terraform or OpenTofu configuration; such a folder is read as one.
fn is_terraform(path: &str) -> bool {
    const ENDINGS: [&str; 8] =
        [".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json", ".terraform.lock.hcl", "/modules.json"];
    ENDINGS.iter().any(|ending| path.ends_with(ending))
}
