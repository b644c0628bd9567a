//! Lines in bytewise order, each key once, under one root.
use super::prefix;
use crate::record::merkle::{Hash, Hashes, empty_root, inclusion_proof, leaf_hash, root_of};

/// One line of a set: a row of a result set or of a population.
pub trait Line {
    /// The canonical array: what is hashed, and what a blob holds.
    fn encoded(&self) -> Vec<u8>;
    /// The canonical array of the members that are unique.
    fn encoded_key(&self) -> Vec<u8>;
}

/// Lines out of order, or two with one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} does not stand behind the one before: a set is sorted, and each key stands once")]
pub struct NotSorted {
    /// Counted from 1.
    pub line: usize,
}

/// Lines in bytewise order of their encoded form, each key once, with the RFC 6962 tree over them.
#[derive(Clone, Debug)]
pub struct Sorted<L> {
    lines: Vec<L>,
    leaves: Vec<Hash>,
    root: Hash,
}

impl<L: Line> Sorted<L> {
    /// Sorts lines whose keys differ.
    pub(super) fn sort(mut lines: Vec<L>) -> Self {
        lines.sort_by_cached_key(L::encoded);
        Self::in_order(lines)
    }

    /// Takes lines as they were read.
    ///
    /// # Errors
    /// [`NotSorted`] at the first line that does not stand behind the one before, or has its key.
    pub fn check(lines: Vec<L>) -> Result<Self, NotSorted> {
        // A key's prefix ends its last text, so that none begins another: prefixes and lines have one order.
        let mut before: Option<Vec<u8>> = None;
        for (nth, line) in lines.iter().enumerate() {
            let prefix = prefix(&line.encoded_key());
            if before.is_some_and(|before| before >= prefix) {
                return Err(NotSorted { line: nth + 1 });
            }
            before = Some(prefix);
        }
        Ok(Self::in_order(lines))
    }

    /// Lines that are sorted and differ in their keys.
    pub(super) fn in_order(lines: Vec<L>) -> Self {
        let leaves: Vec<Hash> = lines.iter().map(|line| leaf_hash(&line.encoded())).collect();
        let root = if leaves.is_empty() { empty_root() } else { root_of(&leaves) };
        Self { lines, leaves, root }
    }

    /// In order.
    #[must_use]
    pub fn lines(&self) -> &[L] {
        &self.lines
    }

    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    #[must_use]
    pub fn size(&self) -> u64 {
        self.lines.len() as u64
    }

    /// Where a line with such a prefix stands, or would.
    pub(super) fn place(&self, prefix_of_key: &[u8]) -> Result<usize, usize> {
        self.lines.binary_search_by(|line| prefix(&line.encoded_key()).as_slice().cmp(prefix_of_key))
    }

    /// A line with the path from its leaf to the root.
    pub(super) fn shown(&self, index: usize) -> Option<(Vec<u8>, Vec<Hash>)> {
        let hashes: &dyn Hashes = &self.leaves;
        Some((self.lines.get(index)?.encoded(), inclusion_proof(hashes, index as u64, self.size())?))
    }
}
