//! Plan items: what observations cover, what they leave, and who declared it.
use super::{DECLARED_GAP_TOLERANCE_MS, GapFact, Item, View};
use crate::model::{Gap, ItemHistory, Period};
use std::collections::BTreeMap;

/// An item through all versions of the plan: its name, scope and emitter.
type ItemKey<'a> = (&'a str, &'a str, &'a str);

impl View<'_> {
    /// Every plan item that was demanded in the period, with what was fulfilled of it.
    pub(super) fn items(&self) -> Vec<ItemHistory> {
        let mut demanded: BTreeMap<ItemKey<'_>, Vec<(Period, &Item)>> = BTreeMap::new();
        for (effect, plan) in &self.plans {
            let Some(stretch) = effect.overlap(self.window) else { continue };
            let items: BTreeMap<ItemKey<'_>, &Item> = plan
                .items
                .iter()
                .map(|item| ((item.name.as_str(), item.scope.as_str(), item.emitter.as_str()), item))
                .collect();
            for (key, item) in items {
                demanded.entry(key).or_default().push((stretch, item));
            }
        }
        demanded.into_values().filter_map(|stretches| self.item(&stretches)).collect()
    }

    fn item(&self, stretches: &[(Period, &Item)]) -> Option<ItemHistory> {
        let (_, newest) = stretches.last()?;
        let mut uncovered: Vec<Period> = Vec::new();
        for (stretch, item) in stretches {
            let holds = item.holds();
            let observed = self.observations().filter(|run| item.is_met_by(run)).map(|run| run.observed);
            let covered = observed.map(|from| Period { from, to: from.saturating_add(holds) });
            for gap in left(*stretch, covered) {
                // A gap does not end because the plan changed meanwhile.
                match uncovered.last_mut().filter(|last| last.to == gap.from) {
                    Some(last) => last.to = gap.to,
                    None => uncovered.push(gap),
                }
            }
        }
        let inside = |at: i64| stretches.iter().any(|(stretch, _)| stretch.contains(at));
        let observations = self.observations().filter(|run| inside(run.observed) && newest.is_met_by(run)).count();
        let planned = stretches.iter().map(|(stretch, _)| stretch.length()).fold(0, u64::saturating_add);
        let missing = uncovered.iter().map(|gap| gap.length()).fold(0, u64::saturating_add);
        let declared: Vec<&GapFact> = self.declared_for(newest);
        Some(ItemHistory {
            item: newest.name.clone(),
            scope: newest.scope.clone(),
            emitter: newest.emitter.clone(),
            owner: newest.owner.clone(),
            observations: u64::try_from(observations).unwrap_or(u64::MAX),
            planned,
            covered: planned.saturating_sub(missing),
            gaps: uncovered.iter().flat_map(|gap| explained(*gap, &declared)).collect(),
            longest_gap: uncovered.into_iter().max_by_key(|gap| (gap.length(), -i128::from(gap.from))),
        })
    }

    /// Gaps declared for the item or its emitter, that had begun at `as_of`, in order.
    fn declared_for(&self, item: &Item) -> Vec<&GapFact> {
        let mut declared: Vec<&GapFact> = self
            .facts
            .declared
            .iter()
            .filter(|gap| (gap.item == item.name || gap.item == item.emitter) && gap.from <= self.as_of)
            .collect();
        declared.sort_by(|one, other| (one.from, one.to, &one.cause).cmp(&(other.from, other.to, &other.cause)));
        declared
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
fn explained(gap: Period, declared: &[&GapFact]) -> Vec<Gap> {
    let mut parts: Vec<Gap> = Vec::new();
    let mut from = gap.from;
    let overlapping = declared
        .iter()
        .filter_map(|fact| Some((Period { from: fact.from, to: fact.to }.overlap(gap)?, fact.cause.as_str())));
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
        let facts: Vec<GapFact> = declared
            .iter()
            .map(|(from, to, cause)| GapFact {
                item: "daily".to_owned(),
                from: from * MINUTE,
                to: to * MINUTE,
                cause: (*cause).to_owned(),
            })
            .collect();
        let facts: Vec<&GapFact> = facts.iter().collect();
        let found = explained(Period { from: 0, to: 20 * MINUTE }, &facts);
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
