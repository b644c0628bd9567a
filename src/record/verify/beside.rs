//! What lies beside the tree: anchors, blobs, bundles; each against the entry that refers to it.
use super::{
    super::{
        entry::{AnchorKind, DigestText},
        files::Files,
        journal::digest,
    },
    Against, Failure, Report,
    facts::Reader,
    lists::{Lists, ShardList},
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(
    files: &dyn Files,
    prefix: &str,
    list: &ShardList,
    reader: &Reader,
    against: &Against<'_>,
    report: &mut Report,
) {
    anchors(files, prefix, list, reader, against, report);
    blobs(files, prefix, list, reader, against, report);
    waivers(reader, report);
}

/// Every file below `anchors/` is listed by an entry, and is what the entry says.
fn anchors(
    files: &dyn Files,
    prefix: &str,
    list: &ShardList,
    reader: &Reader,
    against: &Against<'_>,
    report: &mut Report,
) {
    let mut listed: BTreeMap<String, DigestText> = BTreeMap::new();
    for anchor in &reader.entries.anchors {
        for (name, digest) in &anchor.what.files {
            listed.insert(format!("{prefix}/anchors/{}/{name}", anchor.what.size), *digest);
        }
    }
    let here = list.anchors.iter();
    let here: BTreeSet<String> = here
        .flat_map(|(size, names)| names.iter().map(move |name| format!("{prefix}/anchors/{size}/{name}")))
        .collect();
    let before = report.checks.len();
    for path in &here {
        let bytes = files.get(path).ok().flatten().unwrap_or_default();
        match listed.get(path) {
            Some(expected) if digest(&bytes) == *expected => {}
            Some(_) => report.fail("anchors", path, Failure::Integrity, "it is not the file that was entered"),
            None => report.fail("anchors", path, Failure::Integrity, "no entry lists it"),
        }
    }
    for path in listed.keys().filter(|path| !here.contains(*path)) {
        if against.partial {
            report.not_checked.push(format!("`{path}`: it is not in the package"));
        } else {
            report.fail("anchors", path, Failure::Integrity, "it was entered, and is missing");
        }
    }
    if before == report.checks.len() && !listed.is_empty() {
        report.held("anchors", prefix, format!("{} files", listed.len()));
    }
    if !reader.entries.anchors.iter().any(|anchor| anchor.what.kind == AnchorKind::TimeStamp) {
        report.not_checked.push(format!("when `{prefix}` existed: no time stamp has been entered"));
    }
    if !reader.entries.anchors.iter().any(|anchor| anchor.what.kind == AnchorKind::Witness) {
        report.not_checked.push(format!("whether others were shown another `{prefix}`: no witness has cosigned it"));
    }
}

/// Every blob is what its name says, and is there or was erased.
fn blobs(
    files: &dyn Files,
    prefix: &str,
    list: &ShardList,
    reader: &Reader,
    against: &Against<'_>,
    report: &mut Report,
) {
    let needed = reader.blobs();
    let erased: BTreeMap<DigestText, &str> =
        reader.entries.erasures.iter().map(|erasure| (erasure.what.blob, erasure.what.basis.as_str())).collect();
    let before = report.checks.len();
    let mut here = BTreeSet::new();
    for (hex, path) in &list.blobs {
        let bytes = files.get(path).ok().flatten().unwrap_or_default();
        let found = digest(&bytes);
        if found.hex() != *hex {
            report.fail("blobs", path, Failure::Integrity, "its content is not what its name says");
        } else if !needed.contains_key(&found) {
            report
                .not_checked
                .push(format!("`{path}`: no entry refers to it; a crash or a lost race may have left it"));
        }
        here.insert(found);
    }
    for (digest, what) in &needed {
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
