//! What asks a log, and hands out of it.
use super::{EXIT_CODES, EvidenceFormat, LogArguments};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Checks a log or a package as a stranger would, without network, and says what was not checked
///
/// Time in which a plan was in force, no run held and nobody declared a gap is always a breach. Asked about is the time
/// from the first plan's effect to the newest entry, or the period that is given. In a period that is given, time
/// without a plan and time that the log does not reach are not established; so is all with --continuity where the log
/// has no plan. With --strict, neither is what was declared as a gap, nor what rests on a stated time: runs with
/// `scan --at`, a plan entered after its effect, less coverage than the plan demands, runs that never ended.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Verify {
    /// The log: a folder, or s3://BUCKET/PREFIX
    #[arg(long, value_name = "DIR|URL", required_unless_present = "package", conflicts_with = "package")]
    pub log: Option<PathBuf>,
    /// An evidence package: a zip, or a folder it was unpacked to
    #[arg(long, value_name = "FILE")]
    pub package: Option<PathBuf>,
    /// Whom to believe: the trust file, had by another way than the log. Without it nothing is established
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// A checkpoint kept from an earlier audit, or had from a witness; may be given several times
    #[arg(long, value_name = "FILE")]
    pub known: Vec<PathBuf>,
    /// Root certificates of time-stamp authorities, PEM
    #[arg(long, value_name = "PEM")]
    pub tsa_roots: Option<PathBuf>,
    /// The time that continuity is asked about: `2026`, `2026-11`, `2026-11-21` or `FROM/TO`; default: the whole log
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<String>,
    /// What was known at this time, RFC 3339; default: the newest covered entry
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Shows runs, coverage, gaps and deviations
    #[arg(long)]
    pub continuity: bool,
    /// A declared gap is not established either
    #[arg(long)]
    pub strict: bool,
    /// What is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: EvidenceFormat,
}

/// Says what a log holds, and until when
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Status {
    #[command(flatten)]
    pub log: LogArguments,
}

/// Prints entries, with what is kept beside them
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Show {
    /// The type of entry
    pub kind: ShowKind,
    #[command(flatten)]
    pub log: LogArguments,
    /// One entry, run, deviation or waiver by its id
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// The entry at this index
    #[arg(long, value_name = "N")]
    pub index: Option<u64>,
    /// Only entries recorded until then, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// What is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: EvidenceFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShowKind {
    Entry,
    Run,
    Plan,
    Bundle,
    Tool,
    Key,
    Waiver,
    Attestation,
    Deviation,
    Gap,
    Anchor,
    Decision,
    Epoch,
    Heartbeat,
    Reconciliation,
    Breach,
    Rollup,
}

/// Writes a proof that an entry is in the log, or that a row is or is not in a run
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Prove {
    #[command(flatten)]
    pub log: LogArguments,
    /// The entry at this index
    #[arg(long, value_name = "N", required_unless_present = "run", conflicts_with = "run")]
    pub index: Option<u64>,
    /// The run whose row is proved
    #[arg(long, value_name = "ID", requires = "row")]
    pub run: Option<String>,
    /// The row, as `CRITERION/PLATFORM/KIND/RESOURCE`
    #[arg(long, value_name = "ROW")]
    pub row: Option<String>,
    /// Where the proof is written
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Draws a sample by a seed that the auditor chooses after the population is fixed
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Sample {
    #[command(flatten)]
    pub log: LogArguments,
    #[arg(long, value_name = "POPULATION")]
    pub population: Population,
    /// The size of the checkpoint that fixes the population
    #[arg(long, value_name = "SIZE")]
    pub at: u64,
    /// At least 16 bytes, hexadecimal
    #[arg(long, value_name = "HEX")]
    pub seed: String,
    /// How many
    #[arg(short, long, value_name = "N")]
    pub n: usize,
    /// Only entries of this time
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<String>,
    /// Only entries about this criterion
    #[arg(long, value_name = "ID")]
    pub criterion: Option<String>,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: SampleFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Population {
    Runs,
    Deviations,
    Resources,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SampleFormat {
    Text,
    Csv,
}

/// Renders a period of the log; the same log gives the same bytes
///
/// `csv` writes a folder with a file for each table, `intoto` a line for each run (DSSE, signed by the shard's key),
/// `sarif` the last run of the period with what changed since the one before. The log keeps what was exported, and for
/// whom: the digest is that of the file, of a folder that of what `sha256sum *.csv` prints in it.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Export {
    #[command(flatten)]
    pub log: LogArguments,
    #[arg(long, value_name = "FORMAT")]
    pub format: ExportFormat,
    /// `2026`, `2026-11`, `2026-11-21` or `FROM/TO`
    #[arg(long, value_name = "PERIOD")]
    pub period: String,
    /// The size of the checkpoint it is made at; default: the newest
    #[arg(long, value_name = "SIZE")]
    pub at: Option<u64>,
    /// Where it is written: a file, for csv a folder
    #[arg(long, value_name = "FILE|DIR")]
    pub out: PathBuf,
    /// The role that receives it
    #[arg(long, value_name = "ROLE", default_value = "auditor")]
    pub recipient: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    Csv,
    Sarif,
    Intoto,
    Html,
}

/// Writes the evidence package that an auditor receives
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Package {
    #[command(flatten)]
    pub log: LogArguments,
    /// The time that is audited: `2026`, `2026-11`, `2026-11-21` or `FROM/TO`
    #[arg(long, value_name = "PERIOD")]
    pub period: String,
    /// The package is made at the newest checkpoint up to this size; default: the newest
    #[arg(long, value_name = "SIZE")]
    pub at: Option<u64>,
    /// The trust file of the auditor: the checkpoint then is the newest that has its quorum, and a copy goes along
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// The package, a zip; refused where a file is
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The role that receives it
    #[arg(long, value_name = "ROLE", default_value = "auditor")]
    pub recipient: String,
}

/// Holds the decisions of a window against the API server's own audit log: what was left out of one shows in the other
///
/// The audit log is read line by line (audit.k8s.io/v1, JSON lines, gzip too), and must be that of every API server. It
/// must reach from before the window to after it. The log must hold the shards of every replica. Nothing but counts and
/// digests of files is recorded or printed: no user, and no name of what was changed.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Reconcile {
    #[command(flatten)]
    pub log: LogArguments,
    /// Files of the audit log, rotated ones too
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub audit_log: Vec<PathBuf>,
    /// Begin of the window: a day, or a time in RFC 3339
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// End of the window, which is not part of it
    #[arg(long, value_name = "TIME")]
    pub to: String,
    /// The environment's description: whose namespaces are a project's, which the audit log does not hold
    #[arg(long, value_name = "FILE")]
    pub spe: Option<PathBuf>,
    /// A namespace that the webhooks leave out beside kube-system, as given to `speguard webhooks`
    #[arg(long, value_name = "NAMESPACE")]
    pub exempt: Vec<String>,
    /// Seconds of silence that the audit log may have; more is a hole
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub quiet_max: u32,
    /// Enters the outcome in the log
    #[arg(long)]
    pub record: bool,
    /// What is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: EvidenceFormat,
}

/// Judges a revision again by the criteria and profile that a run used, and compares the rows
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Rejudge {
    #[command(flatten)]
    pub log: LogArguments,
    /// The run
    #[arg(long, value_name = "ID")]
    pub run: String,
    /// The revision, checked out
    pub path: PathBuf,
}
