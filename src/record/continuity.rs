//! Continuity and metrics of a period, computed from what a log says and nothing else (specification of the evidence
//! log, sections 9 and 14). Pure: no clock, no file. Start at [`history`].
//!
//! An observation holds for the cadence of its plan item and the grace on top. What no observation holds for is a gap
//! of the item and unknown time of its criteria: absence of data never appears as met.
mod cover;
mod deviations;
mod exposure;
#[cfg(test)]
mod tests;

pub(super) use cover::left;

use crate::model::{
    AnchorHistory, DAY_MS, Effect, History, Period, RunLine, Severity, UnfinishedRun, VerdictName, WaiverAge,
    WaiverHistory,
};
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
    pub waivers: Vec<WaiverFact>,
    /// Size of the log and time of each time stamp.
    pub anchors: Vec<(u64, i64)>,
    /// Time of the newest entry: the moment of the view where none is asked for.
    pub newest: i64,
}

/// One version of the plan. It is in force until the next one takes effect.
#[derive(Clone, Debug, Default)]
pub struct PlanFact {
    pub effective_from: i64,
    pub items: Vec<Item>,
    /// Days from opening to due date.
    pub deadline_days: BTreeMap<Severity, u64>,
    pub min_coverage_per_mille: u64,
}

/// What is judged, how often and by whom.
#[derive(Clone, Debug, Default)]
pub struct Item {
    pub name: String,
    pub scope: String,
    pub emitter: String,
    /// Empty = all.
    pub criteria: Vec<String>,
    pub cadence_seconds: u64,
    /// Added to the cadence.
    pub grace_percent: u64,
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
/// - Without a plan in force nothing is a gap, and since nothing says how long an observation holds, all time is
///   unknown.
/// - A declared gap explains the part of a gap that it overlaps. What it leaves at an edge is explained too where that
///   is at most [`DECLARED_GAP_TOLERANCE_MS`]; otherwise the whole rest is undeclared.
#[must_use]
pub fn history(facts: &Facts, period: Period, as_of: Option<i64>) -> History {
    let view = View::new(facts, period, as_of.unwrap_or(facts.newest));
    let items = view.items();
    let criteria = view.exposure();
    let mut all = crate::model::ResourceTime::default();
    criteria.values().for_each(|time| all.add(time));
    let deviations = view.deviations(&items);
    let ageing = view.ageing(&deviations);
    let repair = view.repair(&deviations);
    let in_force = view.plans.iter().rev().find(|(effect, _)| effect.from <= view.window.to);
    History {
        period,
        as_of: view.as_of,
        until: view.window.to,
        without_plan: view.without_plan(),
        items,
        criteria,
        all,
        min_coverage_per_mille: in_force.map(|(_, plan)| plan.min_coverage_per_mille),
        deviations,
        ageing,
        repair,
        runs: view.run_lines(),
        unfinished: view.unfinished(),
        longest_without_run: view.longest_without_run(),
        waivers: view.waivers(),
        anchors: view.anchors(),
    }
}

/// The facts as seen at one moment.
struct View<'a> {
    facts: &'a Facts,
    period: Period,
    as_of: i64,
    /// The part of the period that is judged: up to `as_of`.
    window: Period,
    /// Each version of the plan with the time in which it is in force, in order.
    plans: Vec<(Period, &'a PlanFact)>,
    /// Runs that were in the log at `as_of` and began to hold before the period's end, in order of observation.
    runs: Vec<&'a RunFact>,
}

impl<'a> View<'a> {
    fn new(facts: &'a Facts, period: Period, as_of: i64) -> Self {
        let mut plans: Vec<&PlanFact> = facts.plans.iter().collect();
        plans.sort_by_key(|plan| plan.effective_from);
        let ends = plans.iter().skip(1).map(|plan| plan.effective_from).chain([i64::MAX]);
        let plans =
            plans.iter().zip(ends).map(|(plan, to)| (Period { from: plan.effective_from, to }, *plan)).collect();
        let mut runs: Vec<&RunFact> =
            facts.runs.iter().filter(|run| run.observed < period.to && run.ended <= as_of).collect();
        runs.sort_by_key(|run| (run.observed, run.index));
        let until = as_of.min(period.to).max(period.from);
        Self { facts, period, as_of, window: Period { from: period.from, to: until }, plans, runs }
    }

    /// Runs that say what is so in their whole scope.
    fn observations(&self) -> impl Iterator<Item = &'a RunFact> {
        self.runs.iter().copied().filter(|run| run.observes())
    }

    fn without_plan(&self) -> Vec<Period> {
        cover::left(self.window, self.plans.iter().map(|(effect, _)| *effect))
    }

    fn run_lines(&self) -> Vec<RunLine> {
        self.runs.iter().filter(|run| run.observed >= self.period.from).map(|run| run.line()).collect()
    }

    fn unfinished(&self) -> Vec<UnfinishedRun> {
        let mut unfinished: Vec<UnfinishedRun> = self
            .facts
            .unfinished
            .iter()
            .filter(|run| self.period.contains(run.started) && run.started <= self.as_of)
            .cloned()
            .collect();
        unfinished.sort_by(|one, other| (one.started, &one.id).cmp(&(other.started, &other.id)));
        unfinished
    }

    fn longest_without_run(&self) -> Option<Period> {
        let observed = self.runs.iter().filter(|run| !run.late && run.exit != EXIT_COULD_NOT_RUN);
        let inside = observed.map(|run| run.observed).filter(|at| self.window.contains(*at));
        stretches([self.window.from].into_iter().chain(inside).chain([self.window.to]))
            .max_by_key(|stretch| (stretch.length(), -i128::from(stretch.from)))
    }

    fn waivers(&self) -> Vec<WaiverHistory> {
        let until = self.window.to;
        let age = |waiver: &WaiverFact| match waiver.expires.saturating_sub(until) {
            left if left <= 0 => WaiverAge::Expired,
            left if left <= EXPIRING_WITHIN_MS => WaiverAge::Expiring,
            _ => WaiverAge::Active,
        };
        let touching =
            self.facts.waivers.iter().filter(|waiver| waiver.granted <= until && waiver.expires >= self.period.from);
        let mut waivers: Vec<WaiverHistory> = touching
            .map(|waiver| WaiverHistory {
                name: waiver.name.clone(),
                granted: waiver.granted,
                expires: waiver.expires,
                age: age(waiver),
                approver_missing: waiver.approver_missing,
                self_approved: waiver.self_approved,
            })
            .collect();
        waivers.sort_by(|one, other| (one.expires, &one.name).cmp(&(other.expires, &other.name)));
        waivers
    }

    fn anchors(&self) -> AnchorHistory {
        let mut times: Vec<i64> =
            self.facts.anchors.iter().map(|(_, at)| *at).filter(|at| *at <= self.window.to).collect();
        times.sort_unstable();
        let count = times.iter().filter(|at| **at >= self.window.from).count();
        // The last stamp before the period began still counts for its first hours.
        let before = times.iter().copied().rfind(|at| *at < self.window.from).unwrap_or(self.window.from);
        let inside = times.into_iter().filter(|at| *at >= self.window.from);
        let late = stretches([before].into_iter().chain(inside).chain([self.window.to]))
            .filter(|stretch| stretch.length() > ANCHOR_INTERVAL_MAX_MS)
            .filter_map(|stretch| stretch.overlap(self.window))
            .collect();
        AnchorHistory { count: u64::try_from(count).unwrap_or(u64::MAX), late }
    }
}

/// What lies between each two moments that follow each other, where there is any time.
fn stretches(moments: impl Iterator<Item = i64>) -> impl Iterator<Item = Period> {
    let mut last = None;
    moments.filter_map(move |to| {
        let from = last.replace(to)?;
        (from < to).then_some(Period { from, to })
    })
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

    /// Whether the run did what the item demands: its scope, its emitter, and all of its criteria.
    fn is_met_by(&self, run: &RunFact) -> bool {
        let all = !self.criteria.is_empty() && self.criteria.iter().all(|criterion| run.judges(criterion));
        self.scope == run.scope && self.emitter == run.emitter && (run.selected.is_empty() || all)
    }
}
