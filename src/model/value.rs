//! Values as read, each with the place it stands at.
use std::{fmt, sync::Arc};

/// Shared text: keys recur thousands of times, and bodies are looked at more often than changed.
pub type Text = Arc<str>;

/// Where something stands in its file. Line and column count from 1; 0 = no place of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub line: u32,
    pub column: u32,
}

/// A value as read from YAML, JSON, HCL or a plan. Two values are equal wherever they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    List(Vec<Item>),
    Map(Map),
    /// Could not be read; boxed, because it is rare.
    Unknown(Box<Unknown>),
}

/// A whole number where it is one, so that `365` never becomes `365.0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Int(i64),
    Float(f64),
}

/// What could not be read: why, and what it is taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// One clause in English, lower case, no full stop: `var.retention has no value`.
    pub why: String,
    /// Addresses (contracts, section 3: instance addresses) of the resources it is taken from, sorted.
    pub refers: Vec<String>,
    /// `refers` holds candidates: it cannot be told which of them.
    pub any: bool,
}

/// An element of a list.
#[derive(Clone, Debug)]
pub struct Item {
    pub at: Mark,
    pub value: Value,
}

/// A key with its value. `at` is the place of the key.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: Text,
    pub at: Mark,
    pub value: Value,
}

/// Entries in the order of their keys, each key once. A sorted vector: bodies are many and small. A clone shares them until
/// one of the two is changed, so that whole environments can be handed on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(Arc<Vec<Entry>>);

/// One step into a body.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// A place inside a body: `spec`, `containers`, 0, `image`.
pub type Path = Vec<Step>;

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.value == other.value
    }
}

impl Map {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.position(key).ok().and_then(|at| self.0.get(at))
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let at = self.position(key).ok()?;
        self.own().get_mut(at).map(|entry| &mut entry.value)
    }

    /// Puts a value under a key; gives back the entry that stood there.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        match self.position(&entry.key) {
            Ok(at) => self.own().get_mut(at).map(|old| std::mem::replace(old, entry)),
            Err(at) => {
                self.own().insert(at, entry);
                None
            }
        }
    }

    /// [`Map::insert`] for a value that stands nowhere.
    pub fn put(&mut self, key: impl Into<Text>, value: impl Into<Value>) {
        self.insert(Entry { key: key.into(), at: Mark::default(), value: value.into() });
    }

    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        self.position(key).ok().map(|at| self.own().remove(at))
    }

    /// Keeps the entries that hold, in one pass.
    pub fn retain(&mut self, holds: impl FnMut(&Entry) -> bool) {
        self.own().retain(holds);
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.0.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Text, &mut Value)> {
        self.own().iter_mut().map(|entry| (&entry.key, &mut entry.value))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All entries at once, in time n log n; the first of each key stays, the others are given back.
    #[must_use]
    pub fn from_entries(mut entries: Vec<Entry>) -> (Self, Vec<Entry>) {
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        if entries.windows(2).all(|pair| matches!(pair, [one, other] if one.key != other.key)) {
            return (Self(entries.into()), Vec::new());
        }
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut repeated = Vec::new();
        for entry in entries {
            let into = if kept.last().is_some_and(|last| last.key == entry.key) { &mut repeated } else { &mut kept };
            into.push(entry);
        }
        (Self(kept.into()), repeated)
    }

    /// Whether both are one and the same in memory: then they are equal, and else they may be.
    #[must_use]
    pub fn shares(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Its entries to be changed: copied, where another map shares them.
    fn own(&mut self) -> &mut Vec<Entry> {
        Arc::make_mut(&mut self.0)
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|entry| entry.key.as_ref().cmp(key))
    }
}

impl IntoIterator for Map {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut map = Self::new();
        pairs.into_iter().for_each(|(key, value)| map.put(key, value));
        map
    }
}

impl Value {
    /// The unknown with nothing it is taken from.
    #[must_use]
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown(Box::new(Unknown { why: why.into(), ..Unknown::default() }))
    }

    /// The member of a map; `None` when absent or not a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }

    /// What stands at a path; `None` when anything on the way is missing.
    #[must_use]
    pub fn at(&self, path: &[Step]) -> Option<&Self> {
        path.iter().try_fold(self, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.as_list()?.get(*index).map(|item| &item.value),
        })
    }

    /// [`Value::at`] for keys only.
    #[must_use]
    pub fn find(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_list(&self) -> Option<&[Item]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Number(Number::Int(int)) => Some(*int),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_unknown(&self) -> Option<&Unknown> {
        match self {
            Self::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// The place of what stands at a path, or of its nearest existing parent that has one.
    #[must_use]
    pub fn mark(&self, path: &[Step]) -> Option<Mark> {
        let mut nearest = None;
        let mut value = self;
        for step in path {
            let (at, next) = match step {
                Step::Key(key) => match value.as_map().and_then(|map| map.entry(key)) {
                    Some(entry) => (entry.at, &entry.value),
                    None => break,
                },
                Step::Index(index) => match value.as_list().and_then(|list| list.get(*index)) {
                    Some(item) => (item.at, &item.value),
                    None => break,
                },
            };
            if at.line > 0 {
                nearest = Some(at);
            }
            value = next;
        }
        nearest
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Number(Number::Int(int))
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl<V: Into<Self>> From<Vec<V>> for Value {
    fn from(values: Vec<V>) -> Self {
        Self::List(values.into_iter().map(|value| Item { at: Mark::default(), value: value.into() }).collect())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => int.fmt(f),
            Self::Float(float) => float.fmt(f),
        }
    }
}

/// A path as people write it: `spec.containers[0].image`.
#[must_use]
pub fn shown(path: &[Step]) -> String {
    use fmt::Write as _;
    let mut text = String::new();
    for step in path {
        let written = match step {
            Step::Key(key) if text.is_empty() => write!(text, "{key}"),
            Step::Key(key) => write!(text, ".{key}"),
            Step::Index(index) => write!(text, "[{index}]"),
        };
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_in_order_and_the_last_one_wins() {
        let map: Map = [("b", 1), ("a", 2), ("b", 3)].map(|(key, int)| (key, Value::from(int))).into_iter().collect();
        assert_eq!(map.iter().map(|entry| entry.key.as_ref()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(map.get("b"), Some(&Value::from(3)));
    }

    #[test]
    fn the_place_of_a_missing_field_is_its_nearest_parent() {
        let inner: Map = [("image", "x")].into_iter().collect();
        let mut outer = Map::new();
        outer.insert(Entry { key: "spec".into(), at: Mark { line: 7, column: 3 }, value: inner.into() });
        let path = [Step::Key("spec".into()), Step::Key("ports".into())];
        assert_eq!(Value::Map(outer).mark(&path), Some(Mark { line: 7, column: 3 }));
    }
}
