//! Values that cannot be read, and what happens to them on the way through expressions.
use super::syntax::{Access, Body, Expression, KeyName, Node, Part};
use crate::model::{Entry, Item, Map, Mark, Text, Unknown, Value};
use std::collections::BTreeSet;

/// The key under which the value of a resource carries its address while expressions are evaluated: what the
/// configuration does not give of it is then known to be taken from it. Never reaches a body.
pub(super) const ADDRESS: &str = "$address";

/// Before an address: the resource is of no platform (`random_string.a`), so that nothing is to be joined to it.
pub(super) const HELPER: char = '~';

/// Before an address in `refers`: taken from an attribute that does not identify the resource (its location). Kept
/// while the value is handed on as it is; dropped where it becomes part of another text, because
/// `"nsg-${rg.name}"` names something else than `rg`.
const WEAK: char = '?';

/// Between the addresses of a mark. The first is the resource's own; the rest, of a data source, are the resources that
/// its arguments mention: it may be one of them, looked up again.
pub(super) const ALSO: char = '\n';

/// The unknown that is taken from one attribute of what carries this mark.
pub(super) fn taken_from(mark: &str, attribute: &str, why: impl Into<String>) -> Unknown {
    let known = mark.split(ALSO).filter(|address| !address.starts_with(HELPER));
    let refers: Vec<String> = known
        .map(|address| if identifies(attribute) { address.to_owned() } else { format!("{WEAK}{address}") })
        .collect();
    Unknown { why: why.into(), any: refers.len() > 1, refers }
}

/// The address in a mark, as people know it.
pub(super) fn address_of(mark: &str) -> &str {
    mark.split(ALSO).next().unwrap_or(mark).trim_start_matches(HELPER)
}

/// Whether an attribute names the resource itself and nothing else of it.
pub(super) fn identifies(attribute: &str) -> bool {
    const ENDINGS: [&str; 6] = ["id", "ids", "arn", "arns", "self_link", "uri"];
    ENDINGS
        .iter()
        .any(|ending| attribute.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('_')))
}

/// Adds what another unknown is taken from.
pub(super) fn join(into: &mut Unknown, other: &Unknown) {
    into.refers.extend(other.refers.iter().cloned());
    into.refers.sort();
    into.refers.dedup();
    into.any |= other.any;
}

/// One unknown of several that are handed on as they are. The first one says why.
pub(super) fn merged<'v>(values: impl IntoIterator<Item = &'v Value>) -> Option<Unknown> {
    let mut all: Option<Unknown> = None;
    for value in values {
        each(value, &mut |unknown| match &mut all {
            Some(all) => join(all, unknown),
            None => all = Some(unknown.clone()),
        });
    }
    all
}

/// One unknown of several that become part of something else.
pub(super) fn mixed<'v>(values: impl IntoIterator<Item = &'v Value>) -> Option<Unknown> {
    let mut all = merged(values)?;
    all.refers.retain(|address| !address.starts_with(WEAK));
    Some(all)
}

/// Calls for every unknown inside a value.
pub(super) fn each(value: &Value, see: &mut impl FnMut(&Unknown)) {
    match value {
        Value::Unknown(unknown) => see(unknown),
        Value::List(items) => items.iter().for_each(|item| each(&item.value, see)),
        Value::Map(map) => map.iter().for_each(|entry| each(&entry.value, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// Whether anything inside is unknown.
pub(super) fn has_unknown(value: &Value) -> bool {
    match value {
        Value::Unknown(_) => true,
        Value::List(items) => items.iter().any(|item| has_unknown(&item.value)),
        Value::Map(map) => map.iter().any(|entry| has_unknown(&entry.value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => false,
    }
}

/// How many values a value is made of.
pub(super) fn weight(value: &Value) -> u64 {
    match value {
        Value::List(items) => items.iter().fold(1, |sum: u64, item| sum.saturating_add(weight(&item.value))),
        Value::Map(map) => map.iter().fold(1, |sum: u64, entry| sum.saturating_add(weight(&entry.value))),
        Value::Text(text) => 1 + text.len() as u64 / 64,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => 1,
    }
}

/// How deep a value nests.
pub(super) fn height(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(|item| height(&item.value)).max().unwrap_or(0),
        Value::Map(map) => 1 + map.iter().map(|entry| height(&entry.value)).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => 0,
    }
}

/// A map of entries in any order; of one key, the last one stays.
pub(super) fn last_wins(mut entries: Vec<Entry>) -> Map {
    entries.reverse();
    Map::from_entries(entries).0
}

/// The value without places: it stands in another file than the one it goes into.
pub(super) fn placeless(value: &mut Value) {
    match value {
        Value::List(items) => items.iter_mut().for_each(|item| {
            item.at = Mark::default();
            placeless(&mut item.value);
        }),
        Value::Map(map) => {
            let old = std::mem::take(map);
            for mut entry in old {
                placeless(&mut entry.value);
                map.insert(Entry { at: Mark::default(), ..entry });
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
    }
}

/// As a rule may see it: without null members, addresses of origin and marks of weakness.
pub(super) fn finished(value: Value) -> Value {
    match value {
        Value::Unknown(mut unknown) => {
            unknown.refers = unknown.refers.iter().map(|at| at.trim_start_matches(WEAK).to_owned()).collect();
            unknown.refers.sort();
            unknown.refers.dedup();
            Value::Unknown(unknown)
        }
        Value::List(items) => {
            Value::List(items.into_iter().map(|item| Item { value: finished(item.value), ..item }).collect())
        }
        Value::Map(map) => {
            let mut kept = Map::new();
            for entry in map {
                if entry.key.as_ref() != ADDRESS && entry.value != Value::Null {
                    kept.insert(Entry { value: finished(entry.value), ..entry });
                }
            }
            Value::Map(kept)
        }
        known => known,
    }
}

/// The names that a body's expressions start with, `for` variables included.
pub(super) fn mentioned(body: &Body, names: &mut BTreeSet<Text>) {
    body.attributes.iter().for_each(|attribute| mentioned_in(&attribute.value, names));
    body.blocks.iter().for_each(|block| mentioned(&block.body, names));
}

/// As [`mentioned`], for one expression. A name is given with its first member: `azurerm_subnet.a`.
pub(super) fn mentioned_in(node: &Node, names: &mut BTreeSet<Text>) {
    match &node.expression {
        Expression::Literal(_) => {}
        Expression::Template(parts) => mentioned_in_parts(parts, names),
        Expression::List(items) => items.iter().for_each(|item| mentioned_in(item, names)),
        Expression::Object(entries) => entries.iter().for_each(|(key, value)| {
            if let KeyName::Computed(key) = &key.name {
                mentioned_in(key, names);
            }
            mentioned_in(value, names);
        }),
        Expression::Reference(name, steps) => {
            names.insert(match steps.first() {
                Some(Access::Name(member)) => format!("{name}.{member}").into(),
                _ => name.clone(),
            });
            mentioned_in_steps(steps, names);
        }
        Expression::Lookup(inner, steps) => {
            mentioned_in(inner, names);
            mentioned_in_steps(steps, names);
        }
        Expression::Conditional(parts) => parts.iter().for_each(|part| mentioned_in(part, names)),
        Expression::Call(call) => call.arguments.iter().for_each(|argument| mentioned_in(argument, names)),
        Expression::Not(inner) | Expression::Negate(inner) => mentioned_in(inner, names),
        Expression::Binary(_, sides) => sides.iter().for_each(|side| mentioned_in(side, names)),
        Expression::For(each) => [Some(&each.collection), each.result_key.as_ref(), Some(&each.result)]
            .into_iter()
            .chain([each.condition.as_ref()])
            .flatten()
            .for_each(|node| mentioned_in(node, names)),
    }
}

fn mentioned_in_steps(steps: &[Access], names: &mut BTreeSet<Text>) {
    for step in steps {
        if let Access::Index(index) = step {
            mentioned_in(index, names);
        }
    }
}

fn mentioned_in_parts(parts: &[Part], names: &mut BTreeSet<Text>) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Value(node) => mentioned_in(node, names),
            Part::If { condition, then, otherwise } => {
                mentioned_in(condition, names);
                mentioned_in_parts(then, names);
                mentioned_in_parts(otherwise, names);
            }
            Part::For { collection, parts, .. } => {
                mentioned_in(collection, names);
                mentioned_in_parts(parts, names);
            }
        }
    }
}
