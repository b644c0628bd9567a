//! What an answer costs: `cargo bench --bench admission [NAMESPACES] [ANSWERS]`, 200 and 2,000 unless told.
//!
//! Judges reviews directly, without HTTP: Pods that follow every criterion and Pods that do not, in a cluster of so many
//! project namespaces with 20 Pods each, without a log and with a durable one. Prints p50, p99, processor time per answer
//! and the peak of memory; every 50th answer follows a change of the cluster. With `criteria`: what each criterion costs;
//! with `audit`: what audits of the whole cost; with `siblings`: Pods are five of each controller, and new ones too.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops where it cannot go on, and prints")]
use speguard::{
    assess::assess_again,
    collect::cluster::{Change, Part, Served},
    evaluate::Bundle,
    judge::{Profile, profile},
    model::{CriterionId, Document, Enforcement, Origin, Platform, Resource},
    serve::{
        door::Door,
        due::Claim,
        inventory::{Extent, Frame, Inventory},
        metrics::Metrics,
    },
};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    time::{Duration, Instant},
};

const KINDS: [(&str, &str, &str); 5] = [
    ("Namespace", "/api/v1/namespaces", "namespaces"),
    ("Pod", "/api/v1/pods", "pods"),
    ("LimitRange", "/api/v1/limitranges", "limitranges"),
    (
        "networking.k8s.io/NetworkPolicy",
        "/apis/networking.k8s.io/v1/networkpolicies",
        "networkpolicies.networking.k8s.io",
    ),
    ("ResourceQuota", "/api/v1/resourcequotas", "resourcequotas"),
];

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (namespaces, answers) = (numbers.first().copied().unwrap_or(200), numbers.get(1).copied().unwrap_or(2_000));
    if std::env::args().any(|argument| argument == "criteria") {
        return each_criterion(namespaces, answers);
    }
    if std::env::args().any(|argument| argument == "audit") {
        return audit(namespaces);
    }
    let door = door(namespaces, &|_| true);
    println!("{namespaces} namespaces, {} objects, {answers} answers", door.inventory.size());
    let processor = processor_seconds();
    let mut took = answer(&door, namespaces, answers);
    let processor = processor_seconds() - processor;
    took.sort();
    let at = |per_mille: usize| took[(took.len() * per_mille / 1000).min(took.len() - 1)].as_secs_f64() * 1e3;
    println!("p50 {:.2} ms  p99 {:.2} ms  most {:.2} ms", at(500), at(990), at(1000));
    println!("{:.2} ms of processor for an answer; peak {} MiB", processor * 1e3 / answers as f64, peak_mib());
}

/// What each criterion costs: the median of answers with it alone, less that of answers with none.
fn each_criterion(namespaces: usize, answers: usize) {
    let median = |only: &dyn Fn(&CriterionId) -> bool| {
        let mut took = answer(&door(namespaces, only), namespaces, answers);
        took.sort();
        took[took.len() / 2].as_secs_f64() * 1e3
    };
    let none = median(&|_| false);
    println!("none: {none:.3} ms");
    let all = door(1, &|_| true).bundle;
    let costs = all.criteria.iter().map(|one| (median(&|id| *id == one.id) - none, one.id.to_string()));
    let mut costs: Vec<(f64, String)> = costs.collect();
    costs.sort_by(|one, other| other.0.total_cmp(&one.0));
    costs.iter().for_each(|(cost, id)| println!("{id}: {cost:.3} ms"));
}

/// What audits of the whole cost, with all criteria: the first, one after nothing has changed, and one after a policy has.
fn audit(namespaces: usize) {
    let door = door(namespaces, &|_| true);
    let bundle = Bundle::standard().unwrap();
    println!("{} objects, known with {} MiB", door.inventory.size(), peak_mib());
    for what in ["the first audit", "nothing has changed", "a policy has changed"] {
        if what.contains("policy") {
            door.inventory.take(3, Change::Put(document(KINDS[3].1, &policy("n0", "changed", 0))));
        }
        let (begun, processor) = (Instant::now(), processor_seconds());
        let snapshot = door.inventory.snapshot(Extent::Whole).unwrap();
        let subjects: Vec<&Resource> = snapshot.environment.all().collect();
        let at = speguard::model::Timestamp::default();
        let found = assess_again(&bundle, &snapshot.environment, &subjects, (&door.profile, at), Some(&snapshot.seen));
        println!(
            "{what}: {} judgements in {:.1} s, {:.1} s of processor; peak {} MiB",
            found.judgements.len(),
            begun.elapsed().as_secs_f64(),
            processor_seconds() - processor,
            peak_mib()
        );
    }
}

/// The door of a cluster, with those of the criteria that admission weighs.
fn door(namespaces: usize, only: &dyn Fn(&CriterionId) -> bool) -> Door {
    let bundle = Bundle::standard().unwrap();
    let description = speguard::model::Description::default();
    let text = profile::built_in("minimum").unwrap();
    let scanning = profile::check(text, "minimum", &bundle.criteria, &description).unwrap();
    let profile = Profile { enforcement: scanning.admission.clone(), ..scanning };
    let weighed =
        |id: &CriterionId| only(id) && profile.enforcement.get(id).is_some_and(|it| *it != Enforcement::Observe);
    let rules = bundle.only(&weighed);
    let served: Vec<Served> = KINDS
        .iter()
        .map(|(kind, path, resource)| Served {
            kind: (*kind).into(),
            path: (*path).into(),
            resource: (*resource).into(),
        })
        .collect();
    let inventory = Inventory::new(Frame::default(), rules.joins(Platform::Kubernetes), &served, Vec::new());
    for (at, (kind, path, _)) in KINDS.iter().enumerate() {
        inventory.take(at, Change::Begin);
        inventory.take(at, Change::Part(Part::Page(document(path, &list(kind, namespaces)))));
        inventory.take(at, Change::Listed);
    }
    Door {
        inventory,
        bundle: rules,
        profile,
        warn_only: BTreeSet::new(),
        language: speguard::report::Language::English,
        evidence: None,
        decided: speguard::serve::decided::Decided::default(),
        told: speguard::serve::told::Told::default(),
        metrics: Metrics::default(),
        now: || speguard::model::Timestamp::default(),
    }
}

fn answer(door: &Door, namespaces: usize, answers: usize) -> Vec<Duration> {
    let mut took = Vec::new();
    for nth in 0..answers {
        if nth % 50 == 49 {
            let changed = policy(&format!("n{}", nth % namespaces), "changed", nth);
            door.inventory.take(3, Change::Put(document(KINDS[3].1, &changed)));
        }
        let body = review(&format!("n{}", nth % namespaces), nth);
        let started = Instant::now();
        let until = Instant::now() + Duration::from_secs(5);
        let answer = door.open(body.as_bytes(), until, &Claim::default()).unwrap().unwrap();
        took.push(started.elapsed());
        assert!(!answer.is_empty());
    }
    took
}

fn document(path: &str, text: &str) -> Document {
    Document { origin: Origin::Object { path: path.into() }, bytes: text.as_bytes().into(), render: None }
}

fn list(kind: &str, namespaces: usize) -> String {
    let (group, name) = kind.split_once('/').map_or(("", kind), |(group, name)| (group, name));
    let version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let mut items = Vec::new();
    for nth in 0..namespaces {
        let space = format!("n{nth}");
        match name {
            "Namespace" => items.push(format!(
                r#"{{"metadata":{{"name":"{space}","labels":{{"spe/project":"{space}","kubernetes.io/metadata.name":"{space}","pod-security.kubernetes.io/enforce":"restricted"}}}}}}"#
            )),
            "Pod" => (0..20).for_each(|pod| items.push(object(&space, &format!("p{pod}"), ""))),
            "NetworkPolicy" => items.push(policy(&space, "default-deny", 0)),
            _ => items.push(format!(r#"{{"metadata":{{"name":"x","namespace":"{space}"}},"spec":{{"limits":[]}}}}"#)),
        }
    }
    format!(
        r#"{{"apiVersion":"{version}","kind":"{name}List","metadata":{{"resourceVersion":"1"}},"items":[{}]}}"#,
        items.join(",")
    )
}

fn policy(space: &str, name: &str, nth: usize) -> String {
    format!(
        r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{{"name":"{name}","namespace":"{space}","labels":{{"n":"{nth}"}}}},"spec":{{"podSelector":{{}},"policyTypes":["Ingress","Egress"]}}}}"#
    )
}

fn object(space: &str, name: &str, more: &str) -> String {
    let (mut name, mut app, mut made) = (name.to_owned(), name.to_owned(), String::new());
    if std::env::args().any(|argument| argument == "siblings") {
        // As a controller of five Pods makes them: five letters of the alphabet that names are drawn from.
        let nth: usize = name.trim_start_matches(['p', 'q']).parse().unwrap();
        app = format!("w{}", nth / 5 % 4);
        let drawn =
            |nth: usize| (0..5).map(move |at| char::from(b"bcdfghjklmnpqrstvwxz2456789"[nth / 27_usize.pow(at) % 27]));
        let letters: String = drawn(if name.starts_with('q') { nth + 1_000_000 } else { nth }).collect();
        (name, made) = (format!("{app}-{letters}"), format!(r#""generateName":"{app}-","#));
    }
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{{made}"name":"{name}","namespace":"{space}","labels":{{"app":"{app}"}}}},"spec":{{{more}"automountServiceAccountToken":false,"securityContext":{{"runAsNonRoot":true,"runAsUser":10001,"seccompProfile":{{"type":"RuntimeDefault"}}}},"containers":[{{"name":"c","image":"registry.example/c@sha256:8f0d1c0d5a3a3a0b9e3f7f9f7c1d4a0b6f4e0a6f1c2b3d4e5f60718293a4b5c6","securityContext":{{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{{"drop":["ALL"]}}}},"resources":{{"limits":{{"cpu":"1","memory":"1Gi"}}}}}}]}}}}"#
    )
}

fn review(space: &str, nth: usize) -> String {
    let more = if nth.is_multiple_of(4) { r#""hostNetwork":true,"# } else { "" };
    let mut text = String::new();
    write!(
        text,
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u{nth}","kind":{{"group":"","version":"v1","kind":"Pod"}},"resource":{{"group":"","version":"v1","resource":"pods"}},"namespace":"{space}","name":"q{nth}","operation":"CREATE","dryRun":false,"object":{}}}}}"#,
        object(space, &format!("q{nth}"), more)
    )
    .unwrap();
    text
}

/// Of this process, user and system (proc_pid_stat(5), fields 14 and 15, in hundredths of a second).
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        text.rsplit_once(") ").map_or("", |it| it.1).split(' ').filter_map(|it| it.parse().ok()).collect();
    fields.get(10..12).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}

/// proc_pid_status(5), VmHWM.
fn peak_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) / 1024
}
