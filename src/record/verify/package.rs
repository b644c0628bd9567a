//! A package: its manifest against every file, its note against the shard's key, its tables against the log.
use super::{
    super::{
        files::{Files, Watched},
        note::{Note, verify as verify_note},
        package::{
            CHANGES, Counts, MANIFEST, MANIFEST_NOTE, Manifest, ManifestError, TIE_OUT, changes, is_own, note_text,
            signed_by, tie_out, up_to,
        },
        segment::digest,
    },
    Against, Entries, Failure, Head, Outcome, Report,
    shard::tell,
    verify_each,
};
use crate::model::{Digest, Period};
use std::collections::BTreeSet;

/// Checks a package: the part of the log that it holds, then the manifest.
#[must_use]
pub fn verify_package(files: &dyn Files, against: &Against<'_>) -> Report {
    let watched = Watched::new(files);
    let mut report = whole(&watched, against);
    report.unreadable = watched.unreadable();
    report
}

fn whole(files: &dyn Files, against: &Against<'_>) -> Report {
    let mut entries = Entries::default();
    let mut report =
        verify_each(&LogOf(files), &Against { partial: true, ..*against }, &mut |passing| entries.keep(passing));
    report.entries.join(entries);
    let Some(manifest) = manifest(files, &mut report) else { return report };
    every_file(files, &manifest, &mut report);
    match report.heads.iter().find(|head| head.origin == manifest.origin).cloned() {
        Some(head) => tree(&manifest, &head, &mut report),
        None => report.fail(
            "manifest",
            MANIFEST,
            Failure::Integrity,
            format!("the shard `{}` that it is of is not here", manifest.origin),
        ),
    }
    earlier(&manifest, &mut report);
    // Tables are read only out of files that are what was signed.
    if !report.checks.iter().any(|check| matches!(check.outcome, Outcome::Failed { .. })) {
        tables(files, &manifest, &mut report);
    }
    report.not_checked.extend(manifest.left_out.iter().map(|what| format!("{what}: not in the package")));
    report
}

/// The package without what it adds to the log.
struct LogOf<'a>(&'a dyn Files);

impl Files for LogOf<'_> {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        self.0.get(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        Ok(self.0.list(folder)?.into_iter().filter(|path| !is_own(path)).collect())
    }
}

/// The manifest, once its note is signed by a key of its shard.
fn manifest(files: &dyn Files, report: &mut Report) -> Option<Manifest> {
    let mut read = |path: &str| match files.get(path) {
        Ok(Some(bytes)) => Some(bytes),
        Ok(None) => {
            report.fail("manifest", path, Failure::Integrity, "it is missing: this is no package, or was cut");
            None
        }
        Err(cause) => {
            report.fail("manifest", path, Failure::Integrity, cause);
            None
        }
    };
    let (bytes, note) = (read(MANIFEST)?, read(MANIFEST_NOTE)?);
    let manifest = match Manifest::from_bytes(&bytes) {
        Ok(manifest) => manifest,
        Err(error @ ManifestError::Newer(_)) => {
            report.doubt("manifest", MANIFEST, error.to_string());
            return None;
        }
        Err(error) => {
            report.fail("manifest", MANIFEST, Failure::Format, error.to_string());
            return None;
        }
    };
    let note = match Note::parse(&note) {
        Ok(note) => note,
        Err(error) => {
            report.fail("manifest", MANIFEST_NOTE, Failure::Format, error.to_string());
            return None;
        }
    };
    if note.text != note_text(&manifest.origin, &bytes) {
        let cause = "what was signed is not this manifest: one of them was altered";
        report.fail("manifest", MANIFEST_NOTE, Failure::Integrity, cause);
        return None;
    }
    let heads = report.heads.iter().filter(|head| head.origin == manifest.origin);
    let signed = heads
        .flat_map(|head| &head.keys)
        .filter_map(|key| signed_by(&manifest.origin, key).ok())
        .any(|key| verify_note(&note, &key).is_ok());
    if signed {
        report.held("manifest", MANIFEST_NOTE, format!("signed by the key of {}", manifest.origin));
    } else {
        report.fail("manifest", MANIFEST_NOTE, Failure::Trust, "no key of the shard that is trusted has signed it");
    }
    Some(manifest)
}

fn every_file(files: &dyn Files, manifest: &Manifest, report: &mut Report) {
    let mut faults: Vec<(String, String)> = Vec::new();
    for file in &manifest.files {
        let cause = match files.get(&file.path) {
            Ok(Some(bytes)) if bytes.len() as u64 == file.bytes && digest(&bytes) == file.sha256 => continue,
            Ok(Some(_)) => "it is not the file that the manifest names".to_owned(),
            Ok(None) => "the manifest names it, and it is missing".to_owned(),
            Err(cause) => cause,
        };
        faults.push((file.path.clone(), cause));
    }
    let named: BTreeSet<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    for path in files.list("").unwrap_or_default() {
        if named.contains(path.as_str()) || path == MANIFEST || path == MANIFEST_NOTE {
            continue;
        }
        if path.starts_with("trust/") {
            report.not_checked.push(format!("`{path}`: the manifest does not name it"));
        } else {
            faults.push((path, "the manifest does not name it: it was added".to_owned()));
        }
    }
    tell(report, "manifest", MANIFEST, Failure::Integrity, &faults, || {
        format!("{} files are what it names, and no other is here", manifest.files.len())
    });
}

/// The shards beside the newest are those of earlier years that the manifest names, each as it was closed.
fn earlier(manifest: &Manifest, report: &mut Report) {
    for head in report.heads.clone().iter().filter(|head| head.origin != manifest.origin) {
        match manifest.earlier.iter().find(|earlier| earlier.origin == head.origin) {
            Some(earlier) if earlier.size == head.size && earlier.root.0 == head.root => {}
            Some(_) => report.fail(
                "manifest",
                &head.origin,
                Failure::Integrity,
                "the manifest names another size or root than the checkpoint",
            ),
            None => report.fail(
                "manifest",
                &head.origin,
                Failure::Integrity,
                "this shard is here, and the manifest is of another",
            ),
        }
    }
    for earlier in &manifest.earlier {
        if !report.heads.iter().any(|head| head.origin == earlier.origin) {
            let cause = "the manifest names this shard, and it is not here";
            report.fail("manifest", &earlier.origin, Failure::Integrity, cause);
        }
    }
}

/// Size, root and counts are those of the tree.
fn tree(manifest: &Manifest, head: &Head, report: &mut Report) {
    let size = manifest.earlier.iter().map(|earlier| earlier.size).fold(head.size, u64::saturating_add);
    let counts = Counts::of(&report.entries, size, Period::from(manifest.period), manifest.files.len());
    if manifest.size == head.size && manifest.root.0 == head.root {
        let Counts { entries, runs, rows, .. } = counts;
        let told = format!(
            "{entries} entries; {runs} runs with {rows} rows from {} to {}",
            manifest.period.from, manifest.period.to
        );
        report.held("manifest", &manifest.origin, told);
    } else {
        report.fail("manifest", MANIFEST, Failure::Integrity, "it names another size or root than the checkpoint");
    }
    if manifest.counts != counts {
        report.fail("manifest", MANIFEST, Failure::Integrity, "its counts are not those of the entries");
    }
}

/// The tables say what the log says.
fn tables(files: &dyn Files, manifest: &Manifest, report: &mut Report) {
    let period = Period::from(manifest.period);
    let entries = up_to(&report.entries, &manifest.sizes());
    let paths = files.list("").unwrap_or_default();
    let blobs = |digest: &Digest| {
        let name = super::super::blob::path(digest);
        let path = paths.iter().find(|path| path.ends_with(&name))?;
        files.get(path).ok().flatten()
    };
    for (path, expected) in [(CHANGES, changes(&entries, period)), (TIE_OUT, tie_out(&entries, period, &blobs))] {
        if files.get(path) == Ok(Some(expected.into_bytes())) {
            report.held("exports", path, "it follows from the entries");
        } else {
            report.fail("exports", path, Failure::Integrity, "it does not follow from the entries");
        }
    }
}
