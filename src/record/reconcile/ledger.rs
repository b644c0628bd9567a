//! The decisions of a window, as the evidence log holds them.
use super::{
    MERGE_DELAY_MS,
    audit::{Event, Named},
    scope,
};
use crate::{
    model::Period,
    record::{
        entry::{Answer, Body, Commitment, DigestText, Entry, Operation},
        merkle::Hash,
        redact::{BlobKey, commitment},
    },
};
use std::collections::BTreeMap;

/// Gives the key in a blob of a shard, where it was not erased.
pub type Key<'k> = dyn FnMut(DigestText) -> Option<BlobKey> + 'k;

/// What was decided on, without what tells one object from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) kind: String,
    pub(super) subresource: String,
    pub(super) namespace: Commitment,
}

/// A decision.
#[derive(Debug)]
pub(super) struct Decided {
    leaf: Hash,
    pub(super) recorded: i64,
    pub(super) call: Call,
    object: Commitment,
    answer: Answer,
    pepper: Option<BlobKey>,
    /// The event that names it.
    by: Option<String>,
}

impl Decided {
    pub(super) const fn is_claimed(&self) -> bool {
        self.by.is_some()
    }
}

#[derive(Debug, Default)]
pub(super) struct Shard {
    pub(super) decisions: BTreeMap<u64, Decided>,
    size: u64,
    newest: i64,
    /// The key of the epoch that is being read, and the blob it stands in.
    pepper: Option<(DigestText, Option<BlobKey>)>,
    epoch: Option<DigestText>,
}

/// Everything that the log holds of a window.
#[derive(Debug)]
pub struct Ledger {
    window: Period,
    pub(super) shards: BTreeMap<String, Shard>,
    /// Emitters that answer requests, each with the time of its newest entry, and the time that was declared missing.
    answering: BTreeMap<String, i64>,
    gaps: Vec<(String, Period)>,
    /// A pepper was erased: whether an entry is about an event's namespace cannot be told.
    pub without_pepper: bool,
}

/// Why an event's annotation names no entry of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The log may have been copied before that.
    LogEnds,
    Forged(&'static str),
}

const fn forged<T>(why: &'static str) -> Result<T, Mismatch> {
    Err(Mismatch::Forged(why))
}

impl Ledger {
    #[must_use]
    pub const fn new(window: Period) -> Self {
        Self { window, shards: BTreeMap::new(), answering: BTreeMap::new(), gaps: Vec::new(), without_pepper: false }
    }

    /// Begins a shard, by its origin: one that has no decision is known too.
    pub fn open(&mut self, origin: &str) {
        self.shards.entry(origin.to_owned()).or_default();
    }

    /// Takes the next entry of a shard. `emitter` is the shard's, `key` gives what a pepper's blob holds.
    pub fn take(&mut self, (index, leaf): (u64, Hash), emitter: &str, entry: Entry, key: &mut Key<'_>) {
        let recorded = entry.common.time.recorded.0;
        let shard = self.shards.entry(entry.common.shard).or_default();
        shard.size = index + 1;
        shard.newest = shard.newest.max(recorded);
        if let Some(newest) = self.answering.get_mut(emitter) {
            *newest = recorded.max(*newest);
        }
        match entry.body {
            Body::Epoch(epoch) => {
                self.answering.entry(emitter.to_owned()).or_insert(recorded);
                shard.epoch = Some(epoch.pepper);
            }
            Body::Gap(gap) => self.gaps.push((gap.item, Period { from: gap.from.0, to: gap.to.0 })),
            Body::Decision(decision) if near(self.window, recorded) => {
                if let Some(digest) = shard.epoch
                    && shard.pepper.as_ref().is_none_or(|(held, _)| *held != digest)
                {
                    shard.pepper = Some((digest, key(digest)));
                }
                let pepper = shard.pepper.and_then(|(_, key)| key);
                self.without_pepper |= pepper.is_none();
                let call = Call {
                    operation: decision.operation,
                    kind: decision.kind,
                    subresource: decision.subresource.unwrap_or_default(),
                    namespace: decision.namespace_c,
                };
                let (object, answer) = (decision.ref_c, decision.answer);
                shard.decisions.insert(index, Decided { leaf, recorded, call, object, answer, pepper, by: None });
            }
            _ => {}
        }
    }

    /// Whether time that was declared missing, of every emitter that answers requests, holds that of an event: while one of
    /// several replicas was up, it should have been asked.
    pub(super) fn is_covered(&self, event: &Event) -> bool {
        let holds = |gap: &Period| gap.from <= event.at && event.received <= gap.to;
        let declared = |emitter: &String| self.gaps.iter().any(|(item, gap)| item == emitter && holds(gap));
        // One that entered nothing any more had been taken away.
        let mut missing = self.answering.iter().map(|(emitter, newest)| (declared(emitter), *newest < event.at));
        missing.clone().any(|(declared, _)| declared) && missing.all(|(declared, is_gone)| declared || is_gone)
    }

    /// The entry that an event names, which must be its own; it is then no other's.
    pub(super) fn claim(&mut self, event: &Event, named: &Named) -> Result<&Decided, Mismatch> {
        let (Some(index), Some(leaf)) = (named.index, named.leaf) else {
            return forged("its annotations name no entry");
        };
        let Some(shard) = self.shards.get_mut(&named.shard) else {
            return forged("the log holds no such shard");
        };
        if index >= shard.size {
            let may_come = shard.newest < event.at.saturating_add(MERGE_DELAY_MS);
            return if may_come { Err(Mismatch::LogEnds) } else { forged("the log holds no such entry") };
        }
        let Some(decided) = shard.decisions.get_mut(&index) else {
            return forged("the entry is no decision of that time");
        };
        if decided.leaf != leaf.0 {
            return forged("the entry has another leaf");
        }
        if decided.by.as_ref().is_some_and(|by| *by != event.id) {
            return forged("another event names the same entry");
        }
        decided.is_of(event)?;
        decided.by = Some(event.id.clone());
        Ok(decided)
    }
}

/// In the window, or as near as what belongs together lies.
pub(super) fn near(window: Period, at: i64) -> bool {
    let from = window.from.saturating_sub(MERGE_DELAY_MS);
    (from..window.to.saturating_add(MERGE_DELAY_MS)).contains(&at)
}

impl Decided {
    /// Whether it can be the decision on what an event tells.
    fn is_of(&self, event: &Event) -> Result<(), Mismatch> {
        let Call { operation, kind, subresource, namespace } = &self.call;
        if !scope::operations(event.verb).contains(operation) {
            return forged("the entry is about another operation");
        }
        if !scope::is_kind(kind, &event.group, &event.resource) || *subresource != event.subresource {
            return forged("the entry is about another kind");
        }
        if let Some(pepper) = &self.pepper {
            let is = |text: &str, committed: &Commitment| commitment(pepper, text.as_bytes()) == committed.0;
            // A Namespace that is created stands in none yet.
            if !is(&event.namespace, namespace) && !is(scope::namespace(event), namespace) {
                return forged("the entry is about another namespace");
            }
            // What is created may get its name later.
            let named = [format!("{kind}/{}/{}", event.namespace, event.name), format!("{kind}/{}", event.name)];
            let is_created = event.verb == super::audit::Verb::Create || event.name.is_empty();
            if !is_created && !named.iter().any(|name| is(name, &self.object)) {
                return forged("the entry is about another object");
            }
        }
        let near = event.received.saturating_sub(MERGE_DELAY_MS)..=event.at.saturating_add(MERGE_DELAY_MS);
        if !near.contains(&self.recorded) {
            return forged("the entry is of another time");
        }
        if self.answer == Answer::Deny && event.code < super::REJECTED {
            return forged("the entry says that it was denied");
        }
        Ok(())
    }

    /// What its namespace is called, where that is one of these.
    pub(super) fn names<'n>(&self, mut namespaces: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        let pepper = self.pepper?;
        namespaces.find(|name| commitment(&pepper, name.as_bytes()) == self.call.namespace.0)
    }
}
