//! Findings as a blob keeps them: the reason, the facts and the path, without what must not be kept.
use super::resource_key;
use crate::{
    model::{Finding, MASK, Number, ResourceId, Step, Value, Verdict},
    record::{
        canonical,
        redact::{BlobKey, commitment, hidden},
    },
};
use serde_json::{Map, Value as Json};

/// What is larger is kept without its facts. Most findings have a few hundred bytes.
pub const FINDING_BYTES_MAX: usize = 16 * 1024;

/// Longer texts are cut: a fact is a name, a number or a clause.
const FACT_BYTES_MAX: usize = 2 * 1024;

/// Keys of documents; longer ones are cut.
const KEY_BYTES_MAX: usize = 256;

/// How much of a path stays of a finding that was too large.
const STEPS_MAX: usize = 16;

/// Whole numbers from here on have no double of their own, and stand as text.
const INTEGER_END: u64 = 1 << 53;

/// Facts of [`Finding::STATED_NOT_MET`] that a person is named in or wrote.
const BY_PERSONS: [&str; 2] = ["owner", "statement"];

/// One finding in canonical form:
/// `{"at":…,"facts":{…},"path":[…],"reason":"…","unknown":true}`. `at` is there where the path is in another resource
/// than the row's, `unknown` where the finding says what could not be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLine(pub(super) Vec<u8>);

impl FindingLine {
    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`canonical::CanonicalError`] for anything but a finding as it is written, in form and size.
    pub fn read(bytes: &[u8]) -> Result<Self, canonical::CanonicalError> {
        // A finding without facts may be larger than one with: its path and names have bounds of their own.
        canonical::from_jcs(bytes, 4 * FINDING_BYTES_MAX)?;
        Ok(Self(bytes.to_vec()))
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value, for a reader.
    #[must_use]
    pub fn value(&self) -> Json {
        serde_json::from_slice(&self.0).unwrap_or_default()
    }
}

/// The commitment to a row's findings: over their canonical bytes, each with a line end. Empty without findings.
pub(super) fn committed(key: &BlobKey, findings: &[FindingLine]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let bytes: Vec<u8> = findings.iter().flat_map(|finding| finding.0.iter().copied().chain([b'\n'])).collect();
    commitment(key, &bytes)
}

/// The findings of a verdict, breaches first, each in the order of the rule.
pub(super) fn lines(verdict: &Verdict, pepper: &[u8; 32]) -> Vec<FindingLine> {
    let breaches = verdict.findings().iter().map(|finding| line(finding, false, pepper));
    let unknowns = verdict.unknown().iter().map(|finding| line(finding, true, pepper));
    breaches.chain(unknowns).collect()
}

fn line(finding: &Finding, is_unknown: bool, pepper: &[u8; 32]) -> FindingLine {
    let kept = |name: &str, value: &Value| match value {
        // Who stated it and in what words stands in the document's own blob.
        Value::Text(text) if finding.reason == Finding::STATED_NOT_MET && BY_PERSONS.contains(&name) => {
            commitment(pepper, text.as_bytes()).into()
        }
        other => fact(other),
    };
    let facts = finding.facts.iter().map(|(name, value)| (shortened(name, KEY_BYTES_MAX), kept(name, value))).collect();
    let whole = written(finding, is_unknown, pepper, Json::Object(facts), finding.path.len());
    let kept = whole.filter(|bytes| bytes.len() <= FINDING_BYTES_MAX).or_else(|| {
        let facts = serde_json::json!({"$omitted": "more than a finding may hold"});
        written(finding, is_unknown, pepper, facts, STEPS_MAX)
    });
    // The second form has nothing that canonical JSON refuses.
    FindingLine(kept.unwrap_or_default())
}

/// `None` where the facts are nested too deep.
fn written(finding: &Finding, is_unknown: bool, pepper: &[u8; 32], facts: Json, steps: usize) -> Option<Vec<u8>> {
    let mut map = Map::new();
    if let Some(at) = &finding.at {
        map.insert("at".to_owned(), at_key(at, pepper).into());
    }
    map.insert("facts".to_owned(), facts);
    map.insert("path".to_owned(), finding.path.iter().take(steps).map(step).collect());
    map.insert("reason".to_owned(), shortened(&finding.reason, KEY_BYTES_MAX).into());
    if is_unknown {
        map.insert("unknown".to_owned(), true.into());
    }
    canonical::jcs(&Json::Object(map)).ok()
}

fn at_key(id: &ResourceId, pepper: &[u8; 32]) -> String {
    resource_key(id, 1, pepper)
}

fn step(step: &Step) -> Json {
    match step {
        Step::Key(key) => shortened(key, KEY_BYTES_MAX).into(),
        Step::Index(index) => (*index as u64).into(),
    }
}

/// A value of a document as JSON, an unknown as rules see it. Texts lose what must not be kept.
fn fact(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Number(Number::Int(int)) if int.unsigned_abs() < INTEGER_END => (*int).into(),
        Value::Number(Number::Int(int)) => int.to_string().into(),
        Value::Number(Number::Float(float)) => double(*float),
        Value::Text(text) => shortened(text, FACT_BYTES_MAX).into(),
        Value::List(items) => items.iter().map(|item| fact(&item.value)).collect(),
        Value::Map(map) => Json::Object(
            map.iter().map(|entry| (shortened(&entry.key, KEY_BYTES_MAX), keyed(&entry.key, &entry.value))).collect(),
        ),
        Value::Unknown(unknown) => serde_json::json!({"$unknown": shortened(&unknown.why, FACT_BYTES_MAX)}),
    }
}

/// Doubles that canonical JSON writes like whole numbers without a double of their own, and those that are no JSON,
/// stand as text.
fn double(float: f64) -> Json {
    #[expect(clippy::cast_precision_loss, reason = "a power of two is exact")]
    let is_plain = float.abs() < INTEGER_END as f64 || float.abs() >= 1e21;
    let number = serde_json::Number::from_f64(float).filter(|_| is_plain);
    number.map_or_else(|| float.to_string().into(), Json::Number)
}

/// A text under a key that names a secret is not kept, whatever it looks like.
fn keyed(key: &str, value: &Value) -> Json {
    let assigned = format!("{}=x", shortened(key, KEY_BYTES_MAX));
    match value {
        Value::Text(_) | Value::Number(_) if hidden(&assigned) != assigned => MASK.into(),
        other => fact(other),
    }
}

/// A text without what must not be kept, cut before the word that would pass the bound: half an address would no
/// longer be known as one.
fn shortened(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return hidden(text);
    }
    let end = (0..=bytes_max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let window = text.get(..end).unwrap_or_default();
    let word = window.rfind(char::is_whitespace).unwrap_or(0);
    format!("{}…", hidden(window.get(..word).unwrap_or_default().trim_end()))
}
