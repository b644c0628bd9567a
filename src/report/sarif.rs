//! SARIF 2.1.0 (OASIS Standard, errata 01) for code scanning. Start at [`render`]; "section" is the standard's.
use super::{
    Language, Page,
    clean::{clean, clean_json},
    fingerprint::Fingerprints,
    json::{json, rfc3339, tally},
    place::{Place, Row, rows},
    sentence::sentence,
    text::{exit_words, waived},
    words::Phrases,
};
use crate::model::{Criterion, CriterionId, Finding, Problem, Recording, Severity, Standing, Verdict};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

pub(super) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Names the way fingerprints are made; a change of the way is a new name (section 3.27.17).
const FINGERPRINT: &str = "speguard/v1";

/// What stands for the repository's root, which only the reader knows (section 3.4.4).
pub(super) const ROOT: &str = "%SRCROOT%";

/// The descriptor of notifications about what was not read.
const UNREAD: &str = "unread";

/// The page as SARIF. Words are English, as in every format for programs.
///
/// A breach is a result of kind `fail`; what could not be told is `open` with level `none`, as section 3.27.9 and
/// 3.27.10 say; with `all`, what is met is `pass` and what does not apply `notApplicable`. What was not read is a
/// notification of level `error`, and the run then was not successful.
#[must_use]
pub(super) fn render(page: &Page<'_>) -> String {
    let phrases = Phrases::new(Language::English);
    let rules = rules(page);
    let index: BTreeMap<&CriterionId, usize> =
        rules.iter().enumerate().map(|(nth, criterion)| (&criterion.id, nth)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": env!("CARGO_PKG_NAME"),
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules.iter().map(|criterion| rule(criterion)).collect::<Vec<_>>(),
                    "notifications": [{
                        "id": UNREAD,
                        "shortDescription": {"text": "Something that may matter was not read."},
                        "defaultConfiguration": {"level": "error"},
                    }],
                },
                "extensions": page.tools.iter().filter(|(name, _)| !["name", "version"].contains(&name.as_str()))
                    .map(|(name, version)| json!({"name": name, "version": version})).collect::<Vec<_>>(),
            },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository that was scanned."}}},
            "invocations": [invocation(page, &phrases)],
            "results": results(page, &phrases, &index),
            "properties": properties(page),
        }],
    });
    let mut text = log.to_string();
    text.push('\n');
    clean_json(&text)
}

/// The criteria that judged something, in order of id.
fn rules<'a>(page: &Page<'a>) -> Vec<&'a Criterion> {
    let judged: BTreeMap<&CriterionId, ()> =
        page.assessment.judgements.iter().map(|judgement| (&judgement.criterion, ())).collect();
    let mut rules: Vec<&Criterion> =
        page.criteria.iter().filter(|criterion| judged.contains_key(&criterion.id)).collect();
    rules.sort_by(|one, other| one.id.cmp(&other.id));
    rules
}

pub(super) fn rule(criterion: &Criterion) -> Json {
    json!({
        "id": criterion.id.0.as_ref(),
        "name": criterion.name.as_ref(),
        "shortDescription": {"text": literal(&criterion.title.en)},
        "fullDescription": {"text": literal(&criterion.requirement.en)},
        "help": {"text": literal(&help(criterion, "")), "markdown": literal(&help(criterion, "**"))},
        "defaultConfiguration": {"level": level(criterion.severity, Standing::NotMet)},
        "properties": {
            "tags": ["security", criterion.domain.as_ref(), criterion.level.name()],
            "precision": "very-high",
            "security-severity": security_severity(criterion.severity),
            "severity": criterion.severity.name(),
            "verification": criterion.verification.name(),
        },
    })
}

/// Why, what is required, what to do and where it comes from; `mark` stands around each label.
fn help(criterion: &Criterion, mark: &str) -> String {
    let mut parts = vec![
        format!("{mark}Why:{mark} {}", criterion.why.en),
        format!("{mark}Requirement:{mark} {}", criterion.requirement.en),
    ];
    for (platform, rule) in &criterion.platforms {
        if let Some(remedy) = &rule.remedy {
            parts.push(format!("{mark}Remedy, {platform}:{mark} {}", remedy.en));
        }
    }
    let bullet = |source: &crate::model::Source| {
        let note = source.note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
        format!("- {} ({}){note}", source.reference, source.status)
    };
    let sources: Vec<String> = criterion.sources.iter().map(bullet).collect();
    parts.push(format!("{mark}Sources:{mark}\n\n{}", sources.join("\n")));
    parts.join("\n\n")
}

/// How GitHub ranks a rule: above 9.0 critical, from 7.0 high, from 4.0 medium, below low
/// (GitHub Docs, "SARIF support for code scanning", property `security-severity`).
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "3.0",
    }
}

/// How loud a breach is: by severity, and never louder than its standing.
pub(super) const fn level(severity: Severity, standing: Standing) -> &'static str {
    match (standing, severity) {
        (Standing::Observed, _) | (_, Severity::Low) => "note",
        (Standing::Warned, _) | (_, Severity::Medium) => "warning",
        (
            Standing::Met | Standing::NotApplicable | Standing::NotMet | Standing::Undetermined | Standing::Waived,
            Severity::High | Severity::Critical,
        ) => "error",
    }
}

/// Section 3.20: what the run came to, with everything that was not read.
fn invocation(page: &Page<'_>, phrases: &Phrases) -> Json {
    let notifications: Vec<Json> = page.assessment.problems.iter().map(notification).collect();
    json!({
        "executionSuccessful": notifications.is_empty() && page.recording.is_none_or(Recording::is_recorded),
        "exitCode": page.exit,
        "exitCodeDescription": exit_words(page, phrases, "outcome"),
        "toolExecutionNotifications": notifications,
    })
}

fn notification(problem: &Problem) -> Json {
    let place = Place { file: problem.origin.path(), mark: problem.origin.mark() };
    json!({
        "descriptor": {"id": UNREAD, "index": 0},
        "level": "error",
        "message": {"text": literal(&problem.cause)},
        "locations": [{"physicalLocation": physical(place)}],
    })
}

fn properties(page: &Page<'_>) -> Json {
    let assessment = page.assessment;
    json!({
        "at": rfc3339(assessment.at),
        "profileName": page.profile,
        "bundle": assessment.bundle.to_string(),
        "environment": assessment.environment.to_string(),
        "profile": assessment.profile.to_string(),
        "summary": tally(assessment),
        "notLookedAt": assessment.not_looked_at.iter().map(|entry| {
            json!({"criterion": entry.criterion.0.as_ref(), "platform": entry.platform.map(crate::model::Platform::name)})
        }).collect::<Vec<_>>(),
    })
}

fn results(page: &Page<'_>, phrases: &Phrases, index: &BTreeMap<&CriterionId, usize>) -> Vec<Json> {
    let mut fingerprints = Fingerprints::default();
    let mut results = Vec::new();
    for row in rows(page) {
        let base = base(&row, page, phrases, index);
        for finding in row.judgement.verdict.findings() {
            let severity = row.criterion.map_or(Severity::Critical, |criterion| criterion.severity);
            let kind = ("fail", level(severity, row.judgement.standing()));
            let fingerprint = fingerprints.of(&row, finding, page.environment);
            results.push(result(base.clone(), kind, &row, finding, page, phrases, &fingerprint));
        }
        for finding in row.judgement.verdict.unknown() {
            let fingerprint = fingerprints.of(&row, finding, page.environment);
            results.push(result(base.clone(), ("open", "none"), &row, finding, page, phrases, &fingerprint));
        }
        let kind = match row.judgement.verdict {
            Verdict::Met if page.all => "pass",
            Verdict::NotApplicable if page.all => "notApplicable",
            Verdict::Met | Verdict::NotApplicable | Verdict::NotMet { .. } | Verdict::Undetermined { .. } => continue,
        };
        results.push(passed(base, kind, &row, phrases));
    }
    results
}

/// What every result of a judgement has.
fn base(row: &Row<'_>, page: &Page<'_>, phrases: &Phrases, index: &BTreeMap<&CriterionId, usize>) -> Map<String, Json> {
    let judgement = row.judgement;
    let mut base = Map::new();
    base.insert("ruleId".to_owned(), judgement.criterion.0.as_ref().into());
    if let Some(index) = index.get(&judgement.criterion) {
        base.insert("ruleIndex".to_owned(), (*index).into());
    }
    // An empty list says that the result is not suppressed; no list says that nobody knows (section 3.27.23).
    let suppressions: Vec<Json> = judgement
        .waiver
        .iter()
        .map(|id| {
            let waiver = page.waivers.iter().find(|waiver| waiver.id == *id);
            json!({"kind": "external", "status": "accepted", "justification": waived(phrases, &id.0, waiver)})
        })
        .collect();
    base.insert("suppressions".to_owned(), suppressions.into());
    base.insert(
        "properties".to_owned(),
        json!({
            "verdict": judgement.verdict.name(),
            "standing": judgement.standing().name(),
            "enforcement": judgement.enforcement.name(),
            "platform": judgement.platform.name(),
            "resource": judgement.resource.full(),
        }),
    );
    base
}

fn result(
    mut base: Map<String, Json>,
    (kind, level): (&str, &str),
    row: &Row<'_>,
    finding: &Finding,
    page: &Page<'_>,
    phrases: &Phrases,
    fingerprint: &str,
) -> Json {
    let address = row.judgement.resource.full();
    let said = sentence(row.criterion, finding, phrases, Language::English);
    let unknown = if kind == "open" { "undetermined: " } else { "" };
    let at = row.at(finding);
    base.insert("kind".to_owned(), kind.into());
    base.insert("level".to_owned(), level.into());
    base.insert("message".to_owned(), json!({"text": literal(&format!("{address}: {unknown}{said}"))}));
    base.insert("locations".to_owned(), json!([location(row.place(finding, page.environment), &at.full())]));
    if *at != row.judgement.resource {
        let mut related = location(row.origin(), &address);
        related["message"] = json!({"text": "the resource that was judged"});
        related["id"] = 1.into();
        base.insert("relatedLocations".to_owned(), json!([related]));
    }
    base.insert("partialFingerprints".to_owned(), json!({FINGERPRINT: fingerprint}));
    if let Some(properties) = base.get_mut("properties").and_then(Json::as_object_mut) {
        let facts: Map<String, Json> = finding.facts.iter().map(|(name, fact)| (name.clone(), json(fact))).collect();
        properties.insert("reason".to_owned(), finding.reason.as_str().into());
        properties.insert("facts".to_owned(), facts.into());
    }
    base.into()
}

fn passed(mut base: Map<String, Json>, kind: &str, row: &Row<'_>, phrases: &Phrases) -> Json {
    let address = row.judgement.resource.full();
    let verdict = phrases.say(&format!("verdict-{}", row.judgement.verdict.name()));
    base.insert("kind".to_owned(), kind.into());
    base.insert("level".to_owned(), "none".into());
    base.insert("message".to_owned(), json!({"text": literal(&format!("{address}: {verdict}"))}));
    base.insert("locations".to_owned(), json!([location(row.origin(), &address)]));
    base.into()
}

fn location(place: Place<'_>, address: &str) -> Json {
    json!({
        "physicalLocation": physical(place),
        "logicalLocations": [{"fullyQualifiedName": clean(address), "kind": "resource"}],
    })
}

fn physical(place: Place<'_>) -> Json {
    let mut physical = json!({"artifactLocation": {"uri": uri(place.file), "uriBaseId": ROOT}});
    match (place.mark.line, place.mark.column) {
        (0, _) => {}
        (line, 0) => physical["region"] = json!({"startLine": line}),
        (line, column) => physical["region"] = json!({"startLine": line, "startColumn": column}),
    }
    physical
}

/// A path as a relative reference: RFC 3986, section 3.3, everything but unreserved characters and `/` encoded.
/// (A colon in the first segment would read as a scheme, section 4.2.)
pub(super) fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// A text that is shown as it is: braces doubled, since single ones are places (section 3.11.5), and no `](`, which
/// would make a link of a name (section 3.11.6). Line ends stay, other acting characters are written out.
pub(super) fn literal(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(clean).collect();
    lines.join("\n").replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_references() {
        assert_eq!(uri("a b/ø#?%:.yaml"), "a%20b/%C3%B8%23%3F%25%3A.yaml");
        assert_eq!(uri("terraform/main.tf"), "terraform/main.tf");
    }

    #[test]
    fn names_are_neither_places_nor_links() {
        assert_eq!(literal("a{0} [x](http://y)\u{1b}"), "a{{0}} [x] (http://y)\\u{{1b}}");
    }
}
