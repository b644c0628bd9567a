//! A live cluster, read: which kinds are needed, and every object of them.
use crate::{
    cli::Live as Arguments,
    collect::cluster::{self, Access, Part},
    evaluate::Bundle,
    model::{Platform, Problem, Resource, Text},
    normalise::{self, Live},
    reach,
};
use std::collections::{BTreeMap, BTreeSet};

/// Never listed, so that its data stay where they are.
const SECRET: &str = "Secret";

/// What a cluster holds of what is needed.
pub(super) struct Cluster {
    pub(super) live: Live,
    pub(super) problems: Vec<Problem>,
    /// Of the API server: `v1.36.3`.
    pub(super) version: String,
}

/// Reads every object of every kind that a rule or reach looks at.
///
/// # Errors
/// A cluster that cannot be asked at all. A kind that cannot be listed is a problem.
pub(super) fn read(arguments: &Arguments, bundle: &Bundle) -> anyhow::Result<Cluster> {
    let access = Access { kubeconfig: arguments.kubeconfig.clone(), context: arguments.context.clone() };
    let (cluster, version) = cluster::Cluster::connect(&access)?;
    let kinds = bundle.kinds(Platform::Kubernetes);
    let found = cluster.kinds(&|kind| kinds.contains(kind) || reach::reads(kind))?;
    let mut problems = found.problems;
    let mut resources = Vec::new();
    for served in found.served.into_iter().filter(|served| served.kind.as_ref() != SECRET) {
        let mut of_kind: Vec<Resource> = Vec::new();
        let mut unread = Vec::new();
        let ended = cluster.list(&served, &mut |part| match part {
            Part::Restart => of_kind.clear(),
            Part::Page(page) => match normalise::page(&page) {
                Ok(read) => of_kind.extend(read),
                Err(problem) => unread.push(problem),
            },
        });
        match ended {
            Ok(_) => resources.append(&mut of_kind),
            // Half a list would read as if the other half did not exist.
            Err(problem) => problems.push(problem),
        }
        problems.append(&mut unread);
    }
    let name = arguments.cluster_name.as_deref().map(Text::from);
    let live = Live { resources, name, complete: problems.is_empty(), unseen: unseen(&kinds) };
    Ok(Cluster { live, problems, version })
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
