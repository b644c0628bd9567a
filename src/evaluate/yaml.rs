//! criterion.yaml as a tree with places. What the keys mean is `criterion.rs`'s affair.
use super::Fault;
use crate::model::{Entry, Item, Map, Mark, Number, Text, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{MergeKeyPolicy, Spanned};
use std::fmt;

/// Reads one YAML document; every key and every element of a list carries its place.
///
/// # Errors
/// One [`Fault`] where the text is no YAML, repeats a key or uses merge keys.
pub(super) fn read(path: &Text, text: &str) -> Result<Value, Fault> {
    let options = serde_saphyr::options! { merge_keys: MergeKeyPolicy::Error };
    serde_saphyr::from_str_with_options(text, options).map(|Tree(value)| value).map_err(|error| {
        let line = error.location().map_or(1, |location| u32::try_from(location.line()).unwrap_or(1));
        Fault {
            path: path.clone(),
            line,
            cause: format!("not readable as YAML: {}", error.without_snippet()),
            hint: None,
        }
    })
}

struct Tree(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor).map(Tree)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map(Value::from).map_err(|_| E::custom("a number this large cannot be kept exactly"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(Number::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(element) = elements.next_element::<Spanned<Tree>>()? {
            items.push(Item { at: mark(&element), value: element.value.0 });
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let at = mark(&key);
            let Tree(value) = entries.next_value()?;
            map.insert(Entry { key: key.value.into(), at, value });
        }
        Ok(Value::Map(map))
    }
}

fn mark<T>(spanned: &Spanned<T>) -> Mark {
    let narrow = |number: u64| u32::try_from(number).unwrap_or(0);
    Mark { line: narrow(spanned.referenced.line()), column: narrow(spanned.referenced.column()) }
}
