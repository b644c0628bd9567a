//! Faults: a log that cannot be written, and a cluster that is no longer the one that the service was started on.
use super::{
    table::{GOOD, pod},
    *,
};
use serde_json::Value as Json;

mod lists;
mod process;
mod storms;

/// E11, `require`: what the log does not hold is not allowed, but for what must always be possible; the first entry after
/// it says how many answers it does not hold.
#[test]
fn without_the_log_nothing_is_allowed_and_the_hole_is_told() {
    let Some(lab) = Lab::start("a log that cannot be written", false) else { return };
    lab.plane.apply(&pod(GOOD));
    lab.plane.apply(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: idle, namespace: project-hjerte}\n\
         spec: {podSelector: {matchLabels: {app: nobody}}, policyTypes: [Egress]}\n",
    );
    let journal = walk(&lab.service.folder.path().join("log"), "journal");
    let away = journal.with_extension("away");
    std::fs::rename(&journal, &away).unwrap();
    std::fs::write(&journal, "").unwrap();

    let kubectl = |arguments: &[&str]| lab.plane.kubectl(arguments, "");
    let label = kubectl(&["label", "pod", "p", "-n", "project-hjerte", "note=new"]);
    assert!(!label.status.success() && error(&label).contains("evidence-log-unavailable"), "{}", error(&label));
    // It opens nothing, and is no less a decision.
    let deleted = kubectl(&["delete", "networkpolicy", "idle", "-n", "project-hjerte"]);
    assert!(!deleted.status.success() && error(&deleted).contains("evidence-log-unavailable"), "{}", error(&deleted));
    let finalizers = r#"{"metadata": {"finalizers": ["a.example/x"]}}"#;
    let kept = kubectl(&["patch", "pod", "p", "-n", "project-hjerte", "--type=merge", "-p", finalizers]);
    assert!(kept.status.success(), "{}", error(&kept));
    let metrics = lab.service.get("/metrics").unwrap();
    assert!(metrics.contains("speguard_admission_unrecorded_total 3"), "{metrics}");

    std::fs::remove_file(&journal).unwrap();
    std::fs::rename(&away, &journal).unwrap();
    lab.wait_until("changes are allowed again", |lab| {
        lab.plane
            .kubectl(&["label", "pod", "p", "-n", "project-hjerte", "note=new", "--overwrite"], "")
            .status
            .success()
    });
    lab.wait_until("a checkpoint covers the gap", |lab| !gaps(lab).is_empty());
    let gaps = gaps(&lab);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0]["decisions_lost"].as_u64().unwrap() >= 3, "{gaps:?}");
    assert_eq!((gaps[0]["cause"].as_str(), gaps[0]["item"].as_str()), (Some("store"), Some("admission-0")));
}

/// Those that say what was not entered; the service also declares when it knew no cluster.
fn gaps(lab: &Lab) -> Vec<Json> {
    let shown = lab.service.speguard(&["evidence", "show", "gap", "--log", "log", "--format", "json"]);
    let shown: Json = serde_json::from_slice(&shown.stdout).unwrap();
    let all = shown["entries"].as_array().unwrap().iter().map(|one| one["entry"].clone());
    all.filter(|one| one["decisions_lost"] != 0).collect()
}

/// The folder of this name somewhere below another.
fn walk(below: &std::path::Path, name: &str) -> PathBuf {
    let mut open = vec![below.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|of| of == name) {
                return path;
            }
            open.extend(path.is_dir().then_some(path));
        }
    }
    panic!("no `{name}` below {}", below.display());
}

/// Policies of a kind that was not there at the start would be passed over.
#[test]
fn a_new_kind_of_policy_ends_the_service_in_order() {
    let Some(mut lab) = Lab::start("a new kind of policy", false) else { return };
    lab.plane.apply(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
         metadata: {name: ciliumnetworkpolicies.cilium.io}\nspec:\n  group: cilium.io\n  scope: Namespaced\n  \
         names: {kind: CiliumNetworkPolicy, plural: ciliumnetworkpolicies, singular: ciliumnetworkpolicy}\n  \
         versions: [{name: v2, served: true, storage: true, schema: {openAPIV3Schema: {type: object, \
         x-kubernetes-preserve-unknown-fields: true}}}]\n",
    );
    lab.wait_until("it ends", |lab| lab.service.get("/healthz").is_none());
    assert!(lab.service.output().contains("serves other kinds than at the start"), "{}", lab.service.output());
    // Status 0, and the stop is in the log.
    lab.service.ended();
    let epochs = lab.service.speguard(&["evidence", "show", "epoch", "--log", "log", "--format", "json"]);
    assert!(String::from_utf8(epochs.stdout).unwrap().contains("\"stop\""));
}
