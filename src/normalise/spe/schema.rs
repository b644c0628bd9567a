//! JSON Schemas of the three forms, made from the tables that the reader goes by.
use super::{
    form::{ATTESTATION, DESCRIPTION, WAIVER},
    shape::{Default, Field, Form, Shape},
};
use serde_json::{Map, Value, json};

pub(super) const DESCRIPTION_ABOUT: &str = "What is true of one secure processing environment.";
pub(super) const WAIVER_ABOUT: &str = "A dated, owned, approved, reasoned exception.";
pub(super) const ATTESTATION_ABOUT: &str = "A dated, owned statement about what no machine can read.";

/// The schemas by file name, for editors and for tests. Draft 2020-12.
#[must_use]
pub fn schemas() -> [(&'static str, Value); 3] {
    [
        ("spe.schema.json", whole("SPE description", DESCRIPTION_ABOUT, &DESCRIPTION)),
        ("waiver.schema.json", whole("Waiver", WAIVER_ABOUT, &WAIVER)),
        ("attestation.schema.json", whole("Attestation", ATTESTATION_ABOUT, &ATTESTATION)),
    ]
}

fn whole(title: &str, description: &str, of: &Form) -> Value {
    let mut schema = form(of);
    if let Value::Object(map) = &mut schema {
        map.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        map.insert("title".into(), title.into());
        map.insert("description".into(), description.into());
    }
    schema
}

pub(super) fn form(of: &Form) -> Value {
    let properties: Map<String, Value> =
        of.fields.iter().map(|field| (field.key.to_owned(), property(field))).collect();
    let required: Vec<&str> = of.fields.iter().filter(|field| field.required).map(|field| field.key).collect();
    let mut schema = json!({"type": "object", "additionalProperties": false, "properties": properties});
    if let Value::Object(map) = &mut schema {
        if !required.is_empty() {
            map.insert("required".into(), required.into());
        }
        if !of.one_of.is_empty() {
            let each: Vec<Value> = of.one_of.iter().map(|key| json!({"required": [key]})).collect();
            map.insert("oneOf".into(), each.into());
        }
    }
    schema
}

fn property(field: &Field) -> Value {
    let mut schema = shape(&field.shape);
    if let Value::Object(map) = &mut schema {
        map.insert("description".into(), field.about.into());
        match field.default {
            Default::Absent | Default::Null => {}
            Default::Text(text) => drop(map.insert("default".into(), text.into())),
            Default::Texts(texts) => drop(map.insert("default".into(), texts.to_vec().into())),
        }
    }
    schema
}

fn shape(of: &Shape) -> Value {
    match of {
        Shape::Text | Shape::Host | Shape::ServiceTag => json!({"type": "string", "minLength": 1}),
        Shape::Constant(text) => json!({"const": text}),
        Shape::Choice(names) => json!({"enum": names}),
        Shape::Int { minimum, maximum } => json!({"type": "integer", "minimum": minimum, "maximum": maximum}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Date => json!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        Shape::Range => json!({"type": "string", "pattern": "^[0-9A-Fa-f.:]+/[0-9]{1,3}$"}),
        Shape::Port => json!({"type": "string", "pattern": "^(tcp|udp|sctp)/[0-9]{1,5}(-[0-9]{1,5})?$"}),
        Shape::Labels => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        Shape::Free => json!({"type": "object"}),
        Shape::List { of, minimum, maximum } => {
            let mut schema = json!({"type": "array", "items": shape(of)});
            if let Value::Object(map) = &mut schema {
                if *minimum > 0 {
                    map.insert("minItems".into(), (*minimum).into());
                }
                if let Some((count, _)) = maximum {
                    map.insert("maxItems".into(), (*count).into());
                }
            }
            schema
        }
        Shape::Map(of) => form(of),
    }
}
