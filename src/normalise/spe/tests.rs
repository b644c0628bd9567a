use super::*;
use crate::model::{Description, Map, Mark, Number, Origin, Problem, Timestamp, Value};
use serde_json::{Value as Json, json};

/// 2026-06-01T12:00:00Z.
const NOON: Timestamp = Timestamp(1_780_315_200);

fn value(of: &Json) -> Value {
    match of {
        Json::Null => Value::Null,
        Json::Bool(bool) => (*bool).into(),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Number(Number::Float(number.as_f64().unwrap_or_default())), Value::from),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(value).collect::<Vec<_>>().into(),
        Json::Object(map) => map.iter().map(|(key, of)| (key.as_str(), value(of))).collect::<Map>().into(),
    }
}

fn document(kind: &str, spec: Json) -> Value {
    value(&json!({"apiVersion": "speguard.io/v1alpha1", "kind": kind, "metadata": {"name": "tre"}, "spec": spec}))
}

fn described(spec: Json) -> (Description, Vec<String>) {
    let document = document("SecureProcessingEnvironment", spec);
    let (description, problems) = description(&Origin::file("spe.yaml"), &document, NOON);
    (description, problems.into_iter().map(|problem| problem.cause).collect())
}

fn complaints(spec: Json) -> Vec<String> {
    described(spec).1
}

#[test]
fn what_is_not_stated_has_the_default_of_the_criteria() {
    let (description, problems) = described(json!({}));
    assert_eq!(problems, [""; 0]);
    assert!(description.stated);
    assert_eq!(description.name.as_ref(), "tre");
    assert_eq!(description.spec.get("zone_label"), Some(&"spe/zone".into()));
    assert_eq!(description.spec.get("permit_roster"), Some(&Value::Null));
    assert_eq!(description.spec.get("network_plugin"), None);
    assert_eq!(description.exempt_namespaces.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["kube-system"]);
}

#[test]
fn own_ranges_are_added_to_the_private_ones() {
    let (description, problems) = described(json!({"private_ranges": ["192.0.2.0/24", "10.0.0.0/8"]}));
    assert_eq!(problems, [""; 0]);
    let mut expected = crate::model::default_private_ranges();
    expected.push("192.0.2.0/24".into());
    assert_eq!(description.private_ranges, expected);
    assert_eq!(description.spec.get("private_ranges"), Some(&expected.into()));
}

#[test]
fn a_destination_needs_owner_reason_and_a_last_day() {
    let causes = complaints(json!({"allowed_destinations": [{"host": "pypi.org"}]}));
    assert_eq!(
        causes,
        [
            "`spec.allowed_destinations[0].owner` is missing: who answers for it: a person or a role",
            "`spec.allowed_destinations[0].reason` is missing: why it is needed",
            "`spec.allowed_destinations[0].expires` is missing: its last day; afterwards it counts as absent",
        ]
    );
}

fn destination(changes: Json) -> Json {
    let mut entry =
        json!({"cidr": "192.0.2.7/32", "ports": ["tcp/443"], "owner": "o", "reason": "r", "expires": "2026-06-01"});
    for (key, change) in changes.as_object().unwrap() {
        entry[key] = change.clone();
    }
    json!({"allowed_destinations": [entry]})
}

#[test]
fn a_permission_holds_until_the_end_of_its_last_day() {
    let (description, problems) = described(destination(json!({})));
    assert_eq!(problems, [""; 0]);
    assert_eq!(description.allowed_destinations.len(), 1);
    assert_eq!(description.expired, []);
}

#[test]
fn an_expired_permission_is_dropped_everywhere_and_said() {
    let (description, problems) = described(destination(json!({"expires": "2026-05-31"})));
    assert_eq!(problems, [""; 0]);
    assert_eq!(description.allowed_destinations, []);
    assert_eq!(description.spec.get("allowed_destinations"), Some(&Value::List(Vec::new())));
    let said: Vec<_> = description.expired.iter().map(|gone| (gone.entry.as_str(), gone.expires.as_ref())).collect();
    assert_eq!(said, [("spec.allowed_destinations[0]", "2026-05-31")]);
}

#[test]
fn an_expired_project_stays_a_project() {
    let (description, _) =
        described(json!({"projects": [{"name": "p1", "expires": "2020-01-01", "namespaces": ["a"]}]}));
    assert_eq!(description.projects.len(), 1);
    assert_eq!(description.projects[0].expires, Some(Timestamp(1_577_923_200)));
}

#[test]
fn an_expired_node_route_is_dropped_and_its_cluster_stays() {
    let route = json!({"closed_by": "firewall", "owner": "o", "expires": "2026-01-01"});
    let cluster = json!({"name": "c", "sources": [{"path": "k8s"}], "node_route": route});
    let (description, problems) = described(json!({"clusters": [cluster]}));
    assert_eq!(problems, [""; 0]);
    assert_eq!(description.clusters[0].node_route, None);
    assert_eq!(description.expired[0].entry, "spec.clusters[0].node_route");
}

#[test]
fn a_slip_in_a_narrowing_key_never_makes_a_wider_permission() {
    for change in [
        json!({"ports": ["443"]}),
        json!({"port": "tcp/443"}),
        json!({"expires": "2026-02-30"}),
        json!({"cidr": "0.0.0.0/0"}),
        json!({"host": "pypi.org"}),
    ] {
        let (description, problems) = described(destination(change.clone()));
        assert_eq!(description.allowed_destinations, [], "{change}");
        assert!(!problems.is_empty(), "{change}");
    }
}

#[test]
fn one_wrong_key_does_not_lose_the_others() {
    let (description, problems) =
        described(json!({"network_plugin": "cilium", "regoins": ["no"], "complete": ["azure"]}));
    assert_eq!(description.network_plugin.as_deref(), Some("cilium"));
    assert_eq!(description.complete.len(), 0);
    assert_eq!(
        problems,
        [
            "`spec.complete[0]` is `azure`: did you mean `azurerm`?",
            "unknown key `spec.regoins`: did you mean `regions`?",
        ]
    );
}

#[test]
fn a_wrong_outer_form_is_said_once_and_the_facts_still_hold() {
    let whole = value(&json!({"apiVersion": "speguard.io/v1", "kind": "SecureProcessingEnvironment",
        "spec": {"network_plugin": "cilium", "regoins": []}}));
    let (description, problems) = description(&Origin::file("spe.yaml"), &whole, NOON);
    assert_eq!(description.network_plugin.as_deref(), Some("cilium"));
    assert_eq!(description.name.as_ref(), "environment");
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn what_is_no_map_describes_nothing() {
    let (description, problems) = description(&Origin::file("spe.yaml"), &"text".into(), NOON);
    assert!(!description.stated);
    assert_eq!(problems.len(), 1);
}

#[test]
fn more_emergency_accounts_than_the_bound_are_not_excluded() {
    let account = |name: &str| json!({"name": name, "owner": "o"});
    let (description, problems) =
        described(json!({"break_glass_accounts": [account("a"), account("b"), account("c")]}));
    assert_eq!(description.spec.get("break_glass_accounts").and_then(Value::as_list).map(<[_]>::len), Some(2));
    assert_eq!(problems.len(), 1);
}

fn waiver_with(changes: Json) -> Result<crate::model::Waiver, Problem> {
    let mut spec = json!({"criterion": "SPE-NET-01", "resources": ["Namespace/a"], "reason": "r", "owner": "Kari Nordmann",
        "approver": "Ola Nordmann", "granted": "2026-01-01", "expires": "2026-06-30"});
    for (key, change) in changes.as_object().unwrap() {
        spec[key] = change.clone();
    }
    waiver(&Origin::at("w.yaml", 3, 1), &document("Waiver", spec))
}

fn refused<T: std::fmt::Debug>(read: Result<T, Problem>) -> String {
    read.unwrap_err().cause
}

#[test]
fn a_waiver_lasts_half_a_year_at_most() {
    assert!(waiver_with(json!({})).is_ok());
    assert_eq!(
        refused(waiver_with(json!({"expires": "2026-07-01"}))),
        "`spec.expires` is 181 days after `spec.granted`, and may be 180 at most; this waiver is void until it is put right"
    );
    assert!(refused(waiver_with(json!({"expires": "2025-12-31"}))).contains("lies before"));
}

#[test]
fn nobody_approves_their_own_waiver_whatever_the_spelling() {
    let cause = refused(waiver_with(json!({"approver": "  kari   NORDMANN "})));
    assert!(cause.starts_with("`Kari Nordmann` approves their own waiver"), "{cause}");
}

#[test]
fn a_waiver_with_a_slip_is_void_as_a_whole() {
    for change in [json!({"resources": []}), json!({"resources": [7]}), json!({"reason": ""}), json!({"expiry": "x"})] {
        assert!(refused(waiver_with(change)).ends_with("this waiver is void until it is put right"));
    }
}

#[test]
fn a_reason_that_does_not_fit_never_widens_a_waiver_to_all_reasons() {
    assert!(waiver_with(json!({"reasons": [1]})).is_err());
}

#[test]
fn an_attestation_says_met_or_not_met_between_two_days() {
    let spec = json!({"criterion": "SPE-GOV-01", "verdict": "not_met", "statement": "s", "owner": "o",
        "stated": "2026-01-01", "expires": "2026-01-01", "evidence": ["e"]});
    let origin = Origin::file("a.yaml");
    let read = attestation(&origin, &document("Attestation", spec.clone())).unwrap();
    assert_eq!((read.met, read.expires.0 - read.stated.0, read.expires_shown.as_str()), (false, 86_400, "2026-01-01"));
    let mut backwards = spec.clone();
    backwards["expires"] = json!("2025-12-31");
    assert!(refused(attestation(&origin, &document("Attestation", backwards))).contains("lies before"));
    let mut unsure = spec;
    unsure["verdict"] = json!("maybe");
    assert!(refused(attestation(&origin, &document("Attestation", unsure))).contains("`met`, `not_met`"));
}

#[test]
fn a_problem_stands_at_the_line_of_its_key() {
    let mut spec = Map::new();
    let at = Mark { line: 9, column: 3 };
    spec.insert(crate::model::Entry { key: "complete".into(), at, value: "kubernetes".into() });
    let Value::Map(mut whole) = document("SecureProcessingEnvironment", json!({})) else { unreachable!() };
    whole.put("spec", spec);
    let (_, problems) = description(&Origin::file("spe.yaml"), &whole.into(), NOON);
    let cause = "`spec.complete` must be a list: write each entry on a line of its own with `- ` before it";
    assert_eq!(problems, [Problem::remark(Origin::at("spe.yaml", 9, 3), cause)]);
}
