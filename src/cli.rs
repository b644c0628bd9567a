//! The command line. Doc comments are the help text.
pub mod evidence;
pub mod serve;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  every judged criterion is met, waived or only observed
  1  a criterion is not met
  2  could not run: misuse, or a report or the evidence log that could not be written
  3  no breach found, but something is not established: undetermined, unread, or nothing to judge
2 outranks 1, and 1 outranks 3.";

/// Judges secure processing environments for health data against criteria.
#[derive(Debug, Parser)]
#[command(name = "speguard", version, about, after_help = EXIT_CODES, propagate_version = true)]
pub struct Cli {
    /// Language of people's text; default from LC_ALL, LC_MESSAGES or LANG
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub lang: Option<Lang>,
    /// Colour in text; `NO_COLOR` is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    En,
    Nb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Scan(Scan),
    Init(Init),
    /// Lists dated exceptions, and checks that they are in order
    #[command(subcommand)]
    Waiver(Standing),
    /// Lists what persons have stated, and checks that it still holds
    #[command(subcommand)]
    Attest(Standing),
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    Reach(Reach),
    Criteria(Criteria),
    Serve(Box<serve::Serve>),
    Webhooks(serve::Webhooks),
    /// Prints the ClusterRole that `scan --cluster` needs: it lists what criteria look at, and never Secrets
    Rbac(Rbac),
    /// Prints the CustomResourceDefinitions of descriptions, waivers and attestations, for clusters that hold them
    Crds,
    Test(Test),
    Completions(Completions),
}

/// Reads infrastructure code or a live cluster and says what holds, what does not, and what could not be told
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Scan {
    #[command(flatten)]
    pub sources: Sources,
    #[command(flatten)]
    pub live: Live,
    #[command(flatten)]
    pub judging: Judging,
    /// What is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Also writes a report to a file, as `FORMAT=FILE`; may be given several times
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_target)]
    pub reports: Vec<(Format, PathBuf)>,
    /// Shows every judgement, not only breaches and what could not be told
    #[arg(long)]
    pub all: bool,
    /// Lets only judgements of this severity or higher decide the exit code
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<SeverityArgument>,
    /// Instead of verdicts: lists what `speguard serve` would refuse of what the cluster holds, were it created today, and
    /// of the Pods that its workloads would make; as text or JSON. Exit code 1 when something would be refused
    #[arg(long, requires = "cluster", conflicts_with_all = ["reports", "all", "fail_on", "log"])]
    pub would_deny: bool,
    #[command(flatten)]
    pub record: Record,
}

/// Whether the run becomes evidence.
#[derive(Clone, Debug, Default, Args)]
pub struct Record {
    /// Records the run in this evidence log, a folder or s3://BUCKET/PREFIX (`speguard evidence init` makes one)
    #[arg(long, value_name = "DIR|URL")]
    pub log: Option<PathBuf>,
    /// The stable name of what is judged; runs of one name are compared with each other. Default: the repository and path
    #[arg(long, value_name = "NAME", requires = "log")]
    pub scope: Option<String>,
    /// The revision of the sources: `git:1f3c…`. Default: the commit of the repository, where it can be told
    #[arg(long, value_name = "REVISION", requires = "log")]
    pub revision: Option<String>,
    /// The emitter whose shard is written, where keys of several are at hand
    #[arg(long, value_name = "NAME", requires = "log")]
    pub emitter: Option<String>,
    /// The key of the shard, as `file:PATH`, or the command that has it, as `exec:CMD`; default: the one kept by `speguard evidence init` for this log
    #[arg(long, value_name = "file:PATH|exec:CMD", requires = "log")]
    pub key: Option<String>,
    /// How long the log is waited for, before anything is read and again when all is judged. What is not recorded then, or
    /// not known to be, ends with exit code 2
    #[arg(long, value_name = "SECONDS", requires = "log", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub log_timeout: u64,
}

/// Says which workloads can open connections to the internet, to a project or to a range, and by which rule
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  closed: no workload can
  1  open: some workload can
  2  could not run: misuse
  3  unknown: none is shown to, and for some it cannot be told")]
pub struct Reach {
    #[command(flatten)]
    pub sources: Sources,
    #[command(flatten)]
    pub live: Live,
    /// One workload only, as `kind/namespace/name`, `namespace/name` or `name`
    #[arg(long, value_name = "WORKLOAD")]
    pub from: Option<String>,
    /// Where to: `internet`, `project:NAME` (a project of Kubernetes workloads), or a range of addresses
    #[arg(long, value_name = "internet|project:NAME|CIDR", default_value = "internet")]
    pub to: String,
    /// Shows every hop of every way, and closed workloads too
    #[arg(long)]
    pub explain: bool,
    /// What is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReachFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReachFormat {
    Text,
    Json,
}

/// What is read.
#[derive(Clone, Debug, Default, Args)]
pub struct Sources {
    /// Files and folders, default `.`; `-` reads standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The environment's description; default: `spe.yaml` at the root of a scanned path
    #[arg(long, value_name = "FILE")]
    pub spe: Option<PathBuf>,
    /// Values for every chart; may be given several times
    #[arg(long, value_name = "FILE")]
    pub helm_values: Vec<PathBuf>,
    /// Values for the variables of every Terraform root; may be given several times
    #[arg(long, value_name = "FILE")]
    pub var_file: Vec<PathBuf>,
    /// The folder of the root module that a plan was made from: findings about the plan point into its code
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// The time that expiry dates are held against, RFC 3339; default: now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

impl Sources {
    /// The paths that are read.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        if self.paths.is_empty() { vec![PathBuf::from(".")] } else { self.paths.clone() }
    }
}

/// A live cluster instead of files.
#[derive(Clone, Debug, Default, Args)]
pub struct Live {
    /// Reads a live Kubernetes cluster; PATHs may add spe.yaml, waivers, Terraform, realms and configuration files of the
    /// cluster's components, but no Kubernetes objects
    #[arg(long, conflicts_with_all = ["helm_values", "var_file", "source"])]
    pub cluster: bool,
    #[command(flatten)]
    pub connection: Connection,
}

/// How a cluster is reached, and which it is.
#[derive(Clone, Debug, Default, Args)]
pub struct Connection {
    /// The kubeconfig of the cluster; default: as kubectl finds it, else the service account of the pod this runs in
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; default: the current one
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Which of the clusters in spe.yaml this is, where it describes several
    #[arg(long, value_name = "NAME")]
    pub cluster_name: Option<String>,
}

/// What it is judged by.
#[derive(Clone, Debug, Default, Args)]
pub struct Judging {
    /// The profile: `minimum`, `recommended` or a file; default: what the description says, else `minimum`
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<String>,
    /// A folder of further criteria, in the form of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub policies: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
    Sarif,
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SeverityArgument {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Debug, Args)]
pub struct Rbac {
    /// A folder of further criteria, whose kinds are listed too
    #[arg(long, value_name = "DIR")]
    pub policies: Option<PathBuf>,
    /// The name of the ClusterRole
    #[arg(long, value_name = "NAME", default_value = "speguard-reader")]
    pub name: String,
    /// For `speguard serve`, which also watches what it lists
    #[arg(long)]
    pub watch: bool,
    /// For `speguard serve --open-reports`, which also reads and writes its reports
    #[arg(long, requires = "watch")]
    pub open_reports: bool,
    /// For `speguard serve` with this option: it also reads this configuration and enters its authority there
    #[arg(long, value_name = "NAME", requires = "watch")]
    pub webhook_configuration: Option<String>,
    /// For `speguard serve` with this option: also prints the Role by which it reads and writes this Lease, and the Lease
    #[arg(long, value_name = "NAMESPACE/NAME", requires = "watch")]
    pub lease: Option<String>,
    /// Also binds it to this account, as `namespace/name`
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub service_account: Option<String>,
}

/// Lists and shows criteria, and begins new ones
#[derive(Debug, Args)]
pub struct Criteria {
    #[command(flatten)]
    pub judging: Judging,
    #[command(subcommand)]
    pub command: CriteriaCommand,
}

#[derive(Debug, Subcommand)]
pub enum CriteriaCommand {
    /// Lists every criterion: id, level, severity, platforms with a rule, title
    List,
    /// Shows one criterion whole
    Show {
        /// The id, or the name of the folder
        id: String,
    },
    /// Begins a criterion: writes a folder that works, with the next free id
    New(NewCriterion),
}

#[derive(Debug, Args)]
pub struct NewCriterion {
    /// The domain, a folder of criteria: `network`
    pub domain: String,
    /// The property that must hold, in small letters: `egress_through_proxy`
    pub name: String,
    /// The folder that holds `policies` and `fixtures`
    #[arg(long = "in", value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
}

/// Runs the tests of rules and the cases of a folder, and says which lines of the rules the tests run
///
/// The folder holds `policies/<domain>/<name>/` with criteria, rules and tests, and `fixtures/criteria/` with cases.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes:
  0  every test holds, every case agrees, every rule is covered
  1  one does not
  2  could not run")]
pub struct Test {
    #[arg(default_value = ".", value_name = "DIR")]
    pub folder: PathBuf,
    /// The folder of criteria, where it is not `DIR/policies`
    #[arg(long, value_name = "DIR")]
    pub policies: Option<PathBuf>,
    /// The least share of a rule file's lines that its tests must run, in per cent
    #[arg(long, value_name = "PERCENT", default_value = "80", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub coverage_min: u8,
}

/// Looks at a repository and writes a spe.yaml to be completed
#[derive(Debug, Args)]
pub struct Init {
    /// The folder that spe.yaml describes
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Prints it instead of writing it
    #[arg(long)]
    pub stdout: bool,
}

impl Init {
    /// What is looked at.
    #[must_use]
    pub fn sources(&self) -> Sources {
        Sources { paths: vec![self.path.clone()], ..Sources::default() }
    }
}

#[derive(Debug, Subcommand)]
pub enum Standing {
    /// Lists all, those that end first at the top
    List(Exceptions),
    /// Likewise, with exit code 1 when some have expired or are void
    Check(Exceptions),
}

/// Where waivers and attestations are looked for.
#[derive(Debug, Args)]
pub struct Exceptions {
    #[command(flatten)]
    pub sources: Sources,
    #[command(flatten)]
    pub judging: Judging,
    /// What is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    Text,
    Json,
}

impl Exceptions {
    #[must_use]
    pub fn json(&self) -> bool {
        self.format == ListFormat::Json
    }
}

/// Prints a completion script for a shell
#[derive(Debug, Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

impl Completions {
    /// The script, as bytes for standard output.
    #[must_use]
    pub fn script(&self) -> Vec<u8> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut <Cli as clap::CommandFactory>::command(), "speguard", &mut script);
        script
    }
}

fn report_target(argument: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = argument.split_once('=').ok_or("write it as FORMAT=FILE, for example sarif=out.sarif")?;
    if file.is_empty() {
        return Err("the file is missing: write it as FORMAT=FILE".to_owned());
    }
    Ok((<Format as ValueEnum>::from_str(format, false)?, file.into()))
}
