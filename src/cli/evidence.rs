//! `speguard evidence`: the command line of the evidence log.
mod asking;
mod keeping;

pub use asking::*;
pub use keeping::*;

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  established, and nothing wrong
  1  a breach: the log was changed, time is missing that was not declared, a waiver approved by who asked for it,
     a change that the audit log shows and this log does not
  2  could not run: arguments, an unreadable file, the store
  3  nothing wrong was found, but something is not established
2 outranks 1, and 1 outranks 3.";

/// Keeps and checks the evidence log: what was judged, with which verdict, and when it existed
#[derive(Debug, Subcommand)]
pub enum Evidence {
    Init(Init),
    Package(Package),
    Verify(Verify),
    Show(Show),
    Prove(Prove),
    Sample(Sample),
    Reconcile(Reconcile),
    Rejudge(Rejudge),
    Anchor(Anchor),
    /// Has the log cosigned by others, and says who has
    #[command(subcommand)]
    Witness(Witness),
    RotateKey(RotateKey),
    Prune(Prune),
    Plan(Plan),
    Gap(Gap),
    Export(Export),
    Status(Status),
}

/// Which log, and whose part of it is written.
#[derive(Clone, Debug, Args)]
pub struct LogArguments {
    /// The log: a folder, or s3://BUCKET/PREFIX
    #[arg(long, value_name = "DIR|URL")]
    pub log: PathBuf,
    /// The emitter whose shard is meant, where keys of several are at hand
    #[arg(long, value_name = "NAME")]
    pub emitter: Option<String>,
    /// The key of the shard, as `file:PATH`, or the command that has it, as `exec:CMD`; default: the one kept by `init` for this log
    #[arg(long, value_name = "file:PATH|exec:CMD")]
    pub key: Option<String>,
}

impl super::Record {
    /// The shard that runs are recorded in, where they are.
    #[must_use]
    pub fn shard(&self) -> Option<LogArguments> {
        Some(LogArguments { log: self.log.clone()?, emitter: self.emitter.clone(), key: self.key.clone() })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EvidenceFormat {
    Text,
    Json,
}
