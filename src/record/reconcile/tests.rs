//! Every class, with small logs of both kinds.
mod asked;

use super::*;
use crate::record::{
    entry::{
        Answer, Body, Commitment, Common, Decision, DigestText, Entry, Epoch, EpochEvent, Gap, GapCause, Instant,
        Operation, Time, Ulid, VERSION,
    },
    merkle::leaf_hash,
    redact::commitment,
};
use serde_json::{Value as Json, json};

const SHARD: &str = "example.org/evidence/demo/admission-0/2026";
const EMITTER: &str = "admission-0";
const PEPPER: [u8; 32] = [7; 32];
const WINDOW: Period = Period { from: 1_000_000, to: 2_000_000 };
const NOON: i64 = 1_500_000;

/// The entries of a shard, and the lines of an audit log.
struct Case {
    entries: Vec<Vec<u8>>,
    lines: Vec<Json>,
    scope: Scope,
}

fn rule(webhook: &str, group: &str, resource: &str, operations: &[&str]) -> Rule {
    Rule {
        webhook: format!("{webhook}.speguard.io"),
        group: group.to_owned(),
        resource: resource.to_owned(),
        operations: operations.iter().map(|one| (*one).to_owned()).collect(),
    }
}

impl Case {
    fn new() -> Self {
        let (changes, all) = (["CREATE", "UPDATE"], ["CREATE", "UPDATE", "DELETE"]);
        let rules = vec![
            rule("project", "", "pods", &changes),
            rule("outside", "", "pods", &changes),
            rule("project", "apps", "deployments", &changes),
            rule("project", "networking.k8s.io", "networkpolicies", &all),
            rule("outside", "networking.k8s.io", "networkpolicies", &all),
            rule("namespace", "", "namespaces", &changes),
            rule("namespace", "", "namespaces/status", &changes),
        ];
        let exempt = BTreeSet::from(["kube-system".to_owned()]);
        let mut case = Self {
            entries: Vec::new(),
            lines: Vec::new(),
            scope: Scope { rules, exempt, projects: Projects::default() },
        };
        case.enter(
            NOON,
            Body::Epoch(Epoch {
                event: EpochEvent::Start,
                epoch: 1,
                run: Ulid(1),
                previous_seq: None,
                tool: "speguard".to_owned(),
                cluster_c: None,
                configuration: DigestText([0; 32]),
                pepper: DigestText([1; 32]),
            }),
        );
        case
    }

    fn enter(&mut self, at: i64, body: Body) -> u64 {
        let index = self.entries.len() as u64;
        let time = Time { observed: Instant(at), recorded: Instant(at) };
        let common = Common {
            v: VERSION,
            id: Ulid(index.into()),
            shard: SHARD.to_owned(),
            seq: index,
            time,
            after_anchor: None,
        };
        self.entries.push(Entry { common, body }.to_bytes().unwrap());
        index
    }

    fn decide(&mut self, at: i64, operation: Operation, kind: &str, object: &str, answer: Answer) -> u64 {
        let namespace = object.split_once('/').map_or(object, |(namespace, _)| namespace);
        let pseudonym = |text: &str| Commitment(commitment(&PEPPER, text.as_bytes()));
        let decision = Decision {
            request: "u".to_owned(),
            operation,
            kind: kind.to_owned(),
            subresource: None,
            namespace_c: pseudonym(namespace),
            ref_c: pseudonym(&format!("{kind}/{object}")),
            answer,
            warnings: 0,
            counted: Vec::new(),
            observed: Vec::new(),
            bundle: DigestText([0; 32]),
            profile: DigestText([0; 32]),
            micros: 1,
        };
        self.enter(at, Body::Decision(Box::new(decision)))
    }

    fn allow(&mut self, at: i64, operation: Operation, kind: &str, object: &str) -> u64 {
        self.decide(at, operation, kind, object, Answer::Allow)
    }

    /// An event; `object` is `namespace/name`.
    fn event(&mut self, at: i64, verb: &str, (group, resource): (&str, &str), object: &str, code: u16) -> &mut Json {
        let (namespace, name) = object.split_once('/').unwrap();
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        self.lines.push(json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "stage": "ResponseComplete",
            "auditID": format!("a{}", self.lines.len()), "requestURI": "/apis/x?fieldManager=kubectl", "verb": verb,
            "user": {"username": "kari.nordmann"},
            "objectRef": {"apiGroup": group, "resource": resource, "subresource": subresource, "namespace": namespace, "name": name},
            "responseStatus": {"code": code},
            "requestReceivedTimestamp": Instant(at).to_string(), "stageTimestamp": Instant(at + 5).to_string(),
        }));
        self.lines.last_mut().unwrap()
    }

    fn pod(&mut self, verb: &str, code: u16) -> &mut Json {
        self.event(NOON, verb, ("", "pods"), "hjerte/p", code)
    }

    /// Has the last event name an entry, by a webhook.
    fn naming(&mut self, webhook: &str, index: u64) {
        let leaf = DigestText(leaf_hash(self.entries.get(index as usize).map_or(b"", |entry| entry)));
        let at = |what: &str| format!("{webhook}.speguard.io/evidence-{what}");
        self.lines.last_mut().unwrap()["annotations"] =
            json!({at("shard"): SHARD, at("index"): index.to_string(), at("leaf"): leaf});
    }

    fn compare(&self) -> Reconciled {
        self.compare_with(Some(PEPPER))
    }

    fn compare_with(&self, pepper: Option<[u8; 32]>) -> Reconciled {
        let mut ledger = Ledger::new(WINDOW);
        ledger.open(SHARD);
        for (index, bytes) in (0..).zip(&self.entries) {
            ledger.take((index, leaf_hash(bytes)), EMITTER, Entry::from_bytes(bytes).unwrap(), &mut |_| pepper);
        }
        let mut matching = Matching::new(&self.scope, WINDOW, ledger);
        for line in &self.lines {
            let event = audit::read(line.to_string().as_bytes()).unwrap().event;
            matching.take(&event.unwrap(), &|| "audit.log:1".to_owned());
        }
        matching.finish()
    }

    /// The classes, each with its count, and nothing else.
    fn check(&self, expected: &[(Class, u64)]) {
        let found = self.compare();
        let counted: Vec<(Class, u64)> = found.classes.iter().map(|(class, tally)| (*class, tally.count)).collect();
        assert_eq!(counted, expected, "{found:?}");
        assert!(!format!("{found:?}").contains("kari"), "{found:?}");
    }
}

#[test]
fn an_event_and_the_entry_it_names_match() {
    let mut case = Case::new();
    let index = case.allow(NOON, Operation::Create, "Pod", "hjerte/p");
    case.pod("create", 201);
    case.naming("project", index);
    let index = case.decide(NOON, Operation::Create, "Pod", "hjerte/q", Answer::Deny);
    case.pod("create", 403);
    case.naming("project", index);
    // Server-side apply makes what is not there; a conflict comes after the webhook.
    let index = case.allow(NOON, Operation::Create, "Pod", "hjerte/p");
    case.pod("patch", 201);
    case.naming("project", index);
    let index = case.allow(NOON, Operation::Create, "Pod", "hjerte/p");
    case.pod("create", 409);
    case.naming("project", index);
    case.check(&[(Class::Matched, 4)]);
    let found = case.compare();
    assert_eq!(found.events[&("create", "pods".to_owned())], 3);
    assert_eq!(found.entries[&("CREATE", "Pod".to_owned())], 4);
}

#[test]
fn an_annotation_that_is_not_its_own_is_a_breach() {
    let forge = |change: &dyn Fn(&mut Case, u64)| {
        let mut case = Case::new();
        let index = case.allow(NOON, Operation::Create, "Pod", "hjerte/p");
        case.pod("create", 201);
        case.naming("project", index);
        case.enter(NOON + 2 * MERGE_DELAY_MS, Body::Gap(gap("other", 0, 1)));
        change(&mut case, index);
        let found = case.compare();
        assert_eq!(found.count(Class::Forged), 1, "{found:?}");
        found.classes[&Class::Forged].first[0].clone()
    };
    let last = |case: &mut Case| case.lines.len() - 1;
    let edit = |case: &mut Case, what: &str, value: &str| {
        let at = last(case);
        case.lines[at]["annotations"][format!("project.speguard.io/evidence-{what}")] = value.into();
    };
    let told = forge(&|case, _| edit(case, "leaf", &DigestText([9; 32]).to_string()));
    assert_eq!(told, "audit.log:1: create pods: the entry has another leaf");
    assert!(forge(&|case, _| edit(case, "leaf", "gone")).contains("name no entry"));
    assert!(forge(&|case, _| edit(case, "index", "77")).contains("no such entry"));
    assert!(forge(&|case, _| edit(case, "index", "0")).contains("no decision"));
    assert!(forge(&|case, _| edit(case, "shard", "example.org/evidence/demo/x/2026")).contains("no such shard"));
    for (field, value, words) in [("resource", "services", "another kind"), ("namespace", "lunge", "another namespace")]
    {
        let told = forge(&|case, _| {
            let at = last(case);
            case.lines[at]["objectRef"][field] = value.into();
        });
        assert!(told.contains(words), "{told}");
    }
    let verb = |verb: &'static str, name: &'static str| {
        forge(&move |case, _| {
            let at = case.lines.len() - 1;
            case.lines[at]["verb"] = verb.into();
            case.lines[at]["objectRef"]["name"] = name.into();
        })
    };
    assert!(verb("delete", "p").contains("another operation"));
    assert!(verb("patch", "q").contains("another object"));
    let twice = forge(&|case, index| {
        case.pod("create", 201);
        case.naming("project", index);
    });
    assert!(twice.contains("another event names the same entry"), "{twice}");
    let late = forge(&|case, _| {
        let at = last(case);
        let time = Instant(NOON + 3 * MERGE_DELAY_MS).to_string();
        case.lines[at]["requestReceivedTimestamp"] = time.clone().into();
        case.lines[at]["stageTimestamp"] = time.into();
    });
    assert!(late.contains("another time"), "{late}");
    let denied = forge(&|case, _| {
        let index = case.decide(NOON, Operation::Create, "Pod", "hjerte/p", Answer::Deny);
        case.naming("project", index);
    });
    assert!(denied.contains("denied"), "{denied}");
}

#[test]
fn an_event_behind_the_end_of_the_copy_is_not_established() {
    let mut case = Case::new();
    case.pod("create", 201);
    case.naming("project", 40);
    case.check(&[(Class::LogEnds, 1)]);
}

#[test]
fn a_line_that_stands_twice_is_one_event() {
    let mut case = Case::new();
    let index = case.allow(NOON, Operation::Create, "Pod", "hjerte/p");
    case.pod("create", 201);
    case.naming("project", index);
    case.lines.push(case.lines[0].clone());
    assert_eq!(case.compare().count(Class::Forged), 0);
}

#[test]
fn repeated_calls_are_counted_where_an_event_is_near() {
    let mut case = Case::new();
    let first = case.allow(NOON, Operation::Create, "Pod", "hjerte/p");
    case.pod("patch", 200);
    case.naming("project", first);
    // Tried again as an update, since somebody else had made it.
    case.allow(NOON + 10, Operation::Update, "Pod", "hjerte/p");
    case.allow(NOON + MERGE_DELAY_MS + 6, Operation::Update, "Pod", "hjerte/p");
    case.allow(NOON, Operation::Update, "Pod", "lunge/p");
    case.allow(NOON, Operation::Update, "apps/Deployment", "hjerte/p");
    case.allow(NOON, Operation::Delete, "Pod", "hjerte/p");
    case.check(&[(Class::Matched, 1), (Class::Repeated, 1), (Class::WithoutEvent, 4)]);
    // Without the key nobody can tell of what namespace they are.
    let found = case.compare_with(None);
    assert_eq!((found.without_pepper, found.count(Class::WithoutEvent)), (true, 5));
}

#[test]
fn collections_are_compared_by_count() {
    let policies = ("networking.k8s.io", "networkpolicies");
    let mut case = Case::new();
    let first = case.allow(NOON, Operation::Delete, "networking.k8s.io/NetworkPolicy", "hjerte/x");
    case.allow(NOON, Operation::Delete, "networking.k8s.io/NetworkPolicy", "hjerte/y");
    case.event(NOON, "deletecollection", policies, "hjerte/", 200);
    case.naming("project", first);
    case.check(&[(Class::Matched, 1), (Class::Collected, 1)]);
    for (level, items, expected) in [
        ("Metadata", None, Class::UnknownDeletion),
        ("Request", None, Class::UnknownDeletion),
        ("RequestResponse", Some(0), Class::NothingDeleted),
        ("RequestResponse", Some(2), Class::Unannotated),
    ] {
        let mut case = Case::new();
        let event = case.event(NOON, "deletecollection", policies, "hjerte/", 200);
        event["level"] = level.into();
        if let Some(items) = items {
            event["responseObject"] = json!({"items": vec![json!({}); items]});
        }
        case.check(&[(expected, 1)]);
    }
}

fn gap(item: &str, from: i64, to: i64) -> Gap {
    Gap { item: item.to_owned(), from: Instant(from), to: Instant(to), cause: GapCause::Store, decisions_lost: 1 }
}
