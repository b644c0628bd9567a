//! `speguard evidence`: the command line of the evidence log.
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  established, and nothing wrong
  1  a breach: the log was changed, time is missing that was not declared, a waiver approved by who asked for it
  2  could not run: arguments, an unreadable file, the store
  3  nothing wrong was found, but something is not established
1 outranks 3.";

/// Keeps and checks the evidence log: what was judged, with which verdict, and when it existed
#[derive(Debug, Subcommand)]
pub enum Evidence {
    Init(Init),
    Package(Package),
    Verify(Verify),
    Show(Show),
    Prove(Prove),
    Sample(Sample),
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
    /// The log: a folder
    #[arg(long, value_name = "DIR")]
    pub log: PathBuf,
    /// The emitter whose shard is meant, where keys of several are at hand
    #[arg(long, value_name = "NAME")]
    pub emitter: Option<String>,
    /// The key of the shard, as `file:PATH`; default: the one kept by `init` for this log
    #[arg(long, value_name = "file:PATH")]
    pub key: Option<String>,
}

/// Makes a shard of a log, with its key, and drafts the trust file that a verifier starts from
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Init {
    /// The log: a folder, made if it is not there
    #[arg(long, value_name = "DIR")]
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
    /// Where the key is kept, as `file:PATH`; default: `$XDG_STATE_HOME/speguard/keys`
    #[arg(long, value_name = "file:PATH")]
    pub key: Option<String>,
    /// Writes a draft of the trust file here
    #[arg(long, value_name = "FILE")]
    pub trust_out: Option<PathBuf>,
}

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
    /// The log: a folder
    #[arg(long, value_name = "DIR", required_unless_present = "package", conflicts_with = "package")]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EvidenceFormat {
    Text,
    Json,
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
    /// The old key was in other hands from then on, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub compromised_at: Option<String>,
}
