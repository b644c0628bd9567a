//! What a lead says of the other shards of its environment, held against these: whether one was cut, rewritten or taken
//! away as a whole, and whether one was added of which the lead knows nothing.
use super::{
    super::{
        entry::{Body, DigestText, Entry, Instant, Rollup},
        files::Files,
        history::environment,
        note::{Checkpoint, Note},
        place::Place,
        tile::{EntriesId, WIDTH, decode_entries},
    },
    Against, Entries, Failure, Report,
    lists::ShardList,
    pass::Pass,
    shard::checkpoint_path,
};
use std::collections::BTreeMap;

const NAME: &str = "rollups";

/// A shard stands in a rollup so soon after its first entry, and the next rollup comes so soon after the last, in
/// milliseconds (docs/evidence.md).
const LATE_AFTER_MS: i64 = 15 * 60 * 1000;

/// How a shard was at some size, and the entry of the lead that says so first.
#[derive(Clone, Copy, Debug)]
struct Named {
    root: DigestText,
    index: u64,
    at: Instant,
}

/// The rollups of one lead.
#[derive(Clone, Debug, Default)]
pub struct Rollups {
    named: BTreeMap<String, BTreeMap<u64, Named>>,
    last: Option<Instant>,
}

impl Rollups {
    /// Takes an entry of the lead.
    ///
    /// # Errors
    /// It contradicts one before it.
    pub(super) fn take(&mut self, index: u64, at: Instant, rollup: Rollup) -> Result<(), String> {
        self.last = self.last.max(Some(at));
        let mut contradiction = Ok(());
        for head in rollup.shards {
            let sizes = self.named.entry(head.origin).or_default();
            let named = sizes.entry(head.size).or_insert(Named { root: head.root, index, at });
            if named.root != head.root {
                contradiction =
                    Err(format!("it gives another root of {} entries than entry {}", head.size, named.index));
            }
        }
        contradiction
    }
}

/// Whether a shard calls itself a lead's in its first entry: those are read before the others.
pub(super) fn is_lead(files: &dyn Files, prefix: &str, list: &ShardList) -> bool {
    let newest = list.checkpoints.last().copied().unwrap_or_default();
    let width = u16::try_from(newest.min(u64::from(WIDTH))).unwrap_or(WIDTH);
    let bytes = files.get(&format!("{prefix}/{}", EntriesId { index: 0, width }.path()));
    let entries = bytes.ok().flatten().and_then(|bytes| decode_entries(&bytes).ok()).unwrap_or_default();
    let first = entries.first().and_then(|bytes| Entry::from_bytes(bytes).ok());
    matches!(first, Some(Entry { body: Body::Shard(shard), .. }) if shard.lead)
}

/// The sizes of a shard that leads name.
pub(super) fn sizes<'r>(report: &'r Report, origin: &'r str) -> impl Iterator<Item = u64> + 'r {
    named(report, origin).map(|(_, size, _)| size)
}

/// By which lead, at which size.
fn named<'r>(report: &'r Report, origin: &'r str) -> impl Iterator<Item = (&'r str, u64, Named)> + 'r {
    report.entries.rollups.iter().filter(move |(lead, _)| is_by(lead, origin)).flat_map(move |(lead, rollups)| {
        let sizes = rollups.named.get(origin).into_iter().flatten();
        sizes.map(move |(size, named)| (lead.as_str(), *size, *named))
    })
}

/// A lead speaks of its own environment alone.
fn is_by(lead: &str, origin: &str) -> bool {
    environment(lead) == environment(origin)
}

/// Holds what leads say of a shard against its entries, which have just been read.
pub(super) fn hold(files: &dyn Files, pass: &Pass<'_>, origin: &str, is_partial: bool, report: &mut Report) {
    let (mut held, mut ahead, mut absent, mut faults) = (0_u64, 0_u64, 0_u64, Vec::new());
    for (lead, size, Named { root, index, .. }) in named(report, origin) {
        let by = || format!("entry {index} of `{lead}`");
        if size > pass.size {
            // Who writes while this is read is ahead of what was listed.
            match signed_now(files, pass.prefix, size) {
                Some(signed) if signed == root => ahead += 1,
                _ => faults.push(format!(
                    "it held {size} entries when {} was made, and holds {} now: it was cut or started over",
                    by(),
                    pass.size
                )),
            }
            continue;
        }
        match pass.roots.get(&size).copied().flatten() {
            Some(found) if found == root.0 => held += 1,
            // The fault that ended the pass has been told.
            None if !pass.faults.is_empty() => {}
            None if is_partial => absent += 1,
            _ => faults.push(format!("it had another root at size {size} when {} was made: it was rewritten", by())),
        }
    }
    let more = faults.len().saturating_sub(1);
    if let Some(first) = faults.into_iter().next() {
        let all = if more > 0 { format!("; {more} more entries say the like") } else { String::new() };
        report.fail(NAME, origin, Failure::Integrity, format!("{first}{all}"));
    } else if held > 0 {
        report.held(NAME, origin, format!("the lead names it at {held} sizes, and it had these roots"));
    }
    if absent > 0 {
        let told = format!("{absent} sizes at which a lead names `{origin}`: the package leaves these entries out");
        report.not_checked.push(told);
    }
    if ahead > 0 {
        report.doubt(
            NAME,
            origin,
            "the lead names it at a larger size: it was written while it was read; verify again",
        );
    }
}

fn signed_now(files: &dyn Files, prefix: &str, size: u64) -> Option<DigestText> {
    let note = Note::parse(files.get(&checkpoint_path(prefix, size)).ok()??).ok()?;
    let said = Checkpoint::parse(&note.text).ok()?;
    (said.size == size).then_some(DigestText(said.root))
}

/// Shards that leads name and that are not here, and shards and times of which they say nothing.
pub(super) fn check(against: &Against<'_>, report: &mut Report) {
    let rollups = std::mem::take(&mut report.entries.rollups);
    for (lead, said) in &rollups {
        for (origin, sizes) in said.named.iter().filter(|(origin, _)| is_by(lead, origin)) {
            let is_here = report.heads.iter().any(|head| head.origin == *origin);
            let Some((size, named)) = sizes.last_key_value().filter(|_| !is_here) else { continue };
            if against.partial {
                let told = format!("the shard `{origin}` that `{lead}` names: it is not in the package");
                report.not_checked.push(told);
            } else if !is_pruned(report, origin) {
                let cause = format!(
                    "entry {} of `{lead}` names it with {size} entries, and it is not here: a shard was taken away",
                    named.index
                );
                report.fail(NAME, origin, Failure::Integrity, cause);
            }
        }
    }
    if !against.partial {
        unnamed(&rollups, report);
    }
    report.entries.rollups = rollups;
}

/// What was pruned is held against the entry that says so.
fn is_pruned(report: &Report, origin: &str) -> bool {
    let Entries { prunes, leads, .. } = &report.entries;
    prunes.iter().any(|prune| prune.what.origin == origin && leads.contains(&prune.shard))
}

/// Shards of which a lead that runs all the time says nothing, or too late.
fn unnamed(rollups: &BTreeMap<String, Rollups>, report: &mut Report) {
    let leads: Vec<(String, Instant, Instant)> = report
        .heads
        .iter()
        .filter_map(|head| {
            let year = report.years.get(&head.origin).filter(|year| year.is_resident_lead)?;
            Some((head.origin.clone(), year.first?, head.newest?))
        })
        .collect();
    for (lead, begun, newest) in leads {
        let said = rollups.get(&lead);
        let mut has_others = false;
        let mut doubts = Vec::new();
        for head in report.heads.iter().filter(|head| is_by(&lead, &head.origin) && !is_own(&lead, &head.origin)) {
            let Some(first) = report.years.get(&head.origin).and_then(|year| year.first) else { continue };
            has_others = true;
            let due = Instant(first.max(begun).0.saturating_add(LATE_AFTER_MS));
            let named = said.and_then(|said| said.named.get(&head.origin)?.values().map(|named| named.at).min());
            let cause = match named {
                None if newest > due => {
                    format!("`{lead}` does not name it, and wrote until {newest}; it begins at {first}")
                }
                Some(at) if at > due => format!("`{lead}` names it only from {at} on; it begins at {first}"),
                _ => continue,
            };
            doubts.push((head.origin.clone(), cause));
        }
        doubts.into_iter().for_each(|(origin, cause)| report.doubt(NAME, &origin, cause));
        let last = said.and_then(|said| said.last).filter(|last| newest.0.saturating_sub(last.0) > LATE_AFTER_MS);
        if let Some(last) = last.filter(|_| has_others) {
            let cause = format!("it stopped to name the other shards at {last}, and wrote until {newest}");
            report.doubt(NAME, &lead, cause);
        }
    }
}

fn is_own(lead: &str, origin: &str) -> bool {
    let emitter = |origin: &str| Place::parse(origin).map(|place| place.emitter().to_owned()).ok();
    emitter(lead) == emitter(origin)
}
