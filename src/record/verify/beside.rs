//! What lies beside the tree: blobs, bundles, and by way of [`anchors`] tokens and cosignatures; each against the entry that refers to it.
use super::{
    super::{blob, entry::DigestText, files::Files, segment::digest},
    Against, Failure, Report, anchors,
    facts::{Needed, Reader},
    lists::{Lists, ShardList},
};
use crate::model::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// One shard with all that its files and entries are held against.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) prefix: &'a str,
    pub(super) list: &'a ShardList,
    pub(super) reader: &'a Reader,
    pub(super) against: &'a Against<'a>,
}

impl Beside<'_> {
    /// A file's content; empty where it is missing or cannot be read, and then it is not what was entered.
    pub(super) fn get(&self, path: &str) -> Vec<u8> {
        self.files.get(path).ok().flatten().unwrap_or_default()
    }
}

pub(super) fn check(at: &Beside<'_>, report: &mut Report) {
    anchors::check(at, report);
    criteria(at, report);
    waivers(at.reader, report);
}

/// The criteria and profiles that entries name are here: without them nobody can judge again.
fn criteria(at: &Beside<'_>, report: &mut Report) {
    for object in &at.reader.bundles {
        let hex = object.hex();
        let path = format!("bundles/sha256/{}/{hex}", hex.get(..2).unwrap_or_default());
        match at.files.get(&path) {
            Ok(Some(_)) => {}
            Ok(None) if at.against.partial => report.not_checked.push(format!("`{path}`: it is not in the package")),
            _ => {
                report.fail("bundles", &path, Failure::Integrity, "an entry names these criteria, and they are missing")
            }
        }
    }
}

/// Every blob of a shard is what its name says, and is there or was erased.
pub(super) fn check_blobs(
    files: &dyn Files,
    (prefix, list): (&str, &ShardList),
    needed: &Needed,
    against: &Against<'_>,
    report: &mut Report,
) {
    let erasures = report.entries.erasures.iter();
    let erased: BTreeMap<DigestText, String> =
        erasures.map(|erasure| (erasure.what.blob, erasure.what.basis.clone())).collect();
    let before = report.checks.len();
    let mut here = BTreeSet::new();
    for named in &list.blobs {
        let path = format!("{prefix}/{}", blob::path(&Digest(named.0)));
        let found = digest(&files.get(&path).ok().flatten().unwrap_or_default());
        if found != *named {
            report.fail("blobs", &path, Failure::Integrity, "its content is not what its name says");
        } else if !needed.contains_key(&found) {
            report
                .not_checked
                .push(format!("`{path}`: no entry refers to it; a crash or a lost race may have left it"));
        }
        if let Some(basis) = erased.get(&found) {
            let cause = format!(
                "`{path}`: it was erased (basis {basis}), and is still here; `evidence prune` again takes it away"
            );
            report.not_checked.push(cause);
        }
        here.insert(found);
    }
    for (digest, what) in needed {
        if here.contains(digest) {
            continue;
        }
        let path = format!("{prefix}/blobs/{digest}");
        match erased.get(digest) {
            Some(basis) => report.doubt("blobs", &path, format!("{what} was erased (basis {basis})")),
            None if against.partial => report.not_checked.push(format!("`{path}`: {what} is not in the package")),
            None => report.fail(
                "blobs",
                &path,
                Failure::Integrity,
                format!("{what} is missing, and no entry says that it was erased"),
            ),
        }
    }
    if before == report.checks.len() && !needed.is_empty() {
        report.held("blobs", prefix, format!("{} are what their names say", here.len()));
    }
}

/// Nobody approves what he asked for; the commitments of both stand under one key, so that equal persons show.
fn waivers(reader: &Reader, report: &mut Report) {
    let mut good = 0_usize;
    for waiver in &reader.entries.waivers {
        let (name, index) = (&waiver.what.waiver, waiver.index);
        match (&waiver.what.requester_c, &waiver.what.approver_c) {
            (Some(requester), Some(approver)) if requester != approver => good += 1,
            (Some(_), Some(_)) => {
                report.fail(
                    "waivers",
                    name,
                    Failure::Trust,
                    format!("entry {index}: who asked for it has approved it"),
                );
            }
            _ => report.fail(
                "waivers",
                name,
                Failure::Trust,
                format!("entry {index}: it does not say who asked and who approved"),
            ),
        }
    }
    if good > 0 {
        report.held("waivers", &format!("{good} waivers"), "approved by somebody else than who asked");
        report
            .not_checked
            .push("that the approvers of waivers are who they are said to be: no approval is signed".to_owned());
    }
}

/// Criteria and profiles, by content.
pub(super) fn check_bundles(files: &dyn Files, lists: &Lists, report: &mut Report) {
    let mut good = 0_usize;
    for path in &lists.bundles {
        let bytes = files.get(path).ok().flatten().unwrap_or_default();
        let named = path.rsplit('/').next().unwrap_or_default();
        if digest(&bytes).hex() == named {
            good += 1;
        } else {
            report.fail("bundles", path, Failure::Integrity, "its content is not what its name says");
        }
    }
    if good > 0 {
        report.held("bundles", "bundles", format!("{good} are what their names say"));
    }
}
