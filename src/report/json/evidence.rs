//! Whether the run became evidence, as JSON.
use crate::model::Recording;
use schemars::JsonSchema;
use serde::Serialize;

/// What the evidence log said.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Evidence")]
pub(super) struct EvidenceV1<'a> {
    /// `recorded`, `not_recorded` or `unknown`.
    status: &'static str,
    receipt: Option<ReceiptV1<'a>>,
    /// Why it was not recorded, or what went wrong afterwards.
    cause: Option<&'a str>,
}

/// The entry of the run.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Receipt")]
struct ReceiptV1<'a> {
    /// The origin of the shard.
    shard: &'a str,
    index: u64,
    /// RFC 6962 leaf hash.
    leaf: String,
}

impl<'a> From<&'a Recording> for EvidenceV1<'a> {
    fn from(recording: &'a Recording) -> Self {
        let (receipt, cause) = match recording {
            Recording::Recorded { receipt, warning } => (Some(receipt), warning.as_deref()),
            Recording::NotRecorded { cause } | Recording::Unknown { cause } => (None, Some(cause.as_str())),
        };
        let receipt = receipt.map(|of| ReceiptV1 { shard: &of.shard, index: of.index, leaf: of.leaf.to_string() });
        Self { status: recording.name(), receipt, cause }
    }
}
