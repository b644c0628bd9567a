//! Every kind that makes Pods, Pods that are not like others, and namespaces that are not like others.
use super::*;

/// A workload of a kind around a pod's spec.
fn workload(head: &str, before: &str, spec: &str, indent: usize) -> String {
    let inner: String = spec.lines().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect();
    format!("{head}\nmetadata: {{name: w, namespace: project-hjerte}}\nspec:\n{before}{inner}")
}

const LABELS: &str = "{app: w}";

fn selected(head: &str, more: &str, spec: &str) -> String {
    let before = format!(
        "  {more}\n  selector: {{matchLabels: {LABELS}}}\n  template:\n    metadata: {{labels: {LABELS}}}\n    spec:\n"
    );
    workload(head, &before, spec, 4)
}

fn job(spec: &str) -> String {
    let before = "  template:\n    spec:\n      restartPolicy: Never\n";
    workload("apiVersion: batch/v1\nkind: Job", before, spec, 4)
}

fn cron_job(spec: &str) -> String {
    let before = "  schedule: '0 3 * * *'\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          \
                  restartPolicy: Never\n";
    workload("apiVersion: batch/v1\nkind: CronJob", before, spec, 8)
}

fn stateful_set(spec: &str) -> String {
    selected("apiVersion: apps/v1\nkind: StatefulSet", "serviceName: w", spec)
}

fn daemon_set(spec: &str) -> String {
    selected("apiVersion: apps/v1\nkind: DaemonSet", "minReadySeconds: 1", spec)
}

fn replica_set(spec: &str) -> String {
    selected("apiVersion: apps/v1\nkind: ReplicaSet", "replicas: 1", spec)
}

fn replication_controller(spec: &str) -> String {
    let before = format!("  selector: {LABELS}\n  template:\n    metadata: {{labels: {LABELS}}}\n    spec:\n");
    workload("apiVersion: v1\nkind: ReplicationController", &before, spec, 4)
}

/// A good pod's spec that reaches the host.
fn hostile() -> String {
    GOOD.replace(START, &format!("{START}\n  hostNetwork: true"))
}

pub(super) fn workloads() -> Vec<Case> {
    let path = |path: &'static [&'static str]| Denied(path);
    vec![
        ("allows_job", job(GOOD), Quiet),
        ("denies_job_template", job(&hostile()), path(&["SPE-HRD-02", "spec.template.spec.hostNetwork"])),
        ("allows_cron_job", cron_job(GOOD), Quiet),
        (
            "denies_cron_job_template",
            cron_job(&hostile()),
            path(&["SPE-HRD-02", "spec.jobTemplate.spec.template.spec.hostNetwork"]),
        ),
        ("allows_stateful_set", stateful_set(GOOD), Quiet),
        (
            "denies_stateful_set_template",
            stateful_set(&hostile()),
            path(&["SPE-HRD-02", "apps/StatefulSet/project-hjerte/w"]),
        ),
        ("allows_daemon_set", daemon_set(GOOD), Quiet),
        (
            "denies_daemon_set_template",
            daemon_set(&hostile()),
            path(&["SPE-HRD-02", "apps/DaemonSet/project-hjerte/w"]),
        ),
        ("denies_replica_set_template", replica_set(&hostile()), path(&["SPE-HRD-02", "apps/ReplicaSet"])),
        (
            "denies_replication_controller_template",
            replication_controller(&hostile()),
            path(&["SPE-HRD-02", "ReplicationController/project-hjerte/w"]),
        ),
        (
            "warns_of_cron_job_template_that_leaves_a_value_out",
            cron_job(&GOOD.replace("runAsNonRoot: true, runAsUser: 10001, ", "")),
            Warned("SPE-HRD-01"),
        ),
        (
            "denies_template_with_an_image_of_another_registry",
            job(&GOOD.replace("registry.analyserom.example", "docker.io/library")),
            path(&["SPE-SUP-01"]),
        ),
    ]
}

pub(super) fn special_pods() -> Vec<Case> {
    let labelled = |text: String| {
        text.replace("labels: {app: p}", "labels: {app: p}, annotations: {kubernetes.io/config.mirror: x}")
    };
    vec![
        (
            "allows_pod_whose_limits_a_limit_range_fills_in",
            with("resources: {limits: {cpu: '1', memory: 1Gi}, requests: {cpu: '1', memory: 1Gi}}", "resources: {}"),
            Quiet,
        ),
        (
            "passes_mirror_pod_with_a_warning",
            labelled(host("hostNetwork: true\n  nodeName: worker-1")),
            Warned("SPE-HRD-02"),
        ),
        (
            "denies_image_that_is_not_fixed",
            with("@sha256:8f0d1c0d5a3a3a0b9e3f7f9f7c1d4a0b6f4e0a6f1c2b3d4e5f60718293a4b5c6", ":latest"),
            Denied(&["SPE-SUP-01"]),
        ),
        (
            "warns_of_token_in_a_pod",
            with("automountServiceAccountToken: false", "automountServiceAccountToken: true"),
            Warned("SPE-HRD-03"),
        ),
        ("denies_pod_with_a_chosen_node", host("nodeName: worker-1"), Denied(&["SPE-HRD-02", "nodeName"])),
        (
            "denies_pod_of_three_mebibytes",
            with(
                "\n      resources:",
                &format!(
                    "\n      env: [{{name: E, value: {}}}]\n      ports: [{{containerPort: 80, hostPort: 80}}]\n      resources:",
                    "x".repeat(LARGE)
                ),
            ),
            Denied(&["hostPort"]),
        ),
        (
            "allows_pod_of_three_mebibytes",
            with(
                "\n      resources:",
                &format!("\n      env: [{{name: E, value: {}}}]\n      resources:", "x".repeat(LARGE)),
            ),
            Quiet,
        ),
    ]
}

/// The API server takes requests of 3 MiB: with what stands around it, nearly that.
const LARGE: usize = 3 * 1024 * 1024 - 4096;

pub(super) fn namespaces() -> Vec<Case> {
    let bad = "{hostNetwork: true, containers: [{name: c, image: i}]}";
    vec![
        ("warns_where_a_namespace_only_warns", in_namespace("project-lunge", bad), Warned("SPE-HRD-02")),
        (
            "allows_change_of_an_exempt_namespace",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system, labels: {note: x}}".to_owned(),
            Quiet,
        ),
        ("allows_what_a_waiver_names", named(bad, "waived-1"), Passes),
        ("denies_what_a_waiver_names_under_another_name", named(bad, "waive"), Denied(&["SPE-HRD-02"])),
        ("denies_what_an_expired_waiver_names", named(bad, "expired-1"), Denied(&["SPE-HRD-01", "SPE-HRD-02"])),
    ]
}

fn named(spec: &str, name: &str) -> String {
    pod(spec).replace("name: p,", &format!("name: {name},"))
}

/// Waivers of the hardening criteria for Pods: one in force, one that ended yesterday.
pub(in crate::admission) fn waivers() -> String {
    let day = |days: i64| (time::OffsetDateTime::now_utc() + time::Duration::days(days)).date().to_string();
    let mut text = String::new();
    for (name, granted, expires) in [("waived", -1, 30), ("expired", -60, -1)] {
        for criterion in ["SPE-HRD-01", "SPE-HRD-02", "SPE-NET-01", "SPE-NET-02", "SPE-SEP-02", "SPE-SUP-01"] {
            let id = format!("{name}-{}", criterion.to_lowercase());
            text.push_str(&format!(
                "---\napiVersion: speguard.io/v1alpha1\nkind: Waiver\nmetadata: {{name: {id}}}\nspec:\n  criterion: {criterion}\n  \
                 resources: [Pod/project-hjerte/{name}-*]\n  reason: is tried\n  owner: Kari Nordmann\n  approver: Ola Nordmann\n  \
                 granted: {}\n  expires: {}\n",
                day(granted),
                day(expires)
            ));
        }
    }
    text
}
