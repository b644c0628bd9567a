//! Who there is in a cluster, as far as connections between projects go: pods that nothing tells apart are one party.
use super::{
    cluster::{Cluster, Space},
    host_network,
    outcome::Selection,
    policy::Direction,
    selector::{Labels, Match, Selector},
    side::{Other, PodAddresses, Side},
    unread::namespace_labels,
};
use crate::{
    model::{Description, Environment, Hop, POD_TEMPLATES, Path, PodView, Resource, ResourceId, Step, Text, Value},
    reach::{
        doubt::{Doubt, field, key},
        networks::Ports,
        owners::Owner,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Opens ports on nodes.
const SERVICE: &str = "Service";

/// Whether objects of this kind say who there is: what runs pods, and Services.
pub(super) fn reads(kind: &str) -> bool {
    kinds().any(|of| of == kind)
}

/// The kinds of [`reads`].
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    POD_TEMPLATES.iter().map(|(kind, _)| *kind).chain([SERVICE])
}

/// A namespace of the cluster.
#[derive(Debug)]
pub(super) struct Namespace {
    pub(super) space: Space,
    pub(super) owner: Owner,
    pub(super) labels: Labels,
    /// The Namespace object, where it is in sight.
    id: Option<ResourceId>,
}

/// Pods of one namespace with the same labels, or whatever may run in a namespace of which no workload was read.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) namespace: usize,
    pub(super) labels: Labels,
    /// The first of its workloads, and where its pod stands.
    pub(super) workload: Option<Hop>,
    /// Uses its node's network.
    pub(super) on_host: bool,
    /// Why it may use it.
    pub(super) host_doubt: Option<Doubt>,
    pub(super) sides: usize,
    /// Ports on which every project may reach it, and why it may be one that they may.
    pub(super) shared: Ports,
    pub(super) may_be_shared: bool,
}

/// What tells parties apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    namespace: usize,
    labels: Labels,
    on_host: bool,
    host_doubt: Option<Doubt>,
}

/// A way into a namespace through the nodes: a Service that opens a port on them.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) party: usize,
    pub(super) service: Hop,
}

/// Every party of a cluster.
#[derive(Debug)]
pub(super) struct Parties<'b> {
    cluster: &'b Cluster<'b>,
    pub(super) namespaces: Vec<Namespace>,
    pub(super) parties: Vec<Party>,
    pub(super) entrances: Vec<Entrance>,
    places: BTreeMap<Space, usize>,
    by_key: BTreeMap<Key, usize>,
    sides: Vec<[Side<'b>; 2]>,
    sides_of: BTreeMap<(usize, bool, Option<Doubt>, Option<Selection>), usize>,
    addresses: PodAddresses,
    all: &'b Ports,
}

impl<'b> Parties<'b> {
    /// Reads the resources of a cluster. `unseen` are namespaces that the description names and nobody saw.
    pub(super) fn of(
        environment: &Environment,
        (name, cluster): (&Text, &'b Cluster<'b>),
        resources: &[&Resource],
        unseen: &BTreeSet<(Space, Text)>,
        all: &'b Ports,
    ) -> Self {
        let mut parties = Self {
            cluster,
            namespaces: Vec::new(),
            parties: Vec::new(),
            entrances: Vec::new(),
            places: BTreeMap::new(),
            by_key: BTreeMap::new(),
            sides: Vec::new(),
            sides_of: BTreeMap::new(),
            addresses: PodAddresses::of(&environment.description, name),
            all,
        };
        for resource in resources {
            parties.add_namespace(resource, &environment.description);
        }
        for (space, project) in unseen {
            let labels = Labels::unread("nothing of its project was read");
            parties.place(space, || (Owner::Project(project.clone()), labels, None));
        }
        for resource in resources {
            if let Some(pod) = &resource.pod {
                parties.add_workload(resource, pod);
            }
        }
        parties.add_empty_namespaces();
        parties.share(&environment.description);
        parties.add_entrances(resources);
        parties
    }

    /// The party of a workload.
    pub(super) fn party(&self, subject: &Resource, pod: &PodView) -> Option<usize> {
        let namespace = *self.places.get(&Space::of(&subject.id))?;
        self.by_key.get(&Key::of(namespace, subject, pod)).copied()
    }

    pub(super) fn side(&self, party: &Party, direction: Direction) -> Option<&Side<'b>> {
        self.sides.get(party.sides)?.get(direction as usize)
    }

    pub(super) fn namespace(&self, party: &Party) -> Option<&Namespace> {
        self.namespaces.get(party.namespace)
    }

    /// The party as the other side of a connection sees it.
    pub(super) fn seen<'p>(&'p self, party: &'p Party) -> Option<Other<'p>> {
        let Namespace { space, labels, .. } = self.namespace(party)?;
        Some(Other { space, of_namespace: labels, of_pod: &party.labels, on_host: party.on_host })
    }

    /// Where a party is shown that no policy isolates.
    pub(super) fn place_of(&self, party: &Party) -> Option<Hop> {
        let namespace = || self.namespace(party)?.id.clone().map(|resource| Hop { resource, path: Path::new() });
        party.workload.clone().or_else(namespace)
    }

    fn place(&mut self, space: &Space, new: impl FnOnce() -> (Owner, Labels, Option<ResourceId>)) {
        if !self.places.contains_key(space) {
            let (owner, labels, id) = new();
            self.places.insert(space.clone(), self.namespaces.len());
            self.namespaces.push(Namespace { space: space.clone(), owner, labels, id });
        }
    }

    fn add_namespace(&mut self, resource: &Resource, description: &Description) {
        let id = &resource.id;
        let name = if id.kind.as_ref() == "Namespace" { &id.name } else { &id.namespace };
        if name.is_empty() {
            return;
        }
        let object = self.cluster.namespace(name);
        self.place(&Space::named(&id.root, name), || {
            let labels = object.and_then(|object| object.body.find(&["metadata", "labels"]));
            let owner = Owner::of(description, resource.scope, name, labels);
            (owner, namespace_labels(name, object), object.map(|object| object.id.clone()))
        });
    }

    fn add_workload(&mut self, resource: &Resource, pod: &PodView) {
        let Some(namespace) = self.places.get(&Space::of(&resource.id)).copied() else { return };
        let key = Key::of(namespace, resource, pod);
        if self.by_key.contains_key(&key) {
            return;
        }
        let Some(space) = self.namespaces.get(namespace).map(|of| of.space.clone()) else { return };
        let sides = match key.on_host {
            true => self.sides(&space, namespace, (true, None), None),
            false => {
                let selection = Selection::of(self.cluster, &space, &key.labels);
                self.sides(&space, namespace, (false, key.host_doubt.clone()), selection)
            }
        };
        let workload = Some(Hop { resource: resource.id.clone(), path: pod.path.clone() });
        self.parties.push(Party::new((namespace, sides), key.clone(), workload));
        self.by_key.insert(key, self.parties.len() - 1);
    }

    /// Where no workload of a project's namespace is in sight, what may run there stands for them.
    fn add_empty_namespaces(&mut self) {
        let inhabited: BTreeSet<usize> = self.parties.iter().map(|party| party.namespace).collect();
        for namespace in (0..self.namespaces.len()).filter(|at| !inhabited.contains(at)) {
            let Some(of) = self.namespaces.get(namespace).filter(|of| of.owner != Owner::NoProject) else { continue };
            let space = of.space.clone();
            let selection = Selection::of_all(self.cluster, &space);
            let sides = self.sides(&space, namespace, (false, None), Some(selection));
            let labels = Labels::unread("it may be any pod of the namespace");
            let key = Key { namespace, labels, on_host: false, host_doubt: None };
            self.parties.push(Party::new((namespace, sides), key, None));
        }
    }

    /// Every pair of sides, egress and ingress, that some party has.
    pub(super) fn all_sides(&self) -> &[[Side<'b>; 2]] {
        &self.sides
    }

    fn sides(
        &mut self,
        space: &Space,
        namespace: usize,
        (on_host, doubt): (bool, Option<Doubt>),
        selection: Option<Selection>,
    ) -> usize {
        let key = (namespace, on_host, doubt, selection);
        if let Some(known) = self.sides_of.get(&key) {
            return *known;
        }
        let (cluster, all) = (self.cluster, self.all);
        let sides = Direction::ALL.map(|direction| {
            if on_host {
                return Side::of_node(cluster, all);
            }
            let mut side = Side::of(cluster, space, key.3.as_ref(), direction, (&self.addresses, all));
            if let Some(doubt) = &key.2 {
                side.doubt(doubt.why.clone());
            }
            side
        });
        self.sides_of.insert(key, self.sides.len());
        self.sides.push(sides);
        self.sides.len() - 1
    }

    /// Marks what the description shares between all projects. An entry that says nothing of pods shares nothing.
    fn share(&mut self, description: &Description) {
        for service in &description.shared_services {
            if service.namespace.is_none() && service.selector.is_empty() {
                continue;
            }
            let ports = match service.ports.as_slice() {
                [] => Ports::all(),
                some => {
                    some.iter().filter_map(|port| Ports::parse(port)).fold(Ports::none(), |all, one| all.union(&one))
                }
            };
            let selector = Selector::of_labels(&service.selector);
            for party in &mut self.parties {
                let Some(namespace) = self.namespaces.get(party.namespace) else { continue };
                if service.namespace.as_ref().is_some_and(|name| *name != namespace.space.name) {
                    continue;
                }
                match selector.selects(&party.labels) {
                    Match::No => {}
                    Match::Yes => party.shared = party.shared.union(&ports),
                    Match::Maybe(_) => party.may_be_shared = true,
                }
            }
        }
    }

    /// Services that open ports on the nodes lead to the pods that they select.
    fn add_entrances(&mut self, resources: &[&Resource]) {
        for service in resources.iter().filter(|resource| resource.id.kind.as_ref() == SERVICE) {
            let Some(path) = opens_node_ports(&service.body) else { continue };
            let Some(namespace) = self.places.get(&Space::of(&service.id)) else { continue };
            let Some(chosen) = service.body.find(&["spec", "selector"]).filter(|it| **it != Value::Null) else {
                continue;
            };
            let selector = Selector::of_map(chosen);
            let hop = Hop { resource: service.id.clone(), path };
            for (at, party) in self.parties.iter().enumerate().filter(|(_, party)| party.namespace == *namespace) {
                if selector.selects(&party.labels) != Match::No {
                    self.entrances.push(Entrance { party: at, service: hop.clone() });
                }
            }
        }
    }
}

impl Party {
    fn new((namespace, sides): (usize, usize), key: Key, workload: Option<Hop>) -> Self {
        let Key { labels, on_host, host_doubt, .. } = key;
        Self { namespace, labels, workload, on_host, host_doubt, sides, shared: Ports::none(), may_be_shared: false }
    }
}

impl Key {
    fn of(namespace: usize, subject: &Resource, pod: &PodView) -> Self {
        let labels = Labels::read(Some(&pod.labels)).with_added(&subject.id.kind, &subject.id.name);
        let (on_host, host_doubt) = match host_network(pod) {
            Ok(on_host) => (on_host, None),
            Err(doubt) => (false, Some(doubt)),
        };
        Self { namespace, labels, on_host, host_doubt }
    }
}

/// Where a Service says that its pods are reached through the nodes' own addresses, or by addresses routed to nodes.
fn opens_node_ports(service: &Value) -> Option<Path> {
    let spec = field(service, "spec")?;
    let path = [Step::Key("spec".to_owned())];
    let outside = |value: &Value| !matches!(value.as_text(), Some("ClusterIP" | "ExternalName"));
    if field(spec, "type").is_some_and(outside) {
        return Some(key(&path, "type"));
    }
    let listed = |value: &Value| value.as_list().is_none_or(|items| !items.is_empty());
    field(spec, "externalIPs").is_some_and(listed).then(|| key(&path, "externalIPs"))
}
