//! Holds the decisions of the log against the API server's own audit log: what was left out of one shows in the other.
//!
//! Pure: the caller reads entries and lines, and hands them in. Events are matched by their annotations alone: the uid of
//! a review is fresh for each call of a webhook, and a generated name is not known yet. Start at [`Matching`].
pub mod audit;
mod ledger;
mod scope;
mod trail;

pub use ledger::{Key, Ledger, Mismatch};
pub use scope::{Asked, Projects, Rule, Scope};
pub use trail::{Trail, holes};

use crate::model::Period;
use audit::{DryRun, Event, Verb};
use ledger::{Decided, near};
use std::collections::{BTreeMap, BTreeSet};

/// How far an entry and its event may lie apart: requests end within it, and so do calls that are repeated.
pub const MERGE_DELAY_MS: i64 = 60_000;

/// From this status on nothing was stored.
const REJECTED: u16 = 400;

/// Places that are told of each class; the rest is counted.
const SHOWN_MAX: usize = 10;

/// What became of an event or an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Matched,
    Repeated,
    Collected,
    Rejected,
    DryRun,
    Covered,
    Outside,
    NothingDeleted,
    Forged,
    Unannotated,
    LogEnds,
    UnknownDeletion,
    UnknownProject,
    UnknownLabels,
    WithoutEvent,
}

/// What a class says of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Good,
    Breach,
    NotEstablished,
}

impl Class {
    pub const ALL: [Self; 15] = [
        Self::Matched,
        Self::Repeated,
        Self::Collected,
        Self::Rejected,
        Self::DryRun,
        Self::Covered,
        Self::Outside,
        Self::NothingDeleted,
        Self::Forged,
        Self::Unannotated,
        Self::LogEnds,
        Self::UnknownDeletion,
        Self::UnknownProject,
        Self::UnknownLabels,
        Self::WithoutEvent,
    ];

    /// Its name for programs, what it says of the log, and its words, which stand beside a number.
    #[must_use]
    pub const fn told(self) -> (&'static str, Weight, &'static str) {
        use Weight::{Breach, Good, NotEstablished};
        match self {
            Self::Matched => ("matched", Good, "events name an entry of their own, and it stands in the log"),
            Self::Repeated => (
                "repeated",
                Good,
                "entries are of repeated calls (a patch tried again, a generated name that was taken)",
            ),
            Self::Collected => ("collected", Good, "entries are of further objects of a deleted collection"),
            Self::Rejected => ("rejected", Good, "events ended with an error before the webhooks were asked"),
            Self::DryRun => ("dry_run", Good, "events are dry runs, which leave no entry"),
            Self::Covered => ("covered", Good, "changes without an entry lie in a gap that was declared"),
            Self::Outside => {
                ("outside", Good, "changes are in namespaces that are no project's, where nothing is asked about them")
            }
            Self::NothingDeleted => ("nothing_deleted", Good, "deleted collections were empty"),
            Self::Forged => {
                ("lost_or_forged", Breach, "events name an entry that is not theirs, or that the log does not hold")
            }
            Self::Unannotated => {
                ("unannotated", Breach, "changes were made, and the webhook was not asked or gave no answer")
            }
            Self::LogEnds => (
                "log_ends",
                NotEstablished,
                "events name an entry behind the end of this copy of the log: take a newer one",
            ),
            Self::UnknownDeletion => (
                "unknown_deletion",
                NotEstablished,
                "deletions without an entry may be dry runs or of nothing: an audit policy of level Request for deletions, and of RequestResponse for collections, would tell",
            ),
            Self::UnknownProject => (
                "unknown_project",
                NotEstablished,
                "changes without an entry are in namespaces of which nobody says whether they are a project's: name them in spe.yaml, and give that with --spe",
            ),
            Self::UnknownLabels => (
                "unknown_labels",
                NotEstablished,
                "changes of a Namespace by its status or finalizers may have changed labels: the audit log does not say",
            ),
            Self::WithoutEvent => (
                "without_event",
                NotEstablished,
                "entries have no event: the audit log lost them, or the API server gave up waiting",
            ),
        }
    }
}

/// How many, and where the first are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub count: u64,
    pub first: Vec<String>,
}

impl Tally {
    fn add(&mut self, place: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < SHOWN_MAX {
            self.first.push(place());
        }
    }

    fn join(&mut self, other: Self) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.truncate(SHOWN_MAX);
    }
}

/// How often each verb or operation came, by kind.
pub type Counts = BTreeMap<(&'static str, String), u64>;

/// What came of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Events of the window that the webhooks are asked about.
    pub events: Counts,
    /// Decisions of the window.
    pub entries: Counts,
    pub classes: BTreeMap<Class, Tally>,
    /// A key of pseudonyms was erased.
    pub without_pepper: bool,
}

impl Reconciled {
    #[must_use]
    pub fn count(&self, class: Class) -> u64 {
        self.classes.get(&class).map_or(0, |tally| tally.count)
    }
}

/// What a repeated call is recognised by: operation, kind, subresource and namespace.
type Group = (&'static str, String, String, String);

/// A comparison under way.
#[derive(Debug)]
pub struct Matching<'s> {
    scope: &'s Scope,
    window: Period,
    ledger: Ledger,
    found: Reconciled,
    /// When events matched, and whether a collection was deleted.
    matched: BTreeMap<Group, Vec<(i64, bool)>>,
    /// Namespaces that the API server asked about as a project's, and as none.
    projects: BTreeSet<String>,
    others: BTreeSet<String>,
    /// Changes in namespaces of which it is not known yet.
    pending: BTreeMap<(String, Class), Tally>,
}

impl<'s> Matching<'s> {
    /// `ledger` has taken every entry of every shard.
    #[must_use]
    pub fn new(scope: &'s Scope, window: Period, ledger: Ledger) -> Self {
        let found = Reconciled { without_pepper: ledger.without_pepper, ..Reconciled::default() };
        let (matched, pending) = (BTreeMap::new(), BTreeMap::new());
        Self { scope, window, ledger, found, matched, projects: BTreeSet::new(), others: BTreeSet::new(), pending }
    }

    /// Takes an event. `place` says where it stands, for people. Of events around the window only the annotations count:
    /// their entries may lie in it.
    pub fn take(&mut self, event: &Event, place: &dyn Fn() -> String) {
        if !near(self.window, event.at) {
            return;
        }
        let is_inside = self.window.contains(event.at);
        if !event.named.is_empty() {
            let classes: Vec<(Class, &'static str)> = self.named(event);
            if is_inside {
                self.counted(event);
                for (class, why) in classes {
                    self.add(class, || told(event, place, why));
                }
            }
            return;
        }
        let asked = self.scope.asked(event);
        if !is_inside || asked == Asked::Never {
            return;
        }
        let class = match asked {
            _ if event.dry_run == DryRun::Yes => Class::DryRun,
            _ if event.code >= REJECTED => Class::Rejected,
            _ if event.verb == Verb::DeleteCollection && event.deleted == Some(0) => Class::NothingDeleted,
            _ if self.ledger.is_covered(event) => Class::Covered,
            Asked::InProjectByLabels => Class::UnknownLabels,
            _ if event.dry_run == DryRun::Unknown => Class::UnknownDeletion,
            // What was deleted is not told.
            _ if event.verb == Verb::DeleteCollection && event.deleted.is_none() => Class::UnknownDeletion,
            _ => Class::Unannotated,
        };
        let namespace = scope::namespace(event);
        let is_project = self.scope.projects.namespaces.contains(namespace) || self.projects.contains(namespace);
        if asked != Asked::Always && !is_project && class.told().1 != Weight::Good {
            let tally = self.pending.entry((namespace.to_owned(), class)).or_default();
            tally.add(|| told(event, place, ""));
            return;
        }
        self.counted(event);
        self.add(class, || told(event, place, ""));
    }

    /// What each annotation comes to.
    fn named(&mut self, event: &Event) -> Vec<(Class, &'static str)> {
        let mut classes = Vec::new();
        for (webhook, named) in &event.named {
            let decided = match self.ledger.claim(event, named) {
                Ok(decided) => decided,
                Err(Mismatch::LogEnds) => {
                    classes.push((Class::LogEnds, ""));
                    continue;
                }
                Err(Mismatch::Forged(why)) => {
                    classes.push((Class::Forged, why));
                    continue;
                }
            };
            classes.push((Class::Matched, ""));
            let namespace = scope::namespace(event);
            let heard = match webhook.split('.').next() {
                Some("project" | "namespace") => Some(&mut self.projects),
                Some("outside") => Some(&mut self.others),
                _ => None,
            };
            heard.map(|heard| heard.insert(namespace.to_owned()));
            for operation in scope::operations(event.verb) {
                let group = group(decided, operation.name(), namespace);
                let is_collection = event.verb == Verb::DeleteCollection;
                self.matched.entry(group).or_default().push((event.at, is_collection));
            }
        }
        classes
    }

    fn counted(&mut self, event: &Event) {
        if event.dry_run != DryRun::Yes {
            *self.found.events.entry((event.verb.name(), scope::shown(event))).or_default() += 1;
        }
    }

    fn add(&mut self, class: Class, place: impl FnOnce() -> String) {
        self.found.classes.entry(class).or_default().add(place);
    }

    /// What it all comes to, after the last event.
    #[must_use]
    pub fn finish(mut self) -> Reconciled {
        for ((namespace, class), tally) in std::mem::take(&mut self.pending) {
            let class = match class {
                // It became a project's in the window: whether before this change is not known.
                _ if self.projects.contains(&namespace) => Class::UnknownProject,
                _ if self.scope.projects.are_all || self.others.contains(&namespace) => Class::Outside,
                Class::UnknownLabels => Class::UnknownLabels,
                _ => Class::UnknownProject,
            };
            self.found.classes.entry(class).or_default().join(tally);
        }
        for times in self.matched.values_mut() {
            times.sort_unstable();
        }
        let Self { window, ledger, mut found, matched, .. } = self;
        let namespaces: BTreeSet<&str> = matched.keys().map(|(.., namespace)| namespace.as_str()).collect();
        for (origin, shard) in &ledger.shards {
            for (index, decided) in &shard.decisions {
                if !window.contains(decided.recorded) {
                    continue;
                }
                let call = &decided.call;
                *found.entries.entry((call.operation.name(), call.kind.clone())).or_default() += 1;
                if decided.is_claimed() {
                    continue;
                }
                let namespace = decided.names(namespaces.iter().copied());
                let times = namespace.and_then(|name| matched.get(&group(decided, call.operation.name(), name)));
                let class = times.map_or(Class::WithoutEvent, |times| nearest(times, decided.recorded));
                let place = || format!("entry {index} of {origin}: {} {}", call.operation.name(), call.kind);
                found.classes.entry(class).or_default().add(place);
            }
        }
        found
    }
}

fn group(decided: &Decided, operation: &'static str, namespace: &str) -> Group {
    (operation, decided.call.kind.clone(), decided.call.subresource.clone(), namespace.to_owned())
}

/// What an entry is that no event names, by the matched events of its group.
fn nearest(times: &[(i64, bool)], at: i64) -> Class {
    let begin = times.partition_point(|(time, _)| *time < at.saturating_sub(MERGE_DELAY_MS));
    let near = times.iter().skip(begin).take_while(|(time, _)| *time <= at.saturating_add(MERGE_DELAY_MS));
    // The later class outweighs.
    let class = |(_, is_collection): &(i64, bool)| if *is_collection { Class::Collected } else { Class::Repeated };
    near.map(class).max().unwrap_or(Class::WithoutEvent)
}

/// Where an event stands and what it did, without who did it and to what.
fn told(event: &Event, place: &dyn Fn() -> String, why: &str) -> String {
    let what = format!("{}: {} {}", place(), event.verb.name(), scope::shown(event));
    if why.is_empty() { what } else { format!("{what}: {why}") }
}

#[cfg(test)]
mod tests;
