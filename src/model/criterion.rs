//! A criterion as loaded and checked from `criterion.yaml` (contracts, section 5).
use super::{Platform, Text, Value};
use std::{collections::BTreeMap, fmt};

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

/// How a reason weighs at admission (../shared admission rules; not read by a scan).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AtAdmission {
    Standing,
    Request,
    Fault,
}

/// The words of one reason; `{fact}` stands for a fact of the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub words: Words,
    pub at_admission: AtAdmission,
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

impl Criterion {
    /// The block and rule that ask about a kind on a platform.
    #[must_use]
    pub fn asks(&self, platform: Platform, kind: &str) -> Option<&PlatformRule> {
        let block = self.platforms.get(&platform)?;
        (block.rule.is_some() && block.subjects.iter().any(|subject| subject.as_ref() == kind)).then_some(block)
    }
}
