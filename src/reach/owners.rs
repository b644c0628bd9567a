//! Whose a Kubernetes namespace is: a project's, nobody's, or untold.
use crate::model::{
    Description, Environment, Platform, Problem, Resource, ResourceId, Scope, Text, UNKNOWN_NAMESPACE, Value,
};
use std::collections::BTreeMap;

/// Whose a namespace is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Project(Text),
    /// The platform's, or exempt.
    NoProject,
    /// A project's or not: the description does not tell.
    Untold,
}

impl Owner {
    /// The owner of the namespace of a resource, by its place in the description and the labels of the Namespace.
    pub(super) fn of(description: &Description, scope: Scope, name: &Text, labels: Option<&Value>) -> Self {
        match scope {
            Scope::Exempt | Scope::Platform => Self::NoProject,
            Scope::Unknown => Self::Untold,
            Scope::Project => {
                description.project_of(name, labels.unwrap_or(&Value::Null)).map_or(Self::Untold, Self::Project)
            }
        }
    }
}

/// The owners of all namespaces, by cluster and name.
pub(super) struct Owners<'a> {
    environment: &'a Environment,
    by_name: BTreeMap<(&'a Text, &'a Text), Owner>,
}

impl<'a> Owners<'a> {
    pub(super) fn of(environment: &'a Environment) -> Self {
        let mut by_name = BTreeMap::new();
        for resource in environment.all().filter(|resource| resource.id.platform == Platform::Kubernetes) {
            let Resource { id, scope, .. } = resource;
            let is_namespace = id.kind.as_ref() == "Namespace";
            let name = if is_namespace { &id.name } else { &id.namespace };
            let key = (environment.cluster(&id.root), name);
            if !name.is_empty() && (is_namespace || !by_name.contains_key(&key)) {
                let labels = resource.body.find(&["metadata", "labels"]).filter(|_| is_namespace);
                by_name.insert(key, Owner::of(&environment.description, *scope, name, labels));
            }
        }
        Self { environment, by_name }
    }

    /// The owner of a namespace that something of a cluster names, whether or not it was read.
    pub(super) fn owner(&self, cluster: &Text, name: &Text) -> Owner {
        if let Some(owner) = self.by_name.get(&(cluster, name)) {
            return owner.clone();
        }
        let description = &self.environment.description;
        let selected = description.projects.iter().any(|of| !of.selector.is_empty() || of.namespaces.is_empty());
        // Labels of namespaces that could not be listed may say whose they are.
        let unlisted = || self.environment.problems.iter().filter_map(Problem::hidden_kind);
        let by_label = selected || unlisted().any(|kind| kind.as_ref() == "Namespace");
        if name.as_ref() == UNKNOWN_NAMESPACE {
            Owner::Untold
        } else if description.exempt_namespaces.contains(name) {
            Owner::NoProject
        } else if let Some(project) = description.project_of(name, &Value::Null) {
            Owner::Project(project)
        } else if by_label && !description.complete.contains(Platform::Kubernetes.name()) {
            Owner::Untold
        } else {
            Owner::NoProject
        }
    }

    /// The owner of the namespace that a resource is in.
    pub(super) fn of_resource(&self, id: &ResourceId) -> Owner {
        self.owner(self.environment.cluster(&id.root), &id.namespace)
    }
}
