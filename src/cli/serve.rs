//! The command line of what runs all the time.
use super::{Connection, Judging, Sources};
use clap::{Args, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};

/// Answers admission requests of a cluster by the same criteria, and audits it on a timer
///
/// The cluster is found as by `scan --cluster`. PATHs add spe.yaml, waivers and attestations. `speguard webhooks` prints
/// what the API server needs to ask here.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Exit codes:\n  0  ended when it was asked to\n  2  could not run")]
pub struct Serve {
    #[command(flatten)]
    pub sources: Sources,
    #[command(flatten)]
    pub connection: Connection,
    #[command(flatten)]
    pub judging: Judging,
    /// The address that the webhook listens on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8443")]
    pub listen: SocketAddr,
    /// Certificate chain in PEM; looked at again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Without certificate: makes one for this name or address, under an authority of its own; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "tls_certificate", default_value = "localhost")]
    pub tls_name: Vec<String>,
    /// Writes the authority of that certificate here, in PEM
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tls_certificate", "webhook_configuration"])]
    pub authority_out: Option<PathBuf>,
    /// The ValidatingWebhookConfiguration by which the API server asks here. The authority of the certificate is entered in
    /// its CA bundles and both are renewed in time; what others change is told and left alone. With a certificate from files
    /// nothing is entered
    #[arg(long, value_name = "NAME")]
    pub webhook_configuration: Option<String>,
    /// Seconds that a certificate lasts; at two thirds another takes its place
    #[arg(long, value_name = "SECONDS", default_value = "604800", requires = "webhook_configuration", conflicts_with = "tls_certificate", value_parser = clap::value_parser!(u64).range(6..=31_536_000))]
    pub certificate_validity: u64,
    /// Seconds that every API server gets to see a change of the CA bundle in, before anything rests on it
    #[arg(long, value_name = "SECONDS", default_value = "5", requires = "webhook_configuration", conflicts_with = "tls_certificate", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub bundle_wait: u64,
    /// Denies nothing in this namespace, only warns; may be given several times
    #[arg(long, value_name = "NAMESPACE")]
    pub warn_only: Vec<String>,
    /// Seconds between audits of the whole cluster; 0 for none
    #[arg(long, value_name = "SECONDS", default_value = "900")]
    pub audit_every: u64,
    /// Writes what each audit found as OpenReports (`openreports.io/v1alpha1`): a Report for each namespace and a ClusterReport
    #[arg(long)]
    pub open_reports: bool,
    /// Seconds between signs of life in the evidence log
    #[arg(long, value_name = "SECONDS", default_value = "60", requires = "log", value_parser = clap::value_parser!(u64).range(1..=60))]
    pub beat_every: u64,
    /// Seconds between entries that say how the other shards of the environment are; made by the lead alone
    #[arg(long, value_name = "SECONDS", default_value = "300", requires = "log", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub rollup_every: u64,
    /// Seconds between looks at what it was started on: when an entry of spe.yaml expires, or the cluster's kinds, waivers
    /// or attestations change, it ends in order, to be started again
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub look_every: u64,
    /// The Lease by which one of several replicas leads: it alone audits the whole, writes OpenReports and says how the other
    /// shards are. Without one this process does
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub lease: Option<String>,
    /// Seconds without renewal after which another replica leads; whoever led stops at two thirds of them
    #[arg(long, value_name = "SECONDS", default_value = "15", requires = "lease", value_parser = clap::value_parser!(u64).range(3..=600))]
    pub lease_duration: u64,
    #[command(flatten)]
    pub record: super::Record,
    /// With --lease and --log: the emitter as which the leader records its audits and how the other shards are; its shard
    /// leads the log (`evidence init --lead`), and every replica has its key
    #[arg(long, value_name = "NAME", requires_all = ["lease", "log"])]
    pub lead_emitter: Option<String>,
    /// The key of that shard, as --key
    #[arg(long, value_name = "file:PATH|exec:CMD", requires = "lead_emitter")]
    pub lead_key: Option<String>,
    /// What happens to a change whose decision cannot be recorded
    #[arg(long, value_name = "MODE", default_value = "require", requires = "log")]
    pub evidence: EvidenceMode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EvidenceMode {
    /// It is denied
    Require,
    /// It is answered as decided, and a gap says how many there were
    BestEffort,
}

/// Prints the ValidatingWebhookConfiguration that has an API server ask `speguard serve`
#[derive(Debug, Args)]
pub struct Webhooks {
    /// Where the API server reaches it: a URL such as `https://127.0.0.1:8443`
    #[arg(long, value_name = "URL", conflicts_with = "service", required_unless_present = "service")]
    pub url: Option<String>,
    /// Or the Service in front of it, as `namespace/name`
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub service: Option<String>,
    /// The authority of its certificate, in PEM. Without it there is no CA bundle: `serve --webhook-configuration` enters one
    #[arg(long, value_name = "FILE")]
    pub authority: Option<PathBuf>,
    /// The label that names a project
    #[arg(long, value_name = "LABEL", default_value = "spe/project")]
    pub project_label: String,
    /// A namespace that is never asked about, beside kube-system: speguard's own, the network and storage plugins'
    #[arg(long, value_name = "NAMESPACE")]
    pub exempt: Vec<String>,
}
