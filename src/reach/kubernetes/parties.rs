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

/// How many parties that went are kept beyond as many as live, before everything is read anew.
const GONE_MAX: usize = 1_000;

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
    /// Its workloads, and where the pod of each stands.
    workloads: BTreeMap<ResourceId, Path>,
    /// Its last workload went; it may come back.
    pub(super) is_gone: bool,
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

/// A Service that opens a port on the nodes, and the pods that it leads to.
#[derive(Debug)]
struct Door {
    namespace: usize,
    selector: Selector,
    service: Hop,
}

/// Every party of a cluster.
#[derive(Debug)]
pub(super) struct Parties<'b> {
    cluster: &'b Cluster<'b>,
    pub(super) namespaces: Vec<Namespace>,
    pub(super) parties: Vec<Party>,
    pub(super) entrances: Vec<Entrance>,
    /// Services that open ports on nodes.
    doors: Vec<Door>,
    /// How many parties of a namespace have workloads.
    inhabited: BTreeMap<usize, usize>,
    places: BTreeMap<Space, usize>,
    by_key: BTreeMap<Key, usize>,
    description: &'b Description,
    sides: Vec<[Side<'b>; 2]>,
    sides_of: BTreeMap<(usize, bool, Option<Doubt>, Option<Selection>), usize>,
    addresses: PodAddresses,
    all: &'b Ports,
}

impl<'b> Parties<'b> {
    /// Reads the resources of a cluster. `unseen` are namespaces that the description names and nobody saw.
    pub(super) fn of(
        environment: &'b Environment,
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
            doors: Vec::new(),
            inhabited: BTreeMap::new(),
            places: BTreeMap::new(),
            by_key: BTreeMap::new(),
            description: &environment.description,
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
            parties.add_door(resource);
        }
        for resource in resources {
            if let Some(pod) = &resource.pod {
                parties.join(resource, pod);
            }
        }
        parties.add_empty_namespaces();
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
        let first = party.workloads.first_key_value();
        first.map(|(id, path)| Hop { resource: id.clone(), path: path.clone() }).or_else(namespace)
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

    /// Adds a workload to its party; gives that where it is a new one. `None` = nothing else has changed, or its namespace
    /// is not in sight.
    pub(super) fn join(&mut self, resource: &Resource, pod: &PodView) -> Option<usize> {
        let namespace = self.places.get(&Space::of(&resource.id)).copied()?;
        let key = Key::of(namespace, resource, pod);
        let member = (resource.id.clone(), pod.path.clone());
        if let Some(party) = self.by_key.get(&key).and_then(|at| self.parties.get_mut(*at)) {
            *self.inhabited.entry(namespace).or_default() += usize::from(party.workloads.is_empty());
            party.is_gone = false;
            party.workloads.extend([member]);
            return None;
        }
        let sides = self.sides_of(&key)?;
        let mut party = Party::new((namespace, sides), key.clone());
        party.workloads.extend([member]);
        *self.inhabited.entry(namespace).or_default() += 1;
        Some(self.enter(party, key))
    }

    /// Takes a workload out of its party; false where its namespace is then without any, or was never seen with it, or too many went.
    pub(super) fn leave(&mut self, resource: &Resource, pod: &PodView) -> bool {
        let Some(namespace) = self.places.get(&Space::of(&resource.id)).copied() else { return false };
        let at = self.by_key.get(&Key::of(namespace, resource, pod)).copied();
        let Some(party) = at.and_then(|at| self.parties.get_mut(at)) else { return false };
        let was_there = party.workloads.remove(&resource.id).is_some();
        party.is_gone = party.workloads.is_empty();
        let left = self.inhabited.entry(namespace).or_default();
        *left = left.saturating_sub(usize::from(was_there && party.is_gone));
        let is_inhabited = *left > 0;
        // Labels that stand for one run only never come back.
        let living: usize = self.inhabited.values().sum();
        was_there && is_inhabited && self.parties.len() <= 2 * living + GONE_MAX
    }

    /// The party that a workload would be, where its Namespace is in sight.
    pub(super) fn newcomer(&mut self, resource: &Resource, pod: &PodView) -> Option<Party> {
        let namespace = self.places.get(&Space::of(&resource.id)).copied()?;
        self.namespaces.get(namespace)?.id.as_ref()?;
        let key = Key::of(namespace, resource, pod);
        let sides = self.sides_of(&key)?;
        Some(Party::new((namespace, sides), key))
    }

    /// Whether no workload of the namespace of this one is in sight.
    pub(super) fn is_first(&self, resource: &Resource) -> bool {
        let namespace = self.places.get(&Space::of(&resource.id));
        namespace.and_then(|at| self.inhabited.get(at)).is_none_or(|parties| *parties == 0)
    }

    fn sides_of(&mut self, key: &Key) -> Option<usize> {
        let space = self.namespaces.get(key.namespace)?.space.clone();
        Some(match key.on_host {
            true => self.sides(&space, key.namespace, (true, None), None),
            false => {
                let selection = Selection::of(self.cluster, &space, &key.labels);
                self.sides(&space, key.namespace, (false, key.host_doubt.clone()), selection)
            }
        })
    }

    fn enter(&mut self, mut party: Party, key: Key) -> usize {
        self.share(&mut party);
        let at = self.parties.len();
        for door in self.doors.iter().filter(|door| door.namespace == party.namespace) {
            if door.selector.selects(&party.labels) != Match::No {
                self.entrances.push(Entrance { party: at, service: door.service.clone() });
            }
        }
        self.parties.push(party);
        self.by_key.insert(key, at);
        at
    }

    /// Where no workload of a project's namespace is in sight, what may run there stands for them.
    fn add_empty_namespaces(&mut self) {
        for namespace in 0..self.namespaces.len() {
            if self.inhabited.contains_key(&namespace) {
                continue;
            }
            let Some(of) = self.namespaces.get(namespace).filter(|of| of.owner != Owner::NoProject) else { continue };
            let space = of.space.clone();
            let selection = Selection::of_all(self.cluster, &space);
            let sides = self.sides(&space, namespace, (false, None), Some(selection));
            let labels = Labels::unread("it may be any pod of the namespace");
            let key = Key { namespace, labels, on_host: false, host_doubt: None };
            self.enter(Party::new((namespace, sides), key.clone()), key);
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
    fn share(&self, party: &mut Party) {
        let Some(namespace) = self.namespaces.get(party.namespace) else { return };
        for service in &self.description.shared_services {
            let is_elsewhere = service.namespace.as_ref().is_some_and(|name| *name != namespace.space.name);
            if is_elsewhere || (service.namespace.is_none() && service.selector.is_empty()) {
                continue;
            }
            let ports = match service.ports.as_slice() {
                [] => Ports::all(),
                some => {
                    some.iter().filter_map(|port| Ports::parse(port)).fold(Ports::none(), |all, one| all.union(&one))
                }
            };
            match Selector::of_labels(&service.selector).selects(&party.labels) {
                Match::No => {}
                Match::Yes => party.shared = party.shared.union(&ports),
                Match::Maybe(_) => party.may_be_shared = true,
            }
        }
    }

    /// Services that open ports on the nodes lead to the pods that they select.
    fn add_door(&mut self, service: &Resource) {
        if service.id.kind.as_ref() != SERVICE {
            return;
        }
        let Some(path) = opens_node_ports(&service.body) else { return };
        let Some(namespace) = self.places.get(&Space::of(&service.id)).copied() else { return };
        let Some(chosen) = service.body.find(&["spec", "selector"]).filter(|it| **it != Value::Null) else { return };
        let hop = Hop { resource: service.id.clone(), path };
        self.doors.push(Door { namespace, selector: Selector::of_map(chosen), service: hop });
    }
}

impl Party {
    fn new((namespace, sides): (usize, usize), key: Key) -> Self {
        let Key { labels, on_host, host_doubt, .. } = key;
        let (workloads, shared) = (BTreeMap::new(), Ports::none());
        let (is_gone, may_be_shared) = (false, false);
        Self { namespace, labels, workloads, is_gone, on_host, host_doubt, sides, shared, may_be_shared }
    }

    /// Whether workloads of it are in sight, so that it is not whatever may run in a namespace.
    pub(super) fn is_seen(&self) -> bool {
        !self.workloads.is_empty()
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
pub(in crate::reach) fn opens_node_ports(service: &Value) -> Option<Path> {
    let spec = field(service, "spec")?;
    let path = [Step::Key("spec".to_owned())];
    let outside = |value: &Value| !matches!(value.as_text(), Some("ClusterIP" | "ExternalName"));
    if field(spec, "type").is_some_and(outside) {
        return Some(key(&path, "type"));
    }
    let listed = |value: &Value| value.as_list().is_none_or(|items| !items.is_empty());
    field(spec, "externalIPs").is_some_and(listed).then(|| key(&path, "externalIPs"))
}
