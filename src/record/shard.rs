//! How the entries and hashes of a shard are read from where it is kept.
use super::{
    entry::EntryError,
    merkle::{Hash, Hashes, node_hash},
    store::{Store, StoreError},
    tile::{EntriesId, WIDTH, decode_entries},
};

/// Why a shard cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("`{0}` is missing: the log was cut, or is not whole")]
    Missing(String),
    #[error("{0}")]
    Tile(String),
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(String),
    #[error(transparent)]
    Entry(#[from] EntryError),
}

/// Takes index and bytes of an entry.
pub type Take<'t, E> = dyn FnMut(u64, &[u8]) -> Result<(), E> + 't;

/// Reads the entries `from..to` out of the bundles of a tree of `size`, in order.
///
/// # Errors
/// A missing or malformed bundle, or what `take` says.
pub fn entries<E: From<ReadError>>(
    store: &dyn Store,
    prefix: &str,
    from: u64,
    to: u64,
    size: u64,
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    let width = u64::from(WIDTH);
    let mut index = from;
    while index < to {
        let bundle = index / width;
        let held = (size - bundle * width).min(width);
        let id = EntriesId { index: bundle, width: u16::try_from(held).unwrap_or(WIDTH) };
        let path = format!("{prefix}/{}", id.path());
        let bytes = store.get(&path).map_err(ReadError::from)?.ok_or_else(|| ReadError::Missing(path.clone()))?;
        let all = decode_entries(&bytes).map_err(|error| ReadError::Tile(format!("{path}: {error}")))?;
        if u64::try_from(all.len()) != Ok(held) {
            return Err(ReadError::Tile(format!("{path} holds {} entries and should hold {held}", all.len())).into());
        }
        let skip = usize::try_from(index - bundle * width).unwrap_or(usize::MAX);
        for bytes in all.iter().skip(skip) {
            if index == to {
                break;
            }
            take(index, bytes)?;
            index += 1;
        }
    }
    Ok(())
}

/// A tree that has grown beyond what its tiles hold.
pub(super) struct Grown<'a, H> {
    pub(super) stored: &'a H,
    /// The size that the tiles hold.
    pub(super) old: u64,
    /// The index of the first of `leaves`.
    pub(super) begin: u64,
    pub(super) leaves: &'a [Hash],
}

impl<H: Hashes> Hashes for Grown<'_, H> {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        let width = 1_u64.checked_shl(u32::from(level))?;
        if index.checked_add(1)?.checked_mul(width)? <= self.old
            && let Some(hash) = self.stored.hash(level, index)
        {
            return Some(hash);
        }
        if level == 0 {
            return self.leaves.get(usize::try_from(index.checked_sub(self.begin)?).ok()?).copied();
        }
        Some(node_hash(&self.hash(level - 1, index * 2)?, &self.hash(level - 1, index * 2 + 1)?))
    }
}
