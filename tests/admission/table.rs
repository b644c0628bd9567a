//! The conformance table: one line for each thing that an API server may ask.
use super::*;

pub(super) use kinds::waivers;

mod kinds;
mod ways;

/// What must come of a request.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// Denied, in words that hold these.
    Denied(&'static [&'static str]),
    /// Let pass with a warning that holds this.
    Warned(&'static str),
    /// Let pass without a word of ours.
    Quiet,
    Passes,
}
use Expected::{Denied, Passes, Quiet, Warned};

/// A pod that follows every criterion, in the compliant environment.
pub(super) const GOOD: &str = "
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: c
      image: registry.analyserom.example/notebook@sha256:8f0d1c0d5a3a3a0b9e3f7f9f7c1d4a0b6f4e0a6f1c2b3d4e5f60718293a4b5c6
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      resources: {limits: {cpu: '1', memory: 1Gi}, requests: {cpu: '1', memory: 1Gi}}
";

pub(super) fn pod(spec: &str) -> String {
    in_namespace("project-hjerte", spec)
}

fn in_namespace(namespace: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: {namespace}, labels: {{app: p}}}}\nspec: {spec}"
    )
}

/// A good pod with one line changed or added.
fn with(line: &str, instead: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    pod(&GOOD.replace(line, instead))
}

pub(super) fn deployment(spec: &str) -> String {
    let spec = spec.lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d, namespace: project-hjerte}}\nspec:\n  \
         selector: {{matchLabels: {{app: d}}}}\n  template:\n    metadata: {{labels: {{app: d}}}}\n    spec:\n{spec}"
    )
}

fn policy(name: &str, namespace: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
    )
}

/// Name, object, and what must come of applying it.
type Case = (&'static str, String, Expected);

const START: &str = "\n  automountServiceAccountToken: false";

/// A good pod with a field more.
fn host(field: &str) -> String {
    with(START, &format!("{START}\n  {field}"))
}

fn pods() -> Vec<Case> {
    vec![
        ("allows_pod_that_follows_every_criterion", pod(GOOD), Quiet),
        (
            "denies_pod_with_host_network",
            host("hostNetwork: true"),
            Denied(&["SPE-HRD-02", "spec.hostNetwork", "Waiver of"]),
        ),
        ("denies_pod_with_host_pid", host("hostPID: true"), Denied(&["SPE-HRD-02", "hostPID"])),
        ("denies_pod_with_host_ipc", host("hostIPC: true"), Denied(&["SPE-HRD-02", "hostIPC"])),
        (
            "denies_pod_with_host_path",
            host("volumes: [{name: v, hostPath: {path: /etc}}]"),
            Denied(&["SPE-HRD-02", "volumes[0]"]),
        ),
        (
            "denies_privileged_container",
            with("allowPrivilegeEscalation: false", "privileged: true, allowPrivilegeEscalation: true"),
            Denied(&["SPE-HRD-02", "privileged"]),
        ),
        (
            "denies_host_port",
            with("\n      resources:", "\n      ports: [{containerPort: 80, hostPort: 80}]\n      resources:"),
            Denied(&["hostPort"]),
        ),
        (
            "denies_pod_that_may_run_as_root",
            with("runAsNonRoot: true, runAsUser: 10001, ", ""),
            Denied(&["SPE-HRD-01"]),
        ),
        ("denies_pod_with_user_0", with("runAsUser: 10001", "runAsUser: 0"), Denied(&["SPE-HRD-01"])),
        ("denies_added_capability", with("{drop: [ALL]}", "{drop: [ALL], add: [SYS_ADMIN]}"), Denied(&["SPE-HRD-0"])),
        ("denies_unconfined_seccomp", with("RuntimeDefault", "Unconfined"), Denied(&["SPE-HRD-01", "seccomp"])),
        (
            "denies_init_container_as_any_other",
            host("initContainers: [{name: i, image: i, securityContext: {privileged: true}}]"),
            Denied(&["initContainers[0]"]),
        ),
    ]
}

fn templates_and_places() -> Vec<Case> {
    vec![
        (
            "denies_template_with_a_value_that_breaks",
            deployment(&GOOD.replace(START, &format!("{START}\n  hostNetwork: true"))),
            Denied(&["SPE-HRD-02", "spec.template.spec.hostNetwork"]),
        ),
        (
            "warns_of_template_that_leaves_a_value_out",
            deployment(&GOOD.replace("runAsNonRoot: true, runAsUser: 10001, ", "")),
            Warned("SPE-HRD-01"),
        ),
        ("allows_template_that_follows_every_criterion", deployment(GOOD), Quiet),
        (
            "allows_pod_of_an_exempt_namespace",
            in_namespace("kube-system", "{hostNetwork: true, containers: [{name: c, image: i}]}"),
            Quiet,
        ),
        ("allows_pod_of_a_namespace_without_project", in_namespace("default", GOOD), Passes),
    ]
}

fn policies_and_namespaces() -> Vec<Case> {
    let open = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}";
    vec![
        (
            "denies_policy_that_opens_the_internet",
            policy("open", "project-hjerte", open),
            Denied(&[
                "SPE-NET-02",
                "would open",
                "apps/Deployment/project-hjerte/notebook",
                "NetworkPolicy/project-hjerte/open spec.egress[0]",
            ]),
        ),
        (
            "denies_policy_that_opens_one_address",
            policy(
                "open",
                "project-hjerte",
                "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.7/32}}], ports: [{port: 443}]}]}",
            ),
            Denied(&["192.0.2.7/32", "tcp/443"]),
        ),
        (
            "allows_policy_that_opens_an_own_range",
            policy(
                "own",
                "project-hjerte",
                "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.40.8.0/28}}], ports: [{port: 443}]}]}",
            ),
            Quiet,
        ),
        (
            "allows_policy_for_pods_that_are_not_there",
            policy(
                "nobody",
                "project-hjerte",
                "{podSelector: {matchLabels: {app: nobody}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}",
            ),
            Quiet,
        ),
        (
            "allows_policy_that_closes_more",
            policy("more", "project-hjerte", "{podSelector: {}, policyTypes: [Ingress, Egress]}"),
            Quiet,
        ),
        (
            "denies_default_deny_that_is_hollowed_out",
            policy("default-deny", "project-hjerte", open),
            Denied(&["SPE-NET-02"]),
        ),
        (
            "warns_of_namespace_without_what_a_project_needs",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh, labels: {spe/project: fresh}}".to_owned(),
            Warned("Namespace/fresh"),
        ),
    ]
}

#[test]
fn objects_come_to_what_the_table_says() {
    let Some(plane) = environment("the table of admission", false) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("waivers.yaml"), waivers()).unwrap();
    let lab = Lab::guard(plane, &[folder.path().to_str().unwrap(), "--warn-only", "project-lunge"]);
    let before = lab.service.decisions().len();
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for (name, object, expected) in table() {
        assert!(names.insert(name), "{name} stands twice");
        let output = lab.try_out(&object);
        let (passed, words) = (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned());
        let good = match expected {
            Denied(all) => !passed && words.contains("denied the request") && all.iter().all(|one| words.contains(one)),
            Warned(one) => passed && words.contains("Warning: ") && words.contains(one),
            Quiet => passed && !words.contains("SPE-"),
            Passes => passed,
        };
        if !good {
            wrong.push(format!("{name}: expected {expected:?}, passed {passed}:\n{words}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(names.len() >= 55, "{} cases", names.len());
    // E12: a dry run leaves no trace.
    assert_eq!(lab.service.decisions().len(), before);
}

fn table() -> impl Iterator<Item = Case> {
    let parts = [
        pods(),
        kinds::special_pods(),
        templates_and_places(),
        kinds::workloads(),
        kinds::namespaces(),
        policies_and_namespaces(),
        ways::policies(),
        ways::services(),
        ways::rights(),
    ];
    parts.into_iter().flatten()
}
