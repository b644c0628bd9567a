//! What was decided here in the last minute, and where it stands in the log.
use crate::model::{Receipt, ResourceId};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a decision is remembered: an API server stores what was allowed within seconds, or never.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Decisions that are remembered; of more, the last.
const DECISIONS_MAX: usize = 8_192;

/// Decisions that let a change pass which can open ways together with others.
#[derive(Debug, Default)]
pub struct Decided(Mutex<VecDeque<(Instant, ResourceId, Receipt)>>);

impl Decided {
    /// Remembers where the decision about an object stands.
    pub fn remember(&self, id: ResourceId, receipt: Receipt, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |since: Instant| now.saturating_duration_since(since) > REMEMBERED;
        while all.len() >= DECISIONS_MAX || all.front().is_some_and(|(since, ..)| is_old(*since)) {
            all.pop_front();
        }
        all.push_back((now, id, receipt));
    }

    /// Where the decisions of the last minute about these objects stand, in their order.
    #[must_use]
    pub fn about(&self, ids: &BTreeSet<ResourceId>, now: Instant) -> Vec<Receipt> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |since: Instant| now.saturating_duration_since(since) <= REMEMBERED;
        let about = all.iter().filter(|(since, id, _)| is_new(*since) && ids.contains(id));
        about.map(|(.., receipt)| receipt.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Digest, Platform};

    fn id(name: &str) -> ResourceId {
        let of = |text: &str| text.into();
        ResourceId {
            platform: Platform::Kubernetes,
            root: of("."),
            kind: of("Pod"),
            namespace: of("a"),
            name: of(name),
        }
    }

    #[test]
    fn decisions_are_found_by_their_object_for_a_minute() {
        let decided = Decided::default();
        let begun = Instant::now();
        let at = |index| Receipt { shard: "s".into(), index, leaf: Digest::default() };
        decided.remember(id("p"), at(1), begun);
        decided.remember(id("q"), at(2), begun);
        decided.remember(id("p"), at(3), begun + Duration::from_secs(30));
        let found = |seconds| {
            let all = decided.about(&[id("p"), id("r")].into(), begun + Duration::from_secs(seconds));
            all.iter().map(|one| one.index).collect::<Vec<_>>()
        };
        assert_eq!((found(0), found(61), found(91)), (vec![1, 3], vec![3], vec![]));
        for index in 0..u64::try_from(DECISIONS_MAX).unwrap() {
            decided.remember(id("r"), at(index), begun);
        }
        assert_eq!(decided.about(&[id("p")].into(), begun), []);
    }
}
