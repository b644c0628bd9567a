//! Renames and defaults of provider attributes: bodies are read under today's names, with what the provider fills in.
//!
//! The table `provider_facts.json` is taken from the providers' own documentation (azurerm 5.2.0 with its 4.0 and 5.0
//! upgrade guides, August 2026; azuread, google and openstack of July and August 2026; the three defaults of azurerm
//! before a change are those of the 3.x and 4.x documentation). A key `block.attribute` means inside blocks of that
//! name, at any depth.
use super::types;
use crate::model::{Entry, Item, Map, Mark, Unknown, Value};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

#[derive(Deserialize)]
struct Table {
    /// Major versions whose facts the table holds, by provider.
    known: BTreeMap<String, Vec<u32>>,
    types: BTreeMap<String, Facts>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts {
    /// Old name to today's.
    renamed: BTreeMap<String, String>,
    /// As `renamed`; true has become false.
    inverted: BTreeMap<String, String>,
    /// As `renamed`; true has become `Enabled`, false `Disabled`.
    switched: BTreeMap<String, String>,
    /// As `renamed` for blocks with `enabled` inside, which today are left out where they are not enabled.
    blocks: BTreeMap<String, String>,
    /// As `renamed`, where the new attribute takes other values: it is unknown.
    unlike: BTreeMap<String, String>,
    /// The same in every known major.
    defaults: BTreeMap<String, serde_json::Value>,
    /// By major; one that is missing is not documented.
    changed: BTreeMap<String, BTreeMap<u32, serde_json::Value>>,
}

static TABLE: LazyLock<Option<Table>> =
    LazyLock::new(|| serde_json::from_str(include_str!("provider_facts.json")).ok());

/// The majors of a provider that the table knows, in order.
pub(super) fn known(provider: &str) -> &'static [u32] {
    TABLE.as_ref().and_then(|table| table.known.get(provider)).map_or(&[], Vec::as_slice)
}

/// Reads a body as today's provider would: renames first, then what is unset and has a default.
///
/// Where the majors that may read the configuration differ, the unset attribute is an unknown that says so.
pub(super) fn apply(kind: &str, body: &mut Map, majors: &[u32]) {
    let Some(facts) = TABLE.as_ref().and_then(|table| table.types.get(kind)) else { return };
    let provider = super::platforms::provider(kind);
    let with = |names: &BTreeMap<String, String>, body: &mut Map, change: &dyn Fn(&str, Value) -> Value| {
        for (old, new) in names {
            let (path, old) = split(old);
            let new = split(new).1;
            in_blocks(body, &path, &mut |map| rename(map, old, new, change));
        }
    };
    with(&facts.renamed, body, &|_, value| value);
    with(&facts.inverted, body, &|_, value| match types::bool(&value) {
        Ok(Value::Bool(bool)) => Value::Bool(!bool),
        _ => value,
    });
    with(&facts.switched, body, &|_, value| match types::bool(&value) {
        Ok(value) => Value::from(if value == Value::Bool(true) { "Enabled" } else { "Disabled" }),
        Err(_) => value,
    });
    with(&facts.blocks, body, &|_, value| enabled_only(value));
    with(&facts.unlike, body, &|old, value| {
        let taken = super::unknown::merged([&value]).unwrap_or_default();
        Value::Unknown(Box::new(Unknown { why: format!("written as `{old}`, which {provider} has replaced"), ..taken }))
    });
    for (name, default) in &facts.defaults {
        let default = super::json::value(default);
        fill(body, name, &|| {
            if majors.iter().all(|major| known(provider).contains(major)) {
                default.clone()
            } else {
                undocumented(provider, majors)
            }
        });
    }
    for (name, by_major) in &facts.changed {
        fill(body, name, &|| changed(provider, by_major, majors));
    }
}

fn changed(provider: &str, by_major: &BTreeMap<u32, serde_json::Value>, majors: &[u32]) -> Value {
    let of = |major: &u32| by_major.get(major);
    let Some(first) = majors.first().and_then(of) else { return undocumented(provider, majors) };
    if majors.iter().all(|major| of(major) == Some(first)) {
        return super::json::value(first);
    }
    let list: Vec<String> = majors.iter().map(ToString::to_string).collect();
    Value::unknown(format!("its default differs between {provider} {}: state it, or pin the provider", list.join(", ")))
}

fn undocumented(provider: &str, majors: &[u32]) -> Value {
    let list: Vec<String> = majors.iter().map(ToString::to_string).collect();
    Value::unknown(format!("its default in {provider} {} is not known: state it", list.join(", ")))
}

fn split(name: &str) -> (Vec<&str>, &str) {
    let mut path: Vec<&str> = name.split('.').collect();
    let last = path.pop().unwrap_or(name);
    (path, last)
}

/// Runs for every map that a path of block names leads to: the first name at any depth, the rest below each other.
fn in_blocks(map: &mut Map, path: &[&str], run: &mut dyn FnMut(&mut Map)) {
    let Some((first, rest)) = path.split_first() else { return run(map) };
    let old = std::mem::take(map);
    for mut entry in old {
        if let Value::List(items) = &mut entry.value {
            for Item { value, .. } in items {
                let Value::Map(inner) = value else { continue };
                if entry.key.as_ref() == *first {
                    in_next(inner, rest, run);
                }
                in_blocks(inner, path, run);
            }
        }
        map.insert(entry);
    }
}

fn in_next(map: &mut Map, path: &[&str], run: &mut dyn FnMut(&mut Map)) {
    let Some((first, rest)) = path.split_first() else { return run(map) };
    if let Some(Value::List(items)) = map.get_mut(first) {
        for item in items {
            if let Value::Map(inner) = &mut item.value {
                in_next(inner, rest, run);
            }
        }
    }
}

/// A value under today's name outranks one under an old name.
fn rename(map: &mut Map, old: &str, new: &str, change: &dyn Fn(&str, Value) -> Value) {
    let Some(Entry { at, value, .. }) = map.remove(old) else { return };
    if map.get(new).is_some() {
        return;
    }
    map.insert(Entry { key: new.into(), at, value: change(old, value) });
}

/// `log { enabled = false }` is no log; `enabled` and the old retention are not part of the new block.
fn enabled_only(value: Value) -> Value {
    let Value::List(items) = value else { return value };
    let mut kept = Vec::with_capacity(items.len());
    for Item { at, value } in items {
        let Value::Map(mut map) = value else {
            kept.push(Item { at, value });
            continue;
        };
        match map.remove("enabled").map(|entry| entry.value) {
            Some(Value::Unknown(unknown)) => {
                let why = format!("whether the log is enabled is not known: {}", unknown.why);
                return Value::Unknown(Box::new(Unknown { why, ..*unknown }));
            }
            Some(value) if types::bool(&value) == Ok(Value::Bool(false)) => {}
            _ => kept.push(Item { at, value: Value::Map(map) }),
        }
    }
    Value::List(kept)
}

/// Sets an unset attribute. A set one gets the type of its default: `"30"` is read as 30, as the provider does.
fn fill(body: &mut Map, name: &str, default: &dyn Fn() -> Value) {
    let (path, name) = split(name);
    in_blocks(body, &path, &mut |map| match map.get_mut(name) {
        None => {
            map.insert(Entry { key: name.into(), at: Mark::default(), value: default() });
        }
        Some(value @ Value::Text(_)) => {
            let typed = match default() {
                Value::Number(_) => types::number(value),
                Value::Bool(_) => types::bool(value),
                _ => return,
            };
            if let Ok(typed) = typed {
                *value = typed;
            }
        }
        Some(_) => {}
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(pairs: &[(&str, Value)], majors: &[u32]) -> Map {
        let mut map: Map = pairs.iter().map(|(key, value)| (*key, value.clone())).collect();
        apply("azurerm_storage_account", &mut map, majors);
        map
    }

    #[test]
    fn the_table_can_be_read() {
        assert!(TABLE.is_some());
        assert_eq!(known("azurerm"), [3, 4, 5]);
    }

    #[test]
    fn an_unset_attribute_has_the_default_of_the_major() {
        let public = |majors: &[u32]| account(&[], majors).get("allow_nested_items_to_be_public").cloned();
        assert_eq!(public(&[3, 4]), Some(true.into()));
        assert_eq!(public(&[5]), Some(false.into()));
        let why = "its default differs between azurerm 4, 5: state it, or pin the provider";
        assert_eq!(public(&[4, 5]), Some(Value::unknown(why)));
        assert_eq!(public(&[2]), Some(Value::unknown("its default in azurerm 2 is not known: state it")));
    }

    #[test]
    fn old_names_are_read_under_todays() {
        let map = account(&[("enable_https_traffic_only", false.into())], &[3]);
        assert_eq!(map.get("https_traffic_only_enabled"), Some(&false.into()));
        assert_eq!(map.get("enable_https_traffic_only"), None);
        let mut table: Map = [("disable_bgp_route_propagation", true)].into_iter().collect();
        apply("azurerm_route_table", &mut table, &[3]);
        assert_eq!(Value::Map(table), Value::Map([("bgp_route_propagation_enabled", false)].into_iter().collect()));
    }

    #[test]
    fn a_log_block_of_old_counts_only_where_it_is_enabled() {
        let log = |category: &str, enabled: bool| -> Map {
            [("category", Value::from(category)), ("enabled", enabled.into())].into_iter().collect()
        };
        let mut setting: Map = [("log", Value::from(vec![log("a", true), log("b", false)]))].into_iter().collect();
        apply("azurerm_monitor_diagnostic_setting", &mut setting, &[3]);
        let kept: Map = [("category", "a")].into_iter().collect();
        assert_eq!(setting.get("enabled_log"), Some(&Value::from(vec![kept])));
    }

    #[test]
    fn defaults_reach_into_blocks_that_are_there() {
        let retention = Map::new();
        let properties: Map = [("delete_retention_policy", Value::from(vec![retention]))].into_iter().collect();
        let map = account(&[("blob_properties", Value::from(vec![properties]))], &[4]);
        let blob = map.get("blob_properties").and_then(Value::as_list).and_then(|list| list.first()).unwrap();
        assert_eq!(blob.value.get("versioning_enabled"), Some(&false.into()));
        let policy = blob.value.get("delete_retention_policy").and_then(Value::as_list).and_then(|list| list.first());
        assert_eq!(policy.unwrap().value.get("days"), Some(&7.into()));
        assert_eq!(map.get("queue_properties"), None);
    }
}
