//! Services, gateways and addresses, and who may do what.
use super::*;

fn service(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: project-hjerte}}\nspec: {spec}\n")
}

fn binding(subject: &str, role: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: b, namespace: project-hjerte}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\nsubjects: [{subject}]\n"
    )
}

fn ingress(host: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i, namespace: project-hjerte}}\nspec:\n  \
         rules: [{{host: {host}, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: s, port: {{number: 80}}}}}}}}]}}}}]\n"
    )
}

fn slice(address: &str) -> String {
    format!(
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: e, namespace: project-hjerte, labels: \
         {{kubernetes.io/service-name: s}}}}\naddressType: IPv4\nports: [{{port: 80}}]\nendpoints: [{{addresses: [{address}]}}]\n"
    )
}

pub(super) fn services() -> Vec<Case> {
    vec![
        ("allows_service_inside", service("{selector: {app: notebook}, ports: [{port: 80, targetPort: 8888}]}"), Quiet),
        (
            "denies_service_of_type_load_balancer",
            service("{type: LoadBalancer, selector: {app: notebook}, ports: [{port: 80}]}"),
            Denied(&["SPE-NET-04"]),
        ),
        (
            "denies_service_of_type_node_port",
            service("{type: NodePort, selector: {app: notebook}, ports: [{port: 80}]}"),
            Denied(&["SPE-NET-04"]),
        ),
        (
            "allows_service_of_type_external_name",
            service("{type: ExternalName, externalName: exfiltration.example}"),
            Passes,
        ),
        ("denies_ingress_of_an_unknown_host", ingress("notebook.other.example"), Denied(&["SPE-NET-04"])),
        ("denies_endpoint_slice_to_the_internet", slice("192.0.2.7"), Denied(&["SPE-NET-02", "192.0.2.7"])),
        ("allows_endpoint_slice_to_an_own_range", slice("10.40.8.1"), Quiet),
    ]
}

pub(super) fn policies() -> Vec<Case> {
    let egress = |to: &str| format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{to}]}}");
    vec![
        (
            "denies_policy_without_peers",
            policy("any", "project-hjerte", &egress("{ports: [{port: 443}]}")),
            Denied(&["SPE-NET-02", "would open"]),
        ),
        (
            "denies_policy_to_all_of_ipv6",
            policy("six", "project-hjerte", &egress("{to: [{ipBlock: {cidr: '::/0'}}]}")),
            Denied(&["SPE-NET-02", "::/0"]),
        ),
        (
            "allows_policy_to_another_project_that_lets_nobody_in",
            policy(
                "across",
                "project-hjerte",
                &egress("{to: [{namespaceSelector: {matchLabels: {spe/project: lunge}}}]}"),
            ),
            Quiet,
        ),
    ]
}

pub(super) fn rights() -> Vec<Case> {
    let group = |name: &str| format!("{{apiGroup: rbac.authorization.k8s.io, kind: Group, name: '{name}'}}");
    vec![
        ("warns_of_binding_to_cluster_admin", binding(&group("project:hjerte"), "cluster-admin"), Warned("SPE-IAM-03")),
        (
            "denies_binding_of_another_projects_account",
            binding("{kind: ServiceAccount, name: default, namespace: project-lunge}", "view"),
            Denied(&["SPE-SEP-02"]),
        ),
        ("allows_binding_of_members", binding(&group("project:hjerte"), "project-member"), Quiet),
    ]
}
