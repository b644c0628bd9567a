//! Entries: what one leaf of a shard holds. Canonical JSON (RFC 8785, further narrowed by [`super::canonical`]), at most
//! 16 KiB, no personal data and no secret.
mod body;
mod resident;
mod shapes;
mod words;

pub use body::*;
pub use resident::*;
pub use words::{Commitment, DigestText, Instant, Ulid, WordError};

use super::{
    canonical::{self, CanonicalError},
    redact::{self, Forbidden},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of entries that this program writes. It rises with any change.
pub const VERSION: u64 = 1;

/// What every entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    pub v: u64,
    pub id: Ulid,
    /// The origin of the shard, which binds the entry to its tree.
    pub shard: String,
    /// Contiguous over the whole life of the emitter; inside a shard, seq - index is constant.
    pub seq: u64,
    pub time: Time,
    /// Hash of the newest time-stamp token that the emitter knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_anchor: Option<DigestText>,
}

/// When a fact was read, and when the entry was made, by the emitter's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    pub observed: Instant,
    pub recorded: Instant,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub common: Common,
    pub body: Body,
}

/// Why bytes are no entry of this version, or must not become one.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    #[error("the entry is not canonical JSON: {0}")]
    Canonical(#[from] CanonicalError),
    #[error("the entry holds what must not be logged: {0}")]
    Forbidden(#[from] Forbidden),
    /// A reader reports it unread (exit 3), not broken.
    #[error("the entry is of version {0}, and this program reads version {VERSION}: use a newer speguard")]
    Newer(u64),
    /// Defined by the specification or not: this program does not write or read it.
    #[error("the entry is of the unknown type `{0}`")]
    UnknownType(String),
    #[error("the entry is malformed: {0}")]
    Malformed(String),
}

/// The keys of [`Common`] in a written entry.
const COMMON: [&str; 6] = ["v", "id", "shard", "seq", "time", "after_anchor"];

impl Entry {
    /// The bytes of the leaf.
    ///
    /// # Errors
    /// What must not be logged, and what is too large.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        let malformed = |error: serde_json::Error| EntryError::Malformed(error.to_string());
        let mut object = match serde_json::to_value(&self.body).map_err(malformed)? {
            Value::Object(object) => object,
            _ => Map::new(),
        };
        if let Value::Object(common) = serde_json::to_value(&self.common).map_err(malformed)? {
            object.extend(common);
        }
        let value = Value::Object(object);
        redact::check(&value)?;
        let bytes = canonical::to_bytes(&value)?;
        canonical::from_bytes(&bytes)?;
        Ok(bytes)
    }

    /// Reads a leaf.
    ///
    /// # Errors
    /// What is not canonical, newer, unknown or malformed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        let value = canonical::from_bytes(bytes)?;
        if acts(&value) {
            return Err(EntryError::Malformed("a text in it holds a control character".to_owned()));
        }
        Self::from_value(value)
    }

    /// Reads a leaf that a tree commits to whose root the reader has signed himself: its form was checked when it was
    /// written.
    ///
    /// # Errors
    /// What is newer, unknown or malformed.
    pub fn from_own(bytes: &[u8]) -> Result<Self, EntryError> {
        Self::from_value(serde_json::from_slice(bytes).map_err(|error| EntryError::Malformed(error.to_string()))?)
    }

    fn from_value(value: Value) -> Result<Self, EntryError> {
        let Value::Object(mut object) = value else {
            return Err(EntryError::Malformed("it is not an object".to_owned()));
        };
        match object.get("v").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(newer) if newer > VERSION => return Err(EntryError::Newer(newer)),
            _ => return Err(EntryError::Malformed("`v` is not a version".to_owned())),
        }
        let kind = object.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !TYPES.contains(&kind.as_str()) {
            return Err(EntryError::UnknownType(kind));
        }
        let common: Map<String, Value> = COMMON.iter().filter_map(|key| object.remove_entry(*key)).collect();
        let malformed = |error: serde_json::Error| EntryError::Malformed(error.to_string());
        Ok(Self {
            common: serde_json::from_value(Value::Object(common)).map_err(malformed)?,
            body: serde_json::from_value(Value::Object(object)).map_err(malformed)?,
        })
    }
}

/// Whether a text holds a line break or another control character. None of ours does ([`redact::check`]), and on a
/// terminal it could say what the log does not.
fn acts(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(char::is_control),
        Value::Array(items) => items.iter().any(acts),
        Value::Object(map) => map.values().any(acts),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_whose_text_could_act_on_a_terminal_is_malformed() {
        for text in ["a\\nb", "\\u001b[2J", "\u{85}"] {
            let bytes = format!("{{\"a\":\"{text}\",\"type\":\"gap\",\"v\":1}}");
            let error = Entry::from_bytes(bytes.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("control character"), "{text}: {error}");
        }
    }
}
