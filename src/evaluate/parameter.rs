//! Parameters of a criterion: defaults, and what no profile may loosen.
use super::form::Form;
use crate::model::{Bound, Entry, Map, Mark, Parameter, Text, Value};
use std::collections::BTreeMap;

/// Every parameter of a criterion; faults go into the form.
pub(super) fn all(form: &mut Form<'_>, map: &Map) -> BTreeMap<Text, Parameter> {
    let mut parameters = BTreeMap::new();
    let Some(entry) = map.entry("parameters") else { return parameters };
    let Some(written) = form.map(&entry.value, entry.at, "`parameters`") else { return parameters };
    for entry in written {
        if let Some(parameter) = one(form, entry) {
            parameters.insert(entry.key.clone(), parameter);
        }
    }
    parameters
}

fn one(form: &mut Form<'_>, entry: &Entry) -> Option<Parameter> {
    let map = form.map(&entry.value, entry.at, &format!("parameter `{}`", entry.key))?;
    form.known(map, &["default", "from", "bound", "about"]);
    let default = form.required(map, entry.at, "default")?;
    let about = form.text(map, entry.at, "about")?;
    let from_environment =
        map.entry("from").is_some() && form.choice(map, entry.at, "from", &[("environment", true)]).unwrap_or(false);
    let bound = map.entry("bound").and_then(|bound| read_bound(form, bound));
    if let Some(wrong) = bound.as_ref().and_then(|bound| bound.broken_by(&default.value)) {
        form.fault(default.at, format!("the default of `{}` breaks its own bound: {wrong}", entry.key));
    }
    Some(Parameter { default: default.value.clone(), from_environment, bound, about: about.to_string() })
}

fn read_bound(form: &mut Form<'_>, entry: &Entry) -> Option<Bound> {
    let map = form.map(&entry.value, entry.at, "`bound`")?;
    form.known(map, &["minimum", "maximum", "items_max", "one_of", "because"]);
    let because = form.text(map, entry.at, "because")?;
    let items_max = match map.get("items_max").map(Value::as_int) {
        None => None,
        Some(count) => {
            let count = count.and_then(|count| usize::try_from(count).ok());
            if count.is_none() {
                form.fault(place(map, entry.at, "items_max"), "`items_max` must be a whole number from 0");
            }
            count
        }
    };
    let one_of = match map.get("one_of") {
        None => None,
        Some(Value::List(items)) => Some(items.iter().map(|item| item.value.clone()).collect()),
        Some(_) => {
            form.fault(place(map, entry.at, "one_of"), "`one_of` must be a list");
            None
        }
    };
    let limit = |key| map.get(key).cloned();
    let because = because.to_string();
    let bound = Bound { minimum: limit("minimum"), maximum: limit("maximum"), items_max, one_of, because };
    if bound.minimum.is_none() && bound.maximum.is_none() && bound.items_max.is_none() && bound.one_of.is_none() {
        form.fault(entry.at, "`bound` binds nothing: give `minimum`, `maximum`, `items_max` or `one_of`");
    }
    Some(bound)
}

fn place(map: &Map, at: Mark, key: &str) -> Mark {
    map.entry(key).map_or(at, |entry| entry.at)
}
