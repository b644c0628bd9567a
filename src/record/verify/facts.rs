//! What the entries of a shard say, read once and kept as little as the later checks need.
use super::super::{
    entry::{
        Anchor, Attestation, Body, Bundle, Common, DigestText, Entry, EntryError, Epoch, Erasure, Export, Gap,
        Heartbeat, Instant, Key, KeyEvent, Plan, Prune, Role, Run, RunStart, Shard, ShardEvent, Time, Transition,
        TreeHead, Ulid, Waiver,
    },
    merkle::{Hash, leaf_hash},
    note::VerifierKey,
};
use super::{epochs::Epochs, rollups::Rollups};
use std::collections::{BTreeMap, BTreeSet};

/// An entry of one type, where it stands and when its fact was read.
#[derive(Clone, Debug)]
pub struct At<T> {
    pub shard: String,
    pub index: u64,
    pub leaf: Hash,
    pub id: Ulid,
    pub observed: Instant,
    pub recorded: Instant,
    pub what: T,
}

/// The entries of one or more shards, by type, in the order of their shards. Those that [pass](Passing) are here where
/// somebody has kept them.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    pub plans: Vec<At<Plan>>,
    pub bundles: Vec<At<Bundle>>,
    pub starts: Vec<At<RunStart>>,
    pub runs: Vec<At<Box<Run>>>,
    pub transitions: Vec<At<Transition>>,
    pub waivers: Vec<At<Waiver>>,
    pub attestations: Vec<At<Attestation>>,
    pub gaps: Vec<At<Gap>>,
    pub epochs: Vec<At<Epoch>>,
    pub heartbeats: Vec<At<Box<Heartbeat>>>,
    /// What leads say of the other shards, by the lead's.
    pub rollups: BTreeMap<String, Rollups>,
    pub anchors: Vec<At<Anchor>>,
    pub erasures: Vec<At<Erasure>>,
    pub prunes: Vec<At<Prune>>,
    pub exports: Vec<At<Export>>,
    pub emitters: BTreeMap<String, String>,
    /// Shards that call themselves a lead's.
    pub leads: BTreeSet<String>,
    /// When the newest entry was recorded.
    pub newest: Option<Instant>,
}

impl Entries {
    /// Adds the entries of further shards.
    pub fn join(&mut self, other: Self) {
        self.plans.extend(other.plans);
        self.bundles.extend(other.bundles);
        self.starts.extend(other.starts);
        self.runs.extend(other.runs);
        self.transitions.extend(other.transitions);
        self.waivers.extend(other.waivers);
        self.attestations.extend(other.attestations);
        self.gaps.extend(other.gaps);
        self.epochs.extend(other.epochs);
        self.heartbeats.extend(other.heartbeats);
        self.rollups.extend(other.rollups);
        self.anchors.extend(other.anchors);
        self.erasures.extend(other.erasures);
        self.prunes.extend(other.prunes);
        self.exports.extend(other.exports);
        self.emitters.extend(other.emitters);
        self.leads.extend(other.leads);
        self.newest = self.newest.max(other.newest);
    }
}

/// An entry of a type of which a log may hold any number: handed on as it is read, and not kept.
#[derive(Clone, Debug)]
pub enum Passing {
    Start(At<RunStart>),
    Run(At<Box<Run>>),
    Transition(At<Transition>),
    Gap(At<Gap>),
    Epoch(At<Epoch>),
    Heartbeat(At<Box<Heartbeat>>),
}

impl Entries {
    /// Keeps an entry that passes.
    pub fn keep(&mut self, passing: Passing) {
        match passing {
            Passing::Start(start) => self.starts.push(start),
            Passing::Run(run) => self.runs.push(run),
            Passing::Transition(transition) => self.transitions.push(transition),
            Passing::Gap(gap) => self.gaps.push(gap),
            Passing::Epoch(epoch) => self.epochs.push(epoch),
            Passing::Heartbeat(heartbeat) => self.heartbeats.push(heartbeat),
        }
    }
}

/// Blobs that entries refer to, with what each is for.
pub(super) type Needed = BTreeMap<DigestText, &'static str>;

/// Sorts the entries of one shard for a reader that believes them: the tree and the signatures are not looked at.
pub struct Gathering(Reader);

impl Gathering {
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self(Reader::new(origin))
    }

    /// Takes the entry at an index; they come in order.
    pub fn take(&mut self, index: u64, bytes: &[u8]) {
        if let Some(passing) = self.0.take(index, bytes, leaf_hash(bytes)) {
            self.0.entries.keep(passing);
        }
    }

    /// # Errors
    /// The first entry that is not one of this shard, and why.
    pub fn finish(self) -> Result<Entries, String> {
        let Reader { entries, faults, newer, .. } = self.0;
        match faults.into_iter().next() {
            Some((place, cause)) => Err(format!("{place}: {cause}")),
            None if newer > 0 => Err(format!("{newer} entries are of a newer version: use a newer speguard")),
            None => Ok(entries),
        }
    }
}

/// What a shard says of those before and after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Year {
    pub(super) previous: Option<TreeHead>,
    pub(super) vkey: Option<String>,
    /// The key that it was closed for.
    pub(super) closed_for: Option<String>,
    pub(super) enrolled: BTreeSet<String>,
    /// Of the first entry, where that is here.
    pub(super) first_seq: Option<u64>,
    pub(super) next_seq: u64,
    /// When the first entry was recorded.
    pub(super) first: Option<Instant>,
    pub(super) is_resident_lead: bool,
    /// The number of the first epoch that begins here, and of the last.
    pub(super) epochs: Option<(u64, u64)>,
}

/// Reads the entries of one shard, in order, and holds them against each other.
pub(super) struct Reader {
    origin: String,
    pub(super) entries: Entries,
    /// Path or index, and what is wrong.
    pub(super) faults: Vec<(String, String)>,
    pub(super) count: u64,
    pub(super) newer: u64,
    pub(super) first_type: Option<String>,
    /// The first entry that stands after the one that closes the shard.
    pub(super) after_close: Option<u64>,
    pub(super) newest: Option<Instant>,
    /// The key that the first entry names.
    pub(super) opening: Option<VerifierKey>,
    /// What the first and the last entry say of the years before and after.
    pub(super) year: Year,
    /// New keys, each with the index of its entry and the lines by which old and new key vouch for it.
    pub(super) rotations: Vec<(u64, VerifierKey, Vec<String>)>,
    pub(super) compromised: Option<Instant>,
    /// Whether this is the shard of a lead that runs all the time.
    pub(super) is_resident_lead: bool,
    /// Every token that an entry names as the newest it knew, and the first entry that does.
    pub(super) after_anchors: BTreeMap<DigestText, u64>,
    /// Criteria and profiles that entries name, below `bundles/`.
    pub(super) bundles: BTreeSet<DigestText>,
    /// Every blob that an entry refers to, with what it is for.
    pub(super) blobs: Needed,
    closed: bool,
    /// seq - index.
    offset: Option<u64>,
    ids: BTreeSet<Ulid>,
    epochs: Epochs,
}

impl Reader {
    pub(super) fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            entries: Entries::default(),
            faults: Vec::new(),
            count: 0,
            newer: 0,
            first_type: None,
            after_close: None,
            newest: None,
            opening: None,
            year: Year::default(),
            rotations: Vec::new(),
            compromised: None,
            is_resident_lead: false,
            after_anchors: BTreeMap::new(),
            bundles: BTreeSet::new(),
            blobs: BTreeMap::new(),
            closed: false,
            offset: None,
            ids: BTreeSet::new(),
            epochs: Epochs::default(),
        }
    }

    fn fault(&mut self, index: u64, cause: impl Into<String>) {
        self.faults.push((format!("{} entry {index}", self.origin), cause.into()));
    }

    /// Takes the entry at an index; gives it back where it is of a type that is not kept.
    pub(super) fn take(&mut self, index: u64, bytes: &[u8], leaf: Hash) -> Option<Passing> {
        self.count += 1;
        let entry = match Entry::from_bytes(bytes) {
            Ok(entry) => entry,
            Err(EntryError::Newer(_)) => {
                self.newer += 1;
                return None;
            }
            Err(error) => {
                self.fault(index, error.to_string());
                return None;
            }
        };
        if index == 0 {
            self.first_type = matches!(entry.body, Body::Shard(_)).then(|| "shard".to_owned());
        }
        let common = &entry.common;
        if common.shard != self.origin {
            self.fault(index, format!("it belongs to the shard `{}`", common.shard));
        }
        if index == 0 {
            self.year.first_seq = Some(common.seq);
            self.year.first = Some(common.time.recorded);
        }
        self.year.next_seq = common.seq.saturating_add(1);
        let offset = common.seq.checked_sub(index);
        match (self.offset, offset) {
            (None, Some(offset)) => self.offset = Some(offset),
            (Some(first), Some(offset)) if first == offset => {}
            _ => self.fault(index, format!("its sequence number {} does not fit its index", common.seq)),
        }
        // Recent ones suffice: an entry that was copied from far away has another sequence number.
        if !self.ids.insert(common.id) {
            self.fault(index, format!("its id {} stands twice", common.id));
        }
        if self.ids.len() > RECENT_IDS {
            self.ids.pop_first();
        }
        if self.closed && self.after_close.is_none() {
            self.after_close = Some(index);
        }
        if let Some(token) = common.after_anchor {
            self.after_anchors.entry(token).or_insert(index);
        }
        self.newest = self.newest.max(Some(common.time.recorded));
        self.entries.newest = self.newest;
        self.sort(index, leaf, entry)
    }

    fn sort(&mut self, index: u64, leaf: Hash, entry: Entry) -> Option<Passing> {
        let Entry { common, body } = entry;
        let Common { id, shard, time: Time { observed, recorded }, .. } = common;
        macro_rules! at {
            ($what:expr) => {
                At { shard, index, leaf, id, observed, recorded, what: $what }
            };
        }
        match body {
            Body::RunStart(start) => {
                self.blobs.insert(start.pepper, "the key of pseudonyms");
                return Some(Passing::Start(at!(start)));
            }
            Body::Run(run) => {
                self.blobs.insert(run.results_blob, "the results of a run");
                self.blobs.insert(run.population_blob, "the population of a run");
                return Some(Passing::Run(at!(run)));
            }
            Body::Transition(transition) => return Some(Passing::Transition(at!(transition))),
            Body::Gap(gap) => return Some(Passing::Gap(at!(gap))),
            Body::Shard(of) => self.shard(index, shard, of),
            Body::Key(key) => self.key(index, key),
            Body::Plan(plan) => self.entries.plans.push(at!(plan)),
            Body::Waiver(waiver) => {
                self.blobs.insert(waiver.document, "a waiver");
                self.entries.waivers.push(at!(waiver));
            }
            Body::Attestation(stated) => {
                self.blobs.insert(stated.document, "an attestation");
                self.entries.attestations.push(at!(stated));
            }
            Body::Anchor(anchor) => self.entries.anchors.push(at!(anchor)),
            Body::Erasure(erasure) => self.entries.erasures.push(at!(erasure)),
            Body::Prune(prune) => self.entries.prunes.push(at!(prune)),
            Body::Export(export) => self.entries.exports.push(at!(export)),
            Body::Bundle(bundle) => {
                self.bundles.insert(bundle.object);
                self.entries.bundles.push(at!(bundle));
            }
            Body::Epoch(epoch) => {
                self.blobs.insert(epoch.pepper, "the key of pseudonyms");
                if let Err(cause) = self.epochs.turn(common.seq, &epoch) {
                    self.fault(index, cause);
                }
                self.year.epochs = self.epochs.numbers();
                return Some(Passing::Epoch(at!(epoch)));
            }
            Body::Heartbeat(heartbeat) => {
                if let Err(cause) = self.epochs.beat(&heartbeat) {
                    self.fault(index, cause);
                }
                return Some(Passing::Heartbeat(at!(heartbeat)));
            }
            Body::Rollup(rollup) if self.entries.leads.contains(&shard) => {
                let rollups = self.entries.rollups.entry(shard).or_default();
                if let Err(cause) = rollups.take(index, recorded, rollup) {
                    self.fault(index, cause);
                }
            }
            Body::Rollup(_) => self.fault(index, "it speaks of other shards, and this is not the shard of a lead"),
            Body::Deviation(_) | Body::Decision(_) | Body::Reconciliation(_) | Body::Breach(_) => {}
        }
        None
    }

    fn shard(&mut self, index: u64, origin: String, shard: Shard) {
        self.closed = shard.event == ShardEvent::Close;
        self.is_resident_lead = shard.lead && shard.role == Role::Resident;
        self.year.is_resident_lead = self.is_resident_lead;
        if index == 0 && shard.event == ShardEvent::Open {
            self.opening = VerifierKey::parse(&shard.vkey).ok();
            self.year.vkey = Some(shard.vkey.clone());
            self.year.previous.clone_from(&shard.previous);
        }
        if shard.event == ShardEvent::Close {
            self.year.closed_for = Some(shard.vkey.clone());
        }
        if shard.lead {
            self.entries.leads.insert(origin.clone());
        }
        self.entries.emitters.insert(origin, shard.emitter);
    }

    fn key(&mut self, index: u64, key: Key) {
        let Ok(named) = VerifierKey::parse(&key.vkey) else {
            return self.fault(index, "it names a key that is none");
        };
        match key.event {
            KeyEvent::Compromise => {
                let at = key.compromised_at.unwrap_or(key.valid_from);
                self.compromised = Some(self.compromised.map_or(at, |earlier| earlier.min(at)));
            }
            KeyEvent::Rotate => self.rotations.push((index, named, key.signatures)),
            KeyEvent::Enrol => drop(self.year.enrolled.insert(key.vkey)),
            KeyEvent::Retire => {}
        }
    }
}

/// Ids that are remembered to find one that stands twice.
const RECENT_IDS: usize = 100_000;
