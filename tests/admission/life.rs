//! Changes to what is there: what they may not open, what must always pass, and what the log and the API server's own audit
//! log hold of it.
use super::{
    table::{GOOD, pod},
    *,
};
use serde_json::Value as Json;

impl Lab {
    fn denied(&self, arguments: &[&str], words: &[&str]) {
        let output = self.plane.kubectl(arguments, "");
        let said = error(&output);
        assert!(!output.status.success(), "{arguments:?} passed: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
    }

    fn passes(&self, arguments: &[&str]) {
        let output = self.plane.kubectl(arguments, "");
        assert!(output.status.success(), "{arguments:?}: {}", error(&output));
    }
}

#[test]
fn changes_of_what_is_there_are_ruled_by_what_they_open() {
    let Some(mut lab) = Lab::start("changes of what is there", false) else { return };
    lab.plane.apply(&pod(GOOD));
    let before = lab.service.decisions().len();
    the_last_policy_stays(&lab);
    namespaces_stay_in_their_project(&lab);
    a_running_pod_gets_no_worse_and_may_end(&lab);
    every_answer_is_told(&lab, before);
    without_the_webhook_nothing_changes_in_a_project(&mut lab);
    starts_and_stops_are_told(&mut lab);
}

/// The last policy that isolates running pods.
fn the_last_policy_stays(lab: &Lab) {
    let policies = || lab.plane.must(&["get", "networkpolicy", "-n", "project-lunge", "-o", "name"], "");
    let name = |line: &str| line.rsplit_once('/').unwrap().1.to_owned();
    for line in policies().lines().skip(1) {
        lab.plane.kubectl(&["delete", "networkpolicy", "-n", "project-lunge", &name(line)], "");
    }
    let left = policies();
    let last = left.lines().next().map(name).unwrap();
    lab.denied(
        &["delete", "networkpolicy", "-n", "project-lunge", &last],
        &["would open", "SPE-NET-02", "apps/StatefulSet/project-lunge/database"],
    );
}

/// By the object and by its status.
fn namespaces_stay_in_their_project(lab: &Lab) {
    let taken = r#"{"metadata": {"labels": {"spe/project": null}}}"#;
    let named = ["patch", "namespace", "project-hjerte", "--type=merge", "-p", taken];
    lab.denied(&named, &["out of its project"]);
    lab.denied(&[&named[..], &["--subresource=status"]].concat(), &["out of its project"]);
    lab.passes(&["annotate", "namespace", "project-hjerte", "note=harmless"]);
}

/// A container added to a pod is judged; what is there may be told more, let go and ended.
fn a_running_pod_gets_no_worse_and_may_end(lab: &Lab) {
    let added =
        r#"{"spec": {"ephemeralContainers": [{"name": "e", "image": "i", "securityContext": {"privileged": true}}]}}"#;
    let pod = ["pod", "p", "-n", "project-hjerte"];
    lab.denied(
        &[&["patch"], &pod[..], &["--subresource=ephemeralcontainers", "-p", added]].concat(),
        &["SPE-HRD-02", "ephemeralContainers"],
    );
    lab.passes(&[&["annotate"], &pod[..], &["note=harmless"]].concat());
    for finalizers in ["[\"a.example/x\"]", "null"] {
        let change = format!("{{\"metadata\": {{\"finalizers\": {finalizers}}}}}");
        lab.passes(&[&["patch"], &pod[..], &["--type=merge", "-p", &change]].concat());
    }
    lab.passes(&[&["delete"], &pod[..], &["--wait=false"]].concat());
}

/// In the log, without the name of anything; and the API server's own audit log names the entry.
fn every_answer_is_told(lab: &Lab, before: usize) {
    let decisions = lab.service.decisions();
    assert!(decisions.len() > before);
    let is_refusal = |one: &&Json| {
        one["answer"] == "deny" && one["operation"] == "DELETE" && one["kind"] == "networking.k8s.io/NetworkPolicy"
    };
    let counts = |one: &Json| one["counted"].as_array().unwrap().contains(&"SPE-NET-02".into());
    assert!(decisions.iter().filter(is_refusal).any(counts), "{decisions:?}");
    let audited = std::fs::read_to_string(lab.plane.state().join("audit.log")).unwrap();
    let shard = "\"project.speguard.io/evidence-shard\":\"example.org/evidence/demo/admission-0/";
    assert!(audited.contains(shard) && audited.contains("project.speguard.io/evidence-leaf"));
    let text = serde_json::to_string(&decisions).unwrap();
    for name in ["project-lunge", "project-hjerte", "default-deny", "database"] {
        assert!(!text.contains(name), "{name} stands in {text}");
    }
}

/// And what is exempt goes on.
fn without_the_webhook_nothing_changes_in_a_project(lab: &mut Lab) {
    lab.service.kill();
    let output = lab.try_out(&pod(GOOD));
    assert!(error(&output).contains("failed calling webhook"), "{}", error(&output));
    assert!(lab.try_out(&pod(GOOD).replace("project-hjerte", "kube-system")).status.success());
}

/// A start after a crash is a new epoch; an orderly end says so, and the log verifies.
fn starts_and_stops_are_told(lab: &mut Lab) {
    lab.service.begin();
    // It has made itself another authority.
    lab.plane.apply(&lab.service.webhooks());
    lab.wait_until("it answers again", |lab| lab.try_out(&pod(GOOD)).status.success());
    lab.service.end();
    let epochs = lab.service.speguard(&["evidence", "show", "epoch", "--log", "log", "--format", "json"]);
    let epochs: Json = serde_json::from_slice(&epochs.stdout).unwrap();
    let told: Vec<(u64, &str)> = epochs["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["entry"]["epoch"].as_u64().unwrap(), one["entry"]["event"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [(1, "start"), (2, "start"), (2, "stop")]);
    lab.service.speguard(&["evidence", "verify", "--log", "log", "--trust", "trust.policy"]);
}
