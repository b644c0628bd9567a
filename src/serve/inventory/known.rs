//! Objects as lists and watches have brought them, kind by kind, and how well each kind is known.
use super::{Comings, STALE_AFTER, overlay::Overlay, stirs};
use crate::{
    collect::cluster::{Change, Part, Served},
    model::{Problem, Resource, ResourceId, Text},
    normalise, reach,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

#[derive(Default)]
pub(super) struct Known {
    pub(super) kinds: Vec<Kind>,
    pub(super) resources: BTreeMap<ResourceId, Resource>,
    /// Counts changes of any kind, and of those of the context.
    pub(super) changes: u64,
    pub(super) context_changes: u64,
    pub(super) comings: Comings,
    pub(super) overlay: Overlay,
    /// Changes of kinds that ways are derived from, where somebody looks at them.
    pub(super) stirs: Option<Comings>,
    /// Groups that did not answer when kinds were asked for.
    pub(super) silent: Vec<Problem>,
}

#[derive(Clone)]
pub(super) struct Kind {
    pub(super) served: Served,
    pub(super) is_context: bool,
    pub(super) is_crowd: bool,
    /// Read to its end at least once.
    pub(super) is_listed: bool,
    /// A list that has not ended.
    pub(super) listing: Option<Listing>,
    pub(super) failing: Option<(Instant, Problem)>,
    /// It fails because it may not be listed.
    pub(super) is_refused: bool,
    /// Single objects that could not be read, by their name in the API.
    pub(super) unread: BTreeMap<Text, Problem>,
}

/// What a list has brought so far.
#[derive(Clone, Default)]
pub(super) struct Listing {
    pub(super) resources: BTreeMap<ResourceId, Resource>,
    pub(super) unread: BTreeMap<Text, Problem>,
}

impl Kind {
    /// Listed, or known why not.
    pub(super) fn is_settled(&self) -> bool {
        self.is_listed || self.failing.is_some()
    }

    fn is_stale(&self) -> bool {
        match &self.failing {
            Some((since, _)) => !self.is_listed || since.elapsed() > STALE_AFTER,
            None => !self.is_listed,
        }
    }

    fn problem(&self) -> Option<Problem> {
        let failing = self.failing.as_ref().map(|(_, problem)| problem.clone());
        let Served { kind, path, .. } = &self.served;
        let waiting = || Problem::hiding_kind(path, "it has not been listed yet", kind);
        self.is_stale().then(|| failing.unwrap_or_else(waiting))
    }
}

impl Known {
    pub(super) fn take(&mut self, at: usize, change: Change) {
        let Some(kind) = self.kinds.get_mut(at) else { return };
        let (mut any, is_read) = (true, reach::reads(&kind.served.kind));
        let is_about_kind = !matches!(change, Change::Put(_) | Change::Gone(_)) || !kind.unread.is_empty();
        match change {
            Change::Begin | Change::Part(Part::Restart) => (kind.listing, any) = (Some(Listing::default()), false),
            Change::Part(Part::Page(page)) => {
                let listing = kind.listing.get_or_insert_default();
                match normalise::page(&page) {
                    Ok(read) => listing.resources.extend(read.into_iter().map(|one| (one.id.clone(), one))),
                    Err(problem) => drop(listing.unread.insert(problem.origin.path().clone(), problem)),
                }
                any = false;
            }
            Change::Listed => {
                let name = kind.served.kind.clone();
                let listing = kind.listing.take().unwrap_or_default();
                // What could not be read before was listed anew, or is gone.
                (kind.is_listed, kind.failing, kind.unread) = (true, None, listing.unread);
                kind.is_refused = false;
                self.overlay.listed(&name, &listing.resources);
                if let Some(stirs) = self.stirs.as_mut().filter(|_| is_read) {
                    stirs::listed(stirs, &name, &self.resources, &listing.resources);
                }
                self.resources.retain(|id, _| id.kind != name);
                self.resources.extend(listing.resources);
                self.comings.forget();
            }
            Change::Put(document) => match normalise::object(&document) {
                Ok(resource) => {
                    kind.unread.remove(resource.origin.path());
                    self.overlay.put(&resource, &document.bytes);
                    let before = self.resources.insert(resource.id.clone(), resource.clone());
                    any = before.as_ref().is_none_or(|old| old.body != resource.body);
                    if let Some(stirs) = self.stirs.as_mut().filter(|_| any && is_read) {
                        stirs.add(before.clone(), Some(resource.clone()));
                    }
                    if any && kind.is_crowd {
                        self.comings.add(before, Some(resource));
                    }
                }
                Err(problem) => drop(kind.unread.insert(problem.origin.path().clone(), problem)),
            },
            Change::Gone(document) => match normalise::object(&document) {
                Ok(resource) => {
                    self.overlay.gone(&resource.id, &document.bytes);
                    let before = self.resources.remove(&resource.id);
                    if let Some(stirs) = self.stirs.as_mut().filter(|_| before.is_some() && is_read) {
                        stirs.add(before.clone(), None);
                    }
                    if before.is_some() && kind.is_crowd {
                        self.comings.add(before, None);
                    }
                }
                Err(problem) => drop(kind.unread.insert(problem.origin.path().clone(), problem)),
            },
            Change::Alive => any = kind.failing.take().is_some(),
            Change::Failing { problem, is_refused } => {
                // Said again at each try, it is nothing new; when it grows stale, the clock tells.
                any = kind.failing.as_ref().is_none_or(|(_, known)| *known != problem) || kind.is_refused != is_refused;
                let since = kind.failing.as_ref().map_or_else(Instant::now, |(since, _)| *since);
                (kind.failing, kind.is_refused) = (Some((since, problem)), is_refused);
            }
        }
        self.changes += u64::from(any);
        // That a kind is not heard of, or is again, is told in the light of everything.
        let is_context = self.kinds.get(at).is_some_and(|kind| kind.is_context) || is_about_kind;
        self.context_changes += u64::from(any && is_context);
    }

    pub(super) fn stale(&self) -> BTreeSet<Text> {
        self.kinds.iter().filter(|kind| kind.is_stale()).map(|kind| kind.served.kind.clone()).collect()
    }

    pub(super) fn problems(&self) -> impl Iterator<Item = Problem> {
        let of_kinds =
            self.kinds.iter().flat_map(|kind| kind.problem().into_iter().chain(kind.unread.values().cloned()));
        of_kinds.chain(self.silent.iter().cloned())
    }
}
