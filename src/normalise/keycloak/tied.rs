//! Which of a root's Keycloak resources belong to which realm and flow.
use super::declared::{is_broker, is_flow, one};
use crate::model::{Resource, Text, Unknown, Value};
use std::collections::BTreeMap;

/// What the names and references of one root lead to.
pub(super) struct Keys<'a> {
    resources: &'a [Resource],
    /// Realms by the text that names them.
    realms: BTreeMap<&'a str, &'a Text>,
    /// The aliases of flows and subflows, by address.
    aliases: BTreeMap<&'a str, &'a str>,
    /// The settings of executions: of which execution, by what address.
    configs: BTreeMap<&'a str, &'a Text>,
}

/// All that is tied to one realm, in the order of the code.
pub(super) struct Tied<'a> {
    pub(super) all: Vec<&'a Resource>,
}

impl<'a> Tied<'a> {
    pub(super) fn of(&self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.all.iter().copied().filter(move |resource| resource.id.kind.as_ref() == kind)
    }

    pub(super) fn first(&self, kind: &'a str) -> Option<&'a Resource> {
        self.of(kind).next()
    }
}

pub(super) fn kind(resource: &Resource) -> &str {
    &resource.id.kind
}

/// An attribute that is set.
pub(super) fn set<'a>(resource: &'a Resource, name: &str) -> Option<&'a Value> {
    resource.body.get("values")?.get(name).filter(|value| **value != Value::Null)
}

/// Kinds of which a realm is made.
fn belongs(kind: &str) -> bool {
    is_flow(kind)
        || is_broker(kind)
        || matches!(
            kind,
            "keycloak_authentication_bindings"
                | "keycloak_authentication_execution"
                | "keycloak_authentication_execution_config"
                | "keycloak_openid_client"
                | "keycloak_realm_events"
                | "keycloak_required_action"
        )
}

impl<'a> Keys<'a> {
    pub(super) fn of(resources: &'a [Resource]) -> Self {
        let mut keys = Self { resources, realms: BTreeMap::new(), aliases: BTreeMap::new(), configs: BTreeMap::new() };
        for resource in resources {
            match kind(resource) {
                "keycloak_realm" => {
                    if let Some(name) = set(resource, "realm").and_then(Value::as_text) {
                        keys.realms.insert(name, &resource.id.name);
                    }
                }
                kind if is_flow(kind) => {
                    let alias = set(resource, "alias").and_then(Value::as_text).unwrap_or(&resource.id.name);
                    keys.aliases.insert(&resource.id.name, alias);
                }
                "keycloak_authentication_execution_config" => {
                    let execution = set(resource, "execution_id").and_then(Value::as_unknown).and_then(one);
                    keys.configs.extend(execution.map(|execution| (execution, &resource.id.name)));
                }
                _ => {}
            }
        }
        keys
    }

    /// The realm that a resource names, by its address, else by its name.
    fn realm(&self, resource: &'a Resource) -> Option<Text> {
        if kind(resource) == "keycloak_realm" {
            return Some(resource.id.name.clone());
        }
        let name = if is_broker(kind(resource)) { "realm" } else { "realm_id" };
        match set(resource, name)? {
            Value::Text(text) => Some(self.realms.get(text.as_ref()).map_or(text, |address| *address).clone()),
            Value::Unknown(unknown) => one(unknown).map(Text::from),
            _ => None,
        }
    }

    /// The flow in which an execution or a subflow stands.
    pub(super) fn parent(&self, resource: &'a Resource) -> Option<&'a str> {
        self.flow(set(resource, "parent_flow_alias")?)
    }

    /// The alias of the flow that a value names.
    pub(super) fn flow(&self, value: &'a Value) -> Option<&'a str> {
        match value {
            Value::Text(text) => Some(text),
            Value::Unknown(unknown) => self.flow_of(unknown),
            _ => None,
        }
    }

    pub(super) fn flow_of(&self, unknown: &Unknown) -> Option<&'a str> {
        self.aliases.get(one(unknown)?).copied()
    }

    pub(super) fn alias(&self, resource: &'a Resource) -> &'a str {
        self.aliases.get(resource.id.name.as_ref()).copied().unwrap_or(&resource.id.name)
    }

    pub(super) fn config(&self, execution: &Resource) -> Option<&'a Text> {
        self.configs.get(execution.id.name.as_ref()).copied()
    }

    /// The first resource of which it cannot be told where it belongs.
    pub(super) fn lost(&self) -> Option<&'a Text> {
        let astray = |resource: &&Resource| {
            let stands_in_flow =
                matches!(kind(resource), "keycloak_authentication_execution" | "keycloak_authentication_subflow");
            belongs(kind(resource))
                && (self.realm(resource).is_none() || (stands_in_flow && self.parent(resource).is_none()))
        };
        self.resources.iter().find(astray).map(|resource| &resource.id.name)
    }

    /// Realms by key, each with all that is tied to it.
    pub(super) fn tied(&self) -> BTreeMap<Text, Tied<'a>> {
        let mut tied: BTreeMap<Text, Tied<'a>> = BTreeMap::new();
        for resource in self.resources.iter().filter(|it| kind(it) == "keycloak_realm" || belongs(kind(it))) {
            if let Some(key) = self.realm(resource) {
                tied.entry(key).or_insert_with(|| Tied { all: Vec::new() }).all.push(resource);
            }
        }
        tied
    }
}
