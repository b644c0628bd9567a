//! One cluster, indexed once: policies by namespace and label, namespaces, kinds not read, unread sources.
use super::{
    endpoints, parties,
    policy::Policy,
    selector::Labels,
    unread::{self, Unread, namespace_labels},
};
use crate::{
    model::{Environment, Platform, Problem, Resource, ResourceId, Text, UNKNOWN_NAMESPACE, Way},
    reach::Target,
};
use std::collections::{BTreeMap, BTreeSet};

pub(in crate::reach) const POLICY: &str = "networking.k8s.io/NetworkPolicy";

const NAMESPACE: &str = "Namespace";

/// Whether connections are derived from objects of this kind.
pub(in crate::reach) fn reads(kind: &str) -> bool {
    let opens = [POLICY, NAMESPACE].contains(&kind) || endpoints::KINDS.contains(&kind) || unread::may_matter(kind);
    opens || parties::reads(kind)
}

/// Those of them that are known by name.
pub(in crate::reach) fn kinds() -> impl Iterator<Item = &'static str> {
    [POLICY, NAMESPACE].into_iter().chain(endpoints::KINDS).chain(unread::named()).chain(parties::kinds())
}

/// A namespace of a cluster. One whose name is not known is a namespace of its own in every root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Space {
    /// Empty where the name is known.
    root: Text,
    pub(super) name: Text,
}

impl Space {
    pub(super) fn of(id: &ResourceId) -> Self {
        Self::named(&id.root, &id.namespace)
    }

    /// The namespace that a root calls by a name.
    pub(super) fn named(root: &Text, name: &Text) -> Self {
        let root = if name.as_ref() == UNKNOWN_NAMESPACE { root.clone() } else { "".into() };
        Self { root, name: name.clone() }
    }
}

/// The policies of one namespace.
#[derive(Debug, Default)]
pub(super) struct Policies<'a> {
    all: Vec<Policy<'a>>,
    /// Policies that need a label with a value, by that label: a pod only asks those whose label it carries.
    by_label: BTreeMap<Text, BTreeMap<Text, Vec<usize>>>,
    general: Vec<usize>,
}

/// A cluster as far as connections go.
#[derive(Debug, Default)]
pub(super) struct Cluster<'a> {
    pub(super) name: Text,
    policies: BTreeMap<Space, Policies<'a>>,
    namespaces: BTreeMap<Text, &'a Resource>,
    unread: Vec<Unread>,
    /// Their indexes by namespace; `""` = cluster-wide.
    unread_in: BTreeMap<Text, Vec<usize>>,
    /// Ways through Services to endpoints beyond the cluster.
    pub(super) outward: Vec<Way>,
    /// Sources that could not be read and may hold policies of this cluster.
    hidden: Vec<&'a Problem>,
    /// What was not listed of those who are in the cluster, which tells nothing of what opens ways for others.
    hidden_parties: Vec<&'a Problem>,
    /// The description says that the nodes' own way out is closed.
    pub(super) nodes_closed: bool,
}

impl<'a> Policies<'a> {
    fn add(&mut self, policy: Policy<'a>) {
        let at = self.all.len();
        match policy.selector.anchor() {
            Some((key, value)) => {
                self.by_label.entry(key.clone()).or_default().entry(value.clone()).or_default().push(at);
            }
            None => self.general.push(at),
        }
        self.all.push(policy);
    }

    /// Every policy with its index.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &Policy<'a>)> {
        self.all.iter().enumerate()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Policy<'a>> {
        self.all.get(index)
    }

    /// How many policies a pod with these labels is held against.
    fn weight(&self, labels: &Labels) -> usize {
        if labels.may_be_more() {
            return self.all.len();
        }
        let by_value = |(key, value): (&Text, Option<&Text>)| match (self.by_label.get(key), value) {
            (None, _) => 0,
            (Some(by_value), Some(value)) => by_value.get(value).map_or(0, Vec::len),
            (Some(by_value), None) => by_value.values().map(Vec::len).sum(),
        };
        self.general.len() + labels.pairs().map(by_value).sum::<usize>()
    }

    /// Every policy that may select a pod with these labels, with its index, in order of id.
    pub(super) fn candidates(&self, labels: &Labels) -> Vec<(usize, &Policy<'a>)> {
        if labels.may_be_more() {
            return self.all().collect();
        }
        let mut found: BTreeSet<usize> = self.general.iter().copied().collect();
        for (key, value) in labels.pairs() {
            let Some(by_value) = self.by_label.get(key) else { continue };
            match value {
                Some(value) => found.extend(by_value.get(value).into_iter().flatten()),
                None => found.extend(by_value.values().flatten()),
            }
        }
        found.into_iter().filter_map(|at| Some((at, self.get(at)?))).collect()
    }
}

impl<'a> Cluster<'a> {
    fn add_unread(&mut self, resource: &'a Resource) {
        if let Some(unread) = Unread::read(resource) {
            self.push_unread(unread);
        }
    }

    fn push_unread(&mut self, unread: Unread) {
        self.unread_in.entry(unread.id.namespace.clone()).or_default().push(self.unread.len());
        self.unread.push(unread);
    }

    pub(super) fn policies(&self, space: &Space) -> Option<&Policies<'a>> {
        self.policies.get(space)
    }

    /// How many policies of any kind a pod of a namespace with these labels is held against.
    pub(super) fn weight(&self, space: &Space, labels: &Labels) -> usize {
        let cluster_wide = Text::from("");
        let unread = [&cluster_wide, &space.name].into_iter().filter_map(|of| self.unread_in.get(of)).map(Vec::len);
        self.policies(space).map_or(0, |policies| policies.weight(labels)) + unread.sum::<usize>()
    }

    pub(super) fn namespace_labels(&self, name: &Text) -> Labels {
        namespace_labels(name, self.namespaces.get(name).copied())
    }

    /// Policies of kinds not read that may select a pod, by their index, in order of id.
    pub(super) fn unread_for(&self, name: &Text, labels: &Labels) -> Vec<usize> {
        if self.unread.is_empty() {
            return Vec::new();
        }
        let of_namespace = self.namespace_labels(name);
        let cluster_wide = Text::from("");
        let indexes = [&cluster_wide, name].into_iter().filter_map(|of| self.unread_in.get(of)).flatten();
        let may_select = |at: &usize| self.unread(*at).is_some_and(|it| it.may_select(name, &of_namespace, labels));
        let mut found: Vec<usize> = indexes.copied().filter(may_select).collect();
        found.sort_unstable();
        found
    }

    pub(super) fn unread(&self, index: usize) -> Option<&Unread> {
        self.unread.get(index)
    }

    /// Policies of kinds not read that may bind nodes.
    pub(super) fn unread_for_nodes(&self) -> impl Iterator<Item = &Unread> {
        self.unread.iter().filter(|unread| unread.binds_nodes)
    }

    /// The first unread source that may hold anything of the cluster.
    pub(super) fn hidden(&self) -> Option<&'a Problem> {
        self.hidden.first().or(self.hidden_parties.first()).copied()
    }

    pub(super) fn namespace(&self, name: &Text) -> Option<&'a Resource> {
        self.namespaces.get(name).copied()
    }

    /// The first unread source that may hold policies for a namespace.
    pub(super) fn hidden_from(&self, name: &Text) -> Option<&'a Problem> {
        let may_hold = |problem: &&&Problem| {
            let namespace = problem.hides.as_ref().and_then(|hidden| hidden.namespace.as_ref());
            namespace.is_none_or(|namespace| namespace == name)
        };
        self.hidden.iter().find(may_hold).copied()
    }
}

/// Every cluster of an environment, and which roots it is made of.
#[derive(Debug)]
pub(super) struct Clusters<'a> {
    by_name: BTreeMap<&'a Text, Cluster<'a>>,
    roots: BTreeMap<&'a Text, &'a Text>,
}

impl<'a> Clusters<'a> {
    /// One pass over all resources.
    pub(super) fn index(environment: &'a Environment, target: &Target) -> Self {
        let named = environment.clusters.iter();
        let roots: BTreeMap<&Text, &Text> =
            named.flat_map(|cluster| cluster.roots.iter().map(|root| (root, &cluster.name))).collect();
        let mut clusters = Self { by_name: BTreeMap::new(), roots };
        for (id, resources) in &environment.resources {
            if id.platform != Platform::Kubernetes {
                continue;
            }
            let name = clusters.name(&id.root);
            let new = || Cluster { name: name.clone(), ..Cluster::default() };
            let cluster = clusters.by_name.entry(name).or_insert_with(new);
            for resource in resources {
                if id.kind.as_ref() == POLICY {
                    let policy = Policy::read(resource, resources.len(), target);
                    cluster.policies.entry(Space::of(id)).or_default().add(policy);
                } else if id.kind.as_ref() == NAMESPACE {
                    cluster.namespaces.insert(id.name.clone(), resource);
                } else {
                    cluster.add_unread(resource);
                    cluster.outward.extend(endpoints::outward(resource, target));
                }
            }
        }
        clusters.add_hidden(environment);
        for described in &environment.description.clusters {
            if let Some(cluster) = clusters.by_name.get_mut(&described.name) {
                cluster.nodes_closed = described.node_route.is_some();
            }
        }
        clusters
    }

    /// Every cluster, by name.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a Text, &Cluster<'a>)> {
        self.by_name.iter().map(|(name, cluster)| (*name, cluster))
    }

    pub(super) fn of(&self, id: &ResourceId) -> Option<&Cluster<'a>> {
        self.by_name.get(self.name_of(id))
    }

    /// The name of the cluster that a resource is in.
    pub(super) fn name_of<'i>(&self, id: &'i ResourceId) -> &'i Text
    where
        'a: 'i,
    {
        self.roots.get(&id.root).copied().unwrap_or(&id.root)
    }

    pub(super) fn name(&self, root: &'a Text) -> &'a Text {
        self.roots.get(root).copied().unwrap_or(root)
    }

    /// A source of a root that no cluster names may belong to any of them.
    fn add_hidden(&mut self, environment: &'a Environment) {
        let (roots, by_name) = (&self.roots, &mut self.by_name);
        for problem in &environment.problems {
            let Some(hidden) = &problem.hides else { continue };
            let elsewhere = hidden.platform.is_some_and(|platform| platform != Platform::Kubernetes);
            if elsewhere || hidden.kind.as_ref().is_some_and(|kind| !reads(kind)) {
                continue;
            }
            let of = hidden.root.as_ref().and_then(|root| roots.get(root).copied().or(Some(root)));
            let held = of.filter(|name| by_name.contains_key(name));
            for (_, cluster) in by_name.iter_mut().filter(|(name, _)| held.is_none_or(|held| held == **name)) {
                match (Unread::unlisted(problem), &hidden.kind) {
                    (Some(unlisted), _) => cluster.push_unread(unlisted),
                    (None, Some(kind)) if parties::reads(kind) => cluster.hidden_parties.push(problem),
                    (None, _) => cluster.hidden.push(problem),
                }
            }
        }
    }
}
