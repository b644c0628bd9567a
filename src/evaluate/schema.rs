//! The JSON Schema of criterion.yaml, for editors. What only the reader can tell (facts and their places, files beside
//! it, ids that stand twice) is not in it.
use super::criterion::{ABSENCES, STATUSES};
use crate::model::{Level, Platform, Severity, Verification};
use serde_json::{Map, Value, json};

/// The schema, draft 2020-12. Its keys are those that the reader knows.
#[must_use]
pub fn schema() -> Value {
    let words = closed(&[("en", text()), ("nb", text())], &["en", "nb"]);
    let texts = json!({"type": "array", "items": text()});
    let source =
        closed(&[("ref", text()), ("status", json!({"enum": STATUSES})), ("note", text())], &["ref", "status"]);
    let admission = json!({"enum": ["standing", "request", "fault"]});
    let absence = json!({"enum": ABSENCES.map(|(name, _)| name)});
    let reason = closed(
        &[("en", text()), ("nb", text()), ("at_admission", admission), ("absence", absence)],
        &["en", "nb", "at_admission"],
    );
    let refresh = closed(&[("admission", json!({"type": "boolean"})), ("text", text())], &["admission", "text"]);
    let named = |of: Value| json!({"type": "object", "additionalProperties": of});
    let platforms: Map<String, Value> =
        Platform::ALL.iter().map(|platform| (platform.name().to_owned(), block(&words, &texts))).collect();
    let mut schema = closed(
        &[
            ("id", json!({"type": "string", "pattern": "^[A-Z]{2,}-[A-Z0-9]{2,}-[0-9]{2,}$"})),
            ("title", words.clone()),
            ("requirement", words.clone()),
            ("why", words.clone()),
            ("level", json!({"enum": [Level::Minimum.name(), Level::Recommended.name()]})),
            ("severity", json!({"enum": Severity::ALL.map(Severity::name)})),
            ("verification", json!({"enum": VERIFICATIONS.map(Verification::name)})),
            ("sources", json!({"type": "array", "items": source, "minItems": 1})),
            ("parameters", named(parameter())),
            ("reasons", named(reason)),
            ("platforms", json!({"type": "object", "properties": platforms, "additionalProperties": false})),
            ("derived", texts.clone()),
            ("attest", texts.clone()),
            ("evidence", texts),
            ("refresh", refresh),
            ("note", text()),
            ("spuhin_ref", json!({"type": ["string", "null"]})),
        ],
        &["id", "title", "requirement", "why", "level", "severity", "verification", "sources"],
    );
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "criterion.yaml".into();
    schema
}

const VERIFICATIONS: [Verification; 3] = [Verification::Automated, Verification::Partly, Verification::Attestation];

fn block(words: &Value, texts: &Value) -> Value {
    let mut subjects = texts.clone();
    subjects["minItems"] = 1.into();
    closed(
        &[
            ("subjects", subjects),
            ("joins", texts.clone()),
            ("rule", text()),
            ("remedy", words.clone()),
            ("checks", json!({"type": "array"})),
            ("chain", texts.clone()),
        ],
        &["subjects"],
    )
}

fn parameter() -> Value {
    let bound = closed(
        &[
            ("minimum", json!({"type": ["number", "string"]})),
            ("maximum", json!({"type": ["number", "string"]})),
            ("items_max", json!({"type": "integer", "minimum": 0})),
            ("one_of", json!({"type": "array"})),
            ("because", text()),
        ],
        &["because"],
    );
    closed(
        &[("default", json!({})), ("from", json!({"const": "environment"})), ("bound", bound), ("about", text())],
        &["default", "about"],
    )
}

fn text() -> Value {
    json!({"type": "string", "minLength": 1})
}

/// An object with these members and no others.
fn closed(members: &[(&str, Value)], required: &[&str]) -> Value {
    let properties: Map<String, Value> = members.iter().map(|(key, of)| ((*key).to_owned(), of.clone())).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

#[cfg(test)]
mod tests {
    use super::{super::criterion, *};
    use std::collections::BTreeSet;

    #[test]
    fn the_schema_has_the_keys_that_the_reader_knows() {
        let schema = schema();
        let keys = |of: &Value| -> BTreeSet<String> { of["properties"].as_object().unwrap().keys().cloned().collect() };
        let known = |keys: &[&str]| -> BTreeSet<String> { keys.iter().map(|key| (*key).to_owned()).collect() };
        assert_eq!(keys(&schema), known(criterion::KEYS));
        let block = &schema["properties"]["platforms"]["properties"]["azurerm"];
        assert_eq!(keys(block), known(criterion::PLATFORM_KEYS));
        let reason = &schema["properties"]["reasons"]["additionalProperties"];
        assert_eq!(keys(reason), known(criterion::REASON_KEYS));
    }
}
