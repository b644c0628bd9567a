//! The three forms as kinds of a cluster: the same tables, in the subset of JSON Schema that an API server takes
//! ("structural", documentation of CustomResourceDefinitions).
use super::{
    form::{API_VERSION, ATTESTATION, ATTESTATION_KIND, DESCRIPTION, DESCRIPTION_KIND, WAIVER, WAIVER_KIND},
    schema::{ATTESTATION_ABOUT, DESCRIPTION_ABOUT, WAIVER_ABOUT, form},
    shape::Form,
};
use serde_json::{Map, Value, json};

/// What a CustomResourceDefinition needs beyond its names.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
    /// `openAPIV3Schema`.
    pub schema: Value,
    /// What `kubectl get` shows: title and path.
    pub columns: &'static [(&'static str, &'static str)],
}

/// The three kinds.
#[must_use]
pub fn definitions() -> [Definition; 3] {
    [
        definition(DESCRIPTION_KIND, DESCRIPTION_ABOUT, &DESCRIPTION, &[("Profile", ".spec.profile")]),
        definition(
            WAIVER_KIND,
            WAIVER_ABOUT,
            &WAIVER,
            &[
                ("Criterion", ".spec.criterion"),
                ("Expires", ".spec.expires"),
                ("Owner", ".spec.owner"),
                ("Approver", ".spec.approver"),
            ],
        ),
        definition(
            ATTESTATION_KIND,
            ATTESTATION_ABOUT,
            &ATTESTATION,
            &[("Criterion", ".spec.criterion"), ("Verdict", ".spec.verdict"), ("Expires", ".spec.expires")],
        ),
    ]
}

fn definition(
    kind: &'static str,
    about: &str,
    of: &Form,
    columns: &'static [(&'static str, &'static str)],
) -> Definition {
    let (group, version) = API_VERSION.split_once('/').unwrap_or_default();
    let spec = structural(form(of)["properties"]["spec"].take());
    let schema = json!({
        "type": "object",
        "description": about,
        "required": ["spec"],
        // The API server has rules of its own for what is beside `spec`.
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status(),
        },
    });
    Definition { group, version, kind, schema, columns }
}

/// The part of a schema that an API server takes, saying the same; only what it says of unknown keys is lost.
fn structural(schema: Value) -> Value {
    let Value::Object(schema) = schema else { return schema };
    let mut out = Map::new();
    for (key, value) in schema {
        match key.as_str() {
            "properties" => {
                let Value::Object(properties) = value else { continue };
                let each = properties.into_iter().map(|(name, schema)| (name, structural(schema)));
                out.insert(key, each.collect::<Map<String, Value>>().into());
            }
            // An API server takes unknown keys away without a word where the client does not ask it to be strict, and
            // a permission without a narrowing key that was misspelt is a wider one: they stay, and the reader tells.
            "additionalProperties" if value == json!(false) => {
                out.insert("x-kubernetes-preserve-unknown-fields".to_owned(), true.into());
            }
            "items" | "additionalProperties" => drop(out.insert(key, structural(value))),
            "const" => drop(out.insert("enum".to_owned(), json!([value]))),
            // A default of today would be stored for good.
            "default" => {}
            _ => drop(out.insert(key, value)),
        }
    }
    out.entry("type").or_insert_with(|| "string".into());
    Value::Object(out)
}

/// What controllers may say of an object, in the form that Kubernetes gives conditions. speguard writes none.
fn status() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    json!({
        "type": "object",
        "description": "what controllers say of it; not read",
        "properties": {
            "observedGeneration": {"type": "integer", "format": "int64", "description": "the generation that it is about"},
            "conditions": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["type"],
                "items": {
                    "type": "object",
                    "required": ["type", "status", "lastTransitionTime", "reason", "message"],
                    "properties": {
                        "type": text("what it is about"),
                        "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
                        "reason": text("one word"),
                        "message": text("a sentence"),
                        "lastTransitionTime": {"type": "string", "format": "date-time"},
                        "observedGeneration": {"type": "integer", "format": "int64"},
                    },
                },
            },
        },
    })
}
