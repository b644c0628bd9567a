//! Descriptions, waivers and attestations as objects of a cluster: the API server takes their definitions and refuses what
//! no file may say, and a scan reads them as it reads files.
use super::scan;
use crate::support::control_plane::ControlPlane;
use assert_cmd::Command;
use serde_json::Value as Json;
use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

const KINDS: [&str; 3] = ["secureprocessingenvironments", "waivers", "attestations"];

/// A control plane that serves the three kinds.
fn plane(test: &str) -> Option<ControlPlane> {
    let plane = ControlPlane::start(test)?;
    let output = Command::cargo_bin("speguard").unwrap().arg("crds").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    plane.must(&["apply", "--server-side", "--validate=strict", "-f", "-"], &String::from_utf8(output.stdout).unwrap());
    for kind in KINDS {
        plane.must(&["wait", "--for=condition=Established", &format!("crd/{kind}.speguard.io")], "");
    }
    Some(plane)
}

/// The documents of the fixtures that state something: those of the compliant environment, and every waiver.
fn stated() -> Vec<String> {
    let mut open = vec![PathBuf::from("fixtures/environments"), PathBuf::from("fixtures/evidence")];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path).unwrap();
            let is_compliant = path.starts_with("fixtures/environments/compliant");
            let is_ours = |one: &&str| {
                one.contains("apiVersion: speguard.io/")
                    && (is_compliant && !one.contains("kind: Profile") || one.contains("kind: Waiver"))
            };
            found.extend(text.split("\n---").filter(is_ours).map(str::to_owned));
        }
    }
    found
}

fn apply(plane: &ControlPlane, object: &str) -> std::process::Output {
    plane.kubectl(&["apply", "--server-side", "--validate=strict", "-f", "-"], object)
}

const WAIVER: &str = "apiVersion: speguard.io/v1alpha1
kind: Waiver
metadata: {name: bounds}
spec: {criterion: SPE-SEP-01, resources: [Namespace/p], reason: r, owner: Kari Nordmann, approver: Ola Nordmann, granted: 2026-11-01, expires: 2027-03-01}
";

const DESCRIPTION: &str = "apiVersion: speguard.io/v1alpha1
kind: SecureProcessingEnvironment
metadata: {name: demo, labels: {a: b}}
spec: {projects: [{name: p, permit: P-1, namespaces: [p]}], network_plugin: cilium, waivers: waivers}
";

#[test]
fn a_real_api_server_takes_the_definitions_and_every_statement_of_the_fixtures() {
    let Some(plane) = plane("the definitions of `speguard crds`") else { return };
    for kind in KINDS {
        let crd: Json =
            serde_json::from_str(&plane.must(&["get", "crd", &format!("{kind}.speguard.io"), "-o", "json"], ""))
                .unwrap();
        let conditions = crd["status"]["conditions"].as_array().unwrap();
        let holds = |name: &str| conditions.iter().any(|one| one["type"] == name && one["status"] == "True");
        assert!(holds("Established") && holds("NamesAccepted") && !holds("NonStructuralSchema"), "{conditions:#?}");
        // The API server describes a kind some time after it serves it.
        let until = Instant::now() + Duration::from_secs(30);
        let spec = format!("{kind}.spec");
        while !plane.kubectl(&["explain", &spec], "").status.success() && Instant::now() < until {
            thread::sleep(Duration::from_millis(300));
        }
        let said = plane.must(&["explain", &spec], "");
        assert!(said.contains("FIELDS"), "{said}");
    }
    let stated = stated();
    for kind in ["SecureProcessingEnvironment", "Waiver", "Attestation"] {
        assert!(stated.iter().any(|one| one.contains(&format!("kind: {kind}"))), "no {kind} in the fixtures");
    }
    for object in &stated {
        let output = apply(&plane, object);
        assert!(output.status.success(), "{}\n{object}", String::from_utf8_lossy(&output.stderr));
    }
    let shown = plane.must(&["get", "waivers"], "");
    for column in ["CRITERION", "EXPIRES", "OWNER", "APPROVER"] {
        assert!(shown.lines().next().unwrap().contains(column), "{shown}");
    }
    assert!(plane.must(&["get", "attestations"], "").contains("VERDICT"));
    assert!(plane.must(&["get", "spe"], "").contains("PROFILE"));
}

#[test]
fn the_api_server_refuses_what_no_file_may_say() {
    let Some(plane) = plane("wrong statements as objects") else { return };
    for (right, wrong, words) in [
        (WAIVER, ("expires: 2027-03-01", "expires: next year"), "spec.expires"),
        (WAIVER, (", approver: Ola Nordmann", ""), "spec.approver"),
        (WAIVER, ("resources: [Namespace/p]", "resources: []"), "spec.resources"),
        (DESCRIPTION, ("network_plugin: cilium", "network_plugin: 1"), "spec.network_plugin"),
        (DESCRIPTION, ("network_plugin: cilium", "complete: [everything]"), "spec.complete"),
        (
            DESCRIPTION,
            ("network_plugin: cilium", "allowed_destinations: [{owner: o, reason: r, expires: 2027-01-01}]"),
            "spec.allowed_destinations",
        ),
        (
            DESCRIPTION,
            (
                "network_plugin: cilium",
                "allowed_destinations: [{host: a.no, cidr: 192.0.2.0/24, owner: o, reason: r, expires: 2027-01-01}]",
            ),
            "spec.allowed_destinations",
        ),
    ] {
        assert!(right.contains(wrong.0));
        let output = apply(&plane, &right.replace(wrong.0, wrong.1));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(words), "{}: {said}", wrong.1);
    }
}

#[test]
fn a_scan_reads_them_where_no_file_states_any() {
    let Some(plane) = plane("statements in a cluster") else { return };
    plane.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: p, labels: {spe/project: p}}\n");
    let arguments = ["--format", "json", "--all"];
    let bounds = |report: &Json| {
        let judgements = report["judgements"].as_array().unwrap().clone();
        judgements
            .into_iter()
            .find(|one| one["criterion"] == "SPE-SEP-01" && one["resource"]["address"] == "Namespace/p")
    };
    assert!(apply(&plane, DESCRIPTION).status.success());
    let described = scan(&plane.kubeconfig(), &arguments).json();
    assert_eq!(described["problems"], Json::Array(Vec::new()));
    let breach = bounds(&described).unwrap();
    assert_eq!((&breach["verdict"], &breach["waiver"]), (&Json::from("not_met"), &Json::Null), "{breach:#}");

    // A waiver, in the cluster as well; the folder of the description is one of files.
    assert!(apply(&plane, WAIVER).status.success());
    let waived = scan(&plane.kubeconfig(), &arguments).json();
    assert_eq!(waived["problems"], Json::Array(Vec::new()));
    assert!(!bounds(&waived).unwrap()["waiver"].is_null(), "{:#}", bounds(&waived).unwrap());

    // Files go before the cluster, kind by kind, and it is said.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spe.yaml");
    fs::write(&file, DESCRIPTION.replace(", waivers: waivers", "")).unwrap();
    let filed = scan(&plane.kubeconfig(), &[&arguments[..], &["--spe", file.to_str().unwrap()]].concat()).json();
    let problems = filed["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0]["file"], "/apis/speguard.io/v1alpha1/secureprocessingenvironments/demo");
    assert!(problems[0]["cause"].as_str().unwrap().contains("go before the cluster"));
    assert!(!bounds(&filed).unwrap()["waiver"].is_null());

    // An unknown key is not taken away in silence: a permission without its narrowing key would be a wider one.
    let slip = DESCRIPTION.replace(
        "network_plugin: cilium",
        "allowed_destinations: [{host: a.no, port: tcp/443, owner: o, reason: r, expires: 2027-01-01}]",
    );
    assert!(apply(&plane, &slip).status.success());
    let slipped = scan(&plane.kubeconfig(), &arguments).json();
    let cause = slipped["problems"][0]["cause"].as_str().unwrap();
    assert!(cause.contains("unknown key `spec.allowed_destinations[0].port`"), "{cause}");

    // Which of two counts nobody can tell.
    assert!(apply(&plane, &DESCRIPTION.replace("name: demo", "name: other")).status.success());
    let torn = scan(&plane.kubeconfig(), &arguments);
    assert_eq!((torn.code, torn.out.as_str()), (2, ""), "{}", torn.error);
    for name in ["demo", "other"] {
        let place = format!("`/apis/speguard.io/v1alpha1/secureprocessingenvironments/{name}`");
        assert!(torn.error.contains("two descriptions") && torn.error.contains(&place), "{}", torn.error);
    }
}
