//! What is answered becomes evidence before it is answered.
use super::{breach::Breach, guard::Sight, review::Request, ruling::Ruling};
use crate::{
    model::{Receipt, ResourceId},
    record::{
        entry::{
            self, Answer as Word, Body, Commitment, Decision, DigestText, EntryAt, Epoch, EpochEvent, Gap, GapCause,
            Heartbeat, Instant, Named, Rollup, TreeHead, Ulid,
        },
        log::Draft,
        queue::{Queue, QueueError},
        redact::{BlobKey, commitment},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant as Clock},
};

/// An answer waits this long for the log, and no longer: the API server waits five seconds for all of it.
const LOG: Duration = Duration::from_secs(2);

/// Objects and decisions that an entry about a breach names: with each some two hundred bytes, far below what an entry holds.
const NAMED_MAX: usize = 16;

/// The time and random numbers, which the roof gives.
pub struct Source {
    pub now: fn() -> Instant,
    /// # Errors
    /// No random numbers.
    pub id: fn() -> Result<Ulid, String>,
}

/// What every decision of an epoch says.
pub struct Terms {
    pub epoch: Epoch,
    pub pepper: BlobKey,
    pub bundle: DigestText,
    pub profile: DigestText,
    /// What the log does not hold is not allowed; else it is allowed and counted.
    pub is_required: bool,
    pub emitter: String,
}

/// The way into the log.
pub struct Evidence {
    queue: Queue,
    source: Source,
    terms: Terms,
    allowed: AtomicU64,
    denied: AtomicU64,
    dropped: AtomicU64,
    /// Since when answers could not be entered, and how many.
    hole: Mutex<Option<(Instant, u64)>>,
    /// Whether the stop was entered: nothing lives after it.
    ended: Mutex<bool>,
}

impl Evidence {
    #[must_use]
    pub const fn new(queue: Queue, source: Source, terms: Terms) -> Self {
        let zero = AtomicU64::new;
        let (hole, ended) = (Mutex::new(None), Mutex::new(false));
        Self { queue, source, terms, allowed: zero(0), denied: zero(0), dropped: zero(0), hole, ended }
    }

    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.terms.is_required
    }

    /// Who writes the shard.
    #[must_use]
    pub fn emitter(&self) -> &str {
        &self.terms.emitter
    }

    /// Enters that the emitter has started.
    ///
    /// # Errors
    /// It was not entered.
    pub fn start(&self) -> Result<Receipt, QueueError> {
        self.enter(Body::Epoch(self.terms.epoch.clone()))
    }

    /// Enters that it stops in order.
    ///
    /// # Errors
    /// It was not entered.
    pub fn stop(&self) -> Result<Receipt, QueueError> {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.enter(Body::Epoch(Epoch { event: EpochEvent::Stop, previous_seq: None, ..self.terms.epoch.clone() }))
    }

    /// Enters a sign of life; none after the stop.
    ///
    /// # Errors
    /// It was not entered.
    pub fn beat(
        &self,
        synced: bool,
        runs: Vec<(String, Instant)>,
        clock_step_ms: Option<i64>,
        sight: Sight,
    ) -> Result<Receipt, QueueError> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            return Err(QueueError::Closed);
        }
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        self.enter(Body::Heartbeat(Box::new(Heartbeat {
            epoch: self.terms.epoch.epoch,
            runs,
            allowed: count(&self.allowed),
            denied: count(&self.denied),
            dropped: count(&self.dropped),
            synced,
            webhooks: sight.webhooks,
            authorities: sight.authorities,
            clock_step_ms,
        })))
    }

    /// Enters that nothing was watched for a time, and why; not after the stop.
    ///
    /// # Errors
    /// It was not entered.
    pub fn missing(&self, from: Instant, to: Instant, cause: GapCause) -> Result<Receipt, QueueError> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            return Err(QueueError::Closed);
        }
        let item = self.terms.emitter.clone();
        self.enter(Body::Gap(Gap { item, from, to, cause, decisions_lost: 0 }))
    }

    /// Enters how the other shards of the environment are; not after the stop.
    ///
    /// # Errors
    /// It was not entered.
    pub fn roll_up(&self, shards: Vec<TreeHead>) -> Result<Receipt, QueueError> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            return Err(QueueError::Closed);
        }
        self.enter(Body::Rollup(Rollup { shards }))
    }

    /// Enters ways that were opened, with the decisions of this emitter that let them be; not after the stop.
    ///
    /// # Errors
    /// It was not entered.
    pub fn breach(&self, breach: &Breach, decisions: &[Receipt]) -> Result<Receipt, QueueError> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            return Err(QueueError::Closed);
        }
        let named = |id: &ResourceId| Named { kind: id.kind.to_string(), ref_c: self.pseudonym(&id.address()) };
        let workloads: BTreeSet<&ResourceId> = breach.counted.iter().map(|one| &one.resource).collect();
        let at = |receipt: &Receipt| EntryAt {
            shard: receipt.shard.to_string(),
            index: receipt.index,
            leaf: receipt.leaf.into(),
        };
        self.enter(Body::Breach(Box::new(entry::Breach {
            criteria: breach.criteria.iter().map(|(id, count)| (id.to_string(), *count)).collect(),
            workloads: workloads.into_iter().take(NAMED_MAX).map(named).collect(),
            changes: breach.changes.iter().take(NAMED_MAX).map(named).collect(),
            changed: u64::try_from(breach.changes.len()).unwrap_or(u64::MAX),
            decisions: decisions.iter().take(NAMED_MAX).map(at).collect(),
            bundle: self.terms.bundle,
            profile: self.terms.profile,
        })))
    }

    fn pseudonym(&self, text: &str) -> Commitment {
        Commitment(commitment(&self.terms.pepper, text.as_bytes()))
    }

    /// Enters what a request came to, and waits until that is durable, not beyond a time.
    ///
    /// # Errors
    /// It was not entered in time; it is counted, and a `gap` says so when the log can be written again.
    pub fn decide(&self, request: &Request, ruling: &Ruling, micros: u64, until: Clock) -> Result<Receipt, QueueError> {
        let allowed = ruling.is_allowed();
        let longest = until.saturating_duration_since(Clock::now()).min(LOG);
        let entered = self.enter_within(Body::Decision(Box::new(self.decision(request, ruling, micros))), longest);
        match &entered {
            Ok(_) => drop((if allowed { &self.allowed } else { &self.denied }).fetch_add(1, Ordering::Relaxed)),
            Err(_) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                let mut hole = self.hole.lock().unwrap_or_else(PoisonError::into_inner);
                let (_, count) = hole.get_or_insert(((self.source.now)(), 0));
                *count += 1;
            }
        }
        entered
    }

    /// The annotations that name an entry in the API server's own audit log.
    #[must_use]
    pub fn annotations(receipt: &Receipt) -> BTreeMap<String, String> {
        [
            ("evidence-shard", receipt.shard.to_string()),
            ("evidence-index", receipt.index.to_string()),
            ("evidence-leaf", receipt.leaf.to_string()),
        ]
        .map(|(key, text)| (key.to_owned(), text))
        .into()
    }

    fn enter(&self, body: Body) -> Result<Receipt, QueueError> {
        self.enter_within(body, LOG)
    }

    fn enter_within(&self, body: Body, longest: Duration) -> Result<Receipt, QueueError> {
        let until = Clock::now() + longest;
        self.fill_hole(longest);
        self.hand_in(body, until.saturating_duration_since(Clock::now()))
    }

    fn hand_in(&self, body: Body, longest: Duration) -> Result<Receipt, QueueError> {
        let id = (self.source.id)().map_err(QueueError::NotWritten)?;
        let draft = Draft { observed: (self.source.now)(), id, body };
        self.queue.append_within(draft, longest)
    }

    /// The first entry after a time in which nothing could be written says so.
    fn fill_hole(&self, longest: Duration) {
        // Who is second does not wait for the first: one entry is enough.
        let Ok(mut hole) = self.hole.try_lock() else { return };
        let Some((from, decisions_lost)) = *hole else { return };
        let to = (self.source.now)();
        let gap = Gap { item: self.terms.emitter.clone(), from, to, cause: GapCause::Store, decisions_lost };
        if self.hand_in(Body::Gap(gap), longest).is_ok() {
            *hole = None;
        }
    }

    fn decision(&self, request: &Request, ruling: &Ruling, micros: u64) -> Decision {
        let named = ruling
            .subject
            .as_ref()
            .map_or_else(|| format!("{}/{}/{}", request.kind, request.namespace, request.name), ResourceId::address);
        let mut counted: Vec<String> = ruling.denied.iter().map(|one| one.criterion.to_string()).collect();
        counted.extend(ruling.waived.iter().map(ToString::to_string));
        let mut observed: Vec<String> = ruling.warned.iter().map(|one| one.criterion.to_string()).collect();
        observed.extend(ruling.observed.iter().map(ToString::to_string));
        for list in [&mut counted, &mut observed] {
            list.sort();
            list.dedup();
        }
        Decision {
            request: request.uid.clone(),
            operation: request.operation,
            kind: request.kind.clone(),
            subresource: (!request.subresource.is_empty()).then(|| request.subresource.clone()),
            namespace_c: self.pseudonym(&request.namespace),
            ref_c: self.pseudonym(&named),
            answer: if ruling.is_allowed() { Word::Allow } else { Word::Deny },
            warnings: u64::try_from(ruling.warned.len()).unwrap_or(u64::MAX),
            counted,
            observed,
            bundle: self.terms.bundle,
            profile: self.terms.profile,
            micros,
        }
    }
}
