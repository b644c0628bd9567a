//! The digest of a profile: equal for equal content, however its file is laid out.
use crate::model::{CriterionId, Digest, Enforcement, Map, Number, Value};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// SHA-256 over JSON with keys in order and no white space: `{"admission":…,"enforcement":…,"thresholds":…}`, each by
/// criterion. Thresholds include the defaults, so that a changed default is a changed profile. Facts are part of the
/// environment's digest, not of this one.
pub(super) fn digest(
    enforcement: &BTreeMap<CriterionId, Enforcement>,
    admission: &BTreeMap<CriterionId, Enforcement>,
    thresholds: &BTreeMap<CriterionId, Map>,
) -> Digest {
    let names = |of: &BTreeMap<CriterionId, Enforcement>| -> Map {
        of.iter().map(|(id, weight)| (id.0.clone(), weight.name())).collect()
    };
    let thresholds: Map = thresholds.iter().map(|(id, map)| (id.0.clone(), map.clone())).collect();
    let whole: Map = [
        ("enforcement", Value::Map(names(enforcement))),
        ("admission", Value::Map(names(admission))),
        ("thresholds", Value::Map(thresholds)),
    ]
    .into_iter()
    .collect();
    Digest(Sha256::digest(json(&whole.into()).to_string()).into())
}

/// Keys are written in order by `Map`, which is sorted; serde_json's own map keeps or sorts them as it is built, and
/// either gives the same text.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Number(Number::Int(int)) => (*int).into(),
        Value::Number(Number::Float(float)) => (*float).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(|item| json(&item.value)).collect(),
        Value::Map(map) => {
            let entries = map.iter().map(|entry| (entry.key.to_string(), json(&entry.value)));
            serde_json::Value::Object(entries.collect())
        }
        Value::Unknown(unknown) => serde_json::json!({"$unknown": unknown.why}),
    }
}
