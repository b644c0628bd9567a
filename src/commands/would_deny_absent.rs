//! Stands in for `would_deny.rs` where the feature `serve` is not built in.
use super::Shell;
use crate::cli::Scan;
use anyhow::bail;

/// # Errors
/// Always: the feature is not built in.
pub(super) fn run(_arguments: &Scan, _shell: &Shell) -> anyhow::Result<u8> {
    bail!("this speguard is built without the feature `serve`: build it with `cargo build --features serve`")
}
