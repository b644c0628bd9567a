//! The result set of a run, read back for exports: rows with what their findings say.
use crate::{
    commands::record::results,
    model::{Criterion, Effect, Finding, Item, Map, Mark, Number, Severity, Unknown, Value},
    record::{
        entry::Run,
        place::Place,
        row::{FindingLine, Row},
        store::Store,
        verify::At,
    },
    report::{
        Language,
        evidence::{said, sarif::ResultRow},
    },
};
use anyhow::Context;
use serde_json::Value as Json;

/// The rows of a run that fall short, and all others without words.
///
/// # Errors
/// A result set that was erased or is damaged.
pub(super) fn of(store: &dyn Store, run: &At<Box<Run>>, criteria: &[Criterion]) -> anyhow::Result<Vec<ResultRow>> {
    let prefix = Place::parse(&run.shard)?.prefix();
    let set = results(store, &prefix, run.what.results_blob)
        .with_context(|| format!("the results of the run {} cannot be exported", run.what.run))?;
    Ok(set.iter().map(|(row, findings)| result(row, findings, criteria)).collect())
}

fn result(row: &Row, findings: &[FindingLine], criteria: &[Criterion]) -> ResultRow {
    let criterion = criteria.iter().find(|criterion| *criterion.id.0 == *row.key.criterion);
    let findings: Vec<(Option<&Criterion>, Finding)> =
        findings.iter().map(|finding| (criterion, read(&finding.value()))).collect();
    let severity = Severity::ALL.into_iter().find(|severity| severity.name() == row.severity);
    ResultRow {
        criterion: row.key.criterion.clone(),
        platform: row.key.platform.clone(),
        kind: row.key.kind.clone(),
        resource: row.key.resource.clone(),
        verdict: row.outcome,
        effect: row.effect.unwrap_or(Effect::Counted),
        severity: severity.or(criterion.map(|criterion| criterion.severity)).unwrap_or(Severity::Low),
        waiver: (!row.waiver.is_empty()).then(|| row.waiver.clone()),
        said: if findings.is_empty() { Vec::new() } else { said(&findings, Language::English) },
        // Rows name resources, which may be in a cluster as well as in a file.
        place: None,
    }
}

/// A finding as the blob keeps it.
fn read(json: &Json) -> Finding {
    let reason = json.get("reason").and_then(Json::as_str).unwrap_or_default();
    let facts = json.get("facts").and_then(Json::as_object).into_iter().flatten();
    Finding { facts: facts.map(|(name, fact)| (name.clone(), value(fact))).collect(), ..Finding::bare(reason) }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => (*bool).into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => int.into(),
            (None, Some(float)) => Value::Number(Number::Float(float)),
            (None, None) => number.to_string().into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => {
            Value::List(items.iter().map(|item| Item { at: Mark::default(), value: value(item) }).collect())
        }
        Json::Object(entries) => match entries.get("$unknown").and_then(Json::as_str) {
            Some(why) => Value::Unknown(Box::new(Unknown { why: why.into(), ..Unknown::default() })),
            None => entries.iter().map(|(key, json)| (key.as_str(), value(json))).collect::<Map>().into(),
        },
    }
}
