//! Runs against the rows they commit to, and transitions against the difference of neighbouring runs.
use super::{
    super::{
        blob,
        changes::{Change, Weighed, changes},
        entry::{DigestText, Run, Transition, TreeHead, Ulid},
        files::Files,
        redact::BlobKey,
        row::{ResultSet, counts, pseudonym},
    },
    Against, Failure, Report,
    facts::{Passing, Year},
};
use crate::model::{Digest, Effect, VerdictName};
use std::{collections::BTreeMap, rc::Rc};

/// The rows of the last run of each scope, where they could be read.
type Rows = BTreeMap<String, Option<(DigestText, Rc<ResultSet>)>>;

/// What the first runs of a year are held against: the last of the year before.
#[derive(Default)]
pub(super) struct Last {
    /// The shard that these runs stand in or are of the years before.
    origin: String,
    rows: Rows,
    /// Whether the years before are not here, so that of a scope without rows nothing is known.
    is_cut: bool,
}

impl Last {
    /// Goes on with the runs of a shard, from those of the one before if that is what it follows.
    fn go_on(&mut self, previous: Option<&TreeHead>) {
        let follows = previous.is_some_and(|previous| previous.origin == self.origin);
        if !follows {
            *self = Self { origin: String::new(), rows: Rows::new(), is_cut: previous.is_some() };
        }
    }
}

/// Runs and transitions as they pass. Held are the rows of the last run of each scope, and what belongs to runs that have
/// not ended.
pub(super) struct Results<'a> {
    shelf: Shelf<'a>,
    /// The keys of pseudonyms of runs that have begun.
    peppers: BTreeMap<Ulid, DigestText>,
    /// Transitions of runs that have not ended.
    told: BTreeMap<Ulid, Vec<Transition>>,
    last: &'a mut Last,
    has_begun: bool,
    /// Runs, those whose rows are here, and those whose transitions could be held against them.
    runs: u64,
    read: u64,
    steps: u64,
    /// Own checks, in order.
    report: Report,
}

impl<'a> Results<'a> {
    pub(super) fn new(files: &'a dyn Files, prefix: &'a str, last: &'a mut Last) -> Self {
        Self {
            shelf: Shelf { files, prefix },
            peppers: BTreeMap::new(),
            told: BTreeMap::new(),
            last,
            has_begun: false,
            runs: 0,
            read: 0,
            steps: 0,
            report: Report::default(),
        }
    }

    fn begin(&mut self, previous: Option<&TreeHead>) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.last.go_on(previous);
        }
    }

    /// `previous` is the shard that this one follows.
    pub(super) fn take(&mut self, passing: &Passing, previous: Option<&TreeHead>) {
        self.begin(previous);
        match passing {
            Passing::Start(start) => drop(self.peppers.insert(start.what.run, start.what.pepper)),
            Passing::Transition(one) => self.told.entry(one.what.run).or_default().push(one.what.clone()),
            Passing::Run(at) => self.run(at.index, &at.what),
            Passing::Gap(_) | Passing::Epoch(_) | Passing::Heartbeat(_) => {}
        }
    }

    fn run(&mut self, index: u64, run: &Run) {
        self.runs += 1;
        let report = &mut self.report;
        let subject = format!("{} run {}", self.shelf.prefix, run.run);
        let pepper = self.peppers.remove(&run.run);
        if pepper.is_none() {
            report.fail("runs", &subject, Failure::Integrity, format!("entry {index}: no run_start precedes it"));
        }
        let before = self.last.rows.get(&run.scope);
        let known = before.and_then(Option::as_ref).filter(|(digest, _)| *digest == run.results_blob);
        let set = match known {
            Some((_, set)) => Some(Rc::clone(set)),
            None => self.shelf.results(run.results_blob, &subject, report).map(Rc::new),
        };
        if let Some(set) = &set {
            self.read += 1;
            rows(run, set, &subject, report);
            self.shelf.population(run, &subject, report);
        }
        let told = self.told.remove(&run.run).unwrap_or_default();
        if u64::try_from(told.len()) != Ok(run.transitions) {
            let cause = format!("it says {} transitions, and {} precede it in the log", run.transitions, told.len());
            report.fail("transitions", &subject, Failure::Integrity, cause);
        }
        if run.late {
            return;
        }
        let neighbour = match (before, &set) {
            (None, Some(set)) if !self.last.is_cut => Some((None, set)),
            (Some(Some((_, before))), Some(set)) => Some((Some(&**before), set)),
            _ => None,
        };
        let pepper = pepper.and_then(|digest| self.shelf.pepper(digest));
        if let (Some((before, set)), Some(pepper)) = (neighbour, pepper) {
            self.steps += 1;
            transitions(before, set, &pepper, &told, &subject, report);
        }
        self.last.rows.insert(run.scope.clone(), set.map(|set| (run.results_blob, set)));
    }

    /// Adds to the report what was found.
    pub(super) fn finish(mut self, origin: &str, year: &Year, against: &Against<'_>, report: &mut Report) {
        self.begin(year.previous.as_ref());
        let prefix = self.shelf.prefix;
        for (run, told) in std::mem::take(&mut self.told) {
            let cause = format!("{} transitions belong to no run that was finished after them", told.len());
            self.report.fail("transitions", &format!("{prefix} run {run}"), Failure::Integrity, cause);
        }
        self.tell(against);
        origin.clone_into(&mut self.last.origin);
        report.checks.append(&mut self.report.checks);
        report.not_checked.append(&mut self.report.not_checked);
    }

    /// What holds of the shard.
    fn tell(&mut self, against: &Against<'_>) {
        let (prefix, report) = (self.shelf.prefix, &mut self.report);
        if self.runs == 0 {
            return;
        }
        let failed = |name: &str| {
            let mut own = report.checks.iter().filter(|check| check.name == name);
            own.any(|check| matches!(check.outcome, super::Outcome::Failed { .. }))
        };
        let (rows, steps) = (failed("results"), failed("transitions"));
        if !rows && self.read > 0 {
            report.held("results", prefix, format!("the rows of {} runs fit root, size and counts", self.read));
        }
        if !steps && self.steps > 0 {
            let told = format!("those of {} runs are the difference to the run before", self.steps);
            report.held("transitions", prefix, told);
        }
        let unseen = self.runs.saturating_sub(self.steps);
        if unseen > 0 {
            let why = if against.partial {
                "their rows or those before are not in the package"
            } else {
                "late, or rows erased"
            };
            report
                .not_checked
                .push(format!("the transitions of {unseen} runs of `{prefix}` against their rows: {why}"));
        }
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
    told: &[Transition],
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
        .map(|Transition { criterion, ref_c, from, to, effect, .. }| {
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
