//! What becomes of files: read, passed over, or a problem with its place. Through `collect` and `normalise`.
use speguard::{
    collect::{self, CollectError, Request},
    model::{Environment, Problem, Resource, Scope, Step},
    normalise::{self, NormaliseError, Normalised, Options},
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

fn normalised(folder: &Path) -> Result<Normalised, NormaliseError> {
    let request = Request { paths: vec![folder.to_owned()], ..Request::default() };
    let collected = collect::files(&request).unwrap();
    let options = Options { roots: vec![".".into()], ..Options::default() };
    normalise::environment(&collected.documents, collected.problems, &options)
}

fn read(folder: &Path) -> Environment {
    normalised(folder).unwrap().environment
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
fn files_of_two_repositories_that_are_named_alike_are_not_lost_in_silence() {
    let (one, other) = (repository(&[("a.yaml", POD)]), repository(&[("a.yaml", POD)]));
    let paths = vec![one.path().to_owned(), other.path().to_owned()];
    let collected = collect::files(&Request { paths, ..Request::default() }).unwrap();
    let causes: Vec<&str> = collected.problems.iter().map(|problem| problem.cause.as_str()).collect();
    assert_eq!(causes, ["two files of different repositories have this name, and one is not read: scan them apart"]);
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

#[test]
fn the_description_places_namespaces_and_keeps_clusters_apart() {
    let spe = "apiVersion: speguard.io/v1alpha1\nkind: SecureProcessingEnvironment\nmetadata: {name: spe}\nspec:\n  projects: [{name: p, namespaces: [a]}]\n  clusters:\n  - {name: prod, sources: [{path: prod, namespace: b}]}\n  - {name: test, sources: [{path: test}]}\n";
    let bare = POD.replace(", namespace: a", "");
    let environment =
        read_files(&[("spe.yaml", spe), ("prod/a.yaml", POD), ("prod/b.yaml", &bare), ("test/a.yaml", POD)]);
    let rows = expected([
        ("prod:Pod/a/web", "prod/a.yaml", 1),
        ("prod:Pod/b/web", "prod/b.yaml", 1),
        ("test:Pod/a/web", "test/a.yaml", 1),
    ]);
    assert_eq!((resources(&environment), problems(&environment)), (rows, vec![]));
    let clusters: Vec<(&str, usize)> =
        environment.clusters.iter().map(|cluster| (cluster.name.as_ref(), cluster.roots.len())).collect();
    assert_eq!(clusters, [("prod", 1), ("test", 1)]);
    let scopes: Vec<Scope> = environment.all().filter(|of| of.pod.is_some()).map(|of| of.scope).collect();
    assert_eq!(scopes, [Scope::Project, Scope::Platform, Scope::Project]);
}

#[test]
fn sources_of_clusters_are_named_from_where_the_description_is() {
    let spe = "apiVersion: speguard.io/v1alpha1\nkind: SecureProcessingEnvironment\nmetadata: {name: spe}\nspec:\n  clusters: [{name: prod, sources: [{path: ., namespace: b}]}]\n";
    let folder = repository(&[("env/spe.yaml", spe), ("env/a.yaml", &POD.replace(", namespace: a", ""))]);
    let request = Request { paths: vec![folder.path().join("env")], ..Request::default() };
    let collected = collect::files(&request).unwrap();
    let options = Options { roots: vec!["env".into()], ..Options::default() };
    let environment = normalise::environment(&collected.documents, collected.problems, &options).unwrap().environment;
    assert_eq!((resources(&environment), problems(&environment)), (expected([("Pod/b/web", "env/a.yaml", 1)]), vec![]));
    let clusters: Vec<&str> = environment.clusters.iter().map(|cluster| cluster.name.as_ref()).collect();
    assert_eq!(clusters, ["prod"]);
}

#[test]
fn a_definition_tells_whether_its_kind_lives_in_a_namespace() {
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.org}\nspec: {group: example.org, scope: Namespaced, names: {kind: Thing}}\n";
    let thing = "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: x}\n";
    let other = thing.replace("Thing", "Other");
    let environment = read_files(&[("a.yaml", definition), ("b.yaml", thing), ("c.yaml", &other)]);
    let rows = expected([
        ("apiextensions.k8s.io/CustomResourceDefinition/things.example.org", "a.yaml", 1),
        ("example.org/Other/x", "c.yaml", 1),
        ("example.org/Thing/?/x", "b.yaml", 1),
    ]);
    assert_eq!((resources(&environment), problems(&environment)), (rows, vec![]));
}

#[test]
fn the_realm_of_an_operator_is_read() {
    let text = "apiVersion: k8s.keycloak.org/v2alpha1\nkind: KeycloakRealmImport\nmetadata: {name: r, namespace: a}\nspec: {realm: {realm: spe, enabled: true}}\n";
    let environment = read_files(&[("r.yaml", text)]);
    let rows =
        expected([("k8s.keycloak.org/KeycloakRealmImport/a/r", "r.yaml", 1), ("keycloak/Realm/spe", "r.yaml", 1)]);
    assert_eq!(resources(&environment), rows);
}

#[test]
fn without_a_description_every_namespace_is_a_project_but_the_exempt() {
    let text = format!(
        "{POD}---\n{}---\n{}",
        POD.replace("namespace: a", "namespace: kube-system"),
        POD.replace(", namespace: a", "")
    );
    let environment = read_files(&[("a.yaml", &text)]);
    let scopes: Vec<(&str, Scope)> =
        environment.all().filter(|of| of.pod.is_some()).map(|of| (of.id.namespace.as_ref(), of.scope)).collect();
    assert_eq!(scopes, [("?", Scope::Unknown), ("a", Scope::Project), ("kube-system", Scope::Exempt)]);
}

#[test]
fn two_descriptions_are_misuse_and_one_elsewhere_is_told() {
    let spe = "apiVersion: speguard.io/v1alpha1\nkind: SecureProcessingEnvironment\nmetadata: {name: spe}\nspec: {}\n";
    let folder = repository(&[("spe.yaml", &format!("{spe}---\n{spe}"))]);
    let error = normalised(folder.path()).unwrap_err();
    assert_eq!(error.to_string(), "two descriptions: `spe.yaml:1` and `spe.yaml:6`");
    let environment = read_files(&[("infra/spe.yaml", spe)]);
    let cause =
        "this description is not used: it is not `spe.yaml` at the root of a scanned path; name it with `--spe`";
    assert_eq!(problems(&environment), told([("infra/spe.yaml", 1, cause)]));
}

#[test]
fn what_argo_and_flux_bring_from_elsewhere_is_told() {
    let application = |source: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: x, namespace: argocd}}\nspec:\n  source: {source}\n  destination: {{namespace: a}}\n"
        )
    };
    let environment = read_files(&[
        ("a.yaml", &application("{repoURL: 'https://me:secret@example.org/charts', chart: web}")),
        (
            "b.yaml",
            &application("{repoURL: 'https://example.org/this', path: deploy/web}").replace("name: x", "name: y"),
        ),
        ("deploy/web/pod.yaml", POD),
        (
            "c.yaml",
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: h, namespace: b}\nspec: {chart: {spec: {chart: reana}}}\n",
        ),
    ]);
    let rows = told([
        (
            "a.yaml",
            1,
            "what this Application installs from `https://example.org/charts` (chart `web`) is outside the scan and not read",
        ),
        ("c.yaml", 1, "the chart `reana` that this HelmRelease installs is outside the scan and not read"),
    ]);
    assert_eq!(problems(&environment), rows);
    let hidden: Vec<_> =
        environment.problems.iter().map(|problem| problem.hides.as_ref().unwrap().namespace.as_deref()).collect();
    assert_eq!(hidden, [Some("a"), Some("b")]);
}

/// Whether a program that renders is here; says so where it is not.
#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
fn is_installed(program: &str) -> bool {
    let found =
        Command::new(program).arg("version").arg(if program == "helm" { "--short" } else { "--client" }).output();
    let is_here = found.is_ok_and(|output| output.status.success());
    if !is_here {
        eprintln!("skipped: `{program}` is not on PATH; tests/all installs it");
    }
    is_here
}

fn place(environment: &Environment, address: &str, path: &[&str]) -> (String, u32) {
    let resource = environment.all().find(|of| of.id.full() == address).unwrap();
    let steps: Vec<Step> =
        path.iter().map(|step| step.parse().map_or_else(|_| Step::Key((*step).to_owned()), Step::Index)).collect();
    let (file, mark) = resource.place(&steps);
    (file.to_string(), mark.line)
}

#[test]
fn a_chart_is_read_as_rendered_and_findings_point_into_its_templates() {
    if !is_installed("helm") {
        return;
    }
    let template = "# {{ .Chart.Name }}\n{{- if .Values.enabled }}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n  namespace: {{ .Release.Namespace }}\nspec:\n  containers:\n  - name: web\n    image: {{ .Values.image }}\n{{- end }}\n";
    let environment = read_files(&[
        ("deploy/web/Chart.yaml", "apiVersion: v2\nname: web-chart\nversion: 1.0.0\n"),
        ("deploy/web/values.yaml", "enabled: true\nimage: nginx\n"),
        ("deploy/web/templates/pod.yaml", template),
        ("deploy/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"),
        ("deploy/bad/Chart.yaml", "apiVersion: v2\nname: bad\nversion: 1.0.0\n"),
        ("deploy/bad/templates/x.yaml", "{{ fail \"no region is set\" }}\n"),
    ]);
    let address = "deploy/web:Pod/?/web";
    assert_eq!(resources(&environment), expected([(address, "deploy/web/templates/pod.yaml", 3)]));
    let image = place(&environment, address, &["spec", "containers", "0", "image"]);
    assert_eq!(image, ("deploy/web/templates/pod.yaml".to_owned(), 11));
    let [(file, 1, cause)] = &problems(&environment)[..] else { panic!("{:?}", environment.problems) };
    assert_eq!(file, "deploy/bad/Chart.yaml");
    assert!(
        cause.starts_with("the chart is not read: `helm` fails: ") && cause.contains("no region is set"),
        "{cause}"
    );
}

#[test]
fn an_overlay_is_read_as_rendered_and_findings_point_into_its_sources() {
    if !is_installed("kubectl") {
        return;
    }
    let deployment = "# the web\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      hostNetwork: true\n      containers: [{name: web, image: nginx}]\n";
    let environment = read_files(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", deployment),
        ("prod/kustomization.yaml", "namespace: a\nnamePrefix: prod-\nresources:\n- ../base\n"),
        ("far/kustomization.yaml", "resources:\n- https://example.org/x.yaml\n"),
    ]);
    let address = "prod:apps/Deployment/a/prod-web";
    assert_eq!(resources(&environment), expected([(address, "base/web.yaml", 2)]));
    let host = place(&environment, address, &["spec", "template", "spec", "hostNetwork"]);
    assert_eq!(host, ("base/web.yaml".to_owned(), 9));
    let cause = "the overlay is not read: `https://example.org/x.yaml` is not in the scan, and nothing is fetched; copy it into the repository";
    assert_eq!(problems(&environment), told([("far/kustomization.yaml", 2, cause)]));
}

#[test]
fn roots_that_define_the_same_object_are_clusters_of_their_own() {
    if !is_installed("kubectl") {
        return;
    }
    let environment = read_files(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", POD),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
        ("test/kustomization.yaml", "resources: [../base]\n"),
    ]);
    let clusters: Vec<&str> = environment.clusters.iter().map(|cluster| cluster.name.as_ref()).collect();
    assert_eq!(clusters, ["prod", "test"]);
    let cause = "`Pod/a/web` stands in `prod` and in `test`, so that each root is read as a cluster of its own; state in spe.yaml which belong together:\nclusters:\n  - name: prod\n    sources: [{path: prod}]\n  - name: test\n    sources: [{path: test}]";
    assert_eq!(problems(&environment), told([("base/web.yaml", 1, cause)]));
}

/// Scalars of every sort, and what looks like one.
const SCALARS: &str = "yes;Y;n;on;oFF;~;0755;0o17;0x1F;-0x1F;0b101;08;+5;1_000;_1;1e3;1E-2;1.;.5;1.5;1e;.;2024-11-24;\
    2024-11-24T10:00:00Z;10.0.0.0/8;1:30;1.2.3;100m;0x;nginx;'yes';\"0755\";!!str 12;!!int '7';\
    !!float 3;- 1;{a: yes};<<;0_7;1__2;0b;0o8;+.5;-.5e1;1e+2;null;NULL;True;tRUE;|-\n    08;12e03;\
    0e0;-0;00;0x_1";

#[test]
fn scalars_are_what_the_yaml_reader_of_kubernetes_makes_of_them() {
    if !is_installed("helm") {
        return;
    }
    let data: String =
        SCALARS.split(';').enumerate().map(|(index, text)| format!("  k{index}: {}\n", block(text))).collect();
    let object = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x, namespace: a}}\ndata:\n{data}");
    let folder = repository(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n"),
        ("chart/values.yaml", &format!("data:\n{data}")),
        (
            "chart/templates/x.yaml",
            "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"x\", \"namespace\": \"a\"}, \"data\": {{ toJson .Values.data }}}\n",
        ),
    ]);
    let theirs = read(folder.path());
    let ours = read_files(&[("x.yaml", &object)]);
    let body = |environment: &Environment| {
        let mut found = environment.all().filter(|of| of.id.kind.as_ref() == "ConfigMap");
        found.next().unwrap_or_else(|| panic!("{:?}", environment.problems)).body.clone()
    };
    assert_eq!(body(&ours), body(&theirs));
}

/// A list goes on a line of its own.
fn block(text: &str) -> String {
    if text.starts_with("- ") { format!("\n  {text}") } else { text.to_owned() }
}

#[test]
fn without_helm_a_chart_is_a_problem_and_the_rest_is_read() {
    let folder = repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/templates/x.yaml", "{{ x }}"),
        ("prod/kustomization.yaml", "resources: []\n"),
        ("pod.yaml", POD),
    ]);
    let output = assert_cmd::Command::cargo_bin("speguard")
        .unwrap()
        .current_dir(folder.path())
        .env("PATH", "/nowhere")
        .args(["scan", ".", "--format", "json"])
        .assert()
        .get_output()
        .clone();
    assert!([1, 3].contains(&output.status.code().unwrap()), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems: Vec<(&str, &str)> = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| (problem["file"].as_str().unwrap(), problem["cause"].as_str().unwrap()))
        .collect();
    let install = "is not installed: without it nothing of this is read; install it and run again";
    let chart = format!("the chart is not read: `helm` {install}");
    let overlay = format!("the overlay is not read: `kubectl` {install}");
    assert_eq!(problems, [("prod/kustomization.yaml", overlay.as_str()), ("web/Chart.yaml", chart.as_str())]);
}

#[test]
fn standard_input_is_read_and_named_by_a_dash() {
    let output = assert_cmd::Command::cargo_bin("speguard")
        .unwrap()
        .args(["scan", "-", "--format", "json"])
        .write_stdin("a: [1\n")
        .assert()
        .get_output()
        .clone();
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!([{"file": "-", "line": 1, "cause": "malformed YAML: unclosed bracket '['"}]);
    assert_eq!(report["problems"], expected);
}

#[test]
fn values_files_are_given_to_every_chart() {
    if !is_installed("helm") {
        return;
    }
    let folder = repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/values.yaml", "name: one\n"),
        ("web/templates/x.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Values.name }}, namespace: a}\n"),
        ("prod.yaml", "name: two\n"),
    ]);
    let path = folder.path();
    let request = Request { paths: vec![path.to_owned()], helm_values: vec![path.join("prod.yaml")], plain: false };
    let collected = collect::files(&request).unwrap();
    let read = normalise::environment(&collected.documents, collected.problems, &Options::default()).unwrap();
    assert_eq!(resources(&read.environment), expected([("web:Pod/a/two", "web/templates/x.yaml", 1)]));
    assert!(collected.tools.contains_key("helm"));
    let missing = Request { helm_values: vec![path.join("none.yaml")], ..request };
    assert!(matches!(collect::files(&missing), Err(CollectError::Missing { .. })));
}
