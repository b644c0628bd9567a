//! A run as entries: the manifest that commits to the whole assessment, and what changed since the last one.
use super::{
    changes::{Change, Weighed, changes},
    entry::{Body, Commitment, DigestText, Instant, Run, Transition, Trigger, Ulid},
    log::Draft,
    redact::BlobKey,
    row::{Population, ResultSet, RowKey, counts, pseudonym},
    state::{OpenDeviation, ScopeState},
};
use crate::model::{Assessment, Criterion, Platform, Problem, VerdictName};
use std::collections::BTreeMap;

/// Kinds beyond these stand together as `other`: an entry has an end, and real repositories have about fifty.
const KINDS_MAX: usize = 100;

/// A run that has come to its end.
#[derive(Debug)]
pub struct Finished<'a> {
    pub run: Ulid,
    pub scope: &'a str,
    pub trigger: Trigger,
    pub revision: Option<&'a str>,
    pub started: Instant,
    pub observed: Instant,
    pub ended: Instant,
    pub fail_on: &'a str,
    pub exit: u8,
    pub assessment: &'a Assessment,
    pub criteria: &'a [Criterion],
    pub tools: &'a BTreeMap<String, String>,
    /// How many resources of each kind were read.
    pub kinds: BTreeMap<String, u64>,
    pub results: &'a ResultSet,
    pub results_blob: DigestText,
    pub population: &'a Population,
    pub population_blob: DigestText,
}

/// The keys of pseudonyms: the one in force, and those that open deviations were named by.
#[derive(Debug)]
pub struct Peppers {
    pub present: (DigestText, BlobKey),
    pub earlier: BTreeMap<DigestText, BlobKey>,
}

/// The manifest.
#[must_use]
pub fn manifest(finished: &Finished<'_>, plan: Option<DigestText>, late: bool, transitions: usize) -> Run {
    let assessment = finished.assessment;
    Run {
        run: finished.run,
        scope: finished.scope.to_owned(),
        trigger: finished.trigger,
        revision: finished.revision.map(str::to_owned),
        started: finished.started,
        ended: finished.ended,
        late,
        fail_on: finished.fail_on.to_owned(),
        exit: u64::from(finished.exit),
        bundle: assessment.bundle.into(),
        profile: assessment.profile.into(),
        environment: assessment.environment.into(),
        plan,
        tools: finished.tools.clone().into_iter().collect(),
        kinds: kinds(&finished.kinds),
        problems: problems(&assessment.problems),
        not_looked_at: number(assessment.not_looked_at.len()),
        population_root: DigestText(finished.population.root()),
        population_size: finished.population.size(),
        population_blob: finished.population_blob,
        results_root: DigestText(finished.results.root()),
        results_size: finished.results.size(),
        results_blob: finished.results_blob,
        counts: counts(finished.results),
        transitions: number(transitions),
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The largest kinds, in order of name, and the rest together.
fn kinds(of: &BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut all: Vec<(String, u64)> = of.clone().into_iter().collect();
    if all.len() > KINDS_MAX {
        all.sort_by(|(one, many), (other, more)| (more, one).cmp(&(many, other)));
        let rest: u64 = all.drain(KINDS_MAX - 1..).map(|(_, count)| count).sum();
        all.sort();
        all.push(("other".to_owned(), rest));
    }
    all
}

/// By the platform whose resources may have been in what was not read. The cause may name things, so it stays outside.
fn problems(of: &[Problem]) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for problem in of {
        let class = match &problem.hides {
            None => "remark",
            Some(hidden) => hidden.platform.map_or("any", Platform::name),
        };
        *counts.entry(class).or_default() += 1;
    }
    counts.into_iter().map(|(class, count)| (class.to_owned(), count)).collect()
}

/// What changed since the last run of the scope: one draft for each, in the order of the rows.
///
/// A deviation is the life of one row that is not met. It opens with the entry whose id it takes, and closes when the
/// row is met, no longer applies, or is gone; what cannot be told neither opens nor closes one.
pub fn transitions(
    finished: &Finished<'_>,
    before: Option<&ResultSet>,
    scope: Option<&ScopeState>,
    peppers: &Peppers,
    id: &mut dyn FnMut() -> Ulid,
) -> Vec<Draft> {
    let last = scope.and_then(|scope| scope.last.as_ref()).map(|(observed, _)| *observed);
    let findings: BTreeMap<&RowKey, usize> =
        finished.results.iter().map(|(row, findings)| (&row.key, findings.len())).collect();
    let rules: BTreeMap<&str, String> = finished
        .criteria
        .iter()
        .map(|criterion| (criterion.id.0.as_ref(), format!("{}.{}", criterion.domain, criterion.name)))
        .collect();
    let draft = |change: Change<'_>| {
        let own = id();
        let open = scope.and_then(|scope| open_deviation(scope, peppers, change.key));
        let fell = is_breach(change.to);
        let deviation = match open {
            Some(open) => Some(open.id),
            None if fell => Some(own),
            None => None,
        };
        let RowKey { criterion, platform, kind, .. } = change.key;
        let rule = rules.get(criterion.as_str()).map_or_else(|| criterion.clone(), Clone::clone);
        let present = change.to.is_some();
        let transition = Transition {
            run: finished.run,
            criterion: criterion.clone(),
            rule: format!("{rule}.{platform}"),
            rule_digest: DigestText::parse(&change.row.rule_digest).ok(),
            kind: kind.clone(),
            ref_c: pseudonym(&peppers.present.1, change.key),
            from: change.from.map(|weighed| weighed.outcome),
            to: change.to.map(|weighed| weighed.outcome),
            effect: change.to.and_then(|weighed| weighed.effect),
            severity: change.row.severity.clone(),
            findings: number(findings.get(change.key).copied().unwrap_or(0)),
            findings_c: Commitment::parse(&change.row.findings_c).ok().filter(|_| present),
            last_before: change.from.and(last),
            deviation,
        };
        Draft { observed: finished.observed, id: own, body: Body::Transition(transition) }
    };
    changes(before, finished.results).into_iter().map(draft).collect()
}

fn is_breach(weighed: Option<Weighed>) -> bool {
    weighed.is_some_and(|weighed| weighed.outcome == VerdictName::NotMet)
}

/// The deviation of a row that is open, by whichever key it was named.
fn open_deviation<'s>(scope: &'s ScopeState, peppers: &Peppers, key: &RowKey) -> Option<&'s OpenDeviation> {
    let all = std::iter::once((&peppers.present.0, &peppers.present.1)).chain(&peppers.earlier);
    all.into_iter().find_map(|(digest, pepper)| {
        let open = scope.open.get(&(key.criterion.clone(), pseudonym(pepper, key)))?;
        (open.pepper == *digest).then_some(open)
    })
}
