//! Deviations: the life of what is not met, from the changes that runs saw, and of gaps.
use super::{ChangeFact, REOPENED_WITHIN_MS, Watch, guarding::Guarding};
use crate::model::{
    Ageing, DAY_MS, Deviation, DeviationState, Effect, Gap, ItemHistory, Moment, Repair, Severity, VerdictName,
};
use std::collections::BTreeMap;

/// The criterion that every gap and every change of the webhooks deviates from, and its severity in the catalogue (section 9).
pub(super) const GAP_CRITERION: &str = "SPE-AUD-03";
pub(super) const GAP_SEVERITY: Severity = Severity::High;

/// The lives under way, and how changes find theirs.
#[derive(Debug, Default)]
pub(super) struct Lives {
    lives: Vec<Deviation>,
    by_id: BTreeMap<String, usize>,
    /// By criterion, kind and resource.
    by_resource: BTreeMap<[String; 3], usize>,
}

impl Watch {
    /// Deviations that were open at some time of the period, of verdicts, of gaps and of webhooks.
    pub(super) fn deviations(&self, lives: Lives, guarding: Guarding, items: &[ItemHistory]) -> Vec<Deviation> {
        let mut deviations = lives.lives;
        deviations.extend(guarding.finish().filter(|one| one.opened.latest < self.period.to));
        deviations.extend(items.iter().flat_map(|item| item.gaps.iter().map(|gap| self.of_gap(item, gap))));
        deviations.retain(|deviation| deviation.closed.is_none_or(|closed| closed.latest >= self.period.from));
        deviations.iter_mut().for_each(|deviation| self.age(deviation));
        deviations.sort_by(|one, other| (one.opened.latest, &one.id).cmp(&(other.opened.latest, &other.id)));
        deviations
    }

    /// A gap that reaches the end of what is judged has not ended.
    fn of_gap(&self, item: &ItemHistory, gap: &Gap) -> Deviation {
        let at = |moment: i64| Moment { earliest: Some(moment), latest: moment };
        let closed = (gap.period.to < self.window.to).then(|| at(gap.period.to));
        Deviation {
            id: format!("{}/{}/{}/{}/{}", Deviation::GAP, item.item, item.scope, item.emitter, gap.period.from),
            criterion: GAP_CRITERION.to_owned(),
            kind: Deviation::GAP.to_owned(),
            resource: item.item.clone(),
            severity: Some(GAP_SEVERITY),
            effect: Effect::Counted,
            opened: at(gap.period.from),
            closed,
            state: if closed.is_some() { DeviationState::Met } else { DeviationState::Open },
            reopened: 0,
            age_days: 0,
            due: None,
            overdue: false,
        }
    }

    /// Fills in what depends on the plan and the moment of the view.
    fn age(&self, deviation: &mut Deviation) {
        let opened = deviation.opened.latest;
        let end = deviation.closed.map_or(self.window.to, |closed| closed.latest);
        deviation.age_days = u64::try_from(end.saturating_sub(opened) / DAY_MS).unwrap_or(0);
        let plan = self.plans.iter().find(|(effect, _)| effect.contains(opened)).map(|(_, plan)| plan);
        let days = deviation.severity.and_then(|severity| plan?.deadline_days.get(&severity));
        deviation.due =
            days.map(|days| opened.saturating_add(i64::try_from(*days).unwrap_or(i64::MAX).saturating_mul(DAY_MS)));
        deviation.overdue = deviation.effect != Effect::Waived && deviation.due.is_some_and(|due| end > due);
    }

    pub(super) fn ageing(&self, deviations: &[Deviation]) -> Ageing {
        let mut ageing = Ageing::default();
        for deviation in deviations.iter().filter(|deviation| deviation.is_open()) {
            match deviation.age_days {
                0..=7 => ageing.days_0_to_7 += 1,
                8..=30 => ageing.days_8_to_30 += 1,
                31..=90 => ageing.days_31_to_90 += 1,
                91.. => ageing.days_over_90 += 1,
            }
            ageing.overdue += u64::from(deviation.overdue);
        }
        ageing
    }

    pub(super) fn repair(&self, deviations: &[Deviation]) -> Repair {
        let of_verdicts = || deviations.iter().filter(|deviation| deviation.is_of_verdict());
        let closed: Vec<&Deviation> = of_verdicts().filter(|one| one.state == DeviationState::Met).collect();
        let mut lengths: Vec<u64> = closed
            .iter()
            .filter_map(|one| u64::try_from(one.closed?.latest.saturating_sub(one.opened.latest)).ok())
            .collect();
        lengths.sort_unstable();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let with_due = closed.iter().filter(|one| one.due.is_some());
        Repair {
            closed: count(closed.len()),
            in_time: count(with_due.clone().filter(|one| !one.overdue).count()),
            with_due: count(with_due.count()),
            still_open: count(of_verdicts().filter(|one| one.is_open()).count()),
            mean: mean(&lengths),
            median: median(&lengths),
            ninetieth: lengths.get((lengths.len() * 9).div_ceil(10).saturating_sub(1)).copied(),
        }
    }
}

impl Lives {
    pub(super) fn apply(&mut self, change: &ChangeFact) {
        let resource = [&change.criterion, &change.kind, &change.resource].map(Clone::clone);
        let by_id = change.deviation.as_deref().and_then(|id| self.by_id.get(id));
        let known = by_id.or_else(|| self.by_resource.get(&resource)).copied();
        let life = known.and_then(|known| self.lives.get_mut(known));
        let closing = match change.to {
            Some(VerdictName::NotMet) => None,
            Some(VerdictName::Met) => Some(DeviationState::Met),
            Some(VerdictName::NotApplicable) => Some(DeviationState::NotApplicable),
            None => Some(DeviationState::Deleted),
            // Not knowing closes nothing.
            Some(VerdictName::Undetermined) => return,
        };
        match (life, closing) {
            (Some(life), Some(state)) if life.is_open() => {
                life.state = state;
                life.closed = Some(moment(change));
            }
            // Nothing was open: a new resource that meets, or a change that concerns no deviation.
            (_, Some(_)) => {}
            (Some(life), None) if life.is_open() || reopens(life, change) => {
                life.reopened += u64::from(!life.is_open());
                life.state = DeviationState::Open;
                life.closed = None;
                life.effect = change.effect;
                life.severity = change.severity.or(life.severity);
                if let Some((id, known)) = change.deviation.as_deref().zip(known) {
                    self.by_id.insert(id.to_owned(), known);
                }
            }
            (_, None) => self.open(change),
        }
    }

    fn open(&mut self, change: &ChangeFact) {
        let number = self.lives.len();
        if let Some(id) = change.deviation.as_deref() {
            self.by_id.insert(id.to_owned(), number);
        }
        if !change.resource.is_empty() {
            let resource = [&change.criterion, &change.kind, &change.resource].map(Clone::clone);
            self.by_resource.insert(resource, number);
        }
        self.lives.push(Deviation {
            id: change.deviation.clone().unwrap_or_else(|| format!("entry/{}", change.index)),
            criterion: change.criterion.clone(),
            kind: change.kind.clone(),
            resource: change.resource.clone(),
            severity: change.severity,
            effect: change.effect,
            opened: moment(change),
            closed: None,
            state: DeviationState::Open,
            reopened: 0,
            age_days: 0,
            due: None,
            overdue: false,
        });
    }
}

fn moment(change: &ChangeFact) -> Moment {
    Moment { earliest: change.last_before, latest: change.observed }
}

fn reopens(life: &Deviation, change: &ChangeFact) -> bool {
    life.closed.is_some_and(|closed| change.observed.saturating_sub(closed.latest) <= REOPENED_WITHIN_MS)
}

fn mean(lengths: &[u64]) -> Option<u64> {
    let sum: u128 = lengths.iter().copied().map(u128::from).sum();
    u64::try_from(sum.checked_div(u128::try_from(lengths.len()).ok()?)?).ok()
}

/// The middle one; of an even number the mean of the two in the middle.
fn median(sorted: &[u64]) -> Option<u64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    Some(lower + (upper - lower) / 2)
}
