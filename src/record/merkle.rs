//! RFC 6962 trees: hashes, roots, proofs. Pure.
//!
//! A tree is known by its leaf hashes or, without them, by the hashes of its complete subtrees ([`Hashes`]). A writer
//! keeps an [`Edge`] only: as many hashes as the size has bits. Verification follows RFC 9162, which tells the same
//! trees more precisely, and shares no step with the making of proofs.
use sha2::{Digest, Sha256};

/// A SHA-256: of a leaf, of an inner node, of a tree.
pub type Hash = [u8; 32];

/// Hashes one entry: SHA-256 over `0x00` and the entry.
///
/// Source: RFC 6962, section 2.1. The leading byte keeps an entry from passing for an inner node.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// Hashes two neighbours: SHA-256 over `0x01`, the left and the right. Source: RFC 6962, section 2.1.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without leaves: SHA-256 of nothing. Source: RFC 6962, section 2.1.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The right edge of a growing tree: what a writer keeps to add leaves and tell the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    /// Roots of the complete subtrees, from the left and largest to the right and smallest: one for each bit of `size`.
    peaks: Vec<Hash>,
    size: u64,
}

impl Edge {
    /// The edge of the tree of `size` leaves that `hashes` knows. None when one of its hashes is missing.
    pub fn of(hashes: &dyn Hashes, size: u64) -> Option<Self> {
        let mut peaks = Vec::new();
        let mut begin = 0;
        for level in (0..64).rev().filter(|level| size >> level & 1 == 1) {
            peaks.push(hashes.hash(level, begin >> level)?);
            begin += 1 << level;
        }
        Some(Self { peaks, size })
    }

    /// Adds a leaf by its [`leaf_hash`].
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree as it is now.
    #[must_use]
    pub fn root(&self) -> Hash {
        let joined = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        joined.unwrap_or_else(empty_root)
    }
}

impl FromIterator<Hash> for Edge {
    fn from_iter<Leaves: IntoIterator<Item = Hash>>(leaves: Leaves) -> Self {
        let mut edge = Self::default();
        leaves.into_iter().for_each(|leaf| edge.push(leaf));
        edge
    }
}

/// The root of the tree over these leaf hashes.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    leaves.iter().copied().collect::<Edge>().root()
}

/// What is known of a tree: hashes of its complete subtrees.
pub trait Hashes {
    /// The hash of the subtree over the 2^`level` leaves from leaf `index` x 2^`level` on. None when it is not known,
    /// or the tree does not reach that far.
    fn hash(&self, level: u8, index: u64) -> Option<Hash>;
}

/// Leaf hashes know everything, at the price of hashing what is asked for each time.
impl Hashes for [Hash] {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        let width = 1_usize.checked_shl(level.into())?;
        let begin = usize::try_from(index).ok()?.checked_mul(width)?;
        Some(root_of(self.get(begin..begin.checked_add(width)?)?))
    }
}

impl Hashes for &[Hash] {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        (**self).hash(level, index)
    }
}

impl Hashes for Vec<Hash> {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        self.as_slice().hash(level, index)
    }
}

/// The root over the leaves `begin..end`, as a tree of their own. None when `hashes` does not reach, or `begin` is
/// above `end`.
pub fn subtree_root(hashes: &dyn Hashes, begin: u64, end: u64) -> Option<Hash> {
    let width = end.checked_sub(begin)?;
    match width {
        0 => Some(empty_root()),
        _ if width.is_power_of_two() && begin.is_multiple_of(width) => {
            let level = width.trailing_zeros();
            hashes.hash(u8::try_from(level).ok()?, begin >> level)
        }
        _ => {
            let middle = begin + left_width(width);
            Some(node_hash(&subtree_root(hashes, begin, middle)?, &subtree_root(hashes, middle, end)?))
        }
    }
}

/// The root over the first `size` leaves. None when `hashes` does not reach.
pub fn root(hashes: &dyn Hashes, size: u64) -> Option<Hash> {
    subtree_root(hashes, 0, size)
}

/// Shows that a leaf stands at `index` in the tree of `size` leaves: the hashes beside its path, from the leaf's
/// neighbour up to the root's child. None when `index` is not below `size`, or `hashes` does not reach.
///
/// Source: RFC 6962, section 2.1.1.
pub fn inclusion_proof(hashes: &dyn Hashes, index: u64, size: u64) -> Option<Vec<Hash>> {
    if index >= size {
        return None;
    }
    let mut proof = Vec::new();
    let (mut begin, mut end) = (0, size);
    while end - begin > 1 {
        let middle = begin + left_width(end - begin);
        if index < middle {
            proof.push(subtree_root(hashes, middle, end)?);
            end = middle;
        } else {
            proof.push(subtree_root(hashes, begin, middle)?);
            begin = middle;
        }
    }
    proof.reverse();
    Some(proof)
}

/// Shows that the tree of `new` leaves begins with the tree of `old` leaves. Empty when the sizes are equal or `old`
/// is 0. None when `old` is above `new`, or `hashes` does not reach.
///
/// Source: RFC 6962, section 2.1.2.
pub fn consistency_proof(hashes: &dyn Hashes, old: u64, new: u64) -> Option<Vec<Hash>> {
    if old > new {
        return None;
    }
    let mut proof = Vec::new();
    if old == 0 {
        return Some(proof);
    }
    let (mut begin, mut end) = (0, new);
    while old != end {
        let middle = begin + left_width(end - begin);
        if old <= middle {
            proof.push(subtree_root(hashes, middle, end)?);
            end = middle;
        } else {
            proof.push(subtree_root(hashes, begin, middle)?);
            begin = middle;
        }
    }
    // A subtree that begins at 0 is the old tree itself, whose root the verifier has.
    if begin > 0 {
        proof.push(subtree_root(hashes, begin, end)?);
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` shows that `leaf` stands at `index` in the tree of `size` leaves under `root`.
///
/// Source: RFC 9162, section 2.1.3.2.
#[must_use]
pub fn verify_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for beside in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(beside, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree of `new` leaves under `new_root` begins with the tree of `old` leaves under
/// `old_root`. Every tree begins with the empty one; equal sizes need equal roots; neither has anything to prove.
///
/// Source: RFC 9162, section 2.1.4.2.
#[must_use]
pub fn verify_consistency(old: u64, new: u64, old_root: &Hash, new_root: &Hash, proof: &[Hash]) -> bool {
    if new == 0 && *new_root != empty_root() {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    if old > new {
        return false;
    }
    // A complete old tree is itself the first step, and is left out of the proof.
    let (first, rest) = match (old.is_power_of_two(), proof) {
        (true, []) | (false, []) => return false,
        (true, rest) => (old_root, rest),
        (false, [first, rest @ ..]) => (first, rest),
    };
    let (mut node, mut last) = (old - 1, new - 1);
    let skipped = node.trailing_ones();
    node = node.checked_shr(skipped).unwrap_or(0);
    last = last.checked_shr(skipped).unwrap_or(0);
    let (mut old_hash, mut new_hash) = (*first, *first);
    for beside in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(beside, &old_hash);
            new_hash = node_hash(beside, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// How many of `width` leaves, two at least, stand to the left: the largest power of two below `width`.
fn left_width(width: u64) -> u64 {
    1 << (u64::BITS - 1 - (width - 1).leading_zeros())
}

#[cfg(test)]
mod tests;
