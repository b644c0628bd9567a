//! A profile as written → as checked: every id exists, every bound holds, no fact about the environment is set.
use super::{
    Profile, canonical,
    written::{self, Force, Named, ProfileFile},
};
use crate::model::{
    Criterion, CriterionId, Description, Enforcement, Item, Map, Mark, Number, Parameter, Text, Value, instead, meant,
};
use serde_saphyr::Spanned;
use std::{collections::BTreeMap, fmt};

/// A profile that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Everything that is wrong, in the order of its lines.
    #[error("{}", lines(.0))]
    Wrong(Vec<ProfileFault>),
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFault {
    pub path: Text,
    pub line: u32,
    pub cause: String,
}

impl fmt::Display for ProfileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.cause)
    }
}

fn lines(faults: &[ProfileFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Reads and checks a profile.
///
/// The parameters of every criterion are thresholds (the profile's, else the default) and facts (the description's,
/// else the default), merged. Waivers and attestations are added by the caller.
///
/// # Errors
/// [`ProfileError::Wrong`] with file and line: no such criterion or parameter, a threshold beyond its bound (with the
/// reason of the bound), a fact set in a profile, or a fact of the description beyond its bound.
pub fn check(
    text: &str,
    path: &str,
    criteria: &[Criterion],
    description: &Description,
) -> Result<Profile, ProfileError> {
    let file: ProfileFile = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |location| u32::try_from(location.line()).unwrap_or(1));
        let cause = error.without_snippet().to_string();
        ProfileError::Wrong(vec![ProfileFault { path: path.into(), line, cause }])
    })?;
    let mut checker = Checker { path: path.into(), faults: Vec::new() };
    let mut weights = Weights::default();
    for (id, weight) in file.spec.criteria.0 {
        let Some(criterion) = criteria.iter().find(|criterion| *criterion.id.0 == id.value) else {
            checker.fault(line(&id), unknown(&id.value, criteria));
            continue;
        };
        weights.enforcement.insert(criterion.id.clone(), enforcement(weight.enforcement));
        let admission = weight.admission.map_or(Enforcement::Observe, enforcement);
        weights.admission.insert(criterion.id.clone(), admission);
        weights.thresholds.insert(criterion.id.clone(), checker.thresholds(criterion, weight.parameters));
    }
    let profile = checker.merge(file.metadata.name, weights, criteria, description);
    match checker.faults.is_empty() {
        true => Ok(profile),
        false => {
            checker.faults.sort_by(|one, other| (&one.path, one.line).cmp(&(&other.path, other.line)));
            Err(ProfileError::Wrong(checker.faults))
        }
    }
}

/// The text of a built-in profile; `None` where there is none of that name.
#[must_use]
pub fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(built_in, _)| *built_in == name).map(|(_, text)| *text)
}

/// The JSON Schema of a profile file.
#[must_use]
pub fn schema() -> serde_json::Value {
    written::schema()
}

/// The names of the built-in profiles.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

const BUILT_IN: [(&str, &str); 2] = [
    ("minimum", include_str!("../../policies/profiles/minimum.yaml")),
    ("recommended", include_str!("../../policies/profiles/recommended.yaml")),
];

/// What a profile itself says, before facts join.
#[derive(Default)]
struct Weights {
    enforcement: BTreeMap<CriterionId, Enforcement>,
    admission: BTreeMap<CriterionId, Enforcement>,
    thresholds: BTreeMap<CriterionId, Map>,
}

struct Checker {
    path: Text,
    faults: Vec<ProfileFault>,
}

impl Checker {
    fn fault(&mut self, line: u32, cause: String) {
        self.faults.push(ProfileFault { path: self.path.clone(), line, cause });
    }

    /// The thresholds that a profile sets for one criterion.
    fn thresholds(&mut self, criterion: &Criterion, written: Named<serde_json::Value>) -> Map {
        let mut thresholds = Map::new();
        for (name, json) in written.0 {
            let at = line(&name);
            let name = name.value;
            let Some(parameter) = criterion.parameters.get(name.as_str()) else {
                let names: Vec<&str> = criterion.parameters.keys().map(AsRef::as_ref).collect();
                self.fault(at, format!("{} has no parameter `{name}`: {}", criterion.id, instead(&name, &names)));
                continue;
            };
            if parameter.from_environment {
                let cause = format!("`{name}` is a fact about the environment: state it in spe.yaml, not in a profile");
                self.fault(at, cause);
                continue;
            }
            let Some(value) = value(&json) else {
                self.fault(at, format!("`{name}` holds a number that cannot be kept exactly"));
                continue;
            };
            match fitting(parameter, value) {
                Ok(value) => thresholds.put(name, value),
                Err(wrong) => self.fault(at, format!("`{name}` of {} {wrong}", criterion.id)),
            }
        }
        thresholds
    }

    /// The whole profile: thresholds and facts for every criterion.
    fn merge(&mut self, name: String, weights: Weights, criteria: &[Criterion], description: &Description) -> Profile {
        let mut parameters = BTreeMap::new();
        let mut thresholds = BTreeMap::new();
        for criterion in criteria {
            let (mut all, mut own) = (Map::new(), Map::new());
            for (name, parameter) in &criterion.parameters {
                if parameter.from_environment {
                    all.put(name.clone(), self.fact(criterion, name, parameter, description));
                } else {
                    let set = weights.thresholds.get(&criterion.id).and_then(|set| set.get(name));
                    let value = set.unwrap_or(&parameter.default).clone();
                    own.put(name.clone(), value.clone());
                    all.put(name.clone(), value);
                }
            }
            parameters.insert(criterion.id.clone(), all);
            thresholds.insert(criterion.id.clone(), own);
        }
        let digest = canonical::digest(&weights.enforcement, &weights.admission, &thresholds);
        Profile {
            name,
            digest,
            enforcement: weights.enforcement,
            admission: weights.admission,
            parameters,
            ..Profile::default()
        }
    }

    /// A fact as the description states it, within the bound that the criterion sets.
    fn fact(&mut self, criterion: &Criterion, name: &str, parameter: &Parameter, description: &Description) -> Value {
        let Some(stated) = description.spec.entry(name) else { return parameter.default.clone() };
        if let Some(wrong) = parameter.bound.as_ref().and_then(|bound| bound.broken_by(&stated.value)) {
            let path = description.origin.as_ref().map_or_else(|| "spe.yaml".into(), |origin| origin.path().clone());
            let cause = format!("`{name}` breaks the bound of {}: {wrong}", criterion.id);
            self.faults.push(ProfileFault { path, line: stated.at.line.max(1), cause });
        }
        stated.value.clone()
    }
}

/// A threshold of the kind that its default has, within its bound; else what is wrong with it.
fn fitting(parameter: &Parameter, value: Value) -> Result<Value, String> {
    let value = match (&parameter.default, value) {
        (Value::Null, value @ (Value::Text(_) | Value::Number(_) | Value::Bool(_)))
        | (Value::Bool(_), value @ Value::Bool(_))
        | (Value::Number(Number::Int(_)), value @ Value::Number(Number::Int(_)))
        | (Value::Number(Number::Float(_)), value @ Value::Number(_))
        | (Value::Text(_), value @ Value::Text(_)) => value,
        (Value::List(default), Value::List(items)) => list(default, items)?,
        (Value::Map(default), Value::Map(entries)) => map(default, entries)?,
        (default, _) => return Err(format!("must be {}", kind(default))),
    };
    match parameter.bound.as_ref().and_then(|bound| bound.broken_by(&value)) {
        Some(wrong) => Err(format!("is refused: {wrong}")),
        None => Ok(value),
    }
}

fn list(default: &[Item], items: Vec<Item>) -> Result<Value, String> {
    let wanted = default.first().map(|item| std::mem::discriminant(&item.value));
    let fits = |item: &Item| wanted.is_none_or(|wanted| std::mem::discriminant(&item.value) == wanted);
    match (items.iter().all(fits), default.first()) {
        (false, Some(first)) => Err(format!("must be a list, each entry {}", kind(&first.value))),
        _ => Ok(Value::List(items)),
    }
}

/// The default's entries with those set laid over them; no others.
fn map(default: &Map, entries: Map) -> Result<Value, String> {
    let names: Vec<&str> = default.iter().map(|entry| entry.key.as_ref()).collect();
    let mut merged = default.clone();
    for entry in entries {
        if !names.contains(&entry.key.as_ref()) {
            return Err(format!("has no `{}`: {}", entry.key, instead(&entry.key, &names)));
        }
        merged.insert(entry);
    }
    Ok(merged.into())
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "a text, a number, true or false",
        Value::Bool(_) => "true or false",
        Value::Number(Number::Int(_)) => "a whole number",
        Value::Number(Number::Float(_)) => "a number",
        Value::Text(_) => "text: put it in quotes",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Unknown(_) => "left out",
    }
}

fn unknown(id: &str, criteria: &[Criterion]) -> String {
    let names: Vec<&str> = criteria.iter().map(|criterion| criterion.id.0.as_ref()).collect();
    match meant(id, &names) {
        Some(name) => format!("there is no criterion `{id}`: did you mean `{name}`?"),
        None => format!("there is no criterion `{id}`: `speguard criteria list` shows all"),
    }
}

/// `None` for a whole number beyond 64 bits: it would be rounded without a word.
fn value(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(bool) => (*bool).into(),
        serde_json::Value::Number(number) if number.is_f64() => Value::Number(Number::Float(number.as_f64()?)),
        serde_json::Value::Number(number) => number.as_i64()?.into(),
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(items) => {
            let items: Option<Vec<Item>> =
                items.iter().map(|item| Some(Item { at: Mark::default(), value: value(item)? })).collect();
            Value::List(items?)
        }
        serde_json::Value::Object(entries) => {
            let entries: Option<Vec<(&str, Value)>> =
                entries.iter().map(|(key, json)| Some((key.as_str(), value(json)?))).collect();
            entries?.into_iter().collect::<Map>().into()
        }
    })
}

fn line(key: &Spanned<String>) -> u32 {
    u32::try_from(key.referenced.line()).unwrap_or(1)
}

const fn enforcement(force: Force) -> Enforcement {
    match force {
        Force::Deny => Enforcement::Deny,
        Force::Warn => Enforcement::Warn,
        Force::Observe => Enforcement::Observe,
    }
}
