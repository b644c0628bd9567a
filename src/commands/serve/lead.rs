//! What one of several replicas does alone: audits of the whole, their reports, and what is said of the other shards. Without
//! a Lease this process does it, whatever others do.
use super::emitter::Emitter;
use crate::{cli::Record, record::place::Place, serve::evidence::Evidence};
use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// A time in which this process leads.
pub(super) struct Term {
    /// As which emitter its audits are recorded.
    pub(super) record: Record,
    /// The emitter whose shard leads the log, once its epoch has begun.
    lead: OnceLock<(Arc<Evidence>, Place)>,
    /// Up to when; `None` for as long as the process lives.
    until: Mutex<Option<Instant>>,
    is_over: AtomicBool,
}

impl Term {
    /// `until`: `None` for as long as the process lives.
    pub(super) fn new(record: Record, until: Option<Instant>) -> Self {
        Self { record, lead: OnceLock::new(), until: Mutex::new(until), is_over: AtomicBool::default() }
    }

    /// Its work is recorded by this emitter, if that one's shard leads the log.
    pub(super) fn record_by(&self, emitter: &Emitter) {
        if emitter.is_lead {
            self.lead.get_or_init(|| (Arc::clone(&emitter.evidence), emitter.place.clone()));
        }
    }

    /// The emitter whose shard leads the log; `None` where there is none.
    pub(super) fn lead(&self) -> Option<&(Arc<Evidence>, Place)> {
        self.lead.get()
    }

    pub(super) fn extend(&self, until: Option<Instant>) {
        *locked(&self.until) = until;
    }

    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// Whether somebody else may lead by now.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst) || locked(&self.until).is_some_and(|until| Instant::now() >= until)
    }
}

/// The term that runs, if one does.
#[derive(Default)]
pub(super) struct Lead {
    term: Mutex<Option<Arc<Term>>>,
    changed: Condvar,
}

impl Lead {
    pub(super) fn begin(&self, term: &Arc<Term>) {
        *locked(&self.term) = Some(Arc::clone(term));
        self.changed.notify_all();
    }

    pub(super) fn end(&self) {
        *locked(&self.term) = None;
    }

    /// Waits for a term, not longer than a time.
    pub(super) fn wait(&self, at_most: Duration) -> Option<Arc<Term>> {
        let waited = self.changed.wait_timeout_while(locked(&self.term), at_most, |term| term.is_none());
        let term = waited.unwrap_or_else(PoisonError::into_inner).0.clone();
        term.filter(|term| !term.is_over())
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
