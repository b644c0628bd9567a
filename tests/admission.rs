//! Admission against a real API server: who is denied, who is warned, who passes, and what the log holds of it.
use crate::support::{
    control_plane::{ControlPlane, manifests},
    service::Service,
};
use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::Output,
    thread,
    time::{Duration, Instant},
};

mod at_once;
mod bodies;
mod breaches;
mod certificates;
mod changes;
mod context;
mod faults;
mod life;
mod open_reports;
mod outage;
mod reconcile;
mod replicas;
mod table;
mod would_deny;

fn compliant() -> PathBuf {
    std::fs::canonicalize("fixtures/environments/compliant").unwrap()
}

/// What a program says is wrong.
pub(crate) fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A control plane that holds the compliant environment; nothing guards it yet.
pub(crate) fn environment(test: &str, controllers: bool) -> Option<ControlPlane> {
    let plane = if controllers { ControlPlane::with_controllers(test) } else { ControlPlane::start(test) }?;
    let documents = manifests(&compliant().join("kubernetes"));
    let files = |one: &&String| !one.contains(".config.k8s.io/") && !one.contains("audit.k8s.io/");
    let objects: Vec<&str> = documents.iter().filter(files).map(String::as_str).collect();
    let apply = || plane.kubectl(&["apply", "--server-side", "--validate=ignore", "-f", "-"], &objects.join("\n---\n"));
    if controllers {
        // Pods need the account of their namespace, which a controller makes.
        apply();
        wait_for(&plane, "accounts", &["get", "serviceaccounts", "-A", "-o", "name"], |text| {
            text.matches("serviceaccount/default").count() >= 6
        });
    }
    // What the environment needs of others is not served here; all that is must be there.
    let applied = apply();
    let errors = String::from_utf8_lossy(&applied.stderr);
    let other = errors.lines().find(|line| line.contains("rror") && !line.contains("no matches for kind"));
    assert_eq!(other, None, "{errors}");
    // The API server's own Pod Security admission would speak first.
    let lenient = ["pod-security.kubernetes.io/enforce=privileged", "--overwrite"];
    for namespace in ["project-hjerte", "project-lunge"] {
        plane.must(&[&["label", "namespace", namespace][..], &lenient].concat(), "");
    }
    Some(plane)
}

/// What kubectl says, once it holds.
pub(crate) fn wait_for(plane: &ControlPlane, what: &str, arguments: &[&str], holds: impl Fn(&str) -> bool) -> String {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let said = plane.must(arguments, "");
        if holds(&said) {
            return said;
        }
        assert!(Instant::now() < until, "{what}: {said}");
        thread::sleep(Duration::from_millis(300));
    }
}
/// A pod that nothing in a project lets pass.
const HOST_NETWORK: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: project-hjerte}\nspec: {hostNetwork: true, containers: [{name: c, image: i}]}";

/// A control plane that holds the compliant environment, and the service that guards it.
pub(crate) struct Lab {
    pub(crate) plane: ControlPlane,
    pub(crate) service: Service,
}

impl Lab {
    /// `None` where the control plane cannot be had.
    pub(crate) fn start(test: &str, controllers: bool) -> Option<Self> {
        Some(Self::guard(environment(test, controllers)?, &[]))
    }

    /// The service beside a control plane that holds the environment, with further arguments; the API server asks it.
    pub(crate) fn guard(plane: ControlPlane, arguments: &[&str]) -> Self {
        let kubeconfig = plane.kubeconfig();
        Self::guard_through(plane, kubeconfig, arguments)
    }

    /// Likewise, where the service reaches the API server by another way.
    pub(crate) fn guard_through(plane: ControlPlane, kubeconfig: PathBuf, arguments: &[&str]) -> Self {
        let own = [["--audit-every", "0"], ["--beat-every", "5"], ["--look-every", "3"], ["--rollup-every", "1"]];
        let left = own.iter().filter(|one| !arguments.contains(&one[0])).flatten().copied();
        let all: Vec<&str> = left.chain(arguments.iter().copied()).collect();
        let service = Service::start(&plane, kubeconfig, &compliant().join("spe.yaml"), &all);
        let lab = Self { plane, service };
        lab.wait_until("the webhook is asked", |lab| !lab.try_out(HOST_NETWORK).status.success());
        lab
    }

    /// A server-side dry run: judged as it would be, and nothing comes of it.
    pub(crate) fn try_out(&self, object: &str) -> Output {
        self.plane.kubectl(
            &["apply", "--server-side", "--force-conflicts", "--validate=ignore", "--dry-run=server", "-f", "-"],
            object,
        )
    }

    /// Creates an object for good.
    pub(crate) fn create(&self, text: &str) -> Output {
        self.plane.kubectl(&["create", "--validate=ignore", "-f", "-"], text)
    }

    pub(crate) fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        while !holds(self) {
            assert!(Instant::now() < until, "{what}: {}", self.service.output());
            thread::sleep(Duration::from_millis(200));
        }
    }
}
