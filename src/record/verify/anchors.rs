//! Time stamps and cosignatures: each file against the entry that lists it, and against the checkpoint it speaks of.
//!
//! A token bounds from above when a checkpoint existed, on the word of an authority that the verifier has chosen; its
//! hash in later entries bounds those from below. A cosignature says that a witness saw this tree grow, and no other.
use super::{
    super::{
        anchor::{self, AnchorError, Verified},
        entry::{Anchor, AnchorKind, DigestText, Instant},
        note::{Checkpoint, Note, verify_cosignature},
        segment::digest,
    },
    Failure, Report,
    beside::Beside,
    facts::At,
    shard::{Signed, checkpoint_path, tell},
};
use std::collections::{BTreeMap, BTreeSet};

/// The name of a token below `anchors/<size>/`.
pub const TOKEN: &str = "token.tsr";
/// The name of the certificates beside it.
pub const CHAIN: &str = "chain.pem";
/// What the names of cosignatures start with; the id of the key follows.
pub const COSIGNATURE: &str = "cosig-";

/// A resident lead has a checkpoint stamped every hour; this much later is remarked (docs/evidence.md).
const APART_MAX_MS: i64 = 2 * 60 * 60 * 1000;

pub(super) fn check(at: &Beside<'_>, report: &mut Report) {
    files(at, report);
    entered(at, report);
    known_tokens(at, report);
    tokens(at, report);
    cosignatures(at, report);
}

/// Every file below `anchors/` is listed by an entry, and is what the entry says.
fn files(at: &Beside<'_>, report: &mut Report) {
    let mut listed: BTreeMap<String, DigestText> = BTreeMap::new();
    let mut faults = Vec::new();
    for anchor in &at.reader.entries.anchors {
        for (name, digest) in &anchor.what.files {
            let path = path(at.prefix, anchor.what.size, name);
            if listed.insert(path.clone(), *digest).is_some_and(|earlier| earlier != *digest) {
                faults.push((path, "two entries list it with other content".to_owned()));
            }
        }
    }
    let here = at.list.anchors.iter();
    let here: BTreeSet<String> =
        here.flat_map(|(size, names)| names.iter().map(|name| path(at.prefix, *size, name))).collect();
    let mut later: BTreeMap<&str, usize> = BTreeMap::new();
    for path in &here {
        match listed.get(path) {
            Some(expected) if digest(&at.get(path)) == *expected => {}
            Some(_) => faults.push((path.clone(), "it is not the file that was entered".to_owned())),
            // What arrived after the checkpoint of a package is entered above it: its manifest alone lists it.
            None if at.against.partial => {
                *later.entry(path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default() += 1;
            }
            None => faults.push((
                path.clone(),
                "no entry lists it: `evidence anchor` and `witness add` enter what a crash left".to_owned(),
            )),
        }
    }
    for (folder, count) in later {
        let cause =
            format!("`{folder}`: {count} files of it were entered after this checkpoint, so no entry here lists them");
        report.not_checked.push(cause);
    }
    for path in listed.keys().filter(|path| !here.contains(*path)) {
        if at.against.partial {
            report.not_checked.push(format!("`{path}`: it is not in the package"));
        } else {
            faults.push((path.clone(), "it was entered, and is missing".to_owned()));
        }
    }
    if !faults.is_empty() || !listed.is_empty() {
        tell(report, "anchors", at.prefix, Failure::Integrity, &faults, || format!("{} files", listed.len()));
    }
}

/// Each entry speaks of a checkpoint that stands before it, with the root that was signed.
fn entered(at: &Beside<'_>, report: &mut Report) {
    let mut faults = Vec::new();
    for At { index, what, .. } in &at.reader.entries.anchors {
        let subject = format!("{} entry {index}", at.prefix);
        match checkpoint(at, what.size) {
            _ if what.size > *index => {
                faults.push((subject, format!("it speaks of size {}, which lies after it", what.size)));
            }
            Some((_, checkpoint)) if checkpoint.root == what.root.0 => {}
            Some(_) => faults.push((subject, format!("it names another root for size {}", what.size))),
            None if at.against.partial => {
                report
                    .not_checked
                    .push(format!("{subject}: the checkpoint of size {} is not in the package", what.size));
            }
            None => faults.push((subject, format!("it speaks of size {}, of which no checkpoint is kept", what.size))),
        }
    }
    if !faults.is_empty() {
        tell(report, "anchors", at.prefix, Failure::Integrity, &faults, String::new);
    }
}

/// The token that entries name as the newest they knew was entered before them.
fn known_tokens(at: &Beside<'_>, report: &mut Report) {
    // A package leaves out bundles, and with them entries that list tokens.
    if at.against.partial {
        return;
    }
    let mut first: BTreeMap<DigestText, u64> = BTreeMap::new();
    for anchor in at.reader.entries.anchors.iter().rev() {
        let tokens = anchor.what.files.iter().filter(|(name, _)| name == TOKEN);
        first.extend(tokens.map(|(_, digest)| (*digest, anchor.index)));
    }
    for (token, index) in &at.reader.after_anchors {
        if first.get(token).is_none_or(|entered| entered >= index) {
            let subject = format!("{} entry {index}", at.prefix);
            let cause = "it names a token that was not entered before it, as the newest that was known";
            report.fail("anchors", &subject, Failure::Integrity, cause);
        }
    }
}

/// Every token stamps its checkpoint.
fn tokens(at: &Beside<'_>, report: &mut Report) {
    let of = |anchor: &&At<Anchor>| {
        anchor.what.kind == AnchorKind::TimeStamp && anchor.what.files.iter().any(|(name, _)| name == TOKEN)
    };
    let entered: Vec<&At<Anchor>> = at.reader.entries.anchors.iter().filter(of).collect();
    let later = later_tokens(at, report);
    let Some(last) = entered.last() else {
        if later > 0 {
            return;
        }
        report.not_checked.push(format!("when `{}` existed: no time stamp has been entered", at.prefix));
        return;
    };
    if at.against.tsa_roots.is_empty() {
        report.not_checked.push(format!(
            "the {} time stamps of `{}`: no roots of authorities were given, with --tsa-roots",
            entered.len(),
            at.prefix
        ));
        return;
    }
    let (mut good, mut signers, mut doubts) = (Vec::new(), BTreeSet::new(), Vec::new());
    for anchor in &entered {
        let path = path(at.prefix, anchor.what.size, TOKEN);
        if at.against.partial && at.get(&path).is_empty() {
            continue;
        }
        match token(at, anchor) {
            Ok(verified) => {
                good.push(anchor.what.at);
                signers.insert(verified.signer);
            }
            Err((None, cause)) => doubts.push((path, cause)),
            Err((Some(kind), cause)) => report.fail("time stamps", &path, kind, cause),
        }
    }
    if let Some((path, cause)) = doubts.first() {
        let all = if doubts.len() > 1 { format!(", and {} more", doubts.len() - 1) } else { String::new() };
        report.doubt("time stamps", path, format!("{cause}{all}"));
    }
    if let (Some(from), Some(until)) = (good.iter().min(), good.iter().max()) {
        let by = signers.into_iter().collect::<Vec<_>>().join("; ");
        report.held("time stamps", at.prefix, format!("{} by {by}, from {from} to {until}", good.len()));
    }
    let bare = at.reader.count.saturating_sub(last.what.size);
    // The entry of the token itself always stands behind what it stamps.
    if bare > 1 {
        report
            .not_checked
            .push(format!("when the last {bare} entries of `{}` existed: no time stamp covers them yet", at.prefix));
    }
    if at.reader.is_resident_lead {
        far_apart(at, &entered, report);
    }
}

/// Tokens of a package that arrived after its checkpoint, and so are entered above it: they speak for themselves. Gives
/// their number.
fn later_tokens(at: &Beside<'_>, report: &mut Report) -> usize {
    let stamps = at.reader.entries.anchors.iter().filter(|anchor| anchor.what.kind == AnchorKind::TimeStamp);
    let listed: BTreeSet<u64> = stamps.map(|anchor| anchor.what.size).collect();
    let has_token = |names: &Vec<String>| names.iter().any(|name| name == TOKEN);
    let later = at.list.anchors.iter().filter(|(size, names)| !listed.contains(size) && has_token(names));
    let later: Vec<u64> = later.map(|(size, _)| *size).filter(|_| at.against.partial).collect();
    for size in &later {
        let path = path(at.prefix, *size, TOKEN);
        if at.against.tsa_roots.is_empty() {
            report.not_checked.push(format!("`{path}`: no roots of authorities were given, with --tsa-roots"));
            continue;
        }
        match stamped(at, *size) {
            Ok(verified) => {
                let Verified { signer, token, .. } = verified;
                let told = format!("of size {size} by {signer}, at {}; entered later", Instant(token.time_ms));
                report.held("time stamps", at.prefix, told);
            }
            Err((None, cause)) => report.doubt("time stamps", &path, cause),
            Err((Some(kind), cause)) => report.fail("time stamps", &path, kind, cause),
        }
    }
    later.len()
}

/// What the token says; else why not, and what kind of failure that is, or none where more certificates might help.
fn token(at: &Beside<'_>, anchor: &At<Anchor>) -> Result<Verified, (Option<Failure>, String)> {
    let what = &anchor.what;
    let verified = stamped(at, what.size)?;
    if Instant(verified.token.time_ms) != what.at {
        let cause = format!("entry {} says {}, and the token another time", anchor.index, what.at);
        return Err((Some(Failure::Integrity), cause));
    }
    if what.policy.as_ref().is_some_and(|policy| *policy != verified.token.policy) {
        let cause = format!("entry {} names another policy than the token", anchor.index);
        return Err((Some(Failure::Integrity), cause));
    }
    Ok(verified)
}

/// The token of a size, held against its checkpoint and the roots.
fn stamped(at: &Beside<'_>, size: u64) -> Result<Verified, (Option<Failure>, String)> {
    let Some((bytes, _)) = checkpoint(at, size) else {
        return Err((None, format!("the checkpoint of size {size} is not here")));
    };
    let chain = at.get(&path(at.prefix, size, CHAIN));
    let extra = if chain.is_empty() { Ok(Vec::new()) } else { anchor::certificates(&chain) };
    let token = at.get(&path(at.prefix, size, TOKEN));
    anchor::verify(&token, &bytes, at.against.tsa_roots, &extra.unwrap_or_default())
        .map_err(|error| (failure(&error), error.to_string()))
}

/// Roots that were not given, and algorithms that are not known here, show nothing against a token.
pub(super) fn failure(error: &AnchorError) -> Option<Failure> {
    match error {
        AnchorError::OtherData | AnchorError::OtherRequest | AnchorError::Signature(_) => Some(Failure::Integrity),
        AnchorError::NotForTimeStamps(_) | AnchorError::Expired => Some(Failure::Trust),
        AnchorError::Form(_) | AnchorError::Malformed(_) | AnchorError::Refused { .. } => Some(Failure::Format),
        AnchorError::Certificate { .. }
        | AnchorError::Algorithm { .. }
        | AnchorError::NoSigner
        | AnchorError::Chain { .. }
        | AnchorError::Roots => None,
    }
}

/// A remark, no failure: the plan says what is late.
fn far_apart(at: &Beside<'_>, entered: &[&At<Anchor>], report: &mut Report) {
    let pairs = entered.windows(2).filter_map(|pair| match pair {
        [one, next] => Some((one.what.at, next.what.at)),
        _ => None,
    });
    let apart: Vec<_> = pairs.filter(|(one, next)| next.0.saturating_sub(one.0) > APART_MAX_MS).collect();
    if let Some((one, next)) = apart.iter().max_by_key(|(one, next)| next.0.saturating_sub(one.0)) {
        report.not_checked.push(format!(
            "more closely when entries of `{}` existed: {} times its time stamps lie more than 2 h apart, at most from {one} to {next}",
            at.prefix,
            apart.len()
        ));
    }
}

/// Every cosignature fits its checkpoint, where the trust file knows the witness.
fn cosignatures(at: &Beside<'_>, report: &mut Report) {
    let witnesses = at.against.trust.map(|trust| trust.witnesses()).unwrap_or_default();
    let (mut entered, mut good, mut unknown) = (0_usize, 0_usize, 0_usize);
    for anchor in at.reader.entries.anchors.iter().filter(|anchor| anchor.what.kind == AnchorKind::Witness) {
        for (name, _) in anchor.what.files.iter().filter(|(name, _)| name.starts_with(COSIGNATURE)) {
            entered += 1;
            let path = path(at.prefix, anchor.what.size, name);
            let Some((bytes, _)) = checkpoint(at, anchor.what.size) else { continue };
            let line = at.get(&path);
            if at.against.partial && line.is_empty() {
                continue;
            }
            let note = match Note::parse([bytes, line].concat()) {
                Ok(note) => note,
                Err(error) => {
                    report.fail("cosignatures", &path, Failure::Format, error.to_string());
                    continue;
                }
            };
            let named = |id: u32| *name == cosignature_name(id);
            match witnesses.iter().find(|witness| named(witness.key.id)).map(|witness| &witness.key) {
                None => unknown += 1,
                Some(key) => match verify_cosignature(&note, key) {
                    Ok(time) if time_of(time) == Some(anchor.what.at) => good += 1,
                    Ok(_) => {
                        let cause = format!("entry {} says another time than the cosignature", anchor.index);
                        report.fail("cosignatures", &path, Failure::Integrity, cause);
                    }
                    Err(error) => report.fail("cosignatures", &path, Failure::Trust, error.to_string()),
                },
            }
        }
    }
    // Those of a package's own checkpoint are entered above it; the quorum counts them.
    let is_here = |names: &Vec<String>| names.iter().any(|name| name.starts_with(COSIGNATURE));
    let is_later = at.against.partial && at.list.anchors.values().any(is_here);
    if entered == 0 && !is_later {
        let cause = format!("whether others were shown another `{}`: no witness has cosigned it", at.prefix);
        report.not_checked.push(cause);
    }
    if unknown > 0 {
        let cause = format!("{unknown} cosignatures of `{}`: no trust file names their witnesses", at.prefix);
        report.not_checked.push(cause);
    }
    if good > 0 {
        report.held("cosignatures", at.prefix, format!("{good} by witnesses of the trust file"));
    }
}

/// Whether enough witnesses have cosigned a checkpoint; the largest such size is what they vouch for.
pub(super) fn quorum(at: &Beside<'_>, signed: &[Signed], report: &mut Report) {
    let Some(trust) = at.against.trust.filter(|trust| trust.wants_witnesses()) else { return };
    let size = signed.last().map_or(0, |one| one.size);
    for one in signed.iter().rev() {
        let names = at.list.anchors.get(&one.size).into_iter().flatten();
        let Some(mut note) = one.note(at.files, at.prefix) else { continue };
        for name in names.filter(|name| name.starts_with(COSIGNATURE)) {
            let line = at.get(&path(at.prefix, one.size, name));
            // What cannot be read has been told.
            let whole = [note.encode().into_bytes(), line].concat();
            note = Note::parse(whole).unwrap_or(note);
        }
        match trust.witness(&note) {
            Ok(times) if trust.quorum_met(&times.keys().cloned().collect()) => {
                let names = times.keys().cloned().collect::<Vec<_>>().join(", ");
                let seen = one.size;
                report.held("quorum", at.prefix, format!("{names} cosigned size {seen}"));
                // Nothing but what was entered of these very cosignatures needs no witness.
                let anchors = at.reader.entries.anchors.iter();
                let anchors = anchors.filter(|anchor| anchor.index >= seen).count();
                if u64::try_from(anchors).is_ok_and(|anchors| seen.saturating_add(anchors) < size) {
                    let more = size - seen;
                    report.doubt("quorum", at.prefix, format!("the {more} entries since are not witnessed yet"));
                } else if seen < size {
                    report.not_checked.push(format!(
                        "the last {} entries of `{}` by witnesses: they only enter time stamps and cosignatures",
                        size - seen,
                        at.prefix
                    ));
                }
                return;
            }
            Ok(_) => {}
            Err(error) => report.fail("quorum", at.prefix, Failure::Trust, error.to_string()),
        }
    }
    report.doubt("quorum", at.prefix, "no checkpoint carries the cosignatures that the trust file asks for");
}

/// `anchors/<size>/<name>` of a shard.
#[must_use]
pub fn path(prefix: &str, size: u64, name: &str) -> String {
    format!("{prefix}/anchors/{size}/{name}")
}

/// `cosig-<keyid>`.
#[must_use]
pub fn cosignature_name(id: u32) -> String {
    format!("{COSIGNATURE}{id:08x}")
}

/// When a witness cosigned, as entries write it; nothing where no entry could.
#[must_use]
pub fn time_of(seconds: u64) -> Option<Instant> {
    /// The last second of the year 9999, the last that RFC 3339 can write.
    const SECONDS_MAX: u64 = 253_402_300_799;
    let millis = seconds.checked_mul(1000).filter(|_| seconds <= SECONDS_MAX)?;
    i64::try_from(millis).ok().map(Instant)
}

/// The bytes of a checkpoint that is kept, and what it says.
fn checkpoint(at: &Beside<'_>, size: u64) -> Option<(Vec<u8>, Checkpoint)> {
    let bytes = at.list.checkpoints.contains(&size).then(|| at.get(&checkpoint_path(at.prefix, size)))?;
    let checkpoint = Checkpoint::parse(&Note::parse(&bytes).ok()?.text).ok()?;
    Some((bytes, checkpoint))
}
