//! SARIF 2.1.0 of the last run of a period, with what changed since an earlier one (specification of the evidence log,
//! section 15.2). Words are English, as in every format for programs. Start at [`render`]; "section" below is of the
//! SARIF standard.
use super::super::{
    clean::{clean, clean_json},
    sarif::{ROOT, SCHEMA, level, literal, rule, uri},
};
use super::{Edition, figures::rfc3339};
use crate::model::{Criterion, Effect, RunLine, Severity, Standing, VerdictName};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};
use std::{cmp::Reverse, collections::BTreeMap};

/// Code scanning reads no more results of one run (unverified; GitHub Docs, "SARIF support for code scanning").
const RESULTS_MAX: usize = 25_000;

/// Names the way fingerprints are made; a change of the way is a new name (section 3.27.17).
const FINGERPRINT: &str = "speguard/evidence/v1";

/// One row of a result set, as read from its blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRow {
    /// Criterion, platform, kind and resource name a row, and are unique in a run.
    pub criterion: String,
    pub platform: String,
    pub kind: String,
    pub resource: String,
    pub verdict: VerdictName,
    pub effect: Effect,
    pub severity: Severity,
    /// What the waiver says for itself, where one applies.
    pub waiver: Option<String>,
    /// Why, one clause per finding, English; empty = the findings were erased or not asked for.
    pub said: Vec<String>,
    /// File, relative to what was scanned, and line; line 0 = the file as a whole, `None` = not from a file.
    pub place: Option<(String, u32)>,
}

/// The run that is exported.
#[derive(Clone, Copy, Debug)]
pub struct LastRun<'a> {
    pub run: &'a RunLine,
    pub rows: &'a [ResultRow],
    /// Rows of the run to compare with; `None` = no result says whether it is new.
    pub before: Option<&'a [ResultRow]>,
}

/// What names a row.
type Key<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The last run of the period as SARIF: a result for every row that is not met or undetermined, and with a run to
/// compare with also, as absent, for those that no longer are. Above the limit of results the least severe are left
/// out, and the properties say how many.
#[must_use]
pub fn render(edition: &Edition<'_>, last: &LastRun<'_>) -> String {
    let results = results(last);
    let left_out = results.len().saturating_sub(RESULTS_MAX);
    let kept = results.get(..results.len() - left_out).unwrap_or_default();
    let rules = rules(edition, kept);
    let index: BTreeMap<&str, usize> =
        rules.iter().enumerate().map(|(nth, criterion)| (criterion.id.0.as_ref(), nth)).collect();
    let run = last.run;
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|criterion| rule(criterion)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("speguard/{}/{}", run.scope, run.id)},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository that was scanned."}}},
            "invocations": [{
                "executionSuccessful": run.problems == 0,
                "exitCode": run.exit,
                "startTimeUtc": rfc3339(run.started),
                "endTimeUtc": rfc3339(run.ended),
            }],
            "results": kept.iter().map(|(row, baseline)| result(row, *baseline, &index)).collect::<Vec<_>>(),
            "properties": properties(edition, last, left_out),
        }],
    });
    let mut text = log.to_string();
    text.push('\n');
    clean_json(&text)
}

/// Results with their place against the run before, the most severe first, then by what names them.
fn results<'a>(last: &LastRun<'a>) -> Vec<(&'a ResultRow, Option<&'static str>)> {
    let keyed = |rows: &'a [ResultRow]| -> BTreeMap<Key<'a>, &'a ResultRow> {
        rows.iter().filter(|row| row.falls_short()).map(|row| (row.key(), row)).collect()
    };
    let now = keyed(last.rows);
    let before = last.before.map(keyed);
    let baseline = |row: &ResultRow| {
        let before = before.as_ref()?;
        Some(match before.get(&row.key()) {
            None => "new",
            Some(earlier) if *earlier == row => "unchanged",
            Some(_) => "updated",
        })
    };
    let mut results: Vec<_> = now.values().map(|row| (*row, baseline(row))).collect();
    let gone = before.iter().flatten().filter(|(key, _)| !now.contains_key(*key));
    results.extend(gone.map(|(_, row)| (*row, Some("absent"))));
    results.sort_by_key(|(row, _)| (Reverse(row.severity), row.key()));
    results
}

fn rules<'a>(edition: &Edition<'a>, results: &[(&ResultRow, Option<&str>)]) -> Vec<&'a Criterion> {
    let named: BTreeMap<&str, ()> = results.iter().map(|(row, _)| (row.criterion.as_str(), ())).collect();
    let mut rules: Vec<&Criterion> =
        edition.criteria.iter().filter(|criterion| named.contains_key(criterion.id.0.as_ref())).collect();
    rules.sort_by(|one, other| one.id.cmp(&other.id));
    rules
}

fn result(row: &ResultRow, baseline: Option<&str>, index: &BTreeMap<&str, usize>) -> Json {
    let (kind, level) = match row.verdict {
        VerdictName::NotMet => ("fail", level(row.severity, row.standing())),
        VerdictName::Undetermined | VerdictName::Met | VerdictName::NotApplicable => ("open", "none"),
    };
    let said = match (row.said.is_empty(), row.verdict) {
        (false, _) => row.said.join("; "),
        (true, VerdictName::NotMet) => "not met".to_owned(),
        (true, VerdictName::Undetermined | VerdictName::Met | VerdictName::NotApplicable) => "undetermined".to_owned(),
    };
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), row.criterion.as_str().into());
    if let Some(index) = index.get(row.criterion.as_str()) {
        result.insert("ruleIndex".to_owned(), (*index).into());
    }
    result.insert("kind".to_owned(), kind.into());
    result.insert("level".to_owned(), level.into());
    result.insert("message".to_owned(), json!({"text": literal(&format!("{}: {said}", row.resource))}));
    result.insert("locations".to_owned(), json!([location(row)]));
    result.insert("partialFingerprints".to_owned(), json!({FINGERPRINT: fingerprint(row)}));
    // An empty list says that the result is not suppressed; no list says that nobody knows (section 3.27.23).
    let waived = row.effect == Effect::Waived;
    let justification = row.waiver.as_deref().unwrap_or("waived");
    let suppression = json!({"kind": "external", "status": "accepted", "justification": literal(justification)});
    result.insert("suppressions".to_owned(), if waived { json!([suppression]) } else { json!([]) });
    if let Some(baseline) = baseline {
        result.insert("baselineState".to_owned(), baseline.into());
    }
    let properties = json!({
        "verdict": row.verdict.name(),
        "effect": row.effect.name(),
        "severity": row.severity.name(),
        "platform": row.platform,
        "kind": row.kind,
        "resource": row.resource,
    });
    result.insert("properties".to_owned(), properties);
    result.into()
}

fn location(row: &ResultRow) -> Json {
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": clean(&row.resource), "kind": "resource"}]});
    if let Some((file, line)) = &row.place {
        let mut physical = json!({"artifactLocation": {"uri": uri(file), "uriBaseId": ROOT}});
        if *line > 0 {
            physical["region"] = json!({"startLine": line});
        }
        location["physicalLocation"] = physical;
    }
    location
}

/// SHA-256 over the JSON array of what names the row, 64 hexadecimal digits: the same row tomorrow has the same one.
fn fingerprint(row: &ResultRow) -> String {
    let digest = Sha256::digest(json!([row.criterion, row.platform, row.kind, row.resource]).to_string());
    crate::model::Digest(digest.into()).hex()
}

fn properties(edition: &Edition<'_>, last: &LastRun<'_>, left_out: usize) -> Json {
    let (header, history, run) = (edition.header, edition.history, last.run);
    json!({
        "run": run.id,
        "scope": run.scope,
        "observed": rfc3339(run.observed),
        "log": {"origin": header.origin, "size": header.size, "root": header.root, "time": rfc3339(header.log_time)},
        "period": {"from": rfc3339(history.period.from), "to": rfc3339(history.period.to)},
        "asOf": rfc3339(history.as_of),
        "bundle": header.bundle,
        "profile": header.profile,
        "plan": header.plan,
        "counts": {
            "entries": header.entries,
            "runs": history.runs.len(),
            "rows": last.rows.len(),
            "met": run.met,
            "notMet": run.not_met,
            "undetermined": run.undetermined,
            "notApplicable": run.not_applicable,
            "waived": run.waived,
            "unread": run.problems,
        },
        "leftOut": left_out,
        "filters": header.filters,
        "notChecked": header.not_checked,
    })
}

impl ResultRow {
    fn key(&self) -> Key<'_> {
        (&self.criterion, &self.platform, &self.kind, &self.resource)
    }

    const fn falls_short(&self) -> bool {
        matches!(self.verdict, VerdictName::NotMet | VerdictName::Undetermined)
    }

    const fn standing(&self) -> Standing {
        match self.effect {
            Effect::Counted => Standing::NotMet,
            Effect::Waived => Standing::Waived,
            Effect::Warned => Standing::Warned,
            Effect::Observed => Standing::Observed,
        }
    }
}
