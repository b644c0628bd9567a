//! What policies make of the pods of one namespace with the same labels.
use super::{
    cluster::{Cluster, Policies, Space},
    policy::{Direction, Effect, Policy},
    selector::Labels,
    unread::{Denies, Unread},
};
use crate::reach::doubt::Doubt;
use crate::{
    model::{Answer, Hop, Map, Problem, Way},
    reach::Target,
};

/// How many things that are not read, or lead out, are named beside one workload: one is enough to know where to look.
pub(super) const UNREAD_NAMED_MAX: usize = 3;

/// How many policies one workload is held against. Clusters in use have tens in a namespace; beyond this, workloads times
/// policies would keep a scan for hours, and the answer is unknown.
pub(super) const POLICIES_MAX: usize = 5_000;

/// The answer for all pods of a namespace that carry the same labels. The witness of a way begins after the
/// workload: it is empty where nothing but the workload is to be shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) connections: Vec<Way>,
    pub(super) isolation: Vec<Way>,
}

/// Everything that decides about a pod: what each policy does to it, and which kinds not read may select it. Pods with
/// the same selection have the same outcome, and there are few selections.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Selection {
    /// By index, the policies that do anything, with their effects by direction.
    policies: Vec<(usize, [Effect; 2])>,
    pub(super) unread: Vec<usize>,
}

impl Selection {
    /// What selects a pod with these labels; `None` where there are too many policies to ask.
    pub(super) fn of(cluster: &Cluster<'_>, space: &Space, labels: &Labels) -> Option<Self> {
        if cluster.weight(space, labels) > POLICIES_MAX {
            return None;
        }
        let candidates = cluster.policies(space).map(|policies| policies.candidates(labels)).unwrap_or_default();
        let effects = candidates.into_iter().map(|(at, policy)| (at, policy.effects(labels)));
        Some(Self { policies: effects.filter(matters).collect(), unread: cluster.unread_for(&space.name, labels) })
    }

    /// What selects every pod that a namespace may hold.
    pub(super) fn of_all(cluster: &Cluster<'_>, space: &Space) -> Self {
        let all = cluster.policies(space).into_iter().flat_map(Policies::all);
        let any = Labels::unread("it may be any pod of the namespace");
        let effects = all.map(|(at, policy)| (at, policy.effects_on_all()));
        Self { policies: effects.filter(matters).collect(), unread: cluster.unread_for(&space.name, &any) }
    }
}

fn matters((_, effects): &(usize, [Effect; 2])) -> bool {
    effects.iter().any(|effect| *effect != Effect::None)
}

/// How one direction stands.
pub(super) struct Standing<'a, 'b> {
    pub(super) isolating: Vec<&'b Policy<'a>>,
    pub(super) doubtful: Vec<(&'b Policy<'a>, Doubt)>,
}

impl Outcome {
    /// What holds where there are too many policies to ask.
    pub(super) fn beyond_limit() -> Self {
        let way = || Way::unknown(&format!("more than {POLICIES_MAX} policies may select it"), Vec::new());
        Self {
            connections: vec![way()],
            isolation: Direction::ALL.map(|direction| with_direction(way(), direction)).to_vec(),
        }
    }

    /// Works out connections to the target and isolation.
    pub(super) fn of(cluster: &Cluster<'_>, space: &Space, selection: &Selection, target: &Target) -> Self {
        let none = Policies::default();
        let policies = cluster.policies(space).unwrap_or(&none);
        let unread: Vec<&Unread> = selection.unread.iter().filter_map(|at| cluster.unread(*at)).collect();
        let hidden = cluster.hidden_from(&space.name);
        let mut outcome = Self::default();
        for (at, direction) in Direction::ALL.into_iter().enumerate() {
            let standing = Standing::of(policies, selection, at);
            let isolated = !standing.isolating.is_empty();
            if direction == Direction::Egress {
                let mut ways = standing.connections(target);
                if ways.iter().all(|way| way.answer != Answer::Open) && standing.may_reach_services(target) {
                    ways.extend(cluster.outward.iter().take(UNREAD_NAMED_MAX).cloned());
                }
                outcome.connections = weigh(ways, isolated, &unread, hidden);
            }
            let network: Vec<&Unread> =
                unread.iter().filter(|unread| unread.power.denies != Denies::Never).copied().collect();
            let ways = weigh(standing.isolation(direction), isolated, &network, hidden);
            outcome.isolation.extend(ways.into_iter().map(|way| with_direction(way, direction)));
        }
        outcome
    }
}

impl<'a, 'b> Standing<'a, 'b> {
    pub(super) fn of(policies: &'b Policies<'a>, selection: &Selection, direction: usize) -> Self {
        let mut standing = Self { isolating: Vec::new(), doubtful: Vec::new() };
        for (at, effects) in &selection.policies {
            let Some(policy) = policies.get(*at) else { continue };
            match effects.get(direction) {
                None | Some(Effect::None) => {}
                Some(Effect::Isolates) => standing.isolating.push(policy),
                Some(Effect::Maybe(doubt)) => standing.doubtful.push((policy, doubt.clone())),
            }
        }
        standing
    }

    /// Isolated pods reach what the union of the rules opens; others reach everything.
    fn connections(&self, target: &Target) -> Vec<Way> {
        if self.isolating.is_empty() {
            return if self.doubtful.is_empty() { target.all_ways(&[]) } else { self.doubts(|_| true) };
        }
        let mut ways: Vec<Way> = self.isolating.iter().flat_map(|policy| policy.ways.iter().cloned()).collect();
        ways.extend(self.doubts(|policy| !policy.ways.is_empty()));
        ways
    }

    fn may_reach_services(&self, target: &Target) -> bool {
        self.isolating.iter().any(|policy| policy.reaches_blocks(target))
    }

    fn isolation(&self, direction: Direction) -> Vec<Way> {
        if self.isolating.is_empty() {
            return if self.doubtful.is_empty() {
                vec![open("not_selected", Vec::new())]
            } else {
                self.doubts(|_| true)
            };
        }
        let mut ways = Vec::new();
        for policy in &self.isolating {
            match policy.allows_all(direction) {
                Ok(None) => {}
                Ok(Some(path)) => ways.push(open("allows_all", vec![policy.hop(path)])),
                Err(doubt) => ways.push(policy.doubtful(doubt)),
            }
        }
        ways.extend(self.doubts(|policy| policy.allows_all(direction) != Ok(None)));
        ways
    }

    fn doubts(&self, matters: impl Fn(&Policy<'_>) -> bool) -> Vec<Way> {
        let matter = self.doubtful.iter().filter(|(policy, _)| matters(policy));
        let mut ways: Vec<Way> = matter.map(|(policy, doubt)| policy.doubtful(doubt)).collect();
        // Definitions of one policy stand side by side, and say the same of it.
        ways.dedup();
        ways
    }
}

fn open(cause: &str, witness: Vec<Hop>) -> Way {
    Way { answer: Answer::Open, facts: [("cause", cause)].into_iter().collect::<Map>(), witness }
}

/// The way with the fact that says which direction it is about.
pub(super) fn with_direction(mut way: Way, direction: Direction) -> Way {
    way.facts.put("direction", direction.name());
    way
}

/// Lays what was not read over what was: it may deny what is open, and open what is closed.
fn weigh(ways: Vec<Way>, isolated: bool, unread: &[&Unread], hidden: Option<&Problem>) -> Vec<Way> {
    let denies = |unread: &&&Unread| unread.denies(isolated);
    let is_open = ways.iter().any(|way| way.answer == Answer::Open);
    if is_open {
        let mut denying = unread.iter().filter(denies).take(UNREAD_NAMED_MAX).map(|unread| unread.way()).peekable();
        if denying.peek().is_none() {
            return ways;
        }
        let known = ways.into_iter().filter(|way| way.answer != Answer::Open);
        return known.chain(denying).collect();
    }
    let mut ways = ways;
    ways.extend(unread.iter().filter(|unread| unread.power.opens).take(UNREAD_NAMED_MAX).map(|unread| unread.way()));
    if ways.is_empty() {
        ways.extend(hidden.map(|problem| {
            let why = format!("`{}` could not be read and may hold a policy for it", problem.origin.path());
            Way::unknown(&why, Vec::new())
        }));
    }
    ways
}
