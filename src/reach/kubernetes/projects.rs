//! Connections between projects: what the egress of one pod and the ingress of another both allow.
//!
//! It stands in this room because it reads the same policies, selectors and unread kinds as ways to the internet. What
//! is assumed beside the room's own assumptions:
//! - A Service is a name for its pods: the connection is the one to the pod. So are an ExternalName and endpoints written
//!   by hand, which only name an address. A Service that opens a port on the nodes (NodePort, LoadBalancer,
//!   `externalIPs`) carries the connection on from a node, whose traffic to its own pods no policy binds: unknown.
//! - A range of addresses in a rule holds pods where it holds every private address of version 4, and may hold some where
//!   it holds any; with Cilium it holds none for certain.
//! - Nodes may always connect to the pods that they run ("Network Policies", what you can't do), so that a pod on the
//!   host network may reach any pod beside it.
use super::{
    cluster::{Clusters, Space},
    matrix::Matrix,
    parties::Parties,
    unread::further_networks,
};
use crate::{
    model::{Environment, Platform, PodView, Resource, Text, UNKNOWN_NAMESPACE, Way},
    reach::{doubt::key, networks::Ports, owners::Owner},
};
use std::collections::{BTreeMap, BTreeSet};

/// The connections between the projects of an environment, ready to be asked about.
pub(super) struct Projects<'b> {
    clusters: &'b Clusters<'b>,
    matrices: BTreeMap<&'b Text, Matrix<'b>>,
}

impl<'b> Projects<'b> {
    /// Reads every cluster once. `all` is the set of all ports, lent; `only` is the one project that is asked about;
    /// `beside` are workloads that the environment does not hold.
    pub(super) fn of(
        environment: &'b Environment,
        clusters: &'b Clusters<'b>,
        all: &'b Ports,
        only: Option<&'b Text>,
        beside: &[Resource],
    ) -> Self {
        let mut resources: BTreeMap<&Text, Vec<&Resource>> = BTreeMap::new();
        for resource in environment.all().filter(|resource| resource.id.platform == Platform::Kubernetes) {
            resources.entry(clusters.name(&resource.id.root)).or_default().push(resource);
        }
        for resource in beside {
            resources.entry(clusters.name_of(&resource.id)).or_default().push(resource);
        }
        let unseen = unseen(environment);
        let matrix = |(name, cluster)| {
            let of = resources.get(name).map(Vec::as_slice).unwrap_or_default();
            (name, Matrix::of(Parties::of(environment, (name, cluster), of, &unseen, all), cluster, only))
        };
        Self { clusters, matrices: clusters.all().map(matrix).collect() }
    }

    /// The projects that have namespaces.
    pub(super) fn names(&self) -> BTreeSet<Text> {
        let namespaces = self.matrices.values().flat_map(|matrix| &matrix.parties.namespaces);
        let project = |owner: &Owner| if let Owner::Project(name) = owner { Some(name.clone()) } else { None };
        namespaces.filter_map(|namespace| project(&namespace.owner)).collect()
    }

    /// The ways of a workload to other projects; `None` for what is not a part of the environment.
    pub(super) fn of_workload(&self, subject: &Resource, pod: &PodView) -> Option<Vec<Way>> {
        let matrix = self.matrices.get(self.clusters.name_of(&subject.id))?;
        let party = matrix.parties.party(subject, pod)?;
        let on_host = matrix.parties.parties.get(party)?.on_host;
        let path = if on_host { key(&pod.path, "hostNetwork") } else { pod.path.clone() };
        let mut ways = super::from(subject, &path, &matrix.ways(party));
        if ways.is_empty() {
            ways.extend(further_networks(subject, &super::metadata(pod)));
        }
        Some(ways)
    }

    /// The ways of a workload that is not among those that were read; `None` where its namespace was not seen.
    pub(super) fn of_newcomer(&mut self, subject: &Resource, pod: &PodView) -> Option<Vec<Way>> {
        let matrix = self.matrices.get_mut(self.clusters.name_of(&subject.id))?;
        let (on_host, found) = matrix.of_newcomer(subject, pod)?;
        let path = if on_host { key(&pod.path, "hostNetwork") } else { pod.path.clone() };
        let mut ways = super::from(subject, &path, &found);
        if ways.is_empty() {
            ways.extend(further_networks(subject, &super::metadata(pod)));
        }
        Some(ways)
    }

    /// Adds a workload; false where everything must be read anew.
    pub(super) fn add(&mut self, workload: &Resource) -> bool {
        let matrix = self.matrices.get_mut(self.clusters.name_of(&workload.id));
        matrix.zip(workload.pod.as_ref()).is_some_and(|(matrix, pod)| matrix.add(workload, pod))
    }

    /// Takes a workload out; likewise.
    pub(super) fn remove(&mut self, workload: &Resource) -> bool {
        let matrix = self.matrices.get_mut(self.clusters.name_of(&workload.id));
        matrix.zip(workload.pod.as_ref()).is_some_and(|(matrix, pod)| matrix.remove(workload, pod))
    }
}

/// Namespaces that the description gives to projects and that nobody saw, with their projects: they may be anywhere,
/// unless everything was read. A project that is known by labels alone, and none of whose namespaces is in sight, has
/// one whose name is not known.
fn unseen(environment: &Environment) -> BTreeSet<(Space, Text)> {
    let description = &environment.description;
    if description.complete.contains(Platform::Kubernetes.name()) {
        return BTreeSet::new();
    }
    let mut seen: BTreeSet<&Text> = BTreeSet::new();
    let mut selected: BTreeSet<&Text> = BTreeSet::new();
    for (id, resources) in environment.resources.iter().filter(|(id, _)| id.platform == Platform::Kubernetes) {
        let is_namespace = id.kind.as_ref() == "Namespace";
        seen.insert(if is_namespace { &id.name } else { &id.namespace });
        for labels in resources.iter().filter(|_| is_namespace).filter_map(|it| it.body.find(&["metadata", "labels"])) {
            let label = labels.get(&description.project_label).and_then(|value| value.as_text());
            let is_of = |project: &&crate::model::Project| project.selects(labels) || label == Some(&project.name);
            selected.extend(description.projects.iter().filter(is_of).map(|project| &project.name));
        }
    }
    let mut unseen = BTreeSet::new();
    for project in &description.projects {
        let named = project.namespaces.iter().filter(|name| !seen.contains(name));
        unseen.extend(named.map(|name| (Space::named(&"".into(), name), project.name.clone())));
        if project.namespaces.is_empty() && !selected.contains(&project.name) {
            let root = format!("project {}", project.name).into();
            unseen.insert((Space::named(&root, &UNKNOWN_NAMESPACE.into()), project.name.clone()));
        }
    }
    unseen
}
