//! What two replicas let pass at one moment is found open within seconds, with the decisions that let it be.
use super::{
    table::{GOOD, pod},
    *,
};
use serde_json::{Value as Json, json};

fn review(kind: [&str; 3], (operation, name): (&str, &str), old: &Json, new: &Json) -> Vec<u8> {
    let [group, kind, resource] = kind;
    let request = json!({
        "uid": format!("u-{name}"), "kind": {"group": group, "version": "v1", "kind": kind},
        "resource": {"group": group, "version": "v1", "resource": resource}, "namespace": "project-hjerte",
        "name": name, "operation": operation, "object": new, "oldObject": old, "dryRun": false,
    });
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).to_string().into_bytes()
}

fn is_let_pass(service: &Service, review: &[u8]) -> bool {
    let (status, body) = service.post(review);
    let answer: Json = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{status} {error}: {body}"));
    answer["response"]["allowed"] == true
}

/// The entries of a type in the log.
fn entries(service: &Service, of: &str) -> Vec<Json> {
    let shown = service.speguard(&["evidence", "show", of, "--log", "log", "--format", "json"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    let read: Json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    read["entries"].as_array().unwrap_or_else(|| panic!("{text}")).clone()
}

fn looks(service: &Service) -> u64 {
    let text = service.get("/metrics").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("speguard_breach_looks_total "));
    line.and_then(|count| count.parse().ok()).unwrap_or(0)
}

#[test]
fn two_replicas_that_let_pass_at_once_both_name_what_they_let_be() {
    let Some(mut lab) = Lab::start("two replicas at once", false) else { return };
    lab.plane.apply(&pod(GOOD));
    let arguments = ["--audit-every", "0", "--look-every", "3600"];
    let mut other = Service::prepare(&lab.plane, &compliant().join("spe.yaml"), "admission-1", &arguments);
    other.begin();
    // From here on each replica is asked by hand, as two API servers would.
    lab.plane.must(&["delete", "validatingwebhookconfiguration", "--all"], "");
    for service in [&lab.service, &other] {
        let until = Instant::now() + Duration::from_secs(30);
        while looks(service) == 0 {
            assert!(Instant::now() < until, "nobody has looked yet: {}", service.output());
            thread::sleep(Duration::from_millis(100));
        }
    }
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "open", "namespace": "project-hjerte"},
        "spec": {"podSelector": {"matchLabels": {"app": "x"}}, "policyTypes": ["Egress"],
                 "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.7/32"}}]}]},
    });
    let stored: Json =
        serde_json::from_str(&lab.plane.must(&["get", "pod", "p", "-n", "project-hjerte", "-o", "json"], "")).unwrap();
    let mut labelled = stored.clone();
    labelled["metadata"]["labels"]["app"] = "x".into();
    let policies = ["networking.k8s.io", "NetworkPolicy", "networkpolicies"];
    assert!(is_let_pass(&lab.service, &review(policies, ("CREATE", "open"), &Json::Null, &policy)));
    assert!(is_let_pass(&other, &review(["", "Pod", "pods"], ("UPDATE", "p"), &stored, &labelled)));
    lab.plane.apply(&policy.to_string());
    lab.plane.must(&["label", "pod", "p", "-n", "project-hjerte", "app=x", "--overwrite"], "");
    let begun = Instant::now();
    let said = |service: &Service| service.output().contains("breach: recorded as");
    while !(said(&lab.service) && said(&other)) {
        let (one, two) = (lab.service.output(), other.output());
        assert!(begun.elapsed() < Duration::from_secs(5), "not within five seconds: {one}\n{two}");
        thread::sleep(Duration::from_millis(50));
    }
    lab.service.end();
    other.end();
    for (service, emitter, request) in [(&lab.service, "admission-0", "u-open"), (&other, "admission-1", "u-p")] {
        let output = service.output();
        assert!(output.contains("breach: SPE-NET-02") && output.contains("192.0.2.7"), "{output}");
        let found = entries(service, "breach");
        assert_eq!(found.len(), 1, "{found:?}");
        let decisions = found[0]["entry"]["decisions"].as_array().unwrap_or_else(|| panic!("{found:?}"));
        assert!(decisions.iter().all(|one| one["shard"].as_str().unwrap().contains(emitter)), "{found:?}");
        let own = entries(service, "decision").into_iter().find(|one| one["entry"]["request"] == request).unwrap();
        assert!(decisions.iter().any(|one| one["index"] == own["index"]), "{own} {found:?}");
    }
}

#[test]
fn a_change_that_opens_nothing_is_no_breach() {
    let Some(mut lab) = Lab::start("a change that opens nothing", false) else { return };
    lab.plane.apply(&pod(GOOD));
    lab.wait_until("somebody has looked", |lab| looks(&lab.service) > 0);
    let before = looks(&lab.service);
    // It could open ways, and opens none: nobody has the label.
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "open", "namespace": "project-hjerte"},
        "spec": {"podSelector": {"matchLabels": {"app": "nobody"}}, "policyTypes": ["Egress"],
                 "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.7/32"}}]}]},
    });
    lab.plane.apply(&policy.to_string());
    lab.wait_until("it was looked at", |lab| looks(&lab.service) > before);
    lab.service.end();
    assert!(!lab.service.output().contains("breach"), "{}", lab.service.output());
    assert_eq!(entries(&lab.service, "breach"), Vec::<Json>::new());
}
