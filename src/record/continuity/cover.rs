//! Plan items: what observations cover, what they leave, and who declared it.
use super::{DECLARED_GAP_TOLERANCE_MS, GapFact, Item, PlanFact, RunFact};
use crate::model::{Gap, ItemHistory, Period};
use std::collections::BTreeMap;

/// An item through all versions of the plan: its name, scope and emitter.
type ItemKey<'a> = (&'a str, &'a str, &'a str);

/// A plan item that is demanded in the period, and what was fulfilled of it so far.
#[derive(Debug)]
pub(super) struct Demand {
    /// One for each version of the plan that has the item, in order; never none.
    versions: Vec<Version>,
    observations: u64,
}

/// A plan item while one version of the plan is in force.
#[derive(Debug)]
struct Version {
    stretch: Period,
    item: Item,
    /// What comes before is covered, or is one of `gaps`.
    covered_to: i64,
    gaps: Vec<Period>,
}

impl Demand {
    /// Every plan item that is demanded in the window, in the order of item, scope and emitter.
    pub(super) fn all(plans: &[(Period, PlanFact)], window: Period) -> Vec<Self> {
        let mut demanded: BTreeMap<ItemKey<'_>, Vec<Version>> = BTreeMap::new();
        for (effect, plan) in plans {
            let Some(stretch) = effect.overlap(window) else { continue };
            let items: BTreeMap<ItemKey<'_>, &Item> = plan
                .items
                .iter()
                .map(|item| ((item.name.as_str(), item.scope.as_str(), item.emitter.as_str()), item))
                .collect();
            for (key, item) in items {
                let version = Version { stretch, item: item.clone(), covered_to: stretch.from, gaps: Vec::new() };
                demanded.entry(key).or_default().push(version);
            }
        }
        demanded.into_values().map(|versions| Self { versions, observations: 0 }).collect()
    }

    /// Takes a run that says what is so in its whole scope, in the order of the observations.
    pub(super) fn take(&mut self, run: &RunFact) {
        let inside = self.versions.iter().any(|version| version.stretch.contains(run.observed));
        if inside && self.versions.last().is_some_and(|newest| newest.item.is_met_by(run)) {
            self.observations += 1;
        }
        for version in self.versions.iter_mut().filter(|version| version.item.is_met_by(run)) {
            let holding = Period { from: run.observed, to: run.observed.saturating_add(version.item.holds()) };
            let Some(covered) = holding.overlap(version.stretch) else { continue };
            if version.covered_to < covered.from {
                version.gaps.push(Period { from: version.covered_to, to: covered.from });
            }
            version.covered_to = version.covered_to.max(covered.to);
        }
    }

    pub(super) fn finish(self, declared: &Declared) -> Option<ItemHistory> {
        let mut uncovered = Uncovered::default();
        let planned = self.versions.iter().map(|version| version.stretch.length()).fold(0, u64::saturating_add);
        let newest = self.versions.last()?.item.clone();
        for Version { stretch, covered_to, gaps, .. } in self.versions {
            let last = (covered_to < stretch.to).then_some(Period { from: covered_to, to: stretch.to });
            gaps.into_iter().chain(last).for_each(|gap| uncovered.add(gap));
        }
        let names: Vec<&str> = newest.writers().chain([newest.name.as_str()]).collect();
        Some(ItemHistory {
            gaps: uncovered.explained(declared, &names),
            longest_gap: uncovered.longest(),
            observations: self.observations,
            planned,
            covered: planned.saturating_sub(uncovered.length()),
            item: newest.name,
            scope: newest.scope,
            emitter: newest.emitter,
            owner: newest.owner,
            residents: Vec::new(),
        })
    }
}

/// What is left of an item through all versions of the plan, in order.
#[derive(Debug, Default)]
pub(super) struct Uncovered(Vec<Period>);

impl Uncovered {
    /// A gap does not end because the plan changed meanwhile.
    pub(super) fn add(&mut self, gap: Period) {
        match self.0.last_mut().filter(|last| last.to == gap.from) {
            Some(last) => last.to = gap.to,
            None => self.0.push(gap),
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.0.iter().map(|gap| gap.length()).fold(0, u64::saturating_add)
    }

    pub(super) fn longest(&self) -> Option<Period> {
        self.0.iter().copied().max_by_key(|gap| (gap.length(), -i128::from(gap.from)))
    }

    /// Cut where what was declared under one of these names changes.
    pub(super) fn explained(&self, declared: &Declared, names: &[&str]) -> Vec<Gap> {
        self.0.iter().flat_map(|gap| explained(*gap, &declared.overlapping(names, *gap))).collect()
    }
}

/// Declared gaps: by item or emitter, then by cause, stretches that neither overlap nor touch, by their starts.
#[derive(Debug, Default)]
pub(super) struct Declared(BTreeMap<String, BTreeMap<String, BTreeMap<i64, i64>>>);

impl Declared {
    pub(super) fn add(&mut self, gap: &GapFact) {
        if gap.from >= gap.to {
            return;
        }
        if !self.0.contains_key(&gap.item) {
            self.0.insert(gap.item.clone(), BTreeMap::new());
        }
        let Some(causes) = self.0.get_mut(&gap.item) else { return };
        let stretches = causes.entry(gap.cause.clone()).or_default();
        let mut one = Period { from: gap.from, to: gap.to };
        while let Some((from, to)) = stretches.range(..=one.to).next_back().map(|(from, to)| (*from, *to))
            && to >= one.from
        {
            stretches.remove(&from);
            one = Period { from: one.from.min(from), to: one.to.max(to) };
        }
        stretches.insert(one.from, one.to);
    }

    /// What was declared for an item or its emitters, each named once, and overlaps a gap, with its cause, in order.
    fn overlapping(&self, names: &[&str], gap: Period) -> Vec<(Period, &str)> {
        let causes = names.iter().filter_map(|name| self.0.get(*name)).flatten();
        let mut found: Vec<(Period, &str)> = Vec::new();
        for (cause, stretches) in causes {
            let before = stretches.range(..=gap.from).next_back();
            let stretches = before.into_iter().chain(stretches.range(gap.from.saturating_add(1)..gap.to));
            let stretches = stretches.map(|(from, to)| Period { from: *from, to: *to });
            found.extend(stretches.filter(|one| one.overlap(gap).is_some()).map(|one| (one, cause.as_str())));
        }
        found.sort();
        found
    }
}

/// What the stretches, in order of their starts, leave of the whole; in order.
pub(in crate::record) fn left(whole: Period, stretches: impl Iterator<Item = Period>) -> Vec<Period> {
    let mut left = Vec::new();
    let mut from = whole.from;
    for stretch in stretches.filter_map(|stretch| stretch.overlap(whole)) {
        if from < stretch.from {
            left.push(Period { from, to: stretch.from });
        }
        from = from.max(stretch.to);
    }
    if from < whole.to {
        left.push(Period { from, to: whole.to });
    }
    left
}

/// A gap cut into what was declared, with its cause, and what was not.
fn explained(gap: Period, declared: &[(Period, &str)]) -> Vec<Gap> {
    let mut parts: Vec<Gap> = Vec::new();
    let mut from = gap.from;
    let overlapping = declared.iter().filter_map(|(fact, cause)| Some((fact.overlap(gap)?, *cause)));
    for (stretch, cause) in overlapping {
        if from < stretch.from {
            parts.push(Gap { period: Period { from, to: stretch.from }, cause: None });
        }
        if from < stretch.to {
            let period = Period { from: from.max(stretch.from), to: stretch.to };
            parts.push(Gap { period, cause: Some(cause.to_owned()) });
            from = stretch.to;
        }
    }
    if from < gap.to {
        parts.push(Gap { period: Period { from, to: gap.to }, cause: None });
    }
    let causes: Vec<Option<String>> = parts.iter().map(|part| part.cause.clone()).collect();
    let mut whole: Vec<Gap> = Vec::new();
    for (nth, mut part) in parts.into_iter().enumerate() {
        if part.cause.is_none() && part.period.length() <= DECLARED_GAP_TOLERANCE_MS {
            let before = nth.checked_sub(1).and_then(|before| causes.get(before)).cloned().flatten();
            part.cause = before.or_else(|| causes.get(nth + 1).cloned().flatten());
        }
        match whole.last_mut().filter(|last| last.cause == part.cause) {
            Some(last) => last.period.to = part.period.to,
            None => whole.push(part),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn check(declared: &[(i64, i64, &str)], expected: &[(i64, i64, Option<&str>)]) {
        let mut facts = Declared::default();
        for (from, to, cause) in declared {
            let (from, to) = (from * MINUTE, to * MINUTE);
            facts.add(&GapFact { item: "daily".to_owned(), from, to, cause: (*cause).to_owned() });
        }
        let gap = Period { from: 0, to: 20 * MINUTE };
        let found = explained(gap, &facts.overlapping(&["daily", "ci"], gap));
        let found: Vec<(i64, i64, Option<&str>)> =
            found.iter().map(|gap| (gap.period.from / MINUTE, gap.period.to / MINUTE, gap.cause.as_deref())).collect();
        assert_eq!(found, expected, "{declared:?}");
    }

    #[test]
    fn what_is_declared_explains_what_it_overlaps_and_no_more() {
        check(&[], &[(0, 20, None)]);
        check(&[(0, 20, "crash")], &[(0, 20, Some("crash"))]);
        check(&[(-5, 30, "crash")], &[(0, 20, Some("crash"))]);
        check(&[(5, 10, "crash")], &[(0, 5, None), (5, 10, Some("crash")), (10, 20, None)]);
        check(&[(-10, 0, "crash"), (20, 30, "crash")], &[(0, 20, None)]);
    }

    #[test]
    fn an_edge_within_the_tolerance_is_explained_too() {
        check(&[(1, 19, "crash")], &[(0, 20, Some("crash"))]);
        check(&[(2, 20, "crash")], &[(0, 2, None), (2, 20, Some("crash"))]);
        check(&[(0, 9, "crash"), (10, 20, "upgrade")], &[(0, 10, Some("crash")), (10, 20, Some("upgrade"))]);
    }

    #[test]
    fn the_first_of_two_declarations_explains_what_both_overlap() {
        check(&[(0, 12, "crash"), (5, 20, "upgrade")], &[(0, 12, Some("crash")), (12, 20, Some("upgrade"))]);
        check(&[(0, 20, "crash"), (5, 10, "upgrade")], &[(0, 20, Some("crash"))]);
    }

    #[test]
    fn a_short_gap_that_nobody_declared_stays_undeclared() {
        assert_eq!(
            explained(Period { from: 0, to: 10 }, &[]),
            [Gap { period: Period { from: 0, to: 10 }, cause: None }]
        );
    }
}
