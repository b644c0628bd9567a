//! Evidence packages: what an auditor receives, as names and bytes. Pure; the roof reads and writes the files.
//!
//! A package is a part of a log with its tree whole, a manifest that names every file by its digest, and a note under
//! which the shard's key has signed the manifest. Start at [`choose`] and [`Manifest`]; [`super::verify::verify_package`]
//! reads it again.
use super::{
    entry::{DigestText, Instant, TreeHead},
    note::{Algorithm, NoteError, VerifierKey},
    segment::digest,
    verify::{Entries, anchors::CHAIN},
};
use crate::model::Period;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

mod choice;
mod tables;

pub use choice::{Choice, choose, runs_of, up_to};
pub use tables::{changes, tie_out};

pub const MANIFEST: &str = "MANIFEST.json";
pub const MANIFEST_NOTE: &str = "MANIFEST.note";
pub const GUIDE: &str = "VERIFY.md";
pub const CHANGES: &str = "exports/changes.csv";
pub const TIE_OUT: &str = "exports/tie-out.csv";

/// Of manifests.
pub const VERSION: u64 = 1;

/// A manifest names at most as many files as a zip holds, in some 700 bytes each.
pub const MANIFEST_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The program that checks a package with other code than ours, as its own tests run it.
pub const PROGRAMS: [(&str, &str); 3] = [
    ("programs/go.mod", include_str!("../../tests/tools/verify/go.mod")),
    ("programs/go.sum", include_str!("../../tests/tools/verify/go.sum")),
    ("programs/verify.go", include_str!("../../tests/tools/verify/main.go")),
];

/// What a package of this version never holds, for the list of what was not checked.
pub const LEFT_OUT: [&str; 4] = [
    "the journal, which orders writers and holds the same entries as the tree",
    "partial tiles and bundles of earlier sizes, which the tree of this size replaces",
    "blobs that no run of the period, no last run before it, and no waiver or attestation in force refers to",
    "other shards of the log",
];

/// What a package holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub v: u64,
    /// Who made it: `speguard 0.1.0`.
    pub tool: String,
    pub origin: String,
    /// The checkpoint that it was made at: nothing above it is here.
    pub size: u64,
    pub root: DigestText,
    /// The shards of earlier years that the period reaches into, the oldest first, each as it was when it was closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<TreeHead>,
    pub period: Stretch,
    pub counts: Counts,
    /// What was left out, one clause each.
    pub left_out: Vec<String>,
    /// Every file but the manifest and its note, in order.
    pub files: Vec<PackedFile>,
}

/// The start belongs to it, the end does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    pub from: Instant,
    pub to: Instant,
}

impl From<Stretch> for Period {
    fn from(Stretch { from, to }: Stretch) -> Self {
        Self { from: from.0, to: to.0 }
    }
}

/// Counts that a reader can make again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// All that the tree holds; with those of earlier years.
    pub entries: u64,
    /// Runs whose facts were read in the period.
    pub runs: u64,
    /// Rows of these runs.
    pub rows: u64,
    pub files: u64,
}

impl Manifest {
    /// Origin and size of every tree in it.
    #[must_use]
    pub fn sizes(&self) -> Vec<(&str, u64)> {
        let earlier = self.earlier.iter().map(|head| (head.origin.as_str(), head.size));
        earlier.chain([(self.origin.as_str(), self.size)]).collect()
    }
}

impl Counts {
    /// Of the entries up to the size of the package; `size` is that of all its trees together.
    #[must_use]
    pub fn of(entries: &Entries, size: u64, period: Period, files: usize) -> Self {
        let runs = runs_of(entries, period);
        let rows = runs.iter().map(|run| run.what.results_size).sum();
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Self { entries: size, runs: count(runs.len()), rows, files: count(files) }
    }
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedFile {
    pub path: String,
    pub bytes: u64,
    pub sha256: DigestText,
}

impl PackedFile {
    #[must_use]
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        Self { path: path.to_owned(), bytes: bytes.len() as u64, sha256: digest(bytes) }
    }
}

/// Why bytes are no manifest of this version.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("it is of version {0}, and this program reads version {VERSION}: use a newer speguard")]
    Newer(u64),
    #[error("it cannot be read: {0}")]
    Form(String),
    #[error("it has more than {MANIFEST_BYTES_MAX} bytes")]
    Large,
    #[error("it names `{0}` out of order or twice")]
    Order(String),
}

#[derive(Deserialize)]
struct OnlyVersion {
    v: u64,
}

impl Manifest {
    /// The bytes of `MANIFEST.json`.
    ///
    /// # Errors
    /// Never with texts that can be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| ManifestError::Form(error.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads `MANIFEST.json`. Nothing in it is to be believed before its note is.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MANIFEST_BYTES_MAX {
            return Err(ManifestError::Large);
        }
        let form = |error: serde_json::Error| ManifestError::Form(error.to_string());
        let OnlyVersion { v } = serde_json::from_slice(bytes).map_err(form)?;
        if v > VERSION {
            return Err(ManifestError::Newer(v));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(form)?;
        let mut before = "";
        for file in &manifest.files {
            if *file.path <= *before {
                return Err(ManifestError::Order(file.path.chars().take(80).collect()));
            }
            before = &file.path;
        }
        Ok(manifest)
    }
}

/// The name under which a shard's key signs manifests: of no checkpoint.
#[must_use]
pub fn signed_name(origin: &str) -> String {
    format!("{origin}/package")
}

/// A shard's key under the name that manifests are signed by.
///
/// # Errors
/// A name that no key can have.
pub fn signed_by(origin: &str, key: &VerifierKey) -> Result<VerifierKey, NoteError> {
    VerifierKey::new(&signed_name(origin), Algorithm::Ed25519, *key.public_key())
}

/// What is signed: the name, and the digest of the manifest. A checkpoint has a number where this has a digest, so that
/// neither can pass for the other.
#[must_use]
pub fn note_text(origin: &str, manifest: &[u8]) -> String {
    format!("{}\n{}\n", signed_name(origin), digest(manifest))
}

/// Files that a package adds to those of the log.
#[must_use]
pub fn is_own(path: &str) -> bool {
    let beside = |folder: &str| path.strip_prefix(folder).is_some_and(|name| !name.contains('/'));
    matches!(path, MANIFEST | MANIFEST_NOTE | GUIDE) || beside("exports/") || beside("programs/")
}

/// `VERIFY.md`: the steps of an auditor.
#[must_use]
pub fn guide(origin: &str, prefix: &str, size: u64, root: &DigestText, period: Stretch, choice: &Choice) -> String {
    let chain = |size: u64| format!("{prefix}/anchors/{size}/{CHAIN}");
    let untrusted = |size: u64| match choice.files.contains(&chain(size)) {
        true => format!(" \\\n     -untrusted package/{}", chain(size)),
        false => String::new(),
    };
    let stamped = choice.stamped.map_or_else(
        || "No time stamp has been entered up to this size, so this step has nothing to check.\n".to_owned(),
        |size| {
            include_str!("package/stamped.md")
                .replace("{prefix}", prefix)
                .replace("{untrusted}", &untrusted(size))
                .replace("{stamped}", &size.to_string())
                .replace("{stamped20}", &format!("{size:020}"))
        },
    );
    let roots = if choice.stamped.is_some() { " --tsa-roots tsa-root.pem" } else { "" };
    include_str!("package/verify.md")
        .replace("{roots}", roots)
        .replace("{stamped}", &stamped)
        .replace("{origin}", origin)
        .replace("{prefix}", prefix)
        .replace("{size}", &size.to_string())
        .replace("{last}", &size.saturating_sub(1).to_string())
        .replace("{root}", &BASE64_STANDARD.encode(root.0))
        .replace("{from}", &period.from.to_string())
        .replace("{to}", &period.to.to_string())
}
