//! Type constraints of variables, and what they make of a value.
use super::{
    parse,
    syntax::{Expression, KeyName, Node},
    unknown::{ADDRESS, address_of, taken_from},
};
use crate::model::{Entry, Item, Map, Mark, Number, Text, Value};

/// A type constraint as written.
#[derive(Clone, Debug)]
pub(super) enum Type {
    Any,
    Text,
    Number,
    Bool,
    List(Box<Self>),
    Set(Box<Self>),
    Map(Box<Self>),
    Tuple(Vec<Self>),
    Object(Vec<Member>),
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    name: Text,
    kind: Type,
    optional: bool,
    default: Option<Node>,
}

/// Reads a constraint; one that is not understood constrains nothing.
pub(super) fn constraint(node: &Node) -> Type {
    match &node.expression {
        // Terraform 0.11 and JSON configuration write it as a text.
        Expression::Literal(Value::Text(text)) => parse::template(&format!("${{{text}}}"))
            .ok()
            .filter(|inner| !matches!(inner.expression, Expression::Literal(_)))
            .map_or(Type::Any, |inner| constraint(&inner)),
        Expression::Reference(name, steps) if steps.is_empty() => match name.as_ref() {
            "string" => Type::Text,
            "number" => Type::Number,
            "bool" => Type::Bool,
            "list" => Type::List(Box::new(Type::Any)),
            "set" => Type::Set(Box::new(Type::Any)),
            "map" => Type::Map(Box::new(Type::Any)),
            _ => Type::Any,
        },
        Expression::Call(call) => {
            let inner = || Box::new(call.arguments.first().map_or(Type::Any, constraint));
            match (call.name.as_ref(), call.arguments.first().map(|argument| &argument.expression)) {
                ("list", _) => Type::List(inner()),
                ("set", _) => Type::Set(inner()),
                ("map", _) => Type::Map(inner()),
                ("tuple", Some(Expression::List(items))) => Type::Tuple(items.iter().map(constraint).collect()),
                ("object", Some(Expression::Object(entries))) => Type::Object(
                    entries
                        .iter()
                        .filter_map(|(key, node)| match &key.name {
                            KeyName::Plain(name) => Some(member(name, node)),
                            KeyName::Computed(_) => None,
                        })
                        .collect(),
                ),
                _ => Type::Any,
            }
        }
        _ => Type::Any,
    }
}

fn member(name: &Text, node: &Node) -> Member {
    match &node.expression {
        Expression::Call(call) if call.name.as_ref() == "optional" => Member {
            name: name.clone(),
            kind: call.arguments.first().map_or(Type::Any, constraint),
            optional: true,
            default: call.arguments.get(1).cloned(),
        },
        _ => Member { name: name.clone(), kind: constraint(node), optional: false, default: None },
    }
}

/// Converts a value; `evaluate` reads the defaults of optional members.
///
/// # Errors
/// Why the value is not of the type.
pub(super) fn convert(value: Value, kind: &Type, evaluate: &impl Fn(&Node) -> Value) -> Result<Value, String> {
    if matches!(value, Value::Null | Value::Unknown(_)) {
        return Ok(value);
    }
    match (kind, value) {
        (Type::Any, value) => Ok(value),
        (Type::Text, value) => text(&value).map(Value::from),
        (Type::Number, value) => number(&value),
        (Type::Bool, value) => bool(&value),
        (Type::List(inner), Value::List(items)) => list(items, |_| Some(inner.as_ref()), evaluate),
        (Type::Tuple(kinds), Value::List(items)) => list(items, |at| kinds.get(at), evaluate),
        (Type::Set(inner), Value::List(items)) => list(items, |_| Some(inner.as_ref()), evaluate).map(set),
        (Type::Map(inner), Value::Map(map)) => {
            let mut converted = Map::new();
            for entry in map {
                let value = convert(entry.value, inner, evaluate)?;
                converted.insert(Entry { value, ..entry });
            }
            Ok(Value::Map(converted))
        }
        (Type::Object(members), Value::Map(map)) => object(map, members, evaluate),
        (Type::List(_) | Type::Set(_) | Type::Tuple(_), _) => Err("a list is needed".to_owned()),
        (Type::Map(_) | Type::Object(_), _) => Err("a map is needed".to_owned()),
    }
}

fn list<'k>(
    items: Vec<Item>,
    kind: impl Fn(usize) -> Option<&'k Type>,
    evaluate: &impl Fn(&Node) -> Value,
) -> Result<Value, String> {
    let converted = items.into_iter().enumerate().map(|(at, item)| {
        let value = convert(item.value, kind(at).unwrap_or(&Type::Any), evaluate)?;
        Ok(Item { value, ..item })
    });
    Ok(Value::List(converted.collect::<Result<_, String>>()?))
}

/// Members that the type does not name are dropped, as Terraform does.
fn object(mut map: Map, members: &[Member], evaluate: &impl Fn(&Node) -> Value) -> Result<Value, String> {
    let mut converted = Map::new();
    // A whole resource was handed over: it stays one, and what it does not give is known after apply.
    let resource = map.remove(ADDRESS);
    let mark = resource.as_ref().and_then(|entry| entry.value.as_text());
    for member in members {
        let given = map.remove(&member.name);
        let at = given.as_ref().map_or(Mark::default(), |entry| entry.at);
        let value = match (given.map(|entry| entry.value), &member.default, mark) {
            (Some(Value::Null) | None, Some(default), None) => evaluate(default),
            (Some(value), _, None) => value,
            (None, None, None) if member.optional => Value::Null,
            (None, _, None) => return Err(format!("the member `{}` is missing", member.name)),
            (given, _, Some(mark)) => of_resource(mark, &member.name, given),
        };
        let value = convert(value, &member.kind, evaluate).map_err(|why| format!("`{}`: {why}", member.name))?;
        converted.insert(Entry { key: member.name.clone(), at, value });
    }
    if let Some(entry) = resource {
        converted.insert(entry);
    }
    Ok(Value::Map(converted))
}

fn of_resource(mark: &str, name: &str, given: Option<Value>) -> Value {
    match given {
        Some(value) if value != Value::Null => value,
        _ => {
            let why = format!("{}.{name} is known after apply", address_of(mark));
            Value::Unknown(Box::new(taken_from(mark, name, why)))
        }
    }
}

/// A list as a set: in order, each value once. One that holds an unknown stays as it is, because the unknown may be
/// equal to another.
pub(super) fn set(list: Value) -> Value {
    let Value::List(mut items) = list else { return list };
    if items.iter().any(|item| super::unknown::has_unknown(&item.value)) {
        return Value::List(items);
    }
    items.sort_by(|a, b| order(&a.value, &b.value));
    items.dedup_by(|a, b| a.value == b.value);
    Value::List(items)
}

/// Texts by their bytes, numbers by size, all else by their JSON-like form.
pub(super) fn order(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => as_float(*a).total_cmp(&as_float(*b)),
        (a, b) => format!("{a:?}").cmp(&format!("{b:?}")),
    }
}

#[expect(clippy::cast_precision_loss, reason = "Terraform compares with more digits; beyond 2^53 nothing here counts")]
pub(super) fn as_float(number: Number) -> f64 {
    match number {
        Number::Int(int) => int as f64,
        Number::Float(float) => float,
    }
}

/// A scalar as text (Terraform, "Type conversion").
pub(super) fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(text.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null => Err("a text is needed, and this is null".to_owned()),
        Value::List(_) | Value::Map(_) => Err("a text is needed, and this is a collection".to_owned()),
        Value::Unknown(unknown) => Err(unknown.why.clone()),
    }
}

pub(super) fn number(value: &Value) -> Result<Value, String> {
    match value {
        Value::Number(number) => Ok(Value::Number(*number)),
        Value::Text(text) => {
            let float = || text.parse().ok().filter(|float: &f64| float.is_finite()).map(Number::Float);
            text.parse().ok().map(Number::Int).or_else(float).map(Value::Number).ok_or("a number is needed".to_owned())
        }
        _ => Err("a number is needed".to_owned()),
    }
}

pub(super) fn bool(value: &Value) -> Result<Value, String> {
    match value {
        Value::Bool(bool) => Ok(Value::Bool(*bool)),
        Value::Text(text) if text.as_ref() == "true" => Ok(Value::Bool(true)),
        Value::Text(text) if text.as_ref() == "false" => Ok(Value::Bool(false)),
        _ => Err("true or false is needed".to_owned()),
    }
}
