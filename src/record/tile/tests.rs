use super::{
    super::merkle::{inclusion_proof, root, verify_inclusion},
    *,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn a_tile_has_one_name() {
    let tile = |level, index, width| Some(Which::Tile(TileId { level, index, width }));
    let entries = |index, width| Some(Which::Entries(EntriesId { index, width }));
    check("tile/0/000", tile(0, 0, 256));
    check("tile/1/x001/x234/067", tile(1, 1_234_067, 256));
    check("tile/63/x018/x446/x744/x073/x709/x551/615.p/255", tile(63, u64::MAX, 255));
    check("tile/entries/x001/000.p/1", entries(1000, 1));
    check("tile/entries/999", entries(999, 256));
    for other in [
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/00/001",
        "tile/64/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p/+1",
        "tile/0/001.p/",
        "tile/0/+01",
        "tile/0/001/",
        "/tile/0/001",
        "tile/0//001",
        "tile/entries/../001",
        "tile\\0\\001",
        "tile/data/001",
        "tile/0/-01",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/001.p/1.p/1",
        "checkpoint",
        "tile/+1/001",
        "",
    ] {
        assert_eq!(parse_path(other), None, "{other}");
    }
}

fn check(path: &str, which: Option<Which>) {
    assert_eq!(parse_path(path), which);
}

#[test]
fn the_tiles_of_seventy_thousand_are_those_of_the_specification() {
    let tiles = tiles_for(0, 70_000);
    let full = |level| tiles.iter().filter(|tile| tile.level == level && tile.width == 256).count();
    assert_eq!((full(0), full(1), full(2)), (273, 1, 0));
    let partial: Vec<String> = tiles.iter().filter(|tile| tile.width < 256).map(TileId::path).collect();
    assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert_eq!(tiles.len(), 277);
    let of_256: Vec<String> = tiles_for(0, 256).iter().map(TileId::path).collect();
    assert_eq!(of_256, ["tile/0/000", "tile/1/000.p/1"]);
}

#[test]
fn growth_writes_what_changed_and_nothing_else() {
    let paths = |old, new| tiles_for(old, new).iter().map(TileId::path).collect::<Vec<_>>();
    assert_eq!(paths(0, 0), [""; 0]);
    assert_eq!(paths(5, 5), [""; 0]);
    assert_eq!(paths(6, 5), [""; 0]);
    assert_eq!(paths(5, 6), ["tile/0/000.p/6"]);
    assert_eq!(paths(255, 257), ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
    assert_eq!(paths(256, 300), ["tile/0/001.p/44"]);
    let bundles: Vec<String> = entries_for(255, 600).iter().map(EntriesId::path).collect();
    assert_eq!(bundles, ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"]);
    assert!(tiles_for(u64::MAX - 1, u64::MAX).iter().all(|tile| tile.width == 255));
}

#[test]
fn bundles_are_read_as_written() {
    let entries = [b"".to_vec(), b"one".to_vec(), vec![7; ENTRY_BYTES_MAX]];
    let bundle = encode_entries(&entries).unwrap();
    assert_eq!(bundle[..7], [0, 0, 0, 3, b'o', b'n', b'e']);
    assert_eq!(decode_entries(&bundle).unwrap(), entries);
    for end in 1..bundle.len() {
        let whole = [2, 7].contains(&end);
        assert_eq!(decode_entries(&bundle[..end]).is_ok(), whole, "{end}");
    }
}

#[test]
fn bundles_of_another_size_are_refused() {
    assert_eq!(encode_entries::<Vec<u8>>(&[]), Err(TileError::EntryCount(0)));
    assert_eq!(encode_entries(&vec![b""; 257]), Err(TileError::EntryCount(257)));
    assert_eq!(encode_entries(&[vec![0; 65_536]]), Err(TileError::EntryTooLarge(0, 65_536)));
    assert_eq!(decode_entries(&[]), Err(TileError::EntryCount(0)));
    assert_eq!(decode_entries(&[0; 2 * 257]), Err(TileError::EntryCount(257)));
    assert_eq!(decode_entries(&[0]), Err(TileError::BundleCut(0)));
    assert_eq!(decode_entries(&[0, 0, 0, 1]), Err(TileError::BundleCut(1)));
}

#[test]
fn tiles_know_the_tree() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000] {
        let shard = Shard::of(size);
        let hashes = TileHashes::new(size, |tile: &TileId| shard.tile(tile));
        assert_eq!(root(&hashes, size), Some(shard.root), "{size}");
        assert_eq!(check_tiles(size, &shard.root, &|tile| shard.tile(tile)), Ok(()), "{size}");
        for index in [0, 1, 255, 256, 65_535, 65_536, size.saturating_sub(1)] {
            let proof = inclusion_proof(&hashes, index, size);
            assert_eq!(proof.is_some(), index < size, "{index} of {size}");
            let shown =
                |proof: Vec<Hash>| verify_inclusion(index, size, &leaf_hash(&entry(index)), &proof, &shard.root);
            assert!(proof.is_none_or(shown), "{index} of {size}");
        }
        assert_eq!(hashes.hash(0, size), None);
        assert_eq!(hashes.hash(255, 0), None);
        assert_eq!(hashes.hash(63, u64::MAX), None);
    }
}

#[test]
fn a_full_tile_serves_where_the_partial_one_is_gone() {
    let (small, large) = (Shard::of(300), Shard::of(600));
    let fetch = |tile: &TileId| large.tile(tile);
    assert_eq!(check_tiles(300, &small.root, &|tile| small.tile(tile).or_else(|| fetch(tile))), Ok(()));
    let grown = |tile: &TileId| match tile.level {
        0 => fetch(tile),
        _ => small.tile(tile),
    };
    assert_eq!(check_tiles(300, &small.root, &grown), Ok(()));
    assert_eq!(root(&TileHashes::new(300, grown), 300), Some(small.root));
}

#[test]
fn a_flipped_byte_in_a_tile_of_any_level_is_noticed() {
    let shard = Shard::of(70_000);
    for path in ["tile/0/000", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"] {
        for last in [false, true] {
            let fetch = |tile: &TileId| {
                let mut bytes = shard.tile(tile)?;
                if tile.path() == path {
                    let at = if last { bytes.len() - 1 } else { 0 };
                    bytes[at] ^= 1;
                }
                Some(bytes)
            };
            assert!(check_tiles(70_000, &shard.root, &fetch).is_err(), "{path}");
        }
    }
}

#[test]
fn a_small_tree_is_checked_whole() {
    let shard = Shard::of(600);
    for (path, bytes) in &shard.files {
        let which = parse_path(path).unwrap();
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x10;
            let refused = match which {
                Which::Tile(spoilt) if at % 97 == 0 || spoilt.width < 256 => {
                    let fetch = |tile: &TileId| if *tile == spoilt { Some(bytes.clone()) } else { shard.tile(tile) };
                    check_tiles(600, &shard.root, &fetch).is_err()
                }
                Which::Tile(_) => true,
                Which::Entries(id) => {
                    let tile = TileId { level: 0, index: id.index, width: id.width };
                    check_entries(&id, &bytes, &read(&|tile| shard.tile(tile), &tile).unwrap()).is_err()
                }
            };
            assert!(refused, "{path}: {at}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let shard = Shard::of(600);
    let fetch = |tile: &TileId| shard.tile(tile);
    let without = |gone: &'static str| move |path: &str| path == gone;
    let said = |gone: &'static str| {
        let gone = without(gone);
        check_tiles(600, &shard.root, &|tile| fetch(tile).filter(|_| !gone(&tile.path()))).unwrap_err().to_string()
    };
    assert_eq!(said("tile/0/001"), "`tile/0/001` is missing");
    assert_eq!(said("tile/1/000.p/2"), "`tile/1/000.p/2` is missing");
    let cut = check_tiles(600, &shard.root, &|tile| fetch(tile).map(|bytes| bytes[1..].to_vec())).unwrap_err();
    assert_eq!(cut.to_string(), "`tile/0/000` has 8191 bytes, a tile of 256 hashes has 8192: it was cut or altered");
    let other = check_tiles(600, &[0; 32], &fetch).unwrap_err();
    assert_eq!(other, TileError::Root(600));
    let id = EntriesId { index: 2, width: 88 };
    let tile = read(&fetch, &TileId { level: 0, index: 2, width: 88 }).unwrap();
    let mut entries: Vec<Vec<u8>> = (512..600).map(entry).collect();
    entries[3] = b"other".to_vec();
    let wrong = check_entries(&id, &encode_entries(&entries).unwrap(), &tile).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "entry 515 in `tile/entries/002.p/88` does not hash to what the tile holds: the entry or the tile was altered"
    );
    entries.pop();
    let short = check_entries(&id, &encode_entries(&entries).unwrap(), &tile).unwrap_err();
    assert_eq!(short.to_string(), "`tile/entries/002.p/88` holds 87 entries, its name says 88: it was cut or altered");
}

proptest! {
    #[test]
    fn any_path_that_is_read_is_written_the_same(path in r"tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,3}[0-9]{3}(\.p/[0-9]{1,3})?") {
        if let Some(which) = parse_path(&path) {
            let written = match which {
                Which::Tile(tile) => tile.path(),
                Which::Entries(entries) => entries.path(),
            };
            prop_assert_eq!(written, path);
        }
    }

    #[test]
    fn steps_write_all_that_a_leap_writes(steps in prop::collection::vec(0_u64..200_000, 1..6)) {
        let mut sizes = steps;
        sizes.sort_unstable();
        let last = sizes[sizes.len() - 1];
        let mut before = 0;
        let mut written = Vec::new();
        for size in sizes {
            written.extend(tiles_for(before, size));
            before = size;
        }
        prop_assert!(tiles_for(0, last).iter().all(|tile| written.contains(tile)));
        let mut once = written.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), written.len());
    }

    #[test]
    fn any_bytes_are_a_bundle_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(entries) = decode_entries(&bytes) {
            prop_assert_eq!(encode_entries(&entries).unwrap(), bytes);
        }
    }
}

/// The files of a log of numbered entries.
struct Shard {
    root: Hash,
    files: BTreeMap<String, Vec<u8>>,
}

impl Shard {
    fn of(size: u64) -> Self {
        let leaves: Vec<Hash> = (0..size).map(|index| leaf_hash(&entry(index))).collect();
        let mut files = BTreeMap::new();
        for tile in tiles_for(0, size) {
            files.insert(tile.path(), tile_bytes(&leaves, &tile).unwrap());
        }
        for id in entries_for(0, size) {
            let begin = id.index * 256;
            let entries: Vec<Vec<u8>> = (begin..begin + u64::from(id.width)).map(entry).collect();
            files.insert(id.path(), encode_entries(&entries).unwrap());
        }
        Self { root: root_of(&leaves), files }
    }

    fn tile(&self, tile: &TileId) -> Option<Vec<u8>> {
        self.files.get(&tile.path()).cloned()
    }
}

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}
