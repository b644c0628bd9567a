//! Waivers and attestations as written → as checked.
use super::{
    form::{ATTESTATION, WAIVER},
    reader::Reader,
    scalar::{day, days_between, end_of_day},
    shape::Form,
};
use crate::model::{
    Attestation, AttestationId, CriterionId, Map, Mark, Origin, Problem, Timestamp, Value, Waiver, WaiverId,
};

/// How long a waiver may last (contracts, section 6): an exception that outlives half a year is a way of working.
const WAIVER_DAYS_MAX: i64 = 180;

/// How the problem of a waiver ends that cannot be used.
pub const VOID_WAIVER: &str = "this waiver is void until it is put right";

/// Likewise for an attestation.
pub const VOID_ATTESTATION: &str = "this attestation is void until it is put right";

/// A waiver whose form and rules hold. Whether it has expired is judged later.
///
/// # Errors
/// The first problem, with the others in its words: what is missing or wrong, who approved themselves, what lasts
/// too long.
pub fn waiver(origin: &Origin, value: &Value) -> Result<Waiver, Problem> {
    let mut reader = Reader::new(origin.path());
    let read = checked(&mut reader, origin, value, &WAIVER).and_then(|(name, spec)| {
        let granted = day(text(&spec, "granted"))?;
        let expires = end_of_day(text(&spec, "expires"))?;
        let waiver = Waiver {
            id: WaiverId(name),
            criterion: CriterionId(text(&spec, "criterion").into()),
            resources: texts(&spec, "resources"),
            reasons: texts(&spec, "reasons"),
            reason: text(&spec, "reason").to_owned(),
            owner: text(&spec, "owner").to_owned(),
            approver: text(&spec, "approver").to_owned(),
            granted,
            expires,
            origin: origin.clone(),
        };
        rules(&mut reader, &waiver, &spec).then_some(waiver)
    });
    all_or_problem(reader, origin, read, VOID_WAIVER)
}

/// An attestation whose form holds. Whether its criterion wants one, and whether it still holds, is judged later.
///
/// # Errors
/// The first problem, with the others in its words.
pub fn attestation(origin: &Origin, value: &Value) -> Result<Attestation, Problem> {
    let mut reader = Reader::new(origin.path());
    let read = checked(&mut reader, origin, value, &ATTESTATION).and_then(|(name, spec)| {
        let stated = day(text(&spec, "stated"))?;
        let expires = end_of_day(text(&spec, "expires"))?;
        if expires <= stated {
            reader.problem(place(&spec, "expires"), "`spec.expires` lies before `spec.stated`".to_owned());
            return None;
        }
        Some(Attestation {
            id: AttestationId(name),
            criterion: CriterionId(text(&spec, "criterion").into()),
            met: text(&spec, "verdict") == "met",
            statement: text(&spec, "statement").to_owned(),
            owner: text(&spec, "owner").to_owned(),
            stated,
            expires,
            expires_shown: text(&spec, "expires").to_owned(),
            evidence: texts(&spec, "evidence"),
            origin: origin.clone(),
        })
    });
    all_or_problem(reader, origin, read, VOID_ATTESTATION)
}

/// The name and the `spec` of a document that fits its form.
fn checked(reader: &mut Reader<'_>, origin: &Origin, value: &Value, form: &Form) -> Option<(String, Map)> {
    let mut whole = reader.map(value, origin.mark(), form)?;
    let name = whole.get("metadata")?.get("name")?.as_text()?.to_owned();
    match whole.remove("spec")?.value {
        Value::Map(spec) => Some((name, spec)),
        _ => None,
    }
}

/// What no shape can say: two different persons, a beginning before an end, half a year at most.
fn rules(reader: &mut Reader<'_>, waiver: &Waiver, spec: &Map) -> bool {
    let same = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let mut good = true;
    let mut fault = |key: &str, cause: String| {
        reader.problem(place(spec, key), cause);
        good = false;
    };
    if same(&waiver.owner) == same(&waiver.approver) {
        let cause = format!("`{}` approves their own waiver: `spec.approver` must be another person", waiver.owner);
        fault("approver", cause);
    }
    let last_day = Timestamp(waiver.expires.0 - 1);
    let days = days_between(waiver.granted, last_day);
    if last_day < waiver.granted {
        fault("expires", "`spec.expires` lies before `spec.granted`".to_owned());
    } else if days > WAIVER_DAYS_MAX {
        let cause = format!("`spec.expires` is {days} days after `spec.granted`, and may be {WAIVER_DAYS_MAX} at most");
        fault("expires", cause);
    }
    good
}

/// One document gives one problem: a person repairs it in one sitting.
fn all_or_problem<T>(reader: Reader<'_>, origin: &Origin, read: Option<T>, verdict: &str) -> Result<T, Problem> {
    let mut problems = reader.problems.into_iter();
    match (read, problems.next()) {
        (Some(read), None) => Ok(read),
        (_, first) => {
            let mut problem = first.unwrap_or_else(|| Problem::remark(origin.clone(), "cannot be read"));
            for other in problems {
                problem.cause.push_str(&format!("; line {}: {}", other.origin.mark().line, other.cause));
            }
            problem.cause.push_str(&format!("; {verdict}"));
            Err(problem)
        }
    }
}

/// A text that the form requires.
fn text<'a>(spec: &'a Map, key: &str) -> &'a str {
    spec.get(key).and_then(Value::as_text).unwrap_or_default()
}

fn texts(spec: &Map, key: &str) -> Vec<String> {
    let items = spec.get(key).and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.value.as_text()).map(str::to_owned).collect()
}

fn place(spec: &Map, key: &str) -> Mark {
    spec.entry(key).map_or_else(Mark::default, |entry| entry.at)
}
