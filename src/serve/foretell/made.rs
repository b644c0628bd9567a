//! Objects as they would be sent when they are created: what is there without what came to it since, and the Pods that a
//! workload makes of its template.
use super::{Key, Object, RulingError, controller, document, key};
use crate::model::{Document, Origin, POD_TEMPLATES, Platform, ResourceId, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

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
    body.remove("status");
    // Read, it has the node no more that a scheduler chose.
    if object.resource.body.find(&["spec", "nodeName"]).is_none()
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
pub(super) fn pod(
    workload: &Object,
    others: &BTreeMap<Key, &Object>,
) -> Result<Option<(ResourceId, Document)>, RulingError> {
    let id = &workload.resource.id;
    let Some((_, way)) = POD_TEMPLATES.iter().find(|(kind, way)| *kind == id.kind.as_ref() && !way.is_empty()) else {
        return Ok(None);
    };
    let whole = body(workload)?;
    let claims = claims(workload, &whole, others);
    let mut template = Json::Object(whole);
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
    let mut spec = template.get_mut("spec").map(Json::take).unwrap_or_default();
    if let Json::Object(spec) = &mut spec
        && !claims.is_empty()
        && let Json::Array(volumes) = spec.entry("volumes").or_insert_with(|| json!([]))
    {
        volumes.extend(claims);
    }
    pod.insert("spec".into(), spec);
    let made = ResourceId {
        platform: Platform::Kubernetes,
        root: id.root.clone(),
        kind: "Pod".into(),
        namespace: id.namespace.clone(),
        name: name.into(),
    };
    Ok(Some((made, written(PODS, &pod)?)))
}

/// The volumes that a StatefulSet adds for its claims, as far as these are there: its controller makes them first.
fn claims(workload: &Object, body: &Map<String, Json>, others: &BTreeMap<Key, &Object>) -> Vec<Json> {
    let id = &workload.resource.id;
    if id.kind.as_ref() != "apps/StatefulSet" {
        return Vec::new();
    }
    let templates = body.get("spec").and_then(|spec| spec.get("volumeClaimTemplates")).and_then(Json::as_array);
    let names = templates.into_iter().flatten().filter_map(|one| one.pointer("/metadata/name")?.as_str());
    let claim = |name: &str| (name.to_owned(), format!("{name}-{}-0", id.name));
    let is_there = |(_, claim): &(String, String)| {
        others.contains_key(&("PersistentVolumeClaim".into(), id.namespace.clone(), claim.as_str().into()))
    };
    let volume = |(name, claim)| json!({"name": name, "persistentVolumeClaim": {"claimName": claim}});
    names.map(claim).filter(is_there).map(volume).collect()
}

/// The hash that the Deployment controller gave the template as it is: policies may select by it.
fn hash(deployment: &Object, others: &BTreeMap<Key, &Object>) -> Option<String> {
    const REVISION: &[&str] = &["metadata", "annotations", "deployment.kubernetes.io/revision"];
    let revision = deployment.resource.body.find(REVISION)?;
    let own = key(&deployment.resource.id);
    let is_its = |one: &&&Object| {
        one.resource.id.kind.as_ref() == "apps/ReplicaSet"
            && controller(&one.resource).as_ref() == Some(&own)
            && one.resource.body.find(REVISION) == Some(revision)
    };
    let set = others.values().find(is_its)?;
    let hash = set.resource.body.find(&["metadata", "labels", "pod-template-hash"]);
    hash.and_then(Value::as_text).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::foretell::Stock;

    fn objects(list: &str, kind: &str, items: Json) -> Vec<Object> {
        let (version, name) = kind.split_once(' ').unwrap();
        let page = json!({"kind": format!("{name}List"), "apiVersion": version, "items": items});
        let origin = Origin::Object { path: list.into() };
        let mut stock = Stock::default();
        let page = Document { origin, bytes: serde_json::to_vec(&page).unwrap().into(), render: None };
        stock.page(0, &page).unwrap();
        stock.0.remove(&0).unwrap()
    }

    fn made(workload: &Object, others: &[Object]) -> Option<Json> {
        let others = others.iter().map(|one| (key(&one.resource.id), one)).collect();
        let (id, document) = pod(workload, &others).unwrap()?;
        let pod: Json = serde_json::from_slice(&document.bytes).unwrap();
        assert_eq!(pod["metadata"]["name"], *id.name);
        Some(pod)
    }

    fn template() -> Json {
        json!({"metadata": {"labels": {"app": "w"}, "annotations": {"a": "b"}}, "spec": {"containers": [{"name": "c"}]}})
    }

    #[test]
    fn a_pod_has_what_its_controller_adds() {
        let meta = json!({"name": "w", "namespace": "a", "annotations": {"deployment.kubernetes.io/revision": "2"}});
        let deployment = json!([{"metadata": meta, "spec": {"template": template()}}]);
        let deployment = objects("/apis/apps/v1/deployments", "apps/v1 Deployment", deployment);
        let owner = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "w", "controller": true}]);
        let set = |revision: &str, hash: &str| {
            json!({"metadata": {"name": format!("w-{hash}"), "namespace": "a", "ownerReferences": owner,
                "labels": {"pod-template-hash": hash}, "annotations": {"deployment.kubernetes.io/revision": revision}}})
        };
        let sets = json!([set("1", "old"), set("2", "new")]);
        let sets = objects("/apis/apps/v1/replicasets", "apps/v1 ReplicaSet", sets);
        let pod = made(&deployment[0], &sets).unwrap();
        assert_eq!(pod["metadata"]["labels"], json!({"app": "w", "pod-template-hash": "new"}));
        assert_eq!((&pod["metadata"]["annotations"]["a"], &pod["kind"]), (&json!("b"), &json!("Pod")));
        assert!(pod["metadata"]["name"].as_str().unwrap().starts_with("w-new-"));
        // Without a ReplicaSet the hash is made up.
        assert!(made(&deployment[0], &[]).unwrap()["metadata"]["name"].as_str().unwrap().starts_with("w-xxxxx-"));
    }

    #[test]
    fn claims_that_are_there_are_volumes_of_a_stateful_sets_pod() {
        let claims = json!([{"metadata": {"name": "data"}}, {"metadata": {"name": "logs"}}]);
        let set = json!([{"metadata": {"name": "w", "namespace": "a"}, "spec": {"template": template(), "volumeClaimTemplates": claims}}]);
        let set = objects("/apis/apps/v1/statefulsets", "apps/v1 StatefulSet", set);
        let there = json!([{"metadata": {"name": "data-w-0", "namespace": "a"}}]);
        let there = objects("/api/v1/persistentvolumeclaims", "v1 PersistentVolumeClaim", there);
        let pod = made(&set[0], &there).unwrap();
        assert_eq!(
            pod["spec"]["volumes"],
            json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data-w-0"}}])
        );
        assert_eq!(pod["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"], "w-0");
    }

    #[test]
    fn a_pod_is_created_without_what_came_to_it_later() {
        let scheduled = json!({"conditions": [{"type": "PodScheduled", "status": "True"}]});
        let pods = json!([
            {"metadata": {"name": "p", "namespace": "a"}, "spec": {"nodeName": "n"}, "status": scheduled},
            {"metadata": {"name": "q", "namespace": "a"}, "spec": {"nodeName": "n"}, "status": {"phase": "Pending"}}
        ]);
        let pods = objects(PODS, "v1 Pod", pods);
        let created = |one: &Object| -> Json { serde_json::from_slice(&created(one, PODS).unwrap().bytes).unwrap() };
        let (chosen, stated) = (created(&pods[0]), created(&pods[1]));
        assert!(chosen["spec"]["nodeName"].is_null() && chosen["status"].is_null());
        assert_eq!(stated["spec"]["nodeName"], "n");
        assert!(made(&pods[0], &[]).is_none());
    }
}
