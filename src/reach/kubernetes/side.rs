//! What one side of a connection says of the other: the egress of one pod, the ingress of another.
use super::{
    cluster::{Cluster, Policies, Space},
    outcome::{POLICIES_MAX, Selection, Standing, UNREAD_NAMED_MAX},
    policy::{Direction, Policy},
    rule::{Chosen, Side as Peers},
    selector::{Labels, Match, Selector},
    unread::Unread,
};
use crate::{
    model::{Description, Hop, ResourceId, Step, Text},
    reach::{
        doubt::Doubt,
        networks::{Addresses, Ports},
    },
};
use std::borrow::Cow;

/// A place that a side names; `None` = the workload itself, which no policy isolates.
pub(super) type Place<'b> = Option<(&'b ResourceId, Cow<'b, [Step]>)>;

/// The hop of a place.
pub(super) fn hop(place: &Place<'_>) -> Option<Hop> {
    place.as_ref().map(|(id, path)| Hop { resource: (*id).clone(), path: path.to_vec() })
}

/// Who is on the other side: a pod, or a node where `on_host`, as far as policies can tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Other<'p> {
    pub(super) space: &'p Space,
    pub(super) of_namespace: &'p Labels,
    pub(super) of_pod: &'p Labels,
    pub(super) on_host: bool,
}

/// What a side lets through.
#[derive(Debug, Default)]
pub(super) struct Said<'b> {
    pub(super) open: Vec<(&'b Ports, Place<'b>)>,
    /// Why there may be more.
    pub(super) doubts: Vec<(Cow<'b, str>, Place<'b>)>,
}

impl Said<'_> {
    pub(super) const fn is_nothing(&self) -> bool {
        self.open.is_empty() && self.doubts.is_empty()
    }
}

/// The addresses that pods may have: private ones, which ones nobody says.
#[derive(Debug)]
pub(super) struct PodAddresses {
    possible: Addresses,
    /// A block that holds all of these holds every pod of one family.
    every: Addresses,
    /// Cilium holds blocks against what lies outside the cluster only.
    blocks_hold_pods: bool,
}

impl PodAddresses {
    pub(super) fn of(description: &Description, cluster: &Text) -> Self {
        let possible = Addresses::of(description.private_ranges.iter().map(AsRef::as_ref));
        let every = possible.intersection(&Addresses::of(["0.0.0.0/0"]));
        let stated = description.clusters.iter().find(|it| it.name == *cluster);
        let plugin = stated.and_then(|it| it.network_plugin.as_ref()).or(description.network_plugin.as_ref());
        Self { possible, every, blocks_hold_pods: plugin.is_none_or(|plugin| !plugin.eq_ignore_ascii_case("cilium")) }
    }

    fn within(&self, block: &Addresses) -> Reached {
        if self.every.within(block) && self.blocks_hold_pods {
            Reached::Yes
        } else if block.intersection(&self.possible).is_empty() {
            Reached::No
        } else {
            Reached::Maybe
        }
    }
}

enum Reached {
    No,
    Maybe,
    Yes,
}

/// Something that a rule allows.
#[derive(Debug)]
struct Grant<'b> {
    peers: GrantedPeers<'b>,
    ports: &'b Ports,
    port_doubts: &'b [Doubt],
    policy: &'b ResourceId,
    path: &'b [Step],
}

#[derive(Debug)]
enum GrantedPeers<'b> {
    Everyone,
    /// A block that may hold the other side's address.
    Block,
    Chosen(&'b Chosen),
}

/// One direction of all pods of a namespace that the same policies select.
#[derive(Debug, Default)]
pub(super) struct Side<'b> {
    /// Set where no policy isolates it: every port.
    free: Option<&'b Ports>,
    grants: Vec<Grant<'b>>,
    doubts: Vec<(Cow<'b, str>, Place<'b>)>,
    /// Policies that are not read, by what they may do.
    denying: Vec<&'b Unread>,
    opening: Vec<&'b Unread>,
}

impl<'b> Side<'b> {
    /// `all` is the set of all ports, lent.
    pub(super) fn of(
        cluster: &'b Cluster<'b>,
        space: &Space,
        selection: Option<&Selection>,
        direction: Direction,
        (addresses, all): (&PodAddresses, &'b Ports),
    ) -> Self {
        let Some(selection) = selection else {
            return Self::in_doubt(format!("more than {POLICIES_MAX} policies may select it"));
        };
        let mut side = Self::default();
        let isolated = match cluster.policies(space) {
            None => false,
            Some(policies) => side.read(policies, selection, direction, addresses),
        };
        if !isolated && side.doubts.is_empty() {
            side.free = Some(all);
        }
        side.unread(selection.unread.iter().filter_map(|at| cluster.unread(*at)), isolated);
        side
    }

    /// A side that policies do not bind: that of a pod on the host network.
    pub(super) fn of_node(cluster: &'b Cluster<'b>, all: &'b Ports) -> Self {
        let mut side = Self { free: Some(all), ..Self::default() };
        side.unread(cluster.unread_for_nodes(), false);
        side
    }

    /// A side of which nothing is known.
    pub(super) fn in_doubt(why: String) -> Self {
        Self { doubts: vec![(why.into(), None)], ..Self::default() }
    }

    /// Takes in what the policies say, and tells whether they isolate.
    fn read(
        &mut self,
        policies: &'b Policies<'b>,
        selection: &Selection,
        direction: Direction,
        addresses: &PodAddresses,
    ) -> bool {
        let standing = Standing::of(policies, selection, direction as usize);
        let isolated = !standing.isolating.is_empty();
        for policy in &standing.isolating {
            self.grant(policy, direction, addresses);
        }
        for (policy, doubt) in standing.doubtful {
            let part = policy.part(direction);
            if !(isolated && part.rules.is_empty() && part.doubts.is_empty()) {
                let place = doubt.path.map(|path| (policy.id, path.into()));
                self.doubts.push((doubt.why.into(), place));
            }
        }
        isolated
    }

    fn grant(&mut self, policy: &'b Policy<'b>, direction: Direction, addresses: &PodAddresses) {
        let part = policy.part(direction);
        let mut doubt = |doubt: &'b Doubt| {
            let place = (policy.id, doubt.path.as_deref().unwrap_or_default().into());
            self.doubts.push((doubt.why.as_str().into(), Some(place)));
        };
        part.doubts.iter().for_each(&mut doubt);
        part.rules.iter().flat_map(|rule| &rule.peer_doubts).for_each(doubt);
        for rule in &part.rules {
            let blocks = rule
                .peers
                .iter()
                .filter_map(|peer| if let Peers::Block(block) = &peer.side { Some(block) } else { None });
            // Two halves of the address space are the whole.
            let all_blocks = addresses.within(&blocks.fold(Addresses::none(), |all, block| all.union(block)));
            for peer in &rule.peers {
                let peers = match &peer.side {
                    Peers::Everyone => GrantedPeers::Everyone,
                    Peers::Pods(chosen) => GrantedPeers::Chosen(chosen),
                    Peers::Block(block) => match (addresses.within(block), &all_blocks) {
                        (Reached::No, _) => continue,
                        (_, Reached::Yes) => GrantedPeers::Everyone,
                        (Reached::Yes | Reached::Maybe, _) => GrantedPeers::Block,
                    },
                };
                let (ports, port_doubts) = (&rule.ports, rule.port_doubts.as_slice());
                self.grants.push(Grant { peers, ports, port_doubts, policy: policy.id, path: &peer.path });
            }
        }
    }

    fn unread(&mut self, unread: impl Iterator<Item = &'b Unread>, isolated: bool) {
        for unread in unread {
            if unread.denies(isolated) && self.denying.len() < UNREAD_NAMED_MAX {
                self.denying.push(unread);
            }
            if unread.power.opens && self.opening.len() < UNREAD_NAMED_MAX {
                self.opening.push(unread);
            }
        }
    }

    /// Adds a reason why the direction may be open to anyone.
    pub(super) fn doubt(&mut self, why: String) {
        self.doubts.push((why.into(), None));
    }

    /// Whether it can say that anything is certainly open.
    pub(super) const fn may_be_certain(&self) -> bool {
        self.denying.is_empty()
    }

    /// What it says of a pod, or of a node's own address where there is none.
    pub(super) fn of_other(&self, space: &Space, other: Option<Other<'_>>) -> Said<'b> {
        let mut said = Said::default();
        said.open.extend(self.free.map(|all| (all, None)));
        for grant in &self.grants {
            let place = || Some((grant.policy, grant.path.into()));
            match grant.allows(space, other) {
                Match::No => {}
                Match::Maybe(doubt) => said.doubts.push((doubt.why.into(), place())),
                Match::Yes => {
                    if !grant.ports.is_empty() {
                        said.open.push((grant.ports, place()));
                    }
                    let doubts = grant.port_doubts.iter().map(|doubt| (doubt.why.as_str().into(), place()));
                    said.doubts.extend(doubts);
                }
            }
        }
        said.doubts.extend(self.doubts.iter().cloned());
        let not_read = |unread: &&'b Unread| {
            (unread.why.as_str().into(), Some((&unread.id, vec![Step::Key("spec".to_owned())].into())))
        };
        if !said.open.is_empty() && !self.denying.is_empty() {
            said.open.clear();
            said.doubts.extend(self.denying.iter().map(not_read));
        } else if said.open.is_empty() {
            said.doubts.extend(self.opening.iter().map(not_read));
        }
        said
    }

    /// Whom beside pods of its own namespace its rules choose by labels; `None` = anyone may be meant.
    pub(super) fn chosen(&self) -> Option<Vec<(&'b Selector, &'b Selector)>> {
        if self.free.is_some() || !self.doubts.is_empty() || !self.opening.is_empty() {
            return None;
        }
        let chosen = |grant: &Grant<'b>| match grant.peers {
            GrantedPeers::Everyone | GrantedPeers::Block => Some(None),
            GrantedPeers::Chosen(chosen) => chosen.namespaces.as_ref().map(|of| Some((of, &chosen.pods))),
        };
        self.grants.iter().filter_map(chosen).collect()
    }
}

impl Grant<'_> {
    fn allows(&self, space: &Space, other: Option<Other<'_>>) -> Match {
        let chosen = match (&self.peers, other) {
            (GrantedPeers::Everyone, _) => return Match::Yes,
            (GrantedPeers::Block, _) => {
                return maybe("the range that it allows may hold addresses of the cluster");
            }
            (GrantedPeers::Chosen(_), None) => return Match::No,
            (GrantedPeers::Chosen(chosen), Some(other)) => chosen.selects(space, other),
        };
        match (chosen, other.is_some_and(|other| other.on_host)) {
            (Match::No, _) => Match::No,
            (_, true) => maybe("whether labels choose a pod on the host network is up to the network plugin"),
            (chosen, false) => chosen,
        }
    }
}

impl Chosen {
    fn selects(&self, own: &Space, other: Other<'_>) -> Match {
        let namespace = match &self.namespaces {
            None if own == other.space => Match::Yes,
            None => Match::No,
            Some(selector) => selector.selects(other.of_namespace),
        };
        if namespace == Match::No {
            return Match::No;
        }
        match (namespace, self.pods.selects(other.of_pod)) {
            (_, Match::No) => Match::No,
            (Match::Maybe(doubt), _) | (_, Match::Maybe(doubt)) => Match::Maybe(doubt),
            (_, Match::Yes) => Match::Yes,
        }
    }
}

fn maybe(why: &str) -> Match {
    Match::Maybe(Doubt { why: why.to_owned(), path: None })
}
