//! Changes that are really made, in a cluster whose controllers work: who makes them, by which door, and what they leave.
use super::{
    table::{GOOD, deployment, pod},
    *,
};
use serde_json::Value as Json;

/// A good pod of a name.
fn named(name: &str) -> String {
    pod(GOOD).replace("name: p,", &format!("name: {name},"))
}

impl Lab {
    fn raw(&self, path: &str, body: &str) -> Output {
        self.plane.kubectl(&["create", "--raw", path, "-f", "-"], body)
    }

    /// How many decisions there are once a change was made.
    fn decided(&self, change: impl FnOnce(&Self)) -> Vec<Json> {
        let before = self.service.decisions().len();
        change(self);
        self.service.decisions().split_off(before)
    }
}

const IN_PROJECT: [&str; 2] = ["-n", "project-hjerte"];

#[test]
fn changes_by_people_and_controllers_come_to_what_they_should() {
    let Some(plane) = environment("changes in a cluster with controllers", true) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("waivers.yaml"), super::table::waivers()).unwrap();
    let lab = Lab::guard(plane, &[folder.path().to_str().unwrap()]);
    a_pod_of_a_deployment_is_judged_when_its_controller_makes_it(&lab);
    generated_names_are_judged_as_others(&lab);
    scaling_and_eviction_are_not_asked_about(&lab);
    a_container_that_is_added_is_judged_and_can_be_waived(&lab);
    a_dry_run_leaves_nothing(&lab);
    two_policies_open_a_way_between_projects_together(&lab);
    a_namespace_leaves_its_project_by_no_door(&lab);
    a_namespace_with_policies_pods_and_finalizers_goes_away(&lab);
}

fn a_pod_of_a_deployment_is_judged_when_its_controller_makes_it(lab: &Lab) {
    lab.plane.apply(&deployment(GOOD));
    let pods = ["get", "pods", "-n", "project-hjerte", "-l", "app=d", "-o", "name"];
    wait_for(&lab.plane, "the Deployment's Pod", &pods, |it| it.contains("pod/d-"));
    // A template that leaves a value out is let in; its Pods are not.
    let lax = deployment(&GOOD.replace("runAsNonRoot: true, runAsUser: 10001, ", ""));
    lab.plane.apply(&lax.replace("name: d,", "name: lax,").replace("app: d}", "app: lax}"));
    let conditions =
        ["get", "deployment", "lax", "-n", "project-hjerte", "-o", "jsonpath={.status.conditions[*].message}"];
    let said = wait_for(&lab.plane, "the denial is told", &conditions, |it| it.contains("denied the request"));
    assert!(said.contains("SPE-HRD-01") && said.contains("Pod/project-hjerte/lax-"), "{said}");
    lab.plane.must(&["delete", "deployment", "lax", "-n", "project-hjerte"], "");
}

fn generated_names_are_judged_as_others(lab: &Lab) {
    let generated = pod(GOOD).replace("name: p,", "generateName: g-,");
    for _ in 0..2 {
        assert!(lab.create(&generated).status.success());
    }
    let bad = generated.replace("  containers:", "  hostNetwork: true\n  containers:");
    let denied = lab.create(&bad);
    assert!(!denied.status.success() && error(&denied).contains("SPE-HRD-02"), "{}", error(&denied));
    // The name that is generated is the one that waivers are held against.
    let waived = bad.replace("generateName: g-", "generateName: waived-");
    let passed = lab.create(&waived);
    assert!(passed.status.success(), "{}", error(&passed));
}

fn scaling_and_eviction_are_not_asked_about(lab: &Lab) {
    let decided = lab.decided(|lab| {
        lab.plane.must(&[&["scale", "deployment", "d", "--replicas=0"], &IN_PROJECT[..]].concat(), "");
    });
    assert!(decided.iter().all(|one| one["operation"] != "UPDATE" || one["kind"] != "apps/Deployment"), "{decided:?}");
    assert!(lab.create(&named("leaves")).status.success());
    let eviction = r#"{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "leaves", "namespace": "project-hjerte"}}"#;
    let evicted = lab.raw("/api/v1/namespaces/project-hjerte/pods/leaves/eviction", eviction);
    assert!(evicted.status.success(), "{}", error(&evicted));
    let left = lab.plane.kubectl(&[&["get", "pod", "leaves"], &IN_PROJECT[..]].concat(), "");
    assert!(error(&left).contains("NotFound"), "{}", error(&left));
}

fn a_container_that_is_added_is_judged_and_can_be_waived(lab: &Lab) {
    let added =
        r#"{"spec": {"ephemeralContainers": [{"name": "e", "image": "i", "securityContext": {"privileged": true}}]}}"#;
    for (name, passes) in [("plain", false), ("waived-2", true), ("expired-2", false)] {
        assert!(lab.create(&named(name)).status.success());
        let patch = ["patch", "pod", name, "--subresource=ephemeralcontainers", "-p", added];
        let output = lab.plane.kubectl(&[&patch[..], &IN_PROJECT[..]].concat(), "");
        assert_eq!(output.status.success(), passes, "{name}: {}", error(&output));
        assert!(passes || error(&output).contains("ephemeralContainers[0]"), "{}", error(&output));
    }
}

fn a_dry_run_leaves_nothing(lab: &Lab) {
    let decided = lab.decided(|lab| {
        assert!(lab.try_out(&named("dry")).status.success());
        assert!(
            !lab.try_out(&named("dry").replace("  containers:", "  hostPID: true\n  containers:")).status.success()
        );
    });
    // Controllers may have asked for something else meanwhile.
    assert!(decided.iter().all(|one| one["kind"] != "Pod" || one["operation"] != "CREATE"), "{decided:?}");
    assert!(!lab.plane.kubectl(&[&["get", "pod", "dry"], &IN_PROJECT[..]].concat(), "").status.success());
}

/// One after the other: the first opens nothing yet. What an own range may hold nobody can tell, before and after.
fn two_policies_open_a_way_between_projects_together(lab: &Lab) {
    let policy = |namespace: &str, spec: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: across, namespace: {namespace}}}\nspec: {spec}\n"
        )
    };
    let peer = |name: &str| format!("{{namespaceSelector: {{matchLabels: {{spe/project: {name}}}}}}}");
    let out = format!(
        "{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{}], ports: [{{port: 5432}}]}}]}}",
        peer("lunge")
    );
    let inward = format!(
        "{{podSelector: {{}}, policyTypes: [Ingress], ingress: [{{from: [{}], ports: [{{port: 5432}}]}}]}}",
        peer("hjerte")
    );
    let alone = lab.try_out(&policy("project-lunge", &inward));
    assert!(error(&alone).contains("it cannot be told") && !error(&alone).contains("would open"), "{}", error(&alone));
    lab.plane.apply(&policy("project-hjerte", &out));
    // The watch has shown the first within a moment.
    lab.wait_until("the second policy is denied", |lab| {
        let denied = lab.try_out(&policy("project-lunge", &inward));
        !denied.status.success() && error(&denied).contains("would open")
    });
    lab.plane.must(&[&["delete", "networkpolicy", "across"], &IN_PROJECT[..]].concat(), "");
}

/// By the object, its status and its finalizers, replaced and patched.
fn a_namespace_leaves_its_project_by_no_door(lab: &Lab) {
    let text = lab.plane.must(&["get", "namespace", "project-hjerte", "-o", "json"], "");
    let mut space: Json = serde_json::from_str(&text).unwrap();
    space["metadata"]["labels"].as_object_mut().unwrap().remove("spe/project");
    space["metadata"].as_object_mut().unwrap().remove("managedFields");
    let body = space.to_string();
    for door in ["", "/status", "/finalize"] {
        let path = format!("/api/v1/namespaces/project-hjerte{door}");
        let replaced = lab.plane.kubectl(&["replace", "--raw", &path, "-f", "-"], &body);
        assert!(!replaced.status.success(), "{path}");
        assert!(error(&replaced).contains("out of its project"), "{path}: {}", error(&replaced));
    }
    let kept =
        lab.plane.must(&["get", "namespace", "project-hjerte", "-o", "jsonpath={.metadata.labels.spe/project}"], "");
    assert_eq!(kept, "hjerte");
}

/// With a default deny, Pods that still run, and finalizers on a Pod and a policy.
fn a_namespace_with_policies_pods_and_finalizers_goes_away(lab: &Lab) {
    lab.plane.must(&["patch", "networkpolicy", "default-deny", "-n", "project-hjerte", "--type=merge", "-p", HELD], "");
    lab.plane.must(&["patch", "pod", "plain", "-n", "project-hjerte", "--type=merge", "-p", HELD], "");
    lab.plane.must(&["delete", "namespace", "project-hjerte", "--wait=false"], "");
    let held = |what: &[&str]| lab.plane.kubectl(&[what, &IN_PROJECT[..]].concat(), "");
    let ending = ["get", "pod", "plain", "-n", "project-hjerte", "-o", "jsonpath={.metadata.deletionTimestamp}"];
    wait_for(&lab.plane, "the Pod ends", &ending, |it| !it.is_empty());
    for what in ["pod/plain", "networkpolicy/default-deny"] {
        let let_go = held(&["patch", what, "--type=merge", "-p", r#"{"metadata": {"finalizers": null}}"#]);
        let gone = error(&let_go).contains("NotFound");
        assert!(let_go.status.success() || gone, "{what}: {}", error(&let_go));
    }
    let until = Instant::now() + Duration::from_secs(90);
    while lab.plane.kubectl(&["get", "namespace", "project-hjerte"], "").status.success() {
        let state =
            lab.plane.kubectl(&["get", "namespace", "project-hjerte", "-o", "jsonpath={.status.conditions}"], "");
        assert!(Instant::now() < until, "{}", String::from_utf8_lossy(&state.stdout));
        // What has no node ends only when somebody says so.
        held(&["delete", "pods", "--all", "--force", "--grace-period=0", "--wait=false"]);
        thread::sleep(Duration::from_millis(500));
    }
}

const HELD: &str = r#"{"metadata": {"finalizers": ["a.example/held"]}}"#;
