//! Terraform resources for tests, as JSON.
use crate::model::{Environment, Item, Mark, Number, Origin, Platform, Resource, ResourceId, Scope, Unknown, Value};
use serde_json::{Value as Json, json};

/// An environment of one root; `{"$unknown": …}` stands for an unknown.
pub(in crate::reach) fn environment(resources: &[(&str, Json)]) -> Environment {
    let mut environment = Environment::default();
    for (address, values) in resources {
        let resource = resource(address, values);
        environment.resources.entry(resource.id.clone()).or_default().push(resource);
    }
    environment
}

/// A value that is taken from a resource.
pub(in crate::reach) fn of(address: &str) -> Json {
    json!({"$unknown": "known after apply", "$refers": [address]})
}

/// A value that is taken from nothing in sight.
pub(in crate::reach) fn unset() -> Json {
    json!({"$unknown": "var.x has no value"})
}

fn resource(address: &str, values: &Json) -> Resource {
    let kind = address.split('.').next().unwrap();
    let body = [("type", Value::from(kind)), ("address", address.into()), ("values", value(values))];
    Resource {
        id: ResourceId {
            platform: Platform::Azurerm,
            root: ".".into(),
            kind: kind.into(),
            namespace: "".into(),
            name: address.into(),
        },
        origin: Origin::file("main.tf"),
        body: Value::Map(body.into_iter().collect()),
        pod: None,
        provider: None,
        flows: None,
        scope: Scope::Project,
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => (*bool).into(),
        Json::Number(number) => Value::Number(Number::Int(number.as_i64().unwrap())),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => {
            Value::List(items.iter().map(|item| Item { at: Mark::default(), value: value(item) }).collect())
        }
        Json::Object(map) => match map.get("$unknown") {
            Some(why) => Value::Unknown(Box::new(Unknown {
                why: why.as_str().unwrap().to_owned(),
                refers: map.get("$refers").map(texts).unwrap_or_default(),
                any: map.contains_key("$any"),
            })),
            None => Value::Map(map.iter().map(|(key, json)| (key.as_str(), value(json))).collect()),
        },
    }
}

fn texts(json: &Json) -> Vec<String> {
    json.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}
