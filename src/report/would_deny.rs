//! What admission would refuse of what a cluster holds (`speguard scan --cluster --would-deny`): text for people, by
//! namespace and workload; JSON for programs.
use super::{
    Language,
    admission::{FINDINGS_SHOWN, Ground, said, with},
    clean::{clean, clean_json},
    json::{json, rfc3339},
    pen::{BOLD, DIM, GREEN, Pen, RED, YELLOW},
    sentence::sentence,
    words::Phrases,
};
use crate::model::{CriterionId, Problem, ResourceId, Step, Timestamp};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Objects of one workload that a line names; the rest is counted.
const OBJECTS_SHOWN: usize = 3;

/// What is rendered.
#[derive(Debug)]
pub struct WouldDenyPage<'a> {
    /// In the order of namespace and workload.
    pub refused: Vec<Refused<'a>>,
    pub counts: Counts,
    /// What could not be read.
    pub problems: &'a [Problem],
    pub profile: &'a str,
    pub at: Timestamp,
    pub exit: u8,
    pub language: Language,
    pub colour: bool,
}

/// One creation that would be refused.
#[derive(Debug)]
pub struct Refused<'a> {
    /// The workload, or the object itself.
    pub group: &'a ResourceId,
    pub object: &'a ResourceId,
    /// A Pod that the workload would make; its name is made up.
    pub is_made: bool,
    /// Why it could not be judged, where that refuses it.
    pub fault: Option<&'a str>,
    pub grounds: Vec<Ground<'a>>,
}

/// Every creation counted once: refused before not judged, before waived, before warned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Objects that are there, of kinds that the API server asks about.
    pub objects: usize,
    /// Templates that were judged as the Pods that they make.
    pub templates: usize,
    pub denied: usize,
    pub unknown: usize,
    pub waived: usize,
    pub warned: usize,
    pub clean: usize,
}

#[derive(Serialize)]
struct OutputV1<'a> {
    version: u8,
    at: String,
    profile: &'a str,
    exit: u8,
    summary: Counts,
    refused: Vec<RefusedV1<'a>>,
    problems: Vec<ProblemV1<'a>>,
}

#[derive(Serialize)]
struct RefusedV1<'a> {
    namespace: &'a str,
    workload: String,
    /// `null` for the Pods that the workload would make.
    object: Option<String>,
    fault: Option<&'a str>,
    criteria: Vec<CriterionV1<'a>>,
}

#[derive(Serialize)]
struct CriterionV1<'a> {
    criterion: &'a str,
    severity: &'static str,
    remedy: Option<&'a str>,
    /// What a waiver would name.
    waiver_resource: String,
    findings: Vec<FindingV1<'a>>,
}

#[derive(Serialize)]
struct FindingV1<'a> {
    reason: &'a str,
    message: String,
    facts: BTreeMap<&'a str, Json>,
    at: String,
    path: Vec<Json>,
}

#[derive(Serialize)]
struct ProblemV1<'a> {
    file: &'a str,
    cause: &'a str,
}

/// Version 1: `{version, at, profile, exit, summary, refused: [{namespace, workload, object, fault, criteria}], problems}`.
#[must_use]
pub fn would_deny_json(page: &WouldDenyPage<'_>) -> String {
    let refused =
        with(Language::English, |phrases| page.refused.iter().map(|refused| refused_json(refused, phrases)).collect());
    let problem = |problem: &'_ Problem| problem.origin.path().clone();
    let places: Vec<_> = page.problems.iter().map(|it| (problem(it), it.cause.as_str())).collect();
    let output = OutputV1 {
        version: 1,
        at: rfc3339(page.at),
        profile: page.profile,
        exit: page.exit,
        summary: page.counts,
        refused,
        problems: places.iter().map(|(file, cause)| ProblemV1 { file, cause }).collect(),
    };
    // Texts, numbers and lists only: nothing in it can fail to be written.
    clean_json(&serde_json::to_string_pretty(&output).unwrap_or_default()) + "\n"
}

fn refused_json<'a>(refused: &'a Refused<'a>, phrases: &Phrases) -> RefusedV1<'a> {
    let step = |step: &Step| match step {
        Step::Key(key) => Json::from(key.as_str()),
        Step::Index(index) => Json::from(*index),
    };
    let criterion = |ground: &'a Ground<'a>| CriterionV1 {
        criterion: &ground.criterion.id.0,
        severity: ground.criterion.severity.name(),
        remedy: remedy(ground, Language::English),
        waiver_resource: pattern(refused, ground),
        findings: ground
            .findings
            .iter()
            .map(|finding| FindingV1 {
                reason: &finding.reason,
                message: sentence(Some(ground.criterion), finding, phrases, Language::English),
                facts: finding.facts.iter().map(|(name, value)| (name.as_str(), json(value))).collect(),
                at: finding.at.as_ref().unwrap_or(ground.resource).address(),
                path: finding.path.iter().map(step).collect(),
            })
            .collect(),
    };
    RefusedV1 {
        namespace: space(refused.group),
        workload: refused.group.address(),
        object: (!refused.is_made).then(|| refused.object.address()),
        fault: refused.fault,
        criteria: refused.grounds.iter().map(criterion).collect(),
    }
}

fn remedy<'a>(ground: &Ground<'a>, language: Language) -> Option<&'a str> {
    let rule = ground.criterion.platforms.get(&ground.resource.platform)?;
    rule.remedy.as_ref().map(|remedy| language.of(remedy))
}

/// What a waiver names: Pods that are made have the name of their workload before their own.
fn pattern(refused: &Refused<'_>, ground: &Ground<'_>) -> String {
    match refused.is_made && ground.resource == refused.object {
        true => format!("Pod/{}/{}-*", refused.group.namespace, refused.group.name),
        false => ground.resource.full(),
    }
}

/// The namespace that something is told under; a Namespace stands under itself.
fn space(id: &ResourceId) -> &str {
    if id.kind.as_ref() == "Namespace" { &id.name } else { &id.namespace }
}

/// One paragraph per workload and criterion, what could not be read, and a count of all.
#[must_use]
pub fn would_deny_text(page: &WouldDenyPage<'_>) -> String {
    with(page.language, |phrases| {
        let mut pen = Pen::new(page.colour);
        let mut groups: BTreeMap<(&str, &ResourceId), Vec<&Refused<'_>>> = BTreeMap::new();
        for refused in &page.refused {
            groups.entry((space(refused.group), refused.group)).or_default().push(refused);
        }
        let mut last = None;
        for ((space, group), refused) in groups {
            if last.replace(space) != Some(space) && !space.is_empty() {
                pen.gap();
                let heading = pen.styled(BOLD, &clean(space));
                pen.line(&heading);
            }
            pen.gap();
            let name = pen.styled(RED, &clean(&format!("{} {}", group.kind, group.name)));
            pen.line(&format!("  {name}"));
            workload(&mut pen, page, phrases, &refused);
        }
        pen.gap();
        for problem in page.problems {
            let places = [("place", problem.origin.path().as_ref()), ("cause", problem.cause.as_str())];
            pen.styled_prose("", 2, &clean(&phrases.with("would-deny-unread", &places)), YELLOW);
        }
        total(&mut pen, page, phrases);
        pen.into_text()
    })
}

fn workload(pen: &mut Pen, page: &WouldDenyPage<'_>, phrases: &Phrases, refused: &[&Refused<'_>]) {
    for (object, fault) in refused.iter().filter_map(|one| Some((one.object, one.fault?))) {
        let words = phrases.with("would-deny-fault", &[("why", fault)]);
        pen.prose("    ", 6, &clean(&format!("{}: {words}", object.address())));
    }
    let mut by_criterion: BTreeMap<&CriterionId, Vec<(&Refused<'_>, &Ground<'_>)>> = BTreeMap::new();
    for one in refused {
        for ground in &one.grounds {
            by_criterion.entry(&ground.criterion.id).or_default().push((one, ground));
        }
    }
    for (id, grounds) in by_criterion {
        // What the Pods break holds what their template does.
        let Some((refused, ground)) = grounds.iter().max_by_key(|(one, _)| one.is_made) else { continue };
        let head = format!("{} {}", clean(&id.0), clean(page.language.of(&ground.criterion.title)));
        let head = pen.styled(BOLD, &head);
        pen.line(&format!("    {head}"));
        for finding in ground.findings.iter().take(FINDINGS_SHOWN) {
            pen.prose("      - ", 8, &said(ground, finding, phrases, page.language));
        }
        if let Some(more) = ground.findings.len().checked_sub(FINDINGS_SHOWN).filter(|more| *more > 0) {
            pen.line(&format!("      - {}", phrases.count("more-findings", more)));
        }
        let who = phrases.with("would-deny-refused", &[("who", &named(&grounds, phrases))]);
        pen.styled_prose("      ", 8, &clean(&who), DIM);
        if let Some(remedy) = remedy(ground, page.language) {
            pen.prose(&format!("      {}: ", phrases.say("label-remedy")), 8, &clean(remedy));
        }
        let places = [("id", id.0.as_ref()), ("resource", &pattern(refused, ground))];
        pen.prose("      ", 8, &clean(&phrases.with("admission-waiver", &places)));
    }
}

/// Whose creation is refused: the made Pods first, then what is there.
fn named(grounds: &[(&Refused<'_>, &Ground<'_>)], phrases: &Phrases) -> String {
    let mut names: Vec<String> = Vec::new();
    for (refused, _) in grounds.iter().rev() {
        names.push(if refused.is_made { phrases.say("would-deny-made") } else { refused.object.address() });
    }
    names.dedup();
    let more = names.len().saturating_sub(OBJECTS_SHOWN);
    names.truncate(OBJECTS_SHOWN);
    names.extend((more > 0).then(|| phrases.count("would-deny-further", more)));
    names.join(", ")
}

fn total(pen: &mut Pen, page: &WouldDenyPage<'_>, phrases: &Phrases) {
    pen.gap();
    let Counts { objects, templates, denied, unknown, waived, warned, clean } = page.counts;
    if page.refused.is_empty() {
        let (words, style) = match (objects, page.exit) {
            (0, _) => ("would-deny-nothing", YELLOW),
            (_, 0) => ("would-deny-none", GREEN),
            (_, _) => ("would-deny-none", YELLOW),
        };
        pen.styled_prose("", 0, &phrases.say(words), style);
    }
    let texts = [objects, templates, denied, unknown, waived, warned, clean].map(|count| count.to_string());
    let names = ["objects", "templates", "denied", "unknown", "waived", "warned", "clean"];
    let places: Vec<(&str, &str)> = names.into_iter().zip(texts.iter().map(String::as_str)).collect();
    pen.prose("", 0, &phrases.with("would-deny-total", &places));
}
