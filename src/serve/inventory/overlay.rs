//! What was admitted here and is not seen yet: two changes at once are judged in the light of each other.
//!
//! An API server stores what was allowed after the answer, and the watch shows it after that: milliseconds, as a rule. Until
//! then it is held here, for ten seconds at most. It may never be stored, because another webhook or the API server itself
//! refuses it, so that whoever comes next is judged without it and with it.
//!
//! What is looked at for whom, because in a busy cluster pods are made all the time: a change of context (a policy, a
//! Namespace's labels, endpoints, a workload that is relabelled) sees everything that is held; a workload that is new sees
//! the changes of context that can open ways, and no other new workload.
use super::{Inventory, Kept, Known, Shared, lock};
use crate::model::{Resource, ResourceId, Value};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockWriteGuard},
    time::{Duration, Instant},
};

/// An admitted change is held for this long, unless the watch shows it before: an API server has stored it by then, or never
/// will (it gives a request a minute, and what it asks webhooks five seconds each).
pub const HELD_FOR: Duration = Duration::from_secs(10);

/// Changes that are held: more than are made while a watch lags. Beyond these the oldest are let go; the watch of breaches
/// finds what they do together.
const CONTEXTS_MAX: usize = 256;
const WORKLOADS_MAX: usize = 2_048;

/// What a change is to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum Bearing {
    /// Others are judged in the light of it; `opens` where it can open ways.
    Context { opens: bool },
    /// It runs pods, for which others may open ways.
    Workload,
}

/// What the API server says of an object's place in time, which nothing else is told from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::serve) struct Version {
    uid: String,
    resource_version: String,
}

#[derive(Deserialize)]
struct Dated {
    #[serde(default)]
    metadata: Version,
}

impl Version {
    /// Of an object as the API server writes it; empty where it says nothing.
    pub(in crate::serve) fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice::<Dated>(bytes).map(|read| read.metadata).unwrap_or_default()
    }

    fn is_of(&self, other: &Self) -> bool {
        !self.uid.is_empty() && self.uid == other.uid
    }

    /// `None` where that cannot be told: versions are opaque to whoever does not know that they are numbers.
    fn is_after(&self, other: &Self) -> Option<bool> {
        let number = |of: &Self| of.resource_version.parse::<u128>().ok();
        Some(number(self)? > number(other)?)
    }
}

/// A change that is about to be allowed.
#[derive(Clone, Debug)]
pub(in crate::serve) struct Admission {
    pub(in crate::serve) id: ResourceId,
    /// `None` = deleted.
    pub(in crate::serve) after: Option<Resource>,
    pub(in crate::serve) bearing: Bearing,
    /// The uid of the object, and the version that the change began at; none for what is new.
    pub(in crate::serve) version: Version,
}

/// One that is held.
#[derive(Clone, Debug)]
pub(in crate::serve) struct Held {
    pub(in crate::serve) admission: Admission,
    ticket: u64,
    since: Instant,
}

/// Names a change that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// What was held at one moment that matters to a change, and how many had been held up to then.
#[derive(Debug, Default)]
pub(in crate::serve) struct Outstanding {
    pub(in crate::serve) others: Vec<Held>,
    contexts: u64,
    workloads: u64,
}

#[derive(Debug, Default)]
pub(super) struct Overlay {
    held: VecDeque<Held>,
    tickets: u64,
    /// How many were ever held.
    contexts: u64,
    workloads: u64,
}

impl Overlay {
    fn outstanding(&mut self, id: &ResourceId, bearing: Bearing, now: Instant) -> Outstanding {
        self.held.retain(|one| now.saturating_duration_since(one.since) < HELD_FOR);
        let matters = |one: &&Held| {
            // Of the object itself the request says how it was.
            one.admission.id != *id
                && match bearing {
                    Bearing::Context { .. } => true,
                    Bearing::Workload => one.admission.bearing == Bearing::Context { opens: true },
                }
        };
        let others = self.held.iter().filter(matters).cloned().collect();
        Outstanding { others, contexts: self.contexts, workloads: self.workloads }
    }

    /// Holds a change, unless something that matters to it has come since.
    fn hold(&mut self, admission: Admission, since: Option<&Outstanding>, now: Instant) -> Option<Ticket> {
        let is_workload = admission.bearing == Bearing::Workload;
        let is_late = since.is_some_and(|since| {
            since.contexts != self.contexts || (!is_workload && since.workloads != self.workloads)
        });
        if is_late {
            return None;
        }
        let (count, most) = match is_workload {
            true => (&mut self.workloads, WORKLOADS_MAX),
            false => (&mut self.contexts, CONTEXTS_MAX),
        };
        *count += 1;
        let alike = |one: &Held| (one.admission.bearing == Bearing::Workload) == is_workload;
        if self.held.iter().filter(|one| alike(one)).count() >= most
            && let Some(oldest) = self.held.iter().position(alike)
        {
            self.held.remove(oldest);
        }
        self.tickets += 1;
        self.held.push_back(Held { admission, ticket: self.tickets, since: now });
        Some(Ticket(self.tickets))
    }

    fn withdraw(&mut self, Ticket(ticket): Ticket) {
        self.held.retain(|one| one.ticket != ticket);
    }

    /// The watch shows an object.
    pub(super) fn put(&mut self, shown: &Resource, bytes: &[u8]) {
        self.let_go(&shown.id, bytes, |one, version| match &one.after {
            Some(_) if one.version.is_of(version) => match version.is_after(&one.version) {
                Some(is_after) => is_after,
                // It is new, or versions cannot be compared.
                None => one.version.resource_version.is_empty() || one.is_shown_as(shown),
            },
            Some(_) => (one.version.uid.is_empty() || version.uid.is_empty()) && one.is_shown_as(shown),
            // Another of the same name: the one that was deleted is gone.
            None => !version.uid.is_empty() && !one.version.is_of(version),
        });
    }

    /// The watch shows that an object is gone.
    pub(super) fn gone(&mut self, id: &ResourceId, bytes: &[u8]) {
        self.let_go(id, bytes, |one, version| {
            one.version.is_of(version) || (one.after.is_none() && one.version.uid.is_empty())
        });
    }

    /// A kind was listed anew.
    pub(super) fn listed(&mut self, kind: &str, listed: &BTreeMap<ResourceId, Resource>) {
        self.held.retain(|Held { admission: one, .. }| {
            one.id.kind.as_ref() != kind
                || match (&one.after, listed.get(&one.id)) {
                    (Some(_), Some(shown)) => !one.is_shown_as(shown),
                    (Some(_), None) => true,
                    (None, shown) => shown.is_some(),
                }
        });
    }

    fn let_go(&mut self, id: &ResourceId, bytes: &[u8], is_shown: impl Fn(&Admission, &Version) -> bool) {
        if !self.held.iter().any(|one| one.admission.id == *id) {
            return;
        }
        let version = Version::read(bytes);
        self.held.retain(|Held { admission: one, .. }| one.id != *id || !is_shown(one, &version));
    }
}

impl Admission {
    fn is_shown_as(&self, shown: &Resource) -> bool {
        self.after.as_ref().is_some_and(|after| is_alike(after, shown))
    }
}

/// Whether two states of an object are the same in everything but status and what the API server writes into metadata.
pub(in crate::serve) fn is_alike(one: &Resource, other: &Resource) -> bool {
    let labels = |of: &Resource| of.body.find(&["metadata", "labels"]).cloned();
    let rest = |of: &Resource| match &of.body {
        Value::Map(body) => {
            let mut body = body.clone();
            body.retain(|entry| !["apiVersion", "metadata", "status"].contains(&entry.key.as_ref()));
            Value::Map(body)
        }
        other => other.clone(),
    };
    labels(one) == labels(other) && rest(one) == rest(other)
}

/// Who may judge and be held when.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Held by a change of context from its weighing to its being held: they come one after the other.
    order: Mutex<()>,
    /// Closed while no workload may be held.
    gate: RwLock<()>,
}

impl Inventory {
    /// Waits until no other change of context is weighed, and keeps others waiting.
    pub(in crate::serve) fn in_order(&self) -> MutexGuard<'_, ()> {
        lock(&self.shared.turns.order)
    }

    /// Lets no workload be held meanwhile. Only for who is [`Inventory::in_order`].
    pub(in crate::serve) fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.shared.turns.gate.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was admitted here and is not seen yet, as far as it matters to a change of an object.
    pub(in crate::serve) fn outstanding(&self, id: &ResourceId, bearing: Bearing) -> Outstanding {
        lock(&self.shared.known).overlay.outstanding(id, bearing, Instant::now())
    }

    /// Holds a change that is about to be allowed; `None` where something that matters to it was held since, so that it
    /// must be judged anew.
    pub(in crate::serve) fn hold(&self, admission: Admission, since: Option<&Outstanding>) -> Option<Ticket> {
        let is_workload = admission.bearing == Bearing::Workload;
        let _open = is_workload.then(|| self.shared.turns.gate.read().unwrap_or_else(PoisonError::into_inner));
        lock(&self.shared.known).overlay.hold(admission, since, Instant::now())
    }

    /// Holds a change no longer: it was denied after all.
    pub(in crate::serve) fn withdraw(&self, ticket: Ticket) {
        lock(&self.shared.known).overlay.withdraw(ticket);
    }

    /// How many changes are held.
    #[must_use]
    pub fn held(&self) -> usize {
        lock(&self.shared.known).overlay.held.len()
    }

    /// The same as it would be with changes that are held, in their order. It hears of nothing more.
    pub(in crate::serve) fn beside(&self, others: &[Held]) -> Self {
        let known = lock(&self.shared.known);
        let mut laid = known.copy();
        // One that was shown meanwhile is in it, and may have changed since.
        let is_held = |one: &&Held| known.overlay.held.iter().any(|held| held.ticket == one.ticket);
        for Held { admission: Admission { id, after, .. }, .. } in others.iter().filter(is_held) {
            match after {
                Some(after) => drop(laid.resources.insert(id.clone(), after.clone())),
                None => drop(laid.resources.remove(id)),
            }
        }
        drop(known);
        let shared = Shared {
            frame: Arc::clone(&self.shared.frame),
            context: self.shared.context.clone(),
            crowd: self.shared.crowd.clone(),
            known: Mutex::new(laid),
            changed: std::sync::Condvar::new(),
            kept_context: Kept { memory: Arc::clone(&self.shared.kept_context.memory), ..Kept::default() },
            kept_whole: Kept::default(),
            turns: Turns::default(),
        };
        Self { shared: Arc::new(shared), lookout: OnceLock::new() }
    }
}

impl Known {
    /// What is known, without what is under way.
    fn copy(&self) -> Self {
        let kind = |one: &super::Kind| super::Kind { listing: None, ..one.clone() };
        Self {
            kinds: self.kinds.iter().map(kind).collect(),
            resources: self.resources.clone(),
            changes: 1,
            context_changes: 1,
            silent: self.silent.clone(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests;
