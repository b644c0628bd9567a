//! Keycloak realm exports, and realms that Terraform declares → realms. Credentials are masked before anything else
//! sees them.
//! Form of an export: `RealmRepresentation` of Keycloak (read from exports of 26.5.5).
mod declared;
mod flows;
#[cfg(test)]
mod tests;
mod tied;

pub(super) use declared::realms;

use super::Partial;
use crate::model::{Entry, Item, Map, Origin, Platform, Resource, ResourceId, Scope, Value};

/// Reads one realm or a list of realms.
///
/// A realm is the resource `keycloak/Realm`, its name the realm's, its body `{apiVersion, kind, metadata, spec}` with
/// the export as `spec`; `flows` holds what its login flows accept (see [`flows::unrolled`]).
pub(super) fn read(origin: &Origin, value: Value) -> Partial {
    let realms = match value {
        Value::List(items) => items,
        realm => vec![Item { at: origin.mark(), value: realm }],
    };
    let resources = realms.into_iter().filter_map(|item| realm(origin, item)).collect();
    Partial { resources, problems: Vec::new() }
}

fn realm(origin: &Origin, Item { at, value }: Item) -> Option<Resource> {
    let Value::Map(mut spec) = value else { return None };
    mask(&mut spec);
    let name = spec.get("realm").and_then(Value::as_text)?.to_owned();
    let version = spec.get("keycloakVersion").and_then(Value::as_text).unwrap_or("unknown");
    let flows = flows::unrolled(&spec);
    let mut body = Map::new();
    body.put("apiVersion", format!("keycloak/{version}"));
    body.put("kind", "Realm");
    body.put("metadata", [("name", name.clone())].into_iter().collect::<Map>());
    body.insert(Entry { key: "spec".into(), at, value: Value::Map(spec) });
    let mark = if at.line > 0 { at } else { origin.mark() };
    Some(Resource {
        id: ResourceId {
            platform: Platform::Keycloak,
            root: ".".into(),
            kind: "keycloak/Realm".into(),
            namespace: "".into(),
            name: name.into(),
        },
        origin: Origin::File { path: origin.path().clone(), mark },
        body: Value::Map(body),
        pod: None,
        provider: None,
        flows: Some(flows),
        scope: Scope::Project,
    })
}

/// Keys whose text an export may hold in the clear: client secrets, broker secrets, bind passwords, private keys,
/// the hashes of users' credentials.
const SECRET_KEYS: [&str; 9] = [
    "secret",
    "clientSecret",
    "secretData",
    "password",
    "bindCredential",
    "privateKey",
    "registrationToken",
    "keyPassword",
    "keystorePassword",
];

/// What stands in place of a secret; Keycloak's own mask in partial exports.
const MASK: &str = "**********";

/// Masks secrets wherever they stand. The reader's depth limit bounds the recursion.
fn mask(map: &mut Map) {
    for (key, value) in map.iter_mut() {
        if SECRET_KEYS.contains(&key.as_ref()) && !matches!(value, Value::Map(_) | Value::Bool(_)) {
            *value = MASK.into();
        } else {
            mask_value(value);
        }
    }
}

fn mask_value(value: &mut Value) {
    match value {
        Value::Map(map) => mask(map),
        Value::List(items) => items.iter_mut().for_each(|item| mask_value(&mut item.value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
    }
}

#[cfg(test)]
mod exports {
    use super::*;

    #[test]
    fn no_secret_of_an_export_is_kept() {
        let client: Map = [("clientId", "desktop"), ("secret", "s3cr3t")].into_iter().collect();
        let config: Map = [("clientSecret", "s3cr3t")].into_iter().collect();
        let broker: Map = [("config", Value::Map(config))].into_iter().collect();
        let realm: Map = [
            ("realm", Value::from("spe")),
            ("clients", Value::from(vec![client])),
            ("identityProviders", Value::from(vec![broker])),
        ]
        .into_iter()
        .collect();
        let partial = read(&Origin::file("realm.json"), realm.into());
        assert_eq!(partial.resources.len(), 1);
        assert!(!format!("{:?}", partial.resources).contains("s3cr3t"));
    }

    #[test]
    fn each_realm_of_a_list_is_a_resource() {
        let realm = |name: &str| -> Map { [("realm", name)].into_iter().collect() };
        let partial = read(&Origin::file("realms.json"), Value::from(vec![realm("a"), realm("b")]));
        let names: Vec<_> = partial.resources.iter().map(|resource| resource.id.address()).collect();
        assert_eq!(names, ["keycloak/Realm/a", "keycloak/Realm/b"]);
    }
}
