//! Runs against the rows they commit to, and transitions against the difference of neighbouring runs.
use super::{
    super::{
        blob,
        changes::{Change, Weighed, changes},
        entry::{DigestText, Run, Transition},
        files::Files,
        redact::BlobKey,
        row::{ResultSet, counts, pseudonym},
    },
    Against, Failure, Report,
    facts::{At, Reader},
};
use crate::model::{Digest, Effect, VerdictName};
use std::collections::BTreeMap;

/// What was found of all runs of a shard.
#[derive(Default)]
struct Found {
    runs: u64,
    steps: u64,
}

pub(super) fn check(files: &dyn Files, prefix: &str, reader: &Reader, against: &Against<'_>, report: &mut Report) {
    let entries = &reader.entries;
    let peppers: BTreeMap<_, DigestText> =
        entries.starts.iter().map(|start| (start.what.run, start.what.pepper)).collect();
    let mut recorded: BTreeMap<_, Vec<&At<Transition>>> = BTreeMap::new();
    for transition in &entries.transitions {
        recorded.entry(transition.what.run).or_default().push(transition);
    }
    let shelf = Shelf { files, prefix };
    let first = report.checks.len();
    let mut found = Found::default();
    // The rows of the last run of each scope, and whether they could be read.
    let mut last: BTreeMap<&str, Option<(DigestText, ResultSet)>> = BTreeMap::new();
    for at in &entries.runs {
        let (run, subject) = (&*at.what, format!("{prefix} run {}", at.what.run));
        if !peppers.contains_key(&run.run) {
            report.fail("runs", &subject, Failure::Integrity, format!("entry {}: no run_start precedes it", at.index));
        }
        let before = last.get(run.scope.as_str());
        let known = before.and_then(Option::as_ref).filter(|(digest, _)| *digest == run.results_blob);
        let set = match known {
            Some((_, set)) => Some(set.clone()),
            None => shelf.results(run.results_blob, &subject, report),
        };
        if let Some(set) = &set {
            found.runs += 1;
            rows(run, set, &subject, report);
            shelf.population(run, &subject, report);
        }
        let told = recorded.remove(&run.run).unwrap_or_default();
        if u64::try_from(told.len()) != Ok(run.transitions) {
            let cause = format!("it says {} transitions, and {} stand in the log", run.transitions, told.len());
            report.fail("transitions", &subject, Failure::Integrity, cause);
        }
        if run.late {
            continue;
        }
        let neighbour = match (before, &set) {
            (None, Some(set)) => Some((None, set)),
            (Some(Some((_, before))), Some(set)) => Some((Some(before), set)),
            _ => None,
        };
        let pepper = peppers.get(&run.run).and_then(|digest| shelf.pepper(*digest));
        if let (Some((before, set)), Some(pepper)) = (neighbour, pepper) {
            found.steps += 1;
            transitions(before, set, &pepper, &told, &subject, report);
        }
        last.insert(&run.scope, set.map(|set| (run.results_blob, set)));
    }
    for (run, told) in &recorded {
        let cause = format!("{} transitions belong to no run that was finished", told.len());
        report.fail("transitions", &format!("{prefix} run {run}"), Failure::Integrity, cause);
    }
    tell(prefix, &found, entries.runs.len(), first, against, report);
}

/// What holds of the shard; its own checks begin at `first`.
fn tell(prefix: &str, found: &Found, runs: usize, first: usize, against: &Against<'_>, report: &mut Report) {
    if runs == 0 {
        return;
    }
    let failed = |name: &str| {
        let own = report.checks.iter().skip(first);
        own.filter(|check| check.name == name).any(|check| matches!(check.outcome, super::Outcome::Failed { .. }))
    };
    let (rows, steps) = (failed("results"), failed("transitions"));
    if !rows && found.runs > 0 {
        report.held("results", prefix, format!("the rows of {} runs fit root, size and counts", found.runs));
    }
    if !steps && found.steps > 0 {
        report.held(
            "transitions",
            prefix,
            format!("those of {} runs are the difference to the run before", found.steps),
        );
    }
    let unseen = u64::try_from(runs).unwrap_or(u64::MAX).saturating_sub(found.steps);
    if unseen > 0 {
        let why =
            if against.partial { "their rows or those before are not in the package" } else { "late, or rows erased" };
        report.not_checked.push(format!("the transitions of {unseen} runs of `{prefix}` against their rows: {why}"));
    }
}

/// Reads blobs.
struct Shelf<'a> {
    files: &'a dyn Files,
    prefix: &'a str,
}

impl Shelf<'_> {
    fn bytes(&self, digest: DigestText) -> Option<(Vec<u8>, Digest)> {
        let digest = Digest(digest.0);
        let path = format!("{}/{}", self.prefix, blob::path(&digest));
        Some((self.files.get(&path).ok().flatten()?, digest))
    }

    /// `None` where the blob is not here: that is told where blobs are checked.
    fn results(&self, digest: DigestText, subject: &str, report: &mut Report) -> Option<ResultSet> {
        let (bytes, digest) = self.bytes(digest)?;
        match blob::read_results(&bytes, &digest) {
            Ok(set) => Some(set),
            Err(error) => {
                report.fail("results", subject, Failure::Integrity, format!("its rows cannot be read: {error}"));
                None
            }
        }
    }

    fn population(&self, run: &Run, subject: &str, report: &mut Report) {
        let Some((bytes, digest)) = self.bytes(run.population_blob) else { return };
        match blob::read_population(&bytes, &digest) {
            Ok(population) => {
                if population.root() != run.population_root.0 || population.size() != run.population_size {
                    report.fail("results", subject, Failure::Integrity, "its population has another root or size");
                }
            }
            Err(error) => {
                report.fail("results", subject, Failure::Integrity, format!("its population cannot be read: {error}"));
            }
        }
    }

    fn pepper(&self, digest: DigestText) -> Option<BlobKey> {
        let (bytes, digest) = self.bytes(digest)?;
        Some(blob::read_document(&bytes, &digest).ok()?.key)
    }
}

/// Root, size and counts of the rows are those of the manifest.
fn rows(run: &Run, set: &ResultSet, subject: &str, report: &mut Report) {
    if set.root() != run.results_root.0 || set.size() != run.results_size {
        report.fail("results", subject, Failure::Integrity, "its rows have another root or size");
    }
    if counts(set) != run.counts {
        report.fail("results", subject, Failure::Integrity, "its counts are not those of its rows");
    }
}

/// What a transition says, to be compared: criterion, resource, from, to, effect.
type Step<'a> = (&'a str, String, Option<VerdictName>, Option<VerdictName>, Option<Effect>);

fn transitions<'a>(
    before: Option<&'a ResultSet>,
    after: &'a ResultSet,
    pepper: &BlobKey,
    told: &[&At<Transition>],
    subject: &str,
    report: &mut Report,
) {
    let all = changes(before, after);
    let step = |change: &Change<'a>| -> Step<'a> {
        let reference = pseudonym(pepper, change.key).0;
        let outcome = |weighed: Weighed| weighed.outcome;
        let effect = change.to.and_then(|weighed| weighed.effect);
        (&change.key.criterion, reference, change.from.map(outcome), change.to.map(outcome), effect)
    };
    let mut expected: Vec<Step<'_>> = all.iter().map(step).collect();
    let mut said: Vec<Step<'_>> = told
        .iter()
        .map(|at| {
            let Transition { criterion, ref_c, from, to, effect, .. } = &at.what;
            (criterion.as_str(), ref_c.0.clone(), *from, *to, *effect)
        })
        .collect();
    expected.sort();
    said.sort();
    if expected != said {
        let cause = format!("{} are recorded, and its rows differ from those before in {}", said.len(), expected.len());
        report.fail("transitions", subject, Failure::Integrity, cause);
    }
}
