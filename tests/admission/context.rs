//! What is not known of a cluster never allows: in process, where every state of the inventory can be had.
use super::{
    table::{GOOD, pod},
    *,
};
use crate::criteria::BUNDLE;
use serde_json::{Value as Json, json};
use speguard::{
    cli::{Judging, Sources},
    collect::cluster::{Change, Part, Served},
    commands::read,
    judge::Profile,
    model::{Document, Origin, Platform, Problem, Text},
    serve::{
        inventory::{Frame, Inventory},
        review::{Operation, Request},
        ruling::{Law, Ruling, rule},
    },
};

pub(super) const KINDS: [(&str, &str); 3] = [
    ("Namespace", "/api/v1/namespaces"),
    ("Pod", "/api/v1/pods"),
    ("networking.k8s.io/NetworkPolicy", "/apis/networking.k8s.io/v1/networkpolicies"),
];

/// An inventory of three kinds in the light of the compliant description; nothing has been heard yet.
pub(super) fn inventory() -> (Inventory, Profile) {
    let description = compliant().join("spe.yaml");
    let sources = Sources { spe: Some(description), ..Sources::default() };
    let at = read::time(None).unwrap();
    let (collected, options) = read::beside(&sources, at).unwrap();
    let served = KINDS.map(|(kind, path)| Served { kind: kind.into(), path: path.into(), resource: "x".into() });
    let joins: BTreeSet<Text> = BUNDLE.joins(Platform::Kubernetes);
    let normalised =
        speguard::normalise::live_environment(&collected.documents, Default::default(), Vec::new(), &options).unwrap();
    let reading =
        read::Reading { at, normalised, documents: collected.documents.clone(), tools: Default::default(), note: None };
    let profile = read::profile(&Judging::default(), &BUNDLE, &reading).unwrap();
    let profile = Profile { enforcement: profile.admission.clone(), ..profile };
    let frame =
        Frame { documents: collected.documents, problems: Vec::new(), options, name: None, unseen: Default::default() };
    (Inventory::new(frame, joins, &served, Vec::new()), profile)
}

pub(super) fn list(inventory: &Inventory, at: usize, items: &[Json]) {
    let list = json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items});
    let origin = Origin::Object { path: KINDS[at].1.into() };
    inventory.take(at, Change::Begin);
    let page = Document { origin, bytes: serde_json::to_vec(&list).unwrap().into(), render: None };
    inventory.take(at, Change::Part(Part::Page(page)));
    inventory.take(at, Change::Listed);
}

fn asked(inventory: &Inventory, profile: &Profile, at: usize, text: &str) -> Ruling {
    let object: Json = serde_saphyr::from_str(text).unwrap();
    let origin = Origin::Object { path: KINDS[at].1.into() };
    let request = Request {
        uid: "u".to_owned(),
        operation: Operation::Create,
        kind: KINDS[at].0.to_owned(),
        list: KINDS[at].1.to_owned(),
        subresource: String::new(),
        namespace: "project-hjerte".to_owned(),
        name: "p".to_owned(),
        dry_run: false,
        object: Some(Document { origin, bytes: serde_json::to_vec(&object).unwrap().into(), render: None }),
        old_object: None,
    };
    let law = Law { bundle: &BUNDLE, profile, warn_only: &BTreeSet::new() };
    rule(&law, inventory, &request, read::time(None).unwrap()).unwrap()
}

pub(super) fn policy(spec: Json, name: &str) -> Json {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
           "metadata": {"name": name, "namespace": "project-hjerte"}, "spec": spec})
}

fn failing(at: usize, is_refused: bool) -> Change {
    let problem = Problem::hiding_kind(&KINDS[at].1.into(), "away", &KINDS[at].0.into());
    Change::Failing { problem, is_refused }
}

/// A first list that fails is waited for; one that may not be made is not, and the cluster is not known for all that.
#[test]
fn a_kind_that_fails_is_waited_for_and_one_that_is_refused_is_not_known() {
    let (inventory, _) = inventory();
    (0..KINDS.len()).for_each(|at| list(&inventory, at, &[]));
    assert!(inventory.is_synced() && inventory.is_whole());
    let (inventory, _) = self::inventory();
    list(&inventory, 0, &[]);
    list(&inventory, 1, &[]);
    inventory.take(2, failing(2, false));
    assert!(!inventory.is_synced() && !inventory.is_whole());
    // Audits begin: what they say of the kind is undetermined.
    assert!(inventory.wait(std::time::Duration::ZERO));
    inventory.take(2, failing(2, true));
    assert!(inventory.is_synced() && !inventory.is_whole());
    list(&inventory, 2, &[]);
    assert!(inventory.is_synced() && inventory.is_whole());
}

#[test]
fn an_empty_or_unsynced_context_never_allows() {
    let (inventory, profile) = inventory();
    let good = pod(GOOD);
    let opens = policy(json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}), "open").to_string();
    let ask = |at: usize, text: &str| asked(&inventory, &profile, at, text);
    // Nothing was listed.
    assert!(!inventory.is_synced());
    assert!(!ask(1, &good).is_allowed() && !ask(2, &opens).is_allowed());
    // One kind after the other: as long as one is missing nothing that can open ways passes.
    list(
        &inventory,
        0,
        &[json!({"apiVersion": "v1", "kind": "Namespace", "metadata":
        {"name": "project-hjerte", "labels": {"spe/project": "hjerte"}}})],
    );
    assert!(!ask(1, &good).is_allowed() && !ask(2, &opens).is_allowed());
    list(&inventory, 1, &[]);
    let ruling = ask(1, &good);
    assert!(!inventory.is_synced() && !ruling.is_allowed(), "{ruling:?}");
    // Known, and empty: no policy isolates the Pod.
    list(&inventory, 2, &[]);
    assert!(inventory.is_synced());
    let ruling = ask(1, &good);
    let criteria: BTreeSet<&str> = ruling.denied.iter().map(|one| &*one.criterion.0).collect();
    assert!(ruling.fault.is_none() && criteria.contains("SPE-NET-02") && criteria.contains("SPE-NET-01"), "{ruling:?}");
    // With the policy that was missing it passes: it was denied for that alone.
    let closed = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
    list(&inventory, 2, &[policy(closed, "default-deny")]);
    let ruling = ask(1, &good);
    assert!(ruling.is_allowed(), "{ruling:?}");
    // A watch that fails is believed for a while, and a list that begins anew changes nothing until it ends.
    inventory.take(2, failing(2, false));
    assert!(ask(1, &good).is_allowed());
    inventory.take(2, Change::Begin);
    assert!(ask(1, &good).is_allowed());
    inventory.take(2, Change::Listed);
    assert!(!ask(1, &good).is_allowed());
}
