//! Continuity and metrics of a period, computed from what a log says and nothing else (specification of the evidence
//! log, sections 9 and 14). Pure: no clock, no file. Start at [`history`].
//!
//! An observation holds for the cadence of its plan item and the grace on top. What no observation holds for is a gap
//! of the item and unknown time of its criteria: absence of data never appears as met.
mod cover;
mod deviations;
mod exposure;
mod guarding;
mod presence;
#[cfg(test)]
mod tests;
mod watch;

pub(super) use cover::left;
pub use presence::{Sign, SignFact};
pub use watch::{Rest, Watch};

use crate::model::{DAY_MS, Effect, History, Period, RunLine, Severity, UnfinishedRun, VerdictName};
use std::collections::BTreeMap;

/// A declared gap may miss this much at an edge of the gap that it explains, in milliseconds: an emitter knows when it
/// fell silent no better than to its heartbeat, which comes every 60 seconds.
pub const DECLARED_GAP_TOLERANCE_MS: u64 = 60 * 1000;

/// A deviation that comes back this soon after being closed is the same one, in milliseconds (section 14).
pub const REOPENED_WITHIN_MS: i64 = 30 * DAY_MS;

/// A waiver that ends within this time is expiring, in milliseconds (section 14).
pub const EXPIRING_WITHIN_MS: i64 = 30 * DAY_MS;

/// More than this between two time stamps is remarked upon, in milliseconds (section 8: stamps are hourly).
pub const ANCHOR_INTERVAL_MAX_MS: u64 = 2 * 60 * 60 * 1000;

/// So many intervals without a sign of life, and an emitter is down (section 9, point 4).
pub const HEARTBEATS_MISSED_MAX: u64 = 3;

/// The trigger of runs that judged only what an event touched: they cover no plan item (section 9, point 5).
pub const TRIGGER_EVENT: &str = "event";

/// The exit code of a run that could not be finished: it observed nothing.
const EXIT_COULD_NOT_RUN: u8 = 2;

/// What a log says, as far as continuity needs it. Times are milliseconds since 1970, lists in any order.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub plans: Vec<PlanFact>,
    pub runs: Vec<RunFact>,
    /// A start without an end: the run covers nothing.
    pub unfinished: Vec<UnfinishedRun>,
    pub changes: Vec<ChangeFact>,
    pub declared: Vec<GapFact>,
    /// Of emitters that run all the time; of each in the order of the log.
    pub signs: Vec<SignFact>,
    pub waivers: Vec<WaiverFact>,
    /// Size of the log and time of each time stamp.
    pub anchors: Vec<(u64, i64)>,
    /// Time of the newest entry: the moment of the view where none is asked for.
    pub newest: i64,
}

/// One version of the plan. It is in force until the next one takes effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanFact {
    pub effective_from: i64,
    pub items: Vec<Item>,
    pub resident: Vec<Resident>,
    /// Days from opening to due date.
    pub deadline_days: BTreeMap<Severity, u64>,
    pub min_coverage_per_mille: u64,
}

/// What is judged, how often and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    pub name: String,
    pub scope: String,
    /// Or the name of a [`Resident`].
    pub emitter: String,
    /// Whose runs fulfil it where `emitter` names several; else empty.
    pub any_of: Vec<String>,
    /// Empty = all.
    pub criteria: Vec<String>,
    pub cadence_seconds: u64,
    /// Added to the cadence.
    pub grace_percent: u64,
    /// A role.
    pub owner: String,
}

/// What emitters that run all the time promise together: that one of them is alive and knows the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resident {
    pub name: String,
    pub emitters: Vec<String>,
    pub heartbeat_seconds: u64,
    /// A role.
    pub owner: String,
}

/// A finished run.
#[derive(Clone, Debug, Default)]
pub struct RunFact {
    pub id: String,
    pub scope: String,
    pub emitter: String,
    pub started: i64,
    /// When the sources were read: what the run says holds from here.
    pub observed: i64,
    pub ended: i64,
    /// Older than the last run of its scope: kept for the record, without effect.
    pub late: bool,
    pub trigger: String,
    pub exit: u8,
    /// The criteria it was asked for; empty = all.
    pub selected: Vec<String>,
    /// A criterion without rows is absent.
    pub counts: Vec<CountFact>,
    /// Sources that were not read. What depends on them is counted as undetermined in `counts`.
    pub problems: u64,
    pub index: u64,
}

/// How many rows of one criterion have which verdict in one run.
#[derive(Clone, Debug, Default)]
pub struct CountFact {
    pub criterion: String,
    pub met: u64,
    pub not_met: u64,
    pub not_applicable: u64,
    pub undetermined: u64,
    /// The part of `not_met` that a waiver covers. Undetermined rows with a waiver are not in it.
    pub waived: u64,
    /// Rows that only warn, and that are only observed. They are not set apart from what counts.
    pub warned: u64,
    pub observed: u64,
}

/// A verdict or its effect changed between two runs of a scope.
#[derive(Clone, Debug)]
pub struct ChangeFact {
    /// The run that saw it.
    pub run: String,
    pub observed: i64,
    pub criterion: String,
    pub kind: String,
    /// As the log refers to it, the same at every change; empty = not known, and only `deviation` joins changes.
    pub resource: String,
    /// `None` = the resource is new.
    pub from: Option<VerdictName>,
    /// `None` = the resource is gone.
    pub to: Option<VerdictName>,
    pub effect: Effect,
    pub severity: Option<Severity>,
    /// The last observation before the change.
    pub last_before: Option<i64>,
    /// The deviation that it opens, changes or closes.
    pub deviation: Option<String>,
    pub index: u64,
}

/// A gap as somebody declared it.
#[derive(Clone, Debug)]
pub struct GapFact {
    /// A plan item, or an emitter: then every item of that emitter.
    pub item: String,
    pub from: i64,
    pub to: i64,
    pub cause: String,
}

#[derive(Clone, Debug)]
pub struct WaiverFact {
    pub name: String,
    pub granted: i64,
    /// The first millisecond at which it no longer holds.
    pub expires: i64,
    pub approver_missing: bool,
    pub self_approved: bool,
}

/// What a log shows of a period, as seen at `as_of` (milliseconds since 1970; `None` = at the newest entry).
///
/// What was not yet in the log at `as_of` is left out, and the period ends there: the rest is not covered, so that a
/// copy of a log does not go stale into gaps. An `as_of` after the newest entry is taken at its word: silence up to it
/// is a gap.
///
/// Rules where section 9 leaves a choice:
/// - The plan in force at a moment decides how long ago an observation may lie at that moment. A gap may therefore
///   begin the moment a plan takes effect, until its first observation.
/// - Late runs, runs by event and runs that could not be finished cover nothing.
/// - Of several plan items that ask for one criterion in one scope, the one that demands most decides its time.
/// - An emitter that runs all the time is alive from each sign of life to the next, where that comes within
///   [`HEARTBEATS_MISSED_MAX`] times its interval. After the last of an epoch it is down: until the next start, or, where
///   none came, from that moment once the time has passed. It covers nothing from a sign that says that the inventory is not
///   whole until one that says it is. What several promise together holds while one of them holds it.
/// - The webhooks that an emitter was started on are what it is held to. Others are a deviation until they are as before, or
///   until it is started on them; that there are none is one until there are. What several see is one.
/// - Without a plan in force nothing is a gap, and since nothing says how long an observation holds, all time is
///   unknown.
/// - Declarations of one cause that overlap or touch are one. A declared gap explains the part of a gap that it overlaps. What it leaves at an edge is explained too where that
///   is at most [`DECLARED_GAP_TOLERANCE_MS`]; otherwise the whole rest is undeclared.
#[must_use]
pub fn history(facts: &Facts, period: Period, as_of: Option<i64>) -> History {
    let mut watch = Watch::new(facts.plans.clone(), period, as_of.unwrap_or(facts.newest), true);
    let mut runs: Vec<&RunFact> = facts.runs.iter().collect();
    runs.sort_by_key(|run| (run.observed, run.index));
    runs.into_iter().for_each(|run| watch.run(run));
    let ended: BTreeMap<&str, i64> = facts.runs.iter().map(|run| (run.id.as_str(), run.ended)).collect();
    let mut changes: Vec<&ChangeFact> = facts.changes.iter().collect();
    // Of several shards the years come after each other; of one, in the order of the log.
    changes.sort_by_key(|change| (change.observed, change.index));
    for change in changes {
        watch.change(change, *ended.get(change.run.as_str()).unwrap_or(&change.observed));
    }
    facts.declared.iter().for_each(|gap| watch.gap(gap));
    facts.signs.iter().for_each(|sign| watch.sign(sign));
    watch.finish(&Rest { unfinished: &facts.unfinished, waivers: &facts.waivers, anchors: &facts.anchors })
}

impl RunFact {
    fn observes(&self) -> bool {
        !self.late && self.exit != EXIT_COULD_NOT_RUN && self.trigger != TRIGGER_EVENT
    }

    fn judges(&self, criterion: &str) -> bool {
        self.selected.is_empty() || self.selected.iter().any(|selected| selected == criterion)
    }

    fn line(&self) -> RunLine {
        let sum = |of: fn(&CountFact) -> u64| self.counts.iter().map(of).fold(0, u64::saturating_add);
        RunLine {
            id: self.id.clone(),
            scope: self.scope.clone(),
            emitter: self.emitter.clone(),
            trigger: self.trigger.clone(),
            started: self.started,
            observed: self.observed,
            ended: self.ended,
            exit: self.exit,
            late: self.late,
            problems: self.problems,
            met: sum(|count| count.met),
            not_met: sum(|count| count.not_met),
            undetermined: sum(|count| count.undetermined),
            not_applicable: sum(|count| count.not_applicable),
            waived: sum(|count| count.waived),
            index: self.index,
        }
    }
}

impl Item {
    /// How long an observation holds, in milliseconds: the cadence and its grace (section 9, point 6).
    fn holds(&self) -> i64 {
        let holds = u128::from(self.cadence_seconds) * 10 * (100 + u128::from(self.grace_percent));
        i64::try_from(holds).unwrap_or(i64::MAX)
    }

    fn asks(&self, criterion: &str) -> bool {
        self.criteria.is_empty() || self.criteria.iter().any(|asked| asked == criterion)
    }

    fn writers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.emitter).chain(&self.any_of).map(String::as_str)
    }

    fn is_by(&self, emitter: &str) -> bool {
        self.writers().any(|writer| writer == emitter)
    }

    /// Whether the run did what the item demands: its scope, its emitter, and all of its criteria.
    fn is_met_by(&self, run: &RunFact) -> bool {
        let all = !self.criteria.is_empty() && self.criteria.iter().all(|criterion| run.judges(criterion));
        self.scope == run.scope && self.is_by(&run.emitter) && (run.selected.is_empty() || all)
    }
}
