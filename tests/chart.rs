//! The Helm chart: it renders, refuses wrong values, is what the commands print, is taken by a real API server, meets the
//! criteria that it holds others to, and what its pod runs answers with the account that it gives.
use crate::support::control_plane::ControlPlane;
use assert_cmd::cargo::cargo_bin;
use serde_json::Value as Json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

mod pod;
mod rights;

const CHART: &str = "charts/speguard";

/// helm in the repository, with the programs that `tests/all` builds.
fn helm(arguments: &[&str]) -> Command {
    let tools = std::env::var("HOME").map(|home| format!("{home}/.cache/speguard/tools/bin")).unwrap_or_default();
    let mut command = Command::new("helm");
    command.args(arguments).env("PATH", format!("{}:{tools}", std::env::var("PATH").unwrap()));
    // Nothing of the user's helm, and no cluster.
    for home in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(home, env!("CARGO_TARGET_TMPDIR"));
    }
    command.env_remove("KUBECONFIG");
    command
}

/// Whether helm is there; says which test is skipped where it is not.
fn is_here(test: &str) -> bool {
    let found = helm(&["version", "--short"]).output().is_ok_and(|output| output.status.success());
    if !found {
        #[expect(clippy::print_stderr, reason = "a skipped test is said, not hidden")]
        {
            eprintln!("skipped: {test}: `helm` is not on PATH; tests/all builds it");
        }
    }
    found
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The documented sets of values, and none.
fn value_sets() -> Vec<Option<PathBuf>> {
    let mut sets: Vec<Option<PathBuf>> =
        fs::read_dir(format!("{CHART}/ci")).unwrap().map(|entry| Some(entry.unwrap().path())).collect();
    sets.push(None);
    sets.sort();
    sets
}

fn values(set: Option<&Path>) -> Vec<&str> {
    set.map(|path| vec!["--values", path.to_str().unwrap()]).unwrap_or_default()
}

fn rendering(arguments: &[&str]) -> Output {
    let mut command = helm(&["template", "speguard", CHART, "--namespace", "speguard", "--kube-version", "1.34.0"]);
    command.args(arguments).output().unwrap()
}

/// What the chart makes of values.
fn rendered(arguments: &[&str]) -> String {
    let output = rendering(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "{arguments:?}");
    text(&output.stdout)
}

fn objects(text: &str) -> Vec<Json> {
    serde_saphyr::from_multiple::<Json>(text).unwrap().into_iter().filter(|one| !one.is_null()).collect()
}

/// The one object of a kind.
fn of_kind<'o>(objects: &'o [Json], kind: &str) -> &'o Json {
    let found: Vec<&Json> = objects.iter().filter(|one| one["kind"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind}");
    found[0]
}

fn speguard(arguments: &[&str]) -> Output {
    let output = Command::new(cargo_bin("speguard")).args(arguments).env("LC_ALL", "C").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    output
}

/// Holds a file against what it should be; `UPDATE=1` writes it.
fn fresh(path: &str, expected: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, expected).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap_or_default() == expected, "{path} is stale: UPDATE=1 cargo test chart");
}

#[test]
fn it_lints_and_renders_with_every_documented_set_of_values() {
    if !is_here("the chart with each set of values") {
        return;
    }
    for set in value_sets() {
        let values = values(set.as_deref());
        let output = helm(&["lint", "--strict", CHART]).args(&values).output().unwrap();
        assert!(output.status.success(), "{set:?}: {}{}", text(&output.stdout), text(&output.stderr));
        let objects = objects(&rendered(&values));
        let pod = &of_kind(&objects, "StatefulSet")["spec"]["template"]["spec"];
        for container in ["containers", "initContainers"].iter().filter_map(|key| pod[key].as_array()).flatten() {
            let context = &container["securityContext"];
            assert_eq!(context["readOnlyRootFilesystem"], true, "{set:?}");
            assert_eq!(context["capabilities"]["drop"][0], "ALL", "{set:?}");
        }
        let makes_shard = pod["initContainers"].is_array();
        let arguments = pod["containers"][0]["args"].as_array().unwrap();
        let has = |start: &str| arguments.iter().any(|argument| argument.as_str().unwrap().starts_with(start));
        // In a bucket others make it.
        assert_eq!(makes_shard || has("--log=s3://"), has("--log="), "{set:?}");
        // Whoever can lead may: the Lease is there, and its rule.
        let leases = objects.iter().filter(|object| object["kind"] == "Lease" || object["kind"] == "Role").count();
        assert_eq!(leases, if has("--lease=") { 2 } else { 0 }, "{set:?}");
        assert_eq!(has("--lead-emitter="), has("--lease=") && has("--log="), "{set:?}");
    }
}

#[test]
fn its_webhooks_are_those_that_speguard_prints() {
    if !is_here("the webhooks of the chart") {
        return;
    }
    for (label, exempt) in
        [("spe/project", &["longhorn-system"][..]), ("example.no/project", &["rook-ceph", "cilium"][..])]
    {
        let label_value = format!("webhook.projectLabel={label}");
        let exempt_value = format!("webhook.exemptNamespaces={{{}}}", exempt.join(","));
        let objects = objects(&rendered(&["--set", &label_value, "--set", &exempt_value]));
        let of_chart = of_kind(&objects, "ValidatingWebhookConfiguration");
        assert!(!objects.iter().any(|object| object["kind"] == "Secret"), "no key is ever stored");
        let mut arguments = vec!["webhooks", "--service", "speguard/speguard", "--project-label", label];
        arguments.extend(["--exempt", "speguard"]);
        arguments.extend(exempt.iter().flat_map(|name| ["--exempt", name]));
        let printed: Json = serde_saphyr::from_str(&text(&speguard(&arguments).stdout)).unwrap();
        assert_eq!(of_chart["webhooks"], printed["webhooks"]);
        assert_eq!(of_chart["metadata"]["name"], printed["metadata"]["name"]);
        assert!(!printed.to_string().contains("caBundle"), "the pods enter it");
    }
}

#[test]
fn a_certificate_from_elsewhere_is_shown_and_nothing_is_entered() {
    if !is_here("a certificate of one's own in the chart") {
        return;
    }
    let values = format!("{CHART}/ci/values-own-certificate.yaml");
    let objects = objects(&rendered(&["--values", &values]));
    let arguments = &of_kind(&objects, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]["args"];
    let arguments: Vec<&str> = arguments.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(
        arguments.contains(&"--tls-certificate=/tls/tls.crt")
            && arguments.contains(&"--webhook-configuration=speguard")
    );
    let bundles = of_kind(&objects, "ValidatingWebhookConfiguration")["webhooks"].as_array().unwrap().iter();
    for bundle in bundles.map(|webhook| &webhook["clientConfig"]["caBundle"]) {
        assert!(text(&decoded(bundle.as_str().unwrap())).starts_with("-----BEGIN CERTIFICATE-----"));
    }
    let rules = of_kind(&objects, "ClusterRole")["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| !rule["verbs"].as_array().unwrap().contains(&"patch".into())));
}

fn decoded(value: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(value).unwrap()
}

#[test]
fn the_schema_of_its_values_holds_the_forms_of_today() {
    let path = format!("{CHART}/values.schema.json");
    let mut schema: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    for (file, mut form) in speguard::normalise::spe::schemas() {
        let name = match file.trim_end_matches(".schema.json") {
            "spe" => "description",
            other => other,
        };
        form.as_object_mut().unwrap().remove("$schema");
        schema["$defs"][name] = form;
    }
    fresh(&path, &format!("{schema:#}\n"));
}

#[test]
fn values_that_are_none_are_refused() {
    if !is_here("wrong values of the chart") {
        return;
    }
    let waiver = "waivers[0].apiVersion=speguard.io/v1alpha1,waivers[0].kind=Waiver,waivers[0].metadata.name=w";
    for (value, words) in [
        ("replica=2", "replica"),
        ("replicas=0", "replicas"),
        ("evidence.volume=disk", "volume"),
        ("evidence.volume=existingClaim", "existingClaim"),
        ("evidence.domain=a/b", "domain"),
        ("evidence.volume=bucket", "bucket"),
        ("evidence.volume=bucket,evidence.bucket.url=https://store,evidence.bucket.keys=k", "url"),
        ("evidence.bucket.environment.PATH=x", "PATH"),
        ("evidence.beatEvery=61", "beatEvery"),
        ("image.digest=latest", "digest"),
        ("webhook.failurePolicy=Ignore", "failurePolicy"),
        ("webhook.projectLabel=a b", "projectLabel"),
        ("networkPolicy.apiServer.cidrs={everywhere}", "cidrs"),
        ("userId=0", "userId"),
        ("description.kind=Waiver", "description"),
        ("tls.existingSecret=own", "the authority of the certificate in Secret own is not known"),
        (waiver, "waivers"),
    ] {
        let output = rendering(&["--set", value]);
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(words), "{value}: {said}");
    }
}

/// What the Prometheus operator brings, as far as the chart needs it.
const SERVICE_MONITORS: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: servicemonitors.monitoring.coreos.com}
spec:
  group: monitoring.coreos.com
  names: {kind: ServiceMonitor, plural: servicemonitors}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
";

#[test]
fn a_real_api_server_takes_it() {
    if !is_here("the chart at an API server") {
        return;
    }
    let Some(plane) = ControlPlane::start("the chart at an API server") else { return };
    plane.apply(SERVICE_MONITORS);
    plane.must(&["wait", "--for=condition=Established", "crd/servicemonitors.monitoring.coreos.com"], "");
    // The strictest of the profiles that the API server itself knows.
    plane.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: speguard, labels: {pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted}}\n");
    for set in value_sets() {
        let rendered = rendered(&values(set.as_deref()));
        let arguments = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"];
        let output = plane.kubectl(&arguments, &rendered);
        let said = text(&output.stderr);
        assert!(output.status.success() && !said.to_lowercase().contains("warning"), "{set:?}: {said}");
        assert_eq!(text(&output.stdout).lines().count(), objects(&rendered).len(), "{set:?}");
    }
}

#[test]
fn it_meets_the_criteria_that_it_holds_others_to() {
    if !is_here("the chart under its own criteria") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let own = ["description=null", "waivers=null", "attestations=null", "serviceMonitor.enabled=false"].join(",");
    let values = format!("{CHART}/ci/values-project.yaml");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("chart.yaml", &rendered(&["--values", &values, "--set", &own]));
    write("spe.yaml", DESCRIPTION);
    write("namespace.yaml", NAMESPACE);
    let mut command = Command::new(cargo_bin("speguard"));
    command.args(["scan", "--at", "2026-11-24T12:00:00Z", "--all", "--format", "json"]);
    let output = command.current_dir(folder.path()).env("LC_ALL", "C").output().unwrap();
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["problems"], Json::Array(Vec::new()));
    let judgements = report["judgements"].as_array().unwrap();
    let mut open: Vec<String> = judgements.iter().filter(|one| is_open(one)).map(line).collect();
    open.sort();
    assert_eq!(
        open,
        [
            // Which requests a condition in CEL lets past is not read, so that it is not told what the webhook guards.
            "SPE-HRD-02 admissionregistration.k8s.io/ValidatingWebhookConfiguration/speguard undetermined",
            // It reads the whole cluster, with a token of its own: that is its work, and why it belongs in a namespace of
            // the platform and never, as here, in one of a project.
            "SPE-HRD-03 apps/StatefulSet/speguard/speguard not_met",
            // It enters its authority in its own webhooks, and RBAC cannot say that it changes nothing else there.
            "SPE-IAM-03 rbac.authorization.k8s.io/ClusterRoleBinding/speguard not_met",
            "SPE-SEP-02 apps/StatefulSet/speguard/speguard undetermined",
            "SPE-SEP-02 rbac.authorization.k8s.io/ClusterRoleBinding/speguard not_met",
        ]
    );
    assert_eq!(output.status.code(), Some(1));
    for criterion in ["SPE-HRD-01", "SPE-HRD-02", "SPE-NET-01", "SPE-NET-02", "SPE-NET-04", "SPE-SEP-01", "SPE-ENC-01"]
    {
        let is_met = |one: &Json| one["criterion"] == criterion && one["verdict"] == "met";
        assert!(judgements.iter().any(is_met), "{criterion} looked at nothing of the chart");
    }
}

/// Neither met nor out of question. What the Environment lacks is no fault of a chart, unless it is a breach.
fn is_open(judgement: &Json) -> bool {
    let of_environment = judgement["resource"]["address"].as_str().unwrap().starts_with("speguard/Environment/");
    match judgement["verdict"].as_str().unwrap() {
        "met" | "not_applicable" => false,
        "undetermined" => !of_environment,
        _ => true,
    }
}

fn line(judgement: &Json) -> String {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    [&judgement["criterion"], &judgement["resource"]["address"], &judgement["verdict"]].map(text).join(" ")
}

const DESCRIPTION: &str = "
apiVersion: speguard.io/v1alpha1
kind: SecureProcessingEnvironment
metadata: {name: own}
spec:
  projects:
    - {name: guard, permit: HDT-2026-0001, expires: 2099-06-30, namespaces: [speguard]}
    - {name: hjerte, permit: HDT-2026-0142, expires: 2099-06-30, namespaces: [project-hjerte]}
  clusters:
    - name: own
      sources: [{path: .}]
      network_plugin: cilium
      node_route: {closed_by: firewall, owner: network service, expires: 2099-12-31}
  approved_registries: [registry.example.no]
  encrypted_storage_classes: [ceph-luks]
  nodes_encrypted: true
";

/// What a chart does not make: the namespace that it is installed into.
const NAMESPACE: &str = "
apiVersion: v1
kind: Namespace
metadata:
  name: speguard
  labels:
    spe/project: guard
    spe/permit-id: HDT-2026-0001
    spe/permit-expires: '2099-06-30'
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/enforce-version: latest
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: bounds, namespace: speguard}
spec: {hard: {requests.cpu: '4', requests.memory: 4Gi, requests.storage: 100Gi}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: speguard}
spec: {limits: [{type: Container, default: {cpu: '2', memory: 1Gi}, defaultRequest: {cpu: 100m, memory: 256Mi}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: operators, namespace: speguard}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: platform-operators}]
";
