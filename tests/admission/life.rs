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
    lab.wait_until("it says that it knows the cluster", |lab| knows(lab, 1));
    who_must_run_is_planned(&lab);
    the_last_policy_stays(&lab);
    namespaces_stay_in_their_project(&lab);
    a_running_pod_gets_no_worse_and_may_end(&lab);
    every_answer_is_told(&lab, before);
    without_the_webhook_nothing_changes_in_a_project(&mut lab);
    starts_and_stops_are_told(&mut lab);
    other_shards_are_named(&mut lab);
}

fn who_must_run_is_planned(lab: &Lab) {
    let plan = format!(
        "apiVersion: speguard.io/v1alpha1\nkind: Plan\nmetadata: {{name: demo}}\nspec:\n  effective_from: {}\n  \
         approver: board\n  min_coverage_percent: 95\n  items: []\n  resident:\n    \
         - {{name: admission, emitters: [admission-0], heartbeat_seconds: 5, owner: platform}}\n",
        super::reconcile::now()
    );
    std::fs::write(lab.service.folder.path().join("plan.yaml"), plan).unwrap();
    lab.service.speguard(&["evidence", "plan", "--log", "log", "plan.yaml"]);
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
    let is_refusal = |one: &&Json| {
        one["answer"] == "deny" && one["operation"] == "DELETE" && one["kind"] == "networking.k8s.io/NetworkPolicy"
    };
    let counts = |one: &Json| one["counted"].as_array().unwrap().contains(&"SPE-NET-02".into());
    // What is shown is what a checkpoint covers, a second later.
    lab.wait_until("the refusal is told", |lab| lab.service.decisions().iter().filter(is_refusal).any(counts));
    let decisions = lab.service.decisions();
    assert!(decisions.len() > before);
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
    lab.wait_until("it says that it knows the cluster", |lab| knows(lab, 2));
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
    let verified =
        lab.service.speguard(&["evidence", "verify", "--log", "log", "--trust", "trust.policy", "--format", "json"]);
    let verified: Json = serde_json::from_slice(&verified.stdout).unwrap();
    let item = &verified["continuity"][0]["items"][0];
    let one = &item["resident"][0];
    assert_eq!((&one["starts"], one["down"].as_array().unwrap().len()), (&1.into(), 1), "{item:#}");
    // The process says itself that its predecessor crashed, up to when it knows the cluster.
    let gaps = item["gaps"].as_array().unwrap();
    assert!(gaps.len() == 1 && gaps[0]["cause"] == "crash", "{item:#}");
}

/// Whether a process has told that it knows the cluster.
fn knows(lab: &Lab, epoch: u64) -> bool {
    let shown = lab.service.speguard(&["evidence", "show", "entry", "--log", "log", "--format", "json"]);
    let shown: Json = serde_json::from_slice(&shown.stdout).unwrap();
    let mut all = shown["entries"].as_array().unwrap().iter().map(|one| &one["entry"]);
    all.any(|one| one["type"] == "heartbeat" && one["epoch"] == epoch && one["synced"] == true)
}

/// E6: the service leads, and says how the shard of the pipeline is; whoever takes that away is found out.
fn other_shards_are_named(lab: &mut Lab) {
    let log = ["--log", "log"];
    let who = ["--domain", "example.org", "--spe", "demo", "--emitter", "ci", "--scheduled"];
    let kept = ["--key", "file:ci.key", "--trust-out", "ci.policy"];
    lab.service.speguard(&[&["evidence", "init"][..], &log, &who, &kept].concat());
    lab.service.begin();
    let named = |lab: &Lab| {
        let show = ["evidence", "show", "entry", "--emitter", "admission-0", "--format", "json"];
        let shown: Json = serde_json::from_slice(&lab.service.speguard(&[&show[..], &log].concat()).stdout).unwrap();
        let mut all = shown["entries"].as_array().unwrap().iter().map(|one| &one["entry"]);
        all.any(|one| one["type"] == "rollup" && one["shards"][0]["origin"].as_str().unwrap().contains("/demo/ci/"))
    };
    lab.wait_until("it names the other shard", named);
    lab.service.end();
    let folder = lab.service.folder.path();
    let trust = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let more = trust("ci.policy").lines().find(|line| line.starts_with("log ")).unwrap().to_owned();
    std::fs::write(folder.join("both.policy"), format!("{more}\n{}", trust("trust.policy"))).unwrap();
    let verify = |policy| lab.service.run(&["evidence", "verify", "--log", "log", "--trust", policy]);
    let said = String::from_utf8(verify("both.policy").stdout).unwrap();
    assert!(said.contains("sizes, and it had these roots") && !said.contains("FAILS"), "{said}");
    std::fs::remove_dir_all(folder.join("log/demo/ci")).unwrap();
    let output = verify("trust.policy");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("a shard was taken away"), "{said}");
}
