//! Documents in, one environment out. A bad document is a `Problem`, never a failure of the run.
//! Start at [`environment`]. No disk, no clock.
mod clusters;
mod digest;
mod json;
mod keycloak;
mod kinds;
mod kubernetes;
mod live;
mod outside;
mod parse;
mod recognise;
mod rendered;
mod scalars;
mod sources;
pub mod spe;
mod stated;
mod terraform;
mod tree;
mod workload;
mod yaml;

pub use clusters::scope;
pub use digest::{digest, resource as resource_digest};
pub use kinds::is_configuration;
pub use live::{object, page, statements};

use crate::model::{
    Attestation, Description, Document, Environment, Platform, Problem, Resource, ResourceId, Text, Timestamp, Waiver,
};
use std::collections::{BTreeMap, BTreeSet};

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The document that is the description, by path; `None` = the `spe.yaml` at the root of a scanned path.
    pub description: Option<Text>,
    /// Paths of scanned roots, relative like documents' paths: where a `spe.yaml` is looked for.
    pub roots: Vec<Text>,
    /// Terraform variable files, by document path, in order; given to every root module.
    pub var_files: Vec<Text>,
    /// Files that are no documents themselves, and that Terraform code reads (`templatefile`).
    pub beside: Vec<Document>,
    /// The code that the plans were made from.
    pub source: Option<Source>,
    /// The time of the run: entries of the description that have expired then are dropped.
    pub at: Timestamp,
}

/// The objects of a live cluster, as [`page`] read them.
#[derive(Clone, Debug, Default)]
pub struct Live {
    pub resources: Vec<Resource>,
    /// Which of the description's clusters it is, where there are several.
    pub name: Option<Text>,
    /// Every kind that anything is told from was listed, so that what is not there does not exist.
    pub complete: bool,
    /// Kinds that are not looked at on purpose or that no API shows, each with why. One of which something was read
    /// beside the cluster does not stay among them.
    pub unseen: BTreeMap<Text, Text>,
}

/// Code that plans were made from: their resources have their places there. It is not evaluated.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The folder of the root module or one above it, as documents' paths are.
    pub folder: Text,
    pub documents: Vec<Document>,
}

/// How much of the plans was found in their code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sourced {
    pub plans: usize,
    /// Resources of all plans.
    pub resources: usize,
    /// Those that are not in the code, and have their place in the plan.
    pub unmatched: usize,
}

/// Everything that the documents say.
#[derive(Clone, Debug, Default)]
pub struct Normalised {
    pub environment: Environment,
    pub waivers: Vec<Waiver>,
    pub attestations: Vec<Attestation>,
    /// Set where [`Options::source`] is.
    pub sourced: Option<Sourced>,
}

/// A wrong invocation, found while reading.
#[derive(Debug, thiserror::Error)]
pub enum NormaliseError {
    #[error("two descriptions: `{first}` and `{second}`")]
    TwoDescriptions { first: Text, second: Text },
    #[error(
        "`{path}` is no description: it needs `apiVersion: speguard.io/v1alpha1` and `kind: SecureProcessingEnvironment`"
    )]
    NoDescription { path: Text },
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
    Ok(digested(with_live(documents, problems, None, options)?))
}

/// [`environment`] with a live cluster: Kubernetes objects in the documents do not count, because they are what somebody
/// wants and the cluster is what there is. All else does: the description, Terraform, realms, configuration files.
///
/// # Errors
/// As [`environment`].
pub fn live_environment(
    documents: &[Document],
    live: Live,
    problems: Vec<Problem>,
    options: &Options,
) -> Result<Normalised, NormaliseError> {
    Ok(digested(with_live(documents, problems, Some(live), options)?))
}

/// The environment of [`live_environment`] without its digest: for what is looked at and not recorded.
///
/// # Errors
/// As [`environment`].
pub fn live_context(
    documents: &[Document],
    live: Live,
    problems: Vec<Problem>,
    options: &Options,
) -> Result<Environment, NormaliseError> {
    Ok(with_live(documents, problems, Some(live), options)?.environment)
}

fn digested(mut normalised: Normalised) -> Normalised {
    normalised.environment.digest = digest(&normalised.environment);
    normalised
}

fn with_live(
    documents: &[Document],
    problems: Vec<Problem>,
    live: Option<Live>,
    options: &Options,
) -> Result<Normalised, NormaliseError> {
    let (found, faults) = sources::find(documents);
    let mut all = Partial { resources: Vec::new(), problems };
    all.problems.extend(faults);
    let stated = stated::read(documents, &found, options)?;
    all.problems.extend(stated.problems);
    let mut description = stated.description;
    let lively = live.as_ref().and_then(|live| live::settle(&mut description, live));
    let (read, sourced) = sources::read(documents, found, &description, options);
    all.add(read);
    let unseen = match live {
        Some(live) => {
            all.problems.extend(lively);
            live::lay_over(&mut all, live)
        }
        None => {
            let remarks = outside::problems(&all.resources, documents);
            all.problems.extend(remarks);
            BTreeMap::new()
        }
    };
    let environment = Environment { unseen, ..assembled(all, description) };
    Ok(Normalised { environment, waivers: stated.waivers, attestations: stated.attestations, sourced })
}

/// Folders that Terraform code calls as modules and that are not among these documents, in the same repository.
#[must_use]
pub fn modules_beyond(documents: &[Document]) -> BTreeSet<Text> {
    terraform::code::beyond(documents)
}

/// Puts resources into one environment: identity, clusters, scopes, the Environment itself.
fn assembled(all: Partial, description: Description) -> Environment {
    let Partial { resources: read, mut problems } = all;
    let mut resources: BTreeMap<ResourceId, Vec<Resource>> = BTreeMap::new();
    for resource in read {
        resources.entry(resource.id.clone()).or_default().push(resource);
    }
    let (clusters, remarks) = clusters::clusters(&resources, &description);
    problems.extend(remarks);
    problems.extend(clusters::twice(&resources));
    let scopes = clusters::Scopes::new(&resources, &clusters, &description);
    for (id, found) in &mut resources {
        let scope = scopes.of(id, &clusters);
        found.iter_mut().for_each(|resource| resource.scope = scope);
    }
    // What spe.yaml calls complete is present even where nothing of it was found: that is what it is judged for.
    let named = description.complete.iter().filter_map(|name| Platform::from_name(name));
    let platforms: BTreeSet<Platform> = resources.keys().map(|id| id.platform).chain(named).collect();
    for resource in clusters::environment_resources(&platforms, &description) {
        resources.entry(resource.id.clone()).or_default().push(resource);
    }
    problems.sort_by(|one, other| (&one.origin, &one.cause).cmp(&(&other.origin, &other.cause)));
    problems.dedup();
    Environment { resources, description, clusters, problems, ..Environment::default() }
}
