//! JSON configuration (`.tf.json`, `.tfvars.json`) to [`Body`], and JSON values to values.
use super::{
    parse,
    syntax::{Attribute, Block, Body, Expression, Key, KeyName, Node},
};
use crate::model::{Item, Map, Mark, Number, Text, Value};

/// Objects that are maps and not blocks, in any resource: JSON does not tell the two apart, and only the provider's
/// schema would (Terraform, "JSON configuration syntax", nested blocks).
const MAPS: [&str; 10] = [
    "tags",
    "labels",
    "annotations",
    "app_settings",
    "triggers",
    "keepers",
    "metadata",
    "environment_variables",
    "for_each",
    "providers",
];

/// How many labels a top-level block has.
const LABELS: [(&str, usize); 9] = [
    ("resource", 2),
    ("data", 2),
    ("ephemeral", 2),
    ("variable", 1),
    ("output", 1),
    ("module", 1),
    ("provider", 1),
    ("locals", 0),
    ("terraform", 0),
];

/// The configuration in a JSON file; strings are templates. Nothing of it has a place but line 1.
pub(super) fn body(json: &serde_json::Value) -> Body {
    let mut body = Body::default();
    for (kind, value) in members(json) {
        let labels = LABELS.iter().find(|(name, _)| *name == kind).map_or(0, |(_, count)| *count);
        blocks(kind, value, labels, &mut Vec::new(), &mut body.blocks);
    }
    body
}

/// A `.tfvars.json` file: values without templates.
pub(super) fn assignments(json: &serde_json::Value) -> Body {
    let attributes = members(json)
        .map(|(name, value)| Attribute {
            name: name.into(),
            at: Mark::default(),
            value: Node::literal(Mark::default(), self::value(value)),
        })
        .collect();
    Body { attributes, blocks: Vec::new() }
}

/// A JSON value as it is.
pub(super) fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(bool) => Value::Bool(*bool),
        serde_json::Value::Number(number) => Value::Number(match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Number::Int(int),
            (None, float) => Number::Float(float.unwrap_or(f64::INFINITY)),
        }),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => {
            Value::List(items.iter().map(|item| Item { at: Mark::default(), value: value(item) }).collect())
        }
        serde_json::Value::Object(members) => {
            Value::Map(members.iter().map(|(key, member)| (key.as_str(), value(member))).collect::<Map>())
        }
    }
}

/// `//` is the comment of JSON configuration.
fn members(json: &serde_json::Value) -> impl Iterator<Item = (&str, &serde_json::Value)> {
    json.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| *name != "//")
}

fn blocks(kind: &str, json: &serde_json::Value, labels: usize, named: &mut Vec<Text>, into: &mut Vec<Block>) {
    if let serde_json::Value::Array(items) = json {
        items.iter().for_each(|item| blocks(kind, item, labels, named, into));
    } else if labels > 0 {
        for (name, value) in members(json) {
            named.push(name.into());
            blocks(kind, value, labels - 1, named, into);
            named.pop();
        }
    } else {
        let at = Mark { line: 1, column: 1 };
        into.push(Block { kind: kind.into(), at, labels: named.clone(), body: inner(kind, json) });
    }
}

/// The body of a top-level block. In resources and data, objects and lists of objects are nested blocks.
fn inner(kind: &str, json: &serde_json::Value) -> Body {
    let nests = matches!(kind, "resource" | "data" | "ephemeral" | "terraform");
    let mut body = Body::default();
    for (name, value) in members(json) {
        if nests && name == "dynamic" {
            for (label, dynamic) in members(value) {
                blocks_of(dynamic, &mut |json| Block {
                    kind: "dynamic".into(),
                    at: Mark::default(),
                    labels: vec![label.into()],
                    body: inner("resource", json),
                })
                .into_iter()
                .for_each(|block| body.blocks.push(block));
            }
        } else if nests && !MAPS.contains(&name) && is_block(value) {
            let nested = blocks_of(value, &mut |json| Block {
                kind: name.into(),
                at: Mark::default(),
                labels: Vec::new(),
                body: inner("resource", json),
            });
            body.blocks.extend(nested);
        } else {
            // Types and sources are words, not expressions.
            let literal = kind == "variable" || (kind == "module" && name == "source");
            let value = if literal { Node::literal(Mark::default(), self::value(value)) } else { node(value) };
            body.attributes.push(Attribute { name: name.into(), at: Mark::default(), value });
        }
    }
    body
}

fn blocks_of(json: &serde_json::Value, make: &mut impl FnMut(&serde_json::Value) -> Block) -> Vec<Block> {
    match json {
        serde_json::Value::Array(items) => items.iter().map(make).collect(),
        other => vec![make(other)],
    }
}

fn is_block(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(_) => true,
        serde_json::Value::Array(items) => !items.is_empty() && items.iter().all(serde_json::Value::is_object),
        _ => false,
    }
}

fn node(json: &serde_json::Value) -> Node {
    let expression = match json {
        serde_json::Value::String(text) => match parse::template(text) {
            Ok(node) => return node,
            Err(error) => Expression::Literal(Value::unknown(format!("the template is not valid: {}", error.cause))),
        },
        serde_json::Value::Array(items) => Expression::List(items.iter().map(node).collect()),
        serde_json::Value::Object(_) => Expression::Object(
            members(json)
                .map(|(name, value)| (Key { at: Mark::default(), name: KeyName::Plain(name.into()) }, node(value)))
                .collect(),
        ),
        scalar => Expression::Literal(value(scalar)),
    };
    Node { at: Mark::default(), expression }
}
