//! `scan --cluster --would-deny`: what it foretells is what comes.
use super::{
    table::{GOOD, deployment},
    *,
};
use assert_cmd::cargo::cargo_bin;
use serde_json::Value as Json;
use std::process::Command;

/// Exit code and output.
fn would_deny(plane: &ControlPlane, format: &str, more: &[&str]) -> (i32, String) {
    let description = compliant().join("spe.yaml");
    let mut command = Command::new(cargo_bin("speguard"));
    command.args(["scan", "--cluster", "--would-deny", "--format", format, "--spe"]).arg(description).args(more);
    command.arg("--kubeconfig").arg(plane.kubeconfig()).env_remove("KUBECONFIG").env("LC_ALL", "C");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), text + &String::from_utf8_lossy(&output.stderr))
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// `workload object criterion`; `-` for the Pods that it would make.
fn refused(report: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    for one in report["refused"].as_array().unwrap() {
        for criterion in one["criteria"].as_array().unwrap() {
            let text = |value: &Json| value.as_str().unwrap_or("-").to_owned();
            lines.push([text(&one["workload"]), text(&one["object"]), text(&criterion["criterion"])].join(" "));
        }
    }
    lines
}

/// A template that leaves out a value, which its Pods cannot.
fn legacy() -> String {
    deployment(&GOOD.replace("runAsNonRoot: true, runAsUser: 10001, ", "")).replace("name: d,", "name: legacy,")
}

/// Admission, section 6, number 4: a Deployment from before the webhook lives, and its rollout's Pods come to what was
/// foretold.
#[test]
fn a_workload_from_before_the_webhook_comes_to_what_was_foretold() {
    let Some(plane) = environment("what would be denied", true) else { return };
    let (exit, text) = would_deny(&plane, "json", &[]);
    let report = json(&text);
    assert_eq!(refused(&report), [""; 0], "{text}");
    assert!(report["summary"]["objects"].as_u64() > Some(5) && report["summary"]["templates"].as_u64() > Some(1));
    assert_eq!(exit, 0, "{text}");

    plane.apply(&legacy());
    wait_for(&plane, "its Pod", &["get", "pods", "-n", "project-hjerte", "-l", "app=d", "-o", "name"], |it| {
        it.contains("pod/legacy-")
    });
    let (exit, text) = would_deny(&plane, "json", &[]);
    let report = json(&text);
    assert_eq!(exit, 1, "{text}");
    let lines = refused(&report);
    let pod =
        lines.iter().find(|line| line.contains(" Pod/project-hjerte/legacy-")).unwrap_or_else(|| panic!("{text}"));
    assert!(pod.ends_with(" SPE-HRD-01"), "{pod}");
    // The template alone is warned of; what is foretold is of its Pods.
    let own = "apps/Deployment/project-hjerte/legacy";
    assert_eq!(lines, [pod.clone(), format!("{own} - SPE-HRD-01")], "{text}");
    let made = report["refused"].as_array().unwrap().iter().find(|one| one["object"].is_null()).unwrap();
    assert_eq!(made["criteria"][0]["waiver_resource"], "Pod/project-hjerte/legacy-*");
    let (exit, words) = would_deny(&plane, "text", &[]);
    let holds =
        ["project-hjerte\n", "apps/Deployment legacy", "refused: Pods that it makes", "Pod/project-hjerte/legacy-*"];
    assert!(exit == 1 && holds.iter().all(|one| words.contains(one)), "{words}");
    waived(&plane);

    let lab = Lab::guard(plane, &[]);
    lab.plane.must(&["annotate", "deployment", "legacy", "-n", "project-hjerte", "note=new"], "");
    lab.plane.must(&["rollout", "restart", "deployment/legacy", "-n", "project-hjerte"], "");
    let conditions =
        ["get", "replicasets", "-n", "project-hjerte", "-o", "jsonpath={.items[*].status.conditions[*].message}"];
    let denial =
        wait_for(&lab.plane, "the rollout's Pods are denied", &conditions, |it| it.contains("denied the request"));
    assert!(denial.contains("by one criterion"), "{denial}");
    for finding in made["criteria"][0]["findings"].as_array().unwrap() {
        assert!(denial.contains(finding["message"].as_str().unwrap()), "{finding} is not in {denial}");
    }
    // The Pod from before still runs.
    let pods = lab.plane.must(&["get", "pods", "-n", "project-hjerte", "-l", "app=d", "-o", "name"], "");
    assert_eq!(pods.lines().count(), 1, "{pods}");
}

/// What waivers cover is counted and no more refused.
fn waived(plane: &ControlPlane) {
    let folder = tempfile::tempdir().unwrap();
    let waiver = "apiVersion: speguard.io/v1alpha1\nkind: Waiver\nmetadata: {name: legacy}\nspec:\n  criterion: SPE-HRD-01\n  \
                  resources: [Pod/project-hjerte/legacy-*]\n  reason: is replaced in spring\n  owner: Kari Nordmann\n  \
                  approver: Ola Nordmann\n  granted: 2026-11-01\n  expires: 2027-03-01\n";
    std::fs::write(folder.path().join("waiver.yaml"), waiver).unwrap();
    let at = ["--at", "2026-11-24T12:00:00Z", folder.path().to_str().unwrap()];
    let (exit, text) = would_deny(plane, "json", &at);
    let report = json(&text);
    assert_eq!((exit, report["summary"]["waived"].as_u64()), (0, Some(2)), "{text}");
    let later = ["--at", "2027-03-02T12:00:00Z", folder.path().to_str().unwrap()];
    assert_eq!(would_deny(plane, "json", &later).0, 1);
}

/// A kind that may not be listed: nothing is called good.
#[test]
fn what_may_not_be_listed_is_not_established() {
    let Some(plane) = environment("what would be denied, half seen", false) else { return };
    let role = Command::new(cargo_bin("speguard")).args(["rbac", "--name", "half"]).output().unwrap();
    let role = String::from_utf8(role.stdout).unwrap().replace("deployments", "deployments-not");
    let half = plane.account("half", &role);
    let (exit, text) = would_deny(&plane, "json", &["--context", "control-plane"]);
    assert_eq!(exit, 0, "{text}");
    let mut command = Command::new(cargo_bin("speguard"));
    command.args(["scan", "--cluster", "--would-deny", "--spe"]).arg(compliant().join("spe.yaml"));
    let output = command.arg("--kubeconfig").arg(half).env_remove("KUBECONFIG").env("LC_ALL", "C").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("`deployments.apps` may not be listed"), "{text}");
    // A policy is ruled on as if it were not there yet, and nobody else.
    plane.apply(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: project-hjerte}\nspec: \
         {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}\n",
    );
    let (exit, text) = would_deny(&plane, "json", &[]);
    let (policy, workload) =
        ("networking.k8s.io/NetworkPolicy/project-hjerte/open", "apps/Deployment/project-hjerte/notebook");
    let lines = [
        format!("{workload} {workload} SPE-NET-02"),
        format!("{workload} - SPE-NET-02"),
        format!("{policy} {policy} SPE-NET-02"),
    ];
    assert_eq!((exit, refused(&json(&text))), (1, lines.into()), "{text}");
    // Misuse is said.
    let output = Command::new(cargo_bin("speguard")).args(["scan", "--would-deny", "."]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
