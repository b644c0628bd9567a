//! Kubernetes objects in, resources out: identity, lists, nulls, secrets, the pod. Start at [`read`].
use super::{Partial, kinds, tree::Parsed, workload};
use crate::model::{
    Document, Item, Map, Mark, Origin, Platform, Problem, RELEASE_NAMESPACE, Resource, ResourceId, Scope, Text,
    UNKNOWN_NAMESPACE, Value,
};

use std::collections::BTreeMap;

/// What stands in place of data that is never kept.
const MASKED: &str = "(masked)";

/// Where objects go that do not say it themselves.
pub(super) struct Place<'a> {
    pub(super) root: Text,
    /// The namespace of what says none; `None` = unknown.
    pub(super) namespace: Option<Text>,
    /// Kinds that definitions in the scan put into namespaces, or not.
    pub(super) defined: &'a BTreeMap<Text, bool>,
}

/// Reads one object, or every item of a list kind.
pub(super) fn read(document: &Document, parsed: Parsed, place: &Place<'_>) -> Partial {
    let mut partial = Partial::default();
    object(document, parsed.value, parsed.at, place, &mut partial);
    partial
}

fn object(document: &Document, value: Value, at: Mark, place: &Place<'_>, into: &mut Partial) {
    let origin = Origin::File { path: document.origin.path().clone(), mark: at };
    let text = |key: &str| value.get(key).and_then(Value::as_text).unwrap_or_default().to_owned();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if kind == "List" || (kind.ends_with("List") && value.get("items").is_some()) {
        list(document, value, (&version, &kind), &origin, place, into);
        return;
    }
    let kind = kinds::shown(&version, &kind);
    let Value::Map(mut body) = value else { return };
    drop_nulls(&mut body);
    if document.render.is_some() {
        settle_namespace(&mut body, place.namespace.as_deref());
    }
    mask(&kind, &mut body);
    let metadata = body.get("metadata");
    let name = metadata.and_then(|metadata| metadata.get("name")).and_then(Value::as_text);
    let name = match name {
        Some(name) => name.into(),
        // A chart that makes the namespace it is installed into.
        None if kind.as_ref() == "Namespace" && metadata.is_some_and(|it| it.find(&["name"]).is_some()) => {
            UNKNOWN_NAMESPACE.into()
        }
        // Two configuration files of one kind are two things, and nothing in them tells them apart.
        None if kinds::is_configuration(&kind) => document.origin.path().clone(),
        None => Text::from(""),
    };
    let namespace = metadata.and_then(|metadata| metadata.get("namespace"));
    let namespace = namespace_of(&kind, namespace, place);
    let id = ResourceId { platform: Platform::Kubernetes, root: place.root.clone(), kind, namespace, name };
    let body = Value::Map(body);
    let pod = workload::pod(&id.kind, &body);
    into.resources.push(Resource { id, origin, body, pod, provider: None, flows: None, scope: Scope::Unknown });
}

/// `List`, and lists of one kind, whose items may leave kind and version out.
fn list(
    document: &Document,
    value: Value,
    (version, kind): (&str, &str),
    origin: &Origin,
    place: &Place<'_>,
    into: &mut Partial,
) {
    let Value::Map(mut body) = value else { return };
    let items = match body.remove("items").map(|entry| entry.value) {
        Some(Value::List(items)) => items,
        Some(Value::Null) | None => return,
        Some(_) => {
            into.problems.push(unread(origin.clone(), format!("the items of this {kind} cannot be read"), place));
            return;
        }
    };
    let of = kind.strip_suffix("List").filter(|of| !of.is_empty());
    for Item { at, value } in items {
        let Value::Map(mut item) = value else {
            let origin = Origin::File { path: document.origin.path().clone(), mark: at };
            into.problems.push(unread(origin, format!("an item of this {kind} is not an object"), place));
            continue;
        };
        if let Some(of) = of {
            if item.get("kind").is_none() {
                item.put("kind", of);
            }
            if item.get("apiVersion").is_none() {
                item.put("apiVersion", version);
            }
        }
        let named = |key: &str| item.get(key).is_some_and(|value| value.as_text().is_some_and(|text| !text.is_empty()));
        if !named("kind") || !named("apiVersion") {
            let origin = Origin::File { path: document.origin.path().clone(), mark: at };
            into.problems.push(unread(
                origin,
                format!("an item of this {kind} has no `kind` or no `apiVersion`"),
                place,
            ));
            continue;
        }
        // Lists of lists are refused by the API server, and nobody writes them.
        object(document, Value::Map(item), at, place, into);
    }
}

fn unread(origin: Origin, cause: String, place: &Place<'_>) -> Problem {
    Problem::hiding(origin, cause, Platform::Kubernetes, Some(place.root.clone()))
}

fn namespace_of(kind: &str, stated: Option<&Value>, place: &Place<'_>) -> Text {
    match (kinds::is_namespaced(kind).or_else(|| place.defined.get(kind).copied()), stated) {
        (Some(false), _) => "".into(),
        (_, Some(Value::Text(namespace))) if !namespace.is_empty() => namespace.clone(),
        (Some(true), None | Some(Value::Text(_))) => {
            place.namespace.clone().unwrap_or_else(|| UNKNOWN_NAMESPACE.into())
        }
        (Some(true), Some(_)) => UNKNOWN_NAMESPACE.into(),
        // A kind that we do not know and that says no namespace.
        (None, _) => "".into(),
    }
}

/// Puts what is known in place of the namespace that charts were rendered for ([`RELEASE_NAMESPACE`]).
fn settle_namespace(body: &mut Map, known: Option<&str>) {
    if let Some(Value::Map(metadata)) = body.get_mut("metadata")
        && metadata.get("namespace").and_then(Value::as_text) == Some(RELEASE_NAMESPACE)
    {
        metadata.remove("namespace");
    }
    for (_, value) in body.iter_mut() {
        settle_value(value, known);
    }
}

fn settle_value(value: &mut Value, known: Option<&str>) {
    match value {
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| settle_value(value, known)),
        Value::List(items) => items.iter_mut().for_each(|item| settle_value(&mut item.value, known)),
        Value::Text(text) if text.contains(RELEASE_NAMESPACE) => {
            *value = match known {
                Some(known) => text.replace(RELEASE_NAMESPACE, known).into(),
                None if text.as_ref() == RELEASE_NAMESPACE => {
                    Value::unknown("the namespace that the chart is installed into is not stated")
                }
                // Part of an address or an argument: what matters in it is seldom the namespace.
                None => text.replace(RELEASE_NAMESPACE, "{namespace}").into(),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
    }
}

/// A field that is null is a field that is not set.
fn drop_nulls(map: &mut Map) {
    map.retain(|entry| entry.value != Value::Null);
    for (_, value) in map.iter_mut() {
        drop_nulls_below(value);
    }
}

fn drop_nulls_below(value: &mut Value) {
    match value {
        Value::Map(map) => drop_nulls(map),
        Value::List(items) => items.iter_mut().for_each(|item| drop_nulls_below(&mut item.value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
    }
}

/// Data of Secrets and keys of encryption configurations are never kept (contracts, section 9).
fn mask(kind: &str, body: &mut Map) {
    match kind {
        "Secret" => {
            for field in ["data", "stringData"] {
                if let Some(value) = body.get_mut(field) {
                    mask_all(value);
                }
            }
            let metadata = body.get_mut("metadata");
            if let Some(Value::Map(metadata)) = metadata
                && let Some(Value::Map(annotations)) = metadata.get_mut("annotations")
            {
                // `kubectl apply` writes the whole object here, data included.
                if let Some(applied) = annotations.get_mut("kubectl.kubernetes.io/last-applied-configuration") {
                    mask_all(applied);
                }
            }
        }
        "apiserver.config.k8s.io/EncryptionConfiguration" => mask_keys(body),
        _ => {}
    }
}

fn mask_all(value: &mut Value) {
    match value {
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| mask_all(value)),
        Value::List(items) => items.iter_mut().for_each(|item| mask_all(&mut item.value)),
        // That a value is empty says that nothing is kept there.
        Value::Text(text) if text.is_empty() => {}
        Value::Null | Value::Unknown(_) => {}
        Value::Text(_) | Value::Bool(_) | Value::Number(_) => *value = MASKED.into(),
    }
}

/// `resources[].providers[].<aescbc|aesgcm|secretbox>.keys[].secret`
fn mask_keys(map: &mut Map) {
    for (key, value) in map.iter_mut() {
        match value {
            Value::Map(map) => mask_keys(map),
            Value::List(items) => {
                for item in items {
                    if let Value::Map(map) = &mut item.value {
                        mask_keys(map);
                    }
                }
            }
            _ if key.as_ref() == "secret" => mask_all(value),
            _ => {}
        }
    }
}
