//! Two changes at once: in process, where what the watch has shown can be had at will, and against a real API server.
use super::{
    context::{KINDS, inventory, list},
    table::{GOOD, pod},
    *,
};
use crate::criteria::BUNDLE;
use serde_json::{Value as Json, json};
use speguard::{
    collect::cluster::Change,
    commands::read,
    judge::Profile,
    model::{Document, Origin},
    serve::{
        inventory::Inventory,
        review::{Operation, Request},
        ruling::{Law, Ruling, rule, rule_in_turn},
    },
};
use std::sync::Barrier;

mod cluster;
mod due;

/// A change of one object, by its kind's place among [`KINDS`].
#[derive(Clone)]
struct Step {
    name: &'static str,
    at: usize,
    old: Option<Json>,
    new: Option<Json>,
}

fn document(at: usize, object: &Json) -> Document {
    let origin = Origin::Object { path: KINDS[at].1.into() };
    Document { origin, bytes: serde_json::to_vec(object).unwrap().into(), render: None }
}

impl Step {
    fn request(&self, dry_run: bool) -> Request {
        let operation = match (&self.old, &self.new) {
            (None, _) => Operation::Create,
            (_, None) => Operation::Delete,
            _ => Operation::Update,
        };
        let of = |object: &Option<Json>| object.as_ref().map(|one| document(self.at, one));
        Request {
            uid: "u".to_owned(),
            operation,
            kind: KINDS[self.at].0.to_owned(),
            list: KINDS[self.at].1.to_owned(),
            subresource: String::new(),
            namespace: String::new(),
            name: String::new(),
            dry_run,
            object: of(&self.new),
            old_object: of(&self.old),
        }
    }

    /// The watch shows it, with the next version.
    fn show(&self, cluster: &Cluster) {
        let change = match (&self.new, &self.old) {
            (Some(new), _) => {
                let mut stored = new.clone();
                stored["metadata"]["resourceVersion"] = "2".into();
                Change::Put(document(self.at, &stored))
            }
            (None, Some(old)) => Change::Gone(document(self.at, old)),
            (None, None) => unreachable!(),
        };
        cluster.inventory.take(self.at, change);
    }
}

/// Two projects, closed; Pods in both; nothing that is held.
struct Cluster {
    inventory: Inventory,
    profile: Profile,
}

fn space(name: &str, labels: Json) -> Json {
    let mut labels = labels;
    labels["spe/project"] = name.trim_start_matches("project-").into();
    labels["kubernetes.io/metadata.name"] = name.into();
    json!({"apiVersion": "v1", "kind": "Namespace",
           "metadata": {"name": name, "uid": name, "resourceVersion": "1", "labels": labels}})
}

fn policy(namespace: &str, name: &str, spec: Json) -> Json {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
           "metadata": {"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "resourceVersion": "1"},
           "spec": spec})
}

fn runs(namespace: &str, name: &str, app: &str) -> Json {
    let mut pod: Json = serde_saphyr::from_str(&pod(GOOD)).unwrap();
    pod["metadata"] = json!({"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"),
                             "resourceVersion": "1", "labels": {"app": app}});
    pod
}

fn closed(namespace: &str) -> Json {
    policy(namespace, "default-deny", json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}))
}

impl Cluster {
    fn new() -> Self {
        let (inventory, profile) = inventory();
        let spaces = ["project-hjerte", "project-lunge"];
        list(&inventory, 0, &spaces.map(|name| space(name, json!({}))));
        list(&inventory, 1, &spaces.map(|name| runs(name, "p", "p")));
        list(&inventory, 2, &spaces.map(closed));
        Self { inventory, profile }
    }

    fn asked(&self, step: &Step) -> Ruling {
        self.ask(&step.request(false))
    }

    fn ask(&self, request: &Request) -> Ruling {
        let law = Law { bundle: &BUNDLE, profile: &self.profile, warn_only: &BTreeSet::new() };
        rule_in_turn(&law, &self.inventory, request, read::time(None).unwrap()).unwrap().0
    }

    /// As if nothing had been admitted that is not seen.
    fn alone(&self, step: &Step) -> Ruling {
        let law = Law { bundle: &BUNDLE, profile: &self.profile, warn_only: &BTreeSet::new() };
        rule(&law, &self.inventory, &step.request(false), read::time(None).unwrap()).unwrap()
    }
}

/// A policy that lets Pods of a label out; nobody has it yet.
fn opens_for(app: &str) -> Step {
    let spec = json!({"podSelector": {"matchLabels": {"app": app}}, "policyTypes": ["Egress"],
                      "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.7/32"}}]}]});
    Step { name: "opens", at: 2, old: None, new: Some(policy("project-hjerte", "open", spec)) }
}

fn relabels(app: &str) -> Step {
    let (old, new) = (runs("project-hjerte", "p", "p"), runs("project-hjerte", "p", app));
    Step { name: "relabels", at: 1, old: Some(old), new: Some(new) }
}

fn makes(name: &'static str, app: &str) -> Step {
    Step { name: "makes", at: 1, old: None, new: Some(runs("project-hjerte", name, app)) }
}

/// Both sides of a way between projects.
fn lets_out() -> Step {
    let spec = json!({"podSelector": {}, "policyTypes": ["Egress"],
                      "egress": [{"to": [{"namespaceSelector": {"matchLabels": {"open": "yes"}}}]}]});
    Step { name: "lets out", at: 2, old: None, new: Some(policy("project-hjerte", "out", spec)) }
}

fn lets_in() -> Step {
    let spec = json!({"podSelector": {}, "policyTypes": ["Ingress"],
                      "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"spe/project": "hjerte"}}}]}]});
    Step { name: "lets in", at: 2, old: None, new: Some(policy("project-lunge", "in", spec)) }
}

fn labels_space() -> Step {
    let (old, new) = (space("project-lunge", json!({})), space("project-lunge", json!({"open": "yes"})));
    Step { name: "labels the Namespace", at: 0, old: Some(old), new: Some(new) }
}

fn takes_away(namespace: &str) -> Step {
    Step { name: "takes the default deny away", at: 2, old: Some(closed(namespace)), new: None }
}

#[test]
fn a_policy_and_a_label_at_once_are_not_both_admitted() {
    for (first, second) in [(opens_for("x"), relabels("x")), (relabels("x"), opens_for("x"))] {
        let cluster = Cluster::new();
        assert!(cluster.asked(&first).is_allowed());
        assert_eq!(cluster.inventory.held(), 1);
        // By itself each may pass.
        assert!(cluster.alone(&second).is_allowed());
        let ruling = cluster.asked(&second);
        let criteria: Vec<&str> = ruling.denied.iter().map(|one| &*one.criterion.0).collect();
        assert!(criteria.contains(&"SPE-NET-02"), "{ruling:?}");
        let other = first.new.as_ref().unwrap()["metadata"]["name"].as_str().unwrap();
        assert!(ruling.beside.iter().any(|id| id.name.as_ref() == other), "{ruling:?}");
        // What was denied is not held, and once the first is seen the second is denied by itself.
        assert_eq!(cluster.inventory.held(), 1);
        first.show(&cluster);
        assert_eq!(cluster.inventory.held(), 0);
        let ruling = cluster.asked(&second);
        assert!(!ruling.is_allowed() && ruling.beside.is_empty(), "{ruling:?}");
    }
}

#[test]
fn a_policy_and_a_pod_that_is_new_at_once_are_not_both_admitted() {
    let cluster = Cluster::new();
    assert!(cluster.asked(&opens_for("x")).is_allowed());
    assert!(!cluster.asked(&makes("new", "x")).is_allowed());
    assert!(cluster.asked(&makes("new", "y")).is_allowed());
    let cluster = Cluster::new();
    assert!(cluster.asked(&makes("new", "x")).is_allowed());
    let ruling = cluster.asked(&opens_for("x"));
    assert!(!ruling.is_allowed() && ruling.beside[0].name.as_ref() == "new", "{ruling:?}");
}

#[test]
fn a_dry_run_is_told_the_same_and_holds_nothing() {
    let cluster = Cluster::new();
    assert!(cluster.ask(&opens_for("x").request(true)).is_allowed());
    assert_eq!(cluster.inventory.held(), 0);
    assert!(cluster.asked(&opens_for("x")).is_allowed());
    assert!(!cluster.ask(&relabels("x").request(true)).is_allowed());
}

/// Neither pods that go, nor status, nor what leads nowhere is held: in a busy cluster most changes are such.
#[test]
fn what_says_nothing_of_ways_is_not_held() {
    let cluster = Cluster::new();
    let mut told = relabels("p");
    told.new.as_mut().unwrap()["status"] = json!({"phase": "Running"});
    let gone = Step { new: None, ..relabels("p") };
    let mut noted = Step { name: "notes", at: 0, old: Some(space("project-lunge", json!({}))), new: None };
    noted.new = noted.old.clone();
    noted.new.as_mut().unwrap()["metadata"]["annotations"] = json!({"a": "b"});
    for step in [told, gone, noted] {
        assert!(cluster.asked(&step).is_allowed(), "{}", step.name);
        assert_eq!(cluster.inventory.held(), 0, "{}", step.name);
    }
}

fn steps() -> Vec<Step> {
    vec![
        opens_for("x"),
        opens_for("nobody"),
        relabels("x"),
        relabels("y"),
        makes("new", "x"),
        makes("other", "y"),
        lets_out(),
        lets_in(),
        labels_space(),
        takes_away("project-hjerte"),
        takes_away("project-lunge"),
    ]
}

/// What is denied of two at once is what would be denied of one after the other, or by itself: no more, and no less.
#[test]
fn at_once_comes_to_what_one_after_the_other_would() {
    let closed = pairs(Cluster::new, &steps());
    assert!(closed >= 4, "{closed} pairs break only together");
    // Where one side of a way between projects is open already.
    let half_open = || {
        let cluster = Cluster::new();
        lets_in().show(&cluster);
        cluster
    };
    let half = pairs(half_open, &[lets_out(), labels_space(), relabels("y")]);
    assert!(half >= 2, "{half} pairs break only together");
}

/// How many ordered pairs break only together.
fn pairs(cluster: impl Fn() -> Cluster, steps: &[Step]) -> usize {
    let mut denied = 0;
    for first in steps {
        for second in steps {
            let names = format!("{} {:?}, {} {:?}", first.name, first.new, second.name, second.new);
            let same = |one: &Step| {
                let object = one.new.as_ref().or(one.old.as_ref()).unwrap();
                (one.at, object["metadata"]["namespace"].clone(), object["metadata"]["name"].clone())
            };
            if same(first) == same(second) {
                continue;
            }
            let at_once = cluster();
            if !at_once.asked(first).is_allowed() {
                continue;
            }
            let by_itself = at_once.alone(second);
            let ruling = at_once.asked(second);
            let after = cluster();
            first.show(&after);
            let in_turn = after.alone(second);
            let expected = by_itself.is_allowed() && in_turn.is_allowed();
            // Two workloads that are new are not held against each other.
            assert_eq!(ruling.is_allowed(), expected, "{names}: {ruling:?}");
            denied += usize::from(by_itself.is_allowed() && !expected);
        }
    }
    denied
}

/// Each pair in two threads that begin together, many times: in whatever order they come, one is denied.
#[test]
fn two_that_are_under_way_at_the_same_moment_are_not_both_admitted() {
    let pairs = [(opens_for("x"), relabels("x")), (opens_for("x"), makes("new", "x")), (lets_out(), labels_space())];
    for (one, other) in pairs {
        for _ in 0..40 {
            let cluster = Cluster::new();
            if one.name == "lets out" {
                lets_in().show(&cluster);
            }
            let begin = Barrier::new(2);
            let ask = |step: &Step| {
                begin.wait();
                cluster.asked(step).is_allowed()
            };
            let both = thread::scope(|scope| {
                let (first, second) = (scope.spawn(|| ask(&one)), scope.spawn(|| ask(&other)));
                (first.join().unwrap(), second.join().unwrap())
            });
            assert!(both.0 != both.1, "{} and {}: {both:?}", one.name, other.name);
        }
    }
}
