//! Who can reach what in a Kubernetes cluster, exactly, from its NetworkPolicies.
//!
//! What is assumed, and judged elsewhere: the network plugin enforces NetworkPolicies (SPE-NET-01 asks), and pods have
//! addresses of private ranges, so that peers chosen by labels are never the internet. What a proxy or a gateway that
//! a pod may reach leads on to is the proxy's own connection, and is judged there; Services: see `endpoints`, and
//! `projects` for what they are between projects.
mod cluster;
mod endpoints;
mod labelled;
mod matrix;
mod outcome;
mod parties;
mod policy;
mod projects;
mod rule;
mod selector;
mod side;
mod unread;

use crate::reach::doubt::{Doubt, field, key};
use crate::{
    model::{Answer, Environment, Hop, Map, Path, Platform, PodView, Reach, Resource, Step, Text, Value, Way, Ways},
    reach::{Target, networks::Ports},
};
pub(in crate::reach) use cluster::{POLICY, kinds, reads};
pub(in crate::reach) use endpoints::leads_outward;
pub(in crate::reach) use parties::opens_node_ports;
pub(in crate::reach) use policy::has_rules;

use cluster::{Cluster, Clusters, Space};
use outcome::{Outcome, Selection, with_direction};
use policy::Direction;
use projects::Projects;
use selector::Labels;
use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Fills `internet`, `projects` and `isolation` for every workload, and `isolation` for every Namespace.
pub(super) fn derive(environment: &Environment, subjects: &[&Resource], reach: &mut Reach) {
    let is_asked = |subject: &&Resource| subject.pod.is_some() || subject.id.kind.as_ref() == "Namespace";
    if !subjects.iter().any(is_asked) {
        return;
    }
    let target = Target::internet(&environment.description);
    let view = Look::at(environment, &target);
    let all = Ports::all();
    let found = OnceCell::new();
    for subject in subjects.iter().filter(|subject| subject.id.platform == Platform::Kubernetes) {
        if let Some(pod) = &subject.pod {
            let Some(outcome) = view.of_workload(subject, pod) else { continue };
            merge(&mut reach.internet, subject, outcome.connections);
            merge(&mut reach.isolation, subject, outcome.isolation);
            let projects = found.get_or_init(|| Projects::of(environment, &view.clusters, &all, None, &[]));
            if let Some(ways) = projects.of_workload(subject, pod) {
                merge(&mut reach.projects, subject, ways);
            }
        } else if subject.id.kind.as_ref() == "Namespace"
            && let Some(isolation) = view.of_namespace(subject)
        {
            merge(&mut reach.isolation, subject, isolation);
        }
    }
}

/// What connections are derived from, found once for many workloads that come later.
pub(super) struct Standing<'a> {
    view: &'a Look<'a>,
    projects: Projects<'a>,
}

/// Finds it in an environment and the workloads beside it, and hands it on.
pub(super) fn stand<T>(environment: &Environment, beside: &[Resource], with: impl FnOnce(Standing<'_>) -> T) -> T {
    let target = Target::internet(&environment.description);
    let view = Look::at(environment, &target);
    let all = Ports::all();
    let projects = Projects::of(environment, &view.clusters, &all, None, beside);
    with(Standing { view: &view, projects })
}

impl Standing<'_> {
    /// Fills the connections of a workload that is not among those which stand; false where they cannot be told beside
    /// those.
    pub(super) fn of_newcomer(&mut self, subject: &Resource, reach: &mut Reach) -> bool {
        let Some(pod) = &subject.pod else { return false };
        let Some(outcome) = self.view.of_workload(subject, pod) else { return false };
        let Some(ways) = self.projects.of_newcomer(subject, pod) else { return false };
        merge(&mut reach.internet, subject, outcome.connections);
        merge(&mut reach.isolation, subject, outcome.isolation);
        merge(&mut reach.projects, subject, ways);
        true
    }

    /// Adds a workload; false where everything must be found anew.
    pub(super) fn add(&mut self, workload: &Resource) -> bool {
        self.projects.add(workload)
    }

    /// Takes a workload out; likewise.
    pub(super) fn remove(&mut self, workload: &Resource) -> bool {
        self.projects.remove(workload)
    }
}

/// The ways of every workload among the subjects to a target.
#[must_use]
pub fn connections(environment: &Environment, subjects: &[&Resource], target: &Target) -> Ways {
    let view = Look::at(environment, target);
    let mut ways = Ways::new();
    for subject in subjects.iter().filter(|subject| subject.id.platform == Platform::Kubernetes) {
        if let Some(outcome) = subject.pod.as_ref().and_then(|pod| view.of_workload(subject, pod)) {
            merge(&mut ways, subject, outcome.connections);
        }
    }
    ways
}

/// The ways of every workload among the subjects to one project, by its name.
///
/// # Errors
/// There is no such project: the names of those that there are.
pub fn connections_to_project(
    environment: &Environment,
    subjects: &[&Resource],
    project: &Text,
) -> Result<Ways, BTreeSet<Text>> {
    let target = Target::internet(&environment.description);
    let clusters = Clusters::index(environment, &target);
    let all = Ports::all();
    let projects = Projects::of(environment, &clusters, &all, Some(project), &[]);
    let names = projects.names();
    if !names.contains(project) {
        return Err(names);
    }
    let mut ways = Ways::new();
    for subject in subjects.iter().filter(|subject| subject.id.platform == Platform::Kubernetes) {
        if let Some(found) = subject.pod.as_ref().and_then(|pod| projects.of_workload(subject, pod)) {
            merge(&mut ways, subject, found);
        }
    }
    Ok(ways)
}

/// A subject that is defined twice has the ways of both, and one doubt more.
fn merge(all: &mut Ways, subject: &Resource, ways: Vec<Way>) {
    match all.entry(subject.id.clone()) {
        std::collections::btree_map::Entry::Vacant(entry) => {
            entry.insert(ways);
        }
        std::collections::btree_map::Entry::Occupied(mut entry) => {
            let twice = Way::unknown("it is defined twice", vec![hop(subject, Path::new())]);
            for way in ways.into_iter().chain([twice]) {
                if !entry.get().contains(&way) {
                    entry.get_mut().push(way);
                }
            }
        }
    }
}

fn hop(subject: &Resource, path: Path) -> Hop {
    Hop { resource: subject.id.clone(), path }
}

/// One look at an environment: what it holds, and answers found so far.
struct Look<'a> {
    clusters: Clusters<'a>,
    target: &'a Target,
    /// Workloads of one cluster and namespace that the same policies select have the same answer.
    known: RefCell<BTreeMap<(Text, Space, Selection), Arc<Outcome>>>,
}

impl<'a> Look<'a> {
    fn at(environment: &'a Environment, target: &'a Target) -> Self {
        Self { clusters: Clusters::index(environment, target), target, known: RefCell::default() }
    }

    /// `None` for what is not a part of the environment.
    fn of_workload(&self, subject: &Resource, pod: &PodView) -> Option<Outcome> {
        let cluster = self.clusters.of(&subject.id)?;
        let host = match host_network(pod) {
            Ok(true) => return Some(on_host(cluster, subject, pod, self.target)),
            Ok(false) => None,
            Err(doubt) => Some(doubt),
        };
        let labels = Labels::read(Some(&pod.labels)).with_added(&subject.id.kind, &subject.id.name);
        let space = Space::of(&subject.id);
        let found = match Selection::of(cluster, &space, &labels) {
            Some(selection) => self.outcome(cluster, space, selection),
            None => Arc::new(Outcome::beyond_limit()),
        };
        let mut outcome = Outcome {
            connections: from(subject, &pod.path, &found.connections),
            isolation: from(subject, &pod.path, &found.isolation),
        };
        if outcome.connections.is_empty() {
            outcome.connections.extend(unread::further_networks(subject, &metadata(pod)));
        }
        if let Some(doubt) = host {
            let way = Way::unknown(&doubt.why, vec![hop(subject, doubt.path.unwrap_or_default())]);
            if !cluster.nodes_closed {
                outcome.connections.push(way.clone());
            }
            outcome.isolation.extend(Direction::ALL.map(|direction| with_direction(way.clone(), direction)));
        }
        Some(outcome)
    }

    fn outcome(&self, cluster: &Cluster<'a>, space: Space, selection: Selection) -> Arc<Outcome> {
        let key = (cluster.name.clone(), space, selection);
        let mut known = self.known.borrow_mut();
        match known.get(&key) {
            Some(found) => Arc::clone(found),
            None => {
                let (_, space, selection) = &key;
                let found = Arc::new(Outcome::of(cluster, space, selection, self.target));
                known.insert(key, Arc::clone(&found));
                found
            }
        }
    }

    /// How a namespace isolates every pod that it may hold.
    fn of_namespace(&self, subject: &Resource) -> Option<Vec<Way>> {
        let cluster = self.clusters.of(&subject.id)?;
        let space = Space::named(&subject.id.root, &subject.id.name);
        let found = Outcome::of(cluster, &space, &Selection::of_all(cluster, &space), self.target);
        Some(from(subject, &Path::new(), &found.isolation))
    }
}

/// Ways as seen from a workload: its own hop first, the rest of the witness after it.
fn from(subject: &Resource, path: &Path, ways: &[Way]) -> Vec<Way> {
    let begin = |way: &Way| {
        let mut witness = Vec::with_capacity(way.witness.len() + 1);
        witness.push(hop(subject, path.clone()));
        witness.extend(way.witness.iter().cloned());
        Way { answer: way.answer, facts: way.facts.clone(), witness }
    };
    ways.iter().map(begin).collect()
}

/// Whether the pod uses the node's network; absent = no.
fn host_network(pod: &PodView) -> Result<bool, Doubt> {
    if pod.spec.as_map().is_none() {
        return Err(Doubt::of(&pod.spec, &pod.path, "a pod"));
    }
    match field(&pod.spec, "hostNetwork") {
        None => Ok(false),
        Some(Value::Bool(host)) => Ok(*host),
        Some(other) => Err(Doubt::of(other, &key(&pod.path, "hostNetwork"), "true or false")),
    }
}

/// A pod on the host network leaves through its node: policies do not bind it.
fn on_host(cluster: &Cluster<'_>, subject: &Resource, pod: &PodView, target: &Target) -> Outcome {
    let witness = vec![hop(subject, key(&pod.path, "hostNetwork"))];
    let connections = match cluster.unread_for_nodes().next() {
        _ if cluster.nodes_closed && !target.may_hold_pods => Vec::new(),
        Some(unread) => from(subject, &pod.path, &[unread.way()]),
        None => target.all_ways(&witness),
    };
    let isolated = |direction| {
        let facts: Map = [("cause", "host_network")].into_iter().collect();
        with_direction(Way { answer: Answer::Open, facts, witness: witness.clone() }, direction)
    };
    Outcome { connections, isolation: Direction::ALL.map(isolated).to_vec() }
}

/// Where the pod's own metadata stands: beside its spec.
fn metadata(pod: &PodView) -> Path {
    let mut path = pod.path.clone();
    path.pop();
    path.push(Step::Key("metadata".to_owned()));
    path
}
