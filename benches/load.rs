//! Load for `speguard serve`, at a rate that does not wait for answers:
//!
//! `cargo bench --bench load -- direct URL PID [RATE] [SECONDS]`: reviews straight to `URL/admit`;
//! `cargo bench --bench load -- through URL TOKEN PID [RATE] [SECONDS]`: objects created at an API server that asks it.
//!
//! 500 a second for 20 seconds unless told: Pods, workloads, Services, claims, policies and bindings in the namespaces
//! project-hjerte and project-lunge. A latency counts from the moment at which its request was due, so that a stall counts
//! for everyone who had to wait for it. `PID` is the process of `serve`: its processor time per request and the peak of its
//! memory are printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark stops and prints")]
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use ureq::tls::{TlsConfig, TlsProvider};

/// More than are ever answered at once, so that a request goes out when it is due.
const CLIENTS: usize = 32;

/// Where requests go.
enum Way {
    Direct { url: String },
    Through { url: String, token: String },
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mode = arguments.next().unwrap_or_default();
    let mut next = || arguments.next().expect("see the head of benches/load.rs");
    let way = match mode.as_str() {
        "direct" => Way::Direct { url: next() },
        "through" => Way::Through { url: next(), token: next() },
        _ => return println!("nothing to load: see the head of benches/load.rs"),
    };
    let pid = next();
    let mut number = |unless: u64| arguments.next().map_or(unless, |text| text.parse().unwrap());
    let (rate, seconds) = (number(500), number(20));
    let (count, due) = (rate * seconds, AtomicU64::new(0));
    let (took, failed) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let run = std::process::id();
    let processor = processor_seconds(&pid);
    let begun = Instant::now() + Duration::from_millis(500);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
                let tls = TlsConfig::builder().provider(TlsProvider::Rustls);
                let tls = tls.unversioned_rustls_crypto_provider(provider).disable_verification(true).build();
                let agent =
                    ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).build().new_agent();
                loop {
                    let nth = due.fetch_add(1, Ordering::Relaxed);
                    if nth >= count {
                        return;
                    }
                    let at = begun + Duration::from_secs_f64(nth as f64 / rate as f64);
                    thread::sleep(at.saturating_duration_since(Instant::now()));
                    let answer = send(&agent, &way, nth, run);
                    took.lock().unwrap().push(at.elapsed());
                    answer.err().into_iter().for_each(|error| failed.lock().unwrap().push(error));
                }
            });
        }
    });
    let lasted = begun.elapsed().as_secs_f64();
    let (mut took, failed) = (took.into_inner().unwrap(), failed.into_inner().unwrap());
    took.sort();
    let at = |per_mille: usize| took[(took.len() * per_mille / 1000).min(took.len() - 1)].as_secs_f64() * 1e3;
    println!(
        "{mode}: {} requests in {lasted:.1} s ({:.0} a second), {} failed",
        took.len(),
        took.len() as f64 / lasted,
        failed.len()
    );
    println!("p50 {:.2} ms  p90 {:.2} ms  p99 {:.2} ms  most {:.2} ms", at(500), at(900), at(990), at(1000));
    let processor = (processor_seconds(&pid) - processor) * 1e3 / took.len() as f64;
    println!("serve: {processor:.2} ms of processor for a request; peak {} MiB", peak_mib(&pid));
    failed.first().into_iter().for_each(|error| println!("first failure: {error}"));
}

/// Sends a request; what was not answered, or not as an API server must answer, is an error.
fn send(agent: &ureq::Agent, way: &Way, nth: u64, run: u32) -> Result<(), String> {
    let (list, kind, object) = object(nth, run);
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    let (group, rest) = list.split_once('/').unwrap();
    let (version, resource) = rest.split_once('/').unwrap();
    let error = |error: ureq::Error| error.to_string();
    let mut answer = match way {
        Way::Direct { url } => {
            let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
                "uid": format!("{run}-{nth}"), "kind": {"group": group, "version": version, "kind": kind},
                "resource": {"group": group, "version": version, "resource": resource}, "namespace": namespace,
                "name": object["metadata"]["name"], "operation": "CREATE", "object": object, "dryRun": false,
            }});
            agent.post(format!("{url}/admit")).send(&serde_json::to_vec(&review).unwrap()).map_err(error)?
        }
        Way::Through { url, token } => {
            let base = if group.is_empty() { "api/v1".to_owned() } else { format!("apis/{group}/{version}") };
            let request = agent.post(format!("{url}/{base}/namespaces/{namespace}/{resource}"));
            let request =
                request.header("Authorization", format!("Bearer {token}")).header("Content-Type", "application/json");
            request.send(&serde_json::to_vec(&object).unwrap()).map_err(error)?
        }
    };
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().map_err(error)?;
    // A denial is an answer; that nobody could be asked is none.
    let is_answer = match way {
        Way::Direct { .. } => status == 200 && !text.contains("\"code\":429"),
        Way::Through { .. } => matches!(status, 201 | 403) && !text.contains("failed calling webhook"),
    };
    if is_answer { Ok(()) } else { Err(format!("{status} {}", text.chars().take(300).collect::<String>())) }
}

/// Group, version and resource; kind; and an object of it.
fn object(nth: u64, run: u32) -> (&'static str, &'static str, Value) {
    let namespace = if nth.is_multiple_of(2) { "project-hjerte" } else { "project-lunge" };
    // As a workflow engine names what it starts; each is given work of its own.
    let metadata = json!({"name": format!("task-{run}{nth:06}"), "namespace": namespace, "labels": {"app": format!("a{}", nth % 40)}});
    let limits = json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}});
    let container = json!({"name": "c", "image": "registry.example/c@sha256:8f0d1c0d5a3a3a0b9e3f7f9f7c1d4a0b6f4e0a6f1c2b3d4e5f60718293a4b5c6",
        "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}},
        "args": ["--task", nth.to_string()], "env": [{"name": "TASK", "value": format!("{run}-{nth}")}], "resources": limits});
    let pod = json!({"automountServiceAccountToken": false, "hostNetwork": nth.is_multiple_of(7), "containers": [container],
        "securityContext": {"runAsNonRoot": true, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}});
    let labels = metadata["labels"].clone();
    let template = json!({"metadata": {"labels": labels}, "spec": pod});
    match nth % 20 {
        0..=11 => ("/v1/pods", "Pod", json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod})),
        12..=14 => (
            "apps/v1/deployments",
            "Deployment",
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
                "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}}),
        ),
        15 | 16 => (
            "/v1/services",
            "Service",
            json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"clusterIP": "None", "selector": labels}}),
        ),
        17 => (
            "/v1/persistentvolumeclaims",
            "PersistentVolumeClaim",
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata,
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
        ),
        18 => (
            "networking.k8s.io/v1/networkpolicies",
            "NetworkPolicy",
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata,
                "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress", "Egress"]}}),
        ),
        _ => (
            "rbac.authorization.k8s.io/v1/rolebindings",
            "RoleBinding",
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
                "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}]}),
        ),
    }
}

/// Of a process, user and system (proc_pid_stat(5), fields 14 and 15, in hundredths of a second).
fn processor_seconds(pid: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("no such process");
    let fields: Vec<f64> =
        text.rsplit_once(") ").map_or("", |it| it.1).split(' ').filter_map(|it| it.parse().ok()).collect();
    fields.get(10..12).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}

/// proc_pid_status(5), VmHWM.
fn peak_mib(pid: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) / 1024
}
