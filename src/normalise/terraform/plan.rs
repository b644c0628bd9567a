//! `terraform show -json` of a plan, as resources: the exact way, because Terraform itself has evaluated.
//! Format: Terraform, "JSON Output Format", plan representation.
use super::{emit, plan_references::References, platforms, provider_facts, roots, unknown::finished, versions};
use crate::model::{
    Document, Entry, Hidden, Item, Map, Mark, Origin, Platform, Problem, Resource, Text, Unknown, Value,
};
use crate::normalise::Partial;
use std::collections::{BTreeMap, BTreeSet};

/// How deep modules of a plan may nest; the JSON reader bounds it too.
const MODULES_DEEP_MAX: usize = 60;

/// One resource instance as planned.
pub(super) struct Planned<'v> {
    pub(super) address: &'v str,
    pub(super) module: &'v str,
    data: bool,
    pub(super) kind: &'v str,
    pub(super) name: &'v str,
    pub(super) index: Option<&'v Value>,
    values: &'v Value,
    unknown: Option<&'v Value>,
    sensitive: Option<&'v Value>,
    at: Mark,
}

/// The root of each plan, by the plan's path.
pub(in crate::normalise) type Roots = BTreeMap<Text, Text>;

/// Names the roots of plans: the folder, where it holds neither code nor a second plan, else the file. Code and plan of
/// one folder may be of different days, so that neither stands for the other.
pub(in crate::normalise) fn roots<'p>(plans: impl Iterator<Item = &'p Text>, code: &[&Document]) -> Roots {
    let coded: BTreeSet<Text> = code.iter().map(|document| roots::folder(document.origin.path())).collect();
    let mut by_folder: BTreeMap<Text, Vec<&Text>> = BTreeMap::new();
    plans.for_each(|path| by_folder.entry(roots::folder(path)).or_default().push(path));
    let mut found = Roots::new();
    for (folder, paths) in by_folder {
        let alone = paths.len() == 1 && !coded.contains(&folder);
        found.extend(paths.into_iter().map(|path| (path.clone(), if alone { folder.clone() } else { path.clone() })));
    }
    found
}

/// Reads a plan.
pub(in crate::normalise) fn read(document: &Document, plan: &Value, roots: &Roots) -> Partial {
    let path = document.origin.path();
    let root = roots.get(path).unwrap_or(path).clone();
    let planned = planned(plan);
    let references = References::new(plan, &planned);
    let mut partial = Partial::default();
    let mut unread: BTreeMap<&str, (BTreeSet<&str>, Mark, Option<Platform>)> = BTreeMap::new();
    for one in &planned {
        let platform = match platforms::of_kind(one.kind) {
            platforms::Standing::Platform(platform) if !one.data || platforms::DATA.contains(&one.kind) => platform,
            platforms::Standing::Unread(platform) if !one.data => {
                unread
                    .entry(platforms::provider(one.kind))
                    .or_insert((BTreeSet::new(), one.at, platform))
                    .0
                    .insert(one.kind);
                continue;
            }
            _ => continue,
        };
        partial.resources.push(resource(one, platform, path, &root, plan, &references));
    }
    let origin = |at: Mark| Origin::File { path: path.clone(), mark: at };
    for (provider, (kinds, at, platform)) in unread {
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let cause = format!("resources of the provider `{provider}` are not read: {}", kinds.join(", "));
        let hides =
            platform.map(|platform| Hidden { platform: Some(platform), root: Some(root.clone()), namespace: None });
        partial.problems.push(Problem { origin: origin(at), cause, hides });
    }
    if plan.get("errored").and_then(Value::as_bool) == Some(true) {
        let cause = "the plan ended in an error and is not whole: plan again";
        let platform = platforms::only(planned.iter().map(|one| one.kind));
        let hides = Some(Hidden { platform, root: Some(root), namespace: None });
        partial.problems.push(Problem { origin: origin(Mark { line: 1, column: 1 }), cause: cause.to_owned(), hides });
    }
    partial
}

fn resource(
    one: &Planned<'_>,
    platform: Platform,
    path: &Text,
    root: &Text,
    plan: &Value,
    references: &References<'_>,
) -> Resource {
    let mut values = match one.values {
        Value::Map(map) => map.clone(),
        _ => Map::new(),
    };
    let at = one.at;
    add_unknown(&mut values, one.unknown, &mut Vec::new(), at, &|attribute| references.unknown(one, attribute));
    hide_sensitive(&mut values, one.sensitive);
    let provider = platforms::provider(one.kind);
    let majors = majors(plan, provider);
    if !one.data {
        provider_facts::apply(one.kind, &mut values, &majors);
    }
    let body = emit::body(one.kind, one.address, finished(Value::Map(values)));
    let origin = Origin::File { path: path.clone(), mark: at };
    emit::resource(platform, root, one.kind, one.address, origin, body, (provider, majors))
}

/// `configuration.provider_config` names each provider with its constraint.
fn majors(plan: &Value, provider: &str) -> Vec<u32> {
    let providers = plan.find(&["configuration", "provider_config"]).and_then(Value::as_map);
    let constraints = providers
        .into_iter()
        .flatten()
        .filter(|entry| entry.value.get("name").and_then(Value::as_text) == Some(provider))
        .filter_map(|entry| entry.value.get("version_constraint").and_then(Value::as_text));
    versions::allowed(constraints, provider_facts::known(provider))
}

/// Every instance that will exist: from `resource_changes`, which holds those without change too, else from
/// `planned_values`.
fn planned(plan: &Value) -> Vec<Planned<'_>> {
    if let Some(changes) = plan.get("resource_changes").and_then(Value::as_list) {
        return changes.iter().filter_map(changed).collect();
    }
    let mut planned = Vec::new();
    if let Some(module) = plan.find(&["planned_values", "root_module"]) {
        in_module(module, "", 0, &mut planned);
    }
    planned
}

fn changed(change: &Item) -> Option<Planned<'_>> {
    let inner = change.value.get("change")?;
    let after = inner.get("after").filter(|after| **after != Value::Null);
    // Deleted and forgotten resources have no `after`; one that is wholly unknown has `after_unknown: true`.
    let unknown = inner.get("after_unknown");
    if after.is_none() && unknown.is_none_or(|unknown| *unknown == Value::Bool(false)) {
        return None;
    }
    let actions = inner.get("actions").and_then(Value::as_list).unwrap_or(&[]);
    if actions.iter().all(|action| matches!(action.value.as_text(), Some("delete" | "forget"))) && !actions.is_empty() {
        return None;
    }
    let module = change.value.get("module_address").and_then(Value::as_text).unwrap_or("");
    one(change, module, after.unwrap_or(&Value::Null), unknown, inner.get("after_sensitive"))
}

fn one<'v>(
    item: &'v Item,
    module: &'v str,
    values: &'v Value,
    unknown: Option<&'v Value>,
    sensitive: Option<&'v Value>,
) -> Option<Planned<'v>> {
    let text = |name| item.value.get(name).and_then(Value::as_text);
    Some(Planned {
        address: text("address")?,
        module,
        data: text("mode") == Some("data"),
        kind: text("type")?,
        name: text("name")?,
        index: item.value.get("index"),
        values,
        unknown,
        sensitive,
        at: item.at,
    })
}

fn in_module<'v>(module: &'v Value, address: &'v str, depth: usize, planned: &mut Vec<Planned<'v>>) {
    if depth > MODULES_DEEP_MAX {
        return;
    }
    for item in module.get("resources").and_then(Value::as_list).unwrap_or(&[]) {
        let values = item.value.get("values").unwrap_or(&Value::Null);
        planned.extend(one(item, address, values, None, item.value.get("sensitive_values")));
    }
    for child in module.get("child_modules").and_then(Value::as_list).unwrap_or(&[]) {
        let address = child.value.get("address").and_then(Value::as_text).unwrap_or("");
        in_module(&child.value, address, depth + 1, planned);
    }
}

/// Lays `after_unknown` over the values: `true` stands where a value is known after apply.
fn add_unknown(
    values: &mut Map,
    unknown: Option<&Value>,
    path: &mut Vec<Text>,
    at: Mark,
    make: &dyn Fn(&[Text]) -> Unknown,
) {
    for entry in unknown.and_then(Value::as_map).into_iter().flatten() {
        path.push(entry.key.clone());
        match &entry.value {
            Value::Bool(true) => {
                let at = values.entry(&entry.key).map_or(at, |old| old.at);
                values.insert(Entry { key: entry.key.clone(), at, value: Value::Unknown(Box::new(make(path))) });
            }
            Value::Map(_) => {
                if let Some(Value::Map(inner)) = values.get_mut(&entry.key) {
                    add_unknown(inner, Some(&entry.value), path, at, make);
                }
            }
            Value::List(marks) => add_unknown_items(values.get_mut(&entry.key), marks, path, at, make),
            Value::Null | Value::Bool(false) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
        }
        path.pop();
    }
}

fn add_unknown_items(
    values: Option<&mut Value>,
    marks: &[Item],
    path: &mut Vec<Text>,
    at: Mark,
    make: &dyn Fn(&[Text]) -> Unknown,
) {
    let Some(Value::List(items)) = values else { return };
    for (index, mark) in marks.iter().enumerate() {
        match (items.get_mut(index), &mark.value) {
            (Some(item), Value::Bool(true)) => item.value = Value::Unknown(Box::new(make(path))),
            (Some(Item { value: Value::Map(inner), .. }), marks) => add_unknown(inner, Some(marks), path, at, make),
            (Some(Item { value: inner @ Value::List(_), .. }), Value::List(marks)) => {
                add_unknown_items(Some(inner), marks, path, at, make);
            }
            // Unknown elements are left out of the values where they come last.
            (None, Value::Bool(true)) => items.push(Item { at, value: Value::Unknown(Box::new(make(path))) }),
            _ => {}
        }
    }
}

/// Lays `after_sensitive` over the values: `true` stands where nobody may look.
fn hide_sensitive(values: &mut Map, sensitive: Option<&Value>) {
    if sensitive == Some(&Value::Bool(true)) {
        values.iter_mut().for_each(|(_, value)| hide(value));
    }
    for entry in sensitive.and_then(Value::as_map).into_iter().flatten() {
        if let Some(value) = values.get_mut(&entry.key) {
            hide_in(value, &entry.value);
        }
    }
}

fn hide_in(value: &mut Value, sensitive: &Value) {
    match (value, sensitive) {
        (value, Value::Bool(true)) => hide(value),
        (Value::Map(map), marks @ Value::Map(_)) => hide_sensitive(map, Some(marks)),
        (Value::List(items), Value::List(marks)) => {
            items.iter_mut().zip(marks).for_each(|(item, mark)| hide_in(&mut item.value, &mark.value));
        }
        _ => {}
    }
}

/// Null is no secret, and an unknown keeps what it refers to.
fn hide(value: &mut Value) {
    if !matches!(value, Value::Null | Value::Unknown(_)) {
        *value = Value::unknown("sensitive");
    }
}
