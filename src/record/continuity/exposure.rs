//! Resource-time per criterion (specification of the evidence log, section 14), from the counts of runs.
use super::{CountFact, Item, RunFact, View};
use crate::model::{Period, ResourceTime};
use std::collections::{BTreeMap, BTreeSet};

impl View<'_> {
    /// Resource-time of every criterion that a run or a plan item names.
    ///
    /// The counts of a run stand from its observation to the next run of its scope that judged the criterion. They
    /// hold as long as the plan says; the rest is unknown time of the same resources. Before the first run of a scope
    /// nobody knows any resource, and there is no time to count.
    pub(super) fn exposure(&self) -> BTreeMap<String, ResourceTime> {
        let mut scopes: BTreeMap<&str, Vec<&RunFact>> = BTreeMap::new();
        for run in self.observations() {
            scopes.entry(&run.scope).or_default().push(run);
        }
        let mut criteria: BTreeMap<String, ResourceTime> =
            self.planned_criteria().map(|criterion| (criterion.to_owned(), ResourceTime::default())).collect();
        for runs in scopes.values() {
            let named: BTreeSet<&str> =
                runs.iter().flat_map(|run| &run.counts).map(|count| count.criterion.as_str()).collect();
            for criterion in named {
                let judged: Vec<&RunFact> = runs.iter().copied().filter(|run| run.judges(criterion)).collect();
                let time = criteria.entry(criterion.to_owned()).or_default();
                self.expose(criterion, &judged, time);
            }
        }
        criteria
    }

    /// Criteria that an item of a plan in force in the period names.
    fn planned_criteria(&self) -> impl Iterator<Item = &str> {
        self.plans
            .iter()
            .filter(|(effect, _)| effect.overlap(self.window).is_some())
            .flat_map(|(_, plan)| &plan.items)
            .flat_map(|item| &item.criteria)
            .map(String::as_str)
    }

    /// Adds the time of one criterion in one scope; `runs` are those that judged it, in order.
    fn expose(&self, criterion: &str, runs: &[&RunFact], time: &mut ResourceTime) {
        let ends = runs.iter().skip(1).map(|run| run.observed).chain([self.window.to]);
        for (run, to) in runs.iter().zip(ends) {
            let Some(count) = run.counts.iter().find(|count| count.criterion == criterion) else { continue };
            let Some(stands) = (Period { from: run.observed, to }).overlap(self.window) else { continue };
            let mut valid = 0_u64;
            let mut promised = 0_u64;
            for (effect, plan) in &self.plans {
                let Some(stretch) = effect.overlap(stands) else { continue };
                let asked =
                    |item: &&Item| item.scope == run.scope && item.emitter == run.emitter && item.asks(criterion);
                let Some(holds) = plan.items.iter().filter(asked).map(Item::holds).min() else { continue };
                promised = promised.saturating_add(stretch.length());
                let holding = Period { from: run.observed, to: run.observed.saturating_add(holds) };
                valid = valid.saturating_add(holding.overlap(stretch).map_or(0, Period::length));
            }
            add(time, count, stands.length(), promised, valid);
        }
    }
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
