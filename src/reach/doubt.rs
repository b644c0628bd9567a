//! Reading fields that may be absent, unreadable or of the wrong type.
use crate::model::{Item, Path, Step, Value, shown};

/// Something that could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::reach) struct Doubt {
    /// One clause in English.
    pub(in crate::reach) why: String,
    /// In the resource that was being read; `None` = it is about the labels that a selector was held against.
    pub(in crate::reach) path: Option<Path>,
}

impl Doubt {
    /// A value that is unknown, or not what the API server would accept there.
    pub(in crate::reach) fn of(value: &Value, path: &[Step], expected: &str) -> Self {
        let why = match value.as_unknown() {
            Some(unknown) => format!("`{}` is not known: {}", shown(path), unknown.why),
            None => format!("`{}` is not {expected}", shown(path)),
        };
        Self { why, path: Some(path.to_vec()) }
    }

    pub(in crate::reach) fn at(path: &[Step], why: impl Into<String>) -> Self {
        Self { why: why.into(), path: Some(path.to_vec()) }
    }
}

/// A field; `null` is absent, as for the API server.
pub(in crate::reach) fn field<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get(key).filter(|value| **value != Value::Null)
}

/// A list; absent = empty.
pub(in crate::reach) fn list<'a>(value: Option<&'a Value>, path: &[Step]) -> Result<&'a [Item], Doubt> {
    match value {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::List(items)) => Ok(items),
        Some(other) => Err(Doubt::of(other, path, "a list")),
    }
}

/// A path one key longer.
pub(in crate::reach) fn key(path: &[Step], key: &str) -> Path {
    let mut longer = path.to_vec();
    longer.push(Step::Key(key.to_owned()));
    longer
}

/// A path one index longer.
pub(in crate::reach) fn index(path: &[Step], index: usize) -> Path {
    let mut longer = path.to_vec();
    longer.push(Step::Index(index));
    longer
}
