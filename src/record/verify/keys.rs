//! Who signed: the key that opens a shard, those it was handed on to, and whether the trust file names one of them.
use super::{
    super::{
        entry::{AnchorKind, Instant},
        files::Files,
        note::{Note, VerifierKey, verify},
    },
    Against, Failure, Report,
    facts::Reader,
    shard::{Signed, tell},
};

/// The keys of a shard in their order, each with the smallest size that it signs.
type Chain = Vec<(u64, VerifierKey)>;

/// Gives the key in force at the end; where the entries do not say, those that the trust file names.
pub(super) fn check(
    (origin, prefix, files): (&str, &str, &dyn Files),
    signed: &[Signed],
    reader: &Reader,
    against: &Against<'_>,
    report: &mut Report,
) -> Vec<VerifierKey> {
    let (chain, mut faults) = chain(origin, reader);
    let trusted: Vec<&VerifierKey> =
        against.trust.into_iter().flat_map(|trust| trust.logs()).filter(|key| key.name == origin).collect();
    if against.trust.is_some() && trusted.is_empty() {
        let cause = "the trust file does not name this shard, so its key is only what the log says of itself";
        report.doubt("keys", origin, cause);
    }
    let in_chain = chain.iter().any(|(_, key)| trusted.contains(&key));
    if !chain.is_empty() && !trusted.is_empty() && !in_chain {
        faults
            .push((origin.to_owned(), "the trust file names another key for this shard than the log does".to_owned()));
    }
    if !faults.is_empty() {
        tell(report, "keys", origin, Failure::Trust, &faults, String::new);
    }
    let wrong = |one: &Signed| {
        let wrong = match one.note(files, prefix) {
            Some(note) => signature(one.size, &note, &chain, &trusted)?,
            None => "it changed while the log was read: verify again".to_owned(),
        };
        Some((one.path(prefix), wrong))
    };
    let wrong: Vec<(String, String)> = signed.iter().filter_map(wrong).collect();
    tell(report, "signatures", origin, Failure::Trust, &wrong, || format!("{} checkpoints", signed.len()));
    if let (true, Some((from, last))) = (in_chain, chain.last())
        && !trusted.contains(&last)
    {
        report.not_checked.push(format!(
            "whether it was the owner of `{origin}` who handed it on to the key {last} at size {from}: the trust file names an earlier key only; ask for the new one by another way than the log"
        ));
    }
    compromised(origin, reader, report);
    match chain.last() {
        Some((_, last)) => vec![last.clone()],
        None => trusted.into_iter().cloned().collect(),
    }
}

/// What is wrong with the signature of a checkpoint, if anything.
fn signature(size: u64, note: &Note, chain: &Chain, trusted: &[&VerifierKey]) -> Option<String> {
    let fits = |key: &VerifierKey| verify(note, key).is_ok();
    // A package may leave out the entry that opens the shard.
    let in_force = chain.iter().rev().find(|(from, _)| *from <= size).map(|(_, key)| key);
    let good = match in_force {
        Some(key) => fits(key),
        // A shard that was begun and has no entry: nothing says yet whose it is, and nothing is claimed.
        None if size == 0 && trusted.is_empty() => true,
        None => trusted.iter().any(|key| fits(key)),
    };
    if good {
        return None;
    }
    let other = chain.iter().position(|(_, key)| fits(key)).and_then(|at| chain.get(at + 1));
    Some(match other {
        Some((until, _)) if *until <= size => {
            format!("it is signed by a key that was handed on at size {until}")
        }
        _ => "no key that this shard had then has signed it".to_owned(),
    })
}

/// Follows each rotation that the old and the new key have signed; others are faults.
fn chain(origin: &str, reader: &Reader) -> (Chain, Vec<(String, String)>) {
    let mut chain: Chain = reader.opening.iter().map(|key| (0, key.clone())).collect();
    let mut faults = Vec::new();
    for (index, key, lines) in &reader.rotations {
        let text = rotation_text(origin, &key.to_string());
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let note = Note::parse(format!("{text}\n{lines}")).ok();
        let vouched = |by: &VerifierKey| note.as_ref().is_some_and(|note| verify(note, by).is_ok());
        let fresh = !chain.iter().any(|(_, earlier)| earlier.public_key() == key.public_key());
        match chain.last() {
            Some((_, old)) if fresh && vouched(old) && vouched(key) => {
                chain.push((index.saturating_add(1), key.clone()))
            }
            // The entries before are left out of a package, and then nobody can say.
            None => {}
            Some(_) => faults.push((
                format!("{origin} entry {index}"),
                "it hands the shard on to a key without the signatures of the old and the new one".to_owned(),
            )),
        }
    }
    (chain, faults)
}

/// What neither an authority nor a witness has seen before a key was in other hands may be by other hands.
fn compromised(origin: &str, reader: &Reader, report: &mut Report) {
    let Some(at) = reader.compromised else { return };
    let seen = |kind: AnchorKind, before: Instant| {
        let anchors = reader.entries.anchors.iter().filter(|anchor| anchor.what.kind == kind);
        anchors.filter(|anchor| anchor.what.at < before).map(|anchor| anchor.what.size).max().unwrap_or(0)
    };
    let size = seen(AnchorKind::TimeStamp, at).min(seen(AnchorKind::Witness, at));
    report.doubt(
        "keys",
        origin,
        format!(
            "a key was in other hands from {at} on: what stands above size {size}, the last that had been both stamped and cosigned before, is not established"
        ),
    );
}

/// The text that old and new key sign when a shard is handed on.
#[must_use]
pub fn rotation_text(shard: &str, vkey: &str) -> String {
    format!("{shard}/key\n{vkey}\n")
}
