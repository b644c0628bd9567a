//! Which files of a log an auditor of a period needs.
use super::super::{
    entry::{DigestText, Run},
    files::is_temporary,
    tile::{entries_for, tiles_for},
    verify::{At, Entries, anchors::TOKEN},
};
use crate::model::Period;
use std::collections::{BTreeMap, BTreeSet};

/// What a package is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Paths in the log, in order. All are needed.
    pub files: BTreeSet<String>,
    /// The newest size that a token stands for.
    pub stamped: Option<u64>,
}

/// The entries of some shards, each below a size.
#[must_use]
pub fn up_to(entries: &Entries, sizes: &[(&str, u64)]) -> Entries {
    let within = |shard: &str, index: u64| sizes.iter().any(|(origin, size)| *origin == shard && index < *size);
    let mut kept = entries.clone();
    macro_rules! retain {
        ($($list:ident),*) => { $( kept.$list.retain(|one| within(&one.shard, one.index)); )* };
    }
    retain!(plans, bundles, starts, runs, transitions, waivers, attestations, gaps, anchors, erasures, prunes, exports);
    kept.emitters.retain(|shard, _| sizes.iter().any(|(origin, _)| origin == shard));
    kept
}

/// Runs whose facts were read in a period.
#[must_use]
pub fn runs_of(entries: &Entries, period: Period) -> Vec<&At<Box<Run>>> {
    entries.runs.iter().filter(|run| period.contains(run.observed.0)).collect()
}

/// The files of a shard's log that a package of a period at a size holds: of `paths`, those that are needed, and tiles
/// and bundles of the tree of this size whether they are here or not.
#[must_use]
pub fn choose(paths: &[String], prefix: &str, size: u64, entries: &Entries, period: Period) -> Choice {
    let mut files: BTreeSet<String> = BTreeSet::new();
    files.extend(tiles_for(0, size).iter().map(|id| format!("{prefix}/{}", id.path())));
    files.extend(entries_for(0, size).iter().map(|id| format!("{prefix}/{}", id.path())));
    let blobs = blobs(entries, period);
    let bundles = entries.bundles.iter().map(|bundle| bundle.what.object);
    let bundles: BTreeSet<DigestText> = bundles.chain(entries.plans.iter().map(|plan| plan.what.digest)).collect();
    for path in paths {
        let of_shard = path.strip_prefix(prefix).and_then(|below| below.strip_prefix('/'));
        let wanted = match of_shard.and_then(|below| below.split_once('/')) {
            Some(("checkpoints", number)) => number.parse().is_ok_and(|number: u64| number <= size),
            Some(("anchors", below)) => {
                let number = below.split('/').next().unwrap_or_default();
                !is_temporary(path) && number.parse().is_ok_and(|number: u64| number <= size)
            }
            Some(("blobs", _)) => named(path.trim_end_matches(".gz"), &blobs),
            _ => path.starts_with("bundles/") && named(path, &bundles),
        };
        if wanted {
            files.insert(path.clone());
        }
    }
    let token = |path: &String| {
        let below = path.strip_prefix(prefix)?.strip_prefix("/anchors/")?.strip_suffix(TOKEN)?;
        below.strip_suffix('/')?.parse().ok()
    };
    let stamped = files.iter().filter_map(token).max();
    Choice { files, stamped }
}

fn named(path: &str, wanted: &BTreeSet<DigestText>) -> bool {
    let digest = DigestText::parse(&format!("sha256:{}", path.rsplit('/').next().unwrap_or_default()));
    digest.is_ok_and(|digest| wanted.contains(&digest))
}

/// What runs of the period, the last run of each scope before it, and statements in force refer to.
fn blobs(entries: &Entries, period: Period) -> BTreeSet<DigestText> {
    let mut runs: Vec<&At<Box<Run>>> = runs_of(entries, period);
    let mut last: BTreeMap<&str, &At<Box<Run>>> = BTreeMap::new();
    for run in entries.runs.iter().filter(|run| !run.what.late && run.observed.0 < period.from) {
        last.insert(&run.what.scope, run);
    }
    runs.extend(last.into_values());
    let ids: BTreeSet<_> = runs.iter().map(|run| run.what.run).collect();
    let mut blobs: BTreeSet<DigestText> = BTreeSet::new();
    blobs.extend(runs.iter().flat_map(|run| [run.what.results_blob, run.what.population_blob]));
    let starts = entries.starts.iter();
    let starts = starts.filter(|start| ids.contains(&start.what.run) || period.contains(start.observed.0));
    blobs.extend(starts.map(|start| start.what.pepper));
    let in_force = |from: i64, until: i64| from < period.to && until > period.from;
    let waivers = entries.waivers.iter().map(|waiver| &waiver.what);
    let waivers = waivers.filter(|waiver| in_force(waiver.granted.0, waiver.expires.0));
    blobs.extend(waivers.map(|waiver| waiver.document));
    let stated = entries.attestations.iter().map(|stated| &stated.what);
    let stated = stated.filter(|stated| in_force(stated.valid_from.0, stated.valid_until.0));
    blobs.extend(stated.map(|stated| stated.document));
    blobs
}
