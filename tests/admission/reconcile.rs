//! The evidence log against the audit log of a real API server (E18).
use super::{
    table::{GOOD, pod},
    *,
};
use serde_json::Value as Json;
use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

pub(super) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    speguard::record::entry::Instant(i64::try_from(since.as_millis()).unwrap()).to_string()
}

const POLICIES: &str = "/apis/networking.k8s.io/v1/namespaces/project-hjerte/networkpolicies?labelSelector=t%3Dx";

impl Lab {
    /// Exit code and report of a comparison.
    pub(super) fn reconcile(&self, audit: &str, (from, to): (&str, &str), more: &[&str]) -> (i32, Json) {
        let description = compliant().join("spe.yaml");
        let options = ["--from", from, "--to", to, "--spe", description.to_str().unwrap(), "--format", "json"];
        let all = [&["evidence", "reconcile", "--log", "log", "--audit-log", audit], &options[..], more].concat();
        let output = self.service.run(&all);
        let told = String::from_utf8_lossy(&output.stdout);
        let read = serde_json::from_slice(&output.stdout);
        let read = read.unwrap_or_else(|_| panic!("{told}{}", String::from_utf8_lossy(&output.stderr)));
        for user in ["admin", "system:masters", "kubectl/"] {
            assert!(!told.contains(user), "{user} stands in {told}");
        }
        (output.status.code().unwrap(), read)
    }

    /// The end of a window: now, with an event after it, and a checkpoint over all that was decided.
    pub(super) fn end(&self) -> String {
        let to = now();
        thread::sleep(Duration::from_millis(10));
        self.plane.must(&["get", "namespaces"], "");
        let before = self.size();
        self.wait_until("a sign of life is in a checkpoint", |lab| lab.size() > before);
        to
    }

    /// How many entries the newest checkpoint covers.
    fn size(&self) -> u64 {
        let shown = self.service.speguard(&["evidence", "show", "gap", "--log", "log", "--format", "json"]);
        serde_json::from_slice::<Json>(&shown.stdout).unwrap()["size"].as_u64().unwrap()
    }
}

pub(super) fn count(report: &Json, class: &str) -> u64 {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|one| one["check"] == class).map_or(0, |one| one["count"].as_u64().unwrap())
}

#[test]
fn the_log_and_the_audit_log_of_an_api_server_tell_the_same() {
    let Some(mut lab) = Lab::start("reconciliation", false) else { return };
    let from = now();
    changes_of_every_sort(&lab);
    let to = lab.end();
    let window = (from.as_str(), to.as_str());
    let audit = lab.plane.state().join("audit.log");
    let audit = audit.to_str().unwrap();
    let (exit, report) = lab.reconcile(audit, window, &["--record"]);
    assert_eq!(exit, 0, "{report:#}");
    for class in ["matched", "repeated", "collected", "rejected", "dry_run", "nothing_deleted"] {
        assert!(count(&report, class) > 0, "{class}: {report:#}");
    }
    assert_eq!(count(&report, "dry_run"), 2, "{report:#}");
    what_came_of_it_is_entered(&lab, &report);
    who_connects_into_a_pod_is_entered_and_not_what_is_run_there(&lab);
    an_edited_audit_log_shows(&lab, audit, window);
    without_the_key_names_are_not_established(&lab, audit, window);
    a_webhook_that_was_taken_away_shows(&lab, audit);
    // While it runs, an entry may wait for its checkpoint.
    lab.service.end();
    lab.service.speguard(&["evidence", "verify", "--log", "log", "--trust", "trust.policy"]);
}

fn policy(name: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: project-hjerte, labels: {{t: x}}}}\n\
         spec: {{podSelector: {{matchLabels: {{app: none}}}}, policyTypes: [Ingress, Egress]}}\n"
    )
}

fn changes_of_every_sort(lab: &Lab) {
    let create = |text: &str, more: &[&str]| {
        lab.plane.kubectl(&[&["create", "--validate=ignore", "-f", "-"], more].concat(), text).status.success()
    };
    let good = pod(GOOD);
    assert!(create(&good, &[]) && !create(&good, &[]));
    assert!(create(&good.replace("name: p,", "generateName: g-,"), &[]));
    assert!(!create(
        &good.replace("name: p,", "name: bad,").replace("  containers:", "  hostNetwork: true\n  containers:"),
        &[]
    ));
    assert!(create(&good.replace("name: p,", "name: dry,"), &["--dry-run=server"]));
    // The API server refuses what is invalid before it asks.
    assert!(!create(&policy("invalid").replace("[Ingress, Egress]", "[Sideways]"), &[]));
    // Server-side apply makes it, then changes it.
    lab.plane.apply(&good.replace("name: p,", "name: applied,"));
    lab.plane.apply(&good.replace("name: p,", "name: applied, annotations: {a: b},"));
    // Patches of one object at once: all but one are tried again.
    thread::scope(|scope| {
        for nth in 0..12 {
            let change = format!(r#"{{"metadata": {{"annotations": {{"n{nth}": "x"}}}}}}"#);
            scope.spawn(move || {
                lab.plane.must(&["patch", "pod", "p", "-n", "project-hjerte", "--type=merge", "-p", &change], "")
            });
        }
    });
    for name in ["one", "two", "three"] {
        assert!(create(&policy(name), &[]));
    }
    lab.plane.must(&["delete", "networkpolicy", "one", "-n", "project-hjerte", "--dry-run=server"], "");
    lab.plane.must(&["delete", "networkpolicy", "one", "-n", "project-hjerte"], "");
    lab.plane.must(&["delete", "--raw", POLICIES], "");
    lab.plane.must(&["delete", "--raw", POLICIES], "");
    lab.plane.must(&["annotate", "namespace", "project-hjerte", "note=harmless"], "");
    // No node runs it: the API server asks, and then finds nobody to connect to.
    let forward = "/api/v1/namespaces/project-hjerte/pods/p/portforward?ports=8080";
    let exec = ["exec", "-n", "project-hjerte", "p", "--", "cat", "what-was-run"];
    for connecting in [&exec[..], &["attach", "-n", "project-hjerte", "p"], &["create", "--raw", forward, "-f", "-"]] {
        let output = lab.plane.kubectl(connecting, "");
        assert!(!output.status.success() && !error(&output).contains("speguard"), "{}", error(&output));
    }
    lab.plane.must(&["create", "configmap", "outside", "-n", "default"], "");
}

fn what_came_of_it_is_entered(lab: &Lab, report: &Json) {
    let shown = lab.service.speguard(&["evidence", "show", "reconciliation", "--log", "log", "--format", "json"]);
    let shown: Json = serde_json::from_slice(&shown.stdout).unwrap();
    let entry = &shown["entries"][0]["entry"];
    assert_eq!(entry["exit"], 0);
    assert_eq!(entry["classes"]["matched"], count(report, "matched"));
    assert_eq!(entry["files"], report["files"]);
    let text = entry.to_string();
    assert!(!text.contains("project-hjerte") && !text.contains("admin\""), "{text}");
}

fn who_connects_into_a_pod_is_entered_and_not_what_is_run_there(lab: &Lab) {
    let decisions = lab.service.decisions();
    let connected: Vec<&Json> = decisions.iter().filter(|one| one["operation"] == "CONNECT").collect();
    for (kind, subresource) in
        [("PodExecOptions", "exec"), ("PodAttachOptions", "attach"), ("PodPortForwardOptions", "portforward")]
    {
        let of = connected.iter().find(|one| one["kind"] == kind && one["subresource"] == subresource);
        let of = of.unwrap_or_else(|| panic!("{kind}: {connected:?}"));
        assert_eq!((&of["answer"], &of["observed"][0]), (&"allow".into(), &"SPE-IAM-04".into()), "{of}");
    }
    let text = Json::from(decisions).to_string();
    assert!(!text.contains("what-was-run"), "{text}");
}

/// A copy with another leaf, one without its end, and one without its middle.
fn an_edited_audit_log_shows(lab: &Lab, audit: &str, window: (&str, &str)) {
    let text = fs::read_to_string(audit).unwrap();
    let copy = lab.service.folder.path().join("copy.log");
    let compared = |text: &str| {
        fs::write(&copy, text).unwrap();
        lab.reconcile(copy.to_str().unwrap(), window, &[])
    };
    let mark = "project.speguard.io/evidence-leaf\":\"sha256:";
    let last = text.rfind(mark).unwrap() + mark.len();
    let forged = format!("{}{}{}", &text[..last], "0".repeat(64), &text[last + 64..]);
    let (exit, report) = compared(&forged);
    assert_eq!((exit, count(&report, "lost_or_forged")), (1, 1), "{report:#}");
    assert!(report.to_string().contains("the entry has another leaf"), "{report:#}");
    // Written up to the middle of a line.
    let (exit, report) = compared(&text[..last]);
    assert_eq!((exit, report["unread"]["count"].as_u64()), (3, Some(1)), "{report:#}");
    assert_eq!(report["holes"].as_array().unwrap().len(), 1, "{report:#}");
    // An event that was lost leaves its entry alone.
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains("namespace.speguard.io/evidence-leaf")).collect();
    let (exit, report) = compared(&lines.join("\n"));
    assert_eq!((exit, count(&report, "without_event")), (3, 1), "{report:#}");
}

/// Erased, nobody can tell what entries are about; damaged, nothing is compared at all.
fn without_the_key_names_are_not_established(lab: &Lab, audit: &str, window: (&str, &str)) {
    let epochs = lab.service.speguard(&["evidence", "show", "epoch", "--log", "log", "--format", "json"]);
    let epochs: Json = serde_json::from_slice(&epochs.stdout).unwrap();
    let key = epochs["entries"][0]["entry"]["pepper"].as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned();
    let shard = fs::read_dir(lab.service.folder.path().join("log/demo/admission-0")).unwrap().next().unwrap().unwrap();
    let blob = shard.path().join(format!("blobs/sha256/{}/{key}.gz", &key[..2]));
    let bytes = fs::read(&blob).unwrap();
    fs::remove_file(&blob).unwrap();
    let (exit, report) = lab.reconcile(audit, window, &[]);
    assert_eq!((exit, &report["without_pepper"]), (3, &true.into()), "{report:#}");
    fs::write(&blob, "x").unwrap();
    let options = ["evidence", "reconcile", "--log", "log", "--audit-log", audit, "--from", window.0, "--to", window.1];
    let output = lab.service.run(&options);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("is damaged"), "{}", error(&output));
    fs::write(&blob, bytes).unwrap();
}

fn a_webhook_that_was_taken_away_shows(lab: &Lab, audit: &str) {
    lab.plane.must(&["delete", "validatingwebhookconfiguration", "speguard"], "");
    thread::sleep(Duration::from_secs(2));
    let from = now();
    let name = |name: &str| pod(GOOD).replace("name: p,", &format!("name: {name},"));
    lab.plane.must(&["create", "--validate=ignore", "-f", "-"], &name("unseen"));
    lab.plane.must(&["delete", "networkpolicy", "-n", "project-hjerte", "--all"], "");
    let to = lab.end();
    let (exit, report) = lab.reconcile(audit, (&from, &to), &[]);
    assert_eq!(exit, 1, "{report:#}");
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|one| one["check"] == "unannotated").unwrap();
    assert!(
        found["first"].to_string().contains("create pods") && found["first"].to_string().contains("delete"),
        "{found}"
    );
    assert_eq!((found["result"].as_str(), found["kind"].as_str()), (Some("failed"), Some("reconciliation")));
}
