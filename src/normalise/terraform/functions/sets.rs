//! Functions of sets. A set is a list in order without repetition.
use super::{
    Answer, Row,
    Unknowns::{Pass, Spread},
    any_unknown, argument,
    collections::as_set,
    list,
};
use crate::model::{Item, Mark, Value};
use crate::normalise::terraform::types;

/// More combinations than anybody writes resources for.
const PRODUCT_MAX: usize = 100_000;

pub(super) const TABLE: &[Row] = &[
    ("setintersection", Spread, |a| {
        let mut kept = list(a, 0)?.to_vec();
        for at in 1..a.len() {
            let other = list(a, at)?;
            kept.retain(|item| other.iter().any(|there| there.value == item.value));
        }
        Ok(as_set(kept))
    }),
    ("setproduct", Pass, setproduct),
    ("setsubtract", Spread, |a| {
        let gone = list(a, 1)?;
        Ok(as_set(
            list(a, 0)?.iter().filter(|item| !gone.iter().any(|there| there.value == item.value)).cloned().collect(),
        ))
    }),
    ("setsymmetricdifference", Spread, |a| {
        let (left, right) = (list(a, 0)?, list(a, 1)?);
        let only = |of: &[Item], other: &[Item]| -> Vec<Item> {
            of.iter().filter(|item| !other.iter().any(|there| there.value == item.value)).cloned().collect()
        };
        Ok(as_set([only(left, right), only(right, left)].concat()))
    }),
    ("setunion", Pass, |a| {
        let mut all = Vec::new();
        for at in 0..a.len() {
            all.extend_from_slice(list(a, at)?);
        }
        Ok(types::set(Value::List(all)))
    }),
    ("toset", Pass, |a| match argument(a, 0)? {
        Value::Null => Ok(Value::Null),
        _ => Ok(types::set(Value::List(list(a, 0)?.to_vec()))),
    }),
];

fn setproduct(a: &[Value]) -> Answer {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for at in 0..a.len() {
        let items = list(a, at)?;
        if any_unknown(items) && items.len() > 1 {
            return Ok(Value::Unknown(Box::new(super::merged(a).unwrap_or_default())));
        }
        if rows.len().saturating_mul(items.len()).saturating_mul(a.len()) > PRODUCT_MAX {
            return Ok(Value::unknown(format!("setproduct() gives more than {PRODUCT_MAX} values")));
        }
        rows = rows
            .iter()
            .flat_map(|row| items.iter().map(|item| row.iter().cloned().chain([item.value.clone()]).collect()))
            .collect();
    }
    let rows = rows.into_iter().map(|row| Item { at: Mark::default(), value: Value::from(row) });
    Ok(Value::List(rows.collect()))
}
