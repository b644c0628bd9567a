//! The cluster as it is now: every object of every kind that anything is told from, kept by watches.
mod comings;
mod known;
mod overlay;
mod stirs;

use super::lookout::Lookout;
use crate::{
    collect::cluster::{Change, Served},
    evaluate,
    model::{Document, Environment, Problem, Reach, Resource, ResourceId, Text, Timestamp},
    normalise::{self, Live, NormaliseError, Options},
    reach,
};
pub(super) use comings::Coming;
use comings::Comings;
use known::{Kind, Known};
use overlay::Turns;
pub(super) use overlay::{Admission, Bearing, Held, Version, is_alike};
pub use overlay::{HELD_FOR, Ticket};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
pub(super) use stirs::Stirred;

/// A kind that has not been heard of for this long is stale: what is known of it may not hold any more.
pub const STALE_AFTER: Duration = Duration::from_secs(30);

/// What everything is read in the light of.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// spe.yaml, waivers, attestations, configuration files.
    pub documents: Vec<Document>,
    pub problems: Vec<Problem>,
    pub options: Options,
    pub name: Option<Text>,
    pub unseen: BTreeMap<Text, Text>,
}

/// How much of the cluster is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// The kinds that rules look at beside their subjects, and those that connections are derived from.
    Context,
    Whole,
}

/// The environment at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub environment: Environment,
    /// Kinds that were not heard of for [`STALE_AFTER`], or not listed yet.
    pub stale: BTreeSet<Text>,
    /// Its kinds as rules see them and what rules say in it, kept from the first question on.
    pub seen: evaluate::Known,
    changes: u64,
}

/// The objects, and how well they are known.
pub struct Inventory {
    shared: Arc<Shared>,
    lookout: OnceLock<Lookout>,
}

struct Shared {
    frame: Arc<Frame>,
    context: BTreeSet<Text>,
    /// Kinds that others are judged in the light of only by what is derived from them: they come and go all the time, and
    /// are no part of what is taken anew with each change.
    crowd: BTreeSet<Text>,
    known: Mutex<Known>,
    changed: Condvar,
    kept_context: Kept,
    kept_whole: Kept,
    turns: Turns,
}

/// The last snapshot, and what rules said in it and in those before.
#[derive(Default)]
struct Kept {
    snapshot: Mutex<Arc<Snapshot>>,
    memory: Arc<evaluate::Memory>,
}

impl Inventory {
    /// Nothing is known yet of the kinds. `joins` are those that rules look at beside their subjects.
    #[must_use]
    pub fn new(frame: Frame, joins: BTreeSet<Text>, served: &[Served], silent: Vec<Problem>) -> Self {
        let is_crowd = |kind: &Text| reach::is_workload(kind) && reach::reads(kind) && !joins.contains(kind);
        let kinds: Vec<Kind> = served
            .iter()
            .map(|served| Kind {
                is_crowd: is_crowd(&served.kind),
                is_context: !is_crowd(&served.kind) && (joins.contains(&served.kind) || reach::reads(&served.kind)),
                served: served.clone(),
                is_listed: false,
                listing: None,
                failing: None,
                is_refused: false,
                unread: BTreeMap::new(),
            })
            .collect();
        let of = |is: fn(&Kind) -> bool| kinds.iter().filter(move |kind| is(kind)).map(|kind| kind.served.kind.clone());
        let (context, crowd) = (of(|kind| kind.is_context).chain(joins).collect(), of(|kind| kind.is_crowd).collect());
        let known = Known { kinds, changes: 1, context_changes: 1, silent, ..Known::default() };
        let shared = Shared {
            frame: Arc::new(frame),
            context,
            crowd,
            known: Mutex::new(known),
            changed: Condvar::new(),
            kept_context: Kept::default(),
            kept_whole: Kept::default(),
            turns: Turns::default(),
        };
        Self { shared: Arc::new(shared), lookout: OnceLock::new() }
    }

    /// The facts about a workload that is not there yet, and the context that they were found in; `None` where they cannot
    /// be told without all others.
    ///
    /// # Errors
    /// As [`Inventory::snapshot`].
    pub(super) fn newcomer(&self, subject: &Resource) -> Result<Option<(Arc<Snapshot>, Reach)>, NormaliseError> {
        let same = || Self { shared: Arc::clone(&self.shared), lookout: OnceLock::new() };
        let told = self.lookout.get_or_init(|| Lookout::of(same())).ask(subject).transpose()?;
        Ok(told.and_then(|(snapshot, reach)| Some((snapshot, reach?))))
    }

    /// Takes in what happened to a kind, by its position.
    pub fn take(&self, at: usize, change: Change) {
        let mut known = lock(&self.shared.known);
        known.take(at, change);
        drop(known);
        self.shared.changed.notify_all();
    }

    /// Whether every kind was listed, or may not be: there is nothing to wait for.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        lock(&self.shared.known).kinds.iter().all(|kind| kind.is_listed || kind.is_refused)
    }

    /// Whether everything is known as it is now: each kind listed and heard of, every object read, every group answering.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        lock(&self.shared.known).problems().next().is_none()
    }

    /// Waits until every kind was listed or cannot be, which then is undetermined; not longer than a time. Gives what it
    /// came to.
    #[must_use]
    pub fn wait(&self, longest: Duration) -> bool {
        let known = lock(&self.shared.known);
        let waiting = |known: &mut Known| !known.kinds.iter().all(Kind::is_settled);
        let ended = self.shared.changed.wait_timeout_while(known, longest, waiting);
        !ended.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// How many entries of the description have expired at a time: what it allows is less from then on.
    ///
    /// # Errors
    /// As [`Inventory::snapshot`].
    pub fn expired(&self, at: Timestamp) -> Result<usize, NormaliseError> {
        let options = Options { at, ..self.shared.frame.options.clone() };
        let stated = normalise::live_environment(&self.shared.frame.documents, Live::default(), Vec::new(), &options)?;
        Ok(stated.environment.description.expired.len())
    }

    /// Whether others are judged in the light of this kind.
    #[must_use]
    pub fn is_context(&self, kind: &Text) -> bool {
        self.shared.context.contains(kind)
    }

    /// How many objects are known.
    #[must_use]
    pub fn size(&self) -> usize {
        lock(&self.shared.known).resources.len()
    }

    /// How often anything changed that others are judged in the light of, and which kinds are not heard of.
    fn moment(known: &Known, extent: Extent) -> (u64, BTreeSet<Text>) {
        let changes = if extent == Extent::Context { known.context_changes } else { known.changes };
        (changes, known.stale())
    }

    /// Whether a snapshot of the context is still what there is.
    pub(super) fn is_current(&self, snapshot: &Snapshot) -> bool {
        let (changes, stale) = Self::moment(&lock(&self.shared.known), Extent::Context);
        snapshot.changes == changes && snapshot.stale == stale
    }

    /// Whether objects of a kind come and go all the time, and are told of by the lookout.
    #[must_use]
    pub fn is_crowd(&self, kind: &Text) -> bool {
        self.shared.crowd.contains(kind)
    }

    /// Every object of the crowd, and how many came and went before.
    pub(super) fn crowd(&self) -> (Vec<Resource>, u64) {
        let known = lock(&self.shared.known);
        let all = known.resources.iter().filter(|(id, _)| self.shared.crowd.contains(&id.kind));
        (all.map(|(_, one)| one.clone()).collect(), known.comings.count())
    }

    /// Who came and went since; `None` where that is not known any more.
    pub(super) fn comings(&self, since: u64) -> Option<Vec<Coming>> {
        lock(&self.shared.known).comings.since(since)
    }

    /// The environment with every change that has arrived; the same one again where nothing has.
    ///
    /// # Errors
    /// What is wrong with the description: it was good at the start.
    pub fn snapshot(&self, extent: Extent) -> Result<Arc<Snapshot>, NormaliseError> {
        let Kept { snapshot, memory } =
            if extent == Extent::Context { &self.shared.kept_context } else { &self.shared.kept_whole };
        let mut kept = lock(snapshot);
        let known = lock(&self.shared.known);
        let (changes, stale) = Self::moment(&known, extent);
        if kept.changes == changes && kept.stale == stale {
            return Ok(Arc::clone(&kept));
        }
        let problems: Vec<Problem> = known.problems().collect();
        let in_extent = |id: &ResourceId| extent == Extent::Whole || self.shared.context.contains(&id.kind);
        let resources = known.resources.iter().filter(|(id, _)| in_extent(id)).map(|(_, one)| one.clone()).collect();
        drop(known);
        let mut environment = self.environment(resources, problems)?;
        if extent == Extent::Whole {
            environment.digest = normalise::digest(&environment);
        }
        *kept = Arc::new(Snapshot { environment, stale, seen: evaluate::Known::with(memory), changes });
        Ok(Arc::clone(&kept))
    }

    /// The whole environment with objects put in the place of those of the same name, or taken out.
    ///
    /// # Errors
    /// As [`Inventory::snapshot`].
    pub fn with(&self, put: &[Resource], gone: &[ResourceId], extent: Extent) -> Result<Environment, NormaliseError> {
        let known = lock(&self.shared.known);
        let problems: Vec<Problem> = known.problems().collect();
        let in_extent = |id: &ResourceId| extent == Extent::Whole || self.shared.context.contains(&id.kind);
        let is_other = |id: &ResourceId| !gone.contains(id) && !put.iter().any(|one| one.id == *id);
        let kept = known.resources.iter().filter(|(id, _)| in_extent(id) && is_other(id));
        let resources = kept.map(|(_, one)| one.clone()).chain(put.iter().cloned()).collect();
        drop(known);
        self.environment(resources, problems)
    }

    /// What is known of what an environment of [`Inventory::with`] has in common with the snapshots.
    #[must_use]
    pub fn known_beside(&self, extent: Extent) -> evaluate::Known {
        let kept = if extent == Extent::Context { &self.shared.kept_context } else { &self.shared.kept_whole };
        evaluate::Known::beside(&kept.memory)
    }

    fn environment(&self, resources: Vec<Resource>, problems: Vec<Problem>) -> Result<Environment, NormaliseError> {
        let frame = &self.shared.frame;
        let complete = problems.is_empty();
        let live = Live { resources, name: frame.name.clone(), complete, unseen: frame.unseen.clone() };
        let problems = problems.into_iter().chain(frame.problems.iter().cloned()).collect();
        normalise::live_context(&frame.documents, live, problems, &frame.options)
    }
}

/// A thread that panicked while it held the lock has changed nothing half: every change is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
