//! Functions of lists and maps.
use super::{
    Answer, Row,
    Unknowns::{Own, Pass, Spread},
    any_unknown, argument, as_items, count, depends_on, entries, integer, list, map, text, texts_of,
};
use crate::model::{Entry, Item, Map, Mark, Value};
use crate::normalise::terraform::{
    expression,
    types::{self, as_float, order},
    unknown::{ADDRESS, has_unknown, last_wins, merged},
};
use std::collections::BTreeMap;

/// `range()` of Terraform makes no more either (`go-cty`, stdlib `range`).
const RANGE_MAX: usize = 1024;

pub(super) const TABLE: &[Row] = &[
    ("chunklist", Pass, chunklist),
    ("coalesce", Own, coalesce),
    ("coalescelist", Own, coalescelist),
    ("compact", Spread, compact),
    ("concat", Pass, concat),
    ("contains", Pass, contains),
    ("distinct", Pass, distinct),
    ("element", Pass, element),
    ("flatten", Pass, flatten),
    ("index", Spread, index),
    ("keys", Pass, |a| Ok(Value::from(entries(map(a, 0)?).map(|(key, _)| key.clone()).collect::<Vec<_>>()))),
    ("length", Pass, length),
    ("list", Pass, |a| Ok(Value::from(a.to_vec()))),
    ("lookup", Pass, lookup),
    ("map", Pass, super::numbers::paired),
    ("matchkeys", Spread, matchkeys),
    ("merge", Pass, merge),
    ("one", Pass, one),
    ("range", Spread, range),
    ("reverse", Pass, |a| Ok(Value::List(list(a, 0)?.iter().rev().cloned().collect()))),
    ("slice", Pass, slice),
    ("sort", Spread, |a| {
        let mut texts = texts_of(list(a, 0)?)?;
        texts.sort();
        Ok(Value::from(texts))
    }),
    ("tolist", Pass, tolist),
    ("tomap", Pass, |a| match argument(a, 0)? {
        Value::Null => Ok(Value::Null),
        _ => map(a, 0).map(|map| Value::Map(map.clone())),
    }),
    ("transpose", Spread, transpose),
    ("values", Pass, |a| Ok(Value::from(entries(map(a, 0)?).map(|(_, value)| value.clone()).collect::<Vec<_>>()))),
    ("zipmap", Pass, zipmap),
    ("alltrue", Pass, |a| all(a, false)),
    ("anytrue", Pass, |a| all(a, true)),
];

fn tolist(a: &[Value]) -> Answer {
    match argument(a, 0)? {
        Value::Null => Ok(Value::Null),
        _ => list(a, 0).map(|items| Value::List(items.to_vec())),
    }
}

fn length(a: &[Value]) -> Answer {
    match argument(a, 0)? {
        Value::Text(text) => Ok(count(text.chars().count())),
        Value::List(items) => Ok(count(items.len())),
        Value::Map(map) => Ok(count(entries(map).count())),
        _ => Err("a list, a map or a text is needed".to_owned()),
    }
}

fn concat(a: &[Value]) -> Answer {
    let mut all = Vec::new();
    for at in 0..a.len() {
        all.extend_from_slice(list(a, at)?);
    }
    Ok(Value::List(all))
}

fn merge(a: &[Value]) -> Answer {
    let mut all = Vec::new();
    for at in 0..a.len() {
        if *argument(a, at)? != Value::Null {
            all.extend(map(a, at)?.iter().filter(|entry| entry.key.as_ref() != ADDRESS).cloned());
        }
    }
    Ok(Value::Map(last_wins(all)))
}

/// The first that is neither null nor an empty text.
fn coalesce(a: &[Value]) -> Answer {
    first(a, |value| !matches!(value, Value::Null) && value.as_text() != Some(""))
}

fn coalescelist(a: &[Value]) -> Answer {
    first(a, |value| value.as_list().is_some_and(|items| !items.is_empty()))
}

/// Up to an unknown the answer is known; from there on it is one of the rest.
fn first(a: &[Value], counts: impl Fn(&Value) -> bool) -> Answer {
    for (at, value) in a.iter().enumerate() {
        if value.as_unknown().is_some() {
            let rest = a.get(at..).unwrap_or(&[]);
            let mut all = merged(rest).unwrap_or_default();
            all.any |= rest.len() > 1 && !all.refers.is_empty();
            return Ok(Value::Unknown(Box::new(all)));
        }
        if counts(value) {
            return Ok(value.clone());
        }
    }
    Err("nothing is left".to_owned())
}

fn compact(a: &[Value]) -> Answer {
    let kept = list(a, 0)?.iter().filter(|item| item.value != Value::Null && item.value.as_text() != Some(""));
    Ok(Value::List(kept.cloned().collect()))
}

fn contains(a: &[Value]) -> Answer {
    let (items, wanted) = (list(a, 0)?, argument(a, 1)?);
    if items.iter().any(|item| item.value == *wanted) {
        return Ok(true.into());
    }
    if any_unknown(items) || has_unknown(wanted) { depends_on(a) } else { Ok(false.into()) }
}

fn distinct(a: &[Value]) -> Answer {
    let mut kept: Vec<Item> = Vec::new();
    for item in list(a, 0)? {
        if has_unknown(&item.value) || !kept.iter().any(|old| old.value == item.value) {
            kept.push(item.clone());
        }
    }
    Ok(Value::List(kept))
}

/// Counts around: index 3 of two is the second.
fn element(a: &[Value]) -> Answer {
    let (items, index) = (list(a, 0)?, integer(a, 1)?);
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let at = index.checked_rem_euclid(length).ok_or("the list is empty")?;
    usize::try_from(at)
        .ok()
        .and_then(|at| items.get(at))
        .map(|item| item.value.clone())
        .ok_or("no such element".to_owned())
}

/// An unknown element may be a list of any length: then so is the whole.
fn flatten(a: &[Value]) -> Answer {
    let mut flat = Vec::new();
    if into_flat(list(a, 0)?, &mut flat) {
        return Ok(Value::List(flat));
    }
    Ok(Value::Unknown(Box::new(merged(a).unwrap_or_default())))
}

fn into_flat(items: &[Item], flat: &mut Vec<Item>) -> bool {
    items.iter().all(|item| match &item.value {
        Value::List(inner) => into_flat(inner, flat),
        Value::Unknown(_) => false,
        _ => {
            flat.push(item.clone());
            true
        }
    })
}

fn index(a: &[Value]) -> Answer {
    let wanted = argument(a, 1)?;
    list(a, 0)?
        .iter()
        .position(|item| item.value == *wanted)
        .map(count)
        .ok_or_else(|| "it is not in the list".to_owned())
}

fn lookup(a: &[Value]) -> Answer {
    match (map(a, 0)?.get(&text(a, 1)?), a.get(2)) {
        (Some(value), _) => Ok(value.clone()),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err("there is no such key".to_owned()),
    }
}

fn matchkeys(a: &[Value]) -> Answer {
    let (values, keys, wanted) = (list(a, 0)?, list(a, 1)?, list(a, 2)?);
    let pairs = values.iter().zip(keys).filter(|(_, key)| wanted.iter().any(|item| item.value == key.value));
    Ok(Value::List(pairs.map(|(value, _)| value.clone()).collect()))
}

fn one(a: &[Value]) -> Answer {
    match argument(a, 0)? {
        Value::Null => Ok(Value::Null),
        value => match as_items(value)? {
            [] => Ok(Value::Null),
            [item] => Ok(item.value.clone()),
            _ => Err("there is more than one".to_owned()),
        },
    }
}

fn range(a: &[Value]) -> Answer {
    let at = |at| super::number(a, at).map(as_float);
    let (start, end, step) = match a.len() {
        1 => (0.0, at(0)?, None),
        2 => (at(0)?, at(1)?, None),
        _ => (at(0)?, at(1)?, Some(at(2)?)),
    };
    let step = step.unwrap_or(if start <= end { 1.0 } else { -1.0 });
    if step == 0.0 {
        return Err("the step is 0".to_owned());
    }
    let mut made = Vec::new();
    let mut value = start;
    while if step > 0.0 { value < end } else { value > end } {
        if made.len() >= RANGE_MAX {
            return Ok(Value::unknown(format!("range() gives more than {RANGE_MAX} numbers")));
        }
        made.push(expression::number(value).ok_or("the result is no number")?);
        value += step;
    }
    Ok(Value::from(made))
}

fn slice(a: &[Value]) -> Answer {
    let items = list(a, 0)?;
    let at = |at| usize::try_from(integer(a, at)?).map_err(|_| "an index cannot be negative".to_owned());
    items
        .get(at(1)?..at(2)?)
        .map(|part| Value::List(part.to_vec()))
        .ok_or_else(|| "the indices are outside the list".to_owned())
}

fn chunklist(a: &[Value]) -> Answer {
    let items = list(a, 0)?;
    match usize::try_from(integer(a, 1)?) {
        Ok(0) => Ok(Value::from(vec![Value::List(items.to_vec())])),
        Ok(size) => Ok(Value::from(items.chunks(size).map(|chunk| Value::List(chunk.to_vec())).collect::<Vec<_>>())),
        Err(_) => Err("a size cannot be negative".to_owned()),
    }
}

/// Map of lists of texts, turned around.
fn transpose(a: &[Value]) -> Answer {
    let mut turned: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for (key, values) in entries(map(a, 0)?) {
        for value in texts_of(as_items(values)?)? {
            let item = Item { at: Mark::default(), value: Value::Text(key.clone()) };
            turned.entry(value).or_default().push(item);
        }
    }
    Ok(Value::Map(turned.into_iter().map(|(value, items)| (value, Value::List(items))).collect::<Map>()))
}

fn zipmap(a: &[Value]) -> Answer {
    let (keys, values) = (list(a, 0)?, list(a, 1)?);
    if any_unknown(keys) {
        return Ok(Value::Unknown(Box::new(merged(a).unwrap_or_default())));
    }
    if keys.len() != values.len() {
        return Err("the lists are of different lengths".to_owned());
    }
    let pairs = texts_of(keys)?.into_iter().zip(values);
    let entries = pairs.map(|(key, item)| Entry { key: key.into(), at: item.at, value: item.value.clone() });
    Ok(Value::Map(last_wins(entries.collect())))
}

/// `anytrue` (`decides` true) and `alltrue`: one value that decides is enough.
fn all(a: &[Value], decides: bool) -> Answer {
    let items = list(a, 0)?;
    let decided = items.iter().any(|item| types::bool(&item.value) == Ok(decides.into()));
    match decided {
        true => Ok(decides.into()),
        false if any_unknown(items) => depends_on(a),
        // Null counts as false.
        false => Ok((!decides && !items.iter().any(|item| item.value == Value::Null)).into()),
    }
}

/// Sorted, each once; shared with the functions of sets.
pub(super) fn as_set(mut items: Vec<Item>) -> Value {
    items.sort_by(|a, b| order(&a.value, &b.value));
    items.dedup_by(|a, b| a.value == b.value);
    Value::List(items)
}
