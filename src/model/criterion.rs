//! A criterion as loaded and checked from `criterion.yaml` (contracts, section 5).
use super::{Number, Platform, Text, Value};
use std::{cmp::Ordering, collections::BTreeMap, fmt};

/// Names a criterion for ever: it is written into evidence and never reused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CriterionId(pub Text);

impl fmt::Display for CriterionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub en: String,
    pub nb: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Minimum,
    Recommended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

/// How it is established.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verification {
    /// Decided from declared configuration.
    Automated,
    /// A technical part is decided; the rest is stated by a person.
    Partly,
    /// Stated by a person.
    Attestation,
}

/// A reference that carries the criterion, with the status of how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub reference: String,
    /// `verbatim`, `verified-draft`, `verified`, `secondary`, `verified-chapter`, `verified-existence`, `known`,
    /// `practice`, `unverified`: printed beside every reference.
    pub status: String,
    pub note: Option<String>,
}

/// A threshold of the profile, or a fact of the description.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub default: Value,
    /// Filled from spe.yaml, and cannot be set in a profile.
    pub from_environment: bool,
    pub bound: Option<Bound>,
    pub about: String,
}

/// What no profile may loosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub minimum: Option<Value>,
    pub maximum: Option<Value>,
    pub items_max: Option<usize>,
    pub one_of: Option<Vec<Value>>,
    pub because: String,
}

/// How a reason weighs at admission (docs/admission.md); a scan does not look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AtAdmission {
    Standing,
    Request,
    Fault,
}

/// Where what a rule did not find would stand, where a reason rests on not having found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Absence {
    /// In the subject's namespace (a Namespace's own, where that is the subject).
    Namespace,
    /// Anywhere in what the subject may see.
    Anywhere,
}

/// The words of one reason; `{fact}` stands for a fact of the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub words: Words,
    pub at_admission: AtAdmission,
    /// Set where the reason rests on something not being there: what was not read may hold it.
    pub absence: Option<Absence>,
}

/// A criterion's block for one platform.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlatformRule {
    /// Kinds the rule is asked about.
    pub subjects: Vec<Text>,
    /// Further kinds it must see in `data.environment`.
    pub joins: Vec<Text>,
    /// The Rego file without `.rego`, where one stands; `None` = no rule yet, and the criterion is not looked at.
    pub rule: Option<Text>,
    pub remedy: Option<Words>,
}

/// One property that must hold.
#[derive(Clone, Debug)]
pub struct Criterion {
    pub id: CriterionId,
    pub domain: Text,
    /// The folder's name: the property that holds.
    pub name: Text,
    pub title: Words,
    pub requirement: Words,
    pub why: Words,
    pub level: Level,
    pub severity: Severity,
    pub verification: Verification,
    pub sources: Vec<Source>,
    pub parameters: BTreeMap<Text, Parameter>,
    pub reasons: BTreeMap<Text, Reason>,
    pub platforms: BTreeMap<Platform, PlatformRule>,
    pub derived: Vec<String>,
    pub attest: Vec<String>,
    pub evidence: Vec<String>,
    pub refresh: String,
    pub note: Option<String>,
}

impl Level {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Recommended => "recommended",
        }
    }
}

impl Severity {
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl Verification {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Partly => "partly",
            Self::Attestation => "attestation",
        }
    }
}

impl Bound {
    /// Why a value breaks the bound, in one clause with its reason; `None` when it keeps it.
    ///
    /// Numbers compare as numbers and texts as versions (`1.10` is more than `1.2`); what cannot be compared with
    /// the bound breaks it.
    #[must_use]
    pub fn broken_by(&self, value: &Value) -> Option<String> {
        let because = &self.because;
        let compared = |bound: &Value| compare(value, bound);
        if let Some(least) = &self.minimum
            && !compared(least).is_some_and(Ordering::is_ge)
        {
            return Some(format!("`{}` is less than `{}` ({because})", scalar(value), scalar(least)));
        }
        if let Some(most) = &self.maximum
            && !compared(most).is_some_and(Ordering::is_le)
        {
            return Some(format!("`{}` is more than `{}` ({because})", scalar(value), scalar(most)));
        }
        if let Some(most) = self.items_max
            && value.as_list().is_none_or(|items| items.len() > most)
        {
            return Some(format!("at most {most} entries are allowed ({because})"));
        }
        if let Some(allowed) = &self.one_of
            && !allowed.contains(value)
        {
            let allowed: Vec<String> = allowed.iter().map(|one| format!("`{}`", scalar(one))).collect();
            return Some(format!("`{}` is not one of {} ({because})", scalar(value), allowed.join(", ")));
        }
        None
    }
}

/// Numbers as numbers, texts as versions; anything else cannot be compared.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    #[expect(clippy::cast_precision_loss, reason = "thresholds are small; days, hours and bits are exact")]
    let number = |value: &Value| match value {
        Value::Number(Number::Int(int)) => Some(*int as f64),
        Value::Number(Number::Float(float)) => Some(*float),
        _ => None,
    };
    let version =
        |value: &Value| -> Option<Vec<u64>> { value.as_text()?.split('.').map(|part| part.parse().ok()).collect() };
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.partial_cmp(&right),
        _ => Some(version(left)?.cmp(&version(right)?)),
    }
}

/// A scalar as people write it.
fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
        Value::Unknown(_) => "an unknown".to_owned(),
    }
}

impl Criterion {
    /// The block and rule that ask about a kind on a platform.
    #[must_use]
    pub fn asks(&self, platform: Platform, kind: &str) -> Option<&PlatformRule> {
        let block = self.platforms.get(&platform)?;
        (block.rule.is_some() && block.subjects.iter().any(|subject| subject.as_ref() == kind)).then_some(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_least(minimum: impl Into<Value>) -> Bound {
        Bound { minimum: Some(minimum.into()), maximum: None, items_max: None, one_of: None, because: "law".to_owned() }
    }

    #[test]
    fn a_threshold_below_the_law_is_refused_with_the_law() {
        assert_eq!(at_least(365_i64).broken_by(&365_i64.into()), None);
        assert_eq!(at_least(365_i64).broken_by(&30_i64.into()), Some("`30` is less than `365` (law)".to_owned()));
    }

    #[test]
    fn versions_compare_part_by_part_and_nonsense_never_keeps_a_bound() {
        assert_eq!(at_least("1.2").broken_by(&"1.10".into()), None);
        assert!(at_least("1.2").broken_by(&"1.1".into()).is_some());
        assert!(at_least("1.2").broken_by(&"newest".into()).is_some());
        assert!(at_least(365_i64).broken_by(&"365".into()).is_some());
    }
}
