//! Resource-time per criterion (specification of the evidence log, section 14), from the counts of runs.
use super::{CountFact, Item, PlanFact, RunFact, Watch};
use crate::model::{Period, ResourceTime};
use std::collections::BTreeMap;

/// What a run said of one criterion in one scope: it stands until the next run there that judges the criterion.
#[derive(Debug)]
pub(super) struct Standing {
    observed: i64,
    emitter: String,
    count: CountFact,
}

impl Watch {
    /// Takes the counts of a run.
    ///
    /// They stand from its observation to the next run of its scope that judged the criterion. They hold as long as the
    /// plan says; the rest is unknown time of the same resources. Before the first run of a scope nobody knows any
    /// resource, and there is no time to count.
    pub(super) fn expose(&mut self, run: &RunFact) {
        if !self.standing.contains_key(&run.scope) {
            self.standing.insert(run.scope.clone(), BTreeMap::new());
        }
        let Some(standing) = self.standing.get_mut(&run.scope) else { return };
        let (plans, window, criteria) = (&self.plans, self.window, &mut self.criteria);
        standing.retain(|criterion, one| {
            let judged = run.judges(criterion);
            if judged && let Some(time) = criteria.get_mut(criterion) {
                expose(plans, window, (&run.scope, criterion), one, run.observed, time);
            }
            !judged
        });
        for count in &run.counts {
            if !criteria.contains_key(&count.criterion) {
                criteria.insert(count.criterion.clone(), ResourceTime::default());
            }
            if run.judges(&count.criterion) {
                let one = Standing { observed: run.observed, emitter: run.emitter.clone(), count: count.clone() };
                standing.entry(count.criterion.clone()).or_insert(one);
            }
        }
    }

    /// The last counts stand to the end.
    pub(super) fn expose_rest(&mut self) {
        for (scope, standing) in &std::mem::take(&mut self.standing) {
            for (criterion, one) in standing {
                if let Some(time) = self.criteria.get_mut(criterion) {
                    expose(&self.plans, self.window, (scope, criterion), one, self.window.to, time);
                }
            }
        }
    }

    /// Criteria that an item of a plan in force in the period names.
    pub(super) fn planned_criteria(&self) -> impl Iterator<Item = &str> {
        self.plans
            .iter()
            .filter(|(effect, _)| effect.overlap(self.window).is_some())
            .flat_map(|(_, plan)| &plan.items)
            .flat_map(|item| &item.criteria)
            .map(String::as_str)
    }
}

/// Adds the time of one criterion in one scope, up to a moment.
fn expose(
    plans: &[(Period, PlanFact)],
    window: Period,
    (scope, criterion): (&str, &str),
    one: &Standing,
    to: i64,
    time: &mut ResourceTime,
) {
    let Some(stands) = (Period { from: one.observed, to }).overlap(window) else { return };
    let mut valid = 0_u64;
    let mut promised = 0_u64;
    for (effect, plan) in plans {
        let Some(stretch) = effect.overlap(stands) else { continue };
        let asked = |item: &&Item| item.scope == scope && item.is_by(&one.emitter) && item.asks(criterion);
        let Some(holds) = plan.items.iter().filter(asked).map(Item::holds).min() else { continue };
        promised = promised.saturating_add(stretch.length());
        let holding = Period { from: one.observed, to: one.observed.saturating_add(holds) };
        valid = valid.saturating_add(holding.overlap(stretch).map_or(0, Period::length));
    }
    add(time, &one.count, stands.length(), promised, valid);
}

/// Adds what one run's counts say of the time they stand: `valid` of it observed, `promised` of it under a plan, all in
/// milliseconds and `valid` <= `promised` <= `stands`.
fn add(time: &mut ResourceTime, count: &CountFact, stands: u64, promised: u64, valid: u64) {
    let of = |resources: u64, length: u64| u128::from(resources) * u128::from(length);
    let waived = count.waived.min(count.not_met);
    let decided = [count.met, count.not_met];
    let mut unknown = of(count.undetermined, stands);
    let mut without_plan = of(count.undetermined, stands - promised);
    for resources in decided {
        unknown = unknown.saturating_add(of(resources, stands - valid));
        without_plan = without_plan.saturating_add(of(resources, stands - promised));
    }
    time.add(&ResourceTime {
        met: of(count.met, valid),
        waived: of(waived, valid),
        not_met: of(count.not_met - waived, valid),
        unknown,
        without_plan,
        not_applicable: of(count.not_applicable, stands),
    });
}
