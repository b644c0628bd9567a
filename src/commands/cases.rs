//! Cases: small environments that a rule must call met, broken or undetermined.
use super::read::{self, Reading};
use crate::{
    cli::Sources,
    evaluate::{self, Bundle, Evaluation, Known, Light, Question},
    model::{CriterionId, Environment, Map, Platform, Resource, Verdict},
    reach,
};
use anyhow::Context;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Expiry dates in cases are held against this day, so that a case says the same for ever.
pub const AT: &str = "2026-11-24T00:00:00Z";

/// The description of every case that has none of its own, at the top of the folder of cases.
const DESCRIPTION: &str = "spe.yaml";

/// What a case must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// Only met or not applicable, and met at least once.
    Meets,
    /// Not met at least once.
    Breaks,
    /// Never not met, and undetermined at least once.
    Undetermined,
}

impl Expected {
    pub const ALL: [Self; 3] = [Self::Meets, Self::Breaks, Self::Undetermined];

    /// The folder that cases of this kind are in.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Meets => "meets",
            Self::Breaks => "breaks",
            Self::Undetermined => "undetermined",
        }
    }
}

/// One file or folder below `<domain>/<criterion>/<platform>/{meets,breaks,undetermined}`.
#[derive(Clone, Debug)]
pub struct Case {
    pub domain: String,
    pub criterion: String,
    pub platform: Platform,
    pub expected: Expected,
    pub path: PathBuf,
    /// The description that counts where the case has none of its own.
    pub description: Option<PathBuf>,
}

/// A case as read.
#[derive(Debug)]
pub struct Read {
    reading: Reading,
    parameters: BTreeMap<CriterionId, Map>,
}

/// Every case below a folder, in order of path.
///
/// # Errors
/// A folder that cannot be read, or one that is no criterion's, platform's or expectation's place.
pub fn find(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    let shared = Some(folder.join(DESCRIPTION)).filter(|path| path.is_file());
    for domain in folders(folder)? {
        for criterion in folders(&domain)? {
            for platform in folders(&criterion)? {
                let name = last(&platform);
                let of = Platform::from_name(&name)
                    .with_context(|| format!("`{}`: `{name}` is no platform", platform.display()))?;
                for kind in folders(&platform)? {
                    let name = last(&kind);
                    let expected = Expected::ALL.into_iter().find(|expected| expected.folder() == name);
                    let expected = expected.with_context(|| {
                        format!("`{}`: cases are in `meets`, `breaks` or `undetermined`", kind.display())
                    })?;
                    for path in entries(&kind)? {
                        let own = path.join(DESCRIPTION).is_file();
                        let description = if own { None } else { shared.clone() };
                        let (domain, criterion) = (last(&domain), last(&criterion));
                        cases.push(Case { domain, criterion, platform: of, expected, path, description });
                    }
                }
            }
        }
    }
    Ok(cases)
}

impl Case {
    /// Reads the case alone, as a scan would.
    ///
    /// # Errors
    /// What would keep a scan from running, and whatever of the case could not be read: a case must be whole.
    pub fn read(&self, bundle: &Bundle) -> anyhow::Result<Read> {
        let sources = Sources {
            paths: vec![self.path.clone()],
            spe: self.description.clone(),
            at: Some(AT.to_owned()),
            ..Sources::default()
        };
        let shown = || format!("case `{}`", self.path.display());
        let reading = read::sources(&sources).with_context(shown)?;
        let problems = &reading.normalised.environment.problems;
        if let (Some(problem), true) = (problems.first(), self.expected != Expected::Undetermined) {
            anyhow::bail!("{}: {} ({})", shown(), problem.cause, problem.origin.path());
        }
        let profile = read::profile(&crate::cli::Judging::default(), bundle, &reading).with_context(shown)?;
        Ok(Read { reading, parameters: profile.parameters })
    }

    /// The evaluations that the case is about.
    #[must_use]
    pub fn evaluate(&self, bundle: &Bundle, read: &Read) -> Vec<Evaluation> {
        let mut evaluations = read.light(|light, subjects| evaluate::evaluate(bundle, light, subjects));
        let Some(id) = self.id(bundle) else { return Vec::new() };
        evaluations.retain(|evaluation| evaluation.criterion == *id && evaluation.platform == self.platform);
        evaluations
    }

    /// The criterion that the case is about.
    #[must_use]
    pub fn id<'b>(&self, bundle: &'b Bundle) -> Option<&'b CriterionId> {
        let of = |criterion: &&crate::model::Criterion| {
            criterion.domain.as_ref() == self.domain && criterion.name.as_ref() == self.criterion
        };
        bundle.criteria.iter().find(of).map(|criterion| &criterion.id)
    }

    /// Why the evaluations are not what the case must come to; `None` = they are.
    #[must_use]
    pub fn disagreement(&self, evaluations: &[Evaluation]) -> Option<String> {
        let names: BTreeSet<&str> = evaluations.iter().map(|evaluation| evaluation.verdict.name()).collect();
        let is = |verdict: &str| names.contains(verdict);
        let agrees = match self.expected {
            Expected::Meets => is("met") && !is("not_met") && !is("undetermined"),
            Expected::Breaks => is("not_met"),
            Expected::Undetermined => is("undetermined") && !is("not_met"),
        };
        (!agrees).then(|| {
            let mut text = format!(
                "`{}` comes to {}",
                self.path.display(),
                match names.is_empty() {
                    true => "nothing: no rule asks about anything in it".to_owned(),
                    false => names.iter().copied().collect::<Vec<_>>().join(", "),
                }
            );
            for evaluation in evaluations {
                let Evaluation { resource, verdict, .. } = evaluation;
                text.push_str(&format!("\n  {}: {}", resource.full(), shown(verdict)));
            }
            text
        })
    }
}

impl Read {
    /// What the case is read as.
    #[must_use]
    pub const fn environment(&self) -> &Environment {
        &self.reading.normalised.environment
    }

    /// Every question that the case makes the engine answer; `known` is what was kept of the case before.
    #[must_use]
    pub fn questions(&self, bundle: &Bundle, known: Option<&Known>) -> Vec<Question> {
        self.light(|light, subjects| evaluate::questions(bundle, &Light { known, ..*light }, subjects))
    }

    fn light<T>(&self, with: impl FnOnce(&Light<'_>, &[&Resource]) -> T) -> T {
        let environment = &self.reading.normalised.environment;
        let subjects: Vec<&Resource> = environment.all().collect();
        let reach = reach::derive(environment, &subjects);
        with(&Light { environment, reach: &reach, parameters: &self.parameters, known: None }, &subjects)
    }
}

/// A verdict with all its findings, one line each.
#[must_use]
pub fn shown(verdict: &Verdict) -> String {
    let mut text = verdict.name().to_owned();
    let all = verdict.findings().iter().map(|finding| ("breach", finding));
    for (kind, finding) in all.chain(verdict.unknown().iter().map(|finding| ("unknown", finding))) {
        let facts: Vec<String> = finding.facts.iter().map(|(name, value)| format!("{name}={}", fact(value))).collect();
        let at = finding.at.as_ref().map(|at| format!(" in {}", at.full())).unwrap_or_default();
        let path = crate::model::shown(&finding.path);
        text.push_str(&format!("\n    {kind} {} [{}] at {path}{at}", finding.reason, facts.join(", ")));
    }
    text
}

fn fact(value: &crate::model::Value) -> String {
    use crate::model::Value;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| fact(&item.value)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            let entries = map.iter().map(|entry| format!("{}: {}", entry.key, fact(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Unknown(unknown) => format!("unknown ({})", unknown.why),
    }
}

fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot read the folder `{}`", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        paths.push(entry.with_context(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn last(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
