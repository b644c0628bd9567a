//! One verdict through every door: what a file says in a scan, it says as an object of a cluster.
use super::*;
use speguard::{
    cli::{Connection, Sources},
    commands::{cases, read},
    evaluate::{Evaluation, evaluate},
    model::{Environment, ResourceId},
    reach,
};

/// Cases that a cluster cannot hold as they stand, each with why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("hardening/no_host_access/kubernetes/undetermined/template_is_not_a_map.yaml", "the API server refuses it"),
    ("hardening/restricted_pod_profile/kubernetes/undetermined/user_is_a_text.yaml", "the API server refuses it"),
    (
        "mfa/mfa_for_all_users/kubernetes/breaks/certificates_and_kubeconfigs_for_people.yaml",
        "the API server refuses a request without a certificate in it",
    ),
    (
        "supply_chain/approved_registries_and_digests/kubernetes/undetermined/image_from_a_value",
        "the API server refuses it",
    ),
    (
        "hardening/workload_tokens_restricted/kubernetes/breaks/token_kept_in_a_secret.yaml",
        "a Secret, which is never listed",
    ),
    ("mfa/mfa_for_all_users/kubernetes/undetermined/encoded_kubeconfig.yaml", "a Secret, which is never listed"),
    (
        "mfa/strong_mfa_for_administrators/kubernetes/breaks/admin_conf_in_a_secret.yaml",
        "a Secret, which is never listed",
    ),
    (
        "mfa/strong_mfa_for_administrators/kubernetes/undetermined/kubeconfig_of_someone.yaml",
        "a Secret, which is never listed",
    ),
    (
        "mfa/mfa_for_all_users/kubernetes/breaks/cluster_without_any_sign_in",
        "that there is no configuration file of the API server can be seen in a repository only",
    ),
    (
        "logging/access_logs_kept_one_year/kubernetes/breaks/control_plane_left_out",
        "that there is no configuration file of the API server can be seen in a repository only",
    ),
    (
        "separation/one_workspace_per_permit/kubernetes/undetermined/no_namespace.yaml",
        "an object of a cluster has a namespace",
    ),
    (
        "separation/one_workspace_per_permit/kubernetes/undetermined/objects_come_from_a_repository_not_read.yaml",
        "what Argo CD installs stands in the cluster itself",
    ),
];

/// Custom resources in the cases: group, version, kind and plural; of any form, as their schemas are not what is tested.
const DEFINED: &[(&str, &str, &str, &str)] = &[
    ("argoproj.io", "v1alpha1", "AppProject", "appprojects"),
    ("argoproj.io", "v1alpha1", "Application", "applications"),
    ("cert-manager.io", "v1", "Certificate", "certificates"),
    ("cilium.io", "v2", "CiliumNetworkPolicy", "ciliumnetworkpolicies"),
    ("gateway.networking.k8s.io", "v1", "Gateway", "gateways"),
    ("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"),
    ("gateway.networking.k8s.io", "v1beta1", "ReferenceGrant", "referencegrants"),
    ("logging.banzaicloud.io", "v1beta1", "ClusterOutput", "clusteroutputs"),
    ("loki.grafana.com", "v1", "LokiStack", "lokistacks"),
    ("opensearch.opster.io", "v1", "OpenSearchISMPolicy", "opensearchismpolicies"),
    ("route.openshift.io", "v1", "Route", "routes"),
    ("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories"),
];

/// The definitions of [`DEFINED`].
fn definitions() -> String {
    let one = |(group, version, kind, plural): &(&str, &str, &str, &str)| {
        let (lower, protected) = (kind.to_lowercase(), "api-approved.kubernetes.io");
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
             metadata: {{name: {plural}.{group}, annotations: {{{protected}: 'unapproved, for tests'}}}}\n\
             spec:\n  group: {group}\n  scope: Namespaced\n  names: {{kind: {kind}, plural: {plural}, singular: {lower}}}\n\
             {i}versions: [{{name: {version}, served: true, storage: true, schema: {{openAPIV3Schema: \
             {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}]\n---\n",
            i = "  "
        )
    };
    DEFINED.iter().map(one).collect()
}

/// Every namespace that objects name, and that no Namespace among them makes.
fn spaces(documents: &[String]) -> BTreeSet<String> {
    let named = regex::Regex::new(r"(?m)\bnamespace: *([a-z0-9-]+)").unwrap();
    let made = |name: &str| {
        let is = |one: &&String| one.contains("kind: Namespace") && one.contains(&format!("name: {name}"));
        documents.iter().any(|one| is(&one))
    };
    let all = documents.iter().flat_map(|one| named.captures_iter(one).map(|found| found[1].to_owned()));
    all.filter(|name| !["default", "kube-system"].contains(&name.as_str()) && !made(name)).collect()
}

/// Criterion, address, verdict and reasons: what must not depend on the door.
pub(super) fn lines<'e>(evaluations: impl IntoIterator<Item = &'e Evaluation>) -> BTreeSet<String> {
    let line = |one: &Evaluation| {
        let all = one.verdict.findings().iter().chain(one.verdict.unknown());
        let reasons: BTreeSet<&str> = all.map(|finding| finding.reason.as_str()).collect();
        // That configuration files may hold what is missing is told in a live scan by a reason of its own.
        let is_past_them = one.verdict.name() == "undetermined" && one.resource.kind.as_ref() == "speguard/Environment";
        let reasons = if is_past_them { BTreeSet::new() } else { reasons };
        format!("{} {}: {} {reasons:?}", one.criterion.0, one.resource.address(), one.verdict.name())
    };
    evaluations.into_iter().map(line).collect()
}

/// What a live scan says of a case's criterion.
fn live(plane: &ControlPlane, case: &cases::Case) -> Result<(read::Reading, Vec<Evaluation>), String> {
    let sources = Sources {
        // The case's own description, and configuration files of the control plane, which no API shows.
        paths: vec![case.path.clone()],
        spe: case.description.clone(),
        at: Some(cases::AT.to_owned()),
        ..Sources::default()
    };
    let arguments = Connection { kubeconfig: Some(plane.kubeconfig()), ..Connection::default() };
    let reading = read::cluster(&sources, &arguments, &BUNDLE).map_err(|error| format!("{error:#}"))?;
    let environment: &Environment = &reading.normalised.environment;
    let subjects: Vec<_> = environment.all().collect();
    let reach = reach::derive(environment, &subjects);
    let profile = read::profile(&speguard::cli::Judging::default(), &BUNDLE, &reading).map_err(|e| format!("{e:#}"))?;
    let light = speguard::evaluate::Light { environment, reach: &reach, parameters: &profile.parameters, known: None };
    let id = case.id(&BUNDLE);
    let found = evaluate(&BUNDLE, &light, &subjects).into_iter();
    let found = found.filter(|one| Some(&one.criterion) == id && one.platform == case.platform).collect();
    Ok((reading, found))
}

#[test]
fn every_case_comes_to_the_same_as_an_object_of_a_cluster() {
    let Some(mut plane) = ControlPlane::start("cases as objects of a cluster") else { return };
    plane.apply(&definitions());
    plane.must(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"], "");
    plane.keep();
    let mut wrong = Vec::new();
    for Tried { case, evaluations, .. } in CASES.iter().filter(|tried| place_of(&tried.case).ends_with("/kubernetes")) {
        let name = case.path.strip_prefix("fixtures/criteria").unwrap().display().to_string();
        let documents = manifests(&case.path);
        let of_files =
            ["speguard.io/", ".config.k8s.io/", "audit.k8s.io/", "kubeadm.k8s.io/", "client.authentication.k8s.io/"];
        let is_object = |one: &&String| {
            let version = one.lines().find(|line| line.starts_with("apiVersion:")).unwrap_or_default();
            !of_files.iter().any(|group| version.contains(group))
        };
        let mut text = String::new();
        for space in spaces(&documents) {
            text.push_str(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {space}}}\n---\n"));
        }
        let objects: Vec<&String> = documents.iter().filter(is_object).collect();
        for object in objects {
            text.push_str(object);
            text.push_str("\n---\n");
        }
        let applied = plane.kubectl(&["apply", "--server-side", "--validate=ignore", "-f", "-"], &text);
        if !applied.status.success() && !text.is_empty() {
            wrong.push(format!("{name}: refused: {}", String::from_utf8_lossy(&applied.stderr)));
        } else {
            match live(&plane, case) {
                Ok((reading, found)) => {
                    let of_case: BTreeSet<&ResourceId> = evaluations.iter().map(|one| &one.resource).collect();
                    let found = lines(found.iter().filter(|one| of_case.contains(&one.resource)));
                    let expected = lines(evaluations);
                    if found != expected {
                        wrong.push(format!("{name}:\n  file {expected:#?}\n  live {found:#?}"));
                    }
                    #[cfg(feature = "serve")]
                    wrong.extend(
                        doors::disagreements(&plane.kubeconfig(), case, &reading, evaluations)
                            .into_iter()
                            .map(|what| format!("{name}: {what}")),
                    );
                    drop(reading);
                }
                Err(error) => wrong.push(format!("{name}: {error}")),
            }
        }
        plane.reset();
    }
    let wrong: Vec<&String> =
        wrong.iter().filter(|one| !EXCEPTIONS.iter().any(|(name, _)| one.starts_with(name))).collect();
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.iter().map(|one| one.as_str()).collect::<Vec<_>>().join("\n")
    );
}
