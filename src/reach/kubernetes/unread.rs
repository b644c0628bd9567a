//! Policies of kinds that are not read yet: whom they may select, and what they may do to an answer.
use super::selector::{Labels, Match, Selector};
use crate::model::{Hop, Platform, Problem, Resource, ResourceId, Step, Text, Value, Way};
use crate::reach::doubt::{Doubt, field, key};

/// What a kind may do, told from its own documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Power {
    /// May open what NetworkPolicies close.
    pub(super) opens: bool,
    pub(super) denies: Denies,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denies {
    Never,
    /// Only where no NetworkPolicy isolates the pod.
    WhereNotIsolated,
    Always,
}

const BOTH: Power = Power { opens: true, denies: Denies::Always };

/// Kinds by what they may do. A mesh is no egress control: what it leaves out of its registry can still be dialled
/// past it, but its gateways may carry traffic on. Kinds that only choose the source address (EgressIP,
/// CiliumEgressGatewayPolicy, EgressService) open and close nothing.
const KINDS: &[(&str, Power)] = &[
    ("cilium.io/CiliumEnvoyConfig", Power { opens: true, denies: Denies::Never }),
    ("cilium.io/CiliumClusterwideEnvoyConfig", Power { opens: true, denies: Denies::Never }),
    ("policy.networking.k8s.io/BaselineAdminNetworkPolicy", Power { opens: false, denies: Denies::WhereNotIsolated }),
    ("k8s.ovn.org/EgressFirewall", Power { opens: false, denies: Denies::Always }),
    ("networking.istio.io/ServiceEntry", Power { opens: true, denies: Denies::Never }),
    ("networking.istio.io/Sidecar", Power { opens: true, denies: Denies::Never }),
];

/// Groups of network plugins: every kind of theirs that is called a network policy may do both.
const GROUPS: [&str; 8] = [
    "cilium.io",
    "projectcalico.org",
    "crd.projectcalico.org",
    "policy.networking.k8s.io",
    "crd.antrea.io",
    "k8s.ovn.org",
    "networking.k8s.aws",
    "networking.gke.io",
];

/// The network policies that these plugins define, as their documentation names them.
const USUAL: [&str; 14] = [
    "cilium.io/CiliumClusterwideNetworkPolicy",
    "cilium.io/CiliumNetworkPolicy",
    "crd.antrea.io/ClusterNetworkPolicy",
    "crd.antrea.io/NetworkPolicy",
    "crd.projectcalico.org/GlobalNetworkPolicy",
    "crd.projectcalico.org/NetworkPolicy",
    "networking.gke.io/FQDNNetworkPolicy",
    "networking.k8s.aws/ClusterNetworkPolicy",
    "policy.networking.k8s.io/AdminNetworkPolicy",
    "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
    "policy.networking.k8s.io/ClusterNetworkPolicy",
    "projectcalico.org/GlobalNetworkPolicy",
    "projectcalico.org/NetworkPolicy",
    "k8s.ovn.org/EgressFirewall",
];

/// A policy of such a kind, or all those of a kind that could not be listed.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) id: ResourceId,
    /// Why it is not read, one clause.
    pub(super) why: String,
    pub(super) power: Power,
    whom: Whom,
    /// May bind nodes, and so pods on the host network.
    pub(super) binds_nodes: bool,
}

#[derive(Debug)]
enum Whom {
    Everyone,
    Pods(Selector),
    /// `spec.subject` of the admin policies.
    Subject {
        namespaces: Selector,
        pods: Selector,
    },
}

impl Unread {
    /// The policies of a kind that a live cluster did not list; `None` for other problems, and for kinds without power
    /// over connections.
    pub(super) fn unlisted(problem: &Problem) -> Option<Self> {
        let kind = problem.hidden_kind()?;
        // NetworkPolicies only allow: one more isolates a pod that none isolates, and opens more for the others.
        let allowing = Power { opens: true, denies: Denies::WhereNotIsolated };
        let power = if kind.as_ref() == super::cluster::POLICY { allowing } else { power(kind)? };
        let root = problem.hides.as_ref().and_then(|hidden| hidden.root.clone()).unwrap_or_else(|| ".".into());
        let id = ResourceId {
            platform: Platform::Kubernetes,
            root,
            kind: kind.clone(),
            namespace: "".into(),
            name: "".into(),
        };
        let why = format!("no `{kind}` could be listed");
        Some(Self { binds_nodes: binds_nodes(kind), id, why, power, whom: Whom::Everyone })
    }

    /// `None` for kinds that have no power over connections.
    pub(super) fn read(resource: &Resource) -> Option<Self> {
        let id = &resource.id;
        let power = power(&id.kind)?;
        let binds_nodes = match id.kind.as_ref() {
            CILIUM_CLUSTER => resource.body.find(&["spec", "nodeSelector"]).is_some(),
            kind => binds_nodes(kind),
        };
        let why = format!("`{}` is not read yet", id.kind);
        Some(Self { id: id.clone(), why, power, whom: whom(resource), binds_nodes })
    }

    /// Whether it may select a pod with these labels in this namespace.
    pub(super) fn may_select(&self, namespace: &str, of_namespace: &Labels, of_pod: &Labels) -> bool {
        if !self.id.namespace.is_empty() && self.id.namespace.as_ref() != namespace {
            return false;
        }
        match &self.whom {
            Whom::Everyone => true,
            Whom::Pods(selector) => selector.selects(of_pod) != Match::No,
            Whom::Subject { namespaces, pods } => {
                namespaces.selects(of_namespace) != Match::No && pods.selects(of_pod) != Match::No
            }
        }
    }

    /// Whether it may close a direction that NetworkPolicies isolate or not.
    pub(super) fn denies(&self, isolated: bool) -> bool {
        match self.power.denies {
            Denies::Never => false,
            Denies::WhereNotIsolated => !isolated,
            Denies::Always => true,
        }
    }

    /// The way that it leaves open.
    pub(super) fn way(&self) -> Way {
        let hop = Hop { resource: self.id.clone(), path: vec![Step::Key("spec".to_owned())] };
        Way::unknown(&self.why, vec![hop])
    }
}

const CILIUM_CLUSTER: &str = "cilium.io/CiliumClusterwideNetworkPolicy";

fn binds_nodes(kind: &str) -> bool {
    kind == CILIUM_CLUSTER || kind.ends_with("/GlobalNetworkPolicy")
}

/// Whether policies of a kind may open or close ways.
pub(super) fn may_matter(kind: &str) -> bool {
    power(kind).is_some()
}

/// Kinds that are known by name, and the usual policies of the groups.
pub(super) fn named() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, _)| *kind).chain(USUAL)
}

fn power(kind: &str) -> Option<Power> {
    if let Some((_, power)) = KINDS.iter().find(|(known, _)| *known == kind) {
        return Some(*power);
    }
    let (group, name) = kind.split_once('/')?;
    let staged = name.starts_with("Staged");
    (GROUPS.contains(&group) && name.ends_with("NetworkPolicy") && !staged).then_some(BOTH)
}

fn whom(resource: &Resource) -> Whom {
    let spec = field(&resource.body, "spec").unwrap_or(&Value::Null);
    let read = |value: Option<&Value>| Selector::read(value, &[]);
    match resource.id.kind.as_ref() {
        "cilium.io/CiliumNetworkPolicy" | "cilium.io/CiliumClusterwideNetworkPolicy" => {
            match (field(&resource.body, "specs"), field(spec, "endpointSelector")) {
                (None, Some(selector)) => of_endpoints(read(Some(selector))),
                _ => Whom::Everyone,
            }
        }
        kind if kind.starts_with("policy.networking.k8s.io/") => {
            let subject = field(spec, "subject").unwrap_or(&Value::Null);
            match (field(subject, "namespaces"), field(subject, "pods")) {
                (Some(namespaces), None) => Whom::Subject { namespaces: read(Some(namespaces)), pods: read(None) },
                (None, Some(pods)) => Whom::Subject {
                    namespaces: read(field(pods, "namespaceSelector")),
                    pods: read(field(pods, "podSelector")),
                },
                _ => Whom::Everyone,
            }
        }
        _ => Whom::Everyone,
    }
}

/// Cilium selects endpoints by labels with a source: `k8s:app`, `any:app`. Labels that Cilium makes itself are not
/// the pod's own.
fn of_endpoints(selector: Selector) -> Whom {
    let own = |label: &str| label.rsplit_once(':').map_or(label, |(_, key)| key).into();
    let made = |label: &str| {
        label.contains("io.kubernetes.pod.") || label.contains("io.cilium.") || label.starts_with("reserved:")
    };
    if selector.names(made) { Whom::Everyone } else { Whom::Pods(selector.rename(own)) }
}

/// Interfaces beside the pod network, which NetworkPolicies do not bind (Multus).
const FURTHER_NETWORKS: &str = "k8s.v1.cni.cncf.io/networks";

/// The way that a further network of a pod leaves open, where its metadata names one.
pub(super) fn further_networks(resource: &Resource, metadata: &[Step]) -> Option<Way> {
    let path = key(&key(metadata, "annotations"), FURTHER_NETWORKS);
    let stated = resource.body.at(&path).filter(|value| !matches!(value.as_text(), Some("")))?;
    let why = match stated {
        Value::Text(_) => "it has further networks, which network policies do not bind".to_owned(),
        other => Doubt::of(other, &path, "a list of networks").why,
    };
    Some(Way::unknown(&why, vec![Hop { resource: resource.id.clone(), path }]))
}

/// The labels of a namespace: the API server always sets its name as one.
pub(super) fn namespace_labels(name: &Text, namespace: Option<&Resource>) -> Labels {
    let labels = namespace.map_or_else(
        || Labels::unread("its Namespace is not among what was read"),
        |namespace| Labels::read(namespace.body.find(&["metadata", "labels"])),
    );
    if name.as_ref() == crate::model::UNKNOWN_NAMESPACE {
        labels
    } else {
        labels.with("kubernetes.io/metadata.name", name)
    }
}
