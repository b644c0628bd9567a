//! What admission would refuse of what a cluster holds, were it created today: each object ruled on as its creation is, by
//! the code that rules on requests; and each workload once more as the Pods that it would make, which decide what a
//! template is only warned of. Start at [`foretell`].
mod made;

use super::{
    inventory::{Extent, Inventory},
    review::{Operation, Request},
    ruling::{Law, Ruling, RulingError, rule},
};
use crate::{
    collect::cluster::{Change, Served},
    model::{Document, Origin, Platform, Problem, Resource, ResourceId, Text, Timestamp, Value},
    normalise, reach,
};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// Owners above each other: Pod, ReplicaSet, Deployment, and what operators put above these.
const OWNERS_MAX: usize = 8;

/// Which resources an API server asks about when one is created, as RBAC names them: `deployments.apps`.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// In namespaces with the label of a project.
    pub in_projects: BTreeSet<String>,
    /// In all other namespaces.
    pub outside: BTreeSet<String>,
    /// Of the whole cluster.
    pub of_cluster: BTreeSet<String>,
    /// Namespaces that are never asked about.
    pub exempt: BTreeSet<Text>,
}

/// The objects that a cluster holds, as it gave them.
#[derive(Debug, Default)]
pub struct Stock(BTreeMap<usize, Vec<Object>>);

#[derive(Clone, Debug)]
struct Object {
    /// Whole, with kind and version, named by the list of its kind.
    document: Document,
    resource: Resource,
}

/// What would be answered to one creation.
#[derive(Clone, Debug)]
pub struct Foretold {
    /// The workload or other object at the top of its owners.
    pub group: ResourceId,
    pub object: ResourceId,
    /// It is not there: the object of the group would make it.
    pub is_made: bool,
    pub ruling: Ruling,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    api_version: String,
    kind: String,
    items: Vec<Map<String, Json>>,
}

impl Stock {
    /// Takes in a page of the list of a kind, by the kind's position.
    ///
    /// # Errors
    /// A page that cannot be read: what is on it would be missing.
    pub fn page(&mut self, at: usize, page: &Document) -> Result<(), Problem> {
        let fault = |cause: String| Problem::hiding(page.origin.clone(), cause, Platform::Kubernetes, Some(".".into()));
        let list: List = serde_json::from_slice(&page.bytes).map_err(|error| fault(error.to_string()))?;
        let kind = list.kind.strip_suffix("List").unwrap_or(&list.kind);
        for mut item in list.items {
            item.entry("kind").or_insert_with(|| kind.into());
            item.entry("apiVersion").or_insert_with(|| list.api_version.as_str().into());
            let document = document(page.origin.clone(), &item).map_err(|error| fault(error.to_string()))?;
            let resource = normalise::object(&document)?;
            self.0.entry(at).or_default().push(Object { document, resource });
        }
        Ok(())
    }

    /// Drops what came of a kind: its list begins again, or broke off.
    pub fn drop(&mut self, at: usize) {
        self.0.remove(&at);
    }
}

fn document(origin: Origin, object: &Map<String, Json>) -> Result<Document, serde_json::Error> {
    Ok(Document { origin, bytes: serde_json::to_vec(object)?.into(), render: None })
}

/// Rules on every object of the stock that an API server would ask about, and on the Pods that its workloads would make;
/// in the order of group and object. The inventory holds the same cluster, and holds it again afterwards.
///
/// # Errors
/// The description cannot be used.
pub fn foretell(
    law: &Law<'_>,
    inventory: &Inventory,
    served: &[Served],
    (asked, stock): (&Asked, &Stock),
    at: Timestamp,
) -> Result<Vec<Foretold>, RulingError> {
    let spaces = Spaces::of(inventory, asked)?;
    let owners: BTreeMap<Key, &Object> =
        stock.0.values().flatten().map(|object| (key(&object.resource.id), object)).collect();
    let mut subjects = Vec::new();
    for (nth, kind) in served.iter().enumerate() {
        let objects = stock.0.get(&nth).into_iter().flatten();
        subjects
            .extend(objects.filter(|one| spaces.asks(kind, &one.resource) && is_subject(one)).map(|one| (nth, one)));
    }
    let (policies, others): (Vec<_>, Vec<_>) = subjects.into_iter().partition(|(_, one)| opens_ways(&one.resource));
    let ruled = |(nth, object): &(usize, &Object)| {
        let list = served.get(*nth).map(|kind| kind.path.clone()).unwrap_or_default();
        ruled(law, inventory, &list, object, &owners, at)
    };
    let mut all: Vec<Foretold> =
        others.par_iter().map(ruled).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    for subject in &policies {
        // What it opens shows only where it is not there yet.
        let (nth, object) = subject;
        inventory.take(*nth, Change::Gone(object.document.clone()));
        let found = ruled(subject);
        inventory.take(*nth, Change::Put(object.document.clone()));
        all.extend(found?);
    }
    all.sort_by(|one, other| (&one.group, one.is_made, &one.object).cmp(&(&other.group, other.is_made, &other.object)));
    Ok(all)
}

/// Whether it is a change of context, which is weighed by what becomes possible with it.
fn opens_ways(resource: &Resource) -> bool {
    resource.pod.is_none() && reach::reads(&resource.id.kind)
}

/// The ruling on an object, and on the Pod that it would make.
fn ruled(
    law: &Law<'_>,
    inventory: &Inventory,
    list: &Text,
    object: &Object,
    owners: &BTreeMap<Key, &Object>,
    at: Timestamp,
) -> Result<Vec<Foretold>, RulingError> {
    let group = group(object, owners);
    let created = made::created(object, list)?;
    let itself = Foretold {
        group: group.clone(),
        object: object.resource.id.clone(),
        is_made: false,
        ruling: ruling(law, inventory, list, created, at)?,
    };
    // What an owner makes anew follows from the owner.
    let is_top = group == object.resource.id;
    let pod = if is_top { made::pod(object, owners)? } else { None };
    let mut both = vec![itself];
    if let Some((id, document)) = pod {
        let ruling = ruling(law, inventory, made::PODS, document, at)?;
        both.push(Foretold { group, object: id, is_made: true, ruling });
    }
    Ok(both)
}

fn ruling(
    law: &Law<'_>,
    inventory: &Inventory,
    list: &str,
    document: Document,
    at: Timestamp,
) -> Result<Ruling, RulingError> {
    let request = Request {
        uid: String::new(),
        operation: Operation::Create,
        kind: String::new(),
        list: list.to_owned(),
        subresource: String::new(),
        namespace: String::new(),
        name: String::new(),
        dry_run: true,
        object: Some(document),
        old_object: None,
    };
    match rule(law, inventory, &request, at) {
        Ok(ruling) => Ok(ruling),
        // It would be denied in these words.
        Err(error @ (RulingError::Unreadable(_) | RulingError::Nothing)) => {
            Ok(Ruling { fault: Some(error.to_string()), ..Ruling::default() })
        }
        Err(error @ RulingError::Description(_)) => Err(error),
    }
}

/// Kind, namespace and name.
pub(super) type Key = (Text, Text, Text);

fn key(id: &ResourceId) -> Key {
    (id.kind.clone(), id.namespace.clone(), id.name.clone())
}

/// The object at the top of the owners that are known.
fn group(object: &Object, owners: &BTreeMap<Key, &Object>) -> ResourceId {
    let mut top = object;
    for _ in 0..OWNERS_MAX {
        let Some(owner) = controller(&top.resource).and_then(|owner| owners.get(&owner)) else { break };
        top = owner;
    }
    top.resource.id.clone()
}

/// Who controls an object, by its own word.
pub(super) fn controller(resource: &Resource) -> Option<Key> {
    let all = resource.body.find(&["metadata", "ownerReferences"])?.as_list()?;
    let controls = |one: &&Value| matches!(one.get("controller"), Some(Value::Bool(true)));
    let owner = all.iter().map(|item| &item.value).find(controls)?;
    let text = |name: &str| owner.get(name).and_then(Value::as_text);
    let (kind, name) = (text("kind")?, text("name")?);
    let kind = match text("apiVersion")?.split_once('/') {
        Some((group, _)) => format!("{group}/{kind}"),
        None => kind.to_owned(),
    };
    Some((kind.into(), resource.id.namespace.clone(), name.into()))
}

/// What is over, ends, or is kept for its history only is not made again.
fn is_subject(object: &Object) -> bool {
    let body = &object.resource.body;
    let is_over = match object.resource.id.kind.as_ref() {
        "Pod" => matches!(body.find(&["status", "phase"]).and_then(Value::as_text), Some("Succeeded" | "Failed")),
        "apps/ReplicaSet" => body.find(&["spec", "replicas"]).and_then(Value::as_int) == Some(0),
        "batch/Job" => body.find(&["status", "completionTime"]).is_some(),
        _ => false,
    };
    !is_over && body.find(&["metadata", "deletionTimestamp"]).is_none()
}

/// Which namespaces are a project's, by their label, as the API server sees it.
struct Spaces<'a> {
    asked: &'a Asked,
    exempt: BTreeSet<Text>,
    /// `None` where Namespaces could not be listed: then every namespace may be a project's.
    labelled: Option<BTreeSet<Text>>,
}

impl<'a> Spaces<'a> {
    fn of(inventory: &Inventory, asked: &'a Asked) -> Result<Self, RulingError> {
        let snapshot = inventory.snapshot(Extent::Context)?;
        let environment = &snapshot.environment;
        let label = environment.description.project_label.as_ref();
        let is_known = !snapshot.stale.contains("Namespace");
        let labelled = environment.all().filter(|one| one.id.kind.as_ref() == "Namespace");
        let labelled = labelled.filter(|one| one.body.find(&["metadata", "labels", label]).is_some());
        let labelled = is_known.then(|| labelled.map(|one| one.id.name.clone()).collect());
        let exempt = asked.exempt.iter().chain(&environment.description.exempt_namespaces).cloned().collect();
        Ok(Self { asked, exempt, labelled })
    }

    fn asks(&self, kind: &Served, resource: &Resource) -> bool {
        let id = &resource.id;
        let is_space = id.kind.as_ref() == "Namespace";
        let space = if is_space { &id.name } else { &id.namespace };
        if self.exempt.contains(space) {
            return false;
        }
        let in_project = self.labelled.as_ref().is_none_or(|labelled| labelled.contains(space));
        let resources = match (space.is_empty(), is_space, in_project) {
            (true, ..) | (_, true, true) => &self.asked.of_cluster,
            (_, true, false) => return false,
            (_, false, true) => &self.asked.in_projects,
            (_, false, false) => &self.asked.outside,
        };
        resources.contains(kind.resource.as_ref())
    }
}
