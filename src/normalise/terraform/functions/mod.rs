//! Terraform's functions, as far as they can be told without a disk, a clock or chance.
//! `try` and `can` are in `expression`, because they see expressions and not values; functions of files in `files`.
mod collections;
pub(super) mod encoding;
mod formats;
mod networks;
mod numbers;
mod sets;
mod texts;
mod yaml;

use super::{
    types,
    unknown::{has_unknown, merged, mixed},
};
use crate::model::{Item, Map, Number, Text, Value};

type Answer = Result<Value, String>;
type Function = fn(&[Value]) -> Answer;

/// What an unknown among the arguments does.
#[derive(Clone, Copy)]
enum Unknowns {
    /// Anywhere inside: the answer is unknown.
    Spread,
    /// In place of a whole argument: the answer is unknown. Inside a collection it is handed on.
    Pass,
    /// The function deals with them.
    Own,
}

type Row = (&'static str, Unknowns, Function);

/// Functions whose answer depends on more than their arguments, or that are not computed here.
const UNKNOWABLE: [(&str, &str); 15] = [
    ("filemd5", "reads the disk"),
    ("fileset", "reads the disk"),
    ("filesha1", "reads the disk"),
    ("abspath", "depends on where the program runs"),
    ("pathexpand", "depends on where the program runs"),
    ("timestamp", "is known when the program runs"),
    ("plantimestamp", "is known when the program runs"),
    ("uuid", "is chance"),
    ("bcrypt", "is chance"),
    ("md5", "is not computed here"),
    ("sha1", "is not computed here"),
    ("uuidv5", "is not computed here"),
    ("rsadecrypt", "is not computed here"),
    ("base64gzip", "is not computed here"),
    ("base64gunzip", "is not computed here"),
];

const TABLES: [&[Row]; 7] =
    [texts::TABLE, collections::TABLE, sets::TABLE, numbers::TABLE, encoding::TABLE, formats::TABLE, networks::TABLE];

/// Functions that compare every element with every other.
const QUADRATIC: [&str; 6] =
    ["distinct", "setintersection", "setsubtract", "setsymmetricdifference", "matchkeys", "transpose"];

/// What a call costs, in steps, with arguments of this weight.
pub(super) fn cost(name: &str, weight: u64) -> u64 {
    if QUADRATIC.contains(&name) { weight.saturating_add(weight.saturating_mul(weight) / 8) } else { weight }
}

/// Calls a function. A function that is not known, or cannot be told, gives an unknown.
///
/// # Errors
/// Why the function has no answer to these arguments.
pub(super) fn call(name: &str, arguments: Vec<Value>) -> Answer {
    if let Some((_, why)) = UNKNOWABLE.iter().find(|(unknowable, _)| *unknowable == name) {
        return Ok(unknown_of(&arguments, format!("{name}() {why}")));
    }
    let Some((_, unknowns, function)) = TABLES.into_iter().flatten().find(|(known, _, _)| *known == name) else {
        return Ok(unknown_of(&arguments, format!("{name}() is not known here")));
    };
    match unknowns {
        Unknowns::Spread => {
            if let Some(unknown) = mixed(&arguments) {
                return Ok(Value::Unknown(Box::new(unknown)));
            }
        }
        Unknowns::Pass => {
            if arguments.iter().any(|argument| argument.as_unknown().is_some()) {
                let unknown = merged(arguments.iter().filter(|argument| argument.as_unknown().is_some()));
                let mut all = merged(&arguments).unwrap_or_default();
                all.why = unknown.unwrap_or_default().why;
                return Ok(Value::Unknown(Box::new(all)));
            }
        }
        Unknowns::Own => {}
    }
    function(&arguments)
}

fn unknown_of(arguments: &[Value], why: String) -> Value {
    let mut unknown = mixed(arguments).unwrap_or_default();
    unknown.why = why;
    Value::Unknown(Box::new(unknown))
}

fn argument(arguments: &[Value], at: usize) -> Result<&Value, String> {
    arguments.get(at).ok_or_else(|| format!("argument {} is missing", at + 1))
}

fn text(arguments: &[Value], at: usize) -> Result<String, String> {
    types::text(argument(arguments, at)?)
}

fn number(arguments: &[Value], at: usize) -> Result<Number, String> {
    match types::number(argument(arguments, at)?)? {
        Value::Number(number) => Ok(number),
        _ => Err("a number is needed".to_owned()),
    }
}

fn integer(arguments: &[Value], at: usize) -> Result<i64, String> {
    match number(arguments, at)? {
        Number::Int(int) => Ok(int),
        Number::Float(_) => Err("a whole number is needed".to_owned()),
    }
}

fn list(arguments: &[Value], at: usize) -> Result<&[Item], String> {
    as_items(argument(arguments, at)?)
}

fn as_items(value: &Value) -> Result<&[Item], String> {
    value.as_list().ok_or_else(|| "a list is needed".to_owned())
}

fn map(arguments: &[Value], at: usize) -> Result<&Map, String> {
    argument(arguments, at)?.as_map().ok_or_else(|| "a map is needed".to_owned())
}

fn texts_of(items: &[Item]) -> Result<Vec<String>, String> {
    items.iter().map(|item| types::text(&item.value)).collect()
}

/// Entries without the mark of a resource.
fn entries(map: &Map) -> impl Iterator<Item = (&Text, &Value)> {
    map.iter().filter(|entry| entry.key.as_ref() != super::unknown::ADDRESS).map(|entry| (&entry.key, &entry.value))
}

fn count(length: usize) -> Value {
    Value::from(i64::try_from(length).unwrap_or(i64::MAX))
}

/// An unknown that stands for "it depends on what is unknown in here".
fn depends_on(values: &[Value]) -> Answer {
    Ok(Value::Unknown(Box::new(mixed(values).unwrap_or_default())))
}

fn any_unknown(items: &[Item]) -> bool {
    items.iter().any(|item| has_unknown(&item.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_nobody_knows_is_unknown_and_keeps_what_it_is_taken_from() {
        let subnet = Value::Unknown(Box::new(crate::model::Unknown {
            why: "azurerm_subnet.a.id is known after apply".to_owned(),
            refers: vec!["azurerm_subnet.a".to_owned()],
            any: false,
        }));
        let answer = call("provider::x::y", vec![subnet]).unwrap();
        let unknown = answer.as_unknown().unwrap();
        assert_eq!(unknown.why, "provider::x::y() is not known here");
        assert_eq!(unknown.refers, ["azurerm_subnet.a"]);
    }

    #[test]
    fn no_function_is_listed_twice() {
        let mut names: Vec<&str> = TABLES.into_iter().flatten().map(|(name, ..)| *name).collect();
        names.extend(UNKNOWABLE.map(|(name, _)| name));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
