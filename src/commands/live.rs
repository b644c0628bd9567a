//! A live cluster, read: which kinds are needed, and every object of them.
use crate::{
    cli::Connection as Arguments,
    collect::cluster::{self, Access, Part},
    evaluate::Bundle,
    model::{Document, Platform, Problem, Resource, Text},
    normalise::{self, Live},
    reach,
};
use std::collections::{BTreeMap, BTreeSet};

/// Never listed, so that its data stay where they are.
const SECRET: &str = "Secret";

/// What a cluster holds of what is needed.
pub(super) struct Cluster {
    pub(super) live: Live,
    /// Descriptions, waivers and attestations among its objects.
    pub(super) statements: Vec<Document>,
    pub(super) problems: Vec<Problem>,
    /// Of the API server: `v1.36.3`.
    pub(super) version: String,
}

/// A connection, and which of the kinds that anything is told from the API server serves.
pub(super) struct Connected {
    pub(super) cluster: cluster::Cluster,
    pub(super) version: String,
    pub(super) served: Vec<cluster::Served>,
    /// Those of `speguard crds`, where they are served: what persons state, and nothing to judge.
    stated: Vec<cluster::Served>,
    /// Groups that do not answer.
    pub(super) silent: Vec<Problem>,
    pub(super) unseen: BTreeMap<Text, Text>,
}

/// The way to the cluster that is meant.
pub(super) fn access(arguments: &Arguments) -> Access {
    Access { kubeconfig: arguments.kubeconfig.clone(), context: arguments.context.clone() }
}

/// Connects, and asks which kinds there are.
///
/// # Errors
/// A cluster that cannot be asked at all.
pub(super) fn connect(arguments: &Arguments, bundle: &Bundle) -> anyhow::Result<Connected> {
    let (cluster, version) = cluster::Cluster::connect(&access(arguments))?;
    let kinds = bundle.kinds(Platform::Kubernetes);
    let is_stated = |kind: &str| normalise::spe::KINDS.contains(&kind);
    let found = cluster.kinds(&|kind| kinds.contains(kind) || reach::reads(kind) || is_stated(kind))?;
    let read = found.served.into_iter().filter(|served| served.kind.as_ref() != SECRET);
    let (stated, served) = read.partition(|served| is_stated(&served.kind));
    Ok(Connected { cluster, version, served, stated, silent: found.problems, unseen: unseen(&kinds) })
}

impl Connected {
    /// Descriptions, waivers and attestations that the cluster holds. A kind that cannot be listed is a problem.
    pub(super) fn statements(&self) -> (Vec<Document>, Vec<Problem>) {
        let (mut documents, mut problems) = (Vec::new(), Vec::new());
        for stated in &self.stated {
            match list(&self.cluster, stated, &normalise::statements) {
                Ok((mut read, mut unread)) => {
                    documents.append(&mut read);
                    problems.append(&mut unread);
                }
                Err(problem) => problems.push(problem),
            }
        }
        (documents, problems)
    }
}

/// What a page of a list holds.
type Reader<T> = dyn Fn(&Document) -> Result<Vec<T>, Problem> + Sync;

/// Everything of one kind, and the pages that could not be read.
///
/// # Errors
/// A list that broke off: half of it would read as if the other half did not exist.
fn list<T: Send>(
    cluster: &cluster::Cluster,
    served: &cluster::Served,
    read: &Reader<T>,
) -> Result<(Vec<T>, Vec<Problem>), Problem> {
    let (mut all, mut unread) = (Vec::new(), Vec::new());
    cluster.list(served, &mut |part| match part {
        Part::Restart => {
            all.clear();
            unread.clear();
        }
        Part::Page(page) => match read(&page) {
            Ok(read) => all.extend(read),
            Err(problem) => unread.push(problem),
        },
    })?;
    Ok((all, unread))
}

/// Reads every object of every kind that a rule or reach looks at.
///
/// # Errors
/// A cluster that cannot be asked at all. A kind that cannot be listed is a problem.
pub(super) fn read(arguments: &Arguments, bundle: &Bundle) -> anyhow::Result<Cluster> {
    let connected = connect(arguments, bundle)?;
    let (statements, mut problems) = connected.statements();
    let Connected { cluster, version, served, silent, unseen, .. } = connected;
    problems.extend(silent);
    let mut resources: Vec<Resource> = Vec::new();
    for served in served {
        match list(&cluster, &served, &normalise::page) {
            Ok((mut read, mut unread)) => {
                resources.append(&mut read);
                problems.append(&mut unread);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let name = arguments.cluster_name.as_deref().map(Text::from);
    let live = Live { resources, name, complete: problems.is_empty(), unseen };
    Ok(Cluster { live, statements, problems, version })
}

/// What rules look at and a live scan does not.
fn unseen(kinds: &BTreeSet<Text>) -> BTreeMap<Text, Text> {
    let why = |kind: &Text| match kind.as_ref() {
        SECRET => Some("Secrets are never listed, so that their data stay in the cluster"),
        kind if normalise::is_configuration(kind) => {
            Some("no API shows the configuration files of a cluster's components")
        }
        _ => None,
    };
    kinds.iter().filter_map(|kind| Some((kind.clone(), why(kind)?.into()))).collect()
}
