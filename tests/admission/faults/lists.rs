//! Lists that are refused, throttled, broken or slow: nothing is allowed that needs them, and no audit calls it met.
use super::*;
use crate::support::faulty_server::{Fault, FaultyServer};

const POLICIES: &str = "/apis/networking.k8s.io/v1/networkpolicies";

/// A review of the creation of an object, as the API server would send it.
pub(super) fn review(text: &str) -> Vec<u8> {
    let object: Json = serde_saphyr::from_str(text).unwrap();
    let review = serde_json::json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "namespace": "project-hjerte", "name": "p",
        "resource": {"group": "", "version": "v1", "resource": "pods"}, "operation": "CREATE", "object": object}});
    serde_json::to_vec(&review).unwrap()
}

impl Lab {
    /// Whether the creation of a pod is allowed, asked without an API server; and the words.
    pub(super) fn asked(&self, text: &str) -> (bool, String) {
        let (status, answer) = self.service.post(&review(text));
        assert_eq!(status, "200", "{answer}");
        (answer.contains("\"allowed\":true"), answer)
    }

    /// How many judgements of the last audit stand so; `None` before the first.
    fn standing(&self, standing: &str) -> Option<u64> {
        let metrics = self.service.get("/metrics")?;
        let line = format!("speguard_audit_judgements{{standing=\"{standing}\"}} ");
        metrics.lines().find_map(|one| one.strip_prefix(&line)).map(|count| count.trim().parse().unwrap())
    }

    /// What an audit that begins after now says: met, undetermined.
    fn audited(&self) -> (u64, u64) {
        let before = self.audits();
        // The first of them may have begun before.
        self.wait_until("two audits end", |lab| lab.audits() >= before + 2);
        (self.standing("met").unwrap(), self.standing("undetermined").unwrap())
    }
}

#[test]
fn lists_that_fail_allow_nothing_and_make_nothing_met() {
    let Some(plane) = environment("lists that fail", false) else { return };
    let server = FaultyServer::start(&plane);
    let kubeconfig = server.kubeconfig(&plane);
    let mut lab = Lab::guard_through(plane, kubeconfig, &["--audit-every", "1"]);
    let good = pod(GOOD);
    assert!(lab.asked(&good).0);
    let (met, undetermined) = lab.audited();
    for fault in [Fault::Status(500), Fault::Status(429), Fault::Status(403)] {
        lab.service.end();
        server.set(POLICIES, fault);
        lab.service.spawn();
        let until = Instant::now() + Duration::from_secs(4);
        while Instant::now() < until {
            let (allowed, answer) = lab.asked(&good);
            assert!(!allowed, "{fault:?}: {answer}");
            // Waiting does not help where the list is refused.
            assert!(fault == Fault::Status(403) || lab.service.get("/readyz").is_none(), "{fault:?}");
            thread::sleep(Duration::from_millis(200));
        }
        let (fewer, more) = lab.audited();
        assert!(fewer < met && more > undetermined, "{fault:?}: {fewer} of {met} met, {more} undetermined");
        // No sign of life says that the cluster is known.
        let known = lab.service.entries("heartbeat");
        let since =
            known.iter().rposition(|beat| beat["epoch"] != known.last().unwrap()["epoch"]).map_or(0, |at| at + 1);
        assert!(known[since..].iter().all(|beat| beat["synced"] == false), "{fault:?}: {known:?}");
        server.set(POLICIES, Fault::None);
        lab.wait_until("the list is read", |lab| lab.asked(&good).0);
        lab.wait_until("an audit has seen it", |lab| lab.standing("met") == Some(met));
    }
    slow_lists_are_waited_for(&mut lab, &server, &good);
    lab.service.end();
    // Also where the end came upon an audit.
    lab.service.speguard(&["evidence", "verify", "--log", "log", "--trust", "trust.policy"]);
}

fn slow_lists_are_waited_for(lab: &mut Lab, server: &FaultyServer, good: &str) {
    lab.service.end();
    server.set(POLICIES, Fault::Slow(Duration::from_secs(15)));
    lab.service.spawn();
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        assert_eq!(lab.service.get("/readyz"), None);
        let (allowed, answer) = lab.asked(good);
        assert!(!allowed, "{answer}");
        thread::sleep(Duration::from_millis(200));
    }
    lab.wait_until("the list is read", |lab| lab.service.get("/readyz").is_some() && lab.asked(good).0);
    server.set(POLICIES, Fault::None);
}

/// By RBAC, for real; and granted while it runs.
#[test]
fn a_right_that_is_missing_allows_nothing_until_it_is_granted() {
    let Some(plane) = environment("a right that is missing", false) else { return };
    let role = std::process::Command::new(assert_cmd::cargo::cargo_bin("speguard"))
        .args(["rbac", "--watch", "--name", "guard"])
        .output()
        .unwrap();
    let role = String::from_utf8(role.stdout).unwrap();
    let kubeconfig = plane.account("guard", &role.replace("networkpolicies", "networkpolicies-not"));
    let lab = Lab::guard_through(plane, kubeconfig, &["--audit-every", "1"]);
    let good = pod(GOOD);
    let (allowed, answer) = lab.asked(&good);
    assert!(!allowed && answer.contains("networkpolicies"), "{answer}");
    let (_, undetermined) = lab.audited();
    lab.plane.apply(&role);
    lab.wait_until("the right is used", |lab| lab.asked(&good).0);
    lab.wait_until("an audit has seen it", |lab| lab.standing("undetermined").is_some_and(|now| now < undetermined));
}
