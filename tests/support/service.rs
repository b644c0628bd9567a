//! `speguard serve` as a process beside a real API server, with its webhooks installed and an evidence log.
use super::control_plane::ControlPlane;
use assert_cmd::cargo::cargo_bin;
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The service; dropping it ends it.
pub(crate) struct Service {
    pub(crate) folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    pub(crate) kubeconfig: PathBuf,
    /// Of the evidence log, and the variables by which it is reached.
    pub(crate) log: String,
    pub(crate) variables: Vec<(String, String)>,
    child: Option<Child>,
}

impl Service {
    /// Starts it for a control plane that it reaches by a kubeconfig, waits until it is ready, and has the API server ask it.
    pub(crate) fn start(plane: &ControlPlane, kubeconfig: PathBuf, description: &Path, arguments: &[&str]) -> Self {
        let mut service = Self::prepare(plane, description, "admission-0", arguments);
        service.kubeconfig = kubeconfig;
        service.begin();
        plane.apply(&service.webhooks());
        service
    }

    /// With a log of its own, and not started.
    pub(crate) fn prepare(plane: &ControlPlane, description: &Path, emitter: &str, arguments: &[&str]) -> Self {
        let service = Self::new(plane, description, arguments);
        service.init(emitter, &["--lead", "--trust-out", "trust.policy"]);
        service
    }

    /// One of several with a log in common, which lies in a folder together with its keys; not started. Its own shard leads
    /// nobody.
    pub(crate) fn replica(
        plane: &ControlPlane,
        description: &Path,
        (emitter, home): (&str, &Path),
        arguments: &[&str],
    ) -> Self {
        let service = Self::new(plane, description, &[arguments, &["--emitter", emitter]].concat());
        for shared in ["log", "state"] {
            fs::create_dir_all(home.join(shared)).unwrap();
            std::os::unix::fs::symlink(home.join(shared), service.folder.path().join(shared)).unwrap();
        }
        service.init(emitter, &["--trust-out", "trust.policy"]);
        service
    }

    /// Makes the shard of an emitter.
    pub(crate) fn init(&self, emitter: &str, further: &[&str]) {
        let named = ["--domain", "example.org", "--spe", "demo", "--emitter", emitter];
        self.speguard(&[&["evidence", "init", "--log", "log"], &named[..], further].concat());
    }

    fn new(plane: &ControlPlane, description: &Path, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut all: Vec<String> = ["serve", "--spe", description.to_str().unwrap()].map(str::to_owned).into();
        all.extend(arguments.iter().map(|one| (*one).to_owned()));
        match arguments.iter().position(|one| *one == "--tls-certificate") {
            Some(at) => {
                // Its authority may lie beside it.
                let authority = Path::new(arguments[at + 1]).with_file_name("authority.pem");
                if authority.exists() {
                    fs::copy(authority, folder.path().join("authority.pem")).unwrap();
                }
            }
            None => all.extend(["--tls-name", "127.0.0.1"].map(str::to_owned)),
        }
        let (kubeconfig, log, variables) = (plane.kubeconfig(), "log".to_owned(), Vec::new());
        Self { folder, port, arguments: all, kubeconfig, log, variables, child: None }
    }

    /// Without a name for a certificate, where that comes from files.
    pub(crate) fn without_name(&mut self) {
        self.arguments.retain(|one| one != "--tls-name" && one != "127.0.0.1");
    }

    /// Whether it enters its authority where the API server looks.
    fn enters(&self) -> bool {
        self.arguments.iter().any(|one| one == "--webhook-configuration")
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The configuration that has the API server ask it.
    pub(crate) fn webhooks(&self) -> String {
        self.webhooks_with(&[])
    }

    /// Likewise, with further arguments.
    pub(crate) fn webhooks_with(&self, arguments: &[&str]) -> String {
        let url = self.url();
        let authority: &[&str] = if self.enters() { &[] } else { &["--authority", "authority.pem"] };
        let output = self.speguard(&[&["webhooks", "--url", &url], authority, arguments].concat());
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the process (again), and waits until it knows the cluster.
    pub(crate) fn begin(&mut self) {
        self.spawn();
        let until = Instant::now() + Duration::from_secs(60);
        while self.get("/readyz").as_deref() != Some("ready\n") {
            assert!(Instant::now() < until, "{}", self.output());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Starts the process (again), and waits until it answers at all.
    pub(crate) fn spawn(&mut self) {
        let output = fs::File::options().create(true).append(true).open(self.folder.path().join("output")).unwrap();
        let mut command = self.command();
        command.args(&self.arguments).arg("--kubeconfig").arg(&self.kubeconfig);
        command.args(["--listen", &format!("127.0.0.1:{}", self.port)]);
        if !self.enters() && !self.arguments.iter().any(|one| one == "--tls-certificate") {
            command.args(["--authority-out", "authority.pem"]);
        }
        command.args(["--log", &self.log, "--scope", "demo"]).stdout(Stdio::null()).stderr(output);
        self.child = Some(command.spawn().unwrap());
        let until = Instant::now() + Duration::from_secs(60);
        while self.get("/healthz").is_none() {
            assert!(Instant::now() < until, "{}", self.output());
            thread::sleep(Duration::from_millis(100));
        }
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, signal: &str) {
        signal_to(self.child.as_ref().unwrap().id(), signal);
    }

    /// Lets no file of the process grow beyond a size; `unlimited` lets them again.
    pub(crate) fn limit_files(&self, size: &str) {
        let pid = self.child.as_ref().unwrap().id();
        let limit = format!("--fsize={size}:unlimited");
        let set = Command::new("prlimit").args(["--pid", &pid.to_string(), &limit]).status().unwrap();
        assert!(set.success());
    }

    /// The further arguments of the next start.
    pub(crate) fn add(&mut self, arguments: &[&str]) {
        self.arguments.extend(arguments.iter().map(|one| (*one).to_owned()));
    }

    /// What a route answers, where its status is good.
    pub(crate) fn get(&self, route: &str) -> Option<String> {
        let url = format!("https://127.0.0.1:{}{route}", self.port);
        let answer = Command::new("curl").args(["-skf", "--max-time", "5", &url]).output().unwrap();
        answer.status.success().then(|| String::from_utf8(answer.stdout).unwrap())
    }

    /// Status and body of a POST to `/admit`.
    pub(crate) fn post(&self, body: &[u8]) -> (String, String) {
        self.post_to("/admit", body)
    }

    /// Likewise to another route.
    pub(crate) fn post_to(&self, route: &str, body: &[u8]) -> (String, String) {
        use std::io::Write;
        let url = format!("https://127.0.0.1:{}{route}", self.port);
        let mut child = Command::new("curl")
            .args([
                "-sk",
                "--http1.1",
                "--max-time",
                "20",
                "-H",
                "Content-Type: application/json",
                "-w",
                "\n%{http_code}",
                "--data-binary",
                "@-",
                &url,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // A server that refuses a body in the middle closes the pipe.
        drop(child.stdin.take().unwrap().write_all(body));
        let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.to_owned(), body.to_owned())
    }

    /// Asks the process to end, and waits for it.
    pub(crate) fn end(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let _asked = Command::new("kill").arg(child.id().to_string()).status().unwrap();
        assert!(child.wait().unwrap().success(), "{}", self.output());
    }

    /// Waits for a process that ends by itself, in order.
    pub(crate) fn ended(&mut self) {
        let status = self.child.take().unwrap().wait().unwrap();
        assert!(status.success(), "{}", self.output());
    }

    /// Ends the process as a crash does.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn output(&self) -> String {
        fs::read_to_string(self.folder.path().join("output")).unwrap_or_default()
    }

    /// Runs a command of speguard in the service's folder; it must end with 0.
    pub(crate) fn speguard(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {shown}{}", String::from_utf8_lossy(&output.stdout));
        output
    }

    /// Likewise, however it ends.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    fn command(&self) -> Command {
        // A file that may not grow is then an error as a full disk is, and no end of the process.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(cargo_bin("speguard"));
        command.current_dir(self.folder.path()).env("XDG_STATE_HOME", self.folder.path().join("state"));
        command.env_remove("RUST_BACKTRACE").env_remove("KUBECONFIG").env("LC_ALL", "C");
        command.envs(self.variables.iter().cloned());
        command
    }

    /// Every decision in the log, as JSON.
    pub(crate) fn decisions(&self) -> Vec<serde_json::Value> {
        self.entries("decision")
    }

    /// Every entry of a kind in the log, as JSON.
    pub(crate) fn entries(&self, kind: &str) -> Vec<serde_json::Value> {
        let shown = self.speguard(&["evidence", "show", kind, "--log", "log", "--format", "json"]);
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        shown["entries"].as_array().unwrap().iter().map(|one| one["entry"].clone()).collect()
    }
}

/// Sends a signal to a process.
pub(crate) fn signal_to(pid: u32, signal: &str) {
    let sent = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status().unwrap();
    assert!(sent.success(), "kill -{signal} {pid}");
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}
