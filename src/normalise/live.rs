//! Objects of a live cluster: a page of a list in, resources out, without what changes at every moment.
use super::{
    Live, Partial, kinds,
    kubernetes::{self, Place},
    tree::{DEPTH_MAX, Parsed},
};
use crate::model::{
    ClusterSource, Description, Document, Entry, Item, Map, Mark, Number, Origin, Platform, Problem, Resource, Text,
    Value,
};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt,
};

/// Who changed which field: half of an object, and nothing to judge.
const MANAGED_FIELDS: &str = "managedFields";

/// Metadata that changes without any change of what is judged, so that equal objects have equal digests.
const PASSING: [&str; 5] = ["creationTimestamp", "generation", "resourceVersion", "selfLink", "uid"];

/// The whole object once more, as `kubectl apply` was given it.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What is kept of the status of kinds that report their state every few seconds.
const STATUS: &[(&str, &[&str])] = &[("Node", &["nodeInfo"]), ("Pod", &["phase"])];

/// Reads the items of a list as the API server gives it; `document` is named by the list's place in the API
/// (`/apis/apps/v1/deployments`), and each resource by its own.
///
/// # Errors
/// A body that is no JSON, no list, or has items that are no objects.
pub fn page(document: &Document) -> Result<Vec<Resource>, Problem> {
    let fault = |cause: String| Problem::hiding(document.origin.clone(), cause, Platform::Kubernetes, Some(".".into()));
    let value = value(&document.bytes).map_err(|error| fault(format!("not what a list looks like: {error}")))?;
    if value.get("items").is_none() {
        return Err(fault("not what a list looks like: it has no `items`".to_owned()));
    }
    let place = Place { root: ".".into(), namespace: None, defined: &BTreeMap::new() };
    let parsed = Parsed { at: Mark::default(), value };
    let mut read = kubernetes::read(document, parsed, &place);
    if let Some(problem) = read.problems.pop() {
        return Err(problem);
    }
    for resource in &mut read.resources {
        resource.origin = Origin::Object { path: object_path(document.origin.path(), resource).into() };
        prune(resource);
    }
    Ok(read.resources)
}

/// Takes the statements of persons (`speguard crds`) out of a list as the API server gives it: each is a document as its
/// file would be, named by its place in the API, without what the API server adds.
///
/// # Errors
/// As [`page`].
pub fn statements(page: &Document) -> Result<Vec<Document>, Problem> {
    let fault = |cause: String| Problem::hiding(page.origin.clone(), cause, Platform::Kubernetes, Some(".".into()));
    let list: StatementList =
        serde_json::from_slice(&page.bytes).map_err(|error| fault(format!("not what a list looks like: {error}")))?;
    let document = |one: Statement| {
        let origin = Origin::Object { path: format!("{}/{}", page.origin.path(), one.metadata.name).into() };
        Ok(Document {
            origin,
            bytes: serde_json::to_vec(&one).map_err(|error| fault(error.to_string()))?.into(),
            render: None,
        })
    };
    list.items.into_iter().map(document).collect()
}

#[derive(serde::Deserialize)]
struct StatementList {
    items: Vec<Statement>,
}

/// What of an object its author wrote and a reader looks at.
#[derive(serde::Deserialize, serde::Serialize)]
struct Statement {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    metadata: StatementName,
    spec: Box<serde_json::value::RawValue>,
}

#[derive(serde::Deserialize, serde::Serialize)]
struct StatementName {
    name: String,
}

/// Reads one object as the API server gives it, in a watch or a review; `document` is named by the list of its kind.
///
/// # Errors
/// A body that is no JSON, or no object with kind and version.
pub fn object(document: &Document) -> Result<Resource, Problem> {
    let fault = |cause: String| Problem::hiding(document.origin.clone(), cause, Platform::Kubernetes, Some(".".into()));
    let value = value(&document.bytes).map_err(|error| fault(format!("not an object: {error}")))?;
    let stated = |key: &str| value.get(key).and_then(Value::as_text).is_some_and(|text| !text.is_empty());
    if !stated("kind") || !stated("apiVersion") {
        return Err(fault("not an object: it has no `kind` or no `apiVersion`".to_owned()));
    }
    let place = Place { root: ".".into(), namespace: None, defined: &BTreeMap::new() };
    let read = kubernetes::read(document, Parsed { at: Mark::default(), value }, &place);
    let mut resource = read.resources.into_iter().next().ok_or_else(|| fault("not an object".to_owned()))?;
    resource.origin = Origin::Object { path: object_path(document.origin.path(), &resource).into() };
    prune(&mut resource);
    Ok(resource)
}

/// `/apis/apps/v1/deployments` and a name → `/apis/apps/v1/namespaces/a/deployments/w`.
fn object_path(list: &str, resource: &Resource) -> String {
    let (before, plural) = list.rsplit_once('/').unwrap_or(("", list));
    let id = &resource.id;
    let object = |of: &Text| if of.is_empty() { String::new() } else { format!("namespaces/{of}/") };
    format!("{before}/{}{plural}/{}", object(&id.namespace), id.name)
}

/// Makes a description one of a live cluster: complete is what was listed, and of its clusters only this one stands,
/// as the home of everything. Several without a name to choose by: none stands, and the problem says so.
pub(super) fn settle(description: &mut Description, live: &Live) -> Option<Problem> {
    description.complete.clear();
    description.complete.extend(live.complete.then(|| Text::from(Platform::Kubernetes.name())));
    let origin = description.origin.clone().unwrap_or_else(|| Origin::file("spe.yaml"));
    let names: Vec<String> = description.clusters.iter().map(|cluster| format!("`{}`", cluster.name)).collect();
    match &live.name {
        Some(name) => description.clusters.retain(|cluster| cluster.name == *name),
        None if names.len() > 1 => description.clusters.clear(),
        None => {}
    }
    for cluster in &mut description.clusters {
        cluster.sources = vec![ClusterSource { path: ".".into(), namespace: None }];
    }
    let is_lost = description.clusters.is_empty() && !names.is_empty();
    is_lost.then(|| {
        let cause = format!(
            "describes the clusters {}, and it is not said which of them is read: say it with `--cluster-name`",
            names.join(", ")
        );
        Problem::remark(origin, cause)
    })
}

/// Puts the objects of a live cluster in the place of those in files; gives back what stays unseen.
pub(super) fn lay_over(all: &mut Partial, live: Live) -> BTreeMap<Text, Text> {
    all.resources.retain(|one| one.id.platform != Platform::Kubernetes || kinds::is_configuration(&one.id.kind));
    let is_of_file = |problem: &Problem| matches!(problem.origin, Origin::File { .. });
    let of_cluster =
        |problem: &Problem| problem.hides.as_ref().is_some_and(|hidden| hidden.platform == Some(Platform::Kubernetes));
    // A manifest that cannot be read hides nothing of what the cluster holds.
    all.problems.retain(|problem| !(is_of_file(problem) && of_cluster(problem)));
    let read: BTreeSet<Text> = all.resources.iter().map(|one| one.id.kind.clone()).collect();
    all.resources.extend(live.resources);
    live.unseen.into_iter().filter(|(kind, _)| !read.contains(kind)).collect()
}

fn prune(resource: &mut Resource) {
    let kind = resource.id.kind.clone();
    let Value::Map(body) = &mut resource.body else { return };
    if let Some(Value::Map(metadata)) = body.get_mut("metadata") {
        metadata.retain(|entry| !PASSING.contains(&entry.key.as_ref()));
        if let Some(Value::Map(annotations)) = metadata.get_mut("annotations") {
            annotations.remove(APPLIED);
        }
    }
    if kind.as_ref() == "Pod" && is_scheduled(body) {
        forget_node(body.get_mut("spec"));
        forget_node(resource.pod.as_mut().map(|pod| &mut pod.spec));
    }
    if let Some((_, kept)) = STATUS.iter().find(|(of, _)| *of == kind.as_ref())
        && let Some(Value::Map(status)) = body.get_mut("status")
    {
        status.retain(|entry| kept.contains(&entry.key.as_ref()));
    }
}

/// Whether a scheduler has chosen the node: it is then no setting of the Pod's author.
fn is_scheduled(pod: &Map) -> bool {
    let conditions = pod.get("status").and_then(|status| status.get("conditions")).and_then(Value::as_list);
    let scheduled = |item: &Item| item.value.get("type").and_then(Value::as_text) == Some("PodScheduled");
    conditions.is_some_and(|all| all.iter().any(scheduled))
}

fn forget_node(spec: Option<&mut Value>) {
    if let Some(Value::Map(spec)) = spec {
        spec.remove("nodeName");
    }
}

/// One JSON value, each key kept once.
fn value(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let keys = RefCell::new(HashSet::new());
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Node { keys: &keys, depth: 0 }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// A value inside `depth` others.
#[derive(Clone, Copy)]
struct Node<'k> {
    keys: &'k RefCell<HashSet<Text>>,
    depth: usize,
}

impl Node<'_> {
    fn below(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn key(self, key: &str) -> Text {
        let mut keys = self.keys.borrow_mut();
        if let Some(known) = keys.get(key) {
            return known.clone();
        }
        let text = Text::from(key);
        keys.insert(text.clone());
        text
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > DEPTH_MAX {
            return Err(D::Error::custom(format!("more than {DEPTH_MAX} values inside each other")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(Number::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        // Beyond i64 as the readers of files have it: a float.
        #[expect(clippy::cast_precision_loss, reason = "a number of this size is no setting that anyone compares")]
        Ok(Value::Number(i64::try_from(value).map_or(Number::Float(value as f64), Number::Int)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(Number::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::with_capacity(items.size_hint().unwrap_or(0));
        while let Some(value) = items.next_element_seed(self.below())? {
            list.push(Item { at: Mark::default(), value });
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = members.next_key_seed(Key(self))? {
            if key.as_ref() == MANAGED_FIELDS {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            entries.push(Entry { key, at: Mark::default(), value: members.next_value_seed(self.below())? });
        }
        Ok(Value::Map(Map::from_entries(entries).0))
    }
}

struct Key<'k>(Node<'k>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Text;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Text, E> {
        Ok(self.0.key(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Result<Vec<Resource>, Problem> {
        page(&Document { origin: Origin::file(path), bytes: text.as_bytes().into(), render: None })
    }

    #[test]
    fn items_of_a_list_are_resources_with_their_place_in_the_api() {
        let text = r#"{"kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": {"resourceVersion": "7"}, "items": [
            {"metadata": {"name": "w", "namespace": "a", "uid": "1", "resourceVersion": "3", "managedFields": [{"x": 1}],
             "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "1"}},
             "spec": {"replicas": 2, "template": {"spec": {"hostNetwork": true}}}}]}"#;
        let read = read("/apis/apps/v1/deployments", text).unwrap();
        let one = read.first().unwrap();
        assert_eq!(one.id.address(), "apps/Deployment/a/w");
        assert_eq!(one.origin.path().as_ref(), "/apis/apps/v1/namespaces/a/deployments/w");
        assert_eq!(one.origin.mark().line, 0);
        let metadata = one.body.get("metadata").and_then(Value::as_map).unwrap();
        let keys: Vec<&str> = metadata.iter().map(|entry| entry.key.as_ref()).collect();
        assert_eq!(keys, ["annotations", "name", "namespace"]);
        assert_eq!(metadata.get("annotations").unwrap().as_map().unwrap().len(), 1);
        assert_eq!(one.body.find(&["spec", "replicas"]).and_then(Value::as_int), Some(2));
        assert!(one.pod.is_some());
    }

    #[test]
    fn the_state_of_a_pod_is_its_phase() {
        let text = r#"{"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "p", "namespace": "a"},
            "status": {"phase": "Running", "podIP": "10.0.0.1"}}]}"#;
        let read = read("/api/v1/pods", text).unwrap();
        let status = read.first().unwrap().body.get("status").and_then(Value::as_map).unwrap();
        assert_eq!((status.len(), status.get("phase").and_then(Value::as_text)), (1, Some("Running")));
    }

    /// A scheduler's choice is no setting; a Pod that was made with its node has no such condition when it is made.
    #[test]
    fn a_node_that_a_scheduler_chose_is_not_the_pods_own() {
        let text = r#"{"kind": "PodList", "apiVersion": "v1", "items": [
            {"metadata": {"name": "p", "namespace": "a"}, "spec": {"nodeName": "n"},
             "status": {"conditions": [{"type": "PodScheduled", "status": "True"}]}},
            {"metadata": {"name": "q", "namespace": "a"}, "spec": {"nodeName": "n"}, "status": {"phase": "Pending"}}]}"#;
        let read = read("/api/v1/pods", text).unwrap();
        let chosen = |one: &Resource| {
            let pod = one.pod.as_ref().map(|pod| pod.spec.get("nodeName").is_some());
            (one.body.find(&["spec", "nodeName"]).is_some(), pod)
        };
        let chosen: Vec<_> = read.iter().map(chosen).collect();
        assert_eq!(chosen, [(false, Some(false)), (true, Some(true))]);
    }

    #[test]
    fn what_is_no_list_is_a_problem() {
        let deep = format!("{}1{}", "[".repeat(400), "]".repeat(400));
        for text in ["", "{", "[]", r#"{"kind": "Pod"}"#, r#"{"items": [1], "kind": "List"}"#, &deep] {
            assert!(read("/api/v1/pods", text).unwrap_err().hides.is_some(), "{text}");
        }
    }
}
