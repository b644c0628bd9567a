//! Two changes at once against a real API server.
use super::*;
use std::process::Command;

/// One request to the API server, without the time that kubectl takes to begin: status and body.
fn ask(plane: &ControlPlane, method: &str, path: &str, kind: &str, body: &str) -> (u16, String) {
    let read = |name: &str| std::fs::read_to_string(plane.state().join(name)).unwrap().trim().to_owned();
    let (url, token) = (format!("https://127.0.0.1:{}{path}", read("port")), read("token"));
    let headers = [format!("Authorization: Bearer {token}"), format!("Content-Type: {kind}")];
    let mut command = Command::new("curl");
    command.args(["-sk", "--max-time", "30", "-X", method, "-H", &headers[0], "-H", &headers[1]]);
    let output = command.args(["-w", "\n%{http_code}", "--data-binary", body, &url]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

const POLICIES: &str = "/apis/networking.k8s.io/v1/namespaces/project-hjerte/networkpolicies";
const POD: &str = "/api/v1/namespaces/project-hjerte/pods/p";

fn makes_policy(plane: &ControlPlane, app: &str) -> (u16, String) {
    let mut policy = opens_for(app).new.unwrap();
    policy["metadata"] = json!({"name": "open", "namespace": "project-hjerte"});
    ask(plane, "POST", POLICIES, "application/json", &policy.to_string())
}

fn labels_pod(plane: &ControlPlane, app: &str) -> (u16, String) {
    let patch = json!({"metadata": {"labels": {"app": app}}}).to_string();
    ask(plane, "PATCH", POD, "application/merge-patch+json", &patch)
}

fn is_good((status, _): &(u16, String)) -> bool {
    (200..300).contains(status)
}

#[test]
fn a_policy_and_a_label_sent_at_once_are_never_both_stored() {
    let Some(lab) = Lab::start("a policy and a label at once", false) else { return };
    lab.plane.apply(&pod(GOOD));
    let mut together = 0;
    for round in 0..12 {
        let begin = Barrier::new(2);
        let (policy, label) = thread::scope(|scope| {
            let policy = scope.spawn(|| {
                begin.wait();
                makes_policy(&lab.plane, "x")
            });
            begin.wait();
            let label = labels_pod(&lab.plane, "x");
            (policy.join().unwrap(), label)
        });
        // One of the two would pass after the other, so that one of them does.
        assert!(is_good(&policy) != is_good(&label), "round {round}: {policy:?} {label:?}");
        let denied = if is_good(&policy) { &label.1 } else { &policy.1 };
        assert!(denied.contains("SPE-NET-02") && denied.contains("would open"), "{denied}");
        together += usize::from(denied.contains("admitted moments ago"));
        ask(&lab.plane, "DELETE", &format!("{POLICIES}/open"), "application/json", "");
        assert!(is_good(&labels_pod(&lab.plane, "p")));
    }
    assert!(together > 0, "no two came at once");
    // What was stored was shown, and is held no longer than it takes to be.
    lab.wait_until("the watch has shown all", |lab| held(lab) == Some(0));
}

/// How many changes wait to be shown, as the metrics say.
fn held(lab: &Lab) -> Option<u64> {
    let text = lab.service.get("/metrics")?;
    let line = text.lines().find(|line| line.starts_with("speguard_admission_unseen "))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// A dry run is not held, nor is what was denied: the next change passes at once.
#[test]
fn what_came_to_nothing_holds_nobody_up() {
    let Some(lab) = Lab::start("changes that come to nothing", false) else { return };
    lab.plane.apply(&pod(GOOD));
    let mut policy = opens_for("x").new.unwrap();
    policy["metadata"] = json!({"name": "open", "namespace": "project-hjerte"});
    let tried = ask(&lab.plane, "POST", &format!("{POLICIES}?dryRun=All"), "application/json", &policy.to_string());
    assert!(is_good(&tried), "{tried:?}");
    assert!(is_good(&labels_pod(&lab.plane, "x")));
    let denied = makes_policy(&lab.plane, "x");
    assert!(!is_good(&denied) && held(&lab) == Some(0), "{denied:?}");
    assert!(is_good(&labels_pod(&lab.plane, "y")));
    // Let pass, and refused by the API server itself: it is there already.
    assert!(is_good(&makes_policy(&lab.plane, "x")));
    let again = makes_policy(&lab.plane, "other");
    assert_eq!(again.0, 409, "{again:?}");
}
