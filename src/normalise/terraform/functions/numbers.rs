//! Functions of numbers, and conversions.
use super::{
    Answer, Row,
    Unknowns::{Own, Pass, Spread},
    argument, integer, list, number, text,
};
use crate::model::{Map, Number, Value};
use crate::normalise::terraform::{
    evaluator::masked,
    expression,
    types::{self, as_float},
    unknown::merged,
};

pub(super) const TABLE: &[Row] = &[
    ("abs", Spread, |a| float(as_float(number(a, 0)?).abs())),
    ("ceil", Spread, |a| float(as_float(number(a, 0)?).ceil())),
    ("floor", Spread, |a| float(as_float(number(a, 0)?).floor())),
    ("log", Spread, |a| float(as_float(number(a, 0)?).log(as_float(number(a, 1)?)))),
    ("max", Spread, |a| extreme(a, |new, old| new > old)),
    ("min", Spread, |a| extreme(a, |new, old| new < old)),
    ("parseint", Spread, parseint),
    ("pow", Spread, |a| float(as_float(number(a, 0)?).powf(as_float(number(a, 1)?)))),
    ("signum", Spread, |a| {
        Ok(match as_float(number(a, 0)?) {
            value if value > 0.0 => 1,
            value if value < 0.0 => -1,
            _ => 0,
        }
        .into())
    }),
    ("sum", Spread, sum),
    ("tobool", Spread, |a| convert(a, types::bool)),
    ("tonumber", Spread, |a| convert(a, types::number)),
    ("tostring", Pass, |a| convert(a, |value| types::text(value).map(Value::from))),
    ("sensitive", Own, |a| Ok(masked(argument(a, 0)?, "sensitive()"))),
    ("nonsensitive", Own, |a| argument(a, 0).cloned()),
    ("issensitive", Own, |_| Ok(Value::unknown("issensitive() is not computed here"))),
    ("ephemeralasnull", Own, |a| {
        Ok(match merged(a) {
            Some(unknown) => Value::Unknown(Box::new(unknown)),
            None => argument(a, 0)?.clone(),
        })
    }),
    ("type", Spread, |_| Ok(Value::unknown("type() is not computed here"))),
];

fn float(value: f64) -> Answer {
    expression::number(value).ok_or_else(|| "the result is no number".to_owned())
}

/// Null stays null.
fn convert(a: &[Value], to: impl Fn(&Value) -> Answer) -> Answer {
    match argument(a, 0)? {
        Value::Null => Ok(Value::Null),
        value => to(value),
    }
}

fn extreme(a: &[Value], better: impl Fn(f64, f64) -> bool) -> Answer {
    let mut best = number(a, 0)?;
    for at in 1..a.len() {
        let new = number(a, at)?;
        if better(as_float(new), as_float(best)) {
            best = new;
        }
    }
    Ok(Value::Number(best))
}

fn sum(a: &[Value]) -> Answer {
    let items = list(a, 0)?;
    if items.is_empty() {
        return Err("there is nothing to add".to_owned());
    }
    let mut whole = Some(0_i64);
    let mut all = 0.0;
    for item in items {
        let number = number(std::slice::from_ref(&item.value), 0)?;
        all += as_float(number);
        whole = match (whole, number) {
            (Some(sum), Number::Int(int)) => sum.checked_add(int),
            _ => None,
        };
    }
    whole.map_or_else(|| float(all), |sum| Ok(sum.into()))
}

fn parseint(a: &[Value]) -> Answer {
    let base = u32::try_from(integer(a, 1)?).ok().filter(|base| (2..=36).contains(base));
    let base = base.ok_or("only bases from 2 to 36 are read here")?;
    i64::from_str_radix(&text(a, 0)?, base).map(Value::from).map_err(|_| "this is no number".to_owned())
}

/// One map for tests of conversions and for `map()`, the function of Terraform 0.11.
pub(super) fn paired(a: &[Value]) -> Answer {
    let mut map = Map::new();
    for pair in a.chunks(2) {
        let [key, value] = pair else { return Err("a value is missing".to_owned()) };
        map.put(types::text(key)?, value.clone());
    }
    Ok(Value::Map(map))
}
