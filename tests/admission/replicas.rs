//! Several replicas behind one webhook configuration, with one log: one leads, another takes over, and no decision is lost.
use super::{
    reconcile::now,
    table::{GOOD, pod},
    *,
};
use crate::support::balancer::Balancer;
use serde_json::Value as Json;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tempfile::TempDir;

const CONFIGURATION: &str = "speguard";

/// The least that can be asked for, so that a test need not wait long.
const LASTS: Duration = Duration::from_secs(3);

struct Replicas {
    plane: ControlPlane,
    services: Vec<Service>,
    /// Their log, and the keys.
    home: TempDir,
}

impl Replicas {
    fn start(test: &str, count: usize) -> Option<Self> {
        let mut own = Self::prepare(test, count)?;
        own.begin();
        Some(own)
    }

    /// Not started yet.
    fn prepare(test: &str, count: usize) -> Option<Self> {
        let plane = environment(test, false)?;
        plane.must(&["create", "namespace", "speguard"], "");
        plane.apply(&pod(GOOD));
        let home = tempfile::tempdir().unwrap();
        let arguments = [
            ["--webhook-configuration", CONFIGURATION],
            ["--lease", "speguard/speguard"],
            ["--lease-duration", "3"],
            ["--lead-emitter", "lead"],
            ["--audit-every", "3600"],
            ["--look-every", "3600"],
            ["--beat-every", "1"],
            ["--rollup-every", "1"],
        ];
        let replica = |index: usize| {
            let emitter = format!("admission-{index}");
            Service::replica(&plane, &compliant().join("spe.yaml"), (&emitter, home.path()), arguments.as_flattened())
        };
        let services: Vec<Service> = (0..count).map(replica).collect();
        services[0].init("lead", &["--lead", "--trust-out", "lead.policy"]);
        let balancer = Balancer::start(services.iter().map(Service::port).collect());
        let webhooks = services[0].speguard(&["webhooks", "--url", &balancer.url()]);
        plane.apply(&String::from_utf8(webhooks.stdout).unwrap());
        Some(Self { plane, services, home })
    }

    fn begin(&mut self) {
        self.services.iter_mut().for_each(Service::begin);
        self.wait_until("somebody leads", |own| own.leader().is_some());
    }

    /// Which one says that it leads; never are there two.
    fn leader(&self) -> Option<usize> {
        let says = |service: &Service| {
            let text = service.is_running().then(|| service.get("/metrics")).flatten().unwrap_or_default();
            text.lines().any(|line| line == "speguard_leads 1")
        };
        let leaders: Vec<usize> = (0..self.services.len()).filter(|index| says(&self.services[*index])).collect();
        assert!(leaders.len() < 2, "{leaders:?} lead\n{}", self.output());
        leaders.first().copied()
    }

    fn output(&self) -> String {
        self.services.iter().map(|service| format!("{}---\n", service.output())).collect()
    }

    fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        while !holds(self) {
            assert!(Instant::now() < until, "{what}: {}", self.output());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Entries of a type in a shard, by its emitter.
    fn entries(&self, of: &str, emitter: &str) -> Vec<Json> {
        let of = ["evidence", "show", of, "--log", &self.services[0].log, "--emitter", emitter, "--format", "json"];
        let shown: Json = serde_json::from_slice(&self.services[0].speguard(&of).stdout).unwrap();
        shown["entries"].as_array().unwrap().iter().map(|one| one["entry"].clone()).collect()
    }

    /// Creates a Pod with a name, as a client that tries once more where the API server could not be answered.
    fn create(&self, name: &str) -> Result<(), String> {
        let object = pod(GOOD).replace("name: p,", &format!("name: {name},"));
        let output = self.plane.kubectl(&["create", "--validate=ignore", "-f", "-"], &object);
        if output.status.success() { Ok(()) } else { Err(error(&output)) }
    }

    /// Ends all in order, and has the whole log verified.
    fn verify(&mut self) -> String {
        self.services.iter_mut().for_each(Service::end);
        let first = &self.services[0];
        // Each shard has a line of its own in what an auditor is given.
        let read = |service: &Service, name: &str| fs::read_to_string(service.folder.path().join(name)).unwrap();
        let all: Vec<String> =
            self.services.iter().map(|one| read(one, "trust.policy")).chain([read(first, "lead.policy")]).collect();
        let logs: Vec<&str> = all.iter().flat_map(|one| one.lines()).filter(|line| line.starts_with("log ")).collect();
        let policy = self.home.path().join("all.policy");
        fs::write(&policy, format!("{}\nquorum none\n", logs.join("\n"))).unwrap();
        let verified = ["evidence", "verify", "--log", &first.log, "--trust", policy.to_str().unwrap()];
        let verified = first.speguard(&verified);
        String::from_utf8(verified.stdout).unwrap()
    }
}

/// Starts and stops of the lead's epochs, in their order.
fn epochs(own: &Replicas) -> Vec<(u64, String)> {
    let all = own.entries("epoch", "lead");
    all.iter().map(|one| (one["epoch"].as_u64().unwrap(), one["event"].as_str().unwrap().to_owned())).collect()
}

fn epoch(number: u64, event: &str) -> (u64, String) {
    (number, event.to_owned())
}

#[test]
fn one_replica_after_the_other_is_replaced_and_nothing_is_lost() {
    let Some(mut own) = Replicas::start("a rolling update", 2) else { return };
    let from = now();
    let (is_over, made) = (AtomicBool::default(), AtomicUsize::default());
    let shared = (&own.plane, &is_over, &made);
    let mut services = std::mem::take(&mut own.services);
    let failed = thread::scope(|scope| {
        let sender = scope.spawn(move || {
            let (plane, is_over, made) = shared;
            let mut failed = Vec::new();
            while !is_over.load(Ordering::SeqCst) {
                let number = made.fetch_add(1, Ordering::SeqCst);
                let object = pod(GOOD).replace("name: p,", &format!("name: p{number},"));
                let output = plane.kubectl(&["create", "--validate=ignore", "-f", "-"], &object);
                if !output.status.success() {
                    failed.push(error(&output));
                }
            }
            failed
        });
        for service in &mut services {
            let before = made.load(Ordering::SeqCst);
            service.end();
            service.begin();
            while made.load(Ordering::SeqCst) < before + 10 {
                thread::sleep(Duration::from_millis(50));
            }
        }
        is_over.store(true, Ordering::SeqCst);
        sender.join().unwrap()
    });
    own.services = services;
    assert_eq!(failed, Vec::<String>::new(), "{}", own.output());
    own.wait_until("somebody leads again", |own| own.leader().is_some());
    let to = now();
    let all = made.load(Ordering::SeqCst);
    thread::sleep(Duration::from_millis(1500));
    own.plane.must(&["get", "namespaces"], "");
    let told = own.verify();
    assert!(!told.contains("no entry refers to it"), "{told}");
    // Each replica has answered, and every Pod has its decision.
    let decided = ["admission-0", "admission-1"].map(|emitter| own.entries("decision", emitter).len());
    assert!(decided.iter().all(|count| *count > 0) && decided.iter().sum::<usize>() >= all, "{decided:?} of {all}");
    let audit = own.plane.state().join("audit.log");
    let description = compliant().join("spe.yaml");
    let reconciled = own.services[0].run(&[
        "evidence",
        "reconcile",
        "--log",
        "log",
        "--audit-log",
        audit.to_str().unwrap(),
        "--from",
        &from,
        "--to",
        &to,
        "--spe",
        description.to_str().unwrap(),
    ]);
    let said = String::from_utf8_lossy(&reconciled.stdout);
    assert_eq!(reconciled.status.code(), Some(0), "{said}{}", error(&reconciled));
    // Whoever led has ended its term before the next began.
    let turns = epochs(&own);
    let expected: Vec<_> =
        (1..=turns.len() as u64 / 2).flat_map(|number| [epoch(number, "start"), epoch(number, "stop")]).collect();
    assert_eq!(turns, expected);
    // Both shards are named by whoever led.
    let rollups = Json::from(own.entries("rollup", "lead")).to_string();
    assert!(rollups.contains("/admission-0/") && rollups.contains("/admission-1/"), "{rollups}");
    assert!(!own.entries("run", "lead").is_empty() && own.entries("run", "admission-0").is_empty());
}

#[test]
fn who_leads_and_is_killed_is_followed_by_another() {
    let Some(mut own) = Replicas::start("a leader that is killed", 2) else { return };
    own.wait_until("the leader has audited", |own| !own.entries("run", "lead").is_empty());
    let first = own.leader().unwrap();
    own.services[first].kill();
    let begun = Instant::now();
    own.wait_until("another leads", |own| own.leader() == Some(1 - first));
    // Not before the Lease is over.
    let took = begun.elapsed();
    assert!(took + Duration::from_secs(1) > LASTS, "{took:?}");
    own.wait_until("it has audited", |own| own.entries("run", "lead").len() > 1);
    // The other one answers what is asked meanwhile.
    own.create("meanwhile").unwrap();
    own.services[first].begin();
    own.wait_until("signs of life", |own| own.entries("heartbeat", "lead").len() > 3);
    assert_eq!(own.leader(), Some(1 - first));
    assert_eq!(epochs(&own), [epoch(1, "start"), epoch(2, "start")]);
    let gaps = own.entries("gap", "lead");
    assert!(gaps.iter().any(|gap| gap["cause"] == "crash"), "{gaps:?}");
    own.verify();
}

#[cfg(feature = "s3")]
#[test]
fn s3_replicas_with_a_log_in_a_bucket_follow_each_other() {
    use crate::evidence_s3::{LOG, Server};
    let Some(mut own) = Replicas::prepare("replicas with a bucket", 2) else { return };
    let Some(server) = Server::start("replicas with a bucket", own.home.path(), &[]) else { return };
    server.seed(&own.home.path().join("log"));
    for service in &mut own.services {
        let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"];
        service.variables = names.map(|name| (name.to_owned(), server.variable(name).unwrap())).into();
        service.log = LOG.to_owned();
    }
    own.begin();
    own.create("one").unwrap();
    own.wait_until("the leader has audited", |own| !own.entries("run", "lead").is_empty());
    let first = own.leader().unwrap();
    own.services[first].kill();
    own.wait_until("another leads", |own| own.leader() == Some(1 - first));
    own.create("two").unwrap();
    own.wait_until("it has audited", |own| own.entries("run", "lead").len() > 1);
    own.services[first].begin();
    own.wait_until("all shards are named", |own| {
        let rollups = Json::from(own.entries("rollup", "lead")).to_string();
        rollups.contains("/admission-0/") && rollups.contains("/admission-1/")
    });
    own.verify();
    let decided = ["admission-0", "admission-1"].map(|emitter| own.entries("decision", emitter).len());
    assert!(decided.iter().sum::<usize>() >= 2, "{decided:?}");
}

#[test]
fn who_leads_and_is_held_up_does_not_go_on_as_if_it_led() {
    let Some(mut own) = Replicas::start("a leader that is held up", 2) else { return };
    own.wait_until("the leader is alive", |own| !own.entries("heartbeat", "lead").is_empty());
    let first = own.leader().unwrap();
    own.services[first].signal("STOP");
    let second = 1 - first;
    own.wait_until("another leads", |own| {
        own.services[second].get("/metrics").is_some_and(|text| text.lines().any(|line| line == "speguard_leads 1"))
    });
    own.wait_until("it has begun", |own| epochs(own).len() > 1);
    own.services[first].signal("CONT");
    own.wait_until("it steps down", |own| own.services[first].output().contains("does not lead any more"));
    own.wait_until("more signs of life", |own| own.entries("heartbeat", "lead").len() > 5);
    assert_eq!(epochs(&own), [epoch(1, "start"), epoch(2, "start")]);
    assert_eq!(own.leader(), Some(second));
    let told = own.services[first].output();
    assert!(told.contains("another writes as this emitter") || !told.contains("could not"), "{told}");
    own.verify();
}

#[test]
fn who_cannot_renew_in_time_ends_its_term_and_leads_anew() {
    let Some(mut own) = Replicas::start("a leader that cannot renew", 1) else { return };
    own.wait_until("the leader has audited", |own| !own.entries("run", "lead").is_empty());
    // The API server answers nothing while its store does not.
    own.plane.signal_etcd("STOP");
    thread::sleep(LASTS + Duration::from_secs(2));
    own.plane.signal_etcd("CONT");
    own.wait_until("it steps down", |own| own.output().contains("does not lead any more"));
    own.wait_until("it leads anew", |own| own.leader() == Some(0));
    own.wait_until("it has audited anew", |own| own.entries("run", "lead").len() > 1);
    own.verify();
    assert_eq!(epochs(&own), [epoch(1, "start"), epoch(1, "stop"), epoch(2, "start"), epoch(2, "stop")]);
}

#[test]
fn a_lease_that_may_not_be_written_or_a_shard_that_does_not_lead_is_said() {
    let Some(plane) = environment("a lease that may not be written", false) else { return };
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--lease", "default/speguard", "--lead-emitter"];
    let spe = compliant().join("spe.yaml");
    let serving = |service: &Service, more: &[&str]| {
        let kubeconfig = plane.kubeconfig();
        let given = ["serve", "--spe", spe.to_str().unwrap(), "--kubeconfig", kubeconfig.to_str().unwrap()];
        let log = ["--listen", "127.0.0.1:0", "--log", "log", "--scope", "demo", "--emitter", "admission-0"];
        let output = service.run(&[&given, &log[..], &arguments, more].concat());
        assert_eq!(output.status.code(), Some(2));
        error(&output)
    };
    let service = Service::replica(&plane, &spe, ("admission-0", home.path()), &[]);
    assert!(serving(&service, &["lead"]).contains("the shard of the lead, `lead`, cannot be written"));
    service.init("lead", &[]);
    assert!(serving(&service, &["lead"]).contains("does not lead the log"));
    assert!(serving(&service, &["admission-0"]).contains("cannot be both"));
    // With the rights of a replica without a Lease.
    let role = service.speguard(&["rbac", "--watch", "--name", "poor"]);
    let kubeconfig = plane.account("poor", &String::from_utf8(role.stdout).unwrap());
    let mut poor = Service::replica(&plane, &spe, ("admission-1", home.path()), &["--lease", "default/speguard"]);
    service.init("first", &["--lead"]);
    poor.add(&["--lead-emitter", "first"]);
    poor.kubeconfig = kubeconfig;
    poor.spawn();
    let until = Instant::now() + Duration::from_secs(30);
    while !poor.output().contains("may not get the Lease `default/speguard`") {
        assert!(Instant::now() < until, "{}", poor.output());
        thread::sleep(Duration::from_millis(100));
    }
    poor.kill();
    // With what `rbac --lease` gives it leads.
    plane.apply(
        &String::from_utf8(
            service
                .speguard(&[
                    "rbac",
                    "--watch",
                    "--name",
                    "poor",
                    "--lease",
                    "default/speguard",
                    "--service-account",
                    "default/poor",
                ])
                .stdout,
        )
        .unwrap(),
    );
    poor.spawn();
    while !poor.output().contains("this replica leads from now on") {
        assert!(Instant::now() < until, "{}", poor.output());
        thread::sleep(Duration::from_millis(100));
    }
    poor.end();
}
