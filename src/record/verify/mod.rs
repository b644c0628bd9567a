//! Checks a log as a stranger would: from files alone, without network, without the code that writes.
//!
//! Start at [`verify`]. Each step is a [`Check`] with its result, and what could not be checked is listed as such: a
//! reader must never take silence for a pass.
mod ahead;
pub mod anchors;
mod beside;
mod chain;
mod epochs;
mod facts;
mod keys;
mod lists;
mod package;
mod pass;
mod pruned;
mod results;
mod rollups;
mod shard;
mod years;

pub use ahead::{Ahead, ahead};
pub use facts::{At, Entries, Gathering, Passing};
pub use keys::rotation_text;
pub use package::verify_package;
pub use rollups::Rollups;

use super::{
    entry::Instant,
    files::{Files, Watched},
    note::VerifierKey,
    place::Place,
    trust::TrustPolicy,
};

/// What a verifier holds the log against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Against<'a> {
    /// Whom to believe. Without it nothing is established.
    pub trust: Option<&'a TrustPolicy>,
    /// Checkpoints kept from earlier, by the name they are told by.
    pub known: &'a [(String, Vec<u8>)],
    /// Root certificates of time-stamp authorities, DER.
    pub tsa_roots: &'a [Vec<u8>],
    /// A package holds the entry bundles of its period only.
    pub partial: bool,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds; with what was looked at.
    Held(String),
    /// A breach.
    Failed { kind: Failure, cause: String },
    /// Nothing wrong, and not shown either.
    NotEstablished(String),
}

/// What kind of failure (docs/evidence.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Integrity,
    Continuity,
    Trust,
    Format,
}

impl Failure {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Continuity => "continuity",
            Self::Trust => "trust",
            Self::Format => "format",
        }
    }
}

/// One step of the verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    /// What it is about: a shard, a file.
    pub subject: String,
    pub outcome: Outcome,
}

/// All checks, and what was not checked.
#[derive(Debug, Default)]
pub struct Report {
    pub checks: Vec<Check>,
    pub not_checked: Vec<String>,
    /// Entries of all shards but those that [pass](Passing); of a package, these too.
    pub entries: Entries,
    /// Origin, size and root of each shard.
    pub heads: Vec<Head>,
    /// What each shard says of the years beside it, by its origin.
    years: std::collections::BTreeMap<String, facts::Year>,
    /// Files that could not be read, and why: then nothing else that stands here is an answer.
    pub unreadable: Vec<(String, String)>,
}

/// A shard's newest checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub origin: String,
    pub size: u64,
    pub root: [u8; 32],
    /// When its newest entry was recorded.
    pub newest: Option<Instant>,
    /// Whose signature counts at this size: the key that the shard was handed on to, or those that the trust file names.
    pub keys: Vec<VerifierKey>,
}

impl Report {
    /// 2 where something could not be read, 1 where something failed, 3 where something is not established, else 0.
    #[must_use]
    pub fn exit(&self) -> u8 {
        if !self.unreadable.is_empty() {
            return 2;
        }
        let any = |wanted: fn(&Outcome) -> bool| self.checks.iter().any(|check| wanted(&check.outcome));
        if any(|outcome| matches!(outcome, Outcome::Failed { .. })) {
            1
        } else if any(|outcome| matches!(outcome, Outcome::NotEstablished(_))) || self.heads.is_empty() {
            3
        } else {
            0
        }
    }

    fn held(&mut self, name: &'static str, subject: &str, what: impl Into<String>) {
        self.push(name, subject, Outcome::Held(what.into()));
    }

    fn fail(&mut self, name: &'static str, subject: &str, kind: Failure, cause: impl Into<String>) {
        self.push(name, subject, Outcome::Failed { kind, cause: cause.into() });
    }

    fn doubt(&mut self, name: &'static str, subject: &str, cause: impl Into<String>) {
        self.push(name, subject, Outcome::NotEstablished(cause.into()));
    }

    fn push(&mut self, name: &'static str, subject: &str, outcome: Outcome) {
        self.checks.push(Check { name, subject: subject.to_owned(), outcome });
    }
}

/// Checks every shard below the files, and every file.
#[must_use]
pub fn verify(files: &dyn Files, against: &Against<'_>) -> Report {
    verify_each(files, against, &mut |_| {})
}

/// As [`verify`], and hands on each entry that is not kept: shard by shard, in the order of the log.
#[must_use]
pub fn verify_each(files: &dyn Files, against: &Against<'_>, pass: &mut dyn FnMut(Passing)) -> Report {
    let watched = Watched::new(files);
    let mut report = shards(&watched, against, pass);
    report.unreadable = watched.unreadable();
    report
}

fn shards(files: &dyn Files, against: &Against<'_>, pass: &mut dyn FnMut(Passing)) -> Report {
    let mut report = Report::default();
    let paths = files.list("").unwrap_or_default();
    let lists = lists::Lists::of(&paths);
    drop(paths);
    if lists.shards.is_empty() {
        report.doubt(
            "shards",
            "the log",
            "no shard is here: a shard has a folder `<spe>/<emitter>/<year>/checkpoints`",
        );
    }
    let (mut needed, mut last) = (Vec::new(), results::Last::default());
    // Those that begin where they should come first: they say which of the others were pruned.
    // Leads before the others: they say how these were.
    let mut ordered: Vec<_> = lists.shards.iter().collect();
    ordered.sort_by_key(|(prefix, list)| !rollups::is_lead(files, prefix, list));
    let (whole, cut): (Vec<_>, Vec<_>) =
        ordered.into_iter().partition(|(_, list)| against.partial || pruned::begins(list));
    for (prefix, list) in whole {
        needed.extend(
            shard::check((files, prefix, list), against, &mut last, pass, &mut report)
                .map(|blobs| (prefix, list, blobs)),
        );
    }
    for (prefix, list) in cut {
        if let Some(prune) = pruned::said(prefix, &report).cloned() {
            let own = files.list(prefix).unwrap_or_default();
            pruned::check(files, prefix, &own, &prune, against, &mut report);
        } else {
            needed.extend(
                shard::check((files, prefix, list), against, &mut last, pass, &mut report)
                    .map(|blobs| (prefix, list, blobs)),
            );
        }
    }
    // A blob may be erased by an entry of a later year.
    for (prefix, list, blobs) in needed {
        beside::check_blobs(files, (prefix, list), &blobs, against, &mut report);
    }
    trusted_shards(&lists, against, &mut report);
    years::check(against, &mut report);
    rollups::check(against, &mut report);
    beside::check_bundles(files, &lists, &mut report);
    for path in &lists.unexplained {
        report.fail("files", path, Failure::Integrity, "no entry covers this file: it was added, or is not the log's");
    }
    for path in &lists.temporary {
        report.not_checked.push(format!("`{path}`: a temporary file, left by a crash or a lost race"));
    }
    if against.known.is_empty() {
        report.not_checked.push(
            "whether the log was cut or replaced since it was last seen: keep a checkpoint, and hold the log against it with --known".to_owned(),
        );
    }
    report.not_checked.push(
        "whether the sources that were judged are those that run, and runs that were made without --log: no log can show that".to_owned(),
    );
    report
}

/// A log line of the trust file without a shard here is a cut.
fn trusted_shards(lists: &lists::Lists, against: &Against<'_>, report: &mut Report) {
    let Some(trust) = against.trust else {
        report.doubt("trust", "the log", "no trust file was given: the keys are only what the log says of itself");
        return;
    };
    for key in trust.logs() {
        let here = Place::parse(&key.name).is_ok_and(|place| lists.shards.contains_key(&place.prefix()));
        if !here && against.partial {
            report
                .not_checked
                .push(format!("the shard `{}` that the trust file names: it is not in the package", key.name));
        } else if !here {
            report.fail("shards", &key.name, Failure::Integrity, "the trust file names this shard, and it is not here");
        }
    }
}
