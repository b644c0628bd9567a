//! What becomes of files: read, passed over, or a problem with its place. Through `collect` and `normalise`.
use speguard::{
    collect::{self, CollectError, Request},
    model::{Environment, Problem, Resource},
    normalise::{self, Options},
};
use std::{fs, os::unix::fs::symlink, path::Path, process::Command};
use tempfile::TempDir;

/// A repository with these files.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        write(folder.path(), path, text.as_bytes());
    }
    folder
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn read(folder: &Path) -> Environment {
    let request = Request { paths: vec![folder.to_owned()], ..Request::default() };
    let collected = collect::files(&request).unwrap();
    let options = Options { roots: vec![".".into()], ..Options::default() };
    normalise::environment(&collected.documents, collected.problems, &options).unwrap().environment
}

fn read_files(files: &[(&str, &str)]) -> Environment {
    read(repository(files).path())
}

/// Every resource but the Environment itself: address, file, line.
fn resources(environment: &Environment) -> Vec<(String, String, u32)> {
    let shown = |of: &Resource| (of.id.full(), of.origin.path().to_string(), of.origin.mark().line);
    environment.all().filter(|of| !of.id.kind.starts_with("speguard/")).map(shown).collect()
}

fn problems(environment: &Environment) -> Vec<(String, u32, String)> {
    let shown = |of: &Problem| (of.origin.path().to_string(), of.origin.mark().line, of.cause.clone());
    environment.problems.iter().map(shown).collect()
}

fn expected<const N: usize>(rows: [(&str, &str, u32); N]) -> Vec<(String, String, u32)> {
    rows.map(|(address, file, line)| (address.to_owned(), file.to_owned(), line)).to_vec()
}

fn told<const N: usize>(rows: [(&str, u32, &str); N]) -> Vec<(String, u32, String)> {
    rows.map(|(file, line, cause)| (file.to_owned(), line, cause.to_owned())).to_vec()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: a}\nspec: {containers: []}\n";

#[test]
fn kubernetes_objects_are_read_from_yaml_json_and_lists() {
    let environment = read_files(&[
        (
            "a.yaml",
            "# a comment\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: d}\n",
        ),
        (
            "b.json",
            "{\n \"kind\": \"List\", \"apiVersion\": \"v1\", \"items\": [\n  {\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"s\", \"namespace\": \"a\"}}\n]}",
        ),
        (
            "c.yml",
            "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: p, namespace: a}\n- metadata: {generateName: q-, namespace: a}\n",
        ),
        (
            "sub/encryption.yaml",
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: []\n",
        ),
        ("values.yaml", "image: {tag: 1}\n"),
        ("package.json", "{\"name\": \"x\"}"),
    ]);
    let rows = expected([
        ("Namespace/a", "a.yaml", 3),
        ("Pod/a/", "c.yml", 5),
        ("Pod/a/p", "c.yml", 4),
        ("Service/a/s", "b.json", 3),
        ("apiserver.config.k8s.io/EncryptionConfiguration/sub/encryption.yaml", "sub/encryption.yaml", 1),
        ("apps/Deployment/?/d", "a.yaml", 7),
    ]);
    assert_eq!((resources(&environment), problems(&environment)), (rows, vec![]));
}

#[test]
fn a_bad_document_is_a_problem_with_its_place_and_the_rest_is_read() {
    let text = format!("{POD}---\nspec: {{a: [1\n---\nkind: Service\nmetadata: {{name: x}}\n");
    let environment =
        read_files(&[("a.yaml", &text), ("b.json", "{\"a\": 1,\n \"b\" 2}"), ("c.tmpl.yaml", "{{ x }}: 1\n")]);
    assert_eq!(resources(&environment), expected([("Pod/a/web", "a.yaml", 1)]));
    let rows = told([
        ("a.yaml", 6, "malformed YAML: unclosed bracket '['"),
        ("a.yaml", 8, "a Kubernetes object without `apiVersion`: add it"),
        ("b.json", 2, "malformed JSON: expected `:`, found `2`"),
        ("c.tmpl.yaml", 1, "a key is a list or a map (an unquoted `{{ … }}`?)"),
    ]);
    assert_eq!(problems(&environment), rows);
    assert!(environment.problems.iter().all(|problem| problem.hides.is_some()));
}

#[test]
fn ignored_and_hidden_files_are_passed_over() {
    let environment = read_files(&[
        (".gitignore", "out/\n"),
        (".speguardignore", "examples/**\n"),
        ("out/a.yaml", "broken: ["),
        ("examples/a.yaml", "broken: ["),
        (".github/workflows/ci.yaml", "broken: ["),
        (".git/config.yaml", "broken: ["),
        ("README.md", "broken: ["),
        ("web.yaml", POD),
    ]);
    assert_eq!((resources(&environment), problems(&environment)), (expected([("Pod/a/web", "web.yaml", 1)]), vec![]));
}

#[test]
fn links_pipes_and_huge_files_are_not_opened() {
    let outside = repository(&[("secret.yaml", POD)]);
    let folder = repository(&[("web.yaml", POD)]);
    let path = folder.path();
    symlink(outside.path().join("secret.yaml"), path.join("a-out.yaml")).unwrap();
    symlink(outside.path(), path.join("b-folder")).unwrap();
    symlink(path.join("nowhere"), path.join("c-broken.yaml")).unwrap();
    symlink(path.join("web.yaml"), path.join("d-inside.yaml")).unwrap();
    symlink(path, path.join("e-loop")).unwrap();
    assert!(Command::new("mkfifo").arg(path.join("f-pipe.yaml")).status().unwrap().success());
    fs::File::create(path.join("g-huge.yaml")).unwrap().set_len(500 * 1024 * 1024).unwrap();
    let environment = read(path);
    assert_eq!(resources(&environment), expected([("Pod/a/web", "web.yaml", 1)]));
    let out = "a link that leads out of what is scanned: not followed; name its target too";
    let rows = told([
        ("a-out.yaml", 1, out),
        ("b-folder", 1, out),
        ("c-broken.yaml", 1, "a broken link: what it should show is not read"),
        ("f-pipe.yaml", 1, "not a regular file: not opened"),
        ("g-huge.yaml", 1, "larger than 64 MiB: not read"),
    ]);
    assert_eq!(problems(&environment), rows);
}

#[test]
fn a_path_that_does_not_exist_is_misuse() {
    let folder = repository(&[]);
    let path = folder.path().join("missing");
    let error = collect::files(&Request { paths: vec![path.clone()], ..Request::default() }).unwrap_err();
    let CollectError::Missing { path: named } = error;
    assert_eq!(named, path);
}

#[test]
fn secrets_are_never_kept() {
    let environment = read_files(&[
        (
            "s.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: a}\nstringData: {password: hunter2, empty: ''}\ndata: {k: aHVudGVyMg==}\n",
        ),
        (
            "e.yaml",
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n  - aescbc: {keys: [{name: k1, secret: aHVudGVyMg==}]}\n",
        ),
    ]);
    let shown = format!("{environment:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVyMg"), "{shown}");
    assert!(shown.contains("password") && shown.contains("k1"));
}

#[test]
fn what_is_defined_twice_is_read_twice_and_told() {
    let environment = read_files(&[("a.yaml", POD), ("b.yaml", POD)]);
    assert_eq!(resources(&environment), expected([("Pod/a/web", "a.yaml", 1), ("Pod/a/web", "b.yaml", 1)]));
    assert_eq!(
        problems(&environment),
        told([("b.yaml", 1, "`Pod/a/web` is defined twice, first in a.yaml:1; remove one")])
    );
    assert!(environment.problems.iter().all(|problem| problem.hides.is_none()));
}

#[test]
fn nulls_are_fields_that_are_not_set() {
    let environment = read_files(&[(
        "a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: null}\nspec: {hostNetwork: ~, x: [null]}\n",
    )]);
    let pod = environment.all().find(|resource| resource.pod.is_some()).unwrap();
    let spec = pod.pod.as_ref().unwrap().spec.as_map().unwrap();
    assert_eq!((pod.id.namespace.as_ref(), spec.get("hostNetwork"), spec.len()), ("?", None, 1));
}

#[test]
fn formats_that_are_not_read_yet_are_told() {
    let environment = read_files(&[
        ("cfn.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n"),
        ("main.bicep", "resource x 'y' = {}\n"),
    ]);
    let rows = told([
        ("cfn.yaml", 1, "a CloudFormation template: recognised, and not read yet"),
        ("main.bicep", 1, "a Bicep file: recognised, and not read yet"),
    ]);
    assert_eq!((problems(&environment), resources(&environment)), (rows, vec![]));
}

#[test]
fn two_runs_give_the_same_environment() {
    let folder = repository(&[("a.yaml", POD), ("b/c.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")]);
    let (one, other) = (read(folder.path()), read(folder.path()));
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}
