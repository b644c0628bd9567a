//! `init`, `waiver` and `attest` from the command line.
use assert_cmd::Command;
use std::fs;
use tempfile::TempDir;

const WAIVER: &str = "\
apiVersion: speguard.io/v1alpha1
kind: Waiver
metadata:
  name: notebook-port
spec:
  criterion: SPE-NET-02
  resources: ['apps/Deployment/a/*']
  reason: moved in spring
  owner: Kari
  approver: Ola
  granted: 2026-01-01
  expires: 2026-06-01
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Exit code, standard output and standard error of a run in a folder.
fn speguard(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("speguard")
        .unwrap()
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn init_writes_a_description_once() {
    let repository = folder(&[("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: project-a\n")]);
    assert_eq!(speguard(&repository, &["init"]).0, 0);
    let written = fs::read_to_string(repository.path().join("spe.yaml")).unwrap();
    assert!(written.contains("    - name: project-a\n"), "{written}");
    let (code, _, said) = speguard(&repository, &["init"]);
    assert_eq!(code, 2);
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(fs::read_to_string(repository.path().join("spe.yaml")).unwrap(), written);
}

#[test]
fn init_can_print_instead_and_speaks_norwegian() {
    let repository = folder(&[]);
    let (code, printed, _) = speguard(&repository, &["init", "--stdout", "--lang", "nb"]);
    assert_eq!(code, 0);
    assert!(printed.starts_with("# Det som gjelder for dette analyserommet."), "{printed}");
    assert!(!repository.path().join("spe.yaml").exists());
}

#[test]
fn what_init_writes_is_read_without_a_problem() {
    let repository = folder(&[
        ("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: 'on'\n  labels: {team/project: x}\n"),
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a}\nspec: {containers: [{name: c, image: r.example/x}]}\n",
        ),
    ]);
    assert_eq!(speguard(&repository, &["init"]).0, 0);
    let (code, said, error) = speguard(&repository, &["attest", "check", "--format", "json"]);
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
    let (_, printed, _) = speguard(&repository, &["scan", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(report["problems"], serde_json::json!([]));
}

#[test]
fn nothing_to_list_is_said() {
    let repository = folder(&[]);
    let said = |arguments: &[&str]| speguard(&repository, arguments);
    assert_eq!(said(&["waiver", "check"]), (0, "no waivers were found\n".to_owned(), String::new()));
    assert_eq!(said(&["attest", "list", "--lang", "nb"]), (0, "fant ingen erklæringer\n".to_owned(), String::new()));
}

#[test]
fn a_waiver_is_in_order_until_it_expires() {
    let repository = folder(&[("w.yaml", WAIVER)]);
    let list = |at: &str, verb: &str| speguard(&repository, &["waiver", verb, "--at", at]);
    let (code, said, _) = list("2026-05-01T00:00:00Z", "list");
    let title = "SPE-NET-02 No direct outbound access to the internet";
    assert_eq!(code, 0);
    assert_eq!(said.lines().count(), 2, "{said}");
    for part in ["notebook-port", title, "Kari", "Ola", "2026-01-01", "2026-06-01", "in force", "w.yaml:1"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(list("2026-06-02T00:00:00Z", "list").0, 0);
    let (code, said, _) = list("2026-06-02T00:00:00Z", "check");
    assert_eq!(code, 1);
    assert!(said.contains("expired"), "{said}");
    assert!(list("2026-05-01T00:00:00Z", "check").1.contains("covers nothing"));
}

#[test]
fn a_void_waiver_is_said_with_its_line() {
    let repository = folder(&[("w.yaml", &WAIVER.replace("Ola", "kari"))]);
    let (code, said, _) = speguard(&repository, &["waiver", "check"]);
    assert_eq!(code, 1);
    assert!(said.contains("w.yaml:10: `Kari` approves their own waiver"), "{said}");
}
