//! A NetworkPolicy, read once: whom it selects, which directions it isolates, what it opens.
use super::{
    rule::{Rule, Side},
    selector::{Labels, Match, Selector},
};
use crate::reach::doubt::{Doubt, field, index, key, list};
use crate::{
    model::{Hop, Path, Resource, ResourceId, Step, Value, Way},
    reach::{Target, networks::Ports},
};

/// The two ways a connection can run, seen from the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    pub(super) const ALL: [Self; 2] = [Self::Ingress, Self::Egress];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    const fn peers_key(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

/// A policy as read.
#[derive(Debug)]
pub(super) struct Policy<'a> {
    pub(super) id: &'a ResourceId,
    pub(super) selector: Selector,
    pub(super) ingress: Part,
    pub(super) egress: Part,
    /// The ways to the target that its egress rules open or may open, each with the rule as only hop.
    pub(super) ways: Vec<Way>,
    /// Why it cannot be read at all.
    unreadable: Option<Doubt>,
    /// Why it may not be the one in force.
    twice: Option<Doubt>,
}

/// One direction of a policy.
#[derive(Debug)]
pub(super) struct Part {
    isolates: Match,
    pub(super) rules: Vec<Rule>,
    pub(super) doubts: Vec<Doubt>,
}

/// What a policy does to a pod in one direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    None,
    Isolates,
    /// It may isolate, and its rules may count.
    Maybe(Doubt),
}

impl<'a> Policy<'a> {
    /// `times` is how often the policy is defined: more than once, and nobody can tell which one is in force.
    pub(super) fn read(resource: &'a Resource, times: usize, target: &Target) -> Self {
        let path = vec![Step::Key("spec".to_owned())];
        let spec = field(&resource.body, "spec");
        let empty = Value::Null;
        let unreadable = match (spec, resource.body.as_map()) {
            (_, None) => Some(Doubt::of(&resource.body, &[], "a policy")),
            (Some(spec), Some(_)) if spec.as_map().is_none() => Some(Doubt::of(spec, &path, "a policy's spec")),
            _ => None,
        };
        let twice = (times > 1).then(|| Doubt::at(&[], "the policy is defined twice"));
        let spec = spec.unwrap_or(&empty);
        let [ingress, egress] = Direction::ALL.map(|direction| Part::read(spec, &path, direction));
        let mut policy = Self {
            id: &resource.id,
            selector: Selector::read(field(spec, "podSelector"), &key(&path, "podSelector")),
            ingress,
            egress,
            ways: Vec::new(),
            unreadable,
            twice,
        };
        policy.ways = policy.ways_to(target);
        policy
    }

    pub(super) const fn part(&self, direction: Direction) -> &Part {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    /// What the policy does to a pod with these labels in its namespace, by direction.
    pub(super) fn effects(&self, labels: &Labels) -> [Effect; 2] {
        let selected = self.selector.selects(labels);
        Direction::ALL.map(|direction| self.weigh(&selected, direction))
    }

    /// What the policy does to every pod that may ever be in its namespace, by direction.
    pub(super) fn effects_on_all(&self) -> [Effect; 2] {
        let selected = self.selector.selects_everything();
        Direction::ALL.map(|direction| self.weigh(&selected, direction))
    }

    fn weigh(&self, selected: &Match, direction: Direction) -> Effect {
        let isolates = &self.part(direction).isolates;
        match (selected, &self.unreadable) {
            (Match::No, _) => return Effect::None,
            (_, Some(doubt)) => return Effect::Maybe(doubt.clone()),
            (Match::Yes | Match::Maybe(_), None) => {}
        }
        match (selected, isolates, &self.twice) {
            (_, Match::No, _) => Effect::None,
            (_, _, Some(doubt)) | (Match::Maybe(doubt), ..) | (_, Match::Maybe(doubt), None) => {
                Effect::Maybe(doubt.clone())
            }
            (_, Match::Yes, None) => Effect::Isolates,
        }
    }

    /// The hop of a place in this policy.
    pub(super) fn hop(&self, path: &[Step]) -> Hop {
        Hop { resource: self.id.clone(), path: path.to_vec() }
    }

    /// The way that a doubt leaves open. A doubt about the pod's labels shows nothing but the workload.
    pub(super) fn doubtful(&self, doubt: &Doubt) -> Way {
        Way::unknown(&doubt.why, doubt.path.iter().map(|path| self.hop(path)).collect())
    }

    /// The first rule of a direction that allows everyone everything, or a doubt whether one does.
    pub(super) fn allows_all(&self, direction: Direction) -> Result<Option<&Path>, &Doubt> {
        let part = self.part(direction);
        if let Some(rule) = part.rules.iter().find(|rule| rule.allows_all()) {
            return Ok(Some(&rule.path));
        }
        let doubt = part.doubts.first().or_else(|| part.rules.iter().find_map(Rule::may_allow_all));
        doubt.map_or(Ok(None), Err)
    }

    /// Whether it lets pods connect to addresses beyond the target, where Services may have theirs.
    pub(super) fn reaches_blocks(&self, target: &Target) -> bool {
        let mut peers = self.egress.rules.iter().flat_map(|rule| &rule.peers);
        peers.any(|peer| matches!(&peer.side, Side::Block(block) if !block.within(&target.addresses)))
    }

    fn ways_to(&self, target: &Target) -> Vec<Way> {
        let unknown = |doubt: &Doubt| {
            let path = doubt.path.as_deref().unwrap_or_default();
            Way::unknown(&doubt.why, vec![self.hop(path)])
        };
        let mut ways: Vec<Way> = self.egress.doubts.iter().map(unknown).collect();
        for rule in &self.egress.rules {
            ways.extend(rule.peer_doubts.iter().map(unknown));
            for peer in &rule.peers {
                let addresses = match &peer.side {
                    Side::Everyone => target.addresses.clone(),
                    Side::Block(block) => block.intersection(&target.addresses),
                    Side::Pods(_) if target.may_hold_pods => {
                        let why = "the addresses of the pods that it allows are not known";
                        ways.push(Way::unknown(why, vec![self.hop(&peer.path)]));
                        continue;
                    }
                    Side::Pods(_) => continue,
                };
                let hop = [self.hop(&peer.path)];
                if !target.ways(&addresses, &Ports::all(), &hop).is_empty() {
                    ways.extend(rule.port_doubts.iter().map(unknown));
                }
                ways.extend(target.ways(&addresses, &rule.ports, &hop));
            }
        }
        ways
    }
}

impl Part {
    fn read(spec: &Value, path: &[Step], direction: Direction) -> Self {
        let name = direction.name();
        let rules_path = key(path, name);
        let (mut rules, mut doubts) = (Vec::new(), Vec::new());
        match list(field(spec, name), &rules_path) {
            Ok(items) => rules.extend(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| Rule::read(&item.value, index(&rules_path, at), direction.peers_key())),
            ),
            Err(doubt) => doubts.push(doubt),
        }
        let isolates = isolates(spec, path, direction);
        Self { isolates, rules, doubts }
    }
}

/// Whether a policy allows anybody anything, or may.
pub(in crate::reach) fn has_rules(policy: &Value) -> bool {
    let Some(spec) = field(policy, "spec") else { return false };
    let is_empty = |name: &str| matches!(list(field(spec, name), &[]), Ok([]));
    spec.as_map().is_none() || !Direction::ALL.iter().all(|direction| is_empty(direction.name()))
}

/// Whether `policyTypes` names a direction. Absent or empty, the API server fills it in: Ingress always, Egress
/// where there are egress rules (`SetDefaults_NetworkPolicy`), so that `egress: []` alone isolates nothing.
fn isolates(spec: &Value, path: &[Step], direction: Direction) -> Match {
    let types_path = key(path, "policyTypes");
    let types = match list(field(spec, "policyTypes"), &types_path) {
        Ok(types) => types,
        Err(doubt) => return Match::Maybe(doubt),
    };
    if types.is_empty() {
        return match (direction, list(field(spec, "egress"), &key(path, "egress"))) {
            (Direction::Ingress, _) => Match::Yes,
            (Direction::Egress, Ok([])) => Match::No,
            (Direction::Egress, Ok(_)) => Match::Yes,
            (Direction::Egress, Err(doubt)) => Match::Maybe(doubt),
        };
    }
    let mut answer = Match::No;
    for (at, item) in types.iter().enumerate() {
        match item.value.as_text() {
            Some("Ingress") if direction == Direction::Ingress => answer = yes_unless_doubtful(answer),
            Some("Egress") if direction == Direction::Egress => answer = yes_unless_doubtful(answer),
            Some("Ingress" | "Egress") => {}
            _ => answer = Match::Maybe(Doubt::of(&item.value, &index(&types_path, at), "`Ingress` or `Egress`")),
        }
    }
    answer
}

/// One policy type that the API server would refuse keeps the whole policy out of force.
fn yes_unless_doubtful(answer: Match) -> Match {
    match answer {
        Match::No | Match::Yes => Match::Yes,
        Match::Maybe(doubt) => Match::Maybe(doubt),
    }
}
