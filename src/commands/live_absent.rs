//! Stands in for `live.rs` where the feature `cluster` is not built in.
use crate::{
    cli::Connection as Arguments,
    evaluate::Bundle,
    model::{Document, Problem},
    normalise::Live,
};
use anyhow::bail;

/// What a cluster holds of what is needed.
pub(super) struct Cluster {
    pub(super) live: Live,
    /// Descriptions, waivers and attestations among its objects.
    pub(super) statements: Vec<Document>,
    pub(super) problems: Vec<Problem>,
    pub(super) version: String,
}

/// # Errors
/// Always: the feature is not built in.
pub(super) fn read(_arguments: &Arguments, _bundle: &Bundle) -> anyhow::Result<Cluster> {
    bail!("this speguard is built without the feature `cluster`: build it with `cargo build --features cluster`")
}
