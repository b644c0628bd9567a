//! JSON Schemas of what persons write: fresh, and the fixtures fit them. `UPDATE=1` writes them anew.
use serde_json::Value as Json;
use speguard::{evaluate, judge::profile, normalise::spe, record::plan};
use std::{collections::BTreeMap, fs, path::Path};

/// Every schema by file name.
fn schemas() -> BTreeMap<&'static str, Json> {
    let mut schemas: BTreeMap<_, _> = spe::schemas().into_iter().collect();
    schemas.insert("profile.schema.json", profile::schema());
    schemas.insert("criterion.schema.json", evaluate::schema());
    schemas.insert("plan.schema.json", plan::schema());
    schemas
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_schemas_in_the_repository_are_those_of_the_readers() {
    for (name, schema) in schemas() {
        let path = root().join("schemas").join(name);
        let expected = format!("{schema:#}\n");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &expected).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == expected, "{name} is stale: UPDATE=1 cargo test schemas");
    }
}

#[test]
fn what_the_fixtures_state_fits_its_schema() {
    let schemas = schemas();
    let mut folders =
        vec![root().join("fixtures/environments"), root().join("fixtures/evidence"), root().join("policies")];
    let mut held = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|ending| ending != "yaml") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let criterion = path.ends_with("criterion.yaml");
            if !criterion && !text.contains("speguard.io/v1alpha1") {
                continue;
            }
            for document in serde_saphyr::from_multiple::<Json>(&text).unwrap() {
                let name = match document["kind"].as_str() {
                    None if criterion => "criterion.schema.json",
                    Some("SecureProcessingEnvironment") => "spe.schema.json",
                    Some("Waiver") => "waiver.schema.json",
                    Some("Attestation") => "attestation.schema.json",
                    Some("Profile") => "profile.schema.json",
                    Some("Plan") => "plan.schema.json",
                    other => panic!("{}: {other:?}", path.display()),
                };
                let faults: Vec<_> = jsonschema::validator_for(&schemas[name])
                    .unwrap()
                    .iter_errors(&document)
                    .map(|fault| format!("{}: {fault}", fault.instance_path()))
                    .collect();
                assert_eq!(faults, [""; 0], "{}", path.display());
                *held.entry(name).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(held.len(), schemas.len(), "every schema was tried: {held:?}");
}

#[test]
fn a_slip_does_not_fit() {
    let schemas = schemas();
    let mut waiver: Json = serde_json::json!({"apiVersion": "speguard.io/v1alpha1", "kind": "Waiver",
        "metadata": {"name": "w"}, "spec": {"criterion": "SPE-NET-01", "resources": ["Pod/a/b"], "reason": "r", "owner": "o",
        "approver": "p", "granted": "2026-01-01", "expires": "2026-02-01"}});
    let validator = jsonschema::validator_for(&schemas["waiver.schema.json"]).unwrap();
    assert!(validator.is_valid(&waiver));
    waiver["spec"]["resource"] = serde_json::json!("Pod/a/b");
    assert!(!validator.is_valid(&waiver));
}
