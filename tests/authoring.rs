//! What someone who writes criteria runs: `speguard criteria` and `speguard test`.
use assert_cmd::Command;
use std::fs;

fn speguard(arguments: &[&str]) -> (i32, String, String) {
    let output =
        Command::cargo_bin("speguard").unwrap().args(arguments).env("LANG", "C").env_remove("LC_ALL").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_criterion_is_listed_on_a_line_in_either_language() {
    let (code, english, _) = speguard(&["criteria", "list"]);
    assert_eq!((code, english.lines().count()), (0, 60));
    assert!(english.contains("SPE-NET-02  minimum     critical kubernetes"), "{english}");
    assert!(english.contains("No direct outbound access to the internet"), "{english}");
    let (_, norwegian, _) = speguard(&["criteria", "list", "--lang", "nb"]);
    assert!(norwegian.contains("Ingen direkte utgående tilgang til internett"), "{norwegian}");
}

#[test]
fn a_criterion_is_shown_by_its_id_or_its_name() {
    let (code, by_id, _) = speguard(&["criteria", "show", "spe-net-02"]);
    assert_eq!(code, 0);
    assert!(by_id.starts_with("SPE-NET-02  No direct outbound access to the internet\n"), "{by_id}");
    let (_, by_name, _) = speguard(&["criteria", "show", "no_internet_egress"]);
    assert_eq!(by_id, by_name);
    let (code, _, error) = speguard(&["criteria", "show", "SPE-XXX-99"]);
    assert_eq!(code, 2);
    assert_eq!(error, "error: there is no criterion `SPE-XXX-99`\n\nhint: `speguard criteria list` names them all\n");
}

#[test]
fn a_new_criterion_works_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let (code, written, error) = speguard(&["criteria", "new", "network", "owners_are_named", "--in", path]);
    assert_eq!((code, written.lines().count()), (0, 6), "{error}");
    let rules = folder.path().join("policies/network/owners_are_named");
    assert!(fs::read_to_string(rules.join("criterion.yaml")).unwrap().starts_with("id: SPE-NET-06\n"));
    let (code, text, error) = speguard(&["test", path]);
    let shown = text.replace(path, "DIR");
    assert_eq!(code, 0, "{text}{error}");
    insta::assert_snapshot!(shown, @r"
    tests of rules: 5 hold, 0 do not
    cases: 3 agree, 0 do not
    coverage: 0 of 1 files below 80 %
      100 %  DIR/policies/network/owners_are_named/kubernetes.rego
    ");
    let (code, _, error) = speguard(&["criteria", "new", "network", "owners_are_named", "--in", path]);
    assert_eq!(code, 2);
    assert!(error.contains("exists already"), "{error}");
}

#[test]
fn a_rule_that_is_wrong_fails_its_tests_and_its_cases() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    speguard(&["criteria", "new", "network", "owners_are_named", "--in", path]);
    let rule = folder.path().join("policies/network/owners_are_named/kubernetes.rego");
    let wrong = fs::read_to_string(&rule).unwrap().replace("\"\") == \"\"", "\"none\") == \"\"");
    fs::write(&rule, wrong).unwrap();
    let (code, text, _) = speguard(&["test", path]);
    assert_eq!(code, 1);
    assert!(text.contains("tests of rules: 3 hold, 2 do not"), "{text}");
    assert!(text.contains("breaks/no_owner_is_named.yaml` comes to met"), "{text}");
}

#[test]
fn lines_that_no_test_runs_fail_the_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    speguard(&["criteria", "new", "network", "owners_are_named", "--in", path]);
    let rule = folder.path().join("policies/network/owners_are_named/kubernetes.rego");
    let idle = fs::read_to_string(&rule).unwrap() + "\nidle(x) if {\n\tx > 1\n\tx > 2\n\tx > 3\n\tx > 4\n}\n";
    fs::write(&rule, idle).unwrap();
    let (code, text, _) = speguard(&["test", path]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("coverage: 1 of 1 files below 80 %"), "{text}");
    let (code, text, _) = speguard(&["test", path, "--coverage-min", "50"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn names_of_folders_are_held_to_their_form() {
    let (code, _, error) = speguard(&["criteria", "new", "../outside", "x"]);
    assert_eq!(code, 2);
    assert!(error.contains("`../outside` is no name for a folder of rules"), "{error}");
}
