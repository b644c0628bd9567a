//! Answers that are kept: whatever a rule sees, a change of it is a new question.
use crate::{
    bundle::{GOOD, bundle},
    evaluation::{DENY, config, days, environment},
};
use speguard::{
    evaluate::{Bundle, Known, Light, Memory, evaluate},
    model::{
        CriterionId, Document, Environment, Hop, Map, Origin, Reach, Resource, ResourceId, Scope, Value, Verdict, Way,
    },
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// What can be seen of one ConfigMap.
struct Sees {
    bundle: Arc<Bundle>,
    environment: Environment,
    reach: Reach,
    parameters: BTreeMap<CriterionId, Map>,
}

/// Breaks with a name, with a short time, with an open way, outside projects, and beside a short LimitRange.
const RULE: &str = r#"
broken(days) := {"reason": "too_short", "facts": {"days": days}, "path": ["data"]}

deny contains broken(input.resource.data.days) if input.resource.data.days < input.parameters.retention_days

deny contains broken(way.ports) if some way in object.get(data.reach.internet, input.address, [])

deny contains broken(input.scope) if input.scope != "project"

deny contains broken(range.days) if {
	some range in object.get(data.environment, ["LimitRange", input.address[1]], {})
	range.days < 10
}

deny contains broken(way.ports) if some way in object.get(data.reach.internet, ["LimitRange", input.address[1], "r"], [])

deny contains broken("name") if input.address[2] == "named"
"#;

fn tried(rule: &str) -> Arc<Bundle> {
    let rule = format!("package trial.tried.kubernetes\n{rule}\nreasons := {{\"too_short\"}}\n");
    let joining = GOOD.replace("subjects: [ConfigMap]", "subjects: [ConfigMap]\n    joins: [LimitRange]");
    bundle(&joining, &rule).unwrap().into()
}

impl Sees {
    fn new(bundle: &Arc<Bundle>, subject: Resource, others: Vec<Resource>) -> Self {
        let environment = environment(others.into_iter().chain([subject]).collect());
        let bundle = Arc::clone(bundle);
        Self { bundle, environment, reach: Reach::default(), parameters: BTreeMap::new() }
    }

    fn says(&self, known: Option<&Known>) -> Vec<Verdict> {
        let Self { bundle, environment, reach, parameters } = self;
        let subjects: Vec<&Resource> = environment.all().collect();
        let found = evaluate(bundle, &Light { environment, reach, parameters, known }, &subjects);
        found.into_iter().map(|one| one.verdict).collect()
    }
}

fn range(name: &str, days: i64) -> Resource {
    let (one, body): (_, Map) = (config(name, Value::Null), [("days", days)].into_iter().collect());
    let id = ResourceId { kind: "LimitRange".into(), ..one.id.clone() };
    Resource { id, body: body.into(), ..one }
}

#[test]
fn whatever_a_rule_sees_is_part_of_the_question() {
    let (bundle, subject) = (tried(RULE), || config("c", days(400)));
    let sees = |subject, others| Sees::new(&bundle, subject, others);
    let plain = || sees(subject(), vec![range("r", 20)]);
    let longer: Map = [("retention_days", 500)].into_iter().collect();
    let opened = |id: ResourceId, ports: &str| {
        let hop = Hop { resource: id.clone(), path: Vec::new() };
        let internet = [(id, vec![Way::open("0.0.0.0/0", ports, vec![hop])])].into();
        Sees { reach: Reach { internet, ..Reach::default() }, ..plain() }
    };
    let seen = [
        plain(),
        sees(config("c", days(30)), vec![range("r", 20)]),
        sees(config("named", days(400)), vec![range("r", 20)]),
        sees(Resource { scope: Scope::Platform, ..subject() }, vec![range("r", 20)]),
        Sees { parameters: [(CriterionId("SPE-TRY-01".into()), longer)].into(), ..plain() },
        opened(subject().id, "tcp/443"),
        opened(subject().id, "tcp/80"),
        opened(range("r", 20).id, "tcp/443"),
        opened(range("r", 20).id, "tcp/80"),
        // A rule of the same name that says nothing.
        Sees::new(&tried("deny contains 1 if false\n"), config("c", days(30)), vec![range("r", 20)]),
        // What it joins.
        sees(subject(), vec![range("r", 5)]),
        sees(subject(), vec![range("r", 20), range("s", 5)]),
        plain(),
    ];
    let memory = Arc::<Memory>::default();
    let mut broken = 0;
    // Forth and back, so that each comes after another than before.
    for one in seen.iter().chain(seen.iter().rev()).chain(&seen) {
        let now = one.says(None);
        assert_eq!(one.says(Some(&Known::with(&memory))), now);
        broken += usize::from(matches!(now.as_slice(), [Verdict::NotMet { .. }]));
    }
    // All but the plain ones, and the one whose rule says nothing.
    assert_eq!(broken, 3 * (seen.len() - 3));
}

#[test]
fn what_was_asked_before_is_not_asked_again() {
    let slow = DENY.replace(
        "is_number(days)",
        "xs := numbers.range(1, 300)\n\tcount([1 | some x in xs; some y in xs; x * y == 7]) > 0",
    );
    let memory = Arc::<Memory>::default();
    let bundle = tried(&slow);
    let sees = || Sees::new(&bundle, config("c", days(30)), vec![range("r", 20)]);
    let ask = |sees: &Sees| -> Duration {
        let begun = Instant::now();
        assert!(matches!(sees.says(Some(&Known::with(&memory))).as_slice(), [Verdict::NotMet { .. }]));
        begun.elapsed()
    };
    let new = ask(&sees());
    // Other objects of the same content, as each list of an API server brings them.
    let kept = ask(&sees());
    assert!(kept * 5 < new, "{kept:?} after {new:?}");
}

/// A Pod as an API server lists it, with the letters that were drawn for its name and for its token's volume.
fn drawn(stem: &str, name: &str, token: &str, more: &str) -> Resource {
    pod(stem, name, token, (more, r#""name":"c","image":"i""#))
}

/// The same with fields of the pod and of its container.
fn pod(stem: &str, name: &str, token: &str, (more, container): (&str, &str)) -> Resource {
    let text = format!(
        r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{{"metadata":{{"name":"{name}","generateName":"{stem}",
        "namespace":"a","uid":"{name}","creationTimestamp":"2026-11-25T10:00:00Z","labels":{{"app":"w"}}}},"spec":{{{more}
        "containers":[{{{container},
        "volumeMounts":[{{"name":"kube-api-access-{token}","mountPath":"/t"}}]}}],
        "volumes":[{{"name":"kube-api-access-{token}","hostPath":{{"path":"/h"}}}}]}}}}]}}"#
    );
    let origin = Origin::Object { path: "/api/v1/pods".into() };
    let list = Document { origin, bytes: text.into_bytes().into(), render: None };
    let mut all = speguard::normalise::page(&list).unwrap();
    Resource { scope: Scope::Project, ..all.remove(0) }
}

fn account(name: &str, is_mounted: bool) -> Resource {
    let body: Map = [("automountServiceAccountToken", is_mounted)].into_iter().collect();
    let (of, namespace) = (config(name, Value::Null), "a".into());
    let id = ResourceId { kind: "ServiceAccount".into(), namespace, ..of.id.clone() };
    Resource { id, body: body.into(), ..of }
}

#[test]
fn what_is_said_of_one_pod_of_a_controller_is_said_of_its_siblings_by_their_names() {
    let pods = [
        drawn("w-", "w-bcdfg", "xxxxx", ""),
        drawn("w-", "w-hjklm", "zzzzz", ""),
        // Of another controller, of another content, and with a name that somebody gave.
        drawn("v-", "v-bcdfg", "xxxxx", ""),
        drawn("w-", "w-npqrs", "xxxxx", "\"hostNetwork\":true,"),
        drawn("w-", "w-admin", "xxxxx", ""),
        drawn("", "w-tvwxz", "xxxxx", ""),
        // What they name is named as they are, and is another thing for each.
        drawn("x-", "x-bcdfg", "xxxxx", "\"serviceAccountName\":\"x-bcdfg\","),
        drawn("x-", "x-hjklm", "xxxxx", "\"serviceAccountName\":\"x-hjklm\","),
        drawn("x-", "x-npqrs", "xxxxx", "\"serviceAccountName\":\"x-\\u0001\","),
    ];
    let bundle = Arc::new(Bundle::standard().unwrap());
    let memory = Arc::<Memory>::default();
    let mut new = Vec::new();
    for pod in pods {
        // One of the accounts is lax, the others are not.
        let accounts = ["x-bcdfg", "x-hjklm", "default"].map(|name| account(name, name == "x-hjklm"));
        let (name, sees) = (pod.id.name.to_string(), Sees::new(&bundle, pod, accounts.into()));
        let before = memory.size();
        let kept = sees.says(Some(&Known::with(&memory)));
        new.push(memory.size() - before);
        assert_eq!(kept, sees.says(None), "{name}");
        // The findings speak of the volume by its own name.
        let token = if name == "w-hjklm" { "kube-api-access-zzzzz" } else { "kube-api-access-xxxxx" };
        assert!(format!("{kept:?}").contains(token), "{name}: {kept:?}");
    }
    // Of the second nothing is new but what rules say of the account that look at all Pods; where the network is the node's or the account another one, what one rule says; of each
    // other one, what all rules say that are told the name.
    let is_new = |nth, count| match nth {
        1 => count <= 2,
        3 | 7 => count == 1,
        8 => count >= 1,
        _ => count > 8,
    };
    assert!(new.iter().enumerate().all(|(nth, count)| is_new(nth, *count)), "{new:?}");
}

#[test]
fn what_no_rule_looks_at_makes_no_new_question() {
    let plain = r#""name":"c","image":"i""#;
    let pods = [
        pod("", "task-00017", "xxxxx", ("", plain)),
        // Another number, and what is run and how.
        pod("", "task-00018", "xxxxx", ("", r#""name":"c","image":"i","command":["sh"],"args":["-c","true"]"#)),
        pod("", "task-4f9c2d", "xxxxx", ("", r#""name":"c","image":"i","env":[{"name":"A","value":"task-4f9c2d"}]"#)),
        pod(
            "",
            "task-9b1e7a",
            "xxxxx",
            ("\"terminationGracePeriodSeconds\":5,", r#""name":"c","image":"i","workingDir":"/w""#),
        ),
        // The container is called as the Pod is.
        pod("", "task-00021", "xxxxx", ("", r#""name":"task-00021","image":"i""#)),
        pod("", "task-00022", "xxxxx", ("", r#""name":"task-00022","image":"i""#)),
        // What some rules look at.
        pod("", "task-00023", "xxxxx", ("", r#""name":"c","image":"j""#)),
        pod("", "task-00024", "xxxxx", ("", r#""name":"c","image":"i","securityContext":{"privileged":true}"#)),
        // A name that somebody gave.
        pod("", "task-a", "xxxxx", ("", plain)),
        pod("", "task-b", "xxxxx", ("", plain)),
    ];
    let bundle = Arc::new(Bundle::standard().unwrap());
    let memory = Arc::<Memory>::default();
    let mut new = Vec::new();
    for pod in pods {
        let (name, sees) = (pod.id.name.to_string(), Sees::new(&bundle, pod, vec![account("default", false)]));
        let before = memory.size();
        assert_eq!(sees.says(Some(&Known::with(&memory))), sees.says(None), "{name}");
        new.push(memory.size() - before);
    }
    let all = new[0];
    let expected = |nth: usize, count: usize| match nth {
        // One rule looks at what an API server is started with, one at variables, and two at the account and all Pods.
        1 | 2 => count <= 3,
        3 | 5 => count == 0,
        4 | 6 | 7 => 0 < count && count < all,
        _ => count > 8,
    };
    assert!(new.iter().enumerate().all(|(nth, count)| expected(nth, *count)), "{new:?}");
}

#[test]
fn a_way_of_its_own_is_each_siblings_and_one_that_leads_through_others_is_not() {
    let bundle = Arc::new(Bundle::standard().unwrap());
    let plain = r#""name":"c","image":"i""#;
    let says = |name: &str, through: Option<&str>, memory: &Arc<Memory>| {
        let pod = pod("", name, "xxxxx", ("", plain));
        let named = |name: &str| ResourceId { kind: "Service".into(), name: name.into(), ..pod.id.clone() };
        let hop = Hop { resource: through.map_or_else(|| pod.id.clone(), named), path: Vec::new() };
        let internet = [(pod.id.clone(), vec![Way::open("0.0.0.0/0", "tcp/443", vec![hop])])].into();
        let reach = Reach { internet, ..Reach::default() };
        let sees = Sees { reach, ..Sees::new(&bundle, pod, vec![account("default", false)]) };
        let before = memory.size();
        let kept = sees.says(Some(&Known::with(memory)));
        assert_eq!(kept, sees.says(None), "{name} {through:?}");
        assert!(format!("{kept:?}").contains("tcp/443"), "{kept:?}");
        memory.size() - before
    };
    let memory = Arc::<Memory>::default();
    assert!(says("task-00017", None, &memory) > 8);
    // What rules say of the account, that look at all Pods.
    assert!(says("task-00018", None, &memory) <= 2);
    // A Service that is called as one of them, or nearly.
    for name in ["task-00017", "task-000170"] {
        for pod in ["task-00017", "task-00018"] {
            says(pod, Some(name), &memory);
        }
    }
}
