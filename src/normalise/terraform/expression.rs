//! Expressions to values.
use super::{
    evaluator::{Evaluator, Fault, Frame, Outcome, Scope},
    functions,
    syntax::{Call, Expression, For, KeyName, Node, Operator, Part},
    types::{self, as_float},
    unknown::{has_unknown, last_wins, merged, mixed},
};
use crate::model::{Entry, Item, Map, Mark, Number, Text, Unknown, Value};
use std::collections::BTreeMap;

/// Longer texts are not made: templates of templates double without end.
pub(super) const TEXT_BYTES_MAX: usize = 4 << 20;

impl<'p> Evaluator<'p> {
    /// The value of an expression.
    ///
    /// # Errors
    /// [`Fault`] where it can have none, whatever the unknowns in it turn out to be.
    pub(super) fn value(&self, node: &Node, scope: Scope<'_, 'p>) -> Outcome {
        self.deeper(|| match &node.expression {
            Expression::Literal(value) => Ok(value.clone()),
            Expression::Template(parts) => self.template(parts, scope),
            Expression::List(items) => items
                .iter()
                .map(|item| Ok(Item { at: item.at, value: self.value(item, scope)? }))
                .collect::<Result<_, _>>()
                .map(Value::List),
            Expression::Object(entries) => {
                let mut read = Vec::with_capacity(entries.len());
                for (key, node) in entries {
                    let name = match &key.name {
                        KeyName::Plain(name) => name.clone(),
                        KeyName::Computed(key) => match self.value(key, scope)? {
                            Value::Unknown(unknown) => return self.unknown_keys(&unknown, &self.value(node, scope)?),
                            key => types::text(&key).map_err(Fault)?.into(),
                        },
                    };
                    read.push(Entry { key: name, at: key.at, value: self.value(node, scope)? });
                }
                Ok(Value::Map(last_wins(read)))
            }
            Expression::Reference(name, steps) => self.reference(name, steps, scope),
            Expression::Lookup(inner, steps) => {
                let value = self.value(inner, scope)?;
                self.walk(&value, steps, scope)
            }
            Expression::Conditional(parts) => self.conditional(parts, scope),
            Expression::Call(call) => self.call(call, scope),
            Expression::Not(inner) => match self.value(inner, scope)? {
                Value::Unknown(unknown) => Ok(Value::Unknown(unknown)),
                value => match types::bool(&value).map_err(Fault)? {
                    Value::Bool(bool) => Ok(Value::Bool(!bool)),
                    other => Ok(other),
                },
            },
            Expression::Negate(inner) => {
                let zero = Value::from(0);
                self.arithmetic(Operator::Subtract, &zero, &self.value(inner, scope)?)
            }
            Expression::Binary(operator, sides) => self.binary(*operator, sides, scope),
            Expression::For(each) => self.for_expression(each, scope),
        })
    }

    fn unknown_keys(&self, key: &Unknown, value: &Value) -> Outcome {
        let mut all = merged([&Value::Unknown(Box::new(key.clone())), value]).unwrap_or_default();
        all.why = format!("a key is not known: {}", key.why);
        all.any |= !all.refers.is_empty();
        Ok(Value::Unknown(Box::new(all)))
    }

    fn template(&self, parts: &[Part], scope: Scope<'_, 'p>) -> Outcome {
        let mut text = String::new();
        let mut unknowns = Vec::new();
        self.render(parts, scope, &mut text, &mut unknowns)?;
        Ok(mixed(&unknowns).map_or_else(|| Value::from(text), |unknown| Value::Unknown(Box::new(unknown))))
    }

    fn render(
        &self,
        parts: &[Part],
        scope: Scope<'_, 'p>,
        text: &mut String,
        unknowns: &mut Vec<Value>,
    ) -> Result<(), Fault> {
        for part in parts {
            if text.len() > TEXT_BYTES_MAX {
                unknowns.push(Value::unknown(format!("the text is longer than {TEXT_BYTES_MAX} bytes")));
                return Ok(());
            }
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Value(node) => match self.value(node, scope)? {
                    Value::Unknown(unknown) => unknowns.push(Value::Unknown(unknown)),
                    value => text.push_str(&types::text(&value).map_err(Fault)?),
                },
                Part::If { condition, then, otherwise } => match self.value(condition, scope)? {
                    Value::Unknown(unknown) => unknowns.push(Value::Unknown(unknown)),
                    value => {
                        let holds = types::bool(&value).map_err(Fault)? == Value::Bool(true);
                        self.render(if holds { then } else { otherwise }, scope, text, unknowns)?;
                    }
                },
                Part::For { key, value, collection, parts } => {
                    let collection = self.value(collection, scope)?;
                    if let Value::Unknown(unknown) = collection {
                        unknowns.push(Value::Unknown(unknown));
                        continue;
                    }
                    for (of_key, of_value) in pairs(&collection)? {
                        let scoped = Frame { name: value, value: of_value, outer: scope.names };
                        let named = key.as_deref().map(|name| Frame { name, value: &of_key, outer: Some(&scoped) });
                        let names = Some(named.as_ref().unwrap_or(&scoped));
                        self.render(parts, Scope { names, ..scope }, text, unknowns)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// With an unknown condition it is one of the two, unless they are equal.
    fn conditional(&self, [condition, then, otherwise]: &[Node; 3], scope: Scope<'_, 'p>) -> Outcome {
        match self.value(condition, scope)? {
            Value::Unknown(unknown) => {
                let sides = [self.value(then, scope), self.value(otherwise, scope)].map(|side| self.settled(side));
                let [then, otherwise] = &sides;
                if then == otherwise && !has_unknown(then) {
                    return Ok(then.clone());
                }
                let mut all = merged(&sides).unwrap_or_default();
                all.why = unknown.why;
                all.any |= !all.refers.is_empty();
                Ok(Value::Unknown(Box::new(all)))
            }
            value => match types::bool(&value).map_err(Fault)? {
                Value::Bool(true) => self.value(then, scope),
                _ => self.value(otherwise, scope),
            },
        }
    }

    fn binary(&self, operator: Operator, [left, right]: &[Node; 2], scope: Scope<'_, 'p>) -> Outcome {
        let left = self.value(left, scope)?;
        if matches!(operator, Operator::And | Operator::Or) {
            let decides = Value::Bool(operator == Operator::Or);
            let known = |value: Value| match value {
                Value::Unknown(unknown) => Ok(Value::Unknown(unknown)),
                value => types::bool(&value).map_err(Fault),
            };
            let left = known(left)?;
            if left == decides {
                return Ok(left);
            }
            let right = known(self.value(right, scope)?)?;
            return Ok(if right == decides || left.as_unknown().is_none() { right } else { left });
        }
        let right = self.value(right, scope)?;
        match operator {
            Operator::Equal => Ok(equal(&left, &right)),
            Operator::NotEqual => Ok(match equal(&left, &right) {
                Value::Bool(bool) => Value::Bool(!bool),
                other => other,
            }),
            _ => self.arithmetic(operator, &left, &right),
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the other steps of evaluation do")]
    fn arithmetic(&self, operator: Operator, left: &Value, right: &Value) -> Outcome {
        if let Some(unknown) = mixed([left, right]) {
            return Ok(Value::Unknown(Box::new(unknown)));
        }
        let (Value::Number(left), Value::Number(right)) =
            (types::number(left).map_err(Fault)?, types::number(right).map_err(Fault)?)
        else {
            return Err(Fault("a number is needed".to_owned()));
        };
        if let (Number::Int(a), Number::Int(b)) = (left, right) {
            let whole = match operator {
                Operator::Add => a.checked_add(b),
                Operator::Subtract => a.checked_sub(b),
                Operator::Multiply => a.checked_mul(b),
                Operator::Divide if b != 0 && a % b == 0 => a.checked_div(b),
                Operator::Remainder => a.checked_rem(b),
                _ => None,
            };
            if let Some(whole) = whole {
                return Ok(whole.into());
            }
        }
        let (a, b) = (as_float(left), as_float(right));
        let float = match operator {
            Operator::LessOrEqual => return Ok((a <= b).into()),
            Operator::GreaterOrEqual => return Ok((a >= b).into()),
            Operator::Less => return Ok((a < b).into()),
            Operator::Greater => return Ok((a > b).into()),
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide => a / b,
            Operator::Remainder => a % b,
            Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => f64::NAN,
        };
        number(float).ok_or_else(|| Fault("the result is no number".to_owned()))
    }

    fn call(&self, call: &Call, scope: Scope<'_, 'p>) -> Outcome {
        match call.name.as_ref() {
            "try" => self.first_that_works(&call.arguments, scope),
            "can" => {
                let Some(argument) = call.arguments.first() else {
                    return Err(Fault("can() needs a value".to_owned()));
                };
                Ok(match self.value(argument, scope) {
                    Err(_) => Value::Bool(false),
                    Ok(Value::Unknown(unknown)) => Value::Unknown(unknown),
                    Ok(_) => Value::Bool(true),
                })
            }
            name => {
                let mut arguments = Vec::with_capacity(call.arguments.len());
                for argument in &call.arguments {
                    arguments.push(self.value(argument, scope)?);
                }
                if call.spread {
                    match arguments.pop() {
                        Some(Value::List(items)) => arguments.extend(items.into_iter().map(|item| item.value)),
                        Some(Value::Unknown(unknown)) => return Ok(Value::Unknown(unknown)),
                        _ => return Err(Fault(format!("{name}() spreads something that is not a list"))),
                    }
                }
                let weight: u64 = arguments.iter().map(super::unknown::weight).sum();
                if let Err(unknown) = self.pay(functions::cost(name, weight)) {
                    return Ok(unknown);
                }
                if let Some(answer) = self.of_file(name, &arguments, scope) {
                    return answer;
                }
                functions::call(name, arguments).map_err(|why| Fault(format!("{name}(): {why}")))
            }
        }
    }

    /// An unknown may yet turn out not to work: then it is one of what follows.
    fn first_that_works(&self, arguments: &[Node], scope: Scope<'_, 'p>) -> Outcome {
        let mut last = Fault("try() needs a value".to_owned());
        for argument in arguments {
            match self.value(argument, scope) {
                Ok(value) => return Ok(value),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    fn for_expression(&self, each: &For, scope: Scope<'_, 'p>) -> Outcome {
        let collection = self.value(&each.collection, scope)?;
        if let Value::Unknown(unknown) = collection {
            return self.unknown_loop(each, *unknown, scope);
        }
        let mut list = Vec::new();
        let mut entries = Vec::new();
        for (key, value) in pairs(&collection)? {
            let scoped = Frame { name: &each.value, value, outer: scope.names };
            let named = each.key.as_deref().map(|name| Frame { name, value: &key, outer: Some(&scoped) });
            let inner = Scope { names: Some(named.as_ref().unwrap_or(&scoped)), ..scope };
            if let Some(condition) = &each.condition {
                match self.value(condition, inner)? {
                    Value::Unknown(unknown) => return self.unknown_loop(each, *unknown, scope),
                    value if types::bool(&value).map_err(Fault)? != Value::Bool(true) => continue,
                    _ => {}
                }
            }
            let Some(result_key) = &each.result_key else {
                list.push(Item { at: each.result.at, value: self.value(&each.result, inner)? });
                continue;
            };
            match self.value(result_key, inner)? {
                Value::Unknown(unknown) => return self.unknown_keys(&unknown, &self.value(&each.result, inner)?),
                key => {
                    let key: Text = types::text(&key).map_err(Fault)?.into();
                    entries.push(Entry { key, at: Mark::default(), value: self.value(&each.result, inner)? });
                }
            }
        }
        match (&each.result_key, each.grouping) {
            (None, _) => Ok(Value::List(list)),
            (Some(_), true) => Ok(grouped(entries)),
            (Some(_), false) => match Map::from_entries(entries) {
                (map, repeated) if repeated.is_empty() => Ok(Value::Map(map)),
                (_, repeated) => {
                    let key = repeated.first().map_or("", |entry| entry.key.as_ref());
                    Err(Fault(format!("the key `{key}` comes twice")))
                }
            },
        }
    }

    /// What comes of each element is worked out once, with an unknown element, to tell what the whole is taken from.
    fn unknown_loop(&self, each: &For, unknown: Unknown, scope: Scope<'_, 'p>) -> Outcome {
        let why = unknown.why.clone();
        let element = Value::Unknown(Box::new(unknown));
        let scoped = Frame { name: &each.value, value: &element, outer: scope.names };
        let named = each.key.as_deref().map(|name| Frame { name, value: &element, outer: Some(&scoped) });
        let inner = Scope { names: Some(named.as_ref().unwrap_or(&scoped)), ..scope };
        let result = self.settled(self.value(&each.result, inner));
        let mut all = merged([&result, &element]).unwrap_or_default();
        all.why = why;
        all.any |= !all.refers.is_empty();
        Ok(Value::Unknown(Box::new(all)))
    }
}

/// `...`: the values of each key as a list.
fn grouped(entries: Vec<Entry>) -> Value {
    let mut groups: BTreeMap<Text, Vec<Item>> = BTreeMap::new();
    for Entry { key, at, value } in entries {
        groups.entry(key).or_default().push(Item { at, value });
    }
    Value::Map(groups.into_iter().map(|(key, items)| (key, Value::List(items))).collect::<Map>())
}

/// A whole number where it is one.
pub(super) fn number(float: f64) -> Option<Value> {
    /// Every whole number up to here is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !float.is_finite() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
    let number =
        if float.fract() == 0.0 && float.abs() <= EXACT { Number::Int(float as i64) } else { Number::Float(float) };
    Some(Value::Number(number))
}

/// Keys and values of what can be looped over.
pub(super) fn pairs(collection: &Value) -> Result<Vec<(Value, &Value)>, Fault> {
    match collection {
        Value::List(items) => Ok(items
            .iter()
            .enumerate()
            .map(|(at, item)| (Value::from(i64::try_from(at).unwrap_or(i64::MAX)), &item.value))
            .collect()),
        Value::Map(map) => Ok(map
            .iter()
            .filter(|entry| entry.key.as_ref() != super::unknown::ADDRESS)
            .map(|entry| (Value::Text(entry.key.clone()), &entry.value))
            .collect()),
        Value::Null => Err(Fault("there is nothing to loop over: null".to_owned())),
        _ => Err(Fault("a list or a map is needed to loop over".to_owned())),
    }
}

/// Whether two values are equal; unknown where that depends on unknowns.
fn equal(left: &Value, right: &Value) -> Value {
    match same(left, right) {
        Some(same) => Value::Bool(same),
        None => Value::Unknown(Box::new(mixed([left, right]).unwrap_or_default())),
    }
}

/// `None` = it depends on unknowns. What differs in a known place differs whatever else is unknown.
fn same(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
        (Value::Number(a), Value::Number(b)) => Some(as_float(*a).total_cmp(&as_float(*b)).is_eq()),
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            all_same(a.iter().zip(b).map(|(a, b)| same(&a.value, &b.value)))
        }
        (Value::Map(a), Value::Map(b)) if a.len() == b.len() => {
            all_same(a.iter().zip(b).map(|(a, b)| if a.key == b.key { same(&a.value, &b.value) } else { Some(false) }))
        }
        (a, b) => Some(a == b),
    }
}

fn all_same(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut answer = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            None => answer = None,
            Some(true) => {}
        }
    }
    answer
}
