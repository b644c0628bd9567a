//! Ways between projects that are no connections: storage that two share, copies, grants and rights across namespaces.
//!
//! Subjects are volumes, claims, snapshots' contents, reference grants, role bindings, and workloads that mount storage
//! without a claim. Every way has the fact `by`: `volume`, `source`, `grant`, `rights` (of another project's accounts in its
//! namespace), `rights_of_all` (of everybody's) or `rights_everywhere` (of a project's in all namespaces); and where one
//! project is meant, `to`. Ways that are connections have no `by` (`kubernetes`).
mod rights;
mod volumes;

use super::owners::{Owner, Owners};
use crate::model::{Answer, Environment, Hop, Map, Path, Platform, Reach, Resource, ResourceId, Text, Value, Way};
use crate::reach::doubt::{field, index, key};

const CLAIM: &str = "PersistentVolumeClaim";
const GRANT: &str = "gateway.networking.k8s.io/ReferenceGrant";
const BINDING: &str = "rbac.authorization.k8s.io/RoleBinding";
const CLUSTER_BINDING: &str = "rbac.authorization.k8s.io/ClusterRoleBinding";

/// Kinds that such ways are told from, beside namespaces and what runs pods.
pub(super) const KINDS: [&str; 7] =
    [volumes::VOLUME, volumes::SNAPSHOT, CLAIM, GRANT, BINDING, CLUSTER_BINDING, rights::CLUSTER_ROLE];

/// Adds to `projects` what these subjects open to other projects.
pub(super) fn derive(environment: &Environment, subjects: &[&Resource], reach: &mut Reach) {
    let is_asked = |subject: &&Resource| subject.pod.is_some() || KINDS.contains(&subject.id.kind.as_ref());
    if !subjects.iter().any(is_asked) {
        return;
    }
    let owners = Owners::of(environment);
    let volumes = volumes::Volumes::of(environment, &owners);
    for subject in subjects.iter().filter(|subject| subject.id.platform == Platform::Kubernetes) {
        let ways = match subject.id.kind.as_ref() {
            volumes::VOLUME | volumes::SNAPSHOT => volumes.ways(subject),
            CLAIM => copied(subject, environment, &owners),
            GRANT => granted(subject, environment, &owners),
            BINDING => rights::of_namespace(subject, environment, &owners),
            CLUSTER_BINDING => rights::of_cluster(subject, environment, &owners),
            _ if subject.pod.is_some() => volumes.ways(subject),
            _ => continue,
        };
        // Of a workload without a matrix of connections, nothing is derived, which is not the same as no way.
        if subject.pod.is_some() && !reach.projects.contains_key(&subject.id) {
            continue;
        }
        let all = reach.projects.entry(subject.id.clone()).or_default();
        for way in ways {
            if !all.contains(&way) {
                all.push(way);
            }
        }
    }
}

/// Whether what an object opens to other projects lies beside the workloads of these, so that all of them must be known.
pub(super) fn lies_beside_workloads(resource: &Resource) -> bool {
    [volumes::VOLUME, volumes::SNAPSHOT].contains(&resource.id.kind.as_ref()) || volumes::mounts(resource)
}

/// A way to another project, told by what the two owners are to each other; `None` where nothing is crossed.
fn crossing(own: &Owner, other: &Owner, (by, namespace): (&str, &Text), witness: Vec<Hop>) -> Option<Way> {
    match (own, other) {
        (Owner::NoProject, _) | (_, Owner::NoProject) => None,
        (Owner::Project(own), Owner::Project(other)) if own == other => None,
        (Owner::Project(_), Owner::Project(other)) => Some(open(by, Some(other), witness)),
        (Owner::Untold, _) | (_, Owner::Untold) => {
            Some(unknown(by, &format!("it is not known to which project `{namespace}` belongs"), witness))
        }
    }
}

fn open(by: &str, to: Option<&Text>, witness: Vec<Hop>) -> Way {
    let to = to.map(|to| ("to", Value::Text(to.clone())));
    let facts: Map = [("by", Value::from(by))].into_iter().chain(to).collect();
    Way { answer: Answer::Open, facts, witness }
}

fn unknown(by: &str, why: &str, witness: Vec<Hop>) -> Way {
    let mut way = Way::unknown(why, witness);
    way.facts.put("by", by);
    way
}

fn hop(id: &ResourceId, path: Path) -> Hop {
    Hop { resource: id.clone(), path }
}

/// `["spec", …]`.
fn spec(keys: &[&str]) -> Path {
    keys.iter().fold(key(&[], "spec"), |path, name| key(&path, name))
}

/// A claim that takes its content from a namespace of another project.
fn copied(claim: &Resource, environment: &Environment, owners: &Owners<'_>) -> Vec<Way> {
    let path = spec(&["dataSourceRef", "namespace"]);
    let Some(namespace) = claim.body.at(&path).filter(|value| **value != Value::Null) else { return Vec::new() };
    named(claim, ("source", namespace, path), environment, owners).into_iter().collect()
}

/// A grant that lets objects of another project's namespace refer into its own.
fn granted(grant: &Resource, environment: &Environment, owners: &Owners<'_>) -> Vec<Way> {
    let path = spec(&["from"]);
    let way = |(at, item): (usize, &crate::model::Item)| {
        let namespace = field(&item.value, "namespace")?;
        named(grant, ("grant", namespace, key(&index(&path, at), "namespace")), environment, owners)
    };
    match grant.body.at(&path) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::List(items)) => items.iter().enumerate().filter_map(way).collect(),
        Some(_) => vec![unknown("grant", "from whom it takes references is not known", vec![hop(&grant.id, path)])],
    }
}

/// The way to the owner of a namespace that an object names.
fn named(
    from: &Resource,
    (by, namespace, path): (&str, &Value, Path),
    environment: &Environment,
    owners: &Owners<'_>,
) -> Option<Way> {
    let witness = vec![hop(&from.id, path)];
    let Some(name) = namespace.as_text().map(Text::from) else {
        return Some(unknown(by, "the namespace that it names is not known", witness));
    };
    if name == from.id.namespace {
        return None;
    }
    let other = owners.owner(environment.cluster(&from.id.root), &name);
    crossing(&owners.of_resource(&from.id), &other, (by, &name), witness)
}
