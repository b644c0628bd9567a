//! Which parties of a cluster can open connections to which parties of other projects.
//!
//! Pairs would be too many to try: who may be meant is found by namespace first, from the side that names fewer.
use super::{
    cluster::Cluster,
    labelled::{Askers, Carriers, asked_by},
    outcome::UNREAD_NAMED_MAX,
    parties::{Parties, Party},
    policy::Direction,
    selector::{Match, Selector},
    side::{Place, Said, Side, hop},
};
use crate::{
    model::{Hop, PodView, Resource, Text, Way},
    reach::{networks::Ports, owners::Owner},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How many projects are named beside one workload that can reach more of them.
const PROJECTS_NAMED_MAX: usize = 10;

/// The parties of a cluster, and which of them may mean whom.
pub(super) struct Matrix<'b> {
    pub(super) parties: Parties<'b>,
    cluster: &'b Cluster<'b>,
    only: Option<&'b Text>,
    /// By sides: whom ingress and egress may mean; `None` = anyone.
    meant: Vec<[Option<Meant>; 2]>,
    /// Namespaces by their labels.
    labelled: Carriers,
    /// The parties of projects: by namespace, and by the labels of their pods.
    inhabitants: Vec<Vec<usize>>,
    carriers: Carriers,
    /// The parties whose ingress means a namespace, pods with a label, or maybe anyone.
    admitting: Vec<Vec<usize>>,
    admitting_labelled: Askers,
    admitting_any: Vec<usize>,
    known: RefCell<BTreeMap<usize, Arc<Vec<Way>>>>,
}

/// What was found of one party.
#[derive(Default)]
struct Found {
    /// By project: ports, and the places of the first way on both sides.
    open: BTreeMap<Text, (Ports, Vec<Hop>)>,
    unknown: Vec<(String, Text, Vec<Hop>)>,
}

impl Found {
    const fn is_unknown_enough(&self) -> bool {
        self.unknown.len() >= UNREAD_NAMED_MAX
    }

    fn is_open_enough(&self, project: &Text) -> bool {
        match self.open.get(project) {
            Some((ports, _)) => *ports == Ports::all(),
            None => self.open.len() >= PROJECTS_NAMED_MAX,
        }
    }

    /// Whether nothing more would be named.
    fn is_enough(&self) -> bool {
        self.open.len() >= PROJECTS_NAMED_MAX && self.open.values().all(|(ports, _)| *ports == Ports::all())
    }

    fn add_unknown(&mut self, why: &str, project: &Text, witness: Vec<Hop>) {
        let said = self.unknown.iter().any(|(known, _, hops)| known == why && *hops == witness);
        if !said && !self.is_unknown_enough() {
            self.unknown.push((why.to_owned(), project.clone(), witness));
        }
    }

    fn into_ways(self) -> Vec<Way> {
        let open =
            self.open.into_iter().map(|(project, (ports, witness))| Way::open(&project, &ports.shown(), witness));
        let unknown = self.unknown.into_iter().map(|(why, project, witness)| {
            let mut way = Way::unknown(&why, witness);
            way.facts.put("to", project);
            way
        });
        open.chain(unknown).collect()
    }
}

impl<'b> Matrix<'b> {
    pub(super) fn of(parties: Parties<'b>, cluster: &'b Cluster<'b>, only: Option<&'b Text>) -> Self {
        let mut labelled = Carriers::default();
        for (at, namespace) in parties.namespaces.iter().enumerate() {
            labelled.add(at, &namespace.labels);
        }
        let mut matrix = Self {
            cluster,
            only,
            meant: Vec::new(),
            labelled,
            inhabitants: vec![Vec::new(); parties.namespaces.len()],
            carriers: Carriers::default(),
            admitting: vec![Vec::new(); parties.namespaces.len()],
            admitting_labelled: Askers::default(),
            admitting_any: Vec::new(),
            known: RefCell::default(),
            parties,
        };
        matrix.mean();
        for at in 0..matrix.parties.parties.len() {
            matrix.enter(at);
        }
        matrix
    }

    /// Finds whom sides mean that are new.
    fn mean(&mut self) {
        let known = self.meant.len();
        let new = self.parties.all_sides().iter().skip(known);
        let meant =
            new.map(|sides| [0, 1].map(|of| sides.get(of).and_then(|side| meant(&self.parties, &self.labelled, side))));
        let meant: Vec<_> = meant.collect();
        self.meant.extend(meant);
    }

    /// Has a party be found by those who may mean it, and those whom it admits find it.
    fn enter(&mut self, at: usize) {
        let Some(party) = self.parties.parties.get(at) else { return };
        if matches!(self.parties.namespace(party).map(|of| &of.owner), None | Some(Owner::NoProject)) {
            return;
        }
        self.carriers.add(at, &party.labels);
        if let Some(inhabitants) = self.inhabitants.get_mut(party.namespace) {
            inhabitants.push(at);
        }
        let Some(meant) = self.meant.get(party.sides).and_then(|[ingress, _]| ingress.as_ref()) else {
            self.admitting_any.push(at);
            return;
        };
        meant.labels.iter().for_each(|label| self.admitting_labelled.add(at, label));
        for namespace in meant.namespaces.iter().filter(|namespace| **namespace != party.namespace) {
            if let Some(admitting) = self.admitting.get_mut(*namespace) {
                admitting.push(at);
            }
        }
    }

    /// Adds a workload; false where its namespace was not seen, or held none.
    pub(super) fn add(&mut self, workload: &Resource, pod: &PodView) -> bool {
        if self.parties.is_first(workload) {
            return false;
        }
        let new = self.parties.join(workload, pod);
        self.mean();
        new.into_iter().for_each(|at| self.enter(at));
        self.known.borrow_mut().clear();
        true
    }

    /// Takes a workload out; false where its namespace then holds none.
    pub(super) fn remove(&mut self, workload: &Resource, pod: &PodView) -> bool {
        self.known.borrow_mut().clear();
        self.parties.leave(workload, pod)
    }

    /// The ways of a workload that is none of the parties', and whether it is on its node's network.
    pub(super) fn of_newcomer(&mut self, workload: &Resource, pod: &PodView) -> Option<(bool, Arc<Vec<Way>>)> {
        let party = self.parties.newcomer(workload, pod)?;
        self.mean();
        let ways = match self.parties.party(workload, pod) {
            Some(known) => self.ways(known),
            None => Arc::new(self.ways_of(&party)),
        };
        Some((party.on_host, ways))
    }

    /// The ways of a party to other projects: one for each project that is open to it, up to a number of them, and what
    /// may be open. The witness begins after the workload, and names the place on its own side, then the other's.
    pub(super) fn ways(&self, party: usize) -> Arc<Vec<Way>> {
        let known = self.known.borrow().get(&party).cloned();
        known.unwrap_or_else(|| {
            let ways = Arc::new(self.parties.parties.get(party).map(|of| self.ways_of(of)).unwrap_or_default());
            self.known.borrow_mut().insert(party, Arc::clone(&ways));
            ways
        })
    }

    fn ways_of(&self, from: &Party) -> Vec<Way> {
        let mut found = Found::default();
        for to in self.candidates(from).filter_map(|at| self.parties.parties.get(at)).filter(|to| !to.is_gone) {
            if found.is_enough() {
                break;
            }
            if let Some((project, certain)) = self.crosses(from, to) {
                self.weigh(from, to, (project, certain), &mut found);
            }
        }
        self.weigh_entrances(from, &mut found);
        let mut ways = found.into_ways();
        if ways.is_empty() {
            ways.extend(self.cluster.hidden().map(|problem| {
                let why = format!("`{}` could not be read and may hold projects or policies", problem.origin.path());
                Way::unknown(&why, Vec::new())
            }));
        }
        ways
    }

    /// Whom a party may mean and who may admit it.
    fn candidates(&self, from: &Party) -> Box<dyn Iterator<Item = usize> + '_> {
        if from.on_host || from.host_doubt.is_some() {
            // Its node may connect to every pod that runs there.
            return Box::new(self.inhabitants.iter().flatten().copied());
        }
        let admitting = self.admitting.get(from.namespace).map(Vec::as_slice).unwrap_or_default();
        let labelled = self.admitting_labelled.met_by(&from.labels);
        if let Some(meant) = self.meant.get(from.sides).and_then(|[_, egress]| egress.as_ref()) {
            let inhabitants =
                meant.namespaces.iter().filter_map(|namespace| self.inhabitants.get(*namespace)).flatten();
            let carriers = meant.labels.iter().flat_map(|(key, value)| self.carriers.of((key, value)));
            let named = inhabitants.copied().chain(carriers);
            let enough = admitting.len() + labelled.len() + self.admitting_any.len();
            if named.clone().take(enough).count() < enough {
                return Box::new(named);
            }
        }
        Box::new(admitting.iter().chain(&self.admitting_any).copied().chain(labelled))
    }

    /// The project of a party that may not be the other's own, and whether it certainly is not.
    fn crosses(&self, from: &Party, to: &Party) -> Option<(&Text, bool)> {
        if from.namespace == to.namespace {
            return None;
        }
        let own = &self.parties.namespace(from)?.owner;
        let other = self.parties.namespace(to)?;
        let (project, certain) = match (own, &other.owner) {
            (_, Owner::NoProject) => return None,
            (Owner::Project(own), Owner::Project(project)) if own == project => return None,
            (Owner::Project(_) | Owner::NoProject, Owner::Project(project)) => (project, true),
            (Owner::Untold, Owner::Project(project)) => (project, false),
            (_, Owner::Untold) => (&other.space.name, false),
        };
        (!certain || self.only.is_none_or(|only| only == project)).then_some((project, certain))
    }

    fn weigh(&self, from: &Party, to: &Party, (project, certain): (&Text, bool), found: &mut Found) {
        let (Some(egress), Some(ingress)) =
            (self.parties.side(from, Direction::Egress), self.parties.side(to, Direction::Ingress))
        else {
            return;
        };
        let may_be_open =
            certain && to.is_seen() && !to.may_be_shared && egress.may_be_certain() && ingress.may_be_certain();
        if found.is_open_enough(project) || (found.is_unknown_enough() && !may_be_open) {
            return;
        }
        let received = self.said(to, ingress, from, true);
        if received.is_nothing() {
            return;
        }
        let sent = self.said(from, egress, to, false);
        let target = self.parties.place_of(to);
        let Some((ports, witness)) = open(&sent, &received, &to.shared, &target) else {
            if let Some((why, witness)) = doubted(&sent, &received, &to.shared, &target) {
                found.add_unknown(&why, project, witness);
            }
            return;
        };
        match self.why_unknown(to, certain) {
            None => {
                let entry = found.open.entry(project.clone()).or_insert_with(|| (Ports::none(), witness));
                entry.0 = entry.0.union(&ports);
            }
            Some(why) => found.add_unknown(&why, project, witness),
        }
    }

    /// Why a way that policies leave open may be none between projects.
    fn why_unknown(&self, to: &Party, certain: bool) -> Option<String> {
        let name = self.parties.namespace(to).map(|of| of.space.name.as_ref()).unwrap_or_default();
        if !certain {
            Some(format!("it is not known whether `{name}` belongs to the same project"))
        } else if !to.is_seen() {
            Some(format!("nothing that runs in `{name}` was read"))
        } else if to.may_be_shared {
            Some("whether its destination is a shared service depends on labels that are not known".to_owned())
        } else {
            None
        }
    }

    /// What the side of a party says of another; a node may always connect to the pods that run on it.
    fn said(&self, of: &Party, side: &Side<'b>, other: &Party, is_ingress: bool) -> Said<'b> {
        let (Some(namespace), Some(seen)) = (self.parties.namespace(of), self.parties.seen(other)) else {
            return Said::default();
        };
        let mut said = side.of_other(&namespace.space, Some(seen));
        if is_ingress && (other.on_host || other.host_doubt.is_some()) {
            said.doubts.push(("the node that it runs on may connect to every pod beside it".into(), None));
        }
        said
    }

    /// Services that open ports on the nodes, where the party may connect to nodes.
    fn weigh_entrances(&self, from: &Party, found: &mut Found) {
        let (Some(egress), Some(namespace)) =
            (self.parties.side(from, Direction::Egress), self.parties.namespace(from))
        else {
            return;
        };
        let said = egress.of_other(&namespace.space, None);
        let sent = said.open.first().map(|(_, place)| place).or(said.doubts.first().map(|(_, place)| place));
        let Some(sent) = sent else { return };
        for entrance in &self.parties.entrances {
            let Some(to) = self.parties.parties.get(entrance.party).filter(|to| !to.is_gone) else { continue };
            let Some((project, _)) = self.crosses(from, to) else { continue };
            if found.is_unknown_enough() {
                return;
            }
            if !found.open.contains_key(project) && to.shared != Ports::all() {
                let witness = hop(sent).into_iter().chain([entrance.service.clone()]).collect();
                let why = "nodes carry connections on to it, and network policies do not bind them";
                found.add_unknown(why, project, witness);
            }
        }
    }
}

/// What both sides let through beyond what is shared, and the places that open the first of it.
fn open(sent: &Said<'_>, received: &Said<'_>, shared: &Ports, target: &Option<Hop>) -> Option<(Ports, Vec<Hop>)> {
    let mut ports = Ports::none();
    let mut witness = None;
    for (out, from) in &sent.open {
        for (into, at) in &received.open {
            let common = out.intersection(into).difference(shared);
            if !common.is_empty() {
                witness.get_or_insert_with(|| places(from, at, target));
                ports = ports.union(&common);
            }
        }
    }
    witness.map(|witness| (ports, witness))
}

/// Why something may pass both sides though nothing certainly does.
fn doubted(sent: &Said<'_>, received: &Said<'_>, shared: &Ports, target: &Option<Hop>) -> Option<(String, Vec<Hop>)> {
    if sent.is_nothing() || received.is_nothing() || *shared == Ports::all() {
        return None;
    }
    match (sent.doubts.first(), received.doubts.first()) {
        (None, None) => None,
        (Some((why, place)), _) => Some((why.to_string(), hop(place).into_iter().collect())),
        (None, Some((why, place))) => {
            let from = sent.open.first().and_then(|(_, place)| hop(place));
            let at = hop(place).or_else(|| target.clone());
            Some((why.to_string(), from.into_iter().chain(at).collect()))
        }
    }
}

fn places(from: &Place<'_>, at: &Place<'_>, target: &Option<Hop>) -> Vec<Hop> {
    hop(from).into_iter().chain(hop(at).or_else(|| target.clone())).collect()
}

/// Whom the rules of a side may mean beside its own namespace.
#[derive(Debug, Default)]
struct Meant {
    namespaces: BTreeSet<usize>,
    /// Pods of any namespace that carry one of these labels.
    labels: BTreeSet<(Text, Text)>,
}

/// Whom a side may mean; `None` = anyone. `labelled` holds the namespaces by their labels.
fn meant(parties: &Parties<'_>, labelled: &Carriers, side: &Side<'_>) -> Option<Meant> {
    let selected = |selector: &Selector| -> Vec<usize> {
        let among: Vec<usize> = match selector.anchor() {
            Some(label) => labelled.of(label).collect(),
            None => (0..parties.namespaces.len()).collect(),
        };
        let may_be =
            |at: &usize| parties.namespaces.get(*at).is_some_and(|of| selector.selects(&of.labels) != Match::No);
        among.into_iter().filter(may_be).collect()
    };
    let mut meant = Meant::default();
    for (namespaces, pods) in side.chosen()? {
        match (asked_by(pods), namespaces.selects_everything()) {
            (Some(label), Match::Yes) => {
                meant.labels.insert(label);
            }
            (None, Match::Yes) => return None,
            (_, Match::No | Match::Maybe(_)) => meant.namespaces.extend(selected(namespaces)),
        }
    }
    Some(meant)
}
