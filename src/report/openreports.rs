//! An audit as OpenReports (`openreports.io/v1alpha1`): a Report for each namespace and a ClusterReport for the rest, with
//! what is not met, bounded in size, and complete counts. Source: the API reference of openreports/reports-api.
//!
//! The same audit twice gives the same bytes: a result keeps the time at which it was first seen.
use super::{Language, admission::with, clean::clean, sentence::sentence, words::Phrases};
use crate::model::{
    Assessment, Criterion, Enforcement, Environment, Finding, Judgement, Platform, Severity, Text, Timestamp,
    UNKNOWN_NAMESPACE, Verdict, shown,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Group and version of the reports.
pub const VERSION: &str = "openreports.io/v1alpha1";

/// Name of each report, and of what manages its fields.
pub const NAME: &str = "speguard";

/// Results of one report, and the bytes of all of it: etcd holds 1.5 MiB of one object and 8 GiB of all, and clusters were
/// lost to report objects that grew with their workloads (kyverno/kyverno#10761, #17114).
pub const RESULTS_MAX: usize = 500;
pub const BYTES_MAX: usize = 256 * 1024;

/// A message is read in a table.
const MESSAGE_CHARACTERS_MAX: usize = 500;

/// How many results a report leaves out.
const LEFT_OUT: &str = "speguard.io/results-left-out";

/// A report, as it is written and read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    api_version: String,
    kind: String,
    metadata: Metadata,
    source: String,
    configuration: Configuration,
    summary: Summary,
    #[serde(default)]
    results: Vec<Outcome>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Metadata {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    namespace: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Configuration {
    limits: Limits,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    max_results: usize,
    status_filter: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Summary {
    pass: usize,
    fail: usize,
    warn: usize,
    error: usize,
    skip: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Outcome {
    policy: String,
    rule: String,
    category: String,
    severity: String,
    result: String,
    scored: bool,
    timestamp: Moment,
    resources: Vec<Reference>,
    message: String,
    properties: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Moment {
    seconds: i64,
    nanos: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Reference {
    #[serde(skip_serializing_if = "String::is_empty")]
    api_version: String,
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
    name: String,
}

impl Report {
    /// Of its own, in the API: `/apis/openreports.io/v1alpha1/namespaces/a/reports/speguard`.
    #[must_use]
    pub fn path(&self) -> String {
        let namespace = &self.metadata.namespace;
        match namespace.is_empty() {
            true => format!("/apis/{VERSION}/clusterreports/{NAME}"),
            false => format!("/apis/{VERSION}/namespaces/{namespace}/reports/{NAME}"),
        }
    }

    /// The same report with the times at which its results were first seen.
    #[must_use]
    pub fn since(mut self, before: &Self) -> Self {
        let known: BTreeMap<_, _> = before.results.iter().map(|one| (one.identity(), one.timestamp)).collect();
        for one in &mut self.results {
            one.timestamp = known.get(&one.identity()).copied().unwrap_or(one.timestamp);
        }
        self
    }

    /// Whether a report that stands in the cluster says the same; what others wrote beside it is theirs.
    #[must_use]
    pub fn is_said_by(&self, there: &Self) -> bool {
        let left_out = |of: &Self| of.metadata.annotations.get(LEFT_OUT).cloned();
        (&self.source, &self.configuration, self.summary, &self.results, left_out(self))
            == (&there.source, &there.configuration, there.summary, &there.results, left_out(there))
    }
}

impl Outcome {
    fn identity(&self) -> (&str, &str, &str, &str, &str) {
        let of = self.resources.first();
        let kind = of.map_or("", |one| one.kind.as_str());
        (&self.policy, &self.rule, &self.result, kind, of.map_or("", |one| one.name.as_str()))
    }
}

/// The reports of an audit, in order of namespace; the last is that of the cluster.
///
/// # Errors
/// None that these shapes can have.
pub fn reports(
    assessment: &Assessment,
    environment: &Environment,
    criteria: &[Criterion],
) -> Result<Vec<Report>, serde_json::Error> {
    let known: BTreeMap<_, _> = criteria.iter().map(|criterion| (&criterion.id, criterion)).collect();
    let spaces: BTreeSet<&Text> =
        environment.all().filter(|one| one.id.kind.as_ref() == "Namespace").map(|one| &one.id.name).collect();
    let mut by_space: BTreeMap<Option<&Text>, Vec<&Judgement>> =
        spaces.iter().map(|one| (Some(*one), Vec::new())).collect();
    for judgement in &assessment.judgements {
        let id = &judgement.resource;
        let has_space = id.platform == Platform::Kubernetes
            && !id.namespace.is_empty()
            && id.namespace.as_ref() != UNKNOWN_NAMESPACE
            && spaces.contains(&id.namespace);
        by_space.entry(has_space.then_some(&id.namespace)).or_default().push(judgement);
    }
    let cluster = by_space.remove(&None).unwrap_or_default();
    let all = by_space.into_iter().chain([(None, cluster)]);
    with(Language::English, |phrases| {
        all.map(|(space, judgements)| {
            let said = judgements.iter().filter_map(|judgement| {
                let criterion = known.get(&judgement.criterion)?;
                outcome(judgement, criterion, environment, assessment.at, phrases)
            });
            report(space, &judgements, said.collect())
        })
        .collect()
    })
}

fn report(
    space: Option<&Text>,
    judgements: &[&Judgement],
    mut results: Vec<(Severity, Outcome)>,
) -> Result<Report, serde_json::Error> {
    let mut summary = Summary::default();
    for judgement in judgements {
        *match status(judgement) {
            "pass" => &mut summary.pass,
            "fail" => &mut summary.fail,
            "warn" => &mut summary.warn,
            "error" => &mut summary.error,
            _ => &mut summary.skip,
        } += 1;
    }
    // The worst stay where not all can.
    results.sort_by(|(one, a), (other, b)| (other, a.identity()).cmp(&(one, b.identity())));
    let all = results.len();
    let mut report = Report {
        api_version: VERSION.to_owned(),
        kind: if space.is_some() { "Report" } else { "ClusterReport" }.to_owned(),
        metadata: Metadata {
            name: NAME.to_owned(),
            namespace: space.map(ToString::to_string).unwrap_or_default(),
            annotations: BTreeMap::new(),
        },
        source: NAME.to_owned(),
        configuration: Configuration {
            limits: Limits {
                max_results: RESULTS_MAX,
                status_filter: ["fail", "warn", "error", "skip"].map(str::to_owned).into(),
            },
        },
        summary,
        results: Vec::new(),
    };
    let annotations = |left: usize| BTreeMap::from([(LEFT_OUT.to_owned(), left.to_string())]);
    report.metadata.annotations = annotations(all);
    let mut bytes = serde_json::to_vec(&report)?.len();
    for (_, one) in results.into_iter().take(RESULTS_MAX) {
        // And the comma behind it.
        bytes += serde_json::to_vec(&one)?.len() + 1;
        if bytes > BYTES_MAX {
            report.configuration.limits.max_results = report.results.len();
            break;
        }
        report.results.push(one);
    }
    report.metadata.annotations = annotations(all - report.results.len());
    Ok(report)
}

/// The word of OpenReports for a judgement (evidence exports, "OpenReports").
fn status(judgement: &Judgement) -> &'static str {
    match (&judgement.verdict, &judgement.waiver, judgement.enforcement) {
        (Verdict::Met, ..) => "pass",
        (Verdict::NotApplicable, ..) | (_, Some(_), _) => "skip",
        (Verdict::Undetermined { .. }, None, _) => "error",
        (Verdict::NotMet { .. }, None, Enforcement::Deny) => "fail",
        (Verdict::NotMet { .. }, None, Enforcement::Warn | Enforcement::Observe) => "warn",
    }
}

/// What is told of a judgement; nothing of what is met or does not apply.
fn outcome(
    judgement: &Judgement,
    criterion: &Criterion,
    environment: &Environment,
    at: Timestamp,
    phrases: &Phrases,
) -> Option<(Severity, Outcome)> {
    let found: Vec<&Finding> = judgement.verdict.findings().iter().chain(judgement.verdict.unknown()).collect();
    let first = found.first()?;
    let id = &judgement.resource;
    let body = environment.resources.get(id).and_then(|all| all.first()).map(|one| &one.body);
    let version = body.and_then(|body| body.get("apiVersion")).and_then(|version| version.as_text());
    let words = clean(&sentence(Some(criterion), first, phrases, Language::English)).into_owned();
    let mut message: String = words.chars().take(MESSAGE_CHARACTERS_MAX).collect();
    if found.len() > 1 {
        message.push_str(&format!("; {}", phrases.count("more-findings", found.len() - 1)));
    }
    let mut properties = BTreeMap::from([
        ("enforcement".to_owned(), judgement.enforcement.name().to_owned()),
        ("verdict".to_owned(), judgement.verdict.name().to_owned()),
        ("path".to_owned(), clean(&shown(&first.path)).into_owned()),
    ]);
    properties.extend(judgement.waiver.as_ref().map(|waiver| ("waiver".to_owned(), clean(&waiver.0).into_owned())));
    let outcome = Outcome {
        policy: criterion.id.0.to_string(),
        rule: first.reason.clone(),
        category: criterion.domain.to_string(),
        severity: criterion.severity.name().to_owned(),
        result: status(judgement).to_owned(),
        scored: judgement.enforcement == Enforcement::Deny,
        timestamp: Moment { seconds: at.0, nanos: 0 },
        resources: vec![Reference {
            api_version: version.unwrap_or_default().to_owned(),
            kind: id.kind.rsplit('/').next().unwrap_or_default().to_owned(),
            namespace: id.namespace.to_string(),
            name: id.name.to_string(),
        }],
        message,
        properties,
    };
    Some((criterion.severity, outcome))
}
