//! Of which requests the webhooks are asked.
use super::audit::{Event, Verb};
use crate::record::entry::Operation;
use std::collections::BTreeSet;

/// One rule of the webhook configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `project.speguard.io`.
    pub webhook: String,
    pub group: String,
    /// With its subresource: `pods/ephemeralcontainers`.
    pub resource: String,
    pub operations: BTreeSet<String>,
}

/// The namespaces of projects, as the environment's description states them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projects {
    pub namespaces: BTreeSet<String>,
    /// Every project states its namespaces by name, so that no other namespace is one's.
    pub are_all: bool,
}

/// What is compared.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub rules: Vec<Rule>,
    pub exempt: BTreeSet<String>,
    pub projects: Projects,
}

/// Whether the webhooks are asked about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Never,
    Always,
    /// Where the namespace belongs to a project: the audit log does not hold its labels.
    InProject,
    /// There, and where labels change, which the audit log does not say either.
    InProjectByLabels,
}

/// The operations that a verb comes to. What does not exist may be made by an update or a patch.
pub(super) const fn operations(verb: Verb) -> &'static [Operation] {
    match verb {
        Verb::Create => &[Operation::Create],
        Verb::Update | Verb::Patch => &[Operation::Update, Operation::Create],
        Verb::Delete | Verb::DeleteCollection => &[Operation::Delete],
        Verb::Connect => &[Operation::Connect],
    }
}

/// The namespace that a request is about: of a Namespace its own.
pub(super) fn namespace(event: &Event) -> &str {
    if event.group.is_empty() && event.resource == "namespaces" { &event.name } else { &event.namespace }
}

/// `networking.k8s.io/networkpolicies`, `pods/ephemeralcontainers`.
pub(super) fn shown(event: &Event) -> String {
    let parts = [event.group.as_str(), &event.resource, &event.subresource];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// Whether an entry's kind (`networking.k8s.io/NetworkPolicy`) is that of a group and resource: names of resources are
/// the plural of names of kinds, by the rule of the API server itself.
pub(super) fn is_kind(kind: &str, group: &str, resource: &str) -> bool {
    let (of, kind) = kind.split_once('/').unwrap_or(("", kind));
    // What is asked about a connection is of a kind of its own (k8s.io/api/core/v1).
    if matches!(kind, "PodExecOptions" | "PodAttachOptions" | "PodPortForwardOptions") {
        return of == group && resource == "pods";
    }
    let kind = kind.to_ascii_lowercase();
    let plural = match kind.as_bytes().last() {
        Some(b's') => format!("{kind}es"),
        Some(b'y') => format!("{}ies", kind.trim_end_matches('y')),
        _ => format!("{kind}s"),
    };
    of == group && plural == resource
}

impl Scope {
    /// Whether the webhooks are asked about a request like this. What both projects and other namespaces have asked about
    /// is asked whatever the labels are.
    #[must_use]
    pub fn asked(&self, event: &Event) -> Asked {
        if self.exempt.contains(namespace(event)) {
            return Asked::Never;
        }
        let resource = match event.subresource.is_empty() {
            true => event.resource.clone(),
            false => format!("{}/{}", event.resource, event.subresource),
        };
        let by = |webhook: &str| {
            self.rules.iter().any(|rule| {
                rule.webhook.split('.').next() == Some(webhook)
                    && rule.group == event.group
                    && rule.resource == resource
                    && operations(event.verb).iter().any(|operation| rule.operations.contains(operation.name()))
            })
        };
        match (by("cluster") || by("outside"), by("project"), by("namespace")) {
            (true, ..) => Asked::Always,
            (_, true, _) => Asked::InProject,
            (.., true) if event.subresource.is_empty() => Asked::InProject,
            (.., true) => Asked::InProjectByLabels,
            (false, false, false) => Asked::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_the_plural_of_kinds() {
        for (kind, group, resource) in [
            ("Pod", "", "pods"),
            ("apps/ReplicaSet", "apps", "replicasets"),
            ("networking.k8s.io/NetworkPolicy", "networking.k8s.io", "networkpolicies"),
            ("networking.k8s.io/Ingress", "networking.k8s.io", "ingresses"),
            ("PodExecOptions", "", "pods"),
            ("PodPortForwardOptions", "", "pods"),
            ("cilium.io/CiliumClusterwideNetworkPolicy", "cilium.io", "ciliumclusterwidenetworkpolicies"),
        ] {
            assert!(is_kind(kind, group, resource), "{kind}");
        }
        assert!(!is_kind("Pod", "", "services") && !is_kind("apps/Pod", "", "pods"));
    }
}
