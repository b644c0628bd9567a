//! `speguard crds`: descriptions, waivers and attestations as kinds of a cluster.
use super::print;
use crate::normalise::spe::{Definition, definitions};
use serde_json::{Value, json};

/// Prints the CustomResourceDefinitions, one document each; JSON is YAML, and `kubectl apply -f -` takes it.
///
/// # Errors
/// When standard output cannot be written.
pub fn run() -> anyhow::Result<u8> {
    let texts = definitions().map(|definition| format!("---\n{:#}\n", document(&definition)));
    print(texts.concat().as_bytes())?;
    Ok(0)
}

/// They belong to the whole environment, so that no namespace can hold one of its own.
fn document(definition: &Definition) -> Value {
    let Definition { group, version, kind, schema, columns } = definition;
    let singular = kind.to_lowercase();
    let plural = format!("{singular}s");
    let column = |(name, path): &(&str, &str)| json!({"name": name, "type": "string", "jsonPath": path});
    let mut columns: Vec<Value> = columns.iter().map(column).collect();
    columns.push(json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}));
    let mut names = json!({"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": singular, "categories": ["speguard"]});
    if plural.starts_with("secureprocessing") {
        names["shortNames"] = json!(["spe"]);
    }
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "names": names,
            "scope": "Cluster",
            "versions": [{
                "name": version,
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": columns,
                "schema": {"openAPIV3Schema": schema},
            }],
        },
    })
}
