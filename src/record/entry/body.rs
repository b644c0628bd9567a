//! What each type of entry holds (docs/evidence.md gives the list).
use super::{
    Commitment, DigestText, Instant, Ulid,
    resident::{Breach, Decision, Epoch, Heartbeat},
    shapes::{choices, shapes},
};
use crate::model::{Effect, VerdictName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The types that this version writes and reads.
pub const TYPES: [&str; 21] = [
    "shard",
    "key",
    "plan",
    "bundle",
    "run_start",
    "run",
    "transition",
    "deviation",
    "waiver",
    "attestation",
    "gap",
    "anchor",
    "erasure",
    "prune",
    "export",
    "epoch",
    "heartbeat",
    "decision",
    "reconciliation",
    "rollup",
    "breach",
];

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
const fn none(count: &u64) -> bool {
    *count == 0
}

/// The content of an entry, by its `type`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    Shard(Shard),
    Key(Key),
    Plan(Plan),
    Bundle(Bundle),
    RunStart(RunStart),
    Run(Box<Run>),
    Transition(Transition),
    Deviation(Deviation),
    Waiver(Waiver),
    Attestation(Attestation),
    Gap(Gap),
    Anchor(Anchor),
    Erasure(Erasure),
    Prune(Prune),
    Export(Export),
    Epoch(Epoch),
    Heartbeat(Box<Heartbeat>),
    Decision(Box<Decision>),
    Reconciliation(Box<Reconciliation>),
    Rollup(Rollup),
    Breach(Box<Breach>),
}

choices! {
    ShardEvent { Open = "open", Close = "close", }
    /// Resident emitters run all the time, scheduled ones only now and then (CI).
    Role { Resident = "resident", Scheduled = "scheduled", }
    KeyEvent { Enrol = "enrol", Rotate = "rotate", Retire = "retire", Compromise = "compromise", }
    Trigger { Command = "command", Schedule = "schedule", Event = "event", }
    DeviationState {
        Open = "open", Planned = "planned", InProgress = "in_progress", Fixed = "fixed_awaiting_verification",
        Verified = "verified", AcceptedRisk = "accepted_risk",
    }
    WaiverEvent { Created = "created", Approved = "approved", Renewed = "renewed", Revoked = "revoked", Expired = "expired", }
    AttestationEvent { Filed = "filed", Replaced = "replaced", Withdrawn = "withdrawn", Expired = "expired", }
    GapCause { Crash = "crash", Upgrade = "upgrade", Network = "network", Store = "store", Unknown = "unknown", }
    AnchorKind { TimeStamp = "tsa", Witness = "witness", Archive = "archive", }
}

shapes! {
    /// First and last entry of a shard.
    Shard {
        event: ShardEvent,
        emitter: String,
        role: Role,
        /// Whether this emitter's shard lists, anchors and witnesses all others of the SPE.
        lead: bool,
        vkey: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<TreeHead>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retention_until: Option<Instant>,
    }
    /// A tree as it was at some size.
    TreeHead { origin: String, size: u64, root: DigestText, }
    Key {
        event: KeyEvent,
        emitter: String,
        vkey: String,
        valid_from: Instant,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_to: Option<Instant>,
        /// The signature lines of old and new key over `<shard>/key` and the new vkey (rotate).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        signatures: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compromised_at: Option<Instant>,
    }
    /// Declared monitoring: what is judged, how often, by whom.
    Plan {
        digest: DigestText,
        effective_from: Instant,
        approver: String,
        items: Vec<PlanItem>,
        /// Emitters that run all the time.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        resident: Vec<PlanResident>,
        /// Days until a deviation is due, by severity.
        deadline_days: BTreeMap<String, u64>,
        min_coverage_per_mille: u64,
        /// Days that entries and shards are kept; without it nothing may be pruned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retention_days: Option<u64>,
    }
    PlanItem {
        name: String,
        scope: String,
        /// Ids of criteria; empty means all.
        criteria: Vec<String>,
        cadence_seconds: u64,
        grace_percent: u64,
        owner: String,
        emitter: String,
    }
    /// What emitters that run all the time promise together: that one of them answers at any time.
    PlanResident {
        name: String,
        emitters: Vec<String>,
        /// Signs of life come at least this often.
        heartbeat_seconds: u64,
        owner: String,
    }
    /// The criteria and what runs them, at every load that differs.
    Bundle {
        bundle: DigestText,
        profile: DigestText,
        /// Where criteria and profile lie, below `bundles/`.
        object: DigestText,
        tool: String,
        engine: String,
        criteria: u64,
    }
    RunStart {
        run: Ulid,
        scope: String,
        trigger: Trigger,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<String>,
        /// The blob with the key of the quarter's pseudonyms.
        pepper: DigestText,
    }
    /// The run manifest: commits to the whole assessment.
    Run {
        run: Ulid,
        scope: String,
        trigger: Trigger,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<String>,
        started: Instant,
        ended: Instant,
        /// Older than the last run of its scope: makes no transitions and changes no state.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
        fail_on: String,
        exit: u64,
        bundle: DigestText,
        profile: DigestText,
        environment: DigestText,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<DigestText>,
        /// Programs that took part: helm, kubectl.
        tools: Vec<(String, String)>,
        /// Kind and count of what was read.
        kinds: Vec<(String, u64)>,
        /// Why something was not read, and how often. Causes may name things, so only their class stands here.
        problems: Vec<(String, u64)>,
        /// Criteria and platforms that nothing was asked of.
        not_looked_at: u64,
        population_root: DigestText,
        population_size: u64,
        population_blob: DigestText,
        results_root: DigestText,
        results_size: u64,
        results_blob: DigestText,
        counts: Vec<Count>,
        transitions: u64,
    }
    /// Rows of one criterion by verdict, and how many of the shortcomings do not count.
    Count {
        criterion: String,
        #[serde(default, skip_serializing_if = "none")]
        met: u64,
        #[serde(default, skip_serializing_if = "none")]
        not_met: u64,
        #[serde(default, skip_serializing_if = "none")]
        not_applicable: u64,
        #[serde(default, skip_serializing_if = "none")]
        undetermined: u64,
        #[serde(default, skip_serializing_if = "none")]
        waived: u64,
        /// The part of `waived` that is undetermined; the rest is not met.
        #[serde(default, skip_serializing_if = "none")]
        waived_undetermined: u64,
        #[serde(default, skip_serializing_if = "none")]
        warned: u64,
        #[serde(default, skip_serializing_if = "none")]
        observed: u64,
    }
    /// A (criterion, resource) whose verdict or effect changed since the last run of the same scope.
    Transition {
        run: Ulid,
        criterion: String,
        rule: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule_digest: Option<DigestText>,
        kind: String,
        ref_c: Commitment,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<VerdictName>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<VerdictName>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effect: Option<Effect>,
        severity: String,
        findings: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        findings_c: Option<Commitment>,
        /// When it was last seen otherwise; absent where it was never seen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_before: Option<Instant>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deviation: Option<Ulid>,
    }
    /// A register event that no verdict shows.
    Deviation {
        deviation: Ulid,
        state: DeviationState,
        owner: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action: Option<DigestText>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Instant>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notified: Vec<(String, Instant)>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recurrence_of: Option<Ulid>,
    }
    Waiver {
        event: WaiverEvent,
        /// Whose runs it counts in.
        scope: String,
        waiver: String,
        criteria: Vec<String>,
        /// The reasons of findings that it covers; empty means all. Why it was granted stands in the document.
        reasons: Vec<String>,
        /// Commitments under one key, so that equal persons show; missing or equal is a breach.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requester_c: Option<Commitment>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approver_c: Option<Commitment>,
        granted: Instant,
        expires: Instant,
        document: DigestText,
    }
    Attestation {
        event: AttestationEvent,
        /// Whose runs it counts in.
        scope: String,
        attestation: String,
        criterion: String,
        owner_c: Commitment,
        statement: DigestText,
        valid_from: Instant,
        valid_until: Instant,
        evidence: u64,
        document: DigestText,
    }
    /// A time in which the plan was not fulfilled, declared.
    Gap {
        item: String,
        from: Instant,
        to: Instant,
        cause: GapCause,
        decisions_lost: u64,
    }
    /// A token or cosignature arrived.
    Anchor {
        size: u64,
        root: DigestText,
        kind: AnchorKind,
        /// Names and digests of the files below `anchors/<size>/`.
        files: Vec<(String, DigestText)>,
        at: Instant,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<String>,
    }
    Erasure { blob: DigestText, basis: String, approver: String, }
    /// A whole shard, which is not this one.
    Prune {
        origin: String,
        size: u64,
        root: DigestText,
        basis: String,
        approver: String,
        /// Names and digests of what was kept of it: its last checkpoint, and the last that others vouch for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<(String, DigestText)>,
    }
    /// The decisions of a window were held against the API server's audit log.
    Reconciliation {
        from: Instant,
        to: Instant,
        /// SHA-256 of each file of the audit log.
        files: Vec<DigestText>,
        /// The shards that were compared, as they were.
        shards: Vec<TreeHead>,
        /// Events that the webhooks are asked about, by verb and kind; dry runs are not among them.
        events: Vec<(String, String, u64)>,
        /// Decisions by operation and kind.
        entries: Vec<(String, String, u64)>,
        /// What became of events and entries, and how often.
        classes: BTreeMap<String, u64>,
        /// Stretches of the window that the audit log does not tell of, and lines of it that could not be read.
        holes: u64,
        unread: u64,
        exit: u64,
    }
    /// How the shards of the other emitters of an environment were, as its lead read them.
    Rollup { shards: Vec<TreeHead>, }
    Export {
        format: String,
        from: Instant,
        to: Instant,
        size: u64,
        root: DigestText,
        digest: DigestText,
        recipient: String,
    }
}
