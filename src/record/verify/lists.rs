//! Which files a log holds, sorted by what they should be.
use super::super::{
    entry::DigestText,
    files::is_temporary,
    tile::{self, Which},
};
use std::collections::{BTreeMap, BTreeSet};

/// Every file of a log.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// By prefix.
    pub(super) shards: BTreeMap<String, ShardList>,
    /// `bundles/sha256/<ab>/<hex>`.
    pub(super) bundles: Vec<String>,
    pub(super) temporary: Vec<String>,
    pub(super) unexplained: Vec<String>,
}

/// The files of one shard, by what their paths are made of: a log may have very many.
#[derive(Debug, Default)]
pub(super) struct ShardList {
    pub(super) has_hint: bool,
    /// Their sizes.
    pub(super) checkpoints: BTreeSet<u64>,
    /// Widths by level and index.
    pub(super) tiles: BTreeMap<(u8, u64), Vec<u16>>,
    /// Widths by index.
    pub(super) bundles: BTreeMap<u64, Vec<u16>>,
    /// Their numbers.
    pub(super) journal: BTreeSet<u64>,
    /// Names by size.
    pub(super) anchors: BTreeMap<u64, Vec<String>>,
    pub(super) blobs: BTreeSet<DigestText>,
}

impl Lists {
    pub(super) fn of(paths: &[String]) -> Self {
        let mut lists = Self::default();
        for path in paths {
            if is_temporary(path) {
                lists.temporary.push(path.clone());
            } else if path.starts_with("trust/") {
                // Copies; the originals reach a verifier by another way.
            } else if path.strip_prefix("bundles/").is_some_and(|rest| hex_name(rest).is_some()) {
                lists.bundles.push(path.clone());
            } else if lists.take(path).is_none() {
                lists.unexplained.push(path.clone());
            }
        }
        lists.shards.retain(|prefix, list| {
            let is_shard = !list.checkpoints.is_empty();
            if !is_shard {
                lists.unexplained.extend(paths.iter().filter(|path| path.starts_with(&format!("{prefix}/"))).cloned());
            }
            is_shard
        });
        lists
    }

    fn take(&mut self, path: &str) -> Option<()> {
        let (place, rest) = place(path)?;
        let list = self.shards.entry(place.to_owned()).or_default();
        let (folder, below) = rest.split_once('/').unwrap_or((rest, ""));
        match folder {
            "checkpoint" if below.is_empty() => list.has_hint = true,
            "checkpoints" => drop(list.checkpoints.insert(number(below)?)),
            "journal" => drop(list.journal.insert(number(below)?)),
            "tile" => match tile::parse_path(rest)? {
                Which::Tile(id) => list.tiles.entry((id.level, id.index)).or_default().push(id.width),
                Which::Entries(id) => list.bundles.entry(id.index).or_default().push(id.width),
            },
            "anchors" => {
                let (size, name) = below.split_once('/')?;
                let size: u64 = size.parse().ok().filter(|read: &u64| read.to_string() == size)?;
                list.anchors.entry(size).or_default().push((!name.contains('/')).then(|| name.to_owned())?);
            }
            "blobs" => {
                let name = below.strip_suffix(".gz")?;
                list.blobs.insert(DigestText::parse(&format!("sha256:{}", hex_name(name)?)).ok()?);
            }
            _ => return None,
        }
        Some(())
    }
}

/// `<spe>/<emitter>/<year>`, and what follows.
fn place(path: &str) -> Option<(&str, &str)> {
    let mut slashes = path.match_indices('/').map(|(at, _)| at);
    let (_, second, third) = (slashes.next()?, slashes.next()?, slashes.next()?);
    let year = path.get(second + 1..third)?;
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    is_year.then(|| (path.get(..third).unwrap_or_default(), path.get(third + 1..).unwrap_or_default()))
}

/// Twenty digits.
fn number(name: &str) -> Option<u64> {
    name.parse().ok().filter(|read: &u64| format!("{read:020}") == name)
}

/// `sha256/<ab>/<64 digits>` → the digits.
fn hex_name(path: &str) -> Option<&str> {
    let (two, hex) = path.strip_prefix("sha256/")?.split_once('/')?;
    let good = hex.len() == 64
        && hex.starts_with(two)
        && two.len() == 2
        && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    good.then_some(hex)
}
