//! `terraform show -json` of a plan, as resources: the exact way, because Terraform itself has evaluated.
//! Format: Terraform, "JSON Output Format", plan representation.
use super::{
    code::{self, Code},
    emit,
    module::Declared,
    plan_references::References,
    platforms, provider_facts, roots,
    unknown::finished,
    versions,
};
use crate::model::{
    Document, Entry, Hidden, Item, Map, Mark, Origin, Platform, Problem, Resource, Text, Unknown, Value,
};
use crate::normalise::Partial;
use std::collections::{BTreeMap, BTreeSet};

/// Major versions of the format that are read. Minor versions add only what may be passed over ("JSON Output Format",
/// format version).
const MAJORS: [&str; 2] = ["0", "1"];

/// One resource instance as planned.
pub(super) struct Planned<'v> {
    pub(super) address: &'v str,
    pub(super) module: &'v str,
    pub(super) data: bool,
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

/// Reads a plan; what is found in the code that it was made from has its place there.
pub(in crate::normalise) fn read(document: &Document, plan: &Value, roots: &Roots, code: Option<&Code>) -> Partial {
    let path = document.origin.path();
    let root = roots.get(path).unwrap_or(path).clone();
    let origin = |at: Mark| Origin::File { path: path.clone(), mark: at };
    let hiding = |platform| Some(Hidden { platform, root: Some(root.clone()), ..Hidden::default() });
    let top = Mark { line: 1, column: 1 };
    let mut partial = Partial::default();
    if let Some(cause) = unreadable(plan) {
        partial.problems.push(Problem { origin: origin(top), cause, hides: hiding(None) });
        return partial;
    }
    let (planned, faults) = planned(plan);
    for (at, cause) in faults {
        partial.problems.push(Problem { origin: origin(at), cause, hides: hiding(None) });
    }
    let references = References::new(plan, &planned);
    let source = code.and_then(|code| Some((code, code.root(&planned)?)));
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
        let declared = source.as_ref().and_then(|(code, root)| code.declared(root, one));
        let origin = declared.map_or_else(|| origin(one.at), |declared| declared.origin.clone());
        let values = values(one, declared, &references);
        partial.resources.push(resource(one, (platform, &root), origin, plan, values));
    }
    for (provider, (kinds, at, platform)) in unread {
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let cause = format!("resources of the provider `{provider}` are not read: {}", kinds.join(", "));
        let hides = platform.and_then(|platform| hiding(Some(platform)));
        partial.problems.push(Problem { origin: origin(at), cause, hides });
    }
    if let Some(cause) = not_whole(plan) {
        let hides = hiding(platforms::only(planned.iter().map(|one| one.kind)));
        partial.problems.push(Problem { origin: origin(top), cause: cause.to_owned(), hides });
    }
    partial
}

/// Why nothing of a plan is read.
fn unreadable(plan: &Value) -> Option<String> {
    let version = plan.get("format_version").and_then(Value::as_text);
    let known = version.is_some_and(|version| MAJORS.contains(&version.split('.').next().unwrap_or(version)));
    if !known {
        let shown = version.map_or_else(|| "it gives none".to_owned(), |version| format!("`{version}`"));
        return Some(format!(
            "the plan's format version is not known ({shown}): make it with Terraform 1 or OpenTofu 1"
        ));
    }
    let holds = |name| plan.find(&["planned_values", "root_module", name]).is_some();
    if plan.get("resource_changes").is_none() && (holds("resources") || holds("child_modules")) {
        let cause = "the plan has no `resource_changes`, so that what is known after apply cannot be told from what is \
                     unset: give the whole of `terraform show -json`";
        return Some(cause.to_owned());
    }
    None
}

/// Why a plan may not hold all that there will be.
fn not_whole(plan: &Value) -> Option<&'static str> {
    let is = |name, bool| plan.get(name).and_then(Value::as_bool) == Some(bool);
    if is("errored", true) {
        Some("the plan ended in an error and is not whole: plan again")
    } else if is("complete", false) {
        Some("the plan is not whole (made with `-target`, or with changes put off): plan everything")
    } else {
        None
    }
}

fn resource(
    one: &Planned<'_>,
    (platform, root): (Platform, &Text),
    origin: Origin,
    plan: &Value,
    mut values: Map,
) -> Resource {
    let provider = platforms::provider(one.kind);
    let majors = majors(plan, provider);
    if !one.data {
        provider_facts::apply(one.kind, &mut values, &majors);
    }
    let body = emit::body(one.kind, one.address, finished(Value::Map(values)));
    emit::resource(platform, root, one.kind, one.address, origin, body, (provider, majors))
}

/// What is planned of an instance, with what is unknown and without what is secret.
fn values(one: &Planned<'_>, declared: Option<&Declared>, references: &References<'_>) -> Map {
    let mut values = match one.values {
        Value::Map(map) => map.clone(),
        _ => Map::new(),
    };
    add_unknown(&mut values, one.unknown, &mut Vec::new(), one.at, &|attribute| references.unknown(one, attribute));
    hide_sensitive(&mut values, one.sensitive);
    if let Some(declared) = declared {
        code::place(&mut values, &declared.body);
    }
    values
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

/// Every instance that will exist, those without change too; and what is wrong with the entries that are not read.
fn planned(plan: &Value) -> (Vec<Planned<'_>>, Vec<(Mark, String)>) {
    let mut planned = Vec::new();
    let mut faults = Vec::new();
    for entry in plan.get("resource_changes").and_then(Value::as_list).unwrap_or(&[]) {
        match changed(entry) {
            Ok(one) => planned.extend(one),
            Err(cause) => faults.push((entry.at, format!("an entry of the plan is not read: {cause}"))),
        }
    }
    (planned, faults)
}

/// One entry; `None` where nothing will be there any more.
fn changed(entry: &Item) -> Result<Option<Planned<'_>>, String> {
    let lacks = |name: &str| format!("it lacks `{name}`: give the whole of `terraform show -json`");
    let change = entry.value.get("change").ok_or_else(|| lacks("change"))?;
    let actions = change.get("actions").and_then(Value::as_list).unwrap_or(&[]);
    if !actions.is_empty() && actions.iter().all(|action| matches!(action.value.as_text(), Some("delete" | "forget"))) {
        return Ok(None);
    }
    let after = change.get("after").filter(|after| **after != Value::Null);
    let unknown = change.get("after_unknown");
    let one = one(entry, after.unwrap_or(&Value::Null), unknown, change.get("after_sensitive")).map_err(lacks)?;
    match (after, unknown) {
        (_, Some(Value::Bool(true))) => Err(format!("the whole of {} is known after apply", one.address)),
        (None, None | Some(Value::Bool(false))) => Err(lacks("after")),
        _ => Ok(Some(one)),
    }
}

fn one<'v>(
    item: &'v Item,
    values: &'v Value,
    unknown: Option<&'v Value>,
    sensitive: Option<&'v Value>,
) -> Result<Planned<'v>, &'static str> {
    let text = |name| item.value.get(name).and_then(Value::as_text);
    Ok(Planned {
        address: text("address").ok_or("address")?,
        module: text("module_address").unwrap_or(""),
        data: text("mode") == Some("data"),
        kind: text("type").ok_or("type")?,
        name: text("name").ok_or("name")?,
        index: item.value.get("index"),
        values,
        unknown,
        sensitive,
        at: item.at,
    })
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
            marks @ (Value::Map(_) | Value::List(_)) => match (values.get_mut(&entry.key), marks) {
                (Some(Value::Map(inner)), Value::Map(_)) => add_unknown(inner, Some(marks), path, at, make),
                (Some(inner @ Value::List(_)), Value::List(marks)) => {
                    add_unknown_items(Some(inner), marks, path, at, make);
                }
                _ if holds_true(marks) => {
                    values.insert(Entry { key: entry.key.clone(), at, value: Value::Unknown(Box::new(make(path))) });
                }
                _ => {}
            },
            Value::Null | Value::Bool(false) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
        }
        path.pop();
    }
}

/// Whether something is marked in here.
fn holds_true(marks: &Value) -> bool {
    match marks {
        Value::Bool(bool) => *bool,
        Value::List(items) => items.iter().any(|item| holds_true(&item.value)),
        Value::Map(map) => map.iter().any(|entry| holds_true(&entry.value)),
        Value::Null | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => false,
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
            (Some(item), marks) if holds_true(marks) => item.value = Value::Unknown(Box::new(make(path))),
            (None, marks) if holds_true(marks) => items.push(Item { at, value: Value::Unknown(Box::new(make(path))) }),
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
