//! The history of a period, made while a log is read: what is held grows with what is alive, not with the log.
use super::{
    ANCHOR_INTERVAL_MAX_MS, ChangeFact, EXIT_COULD_NOT_RUN, EXPIRING_WITHIN_MS, GapFact, PlanFact, RunFact, WaiverFact,
    cover::{Declared, Demand},
    deviations::Lives,
    exposure::Standing,
    guarding::Guarding,
    presence::{Presence, SignFact},
};
use crate::model::{AnchorHistory, History, Period, ResourceTime, RunLine, UnfinishedRun, WaiverAge, WaiverHistory};
use std::collections::BTreeMap;

/// Takes facts one by one; [`Watch::finish`] gives the history. [`super::history`] tells the rules.
///
/// Held are the plans, the gaps, the last counts of each scope and what was declared. Runs and deviations are held where
/// they are to be listed.
#[derive(Debug)]
pub struct Watch {
    pub(super) period: Period,
    pub(super) as_of: i64,
    /// The part of the period that is judged: up to `as_of`.
    pub(super) window: Period,
    /// Each version of the plan with the time in which it is in force, in order.
    pub(super) plans: Vec<(Period, PlanFact)>,
    pub(super) demands: Vec<Demand>,
    pub(super) declared: Declared,
    presence: Presence,
    /// By scope and criterion.
    pub(super) standing: BTreeMap<String, BTreeMap<String, Standing>>,
    pub(super) criteria: BTreeMap<String, ResourceTime>,
    lists: Option<Lists>,
}

/// What is listed run by run and deviation by deviation.
#[derive(Debug, Default)]
struct Lists {
    /// With the place in the log, for their order.
    runs: Vec<RunLine>,
    lives: Lives,
    guarding: Guarding,
}

/// What is known at the end of the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rest<'r> {
    pub unfinished: &'r [UnfinishedRun],
    pub waivers: &'r [WaiverFact],
    /// Size of the log and time of each time stamp.
    pub anchors: &'r [(u64, i64)],
}

impl Watch {
    /// Everything that decides what a later fact means: all plans, the period, and the moment of the view. Without
    /// `listed`, runs and deviations of the history stay empty, and what is computed from them with them.
    #[must_use]
    pub fn new(mut plans: Vec<PlanFact>, period: Period, as_of: i64, listed: bool) -> Self {
        plans.sort_by_key(|plan| plan.effective_from);
        let ends: Vec<i64> = plans.iter().skip(1).map(|plan| plan.effective_from).chain([i64::MAX]).collect();
        let plans: Vec<(Period, PlanFact)> =
            plans.into_iter().zip(ends).map(|(plan, to)| (Period { from: plan.effective_from, to }, plan)).collect();
        let window = Period { from: period.from, to: as_of.min(period.to).max(period.from) };
        let mut watch = Self {
            period,
            as_of,
            window,
            demands: Demand::all(&plans, window),
            plans,
            declared: Declared::default(),
            presence: Presence::default(),
            standing: BTreeMap::new(),
            criteria: BTreeMap::new(),
            lists: listed.then(Lists::default),
        };
        watch.criteria = watch.planned_criteria().map(|id| (id.to_owned(), ResourceTime::default())).collect();
        watch
    }

    /// Takes a run. Runs of one scope that are not late come in the order of their observations.
    pub fn run(&mut self, run: &RunFact) {
        if run.observed >= self.period.to || run.ended > self.as_of {
            return;
        }
        if let Some(lists) = self.lists.as_mut().filter(|_| run.observed >= self.period.from) {
            lists.runs.push(run.line());
        }
        if run.observes() {
            self.demands.iter_mut().for_each(|demand| demand.take(run));
            self.expose(run);
        }
    }

    /// Takes a change, in the order of the log; `entered` is when the run that saw it was over.
    pub fn change(&mut self, change: &ChangeFact, entered: i64) {
        if let Some(lists) = self.lists.as_mut()
            && change.observed < self.period.to
            && entered <= self.as_of
        {
            lists.lives.apply(change);
        }
    }

    /// Takes a declared gap, in any order.
    pub fn gap(&mut self, gap: &GapFact) {
        self.declared.add(gap);
    }

    /// Takes a sign of life; those of one emitter in the order of the log.
    pub fn sign(&mut self, sign: &SignFact) {
        if sign.at <= self.as_of {
            if let Some(lists) = &mut self.lists {
                lists.guarding.take(sign);
            }
            self.presence.take(sign, &self.plans, self.window);
        }
    }

    /// What the log shows.
    #[must_use]
    pub fn finish(mut self, rest: &Rest<'_>) -> History {
        self.expose_rest();
        let mut items: Vec<_> =
            std::mem::take(&mut self.demands).into_iter().filter_map(|one| one.finish(&self.declared)).collect();
        items.extend(std::mem::take(&mut self.presence).finish(&self.plans, self.window, &self.declared));
        items.sort_by(|one, other| {
            (&one.item, &one.scope, &one.emitter).cmp(&(&other.item, &other.scope, &other.emitter))
        });
        let criteria = std::mem::take(&mut self.criteria);
        let mut all = ResourceTime::default();
        criteria.values().for_each(|time| all.add(time));
        let lists = self.lists.take();
        let is_listed = lists.is_some();
        let Lists { mut runs, lives, guarding } = lists.unwrap_or_default();
        runs.sort_by_key(|run| (run.observed, run.index));
        let deviations = if is_listed { self.deviations(lives, guarding, &items) } else { Vec::new() };
        let in_force = self.plans.iter().rev().find(|(effect, _)| effect.from <= self.window.to);
        History {
            period: self.period,
            as_of: self.as_of,
            until: self.window.to,
            without_plan: super::cover::left(self.window, self.plans.iter().map(|(effect, _)| *effect)),
            criteria,
            all,
            min_coverage_per_mille: in_force.map(|(_, plan)| plan.min_coverage_per_mille),
            ageing: self.ageing(&deviations),
            repair: self.repair(&deviations),
            longest_without_run: self.longest_without_run(&runs),
            items,
            deviations,
            runs,
            unfinished: self.unfinished(rest.unfinished),
            waivers: self.waivers(rest.waivers),
            anchors: self.anchors(rest.anchors),
        }
    }

    fn unfinished(&self, all: &[UnfinishedRun]) -> Vec<UnfinishedRun> {
        let inside = all.iter().filter(|run| self.period.contains(run.started) && run.started <= self.as_of);
        let mut unfinished: Vec<UnfinishedRun> = inside.cloned().collect();
        unfinished.sort_by(|one, other| (one.started, &one.id).cmp(&(other.started, &other.id)));
        unfinished
    }

    fn longest_without_run(&self, runs: &[RunLine]) -> Option<Period> {
        let observed = runs.iter().filter(|run| !run.late && run.exit != EXIT_COULD_NOT_RUN);
        let inside = observed.map(|run| run.observed).filter(|at| self.window.contains(*at));
        stretches([self.window.from].into_iter().chain(inside).chain([self.window.to]))
            .max_by_key(|stretch| (stretch.length(), -i128::from(stretch.from)))
    }

    fn waivers(&self, all: &[WaiverFact]) -> Vec<WaiverHistory> {
        let until = self.window.to;
        let age = |waiver: &WaiverFact| match waiver.expires.saturating_sub(until) {
            left if left <= 0 => WaiverAge::Expired,
            left if left <= EXPIRING_WITHIN_MS => WaiverAge::Expiring,
            _ => WaiverAge::Active,
        };
        let touching = all.iter().filter(|waiver| waiver.granted <= until && waiver.expires >= self.period.from);
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

    fn anchors(&self, all: &[(u64, i64)]) -> AnchorHistory {
        let mut times: Vec<i64> = all.iter().map(|(_, at)| *at).filter(|at| *at <= self.window.to).collect();
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
