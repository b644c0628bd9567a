//! Which Kubernetes roots are one cluster, and what each namespace is in the description.
use crate::model::{
    Cluster, ClusterDescription, ClusterSource, Description, Environment, Origin, Platform, Problem, Resource,
    ResourceId, Scope, Text, UNKNOWN_NAMESPACE, Value,
};
use std::collections::{BTreeMap, BTreeSet};

/// The root of plain manifests.
const PLAIN: &str = ".";

/// The source of the description that a path (of a file or a root) belongs to: the longest that holds it.
pub(super) fn source<'a>(description: &'a Description, path: &str) -> Option<&'a ClusterSource> {
    let sources = description.clusters.iter().flat_map(|cluster| &cluster.sources);
    sources.filter(|source| holds(&source.path, path)).max_by_key(|source| source.path.len())
}

/// The root of a plain manifest. `.`, unless the description keeps clusters apart, because two clusters cannot share a
/// root: with several clusters the stated folder, and outside all of them the file's own folder.
pub(super) fn plain_root(description: &Description, path: &str) -> Text {
    match (source(description, path), description.clusters.len()) {
        (_, 0) | (Some(_), 1) => PLAIN.into(),
        (Some(source), _) => tidy(&source.path).into(),
        (None, _) => path.rsplit_once('/').map_or(PLAIN, |(folder, _)| folder).into(),
    }
}

fn holds(folder: &str, path: &str) -> bool {
    let folder = tidy(folder);
    folder == PLAIN || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn tidy(folder: &str) -> &str {
    let folder = folder.strip_prefix("./").unwrap_or(folder).trim_end_matches('/');
    if folder.is_empty() { PLAIN } else { folder }
}

/// Sorts the Kubernetes roots into clusters, as contracts section 1 says ("who sees whom").
pub(super) fn clusters(
    resources: &BTreeMap<ResourceId, Vec<Resource>>,
    description: &Description,
) -> (Vec<Cluster>, Vec<Problem>) {
    let roots: BTreeSet<&Text> =
        resources.keys().filter(|id| id.platform == Platform::Kubernetes).map(|id| &id.root).collect();
    if roots.is_empty() {
        return (Vec::new(), Vec::new());
    }
    if !description.clusters.is_empty() {
        return (stated(resources, description), Vec::new());
    }
    match shared(resources) {
        None => (vec![Cluster { name: PLAIN.into(), roots: roots.into_iter().cloned().collect() }], Vec::new()),
        Some((one, other)) => {
            let clusters =
                roots.iter().map(|root| Cluster { name: (*root).clone(), roots: BTreeSet::from([(*root).clone()]) });
            (clusters.collect(), vec![apart(&roots, one, other)])
        }
    }
}

fn stated(resources: &BTreeMap<ResourceId, Vec<Resource>>, description: &Description) -> Vec<Cluster> {
    let mut names: BTreeMap<&Text, Option<&Text>> = BTreeMap::new();
    for resource in resources.values().flatten().filter(|resource| resource.id.platform == Platform::Kubernetes) {
        let root = &resource.id.root;
        let name = names.entry(root).or_default();
        if name.is_none() {
            let path = if root.as_ref() == PLAIN { resource.origin.path() } else { root };
            *name = cluster_at(description, path).map(|cluster| &cluster.name);
        }
    }
    let mut clusters: BTreeMap<Text, BTreeSet<Text>> = BTreeMap::new();
    for (root, name) in names {
        // A root that no cluster names sees itself only.
        clusters.entry(name.unwrap_or(root).clone()).or_default().insert(root.clone());
    }
    clusters.into_iter().map(|(name, roots)| Cluster { name, roots }).collect()
}

/// The stated cluster that a path belongs to.
fn cluster_at<'a>(description: &'a Description, path: &str) -> Option<&'a ClusterDescription> {
    let nearest = source(description, path)?;
    description.clusters.iter().find(|cluster| cluster.sources.contains(nearest))
}

/// Two roots that define the same object: they cannot be one cluster.
fn shared(resources: &BTreeMap<ResourceId, Vec<Resource>>) -> Option<(&Resource, &Resource)> {
    let mut first: BTreeMap<(&Text, &Text, &Text), &Resource> = BTreeMap::new();
    for (id, found) in resources {
        // Objects without a name are not the same, and neither are those in namespaces that nobody knows.
        let is_told = !id.name.is_empty() && id.namespace.as_ref() != UNKNOWN_NAMESPACE;
        if id.platform != Platform::Kubernetes || !is_told {
            continue;
        }
        let Some(resource) = found.first() else { continue };
        match first.get(&(&id.kind, &id.namespace, &id.name)) {
            Some(other) if other.id.root != id.root => return Some((other, resource)),
            Some(_) => {}
            None => {
                first.insert((&id.kind, &id.namespace, &id.name), resource);
            }
        }
    }
    None
}

fn apart(roots: &BTreeSet<&Text>, one: &Resource, other: &Resource) -> Problem {
    let block: String =
        roots.iter().map(|root| format!("\n  - name: {}\n    sources: [{{path: {root}}}]", named(root))).collect();
    let cause = format!(
        "`{}` stands in `{}` and in `{}`, so that each root is read as a cluster of its own; state in spe.yaml which \
         belong together:\nclusters:{block}",
        one.id.address(),
        one.id.root,
        other.id.root,
    );
    Problem::remark(other.origin.clone(), cause)
}

/// A cluster's name made from a root's.
fn named(root: &str) -> String {
    if root == PLAIN { "plain".to_owned() } else { root.replace('/', "-") }
}

/// Two resources with one id: each is judged, and the problem names both places.
pub(super) fn twice(resources: &BTreeMap<ResourceId, Vec<Resource>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (id, found) in resources {
        let [first, others @ ..] = found.as_slice() else { continue };
        if id.name.is_empty() {
            continue;
        }
        for other in others {
            let (path, line) = (first.origin.path(), first.origin.mark().line);
            let remedy = match id.namespace.as_ref() {
                UNKNOWN_NAMESPACE => "say in which namespaces, or remove one",
                _ => "remove one",
            };
            let cause = format!("`{}` is defined twice, first in {path}:{line}; {remedy}", id.full());
            problems.push(Problem::remark(other.origin.clone(), cause));
        }
    }
    problems
}

/// What each namespace is in the description, by cluster and name.
pub(super) struct Scopes<'a> {
    description: &'a Description,
    /// Labels of Namespace objects.
    labels: BTreeMap<(Text, Text), Value>,
}

impl<'a> Scopes<'a> {
    /// Reads the labels of all Namespace objects.
    pub(super) fn new(
        resources: &BTreeMap<ResourceId, Vec<Resource>>,
        clusters: &[Cluster],
        description: &'a Description,
    ) -> Self {
        let mut labels = BTreeMap::new();
        for (id, found) in resources.iter().filter(|(id, _)| id.kind.as_ref() == "Namespace") {
            let cluster = cluster_of(clusters, &id.root);
            for namespace in found {
                let stated = namespace.body.find(&["metadata", "labels"]).cloned().unwrap_or(Value::Null);
                labels
                    .entry((cluster.clone(), id.name.clone()))
                    .and_modify(|known| {
                        if *known != stated {
                            *known = Value::unknown("the Namespace is defined twice, with different labels");
                        }
                    })
                    .or_insert(stated);
            }
        }
        Self { description, labels }
    }

    /// The scope of a resource.
    pub(super) fn of(&self, id: &ResourceId, clusters: &[Cluster]) -> Scope {
        if id.platform != Platform::Kubernetes {
            return Scope::Project;
        }
        let namespace = if id.kind.as_ref() == "Namespace" { &id.name } else { &id.namespace };
        match namespace.as_ref() {
            "" => Scope::Project,
            UNKNOWN_NAMESPACE => Scope::Unknown,
            _ if self.description.exempt_namespaces.contains(namespace) => Scope::Exempt,
            _ if !self.description.stated => Scope::Project,
            _ => self.stated(&cluster_of(clusters, &id.root), namespace),
        }
    }

    fn stated(&self, cluster: &Text, namespace: &Text) -> Scope {
        let projects = &self.description.projects;
        if projects.iter().any(|project| project.namespaces.contains(namespace)) {
            return Scope::Project;
        }
        // Only where labels decide does it matter that they are not in sight.
        let by_label = projects.iter().any(|project| !project.selector.is_empty() || project.namespaces.is_empty());
        match self.labels.get(&(cluster.clone(), namespace.clone())) {
            Some(Value::Unknown(_)) => Scope::Unknown,
            Some(labels) if labels.get(&self.description.project_label).is_some() => Scope::Project,
            Some(labels) if projects.iter().any(|project| project.selects(labels)) => Scope::Project,
            Some(_) => Scope::Platform,
            None if by_label && !self.description.complete.contains(Platform::Kubernetes.name()) => Scope::Unknown,
            None => Scope::Platform,
        }
    }
}

/// The scope of a resource that is no part of an environment, in the light of the Namespaces that are.
#[must_use]
pub fn scope(environment: &Environment, id: &ResourceId) -> Scope {
    let namespace = if id.kind.as_ref() == "Namespace" { &id.name } else { &id.namespace };
    let space = ResourceId {
        platform: Platform::Kubernetes,
        root: id.root.clone(),
        kind: "Namespace".into(),
        namespace: "".into(),
        name: namespace.clone(),
    };
    let found = environment.resources.get(&space).and_then(|found| found.first());
    let stated = found.map(|one| one.body.find(&["metadata", "labels"]).cloned().unwrap_or(Value::Null));
    let cluster = cluster_of(&environment.clusters, &id.root);
    let labels = stated.map(|stated| ((cluster, namespace.clone()), stated)).into_iter().collect();
    Scopes { description: &environment.description, labels }.of(id, &environment.clusters)
}

fn cluster_of(clusters: &[Cluster], root: &Text) -> Text {
    clusters.iter().find(|cluster| cluster.roots.contains(root)).map_or_else(|| root.clone(), |of| of.name.clone())
}

/// The Environment as a resource: one for each platform of which something was read (contracts, section 2).
pub(super) fn environment_resources(platforms: &BTreeSet<Platform>, description: &Description) -> Vec<Resource> {
    let mut spec = description.spec.clone();
    let complete: Vec<Text> = description.complete.iter().cloned().collect();
    spec.put("complete", complete);
    let metadata: crate::model::Map = [("name", description.name.clone())].into_iter().collect();
    let body: crate::model::Map = [
        ("apiVersion", Value::from("speguard.io/v1alpha1")),
        ("kind", "SecureProcessingEnvironment".into()),
        ("metadata", metadata.into()),
        ("spec", spec.into()),
    ]
    .into_iter()
    .collect();
    let origin = description.origin.clone().unwrap_or_else(|| Origin::file("spe.yaml"));
    let resource = |platform: &Platform| Resource {
        id: ResourceId {
            platform: *platform,
            root: PLAIN.into(),
            kind: crate::model::ENVIRONMENT_KIND.into(),
            namespace: "".into(),
            name: description.name.clone(),
        },
        origin: origin.clone(),
        body: Value::Map(body.clone()),
        pod: None,
        provider: None,
        flows: None,
        scope: Scope::Project,
    };
    platforms.iter().map(resource).collect()
}
