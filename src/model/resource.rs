//! One thing that can be judged, and its name.
use super::{Mark, Path, Step, Text, Value};
use std::fmt;

/// The namespace of a resource that should have one and says none: no real namespace can be called so.
pub const UNKNOWN_NAMESPACE: &str = "?";

/// The kind of the resource that stands for the environment as a whole.
pub const ENVIRONMENT_KIND: &str = "speguard/Environment";

/// A platform that criteria have blocks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    Kubernetes,
    Azurerm,
    Aws,
    Google,
    Openstack,
    Github,
    Keycloak,
    Arm,
    Cloudformation,
    /// Attestation judgements: what persons state about the whole.
    Speguard,
}

impl Platform {
    pub const ALL: [Self; 10] = [
        Self::Kubernetes,
        Self::Azurerm,
        Self::Aws,
        Self::Google,
        Self::Openstack,
        Self::Github,
        Self::Keycloak,
        Self::Arm,
        Self::Cloudformation,
        Self::Speguard,
    ];

    /// The name in criterion.yaml, JSON and folders.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Azurerm => "azurerm",
            Self::Aws => "aws",
            Self::Google => "google",
            Self::Openstack => "openstack",
            Self::Github => "github",
            Self::Keycloak => "keycloak",
            Self::Arm => "arm",
            Self::Cloudformation => "cloudformation",
            Self::Speguard => "speguard",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.name() == name)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Names a resource the same way whether it was read from a file, a cluster or a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceId {
    pub platform: Platform,
    /// The unit that is evaluated together: a Terraform root module, a chart, an overlay, `.` for plain manifests.
    pub root: Text,
    /// With its group: `Pod`, `apps/Deployment`, `azurerm_subnet`, `keycloak/Realm`.
    pub kind: Text,
    /// Empty for what has none; [`UNKNOWN_NAMESPACE`] where it should have one and says none.
    pub namespace: Text,
    /// Terraform: the instance's address.
    pub name: Text,
}

impl ResourceId {
    /// `kind/namespace/name`, `kind/name` where there is no namespace, the address itself for Terraform.
    #[must_use]
    pub fn address(&self) -> String {
        match self.platform {
            Platform::Kubernetes | Platform::Keycloak | Platform::Speguard | Platform::Github => self.by_kind(),
            _ if self.kind.as_ref() == ENVIRONMENT_KIND => self.by_kind(),
            _ => self.name.to_string(),
        }
    }

    fn by_kind(&self) -> String {
        if self.namespace.is_empty() {
            format!("{}/{}", self.kind, self.name)
        } else {
            format!("{}/{}/{}", self.kind, self.namespace, self.name)
        }
    }

    /// How waivers name it: `[root:]address`, the root left out where it is `.`.
    #[must_use]
    pub fn full(&self) -> String {
        if self.root.as_ref() == "." { self.address() } else { format!("{}:{}", self.root, self.address()) }
    }
}

/// Where a resource's bytes came from. Reports use it; criteria never see it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Relative to the nearest folder with `.git`, else to the working folder; `-` = standard input.
    File { path: Text, mark: Mark },
    /// An object of a live cluster, by its place in the API: `/apis/apps/v1/namespaces/a/deployments/w`.
    Object { path: Text },
}

impl Origin {
    #[must_use]
    pub fn file(path: impl Into<Text>) -> Self {
        Self::at(path, 1, 1)
    }

    #[must_use]
    pub fn at(path: impl Into<Text>, line: u32, column: u32) -> Self {
        Self::File { path: path.into(), mark: Mark { line, column } }
    }

    #[must_use]
    pub fn path(&self) -> &Text {
        let (Self::File { path, .. } | Self::Object { path }) = self;
        path
    }

    #[must_use]
    pub const fn mark(&self) -> Mark {
        match self {
            Self::File { mark, .. } => *mark,
            Self::Object { .. } => Mark { line: 0, column: 0 },
        }
    }
}

/// Kinds that run pods, and the path to the pod template (its `metadata` and `spec`).
/// Sources: the Kubernetes API reference, and the API references of Argo Rollouts, OpenShift and Knative Serving.
pub const POD_TEMPLATES: &[(&str, &[&str])] = &[
    ("Pod", &[]),
    ("PodTemplate", &["template"]),
    ("ReplicationController", &["spec", "template"]),
    ("apps.openshift.io/DeploymentConfig", &["spec", "template"]),
    ("apps/DaemonSet", &["spec", "template"]),
    ("apps/Deployment", &["spec", "template"]),
    ("apps/ReplicaSet", &["spec", "template"]),
    ("apps/StatefulSet", &["spec", "template"]),
    ("argoproj.io/Rollout", &["spec", "template"]),
    ("batch/CronJob", &["spec", "jobTemplate", "spec", "template"]),
    ("batch/Job", &["spec", "template"]),
    ("serving.knative.dev/Service", &["spec", "template"]),
];

/// The pod a workload will run, lifted out once, with the path it was lifted from.
#[derive(Clone, Debug)]
pub struct PodView {
    /// An unknown where the body holds no pod.
    pub spec: Value,
    pub path: Path,
    /// The pod template's labels, as NetworkPolicies select them; unknown where they cannot be read.
    pub labels: Value,
}

impl PodView {
    /// The lists of containers that a pod's spec may hold.
    pub const LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];
}

/// The Terraform provider of a resource, and which of its major versions may read this configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    pub name: Text,
    pub majors: Vec<u32>,
}

/// The place that a resource's namespace has in the description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Terraform, Keycloak and the Environment always.
    #[default]
    Project,
    Platform,
    Exempt,
    Unknown,
}

impl Scope {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Platform => "platform",
            Self::Exempt => "exempt",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing a criterion can judge.
#[derive(Clone, Debug)]
pub struct Resource {
    pub id: ResourceId,
    pub origin: Origin,
    /// What a rule sees as `input.resource`.
    pub body: Value,
    pub pod: Option<PodView>,
    pub provider: Option<Provider>,
    /// Keycloak realm: `input.flows`.
    pub flows: Option<Value>,
    pub scope: Scope,
}

impl Resource {
    /// The file and place of what stands at a path: of its nearest parent that has a place, else of the resource.
    #[must_use]
    pub fn place(&self, path: &[Step]) -> (&Text, Mark) {
        (self.origin.path(), self.body.mark(path).unwrap_or_else(|| self.origin.mark()))
    }
}
