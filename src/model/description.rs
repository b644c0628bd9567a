//! The environment's own description: spe.yaml as checked. Facts about the environment live nowhere else.
use super::{Map, Origin, Text, Timestamp, Value};
use std::collections::BTreeSet;

/// spe.yaml as checked, or what holds without one ([`Description::default`], `stated` false).
///
/// Entries that had expired at the time of the run are not in here any more.
#[derive(Clone, Debug)]
pub struct Description {
    /// Whether there is a spe.yaml at all.
    pub stated: bool,
    pub origin: Option<Origin>,
    /// `metadata.name`, else `environment`.
    pub name: Text,
    /// Every key of `spec` as checked, with defaults: `input.resource.spec` of the Environment, and the values of
    /// all parameters that criteria take `from: environment`.
    pub spec: Map,
    pub projects: Vec<Project>,
    pub project_label: Text,
    pub exempt_namespaces: BTreeSet<Text>,
    /// CIDRs that are not the internet, own public ranges included.
    pub private_ranges: Vec<Text>,
    pub allowed_destinations: Vec<Destination>,
    pub allowed_proxies: Vec<Destination>,
    pub shared_services: Vec<SharedService>,
    pub log_stores: Vec<LogStore>,
    pub network_plugin: Option<Text>,
    pub clusters: Vec<ClusterDescription>,
    /// Platforms of which everything was read.
    pub complete: BTreeSet<Text>,
    /// The profile that spe.yaml asks for by name.
    pub profile: Option<Text>,
    /// Entries that had expired and were dropped, as people find them: `allowed_destinations[0]`, with their day.
    pub expired: Vec<Expired>,
}

/// An entry of the description that no longer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// `spec.allowed_destinations[0]`.
    pub entry: String,
    /// Its last day, as written.
    pub expires: Text,
    pub origin: Origin,
}

/// One data permit's workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    pub name: Text,
    pub permit: Option<Text>,
    pub expires: Option<Timestamp>,
    pub namespaces: BTreeSet<Text>,
    /// Labels that a Namespace of the project carries, all of them; empty = none given.
    pub selector: Vec<(Text, Text)>,
}

impl Project {
    /// Whether the labels of a Namespace make it one of the project's; without a selector they never do.
    #[must_use]
    pub fn selects(&self, labels: &Value) -> bool {
        let holds = |(key, value): &(Text, Text)| labels.get(key).and_then(Value::as_text) == Some(value.as_ref());
        !self.selector.is_empty() && self.selector.iter().all(holds)
    }
}

/// A service that every project may reach: the pods of a namespace, the pods with some labels, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedService {
    pub name: Text,
    pub namespace: Option<Text>,
    /// Labels of its pods, all of them; empty = every pod of the namespace.
    pub selector: Vec<(Text, Text)>,
    /// `tcp/443`; empty = every port.
    pub ports: Vec<Text>,
}

/// A destination that workloads may reach: exactly one of the three is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    pub cidr: Option<Text>,
    /// A host name, maybe with a leading `*.`.
    pub host: Option<Text>,
    /// A cloud service tag.
    pub service_tag: Option<Text>,
    /// `tcp/443`; empty = every port.
    pub ports: Vec<Text>,
    pub owner: Text,
    pub reason: Text,
}

/// Where logs end, as a person states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStore {
    pub name: Text,
    /// The platform it is on: a platform's name, or anything else for a store outside.
    pub platform: Text,
    /// Log classes that are kept there (criterion SPE-LOG-01, `log_classes`).
    pub classes: Vec<Text>,
    /// The address of the resource, where it is one.
    pub resource: Option<Text>,
    pub retention_days: Option<i64>,
    pub immutable: Option<bool>,
}

/// Which sources make up one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterDescription {
    pub name: Text,
    pub sources: Vec<ClusterSource>,
    pub network_plugin: Option<Text>,
    pub node_route: Option<NodeRoute>,
}

/// A source of a cluster: a root or a folder, and the namespace of what says none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSource {
    pub path: Text,
    pub namespace: Option<Text>,
}

/// What closes the nodes' own way out, where no cloud code shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRoute {
    pub closed_by: Text,
    pub owner: Text,
}

/// Ranges that are not the internet: private and shared address space and link-local addresses
/// (RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291). The default of SPE-NET-02 `private_ranges`.
#[must_use]
pub fn default_private_ranges() -> Vec<Text> {
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"]
        .map(Text::from)
        .to_vec()
}

impl Description {
    /// The name of the project that a namespace belongs to, by its name, its labels (`null` = none are known), or, where
    /// nobody has described the environment, by itself; `None` where nothing says so.
    #[must_use]
    pub fn project_of(&self, namespace: &Text, labels: &Value) -> Option<Text> {
        let stated = |project: &&Project| project.namespaces.contains(namespace) || project.selects(labels);
        if let Some(project) = self.projects.iter().find(stated) {
            return Some(project.name.clone());
        }
        let label = labels.get(&self.project_label).and_then(Value::as_text).map(Text::from);
        label.or_else(|| (!self.stated).then(|| namespace.clone()))
    }
}

impl Default for Description {
    fn default() -> Self {
        Self {
            stated: false,
            origin: None,
            name: "environment".into(),
            spec: Map::new(),
            projects: Vec::new(),
            project_label: "spe/project".into(),
            exempt_namespaces: BTreeSet::from(["kube-system".into()]),
            private_ranges: default_private_ranges(),
            allowed_destinations: Vec::new(),
            allowed_proxies: Vec::new(),
            shared_services: Vec::new(),
            log_stores: Vec::new(),
            network_plugin: None,
            clusters: Vec::new(),
            complete: BTreeSet::new(),
            profile: None,
            expired: Vec::new(),
        }
    }
}
