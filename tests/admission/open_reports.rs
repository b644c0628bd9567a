//! `serve --open-reports` with the rights that `speguard rbac` prints, and definitions as they are published.
use super::{
    table::{GOOD, deployment},
    *,
};
use serde_json::Value as Json;

/// The two kinds, with the fields and closed lists of openreports/reports-api, v1alpha1. What is not named is dropped.
fn definitions() -> String {
    let text = "{type: string}";
    let count = "{type: integer}";
    let reference = "{type: object, properties: {apiVersion: {type: string}, kind: {type: string}, namespace: {type: string}, \
                     name: {type: string}}}";
    let status = "{type: string, enum: [pass, fail, warn, error, skip]}";
    let severity = "{type: string, enum: [critical, high, low, medium, info]}";
    let moment = "{type: object, required: [nanos, seconds], properties: {nanos: {type: integer, format: int32}, seconds: \
                  {type: integer, format: int64}}}";
    let result = format!(
        "{{type: object, required: [policy], properties: {{source: {text}, policy: {text}, rule: {text}, category: {text}, \
         severity: {severity}, timestamp: {moment}, result: {status}, scored: {{type: boolean}}, message: {text}, resources: \
         {{type: array, items: {reference}}}, properties: {{type: object, additionalProperties: {text}}}}}}}"
    );
    let limits = format!(
        "{{type: object, properties: {{maxResults: {count}, statusFilter: {{type: array, items: {status}}}}}}}"
    );
    let counts = ["pass", "fail", "warn", "error", "skip"].map(|name| format!("{name}: {count}")).join(", ");
    let schema = format!(
        "{{type: object, properties: {{apiVersion: {text}, kind: {text}, metadata: {{type: object}}, source: {text}, \
         configuration: {{type: object, properties: {{limits: {limits}}}}}, summary: {{type: object, properties: {{{counts}}}}}, \
         results: {{type: array, items: {result}}}}}}}"
    );
    let one = |kind: &str, plural: &str, scope: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.openreports.io}}\n\
             spec:\n  group: openreports.io\n  scope: {scope}\n  names: {{kind: {kind}, plural: {plural}, singular: {}}}\n  \
             versions: [{{name: v1alpha1, served: true, storage: true, schema: {{openAPIV3Schema: {schema}}}}}]\n",
            kind.to_lowercase()
        )
    };
    format!("{}---\n{}", one("Report", "reports", "Namespaced"), one("ClusterReport", "clusterreports", "Cluster"))
}

/// A Deployment that falls short by a value that it leaves out.
fn lax(name: &str) -> String {
    deployment(&GOOD.replace("runAsNonRoot: true, runAsUser: 10001, ", ""))
        .replace("name: d,", &format!("name: {name},"))
}

impl Lab {
    fn report(&self, namespace: &str) -> Option<Json> {
        let shown =
            self.plane.kubectl(&["get", "reports.openreports.io", "speguard", "-n", namespace, "-o", "json"], "");
        shown.status.success().then(|| serde_json::from_slice(&shown.stdout).unwrap())
    }

    /// The report once it holds this many failures.
    fn failing(&self, count: usize) -> Json {
        self.wait_until("the report follows", |lab| {
            lab.report("project-hjerte").is_some_and(|one| one["summary"]["fail"] == count)
        });
        self.report("project-hjerte").unwrap()
    }

    pub(super) fn audits(&self) -> u64 {
        let metrics = self.service.get("/metrics").unwrap();
        let counted = metrics.lines().filter(|line| line.starts_with("speguard_audits_total"));
        counted.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }
}

fn results(report: &Json) -> Vec<Json> {
    report["results"].as_array().cloned().unwrap_or_default()
}

#[test]
fn each_audit_is_told_in_reports_that_change_only_with_it() {
    let Some(plane) = environment("open reports", false) else { return };
    let role = std::process::Command::new(assert_cmd::cargo::cargo_bin("speguard"))
        .args(["rbac", "--watch", "--open-reports", "--name", "guard"])
        .output()
        .unwrap();
    let kubeconfig = plane.account("guard", &String::from_utf8(role.stdout).unwrap());
    let lab = Lab::guard_through(plane, kubeconfig, &["--audit-every", "1", "--open-reports"]);
    // Without the kinds it says so, and goes on.
    lab.wait_until("it is said", |lab| lab.service.output().contains("does not serve `openreports.io/v1alpha1`"));
    lab.plane.apply(&definitions());
    let empty = lab.failing(0);
    assert_eq!(results(&empty).iter().filter(|one| one["result"] == "fail").count(), 0);
    assert!(empty["summary"]["pass"].as_u64() > Some(5), "{empty:#}");
    assert!(lab.report("default").is_some());
    let cluster = lab.plane.must(&["get", "clusterreports.openreports.io", "speguard", "-o", "json"], "");
    let cluster: Json = serde_json::from_str(&cluster).unwrap();
    assert!(cluster["summary"]["pass"].as_u64() > Some(0), "{cluster:#}");

    lab.plane.apply(&lax("lax"));
    let report = lab.failing(1);
    let failing: Vec<Json> = results(&report).into_iter().filter(|one| one["result"] == "fail").collect();
    let one = &failing[0];
    assert_eq!((one["policy"].as_str(), one["severity"].as_str()), (Some("SPE-HRD-01"), Some("high")), "{one:#}");
    let expected = serde_json::json!([{"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "project-hjerte", "name": "lax"}]);
    assert_eq!(one["resources"], expected);
    assert!(
        one["message"].as_str().unwrap().contains("may run as root") && one["timestamp"]["seconds"].as_i64() > Some(0)
    );
    assert_eq!(report["configuration"]["limits"]["maxResults"], 500);

    // Audits that find the same write nothing.
    let audits = lab.audits();
    lab.wait_until("more audits end", |lab| lab.audits() >= audits + 3);
    let later = lab.report("project-hjerte").unwrap();
    assert_eq!(later["metadata"]["resourceVersion"], report["metadata"]["resourceVersion"]);

    // What is new is told beside what was known, which keeps its time.
    lab.plane.apply(&lax("more"));
    let report = lab.failing(2);
    let kept = results(&report).into_iter().find(|one| one["resources"][0]["name"] == "lax").unwrap();
    assert_eq!(kept["timestamp"], one["timestamp"]);
    lab.plane.must(&["delete", "deployment", "lax", "more", "-n", "project-hjerte"], "");
    assert_eq!(results(&lab.failing(0)).iter().filter(|one| one["result"] == "fail").count(), 0);
    assert!(!lab.service.output().contains("forbidden"), "{}", lab.service.output());
}
