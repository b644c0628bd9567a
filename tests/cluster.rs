//! A live cluster, scanned: against a real API server and etcd. Where they cannot be had, each test says that it is
//! skipped.
use crate::{
    criteria::{BUNDLE, CASES, Tried, place_of},
    support::control_plane::{ControlPlane, manifests},
};
use assert_cmd::Command;
use serde_json::Value as Json;
use std::{collections::BTreeSet, path::Path};

mod agreement;
mod crds;
#[cfg(feature = "serve")]
mod doors;

const AT: &str = "2026-11-24T12:00:00Z";

/// `speguard scan --cluster` as a shell runs it.
struct Run {
    code: i32,
    out: String,
    error: String,
}

fn scan(kubeconfig: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::cargo_bin("speguard").unwrap();
    command.args(["scan", "--cluster", "--at", AT, "--kubeconfig"]).arg(kubeconfig).args(arguments);
    let output = command.env_remove("KUBECONFIG").env_remove("RUST_BACKTRACE").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), out: text(output.stdout), error: text(output.stderr) }
}

impl Run {
    fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.error))
    }
}

/// `criterion address verdict reasons…` of every judgement.
fn said(report: &Json) -> BTreeSet<String> {
    let judgements = report["judgements"].as_array().unwrap().iter();
    let line = |one: &Json| {
        let all = one["findings"].as_array().unwrap().iter().chain(one["unknown"].as_array().unwrap());
        let reasons: BTreeSet<&str> = all.map(|finding| finding["reason"].as_str().unwrap()).collect();
        format!(
            "{} {} {} {}",
            one["criterion"].as_str().unwrap(),
            one["resource"]["address"].as_str().unwrap(),
            one["verdict"].as_str().unwrap(),
            reasons.into_iter().collect::<Vec<_>>().join(",")
        )
    };
    judgements.map(line).collect()
}

#[test]
fn an_account_that_may_list_what_rbac_prints_reads_everything() {
    let Some(plane) = ControlPlane::start("the role of `speguard rbac`") else { return };
    let role = Command::cargo_bin("speguard").unwrap().args(["rbac", "--name", "reader"]).output().unwrap();
    assert_eq!(role.status.code(), Some(0));
    let role = String::from_utf8(role.stdout).unwrap();
    assert!(!role.contains("secrets"), "{role}");
    let kubeconfig = plane.account("reader", &role);
    let report = scan(&kubeconfig, &["--format", "json"]).json();
    assert_eq!(report["problems"], Json::Array(Vec::new()));
    assert!(report["kinds_unseen"].as_array().unwrap().contains(&"Secret".into()));
    assert_eq!(report["tool"]["kubernetes"], "v1.36.3");
}

#[test]
fn a_kind_that_may_not_be_listed_leaves_its_criteria_undetermined() {
    let Some(plane) = ControlPlane::start("a kind that may not be listed") else { return };
    plane.apply(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: p, labels: {spe/project: p}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {name: w, namespace: p}\nspec: {containers: [{name: c, image: i}]}\n",
    );
    let role = Command::cargo_bin("speguard").unwrap().args(["rbac", "--name", "reader"]).output().unwrap();
    let role = String::from_utf8(role.stdout).unwrap().replace("networkpolicies", "networkpolicies-not");
    let kubeconfig = plane.account("reader", &role);
    let run = scan(&kubeconfig, &["--format", "json", "--all"]);
    let report = run.json();
    let problem = &report["problems"][0];
    assert_eq!(problem["file"], "/apis/networking.k8s.io/v1/networkpolicies");
    let cause = problem["cause"].as_str().unwrap();
    assert!(
        cause.contains("grant `list` on resources [\"networkpolicies\"] of apiGroups [\"networking.k8s.io\"]"),
        "{cause}"
    );
    let said = said(&report);
    for expected in [
        // Nothing isolates them, as far as was read.
        "SPE-NET-02 Pod/p/w undetermined",
        "SPE-NET-01 Pod/p/w undetermined",
        "SPE-NET-01 Namespace/p undetermined",
        // Objects of the kind are judged themselves, and none could be.
        "SPE-NET-01 speguard/Environment/environment undetermined not_listed",
    ] {
        assert!(said.iter().any(|line| line.starts_with(expected)), "`{expected}` is not in {said:#?}");
    }
    // Nothing that rests on the kind is met.
    assert!(!said.iter().any(|line| line.starts_with("SPE-NET-01") && line.contains(" met")), "{said:#?}");
}

#[test]
fn what_cannot_be_asked_ends_with_2_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let of = |server: &str| {
        format!(
            "apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
             users: [{{name: u, user: {{token: secret-token}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
             current-context: c\n"
        )
    };
    // A port that was free a moment ago: nothing answers.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let closed = write("closed", &of(&format!("https://127.0.0.1:{port}")));
    for (kubeconfig, arguments, words) in [
        (closed.clone(), &[][..], "cannot be asked"),
        (folder.path().join("absent"), &[][..], "no cluster to read"),
        (write("broken", "{"), &[][..], "no cluster to read"),
        (closed, &["--context", "other"][..], "no cluster to read"),
    ] {
        let run = scan(&kubeconfig, arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.error);
        assert!(run.error.contains(words), "{}", run.error);
        assert!(!run.error.contains("secret-token"), "{}", run.error);
    }
}

#[test]
fn a_recorded_scan_needs_the_name_of_the_cluster() {
    let Some(plane) = ControlPlane::start("a recorded scan of a cluster") else { return };
    let lab = crate::evidence_scan::Lab::new();
    let log = lab.folder.path().join("log");
    let log = log.to_str().unwrap();
    let keys = lab.folder.path().join("state");
    let run = |scope: &[&str]| {
        let mut command = Command::cargo_bin("speguard").unwrap();
        command.args(["scan", "--cluster", "--log", log, "--kubeconfig"]).arg(plane.kubeconfig()).args(scope);
        command.env("XDG_STATE_HOME", &keys).env("RUST_BACKTRACE", "0");
        command.output().unwrap()
    };
    let nameless = run(&[]);
    assert_eq!(nameless.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nameless.stderr).contains("--scope NAME"));
    let named = run(&["--scope", "cluster-a"]);
    assert_eq!(named.status.code(), Some(1), "{}", String::from_utf8_lossy(&named.stderr));
    assert!(String::from_utf8_lossy(&named.stdout).contains("recorded"));
}
