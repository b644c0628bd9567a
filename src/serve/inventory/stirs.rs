//! What the watches have shown of kinds that ways are derived from, remembered for who looks what it opens.
use super::{Coming, Comings, Inventory, Kind, Known, lock};
use crate::{
    model::{Environment, Resource, ResourceId},
    normalise::NormaliseError,
    reach,
};
use std::{collections::BTreeMap, sync::PoisonError, time::Duration};

/// What has been shown since a moment, and the environment as it is with it.
pub(in crate::serve) struct Stirred {
    /// Objects as they were and as they are; `None` where there were too many to be remembered.
    pub(in crate::serve) changes: Option<Vec<Coming>>,
    /// The moment up to which it goes.
    pub(in crate::serve) until: u64,
    pub(in crate::serve) environment: Environment,
}

impl Inventory {
    /// From now on what is shown is remembered.
    pub fn attend(&self) {
        lock(&self.shared.known).stirs.get_or_insert_default();
    }

    /// Waits until something has been shown since a moment, not longer than a time.
    #[must_use]
    pub fn wait_for_stirs(&self, since: u64, longest: Duration) -> bool {
        let known = lock(&self.shared.known);
        let waited = self.shared.changed.wait_timeout_while(known, longest, |known| {
            known.stirs.as_ref().is_none_or(|stirs| stirs.count() == since)
        });
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// What has been shown since a moment, and the moment up to which that goes; `None` where there was too much.
    pub(in crate::serve) fn stirs(&self, since: u64) -> (Option<Vec<Coming>>, u64) {
        let known = lock(&self.shared.known);
        let stirs = known.stirs.as_ref();
        (stirs.and_then(|stirs| stirs.since(since)), stirs.map_or(0, Comings::count))
    }

    /// Likewise, with the environment of the same moment; `None` where it is not what there is.
    ///
    /// # Errors
    /// As [`Inventory::snapshot`].
    pub(in crate::serve) fn stirred(&self, since: u64) -> Result<Option<Stirred>, NormaliseError> {
        let known = lock(&self.shared.known);
        if !known.is_heard() {
            return Ok(None);
        }
        let stirs = known.stirs.as_ref();
        let (changes, until) = (stirs.and_then(|stirs| stirs.since(since)), stirs.map_or(0, Comings::count));
        let problems = known.problems().collect();
        let resources = known.resources.values().cloned().collect();
        drop(known);
        Ok(Some(Stirred { changes, until, environment: self.environment(resources, problems)? }))
    }
}

impl Known {
    /// Whether what is known of every kind that ways are derived from is what there is: each was listed and is watched, or
    /// may not be listed at all. While one is not heard of, the others go on without it, and what they come to together
    /// was never so.
    fn is_heard(&self) -> bool {
        let is_heard =
            |kind: &Kind| kind.is_refused || (kind.is_listed && kind.failing.is_none() && kind.listing.is_none());
        self.kinds.iter().filter(|kind| reach::reads(&kind.served.kind)).all(is_heard)
    }
}

/// What a list shows that was not known before.
pub(super) fn listed(
    stirs: &mut Comings,
    kind: &str,
    known: &BTreeMap<ResourceId, Resource>,
    listed: &BTreeMap<ResourceId, Resource>,
) {
    let is_same = |old: Option<&Resource>, new: &Resource| old.is_some_and(|old| old.body == new.body);
    for (id, new) in listed.iter().filter(|(id, new)| !is_same(known.get(id), new)) {
        stirs.add(known.get(id).cloned(), Some(new.clone()));
    }
    for (_, old) in known.iter().filter(|(id, _)| id.kind.as_ref() == kind && !listed.contains_key(id)) {
        stirs.add(Some(old.clone()), None);
    }
}
