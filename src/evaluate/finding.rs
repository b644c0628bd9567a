//! What a rule said, checked into findings and a verdict.
use super::{criterion::places, engine::Said, rule::Rule, sight::Sight};
use crate::model::{Criterion, Finding, Map, Path, Problem, ResourceId, Step, Text, Value, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// The verdict of one rule about one resource. `applies` is asked only where both sets are empty.
///
/// A breach outweighs a gap, and both stay visible; what could not be run to the end, or does not have the form of a
/// finding, is a gap.
pub(super) fn verdict(
    rule: &Rule,
    subject: &ResourceId,
    sight: &Sight<'_>,
    said: Said,
    applies: impl FnOnce() -> Result<bool, String>,
) -> Verdict {
    let criterion = &rule.criterion;
    let mut gaps = Vec::new();
    let mut findings = |members: Result<Vec<Value>, String>| -> Vec<Finding> {
        let members = members.unwrap_or_else(|cause| {
            gaps.push(not_evaluated(&cause));
            Vec::new()
        });
        let mut findings = Vec::new();
        for member in members {
            match finding(criterion, subject, sight, &member) {
                Ok(finding) => findings.push(finding),
                Err(cause) => gaps.push(not_evaluated(&cause)),
            }
        }
        findings
    };
    let (uncertain, deny): (Vec<_>, Vec<_>) = findings(said.deny)
        .into_iter()
        .map(|breach| past_the_unread(rule, subject, sight, breach))
        .partition(|breach| breach.reason == Finding::MAY_BE_UNREAD);
    let mut undetermined = findings(said.undetermined);
    undetermined.extend(uncertain);
    undetermined.append(&mut gaps);
    // What was not found may be among objects of a kind that nobody may list.
    undetermined.extend(sight.not_listed(rule).map(|(kind, problem)| not_listed(kind, problem)));
    match (deny.is_empty(), undetermined.is_empty()) {
        (true, true) => match applies() {
            Ok(true) => Verdict::Met,
            Ok(false) => Verdict::NotApplicable,
            Err(cause) => Verdict::Undetermined { unknown: vec![not_evaluated(&cause)] },
        },
        (true, false) => Verdict::Undetermined { unknown: undetermined },
        (false, _) => Verdict::NotMet { findings: deny, unknown: undetermined },
    }
}

pub(super) fn not_evaluated(cause: &str) -> Finding {
    Finding::bare(Finding::NOT_EVALUATED).with("why", one_line(cause))
}

/// That a kind which a rule needs was not listed.
pub(super) fn not_listed(kind: &Text, problem: &Problem) -> Finding {
    Finding::bare(Finding::NOT_LISTED).with("kind", kind.as_ref()).with("cause", problem.cause.as_str())
}

/// A breach as it stands beside what was not read: one that rests on something not being there does not hold where that
/// may stand in it.
fn past_the_unread(rule: &Rule, subject: &ResourceId, sight: &Sight<'_>, breach: Finding) -> Finding {
    let absence = rule.criterion.reasons.get(breach.reason.as_str()).and_then(|reason| reason.absence);
    let unread = absence.and_then(|absence| sight.may_be_unread(subject, absence, rule));
    let Some((place, cause)) = unread else { return breach };
    let absent = breach.reason.clone();
    Finding { reason: Finding::MAY_BE_UNREAD.to_owned(), ..breach }
        .with("absent", absent.as_str())
        .with("unread", place)
        .with("cause", cause)
}

/// The engine draws its errors over several lines; a fact is one clause.
fn one_line(cause: &str) -> String {
    match cause.rsplit_once("error: ") {
        Some((place, what)) => {
            let place = place.lines().find_map(|line| line.strip_prefix("--> "));
            let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
            place.map_or_else(|| what.clone(), |place| format!("{what} ({place})"))
        }
        None => cause.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

fn finding(criterion: &Criterion, subject: &ResourceId, sight: &Sight<'_>, member: &Value) -> Result<Finding, String> {
    let map = member.as_map().ok_or("a member of a set of findings is not an object")?;
    if let Some(other) = map.iter().find(|entry| !["reason", "facts", "path", "at"].contains(&entry.key.as_ref())) {
        return Err(format!("a finding has the unknown key `{}`", other.key));
    }
    let reason = map.get("reason").and_then(Value::as_text).ok_or("a finding gives no reason")?;
    let declared = criterion
        .reasons
        .get(reason)
        .ok_or_else(|| format!("the reason `{reason}` is not declared in criterion.yaml"))?;
    let facts = match map.get("facts") {
        Some(Value::Map(facts)) => facts,
        _ => return Err(format!("the finding `{reason}` has no object `facts`")),
    };
    let places = places(&declared.words.en).unwrap_or_default();
    let named: BTreeSet<String> = facts.iter().map(|entry| entry.key.to_string()).collect();
    if let Some(odd) = places.symmetric_difference(&named).next() {
        let which = if named.contains(odd) { "has no place in its words" } else { "is missing" };
        return Err(format!("the fact `{odd}` of the finding `{reason}` {which}"));
    }
    Ok(Finding {
        reason: reason.to_owned(),
        facts: facts.iter().map(|entry| (entry.key.to_string(), known(&entry.value))).collect::<BTreeMap<_, _>>(),
        at: at(subject, sight, map)
            .ok_or_else(|| format!("`at` of the finding `{reason}` is no [kind, namespace, name]"))?,
        path: path(map).ok_or_else(|| format!("`path` of the finding `{reason}` is no list of keys and indexes"))?,
    })
}

/// An unknown that a rule hands on stays one.
fn known(value: &Value) -> Value {
    match value.get("$unknown").and_then(Value::as_text) {
        Some(why) => Value::unknown(why),
        None => value.clone(),
    }
}

#[expect(clippy::option_option, reason = "outside: is it well formed; inside: does it point elsewhere")]
fn at(subject: &ResourceId, sight: &Sight<'_>, map: &Map) -> Option<Option<ResourceId>> {
    let Some(at) = map.get("at") else { return Some(None) };
    let texts: Vec<&str> = at.as_list()?.iter().map(|item| item.value.as_text()).collect::<Option<_>>()?;
    let [kind, namespace, name] = texts.as_slice() else { return None };
    let resource = sight.resource(subject, kind, namespace, name);
    Some((resource != *subject).then_some(resource))
}

fn path(map: &Map) -> Option<Path> {
    let steps = map.get("path")?.as_list()?.iter().map(|item| match &item.value {
        Value::Text(key) => Some(Step::Key(key.to_string())),
        other => other.as_int().and_then(|index| usize::try_from(index).ok()).map(Step::Index),
    });
    steps.collect()
}
