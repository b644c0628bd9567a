//! One shard: its checkpoints, its tree, its entries, its journal, and what lies beside them.
use super::super::{
    files::Files,
    merkle::Hash,
    note::{Checkpoint, Note},
    place::Place,
};
use super::{
    Against, Failure, Head, Report, anchors,
    beside::{self, Beside},
    chain::Chain,
    facts::{Needed, Passing, Reader},
    keys,
    lists::ShardList,
    pass::Pass,
    results::{Last, Results},
    rollups,
};
use std::collections::BTreeSet;

/// A checkpoint that can be read; its note is read again where it is needed, since a log may have very many.
#[derive(Clone, Copy)]
pub(super) struct Signed {
    pub(super) size: u64,
    pub(super) root: Hash,
}

impl Signed {
    pub(super) fn path(&self, prefix: &str) -> String {
        checkpoint_path(prefix, self.size)
    }

    /// The note, while it is still the one that was read before.
    pub(super) fn note(&self, files: &dyn Files, prefix: &str) -> Option<Note> {
        let note = Note::parse(files.get(&self.path(prefix)).ok().flatten()?).ok()?;
        let said = Checkpoint::parse(&note.text).ok()?;
        (said.size == self.size && said.root == self.root).then_some(note)
    }
}

/// `<prefix>/checkpoints/<size>`.
pub(super) fn checkpoint_path(prefix: &str, size: u64) -> String {
    format!("{prefix}/checkpoints/{size:020}")
}

/// At most this many faults of one kind are told; the first say what is wrong.
const TOLD_MAX: usize = 10;

/// Gives the blobs that its entries refer to; none where the shard cannot be read at all.
pub(super) fn check(
    (files, prefix, list): (&dyn Files, &str, &ShardList),
    against: &Against<'_>,
    last: &mut Last,
    hand_on: &mut dyn FnMut(Passing),
    report: &mut Report,
) -> Option<Needed> {
    let (signed, origin) = checkpoints(files, prefix, list, report);
    let newest = *signed.last()?;
    let size = newest.size;
    if Place::parse(&origin).map(|place| place.prefix()).ok().as_deref() != Some(prefix) {
        let cause = format!("its origin `{origin}` is not that of `{prefix}`");
        report.fail("checkpoints", &newest.path(prefix), Failure::Integrity, cause);
        return None;
    }
    let known = known(against, &origin, report);
    let wanted = signed.iter().map(|one| one.size).chain(known.iter().map(|(_, one)| one.size));
    let wanted: Vec<u64> = wanted.chain(rollups::sizes(report, &origin)).collect();
    let mut pass = Pass::new(files, prefix, list, size, &wanted);
    let mut chain = Chain::new(files, prefix, list);
    let mut reader = Reader::new(&origin);
    let mut results = Results::new(files, prefix, last);
    pass.run(against.partial, &mut |index, bytes, leaf| {
        chain.expect(index, bytes);
        if let Some(passing) = reader.take(index, bytes, leaf) {
            results.take(&passing, reader.year.previous.as_ref());
            hand_on(passing);
        }
    });
    let journal_end = chain.rest();
    tell(report, "tree", prefix, Failure::Integrity, &pass.faults, || {
        format!("{size} entries, each tile and bundle against them")
    });
    roots(&pass, &signed, &known, report);
    rollups::hold(files, &pass, &origin, against.partial, report);
    // Packages leave the journal out, and say so.
    if !against.partial || !list.journal.is_empty() {
        tell(report, "journal", prefix, Failure::Integrity, &chain.faults, || format!("{} segments", chain.segments));
    }
    uncovered(prefix, &pass, size, journal_end, against, report);
    entries(prefix, &mut reader, report);
    let keys = keys::check((&origin, prefix, files), &signed, &reader, against, report);
    let beside = Beside { files, prefix, list, reader: &reader, against };
    anchors::quorum(&beside, &signed, report);
    hint(files, prefix, list, size, report);
    report.heads.push(Head { origin: origin.clone(), size, root: newest.root, newest: reader.newest, keys });
    beside::check(&beside, report);
    results.finish(&origin, &reader.year, against, report);
    report.years.insert(origin, std::mem::take(&mut reader.year));
    report.entries.join(reader.entries);
    Some(reader.blobs)
}

/// Tells faults, or that all holds.
pub(super) fn tell(
    report: &mut Report,
    name: &'static str,
    subject: &str,
    kind: Failure,
    faults: &[(String, String)],
    held: impl Fn() -> String,
) {
    if faults.is_empty() {
        report.held(name, subject, held());
    }
    for (path, cause) in faults.iter().take(TOLD_MAX) {
        report.fail(name, path, kind, cause.clone());
    }
    if faults.len() > TOLD_MAX {
        report.fail(name, subject, kind, format!("and {} more like these", faults.len() - TOLD_MAX));
    }
}

/// Every checkpoint that can be read, by size, and the origin that the last one names.
fn checkpoints(files: &dyn Files, prefix: &str, list: &ShardList, report: &mut Report) -> (Vec<Signed>, String) {
    let (mut signed, mut origins, mut last) = (Vec::new(), BTreeSet::new(), String::new());
    for size in &list.checkpoints {
        let path = checkpoint_path(prefix, *size);
        let read = files.get(&path).and_then(|bytes| {
            let note = Note::parse(bytes.unwrap_or_default()).map_err(|error| error.to_string())?;
            Checkpoint::parse(&note.text).map_err(|error| error.to_string())
        });
        match read {
            Ok(Checkpoint { origin, size: said, root }) if said == *size => {
                signed.push(Signed { size: said, root });
                if !origins.contains(&origin) {
                    origins.insert(origin.clone());
                }
                last = origin;
            }
            Ok(one) => {
                let cause = format!("it says that its size is {}", one.size);
                report.fail("checkpoints", &path, Failure::Integrity, cause);
            }
            Err(cause) => report.fail("checkpoints", &path, Failure::Integrity, cause),
        }
    }
    if origins.len() > 1 {
        let named = origins.into_iter().collect::<Vec<_>>().join(", ");
        report.fail("checkpoints", prefix, Failure::Integrity, format!("they name several origins: {named}"));
    }
    (signed, last)
}

/// Checkpoints of this shard that were kept from earlier.
fn known(against: &Against<'_>, origin: &str, report: &mut Report) -> Vec<(String, Checkpoint)> {
    let mut known = Vec::new();
    for (name, bytes) in against.known {
        let read = Note::parse(bytes).map_err(|error| error.to_string());
        match read.and_then(|note| Checkpoint::parse(&note.text).map_err(|error| error.to_string())) {
            Ok(checkpoint) if checkpoint.origin == origin => known.push((name.clone(), checkpoint)),
            Ok(_) => {}
            Err(cause) => report.doubt("known", name, format!("it is no checkpoint: {cause}")),
        }
    }
    known
}

/// The root at every size that somebody has signed or kept.
fn roots(pass: &Pass<'_>, signed: &[Signed], known: &[(String, Checkpoint)], report: &mut Report) {
    let at = |size: u64| pass.roots.get(&size).copied().flatten();
    let mut held = 0_usize;
    for one in signed {
        match at(one.size) {
            Some(root) if root == one.root => held += 1,
            // The fault that ended the pass has been told.
            None if !pass.faults.is_empty() => {}
            _ => report.fail(
                "roots",
                &one.path(pass.prefix),
                Failure::Integrity,
                "the entries give another root than the one that was signed",
            ),
        }
    }
    if held == signed.len() {
        report.held("roots", pass.prefix, format!("{held} checkpoints fit the entries"));
    }
    for (name, checkpoint) in known {
        let cause = match at(checkpoint.size) {
            Some(root) if root == checkpoint.root => {
                report.held("known", name, format!("the log still begins as it did at size {}", checkpoint.size));
                continue;
            }
            _ if checkpoint.size > pass.size => {
                format!(
                    "the log held {} entries then, and holds {} now: it was cut or started over",
                    checkpoint.size, pass.size
                )
            }
            _ => format!("the log had another root at size {}: it was rewritten", checkpoint.size),
        };
        report.fail("known", name, Failure::Integrity, cause);
    }
}

/// Entries that are durable and that no checkpoint covers yet, and the files made of them.
fn uncovered(
    prefix: &str,
    pass: &Pass<'_>,
    size: u64,
    journal_end: Option<u64>,
    against: &Against<'_>,
    report: &mut Report,
) {
    match journal_end {
        Some(end) if end > size => {
            let more = end - size;
            report.doubt(
                "covered",
                prefix,
                format!("{more} entries of the journal are in no checkpoint yet: the next append publishes them"),
            );
            report
                .not_checked
                .extend(pass.beyond.iter().map(|path| format!("`{path}`: of entries that no checkpoint covers yet")));
        }
        Some(end) if end < size => {
            report.fail(
                "journal",
                prefix,
                Failure::Integrity,
                format!("it ends at {end}, and the tree holds {size}: it was cut"),
            );
        }
        None if !against.partial && size > 0 => report.fail("journal", prefix, Failure::Integrity, "it is missing"),
        _ => {
            for path in &pass.beyond {
                report.fail("files", path, Failure::Integrity, "no entry covers this file");
            }
        }
    }
}

/// What the entries say of themselves.
fn entries(prefix: &str, reader: &mut Reader, report: &mut Report) {
    let faults = std::mem::take(&mut reader.faults);
    tell(report, "entries", prefix, Failure::Format, &faults, || {
        format!("{} read, each of this shard, in sequence", reader.count)
    });
    if reader.newer > 0 {
        report.doubt("entries", prefix, format!("{} are of a newer version: use a newer speguard", reader.newer));
    }
    if reader.first_type.as_deref() != Some("shard") && reader.count > 0 {
        report.fail("entries", prefix, Failure::Integrity, "the first entry does not open a shard");
    }
    if let Some(index) = reader.after_close {
        report.fail("entries", prefix, Failure::Integrity, format!("entry {index} stands after the shard was closed"));
    }
}

/// `checkpoint` is a hint, and still must be one of the signed ones.
fn hint(files: &dyn Files, prefix: &str, list: &ShardList, newest: u64, report: &mut Report) {
    let path = format!("{prefix}/checkpoint");
    if !list.has_hint && newest == 0 {
        report.not_checked.push(format!("`{path}`: the shard was begun, and its first entry makes it"));
        return;
    }
    if !list.has_hint {
        report.fail("hint", &path, Failure::Integrity, "it is missing");
        return;
    }
    let bytes = files.get(&path).ok().flatten().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let size = text.lines().nth(1).and_then(|line| line.parse::<u64>().ok());
    let kept = size.and_then(|size| files.get(&format!("{prefix}/checkpoints/{size:020}")).ok().flatten());
    // Cosignature lines follow the log's own.
    let Some(kept) = kept.filter(|kept| bytes.starts_with(kept)) else {
        report.fail("hint", &path, Failure::Integrity, "it is none of the signed checkpoints");
        return;
    };
    let cosignatures: Vec<Vec<u8>> = list
        .anchors
        .get(&size.unwrap_or_default())
        .into_iter()
        .flatten()
        .filter(|name| name.starts_with("cosig-"))
        .filter_map(|name| files.get(&format!("{prefix}/anchors/{}/{name}", size.unwrap_or_default())).ok().flatten())
        .collect();
    let more = bytes.get(kept.len()..).unwrap_or_default();
    if !more.split_inclusive(|byte| *byte == b'\n').all(|line| cosignatures.iter().any(|kept| kept == line)) {
        report.fail("hint", &path, Failure::Integrity, "it carries signatures that are not kept under anchors");
        return;
    }
    if size != Some(newest) {
        report.not_checked.push(format!("`{path}` lags behind: it names size {}", size.unwrap_or_default()));
    }
}
