//! What an emitter enters that runs all the time: its starts and stops, its signs of life, what it decided.
use super::{
    Commitment, DigestText, Instant, Ulid,
    shapes::{choices, shapes},
};
use serde::{Deserialize, Serialize};

choices! {
    EpochEvent { Start = "start", Stop = "stop", }
    /// What was answered to a request.
    Answer { Allow = "allow", Deny = "deny", }
    /// What was asked for, as the API server names it.
    Operation { Create = "CREATE", Update = "UPDATE", Delete = "DELETE", Connect = "CONNECT", }
}

shapes! {
    /// A start or an orderly stop of a resident emitter. A start that follows no stop implies a gap.
    Epoch {
        event: EpochEvent,
        /// Counts the starts of the emitter, from 1.
        epoch: u64,
        /// Drawn at the start; the same in the stop.
        run: Ulid,
        /// The last sequence number before the start; absent in the first epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_seq: Option<u64>,
        tool: String,
        /// Of the cluster that is watched: a commitment to the uid of its namespace kube-system.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cluster_c: Option<Commitment>,
        /// Of the arguments, the description and what they come to.
        configuration: DigestText,
        /// The blob with the key of the pseudonyms in this epoch's decisions.
        pepper: DigestText,
    }
    /// A sign of life, at least every 60 seconds.
    Heartbeat {
        epoch: u64,
        /// When each scope was last judged.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        runs: Vec<(String, Instant)>,
        /// Decisions since the epoch began, by answer, and those that were not entered.
        allowed: u64,
        denied: u64,
        dropped: u64,
        /// Whether the watched inventory is whole and fresh.
        synced: bool,
        /// The webhooks by which the API server asks us, as it last had them, without their CA bundles; absent where there
        /// are none, or none are looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        webhooks: Option<DigestText>,
        /// Their CA bundles, likewise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authorities: Option<DigestText>,
        /// Milliseconds by which the wall clock moved against the monotonic clock since the last sign of life.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clock_step_ms: Option<i64>,
    }
    /// An answer to an admission request. Dry runs leave none.
    Decision {
        /// The uid of the review, which is fresh for each call of a webhook.
        request: String,
        operation: Operation,
        kind: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subresource: Option<String>,
        namespace_c: Commitment,
        ref_c: Commitment,
        answer: Answer,
        warnings: u64,
        /// Criteria for which it was denied, or would have been without a waiver.
        counted: Vec<String>,
        /// Criteria that it falls short of and that only warn or are observed.
        observed: Vec<String>,
        bundle: DigestText,
        profile: DigestText,
        /// How long the decision took.
        micros: u64,
    }
    /// Ways that are open since changes were made, and that no answer should have let open: found by the watch of the
    /// cluster, within seconds.
    Breach {
        /// Criteria that deny such ways, and how many workloads have them.
        criteria: Vec<(String, u64)>,
        /// The first of these workloads.
        workloads: Vec<Named>,
        /// The first of the objects that were changed and took part, and how many there were.
        changes: Vec<Named>,
        changed: u64,
        /// The entries of the decisions that let these changes pass, of this emitter; where others decided, their own entry
        /// of the breach names them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        decisions: Vec<EntryAt>,
        bundle: DigestText,
        profile: DigestText,
    }
    /// An object, by its kind and a commitment to its address, as decisions name it.
    Named { kind: String, ref_c: Commitment, }
    /// Where an entry stands.
    EntryAt { shard: String, index: u64, leaf: DigestText, }
}
