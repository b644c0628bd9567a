//! The digest of an environment: equal for equal content, wherever it stands.
use crate::model::{Digest, Environment, Resource, content, map_content, text_content};
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
    map_content(&environment.description.spec, &mut |bytes| hash.update(bytes));
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
    let to = &mut |bytes: &[u8]| hash.update(bytes);
    to(b"[");
    let parts = [id.platform.name(), &id.root, &id.kind, &id.namespace, &id.name, resource.scope.name()];
    for part in parts {
        text_content(part, to);
        to(b",");
    }
    content(&resource.body, to);
    if let Some(flows) = &resource.flows {
        to(b",");
        content(flows, to);
    }
    if let Some(provider) = &resource.provider {
        to(b",");
        text_content(&provider.name, to);
        to(format!("{:?}", provider.majors).as_bytes());
    }
    to(b"]\n");
}
