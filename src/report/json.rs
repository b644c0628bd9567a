//! The JSON output, version 1: frozen; keys may be added, never renamed or removed.
//! Start at [`render`]. Inner nouns are not wire formats: every shape here is its own type.
mod evidence;

use super::{
    Language, Page,
    clean::clean_json,
    fingerprint::Fingerprints,
    place::{Row, rows},
    sentence::sentence,
    words::Phrases,
};
use crate::model::{
    Assessment, Finding, Judgement, NotLookedAt, Problem, ResourceId, Severity, Step, Tally, Timestamp, Value, Verdict,
    WaiverStanding, WaiverState,
};
use evidence::EvidenceV1;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Number, Value as Json};
use std::collections::BTreeMap;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// All judgements of one run of speguard.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Output of `speguard scan --format json`, version 1", rename = "Output")]
struct OutputV1<'a> {
    #[schemars(range(min = 1, max = 1))]
    version: u8,
    /// The program and the programs it called, by name: their versions. `name` and `version` are speguard's own.
    tool: BTreeMap<&'a str, &'a str>,
    /// Digest of the criteria and rules.
    bundle: String,
    /// Digest of everything that was read.
    environment: String,
    /// Digest of criteria, enforcement and parameters.
    profile: String,
    profile_name: &'a str,
    /// When it was judged, RFC 3339, UTC.
    at: String,
    /// The exit code: 0 all met, 1 not met, 3 not established.
    exit: u8,
    /// The severity given with `--fail-on`.
    fail_on: Option<&'static str>,
    /// Judgements that `--fail-on` set aside.
    set_aside: usize,
    /// Whether the run became evidence; null where no log was asked for.
    evidence: Option<EvidenceV1<'a>>,
    /// Whether there is a spe.yaml.
    described: bool,
    summary: SummaryV1,
    /// What is not met or undetermined; with `--all` every judgement.
    judgements: Vec<JudgementV1<'a>>,
    not_looked_at: Vec<NotLookedAtV1<'a>>,
    /// Waivers that have no effect.
    waivers: Vec<WaiverV1<'a>>,
    problems: Vec<ProblemV1<'a>>,
    /// Namespaces that criteria for projects left out.
    exempt_namespaces: Vec<&'a str>,
    /// Kinds that were read and that no criterion judges.
    kinds_not_judged: Vec<&'a str>,
    /// Kubernetes kinds that a live scan does not look at: that none was read says nothing.
    kinds_unseen: Vec<&'a str>,
}

/// Each judgement counted once, by its standing, and what was not judged.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Summary")]
struct SummaryV1 {
    met: usize,
    not_met: usize,
    undetermined: usize,
    waived: usize,
    warned: usize,
    observed: usize,
    not_applicable: usize,
    not_looked_at: usize,
    unread: usize,
}

/// One criterion's verdict on one resource, and what profile and waivers make of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Judgement")]
struct JudgementV1<'a> {
    criterion: &'a str,
    domain: &'a str,
    /// `minimum` or `recommended`.
    level: &'static str,
    /// `low`, `medium`, `high` or `critical`.
    severity: &'static str,
    platform: &'static str,
    /// `met`, `not_met`, `not_applicable` or `undetermined`: never rewritten.
    verdict: &'static str,
    /// `deny`, `warn` or `observe`.
    enforcement: &'static str,
    /// What it comes to: the key of `summary` that counts it.
    standing: &'static str,
    /// The waiver that covers it.
    waiver: Option<&'a str>,
    /// The statement that the verdict is taken from.
    attestation: Option<&'a str>,
    resource: ResourceV1<'a>,
    origin: OriginV1<'a>,
    /// Why it is not met.
    findings: Vec<FindingV1<'a>>,
    /// What could not be told.
    unknown: Vec<FindingV1<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Resource")]
struct ResourceV1<'a> {
    platform: &'static str,
    root: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    address: String,
}

/// A place in a file; line 0 = the file as a whole.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Origin")]
struct OriginV1<'a> {
    file: &'a str,
    line: u32,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct FindingV1<'a> {
    reason: &'a str,
    /// The reason's words filled with the facts, in English.
    message: String,
    facts: BTreeMap<&'a str, Json>,
    /// The address of the resource that `path` is in.
    at: String,
    /// Keys and indexes of lists.
    path: Vec<StepV1<'a>>,
    file: &'a str,
    line: u32,
    /// The same for the same finding in every run: 64 hexadecimal digits, a colon, an ordinal.
    fingerprint: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Step")]
enum StepV1<'a> {
    Key(&'a str),
    Index(usize),
}

/// A criterion that nothing was asked of.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NotLookedAt")]
struct NotLookedAtV1<'a> {
    criterion: &'a str,
    /// `null` = the criterion has no block for any platform.
    platform: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Waiver")]
struct WaiverV1<'a> {
    id: &'a str,
    /// `expired` or `unmatched`.
    state: &'static str,
}

/// Something that could not be read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
struct ProblemV1<'a> {
    file: &'a str,
    line: u32,
    cause: &'a str,
}

/// The page as JSON of version 1, on one line and with a line end. The same page gives the same bytes.
#[must_use]
pub(super) fn render(page: &Page<'_>) -> String {
    let mut json = serde_json::to_string(&output(page)).unwrap_or_else(|error| {
        // Every shape above is a map with text keys, which serde_json always writes.
        debug_assert!(false, "{error}");
        String::new()
    });
    json.push('\n');
    clean_json(&json)
}

/// The JSON Schema (draft 2020-12) of what [`super::render`] gives for [`super::Format::Json`].
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<OutputV1<'_>>()
}

fn output<'a>(page: &Page<'a>) -> OutputV1<'a> {
    let assessment = page.assessment;
    let mut tool: BTreeMap<&str, &str> = page.tools.iter().map(|(name, at)| (name.as_str(), at.as_str())).collect();
    tool.insert("name", env!("CARGO_PKG_NAME"));
    tool.insert("version", env!("CARGO_PKG_VERSION"));
    OutputV1 {
        version: 1,
        tool,
        bundle: assessment.bundle.to_string(),
        environment: assessment.environment.to_string(),
        profile: assessment.profile.to_string(),
        profile_name: page.profile,
        at: rfc3339(assessment.at),
        exit: page.exit,
        fail_on: page.fail_on.map(Severity::name),
        set_aside: page.set_aside,
        evidence: page.recording.map(Into::into),
        described: page.environment.description.stated,
        summary: assessment.tally().into(),
        judgements: judgements(page),
        not_looked_at: assessment.not_looked_at.iter().map(Into::into).collect(),
        waivers: assessment.waivers.iter().map(Into::into).collect(),
        problems: assessment.problems.iter().map(Into::into).collect(),
        exempt_namespaces: assessment.exempt_namespaces.iter().map(AsRef::as_ref).collect(),
        kinds_not_judged: assessment.kinds_not_judged.iter().map(AsRef::as_ref).collect(),
        kinds_unseen: page.environment.unseen.keys().map(AsRef::as_ref).collect(),
    }
}

/// A time as RFC 3339 writes it, UTC; the seconds as they are where the year has more than four digits.
pub(super) fn rfc3339(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp(at.0)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| at.0.to_string())
}

fn judgements<'a>(page: &Page<'a>) -> Vec<JudgementV1<'a>> {
    let phrases = Phrases::new(Language::English);
    let mut fingerprints = Fingerprints::default();
    rows(page)
        .iter()
        .filter(|row| {
            page.all || matches!(row.judgement.verdict, Verdict::NotMet { .. } | Verdict::Undetermined { .. })
        })
        .map(|row| judgement(row, page, &phrases, &mut fingerprints))
        .collect()
}

fn judgement<'a>(
    row: &Row<'a>,
    page: &Page<'a>,
    phrases: &Phrases,
    fingerprints: &mut Fingerprints,
) -> JudgementV1<'a> {
    let Judgement { criterion, platform, resource, verdict, enforcement, waiver, attestation } = row.judgement;
    let origin = row.origin();
    let mut written = |findings: &'a [Finding]| {
        findings.iter().map(|found| finding(row, found, page, phrases, fingerprints)).collect::<Vec<_>>()
    };
    JudgementV1 {
        criterion: &criterion.0,
        domain: row.criterion.map_or("", |criterion| &criterion.domain),
        level: row.criterion.map_or("", |criterion| criterion.level.name()),
        severity: row.criterion.map_or("", |criterion| criterion.severity.name()),
        platform: platform.name(),
        verdict: verdict.name(),
        enforcement: enforcement.name(),
        standing: row.judgement.standing().name(),
        waiver: waiver.as_ref().map(|waiver| waiver.0.as_str()),
        attestation: attestation.as_ref().map(|attestation| attestation.0.as_str()),
        resource: resource.into(),
        origin: OriginV1 { file: origin.file, line: origin.mark.line },
        findings: written(verdict.findings()),
        unknown: written(verdict.unknown()),
    }
}

fn finding<'a>(
    row: &Row<'a>,
    finding: &'a Finding,
    page: &Page<'a>,
    phrases: &Phrases,
    fingerprints: &mut Fingerprints,
) -> FindingV1<'a> {
    let place = row.place(finding, page.environment);
    FindingV1 {
        reason: &finding.reason,
        message: sentence(row.criterion, finding, phrases, Language::English),
        facts: finding.facts.iter().map(|(name, value)| (name.as_str(), json(value))).collect(),
        at: row.at(finding).address(),
        path: finding.path.iter().map(Into::into).collect(),
        file: place.file,
        line: place.mark.line,
        fingerprint: fingerprints.of(row, finding, page.environment),
    }
}

/// A value as rules see it: an unknown is `{"$unknown": why, "$refers": […]}`.
pub(super) fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(bool) => Json::Bool(*bool),
        Value::Number(crate::model::Number::Int(int)) => Json::from(*int),
        // NaN and the infinities are no JSON.
        Value::Number(crate::model::Number::Float(float)) => Number::from_f64(*float).map_or(Json::Null, Json::Number),
        Value::Text(text) => Json::from(text.as_ref()),
        Value::List(items) => items.iter().map(|item| json(&item.value)).collect(),
        Value::Map(map) => map.iter().map(|entry| (entry.key.to_string(), json(&entry.value))).collect(),
        Value::Unknown(unknown) => {
            let mut map = serde_json::Map::new();
            map.insert("$unknown".to_owned(), Json::from(unknown.why.as_str()));
            if !unknown.refers.is_empty() {
                map.insert("$refers".to_owned(), unknown.refers.iter().map(String::as_str).collect());
            }
            if unknown.any {
                map.insert("$any".to_owned(), Json::Bool(true));
            }
            Json::Object(map)
        }
    }
}

/// The summary as JSON, for formats that carry it along.
pub(super) fn tally(assessment: &Assessment) -> Json {
    serde_json::to_value(SummaryV1::from(assessment.tally())).unwrap_or_default()
}

impl From<Tally> for SummaryV1 {
    fn from(tally: Tally) -> Self {
        let Tally { met, not_met, undetermined, waived, warned, observed, not_applicable, not_looked_at, unread } =
            tally;
        Self { met, not_met, undetermined, waived, warned, observed, not_applicable, not_looked_at, unread }
    }
}

impl<'a> From<&'a ResourceId> for ResourceV1<'a> {
    fn from(id: &'a ResourceId) -> Self {
        let ResourceId { platform, root, kind, namespace, name } = id;
        Self { platform: platform.name(), root, kind, namespace, name, address: id.address() }
    }
}

impl<'a> From<&'a Step> for StepV1<'a> {
    fn from(step: &'a Step) -> Self {
        match step {
            Step::Key(key) => Self::Key(key),
            Step::Index(index) => Self::Index(*index),
        }
    }
}

impl<'a> From<&'a NotLookedAt> for NotLookedAtV1<'a> {
    fn from(entry: &'a NotLookedAt) -> Self {
        Self { criterion: &entry.criterion.0, platform: entry.platform.map(crate::model::Platform::name) }
    }
}

impl<'a> From<&'a WaiverStanding> for WaiverV1<'a> {
    fn from(waiver: &'a WaiverStanding) -> Self {
        Self { id: &waiver.id.0, state: state(waiver.state) }
    }
}

/// The name of a waiver's state.
pub(super) const fn state(state: WaiverState) -> &'static str {
    match state {
        WaiverState::Expired => "expired",
        WaiverState::Unmatched => "unmatched",
    }
}

impl<'a> From<&'a Problem> for ProblemV1<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self { file: problem.origin.path(), line: problem.origin.mark().line, cause: &problem.cause }
    }
}
