//! Ways that no answer should have let open, found when the watches show what opened them: two replicas that let pass at the
//! same moment what only together opens a way, or a change that was never asked about. Admission prevents; this, and the
//! audit, detect.
//!
//! What is open at the first look is no breach of a moment: the audit says it. From then on the ways of every workload are
//! held against those of the look before, whenever something was shown that can open any.
use super::{
    foretell::controller,
    inventory::{Coming, Extent, Inventory, Stirred, is_alike},
    ruling::{Law, Ruling, Shortfall, TOPICS, add, is_victim},
};
use crate::{
    model::{Answer, CriterionId, Description, Environment, Platform, Resource, ResourceId, Text, Timestamp, Way},
    normalise::NormaliseError,
    reach,
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

/// Changes that were shown this long before a way was found may have taken part in opening it: one of two that were made at
/// once is shown and looked at before the other, and a lagging watch shows it later.
const TOOK_PART: Duration = Duration::from_secs(15);

/// Changes that are remembered for that time.
const RECENT_MAX: usize = 4_096;

/// Workloads that a breach names; more do not say more.
const WORKLOADS_SHOWN: usize = 16;

/// Owners that are followed upwards.
const OWNERS_MAX: usize = 4;

/// The open ways of a workload, by the topics of [`TOPICS`].
type Open = [Vec<Way>; TOPICS.len()];

/// Knows what was open when it last looked.
#[derive(Default)]
pub struct Watchman {
    open: Option<BTreeMap<ResourceId, Open>>,
    /// Something was shown since that can close ways: what is open is less than is known.
    is_outdated: bool,
    seen: u64,
    recent: VecDeque<(Instant, ResourceId)>,
}

/// Ways that have been opened.
#[derive(Clone, Debug, Default)]
pub struct Breach {
    /// Whose ways they are, by criterion: the first of those for whom the profile denies them.
    pub counted: Vec<Shortfall>,
    /// Those for whom it only warns, by their namespace too.
    pub warned: Vec<Shortfall>,
    /// How many workloads, by criterion, where the profile denies.
    pub criteria: BTreeMap<CriterionId, u64>,
    /// Objects that were changed in the seconds before and took part.
    pub changes: BTreeSet<ResourceId>,
}

/// What a look came to.
#[derive(Clone, Debug)]
pub enum Look {
    /// A kind is not heard of at present: nothing is compared until it is.
    NotNow,
    /// Nothing was shown that can open ways.
    Quiet,
    /// Ways were derived, and these are open that were not; empty where none are.
    Looked(Box<Breach>),
}

impl Breach {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counted.is_empty() && self.warned.is_empty()
    }
}

impl Watchman {
    /// The moment up to which it has looked.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Compares what is open now with what was, where anything was shown that can open ways. The inventory must be
    /// attended ([`Inventory::attend`]).
    ///
    /// # Errors
    /// What is wrong with the description: it was good at the start.
    pub fn look(
        &mut self,
        law: &Law<'_>,
        inventory: &Inventory,
        at: Timestamp,
        now: Instant,
    ) -> Result<Look, NormaliseError> {
        if self.open.is_some() && !self.is_stirred(inventory, now)? {
            return Ok(Look::Quiet);
        }
        let Some(Stirred { changes, until, environment }) = inventory.stirred(self.seen)? else {
            return Ok(Look::NotNow);
        };
        self.seen = until;
        // Of too many changes nobody knows any more what was before them.
        let is_told = changes.is_some();
        let changes = changes.unwrap_or_default();
        self.is_outdated |= changes.iter().any(|one| closes(one, &environment.description));
        if self.open.is_some() {
            // What was there before the first look took part in nothing.
            self.remember(&changes, &environment.description, now);
        }
        let after = standing(&environment);
        let openers: Vec<&Coming> = changes.iter().filter(|one| opens(one, &environment.description)).collect();
        let before = match self.open.take() {
            Some(_) if self.is_outdated && is_told => Some(standing(&without(inventory, &openers)?)),
            before => before,
        };
        self.is_outdated = false;
        let breach = before.map(|before| {
            let changed: BTreeSet<&ResourceId> = openers.iter().filter_map(|one| Some(&one.1.as_ref()?.id)).collect();
            self.compared(law, (&environment, &changed), (&before, &after), at)
        });
        self.open = Some(after);
        Ok(Look::Looked(Box::new(breach.unwrap_or_default())))
    }

    /// Takes in what cannot open ways; whether there is anything that can.
    fn is_stirred(&mut self, inventory: &Inventory, now: Instant) -> Result<bool, NormaliseError> {
        let (changes, until) = inventory.stirs(self.seen);
        let Some(changes) = changes else { return Ok(true) };
        if changes.is_empty() {
            return Ok(false);
        }
        let context = inventory.snapshot(Extent::Context)?;
        let description = &context.environment.description;
        self.is_outdated |= changes.iter().any(|one| closes(one, description));
        if changes.iter().any(|one| opens(one, description)) {
            return Ok(true);
        }
        self.remember(&changes, description, now);
        self.seen = until;
        Ok(false)
    }

    fn remember(&mut self, changes: &[Coming], description: &Description, now: Instant) {
        for one in changes.iter().filter(|one| opens(one, description) || closes(one, description)) {
            if let Some(of) = one.1.as_ref().or(one.0.as_ref()) {
                self.recent.push_back((now, of.id.clone()));
            }
        }
        let is_old = |since: Instant| now.saturating_duration_since(since) > TOOK_PART;
        while self.recent.len() > RECENT_MAX || self.recent.front().is_some_and(|(since, _)| is_old(*since)) {
            self.recent.pop_front();
        }
    }

    fn compared(
        &self,
        law: &Law<'_>,
        (environment, changed): (&Environment, &BTreeSet<&ResourceId>),
        (before, after): (&BTreeMap<ResourceId, Open>, &BTreeMap<ResourceId, Open>),
        at: Timestamp,
    ) -> Breach {
        let mut breach = Breach::default();
        let mut places = Places::default();
        for victim in environment.all().filter(|one| is_victim(environment, one)) {
            let Some(held) = held(victim, changed, before, environment) else { continue };
            let Some(holds) = after.get(&victim.id) else { continue };
            for ((criterion, _), (held, holds)) in TOPICS.iter().zip(held.iter().zip(holds)) {
                let mut opened = reach::opened(held, holds);
                opened.retain(|way| way.answer == Answer::Open);
                if opened.is_empty() {
                    continue;
                }
                let (criterion, mut one) = (CriterionId((*criterion).into()), Ruling::default());
                add(law, &criterion, victim, &opened, at, &mut one);
                if !one.denied.is_empty() {
                    *breach.criteria.entry(criterion).or_default() += 1;
                }
                if !one.denied.is_empty() || !one.warned.is_empty() {
                    places.add(victim, &opened);
                }
                breach.counted.append(&mut one.denied);
                breach.warned.append(&mut one.warned);
            }
            breach.counted.truncate(WORKLOADS_SHOWN);
            breach.warned.truncate(WORKLOADS_SHOWN);
        }
        breach.changes = self.recent.iter().map(|(_, id)| id).filter(|id| places.holds(id)).cloned().collect();
        breach
    }
}

/// What a workload held before, or what it comes from did; `None` where its own change is judged at its Pods.
fn held<'a>(
    victim: &Resource,
    changed: &BTreeSet<&ResourceId>,
    before: &'a BTreeMap<ResourceId, Open>,
    environment: &Environment,
) -> Option<std::borrow::Cow<'a, Open>> {
    use std::borrow::Cow;
    let is_pod = victim.id.kind.as_ref() == "Pod";
    match before.get(&victim.id) {
        Some(_) if !is_pod && changed.contains(&victim.id) => None,
        Some(held) => Some(Cow::Borrowed(held)),
        None if !is_pod => None,
        // A new Pod of a template that was open before opens nothing that was not.
        None => {
            let mut one = victim;
            for _ in 0..OWNERS_MAX {
                let Some((kind, namespace, name)) = controller(one) else { break };
                let id = ResourceId { kind, namespace, name, ..victim.id.clone() };
                if let Some(held) = before.get(&id) {
                    return Some(Cow::Borrowed(held));
                }
                let Some(owner) = environment.resources.get(&id).and_then(|found| found.first()) else { break };
                one = owner;
            }
            Some(Cow::Owned(Open::default()))
        }
    }
}

/// Objects and namespaces that ways lead through.
#[derive(Default)]
struct Places {
    objects: BTreeSet<ResourceId>,
    namespaces: BTreeSet<Text>,
}

impl Places {
    fn add(&mut self, victim: &Resource, opened: &[Way]) {
        let hops = opened.iter().flat_map(|way| way.witness.iter().map(|hop| &hop.resource));
        for id in hops.chain([&victim.id]) {
            self.namespaces.insert(id.namespace.clone());
            self.objects.insert(id.clone());
        }
    }

    /// Whether a change of an object may have taken part: it lies on a way, or decides for a whole namespace on it.
    fn holds(&self, id: &ResourceId) -> bool {
        let of_space = |id: &ResourceId| match id.kind.as_ref() {
            "Namespace" => self.namespaces.contains(&id.name),
            kind if reach::is_workload(kind) => false,
            _ => id.namespace.is_empty() || self.namespaces.contains(&id.namespace),
        };
        self.objects.contains(id) || of_space(id)
    }
}

/// The open ways of every workload.
fn standing(environment: &Environment) -> BTreeMap<ResourceId, Open> {
    let is_asked = |one: &&Resource| one.pod.is_some() && one.id.platform == Platform::Kubernetes;
    let workloads: Vec<&Resource> = environment.all().filter(is_asked).collect();
    let reach = reach::derive(environment, &workloads);
    let open = |id: &ResourceId| {
        TOPICS.map(|(_, of)| {
            let ways = of(&reach).get(id).into_iter().flatten();
            ways.filter(|way| way.answer == Answer::Open).cloned().collect()
        })
    };
    workloads.iter().map(|one| (one.id.clone(), open(&one.id))).collect()
}

/// The environment as it would be without these changes.
fn without(inventory: &Inventory, changes: &[&Coming]) -> Result<Environment, NormaliseError> {
    // Of several changes of one object, the first knows how it was.
    let mut were: BTreeMap<&ResourceId, Option<&Resource>> = BTreeMap::new();
    for (before, after) in changes {
        if let Some(one) = after.as_ref().or(before.as_ref()) {
            were.entry(&one.id).or_insert(before.as_ref());
        }
    }
    let put: Vec<Resource> = were.values().filter_map(|was| was.cloned()).collect();
    let gone: Vec<ResourceId> = were.iter().filter(|(_, was)| was.is_none()).map(|(id, _)| (*id).clone()).collect();
    inventory.with(&put, &gone, Extent::Whole)
}

fn opens((before, after): &Coming, description: &Description) -> bool {
    can_open(before.as_ref(), after.as_ref(), description)
}

/// Whether a change taken back could open ways, so that it closes some.
fn closes((before, after): &Coming, description: &Description) -> bool {
    can_open(after.as_ref(), before.as_ref(), description)
}

/// What is there is told anew all the time, with another status; who goes away opens nothing.
fn can_open(before: Option<&Resource>, after: Option<&Resource>, description: &Description) -> bool {
    let is_same = match (before, after) {
        (Some(before), Some(after)) => is_alike(before, after),
        (Some(before), None) => before.pod.is_some() || before.id.kind.as_ref() == "Namespace",
        (None, _) => false,
    };
    !is_same && reach::can_open(before, after, description)
}
