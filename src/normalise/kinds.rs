//! Tables of Kubernetes kinds: groups of today, and which kinds live in a namespace.
use crate::model::Text;

/// Where a retired group or version went: group and kind as written, kind as named now.
/// Source: the Kubernetes deprecated API migration guide; OpenShift 4 API reference for groupless names.
const RETIRED: &[(&str, &str, &str)] = &[
    ("", "DeploymentConfig", "apps.openshift.io/DeploymentConfig"),
    ("", "EncryptionConfig", "apiserver.config.k8s.io/EncryptionConfiguration"),
    ("", "Route", "route.openshift.io/Route"),
    ("", "SecurityContextConstraints", "security.openshift.io/SecurityContextConstraints"),
    ("extensions", "DaemonSet", "apps/DaemonSet"),
    ("extensions", "Deployment", "apps/Deployment"),
    ("extensions", "Ingress", "networking.k8s.io/Ingress"),
    ("extensions", "NetworkPolicy", "networking.k8s.io/NetworkPolicy"),
    ("extensions", "PodSecurityPolicy", "policy/PodSecurityPolicy"),
    ("extensions", "ReplicaSet", "apps/ReplicaSet"),
];

/// Kinds of the API itself that live in no namespace. Source: `kubectl api-resources --namespaced=false`.
const CLUSTER_SCOPED: &[&str] = &[
    "ComponentStatus",
    "Namespace",
    "Node",
    "PersistentVolume",
    "admissionregistration.k8s.io/MutatingAdmissionPolicy",
    "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
    "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
    "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/CustomResourceDefinition",
    "apiregistration.k8s.io/APIService",
    "certificates.k8s.io/CertificateSigningRequest",
    "certificates.k8s.io/ClusterTrustBundle",
    "flowcontrol.apiserver.k8s.io/FlowSchema",
    "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
    "networking.k8s.io/IPAddress",
    "networking.k8s.io/IngressClass",
    "networking.k8s.io/ServiceCIDR",
    "node.k8s.io/RuntimeClass",
    "policy/PodSecurityPolicy",
    "rbac.authorization.k8s.io/ClusterRole",
    "rbac.authorization.k8s.io/ClusterRoleBinding",
    "resource.k8s.io/DeviceClass",
    "resource.k8s.io/ResourceSlice",
    "scheduling.k8s.io/PriorityClass",
    "snapshot.storage.k8s.io/VolumeSnapshotClass",
    "snapshot.storage.k8s.io/VolumeSnapshotContent",
    "storage.k8s.io/CSIDriver",
    "storage.k8s.io/CSINode",
    "storage.k8s.io/StorageClass",
    "storage.k8s.io/VolumeAttachment",
    "storage.k8s.io/VolumeAttributesClass",
    // Of others.
    "gateway.networking.k8s.io/GatewayClass",
    "policy.networking.k8s.io/AdminNetworkPolicy",
    "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
    "security.openshift.io/SecurityContextConstraints",
];

/// Groups whose other kinds all live in namespaces.
const NAMESPACED_GROUPS: &[&str] = &[
    "",
    "apps",
    "apps.openshift.io",
    "argoproj.io",
    "autoscaling",
    "batch",
    "cert-manager.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "external-secrets.io",
    "extensions",
    "gateway.networking.k8s.io",
    "helm.toolkit.fluxcd.io",
    "kustomize.toolkit.fluxcd.io",
    "monitoring.coreos.com",
    "networking.istio.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "route.openshift.io",
    "security.istio.io",
    "snapshot.storage.k8s.io",
    "source.toolkit.fluxcd.io",
    "storage.k8s.io",
    "traefik.containo.us",
    "traefik.io",
    "velero.io",
];

/// Kinds in namespaces whose groups have both.
const NAMESPACED: &[&str] = &[
    "cilium.io/CiliumEndpoint",
    "cilium.io/CiliumEnvoyConfig",
    "cilium.io/CiliumNetworkPolicy",
    "crd.projectcalico.org/NetworkPolicy",
    "crd.projectcalico.org/NetworkSet",
    "k8s.cni.cncf.io/NetworkAttachmentDefinition",
    "projectcalico.org/NetworkPolicy",
    "projectcalico.org/NetworkSet",
];

/// Groups of files that components read from disk: no cluster holds them.
const CONFIGURATION_GROUPS: &[&str] = &[
    "apiserver.config.k8s.io",
    "apiserver.k8s.io",
    "audit.k8s.io",
    "client.authentication.k8s.io",
    "controlplane.config.k8s.io",
    "credentialprovider.kubelet.k8s.io",
    "kubeadm.k8s.io",
    "kubecontrollermanager.config.k8s.io",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
    "kubescheduler.config.k8s.io",
];

/// The kind as resources are named by: `Pod`, `apps/Deployment`; retired groups under today's name.
pub(super) fn shown(version: &str, kind: &str) -> Text {
    let group = version.split_once('/').map_or("", |(group, _)| group);
    if let Some((_, _, now)) = RETIRED.iter().find(|(of, named, _)| *of == group && *named == kind) {
        return (*now).into();
    }
    if group.is_empty() { kind.into() } else { format!("{group}/{kind}").into() }
}

/// Whether a kind (`kubelet.config.k8s.io/KubeletConfiguration`) is a configuration file of a component, which no
/// cluster's API holds.
#[must_use]
pub fn is_configuration(kind: &str) -> bool {
    CONFIGURATION_GROUPS.contains(&group(kind))
}

/// Whether objects of a kind live in a namespace; `None` where we do not know the kind.
pub(super) fn is_namespaced(kind: &str) -> Option<bool> {
    let name = kind.rsplit('/').next().unwrap_or(kind);
    let is_cluster_wide =
        name.starts_with("Cluster") || name.starts_with("Global") || name.starts_with("CiliumClusterwide");
    if CLUSTER_SCOPED.contains(&kind) || is_configuration(kind) || (kind.contains('/') && is_cluster_wide) {
        return Some(false);
    }
    (NAMESPACED.contains(&kind) || NAMESPACED_GROUPS.contains(&group(kind))).then_some(true)
}

fn group(kind: &str) -> &str {
    kind.split_once('/').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_carry_todays_group() {
        let cases = [
            ("v1", "Pod", "Pod"),
            ("apps/v1beta2", "Deployment", "apps/Deployment"),
            ("extensions/v1beta1", "Deployment", "apps/Deployment"),
            ("extensions/v1beta1", "Ingress", "networking.k8s.io/Ingress"),
            ("v1", "EncryptionConfig", "apiserver.config.k8s.io/EncryptionConfiguration"),
            ("example.org/v1", "Thing", "example.org/Thing"),
        ];
        for (version, kind, expected) in cases {
            assert_eq!(shown(version, kind).as_ref(), expected);
        }
    }

    #[test]
    fn kinds_know_whether_they_live_in_a_namespace() {
        let cases = [
            ("Pod", Some(true)),
            ("Namespace", Some(false)),
            ("rbac.authorization.k8s.io/ClusterRole", Some(false)),
            ("rbac.authorization.k8s.io/Role", Some(true)),
            ("cilium.io/CiliumClusterwideNetworkPolicy", Some(false)),
            ("cilium.io/CiliumNetworkPolicy", Some(true)),
            ("projectcalico.org/GlobalNetworkPolicy", Some(false)),
            ("apiserver.config.k8s.io/EncryptionConfiguration", Some(false)),
            ("example.org/Thing", None),
        ];
        for (kind, expected) in cases {
            assert_eq!(is_namespaced(kind), expected, "{kind}");
        }
    }
}
