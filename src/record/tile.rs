//! C2SP tlog-tiles: paths, hash tiles, entry bundles. Pure.
//!
//! A tile holds the hashes of 256 neighbouring subtrees; level 0 holds leaf hashes, and each hash of level n + 1 is the
//! root of one full tile of level n. The rightmost tile of a level may be partial, and then has its width in its name.
//! Nothing that is read is believed: [`check_tiles`] holds every tile against the root, [`check_entries`] a bundle against
//! its tile.
use super::merkle::{Edge, Hash, Hashes, leaf_hash, root_of};
use std::{cmp::Ordering, fmt};

/// Hashes in a full tile, entries in a full bundle. Source: C2SP tlog-tiles.
pub const WIDTH: u16 = 256;
/// A length of 16 bits stands before each entry of a bundle. Source: C2SP tlog-tiles.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;
/// The highest level that a path may name. Source: C2SP tlog-tiles.
const LEVEL_MAX: u8 = 63;
const HASH_BYTES: usize = 32;

/// A hash tile: the hashes `index` x 256 and on of the subtrees of 256^`level` leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    pub level: u8,
    pub index: u64,
    /// 1 to 256; below 256 the tile is partial.
    pub width: u16,
}

/// An entry bundle: the entries `index` x 256 and on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntriesId {
    pub index: u64,
    /// 1 to 256; below 256 the bundle is partial.
    pub width: u16,
}

/// What a path under `tile/` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    Tile(TileId),
    Entries(EntriesId),
}

/// Why tiles or bundles cannot be written or believed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    #[error("entry {0} of the bundle has {1} bytes, {ENTRY_BYTES_MAX} at most: keep what is larger in a blob")]
    EntryTooLarge(usize, usize),
    #[error("a bundle holds 1 to 256 entries, this one {0}")]
    EntryCount(usize),
    #[error("the bundle ends inside entry {0}: it was cut or altered")]
    BundleCut(usize),
    #[error("`{0}` is missing")]
    Missing(String),
    #[error("`{path}` has {held} bytes, a tile of {width} hashes has {needed}: it was cut or altered", needed = usize::from(*width) * HASH_BYTES)]
    TileBytes { path: String, held: usize, width: u16 },
    #[error("`{path}` holds {held} entries, its name says {width}: it was cut or altered")]
    BundleWidth { path: String, held: usize, width: u16 },
    #[error("`{0}` is not what the tiles below it hash to: one of them was altered")]
    Tile(String),
    #[error("entry {index} in `{path}` does not hash to what the tile holds: the entry or the tile was altered")]
    Entry { path: String, index: u64 },
    #[error("the tiles of {0} leaves do not hash to the root of the checkpoint: a tile or the checkpoint was altered")]
    Root(u64),
}

impl TileId {
    /// `tile/<level>/<index>`, and `.p/<width>` behind it when partial.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, numbered(self.index, self.width))
    }

    /// The tile that a partial one grows into; a full one is itself.
    #[must_use]
    pub fn full(&self) -> Self {
        Self { width: WIDTH, ..*self }
    }
}

impl EntriesId {
    /// `tile/entries/<index>`, and `.p/<width>` behind it when partial.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/entries/{}", numbered(self.index, self.width))
    }

    /// The bundle that a partial one grows into; a full one is itself.
    #[must_use]
    pub fn full(&self) -> Self {
        Self { width: WIDTH, ..*self }
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path())
    }
}

impl fmt::Display for EntriesId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path())
    }
}

/// Reads a path as [`TileId::path`] and [`EntriesId::path`] write it. None for every other form, so that one tile has
/// one name: no zeroes too many, no separator of another system.
#[must_use]
pub fn parse_path(path: &str) -> Option<Which> {
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let (index, width) = match rest.split_once(".p/") {
        None => (rest, WIDTH),
        Some((index, width)) => (index, width.parse().ok().filter(|width| (1..WIDTH).contains(width))?),
    };
    let mut number = 0_u64;
    for part in index.split('/') {
        let digits = part.strip_prefix('x').unwrap_or(part);
        let value: u64 = digits.parse().ok().filter(|_| digits.len() == 3)?;
        number = number.checked_mul(1000)?.checked_add(value)?;
    }
    let which = match level {
        "entries" => Which::Entries(EntriesId { index: number, width }),
        _ => {
            let level = level.parse().ok().filter(|level| *level <= LEVEL_MAX)?;
            Which::Tile(TileId { level, index: number, width })
        }
    };
    let written = match which {
        Which::Tile(tile) => tile.path(),
        Which::Entries(entries) => entries.path(),
    };
    (written == path).then_some(which)
}

/// Joins 1 to 256 entries into a bundle: each with its length before it, 16 bits, big-endian.
///
/// # Errors
/// When there are none or too many, or one is larger than [`ENTRY_BYTES_MAX`].
pub fn encode_entries<Entry: AsRef<[u8]>>(entries: &[Entry]) -> Result<Vec<u8>, TileError> {
    if entries.is_empty() || entries.len() > usize::from(WIDTH) {
        return Err(TileError::EntryCount(entries.len()));
    }
    let mut bundle = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLarge(at, entry.len()))?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// Takes a bundle apart.
///
/// # Errors
/// When it ends inside an entry, or holds none or more than 256.
pub fn decode_entries(bundle: &[u8]) -> Result<Vec<Vec<u8>>, TileError> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let cut = || TileError::BundleCut(entries.len());
        let (length, after) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
        let (entry, after) = after.split_at_checked(u16::from_be_bytes(*length).into()).ok_or_else(cut)?;
        entries.push(entry.to_vec());
        if entries.len() > usize::from(WIDTH) {
            return Err(TileError::EntryCount(entries.len()));
        }
        rest = after;
    }
    match entries.is_empty() {
        true => Err(TileError::EntryCount(0)),
        false => Ok(entries),
    }
}

/// The hash tiles that a log must write to grow from `old` to `new` leaves: level by level from the left, full ones and
/// the partial one at the end. None for a level whose hashes stay the same.
#[must_use]
pub fn tiles_for(old: u64, new: u64) -> Vec<TileId> {
    let levels = (0..8_u8).flat_map(|level| {
        let hashes = |size: u64| size >> (8 * level);
        pieces(hashes(old), hashes(new)).map(move |(index, width)| TileId { level, index, width })
    });
    levels.collect()
}

/// The entry bundles that a log must write to grow from `old` to `new` entries.
#[must_use]
pub fn entries_for(old: u64, new: u64) -> Vec<EntriesId> {
    pieces(old, new).map(|(index, width)| EntriesId { index, width }).collect()
}

/// The bytes of a tile. None when `hashes` does not reach.
pub fn tile_bytes(hashes: &dyn Hashes, tile: &TileId) -> Option<Vec<u8>> {
    let level = tile.level.checked_mul(8)?;
    let begin = tile.index.checked_mul(WIDTH.into())?;
    let all = (0..u64::from(tile.width)).map(|at| hashes.hash(level, begin.checked_add(at)?));
    Some(all.collect::<Option<Vec<Hash>>>()?.concat())
}

/// The hashes of a tree of `size` leaves, read from its tiles as `fetch` finds them, and not checked: prove with them,
/// and verify the proof against a signed root.
pub struct TileHashes<Fetch> {
    size: u64,
    fetch: Fetch,
}

impl<Fetch: Fn(&TileId) -> Option<Vec<u8>>> TileHashes<Fetch> {
    pub fn new(size: u64, fetch: Fetch) -> Self {
        Self { size, fetch }
    }

    /// The hashes of a tile of this tree.
    fn tile(&self, level: u8, index: u64) -> Option<Vec<Hash>> {
        let hashes = self.size.checked_shr(8 * u32::from(level))?;
        let width = match index.cmp(&(hashes / u64::from(WIDTH))) {
            Ordering::Less => WIDTH,
            Ordering::Equal => u16::try_from(hashes % u64::from(WIDTH)).ok()?,
            Ordering::Greater => return None,
        };
        read(&self.fetch, &TileId { level, index, width }).ok()
    }
}

impl<Fetch: Fn(&TileId) -> Option<Vec<u8>>> Hashes for TileHashes<Fetch> {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        // A tile stands for eight levels; those between are hashed from it.
        let (tile_level, inside) = (level / 8, level % 8);
        let begin = index.checked_mul(1 << inside)?;
        let hashes = self.tile(tile_level, begin / u64::from(WIDTH))?;
        let at = usize::try_from(begin % u64::from(WIDTH)).ok()?;
        Some(root_of(hashes.get(at..at + (1 << inside))?))
    }
}

/// Holds every tile of the tree of `size` leaves against the tiles below it, and all against the `root`. Tiles are
/// asked for from the left; memory holds one of each level.
///
/// # Errors
/// When a tile is missing, has another length, is not what is below it hashes to, or the root is another.
pub fn check_tiles(size: u64, root: &Hash, fetch: &dyn Fn(&TileId) -> Option<Vec<u8>>) -> Result<(), TileError> {
    let mut edge = Edge::default();
    let mut open: Vec<Vec<Hash>> = Vec::new();
    for (index, width) in pieces(0, size) {
        let leaves = read(fetch, &TileId { level: 0, index, width })?;
        leaves.iter().for_each(|leaf| edge.push(*leaf));
        if width < WIDTH {
            break;
        }
        let mut done = Some(root_of(&leaves));
        for level in 1.. {
            let (Some(hash), Some(above)) = (done.take(), index.checked_shr(8 * u32::from(level))) else { break };
            let at = usize::from(level) - 1;
            open.resize_with(open.len().max(at + 1), Vec::new);
            let Some(hashes) = open.get_mut(at) else { break };
            hashes.push(hash);
            if hashes.len() == usize::from(WIDTH) {
                done = Some(root_of(hashes));
                equal(fetch, &TileId { level, index: above, width: WIDTH }, hashes)?;
                hashes.clear();
            }
        }
    }
    for (hashes, level) in open.iter().zip(1_u8..).filter(|(hashes, _)| !hashes.is_empty()) {
        let index = size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
        let width = u16::try_from(hashes.len()).unwrap_or(WIDTH);
        equal(fetch, &TileId { level, index, width }, hashes)?;
    }
    match edge.root() == *root {
        true => Ok(()),
        false => Err(TileError::Root(size)),
    }
}

/// Takes a bundle apart and holds each entry against the hashes of its level 0 tile, `tile`, which may be longer.
///
/// # Errors
/// When the bundle cannot be read, holds more or fewer entries than its name says, or an entry hashes to another leaf.
pub fn check_entries(id: &EntriesId, bundle: &[u8], tile: &[Hash]) -> Result<Vec<Vec<u8>>, TileError> {
    let entries = decode_entries(bundle)?;
    let width = usize::from(id.width);
    if entries.len() != width || tile.len() < width {
        return Err(TileError::BundleWidth { path: id.path(), held: entries.len().min(tile.len()), width: id.width });
    }
    let differs = entries.iter().zip(tile).position(|(entry, leaf)| leaf_hash(entry) != *leaf);
    match differs {
        None => Ok(entries),
        Some(at) => {
            let index = id.index.saturating_mul(WIDTH.into()).saturating_add(at as u64);
            Err(TileError::Entry { path: id.path(), index })
        }
    }
}

/// The hashes in the bytes of a tile.
///
/// # Errors
/// When there are more or fewer bytes than its width asks for.
pub fn decode_tile(id: &TileId, bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    match rest.is_empty() && hashes.len() == usize::from(id.width) {
        true => Ok(hashes.to_vec()),
        false => Err(TileError::TileBytes { path: id.path(), held: bytes.len(), width: id.width }),
    }
}

/// The hashes of a tile, from the full one when housekeeping has taken the partial one.
fn read(fetch: &dyn Fn(&TileId) -> Option<Vec<u8>>, id: &TileId) -> Result<Vec<Hash>, TileError> {
    if let Some(bytes) = fetch(id) {
        return decode_tile(id, &bytes);
    }
    let missing = || TileError::Missing(id.path());
    let full = Some(id.full()).filter(|full| full != id).ok_or_else(missing)?;
    let mut hashes = decode_tile(&full, &fetch(&full).ok_or_else(missing)?)?;
    hashes.truncate(id.width.into());
    Ok(hashes)
}

fn equal(fetch: &dyn Fn(&TileId) -> Option<Vec<u8>>, id: &TileId, hashes: &[Hash]) -> Result<(), TileError> {
    match read(fetch, id)? == hashes {
        true => Ok(()),
        false => Err(TileError::Tile(id.path())),
    }
}

/// Pieces of 256 that a row must write to grow from `old` to `new`: index and width, from the left.
fn pieces(old: u64, new: u64) -> impl Iterator<Item = (u64, u16)> {
    let width = u64::from(WIDTH);
    let end = if new > old { new.div_ceil(width) } else { 0 };
    (old / width..end).map(move |index| {
        let left = new.saturating_sub(index.saturating_mul(width));
        (index, u16::try_from(left).map_or(WIDTH, |left| left.min(WIDTH)))
    })
}

/// The end of a path: three digits each, `x` before all but the last group, and `.p/<width>` of what is partial.
fn numbered(index: u64, width: u16) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < WIDTH {
        path.push_str(&format!(".p/{width}"));
    }
    path
}

#[cfg(test)]
mod tests;
