//! One pass over the entries of a shard, which is enough for everything: roots at every size that somebody has signed,
//! every tile, and every bundle. Memory holds one bundle and the right edge.
use super::{
    super::{
        files::Files,
        merkle::{Edge, Hash, leaf_hash, root_of},
        tile::{EntriesId, TileId, WIDTH, decode_entries},
    },
    lists::ShardList,
};
use std::collections::BTreeMap;

/// A pass over a shard.
pub(super) struct Pass<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) prefix: &'a str,
    pub(super) list: &'a ShardList,
    /// The size of the newest checkpoint.
    pub(super) size: u64,
    /// Sizes whose root is wanted, and then known.
    pub(super) roots: BTreeMap<u64, Option<Hash>>,
    edge: Edge,
    /// The hashes of the tile that is being filled, by level.
    filling: Vec<(u64, Vec<Hash>)>,
    /// What does not fit, with its path.
    pub(super) faults: Vec<(String, String)>,
    /// Bundles that a package leaves out.
    pub(super) absent: u64,
    /// Tiles and bundles of entries that no checkpoint covers yet.
    pub(super) beyond: Vec<String>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(files: &'a dyn Files, prefix: &'a str, list: &'a ShardList, size: u64, wanted: &[u64]) -> Self {
        let roots = wanted.iter().map(|size| (*size, None)).collect();
        let (edge, filling) = (Edge::default(), Vec::new());
        let mut pass =
            Self { files, prefix, list, size, roots, edge, filling, faults: Vec::new(), absent: 0, beyond: Vec::new() };
        pass.note_root();
        pass
    }

    fn note_root(&mut self) {
        if let Some(root) = self.roots.get_mut(&self.edge.size()) {
            *root = Some(self.edge.root());
        }
    }

    fn fault(&mut self, path: &str, cause: impl Into<String>) {
        self.faults.push((path.to_owned(), cause.into()));
    }

    fn get(&mut self, path: &str) -> Option<Vec<u8>> {
        match self.files.get(path) {
            Ok(bytes) => bytes,
            Err(cause) => {
                self.fault(path, cause);
                None
            }
        }
    }

    /// Goes over all entries. `take` is told index, bytes and leaf hash of each that is here. With `partial`, bundles may be absent
    /// where their tile is here.
    pub(super) fn run(&mut self, partial: bool, take: &mut dyn FnMut(u64, &[u8], Hash)) {
        let width = u64::from(WIDTH);
        for index in 0..self.size.div_ceil(width) {
            let held = u16::try_from((self.size - index * width).min(width)).unwrap_or(WIDTH);
            let id = EntriesId { index, width: held };
            let path = format!("{}/{}", self.prefix, id.path());
            let bundle = self.get(&path);
            let entries = match &bundle {
                Some(bytes) => decode_entries(bytes).map_err(|error| error.to_string()),
                None if partial => {
                    if !self.take_tile(index, held) {
                        return;
                    }
                    continue;
                }
                None => Err("it is missing: the log was cut, or is not whole".to_owned()),
            };
            let entries = match entries {
                Ok(entries) if entries.len() == usize::from(held) => entries,
                Ok(entries) => {
                    self.fault(&path, format!("it holds {} entries and should hold {held}", entries.len()));
                    return;
                }
                Err(cause) => {
                    self.fault(&path, cause);
                    return;
                }
            };
            for (number, bytes) in (index * width..).zip(&entries) {
                let leaf = leaf_hash(bytes);
                take(number, bytes, leaf);
                self.push(leaf);
            }
            self.narrower_bundles(index, held, bundle.as_deref().unwrap_or_default(), &entries);
        }
        self.close();
    }

    /// Takes leaf hashes from a tile, where the bundle is left out.
    fn take_tile(&mut self, index: u64, held: u16) -> bool {
        self.absent += 1;
        let path = format!("{}/{}", self.prefix, TileId { level: 0, index, width: held }.path());
        let Some(bytes) = self.get(&path).filter(|bytes| bytes.len() == usize::from(held) * 32) else {
            self.fault(&path, "neither the entries nor a whole tile of their hashes is here");
            return false;
        };
        for hash in bytes.chunks_exact(32).filter_map(|hash| Hash::try_from(hash).ok()) {
            self.push(hash);
        }
        true
    }

    /// Narrower bundles of earlier sizes begin as the widest does.
    fn narrower_bundles(&mut self, index: u64, held: u16, whole: &[u8], entries: &[Vec<u8>]) {
        let list = self.list;
        for width in list.bundles.get(&index).into_iter().flatten().copied() {
            if width == held {
                continue;
            }
            let path = format!("{}/{}", self.prefix, EntriesId { index, width }.path());
            let length: usize = entries.iter().take(usize::from(width)).map(|entry| entry.len() + 2).sum();
            if width > held {
                self.beyond.push(path);
            } else if self.get(&path).as_deref() != whole.get(..length) {
                self.fault(&path, "it differs from the wider bundle of the same entries");
            }
        }
    }

    fn push(&mut self, leaf: Hash) {
        self.edge.push(leaf);
        self.note_root();
        let mut carried = Some(leaf);
        let mut level = 0;
        while let Some(hash) = carried.take() {
            if self.filling.len() == level {
                self.filling.push((0, Vec::with_capacity(usize::from(WIDTH))));
            }
            let Some((index, hashes)) = self.filling.get_mut(level) else { return };
            hashes.push(hash);
            if hashes.len() == usize::from(WIDTH) {
                let (index, hashes) = (std::mem::replace(index, *index + 1), std::mem::take(hashes));
                carried = Some(root_of(&hashes));
                self.check_tile(level, index, &hashes);
            }
            level += 1;
        }
    }

    /// Checks the tiles that the last entries left unfilled.
    fn close(&mut self) {
        for (level, (index, hashes)) in std::mem::take(&mut self.filling).into_iter().enumerate() {
            if !hashes.is_empty() {
                self.check_tile(level, index, &hashes);
            }
        }
        let list = self.list;
        let covered = |level: u8, index: u64| {
            let span = u32::from(level).checked_mul(8).and_then(|bits| 1_u64.checked_shl(bits));
            span.and_then(|span| index.checked_mul(span)?.checked_mul(256)).is_some_and(|begin| begin < self.size)
                && span.is_some_and(|span| index * 256 < self.size / span)
        };
        let tiles = list.tiles.iter().filter(|((level, index), _)| !covered(*level, *index));
        let tiles = tiles.flat_map(|((level, index), widths)| {
            widths.iter().map(|width| TileId { level: *level, index: *index, width: *width }.path())
        });
        let bundles = list.bundles.iter().filter(|(index, _)| index.saturating_mul(256) >= self.size);
        let bundles = bundles
            .flat_map(|(index, widths)| widths.iter().map(|width| EntriesId { index: *index, width: *width }.path()));
        self.beyond.extend(tiles.chain(bundles).map(|path| format!("{}/{path}", self.prefix)));
    }

    /// Every stored width of a tile holds the first of these hashes; the whole one must be stored.
    fn check_tile(&mut self, level: usize, index: u64, hashes: &[Hash]) {
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        let held = u16::try_from(hashes.len()).unwrap_or(WIDTH);
        let list = self.list;
        let widths = list.tiles.get(&(level, index)).map(Vec::as_slice).unwrap_or_default();
        if !widths.contains(&held) {
            let path = format!("{}/{}", self.prefix, TileId { level, index, width: held }.path());
            self.fault(&path, "it is missing, and the entries it covers are here");
        }
        for width in widths.iter().copied() {
            let path = format!("{}/{}", self.prefix, TileId { level, index, width }.path());
            let expected = hashes.get(..usize::from(width)).map(<[Hash]>::concat);
            match expected {
                None => self.beyond.push(path),
                Some(expected) if self.get(&path).as_deref() != Some(&expected) => {
                    self.fault(&path, "it contradicts the entries that it covers");
                }
                Some(_) => {}
            }
        }
    }
}
