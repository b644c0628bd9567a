//! A real API server with its etcd, started for a test and stopped with it. `tests/control-plane` is the same for people.
use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// A running control plane; dropping it stops it.
pub(crate) struct ControlPlane {
    folder: TempDir,
    /// What etcd held when the API server had come up.
    born: BTreeSet<String>,
}

impl ControlPlane {
    /// `None`, with a line that names the test, where its programs are not there.
    pub(crate) fn start(test: &str) -> Option<Self> {
        Self::begin(test, &[])
    }

    /// Likewise with the controller manager: Deployments make Pods, deleted namespaces go away.
    pub(crate) fn with_controllers(test: &str) -> Option<Self> {
        Self::begin(test, &["--controllers"])
    }

    fn begin(test: &str, options: &[&str]) -> Option<Self> {
        let mut plane = Self { folder: tempfile::tempdir().unwrap(), born: BTreeSet::new() };
        let up = plane.script("up", options);
        if up.status.code() == Some(2) {
            #[expect(clippy::print_stderr, reason = "a skipped test is said, not hidden")]
            {
                eprintln!("skipped: {test}: {}", String::from_utf8_lossy(&up.stderr).trim());
            }
            return None;
        }
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
        plane.born = plane.keys();
        Some(plane)
    }

    /// Ends the API server as a crash does; `restart` brings it back.
    pub(crate) fn kill_apiserver(&self) {
        self.signal_to("kube-apiserver", "KILL");
    }

    fn signal_to(&self, program: &str, signal: &str) {
        let pid = std::fs::read_to_string(self.state().join(format!("{program}.pid"))).unwrap();
        let sent = Command::new("kill").args([&format!("-{signal}"), pid.trim()]).status().unwrap();
        assert!(sent.success(), "kill -{signal} {program}");
    }

    /// Stops the API server and starts it again.
    pub(crate) fn restart(&self) {
        let again = self.script("restart-apiserver", &[]);
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    }

    fn script(&self, verb: &str, options: &[&str]) -> Output {
        let mut command = Command::new("tests/control-plane");
        command.arg(verb).args(options).env("CONTROL_PLANE_DIR", self.state());
        command.output().unwrap()
    }

    /// Where logs, tokens and the audit log lie.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.state().join("kubeconfig")
    }

    /// kubectl, pointed at this control plane.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let tools = std::env::var("HOME").map(|home| format!("{home}/.cache/speguard/tools/bin")).unwrap_or_default();
        let path = format!("{}:{tools}", std::env::var("PATH").unwrap());
        let mut command = Command::new("kubectl");
        command.args(arguments).env("KUBECONFIG", self.kubeconfig()).env("PATH", path);
        command
    }

    pub(crate) fn kubectl(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What kubectl answers, which must be good.
    pub(crate) fn must(&self, arguments: &[&str], input: &str) -> String {
        let output = self.kubectl(arguments, input);
        assert!(output.status.success(), "kubectl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Applies objects; those that live in namespaces after these.
    pub(crate) fn apply(&self, text: &str) {
        self.must(&["apply", "--server-side", "--validate=ignore", "-f", "-"], text);
    }

    /// A kubeconfig of an account that may do what `role` (rules of a ClusterRole, in YAML) says.
    pub(crate) fn account(&self, name: &str, role: &str) -> PathBuf {
        self.apply(&format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: default}}\n---\n{role}\n---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: {name}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {name}}}\n\
             subjects: [{{kind: ServiceAccount, name: {name}, namespace: default}}]\n"
        ));
        let token = self.must(&["create", "token", name, "--namespace", "default"], "");
        let text = std::fs::read_to_string(self.kubeconfig()).unwrap();
        let own = std::fs::read_to_string(self.state().join("token")).unwrap();
        let path = self.state().join(format!("{name}.kubeconfig"));
        std::fs::write(&path, text.replace(own.trim(), token.trim())).unwrap();
        path
    }

    /// Takes the cluster back to what it was when it had come up: everything since is taken out of etcd.
    pub(crate) fn reset(&self) {
        for key in self.keys().difference(&self.born) {
            self.etcd("deleterange", &format!("{{\"key\": \"{}\"}}", encoded(key.as_bytes())));
        }
    }

    /// Counts what there is now among what the cluster came up with.
    pub(crate) fn keep(&mut self) {
        self.born = self.keys();
    }

    /// Sends a signal to etcd: `STOP` and `CONT` make it a store that does not answer for a while.
    pub(crate) fn signal_etcd(&self, signal: &str) {
        self.signal_to("etcd", signal);
    }

    /// Has etcd forget every state but the present one.
    pub(crate) fn compact(&self) {
        let key = encoded(b"/registry/");
        let found = self.etcd("range", &format!("{{\"key\": \"{key}\"}}"));
        let found: serde_json::Value = serde_json::from_slice(&found).unwrap();
        let revision = found["header"]["revision"].as_str().unwrap();
        self.etcd("compaction", &format!("{{\"revision\": \"{revision}\", \"physical\": true}}"));
    }

    fn keys(&self) -> BTreeSet<String> {
        let (from, to) = (encoded(b"/registry/"), encoded(b"/registry0"));
        let found =
            self.etcd("range", &format!("{{\"key\": \"{from}\", \"range_end\": \"{to}\", \"keys_only\": true}}"));
        let found: serde_json::Value = serde_json::from_slice(&found).unwrap();
        let text = |entry: &serde_json::Value| {
            use base64::Engine as _;
            let key = base64::engine::general_purpose::STANDARD.decode(entry["key"].as_str().unwrap()).unwrap();
            String::from_utf8(key).unwrap()
        };
        // Leases, events and addresses of the API server itself come and go by themselves.
        let passing = ["/registry/leases/", "/registry/events/", "/registry/masterleases/", "/registry/ipaddresses/"];
        let keys = found["kvs"].as_array().unwrap().iter().map(text);
        keys.filter(|key| !passing.iter().any(|start| key.starts_with(start))).collect()
    }

    fn etcd(&self, call: &str, body: &str) -> Vec<u8> {
        let port = std::fs::read_to_string(self.state().join("etcd.port")).unwrap();
        let url = format!("http://127.0.0.1:{}/v3/kv/{call}", port.trim());
        let answer = Command::new("curl").args(["-sf", "-X", "POST", "-d", body, &url]).output().unwrap();
        assert!(answer.status.success(), "etcd: {call}");
        answer.stdout
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.script("down", &[]);
    }
}

fn encoded(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Every YAML file of a folder or file, namespaces first: `kubectl apply` does not sort, and the rest lives in them.
pub(crate) fn manifests(path: &Path) -> Vec<String> {
    let mut documents = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            documents.extend(text.split("\n---").map(str::to_owned).filter(|one| one.contains("kind:")));
        }
    }
    documents.sort_by_key(|one| !one.lines().any(|line| line == "kind: Namespace"));
    documents
}
