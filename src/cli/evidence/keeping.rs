//! What writes a log.
use super::{EXIT_CODES, LogArguments};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Makes a shard of a log, with its key, and drafts the trust file that a verifier starts from; in a new year closes the shard of the last, and goes on from it
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Init {
    /// The log: a folder, made if it is not there, or s3://BUCKET/PREFIX
    #[arg(long, value_name = "DIR|URL")]
    pub log: PathBuf,
    /// The provider's domain: `provider.example`
    #[arg(long, value_name = "DOMAIN")]
    pub domain: String,
    /// The environment's name
    #[arg(long, value_name = "NAME")]
    pub spe: String,
    /// Who writes: `ci`, `service`, `admission-0`
    #[arg(long, value_name = "NAME")]
    pub emitter: String,
    /// This emitter's shard lists, anchors and witnesses all others of the environment
    #[arg(long)]
    pub lead: bool,
    /// The emitter runs now and then (CI), and is judged by its plan alone
    #[arg(long)]
    pub scheduled: bool,
    /// Leaves a shard that is there as it is, and ends with 0 when its key is at hand: for what starts again and again
    #[arg(long)]
    pub if_absent: bool,
    /// Where the key is kept, as `file:PATH`, or the command that has it, as `exec:CMD`; default:
    /// `$XDG_STATE_HOME/speguard/keys`
    #[arg(long, value_name = "file:PATH|exec:CMD")]
    pub key: Option<String>,
    /// The key of the shard of the year before, which is closed, as `file:PATH`, or the command that has it, as `exec:CMD`;
    /// default: the one in the folder of keys
    #[arg(long, value_name = "file:PATH|exec:CMD")]
    pub previous_key: Option<String>,
    /// Writes a draft of the trust file here
    #[arg(long, value_name = "FILE")]
    pub trust_out: Option<PathBuf>,
}

/// Declares what is judged, how often and by whom
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Plan {
    #[command(flatten)]
    pub log: LogArguments,
    /// The plan, YAML (docs/evidence.md gives the form)
    pub file: PathBuf,
}

/// Declares a time in which the plan was not fulfilled
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Gap {
    #[command(flatten)]
    pub log: LogArguments,
    /// The item of the plan, or the emitter
    #[arg(long, value_name = "NAME")]
    pub item: String,
    /// RFC 3339
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// RFC 3339
    #[arg(long, value_name = "TIME")]
    pub to: String,
    #[arg(long, value_name = "CAUSE")]
    pub cause: GapCauseArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GapCauseArgument {
    Crash,
    Upgrade,
    Network,
    Store,
    Unknown,
}

/// Has the newest checkpoint time-stamped (RFC 3161), and enters the token
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Anchor {
    #[command(flatten)]
    pub log: LogArguments,
    /// The authority
    #[arg(long, value_name = "URL")]
    pub tsa: String,
    /// Certificates that lead from the token to a root, PEM; kept beside it
    #[arg(long, value_name = "PEM")]
    pub chain: Option<PathBuf>,
    /// Root certificates of the authority, PEM: the token is checked before it is entered
    #[arg(long, value_name = "PEM")]
    pub tsa_roots: PathBuf,
    /// Also where nothing but time stamps and cosignatures was entered since the last: a second authority, a renewal
    #[arg(long)]
    pub again: bool,
}

#[derive(Debug, Subcommand)]
pub enum Witness {
    Add(WitnessAdd),
    Status(WitnessStatus),
}

/// Asks a witness to cosign the newest checkpoint (C2SP tlog-witness), and enters the cosignature
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct WitnessAdd {
    #[command(flatten)]
    pub log: LogArguments,
    /// The witness's prefix
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// The witness's key, as `NAME+HASH+BASE64`
    #[arg(long, value_name = "VKEY")]
    pub vkey: String,
}

/// Says which checkpoints are cosigned, and by whom
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct WitnessStatus {
    #[command(flatten)]
    pub log: LogArguments,
}

/// Erases a blob or a whole shard that is past its retention; the proofs stay
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Prune {
    #[command(flatten)]
    pub log: LogArguments,
    /// The blob, as `sha256:…`
    #[arg(long, value_name = "DIGEST", required_unless_present = "older_than", conflicts_with = "older_than")]
    pub blob: Option<String>,
    /// Shards that ended more days ago than this
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<u64>,
    /// Why: a code of the provider's policy
    #[arg(long, value_name = "CODE")]
    pub basis: String,
    /// The role that approved it
    #[arg(long, value_name = "ROLE")]
    pub approver: String,
    /// Says what would go, and deletes nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Does not ask
    #[arg(long)]
    pub yes: bool,
}

/// Gives the shard a new key, or says that a key was compromised
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct RotateKey {
    #[command(flatten)]
    pub log: LogArguments,
    /// Where the new key is made, or the command that has it; default: beside the old one
    #[arg(long, value_name = "file:PATH|exec:CMD")]
    pub new_key: Option<String>,
    /// The old key was in other hands from then on, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub compromised_at: Option<String>,
}
