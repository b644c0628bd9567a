//! A plan as written. What it may say is checked in `plan.rs`.
use schemars::JsonSchema;
use serde::Deserialize;
use serde_saphyr::Spanned;

/// Declared monitoring: what is judged, how often and by whom. `speguard evidence plan` enters it in the log.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Plan")]
pub(super) struct PlanFile {
    #[serde(rename = "apiVersion")]
    _api_version: ApiVersion,
    #[serde(rename = "kind")]
    _kind: Kind,
    #[serde(rename = "metadata")]
    _metadata: Metadata,
    pub(super) spec: Spec,
}

#[derive(Debug, Deserialize, JsonSchema)]
enum ApiVersion {
    #[serde(rename = "speguard.io/v1alpha1")]
    V1Alpha1,
}

#[derive(Debug, Deserialize, JsonSchema)]
enum Kind {
    Plan,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Metadata {
    /// Its name, for those who keep it.
    #[serde(rename = "name")]
    _name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    /// From when it holds: a day (its midnight, UTC) or an RFC 3339 time. It replaces the plan before it.
    #[schemars(with = "String")]
    pub(super) effective_from: Spanned<String>,
    /// The role that approved it.
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) approver: Spanned<String>,
    /// What is judged, how often and by whom; empty only where `resident` is not.
    #[schemars(with = "Vec<ItemFile>")]
    pub(super) items: Spanned<Vec<ItemFile>>,
    /// Emitters that run all the time (`speguard serve`), and what they promise together: that one of them answers.
    #[serde(default)]
    pub(super) resident: Vec<ResidentFile>,
    /// Days until a deviation is due, by severity. One that is left out gives no due date.
    #[serde(default)]
    pub(super) deadline_days: Deadlines,
    /// The least share of resource-time that must be observed, in per cent.
    #[schemars(with = "u64", range(min = 0, max = 100))]
    pub(super) min_coverage_percent: Spanned<u64>,
    /// Days that shards are kept; without it nothing may be pruned.
    #[serde(default)]
    #[schemars(with = "Option<u64>", range(min = 1, max = 36500))]
    pub(super) retention_days: Option<Spanned<u64>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Deadlines {
    #[schemars(with = "Option<u64>", range(min = 1, max = 3650))]
    pub(super) critical: Option<Spanned<u64>>,
    #[schemars(with = "Option<u64>", range(min = 1, max = 3650))]
    pub(super) high: Option<Spanned<u64>>,
    #[schemars(with = "Option<u64>", range(min = 1, max = 3650))]
    pub(super) medium: Option<Spanned<u64>>,
    #[schemars(with = "Option<u64>", range(min = 1, max = 3650))]
    pub(super) low: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemFile {
    /// Its name, unique in the plan and none of an emitter: gaps are declared by it.
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) name: Spanned<String>,
    /// The scope of the runs that fulfil it, as `scan --scope` names it.
    #[schemars(with = "String", length(min = 1, max = 512))]
    pub(super) scope: Spanned<String>,
    /// Ids of the criteria; left out = all.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) criteria: Vec<Spanned<String>>,
    /// How long after an observation the next one is due: `15m`, `6h`, `1d`.
    #[schemars(with = "String", regex(pattern = "^[1-9][0-9]*[mhd]$"))]
    pub(super) cadence: Spanned<String>,
    /// How much later it may come, in per cent of the cadence; 20 where it is left out.
    #[serde(default)]
    #[schemars(with = "Option<u64>", range(min = 0, max = 100))]
    pub(super) grace_percent: Option<Spanned<u64>>,
    /// The role that answers for it.
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) owner: Spanned<String>,
    /// Who writes the runs, as `evidence init --emitter` named it; or the name of a `resident` entry, any of whose emitters
    /// may.
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) emitter: Spanned<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResidentFile {
    /// Its name, unique in the plan and none of an emitter: gaps are declared by it, or by its emitters.
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) name: Spanned<String>,
    /// Who runs, as `evidence init --emitter` named each. Time in which none of them was alive and knew the cluster is a gap.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub(super) emitters: Spanned<Vec<Spanned<String>>>,
    /// Signs of life come at least this often; after three times as long without one an emitter was down. 60 where it is
    /// left out.
    #[serde(default)]
    #[schemars(with = "Option<u64>", range(min = 1, max = 3600))]
    pub(super) heartbeat_seconds: Option<Spanned<u64>>,
    /// The role that answers for it.
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub(super) owner: Spanned<String>,
}
