//! Two tables that a package carries, each a pure function of the entries and blobs in it: a reader makes them again.
//!
//! RFC 4180 with a header line. A cell that a spreadsheet would run begins with an apostrophe.
use super::{
    super::{
        blob,
        entry::{Bundle, Plan, Run},
        verify::{At, Entries},
    },
    runs_of,
};
use crate::model::{Digest, Period, VerdictName};
use std::collections::{BTreeMap, BTreeSet};

/// Gives a blob by its digest; `None` where it is not here.
pub(super) type Blobs<'b> = dyn Fn(&Digest) -> Option<Vec<u8>> + 'b;

/// Each change of plan, bundle, profile, threshold and scope that was recorded in the period, in the order of the log.
#[must_use]
pub fn changes(entries: &Entries, period: Period) -> String {
    let mut all = Changes { period, lines: Vec::new() };
    let mut plan: Option<&Plan> = None;
    for at in &entries.plans {
        plan_changes(&mut all, at, plan);
        plan = Some(&at.what);
    }
    let mut bundle: Option<&Bundle> = None;
    for at in &entries.bundles {
        let text = |of: fn(&Bundle) -> String| (bundle.map(of).unwrap_or_default(), of(&at.what));
        all.add(at, "bundle", "", text(|bundle| bundle.bundle.to_string()));
        all.add(at, "profile", "", text(|bundle| bundle.profile.to_string()));
        all.add(at, "program", "", text(|bundle| format!("{}, {}", bundle.tool, bundle.engine)));
        bundle = Some(&at.what);
    }
    let mut scopes: BTreeMap<&str, &Run> = BTreeMap::new();
    for at in &entries.runs {
        let run = &*at.what;
        let before = scopes.insert(&run.scope, run);
        if before.is_none() {
            all.add(at, "scope", &run.scope, (String::new(), "first run".to_owned()));
        }
        let fail_on = before.map(|before| before.fail_on.clone()).unwrap_or_default();
        all.add(at, "threshold", &format!("fail_on of {}", run.scope), (fail_on, run.fail_on.clone()));
    }
    all.lines.sort_by(|(one, _), (other, _)| one.cmp(other));
    let head = line(["index", "recorded", "what", "subject", "from", "to"].map(str::to_owned));
    all.lines.into_iter().fold(head, |text, (_, line)| text + &line)
}

struct Changes {
    period: Period,
    /// By shard and index: of one emitter the years are in order.
    lines: Vec<((String, u64), String)>,
}

impl Changes {
    /// One line, where something changed in the period.
    fn add<T>(&mut self, at: &At<T>, what: &str, subject: &str, (from, to): (String, String)) {
        if from != to && self.period.contains(at.recorded.0) {
            let cells = [at.index.to_string(), at.recorded.to_string(), what.to_owned(), subject.to_owned(), from, to];
            self.lines.push(((at.shard.clone(), at.index), line(cells)));
        }
    }
}

fn plan_changes(all: &mut Changes, at: &At<Plan>, before: Option<&Plan>) {
    let plan = &at.what;
    let text = |of: &dyn Fn(&Plan) -> String| (before.map(of).unwrap_or_default(), of(plan));
    all.add(at, "plan", "", text(&|plan| plan.digest.to_string()));
    all.add(at, "threshold", "min_coverage_per_mille", text(&|plan| plan.min_coverage_per_mille.to_string()));
    let severities = before.into_iter().chain([plan]).flat_map(|plan| plan.deadline_days.keys());
    for severity in severities.collect::<BTreeSet<_>>() {
        let days = |plan: &Plan| plan.deadline_days.get(severity).map(u64::to_string).unwrap_or_default();
        all.add(at, "threshold", &format!("deadline_days of {severity}"), text(&days));
    }
    let names = before.into_iter().chain([plan]).flat_map(|plan| plan.items.iter().map(|item| &item.name));
    for name in names.collect::<BTreeSet<_>>() {
        let item = |plan: &Plan| plan.items.iter().find(|item| item.name == *name).cloned();
        all.add(at, "scope", name, text(&|plan| item(plan).map(|item| item.scope).unwrap_or_default()));
        let criteria = |plan: &Plan| item(plan).map(|item| item.criteria.join(" ")).unwrap_or_default();
        all.add(at, "scope", &format!("criteria of {name}"), text(&criteria));
        let cadence = |plan: &Plan| item(plan).map(|item| item.cadence_seconds.to_string()).unwrap_or_default();
        all.add(at, "threshold", &format!("cadence_seconds of {name}"), text(&cadence));
        let grace = |plan: &Plan| item(plan).map(|item| item.grace_percent.to_string()).unwrap_or_default();
        all.add(at, "threshold", &format!("grace_percent of {name}"), text(&grace));
    }
}

/// Per run of the period: the resources that were seen, and what became of each. `population` is `judged` +
/// `not_applicable` + `without_row`; `unread` sources stand beside it, since what they hold was not seen.
#[must_use]
pub fn tie_out(entries: &Entries, period: Period, blobs: &Blobs<'_>) -> String {
    let mut text = line(
        [
            "index",
            "run",
            "scope",
            "observed",
            "population",
            "judged",
            "not_applicable",
            "without_row",
            "unread",
            "rows",
            "rows_outside_population",
            "ties",
        ]
        .map(str::to_owned),
    );
    for at in runs_of(entries, period) {
        let run = &*at.what;
        let unread: u64 = run.problems.iter().map(|(_, count)| *count).sum();
        let tied = tie(run, blobs);
        let number = |of: fn(&Tied) -> u64| tied.as_ref().map(|tied| of(tied).to_string()).unwrap_or_default();
        let ties = match &tied {
            None => "not checked: results or population are not here",
            Some(tied) if tied.holds(run) => "yes",
            Some(_) => "no",
        };
        text += &line([
            at.index.to_string(),
            run.run.to_string(),
            run.scope.clone(),
            at.observed.to_string(),
            run.population_size.to_string(),
            number(|tied| tied.judged),
            number(|tied| tied.not_applicable),
            number(|tied| tied.without_row),
            unread.to_string(),
            run.results_size.to_string(),
            number(|tied| tied.outside),
            ties.to_owned(),
        ]);
    }
    text
}

/// The resources of a run by what became of them.
struct Tied {
    judged: u64,
    not_applicable: u64,
    without_row: u64,
    /// Rows of resources that the population does not have; statements of persons are of none.
    outside: u64,
    rows: u64,
}

impl Tied {
    fn holds(&self, run: &Run) -> bool {
        let counts = run.counts.iter();
        let counted: u64 = counts.map(|one| one.met + one.not_met + one.not_applicable + one.undetermined).sum();
        self.judged + self.not_applicable + self.without_row == run.population_size
            && self.rows == run.results_size
            && counted == run.results_size
            && self.outside == 0
    }
}

/// Statements of persons stand under this platform.
const STATEMENTS: &str = "speguard";

fn tie(run: &Run, blobs: &Blobs<'_>) -> Option<Tied> {
    let (results, population) = (Digest(run.results_blob.0), Digest(run.population_blob.0));
    let results = blob::read_results(&blobs(&results)?, &results).ok()?;
    let population = blob::read_population(&blobs(&population)?, &population).ok()?;
    // Whether any row of the resource says something else than not applicable.
    let mut seen: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for row in results.rows().lines().iter().filter(|row| row.key.platform != STATEMENTS) {
        *seen.entry((&row.key.kind, &row.key.resource)).or_default() |= row.outcome != VerdictName::NotApplicable;
    }
    let mut tied = Tied { judged: 0, not_applicable: 0, without_row: 0, outside: 0, rows: results.size() };
    for row in population.rows().lines() {
        match seen.remove(&(row.kind.as_str(), row.resource.as_str())) {
            Some(true) => tied.judged += 1,
            Some(false) => tied.not_applicable += 1,
            None => tied.without_row += 1,
        }
    }
    tied.outside = u64::try_from(seen.len()).unwrap_or(u64::MAX);
    Some(tied)
}

fn line<const N: usize>(cells: [String; N]) -> String {
    let cells = cells.map(|cell| {
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let cell = if formula { format!("'{cell}") } else { cell };
        let quoted = cell.contains([',', ';', '"', '\r', '\n']) || cell.trim() != cell;
        if quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    });
    cells.join(",") + "\r\n"
}
