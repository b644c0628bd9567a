//! The JSON output, version 1.
use super::stage::*;
use speguard::{
    model::*,
    report::{Format, output_schema},
};
use std::{fs, path::Path};

fn json(stage: &Stage) -> serde_json::Value {
    serde_json::from_str(&stage.render(Format::Json)).unwrap()
}

#[test]
fn json_carries_a_judgement_whole() {
    let judgement = json(&Stage::full())["judgements"][0].to_string();
    insta::assert_snapshot!(judgement.replace(",\"", ",\n\""), @r#"
    {"attestation":null,
    "criterion":"SPE-NET-02",
    "domain":"network",
    "enforcement":"deny",
    "findings":[{"at":"apps/Deployment/research/notebook",
    "facts":{},
    "file":"app.yaml",
    "fingerprint":"f579f22ac238ccde25cb51b9f39bcf623fdbc63e0654c3ce4bd0337c2acd99b7:1",
    "line":7,
    "message":"uses the network of its node",
    "path":["spec",
    "template",
    "spec",
    "hostNetwork"],
    "reason":"host_network"},{"at":"networking.k8s.io/NetworkPolicy/research/open",
    "facts":{"ports":"tcp/443",
    "to":["0.0.0.0/0",
    "::/0"]},
    "file":"app.yaml",
    "fingerprint":"b7563aee7e56498c8f91fe9173c5944f3688fa215ecd7b5f01ca9712b4d15b36:1",
    "line":17,
    "message":"can open connections to 0.0.0.0/0, ::/0 on tcp/443",
    "path":["spec",
    "egress",0],
    "reason":"way_open"}],
    "level":"minimum",
    "origin":{"file":"app.yaml",
    "line":1},
    "platform":"kubernetes",
    "resource":{"address":"apps/Deployment/research/notebook",
    "kind":"apps/Deployment",
    "name":"notebook",
    "namespace":"research",
    "platform":"kubernetes",
    "root":"."},
    "severity":"critical",
    "standing":"not_met",
    "unknown":[{"at":"apps/Deployment/research/notebook",
    "facts":{"why":"CiliumNetworkPolicy is not read yet"},
    "file":"app.yaml",
    "fingerprint":"40a423524416715ca88c003268fe8f74a46cd936971e33d0ed107a5c831c362d:1",
    "line":1,
    "message":"its egress is not established: CiliumNetworkPolicy is not read yet",
    "path":[],
    "reason":"way_unknown"}],
    "verdict":"not_met",
    "waiver":null}
    "#);
}

#[test]
fn json_says_what_was_run_and_what_it_came_to() {
    let mut output = json(&Stage::full());
    output["judgements"] = serde_json::Value::Null;
    insta::assert_snapshot!(output.to_string().replace(",\"", ",\n\""), @r#"
    {"at":"2026-11-24T06:00:00Z",
    "bundle":"sha256:0101010101010101010101010101010101010101010101010101010101010101",
    "described":false,
    "environment":"sha256:0202020202020202020202020202020202020202020202020202020202020202",
    "evidence":null,
    "exempt_namespaces":["kube-system"],
    "exit":1,
    "fail_on":null,
    "judgements":null,
    "kinds_not_judged":["ConfigMap",
    "example.org/Widget"],
    "kinds_unseen":[],
    "not_looked_at":[{"criterion":"SPE-LOG-01",
    "platform":"kubernetes"},{"criterion":"SPE-NET-02",
    "platform":"azurerm"},{"criterion":"SPE-NET-02",
    "platform":"keycloak"}],
    "problems":[{"cause":"tab in indentation: use spaces",
    "file":"b r/ø#.yaml",
    "line":3}],
    "profile":"sha256:0303030303030303030303030303030303030303030303030303030303030303",
    "profile_name":"minimum",
    "set_aside":0,
    "summary":{"met":2,
    "not_applicable":1,
    "not_looked_at":3,
    "not_met":5,
    "observed":1,
    "undetermined":1,
    "unread":1,
    "waived":1,
    "warned":1},
    "tool":{"helm":"v4.1.0",
    "name":"speguard",
    "version":"0.1.0"},
    "version":1,
    "waivers":[{"id":"old",
    "state":"expired"},{"id":"stray",
    "state":"unmatched"}]}
    "#);
}

#[test]
fn the_schema_of_the_json_output_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/output.schema.json");
    let fresh = format!("{}\n", serde_json::to_string_pretty(&output_schema()).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &fresh).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), fresh, "run `UPDATE=1 cargo test reports`");
}

#[test]
fn json_output_keeps_its_schema() {
    let schema = jsonschema::validator_for(&serde_json::to_value(output_schema()).unwrap()).unwrap();
    for all in [false, true] {
        let output = json(&Stage { all, ..Stage::full() });
        let errors: Vec<String> = schema.iter_errors(&output).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut broken = json(&Stage::full());
    broken["summary"]["unread"] = serde_json::Value::Null;
    assert!(!schema.is_valid(&broken));
}

#[test]
fn the_summary_counts_each_judgement_once() {
    let output = json(&Stage { all: true, ..Stage::full() });
    let judgements = output["judgements"].as_array().unwrap();
    let summary = output["summary"].as_object().unwrap();
    for (standing, count) in summary {
        let listed = match standing.as_str() {
            "not_looked_at" => output["not_looked_at"].as_array().unwrap().len(),
            "unread" => output["problems"].as_array().unwrap().len(),
            standing => judgements.iter().filter(|judgement| judgement["standing"] == standing).count(),
        };
        assert_eq!(count.as_u64().unwrap(), u64::try_from(listed).unwrap(), "{standing}");
    }
    let counted: u64 = summary.values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(counted, 12 + 3 + 1, "twelve judgements, three not looked at, one unread");
}

#[test]
fn json_leaves_out_only_what_is_met_or_not_applicable() {
    let shown = json(&Stage::full());
    let all = json(&Stage { all: true, ..Stage::full() });
    let short: Vec<_> = all["judgements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|judgement| judgement["verdict"] == "not_met" || judgement["verdict"] == "undetermined")
        .cloned()
        .collect();
    assert_eq!(shown["judgements"].as_array().unwrap(), &short);
    assert_eq!(shown["summary"], all["summary"]);
}

/// The fingerprints of one finding on the image of a container at a line and an index.
fn fingerprint(line: u32, index: usize, facts: &[(&str, i64)]) -> Vec<String> {
    let container = |name: &str| Value::from([("name", name)].into_iter().collect::<Map>());
    let mut containers = vec![container("web")];
    containers.splice(0..0, (0..index).map(|nth| container(&format!("other{nth}"))));
    let mut stage = Stage::empty();
    let body: Map = [("containers", Value::from(containers))].into_iter().collect();
    stage.add(Resource { body: body.into(), ..resource(workload("w"), "w.yaml", line) });
    let finding = Finding { path: path(&["containers", &index.to_string(), "image"]), ..Finding::bare("host_network") };
    let findings = facts.iter().map(|(name, fact)| finding.clone().with(name, *fact)).collect();
    stage.judge("SPE-NET-02", &workload("w"), Verdict::NotMet { findings, unknown: Vec::new() }, Enforcement::Deny);
    let output = json(&stage);
    let found = output["judgements"][0]["findings"].as_array().unwrap().clone();
    found.iter().map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn lines_facts_and_the_order_of_containers_leave_a_fingerprint_as_it_is() {
    assert_eq!(fingerprint(3, 0, &[("days", 1)]), fingerprint(90, 2, &[("days", 7)]));
}

#[test]
fn what_is_otherwise_equal_is_told_apart_by_an_ordinal() {
    let found = fingerprint(3, 0, &[("to", 1), ("to", 2)]);
    assert_eq!(found[0].replace(":1", ":2"), found[1]);
}

#[test]
fn the_way_fingerprints_are_made_does_not_change() {
    // Hashed by another program: SHA-256 of `["SPE-NET-02",{"kind":"apps/Deployment","name":"w",
    // "namespace":"research","platform":"kubernetes","root":"."},"host_network",{the same},["containers","web","image"]]`.
    assert_eq!(
        fingerprint(3, 0, &[("days", 1)]),
        ["05cc3b9344be9c9af6d1893f1af8b06c291a2b53c1e2c03212da08bdad491da2:1"]
    );
}
