//! A live cluster: which kinds it serves, and their objects page by page. Nothing is installed, and nothing is written but
//! reports, where they are asked for (`write`), the CA bundles of our own webhooks (`configuration`), and who leads (`lease`).
//!
//! `discover` asks which kinds there are, `list` reads one of them. Each call blocks: what is read is judged on this
//! thread anyway, and the pages of a list come one after another.
mod configuration;
mod discover;
mod lease;
mod list;
mod watch;
mod write;

pub use configuration::{Configuration, ConfigurationError, Webhook};
pub use lease::{Lease, LeaseError, LeaseSpec};
pub use list::{Listed, Part};
pub use watch::Change;

use crate::model::{Problem, Text};
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use std::{future::Future, path::PathBuf, time::Duration};
use tokio::{runtime::Runtime, time};

/// The API server answers a page of 500 objects in well under a second; what takes longer than this does not come.
const REQUEST_SECONDS_MAX: u64 = 30;

/// Which API server, and who asks.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// `None` = as kubectl finds it (`KUBECONFIG`, the home folder), else the service account of the pod we run in.
    pub kubeconfig: Option<PathBuf>,
    /// `None` = the current context.
    pub context: Option<String>,
}

/// Why a cluster cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error("no cluster to read: {0}; give a kubeconfig with --kubeconfig or KUBECONFIG")]
    Configuration(String),
    #[error("the API server {server} cannot be asked: {cause}")]
    Unreachable { server: String, cause: String },
    #[error(
        "the API server {0} does not serve aggregated discovery, which Kubernetes has since 1.30: update it, or scan its manifests as files"
    )]
    TooOld(String),
}

/// A kind that the API server serves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    /// As resources are named: `Pod`, `apps/Deployment`.
    pub kind: Text,
    /// Of the list of all its objects: `/apis/apps/v1/deployments`.
    pub path: Text,
    /// `deployments.apps`, as kubectl and RBAC name it.
    pub resource: Text,
}

/// What the API server serves of what is wanted.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    /// In order of kind.
    pub served: Vec<Served>,
    /// API groups that do not answer at present: each hides the kinds of the group that are wanted.
    pub problems: Vec<Problem>,
}

/// A connection to an API server.
pub struct Cluster {
    client: Client,
    runtime: Runtime,
    server: String,
}

impl Cluster {
    /// Connects, and asks for the version to see whether it answers: `v1.36.3`.
    ///
    /// # Errors
    /// No usable configuration; a server that does not answer or does not know who asks.
    pub fn connect(access: &Access) -> Result<(Self, String), ClusterError> {
        let configuration = |error: &dyn std::error::Error| ClusterError::Configuration(chain(error));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| configuration(&error))?;
        let config = runtime.block_on(config(access))?;
        let server = config.cluster_url.to_string();
        let client = {
            let _inside = runtime.enter();
            Client::try_from(config).map_err(|error| configuration(&error))?
        };
        let cluster = Self { client, runtime, server };
        let version = cluster.ask(cluster.client.apiserver_version()).map_err(|cause| cluster.unreachable(cause))?;
        Ok((cluster, version.git_version))
    }

    /// The kinds among `wanted` that the server serves, each in the version that it prefers.
    ///
    /// # Errors
    /// A server that does not answer, or is too old.
    pub fn kinds(&self, wanted: &dyn Fn(&str) -> bool) -> Result<Kinds, ClusterError> {
        let found = self.ask(discover::kinds(&self.client, wanted)).map_err(|cause| self.unreachable(cause))?;
        found.ok_or_else(|| ClusterError::TooOld(self.server.clone()))
    }

    /// Reads every object of a kind, page by page; `take` gets each page as it comes.
    ///
    /// # Errors
    /// The problem that hides the kind: it may not be listed, or the list broke off; what came before must be dropped.
    pub fn list(&self, kind: &Served, take: &mut (dyn FnMut(Part) + Send)) -> Result<Listed, Problem> {
        self.runtime.block_on(list::list(&self.client, kind, take)).map_err(|unlisted| unlisted.problem)
    }

    /// Lists and watches kinds: every change goes to `take` with the kind's position. Blocks until `take` has answered
    /// `false`, which means that no more of that kind is wanted, for each of them.
    pub fn watch_all(&self, kinds: &[Served], take: &(dyn Fn(usize, Change) -> bool + Sync)) {
        self.runtime.block_on(async {
            let watches = kinds.iter().enumerate().map(|(at, kind)| async move {
                watch::watch(&self.client, kind, &mut |change| take(at, change)).await;
            });
            futures_util::future::join_all(watches).await;
        });
    }

    /// The answer to one request, within the time that it may take.
    fn ask<T>(&self, request: impl Future<Output = kube::Result<T>>) -> Result<T, String> {
        self.runtime.block_on(within(request))
    }

    fn unreachable(&self, cause: String) -> ClusterError {
        ClusterError::Unreachable { server: self.server.clone(), cause }
    }
}

async fn within<T>(request: impl Future<Output = kube::Result<T>>) -> Result<T, String> {
    match time::timeout(Duration::from_secs(REQUEST_SECONDS_MAX), request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(told(&error)),
        Err(_) => Err(format!("no answer within {REQUEST_SECONDS_MAX} seconds")),
    }
}

async fn config(access: &Access) -> Result<Config, ClusterError> {
    let options = KubeConfigOptions { context: access.context.clone(), ..KubeConfigOptions::default() };
    let bad = |error: &dyn std::error::Error| ClusterError::Configuration(chain(error));
    if let Some(path) = &access.kubeconfig {
        let read = Kubeconfig::read_from(path).map_err(|error| bad(&error))?;
        return Config::from_custom_kubeconfig(read, &options).await.map_err(|error| bad(&error));
    }
    if access.context.is_some() || std::env::var_os("KUBECONFIG").is_some() {
        // Asked for: another cluster must not stand in for it.
        return Config::from_kubeconfig(&options).await.map_err(|error| bad(&error));
    }
    match Config::from_kubeconfig(&options).await {
        Ok(config) => Ok(config),
        Err(error) => Config::incluster().map_err(|_| bad(&error)),
    }
}

/// What the API server, or the way to it, says is wrong; in one line.
fn told(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if status.message.is_empty() => format!("status {} {}", status.code, status.reason),
        kube::Error::Api(status) => one_line(&status.message),
        other => chain(other),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let words = one_line(&error.to_string());
        // Many errors repeat the words of their cause.
        if !said.last().is_some_and(|last| last.contains(&words)) {
            said.push(words);
        }
        next = error.source();
    }
    said.join(": ")
}

fn one_line(text: &str) -> String {
    const SHOWN_CHARS: usize = 400;
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_CHARS).collect()
}
