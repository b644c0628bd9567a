//! What the evidence log hands back.
use super::{Digest, Text};

/// Whether a run became evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recording {
    /// The entry of the run manifest, and what went wrong after it was durable.
    Recorded {
        receipt: Receipt,
        warning: Option<String>,
    },
    NotRecorded {
        cause: String,
    },
    /// The store gave no clear answer: the entry may appear.
    Unknown {
        cause: String,
    },
}

impl Recording {
    /// As reports write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Recorded { .. } => "recorded",
            Self::NotRecorded { .. } => "not_recorded",
            Self::Unknown { .. } => "unknown",
        }
    }

    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        matches!(self, Self::Recorded { .. })
    }
}

/// An entry that is durable: it will stand at exactly this index with exactly this leaf hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The origin of the shard.
    pub shard: Text,
    pub index: u64,
    /// RFC 6962 leaf hash of the entry.
    pub leaf: Digest,
}
