//! Sets of whole numbers as canonical intervals.

/// Sorted, disjoint, never touching, inclusive on both ends: two sets are equal exactly if they hold the same numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Intervals(Vec<(u128, u128)>);

impl Intervals {
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Everything from `low` to `high`, both included; empty where `low` is above `high`.
    #[must_use]
    pub fn span(low: u128, high: u128) -> Self {
        if low > high { Self::empty() } else { Self(vec![(low, high)]) }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The intervals, in ascending order.
    #[must_use]
    pub fn spans(&self) -> &[(u128, u128)] {
        &self.0
    }

    #[must_use]
    pub fn contains(&self, number: u128) -> bool {
        let after = self.0.partition_point(|(low, _)| *low <= number);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, high)| number <= *high)
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::canonical(self.0.iter().chain(&other.0).copied().collect())
    }

    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = Vec::new();
        while let (Some((low, high)), Some((other_low, other_high))) = (left.peek(), right.peek()) {
            let shared = (*low.max(other_low), *high.min(other_high));
            if shared.0 <= shared.1 {
                common.push(shared);
            }
            if high < other_high {
                left.next();
            } else {
                right.next();
            }
        }
        Self(common)
    }

    /// What of this set is not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut removed = other.0.iter().peekable();
        for (low, high) in &self.0 {
            let mut from = Some(*low);
            while removed.next_if(|(_, end)| end < low).is_some() {}
            // An interval may reach into the next one of ours, so it is looked at and not consumed.
            for (start, end) in removed.clone() {
                let Some(begin) = from.filter(|_| start <= high) else { break };
                if begin < *start {
                    left.push((begin, start - 1));
                }
                from = end.checked_add(1).map(|next| next.max(begin)).filter(|next| next <= high);
            }
            left.extend(from.map(|begin| (begin, *high)));
        }
        Self(left)
    }

    /// Whether every number of this set is in the other.
    #[must_use]
    pub fn within(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    fn canonical(mut spans: Vec<(u128, u128)>) -> Self {
        spans.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(spans.len());
        for (low, high) in spans {
            match merged.last_mut() {
                Some((_, end)) if low <= end.saturating_add(1) => *end = high.max(*end),
                _ => merged.push((low, high)),
            }
        }
        Self(merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const TOP: u128 = 40;

    fn numbers(set: &Intervals) -> BTreeSet<u128> {
        set.spans().iter().flat_map(|(low, high)| *low..=*high).collect()
    }

    fn sets() -> impl Strategy<Value = Intervals> {
        let spans = prop::collection::vec((0..=TOP, 0..6_u128), 0..6);
        spans.prop_map(|spans| {
            spans
                .into_iter()
                .map(|(low, length)| Intervals::span(low, (low + length).min(TOP)))
                .fold(Intervals::empty(), |all, one| all.union(&one))
        })
    }

    fn is_canonical(set: &Intervals) -> bool {
        set.spans().iter().all(|(low, high)| low <= high)
            && set.spans().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0)
    }

    proptest! {
        #[test]
        fn sets_answer_as_if_their_numbers_were_counted(a in sets(), b in sets(), number in 0..=TOP) {
            let (left, right) = (numbers(&a), numbers(&b));
            prop_assert_eq!(numbers(&a.union(&b)), left.union(&right).copied().collect());
            prop_assert_eq!(numbers(&a.intersection(&b)), left.intersection(&right).copied().collect());
            prop_assert_eq!(numbers(&a.difference(&b)), left.difference(&right).copied().collect());
            prop_assert_eq!(a.contains(number), left.contains(&number));
            prop_assert_eq!(a.within(&b), left.is_subset(&right));
            for set in [a.union(&b), a.intersection(&b), a.difference(&b)] {
                prop_assert!(is_canonical(&set), "{set:?}");
            }
        }
    }

    #[test]
    fn the_highest_number_does_not_overflow() {
        let all = Intervals::span(0, u128::MAX);
        assert_eq!(all.difference(&Intervals::span(1, u128::MAX)), Intervals::span(0, 0));
        assert_eq!(all.union(&Intervals::span(u128::MAX, u128::MAX)), all);
        assert_eq!(all.difference(&all), Intervals::empty());
    }
}
