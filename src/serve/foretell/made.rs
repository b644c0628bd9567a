//! Objects as they would be sent when they are created: what is there without what came to it since, and the Pods that a
//! workload makes of its template.
use super::{Object, RulingError, controller, document, key};
use crate::model::{Document, Origin, POD_TEMPLATES, Platform, ResourceId, Value};
use serde_json::{Map, Value as Json, json};

/// The list of all Pods.
pub(super) const PODS: &str = "/api/v1/pods";

/// Stands for what is made up when a Pod is: a hash, an ordinal.
const MADE_UP: &str = "xxxxx";

/// The object without its status, and a Pod without the node that a scheduler chose for it.
///
/// # Errors
/// An object that is none.
pub(super) fn created(object: &Object, list: &str) -> Result<Document, RulingError> {
    let mut body = body(object)?;
    let status = body.remove("status").unwrap_or_default();
    let is_scheduled = status
        .pointer("/conditions")
        .and_then(Json::as_array)
        .is_some_and(|all| all.iter().any(|one| one.get("type").and_then(Json::as_str) == Some("PodScheduled")));
    if object.resource.id.kind.as_ref() == "Pod"
        && is_scheduled
        && let Some(Json::Object(spec)) = body.get_mut("spec")
    {
        spec.remove("nodeName");
    }
    written(list, &body)
}

fn body(object: &Object) -> Result<Map<String, Json>, RulingError> {
    serde_json::from_slice(&object.document.bytes).map_err(|error| RulingError::Unreadable(error.to_string()))
}

fn written(list: &str, body: &Map<String, Json>) -> Result<Document, RulingError> {
    let origin = Origin::Object { path: list.into() };
    document(origin, body).map_err(|error| RulingError::Unreadable(error.to_string()))
}

/// The next Pod of a workload, as its controller would send it; `None` for what makes none. What other webhooks would
/// still fill in nobody can tell.
///
/// # Errors
/// A workload that is no object.
pub(super) fn pod<'a>(
    workload: &Object,
    others: impl Iterator<Item = &'a Object>,
) -> Result<Option<(ResourceId, Document)>, RulingError> {
    let id = &workload.resource.id;
    let Some((_, way)) = POD_TEMPLATES.iter().find(|(kind, way)| *kind == id.kind.as_ref() && !way.is_empty()) else {
        return Ok(None);
    };
    let mut template = Json::Object(body(workload)?);
    for step in *way {
        template = template.get_mut(*step).map(Json::take).unwrap_or_default();
    }
    let mut metadata = match template.get_mut("metadata").map(Json::take) {
        Some(Json::Object(metadata)) => metadata,
        _ => Map::new(),
    };
    let hash = hash(workload, others).unwrap_or_else(|| MADE_UP.to_owned());
    let (name, added) = match id.kind.as_ref() {
        "apps/Deployment" => (format!("{}-{hash}-{MADE_UP}", id.name), vec![("pod-template-hash", hash)]),
        "apps/StatefulSet" => {
            let name = format!("{}-0", id.name);
            (
                name.clone(),
                vec![("statefulset.kubernetes.io/pod-name", name), ("apps.kubernetes.io/pod-index", "0".into())],
            )
        }
        "batch/CronJob" => {
            let job = format!("{}-{MADE_UP}", id.name);
            (format!("{job}-{MADE_UP}"), vec![("job-name", job.clone()), ("batch.kubernetes.io/job-name", job)])
        }
        _ => (format!("{}-{MADE_UP}", id.name), Vec::new()),
    };
    if let Json::Object(labels) = metadata.entry("labels").or_insert_with(|| json!({})) {
        labels.extend(added.into_iter().map(|(key, value)| (key.to_owned(), value.into())));
    }
    let version = id.kind.rsplit_once('/').map_or("v1".to_owned(), |(group, _)| format!("{group}/v1"));
    let kind = id.kind.rsplit('/').next().unwrap_or_default();
    metadata.insert("name".into(), name.as_str().into());
    metadata.insert("namespace".into(), id.namespace.as_ref().into());
    metadata.insert(
        "ownerReferences".into(),
        json!([{"apiVersion": version, "kind": kind, "name": id.name.as_ref(), "controller": true}]),
    );
    let mut pod = Map::new();
    pod.insert("apiVersion".into(), "v1".into());
    pod.insert("kind".into(), "Pod".into());
    pod.insert("metadata".into(), Json::Object(metadata));
    pod.insert("spec".into(), template.get_mut("spec").map(Json::take).unwrap_or_default());
    let made = ResourceId {
        platform: Platform::Kubernetes,
        root: id.root.clone(),
        kind: "Pod".into(),
        namespace: id.namespace.clone(),
        name: name.into(),
    };
    Ok(Some((made, written(PODS, &pod)?)))
}

/// The hash that the Deployment controller gave the template as it is: policies may select by it.
fn hash<'a>(deployment: &Object, mut others: impl Iterator<Item = &'a Object>) -> Option<String> {
    const REVISION: &[&str] = &["metadata", "annotations", "deployment.kubernetes.io/revision"];
    let revision = deployment.resource.body.find(REVISION)?;
    let own = key(&deployment.resource.id);
    let is_its = |one: &&Object| {
        one.resource.id.kind.as_ref() == "apps/ReplicaSet"
            && controller(&one.resource).as_ref() == Some(&own)
            && one.resource.body.find(REVISION) == Some(revision)
    };
    let set = others.find(is_its)?;
    let hash = set.resource.body.find(&["metadata", "labels", "pod-template-hash"]);
    hash.and_then(Value::as_text).map(str::to_owned)
}
