//! The webhook is away: from the boot of the API server on, for a while, and for good. What must come up comes up, what is
//! guarded waits, and nobody but people touches the configuration.
use super::{
    table::{GOOD, pod},
    *,
};

const PLATFORM: [&str; 3] = ["speguard", "network-plugin", "storage-plugin"];

fn space(name: &str, labels: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n")
}

impl Lab {
    /// Changes with every write of the configuration; empty where there is none.
    fn configuration(&self) -> String {
        let version = "jsonpath={.metadata.resourceVersion}";
        let shown = self.plane.kubectl(&["get", "validatingwebhookconfiguration", "speguard", "-o", version], "");
        String::from_utf8(shown.stdout).unwrap()
    }
}

#[test]
fn without_the_webhook_the_platform_comes_up_and_the_configuration_stays_as_people_left_it() {
    let Some(mut lab) = environment("the webhook is away", false).map(|plane| Lab::guard(plane, &[])) else { return };
    let exempt: Vec<&str> = PLATFORM.iter().flat_map(|name| ["--exempt", name]).collect();
    lab.plane.apply(&lab.service.webhooks_with(&exempt));
    assert!(lab.create(&pod(GOOD).replace("name: p,", "name: before,")).status.success());
    let configuration = lab.configuration();
    lab.service.kill();
    the_platform_comes_up(&lab);
    what_is_guarded_waits(&lab);
    assert_eq!(lab.configuration(), configuration);

    // It comes back with another authority, which people hand over; it writes nothing itself.
    lab.service.begin();
    thread::sleep(Duration::from_secs(4));
    assert_eq!(lab.configuration(), configuration);
    lab.plane.apply(&lab.service.webhooks_with(&exempt));
    let good = pod(GOOD).replace("name: p,", "name: after,");
    lab.wait_until("it is asked again", |lab| lab.create(&good).status.success());

    // An emergency: taken away, it stays away, also when the service starts anew.
    lab.plane.must(&["delete", "validatingwebhookconfiguration", "speguard"], "");
    lab.service.end();
    lab.service.begin();
    thread::sleep(Duration::from_secs(4));
    assert_eq!(lab.configuration(), "");
    let hostile =
        pod(GOOD).replace("name: p,", "name: hostile,").replace("  containers:", "  hostPID: true\n  containers:");
    assert!(lab.create(&hostile).status.success());
}

/// From the boot on: the API server starts with a configuration whose webhook is not there.
fn the_platform_comes_up(lab: &Lab) {
    lab.plane.restart();
    for name in PLATFORM {
        lab.plane.must(&["create", "-f", "-"], &space(name, ""));
        let made =
            lab.create(&pod("{hostNetwork: true, containers: [{name: c, image: i}]}").replace("project-hjerte", name));
        assert!(made.status.success(), "{name}: {}", error(&made));
    }
    let system = lab.create(
        &pod("{hostNetwork: true, containers: [{name: c, image: i}]}").replace("project-hjerte", "kube-system"),
    );
    assert!(system.status.success(), "{}", error(&system));
    // Other namespaces go on: they are only asked about.
    let other = lab.create(&pod(GOOD).replace("project-hjerte", "default"));
    assert!(other.status.success(), "{}", error(&other));
}

fn what_is_guarded_waits(lab: &Lab) {
    for object in [pod(GOOD), space("fresh", "spe/project: fresh")] {
        let refused = lab.create(&object);
        assert!(error(&refused).contains("failed calling webhook"), "{}", error(&refused));
    }
    // Ending things is never asked about.
    lab.plane.must(&["delete", "pod", "before", "-n", "project-hjerte", "--wait=false"], "");
    let scaled = lab.plane.kubectl(&["scale", "deployment", "notebook", "--replicas=1", "-n", "project-hjerte"], "");
    assert!(scaled.status.success(), "{}", error(&scaled));
}
