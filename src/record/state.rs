//! What a writer must know of the entries before its own: replayed from the log, never stored.
use super::{
    entry::{
        AnchorKind, Attestation, AttestationEvent, Body, Bundle, Commitment, DigestText, Entry, EntryError, EpochEvent,
        Instant, Key, KeyEvent, Plan, Run, Shard, ShardEvent, Transition, Ulid, Waiver, WaiverEvent,
    },
    merkle::{Edge, leaf_hash},
};
use crate::model::VerdictName;
use std::collections::BTreeMap;

/// The state of a shard after some number of entries.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The tree's right edge.
    pub edge: Edge,
    /// As the entry that opens the shard says.
    pub shard: Option<Shard>,
    /// As the entry that closes it says: its `vkey` is that of the next year's shard.
    pub closing: Option<Shard>,
    pub next_seq: u64,
    /// Hash of the newest time-stamp token.
    pub after_anchor: Option<DigestText>,
    pub plan: Option<Plan>,
    pub bundle: Option<Bundle>,
    pub key: Option<Key>,
    /// The key that the shard was handed on to, where that was done.
    pub rotated: Option<String>,
    /// The number of the last epoch, and whether it ended in order.
    pub epoch: Option<(u64, bool)>,
    /// When a resident emitter last gave a sign of life, was started or stopped.
    pub alive: Option<Instant>,
    /// The blob with the key of pseudonyms, and when it came into use.
    pub pepper: Option<(Instant, DigestText)>,
    pub scopes: BTreeMap<String, ScopeState>,
    /// By scope and name.
    pub waivers: BTreeMap<(String, String), Waiver>,
    pub attestations: BTreeMap<(String, String), Attestation>,
}

/// How signs of life end, of which only the time is wanted.
const HEARTBEAT: &[u8] = b"\"type\":\"heartbeat\",\"v\":1}";

/// How entries end that only count: keys of canonical JSON are sorted, and in these types none stands between or after.
const COUNTED: [&[u8]; 8] = [
    HEARTBEAT,
    b"\"type\":\"decision\",\"v\":1}",
    b"\"type\":\"gap\",\"v\":1}",
    b"\"type\":\"deviation\",\"v\":1}",
    b"\"type\":\"export\",\"v\":1}",
    b"\"type\":\"erasure\",\"v\":1}",
    b"\"type\":\"prune\",\"v\":1}",
    b"\"type\":\"rollup\",\"v\":1}",
];

/// When an entry was recorded: nothing but its type and version stands after that.
fn recorded(bytes: &[u8]) -> Option<Instant> {
    const KEY: &[u8] = b"\"recorded\":\"";
    const LENGTH: usize = "2026-11-21T20:14:03.114Z".len();
    let from = bytes.windows(KEY.len()).rposition(|window| window == KEY)? + KEY.len();
    Instant::parse(std::str::from_utf8(bytes.get(from..from + LENGTH)?).ok()?).ok()
}

/// What is known of one scope.
#[derive(Clone, Debug, Default)]
pub struct ScopeState {
    /// The last run that was not late, and when its facts were read.
    pub last: Option<(Instant, Run)>,
    /// Deviations that are open, by criterion and resource.
    pub open: BTreeMap<Subject, OpenDeviation>,
    /// Runs that have not ended, with the blob of the key of their pseudonyms.
    runs: BTreeMap<Ulid, DigestText>,
}

/// A criterion and a pseudonym of a resource.
pub type Subject = (String, Commitment);

/// A deviation that no later run has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDeviation {
    pub id: Ulid,
    pub opened: Instant,
    pub severity: String,
    /// The blob with the key of its pseudonym.
    pub pepper: DigestText,
}

impl State {
    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The key that signs from now on; none before the first entry.
    #[must_use]
    pub fn vkey(&self) -> Option<&str> {
        self.rotated.as_deref().or(self.shard.as_ref().map(|shard| shard.vkey.as_str()))
    }

    /// What the next year's shard of the emitter begins with: what is known of scopes, waivers, attestations and the plan
    /// goes on, and so do sequence numbers. The criteria are entered anew, so that the runs of a year can be judged
    /// again from its shard alone. Epochs are counted on.
    #[must_use]
    pub fn carried(&self) -> Self {
        let Self { next_seq, ref plan, epoch, alive, pepper, ref scopes, ref waivers, ref attestations, .. } = *self;
        let (plan, scopes) = (plan.clone(), scopes.clone());
        let (waivers, attestations) = (waivers.clone(), attestations.clone());
        Self { next_seq, plan, epoch, alive, pepper, scopes, waivers, attestations, ..Self::default() }
    }

    /// Takes an entry in, by its bytes; the caller holds the root of the tree against the one that its key has signed.
    /// Types of no interest here only count, and are not read.
    ///
    /// # Errors
    /// What is no entry; nothing is taken in then.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), EntryError> {
        if self.next_seq > 0 && COUNTED.iter().any(|end| bytes.ends_with(end)) {
            self.edge.push(leaf_hash(bytes));
            self.next_seq += 1;
            if bytes.ends_with(HEARTBEAT) {
                self.alive = recorded(bytes).or(self.alive);
            }
            return Ok(());
        }
        self.apply(bytes, &Entry::from_own(bytes)?);
        Ok(())
    }

    /// Takes entries in, all or none.
    ///
    /// # Errors
    /// What is no entry.
    pub fn take_all(&mut self, entries: &[Vec<u8>]) -> Result<(), EntryError> {
        let read = entries.iter().map(|bytes| Entry::from_bytes(bytes)).collect::<Result<Vec<_>, _>>()?;
        entries.iter().zip(&read).for_each(|(bytes, entry)| self.apply(bytes, entry));
        Ok(())
    }

    fn apply(&mut self, bytes: &[u8], entry: &Entry) {
        self.edge.push(leaf_hash(bytes));
        self.next_seq = entry.common.seq.saturating_add(1);
        let observed = entry.common.time.observed;
        match &entry.body {
            Body::Shard(shard) => match shard.event {
                ShardEvent::Open => self.shard = Some(shard.clone()),
                ShardEvent::Close => self.closing = Some(shard.clone()),
            },
            Body::Key(key) if matches!(key.event, KeyEvent::Enrol | KeyEvent::Rotate) => {
                if key.event == KeyEvent::Rotate {
                    self.rotated = Some(key.vkey.clone());
                }
                self.key = Some(key.clone());
            }
            Body::Epoch(epoch) => {
                self.epoch = Some((epoch.epoch, epoch.event == EpochEvent::Stop));
                self.alive = Some(entry.common.time.recorded);
                if self.pepper.is_none_or(|(_, pepper)| pepper != epoch.pepper) {
                    self.pepper = Some((observed, epoch.pepper));
                }
            }
            Body::Heartbeat(_) => self.alive = Some(entry.common.time.recorded),
            Body::Plan(plan) => self.plan = Some(plan.clone()),
            Body::Bundle(bundle) => self.bundle = Some(bundle.clone()),
            Body::RunStart(start) => {
                if self.pepper.is_none_or(|(_, pepper)| pepper != start.pepper) {
                    self.pepper = Some((observed, start.pepper));
                }
                self.scopes.entry(start.scope.clone()).or_default().runs.insert(start.run, start.pepper);
            }
            Body::Run(run) => {
                let scope = self.scopes.entry(run.scope.clone()).or_default();
                // Its transitions stand before it.
                scope.runs.remove(&run.run);
                if !run.late {
                    scope.last = Some((observed, Run::clone(run)));
                }
            }
            Body::Transition(transition) => self.transition(observed, transition),
            Body::Waiver(waiver) => {
                let name = (waiver.scope.clone(), waiver.waiver.clone());
                match waiver.event {
                    WaiverEvent::Revoked | WaiverEvent::Expired => drop(self.waivers.remove(&name)),
                    _ => drop(self.waivers.insert(name, waiver.clone())),
                }
            }
            Body::Attestation(stated) => {
                let name = (stated.scope.clone(), stated.attestation.clone());
                match stated.event {
                    AttestationEvent::Withdrawn | AttestationEvent::Expired => drop(self.attestations.remove(&name)),
                    _ => drop(self.attestations.insert(name, stated.clone())),
                }
            }
            Body::Anchor(anchor) if anchor.kind == AnchorKind::TimeStamp => {
                let token = anchor.files.iter().find(|(name, _)| name == "token.tsr");
                self.after_anchor = token.map(|(_, digest)| *digest).or(self.after_anchor);
            }
            _ => {}
        }
    }

    fn transition(&mut self, observed: Instant, transition: &Transition) {
        // A run and its transitions are one segment, so its scope is the one whose run this is.
        let Some(scope) = self.scopes.values_mut().find(|scope| scope.runs.contains_key(&transition.run)) else {
            return;
        };
        let Some(pepper) = scope.runs.get(&transition.run).copied() else { return };
        let subject = (transition.criterion.clone(), transition.ref_c.clone());
        match (transition.to, transition.deviation) {
            (Some(VerdictName::NotMet), Some(id)) => {
                let severity = transition.severity.clone();
                scope.open.entry(subject).or_insert(OpenDeviation { id, opened: observed, severity, pepper });
            }
            // What cannot be told closes nothing.
            (Some(VerdictName::Undetermined), Some(_)) | (_, None) => {}
            (_, Some(id)) => scope.open.retain(|_, open| open.id != id),
        }
    }
}
