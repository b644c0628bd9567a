//! A shard whose entries were pruned: what was kept of it, against the entry that says so in another shard.
use super::{
    super::{
        anchor,
        entry::Prune,
        files::Files,
        note::{Checkpoint, Note, VerifierKey, verify as verify_note},
        place::Place,
        segment::digest,
        tile::WIDTH,
    },
    Against, Failure, Head, Report,
    anchors::{CHAIN, TOKEN},
    facts::At,
    lists::ShardList,
    shard::tell,
};
use std::collections::{BTreeMap, BTreeSet};

/// Whether the first entries of a shard are here. Pruning takes them first, so that one that was cut off shows.
pub(super) fn begins(list: &ShardList) -> bool {
    let newest = list.checkpoints.last().copied().unwrap_or(0);
    let width = u16::try_from(newest.min(u64::from(WIDTH))).unwrap_or(WIDTH);
    newest == 0 || list.bundles.get(&0).is_some_and(|widths| widths.contains(&width))
}

/// The entry of a lead's shard of the same environment that says that this one was pruned.
pub(super) fn said<'r>(prefix: &str, report: &'r Report) -> Option<&'r At<Prune>> {
    let by_lead = report.entries.prunes.iter().filter(|prune| report.entries.leads.contains(&prune.shard));
    by_lead.rev().find(|prune| {
        let places = (Place::parse(&prune.what.origin), Place::parse(&prune.shard));
        matches!(places, (Ok(gone), Ok(by)) if gone.prefix() == prefix && gone != by && gone.domain() == by.domain() && gone.spe() == by.spe())
    })
}

pub(super) fn check(
    files: &dyn Files,
    prefix: &str,
    paths: &[String],
    prune: &At<Prune>,
    against: &Against<'_>,
    report: &mut Report,
) {
    let Prune { origin, size, root, basis, files: kept, .. } = &prune.what;
    let get = |path: &str| files.get(path).ok().flatten().unwrap_or_default();
    let mut faults = Vec::new();
    for (name, expected) in kept {
        let path = format!("{prefix}/{name}");
        if digest(&get(&path)) != *expected {
            faults.push((path, "it was kept when the shard was pruned, and is missing or another".to_owned()));
        }
    }
    let names: BTreeSet<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
    for path in paths {
        let name = path.strip_prefix(&format!("{prefix}/")).unwrap_or(path);
        if !names.contains(name) && name != "checkpoint" {
            let cause =
                format!("`{path}`: the shard was pruned, and this was left; `evidence prune` again takes it away");
            report.not_checked.push(cause);
        }
    }
    let last = get(&format!("{prefix}/checkpoints/{size:020}"));
    if get(&format!("{prefix}/checkpoint")) != last {
        faults.push((format!("{prefix}/checkpoint"), "it is not the last checkpoint of the pruned shard".to_owned()));
    }
    let mut notes = BTreeMap::new();
    for (name, _) in kept.iter().filter(|(name, _)| name.starts_with("checkpoints/")) {
        let note = Note::parse(get(&format!("{prefix}/{name}"))).ok();
        let read = note.and_then(|note| Some((Checkpoint::parse(&note.text).ok()?, note)));
        match read {
            Some((checkpoint, note)) => drop(notes.insert(checkpoint.size, (checkpoint, note))),
            None => faults.push((format!("{prefix}/{name}"), "it is no checkpoint".to_owned())),
        }
    }
    match notes.get(size) {
        Some((checkpoint, _)) if checkpoint.root == root.0 && checkpoint.origin == *origin => {}
        _ => faults.push((prefix.to_owned(), "its last checkpoint is not the one that was pruned".to_owned())),
    }
    tell(report, "pruned", prefix, Failure::Integrity, &faults, || format!("{} files were kept", kept.len()));
    signatures(origin, prefix, &notes, against, report);
    stamps(prefix, kept, &get, against, report);
    report.doubt(
        "pruned",
        prefix,
        format!("its {size} entries were pruned (basis {basis}), as entry {} of `{}` says", prune.index, prune.shard),
    );
    report.heads.push(Head { origin: origin.clone(), size: *size, root: root.0, newest: None, keys: Vec::new() });
}

/// The kept checkpoints are those of a key that the trust file names; nothing else is left to say whose it was.
fn signatures(
    origin: &str,
    prefix: &str,
    notes: &BTreeMap<u64, (Checkpoint, Note)>,
    against: &Against<'_>,
    report: &mut Report,
) {
    let keys = against.trust.into_iter().flat_map(|trust| trust.logs()).filter(|key| key.name == origin);
    let keys: Vec<&VerifierKey> = keys.collect();
    if keys.is_empty() {
        report.not_checked.push(format!("who signed the checkpoints of the pruned shard `{prefix}`"));
        return;
    }
    let signed = |note: &Note| keys.iter().any(|key| verify_note(note, key).is_ok());
    let wrong: Vec<(String, String)> = notes
        .iter()
        .filter(|(_, (_, note))| !signed(note))
        .map(|(size, _)| {
            (format!("{prefix}/checkpoints/{size:020}"), "no key of the trust file has signed it".to_owned())
        })
        .collect();
    // An earlier key of a shard that was handed on is named by entries only, and those are gone.
    let newest = notes.keys().next_back().map(|size| format!("{prefix}/checkpoints/{size:020}"));
    if wrong.iter().any(|(path, _)| Some(path) == newest.as_ref()) {
        tell(report, "signatures", origin, Failure::Trust, &wrong, String::new);
    } else {
        report.held("signatures", origin, format!("{} checkpoints", notes.len() - wrong.len()));
    }
}

/// The kept tokens stamp the kept checkpoints.
fn stamps(
    prefix: &str,
    kept: &[(String, super::super::entry::DigestText)],
    get: &dyn Fn(&str) -> Vec<u8>,
    against: &Against<'_>,
    report: &mut Report,
) {
    for (name, _) in kept.iter().filter(|(name, _)| name.ends_with(TOKEN)) {
        let path = format!("{prefix}/{name}");
        let size = name.strip_prefix("anchors/").and_then(|rest| rest.split_once('/')?.0.parse::<u64>().ok());
        let bytes = get(&format!("{prefix}/checkpoints/{:020}", size.unwrap_or_default()));
        let chain = anchor::certificates(&get(&path.replace(TOKEN, CHAIN))).unwrap_or_default();
        if against.tsa_roots.is_empty() {
            report.not_checked.push(format!("`{path}`: no roots of authorities were given, with --tsa-roots"));
            continue;
        }
        match anchor::verify(&get(&path), &bytes, against.tsa_roots, &chain) {
            Ok(verified) => report.held("time stamps", &path, format!("by {}", verified.signer)),
            Err(error) => match super::anchors::failure(&error) {
                Some(kind) => report.fail("time stamps", &path, kind, error.to_string()),
                None => report.doubt("time stamps", &path, error.to_string()),
            },
        }
    }
}
