//! Criteria against resources. Knows Rego; knows nothing of files, clusters or time.
//! Start at [`Bundle::standard`] and [`evaluate`]. Nothing here reads a disk.
mod asking;
mod bundle;
mod criterion;
mod engine;
mod face;
mod finding;
mod fingerprint;
mod form;
mod memory;
mod parameter;
mod rule;
mod schema;
mod siblings;
mod sight;
mod subset;
mod tests_of_rules;
mod yaml;

pub use bundle::{Bundle, STANDARD};
pub use engine::Coverage;
pub use tests_of_rules::{TestOutcome, run_tests};

pub use memory::{Known, Memory};
pub use schema::schema;

use crate::model::{
    CriterionId, ENVIRONMENT_KIND, Environment, Finding, Map, Platform, Reach, Resource, ResourceId, Text, Verdict,
    View,
};
use asking::{Opened, Place};
use engine::{Said, Seen};
use face::Subject;
use fingerprint::Content;
use rayon::prelude::*;
use rule::Rule;
use sight::{Index, Sight};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::OnceLock,
};

/// Something wrong in the files of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub path: Text,
    pub line: u32,
    pub cause: String,
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.cause)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n\nhint: {hint}\n"))
    }
}

/// Why a bundle cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// In order of file and line; never empty.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

/// Reasons that no criterion may declare: the house gives them itself.
pub(crate) const RESERVED_REASONS: [&str; 9] = [
    Finding::NOT_EVALUATED,
    Finding::MAY_BE_UNREAD,
    Finding::NOT_LISTED,
    Finding::LEAVES_PROJECTS,
    Finding::WOULD_OPEN,
    Finding::MIGHT_OPEN,
    Finding::STATED_NOT_MET,
    Finding::NOT_STATED,
    Finding::STATEMENT_EXPIRED,
];

/// What one rule said about one resource.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub criterion: CriterionId,
    pub platform: Platform,
    pub resource: ResourceId,
    pub verdict: Verdict,
}

/// What all subjects are judged in the light of.
#[derive(Clone, Copy, Debug)]
pub struct Light<'a> {
    pub environment: &'a Environment,
    pub reach: &'a Reach,
    /// Thresholds and facts by criterion, merged: `input.parameters`.
    pub parameters: &'a BTreeMap<CriterionId, Map>,
    /// What was seen of this very environment before; `None` where it is asked about once.
    pub known: Option<&'a Known>,
}

/// Subjects judged together: their inputs are made once for all rules, and their data once for each rule. Large enough
/// that this costs nothing beside the evaluations, small enough that memory stays flat.
const SUBJECTS_PER_TASK: usize = 256;

/// Runs every criterion that asks about a subject's kind, on all cores; in order of criterion and resource.
#[must_use]
pub fn evaluate(bundle: &Bundle, light: &Light<'_>, subjects: &[&Resource]) -> Vec<Evaluation> {
    let mut evaluations: Vec<Evaluation> = ask(bundle, light, subjects, &|opened, subject| {
        let (rule, sight, resource) = (opened.rule, opened.place.sight, subject.resource);
        let verdict = match opened.answer(subject) {
            Ok((said, applies)) => finding::verdict(rule, &resource.id, sight, said, || applies),
            Err(cause) => Verdict::Undetermined { unknown: vec![finding::not_evaluated(&cause)] },
        };
        let (criterion, resource) = (rule.criterion.id.clone(), resource.id.clone());
        Evaluation { criterion, platform: rule.platform, resource, verdict }
    });
    let unseen = unseen(bundle, light.environment, subjects, &mut evaluations);
    evaluations.extend(unseen);
    evaluations.sort_by(|a, b| (&a.criterion, &a.resource).cmp(&(&b.criterion, &b.resource)));
    evaluations
}

/// Criteria whose subjects could not be listed: nobody can tell for the platform as a whole, so the gap stands on its
/// Environment, beside what a rule says of that.
fn unseen(
    bundle: &Bundle,
    environment: &Environment,
    subjects: &[&Resource],
    evaluations: &mut [Evaluation],
) -> Vec<Evaluation> {
    let mut gaps: BTreeMap<(&CriterionId, &ResourceId, Platform), Vec<Finding>> = BTreeMap::new();
    for whole in subjects.iter().filter(|subject| subject.id.kind.as_ref() == ENVIRONMENT_KIND) {
        for problem in &environment.problems {
            let Some(hidden) = problem.hides.as_ref().filter(|hidden| hidden.platform == Some(whole.id.platform))
            else {
                continue;
            };
            let Some(kind) = &hidden.kind else { continue };
            for rule in bundle.asked(whole.id.platform, kind) {
                let gap = finding::not_listed(kind, problem);
                gaps.entry((&rule.criterion.id, &whole.id, rule.platform)).or_default().push(gap);
            }
        }
    }
    let mut added = Vec::new();
    for ((criterion, resource, platform), gaps) in gaps {
        let stands = |one: &&mut Evaluation| one.criterion == *criterion && one.resource == *resource;
        match evaluations.iter_mut().find(stands).map(|one| &mut one.verdict) {
            Some(Verdict::NotMet { unknown, .. } | Verdict::Undetermined { unknown }) => unknown.extend(gaps),
            Some(verdict) => *verdict = Verdict::Undetermined { unknown: gaps },
            None => added.push(Evaluation {
                criterion: criterion.clone(),
                platform,
                resource: resource.clone(),
                verdict: Verdict::Undetermined { unknown: gaps },
            }),
        }
    }
    added
}

/// One question as the engine is asked it, in JSON, and what the engine said: for a second engine to agree with.
#[derive(Clone, Debug)]
pub struct Question {
    pub criterion: CriterionId,
    pub platform: Platform,
    pub resource: ResourceId,
    /// `network.no_internet_egress.ways`.
    pub package: String,
    pub input: String,
    pub data: String,
    /// The members as our values, or why the evaluation ended.
    pub deny: Result<Vec<crate::model::Value>, String>,
    pub undetermined: Result<Vec<crate::model::Value>, String>,
    pub applies: Result<bool, String>,
}

/// Every question that [`evaluate`] asks. Slow, and each carries its data: for tests.
#[must_use]
pub fn questions(bundle: &Bundle, light: &Light<'_>, subjects: &[&Resource]) -> Vec<Question> {
    ask(bundle, light, subjects, &|opened, subject| {
        let json = |seen: &Seen| seen.json().unwrap_or_else(|cause| format!("{{\"not in JSON\": {cause:?}}}"));
        let (rule, resource) = (opened.rule, subject.resource);
        let (input, data) = (json(&opened.input(subject)), json(&opened.data()));
        let failed = |cause: String| Said { deny: Err(cause.clone()), undetermined: Err(cause) };
        let said = opened.ask(subject).unwrap_or_else(failed);
        let applies = opened.applies();
        Question {
            criterion: rule.criterion.id.clone(),
            platform: rule.platform,
            resource: resource.id.clone(),
            package: rule.package(),
            input,
            data,
            deny: said.deny,
            undetermined: said.undetermined,
            applies,
        }
    })
}

/// Subjects of one view, and what is seen from it once the first of them is asked about.
struct Group<'a> {
    view: View,
    subjects: Vec<&'a Resource>,
    joins: BTreeSet<&'a Text>,
    sight: OnceLock<Sight<'a>>,
}

/// Puts every question, on all cores: also few subjects are many questions. Answers are in no order that means anything, but the same twice.
fn ask<'a, T: Send>(
    bundle: &'a Bundle,
    light: &Light<'a>,
    subjects: &[&'a Resource],
    answer: &(impl Fn(&mut Opened<'_, '_>, &Subject<'_>) -> T + Sync),
) -> Vec<T> {
    let index = Index::new(light.environment);
    let mut groups: BTreeMap<View, Group<'a>> = BTreeMap::new();
    for subject in subjects {
        let rules = bundle.asked(subject.id.platform, &subject.id.kind);
        if rules.is_empty() {
            continue;
        }
        let view = index.view(&subject.id);
        let group = groups.entry(view.clone()).or_insert_with(|| Group {
            view,
            subjects: Vec::new(),
            joins: BTreeSet::new(),
            sight: OnceLock::new(),
        });
        group.subjects.push(subject);
        group.joins.extend(rules.iter().flat_map(|rule| &rule.joins));
    }
    let parameters: BTreeMap<&CriterionId, (Seen, Option<Content>)> = bundle
        .criteria
        .iter()
        .map(|criterion| {
            let seen = bundle::parameters(criterion, light.parameters);
            let content = light.known.and_then(|_| fingerprint::parameters(&seen));
            (&criterion.id, (seen, content))
        })
        .collect();
    let chunks: Vec<(&Group<'a>, &[&'a Resource])> = groups
        .values()
        .flat_map(|group| group.subjects.chunks(SUBJECTS_PER_TASK).map(move |chunk| (group, chunk)))
        .collect();
    let run = |(group, chunk): (&Group<'a>, &[&'a Resource])| {
        // Where several clusters are seen at once, what one is called depends on all others: nothing is kept.
        let known = light.known.filter(|_| matches!(group.view, View::Cluster(_)));
        let sight = group.sight.get_or_init(|| Sight::new(&index, light.reach, &group.view, &group.joins, known));
        let place = Place { sight, view: &group.view, chunk, known };
        let subjects: Vec<Subject<'_>> = chunk.iter().map(|resource| Subject::new(resource)).collect();
        let opened = asked_of(bundle, chunk).into_iter().map(|(rule, asked)| {
            let asked: Vec<&Subject<'_>> = asked.into_iter().filter_map(|at| subjects.get(at)).collect();
            (Opened::new(rule, place, parameters.get(&rule.criterion.id)), asked)
        });
        let ask_rule = |(mut opened, asked): (Opened<'_, '_>, Vec<&Subject<'_>>)| {
            let answers: Vec<T> = asked.into_iter().map(|subject| answer(&mut opened, subject)).collect();
            opened.close();
            answers
        };
        // What was answered before is said faster than it is handed to another core.
        let is_known = |(opened, asked): &(Opened<'_, '_>, Vec<&Subject<'_>>)| asked.iter().all(|it| opened.knows(it));
        let (known, new): (Vec<_>, Vec<_>) = opened.partition(is_known);
        let mut answers: Vec<T> = new.into_par_iter().flat_map_iter(&ask_rule).collect();
        answers.extend(known.into_iter().flat_map(ask_rule));
        answers
    };
    chunks.into_par_iter().flat_map_iter(run).collect()
}

/// The rules that ask about some of these subjects, each with the positions of those.
fn asked_of<'b>(bundle: &'b Bundle, subjects: &[&Resource]) -> Vec<(&'b Rule, Vec<usize>)> {
    let mut asked: BTreeMap<(usize, Platform), (&Rule, Vec<usize>)> = BTreeMap::new();
    for (position, resource) in subjects.iter().enumerate() {
        for rule in bundle.asked(resource.id.platform, &resource.id.kind) {
            asked.entry((rule.number, rule.platform)).or_insert((rule, Vec::new())).1.push(position);
        }
    }
    asked.into_values().collect()
}
