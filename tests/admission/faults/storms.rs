//! The API server goes away and comes back, its store stops answering, and the states that watches stand on are forgotten.
use super::*;

/// A policy that opens nothing alone, and one that would open a way to another project where the first is known. Without it
/// nobody can tell: the own range that everybody may reach may hold addresses of the cluster.
fn across(namespace: &str, is_out: bool) -> String {
    let (kind, list, peer, other) =
        if is_out { ("Egress", "egress", "to", "lunge") } else { ("Ingress", "ingress", "from", "hjerte") };
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: across, namespace: {namespace}}}\nspec: \
         {{podSelector: {{}}, policyTypes: [{kind}], {list}: [{{{peer}: [{{namespaceSelector: {{matchLabels: \
         {{spe/project: {other}}}}}}}], ports: [{{port: 5432}}]}}]}}\n"
    )
}

impl Lab {
    fn would_open(&self) -> bool {
        let output = self.try_out(&across("project-lunge", false));
        !output.status.success() && error(&output).contains("would open")
    }

    /// Whether what changes now is known within a moment, in both directions.
    fn follows_changes(&self) {
        self.plane.apply(&across("project-hjerte", true));
        self.wait_until("what is new is known", Self::would_open);
        self.plane.must(&["delete", "networkpolicy", "across", "-n", "project-hjerte"], "");
        self.wait_until("what is gone is known", |lab| {
            let words = error(&lab.try_out(&across("project-lunge", false)));
            words.contains("SPE-SEP-02") && !words.contains("would open")
        });
    }
}

#[test]
fn what_happens_to_the_api_server_and_its_store_is_followed() {
    let Some(lab) = Lab::start("faults of the API server", false) else { return };
    let from = reconcile::now();
    lab.follows_changes();
    an_api_server_that_restarts_is_found_again(&lab);
    a_store_that_does_not_answer_stores_nothing(&lab);
    let to = lab.end();
    let audit = lab.plane.state().join("audit.log");
    let (_, report) = lab.reconcile(audit.to_str().unwrap(), (&from, &to), &[]);
    // No answer was lost. That an event was lost with the API server cannot be excluded.
    for class in ["lost_or_forged", "unannotated"] {
        assert_eq!(reconcile::count(&report, class), 0, "{report:#}");
    }
    a_state_that_is_forgotten_is_listed_anew(&lab);
}

fn an_api_server_that_restarts_is_found_again(lab: &Lab) {
    lab.plane.kill_apiserver();
    // For half a minute what was known last still holds; then nothing that can open ways passes.
    let (allowed, answer) = lab.asked(&pod(GOOD));
    assert!(allowed, "{answer}");
    thread::sleep(Duration::from_secs(25));
    lab.wait_until("what is known is too old", |lab| !lab.asked(&pod(GOOD)).0);
    let (_, answer) = lab.asked(&pod(GOOD));
    assert!(answer.contains("cannot judge"), "{answer}");
    lab.plane.restart();
    lab.wait_until("it is known again", |lab| lab.asked(&pod(GOOD)).0);
    lab.follows_changes();
}

fn a_store_that_does_not_answer_stores_nothing(lab: &Lab) {
    let good = pod(GOOD).replace("name: p,", "name: paused,");
    lab.plane.signal_etcd("STOP");
    let create = ["create", "--validate=ignore", "--request-timeout=4s", "-f", "-"];
    let output = lab.plane.kubectl(&create, &good);
    let alive = lab.service.get("/healthz");
    lab.plane.signal_etcd("CONT");
    assert!(!output.status.success() && alive.is_some());
    let bad = pod(GOOD).replace("  containers:", "  hostPID: true\n  containers:");
    lab.wait_until("it is denied by name again", |lab| error(&lab.create(&bad)).contains("SPE-HRD-02"));
    lab.follows_changes();
}

/// The service sleeps while the cluster changes, its store forgets the states between, and the API server starts anew: no
/// watch can go on from where it was.
fn a_state_that_is_forgotten_is_listed_anew(lab: &Lab) {
    lab.plane.must(&["delete", "validatingwebhookconfiguration", "speguard"], "");
    lab.service.signal("STOP");
    lab.plane.apply(&across("project-hjerte", true));
    for nth in 0..20 {
        lab.plane.must(&["create", "configmap", &format!("c{nth}"), "-n", "default"], "");
    }
    lab.plane.compact();
    lab.plane.restart();
    let audit = lab.plane.state().join("audit.log");
    let lists = || {
        let text = std::fs::read_to_string(&audit).unwrap();
        text.lines().filter(|line| line.contains("/networkpolicies?limit=") && line.contains("\"list\"")).count()
    };
    let before = lists();
    lab.service.signal("CONT");
    lab.plane.apply(&lab.service.webhooks());
    lab.wait_until("what came meanwhile is known", Lab::would_open);
    lab.wait_until("the policies are listed anew", |_| lists() > before);
    lab.plane.must(&["delete", "networkpolicy", "across", "-n", "project-hjerte"], "");
    lab.follows_changes();
}
