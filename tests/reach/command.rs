//! `speguard reach` as a person or a pipeline calls it.
use super::{POD, policies};
use assert_cmd::Command;
use std::fs;
use tempfile::TempDir;

/// A folder with one file; `.git` makes it the repository that paths are relative to.
fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join("a.yaml"), text).unwrap();
    folder
}

fn reach(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("speguard").unwrap();
    let output =
        command.current_dir(folder.path()).args(["reach", "."]).args(arguments).env("LC_ALL", "C").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const TO_ONE: &str = "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 8.8.8.8/32}}], ports: [{port: 443}]}]}";
const CLOSED: &str = "{podSelector: {}, policyTypes: [Egress]}";

#[test]
fn open_is_exit_1_with_the_rule_and_its_line() {
    let (code, out, _) = reach(&folder(&policies(&[TO_ONE])), &["--to", "internet", "--explain"]);
    insta::assert_snapshot!(out, @r"
    Pod/a/p  open
      8.8.8.8/32 on tcp/443
        --> a.yaml:5  Pod/a/p spec
        --> a.yaml:10  networking.k8s.io/NetworkPolicy/a/n0 spec.egress[0].to[0]

    internet: 1 open, 0 unknown, 0 closed
    ");
    assert_eq!(code, 1);
}

#[test]
fn people_are_answered_in_their_language() {
    let (_, out, _) = reach(&folder(POD), &["--lang", "nb"]);
    insta::assert_snapshot!(out, @r"
    Pod/a/p  åpen
      0.0.0.0/0, ::/0 på alle porter
        --> a.yaml:5  Pod/a/p spec

    internet: 1 åpen, 0 ukjent, 0 lukket
    ");
}

#[test]
fn closed_is_exit_0_and_unknown_is_exit_3() {
    let closed = folder(&policies(&[CLOSED]));
    let (code, out, _) = reach(&closed, &[]);
    assert_eq!((code, out.as_str()), (0, "internet: 0 open, 0 unknown, 1 closed\n"));
    let unknown = folder(&policies(&["{podSelector: 5, policyTypes: [Egress]}"]));
    assert_eq!(reach(&unknown, &[]).0, 3);
}

#[test]
fn a_source_that_was_not_read_keeps_the_whole_from_being_closed() {
    let folder = folder(&policies(&[CLOSED]));
    fs::write(folder.path().join("broken.yaml"), "apiVersion: v1\nkind: [").unwrap();
    let (code, out, _) = reach(&folder, &[]);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("`broken.yaml` could not be read and may hold a policy for it"), "{out}");
}

#[test]
fn nothing_to_ask_about_is_not_closed() {
    assert_eq!(reach(&folder("a: b\n"), &[]).0, 3);
}

#[test]
fn a_range_is_asked_about_as_it_is() {
    let folder = folder(&policies(&[TO_ONE]));
    assert_eq!(reach(&folder, &["--to", "8.8.8.0/24"]).0, 1);
    assert_eq!(reach(&folder, &["--to", "9.9.9.0/24"]).0, 0);
    let (code, _, error) = reach(&folder, &["--to", "example.org"]);
    assert_eq!(code, 2);
    assert!(error.contains("`--to` is `internet`, `project:NAME` or a range such as 192.0.2.0/24"), "{error}");
}

#[test]
fn a_project_is_asked_about_by_its_name() {
    let other = POD.replace("namespace: a", "namespace: b");
    let folder = folder(&(policies(&[]) + "---" + &other));
    let (code, out, _) = reach(&folder, &["--to", "project:b", "--explain"]);
    insta::assert_snapshot!(out, @r"
    Pod/a/p  open
      b on all ports
        --> a.yaml:5  Pod/a/p spec
        --> a.yaml:10  Pod/b/p spec

    Pod/b/p  closed

    project:b: 1 open, 0 unknown, 1 closed
    ");
    assert_eq!(code, 1);
    let (code, _, error) = reach(&folder, &["--to", "project:c"]);
    assert_eq!((code, error.as_str()), (2, "error: no project is called `c`; there are: a, b\n"));
}

#[test]
fn one_workload_can_be_asked_about_by_any_end_of_its_name() {
    let other = POD.replace("name: p", "name: q").replace("app: web", "app: other");
    let closed = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}";
    let folder = folder(&(policies(&[closed]) + "---" + &other));
    for name in ["p", "a/p", "Pod/a/p"] {
        assert_eq!(reach(&folder, &["--from", name]).0, 0, "{name}");
    }
    assert_eq!(reach(&folder, &["--from", "q"]).0, 1);
    let (code, _, error) = reach(&folder, &["--from", "missing"]);
    assert_eq!((code, error.as_str()), (2, "error: no workload is called `missing`; there are: Pod/a/p, Pod/a/q\n"));
}

#[test]
fn json_has_the_place_of_every_way() {
    let (code, out, _) = reach(&folder(&policies(&[TO_ONE])), &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let at = "networking.k8s.io/NetworkPolicy/a/n0";
    let path = serde_json::json!(["spec", "egress", 0, "to", 0]);
    let expected = serde_json::json!({
        "version": 1, "to": "internet", "answer": "open", "problems": [],
        "workloads": [{"workload": "Pod/a/p", "root": ".", "answer": "open", "ways": [{
            "answer": "open", "to": "8.8.8.8/32", "ports": "tcp/443",
            "at": at, "path": path, "file": "a.yaml", "line": 10,
            "witness": [
                {"at": "Pod/a/p", "path": ["spec"], "file": "a.yaml", "line": 5},
                {"at": at, "path": path, "file": "a.yaml", "line": 10},
            ],
        }]}],
    });
    assert_eq!((code, json), (1, expected));
}
