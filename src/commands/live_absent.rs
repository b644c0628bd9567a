//! Stands in for `live.rs` where the feature `cluster` is not built in.
use crate::{cli::Live as Arguments, evaluate::Bundle, model::Problem, normalise::Live};
use anyhow::bail;

/// What a cluster holds of what is needed.
pub(super) struct Cluster {
    pub(super) live: Live,
    pub(super) problems: Vec<Problem>,
    pub(super) version: String,
}

/// # Errors
/// Always: the feature is not built in.
pub(super) fn read(_arguments: &Arguments, _bundle: &Bundle) -> anyhow::Result<Cluster> {
    bail!("this speguard is built without the feature `cluster`: build it with `cargo build --features cluster`")
}
