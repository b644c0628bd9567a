//! spe.yaml as written → the description as checked.
use super::{
    form::{DESCRIPTION, SPEC},
    reader::Reader,
    scalar::end_of_day,
    shape::Default as Fallback,
};
use crate::model::{
    ClusterDescription, ClusterSource, Description, Destination, Entry, Expired, Item, LogStore, Map, Mark, NodeRoute,
    Origin, Problem, Project, SharedService, Text, Timestamp, Value, default_private_ranges,
};
use std::collections::BTreeSet;

/// Reads spe.yaml. What fits is kept; every entry that does not is a problem with its line, and counts as absent.
///
/// Permissions that have expired at `at` are dropped and listed in [`Description::expired`]. A project whose permit
/// has expired stays: its data must still be guarded, and must be gone in time (SPE-DEL-01). A document that is no
/// map at all gives what holds without a description.
pub fn description(origin: &Origin, value: &Value, at: Timestamp) -> (Description, Vec<Problem>) {
    let mut reader = Reader::new(origin.path());
    let mut written = Map::new();
    let mut name = None;
    if let Some(whole) = value.as_map() {
        name = value.find(&["metadata", "name"]).and_then(Value::as_text).map(Text::from);
        written = spec(&mut reader, whole, origin.mark());
    } else {
        reader.problem(
            origin.mark(),
            "the description must be a map with `apiVersion`, `kind`, `metadata`, `spec`".into(),
        );
    }
    let expired = drop_expired(&mut written, origin, at);
    let stated = value.as_map().is_some();
    let description = Description { stated, origin: Some(origin.clone()), expired, ..described(name, written) };
    (description, reader.problems)
}

/// What holds where nobody has written a spe.yaml: no project, no permission, and the defaults of every parameter that
/// criteria take from the environment.
#[must_use]
pub fn unstated() -> Description {
    described(None, Map::new())
}

/// Checks the outer form and gives what fits of `spec`, even where something beside it is wrong.
fn spec(reader: &mut Reader<'_>, whole: &Map, at: Mark) -> Map {
    let checked = reader.map(&Value::Map(whole.clone()), at, &DESCRIPTION);
    if let Some(Value::Map(spec)) = checked.as_ref().and_then(|map| map.get("spec")) {
        return spec.clone();
    }
    // The faults of the outer form are told; the facts below it are read all the same, without telling them twice.
    let mut quiet = Reader::new(reader.file());
    let entry = whole.entry("spec");
    entry.and_then(|entry| quiet.map(&entry.value, entry.at, &SPEC)).unwrap_or_default()
}

/// The facts that hold where nobody states any: defaults of every parameter that criteria take from the environment.
fn defaults() -> Map {
    let mut defaults = Map::new();
    for field in SPEC.fields {
        match field.default {
            Fallback::Absent => {}
            Fallback::Null => defaults.put(field.key, Value::Null),
            Fallback::Text(text) => defaults.put(field.key, text),
            Fallback::Texts(texts) => defaults.put(field.key, texts.to_vec()),
        }
    }
    defaults
}

/// The description that a checked `spec` makes.
fn described(name: Option<Text>, written: Map) -> Description {
    let plain = Description::default();
    let mut spec = defaults();
    for entry in written {
        spec.insert(entry);
    }
    own_ranges(&mut spec);
    Description {
        name: name.unwrap_or(plain.name),
        projects: each(&spec, "projects", project),
        project_label: text(&spec, "project_label").unwrap_or(plain.project_label),
        exempt_namespaces: set(&spec, "exempt_namespaces"),
        private_ranges: texts(&spec, "private_ranges"),
        allowed_destinations: each(&spec, "allowed_destinations", destination),
        allowed_proxies: each(&spec, "allowed_proxies", destination),
        shared_services: each(&spec, "shared_services", shared_service),
        log_stores: each(&spec, "log_stores", log_store),
        network_plugin: text(&spec, "network_plugin"),
        clusters: each(&spec, "clusters", cluster),
        complete: set(&spec, "complete"),
        profile: text(&spec, "profile"),
        spec,
        stated: plain.stated,
        origin: plain.origin,
        expired: plain.expired,
    }
}

/// Private ranges are private whatever an organisation owns beside them: what is stated is added to them.
fn own_ranges(spec: &mut Map) {
    let stated = texts(spec, "private_ranges");
    let mut ranges = default_private_ranges();
    ranges.extend(stated.into_iter().filter(|range| !default_private_ranges().contains(range)));
    let at = spec.entry("private_ranges").map_or_else(Mark::default, |entry| entry.at);
    spec.insert(Entry { key: "private_ranges".into(), at, value: ranges.into() });
}

/// Takes out every permission whose last day is over; `projects` are no permissions.
fn drop_expired(spec: &mut Map, origin: &Origin, at: Timestamp) -> Vec<Expired> {
    let mut expired = Vec::new();
    for (key, value) in spec.iter_mut().filter(|(key, _)| key.as_ref() != "projects") {
        let Value::List(items) = value else { continue };
        let mut index = 0;
        items.retain_mut(|item| {
            let entry = format!("spec.{key}[{index}]");
            index += 1;
            if let Some(route) = over(item.value.get("node_route"), at) {
                expired.push(gone(format!("{entry}.node_route"), route, item.at, origin));
                if let Value::Map(cluster) = &mut item.value {
                    cluster.remove("node_route");
                }
            }
            let over = over(Some(&item.value), at);
            if let Some(expires) = &over {
                expired.push(gone(entry, expires.clone(), item.at, origin));
            }
            over.is_none()
        });
    }
    expired
}

/// The last day of an entry, where it is over.
fn over(entry: Option<&Value>, at: Timestamp) -> Option<Text> {
    let expires = entry?.get("expires")?.as_text()?;
    (end_of_day(expires)? <= at).then(|| expires.into())
}

fn gone(entry: String, expires: Text, at: Mark, origin: &Origin) -> Expired {
    Expired { entry, expires, origin: Origin::at(origin.path().clone(), at.line, at.column) }
}

fn project(value: &Map) -> Project {
    Project {
        name: text(value, "name").unwrap_or_default(),
        permit: text(value, "permit"),
        expires: text(value, "expires").and_then(|expires| end_of_day(&expires)),
        namespaces: set(value, "namespaces"),
        selector: labels(value, "selector"),
    }
}

fn destination(value: &Map) -> Destination {
    Destination {
        cidr: text(value, "cidr"),
        host: text(value, "host"),
        service_tag: text(value, "service_tag"),
        ports: texts(value, "ports"),
        owner: text(value, "owner").unwrap_or_default(),
        reason: text(value, "reason").unwrap_or_default(),
    }
}

fn shared_service(value: &Map) -> SharedService {
    SharedService {
        name: text(value, "name").unwrap_or_default(),
        namespace: text(value, "namespace"),
        selector: labels(value, "selector"),
        ports: texts(value, "ports"),
    }
}

fn log_store(value: &Map) -> LogStore {
    LogStore {
        name: text(value, "name").unwrap_or_default(),
        platform: text(value, "platform").unwrap_or_default(),
        classes: texts(value, "classes"),
        resource: text(value, "resource"),
        retention_days: value.get("retention_days").and_then(Value::as_int),
        immutable: value.get("immutable").and_then(Value::as_bool),
    }
}

fn cluster(value: &Map) -> ClusterDescription {
    let source = |value: &Map| ClusterSource {
        path: text(value, "path").unwrap_or_default(),
        namespace: text(value, "namespace"),
    };
    let node_route = value.get("node_route").and_then(Value::as_map).map(|route| NodeRoute {
        closed_by: text(route, "closed_by").unwrap_or_default(),
        owner: text(route, "owner").unwrap_or_default(),
    });
    ClusterDescription {
        name: text(value, "name").unwrap_or_default(),
        sources: each(value, "sources", source),
        network_plugin: text(value, "network_plugin"),
        node_route,
    }
}

fn each<T>(map: &Map, key: &str, read: impl Fn(&Map) -> T) -> Vec<T> {
    items(map, key).iter().filter_map(|item| item.value.as_map()).map(read).collect()
}

fn text(map: &Map, key: &str) -> Option<Text> {
    match map.get(key) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn texts(map: &Map, key: &str) -> Vec<Text> {
    items(map, key).iter().filter_map(|item| item.value.as_text()).map(Text::from).collect()
}

fn set(map: &Map, key: &str) -> BTreeSet<Text> {
    texts(map, key).into_iter().collect()
}

fn labels(map: &Map, key: &str) -> Vec<(Text, Text)> {
    let labels = map.get(key).and_then(Value::as_map).into_iter().flatten();
    labels.filter_map(|entry| Some((entry.key.clone(), entry.value.as_text()?.into()))).collect()
}

fn items<'a>(map: &'a Map, key: &str) -> &'a [Item] {
    map.get(key).and_then(Value::as_list).unwrap_or_default()
}
