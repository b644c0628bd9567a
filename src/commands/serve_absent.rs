//! Stands in for `serve.rs` where the feature `serve` is not built in.
use super::Shell;
use crate::cli::serve::Serve;
use anyhow::bail;

/// # Errors
/// Always: the feature is not built in.
pub fn run(_arguments: &Serve, _shell: &Shell) -> anyhow::Result<u8> {
    bail!("this speguard is built without the feature `serve`: build it with `cargo build --features serve`")
}
