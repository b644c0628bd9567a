//! The digest of an environment: equal for equal content, wherever it stands.
use crate::model::{Digest, Environment, Number, Resource, Value};
use sha2::{Digest as _, Sha256};

/// SHA-256 over every resource (id, scope, body, flows, provider) and the description's `spec`, in order.
///
/// The bytes are JSON with keys in order and no white space; an unknown is `{"$unknown": …}`. Files, lines and
/// problems are not part of it.
#[must_use]
pub fn digest(environment: &Environment) -> Digest {
    let mut hash = Sha256::new();
    for resource in environment.all() {
        of_resource(resource, &mut hash);
    }
    map(&environment.description.spec, &mut hash);
    Digest(hash.finalize().into())
}

/// SHA-256 over one resource, in the same form.
#[must_use]
pub fn resource(resource: &Resource) -> Digest {
    let mut hash = Sha256::new();
    of_resource(resource, &mut hash);
    Digest(hash.finalize().into())
}

fn of_resource(resource: &Resource, hash: &mut Sha256) {
    let id = &resource.id;
    hash.update(b"[");
    let parts = [id.platform.name(), &id.root, &id.kind, &id.namespace, &id.name, resource.scope.name()];
    for part in parts {
        text(part, hash);
        hash.update(b",");
    }
    value(&resource.body, hash);
    if let Some(flows) = &resource.flows {
        hash.update(b",");
        value(flows, hash);
    }
    if let Some(provider) = &resource.provider {
        hash.update(b",");
        text(&provider.name, hash);
        hash.update(format!("{:?}", provider.majors));
    }
    hash.update(b"]\n");
}

fn value(of: &Value, hash: &mut Sha256) {
    match of {
        Value::Null => hash.update(b"null"),
        Value::Bool(bool) => hash.update(bool.to_string()),
        Value::Number(Number::Int(int)) => hash.update(int.to_string()),
        Value::Number(Number::Float(float)) => hash.update(float.to_string()),
        Value::Text(of) => text(of, hash),
        Value::List(items) => {
            hash.update(b"[");
            for item in items {
                value(&item.value, hash);
                hash.update(b",");
            }
            hash.update(b"]");
        }
        Value::Map(of) => map(of, hash),
        Value::Unknown(unknown) => {
            hash.update(b"{\"$unknown\":");
            text(&unknown.why, hash);
            hash.update(format!(",\"$refers\":{:?},\"$any\":{}}}", unknown.refers, unknown.any));
        }
    }
}

fn map(of: &crate::model::Map, hash: &mut Sha256) {
    hash.update(b"{");
    for entry in of {
        text(&entry.key, hash);
        hash.update(b":");
        value(&entry.value, hash);
        hash.update(b",");
    }
    hash.update(b"}");
}

/// Quotes and backslashes are escaped, so that no text can pass for a structure.
fn text(of: &str, hash: &mut Sha256) {
    hash.update(b"\"");
    if of.contains(['"', '\\']) {
        hash.update(of.replace('\\', "\\\\").replace('"', "\\\""));
    } else {
        hash.update(of);
    }
    hash.update(b"\"");
}
