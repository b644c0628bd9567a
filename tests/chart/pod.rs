//! What the pod of the chart runs, run here: with its arguments, its files as a kubelet lays them out, and its account.
//! And what it begins with by itself, made once.
use super::*;
use std::{
    net::TcpListener,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

/// An installed chart, and a folder that stands for the root of its pod.
struct Pod {
    plane: ControlPlane,
    folder: TempDir,
    port: u16,
}

impl Pod {
    fn get(&self, kind: &str, name: &str) -> Json {
        serde_json::from_str(&self.plane.must(&["get", kind, name, "-n", "speguard", "-o", "json"], "")).unwrap()
    }

    fn helm(&self, arguments: &[&str]) -> String {
        let mut command = helm(&["upgrade", "--install", "speguard", CHART, "--namespace", "speguard"]);
        command.args(arguments).env("KUBECONFIG", self.plane.kubeconfig());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The ConfigMap as files; a kubelet makes each a link into a folder that it can change at once.
    fn mount(&self) {
        let pod = self.get("statefulset", "speguard")["spec"]["template"]["spec"].clone();
        let statements = self.get("configmap", "speguard");
        let volumes = pod["volumes"].as_array().unwrap();
        let volume = volumes.iter().find(|volume| volume["name"] == "statements").unwrap();
        let items = volume["configMap"]["items"].as_array().unwrap().iter();
        self.volume(
            "etc/speguard",
            items.map(|item| {
                let text = statements["data"][item["key"].as_str().unwrap()].as_str().unwrap();
                (item["path"].as_str().unwrap().to_owned(), text.as_bytes().to_vec())
            }),
        );
        fs::create_dir_all(self.folder.path().join("evidence")).unwrap();
    }

    fn volume(&self, at: &str, files: impl Iterator<Item = (String, Vec<u8>)>) {
        let folder = self.folder.path().join(at);
        for (path, bytes) in files {
            let whole = folder.join("..data").join(&path);
            fs::create_dir_all(whole.parent().unwrap()).unwrap();
            fs::write(whole, bytes).unwrap();
            let top = path.split('/').next().unwrap();
            if !folder.join(top).exists() {
                std::os::unix::fs::symlink(format!("..data/{top}"), folder.join(top)).unwrap();
            }
        }
    }

    /// The command of a container, with the pod's root in this folder.
    fn command(&self, list: &str) -> Command {
        let container = &self.get("statefulset", "speguard")["spec"]["template"]["spec"][list][0];
        let root = self.folder.path().to_str().unwrap();
        let here = |value: &str| {
            ["/etc/speguard", "/evidence"]
                .iter()
                .fold(value.replace("$(POD_NAME)", "speguard-0"), |value, path| {
                    match value.find(path) {
                        // At the beginning, or after `=`.
                        Some(0) => format!("{root}{value}"),
                        Some(at) if value[..at].ends_with('=') => value.replacen(path, &format!("{root}{path}"), 1),
                        _ => value,
                    }
                })
                .replace("0.0.0.0:8443", &format!("127.0.0.1:{}", self.port))
        };
        let mut command = Command::new(cargo_bin("speguard"));
        command.args(container["args"].as_array().unwrap().iter().map(|argument| here(argument.as_str().unwrap())));
        for variable in container["env"].as_array().unwrap() {
            if let Some(value) = variable["value"].as_str() {
                command.env(variable["name"].as_str().unwrap(), here(value));
            }
        }
        command.current_dir(self.folder.path()).env_remove("HOME").env_remove("RUST_BACKTRACE").env("LC_ALL", "C");
        command
    }

    /// A kubeconfig of the account that the chart made.
    fn account(&self) -> PathBuf {
        let token = self.plane.must(&["create", "token", "speguard", "--namespace", "speguard"], "");
        let text = fs::read_to_string(self.plane.kubeconfig()).unwrap();
        let own = fs::read_to_string(self.plane.state().join("token")).unwrap();
        let path = self.folder.path().join("kubeconfig");
        fs::write(&path, text.replace(own.trim(), token.trim())).unwrap();
        path
    }

    /// A route of the service under its name in the cluster, believed by the bundle of the webhook alone.
    fn ask(&self, route: &str, authority: &Path) -> Output {
        let host = format!("speguard.speguard.svc:{}", self.port);
        let mut command = Command::new("curl");
        command.args(["-sS", "--max-time", "5", "--resolve", &format!("{host}:127.0.0.1"), "--cacert"]);
        command.arg(authority).arg(format!("https://{host}{route}")).output().unwrap()
    }

    fn bundle(&self) -> PathBuf {
        let configuration = self.get("validatingwebhookconfiguration", "speguard");
        let bundle = &configuration["webhooks"][0]["clientConfig"]["caBundle"];
        let bundle = bundle.as_str().map(decoded).unwrap_or_default();
        let path = self.folder.path().join("bundle.pem");
        fs::write(&path, bundle).unwrap();
        path
    }
}

/// Ends a process that a failing test leaves behind.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn what_its_pod_runs_answers_with_the_account_and_certificate_of_the_chart() {
    if !is_here("the pod of the chart") {
        return;
    }
    let Some(plane) = ControlPlane::start("the pod of the chart") else { return };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let pod = Pod { plane, folder: tempfile::tempdir().unwrap(), port };
    pod.plane.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: speguard}\n");
    let values = format!("{CHART}/ci/values-project.yaml");
    let values = ["--values", &values, "--set", "serviceMonitor.enabled=false"];
    let notes = pod.helm(&values);
    assert!(notes.contains("kubectl delete validatingwebhookconfiguration speguard"), "{notes}");
    pod.mount();

    // The log is made once, and left alone afterwards.
    let init = || pod.command("initContainers").output().unwrap();
    let (first, second) = (init(), init());
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(second.status.success(), "{}", text(&second.stderr));
    assert!(text(&first.stdout).contains("analyserom.example.no/evidence/demo/speguard-0/"));
    assert_eq!(text(&first.stdout), text(&second.stdout));

    let kubeconfig = pod.account();
    let output = fs::File::create(pod.folder.path().join("output")).unwrap();
    let mut serving = pod.command("containers");
    serving.env("KUBECONFIG", &kubeconfig).stdout(Stdio::null()).stderr(output);
    let mut running = Running(serving.spawn().unwrap());
    let until = Instant::now() + Duration::from_secs(60);
    while text(&pod.ask("/readyz", &pod.bundle()).stdout) != "ready\n" {
        let said = fs::read_to_string(pod.folder.path().join("output")).unwrap();
        let last = text(&pod.ask("/readyz", &pod.bundle()).stderr);
        assert!(Instant::now() < until && running.0.try_wait().unwrap().is_none(), "{said}{last}");
        thread::sleep(Duration::from_millis(200));
    }
    let _asked = Command::new("kill").arg(running.0.id().to_string()).status().unwrap();
    assert!(running.0.wait().unwrap().success());

    // Nothing that it asked for was refused to its account, and nothing was written but its authority.
    let audit = fs::read_to_string(pod.plane.state().join("audit.log")).unwrap();
    let events = audit.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let own: Vec<Json> =
        events.filter(|event| event["user"]["username"] == "system:serviceaccount:speguard:speguard").collect();
    assert!(own.iter().any(|event| event["verb"] == "watch"), "{} events", own.len());
    for event in &own {
        let of = |key: &str| event["objectRef"][key].as_str().unwrap_or_default();
        let is_entry =
            event["verb"] == "patch" && (of("resource"), of("name")) == ("validatingwebhookconfigurations", "speguard");
        assert!(is_entry || ["get", "list", "watch"].contains(&event["verb"].as_str().unwrap()), "{event:#}");
        assert_ne!(event["responseStatus"]["code"], 403, "{event:#}");
    }

    what_is_stated_counts(&pod, &kubeconfig);
    an_upgrade_leaves_the_authorities_where_they_are(&pod, &values);
}

/// The description, the waiver and the attestation of the values are read from where the pod has them.
fn what_is_stated_counts(pod: &Pod, kubeconfig: &Path) {
    let arguments = pod.command("containers");
    let stated: Vec<&str> = arguments.get_args().filter_map(std::ffi::OsStr::to_str).collect();
    let stated = stated.into_iter().filter(|one| one.starts_with("--spe=") || one.ends_with(".yaml"));
    let mut command = Command::new(cargo_bin("speguard"));
    command.args(["scan", "--cluster", "--at", "2026-11-24T12:00:00Z", "--format", "json", "--all", "--kubeconfig"]);
    command.arg(kubeconfig).args(stated).current_dir(pod.folder.path());
    let output = command.env_remove("KUBECONFIG").env("LC_ALL", "C").output().unwrap();
    let report: Json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    assert_eq!(report["problems"], Json::Array(Vec::new()));
    let judgements = report["judgements"].as_array().unwrap();
    let governance = judgements.iter().find(|one| one["criterion"] == "SPE-GOV-01").unwrap();
    assert_eq!(governance["verdict"], "met");
}

/// The chart has no bundle of its own, so that what the pods entered is none of its business.
fn an_upgrade_leaves_the_authorities_where_they_are(pod: &Pod, values: &[&str]) {
    let bundle = || text(&fs::read(pod.bundle()).unwrap());
    let before = bundle();
    assert_eq!(before.matches("BEGIN CERTIFICATE").count(), 1);
    pod.helm(&[values, &["--set", "warnOnly={project-hjerte}"]].concat());
    assert_eq!(bundle(), before);
    let changed = pod.get("statefulset", "speguard")["spec"]["template"].to_string();
    assert!(changed.contains("--warn-only=project-hjerte"), "{changed}");
}

#[test]
fn a_shard_is_made_once_and_never_without_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let init = |further: &[&str]| {
        let mut command = Command::new(cargo_bin("speguard"));
        command.args(["evidence", "init", "--log", "log", "--domain", "example.org", "--spe", "demo"]);
        command.args(["--emitter", "service", "--key", "file:key"]).args(further);
        command.current_dir(folder.path()).env_remove("RUST_BACKTRACE").env("LC_ALL", "C").output().unwrap()
    };
    let made = init(&["--if-absent", "--trust-out", "trust"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let trust = fs::read(folder.path().join("trust")).unwrap();
    // Again: the same, and nothing is written.
    let again = init(&["--if-absent", "--trust-out", "trust"]);
    assert_eq!((again.status.code(), &again.stdout), (Some(0), &made.stdout), "{}", text(&again.stderr));
    assert_eq!(fs::read(folder.path().join("trust")).unwrap(), trust);
    assert_eq!(init(&[]).status.code(), Some(2));
    let kept = fs::read(folder.path().join("key")).unwrap();
    // Without the key nobody could go on with the log.
    fs::remove_file(folder.path().join("key")).unwrap();
    let keyless = init(&["--if-absent"]);
    assert_eq!(keyless.status.code(), Some(2));
    assert!(text(&keyless.stderr).contains("cannot read the key"), "{}", text(&keyless.stderr));
    // A log that is lost is not begun anew as if there had been none.
    fs::write(folder.path().join("key"), kept).unwrap();
    fs::remove_dir_all(folder.path().join("log")).unwrap();
    let lost = init(&["--if-absent"]);
    assert_eq!(lost.status.code(), Some(2));
    assert!(text(&lost.stderr).contains("lost or not mounted"), "{}", text(&lost.stderr));
}
