//! Admission against a real API server: who is denied, who is warned, who passes, and what the log holds of it.
use crate::support::{
    control_plane::{ControlPlane, manifests},
    service::Service,
};
use std::{
    path::PathBuf,
    process::Output,
    thread,
    time::{Duration, Instant},
};

mod bodies;
mod faults;
mod life;
mod reconcile;
mod table;

fn compliant() -> PathBuf {
    std::fs::canonicalize("fixtures/environments/compliant").unwrap()
}

/// A control plane that holds the compliant environment, and the service that guards it.
pub(crate) struct Lab {
    pub(crate) plane: ControlPlane,
    pub(crate) service: Service,
}

impl Lab {
    /// `None` where the control plane cannot be had.
    pub(crate) fn start(test: &str, controllers: bool) -> Option<Self> {
        let plane = if controllers { ControlPlane::with_controllers(test) } else { ControlPlane::start(test) }?;
        let documents = manifests(&compliant().join("kubernetes"));
        let files = |one: &&String| !one.contains(".config.k8s.io/") && !one.contains("audit.k8s.io/");
        let objects: Vec<&str> = documents.iter().filter(files).map(String::as_str).collect();
        // What the environment needs of others is not served here; all that is must be there.
        let applied =
            plane.kubectl(&["apply", "--server-side", "--validate=ignore", "-f", "-"], &objects.join("\n---\n"));
        let errors = String::from_utf8_lossy(&applied.stderr);
        let other = errors.lines().find(|line| line.contains("rror") && !line.contains("no matches for kind"));
        assert_eq!(other, None, "{errors}");
        // The API server's own Pod Security admission would speak first.
        let lenient = ["pod-security.kubernetes.io/enforce=privileged", "--overwrite"];
        for namespace in ["project-hjerte", "project-lunge"] {
            plane.must(&[&["label", "namespace", namespace][..], &lenient].concat(), "");
        }
        let service = Service::start(
            &plane,
            &compliant().join("spe.yaml"),
            &["--audit-every", "0", "--beat-every", "5", "--look-every", "3", "--rollup-every", "1"],
        );
        let lab = Self { plane, service };
        lab.wait_until("the webhook is asked", |lab| {
            !lab.try_out("apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: project-hjerte}\nspec: {hostNetwork: true, containers: [{name: c, image: i}]}").status.success()
        });
        Some(lab)
    }

    /// A server-side dry run: judged as it would be, and nothing comes of it.
    pub(crate) fn try_out(&self, object: &str) -> Output {
        self.plane.kubectl(
            &["apply", "--server-side", "--force-conflicts", "--validate=ignore", "--dry-run=server", "-f", "-"],
            object,
        )
    }

    pub(crate) fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(30);
        while !holds(self) {
            assert!(Instant::now() < until, "{what}: {}", self.service.output());
            thread::sleep(Duration::from_millis(200));
        }
    }
}
