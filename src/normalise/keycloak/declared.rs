//! Realms that Terraform declares, read as the export that they would give.
//!
//! A realm is spread over many resources of the provider keycloak/keycloak, each of which names it by `realm_id` (or
//! `realm`). What the code leaves out has the default of the provider or of Keycloak; what nobody can tell is an
//! unknown: the flows that Keycloak builds itself, and all that may stand in a module that was not read.
use super::{
    super::Partial,
    realm,
    tied::{Keys, Tied, kind, set},
};
use crate::model::{Entry, Item, Map, Mark, Platform, Resource, Text, Unknown, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Puts a realm in place of the resources that declare it, for every Terraform root that was read.
pub(in super::super) fn realms(partial: &mut Partial) {
    let mut roots: BTreeMap<Text, Vec<Resource>> = BTreeMap::new();
    let resources = std::mem::take(&mut partial.resources);
    for resource in resources {
        let id = &resource.id;
        if id.platform == Platform::Keycloak && id.kind.starts_with("keycloak_") {
            roots.entry(id.root.clone()).or_default().push(resource);
        } else {
            partial.resources.push(resource);
        }
    }
    for (root, resources) in roots {
        let hides = |hidden: &crate::model::Hidden| {
            hidden.platform.is_none_or(|of| of == Platform::Keycloak)
                && hidden.root.as_ref().is_none_or(|of| *of == root)
        };
        let problem = partial.problems.iter().find(|problem| problem.hides.as_ref().is_some_and(hides));
        let unread = problem.map(|problem| format!("more may stand in what was not read ({})", problem.cause));
        let (read, used) = of_root(&resources, unread);
        partial.resources.extend(read);
        let unused = resources.into_iter().filter(|resource| !used.contains(&resource.id.name));
        partial.resources.extend(unused);
    }
}

/// The realms of one root, and the addresses of what went into them.
fn of_root(resources: &[Resource], unread: Option<String>) -> (Vec<Resource>, BTreeSet<Text>) {
    let keys = Keys::of(resources);
    let lost = keys.lost().map(|address| format!("it cannot be told which realm or flow `{address}` belongs to"));
    let doubt = unread.or(lost);
    let mut read = Vec::new();
    let mut used = BTreeSet::new();
    for (key, tied) in keys.tied() {
        let Some(resource) = declared(&keys, &key, &tied, doubt.as_deref()) else { continue };
        read.push(resource);
        used.extend(tied.all.iter().map(|resource| resource.id.name.clone()));
    }
    (read, used)
}

/// A realm by what is tied to it; `None` where nothing says that anybody logs in by this code.
fn declared(keys: &Keys<'_>, key: &Text, tied: &Tied<'_>, doubt: Option<&str>) -> Option<Resource> {
    let own = tied.first("keycloak_realm");
    let first = own.or_else(|| tied.first("keycloak_authentication_bindings"))?;
    let absent = own.is_none().then(|| format!("the realm `{key}` is not in the code that was read"));
    let realm_of = Declared { keys, tied, file: first.origin.path(), more: doubt.or(absent.as_deref()), doubt };
    let mut spec = realm_of.settings(own, absent.as_deref());
    let name = own.and_then(|own| set(own, "realm")).and_then(Value::as_text).unwrap_or(key);
    spec.put("realm", name);
    realm_of.events(&mut spec);
    realm_of.lists(&mut spec);
    let mut resource = realm(&first.origin, Item { at: Mark::default(), value: spec.into() })?;
    resource.id.root = first.id.root.clone();
    Some(resource)
}

/// One realm while it is put together.
struct Declared<'a> {
    keys: &'a Keys<'a>,
    tied: &'a Tied<'a>,
    /// The file of the realm: places in other files are left out, because findings are told in this one.
    file: &'a Text,
    /// Why lists may have more members than the code shows.
    more: Option<&'a str>,
    /// Why something may belong to its flows that the code does not tie to them.
    doubt: Option<&'a str>,
}

/// Switches and texts of the realm by their names in the export, and what Keycloak has where they are not set.
const SETTINGS: [(&str, &str, Option<Setting>); 3] = [
    ("enabled", "enabled", Some(Setting::Switch(true))),
    ("resetPasswordAllowed", "reset_password_allowed", Some(Setting::Switch(false))),
    ("attributes", "attributes", None),
];

#[derive(Clone, Copy)]
enum Setting {
    Switch(bool),
    Text(&'static str),
}

impl From<Setting> for Value {
    fn from(setting: Setting) -> Self {
        match setting {
            Setting::Switch(on) => on.into(),
            Setting::Text(text) => text.into(),
        }
    }
}

/// The realm's flows: in the export, in the code, and the one that Keycloak binds itself.
const FLOWS: [(&str, &str, &str); 3] = [
    ("browserFlow", "browser_flow", "browser"),
    ("directGrantFlow", "direct_grant_flow", "direct grant"),
    ("resetCredentialsFlow", "reset_credentials_flow", "reset credentials"),
];

/// Policies of security keys: in the export, and the block that holds them.
const KEY_POLICIES: [(&str, &str); 2] = [
    ("webAuthnPolicyUserVerificationRequirement", "web_authn_policy"),
    ("webAuthnPolicyPasswordlessUserVerificationRequirement", "web_authn_passwordless_policy"),
];

/// Events, by their names in the export and in `keycloak_realm_events`.
const EVENTS: [(&str, &str, Option<Setting>); 5] = [
    ("eventsEnabled", "events_enabled", Some(Setting::Switch(false))),
    ("eventsExpiration", "events_expiration", None),
    ("adminEventsEnabled", "admin_events_enabled", Some(Setting::Switch(false))),
    ("enabledEventTypes", "enabled_event_types", None),
    ("eventsListeners", "events_listeners", None),
];

/// Clients that Keycloak gives every realm: its console, and the command line that takes passwords
/// (`RealmManager.setupAdminCli`).
const BUILT_IN: [(&str, bool); 2] = [("admin-cli", true), ("security-admin-console", false)];

impl Declared<'_> {
    fn settings(&self, own: Option<&Resource>, absent: Option<&str>) -> Map {
        let mut spec = Map::new();
        for (to, from, default) in SETTINGS {
            self.carry(&mut spec, to, own, from, default.filter(|_| absent.is_none()));
        }
        for (to, block) in KEY_POLICIES {
            let policy = own.and_then(|own| set(own, block));
            let value = match policy {
                Some(Value::List(blocks)) => {
                    let stated = blocks.first().and_then(|block| block.value.get("user_verification_requirement"));
                    stated.cloned().unwrap_or_else(|| Setting::Text("not specified").into())
                }
                Some(unknown @ Value::Unknown(_)) => unknown.clone(),
                Some(_) | None => Setting::Text("not specified").into(),
            };
            spec.put(to, value);
        }
        if let Some(why) = absent {
            let unstated = SETTINGS.map(|(key, ..)| key).into_iter().chain(KEY_POLICIES.map(|(key, _)| key));
            unstated.for_each(|key| spec.put(key, Value::unknown(why)));
        }
        let bindings = self.tied.first("keycloak_authentication_bindings");
        for (to, from, built_in) in FLOWS {
            let bound = bindings.filter(|bindings| set(bindings, from).is_some());
            self.carry(&mut spec, to, bound.or(own), from, Some(Setting::Text(built_in)));
            self.name_flow(&mut spec, to);
        }
        spec
    }

    fn events(&self, spec: &mut Map) {
        let events = self.tied.first("keycloak_realm_events");
        for (to, from, default) in EVENTS {
            self.carry(spec, to, events, from, default);
            if let (None, Some(why)) = (events, self.more) {
                spec.put(to, Value::unknown(why));
            }
        }
    }

    fn lists(&self, spec: &mut Map) {
        let mut clients: Vec<Item> = self.tied.of("keycloak_openid_client").map(|it| self.client(it)).collect();
        let known: BTreeSet<String> =
            clients.iter().filter_map(|item| item.value.get("clientId")?.as_text().map(str::to_owned)).collect();
        for (name, takes_passwords) in
            BUILT_IN.into_iter().filter(|(name, _)| !known.contains(*name) && self.more.is_none())
        {
            let client = [("clientId", Value::from(name)), ("directAccessGrantsEnabled", takes_passwords.into())];
            clients.push(Item { at: Mark::default(), value: client.into_iter().collect::<Map>().into() });
        }
        let brokers = self.tied.all.iter().filter(|it| is_broker(kind(it))).map(|it| self.broker(it)).collect();
        let actions = self.tied.of("keycloak_required_action").map(|it| {
            let rows =
                [("alias", "alias", None), ("enabled", "enabled", OFF), ("defaultAction", "default_action", OFF)];
            self.item(it, self.fields(it, &rows))
        });
        spec.put("requiredActions", Value::List(actions.collect()));
        spec.put("clients", self.open(clients));
        spec.put("identityProviders", self.open(brokers));
        let flows = match self.doubt {
            // Executions that are not in sight could strengthen a flow or weaken it.
            Some(why) => Value::unknown(why),
            None => Value::List(self.tied.all.iter().filter(|it| is_flow(kind(it))).map(|it| self.flow(it)).collect()),
        };
        spec.put("authenticationFlows", flows);
        let configs = self.tied.of("keycloak_authentication_execution_config").map(|it| {
            let mut config = self.fields(it, &[("config", "config", None)]);
            config.put("alias", it.id.name.clone());
            self.item(it, config)
        });
        spec.put("authenticatorConfig", Value::List(configs.collect()));
    }

    /// A list that may go on out of sight.
    fn open(&self, mut items: Vec<Item>) -> Value {
        items.extend(self.more.map(|why| Item { at: Mark::default(), value: Value::unknown(why) }));
        Value::List(items)
    }

    fn client(&self, resource: &Resource) -> Item {
        let rows = [
            ("enabled", "enabled", Some(Setting::Switch(true))),
            ("directAccessGrantsEnabled", "direct_access_grants_enabled", OFF),
            ("attributes", "extra_config", None),
        ];
        let mut client = self.fields(resource, &rows);
        let id = set(resource, "client_id").and_then(Value::as_text);
        client.put("clientId", id.unwrap_or(&resource.id.name));
        client.put("bearerOnly", set(resource, "access_type").and_then(Value::as_text) == Some("BEARER-ONLY"));
        let block = set(resource, "authentication_flow_binding_overrides").and_then(Value::as_list);
        let mut overrides = Map::new();
        for (to, names) in
            [("browser", ["browser_id", "browser_alias"]), ("direct_grant", ["direct_grant_id", "direct_grant_alias"])]
        {
            let stated = |name: &&str| block?.first()?.value.get(name).filter(|value| **value != Value::Null);
            if let Some(value) = names.iter().find_map(stated) {
                overrides.put(to, self.keys.flow(value).map_or_else(|| value.clone(), Value::from));
            }
        }
        client.put("authenticationFlowBindingOverrides", overrides);
        self.item(resource, client)
    }

    fn broker(&self, resource: &Resource) -> Item {
        let rows = [
            ("enabled", "enabled", Some(Setting::Switch(true))),
            ("linkOnly", "link_only", OFF),
            ("postBrokerLoginFlowAlias", "post_broker_login_flow_alias", None),
            ("config", "extra_config", None),
        ];
        let mut broker = self.fields(resource, &rows);
        self.name_flow(&mut broker, "postBrokerLoginFlowAlias");
        let alias = set(resource, "alias").and_then(Value::as_text);
        broker.put("alias", alias.unwrap_or(&resource.id.name));
        self.item(resource, broker)
    }

    /// A flow or subflow with what stands in it, in the order of the code.
    fn flow(&self, resource: &Resource) -> Item {
        let mut flow = Map::new();
        flow.put("alias", self.keys.alias(resource));
        let inside = |it: &&&Resource| self.keys.parent(it).is_some_and(|parent| parent == self.keys.alias(resource));
        let executions = self.tied.all.iter().filter(inside).map(|it| {
            let rows = [
                ("requirement", "requirement", Some(Setting::Text("DISABLED"))),
                ("priority", "priority", None),
                ("authenticator", "authenticator", None),
            ];
            let mut execution = self.fields(it, &rows);
            if is_flow(kind(it)) {
                execution.put("flowAlias", self.keys.alias(it));
            }
            if let Some(config) = self.keys.config(it) {
                execution.put("authenticatorConfig", config.clone());
            }
            self.item(it, execution)
        });
        flow.put("authenticationExecutions", Value::List(executions.collect()));
        self.item(resource, flow)
    }

    /// Puts the alias of a flow in place of a reference to it.
    fn name_flow(&self, map: &mut Map, key: &str) {
        let alias = map.get(key).and_then(Value::as_unknown).and_then(|unknown| self.keys.flow_of(unknown));
        if let (Some(alias), Some(value)) = (alias, map.get_mut(key)) {
            *value = alias.into();
        }
    }

    fn fields(&self, resource: &Resource, rows: &[(&str, &str, Option<Setting>)]) -> Map {
        let mut fields = Map::new();
        for (to, from, default) in rows {
            self.carry(&mut fields, to, Some(resource), from, *default);
        }
        fields
    }

    /// Takes over one attribute with its place.
    fn carry(&self, to: &mut Map, key: &str, from: Option<&Resource>, name: &str, default: Option<Setting>) {
        let values = from.and_then(|from| from.body.get("values"));
        let entry = match values {
            Some(Value::Map(map)) => map.entry(name).filter(|entry| entry.value != Value::Null).cloned(),
            Some(unknown @ Value::Unknown(_)) => {
                Some(Entry { key: key.into(), at: Mark::default(), value: unknown.clone() })
            }
            _ => None,
        };
        match (entry, default) {
            (Some(entry), _) => {
                let here = from.is_some_and(|from| from.origin.path() == self.file);
                let at = if here { entry.at } else { Mark::default() };
                let value = if here { entry.value } else { placeless(entry.value) };
                to.insert(Entry { key: key.into(), at, value });
            }
            (None, Some(default)) => to.put(key, default),
            (None, None) => {}
        }
    }

    fn item(&self, resource: &Resource, map: Map) -> Item {
        let (path, mark) = (resource.origin.path(), resource.origin.mark());
        Item { at: if path == self.file { mark } else { Mark::default() }, value: map.into() }
    }
}

const OFF: Option<Setting> = Some(Setting::Switch(false));

pub(super) fn is_flow(kind: &str) -> bool {
    matches!(kind, "keycloak_authentication_flow" | "keycloak_authentication_subflow")
}

/// Identity providers that people come through; workloads use the others.
pub(super) fn is_broker(kind: &str) -> bool {
    kind.ends_with("_identity_provider")
        && !matches!(kind, "keycloak_kubernetes_identity_provider" | "keycloak_spiffe_identity_provider")
}

fn placeless(value: Value) -> Value {
    match value {
        Value::List(items) => Value::List(
            items.into_iter().map(|item| Item { at: Mark::default(), value: placeless(item.value) }).collect(),
        ),
        Value::Map(map) => map.into_iter().map(|entry| (entry.key, placeless(entry.value))).collect::<Map>().into(),
        scalar => scalar,
    }
}

/// Whether an unknown is taken from one resource, and which.
pub(super) fn one(unknown: &Unknown) -> Option<&str> {
    match unknown.refers.as_slice() {
        [address] if !unknown.any => Some(address),
        _ => None,
    }
}
