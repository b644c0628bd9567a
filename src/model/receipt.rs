//! What the evidence log hands back.
use super::{Digest, Text};

/// An entry that is durable: it will stand at exactly this index with exactly this leaf hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The origin of the shard.
    pub shard: Text,
    pub index: u64,
    /// RFC 6962 leaf hash of the entry.
    pub leaf: Digest,
}
